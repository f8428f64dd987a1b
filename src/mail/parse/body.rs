//! The text and the attachments of a message.

use super::{charset, note};
use crate::limits;
use crate::mail::{Attachment, Defect, Message, Remote, flowed, html};
use mail_parser::{
    Encoding, GetHeader, HeaderName, HeaderValue, Message as Parsed, MessagePart, MimeHeaders,
    PartType,
};

/// Columns HTML is laid out for. Paragraphs stay on one line, so that every screen wraps them to
/// its own width.
const HTML_WIDTH: usize = 2_000;

/// Fills in text, HTML and attachments.
pub(super) fn read(parsed: &Parsed<'_>, bytes: &[u8], message: &mut Message) {
    if parsed.parts.len() > limits::MIME_PARTS {
        note(&mut message.defects, Defect::TooManyParts);
    }
    let depths = depths(parsed);
    if depths.iter().any(|depth| *depth > limits::MIME_DEPTH) {
        note(&mut message.defects, Defect::TooDeep);
    }
    let reachable = |id: &u32| {
        let depth = depths.get(*id as usize).copied().unwrap_or(usize::MAX);
        depth <= limits::MIME_DEPTH && (*id as usize) < limits::MIME_PARTS
    };
    let bodies = |ids: &[u32]| -> Vec<&MessagePart<'_>> {
        let parts = ids.iter().filter(|id| reachable(id));
        parts
            .filter_map(|id| parsed.parts.get(*id as usize))
            .collect()
    };
    let mut texts = bodies(&parsed.text_body);
    if !texts.iter().any(|part| is_text(part)) {
        texts.extend(damaged_texts(parsed));
    }
    let html = bodies(&parsed.html_body)
        .into_iter()
        .find(|part| matches!(part.body, PartType::Html(_)));
    read_html(html, bytes, message);
    read_text(&texts, bytes, message);
    message.attachments = attached(parsed)
        .enumerate()
        .map(|(index, part)| attachment(index, part, bytes))
        .collect();
}

/// The bytes of one attachment as the sender attached them.
pub(super) fn attachment_bytes(parsed: &Parsed<'_>, index: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    let part = attached(parsed).nth(index)?;
    Some(part_bytes(part, bytes))
}

/// How deep each part lies. A part comes after the one that holds it.
fn depths(parsed: &Parsed<'_>) -> Vec<usize> {
    let mut depths = vec![0usize; parsed.parts.len()];
    for (id, part) in parsed.parts.iter().enumerate() {
        let PartType::Multipart(children) = &part.body else {
            continue;
        };
        let depth = depths.get(id).map_or(0, |d| d + 1);
        for child in children {
            if let Some(slot) = depths.get_mut(*child as usize) {
                *slot = depth;
            }
        }
    }
    depths
}

fn is_text(part: &MessagePart<'_>) -> bool {
    matches!(part.body, PartType::Text(_) | PartType::Html(_))
}

/// Parts that should have been text but are damaged: a broken encoding, or a multipart in which
/// no part was found.
fn damaged_texts<'m, 'x>(parsed: &'m Parsed<'x>) -> impl Iterator<Item = &'m MessagePart<'x>> {
    attached(parsed).filter(|part| {
        let attached = part
            .content_disposition()
            .is_some_and(|d| d.is_attachment());
        let main = part.content_type().map_or("text", |t| t.ctype());
        let damaged = match &part.body {
            PartType::Text(_) | PartType::Html(_) => {
                main == "multipart" || main == "text" && part.is_encoding_problem
            }
            PartType::Binary(_) => main == "multipart",
            _ => false,
        };
        damaged && !attached
    })
}

fn attached_ids(parsed: &Parsed<'_>) -> impl Iterator<Item = usize> {
    let ids = parsed.attachments.iter().map(|id| *id as usize);
    ids.filter(|id| *id < limits::MIME_PARTS)
}

fn attached<'m, 'x>(parsed: &'m Parsed<'x>) -> impl Iterator<Item = &'m MessagePart<'x>> {
    attached_ids(parsed).filter_map(|id| parsed.parts.get(id))
}

fn read_html(part: Option<&MessagePart<'_>>, bytes: &[u8], message: &mut Message) {
    let Some(part) = part else { return };
    let mut html = decoded(part, bytes, &mut message.defects);
    if cut(&mut html, limits::HTML_BYTES) {
        note(&mut message.defects, Defect::HtmlCut);
    }
    message.html = Some(Remote::new(html));
}

