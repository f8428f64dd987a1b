//! How lists, conversations and the log look as text.
//!
//! Columns are for eyes and may change; scripts use `--json`.

use super::exit::Failure;
use super::out::{Line, Out, Style};
use super::record::mailbox;
use crate::clock::Timestamp;
use crate::mail::Address;
use crate::team::ConversationId;
use crate::view::{HistoryEntry, Hit, Row, Thread, ThreadMessage};
use jiff::tz::TimeZone;

/// Columns of an id.
const ID: usize = 8;

/// Prints the heading of a list.
pub fn rows_heading(out: &mut Out) -> Result<(), Failure> {
    let faint = Style::Faint;
    let line = Line::default()
        .column(faint, "", 1)
        .column(faint, "ID", ID)
        .column(faint, "STATUS", 7)
        .column(faint, "OWNER", 10)
        .column(faint, "WAITS", 5)
        .column(faint, "FROM", 22)
        .put(faint, "SUBJECT");
    out.row(&line)
}

/// Prints one line of a list; `now` is for ages.
pub fn row(out: &mut Out, row: &Row, now: Timestamp) -> Result<(), Failure> {
    let unread = row.unread > 0;
    let subject = if unread { Style::Strong } else { Style::Plain };
    let waits = row.waiting_since.map(|since| age(now, since));
    let line = Line::default()
        .column(Style::Strong, if unread { "*" } else { "" }, 1)
        .column(Style::Plain, row.id.as_str(), ID)
        .column(Style::Plain, state(row), 7)
        .column(Style::Plain, owner(row), 10)
        .column(Style::Plain, &waits.unwrap_or_default(), 5)
        .column(Style::Plain, person(&row.from), 22)
        .put(subject, subject_of(row))
        .put(Style::Faint, &marks(row));
    out.row(&line)
}

/// Prints one search result.
pub fn hit(out: &mut Out, hit: &Hit, now: Timestamp) -> Result<(), Failure> {
    row(out, &hit.row, now)?;
    let snippet = Line::default()
        .column(Style::Plain, "", 10)
        .put(Style::Faint, hit.snippet.raw());
    out.row(&snippet)
}

/// Prints one conversation whole.
pub fn thread(out: &mut Out, thread: &Thread) -> Result<(), Failure> {
    let row = &thread.row;
    out.line(&Line::default().put(Style::Strong, subject_of(row)))?;
    let mut facts = vec![
        row.id.to_string(),
        state(row).to_owned(),
        match &row.owner {
            Some(owner) => format!("owned by {owner}"),
            None => "owned by nobody".to_owned(),
        },
    ];
    if !row.tags.is_empty() {
        let tags: Vec<&str> = row.tags.iter().map(String::as_str).collect();
        facts.push(format!("tags {}", tags.join(" ")));
    }
    facts.extend(
        row.waiting_since
            .map(|t| format!("waits since {}", date(t))),
    );
    facts.extend(row.snoozed_until.map(|t| format!("until {}", date(t))));
    out.line(&Line::default().put(Style::Faint, &facts.join(", ")))?;
    for message in &thread.messages {
        out.line(&Line::default())?;
        message_text(out, message)?;
    }
    for note in &thread.notes {
        out.line(&Line::default())?;
        let heading = format!("Note by {}, {}", note.agent, date(note.at));
        out.line(&Line::default().put(Style::Warn, &heading))?;
        out.block("  ", note.text.raw())?;
    }
    if !thread.events.is_empty() {
        out.line(&Line::default())?;
    }
    for entry in &thread.events {
        event(out, None, entry)?;
    }
    Ok(())
}

/// Prints one event; with the id of its conversation in the log of all.
pub fn event(
    out: &mut Out,
    id: Option<&ConversationId>,
    entry: &HistoryEntry,
) -> Result<(), Failure> {
    let mut line = Line::default().column(Style::Faint, &date(entry.at), 16);
    if let Some(id) = id {
        line = line.column(Style::Plain, id.as_str(), ID);
    }
    line = line.text(&entry.sentence);
    if !entry.effective {
        line = line.put(Style::Faint, " (had no effect)");
    }
    out.line(&line)
}

/// A date and time of day for people, in their own time zone.
pub fn date(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// The time of day for people, in their own time zone.
pub fn clock(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::system());
    local.strftime("%H:%M:%S").to_string()
}

