//! One mode of a boot, from power-on to the end of the recording.

use anyhow::{Context, Result, bail, ensure};
use dormouse_driver::{
    Bus, Gfn, Node as Driver, NodeId, PageState, Parameters, Policy as HardwarePolicy, Rfn,
    StallKind, Throttle,
};
use dormouse_firmware::{GuestPolicy, Hyperkernel, Limits, PoolPolicy};
use dormouse_model::Node;
use dormouse_testbench::{
    backend::Backend,
    guests::Guests,
    memory::{Bytes, Memory, Rpa, Store},
    recording::{
        Recording,
        program::{Program, Step},
        replay::{BINS, Counts, FirstTouch, PHASES, Plain, Replayer},
    },
    system::{Event, Paced, System},
    tag_watch::TagWatch,
    traffic::Traffic,
};
use serde::Serialize;

use super::setup::{Mode, PAGE_SHIFT, Setup};
use crate::target::Target;

/// Bytes in a page.
pub const PAGE_BYTES: u64 = 1 << PAGE_SHIFT;
/// Points of a curve over time, if nothing waits; and at most, whatever waits.
const SAMPLES: u64 = 400;
const MOST_SAMPLES: usize = 600;
/// The phase that is "init reached".
pub const INIT: usize = 3;
/// What the phases are called.
pub const PHASE_NAMES: [&str; PHASES] = [
    "firmware",
    "decompressor",
    "kernel",
    "init",
    "processes",
    "unpack",
    "touch memory",
    "tail",
    "power-off",
    "",
];
/// Frames that the engine zeroes at most in a run on the model, and on RTL; more are extrapolated.
const EAGER_MODEL: u32 = 1 << 19;
const EAGER_RTL: u32 = 1 << 12;
/// Frames under way while firmware feeds the engine with everything.
const FEED: u32 = 64;
/// Cycles in which what is under way ends, as a rule.
const SETTLE: u64 = 1000;
/// Cycles after which the engine counts as hung.
const PATIENCE: u64 = 1_000_000;

type Kernel<B> = Hyperkernel<B>;
pub type AnyMemory = Box<dyn Memory + Send>;

/// When a phase began.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// Cycles since power-on.
    pub cycles: u64,
}

/// Accesses that waited for somebody.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stalls {
    /// For firmware.
    pub firmware: u64,
    /// Of these, since no frame was there or coming.
    pub no_frame: u64,
    /// Of these, since conversion in hardware is off.
    pub conversion_off: u64,
    /// For a frame that had to be zeroed first, without firmware.
    pub on_demand: u64,
    /// For the hypervisor, at a page's first touch.
    pub first_touch: u64,
    /// Cycles of these waits together.
    pub cycles: u64,
    /// Cycles in which the processor waited for data, for whatever reason.
    pub read_wait_cycles: u64,
    /// Cycles in which its store buffer was full, for whatever reason.
    pub write_wait_cycles: u64,
}

/// How pages got their frames.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Conversions {
    /// From the pool.
    pub pool: u64,
    /// Zeroed while the access waited.
    pub on_demand: u64,
    /// Reads that were answered without memory.
    pub zero_reads: u64,
    /// Bursts that went to a frame: all but those that were answered without memory.
    pub resident_accesses: u64,
    /// Bursts whose page the port's cache of translations did not have; those to dormant pages are among them.
    pub translation_misses: u64,
    /// Misses for each of [`Self::resident_accesses`].
    pub translation_miss_share: f64,
    /// Pages that went dormant after stores.
    pub redormanted_stores: u64,
    /// Pages that went dormant by the doorbell.
    pub redormanted_doorbell: u64,
}

/// Pages that got a frame again soon after they had gone dormant, by instructions in between.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Thrash {
    /// At most 1000. `null` on RTL, which does not show when a tag changes.
    pub within_1k: Option<u64>,
    /// At most 10,000.
    pub within_10k: Option<u64>,
    /// At most 100,000.
    pub within_100k: Option<u64>,
    /// Ever.
    pub ever: Option<u64>,
    /// Pages that went dormant.
    pub redormanted: u64,
}

