//! The Verilated Linux SoC, `rtl/dm_linux_soc.sv`: a guest that executes on a core in RTL, on dormant memory that a hyperkernel
//! on another core looks after.
//!
//! What the guest stores is kept here too, and every beat that it reads is compared with it. In lockstep, the model of the
//! node gets in every cycle what the node in the SoC gets, and must drive the same.
#![allow(unsafe_code)]

use std::collections::{HashSet, VecDeque};

use dormouse_model::{
    Config, Node, NodeIn, NodeOut,
    axi::{Ax, AxiReq, AxiResp, AxilReq, AxilResp, B, INCR, OKAY, R, W},
    lookup::page,
};
use thiserror::Error;

use super::board::{Board, PAGE, RAM};
use super::console::Console;
use crate::{
    checker::{AxiChecker, AxiLimits, AxiRuleError},
    difference::Difference,
    lockstep::{Comparison, read_tag},
    memory::Memory,
    sets,
    soc::{MAILBOX_WORDS, RAM_BYTES, RawMemoryIn, RawMemoryOut, SocError, load},
    verilated::column_width,
};

/// Words of the guest's boot ROM and of its flash, `RomWords` and `FlashWords`.
const ROM_WORDS: usize = 1024;
const FLASH_WORDS: usize = 2 << 20;
/// Stores of a core that may be outstanding, `MaxPosted`.
const MAX_POSTED: u32 = 8;
/// Cycles that firmware has for its start, and for its end.
const FIRMWARE_LIMIT: u64 = 20_000_000;

#[repr(C)]
#[derive(Default)]
struct RawIn {
    direct: u64,
    firmware_reset: u64,
    memory: RawMemoryIn,
}

/// What handshakes on the guest's port in a cycle.
#[repr(C)]
#[derive(Default)]
struct RawGuest {
    aw: u64,
    aw_addr: u64,
    w: u64,
    w_data: u64,
    w_strb: u64,
    b: u64,
    b_resp: u64,
    ar: u64,
    ar_addr: u64,
    r: u64,
    r_data: u64,
    r_resp: u64,
    r_last: u64,
    waits: u64,
    data: u64,
}

#[repr(C)]
#[derive(Default)]
struct RawOut {
    uart_valid: u64,
    uart_data: u64,
    exit_valid: u64,
    exit_code: u64,
    running: u64,
    guest_uart_valid: u64,
    guest_uart_data: u64,
    mark_valid: u64,
    mark: u64,
    error_valid: u64,
    error_posted: u64,
    error_addr: u64,
    rung: u64,
    rung_addr: u64,
    memory: RawMemoryOut,
    guest: RawGuest,
}

/// All that crosses the node's ports.
#[repr(C)]
#[derive(Default)]
struct RawNode {
    aw_valid: u64,
    aw_addr: u64,
    w_valid: u64,
    w_data: u64,
    w_strb: u64,
    b_ready: u64,
    ar_valid: u64,
    ar_addr: u64,
    r_ready: u64,
    aw_ready: u64,
    w_ready: u64,
    b_valid: u64,
    b_resp: u64,
    ar_ready: u64,
    r_valid: u64,
    r_data: u64,
    r_resp: u64,
    irq: u64,
    memory_in: RawMemoryIn,
    memory_out: RawMemoryOut,
    g_aw_valid: u64,
    g_aw_addr: u64,
    g_w_valid: u64,
    g_w_data: u64,
    g_w_strb: u64,
    g_ar_valid: u64,
    g_ar_addr: u64,
    g_ar_len: u64,
    g_r_ready: u64,
    g_aw_ready: u64,
    g_w_ready: u64,
    g_b_valid: u64,
    g_b_resp: u64,
    g_ar_ready: u64,
    g_r_valid: u64,
    g_r_data: u64,
    g_r_resp: u64,
    g_r_last: u64,
}

