//! Node, memory and guests, and the worst of what they were seen to wait for.

use anyhow::{Result, ensure};
use dormouse_driver::{Gfn, Node as Driver, PageMark, Rfn, Status};
use dormouse_model::Config;
use dormouse_testbench::{
    backend::Backend,
    memory::{IdealParams, Memory, MemorySpec},
    probe::{Port, Probe},
    shadow::{Gpa, Outcome},
    system::System,
    vcpu::{Burst, Fill, Op, Strobes, VcpuParams},
};
use serde::Serialize;

use crate::target::Target;

/// Every width, larger pages, the shortest bursts.
pub const SETS: [&str; 7] = [
    "engine_32",
    "engine_64",
    "engine_128",
    "engine_256",
    "engine_512",
    "page_64k",
    "short_bursts",
];
/// Pages that dormant accesses go to.
pub const PAGES: u32 = 12;
/// B and R latency of the memory where nothing else is said.
pub const LATENCY: u32 = 4;

/// The worst of what was seen, and where.
#[derive(Clone, Default, Serialize)]
pub struct Worst {
    /// The most.
    pub cycles: u64,
    /// The least.
    pub best: u64,
    pub samples: u64,
    /// Where the worst was seen first.
    pub at: String,
}

impl Worst {
    pub fn add(&mut self, cycles: u64, at: impl FnOnce() -> String) {
        if self.samples == 0 || cycles > self.cycles {
            self.cycles = cycles;
            self.at = at();
        }
        if self.samples == 0 || cycles < self.best {
            self.best = cycles;
        }
        self.samples += 1;
    }

    pub fn join(self, other: &Self) -> Self {
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
pub struct Bench {
    pub system: System<Probe, Box<dyn Memory + Send>>,
    pub config: Config,
}

impl Bench {
    /// After the sweep, with all pages dormant; addresses and data of writes come up to `skew` cycles apart.
    pub fn new(target: Target, set: &str, b_latency: u32, skew: u8) -> Result<Self> {
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

    pub fn driver(&mut self) -> Result<Driver<&mut System<Probe, Box<dyn Memory + Send>>>> {
        Ok(Driver::probe(&mut self.system)?)
    }

    pub fn until(&mut self, limit: u64, done: impl Fn(&Self) -> bool) -> Result<()> {
        let end = self.system.cycle() + limit;
        while !done(self) {
            ensure!(self.system.cycle() < end, "not within {limit} cycles");
            self.system.step();
            self.system.check()?;
        }
        Ok(())
    }

    /// Waits until the last mark of all pages has reached every tag.
    pub fn scrubbed(&mut self) -> Result<()> {
        let mut driver = self.driver()?;
        while driver.status()?.contains(Status::SCRUB_BUSY) {}
        Ok(())
    }

    /// Waits until the engine and the memory are at rest.
    pub fn rest(&mut self) -> Result<()> {
        let beats = u64::from(self.config.real_frames) * u64::from(self.config.page_beats());
        let rests = |bench: &Self| {
            bench.system.node.zeroing() == Some(0) && Memory::in_flight(&bench.system.memory) == 0
        };
        self.system.idle(16);
        self.until(2 * beats + 10_000, rests)
    }

    pub fn queue(&mut self, frames: std::ops::Range<u32>) -> Result<()> {
        let mut driver = self.driver()?;
        for frame in frames {
            driver.queue(Rfn(frame))?;
        }
        Ok(())
    }

    /// Puts the first `frames` frames into the pool; the engine is off afterwards.
    pub fn stock(&mut self, frames: u32) -> Result<()> {
        let depth = self.config.queue_depth;
        for first in (0..frames).step_by(depth as usize) {
            self.queue(first..frames.min(first + depth))?;
            self.driver()?.enable()?;
            self.rest()?;
        }
        let mut driver = self.driver()?;
        driver.disable()?;
        let level = driver.pool_level()?;
        ensure!(level == frames, "{level} of {frames} frames are zeroed");
        Ok(())
    }

    /// Lets the engine zero other frames in the background.
    pub fn background(&mut self) -> Result<()> {
        let most = (self.config.real_frames - PAGES).min(self.config.queue_depth);
        self.queue(PAGES..PAGES + most.min(256))?;
        self.driver()?.enable()?;
        self.system.idle(20);
        Ok(())
    }

    /// Starts a program on every port that has one.
    pub fn start(&mut self, programs: Vec<Vec<Op>>) {
        self.system.node.forget();
        for (vcpu, program) in self.system.guests.vcpus.iter_mut().zip(programs) {
            vcpu.run(program.into());
        }
    }

    pub fn end(&mut self) -> Result<()> {
        self.until(4_000_000, |bench| bench.system.guests.done())
    }

    pub fn run(&mut self, programs: Vec<Vec<Op>>) -> Result<()> {
        self.start(programs);
        self.end()
    }

    pub fn seen(&self, port: usize) -> &Port {
        &self.system.node.ports[port]
    }

    /// Makes pages resident, which takes frames from the pool.
    pub fn convert(&mut self, pages: &[u32]) -> Result<()> {
        let stores = pages.iter().map(|gfn| self.write(*gfn, 1, 0, 0));
        let program = stores.collect();
        self.run(vec![program])
    }

    /// The doorbell by firmware's hand.
    pub fn ring(&mut self, gfn: u32) -> Result<()> {
        let cycle = self.system.cycle();
        let token = self
            .system
            .guests
            .shadow
            .begin_zero(None, cycle, gfn.into());
        self.driver()?.zero_page(Gfn(gfn))?;
        let cycle = self.system.cycle();
        self.system
            .guests
            .shadow
            .end_zero(token, cycle, Outcome::Done);
        Ok(())
    }

    /// Nothing is left under way, and lockstep has compared every memory.
    pub fn finish(mut self) -> Result<()> {
        self.driver()?.disable()?;
        self.rest()?;
        self.system.finish()?;
        Ok(())
    }

    /// Beats of the longest burst.
    pub fn longest(&self) -> u32 {
        (4096 / self.config.beat_bytes()).min(256)
    }

    pub fn burst(&self, gfn: u32, beats: u32, number: u32) -> Burst {
        let (bus, page) = (self.config.beat_bytes(), self.config.page_bytes());
        let offset = u64::from(number * beats * bus % page);
        let start = u64::from(gfn) << self.config.page_shift;
        Burst::line(Gpa(start + offset), beats * bus, bus)
    }

    pub fn read(&self, gfn: u32, beats: u32, number: u32) -> Op {
        Op::Read(self.burst(gfn, beats, number))
    }

    /// A write of the page's burst `number`, of which `zeros` beats come first that are zero.
    pub fn write(&self, gfn: u32, beats: u32, zeros: u32, number: u32) -> Op {
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
