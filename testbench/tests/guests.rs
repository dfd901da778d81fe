//! Random guests on every parameter set that is made for them.

use dormouse_testbench::{
    memory::MemorySpec,
    random::{
        ScenarioError,
        guests::{Action, GuestRun, GuestScenario, Step},
    },
    sets,
    vcpu::{Burst, Op, VcpuParams},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

type Run = fn(&GuestScenario) -> (GuestRun, Result<(), ScenarioError>);

/// `cargo xtask test --long` runs more of them.
fn on_every_set(cases: u32, run: Run) {
    let long = std::env::var_os("DORMOUSE_LONG").is_some();
    let cases = if long { 20 * cases } else { cases };
    for set in sets::of_guests() {
        let config = Config {
            cases,
            failure_persistence: None,
            max_shrink_iters: 2000,
            ..Config::default()
        };
        let check = |scenario: GuestScenario| {
            let (_, result) = run(&scenario);
            result.map_err(|error| TestCaseError::fail(error.to_string()))
        };
        if let Err(error) = TestRunner::new(config).run(&GuestScenario::any(set.clone()), check) {
            panic!("{set}: {error}");
        }
    }
}

#[test]
fn no_byte_is_stale_and_no_frame_is_lost_on_the_model() {
    on_every_set(24, GuestScenario::run_model);
}

#[test]
fn skip_mode_ends_as_tick_mode_does_with_guests() {
    on_every_set(12, GuestScenario::run_skip);
}

#[cfg(feature = "rtl")]
#[test]
fn model_and_rtl_agree_on_random_guests() {
    on_every_set(12, GuestScenario::run_lockstep);
}

#[test]
fn a_command_that_the_port_refuses_keeps_no_doorbell_waiting() {
    let read = Op::Read(Burst {
        id: 0,
        addr: 0,
        len: 0,
        size: 2,
        burst: 1,
        lock: false,
    });
    // A part of CMD, and all of it from a wrong address.
    for (addr, strb) in [(0x30, 0b0010), (0x31, 0b0111)] {
        let scenario = GuestScenario {
            set: sets::of_guests().remove(0),
            memory: MemorySpec::default(),
            vcpus: vec![(
                VcpuParams::default(),
                vec![read, Op::Fence, Op::Doorbell { gfn: 0 }],
            )],
            firmware: vec![Step {
                gap: 0,
                action: Action::Write {
                    addr,
                    data: 0,
                    strb,
                },
            }],
            service: Vec::new(),
        };
        scenario.run_model().1.unwrap();
    }
}
