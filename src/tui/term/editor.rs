//! A round trip through the person's own editor.

use std::io::{self, Read, Write};
use std::path::Path;
use tempfile::Builder;
use tokio::process::Command;

/// Largest text that is taken back.
const MOST: u64 = 4 << 20;

/// Opens `$VISUAL` or `$EDITOR` on `text` and returns what was saved.
///
/// # Errors
/// A printable sentence when there is no editor, it fails, or its text cannot be read; the caller
/// keeps the old text.
pub async fn edit(text: String) -> Result<String, String> {
    let words = editor_words()?;
    let (program, arguments) = words
        .split_first()
        .ok_or("$EDITOR is empty; set it to a program.")?;
    let file = scratch(&text).map_err(|e| format!("No room for the editor's file: {e}."))?;
    let status = Command::new(program)
        .args(arguments)
        .arg(file.path())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|e| format!("{program} could not be started: {e}. Your text is as before."))?;
    if !status.success() {
        return Err(format!(
            "{program} ended with {status}; your text is as before."
        ));
    }
    read(file.path()).map_err(|e| format!("The edited text cannot be read: {e}."))
}

/// `$EDITOR` in words, split as a shell would but never run by one.
fn editor_words() -> Result<Vec<String>, String> {
    let set = |name| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    shlex::split(&editor).ok_or_else(|| "$EDITOR has a quote that does not end.".to_owned())
}

/// A private file (mode 0600) that goes with its handle.
fn scratch(text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file = Builder::new()
        .prefix("postroom-")
        .suffix(".txt")
        .tempfile()?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(file)
}

/// Reads by name: editors replace files.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(MOST)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
