//! Documents that are tests: nothing in them may drift from the program.

use crate::support::program::Home;

#[test]
fn the_example_configuration_is_read_by_the_program() {
    let example = include_str!("../../config.example.toml");
    let home = Home::with(example);
    // Nothing is listed because nothing was synced; a warning would be said.
    let run = home.run(&["list", "--json"]).ends(0);
    assert_eq!(run.stderr, "");
}