#[repr(C)]
struct Sim {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn dm_linux_new() -> *mut Sim;
    fn dm_linux_delete(sim: *mut Sim);
    fn dm_linux_reset(sim: *mut Sim);
    fn dm_linux_settle(sim: *mut Sim, ins: *const RawIn, out: *mut RawOut);
    fn dm_linux_edge(sim: *mut Sim);
    fn dm_linux_node(sim: *mut Sim, io: *mut RawNode);
    fn dm_linux_errors(sim: *mut Sim) -> u64;
    fn dm_linux_array(sim: *mut Sim, which: u32) -> *mut u32;
    fn dm_linux_pc(sim: *mut Sim) -> u32;
    fn dm_linux_instructions(sim: *mut Sim) -> u64;
    fn dm_linux_mapped(sim: *mut Sim) -> u32;
    fn dm_linux_peak(sim: *mut Sim) -> u32;
    fn dm_linux_tag(sim: *mut Sim, bank: u32, page: u32, width: u32, entry: *mut u64) -> u8;
    fn dm_linux_default(sim: *mut Sim, to: *mut u32);
}

/// Why a run on the SoC did not end well.
#[derive(Debug, Error)]
pub enum LinuxSocError {
    /// The image of the firmware, or how it ended.
    #[error("the hyperkernel's core: {0}")]
    Firmware(#[from] SocError),
    /// The firmware ended in the middle.
    #[error("the hyperkernel ended with code {code}; its console: {console:?}")]
    Ended {
        /// Its exit code.
        code: u32,
        /// What it printed.
        console: String,
    },
    /// A rule of AXI4 was broken on the memory port.
    #[error(transparent)]
    Rule(#[from] AxiRuleError),
    /// Model and RTL differ, or an assertion of the RTL failed.
    #[error(transparent)]
    Difference(#[from] Box<Difference>),
    /// What is in memory is not what was stored there.
    #[error(
        "stale data: cycle {cycle}, address {addr:#010x}, pc {pc:#010x}: read {found:016x}, last stored {expected:016x}"
    )]
    Stale {
        /// When the beat came.
        cycle: u64,
        /// Of the beat, as the guest sees it.
        addr: u32,
        /// What the guest was executing.
        pc: u32,
        /// What came.
        found: u64,
        /// What should have come.
        expected: u64,
    },
    /// An access of the guest was answered with an error. This core cannot take one: it has no input for it.
    #[error("bus error: cycle {cycle}, {}, pc {pc:#010x}; the guest's core knows no bus errors, so the run ends here", address(*addr))]
    BusError {
        /// When it was seen.
        cycle: u64,
        /// Of the access; `None` for a store that had been acknowledged.
        addr: Option<u32>,
        /// What the guest was executing.
        pc: u32,
    },
}

fn address(addr: Option<u32>) -> String {
    addr.map_or_else(
        || "a posted store".to_owned(),
        |addr| format!("address {addr:#010x}"),
    )
}

/// What the guest's memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Behind the node.
    Node,
    /// The memory port itself; node and hyperkernel stay in reset.
    Direct,
}

/// What the guest did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines of instructions read.
    pub fetched_lines: u64,
    /// Lines of data.
    pub read_lines: u64,
    /// Beats written.
    pub writes: u64,
    /// Cycles in which the core waited for a line, or for room in its store buffer.
    pub waits: u64,
}

/// What the guest should read, from what it wrote. The bridge in the SoC reads only when no store is under way.
struct Shadow {
    /// By beat of the bus.
    memory: Vec<u64>,
    /// Beats of stores that failed: what they hold is not known.
    unknown: HashSet<u64>,
    addresses: VecDeque<u64>,
    data: VecDeque<(u64, u64)>,
    read: u64,
    counts: Counts,
}

impl Shadow {
    fn new(bytes: u64) -> Self {
        Self {
            memory: vec![0; (bytes / 8) as usize],
            unknown: HashSet::new(),
            addresses: VecDeque::new(),
            data: VecDeque::new(),
            read: 0,
            counts: Counts::default(),
        }
    }

    /// The page of this address was cleared.
    fn clear(&mut self, gpa: u64) {
        let first = gpa / PAGE * (PAGE / 8);
        let beats = first..first + PAGE / 8;
        self.unknown.retain(|beat| !beats.contains(beat));
        if let Some(page) = self
            .memory
            .get_mut(beats.start as usize..beats.end as usize)
        {
            page.fill(0);
        }
    }

