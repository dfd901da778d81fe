//! A memory with banks, rows, refresh and a bus that has to turn around.
//!
//! It is a timing model of an in-order controller and one device, deterministic by cycle, and not
//! a device model. Beats are served one after the other at the device's data rate; each pays for
//! what the state of its bank and of the bus asks for. What it leaves out, so that its figures are
//! read for what they are:
//!
//! - No look-ahead: a bank is opened when its beat is next, so that every row miss is exposed.
//!   Controllers that open the next bank while data still flows do better on contiguous bursts.
//! - No reordering, no write combining beyond beats that follow each other in address, no
//!   forwarding of written data to reads (order of service decides), no auto-precharge.
//! - Refreshes are neither postponed nor pulled in; in idle time they happen in their own cycle.
//! - No initialisation, self refresh, ZQ calibration, tFAW, maximum tRAS, or power-down.

use std::collections::VecDeque;

use dormouse_model::axi::{AxiReq, AxiResp, B, R, W};
use serde::{Deserialize, Serialize};

use super::port::{Burst, Memory, MemoryError, check};
use super::store::{Bytes, Store, mix};

/// Read beats that may wait for `RREADY` before reads stop.
const READ_BUFFER: usize = 256;
/// Cycles for which a burst that has begun keeps the bus although it has no data.
const PATIENCE: u64 = 16;

/// The parameters of [`Dram`]: times of the device in ns as its data sheet gives them, from which
/// controller cycles are derived (minima rounded up, the refresh interval down).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DramParams {
    /// Clock of the controller and of the AXI port in MHz, 1..=1000.
    pub clock_mhz: f64,
    /// Bytes that the device moves in one controller cycle, 1..=64.
    pub bytes_per_cycle: u32,
    /// Bytes of the device's smallest access (burst length times width), a power of two, 1..=64.
    pub access_bytes: u32,
    /// Banks, a power of two, 1..=64.
    pub banks: u32,
    /// Bytes in one row of one bank, a power of two, 64..=65536.
    pub row_bytes: u32,
    /// ACTIVE to READ or WRITE.
    pub t_rcd_ns: f64,
    /// PRECHARGE to ACTIVE.
    pub t_rp_ns: f64,
    /// ACTIVE to PRECHARGE, minimum.
    pub t_ras_ns: f64,
    /// ACTIVE to ACTIVE of one bank.
    pub t_rc_ns: f64,
    /// ACTIVE to ACTIVE of different banks.
    pub t_rrd_ns: f64,
    /// Write recovery: last data in to PRECHARGE. B is not sent before it is over.
    pub t_wr_ns: f64,
    /// Last READ to PRECHARGE.
    pub t_rtp_ns: f64,
    /// Last data in to READ.
    pub t_wtr_ns: f64,
    /// End of a READ's place on the command bus to WRITE, so that the data bus can turn around.
    pub t_rtw_ns: f64,
    /// READ to first data out (CL).
    pub read_latency_ns: f64,
    /// WRITE to first data in (CWL; 0 for SDR).
    pub write_latency_ns: f64,
    /// Average time between refreshes.
    pub t_refi_ns: f64,
    /// Length of one refresh.
    pub t_rfc_ns: f64,
    /// Cycles that the controller and its pins add to each response.
    pub controller_cycles: u32,
    /// Write bursts, and as many read bursts, that may be accepted and not yet answered, 1 or more.
    pub outstanding: u32,
    /// Beats of write data that the controller buffers, 1 or more.
    pub write_buffer_beats: u32,
    /// Of the contents at reset.
    #[serde(default)]
    pub seed: u64,
}

/// The same in controller cycles.
#[derive(Clone, Debug)]
struct Timing {
    rcd: u64,
    rp: u64,
    ras: u64,
    rc: u64,
    rrd: u64,
    wr: u64,
    rtp: u64,
    wtr: u64,
    rtw: u64,
    cl: u64,
    cwl: u64,
    refi: u64,
    rfc: u64,
}

