//! Random guests: vCPUs with random programs on every port, beside a firmware that does everything right and
//! wrong that firmware can do, on any memory. The same scenario runs on every backend.
//!
//! Every byte that is read is checked all the way; at the end, when all is at rest, frames, pages and memory
//! are checked against each other and against the shadow.

use dormouse_driver::{
    BusError,
    regs::{
        self, Code, FrameState, MarkKind, PageState, Register, Resolve as Resolution, StallKind,
    },
};
use dormouse_model::{Config, Node, axi::AxilReq, pkg};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ScenarioError;
#[cfg(feature = "rtl")]
use crate::lockstep::Pair;
use crate::{
    backend::Backend,
    memory::{Bytes, IdealParams, Memory, MemorySpec, Rpa},
    sets,
    shadow::Outcome,
    system::System,
    vcpu::{Burst, Fill, Op, Program, Strobes, VcpuParams},
};

/// Polls after which a command counts as hung.
const PATIENCE: u32 = 200_000;
/// Cycles after which a run counts as hung.
const LIMIT: u64 = 60_000_000;
/// Cycles between two looks at whether everything is at rest.
const LOOK: u64 = 32;

/// What becomes of the stall at the head of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Service {
    /// The access is tried again, whatever has changed.
    Retry,
    /// The access fails.
    Fail,
    /// Others first.
    Defer,
    /// A frame is claimed and mapped, or the page is made this node's, with a frame if there is one; then the
    /// access is tried again.
    Help,
    /// Another stall than the one at the head is named.
    Wrong,
}

/// One thing that the firmware does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// A command, with its argument.
    Command {
        /// Operation, 4 bits, and 16 more for one on pages; not all exist.
        op: u8,
        /// Any number; taken round the frames or pages of the set and a few beyond.
        target: u32,
        /// Kind of mark, 2 bits.
        kind: u8,
        /// Any number, taken round in the same way.
        value: u32,
        /// Writes another command at once, which is refused if this one is not done: a harmless one.
        again: bool,
    },
    /// The stall at the head, if there is one.
    Serve(Service),
    /// `POLICY`.
    Policy(u32),
    /// `REDORMANT_DELAY`.
    Delay(u32),
    /// `CONTROL`.
    Enable(bool),
    /// `THROTTLE`.
    Throttle(u32),
    /// Water marks.
    Water(u32, u32),
    /// A read of any address.
    Read(u16),
    /// A write to any address but that of commands.
    Write {
        /// Byte address.
        addr: u16,
        /// Data.
        data: u32,
        /// Strobe, 4 bits.
        strb: u8,
    },
}

/// An action and when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Cycles after the last one ended.
    pub gap: u16,
    /// What is done.
    pub action: Action,
}

/// A run, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuestScenario {
    /// Name of the parameter set.
    pub set: String,
    /// The memory.
    pub memory: MemorySpec,
    /// How each vCPU behaves, and its program.
    pub vcpus: Vec<(VcpuParams, Vec<Op>)>,
    /// What the firmware does.
    pub firmware: Vec<Step>,
    /// What it does with stalls that are left when it has done all that, in turns.
    pub service: Vec<Service>,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuestRun {
    /// Cycles.
    pub cycles: u64,
    /// Guest accesses that were answered.
    pub accesses: u64,
    /// Bytes that were checked, when read and at the end.
    pub checked_bytes: u64,
    /// Bytes among them that were stale.
    pub stale_bytes: u64,
}

type AnyMemory = Box<dyn Memory + Send>;

/// The firmware on a system.
struct Firmware<'a, B> {
    system: &'a mut System<B, AnyMemory>,
    config: Config,
    /// Pages whose tags were poisoned: their frames stay mapped to nobody.
    poisoned: u32,
}

