//! The frames that a recorded boot zeroed, zeroed again in the same order: by the engine, and by software on the core.
//!
//! The engine is fed as a hyperkernel would feed it: up to [`BACKLOG`] frames wait in its queue, zeroed frames are taken
//! out of the pool as they come. A frame that occurs again is queued again only after it was taken, and holds a
//! pattern by then, so that each of its zeroings is checked by itself. Nothing is skipped: a run in which one event was
//! not zeroed is an error, not a result.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use dormouse_driver::{Node as Driver, Rfn};
use dormouse_testbench::{
    backend::Backend,
    memory::{Bytes, Memory, Rpa},
    recording::Recording,
    system::System,
};
use serde::Serialize;

use crate::image::Image;
use crate::memories::{self, Setting};
use crate::software;
use crate::target::Target;

/// Parameter set with a frame for each page of the recorded machine.
pub const SET: &str = "trace";
/// Frames that are kept queued, in the engine or in the pool.
const BACKLOG: usize = 64;
/// Cycles between two looks at an empty pool.
const PAUSE: u64 = 16;
/// Cycles that a frame may take before the engine counts as hung: a hundred for each beat, and a start.
const PATIENCE: u64 = 100 * 512 + 10_000;
/// Neither zero nor what an unwritten memory holds.
const PATTERN: u8 = 0xa5;

type AnyMemory = Box<dyn Memory + Send>;
type AnySystem = System<Box<dyn Backend>, AnyMemory>;

/// What zeroing the first events of the trace took.
#[derive(Clone, Debug, Serialize)]
pub struct Engine {
    /// Events, each of them a page zeroed and checked.
    pub pages: u32,
    /// From the first queue command to the last B.
    pub cycles: u64,
    /// Cycles over pages.
    pub cycles_per_page: f64,
    /// Events whose frame was still on its way from an earlier event, so that they had to wait.
    pub waits: u32,
    /// Where the numbers come from.
    pub origin: &'static str,
}

/// One memory.
#[derive(Clone, Debug, Serialize)]
pub struct OnMemory {
    /// `ideal` or `ddr3`.
    pub memory: &'static str,
    /// Cycles from last W to B; `null` where the memory decides.
    pub b_latency: Option<u32>,
    /// The engine.
    pub engine: Engine,
    /// The core at its best: stores posted and merged. `null` on the model, which has no core.
    pub software: Option<software::Listed>,
    /// The core where each store waits for its B.
    pub software_at_b: Option<software::Listed>,
    /// Cycles per page, `software` over `engine`.
    pub ratio: Option<f64>,
    /// Cycles per page, `software_at_b` over `engine`.
    pub ratio_at_b: Option<f64>,
}

/// The whole result.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// The trace's file.
    pub file: String,
    /// Events that were zeroed by the engine.
    pub events: usize,
    /// Events in the file.
    pub events_in_file: usize,
    /// Different frames among the events zeroed.
    pub frames: usize,
    /// The DDR3 memory again: the first of `memories`.
    #[serde(flatten)]
    pub headline: Option<OnMemory>,
    /// Every memory.
    pub memories: Vec<OnMemory>,
}

/// The events of a file, read before anything runs.
pub struct Input {
    file: String,
    events_in_file: usize,
    events: Vec<u32>,
}

impl Input {
    /// Reads the trace and keeps its first `pages` events.
    ///
    /// # Errors
    /// The file cannot be read to its end, names a frame that does not exist, or zeroes nothing.
    pub fn read(path: &Path, pages: Option<usize>) -> Result<Self> {
        let frames = Target::config(SET)?.real_frames;
        let recording = Recording::read(path, None, frames).context("trace")?;
        let mut events = recording.zeroed_frames();
        let (file, events_in_file) = (recording.file, events.len());
        ensure!(
            events_in_file > 0,
            "trace: {file}: no page is zeroed in it (kind Z)"
        );
        events.truncate(pages.unwrap_or(events_in_file));
        Ok(Self {
            file,
            events_in_file,
            events,
        })
    }

    /// Events to zero on each memory.
    pub fn len(&self) -> usize {
        self.events.len()
    }
}

/// Runs the trace on every memory; `progress` hears of the events done on the present one and its name.
/// The software's share is its first `software_pages` events, with an image; the cost of a page is constant.
///
/// # Errors
/// An event that was not zeroed, a bus rule broken, a difference in lockstep, or an image that fails.
pub fn run(
    target: Target,
    input: &Input,
    image: Option<&Image>,
    software_pages: usize,
    mut progress: impl FnMut(&str, usize),
) -> Result<Trace> {
    let mut memories = Vec::new();
    for setting in memories::compared()? {
        let name = setting.name();
        let engine = engine(target, &input.events, &setting, |done| {
            progress(&name, done);
        })
        .with_context(|| format!("the trace on the engine, {name}"))?;
        let first = &input.events[..input.events.len().min(software_pages)];
        let on_core = |straps| {
            image
                .map(|image| software::listed(image, &setting, straps, first))
                .transpose()
        };
        let software = on_core(software::Mode::Merged)
            .with_context(|| format!("the trace on the core, {name}"))?;
        let software_at_b = on_core(software::Mode::AtB)
            .with_context(|| format!("the trace on the core, {name}"))?;
        let ratio = |software: &Option<software::Listed>| {
            software
                .as_ref()
                .map(|software| software.cycles_per_page / engine.cycles_per_page)
        };
        memories.push(OnMemory {
            memory: setting.memory,
            b_latency: setting.b_latency,
            ratio: ratio(&software),
            ratio_at_b: ratio(&software_at_b),
            engine,
            software,
            software_at_b,
        });
    }
    let mut frames = input.events.clone();
    frames.sort_unstable();
    frames.dedup();
    Ok(Trace {
        file: input.file.clone(),
        events: input.events.len(),
        events_in_file: input.events_in_file,
        frames: frames.len(),
        headline: memories.first().cloned(),
        memories,
    })
}

