//! What the integration tests share: what a test builds on each target, and a memory that takes notes.
#![allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "each test binary uses a part of it"
)]

use dormouse_driver::{
    Bus, BusError, CommandError, FrameCounts, FrameState, Gfn, Irq, Node, PageState, Rfn,
    regs::{self, Register},
};
use dormouse_model::axi::{AxiReq, AxiResp};
pub use dormouse_testbench::target::Target;
use dormouse_testbench::{
    backend::Backend,
    memory::{Bytes, IdealParams, Memory, MemorySpec, Rpa, Store},
    shadow::{Gpa, Outcome},
    system::System,
    vcpu::{Burst, Fill, Op, Strobes, VcpuParams},
};

/// Makes of each body one test for the model, one for the RTL and one for both in lockstep. The RTL is there when
/// the feature `rtl` is; nothing else is left out anywhere.
macro_rules! on_every_backend {
    ($($(#[$attribute:meta])* fn $name:ident($target:ident) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn run($target: $crate::common::Target) $body

            #[test]
            fn on_the_model() {
                run($crate::common::Target::Model);
            }

            #[cfg(feature = "rtl")]
            #[test]
            fn on_the_rtl() {
                run($crate::common::Target::Rtl);
            }

            #[cfg(feature = "rtl")]
            #[test]
            fn in_lockstep() {
                run($crate::common::Target::Lockstep);
            }
        }
    )+};
}

/// What tests build on a target.
pub trait Build {
    /// The node after reset, on a memory.
    fn bench(self, set: &str, memory: &MemorySpec) -> Bench;
    /// The node when its sweep is over, with the driver on it.
    fn driver(self, set: &str, memory: &MemorySpec) -> Driver;
    /// The same with a vCPU on every port.
    fn guests(self, set: &str, memory: &MemorySpec, params: &VcpuParams) -> Driver;
}

impl Build for Target {
    fn bench(self, set: &str, memory: &MemorySpec) -> Bench {
        let node = self.node(set).expect("a set of sets.toml");
        let memory = memory.build(node.config()).expect("a legal memory");
        Bench(System::new(
            node,
            Watch {
                inner: memory,
                log: Log::default(),
            },
        ))
    }

    fn driver(self, set: &str, memory: &MemorySpec) -> Driver {
        ready(self.bench(set, memory))
    }

    fn guests(self, set: &str, memory: &MemorySpec, params: &VcpuParams) -> Driver {
        let Bench(system) = self.bench(set, memory);
        let ports = usize::from(system.node.config().ports);
        ready(Bench(system.with_vcpus(&vec![params.clone(); ports])))
    }
}

/// The driver, when the sweep is over.
fn ready(bench: Bench) -> Driver {
    let mut driver = Node::probe(bench).expect("a node");
    driver
        .wait_ready(driver.parameters().sweep_cycles())
        .expect("the sweep ends");
    driver
}

/// An ideal memory of some B latency.
pub fn ideal(b_latency: u32) -> MemorySpec {
    MemorySpec::Ideal(IdealParams {
        b_latency,
        ..IdealParams::default()
    })
}

/// What was seen on the memory port, counted apart from the node: one of the first five in every cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    pub busy: u64,
    pub w_stalled: u64,
    pub aw_stalled: u64,
    pub b_wait: u64,
    pub rest: u64,
    /// Cycle and address of every burst accepted.
    pub bursts: Vec<(u64, u64)>,
    /// Cycle and code of every response taken.
    pub answers: Vec<(u64, u8)>,
    pub cycle: u64,
}

/// A memory that takes notes.
pub struct Watch {
    inner: Box<dyn Memory + Send>,
    pub log: Log,
}

impl Memory for Watch {
    fn outputs(&self) -> &AxiResp {
        self.inner.outputs()
    }

