//! The zeroing engine by itself: 64 pages at once or one alone, at every width and latency of the
//! performance contract.

use anyhow::{Context, ensure};
use dormouse_driver::{
    Node as Driver, Rfn,
    regs::{Control, Register},
};
use dormouse_model::axi::AxilReq;
use dormouse_testbench::{
    memory::{Bytes, IdealParams, MemorySpec, Rpa},
    system::System,
};
use serde::Serialize;

use crate::target::Target;

/// Pages of one measurement.
pub const PAGES: u32 = 64;

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Data width, bits.
    pub data_width: u16,
    /// The memory: `ideal`, `sdr` or `ddr3`.
    pub memory: &'static str,
    /// Cycles from last W to B; `null` where the memory decides.
    pub b_latency: Option<u32>,
    /// Cycles in which `WREADY` is low, percent.
    pub w_stall: u8,
    /// `scattered`, `contiguous` or `single`.
    pub pattern: &'static str,
    /// Pages zeroed.
    pub pages: u32,
    /// From the first frame accepted to the last B.
    pub cycles: u64,
    /// From the first frame accepted to the first W beat.
    pub start_latency: u64,
    /// Longest pause between the last beat of a page and the first of the next.
    pub page_gap_max: u64,
    /// Beats over cycles.
    pub beats_per_cycle: f64,
    /// Bytes over cycles.
    pub bytes_per_cycle: f64,
    /// What the contract allows for `cycles`, where it speaks of this case.
    pub contract: Option<u64>,
    /// Where the numbers come from.
    pub origin: &'static str,
}

/// A memory to measure with.
struct Case {
    set: &'static str,
    memory: &'static str,
    b_latency: Option<u32>,
    w_stall: u8,
    spec: MemorySpec,
}

fn cases() -> anyhow::Result<Vec<Case>> {
    let ideal = |set, b_latency, w_stall| Case {
        set,
        memory: "ideal",
        b_latency: Some(b_latency),
        w_stall,
        spec: MemorySpec::Ideal(IdealParams {
            b_latency,
            w_stall,
            ..IdealParams::default()
        }),
    };
    let mut cases = Vec::new();
    for set in [
        "engine_32",
        "engine_64",
        "engine_128",
        "engine_256",
        "engine_512",
    ] {
        cases.extend([4, 32, 100].map(|latency| ideal(set, latency, 0)));
        cases.push(ideal(set, 32, 25));
        for (memory, spec) in [
            ("sdr", MemorySpec::sdr_preset()?),
            ("ddr3", MemorySpec::ddr3_preset()?),
        ] {
            cases.push(Case {
                set,
                memory,
                b_latency: None,
                w_stall: 0,
                spec,
            });
        }
    }
    Ok(cases)
}

/// Frames of a pattern: all different, within `frames`.
fn pattern(name: &str, frames: u32) -> Vec<u32> {
    match name {
        "single" => vec![frames / 2 + 1],
        "contiguous" => (0..PAGES).map(|i| frames / 4 + i).collect(),
        // An odd stride visits every frame of a power of two once.
        _ => (0..PAGES).map(|i| (i * 2731 + 17) % frames).collect(),
    }
}

/// All measurements; `tick` is called after each, with the number of all.
pub fn run(target: Target, mut tick: impl FnMut(usize)) -> anyhow::Result<Vec<Row>> {
    let cases = cases()?;
    let total = cases.len() * 3;
    let mut rows = Vec::with_capacity(total);
    for case in &cases {
        for name in ["scattered", "contiguous", "single"] {
            let row = measure(target, case, name)
                .with_context(|| format!("{}, {} memory, {name}", case.set, case.memory))?;
            rows.push(row);
            tick(total);
        }
    }
    Ok(rows)
}

