//! What the same boot would take with more memory.
//!
//! Nothing larger than the recording is replayed here. What grows is derived from two recordings of the same kernel and
//! user space, with 2 GiB and with 8 GiB, and from what each mode costs in the runs at the recording's size.

use anyhow::{Context, Result, ensure};
use dormouse_testbench::recording::program::Profile;
use serde::Serialize;

use super::run::Outcome;
use super::setup::{Mode, Setup, Size};

/// Pages that a guest with memory above 4 GiB zeroes twice and never uses: its bounce buffer of 64 MiB, as `d_8g_default`
/// shows.
const BOUNCE_PAGES: u64 = 16_384;
/// What the recordings `a_2g_default` and `d_8g_default` do before init: 2 GiB and 8 GiB.
const RECORDED: [(Size, Profile); 2] = [
    (
        Size(2 << 30),
        Profile {
            instructions: 2_109_619_133,
            reads: 6_323_236,
            writes: 3_795_604,
            clears: 16_819,
            touched: 31_075,
            stored: 29_601,
        },
    ),
    (
        Size(8 << 30),
        Profile {
            instructions: 2_219_357_475,
            reads: 7_945_408,
            writes: 6_236_584,
            clears: 53_635,
            touched: 79_068,
            stored: 56_874,
        },
    ),
];

/// What a GiB more adds to the boot before init.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// Instructions.
    pub instructions: f64,
    /// Lines read.
    pub reads: f64,
    /// Lines written.
    pub writes: f64,
    /// Pages zeroed.
    pub clears: f64,
    /// Pages touched.
    pub touched: f64,
    /// Pages that need a frame.
    pub stored: f64,
}

impl Growth {
    /// From two recordings; the larger one has memory above 4 GiB.
    fn between(small: &(Size, Profile), large: &(Size, Profile)) -> Result<Self> {
        let gib = large.0.gib() - small.0.gib();
        ensure!(
            gib > 0.0,
            "the larger recording has {}, and the other one {}",
            large.0,
            small.0
        );
        let bounce = if large.0.is_high() && !small.0.is_high() {
            BOUNCE_PAGES as f64
        } else {
            0.0
        };
        let per = |pick: fn(&Profile) -> u64, fixed: f64| {
            ((pick(&large.1) as f64 - pick(&small.1) as f64 - fixed) / gib).max(0.0)
        };
        Ok(Self {
            instructions: per(|p| p.instructions, 0.0),
            reads: per(|p| p.reads, 0.0),
            writes: per(|p| p.writes, 0.0),
            clears: per(|p| p.clears, 2.0 * bounce),
            touched: per(|p| p.touched, bounce),
            stored: per(|p| p.stored, 0.0),
        })
    }
}

/// A mode at one size.
#[derive(Clone, Debug, Serialize)]
pub struct ModeAt {
    /// Who zeroes.
    pub mode: Mode,
    /// To the first instruction.
    pub first_instruction_cycles: f64,
    /// To init.
    pub init_cycles: f64,
    /// Pages that have frames at init.
    pub frames: f64,
}

/// One size.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Memory.
    #[serde(rename = "memory")]
    pub memory: Size,
    /// The same in bytes.
    pub memory_bytes: u64,
    /// Cycles of the sweep over the node's tables after reset, which are in none of the others.
    pub sweep_cycles: u64,
    /// Every mode.
    pub modes: Vec<ModeAt>,
}

/// The study.
#[derive(Clone, Debug, Serialize)]
pub struct Scale {
    /// What a GiB adds.
    pub growth_per_gib: Growth,
    /// Every size.
    pub rows: Vec<Row>,
    /// How the numbers were derived.
    pub rules: Vec<String>,
    /// Where they come from.
    pub origin: &'static str,
}

/// Sizes from 2 GiB to 16 TiB.
fn sizes() -> impl Iterator<Item = Size> {
    (31..=44).map(|shift| Size(1 << shift))
}

