//! `dormouse bench` as a user runs it: its JSON, its contract, and what it says about bad input.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The program in an empty folder, without an image from the environment.
fn bench(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .arg("bench")
        .args(args)
        .env_remove("DORMOUSE_IMAGE")
        .current_dir(folder)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{messages}");
    // JSON alone: one value, and nothing before or after it.
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Exit code and messages of a run that must fail, with nothing on standard output.
fn failure(output: &Output) -> (Option<i32>, String) {
    assert!(output.stdout.is_empty());
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!messages.contains("panicked"), "{messages}");
    (output.status.code(), messages)
}

fn boot() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("traces/a_2g_default.events.csv.zst")
        .display()
        .to_string()
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Asserts that each of `expected` is a key of `value`.
fn has(value: &Value, expected: &str) {
    let keys = keys(value);
    for key in expected.split_whitespace() {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
}

/// P1, P2 and P3 of the performance contract, from the JSON.
fn the_contract_holds(engine: &Value, origin: &str) {
    let rows = engine.as_array().unwrap();
    assert_eq!(rows.len(), 5 * 6 * 3);
    let find = |width: u32, latency: u32, pattern: &str| {
        rows.iter()
            .find(|row| {
                row["data_width"] == width
                    && row["b_latency"] == latency
                    && row["w_stall"] == 0
                    && row["pattern"] == pattern
            })
            .unwrap()
    };
    for latency in [4, 32, 100] {
        for width in [64, 128] {
            let row = find(width, latency, "scattered");
            let beats = u64::from(64 * 4096 * 8 / width);
            let allowed = beats + u64::from(latency);
            assert!(row["cycles"].as_u64().unwrap() <= allowed, "P1: {row}");
            assert_eq!(row["page_gap_max"], 0, "P1: {row}");
        }
    }
    let single = find(64, 32, "single");
    assert!(single["cycles"].as_u64().unwrap() <= 544, "P3: {single}");
    for row in rows {
        assert_eq!(row["origin"], origin);
        if row["memory"] == "ideal" && row["w_stall"] == 0 {
            assert!(row["start_latency"].as_u64().unwrap() <= 1, "P2: {row}");
        }
    }
}

#[test]
fn the_model_keeps_the_contract_and_the_json_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let trace = boot();
    let args = [
        "--backend",
        "model",
        "--json",
        "--only",
        "engine,trace",
        "--trace",
        &trace,
        "--pages",
        "300",
    ];
    let output = bench(folder.path(), &args);
    let result = json(&output);
    assert_eq!(
        keys(&result),
        ["engine", "freed", "host", "software", "trace"]
    );
    the_contract_holds(&result["engine"], "model");
    has(
        &result["engine"][0],
        "data_width b_latency pattern pages cycles start_latency page_gap_max beats_per_cycle origin",
    );
    // There is no core in the model, and that is said.
    assert_eq!(result["software"], Value::Array(Vec::new()));
    assert!(result["freed"].is_null() && result["trace"]["software"].is_null());
    assert!(String::from_utf8_lossy(&output.stderr).contains("the core is RTL"));
    has(
        &result["trace"],
        "file events memories memory engine software ratio",
    );
    assert_eq!(result["trace"]["events"], 300);
    for memory in result["trace"]["memories"].as_array().unwrap() {
        assert_eq!(memory["engine"]["pages"], 300);
        assert!(memory["engine"]["cycles"].as_u64().unwrap() >= 300 * 512);
    }
    assert!(folder.path().join("target/bench.svg").exists());
}

#[test]
fn only_the_parts_named_are_run() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "--backend",
        "model",
        "--json",
        "--only",
        "host",
        "--plot",
        "no/figure.svg",
    ];
    let result = json(&bench(folder.path(), &args));
    has(
        &result["host"][0],
        "method bytes bytes_per_cycle ns_per_page relative_to_memset origin",
    );
    assert_eq!(result["engine"], Value::Array(Vec::new()));
    assert!(result["trace"].is_null());
    assert!(
        !folder.path().join("no").exists(),
        "there is no figure without the engine"
    );

    let (code, messages) = failure(&bench(folder.path(), &["--only", "everything"]));
    assert_eq!(code, Some(2));
    assert!(
        messages.contains("everything") && messages.contains("engine"),
        "{messages}"
    );
}

#[test]
fn a_trace_that_cannot_be_read_is_named_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(boot()).unwrap();
    let cut: PathBuf = folder.path().join("cut.csv.zst");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.path().join("text.csv"), "icount\n").unwrap();
    for (file, reason) in [
        ("absent.csv.zst", "No such file"),
        ("text.csv", "not a zstd file"),
        ("cut.csv.zst", "truncated"),
    ] {
        let args = [
            "--backend",
            "model",
            "--json",
            "--only",
            "engine,trace",
            "--trace",
            file,
        ];
        let (code, messages) = failure(&bench(folder.path(), &args));
        assert_eq!(code, Some(2), "{messages}");
        assert!(
            messages.contains(file) && messages.contains(reason),
            "{messages}"
        );
        assert!(!messages.contains("Engine"), "{messages}");
    }
}

#[test]
fn no_pages_at_all_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (code, messages) = failure(&bench(
        folder.path(),
        &["--backend", "model", "--pages", "0"],
    ));
    assert_eq!(code, Some(2));
    assert!(messages.contains("--pages"), "{messages}");
}

