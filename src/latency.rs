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
mod summary;
mod tables;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use indicatif::ProgressBar;

use summary::{Short, Summary};

use crate::console;
use crate::streams::say;
use crate::target::{self, Target};

/// Options of `dormouse latency`.
#[derive(Parser)]
pub struct Args {
    /// What the node runs on.
    #[arg(long, value_parser = target::parser(), default_value = "rtl")]
    backend: Target,
    /// Prints one JSON object on standard output: the worst of each figure, in cycles.
    #[arg(long)]
    pub json: bool,
    /// Shows what is behind each figure: its cases, its conditions, and the accesses beside other traffic.
    #[arg(long)]
    detail: bool,
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
        console::json(&short)?;
    }
    for miss in &missed {
        say!("contract missed: {miss}");
    }
    Ok(if missed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
