//! P14 and P16, and what a port that withholds costs its neighbour: accesses beside those who could hold them up.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use dormouse_testbench::{backend::Backend, probe::Port, vcpu::Op};
use serde::Serialize;

use super::{
    access::between,
    bench::{Bench, LATENCY, PAGES, Worst},
    figures::Figure,
};
use crate::target::Target;

/// Cycles from AR to the first R beat of a dormant page beside conversions, at most (P14).
pub const STORM_READ: u64 = 8;
/// Cycles of a conversion while others follow, at most, with one port and with more (P14).
const STORM_CONVERSION: [f64; 2] = [3.0, 2.0];
/// Cycles that background zeroing may add to what a guest's beat waits for, at most (P16).
pub const BEHIND_ENGINE: u64 = 16;

/// Conversions in a storm, where pages, frames and pool allow.
const CONVERSIONS: u32 = 200;
/// Cycles for which a port withholds.
const WITHHELD: u16 = 3000;
/// Accesses beside the engine, at changing distances.
const SAMPLES: u32 = 80;

/// A bench whose pool is full, and how many pages a storm can convert; the last page stays dormant.
fn ready_for_storm(target: Target, set: &str) -> Result<(Bench, u32)> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    let config = &bench.config;
    let most = [
        config.guest_pages - 1,
        config.real_frames,
        config.pool_depth,
    ];
    let pages = most.into_iter().fold(CONVERSIONS, u32::min);
    bench.stock(pages)?;
    Ok((bench, pages))
}

/// One store to each page of a range, `step` pages apart.
fn conversions(bench: &Bench, pages: Range<u32>, step: usize) -> Vec<Op> {
    pages
        .step_by(step)
        .map(|gfn| bench.write(gfn, 1, 0, 0))
        .collect()
}

// ------------------------------------------------------------------------------------ beside conversions

/// Dormant reads beside conversions that others cause.
#[derive(Serialize)]
pub struct StormRead {
    pub set: &'static str,
    /// Whose writes convert.
    pub beside: String,
    #[serde(flatten)]
    pub worst: Worst,
}

/// P14, the read.
#[derive(Serialize)]
pub struct StormReads {
    #[serde(flatten)]
    pub figure: Figure,
    pub cases: Vec<StormRead>,
}

pub fn storm_read(target: Target, tick: &dyn Fn()) -> Result<StormReads> {
    let mut cases = Vec::new();
    for set in ["engine_64", "tiny_128", "short_bursts"] {
        let ports = usize::from(Target::config(set)?.ports);
        // The reader's own write channel, each other port, and all of them.
        let mut storms: Vec<(String, Vec<usize>)> = (0..ports)
            .map(|port| match port {
                0 => ("the port's own writes".to_owned(), vec![0]),
                _ => (format!("the writes of port {port}"), vec![port]),
            })
            .collect();
        if ports > 1 {
            storms.push(("the writes of all ports".to_owned(), (0..ports).collect()));
        }
        for (beside, writers) in storms {
            let case = storm_read_case(target, set, beside, &writers)
                .with_context(|| format!("{set}, dormant reads beside conversions"))?;
            cases.push(case);
            tick();
        }
    }
    let worst = cases
        .iter()
        .fold(Worst::default(), |worst, case| worst.join(&case.worst));
    Ok(StormReads {
        figure: Figure::new(
            worst,
            Some(STORM_READ),
            "AR offered by the guest -> first R beat offered to it",
            "pool full; one dormant page after another converted by the write channel of the same port, of each other port, \
             and of all, a store a page",
        ),
        cases,
    })
}