impl<B: Backend> Firmware<'_, B> {
    fn bus<T>(&mut self, what: &str, result: Result<T, BusError>) -> Result<T, ScenarioError> {
        self.system.check()?;
        result.map_err(|error| ScenarioError::Invariant(format!("{what}: {error:?}")))
    }

    fn read(&mut self, offset: u16) -> Result<u32, ScenarioError> {
        let result = self.system.read_raw(offset);
        self.bus("register read", result)
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), ScenarioError> {
        let result = self.system.write_raw(offset, value, 0xF);
        self.bus("register write", result)
    }

    fn idle(&mut self, cycles: u64) -> Result<(), ScenarioError> {
        self.system.idle(cycles);
        self.system.check()?;
        Ok(())
    }

    /// Waits for a command's end; returns its code and value.
    fn result(&mut self) -> Result<(u32, u32), ScenarioError> {
        for _ in 0..PATIENCE {
            let result = self.read(regs::ResultReg::OFFSET)?;
            if result >> 31 == 0 {
                return Ok((result >> 28 & 7, result & 0x0FFF_FFFF));
            }
        }
        Err(self.hangs("a command"))
    }

    fn hangs(&self, what: &str) -> ScenarioError {
        let pcs: Vec<usize> = self
            .system
            .guests
            .vcpus
            .iter()
            .map(crate::vcpu::Vcpu::pc)
            .collect();
        ScenarioError::Hangs {
            cycles: self.system.cycle(),
            what: format!(
                "{what}; vCPUs at {pcs:?}, {} bursts in memory",
                self.system.memory.in_flight()
            ),
        }
    }

    /// A command with its argument, to its end. Tells the shadow of pages that lose their contents.
    fn command(
        &mut self,
        op: pkg::Op,
        target: u32,
        arg: u32,
        again: Option<u32>,
    ) -> Result<(u32, u32), ScenarioError> {
        self.write(regs::Arg::OFFSET, arg)?;
        let poison = op == pkg::Op::Mark && arg >> 28 == MarkKind::Poison as u32;
        let lost = matches!(op, pkg::Op::Unmap | pkg::Op::ZeroPage) || poison;
        let token = (lost && target < self.config.guest_pages).then(|| {
            let cycle = self.system.cycle();
            self.system
                .guests
                .shadow
                .begin_zero(None, cycle, target.into())
        });
        let register = if op as u8 & pkg::Op::PAGE == 0 {
            regs::FrameCmd::OFFSET
        } else {
            regs::PageCmd::OFFSET
        };
        self.write(register, (op as u32 & 0xF) << 28 | target)?;
        if let Some(other) = again {
            self.write(regs::FrameCmd::OFFSET, other)?;
        }
        let (code, value) = self.result()?;
        let ok = code == Code::Ok as u32;
        if let Some(token) = token {
            let outcome = match (again, ok) {
                (Some(_), _) => Outcome::Unknown,
                (None, true) => Outcome::Done,
                (None, false) => Outcome::Refused,
            };
            let cycle = self.system.cycle();
            self.system.guests.shadow.end_zero(token, cycle, outcome);
        }
        self.poisoned += u32::from(poison && (ok || again.is_some()));
        Ok((code, value))
    }

    fn simple(&mut self, op: pkg::Op, target: u32) -> Result<(u32, u32), ScenarioError> {
        self.command(op, target, 0, None)
    }

    /// A frame or page that may be a few beyond the last.
    fn round(&self, op: pkg::Op, number: u32) -> u32 {
        let most = match op {
            pkg::Op::Resolve => return number & 0x0FFF_FFFF,
            op if op as u8 & pkg::Op::PAGE == 0 => self.config.real_frames,
            _ => self.config.guest_pages,
        };
        number % (most + most / 16 + 1)
    }

    fn act(&mut self, action: &Action) -> Result<(), ScenarioError> {
        match *action {
            Action::Command {
                op,
                target,
                kind,
                value,
                again,
            } => {
                // No register can name the steps of pages.
                let Some(op) = pkg::Op::new(op & 0x1F).filter(|&op| op < pkg::Op::StepMap) else {
                    // No such command.
                    self.write(regs::FrameCmd::OFFSET, target & 0x0FFF_FFFF)?;
                    self.result()?;
                    return Ok(());
                };
                let number = self.round(op, target);
                let value = match op {
                    pkg::Op::Map | pkg::Op::Adopt => value % (self.config.real_frames + 2),
                    pkg::Op::QueueRange => value % (self.config.real_frames / 4 + 2),
                    _ => value & 0xFF,
                };
                // A frame that a page adopts holds what the page held: nothing. A held one may hold anything.
                if op == pkg::Op::Reserve {
                    let (_, state) = self.simple(pkg::Op::Query, number)?;
                    if state == FrameState::Held as u32 {
                        return Ok(());
                    }
                }
                let arg = u32::from(kind & 3) << 28 | value;
                let query = (pkg::Op::Query as u32) << 28;
                self.command(op, number, arg, again.then_some(query))?;
            }
            Action::Serve(service) => {
                self.serve(service)?;
            }
            Action::Policy(value) => self.write(regs::Policy::OFFSET, value & 0xF)?,
            Action::Delay(cycles) => self.write(regs::RedormantDelay::OFFSET, cycles)?,
            Action::Enable(on) => self.write(regs::Control::OFFSET, on.into())?,
            Action::Throttle(value) => self.write(regs::Throttle::OFFSET, value)?,
            Action::Water(low, high) => {
                self.write(regs::WaterLow::OFFSET, low)?;
                self.write(regs::WaterHigh::OFFSET, high)?;
            }
            Action::Read(addr) => {
                // Holes and write-only registers answer with an error, as they must.
                let _ = self.system.read_raw(addr & 0xFFF);
                self.system.check()?;
            }
            Action::Write { addr, data, strb } => {
                let addr = addr & 0xFFF;
                let commands = [regs::FrameCmd::OFFSET, regs::PageCmd::OFFSET];
                let strb = if commands.contains(&(addr & !3)) {
                    strb & 7
                } else {
                    strb
                };
                let _ = self.system.write_raw(addr, data, strb & 0xF);
                self.system.check()?;
            }
        }
        Ok(())
    }

    /// Serves the stall at the head; false when there is none.
    fn serve(&mut self, service: Service) -> Result<bool, ScenarioError> {
        let stall = self.read(regs::Stall::OFFSET)?;
        if stall >> 31 == 0 {
            return Ok(false);
        }
        let gfn = self.read(regs::StallPage::OFFSET)?;
        let (name, kind) = (stall & 0x1F, stall >> 8 & 3);
        let resolution = match service {
            Service::Retry => Resolution::Retry,
            Service::Fail => Resolution::Fail,
            Service::Defer => Resolution::Defer,
            Service::Wrong => {
                let (code, _) = self.simple(pkg::Op::Resolve, name ^ 0x10)?;
                if code != Code::Empty as u32 {
                    let text = format!("a stall that is not at the head ended with code {code}");
                    return Err(ScenarioError::Invariant(text));
                }
                return Ok(true);
            }
            Service::Help if kind == StallKind::Away as u32 => {
                // The page comes back empty, with a frame or without.
                let (code, rfn) = self.simple(pkg::Op::Claim, 0)?;
                if code == Code::Ok as u32 {
                    self.simple(pkg::Op::Reserve, rfn)?;
                    self.simple(pkg::Op::Fill, rfn)?;
                    let (code, _) = self.command(pkg::Op::Adopt, gfn, rfn, None)?;
                    if code != Code::Ok as u32 {
                        self.simple(pkg::Op::Release, rfn)?;
                    }
                } else {
                    self.command(pkg::Op::Mark, gfn, 0, None)?;
                }
                Resolution::Retry
            }
            Service::Help => {
                let (code, rfn) = self.simple(pkg::Op::Claim, 0)?;
                if code == Code::Ok as u32 {
                    let (code, _) = self.command(pkg::Op::Map, gfn, rfn, None)?;
                    if code != Code::Ok as u32 {
                        self.simple(pkg::Op::Queue, rfn)?;
                    }
                    Resolution::Retry
                } else {
                    Resolution::Fail
                }
            }
        };
        let (code, _) = self.simple(pkg::Op::Resolve, (resolution as u32) << 8 | name)?;
        if code != Code::Ok as u32 {
            return Err(ScenarioError::Invariant(format!(
                "the stall at the head, {stall:#x}, cannot be resolved: code {code}"
            )));
        }
        Ok(true)
    }

    /// What is left to do before everything is at rest.
    fn unrest(&mut self) -> Result<Option<String>, ScenarioError> {
        if !self.system.guests.done() {
            return Ok(Some("vCPUs".into()));
        }
        let status = self.read(regs::Status::OFFSET)?;
        let zeroing = self.read(regs::CountZeroing::OFFSET)?;
        // Ready, and nothing but `running` besides.
        if status & !0b10 != 1 || zeroing != 0 || self.system.memory.in_flight() != 0 {
            return Ok(Some(format!(
                "status {status:#x}, {zeroing} frames in the engine"
            )));
        }
        Ok(None)
    }

    /// Serves stalls until everything is at rest.
    fn settle(&mut self, service: &[Service]) -> Result<(), ScenarioError> {
        // Nothing may be held up by what the firmware did on its way.
        self.write(regs::Throttle::OFFSET, 0)?;
        self.write(regs::Control::OFFSET, 1)?;
        let mut turns = service
            .iter()
            .chain(&[Service::Help, Service::Fail])
            .cycle();
        let (mut quiet, mut served) = (0, 0u32);
        while quiet < 3 {
            // Retry and defer alone would go on for ever.
            let next = turns.next().copied().unwrap_or(Service::Fail);
            let next = if served > 200 { Service::Fail } else { next };
            if self.serve(next)? {
                served += 1;
                quiet = 0;
                continue;
            }
            self.idle(LOOK)?;
            let left = self.unrest()?;
            quiet = if left.is_none() { quiet + 1 } else { 0 };
            if self.system.cycle() > LIMIT {
                return Err(self.hangs(&left.unwrap_or_default()));
            }
            if quiet == 1 {
                // From now on no page goes dormant by itself.
                self.write(regs::Policy::OFFSET, regs::Policy::RESET & !0b0100)?;
            }
        }
        Ok(())
    }

    /// Frames, pages and memory, against each other and against the shadow.
    fn audit(&mut self) -> Result<(), ScenarioError> {
        let wrong = |text: String| Err(ScenarioError::Invariant(text));
        let errors = self.system.memory.store().ecc_errors();
        if errors != 0 {
            return wrong(format!(
                "memory was read before it was written in full, {errors} times"
            ));
        }
        // In lockstep every answer is compared, so the counters need only be read.
        let counters = [
            regs::CmdErrors::OFFSET..=regs::StrayAnswers::OFFSET,
            regs::CyclesBusyLo::OFFSET..=regs::CyclesTotalHi::OFFSET,
            regs::TranslationMisses::OFFSET..=regs::TranslationMisses::OFFSET,
            regs::ZeroReads::OFFSET..=regs::StallHist::OFFSET + 60,
        ];
        for offset in counters.into_iter().flat_map(|range| range.step_by(4)) {
            self.read(offset)?;
        }
        let frames = self.config.real_frames;
        let mut states = Vec::new();
        let mut damaged = Vec::new();
        for frame in 0..frames {
            let (code, state) = self.simple(pkg::Op::Query, frame)?;
            if code != Code::Ok as u32 {
                return wrong(format!("frame {frame} cannot be queried: code {code}"));
            }
            states.push(state);
            damaged.push(regs::Owner(self.read(regs::Owner::OFFSET)?).damaged());
        }
        let seen = |state: FrameState| {
            let state = state as u32;
            let frames = states.iter().zip(&damaged);
            frames.filter(|(s, wrong)| **s == state && !**wrong).count() as u32
        };
        // A damaged frame is counted in the state that it had. One that is lost is counted as bad, and the guard has it
        // where it was.
        let wrong_frames = damaged.iter().filter(|wrong| **wrong).count() as u32;
        let lost = self.read(regs::CountLost::OFFSET)?;
        let counters = [
            (FrameState::Dirty, regs::CountDirty::OFFSET),
            (FrameState::Mapped, regs::CountMapped::OFFSET),
            (FrameState::Held, regs::CountHeld::OFFSET),
            (FrameState::Bad, regs::CountBad::OFFSET),
            (FrameState::Claimed, regs::CountClaimed::OFFSET),
            (FrameState::Moving, regs::CountMoving::OFFSET),
            (FrameState::Filled, regs::CountFilled::OFFSET),
        ];
        let mut counted = 0;
        for (state, offset) in counters {
            let count = self.read(offset)?;
            counted += count;
            let known = seen(state) + if state == FrameState::Bad { lost } else { 0 };
            if !(known..=known + wrong_frames).contains(&count) {
                return wrong(format!(
                    "{count} frames are counted as {state:?}, and {known} are"
                ));
            }
        }
        let lists = [
            (
                FrameState::Queued,
                [regs::QueueLevel::OFFSET, regs::UrgentLevel::OFFSET].as_slice(),
            ),
            (FrameState::Zeroing, &[regs::CountZeroing::OFFSET]),
            (FrameState::Zeroed, &[regs::PoolLevel::OFFSET]),
        ];
        let mut left_behind = 0;
        for (state, levels) in lists {
            let mut count = 0;
            for level in levels {
                count += self.read(*level)?;
            }
            counted += count;
            let Some(more) = seen(state).checked_sub(count) else {
                return wrong(format!(
                    "{count} frames are in the lists of {state:?}, and {} are",
                    seen(state)
                ));
            };
            left_behind += more;
        }
        if counted != frames || left_behind != lost {
            return Err(ScenarioError::Lost { counted, frames });
        }

        let shift = self.config.page_shift;
        let page = Bytes(self.config.page_bytes().into());
        for (frame, state) in (0..).zip(&states) {
            let zero = [FrameState::Zeroed as u32, FrameState::Claimed as u32];
            let start = Rpa(u64::from(frame) << shift);
            if zero.contains(state) && !self.system.memory.store().is_zero(start, page) {
                return Err(ScenarioError::NotZero { frame });
            }
        }

        let mut owner = vec![None; frames as usize];
        for gfn in 0..self.config.guest_pages {
            let (code, _) = self.simple(pkg::Op::QueryPage, gfn)?;
            let tag = self.read(regs::Page::OFFSET)?;
            let (state, payload) = (tag >> 30, tag & 0x0FFF_FFFF);
            if code != Code::Ok as u32 {
                return wrong(format!("page {gfn} cannot be queried: code {code}"));
            }
            let cycle = self.system.cycle();
            let (shadow, store) = (&mut self.system.guests.shadow, self.system.memory.store());
            if state == PageState::Dormant as u32 {
                shadow.check_page(cycle, gfn.into(), |_| 0)?;
            } else if state == PageState::Resident as u32 {
                let mapped = states.get(payload as usize) == Some(&(FrameState::Mapped as u32))
                    || damaged.get(payload as usize) == Some(&true);
                if !mapped {
                    return wrong(format!(
                        "page {gfn} is resident in frame {payload}, which is not mapped"
                    ));
                }
                if let Some(other) = owner[payload as usize].replace(gfn) {
                    return wrong(format!(
                        "frame {payload} is mapped to pages {other} and {gfn}"
                    ));
                }
                let start = u64::from(payload) << shift;
                shadow.check_page(cycle, gfn.into(), |offset| store.byte(Rpa(start + offset)))?;
            }
        }
        let owned = owner.iter().flatten().count() as u32;
        let mapped = self.read(regs::CountMapped::OFFSET)?;
        if mapped - owned > self.poisoned {
            return wrong(format!(
                "{mapped} frames are mapped, {owned} pages are resident, and {} tags were poisoned",
                self.poisoned
            ));
        }
        Ok(())
    }
}

