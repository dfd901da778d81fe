//! `dormouse boot` as a user runs it: what each mode must come to on small recordings, and what bad input gets.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const EVENTS: &str = "icount,archicount,vcpu,gpfn,kind,aux,dur,site\n";
const ACTIVITY: &str = "window,gpfn,lines_read,lines_written,lines_written_nonzero,loads,stores\n";

/// Pages that the small boot stores data in, and those that it only ever zeroes.
const STORED: u64 = 20;
const ZERO_ONLY: u64 = 8;

/// A boot of 1.2 M instructions: 20 pages are stored, 6 of them zeroed again and one of those stored again, 8 are zeroed and
/// never used, one is read.
fn small() -> (String, String) {
    let mut events = vec![String::from(EVENTS)];
    let mut rows = String::from(ACTIVITY);
    let mut line = |at: u64, gfn: u64, kind: &str, aux: u64, dur: &str| {
        events.push(format!("{at},{at},0,{gfn},{kind},{aux},{dur},\n"));
    };
    line(1_000, 0, "M", 1, "");
    line(2_000, 50, "R", 0, "");
    for page in 0..STORED {
        line(10_000 + 5_000 * page, 100 + page, "W", 0, "");
    }
    line(200_000, 0, "M", 2, "");
    for page in 0..ZERO_ONLY {
        let at = 300_000 + 20_000 * page;
        line(at, 200 + page, "w", 0, "");
        line(at + 4_095, 200 + page, "Z", 0, "4095");
    }
    line(500_000, 0, "M", 3, "");
    for page in 0..6 {
        line(600_000 + 20_000 * page, 100 + page, "Z", 2, "4095");
    }
    line(800_000, 100, "V", 0, "");
    line(1_200_000, 0, "M", 99, "");
    for window in 0..2 {
        for page in 0..STORED {
            let (read, nonzero) = if window == 0 { (12, 8) } else { (4, 0) };
            let gfn = 100 + page;
            let _ = writeln!(rows, "{window},{gfn},{read},{nonzero},{nonzero},900,500");
        }
    }
    (events.concat(), rows)
}

/// A folder with a recording in it.
struct Recording(TempDir);

impl Recording {
    fn new(events: &str, activity: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recording = Self(folder);
        recording.put("small.events.csv.zst", events);
        recording.put("small.activity.csv.zst", activity);
        recording
    }

    fn small() -> Self {
        let (events, activity) = small();
        Self::new(&events, &activity)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(
            self.path(name),
            zstd::encode_all(text.as_bytes(), 3).unwrap(),
        )
        .unwrap();
    }

    /// The program with this recording and 4 MiB of memory, unless something else is asked for.
    fn boot(&self, args: &[&str]) -> Output {
        let mut all = vec!["--trace", "small.events.csv.zst"];
        if !args.contains(&"--memory") && !args.contains(&"--config") {
            all.extend(["--memory", "4 MiB"]);
        }
        all.extend(args);
        boot(self.0.path(), &all)
    }

    /// The same with settings; they name the memory.
    fn with(&self, settings: &str, args: &[&str]) -> Output {
        let memory = if settings.contains("memory =") {
            ""
        } else {
            "memory = \"4 MiB\"\n"
        };
        fs::write(self.path("settings.toml"), format!("{memory}{settings}")).unwrap();
        self.boot(&[&["--config", "settings.toml"], args].concat())
    }

    fn json(&self, args: &[&str]) -> Value {
        json(&self.boot(&[args, &["--json"]].concat()))
    }

    fn failure(&self, args: &[&str]) -> String {
        failure(&self.boot(args))
    }
}

