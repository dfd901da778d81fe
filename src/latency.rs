//! `dormouse latency`: what a guest waits for, in cycles, at the edges of the node: P5 to P9, P14 and P16 of the performance
//! contract.
//!
//! Everything is read off the wires of the ports; nothing is computed from parameters but the contract itself. A cycle
//! number is that of the cycle in which a valid is high for the first time (*offered*) or in which valid and ready both
//! are (*taken*); an interval is the difference of two, so what passes combinationally takes 0. Every interval begins
//! with the last input that it needs:
//!
//! | figure | from | to |
//! |---|---|---|
//! | P5, read | AR offered by the guest | AR offered to memory |
//! | P5, write | AW and the first W beat offered by the guest, the later | AW offered to memory |
//! | P5, answer | R beat or B offered by memory | the same offered to the guest |
//! | P6 | AR offered by the guest | first R beat offered to the guest |
//! | P7, P8 | AW and the first W beat that is not zero offered by the guest, the later | AW offered to memory |
//! | P9 | write of CMD taken, AW and W | the later of: RESULT read as not busy; AR offered of the first read that sees the mark |
//! | doorbell | write of CMD taken, AW and W | AR offered of the first read that makes no memory traffic |
//! | stores | B of the last store taken by the guest | the same |

//! | storm of conversions | AW of the first offered to memory | AW of the last, for each conversion but one |
//! | beside a port that withholds | address offered by the guest | its last R beat or B taken, beyond the same beside one that does not |
//! | behind the engine | address and beat offered by the guest, the later | the same offered to memory, beyond the most without the engine |

mod access;
mod bench;
mod figures;
mod storms;
mod tables;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use indicatif::ProgressBar;
use serde::Serialize;

use bench::LATENCY;
use figures::{
    DormantReads, DormantWrites, DormantWritesOnDemand, Marks, Redormant, ResidentAccesses,
};
use storms::{BehindEngine, BesideWithholding, StormConversions, StormReads};

use crate::Target;

/// Every width, larger pages, the shortest bursts.
const SETS: [&str; 7] = [
    "engine_32",
    "engine_64",
    "engine_128",
    "engine_256",
    "engine_512",
    "page_64k",
    "short_bursts",
];
/// Pages that dormant accesses go to.
const PAGES: u32 = 12;

/// Options of `dormouse latency`.
#[derive(Parser)]
pub struct Args {
    /// What the node runs on.
    #[arg(long, value_enum, default_value = "rtl")]
    backend: Target,
    /// Prints one JSON object on standard output: the worst of each figure, in cycles.
    #[arg(long)]
    json: bool,
    /// Shows what is behind each figure: its cases, its conditions, and the accesses beside other traffic.
    #[arg(long)]
    detail: bool,
}

/// The command contract: each figure as one number, in cycles.
#[derive(Serialize)]
struct Short {
    origin: &'static str,
    read_dormant: u64,
    write_dormant_pool: u64,
    write_dormant_ondemand: u64,
    resident_added: u64,
    mark_all: u64,
    redormant: u64,
    storm_read: u64,
    storm_conversion: f64,
    storm_conversion_one_port: f64,
    beside_withholding: u64,
    behind_engine: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Summary>,
}

impl Short {
    fn new(summary: Summary, detail: bool) -> Self {
        Self {
            origin: summary.origin,
            read_dormant: summary.read_dormant.figure.worst.cycles,
            write_dormant_pool: summary.write_dormant_pool.figure.worst.cycles,
            write_dormant_ondemand: summary.write_dormant_ondemand.figure.worst.cycles,
            resident_added: summary.resident_added.figure.worst.cycles,
            mark_all: summary.mark_all.figure.worst.cycles,
            redormant: summary.redormant.figure.worst.cycles,
            storm_read: summary.storm_read.figure.worst.cycles,
            storm_conversion: summary.storm_conversion.worst(false),
            storm_conversion_one_port: summary.storm_conversion.worst(true),
            beside_withholding: summary.beside_withholding.figure.worst.cycles,
            behind_engine: summary.behind_engine.figure.worst.cycles,
            detail: detail.then_some(summary),
        }
    }
}

/// Everything measured.
#[derive(Serialize)]
struct Summary {
    origin: &'static str,
    memory: String,
    sets: Vec<&'static str>,
    read_dormant: DormantReads,
    write_dormant_pool: DormantWrites,
    write_dormant_ondemand: DormantWritesOnDemand,
    resident_added: ResidentAccesses,
    mark_all: Marks,
    redormant: Redormant,
    storm_read: StormReads,
    storm_conversion: StormConversions,
    beside_withholding: BesideWithholding,
    behind_engine: BehindEngine,
}

impl Summary {
    fn measure(target: Target, tick: &dyn Fn()) -> Result<Self> {
        Ok(Self {
            origin: target.origin(),
            memory: format!(
                "ideal: R latency {LATENCY}, B latency {LATENCY} where nothing else is said, no stalls"
            ),
            sets: SETS.into(),
            read_dormant: figures::read_dormant(target, tick)?,
            write_dormant_pool: figures::write_dormant_pool(target, tick)?,
            write_dormant_ondemand: figures::write_dormant_ondemand(target, tick)?,
            resident_added: figures::resident_added(target, tick)?,
            mark_all: figures::mark_all(target, tick)?,
            redormant: figures::redormant(target, tick)?,
            storm_read: storms::storm_read(target, tick)?,
            storm_conversion: storms::storm_conversion(target, tick)?,
            beside_withholding: storms::beside_withholding(target, tick)?,
            behind_engine: storms::behind_engine(target, tick)?,
        })
    }
}

/// Measures everything.
///
/// # Errors
/// Every way in which a run can fail; never a number that is merely bad.
pub fn run(args: &Args) -> Result<ExitCode> {
    // What can be wrong with the input is said before anything runs.
    args.backend.node("tiny")?;
    let bar = ProgressBar::new_spinner();
    let summary = Summary::measure(args.backend, &|| bar.inc(1))?;
    bar.finish_and_clear();
    tables::report(&summary, args.detail);
    let missed = tables::missed(&summary);
    if args.json {
        let short = Short::new(summary, args.detail);
        println!("{}", serde_json::to_string(&short)?);
    }
    for miss in &missed {
        eprintln!("contract missed: {miss}");
    }
    Ok(if missed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