/// The engine's work.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Engine {
    /// Frames zeroed.
    pub frames: u64,
    /// Cycles in which it moved a beat.
    pub busy_cycles: u64,
    /// Share of all cycles up to the end.
    pub utilisation: f64,
    /// Cycles per page while it had work.
    pub cycles_per_page: f64,
}

/// A point of the curves over time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    /// Cycles since power-on.
    pub cycle: u64,
    /// Frames that hold pages.
    pub frames: u64,
    /// Frames in the zeroed pool.
    pub pool: u32,
}

/// A curve that grows: where it gets too many points, every other one goes, and new ones come half as often.
struct Curve {
    points: Vec<Sample>,
    /// Cycles from one point to the next.
    pitch: u64,
}

impl Curve {
    /// For a run of at least so many cycles.
    fn new(least: u64) -> Self {
        Self {
            points: Vec::new(),
            pitch: (least / SAMPLES).max(1),
        }
    }

    fn push(&mut self, point: Sample) {
        if self.points.len() == MOST_SAMPLES {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.pitch = self.pitch.saturating_mul(2);
        }
        self.points.push(point);
    }
}

/// What a mode came to. The first keys are the command contract.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Who zeroed.
    pub mode: Mode,
    /// Memory of the machine.
    pub memory_bytes: u64,
    /// From power-on to the guest's first instruction. Where a node takes part, this and all times below count
    /// from the end of its sweep after reset, [`Self::sweep_cycles`].
    pub first_instruction_cycles: u64,
    /// To init; `null` if that is not in the window.
    pub init_cycles: Option<u64>,
    /// To the end of the recording, or of the window.
    pub end_cycles: u64,
    /// The same boot to init on memory that was zero for free.
    pub ideal_init_cycles: Option<u64>,
    /// And to its end.
    pub ideal_end_cycles: u64,
    /// Accesses that waited.
    pub stalls: Stalls,
    /// Latencies of conversions, or of first touches: bin k counts 2^k to 2^(k+1) - 1 cycles.
    pub histogram: [u64; BINS],
    /// Latencies of accesses that waited for firmware, in the same bins.
    pub stall_histogram: [u64; BINS],
    /// Latencies of all reads of a line, in the same bins.
    pub read_histogram: [u64; BINS],
    /// Most frames that held pages at the same time.
    pub frames_peak: u64,
    /// Frames that held pages at the end.
    pub frames_end: u64,
    /// Bytes written to memory by anybody.
    pub bytes_written: u64,
    /// Those that were zero.
    pub zero_bytes_written: u64,
    /// Bursts of zero to dormant pages that never reached memory.
    pub writes_elided: u64,
    /// Pages converted again.
    pub thrash: Thrash,
    /// Where the numbers come from.
    pub origin: String,
    /// How pages got frames.
    pub conversions: Conversions,
    /// The engine's part; `null` without one.
    pub engine: Option<Engine>,
    /// Cycles for each page that software zeroes, and who says so.
    pub software_page_cycles: Option<f64>,
    /// Cycles of the sweep over the node's tables after reset, which come before everything here; one for each page.
    pub sweep_cycles: u64,
    /// When each phase began.
    pub phases: Vec<Phase>,
    /// Lines that the guest read.
    pub lines_read: u64,
    /// Lines that the guest wrote.
    pub lines_written: u64,
    /// Whole pages that it zeroed.
    pub clears: u64,
    /// Bytes of the machine that were compared at the end with what the guest had written.
    pub pages_compared: u32,
    /// Frames and pool over time.
    pub samples: Vec<Sample>,
}

impl Outcome {
    fn new(mode: Mode, setup: &Setup, origin: String) -> Self {
        Self {
            mode,
            memory_bytes: setup.memory.0,
            first_instruction_cycles: 0,
            init_cycles: None,
            end_cycles: 0,
            ideal_init_cycles: None,
            ideal_end_cycles: 0,
            stalls: Stalls::default(),
            histogram: [0; BINS],
            stall_histogram: [0; BINS],
            read_histogram: [0; BINS],
            frames_peak: 0,
            frames_end: 0,
            bytes_written: 0,
            zero_bytes_written: 0,
            writes_elided: 0,
            thrash: Thrash::default(),
            origin,
            conversions: Conversions::default(),
            engine: None,
            software_page_cycles: None,
            sweep_cycles: 0,
            phases: Vec::new(),
            lines_read: 0,
            lines_written: 0,
            clears: 0,
            pages_compared: 0,
            samples: Vec::new(),
        }
    }

