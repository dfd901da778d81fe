//! P5 to P9 of the performance contract: each figure with all that is behind it.

use anyhow::{Context, Result, ensure};
use dormouse_driver::{
    Bus, Gfn, PageMark,
    regs::{Register, WaterHigh},
};
use dormouse_model::Config;
use dormouse_testbench::{backend::Backend, probe::Port, vcpu::Op};
use serde::Serialize;

use super::{
    access::{Access, Measured, Traffic, measure},
    bench::{Bench, LATENCY, PAGES, SETS, Worst},
};
use crate::target::Target;

/// Cycles that the gate may add to a resident access (P5).
pub const RESIDENT: u64 = 1;
/// Cycles from AR to the first R beat of a dormant page, at most (P6).
pub const READ_DORMANT: u64 = 3;
/// Cycles from AW to AW of a dormant page while the pool has a frame, at most (P7).
pub const WRITE_DORMANT: u64 = 4;
/// Cycles beyond the beats of a page and the B latency while it has none, at most (P8).
const ON_DEMAND: u64 = 16;
/// Cycles of a mark of all pages, at most (P9).
pub const MARK_ALL: u64 = 64;

/// B latencies of P8.
const B_LATENCIES: [u32; 3] = [4, 32, 100];
/// Reads in a row that watch a page change.
const WATCHERS: u64 = 400;
/// Values of `REDORMANT_DELAY`; the last is the one after reset.
const DELAYS: [u32; 3] = [0, 16, 1024];

/// A figure of the contract; `worst` is over everything but what is in its `beside`.
#[derive(Serialize)]
pub struct Figure {
    #[serde(flatten)]
    pub worst: Worst,
    pub contract: Option<u64>,
    pub met: Option<bool>,
    pub interval: &'static str,
    pub conditions: String,
}

impl Figure {
    pub fn new(
        worst: Worst,
        contract: Option<u64>,
        interval: &'static str,
        conditions: impl Into<String>,
    ) -> Self {
        Self {
            met: contract.map(|contract| worst.cycles <= contract),
            worst,
            contract,
            interval,
            conditions: conditions.into(),
        }
    }
}

/// An access while something else goes on: context, no contract.
#[derive(Serialize)]
pub struct BesideTraffic {
    pub access: &'static str,
    pub beside: String,
    #[serde(flatten)]
    pub address: Worst,
    /// The first beat of a write at memory, from the same cycle on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Worst>,
}

pub fn beside_traffic(
    target: Target,
    access: Access,
    tick: &dyn Fn(),
) -> Result<Vec<BesideTraffic>> {
    let all = [
        Traffic::Channel,
        Traffic::Engine,
        Traffic::Ports(2),
        Traffic::Ports(3),
        Traffic::Ports(4),
    ];
    let each = all.into_iter().map(|beside| {
        let found = measure(target, access, beside)?;
        tick();
        Ok(BesideTraffic {
            access: access.name(),
            beside: beside.name(),
            address: found.address.join(&found.zeros_first),
            data: access.writes().then_some(found.data),
        })
    });
    each.collect()
}

/// P6.
#[derive(Serialize)]
pub struct DormantReads {
    #[serde(flatten)]
    pub figure: Figure,
    /// Transfers on the memory port during all of it, on any channel.
    pub memory_beats: u64,
    pub beside: Vec<BesideTraffic>,
}

pub fn read_dormant(target: Target, tick: &dyn Fn()) -> Result<DormantReads> {
    let found = measure(target, Access::ReadDormant, Traffic::Nothing)?;
    tick();
    Ok(DormantReads {
        figure: Figure::new(
            found.address,
            Some(READ_DORMANT),
            "AR offered by the guest -> first R beat offered to it",
            "node otherwise idle; reads of 1, 2, 16 and most beats to dormant pages at all distances from 0 to 10 cycles",
        ),
        memory_beats: found.memory_beats,
        beside: beside_traffic(target, Access::ReadDormant, tick)?,
    })
}

/// A part of a figure.
#[derive(Serialize)]
pub struct Bounded {
    #[serde(flatten)]
    pub worst: Worst,
    pub contract: u64,
    pub met: bool,
}

impl Bounded {
    pub fn new(worst: Worst, contract: u64) -> Self {
        Self {
            met: worst.cycles <= contract,
            worst,
            contract,
        }
    }
}

