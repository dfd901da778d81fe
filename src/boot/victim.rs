//! What the engine's background traffic costs the guest.

use anyhow::{Context, Result};
use dormouse_testbench::recording::Recording;
use serde::Serialize;

use super::run::Boot;
use super::setup::{Mode, Setup};
use crate::target::Target;

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Whether the engine zeroes without a pause; if not, it does what the guest's pages ask for.
    pub background: bool,
    /// Cycles between two background bursts; 0: no cap.
    pub cap_interval: u16,
    /// Cycles of the window.
    pub cycles: u64,
    /// Over those on memory that was zero for free, less 1.
    pub slow_down: f64,
    /// Cycles of a read, on average.
    pub read_cycles: f64,
    /// Bytes that the engine wrote in a cycle.
    pub engine_bytes_per_cycle: f64,
}

impl Row {
    /// What it is called.
    pub fn name(&self) -> String {
        match (self.background, self.cap_interval) {
            (false, _) => "only what pages need".to_owned(),
            (true, 0) => "all the time, no cap".to_owned(),
            (true, interval) => format!("a burst in {interval} cycles"),
        }
    }
}

/// All runs.
#[derive(Clone, Debug, Serialize)]
pub struct Victim {
    /// The first event of the window.
    pub from: usize,
    /// Events in it.
    pub events: usize,
    /// Cycles of the window on memory that was zero for free.
    pub ideal_cycles: u64,
    /// Cycles of a read there.
    pub ideal_read_cycles: f64,
    /// The runs.
    pub rows: Vec<Row>,
    /// Where the numbers come from.
    pub origin: String,
}

/// The settings of each run: once as usual, then once for each cap with the engine busy throughout.
pub fn setups(setup: &Setup) -> Vec<Setup> {
    let mut window = setup.clone();
    (window.from, window.events) = (setup.victim.from, Some(setup.victim.events));
    let busy = setup.victim.caps.iter().map(|cap| {
        // The pool never has enough.
        let mut setup = window.clone();
        setup.policy.cap_interval = *cap;
        setup.firmware.high = setup.memory.pages() as u32;
        setup.firmware.low = setup.firmware.high - 1;
        setup.firmware.backlog = setup.firmware.backlog.max(64);
        setup
    });
    std::iter::once(window.clone()).chain(busy).collect()
}

/// Runs the window once for each of [`setups`].
///
/// # Errors
/// As [`Boot::dormant`].
pub fn run(
    setup: &Setup,
    target: Target,
    recording: &Recording,
    progress: &mut dyn FnMut(u64),
) -> Result<Victim> {
    let setups = setups(setup);
    let usual = setups.first().context("the victim has no run")?;
    let ideal = Boot::new(usual, target, recording)?.plain(Mode::Ideal, progress)?;
    let mean = |wait: u64, reads: u64| wait as f64 / reads.max(1) as f64;
    let mut rows = Vec::new();
    for (index, setup) in setups.iter().enumerate() {
        let run = Boot::new(setup, target, recording)?.dormant(progress)?;
        let cycles = run.end_cycles - run.first_instruction_cycles;
        let engine = run.engine.clone().unwrap_or_default();
        let background = index > 0;
        rows.push(Row {
            background,
            cap_interval: if background {
                setup.policy.cap_interval
            } else {
                0
            },
            cycles,
            slow_down: cycles as f64 / ideal.end_cycles.max(1) as f64 - 1.0,
            read_cycles: mean(run.stalls.read_wait_cycles, run.lines_read),
            engine_bytes_per_cycle: engine.frames as f64 * super::run::PAGE_BYTES as f64
                / run.end_cycles.max(1) as f64,
        });
    }
    Ok(Victim {
        from: usual.from,
        events: setup.victim.events.min(recording.events.len() - usual.from),
        ideal_cycles: ideal.end_cycles,
        ideal_read_cycles: mean(ideal.stalls.read_wait_cycles, ideal.lines_read),
        rows,
        origin: target.origin().to_owned(),
    })
}
