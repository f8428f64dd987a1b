//! One mail as RFC 5322 bytes.

mod encode;
mod files;

use crate::clock::Timestamp;
use encode::{base64_lines, header_text, latin1, mailbox, quoted_printable};
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;

pub(in crate::sandbox) use files::{File, file};

/// Which machine wrote a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sandbox) enum Auto {
    /// A notice nobody reads the answers to.
    Notice,
    /// A mailing list.
    List,
    /// An automatic reply (RFC 3834).
    Reply,
}

/// Somebody with a mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Person {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) address: String,
}

/// A mail to be written.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Letter {
    pub(in crate::sandbox) from: Person,
    pub(in crate::sandbox) to: Person,
    pub(in crate::sandbox) subject: String,
    pub(in crate::sandbox) sent: Timestamp,
    /// The sender's time zone.
    pub(in crate::sandbox) offset: Offset,
    /// Message-ID without brackets.
    pub(in crate::sandbox) id: String,
    /// References, oldest first; the last one is answered.
    pub(in crate::sandbox) references: Vec<String>,
    pub(in crate::sandbox) text: String,
    pub(in crate::sandbox) html: Option<String>,
    /// Whether to write ISO-8859-1 where it fits.
    pub(in crate::sandbox) latin1: bool,
    pub(in crate::sandbox) files: Vec<File>,
    pub(in crate::sandbox) auto: Option<Auto>,
}

impl Person {
    /// Reads `Name <address>`.
    pub(in crate::sandbox) fn parse(text: &str) -> Self {
        let (name, rest) = text.split_once('<').unwrap_or(("", text));
        Self {
            name: name.trim().to_owned(),
            address: rest.trim_end_matches('>').trim().to_owned(),
        }
    }

    /// The right half of the address.
    pub(in crate::sandbox) fn domain(&self) -> &str {
        self.address.rsplit('@').next().unwrap_or("mail.invalid")
    }
}

impl Letter {
    /// Plain text from one to another, written in UTC.
    pub(in crate::sandbox) fn new(
        (from, to): (Person, Person),
        subject: &str,
        sent: Timestamp,
        id: String,
        text: &str,
    ) -> Self {
        Self {
            from,
            to,
            subject: subject.to_owned(),
            sent,
            offset: Offset::UTC,
            id,
            references: Vec::new(),
            text: text.trim().to_owned(),
            html: None,
            latin1: false,
            files: Vec::new(),
            auto: None,
        }
    }

    /// The finished mail, with CRLF.
    pub(in crate::sandbox) fn bytes(&self) -> Vec<u8> {
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

    /// When it was sent, as a Date field has it.
    pub(in crate::sandbox) fn date(&self) -> String {
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

/// A text with every line quoted, under a line that says who wrote it and when.
pub(in crate::sandbox) fn quoted(
    who: &Person,
    at: Timestamp,
    offset: Offset,
    text: &str,
) -> String {
    let day = offset.to_datetime(at).strftime("%a, %-d %b %Y at %H:%M");
    let mut out = format!("On {day}, {} <{}> wrote:\n", who.name, who.address);
    for line in text.lines() {
        let space = if line.starts_with('>') || line.is_empty() {
            ""
        } else {
            " "
        };
        out.push_str(&format!(">{space}{line}\n"));
    }
    out
}

/// A multipart with its Content-Type; the parts come with theirs.
pub(in crate::sandbox) fn multipart(kind: &str, id: &str, parts: &[String]) -> String {
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
pub(in crate::sandbox) fn part(content_type: &str, text: &str, narrow: bool) -> String {
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
