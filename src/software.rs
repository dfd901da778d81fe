//! The core of the simulation `SoC`: zeroing in software, and what the engine spares it.
//!
//! The firmware's jobs are those of `docs/firmware.md`. The loop is the best that this core can do: 256 `sw` in a row
//! and one branch, through the cached window (write-through, no allocation; the other window is equally fast). Every
//! page costs the same, but for the rows of a DRAM; the start costs some 500 cycles, most of them for the instruction
//! cache. So a few pages tell the rate, and where pages are cheap there are enough of them that the start does not show.
#![cfg_attr(
    not(feature = "rtl"),
    allow(
        dead_code,
        reason = "the core exists as RTL only, so nothing makes these then"
    )
)]

use serde::Serialize;

use crate::image::Image;
use crate::memories::Setting;

/// The core, as LiteX names its configuration.
const CORE: &str = "VexRiscv_IMAC";
/// The image's store loop.
const LOOP: &str = "256 x sw unrolled";
/// Origin of everything here.
const ORIGIN: &str = "RTL";

/// How the bridge to memory answers the core's stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At their B.
    AtB,
    /// When they are accepted, up to eight of them at a time.
    Posted,
    /// The same, and neighbours become one beat.
    Merged,
}

impl Mode {
    /// From weak to strong.
    pub const ALL: [Self; 3] = [Self::AtB, Self::Posted, Self::Merged];

    /// Strap `posted`.
    pub fn posted(self) -> bool {
        self != Self::AtB
    }

    /// Strap `merge`.
    pub fn merge(self) -> bool {
        self == Self::Merged
    }
}

/// A few pages zeroed by the core.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The core.
    pub core: &'static str,
    /// `ideal`, `sdr` or `ddr3`.
    pub memory: &'static str,
    /// Cycles from last W to B; `null` where the memory decides.
    pub b_latency: Option<u32>,
    /// The store loop.
    #[serde(rename = "loop")]
    pub store_loop: &'static str,
    /// Stores are acknowledged when they are accepted.
    pub posted: bool,
    /// Neighbouring stores share a beat.
    pub merge: bool,
    /// Pages zeroed.
    pub pages: u32,
    /// Until the last store is performed.
    pub cycles: u64,
    /// Bytes over cycles.
    pub bytes_per_cycle: f64,
    /// The fastest of all rows.
    pub best: bool,
    /// Where the numbers come from.
    pub origin: &'static str,
}

/// The first frames of a list, zeroed by the core.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Pages zeroed.
    pub pages: u32,
    /// Until the last store is performed.
    pub cycles: u64,
    /// Cycles over pages.
    pub cycles_per_page: f64,
    /// The store loop.
    #[serde(rename = "loop")]
    pub store_loop: &'static str,
    /// Stores are acknowledged when they are accepted.
    pub posted: bool,
    /// Neighbouring stores share a beat.
    pub merge: bool,
    /// Where the numbers come from.
    pub origin: &'static str,
}

