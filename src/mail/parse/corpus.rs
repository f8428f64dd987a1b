//! Every file of the shared corpus, when it is there.

use super::*;
use crate::mail::attachment;
use std::path::{Path, PathBuf};

const CORPUS: &str = "../shared/corpus";

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn every_file_of_the_corpus_is_listed() {
    if !Path::new(CORPUS).is_dir() {
        println!("skipped: {CORPUS} is not here");
        return;
    }
    let mut paths = Vec::new();
    files(Path::new(CORPUS), &mut paths);
    assert!(paths.len() > 2_000, "only {} files", paths.len());
    for path in paths {
        let raw = std::fs::read(&path).unwrap();
        let message = parse(&raw);
        assert!(
            !message.defects.contains(&Defect::Unparsed),
            "{}",
            path.display()
        );
        assert!(message.text.raw().len() <= limits::TEXT_BYTES);
        assert!(message.references.len() <= limits::REFERENCES);
        for (index, listed) in message.attachments.iter().enumerate() {
            assert_eq!(listed.index, index);
            let bytes = attachment::bytes(&raw, index);
            assert_eq!(
                bytes.map(|b| b.len() as u64),
                Some(listed.size),
                "{}",
                path.display()
            );
        }
        assert_eq!(attachment::bytes(&raw, message.attachments.len()), None);
    }
}
