//! `dormouse latency`: what a guest waits for, in cycles, at the edges of the node: P5 to P9 of the performance contract.
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

use std::collections::VecDeque;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use dormouse_driver::{
    Bus, Gfn, Node as Driver, PageMark, Rfn, Status,
    regs::{FrameCmd, PageCmd, Register, ResultReg, WaterHigh},
};
use dormouse_model::{
    Config, NodeIn, NodeOut,
    axi::{AxilReq, AxilResp, OKAY},
};
use dormouse_testbench::{
    backend::Backend,
    lockstep::Difference,
    memory::{IdealParams, Memory, MemorySpec},
    shadow::{Gpa, Outcome},
    system::System,
    vcpu::{Burst, Fill, Op, Strobes, VcpuParams},
};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::{Target, bench::table};

/// Cycles that the gate may add to a resident access (P5).
const RESIDENT: u64 = 1;
/// Cycles from AR to the first R beat of a dormant page, at most (P6).
const READ_DORMANT: u64 = 3;
/// Cycles from AW to AW of a dormant page while the pool has a frame, at most (P7).
const WRITE_DORMANT: u64 = 4;
/// Cycles beyond the beats of a page and the B latency while it has none, at most (P8).
const ON_DEMAND: u64 = 16;
/// Cycles of a mark of all pages, at most (P9).
const MARK_ALL: u64 = 64;

/// B latencies of P8.
const B_LATENCIES: [u32; 3] = [4, 32, 100];
/// B and R latency of the memory elsewhere.
const LATENCY: u32 = 4;
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
/// Reads in a row that watch a page change.
const WATCHERS: u64 = 400;
/// Values of `REDORMANT_DELAY`; the last is the one after reset.
const DELAYS: [u32; 3] = [0, 16, 1024];

/// Options of `dormouse latency`.
#[derive(Parser)]
pub struct Args {
    /// What the node runs on.
    #[arg(long, value_enum, default_value = "rtl")]
    backend: Target,
    /// Prints one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

// ---------------------------------------------------------------------------------------- what is seen

/// One channel: when its transfers were offered, when the first of each burst was, and when they were taken.
#[derive(Default)]
struct Wire {
    offered: Vec<u64>,
    starts: Vec<u64>,
    taken: Vec<u64>,
    waits: bool,
    within: bool,
}

impl Wire {
    /// One cycle; returns whether a transfer is offered for the first time.
    fn see(&mut self, cycle: u64, valid: bool, ready: bool, last: bool) -> bool {
        let new = valid && !self.waits;
        if new {
            self.offered.push(cycle);
            if !self.within {
                self.starts.push(cycle);
            }
            self.within = !last;
        }
        if valid && ready {
            self.taken.push(cycle);
        }
        self.waits = valid && !ready;
        new
    }
}

/// A port, and its part of the memory port, `m_*`.
#[derive(Default)]
struct Port {
    ar: Wire,
    aw: Wire,
    w: Wire,
    r: Wire,
    b: Wire,
    m_ar: Wire,
    m_aw: Wire,
    m_w: Wire,
    m_r: Wire,
    m_b: Wire,
    /// The first beat that is not zero of every write burst that has one.
    nonzero: Vec<u64>,
    zero_so_far: bool,
    /// Whether each read burst was answered with OKAY.
    okay: Vec<bool>,
}

/// A node whose wires are watched.
struct Probe {
    node: Box<dyn Backend>,
    cycle: u64,
    ports: Vec<Port>,
    /// Write addresses on the memory port, and the sources of those whose data is not all sent.
    m_aw: Wire,
    writers: VecDeque<u32>,
    /// Transfers on the memory port, of any channel.
    memory_beats: u64,
    cmd_address: Option<u16>,
    cmd_data: bool,
    read_address: u16,
    /// When writes of CMD were taken, and when RESULT was read as not busy.
    commands: Vec<u64>,
    results: Vec<u64>,
}

impl Probe {
    fn new(node: Box<dyn Backend>) -> Self {
        let mut probe = Self {
            node,
            cycle: 0,
            ports: Vec::new(),
            m_aw: Wire::default(),
            writers: VecDeque::new(),
            memory_beats: 0,
            cmd_address: None,
            cmd_data: false,
            read_address: 0,
            commands: Vec::new(),
            results: Vec::new(),
        };
        probe.forget();
        probe
    }

    /// Forgets what was seen, while no guest has anything under way.
    fn forget(&mut self) {
        let ports = usize::from(self.node.config().ports);
        self.ports = (0..ports).map(|_| Port::default()).collect();
        self.memory_beats = 0;
        self.commands.clear();
        self.results.clear();
    }

    fn look(&mut self, ins: &NodeIn, out: &NodeOut) {
        let cycle = self.cycle;
        self.cycle += 1;
        let (req, resp) = (&out.axi, &ins.axi);
        if self.m_aw.see(cycle, req.aw_valid, resp.aw_ready, true) {
            self.writers.push_back(req.aw.id);
        }
        let writer = self.writers.front().copied();
        let guests = ins.guests.iter().zip(&out.guests);
        for (source, ((guest, answer), port)) in (1u32..).zip(guests.zip(&mut self.ports)) {
            port.ar.see(cycle, guest.ar_valid, answer.ar_ready, true);
            port.aw.see(cycle, guest.aw_valid, answer.aw_ready, true);
            let starts = port.w.starts.len();
            if port
                .w
                .see(cycle, guest.w_valid, answer.w_ready, guest.w.last)
            {
                port.zero_so_far |= port.w.starts.len() != starts;
                if port.zero_so_far && guest.w.data != [0; 8] {
                    port.nonzero.push(cycle);
                    port.zero_so_far = false;
                }
            }
            port.r
                .see(cycle, answer.r_valid, guest.r_ready, answer.r.last);
            if answer.r_valid && guest.r_ready && answer.r.last {
                port.okay.push(answer.r.resp == OKAY);
            }
            port.b.see(cycle, answer.b_valid, guest.b_ready, true);

            let ar = req.ar_valid && req.ar.id == source;
            port.m_ar.see(cycle, ar, resp.ar_ready, true);
            let aw = req.aw_valid && req.aw.id == source;
            port.m_aw.see(cycle, aw, resp.aw_ready, true);
            let w = req.w_valid && writer == Some(source);
            port.m_w.see(cycle, w, resp.w_ready, req.w.last);
            let r = resp.r_valid && resp.r.id == source;
            port.m_r.see(cycle, r, req.r_ready, resp.r.last);
            let b = resp.b_valid && resp.b.id == source;
            port.m_b.see(cycle, b, req.b_ready, true);
        }
        if req.w_valid && resp.w_ready && req.w.last {
            self.writers.pop_front();
        }
        let moves = [
            req.ar_valid && resp.ar_ready,
            req.aw_valid && resp.aw_ready,
            req.w_valid && resp.w_ready,
            resp.r_valid && req.r_ready,
            resp.b_valid && req.b_ready,
        ];
        self.memory_beats += moves.iter().filter(|moves| **moves).count() as u64;
        self.look_at_registers(cycle, &ins.axil, &out.axil);
    }