/// Core cycles that zeroing `pages` pages costs, both ways, on one memory.
///
/// Runs of `window` cycles do as many rounds of other work (arithmetic in registers) as they can: alone; after the core
/// has zeroed the pages itself; and while the core feeds the pages to the engine and serves its interrupts between
/// rounds. What zeroing cost the core is the window less the time that its rounds take when nothing is zeroed:
/// `cycles_core_zeroing` and `cycles_core_busy_with_engine`. The share freed is 1 - busy / zeroing.
///
/// The loop that serves the engine looks at a flag every 16 rounds, which the other two do not, so that its rounds are
/// slower throughout. That is the price of this way of waiting, not of a page: its rate is taken from itself, in a second
/// window behind the first, when all pages are zeroed; `flag_share` tells it apart. The rounds given are those of one window, flag included.
///
/// What it does not show: the work stays in registers and local RAM, so it is not slowed down by the engine's traffic
/// on the shared memory port. Work that misses its cache would be.
#[derive(Clone, Debug, Serialize)]
pub struct FreedOn {
    /// `ideal` or `ddr3`.
    pub memory: &'static str,
    /// Cycles from last W to B; `null` where the memory decides.
    pub b_latency: Option<u32>,
    /// Stores are acknowledged when they are accepted.
    pub posted: bool,
    /// Neighbouring stores share a beat.
    pub merge: bool,
    /// Pages zeroed, by the core and by the engine.
    pub pages: u32,
    /// Length of a run, in cycles.
    pub window: u32,
    /// What zeroing in software costs the core.
    pub cycles_core_zeroing: f64,
    /// What feeding the engine costs the core.
    pub cycles_core_busy_with_engine: f64,
    /// The same for one page.
    pub core_cycles_per_page_zeroing: f64,
    /// The same for one page.
    pub core_cycles_per_page_with_engine: f64,
    /// 1 - busy with engine / zeroing.
    pub freed_share: f64,
    /// Share of a round, in the run in which the engine zeroes, that looking at the interrupt's flag takes.
    pub flag_share: f64,
    /// Rounds of work in a run without zeroing.
    pub rounds_alone: u32,
    /// Rounds of work in the run in which the core zeroes.
    pub rounds_core_zeroing: u32,
    /// Rounds of work in the run in which the engine zeroes.
    pub rounds_engine_zeroing: u32,
    /// Interrupts that the engine's run served.
    pub interrupts: u32,
    /// Where the numbers come from.
    pub origin: &'static str,
}

/// [`FreedOn`] each memory.
#[derive(Clone, Debug, Serialize)]
pub struct Freed {
    /// The first of `memories` again: the core at its best on DDR3.
    #[serde(flatten)]
    pub headline: Option<FreedOn>,
    /// Every memory and strap.
    pub memories: Vec<FreedOn>,
}

#[cfg(not(feature = "rtl"))]
mod jobs {
    use anyhow::Result;

    use super::{Freed, Image, Listed, Mode, Row, Setting};

    pub fn run(_: &Image, _: u64, _: impl FnMut(usize)) -> Result<Vec<Row>> {
        Err(crate::target::no_rtl())
    }

    pub fn listed(_: &Image, _: &Setting, _: Mode, _: &[u32]) -> Result<Listed> {
        Err(crate::target::no_rtl())
    }

    pub fn freed(_: &Image, _: u32, _: bool, _: impl FnMut(usize)) -> Result<Freed> {
        Err(crate::target::no_rtl())
    }
}

pub use jobs::{freed, listed, run};

#[cfg(feature = "rtl")]
mod jobs {
    use anyhow::{Context, Result, ensure};
    use dormouse_firmware::mailbox::{ARGUMENTS, CYCLES, JOB, RESULTS, STATUS, WORK, ZERO};
    use dormouse_testbench::{
        memory::{Bytes, Memory, Rpa},
        soc::{Soc, Straps},
    };

    use super::{CORE, Freed, FreedOn, Image, LOOP, Listed, Mode, ORIGIN, Row, Setting};

    /// Pages of a row, at least and at most.
    const FEW: u32 = 4;
    const MOST: u32 = 256;

    /// Cycles that one store may take before the core counts as hung.
    const PATIENCE: u64 = 1000;
    /// Cycles of start-up, and of the sweep over the node's frames.
    const START: u64 = 2_000_000;

    type AnySoc = Soc<Box<dyn Memory + Send>>;

    /// What a job left in the mailbox.
    struct Done {
        cycles: u64,
        results: [u32; 6],
    }

    fn soc(image: &Image, setting: &Setting, mode: Mode) -> Result<AnySoc> {
        let memory = setting.spec.build(&AnySoc::config())?;
        let straps = Straps {
            posted: mode.posted(),
            merge: mode.merge(),
        };
        Soc::new(&image.data, memory, straps).with_context(|| image.path.display().to_string())
    }

    fn job(soc: &mut AnySoc, job: u32, arguments: &[u32], limit: u64) -> Result<Done> {
        let mailbox = soc.mailbox();
        mailbox.fill(0);
        mailbox[JOB] = job;
        mailbox[ARGUMENTS..][..arguments.len()].copy_from_slice(arguments);
        let code = soc
            .run(START + limit)
            .with_context(|| format!("job {job} of the image"))?;
        ensure!(
            code == 0,
            "job {job} of the image ended with exit code {code}; console: {:?}",
            soc.console()
        );
        let mailbox = soc.mailbox();
        ensure!(
            mailbox[STATUS] == 1,
            "the image left no status: it is not the image that docs/firmware.md describes"
        );
        let mut results = [0; 6];
        results.copy_from_slice(&mailbox[RESULTS..RESULTS + 6]);
        Ok(Done {
            cycles: u64::from(mailbox[CYCLES + 1]) << 32 | u64::from(mailbox[CYCLES]),
            results,
        })
    }