impl GuestScenario {
    /// The scenario's parameters.
    ///
    /// # Errors
    /// No such set.
    pub fn config(&self) -> Result<Config, ScenarioError> {
        sets::all()
            .remove(&self.set)
            .ok_or_else(|| ScenarioError::Set(self.set.clone()))
    }

    fn system<B: Backend>(&self, node: B) -> Result<System<B, AnyMemory>, ScenarioError> {
        let memory = self.memory.build(node.config())?;
        let params: Vec<_> = self
            .vcpus
            .iter()
            .map(|(params, _)| params.clone())
            .collect();
        let mut system = System::new(node, memory).with_vcpus(&params);
        for (vcpu, (_, program)) in system.guests.vcpus.iter_mut().zip(&self.vcpus) {
            vcpu.run(Program::from(program.as_slice()));
        }
        Ok(system)
    }

    /// Runs until everything is at rest.
    fn run<B: Backend>(
        &self,
        system: &mut System<B, AnyMemory>,
    ) -> (GuestRun, Result<(), ScenarioError>) {
        let result = self.try_run(system);
        let run = GuestRun {
            cycles: system.cycle(),
            accesses: system.guests.accesses(),
            checked_bytes: system.guests.shadow.checked(),
            stale_bytes: system.guests.shadow.stale(),
        };
        (run, result)
    }