fn storm_read_case(
    target: Target,
    set: &'static str,
    beside: String,
    writers: &[usize],
) -> Result<StormRead> {
    let (mut bench, pages) = ready_for_storm(target, set)?;
    let dormant = bench.config.guest_pages - 1;
    let mut programs = vec![Vec::new(); usize::from(bench.config.ports)];
    for (first, &port) in (0..).zip(writers) {
        programs[port] = conversions(&bench, first..pages, writers.len());
    }
    // A read now and then, among the writes of the reader's own port.
    let read = bench.read(dormant, 1, 0);
    if writers.contains(&0) {
        let writes = std::mem::take(&mut programs[0]);
        programs[0] = writes
            .chunks(2)
            .flat_map(|two| [two, &[read]].concat())
            .collect();
    } else {
        programs[0] = (0..pages)
            .flat_map(|i| [read, Op::Delay(u64::from(i % 5))])
            .collect();
    }
    bench.run(programs)?;
    let seen = bench.seen(0);
    let first = converted(&bench, writers).iter().min().copied();
    let last = converted(&bench, writers).iter().max().copied();
    let mut worst = Worst::default();
    let waits = between(&seen.ar.offered, &seen.r.starts);
    for (offered, cycles) in seen.ar.offered.iter().zip(waits) {
        // What comes behind the storm is no sample of it.
        if first <= Some(*offered) && Some(*offered) <= last {
            worst.add(cycles, || format!("{set}, {beside}"));
        }
    }
    // A set of few pages has a short storm.
    ensure!(worst.samples >= 1, "no read met the storm");
    bench.finish()?;
    Ok(StormRead { set, beside, worst })
}

/// When the addresses of writes were offered to memory.
fn converted(bench: &Bench, writers: &[usize]) -> Vec<u64> {
    let each = writers
        .iter()
        .flat_map(|port| &bench.seen(*port).m_aw.offered);
    let mut all: Vec<u64> = each.copied().collect();
    all.sort_unstable();
    all
}

/// Conversions one after the other.
#[derive(Serialize)]
pub struct StormConversion {
    pub set: &'static str,
    /// Ports that write.
    pub ports: usize,
    pub conversions: u64,
    /// From the first write address at memory to the last.
    pub cycles: u64,
    pub cycles_per_conversion: f64,
    pub contract: f64,
    pub met: bool,
}

/// P14, the rate.
#[derive(Serialize)]
pub struct StormConversions {
    pub interval: &'static str,
    pub conditions: &'static str,
    pub cases: Vec<StormConversion>,
}

impl StormConversions {
    /// What the contract allows with one port, or with more.
    pub fn contract(one: bool) -> f64 {
        STORM_CONVERSION[usize::from(!one)]
    }

    /// The worst with one port, or with more.
    pub fn worst(&self, one: bool) -> f64 {
        let cases = self.cases.iter().filter(|case| (case.ports == 1) == one);
        cases
            .map(|case| case.cycles_per_conversion)
            .fold(0.0, f64::max)
    }
}

pub fn storm_conversion(target: Target, tick: &dyn Fn()) -> Result<StormConversions> {
    let mut cases = Vec::new();
    for (set, ports) in [
        ("engine_64", 1),
        ("tiny_128", 1),
        ("tiny_128", 2),
        ("tiny_128", 3),
        ("short_bursts", 2),
        ("short_bursts", 4),
    ] {
        let (mut bench, pages) = ready_for_storm(target, set)?;
        let programs = (0..ports).map(|port| conversions(&bench, port as u32..pages, ports));
        let programs = programs.collect();
        bench.run(programs)?;
        let writers: Vec<usize> = (0..ports).collect();
        let at = converted(&bench, &writers);
        ensure!(
            at.len() == pages as usize,
            "{} of {pages} conversions",
            at.len()
        );
        let (conversions, cycles) = (at.len() as u64, at[at.len() - 1] - at[0]);
        let each = cycles as f64 / (conversions - 1) as f64;
        let contract = STORM_CONVERSION[usize::from(ports > 1)];
        cases.push(StormConversion {
            set,
            ports,
            conversions,
            cycles,
            cycles_per_conversion: each,
            contract,
            met: each <= contract,
        });
        bench.finish()?;
        tick();
    }
    Ok(StormConversions {
        interval: "AW of the first offered to memory -> AW of the last, for each conversion but one",
        conditions: "pool full; one store to each of as many dormant pages as pool and table allow, a store a cycle from each port",
        cases,
    })
}

// ------------------------------------------------------------------------------- beside one that withholds

