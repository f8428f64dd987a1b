//! What a word is, for indexing and searching alike.
//!
//! A word is a run of letters and digits, in lower case, without accents where ASCII has the plain
//! letter (`Größe` is `grosse`). Scripts that put no space between words are cut into overlapping
//! pairs of characters, so that 番号 finds 注文番号 and not 番組と信号; the last character of such a
//! run is indexed alone as well, so that every single character can be found as the beginning of
//! a pair. Addresses, host names and order numbers fall into their parts and are found whole as
//! parts in a row.

use tantivy::Index;
use tantivy::tokenizer::{AsciiFoldingFilter, TextAnalyzer, TokenStream, Tokenizer};

/// The name of the tokenizer in the index.
pub(super) const NAME: &str = "words";
/// Longer words are no words and not indexed.
const LONGEST: usize = 100;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache) struct Token {
    /// Normalised.
    pub text: String,
    /// Bytes of the text it came from.
    pub span: (usize, usize),
    /// One character of a script written without spaces, standing alone.
    pub single: bool,
}

/// Makes the tokenizer known to an index.
pub(super) fn register(index: &Index) {
    index.tokenizers().register(NAME, analyzer(true));
}

/// The words of a text that is searched for, or searched in outside the index.
pub(in crate::cache) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    each(text, |token| {
        tokens.push(token);
        true
    });
    tokens
}

/// The first word of a text that fits.
pub(in crate::cache) fn first(text: &str, fits: impl Fn(&Token) -> bool) -> Option<Token> {
    let mut found = None;
    each(text, |token| {
        found = Some(token).filter(&fits);
        found.is_none()
    });
    found
}

/// Hands out words until `go_on` says no.
fn each(text: &str, mut go_on: impl FnMut(Token) -> bool) {
    let mut analyzer = analyzer(false);
    let mut stream = analyzer.token_stream(text);
    while stream.advance() {
        let token = stream.token();
        let source = text.get(token.offset_from..token.offset_to);
        let mut chars = source.unwrap_or_default().chars();
        let first = chars.next();
        let token = Token {
            text: token.text.clone(),
            span: (token.offset_from, token.offset_to),
            single: first.is_some_and(is_dense) && chars.next().is_none(),
        };
        if !go_on(token) {
            break;
        }
    }
}

fn analyzer(tails: bool) -> TextAnalyzer {
    TextAnalyzer::builder(Words {
        tails,
        token: tantivy::tokenizer::Token::default(),
    })
    .filter(AsciiFoldingFilter)
    .build()
}

/// Cuts text into words.
#[derive(Clone)]
struct Words {
    /// Whether the last character of a run of pairs is a word, too.
    tails: bool,
    token: tantivy::tokenizer::Token,
}

struct WordStream<'a> {
    text: &'a str,
    at: usize,
    /// The character at `at` ended a pair.
    paired: bool,
    tails: bool,
    token: &'a mut tantivy::tokenizer::Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            text,
            at: 0,
            paired: false,
            tails: self.tails,
            token: &mut self.token,
        }
    }
}

impl WordStream<'_> {
    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }

    /// A pair, or a single character where the run ends; `None` when it is to be passed over, else
    /// how many positions further it stands.
    fn dense(&mut self, first: char) -> Option<usize> {
        let start = self.at;
        self.at += first.len_utf8();
        let second = self.char_at(self.at).filter(|c| is_dense(*c));
        let tail = std::mem::replace(&mut self.paired, second.is_some()) && second.is_none();
        if tail && !self.tails {
            return None;
        }
        self.token.text.push(first);
        self.token.text.extend(second);
        self.token.offset_from = start;
        self.token.offset_to = self.at + second.map_or(0, char::len_utf8);
        // A tail stands where its pair does, or it would part the pair from the next word.
        Some(usize::from(!tail))
    }

    /// A run of letters and digits; false when it is too long to be a word.
    fn run(&mut self) -> bool {
        let start = self.at;
        self.paired = false;
        while let Some(c) = self.char_at(self.at) {
            if is_dense(c) || !(c.is_alphanumeric() || is_accent(c)) {
                break;
            }
            if self.token.text.len() <= LONGEST && !is_accent(c) {
                self.token.text.extend(c.to_lowercase());
            }
            self.at += c.len_utf8();
        }
        self.token.offset_from = start;
        self.token.offset_to = self.at;
        self.token.text.len() <= LONGEST
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        while let Some(c) = self.char_at(self.at) {
            self.token.text.clear();
            let (further, found) = if is_dense(c) {
                let further = self.dense(c);
                (further.unwrap_or(0), further.is_some())
            } else if c.is_alphanumeric() {
                (1, self.run())
            } else {
                self.paired = false;
                self.at += c.len_utf8();
                (0, false)
            };
            self.token.position = self.token.position.wrapping_add(further);
            if found {
                return true;
            }
        }
        false
    }

    fn token(&self) -> &tantivy::tokenizer::Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut tantivy::tokenizer::Token {
        self.token
    }
}

/// Combining accents, as in decomposed text.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Scripts written without spaces between words.
fn is_dense(c: char) -> bool {
    let in_script = matches!(c,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Myanmar
        | '\u{1100}'..='\u{11ff}' // Hangul letters
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}' // Han marks
        | '\u{3040}'..='\u{318f}' // Kana, Bopomofo, Hangul letters
        | '\u{31f0}'..='\u{31ff}' // Kana
        | '\u{3400}'..='\u{9fff}' // Han
        | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '\u{f900}'..='\u{faff}' // Han
        | '\u{ff66}'..='\u{ffdc}' // half-width Kana, Hangul
        | '\u{20000}'..='\u{3ffff}'); // Han
    // Thai tone marks are no letters to Unicode, yet part of words.
    in_script && (c.is_alphanumeric() || ('\u{e47}'..='\u{e4e}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn words_are_runs_of_plain_letters_and_digits() {
        let cases: [(&str, &[&str]); 9] = [
            ("Hello, World!", &["hello", "world"]),
            ("Größe señor Ångström", &["grosse", "senor", "angstrom"]),
            ("cafe\u{301}", &["cafe"]),
            ("mia@mail.example", &["mia", "mail", "example"]),
            ("ACME-4417 can't", &["acme", "4417", "can", "t"]),
            ("注文番号4417", &["注文", "文番", "番号", "4417"]),
            ("番 x", &["番", "x"]),
            ("สวัสดี", &["สว", "วั", "ัส", "สด", "ดี"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(words(&format!("a {} b", "x".repeat(5000))), ["a", "b"]);
    }

    #[test]
    fn the_index_holds_the_last_character_of_a_run() {
        let mut analyzer = analyzer(true);
        let mut stream = analyzer.token_stream("番号");
        let mut found = Vec::new();
        while stream.advance() {
            found.push(stream.token().text.clone());
        }
        assert_eq!(found, ["番号", "号"]);
        assert!(tokens("号").iter().all(|t| t.single));
    }
}