#[cfg(not(feature = "rtl"))]
#[test]
fn without_rtl_the_message_says_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    for backend in ["rtl", "lockstep"] {
        let args = ["--backend", backend, "--only", "engine"];
        let (code, messages) = failure(&bench(folder.path(), &args));
        assert_eq!(code, Some(2));
        assert!(messages.contains("cargo xtask run"), "{messages}");
    }
}

#[cfg(feature = "rtl")]
mod rtl {
    use super::{Command, Value, bench, boot, failure, has, json, the_contract_holds};

    /// The image that `cargo xtask test` builds and names.
    fn image() -> String {
        let built = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/target/riscv32imac-unknown-none-elf/release/hyperkernel"
        );
        let image = std::env::var("DORMOUSE_IMAGE").unwrap_or_else(|_| built.to_owned());
        assert!(
            std::path::Path::new(&image).exists(),
            "there is no firmware image {image}: run the tests as `cargo xtask test`"
        );
        image
    }

    #[test]
    fn rtl_keeps_the_contract_in_lockstep_with_the_model() {
        let folder = tempfile::tempdir().unwrap();
        let result = json(&bench(folder.path(), &["--json", "--only", "engine"]));
        the_contract_holds(&result["engine"], "RTL, in lockstep with the model");
    }

    #[test]
    fn model_and_rtl_take_the_same_cycles_for_the_recorded_boot_and_the_core_takes_more() {
        let folder = tempfile::tempdir().unwrap();
        let (trace, image) = (boot(), image());
        let run = |backend| {
            let args = [
                "--backend",
                backend,
                "--json",
                "--demo",
                "--only",
                "trace",
                "--trace",
                &trace,
                "--pages",
                "200",
                "--image",
                &image,
            ];
            json(&bench(folder.path(), &args))
        };
        let (model, rtl) = (run("model"), run("rtl"));
        for memory in 0..2 {
            let on = |result: &Value| result["trace"]["memories"][memory].clone();
            assert_eq!(on(&model)["engine"]["cycles"], on(&rtl)["engine"]["cycles"]);
            has(
                &on(&rtl)["software"],
                "pages cycles cycles_per_page posted merge loop origin",
            );
            assert!(on(&rtl)["ratio"].as_f64().unwrap() > 1.5);
            assert!(on(&rtl)["ratio_at_b"].as_f64() > on(&rtl)["ratio"].as_f64());
        }

        // `dormouse boot` takes the core's figure from here; 256 pages there, 32 here.
        let eager = Command::new(env!("CARGO_BIN_EXE_dormouse"))
            .args(["boot", "--mode", "eager-software", "--events", "1"])
            .args(["--json", "--trace", &trace])
            .output()
            .unwrap();
        let used = json(&eager)["software_page_cycles"].as_f64().unwrap();
        let measured = rtl["trace"]["software"]["cycles_per_page"]
            .as_f64()
            .unwrap();
        assert!((measured / used - 1.0).abs() < 0.02, "{measured}, {used}");
    }

    #[test]
    fn software_and_cycles_freed_have_their_keys_and_stay_within_what_the_core_can_do() {
        let folder = tempfile::tempdir().unwrap();
        let image = image();
        let args = [
            "--backend",
            "rtl",
            "--json",
            "--demo",
            "--only",
            "software,freed",
            "--image",
            &image,
        ];
        let result = json(&bench(folder.path(), &args));
        let rows = result["software"].as_array().unwrap();
        assert_eq!(rows.len(), 6 * 3);
        assert_eq!(rows.iter().filter(|row| row["best"] == true).count(), 1);
        for row in rows {
            has(
                row,
                "core memory b_latency loop posted merge pages cycles bytes_per_cycle best origin",
            );
            // The core stores four bytes in a cycle at most.
            let rate = row["bytes_per_cycle"].as_f64().unwrap();
            assert!(rate > 0.0 && rate < 4.0, "{row}");
            assert!(
                (row["core"] == "VexRiscv_IMAC") && (row["origin"] == "RTL"),
                "{row}"
            );
        }
        let freed = &result["freed"];
        has(
            freed,
            "pages cycles_core_zeroing cycles_core_busy_with_engine freed_share origin memories",
        );
        let share = freed["freed_share"].as_f64().unwrap();
        assert!(share > 0.5 && share < 1.0, "{freed}");
    }

    #[test]
    fn a_missing_or_broken_image_is_named_before_anything_runs() {
        let folder = tempfile::tempdir().unwrap();
        let (code, messages) = failure(&bench(folder.path(), &["--only", "engine,software"]));
        assert_eq!(code, Some(2));
        assert!(messages.contains("cargo xtask run -- ..."), "{messages}");
        assert!(!messages.contains("Engine"), "{messages}");

        let args = ["--only", "software", "--image", "absent.elf"];
        let (code, messages) = failure(&bench(folder.path(), &args));
        assert_eq!(code, Some(2));
        assert!(
            messages.contains("absent.elf") && messages.contains("cargo xtask run"),
            "{messages}"
        );

        std::fs::write(folder.path().join("text.elf"), "no image").unwrap();
        let args = ["--only", "software", "--image", "text.elf"];
        let (code, messages) = failure(&bench(folder.path(), &args));
        assert_eq!(code, Some(2));
        assert!(messages.contains("text.elf"), "{messages}");
    }
}