    /// Has the core zero these frames. They hold no zeroes before and nothing else after, their neighbours stay.
    fn zero(image: &Image, setting: &Setting, mode: Mode, frames: &[u32]) -> Result<u64> {
        let mut soc = soc(image, setting, mode)?;
        let config = AnySoc::config();
        let page = Bytes(config.page_bytes().into());
        let is_zero = |soc: &AnySoc, frame: u32| {
            let at = Rpa(u64::from(frame) << config.page_shift);
            soc.memory.store().is_zero(at, page)
        };
        let list = soc.frame_list();
        ensure!(
            frames.len() <= list.len(),
            "{} frames do not fit into the core's list of {}",
            frames.len(),
            list.len()
        );
        list[..frames.len()].copy_from_slice(frames);
        for &frame in frames {
            ensure!(!is_zero(&soc, frame), "frame {frame} is zero beforehand");
        }
        let count = frames.len() as u32;
        let stores = u64::from(count) * u64::from(config.page_bytes() / 4);
        let done = job(&mut soc, ZERO, &[0, count, 1, 0], stores * PATIENCE)?;
        let bytes = u64::from(done.results[1]) << 32 | u64::from(done.results[0]);
        ensure!(
            bytes == stores * 4,
            "the image says that it zeroed {bytes} bytes of {}",
            stores * 4
        );
        let listed: std::collections::HashSet<u32> = frames.iter().copied().collect();
        for &frame in frames {
            ensure!(is_zero(&soc, frame), "the core left frame {frame} not zero");
            let next = (frame + 1) % config.real_frames;
            ensure!(
                listed.contains(&next) || !is_zero(&soc, next),
                "the core zeroed frame {next}, which nobody asked for"
            );
        }
        ensure!(done.cycles > 0, "the image measured no cycles");
        Ok(done.cycles)
    }

    /// As many pages as take some `budget` cycles, 4 to 256, on every memory, with every strap; `tick` is called after
    /// each, with the number of all.
    ///
    /// # Errors
    /// The image fails, or did not zero what it should.
    pub fn run(image: &Image, budget: u64, mut tick: impl FnMut(usize)) -> Result<Vec<Row>> {
        let mut settings: Vec<Setting> = [1, 4, 32, 100].map(Setting::ideal).into();
        settings.extend([Setting::sdr()?, Setting::ddr3()?]);
        let frames: Vec<u32> = (0..MOST).map(|page| 0x1234 + page).collect();
        let page_bytes = f64::from(AnySoc::config().page_bytes());
        let mut rows = Vec::new();
        for setting in &settings {
            for mode in Mode::ALL {
                let zero = |pages: u32| {
                    zero(image, setting, mode, &frames[..pages as usize])
                        .with_context(|| format!("software zeroing, {}, {mode:?}", setting.name()))
                };
                let (mut pages, mut cycles) = (FEW, zero(FEW)?);
                if cycles < budget {
                    pages = (budget * u64::from(FEW) / cycles).min(MOST.into()) as u32;
                    cycles = zero(pages)?;
                }
                rows.push(Row {
                    core: CORE,
                    memory: setting.memory,
                    b_latency: setting.b_latency,
                    store_loop: LOOP,
                    posted: mode.posted(),
                    merge: mode.merge(),
                    pages,
                    cycles,
                    bytes_per_cycle: f64::from(pages) * page_bytes / cycles as f64,
                    best: false,
                    origin: ORIGIN,
                });
                tick(settings.len() * Mode::ALL.len());
            }
        }
        // The first of equals: the simplest that is as fast.
        let rate = rows
            .iter()
            .map(|row| row.bytes_per_cycle)
            .fold(0.0, f64::max);
        if let Some(best) = rows.iter_mut().find(|row| row.bytes_per_cycle >= rate) {
            best.best = true;
        }
        Ok(rows)
    }

