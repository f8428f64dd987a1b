//! Attachments: their bytes, and what they really are.

use super::parse;

/// The decoded bytes of attachment `index` (see [`super::Attachment::index`]) of a raw message.
/// `None` when there is no such attachment or the message is too hostile to look into.
pub fn bytes(raw: &[u8], index: usize) -> Option<Vec<u8>> {
    parse::attachment(raw, index)
}

/// What the first bytes of known kinds of files look like, and the extensions that tell the truth
/// about them.
const MAGIC: [(&[u8], &str, &[&str]); 14] = [
    (b"%PDF-", "PDF document", &["pdf"]),
    (b"\x89PNG\r\n\x1a\n", "PNG image", &["png"]),
    (b"\xff\xd8\xff", "JPEG image", &["jpg", "jpeg", "jpe"]),
    (b"GIF8", "GIF image", &["gif"]),
    (
        b"PK\x03\x04",
        "ZIP archive",
        &[
            "zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "jar", "epub", "apk", "pages",
            "numbers", "key",
        ],
    ),
    (
        b"MZ",
        "Windows program",
        &["exe", "dll", "scr", "com", "sys"],
    ),
    (b"\x7fELF", "Linux program", &["so", "bin", "elf"]),
    (b"#!", "script", &["sh", "py", "pl", "rb", "bash"]),
    (b"\x1f\x8b", "gzip archive", &["gz", "tgz"]),
    (b"Rar!\x1a\x07", "RAR archive", &["rar"]),
    (b"7z\xbc\xaf\x27\x1c", "7z archive", &["7z"]),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "old Office document",
        &["doc", "xls", "ppt", "msg", "msi"],
    ),
    (b"{\\rtf", "RTF document", &["rtf", "doc"]),
    (b"\xca\xfe\xba\xbe", "Java or macOS program", &["class"]),
];

/// What the bytes really are when the name says something else: a warning to show beside the
/// attachment. `None` when name and bytes agree or the kind is not known.
pub fn disagreeing_kind(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let extension = extension.trim().to_ascii_lowercase();
    let (_, kind, honest) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic))?;
    (!honest.contains(&extension.as_str())).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_contradict_the_name_are_named() {
        for (name, bytes, kind) in [
            ("invoice.pdf", &b"%PDF-1.7"[..], None),
            ("invoice.pdf", b"MZ\x90", Some("Windows program")),
            ("photo.jpg.exe", b"MZ\x90", None),
            ("photo", b"\xff\xd8\xff\xe0", Some("JPEG image")),
            ("table.xlsx", b"PK\x03\x04", None),
            ("notes.txt", b"hello", None),
            ("notes.txt", b"", None),
        ] {
            assert_eq!(disagreeing_kind(name, bytes), kind, "{name}");
        }
    }
}
