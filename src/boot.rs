//! `dormouse boot`: a recorded boot, replayed on memory that somebody has to zero.
//!
//! Bad input is reported before anything runs. Every mode replays the same program (`dormouse_testbench::boot`); they
//! differ in who zeroes memory, and when.

pub mod report;
pub mod run;
mod scale;
pub mod setup;
mod victim;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use dormouse_testbench::recording::{Recording, replay::Zeroing};
use serde::Serialize;

use run::{Boot, Outcome};
use setup::{Mode, Setup, Size};

use crate::console::{self, share, table};
use crate::output::Output;
use crate::places;
use crate::streams::say;
use crate::target::{self, Target};
use crate::verdict::Wrong;

/// Options of `dormouse boot`. Flags win over the file.
#[derive(Parser)]
pub struct Args {
    /// Settings; every key has a default (`--print-config` shows them).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints the settings as TOML and does nothing else.
    #[arg(long, conflicts_with = "json")]
    print_config: bool,
    /// The recording's events (`NAME.events.csv.zst`); its activity is looked for beside it.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The recording's activity, if it is somewhere else.
    #[arg(long, value_name = "FILE")]
    activity: Option<PathBuf>,
    /// Who zeroes memory.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// What the node runs on. RTL and lockstep replay a window (`--from`, `--events`).
    #[arg(long, value_parser = target::parser(), default_value = "model")]
    backend: Target,
    /// Memory of the machine, such as `2 GiB`.
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,
    /// Gives that memory ECC: a read of a line that was never written in full is an error.
    #[arg(long)]
    ecc: bool,
    /// Cycles per instruction while the processor does not wait for memory.
    #[arg(long, value_name = "N")]
    cpi: Option<f64>,
    /// How the guest zeroes a page.
    #[arg(long, value_name = "HOW", value_parser = ["stores", "doorbell"])]
    zeroing: Option<String>,
    /// First event to replay.
    #[arg(long, value_name = "N")]
    from: Option<usize>,
    /// Events to replay; all of them on the model, 2000 on RTL.
    #[arg(long, value_name = "N")]
    events: Option<usize>,
    /// Runs every mode and prints ratios.
    #[arg(long)]
    compare: bool,
    /// Measures what the engine's traffic does to the guest, with these intervals of the bandwidth cap, in cycles a burst.
    #[arg(long, value_name = "CYCLES", value_delimiter = ',', num_args = 0..)]
    caps: Option<Vec<u16>>,
    /// Scales the boot from 2 GiB to 16 TiB.
    #[arg(long)]
    scale: bool,
    /// A recording of the same boot with more memory, from which `--scale` derives what grows.
    #[arg(long, value_name = "FILE", requires = "scale")]
    larger: Option<PathBuf>,
    /// Memory of that recording.
    #[arg(long, value_name = "SIZE", default_value = "8 GiB")]
    larger_memory: Size,
    /// Writes one self-contained page.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Prints one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Events of a window on RTL, unless it says otherwise.
const RTL_EVENTS: usize = 2000;

/// The result of more than one run.
#[derive(Serialize)]
struct Summary {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    modes: Vec<Outcome>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ratios: Vec<Ratio>,
    #[serde(skip_serializing_if = "Option::is_none")]
    victim: Option<victim::Victim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<scale::Scale>,
}

/// A mode against `dormant`.
#[derive(Serialize)]
struct Ratio {
    mode: Mode,
    /// Its time to the first instruction over ours.
    first_instruction: f64,
    /// Its time to init over ours.
    init: Option<f64>,
    /// Its time to the end over ours.
    end: f64,
    /// Bytes that it wrote over ours.
    bytes_written: f64,
}

impl Args {
    /// The settings: file first, then flags.
    fn setup(&self) -> Result<Setup> {
        let mut setup = match &self.config {
            Some(path) => Setup::read(path).context("--config")?,
            None => Setup::default(),
        };
        if let Some(trace) = &self.trace {
            setup.trace.clone_from(trace);
            setup.activity = None;
        }
        if self.activity.is_some() {
            setup.activity.clone_from(&self.activity);
        }
        if let Some(zeroing) = &self.zeroing {
            setup.zeroing = match zeroing.as_str() {
                "doorbell" => Zeroing::Doorbell,
                _ => Zeroing::Stores,
            };
        }
        setup.mode = self.mode.unwrap_or(setup.mode);
        setup.memory = self.memory.unwrap_or(setup.memory);
        setup.ecc |= self.ecc;
        setup.processor.cpi = self.cpi.unwrap_or(setup.processor.cpi);
        setup.from = self.from.unwrap_or(setup.from);
        setup.events = self.events.or(setup.events);
        if let Some(caps) = self.caps.as_ref().filter(|caps| !caps.is_empty()) {
            setup.victim.caps.clone_from(caps);
        }
        if self.backend != Target::Model && setup.events.is_none() {
            setup.events = Some(RTL_EVENTS);
            setup.victim.events = setup.victim.events.min(RTL_EVENTS);
        }
        setup.check()?;
        Ok(setup)
    }
}

/// Everything that is read before anything runs.
struct Input {
    setup: Setup,
    recording: Recording,
    /// A recording of the same boot with more memory, and the settings for it.
    larger: Option<(Setup, Recording)>,
    report: Option<Output>,
}

/// Where the activity of a recording is.
fn activity(setup: &Setup) -> Result<PathBuf> {
    setup
        .activity
        .clone()
        .or_else(|| Recording::activity_path(&setup.trace))
        .with_context(|| {
            format!(
                "{} is not called NAME.events.csv.zst, so its activity cannot be found: name it with --activity",
                setup.trace.display()
            )
        })
}

/// Reads the recording that the settings name.
fn read(setup: &Setup) -> Result<Recording> {
    Recording::read(&setup.trace, Some(&activity(setup)?), setup.pages() as u32).context("trace")
}

impl Input {
    /// What can be wrong with what the user gives is found here, before anything runs.
    fn read(args: &Args, mut setup: Setup) -> Result<Self> {
        args.backend.check()?;
        for (option, path) in [("--trace", &args.trace), ("--activity", &args.activity)] {
            if let Some(path) = path {
                places::check_input(path).context(option)?;
            }
        }
        #[cfg(feature = "rtl")]
        if args.backend != Target::Model {
            ensure!(
                setup.config()? == Target::config(crate::target::BOOT_SET)?,
                "RTL exists with the parameters of set `{}` alone: 2 GiB, and no others in `node` or `firmware.high` than the default",
                crate::target::BOOT_SET
            );
        }
        if setup.trace == Path::new(places::RECORDED_BOOT) {
            setup.trace = places::recorded_boot()?;
        }
        let larger = args
            .larger
            .as_ref()
            .map(|path| larger(path, args.larger_memory, &setup))
            .transpose()?;
        let mut inputs = vec![setup.trace.clone(), activity(&setup)?];
        inputs.extend(args.config.clone());
        if let Some((setup, _)) = &larger {
            inputs.extend([setup.trace.clone(), activity(setup)?]);
        }
        let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
        let report = args
            .report
            .as_ref()
            .map(|path| Output::new(path, &inputs).context("--report"))
            .transpose()?;
        let recording = read(&setup)?;
        let input = Self {
            setup,
            recording,
            larger,
            report,
        };
        if args.scale {
            for (setup, recording) in [(&input.setup, &input.recording)].into_iter().chain(
                input
                    .larger
                    .iter()
                    .map(|(setup, recording)| (setup, recording)),
            ) {
                let init = init(recording);
                let before = setup
                    .from
                    .saturating_add(setup.events.unwrap_or(usize::MAX));
                ensure!(
                    init.is_some_and(|index| (setup.from..before).contains(&index)),
                    "{}: init (kind M, aux {}) is never reached, and --scale needs it",
                    setup.trace.display(),
                    run::INIT
                );
            }
        }
        Ok(input)
    }

