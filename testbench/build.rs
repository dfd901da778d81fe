//! Verilates the RTL once for each parameter set of `verilated/sets.toml` and links it behind
//! `verilated/node.cpp`. Does nothing without the feature `rtl`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // While one works on the RTL: verilate these sets only, `DORMOUSE_SETS=tiny,guest`. `sets::all()` then knows no others. `linux` or `soc`
    // among them: the SoC is compiled with the better optimization, as without this.
    println!("cargo::rerun-if-env-changed=DORMOUSE_SETS");
    println!(
        "cargo::rustc-env=DORMOUSE_SETS={}",
        std::env::var("DORMOUSE_SETS").unwrap_or_default()
    );
    #[cfg(feature = "rtl")]
    rtl::build();
}

/// The model's own file: as a dependency, every change of the model would verilate everything anew.
#[cfg(feature = "rtl")]
#[allow(dead_code)]
#[path = "../model/src/config.rs"]
mod config;

/// The one list of the RTL's files.
#[cfg(feature = "rtl")]
#[path = "../xtask/src/core_file.rs"]
mod core_file;

#[cfg(feature = "rtl")]
mod rtl {
    use std::{
        collections::BTreeMap,
        env,
        fmt::Write as _,
        fs,
        path::{Path, PathBuf},
        process::Command,
        thread,
    };

    use super::config::Config;
    use super::core_file::{CoreFile, rename_guest_core};

    /// The parameter set of the node in the simulation SoC, `soc::SET`.
    const SOC_SET: &str = "trace";

    /// The node of the Linux SoC, and what its tag table is called from there.
    const LINUX: &str = "verilated/linux_soc.toml";
    const LINUX_NODE: &str = "dm_linux_soc__DOT__u_hyper__DOT__u_node__DOT__";

    /// The set that is also built for speed: no waveforms, no assertions, no visible state.
    const FAST: &str = "engine_64";

    /// The sets that a developer asks for, if not all.
    fn wanted() -> Option<String> {
        env::var("DORMOUSE_SETS")
            .ok()
            .filter(|sets| !sets.is_empty())
    }

    struct Verilator {
        root: PathBuf,
        /// Sources of `dm_node`, packages first; paths from the root of the workspace.
        node: Vec<String>,
        /// What `dm_sim_soc` adds to them.
        soc: Vec<String>,
        command: PathBuf,
        include: PathBuf,
    }

