//! Failures that others had, as scenarios on this node; docs/relatives.md says whose. Every byte that a guest reads is
//! checked all the way.

#[macro_use]
mod common;

use common::{Build, Driver, Extra, Target, ideal};
use dormouse_driver::{
    Bus, Gfn, PageState, Rfn,
    regs::{self, Register},
};
use dormouse_testbench::{
    memory::{IdealParams, MemorySpec},
    shadow::Gpa,
    vcpu::{Burst, Fill, Op, Strobes, VcpuParams},
};

/// 2 ports, 40 pages, 24 frames, pool of 8, 64 bit.
const SET: &str = "guest";

/// Guests on a node whose engine runs with `frames` frames to zero.
fn guests(target: Target, memory: &MemorySpec, params: &VcpuParams, frames: u32) -> Driver {
    let mut driver = target.guests(SET, memory, params);
    driver.enable().unwrap();
    for rfn in 0..frames {
        driver.queue(Rfn(rfn)).unwrap();
    }
    driver.settle();
    driver
}

/// Many accesses at once, in any order.
fn eager() -> VcpuParams {
    VcpuParams {
        reads: 8,
        writes: 16,
        ..VcpuParams::default()
    }
}

/// A burst of whole beats that begins at a beat of a page.
fn burst(gfn: u32, beat: u32, beats: u32) -> Burst {
    let at = u64::from(gfn) << 12 | u64::from(beat * 8);
    Burst {
        len: (beats - 1) as u8,
        ..Burst::line(Gpa(at), 8, 8)
    }
}

fn write(gfn: u32, beat: u32, beats: u32, seed: u64) -> Op {
    Op::Write {
        burst: burst(gfn, beat, beats),
        fill: Fill::Random {
            seed,
            zero_beats: 0,
            zero_bytes: 0,
        },
        strobes: Strobes::All,
    }
}

fn read(gfn: u32, beat: u32, beats: u32) -> Op {
    Op::Read(burst(gfn, beat, beats))
}

/// All of a page, in bursts of 16 beats.
fn read_page(gfn: u32) -> Vec<Op> {
    (0..32).map(|line| read(gfn, 16 * line, 16)).collect()
}

/// The end of a test in which no guest may have met an error.
fn without_an_error(mut driver: Driver) {
    driver.bus().until_done(400_000);
    let bench = driver.bus();
    let ports = bench.0.guests.vcpus.len();
    let errors: u64 = (0..ports).map(|port| bench.errors(port)).sum();
    assert_eq!(errors, 0);
    driver.settle();
    driver.pages_are_right();
    driver.finish();
}

/// The table of docs/relatives.md, a cell of names for each line.
#[test]
fn every_failure_of_the_table_names_a_test_that_is_there_or_says_why_it_cannot_arise() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("docs/relatives.md")).unwrap();
    let lines: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| R"))
        .collect();
    for (number, line) in (1..).zip(&lines) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{line}");
        assert_eq!(cells[0], format!("R{number}"), "{line}");
        // Names stand in backquotes; a file in brackets belongs to the name before it.
        let quoted: Vec<&str> = cells[3].split('`').skip(1).step_by(2).collect();
        let mut tests = 0;
        for (i, name) in quoted.iter().enumerate() {
            if name.contains('/') {
                continue;
            }
            let file = quoted.get(i + 1).filter(|next| next.contains('/'));
            let file = file.copied().unwrap_or("tests/relatives.rs");
            let source = std::fs::read_to_string(root.join(file)).unwrap();
            assert!(
                source.contains(&format!("fn {name}(")),
                "{name} is not in {file}"
            );
            tests += 1;
        }
        let reason =
            cells[3].starts_with("Cannot arise: ") || cells[3].starts_with("Outside the node: ");
        assert!(tests > 0 || reason, "{line}");
    }
    assert_eq!(lines.len(), 30);
}

