//! A node made of a few vectors. It zeroes one frame in every fourth register access, and refuses those
//! that it was told are broken. Its guests touch pages with [`Fake::write_page`].
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::{HashSet, VecDeque};

use dormouse_driver::regs::{self, Arg, Code, FrameOp, MarkKind, PageOp, Register, Resolve};
use dormouse_driver::{
    Bus, BusError, FrameState, Gfn, Irq, NodeId, PageState, Policy, Port, Rfn, Stall, StallKind,
};

/// How a guest's access ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done(Rfn),
    Slverr,
}

pub struct Fake {
    pub states: Vec<FrameState>,
    pub pages: Vec<PageState>,
    pub poisoned: HashSet<u32>,
    pub queue: VecDeque<u32>,
    pub urgent: VecDeque<u32>,
    pub pool: VecDeque<u32>,
    pub broken: HashSet<u32>,
    pub depths: [usize; 3],
    pub registers: [u32; 128],
    pub last_bad: Option<u32>,
    pub running: bool,
    pub stuck: bool,
    pub accesses: u64,
    pub commands: u64,
    pub command_errors: u64,
    pub stalls: VecDeque<Stall>,
    /// Writes whose page waits for a frame that is on its way.
    pub demands: VecDeque<(Port, Gfn)>,
    /// How accesses ended, in order.
    pub ended: Vec<(Port, Gfn, Outcome)>,
    /// `mark_all` is refused this often.
    pub scrubbing: u32,
    /// Guests that do something at this register access.
    pub later: Vec<(u64, Port, Gfn)>,
}

impl Fake {
    pub fn new(frames: usize, depths: [usize; 3]) -> Self {
        let mut registers = [0; 128];
        registers[usize::from(regs::Policy::OFFSET / 4)] = 0xE;
        Self {
            states: vec![FrameState::Dirty; frames],
            pages: vec![PageState::Dormant; 64],
            poisoned: HashSet::new(),
            queue: VecDeque::new(),
            urgent: VecDeque::new(),
            pool: VecDeque::new(),
            broken: HashSet::new(),
            depths,
            registers,
            last_bad: None,
            running: false,
            stuck: false,
            accesses: 0,
            commands: 0,
            command_errors: 0,
            stalls: VecDeque::new(),
            demands: VecDeque::new(),
            ended: Vec::new(),
            scrubbing: 0,
            later: Vec::new(),
        }
    }

    pub fn get<R: Register>(&self) -> u32 {
        self.registers[usize::from(R::OFFSET / 4)]
    }

    fn set<R: Register>(&mut self, value: u32) {
        self.registers[usize::from(R::OFFSET / 4)] = value;
    }

    pub fn count(&self, state: FrameState) -> u32 {
        self.states.iter().filter(|&&other| other == state).count() as u32
    }

    fn raise(&mut self, irq: Irq) {
        self.registers[usize::from(regs::IrqStatus::OFFSET / 4)] |= irq.bits();
    }

    // -------------------------------------------------------------------------------------- guests

    fn hardware(&self) -> Policy {
        Policy::from_bits_retain(self.get::<regs::Policy>())
    }

    fn coming(&self) -> bool {
        !self.pool.is_empty()
            || self.get::<regs::Control>() != 0
                && !(self.queue.is_empty() && self.urgent.is_empty())
    }

    fn convert(&mut self, port: Port, gfn: Gfn) -> bool {
        let Some(frame) = self.pool.pop_front() else {
            return false;
        };
        self.states[frame as usize] = FrameState::Mapped;
        self.pages[gfn.0 as usize] = PageState::Resident(Rfn(frame));
        self.ended.push((port, gfn, Outcome::Done(Rfn(frame))));
        true
    }