fn message_text(out: &mut Out, message: &ThreadMessage) -> Result<(), Failure> {
    let from: Vec<String> = message.from.iter().map(mailbox).collect();
    let heading = Line::default()
        .put(Style::Strong, &from.join(", "))
        .put(Style::Faint, &format!(", {}", date(message.at)));
    out.line(&heading)?;
    let to: Vec<String> = message.to.iter().chain(&message.cc).map(mailbox).collect();
    out.line(&Line::default().put(Style::Faint, &format!("to {}", to.join(", "))))?;
    out.block("  ", message.text.raw())?;
    for attachment in &message.attachments {
        let line = Line::default()
            .text("  attachment ")
            .text(attachment.name.raw())
            .put(Style::Faint, " ")
            .put(Style::Faint, attachment.content_type.raw())
            .put(Style::Faint, &format!(", {} bytes", attachment.size));
        out.line(&line)?;
    }
    Ok(())
}

/// The status as the verbs take it; a snooze hides it.
fn state(row: &Row) -> &'static str {
    match row.snoozed_until {
        Some(_) => "snoozed",
        None => row.status.word(),
    }
}

fn owner(row: &Row) -> &str {
    row.owner.as_ref().map_or("-", |owner| owner.as_str())
}

fn subject_of(row: &Row) -> &str {
    match row.subject.raw() {
        "" => "(no subject)",
        subject => subject,
    }
}

/// The display name, or the address where there is none.
fn person(address: &Address) -> &str {
    match address.name.raw().trim() {
        "" => address.address.raw(),
        name => name,
    }
}

/// What else is worth a word at the end of a line.
fn marks(row: &Row) -> String {
    let mut marks: Vec<String> = row.tags.iter().map(|tag| format!("#{tag}")).collect();
    if row.messages > 1 {
        marks.push(format!("{} messages", row.messages));
    }
    if row.bounced {
        marks.push("not delivered".to_owned());
    }
    if row.draft {
        marks.push("draft".to_owned());
    }
    for presence in &row.presence {
        let verb = match presence.grade {
            crate::team::Grade::Reading => "reads",
            crate::team::Grade::Writing => "writes",
        };
        marks.push(format!("{} {verb}", presence.agent));
    }
    if marks.is_empty() {
        return String::new();
    }
    format!("  [{}]", marks.join(", "))
}