    fn look_at_registers(&mut self, cycle: u64, req: &AxilReq, resp: &AxilResp) {
        if req.aw_valid && resp.aw_ready {
            self.cmd_address = Some(req.aw_addr);
        }
        self.cmd_data |= req.w_valid && resp.w_ready;
        if self.cmd_data
            && let Some(address) = self.cmd_address.take()
        {
            self.cmd_data = false;
            if address == FrameCmd::OFFSET || address == PageCmd::OFFSET {
                self.commands.push(cycle);
            }
        }
        if req.ar_valid && resp.ar_ready {
            self.read_address = req.ar_addr;
        }
        let read = resp.r_valid && req.r_ready && self.read_address == ResultReg::OFFSET;
        if read && !ResultReg(resp.r_data).busy() {
            self.results.push(cycle);
        }
    }

    /// When the only command was taken, and when its end was read.
    fn command(&self) -> Result<(u64, u64)> {
        let [taken] = self.commands[..] else {
            anyhow::bail!("{} commands instead of one", self.commands.len());
        };
        let mut ends = self.results.iter().filter(|end| **end > taken);
        let end = ends.next().context("the command does not end")?;
        Ok((taken, *end))
    }
}

impl Backend for Probe {
    fn config(&self) -> &Config {
        self.node.config()
    }

    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        self.node.outputs(ins)
    }

    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>> {
        let out = *self.node.outputs(ins);
        self.look(ins, &out);
        self.node.clock(ins)
    }

    fn zeroing(&self) -> Option<u32> {
        self.node.zeroing()
    }

    fn finish(&mut self) -> Result<(), Box<Difference>> {
        self.node.finish()
    }
}

// ------------------------------------------------------------------------------------- what is measured

/// The worst of what was seen, and where.
#[derive(Clone, Default, Serialize)]
struct Worst {
    /// The most.
    cycles: u64,
    /// The least.
    best: u64,
    samples: u64,
    /// Where the worst was seen first.
    at: String,
}

impl Worst {
    fn add(&mut self, cycles: u64, at: impl FnOnce() -> String) {
        if self.samples == 0 || cycles > self.cycles {
            self.cycles = cycles;
            self.at = at();
        }
        if self.samples == 0 || cycles < self.best {
            self.best = cycles;
        }
        self.samples += 1;
    }

    fn join(self, other: &Self) -> Self {
        if other.samples == 0 {
            return self;
        }
        let samples = self.samples + other.samples;
        let best = match self.samples {
            0 => other.best,
            _ => self.best.min(other.best),
        };
        let worst = if other.cycles > self.cycles || self.samples == 0 {
            other.clone()
        } else {
            self
        };
        Self {
            best,
            samples,
            ..worst
        }
    }
}

/// Node, memory and guests.
struct Bench {
    system: System<Probe, Box<dyn Memory + Send>>,
    config: Config,
}

impl Bench {
    /// After the sweep, with all pages dormant; addresses and data of writes come up to `skew` cycles apart.
    fn new(target: Target, set: &str, b_latency: u32, skew: u8) -> Result<Self> {
        let config = Target::config(set)?;
        let memory = MemorySpec::Ideal(IdealParams {
            b_latency,
            r_latency: LATENCY,
            ..IdealParams::default()
        });
        let params = VcpuParams {
            reads: 32,
            writes: 32,
            ordered: false,
            skew,
            ..VcpuParams::default()
        };
        let node = Probe::new(target.node(set)?);
        let guests = vec![params; config.ports.into()];
        let system = System::new(node, memory.build(&config)?).with_vcpus(&guests);
        let mut bench = Self { system, config };
        let mut driver = bench.driver()?;
        driver.wait_ready(driver.parameters().sweep_cycles())?;
        if bench.config.node_id != 0 {
            bench.driver()?.mark_all(PageMark::Dormant)?;
        }
        bench.scrubbed()?;
        Ok(bench)
    }

    fn driver(&mut self) -> Result<Driver<&mut System<Probe, Box<dyn Memory + Send>>>> {
        Ok(Driver::probe(&mut self.system)?)
    }

    fn until(&mut self, limit: u64, done: impl Fn(&Self) -> bool) -> Result<()> {
        let end = self.system.cycle() + limit;
        while !done(self) {
            ensure!(self.system.cycle() < end, "not within {limit} cycles");
            self.system.step();
            self.system.check()?;
        }
        Ok(())
    }

    /// Waits until the last mark of all pages has reached every tag.
    fn scrubbed(&mut self) -> Result<()> {
        let mut driver = self.driver()?;
        while driver.status()?.contains(Status::SCRUB_BUSY) {}
        Ok(())
    }

    /// Waits until the engine and the memory are at rest.
    fn rest(&mut self) -> Result<()> {
        let beats = u64::from(self.config.real_frames) * u64::from(self.config.page_beats());
        let rests = |bench: &Self| {
            bench.system.node.zeroing() == Some(0) && Memory::in_flight(&bench.system.memory) == 0
        };
        self.system.idle(16);
        self.until(2 * beats + 10_000, rests)
    }

    fn queue(&mut self, frames: std::ops::Range<u32>) -> Result<()> {
        let mut driver = self.driver()?;
        for frame in frames {
            driver.queue(Rfn(frame))?;
        }
        Ok(())
    }

    /// Puts the first `frames` frames into the pool; the engine is off afterwards.
    fn stock(&mut self, frames: u32) -> Result<()> {
        self.queue(0..frames)?;
        self.driver()?.enable()?;
        self.rest()?;
        let mut driver = self.driver()?;
        driver.disable()?;
        let level = driver.pool_level()?;
        ensure!(level == frames, "{level} of {frames} frames are zeroed");
        Ok(())
    }

    /// Lets the engine zero other frames in the background.
    fn background(&mut self) -> Result<()> {
        let most = (self.config.real_frames - PAGES).min(self.config.queue_depth);
        self.queue(PAGES..PAGES + most.min(256))?;
        self.driver()?.enable()?;
        self.system.idle(20);
        Ok(())
    }