/// P7.
#[derive(Serialize)]
pub struct DormantWrites {
    #[serde(flatten)]
    pub figure: Figure,
    /// Apart from the above: bursts that begin with zero beats and whose data is offered before their address. The port
    /// holds two beats, and looks at zeros that wait there only once it knows the page, one a cycle.
    pub zeros_first: Worst,
    /// The first beat at memory, from the same cycle on.
    pub data: Worst,
    pub beside: Vec<BesideTraffic>,
}

pub fn write_dormant_pool(target: Target, tick: &dyn Fn()) -> Result<DormantWrites> {
    let found = measure(target, Access::WriteDormant, Traffic::Nothing)?;
    tick();
    Ok(DormantWrites {
        figure: Figure::new(
            found.address,
            Some(WRITE_DORMANT),
            "AW and first W beat that is not zero offered by the guest, the later -> AW offered to memory",
            "node otherwise idle, pool not empty; writes of 1 to most beats, of which none, half, or all but the last are \
             leading zeros; address and data together, or up to 5 cycles apart. Leading zeros that are offered before \
             their address are in zeros_first: each that waits costs a cycle more",
        ),
        zeros_first: found.zeros_first,
        data: found.data,
        beside: beside_traffic(target, Access::WriteDormant, tick)?,
    })
}

/// P8 with one parameter set and one memory.
#[derive(Serialize)]
pub struct OnDemand {
    pub set: &'static str,
    pub b_latency: u32,
    pub page_beats: u32,
    #[serde(flatten)]
    pub address: Bounded,
    /// The first beat at memory, from the same cycle on.
    pub data: Worst,
}

impl OnDemand {
    /// Cycles that are left.
    pub fn slack(&self) -> i64 {
        self.address.contract.cast_signed() - self.address.worst.cycles.cast_signed()
    }
}

/// P8.
#[derive(Serialize)]
pub struct DormantWritesOnDemand {
    #[serde(flatten)]
    pub figure: Figure,
    /// Each beside what the contract allows there; the figure is the one with the least to spare.
    pub cases: Vec<OnDemand>,
    /// Cases with the engine already at work in the background when the write comes.
    pub engine_busy: Vec<OnDemand>,
    pub beside: Vec<BesideTraffic>,
}

pub fn write_dormant_ondemand(target: Target, tick: &dyn Fn()) -> Result<DormantWritesOnDemand> {
    let mut cases = Vec::new();
    for set in SETS {
        for b_latency in B_LATENCIES {
            let case = on_demand(target, set, b_latency, 1)
                .with_context(|| format!("{set}, B latency {b_latency}"))?;
            cases.push(case);
            tick();
        }
    }
    let mut engine_busy = Vec::new();
    for set in ["tiny", "guest_4", "guest_512"] {
        for b_latency in B_LATENCIES {
            engine_busy.push(on_demand_busy(target, set, b_latency)?);
            tick();
        }
    }
    let mut beside = Vec::new();
    for ports in 2..=4 {
        let case = on_demand(target, "short_bursts", LATENCY, ports)?;
        beside.push(BesideTraffic {
            access: Access::WriteDormant.name(),
            beside: Traffic::Ports(ports).name(),
            address: case.address.worst,
            data: Some(case.data),
        });
        tick();
    }
    let worst = cases.iter().min_by_key(|case| case.slack());
    let worst = worst.context("no case")?;
    let mut figure = Figure::new(
        Worst {
            samples: cases.iter().map(|case| case.address.worst.samples).sum(),
            ..worst.address.worst.clone()
        },
        Some(worst.address.contract),
        "AW and first W beat that is not zero offered by the guest, the later -> AW offered to memory",
        format!(
            "node otherwise idle, pool empty, frames queued, background zeroing stopped by the water marks; page beats + B \
             latency + {ON_DEMAND}, B latency 4, 32 and 100; cycles, best and contract are those of the case with the least \
             to spare, samples of all"
        ),
    );
    figure.met = Some(cases.iter().all(|case| case.address.met));
    Ok(DormantWritesOnDemand {
        figure,
        cases,
        engine_busy,
        beside,
    })
}