on_every_backend! {
    // R1
    fn two_writes_of_a_beat_in_a_row_both_land_however_their_data_comes(target) {
        for skew in [0, 1, 3, 9] {
            let params = VcpuParams { skew, ordered: false, ..eager() };
            let mut driver = guests(target, &ideal(12), &params, 8);
            let pairs = (0..40).flat_map(|i| [write(i % 4, 2 * i, 1, i.into()), write(i % 4, 2 * i + 1, 1, 99)]);
            let program: Vec<Op> = pairs.chain([Op::Fence]).chain((0..4).flat_map(read_page)).collect();
            driver.bus().run(0, &program);
            without_an_error(driver);
        }
    }

    // R2
    fn the_strobes_of_a_write_touch_no_byte_of_the_write_after_it(target) {
        let mut driver = guests(target, &ideal(4), &eager(), 8);
        let mut program = vec![write(3, 0, 16, 1)];
        for seed in 0..24u64 {
            program.push(write(3, 16 + seed as u32, 1, seed));
            program.push(Op::Write {
                burst: burst(3, seed as u32 % 16, 1),
                fill: Fill::Value(0x1111_1111_1111_1111 * (seed % 15 + 1)),
                strobes: Strobes::Random(seed),
            });
        }
        program.push(Op::Fence);
        program.extend(read_page(3));
        driver.bus().run(1, &program);
        without_an_error(driver);
    }

    // R5
    fn a_read_in_the_middle_of_a_write_burst_gets_its_own_data_and_leaves_the_burst_alone(target) {
        let params = VcpuParams { w_stall: 70, seed: 5, ..eager() };
        let mut driver = guests(target, &ideal(6), &params, 8);
        let begin = (0..4).map(|gfn| write(gfn, 0, 16, gfn.into())).chain([Op::Fence]);
        let mixed = (0..16).flat_map(|i| [write(i % 4, 32 + i, 16, i.into()), read((i + 1) % 4, 0, 16)]);
        let program: Vec<Op> = begin.chain(mixed).chain([Op::Fence]).chain((0..4).flat_map(read_page)).collect();
        driver.bus().run(0, &program);
        driver.bus().run(1, &(8..11).flat_map(read_page).collect::<Vec<_>>());
        without_an_error(driver);
    }

    // R6, R8, R28
    fn after_reset_every_page_to_the_last_reads_zero_though_memory_is_full_of_old_bytes(target) {
        let mut driver = target.guests(SET, &ideal(4), &eager());
        let program: Vec<Op> = (0..40).flat_map(|gfn| [read(gfn, 0, 16), read(gfn, 496, 16)]).collect();
        driver.bus().run(0, &program);
        driver.bus().until_done(20_000);
        assert_eq!(driver.query_page(Gfn(39)), Ok(PageState::Dormant));
        assert!(driver.bus().log().bursts.is_empty(), "nothing was written");
        without_an_error(driver);
    }

    // R7, R10
    fn an_access_that_comes_before_the_sweep_is_over_waits_and_reads_zero(target) {
        let bench = target.bench(SET, &ideal(4));
        let mut bench = common::Bench(bench.0.with_vcpus(&[eager(), eager()]));
        bench.run(0, &[read(39, 0, 16), read(0, 0, 1)]);
        bench.run(1, &[Op::Write { burst: burst(7, 0, 4), fill: Fill::Zero, strobes: Strobes::All }, read(7, 0, 4)]);
        bench.until_done(2000);
        assert_eq!((bench.errors(0), bench.errors(1)), (0, 0));
        bench.0.finish().unwrap();
    }

    // R12
    fn addresses_and_data_that_come_far_apart_stay_together(target) {
        for seed in 0..4 {
            let params = VcpuParams { skew: 120, seed, ordered: false, ..eager() };
            let mut driver = guests(target, &ideal(3), &params, 8);
            let writes = (0..60).map(|i| write(i % 5, 8 * i, 1 + i % 7, i.into()));
            let program: Vec<Op> = writes.chain([Op::Fence]).chain((0..5).flat_map(read_page)).collect();
            driver.bus().run(0, &program);
            without_an_error(driver);
        }
    }

    // R16
    fn an_error_waits_for_a_guest_that_is_slow_to_take_it(target) {
        let params = VcpuParams { r_stall: 90, b_stall: 90, seed: 3, ..eager() };
        let mut driver = guests(target, &ideal(4), &params, 4);
        // Beyond the table: DECERR, one for each beat of a read and one for each write.
        let program: Vec<Op> = (0..10).flat_map(|_| [read(40, 0, 4), write(41, 0, 4, 1), read(2, 0, 1)]).collect();
        driver.bus().run(0, &program);
        driver.bus().until_done(20_000);
        let stats = driver.bus().0.guests.vcpus[0].stats();
        assert_eq!((stats.errors, stats.reads, stats.writes), (50, 20, 10));
        driver.finish();
    }

    // R17
    fn no_value_of_a_setting_keeps_an_urgent_frame_from_being_zeroed(target) {
        for (throttle, low, high) in [(0xFFFF, 0, 0), (0x00FF_FFFF, 24, 0), (1, u32::MAX, 0), (0, 0, u32::MAX)] {
            let mut driver = target.driver(SET, &ideal(4));
            let bus = driver.bus();
            for (offset, value) in [
                (regs::Throttle::OFFSET, throttle),
                (regs::WaterLow::OFFSET, low),
                (regs::WaterHigh::OFFSET, high),
            ] {
                bus.write(offset, value).unwrap();
            }
            driver.enable().unwrap();
            driver.queue_urgent(Rfn(23)).unwrap();
            driver.bus().until(20_000, |system| system.answered() >= 2);
            driver.settle();
            assert!(driver.bus().is_zero(Rfn(23)));
            assert_eq!(driver.take(), Ok(Rfn(23)));
            driver.finish();
        }
    }

    // R19
    fn what_memory_holds_at_power_on_changes_neither_data_nor_time(target) {
        let run = |seed| {
            let memory = MemorySpec::Ideal(IdealParams { seed, ..IdealParams::default() });
            let mut driver = guests(target, &memory, &eager(), 8);
            let writes = (0..30).map(|i| write(i % 6, 16 * i, 1 + i % 9, i.into()));
            let program: Vec<Op> = writes.chain((0..12).flat_map(read_page)).collect();
            driver.bus().run(0, &program);
            driver.bus().until_done(100_000);
            let system = &driver.bus().0;
            let seen = (system.guests.vcpus[0].stats().digest, system.cycle(), system.written);
            without_an_error(driver);
            seen
        };
        assert_eq!(run(1), run(2));
    }

    // R27, R28
    fn a_frame_that_another_page_had_holds_nothing_of_it(target) {
        let mut driver = guests(target, &ideal(4), &eager(), 1);
        for gfn in 0..6 {
            // The only frame, each time: one beat is written, and everything else must be zero.
            let whole = (0..32).map(|line| write(gfn, 16 * line, 16, u64::from(gfn) << 32 | u64::from(line)));
            let one = [write(gfn, 77, 1, 5), Op::Fence];
            let program: Vec<Op> = one.into_iter().chain(read_page(gfn)).chain(whole).collect();
            driver.bus().run(0, &program);
            driver.bus().until_done(50_000);
            assert_eq!(driver.query_page(Gfn(gfn)), Ok(PageState::Resident(Rfn(0))));
            driver.ring(gfn).unwrap();
            driver.settle();
        }
        without_an_error(driver);
    }
}
