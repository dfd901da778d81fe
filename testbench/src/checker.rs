//! Watches a bus and says which rule of AXI was broken, when, and with which values.
//!
//! Sections are those of AMBA AXI and ACE Protocol Specification, IHI 0022H. The checkers are told
//! of every cycle just before its clock edge. They assume nothing about either side, and judge
//! both: a wrong memory is found as well as a wrong node.

use std::collections::VecDeque;
use std::fmt;

use dormouse_model::Config;
use dormouse_model::axi::{
    Ax, AxiReq, AxiResp, AxilReq, AxilResp, B, EXOKAY, FIXED, INCR, R, W, WRAP,
};
use thiserror::Error;

/// A channel of AXI4 or AXI4-Lite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Write address.
    Aw,
    /// Write data.
    W,
    /// Write response.
    B,
    /// Read address.
    Ar,
    /// Read data.
    R,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aw => "AW",
            Self::W => "W",
            Self::B => "B",
            Self::Ar => "AR",
            Self::R => "R",
        })
    }
}

/// A broken rule. `cycle` counts the clock edges that the checker has seen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AxiRuleError {
    /// A valid in reset.
    #[error("cycle {cycle}: {channel} valid is high in reset (IHI 0022, A3.1.2)")]
    ValidInReset {
        /// When.
        cycle: u64,
        /// Where.
        channel: Channel,
    },
    /// Valid went away before ready came.
    #[error(
        "cycle {cycle}: {channel} valid was taken back before a ready (IHI 0022, A3.2.1); it offered {payload}"
    )]
    ValidDropped {
        /// When.
        cycle: u64,
        /// Where.
        channel: Channel,
        /// What was offered.
        payload: String,
    },
    /// The payload changed before ready came.
    #[error(
        "cycle {cycle}: {channel} changed while it waited for ready (IHI 0022, A3.2.1): from {was} to {is}"
    )]
    PayloadChanged {
        /// When.
        cycle: u64,
        /// Where.
        channel: Channel,
        /// The payload before.
        was: String,
        /// The payload now.
        is: String,
    },
    /// `AxBURST` is the reserved value.
    #[error("cycle {cycle}: {channel} has the reserved burst type {burst} (IHI 0022, A3.4.1)")]
    ReservedBurst {
        /// When.
        cycle: u64,
        /// AW or AR.
        channel: Channel,
        /// The type.
        burst: u8,
    },
    /// A beat is wider than the bus.
    #[error(
        "cycle {cycle}: {channel} has beats of 2^{size} bytes on a bus of {bus} bytes (IHI 0022, A3.4.1)"
    )]
    Size {
        /// When.
        cycle: u64,
        /// AW or AR.
        channel: Channel,
        /// log2 of the bytes in a beat.
        size: u8,
        /// Bytes of the bus.
        bus: u32,
    },
    /// A WRAP burst of a length other than 2, 4, 8 or 16, or a FIXED burst of more than 16.
    #[error(
        "cycle {cycle}: {channel} has {beats} beats, which burst type {burst} cannot have (IHI 0022, A3.4.1)"
    )]
    Length {
        /// When.
        cycle: u64,
        /// AW or AR.
        channel: Channel,
        /// The type.
        burst: u8,
        /// Beats.
        beats: u32,
    },
    /// A WRAP burst that is not aligned to its beats.
    #[error(
        "cycle {cycle}: {channel} wraps from {addr:#x}, which is not aligned to its beats of 2^{size} bytes (IHI 0022, A3.4.1)"
    )]
    WrapAlignment {
        /// When.
        cycle: u64,
        /// AW or AR.
        channel: Channel,
        /// The address.
        addr: u64,
        /// log2 of the bytes in a beat.
        size: u8,
    },
    /// A burst crosses 4 KiB.
    #[error(
        "cycle {cycle}: {channel} goes from {addr:#x} to {last:#x} across a 4 KiB boundary (IHI 0022, A3.4.1)"
    )]
    Boundary {
        /// When.
        cycle: u64,
        /// AW or AR.
        channel: Channel,
        /// First byte.
        addr: u64,
        /// Last byte.
        last: u64,
    },
    /// An address that does not fit into the address bus.
    #[error(
        "cycle {cycle}: {channel} address {addr:#x} does not fit into {width} bits (IHI 0022, A2)"
    )]
    Address {
        /// When.
        cycle: u64,
        /// AW or AR.
        channel: Channel,
        /// The address.
        addr: u64,
        /// Bits of the bus.
        width: u8,
    },
    /// An id that does not fit into the id bus.
    #[error("cycle {cycle}: {channel} id {id:#x} does not fit into {width} bits (IHI 0022, A5.1)")]
    Id {
        /// When.
        cycle: u64,
        /// Where.
        channel: Channel,
        /// The id.
        id: u32,
        /// Bits of the bus.
        width: u8,
    },
    /// More bursts under way than were agreed.
    #[error(
        "cycle {cycle}: burst {count} on {channel} with no more than {limit} outstanding allowed (a limit of this port)"
    )]
    Outstanding {
        /// When.
        cycle: u64,
        /// AW or AR.
        channel: Channel,
        /// Bursts under way, with this one.
        count: u32,
        /// Bursts allowed.
        limit: u32,
    },
    /// `WLAST` or `RLAST` before or after the last beat.
    #[error(
        "cycle {cycle}: {channel} last is {last} with {left} beats of the burst left after this one (IHI 0022, A3.4.1)"
    )]
    Last {
        /// When.
        cycle: u64,
        /// W or R.
        channel: Channel,
        /// The value.
        last: bool,
        /// Beats that should follow.
        left: u32,
    },
    /// A strobe outside the bytes of its beat.
    #[error(
        "cycle {cycle}: write strobes {strb:#x} outside the byte lanes {lanes:#x} of the beat at {addr:#x} (IHI 0022, A3.4.3)"
    )]
    Strobes {
        /// When.
        cycle: u64,
        /// The strobes.
        strb: u64,
        /// The lanes that the beat has.
        lanes: u64,
        /// Address of the beat.
        addr: u64,
    },
    /// A response that nobody waits for.
    #[error(
        "cycle {cycle}: {channel} valid with id {id:#x}, for which no burst is complete and unanswered (IHI 0022, A3.3.1, A5.3)"
    )]
    Unasked {
        /// When.
        cycle: u64,
        /// B or R.
        channel: Channel,
        /// The id.
        id: u32,
    },
    /// A response code that cannot be.
    #[error(
        "cycle {cycle}: {channel} response {resp:#b} is reserved, or EXOKAY without an exclusive access (IHI 0022, A3.4.4, A7.2)"
    )]
    Response {
        /// When.
        cycle: u64,
        /// B or R.
        channel: Channel,
        /// The code.
        resp: u8,
    },
    /// The run is over and something is under way.
    #[error(
        "cycle {cycle}: left in flight: {waiting} channels waiting for ready, {unsent} write bursts without all data, \
         {unclaimed} W beats without an address, {unanswered} write and {unread} read bursts without their response"
    )]
    InFlight {
        /// When.
        cycle: u64,
        /// Channels with valid and no ready.
        waiting: usize,
        /// Write bursts whose data is not complete.
        unsent: usize,
        /// W beats whose AW has not come.
        unclaimed: usize,
        /// Write bursts without B.
        unanswered: usize,
        /// Read bursts without the last R.
        unread: usize,
    },
}

