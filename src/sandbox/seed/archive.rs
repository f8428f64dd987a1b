//! Tells the older weeks from stories with blanks.

use super::script::{Leaflet, Script, Story};
use super::tale::{Mail, Said, State, Tale};
use super::{Conversation, Desk};
use crate::clock::Timestamp;
use crate::sandbox::dice::Dice;
use crate::sandbox::letter::{Auto, Person, file};
use crate::team::Status;
use jiff::SignedDuration;
use jiff::tz::Offset;
use std::collections::BTreeSet;

/// The youngest of these conversations is this old; younger ones are written by hand.
const FROM: SignedDuration = SignedDuration::from_hours(80);
/// And the oldest is.
const TO: SignedDuration = SignedDuration::from_hours(6 * 7 * 24);
/// Visits every story before any again: no divisor of a number of stories that is likely.
const STRIDE: usize = 11;

/// How often other words are tried before somebody may repeat a subject.
const TRIES: usize = 24;

/// Who wrote under which subject. Nobody uses one twice: threading takes a second mail of the same
/// person with the same subject for the same conversation.
type Used = BTreeSet<(String, String)>;

/// What fills the blanks of one conversation.
struct Blanks {
    pairs: Vec<(&'static str, String)>,
}

/// Tells `count` conversations, oldest first.
pub(super) fn tell(
    script: &Script,
    desk: &Desk,
    count: usize,
    dice: &mut Dice,
) -> Vec<(Vec<Mail>, Conversation)> {
    let span = (TO - FROM).as_secs();
    let total = i64::try_from(count.max(1)).unwrap_or(i64::MAX);
    let mut told = Vec::new();
    let mut used = Used::new();
    let mut at = 0;
    for number in 0..count {
        let left = total - i64::try_from(number).unwrap_or(total);
        let jitter = i64::try_from(dice.below(6 * 3600)).unwrap_or(0);
        let age = FROM + SignedDuration::from_secs(span / total * left + jitter);
        let opened = desk.before(age);
        told.extend(match dice.below(100) {
            0..=11 => pick(&script.archive.leaflet, number).and_then(|leaflet| {
                let state = state("ben", Status::Done, &[]);
                leaflet_tale(leaflet, (script, desk), opened, state, &mut used, dice)
            }),
            12..=18 => pick(&script.archive.junk, number).and_then(|leaflet| {
                let state = state("bea", Status::Spam, &[]);
                leaflet_tale(leaflet, (script, desk), opened, state, &mut used, dice)
            }),
            _ => {
                at += 1;
                story_tale((script, desk), opened, at, &mut used, dice)
            }
        });
    }
    told
}

fn leaflet_tale(
    leaflet: &Leaflet,
    (script, desk): (&Script, &Desk),
    opened: Timestamp,
    state: State,
    used: &mut Used,
    dice: &mut Dice,
) -> Option<(Vec<Mail>, Conversation)> {
    let from = Person::parse(&leaflet.who);
    let mut drawn = None;
    for _ in 0..TRIES {
        let blanks = Blanks::draw(script, &[], &from, "ben", dice);
        let subject = dice.pick(&leaflet.subjects).cloned().unwrap_or_default();
        let subject = blanks.fill(&subject);
        let fresh = used.insert((from.address.clone(), subject.clone()));
        drawn = Some((blanks, subject));
        if fresh {
            break;
        }
    }
    let (blanks, subject) = drawn?;
    let mut tale = Tale::new(desk, &subject, from, Offset::UTC);
    let said = Said {
        text: blanks.fill(&leaflet.text),
        html: leaflet.html.as_ref().map(|html| blanks.fill(html)),
        auto: leaflet.auto,
        ..Said::default()
    };
    tale.say(opened, said, dice);
    Some(tale.end(state))
}

fn story_tale(
    (script, desk): (&Script, &Desk),
    opened: Timestamp,
    at: usize,
    used: &mut Used,
    dice: &mut Dice,
) -> Option<(Vec<Mail>, Conversation)> {
    let story = pick(&script.archive.story, at * STRIDE)?;
    // The round through all stories decides the words, so that the same ones are far apart.
    let round = at / script.archive.story.len().max(1);
    let people = script.customers.get(&story.lang)?;
    let agent = *dice.pick(&["ana", "ben", "bea"])?;
    let mut drawn = None;
    for n in 0..TRIES {
        let customer = Person::parse(pick(people, at * 7 + round + n)?);
        let blanks = Blanks::draw(script, &story.products, &customer, agent, dice);
        let subject = blanks.fill(pick(&story.subjects, round + n / people.len().max(1))?);
        let fresh = used.insert((customer.address.clone(), subject.clone()));
        drawn = Some((customer, blanks, subject));
        if fresh {
            break;
        }
    }
    let (customer, blanks, subject) = drawn?;
    let mut tale = Tale::new(desk, &subject, customer, offset(&story.lang));
    let ask = blanks.fill(pick(&story.asks, round + at)?);
    tale.say(opened, plain(ask, story, dice), dice);
    let hours = |dice: &mut Dice, most: u64| {
        SignedDuration::from_mins(20 + i64::try_from(dice.below(most * 60)).unwrap_or(0))
    };
    let answered = opened + hours(dice, 20);
    let answer = Said {
        by: Some(agent.to_owned()),
        text: blanks.fill(pick(&story.answers, round + at)?),
        quote: true,
        files: story.attach.iter().map(|name| file(name)).collect(),
        ..Said::default()
    };
    tale.say(answered, answer, dice);
    let chance = dice.below(100);
    if chance < 3 {
        tale.bounce(answered + SignedDuration::from_secs(40), dice);
    } else if chance < 10 {
        let away = Said {
            text: away(&story.lang).to_owned(),
            subject: Some(format!("Automatic reply: {subject}")),
            auto: Some(Auto::Reply),
            ..Said::default()
        };
        tale.say(answered + SignedDuration::from_secs(5), away, dice);
    }
    let waits = dice.percent(4);
    let thanks = dice.pick(&story.thanks)?.clone();
    if !thanks.is_empty() && chance >= 3 && !waits {
        let mut said = plain(blanks.fill(&thanks), story, dice);
        said.quote = dice.percent(70);
        tale.say(answered + hours(dice, 30), said, dice);
    }
    if dice.percent(9) {
        let text = "Answered before, see the thread from the same sender last month.";
        tale.note(answered, agent, text);
    }
    let status = if waits { Status::Waiting } else { Status::Done };
    Some(tale.end(state(agent, status, &story.tags)))
}

fn plain(text: String, story: &Story, dice: &mut Dice) -> Said {
    let html = dice.percent(35).then(|| paragraphs(&text));
    Said {
        latin1: ["de", "sv", "fr"].contains(&story.lang.as_str()) && dice.percent(25),
        text,
        html,
        ..Said::default()
    }
}

/// The HTML that a mail program makes of plain text.
fn paragraphs(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let inner = escaped.replace("\n\n", "</p><p>").replace('\n', "<br>");
    format!("<html><body dir=\"auto\"><p>{inner}</p></body></html>")
}

fn away(lang: &str) -> &'static str {
    match lang {
        "de" => "Vielen Dank für Ihre Nachricht. Ich bin bis Montag nicht im Büro.",
        "es" => "Gracias por su mensaje. Estoy fuera de la oficina hasta el lunes.",
        "fr" => "Merci pour votre message. Je suis absent du bureau jusqu'à lundi.",
        "sv" => "Tack för ditt mejl. Jag är tillbaka på måndag.",
        "pt" => "Obrigado pela mensagem. Volto ao escritório na segunda-feira.",
        "ja" => "ただいま不在にしております。月曜日以降にご連絡いたします。",
        _ => {
            "Thank you for your mail. I am out of the office until Monday and read mail after that."
        }
    }
}

