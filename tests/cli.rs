//! The command line: exit codes, messages, and the JSON keys that others rely on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

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
fn a_replay_that_agrees_exits_with_0_and_one_that_cannot_be_run_with_2() {
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
    assert!(
        stderr(&good).contains("model and RTL agree"),
        "{}",
        stderr(&good)
    );
    // Model and RTL agree, so no difference can be had from outside; one that cannot be run is no difference.
    fs::write(&path, scenario("huge")).expect("written");
    let out = out.to_str().expect("plain");
    let bad = dormouse(&["lockstep", "--replay", &name, "--out", out]);
    assert_eq!(bad.status.code(), Some(2), "{}", stderr(&bad));
    assert!(stderr(&bad).contains("huge"), "{}", stderr(&bad));
    assert!(!Path::new(out).exists(), "nothing ran, so nothing is left");
}

// --------------------------------------------------------------------------------------- a small boot

const EVENTS: &str = "icount,archicount,vcpu,gpfn,kind,aux,dur,site\n\
                      10,10,0,0,M,1,,\n20,20,0,5,W,0,,\n5000,900,0,5,Z,2,4095,\n6000,1000,0,0,M,3,,\n9000,4000,0,0,M,99,,\n";
const ACTIVITY: &str =
    "window,gpfn,lines_read,lines_written,lines_written_nonzero,loads,stores\n0,5,4,2,1,9,9\n";

/// A folder with a recording, in which the program runs.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.put("a.events.csv.zst", EVENTS);
        folder.put("a.activity.csv.zst", ACTIVITY);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        let bytes = zstd::encode_all(text.as_bytes(), 3).expect("compressed");
        fs::write(self.path(name), bytes).expect("written");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_remove("DORMOUSE_IMAGE");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program runs")
    }

    /// `boot` of the recording, on 4 MiB unless something else is asked for.
    fn boot(&self, args: &[&str]) -> Output {
        let sized = args.contains(&"--memory");
        let boot = if sized { &BOOT[..3] } else { &BOOT[..] };
        self.run(&[boot, args].concat())
    }

    /// `boot` with settings.
    fn with(&self, settings: &str, args: &[&str]) -> Output {
        fs::write(
            self.path("s.toml"),
            format!("memory = \"4 MiB\"\n{settings}"),
        )
        .expect("written");
        let boot = ["boot", "--trace", "a.events.csv.zst", "--config", "s.toml"];
        self.run(&[&boot[..], args].concat())
    }

    /// The files in it, by name.
    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).expect("readable");
        let mut names: Vec<String> = files
            .map(|file| {
                file.expect("readable")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }
}

const BOOT: [&str; 5] = ["boot", "--trace", "a.events.csv.zst", "--memory", "4 MiB"];

/// Bad input: exit code 2, nothing on standard output, nothing run, no panic; returns the message.
fn refused(output: &Output) -> String {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty(), "{message}");
    assert!(
        message.starts_with("dormouse: ") || message.starts_with("error: "),
        "{message}"
    );
    assert!(!message.contains("panicked"), "{message}");
    message
}

fn json(output: &Output) -> serde_json::Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

// ------------------------------------------------------------------------------------ closed streams