    fn clock(&mut self, req: &AxiReq) {
        let out = *self.inner.outputs();
        let log = &mut self.log;
        let awaited = log.bursts.len() + usize::from(req.aw_valid) > log.answers.len();
        let class = match (req.w_valid, req.aw_valid && !out.aw_ready) {
            (true, _) if out.w_ready => &mut log.busy,
            (true, _) => &mut log.w_stalled,
            (false, true) => &mut log.aw_stalled,
            (false, false) if awaited => &mut log.b_wait,
            (false, false) => &mut log.rest,
        };
        *class += 1;
        if req.aw_valid && out.aw_ready {
            log.bursts.push((log.cycle, req.aw.addr));
        }
        if out.b_valid && req.b_ready {
            log.answers.push((log.cycle, out.b.resp));
        }
        log.cycle += 1;
        self.inner.clock(req);
    }

    fn store(&self) -> &Store {
        self.inner.store()
    }

    fn store_mut(&mut self) -> &mut Store {
        self.inner.store_mut()
    }

    fn in_flight(&self) -> usize {
        self.inner.in_flight()
    }
}

/// A node on a memory, as a bus for the driver. A difference between model and RTL, a failed assertion and a broken
/// bus rule end the test at once.
pub struct Bench(pub System<Box<dyn Backend>, Watch>);

pub type Driver = Node<Bench>;

impl Bench {
    #[track_caller]
    pub fn alive(&mut self) {
        if let Err(fault) = self.0.check() {
            panic!("{fault}");
        }
    }

    pub fn idle(&mut self, cycles: u64) {
        self.0.idle(cycles);
        self.alive();
    }

    /// Runs until `done`, which must come within `limit` cycles.
    #[track_caller]
    pub fn until(
        &mut self,
        limit: u64,
        done: impl FnMut(&mut System<Box<dyn Backend>, Watch>) -> bool,
    ) {
        let end = self.0.cycle() + limit;
        let reached = self.0.run_until(end, done);
        self.alive();
        assert!(reached, "not within {limit} cycles");
    }

    pub fn zeroing(&self) -> u32 {
        self.0.node.zeroing().expect("a build that shows it")
    }

    pub fn irq(&mut self) -> bool {
        self.0.irq()
    }

    pub fn log(&self) -> &Log {
        &self.0.memory.log
    }

    /// Whether the frame is zero in memory, from end to end.
    pub fn is_zero(&self, rfn: Rfn) -> bool {
        let config = self.0.node.config();
        let start = Rpa(u64::from(rfn.0) << config.page_shift);
        self.0
            .memory
            .store()
            .is_zero(start, Bytes(config.page_bytes().into()))
    }

    /// Fills the frame with what is not zero.
    pub fn dirty(&mut self, rfn: Rfn) {
        let config = self.0.node.config();
        let (start, bytes) = (u64::from(rfn.0) << config.page_shift, config.page_bytes());
        self.0
            .memory
            .store_mut()
            .fill(Rpa(start), Bytes(bytes.into()), 0xA5);
    }

    /// The first address of a page.
    pub fn page(&self, gfn: u32) -> u64 {
        u64::from(gfn) << self.0.node.config().page_shift
    }

    fn beat(&self, gfn: u32) -> Burst {
        let bus = self.0.node.config().beat_bytes();
        Burst::line(Gpa(self.page(gfn)), bus, bus)
    }

    /// A write of one beat to the page's first bytes.
    pub fn store(&self, gfn: u32, value: u64) -> Op {
        Op::Write {
            burst: self.beat(gfn),
            fill: Fill::Value(value),
            strobes: Strobes::All,
        }
    }

    /// A read of the page's first beat.
    pub fn load(&self, gfn: u32) -> Op {
        Op::Read(self.beat(gfn))
    }

    /// Zero stores over the whole page.
    pub fn clear(&self, gfn: u32) -> Op {
        let config = self.0.node.config();
        Op::Clear {
            addr: self.page(gfn),
            bytes: config.page_bytes(),
            line: config.beat_bytes() as u16,
            id: 0,
        }
    }

    /// Starts a program on a port.
    pub fn run(&mut self, port: usize, program: &[Op]) {
        self.0.guests.vcpus[port].run(program.into());
    }

    /// Runs until every vCPU has ended its program, which must come within `limit` cycles.
    #[track_caller]
    pub fn until_done(&mut self, limit: u64) {
        self.until(limit, |system| system.guests.done());
    }

