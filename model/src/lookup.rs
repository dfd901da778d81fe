//! `dm_lookup`: one address channel of a guest port, three places for addresses that wait, and what the tag table says of
//! their pages.

use crate::axi::Ax;

/// States of a guest page as tags store them, `dm_pkg::page_state_e`.
pub mod page {
    use dormouse_driver::regs::PageState;

    /// Reads as zero, owns no frame.
    pub const DORMANT: u8 = PageState::Dormant as u8;
    /// Mapped to a frame of this node.
    pub const RESIDENT: u8 = PageState::Resident as u8;
    /// Owned by another node.
    pub const AWAY: u8 = PageState::Away as u8;
    /// Every access fails.
    pub const BAD: u8 = PageState::Bad as u8;
}

const WAYS: usize = 16;
const PLACES: usize = 3;

/// The tag table's answer to whoever asked two cycles ago, `rsp_state_i` and `rsp_frame_i`; the latter has no more than
/// `FrameWidth` bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// One of [`page`].
    pub state: u8,
    /// The frame of a resident page.
    pub frame: u32,
}

/// Tags that change at the end of a cycle, `upd_i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// That of one guest page, `upd_gfn_i`.
    Page(u32),
    /// All of them, `upd_all_i`.
    All,
}

impl Change {
    /// It is the tag of this page that changes.
    #[inline]
    pub fn concerns(self, page: u32) -> bool {
        match self {
            Self::Page(gfn) => gfn == page,
            Self::All => true,
        }
    }

    /// It may be the tag of this page: the last bits of the numbers are the same.
    #[inline]
    fn may_concern(self, page: u32) -> bool {
        match self {
            Self::Page(gfn) => (gfn ^ page) & (WAYS as u32 - 1) == 0,
            Self::All => true,
        }
    }
}

/// What comes with an address, packed as in the RTL: id, length, size, burst type, and who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Info(pub u64);

impl Info {
    /// `refuse` is what the port answers without a look at the page.
    #[inline]
    pub fn new(ax: &Ax, refuse: u8) -> Self {
        Self(
            u64::from(ax.id) << 15
                | u64::from(ax.len) << 7
                | u64::from(ax.size) << 4
                | u64::from(ax.burst) << 2
                | u64::from(refuse),
        )
    }

    /// The burst that came, at this address.
    #[inline]
    pub fn ax(self, addr: u64) -> Ax {
        Ax {
            id: (self.0 >> 15) as u32,
            addr,
            len: (self.0 >> 7) as u8,
            size: (self.0 >> 4) as u8 & 7,
            burst: (self.0 >> 2) as u8 & 3,
            lock: false,
        }
    }

    /// The port's own answer; 0 if it has none.
    #[inline]
    pub fn refuse(self) -> u8 {
        self.0 as u8 & 3
    }
}

/// What the channel sees in one cycle; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct LookupIn {
    /// `valid_i && ready_o`: address, what comes with it, `skip_i`.
    pub arrival: Option<(u64, Info, bool)>,
    pub need_gnt: bool,
    pub arrive_gnt: bool,
    pub rsp: Tag,
    pub upd: Option<Change>,
    pub hold: bool,
    pub forget: bool,
    pub set: Option<u32>,
    /// `fill_i`: the page that changes, and the frame that it is resident in from the next cycle on.
    pub fill: Option<(u32, u32)>,
    pub pop: bool,
}

/// The registers of the channel, named as in the RTL; bit or entry i belongs to slot i, and slot 0 is the head. Address,
/// what comes with it, and frame do not move: those of the head are in place `turn_q`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Lookup {
    page_shift: u8,
    gfn_mask: u32,
    pad_mask: u32,

    pub valid_q: u8,
    pub skip_q: u8,
    pub known_q: u8,
    pub fresh_q: u8,
    pub hit_q: bool,
    /// Two bits a slot.
    pub age_q: u8,
    /// Two bits a slot.
    pub state_q: u8,
    pub turn_q: u8,
    pub frame_q: [u32; PLACES],
    pub cached_q: u16,
    pub fill_q: bool,
    pub fill_gfn_q: u32,
    pub fill_frame_q: u32,

    wait_mem: [(u64, Info); PLACES],
    /// Upper bits of a guest page, and its frame.
    cache_mem: [(u32, u32); WAYS],
}

