//! One mode of a live boot on the SoC in RTL, whose guest and hyperkernel are cores.

use anyhow::{Context, Result, anyhow, bail, ensure};
use dormouse_driver::Policy;
use dormouse_firmware::mailbox;
use dormouse_testbench::{
    linux::{
        board::{Board, MARK_KERNEL, MARK_START},
        soc::{Event, Join, LinuxSoc},
    },
    memory::{Bytes, Memory, Rpa},
};

use super::run::{LOOK, Outcome, Screen, compare, hung};
use super::setup::Setup;

use crate::boot::setup::{Mode, PAGE_SHIFT, Size};
use crate::image::Image;
use crate::target::Target;

type Soc = LinuxSoc<Box<dyn Memory + Send>>;

/// Bytes of memory that there are.
pub fn real() -> Size {
    Size(u64::from(Soc::config().real_frames) << PAGE_SHIFT)
}

/// Fails where the SoC cannot be what the settings say.
///
/// # Errors
/// What is too large, or has no place here.
pub fn check(setup: &Setup, modes: &[Mode]) -> Result<()> {
    let config = Soc::config();
    let (pages, frames) = (config.guest_pages, config.real_frames);
    let mib = |count: u32| u64::from(count) >> (20 - PAGE_SHIFT);
    ensure!(
        setup.node.is_empty(),
        "the node of the SoC in RTL has fixed parameters: leave out [node], or use `--backend model`"
    );
    ensure!(
        setup.guest.pages() <= u64::from(pages),
        "guest is {}: the SoC in RTL has pages for {} MiB",
        setup.guest,
        mib(pages)
    );
    ensure!(
        !modes.contains(&Mode::EagerEngine) || setup.guest.pages() <= u64::from(frames),
        "guest is {}: all of it has to be zeroed before it starts, and the SoC in RTL has frames for {} MiB",
        setup.guest,
        mib(frames)
    );
    Ok(())
}

/// Words of the mailbox for a job.
fn job(job: u32, arguments: &[u32]) -> Vec<u32> {
    let mut words = vec![0; mailbox::ARGUMENTS + 5];
    words[mailbox::JOB] = job;
    words[mailbox::ARGUMENTS..][..arguments.len()].copy_from_slice(arguments);
    words
}

/// The job that serves the guest; `more` is a bit beside those of the policy.
fn host(setup: &Setup, more: u32) -> Vec<u32> {
    let policy = Policy::ELIDE | Policy::DETECT | Policy::HW_CONVERT;
    let flags = policy.bits() | mailbox::WAIT_FOR_MEMORY | more;
    job(mailbox::HOST, &[flags, setup.redormant_delay])
}

/// Boots in one mode.
///
/// # Errors
/// Stale data, a broken rule of the bus, a difference between model and RTL, a bus error, or no verdict.
pub fn boot(
    setup: &Setup,
    board: &Board,
    image: &Image,
    mode: Mode,
    target: Target,
    screen: &Screen,
) -> Result<Outcome> {
    let config = Soc::config();
    let real = real().0;
    let spec = setup.dram()?;
    let memory = if mode == Mode::Dormant {
        spec.build(&config)?
    } else {
        let bytes = Bytes(setup.guest.0.max(real));
        let mut memory = spec.build_sized(config.beat_bytes(), bytes)?;
        if mode == Mode::Ideal {
            memory.store_mut().zero_range(Rpa(0), bytes);
        }
        memory
    };
    let (join, words) = match mode {
        Mode::EagerEngine => (
            Join::Node,
            job(mailbox::FILL, &[setup.guest.pages() as u32]),
        ),
        Mode::Dormant => (Join::Node, host(setup, 0)),
        _ => (Join::Direct, Vec::new()),
    };
    let lockstep = target == Target::Lockstep;
    let mut soc = Soc::new(&image.data, &words, board, memory, join, lockstep)
        .with_context(|| image.path.display().to_string())?;
    // The sweep over the tables, one entry a cycle, begins with reset and comes before all that is counted.
    let sweep = match join {
        Join::Node => u64::from(config.guest_pages.max(config.real_frames)),
        Join::Direct => 0,
    };
    if mode == Mode::EagerEngine {
        match soc.run(sweep + setup.limit)? {
            Event::Exit(_) => soc.ended()?,
            _ => bail!(
                "the engine did not zero all frames within {} cycles",
                setup.limit
            ),
        }
        soc.join_directly();
    }
    watch(setup, &mut soc, sweep, mode, screen)?;
    let mut outcome = outcome(setup, &mut soc, sweep, mode)?;
    target.origin().clone_into(&mut outcome.origin);
    target.name().clone_into(&mut outcome.backend);
    if mode == Mode::Dormant {
        soc.stop(mailbox::GUESTS, mailbox::GUESTS_STOP)?;
        let results = soc.mailbox()[mailbox::RESULTS..][..6].to_vec();
        let [converted, elided, stores, doorbell, stalls, mapped] = results[..] else {
            unreachable!("six words")
        };
        outcome.conversions = u64::from(converted) + u64::from(mapped);
        outcome.elided = elided.into();
        outcome.redormanted = u64::from(stores) + u64::from(doorbell);
        outcome.stalls = stalls.into();
        outcome.frames_peak = soc.frames().1.into();
        outcome.real_bytes = real;
    }
    outcome.pages_compared = compared(setup, &soc, mode)?;
    Ok(outcome)
}

