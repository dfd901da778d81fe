//! `dm_tag_table`: one tag for every guest page.
//!
//! Where the RTL's scrub rewrites entries before their two-bit epoch comes round, an entry here knows its generation in
//! full. So sweep and scrub touch no memory, pages that nobody ever wrote cost none, and both can be jumped over.

use crate::config::MAX_PORTS;
use crate::lookup::page;

/// Channels that look tags up: reads and writes of every port.
pub const MAX_CHANNELS: usize = 2 * MAX_PORTS;

/// Channels of a bank: bank 0 is read for reads, bank 1 for writes.
const BANKS: usize = 2;
const EVEN: u8 = 0b0101_0101;

/// Lookups for which the scrub stands back before it takes their place.
const PATIENCE: u8 = 15;

/// `scrub_state_e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Scrub {
    Idle,
    Read,
    Wait,
    Check,
    Write,
}

/// Cycles that the scrub needs for a page when nobody disturbs it.
const SCRUB_CYCLES: u64 = 3;

/// One page changes, `upd_*_i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Update {
    pub gfn: u32,
    pub state: u8,
    pub payload: u32,
    /// Write the wrong parity.
    pub poison: bool,
}

/// What the table sees in one cycle; named as the RTL ports. Sets have bit c for channel c.
#[derive(Clone, Copy, Debug, Default)]
pub struct TagTableIn {
    /// `cmd_req_i`, `cmd_gfn_i`.
    pub cmd: Option<u32>,
    /// Channels that wait for a lookup.
    pub need: u8,
    /// Their pages.
    pub need_gfn: [u32; MAX_CHANNELS],
    /// Channels whose address arrives in this cycle.
    pub arrive: u8,
    /// Their pages.
    pub arrive_gfn: [u32; MAX_CHANNELS],
    /// `upd_i`; never before the table is ready, nor with a mark.
    pub upd: Option<Update>,
    /// `mark_i`: state and payload of all pages; only when [`TagTable::mark_ok`].
    pub mark: Option<(u8, u32)>,
}

impl TagTableIn {
    #[inline]
    fn idle(&self) -> bool {
        self.cmd.is_none()
            && self.need | self.arrive == 0
            && self.upd.is_none()
            && self.mark.is_none()
    }
}

/// Whose lookups are granted in a cycle: one of each bank at most. Sets have bit c for channel c.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Grants {
    pub cmd: bool,
    pub need: u8,
    pub arrive: u8,
}

/// The answer to the lookup granted two cycles ago, `rsp_*_o`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Response {
    pub state: u8,
    pub payload: u32,
    pub parity_error: bool,
}

/// {generation, poisoned, state, payload}; of generation 0 where nobody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry(u64);

impl Entry {
    const PAYLOAD_BITS: u32 = 28;
    const STATE: u32 = Self::PAYLOAD_BITS;
    const POISON: u32 = Self::STATE + 2;
    const GENERATION: u32 = Self::POISON + 1;
    /// What the register after the memory holds before the first lookup.
    const RESET: Self = Self(1 << Self::POISON);

    fn new(upd: &Update, generation: u64) -> Self {
        Self(
            u64::from(upd.payload)
                | u64::from(upd.state) << Self::STATE
                | u64::from(upd.poison) << Self::POISON
                | generation << Self::GENERATION,
        )
    }

    #[inline]
    fn payload(self) -> u32 {
        (self.0 & ((1 << Self::PAYLOAD_BITS) - 1)) as u32
    }

    #[inline]
    fn state(self) -> u8 {
        (self.0 >> Self::STATE & 3) as u8
    }

    #[inline]
    fn poisoned(self) -> bool {
        self.0 >> Self::POISON & 1 != 0
    }

    #[inline]
    fn generation(self) -> u64 {
        self.0 >> Self::GENERATION
    }
}

/// The table's registers, named as in the RTL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct TagTable {
    /// All of them, as a set.
    channels: u8,
    /// [`Entry`]s.
    tag_mem: Box<[u64]>,
    ram_q: [Entry; BANKS],
    raw_q: [Entry; BANKS],
    /// Marks since reset, plus one: the RTL's `epoch_q` in full.
    generation: u64,

    pub ready_q: bool,
    pub turn_q: u8,
    pub cmd_was_q: bool,
    /// A set of banks.
    pub ram_asked_q: u8,
    /// A set of banks.
    pub raw_asked_q: u8,
    pub ram_gfn_q: [u32; BANKS],
    pub raw_gfn_q: [u32; BANKS],
    pub gens_q: u8,
    pub def_state_q: u8,
    pub def_payload_q: u32,
    pub scrub_state_q: Scrub,
    pub patience_q: u8,
    pub walk_q: u32,
    pub parity_error_q: bool,
    pub parity_gfn_q: u32,
}