    /// A guest writes something that is not zero.
    pub fn write_page(&mut self, port: u8, gfn: u32) {
        let (port, gfn) = (Port(port), Gfn(gfn));
        let kind = match self.look(gfn) {
            PageState::Resident(rfn) => {
                self.ended.push((port, gfn, Outcome::Done(rfn)));
                return;
            }
            PageState::Bad => {
                self.ended.push((port, gfn, Outcome::Slverr));
                return;
            }
            PageState::Away(_) => StallKind::Away,
            PageState::Dormant if !self.hardware().contains(Policy::HW_CONVERT) => {
                StallKind::ConversionOff
            }
            PageState::Dormant => {
                if self.convert(port, gfn) {
                    return;
                }
                if self.coming() {
                    self.demands.push_back((port, gfn));
                    return;
                }
                StallKind::NoFrame
            }
        };
        self.stalls.push_back(Stall {
            gfn,
            port,
            write: true,
            kind,
        });
        self.raise(Irq::STALL);
    }

    fn look(&mut self, gfn: Gfn) -> PageState {
        if self.poisoned.contains(&gfn.0) {
            self.raise(Irq::PARITY);
            let errors = self.get::<regs::ParityErrors>();
            self.set::<regs::ParityErrors>(errors + 1);
            self.set::<regs::ParityPage>(0x8000_0000 | gfn.0);
            return PageState::Bad;
        }
        self.pages[gfn.0 as usize]
    }

    /// The frame leaves its page.
    fn free(&mut self, frame: u32) {
        if self.queue.len() == self.depths[0] {
            self.states[frame as usize] = FrameState::Dirty;
            self.raise(Irq::DIRTIED);
        } else {
            self.states[frame as usize] = FrameState::Queued;
            self.queue.push_back(frame);
        }
    }

    // ---------------------------------------------------------------------------------------- node

    fn step(&mut self) {
        self.accesses += 1;
        while let Some(index) = self.later.iter().position(|due| due.0 <= self.accesses) {
            let (_, port, gfn) = self.later.remove(index);
            self.write_page(port.0, gfn.0);
        }
        if !self.accesses.is_multiple_of(4) || self.get::<regs::Control>() == 0 || self.stuck {
            return;
        }
        let level = self.pool.len() as u32;
        if level <= self.get::<regs::WaterLow>() {
            self.running = true;
        }
        if level >= self.get::<regs::WaterHigh>() {
            self.running = false;
        }
        if self.pool.len() == self.depths[2] {
            return;
        }
        let running = self.running || !self.demands.is_empty();
        let frame = self.urgent.pop_front().or_else(|| {
            if running {
                self.queue.pop_front()
            } else {
                None
            }
        });
        let Some(frame) = frame else { return };
        if self.broken.contains(&frame) {
            self.states[frame as usize] = FrameState::Bad;
            self.last_bad = Some(frame);
            self.raise(Irq::BAD_FRAME);
        } else {
            self.states[frame as usize] = FrameState::Zeroed;
            self.pool.push_back(frame);
            if let Some((port, gfn)) = self.demands.pop_front() {
                self.convert(port, gfn);
            }
        }
        if self.queue.is_empty() && self.urgent.is_empty() {
            self.raise(Irq::QUEUE_EMPTY);
        }
    }

    fn frame_command(&mut self, command: regs::FrameCmd) -> (Code, u32) {
        let Ok(op) = command.op() else {
            return (Code::BadOp, 0);
        };
        let target = command.target();
        match op {
            FrameOp::Take | FrameOp::Claim => {
                let Some(frame) = self.pool.pop_front() else {
                    return (Code::Empty, 0);
                };
                let taken = match op {
                    FrameOp::Take => FrameState::Held,
                    _ => FrameState::Claimed,
                };
                self.states[frame as usize] = taken;
                (Code::Ok, frame)
            }
            FrameOp::QueueRange => {
                let end = target + Arg(self.get::<Arg>()).value();
                if end as usize > self.states.len() {
                    return (Code::Range, target);
                }
                for frame in target..end {
                    let (code, _) = self.step_frame(FrameOp::Queue, frame);
                    if code != Code::Ok {
                        return (code, frame);
                    }
                }
                (Code::Ok, end)
            }
            _ => self.step_frame(op, target),
        }
    }

