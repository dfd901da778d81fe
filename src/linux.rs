//! `dormouse linux`: a real kernel boots, live, on memory that somebody has to zero.
//!
//! The kernel is what `cargo xtask setup --linux` builds, or any other 32-bit one for machine mode. Bad input is reported
//! before anything runs.

mod run;
mod setup;
#[cfg(feature = "rtl")]
mod soc;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use dormouse_testbench::linux::{
    console::Verdict,
    recorder::{self, Recorder},
};
use serde::Serialize;

use run::{Outcome, Screen};
use setup::{MODES, Setup};

use crate::boot::report;
use crate::boot::setup::{Mode, PAGE_SHIFT, Size};
use crate::console::{self, table};
#[cfg(feature = "rtl")]
use crate::image::Image;
use crate::output::Output;
use crate::streams::say;
use crate::target::{self, Target};

/// Options of `dormouse linux`. Flags win over the file.
#[derive(Parser)]
pub struct Args {
    /// Settings; every key has a default (`--print-config` shows them).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints the settings as TOML and does nothing else.
    #[arg(long)]
    print_config: bool,
    /// The kernel: an `Image` for 32-bit RISC-V, machine mode. What `cargo xtask setup --linux` built, if it is not given.
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// A device tree in place of the board's own.
    #[arg(long, value_name = "FILE")]
    dtb: Option<PathBuf>,
    /// Who zeroes memory.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// What the machine runs on; in RTL the guest and the hyperkernel are cores, too.
    #[arg(long, value_parser = target::parser(), default_value = "model")]
    backend: Target,
    /// Firmware image for the hyperkernel's core (ELF); without it `DORMOUSE_IMAGE`, which `cargo xtask run` sets.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Memory that the guest sees, such as `256 MiB`.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    guest: Option<Size>,
    /// Memory that there is, in mode `dormant`.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    real: Option<Size>,
    /// MiB that the guest's program uses.
    #[arg(long, value_name = "N")]
    uses: Option<u32>,
    /// More for the kernel's command line, such as `init_on_alloc=0`.
    #[arg(long, value_name = "TEXT")]
    append: Option<String>,
    /// Cycles after which a guest without a verdict is given up.
    #[arg(long, value_name = "CYCLES")]
    limit: Option<u64>,
    /// Resets the hyperkernel's hart at these cycles, while the guest runs.
    #[arg(long, value_name = "CYCLES", value_delimiter = ',')]
    reset_hyperkernel: Vec<u64>,
    /// Runs every mode and prints ratios.
    #[arg(long, conflicts_with = "reset_hyperkernel")]
    compare: bool,
    /// Records what the guest does to its memory, as NAME.events.csv.zst and NAME.activity.csv.zst.
    #[arg(long, value_name = "NAME", conflicts_with = "compare")]
    record: Option<PathBuf>,
    /// Writes one self-contained page.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Prints one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Does not show the guest's console.
    #[arg(long)]
    quiet: bool,
}

/// A size as the command line has it: any number of bytes with a unit, whole pages.
fn size(text: &str) -> Result<Size, String> {
    text.parse::<Size>().map_err(|error| {
        format!(
            "{error}; memory is whole pages of {} bytes",
            1 << PAGE_SHIFT
        )
    })
}

impl Args {
    fn setup(&self) -> Result<Setup> {
        let mut setup = match &self.config {
            Some(path) => Setup::read(path).context("--config")?,
            None => Setup::default(),
        };
        if let Some(kernel) = &self.kernel {
            setup.kernel.clone_from(kernel);
        }
        if self.dtb.is_some() {
            setup.dtb.clone_from(&self.dtb);
        }
        if let Some(append) = &self.append {
            setup.append.clone_from(append);
        }
        setup.mode = self.mode.unwrap_or(setup.mode);
        setup.guest = self.guest.unwrap_or(setup.guest);
        setup.real = self.real.or(self.guest).unwrap_or(setup.real);
        setup.uses = self.uses.unwrap_or(setup.uses);
        setup.limit = self.limit.unwrap_or(setup.limit);
        if !self.reset_hyperkernel.is_empty() {
            setup.reset_hyperkernel.clone_from(&self.reset_hyperkernel);
        }
        setup.check()?;
        Ok(setup)
    }
}