pub fn case(
    config: &Config,
    set: &'static str,
    b_latency: u32,
    address: Worst,
    data: Worst,
) -> OnDemand {
    let page_beats = config.page_beats();
    let contract = u64::from(page_beats) + u64::from(b_latency) + ON_DEMAND;
    OnDemand {
        set,
        b_latency,
        page_beats,
        address: Bounded::new(address, contract),
        data,
    }
}

/// Writes that find the pool empty and the engine at rest: one at a time, or one on each of `ports` ports at once.
pub fn on_demand(
    target: Target,
    set: &'static str,
    b_latency: u32,
    ports: usize,
) -> Result<OnDemand> {
    let access = Access::WriteDormant;
    let (mut address, mut data) = (Worst::default(), Worst::default());
    for skew in [0, 5] {
        let mut bench = Bench::new(target, set, b_latency, skew)?;
        // No number of zeroed frames is then low enough to start in the background; the driver wants some distance.
        bench.system.write(WaterHigh::OFFSET, 0)?;
        bench.queue(0..2 * PAGES)?;
        bench.driver()?.enable()?;
        let accesses: Vec<_> = (0..ports)
            .map(|port| access.accesses(&bench, port, ports))
            .collect();
        for i in 0..PAGES as usize / ports {
            bench.rest()?;
            let mut driver = bench.driver()?;
            // A conversion may have had one more frame zeroed than it needed.
            while driver.pool_level()? != 0 {
                driver.take()?;
            }
            let programs = accesses.iter().map(|accesses| vec![accesses[i].0]);
            let programs = programs.collect();
            bench.run(programs)?;
            for (port, accesses) in accesses.iter().enumerate() {
                let seen = bench.seen(port);
                let at = || format!("{set}, {}", accesses[i].1);
                address.add(access.address(seen)[0], at);
                data.add(access.data(seen)[0], at);
            }
        }
        let counters = bench.driver()?.gate_counters()?;
        ensure!(
            ports != 1 || counters.demand_conversions == PAGES,
            "not all pages were converted on demand: {counters:?}"
        );
        bench.finish()?;
    }
    Ok(case(&Target::config(set)?, set, b_latency, address, data))
}

/// One write while the pool is still empty and the engine at work, in eight places of the first page's zeroing.
pub fn on_demand_busy(target: Target, set: &'static str, b_latency: u32) -> Result<OnDemand> {
    let config = Target::config(set)?;
    let access = Access::WriteDormant;
    let (mut address, mut data) = (Worst::default(), Worst::default());
    for eighth in 0..8 {
        let mut bench = Bench::new(target, set, b_latency, 0)?;
        bench.queue(0..4)?;
        bench.driver()?.enable()?;
        let wait = config.page_beats() * eighth / 8;
        let program = vec![Op::Delay(wait.into()), bench.write(0, 4, 0, 0)];
        bench.run(vec![program])?;
        let demanded = bench.driver()?.gate_counters()?.demand_conversions;
        // Later writes find a frame in the pool.
        if demanded == 1 {
            let at = || format!("{set}, {wait} cycles after the engine was started");
            address.add(access.address(bench.seen(0))[0], at);
            data.add(access.data(bench.seen(0))[0], at);
        }
        bench.finish()?;
    }
    Ok(case(&config, set, b_latency, address, data))
}

/// Resident accesses of one kind.
#[derive(Serialize)]
pub struct Resident {
    #[serde(flatten)]
    pub part: Bounded,
    pub read: Worst,
    pub write: Worst,
    /// The first beat of a write at memory, from the same cycle on.
    pub write_data: Worst,
}

impl Resident {
    pub fn new(read: &Measured, write: &Measured) -> Self {
        Self {
            part: Bounded::new(read.address.clone().join(&write.address), RESIDENT),
            read: read.address.clone(),
            write: write.address.clone(),
            write_data: write.data.clone(),
        }
    }
}

/// P5.
#[derive(Serialize)]
pub struct ResidentAccesses {
    #[serde(flatten)]
    pub figure: Figure,
    pub hit: Resident,
    pub miss: Resident,
    /// What the gate adds to R beats and B.
    pub answers: Worst,
    pub throughput: Vec<Stream>,
    pub beside: Vec<BesideTraffic>,
}