    /// One cycle; what was read and what was expected, where they differ.
    fn clock(&mut self, port: &RawGuest) -> Result<(), (u64, u64, u64)> {
        self.counts.waits += port.waits;
        if port.aw != 0 {
            self.addresses.push_back(port.aw_addr / 8);
        }
        if port.w != 0 {
            self.data.push_back((port.w_data, port.w_strb));
        }
        if port.b != 0
            && let (Some(beat), Some((data, strb))) =
                (self.addresses.pop_front(), self.data.pop_front())
        {
            self.counts.writes += 1;
            let mask = (0..8).fold(0, |mask, byte| {
                mask | ((strb >> byte & 1) * (0xff << (8 * byte)))
            });
            if port.b_resp != u64::from(OKAY) {
                self.unknown.insert(beat);
            } else if let Some(word) = self.memory.get_mut(beat as usize) {
                *word = *word & !mask | data & mask;
                if strb == 0xff {
                    self.unknown.remove(&beat);
                }
            }
        }
        if port.ar != 0 {
            self.read = port.ar_addr / 8;
            if port.data == 0 {
                self.counts.fetched_lines += 1;
            } else {
                self.counts.read_lines += 1;
            }
        }
        if port.r != 0 {
            let beat = self.read;
            self.read += 1;
            if port.r_resp == u64::from(OKAY)
                && let Some(&expected) = self.memory.get(beat as usize)
                && expected != port.r_data
                && !self.unknown.contains(&beat)
            {
                return Err((beat * 8, port.r_data, expected));
            }
        }
        Ok(())
    }
}

/// The model beside the RTL.
struct Beside {
    model: Node,
    comparison: Comparison,
    raw: RawNode,
}

/// Why [`LinuxSoc::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The guest's program gave its verdict.
    Verdict,
    /// The cycle is reached.
    Limit,
    /// The firmware's job has ended.
    Exit(u32),
}

/// The SoC with a memory.
pub struct LinuxSoc<M> {
    sim: *mut Sim,
    config: Config,
    image: Vec<u8>,
    /// The memory.
    pub memory: M,
    checker: AxiChecker,
    ins: RawIn,
    out: RawOut,
    shadow: Shadow,
    beside: Option<Beside>,
    cycle: u64,
    started: Option<u64>,
    marks: [Option<u64>; 4],
    /// What the guest printed; cycles count from its start.
    pub console: Console,
    firmware_console: String,
    /// Bytes that crossed the memory port's write channel.
    pub written: u64,
}

impl<M: Memory> LinuxSoc<M> {
    /// Parameters of the SoC's node.
    pub fn config() -> Config {
        sets::linux_soc()
    }

    /// The SoC in reset's last cycle: `image` in the hyperkernel's RAM, the job and its arguments in its mailbox, and the
    /// guest's board. With `lockstep` the model runs beside.
    ///
    /// # Errors
    /// [`SocError::Image`].
    pub fn new(
        image: &[u8],
        job: &[u32],
        board: &Board,
        memory: M,
        join: Join,
        lockstep: bool,
    ) -> Result<Self, LinuxSocError> {
        let config = Self::config();
        let bus = config.beat_bytes();
        let limits = AxiLimits {
            bus,
            addr_width: config.addr_width,
            id_width: config.id_width + 1,
            writes: u32::from(config.max_outstanding) + MAX_POSTED,
            reads: 1,
            misuse: false,
        };
        let beside = (lockstep && join == Join::Node).then(|| {
            let model = Node::new(&config).expect("the build checked these parameters");
            Beside {
                model,
                comparison: Comparison::default(),
                raw: RawNode::default(),
            }
        });
        // SAFETY: `new` returns an owned simulation, which only this value uses and `drop` deletes.
        let sim = unsafe { dm_linux_new() };
        let mut soc = Self {
            sim,
            image: image.to_vec(),
            memory,
            checker: AxiChecker::with_limits(limits),
            ins: RawIn {
                direct: (join == Join::Direct).into(),
                ..RawIn::default()
            },
            out: RawOut::default(),
            shadow: Shadow::new(board.memory),
            beside,
            cycle: 0,
            started: None,
            marks: [None; 4],
            console: Console::default(),
            firmware_console: String::new(),
            written: 0,
            config,
        };
        load(&soc.image.clone(), soc.ram())?;
        soc.mailbox()[..job.len()].copy_from_slice(job);
        for (which, words, from) in [(2, ROM_WORDS, &board.rom), (3, FLASH_WORDS, &board.flash)] {
            soc.array(which, words)[..from.len()].copy_from_slice(from);
        }
        // SAFETY: `sim` is live. The strap is set before, so that whoever has to stay in reset never leaves it.
        unsafe {
            dm_linux_settle(soc.sim, &raw const soc.ins, &raw mut soc.out);
            dm_linux_reset(soc.sim);
        }
        Ok(soc)
    }