impl DramParams {
    fn timing(&self) -> Result<Timing, MemoryError> {
        let mhz = self.clock_mhz;
        check(
            "clock_mhz",
            mhz,
            (1.0..=1000.0).contains(&mhz),
            "1 to 1000 MHz",
        )?;
        let power = |n: u32, low: u32, high: u32| n.is_power_of_two() && (low..=high).contains(&n);
        for (name, value, legal, allowed) in [
            (
                "bytes_per_cycle",
                self.bytes_per_cycle,
                (1..=64).contains(&self.bytes_per_cycle),
                "1 to 64",
            ),
            (
                "access_bytes",
                self.access_bytes,
                power(self.access_bytes, 1, 64),
                "a power of two from 1 to 64",
            ),
            (
                "banks",
                self.banks,
                power(self.banks, 1, 64),
                "a power of two from 1 to 64",
            ),
            (
                "row_bytes",
                self.row_bytes,
                power(self.row_bytes, 64, 65536),
                "a power of two from 64 to 65536",
            ),
            (
                "controller_cycles",
                self.controller_cycles,
                self.controller_cycles <= 1000,
                "0 to 1000",
            ),
            (
                "outstanding",
                self.outstanding,
                self.outstanding >= 1,
                "1 or more",
            ),
            (
                "write_buffer_beats",
                self.write_buffer_beats,
                self.write_buffer_beats >= 1,
                "1 or more",
            ),
        ] {
            check(name, value.into(), legal, allowed)?;
        }
        let cycles = |name: &'static str, ns: f64| -> Result<u64, MemoryError> {
            check(name, ns, (0.0..=1e6).contains(&ns), "0 to 1000000 ns")?;
            // 20 ns at 100 MHz are 2 cycles, whatever the last bit of the product says.
            Ok(to_cycles((ns * mhz / 1000.0 - 1e-6).ceil()))
        };
        let refi = self.t_refi_ns;
        let timing = Timing {
            rcd: cycles("t_rcd_ns", self.t_rcd_ns)?,
            rp: cycles("t_rp_ns", self.t_rp_ns)?,
            ras: cycles("t_ras_ns", self.t_ras_ns)?,
            rc: cycles("t_rc_ns", self.t_rc_ns)?,
            rrd: cycles("t_rrd_ns", self.t_rrd_ns)?,
            wr: cycles("t_wr_ns", self.t_wr_ns)?,
            rtp: cycles("t_rtp_ns", self.t_rtp_ns)?,
            wtr: cycles("t_wtr_ns", self.t_wtr_ns)?,
            rtw: cycles("t_rtw_ns", self.t_rtw_ns)?,
            cl: cycles("read_latency_ns", self.read_latency_ns)?,
            cwl: cycles("write_latency_ns", self.write_latency_ns)?,
            refi: {
                check(
                    "t_refi_ns",
                    refi,
                    (0.0..=1e9).contains(&refi),
                    "0 to 1e9 ns",
                )?;
                to_cycles((refi * mhz / 1000.0 + 1e-6).floor())
            },
            rfc: cycles("t_rfc_ns", self.t_rfc_ns)?,
        };
        let enough =
            timing.refi > 2 * (timing.rfc + timing.rp + timing.rcd + timing.ras + timing.wr);
        check(
            "t_refi_ns",
            refi,
            enough,
            "more than twice t_rfc + t_rp + t_rcd + t_ras + t_wr",
        )?;
        Ok(timing)
    }

    pub(super) fn random(rng: &mut fastrand::Rng) -> Self {
        let mut ns = |low: u32, high: u32| f64::from(rng.u32(low..=high));
        let (rcd, rp, ras) = (ns(0, 40), ns(0, 40), ns(0, 80));
        Self {
            t_rcd_ns: rcd,
            t_rp_ns: rp,
            t_ras_ns: ras,
            t_rc_ns: ras + rp,
            t_rrd_ns: ns(0, 20),
            t_wr_ns: ns(0, 40),
            t_rtp_ns: ns(0, 20),
            t_wtr_ns: ns(0, 40),
            t_rtw_ns: ns(0, 40),
            read_latency_ns: ns(0, 60),
            write_latency_ns: ns(0, 30),
            t_refi_ns: ns(2000, 12000),
            t_rfc_ns: ns(20, 300),
            clock_mhz: ns(50, 250),
            bytes_per_cycle: 1 << rng.u32(0..=6),
            access_bytes: 1 << rng.u32(0..=6),
            banks: 1 << rng.u32(0..=4),
            row_bytes: 64 << rng.u32(0..=7),
            controller_cycles: rng.u32(0..=20),
            outstanding: rng.u32(1..=16),
            write_buffer_beats: rng.u32(1..=64),
            seed: rng.u64(..),
        }
    }
}

