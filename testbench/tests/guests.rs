//! Random guests on every parameter set that is made for them.

use dormouse_testbench::{
    guests::{GuestRun, GuestScenario},
    lockstep::ScenarioError,
    sets,
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
