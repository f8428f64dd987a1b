//! Completions and manual pages, made from the definition of the command line.

use super::args::Cli;
use super::exit::{Exit, Failure};
use super::out::Out;
use clap::{Command, CommandFactory};
use std::path::Path;

/// Prints the completions for a shell.
pub fn completions(out: &mut Out, shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "postroom", &mut script);
    out.own(&script)
}

/// Prints the main manual page, or writes all of them into a folder.
pub fn pages(out: &mut Out, folder: Option<&Path>) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = folder else {
        return out.own(&page(&command, "postroom")?);
    };
    write(folder, "postroom", &page(&command, "postroom")?)?;
    for verb in command.get_subcommands() {
        let name = format!("postroom-{}", verb.get_name());
        write(folder, &name, &page(verb, &name)?)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> Result<Vec<u8>, Failure> {
    // The page's title is the name of the file; clap wants names that live as long as the program.
    let title = command.clone().display_name(name.to_owned());
    let mut page = Vec::new();
    clap_mangen::Man::new(title)
        .title(name.to_uppercase())
        .render(&mut page)
        .map_err(|why| Failure::new(Exit::Other, format!("cannot write the page: {why}")))?;
    Ok(page)
}

fn write(folder: &Path, name: &str, page: &[u8]) -> Result<(), Failure> {
    let file = folder.join(format!("{name}.1"));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, page))
        .map_err(|why| {
            let sentence = format!("cannot write {}: {why}", file.display());
            Failure::new(Exit::Other, sentence)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::out::tests::caught;
    use clap::ValueEnum;

    #[test]
    fn every_shell_gets_completions_with_every_verb() {
        for shell in clap_complete::Shell::value_variants() {
            let (mut out, results, _) = caught(false, false);
            completions(&mut out, *shell).unwrap();
            let text = results.text();
            for verb in Cli::command().get_subcommands() {
                assert!(
                    text.contains(verb.get_name()),
                    "{shell}: {}",
                    verb.get_name()
                );
            }
        }
    }

    #[test]
    fn every_verb_gets_a_page() {
        let dir = tempfile::tempdir().unwrap();
        let (mut out, results, _) = caught(false, false);
        pages(&mut out, Some(dir.path())).unwrap();
        pages(&mut out, None).unwrap();
        assert!(
            results.text().contains(".TH POSTROOM 1"),
            "{}",
            results.text()
        );
        for verb in Cli::command().get_subcommands() {
            let file = dir.path().join(format!("postroom-{}.1", verb.get_name()));
            let page = std::fs::read_to_string(file).unwrap();
            assert!(page.contains("postroom"), "{}", verb.get_name());
        }
    }
}