fn boot(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .arg("boot")
        .args(args)
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

/// The messages of a run that must fail with exit code 2 and nothing on standard output.
fn failure(output: &Output) -> String {
    assert!(output.stdout.is_empty());
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{messages}");
    assert!(!messages.contains("panicked"), "{messages}");
    messages
}

/// Asserts that each of `expected` is a key of `value`.
fn has(value: &Value, expected: &str) {
    let object = value.as_object().unwrap();
    for key in expected.split_whitespace() {
        assert!(
            object.contains_key(key),
            "{key} is not in {:?}",
            object.keys()
        );
    }
}

fn number(value: &Value, key: &str) -> u64 {
    let found = key.split('.').fold(value, |value, key| &value[key]);
    found.as_u64().unwrap_or_else(|| panic!("{key} is {found}"))
}

fn sum(value: &Value, key: &str) -> u64 {
    let bins = value[key].as_array().unwrap();
    bins.iter().map(|bin| bin.as_u64().unwrap()).sum()
}

fn first(of: &Value) -> u64 {
    number(of, "first_instruction_cycles")
}

fn recorded() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("traces/a_2g_default.events.csv.zst")
        .display()
        .to_string()
}

// ----------------------------------------------------------------------------------------- results

#[test]
fn every_mode_prints_the_keys_of_the_contract() {
    let recording = Recording::small();
    for mode in [
        "ideal",
        "eager-software",
        "eager-engine",
        "lazy-software",
        "dormant",
    ] {
        let result = recording.json(&["--mode", mode, "--backend", "model"]);
        has(
            &result,
            "mode memory_bytes first_instruction_cycles init_cycles end_cycles ideal_init_cycles stalls histogram \
             frames_peak bytes_written zero_bytes_written writes_elided thrash origin",
        );
        assert_eq!(result["mode"], mode);
        assert_eq!(number(&result, "memory_bytes"), 4 << 20);
        assert_eq!(result["histogram"].as_array().unwrap().len(), 16);
        assert!(
            result["origin"].as_str().unwrap().contains("model"),
            "{result}"
        );
        let init = number(&result, "init_cycles");
        assert!(init >= first(&result) + 500_000);
        assert!(number(&result, "end_cycles") >= init + 700_000);
        assert!(number(&result, "ideal_init_cycles") <= init);
    }
}

#[test]
fn dormant_memory_gives_frames_to_pages_with_data_alone_and_costs_hardly_any_time() {
    let recording = Recording::small();
    // A pool that is full before the guest does much: filling it would take the whole of this short boot.
    let firmware = "[firmware]\nlow = 16\nhigh = 32\nbacklog = 32\n";
    let dormant = json(&recording.with(firmware, &["--mode", "dormant", "--json"]));
    let conversions =
        number(&dormant, "conversions.pool") + number(&dormant, "conversions.on_demand");
    // Each page that is stored, and the one that is stored again after it was zeroed.
    assert_eq!(conversions, STORED + 1);
    assert_eq!(number(&dormant, "frames_peak"), STORED);
    assert_eq!(number(&dormant, "conversions.redormanted_stores"), 6);
    assert_eq!(number(&dormant, "frames_end"), STORED - 6 + 1);
    assert_eq!(number(&dormant, "pages_compared"), STORED - 6 + 1);
    // 8 pages of 64 lines that were never used.
    assert_eq!(number(&dormant, "writes_elided"), 64 * ZERO_ONLY);
    assert_eq!(number(&dormant, "thrash.redormanted"), 6);
    // It was stored again after 190,000 instructions.
    assert_eq!(number(&dormant, "thrash.within_100k"), 0);
    assert_eq!(number(&dormant, "thrash.ever"), 1);
    assert_eq!(sum(&dormant, "histogram"), conversions);

    let init = number(&dormant, "init_cycles") - first(&dormant);
    let ideal = number(&dormant, "ideal_init_cycles");
    assert!(init < ideal + ideal / 100, "{init} {ideal}");
    assert!(first(&dormant) < 5000);
}

#[test]
fn misses_of_the_translation_cache_are_counted_and_set_against_what_went_to_a_frame() {
    let recording = Recording::small();
    let dormant = recording.json(&["--mode", "dormant", "--backend", "model"]);
    let count = |key: &str| number(&dormant, key);
    let resident = count("conversions.resident_accesses");
    let lines = count("lines_read") + count("lines_written");
    assert_eq!(
        resident,
        lines - count("conversions.zero_reads") - count("writes_elided")
    );
    let misses = count("conversions.translation_misses");
    // The cache has each page's translation from its conversion on, and 16 places.
    assert!(misses >= STORED, "{misses}");
    assert!(misses < resident, "{misses} of {resident}");
    let share = dormant["conversions"]["translation_miss_share"].as_f64();
    assert_eq!(share, Some(misses as f64 / resident as f64));
}