/// A payload that waits for its ready.
#[derive(Clone, Debug, Default)]
struct Held<T>(Option<T>);

impl<T: Copy + PartialEq + fmt::Debug> Held<T> {
    /// Checks a channel in one cycle; returns whether this is the first cycle of a payload.
    #[inline]
    fn check(
        &mut self,
        cycle: u64,
        channel: Channel,
        valid: bool,
        ready: bool,
        payload: &T,
    ) -> Result<bool, AxiRuleError> {
        let first = match &self.0 {
            None => valid,
            Some(was) if !valid => {
                return Err(AxiRuleError::ValidDropped {
                    cycle,
                    channel,
                    payload: format!("{was:x?}"),
                });
            }
            Some(was) if was != payload => {
                let (was, is) = (format!("{was:x?}"), format!("{payload:x?}"));
                return Err(AxiRuleError::PayloadChanged {
                    cycle,
                    channel,
                    was,
                    is,
                });
            }
            Some(_) => false,
        };
        if valid && !ready {
            if first {
                self.0 = Some(*payload);
            }
        } else {
            self.0 = None;
        }
        Ok(first)
    }

    fn waits(&self) -> usize {
        usize::from(self.0.is_some())
    }
}

/// What a port may do beyond what AXI allows everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxiLimits {
    /// Bytes of the data bus, a power of two from 4 to 64.
    pub bus: u32,
    /// Bits of an address, 1..=64.
    pub addr_width: u8,
    /// Bits of an id, 1..=32.
    pub id_width: u8,
    /// Write bursts that may be accepted and not answered.
    pub writes: u32,
    /// Read bursts that may be accepted and not answered.
    pub reads: u32,
    /// Bursts that AXI forbids may be offered: it is the subordinate's to refuse them.
    pub misuse: bool,
}

