//! Tells the newest conversations as they are written.

use super::script::{Line, Scene};
use super::tale::{Mail, Said, State, Tale};
use super::{Conversation, Desk, SeedError};
use crate::sandbox::dice::Dice;
use crate::sandbox::letter::{Person, file};
use crate::team::Status;
use jiff::tz::Offset;

/// The mails of one hand-written conversation.
pub(super) fn tell(
    scene: &Scene,
    desk: &Desk,
    dice: &mut Dice,
) -> Result<(Vec<Mail>, Conversation), SeedError> {
    let customer = Person::parse(&scene.who);
    let mut tale = Tale::new(desk, &scene.subject, customer, Offset::UTC);
    for line in &scene.message {
        tale.say(desk.ago(&line.ago)?, said(line), dice);
        if let Some(ago) = &line.bounce {
            tale.bounce(desk.ago(ago)?, dice);
        }
    }
    for note in &scene.note {
        tale.note(desk.ago(&note.ago)?, &note.by, &note.text);
    }
    Ok(tale.end(State {
        owner: scene.owner.clone(),
        status: scene.status.as_deref().and_then(Status::from_word),
        tags: scene.tags.clone(),
    }))
}

fn said(line: &Line) -> Said {
    Said {
        by: line.by.clone(),
        text: line.text.clone(),
        html: line.html.clone(),
        subject: line.subject.clone(),
        quote: line.quote,
        latin1: line.charset.as_deref() == Some("iso-8859-1"),
        files: line.attach.iter().map(|name| file(name)).collect(),
        auto: line.auto,
    }
}