#[test]
fn memory_with_ecc_boots_without_an_error_and_takes_not_a_cycle_more() {
    let recording = Recording::small();
    for mode in ["dormant", "eager-engine"] {
        let with = recording.json(&["--mode", mode, "--ecc"]);
        assert_eq!(with, recording.json(&["--mode", mode]), "{mode}");
        let settings = json(&recording.with("ecc = true\n", &["--mode", mode, "--json"]));
        assert_eq!(settings, with);
    }
    let name = failure(&recording.with("ecc = 1\n", &[]));
    assert!(name.contains("ecc"), "{name}");
    let text = String::from_utf8(recording.boot(&["--ecc"]).stderr).unwrap();
    assert!(text.contains("with ECC"), "{text}");
}

#[test]
fn pages_that_are_zeroed_by_the_doorbell_go_dormant_by_it() {
    let recording = Recording::small();
    let dormant = recording.json(&["--zeroing", "doorbell"]);
    assert_eq!(number(&dormant, "conversions.redormanted_doorbell"), 6);
    assert_eq!(number(&dormant, "conversions.redormanted_stores"), 0);
    assert_eq!(number(&dormant, "writes_elided"), 0);
    assert_eq!(number(&dormant, "frames_end"), STORED - 6 + 1);
}

#[test]
fn the_first_instruction_comes_as_early_with_sixteen_times_the_memory() {
    let recording = Recording::small();
    let at = |size: &str| first(&recording.json(&["--memory", size]));
    assert_eq!(at("4 MiB"), at("64 MiB"));
}

#[test]
fn eager_zeroing_writes_every_page_before_the_guest_begins() {
    let recording = Recording::small();
    let pages = 1024;
    let ideal = recording.json(&["--mode", "ideal"]);
    let software = recording.json(&["--mode", "eager-software"]);
    let engine = recording.json(&["--mode", "eager-engine"]);
    // What the core took on RTL, and what the bus allows at best.
    assert_eq!(first(&software), pages * 11036 / 10);
    let zeroed = first(&engine);
    assert!((pages * 512..pages * 540).contains(&zeroed), "{zeroed}");
    for of in [&software, &engine] {
        for key in ["bytes_written", "zero_bytes_written"] {
            assert_eq!(number(of, key), number(&ideal, key) + pages * 4096);
        }
        assert_eq!(
            number(of, "init_cycles"),
            number(&ideal, "init_cycles") + first(of)
        );
        assert_eq!(number(of, "frames_peak"), pages);
    }
    let slower = json(&recording.with(
        "[software]\npage_cycles = 2000.0\n",
        &["--mode", "eager-software", "--json"],
    ));
    assert_eq!(first(&slower), pages * 2000);
    assert!(slower["origin"].as_str().unwrap().contains("given"));
}

#[test]
fn lazy_software_pays_at_every_first_touch() {
    let recording = Recording::small();
    let lazy = recording.json(&["--mode", "lazy-software"]);
    let touched = STORED + ZERO_ONLY + 1;
    assert_eq!(number(&lazy, "stalls.first_touch"), touched);
    assert_eq!(number(&lazy, "frames_peak"), touched);
    assert_eq!(sum(&lazy, "histogram"), touched);
    let cycles = number(&lazy, "stalls.cycles");
    let each = 3104..3200;
    assert!(each.contains(&(cycles / touched)), "{cycles}");
    let late = number(&lazy, "init_cycles") - number(&lazy, "ideal_init_cycles");
    assert!(late.abs_diff(cycles) < cycles / 20, "{late} {cycles}");
}