fn offset(lang: &str) -> Offset {
    match lang {
        "ja" => Offset::constant(9),
        "en" => Offset::UTC,
        "pt" => Offset::constant(-3),
        _ => Offset::constant(1),
    }
}

fn state(owner: &str, status: Status, tags: &[String]) -> State {
    State {
        owner: Some(owner.to_owned()),
        status: Some(status),
        tags: tags.to_vec(),
    }
}

fn pick<T>(of: &[T], at: usize) -> Option<&T> {
    of.get(at.checked_rem(of.len())?)
}

impl Blanks {
    fn draw(
        script: &Script,
        products: &[String],
        customer: &Person,
        agent: &str,
        dice: &mut Dice,
    ) -> Self {
        let products = match products.is_empty() {
            true => &script.archive.products,
            false => products,
        };
        let name = customer.name.clone();
        let first = name.split(' ').next().unwrap_or_default().to_owned();
        let agent = match agent {
            "bea" => "Beatriz",
            "ben" => "Ben",
            _ => "Ana",
        };
        let one = |of: &[String], dice: &mut Dice| dice.pick(of).cloned().unwrap_or_default();
        let pairs = vec![
            ("{order}", (3100 + dice.below(1200)).to_string()),
            ("{invoice}", (1800 + dice.below(480)).to_string()),
            (
                "{amount}",
                format!("{}.{:02} EUR", 6 + dice.below(90), dice.below(20) * 5),
            ),
            ("{product}", one(products, dice)),
            ("{city}", one(&script.archive.cities, dice)),
            ("{agent}", agent.to_owned()),
            ("{first}", first),
            ("{name}", name),
        ];
        Self { pairs }
    }

    fn fill(&self, text: &str) -> String {
        self.pairs
            .iter()
            .fold(text.to_owned(), |text, (blank, word)| {
                text.replace(blank, word)
            })
    }
}