    /// Starts a program on every port that has one.
    fn start(&mut self, programs: Vec<Vec<Op>>) {
        self.system.node.forget();
        for (vcpu, program) in self.system.vcpus.iter_mut().zip(programs) {
            vcpu.run(program.into());
        }
    }

    fn end(&mut self) -> Result<()> {
        self.until(4_000_000, |bench| bench.system.vcpus_done())
    }

    fn run(&mut self, programs: Vec<Vec<Op>>) -> Result<()> {
        self.start(programs);
        self.end()
    }

    fn seen(&self, port: usize) -> &Port {
        &self.system.node.ports[port]
    }

    /// Makes pages resident, which takes frames from the pool.
    fn convert(&mut self, pages: &[u32]) -> Result<()> {
        let stores = pages.iter().map(|gfn| self.write(*gfn, 1, 0, 0));
        let program = stores.collect();
        self.run(vec![program])
    }

    /// The doorbell by firmware's hand.
    fn ring(&mut self, gfn: u32) -> Result<()> {
        let cycle = self.system.cycle();
        let token = self.system.shadow.begin_zero(None, cycle, gfn.into());
        self.driver()?.zero_page(Gfn(gfn))?;
        let cycle = self.system.cycle();
        self.system.shadow.end_zero(token, cycle, Outcome::Done);
        Ok(())
    }

    /// Nothing is left under way, and lockstep has compared every memory.
    fn finish(mut self) -> Result<()> {
        self.driver()?.disable()?;
        self.rest()?;
        self.system.finish()?;
        Ok(())
    }

    /// Beats of the longest burst.
    fn longest(&self) -> u32 {
        (4096 / self.config.beat_bytes()).min(256)
    }

    fn burst(&self, gfn: u32, beats: u32, number: u32) -> Burst {
        let (bus, page) = (self.config.beat_bytes(), self.config.page_bytes());
        let offset = u64::from(number * beats * bus % page);
        let start = u64::from(gfn) << self.config.page_shift;
        Burst::line(Gpa(start + offset), beats * bus, bus)
    }

    fn read(&self, gfn: u32, beats: u32, number: u32) -> Op {
        Op::Read(self.burst(gfn, beats, number))
    }

    /// A write of the page's burst `number`, of which `zeros` beats come first that are zero.
    fn write(&self, gfn: u32, beats: u32, zeros: u32, number: u32) -> Op {
        Op::Write {
            burst: self.burst(gfn, beats, number),
            fill: Fill::Random {
                seed: u64::from(gfn) << 32 | u64::from(number),
                zero_beats: zeros as u16,
                zero_bytes: 0,
            },
            strobes: Strobes::All,
        }
    }
}

/// An access with nothing else of its channel under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    ReadDormant,
    WriteDormant,
    ReadHit,
    WriteHit,
    ReadMiss,
    WriteMiss,
}

/// What else goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Channel,
    Engine,
    Ports(usize),
}

impl Access {
    fn name(self) -> &'static str {
        match self {
            Self::ReadDormant => "read, dormant page",
            Self::WriteDormant => "write, dormant page",
            Self::ReadHit => "read, translation in the cache",
            Self::WriteHit => "write, translation in the cache",
            Self::ReadMiss => "read, translation not in the cache",
            Self::WriteMiss => "write, translation not in the cache",
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::WriteDormant | Self::WriteHit | Self::WriteMiss)
    }

    fn dormant(self) -> bool {
        matches!(self, Self::ReadDormant | Self::WriteDormant)
    }

    /// Accesses of a port, and what each is. Two pages 16 apart share a place in the cache, so they never hit in turn.
    fn accesses(self, bench: &Bench, port: usize, ports: usize) -> Vec<(Op, String)> {
        let longest = bench.longest();
        let shapes: Vec<(u32, u32)> = match self {
            Self::WriteDormant => [1, 2, 4, 16, longest]
                .into_iter()
                .flat_map(|beats| [(beats, 0), (beats, beats / 2), (beats, beats - 1)])
                .filter(|(beats, zeros)| *beats > 2 || *zeros < *beats / 2 + 1)
                .collect(),
            _ => [1, 2, 16, longest].map(|beats| (beats, 0)).into(),
        };
        let place = |i: usize| if i.is_multiple_of(2) { 0 } else { 16 };
        let pages: Vec<u32> = match self {
            Self::ReadDormant => (0..24).map(|i| i % PAGES).collect(),
            Self::WriteDormant => (0..PAGES).skip(port).step_by(ports).collect(),
            Self::ReadHit | Self::WriteHit => vec![0; 24],
            Self::ReadMiss | Self::WriteMiss => (0..24).map(place).collect(),
        };
        let each = pages.into_iter().enumerate().map(|(i, gfn)| {
            let (beats, zeros) = shapes[(i + 5 * port) % shapes.len()];
            if self.writes() {
                let shape = format!("{beats} beats, the first {zeros} zero");
                (bench.write(gfn, beats, zeros, 0), shape)
            } else {
                (bench.read(gfn, beats, 0), format!("{beats} beats"))
            }
        });
        each.collect()
    }

    /// What the port's other channel does at about the same time.
    fn companion(self, bench: &Bench, i: u32) -> Op {
        let gfn = if self.dormant() {
            PAGES + 1
        } else {
            16 * (i % 2)
        };
        if self.writes() {
            bench.read(gfn, 2, 1)
        } else {
            bench.write(gfn, 2, if self.dormant() { 2 } else { 0 }, 1)
        }
    }

    /// From the last input that it needs to its address at memory, or to its first beat of data where the gate answers.
    fn address(self, port: &Port) -> Vec<u64> {
        if self == Self::ReadDormant {
            return between(&port.ar.offered, &port.r.starts);
        }
        if !self.writes() {
            return between(&port.ar.offered, &port.m_ar.offered);
        }
        between(&self.complete(port), &port.m_aw.offered)
    }

    /// When the guest has offered what a write needs.
    fn complete(self, port: &Port) -> Vec<u64> {
        let data = if self.dormant() {
            &port.nonzero
        } else {
            &port.w.starts
        };
        let both = port.aw.offered.iter().zip(data);
        both.map(|(address, data)| *address.max(data)).collect()
    }

    /// The same to its first beat of data at memory.
    fn data(self, port: &Port) -> Vec<u64> {
        if self.writes() {
            between(&self.complete(port), &port.m_w.starts)
        } else {
            Vec::new()
        }
    }
}

fn between(from: &[u64], to: &[u64]) -> Vec<u64> {
    from.iter().zip(to).map(|(from, to)| to - from).collect()
}