    fn array(&mut self, which: u32, words: usize) -> &mut [u32] {
        // SAFETY: the arrays have these many words, live as long as `sim`, and nobody else touches them while `self` is
        // borrowed.
        unsafe { std::slice::from_raw_parts_mut(dm_linux_array(self.sim, which), words) }
    }

    fn ram(&mut self) -> &mut [u32] {
        self.array(0, (RAM_BYTES / 4) as usize)
    }

    /// Parameters of the hyperkernel's job, and its results when it has ended.
    pub fn mailbox(&mut self) -> &mut [u32] {
        self.array(1, MAILBOX_WORDS)
    }

    /// Cycles since reset.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// The cycle in which the guest began, if it did.
    pub fn started(&self) -> Option<u64> {
        self.started
    }

    /// When the boot ROM stored each mark, from the guest's start.
    pub fn mark(&self, mark: u32) -> Option<u64> {
        self.marks.get(mark as usize).copied().flatten()
    }

    /// What the guest did.
    pub fn counts(&self) -> Counts {
        self.shadow.counts
    }

    /// What the guest was executing.
    pub fn pc(&self) -> u32 {
        // SAFETY: `sim` is live.
        unsafe { dm_linux_pc(self.sim) }
    }

    /// Instructions that the guest executed.
    pub fn instructions(&self) -> u64 {
        // SAFETY: `sim` is live.
        unsafe { dm_linux_instructions(self.sim) }
    }

    /// What the firmware printed.
    pub fn firmware_console(&self) -> &str {
        &self.firmware_console
    }

    /// Frames that hold pages: now, and most of them at one time.
    pub fn frames(&self) -> (u32, u32) {
        // SAFETY: `sim` is live.
        unsafe { (dm_linux_mapped(self.sim), dm_linux_peak(self.sim)) }
    }

    /// Bytes of memory, and the beat at a guest physical address as the guest stored it; `None` for one that a bus error left
    /// unknown.
    pub fn stored(&self, gpa: u64) -> Option<u64> {
        let beat = gpa / 8;
        let known = !self.shadow.unknown.contains(&beat);
        known
            .then(|| self.shadow.memory.get(beat as usize).copied())
            .flatten()
    }

    /// Sets the jumper: from now on the guest is on the memory port itself, and starts. The node is in reset, so nothing runs
    /// beside it any more.
    pub fn join_directly(&mut self) {
        self.beside = None;
        self.ins.direct = 1;
    }