/// The lowest of a set, as a set.
#[inline]
fn lowest(set: u8) -> u8 {
    set & set.wrapping_neg()
}

/// The page of the only channel in a set.
#[inline]
fn gfn_of(set: u8, gfns: &[u32; MAX_CHANNELS]) -> u32 {
    gfns[set.trailing_zeros() as usize % MAX_CHANNELS]
}

impl TagTable {
    /// The table of a node after reset: all pages are dormant on the first node, and on the others away to it.
    pub fn new(ports: u8, guest_pages: u32, node_id: u8) -> Self {
        Self {
            channels: ((1u16 << (2 * ports)) - 1) as u8,
            // Zeroed by the system, when it is touched.
            tag_mem: vec![0; guest_pages as usize].into(),
            ram_q: [Entry::RESET; BANKS],
            raw_q: [Entry::RESET; BANKS],
            generation: 1,
            ready_q: false,
            turn_q: 0,
            cmd_was_q: false,
            ram_asked_q: 0,
            raw_asked_q: 0,
            ram_gfn_q: [0; BANKS],
            raw_gfn_q: [0; BANKS],
            gens_q: 0,
            def_state_q: if node_id == 0 {
                page::DORMANT
            } else {
                page::AWAY
            },
            def_payload_q: 0,
            scrub_state_q: Scrub::Idle,
            patience_q: 0,
            walk_q: 0,
            parity_error_q: false,
            parity_gfn_q: 0,
        }
    }

    /// `epoch_q`, two bits.
    pub fn epoch(&self) -> u8 {
        ((self.generation - 1) & 3) as u8
    }

    /// `mark_ok_o`.
    #[inline]
    pub fn mark_ok(&self) -> bool {
        self.ready_q && self.gens_q != 3
    }

    /// `scrub_busy_o`.
    #[inline]
    pub fn scrub_busy(&self) -> bool {
        self.scrub_state_q != Scrub::Idle
    }

    /// The tag of a page as a lookup now would find it, for checks.
    pub fn tag(&self, gfn: u32) -> Response {
        self.decode(Entry(self.tag_mem[gfn as usize]))
    }

    #[inline]
    fn old(&self, entry: Entry) -> bool {
        entry.generation() != self.generation
    }

    #[inline]
    fn decode(&self, entry: Entry) -> Response {
        if entry.poisoned() {
            Response {
                state: page::BAD,
                payload: 0,
                parity_error: true,
            }
        } else if self.old(entry) {
            Response {
                state: self.def_state_q,
                payload: self.def_payload_q,
                parity_error: false,
            }
        } else {
            Response {
                state: entry.state(),
                payload: entry.payload(),
                parity_error: false,
            }
        }
    }

    /// The answers to the lookups granted two cycles ago, of reads and commands, and of writes; one means nothing when
    /// there was none.
    #[inline]
    pub fn responses(&self) -> [Response; BANKS] {
        self.raw_q.map(|entry| self.decode(entry))
    }

    /// The scrub takes the place of a lookup of the first bank.
    #[inline]
    fn urgent(&self) -> bool {
        self.scrub_state_q == Scrub::Read && self.patience_q == PATIENCE
    }

    /// Who has the lookup of a bank, and its page.
    #[inline]
    fn first(&self, ins: &TagTableIn, bank: usize) -> Option<(Grants, u32)> {
        let mine = EVEN << bank;
        let (need, arrive) = (ins.need & mine, ins.arrive & mine);
        let mut grants = Grants::default();
        let gfn = if let Some(gfn) = ins
            .cmd
            .filter(|_| bank == 0 && !(self.cmd_was_q && need != 0))
        {
            grants.cmd = true;
            gfn
        } else if need != 0 {
            let turn = need & self.turn_q;
            grants.need = lowest(if turn != 0 { turn } else { need });
            gfn_of(grants.need, &ins.need_gfn)
        } else if arrive != 0 {
            grants.arrive = lowest(arrive);
            gfn_of(grants.arrive, &ins.arrive_gfn)
        } else {
            return None;
        };
        Some((grants, gfn))
    }

