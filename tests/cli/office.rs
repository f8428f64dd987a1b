//! A sandbox with a few conversations, and agents with homes of their own.

use crate::support::program::Home;
use postroom::sandbox::{Options, Sandbox};
use tokio::runtime::Runtime;

/// A running sandbox.
pub struct Office {
    pub sandbox: Sandbox,
    // Dropped after the sandbox whose tasks it runs.
    _runtime: Runtime,
}

/// Text that must never reach a terminal as it is.
pub const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{202e}gnp";

impl Office {
    /// Three conversations: a refund, a late parcel, and a hostile one.
    pub fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime
            .block_on(Sandbox::start(Options::default()))
            .unwrap();
        let office = Self {
            sandbox,
            _runtime: runtime,
        };
        office.deliver(
            "refund@shop.example",
            "Lena Fischer <lena@shop.example>",
            "Refund for order 4417",
            "Please send my money back.",
        );
        office.deliver(
            "parcel@shop.example",
            "Tom Okafor <tom@shop.example>",
            "Where is my parcel?",
            "It is late.",
        );
        office.deliver(
            "evil@bad.example",
            "Mallory <mallory@bad.example>",
            HOSTILE,
            HOSTILE,
        );
        office
    }

    /// A mail arrives in INBOX.
    pub fn deliver(&self, id: &str, from: &str, subject: &str, body: &str) {
        let mail = format!(
            "From: {from}\r\nTo: support@acme.example\r\nSubject: {subject}\r\n\
             Message-ID: <{id}>\r\nDate: Fri, 20 Nov 2026 09:00:00 +0000\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
        );
        self.sandbox
            .store
            .append("INBOX", &[], None, mail.into_bytes())
            .unwrap();
    }

    /// An agent at a machine of their own, in step with the server.
    pub fn agent(&self, nick: &str) -> Home {
        let home = self.stranger(nick, &self.sandbox.password);
        home.run(&["sync"]).ends(0);
        home
    }

    /// An agent whose password is this, not in step with anything yet.
    pub fn stranger(&self, nick: &str, password: &str) -> Home {
        let (imap, smtp) = (self.sandbox.imap, self.sandbox.smtp);
        Home::with(&format!(
            "[me]\nname = \"{nick}\"\naddress = \"{nick}@acme.example\"\n\
             [[mailbox]]\nname = \"support\"\naddress = \"support@acme.example\"\n\
             [mailbox.imap]\nhost = \"{}\"\nport = {}\nsecurity = \"none\"\nuser = \"support\"\n\
             password-command = [\"echo\", \"{password}\"]\n\
             [mailbox.smtp]\nhost = \"{}\"\nport = {}\nsecurity = \"none\"\n",
            imap.ip(),
            imap.port(),
            smtp.ip(),
            smtp.port(),
        ))
    }
}

/// The id of the conversation with this in its subject.
pub fn id_of(home: &Home, subject: &str) -> String {
    let listed = home.run(&["list", "--view", "all", "--json"]).ends(0);
    let all = listed.objects();
    let found = all
        .iter()
        .find(|row| row["subject"].as_str().unwrap().contains(subject));
    let row = found.unwrap_or_else(|| panic!("{subject} is not listed: {listed:#?}"));
    row["id"].as_str().unwrap().to_owned()
}
