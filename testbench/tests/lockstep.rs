//! Lockstep itself: random runs agree, a difference is reported with all that is needed to find it, and skip mode
//! equals tick mode.

use dormouse_testbench::{random::Scenario, sets};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

/// Random scenarios of every set but the trace's, which differs from others only in size; `cargo xtask test --long`
/// runs more of them.
fn on_every_set(cases: u32, check: fn(Scenario) -> Result<u64, String>) {
    let long = std::env::var_os("DORMOUSE_LONG").is_some();
    let cases = if long { 20 * cases } else { cases };
    for set in sets::all().into_keys().filter(|set| set != "trace") {
        let config = Config {
            cases,
            failure_persistence: None,
            ..Config::default()
        };
        let check = |scenario| check(scenario).map(drop).map_err(TestCaseError::fail);
        if let Err(error) = TestRunner::new(config).run(&Scenario::any(set.clone()), check) {
            panic!("{set}: {error}");
        }
    }
}

#[test]
fn skip_mode_ends_as_tick_mode_does_on_random_traffic_in_every_parameter_set() {
    on_every_set(12, |scenario| {
        scenario.run_model().map_err(|error| error.to_string())
    });
}

#[cfg(feature = "rtl")]
mod rtl {
    use std::{fs, path::Path};

    use dormouse_driver::{Gfn, Node as Driver, PageMark};
    use dormouse_model::{Node, NodeIn, axi::AxilReq, tag_table::TagTable};
    use dormouse_testbench::{
        backend::Backend,
        difference::Difference,
        lockstep::Pair,
        memory::MemorySpec,
        random::Scenario,
        system::{Fault, System},
    };

    use super::on_every_set;

    #[test]
    fn model_and_rtl_agree_on_random_traffic_in_every_parameter_set() {
        on_every_set(12, |scenario| {
            scenario.run_lockstep().map_err(|error| error.to_string())
        });
    }

    #[test]
    fn a_tag_that_differs_at_the_end_of_a_run_is_reported_with_its_page() {
        let pair = Pair::new("tiny").expect("a set");
        let memory = MemorySpec::default().build(pair.config()).expect("legal");
        let mut system = System::new(pair, memory);
        let mut driver = Driver::probe(&mut system).expect("a node");
        driver.wait_ready(1000).expect("the sweep ends");
        driver.mark(Gfn(3), PageMark::Bad).expect("a page");
        system.finish().expect("both have marked it");
        let config = system.node.config().clone();
        let tags = &mut system.node.model.dormant.tags;
        *tags = TagTable::new(config.ports, config.guest_pages, config.node_id);
        tags.ready_q = true;
        let difference = system.node.finish().expect_err("a page differs");
        assert_eq!(difference.signal, "tag of page 3 in bank 0");
    }

    /// Clocks a pair until it differs.
    fn difference(pair: &mut Pair, ins: &NodeIn) -> Difference {
        for _ in 0..10_000 {
            if let Err(difference) = pair.clock(ins) {
                return *difference;
            }
        }
        panic!("it never differs");
    }

    #[test]
    fn a_register_that_differs_is_reported_with_cycle_name_and_both_values() {
        let mut pair = Pair::new("tiny").expect("a set");
        let ins = NodeIn::default();
        (0..100).for_each(|_| pair.clock(&ins).expect("they agree"));
        pair.model.frames.held_q = 5;
        let found = difference(&mut pair, &ins);
        assert_eq!((found.cycle, found.signal.as_str()), (101, "frames.held_q"));
        assert_eq!((found.model.as_str(), found.rtl.as_str()), ("5", "0"));
        let text = found.to_string();
        assert!(
            text.contains("cycle 101: frames.held_q is 5 in the model and 0 in the RTL"),
            "{text}"
        );
    }