/// The beats of a burst, one after the other (IHI 0022, A3.4.1).
#[derive(Clone, Copy, Debug)]
pub struct Beats {
    ax: Ax,
    beat: u32,
}

impl Beats {
    /// At the first beat.
    pub fn new(ax: &Ax) -> Self {
        Self { ax: *ax, beat: 0 }
    }

    /// The burst.
    pub fn ax(&self) -> &Ax {
        &self.ax
    }

    /// Number of the next beat, counted from 0.
    pub fn number(&self) -> u32 {
        self.beat
    }

    /// Whether the next beat is the last.
    pub fn last(&self) -> bool {
        self.beat == u32::from(self.ax.len)
    }

    /// Goes on to the beat after the next.
    pub fn advance(&mut self) {
        self.beat += 1;
    }

    /// Goes on by `beats` beats.
    pub fn skip(&mut self, beats: u32) {
        self.beat += beats;
    }

    /// The first byte that the burst may touch, and the one after the last.
    pub fn bounds(&self) -> (u64, u64) {
        let ax = &self.ax;
        let whole = (u64::from(ax.len) + 1) << ax.size;
        let aligned = ax.addr >> ax.size << ax.size;
        match ax.burst {
            FIXED => (aligned, aligned + (1 << ax.size)),
            WRAP => (ax.addr / whole * whole, ax.addr / whole * whole + whole),
            _ => (aligned, aligned + whole),
        }
    }

    /// Address of the next beat.
    pub fn addr(&self) -> u64 {
        let ax = &self.ax;
        let aligned = ax.addr >> ax.size << ax.size;
        let step = u64::from(self.beat) << ax.size;
        match ax.burst {
            _ if self.beat == 0 => ax.addr,
            FIXED => ax.addr,
            WRAP => {
                let whole = (u64::from(ax.len) + 1) << ax.size;
                let low = ax.addr / whole * whole;
                low + (aligned - low + step) % whole
            }
            _ => aligned.wrapping_add(step),
        }
    }

    /// The lanes of the next beat on a bus of `bus` bytes, one bit each.
    pub fn lanes(&self, bus: u32) -> u64 {
        let addr = self.addr();
        let bytes = 1u64 << self.ax.size;
        let count = bytes - addr % bytes;
        let ones = if count >= 64 {
            u64::MAX
        } else {
            (1 << count) - 1
        };
        ones << (addr % u64::from(bus))
    }
}

/// Checks one AXI4 port.
#[derive(Clone, Debug)]
pub struct AxiChecker {
    limits: AxiLimits,
    cycle: u64,
    aw: Held<Ax>,
    w: Held<W>,
    b: Held<B>,
    ar: Held<Ax>,
    r: Held<R>,
    /// Accepted write bursts whose data is not complete.
    writing: VecDeque<Beats>,
    /// W beats accepted before their AW: strobes and last.
    ahead: VecDeque<(u64, bool)>,
    /// Ids of write bursts that wait for their B.
    unanswered: VecDeque<u32>,
    /// Ids of read bursts under way, and the beats that are left of each.
    reading: VecDeque<(u32, u32)>,
}