impl Beside {
    fn name(self) -> String {
        match self {
            Self::Nothing => "nothing else".into(),
            Self::Channel => "the port's other channel, up to three cycles apart".into(),
            Self::Engine => "the engine zeroing in the background".into(),
            Self::Ports(ports) => format!("{ports} ports at once"),
        }
    }

    fn sets(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &SETS,
            Self::Channel | Self::Engine => &["engine_64", "engine_512", "short_bursts"],
            Self::Ports(4) => &["short_bursts"],
            Self::Ports(_) => &["short_bursts", "tiny_128"],
        }
    }

    /// Most cycles between a write's address and its data, one run each.
    fn skews(self) -> &'static [u8] {
        match self {
            Self::Nothing => &[0, 5],
            Self::Channel => &[3],
            Self::Engine | Self::Ports(_) => &[0],
        }
    }
}

/// All runs of one access in one company.
#[derive(Default)]
struct Measured {
    address: Worst,
    /// `address` of writes to dormant pages whose leading zeros were offered before their address.
    zeros_first: Worst,
    data: Worst,
    /// R beats and B on their way back, in cycles that the gate adds.
    answers: Worst,
    memory_beats: u64,
}

fn measure(target: Target, access: Access, beside: Beside) -> Result<Measured> {
    let mut found = Measured::default();
    for set in beside.sets() {
        for &skew in beside.skews() {
            measure_set(target, set, skew, access, beside, &mut found)
                .with_context(|| format!("{set}, {}", access.name()))?;
        }
    }
    Ok(found)
}

fn measure_set(
    target: Target,
    set: &str,
    skew: u8,
    access: Access,
    beside: Beside,
    found: &mut Measured,
) -> Result<()> {
    let mut bench = Bench::new(target, set, LATENCY, skew)?;
    if access != Access::ReadDormant {
        bench.stock(PAGES)?;
    }
    if !access.dormant() {
        bench.convert(&[0, 16])?;
    }
    if beside == Beside::Engine {
        bench.background()?;
    }
    let ports = match beside {
        Beside::Ports(ports) => ports,
        _ => 1,
    };
    let accesses: Vec<_> = (0..ports)
        .map(|port| access.accesses(&bench, port, ports))
        .collect();
    let program = |(port, accesses): (usize, &Vec<(Op, String)>)| {
        let mut program = vec![Op::Delay(port as u64)];
        for (i, (op, _)) in (0u32..).zip(accesses) {
            let other = (beside == Beside::Channel).then(|| access.companion(&bench, i));
            // A write begins first: its address may come late.
            let (first, second) = if access.writes() {
                (Some(*op), other)
            } else {
                (other, Some(*op))
            };
            program.extend(first.into_iter().chain(second));
            program.extend([Op::Fence, Op::Delay(u64::from(i * 5 % 11) + port as u64)]);
        }
        program
    };
    let programs = accesses.iter().enumerate().map(program).collect();
    bench.run(programs)?;
    ensure!(
        beside != Beside::Engine || bench.system.node.zeroing() != Some(0),
        "the engine had too little to do"
    );

    for (port, accesses) in accesses.iter().enumerate() {
        let seen = bench.seen(port);
        let (address, data) = (access.address(seen), access.data(seen));
        ensure!(address.len() == accesses.len(), "{} seen", address.len());
        // The first fills the cache.
        let warm = usize::from(!access.dormant());
        let at = |i: usize| {
            let skewed = if skew == 0 {
                ""
            } else {
                ", address and data apart"
            };
            format!("{set}, {}{skewed}", accesses[i].1)
        };
        for (i, cycles) in address.iter().enumerate().skip(warm) {
            let zeros_first = access == Access::WriteDormant
                && seen.w.starts[i] < seen.aw.offered[i]
                && seen.w.starts[i] < seen.nonzero[i];
            let found = if zeros_first {
                &mut found.zeros_first
            } else {
                &mut found.address
            };
            found.add(*cycles, || at(i));
        }
        for (i, cycles) in data.iter().enumerate().skip(warm) {
            found.data.add(*cycles, || at(i));
        }
        if access != Access::ReadDormant {
            let r = between(&seen.m_r.offered, &seen.r.offered);
            let b = between(&seen.m_b.offered, &seen.b.offered);
            for cycles in r.into_iter().chain(b) {
                found.answers.add(cycles, || set.to_owned());
            }
        }
    }
    found.memory_beats += bench.system.node.memory_beats;
    bench.finish()
}

// ---------------------------------------------------------------------------------------- the figures

/// A figure of the contract; `worst` is over everything but what is in its `beside`.
#[derive(Serialize)]
struct Figure {
    #[serde(flatten)]
    worst: Worst,
    contract: Option<u64>,
    met: Option<bool>,
    interval: &'static str,
    conditions: String,
}

impl Figure {
    fn new(
        worst: Worst,
        contract: Option<u64>,
        interval: &'static str,
        conditions: impl Into<String>,
    ) -> Self {
        Self {
            met: contract.map(|contract| worst.cycles <= contract),
            worst,
            contract,
            interval,
            conditions: conditions.into(),
        }
    }
}

/// An access while something else goes on: context, no contract.
#[derive(Serialize)]
struct Company {
    access: &'static str,
    beside: String,
    #[serde(flatten)]
    address: Worst,
    /// The first beat of a write at memory, from the same cycle on.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Worst>,
}

fn company(target: Target, access: Access, tick: &dyn Fn()) -> Result<Vec<Company>> {
    let all = [
        Beside::Channel,
        Beside::Engine,
        Beside::Ports(2),
        Beside::Ports(3),
        Beside::Ports(4),
    ];
    let each = all.into_iter().map(|beside| {
        let found = measure(target, access, beside)?;
        tick();
        Ok(Company {
            access: access.name(),
            beside: beside.name(),
            address: found.address.join(&found.zeros_first),
            data: access.writes().then_some(found.data),
        })
    });
    each.collect()
}

/// P6.
#[derive(Serialize)]
struct Read {
    #[serde(flatten)]
    figure: Figure,
    /// Transfers on the memory port during all of it, on any channel.
    memory_beats: u64,
    beside: Vec<Company>,
}

fn read_dormant(target: Target, tick: &dyn Fn()) -> Result<Read> {
    let found = measure(target, Access::ReadDormant, Beside::Nothing)?;
    tick();
    Ok(Read {
        figure: Figure::new(
            found.address,
            Some(READ_DORMANT),
            "AR offered by the guest -> first R beat offered to it",
            "node otherwise idle; reads of 1, 2, 16 and most beats to dormant pages at all distances from 0 to 10 cycles",
        ),
        memory_beats: found.memory_beats,
        beside: company(target, Access::ReadDormant, tick)?,
    })
}

