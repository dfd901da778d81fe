//! `dormouse latency` as a user runs it: its JSON, the performance contract, and what it says about bad input.

use std::process::{Command, Output};

use serde_json::Value;

fn latency(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .arg("latency")
        .args(args)
        .output()
        .unwrap()
}

/// All that is behind the figures, the figures, and the messages.
fn measured(backend: &str) -> (Value, Value, String) {
    let (mut result, messages) = json(&["--backend", backend, "--json", "--detail"]);
    (result["detail"].take(), result, messages)
}

fn json(args: &[&str]) -> (Value, String) {
    let output = latency(args);
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!messages.contains("panicked"), "{messages}");
    // JSON alone: one value, and nothing before or after it.
    let result = serde_json::from_slice(&output.stdout).expect(&messages);
    let missed = messages.contains("contract missed");
    assert_eq!(output.status.code(), Some(i32::from(missed)), "{messages}");
    (result, messages)
}

/// Asserts that each of `expected` is a key of `value`.
fn has(value: &Value, expected: &str) {
    for key in expected.split_whitespace() {
        assert!(value.get(key).is_some(), "{key} is not in {value}");
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn cycles(value: &Value) -> u64 {
    assert!(value["samples"].as_u64() > Some(0), "{value}");
    value["cycles"].as_u64().unwrap()
}

/// The command contract.
const FIGURES: [&str; 10] = [
    "read_dormant",
    "write_dormant_pool",
    "write_dormant_ondemand",
    "resident_added",
    "mark_all",
    "redormant",
    "storm_read",
    "storm_conversion",
    "beside_withholding",
    "behind_engine",
];

fn the_json_has_its_keys(short: &Value, origin: &str) {
    assert_eq!(short["origin"], origin);
    for figure in FIGURES {
        assert!(short[figure].is_number(), "{figure} in {short}");
    }
}

fn the_detail_has_its_keys(result: &Value) {
    has(result, "memory sets");
    for figure in FIGURES
        .into_iter()
        .filter(|name| *name != "storm_conversion")
    {
        has(
            &result[figure],
            "cycles best samples at contract met interval conditions",
        );
    }
    has(
        &result["resident_added"],
        "hit miss answers throughput beside",
    );
    has(&result["redormant"], "doorbell stores");
    has(&result["storm_conversion"], "interval conditions cases");
}

/// A figure is the worst of its cases.
fn each_figure_is_the_worst_of_its_cases(short: &Value, detail: &Value) {
    for figure in ["storm_read", "beside_withholding", "behind_engine"] {
        let cases = list(&detail[figure]["cases"]).iter().map(cycles);
        assert_eq!(short[figure].as_u64(), cases.max(), "{figure}");
    }
    let storms = list(&detail["storm_conversion"]["cases"]);
    for (key, one) in [
        ("storm_conversion", false),
        ("storm_conversion_one_port", true),
    ] {
        let of = storms.iter().filter(|case| (case["ports"] == 1) == one);
        let rates = of.map(|case| case["cycles_per_conversion"].as_f64().unwrap());
        assert_eq!(
            short[key].as_f64(),
            Some(rates.fold(0.0, f64::max)),
            "{key}"
        );
    }
    // No node converts more than a page in a cycle, and none takes as long as one that forgets everything each time.
    assert!(
        storms
            .iter()
            .all(|case| case["conversions"].as_u64() > Some(8))
    );
    for key in ["storm_conversion", "storm_conversion_one_port"] {
        let rate = short[key].as_f64().unwrap();
        assert!((1.0..=5.0).contains(&rate), "{key}: {rate}");
    }
    assert_eq!(list(&detail["beside_withholding"]["cases"]).len(), 12);
}

/// P5 to P9, from the JSON.
fn the_contract_holds(result: &Value) {
    let added = &result["resident_added"];
    for kind in ["read", "write", "write_data"] {
        assert_eq!(cycles(&added["hit"][kind]), 1, "P5");
        assert!(cycles(&added["miss"][kind]) <= 2, "decision 0009");
    }
    assert_eq!(
        cycles(added),
        cycles(&added["miss"]),
        "a miss is not hidden"
    );
    assert_eq!(cycles(&added["answers"]), 0, "P5");
    for stream in list(&added["throughput"]) {
        let promised = stream["pattern"] != "single beats, all miss the cache";
        assert_eq!(
            stream["met"].as_bool(),
            promised.then_some(true),
            "{stream}"
        );
        assert!(stream["beats_per_cycle"].as_f64() > Some(0.66), "{stream}");
    }

    let read = &result["read_dormant"];
    assert!(cycles(read) <= 3, "P6");
    assert_eq!(read["memory_beats"], 0, "P6");
    assert!(cycles(&result["write_dormant_pool"]) <= 4, "P7");
    // Two beats wait at most.
    assert!(
        cycles(&result["write_dormant_pool"]["zeros_first"]) <= 6,
        "P7"
    );

    let cases = list(&result["write_dormant_ondemand"]["cases"]);
    for latency in [4, 32, 100] {
        let mut with = cases.iter().filter(|case| case["b_latency"] == latency);
        assert!(with.any(|case| case["set"] == "engine_64"));
    }
    for case in cases {
        let page_beats = case["page_beats"].as_u64().unwrap();
        let allowed = page_beats + case["b_latency"].as_u64().unwrap() + 16;
        assert!(cycles(case) <= allowed, "P8: {case}");
        assert_eq!(case["met"], true);
    }

    let tables = list(&result["mark_all"]["tables"]);
    assert!(tables.iter().any(|table| table["guest_pages"] == 524_288));
    for table in tables {
        assert!(cycles(&table["finished"]) <= 64, "P9: {table}");
        assert!(cycles(&table["seen"]) <= 64, "P9: {table}");
    }
}

fn the_delay_is_in_the_cycles_of_stores_and_not_in_the_doorbell(result: &Value) {
    let redormant = &result["redormant"];
    assert!(cycles(&redormant["doorbell"]) <= 16);
    for stores in list(&redormant["stores"]) {
        let delay = stores["delay"].as_u64().unwrap();
        assert!((delay..delay + 16).contains(&cycles(stores)), "{stores}");
    }
}

#[test]
fn the_model_keeps_the_contract_and_the_json_its_keys() {
    let (result, short, _) = measured("model");
    the_json_has_its_keys(&short, "model");
    the_detail_has_its_keys(&result);
    each_figure_is_the_worst_of_its_cases(&short, &result);
    the_contract_holds(&result);
    the_delay_is_in_the_cycles_of_stores_and_not_in_the_doorbell(&result);
}

#[test]
fn a_figure_beyond_its_contract_is_named_and_is_the_exit_code() {
    let (result, messages) = json(&["--backend", "model", "--json"]);
    the_json_has_its_keys(&result, "model");
    assert!(result.get("detail").is_none(), "{result}");
    let most = |key: &str, most: f64| result[key].as_f64() <= Some(most);
    for (id, met) in [
        ("P6", most("read_dormant", 3.0)),
        ("P7", most("write_dormant_pool", 4.0)),
        ("P9", most("mark_all", 64.0)),
        ("P16", most("behind_engine", 16.0)),
        (
            "P14",
            most("storm_read", 8.0)
                && most("storm_conversion", 2.0)
                && most("storm_conversion_one_port", 3.0),
        ),
    ] {
        let said = messages.contains(&format!("contract missed: {id}:"));
        assert_eq!(said, !met, "{messages}");
    }
}

#[test]
fn without_json_there_is_only_the_table() {
    let output = latency(&["--backend", "model"]);
    assert!(output.stdout.is_empty());
    let table = String::from_utf8_lossy(&output.stderr);
    for row in ["P5", "P6", "P7", "P8", "P9", "P14", "P16", "withholds"] {
        assert!(table.contains(row), "{table}");
    }
    // What is behind the figures is asked for.
    assert!(!table.contains("beats/cycle"), "{table}");
}

#[test]
fn an_unknown_backend_is_named_with_those_that_exist() {
    let output = latency(&["--backend", "fpga"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let messages = String::from_utf8_lossy(&output.stderr);
    for word in ["fpga", "model", "rtl", "lockstep"] {
        assert!(messages.contains(word), "{messages}");
    }
}

#[cfg(not(feature = "rtl"))]
#[test]
fn without_rtl_the_message_says_what_to_run() {
    for args in [&[][..], &["--backend", "rtl"], &["--backend", "lockstep"]] {
        let output = latency(args);
        assert_eq!(output.status.code(), Some(2));
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(messages.contains("cargo xtask run"), "{messages}");
    }
}

#[cfg(feature = "rtl")]
#[test]
fn model_and_rtl_take_the_same_cycles_everywhere() {
    let (mut model, short, _) = measured("model");
    let (mut rtl, other, _) = measured("rtl");
    the_json_has_its_keys(&other, "RTL");
    the_contract_holds(&rtl);
    for result in [&mut model, &mut rtl] {
        result["origin"].take();
    }
    assert_eq!(model, rtl);
    assert!(FIGURES.iter().all(|figure| short[figure] == other[figure]));
}
