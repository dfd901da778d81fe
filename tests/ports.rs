//! A guest that stops in the middle of an access holds up itself and nobody else: no other port, no engine, no command.
//! And what a guest was told stays true, whatever firmware does to the page meanwhile.

#[macro_use]
mod common;

use common::{Bench, Build, Driver, Extra, Target, ideal};
use dormouse_driver::{
    Gfn, NodeId, PageMark, PageState, Policy, Resolution, Rfn, StallKind, Throttle,
};
use dormouse_testbench::{
    memory::{IdealParams, Memory, MemorySpec, Rpa},
    shadow::{Gpa, Outcome},
    vcpu::{Burst, Fill, Op, Strobes, Vcpu, VcpuParams},
};

/// 2 ports, 40 pages, 24 frames, pool of 8, 64 bit.
const TWO: &str = "guest";
/// 4 ports, 33 pages, 40 frames, pool of 4, 128 bit: a page is one burst.
const FOUR: &str = "guest_4";

/// Cycles for which a port withholds: far more than everything else takes.
const WITHHELD: u16 = 30_000;

/// Who stops.
const STOPS: usize = 0;

/// A page with a frame that the port that stops works on, one that others have, and one that is dormant.
const RESIDENT: u32 = 0;
const SHARED: u32 = 1;
const DORMANT: u32 = 2;

/// What a port withholds, and when.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// All data of a write whose address is there.
    EveryBeat,
    /// Data after the first beats.
    LaterBeats,
    /// The last beat, or nearly.
    LastBeat,
    /// `BREADY`.
    Response,
    /// `RREADY`, from the first beat of a long read on.
    ReadBeats,
    /// The same from its middle on.
    LaterReadBeats,
}

impl Stop {
    const ALL: [Self; 6] = [
        Self::EveryBeat,
        Self::LaterBeats,
        Self::LastBeat,
        Self::Response,
        Self::ReadBeats,
        Self::LaterReadBeats,
    ];

    fn program(self, bench: &Bench, gfn: u32) -> Vec<Op> {
        let write = fill(bench, gfn, 32, 16, 1);
        let read = Op::Read(burst(bench, gfn, 0, 16));
        let (w, b, r) = match self {
            Self::EveryBeat | Self::LaterBeats | Self::LastBeat => (WITHHELD, 0, 0),
            Self::Response => (0, WITHHELD, 0),
            Self::ReadBeats | Self::LaterReadBeats => (0, 0, WITHHELD),
        };
        let stop = Op::Withhold { w, b, r };
        match self {
            Self::EveryBeat => vec![stop, write],
            Self::LaterBeats => vec![write, Op::Delay(3), stop],
            Self::LastBeat => vec![write, Op::Delay(13), stop],
            Self::Response => vec![write, stop],
            Self::ReadBeats => vec![read, stop],
            Self::LaterReadBeats => vec![read, Op::Delay(9), stop],
        }
    }
}

/// A burst of whole beats that begins at a beat of a page.
fn burst(bench: &Bench, gfn: u32, beat: u32, beats: u32) -> Burst {
    let bus = bench.0.node.config().beat_bytes();
    let addr = Gpa(bench.page(gfn) + u64::from(beat * bus));
    Burst {
        len: (beats - 1) as u8,
        ..Burst::line(addr, bus, bus)
    }
}

/// A write of that burst; none of its bytes is likely to be zero.
fn fill(bench: &Bench, gfn: u32, beat: u32, beats: u32, seed: u64) -> Op {
    Op::Write {
        burst: burst(bench, gfn, beat, beats),
        fill: Fill::Random {
            seed,
            zero_beats: 0,
            zero_bytes: 0,
        },
        strobes: Strobes::All,
    }
}

/// Guests whose first two pages have frames, and a pool of four.
fn guests(target: Target, set: &str) -> Driver {
    let params = VcpuParams {
        reads: 4,
        ..VcpuParams::default()
    };
    let mut driver = target.guests(set, &ideal(4), &params);
    driver.enable().unwrap();
    (0..4).for_each(|rfn| driver.queue(Rfn(rfn)).unwrap());
    driver.settle();
    let bench = driver.bus();
    let program = [bench.store(RESIDENT, 7), bench.store(SHARED, 8)];
    bench.run(STOPS, &program);
    bench.until_done(500);
    (4..6).for_each(|rfn| driver.queue(Rfn(rfn)).unwrap());
    driver.settle();
    assert_eq!(driver.pool_level(), Ok(4));
    driver
}