/// A part of a figure.
#[derive(Serialize)]
struct Part {
    #[serde(flatten)]
    worst: Worst,
    contract: u64,
    met: bool,
}

impl Part {
    fn new(worst: Worst, contract: u64) -> Self {
        Self {
            met: worst.cycles <= contract,
            worst,
            contract,
        }
    }
}

/// P7.
#[derive(Serialize)]
struct Write {
    #[serde(flatten)]
    figure: Figure,
    /// Apart from the above: bursts that begin with zero beats and whose data is offered before their address. The port
    /// holds two beats, and looks at zeros that wait there only once it knows the page, one a cycle.
    zeros_first: Worst,
    /// The first beat at memory, from the same cycle on.
    data: Worst,
    beside: Vec<Company>,
}

fn write_dormant_pool(target: Target, tick: &dyn Fn()) -> Result<Write> {
    let found = measure(target, Access::WriteDormant, Beside::Nothing)?;
    tick();
    Ok(Write {
        figure: Figure::new(
            found.address,
            Some(WRITE_DORMANT),
            "AW and first W beat that is not zero offered by the guest, the later -> AW offered to memory",
            "node otherwise idle, pool not empty; writes of 1 to most beats, of which none, half, or all but the last are \
             leading zeros; address and data together, or up to 5 cycles apart. Leading zeros that are offered before \
             their address are in zeros_first: each that waits costs a cycle more",
        ),
        zeros_first: found.zeros_first,
        data: found.data,
        beside: company(target, Access::WriteDormant, tick)?,
    })
}

/// P8 with one parameter set and one memory.
#[derive(Serialize)]
struct OnDemand {
    set: &'static str,
    b_latency: u32,
    page_beats: u32,
    #[serde(flatten)]
    address: Part,
    /// The first beat at memory, from the same cycle on.
    data: Worst,
}

impl OnDemand {
    /// Cycles that are left.
    fn slack(&self) -> i64 {
        self.address.contract.cast_signed() - self.address.worst.cycles.cast_signed()
    }
}

/// P8.
#[derive(Serialize)]
struct Demand {
    #[serde(flatten)]
    figure: Figure,
    /// Each beside what the contract allows there; the figure is the one with the least to spare.
    cases: Vec<OnDemand>,
    /// Cases with the engine already at work in the background when the write comes.
    engine_busy: Vec<OnDemand>,
    beside: Vec<Company>,
}

fn write_dormant_ondemand(target: Target, tick: &dyn Fn()) -> Result<Demand> {
    let mut cases = Vec::new();
    for set in SETS {
        for b_latency in B_LATENCIES {
            let case = on_demand(target, set, b_latency, 1)
                .with_context(|| format!("{set}, B latency {b_latency}"))?;
            cases.push(case);
            tick();
        }
    }
    let mut engine_busy = Vec::new();
    for set in ["tiny", "guest_4", "guest_512"] {
        for b_latency in B_LATENCIES {
            engine_busy.push(on_demand_busy(target, set, b_latency)?);
            tick();
        }
    }
    let mut beside = Vec::new();
    for ports in 2..=4 {
        let case = on_demand(target, "short_bursts", LATENCY, ports)?;
        beside.push(Company {
            access: Access::WriteDormant.name(),
            beside: Beside::Ports(ports).name(),
            address: case.address.worst,
            data: Some(case.data),
        });
        tick();
    }
    let worst = cases.iter().min_by_key(|case| case.slack());
    let worst = worst.context("no case")?;
    let mut figure = Figure::new(
        Worst {
            samples: cases.iter().map(|case| case.address.worst.samples).sum(),
            ..worst.address.worst.clone()
        },
        Some(worst.address.contract),
        "AW and first W beat that is not zero offered by the guest, the later -> AW offered to memory",
        format!(
            "node otherwise idle, pool empty, frames queued, background zeroing stopped by the water marks; page beats + B \
             latency + {ON_DEMAND}, B latency 4, 32 and 100; cycles, best and contract are those of the case with the least \
             to spare, samples of all"
        ),
    );
    figure.met = Some(cases.iter().all(|case| case.address.met));
    Ok(Demand {
        figure,
        cases,
        engine_busy,
        beside,
    })
}

fn case(
    config: &Config,
    set: &'static str,
    b_latency: u32,
    address: Worst,
    data: Worst,
) -> OnDemand {
    let page_beats = config.page_beats();
    let contract = u64::from(page_beats) + u64::from(b_latency) + ON_DEMAND;
    OnDemand {
        set,
        b_latency,
        page_beats,
        address: Part::new(address, contract),
        data,
    }
}

/// Writes that find the pool empty and the engine at rest: one at a time, or one on each of `ports` ports at once.
fn on_demand(target: Target, set: &'static str, b_latency: u32, ports: usize) -> Result<OnDemand> {
    let access = Access::WriteDormant;
    let (mut address, mut data) = (Worst::default(), Worst::default());
    for skew in [0, 5] {
        let mut bench = Bench::new(target, set, b_latency, skew)?;
        // No number of zeroed frames is then low enough to start in the background; the driver wants some distance.
        bench.system.write(WaterHigh::OFFSET, 0)?;
        bench.queue(0..2 * PAGES)?;
        bench.driver()?.enable()?;
        let accesses: Vec<_> = (0..ports)
            .map(|port| access.accesses(&bench, port, ports))
            .collect();
        for i in 0..PAGES as usize / ports {
            bench.rest()?;
            let mut driver = bench.driver()?;
            // A conversion may have had one more frame zeroed than it needed.
            while driver.pool_level()? != 0 {
                driver.take()?;
            }
            let programs = accesses.iter().map(|accesses| vec![accesses[i].0]);
            let programs = programs.collect();
            bench.run(programs)?;
            for (port, accesses) in accesses.iter().enumerate() {
                let seen = bench.seen(port);
                let at = || format!("{set}, {}", accesses[i].1);
                address.add(access.address(seen)[0], at);
                data.add(access.data(seen)[0], at);
            }
        }
        let counters = bench.driver()?.gate_counters()?;
        ensure!(
            ports != 1 || counters.demand_conversions == PAGES,
            "not all pages were converted on demand: {counters:?}"
        );
        bench.finish()?;
    }
    Ok(case(&Target::config(set)?, set, b_latency, address, data))
}

