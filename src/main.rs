//! The thin program around the library: reads the command line, chooses a front end, maps how it
//! ended to an exit code.

use clap::Parser;
use postroom::cli::args::{Cli, ColorChoice, Global, Verb, shield};
use postroom::cli::exit::{Exit, Failure};
use postroom::cli::out::{Out, Style};
use postroom::cli::{self, demo, logs};
use postroom::engine::{Handle, Mode, Setup};
use postroom::{serve, tui};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Whatever this process creates is for its owner alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let arguments = match Cli::try_parse_from(shield(std::env::args_os())) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that nobody reads to its end is no error.
            let _closed_pipe = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1));
        }
    };
    let mut out = Out::standard(&arguments.global);
    let ended = run(arguments, &mut out);
    let flushed = out.flush();
    match ended.and(flushed) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            out.remark(Style::Bad, &failure.sentence);
            failure.exit.into()
        }
    }
}

fn run(arguments: Cli, out: &mut Out) -> Result<(), Failure> {
    let other = |why: &dyn std::fmt::Display| Failure::new(Exit::Other, why.to_string());
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| other(&"TLS is set up already"))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|why| other(&why))?;
    let ended = runtime.block_on(choose(arguments, out));
    // A thread that still waits for the disk or for input must not keep the process.
    runtime.shutdown_background();
    ended
}

async fn choose(arguments: Cli, out: &mut Out) -> Result<(), Failure> {
    let global = arguments.global;
    match arguments.verb {
        None => {
            let setup = cli::setup(&global, Mode::Interactive, out)?;
            screen(setup, &global).await
        }
        Some(Verb::Demo(args)) if args.serve => {
            logs::to_standard_error("warn", global.verbose, global.json);
            demo::serve(&args, out).await
        }
        Some(Verb::Demo(args)) => {
            let demo = demo::Demo::start(&args).await?;
            let ended = screen(demo.setup(Mode::Interactive)?, &global).await;
            let stopped = demo.stop().await;
            ended.and(stopped)
        }
        Some(Verb::Serve) => {
            logs::to_standard_error("info", global.verbose, global.json);
            let setup = cli::setup(&global, Mode::Serve, out)?;
            Ok(serve::run(setup).await?)
        }
        Some(verb) => {
            logs::to_standard_error("warn", global.verbose, false);
            cli::run(&verb, &global, out).await
        }
    }
}

/// The screen, with its log in files.
async fn screen(setup: Setup, global: &Global) -> Result<(), Failure> {
    let _written_at_the_end = logs::to_files(&setup.data_dir, global.verbose)?;
    let colour = match global.color {
        ColorChoice::Auto => tui::Colour::Auto,
        ColorChoice::Always => tui::Colour::Always,
        ColorChoice::Never => tui::Colour::Never,
    };
    let options = tui::Options::new(&setup.config, setup.chosen()?, colour);
    let mut engine = Handle::start(setup).await?;
    let shown = tui::run(&mut engine, options).await;
    engine.finish().await;
    shown.map_err(|why| Failure::new(Exit::Other, why.to_string()))
}
