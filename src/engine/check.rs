//! `postroom check`: what this server can do, and what that means, in words.

use super::api::Trouble;
use super::layout::Layout;
use super::link::{imap_trouble, password, smtp_endpoint};
use super::setup::Setup;
use crate::config::Mailbox;
use crate::imap::{self, Capabilities, Connection};
use crate::mail::clean;
use serde::Serialize;

/// One thing a server does or does not promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guarantee {
    /// Short name.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// What that means here.
    pub meaning: &'static str,
}

/// What `postroom check` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The mailbox's name in the configuration.
    pub mailbox: String,
    /// `full`, `journal` or `read-only`: how far the promises go on this server.
    pub level: &'static str,
    /// IMAP capabilities after sign-in; printable.
    pub imap: Vec<String>,
    /// SMTP extensions after sign-in; printable.
    pub smtp: Vec<String>,
    /// Names of INBOX, Sent, journal and outbox; printable.
    pub folders: Vec<(&'static str, String)>,
    /// Promises, one by one.
    pub guarantees: Vec<Guarantee>,
}

/// Connects and signs in to both servers, and changes nothing.
///
/// # Errors
/// What went wrong first, with the next step.
pub async fn check(setup: &Setup) -> Result<CheckReport, Trouble> {
    let mailbox = setup.chosen()?;
    let secret = password(&mailbox.imap, &named(mailbox, true)).await?;
    let endpoint = super::link::imap_endpoint(&mailbox.imap);
    let mut connection = imap::connect(&endpoint, &secret)
        .await
        .map_err(|e| imap_trouble(&e))?;
    let (folders, keywords, writable) = look(&mut connection, mailbox)
        .await
        .map_err(|e| imap_trouble(&e))?;
    let capabilities: Vec<String> = printable(connection.capabilities().all());
    let guarantees = guarantees(connection.capabilities(), keywords);
    let level = match (writable, connection.capabilities().qresync() && keywords) {
        (false, _) => "read-only",
        (true, true) => "full",
        (true, false) => "journal",
    };
    connection.logout().await;
    let same =
        mailbox.imap.password == mailbox.smtp.password && mailbox.imap.user == mailbox.smtp.user;
    let secret = match same {
        true => secret,
        false => password(&mailbox.smtp, &named(mailbox, false)).await?,
    };
    let smtp = crate::smtp::check(&smtp_endpoint(&mailbox.smtp), &secret)
        .await
        .map_err(super::send::smtp_trouble)?;
    Ok(CheckReport {
        mailbox: mailbox.name.clone(),
        level,
        imap: capabilities,
        smtp: printable(smtp.iter().map(String::as_str)),
        folders,
        guarantees,
    })
}

fn named(mailbox: &Mailbox, imap: bool) -> String {
    let server = if imap { &mailbox.imap } else { &mailbox.smtp };
    format!("{} on {}", server.user, server.host)
}

type Looked = (Vec<(&'static str, String)>, bool, bool);

async fn look(connection: &mut Connection, mailbox: &Mailbox) -> Result<Looked, imap::Error> {
    let (prefix, delimiter) = connection.namespace().await?;
    let listed = connection.list().await?;
    let layout = Layout::new(&mailbox.folders, &prefix, &delimiter, &listed);
    let selected = connection.select(&layout.inbox, None).await?;
    let shown = |name: &str| {
        let missing = !listed.iter().any(|m| m.name == name) && name != layout.inbox;
        let note = if missing { " (not there yet)" } else { "" };
        format!("{}{note}", clean::line(name))
    };
    let folders = vec![
        ("inbox", shown(&layout.inbox)),
        ("sent", shown(&layout.sent)),
        ("journal", shown(&layout.journal)),
        ("outbox", shown(&layout.outbox)),
    ];
    Ok((folders, selected.keywords_allowed, !selected.read_only))
}

fn printable<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let cleaned = words.into_iter().map(|w| clean::line(w).to_string());
    cleaned.collect()
}

fn guarantees(has: &Capabilities, keywords: bool) -> Vec<Guarantee> {
    let say = |name, holds, yes, no| Guarantee {
        name,
        holds,
        meaning: if holds { yes } else { no },
    };
    let tested = has.qresync() || has.has("THREAD=REFERENCES");
    vec![
        say(
            "one owner",
            has.uidplus(),
            "the order of the team's events decides; a claim settles in one round trip",
            "the order of the team's events decides; without UIDPLUS a claim needs three round trips",
        ),
        say(
            "claims settle at once",
            tested && !has.has("X-GM-EXT-1"),
            "events become visible in order on servers of this kind",
            "nobody has tested this kind of server: a claim is looked at twice, two seconds apart",
        ),
        say(
            "news at once",
            has.idle(),
            "the server tells changes by itself (IDLE)",
            "without IDLE postroom looks every 20 seconds",
        ),
        say(
            "cheap sync",
            has.condstore(),
            "changed flags are told by the server (CONDSTORE)",
            "without CONDSTORE flags are compared: new mail is quick, old changes take up to an hour",
        ),
        say(
            "status for other mail clients",
            keywords,
            "status, owner and tags are mirrored as keywords",
            "this server keeps no keywords: status, owner and tags are in postroom only",
        ),
        say(
            "exact deletes",
            has.uidplus(),
            "postroom removes exactly its own messages",
            "without UIDPLUS finished copies stay marked as deleted in the outbox folder",
        ),
    ]
}