impl AxiChecker {
    /// For the manager port of a node: the engine's bursts, and those of every vCPU port.
    pub fn new(config: &Config) -> Self {
        let guests = u32::from(config.ports) * u32::from(config.port_depth);
        Self::with_limits(AxiLimits {
            bus: config.beat_bytes(),
            addr_width: config.addr_width,
            id_width: config.source_width() as u8,
            writes: u32::from(config.max_outstanding) + guests,
            reads: guests,
            misuse: false,
        })
    }

    /// For one vCPU port of a node.
    pub fn guest(config: &Config) -> Self {
        // Accesses that are answered may be followed by as many that wait for their turn in the gate.
        let limit = u32::from(config.port_depth) + 3;
        Self::with_limits(AxiLimits {
            bus: config.beat_bytes(),
            addr_width: config.addr_width,
            id_width: config.id_width,
            writes: limit,
            reads: limit,
            misuse: true,
        })
    }

    /// For any port.
    pub fn with_limits(limits: AxiLimits) -> Self {
        Self {
            limits,
            cycle: 0,
            aw: Held::default(),
            w: Held::default(),
            b: Held::default(),
            ar: Held::default(),
            r: Held::default(),
            writing: VecDeque::new(),
            ahead: VecDeque::new(),
            unanswered: VecDeque::new(),
            reading: VecDeque::new(),
        }
    }

    /// Cycles seen.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// One cycle in reset. Whatever was under way is forgotten.
    ///
    /// # Errors
    /// [`AxiRuleError::ValidInReset`].
    pub fn clock_in_reset(&mut self, req: &AxiReq, resp: &AxiResp) -> Result<(), AxiRuleError> {
        let cycle = self.cycle;
        *self = Self {
            cycle: cycle + 1,
            ..Self::with_limits(self.limits)
        };
        for (channel, valid) in [
            (Channel::Aw, req.aw_valid),
            (Channel::W, req.w_valid),
            (Channel::B, resp.b_valid),
            (Channel::Ar, req.ar_valid),
            (Channel::R, resp.r_valid),
        ] {
            if valid {
                return Err(AxiRuleError::ValidInReset { cycle, channel });
            }
        }
        Ok(())
    }

    /// One cycle out of reset, before its clock edge.
    ///
    /// # Errors
    /// The first rule that is broken in it.
    #[inline]
    pub fn clock(&mut self, req: &AxiReq, resp: &AxiResp) -> Result<(), AxiRuleError> {
        let cycle = self.cycle;
        self.cycle += 1;
        // Responses first: what they answer was accepted in an earlier cycle.
        if self
            .b
            .check(cycle, Channel::B, resp.b_valid, req.b_ready, &resp.b)?
        {
            self.check_response(Channel::B, resp.b.id, resp.b.resp)?;
            if !self.unanswered.contains(&resp.b.id) {
                return Err(AxiRuleError::Unasked {
                    cycle,
                    channel: Channel::B,
                    id: resp.b.id,
                });
            }
        }
        if self
            .r
            .check(cycle, Channel::R, resp.r_valid, req.r_ready, &resp.r)?
        {
            self.check_read_beat(&resp.r)?;
        }
        if resp.b_valid
            && req.b_ready
            && let Some(index) = self.unanswered.iter().position(|&id| id == resp.b.id)
        {
            self.unanswered.remove(index);
        }
        if resp.r_valid
            && req.r_ready
            && let Some(index) = self.reading.iter().position(|&(id, _)| id == resp.r.id)
        {
            self.reading[index].1 -= 1;
            if self.reading[index].1 == 0 {
                self.reading.remove(index);
            }
        }
        if self
            .aw
            .check(cycle, Channel::Aw, req.aw_valid, resp.aw_ready, &req.aw)?
        {
            self.check_address(Channel::Aw, &req.aw)?;
        }
        if self
            .ar
            .check(cycle, Channel::Ar, req.ar_valid, resp.ar_ready, &req.ar)?
        {
            self.check_address(Channel::Ar, &req.ar)?;
        }
        self.w
            .check(cycle, Channel::W, req.w_valid, resp.w_ready, &req.w)?;
        if req.aw_valid && resp.aw_ready {
            self.accept_write(&req.aw)?;
        }
        if req.ar_valid && resp.ar_ready {
            let (count, limit) = (self.reading.len() as u32 + 1, self.limits.reads);
            if count > limit {
                return Err(AxiRuleError::Outstanding {
                    cycle,
                    channel: Channel::Ar,
                    count,
                    limit,
                });
            }
            self.reading
                .push_back((req.ar.id, u32::from(req.ar.len) + 1));
        }
        if req.w_valid && resp.w_ready {
            if self.writing.is_empty() {
                self.ahead.push_back((req.w.strb, req.w.last));
            } else {
                self.accept_beat(req.w.strb, req.w.last)?;
            }
        }
        Ok(())
    }

