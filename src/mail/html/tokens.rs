//! HTML cut into tags and text. Only as exact as text extraction needs.

/// A piece of HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text with its entities.
    Text(&'a str),
    /// `<name …>`; `attributes` is what stands between name and `>`.
    Open { name: String, attributes: &'a str },
    /// `</name>`.
    Close { name: String },
}

/// Elements whose content is no markup.
const RAW: [&str; 7] = [
    "script", "style", "textarea", "title", "iframe", "noframes", "xmp",
];
/// Longest element name that is looked at.
const NAME: usize = 16;

/// Cuts HTML into pieces; comments, declarations and raw content fall away.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// Ends of comments that are known not to follow, so that many openings stay linear.
    no_comment_end: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(html: &'a str) -> Self {
        Self {
            rest: html,
            no_comment_end: false,
        }
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (piece, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        piece
    }

    /// Leaves out a comment, declaration or processing instruction.
    fn skip_declaration(&mut self) {
        if self.rest.starts_with("<!--") && !self.no_comment_end {
            match self.rest.find("-->") {
                Some(end) => {
                    self.advance(end + 3);
                    return;
                }
                None => self.no_comment_end = true,
            }
        }
        let end = self.rest.find('>').map_or(self.rest.len(), |end| end + 1);
        self.advance(end);
    }

    fn tag(&mut self) -> Token<'a> {
        let end = tag_end(self.rest);
        let whole = self.advance(end);
        let inner = whole.trim_start_matches('<').trim_end_matches('>');
        let closes = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let stop = inner
            .find(|c: char| c.is_ascii_whitespace() || c == '/')
            .unwrap_or(inner.len());
        let (name, attributes) = inner.split_at_checked(stop).unwrap_or((inner, ""));
        let name = name.get(..NAME).unwrap_or(name).to_ascii_lowercase();
        if closes {
            return Token::Close { name };
        }
        if RAW.contains(&name.as_str()) {
            self.skip_raw(&name);
        }
        Token::Open { name, attributes }
    }

    fn skip_raw(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest.get(from..).and_then(|rest| rest.find("</")) {
            let start = from + at + 2;
            let candidate = self.rest.get(start..start + name.len());
            if candidate.is_some_and(|c| c.eq_ignore_ascii_case(name)) {
                self.advance(from + at);
                return;
            }
            from = start;
        }
        self.rest = "";
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let mut after = self.rest.chars().skip(1);
            let opens = self.rest.starts_with('<');
            match (opens, after.next()) {
                (true, Some('!' | '?')) => self.skip_declaration(),
                (true, Some(c)) if c.is_ascii_alphabetic() => return Some(self.tag()),
                (true, Some('/')) if after.next().is_some_and(|c| c.is_ascii_alphabetic()) => {
                    return Some(self.tag());
                }
                _ => {
                    // A lone `<` is text.
                    let skip = usize::from(opens);
                    let next = self.rest.get(skip..).and_then(|rest| rest.find('<'));
                    let end = next.map_or(self.rest.len(), |at| at + skip);
                    return Some(Token::Text(self.advance(end)));
                }
            }
        }
    }
}

/// Where the tag at the start ends, quotes respected as long as they end.
fn tag_end(html: &str) -> usize {
    /// Longest tag whose quotes are believed.
    const LONGEST: usize = 64 << 10;
    let mut quote = None;
    let mut after_equals = false;
    for (at, byte) in html.bytes().enumerate().take(LONGEST) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            _ => {}
        }
        after_equals = byte == b'=' || after_equals && byte.is_ascii_whitespace();
    }
    html.find('>').map_or(html.len(), |end| end + 1)
}

/// The value of an attribute, entities decoded; empty for one without value.
pub(super) fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let stop = rest.find(|c: char| c.is_ascii_whitespace() || c == '=');
        let (name, after) = rest.split_at_checked(stop.unwrap_or(rest.len()))?;
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after.trim_start()),
            None => ("", after),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(entities(value));
        }
        // A name may be empty when `=` stands alone; move on in any case.
        rest = if name.is_empty() && after.len() == rest.len() {
            after.get(1..).unwrap_or_default()
        } else {
            after
        };
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let stop = text
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(text.len());
    text.split_at_checked(stop).unwrap_or((text, ""))
}

/// Decodes the entities that links, names and plain fallbacks need.
pub(super) fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        rest = match entity(after) {
            Some((c, after)) => {
                out.push(c);
                after
            }
            None => {
                out.push('&');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

fn entity(text: &str) -> Option<(char, &str)> {
    // The longest entity decoded here is `&#x10FFFF;`.
    let window = text.get(..text.floor_char_boundary(10)).unwrap_or(text);
    let end = window.find(';')?;
    let (name, after) = text.split_at_checked(end)?;
    let after = after.strip_prefix(';')?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_attributes_are_found() {
        let html = "a<B CLASS=x data='1>2' href = \"u&amp;v\">b</b><!--c--><br/>";
        let tokens: Vec<Token<'_>> = Tokens::new(html).collect();
        let Some(Token::Open { name, attributes }) = tokens.get(1) else {
            panic!("{tokens:?}")
        };
        assert_eq!(name, "b");
        assert_eq!(attribute(attributes, "href").as_deref(), Some("u&v"));
        assert_eq!(attribute(attributes, "class").as_deref(), Some("x"));
        assert_eq!(attribute(attributes, "style"), None);
        assert_eq!(tokens.len(), 5);
        assert_eq!(attribute("= == a= hidden", "hidden").as_deref(), None);
        assert_eq!(attribute("hidden", "hidden").as_deref(), Some(""));
    }

    #[test]
    fn entities_are_decoded_once() {
        assert_eq!(
            entities("&amp;lt; &#65;&#x1b;&nope; &#xD800; &"),
            "&lt; A\u{1b}&nope; &#xD800; &"
        );
    }
}