impl Lookup {
    /// The channel after reset, for pages of 2^`page_shift` bytes.
    pub fn new(page_shift: u8, guest_pages: u32) -> Self {
        let gfn_mask = guest_pages.next_power_of_two() - 1;
        Self {
            page_shift,
            gfn_mask,
            // The RTL's page numbers have at least five bits here, one of them above the index.
            pad_mask: gfn_mask | 0x1f,
            valid_q: 0,
            skip_q: 0,
            known_q: 0,
            fresh_q: 0,
            hit_q: false,
            age_q: 0,
            state_q: 0,
            turn_q: 0,
            frame_q: [0; PLACES],
            cached_q: 0,
            fill_q: false,
            fill_gfn_q: 0,
            fill_frame_q: 0,
            wait_mem: [(0, Info(0)); PLACES],
            cache_mem: [(0, 0); WAYS],
        }
    }

    /// The page of an address as the cache has it.
    #[inline]
    fn padded(&self, addr: u64) -> u32 {
        (addr >> self.page_shift) as u32 & self.pad_mask
    }

    /// The guest page of an address, `GfnWidth` bits.
    #[inline]
    pub fn gfn(&self, addr: u64) -> u32 {
        (addr >> self.page_shift) as u32 & self.gfn_mask
    }

    /// Where the wide part of a slot is.
    #[inline]
    fn place(&self, slot: usize) -> usize {
        let place = usize::from(self.turn_q) + slot;
        if place < PLACES {
            place
        } else {
            place - PLACES
        }
    }

    #[inline]
    fn age(&self, slot: usize) -> u8 {
        self.age_q >> (2 * slot) & 3
    }

    #[inline]
    fn set_age(&mut self, slot: usize, age: u8) {
        self.age_q = self.age_q & !(3 << (2 * slot)) | age << (2 * slot);
    }

    #[inline]
    fn set_state(&mut self, slot: usize, state: u8) {
        self.state_q = self.state_q & !(3 << (2 * slot)) | state << (2 * slot);
    }

    /// The page in a slot, `GfnWidth` bits.
    #[inline]
    fn page(&self, slot: usize) -> u32 {
        self.gfn(self.wait_mem[self.place(slot)].0)
    }

    /// `head_addr_o`.
    #[inline]
    pub fn head_addr(&self) -> u64 {
        self.wait_mem[usize::from(self.turn_q)].0
    }

    /// `head_info_o`.
    #[inline]
    pub fn head_info(&self) -> Info {
        self.wait_mem[usize::from(self.turn_q)].1
    }

    /// `head_skip_o`.
    #[inline]
    pub fn head_skip(&self) -> bool {
        self.skip_q & 1 != 0
    }

    /// `ready_o`.
    #[inline]
    pub fn ready(&self) -> bool {
        self.valid_q & 4 == 0
    }

    /// `known`: the slots whose tag is known, the cache's word on the last arrival included.
    #[inline]
    fn known(&self) -> u8 {
        self.known_q | if self.hit_q { self.fresh_q } else { 0 }
    }

    /// The first slot that needs a lookup.
    #[inline]
    fn needs(&self) -> Option<usize> {
        let open = self.valid_q & !self.skip_q & !self.known();
        (0..PLACES).find(|&slot| open >> slot & 1 != 0 && self.age(slot) == 0)
    }

    /// The page that waits for a lookup, `need_o` and `need_gfn_o`.
    #[inline]
    pub fn need(&self) -> Option<u32> {
        if self.valid_q == 0 {
            return None;
        }
        self.needs().map(|slot| self.page(slot))
    }

    /// `ev_miss_o`.
    #[inline]
    pub fn ev_miss(&self) -> bool {
        !self.hit_q && self.fresh_q & !self.skip_q != 0
    }

    /// `head_valid_o`.
    #[inline]
    pub fn head_valid(&self) -> bool {
        self.valid_q & 1 != 0
    }

    #[inline]
    fn answer0(&self) -> bool {
        self.age(0) == 2
    }

    /// `head_known_o`.
    #[inline]
    pub fn head_known(&self) -> bool {
        self.head_valid() && ((self.known() | self.skip_q) & 1 != 0 || self.answer0())
    }

    /// `head_state_o` and `head_frame_o`.
    #[inline]
    pub fn head_tag(&self, rsp: Tag) -> Tag {
        if self.answer0() {
            rsp
        } else {
            Tag {
                state: self.state_q & 3,
                frame: self.frame_q[usize::from(self.turn_q)],
            }
        }
    }

    /// `head_changed_o`: it is the head's tag that changes.
    #[inline]
    pub fn head_changed(&self, upd: Option<Change>) -> bool {
        upd.is_some_and(|change| change.concerns(self.page(0)))
    }

    /// `head_odd_o`: the head may turn out to be not resident.
    #[inline]
    pub fn head_odd(&self) -> bool {
        self.valid_q & !self.skip_q & 1 != 0
            && !(self.known_q & 1 != 0 && self.state_q & 3 == page::RESIDENT)
    }