/// What the other ports do: every kind of access, on pages of their own and on the one where a port has stopped.
fn neighbour(bench: &Bench, port: usize, stopped: u32) -> Vec<Op> {
    let own = 4 + port as u32;
    let beat = 64 * port as u32 % 192;
    let accesses = [
        Op::Read(burst(bench, SHARED, 0, 16)),
        fill(bench, SHARED, beat, 16, 2),
        bench.load(own),
        bench.store(own, 0),
        bench.store(own, 9),
        Op::Read(burst(bench, own, 0, 16)),
        Op::Read(burst(bench, stopped, 0, 16)),
        fill(bench, stopped, 128, 4, 3),
        Op::Read(burst(bench, stopped, 128, 4)),
    ];
    accesses
        .into_iter()
        .flat_map(|op| [op, Op::Fence])
        .collect()
}

/// The page goes away and comes back with what it holds. Every command ends while the port still withholds.
fn away_and_back(driver: &mut Driver, gfn: Gfn) {
    match driver.query_page(gfn).unwrap() {
        PageState::Resident(_) => {
            let rfn = driver.unmap(gfn, NodeId(1)).unwrap();
            driver.reserve(rfn).unwrap();
            driver.fill(rfn).unwrap();
            driver.adopt(gfn, rfn).unwrap();
        }
        PageState::Dormant => {
            driver.mark(gfn, PageMark::Away(NodeId(1))).unwrap();
            driver.mark(gfn, PageMark::Dormant).unwrap();
        }
        state => panic!("page {gfn:?} is {state:?}"),
    }
}

/// The bytes of a frame.
fn contents(driver: &mut Driver, rfn: Rfn) -> Vec<u8> {
    let bytes = 1u64 << driver.parameters().page_shift;
    let start = u64::from(rfn.0) * bytes;
    let store = driver.bus().0.memory.store();
    (0..bytes).map(|i| store.byte(Rpa(start + i))).collect()
}

/// A frame that holds 0xA5 in every byte, as if it had come from another node.
fn filled(driver: &mut Driver) -> Rfn {
    let rfn = driver.claim().unwrap();
    driver.reserve(rfn).unwrap();
    driver.bus().dirty(rfn);
    driver.fill(rfn).unwrap();
    rfn
}