    fn try_run<B: Backend>(&self, system: &mut System<B, AnyMemory>) -> Result<(), ScenarioError> {
        let mut firmware = Firmware {
            config: self.config()?,
            system,
            poisoned: 0,
        };
        for step in &self.firmware {
            firmware.idle(step.gap.into())?;
            firmware.act(&step.action)?;
        }
        firmware.settle(&self.service)?;
        firmware.audit()?;
        system.drive(AxilReq {
            b_ready: true,
            r_ready: true,
            ..AxilReq::default()
        });
        system.finish()?;
        Ok(())
    }

    /// Runs on the model alone, cycle by cycle.
    pub fn run_model(&self) -> (GuestRun, Result<(), ScenarioError>) {
        let system = self
            .config()
            .and_then(|config| self.system(Node::new(&config)?));
        match system {
            Ok(mut system) => self.run(&mut system),
            Err(error) => (GuestRun::default(), Err(error)),
        }
    }

    /// Runs on the model alone in skip mode, which is quick and leaves the rules of AXI unwatched.
    pub fn run_quickly(&self) -> (GuestRun, Result<(), ScenarioError>) {
        let system = self
            .config()
            .and_then(|config| self.system(Node::new(&config)?));
        match system {
            Ok(system) => self.run(&mut system.skipping()),
            Err(error) => (GuestRun::default(), Err(error)),
        }
    }

