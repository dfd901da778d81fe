//! `dormouse lockstep`: random runs of model and RTL side by side, or of the model alone.

use std::{collections::HashSet, fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use dormouse_testbench::{
    guests::{GuestRun, GuestScenario},
    lockstep::{Scenario, ScenarioError},
    memory::MemorySpec,
    sets,
};
use indicatif::{ProgressBar, ProgressStyle};
use proptest::{
    strategy::{BoxedStrategy, Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde::Serialize;

/// Guest accesses of `--long`.
const LONG: u64 = 1_000_000_000;
/// Runs that shrinking may take.
const SHRINKS: u32 = 400;

/// Options of `dormouse lockstep`.
#[derive(Parser)]
pub struct Args {
    /// Cycles to run, over all runs.
    #[arg(long, default_value_t = 1_000_000)]
    cycles: u64,
    /// Seed of the first run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// vCPUs with random programs on every port, and a firmware beside them; every byte read is checked.
    #[arg(long)]
    guest: bool,
    /// Guest accesses to run instead of cycles.
    #[arg(long)]
    accesses: Option<u64>,
    /// Random guests on the model alone until they have made 10^9 accesses, or `--accesses`; skip mode is compared in
    /// one run of 16.
    #[arg(long, conflicts_with = "replay")]
    long: bool,
    /// What runs.
    #[arg(long, value_enum, default_value_t = Backend::Lockstep)]
    backend: Backend,
    /// Runs one replay file instead.
    #[arg(long)]
    replay: Option<PathBuf>,
    /// Where a failing run leaves its replay file and its waveform.
    #[arg(long, default_value = "target/lockstep")]
    out: PathBuf,
    /// Prints one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// What the random runs run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// Model and RTL, compared in every cycle.
    Lockstep,
    /// The model alone, tick by tick and in skip mode, compared at the end.
    Model,
}

#[derive(Serialize)]
struct Summary {
    cycles: u64,
    configs: usize,
    memories: usize,
    runs: usize,
    mismatches: u32,
    seed: u64,
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
    fn sets() -> Vec<String>;
    fn any(set: String) -> BoxedStrategy<Self>;
    fn set(&self) -> &str;
    fn memory(&self) -> &MemorySpec;
    /// `quick` leaves out what can be left out of very many runs.
    fn run(&self, backend: Backend, quick: bool) -> (GuestRun, Result<(), ScenarioError>);
    #[cfg(feature = "rtl")]
    fn trace(&self, from: u64, path: PathBuf);

    fn error(&self, backend: Backend) -> Option<ScenarioError> {
        self.run(backend, false).1.err()
    }
}

impl Case for Scenario {
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

    fn run(&self, backend: Backend, _quick: bool) -> (GuestRun, Result<(), ScenarioError>) {
        let cycles = match backend {
            Backend::Model => self.run_model(),
            #[cfg(feature = "rtl")]
            Backend::Lockstep => self
                .run_lockstep()
                .and_then(|cycles| self.run_model().map(|_| cycles)),
            #[cfg(not(feature = "rtl"))]
            Backend::Lockstep => self.run_model(),
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

    fn run(&self, backend: Backend, quick: bool) -> (GuestRun, Result<(), ScenarioError>) {
        match backend {
            Backend::Model if quick => self.run_quickly(),
            Backend::Model => self.run_skip(),
            #[cfg(feature = "rtl")]
            Backend::Lockstep => self.run_lockstep(),
            #[cfg(not(feature = "rtl"))]
            Backend::Lockstep => self.run_skip(),
        }
    }

    #[cfg(feature = "rtl")]
    fn trace(&self, from: u64, path: PathBuf) {
        let _ = self.run_traced(from, path);
    }
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    #[cfg(not(feature = "rtl"))]
    if args.backend == Backend::Lockstep && !args.long {
        return Err(crate::no_rtl());
    }
    let Some(path) = &args.replay else {
        return if args.guest || args.long {
            random::<GuestScenario>(args)
        } else {
            random::<Scenario>(args)
        };
    };
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let wrong = || format!("{} is not a replay file", path.display());
    let value: serde_json::Value = serde_json::from_str(&text).with_context(wrong)?;
    let found = if value.get("vcpus").is_some() {
        replay(
            &serde_json::from_value::<GuestScenario>(value).with_context(wrong)?,
            args,
        )?
    } else {
        replay(
            &serde_json::from_value::<Scenario>(value).with_context(wrong)?,
            args,
        )?
    };
    if found {
        return Ok(ExitCode::FAILURE);
    }
    eprintln!("{}: model and RTL agree", path.display());
    Ok(ExitCode::SUCCESS)
}

fn random<C: Case>(args: &Args) -> anyhow::Result<ExitCode> {
    let guest = args.guest || args.long;
    anyhow::ensure!(
        guest || args.accesses.is_none(),
        "--accesses counts what guests do: add --guest, or --long"
    );
    let backend = if args.long {
        Backend::Model
    } else {
        args.backend
    };
    let accesses = args.accesses.or(args.long.then_some(LONG));
    let (goal, unit) = accesses.map_or((args.cycles, "cycles"), |n| (n, "accesses"));
    let names = C::sets();
    let bar = ProgressBar::new(goal).with_style(ProgressStyle::with_template(&format!(
        "{{bar:40}} {{human_pos}}/{{human_len}} {unit}, {{eta}} left {{msg}}"
    ))?);
    bar.enable_steady_tick(Duration::from_millis(500));
    let mut runner = TestRunner::new_with_rng(Config::default(), rng(args.seed));
    let mut summary = Summary {
        cycles: 0,
        configs: names.len(),
        memories: 0,
        runs: 0,
        mismatches: 0,
        seed: args.seed,
        guests: guest.then(Guests::default),
        origin: match backend {
            Backend::Lockstep => "RTL, in lockstep with the model",
            Backend::Model => "model",
        },
    };
    let mut memories = HashSet::new();
    let strategies: Vec<_> = names.iter().map(|set| C::any(set.clone())).collect();
    let mut done = 0;
    while done < goal {
        let strategy = &strategies[summary.runs % strategies.len()];
        let mut tree = strategy
            .new_tree(&mut runner)
            .map_err(|reason| anyhow::anyhow!("no scenario: {reason}"))?;
        let case = tree.current();
        memories.insert(serde_json::to_string(case.memory())?);
        // In very long runs of the model alone, skip mode is a sample.
        let quick = args.long && !summary.runs.is_multiple_of(16);
        summary.runs += 1;
        let (run, result) = case.run(backend, quick);
        if let Some(guests) = &mut summary.guests {
            guests.accesses += run.accesses;
            guests.checked_bytes += run.checked_bytes;
            guests.stale_bytes += run.stale_bytes;
        }
        if result.is_err() {
            summary.mismatches += 1;
            // Shrinking may take long: whoever ends it has the case as it came.
            bar.println(format!(
                "replay, not yet shrunk: {}",
                save(&case, args)?.display()
            ));
            bar.set_message("shrinking");
            let least = shrink(&mut tree, backend);
            bar.finish_and_clear();
            report(&least, args, backend)?;
            break;
        }
        summary.cycles += run.cycles;
        done += if accesses.is_some() {
            run.accesses
        } else {
            run.cycles
        };
        bar.set_position(done.min(goal));
    }
    bar.finish_and_clear();
    summary.memories = memories.len();
    let guests = summary.guests.as_ref().map_or(String::new(), |guests| {
        format!(
            ", {} guest accesses, {} of {} bytes stale",
            guests.accesses, guests.stale_bytes, guests.checked_bytes
        )
    });
    eprintln!(
        "{}: {} cycles in {} runs, {} parameter sets, {} memory behaviours, seed {}{guests}: {} mismatches",
        summary.origin,
        summary.cycles,
        summary.runs,
        summary.configs,
        summary.memories,
        summary.seed,
        summary.mismatches
    );
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    }
    Ok(if summary.mismatches == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// The smallest case that still fails, within a number of tries.
fn shrink<C: Case>(tree: &mut impl ValueTree<Value = C>, backend: Backend) -> C {
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
fn save<C: Case>(case: &C, args: &Args) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(&args.out)
        .with_context(|| format!("{} cannot be made", args.out.display()))?;
    let replay = args.out.join(format!("seed-{}.json", args.seed));
    fs::write(&replay, serde_json::to_string_pretty(case)?)
        .with_context(|| format!("{} cannot be written", replay.display()))?;
    Ok(replay)
}

/// Prints what differs, and leaves a replay file and, of lockstep, a waveform.
fn report<C: Case>(case: &C, args: &Args, backend: Backend) -> anyhow::Result<()> {
    let replay = save(case, args)?;
    let error = case.error(backend);
    if let Some(error) = &error {
        eprintln!("{}: {error}", case.set());
    }
    eprintln!(
        "replay: dormouse lockstep{} --replay {}",
        if backend == Backend::Model {
            " --backend model"
        } else {
            ""
        },
        replay.display()
    );
    #[cfg(feature = "rtl")]
    if backend == Backend::Lockstep {
        use dormouse_testbench::system::Fault;

        /// Cycles before a difference that the waveform shows.
        const TRACED: u64 = 400;
        let cycle = match error {
            Some(ScenarioError::Fault(Fault::Difference(difference))) => difference.cycle,
            _ => 0,
        };
        let wave = args.out.join(format!("seed-{}.fst", args.seed));
        // The same run again, this time with the waveform of its end.
        case.trace(cycle.saturating_sub(TRACED), wave.clone());
        eprintln!("waveform: {}", wave.display());
    }
    Ok(())
}

/// Runs what a replay file holds; true when it still fails.
fn replay<C: Case>(case: &C, args: &Args) -> anyhow::Result<bool> {
    let fails = case.error(args.backend).is_some();
    if fails {
        report(case, args, args.backend)?;
    }
    Ok(fails)
}