    /// The head as it came, `head_addr_o` and `head_info_o`.
    #[inline]
    pub fn head(&self) -> Ax {
        self.head_info().ax(self.head_addr())
    }

    /// No lookup is wanted or under way, and no translation on its way into the cache: without an arrival, a change, or a
    /// command from the gate no edge changes anything.
    #[inline]
    pub fn settled(&self) -> bool {
        self.age_q | self.fresh_q == 0 && !self.fill_q && self.needs().is_none()
    }

    /// The edge of a change that meets an empty channel.
    #[inline]
    pub fn change(&mut self, change: Change) {
        self.cached_q &= match change {
            Change::Page(gfn) => !(1 << (gfn & 15)),
            Change::All => 0,
        };
    }

    /// One clock edge.
    #[inline]
    pub fn clock(&mut self, ins: &LookupIn) {
        if self.valid_q == 0 && !self.fill_q && ins.arrival.is_none() && ins.fill.is_none() {
            if let Some(change) = ins.upd {
                self.change(change);
            }
            return;
        }
        // Whom a change concerns: the head's page is compared as a whole, of the others the last bits.
        let may_change = |gfn| ins.upd.is_some_and(|change| change.may_concern(gfn));
        let mut changes = [false; PLACES];
        if ins.upd.is_some() {
            changes = std::array::from_fn(|slot| match slot {
                0 => self.head_changed(ins.upd),
                slot => may_change(self.page(slot)),
            });
        }
        let need = self.needs();
        let arrival = ins.arrival.map(|(addr, info, skip)| {
            let gfn = self.padded(addr);
            let (tag, frame) = self.cache_mem[gfn as usize & 15];
            let change = may_change(gfn);
            let hit = self.cached_q >> (gfn & 15) & 1 != 0 && !change && tag == gfn >> 4;
            let place = self.place(self.valid_q.count_ones() as usize);
            (addr, info, skip, hit, frame, change, place)
        });
        let answer = (0..PLACES).find(|&slot| self.age(slot) == 2);

        // The cache.
        if self.fill_q {
            let way = self.fill_gfn_q & 15;
            self.cache_mem[way as usize] = (self.fill_gfn_q >> 4, self.fill_frame_q);
            self.cached_q |= 1 << way;
        }
        if let Some(change) = ins.upd {
            self.change(change);
        }
        self.fill_q = false;
        if let Some(fill) = ins.fill {
            self.fill_q = true;
            (self.fill_gfn_q, self.fill_frame_q) = fill;
        } else if let Some(slot) = answer {
            self.fill_q = ins.rsp.state == page::RESIDENT && !changes[slot];
            self.fill_gfn_q = self.page(slot);
            self.fill_frame_q = ins.rsp.frame;
        }

        // The slots, before anything moves.
        self.known_q = self.known();
        (self.fresh_q, self.hit_q) = (0, false);
        self.age_q = (self.age_q & 0b01_01_01) << 1;
        if let Some(slot) = need.filter(|_| ins.need_gnt) {
            self.set_age(slot, 1);
        }
        if let Some(slot) = answer {
            self.known_q |= 1 << slot;
            self.set_state(slot, ins.rsp.state);
            self.frame_q[self.place(slot)] = ins.rsp.frame;
        }
        for (slot, _) in changes.into_iter().enumerate().filter(|change| change.1) {
            self.set_age(slot, 0);
            if slot != 0 || !ins.hold {
                self.known_q &= !(1 << slot);
            }
        }
        if ins.forget {
            self.known_q &= !1;
            self.set_age(0, 0);
        }
        if let Some(frame) = ins.set {
            self.set_age(0, 0);
            self.known_q |= 1;
            self.set_state(0, page::RESIDENT);
            self.frame_q[usize::from(self.turn_q)] = frame;
        }

        if ins.pop {
            self.valid_q >>= 1;
            self.skip_q >>= 1;
            self.known_q >>= 1;
            self.age_q >>= 2;
            self.state_q >>= 2;
            self.turn_q = self.place(1) as u8;
        }
        if let Some((addr, info, skip, hit, frame, change, place)) = arrival {
            let slot = self.valid_q.count_ones() as usize;
            self.valid_q |= 1 << slot;
            self.skip_q |= u8::from(skip) << slot;
            (self.fresh_q, self.hit_q) = (1 << slot, hit);
            self.set_age(slot, u8::from(ins.arrive_gnt && !change));
            self.set_state(slot, page::RESIDENT);
            self.frame_q[place] = frame;
            self.wait_mem[place] = (addr, info);
        }
    }
}
