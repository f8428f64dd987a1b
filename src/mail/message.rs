//! What one message says, as far as it could be read.

use super::{Address, Remote};
use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// A parsed message: best effort plus a list of defects. Built by `mail::parse`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Message {
    /// Message-ID without angle brackets; `None` when missing or unusable.
    pub message_id: Option<String>,
    /// In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// References, oldest first, without brackets, at most [`crate::limits::REFERENCES`].
    pub references: Vec<String>,
    /// Decoded Subject.
    pub subject: Remote,
    /// All From mailboxes; more than one is a [`Defect::ManyFrom`].
    pub from: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// The Date field, when it is a date.
    pub date: Option<Timestamp>,
    /// The text to read: the plain part, else the HTML part as text.
    pub text: Remote,
    /// Whether `text` was made from HTML.
    pub from_html: bool,
    /// The HTML part as it came, when there is one.
    pub html: Option<Remote>,
    /// Attachments in order.
    pub attachments: Vec<Attachment>,
    /// Made by a machine: auto-replies, bounces, lists, notices (RFC 3834).
    pub automatic: bool,
    /// Set when this is a delivery status report (RFC 3464) or abuse report (RFC 5965).
    pub bounce: Option<Bounce>,
    /// What was wrong with it.
    pub defects: Vec<Defect>,
}

/// One attachment, named but not decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its number in `Message::attachments`, from 0; names it to `mail::attachment`.
    pub index: usize,
    /// The name the sender gave; hostile. Saved under `clean::file_name`.
    pub name: Remote,
    /// Declared type, `type/subtype`.
    pub content_type: Remote,
    /// Decoded size in bytes.
    pub size: u64,
    /// Whether it is shown inside the text (Content-Disposition: inline or a Content-ID).
    pub inline: bool,
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// The Message-ID of the mail it is about, when it says.
    pub original: Option<String>,
    /// Who did not get it.
    pub recipient: Remote,
    /// Enhanced status code such as `5.1.1` (RFC 3463), when it says.
    pub status: String,
    /// Whether trying again is pointless.
    pub permanent: bool,
}

/// Something wrong with a message that a reader should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// The parser gave up or crashed; only headers are shown.
    Unparsed,
    /// Nested deeper than we look.
    TooDeep,
    /// More parts than we look at.
    TooManyParts,
    /// More or longer headers than we look at.
    HeadersCut,
    /// More text than we keep.
    TextCut,
    /// The HTML was too large or too deep to convert in full.
    HtmlCut,
    /// No usable From.
    NoFrom,
    /// More than one From mailbox.
    ManyFrom,
    /// From's display name looks like another address.
    NameLooksLikeAddress,
    /// Reply-To points to another domain than From.
    ReplyToElsewhere,
    /// The Date field is missing or is no date.
    BadDate,
    /// The HTML hides text from the reader.
    HiddenText,
    /// Link text that names another host than the link.
    MisleadingLink,
    /// A character set or transfer encoding could not be decoded in full.
    BadEncoding,
}