    /// The run is over: nothing may be under way.
    ///
    /// # Errors
    /// [`AxiRuleError::InFlight`], which says what is.
    pub fn finish(&self) -> Result<(), AxiRuleError> {
        let waiting =
            self.aw.waits() + self.w.waits() + self.b.waits() + self.ar.waits() + self.r.waits();
        let (unsent, unclaimed) = (self.writing.len(), self.ahead.len());
        let (unanswered, unread) = (self.unanswered.len(), self.reading.len());
        if waiting + unsent + unclaimed + unanswered + unread == 0 {
            return Ok(());
        }
        Err(AxiRuleError::InFlight {
            cycle: self.cycle,
            waiting,
            unsent,
            unclaimed,
            unanswered,
            unread,
        })
    }

    /// The cycle that is being looked at.
    fn this_cycle(&self) -> u64 {
        self.cycle - 1
    }

    fn accept_write(&mut self, aw: &Ax) -> Result<(), AxiRuleError> {
        let count = (self.writing.len() + self.unanswered.len()) as u32 + 1;
        let limit = self.limits.writes;
        if count > limit {
            return Err(AxiRuleError::Outstanding {
                cycle: self.this_cycle(),
                channel: Channel::Aw,
                count,
                limit,
            });
        }
        self.writing.push_back(Beats::new(aw));
        while !self.writing.is_empty()
            && let Some((strb, last)) = self.ahead.pop_front()
        {
            self.accept_beat(strb, last)?;
        }
        Ok(())
    }

    #[inline]
    fn accept_beat(&mut self, strb: u64, last: bool) -> Result<(), AxiRuleError> {
        let (cycle, bus) = (self.this_cycle(), self.limits.bus);
        let Some(burst) = self.writing.front_mut() else {
            return Ok(());
        };
        let left = u32::from(burst.ax.len) - burst.beat;
        if last != (left == 0) {
            return Err(AxiRuleError::Last {
                cycle,
                channel: Channel::W,
                last,
                left,
            });
        }
        let lanes = burst.lanes(bus);
        if strb & !lanes != 0 && !self.limits.misuse {
            return Err(AxiRuleError::Strobes {
                cycle,
                strb,
                lanes,
                addr: burst.addr(),
            });
        }
        burst.beat += 1;
        if last {
            self.unanswered.push_back(burst.ax.id);
            self.writing.pop_front();
        }
        Ok(())
    }

    fn check_response(&self, channel: Channel, id: u32, resp: u8) -> Result<(), AxiRuleError> {
        let cycle = self.this_cycle();
        let width = self.limits.id_width;
        if u64::from(id) >> width != 0 {
            return Err(AxiRuleError::Id {
                cycle,
                channel,
                id,
                width,
            });
        }
        if resp > 3 || resp == EXOKAY {
            return Err(AxiRuleError::Response {
                cycle,
                channel,
                resp,
            });
        }
        Ok(())
    }

