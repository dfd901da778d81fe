//! `dormouse lockstep`: random runs of model and RTL side by side.

use std::path::PathBuf;
#[cfg(not(feature = "rtl"))]
use std::process::ExitCode;

use clap::Parser;

/// Options of `dormouse lockstep`.
#[derive(Parser)]
pub struct Args {
    /// Cycles to run in lockstep, over all runs.
    #[arg(long, default_value_t = 1_000_000)]
    cycles: u64,
    /// Seed of the first run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
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

#[cfg(not(feature = "rtl"))]
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let _ = (args.cycles, args.seed, &args.replay, &args.out, args.json);
    Err(crate::no_rtl())
}

#[cfg(feature = "rtl")]
pub use with_rtl::run;

#[cfg(feature = "rtl")]
mod with_rtl {
    use std::{fs, path::Path, process::ExitCode, time::Duration};

    use anyhow::Context;
    use dormouse_testbench::{
        lockstep::{Scenario, ScenarioError},
        sets,
        system::Fault,
    };
    use indicatif::{ProgressBar, ProgressStyle};
    use proptest::{
        strategy::{Strategy, ValueTree},
        test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
    };
    use serde::Serialize;

    use super::Args;

    /// Cycles before a difference that the waveform shows.
    const TRACED: u64 = 400;
    /// Runs that shrinking may take.
    const SHRINKS: u32 = 400;

    #[derive(Serialize)]
    struct Summary {
        cycles: u64,
        configs: usize,
        memories: usize,
        runs: usize,
        mismatches: u32,
        seed: u64,
    }

    pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
        if let Some(path) = &args.replay {
            return replay(path, args);
        }
        // The trace's node differs from the others only in size, and its last check reads every frame.
        let names: Vec<String> = sets::all()
            .into_keys()
            .filter(|set| set != "trace")
            .collect();
        let bar = ProgressBar::new(args.cycles).with_style(ProgressStyle::with_template(
            "{bar:40} {human_pos}/{human_len} cycles, {eta} left {msg}",
        )?);
        bar.enable_steady_tick(Duration::from_millis(500));
        let mut runner = TestRunner::new_with_rng(Config::default(), rng(args.seed));
        let mut summary = Summary {
            cycles: 0,
            configs: names.len(),
            memories: 0,
            runs: 0,
            mismatches: 0,
            seed: args.seed,
        };
        let mut memories = std::collections::HashSet::new();
        let strategies: Vec<_> = names.iter().map(|set| Scenario::any(set.clone())).collect();
        while summary.cycles < args.cycles {
            let strategy = &strategies[summary.runs % strategies.len()];
            let mut tree = strategy
                .new_tree(&mut runner)
                .map_err(|reason| anyhow::anyhow!("no scenario: {reason}"))?;
            let scenario = tree.current();
            memories.insert(serde_json::to_string(&scenario.memory)?);
            summary.runs += 1;
            let run = scenario.run_lockstep();
            if let Ok(cycles) = run.and_then(|cycles| scenario.run_model().map(|_| cycles)) {
                summary.cycles += cycles;
            } else {
                summary.mismatches += 1;
                bar.set_message("shrinking");
                let least = shrink(&mut tree);
                bar.finish_and_clear();
                report(&least, args)?;
                break;
            }
            bar.set_position(summary.cycles.min(args.cycles));
        }
        bar.finish_and_clear();
        summary.memories = memories.len();
        eprintln!(
            "lockstep: {} cycles in {} runs, {} parameter sets, {} memory behaviours, seed {}: {} mismatches",
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

    fn fails(scenario: &Scenario) -> Option<ScenarioError> {
        scenario
            .run_lockstep()
            .and_then(|_| scenario.run_model())
            .err()
    }

    /// The smallest scenario that still fails, within a number of tries.
    fn shrink(tree: &mut impl ValueTree<Value = Scenario>) -> Scenario {
        let mut least = tree.current();
        let mut smaller = tree.simplify();
        for _ in 0..SHRINKS {
            if !smaller {
                break;
            }
            let scenario = tree.current();
            smaller = if fails(&scenario).is_some() {
                least = scenario;
                tree.simplify()
            } else {
                tree.complicate()
            };
        }
        least
    }

    /// Prints what differs, and leaves a replay file and a waveform.
    fn report(scenario: &Scenario, args: &Args) -> anyhow::Result<()> {
        fs::create_dir_all(&args.out)
            .with_context(|| format!("{} cannot be made", args.out.display()))?;
        let replay = args.out.join(format!("seed-{}.json", args.seed));
        let wave = args.out.join(format!("seed-{}.fst", args.seed));
        fs::write(&replay, serde_json::to_string_pretty(scenario)?)
            .with_context(|| format!("{} cannot be written", replay.display()))?;
        if let Some(error) = fails(scenario) {
            eprintln!("{}: {error}", scenario.set);
            let cycle = match &error {
                ScenarioError::Fault(Fault::Difference(difference)) => difference.cycle,
                _ => 0,
            };
            // The same run again, this time with the waveform of its end.
            let _ = scenario.run_traced(cycle.saturating_sub(TRACED), wave.clone());
        }
        eprintln!(
            "replay: dormouse lockstep --replay {}\nwaveform: {}",
            replay.display(),
            wave.display()
        );
        Ok(())
    }

    fn replay(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let scenario: Scenario = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a replay file", path.display()))?;
        let Some(error) = fails(&scenario) else {
            eprintln!("{}: model and RTL agree", path.display());
            return Ok(ExitCode::SUCCESS);
        };
        drop(error);
        report(&scenario, args)?;
        Ok(ExitCode::FAILURE)
    }
}
