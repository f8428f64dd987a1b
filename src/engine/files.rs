//! Files a person asked for.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Names tried before giving up.
const TRIES: u32 = 1000;

/// Writes a new file that only its owner can read; an existing one is never touched, the name
/// gets a number instead. Leaves nothing behind when writing fails.
///
/// # Errors
/// Those of the file system, with the path.
pub(super) fn save_new(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let named = |error: io::Error, path: &Path| {
        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|e| named(e, folder))?;
    for n in 0..TRIES {
        let path = folder.join(numbered(name, n));
        // create_new neither follows a link nor opens what is there.
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(named(error, &path)),
        };
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
            fs::remove_file(&path).map_err(|e| named(e, &path))?;
            return Err(named(error, &path));
        }
        return Ok(path);
    }
    Err(named(
        io::ErrorKind::AlreadyExists.into(),
        &folder.join(name),
    ))
}

fn numbered(name: &str, n: u32) -> String {
    if n == 0 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem}-{n}.{extension}"),
        _ => format!("{name}-{n}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_or_link_is_never_touched() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        fs::write(&target, b"mine").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join("a.pdf")).unwrap();
        let saved = save_new(dir.path(), "a.pdf", b"new").unwrap();
        assert_eq!(saved, dir.path().join("a-1.pdf"));
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        assert_eq!(fs::read(saved).unwrap(), b"new");
    }

    #[test]
    fn an_unwritable_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = save_new(&file, "a.pdf", b"new").unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
    }
}