    fn check_read_beat(&self, r: &R) -> Result<(), AxiRuleError> {
        let (cycle, channel) = (self.this_cycle(), Channel::R);
        self.check_response(channel, r.id, r.resp)?;
        let Some((_, beats)) = self.reading.iter().find(|(id, _)| *id == r.id) else {
            return Err(AxiRuleError::Unasked {
                cycle,
                channel,
                id: r.id,
            });
        };
        let left = beats - 1;
        if r.last != (left == 0) {
            return Err(AxiRuleError::Last {
                cycle,
                channel,
                last: r.last,
                left,
            });
        }
        Ok(())
    }

    fn check_address(&self, channel: Channel, ax: &Ax) -> Result<(), AxiRuleError> {
        let cycle = self.this_cycle();
        let AxiLimits {
            bus,
            addr_width,
            id_width,
            ..
        } = self.limits;
        let Ax {
            id,
            addr,
            size,
            burst,
            ..
        } = *ax;
        let beats = u32::from(ax.len) + 1;
        if u64::from(id) >> id_width != 0 {
            return Err(AxiRuleError::Id {
                cycle,
                channel,
                id,
                width: id_width,
            });
        }
        if addr_width < 64 && addr >> addr_width != 0 {
            return Err(AxiRuleError::Address {
                cycle,
                channel,
                addr,
                width: addr_width,
            });
        }
        if self.limits.misuse {
            return Ok(());
        }
        if u32::from(size) > bus.trailing_zeros() {
            return Err(AxiRuleError::Size {
                cycle,
                channel,
                size,
                bus,
            });
        }
        match burst {
            INCR => {
                let last = ((addr >> size) << size) + ((u64::from(beats) << size) - 1);
                if addr >> 12 != last >> 12 {
                    return Err(AxiRuleError::Boundary {
                        cycle,
                        channel,
                        addr,
                        last,
                    });
                }
            }
            FIXED if beats > 16 => {
                return Err(AxiRuleError::Length {
                    cycle,
                    channel,
                    burst,
                    beats,
                });
            }
            WRAP if !matches!(beats, 2 | 4 | 8 | 16) => {
                return Err(AxiRuleError::Length {
                    cycle,
                    channel,
                    burst,
                    beats,
                });
            }
            WRAP if addr.trailing_zeros() < u32::from(size) => {
                return Err(AxiRuleError::WrapAlignment {
                    cycle,
                    channel,
                    addr,
                    size,
                });
            }
            FIXED | WRAP => {}
            _ => {
                return Err(AxiRuleError::ReservedBurst {
                    cycle,
                    channel,
                    burst,
                });
            }
        }
        Ok(())
    }
}

/// Checks one AXI4-Lite port (IHI 0022, B1): stability, and no response without a request.
#[derive(Clone, Debug, Default)]
pub struct AxilChecker {
    cycle: u64,
    aw: Held<u16>,
    w: Held<(u32, u8)>,
    b: Held<u8>,
    ar: Held<u16>,
    r: Held<(u32, u8)>,
    /// Addresses and data accepted and not answered.
    aw_count: u32,
    w_count: u32,
    ar_count: u32,
}

impl AxilChecker {
    /// A checker of a port in which nothing is under way.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cycles seen.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// One cycle in reset. Whatever was under way is forgotten.
    ///
    /// # Errors
    /// [`AxiRuleError::ValidInReset`].
    pub fn clock_in_reset(&mut self, req: &AxilReq, resp: &AxilResp) -> Result<(), AxiRuleError> {
        let cycle = self.cycle;
        *self = Self {
            cycle: cycle + 1,
            ..Self::default()
        };
        for (channel, valid) in [
            (Channel::Aw, req.aw_valid),
            (Channel::W, req.w_valid),
            (Channel::B, resp.b_valid),
            (Channel::Ar, req.ar_valid),
            (Channel::R, resp.r_valid),
        ] {
            if valid {
                return Err(AxiRuleError::ValidInReset { cycle, channel });
            }
        }
        Ok(())
    }