    /// Read beats and write bursts of a port that were answered with an error.
    pub fn errors(&self, port: usize) -> u64 {
        self.0.guests.vcpus[port].stats().errors
    }

    /// The frames that bursts went to, one after the other, without repetition of neighbours.
    pub fn frames_written(&self) -> Vec<Rfn> {
        let shift = self.0.node.config().page_shift;
        let mut frames: Vec<_> = self
            .log()
            .bursts
            .iter()
            .map(|(_, addr)| Rfn((addr >> shift) as u32))
            .collect();
        frames.dedup();
        frames
    }
}

impl Bus for Bench {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        let result = self.0.read_raw(offset);
        self.alive();
        result
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        let result = self.0.write_raw(offset, value, 0b1111);
        self.alive();
        result
    }
}

/// Does what must be refused, and checks that it counts as `errors` command errors, raises `irq` and changes nothing.
#[track_caller]
pub fn refused<T>(
    driver: &mut Driver,
    errors: u32,
    irq: Irq,
    what: impl FnOnce(&mut Driver) -> T,
) -> T {
    let before = driver.snapshot();
    driver.clear_irq(Irq::all()).unwrap();
    let counted = driver.command_errors().unwrap();
    let busy = driver.bus().log().busy;
    let result = what(driver);
    assert_eq!(driver.irq().unwrap(), irq);
    assert_eq!(driver.command_errors().unwrap(), counted + errors);
    assert_eq!(
        driver.snapshot(),
        before,
        "a refused access changes nothing"
    );
    assert_eq!(
        driver.bus().log().busy,
        busy,
        "and writes nothing to memory"
    );
    driver.audit(1).expect("no frame is lost");
    result
}

/// Pages that a [`Snapshot`] shows at most.
const PAGES: u32 = 16;

/// What a refused access must leave alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub registers: Vec<(&'static str, u32)>,
    pub states: Vec<FrameState>,
    pub pages: Vec<PageState>,
}

/// What tests do with a driver over and over.
pub trait Extra {
    /// Runs until memory and engine have been at rest for a while.
    fn settle(&mut self);
    /// The state of every frame.
    fn states(&mut self) -> Vec<FrameState>;
    /// The state of the first pages.
    fn pages(&mut self) -> Vec<PageState>;
    /// The registers that a refused access must leave alone, the state of every frame and of the first pages.
    fn snapshot(&mut self) -> Snapshot;
    /// Checks that no frame is lost or in two places, and that every frame called zeroed is.
    fn nothing_lost(&mut self) -> FrameCounts;
    /// Checks that every page holds what the guests may read in it; poisoned, bad and away ones may hold anything.
    fn pages_are_right(&mut self);
    /// The doorbell by firmware's hand, with the guests' knowledge.
    fn ring(&mut self, gfn: u32) -> Result<(), CommandError>;
    /// The same at the end of a test, when nothing may be in flight either.
    fn finish(self);
}

impl Extra for Driver {
    #[track_caller]
    fn settle(&mut self) {
        let bench = self.bus();
        let end = bench.0.cycle() + 4_000_000;
        let mut quiet = 0;
        while quiet < 8 {
            bench.idle(16);
            let rest = bench.zeroing() == 0 && bench.0.memory.in_flight() == 0;
            quiet = if rest { quiet + 1 } else { 0 };
            assert!(bench.0.cycle() < end, "the engine does not come to rest");
        }
    }

    fn states(&mut self) -> Vec<FrameState> {
        (0..self.parameters().real_frames)
            .map(|rfn| self.query(Rfn(rfn)).expect("a frame"))
            .collect()
    }

    fn pages(&mut self) -> Vec<PageState> {
        let count = self.parameters().guest_pages.min(PAGES);
        let mut states = Vec::new();
        self.query_range(Gfn(0)..Gfn(count), |_, state| states.push(state))
            .expect("pages");
        states
    }