    /// These frames, in this order.
    ///
    /// # Errors
    /// As [`run`].
    pub fn listed(image: &Image, setting: &Setting, mode: Mode, frames: &[u32]) -> Result<Listed> {
        let cycles = zero(image, setting, mode, frames)?;
        Ok(Listed {
            pages: frames.len() as u32,
            cycles,
            cycles_per_page: cycles as f64 / frames.len() as f64,
            store_loop: LOOP,
            posted: mode.posted(),
            merge: mode.merge(),
            origin: ORIGIN,
        })
    }

    /// Core cycles that the engine spares on DDR3 and on an ideal memory with B latency 32: `pages` pages for a core at its
    /// best, an eighth of them for one whose stores wait. `brief`: only the first of the four.
    ///
    /// # Errors
    /// As [`run`].
    pub fn freed(
        image: &Image,
        pages: u32,
        brief: bool,
        mut tick: impl FnMut(usize),
    ) -> Result<Freed> {
        let mut cases = Vec::new();
        for setting in crate::memories::compared()? {
            cases.extend([Mode::Merged, Mode::AtB].map(|mode| (setting.clone(), mode)));
        }
        cases.truncate(if brief { 1 } else { cases.len() });
        let mut memories = Vec::new();
        for (setting, mode) in &cases {
            let pages = if mode.posted() {
                pages
            } else {
                pages.div_ceil(8)
            };
            let on = freed_on(image, setting, *mode, pages)
                .with_context(|| format!("cycles freed, {}, {mode:?}", setting.name()))?;
            memories.push(on);
            tick(cases.len());
        }
        Ok(Freed {
            headline: memories.first().cloned(),
            memories,
        })
    }

    fn freed_on(image: &Image, setting: &Setting, mode: Mode, pages: u32) -> Result<FreedOn> {
        let frames: Vec<u32> = (0..pages).collect();
        let zeroing = zero(image, setting, mode, &frames)?;
        // Room for either way of zeroing, and for work behind it.
        let window = u32::try_from(zeroing + zeroing / 4 + u64::from(pages) * 1024 + 20_000)
            .context("too many pages for one run")?;
        let run = |how: u32, window: u32| -> Result<Done> {
            let mut soc = soc(image, setting, mode)?;
            job(&mut soc, WORK, &[how, pages, window], 4 * u64::from(window))
        };
        let [alone, engine, core] = [run(0, window)?, run(1, window)?, run(2, window)?];
        for (what, run) in [("engine", &engine), ("core", &core)] {
            ensure!(
                run.results[1] == pages,
                "the {what} zeroed {} of {pages} pages within {window} cycles",
                run.results[1]
            );
        }
        let longer = run(
            1,
            window
                .checked_mul(2)
                .context("too many pages for one run")?,
        )?;
        let rounds = |run: &Done| f64::from(run.results[0]);
        ensure!(
            rounds(&alone) > 0.0 && rounds(&longer) > rounds(&engine),
            "the core did no work"
        );
        let round = alone.cycles as f64 / rounds(&alone);
        let round_with_flag =
            (longer.cycles - engine.cycles) as f64 / (rounds(&longer) - rounds(&engine));
        let zeroing = core.cycles as f64 - rounds(&core) * round;
        let busy = engine.cycles as f64 - rounds(&engine) * round_with_flag;
        Ok(FreedOn {
            memory: setting.memory,
            b_latency: setting.b_latency,
            posted: mode.posted(),
            merge: mode.merge(),
            pages,
            window,
            cycles_core_zeroing: zeroing,
            cycles_core_busy_with_engine: busy,
            core_cycles_per_page_zeroing: zeroing / f64::from(pages),
            core_cycles_per_page_with_engine: busy / f64::from(pages),
            freed_share: 1.0 - busy / zeroing,
            flag_share: 1.0 - round / round_with_flag,
            rounds_alone: alone.results[0],
            rounds_core_zeroing: core.results[0],
            rounds_engine_zeroing: engine.results[0],
            interrupts: engine.results[3],
            origin: ORIGIN,
        })
    }
}
