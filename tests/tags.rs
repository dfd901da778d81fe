//! What tags cost: how fast pages change, how long an access waits for the tag of its page, and that neither hangs on
//! what other pages do.

#[macro_use]
mod common;

use common::{Build, Driver, Extra, Target, ideal};
use dormouse_driver::{Gfn, PageMark, Rfn, Status};
use dormouse_testbench::vcpu::{Op as Guest, VcpuParams};

/// Three ports, 50 pages, 40 frames, pool of 32.
const THREE: &str = "tiny_128";
/// Four ports, 33 pages, 40 frames, pool of 4, eight accesses of a kind under way.
const FOUR: &str = "guest_4";
/// Thousands of pages, one port.
const ONE: &str = "engine_64";

/// Most cycles from a dormant read to its first beat, whatever other pages do: P14.
const STORM_READ: u64 = 8;
/// The same while nothing else happens: P6.
const CALM_READ: u64 = 3;

/// Cycles of the scrub for a page, whatever else the tag table does, and for its end to be read.
const SCRUB_PAGE: u64 = 23;
const STATUS_READ: u64 = 20;

/// A driver with vCPUs whose pool has `frames` frames, all pages dormant, the engine at rest.
fn guests(target: Target, set: &str, frames: u32) -> Driver {
    eager_guests(target, set, frames, &VcpuParams::default())
}

fn eager_guests(target: Target, set: &str, frames: u32, params: &VcpuParams) -> Driver {
    let mut driver = target.guests(set, &ideal(1), params);
    driver.mark_all(PageMark::Dormant).unwrap();
    driver.enable().unwrap();
    // No more than the queue holds at a time.
    for rfn in 0..frames {
        driver.queue(Rfn(rfn)).unwrap();
        if rfn % 8 == 7 {
            driver.settle();
        }
    }
    driver.settle();
    driver.disable().unwrap();
    while driver.status().unwrap().contains(Status::SCRUB_BUSY) {}
    driver
}

/// Cycles of a load of one beat of a page by an idle port, from its AR on, with whatever else goes on.
fn load(driver: &mut Driver, port: usize, gfn: u32) -> u64 {
    let bench = driver.bus();
    let program = [bench.load(gfn)];
    bench.run(port, &program);
    let start = bench.0.cycle();
    bench.until(10_000, |system| system.guests.vcpus[port].done());
    bench.0.cycle() - start
}