on_every_backend! {
    fn a_port_that_withholds_holds_up_no_other_port_no_engine_and_no_command(target) {
        for set in [TWO, FOUR] {
            for stop in Stop::ALL {
                for page in [RESIDENT, DORMANT] {
                    let case = format!("{set}, {stop:?}, page {page}");
                    let mut driver = guests(target, set);
                    let bench = driver.bus();
                    let ports = bench.0.guests.vcpus.len();
                    let program = stop.program(bench, page);
                    bench.run(STOPS, &program);
                    bench.idle(40);
                    for port in 1..ports {
                        let program = neighbour(bench, port, page);
                        bench.run(port, &program);
                    }
                    bench.until(4000, |system| system.guests.vcpus[1..].iter().all(Vcpu::done));

                    let zeroed = driver.frames_zeroed().unwrap();
                    driver.queue(Rfn(8)).unwrap();
                    driver.settle();
                    assert_eq!(driver.frames_zeroed(), Ok(zeroed + 1), "{case}");

                    away_and_back(&mut driver, Gfn(page));
                    away_and_back(&mut driver, Gfn(SHARED));
                    driver.ring(4 + 1).unwrap();
                    driver.mark(Gfn(12), PageMark::Bad).unwrap();
                    driver.mark(Gfn(12), PageMark::Dormant).unwrap();
                    assert!(!driver.bus().0.guests.vcpus[STOPS].done(), "{case}: all this while it withholds");

                    driver.bus().until_done(u64::from(WITHHELD) + 2000);
                    let again: Vec<Op> = [page, SHARED].map(|gfn| Op::Read(burst(driver.bus(), gfn, 32, 16))).into();
                    driver.bus().run(1, &again);
                    driver.bus().until_done(1000);
                    for port in 0..ports {
                        assert_eq!(driver.bus().errors(port), 0, "{case}");
                    }
                    driver.settle();
                    driver.pages_are_right();
                    driver.finish();
                }
            }
        }
    }

    fn what_a_port_withheld_while_its_page_was_away_waits_for_the_page_and_lands_in_it(target) {
        for stop in [Stop::EveryBeat, Stop::LaterBeats, Stop::LastBeat] {
            let mut driver = guests(target, TWO);
            let bench = driver.bus();
            let program = stop.program(bench, RESIDENT);
            bench.run(STOPS, &program);
            bench.idle(40);
            let rfn = driver.unmap(Gfn(RESIDENT), NodeId(1)).unwrap();
            let before = contents(&mut driver, rfn);
            driver.bus().idle(u64::from(WITHHELD) + 100);
            assert!(!driver.bus().0.guests.done(), "{stop:?}: the page is not here");
            assert!(contents(&mut driver, rfn) == before, "{stop:?}: nothing reaches a frame that was given away");
            driver.reserve(rfn).unwrap();
            driver.fill(rfn).unwrap();
            driver.adopt(Gfn(RESIDENT), rfn).unwrap();
            let stall = driver.stall().unwrap().expect("the write waits for its page");
            assert_eq!((stall.gfn, stall.write, stall.kind), (Gfn(RESIDENT), true, StallKind::Away));
            driver.resolve(&stall, Resolution::Retry).unwrap();
            driver.bus().until_done(1000);
            assert_eq!(driver.bus().errors(STOPS), 0);
            assert!(contents(&mut driver, rfn) != before, "{stop:?}");
            driver.pages_are_right();
            driver.finish();
        }
    }

    fn a_write_whose_data_wait_for_a_read_of_the_same_port_does_not_hang_the_read(target) {
        for stop in [Stop::EveryBeat, Stop::LaterBeats, Stop::LastBeat] {
            for page in [RESIDENT, DORMANT] {
                let case = format!("{stop:?}, page {page}");
                let mut driver = guests(target, TWO);
                while driver.pool_level().unwrap() > 0 {
                    driver.take().unwrap();
                }
                // In the background next to nothing is zeroed.
                driver.set_throttle(Throttle { interval: u16::MAX, depth: 1 }).unwrap();
                driver.set_policy(Policy::CONVERT_ON_READ | Policy::HW_CONVERT).unwrap();
                driver.queue(Rfn(9)).unwrap();
                let bench = driver.bus();
                let mut program = stop.program(bench, page);
                program.extend([Op::Delay(40), bench.load(7)]);
                bench.run(STOPS, &program);
                bench.until(4000, |system| system.guests.vcpus[STOPS].stats().reads == 1);
                assert!(!bench.0.guests.vcpus[STOPS].done(), "{case}");
                assert_eq!(driver.query_page(Gfn(7)), Ok(PageState::Resident(Rfn(9))), "{case}");
                assert_eq!(driver.gate_counters().unwrap().demand_conversions, 1, "{case}");
                driver.queue(Rfn(10)).unwrap();
                driver.bus().until_done(u64::from(WITHHELD) + 2000);
                assert_eq!(driver.bus().errors(STOPS), 0, "{case}");
                driver.pages_are_right();
                driver.finish();
            }
        }
    }

    fn a_write_acknowledged_after_a_bad_tag_was_recovered_outlives_zeros_let_through_before(target) {
        // Memory takes the zeros slowly, or answers them late.
        let slow = IdealParams { w_stall: 80, b_latency: 30, ..IdealParams::default() };
        let late = IdealParams { b_latency: 900, ..IdealParams::default() };
        for memory in [MemorySpec::Ideal(slow), MemorySpec::Ideal(late)] {
            for at in (0..300).step_by(23) {
                let mut driver = target.guests(FOUR, &memory, &VcpuParams::default());
                driver.set_redormant_delay(0).unwrap();
                driver.enable().unwrap();
                (0..3).for_each(|rfn| driver.queue(Rfn(rfn)).unwrap());
                driver.settle();
                let bench = driver.bus();
                let program = [bench.store(5, 7)];
                bench.run(0, &program);
                bench.until_done(4000);
                let bursts = bench.log().bursts.len();
                let zeros = [Op::Clear { addr: bench.page(5), bytes: 4096, line: 4096, id: 0 }];
                bench.run(0, &zeros);
                bench.until(2000, |system| system.memory.log.bursts.len() > bursts);
                bench.idle(at);
                assert!(!bench.0.guests.vcpus[0].done(), "the zeros are under way");
                driver.mark(Gfn(5), PageMark::Poison).unwrap();
                assert_eq!(driver.query_page(Gfn(5)), Ok(PageState::Bad));
                let system = &mut driver.bus().0;
                let cycle = system.cycle();
                let token = system.guests.shadow.begin_zero(None, cycle, 5);
                driver.mark(Gfn(5), PageMark::Dormant).unwrap();
                let system = &mut driver.bus().0;
                let cycle = system.cycle();
                system.guests.shadow.end_zero(token, cycle, Outcome::Done);

                let bench = driver.bus();
                let program = [bench.store(5, 0xABAB_ABAB_ABAB_ABAB), Op::Fence, bench.load(5)];
                bench.run(1, &program);
                bench.until_done(20_000);
                bench.idle(500);
                driver.settle();
                let state = driver.query_page(Gfn(5)).unwrap();
                let PageState::Resident(rfn) = state else { panic!("at {at}: page 5 is {state:?}") };
                let bytes = contents(&mut driver, rfn);
                assert!(bytes[..16].iter().all(|byte| *byte == 0xAB), "at {at}");
                assert!(bytes[16..].iter().all(|byte| *byte == 0), "at {at}");
                assert_eq!(driver.gate_counters().unwrap().redormanted_stores, 0, "at {at}");
                driver.pages_are_right();
                driver.finish();
            }
        }
    }

    // The first beats of a burst are zeros to a dormant page; before the rest comes, the page gets contents.
    fn a_page_that_gets_contents_in_the_middle_of_a_burst_keeps_them_beside_the_burst(target) {
        for set in [TWO, FOUR] {
            for zeros in [4, 8, 12, 16] {
                for stop in 0..15 {
                    let case = format!("{set}, {zeros} zero beats, stops after {stop}");
                    let mut driver = guests(target, set);
                    let rfn = filled(&mut driver);
                    let bench = driver.bus();
                    let bus = bench.0.node.config().beat_bytes() as usize;
                    let write = Op::Write {
                        burst: burst(bench, DORMANT, 32, 16),
                        fill: Fill::Random { seed: 1, zero_beats: zeros, zero_bytes: 0 },
                        strobes: Strobes::All,
                    };
                    let program = [write, Op::Delay(stop), Op::Withhold { w: 1000, b: 0, r: 0 }];
                    bench.run(STOPS, &program);
                    bench.idle(20);
                    driver.adopt(Gfn(DORMANT), rfn).unwrap();
                    assert!(!driver.bus().0.guests.vcpus[STOPS].done(), "{case}");
                    driver.bus().until_done(2000);
                    assert_eq!(driver.bus().errors(STOPS), 0, "{case}");
                    assert_eq!(driver.query_page(Gfn(DORMANT)), Ok(PageState::Resident(rfn)), "{case}");
                    let bytes = contents(&mut driver, rfn);
                    let (first, last) = (32 * bus, 48 * bus);
                    let data = first + usize::from(zeros) * bus;
                    assert!(bytes[..first].iter().chain(&bytes[last..]).all(|byte| *byte == 0xA5), "{case}: what came");
                    assert!(bytes[first..data].iter().all(|byte| *byte == 0), "{case}: zeros that were stored");
                    let lost = bytes[data..last].chunks(8).any(|word| word == [0; 8] || word == [0xA5; 8]);
                    assert!(!lost, "{case}: what was stored");
                    driver.finish();
                }
            }
        }
    }

    // A page is zeroed by stores, leaves in the middle of it, and comes back with other contents.
    fn zeros_stored_before_a_page_got_contents_do_not_count_towards_a_page_of_zeros(target) {
        for set in [TWO, FOUR] {
            for before in [1, 16, 31] {
                let case = format!("{set}, {before} of 32 parts before");
                let mut driver = guests(target, set);
                driver.set_redormant_delay(0).unwrap();
                let part = |bench: &Bench, parts: std::ops::Range<u32>| {
                    let line = 128;
                    [Op::Clear {
                        addr: bench.page(RESIDENT) + u64::from(parts.start * line),
                        bytes: (parts.end - parts.start) * line,
                        line: 128,
                        id: 0,
                    }]
                };
                let first = part(driver.bus(), 0..before);
                driver.bus().run(STOPS, &first);
                driver.bus().until_done(4000);
                let old = driver.unmap(Gfn(RESIDENT), NodeId(1)).unwrap();
                driver.queue(old).unwrap();
                let rfn = filled(&mut driver);
                driver.adopt(Gfn(RESIDENT), rfn).unwrap();
                let second = part(driver.bus(), before..32);
                driver.bus().run(STOPS, &second);
                driver.bus().until_done(4000);
                driver.bus().idle(500);
                assert_eq!(driver.query_page(Gfn(RESIDENT)), Ok(PageState::Resident(rfn)), "{case}");
                let bytes = contents(&mut driver, rfn);
                let edge = before as usize * 128;
                assert!(bytes[..edge].iter().all(|byte| *byte == 0xA5), "{case}");
                assert!(bytes[edge..].iter().all(|byte| *byte == 0), "{case}");
                assert_eq!(driver.gate_counters().unwrap().redormanted_stores, 0, "{case}");
                driver.finish();
            }
        }
    }
}
