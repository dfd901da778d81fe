//! Set-up and checks of the Dormouse workspace: `cargo xtask COMMAND`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod core_file;
mod example;
mod formal;
mod lint;
mod linux;
mod mutants;
#[path = "../../src/output.rs"]
#[allow(dead_code, reason = "`dormouse` needs more of it")]
mod output;
mod proc;
mod regs;
mod rtl;
#[path = "../../src/streams.rs"]
mod streams;
mod synth;
mod tools;
mod work;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use streams::say;
use tools::Group;

/// Set-up and checks of the Dormouse workspace.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Cmd,
}

#[derive(Subcommand)]
enum Cmd {
    /// Put the pinned tools of tools.toml into .tools/; nothing outside the clone but Rust's own target is touched.
    Setup {
        /// Only report what is there and what is not.
        #[arg(long)]
        check: bool,
        /// How much: `base` is enough for the demo.
        #[arg(long, value_enum, default_value_t = Group::Full)]
        group: Group,
        /// The kernel of `dormouse linux` in place of the tools: Debian's source, our configuration, into .tools/linux/.
        #[arg(long, conflicts_with_all = ["check", "group"])]
        linux: bool,
        /// A kernel source of the same series, where the machine is no Debian.
        #[arg(long, value_name = "DIR", requires = "linux")]
        source: Option<PathBuf>,
        /// Install missing Debian packages; as root.
        #[arg(long, requires = "linux")]
        install: bool,
        /// Build a second kernel, .tools/linux/Image-doorbell, that clears pages by the board's doorbell.
        #[arg(long, requires = "linux")]
        doorbell: bool,
    },
    /// Set up, then zeroing and a recorded boot: on RTL in lockstep with the model, and all of the boot in every mode;
    /// three minutes once it is built. Leaves a page with plots in target/dormouse-boot.html.
    Demo,
    /// Set up, then every test: lint, proofs, and the Rust tests on model and RTL.
    Test {
        /// Also the proofs and tests that take long.
        #[arg(long)]
        long: bool,
    },
    /// What a change must pass: formatting, clippy, generated files, and `test`.
    Ci,
    /// Generate register block, driver types and reference page from rtl/registers.rdl.
    Regs {
        /// Only fail when a checked-in file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Size and speed of one block on an ECP5-85k.
    Synth {
        /// Module in rtl/.
        #[arg(long)]
        block: String,
        /// One JSON object on standard output.
        #[arg(long)]
        json: bool,
        /// Place and route with seeds 1 to this.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
        seeds: u32,
        /// Guest ports of `dm_node`, 1 to 4: the same as `-G Ports=N`.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
        ports: Option<u8>,
        /// Parameter of the block, in place of its default: NAME=VALUE.
        #[arg(long = "param", short = 'G')]
        params: Vec<String>,
    },
    /// Run the proofs of rtl/formal.
    Formal {
        /// Only those of this block.
        #[arg(long)]
        block: Option<String>,
        /// Also the tasks that take long.
        #[arg(long)]
        long: bool,
    },
    /// Break the RTL systematically, one bit at a time, and see which check notices: a table by block, and the score.
    Mutants {
        /// Only this block.
        #[arg(long)]
        block: Option<String>,
        /// Another seed chooses other mutants.
        #[arg(long, default_value_t = 1)]
        seed: u32,
        /// Mutants of each block; 6 if nothing is said, 30 with `--long`.
        #[arg(long)]
        count: Option<usize>,
        /// At least 300 mutants in all.
        #[arg(long)]
        long: bool,
        /// One JSON object on standard output.
        #[arg(long)]
        json: bool,
    },
    /// Build `dormouse`, RTL included, and run it with these arguments.
    Run {
        /// What `dormouse` gets.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Lint the RTL with Verilator, with Yosys and slang, and with plain Yosys.
    Lint,
}

/// The clone that we work on, wherever it was moved since we were compiled.
fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().map(Path::to_path_buf).unwrap_or(xtask)
}

/// Help, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() {
        say!("{}", text.trim_end());
        return ExitCode::from(2);
    }
    match streams::print(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say!("error: the help cannot be written to standard output: {error}");
            ExitCode::from(2)
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let root = root();
    let done = |()| ExitCode::SUCCESS;
    let result = match cli.command {
        Cmd::Setup {
            linux: true,
            source,
            install,
            doorbell,
            ..
        } => {
            let options = linux::Options {
                source,
                install,
                doorbell,
            };
            linux::setup(&root, &options).map(|()| {
                say!("setup: done (linux)");
                ExitCode::SUCCESS
            })
        }
        Cmd::Setup {
            check: true, group, ..
        } => tools::check(&root, group).map(done),
        Cmd::Setup {
            check: false,
            group,
            ..
        } => tools::setup(&root, group).map(|()| {
            say!("setup: done ({group})");
            ExitCode::SUCCESS
        }),
        Cmd::Demo => work::demo(&root),
        Cmd::Test { long } => work::test(&root, long).map(done),
        Cmd::Ci => work::ci(&root).map(done),
        Cmd::Regs { check } => regs::regs(&root, check).map(done),
        Cmd::Synth {
            block,
            json,
            seeds,
            ports,
            mut params,
        } => {
            params.extend(ports.map(|ports| format!("Ports={ports}")));
            synth::synth(&root, &block, seeds, &params, json).map(done)
        }
        Cmd::Formal { block, long } => formal::formal(&root, block.as_deref(), long).map(done),
        Cmd::Mutants {
            block,
            seed,
            count,
            long,
            json,
        } => mutants::mutants(
            &root,
            &mutants::Options {
                block,
                seed,
                count,
                long,
                json,
            },
        )
        .map(done),
        // As of `dormouse` itself, 1 is a difference and 2 says that nothing ran.
        Cmd::Run { args } => work::run(&root, &args).or_else(|error| {
            say!("error: {error:#}");
            Ok(ExitCode::from(2))
        }),
        Cmd::Lint => lint::lint(&root).map(done),
    };
    result.unwrap_or_else(|error| {
        say!("error: {error:#}");
        ExitCode::FAILURE
    })
}
