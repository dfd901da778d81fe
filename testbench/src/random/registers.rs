//! Random accesses to registers, with any memory.
//!
//! A [`Scenario`] is a whole run as data: the parameter set, the memory, and what the register
//! manager does.

use std::{collections::VecDeque, ops::Range};

use dormouse_driver::regs::{self, Register};
use dormouse_model::{
    Config, Node,
    axi::{AxilReq, AxilResp},
    pkg::{FrameState, Op},
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ScenarioError;
#[cfg(feature = "rtl")]
use crate::lockstep::Pair;
use crate::{
    backend::Backend,
    memory::{Bytes, Memory, MemorySpec, Rpa},
    sets,
    system::System,
};

/// One access of the register manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// A read of any address.
    Read {
        /// Byte address.
        addr: u16,
    },
    /// A write of any value to any address with any strobe.
    Write {
        /// Byte address.
        addr: u16,
        /// Data.
        data: u32,
        /// Strobe, 4 bits.
        strb: u8,
        /// Cycles by which the data comes after its address; negative: before.
        w_after_aw: i8,
    },
    /// Not an access: a reset of the node and not of its memory. What is under way is gone.
    Reset,
    /// A command for a frame, counted round the frames of the set with a few beyond the last.
    Command {
        /// Operation, 4 bits, and 16 more for one on pages; not all exist.
        op: u8,
        /// Any number.
        frame: u32,
    },
}

/// An access and when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Cycles after the step before it began.
    pub gap: u16,
    /// Waits until every earlier access is answered.
    pub wait: bool,
    /// What it does.
    pub access: Access,
}

/// A run, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Name of the parameter set.
    pub set: String,
    /// The memory.
    pub memory: MemorySpec,
    /// Percentage of cycles in which the register manager does not take an answer, 0..=90.
    pub stall: u8,
    /// Seed of that.
    pub seed: u64,
    /// What it does.
    pub steps: Vec<Step>,
}

/// Per-channel driver of the register port: addresses, data and reads run on their own.
struct Manager<'a> {
    steps: &'a [Step],
    frames: u32,
    next: usize,
    due: u64,
    aw: VecDeque<(u64, u16)>,
    w: VecDeque<(u64, u32, u8)>,
    ar: VecDeque<(u64, u16)>,
    open: usize,
    stall: u8,
    rng: fastrand::Rng,
}

impl<'a> Manager<'a> {
    fn new(scenario: &'a Scenario, frames: u32) -> Self {
        Self {
            steps: &scenario.steps,
            frames,
            next: 0,
            due: scenario.steps.first().map_or(0, |s| s.gap.into()),
            aw: VecDeque::new(),
            w: VecDeque::new(),
            ar: VecDeque::new(),
            open: 0,
            stall: scenario.stall.min(90),
            rng: fastrand::Rng::with_seed(scenario.seed),
        }
    }

    /// The next step is a reset, and it is time; what is under way is forgotten.
    fn reset(&mut self, cycle: u64) -> bool {
        let due = cycle >= self.due
            && self
                .steps
                .get(self.next)
                .is_some_and(|step| step.access == Access::Reset);
        if due {
            self.aw.clear();
            self.w.clear();
            self.ar.clear();
            self.open = 0;
            self.next += 1;
            self.due = cycle + self.steps.get(self.next).map_or(0, |s| u64::from(s.gap));
        }
        due
    }

    fn done(&self) -> bool {
        self.next == self.steps.len() && self.open == 0
    }

    /// Nothing is open, and nothing begins before this cycle: skip mode may jump there.
    fn quiet_until(&self, end: u64) -> Option<u64> {
        (self.open == 0).then_some(if self.next == self.steps.len() {
            end
        } else {
            self.due
        })
    }

