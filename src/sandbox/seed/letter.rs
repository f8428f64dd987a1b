//! One mail as RFC 5322 bytes.

use super::encode::{base64_lines, header_text, latin1, mailbox, quoted_printable};
use super::files::File;
use super::script::Auto;
use crate::clock::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Somebody with a mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) address: String,
}

/// A mail to be written.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) from: Person,
    pub(super) to: Person,
    pub(super) subject: String,
    pub(super) sent: Timestamp,
    /// The sender's time zone.
    pub(super) offset: Offset,
    /// Message-ID without brackets.
    pub(super) id: String,
    /// References, oldest first; the last one is answered.
    pub(super) references: Vec<String>,
    pub(super) text: String,
    pub(super) html: Option<String>,
    /// Whether to write ISO-8859-1 where it fits.
    pub(super) latin1: bool,
    pub(super) files: Vec<File>,
    pub(super) auto: Option<Auto>,
}

impl Person {
    /// Reads `Name <address>`.
    pub(super) fn parse(text: &str) -> Self {
        let (name, rest) = text.split_once('<').unwrap_or(("", text));
        Self {
            name: name.trim().to_owned(),
            address: rest.trim_end_matches('>').trim().to_owned(),
        }
    }

    /// The right half of the address.
    pub(super) fn domain(&self) -> &str {
        self.address.rsplit('@').next().unwrap_or("mail.invalid")
    }
}

impl Letter {
    /// The finished mail, with CRLF.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut mail = self.headers();
        let body = match &self.html {
            None => self.text_part(),
            Some(html) => {
                let html = part("text/html", html, false);
                multipart("alternative", &self.id, &[self.text_part(), html])
            }
        };
        let body = if self.files.is_empty() {
            body
        } else {
            let files = self.files.iter().map(file_part);
            let parts: Vec<String> = std::iter::once(body).chain(files).collect();
            multipart("mixed", &self.id, &parts)
        };
        mail.push_str("MIME-Version: 1.0\r\n");
        mail.push_str(&body);
        mail.into_bytes()
    }

    /// The text with every line quoted, under a line that says who wrote it.
    pub(super) fn quoted(&self) -> String {
        let day = self
            .offset
            .to_datetime(self.sent)
            .strftime("%a, %-d %b %Y at %H:%M");
        let who = format!("{} <{}>", self.from.name, self.from.address);
        let mut text = format!("On {day}, {who} wrote:\n");
        for line in self.text.lines() {
            let space = if line.starts_with('>') || line.is_empty() {
                ""
            } else {
                " "
            };
            text.push_str(&format!(">{space}{line}\n"));
        }
        text
    }

    /// When it was sent, as a Date field has it.
    pub(super) fn date(&self) -> String {
        let zoned = self.sent.to_zoned(TimeZone::fixed(self.offset));
        // Only years before 0 cannot be written.
        jiff::fmt::rfc2822::to_string(&zoned).unwrap_or_default()
    }

    fn headers(&self) -> String {
        let mut out = format!(
            "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\n",
            mailbox(&self.from.name, &self.from.address),
            mailbox(&self.to.name, &self.to.address),
            header_text(&self.subject),
            self.date(),
            self.id,
        );
        if let Some(parent) = self.references.last() {
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            out.push_str(&format!("In-Reply-To: <{parent}>\r\n"));
            out.push_str(&format!("References: {}\r\n", all.join("\r\n ")));
        }
        out.push_str(match self.auto {
            None => "",
            Some(Auto::Notice) => "Auto-Submitted: auto-generated\r\n",
            Some(Auto::Reply) => {
                "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n"
            }
            Some(Auto::List) => {
                "List-Id: <news.example>\r\nList-Unsubscribe: <https://news.example/leave>\r\n\
                 Precedence: bulk\r\n"
            }
        });
        out
    }

    fn text_part(&self) -> String {
        part("text/plain", &self.text, self.latin1)
    }
}

/// A multipart with its Content-Type; the parts come with theirs.
pub(super) fn multipart(kind: &str, id: &str, parts: &[String]) -> String {
    let seed: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    // Two multiparts of one mail differ in kind, so their boundaries differ too.
    let subtype: String = kind
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let boundary = format!("=_{subtype}_{seed}");
    let mut out = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        out.push_str(&format!("--{boundary}\r\n{part}"));
    }
    out.push_str(&format!("--{boundary}--\r\n"));
    out
}

/// A text part with its headers.
pub(super) fn part(content_type: &str, text: &str, narrow: bool) -> String {
    let text = text.trim_end_matches('\n');
    let long = text.lines().any(|line| line.len() > 900);
    if text.is_ascii() && !long {
        let text = text.replace('\n', "\r\n");
        return format!("Content-Type: {content_type}; charset=us-ascii\r\n\r\n{text}\r\n");
    }
    let (charset, bytes) = match latin1(text).filter(|_| narrow) {
        Some(bytes) => ("iso-8859-1", bytes),
        None => ("utf-8", text.as_bytes().to_vec()),
    };
    let foreign = bytes.iter().filter(|b| !b.is_ascii()).count();
    let (coding, body) = if foreign * 3 > bytes.len() {
        let text = text.replace('\n', "\r\n");
        ("base64", base64_lines(text.as_bytes()))
    } else {
        ("quoted-printable", quoted_printable(&bytes))
    };
    format!(
        "Content-Type: {content_type}; charset={charset}\r\n\
         Content-Transfer-Encoding: {coding}\r\n\r\n{body}"
    )
}

fn file_part(file: &File) -> String {
    let File {
        name, content_type, ..
    } = file;
    format!(
        "Content-Type: {content_type}; name=\"{name}\"\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}",
        base64_lines(&file.bytes)
    )
}