    #[test]
    fn an_output_that_differs_is_reported_with_its_path_and_the_last_events() {
        let mut pair = Pair::new("tiny").expect("a set");
        // A read of ID, then answers that nobody takes, so that R stays up.
        let read = AxilReq {
            ar_valid: true,
            ..AxilReq::default()
        };
        pair.clock(&NodeIn {
            axil: read,
            ..NodeIn::default()
        })
        .expect("they agree");
        let ins = NodeIn::default();
        (0..10).for_each(|_| pair.clock(&ins).expect("they agree"));
        pair.model.csr.axil.r_data_q ^= 1;
        // The model drives it at its next access; a second read does that.
        pair.model.csr.axil.r_valid_q = true;
        let read = NodeIn {
            axil: read,
            ..NodeIn::default()
        };
        let found = difference(&mut pair, &read);
        assert_eq!(found.signal, "axil.r_data");
        assert!(
            found.model.contains("r_data") && found.model != found.rtl,
            "{found}"
        );
        assert_eq!(found.cycle, 12);
        assert!(
            found
                .events
                .iter()
                .any(|event| event.contains("register AR 0x000")),
            "{found}"
        );
    }

    #[test]
    fn a_guard_that_differs_is_found_at_the_end() {
        let mut pair = Pair::new("tiny").expect("a set");
        let ins = NodeIn::default();
        (0..100).for_each(|_| pair.clock(&ins).expect("they agree"));
        pair.finish().expect("they agree");
        let mut other = Node::new(pair.config()).expect("a legal set");
        (0..100).for_each(|_| other.clock(&ins));
        let answers = AxilReq {
            b_ready: true,
            ..AxilReq::default()
        };
        let queue = AxilReq {
            aw_valid: true,
            aw_addr: 0x30,
            w_valid: true,
            w_data: 0x1000_0003,
            w_strb: 0xF,
            ..answers
        };
        other.clock(&NodeIn {
            axil: queue,
            ..NodeIn::default()
        });
        (0..20).for_each(|_| {
            other.clock(&NodeIn {
                axil: answers,
                ..NodeIn::default()
            });
        });
        // The lists of one with the RTL of the other: a queued frame that the RTL calls dirty.
        pair.model.frames = other.frames.clone();
        let found = *pair.finish().expect_err("frame 3 differs");
        assert_eq!(found.signal, "guard of frame 3");
        assert!(found.model.contains("Queued"), "{}", found.model);
    }

    #[test]
    fn simulations_of_one_thread_may_end_in_any_order() {
        let mut first = Pair::new("tiny").expect("a set");
        let mut second = Pair::new("tiny_128").expect("a set");
        let ins = NodeIn::default();
        for _ in 0..3 {
            first.clock(&ins).expect("equal");
            second.clock(&ins).expect("equal");
        }
        // The context that the thread knows last goes first.
        drop(second);
        drop(first);
        let mut third = Pair::new("tiny").expect("a set");
        third.clock(&ins).expect("equal");
    }

    #[test]
    fn a_difference_stops_the_system_and_leaves_a_waveform() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lockstep-last.fst");
        let _ = fs::remove_file(&path);
        let mut pair = Pair::new("tiny").expect("a set");
        pair.trace(50, path.clone());
        let memory = MemorySpec::default()
            .build(pair.config())
            .expect("a memory");
        let mut system = System::new(pair, memory);
        system.idle(100);
        system.node.model.csr.counters.total_q = 9;
        system.idle(100);
        assert_eq!(system.cycle(), 101, "it stops there");
        let Err(Fault::Difference(found)) = system.check() else {
            panic!("no difference")
        };
        assert_eq!(found.signal, "csr.counters.total_q");
        drop(system);
        assert!(fs::metadata(&path).expect("the waveform").len() > 100);
    }

    #[test]
    fn a_scenario_survives_its_replay_file_and_runs_the_same_again() {
        on_every_set(2, |scenario| {
            let text =
                serde_json::to_string_pretty(&scenario).map_err(|error| error.to_string())?;
            let again: Scenario = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            if again != scenario {
                return Err(format!("{again:?}"));
            }
            let (first, second) = (scenario.run_lockstep(), again.run_lockstep());
            match (first, second) {
                (Ok(a), Ok(b)) if a == b => Ok(a),
                (a, b) => Err(format!("{a:?} {b:?}")),
            }
        });
    }
}