    /// What it drives in `cycle`.
    fn drive(&mut self, cycle: u64) -> AxilReq {
        while let Some(step) = self.steps.get(self.next)
            && cycle >= self.due
            && !(step.wait && self.open != 0)
            && step.access != Access::Reset
        {
            let write = |manager: &mut Self, addr, data, strb, skew: i8| {
                let late = u64::from(skew.unsigned_abs());
                manager
                    .aw
                    .push_back((cycle + if skew < 0 { late } else { 0 }, addr));
                manager
                    .w
                    .push_back((cycle + if skew < 0 { 0 } else { late }, data, strb));
            };
            match step.access {
                Access::Reset => unreachable!("the loop ends before it"),
                Access::Read { addr } => self.ar.push_back((cycle, addr & 0xFFF)),
                Access::Write {
                    addr,
                    data,
                    strb,
                    w_after_aw,
                } => {
                    write(self, addr & 0xFFF, data, strb & 0xF, w_after_aw);
                }
                Access::Command { op, frame } => {
                    // One in so many is out of range.
                    let frame = frame % (self.frames + self.frames / 8 + 1);
                    let register = if op & Op::PAGE == 0 {
                        regs::FrameCmd::OFFSET
                    } else {
                        regs::PageCmd::OFFSET
                    };
                    write(self, register, u32::from(op & 0xF) << 28 | frame, 0xF, 0);
                }
            }
            self.open += 1;
            self.next += 1;
            self.due = cycle + self.steps.get(self.next).map_or(0, |s| u64::from(s.gap));
        }
        let mut req = AxilReq::default();
        if let Some(&(from, addr)) = self.aw.front() {
            (req.aw_valid, req.aw_addr) = (cycle >= from, addr);
        }
        if let Some(&(from, data, strb)) = self.w.front() {
            (req.w_valid, req.w_data, req.w_strb) = (cycle >= from, data, strb);
        }
        if let Some(&(_, addr)) = self.ar.front() {
            (req.ar_valid, req.ar_addr) = (true, addr);
        }
        let calm = self.stall == 0 || self.open == 0;
        req.b_ready = calm || self.rng.u8(..100) >= self.stall;
        req.r_ready = calm || self.rng.u8(..100) >= self.stall;
        req
    }

    /// What became of it.
    fn observe(&mut self, req: &AxilReq, out: &AxilResp) {
        if req.aw_valid && out.aw_ready {
            self.aw.pop_front();
        }
        if req.w_valid && out.w_ready {
            self.w.pop_front();
        }
        if req.ar_valid && out.ar_ready {
            self.ar.pop_front();
        }
        self.open -= usize::from(req.b_ready && out.b_valid);
        self.open -= usize::from(req.r_ready && out.r_valid);
    }
}

/// Reaches the model inside a backend, for the checks at the end.
pub trait HasModel {
    /// The model.
    fn model(&self) -> &Node;
}

impl HasModel for Node {
    fn model(&self) -> &Node {
        self
    }
}

#[cfg(feature = "rtl")]
impl HasModel for Pair {
    fn model(&self) -> &Node {
        &self.model
    }
}

impl Scenario {
    /// The scenario's parameters.
    ///
    /// # Errors
    /// No such set.
    pub fn config(&self) -> Result<Config, ScenarioError> {
        sets::all()
            .remove(&self.set)
            .ok_or_else(|| ScenarioError::Set(self.set.clone()))
    }