/// A number of cycles that has been checked to be small and not negative.
#[allow(
    clippy::cast_sign_loss,
    reason = "the ranges of all times are checked before"
)]
fn to_cycles(n: f64) -> u64 {
    n.max(0.0) as u64
}

#[derive(Clone, Copy, Debug, Default)]
struct Bank {
    open: Option<u64>,
    /// Earliest next ACTIVE.
    act_ready: u64,
    /// Earliest READ or WRITE in the open row.
    col_ready: u64,
    /// Earliest PRECHARGE.
    pre_ready: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dir {
    Read,
    Write,
}

/// A memory with the timing of a DRAM behind an in-order, open-page controller.
///
/// Addresses map to row, bank, column from the top, so a row's neighbour is in the next bank.
/// Reads and writes take turns at the end of a burst; a burst that lacks data loses the bus after
/// 16 cycles. Bursts that leave the memory take their time, are answered with DECERR and change
/// nothing.
#[derive(Clone, Debug)]
pub struct Dram {
    p: DramParams,
    t: Timing,
    bus: u32,
    /// The cycle that `out` belongs to.
    now: u64,
    out: AxiResp,
    store: Store,
    writes: VecDeque<Burst>,
    reads: VecDeque<Burst>,
    w_buffer: VecDeque<W>,
    answers: VecDeque<(u64, B)>,
    r_buffer: VecDeque<(u64, R)>,
    write_count: u32,
    read_count: u32,

    banks: Vec<Bank>,
    /// Earliest ACTIVE of any bank.
    act_free: u64,
    next_refresh: u64,
    /// Before this nothing can be commanded: the end of the last refresh.
    command_free: u64,
    /// Who has the bus, and whether in the middle of a burst.
    dir: Dir,
    mid: bool,
    /// When the last beat was served.
    last_beat: u64,
    /// The next beat: whose it is, and its place on the data bus, which is counted in bytes since
    /// reset so that a beat can be a fraction of a cycle.
    scheduled: Option<u64>,
    bus_free: u64,
    /// The address after the last beat: one that goes on there joins its access.
    follows: u64,
}

impl Dram {
    /// A memory of `size` bytes on a bus of `bus` bytes, a power of two from 4 to 64.
    ///
    /// # Errors
    /// [`MemoryError::Illegal`] with the name of the parameter.
    pub fn new(params: &DramParams, bus: u32, size: Bytes) -> Result<Self, MemoryError> {
        let t = params.timing()?;
        let mut memory = Self {
            bus,
            now: 0,
            out: AxiResp::default(),
            store: Store::new(size, mix(params.seed)),
            writes: VecDeque::new(),
            reads: VecDeque::new(),
            w_buffer: VecDeque::new(),
            answers: VecDeque::new(),
            r_buffer: VecDeque::new(),
            write_count: 0,
            read_count: 0,
            banks: vec![Bank::default(); params.banks as usize],
            act_free: 0,
            next_refresh: t.refi,
            command_free: 0,
            dir: Dir::Write,
            mid: false,
            last_beat: 0,
            scheduled: None,
            bus_free: 0,
            follows: 0,
            p: params.clone(),
            t,
        };
        memory.drive();
        Ok(memory)
    }

    fn ready(&self, dir: Dir) -> bool {
        match dir {
            Dir::Write => !self.writes.is_empty() && !self.w_buffer.is_empty(),
            Dir::Read => !self.reads.is_empty() && self.r_buffer.len() < READ_BUFFER,
        }
    }

    /// Whose beat is next.
    fn pick(&self) -> Option<Dir> {
        let (this, other) = match self.dir {
            Dir::Read => (Dir::Read, Dir::Write),
            Dir::Write => (Dir::Write, Dir::Read),
        };
        if self.mid {
            if self.ready(this) {
                return Some(this);
            }
            if self.now - self.last_beat < PATIENCE {
                return None;
            }
        }
        if self.ready(other) {
            Some(other)
        } else {
            self.ready(this).then_some(this)
        }
    }

    /// The first whole cycle in which the bus carries nothing that is scheduled so far.
    fn bus_free_cycle(&self) -> u64 {
        self.bus_free.div_ceil(self.p.bytes_per_cycle.into())
    }

