//! One mode of a live boot, from power-on to the verdict of the guest's program.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use dormouse_driver::{Bus, Node as Driver, NodeId};
use dormouse_firmware::{GuestPolicy, Hyperkernel, Limits, PoolPolicy};
use dormouse_model::Node;
use dormouse_testbench::{
    backend::Backend,
    guests::Guests,
    linux::{
        board::{Board, MARK_KERNEL, MARK_START},
        console::{Console, Verdict},
        guest::LinuxGuest,
    },
    memory::{Bytes, Memory, Rpa},
    system::{Event, Paced, System},
    tag_watch::TagWatch,
};
use indicatif::ProgressBar;
use serde::Serialize;

use super::setup::Setup;

use crate::boot::run::feed_frames;
use crate::boot::setup::{Mode, PAGE_SHIFT};
use crate::streams::say;

/// Cycles between two looks at the console and the frames.
pub(super) const LOOK: u64 = 1_000_000;

/// What a boot came to; the first keys are the command contract.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Who zeroed.
    pub mode: Mode,
    /// What the node ran on.
    pub backend: String,
    /// Memory that the guest sees.
    pub guest_bytes: u64,
    /// Memory that there is.
    pub real_bytes: u64,
    /// From power-on to the first instruction that is the guest's own: the ROM begins to copy the kernel. The sweep over the
    /// node's tables is not in this, see [`Self::sweep_cycles`].
    pub first_instruction_cycles: u64,
    /// To the first line of the guest's program.
    pub init_cycles: u64,
    /// To its verdict.
    pub end_cycles: u64,
    /// What it found.
    pub verdict: Verdict,
    /// Pages that got a frame.
    pub conversions: u64,
    /// Bursts of zero to dormant pages that never reached memory.
    pub elided: u64,
    /// Pages that went dormant again.
    pub redormanted: u64,
    /// Accesses that waited for firmware.
    pub stalls: u64,
    /// Most frames that held pages at the same time.
    pub frames_peak: u64,
    /// Lines that the guest printed.
    pub console_lines: u64,
    /// Where the numbers come from.
    pub origin: String,
    /// To the first instruction of the kernel.
    pub kernel_cycles: u64,
    /// Cycles of the sweep over the node's tables after reset; they come before all others.
    pub sweep_cycles: u64,
    /// Instructions executed.
    pub instructions: u64,
    /// Lines of instructions read from memory.
    pub fetched_lines: u64,
    /// Lines of data read from memory.
    pub read_lines: u64,
    /// Beats that the guest wrote.
    pub writes: u64,
    /// Cycles in which it waited for a line, and for room in its store buffer.
    pub wait_cycles: u64,
    /// Bytes written to memory by anybody.
    pub bytes_written: u64,
    /// Pages whose contents were compared at the end with what the guest had stored.
    pub pages_compared: u64,
}

/// A console and a progress line that live while a guest runs.
pub struct Screen {
    bar: ProgressBar,
    quiet: bool,
    since: Instant,
}

impl Screen {
    /// For a run of `what`.
    pub fn new(what: &str, quiet: bool) -> Self {
        let bar = ProgressBar::new_spinner().with_prefix(what.to_owned());
        if let Ok(style) = indicatif::ProgressStyle::with_template("{prefix}: {msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            quiet,
            since: Instant::now(),
        }
    }