    fn page_command(&mut self, command: regs::PageCmd) -> (Code, u32) {
        let Ok(op) = command.op() else {
            return (Code::BadOp, 0);
        };
        let target = command.target();
        match op {
            PageOp::MarkAll => self.mark_all(),
            PageOp::Resolve => self.resolve(target),
            _ if target as usize >= self.pages.len() => (Code::Range, 0),
            _ => self.step_page(op, Gfn(target)),
        }
    }

    fn step_page(&mut self, op: PageOp, gfn: Gfn) -> (Code, u32) {
        let arg = Arg(self.get::<Arg>());
        let state = self.look(gfn);
        let refused = (Code::Page, state.kind().into());
        let next = match (op, state) {
            (PageOp::QueryPage, _) => {
                let payload = match state {
                    PageState::Resident(rfn) => rfn.0,
                    PageState::Away(node) => node.0.into(),
                    _ => 0,
                };
                self.set::<regs::Page>(u32::from(state.kind()) << 30 | payload);
                return (Code::Ok, 0);
            }
            (PageOp::Map, PageState::Dormant) => {
                let frame = arg.value() as usize;
                match self.states.get(frame) {
                    None => return (Code::Range, 0),
                    Some(FrameState::Claimed) => self.states[frame] = FrameState::Mapped,
                    Some(&state) => return (Code::State, state.into()),
                }
                PageState::Resident(Rfn(frame as u32))
            }
            (PageOp::Adopt, PageState::Dormant | PageState::Away(_)) => {
                let frame = arg.value() as usize;
                match self.states.get(frame) {
                    None => return (Code::Range, 0),
                    Some(FrameState::Filled) => self.states[frame] = FrameState::Mapped,
                    Some(&state) => return (Code::State, state.into()),
                }
                PageState::Resident(Rfn(frame as u32))
            }
            (PageOp::Unmap, PageState::Resident(rfn)) => {
                self.states[rfn.0 as usize] = FrameState::Held;
                self.pages[gfn.0 as usize] = PageState::Away(NodeId(arg.value() as u8));
                return (Code::Ok, rfn.0);
            }
            (PageOp::ZeroPage, PageState::Dormant) => return (Code::Ok, 0),
            (PageOp::ZeroPage, PageState::Resident(rfn)) => {
                self.free(rfn.0);
                PageState::Dormant
            }
            (PageOp::Mark, PageState::Resident(_)) => return refused,
            (PageOp::Mark, _) => match arg.kind() {
                Ok(MarkKind::Dormant) => PageState::Dormant,
                Ok(MarkKind::Away) => PageState::Away(NodeId(arg.value() as u8)),
                _ => PageState::Bad,
            },
            _ => return refused,
        };
        self.poisoned.remove(&gfn.0);
        self.pages[gfn.0 as usize] = next;
        (Code::Ok, 0)
    }

    fn mark_all(&mut self) -> (Code, u32) {
        let arg = Arg(self.get::<Arg>());
        let mark = match arg.kind() {
            Ok(MarkKind::Dormant) => PageState::Dormant,
            Ok(MarkKind::Away) => PageState::Away(NodeId(arg.value() as u8)),
            _ => return (Code::Range, 0),
        };
        if self.count(FrameState::Mapped) > 0 {
            return (Code::State, FrameState::Mapped.into());
        }
        if self.scrubbing > 0 {
            self.scrubbing -= 1;
            return (Code::Busy, 0);
        }
        self.pages.fill(mark);
        (Code::Ok, 0)
    }

    fn resolve(&mut self, target: u32) -> (Code, u32) {
        let named =
            |stall: &Stall| u32::from(stall.port.0) | u32::from(stall.write) << 4 == target & 0x1F;
        let Some(stall) = self.stalls.pop_front_if(|stall| named(stall)) else {
            return (Code::Empty, 0);
        };
        match Resolve::try_from(target >> 8) {
            Ok(Resolve::Retry) => self.write_page(stall.port.0, stall.gfn.0),
            Ok(Resolve::Fail) => self.ended.push((stall.port, stall.gfn, Outcome::Slverr)),
            _ => self.stalls.push_back(stall),
        }
        (Code::Ok, 0)
    }

