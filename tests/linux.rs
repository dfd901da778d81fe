//! `dormouse linux`, with a small program in place of the kernel: the guest, the node under it, the command's contract.
//!
//! The kernel itself boots where `DORMOUSE_LONG` is set and `cargo xtask setup --linux` has built one. In RTL the guest and the
//! hyperkernel are cores.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dormouse_testbench::{
    linux::{
        asm::{A0, A1, T0, T1, T2, ZERO, add, addi, bltu, bne, j, li, lw, sb, sw},
        board::{Image, RAM, UART},
        guest::DOORBELL,
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

/// Writes a page, has it cleared by the doorbell, and reads zero.
fn rings() -> Program {
    let mut program = Program::default();
    program.say("init: up\n");
    program.each(&[add(A0, T0, T0), sw(A0, T0, 0)]);
    program.each(&[lw(A1, T0, 0)]);
    for page in 0..BYTES / 4096 {
        program.set(T1, FROM + 4096 * page);
        program.set(T0, DOORBELL);
        // What the data cache holds of the page has to go, too.
        program.0.extend([sw(T1, T0, 0), FLUSH]);
    }
    program.each(&[lw(A1, T0, 0), bne(A1, ZERO, 0)]);
    program.say("init: verdict pass\n");
    program.0.push(j(0));
    program
}

/// Empties the data cache: an encoding of `VexRiscv`'s own.
const FLUSH: u32 = 0x500f;

/// What this build can run on.
const BACKENDS: &[&str] = if cfg!(feature = "rtl") {
    &["model", "rtl", "lockstep"]
} else {
    &["model"]
};

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
    for backend in BACKENDS {
        let json = run.json(&small(&["--mode", "dormant", "--backend", backend]));
        let real = if *backend == "model" { 1 } else { 32 };
        for (key, value) in [
            ("mode", "dormant".into()),
            ("backend", (*backend).into()),
            ("guest_bytes", (1 << 20).into()),
            ("real_bytes", (real << 20).into()),
            ("verdict", "pass".into()),
            ("console_lines", 3.into()),
        ] as [(&str, Value); 6]
        {
            assert_eq!(json[key], value, "{key}");
        }
        let origin = json["origin"].as_str().unwrap();
        let from = if *backend == "model" { "model" } else { "RTL" };
        assert!(origin.contains(from), "{origin}");
        let number = |key: &str| json[key].as_u64().unwrap_or_else(|| panic!("{key}"));
        assert!(number("first_instruction_cycles") < number("init_cycles"));
        assert!(number("init_cycles") < number("end_cycles"));
        // The program's code, the device tree, and five pages that are cleared again.
        assert!(number("conversions") >= 7, "{json}");
        assert_eq!(number("redormanted"), 5, "{json}");
        assert!(number("frames_peak") >= 7);
        assert_eq!(number("pages_compared"), 256);
        // Power-on begins with no zeroed frame: the first stores may wait for one, and no others do.
        assert!(number("stalls") <= 3, "{json}");
    }
}

#[test]
fn the_same_program_executes_the_same_instructions_on_the_core_and_on_its_model() {
    let run = Run::new(&works().image());
    let boots = BACKENDS.iter().map(|backend| {
        let json = run.json(&small(&["--mode", "ideal", "--backend", backend]));
        ["verdict", "console_lines", "writes", "instructions"].map(|key| json[key].clone())
    });
    let boots: Vec<_> = boots.collect();
    // The core goes on fetching behind the verdict's last store, and the model stops there.
    let close = |a: &Value, b: &Value| a.as_u64().unwrap().abs_diff(b.as_u64().unwrap()) < 64;
    for boot in &boots {
        assert_eq!(boot[..2], boots[0][..2]);
        assert!(close(&boot[2], &boots[0][2]), "{boots:?}");
        assert!(close(&boot[3], &boots[0][3]), "{boots:?}");
    }
}

