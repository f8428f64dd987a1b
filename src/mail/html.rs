//! HTML mail as text, in process and without any network.
//!
//! html2text needs quadratic time in the depth of elements, so it never sees what a sender wrote:
//! `simplify` keeps a handful of block elements within the limits, drops everything that could
//! load, run or hide, turns links into numbers and table rows into lines.

mod colour;
mod links;
mod simplify;
mod tokens;

pub use links::{Anchor, anchors};

use super::{Defect, clean};
use crate::limits;
use simplify::{Simple, simplify};

/// Letters that must be hidden before it is worth a warning: the invisible first line that
/// newsletters carry for list previews is shorter.
const HIDDEN_LETTERS: usize = 200;

/// The text of an HTML part for at most `width` columns, and what is wrong with it. Links become
/// `[1]` and stand numbered below. Text that is never displayed is left out.
pub fn to_text(html: &str, width: usize) -> (String, Vec<Defect>) {
    let mut defects = Vec::new();
    let kept = html
        .get(..html.floor_char_boundary(limits::HTML_BYTES))
        .unwrap_or(html);
    let mut simple = simplify(kept, false);
    if simple.unreadable_letters >= HIDDEN_LETTERS {
        simple = simplify(kept, true);
    }
    if simple.cut || kept.len() < html.len() {
        defects.push(Defect::HtmlCut);
    }
    if simple.hidden_letters + simple.unreadable_letters >= HIDDEN_LETTERS {
        defects.push(Defect::HiddenText);
    }
    if simple.anchors.iter().any(Anchor::misleads) {
        defects.push(Defect::MisleadingLink);
    }
    let mut text = rendered(&simple, width);
    append_links(&mut text, &simple);
    (text, defects)
}

fn rendered(simple: &Simple, width: usize) -> String {
    let config = html2text::config::plain_no_decorate()
        .no_table_borders()
        .allow_width_overflow()
        .unicode_strikeout(false);
    let rendered = config.string_from_read(simple.html.as_bytes(), width.max(20));
    let text = rendered.unwrap_or_else(|_| simple.plain.clone());
    tidy(&text)
}

/// No trailing spaces, and never more than one empty line.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines() {
        let line = line.trim_end();
        if !(line.is_empty() && blank) {
            out.push_str(line);
            out.push('\n');
        }
        blank = line.is_empty();
    }
    out.truncate(out.trim_end().len());
    out
}

fn append_links(text: &mut String, simple: &Simple) {
    if simple.numbered.is_empty() {
        return;
    }
    text.push_str("\n\n");
    for (index, target) in simple.numbered.iter().enumerate() {
        if let Some(target) = clean::url(target) {
            text.push_str(&format!("[{}] {target}\n", index + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        to_text(html, 80).0
    }

    #[test]
    fn html_becomes_readable_text() {
        for (html, want) in [
            (
                "<p>Hello<br>Tom &amp; Ana</p><p>Bye</p>",
                "Hello\nTom & Ana\n\nBye",
            ),
            ("<ul><li>one<li>two</ul>", "* one\n* two"),
            (
                "<blockquote>old<blockquote>older</blockquote></blockquote>",
                "> old\n>\n> > older",
            ),
            (
                "<table><tr><th>Item<th>Price</tr><tr><td>Socks<td>9</table>",
                "Item | Price\nSocks | 9",
            ),
            (
                "<table><tr><td></td><td><div>Only</div></td></tr></table>",
                "Only",
            ),
            ("a<img alt='Logo' src='http://x/i.png'>b", "a[Logo]b"),
            ("1 < 2 <unknown>yes</unknown>", "1 < 2 yes"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            (
                "<!-- no --><style>p{}</style><script>alert('<p>')</script>x<title>t</title>",
                "x",
            ),
            (
                "<p>unclosed <b>tags <i>everywhere",
                "unclosed tags everywhere",
            ),
            ("", ""),
        ] {
            assert_eq!(text(html), want, "{html}");
        }
    }

    #[test]
    fn links_are_numbered_and_harmless() {
        let shown = text(
            "<a href=\"http://x/&#27;]8;;http://evil&#7;\">ok</a> and <a href=https://y.example/>https://y.example/</a>",
        );
        assert_eq!(
            shown,
            "ok [1] and https://y.example/\n\n[1] http://x/%1B]8;;http://evil%07\n"
        );
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
        ] {
            assert_eq!(text(&format!("<a href='{bad}'>click</a>")), "click");
        }
    }

    #[test]
    fn links_that_lie_are_marked() {
        for (html, lies) in [
            (
                "<a href='http://evil.example'>https://bank.example</a>",
                true,
            ),
            (
                "<a href='http://evil.example'>www.bank.example/login</a>",
                true,
            ),
            ("<a href='https://bank.example@evil.example'>pay</a>", true),
            (
                "<a href='mailto:x@evil.example'>help@bank.example</a>",
                true,
            ),
            (
                "<a href='https://www.bank.example/x'>bank.example</a>",
                false,
            ),
            ("<a href='https://evil.example/'>click here</a>", false),
            ("<a href='https://shop.example/'>v1.2 notes</a>", false),
            (
                "<a href='mailto:help@bank.example'>help@bank.example</a>",
                false,
            ),
        ] {
            let found = to_text(html, 80).1.contains(&Defect::MisleadingLink);
            assert_eq!(found, lies, "{html}");
        }
    }

    #[test]
    fn hidden_text_does_not_read_as_the_message() {
        let secret = "buy pills ".repeat(1000);
        for hide in [
            "style='display:none'",
            "style=\"font-size: 0px\"",
            "style='DISPLAY : NONE !important'",
            "hidden",
            "style='color:#ffffff;background-color:white'",
            "style='color:#FFF'",
            "style='max-height:0;overflow:hidden'",
        ] {
            let html = format!("<div {hide}>{secret}<p>more</p></div><p>Hello</p>");
            let (text, defects) = to_text(&html, 80);
            assert_eq!(text, "Hello", "{hide}");
            assert!(defects.contains(&Defect::HiddenText), "{hide}");
        }
        let (text, defects) = to_text(
            "<td bgcolor=#000000><a style='color:white'>Pay</a></td>",
            80,
        );
        assert_eq!(
            (text.as_str(), defects.len()),
            ("Pay", 0),
            "white on black is readable"
        );
        let (text, defects) = to_text("<p style='display:none'>Preview</p>Hi", 80);
        assert_eq!(
            (text.as_str(), defects.len()),
            ("Hi", 0),
            "a preview line is no attack"
        );
    }

    #[test]
    fn huge_and_deep_html_is_cut_not_chewed() {
        for html in [
            "<div>".repeat(100_000) + "deep",
            "<table><tr><td>".repeat(20_000) + "deep",
            "<b>".repeat(100_000) + "deep",
            "<ul><li>".repeat(20_000) + "deep",
            "<blockquote>".repeat(20_000) + "deep",
        ] {
            let (text, _) = to_text(&html, 2_000);
            assert!(
                text.contains("deep"),
                "{} {text:?}",
                html.get(..20).unwrap()
            );
        }
        let (_, defects) = to_text(&"word ".repeat(2_000_000), 80);
        assert_eq!(defects, [Defect::HtmlCut]);
        to_text(&"</x>".repeat(250_000), 80);
        to_text(&("<b>".repeat(100_000) + &"</i>".repeat(100_000)), 80);
        to_text(&"<a href='".repeat(100_000), 80);
        to_text(&"<!--".repeat(250_000), 80);
        to_text(&"<script>".repeat(100_000), 80);
    }
}