fn measure(target: Target, case: &Case, name: &'static str) -> anyhow::Result<Row> {
    let config = Target::config(case.set)?;
    let frames = pattern(name, config.real_frames);
    let mut system = System::new(target.node(case.set)?, case.spec.build(&config)?);

    let mut driver = Driver::probe(&mut system)?;
    driver.wait_ready(driver.parameters().sweep_cycles())?;
    for &frame in &frames {
        driver.queue(Rfn(frame))?;
    }

    // From here on every cycle is watched, beginning with the write that enables the engine.
    let page_beats = u64::from(config.page_beats());
    let bursts = u64::from(config.bursts_per_page()) * frames.len() as u64;
    let mut req = AxilReq {
        aw_valid: true,
        aw_addr: Control::OFFSET,
        w_valid: true,
        w_data: Control::ENABLE.bits(),
        w_strb: 0b1111,
        b_ready: true,
        r_ready: true,
        ..AxilReq::default()
    };
    let (mut accepted, mut first_beat, mut last_beat) = (None, None, 0);
    let (mut beats, mut answers, mut page_gap_max, mut end) = (0, 0, 0, 0);
    let limit = system.cycle() + 100 * page_beats * frames.len() as u64 + 10_000;
    while answers < bursts {
        ensure!(
            system.cycle() < limit,
            "{answers} of {bursts} bursts answered after {limit} cycles"
        );
        system.drive(req);
        let cycle = system.cycle();
        let out = *system.outputs();
        let memory = *dormouse_testbench::memory::Memory::outputs(&system.memory);
        let idle = system.node.zeroing() == Some(0);
        system.step();
        system.check()?;
        req.aw_valid &= !out.axil.aw_ready;
        req.w_valid &= !out.axil.w_ready;
        if idle && system.node.zeroing() == Some(1) {
            accepted.get_or_insert(cycle);
        }
        if out.axi.w_valid && memory.w_ready {
            first_beat.get_or_insert(cycle);
            if beats > 0 && beats % page_beats == 0 {
                page_gap_max = page_gap_max.max(cycle - last_beat - 1);
            }
            beats += 1;
            last_beat = cycle;
        }
        if memory.b_valid && out.axi.b_ready {
            answers += 1;
            end = cycle;
        }
    }
    let (Some(accepted), Some(first_beat)) = (accepted, first_beat) else {
        anyhow::bail!("the engine answered without having accepted a frame");
    };

    // What was measured is what was meant: these frames are zero, their neighbours untouched.
    let page = Bytes(config.page_bytes().into());
    let store = dormouse_testbench::memory::Memory::store(&system.memory);
    for &frame in &frames {
        let at = |frame: u32| Rpa(u64::from(frame) << config.page_shift);
        ensure!(store.is_zero(at(frame), page), "frame {frame} is not zero");
        let next = (frame + 1) % config.real_frames;
        ensure!(
            frames.contains(&next) || !store.is_zero(at(next), page),
            "frame {next} was touched"
        );
    }
    ensure!(
        beats == page_beats * frames.len() as u64,
        "{beats} beats were written"
    );
    system.drive(AxilReq {
        b_ready: true,
        r_ready: true,
        ..AxilReq::default()
    });
    system.idle(64);
    let mut driver = Driver::probe(&mut system)?;
    let counted = driver.cycles()?;
    ensure!(
        counted.busy == beats,
        "the busy counter says {}, and {beats} beats were seen",
        counted.busy
    );
    let zeroed = driver.frames_zeroed()?;
    ensure!(
        zeroed as usize == frames.len(),
        "{zeroed} frames count as zeroed"
    );
    system.finish()?;

    let cycles = end - accepted;
    let pages = frames.len() as u32;
    let contract = case
        .b_latency
        .filter(|_| case.w_stall == 0 && name != "contiguous")
        .and_then(|latency| match (config.data_width, name) {
            (64 | 128, "scattered") => {
                Some(1 + (page_beats * u64::from(PAGES) - 1) + u64::from(latency))
            }
            (64, "single") if latency == 32 => Some(544),
            _ => None,
        });
    Ok(Row {
        data_width: config.data_width,
        memory: case.memory,
        b_latency: case.b_latency,
        w_stall: case.w_stall,
        pattern: name,
        pages,
        cycles,
        start_latency: first_beat - accepted,
        page_gap_max,
        beats_per_cycle: beats as f64 / cycles as f64,
        bytes_per_cycle: (beats * u64::from(config.beat_bytes())) as f64 / cycles as f64,
        contract,
        origin: target.origin(),
    })
}
