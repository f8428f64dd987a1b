//! Reduces HTML to the few elements that text needs.

use super::colour;
use super::links::Anchor;
use super::tokens::{Token, Tokens, attribute, entities};
use crate::limits;
use crate::mail::clean;
use std::collections::BTreeMap;

/// Links that are numbered; more are listed by [`super::anchors`] only.
const NUMBERED: usize = 500;
/// White, the background nobody has to set.
const WHITE: u32 = 0xff_ffff;

/// What is left of an HTML part.
#[derive(Debug, Default)]
pub(super) struct Simple {
    /// Block elements and text, well formed, at most [`limits::HTML_DEPTH`] deep.
    pub html: String,
    /// The text alone, should even that be too much for the renderer.
    pub plain: String,
    /// Links with a scheme we open.
    pub anchors: Vec<Anchor>,
    /// Targets of the numbers in the text, number 1 first.
    pub numbered: Vec<String>,
    /// Letters that are never displayed; not in the text.
    pub hidden_letters: usize,
    /// Letters in the colour of their background; in the text unless told otherwise.
    pub unreadable_letters: usize,
    /// Whether elements were left out because they lay too deep.
    pub cut: bool,
}

/// Reduces. `drop_unreadable` leaves out text in the colour of its background.
pub(super) fn simplify(html: &str, drop_unreadable: bool) -> Simple {
    let mut state = State {
        drop_unreadable,
        ..State::default()
    };
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => state.text(text),
            Token::Open { name, attributes } => state.open(name, attributes),
            Token::Close { name } => state.close(&name),
        }
    }
    state.close_all();
    state.out
}

/// How an element appears in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Kept under this name.
    Block(&'static str),
    /// A line of its own, without nesting: table rows and everything that only groups.
    Line,
    /// A table cell: beside its neighbour.
    Cell,
    /// A link.
    Link,
    /// Gone with its content.
    Gone,
    /// Gone, content kept.
    Inline,
}

fn role(name: &str) -> Role {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Role::Block("p"),
        "ul" | "menu" | "dir" => Role::Block("ul"),
        "ol" => Role::Block("ol"),
        "li" => Role::Block("li"),
        "blockquote" => Role::Block("blockquote"),
        "pre" => Role::Block("pre"),
        "div" | "center" | "section" | "article" | "header" | "footer" | "main" | "aside"
        | "nav" | "address" | "fieldset" | "figure" | "form" | "dl" | "dt" | "dd" | "table"
        | "thead" | "tbody" | "tfoot" | "tr" | "caption" | "details" | "summary" | "body" => {
            Role::Line
        }
        "td" | "th" => Role::Cell,
        "a" => Role::Link,
        "script" | "style" | "textarea" | "title" | "iframe" | "noframes" | "xmp" | "template"
        | "object" | "svg" | "math" | "video" | "audio" | "canvas" | "select" | "button"
        | "head" => Role::Gone,
        _ => Role::Inline,
    }
}

/// Elements that never have content.
const VOID: [&str; 15] = [
    "area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "link",
    "meta", "param", "source", "wbr",
];

/// An open element.
#[derive(Debug)]
struct Open {
    name: String,
    /// The tag that closes it in the result.
    emitted: Option<&'static str>,
    hidden: bool,
    foreground: Option<u32>,
    background: Option<u32>,
    /// Where the text of a link began, and its target.
    link: Option<(usize, String)>,
}

#[derive(Debug, Default)]
struct State {
    out: Simple,
    stack: Vec<Open>,
    /// How many elements of each name are open, so that stray end tags cost nothing.
    open: BTreeMap<String, usize>,
    /// Elements open in the result.
    depth: usize,
    /// A cell ended and something stands in the row already.
    gap: bool,
    /// Something stands on the current line.
    started: bool,
    /// A box began or ended: what comes next starts a line.
    broken: bool,
    drop_unreadable: bool,
}

impl State {
    fn text(&mut self, text: &str) {
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        let top = self.stack.last();
        if top.is_some_and(|open| open.hidden) {
            self.out.hidden_letters += letters;
            return;
        }
        if top.is_some_and(|o| o.foreground.is_some() && o.foreground == o.background) {
            self.out.unreadable_letters += letters;
            if self.drop_unreadable {
                return;
            }
        }
        if text.trim().is_empty() || text.trim() == "&nbsp;" {
            if self.started && !self.broken {
                self.emit_text(text);
            }
            return;
        }
        self.start_piece();
        self.emit_text(text);
    }

    /// Sets what is about to be written apart from what stands before it.
    fn start_piece(&mut self) {
        if self.broken {
            self.out.html.push_str("<br>");
        } else if self.gap {
            self.emit_text(" | ");
        }
        self.broken = false;
        self.gap = false;
        self.started = true;
    }

    /// Adds text that may have entities but no markup.
    fn emit_text(&mut self, text: &str) {
        for piece in text.split_inclusive('<') {
            match piece.strip_suffix('<') {
                Some(before) => {
                    self.out.html.push_str(before);
                    self.out.html.push_str("&lt;");
                }
                None => self.out.html.push_str(piece),
            }
        }
        self.out.plain.push_str(&entities(text));
    }