#[test]
fn with_conversion_in_software_every_conversion_stalls_and_nothing_is_stale() {
    let recording = Recording::small();
    let dormant = json(&recording.with("[policy]\nhw_convert = false\n", &["--json"]));
    assert_eq!(sum(&dormant, "histogram"), 0, "no conversion by hardware");
    let stalls = number(&dormant, "stalls.firmware");
    assert!(stalls > STORED, "{dormant}");
    assert_eq!(
        number(&dormant, "stalls.conversion_off") + number(&dormant, "stalls.no_frame"),
        stalls
    );
    assert_eq!(sum(&dormant, "stall_histogram"), stalls);
    assert_eq!(number(&dormant, "frames_peak"), STORED);
}

#[test]
fn the_comparison_runs_every_mode_and_its_page_needs_nothing_else() {
    let recording = Recording::small();
    let victim = "[victim]\nfrom = 0\nevents = 30\ncaps = [0, 600]\n";
    let all = json(&recording.with(
        victim,
        &[
            "--compare",
            "--report",
            "out/report.html",
            "--caps",
            "--scale",
            "--json",
        ],
    ));
    let modes: Vec<&str> = all["modes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mode| mode["mode"].as_str().unwrap())
        .collect();
    assert_eq!(
        modes,
        [
            "ideal",
            "eager-software",
            "eager-engine",
            "lazy-software",
            "dormant"
        ]
    );
    let ratios = all["ratios"].as_array().unwrap();
    assert_eq!(ratios.len(), 4);
    has(&ratios[0], "mode first_instruction init end bytes_written");
    assert!(ratios[1]["first_instruction"].as_f64().unwrap() > 200.0);

    let page = fs::read_to_string(recording.path("out/report.html")).unwrap();
    for part in [
        "<!doctype html>",
        "Time to the first guest instruction",
        "Time to init and to power-off",
        "Frames that hold pages",
        "Zeroed pool",
        "How long an access waits for its page",
        "What the engine's traffic costs the guest",
        "From 2 GiB to 16 TiB",
        "prefers-color-scheme:dark",
        "RTL, <code>dormouse bench</code>",
        "<th>sweep</th><th>first instruction</th>",
        "after a sweep of 10.3 \u{b5}s",
        "sweep of tags",
        "accesses that waited for firmware: 0<",
        "missed the cache of translations;",
        "CPI 1 ",
        "[victim]",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains('\u{2009}'), "lines break at a thin space");
    assert_eq!(page.matches("<svg").count(), 7);
    // Namespaces are names, not addresses; nothing else may look like one.
    let bare = page.replace("http://www.w3.org/2000/svg", "");
    for outside in [
        "http", "src=", "@import", "url(", "<script", "<link", "NaN", "inf",
    ] {
        assert!(!bare.contains(outside), "{outside}");
    }
}

#[test]
fn caps_hold_the_engine_back() {
    let recording = Recording::small();
    let victim = "[victim]\nfrom = 0\nevents = 30\ncaps = [7]\n";
    let all = json(&recording.with(victim, &["--caps", "0,2048", "--json"]));
    let rows = all["victim"]["rows"].as_array().unwrap();
    // Flags win over the file; the first row is the boot as it is.
    let intervals: Vec<u64> = rows.iter().map(|row| number(row, "cap_interval")).collect();
    assert_eq!(intervals, [0, 0, 2048]);
    let of = |row: usize, key: &str| rows[row][key].as_f64().unwrap();
    assert_eq!(rows[0]["background"], false);
    assert!(of(1, "engine_bytes_per_cycle") > 1.5 * of(2, "engine_bytes_per_cycle"));
    assert!(of(1, "read_cycles") >= of(2, "read_cycles"));
}

#[test]
fn the_scaling_study_goes_from_2_gib_to_16_tib() {
    let recording = Recording::small();
    let all = recording.json(&["--scale"]);
    let rows = all["scale"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 14);
    assert_eq!(rows[0]["memory"], "2 GiB");
    assert_eq!(rows[13]["memory"], "16 TiB");
    assert_eq!(all["scale"]["origin"], "derived");
    assert!(!all["scale"]["rules"].as_array().unwrap().is_empty());
    let first = |row: usize, mode: usize| {
        let of = &rows[row]["modes"][mode];
        has(of, "mode first_instruction_cycles init_cycles frames");
        of["first_instruction_cycles"].as_f64().unwrap()
    };
    assert!(
        (first(0, 4) - first(13, 4)).abs() < 1e-6,
        "dormant does not grow"
    );
    let grows = first(13, 1) / first(0, 1);
    assert!(
        (grows - 8192.0).abs() < 1e-6,
        "eager grows with memory: {grows}"
    );
}

#[test]
fn a_window_replays_only_its_events() {
    let recording = Recording::small();
    let window = recording.json(&["--from", "2", "--events", "10", "--mode", "dormant"]);
    assert_eq!(number(&window, "frames_peak"), 10);
    assert_eq!(window["init_cycles"], Value::Null);
    let message = recording.failure(&["--from", "1000"]);
    for part in ["number 1000", "small.events.csv.zst"] {
        assert!(message.contains(part), "{message}");
    }
}

#[cfg(feature = "rtl")]
#[test]
fn a_window_of_the_recorded_boot_runs_on_rtl_in_lockstep_with_the_model() {
    let trace = recorded();
    let run = |backend: &str| {
        let args = [
            "--trace",
            &trace,
            "--backend",
            backend,
            "--events",
            "40",
            "--json",
        ];
        json(&boot(Path::new("."), &args))
    };
    let (model, rtl, both) = (run("model"), run("rtl"), run("lockstep"));
    for key in [
        "first_instruction_cycles",
        "end_cycles",
        "bytes_written",
        "writes_elided",
        "histogram",
        "read_histogram",
        "conversions",
    ] {
        assert_eq!(model[key], rtl[key], "{key}");
        assert_eq!(model[key], both[key], "{key}");
    }
    assert_eq!(rtl["origin"], "RTL");
    assert!(number(&model, "frames_peak") > 5);
    let message = failure(&boot(
        Path::new("."),
        &["--trace", &trace, "--backend", "rtl", "--memory", "4 GiB"],
    ));
    assert!(message.contains("set `trace`"), "{message}");
}

// ---------------------------------------------------------------------------------------- bad input

/// The small boot with one more line in the middle, which is number 24.
fn with_event(line: &str) -> Recording {
    let (events, activity) = small();
    let place = events.find("200000,200000,").unwrap();
    let (head, tail) = events.split_at(place);
    Recording::new(&format!("{head}{line}\n{tail}"), &activity)
}

#[test]
fn a_wrong_event_is_named_with_its_file_line_and_problem() {
    for (line, named) in [
        ("150000,150000,0,5,Q,0,,", "unknown kind `Q`"),
        ("150000,150000,0,5,R,0,", "7 fields, expected 8"),
        ("150000,150000,0,x,R,0,,", "gpfn is `x`"),
        ("5,5,0,5,R,0,,", "icount 5 comes after"),
        ("150000,5,0,5,R,0,,", "archicount 5 comes after"),
        (
            "150000,150000,0,1024,R,0,,",
            "page 1024 is outside the 1024 frames",
        ),
    ] {
        let message = with_event(line).failure(&[]);
        for part in ["small.events.csv.zst, line 24", named] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}

#[test]
fn unknown_columns_are_shown_beside_the_known_ones() {
    let (events, activity) = small();
    let message = Recording::new(&events.replace("aux,dur", "aux,size"), &activity).failure(&[]);
    for part in ["kind,aux,size,site", "kind,aux,dur,site"] {
        assert!(message.contains(part), "{message}");
    }
    let message = Recording::new(&events, &activity.replace("loads", "load")).failure(&[]);
    assert!(
        message.contains("small.activity.csv.zst, line 1"),
        "{message}"
    );
}

#[test]
fn a_recording_that_is_cut_short_is_refused() {
    let (events, activity) = small();
    let end = events.rfind("1200000,").unwrap();
    let end = events[..end].rfind("1200000,").unwrap();
    let last = events[..end].lines().count();
    let message = Recording::new(&events[..end], &activity).failure(&[]);
    for part in [format!("line {last}: cut short"), "aux 99".to_owned()] {
        assert!(message.contains(&part), "{part}: {message}");
    }

    let message = Recording::new(&events[..events.len() - 3], &activity).failure(&[]);
    assert!(message.contains("truncated"), "{message}");

    let later = events.replace("1200000,1200000", "9000000,9000000");
    let message = Recording::new(&later, &activity).failure(&[]);
    for part in ["small.activity.csv.zst", "window 9"] {
        assert!(message.contains(part), "{part}: {message}");
    }

    let message = Recording::new(&format!("{events}1300000,1300000,0,5,R,0,,\n"), &activity);
    let message = message.failure(&[]);
    assert!(message.contains("behind the end"), "{message}");

    let recording = Recording::small();
    let path = recording.path("small.events.csv.zst");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let message = recording.failure(&[]);
    for part in ["small.events.csv.zst", "truncated"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_recording_without_its_activity_says_what_is_missing() {
    let recording = Recording::small();
    fs::remove_file(recording.path("small.activity.csv.zst")).unwrap();
    let message = recording.failure(&[]);
    assert!(
        message.contains("small.activity.csv.zst cannot be opened"),
        "{message}"
    );
    fs::rename(
        recording.path("small.events.csv.zst"),
        recording.path("boot.zst"),
    )
    .unwrap();
    let message = failure(&boot(recording.0.path(), &["--trace", "boot.zst"]));
    assert!(message.contains("--activity"), "{message}");
}

#[test]
fn a_recording_larger_than_the_memory_is_refused() {
    let args = ["--trace", &recorded(), "--memory", "1 GiB"];
    let message = failure(&boot(Path::new("."), &args));
    assert!(message.contains("outside the 262144 frames"), "{message}");
}

#[test]
fn settings_that_do_not_exist_or_cannot_be_are_named() {
    let recording = Recording::small();
    for (text, named) in [
        ("cycles = 3\n", "unknown field `cycles`"),
        ("[processor]\ncpu = 2.0\n", "unknown field `cpu`"),
        ("[node]\npools = 2\n", "unknown field `pools`"),
        (
            "[node]\nmax_beats = 3\n",
            "parameter max_beats = 3 is illegal",
        ),
        ("[node]\nports = 2\n", "node.ports is 2"),
        ("[processor]\ncpi = 0.0\n", "processor.cpi is 0"),
        (
            "[processor]\nstore_buffer = 65\n",
            "processor.store_buffer is 65",
        ),
        ("events = 0\n", "events is 0"),
        ("memory = \"2 GB\"\n", "\"2 GB\" is no size"),
        ("mode = \"lazy\"\n", "unknown variant `lazy`"),
        (
            "[dram]\nkind = \"ideal\"\nb_latency = 4\n",
            "software.page_cycles is not set",
        ),
        ("[firmware]\nlow = 600\nhigh = 500\n", "600"),
        ("[policy]\nredormant_delay = 99999999\n", "99999999"),
        ("mode = dormant\n", "settings.toml"),
    ] {
        let message = failure(&recording.with(text, &[]));
        assert!(message.contains(named), "{named}: {message}");
    }
    let message = recording.failure(&["--config", "nowhere.toml"]);
    assert!(message.contains("nowhere.toml cannot be read"), "{message}");
}

#[test]
fn flags_win_over_the_file_and_the_file_can_be_printed() {
    let recording = Recording::small();
    let folder = recording.0.path();
    let settings = "mode = \"ideal\"\n[processor]\ncpi = 2.0\n";
    let output = recording.with(settings, &["--mode", "eager-software", "--print-config"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["mode = \"eager-software\"", "cpi = 2.0"] {
        assert!(text.contains(part), "{text}");
    }
    // What it prints is what it reads.
    fs::write(folder.join("again.toml"), &text).unwrap();
    let again = boot(folder, &["--config", "again.toml", "--print-config"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), text);
    let slow = json(&boot(folder, &["--config", "again.toml", "--json"]));
    assert!(
        number(&slow, "end_cycles") > 2_400_000,
        "two cycles an instruction"
    );
}

#[cfg(not(feature = "rtl"))]
#[test]
fn a_build_without_rtl_says_how_to_get_one() {
    let message = Recording::small().failure(&["--backend", "rtl"]);
    assert!(message.contains("cargo xtask run"), "{message}");
}
