//! The table itself: every command with its keys, its places and its help.

use super::{Group, Place, Spec};

const LIST: &[Place] = &[Place::List];
const THREAD: &[Place] = &[Place::Thread];
const MAIL: &[Place] = &[Place::List, Place::Thread];
const TEXT: &[Place] = &[Place::Writing, Place::Note];
const REPLY: &[Place] = &[Place::Writing, Place::Review];
const REVIEW: &[Place] = &[Place::Review];
const BLOCKED: &[Place] = &[Place::Blocked];
const SENDING: &[Place] = &[Place::Sending];
const UNKNOWN: &[Place] = &[Place::Unknown];
const NOTE: &[Place] = &[Place::Note, Place::NoteReview];
const HELD: &[Place] = &[Place::Review, Place::Blocked, Place::NoteReview];
const LEAVABLE: &[Place] = &[Place::List, Place::Thread, Place::Sending];
const OUTSIDE: &[Place] = &[
    Place::List,
    Place::Thread,
    Place::Review,
    Place::Blocked,
    Place::Sending,
    Place::Unknown,
    Place::NoteReview,
];
const ANYWHERE: &[Place] = &[
    Place::List,
    Place::Thread,
    Place::Writing,
    Place::Review,
    Place::Blocked,
    Place::Sending,
    Place::Unknown,
    Place::Note,
    Place::NoteReview,
];