    /// Does the refreshes that are due. In idle time all but the last are long over.
    fn refresh(&mut self) {
        if self.now < self.next_refresh {
            return;
        }
        let missed = (self.now - self.next_refresh) / self.t.refi;
        let mut start = (self.next_refresh + missed * self.t.refi).max(self.command_free);
        // Open banks are closed first, and closed ones may have a row cycle to end.
        if self.banks.iter().any(|bank| bank.open.is_some()) {
            for bank in self.banks.iter().filter(|bank| bank.open.is_some()) {
                start = start.max(bank.pre_ready);
            }
            start += self.t.rp;
        }
        for bank in self.banks.iter().filter(|bank| bank.open.is_none()) {
            start = start.max(bank.act_ready);
        }
        self.command_free = start + self.t.rfc;
        for bank in &mut self.banks {
            *bank = Bank {
                act_ready: self.command_free,
                ..Bank::default()
            };
        }
        self.next_refresh += (missed + 1) * self.t.refi;
    }

    /// Opens the row of the next beat of `dir` and finds it a place on the bus.
    fn schedule(&mut self, dir: Dir) {
        let Some(burst) = (match dir {
            Dir::Read => self.reads.front(),
            Dir::Write => self.writes.front(),
        }) else {
            return;
        };
        let (addr, size) = (burst.addr >> burst.size << burst.size, 1u64 << burst.size);
        let access = u64::from(self.p.access_bytes);
        let rate = u64::from(self.p.bytes_per_cycle);
        self.refresh();

        let turn = dir != self.dir;
        if turn || addr != self.follows {
            // The last access ends as a whole, and this one begins as a whole.
            self.bus_free += self.follows.wrapping_neg() % access;
            let gap = match (turn, self.dir) {
                (false, _) => 0,
                (true, Dir::Write) => self.t.cwl + self.t.wtr,
                (true, Dir::Read) => self.t.rtw,
            };
            if turn {
                self.bus_free = (self.bus_free_cycle() + gap) * rate;
            }
            self.bus_free += addr % access;
        }
        self.dir = dir;
        self.mid = true;

        let row_bytes = u64::from(self.p.row_bytes);
        let index = (addr / row_bytes % u64::from(self.p.banks)) as usize;
        let row = addr / row_bytes / u64::from(self.p.banks);
        let from = self.now.max(self.command_free);
        let bank = &mut self.banks[index];
        if bank.open != Some(row) {
            let mut act = from.max(bank.act_ready).max(self.act_free);
            if bank.open.is_some() {
                act = act.max(from.max(bank.pre_ready) + self.t.rp);
            }
            self.act_free = act + self.t.rrd;
            *bank = Bank {
                open: Some(row),
                act_ready: act + self.t.rc,
                col_ready: act + self.t.rcd,
                pre_ready: act + self.t.ras,
            };
        }
        let start = self.bus_free.max(from.max(bank.col_ready) * rate);
        self.bus_free = start + size;
        self.follows = addr.wrapping_add(size);
        let end = self.bus_free.div_ceil(rate);
        let bank = &mut self.banks[index];
        bank.pre_ready = bank.pre_ready.max(match dir {
            Dir::Write => end + self.t.cwl + self.t.wr,
            Dir::Read => end + self.t.rtp,
        });
        self.scheduled = Some(start / rate);
    }

    /// Moves the scheduled beat.
    fn serve(&mut self) {
        let end = self.bus_free_cycle().max(self.now);
        let extra = u64::from(self.p.controller_cycles);
        let bus = self.bus;
        self.last_beat = self.now;
        let queue = match self.dir {
            Dir::Read => &mut self.reads,
            Dir::Write => &mut self.writes,
        };
        let Some(burst) = queue.front_mut() else {
            return;
        };
        let beat = *burst;
        let (id, base, last) = (beat.id, beat.base(bus), beat.left == 1);
        burst.advance();
        if last {
            queue.pop_front();
            self.mid = false;
        }
        match self.dir {
            Dir::Write => {
                if let Some(w) = self.w_buffer.pop_front()
                    && beat.exists
                {
                    self.store.write_beat(base, bus, &w.data, w.strb);
                }
                if last {
                    let resp = beat.write_answer(&mut self.store);
                    let due = end + self.t.cwl + self.t.wr + extra;
                    self.answers.push_back((due, B { id, resp }));
                }
            }
            Dir::Read => {
                let resp = beat.read_answer(&mut self.store);
                let data = if beat.exists {
                    self.store.read_beat(base, bus)
                } else {
                    [0; 8]
                };
                self.r_buffer.push_back((
                    end + self.t.cl + extra,
                    R {
                        id,
                        data,
                        resp,
                        last,
                    },
                ));
            }
        }
    }

