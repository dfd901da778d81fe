//! `dormouse`: benchmarks and checks of dormant memory, on the model, on RTL, or on both in lockstep.
//!
//! JSON alone goes to standard output; tables, progress and messages go to standard error. The exit code is 1 where what
//! ran is not as it must be, and 2 where nothing could run or a result could not be written.
#![deny(unsafe_code, clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod boot;
mod console;
mod engine;
mod host;
mod image;
mod latency;
mod linux;
mod lockstep;
mod memories;
mod output;
mod places;
mod plot;
mod software;
mod speed;
mod streams;
mod target;
mod trace;
mod verdict;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use streams::say;

/// Dormant memory: a machine that boots without zeroing its memory first.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Zeroing: the engine, software on a core beside it, this machine's own CPU, and a real boot.
    Bench(bench::Args),
    /// A recorded boot on memory that somebody has to zero: replayed, compared, scaled.
    Boot(boot::Args),
    /// What a guest waits for at the node's ports: dormant, resident and redormanted pages.
    Latency(latency::Args),
    /// A real kernel that boots on memory that somebody has to zero, instruction by instruction.
    Linux(linux::Args),
    /// Random runs of model and RTL side by side; ends at the first difference.
    Lockstep(lockstep::Args),
    /// Cycles per second of model and RTL.
    Speed(speed::Args),
}

/// Each argument that is not UTF-8, escaped, with the option before it.
fn not_utf8(args: impl Iterator<Item = std::ffi::OsString>) -> Vec<String> {
    let mut option = String::new();
    let mut found = Vec::new();
    for arg in args {
        let text = arg.as_encoded_bytes().escape_ascii().to_string();
        if arg.to_str().is_none() {
            found.push(format!("{option}{text}"));
        }
        option = if text.starts_with("--") {
            format!("{text} ")
        } else {
            String::new()
        };
    }
    found
}

/// Help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render();
    if error.use_stderr() {
        say!("{}", text.to_string().trim_end());
        if error.kind() == clap::error::ErrorKind::InvalidUtf8 {
            // The parser does not say which.
            for line in not_utf8(std::env::args_os().skip(1)) {
                say!("  {line}");
            }
        }
        return ExitCode::from(2);
    }
    match console::text(&text.to_string()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => verdict::failed(&error, false),
    }
}

fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return usage(&error),
    };
    let (result, json) = match command {
        Command::Bench(args) => (bench::run(&args), args.json),
        Command::Boot(args) => (boot::run(&args), args.json),
        Command::Latency(args) => (latency::run(&args), args.json),
        Command::Linux(args) => (linux::run(&args), args.json),
        Command::Lockstep(args) => (lockstep::run(&args), args.json),
        Command::Speed(args) => (speed::run(&args), args.json),
    };
    result.unwrap_or_else(|error| verdict::failed(&error, json))
}