    fn snapshot(&mut self) -> Snapshot {
        let states = self.states();
        let pages = self.pages();
        let moving = |name: &str| {
            let names = ["RESULT", "ARG", "PAGE", "OWNER", "CMD_ERRORS", "IRQ_STATUS"];
            name.starts_with("CYCLES_") || names.contains(&name)
        };
        let registers = regs::REGISTERS
            .iter()
            .filter(|info| info.readable && !moving(info.name));
        let read = |info: &regs::RegisterInfo| {
            (
                info.name,
                self.bus().read(info.offset).expect("a readable register"),
            )
        };
        let registers = registers.map(read).collect();
        Snapshot {
            registers,
            states,
            pages,
        }
    }

    #[track_caller]
    fn nothing_lost(&mut self) -> FrameCounts {
        let counts = self.audit(1).expect("the counts sum to the real frames");
        let states = self.states();
        let of = |state| states.iter().filter(|s| **s == state).count() as u32;
        let seen = FrameCounts {
            dirty: of(FrameState::Dirty),
            queued: of(FrameState::Queued),
            zeroing: of(FrameState::Zeroing),
            zeroed: of(FrameState::Zeroed),
            held: of(FrameState::Held),
            bad: of(FrameState::Bad),
            mapped: of(FrameState::Mapped),
            claimed: of(FrameState::Claimed),
            moving: of(FrameState::Moving),
            filled: of(FrameState::Filled),
        };
        // A damaged frame is called bad and counted in the state that it had. One that is lost is counted as bad, and
        // nobody knows which it is.
        let lost = self.lost().expect("a register");
        let damaged = (0..)
            .zip(&states)
            .filter(|(_, state)| **state == FrameState::Bad)
            .filter(|(rfn, _)| self.query_frame(Rfn(*rfn)).expect("a frame").damaged)
            .count();
        if lost == 0 && damaged == 0 {
            assert_eq!(counts, seen, "the counts are those of the frames' states");
        }
        let called_bad = seen.bad as usize - damaged;
        assert!(
            counts.bad as usize >= called_bad + lost as usize,
            "{states:?}"
        );
        assert!(
            counts.bad as usize <= called_bad + lost as usize + damaged,
            "{states:?}"
        );
        for (rfn, _) in (0..)
            .zip(&states)
            .filter(|(_, state)| **state == FrameState::Zeroed)
        {
            assert!(
                self.bus().is_zero(Rfn(rfn)),
                "frame {rfn} is called zeroed and is not"
            );
        }
        counts
    }

    #[track_caller]
    fn pages_are_right(&mut self) {
        let shift = self.parameters().page_shift;
        for gfn in 0..self.parameters().guest_pages {
            let state = self.query_page(Gfn(gfn)).expect("a page");
            let System { memory, guests, .. } = &mut self.bus().0;
            let shadow = &mut guests.shadow;
            let result = match state {
                PageState::Dormant => shadow.check_page(0, gfn.into(), |_| 0),
                PageState::Resident(rfn) => {
                    let start = u64::from(rfn.0) << shift;
                    let store = memory.store();
                    shadow.check_page(0, gfn.into(), |offset| store.byte(Rpa(start + offset)))
                }
                PageState::Away(_) | PageState::Bad => Ok(()),
            };
            if let Err(stale) = result {
                panic!("page {gfn}: {stale}");
            }
        }
    }

    fn ring(&mut self, gfn: u32) -> Result<(), CommandError> {
        let system = &mut self.bus().0;
        let cycle = system.cycle();
        let token = system.guests.shadow.begin_zero(None, cycle, gfn.into());
        let result = self.zero_page(Gfn(gfn));
        let outcome = if result.is_ok() {
            Outcome::Done
        } else {
            Outcome::Refused
        };
        let system = &mut self.bus().0;
        let cycle = system.cycle();
        system.guests.shadow.end_zero(token, cycle, outcome);
        result
    }

    #[track_caller]
    fn finish(mut self) {
        self.settle();
        self.nothing_lost();
        let mut bench = self.release_bus();
        if let Err(fault) = bench.0.finish() {
            panic!("{fault}");
        }
    }
}
