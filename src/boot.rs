//! `dormouse boot`: a recorded boot, replayed on memory that somebody has to zero.
//!
//! Bad input is reported before anything runs. Every mode replays the same program (`dormouse_testbench::boot`); they
//! differ in who zeroes memory, and when.

pub mod report;
pub mod run;
mod scale;
pub mod setup;
mod victim;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use dormouse_testbench::recording::{Recording, replay::Zeroing};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use run::{Boot, Outcome};
use setup::{Mode, Setup, Size};

use crate::Target;
use crate::bench::table;

/// Options of `dormouse boot`. Flags win over the file.
#[derive(Parser)]
pub struct Args {
    /// Settings; every key has a default (`--print-config` shows them).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints the settings as TOML and does nothing else.
    #[arg(long)]
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
    #[arg(long, value_enum, default_value = "model")]
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
    json: bool,
}

/// Parameter set of the RTL that replays windows.
#[cfg(feature = "rtl")]
const RTL_SET: &str = "trace";
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
            Some(path) => Setup::read(path)?,
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

/// Reads the recording that the settings name.
fn read(setup: &Setup) -> Result<Recording> {
    let activity = setup
        .activity
        .clone()
        .or_else(|| Recording::activity_path(&setup.trace))
        .with_context(|| {
            format!(
                "{} is not called NAME.events.csv.zst, so its activity cannot be found: name it with --activity",
                setup.trace.display()
            )
        })?;
    Recording::read(&setup.trace, Some(&activity), setup.pages() as u32).context("trace")
}

/// Runs what is asked for.
///
/// # Errors
/// Bad input, by name and line, before anything runs; and every way in which a run can fail.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut setup = args.setup()?;
    if args.print_config {
        print!("{}", toml::to_string_pretty(&setup)?);
        return Ok(ExitCode::SUCCESS);
    }
    #[cfg(not(feature = "rtl"))]
    if args.backend != Target::Model {
        return Err(crate::no_rtl());
    }
    #[cfg(feature = "rtl")]
    if args.backend != Target::Model {
        ensure!(
            setup.config()? == Target::config(RTL_SET)?,
            "RTL exists with the parameters of set `{RTL_SET}` alone: 2 GiB, and no others in `node` or `firmware.high` than the default"
        );
    }
    let recording = read(&setup)?;
    if args.scale && !args.compare && setup.events.is_none() {
        // Nothing behind init is needed.
        setup.events = recording
            .events
            .iter()
            .position(|event| event.is_phase() && event.aux as usize == run::INIT)
            .map(|index| index + 1);
    }
    let boot = Boot::new(&setup, args.backend, &recording)?;
    let modes = if args.compare || args.scale {
        Mode::ALL.to_vec()
    } else {
        vec![setup.mode]
    };
    let outcomes = run_modes(&boot, &modes)?;
    report_modes(&setup, &outcomes);

    let victim = args
        .caps
        .is_some()
        .then(|| {
            let bar = progress("victim", 0)?;
            let result = victim::run(&setup, args.backend, &recording, &mut |at| {
                bar.set_position(at);
            });
            bar.finish_and_clear();
            result
        })
        .transpose()?;
    if let Some(victim) = &victim {
        report_victim(&setup, victim);
    }
    let scale = args
        .scale
        .then(|| scaled(args, &setup, &boot, &outcomes))
        .transpose()?;
    if let Some(scale) = &scale {
        report_scale(&setup, scale);
    }

    if let Some(path) = &args.report {
        report::write(
            path,
            &report::Report {
                setup: &setup,
                recording: &recording.file,
                outcomes: &outcomes,
                victim: victim.as_ref(),
                scale: scale.as_ref(),
            },
        )?;
        eprintln!("report: {}", path.display());
    }
    if args.json {
        let one = !args.compare && !args.scale && victim.is_none();
        if let Some(outcome) = outcomes.first().filter(|_| one) {
            println!("{}", serde_json::to_string(outcome)?);
        } else {
            let ratios = ratios(&outcomes);
            let modes = outcomes;
            let summary = Summary {
                modes,
                ratios,
                victim,
                scale,
            };
            println!("{}", serde_json::to_string(&summary)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn progress(what: &str, steps: u64) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} {bar:40} {percent} %, {eta} left")?;
    Ok(ProgressBar::new(steps)
        .with_style(style)
        .with_message(what.to_owned()))
}

/// A run that tells how far it is.
type Run<'a> = dyn FnMut(&mut dyn FnMut(u64)) -> Result<Outcome> + 'a;

/// Runs the modes; whatever they are, the ideal comes first, since all are compared with it.
fn run_modes(boot: &Boot<'_>, modes: &[Mode]) -> Result<Vec<Outcome>> {
    let watched = |mode: Mode, steps: u64, run: &mut Run<'_>| {
        let bar = progress(mode.name(), steps)?;
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
    setup: &Setup,
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
    let profiles = args
        .larger
        .as_ref()
        .map(|path| {
            let larger = Setup {
                trace: path.clone(),
                activity: None,
                memory: args.larger_memory,
                from: 0,
                events: None,
                ..setup.clone()
            };
            ensure!(
                larger.memory > setup.memory,
                "--larger-memory is {}, and the other recording has {}",
                larger.memory,
                setup.memory
            );
            larger.check()?;
            let recording = read(&larger)?;
            let large = profile(&Boot::new(&larger, args.backend, &recording)?)?;
            Ok([(setup.memory, base), (larger.memory, large)])
        })
        .transpose()?;
    scale::derive(setup, &base, outcomes, profiles)
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
    eprintln!(
        "\nBoot of {} with {}, {} memory at {mhz} MHz, CPI {}\n{}\n\
         sweep: over the node's tags after reset, one cycle a page; where there is one, all other times count from its end",
        setup.trace.display(),
        setup.memory,
        setup.dram_name(),
        setup.processor.cpi,
        table(1, &header, lines.collect())
    );
    for outcome in outcomes {
        eprintln!("{}: {}", outcome.mode, outcome.origin);
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
        eprintln!(
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
    eprintln!(
        "\ndormant in detail: {} pages converted from the pool, {} on demand; stalls for firmware: {} without a frame, {} with conversion off\n\
         {} bursts read as zero, {} bursts of zero elided; {} pages went dormant again after stores, {} by the doorbell\n\
         converted again within 1k / 10k / 100k instructions: {} / {} / {}",
        c.pool,
        c.on_demand,
        s.no_frame,
        s.conversion_off,
        c.zero_reads,
        outcome.writes_elided,
        c.redormanted_stores,
        c.redormanted_doorbell,
        known(t.within_1k),
        known(t.within_10k),
        known(t.within_100k),
    );
    if let Some(engine) = &outcome.engine {
        eprintln!(
            "engine: {} frames zeroed, busy {:.2} % of the time; sweep after reset: {} cycles before all this",
            engine.frames,
            100.0 * engine.utilisation,
            outcome.sweep_cycles
        );
    }
    eprintln!(
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
    eprintln!(
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
    eprintln!(
        "\nThe same boot with more memory (derived), time to first instruction and to init at {mhz} MHz\n{}\n{}",
        table(1, &header, lines.collect()),
        scale.rules.join("\n")
    );
}
