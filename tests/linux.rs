//! `dormouse linux`, with a small program in place of the kernel: the guest, the node under it, the command's contract.
//!
//! The kernel itself boots where `DORMOUSE_LONG` is set and `cargo xtask setup --linux` has built one.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dormouse_testbench::{
    linux::{
        asm::{A0, A1, T0, T1, T2, ZERO, add, addi, bltu, bne, j, li, lw, sb, sw},
        board::{Image, RAM, UART},
    },
    recording::{Kind, Recording},
};
use serde_json::Value;

/// Where the program works: far from its code, over a few pages.
const FROM: u32 = RAM + 0x4_0000;
const BYTES: u32 = 5 * 4096;

/// A program, put together.
#[derive(Default)]
struct Program(Vec<u32>);

impl Program {
    fn set(&mut self, register: u32, value: u32) {
        self.0.extend(li(register, value));
    }

    fn say(&mut self, text: &str) {
        self.set(T0, UART);
        for byte in text.bytes() {
            self.0.extend([addi(T1, ZERO, byte.into()), sb(T1, T0, 0)]);
        }
    }

    /// Runs `body` for each word of the range, whose address is in T0; it may use A0, A1.
    fn each(&mut self, body: &[u32]) {
        self.set(T0, FROM);
        self.set(T2, FROM + BYTES);
        self.0.extend(body);
        self.0.push(addi(T0, T0, 4));
        let back = -4 * (i32::try_from(body.len()).unwrap() + 1);
        self.0.push(bltu(T0, T2, back));
    }

    fn image(&self) -> Vec<u8> {
        Image::of_program(&self.0).bytes().to_vec()
    }
}

/// Writes every word of five pages, reads them, clears them, and reads zero.
fn works() -> Program {
    let mut program = Program::default();
    program.say("hello\ninit: up\n");
    // What a word holds is twice its address.
    program.each(&[add(A0, T0, T0), sw(A0, T0, 0)]);
    // A word that is wrong is waited at for ever.
    program.each(&[add(A0, T0, T0), lw(A1, T0, 0), bne(A0, A1, 0)]);
    program.each(&[sw(ZERO, T0, 0)]);
    // Longer than the delay after which a page that was zeroed goes dormant.
    program.set(T0, 5000);
    program.0.extend([addi(T0, T0, -1), bne(T0, ZERO, -4)]);
    program.each(&[lw(A1, T0, 0), bne(A1, ZERO, 0)]);
    program.say("init: verdict pass\n");
    program.0.push(j(0));
    program
}

struct Run {
    dir: tempfile::TempDir,
}