    /// Resets the hyperkernel's core alone, and starts it anew with this job. Node, guest and memory go on meanwhile.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn reset_firmware(&mut self, job: &[u32]) -> Result<(), LinuxSocError> {
        self.ins.firmware_reset = 1;
        // Longer than any access of the core.
        for _ in 0..1000 {
            self.step()?;
        }
        load(&self.image.clone(), self.ram())?;
        self.mailbox()[..job.len()].copy_from_slice(job);
        self.ins.firmware_reset = 0;
        Ok(())
    }

    /// Runs until the guest's verdict, the firmware's end, or a cycle.
    ///
    /// # Errors
    /// A fault of the machine, stale data, or a bus error.
    pub fn run(&mut self, until: u64) -> Result<Event, LinuxSocError> {
        while self.cycle < until {
            self.step()?;
            if self.console.verdict.is_some() {
                return Ok(Event::Verdict);
            }
            if self.out.exit_valid != 0 && self.ins.direct == 0 {
                return Ok(Event::Exit(self.out.exit_code as u32));
            }
        }
        Ok(Event::Limit)
    }

    /// Tells the firmware that the guest has ended, and runs until its job has.
    ///
    /// # Errors
    /// As [`Self::run`], and the job's own.
    pub fn stop(&mut self, guests: usize, stop: u32) -> Result<(), LinuxSocError> {
        self.mailbox()[guests] = stop;
        let end = self.cycle + FIRMWARE_LIMIT;
        while self.out.exit_valid == 0 {
            self.step()?;
            if self.cycle >= end {
                let console = self.firmware_console.clone();
                return Err(SocError::Timeout {
                    cycles: FIRMWARE_LIMIT,
                    console,
                }
                .into());
            }
        }
        self.ended()
    }

    /// How the firmware's job ended.
    ///
    /// # Errors
    /// Its exit code, if that is not 0.
    pub fn ended(&self) -> Result<(), LinuxSocError> {
        match self.out.exit_code as u32 {
            0 => Ok(()),
            code => Err(LinuxSocError::Ended {
                code,
                console: self.firmware_console.clone(),
            }),
        }
    }

    /// Where each guest page is at the end: a frame, or nowhere while it is dormant; `Err` for any other tag, with its
    /// state. In lockstep every tag is the model's, too.
    ///
    /// # Errors
    /// The first difference.
    pub fn place(&self, gfn: u32) -> Result<Result<Option<u32>, u8>, LinuxSocError> {
        let width = column_width(self.config.guest_pages);
        let (mut entry, mut default) = (0, [0; 3]);
        // SAFETY: the page is within the table.
        unsafe {
            dm_linux_tag(self.sim, 0, gfn, width, &raw mut entry);
            dm_linux_default(self.sim, default.as_mut_ptr());
        }
        let [epoch, state, payload] = default;
        let default = (state as u8, payload);
        let rtl = read_tag(entry, self.config.real_frames, epoch as u8, default);
        if let Some(beside) = &self.beside {
            let model = beside.model.dormant.tags.tag(gfn);
            if model != rtl {
                let signal = format!("tag of page {gfn}");
                let (model, rtl) = (format!("{model:?}"), format!("{rtl:?}"));
                return Err(Box::new(beside.comparison.differs(signal, model, rtl)).into());
            }
        }
        Ok(match rtl.state {
            page::DORMANT => Ok(None),
            page::RESIDENT => Ok(Some(rtl.payload)),
            other => Err(other),
        })
    }

    #[inline]
    fn step(&mut self) -> Result<(), LinuxSocError> {
        let mem = *self.memory.outputs();
        self.ins.memory = (&mem).into();
        // SAFETY: both structs are laid out as the C++ side expects.
        unsafe { dm_linux_settle(self.sim, &raw const self.ins, &raw mut self.out) };
        let out = &self.out;
        let req = AxiReq::from(&out.memory);
        self.checker.clock(&req, &mem)?;
        if req.w_valid && mem.w_ready {
            self.written += u64::from(req.w.strb.count_ones());
        }
        if let Some(beside) = &mut self.beside {
            // SAFETY: as above.
            unsafe { dm_linux_node(self.sim, &raw mut beside.raw) };
            beside.clock()?;
        }
        if out.running != 0 && self.started.is_none() {
            self.started = Some(self.cycle);
        }
        let at = self.cycle - self.started.unwrap_or(self.cycle);
        if let Err((gpa, found, expected)) = self.shadow.clock(&out.guest) {
            return Err(LinuxSocError::Stale {
                cycle: self.cycle,
                addr: RAM + gpa as u32,
                pc: self.pc(),
                found,
                expected,
            });
        }
        if out.rung != 0 {
            self.shadow.clear(out.rung_addr);
        }
        if out.guest_uart_valid != 0 {
            self.console.put(out.guest_uart_data as u8, at);
        }
        if out.mark_valid != 0 {
            self.marks[out.mark as usize].get_or_insert(at);
        }
        if out.uart_valid != 0 {
            self.firmware_console.push(char::from(out.uart_data as u8));
        }
        if out.error_valid != 0 {
            return Err(LinuxSocError::BusError {
                cycle: self.cycle,
                addr: (out.error_posted == 0).then_some(out.error_addr as u32),
                pc: self.pc(),
            });
        }
        self.memory.clock(&req);
        // SAFETY: `sim` is live.
        unsafe { dm_linux_edge(self.sim) };
        self.cycle += 1;
        // SAFETY: `sim` is live.
        let errors = unsafe { dm_linux_errors(self.sim) };
        if errors != 0 {
            return Err(Box::new(Difference::assertion(self.cycle, errors)).into());
        }
        Ok(())
    }
}