    fn emit_literal(&mut self, text: &str) {
        self.emit_text(&text.replace('&', "&amp;"));
    }

    /// The edge of a box that only groups: a line of its own, without nesting.
    fn line_edge(&mut self) {
        self.broken |= self.started;
        self.block_edge();
    }

    /// The edge of an element that breaks the line by itself.
    fn block_edge(&mut self) {
        self.gap = false;
        self.started = false;
        if !self.out.plain.ends_with('\n') {
            self.out.plain.push('\n');
        }
    }

    fn open(&mut self, name: String, attributes: &str) {
        self.close_implied(&name);
        if VOID.contains(&name.as_str()) {
            return self.void(&name, attributes);
        }
        let inherited = self.stack.last();
        let mut open = Open {
            hidden: inherited.is_some_and(|o| o.hidden) || colour::is_hidden(attributes),
            foreground: colour::foreground(attributes).or(inherited.and_then(|o| o.foreground)),
            background: match colour::background(attributes) {
                Some(own) => own,
                None => inherited.map_or(Some(WHITE), |o| o.background),
            },
            emitted: None,
            link: None,
            name,
        };
        match role(&open.name) {
            Role::Block(tag) => open.emitted = self.emit_open(tag),
            Role::Line => self.line_edge(),
            Role::Cell => self.gap = self.started,
            Role::Link if !open.hidden => {
                let href = attribute(attributes, "href").map(|href| href.trim().to_owned());
                let href = href.filter(|href| clean::url(href).is_some());
                open.link = href.map(|href| (self.out.plain.len(), href));
            }
            Role::Gone => open.hidden = true,
            Role::Link | Role::Inline => {}
        }
        *self.open.entry(open.name.clone()).or_default() += 1;
        self.stack.push(open);
    }

    fn emit_open(&mut self, tag: &'static str) -> Option<&'static str> {
        if self.depth >= limits::HTML_DEPTH {
            self.out.cut = true;
            self.line_edge();
            return None;
        }
        self.block_edge();
        self.broken = false;
        self.depth += 1;
        self.out.html.push_str(&format!("<{tag}>"));
        Some(tag)
    }

    fn void(&mut self, name: &str, attributes: &str) {
        if self.stack.last().is_some_and(|open| open.hidden) {
            return;
        }
        match name {
            "br" | "hr" => {
                if self.broken {
                    self.out.html.push_str("<br>");
                    self.broken = false;
                }
                self.block_edge();
                self.out.html.push_str("<br>");
            }
            "img" | "area" => {
                let alt = attribute(attributes, "alt").unwrap_or_default();
                let alt = alt.trim();
                if !alt.is_empty() {
                    self.start_piece();
                    self.emit_literal(&format!("[{alt}]"));
                }
            }
            _ => {}
        }
    }

    /// Elements that end where the next of their kind begins.
    fn close_implied(&mut self, name: &str) {
        let ends: &[&str] = match name {
            "li" => &["li", "p"],
            "td" | "th" => &["td", "th", "p"],
            "tr" => &["tr", "td", "th", "p"],
            "dt" | "dd" => &["dt", "dd", "p"],
            "p" => &["p"],
            _ => return,
        };
        while self
            .stack
            .last()
            .is_some_and(|top| ends.contains(&top.name.as_str()))
        {
            self.close_top();
        }
    }

    fn close(&mut self, name: &str) {
        if self.open.get(name).copied().unwrap_or_default() == 0 {
            return;
        }
        while let Some(top) = self.stack.last() {
            let found = top.name == name;
            self.close_top();
            if found {
                break;
            }
        }
    }

    fn close_all(&mut self) {
        while !self.stack.is_empty() {
            self.close_top();
        }
    }

    fn close_top(&mut self) {
        let Some(top) = self.stack.pop() else { return };
        if let Some(count) = self.open.get_mut(&top.name) {
            *count -= 1;
        }
        if let Some((start, href)) = top.link {
            self.end_link(start, href);
        }
        if let Some(tag) = top.emitted {
            self.block_edge();
            self.broken = false;
            self.depth -= 1;
            self.out.html.push_str(&format!("</{tag}>"));
        } else if role(&top.name) == Role::Line {
            self.line_edge();
        }
    }

    /// Numbers a link, unless its text is its target.
    fn end_link(&mut self, start: usize, href: String) {
        let text = self
            .out
            .plain
            .get(start..)
            .unwrap_or_default()
            .trim()
            .to_owned();
        let bare = href.strip_prefix("mailto:").unwrap_or(&href);
        let says_itself = text.trim_end_matches('/') == bare.trim_end_matches('/');
        if !text.is_empty() && !says_itself && self.out.numbered.len() < NUMBERED {
            let known = self.out.numbered.iter().position(|target| *target == href);
            let number = known.unwrap_or(self.out.numbered.len()) + 1;
            if known.is_none() {
                self.out.numbered.push(href.clone());
            }
            self.emit_literal(&format!(" [{number}]"));
        }
        self.out.anchors.push(Anchor { text, href });
    }
}