impl Run {
    fn new(image: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("Image"), image).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn linux(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_dormouse"))
            .arg("linux")
            .arg("--kernel")
            .arg(self.path("Image"))
            .args(args)
            .output()
            .unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.linux(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn fails(&self, args: &[&str]) -> String {
        let output = self.linux(args);
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

const SMALL: [&str; 6] = [
    "--guest", "1 MiB", "--limit", "20000000", "--quiet", "--json",
];

fn small<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SMALL[..], more].concat()
}

#[test]
fn a_guest_on_dormant_memory_comes_to_the_verdict_and_the_json_keeps_its_contract() {
    let run = Run::new(&works().image());
    let json = run.json(&small(&["--mode", "dormant", "--backend", "model"]));
    for (key, value) in [
        ("mode", "dormant".into()),
        ("backend", "model".into()),
        ("guest_bytes", (1 << 20).into()),
        ("real_bytes", (1 << 20).into()),
        ("verdict", "pass".into()),
        ("console_lines", 3.into()),
    ] as [(&str, Value); 6]
    {
        assert_eq!(json[key], value, "{key}");
    }
    assert!(json["origin"].as_str().unwrap().contains("model"));
    let number = |key: &str| json[key].as_u64().unwrap_or_else(|| panic!("{key}"));
    assert!(number("first_instruction_cycles") < number("init_cycles"));
    assert!(number("init_cycles") < number("end_cycles"));
    // The program's code, the device tree, and five pages that are cleared again.
    assert!(number("conversions") >= 7, "{json}");
    assert_eq!(number("redormanted"), 5, "{json}");
    assert!(number("frames_peak") >= 7);
    // Power-on begins with no zeroed frame: the first store may wait for one, and no other does.
    assert!(number("stalls") <= 1, "{json}");
}

#[test]
fn modes_differ_in_who_zeroes_and_in_nothing_that_the_guest_sees() {
    let run = Run::new(&works().image());
    let report = run.path("report.html");
    let json = run.json(&small(&["--compare", "--report", report.to_str().unwrap()]));
    let modes = json["modes"].as_array().unwrap();
    let names: Vec<_> = modes
        .iter()
        .map(|mode| mode["mode"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["ideal", "eager-software", "eager-engine", "dormant"]
    );
    let [ideal, software, engine, dormant] = &modes[..] else {
        panic!("four modes")
    };
    let first = |mode: &Value| mode["first_instruction_cycles"].as_u64().unwrap();
    // A MiB is 131,072 beats.
    assert!(first(engine) > 131_072 && first(software) > 131_072);
    assert!(first(ideal) < 1000 && first(dormant) < 10_000);
    for mode in modes {
        assert_eq!(mode["verdict"], "pass");
        assert_eq!(mode["console_lines"], 3);
        assert_eq!(mode["pages_compared"], 256);
    }
    assert_eq!(ideal["instructions"], dormant["instructions"]);
    assert_eq!(json["ratios"].as_array().unwrap().len(), 4);
    let page = std::fs::read_to_string(report).unwrap();
    assert!(page.contains("eager-software") && page.contains("</html>"));
}

#[test]
fn a_guest_may_have_more_memory_than_the_machine() {
    let run = Run::new(&works().image());
    let json = run.json(&["--guest", "64 MiB", "--real", "1 MiB", "--quiet", "--json"]);
    assert_eq!(json["verdict"], "pass");
    assert_eq!(json["guest_bytes"], 64 << 20);
    assert_eq!(json["real_bytes"], 1 << 20);
    assert!(json["frames_peak"].as_u64().unwrap() <= 256);
}

#[test]
fn a_guest_that_hangs_is_given_up_with_its_last_lines_and_its_pc() {
    let mut program = Program::default();
    program.say("so far\nand no furth");
    program.0.push(j(0));
    let at = RAM + 64 + 4 * (program.0.len() as u32 - 1);
    let run = Run::new(&program.image());
    for mode in ["dormant", "ideal", "eager-software"] {
        let error = run.fails(&[
            "--guest", "1 MiB", "--limit", "3000000", "--quiet", "--mode", mode,
        ]);
        assert!(error.contains("3000000 cycles"), "{error}");
        assert!(error.contains(&format!("pc {at:#010x}")), "{error}");
        assert!(error.contains("so far\nand no furth"), "{error}");
    }
}

#[test]
fn a_guest_that_says_fail_is_an_error() {
    let mut program = Program::default();
    program.say("init: up\ninit: verdict fail\n");
    program.0.push(j(0));
    let output = Run::new(&program.image()).linux(&["--guest", "1 MiB", "--quiet", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["verdict"], "fail");
}

#[test]
fn bad_input_is_named_before_anything_runs() {
    let good = works().image();
    let run = Run::new(&good);
    let says = |args: &[&str], part: &str| {
        let error = run.fails(args);
        assert!(error.contains(part), "{args:?}: {error}");
    };
    says(&["--dtb", "/nonexistent"], "no device tree");
    std::fs::write(run.path("board.dts"), "/dts-v1/;").unwrap();
    let dts = run.path("board.dts");
    says(
        &["--dtb", dts.to_str().unwrap()],
        "no flattened device tree",
    );
    says(&["--guest", "1001 B"], "no size of a memory");
    says(&["--guest", "1025 KiB"], "whole pages");
    says(&["--guest", "2 GiB"], "1792 MiB");
    says(&["--uses", "0"], "1 to 256 MiB");
    says(&["--mode", "lazy-software"], "lazy-software");

    let mut arm = vec![0; 4096];
    arm[56..60].copy_from_slice(b"ARM\x64");
    let error = Run::new(&arm).fails(&[]);
    assert!(error.contains("for 64-bit ARM"), "{error}");
    let large = Image::of_program(&vec![0; 300_000]);
    let error = Run::new(large.bytes()).fails(&["--guest", "1 MiB"]);
    assert!(error.contains("memory has 1048576"), "{error}");

    let missing = Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .args(["linux", "--kernel", "/nonexistent/Image"])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(
        error.contains("no kernel") && error.contains("cargo xtask setup --linux"),
        "{error}"
    );
}

#[test]
fn what_a_guest_does_can_be_recorded_and_replayed() {
    let run = Run::new(&works().image());
    let name = run.path("own");
    let json = run.json(&small(&[
        "--mode",
        "ideal",
        "--record",
        name.to_str().unwrap(),
    ]));
    assert_eq!(json["verdict"], "pass");
    let events = run.path("own.events.csv.zst");
    let activity = run.path("own.activity.csv.zst");
    // The reader checks every promise of the format.
    let recording = Recording::read(&events, Some(&activity), 256).unwrap();
    let first = (FROM - RAM) / 4096;
    let count = |kind: Kind| {
        let ours = |gfn: u32| (first..first + 5).contains(&gfn);
        let events = recording.events.iter();
        events
            .filter(|event| event.kind == kind && ours(event.gfn.0))
            .count()
    };
    assert_eq!((count(Kind::FirstWrite), count(Kind::Zeroed)), (5, 5));
    assert_eq!((count(Kind::FirstRead), count(Kind::Rewritten)), (0, 0));
    let stored = |gfn: u32| {
        let rows = recording.activity.iter().filter(|row| row.gfn.0 == gfn);
        rows.map(|row| row.stores).sum::<u32>()
    };
    // Each word was written once and cleared once.
    assert_eq!(stored(first), 2048);
    let phases: Vec<_> = recording
        .events
        .iter()
        .filter(|event| event.is_phase())
        .collect();
    assert_eq!(
        phases.iter().map(|phase| phase.aux).collect::<Vec<_>>(),
        [2, 3, 99]
    );

    let replay = Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .args(["boot", "--memory", "16 MiB", "--json", "--trace"])
        .arg(&events)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&replay.stderr);
    assert!(replay.status.success(), "{errors}");
    let json: Value = serde_json::from_slice(&replay.stdout).unwrap();
    assert!(json["init_cycles"].as_u64().is_some(), "{json}");
}

#[test]
fn frames_that_fail_and_answers_that_come_late_change_nothing_that_the_guest_reads() {
    let run = Run::new(&works().image());
    for faults in [
        "late_b = 200",
        // A quarter of all frames cannot be zeroed.
        "ranges = [{ start = 0x10000, bytes = 0x40000, access = \"write\" }]",
    ] {
        let config = run.path("config.toml");
        let text = format!(
            "[dram]\nkind = \"faulty\"\nmemory = {{ kind = \"ideal\" }}\n[dram.faults]\nseed = 7\n{faults}\n"
        );
        std::fs::write(&config, text).unwrap();
        let json = run.json(&small(&["--config", config.to_str().unwrap()]));
        assert_eq!(json["verdict"], "pass", "{faults}: {json}");
        assert_eq!(json["pages_compared"], 256);
    }
}

#[test]
fn a_guest_without_frames_waits_and_is_given_up_and_never_reads_a_wrong_byte() {
    // Every frame fails: no page can ever get one, and the first store cannot be kept.
    let run = Run::new(&works().image());
    let config = run.path("config.toml");
    std::fs::write(
        &config,
        "[dram]\nkind = \"faulty\"\nmemory = { kind = \"ideal\" }\n[dram.faults]\nranges = [{ start = 0, bytes = 0x100000, access = \"write\" }]\n",
    )
    .unwrap();
    let config = config.to_str().unwrap();
    let error = run.fails(&[
        "--guest", "1 MiB", "--limit", "2000000", "--quiet", "--config", config,
    ]);
    assert!(error.contains("gave no verdict"), "{error}");
    assert!(!error.contains("stale"), "{error}");
}

/// The kernel, if this is a long run and somebody built it.
fn kernel() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/linux/Image");
    let long = std::env::var_os("DORMOUSE_LONG").is_some();
    (long && path.exists()).then_some(path)
}

#[test]
fn linux_boots_in_a_guest_with_eight_times_the_memory_of_the_machine() {
    let Some(kernel) = kernel() else {
        return;
    };
    let run = Run::new(&std::fs::read(kernel).unwrap());
    let json = run.json(&[
        "--guest", "256 MiB", "--real", "32 MiB", "--quiet", "--json",
    ]);
    assert_eq!(json["verdict"], "pass", "{json}");
}