    /// Takes what the processor counted; it began `start` cycles after power-on.
    fn guest(
        &mut self,
        start: u64,
        phases: &[Option<u64>; PHASES],
        end: Option<u64>,
        counts: &Counts,
    ) {
        self.first_instruction_cycles = start;
        self.phases = phases
            .iter()
            .zip(PHASE_NAMES)
            .filter_map(|(at, name)| {
                let cycles = start + (*at)?;
                Some(Phase { name, cycles })
            })
            .collect();
        self.init_cycles = phases[INIT].map(|at| start + at);
        self.end_cycles = start + end.unwrap_or_default();
        self.stalls.first_touch = counts.faults;
        self.stalls.cycles += counts.fault_cycles;
        self.stalls.read_wait_cycles = counts.read_wait + counts.order_wait;
        self.stalls.write_wait_cycles = counts.write_wait + counts.doorbell_wait;
        self.read_histogram = counts.read_latency;
        self.lines_read = counts.reads;
        self.lines_written = counts.writes;
        self.clears = counts.clears;
    }

    fn traffic(&mut self, written: Traffic) {
        self.bytes_written = written.bytes;
        self.zero_bytes_written = written.zero;
    }

    /// The same, `cycles` later: the boot behind the zeroing of all memory.
    fn delayed(&self, mode: Mode, cycles: u64, pages: u64) -> Self {
        let mut later = self.clone();
        later.mode = mode;
        later.first_instruction_cycles += cycles;
        later.end_cycles += cycles;
        later.init_cycles = later.init_cycles.map(|at| at + cycles);
        for phase in &mut later.phases {
            phase.cycles += cycles;
        }
        for sample in &mut later.samples {
            sample.cycle += cycles;
        }
        later.bytes_written += pages * PAGE_BYTES;
        later.zero_bytes_written += pages * PAGE_BYTES;
        later
    }

    /// Time to init over that of the ideal, less 1.
    pub fn slow_down(&self) -> Option<f64> {
        let (init, ideal) = (self.init_cycles?, self.ideal_init_cycles?);
        Some(init as f64 / ideal as f64 - 1.0)
    }
}

/// Stalls by their kind, as interrupts show them.
#[derive(Default)]
struct StallKinds {
    counted: u32,
    no_frame: u64,
    conversion_off: u64,
}

impl StallKinds {
    /// Counts the stalls since the last look as the one at the head of the queue; looking costs the guest nothing.
    fn look<B: Bus + Paced>(&mut self, node: &mut Driver<B>) -> Result<()> {
        let pace = node.bus().set_pace(0);
        if let Some(stall) = node.stall()? {
            let counted = node.gate_counters()?.stalls;
            let new = u64::from(counted.wrapping_sub(self.counted));
            self.counted = counted;
            match stall.kind {
                StallKind::NoFrame => self.no_frame += new,
                _ => self.conversion_off += new,
            }
        }
        node.bus().set_pace(pace);
        Ok(())
    }
}

/// A machine that is switched on, before the guest's first instruction.
struct Started<'m, B, S: Iterator<Item = Step>> {
    kernel: Kernel<&'m mut System<B, AnyMemory, Replayer<S>>>,
    parameters: Parameters,
    /// Cycles of the sweep.
    sweep: u64,
}

/// A run of the engine alone.
pub struct Zeroed {
    /// Cycles from the end of the sweep.
    pub cycles: u64,
    /// Those in which the engine moved a beat.
    pub busy: u64,
    /// Cycles of the sweep.
    pub sweep: u64,
}

/// Memory with ECC was never read before it was written in full.
fn written_first(store: &Store) -> Result<()> {
    let errors = store.ecc_errors();
    ensure!(
        errors == 0,
        "memory with ECC had to read what was never written, {errors} times"
    );
    Ok(())
}

/// What all modes share.
pub struct Boot<'a> {
    /// The setup.
    pub setup: &'a Setup,
    /// What the node runs on.
    pub target: Target,
    /// The program.
    pub program: Program<'a>,
    /// Cycles in which the core zeroes a page, and who says so.
    pub page_cycles: (f64, &'static str),
}