    /// Runs on a backend until everything is at rest; returns the cycles.
    fn run<B: Backend + HasModel>(
        &self,
        system: &mut System<B, Box<dyn Memory + Send>>,
        skip: bool,
    ) -> Result<u64, ScenarioError> {
        let config = self.config()?;
        let mut manager = Manager::new(self, config.real_frames);
        // Even at the slowest memory and the lowest cap everything ends by itself; this only says "hangs".
        let limit = 40_000_000;
        let at_rest = |system: &System<B, Box<dyn Memory + Send>>| {
            let node = system.node.model();
            let throttled = node.csr.regs.cap_interval() != 0 && node.engine.outstanding_q == 0;
            system.memory.in_flight() == 0
                && !node.frames.cmd_busy()
                && !node.csr.cmd_valid_q
                && !node.frames.busy()
                && !node.engine.done_valid_q
                && !node.engine.aw_valid_q
                && node.frames.ready()
                && (node.frames.zeroing_q == 0 || throttled)
        };
        while !(manager.done() && at_rest(system)) {
            let cycle = system.cycle();
            if manager.reset(cycle) {
                system.reset_node();
            }
            if skip
                && let Some(quiet) = manager.quiet_until(limit)
                && quiet > cycle
            {
                system.drive(manager.drive(cycle));
                system.advance(quiet - cycle);
                system.check()?;
                continue;
            }
            let req = manager.drive(cycle);
            system.drive(req);
            system.step();
            system.check()?;
            manager.observe(&req, system.port());
            if cycle > limit {
                let what = format!(
                    "{} register accesses, {} bursts",
                    manager.open,
                    system.memory.in_flight()
                );
                return Err(ScenarioError::Hangs {
                    cycles: cycle,
                    what,
                });
            }
        }
        system.finish()?;
        // A burst that a reset cuts ends without strobes, which no line with ECC can take.
        let resets = self.steps.iter().any(|step| step.access == Access::Reset);
        let errors = system.memory.store().ecc_errors();
        if errors != 0 && !resets {
            return Err(ScenarioError::Invariant(format!(
                "memory with ECC had to read what was never written, {errors} times"
            )));
        }
        Self::check_frames(system, &config)?;
        Ok(system.cycle())
    }

    /// No frame is lost, and every frame that is called zeroed is.
    fn check_frames<B: Backend + HasModel>(
        system: &System<B, Box<dyn Memory + Send>>,
        config: &Config,
    ) -> Result<(), ScenarioError> {
        let frames = &system.node.model().frames;
        let counted = frames.dirty_q
            + frames.queue.level()
            + frames.urgent.level()
            + frames.zeroing_q
            + frames.pool.level()
            + frames.mapped_q
            + frames.claimed_q
            + frames.held_q
            + frames.bad_q
            + frames.moving_q
            + frames.filled_q;
        if counted != config.real_frames {
            return Err(ScenarioError::Lost {
                counted,
                frames: config.real_frames,
            });
        }
        let zeroed = (0..)
            .zip(frames.guard())
            .filter(|(_, guard)| guard.state == FrameState::Zeroed);
        for (frame, _) in zeroed {
            let start = Rpa(u64::from(frame) << config.page_shift);
            if !system
                .memory
                .store()
                .is_zero(start, Bytes(config.page_bytes().into()))
            {
                return Err(ScenarioError::NotZero { frame });
            }
        }
        Ok(())
    }

    /// Runs on the model alone, in tick mode and in skip mode, which must end alike.
    ///
    /// # Errors
    /// What went wrong.
    pub fn run_model(&self) -> Result<u64, ScenarioError> {
        let config = self.config()?;
        let mut tick = System::new(Node::new(&config)?, self.memory.build(&config)?);
        let mut skip = System::new(Node::new(&config)?, self.memory.build(&config)?).skipping();
        let cycles = self.run(&mut tick, false)?;
        self.run(&mut skip, true)?;
        let (tick, skip) = (format!("{:?}", tick.node), format!("{:?}", skip.node));
        if tick == skip {
            Ok(cycles)
        } else {
            Err(ScenarioError::Skip { skip, tick })
        }
    }

    /// Runs model and RTL in lockstep.
    ///
    /// # Errors
    /// What went wrong.
    #[cfg(feature = "rtl")]
    pub fn run_lockstep(&self) -> Result<u64, ScenarioError> {
        self.lockstep(Pair::new(&self.set)?)
    }

    /// The same with a waveform from cycle `from` on.
    ///
    /// # Errors
    /// What went wrong.
    #[cfg(feature = "rtl")]
    pub fn run_traced(&self, from: u64, path: std::path::PathBuf) -> Result<u64, ScenarioError> {
        let mut pair = Pair::new(&self.set)?;
        pair.trace(from, path);
        self.lockstep(pair)
    }

    #[cfg(feature = "rtl")]
    fn lockstep(&self, pair: Pair) -> Result<u64, ScenarioError> {
        let memory = self.memory.build(pair.config())?;
        self.run(&mut System::new(pair, memory), false)
    }