pub fn resident_added(target: Target, tick: &dyn Fn()) -> Result<ResidentAccesses> {
    let all = [
        Access::ReadHit,
        Access::WriteHit,
        Access::ReadMiss,
        Access::WriteMiss,
    ];
    let mut found = Vec::new();
    for access in all {
        found.push(measure(target, access, Traffic::Nothing)?);
        tick();
    }
    let hit = Resident::new(&found[0], &found[1]);
    let miss = Resident::new(&found[2], &found[3]);
    let answers = found
        .iter()
        .fold(Worst::default(), |worst, found| worst.join(&found.answers));
    let mut throughput = Vec::new();
    for set in SETS {
        throughput.extend(streams(target, set).with_context(|| format!("{set}, throughput"))?);
        tick();
    }
    let mut beside = Vec::new();
    for access in all {
        beside.extend(beside_traffic(target, access, tick)?);
    }
    Ok(ResidentAccesses {
        figure: Figure::new(
            hit.part.worst.clone().join(&miss.part.worst),
            Some(RESIDENT),
            "read: AR offered by the guest -> AR offered to memory; write: AW and first W beat offered by the guest, the \
             later -> AW offered to memory",
            "node otherwise idle, one access at a time, of 1, 2, 16 and most beats; over hits and misses of the port's cache \
             of 16 translations. The contract is kept by a hit; a miss looks the page up, which takes one cycle more \
             (decision 0009)",
        ),
        hit,
        miss,
        answers,
        throughput,
        beside,
    })
}

/// Bursts in a row to resident pages.
#[derive(Serialize)]
pub struct Stream {
    pub set: &'static str,
    /// `R`, `W`, or `R` or `W` with the other at the same time.
    pub channel: &'static str,
    pub pattern: &'static str,
    pub beats: u64,
    /// From the first beat to the last, both included.
    pub cycles: u64,
    pub beats_per_cycle: f64,
    /// What the contract promises; `null` for single beats that all miss the cache, which one lookup each slows down
    /// (decision 0009).
    pub contract: Option<f64>,
    pub met: Option<bool>,
}