/// What a port withholds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Withheld {
    W,
    WDormant,
    B,
    R,
}

impl Withheld {
    const ALL: [Self; 4] = [Self::W, Self::WDormant, Self::B, Self::R];

    fn name(self) -> &'static str {
        match self {
            Self::W => "W, after the first of 4 beats",
            Self::WDormant => "W, after the first of 4 beats to a dormant page",
            Self::B => "BREADY",
            Self::R => "RREADY, in a read of 16 beats",
        }
    }

    /// The access, and that its end is withheld.
    fn program(self, bench: &Bench) -> [Op; 2] {
        let (op, (w, b, r)) = match self {
            Self::W => (bench.write(0, 4, 0, 0), (WITHHELD, 0, 0)),
            Self::WDormant => (bench.write(2, 4, 0, 0), (WITHHELD, 0, 0)),
            Self::B => (bench.write(0, 4, 0, 0), (0, WITHHELD, 0)),
            Self::R => (bench.read(0, 16, 0), (0, 0, WITHHELD)),
        };
        [op, Op::Withhold { w, b, r }]
    }
}

/// A guest beside a port that withholds.
#[derive(Serialize)]
pub struct Withholding {
    pub set: &'static str,
    pub withheld: &'static str,
    /// Cycles beyond those of the same access beside the same neighbour when it withholds nothing.
    #[serde(flatten)]
    pub worst: Worst,
}

/// What a neighbour that withholds costs.
#[derive(Serialize)]
pub struct BesideWithholding {
    #[serde(flatten)]
    pub figure: Figure,
    pub cases: Vec<Withholding>,
}

pub fn beside_withholding(target: Target, tick: &dyn Fn()) -> Result<BesideWithholding> {
    let mut cases = Vec::new();
    for set in ["tiny_128", "short_bursts", "guest_4"] {
        for withheld in Withheld::ALL {
            let name = withheld.name();
            let alone = beside(target, set, withheld, false)?;
            let with = beside(target, set, withheld, true)
                .with_context(|| format!("{set}, beside a port that withholds {name}"))?;
            ensure!(alone.len() == with.len(), "{} accesses", with.len());
            let mut worst = Worst::default();
            for ((access, alone), (_, with)) in alone.iter().zip(&with) {
                worst.add(with.saturating_sub(*alone), || format!("{set}, {access}"));
            }
            cases.push(Withholding {
                set,
                withheld: name,
                worst,
            });
            tick();
        }
    }
    let worst = cases
        .iter()
        .fold(Worst::default(), |worst, case| worst.join(&case.worst));
    Ok(BesideWithholding {
        figure: Figure::new(
            worst,
            None,
            "address offered by the guest -> last R beat or B taken by it, beyond the same with a neighbour that withholds nothing",
            format!(
                "two ports; the other withholds W, BREADY or RREADY for {WITHHELD} cycles in the middle of an access; reads and \
                 writes of 1 and 16 beats to resident and dormant pages, one at a time, pool not empty"
            ),
        ),
        cases,
    })
}

/// What each access of port 1 takes, from its address to its end, beside port 0.
fn beside(
    target: Target,
    set: &str,
    withheld: Withheld,
    withholds: bool,
) -> Result<Vec<(&'static str, u64)>> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(bench.config.pool_depth.min(PAGES))?;
    bench.convert(&[0, 1])?;
    let mut first = withheld.program(&bench).to_vec();
    first.truncate(if withholds { 2 } else { 1 });
    let longest = bench.longest().min(16);
    let accesses: [(&str, Op); 8] = [
        ("a read of a beat", bench.read(1, 1, 0)),
        ("a long read", bench.read(1, longest, 1)),
        ("a write of a beat", bench.write(1, 1, 0, 2)),
        ("a long write", bench.write(1, longest, 0, 3)),
        ("a read of a dormant page", bench.read(4, 1, 0)),
        (
            "a write of zeros to a dormant page",
            bench.write(4, 2, 2, 0),
        ),
        ("a write to a dormant page", bench.write(5, 1, 0, 0)),
        ("a read of a page just converted", bench.read(5, 1, 0)),
    ];
    let mut second = vec![Op::Delay(60)];
    second.extend(accesses.iter().flat_map(|(_, op)| [*op, Op::Fence]));
    bench.run(vec![first, second])?;
    let seen = bench.seen(1);
    let mut reads = between(&seen.ar.offered, &seen.r.ends).into_iter();
    let mut writes = between(&seen.aw.offered, &seen.b.taken).into_iter();
    let took = accesses.iter().map(|(name, op)| {
        let cycles = match op {
            Op::Read(_) => reads.next(),
            _ => writes.next(),
        };
        Ok((*name, cycles.context("an access has no end")?))
    });
    let took = took.collect::<Result<_>>()?;
    bench.finish()?;
    Ok(took)
}