/// One write while the pool is still empty and the engine at work, in eight places of the first page's zeroing.
fn on_demand_busy(target: Target, set: &'static str, b_latency: u32) -> Result<OnDemand> {
    let config = Target::config(set)?;
    let access = Access::WriteDormant;
    let (mut address, mut data) = (Worst::default(), Worst::default());
    for eighth in 0..8 {
        let mut bench = Bench::new(target, set, b_latency, 0)?;
        bench.queue(0..4)?;
        bench.driver()?.enable()?;
        let wait = config.page_beats() * eighth / 8;
        let program = vec![Op::Delay(wait.into()), bench.write(0, 4, 0, 0)];
        bench.run(vec![program])?;
        let demanded = bench.driver()?.gate_counters()?.demand_conversions;
        // Later writes find a frame in the pool.
        if demanded == 1 {
            let at = || format!("{set}, {wait} cycles after the engine was started");
            address.add(access.address(bench.seen(0))[0], at);
            data.add(access.data(bench.seen(0))[0], at);
        }
        bench.finish()?;
    }
    Ok(case(&config, set, b_latency, address, data))
}

/// Resident accesses of one kind.
#[derive(Serialize)]
struct Resident {
    #[serde(flatten)]
    part: Part,
    read: Worst,
    write: Worst,
    /// The first beat of a write at memory, from the same cycle on.
    write_data: Worst,
}

impl Resident {
    fn new(read: &Measured, write: &Measured) -> Self {
        Self {
            part: Part::new(read.address.clone().join(&write.address), RESIDENT),
            read: read.address.clone(),
            write: write.address.clone(),
            write_data: write.data.clone(),
        }
    }
}

/// P5.
#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    figure: Figure,
    hit: Resident,
    miss: Resident,
    /// What the gate adds to R beats and B.
    answers: Worst,
    throughput: Vec<Stream>,
    beside: Vec<Company>,
}

fn resident_added(target: Target, tick: &dyn Fn()) -> Result<Added> {
    let all = [
        Access::ReadHit,
        Access::WriteHit,
        Access::ReadMiss,
        Access::WriteMiss,
    ];
    let mut found = Vec::new();
    for access in all {
        found.push(measure(target, access, Beside::Nothing)?);
        tick();
    }
    let hit = Resident::new(&found[0], &found[1]);
    let miss = Resident::new(&found[2], &found[3]);
    let answers = found
        .iter()
        .fold(Worst::default(), |worst, found| worst.join(&found.answers));
    let mut throughput = Vec::new();
    for set in SETS {
        throughput.extend(streams(target, set).with_context(|| format!("{set}, throughput"))?);
        tick();
    }
    let mut beside = Vec::new();
    for access in all {
        beside.extend(company(target, access, tick)?);
    }
    Ok(Added {
        figure: Figure::new(
            hit.part.worst.clone().join(&miss.part.worst),
            Some(RESIDENT),
            "read: AR offered by the guest -> AR offered to memory; write: AW and first W beat offered by the guest, the \
             later -> AW offered to memory",
            "node otherwise idle, one access at a time, of 1, 2, 16 and most beats; over hits and misses of the port's cache \
             of 16 translations. The contract is kept by a hit; a miss looks the page up, which takes one cycle more \
             (decision 0009)",
        ),
        hit,
        miss,
        answers,
        throughput,
        beside,
    })
}

/// Bursts in a row to resident pages.
#[derive(Serialize)]
struct Stream {
    set: &'static str,
    /// `R`, `W`, or `R` or `W` with the other at the same time.
    channel: &'static str,
    pattern: &'static str,
    beats: u64,
    /// From the first beat to the last, both included.
    cycles: u64,
    beats_per_cycle: f64,
    /// What the contract promises; `null` for single beats that all miss the cache, which one lookup each slows down
    /// (decision 0009).
    contract: Option<f64>,
    met: Option<bool>,
}