on_every_backend! {
    fn conversions_with_a_full_pool_take_two_cycles_each_with_two_ports_and_three_with_one(target) {
        for (set, ports, each) in [(THREE, 3, 2), (THREE, 2, 2), (THREE, 1, 3), (ONE, 1, 3)] {
            let pages = 30;
            let mut driver = guests(target, set, pages);
            let bench = driver.bus();
            let before = bench.log().bursts.len();
            for port in 0..ports {
                let program: Vec<_> = (0..pages).filter(|gfn| gfn % ports == port).map(|gfn| bench.store(gfn, 7)).collect();
                bench.run(port as usize, &program);
            }
            bench.until_done(1000);
            let bursts = &bench.log().bursts[before..];
            assert_eq!(bursts.len(), pages as usize, "{set}");
            let cycles = bursts[bursts.len() - 1].0 - bursts[2].0;
            assert_eq!(cycles, each * (u64::from(pages) - 3), "{set}, {ports} ports: {bursts:?}");
            driver.pages_are_right();
            driver.finish();
        }
    }

    fn a_dormant_read_waits_a_few_cycles_whatever_pages_of_other_ports_do(target) {
        // The last bits of the pages that change are those of the page that is read, or are not.
        for (read, step) in [(48, 16), (48, 1), (49, 1)] {
            let mut driver = guests(target, THREE, 32);
            let calm = load(&mut driver, 2, read);
            let bench = driver.bus();
            let pages: Vec<u32> = (0..16).flat_map(|first| (first..48).step_by(16)).collect();
            let pages: Vec<u32> = if step == 1 { (0..48).collect() } else { pages };
            for port in 0..2 {
                let half: Vec<_> = pages.iter().take(32).skip(port).step_by(2).map(|&gfn| bench.store(gfn, 7)).collect();
                bench.run(port, &half);
            }
            let mut reads = 0;
            while !driver.bus().0.guests.vcpus[0].done() {
                let cycles = load(&mut driver, 2, read);
                assert!(cycles <= calm - CALM_READ + STORM_READ, "page {read}: {cycles} cycles, {calm} when it is calm");
                reads += 1;
            }
            assert!(reads >= 4, "{reads} reads");
            driver.bus().until_done(1000);
            driver.pages_are_right();
            driver.finish();
        }
    }

    fn a_conversion_that_waits_for_its_frame_is_not_touched_by_marks_of_other_pages(target) {
        // The last bits of 24 are those of 40.
        for marked in [24, 41] {
            let mut driver = guests(target, THREE, 0);
            driver.enable().unwrap();
            driver.queue(Rfn(0)).unwrap();
            let bench = driver.bus();
            let program = [bench.store(40, 7)];
            bench.run(0, &program);
            for _ in 0..4 {
                driver.mark(Gfn(marked), PageMark::Dormant).unwrap();
            }
            assert!(!driver.bus().0.guests.vcpus[0].done(), "it waits");
            driver.bus().until_done(1000);
            // It waited for most of a page's 256 beats, and was waiting all that time.
            let bins = driver.conversion_histogram().unwrap().bins;
            assert_eq!(bins.iter().sum::<u32>(), 1);
            assert_eq!(bins[8..].iter().sum::<u32>(), 1, "{bins:?}");
            assert_eq!(driver.gate_counters().unwrap().demand_conversions, 1);
            driver.pages_are_right();
            driver.finish();
        }
    }

    fn single_beats_that_all_miss_the_cache_go_at_one_a_cycle(target) {
        let eager = VcpuParams { reads: 16, writes: 16, ..VcpuParams::default() };
        // Groups of ports that read and that write at the same time.
        for (set, pages, reads, writes) in [(ONE, 48, 1, 0), (ONE, 48, 0, 1), (FOUR, 33, 1, 1)] {
            let mut driver = eager_guests(target, set, 4, &eager);
            driver.enable().unwrap();
            for rfn in 4..pages {
                driver.map_range(Gfn(rfn - 4)..Gfn(rfn - 3)).unwrap();
                driver.queue(Rfn(rfn)).unwrap();
                driver.settle();
            }
            driver.map_range(Gfn(pages - 4)..Gfn(pages)).unwrap();
            let before = driver.gate_counters().unwrap().translation_misses;
            let bench = driver.bus();
            let rounds = 8;
            let gfns = || (0..rounds).flat_map(|_| 0..pages);
            let (load, store) = (gfns().map(|gfn| bench.load(gfn)).collect::<Vec<_>>(), gfns().map(|gfn| bench.store(gfn, 7)).collect::<Vec<_>>());
            let start = bench.0.cycle();
            (0..reads).for_each(|port| bench.run(port, &load));
            (reads..reads + writes).for_each(|port| bench.run(port, &store));
            bench.until_done(100_000);
            let (cycles, beats) = (bench.0.cycle() - start, u64::from(rounds * pages));
            assert!(cycles <= beats + 16, "{set}: {cycles} cycles for {beats} beats each of {reads} reading and {writes} writing ports");
            let missed = driver.gate_counters().unwrap().translation_misses - before;
            let bursts = (reads + writes) as u32 * rounds * pages;
            assert!(missed >= bursts * 9 / 10, "{set}: {missed} of {bursts} missed");
            driver.pages_are_right();
            driver.finish();
        }
    }

    fn a_page_that_a_port_has_just_converted_is_in_its_cache(target) {
        let mut driver = guests(target, THREE, 1);
        let bench = driver.bus();
        let program = [bench.store(3, 7), Guest::Fence, bench.load(3), Guest::Fence, bench.store(3, 9)];
        bench.run(0, &program);
        bench.until_done(200);
        assert_eq!(driver.gate_counters().unwrap().translation_misses, 1);
        driver.finish();
    }

    fn the_scrub_ends_while_every_port_looks_tags_up_all_the_time(target) {
        let eager = VcpuParams { reads: 16, ..VcpuParams::default() };
        let mut driver = eager_guests(target, THREE, 0, &eager);
        let pages = u64::from(driver.parameters().guest_pages);
        let bench = driver.bus();
        let program: Vec<_> = (0..4000).map(|_| bench.load(5)).collect();
        (0..3).for_each(|port| bench.run(port, &program));
        for _ in 0..5 {
            driver.mark_all(PageMark::Dormant).unwrap();
            let start = driver.bus().0.cycle();
            while driver.status().unwrap().contains(Status::SCRUB_BUSY) {}
            let cycles = driver.bus().0.cycle() - start;
            assert!(cycles <= SCRUB_PAGE * pages + STATUS_READ, "{cycles} cycles");
            assert!(cycles > 4 * pages, "{cycles} cycles: nobody disturbs it");
        }
        assert!((0..3).all(|port| !driver.bus().0.guests.vcpus[port].done()), "the ports have ended");
        driver.bus().until_done(20_000);
        driver.finish();
    }
}