impl<M> Drop for LinuxSoc<M> {
    fn drop(&mut self) {
        // SAFETY: `sim` came from `new` and is deleted once.
        unsafe { dm_linux_delete(self.sim) };
    }
}

impl Beside {
    /// One cycle of the model, with what crosses the RTL's ports.
    #[inline]
    fn clock(&mut self) -> Result<(), Box<Difference>> {
        let raw = &self.raw;
        let guest = [raw.guest_request()];
        let ins = NodeIn {
            axil: raw.register_request(),
            axi: (&raw.memory_in).into(),
            guests: &guest,
        };
        let rtl = raw.outputs();
        self.comparison
            .outputs(&ins, self.model.outputs(&ins), &rtl)?;
        self.model.clock(&ins);
        self.comparison.edge();
        Ok(())
    }
}

impl RawNode {
    fn register_request(&self) -> AxilReq {
        AxilReq {
            aw_valid: self.aw_valid != 0,
            aw_addr: self.aw_addr as u16,
            w_valid: self.w_valid != 0,
            w_data: self.w_data as u32,
            w_strb: self.w_strb as u8,
            b_ready: self.b_ready != 0,
            ar_valid: self.ar_valid != 0,
            ar_addr: self.ar_addr as u16,
            r_ready: self.r_ready != 0,
        }
    }

    fn guest_request(&self) -> AxiReq {
        let ax = |addr, len| Ax {
            id: 0,
            addr,
            len,
            size: 3,
            burst: INCR,
            lock: false,
        };
        let mut w = W {
            strb: self.g_w_strb,
            last: true,
            ..W::default()
        };
        w.data[0] = self.g_w_data;
        AxiReq {
            aw_valid: self.g_aw_valid != 0,
            aw: ax(self.g_aw_addr, 0),
            w_valid: self.g_w_valid != 0,
            w,
            b_ready: true,
            ar_valid: self.g_ar_valid != 0,
            ar: ax(self.g_ar_addr, self.g_ar_len as u8),
            r_ready: self.g_r_ready != 0,
        }
    }

    fn outputs(&self) -> NodeOut {
        let mut out = NodeOut {
            axil: AxilResp {
                aw_ready: self.aw_ready != 0,
                w_ready: self.w_ready != 0,
                b_valid: self.b_valid != 0,
                b_resp: self.b_resp as u8,
                ar_ready: self.ar_ready != 0,
                r_valid: self.r_valid != 0,
                r_data: self.r_data as u32,
                r_resp: self.r_resp as u8,
            },
            axi: (&self.memory_out).into(),
            irq: self.irq != 0,
            ..NodeOut::default()
        };
        let guest = &mut out.guests[0];
        *guest = AxiResp {
            aw_ready: self.g_aw_ready != 0,
            w_ready: self.g_w_ready != 0,
            b_valid: self.g_b_valid != 0,
            b: B {
                id: 0,
                resp: self.g_b_resp as u8,
            },
            ar_ready: self.g_ar_ready != 0,
            r_valid: self.g_r_valid != 0,
            r: R {
                id: 0,
                resp: self.g_r_resp as u8,
                last: self.g_r_last != 0,
                ..R::default()
            },
        };
        guest.r.data[0] = self.g_r_data;
        out
    }
}

impl From<&RawMemoryIn> for AxiResp {
    fn from(raw: &RawMemoryIn) -> Self {
        let mut resp = Self {
            aw_ready: raw.aw_ready != 0,
            w_ready: raw.w_ready != 0,
            b_valid: raw.b_valid != 0,
            b: B {
                id: raw.b_id as u32,
                resp: raw.b_resp as u8,
            },
            ar_ready: raw.ar_ready != 0,
            r_valid: raw.r_valid != 0,
            r: R {
                id: raw.r_id as u32,
                resp: raw.r_resp as u8,
                last: raw.r_last != 0,
                ..R::default()
            },
        };
        resp.r.data[0] = raw.r_data;
        resp
    }
}
