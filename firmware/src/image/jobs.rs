//! The jobs.

use core::fmt;

use dormouse_driver::{BusError, CommandError, Gfn, Node, NodeId, Policy, ProbeError, Rfn};
use dormouse_firmware::{
    AllocateError, DoorbellError, FreeError, GuestPolicy, HoldError, Hyperkernel, Limits,
    MachineError, Patience, PoolPolicy, StartError, mailbox,
};

use crate::soc::{self, SocBus, VcpuCaches, Window, print};

/// Frames that the churn holds at most at one time.
const LIVE: usize = 64;
/// Frames that the churn keeps for firmware itself.
const OWN: u32 = 4;
/// Cycles that the last frames of a fill may take when nothing else is said.
const LIMIT: u64 = 1 << 32;
/// Rounds of work between two looks at the clock.
const CHUNK: u32 = 16;

/// What a job measured.
#[derive(Default)]
pub struct Report {
    pub cycles: u64,
    pub results: [u32; 6],
}

/// Why a job ended early.
pub enum Error {
    NoJob,
    Probe(ProbeError),
    Start(StartError),
    Bus(BusError),
    Command(CommandError),
    Allocate(AllocateError),
    Free(FreeError),
    Hold(HoldError),
    Machine(MachineError),
    Doorbell(DoorbellError),
    Argument(&'static str),
    NotZero { rfn: Rfn, index: usize, word: u32 },
    Unexpected(&'static str),
}

macro_rules! from {
    ($($from:ty => $variant:ident),*) => {$(
        impl From<$from> for Error {
            fn from(error: $from) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}
from!(ProbeError => Probe, StartError => Start, BusError => Bus, CommandError => Command,
    AllocateError => Allocate, FreeError => Free, HoldError => Hold, MachineError => Machine,
    DoorbellError => Doorbell);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJob => f.write_str("no such job"),
            Self::Probe(error) => error.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Bus(error) => error.fmt(f),
            Self::Command(error) => error.fmt(f),
            Self::Allocate(error) => error.fmt(f),
            Self::Free(error) => error.fmt(f),
            Self::Hold(error) => error.fmt(f),
            Self::Machine(error) => error.fmt(f),
            Self::Doorbell(error) => error.fmt(f),
            Self::Argument(what) => write!(f, "argument: {what}"),
            Self::NotZero { rfn, index, word } => {
                write!(
                    f,
                    "frame {rfn} is not zero: word {index} reads {word:#010x}"
                )
            }
            Self::Unexpected(what) => f.write_str(what),
        }
    }
}

/// Does the job.
pub fn run(job: u32, arguments: [u32; 5]) -> Result<Report, Error> {
    match job {
        mailbox::SELF_TEST => self_test(),
        mailbox::FILL => fill(arguments),
        mailbox::ZERO => software_zero(arguments),
        mailbox::CHURN => churn(arguments),
        mailbox::WORK => work(arguments),
        mailbox::PROVOKE => provoke(arguments),
        mailbox::SERVE => serve(arguments),
        mailbox::DOORBELL => doorbell(arguments),
        mailbox::HOST => host(arguments),
        _ => Err(Error::NoJob),
    }
}

/// A hyperkernel that wants exactly `count` zeroed frames.
fn start(count: u32) -> Result<Hyperkernel<SocBus>, Error> {
    let node = Node::probe(SocBus::new())?;
    let low = count
        .checked_sub(1)
        .ok_or(Error::Argument("at least one frame"))?;
    let policy = PoolPolicy {
        low,
        high: count,
        reserve: 0,
    };
    let limits = Limits {
        backlog: count,
        step: 16,
        ..Limits::default()
    };
    Ok(Hyperkernel::start(node, policy, limits)?)
}

fn self_test() -> Result<Report, Error> {
    let before = soc::cycles();
    let mut node = Node::probe(SocBus::new())?;
    let cycles = soc::cycles() - before;
    let parameters = *node.parameters();
    print!("Dormouse node {}", parameters.node_id);
    print!(
        "{} frames of {} bytes, {} bit memory port, {} bursts",
        parameters.real_frames,
        parameters.page_bytes(),
        parameters.data_width,
        parameters.max_outstanding
    );
    print!(
        "queue {}, urgent {}, pool {}",
        parameters.queue_depth, parameters.urgent_depth, parameters.pool_depth
    );
    print!(
        "{} guest pages, {} ports, {} trackers",
        parameters.guest_pages, parameters.ports, parameters.trackers
    );
    if node.wait_ready(parameters.sweep_cycles()).is_err() {
        return Err(Error::Unexpected("the sweep after reset does not end"));
    }
    match node.audit(4) {
        Ok(counts) => print!("{} dirty, {} held", counts.dirty, counts.held),
        Err(_) => {
            return Err(Error::Unexpected(
                "the frame counts do not sum to the frames",
            ));
        }
    }
    let straps = soc::straps();
    print!("stores posted {}, merged {}", straps & 1, straps >> 1 & 1);
    Ok(Report {
        cycles,
        results: [parameters.real_frames, straps, 0, 0, 0, 0],
    })
}

/// Arguments: frames, up to the pool's depth; cycles to wait for the last of them at most, 0: 2^32.
/// Results: frames in the pool, interrupts, frames queued, cycles that the core spent asleep, bad
/// frames.
fn fill([count, limit, ..]: [u32; 5]) -> Result<Report, Error> {
    let limit = if limit == 0 { LIMIT } else { limit.into() };
    let mut hyperkernel = start(count)?;
    let before = soc::cycles();
    let mut asleep = 0;
    soc::listen();
    while hyperkernel.node().pool_level()? < count {
        let step = if soc::node_calls() {
            let step = hyperkernel.on_interrupt()?;
            soc::listen();
            step
        } else {
            hyperkernel.poll()?
        };
        if step.more {
            continue;
        }
        // While there is something to feed, an interrupt is sure to come. Otherwise the last frames
        // may all be bad, and nothing tells when the engine is through: look.
        if hyperkernel.node().dirty()? == 0 {
            let counts = hyperkernel.node().frame_counts()?;
            if counts.queued + counts.zeroing == 0 && hyperkernel.node().pool_level()? < count {
                return Err(Error::Unexpected("there are not so many good frames"));
            }
            if soc::cycles() - before > limit {
                return Err(Error::Unexpected("the engine does not get on"));
            }
            continue;
        }
        let since = soc::core_cycles();
        soc::sleep();
        asleep += soc::core_cycles().wrapping_sub(since);
    }
    let cycles = soc::cycles() - before;
    let statistics = *hyperkernel.statistics();
    let level = hyperkernel.node().pool_level()?;
    let bad = hyperkernel.bad_frames().count();
    Ok(Report {
        cycles,
        results: [
            level,
            statistics.interrupts,
            statistics.queued,
            asleep,
            bad,
            0,
        ],
    })
}

/// Arguments: first frame or first list entry, count, 0 contiguous or 1 list, 0 cached or 1 uncached.
/// Results: bytes, low and high half.
fn software_zero([first, count, listed, uncached, _]: [u32; 5]) -> Result<Report, Error> {
    let node = Node::probe(SocBus::new())?;
    let page_shift = node.parameters().page_shift;
    let window = if uncached == 0 {
        Window::Cached
    } else {
        Window::Uncached
    };
    let before = soc::cycles();
    for index in 0..count {
        let index = first.wrapping_add(index);
        let rfn = if listed == 0 {
            Rfn(index)
        } else {
            soc::listed(index)
        };
        soc::zero(rfn, page_shift, window);
    }
    let cycles = soc::cycles() - before;
    let bytes = u64::from(count) << page_shift;
    Ok(Report {
        cycles,
        results: [bytes as u32, (bytes >> 32) as u32, 0, 0, 0, 0],
    })
}

/// Arguments: rounds, frames live at most (1..=64), seed. Each round allocates a frame, checks that
/// it reads as zero and scribbles into it, or frees one. Results: allocations, those on demand, frees,
/// bad frames, interrupts served, allocations that found no memory.
fn churn([rounds, live, seed, ..]: [u32; 5]) -> Result<Report, Error> {
    let live = live as usize;
    if !(1..=LIVE).contains(&live) {
        return Err(Error::Argument("1 to 64 live frames"));
    }
    let node = Node::probe(SocBus::new())?;
    let page_shift = node.parameters().page_shift;
    let policy = PoolPolicy::for_node(node.parameters());
    let mut hyperkernel: Hyperkernel<SocBus> = Hyperkernel::start(node, policy, Limits::default())?;
    hyperkernel.hold_range(Rfn(0), OWN)?;

    let mut frames = [Rfn(0); LIVE];
    let mut used = 0;
    let mut random = seed | 1;
    let mut dry = 0;
    let before = soc::cycles();
    soc::listen();
    for _ in 0..rounds {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        if soc::node_calls() {
            hyperkernel.on_interrupt()?;
            soc::listen();
        } else if random & 0x30 == 0 {
            hyperkernel.poll()?;
        }
        if used == 0 || used < live && random & 1 == 0 {
            let rfn = match hyperkernel.allocate() {
                Ok(rfn) => rfn,
                Err(AllocateError::NoMemory) => {
                    dry += 1;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if let Some((index, word)) = soc::find_nonzero(rfn, page_shift) {
                return Err(Error::NotZero { rfn, index, word });
            }
            soc::scribble(rfn, page_shift);
            if let Some(place) = frames.get_mut(used) {
                *place = rfn;
                used += 1;
            }
        } else {
            let index = (random >> 8) as usize % used;
            used -= 1;
            frames.swap(index, used);
            if let Some(&rfn) = frames.get(used) {
                hyperkernel.free(rfn)?;
            }
        }
    }
    let cycles = soc::cycles() - before;
    let statistics = *hyperkernel.statistics();
    if hyperkernel.node().audit(64).is_err() {
        return Err(Error::Unexpected(
            "the frame counts do not sum to the frames",
        ));
    }
    Ok(Report {
        cycles,
        results: [
            statistics.from_pool.wrapping_add(statistics.on_demand),
            statistics.on_demand,
            statistics.freed.wrapping_add(statistics.freed_dirty),
            hyperkernel.bad_frames().count(),
            statistics.interrupts,
            dry,
        ],
    })
}

/// Arguments: 0 nothing beside, 1 the engine zeroes, 2 the core zeroes; frames; cycles of the window.
/// Results: rounds of work done in the window, frames zeroed in it, a value that keeps the work from
/// being optimized away, interrupts.
fn work([mode, count, window, ..]: [u32; 5]) -> Result<Report, Error> {
    let mut hyperkernel = start(count)?;
    let page_shift = hyperkernel.node().parameters().page_shift;
    let begin = soc::core_cycles();
    let elapsed = || soc::core_cycles().wrapping_sub(begin);
    let mut zeroed = 0;
    let mut more = mode == 1;
    match mode {
        0 => {}
        1 => soc::listen(),
        2 => {
            while zeroed < count && elapsed() < window {
                soc::zero(Rfn(zeroed), page_shift, Window::Cached);
                zeroed += 1;
            }
        }
        _ => return Err(Error::Argument("mode 0 to 2")),
    }
    let mut rounds = 0u32;
    let mut value = 1u32;
    while elapsed() < window {
        if mode == 1 && (more || soc::node_calls()) {
            let called = soc::node_calls();
            more = if called {
                hyperkernel.on_interrupt()
            } else {
                hyperkernel.poll()
            }?
            .more
                && hyperkernel.statistics().queued < count;
            if called {
                soc::listen();
            }
        }
        for _ in 0..CHUNK {
            // A round: what a checksum of a word in a register costs.
            value = value.rotate_left(5) ^ value.wrapping_mul(0x9E37_79B1);
            rounds += 1;
        }
    }
    let cycles = elapsed().into();
    if mode == 1 {
        zeroed = hyperkernel.node().pool_level()?;
    }
    let interrupts = hyperkernel.statistics().interrupts;
    Ok(Report {
        cycles,
        results: [rounds, zeroed, value, interrupts, 0, 0],
    })
}

/// Arguments: what to do wrong. 16: the driver meets a hole and returns an error, which is a success.
fn provoke([kind, ..]: [u32; 5]) -> Result<Report, Error> {
    if kind == 16 {
        use dormouse_driver::Bus;
        let mut node = Node::probe(SocBus::new())?;
        let outcomes = [
            node.bus().read(0xFFC).err(),
            node.bus().write(0x000, 1).err(),
            node.bus().read(0x000).err(),
        ];
        let refused = Some(BusError::Subordinate);
        if outcomes != [refused, refused, None] {
            return Err(Error::Unexpected("a bad register access was not refused"));
        }
        print!("refused as it should be");
        return Ok(Report::default());
    }
    soc::provoke(kind);
    Err(Error::Unexpected("nothing came of it"))
}

/// Limits for when a vCPU may be waiting.
fn short_steps() -> Limits {
    Limits {
        step: 16,
        ..Limits::default()
    }
}

/// What becomes of an access that cannot be served, by a bit of a job's flags.
fn patience(flags: u32, bit: u32) -> Patience {
    if flags & bit == 0 {
        Patience::Fail
    } else {
        Patience::Wait
    }
}

/// Arguments: bits of POLICY (bit 3 clear: firmware converts), bit 8 to wait when there is no memory,
/// bit 9 to wait for pages of other nodes; home node; spare frames, 0 for the default; stalls to end
/// after, 0: no such limit; cycles to end after, 0: 2^32. Ends when the mailbox says so, too. Results:
/// stalls ended, those that failed, pages mapped by firmware, frames sent to the engine ahead of the
/// others, pages with wrong parity, cycles spent on serving.
fn serve([flags, home, spare, stalls, limit]: [u32; 5]) -> Result<Report, Error> {
    let limit = if limit == 0 { LIMIT } else { limit.into() };
    let node = Node::probe(SocBus::new())?;
    let home = u8::try_from(home).map_err(|_| Error::Argument("home node 0 to 255"))?;
    let default = GuestPolicy::for_node(node.parameters());
    let policy = GuestPolicy {
        hardware: Policy::from_bits_truncate(flags),
        spare: if spare == 0 { default.spare } else { spare },
        no_memory: patience(flags, mailbox::WAIT_FOR_MEMORY),
        away: patience(flags, mailbox::WAIT_FOR_PAGES),
        ..default
    };
    let pool = PoolPolicy::for_node(node.parameters());
    let mut hyperkernel: Hyperkernel<SocBus> = Hyperkernel::start(node, pool, short_steps())?;
    hyperkernel.start_machine(NodeId(home), policy)?;
    soc::set_mailbox(mailbox::GUESTS, mailbox::GUESTS_RUN);

    let before = soc::cycles();
    let mut busy = 0u32;
    let mut again = true;
    soc::listen();
    // It does not sleep: the node's interrupt would wake it, but not the mailbox.
    while soc::mailbox(mailbox::GUESTS) != mailbox::GUESTS_STOP && soc::cycles() - before < limit {
        let called = soc::node_calls();
        if !called && !again {
            continue;
        }
        let since = soc::core_cycles();
        let step = if called {
            hyperkernel.on_interrupt()
        } else {
            hyperkernel.poll()
        }?;
        if called {
            soc::listen();
        }
        busy = busy.wrapping_add(soc::core_cycles().wrapping_sub(since));
        again = step.more || step.waiting > 0;
        let statistics = hyperkernel.statistics();
        if stalls != 0 && statistics.retried.wrapping_add(statistics.refused) >= stalls {
            break;
        }
    }
    let cycles = soc::cycles() - before;
    let statistics = *hyperkernel.statistics();
    Ok(Report {
        cycles,
        results: [
            statistics.retried.wrapping_add(statistics.refused),
            statistics.refused,
            statistics.mapped,
            statistics.queued_urgent,
            hyperkernel.parity_count(),
            busy,
        ],
    })
}

/// Arguments: bits of POLICY, bit 8 to wait when there is no memory, bit 10: the guest runs already; delay of
/// redormanting, 0 for the default. Ends when the mailbox says so, and the engine has ended what it began.
/// Results: pages converted, bursts elided, pages that went dormant by stores and by doorbell, accesses that stalled,
/// pages mapped by firmware.
fn host([flags, delay, ..]: [u32; 5]) -> Result<Report, Error> {
    let node = Node::probe(SocBus::new())?;
    let parameters = *node.parameters();
    let default = GuestPolicy::for_node(&parameters);
    let policy = GuestPolicy {
        hardware: Policy::from_bits_truncate(flags),
        redormant_delay: if delay == 0 {
            default.redormant_delay
        } else {
            delay
        },
        no_memory: patience(flags, mailbox::WAIT_FOR_MEMORY),
        ..default
    };
    let pool = PoolPolicy::for_node(&parameters);
    let mut hyperkernel: Hyperkernel<SocBus> = Hyperkernel::start(node, pool, short_steps())?;
    if flags & mailbox::RESUME == 0 {
        hyperkernel.start_machine(NodeId(parameters.node_id), policy)?;
        soc::start_guest();
        soc::set_mailbox(mailbox::GUESTS, mailbox::GUESTS_RUN);
    } else {
        hyperkernel.resume_machine(policy)?;
    }

    let before = soc::cycles();
    let mut again = true;
    soc::listen();
    // As in `serve`, it does not sleep.
    while soc::mailbox(mailbox::GUESTS) != mailbox::GUESTS_STOP {
        if let Some(address) = soc::doorbell() {
            let gfn = address >> parameters.page_shift;
            let rung = hyperkernel.doorbell(Gfn(gfn)..Gfn(gfn + 1), &mut VcpuCaches);
            // What the guest asks for wrongly is the guest's error.
            soc::end_doorbell(rung.is_err());
        }
        let called = soc::node_calls();
        if !called && !again {
            continue;
        }
        let step = if called {
            hyperkernel.on_interrupt()
        } else {
            hyperkernel.poll()
        }?;
        if called {
            soc::listen();
        }
        again = step.more || step.waiting > 0;
    }
    let cycles = soc::cycles() - before;
    let mapped = hyperkernel.statistics().mapped;
    let node = hyperkernel.node();
    node.disable()?;
    while node.zeroing()? != 0 {}
    let counters = node.gate_counters()?;
    if node.audit(4).is_err() {
        return Err(Error::Unexpected(
            "the frame counts do not sum to the frames",
        ));
    }
    Ok(Report {
        cycles,
        results: [
            counters
                .fast_conversions
                .wrapping_add(counters.demand_conversions),
            counters.elided_writes,
            counters.redormanted_stores,
            counters.redormanted_doorbell,
            counters.stalls,
            mapped,
        ],
    })
}

/// Arguments: first page; count; 1: start a machine and map and scribble on those pages first, and
/// check in the end that their frames come back zeroed (1..=64 pages). Results: pages, those that the
/// node made dormant, frames checked. The cycles are those of the doorbell.
fn doorbell([first, count, prepare, ..]: [u32; 5]) -> Result<Report, Error> {
    let mut hyperkernel = start(count)?;
    let page_shift = hyperkernel.node().parameters().page_shift;
    let end = first
        .checked_add(count)
        .ok_or(Error::Argument("pages beyond 2^32"))?;
    let mut frames = [Rfn(0); LIVE];
    let mine = match prepare {
        0 => frames.get_mut(..0),
        _ => frames.get_mut(..count as usize),
    };
    let mine = mine.ok_or(Error::Argument("1 to 64 pages"))?;
    if !mine.is_empty() {
        let home = NodeId(hyperkernel.node().parameters().node_id);
        let policy = GuestPolicy::for_node(hyperkernel.node().parameters());
        hyperkernel.start_machine(home, policy)?;
    }
    for (gfn, place) in (first..).zip(mine.iter_mut()) {
        let rfn = claim(&mut hyperkernel)?;
        hyperkernel.node().map(Gfn(gfn), rfn)?;
        soc::scribble(rfn, page_shift);
        *place = rfn;
    }

    let dormant = hyperkernel.node().gate_counters()?.redormanted_doorbell;
    let before = soc::cycles();
    let rung = hyperkernel.doorbell(Gfn(first)..Gfn(end), &mut VcpuCaches)?;
    let cycles = soc::cycles() - before;
    let after = hyperkernel.node().gate_counters()?.redormanted_doorbell;

    // At most `count` others are zeroed, and as many in the queue, before the first of these.
    let mut checked = 0;
    for _ in 0..4 * mine.len() {
        if checked as usize == mine.len() {
            break;
        }
        let rfn = claim(&mut hyperkernel)?;
        if let Some((index, word)) = soc::find_nonzero(rfn, page_shift) {
            return Err(Error::NotZero { rfn, index, word });
        }
        if mine.contains(&rfn) {
            hyperkernel.node().hold(rfn)?;
            checked += 1;
        } else {
            hyperkernel.node().give_back(rfn)?;
        }
    }
    if checked as usize != mine.len() {
        return Err(Error::Unexpected("a frame does not come back"));
    }
    Ok(Report {
        cycles,
        results: [rung, after.wrapping_sub(dormant), checked, 0, 0, 0],
    })
}

/// A claimed frame, as soon as there is one.
fn claim(hyperkernel: &mut Hyperkernel<SocBus>) -> Result<Rfn, Error> {
    for _ in 0..Limits::default().wait {
        hyperkernel.poll()?;
        match hyperkernel.node().claim() {
            Err(CommandError::Empty) => {}
            result => return Ok(result?),
        }
    }
    Err(Error::Unexpected("the engine does not get on"))
}
