//! The node is reset and its memory is not: nothing of one life reaches the next, and memory sees whole bursts only.

#[macro_use]
mod common;

use common::{Build, Driver, Extra};
use dormouse_driver::{Gfn, Rfn};
use dormouse_model::{
    NodeIn,
    axi::{AxiReq, AxiResp, B, R},
};
use dormouse_testbench::{
    memory::{IdealParams, MemorySpec},
    sets,
    shadow::Gpa,
    vcpu::{Burst, Fill, Op, Strobes, VcpuParams},
};

/// 40 pages, 24 frames, 2 ports.
const GUEST: &str = "guest";
/// 33 pages, 40 frames, 4 ports, 128 bit.
const GUEST_4: &str = "guest_4";

/// Memories that owe much for long, and one that takes nothing at once.
fn memories() -> [MemorySpec; 3] {
    let slow = IdealParams {
        b_latency: 100,
        ..IdealParams::default()
    };
    let stalls = IdealParams {
        b_latency: 7,
        w_stall: 60,
        ..IdealParams::default()
    };
    [
        MemorySpec::Ideal(slow),
        MemorySpec::Ideal(stalls),
        MemorySpec::random(3),
    ]
}

fn eager() -> VcpuParams {
    VcpuParams {
        reads: 4,
        ..VcpuParams::default()
    }
}

/// Zeroes all frames, until the pool is full or nothing is left.
fn fill_pool(driver: &mut Driver) {
    let frames = driver.parameters().real_frames;
    for rfn in 0..frames {
        driver.bus().dirty(Rfn(rfn));
        if driver.queue(Rfn(rfn)).is_err() {
            break;
        }
    }
    driver.enable().unwrap();
}

/// Writes bursts over two pages of the port's own, and reads them.
fn program(driver: &mut Driver, port: usize, life: u64) -> Vec<Op> {
    let bus = driver.bus().0.node.config().beat_bytes();
    let mut ops = Vec::new();
    for page in 0..2 {
        let gfn = 2 * port as u32 + page;
        let base = driver.bus().page(gfn);
        for chunk in 0..4u64 {
            let addr = Gpa(base + chunk * 16 * u64::from(bus));
            let burst = Burst::line(addr, 16 * bus, bus);
            ops.push(Op::Write {
                burst,
                fill: Fill::Value(0x0101_0101_0101_0101_u64.wrapping_mul(life * 16 + chunk + 1)),
                strobes: Strobes::All,
            });
            ops.push(Op::Read(burst));
        }
    }
    ops
}

/// A life to its end: what is called zeroed is zero, and guests read what they wrote and nothing else.
fn whole_life(driver: &mut Driver, life: u64, case: &str) {
    driver.wait_ready(20_000).expect(case);
    let frames = driver.parameters().real_frames;
    let counts = driver.frame_counts().unwrap();
    assert_eq!(counts.dirty, frames, "{case}: every frame is dirty");
    fill_pool(driver);
    driver.settle();
    let zeroed = driver.frames_zeroed().unwrap();
    assert!(zeroed > 0, "{case}");
    for rfn in 0..zeroed {
        assert!(driver.bus().is_zero(Rfn(rfn)), "{case}: frame {rfn}");
    }
    let ports = driver.bus().0.guests.vcpus.len();
    for port in 0..ports {
        let ops = program(driver, port, life);
        driver.bus().run(port, &ops);
    }
    driver.bus().until_done(100_000);
    for port in 0..ports {
        assert_eq!(driver.bus().errors(port), 0, "{case}");
    }
    driver.settle();
    driver.nothing_lost();
}

on_every_backend! {
    fn a_reset_in_any_cycle_of_guests_and_engine_leaves_nothing_to_the_next_life(target) {
        for set in [GUEST, GUEST_4] {
            for (m, memory) in memories().iter().enumerate() {
                for at in (0..400).step_by(37) {
                    let case = format!("{set}, memory {m}, reset {at} cycles after the start");
                    let mut driver = target.guests(set, memory, &eager());
                    // The first conversions wait for the engine; then reads, writes and zeroing are under way at once.
                    fill_pool(&mut driver);
                    for port in 0..driver.bus().0.guests.vcpus.len() {
                        let ops = program(&mut driver, port, 0);
                        driver.bus().run(port, &ops);
                    }
                    driver.bus().idle(at);
                    driver.bus().0.reset_node();
                    whole_life(&mut driver, 1, &case);
                    driver.finish();
                }
            }
        }
    }

    fn many_resets_in_a_row_are_as_one(target) {
        let mut driver = target.guests(GUEST, &memories()[0], &eager());
        for n in 0..40 {
            fill_pool(&mut driver);
            for port in 0..2 {
                let ops = program(&mut driver, port, n);
                driver.bus().run(port, &ops);
            }
            driver.bus().idle(60 + 13 * n);
            // The next one comes while memory still owes for the last.
            for pause in [0, 1, 5] {
                driver.bus().0.reset_node();
                driver.bus().idle(pause);
            }
            driver.wait_ready(20_000).unwrap();
        }
        driver.bus().0.reset_node();
        whole_life(&mut driver, 99, "after 160 resets");
        driver.finish();
    }

    fn the_node_is_ready_only_when_memory_owes_nothing(target) {
        let memory = MemorySpec::Ideal(IdealParams { b_latency: 2000, ..IdealParams::default() });
        let mut driver = target.driver(GUEST, &memory);
        driver.queue(Rfn(0)).unwrap();
        driver.enable().unwrap();
        driver.bus().until(2000, |system| system.memory.log.bursts.len() > 1);
        driver.bus().0.reset_node();
        let owed = driver.bus().0.memory.log.bursts.len();
        driver.wait_ready(20_000).unwrap();
        assert!(driver.bus().log().answers.len() >= owed, "the sweep is long over, memory is not");
        assert_eq!(driver.query_page(Gfn(0)), Ok(dormouse_driver::PageState::Dormant));
        driver.finish();
    }

    fn an_answer_that_nobody_waits_for_is_taken_and_changes_nothing(target) {
        let mut node = target.node(GUEST).unwrap();
        let ports = usize::from(sets::all()[GUEST].ports);
        let guests = vec![AxiReq { b_ready: false, r_ready: false, ..AxiReq::TAKER }; ports];
        // Ids of the engine, of both ports, and of nobody.
        for id in [0, 1, 2, 3] {
            for _ in 0..50 {
                let axi = AxiResp {
                    b_valid: true,
                    b: B { id, resp: 0 },
                    r_valid: true,
                    r: R { id, data: [!0; 8], resp: 0, last: true },
                    ..AxiResp::default()
                };
                let ins = NodeIn { axi, guests: &guests, ..NodeIn::default() };
                let out = node.outputs(&ins);
                assert!(out.axi.b_ready && out.axi.r_ready, "id {id}");
                for guest in &out.guests[..ports] {
                    assert!(!guest.r_valid && !guest.b_valid, "id {id}");
                }
                node.clock(&ins).unwrap();
            }
        }
        assert_eq!(node.zeroing().unwrap_or(0), 0);
    }
}