    /// Runs on the model alone in tick mode and in skip mode, which must end alike.
    pub fn run_skip(&self) -> (GuestRun, Result<(), ScenarioError>) {
        let both = || -> Result<_, ScenarioError> {
            let config = self.config()?;
            let tick = self.system(Node::new(&config)?)?;
            Ok((tick, self.system(Node::new(&config)?)?.skipping()))
        };
        let (mut tick, mut skip) = match both() {
            Ok(both) => both,
            Err(error) => return (GuestRun::default(), Err(error)),
        };
        let (run, result) = self.run(&mut tick);
        let (other, skipped) = self.run(&mut skip);
        let result = result.and(skipped).and_then(|()| {
            let end = |run: &GuestRun, system: &System<Node, AnyMemory>| {
                format!("{run:?} {:?} {:?}", system.written, system.node)
            };
            let (tick, skip) = (end(&run, &tick), end(&other, &skip));
            if tick == skip {
                Ok(())
            } else {
                Err(ScenarioError::Skip { skip, tick })
            }
        });
        (run, result)
    }

    /// Runs model and RTL in lockstep.
    #[cfg(feature = "rtl")]
    pub fn run_lockstep(&self) -> (GuestRun, Result<(), ScenarioError>) {
        self.lockstep(None)
    }

