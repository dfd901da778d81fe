//! `dormouse lockstep`: random runs of model and RTL side by side, or of the model alone.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use dormouse_testbench::{
    memory::MemorySpec,
    random::{GuestRun, GuestScenario, Scenario, ScenarioError},
    sets,
};
use indicatif::{ProgressBar, ProgressStyle};
use proptest::{
    strategy::{BoxedStrategy, Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde::Serialize;

use crate::console;
use crate::output::{check_folder, write_whole};
use crate::streams::say;
use crate::target::{self, Target};
use crate::{places, verdict};

/// Guest accesses of `--long`.
const LONG: u64 = 1_000_000_000;
/// Runs that shrinking may take.
const SHRINKS: u32 = 400;

/// Options of `dormouse lockstep`.
#[derive(Parser)]
pub struct Args {
    /// Cycles to run, over all runs.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    cycles: u64,
    /// Seed of the first run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// vCPUs with random programs on every port, and a firmware beside them; every byte read is checked.
    #[arg(long)]
    guest: bool,
    /// Guest accesses to run instead of cycles.
    #[arg(long, conflicts_with = "cycles", value_parser = clap::value_parser!(u64).range(1..))]
    accesses: Option<u64>,
    /// Random guests on the model alone until they have made 10^9 accesses, or `--accesses`; skip mode is compared in
    /// one run of 16.
    #[arg(long)]
    long: bool,
    /// What runs: model and RTL, compared in every cycle (`lockstep`, the default), or the model alone, tick by tick and in
    /// skip mode, compared at the end (`model`).
    #[arg(long, value_parser = target::parser())]
    backend: Option<Target>,
    /// Runs one replay file instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cycles", "seed", "guest", "accesses", "long"])]
    replay: Option<PathBuf>,
    /// Where a failing run leaves its replay file and its waveform; `target/lockstep` of the clone if nothing is named.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Prints one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Summary {
    cycles: u64,
    configs: usize,
    memories: usize,
    runs: usize,
    mismatches: u32,
    seed: Option<u64>,
    #[serde(flatten)]
    guests: Option<Guests>,
    origin: &'static str,
}

/// What guests did.
#[derive(Default, Serialize)]
struct Guests {
    accesses: u64,
    checked_bytes: u64,
    stale_bytes: u64,
}

/// A random run.
trait Case: Clone + std::fmt::Debug + Serialize + 'static {
    /// Whether guests take part.
    const GUESTS: bool;
    fn sets() -> Vec<String>;
    fn any(set: String) -> BoxedStrategy<Self>;
    fn set(&self) -> &str;
    fn memory(&self) -> &MemorySpec;
    /// The seed that it names, if it does.
    fn seed(&self) -> Option<u64>;
    /// `quick` leaves out what can be left out of very many runs.
    fn run(&self, backend: Target, quick: bool) -> (GuestRun, Result<(), ScenarioError>);
    #[cfg(feature = "rtl")]
    fn trace(&self, from: u64, path: PathBuf);

    fn error(&self, backend: Target) -> Option<ScenarioError> {
        self.run(backend, false).1.err()
    }
}

impl Case for Scenario {
    const GUESTS: bool = false;

    fn sets() -> Vec<String> {
        // The trace's node differs from the others only in size, and its last check reads every frame.
        let names = sets::all().into_keys();
        names.filter(|set| set != "trace").collect()
    }

    fn any(set: String) -> BoxedStrategy<Self> {
        Self::any(set).boxed()
    }

    fn set(&self) -> &str {
        &self.set
    }

    fn memory(&self) -> &MemorySpec {
        &self.memory
    }

    fn seed(&self) -> Option<u64> {
        Some(self.seed)
    }

    fn run(&self, backend: Target, _quick: bool) -> (GuestRun, Result<(), ScenarioError>) {
        let cycles = match backend {
            Target::Model => self.run_model(),
            #[cfg(feature = "rtl")]
            Target::Lockstep => self
                .run_lockstep()
                .and_then(|cycles| self.run_model().map(|_| cycles)),
            // A comparison with itself is none, and `Job` does not ask for it.
            Target::Rtl => self.run_model(),
            #[cfg(not(feature = "rtl"))]
            Target::Lockstep => self.run_model(),
        };
        let run = GuestRun {
            cycles: *cycles.as_ref().unwrap_or(&0),
            ..GuestRun::default()
        };
        (run, cycles.map(drop))
    }

    #[cfg(feature = "rtl")]
    fn trace(&self, from: u64, path: PathBuf) {
        let _ = self.run_traced(from, path);
    }
}

impl Case for GuestScenario {
    const GUESTS: bool = true;

    fn sets() -> Vec<String> {
        sets::of_guests()
    }

    fn any(set: String) -> BoxedStrategy<Self> {
        Self::any(set).boxed()
    }

    fn set(&self) -> &str {
        &self.set
    }

    fn memory(&self) -> &MemorySpec {
        &self.memory
    }

    fn seed(&self) -> Option<u64> {
        None
    }

    fn run(&self, backend: Target, quick: bool) -> (GuestRun, Result<(), ScenarioError>) {
        match backend {
            Target::Model if quick => self.run_quickly(),
            Target::Model => self.run_skip(),
            #[cfg(feature = "rtl")]
            Target::Lockstep => self.run_lockstep(),
            // A comparison with itself is none, and `Job` does not ask for it.
            Target::Rtl => self.run_skip(),
            #[cfg(not(feature = "rtl"))]
            Target::Lockstep => self.run_skip(),
        }
    }

    #[cfg(feature = "rtl")]
    fn trace(&self, from: u64, path: PathBuf) {
        let _ = self.run_traced(from, path);
    }
}

/// What is asked for, checked.
struct Job {
    backend: Target,
    seed: u64,
    long: bool,
    /// What ends it: cycles, or guest accesses.
    goal: u64,
    in_accesses: bool,
    out: PathBuf,
}

impl Job {
    fn new(args: &Args) -> Result<Self> {
        let usual = if args.long {
            Target::Model
        } else {
            Target::Lockstep
        };
        let backend = args.backend.unwrap_or(usual);
        ensure!(
            backend != Target::Rtl,
            "RTL alone is compared with nothing: use `--backend lockstep`, or `--backend model` for the model alone"
        );
        ensure!(
            !args.long || backend == Target::Model,
            "--long runs on the model alone: leave out `--backend lockstep`"
        );
        ensure!(
            args.guest || args.long || args.accesses.is_none(),
            "--accesses counts what guests do: add --guest, or --long"
        );
        backend.check()?;
        let out = args
            .out
            .clone()
            .unwrap_or_else(|| places::default_output("lockstep"));
        check_folder(&out).context("--out")?;
        let accesses = args.accesses.or(args.long.then_some(LONG));
        Ok(Self {
            backend,
            seed: args.seed,
            long: args.long,
            goal: accesses.unwrap_or(args.cycles),
            in_accesses: accesses.is_some(),
            out,
        })
    }
}

impl Summary {
    fn new(job: &Job, configs: usize, guests: bool) -> Self {
        Self {
            cycles: 0,
            configs,
            memories: 0,
            runs: 0,
            mismatches: 0,
            seed: Some(job.seed),
            guests: guests.then(Guests::default),
            origin: job.backend.origin(),
        }
    }

    /// Adds a run that came to its end, or to a fault.
    fn add(&mut self, run: &GuestRun) {
        self.runs += 1;
        self.cycles += run.cycles;
        if let Some(guests) = &mut self.guests {
            guests.accesses += run.accesses;
            guests.checked_bytes += run.checked_bytes;
            guests.stale_bytes += run.stale_bytes;
        }
    }

    /// Says what ran, prints it, and gives the exit code.
    fn end(&self, json: bool) -> Result<ExitCode> {
        let guests = self.guests.as_ref().map_or(String::new(), |guests| {
            format!(
                ", {} guest accesses, {} of {} bytes stale",
                guests.accesses, guests.stale_bytes, guests.checked_bytes
            )
        });
        let seed = self
            .seed
            .map_or(String::new(), |seed| format!(", seed {seed}"));
        say!(
            "{}: {} cycles in {} runs, {} parameter sets, {} memory behaviours{seed}{guests}: {} mismatches",
            self.origin,
            self.cycles,
            self.runs,
            self.configs,
            self.memories,
            self.mismatches
        );
        if json {
            console::json(self)?;
        }
        Ok(verdict::code(self.mismatches > 0))
    }
}

/// Runs what is asked for.
///
/// # Errors
/// Bad input, before anything runs.
pub fn run(args: &Args) -> Result<ExitCode> {
    let job = Job::new(args)?;
    let Some(path) = &args.replay else {
        return if args.guest || args.long {
            random::<GuestScenario>(args, &job)
        } else {
            random::<Scenario>(args, &job)
        };
    };
    let text = fs::read_to_string(path)
        .with_context(|| format!("--replay: {} cannot be read", path.display()))?;
    let wrong = || format!("--replay: {} is not a replay file", path.display());
    let value: serde_json::Value = serde_json::from_str(&text).with_context(wrong)?;
    if value.get("vcpus").is_some() {
        let case: GuestScenario = serde_json::from_value(value).with_context(wrong)?;
        replay(&case, path, args, &job)
    } else {
        let case: Scenario = serde_json::from_value(value).with_context(wrong)?;
        replay(&case, path, args, &job)
    }
}

fn random<C: Case>(args: &Args, job: &Job) -> Result<ExitCode> {
    let names = C::sets();
    ensure!(
        !names.is_empty(),
        "this build has no parameter set to run with"
    );
    let unit = if job.in_accesses {
        "accesses"
    } else {
        "cycles"
    };
    let bar = ProgressBar::new(job.goal).with_style(ProgressStyle::with_template(&format!(
        "{{bar:40}} {{human_pos}}/{{human_len}} {unit}, {{eta}} left {{msg}}"
    ))?);
    bar.enable_steady_tick(Duration::from_millis(500));
    let mut runner = TestRunner::new_with_rng(Config::default(), rng(job.seed));
    let mut summary = Summary::new(job, names.len(), args.guest || args.long);
    let mut memories = HashSet::new();
    let strategies: Vec<_> = names.iter().map(|set| C::any(set.clone())).collect();
    let mut done = 0;
    while done < job.goal {
        let strategy = &strategies[summary.runs % strategies.len()];
        let mut tree = strategy
            .new_tree(&mut runner)
            .map_err(|reason| anyhow::anyhow!("no scenario: {reason}"))?;
        let case = tree.current();
        memories.insert(serde_json::to_string(case.memory())?);
        // In very long runs of the model alone, skip mode is a sample.
        let quick = job.long && !(summary.runs + 1).is_multiple_of(16);
        let (run, result) = case.run(job.backend, quick);
        summary.add(&run);
        if result.is_err() {
            summary.mismatches += 1;
            // Shrinking may take long: whoever ends it has the case as it came.
            let unshrunk = save(&case, job)?;
            bar.suspend(|| say!("replay, not yet shrunk: {}", unshrunk.display()));
            bar.set_message("shrinking");
            let least = shrink(&mut tree, job.backend);
            bar.finish_and_clear();
            report(&least, job)?;
            break;
        }
        done += if job.in_accesses {
            run.accesses
        } else {
            run.cycles
        };
        bar.set_position(done.min(job.goal));
    }
    bar.finish_and_clear();
    summary.memories = memories.len();
    summary.end(args.json)
}

fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// The smallest case that still fails, within a number of tries.
fn shrink<C: Case>(tree: &mut impl ValueTree<Value = C>, backend: Target) -> C {
    let mut least = tree.current();
    let mut smaller = tree.simplify();
    for _ in 0..SHRINKS {
        if !smaller {
            break;
        }
        let case = tree.current();
        smaller = if case.error(backend).is_some() {
            least = case;
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    least
}

/// Leaves a replay file.
fn save<C: Case>(case: &C, job: &Job) -> Result<PathBuf> {
    let replay = job.out.join(format!("seed-{}.json", job.seed));
    write_whole(&replay, serde_json::to_string_pretty(case)?)?;
    Ok(replay)
}

/// Prints what differs, and leaves a replay file and, of lockstep, a waveform.
fn report<C: Case>(case: &C, job: &Job) -> Result<()> {
    let backend = job.backend;
    let replay = save(case, job)?;
    let error = case.error(backend);
    if let Some(error) = &error {
        say!("{}: {error}", case.set());
    }
    say!(
        "replay: dormouse lockstep{} --replay {}",
        if backend == Target::Model {
            " --backend model"
        } else {
            ""
        },
        replay.display()
    );
    #[cfg(feature = "rtl")]
    if backend == Target::Lockstep {
        use dormouse_testbench::system::Fault;

        /// Cycles before a difference that the waveform shows.
        const TRACED: u64 = 400;
        let cycle = match error {
            Some(ScenarioError::Fault(Fault::Difference(difference))) => difference.cycle,
            _ => 0,
        };
        let wave = job.out.join(format!("seed-{}.fst", job.seed));
        // The same run again, this time with the waveform of its end.
        case.trace(cycle.saturating_sub(TRACED), wave.clone());
        say!("waveform: {}", wave.display());
    }
    Ok(())
}

/// Runs what a replay file holds.
fn replay<C: Case>(case: &C, path: &Path, args: &Args, job: &Job) -> Result<ExitCode> {
    let (run, result) = case.run(job.backend, false);
    let mut summary = Summary::new(job, 1, C::GUESTS);
    summary.seed = case.seed();
    summary.memories = 1;
    match result {
        Err(error) if error.is_bad_input() => {
            return Err(error).with_context(|| format!("{} cannot be run", path.display()));
        }
        Err(_) => {
            summary.add(&run);
            summary.mismatches = 1;
            report(case, job)?;
        }
        Ok(()) => {
            summary.add(&run);
            let what = match job.backend {
                Target::Model => "the model alone ends alike in tick mode and in skip mode",
                Target::Rtl | Target::Lockstep => "model and RTL agree",
            };
            say!("{}: {what}", path.display());
        }
    }
    summary.end(args.json)
}