    fn step_frame(&mut self, op: FrameOp, frame: u32) -> (Code, u32) {
        use FrameState::{Bad, Claimed, Dirty, Filled, Held, Moving, Queued};
        let Some(&state) = self.states.get(frame as usize) else {
            return (Code::Range, 0);
        };
        let next = match (op, state) {
            (FrameOp::Query, _) => return (Code::Ok, state.into()),
            (FrameOp::Queue | FrameOp::QueueUrgent, Dirty | Held | Claimed) => Queued,
            (FrameOp::Hold, Dirty | Claimed | Moving | Filled) => Held,
            (FrameOp::Release, Held | Claimed | Moving | Filled) => Dirty,
            (FrameOp::Retire, Dirty | Held | Claimed | Moving | Filled) => Bad,
            (FrameOp::Reserve, Held | Claimed) => Moving,
            (FrameOp::Fill, Moving) => Filled,
            _ => return (Code::State, state.into()),
        };
        if next == Queued {
            let (lane, depth) = if op == FrameOp::Queue {
                (&mut self.queue, self.depths[0])
            } else {
                (&mut self.urgent, self.depths[1])
            };
            if lane.len() == depth {
                return (Code::Full, 0);
            }
            lane.push_back(frame);
        }
        self.states[frame as usize] = next;
        (Code::Ok, 0)
    }

    fn stall_register(&self) -> u32 {
        self.stalls.front().map_or(0, |stall| {
            let write = u32::from(stall.write) << 4;
            0x8000_0000 | u32::from(stall.kind) << 8 | write | u32::from(stall.port.0)
        })
    }
}

impl Bus for Fake {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        self.step();
        Ok(match offset {
            regs::Id::OFFSET => 0x444F_524D,
            regs::Params::OFFSET => 0x0008_060C,
            regs::RealFrames::OFFSET => self.states.len() as u32,
            regs::QueueDepth::OFFSET => self.depths[0] as u32,
            regs::UrgentDepth::OFFSET => self.depths[1] as u32,
            regs::PoolDepth::OFFSET => self.depths[2] as u32,
            regs::GuestPages::OFFSET => self.pages.len() as u32,
            regs::Ports::OFFSET => 0x0402,
            regs::Status::OFFSET => 1,
            regs::BadFrame::OFFSET => self.last_bad.map_or(0, |frame| 0x8000_0000 | frame),
            regs::QueueLevel::OFFSET => self.queue.len() as u32,
            regs::UrgentLevel::OFFSET => self.urgent.len() as u32,
            regs::PoolLevel::OFFSET => self.pool.len() as u32,
            regs::CountZeroing::OFFSET => 0,
            regs::CountDirty::OFFSET => self.count(FrameState::Dirty),
            regs::CountHeld::OFFSET => self.count(FrameState::Held),
            regs::CountBad::OFFSET => self.count(FrameState::Bad),
            regs::CountMapped::OFFSET => self.count(FrameState::Mapped),
            regs::CountClaimed::OFFSET => self.count(FrameState::Claimed),
            regs::CountMoving::OFFSET => self.count(FrameState::Moving),
            regs::CountFilled::OFFSET => self.count(FrameState::Filled),
            regs::CountLost::OFFSET => 0,
            regs::Stall::OFFSET => self.stall_register(),
            regs::StallPage::OFFSET => self.stalls.front().map_or(0, |stall| stall.gfn.0),
            offset => self.registers[usize::from(offset / 4)],
        })
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        self.step();
        match offset {
            regs::FrameCmd::OFFSET | regs::PageCmd::OFFSET => {
                let (code, result) = if offset == regs::FrameCmd::OFFSET {
                    self.frame_command(regs::FrameCmd(value))
                } else {
                    self.page_command(regs::PageCmd(value))
                };
                self.commands += 1;
                self.command_errors += u64::from(code != Code::Ok);
                self.set::<regs::ResultReg>(u32::from(code) << 28 | result);
            }
            regs::IrqStatus::OFFSET => self.registers[usize::from(offset / 4)] &= !value,
            offset => self.registers[usize::from(offset / 4)] = value,
        }
        Ok(())
    }
}