/// Makes the commands and their table from one listing, so that neither can miss a line.
macro_rules! commands {
    ($($group:ident {$(
        $name:ident $id:literal $title:literal at $places:ident keys [$($key:literal)*]
            $about:literal [$($word:literal)*]
    )*})*) => {
        /// Everything a person can make the program do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Command {
            $($(#[doc = $about] $name,)*)*
        }

        /// The table, in the order help lists it within a group.
        pub const SPECS: &[Spec] = &[$($(Spec {
            command: Command::$name,
            id: $id,
            title: $title,
            about: $about,
            synonyms: &[$($word),*],
            keys: &[$($key),*],
            places: $places,
            group: Group::$group,
        },)*)*];
    };
}

commands! {
    Here {
        Open "open" "open" at LIST keys ["Enter" "l" "Right"]
            "Show the conversation." ["read" "view" "enter"]
        Claim "claim" "claim" at MAIL keys ["c"]
            "Make me the owner." ["take" "own" "mine"]
        Release "release" "release" at MAIL keys ["C"]
            "Give it back: nobody owns it." ["unclaim" "drop" "give back"]
        TakeOver "take-over" "take over" at MAIL keys ["A"]
            "Take it from its owner, with a reason." ["steal"]
        Pull "pull" "pull next" at MAIL keys ["P"]
            "Claim the longest waiting and open it." ["next" "work"]
        Assign "assign" "assign" at MAIL keys ["a"]
            "Make somebody the owner." ["give" "owner" "hand over"]
        StatusOpen "status-open" "status open" at MAIL keys ["s o"]
            "Somebody works on it." ["reopen"]
        StatusWaiting "status-waiting" "status waiting" at MAIL keys ["s w"]
            "It is the customer's turn." ["wait" "pending"]
        StatusDone "status-done" "status done" at MAIL keys ["s d"]
            "It is finished." ["close" "resolve"]
        StatusNew "status-new" "status new" at MAIL keys ["s n"]
            "As if nobody had looked at it." []
        StatusSpam "status-spam" "status spam" at MAIL keys ["s p"]
            "Not worth an answer." ["junk"]
        Snooze "snooze" "snooze" at MAIL keys ["s z"]
            "Hide it until a time." ["later" "remind"]
        Wake "wake" "wake" at MAIL keys ["s Z"]
            "End its snooze." ["unsnooze"]
        Tags "tags" "tag" at MAIL keys ["t"]
            "Add and remove tags." ["label" "labels"]
        Note "note" "note" at MAIL keys ["n"]
            "Write a note for the team; customers never see it." ["comment" "internal"]
        ReplyAll "reply" "reply" at MAIL keys ["r"]
            "Answer everybody." ["answer" "respond"]
        ReplySender "reply-sender" "reply to sender" at MAIL keys ["R"]
            "Answer the sender only." ["answer"]
        Done "done" "done" at MAIL keys ["e"]
            "Status done, cursor to the next row." ["close" "resolve" "archive"]
        Unread "unread" "read or unread" at MAIL keys ["u"]
            "Turn my read mark over." ["mark read"]
        Repeat "repeat" "repeat" at MAIL keys ["."]
            "Do the last change again, here." ["again"]
        Undo "undo" "undo" at MAIL keys ["z"]
            "Take the last change back." ["revert"]
        Links "links" "links" at MAIL keys ["o"]
            "Open a link, save an attachment." ["attachments" "files" "open" "save" "url"]
        CopyReference "copy-reference" "copy reference" at MAIL keys ["y y"]
            "Put the short id on the clipboard." ["id" "yank"]
        CopyLink "copy-link" "copy link" at MAIL keys ["y l"]
            "Put the first link on the clipboard." ["url" "yank"]
        CopyAddress "copy-address" "copy address" at MAIL keys ["y a"]
            "Put the customer's address on the clipboard." ["email" "yank"]
        CopyText "copy-text" "copy text" at MAIL keys ["y t"]
            "Put the message's text on the clipboard." ["body" "yank"]
        Mark "mark" "mark" at LIST keys ["x" "Space"]
            "Mark it, to change several at once." ["select"]
        MarkRange "mark-range" "mark a range" at LIST keys ["v"]
            "Mark from here to where the cursor goes." ["select" "visual"]
        MarkAll "mark-all" "mark all" at LIST keys ["*"]
            "Mark every loaded row; again unmarks all." ["select all"]
        Fold "fold" "fold message" at THREAD keys ["Space" "Enter"]
            "Show or fold this message." ["expand" "collapse"]
        Quotes "quotes" "quoted text" at THREAD keys ["="]
            "Show or fold quoted text." ["expand"]
    }
    Reply {
        Review "review" "review" at TEXT keys ["Esc"]
            "Leave the text; look it over, then send or save." ["finish"]
        Editor "editor" "$EDITOR" at REPLY keys ["E" "Ctrl-G"]
            "Write in your own editor." ["vim" "emacs" "external"]
        OriginalDown "original-down" "original down" at REPLY keys ["PgDn"]
            "Scroll the mail that is answered." []
        OriginalUp "original-up" "original up" at REPLY keys ["PgUp"]
            "Scroll the mail that is answered back." []
        Send "send" "send" at REVIEW keys ["y"]
            "Check for news, then send." ["submit"]
        Edit "edit" "edit" at HELD keys ["e"]
            "Back to the text." ["change"]
        StatusAfter "status-after" "status after" at REVIEW keys ["s"]
            "Status after sending: waiting, done or open." []
        Postpone "postpone" "postpone" at HELD keys ["p"]
            "Keep the draft and leave." ["later" "save"]
        Drop "drop" "drop" at HELD keys ["D d"]
            "Throw the draft away." ["discard" "delete"]
        ViewAnswer "view-answer" "view what is new" at BLOCKED keys ["v"]
            "Show what stands in the way." []
        SendAnyway "send-anyway" "send anyway" at BLOCKED keys ["Y"]
            "Send although something newer is there; asks why." ["force" "override"]
        TakeBack "take-back" "take it back" at SENDING keys ["z"]
            "Stop the reply and edit on." ["undo" "cancel"]
        SendNow "send-now" "send now" at SENDING keys ["Enter"]
            "Do not wait for the rest of the hold." []
        WasSent "was-sent" "it was sent" at UNKNOWN keys ["y"]
            "You know that the customer got it." []
        WasNotSent "was-not-sent" "it was not sent" at UNKNOWN keys ["n"]
            "You know that it never left." []
        SaveNote "save-note" "save note" at NOTE keys ["y" "Ctrl-S"]
            "Put the note in the team's journal." []
    }
    Move {
        Down "down" "down" at MAIL keys ["j" "Down"]
            "Next row or line." ["next"]
        Up "up" "up" at MAIL keys ["k" "Up"]
            "Previous row or line." ["previous"]
        Top "top" "top" at MAIL keys ["g g" "Home"]
            "First row or line." ["first" "home"]
        Bottom "bottom" "bottom" at MAIL keys ["G" "End"]
            "Last row or line." ["last" "end"]
        PageDown "page-down" "page down" at MAIL keys ["PgDn"]
            "One screen down." []
        PageUp "page-up" "page up" at MAIL keys ["PgUp"]
            "One screen up." []
        HalfDown "half-down" "half page down" at MAIL keys ["Ctrl-D" "g j"]
            "Half a screen down." []
        HalfUp "half-up" "half page up" at MAIL keys ["Ctrl-U" "g k"]
            "Half a screen up." []
        OtherPane "other-pane" "other pane" at MAIL keys ["Tab"]
            "From the list to the conversation and back." ["switch" "focus"]
        NextMessage "next-message" "next message" at THREAD keys ["J"]
            "Top of the next message." []
        PreviousMessage "previous-message" "previous message" at THREAD keys ["K"]
            "Top of the previous message." []
        NextConversation "next-conversation" "next conversation" at THREAD keys ["]" "Right"]
            "The next row's conversation." []
        PreviousConversation "previous-conversation" "previous one" at THREAD keys ["[" "Left"]
            "The previous row's conversation." []
    }
    View {
        ViewQueue "view-queue" "queue" at MAIL keys ["1" "g q"]
            "Waiting for an owner, longest first." ["unclaimed" "inbox"]
        ViewMine "view-mine" "mine" at MAIL keys ["2" "g m"]
            "What I own." ["my" "assigned"]
        ViewWaiting "view-waiting" "waiting" at MAIL keys ["3" "g w"]
            "The customer's turn." ["pending"]
        ViewOpen "view-open" "all open" at MAIL keys ["4" "g o"]
            "Everything that is not done." ["team"]
        ViewDone "view-done" "done view" at MAIL keys ["5" "g d"]
            "What is finished, latest first." ["closed" "archive"]
        ViewAll "view-all" "everything" at MAIL keys ["g a"]
            "All conversations, spam too, latest first." ["spam"]
        Drafts "drafts" "drafts" at MAIL keys ["g t"]
            "Replies that are not sent yet." ["unsent" "recover"]
    }
    Everywhere {
        Help "help" "help" at OUTSIDE keys ["?"]
            "Keys and commands; type to find one." ["keys" "manual"]
        Palette "palette" "commands" at OUTSIDE keys [":" "Ctrl-P"]
            "Find a command or a conversation by typing." ["menu" "run"]
        Search "search" "search" at MAIL keys ["/"]
            "Full text, people, tags; as you type." ["find" "filter"]
        Notices "notices" "notices" at OUTSIDE keys ["L"]
            "What was said at the bottom, again." ["log" "messages" "errors"]
        Work "work" "work" at OUTSIDE keys ["T"]
            "What is running, waiting or has failed." ["tasks" "pending" "progress"]
        SidePanel "side-panel" "side panel" at MAIL keys ["i"]
            "Show or hide owner, customer and history." ["info" "details"]
        Mouse "mouse" "mouse" at MAIL keys ["M"]
            "Take clicks, or leave them to the terminal." ["click"]
        Redraw "redraw" "redraw" at ANYWHERE keys ["g r" "Ctrl-L"]
            "Draw the screen anew." ["refresh"]
        SyncNow "sync-now" "sync now" at MAIL keys ["g s" "Ctrl-R"]
            "Look at the server now." ["refresh" "fetch" "check mail"]
        Suspend "suspend" "suspend" at ANYWHERE keys ["g z" "Ctrl-Z"]
            "Back to the shell; fg returns." ["background" "shell"]
        Cancel "cancel" "cancel" at ANYWHERE keys ["g c" "Ctrl-C"]
            "Stop what is asked; twice leaves with drafts saved." ["interrupt"]
        Back "back" "back" at OUTSIDE keys ["Esc"]
            "One level back; nothing at the top." ["escape" "close"]
        Quit "quit" "quit" at LEAVABLE keys ["q"]
            "Back; at the top, leave postroom." ["exit" "leave"]
    }
}
