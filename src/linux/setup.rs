//! Settings of `dormouse linux`, and what they name.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use dormouse_model::Config;
use dormouse_testbench::{
    linux::{
        board::{self, Board, Image},
        guest::LinuxGuest,
        recorder::Recorder,
    },
    memory::MemorySpec,
};
use serde::{Deserialize, Serialize};

use crate::boot::setup::{Firmware, Mode, PAGE_SHIFT, Size};

/// Where set-up leaves the kernel, and the environment variable that names another place.
const KERNEL: &str = ".tools/linux/Image";
const KERNEL_VARIABLE: &str = "DORMOUSE_KERNEL";
/// What the kernel is always told.
const BOOTARGS: &str = "earlycon=uart8250,mmio,0xf0001000 console=ttyS0 printk.devkmsg=on panic=-1";
/// The modes of this command.
pub const MODES: [Mode; 4] = [
    Mode::Ideal,
    Mode::EagerSoftware,
    Mode::EagerEngine,
    Mode::Dormant,
];

/// Everything that can be set.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The kernel.
    pub kernel: PathBuf,
    /// The device tree; the board's own when it is left out.
    pub dtb: Option<PathBuf>,
    /// Who zeroes.
    pub mode: Mode,
    /// Memory that the guest sees.
    pub guest: Size,
    /// Memory that there is, in mode `dormant`; the others have as much as the guest sees.
    pub real: Size,
    /// MiB that the guest's program uses.
    pub uses: u32,
    /// More for the kernel's command line.
    pub append: String,
    /// Cycles after which a guest is given up.
    pub limit: u64,
    /// Cycles between the last zero store to a page and the page going dormant.
    pub redormant_delay: u32,
    /// Cycles, ascending, at which the hyperkernel's hart is reset under the running guest, in mode `dormant`.
    pub reset_hyperkernel: Vec<u64>,
    /// The memory behind the node; `ddr3`'s preset when it is left out.
    pub dram: Option<MemorySpec>,
    /// The hyperkernel.
    pub firmware: Firmware,
    /// Parameters of the node that differ from its default; frames and pages follow from the memory.
    pub node: toml::Table,
    /// Who watches.
    #[serde(skip)]
    pub recorder: Option<Recorder>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            kernel: std::env::var_os(KERNEL_VARIABLE).map_or_else(|| KERNEL.into(), PathBuf::from),
            dtb: None,
            mode: Mode::Dormant,
            guest: Size(32 << 20),
            real: Size(32 << 20),
            uses: 2,
            append: String::new(),
            limit: 2_000_000_000,
            redormant_delay: 1024,
            reset_hyperkernel: Vec::new(),
            dram: None,
            firmware: Firmware::default(),
            node: toml::Table::new(),
            recorder: None,
        }
    }
}

/// A file's contents, or what is wrong with it and what to do.
fn read(what: &str, path: &Path, hint: &str) -> Result<Vec<u8>> {
    std::fs::read(path)
        .with_context(|| format!("no {what}: {} cannot be read\n{hint}", path.display()))
}

impl Setup {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            MODES.contains(&self.mode),
            "mode is {}: nobody stands between this guest and its memory; the modes here are ideal, eager-software, eager-engine and dormant",
            self.mode
        );
        ensure!(
            (1..=256).contains(&self.uses),
            "uses is {}: the guest's program uses 1 to 256 MiB",
            self.uses
        );
        ensure!(
            self.reset_hyperkernel.is_sorted(),
            "reset_hyperkernel is not in ascending order"
        );
        ensure!(
            self.reset_hyperkernel.is_empty() || self.mode == Mode::Dormant,
            "reset_hyperkernel is for mode dormant: in {} there is no hyperkernel beside the guest",
            self.mode
        );
        ensure!(self.limit > 0, "limit is 0: the guest would not even start");
        ensure!(
            self.guest.0 <= board::RAM_MOST,
            "guest is {}: the board's addresses end after 1792 MiB",
            self.guest
        );
        self.config()?;
        Ok(())
    }

    /// The node.
    ///
    /// # Errors
    /// An unknown parameter or an illegal value, by name.
    pub fn config(&self) -> Result<Config> {
        let mut table = toml::Table::new();
        for (name, value) in [
            ("real_frames", self.real.pages()),
            ("guest_pages", self.guest.pages()),
        ] {
            table.insert(name.to_owned(), i64::try_from(value).context(name)?.into());
        }
        table.extend(self.node.clone());
        let config: Config = table.try_into().context("node")?;
        config.check().context("node")?;
        ensure!(
            config.page_shift == PAGE_SHIFT && config.ports == 1,
            "node: this guest has one port and pages of 4 KiB"
        );
        Ok(config)
    }

    /// The memory behind the node.
    ///
    /// # Errors
    /// None in practice: the preset is tested.
    pub fn dram(&self) -> Result<MemorySpec> {
        Ok(match &self.dram {
            Some(spec) => spec.clone(),
            None => MemorySpec::ddr3_preset()?,
        })
    }

    pub(super) fn image(&self) -> Result<Image> {
        let hint = "`cargo xtask setup --linux` builds one; `--kernel FILE` names another";
        let file = read("kernel", &self.kernel, hint)?;
        Image::new(&file).with_context(|| format!("{}", self.kernel.display()))
    }

    pub(super) fn tree(&self) -> Result<Vec<u8>> {
        if let Some(path) = &self.dtb {
            return read("device tree", path, "without `--dtb` the board has its own");
        }
        let append = &self.append;
        let bootargs = format!("{BOOTARGS} {append} -- {}", self.uses);
        Ok(board::device_tree(self.guest.0, &bootargs)?)
    }

    pub(super) fn board(&self, image: &Image, mode: Mode) -> Result<Board> {
        let board = Board::new(
            self.guest.0,
            image,
            &self.tree()?,
            mode == Mode::EagerSoftware,
        );
        board.with_context(|| format!("{}", self.kernel.display()))
    }

    /// The guest, watched by whoever wants to.
    pub fn observed(&self, guest: LinuxGuest) -> LinuxGuest {
        match &self.recorder {
            Some(recorder) => guest.observed_by(Box::new(recorder.clone())),
            None => guest,
        }
    }

    /// The function that an address is in, if the kernel's map lies beside it.
    pub fn symbol(&self, pc: u32) -> Option<String> {
        let map = std::fs::read_to_string(self.kernel.with_file_name("System.map")).ok()?;
        let symbols = map.lines().filter_map(|line| {
            let mut words = line.split(' ');
            let at = u32::from_str_radix(words.next()?, 16).ok()?;
            Some((at, words.nth(1)?))
        });
        let (_, name) = symbols
            .filter(|(at, _)| *at <= pc)
            .max_by_key(|(at, _)| *at)?;
        Some(format!(" in {name}"))
    }
}