    /// A bank grants lookups.
    #[inline]
    fn open(&self, bank: usize) -> bool {
        self.ready_q && !(bank == 0 && self.urgent())
    }

    /// `cmd_gnt_o`, `need_gnt_o` and `arrive_gnt_o`.
    #[inline]
    pub fn grants(&self, ins: &TagTableIn) -> Grants {
        let mut all = Grants::default();
        for bank in (0..BANKS).filter(|&bank| self.open(bank)) {
            if let Some((grants, _)) = self.first(ins, bank) {
                all.cmd |= grants.cmd;
                all.need |= grants.need;
                all.arrive |= grants.arrive;
            }
        }
        all
    }

    /// What lies beyond the table means nothing.
    #[inline]
    fn read(&self, gfn: u32) -> Entry {
        Entry(self.tag_mem.get(gfn as usize).copied().unwrap_or_default())
    }

    fn last_page(&self) -> u32 {
        self.tag_mem.len() as u32 - 1
    }

    /// Nothing is under way, and no edge with these inputs changes anything.
    #[inline]
    pub fn settled(&self, ins: &TagTableIn) -> bool {
        self.ready_q && !self.scrub_busy() && self.calm() && self.drained() && ins.idle()
    }

    /// No lookup is under way.
    #[inline]
    fn calm(&self) -> bool {
        self.ram_asked_q | self.raw_asked_q == 0 && !self.parity_error_q
    }

    /// What was read last has reached the end.
    #[inline]
    fn drained(&self) -> bool {
        (self.raw_q, self.raw_gfn_q) == (self.ram_q, self.ram_gfn_q)
    }

    /// One clock edge.
    pub fn clock(&mut self, ins: &TagTableIn) {
        if self.settled(ins) {
            return;
        }
        let urgent = self.urgent();
        let first: [_; BANKS] = std::array::from_fn(|bank| self.first(ins, bank));
        let open: [_; BANKS] = std::array::from_fn(|bank| self.open(bank));
        let hit = ins.upd.is_some_and(|upd| upd.gfn == self.walk_q);
        let writable = ins.upd.is_none();
        let stale = self.raw_q[0].poisoned() || self.old(self.raw_q[0]);
        let step = match self.scrub_state_q {
            Scrub::Read | Scrub::Wait => hit,
            Scrub::Check => hit || writable || !stale,
            Scrub::Write => hit || writable,
            Scrub::Idle => false,
        };

        // On the way out.
        self.parity_error_q = false;
        for bank in (0..BANKS).rev() {
            if self.raw_asked_q >> bank & 1 != 0 && self.raw_q[bank].poisoned() {
                self.parity_error_q = true;
                self.parity_gfn_q = self.raw_gfn_q[bank];
            }
        }
        self.raw_asked_q = 0;
        for bank in 0..BANKS {
            let within = self.ram_gfn_q[bank] <= self.last_page();
            self.raw_asked_q |= self.ram_asked_q & u8::from(within) << bank;
        }
        (self.raw_q, self.raw_gfn_q) = (self.ram_q, self.ram_gfn_q);

        self.ram_asked_q = 0;
        for bank in 0..BANKS {
            let read = match first[bank] {
                Some(_) if bank == 0 && urgent => Some(self.walk_q),
                Some((grants, gfn)) => {
                    // Whoever asks for a page that changes in this cycle asks again.
                    let asked = open[bank] && ins.upd.is_none_or(|upd| upd.gfn != gfn);
                    self.ram_asked_q |= u8::from(asked) << bank;
                    if open[bank] && grants.need != 0 {
                        // The channels of the bank above it.
                        let above = self.channels & !(grants.need | (grants.need - 1));
                        let mine = EVEN << bank;
                        self.turn_q = self.turn_q & !mine | above & mine;
                    }
                    Some(gfn)
                }
                None => None,
            };
            if let Some(gfn) = read {
                if self.ready_q {
                    self.ram_q[bank] = self.read(gfn);
                }
                self.ram_gfn_q[bank] = gfn;
            } else if bank == 0 && self.scrub_state_q == Scrub::Read {
                self.ram_q[bank] = self.read(self.walk_q);
            }
        }
        if open[0] {
            self.cmd_was_q = first[0].is_some_and(|(grants, _)| grants.cmd);
        }

        if let Some(upd) = &ins.upd {
            self.tag_mem[upd.gfn as usize] = Entry::new(upd, self.generation).0;
        }

        let stands_back = self.scrub_state_q == Scrub::Read && first[0].is_some() && !urgent;
        self.patience_q = if stands_back && !step {
            self.patience_q + 1
        } else {
            0
        };
        self.scrub_state_q = match self.scrub_state_q {
            Scrub::Read if stands_back => Scrub::Read,
            Scrub::Read => Scrub::Wait,
            Scrub::Wait => Scrub::Check,
            Scrub::Check | Scrub::Write => Scrub::Write,
            Scrub::Idle => Scrub::Idle,
        };
        let (gens, end) = (self.gens_q, self.walk_q == self.last_page());
        if step {
            self.scrub_state_q = if end { Scrub::Idle } else { Scrub::Read };
            if end {
                self.gens_q = 0;
            }
        }
        if step || !self.ready_q {
            self.walk_q = if end { 0 } else { self.walk_q + 1 };
        }
        self.ready_q |= end;

        if let Some((state, payload)) = ins.mark {
            self.generation += 1;
            self.gens_q = gens + 1;
            (self.def_state_q, self.def_payload_q) = (state, payload);
            self.scrub_state_q = Scrub::Read;
            self.patience_q = 0;
            self.walk_q = 0;
        }
    }