    pub fn build() {
        let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("..");
        let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo"));
        let core = CoreFile::read(&root).expect("rtl/dormouse.core is readable");
        let (node, soc) = (core.files("rtl"), core.files("soc"));
        let ours = [
            "rtl/dormouse.core",
            "rtl/dm_assert.svh",
            "testbench/verilated",
        ];
        for path in node.iter().chain(&soc).map(String::as_str).chain(ours) {
            println!("cargo::rerun-if-changed={}", root.join(path).display());
        }
        let verilator = Verilator::find(root, node, soc);

        let text = fs::read_to_string("verilated/sets.toml").expect("sets.toml is readable");
        let mut sets: BTreeMap<String, Config> = toml::from_str(&text).expect("sets.toml is TOML");
        let state = read_state();
        let soc = verilator.soc(&out, &sets[SOC_SET]);
        let linux = verilator.linux(&out);
        let fast = verilator.node(&out, &format!("{FAST}_fast"), &sets[FAST], true);
        if let Some(wanted) = wanted() {
            sets.retain(|name, _| wanted.split(',').any(|set| set == name));
        }

        // Verilator itself runs one process a set; two at a time keeps two cores busy.
        let jobs: Vec<(&String, &Config)> = sets.iter().collect();
        let mut units: Vec<Unit> = thread::scope(|scope| {
            let halves: Vec<_> = jobs
                .chunks(jobs.len().div_ceil(2).max(1))
                .map(|chunk| {
                    let (verilator, out) = (&verilator, &out);
                    scope.spawn(move || {
                        chunk
                            .iter()
                            .map(|(n, c)| verilator.node(out, n, c, false))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            halves
                .into_iter()
                .flat_map(|half| half.join().expect("no panic in Verilator"))
                .collect()
        });

        units.extend([soc, linux, fast]);
        fs::write(out.join("state.inc"), state_cpp(&state)).expect("OUT_DIR is writable");
        fs::write(out.join("bindings.rs"), bindings(&sets, &state)).expect("OUT_DIR is writable");
        verilator.compile(&out, &units);
    }

    /// What has to be compiled of one Verilated set.
    struct Unit {
        name: String,
        dir: PathBuf,
        shim: &'static str,
        /// Registers can be seen from outside.
        state: bool,
        /// What the node is called, where its tags can be seen.
        node: Option<&'static str>,
        /// It runs long enough to be worth a better compiler.
        quick: bool,
        /// Macros with the widths of flattened ports.
        widths: Vec<(&'static str, String)>,
    }

    impl Verilator {
        fn find(root: PathBuf, node: Vec<String>, soc: Vec<String>) -> Self {
            println!("cargo::rerun-if-env-changed=DORMOUSE_VERILATOR");
            let command = env::var_os("DORMOUSE_VERILATOR")
                .map_or_else(|| root.join(".tools/bin/verilator"), PathBuf::from);
            let missing = || -> ! {
                println!(
                    "cargo::error=feature `rtl` needs Verilator, and {} does not run: \
                     run `cargo xtask setup`, or name one of at least 5.030 in DORMOUSE_VERILATOR",
                    command.display()
                );
                std::process::exit(1)
            };
            let Ok(output) = Command::new(&command)
                .args(["--getenv", "VERILATOR_ROOT"])
                .output()
            else {
                missing()
            };
            let home = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            if !output.status.success() || home.is_empty() {
                missing()
            }
            Self {
                include: Path::new(&home).join("include"),
                root,
                node,
                soc,
                command,
            }
        }

        fn verilate(&self, args: &[String], dir: &Path) {
            let _ = fs::remove_dir_all(dir);
            let output = Command::new(&self.command)
                .current_dir(&self.root)
                .args([
                    "--cc",
                    "-O3",
                    "--x-assign",
                    "fast",
                    "--no-timing",
                    "--flatten",
                    "-Irtl",
                ])
                .args(["-Wno-fatal", "-Wno-lint", "-Wno-style", "--Mdir"])
                .arg(dir)
                .args(args)
                .output()
                .unwrap_or_else(|e| panic!("{}: {e}", self.command.display()));
            assert!(
                output.status.success(),
                "Verilator refused {args:?}:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }

        fn node(&self, out: &Path, name: &str, config: &Config, fast: bool) -> Unit {
            let dir = out.join(name);
            let mut args = vec![
                "--top".into(),
                "dm_node".into(),
                "--prefix".into(),
                class(name),
            ];
            if !fast {
                args.extend(
                    ["--assert", "--trace-fst", "testbench/verilated/state.vlt"].map(String::from),
                );
            }
            args.extend(self.node.iter().cloned());
            let parameters = parameters(name, config);
            let widths = [
                ("DM_PORTS", "-GPorts="),
                ("DM_ID_WIDTH", "-GIdWidth="),
                ("DM_ADDR_WIDTH", "-GAddrWidth="),
                ("DM_DATA_WIDTH", "-GDataWidth="),
            ]
            .map(|(name, parameter)| {
                let value = parameters
                    .iter()
                    .find_map(|arg| arg.strip_prefix(parameter));
                (name, value.unwrap_or("0").to_owned())
            });
            args.extend(parameters);
            self.verilate(&args, &dir);
            Unit {
                name: name.to_owned(),
                dir,
                shim: "node.cpp",
                state: !fast,
                node: (!fast).then_some("dm_node__DOT__"),
                quick: fast || name == SOC_SET || name == FAST,
                widths: widths.to_vec(),
            }
        }

        fn soc(&self, out: &Path, config: &Config) -> Unit {
            let dir = out.join("soc");
            let mut args = ["--top", "dm_sim_soc", "--prefix", "Vsoc", "--assert"]
                .map(String::from)
                .to_vec();
            args.extend(self.node.iter().chain(&self.soc).cloned());
            args.push(self.core("VexRiscv_IMAC.v").display().to_string());
            args.extend(parameters(SOC_SET, config));
            self.verilate(&args, &dir);
            Unit {
                name: "soc".into(),
                dir,
                shim: "soc.cpp",
                state: false,
                node: None,
                quick: true,
                widths: Vec::new(),
            }
        }

        fn linux(&self, out: &Path) -> Unit {
            let dir = out.join("linux");
            let core = self.core("VexRiscv_Linux.v");
            let renamed = out.join("VexRiscvLinux.v");
            let text = fs::read_to_string(&core).expect("the wheel's file is readable");
            let text =
                rename_guest_core(&text).unwrap_or_else(|e| panic!("{}: {e}", core.display()));
            fs::write(&renamed, text).expect("OUT_DIR is writable");
            let text = fs::read_to_string(LINUX).expect("the node of the Linux SoC is readable");
            let config: Config = toml::from_str(&text).unwrap_or_else(|e| panic!("{LINUX}: {e}"));
            // For speed, no assertions: those of the node are in every set.
            let mut args = [
                "--top",
                "dm_linux_soc",
                "--prefix",
                "Vlinux",
                "testbench/verilated/linux_soc.vlt",
            ]
            .map(String::from)
            .to_vec();
            args.extend(self.node.iter().chain(&self.soc).cloned());
            args.push(self.core("VexRiscv_IMAC.v").display().to_string());
            args.push(renamed.display().to_string());
            args.extend(parameters(LINUX, &config));
            self.verilate(&args, &dir);
            Unit {
                name: "linux".into(),
                dir,
                shim: "linux_soc.cpp",
                state: false,
                node: Some(LINUX_NODE),
                quick: true,
                widths: Vec::new(),
            }
        }

        /// The cores come from a wheel that set-up installs.
        fn core(&self, file: &str) -> PathBuf {
            let lib = self.root.join(".tools/venv/lib");
            let found = fs::read_dir(&lib)
                .into_iter()
                .flatten()
                .flatten()
                .map(|python| {
                    python
                        .path()
                        .join("site-packages/pythondata_cpu_vexriscv/verilog")
                        .join(file)
                });
            found
                .into_iter()
                .find(|path| path.exists())
                .unwrap_or_else(|| {
                    println!(
                        "cargo::error={file} is not under {}: run `cargo xtask setup`",
                        lib.display()
                    );
                    std::process::exit(1)
                })
        }

        fn compile(&self, out: &Path, units: &[Unit]) {
            let base = || {
                let mut build = cc::Build::new();
                build
                    .cpp(true)
                    .std("c++17")
                    .opt_level(3)
                    .debug(false)
                    .warnings(false)
                    .include(&self.include)
                    .include(self.include.join("vltstd"))
                    .define("VM_COVERAGE", "0")
                    .define("VM_SC", "0")
                    .define("VM_TIMING", "0")
                    .define("VM_TRACE", "1")
                    .define("VM_TRACE_FST", "1")
                    .define("VM_TRACE_VCD", "0")
                    .define("VM_TRACE_SAIF", "0")
                    .define("VERILATOR_DISABLE_ASSERT_DEBUG", None);
                for dependency in ["DEP_LZ4_INCLUDE", "DEP_Z_INCLUDE"] {
                    if let Some(path) = env::var_os(dependency) {
                        build.include(path);
                    }
                }
                build
            };
            let compile = |unit: &Unit| {
                let mut build = base();
                for (name, value) in &unit.widths {
                    build.define(name, value.as_str());
                }
                // Compiling is most of the work for sets that run for seconds.
                let worth = wanted().is_none_or(|sets| sets.split(',').any(|set| set == unit.name));
                build
                    .opt_level(if unit.quick && worth { 3 } else { 1 })
                    .include(&unit.dir)
                    .include(self.root.join("testbench/verilated"))
                    .define("DM_CLASS", class(&unit.name).as_str())
                    .define("DM_HEADER", format!("\"{}.h\"", class(&unit.name)).as_str())
                    .define("DM_SYM(x)", format!("dm_{}_##x", unit.name).as_str())
                    .file(unity(
                        &unit.dir,
                        &self.root.join("testbench/verilated").join(unit.shim),
                    ))
                    .define(
                        "DM_ROOT_HEADER",
                        format!("\"{}___024root.h\"", class(&unit.name)).as_str(),
                    );
                let mut define = |name: &str, path: &Path| {
                    build.define(name, format!("\"{}\"", path.display()).as_str());
                };
                if unit.state {
                    define("DM_STATE", &out.join("state.inc"));
                }
                if let Some(node) = unit.node {
                    let tags = unit.dir.join("tags.inc");
                    let text = tags_cpp(&unit.dir, &unit.name, node);
                    fs::write(&tags, text).expect("OUT_DIR is writable");
                    define("DM_TAGS", &tags);
                }
                build.compile(&format!("dm_{}", unit.name));
            };
            // One C++ compiler a core.
            thread::scope(|scope| {
                for half in units.chunks(units.len().div_ceil(2)) {
                    scope.spawn(move || half.iter().for_each(compile));
                }
            });
            let mut build = base();
            for file in [
                "verilated.cpp",
                "verilated_threads.cpp",
                "verilated_fst_c.cpp",
            ] {
                build.file(self.include.join(file));
            }
            build.compile("dm_verilated");
        }
    }

    /// The RTL's parameters, as Verilator takes them.
    fn parameters(name: &str, config: &Config) -> Vec<String> {
        config
            .check()
            .unwrap_or_else(|e| panic!("sets.toml, {name}: {e}"));
        [
            ("NodeId", u64::from(config.node_id)),
            ("AddrWidth", config.addr_width.into()),
            ("DataWidth", config.data_width.into()),
            ("IdWidth", config.id_width.into()),
            ("PageShift", config.page_shift.into()),
            ("RealFrames", config.real_frames.into()),
            ("GuestPages", config.guest_pages.into()),
            ("Ports", config.ports.into()),
            ("PortDepth", config.port_depth.into()),
            ("PortBeats", config.port_beats.into()),
            ("Trackers", config.trackers.into()),
            ("MaxOutstanding", config.max_outstanding.into()),
            ("MaxBeats", config.max_beats.into()),
            ("QueueDepth", config.queue_depth.into()),
            ("UrgentDepth", config.urgent_depth.into()),
            ("PoolDepth", config.pool_depth.into()),
        ]
        .map(|(parameter, value)| format!("-G{parameter}={value}"))
        .to_vec()
    }

    fn class(name: &str) -> String {
        format!("V{name}")
    }

    /// One file that includes all that Verilator made for a set, and the shim: its headers are large, so
    /// reading them once is most of the gain.
    fn unity(dir: &Path, shim: &Path) -> PathBuf {
        let mut files: Vec<_> = fs::read_dir(dir)
            .expect("Verilator made the folder")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.extension().is_some_and(|e| e == "cpp"))
            .collect();
        files.sort();
        let text = files
            .iter()
            .chain([&shim.to_owned()])
            .fold(String::new(), |mut text, file| {
                let _ = writeln!(text, "#include \"{}\"", file.display());
                text
            });
        let path = dir.join("unity.cc");
        fs::write(&path, text).expect("OUT_DIR is writable");
        path
    }

    fn read_state() -> Vec<String> {
        let text = fs::read_to_string("verilated/state.txt").expect("state.txt is readable");
        text.lines()
            .filter(|l| !l.is_empty() && !l.starts_with(['#', '!']))
            .flat_map(|path| match path.strip_prefix("dormant.gates.") {
                Some(register) => (0..super::config::MAX_PORTS)
                    .map(|port| format!("dormant.gates[{port}].{register}"))
                    .collect(),
                None => vec![path.to_owned()],
            })
            .collect()
    }

    /// `engine.beat_q` of the model is `dm_node.u_engine.beat_q` of the RTL, and `dormant.gates[1].at_q` is
    /// `dm_node.u_dormant.gen_gates[1].u_gate.at_q`, where there is such a port.
    fn state_cpp(state: &[String]) -> String {
        state.iter().fold(String::new(), |mut text, path| {
            let (instances, register) = path.rsplit_once('.').expect("a path has an instance");
            let gate = instances
                .strip_prefix("dormant.gates[")
                .and_then(|rest| rest.split_once(']'));
            let instances = gate.map_or_else(
                || format!("u_{}", instances.replace('.', "__DOT__u_")),
                |(port, below)| {
                    let below = below.replace('.', "__DOT__u_");
                    format!("u_dormant__DOT__gen_gates__BRA__{port}__KET____DOT__u_gate{below}")
                },
            );
            let line = format!("STATE(dm_node__DOT__{instances}__DOT__{register})");
            let _ = match gate {
                Some((port, _)) => writeln!(
                    text,
                    "#if DM_PORTS > {port}\n{line}\n#else\n*to++ = 0;\n#endif"
                ),
                None => writeln!(text, "{line}"),
            };
            text
        })
    }

    /// One `TAGS(bank, column, signal)` for each memory of the tag table: it is cut into columns, and may be there more than
    /// once, as `g_bank`s. Verilator's header says which there are.
    fn tags_cpp(dir: &Path, name: &str, node: &str) -> String {
        let table = format!("{node}u_dormant__DOT__u_tags__");
        let header = dir.join(format!("{}___024root.h", class(name)));
        let text = fs::read_to_string(header).expect("Verilator wrote it");
        let number = |signal: &str, of: &str| {
            let (_, rest) = signal.split_once(&format!("{of}__BRA__"))?;
            rest.split_once("__KET__")?.0.parse::<u32>().ok()
        };
        let mut memories: Vec<(u32, u32, &str)> = text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.starts_with(&table))
            .filter(|word| word.ends_with("__DOT__tag_mem"))
            .map(|signal| {
                let column = number(signal, "g_column").expect("a tag's memory is a column");
                (number(signal, "g_bank").unwrap_or(0), column, signal)
            })
            .collect();
        memories.sort_unstable();
        memories.dedup();
        assert!(!memories.is_empty(), "{name}: no memory of the tag table");
        memories.iter().fold(String::new(), |mut text, memory| {
            let (bank, column, signal) = memory;
            let _ = writeln!(text, "TAGS({bank}, {column}, {signal})");
            text
        })
    }

    fn bindings(sets: &BTreeMap<String, Config>, state: &[String]) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "/// Registers that lockstep compares.\npub const STATE: [&str; {}] = {state:?};",
            state.len()
        );
        let _ = writeln!(
            text,
            "#[allow(clippy::unnecessary_cast, clippy::cast_lossless, clippy::get_first)]\nfn model_state(node: &Node, to: &mut [u64; {}]) {{",
            state.len()
        );
        for (i, path) in state.iter().enumerate() {
            let value = match path
                .strip_prefix("dormant.gates[")
                .and_then(|rest| rest.split_once("]."))
            {
                Some((port, register)) => {
                    format!(
                        "node.dormant.gates.get({port}).map_or(0, |gate| gate.{register} as u64)"
                    )
                }
                None => format!("node.{path} as u64"),
            };
            let _ = writeln!(text, "    to[{i}] = {value};");
        }
        let _ = writeln!(text, "}}\nbind! {{");
        for name in sets.keys() {
            let _ = writeln!(
                text,
                "    {name:?} => {{ dm_{name}_new dm_{name}_delete dm_{name}_reset dm_{name}_ports \
                 dm_{name}_settle dm_{name}_edge dm_{name}_errors dm_{name}_state dm_{name}_guard \
                 dm_{name}_tag dm_{name}_trace }}"
            );
        }
        let fast = format!("{FAST}_fast");
        let _ = writeln!(
            text,
            "    fast {FAST:?} => {{ dm_{fast}_new dm_{fast}_delete dm_{fast}_reset dm_{fast}_ports \
             dm_{fast}_settle dm_{fast}_edge }}\n}}"
        );
        text
    }
}