// ------------------------------------------------------------------------------------- behind the engine

/// Beats of a guest beside background zeroing.
#[derive(Serialize)]
pub struct Behind {
    pub set: &'static str,
    pub channel: &'static str,
    /// The most without the engine.
    pub alone: u64,
    /// Beyond that.
    #[serde(flatten)]
    pub worst: Worst,
}

/// P16.
#[derive(Serialize)]
pub struct BehindEngine {
    #[serde(flatten)]
    pub figure: Figure,
    pub cases: Vec<Behind>,
}

pub fn behind_engine(target: Target, tick: &dyn Fn()) -> Result<BehindEngine> {
    let mut cases = Vec::new();
    for set in ["engine_64", "engine_512", "short_bursts", "tiny_128"] {
        let alone = beside_engine(target, set, false)?;
        let with = beside_engine(target, set, true)
            .with_context(|| format!("{set}, beside background zeroing"))?;
        for ((channel, alone), (_, with)) in alone.into_iter().zip(with) {
            let most = alone.into_iter().max().context("no beat")?;
            let mut worst = Worst::default();
            for cycles in with {
                worst.add(cycles.saturating_sub(most), || format!("{set}, {channel}"));
            }
            cases.push(Behind {
                set,
                channel,
                alone: most,
                worst,
            });
        }
        tick();
    }
    let worst = cases
        .iter()
        .fold(Worst::default(), |worst, case| worst.join(&case.worst));
    Ok(BehindEngine {
        figure: Figure::new(
            worst,
            Some(BEHIND_ENGINE),
            "address and beat offered by the guest, the later -> the same offered to memory, beyond the most without the engine",
            format!(
                "the engine zeroing in the background, no cap; {SAMPLES} writes and reads of 1 and 2 beats to a resident page, one \
                 at a time, at changing distances"
            ),
        ),
        cases,
    })
}

/// What addresses and first beats of data wait for on their way to memory, by channel.
fn beside_engine(target: Target, set: &str, busy: bool) -> Result<[(&'static str, Vec<u64>); 3]> {
    let mut bench = Bench::new(target, set, LATENCY, 0)?;
    bench.stock(PAGES)?;
    bench.convert(&[0])?;
    if busy {
        bench.background()?;
    }
    let program = (0..SAMPLES).flat_map(|i| {
        let beats = 1 + i % 2;
        let op = if i % 4 == 3 {
            bench.read(0, beats, 0)
        } else {
            bench.write(0, beats, 0, i)
        };
        [op, Op::Fence, Op::Delay(u64::from(i * 7 % 23))]
    });
    let program = program.collect();
    bench.run(vec![program])?;
    ensure!(
        !busy || bench.system.node.zeroing() != Some(0),
        "the engine had too little to do"
    );
    let seen: &Port = bench.seen(0);
    let both = seen.aw.offered.iter().zip(&seen.w.ends);
    let complete: Vec<u64> = both.map(|(address, data)| *address.max(data)).collect();
    let waits = [
        ("AR", between(&seen.ar.offered, &seen.m_ar.offered)),
        ("AW", between(&complete, &seen.m_aw.offered)),
        ("W", between(&complete, &seen.m_w.starts)),
    ];
    bench.finish()?;
    Ok(waits)
}