    /// Random scenarios of one set: fewer accesses where a page takes longer.
    pub fn any(set: String) -> impl Strategy<Value = Self> {
        let beats = sets::all().get(&set).map_or(0, Config::page_beats);
        let steps: Range<usize> = 1..match beats {
            0..=1024 => 100,
            1025..=8192 => 24,
            _ => 6,
        };
        let config = sets::all().remove(&set).unwrap_or_default();
        let memory = (any::<u64>(), any::<bool>()).prop_map(move |(seed, ecc)| {
            let memory = MemorySpec::random(seed);
            if ecc {
                memory.with_ecc(&config)
            } else {
                memory
            }
        });
        let stall = prop_oneof![3 => Just(0u8), 1 => 1..90u8];
        let steps = prop::collection::vec(any_step(), steps);
        (Just(set), memory, stall, any::<u64>(), steps).prop_map(
            |(set, memory, stall, seed, mut steps)| {
                // Without this, after each reset, nothing would be zeroed in most scenarios.
                let enable = Access::Write {
                    addr: regs::Control::OFFSET,
                    data: 1,
                    strb: 0xF,
                    w_after_aw: 0,
                };
                let enable = Step {
                    gap: 0,
                    wait: false,
                    access: enable,
                };
                for i in (0..steps.len()).rev() {
                    if steps[i].access == Access::Reset {
                        steps.insert(i + 1, enable.clone());
                    }
                }
                steps.insert(0, enable);
                Self {
                    set,
                    memory,
                    stall,
                    seed,
                    steps,
                }
            },
        )
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let gap = prop_oneof![8 => 0..4u16, 3 => 4..100u16, 1 => 100..3000u16];
    (gap, prop::bool::weighted(0.8), any_access()).prop_map(|(gap, wait, access)| Step {
        gap,
        wait,
        access,
    })
}

fn any_access() -> impl Strategy<Value = Access> {
    let command = |op: BoxedStrategy<u8>| {
        (op, any::<u32>()).prop_map(|(op, frame)| Access::Command { op, frame })
    };
    let write = |addr: u16, data: BoxedStrategy<u32>| {
        (data, -3..4i8).prop_map(move |(data, w_after_aw)| Access::Write {
            addr,
            data,
            strb: 0xF,
            w_after_aw,
        })
    };
    // Mostly fast caps: a slow one makes long runs in which nothing happens.
    let throttle =
        prop_oneof![2 => Just(0u32), 3 => (1..400u32, 0..16u32).prop_map(|(i, d)| d << 16 | i)];
    let mark = prop_oneof![3 => 0..40u32, 1 => any::<u32>()];
    prop_oneof![
        1 => Just(Access::Reset),
        30 => command(prop_oneof![6 => Just(1u8), 2 => Just(2), 4 => Just(3)].boxed()),
        6 => command((0..32u8).boxed()),
        2 => write(regs::Arg::OFFSET, prop_oneof![3 => 0..9u32, 1 => any::<u32>()].boxed()),
        2 => write(regs::Control::OFFSET, prop_oneof![5 => Just(1u32), 1 => any::<u32>()].boxed()),
        2 => write(regs::Throttle::OFFSET, throttle.boxed()),
        2 => write(regs::WaterLow::OFFSET, mark.clone().boxed()),
        2 => write(regs::WaterHigh::OFFSET, mark.boxed()),
        2 => write(regs::IrqEnable::OFFSET, any::<u32>().boxed()),
        2 => write(regs::IrqStatus::OFFSET, any::<u32>().boxed()),
        8 => (0..0x40u16).prop_map(|n| Access::Read { addr: n * 4 }),
        2 => any::<u16>().prop_map(|addr| Access::Read { addr }),
        2 => (any::<u16>(), any::<u32>(), any::<u8>(), -4..5i8)
            .prop_map(|(addr, data, strb, w_after_aw)| Access::Write { addr: addr % 0x100, data, strb, w_after_aw }),
    ]
}
