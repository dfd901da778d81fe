//! `dormouse linux`: a real kernel boots, live, on memory that somebody has to zero.
//!
//! The kernel is what `cargo xtask setup --linux` builds, or any other 32-bit one for machine mode. Bad input is reported
//! before anything runs.

mod run;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use dormouse_model::Config;
use dormouse_testbench::{
    linux::{
        board::{self, Board, Image},
        console::Verdict,
        guest::LinuxGuest,
        recorder::{self, Recorder},
    },
    memory::MemorySpec,
};
use serde::{Deserialize, Serialize};

use run::{Outcome, Screen};

use crate::boot::report;
use crate::boot::setup::{Firmware, Mode, PAGE_SHIFT, Size};
use crate::console::{self, table};
use crate::output::Output;
use crate::streams::say;
use crate::target::Target;

/// Where set-up leaves the kernel, and the environment variable that names another place.
const KERNEL: &str = ".tools/linux/Image";
const KERNEL_VARIABLE: &str = "DORMOUSE_KERNEL";
/// Parameter set of the RTL: a machine of 2 GiB, of which a guest sees the first part.
const RTL_SET: &str = "trace";
/// What the kernel is always told.
const BOOTARGS: &str = "earlycon=uart8250,mmio,0xf0001000 console=ttyS0 printk.devkmsg=on panic=-1";
/// The modes of this command.
const MODES: [Mode; 4] = [
    Mode::Ideal,
    Mode::EagerSoftware,
    Mode::EagerEngine,
    Mode::Dormant,
];

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
    /// What the node runs on.
    #[arg(long, value_enum, default_value = "model")]
    backend: Target,
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
    /// Runs every mode and prints ratios.
    #[arg(long)]
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

/// Everything that can be set.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The kernel.
    pub kernel: PathBuf,
    /// The device tree; the board's own when it is left out.
    pub dtb: Option<PathBuf>,
    /// Who zeroes.
    pub mode: Mode,
    /// Memory that the guest sees.
    pub guest: Size,
    /// Memory that there is, in mode `dormant`; the others have as much as the guest sees.
    pub real: Size,
    /// MiB that the guest's program uses.
    pub uses: u32,
    /// More for the kernel's command line.
    pub append: String,
    /// Cycles after which a guest is given up.
    pub limit: u64,
    /// Cycles between the last zero store to a page and the page going dormant.
    pub redormant_delay: u32,
    /// The memory behind the node; `ddr3`'s preset when it is left out.
    pub dram: Option<MemorySpec>,
    /// The hyperkernel.
    pub firmware: Firmware,
    /// Parameters of the node that differ from its default; frames and pages follow from the memory.
    pub node: toml::Table,
    /// Who watches.
    #[serde(skip)]
    pub recorder: Option<Recorder>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            kernel: std::env::var_os(KERNEL_VARIABLE).map_or_else(|| KERNEL.into(), PathBuf::from),
            dtb: None,
            mode: Mode::Dormant,
            guest: Size(32 << 20),
            real: Size(32 << 20),
            uses: 2,
            append: String::new(),
            limit: 2_000_000_000,
            redormant_delay: 1024,
            dram: None,
            firmware: Firmware::default(),
            node: toml::Table::new(),
            recorder: None,
        }
    }
}

/// A file's contents, or what is wrong with it and what to do.
fn read(what: &str, path: &Path, hint: &str) -> Result<Vec<u8>> {
    std::fs::read(path)
        .with_context(|| format!("no {what}: {} cannot be read\n{hint}", path.display()))
}

impl Setup {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    fn check(&self) -> Result<()> {
        ensure!(
            MODES.contains(&self.mode),
            "mode is {}: nobody stands between this guest and its memory; the modes here are ideal, eager-software, eager-engine and dormant",
            self.mode
        );
        ensure!(
            (1..=256).contains(&self.uses),
            "uses is {}: the guest's program uses 1 to 256 MiB",
            self.uses
        );
        ensure!(self.limit > 0, "limit is 0: the guest would not even start");
        ensure!(
            self.guest.0 <= board::RAM_MOST,
            "guest is {}: the board's addresses end after 1792 MiB",
            self.guest
        );
        self.config()?;
        Ok(())
    }

