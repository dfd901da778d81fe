//! One access after another, alone or beside other traffic.

use anyhow::{Context, Result, ensure};
use dormouse_testbench::{backend::Backend, probe::Port, vcpu::Op};

use super::bench::{Bench, LATENCY, PAGES, SETS, Worst};
use crate::target::Target;

/// An access with nothing else of its channel under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    ReadDormant,
    WriteDormant,
    ReadHit,
    WriteHit,
    ReadMiss,
    WriteMiss,
}

/// What else goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    Nothing,
    Channel,
    Engine,
    Ports(usize),
}

impl Access {
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadDormant => "read, dormant page",
            Self::WriteDormant => "write, dormant page",
            Self::ReadHit => "read, translation in the cache",
            Self::WriteHit => "write, translation in the cache",
            Self::ReadMiss => "read, translation not in the cache",
            Self::WriteMiss => "write, translation not in the cache",
        }
    }

    pub fn writes(self) -> bool {
        matches!(self, Self::WriteDormant | Self::WriteHit | Self::WriteMiss)
    }

    pub fn dormant(self) -> bool {
        matches!(self, Self::ReadDormant | Self::WriteDormant)
    }

    /// Accesses of a port, and what each is. Two pages 16 apart share a place in the cache, so they never hit in turn.
    pub fn accesses(self, bench: &Bench, port: usize, ports: usize) -> Vec<(Op, String)> {
        let longest = bench.longest();
        let shapes: Vec<(u32, u32)> = match self {
            Self::WriteDormant => [1, 2, 4, 16, longest]
                .into_iter()
                .flat_map(|beats| [(beats, 0), (beats, beats / 2), (beats, beats - 1)])
                .filter(|(beats, zeros)| *beats > 2 || *zeros < *beats / 2 + 1)
                .collect(),
            _ => [1, 2, 16, longest].map(|beats| (beats, 0)).into(),
        };
        let place = |i: usize| if i.is_multiple_of(2) { 0 } else { 16 };
        let pages: Vec<u32> = match self {
            Self::ReadDormant => (0..24).map(|i| i % PAGES).collect(),
            Self::WriteDormant => (0..PAGES).skip(port).step_by(ports).collect(),
            Self::ReadHit | Self::WriteHit => vec![0; 24],
            Self::ReadMiss | Self::WriteMiss => (0..24).map(place).collect(),
        };
        let each = pages.into_iter().enumerate().map(|(i, gfn)| {
            let (beats, zeros) = shapes[(i + 5 * port) % shapes.len()];
            if self.writes() {
                let shape = format!("{beats} beats, the first {zeros} zero");
                (bench.write(gfn, beats, zeros, 0), shape)
            } else {
                (bench.read(gfn, beats, 0), format!("{beats} beats"))
            }
        });
        each.collect()
    }

    /// What the port's other channel does at about the same time.
    pub fn companion(self, bench: &Bench, i: u32) -> Op {
        let gfn = if self.dormant() {
            PAGES + 1
        } else {
            16 * (i % 2)
        };
        if self.writes() {
            bench.read(gfn, 2, 1)
        } else {
            bench.write(gfn, 2, if self.dormant() { 2 } else { 0 }, 1)
        }
    }

    /// From the last input that it needs to its address at memory, or to its first beat of data where the gate answers.
    pub fn address(self, port: &Port) -> Vec<u64> {
        if self == Self::ReadDormant {
            return between(&port.ar.offered, &port.r.starts);
        }
        if !self.writes() {
            return between(&port.ar.offered, &port.m_ar.offered);
        }
        between(&Self::complete(port), &port.m_aw.offered)
    }

    /// When the guest has offered what a write needs: its address and all of its data.
    pub fn complete(port: &Port) -> Vec<u64> {
        let both = port.aw.offered.iter().zip(&port.w.ends);
        both.map(|(address, data)| *address.max(data)).collect()
    }

    /// The same to its first beat of data at memory.
    pub fn data(self, port: &Port) -> Vec<u64> {
        if self.writes() {
            between(&Self::complete(port), &port.m_w.starts)
        } else {
            Vec::new()
        }
    }
}

pub fn between(from: &[u64], to: &[u64]) -> Vec<u64> {
    from.iter().zip(to).map(|(from, to)| to - from).collect()
}