fn read_text(parts: &[&MessagePart<'_>], bytes: &[u8], message: &mut Message) {
    let mut text = String::new();
    for part in parts {
        let piece = match &part.body {
            PartType::Html(_) => {
                message.from_html = true;
                let html = decoded(part, bytes, &mut message.defects);
                converted(&html, &mut message.defects)
            }
            PartType::Text(_) => plain(part, bytes, &mut message.defects),
            // Only a damaged multipart comes here as bytes.
            PartType::Binary(data) => charset::decode(data, None),
            _ => continue,
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&piece);
        if text.len() > limits::TEXT_BYTES {
            break;
        }
    }
    // Some programs send an empty plain part beside the HTML.
    if text.trim().is_empty()
        && !message.from_html
        && let Some(html) = &message.html
    {
        text = converted(html.raw(), &mut message.defects);
        message.from_html = true;
    }
    if cut(&mut text, limits::TEXT_BYTES) {
        note(&mut message.defects, Defect::TextCut);
    }
    message.text = Remote::new(text);
}

/// The text of a plain part, `format=flowed` joined to paragraphs.
fn plain(part: &MessagePart<'_>, bytes: &[u8], defects: &mut Vec<Defect>) -> String {
    let text = decoded(part, bytes, defects);
    let says = |name: &str, value: &str| {
        let found = part.content_type().and_then(|t| t.attribute(name));
        found.is_some_and(|v| v.eq_ignore_ascii_case(value))
    };
    if says("format", "flowed") {
        return flowed::unflow(&text, says("delsp", "yes"));
    }
    text
}

fn converted(html: &str, defects: &mut Vec<Defect>) -> String {
    let (text, found) = html::to_text(html, HTML_WIDTH);
    found.into_iter().for_each(|defect| note(defects, defect));
    text
}

/// Cuts at a character; whether there was something to cut.
fn cut(text: &mut String, limit: usize) -> bool {
    let long = text.len() > limit;
    if long {
        text.truncate(text.floor_char_boundary(limit));
    }
    long
}

/// The text of a part, as well as its bytes allow.
fn decoded(part: &MessagePart<'_>, bytes: &[u8], defects: &mut Vec<Defect>) -> String {
    let text = part.text_contents().unwrap_or_default();
    let charset = part.content_type().and_then(|t| t.attribute("charset"));
    let unknown = charset.is_some_and(|name| !charset::is_known(name));
    let damaged = part.is_encoding_problem && transfer(part) != Encoding::None;
    let holes = text.contains('\u{fffd}');
    if unknown || damaged {
        note(defects, Defect::BadEncoding);
    }
    if damaged || holes && (unknown || charset.is_none()) {
        return charset::decode(&part_bytes(part, bytes), charset);
    }
    if holes {
        note(defects, Defect::BadEncoding);
    }
    text.to_owned()
}

/// The Content-Transfer-Encoding the sender named, whether or not it decodes.
fn transfer(part: &MessagePart<'_>) -> Encoding {
    let named = part
        .headers
        .header_value(&HeaderName::ContentTransferEncoding);
    match named.and_then(HeaderValue::as_text) {
        Some(name) if name.eq_ignore_ascii_case("base64") => Encoding::Base64,
        Some(name) if name.eq_ignore_ascii_case("quoted-printable") => Encoding::QuotedPrintable,
        _ => Encoding::None,
    }
}

/// The decoded bytes of a part, before any character set.
fn part_bytes(part: &MessagePart<'_>, bytes: &[u8]) -> Vec<u8> {
    if let PartType::Binary(data) | PartType::InlineBinary(data) = &part.body {
        return data.to_vec();
    }
    let range = part.offset_body as usize..part.offset_end as usize;
    let data = bytes.get(range).unwrap_or_default();
    match transfer(part) {
        Encoding::Base64 => charset::lenient_base64(data),
        Encoding::QuotedPrintable => charset::lenient_quoted_printable(data),
        Encoding::None => data.to_vec(),
    }
}

fn attachment(index: usize, part: &MessagePart<'_>, bytes: &[u8]) -> Attachment {
    let declared = part.content_type().map(|t| match t.subtype() {
        Some(subtype) => format!("{}/{subtype}", t.ctype()),
        None => t.ctype().to_owned(),
    });
    let size = match &part.body {
        PartType::Binary(data) | PartType::InlineBinary(data) => data.len(),
        _ => part_bytes(part, bytes).len(),
    };
    let disposition = part.content_disposition();
    Attachment {
        index,
        name: Remote::new(name(part)),
        content_type: Remote::new(declared.unwrap_or_else(|| "text/plain".to_owned())),
        size: size as u64,
        inline: disposition.map_or(part.content_id().is_some(), |d| d.is_inline()),
    }
}

fn name(part: &MessagePart<'_>) -> String {
    if let Some(name) = part.attachment_name() {
        return name.to_owned();
    }
    match part.message() {
        Some(nested) => format!("{}.eml", nested.subject().unwrap_or("message")),
        None => String::new(),
    }
}