/// More than one run.
#[derive(Serialize)]
struct Summary<'a> {
    modes: &'a [Outcome],
    ratios: Vec<Ratio>,
}

/// A mode against `ideal`.
#[derive(Serialize)]
struct Ratio {
    mode: Mode,
    first_instruction_cycles: u64,
    /// Its time to init over that of `ideal`.
    init: f64,
    /// Its time to the end over that of `ideal`.
    end: f64,
    /// Bytes that it wrote over those of `ideal`.
    bytes_written: f64,
}

/// Runs what is asked for.
///
/// # Errors
/// Bad input, by name, before anything runs; and every way in which a run can fail.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut setup = args.setup()?;
    if args.print_config {
        console::text(&toml::to_string_pretty(&setup)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    args.backend.check()?;
    let modes = if args.compare {
        MODES.to_vec()
    } else {
        vec![setup.mode]
    };
    #[cfg(feature = "rtl")]
    let firmware = firmware(args, &mut setup, &modes)?;
    let image = setup.image()?;
    let report = args
        .report
        .as_deref()
        .map(|path| Output::new(path, &[&setup.kernel]))
        .transpose()?;
    if let Some(name) = &args.record {
        let recorder = Recorder::create(name, setup.guest.0)
            .with_context(|| format!("--record: {} cannot be written", name.display()))?;
        setup.recorder = Some(recorder);
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut ideal = None;
    for mode in modes {
        let board = setup.board(&image, mode)?;
        let screen = Screen::new(mode.name(), args.quiet);
        let outcome = match mode {
            #[cfg(feature = "rtl")]
            _ if let Some(firmware) = &firmware => {
                soc::boot(&setup, &board, firmware, mode, args.backend, &screen)
            }
            Mode::Dormant => run::dormant(&setup, &board, &screen),
            Mode::EagerEngine => {
                let ideal = match ideal.take() {
                    Some(ideal) => ideal,
                    None => run::alone(&setup, &board, Mode::Ideal, &screen)?,
                };
                run::eager_engine(&setup, &board, &ideal)
            }
            _ => run::alone(&setup, &board, mode, &screen),
        };
        drop(screen);
        let outcome = outcome.with_context(|| format!("mode {mode}"))?;
        if mode == Mode::Ideal {
            ideal = Some(outcome.clone());
        }
        outcomes.push(outcome);
    }
    show(&setup, &outcomes);
    if let (Some(recorder), Some(name)) = (setup.recorder.take(), &args.record) {
        recorder.finish().context("--record")?;
        for path in recorder::paths(name) {
            say!("recorded: {}", path.display());
        }
    }
    if args.json {
        match &outcomes[..] {
            [one] => console::json(one)?,
            modes => console::json(&Summary {
                modes,
                ratios: ratios(modes),
            })?,
        }
    }
    if let Some(file) = &report {
        let page = report::page_of("Linux on dormant memory", &page(&setup, &outcomes));
        file.write(page.as_bytes())?;
        say!("report: {}", file.path().display());
    }
    if outcomes
        .iter()
        .any(|outcome| outcome.verdict == Verdict::Fail)
    {
        bail!("the guest's program found a wrong word: see its console");
    }
    Ok(ExitCode::SUCCESS)
}

/// The hyperkernel's image, where the machine is a SoC in RTL, which fixes how much memory there is.
#[cfg(feature = "rtl")]
fn firmware(args: &Args, setup: &mut Setup, modes: &[Mode]) -> Result<Option<Image>> {
    if args.backend == Target::Model {
        return Ok(None);
    }
    anyhow::ensure!(
        args.real.is_none() && args.record.is_none(),
        "the SoC in RTL has as many frames as it has, and nobody records there: leave out --real and --record, or use \
         `--backend model`"
    );
    soc::check(setup, modes)?;
    setup.real = soc::real();
    let path = Image::path(args.image.as_ref());
    Image::load(path, "use `--backend model`").map(Some)
}

fn ratios(outcomes: &[Outcome]) -> Vec<Ratio> {
    let Some(ideal) = outcomes.iter().find(|outcome| outcome.mode == Mode::Ideal) else {
        return Vec::new();
    };
    let over = |a: u64, b: u64| a as f64 / b.max(1) as f64;
    let ratio = |outcome: &Outcome| Ratio {
        mode: outcome.mode,
        first_instruction_cycles: outcome.first_instruction_cycles,
        init: over(outcome.init_cycles, ideal.init_cycles),
        end: over(outcome.end_cycles, ideal.end_cycles),
        bytes_written: over(outcome.bytes_written, ideal.bytes_written),
    };
    outcomes.iter().map(ratio).collect()
}

const HEADER: [&str; 12] = [
    "mode",
    "first instruction",
    "kernel",
    "init",
    "verdict",
    "against ideal",
    "converted",
    "redormanted",
    "elided",
    "stalls",
    "frames, peak",
    "MB written",
];

/// One row a mode; the clock is the board's, 100 MHz.
fn rows(outcomes: &[Outcome]) -> Vec<Vec<String>> {
    let time = |cycles: u64| report::time(cycles as f64, 100.0);
    let ratios = ratios(outcomes);
    let against = |index: usize| {
        let ratio: Option<&Ratio> = ratios.get(index);
        ratio.map_or_else(
            || "-".to_owned(),
            |ratio| format!("{:+.2} %", 100.0 * (ratio.init - 1.0)),
        )
    };
    let row = |(index, outcome): (usize, &Outcome)| {
        vec![
            outcome.mode.to_string(),
            time(outcome.first_instruction_cycles),
            time(outcome.kernel_cycles),
            time(outcome.init_cycles),
            time(outcome.end_cycles),
            against(index),
            outcome.conversions.to_string(),
            outcome.redormanted.to_string(),
            outcome.elided.to_string(),
            outcome.stalls.to_string(),
            outcome.frames_peak.to_string(),
            format!("{:.1}", outcome.bytes_written as f64 / 1e6),
        ]
    };
    outcomes.iter().enumerate().map(row).collect()
}

fn caption(setup: &Setup) -> String {
    format!(
        "{} with {} on {} of frames, at 100 MHz; times count from power-on, or from the end of the sweep over the node's tags; \
         against ideal: time to init",
        setup.kernel.display(),
        setup.guest,
        setup.real
    )
}

fn show(setup: &Setup, outcomes: &[Outcome]) {
    say!(
        "\n{}\n{}",
        caption(setup),
        table(1, &HEADER, rows(outcomes))
    );
    for outcome in outcomes {
        say!("{}: {}", outcome.mode, outcome.origin);
    }
}

/// What the page says.
fn page(setup: &Setup, outcomes: &[Outcome]) -> String {
    let mut html = format!(
        "<p class=\"soft\">{}</p><div class=\"wide\"><table><tr>",
        report::escape(&caption(setup))
    );
    for head in HEADER {
        let _ = write!(html, "<th>{}</th>", report::escape(head));
    }
    html += "</tr>";
    for row in rows(outcomes) {
        html += "<tr>";
        for cell in row {
            let _ = write!(html, "<td>{}</td>", report::escape(&cell));
        }
        html += "</tr>";
    }
    html += "</table></div><h2>Where the numbers come from</h2>";
    for outcome in outcomes {
        let _ = write!(
            html,
            "<p>{}: {}. {} instructions, {} lines of instructions and {} of data read, {} beats written, {} cycles of waiting.</p>",
            outcome.mode,
            report::escape(&outcome.origin),
            outcome.instructions,
            outcome.fetched_lines,
            outcome.read_lines,
            outcome.writes,
            outcome.wait_cycles
        );
    }
    html
}
