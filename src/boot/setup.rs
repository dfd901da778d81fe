//! Everything about a boot that can be set: one TOML file, whose every key has a default and most have a flag.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use dormouse_model::Config;
use dormouse_testbench::{
    memory::MemorySpec,
    recording::replay::{Processor, Zeroing},
};
use serde::{Deserialize, Serialize};

/// log2 of the bytes in a page of a recording.
pub const PAGE_SHIFT: u8 = 12;
/// Pages below which a PC of the recordings has all its memory in one piece; what it has more begins at 4 GiB.
const LOW_PAGES: u64 = 0xC_0000;
const HIGH_START: u64 = 0x10_0000;

/// Who zeroes memory, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Memory was zero for free: no gate, no engine.
    Ideal,
    /// The core zeroes all memory before the first instruction.
    EagerSoftware,
    /// The engine zeroes all memory before the first instruction.
    EagerEngine,
    /// A hypervisor zeroes each page with the core when it is touched first.
    LazySoftware,
    /// Dormant memory.
    Dormant,
}

impl Mode {
    /// From the ideal to ours.
    pub const ALL: [Self; 5] = [
        Self::Ideal,
        Self::EagerSoftware,
        Self::EagerEngine,
        Self::LazySoftware,
        Self::Dormant,
    ];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ideal => "ideal",
            Self::EagerSoftware => "eager-software",
            Self::EagerEngine => "eager-engine",
            Self::LazySoftware => "lazy-software",
            Self::Dormant => "dormant",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An amount of memory, written as `2 GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    const UNITS: [(&'static str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// Pages of a recording.
    pub fn pages(self) -> u64 {
        self.0 >> PAGE_SHIFT
    }

    /// Whether a PC has some of this above 4 GiB.
    pub fn is_high(self) -> bool {
        self.pages() > LOW_PAGES
    }

    /// In GiB.
    pub fn gib(self) -> f64 {
        self.0 as f64 / f64::from(1 << 30)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, shift) = Self::UNITS
            .into_iter()
            .rev()
            .find(|(_, shift)| self.0 >= 1 << shift && self.0.is_multiple_of(1 << shift))
            .unwrap_or(("B", 0));
        write!(f, "{} {unit}", self.0 >> shift)
    }
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = text[digits.len()..].trim();
        let shift = Self::UNITS
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .map(|(_, shift)| shift);
        let bytes = shift.and_then(|shift| digits.parse::<u64>().ok()?.checked_mul(1 << shift));
        match bytes {
            Some(bytes) if bytes >= 1 << 20 && bytes.is_multiple_of(1 << PAGE_SHIFT) => {
                Ok(Self(bytes))
            }
            _ => Err(format!(
                "{text:?} is no size of a memory: write a number and KiB, MiB, GiB or TiB, 1 MiB or more, such as `2 GiB`"
            )),
        }
    }
}

impl Serialize for Size {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Zeroing by the core.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Software {
    /// Cycles in which the core zeroes a page; measured on RTL for the memories of `dormouse bench`, to be given for others.
    pub page_cycles: Option<f64>,
    /// Cycles of a first touch in a hypervisor without the zeroing: exit, look-up, mapping, return. An assumption.
    pub fault_cycles: u64,
}

impl Default for Software {
    fn default() -> Self {
        Self {
            page_cycles: None,
            fault_cycles: 2000,
        }
    }
}

/// The hyperkernel beside the node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Firmware {
    /// Zeroed frames at which background zeroing starts.
    pub low: u32,
    /// Zeroed frames at which it stops.
    pub high: u32,
    /// Frames that are kept in the to-be-zeroed queue.
    pub backlog: u32,
    /// Cycles between two register accesses of the firmware's hart. Queueing a frame took 170 cycles on the core (RTL),
    /// for three accesses.
    pub access_cycles: u64,
    /// Cycles between two looks at the node while no interrupt is up.
    pub poll_cycles: u64,
}

impl Default for Firmware {
    fn default() -> Self {
        Self {
            low: 512,
            high: 1024,
            backlog: 512,
            access_cycles: 50,
            poll_cycles: 1 << 20,
        }
    }
}

/// What the node's policy bits say.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// A read of a dormant page maps it.
    pub convert_on_read: bool,
    /// Writes of zero to dormant pages are dropped.
    pub elide: bool,
    /// A page that stores have zeroed goes dormant.
    pub detect: bool,
    /// Pages are mapped without firmware.
    pub hw_convert: bool,
    /// Cycles between the detection and the page going dormant.
    pub redormant_delay: u32,
    /// Cycles between two background bursts of the engine; 0: no cap.
    pub cap_interval: u16,
    /// Bursts that may be saved up.
    pub cap_depth: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            convert_on_read: false,
            elide: true,
            detect: true,
            hw_convert: true,
            redormant_delay: 1024,
            cap_interval: 0,
            cap_depth: 1,
        }
    }
}

/// How much the engine's traffic disturbs the guest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Victim {
    /// Cycles between two background bursts: each is one run.
    pub caps: Vec<u16>,
    /// The event at which the runs begin.
    pub from: usize,
    /// Events in each.
    pub events: usize,
}

impl Default for Victim {
    fn default() -> Self {
        Self {
            caps: vec![0, 512, 1024, 2048, 4096],
            from: 40_000,
            events: 2000,
        }
    }
}

/// The whole setup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The recording's events.
    pub trace: PathBuf,
    /// Its activity; by default the file beside the events.
    pub activity: Option<PathBuf>,
    /// Who zeroes.
    pub mode: Mode,
    /// Memory of the machine.
    pub memory: Size,
    /// First event to replay.
    pub from: usize,
    /// Events to replay; none: up to the end.
    pub events: Option<usize>,
    /// Neighbouring lines in a run of accesses, 1 to 64.
    pub run_lines: u8,
    /// How the guest zeroes a page.
    pub zeroing: Zeroing,
    /// The processor.
    pub processor: Processor,
    /// The memory behind the node; `ddr3`'s preset when it is left out.
    pub dram: Option<MemorySpec>,
    /// Whether that memory has ECC, so that a read before a line was written in full is an error.
    pub ecc: bool,
    /// Zeroing by the core.
    pub software: Software,
    /// The hyperkernel.
    pub firmware: Firmware,
    /// The gate and the engine.
    pub policy: Policy,
    /// The runs with a cap.
    pub victim: Victim,
    /// Parameters of the node that differ from its default; frames and pages follow from the memory.
    pub node: toml::Table,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            trace: "traces/a_2g_default.events.csv.zst".into(),
            activity: None,
            mode: Mode::Dormant,
            memory: Size(2 << 30),
            from: 0,
            events: None,
            run_lines: 4,
            zeroing: Zeroing::Stores,
            processor: Processor::default(),
            dram: None,
            ecc: false,
            software: Software::default(),
            firmware: Firmware::default(),
            policy: Policy::default(),
            victim: Victim::default(),
            node: toml::Table::new(),
        }
    }
}

impl Setup {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, or holds a key or a value that does not exist; the message has the line.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    /// Everything that can be wrong before anything runs.
    ///
    /// # Errors
    /// The first value that is out of range, by its name.
    pub fn check(&self) -> Result<()> {
        let cpi = self.processor.cpi;
        ensure!(
            (0.01..=1000.0).contains(&cpi),
            "processor.cpi is {cpi}: it must be 0.01 to 1000"
        );
        for (name, value) in [
            ("processor.store_buffer", self.processor.store_buffer),
            ("processor.outstanding", self.processor.outstanding),
            ("run_lines", self.run_lines),
        ] {
            ensure!(
                (1..=64).contains(&value),
                "{name} is {value}: it must be 1 to 64"
            );
        }
        ensure!(
            self.events != Some(0),
            "events is 0: there would be nothing to replay"
        );
        ensure!(
            self.victim.events > 0,
            "victim.events is 0: there would be nothing to replay"
        );
        ensure!(
            self.firmware.access_cycles >= 1 && self.firmware.poll_cycles >= 1,
            "firmware.access_cycles and firmware.poll_cycles must be 1 or more"
        );
        ensure!(
            self.firmware.backlog >= 1,
            "firmware.backlog is 0: the engine would never get a frame"
        );
        if let Some(cycles) = self.software.page_cycles {
            ensure!(
                (1.0..=1e9).contains(&cycles),
                "software.page_cycles is {cycles}: it must be 1 to 1e9"
            );
        }
        ensure!(
            self.pages() <= u64::from(dormouse_model::config::MAX_FRAMES),
            "a memory of {} has more than 2^28 pages: `--scale` says what larger ones do",
            self.memory
        );
        self.config()?;
        self.dram()?
            .build_sized(8, dormouse_testbench::memory::Bytes(1 << 20))?;
        Ok(())
    }

    /// Guest pages, the hole below 4 GiB among them.
    pub fn pages(&self) -> u64 {
        let pages = self.memory.pages();
        if self.memory.is_high() {
            pages - LOW_PAGES + HIGH_START
        } else {
            pages
        }
    }

    /// The node: its default, but for frames and pages of the whole memory, lists for [`Firmware`], and what the file
    /// says.
    ///
    /// # Errors
    /// An unknown parameter or an illegal value, by name.
    pub fn config(&self) -> Result<Config> {
        let mut table = toml::Table::new();
        let pages = self.memory.pages();
        let width = (64 - (self.pages() - 1).leading_zeros() + u32::from(PAGE_SHIFT)).max(32);
        for (name, value) in [
            ("real_frames", pages),
            ("guest_pages", self.pages()),
            ("addr_width", width.into()),
            (
                "pool_depth",
                u64::from(self.firmware.high.max(2)).next_power_of_two(),
            ),
        ] {
            table.insert(name.to_owned(), i64::try_from(value).context(name)?.into());
        }
        table.extend(self.node.clone());
        let config: Config = table.try_into().context("node")?;
        config.check().context("node")?;
        ensure!(
            config.ports == 1,
            "node.ports is {}: a recording has one processor",
            config.ports
        );
        ensure!(
            config.page_shift == PAGE_SHIFT,
            "node.page_shift is {}: the pages of a recording have 4 KiB, so it must be {PAGE_SHIFT}",
            config.page_shift
        );
        Ok(config)
    }

    /// The memory behind the node.
    ///
    /// # Errors
    /// Those of [`Self::config`]; the preset is tested.
    pub fn dram(&self) -> Result<MemorySpec> {
        let memory = match &self.dram {
            Some(spec) => spec.clone(),
            None => MemorySpec::ddr3_preset()?,
        };
        Ok(if self.ecc {
            memory.with_ecc(&self.config()?)
        } else {
            memory
        })
    }

    /// Its name in reports.
    pub fn dram_name(&self) -> String {
        let name = match &self.dram {
            None => "DDR3".to_owned(),
            Some(MemorySpec::Ideal(ideal)) => format!("ideal, B latency {}", ideal.b_latency),
            Some(MemorySpec::Dram(_)) => "DRAM as given".to_owned(),
            Some(MemorySpec::Faulty { .. }) => "faulty".to_owned(),
            Some(MemorySpec::Ecc { .. }) => "ECC as given".to_owned(),
        };
        if self.ecc {
            format!("{name} with ECC")
        } else {
            name
        }
    }

    /// Cycles per second, where the memory says so.
    pub fn clock_mhz(&self) -> f64 {
        match &self.dram {
            Some(MemorySpec::Dram(dram)) => dram.clock_mhz,
            _ => 100.0,
        }
    }

    /// Cycles in which the core zeroes a page, and where the number comes from.
    ///
    /// # Errors
    /// Nobody measured it on this memory, and none is given.
    pub fn page_cycles(&self) -> Result<(f64, &'static str)> {
        if let Some(cycles) = self.software.page_cycles {
            return Ok((cycles, "given"));
        }
        match &self.dram {
            None => Ok((DDR3_PAGE_CYCLES, MEASURED)),
            Some(MemorySpec::Ideal(ideal)) if ideal.b_latency == 32 => {
                Ok((IDEAL_PAGE_CYCLES, MEASURED))
            }
            Some(_) => bail!(
                "software.page_cycles is not set, and nobody measured how fast the core zeroes this memory: `cargo xtask run -- bench` shows how"
            ),
        }
    }
}

/// What `dormouse bench --backend rtl` measured: the core's best loop, its stores posted and merged, on the first 256 pages
/// of the recorded boot.
const DDR3_PAGE_CYCLES: f64 = 1103.6;
const IDEAL_PAGE_CYCLES: f64 = 2134.4;
const MEASURED: &str = "RTL, `dormouse bench`";
