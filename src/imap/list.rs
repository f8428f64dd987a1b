//! Folders: which there are and what they are for (RFC 9051 section 6.3.9, RFC 6154).

use super::exec::Kind;
use super::lenient::{Token, text, tokens};
use super::reply::{Listed, Untagged};
use super::{Connection, Error, utf7};

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// New mail.
    Inbox,
    /// Copies of what was sent.
    Sent,
    /// Unfinished mail.
    Drafts,
    /// Deleted mail.
    Trash,
    /// Spam.
    Junk,
    /// Kept mail.
    Archive,
}

/// A folder on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Its readable name, the one all calls take. From the server: hostile, as any text.
    pub name: String,
    /// Its name on the wire.
    pub raw: String,
    /// What separates the levels of its name.
    pub delimiter: Option<String>,
    /// What it is for, when the server says.
    pub role: Option<Role>,
    /// Whether it can be opened.
    pub selectable: bool,
}

impl Connection {
    /// The prefix of the user's own folders and the delimiter (RFC 2342); both may be empty.
    pub async fn namespace(&mut self) -> Result<(String, String), Error> {
        let mut found = None;
        if self.capabilities.has("NAMESPACE") || self.capabilities.has("IMAP4REV2") {
            let kind = Kind::short("NAMESPACE");
            self.exec(kind, "NAMESPACE", |untagged| {
                if let Untagged::Unreadable(line) = untagged {
                    found = found.take().or_else(|| personal(&line));
                }
            })
            .await?;
        }
        if let Some((prefix, delimiter)) = found {
            return Ok((utf7::decode(&prefix).unwrap_or(prefix), delimiter));
        }
        // Every server tells its delimiter this way.
        let mut delimiter = String::new();
        self.exec(Kind::short("LIST"), "LIST \"\" \"\"", |untagged| {
            if let Untagged::List(listed) = untagged {
                delimiter = listed.delimiter.unwrap_or_default();
            }
        })
        .await?;
        Ok((String::new(), delimiter))
    }

    /// All folders, with their roles where the server knows them.
    pub async fn list(&mut self) -> Result<Vec<Mailbox>, Error> {
        let extended = self.capabilities.special_use() && self.capabilities.has("LIST-EXTENDED");
        if extended {
            match self.list_as("LIST \"\" \"*\" RETURN (SPECIAL-USE)").await {
                // Offered and refused (seen at Proton's bridge): the plain form works everywhere.
                Err(Error::Bad { .. } | Error::No { .. }) => {}
                other => return other,
            }
        }
        self.list_as("LIST \"\" \"*\"").await
    }

    /// Makes a folder; one that is there already is fine.
    pub async fn create(&mut self, name: &str) -> Result<(), Error> {
        let command = format!("CREATE {}", self.mailbox(name)?);
        match self.exec(Kind::short("CREATE"), &command, |_| ()).await {
            Ok(_) => Ok(()),
            Err(Error::No {
                code: Some(code), ..
            }) if code.is("ALREADYEXISTS") => Ok(()),
            // Servers without that code: look.
            Err(error @ Error::No { .. }) => {
                let there = self.list().await?.iter().any(|folder| folder.name == name);
                if there { Ok(()) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn list_as(&mut self, command: &str) -> Result<Vec<Mailbox>, Error> {
        let mut folders = Vec::new();
        self.exec(Kind::bulk("LIST"), command, |untagged| {
            if let Untagged::List(listed) = untagged {
                folders.push(Mailbox::new(listed));
            }
        })
        .await?;
        for folder in &folders {
            if utf7::encode(&folder.name) != folder.raw {
                self.odd_names
                    .insert(folder.name.clone(), folder.raw.clone());
            }
        }
        Ok(folders)
    }
}

impl Mailbox {
    fn new(listed: Listed) -> Self {
        let name = utf7::decode(&listed.raw).unwrap_or_else(|| listed.raw.clone());
        let has = |attribute: &str| listed.attributes.iter().any(|a| a == attribute);
        let role = if name.eq_ignore_ascii_case("INBOX") {
            Some(Role::Inbox)
        } else {
            [
                ("\\sent", Role::Sent),
                ("\\drafts", Role::Drafts),
                ("\\trash", Role::Trash),
                ("\\junk", Role::Junk),
                ("\\archive", Role::Archive),
            ]
            .into_iter()
            .find_map(|(attribute, role)| has(attribute).then_some(role))
        };
        Self {
            selectable: !has("\\noselect") && !has("\\nonexistent"),
            delimiter: listed.delimiter,
            raw: listed.raw,
            name,
            role,
        }
    }
}

/// The first personal namespace of a NAMESPACE response.
fn personal(line: &[u8]) -> Option<(String, String)> {
    match tokens(line).as_slice() {
        [
            Token::Atom(b"*"),
            Token::Atom(verb),
            Token::Open,
            Token::Open,
            prefix,
            delimiter,
            ..,
        ] if verb.eq_ignore_ascii_case(b"NAMESPACE") => {
            let delimiter = match delimiter {
                Token::Text(_) => text(delimiter)?,
                // NIL: a flat hierarchy.
                _ => String::new(),
            };
            Some((text(prefix)?, delimiter))
        }
        _ => None,
    }
}