fn streams(target: Target, set: &'static str) -> Result<Vec<Stream>> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(3)?;
    bench.convert(&[0, 1, 16])?;
    let longest = bench.longest();
    let patterns: [(&'static str, u32, &[u32]); 6] = [
        ("longest bursts, one page", longest, &[0]),
        ("longest bursts, two pages in turn", longest, &[0, 1]),
        ("longest bursts, all miss the cache", longest, &[0, 16]),
        ("single beats, one page", 1, &[0]),
        ("single beats, two pages in turn", 1, &[0, 1]),
        ("single beats, all miss the cache", 1, &[0, 16]),
    ];
    let mut streams = Vec::new();
    for (pattern, beats, pages) in patterns {
        let bursts = if beats == 1 { 256 } else { 16 };
        let op = |bench: &Bench, write: bool, i: u32| {
            let gfn = pages[i as usize % pages.len()];
            if write {
                bench.write(gfn, beats, 0, i)
            } else {
                bench.read(gfn, beats, i)
            }
        };
        let channels: [(&'static str, &[bool]); 3] =
            [("R", &[false]), ("W", &[true]), ("both", &[true, false])];
        for (channel, writes) in channels {
            // A core begins one access a cycle, so two streams of single beats are none.
            if writes.len() == 2 && beats == 1 {
                continue;
            }
            // What is measured begins when the cache holds what it can.
            let warm = (0..pages.len() as u32).flat_map(|i| writes.iter().map(move |w| (*w, i)));
            let mut program: Vec<Op> = warm.map(|(write, i)| op(&bench, write, i)).collect();
            program.push(Op::Fence);
            let all = (0..bursts).flat_map(|i| writes.iter().map(move |w| (*w, i)));
            program.extend(all.map(|(write, i)| op(&bench, write, i)));
            bench.run(vec![program])?;
            let seen = bench.seen(0);
            for &write in writes {
                let taken = if write {
                    &seen.m_w.taken
                } else {
                    &seen.r.taken
                };
                let taken = &taken[pages.len() * beats as usize..];
                let (Some(first), Some(last)) = (taken.first(), taken.last()) else {
                    anyhow::bail!("no beat");
                };
                let (beats_seen, cycles) = (taken.len() as u64, last - first + 1);
                let contract = (beats != 1 || pages != [0, 16]).then_some(1.0);
                streams.push(Stream {
                    set,
                    channel: match (channel, write) {
                        ("both", true) => "W beside R",
                        ("both", false) => "R beside W",
                        _ => channel,
                    },
                    pattern,
                    beats: beats_seen,
                    cycles,
                    beats_per_cycle: beats_seen as f64 / cycles as f64,
                    contract,
                    met: contract.map(|_| beats_seen == cycles),
                });
            }
        }
    }
    bench.finish()?;
    Ok(streams)
}

/// P9 with one table.
#[derive(Serialize)]
struct Table {
    set: &'static str,
    guest_pages: u32,
    /// Until RESULT was read as not busy, by a manager that reads it over and over.
    finished: Worst,
    /// Until the first lookup that sees the mark.
    seen: Worst,
}

/// P9.
#[derive(Serialize)]
struct Marks {
    #[serde(flatten)]
    figure: Figure,
    tables: Vec<Table>,
}

fn mark_all(target: Target, tick: &dyn Fn()) -> Result<Marks> {
    let mut tables = Vec::new();
    for (set, rounds) in [
        ("short_bursts", 9),
        ("page_64k", 9),
        ("engine_64", 9),
        ("trace", 3),
    ] {
        tables.push(marks(target, set, rounds).with_context(|| format!("{set}, marks"))?);
        tick();
    }
    let worst = tables.iter().fold(Worst::default(), |worst, table| {
        worst.join(&table.finished).join(&table.seen)
    });
    Ok(Marks {
        figure: Figure::new(
            worst,
            Some(MARK_ALL),
            "write of CMD taken -> RESULT read as not busy, or AR offered of the first read that sees the mark",
            "MARK_ALL dormant of tables of 17 to 524288 pages, three in a row while the scrub runs, a guest reading pages that \
             were bad; a fourth mark before the scrub is through ends with an error",
        ),
        tables,
    })
}

fn marks(target: Target, set: &'static str, rounds: u32) -> Result<Table> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    let guest_pages = bench.config.guest_pages;
    let pages = [0, guest_pages / 2, guest_pages - 1];
    let (mut finished, mut seen) = (Worst::default(), Worst::default());
    for round in 0..rounds {
        if round % 3 == 0 {
            bench.scrubbed()?;
        }
        let mut driver = bench.driver()?;
        for gfn in pages {
            driver.mark(Gfn(gfn), PageMark::Bad)?;
        }
        let reads = (0..WATCHERS as usize).map(|i| bench.read(pages[i % 3], 1, 0));
        let program = reads.collect();
        bench.start(vec![program]);
        bench.system.idle(u64::from(20 + round));
        bench.driver()?.mark_all(PageMark::Dormant)?;
        bench.end()?;
        let (taken, end) = bench.system.node.command()?;
        let port = bench.seen(0);
        let old = port.okay.iter().rposition(|okay| !okay);
        let first = old.and_then(|old| port.ar.offered.get(old + 1));
        let first = first.context("the mark is not within the reads")?;
        let at = || format!("{set}, mark {} since the scrub", round % 3 + 1);
        finished.add(end - taken, at);
        seen.add(first.saturating_sub(taken), at);
    }
    bench.finish()?;
    Ok(Table {
        set,
        guest_pages,
        finished,
        seen,
    })
}

/// What the guest zeroes goes dormant.
#[derive(Serialize)]
struct Redormant {
    #[serde(flatten)]
    figure: Figure,
    doorbell: Doorbell,
    stores: Vec<Stores>,
}

#[derive(Serialize)]
struct Doorbell {
    #[serde(flatten)]
    worst: Worst,
    interval: &'static str,
    /// Until RESULT was read as not busy, by a manager that reads it over and over.
    finished: Worst,
    /// The first of these while the engine zeroes in the background.
    engine_busy: Worst,
}

#[derive(Serialize)]
struct Stores {
    /// `REDORMANT_DELAY`, which is in `cycles`.
    delay: u32,
    #[serde(flatten)]
    worst: Worst,
    interval: &'static str,
}

fn redormant(target: Target, tick: &dyn Fn()) -> Result<Redormant> {
    let mut doorbell = Doorbell {
        worst: Worst::default(),
        interval: "write of CMD taken -> AR offered of the first read that makes no memory traffic",
        finished: Worst::default(),
        engine_busy: Worst::default(),
    };
    for set in ["engine_64", "engine_512", "short_bursts", "page_64k"] {
        rings(
            target,
            set,
            false,
            &mut doorbell.worst,
            &mut doorbell.finished,
        )?;
        tick();
    }
    for set in ["engine_64", "engine_512", "short_bursts"] {
        let finished = &mut Worst::default();
        rings(target, set, true, &mut doorbell.engine_busy, finished)?;
        tick();
    }
    let mut stores = Vec::new();
    for delay in DELAYS {
        let mut worst = Worst::default();
        for set in ["engine_64", "engine_512", "short_bursts", "page_64k"] {
            clears(target, set, delay, &mut worst).with_context(|| format!("{set}, stores"))?;
            tick();
        }
        stores.push(Stores {
            delay,
            worst,
            interval: "B of the page's last zero store taken -> AR offered of the first read that makes no memory traffic",
        });
    }
    let all = stores.iter().map(|stores| &stores.worst);
    let worst = all.fold(doorbell.worst.clone(), Worst::join);
    Ok(Redormant {
        figure: Figure::new(
            worst,
            None,
            "as in doorbell and stores",
            format!(
                "doorbell, and ordinary zero stores over the whole page with REDORMANT_DELAY {DELAYS:?}, which is part of the \
                 cycles; node otherwise idle but for the guest's reads of the page, one a cycle"
            ),
        ),
        doorbell,
        stores,
    })
}

/// The page is resident while a guest reads it in every cycle, and rung for.
fn rings(
    target: Target,
    set: &str,
    busy: bool,
    worst: &mut Worst,
    finished: &mut Worst,
) -> Result<()> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(PAGES)?;
    if busy {
        bench.background()?;
    }
    for round in 0..PAGES {
        bench.convert(&[0])?;
        let program = vec![bench.read(0, 1, 0); WATCHERS as usize];
        bench.start(vec![program]);
        bench.system.idle(u64::from(20 + round));
        bench.ring(0)?;
        bench.end()?;
        let (taken, end) = bench.system.node.command()?;
        let at = || format!("{set}, {round} cycles later");
        worst.add(first_dormant(bench.seen(0))?.saturating_sub(taken), at);
        finished.add(end - taken, at);
    }
    ensure!(
        !busy || bench.system.node.zeroing() != Some(0),
        "the engine had too little to do"
    );
    bench.finish()
}

/// When the first read was offered that was not passed on to memory.
fn first_dormant(port: &Port) -> Result<u64> {
    let first = port.ar.offered.get(port.m_ar.offered.len());
    first.copied().context("the page stays resident")
}

/// The page is cleared, line by line, and then read until it is dormant.
fn clears(target: Target, set: &str, delay: u32, worst: &mut Worst) -> Result<()> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(PAGES)?;
    bench.driver()?.set_redormant_delay(delay)?;
    let bus = bench.config.beat_bytes();
    for line in [bus, bus.max(64), bench.longest() * bus] {
        bench.convert(&[0])?;
        let mut program = vec![
            Op::Clear {
                addr: 0,
                bytes: bench.config.page_bytes(),
                line: line as u16,
                id: 0,
            },
            Op::Fence,
        ];
        let reads = u64::from(delay) + WATCHERS;
        program.extend((0..reads).map(|_| bench.read(0, 1, 0)));
        bench.run(vec![program])?;
        let port = bench.seen(0);
        let last = port.b.taken.last().context("no store was acknowledged")?;
        worst.add(first_dormant(port)? - last, || {
            format!("{set}, stores of {line} bytes")
        });
    }
    bench.finish()
}

/// Everything measured; the keys are the command contract.
#[derive(Serialize)]
struct Summary {
    origin: &'static str,
    memory: String,
    sets: Vec<&'static str>,
    read_dormant: Read,
    write_dormant_pool: Write,
    write_dormant_ondemand: Demand,
    resident_added: Added,
    mark_all: Marks,
    redormant: Redormant,
}

/// Measures everything.
///
/// # Errors
/// Every way in which a run can fail; never a number that is merely bad.
pub fn run(args: &Args) -> Result<ExitCode> {
    // What can be wrong with the input is said before anything runs.
    args.backend.node("tiny")?;
    let bar = ProgressBar::new_spinner();
    let tick = || bar.inc(1);
    let target = args.backend;
    let summary = Summary {
        origin: target.origin(),
        memory: format!(
            "ideal: R latency {LATENCY}, B latency {LATENCY} where nothing else is said, no stalls"
        ),
        sets: SETS.into(),
        read_dormant: read_dormant(target, &tick)?,
        write_dormant_pool: write_dormant_pool(target, &tick)?,
        write_dormant_ondemand: write_dormant_ondemand(target, &tick)?,
        resident_added: resident_added(target, &tick)?,
        mark_all: mark_all(target, &tick)?,
        redormant: redormant(target, &tick)?,
    };
    bar.finish_and_clear();
    report(&summary);
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    }
    let missed = missed(&summary);
    for miss in &missed {
        eprintln!("contract missed: {miss}");
    }
    Ok(if missed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Each figure that is worse than the contract allows; of P5, what hits the cache.
fn missed(summary: &Summary) -> Vec<String> {
    let mut missed = Vec::new();
    let mut worse = |id: &str, worst: &Worst, contract: u64| {
        if worst.cycles > contract {
            let Worst { cycles, at, .. } = worst;
            missed.push(format!("{id}: {cycles} cycles, allowed {contract}: {at}"));
        }
    };
    let added = &summary.resident_added;
    worse("P5", &added.hit.part.worst, RESIDENT);
    worse("P6", &summary.read_dormant.figure.worst, READ_DORMANT);
    worse(
        "P7",
        &summary.write_dormant_pool.figure.worst,
        WRITE_DORMANT,
    );
    for case in &summary.write_dormant_ondemand.cases {
        worse("P8", &case.address.worst, case.address.contract);
    }
    worse("P9", &summary.mark_all.figure.worst, MARK_ALL);
    worse("P5, answers", &added.answers, 0);
    let beats = summary.read_dormant.memory_beats;
    if beats != 0 {
        missed.push(format!("P6: {beats} transfers on the memory port"));
    }
    for stream in added.throughput.iter().filter(|s| s.met == Some(false)) {
        missed.push(format!(
            "P5: {} beats of {} in {} cycles: {}, {}",
            stream.beats, stream.channel, stream.cycles, stream.set, stream.pattern
        ));
    }
    missed
}

fn report(summary: &Summary) {
    let row = |id: &str, what: String, worst: &Worst, contract: Option<u64>| {
        vec![
            id.to_owned(),
            what,
            worst.at.clone(),
            worst.samples.to_string(),
            worst.best.to_string(),
            worst.cycles.to_string(),
            contract.map_or_else(|| "-".to_owned(), |contract| format!("<= {contract}")),
        ]
    };
    let added = &summary.resident_added;
    let mut rows = vec![
        row(
            "P5",
            "resident, hit".into(),
            &added.hit.part.worst,
            Some(RESIDENT),
        ),
        row("P5", "resident, miss".into(), &added.miss.part.worst, None),
        row("P5", "R and B".into(), &added.answers, Some(0)),
        row(
            "P6",
            Access::ReadDormant.name().into(),
            &summary.read_dormant.figure.worst,
            Some(READ_DORMANT),
        ),
        row(
            "P7",
            Access::WriteDormant.name().into(),
            &summary.write_dormant_pool.figure.worst,
            Some(WRITE_DORMANT),
        ),
        row(
            "P7",
            "the same, zeros before the address".into(),
            &summary.write_dormant_pool.zeros_first,
            None,
        ),
    ];
    rows.extend(summary.write_dormant_ondemand.cases.iter().map(|case| {
        let what = format!("pool empty, B latency {}", case.b_latency);
        row("P8", what, &case.address.worst, Some(case.address.contract))
    }));
    rows.extend(summary.mark_all.tables.iter().map(|table| {
        let what = format!("mark all {} pages", table.guest_pages);
        let worst = table.finished.clone().join(&table.seen);
        row("P9", what, &worst, Some(MARK_ALL))
    }));
    let redormant = &summary.redormant;
    rows.push(row("", "doorbell".into(), &redormant.doorbell.worst, None));
    rows.extend(redormant.stores.iter().map(|stores| {
        let what = format!("zeroed by stores, delay {}", stores.delay);
        row("", what, &stores.worst, None)
    }));
    let header = [
        "",
        "otherwise idle",
        "worst at",
        "samples",
        "best",
        "worst",
        "contract",
    ];
    eprintln!("Cycles, {}\n{}", summary.origin, table(3, &header, rows));

    let streams = added.throughput.iter();
    let rows = streams.map(|stream| {
        vec![
            stream.set.to_owned(),
            stream.channel.to_owned(),
            stream.pattern.to_owned(),
            stream.beats.to_string(),
            format!("{:.3}", stream.beats_per_cycle),
        ]
    });
    let header = [
        "set",
        "channel",
        "resident accesses",
        "beats",
        "beats/cycle",
    ];
    eprintln!("{}", table(3, &header, rows.collect()));

    let all = [
        &summary.read_dormant.beside,
        &summary.write_dormant_pool.beside,
        &added.beside,
        &summary.write_dormant_ondemand.beside,
    ];
    let rows = all.into_iter().flatten().map(|company| {
        let data = company.data.as_ref();
        vec![
            company.access.to_owned(),
            company.beside.clone(),
            company.address.samples.to_string(),
            company.address.cycles.to_string(),
            data.map_or_else(|| "-".to_owned(), |data| data.cycles.to_string()),
        ]
    });
    let header = ["access", "beside", "samples", "worst", "worst, data"];
    eprintln!("{}", table(2, &header, rows.collect()));
}