/// How long ago, in one unit: `5m`, `3h`, `2d`, `6w`.
fn age(now: Timestamp, then: Timestamp) -> String {
    let minutes = now.duration_since(then).as_secs().max(0) / 60;
    match minutes {
        0..60 => format!("{minutes}m"),
        60..1440 => format!("{}h", minutes / 60),
        1440..20160 => format!("{}d", minutes / 1440),
        _ => format!("{}w", minutes / 10080),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::out::tests::caught;
    use crate::cli::record::{RowRecord, ThreadRecord};
    use crate::mail::Remote;
    use crate::mail::clean::is_plain;
    use crate::team::{Agent, ConversationName, EventId, Refusal, Status};
    use crate::view::Note;

    const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{202e}x";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hostile_row() -> Row {
        let name = ConversationName::new("a@b");
        Row {
            id: name.id(),
            name,
            subject: Remote::new(HOSTILE),
            from: Address::new(HOSTILE, HOSTILE),
            status: Status::Open,
            owner: Some(Agent::new("ana")),
            tags: ["refund".to_owned()].into(),
            waiting_since: Some(at("2026-11-20T09:00:00Z")),
            last_at: at("2026-11-20T09:00:00Z"),
            messages: 2,
            unread: 1,
            snoozed_until: None,
            attachments: true,
            bounced: false,
            presence: Vec::new(),
            draft: true,
        }
    }

    fn hostile_thread() -> Thread {
        let message = ThreadMessage {
            key: 7,
            message_id: Some("a@b".to_owned()),
            uid: 12,
            folder: "INBOX".to_owned(),
            from: vec![Address::new("Lena", "lena@shop.example")],
            to: vec![Address::new("", "support@acme.example")],
            cc: Vec::new(),
            reply_to: Vec::new(),
            references: Vec::new(),
            subject: Remote::new(HOSTILE),
            at: at("2026-11-20T09:00:00Z"),
            date: None,
            text: Remote::new(format!("first\n{HOSTILE}\r\nlast")),
            from_html: false,
            attachments: vec![crate::mail::Attachment {
                index: 0,
                name: Remote::new(HOSTILE),
                content_type: Remote::new(HOSTILE),
                size: 3,
                inline: false,
            }],
            outgoing: false,
            author: None,
            automatic: false,
            read: false,
            defects: Vec::new(),
        };
        let event = EventId::new("01JD9Q00000000000000000000");
        Thread {
            row: hostile_row(),
            epoch: 3,
            messages: vec![message],
            notes: vec![Note {
                event: event.clone(),
                agent: Agent::new("ben"),
                text: Remote::new(HOSTILE),
                at: at("2026-11-20T10:00:00Z"),
            }],
            events: vec![HistoryEntry {
                uid: 4,
                event,
                kind: "claim".to_owned(),
                agent: Agent::new("ben"),
                at: at("2026-11-20T10:00:00Z"),
                effective: false,
                refusal: Some(Refusal::Stale),
                sentence: "ben claimed".to_owned(),
            }],
            customer: (1, 1),
        }
    }

    #[test]
    fn ages_are_short() {
        let now = at("2026-11-20T12:00:00Z");
        for (then, short) in [
            ("2026-11-20T12:00:30Z", "0m"),
            ("2026-11-20T11:01:00Z", "59m"),
            ("2026-11-20T10:59:00Z", "1h"),
            ("2026-11-18T12:00:00Z", "2d"),
            ("2026-10-20T12:00:00Z", "4w"),
        ] {
            assert_eq!(age(now, at(then)), short, "{then}");
        }
    }

    #[test]
    fn a_row_shows_what_one_decides_by() {
        let (mut out, results, _) = caught(false, false);
        rows_heading(&mut out).unwrap();
        let mut plain = hostile_row();
        plain.subject = Remote::new("Refund for order 4417");
        plain.from = Address::new("Lena Fischer", "lena@shop.example");
        row(&mut out, &plain, at("2026-11-20T12:00:00Z")).unwrap();
        let text = results.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "  ID       STATUS  OWNER      WAITS FROM                   SUBJECT",
                &format!(
                    "* {} open    ana        3h    Lena Fischer           Refund for order 4417  \
                     [#refund, 2 messages, draft]",
                    plain.id
                ),
            ]
        );
    }

    #[test]
    fn nothing_hostile_is_printed() {
        let (mut out, results, _) = caught(false, false);
        row(&mut out, &hostile_row(), at("2026-11-20T12:00:00Z")).unwrap();
        thread(&mut out, &hostile_thread()).unwrap();
        let text = results.text();
        assert!(text.chars().all(|c| c == '\n' || is_plain(c)), "{text:?}");
        assert!(text.contains("␛]0;owned"), "{text}");
        assert!(text.contains("(had no effect)"), "{text}");
    }

    #[test]
    fn the_fields_of_list_and_show_are_a_contract() {
        let thread = hostile_thread();
        let list = serde_json::to_value(RowRecord::new(&thread.row)).unwrap();
        let show = serde_json::to_value(ThreadRecord::new(&thread)).unwrap();
        for field in [
            "id",
            "subject",
            "from",
            "status",
            "owner",
            "tags",
            "waiting_since",
            "messages",
            "unread",
        ] {
            assert!(list.get(field).is_some(), "{field}");
            assert!(show.get(field).is_some(), "{field}");
        }
        assert_eq!(list["waiting_since"], "2026-11-20T09:00:00Z");
        assert_eq!(list["status"], "open");
        assert_eq!(show["epoch"], 3);
        for field in ["uid", "type", "agent", "time", "effective"] {
            assert!(show["events"][0].get(field).is_some(), "{field}");
        }
        assert_eq!(show["events"][0]["type"], "claim");
        assert_eq!(show["events"][0]["refusal"]["because"], "stale");
        for field in [
            "message_id",
            "uid",
            "folder",
            "from",
            "to",
            "date",
            "text",
            "attachments",
        ] {
            assert!(show["messages"][0].get(field).is_some(), "{field}");
        }
        assert_eq!(show["messages"][0]["from"], "Lena <lena@shop.example>");
        assert_eq!(show["messages"][0]["to"][0], "support@acme.example");
        assert_eq!(show["notes"][0]["text"], HOSTILE);
    }
}
