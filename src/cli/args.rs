//! The command line: one definition for parsing, help, completions and man pages.

mod tags;

pub use tags::{TagChange, shield};

use crate::team::{Agent, Status};
use crate::view::View;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// A shared inbox for support teams, in the terminal, with no server but the mailbox.
///
/// Without a verb postroom opens the mailbox on the screen. The verbs do the same things from
/// scripts; what they print on standard output is meant to be read by other programs when --json
/// is given.
#[derive(Debug, Parser)]
#[command(
    name = "postroom",
    version,
    after_help = AFTER_HELP,
    disable_help_subcommand = true,
    max_term_width = 100,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs"
)]
pub struct Cli {
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do; the screen when there is none.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Options of every verb.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options for every verb")]
pub struct Global {
    /// Configuration file.
    #[arg(long, value_name = "FILE", env = "POSTROOM_CONFIG", global = true)]
    #[arg(value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Folder of the cache, which can be rebuilt; may be shared by a team on one machine.
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub cache_dir: Option<PathBuf>,
    /// Folder of what must not be lost: drafts, keys, outgoing replies.
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub data_dir: Option<PathBuf>,
    /// Which mailbox of the configuration; the first one unless given.
    #[arg(long, value_name = "NAME", global = true)]
    pub mailbox: Option<String>,
    /// Print one JSON object a line, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colours; `auto` is on a terminal unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub color: ColorChoice,
    /// Say more on standard error; twice for every step.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Even into a pipe.
    Always,
    /// Not at all.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Try it: a made-up mailbox with two teammates, no account and no network.
    Demo(DemoArgs),
    /// Connect, sign in, and say which guarantees hold on this server.
    Check,
    /// Bring the cache in step with the server, once.
    Sync,
    /// Stay connected and keep the cache in step until told to stop.
    Serve,
    /// List conversations.
    List(ListArgs),
    /// Show one conversation whole.
    Show {
        /// Id from `list`, a unique beginning of one, or a Message-ID.
        id: String,
    },
    /// Become the owner of a conversation nobody owns.
    Claim {
        /// Id of the conversation.
        id: String,
    },
    /// Give a conversation back to nobody.
    Release {
        /// Id of the conversation.
        id: String,
    },
    /// Make somebody the owner.
    Assign {
        /// Id of the conversation.
        id: String,
        /// Nick of the new owner; yourself unless given.
        #[arg(value_parser = agent)]
        agent: Option<Agent>,
    },
    /// Take a conversation from its owner.
    Steal {
        /// Id of the conversation.
        id: String,
        /// Why; the owner reads it.
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Set the status: new, open, waiting, done or spam.
    Status {
        /// Id of the conversation.
        id: String,
        /// The new status.
        #[arg(value_parser = statuses())]
        value: Status,
    },
    /// Add and remove tags: `postroom tag ID +refund -urgent`.
    Tag {
        /// Id of the conversation.
        id: String,
        /// `+tag` adds, `-tag` removes.
        #[arg(required = true, value_name = "+TAG|-TAG", value_parser = tags::parse)]
        changes: Vec<TagChange>,
    },
    /// Leave a note for the team; customers never see it.
    Note {
        /// Id of the conversation.
        id: String,
        /// The note; read from standard input when it is `-` or missing.
        text: Option<String>,
    },
    /// Reply to a conversation with a text from a file or from standard input.
    Reply(ReplyArgs),
    /// Search subjects, people, text and notes.
    Search {
        /// Words and from: to: subject: is: owner: tag: before: after:
        #[arg(required = true, num_args = 1..)]
        query: Vec<String>,
        /// At most so many results.
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
    },
    /// What the team did, newest last.
    Log {
        /// Only of this conversation.
        id: Option<String>,
        /// The newest so many.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// List kept drafts, or print the text of one.
    Drafts {
        /// Id of a draft.
        id: Option<String>,
        /// Throw this draft away.
        #[arg(long, requires = "id")]
        drop: bool,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each verb.
    Man {
        /// Folder to write all pages into.
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

/// Options of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Keep configuration, cache and data here instead of in a folder that is removed at the end.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub keep: Option<PathBuf>,
    /// Run the demo's servers only and print how to connect to them.
    #[arg(long)]
    pub serve: bool,
}

/// Options of `list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Which conversations.
    #[arg(long, value_name = "VIEW", default_value = "queue", value_parser = views())]
    pub view: View,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Options of `reply`.
#[derive(Debug, Clone, Args)]
pub struct ReplyArgs {
    /// Id of the conversation.
    pub id: String,
    /// Reply to everybody, not only to the sender.
    #[arg(long)]
    pub to_all: bool,
    /// Read the text from this file; `-` is standard input, which is used unless given.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub body_file: Option<PathBuf>,
    /// The status afterwards.
    #[arg(long, value_name = "VALUE", value_parser = statuses())]
    pub status: Option<Status>,
    /// Send although somebody answered or owns it; the reason goes on the record.
    #[arg(long, value_name = "REASON")]
    pub anyway: Option<String>,
    /// Send at once, without the time to take it back.
    #[arg(long)]
    pub no_hold: bool,
}

const AFTER_HELP: &str = "\
Examples:
  postroom demo                          look around, no account needed
  postroom check                         try the configuration
  postroom list --view mine              what is on my plate
  postroom claim 4x7k2m9q                make it mine, or learn whose it is
  postroom reply 4x7k2m9q < answer.txt   reply, after a look for anything newer
  postroom search 'from:lena refund'     find it again
  postroom list --json | jq -r .subject  for scripts

Exit codes:
  0  done
  1  anything else went wrong
  2  wrong usage or a broken configuration
  3  refused: somebody else owns it or has answered
  4  no such conversation, draft or mailbox
  5  the server cannot be reached
  6  sign-in failed

Results go to standard output, everything else to standard error. A refused reply stays as a
draft; see `postroom drafts`.";

/// The views that can be listed, in the order of the tabs.
fn views() -> impl TypedValueParser<Value = View> {
    const VIEWS: [View; 6] = [
        View::Queue,
        View::Mine,
        View::Waiting,
        View::Open,
        View::Done,
        View::All,
    ];
    PossibleValuesParser::new(VIEWS.map(View::word))
        .try_map(|word| find(VIEWS, |view| view.word() == word))
}

fn statuses() -> impl TypedValueParser<Value = Status> {
    PossibleValuesParser::new(Status::ALL.map(Status::word))
        .try_map(|word| find(Status::ALL, |status| status.word() == word))
}

/// The words were checked already, so not finding one means that the two lists differ.
fn find<T: Copy, const N: usize>(all: [T; N], fits: impl Fn(T) -> bool) -> Result<T, &'static str> {
    all.into_iter().find(|t| fits(*t)).ok_or("unknown word")
}

fn agent(text: &str) -> Result<Agent, &'static str> {
    Agent::parse(text).ok_or("a nick has 1 to 20 characters out of a-z, 0-9, dot, - and _")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        let words = line.split(' ').map(std::ffi::OsString::from);
        Cli::try_parse_from(shield(words))
    }

    #[test]
    fn the_tree_has_no_conflicts() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_verb_is_the_screen() {
        assert!(read("postroom --mailbox sales").unwrap().verb.is_none());
    }

    #[test]
    fn options_for_every_verb_stand_before_or_after_it() {
        for line in [
            "postroom --json --color never list",
            "postroom list --json --color never",
        ] {
            let cli = read(line).unwrap();
            assert!(cli.global.json, "{line}");
            assert_eq!(cli.global.color, ColorChoice::Never, "{line}");
        }
    }

    #[test]
    fn tags_are_added_and_removed_whatever_stands_around_them() {
        for line in [
            "postroom tag 4x7k +a -b --json",
            "postroom tag 4x7k -b +a --json",
            "postroom --json tag 4x7k +a -b",
            "postroom --mailbox tag --json tag 4x7k +a -b",
            "postroom tag --json 4x7k +a -b",
        ] {
            let cli = read(line).unwrap();
            assert!(cli.global.json, "{line}");
            let Some(Verb::Tag { id, mut changes }) = cli.verb else {
                panic!("{line}");
            };
            changes.sort();
            assert_eq!(id, "4x7k");
            let expected = [
                TagChange::Add("a".to_owned()),
                TagChange::Remove("b".to_owned()),
            ];
            assert_eq!(changes, expected, "{line}");
        }
    }

    #[test]
    fn a_tag_may_be_named_like_an_option() {
        let cli = read("postroom tag 4x7k -v").unwrap();
        assert_eq!(cli.global.verbose, 0);
        let cli = read("postroom list --mailbox tag -vv").unwrap();
        assert_eq!(cli.global.verbose, 2);
    }

    #[test]
    fn wrong_usage_is_refused() {
        for line in [
            "postroom tag 4x7k",
            "postroom tag 4x7k a",
            "postroom tag 4x7k +",
            "postroom status 4x7k snoozed",
            "postroom list --view everything",
            "postroom assign 4x7k Ana",
            "postroom reply",
            "postroom fly",
            "postroom search",
            "postroom --colour never list",
        ] {
            let error = read(line).unwrap_err();
            assert!(error.use_stderr(), "{line}");
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn help_names_every_verb_and_every_exit_code() {
        let error = read("postroom --help").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DisplayHelp);
        let help = error.to_string();
        for verb in Cli::command().get_subcommands() {
            assert!(help.contains(verb.get_name()), "{}", verb.get_name());
        }
        for code in crate::cli::exit::Exit::ALL {
            assert!(help.contains(&format!("\n  {}  ", code.code())), "{code:?}");
        }
    }
}