    /// The same with a waveform from cycle `from` on.
    #[cfg(feature = "rtl")]
    pub fn run_traced(
        &self,
        from: u64,
        path: std::path::PathBuf,
    ) -> (GuestRun, Result<(), ScenarioError>) {
        self.lockstep(Some((from, path)))
    }

    #[cfg(feature = "rtl")]
    fn lockstep(
        &self,
        trace: Option<(u64, std::path::PathBuf)>,
    ) -> (GuestRun, Result<(), ScenarioError>) {
        let pair = Pair::new(&self.set).map_err(ScenarioError::from);
        let pair = pair.and_then(|mut pair| {
            if let Some((from, path)) = trace {
                pair.trace(from, path);
            }
            self.system(pair)
        });
        match pair {
            Ok(mut system) => self.run(&mut system),
            Err(error) => (GuestRun::default(), Err(error)),
        }
    }

    /// Random scenarios of one set. Shrinking takes operations and steps away.
    pub fn any(set: String) -> impl Strategy<Value = Self> {
        let config = sets::all().remove(&set).unwrap_or_default();
        let small = config.page_beats() <= 1024;
        let ops = if small { 1..800usize } else { 1..200 };
        let steps = if small { 1..60usize } else { 1..20 };
        let seeds = |sizes| prop::collection::vec(any::<u64>().no_shrink(), sizes);
        let programs = prop::collection::vec(seeds(ops), 1..=usize::from(config.ports));
        let seed = any::<u64>().no_shrink();
        (programs, seeds(steps), seed).prop_map(move |(programs, steps, seed)| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut firmware = start(&mut rng, &config);
            firmware.extend(steps.iter().map(|seed| step(*seed, &config)));
            let places = places(&mut rng, &config);
            let vcpus = programs
                .iter()
                .map(|program| {
                    let ops = program.iter().map(|seed| op(*seed, &config, &places));
                    (params(&mut rng), ops.collect())
                })
                .collect();
            Self {
                set: set.clone(),
                memory: memory(&mut rng, &config),
                vcpus,
                firmware,
                service: (0..rng.usize(1..6)).map(|_| service(&mut rng)).collect(),
            }
        })
    }
}

/// Any memory, but often a quick one, on which more happens. Each other one has ECC, where it must not be seen.
fn memory(rng: &mut fastrand::Rng, config: &Config) -> MemorySpec {
    let memory = if rng.bool() {
        MemorySpec::random(rng.u64(..))
    } else {
        MemorySpec::Ideal(IdealParams {
            b_latency: rng.u32(1..10),
            r_latency: rng.u32(1..10),
            seed: rng.u64(..),
            ..IdealParams::default()
        })
    };
    if rng.bool() {
        memory.with_ecc(config)
    } else {
        memory
    }
}

fn service(rng: &mut fastrand::Rng) -> Service {
    match rng.u8(..10) {
        0 => Service::Retry,
        1 | 2 => Service::Fail,
        3 => Service::Defer,
        4 => Service::Wrong,
        _ => Service::Help,
    }
}