pub fn streams(target: Target, set: &'static str) -> Result<Vec<Stream>> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(3)?;
    bench.convert(&[0, 1, 16])?;
    let longest = bench.longest();
    let patterns: [(&'static str, u32, &[u32]); 6] = [
        ("longest bursts, one page", longest, &[0]),
        ("longest bursts, two pages in turn", longest, &[0, 1]),
        ("longest bursts, all miss the cache", longest, &[0, 16]),
        ("single beats, one page", 1, &[0]),
        ("single beats, two pages in turn", 1, &[0, 1]),
        ("single beats, all miss the cache", 1, &[0, 16]),
    ];
    let mut streams = Vec::new();
    for (pattern, beats, pages) in patterns {
        let bursts = if beats == 1 { 256 } else { 16 };
        let op = |bench: &Bench, write: bool, i: u32| {
            let gfn = pages[i as usize % pages.len()];
            if write {
                bench.write(gfn, beats, 0, i)
            } else {
                bench.read(gfn, beats, i)
            }
        };
        let channels: [(&'static str, &[bool]); 3] =
            [("R", &[false]), ("W", &[true]), ("both", &[true, false])];
        for (channel, writes) in channels {
            // A core begins one access a cycle, so two streams of single beats are none.
            if writes.len() == 2 && beats == 1 {
                continue;
            }
            // What is measured begins when the cache holds what it can.
            let warm = (0..pages.len() as u32).flat_map(|i| writes.iter().map(move |w| (*w, i)));
            let mut program: Vec<Op> = warm.map(|(write, i)| op(&bench, write, i)).collect();
            program.push(Op::Fence);
            let all = (0..bursts).flat_map(|i| writes.iter().map(move |w| (*w, i)));
            program.extend(all.map(|(write, i)| op(&bench, write, i)));
            bench.run(vec![program])?;
            let seen = bench.seen(0);
            for &write in writes {
                let taken = if write {
                    &seen.m_w.taken
                } else {
                    &seen.r.taken
                };
                let taken = &taken[pages.len() * beats as usize..];
                let (Some(first), Some(last)) = (taken.first(), taken.last()) else {
                    anyhow::bail!("no beat");
                };
                let (beats_seen, cycles) = (taken.len() as u64, last - first + 1);
                let contract = (beats != 1 || pages != [0, 16]).then_some(1.0);
                streams.push(Stream {
                    set,
                    channel: match (channel, write) {
                        ("both", true) => "W beside R",
                        ("both", false) => "R beside W",
                        _ => channel,
                    },
                    pattern,
                    beats: beats_seen,
                    cycles,
                    beats_per_cycle: beats_seen as f64 / cycles as f64,
                    contract,
                    met: contract.map(|_| beats_seen == cycles),
                });
            }
        }
    }
    bench.finish()?;
    Ok(streams)
}

/// P9 with one table.
#[derive(Serialize)]
pub struct Table {
    pub set: &'static str,
    pub guest_pages: u32,
    /// Until RESULT was read as not busy, by a manager that reads it over and over.
    pub finished: Worst,
    /// Until the first lookup that sees the mark.
    pub seen: Worst,
}

/// P9.
#[derive(Serialize)]
pub struct Marks {
    #[serde(flatten)]
    pub figure: Figure,
    pub tables: Vec<Table>,
}

pub fn mark_all(target: Target, tick: &dyn Fn()) -> Result<Marks> {
    let mut tables = Vec::new();
    for (set, rounds) in [
        ("short_bursts", 9),
        ("page_64k", 9),
        ("engine_64", 9),
        ("trace", 3),
    ] {
        tables.push(marks(target, set, rounds).with_context(|| format!("{set}, marks"))?);
        tick();
    }
    let worst = tables.iter().fold(Worst::default(), |worst, table| {
        worst.join(&table.finished).join(&table.seen)
    });
    Ok(Marks {
        figure: Figure::new(
            worst,
            Some(MARK_ALL),
            "write of CMD taken -> RESULT read as not busy, or AR offered of the first read that sees the mark",
            "MARK_ALL dormant of tables of 17 to 524288 pages, three in a row while the scrub runs, a guest reading pages that \
             were bad; a fourth mark before the scrub is through ends with an error",
        ),
        tables,
    })
}

pub fn marks(target: Target, set: &'static str, rounds: u32) -> Result<Table> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    let guest_pages = bench.config.guest_pages;
    let pages = [0, guest_pages / 2, guest_pages - 1];
    let (mut finished, mut seen) = (Worst::default(), Worst::default());
    for round in 0..rounds {
        if round % 3 == 0 {
            bench.scrubbed()?;
        }
        let mut driver = bench.driver()?;
        for gfn in pages {
            driver.mark(Gfn(gfn), PageMark::Bad)?;
        }
        let reads = (0..WATCHERS as usize).map(|i| bench.read(pages[i % 3], 1, 0));
        let program = reads.collect();
        bench.start(vec![program]);
        bench.system.idle(u64::from(20 + round));
        bench.driver()?.mark_all(PageMark::Dormant)?;
        bench.end()?;
        let command = bench.system.node.command();
        let (taken, end) = command.context("the command does not end")?;
        let port = bench.seen(0);
        let old = port.okay.iter().rposition(|okay| !okay);
        let first = old.and_then(|old| port.ar.offered.get(old + 1));
        let first = first.context("the mark is not within the reads")?;
        let at = || format!("{set}, mark {} since the scrub", round % 3 + 1);
        finished.add(end - taken, at);
        seen.add(first.saturating_sub(taken), at);
    }
    bench.finish()?;
    Ok(Table {
        set,
        guest_pages,
        finished,
        seen,
    })
}

/// What the guest zeroes goes dormant.
#[derive(Serialize)]
pub struct Redormant {
    #[serde(flatten)]
    pub figure: Figure,
    pub doorbell: Doorbell,
    pub stores: Vec<Stores>,
}

#[derive(Serialize)]
pub struct Doorbell {
    #[serde(flatten)]
    pub worst: Worst,
    pub interval: &'static str,
    /// Until RESULT was read as not busy, by a manager that reads it over and over.
    pub finished: Worst,
    /// The first of these while the engine zeroes in the background.
    pub engine_busy: Worst,
}

#[derive(Serialize)]
pub struct Stores {
    /// `REDORMANT_DELAY`, which is in `cycles`.
    pub delay: u32,
    #[serde(flatten)]
    pub worst: Worst,
    pub interval: &'static str,
}

pub fn redormant(target: Target, tick: &dyn Fn()) -> Result<Redormant> {
    let mut doorbell = Doorbell {
        worst: Worst::default(),
        interval: "write of CMD taken -> AR offered of the first read that makes no memory traffic",
        finished: Worst::default(),
        engine_busy: Worst::default(),
    };
    for set in ["engine_64", "engine_512", "short_bursts", "page_64k"] {
        rings(
            target,
            set,
            false,
            &mut doorbell.worst,
            &mut doorbell.finished,
        )?;
        tick();
    }
    for set in ["engine_64", "engine_512", "short_bursts"] {
        let finished = &mut Worst::default();
        rings(target, set, true, &mut doorbell.engine_busy, finished)?;
        tick();
    }
    let mut stores = Vec::new();
    for delay in DELAYS {
        let mut worst = Worst::default();
        for set in ["engine_64", "engine_512", "short_bursts", "page_64k"] {
            clears(target, set, delay, &mut worst).with_context(|| format!("{set}, stores"))?;
            tick();
        }
        stores.push(Stores {
            delay,
            worst,
            interval: "B of the page's last zero store taken -> AR offered of the first read that makes no memory traffic",
        });
    }
    // What is programmed is no time that the node takes.
    let all = stores.iter().map(|stores| Worst {
        cycles: stores.worst.cycles - u64::from(stores.delay),
        best: stores.worst.best - u64::from(stores.delay),
        ..stores.worst.clone()
    });
    let worst = all.fold(doorbell.worst.clone(), |worst, stores| worst.join(&stores));
    Ok(Redormant {
        figure: Figure::new(
            worst,
            None,
            "as in doorbell and stores",
            format!(
                "doorbell, and ordinary zero stores over the whole page with REDORMANT_DELAY {DELAYS:?}, which is taken off \
                 here and is part of the cycles in stores; node otherwise idle but for the guest's reads of the page, one a cycle"
            ),
        ),
        doorbell,
        stores,
    })
}

/// The page is resident while a guest reads it in every cycle, and rung for.
pub fn rings(
    target: Target,
    set: &str,
    busy: bool,
    worst: &mut Worst,
    finished: &mut Worst,
) -> Result<()> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(PAGES)?;
    if busy {
        bench.background()?;
    }
    for round in 0..PAGES {
        bench.convert(&[0])?;
        let program = vec![bench.read(0, 1, 0); WATCHERS as usize];
        bench.start(vec![program]);
        bench.system.idle(u64::from(20 + round));
        bench.ring(0)?;
        bench.end()?;
        let command = bench.system.node.command();
        let (taken, end) = command.context("the command does not end")?;
        let at = || format!("{set}, {round} cycles later");
        worst.add(first_dormant(bench.seen(0))?.saturating_sub(taken), at);
        finished.add(end - taken, at);
    }
    ensure!(
        !busy || bench.system.node.zeroing() != Some(0),
        "the engine had too little to do"
    );
    bench.finish()
}

/// When the first read was offered that was not passed on to memory.
pub fn first_dormant(port: &Port) -> Result<u64> {
    let first = port.ar.offered.get(port.m_ar.offered.len());
    first.copied().context("the page stays resident")
}

/// The page is cleared, line by line, and then read until it is dormant.
pub fn clears(target: Target, set: &str, delay: u32, worst: &mut Worst) -> Result<()> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(PAGES)?;
    bench.driver()?.set_redormant_delay(delay)?;
    let bus = bench.config.beat_bytes();
    for line in [bus, bus.max(64), bench.longest() * bus] {
        bench.convert(&[0])?;
        let mut program = vec![
            Op::Clear {
                addr: 0,
                bytes: bench.config.page_bytes(),
                line: line as u16,
                id: 0,
            },
            Op::Fence,
        ];
        let reads = u64::from(delay) + WATCHERS;
        program.extend((0..reads).map(|_| bench.read(0, 1, 0)));
        bench.run(vec![program])?;
        let port = bench.seen(0);
        let last = port.b.taken.last().context("no store was acknowledged")?;
        worst.add(first_dormant(port)? - last, || {
            format!("{set}, stores of {line} bytes")
        });
    }
    bench.finish()
}
