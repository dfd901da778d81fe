//! Illegal parameters: refused by name, in Rust and when the RTL is elaborated.

use dormouse_model::{Config, ConfigError};
use dormouse_testbench::sets;

/// Parameter of the model, of the RTL, and values that are out of its range though they can be written. Every other
/// parameter is one that a legal value of this one can live with.
const ILLEGAL: [(&str, &str, &[u64]); 15] = [
    ("addr_width", "AddrWidth", &[0, 15, 65, 255]),
    ("data_width", "DataWidth", &[0, 8, 16, 48, 96, 1024]),
    ("id_width", "IdWidth", &[0, 17]),
    ("page_shift", "PageShift", &[0, 11, 22]),
    ("real_frames", "RealFrames", &[0, 1, (1 << 28) + 1]),
    ("guest_pages", "GuestPages", &[0, 1, (1 << 28) + 1]),
    ("ports", "Ports", &[0, 5]),
    ("port_depth", "PortDepth", &[0, 2, 3, 12, 64]),
    ("port_beats", "PortBeats", &[0, 2, 3, 96, 512]),
    ("trackers", "Trackers", &[0, 9]),
    ("max_outstanding", "MaxOutstanding", &[0, 7, 65]),
    ("max_beats", "MaxBeats", &[0, 2, 3, 17, 512]),
    ("queue_depth", "QueueDepth", &[0, 1, 3, 1000]),
    ("urgent_depth", "UrgentDepth", &[0, 1, 3, 1000]),
    ("pool_depth", "PoolDepth", &[0, 1, 3, 1000]),
];

/// Contradictions: address bits, bits of a page, and frames or pages that the address cannot reach.
const CONTRADICTIONS: [(u64, u64, u64); 4] = [
    (16, 12, 17),
    (24, 16, 257),
    (32, 12, (1 << 20) + 1),
    (16, 21, 2),
];

#[test]
fn every_parameter_out_of_range_is_named_with_its_value_and_what_is_allowed() {
    for (name, _, values) in ILLEGAL {
        for value in values {
            let error = Config::from_toml(&format!("{name} = {value}")).expect_err(name);
            let ConfigError::Illegal {
                name: named,
                value: v,
                allowed,
            } = &error
            else {
                panic!("{name} = {value}: {error}");
            };
            assert_eq!((*named, v), (name, value));
            assert!(!allowed.is_empty());
            let text = error.to_string();
            assert!(
                text.contains(&format!("{name} = {value}")) && text.contains(allowed),
                "{text}"
            );
        }
    }
}