    /// The node.
    ///
    /// # Errors
    /// An unknown parameter or an illegal value, by name.
    pub fn config(&self) -> Result<Config> {
        let mut table = toml::Table::new();
        for (name, value) in [
            ("real_frames", self.real.pages()),
            ("guest_pages", self.guest.pages()),
        ] {
            table.insert(name.to_owned(), i64::try_from(value).context(name)?.into());
        }
        table.extend(self.node.clone());
        let config: Config = table.try_into().context("node")?;
        config.check().context("node")?;
        ensure!(
            config.page_shift == PAGE_SHIFT && config.ports == 1,
            "node: this guest has one port and pages of 4 KiB"
        );
        Ok(config)
    }

    /// The memory behind the node.
    ///
    /// # Errors
    /// None in practice: the preset is tested.
    pub fn dram(&self) -> Result<MemorySpec> {
        Ok(match &self.dram {
            Some(spec) => spec.clone(),
            None => MemorySpec::ddr3_preset()?,
        })
    }

    fn image(&self) -> Result<Image> {
        let hint = "`cargo xtask setup --linux` builds one; `--kernel FILE` names another";
        let file = read("kernel", &self.kernel, hint)?;
        Image::new(&file).with_context(|| format!("{}", self.kernel.display()))
    }

    fn tree(&self) -> Result<Vec<u8>> {
        if let Some(path) = &self.dtb {
            return read("device tree", path, "without `--dtb` the board has its own");
        }
        let append = &self.append;
        let bootargs = format!("{BOOTARGS} {append} -- {}", self.uses);
        Ok(board::device_tree(self.guest.0, &bootargs)?)
    }

    fn board(&self, image: &Image, mode: Mode) -> Result<Board> {
        let board = Board::new(
            self.guest.0,
            image,
            &self.tree()?,
            mode == Mode::EagerSoftware,
        );
        board.with_context(|| format!("{}", self.kernel.display()))
    }

    /// The guest, watched by whoever wants to.
    pub fn observed(&self, guest: LinuxGuest) -> LinuxGuest {
        match &self.recorder {
            Some(recorder) => guest.observed_by(Box::new(recorder.clone())),
            None => guest,
        }
    }

    /// The function that an address is in, if the kernel's map lies beside it.
    pub fn symbol(&self, pc: u32) -> Option<String> {
        let map = std::fs::read_to_string(self.kernel.with_file_name("System.map")).ok()?;
        let symbols = map.lines().filter_map(|line| {
            let mut words = line.split(' ');
            let at = u32::from_str_radix(words.next()?, 16).ok()?;
            Some((at, words.nth(1)?))
        });
        let (_, name) = symbols
            .filter(|(at, _)| *at <= pc)
            .max_by_key(|(at, _)| *at)?;
        Some(format!(" in {name}"))
    }
}

impl Args {
    fn setup(&self) -> Result<Setup> {
        let mut setup = match &self.config {
            Some(path) => Setup::read(path)?,
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
        setup.check()?;
        Ok(setup)
    }
}

/// What the contract calls a target.
fn backend_name(target: Target) -> &'static str {
    match target {
        Target::Model => "model",
        Target::Rtl => "rtl",
        Target::Lockstep => "lockstep",
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
    if args.backend != Target::Model {
        let rtl = Target::config(RTL_SET)?;
        let most = Size(u64::from(rtl.guest_pages) << PAGE_SHIFT);
        ensure!(
            args.real.is_none() && setup.node.is_empty() && setup.guest <= most,
            "RTL exists with the parameters of set `{RTL_SET}` alone: leave out --real and [node], and give the guest at most {most}"
        );
        setup.real = Size(u64::from(rtl.real_frames) << PAGE_SHIFT);
    }
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
    let modes = if args.compare {
        MODES.to_vec()
    } else {
        vec![setup.mode]
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut ideal = None;
    for mode in modes {
        let board = setup.board(&image, mode)?;
        let screen = Screen::new(mode.name(), args.quiet);
        let outcome = match mode {
            Mode::Dormant => run::dormant(&setup, &board, args.backend, &screen),
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