fn params(rng: &mut fastrand::Rng) -> VcpuParams {
    let stall = |rng: &mut fastrand::Rng| {
        if rng.u8(..3) == 0 { rng.u8(1..80) } else { 0 }
    };
    VcpuParams {
        reads: rng.u8(1..=12),
        writes: rng.u8(1..=12),
        ordered: rng.bool(),
        r_stall: stall(rng),
        b_stall: stall(rng),
        w_stall: stall(rng),
        skew: if rng.bool() { rng.u8(1..10) } else { 0 },
        seed: rng.u64(..),
    }
}

/// What nearly every firmware does first: pages are its own, and some frames are zeroed.
fn start(rng: &mut fastrand::Rng, config: &Config) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut act = |action| steps.push(Step { gap: 0, action });
    let command = |op: pkg::Op, target| Action::Command {
        op: op as u8,
        target,
        kind: 0,
        value: 0,
        again: false,
    };
    if rng.u8(..8) != 0 {
        act(command(pkg::Op::MarkAll, 0));
    }
    if rng.u8(..16) != 0 {
        act(Action::Enable(true));
    }
    let most = config.queue_depth.min(config.real_frames).min(24);
    for frame in 0..rng.u32(0..=most) {
        act(command(pkg::Op::Queue, frame));
    }
    // Short, so that pages go dormant within the run.
    act(Action::Delay(if rng.bool() {
        rng.u32(..64)
    } else {
        rng.u32(..2000)
    }));
    steps
}

/// One step of the firmware.
fn step(seed: u64, config: &Config) -> Step {
    let mut rng = fastrand::Rng::with_seed(seed);
    let rng = &mut rng;
    let gap = match rng.u8(..8) {
        0..=3 => rng.u16(..8),
        4..=6 => rng.u16(..200),
        _ => rng.u16(..2000),
    };
    let command = |rng: &mut fastrand::Rng, op: u8| Action::Command {
        op,
        target: rng.u32(..),
        kind: rng.u8(..4),
        value: rng.u32(..),
        again: rng.u8(..12) == 0,
    };
    let frames = config.real_frames;
    let action = match rng.u8(..100) {
        0..25 => {
            use pkg::Op::{
                Claim, Fill, Hold, Queue, QueueRange, QueueUrgent, Reclaim, Release, Reserve, Take,
            };
            let ops = [
                Queue,
                Queue,
                QueueRange,
                QueueRange,
                QueueUrgent,
                Take,
                Release,
                Claim,
                Claim,
                Hold,
                Reserve,
                Fill,
                Reclaim,
            ];
            let op = ops[rng.usize(..ops.len())];
            command(rng, op as u8)
        }
        25..45 => {
            use pkg::Op::{Adopt, Map, Mark, MarkAll, QueryPage, Unmap, ZeroPage};
            let ops = [
                Map, Map, Unmap, Unmap, ZeroPage, ZeroPage, ZeroPage, Mark, Mark, MarkAll,
                QueryPage, Adopt,
            ];
            let op = ops[rng.usize(..ops.len())];
            command(rng, op as u8)
        }
        45..48 => {
            let op = rng.u8(..32);
            command(rng, op)
        }
        48..75 => Action::Serve(service(rng)),
        // Most of the time everything is on that is on after reset.
        75..83 => Action::Policy(if rng.bool() { 0b1110 } else { rng.u32(..16) }),
        83..86 => Action::Delay(if rng.bool() {
            rng.u32(..16)
        } else {
            rng.u32(..600)
        }),
        86..88 => Action::Enable(rng.u8(..4) != 0),
        88..90 => Action::Throttle(if rng.bool() {
            0
        } else {
            rng.u32(..16) << 16 | rng.u32(..300)
        }),
        90..92 => Action::Water(rng.u32(..=frames), rng.u32(..=frames)),
        92..97 => Action::Read(if rng.bool() {
            rng.u16(..0x70) * 4
        } else {
            rng.u16(..)
        }),
        _ => Action::Write {
            addr: rng.u16(..0x200),
            data: rng.u32(..),
            strb: rng.u8(..16),
        },
    };
    Step { gap, action }
}

/// The few pages that a scenario's accesses meet in.
fn places(rng: &mut fastrand::Rng, config: &Config) -> Vec<u64> {
    let pages = config.guest_pages;
    (0..rng.usize(1..8))
        .map(|_| rng.u32(..pages).into())
        .collect()
}