fn engine(
    target: Target,
    events: &[u32],
    setting: &Setting,
    progress: impl FnMut(usize),
) -> Result<Engine> {
    let config = Target::config(SET)?;
    let mut system = System::new(target.node(SET)?, setting.spec.build(&config)?);
    if target == Target::Model {
        system = system.skipping();
    }
    // The sweep after reset.
    system.idle(config.real_frames.into());
    let result = feed(&mut system, events, progress);
    // What stopped the system says more than the register access that failed of it.
    system.check()?;
    let engine = result?;

    let page = Bytes(config.page_bytes().into());
    let mut listed = vec![false; config.real_frames as usize];
    for &frame in events {
        listed[frame as usize] = true;
    }
    let store = system.memory.store();
    for (frame, &listed) in listed.iter().enumerate() {
        let zero = store.is_zero(Rpa((frame as u64) << config.page_shift), page);
        ensure!(zero || !listed, "frame {frame} is not zero at the end");
        ensure!(
            !zero || listed,
            "frame {frame} is zero, and no event asked for it"
        );
    }
    system.finish()?;
    Ok(Engine {
        origin: target.origin(),
        ..engine
    })
}

/// Queues every event, takes every frame; returns what it took, without an origin.
fn feed(system: &mut AnySystem, events: &[u32], mut progress: impl FnMut(usize)) -> Result<Engine> {
    let mut driver = Driver::probe(&mut *system)?;
    let frames = driver.parameters().real_frames;
    driver.wait_ready(driver.parameters().sweep_cycles())?;
    driver.enable()?;

    let start = driver.bus().cycle();
    let mut takes = Takes::new(frames, driver.parameters().page_shift, events, start);
    let mut waits = 0;
    for (queued, &frame) in events.iter().enumerate() {
        while queued - takes.taken >= BACKLOG {
            takes.collect(&mut driver)?;
        }
        if takes.under_way[frame as usize] {
            waits += 1;
            while takes.under_way[frame as usize] {
                takes.collect(&mut driver)?;
            }
        }
        driver
            .queue(Rfn(frame))
            .with_context(|| format!("event {queued}, frame {frame}"))?;
        takes.under_way[frame as usize] = true;
        if queued % 512 == 0 {
            progress(queued);
        }
    }

    // Register accesses take cycles themselves, so the end is watched on the bus. A pause between two frames
    // looks like the end too: the count of zeroed frames tells.
    let limit = driver.bus().cycle() + BACKLOG as u64 * PATIENCE;
    let end = loop {
        let quiet = driver.bus().run_until(limit, |system| {
            let request = &system.outputs().axi;
            let idle = !request.aw_valid && !request.w_valid;
            idle && !system.memory.outputs().b_valid && system.memory.in_flight() == 0
        });
        let end = driver.bus().cycle();
        driver.bus().idle(PAUSE);
        let zeroed = driver.frames_zeroed()? as usize;
        if zeroed == events.len() {
            break end;
        }
        ensure!(
            quiet && end < limit,
            "the engine hangs: {zeroed} of {} frames zeroed",
            events.len()
        );
    };
    while takes.taken < events.len() {
        takes.collect(&mut driver)?;
    }
    progress(events.len());
    let bad = driver.bad()?;
    ensure!(
        bad == 0,
        "{bad} frames became bad on a memory without errors"
    );
    let cycles = end - start;
    Ok(Engine {
        pages: events.len() as u32,
        cycles,
        cycles_per_page: cycles as f64 / events.len() as f64,
        waits,
        origin: "",
    })
}

/// Frames that come back from the engine.
struct Takes {
    page_shift: u8,
    /// Frames queued and not yet taken.
    under_way: Vec<bool>,
    /// Events to come, of each frame.
    left: Vec<u32>,
    taken: usize,
    /// Cycle in which the pool last held a frame.
    last: u64,
}

impl Takes {
    fn new(frames: u32, page_shift: u8, events: &[u32], now: u64) -> Self {
        let mut left = vec![0; frames as usize];
        for &frame in events {
            left[frame as usize] += 1;
        }
        Self {
            page_shift,
            under_way: vec![false; frames as usize],
            left,
            taken: 0,
            last: now,
        }
    }

    /// Takes and checks what the pool holds, or waits a little when that is nothing.
    fn collect(&mut self, driver: &mut Driver<&mut AnySystem>) -> Result<()> {
        let level = driver.pool_level()?;
        let cycle = driver.bus().cycle();
        if level == 0 {
            ensure!(
                cycle - self.last < PATIENCE,
                "the engine hangs: no frame in {PATIENCE} cycles, {} taken",
                self.taken
            );
            driver.bus().idle(PAUSE);
            return Ok(());
        }
        self.last = cycle;
        let page = Bytes(1 << self.page_shift);
        for _ in 0..level {
            let frame = driver.take()?;
            let index = frame.0 as usize;
            ensure!(
                self.under_way.get(index) == Some(&true),
                "frame {frame} came out of the pool and was not queued"
            );
            let at = Rpa(u64::from(frame.0) << self.page_shift);
            let store = driver.bus().memory.store_mut();
            ensure!(
                store.is_zero(at, page),
                "frame {frame} came out of the pool and is not zero"
            );
            self.under_way[index] = false;
            self.left[index] -= 1;
            if self.left[index] > 0 {
                store.fill(at, page, PATTERN);
            }
            self.taken += 1;
        }
        Ok(())
    }
}