impl Traffic {
    pub fn name(self) -> String {
        match self {
            Self::Nothing => "nothing else".into(),
            Self::Channel => "the port's other channel, up to three cycles apart".into(),
            Self::Engine => "the engine zeroing in the background".into(),
            Self::Ports(ports) => format!("{ports} ports at once"),
        }
    }

    pub fn sets(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &SETS,
            Self::Channel | Self::Engine => &["engine_64", "engine_512", "short_bursts"],
            Self::Ports(4) => &["short_bursts"],
            Self::Ports(_) => &["short_bursts", "tiny_128"],
        }
    }

    /// Most cycles between a write's address and its data, one run each.
    pub fn skews(self) -> &'static [u8] {
        match self {
            Self::Nothing => &[0, 5],
            Self::Channel => &[3],
            Self::Engine | Self::Ports(_) => &[0],
        }
    }
}

/// All runs of one access beside one kind of traffic.
#[derive(Default)]
pub struct Measured {
    pub address: Worst,
    /// `address` of writes to dormant pages whose leading zeros were offered before their address.
    pub zeros_first: Worst,
    pub data: Worst,
    /// R beats and B on their way back, in cycles that the gate adds.
    pub answers: Worst,
    pub memory_beats: u64,
}

pub fn measure(target: Target, access: Access, beside: Traffic) -> Result<Measured> {
    let mut found = Measured::default();
    for set in beside.sets() {
        for &skew in beside.skews() {
            measure_set(target, set, skew, access, beside, &mut found)
                .with_context(|| format!("{set}, {}", access.name()))?;
        }
    }
    Ok(found)
}

pub fn measure_set(
    target: Target,
    set: &str,
    skew: u8,
    access: Access,
    beside: Traffic,
    found: &mut Measured,
) -> Result<()> {
    let mut bench = Bench::new(target, set, LATENCY, skew)?;
    if access != Access::ReadDormant {
        bench.stock(PAGES)?;
    }
    if !access.dormant() {
        bench.convert(&[0, 16])?;
    }
    if beside == Traffic::Engine {
        bench.background()?;
    }
    let ports = match beside {
        Traffic::Ports(ports) => ports,
        _ => 1,
    };
    let accesses: Vec<_> = (0..ports)
        .map(|port| access.accesses(&bench, port, ports))
        .collect();
    let program = |(port, accesses): (usize, &Vec<(Op, String)>)| {
        let mut program = vec![Op::Delay(port as u64)];
        for (i, (op, _)) in (0u32..).zip(accesses) {
            let other = (beside == Traffic::Channel).then(|| access.companion(&bench, i));
            // A write begins first: its address may come late.
            let (first, second) = if access.writes() {
                (Some(*op), other)
            } else {
                (other, Some(*op))
            };
            program.extend(first.into_iter().chain(second));
            program.extend([Op::Fence, Op::Delay(u64::from(i * 5 % 11) + port as u64)]);
        }
        program
    };
    let programs = accesses.iter().enumerate().map(program).collect();
    bench.run(programs)?;
    ensure!(
        beside != Traffic::Engine || bench.system.node.zeroing() != Some(0),
        "the engine had too little to do"
    );

    for (port, accesses) in accesses.iter().enumerate() {
        let seen = bench.seen(port);
        let (address, data) = (access.address(seen), access.data(seen));
        ensure!(address.len() == accesses.len(), "{} seen", address.len());
        // The first fills the cache.
        let warm = usize::from(!access.dormant());
        let at = |i: usize| {
            let skewed = if skew == 0 {
                ""
            } else {
                ", address and data apart"
            };
            format!("{set}, {}{skewed}", accesses[i].1)
        };
        for (i, cycles) in address.iter().enumerate().skip(warm) {
            let zeros_first = access == Access::WriteDormant
                && seen.w.starts[i] < seen.aw.offered[i]
                && seen.w.starts[i] < seen.nonzero[i];
            let found = if zeros_first {
                &mut found.zeros_first
            } else {
                &mut found.address
            };
            found.add(*cycles, || at(i));
        }
        for (i, cycles) in data.iter().enumerate().skip(warm) {
            found.data.add(*cycles, || at(i));
        }
        if access != Access::ReadDormant {
            let r = between(&seen.m_r.offered, &seen.r.offered);
            let b = between(&seen.m_b.offered, &seen.b.offered);
            for cycles in r.into_iter().chain(b) {
                found.answers.add(cycles, || set.to_owned());
            }
        }
    }
    found.memory_beats += bench.system.node.memory_beats;
    bench.finish()
}
