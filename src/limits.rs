//! Every limit in one place: code, tests and documents share it.
//!
//! Sizes are bytes unless the name says otherwise.

use std::time::Duration;

/// Longest line of an IMAP response without its literals.
pub const IMAP_LINE: usize = 1 << 20;
/// Largest literal of an IMAP response.
pub const IMAP_LITERAL: usize = 256 << 20;
/// Deepest nesting of parentheses in an IMAP response.
pub const IMAP_DEPTH: usize = 64;
/// Messages asked for in one FETCH of bodies.
pub const FETCH_MESSAGES: usize = 500;
/// Bytes asked for in one FETCH of bodies.
pub const FETCH_BYTES: u64 = 4 << 20;
/// A message larger than this is not copied; it is told and left on the server.
pub const MESSAGE_BYTES: u64 = 200 << 20;
/// A message larger than this is fetched in pieces of [`FETCH_PIECE`].
pub const FETCH_WHOLE: u64 = 8 << 20;
/// One piece of a large message.
pub const FETCH_PIECE: u32 = 1 << 20;

/// Opening a TCP connection and its TLS session.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// One IMAP command that moves little data.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// Ending IDLE.
pub const DONE_TIMEOUT: Duration = Duration::from_secs(15);
/// IDLE is renewed this often (RFC 2177 allows 29 minutes; NAT boxes allow less).
pub const IDLE_RENEW: Duration = Duration::from_secs(5 * 60);
/// Without IDLE the mailbox is looked at this often.
pub const POLL_EVERY: Duration = Duration::from_secs(20);
/// The first wait before reconnecting; doubled with jitter up to [`RECONNECT_MAX`].
pub const RECONNECT_MIN: Duration = Duration::from_secs(1);
/// The longest wait before reconnecting.
pub const RECONNECT_MAX: Duration = Duration::from_secs(120);
/// One SMTP step before the final dot.
pub const SMTP_STEP: Duration = Duration::from_secs(60);
/// The answer to the final dot (RFC 5321 section 4.5.3.2.6).
pub const SMTP_FINAL: Duration = Duration::from_secs(10 * 60);
/// A long IMAP answer must bring this much in every [`COMMAND_TIMEOUT`].
pub const STALL_BYTES: u64 = 64 << 10;
/// Untagged responses besides the asked ones that one IMAP command may bring.
pub const IMAP_UNASKED: usize = 1_000_000;
/// Lines a server may say between our STARTTLS and its answer.
pub const BEFORE_TLS: usize = 20;
/// A command that prints a password.
pub const PASSWORD_TIMEOUT: Duration = Duration::from_secs(30);
/// The desktop's keyring.
pub const KEYRING_TIMEOUT: Duration = Duration::from_secs(2);
/// One SMTP reply with all its lines.
pub const SMTP_ANSWER: usize = 64 << 10;

/// Nesting of MIME parts that is looked into.
pub const MIME_DEPTH: usize = 100;
/// Nesting of message/rfc822 that is looked into.
pub const MIME_MESSAGE_DEPTH: usize = 20;
/// Parts of one message that are looked into.
pub const MIME_PARTS: usize = 10_000;
/// Header block that is looked into.
pub const HEADER_BYTES: usize = 1 << 20;
/// Header fields of one message that are looked into.
pub const HEADER_FIELDS: usize = 10_000;
/// One header field that is looked into; of a longer one the two ends are kept.
pub const HEADER_FIELD: usize = 64 << 10;
/// Parameters of one header field that are looked into.
pub const HEADER_PARAMETERS: usize = 1_000;
/// Text of one message that is kept for showing and searching.
pub const TEXT_BYTES: usize = 2 << 20;
/// HTML that is converted; the rest is cut and said so.
pub const HTML_BYTES: usize = 1 << 20;
/// Nesting of HTML lists and quotes that is converted; tables and other boxes do not count.
pub const HTML_DEPTH: usize = 50;
/// Parsing one message.
pub const PARSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Stack of the thread that parses mail.
pub const PARSE_STACK: usize = 64 << 20;
/// Message-IDs kept of one References field.
pub const REFERENCES: usize = 100;
/// Longest Message-ID that is believed.
pub const MESSAGE_ID: usize = 998;
/// Code points in one grapheme cluster that are shown.
pub const CLUSTER: usize = 8;
/// Longest cleaned one-line text (subjects, names).
pub const CLEAN_LINE: usize = 4096;
/// Longest file name written for an attachment.
pub const FILE_NAME: usize = 200;

/// A team event in all (Gmail's LITERAL- limit, RFC 7888).
pub const EVENT_BYTES: usize = 4096;
/// Longest note carried inside an event; longer ones are refused with words.
pub const NOTE_BYTES: usize = 2000;
/// A message in the journal larger than this is no event, however it was re-encoded on its way.
pub const EVENT_MESSAGE: usize = 64 << 10;
/// Longest tag.
pub const TAG: usize = 40;
/// Messages in the journal that are nobody's events: this many are listed, all are counted.
pub const STRANGERS: usize = 200;
/// Longest IMAP keyword that every server accepts.
pub const KEYWORD: usize = 30;
/// Keywords the mirror uses in one mailbox.
pub const KEYWORD_SLOTS: usize = 18;
/// A presence mark counts for this long after its INTERNALDATE.
pub const PRESENCE_TTL: Duration = Duration::from_secs(180);
/// A presence mark is refreshed at most this often.
pub const PRESENCE_REFRESH: Duration = Duration::from_secs(60);
/// A send looks at the journal again when its last look is older than this.
pub const FOLD_FRESH: Duration = Duration::from_secs(5);
/// On servers whose visibility is unknown a claim counts after a second look this much later.
pub const SETTLE: Duration = Duration::from_secs(2);

/// Rows a front end may ask for at once.
pub const ROWS: usize = 500;
/// Hits a search returns at most.
pub const HITS: usize = 1000;
/// Messages between two index commits.
pub const INDEX_BATCH: usize = 2_000;
/// Time between two index commits while messages arrive.
pub const INDEX_DELAY: Duration = Duration::from_millis(500);
/// Memory of the index writer.
pub const INDEX_MEMORY: usize = 40 << 20;
/// Requests or events waiting in one channel.
pub const QUEUE: usize = 1024;
/// A draft is saved after this much silence.
pub const DRAFT_PAUSE: Duration = Duration::from_millis(700);
/// Longest configuration file.
pub const CONFIG_BYTES: u64 = 1 << 20;
/// Conditions in one query.
pub const QUERY_TERMS: usize = 64;
/// Nesting of parentheses in a query.
pub const QUERY_DEPTH: usize = 16;

/// Connections one demo server serves at once; more are closed at once.
pub const SANDBOX_SESSIONS: usize = 200;
/// Pause of a demo server that cannot accept connections.
pub const SANDBOX_BREATH: Duration = Duration::from_millis(50);
/// Commands a demo server cannot read before it says goodbye.
pub const SANDBOX_BAD_COMMANDS: usize = 50;

/// A process waits this long for another of the same agent to finish writing the desk.
pub const DESK_BUSY: Duration = Duration::from_secs(10);