    /// Serves all beats whose time has come.
    fn move_beats(&mut self) {
        loop {
            if self.scheduled.is_none()
                && let Some(dir) = self.pick()
            {
                self.schedule(dir);
            }
            if self.scheduled.is_none_or(|start| start > self.now) {
                break;
            }
            self.serve();
            self.scheduled = None;
        }
    }

    /// Sets the outputs of cycle `now`, in which a response that still waits stays.
    fn drive(&mut self) {
        self.out.aw_ready = self.write_count < self.p.outstanding;
        self.out.w_ready = self.w_buffer.len() < self.p.write_buffer_beats as usize;
        self.out.ar_ready = self.read_count < self.p.outstanding;
        if !self.out.b_valid
            && let Some((_, b)) = self.answers.pop_front_if(|(due, _)| *due <= self.now)
        {
            self.out.b_valid = true;
            self.out.b = b;
        }
        if !self.out.r_valid
            && let Some((_, r)) = self.r_buffer.pop_front_if(|(due, _)| *due <= self.now)
        {
            self.out.r_valid = true;
            self.out.r = r;
        }
    }
}

impl Memory for Dram {
    fn outputs(&self) -> &AxiResp {
        &self.out
    }

    fn clock(&mut self, req: &AxiReq) {
        if req.aw_valid && self.out.aw_ready {
            self.write_count += 1;
            self.writes
                .push_back(Burst::new(&req.aw, self.bus, &self.store));
        }
        if req.w_valid && self.out.w_ready {
            self.w_buffer.push_back(req.w);
        }
        if req.ar_valid && self.out.ar_ready {
            self.read_count += 1;
            self.reads
                .push_back(Burst::new(&req.ar, self.bus, &self.store));
        }
        if self.out.b_valid && req.b_ready {
            self.out.b_valid = false;
            self.write_count -= 1;
        }
        if self.out.r_valid && req.r_ready {
            self.out.r_valid = false;
            self.read_count -= u32::from(self.out.r.last);
        }
        self.move_beats();
        self.now += 1;
        self.drive();
    }

    fn stable_for(&self, req: &AxiReq) -> u64 {
        let out = &self.out;
        if req.aw_valid && out.aw_ready
            || req.ar_valid && out.ar_ready
            || out.b_valid && req.b_ready
            || out.r_valid && req.r_ready
        {
            return 0;
        }
        let buffered = self.w_buffer.len() as u64;
        let mut n = if !out.w_ready {
            // The next beat of a write makes room.
            match self.scheduled {
                Some(start) => start.saturating_sub(self.now),
                None if self.ready(Dir::Write) || !self.reads.is_empty() => 0,
                None => u64::MAX,
            }
        } else if req.w_valid {
            u64::from(self.p.write_buffer_beats) - 1 - buffered
        } else {
            u64::MAX
        };
        // Beats that are served meanwhile are not answered at once.
        let extra = u64::from(self.p.controller_cycles);
        if !out.b_valid {
            if let Some((due, _)) = self.answers.front() {
                n = n.min(due.saturating_sub(self.now + 1));
            }
            if !self.writes.is_empty() && (buffered != 0 || req.w_valid) {
                n = n.min((self.t.cwl + self.t.wr + extra).saturating_sub(1));
            }
        }
        if !out.r_valid {
            if let Some((due, _)) = self.r_buffer.front() {
                n = n.min(due.saturating_sub(self.now + 1));
            }
            if !self.reads.is_empty() {
                n = n.min((self.t.cl + extra).saturating_sub(1));
            }
        }
        n
    }

    fn clock_many(&mut self, req: &AxiReq, n: u64) {
        debug_assert!(
            n <= self.stable_for(req),
            "a jump of {n} cycles over an event"
        );
        let w = req.w_valid && self.out.w_ready;
        let end = self.now + n;
        while self.now < end {
            if w {
                self.w_buffer.push_back(req.w);
            }
            self.move_beats();
            self.now = match self.scheduled {
                _ if w => self.now + 1,
                Some(start) => start.min(end),
                // A burst that lacks data keeps the bus for a while.
                None if self.ready(Dir::Write) || self.ready(Dir::Read) => self.now + 1,
                None => end,
            };
        }
    }

    fn store(&self) -> &Store {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    fn in_flight(&self) -> usize {
        let unclaimed = self.writes.is_empty() && !self.w_buffer.is_empty();
        (self.write_count + self.read_count) as usize + usize::from(unclaimed)
    }
}