    /// One cycle out of reset, before its clock edge.
    ///
    /// # Errors
    /// The first rule that is broken in it.
    pub fn clock(&mut self, req: &AxilReq, resp: &AxilResp) -> Result<(), AxiRuleError> {
        let cycle = self.cycle;
        self.cycle += 1;
        let r = (resp.r_data, resp.r_resp);
        if self
            .b
            .check(cycle, Channel::B, resp.b_valid, req.b_ready, &resp.b_resp)?
        {
            if self.aw_count.min(self.w_count) == 0 {
                return Err(AxiRuleError::Unasked {
                    cycle,
                    channel: Channel::B,
                    id: 0,
                });
            }
            Self::check_response(cycle, Channel::B, resp.b_resp)?;
        }
        if self
            .r
            .check(cycle, Channel::R, resp.r_valid, req.r_ready, &r)?
        {
            if self.ar_count == 0 {
                return Err(AxiRuleError::Unasked {
                    cycle,
                    channel: Channel::R,
                    id: 0,
                });
            }
            Self::check_response(cycle, Channel::R, resp.r_resp)?;
        }
        self.aw.check(
            cycle,
            Channel::Aw,
            req.aw_valid,
            resp.aw_ready,
            &req.aw_addr,
        )?;
        self.w.check(
            cycle,
            Channel::W,
            req.w_valid,
            resp.w_ready,
            &(req.w_data, req.w_strb),
        )?;
        self.ar.check(
            cycle,
            Channel::Ar,
            req.ar_valid,
            resp.ar_ready,
            &req.ar_addr,
        )?;
        if req.w_valid && req.w_strb > 0xf {
            let (strb, lanes) = (req.w_strb.into(), 0xf);
            return Err(AxiRuleError::Strobes {
                cycle,
                strb,
                lanes,
                addr: req.aw_addr.into(),
            });
        }
        for (channel, valid, addr) in [
            (Channel::Aw, req.aw_valid, req.aw_addr),
            (Channel::Ar, req.ar_valid, req.ar_addr),
        ] {
            if valid && addr >> 12 != 0 {
                return Err(AxiRuleError::Address {
                    cycle,
                    channel,
                    addr: addr.into(),
                    width: 12,
                });
            }
        }
        let b = u32::from(resp.b_valid && req.b_ready);
        self.aw_count = self.aw_count + u32::from(req.aw_valid && resp.aw_ready) - b;
        self.w_count = self.w_count + u32::from(req.w_valid && resp.w_ready) - b;
        self.ar_count += u32::from(req.ar_valid && resp.ar_ready);
        self.ar_count -= u32::from(resp.r_valid && req.r_ready);
        Ok(())
    }

    /// The run is over: nothing may be under way.
    ///
    /// # Errors
    /// [`AxiRuleError::InFlight`], which says what is.
    pub fn finish(&self) -> Result<(), AxiRuleError> {
        let waiting =
            self.aw.waits() + self.w.waits() + self.b.waits() + self.ar.waits() + self.r.waits();
        let unanswered = self.aw_count.min(self.w_count);
        let unsent = (self.aw_count - unanswered) as usize;
        let unclaimed = (self.w_count - unanswered) as usize;
        let (unanswered, unread) = (unanswered as usize, self.ar_count as usize);
        if waiting + unsent + unclaimed + unanswered + unread == 0 {
            return Ok(());
        }
        Err(AxiRuleError::InFlight {
            cycle: self.cycle,
            waiting,
            unsent,
            unclaimed,
            unanswered,
            unread,
        })
    }

    fn check_response(cycle: u64, channel: Channel, resp: u8) -> Result<(), AxiRuleError> {
        // AXI4-Lite has no exclusive accesses (B1.1.1).
        if resp > 3 || resp == EXOKAY {
            return Err(AxiRuleError::Response {
                cycle,
                channel,
                resp,
            });
        }
        Ok(())
    }
}