    /// New lines, and how far it is.
    pub(super) fn show(&self, console: &mut Console, cycle: u64, frames: Option<u32>) {
        let lines = console.fresh();
        if !self.quiet && !lines.is_empty() {
            self.bar.suspend(|| {
                for line in &lines {
                    say!("{line}");
                }
            });
        }
        let mhz = cycle as f64 / self.since.elapsed().as_secs_f64() / 1e6;
        let frames = frames.map_or(String::new(), |frames| format!(", {frames} frames in use"));
        self.bar.set_message(format!(
            "{:.0} M cycles, {mhz:.1} MHz{frames}",
            cycle as f64 / 1e6
        ));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Why a guest did not come to a verdict.
pub(super) fn hung(setup: &Setup, pc: u32, console: &Console) -> anyhow::Error {
    let cycle = setup.limit;
    let symbol = setup.symbol(pc).unwrap_or_default();
    anyhow::anyhow!(
        "the guest gave no verdict within {cycle} cycles (--limit); pc {pc:#010x}{symbol}; its last lines:\n{}",
        console.last()
    )
}

/// What the guest counted; its first cycle was `start` cycles after power-on.
fn outcome(
    setup: &Setup,
    mode: Mode,
    guest: &mut LinuxGuest,
    start: u64,
    origin: &str,
) -> Result<Outcome> {
    let counts = *guest.counts();
    let mark = |mark| {
        let at = guest
            .mark(mark)
            .context("the ROM did not come to its end")?;
        Ok::<_, anyhow::Error>(start + at)
    };
    let (first, kernel) = (mark(MARK_START)?, mark(MARK_KERNEL)?);
    let instructions = guest.instructions();
    let console = guest.console();
    let (end, verdict) = console.verdict.context("no verdict")?;
    Ok(Outcome {
        mode,
        backend: "model".to_owned(),
        guest_bytes: setup.guest.0,
        real_bytes: setup.guest.0,
        first_instruction_cycles: first,
        init_cycles: start + console.init.unwrap_or(end),
        end_cycles: start + end,
        verdict,
        conversions: 0,
        elided: 0,
        redormanted: 0,
        stalls: 0,
        frames_peak: setup.guest.pages(),
        console_lines: console.lines,
        origin: origin.to_owned(),
        kernel_cycles: kernel,
        sweep_cycles: 0,
        instructions,
        fetched_lines: counts.fetched_lines,
        read_lines: counts.read_lines,
        writes: counts.writes,
        wait_cycles: counts.read_wait + counts.write_wait,
        bytes_written: 0,
        pages_compared: 0,
    })
}

/// A guest on memory that is zero, or that its own ROM zeroes first.
///
/// # Errors
/// Stale data, or no verdict.
pub fn alone(setup: &Setup, board: &Board, mode: Mode, screen: &Screen) -> Result<Outcome> {
    let bus = setup.config()?.beat_bytes();
    let bytes = Bytes(setup.guest.0);
    let mut memory = setup.dram()?.build_sized(bus, bytes)?;
    if mode != Mode::EagerSoftware {
        memory.store_mut().zero_range(Rpa(0), bytes);
    }
    let mut guest = setup.observed(LinuxGuest::new(board, bus));
    let (mut cycle, mut look, mut written) = (0, LOOK, 0);
    while !guest.finished() {
        ensure!(
            guest.doorbell().is_none(),
            "the guest rings a doorbell, and mode {mode} has no node"
        );
        if cycle >= look {
            screen.show(guest.console(), cycle, None);
            look += LOOK;
        }
        if cycle >= setup.limit {
            return Err(hung(setup, guest.hart().pc, guest.console()));
        }
        if let Some(fault) = guest.fault() {
            return Err(fault.into());
        }
        let resp = [*memory.outputs()];
        let req = &guest.outputs()[0];
        let n = guest
            .stable_for(&resp)
            .min(memory.stable_for(req))
            .min(setup.limit - cycle)
            .max(1);
        if req.w_valid && resp[0].w_ready {
            written += n * u64::from(req.w.strb.count_ones());
        }
        if n == 1 {
            memory.clock(req);
            guest.clock(&resp);
        } else {
            memory.clock_many(req, n);
            guest.clock_many(&resp, n);
        }
        cycle += n;
    }
    if let Some(fault) = guest.fault() {
        return Err(fault.into());
    }
    screen.show(guest.console(), cycle, None);
    let origin = "model (memory without a node)";
    let mut outcome = outcome(setup, mode, &mut guest, 0, origin)?;
    outcome.bytes_written = written;
    outcome.pages_compared = compare(setup, stored(&guest), memory.store(), |gfn| {
        Some(Rpa(u64::from(gfn) << PAGE_SHIFT))
    })?;
    Ok(outcome)
}

/// All memory zeroed by the engine, measured, and then `ideal`, that much later.
///
/// # Errors
/// As [`alone`], or an engine that hangs.
pub fn eager_engine(setup: &Setup, board: &Board, ideal: &Outcome) -> Result<Outcome> {
    let whole = Setup {
        real: setup.guest,
        ..setup.clone()
    };
    let config = whole.config()?;
    let memory = whole.dram()?.build(&config)?;
    let nobody = LinuxGuest::new(board, config.beat_bytes());
    let mut machine = System::with_guests(Node::new(&config)?, memory, nobody).skipping();
    let frames = setup.guest.pages() as u32;
    let pace = setup.firmware.access_cycles;
    let zeroed = feed_frames(&mut machine, frames, pace, &mut |_| {});
    machine.check()?;
    let zeroed = zeroed?;
    let mut outcome = ideal.clone();
    outcome.mode = Mode::EagerEngine;
    for at in [
        &mut outcome.first_instruction_cycles,
        &mut outcome.kernel_cycles,
        &mut outcome.init_cycles,
        &mut outcome.end_cycles,
    ] {
        *at += zeroed.cycles;
    }
    outcome.sweep_cycles = zeroed.sweep;
    outcome.bytes_written += setup.guest.0;
    outcome.origin = format!(
        "zeroing: model; then the boot of `ideal` ({})",
        ideal.origin
    );
    Ok(outcome)
}

/// Compares every page of memory with what the guest stored, eight bytes at a guest physical address; returns how many.
pub(super) fn compare(
    setup: &Setup,
    stored: impl Fn(u32) -> Option<u64>,
    store: &dormouse_testbench::memory::Store,
    place: impl Fn(u32) -> Option<Rpa>,
) -> Result<u64> {
    for gfn in 0..setup.guest.pages() as u32 {
        let at = place(gfn);
        for offset in (0..1 << PAGE_SHIFT).step_by(8) {
            let gpa = gfn << PAGE_SHIFT | offset;
            let Some(expected) = stored(gpa) else {
                continue;
            };
            let found = at.map_or(0, |at| store.word(Rpa(at.0 + u64::from(offset))));
            ensure!(
                found == expected,
                "contents at the end: page {gfn}, byte {offset}: memory holds {found:016x}, the guest stored {expected:016x}"
            );
        }
    }
    Ok(setup.guest.pages())
}

/// Eight bytes at a guest physical address, as the guest stored them.
fn stored(guest: &LinuxGuest) -> impl Fn(u32) -> Option<u64> {
    |gpa| {
        let (low, high) = (guest.word(gpa)?, guest.word(gpa + 4)?);
        Some(u64::from(high) << 32 | u64::from(low))
    }
}

/// Dormant memory.
///
/// # Errors
/// Stale data, a broken rule of the bus, a command that failed, or no verdict.
pub fn dormant(setup: &Setup, board: &Board, screen: &Screen) -> Result<Outcome> {
    let config = setup.config()?;
    let memory = setup.dram()?.build(&config)?;
    let guest = setup.observed(LinuxGuest::new(board, config.beat_bytes()));
    let mut machine = System::with_guests(Node::new(&config)?, memory, guest).skipping();
    let result = live(setup, &mut machine, screen);
    // What stopped the machine says more than the access that failed of it.
    machine
        .check()
        .with_context(|| format!("dormant, cycle {}", machine.cycle()))?;
    let mut outcome = result?;
    let mut driver = Driver::probe(&mut machine)?;
    // What the engine has begun is ended.
    driver.disable()?;
    while driver.zeroing()? != 0 {
        driver.bus().idle(1000);
    }
    driver.bus().idle(1000);
    let mut places = Vec::new();
    for gfn in 0..setup.guest.pages() as u32 {
        places.push(match driver.query_page(dormouse_driver::Gfn(gfn))? {
            dormouse_driver::PageState::Resident(rfn) => Some(Rpa(u64::from(rfn.0) << PAGE_SHIFT)),
            dormouse_driver::PageState::Dormant => None,
            state => bail!("at the end the tag of page {gfn} says {state:?}"),
        });
    }
    machine.finish()?;
    let stored = stored(&machine.guests);
    outcome.pages_compared = compare(setup, stored, machine.memory.store(), |gfn| {
        places[gfn as usize]
    })?;
    Ok(outcome)
}

fn live<B: Backend, M: Memory>(
    setup: &Setup,
    machine: &mut System<B, M, LinuxGuest>,
    screen: &Screen,
) -> Result<Outcome> {
    let firmware = &setup.firmware;
    let mut driver = Driver::probe(&mut *machine)?;
    driver.wait_ready(driver.parameters().sweep_cycles())?;
    let sweep = driver.bus().cycle();
    driver.bus().pace = firmware.access_cycles;
    let on = sweep;
    let driver = Driver::probe(driver.release_bus())?;
    let parameters = *driver.parameters();
    let most = parameters.pool_depth.min(parameters.real_frames);
    let pool = PoolPolicy {
        low: firmware.low.min(most / 4),
        high: firmware.high.min(most / 2),
        reserve: 0,
    };
    let limits = Limits {
        backlog: firmware.backlog,
        ..Limits::default()
    };
    let mut kernel = Hyperkernel::<_>::start(driver, pool, limits)?;
    let guests = GuestPolicy {
        redormant_delay: setup.redormant_delay,
        ..GuestPolicy::for_node(&parameters)
    };
    kernel.start_machine(NodeId(parameters.node_id), guests)?;
    kernel.node().bus().start();
    let start = kernel.node().bus().cycle() - on;

    let (mut look, mut poll) = (on, on + start);
    let mut peak = 0;
    let mut resets = setup
        .reset_hyperkernel
        .iter()
        .map(|cycle| on + cycle)
        .peekable();
    loop {
        let machine = kernel.node().bus();
        let now = machine.cycle();
        if resets.next_if(|at| *at <= now).is_some() {
            // All that it knew is gone; what is in the node stays.
            kernel = Hyperkernel::start(kernel.stop(), pool, limits)?;
            kernel.resume_machine(guests)?;
            poll = now;
            continue;
        }
        // First, since firmware that has to do something for ever never comes to the end of a wait.
        if machine.cycle() - on >= setup.limit {
            let guest = &mut machine.guests;
            return Err(hung(setup, guest.hart().pc, guest.console()));
        }
        let until = resets.peek().map_or(poll, |at| poll.min(*at));
        let step = match machine.run(look.min(until)) {
            Event::Finished | Event::Stopped => break,
            Event::Interrupt => kernel.on_interrupt()?,
            Event::Doorbell(gfn) => {
                // The guest's own accesses, on its own hart.
                machine.pace = 0;
                kernel.node().zero_page(dormouse_driver::Gfn(gfn))?;
                let machine = kernel.node().bus();
                machine.pace = firmware.access_cycles;
                machine.guests.rung();
                continue;
            }
            Event::Limit if machine.cycle() >= look => {
                look += LOOK;
                let frames = mapped(kernel.node())?;
                peak = peak.max(frames);
                let machine = kernel.node().bus();
                let cycle = machine.cycle() - on;
                screen.show(machine.guests.console(), cycle, Some(frames));
                continue;
            }
            Event::Limit if resets.peek().is_some_and(|at| machine.cycle() >= *at) => continue,
            Event::Limit => kernel.poll()?,
        };
        let now = kernel.node().bus().cycle();
        poll = if step.more {
            now
        } else {
            now + firmware.poll_cycles
        };
    }
    let frames = mapped(kernel.node())?;
    let machine = kernel.node().bus();
    machine.check()?;
    machine.pace = 0;
    let cycle = machine.cycle() - on;
    screen.show(machine.guests.console(), cycle, Some(frames));
    let origin = "model, of the hart too";
    let mut outcome = outcome(setup, Mode::Dormant, &mut machine.guests, start, origin)?;
    outcome.bytes_written = machine.written.bytes;
    outcome.frames_peak = machine
        .tags
        .as_ref()
        .and_then(TagWatch::peak)
        .unwrap_or(peak.max(frames))
        .into();
    outcome.sweep_cycles = sweep;
    outcome.real_bytes = setup.real.0;
    let node = kernel.node();
    let counters = node.gate_counters()?;
    outcome.conversions =
        u64::from(counters.fast_conversions) + u64::from(counters.demand_conversions);
    outcome.elided = counters.elided_writes.into();
    outcome.redormanted =
        u64::from(counters.redormanted_stores) + u64::from(counters.redormanted_doorbell);
    outcome.stalls = counters.stalls.into();
    let audit = node.audit(4)?;
    ensure!(
        audit.sum() == u64::from(parameters.real_frames),
        "frames got lost: {audit:?}"
    );
    Ok(outcome)
}

/// Frames that hold pages, as a register tells; looking costs the guest nothing.
fn mapped<B: Bus + Paced>(node: &mut Driver<B>) -> Result<u32> {
    let pace = node.bus().set_pace(0);
    let mapped = node.mapped()?;
    node.bus().set_pace(pace);
    Ok(mapped)
}