    /// Checks what hangs on settings and recording together, and the firmware's own limits: its start is rehearsed on the
    /// model.
    fn rehearse(&self, args: &Args) -> Result<()> {
        Boot::new(&self.setup, args.backend, &self.recording)?.rehearse()?;
        if args.caps.is_some() {
            let caps = &self.setup.victim.caps;
            ensure!(
                !caps.is_empty(),
                "victim.caps is empty: there would be nothing to run"
            );
            for setup in victim::setups(&self.setup) {
                Boot::new(&setup, args.backend, &self.recording)
                    .and_then(|boot| boot.rehearse())
                    .context("victim")?;
            }
        }
        Ok(())
    }
}

/// The number of the event that begins init.
fn init(recording: &Recording) -> Option<usize> {
    recording
        .events
        .iter()
        .position(|event| event.is_phase() && event.aux as usize == run::INIT)
}

/// The recording with more memory.
fn larger(path: &Path, memory: Size, setup: &Setup) -> Result<(Setup, Recording)> {
    ensure!(
        memory > setup.memory,
        "--larger-memory is {memory}, and the other recording has {}",
        setup.memory
    );
    let larger = Setup {
        trace: path.into(),
        activity: None,
        memory,
        from: 0,
        events: None,
        ..setup.clone()
    };
    larger.check().context("--larger")?;
    let recording = read(&larger).context("--larger")?;
    Ok((larger, recording))
}

/// Runs what is asked for.
///
/// # Errors
/// Bad input, by name and line, before anything runs; and every way in which a run can fail.
pub fn run(args: &Args) -> Result<ExitCode> {
    let setup = args.setup()?;
    if args.print_config {
        console::text(&setup.to_toml()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut input = Input::read(args, setup)?;
    if args.scale && !args.compare && input.setup.events.is_none() {
        // Nothing behind init is needed.
        input.setup.events = init(&input.recording).map(|index| index + 1 - input.setup.from);
    }
    input.rehearse(args)?;
    let result = replay(args, &input).context(Wrong)?;

    // First what cannot be had again, then what a full disk may refuse.
    if args.json {
        let one = !args.compare && !args.scale && result.victim.is_none();
        match result.modes.first().filter(|_| one) {
            Some(outcome) => console::json(outcome)?,
            None => console::json(&result)?,
        }
    }
    if let Some(file) = &input.report {
        let page = report::page(&report::Report {
            setup: &input.setup,
            recording: &input.recording.file,
            outcomes: &result.modes,
            victim: result.victim.as_ref(),
            scale: result.scale.as_ref(),
        })?;
        file.write(page.as_bytes())?;
        say!("report: {}", file.path().display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Replays everything and shows each result as it comes.
fn replay(args: &Args, input: &Input) -> Result<Summary> {
    let setup = &input.setup;
    let boot = Boot::new(setup, args.backend, &input.recording)?;
    let wanted = if args.compare || args.scale {
        Mode::ALL.to_vec()
    } else {
        vec![setup.mode]
    };
    let modes = run_modes(&boot, &wanted)?;
    report_modes(setup, &modes);

    let victim = args
        .caps
        .is_some()
        .then(|| {
            let bar = share("victim", 0)?;
            let result = victim::run(setup, args.backend, &input.recording, &mut |at| {
                bar.set_position(at);
            });
            bar.finish_and_clear();
            result
        })
        .transpose()?;
    if let Some(victim) = &victim {
        report_victim(setup, victim);
    }
    let scale = args
        .scale
        .then(|| scaled(args, input, &boot, &modes))
        .transpose()?;
    if let Some(scale) = &scale {
        report_scale(setup, scale);
    }
    let ratios = ratios(&modes);
    Ok(Summary {
        modes,
        ratios,
        victim,
        scale,
    })
}

/// A run that tells how far it is.
type Run<'a> = dyn FnMut(&mut dyn FnMut(u64)) -> Result<Outcome> + 'a;

/// Runs the modes; whatever they are, the ideal comes first, since all are compared with it.
fn run_modes(boot: &Boot<'_>, modes: &[Mode]) -> Result<Vec<Outcome>> {
    let watched = |mode: Mode, steps: u64, run: &mut Run<'_>| {
        let bar = share(mode.name(), steps)?;
        let result = run(&mut |at| bar.set_position(at));
        bar.finish_and_clear();
        result.with_context(|| format!("mode {mode}"))
    };
    let cycles = boot.least();
    let ideal = watched(Mode::Ideal, cycles, &mut |progress| {
        boot.plain(Mode::Ideal, progress)
    })?;
    let mut outcomes = Vec::new();
    for mode in modes {
        let mut outcome = match mode {
            Mode::Ideal => ideal.clone(),
            Mode::EagerSoftware => boot.eager_software(&ideal),
            Mode::EagerEngine => watched(*mode, boot.eager_frames().into(), &mut |progress| {
                boot.eager_engine(&ideal, progress)
            })?,
            Mode::LazySoftware => {
                watched(*mode, cycles, &mut |progress| boot.plain(*mode, progress))?
            }
            Mode::Dormant => watched(*mode, cycles, &mut |progress| boot.dormant(progress))?,
        };
        outcome.ideal_init_cycles = ideal.init_cycles;
        outcome.ideal_end_cycles = ideal.end_cycles;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn scaled(
    args: &Args,
    input: &Input,
    boot: &Boot<'_>,
    outcomes: &[Outcome],
) -> Result<scale::Scale> {
    let phase = run::INIT as u8;
    let profile = |boot: &Boot<'_>| {
        boot.program
            .profile(phase)
            .with_context(|| format!("{}: init is never reached", boot.setup.trace.display()))
    };
    let base = profile(boot)?;
    let profiles = input
        .larger
        .as_ref()
        .map(|(larger, recording)| {
            let large = profile(&Boot::new(larger, args.backend, recording)?)?;
            Ok::<_, anyhow::Error>([(input.setup.memory, base), (larger.memory, large)])
        })
        .transpose()?;
    scale::derive(&input.setup, &base, outcomes, profiles)
}

fn ratios(outcomes: &[Outcome]) -> Vec<Ratio> {
    let Some(ours) = outcomes
        .iter()
        .find(|outcome| outcome.mode == Mode::Dormant)
    else {
        return Vec::new();
    };
    let over = |theirs: u64, ours: u64| theirs as f64 / ours.max(1) as f64;
    outcomes
        .iter()
        .filter(|outcome| outcome.mode != Mode::Dormant)
        .map(|outcome| Ratio {
            mode: outcome.mode,
            first_instruction: over(
                outcome.first_instruction_cycles,
                ours.first_instruction_cycles,
            ),
            init: outcome
                .init_cycles
                .zip(ours.init_cycles)
                .map(|(theirs, ours)| over(theirs, ours)),
            end: over(outcome.end_cycles, ours.end_cycles),
            bytes_written: over(outcome.bytes_written, ours.bytes_written),
        })
        .collect()
}

// ---------------------------------------------------------------------------------------- tables

fn report_modes(setup: &Setup, outcomes: &[Outcome]) {
    let mhz = setup.clock_mhz();
    let time = |cycles: u64| report::time(cycles as f64, mhz);
    let optional = |cycles: Option<u64>| cycles.map_or_else(|| "-".to_owned(), time);
    let lines = outcomes.iter().map(|outcome| {
        vec![
            outcome.mode.to_string(),
            optional(report::sweep(outcome)),
            time(outcome.first_instruction_cycles),
            optional(outcome.init_cycles),
            outcome
                .slow_down()
                .map_or_else(|| "-".to_owned(), |slow| format!("{:+.2} %", 100.0 * slow)),
            time(outcome.end_cycles),
            outcome.frames_peak.to_string(),
            outcome.frames_end.to_string(),
            format!("{:.1}", outcome.bytes_written as f64 / 1e6),
            format!("{:.1}", outcome.zero_bytes_written as f64 / 1e6),
        ]
    });
    let header = [
        "mode",
        "sweep",
        "first instruction",
        "init",
        "against ideal",
        "end",
        "frames, peak",
        "at end",
        "MB written",
        "zero",
    ];
    say!(
        "\nBoot of {} with {}, {} memory at {mhz} MHz, CPI {}\n{}\n\
         sweep: over the node's tags after reset, one cycle a page; where there is one, all other times count from its end",
        setup.trace.display(),
        setup.memory,
        setup.dram_name(),
        setup.processor.cpi,
        table(1, &header, lines.collect())
    );
    for outcome in outcomes {
        say!("{}: {}", outcome.mode, outcome.origin);
    }
    let (dormant, others): (Vec<&Outcome>, Vec<_>) = outcomes
        .iter()
        .partition(|outcome| outcome.mode == Mode::Dormant);
    let Some(ours) = dormant.first() else {
        return;
    };
    report_dormant(ours);
    let from_reset = |outcome: &Outcome| {
        let sweep = report::sweep(outcome).unwrap_or_default();
        (sweep + outcome.first_instruction_cycles) as f64
    };
    for (theirs, ratio) in others.into_iter().zip(ratios(outcomes)) {
        let first = if theirs.first_instruction_cycles == 0 {
            "at once".to_owned()
        } else {
            format!(
                "{:.1}x ({:.1}x with the sweep)",
                ratio.first_instruction,
                from_reset(theirs) / from_reset(ours)
            )
        };
        say!(
            "{} over dormant: first instruction {first}, init {}, bytes written {:.2}x",
            ratio.mode,
            ratio
                .init
                .map_or_else(|| "-".to_owned(), |init| format!("{init:.3}x")),
            ratio.bytes_written
        );
    }
}

fn report_dormant(outcome: &Outcome) {
    let (c, s, t) = (&outcome.conversions, &outcome.stalls, &outcome.thrash);
    let known = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    say!(
        "\ndormant in detail: {} pages converted from the pool, {} on demand; stalls for firmware: {} without a frame, {} with conversion off\n\
         {} bursts read as zero, {} bursts of zero elided; {} pages went dormant again after stores, {} by the doorbell\n\
         {} bursts, those to dormant pages among them, missed the cache of translations; {} bursts went to a frame\n\
         converted again within 1k / 10k / 100k instructions: {} / {} / {}",
        c.pool,
        c.on_demand,
        s.no_frame,
        s.conversion_off,
        c.zero_reads,
        outcome.writes_elided,
        c.redormanted_stores,
        c.redormanted_doorbell,
        c.translation_misses,
        c.resident_accesses,
        known(t.within_1k),
        known(t.within_10k),
        known(t.within_100k),
    );
    if let Some(engine) = &outcome.engine {
        say!(
            "engine: {} frames zeroed, busy {:.2} % of the time; sweep after reset: {} cycles before all this",
            engine.frames,
            100.0 * engine.utilisation,
            outcome.sweep_cycles
        );
    }
    say!(
        "{} pages compared with what was written: no difference",
        outcome.pages_compared
    );
}

fn report_victim(setup: &Setup, victim: &victim::Victim) {
    let mhz = setup.clock_mhz();
    let lines = victim.rows.iter().map(|row| {
        vec![
            row.name(),
            report::time(row.cycles as f64, mhz),
            format!("{:+.2} %", 100.0 * row.slow_down),
            format!("{:.1}", row.read_cycles),
            format!("{:.2}", row.engine_bytes_per_cycle),
        ]
    });
    let header = [
        "engine zeroes",
        "window",
        "against ideal",
        "cycles a read",
        "engine B/cycle",
    ];
    say!(
        "\nWhat the engine costs the guest: events {} to {} ({}); on memory that was zero for free a read takes {:.1} cycles\n{}",
        victim.from,
        victim.from + victim.events,
        victim.origin,
        victim.ideal_read_cycles,
        table(1, &header, lines.collect())
    );
}

fn report_scale(setup: &Setup, scale: &scale::Scale) {
    let mhz = setup.clock_mhz();
    let lines = scale.rows.iter().map(|row| {
        let mut line = vec![row.memory.to_string()];
        for mode in &row.modes {
            if mode.mode == Mode::Dormant {
                line.push(report::time(row.sweep_cycles as f64, mhz));
            }
            if mode.mode != Mode::Ideal && mode.mode != Mode::LazySoftware {
                line.push(report::time(mode.first_instruction_cycles, mhz));
            }
            line.push(report::time(mode.init_cycles, mhz));
        }
        line
    });
    let header = [
        "memory",
        "ideal: init",
        "eager-software: first",
        "init",
        "eager-engine: first",
        "init",
        "lazy-software: init",
        "dormant: sweep",
        "first",
        "init",
    ];
    say!(
        "\nThe same boot with more memory (derived), time to first instruction and to init at {mhz} MHz\n{}\n{}",
        table(1, &header, lines.collect()),
        scale.rules.join("\n")
    );
}