    /// How many further edges with these same inputs are but [`Self::pass`], and leave every output as it is that
    /// somebody looks at; the last of them may end the sweep or the scrub.
    #[inline]
    pub fn stable_for(&self, ins: &TagTableIn) -> u64 {
        if !self.calm() || !ins.idle() {
            return 0;
        }
        let left = u64::from(self.last_page() - self.walk_q) + 1;
        match self.scrub_state_q {
            _ if !self.ready_q => left,
            Scrub::Read => SCRUB_CYCLES * left,
            Scrub::Wait => SCRUB_CYCLES * left - 1,
            Scrub::Check | Scrub::Write => SCRUB_CYCLES * left - 2,
            Scrub::Idle => u64::MAX,
        }
    }

    /// The same as `n` calls of [`Self::clock`] with idle inputs.
    pub fn pass(&mut self, mut n: u64) {
        let idle = TagTableIn::default();
        while n != 0 && !self.settled(&idle) {
            // All pages but the last go by alike.
            let ahead = u64::from(self.last_page() - self.walk_q);
            let jump = self.calm() && self.drained();
            if jump && !self.ready_q && ahead != 0 {
                let pages = ahead.min(n);
                self.walk_q += pages as u32;
                n -= pages;
            } else if jump && self.scrub_state_q == Scrub::Read && ahead.min(n / SCRUB_CYCLES) != 0
            {
                let pages = ahead.min(n / SCRUB_CYCLES);
                self.walk_q += pages as u32;
                self.ram_q[0] = self.read(self.walk_q - 1);
                self.raw_q[0] = self.ram_q[0];
                n -= SCRUB_CYCLES * pages;
            } else {
                self.clock(&idle);
                n -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, VecDeque};

    use super::*;

    const PAGES: u32 = 7;

    fn gfns(rng: &mut fastrand::Rng) -> [u32; MAX_CHANNELS] {
        std::array::from_fn(|_| rng.u32(..PAGES))
    }

    fn update(rng: &mut fastrand::Rng) -> Update {
        Update {
            gfn: rng.u32(..PAGES),
            state: rng.u8(..4),
            payload: rng.u32(..1 << 28),
            poison: rng.u8(..8) == 0,
        }
    }

    fn mark(rng: &mut fastrand::Rng) -> (u8, u32) {
        ([page::DORMANT, page::AWAY][rng.usize(..2)], rng.u32(..256))
    }

    /// A cycle's inputs; more happens in a `busy` one. What the caller must not do never happens.
    fn stimulus(rng: &mut fastrand::Rng, table: &TagTable, busy: bool) -> TagTableIn {
        let odds = if busy { 2 } else { 8 };
        let once_in = |rng: &mut fastrand::Rng, n: u8| rng.u8(..n) == 0;
        let mut ins = TagTableIn {
            need_gfn: gfns(rng),
            arrive_gfn: gfns(rng),
            ..TagTableIn::default()
        };
        if once_in(rng, 2 * odds) {
            ins.cmd = Some(rng.u32(..PAGES));
        }
        if once_in(rng, odds) {
            ins.need = rng.u8(..) & table.channels;
        }
        if once_in(rng, odds) {
            ins.arrive = rng.u8(..) & table.channels;
        }
        if table.mark_ok() && once_in(rng, 8 * odds) {
            ins.mark = Some(mark(rng));
        } else if table.ready_q && once_in(rng, 2 * odds) {
            ins.upd = Some(update(rng));
        }
        ins
    }

    /// What every page is, by what was last said of it.
    struct Reference {
        default: Response,
        written: HashMap<u32, Response>,
    }

    impl Reference {
        fn new(node_id: u8) -> Self {
            let state = if node_id == 0 {
                page::DORMANT
            } else {
                page::AWAY
            };
            Self {
                default: Response {
                    state,
                    ..Response::default()
                },
                written: HashMap::new(),
            }
        }

        fn tag(&self, gfn: u32) -> Response {
            *self.written.get(&gfn).unwrap_or(&self.default)
        }

        fn change(&mut self, ins: &TagTableIn) {
            if let Some(upd) = ins.upd {
                let tag = if upd.poison {
                    Response {
                        state: page::BAD,
                        payload: 0,
                        parity_error: true,
                    }
                } else {
                    Response {
                        state: upd.state,
                        payload: upd.payload,
                        parity_error: false,
                    }
                };
                self.written.insert(upd.gfn, tag);
            }
            if let Some((state, payload)) = ins.mark {
                self.written.retain(|_, tag| tag.parity_error);
                self.default = Response {
                    state,
                    payload,
                    parity_error: false,
                };
            }
        }
    }

    #[test]
    fn a_lookup_finds_what_was_last_written_to_its_page() {
        for seed in 0..200 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let node_id = rng.u8(..2);
            let mut table = TagTable::new(rng.u8(1..=4), PAGES, node_id);
            let mut reference = Reference::new(node_id);
            // Lookups granted one cycle ago and two: page, and what it was.
            let mut asked = VecDeque::from([[None; BANKS]; 2]);
            let (mut told, mut scrubs) = (None, 0);
            for cycle in 0..3000 {
                let at = format!("seed {seed}, cycle {cycle}");
                assert_eq!(table.ready_q, cycle >= PAGES, "{at}");

                let answered: [Option<(u32, Response)>; BANKS] = asked.pop_front().unwrap();
                assert_eq!(table.parity_error_q, told.is_some(), "{at}");
                told = None;
                for (bank, (gfn, tag)) in answered
                    .into_iter()
                    .enumerate()
                    .rev()
                    .filter_map(|(bank, tag)| Some((bank, tag?)))
                {
                    assert_eq!(table.responses()[bank], tag, "{at}: page {gfn}");
                    told = tag.parity_error.then_some(gfn).or(told);
                }

                let ins = stimulus(&mut rng, &table, cycle / 300 % 2 == 0);
                let grants = table.grants(&ins);
                let mut looked = [None; BANKS];
                for (bank, looked) in looked.iter_mut().enumerate() {
                    let mine = EVEN << bank;
                    let (need, arrive) = (grants.need & mine, grants.arrive & mine);
                    let cmd = grants.cmd && bank == 0;
                    let granted = u32::from(cmd) + need.count_ones() + arrive.count_ones();
                    let wanted =
                        (ins.need | ins.arrive) & mine != 0 || ins.cmd.is_some() && bank == 0;
                    assert_eq!(granted, u32::from(table.open(bank) && wanted), "{at}");
                    let gfn = if cmd {
                        ins.cmd
                    } else if need != 0 {
                        Some(gfn_of(need, &ins.need_gfn))
                    } else {
                        (arrive != 0).then(|| gfn_of(arrive, &ins.arrive_gfn))
                    };
                    // Whoever asks for a page that changes in this cycle asks again.
                    let gfn = gfn.filter(|&gfn| ins.upd.is_none_or(|upd| upd.gfn != gfn));
                    *looked = gfn.map(|gfn| (gfn, reference.tag(gfn)));
                }
                assert_eq!(
                    (grants.need & !ins.need, grants.arrive & !ins.arrive),
                    (0, 0)
                );
                asked.push_back(looked);
                // An update comes too late for lookups under way, a mark does not.
                reference.change(&ins);
                if let Some((state, payload)) = ins.mark {
                    for (_, tag) in asked.iter_mut().flatten().flatten() {
                        if !tag.parity_error {
                            (tag.state, tag.payload) = (state, payload);
                        }
                    }
                }
                let scrubbing = table.scrub_busy();
                table.clock(&ins);
                scrubs += u32::from(scrubbing && !table.scrub_busy());
                if let Some(gfn) = told {
                    assert_eq!(table.parity_gfn_q, gfn, "{at}");
                }
                for gfn in 0..PAGES {
                    assert_eq!(table.tag(gfn), reference.tag(gfn), "{at}: page {gfn}");
                }
            }
            assert!(scrubs > 2, "seed {seed}: {scrubs} scrubs came to an end");
        }
    }

    #[test]
    fn a_jump_ends_where_as_many_edges_do() {
        let idle = TagTableIn::default();
        let (mut jumps, mut far) = (0, 0);
        for seed in 0..300 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut table = TagTable::new(rng.u8(1..=4), PAGES, 0);
            for _ in 0..100 {
                for _ in 0..rng.u8(..4) {
                    let ins = stimulus(&mut rng, &table, true);
                    table.clock(&ins);
                }
                while table.stable_for(&idle) == 0 {
                    table.clock(&idle);
                }
                let n = rng.u64(..6 * u64::from(PAGES)).min(table.stable_for(&idle));
                let outputs = |table: &TagTable| {
                    (
                        table.ready_q,
                        table.mark_ok(),
                        table.scrub_busy(),
                        table.parity_error_q,
                    )
                };
                let mut ticked = table.clone();
                for edge in 0..n {
                    assert_eq!(
                        outputs(&ticked),
                        outputs(&table),
                        "seed {seed}, edge {edge}"
                    );
                    ticked.clock(&idle);
                }
                table.pass(n);
                assert_eq!(ticked, table, "seed {seed}, {n} edges");
                if table.settled(&idle) {
                    ticked.clock(&idle);
                    assert_eq!(ticked, table, "seed {seed}: an edge that changes nothing");
                }
                jumps += u32::from(n > 0);
                far += u32::from(n > 2 * SCRUB_CYCLES);
            }
        }
        assert!(
            jumps > 1000 && far > 1000,
            "{jumps} jumps, {far} of them far"
        );
    }