impl<'a> Boot<'a> {
    /// Makes the recording ready.
    ///
    /// # Errors
    /// A window that holds nothing, or a memory on which nobody measured the core.
    pub fn new(setup: &'a Setup, target: Target, recording: &'a Recording) -> Result<Self> {
        let all = recording.events.len();
        ensure!(
            setup.from < all,
            "the first event to replay is number {} (`from`), and {} has {all} of them",
            setup.from,
            recording.file
        );
        Ok(Self {
            setup,
            target,
            program: Self::program(setup, recording, setup.from, setup.events),
            page_cycles: setup.page_cycles()?,
        })
    }

    fn program(
        setup: &Setup,
        recording: &'a Recording,
        from: usize,
        events: Option<usize>,
    ) -> Program<'a> {
        let program = Program::new(recording, setup.pages() as u32, setup.run_lines);
        if from == 0 && events.is_none() {
            program
        } else {
            program.window(from, events.unwrap_or(usize::MAX))
        }
    }

    /// A processor at the beginning of the program.
    fn replayer<'p>(
        &self,
        program: &'p Program<'a>,
    ) -> Result<Replayer<impl Iterator<Item = Step> + use<'a, 'p>>> {
        let bus = self.setup.config()?.beat_bytes();
        let pages = self.setup.pages() as u32;
        let steps = program.steps();
        Ok(Replayer::new(
            steps,
            program.start(),
            &self.setup.processor,
            bus,
            pages,
        ))
    }

    /// Cycles that the program takes at least.
    #[allow(clippy::cast_sign_loss, reason = "neither factor is negative")]
    pub fn least(&self) -> u64 {
        (self.program.instructions() as f64 * self.setup.processor.cpi) as u64
    }

    /// Memory that was zero for free, or that a hypervisor zeroes at each first touch.
    ///
    /// # Errors
    /// Stale data, which would be a bug of the processor or of the memory.
    #[allow(clippy::cast_sign_loss, reason = "a page takes at least a cycle")]
    pub fn plain(&self, mode: Mode, progress: &mut dyn FnMut(u64)) -> Result<Outcome> {
        let setup = self.setup;
        let bytes = Bytes(setup.pages() << PAGE_SHIFT);
        let bus = setup.config()?.beat_bytes();
        let mut memory = setup.dram()?.build_sized(bus, bytes)?;
        memory.store_mut().zero_range(Rpa(0), bytes);
        let mut replayer = self.replayer(&self.program)?;
        if mode == Mode::LazySoftware {
            replayer = replayer.with_first_touch(FirstTouch {
                fault: setup.software.fault_cycles,
                page: self.page_cycles.0.round() as u64,
            });
        }
        let mut plain = Plain::new(replayer, memory);
        let mut outcome = Outcome::new(mode, setup, "model (memory without a node)".to_owned());
        let mut curve = Curve::new(self.least());
        let frames = |touched: u32| match mode {
            Mode::LazySoftware => touched.into(),
            _ => setup.memory.pages(),
        };
        while !plain.replayer.finished() {
            let cycle = plain.replayer.cycle();
            curve.push(Sample {
                cycle,
                frames: frames(plain.replayer.counts.touched),
                pool: 0,
            });
            progress(cycle);
            ensure!(
                plain.run(cycle.saturating_add(curve.pitch)),
                "the processor waits for ever in cycle {}",
                plain.replayer.cycle()
            );
            if let Some(error) = &plain.replayer.error {
                return Err(error.clone()).context("replay on memory alone");
            }
        }
        outcome.samples = curve.points;
        let replayer = &plain.replayer;
        outcome.guest(0, &replayer.phases, replayer.end, &replayer.counts);
        outcome.traffic(plain.written);
        outcome.frames_peak = frames(replayer.counts.touched);
        outcome.frames_end = outcome.frames_peak;
        if mode == Mode::LazySoftware {
            outcome.histogram = replayer.counts.fault_latency;
            outcome.software_page_cycles = Some(self.page_cycles.0);
            outcome.origin = format!(
                "model; first touches: {} cycles (assumed) and {} for the page ({})",
                setup.software.fault_cycles, self.page_cycles.0, self.page_cycles.1
            );
        }
        outcome.pages_compared = replayer
            .compare(plain.memory.store(), |gfn| {
                Some(Rpa(u64::from(gfn) << PAGE_SHIFT))
            })
            .context("contents at the end")?;
        Ok(outcome)
    }

    /// All memory zeroed by the core first, then as `ideal`.
    #[allow(clippy::cast_sign_loss, reason = "no factor is negative")]
    pub fn eager_software(&self, ideal: &Outcome) -> Outcome {
        let pages = self.setup.memory.pages();
        let (each, origin) = self.page_cycles;
        let cycles = (pages as f64 * each) as u64;
        let mut outcome = ideal.delayed(Mode::EagerSoftware, cycles, pages);
        outcome.software_page_cycles = Some(each);
        outcome.origin = format!(
            "derived: {each} cycles a page ({origin}) for all pages, then the boot of `ideal` ({})",
            ideal.origin
        );
        outcome
    }

    /// Frames that the engine zeroes in a run of [`Self::eager_engine`].
    pub fn eager_frames(&self) -> u32 {
        let most = if self.target == Target::Model {
            EAGER_MODEL
        } else {
            EAGER_RTL
        };
        self.setup.memory.pages().min(most.into()) as u32
    }

    /// All memory zeroed by the engine first, then as `ideal`.
    ///
    /// # Errors
    /// A fault of the node, or an engine that hangs.
    pub fn eager_engine(&self, ideal: &Outcome, progress: &mut dyn FnMut(u64)) -> Result<Outcome> {
        let pages = self.setup.memory.pages();
        let frames = self.eager_frames();
        let Zeroed {
            cycles,
            busy,
            sweep,
        } = self.zero_all(frames, progress)?;
        let each = cycles as f64 / f64::from(frames);
        let total = (u128::from(cycles) * u128::from(pages) / u128::from(frames)) as u64;
        let mut outcome = ideal.delayed(Mode::EagerEngine, total, pages);
        outcome.sweep_cycles = sweep;
        let busy_cycles = busy * pages / u64::from(frames);
        outcome.engine = Some(Engine {
            frames: pages,
            busy_cycles,
            utilisation: busy_cycles as f64 / outcome.end_cycles as f64,
            cycles_per_page: each,
        });
        let share = if u64::from(frames) == pages {
            String::new()
        } else {
            format!(", {frames} frames, the others derived")
        };
        outcome.origin = format!(
            "zeroing: {}{share}; then the boot of `ideal` ({})",
            self.target.origin(),
            ideal.origin
        );
        Ok(outcome)
    }

    /// Dormant memory.
    ///
    /// # Errors
    /// Stale data, a broken rule of the bus, a difference between model and RTL, or a command that failed.
    pub fn dormant(&self, progress: &mut dyn FnMut(u64)) -> Result<Outcome> {
        let config = self.setup.config()?;
        let memory = self.setup.dram()?.build(&config)?;
        let replayer = self
            .replayer(&self.program)?
            .with_zeroing(self.setup.zeroing);
        match self.target {
            Target::Model => {
                let machine = System::with_guests(Node::new(&config)?, memory, replayer);
                self.wake(machine.skipping(), progress)
            }
            #[cfg(feature = "rtl")]
            Target::Rtl | Target::Lockstep => {
                let machine = System::with_guests(
                    self.target.node(crate::target::BOOT_SET)?,
                    memory,
                    replayer,
                );
                self.wake(machine, progress)
            }
            #[cfg(not(feature = "rtl"))]
            _ => Err(crate::target::no_rtl()),
        }
    }

    fn wake<B: Backend, S: Iterator<Item = Step>>(
        &self,
        mut machine: System<B, AnyMemory, Replayer<S>>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Outcome> {
        let result = self.live(&mut machine, progress);
        // What stopped the machine says more than the access that failed of it.
        machine
            .check()
            .with_context(|| format!("dormant, cycle {}", machine.cycle()))?;
        let mut outcome = result?;
        let pages = self.setup.pages() as u32;
        let mut driver = Driver::probe(&mut machine)?;
        // What the engine has begun is ended.
        driver.disable()?;
        while driver.zeroing()? != 0 {
            driver.bus().idle(SETTLE);
        }
        driver.bus().idle(SETTLE);
        let mut places = vec![None; pages as usize];
        // The tags are asked only for pages that hold something; that the others are zero is what tests of the node show.
        for gfn in 0..pages {
            if driver.bus().guests.holds(gfn) {
                places[gfn as usize] = match driver.query_page(Gfn(gfn))? {
                    PageState::Resident(rfn) => Some(rfn),
                    state => bail!("page {gfn} holds data, and its tag says {state:?}"),
                };
            }
        }
        machine.finish()?;
        written_first(machine.memory.store())?;
        outcome.pages_compared = machine
            .guests
            .compare(machine.memory.store(), |gfn| {
                places[gfn as usize].map(|rfn| Rpa(u64::from(rfn.0) << PAGE_SHIFT))
            })
            .context("contents at the end")?;
        Ok(outcome)
    }

    /// Waits for the sweep, then does what firmware does at power-on, as far as zeroing is concerned.
    fn start<'m, B: Backend, S: Iterator<Item = Step>>(
        &self,
        machine: &'m mut System<B, AnyMemory, Replayer<S>>,
    ) -> Result<Started<'m, B, S>> {
        let (policy, firmware) = (&self.setup.policy, &self.setup.firmware);
        let mut driver = Driver::probe(machine)?;
        driver.wait_ready(driver.parameters().sweep_cycles())?;
        driver.bus().pace = firmware.access_cycles;
        let sweep = driver.bus().cycle();
        let driver = Driver::probe(driver.release_bus())?;
        let parameters = *driver.parameters();
        let mut kernel = Kernel::start(driver, self.pool_policy(), self.limits())
            .context("settings in `firmware`")?;
        if policy.cap_interval != 0 {
            let throttle = Throttle {
                interval: policy.cap_interval,
                depth: policy.cap_depth,
            };
            let set = kernel.node().set_throttle(throttle);
            set.context("policy.cap_interval and policy.cap_depth")?;
        }
        kernel
            .start_machine(NodeId(parameters.node_id), self.guest_policy(&parameters))
            .context("settings in `policy`")?;
        Ok(Started {
            kernel,
            parameters,
            sweep,
        })
    }

    /// Power-on on the model, to find settings that firmware or node refuse.
    ///
    /// # Errors
    /// The setting, and why it cannot be.
    pub fn rehearse(&self) -> Result<()> {
        let config = self.setup.config()?;
        let memory = self.setup.dram()?.build(&config)?;
        let mut machine =
            System::with_guests(Node::new(&config)?, memory, self.nobody()?).skipping();
        self.start(&mut machine).map(drop)
    }

    fn live<B: Backend, S: Iterator<Item = Step>>(
        &self,
        machine: &mut System<B, AnyMemory, Replayer<S>>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Outcome> {
        let (setup, firmware) = (self.setup, &self.setup.firmware);
        let mut outcome = Outcome::new(Mode::Dormant, setup, self.target.origin().to_owned());
        let Started {
            mut kernel,
            parameters,
            sweep,
        } = self.start(machine)?;
        outcome.sweep_cycles = sweep;
        let on = sweep;
        kernel.node().bus().start();
        let start = kernel.node().bus().cycle() - on;

        let mut stalls = StallKinds::default();
        let mut curve = Curve::new(self.least());
        let (mut sample, mut poll) = (on + start, on + start);
        loop {
            let limit = sample.min(poll);
            let machine = kernel.node().bus();
            let step = match machine.run(limit) {
                Event::Finished | Event::Stopped => break,
                Event::Interrupt => {
                    stalls.look(kernel.node())?;
                    kernel.on_interrupt()?
                }
                Event::Doorbell(gfn) => {
                    // The guest's own accesses, on its own hart.
                    machine.pace = 0;
                    kernel.node().zero_page(Gfn(gfn))?;
                    let machine = kernel.node().bus();
                    machine.pace = firmware.access_cycles;
                    machine.guests.rung();
                    continue;
                }
                Event::Limit if machine.cycle() >= sample => {
                    let cycle = machine.cycle() - on;
                    progress(cycle);
                    let point = Self::look(&mut kernel, cycle)?;
                    outcome.frames_peak = outcome.frames_peak.max(point.frames);
                    curve.push(point);
                    sample += curve.pitch;
                    continue;
                }
                Event::Limit => kernel.poll()?,
            };
            let now = kernel.node().bus().cycle();
            poll = if step.more {
                now
            } else {
                now + firmware.poll_cycles
            };
        }
        let machine = kernel.node().bus();
        machine.check()?;
        let end = machine.cycle() - on;
        machine.pace = 0;
        outcome.guest(
            start,
            &machine.guests.phases,
            machine.guests.end,
            &machine.guests.counts,
        );
        outcome.traffic(machine.written);
        if let Some([soon, later, late, ever]) = machine.tags.as_ref().and_then(TagWatch::again) {
            outcome.thrash = Thrash {
                within_1k: Some(soon),
                within_10k: Some(later),
                within_100k: Some(late),
                ever: Some(ever),
                redormanted: 0,
            };
        }
        let point = Self::look(&mut kernel, end)?;
        outcome.frames_peak = outcome.frames_peak.max(point.frames);
        outcome.frames_end = point.frames;
        curve.points.push(point);
        outcome.samples = curve.points;
        let node = kernel.node();
        if let Some(peak) = node.bus().tags.as_ref().and_then(TagWatch::peak) {
            outcome.frames_peak = peak.into();
        }
        let counters = node.gate_counters()?;
        let (conversion, stall) = (node.conversion_histogram()?, node.stall_histogram()?);
        outcome.histogram = conversion.bins.map(u64::from);
        outcome.stall_histogram = stall.bins.map(u64::from);
        outcome.writes_elided = counters.elided_writes.into();
        let answered = u64::from(counters.zero_reads) + u64::from(counters.elided_writes);
        let resident = (outcome.lines_read + outcome.lines_written).saturating_sub(answered);
        let misses = u64::from(counters.translation_misses);
        outcome.conversions = Conversions {
            pool: counters.fast_conversions.into(),
            on_demand: counters.demand_conversions.into(),
            zero_reads: counters.zero_reads.into(),
            resident_accesses: resident,
            translation_misses: misses,
            translation_miss_share: misses as f64 / (resident as f64).max(1.0),
            redormanted_stores: counters.redormanted_stores.into(),
            redormanted_doorbell: counters.redormanted_doorbell.into(),
        };
        let redormanted = counters.redormanted_stores + counters.redormanted_doorbell;
        outcome.thrash.redormanted = redormanted.into();
        outcome.stalls.firmware = counters.stalls.into();
        outcome.stalls.no_frame = stalls.no_frame;
        outcome.stalls.conversion_off = stalls.conversion_off;
        outcome.stalls.on_demand = counters.demand_conversions.into();
        let cycles = node.cycles()?;
        let frames = node.frames_zeroed()?;
        let worked = cycles.busy + cycles.w_stalled + cycles.aw_stalled + cycles.b_wait;
        outcome.engine = Some(Engine {
            frames: frames.into(),
            busy_cycles: cycles.busy,
            utilisation: cycles.busy as f64 / end as f64,
            cycles_per_page: worked as f64 / f64::from(frames.max(1)),
        });
        let audit = node.audit(4)?;
        ensure!(
            audit.sum() == u64::from(parameters.real_frames),
            "frames got lost: {audit:?}"
        );
        Ok(outcome)
    }

    /// Frames and pool in this cycle, as registers tell; looking costs the guest nothing.
    fn look<B: Bus + Paced>(kernel: &mut Kernel<B>, cycle: u64) -> Result<Sample> {
        let node = kernel.node();
        let pace = node.bus().set_pace(0);
        let sample = Sample {
            cycle,
            frames: node.mapped()?.into(),
            pool: node.pool_level()?,
        };
        node.bus().set_pace(pace);
        Ok(sample)
    }

    fn pool_policy(&self) -> PoolPolicy {
        let firmware = &self.setup.firmware;
        PoolPolicy {
            low: firmware.low,
            high: firmware.high,
            reserve: 0,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            backlog: self.setup.firmware.backlog,
            ..Limits::default()
        }
    }

    fn guest_policy(&self, parameters: &Parameters) -> GuestPolicy {
        let policy = &self.setup.policy;
        let mut hardware = HardwarePolicy::default();
        for (bit, on) in [
            (HardwarePolicy::CONVERT_ON_READ, policy.convert_on_read),
            (HardwarePolicy::ELIDE, policy.elide),
            (HardwarePolicy::DETECT, policy.detect),
            (HardwarePolicy::HW_CONVERT, policy.hw_convert),
        ] {
            hardware.set(bit, on);
        }
        GuestPolicy {
            hardware,
            redormant_delay: policy.redormant_delay,
            ..GuestPolicy::for_node(parameters)
        }
    }

    /// Has the engine zero so many frames, fed by firmware.
    fn zero_all(&self, frames: u32, progress: &mut dyn FnMut(u64)) -> Result<Zeroed> {
        let config = self.setup.config()?;
        let memory = self.setup.dram()?.build(&config)?;
        match self.target {
            Target::Model => {
                let node = Node::new(&config)?;
                self.feed(
                    System::with_guests(node, memory, self.nobody()?).skipping(),
                    frames,
                    progress,
                )
            }
            #[cfg(feature = "rtl")]
            Target::Rtl | Target::Lockstep => {
                let node = self.target.node(crate::target::BOOT_SET)?;
                self.feed(
                    System::with_guests(node, memory, self.nobody()?),
                    frames,
                    progress,
                )
            }
            #[cfg(not(feature = "rtl"))]
            _ => Err(crate::target::no_rtl()),
        }
    }

    /// A processor that never begins.
    fn nobody(&self) -> Result<Replayer<std::iter::Empty<Step>>> {
        let bus = self.setup.config()?.beat_bytes();
        Ok(Replayer::new(
            std::iter::empty(),
            0,
            &self.setup.processor,
            bus,
            0,
        ))
    }

    fn feed<B: Backend>(
        &self,
        mut machine: System<B, AnyMemory, Replayer<std::iter::Empty<Step>>>,
        frames: u32,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Zeroed> {
        let pace = self.setup.firmware.access_cycles;
        let result = feed_frames(&mut machine, frames, pace, progress);
        // What stopped the machine says more than the access that failed of it.
        machine.check()?;
        let zeroed = result?;
        written_first(machine.memory.store())?;
        let (all, page) = (u64::from(frames), Bytes(PAGE_BYTES));
        for frame in [0, all / 2, all - 1] {
            let zero = machine
                .memory
                .store()
                .is_zero(Rpa(frame << PAGE_SHIFT), page);
            ensure!(zero, "frame {frame} is not zero at the end");
        }
        Ok(zeroed)
    }
}

/// Has the engine zero the first `frames` frames, fed by firmware that lets `pace` cycles pass between two accesses.
///
/// # Errors
/// A command failed, or the engine hangs.
pub fn feed_frames<B: Backend, M: Memory, G: Guests>(
    machine: &mut System<B, M, G>,
    frames: u32,
    pace: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Zeroed> {
    let mut driver = Driver::probe(machine)?;
    let real = driver.parameters().real_frames;
    driver.wait_ready(real.saturating_add(64))?;
    // The sweep over the tables is no zeroing: it is the same in every mode that has a node.
    let sweep = driver.bus().cycle();
    driver.bus().pace = pace;
    driver.enable()?;
    let start = driver.bus().cycle();
    let busy = driver.cycles()?.busy;
    let feed = FEED.min(
        driver
            .parameters()
            .queue_depth
            .min(driver.parameters().pool_depth),
    );
    let (mut queued, mut taken) = (0, 0);
    let mut last = start;
    while taken < frames {
        while queued < frames && queued - taken < feed {
            driver.queue(Rfn(queued))?;
            queued += 1;
        }
        let level = driver.pool_level()?;
        for _ in 0..level {
            driver.take()?;
            taken += 1;
        }
        let cycle = driver.bus().cycle();
        if level > 0 {
            last = cycle;
            progress(taken.into());
        }
        if cycle - last > PATIENCE {
            bail!("the engine hangs: {taken} of {frames} frames in {PATIENCE} cycles");
        }
    }
    let cycles = driver.bus().cycle() - start;
    let busy = driver.cycles()?.busy - busy;
    Ok(Zeroed {
        cycles,
        busy,
        sweep,
    })
}