/// Derives the study from the runs at the recording's size; `profiles` are two recordings with their sizes.
///
/// # Errors
/// A run is missing, or did not reach init.
pub fn derive(
    setup: &Setup,
    base: &Profile,
    outcomes: &[Outcome],
    profiles: Option<[(Size, Profile); 2]>,
) -> Result<Scale> {
    let recorded = profiles.is_none();
    let profiles = profiles.unwrap_or(RECORDED);
    let growth = Growth::between(&profiles[0], &profiles[1])?;
    let find = |mode: Mode| {
        let outcome = outcomes.iter().find(|outcome| outcome.mode == mode);
        outcome.with_context(|| format!("the scaling study needs a run of {mode}"))
    };
    let init = |outcome: &Outcome| {
        let at = outcome.init_cycles.with_context(|| {
            format!("the recording does not reach init in mode {}", outcome.mode)
        })?;
        Ok::<_, anyhow::Error>(at as f64)
    };
    let (ideal, lazy, engine, dormant) = (
        find(Mode::Ideal)?,
        find(Mode::LazySoftware)?,
        find(Mode::EagerEngine)?,
        find(Mode::Dormant)?,
    );
    let software = find(Mode::EagerSoftware)?;
    let ideal_init = init(ideal)?;
    let per = |all: u64, n: u64| all as f64 / n.max(1) as f64;
    let read = per(ideal.stalls.read_wait_cycles, ideal.lines_read);
    let clear = per(ideal.stalls.write_wait_cycles, ideal.clears);
    let fault = per(lazy.stalls.cycles, lazy.stalls.first_touch);
    let pages = setup.memory.pages() as f64;
    let software_page = software.first_instruction_cycles as f64 / pages;
    let engine_page = engine.first_instruction_cycles as f64 / pages;
    let first = dormant.first_instruction_cycles as f64;
    // What the gate adds, as a share of the time to init.
    let gate = (init(dormant)? - first) / ideal_init - 1.0;
    let cpi = setup.processor.cpi;

    let rows: Vec<Row> = sizes()
        .map(|memory| {
            let gib = memory.gib() - setup.memory.gib();
            let bounce = if memory.is_high() && !setup.memory.is_high() {
                BOUNCE_PAGES as f64
            } else {
                0.0
            };
            let at = ideal_init
                + gib * (growth.instructions * cpi + growth.reads * read + growth.clears * clear)
                + 2.0 * bounce * clear;
            let touched = base.touched as f64 + gib * growth.touched + bounce;
            let stored = base.stored as f64 + gib * growth.stored;
            let all = memory.pages() as f64;
            let mode = |mode, first, init, frames| ModeAt {
                mode,
                first_instruction_cycles: first,
                init_cycles: init,
                frames,
            };
            Row {
                memory,
                memory_bytes: memory.0,
                sweep_cycles: memory.pages(),
                modes: vec![
                    mode(Mode::Ideal, 0.0, at, all),
                    mode(
                        Mode::EagerSoftware,
                        all * software_page,
                        all * software_page + at,
                        all,
                    ),
                    mode(
                        Mode::EagerEngine,
                        all * engine_page,
                        all * engine_page + at,
                        all,
                    ),
                    mode(Mode::LazySoftware, 0.0, at + touched * fault, touched),
                    mode(Mode::Dormant, first, first + at * (1.0 + gate), stored),
                ],
            }
        })
        .collect();
    let rules = vec![
        format!(
            "Derived, one memory port and one core: from 2 GiB on, each GiB adds {:.1} M instructions, {:.0} k lines read and {:.0} pages touched ({:.0} of them \
             stored with data: descriptors of pages take 4096) before init, as two recordings with {} and {} differ{}.",
            growth.instructions / 1e6,
            growth.reads / 1e3,
            growth.touched,
            growth.stored,
            profiles[0].0,
            profiles[1].0,
            if recorded {
                " (a_2g_default and d_8g_default)"
            } else {
                ""
            },
        ),
        "Memory above 4 GiB adds a bounce buffer of 16,384 pages, zeroed twice.".to_owned(),
        format!(
            "A read waits {read:.1} cycles and a zeroed page {clear:.0}, as in `ideal` at {}; software zeroes a page in {software_page:.1} cycles, the engine in \
             {engine_page:.1}, a first touch takes {fault:.0}; the gate adds {:.2} % to the time to init at every size.",
            setup.memory,
            100.0 * gate
        ),
        format!(
            "Dormant: {first:.0} cycles to the first instruction at every size, counted from the end of the sweep. That sweep over the node's tags after reset \
             takes one cycle a page, comes first in `eager-engine` and `dormant`, and is in none of their other times."
        ),
    ];
    Ok(Scale {
        growth_per_gib: growth,
        rows,
        rules,
        origin: "derived",
    })
}
