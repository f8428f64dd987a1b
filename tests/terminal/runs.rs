//! Start, claim, reply, collision, quit: the first ten minutes of a person with the demo.

use crate::support::program::{Home, Running};
use crate::support::terminal::Terminal;
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

/// The conversation that waits longest in the demo.
const FIRST: &str = "Refund for order 4417";

/// The demo's servers without its teammates, and two seats: one in a terminal, one with verbs.
struct Demo {
    home: Home,
    seats: [PathBuf; 2],
    _servers: Running,
}

impl Demo {
    fn serve() -> Self {
        let home = Home::empty();
        let mut servers = home.command(&["demo", "--serve", "--json"]);
        servers.env("TMPDIR", home.path());
        servers.stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = servers.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        let seat = |number: usize| {
            let config = PathBuf::from(told["configs"][number].as_str().unwrap());
            config.parent().unwrap().to_owned()
        };
        Self {
            home,
            seats: [seat(0), seat(1)],
            _servers: Running::new(child),
        }
    }

    /// The nick of who sits there.
    fn nick(&self, seat: usize) -> &str {
        self.seats[seat].file_name().unwrap().to_str().unwrap()
    }

    /// Options that put the program on a seat.
    fn on(&self, seat: usize, arguments: &[&str]) -> Vec<String> {
        let path = |name: &str| self.seats[seat].join(name).to_str().unwrap().to_owned();
        let options = [
            ("--config", path("config.toml")),
            ("--cache-dir", path("cache")),
            ("--data-dir", path("data")),
        ];
        let options = options.into_iter().flat_map(|(o, p)| [o.to_owned(), p]);
        let arguments = arguments.iter().map(|a| (*a).to_owned());
        options.chain(arguments).collect()
    }

    /// The first person at the screen.
    fn screen(&self) -> Terminal {
        let arguments = self.on(0, &[]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let terminal = Terminal::start(&self.home, &arguments);
        terminal.shows("Queue, longest waiting first");
        terminal.shows("online");
        terminal
    }

    /// The second person runs a verb to its end; returns what it printed.
    fn other(&self, arguments: &[&str], input: &str) -> Vec<serde_json::Value> {
        let arguments = self.on(1, arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = self.home.run_with_input(&arguments, input).ends(0);
        run.objects()
    }

    /// The conversation as the second person sees it now.
    fn first(&self) -> serde_json::Value {
        self.other(&["sync", "--json"], "");
        let rows = self.other(&["list", "--view", "all", "--json", "--limit", "500"], "");
        let row = rows.iter().find(|row| row["subject"] == FIRST).unwrap();
        let shown = self.other(&["show", row["id"].as_str().unwrap(), "--json"], "");
        shown.into_iter().next().unwrap()
    }
}

#[test]
fn the_demo_starts_with_the_queue_and_leaves_nothing_behind() {
    let home = Home::empty();
    let mut terminal = Terminal::start(&home, &["demo"]);
    terminal.shows("Queue, longest waiting first");
    terminal.shows(FIRST);
    terminal.shows("Being handled");
    terminal.shows("online");
    terminal.press("q");
    terminal.ends_as_it_began();
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_claimed_conversation_is_mine_on_the_screen_and_for_others() {
    let demo = Demo::serve();
    let mut terminal = demo.screen();
    terminal.shows(FIRST);
    terminal.press("c");
    terminal.shows(&format!("Claimed \"{FIRST}\""));
    terminal.press("2");
    terminal.wait_for("it among mine", |screen| {
        screen.contains("Mine") && screen.contains(FIRST)
    });
    assert_eq!(demo.first()["owner"], demo.nick(0));
    terminal.press("q");
    terminal.ends_as_it_began();
}

#[test]
fn a_reply_is_written_reviewed_and_sent() {
    let demo = Demo::serve();
    let before = demo.first()["messages"].as_array().unwrap().len();
    let mut terminal = demo.screen();
    terminal.shows(FIRST);
    terminal.press("r");
    terminal.shows("WRITING");
    terminal.press("Dear Mia, your refund has left.");
    terminal.shows("Dear Mia, your refund has left.");
    terminal.press("\u{1b}");
    terminal.shows("REVIEW");
    terminal.press("y");
    terminal.shows("SENDING");
    terminal.press("\r");
    terminal.shows("Sent to Mia");
    let shown = demo.first();
    let messages = shown["messages"].as_array().unwrap();
    assert_eq!(messages.len(), before + 1);
    let answer = messages.last().unwrap();
    assert_eq!(answer["author"], demo.nick(0));
    assert_eq!(answer["folder"], "Sent");
    let text = answer["text"].as_str().unwrap();
    assert!(
        text.starts_with("Dear Mia, your refund has left."),
        "{text}"
    );
    terminal.press("q");
    terminal.ends_as_it_began();
}

#[test]
fn an_answer_of_somebody_else_is_shown_and_stops_mine() {
    let demo = Demo::serve();
    let id = demo.first()["id"].as_str().unwrap().to_owned();
    let mut terminal = demo.screen();
    terminal.shows(FIRST);
    terminal.press("r");
    terminal.shows("WRITING");
    terminal.press("Dear Mia, mine comes second.");
    terminal.press("\u{1b}");
    terminal.shows("REVIEW");
    // It is not theirs, so they say why they answer all the same.
    let reply = [
        "reply",
        &id,
        "--no-hold",
        "--json",
        "--anyway",
        "it is urgent",
    ];
    demo.other(&reply, "Dear Mia, the other was faster.\n");
    terminal.shows(&format!("{} answered", demo.nick(1)));
    terminal.press("y");
    terminal.shows("BLOCKED");
    terminal.shows("Dear Mia, mine comes second.");
    let shown = demo.first();
    let texts: Vec<&str> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert!(
        texts
            .iter()
            .any(|text| text.contains("the other was faster"))
    );
    assert!(!texts.iter().any(|text| text.contains("mine comes second")));
}

#[test]
fn being_told_to_end_leaves_the_terminal_as_it_was() {
    let demo = Demo::serve();
    let mut terminal = demo.screen();
    terminal.shows(FIRST);
    terminal.press("r");
    terminal.shows("WRITING");
    terminal.press("Half a sentence");
    terminal.shows("Half a sentence");
    terminal.signal(Signal::TERM);
    terminal.ends_as_it_began();
    // What was typed is kept, and the list says so.
    let terminal = demo.screen();
    terminal.shows(&format!("draft: {}", &FIRST[..6]));
    terminal.signal(Signal::HUP);
    terminal.ends_as_it_began();
}
