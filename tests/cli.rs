//! The command line: exit codes, messages, and the JSON keys that others rely on.

#[cfg(feature = "rtl")]
use std::fs;
use std::process::{Command, Output};

fn dormouse(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .args(args)
        .output()
        .expect("the program runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_unknown_flag_or_command_is_named_and_exits_with_2() {
    for (args, named) in [
        (&["lockstep", "--cylces", "5"][..], "--cylces"),
        (&["bench", "--wide"], "--wide"),
        (&["speed", "--fast"], "--fast"),
        (&["dance"], "dance"),
        (&["lockstep", "--cycles", "many"], "many"),
        (&["bench", "--backend", "fpga"], "fpga"),
    ] {
        let output = dormouse(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(named),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(
            output.stdout.is_empty(),
            "{args:?}: only JSON goes to standard output"
        );
    }
}

#[test]
fn help_names_every_command() {
    let output = dormouse(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stdout);
    for command in ["bench", "lockstep", "speed"] {
        assert!(text.contains(command), "{text}");
    }
}

#[cfg(not(feature = "rtl"))]
#[test]
fn a_build_without_rtl_says_how_to_get_one() {
    let output = dormouse(&["lockstep", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cargo xtask run"),
        "{}",
        stderr(&output)
    );
    assert!(output.stdout.is_empty());
}

#[cfg(feature = "rtl")]
#[test]
fn lockstep_prints_its_json_keys_and_nothing_else_on_standard_output() {
    let run = |seed: &str| {
        let output = dormouse(&["lockstep", "--cycles", "20000", "--seed", seed, "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let json: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("one JSON object");
        json.as_object().expect("an object").clone()
    };
    let first = run("77");
    for key in ["cycles", "configs", "mismatches", "seed"] {
        assert!(first[key].is_u64(), "{key}: {first:?}");
    }
    assert_eq!(
        (first["mismatches"].as_u64(), first["seed"].as_u64()),
        (Some(0), Some(77))
    );
    assert!(first["cycles"].as_u64() >= Some(20_000));
    assert!(first["configs"].as_u64() >= Some(8));
    assert_eq!(run("77"), first, "the seed decides the run");
    assert_ne!(run("78")["cycles"], first["cycles"]);
}

#[cfg(feature = "rtl")]
#[test]
fn a_bad_replay_file_is_named_and_exits_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("replay.json");
    let name = path.to_str().expect("a plain name").to_owned();
    let missing = dormouse(&["lockstep", "--replay", &name]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        stderr(&missing).contains(&name) && stderr(&missing).contains("cannot be read"),
        "{}",
        stderr(&missing)
    );
    for text in ["", "{", "[]", "{\"set\": \"tiny\"}"] {
        fs::write(&path, text).expect("written");
        let output = dormouse(&["lockstep", "--replay", &name]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(
            stderr(&output).contains(&name) && stderr(&output).contains("not a replay file"),
            "{text}: {}",
            stderr(&output)
        );
    }
}

#[cfg(feature = "rtl")]
#[test]
fn a_replay_that_agrees_exits_with_0_and_one_that_fails_with_1_and_leaves_its_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("replay.json");
    let (name, out) = (
        path.to_str().expect("plain").to_owned(),
        folder.path().join("out"),
    );
    let scenario = |set: &str| {
        format!(
            r#"{{"set": "{set}", "memory": {{"kind": "ideal"}}, "stall": 0, "seed": 1, "steps": [
                {{"gap": 0, "wait": true, "access": {{"Command": {{"op": 1, "frame": 3}}}}}},
                {{"gap": 4, "wait": true, "access": {{"Read": {{"addr": 52}}}}}}]}}"#
        )
    };
    fs::write(&path, scenario("tiny")).expect("written");
    let good = dormouse(&["lockstep", "--replay", &name]);
    assert_eq!(good.status.code(), Some(0), "{}", stderr(&good));
    // A set that does not exist fails in every run; model and RTL agree, so no other failure can be had from outside.
    fs::write(&path, scenario("huge")).expect("written");
    let bad = dormouse(&[
        "lockstep",
        "--replay",
        &name,
        "--out",
        out.to_str().expect("plain"),
    ]);
    assert_eq!(bad.status.code(), Some(1), "{}", stderr(&bad));
    assert!(
        stderr(&bad).contains("huge") && stderr(&bad).contains("--replay"),
        "{}",
        stderr(&bad)
    );
    assert!(
        fs::read_dir(&out).expect("made").count() >= 1,
        "the replay file is left behind"
    );
}