/// Runs until the guest's verdict.
fn watch(setup: &Setup, soc: &mut Soc, sweep: u64, mode: Mode, screen: &Screen) -> Result<()> {
    let end = sweep + setup.limit;
    let mut resets = setup
        .reset_hyperkernel
        .iter()
        .map(|cycle| sweep + cycle)
        .peekable();
    loop {
        // Not before the guest runs: until then there is nothing to take over.
        let now = soc.cycle();
        if soc.started().is_some() && resets.next_if(|at| *at <= now).is_some() {
            soc.reset_firmware(&host(setup, mailbox::RESUME))?;
        }
        let next = resets.peek().map_or(u64::MAX, |at| (*at).max(now + 1));
        let event = soc.run(end.min(now + LOOK).min(next));
        let cycle = soc.cycle().saturating_sub(sweep);
        let frames = (mode == Mode::Dormant).then(|| soc.frames().0);
        screen.show(&mut soc.console, cycle, frames);
        match event? {
            Event::Verdict => return Ok(()),
            Event::Exit(_) => {
                soc.ended()?;
                bail!("the hyperkernel ended in the middle");
            }
            Event::Limit if soc.cycle() >= end => return Err(hung(setup, soc.pc(), &soc.console)),
            Event::Limit => {}
        }
    }
}

fn outcome(setup: &Setup, soc: &mut Soc, sweep: u64, mode: Mode) -> Result<Outcome> {
    let start = soc.started().context("the guest did not start")? - sweep;
    let mark = |mark| {
        let at = soc.mark(mark).context("the ROM did not come to its end")?;
        Ok::<_, anyhow::Error>(start + at)
    };
    let (end, verdict) = soc.console.verdict.context("no verdict")?;
    let counts = soc.counts();
    Ok(Outcome {
        mode,
        backend: String::new(),
        guest_bytes: setup.guest.0,
        real_bytes: setup.guest.0,
        first_instruction_cycles: mark(MARK_START)?,
        init_cycles: start + soc.console.init.unwrap_or(end),
        end_cycles: start + end,
        verdict,
        conversions: 0,
        elided: 0,
        redormanted: 0,
        stalls: 0,
        frames_peak: setup.guest.pages(),
        console_lines: soc.console.lines,
        origin: String::new(),
        kernel_cycles: mark(MARK_KERNEL)?,
        sweep_cycles: sweep,
        instructions: soc.instructions(),
        fetched_lines: counts.fetched_lines,
        read_lines: counts.read_lines,
        writes: counts.writes,
        wait_cycles: counts.waits,
        bytes_written: soc.written,
        pages_compared: 0,
    })
}

/// Compares memory with what the guest stored, page by page.
fn compared(setup: &Setup, soc: &Soc, mode: Mode) -> Result<u64> {
    let frame = |rfn: u32| Rpa(u64::from(rfn) << PAGE_SHIFT);
    let places = (0..setup.guest.pages() as u32)
        .map(|gfn| {
            if mode != Mode::Dormant {
                return Ok(Some(frame(gfn)));
            }
            let place = soc.place(gfn)?;
            let place = place
                .map_err(|state| anyhow!("at the end the tag of page {gfn} says state {state}"))?;
            Ok(place.map(frame))
        })
        .collect::<Result<Vec<_>>>()?;
    compare(
        setup,
        |gpa| soc.stored(gpa.into()),
        soc.memory.store(),
        |gfn| places[gfn as usize],
    )
}