    #[test]
    fn three_generations_are_in_the_table_at_most() {
        let mut table = TagTable::new(1, PAGES, 0);
        table.pass(u64::from(PAGES));
        for n in 0..3 {
            assert!(table.mark_ok(), "{n} marks");
            let mark = Some((page::AWAY, n));
            table.clock(&TagTableIn {
                mark,
                ..TagTableIn::default()
            });
        }
        assert!(!table.mark_ok());
        let scrub = table.stable_for(&TagTableIn::default());
        assert_eq!(scrub, SCRUB_CYCLES * u64::from(PAGES));
        table.pass(scrub - 1);
        assert!(!table.mark_ok());
        table.pass(1);
        assert!(table.mark_ok() && !table.scrub_busy());
    }

    #[test]
    fn the_scrub_ends_within_a_bound_under_any_traffic() {
        let mut table = TagTable::new(4, PAGES, 0);
        table.pass(u64::from(PAGES));
        let mark = Some((page::AWAY, 1));
        table.clock(&TagTableIn {
            mark,
            ..TagTableIn::default()
        });
        let mut rng = fastrand::Rng::with_seed(1);
        let mut cycles = 0;
        while table.scrub_busy() {
            let upd = (cycles % 6 != 5).then(|| Update {
                gfn: PAGES - 1,
                ..update(&mut rng)
            });
            table.clock(&TagTableIn {
                cmd: Some(0),
                need: table.channels,
                arrive: table.channels,
                need_gfn: gfns(&mut rng),
                arrive_gfn: gfns(&mut rng),
                upd,
                mark: None,
            });
            cycles += 1;
            assert!(cycles <= u32::from(PATIENCE + 8) * PAGES, "{cycles} cycles");
        }
    }

    #[test]
    fn a_terabyte_is_swept_and_scrubbed_in_no_time() {
        let mut table = TagTable::new(1, 1 << 28, 0);
        table.pass(1 << 28);
        assert!(table.ready_q);
        let mark = Some((page::AWAY, 1));
        table.clock(&TagTableIn {
            mark,
            ..TagTableIn::default()
        });
        table.pass(SCRUB_CYCLES << 28);
        assert!(table.settled(&TagTableIn::default()));
        assert_eq!((table.gens_q, table.tag((1 << 28) - 1).payload), (0, 1));
    }
}