/// Every command, from the program's own help.
fn commands() -> Vec<String> {
    let help = dormouse(&["--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    let listed = text.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.trim().is_empty());
    let names = names.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.retain(|name| name != "help");
    assert!(names.len() >= 6, "{text}");
    names
}

/// What a command can be asked to print: its help, and a result. One that is not known here has no test.
fn prints_of(command: &str) -> Vec<Vec<String>> {
    let result: &[&str] = match command {
        "bench" => &[
            "--backend",
            "model",
            "--only",
            "trace",
            "--trace",
            "a.events.csv.zst",
            "--json",
        ],
        "boot" => &["--trace", "a.events.csv.zst", "--memory", "4 MiB", "--json"],
        // Its kernel is in few clones.
        "linux" => &["--print-config"],
        "lockstep" => &["--backend", "model", "--cycles", "2000", "--json"],
        // These two measure for minutes.
        "latency" | "speed" if std::env::var_os("DORMOUSE_LONG").is_none() => &["--help"],
        "latency" => &["--backend", "model", "--json"],
        // Only RTL has a speed to be compared with.
        "speed" => &["--repeat", "1", "--json"],
        _ => panic!("`{command}` is new: say what it prints"),
    };
    let words = |args: &[&str]| {
        let words = std::iter::once(command).chain(args.iter().copied());
        words.map(str::to_owned).collect()
    };
    vec![words(&["--help"]), words(result)]
}

/// Every command, and the program itself.
fn all_prints() -> Vec<Vec<String>> {
    let own = PRINTS
        .iter()
        .map(|args| args.iter().map(|&arg| arg.to_owned()).collect());
    let others = commands()
        .into_iter()
        .flat_map(|command| prints_of(&command));
    own.chain(others).collect()
}

#[test]
fn every_command_bears_closed_streams_and_a_full_disk() {
    let folder = Folder::new();
    for args in all_prints() {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let whole = folder.run(&args);
        let code = whole.status.code();
        // Without RTL in the build, what needs it ends with a message and no result.
        let prints = !whole.stdout.is_empty();
        assert!(prints || code == Some(2), "{args:?}: {}", stderr(&whole));

        let unread = without_reader(&mut folder.command(&args), true);
        assert_eq!(unread.status.code(), code, "{args:?}: {}", stderr(&unread));
        assert!(
            !stderr(&unread).contains("panicked"),
            "{args:?}: {}",
            stderr(&unread)
        );

        let unheard = without_reader(&mut folder.command(&args), false);
        assert_eq!(unheard.status.code(), code, "{args:?}");
        assert_eq!(unheard.stdout.is_empty(), !prints, "{args:?}");

        if cfg!(target_os = "linux") {
            let full = fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .expect("Linux has it");
            let output = folder
                .command(&args)
                .stdout(full)
                .output()
                .expect("the program runs");
            assert_eq!(
                output.status.code(),
                Some(2),
                "{args:?}: {}",
                stderr(&output)
            );
            assert_eq!(
                stderr(&output).contains("standard output"),
                prints,
                "{args:?}"
            );
            let full = fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .expect("Linux has it");
            let output = folder
                .command(&args)
                .stderr(full)
                .output()
                .expect("the program runs");
            assert_eq!(output.status.code(), code, "{args:?}");
            assert_eq!(output.stdout.is_empty(), !prints, "{args:?}");
        }
    }
}

/// What prints something on standard output.
const PRINTS: [&[&str]; 6] = [
    &[
        "boot",
        "--trace",
        "a.events.csv.zst",
        "--memory",
        "4 MiB",
        "--json",
    ],
    &["boot", "--print-config"],
    &[
        "bench",
        "--backend",
        "model",
        "--only",
        "trace",
        "--trace",
        "a.events.csv.zst",
        "--json",
    ],
    &[
        "lockstep",
        "--backend",
        "model",
        "--cycles",
        "2000",
        "--json",
    ],
    &["--help"],
    &["--version"],
];

/// Runs with a pipe whose reader is gone in the place of one stream.
fn without_reader(command: &mut Command, stdout: bool) -> Output {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let (out, err) = if stdout {
        (Stdio::from(writer), Stdio::piped())
    } else {
        (Stdio::piped(), Stdio::from(writer))
    };
    let child: Child = command
        .stdout(out)
        .stderr(err)
        .spawn()
        .expect("the program runs");
    child.wait_with_output().expect("it ends")
}

#[test]
fn who_stops_reading_the_result_ends_the_program_quietly() {
    let folder = Folder::new();
    for args in PRINTS {
        let output = without_reader(&mut folder.command(args), true);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(
            !stderr(&output).contains("panicked"),
            "{args:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn who_stops_reading_the_messages_still_gets_the_result() {
    let folder = Folder::new();
    for args in PRINTS {
        let (alone, whole) = (
            without_reader(&mut folder.command(args), false),
            folder.run(args),
        );
        assert_eq!(alone.status.code(), Some(0), "{args:?}");
        assert!(
            !whole.stdout.is_empty() && alone.stdout == whole.stdout,
            "{args:?}"
        );
    }
    let output = without_reader(&mut folder.command(&["boot", "--mode", "none"]), false);
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_a_full_disk_refuses_is_an_error() {
    let folder = Folder::new();
    for args in PRINTS {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("Linux has it");
        let output = folder
            .command(args)
            .stdout(full)
            .output()
            .expect("the program runs");
        assert_eq!(
            output.status.code(),
            Some(2),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains("standard output"),
            "{args:?}: {}",
            stderr(&output)
        );
    }
}

// -------------------------------------------------------------------------------- files and settings

#[test]
fn a_file_that_cannot_be_written_is_named_before_anything_runs() {
    let folder = Folder::new();
    fs::create_dir(folder.path("there")).expect("made");
    fs::write(folder.path("s.toml"), "").expect("written");
    let before = folder.files();
    for (place, named) in [
        ("there", "it is a folder"),
        ("new/", "it names a folder"),
        ("", "a value is required"),
        ("a.activity.csv.zst/x", "is no folder"),
        ("/proc/x", "cannot write /proc/x"),
        ("a.events.csv.zst", "is read and cannot be written"),
        ("there/../a.events.csv.zst", "is read and cannot be written"),
    ] {
        let message = refused(&folder.boot(&["--compare", "--json", "--report", place]));
        assert!(message.contains(named), "{place}: {message}");
        let bench = [
            "bench",
            "--backend",
            "model",
            "--only",
            "engine,trace",
            "--json",
        ];
        let files = ["--trace", "a.events.csv.zst", "--plot", place];
        let message = refused(&folder.run(&[&bench[..], &files].concat()));
        assert!(message.contains(named), "{place}: {message}");
    }
    let report = [
        "--config", "s.toml", "--report", "s.toml", "--memory", "4 MiB",
    ];
    let message = refused(&folder.boot(&report));
    assert!(message.contains("is read"), "{message}");
    let lockstep = [
        "lockstep",
        "--backend",
        "model",
        "--cycles",
        "1000",
        "--out",
    ];
    for place in ["", "s.toml", "s.toml/x", "/proc/x"] {
        let message = refused(&folder.run(&[&lockstep[..], &[place]].concat()));
        assert!(message.contains("--out"), "{place}: {message}");
    }
    assert_eq!(folder.files(), before, "a check leaves nothing behind");
}

#[test]
fn a_file_is_seen_whole_or_as_it_was() {
    let folder = Folder::new();
    fs::write(folder.path("boot.html"), "old").expect("written");
    let before = folder.files();
    // Ended at any moment, and so in the middle as well.
    for wait in [0, 20, 60] {
        let args = [&BOOT[..], &["--compare", "--report", "boot.html"]].concat();
        let mut child = folder
            .command(&args)
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let _ = child.kill();
        let _ = child.wait();
        let page = fs::read_to_string(folder.path("boot.html")).expect("there");
        assert!(
            page == "old" || page.ends_with("</html>\n"),
            "{}",
            page.len()
        );
    }
    let output = folder.boot(&["--report", "boot.html", "--json"]);
    json(&output);
    let page = fs::read_to_string(folder.path("boot.html")).expect("there");
    assert!(page.ends_with("</html>\n"));
    let left: Vec<String> = folder.files();
    let parts = left
        .iter()
        .filter(|name| !before.contains(name) && !name.contains(".part"));
    assert_eq!(parts.count(), 0, "{left:?}");
    #[cfg(unix)]
    {
        // A link stays one, and other people may read what they could read before.
        use std::os::unix::fs::{PermissionsExt, symlink};
        symlink("boot.html", folder.path("link.html")).expect("made");
        json(&folder.boot(&["--report", "link.html", "--json"]));
        assert!(folder.path("link.html").is_symlink());
        json(&folder.boot(&["--report", "/dev/null", "--json"]));
        fs::write(folder.path("plain"), "").expect("written");
        let mode = |name: &str| {
            fs::metadata(folder.path(name))
                .expect("there")
                .permissions()
                .mode()
        };
        assert_eq!(mode("boot.html"), mode("plain"));
    }
}

/// Commands that write a file, each with a long run and the file that is in the way.
#[cfg(unix)]
#[test]
fn an_interrupted_command_leaves_no_half_file_and_tells_the_signal() {
    use std::os::unix::process::ExitStatusExt;
    const INTERRUPT: i32 = 2;
    let folder = Folder::new();
    let trace = ["--trace", "a.events.csv.zst"];
    let boot = [&BOOT[..], &["--compare", "--json", "--report", "page"]].concat();
    let bench = [
        &["bench", "--backend", "model", "--json", "--plot", "page"],
        &trace[..],
    ]
    .concat();
    let lockstep = [
        "lockstep",
        "--backend",
        "model",
        "--cycles",
        "1000000000",
        "--out",
        "page",
    ];
    let mut interrupted = 0;
    for (args, is_file) in [
        (&boot[..], true),
        (&bench[..], true),
        (&lockstep[..], false),
    ] {
        for wait in [30, 300] {
            if is_file {
                fs::write(folder.path("page"), "old").expect("written");
            }
            let mut child = folder
                .command(args)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it runs");
            std::thread::sleep(std::time::Duration::from_millis(wait));
            let id = child.id().to_string();
            let kill = Command::new("kill").args(["-INT", &id]).status();
            kill.expect("every Unix has it");
            let status = child.wait().expect("it ends");
            if status.signal() == Some(INTERRUPT) {
                interrupted += 1;
            } else {
                assert_eq!(status.code(), Some(0), "{args:?}: it was faster");
            }
            match fs::read_to_string(folder.path("page")) {
                Ok(text) => assert!(
                    is_file
                        && (text == "old"
                            || text.ends_with("</html>\n")
                            || text.ends_with("</svg>\n")),
                    "{args:?}: {} bytes",
                    text.len()
                ),
                Err(_) => assert!(!is_file, "{args:?}"),
            }
            let _ = fs::remove_file(folder.path("page"));
        }
    }
    assert!(interrupted > 0, "nothing was interrupted");
}

#[cfg(target_os = "linux")]
#[test]
fn the_result_comes_before_files_that_may_fail() {
    let folder = Folder::new();
    let args = [&BOOT[..], &["--report", "/dev/full", "--json"]].concat();
    let output = folder.run(&args);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("cannot write /dev/full"),
        "{}",
        stderr(&output)
    );
    serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("the result is there");
}

#[test]
fn a_setting_out_of_its_bounds_is_named_before_anything_runs() {
    let folder = Folder::new();
    for (settings, named) in [
        (
            "[software]\nfault_cycles = 9223372036854775807\n",
            "software.fault_cycles is 9223372036854775807",
        ),
        (
            "[software]\npage_cycles = nan\n",
            "software.page_cycles is NaN",
        ),
        (
            "[software]\npage_cycles = inf\n",
            "software.page_cycles is inf",
        ),
        ("[software]\nfault_cycles = -1\n", "fault_cycles"),
        ("[processor]\ncpi = nan\n", "processor.cpi is NaN"),
        ("[processor]\ncpi = -1.0\n", "processor.cpi is -1"),
        ("[firmware]\nlow = 600\nhigh = 500\n", "firmware.low is 600"),
        (
            "[firmware]\nhigh = 4294967295\n",
            "firmware.high is 4294967295",
        ),
        (
            "[firmware]\naccess_cycles = 0\n",
            "firmware.access_cycles is 0",
        ),
        (
            "[firmware]\naccess_cycles = 9223372036854775807\n",
            "firmware.access_cycles",
        ),
        (
            "[firmware]\npoll_cycles = 9223372036854775807\n",
            "firmware.poll_cycles",
        ),
        ("[firmware]\nbacklog = 0\n", "firmware.backlog is 0"),
        (
            "[policy]\ncap_interval = 100\ncap_depth = 0\n",
            "policy.cap_depth",
        ),
        (
            "[policy]\ncap_interval = 100\ncap_depth = 16\n",
            "policy.cap_depth",
        ),
        ("[policy]\ncap_interval = 65536\n", "cap_interval"),
        ("[policy]\nredormant_delay = 16777216\n", "policy"),
        ("[node]\nguest_pages = 60\n", "node.guest_pages is 60"),
        ("[node]\nreal_frames = 60\n", "node.real_frames is 60"),
        ("[node]\nqueue_depth = 3\n", "queue_depth = 3"),
        ("[dram]\nkind = \"ideal\"\nb_latency = 0\n", "b_latency"),
        ("run_lines = 0\n", "run_lines is 0"),
        ("from = 5\n", "number 5"),
        ("from = 9223372036854775807\n", "number 9223372036854775807"),
        ("events = -1\n", "events"),
    ] {
        let message = refused(&folder.with(settings, &["--compare", "--json"]));
        assert!(message.contains(named), "{settings}: {message}");
    }
    // What only another command uses is checked for that one.
    for (settings, named) in [
        (
            "[victim]\nfrom = 99999\n",
            "victim: the first event to replay is number 99999",
        ),
        ("[victim]\ncaps = []\n", "victim.caps is empty"),
        ("[victim]\ncaps = [65536]\n", "caps"),
        ("[victim]\nfrom = 0\nevents = 0\n", "victim.events is 0"),
    ] {
        let message = refused(&folder.with(settings, &["--compare", "--caps", "--json"]));
        assert!(message.contains(named), "{settings}: {message}");
    }
    for (args, named) in [
        (&["--cpi", "NaN"][..], "processor.cpi is NaN"),
        (&["--cpi", ""], "--cpi"),
        (&["--events", "0"], "events is 0"),
        (&["--from", "-1"], "-1"),
        (&["--memory", "0"], "no size of a memory"),
        (&["--memory", "4097 B"], "no size of a memory"),
        (&["--memory", "1025 KiB"], "no size of a memory"),
        (
            &["--memory", "99999999999999999999 TiB"],
            "no size of a memory",
        ),
        (&["--config", "none.toml"], "none.toml cannot be read"),
        (&["--activity", "none"], "none cannot be opened"),
        (
            &["--scale", "--larger", "none.events.csv.zst"],
            "none.events.csv.zst cannot be opened",
        ),
        (
            &[
                "--scale",
                "--larger",
                "a.events.csv.zst",
                "--larger-memory",
                "4 MiB",
            ],
            "--larger-memory is 4 MiB",
        ),
        (
            &["--scale", "--events", "2"],
            "init (kind M, aux 3) is never reached",
        ),
        (&["--json", "--print-config"], "--print-config"),
    ] {
        let message = refused(&folder.boot(args));
        assert!(message.contains(named), "{args:?}: {message}");
    }
}

#[test]
fn memory_that_this_machine_cannot_hold_is_refused_with_the_figure() {
    let folder = Folder::new();
    for size in ["512 GiB", "300 GiB"] {
        let args = [
            "boot",
            "--trace",
            "a.events.csv.zst",
            "--mode",
            "ideal",
            "--memory",
            size,
        ];
        let message = refused(&folder.run(&args));
        for part in [size, "MiB of this machine's memory", "--scale"] {
            assert!(message.contains(part), "{message}");
        }
    }
    let queues =
        "[node]\nqueue_depth = 268435456\nurgent_depth = 268435456\npool_depth = 268435456\n";
    let larger = format!("{queues}addr_width = 45\nreal_frames = 268435456\n");
    let message = refused(&folder.with(&larger, &[]));
    assert!(
        message.contains("MiB of this machine's memory"),
        "{message}"
    );
}

#[test]
fn a_curve_stays_short_however_long_accesses_wait() {
    let folder = Folder::new();
    for latency in [1_000_000, u32::MAX] {
        let settings = format!(
            "mode = \"dormant\"\n[software]\npage_cycles = 1000.0\n[dram]\nkind = \"ideal\"\nr_latency = {latency}\nb_latency = {latency}\n"
        );
        for mode in ["ideal", "lazy-software", "dormant"] {
            // Firmware polls all the while: at the largest latency that takes most of a minute.
            if mode == "dormant" && latency == u32::MAX {
                continue;
            }
            let result = json(&folder.with(&settings, &["--json", "--mode", mode]));
            let samples = result["samples"].as_array().expect("a list").len();
            assert!(
                (2..=601).contains(&samples),
                "{mode}, latency {latency}: {samples}"
            );
        }
    }
}

// --------------------------------------------------------------------------------------- recordings

#[test]
fn every_command_refuses_a_recording_that_breaks_a_promise() {
    let folder = Folder::new();
    for (events, named) in [
        (
            EVENTS.replace("9000,4000", "9000,9500"),
            "line 6: archicount is 9500",
        ),
        (
            EVENTS.replace("9000,4000", "9000,18446744073709551615"),
            "line 6: archicount is 18446744073709551615",
        ),
        (
            EVENTS.replace("6000,1000", "6000000000000,1000"),
            "line 5: icount is 6000000000000",
        ),
        (EVENTS.replace("Z,2,4095", "Z,2,"), "line 4: dur is empty"),
        (
            EVENTS.replace("9000,4000", "7000,1000,0,0,M,3,,\n9000,4000"),
            "line 6: aux is 3",
        ),
        (
            EVENTS.replace("5000,900", "30,30,0,5,W,1,,\n5000,900"),
            "line 4: kind is W",
        ),
        (EVENTS.replace("M,99", "M,7"), "cut short"),
        (
            format!("{EVENTS}9001,4001,0,7,W,0,,\n"),
            "line 7: behind the end",
        ),
    ] {
        folder.put("bad.events.csv.zst", &events);
        folder.put("bad.activity.csv.zst", ACTIVITY);
        let boot = [
            "boot",
            "--trace",
            "bad.events.csv.zst",
            "--memory",
            "4 MiB",
            "--json",
        ];
        let bench = [
            "bench",
            "--backend",
            "model",
            "--only",
            "trace",
            "--trace",
            "bad.events.csv.zst",
            "--json",
        ];
        for args in [&boot[..], &bench] {
            let message = refused(&folder.run(args));
            assert!(
                message.contains("bad.events.csv.zst, ") && message.contains(named),
                "{named}: {message}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_name_of_any_bytes_is_a_name() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let name = |name: &'static [u8]| std::ffi::OsStr::from_bytes(name);
    for (from, to) in [
        ("a.events.csv.zst", name(b"n\xff \n.events.csv.zst")),
        ("a.activity.csv.zst", name(b"n\xff \n.activity.csv.zst")),
    ] {
        fs::copy(folder.path(from), folder.0.path().join(to)).expect("copied");
    }
    let output = folder
        .command(&["boot", "--memory", "4 MiB", "--json"])
        .arg("--trace")
        .arg(name(b"n\xff \n.events.csv.zst"))
        .arg("--report")
        .arg(name(b"n\xff.html"))
        .output()
        .expect("the program runs");
    json(&output);
    assert!(folder.0.path().join(name(b"n\xff.html")).exists());
}

#[test]
fn the_recorded_boot_is_found_from_everywhere_in_the_clone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [root, &root.join("rtl"), &root.join("testbench/src")] {
        let output = Command::new(env!("CARGO_BIN_EXE_dormouse"))
            .args(["boot", "--mode", "ideal", "--events", "5", "--json"])
            .current_dir(folder)
            .output()
            .expect("the program runs");
        assert!(json(&output)["end_cycles"].is_u64());
    }
}

// --------------------------------------------------------------------------------------- what is claimed

#[test]
fn a_run_that_would_do_nothing_is_bad_input() {
    let folder = Folder::new();
    for args in [
        &["lockstep", "--backend", "model", "--cycles", "0"][..],
        &[
            "lockstep",
            "--backend",
            "model",
            "--guest",
            "--accesses",
            "0",
        ],
        &["lockstep", "--long", "--accesses", "0"],
        &["lockstep", "--backend", "model", "--accesses", "5"],
        &["lockstep", "--backend", "rtl"],
        &[
            "lockstep",
            "--backend",
            "lockstep",
            "--long",
            "--accesses",
            "5",
        ],
        &["lockstep", "--cycles", "5", "--accesses", "5", "--guest"],
        &["lockstep", "--replay", "r.json", "--cycles", "5"],
        &["bench", "--backend", "model", "--only", "software,freed"],
        &["bench", "--backend", "model", "--only", ""],
        &[
            "bench",
            "--backend",
            "model",
            "--only",
            "trace",
            "--pages",
            "0",
        ],
        &["speed", "--repeat", "0"],
    ] {
        refused(&folder.run(&[args, &["--json"]].concat()));
    }
}

#[test]
fn a_replay_says_what_ran_and_prints_its_json() {
    let folder = Folder::new();
    let scenario = |set: &str, memory: &str| {
        format!(r#"{{"set": "{set}", "memory": {memory}, "stall": 0, "seed": 7, "steps": []}}"#)
    };
    let replay = |text: String| {
        fs::write(folder.path("r.json"), text).expect("written");
        folder.run(&[
            "lockstep",
            "--backend",
            "model",
            "--replay",
            "r.json",
            "--json",
        ])
    };
    let output = replay(scenario("tiny", r#"{"kind": "ideal"}"#));
    let result = json(&output);
    assert_eq!(result["origin"], "model");
    assert_eq!(
        (&result["runs"], &result["mismatches"], &result["seed"]),
        (&1.into(), &0.into(), &7.into())
    );
    assert!(result["cycles"].as_u64() > Some(0));
    let message = stderr(&output);
    assert!(
        message.contains("the model alone") && !message.contains("RTL"),
        "{message}"
    );
    for (text, named) in [
        (
            scenario("huge", r#"{"kind": "ideal"}"#),
            "no parameter set huge",
        ),
        (
            scenario("tiny", r#"{"kind": "ideal", "b_latency": 0}"#),
            "b_latency",
        ),
        (scenario("tiny", r#"{"kind": "none"}"#), "not a replay file"),
        ("{}".to_owned(), "not a replay file"),
        (String::new(), "not a replay file"),
    ] {
        let message = refused(&replay(text));
        assert!(
            message.contains("r.json") && message.contains(named),
            "{message}"
        );
    }
    assert!(
        !folder.path("target").exists(),
        "nothing failed, so nothing is left"
    );
}

#[test]
fn a_run_that_finds_a_fault_exits_with_1_and_prints_it_as_json() {
    let folder = Folder::new();
    let faulty = "[software]\npage_cycles = 1000.0\n[dram]\nkind = \"faulty\"\nfaults = { error_per_mille = 1000 }\nmemory = { kind = \"ideal\" }\n";
    let output = folder.with(faulty, &["--mode", "ideal", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let fault = result["fault"].as_str().expect("text");
    assert!(fault.contains("was answered with"), "{fault}");
}

/// Every option of a command that takes a value, from the command's own help.
fn options_with_values(command: &str) -> Vec<String> {
    let help = dormouse(&[command, "--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    let option = |line: &str| {
        let name = line
            .trim_start()
            .split([' ', ','])
            .find(|word| word.starts_with("--"))?;
        line.contains('<').then(|| name.to_owned())
    };
    text.lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .filter_map(option)
        .collect()
}

/// What a command needs beside the option that is tried, so that nothing else is wrong.
fn beside(command: &str, option: &str) -> Vec<&'static str> {
    let pairs: &[[&str; 2]] = match command {
        "bench" => &[
            ["--backend", "model"],
            ["--only", "trace"],
            ["--trace", "a.events.csv.zst"],
        ],
        "boot" => &[["--trace", "a.events.csv.zst"], ["--memory", "4 MiB"]],
        "lockstep" => &[["--backend", "model"]],
        _ => &[],
    };
    let mut words: Vec<_> = pairs
        .iter()
        .filter(|pair| pair[0] != option)
        .flatten()
        .copied()
        .collect();
    if option.starts_with("--larger") {
        words.push("--scale");
    }
    if option == "--caps" {
        words.extend(["--config", "victim.toml"]);
    }
    words
}

/// Whether a message says which option is wrong: by the option, or by the setting of the same name.
fn is_named(message: &str, option: &str) -> bool {
    let setting = option.trim_start_matches('-').replace('-', "_");
    message.contains(option)
        || message.contains(&format!("{setting} is"))
        || message.contains(&format!("`{setting}`"))
        || message.contains(&format!("{setting}: "))
}

/// Runs the program beside a recording, and ends it where it still works after a second: a value that it takes.
fn run_for_a_second(command: &str, option: &str, value: &[u8]) -> Option<Output> {
    use std::os::unix::ffi::OsStringExt;
    use std::time::{Duration, Instant};

    let folder = Folder::new();
    fs::write(
        folder.path("victim.toml"),
        "[victim]\nfrom = 0\nevents = 5\n",
    )
    .unwrap();
    let argument = [option.as_bytes(), b"=", value].concat();
    let (messages, result) = (folder.path("messages"), folder.path("result"));
    let mut child = folder
        .command(&[command])
        .args(beside(command, option))
        .arg(std::ffi::OsString::from_vec(argument))
        .stderr(fs::File::create(&messages).unwrap())
        .stdout(fs::File::create(&result).unwrap())
        .spawn()
        .expect("the program runs");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        if let Some(status) = child.try_wait().unwrap() {
            let (stderr, stdout) = (fs::read(messages).unwrap(), fs::read(result).unwrap());
            return Some(Output {
                status,
                stdout,
                stderr,
            });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

#[test]
fn a_bad_value_of_any_option_of_any_command_is_named_and_none_ends_in_a_panic() {
    let commands = commands();
    let unnamed = std::sync::Mutex::new(Vec::new());
    let unnamed = &unnamed;
    let values: [&[u8]; 9] = [
        b"0",
        b"-1",
        b"18446744073709551615",
        b"99999999999999999999999",
        b"",
        b"nan",
        b"\xff",
        b"/",
        b"/proc/x",
    ];
    std::thread::scope(|scope| {
        for command in &commands {
            let options = options_with_values(command);
            assert!(!options.is_empty(), "{command}");
            scope.spawn(move || {
                for option in &options {
                    for value in values {
                        let Some(output) = run_for_a_second(command, option, value) else {
                            continue;
                        };
                        let what = format!("{command} {option}={}", value.escape_ascii());
                        let message = stderr(&output);
                        assert!(
                            matches!(output.status.code(), Some(0 | 2)),
                            "{what}: {output:?}"
                        );
                        assert!(!message.contains("panicked"), "{what}: {message}");
                        // Where the kernel or the RTL is missing, that is said first.
                        let missing = match command.as_str() {
                            "linux" => message.contains("no kernel"),
                            "latency" | "speed" => message.contains("without RTL"),
                            _ => false,
                        };
                        if !(output.status.success() || missing || is_named(&message, option)) {
                            unnamed.lock().unwrap().push(format!("{what}: {message}"));
                        }
                    }
                }
            });
        }
    });
    let unnamed = unnamed.lock().unwrap();
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
}