/// One operation of a vCPU.
fn op(seed: u64, config: &Config, places: &[u64]) -> Op {
    let mut rng = fastrand::Rng::with_seed(seed);
    let rng = &mut rng;
    let page = match rng.u8(..12) {
        0 => rng.u32(..config.guest_pages).into(),
        _ => places[rng.usize(..places.len())],
    };
    let id = rng.u32(..4) & ((1 << config.id_width) - 1);
    match rng.u8(..100) {
        0..42 => Op::Read(burst(rng, config, page, id)),
        42..85 => {
            let fill = match rng.u8(..4) {
                0 | 1 => Fill::Zero,
                2 => Fill::Value(rng.u64(..)),
                _ => Fill::Random {
                    seed: rng.u64(..),
                    zero_beats: if rng.bool() { rng.u16(..12) } else { 0 },
                    zero_bytes: rng.u8(..101),
                },
            };
            let strobes = if rng.u8(..3) == 0 {
                Strobes::Random(rng.u64(..))
            } else {
                Strobes::All
            };
            Op::Write {
                burst: burst(rng, config, page, id),
                fill,
                strobes,
            }
        }
        85..89 => {
            // A whole page where that is quick, or a part of it that detection must not be fooled by.
            let line = 1u32 << rng.u32(3..9);
            let whole = config.page_bytes();
            let bytes = if whole <= 1 << 16 && rng.u8(..4) != 0 {
                whole
            } else {
                rng.u32(1..=4096 / line) * line
            };
            let line = if bytes > 4096 { line.max(64) } else { line };
            Op::Clear {
                addr: page << config.page_shift,
                bytes,
                line: line as u16,
                id,
            }
        }
        89..92 => Op::Doorbell { gfn: page as u32 },
        92..95 => Op::Delay(match rng.u8(..16) {
            0 => rng.u64(..3000),
            1..4 => rng.u64(..400),
            _ => rng.u64(..16),
        }),
        95..97 => withhold(rng),
        _ => Op::Fence,
    }
}

/// Write beats, answers or read data are withheld: most of the time one of them, now and then for so long that all who would
/// wait for it are seen to wait.
fn withhold(rng: &mut fastrand::Rng) -> Op {
    let cycles = if rng.u8(..4) == 0 {
        rng.u16(..4000)
    } else {
        rng.u16(..200)
    };
    let which = rng.u8(..8);
    let mut on = |bit| {
        if which == bit || which >= 6 && rng.bool() {
            cycles
        } else {
            0
        }
    };
    Op::Withhold {
        w: on(0) | on(1),
        b: on(2) | on(3),
        r: on(4) | on(5),
    }
}

/// A burst somewhere in a page; one in so many is none that the port promises.
fn burst(rng: &mut fastrand::Rng, config: &Config, page: u64, id: u32) -> Burst {
    let bus = config.beat_bytes().trailing_zeros() as u8;
    let base = page << config.page_shift;
    let block = rng.u64(..u64::from(config.page_bytes() >> 12)) << 12;
    let at = match rng.u8(..4) {
        0 => rng.u64(..4096),
        1 => rng.u64(..4096) & !63,
        // Few places, so that accesses meet.
        _ => rng.u64(..128),
    };
    let size = if rng.u8(..3) == 0 {
        rng.u8(..=bus)
    } else {
        bus
    };
    let len = match rng.u8(..10) {
        0..5 => rng.u8(..4),
        5..9 => rng.u8(..16),
        _ => rng.u8(..),
    };
    let mut burst = Burst {
        id,
        addr: base | block | at,
        len,
        size,
        burst: 1,
        lock: false,
    };
    match rng.u8(..10) {
        0 => {
            burst.burst = 0;
            burst.len = len & 15;
        }
        1 | 2 => {
            burst.burst = 2;
            burst.len = [1, 3, 7, 15][usize::from(len & 3)];
            burst.addr = burst.addr >> size << size;
        }
        _ => {
            let room = (4096 - (at >> size << size)) >> size;
            burst.len = u64::from(len).min(room - 1) as u8;
        }
    }
    match rng.u8(..64) {
        0 => burst.lock = true,
        1 => burst.len = rng.u8(..),
        2 => burst.size = rng.u8(..8),
        3 => burst.burst = rng.u8(..4),
        4 => {
            let beyond = u64::from(config.guest_pages) + rng.u64(..4);
            let addr = beyond << config.page_shift | at;
            if addr >> config.addr_width.min(63) == 0 {
                burst.addr = addr;
            }
        }
        5 => burst.addr |= rng.u64(..64),
        _ => {}
    }
    burst
}