#[test]
fn a_value_that_does_not_fit_its_type_is_named() {
    for line in [
        "node_id = 256",
        "addr_width = -1",
        "data_width = \"wide\"",
        "real_frames = 1.5",
        "pool_depth = 4294967296",
    ] {
        let error = Config::from_toml(line).expect_err(line);
        assert!(matches!(error, ConfigError::Syntax(_)));
        let name = line.split(' ').next().unwrap_or_default();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_unknown_parameter_and_broken_toml_are_named() {
    for (text, named) in [
        ("dta_width = 64", "dta_width"),
        ("DataWidth = 64", "DataWidth"),
        ("data_width = 64\ncolour = 1", "colour"),
        ("data_width 64", "data_width 64"),
        ("data_width = 64\ndata_width = 32", "duplicate"),
    ] {
        let error = Config::from_toml(text).expect_err(text).to_string();
        assert!(error.contains(named), "{text}: {error}");
    }
}

#[test]
fn contradictory_parameters_are_named_together() {
    let named = |name, text: &str| {
        let error = Config::from_toml(text).expect_err(text);
        assert!(matches!(error, ConfigError::AddressSpace { .. }), "{error}");
        let told = error.to_string();
        assert!(
            told.contains(name) && told.contains("addr_width"),
            "{text}: {told}"
        );
    };
    for (addr, shift, pages) in CONTRADICTIONS {
        let width = format!("addr_width = {addr}\npage_shift = {shift}");
        named("real_frames", &format!("{width}\nreal_frames = {pages}"));
        // Frames come first, where not even two of them fit.
        if 2u64 << shift <= 1 << addr {
            let text = format!("{width}\nreal_frames = 2\nguest_pages = {pages}");
            named("guest_pages", &text);
        }
    }
}

#[test]
fn the_bounds_themselves_are_legal_and_what_is_not_named_keeps_its_default() {
    assert_eq!(Config::from_toml("").expect("defaults"), Config::default());
    for text in [
        "addr_width = 64",
        "data_width = 32",
        "data_width = 512",
        "id_width = 1",
        "id_width = 16",
        "addr_width = 16\nreal_frames = 16\nguest_pages = 16",
        "page_shift = 21\nreal_frames = 2048\nguest_pages = 2048",
        "real_frames = 2",
        "guest_pages = 2",
        "addr_width = 40\nreal_frames = 268435456",
        "addr_width = 40\nguest_pages = 268435456",
        "ports = 1",
        "ports = 4",
        "port_depth = 4",
        "port_depth = 32",
        "trackers = 1",
        "trackers = 8",
        "max_outstanding = 8",
        "max_outstanding = 64",
        "max_beats = 4",
        "max_beats = 256",
        "queue_depth = 2",
        "urgent_depth = 2",
        "pool_depth = 268435456",
        "node_id = 255",
    ] {
        if let Err(error) = Config::from_toml(text) {
            panic!("{text}: {error}");
        }
    }
    let config = Config::from_toml("data_width = 128").expect("legal");
    assert_eq!(
        config,
        Config {
            data_width: 128,
            ..Config::default()
        }
    );
}

#[test]
fn every_verilated_set_is_legal() {
    for (name, config) in sets::all() {
        assert!(config.check().is_ok(), "{name}");
    }
}

/// The one list of the RTL's files.
#[cfg(feature = "rtl")]
#[expect(dead_code, reason = "the node alone has no guest's core")]
#[path = "../xtask/src/core_file.rs"]
mod core_file;

#[cfg(feature = "rtl")]
mod rtl {
    use std::{path::Path, process::Command};

    use super::core_file::CoreFile;
    use super::{CONTRADICTIONS, ILLEGAL};

    /// Elaborates the node with these parameters; its `$error` lines if it fails.
    fn elaborate(parameters: &[(&str, u64)]) -> Result<(), String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = CoreFile::read(root).expect("rtl/dormouse.core is readable");
        let verilator = std::env::var_os("DORMOUSE_VERILATOR")
            .map_or_else(|| root.join(".tools/bin/verilator"), Into::into);
        let output = Command::new(verilator)
            .current_dir(root)
            .args([
                "--lint-only",
                "-Irtl",
                "-Wall",
                "--top-module",
                "dm_node",
                "rtl/lint.vlt",
            ])
            .args(
                parameters
                    .iter()
                    .map(|(name, value)| format!("-G{name}={value}")),
            )
            .args(sources.files("rtl"))
            .output()
            .expect("Verilator runs: `cargo xtask setup`");
        if output.status.success() {
            return Ok(());
        }
        // Verilator calls `$error` in an elaborated block a user error.
        let text = String::from_utf8_lossy(&output.stderr);
        Err(text
            .lines()
            .filter(|line| line.starts_with("%Warning-USERERROR"))
            .collect())
    }

    #[test]
    fn elaboration_fails_with_the_name_of_the_parameter_that_the_model_names() {
        assert_eq!(elaborate(&[]), Ok(()));
        for (model, rtl, values) in ILLEGAL {
            assert_eq!(
                model.replace('_', ""),
                rtl.to_lowercase(),
                "the same name on both sides"
            );
            // None of something, and memories of gigabits, Verilator refuses itself, before any check of ours.
            for &value in values.iter().filter(|value| (1..=1 << 28).contains(*value)) {
                let errors = elaborate(&[(rtl, value)]).expect_err(rtl);
                assert!(
                    errors.contains(&format!("{rtl} must be")),
                    "{rtl} = {value}: {errors}"
                );
            }
        }
        let errors = elaborate(&[("NodeId", 256)]).expect_err("NodeId");
        assert!(errors.contains("NodeId must be"), "{errors}");
    }

    #[test]
    fn elaboration_fails_for_frames_and_pages_that_the_address_cannot_reach() {
        for (addr, shift, pages) in CONTRADICTIONS {
            for (name, other) in [("RealFrames", "GuestPages"), ("GuestPages", "RealFrames")] {
                let set = [
                    ("AddrWidth", addr),
                    ("PageShift", shift),
                    (other, 2),
                    (name, pages),
                ];
                let errors = elaborate(&set).expect_err("they contradict each other");
                assert!(
                    errors.contains(name) && errors.contains("AddrWidth"),
                    "{set:?}: {errors}"
                );
            }
        }
    }
}
