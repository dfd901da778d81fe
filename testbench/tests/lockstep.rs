//! Model and RTL in lockstep on random register traffic and random memories.
#![cfg(feature = "rtl")]

use dormouse_testbench::{lockstep::Scenario, sets};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

#[test]
fn model_and_rtl_agree_on_random_traffic_in_every_parameter_set() {
    for set in sets::all().into_keys().filter(|set| set != "trace") {
        let mut runner = TestRunner::new(Config {
            cases: 12,
            failure_persistence: None,
            ..Config::default()
        });
        runner
            .run(&Scenario::any(set.clone()), |scenario| {
                scenario
                    .run_lockstep()
                    .map_err(|e| TestCaseError::fail(e.to_string()))?;
                Ok(())
            })
            .unwrap_or_else(|e| panic!("{set}: {e}"));
    }
}
