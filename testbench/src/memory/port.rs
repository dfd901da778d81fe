//! What every memory is, and what they share: bursts on their way, stalls, and what is illegal.

use dormouse_model::axi::{Ax, AxiReq, AxiResp, DECERR, FIXED, OKAY, SLVERR, WRAP};
use thiserror::Error;

use super::store::{Bytes, Rpa, Store, mix};

/// An AXI4 subordinate with a backdoor to what it holds.
///
/// A cycle is: read [`Memory::outputs`], work out the manager's request, then [`Memory::clock`].
pub trait Memory {
    /// What it drives in this cycle: a function of its registers alone, so that no combinational
    /// path leads from a request to it.
    fn outputs(&self) -> &AxiResp;

    /// One clock edge at which the manager drove `req` and this memory drove `outputs()`.
    fn clock(&mut self, req: &AxiReq);

    /// For how many further edges, all with this same `req`, `outputs()` is certain to stay exactly
    /// as it is now; 0 where that is not known. Skip mode jumps by this much.
    fn stable_for(&self, req: &AxiReq) -> u64 {
        let _ = req;
        0
    }

    /// The same as `n` calls of `clock(req)`. `n` is at most `stable_for(req)`.
    fn clock_many(&mut self, req: &AxiReq, n: u64) {
        for _ in 0..n {
            self.clock(req);
        }
    }

    /// All that decides how it goes on while one manager writes zeros, time and addresses left out;
    /// `None` where it cannot say. Skip mode compares two of these.
    fn shape(&self) -> Option<Vec<u64>> {
        None
    }

    /// Moves on by `cycles` to an edge of the same [`Self::shape`], at which every burst under way is
    /// one at `place(its address)` instead. Contents are the caller's. Returns the address of the next
    /// beat, if any is due.
    fn repeat(&mut self, cycles: u64, place: &dyn Fn(u64) -> u64) -> Option<Rpa> {
        let _ = (cycles, place);
        None
    }

    /// What it holds.
    fn store(&self) -> &Store;

    /// What it holds, to be changed behind the bus's back.
    fn store_mut(&mut self) -> &mut Store;

    /// Bursts accepted, in part or as a whole, and not yet answered: 0 at the end of a finished run.
    fn in_flight(&self) -> usize;
}

impl<M: Memory + ?Sized> Memory for Box<M> {
    fn outputs(&self) -> &AxiResp {
        (**self).outputs()
    }
    fn clock(&mut self, req: &AxiReq) {
        (**self).clock(req);
    }
    fn stable_for(&self, req: &AxiReq) -> u64 {
        (**self).stable_for(req)
    }
    fn clock_many(&mut self, req: &AxiReq, n: u64) {
        (**self).clock_many(req, n);
    }
    fn shape(&self) -> Option<Vec<u64>> {
        (**self).shape()
    }
    fn repeat(&mut self, cycles: u64, place: &dyn Fn(u64) -> u64) -> Option<Rpa> {
        (**self).repeat(cycles, place)
    }
    fn store(&self) -> &Store {
        (**self).store()
    }
    fn store_mut(&mut self) -> &mut Store {
        (**self).store_mut()
    }
    fn in_flight(&self) -> usize {
        (**self).in_flight()
    }
}

/// A burst on its way: which beat is next, and where (IHI 0022, A3.4.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    pub id: u32,
    pub addr: u64,
    /// Beats still to come, including the next.
    pub left: u32,
    pub size: u8,
    pub kind: u8,
    /// Where a WRAP burst starts again, and where it must do so.
    pub wrap: (u64, u64),
    /// Whether every byte of it exists.
    pub exists: bool,
}

impl Burst {
    /// No burst.
    pub const NONE: Self = Self {
        id: 0,
        addr: 0,
        left: 0,
        size: 0,
        kind: 0,
        wrap: (0, 0),
        exists: false,
    };

    /// `bus` is the width of the bus in bytes; a larger size in `ax` is taken for the bus's own.
    pub fn new(ax: &Ax, bus: u32, store: &Store) -> Self {
        let size = u32::from(ax.size).min(bus.trailing_zeros()) as u8;
        let beats = u32::from(ax.len) + 1;
        let bytes = u64::from(beats) << size;
        let low = match ax.burst {
            WRAP => ax.addr / bytes * bytes,
            _ => ax.addr >> size << size,
        };
        let len = if ax.burst == FIXED { 1 << size } else { bytes };
        Self {
            id: ax.id,
            addr: ax.addr,
            left: beats,
            size,
            kind: ax.burst,
            wrap: (low, low.wrapping_add(bytes)),
            exists: store.contains(Rpa(low), Bytes(len)),
        }
    }

    /// The address of lane 0 of the next beat.
    pub fn base(&self, bus: u32) -> Rpa {
        Rpa(self.addr & !(u64::from(bus) - 1))
    }

    /// The answer to the next beat of a read, whose data is being looked up.
    pub fn read_answer(&self, store: &mut Store) -> u8 {
        let at = self.addr >> self.size << self.size;
        match self.exists {
            false => DECERR,
            true if store.read_is_error(Rpa(at), Bytes(1 << self.size)) => SLVERR,
            true => OKAY,
        }
    }

    /// The answer to a write, all of whose data is stored.
    pub fn write_answer(&self, store: &mut Store) -> u8 {
        let bytes = match self.kind {
            FIXED => 1 << self.size,
            _ => self.wrap.1.wrapping_sub(self.wrap.0),
        };
        match self.exists {
            false => DECERR,
            true if store.write_is_error(Rpa(self.wrap.0), Bytes(bytes)) => SLVERR,
            true => OKAY,
        }
    }

    /// Goes on to the beat after the next.
    #[inline]
    pub fn advance(&mut self) {
        self.left -= 1;
        if self.kind != FIXED {
            self.addr = (self.addr >> self.size).wrapping_add(1) << self.size;
            if self.kind == WRAP && self.addr == self.wrap.1 {
                self.addr = self.wrap.0;
            }
        }
    }
}

/// Which ready or valid a seeded stall pattern belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Channel {
    Aw = 1,
    W,
    B,
    Ar,
    R,
}

/// Whether `channel` is stalled in `cycle`: a hash, so that time can jump without a generator
/// having to be stepped.
#[inline]
pub(super) fn stalled(seed: u64, channel: Channel, cycle: u64, percent: u8) -> bool {
    percent != 0 && {
        let salt = seed ^ ((channel as u64) << 56);
        ((u128::from(mix(salt.wrapping_add(cycle))) * 100) >> 64) < u128::from(percent)
    }
}

/// Why a [`MemorySpec`] cannot be built.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// Not TOML, or a parameter that does not exist, or one of the wrong type.
    #[error("memory: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A parameter outside its range.
    #[error("memory parameter {name} = {value} is illegal: it must be {allowed}")]
    Illegal {
        /// The parameter.
        name: &'static str,
        /// What was asked for.
        value: f64,
        /// What is possible.
        allowed: &'static str,
    },
}

/// Fails with the name of the parameter unless `legal`.
pub(super) fn check(
    name: &'static str,
    value: f64,
    legal: bool,
    allowed: &'static str,
) -> Result<(), MemoryError> {
    if legal {
        Ok(())
    } else {
        Err(MemoryError::Illegal {
            name,
            value,
            allowed,
        })
    }
}