#[test]
fn a_page_that_the_guest_clears_by_the_doorbell_reads_as_zero() {
    let run = Run::new(&rings().image());
    for backend in BACKENDS {
        let json = run.json(&small(&["--mode", "dormant", "--backend", backend]));
        assert_eq!(json["verdict"], "pass", "{json}");
        assert_eq!(json["redormanted"], 5, "{json}");
    }
}

#[test]
fn a_hyperkernel_that_is_reset_under_the_guest_takes_over_again() {
    let run = Run::new(&works().image());
    for backend in BACKENDS {
        let json = run.json(&small(&[
            "--mode",
            "dormant",
            "--backend",
            backend,
            "--reset-hyperkernel",
            "5000,20000,20001,40000,60000",
        ]));
        assert_eq!(json["verdict"], "pass", "{json}");
        assert_eq!(json["pages_compared"], 256);
    }
}

#[test]
fn modes_differ_in_who_zeroes_and_in_nothing_that_the_guest_sees() {
    let run = Run::new(&works().image());
    for backend in BACKENDS {
        modes_differ(&run, backend);
    }
}

fn modes_differ(run: &Run, backend: &str) {
    let report = run.path("report.html");
    let json = run.json(&small(&[
        "--compare",
        "--report",
        report.to_str().unwrap(),
        "--backend",
        backend,
    ]));
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
    // Firmware on a core takes longer to begin than firmware on the host, which is given its cycles by a setting.
    assert!(first(ideal) < 1000 && first(dormant) < 50_000, "{json}");
    for mode in modes {
        assert_eq!(mode["verdict"], "pass");
        assert_eq!(mode["console_lines"], 3);
        assert_eq!(mode["pages_compared"], 256);
    }
    if backend == "model" {
        assert_eq!(ideal["instructions"], dormant["instructions"]);
    }
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
    for backend in &BACKENDS[..BACKENDS.len().min(2)] {
        for mode in ["dormant", "ideal", "eager-software"] {
            let error = run.fails(&[
                "--guest",
                "1 MiB",
                "--limit",
                "900000",
                "--quiet",
                "--mode",
                mode,
                "--backend",
                backend,
            ]);
            assert!(error.contains("900000 cycles"), "{error}");
            // The core shows what its last stage holds: it may be the instruction behind the jump.
            let somewhere = [at, at + 4].map(|at| format!("pc {at:#010x}"));
            assert!(somewhere.iter().any(|pc| error.contains(pc)), "{error}");
            assert!(error.contains("so far\nand no furth"), "{error}");
        }
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

/// The core in RTL knows no bus errors: the run ends, and says where.
#[cfg(feature = "rtl")]
#[test]
fn an_access_to_nowhere_ends_a_run_in_rtl_with_its_address() {
    for (program, address) in [
        (
            [li(T0, 0x1000_0040).to_vec(), vec![lw(A0, T0, 0)]],
            "0x10000040",
        ),
        (
            [li(T0, 0xf000_4000).to_vec(), vec![sw(A0, T0, 0)]],
            "0xf0004000",
        ),
    ] {
        let run = Run::new(&Program(program.concat()).image());
        for mode in ["dormant", "ideal"] {
            let error = run.fails(&small(&["--backend", "rtl", "--mode", mode]));
            assert!(
                error.contains("bus error") && error.contains(address),
                "{error}"
            );
        }
    }
}

#[cfg(feature = "rtl")]
#[test]
fn what_the_soc_in_rtl_cannot_be_is_said_before_anything_runs() {
    let run = Run::new(&works().image());
    let says = |args: &[&str], part: &str| {
        let error = run.fails(&[&["--backend", "rtl"], args].concat());
        assert!(error.contains(part), "{args:?}: {error}");
    };
    says(&["--guest", "257 MiB"], "pages for 256 MiB");
    says(
        &["--guest", "64 MiB", "--mode", "eager-engine"],
        "frames for 32 MiB",
    );
    says(&["--real", "16 MiB"], "leave out --real");
    says(&["--image", "/nonexistent"], "firmware image /nonexistent");
    says(
        &["--mode", "ideal", "--reset-hyperkernel", "5"],
        "there is no hyperkernel",
    );
    says(&["--reset-hyperkernel", "5,4"], "ascending");
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
