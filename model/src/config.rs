//! The parameters of a node: the Rust face of the parameters of `rtl/dm_node.sv`.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bytes that an AXI4 burst must not cross.
pub const AXI_BOUNDARY: u32 = 4096;
/// Frame numbers have 28 bits in the command register.
pub const MAX_FRAMES: u32 = 1 << 28;
/// Most vCPU ports of a node.
pub const MAX_PORTS: usize = 4;

/// The parameters of one node. Every field mirrors the RTL parameter of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Node id within the pod, `NodeId`.
    pub node_id: u8,
    /// Bits of a real physical address, 16..=64, `AddrWidth`.
    pub addr_width: u8,
    /// Bits of the data bus: 32, 64, 128, 256 or 512, `DataWidth`.
    pub data_width: u16,
    /// Bits of a guest's AXI id, 1..=16, `IdWidth`.
    pub id_width: u8,
    /// log2 of the bytes in a page, 12..=21, `PageShift`.
    pub page_shift: u8,
    /// Real frames of the node, 2..=2^28 and no more than the address width reaches, `RealFrames`.
    pub real_frames: u32,
    /// Guest pages, 2..=2^28 and no more than the address width reaches, `GuestPages`.
    pub guest_pages: u32,
    /// vCPU ports, 1..=4, `Ports`.
    pub ports: u8,
    /// Reads, and writes, that a port may have unanswered, a power of two, 4..=32, `PortDepth`.
    pub port_depth: u8,
    /// Beats in a guest's longest burst, a power of two, 4..=256, `PortBeats`. A longer one is refused with SLVERR. A port
    /// has room for the data of one such write, and for the answers of two such reads.
    pub port_beats: u16,
    /// Pages whose zeroing by stores can be followed at the same time, 1..=8, `Trackers`.
    pub trackers: u8,
    /// Write bursts that may be outstanding, 8..=64, `MaxOutstanding`.
    pub max_outstanding: u8,
    /// Most beats in one of the engine's bursts, a power of two, 4..=256, `MaxBeats`.
    pub max_beats: u16,
    /// Entries of the background lane of the to-be-zeroed queue, a power of two, 2..=2^28, `QueueDepth`.
    pub queue_depth: u32,
    /// Entries of its urgent lane, a power of two, 2..=2^28, `UrgentDepth`.
    pub urgent_depth: u32,
    /// Entries of the zeroed pool, a power of two, 2..=2^28, `PoolDepth`.
    pub pool_depth: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            node_id: 0,
            addr_width: 32,
            data_width: 64,
            id_width: 4,
            page_shift: 12,
            real_frames: 8192,
            guest_pages: 8192,
            ports: 1,
            port_depth: 16,
            port_beats: 256,
            trackers: 4,
            max_outstanding: 8,
            max_beats: 16,
            queue_depth: 1024,
            urgent_depth: 16,
            pool_depth: 1024,
        }
    }
}

/// Why a [`Config`] cannot be built.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Not TOML, or a parameter that does not exist, or one of the wrong type.
    #[error("configuration: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A parameter outside its range.
    #[error("parameter {name} = {value} is illegal: it must be {allowed}")]
    Illegal {
        /// The parameter.
        name: &'static str,
        /// What was asked for.
        value: u64,
        /// What is possible.
        allowed: &'static str,
    },
    /// Two parameters that exclude each other.
    #[error(
        "{name} = {pages} of 2^{page_shift} bytes do not fit into {addr_width} address bits: lower {name} or raise addr_width"
    )]
    AddressSpace {
        /// `real_frames` or `guest_pages`.
        name: &'static str,
        /// Frames or pages asked for.
        pages: u32,
        /// log2 of the page size.
        page_shift: u8,
        /// Address bits asked for.
        addr_width: u8,
    },
}

impl Config {
    /// Reads a configuration; parameters that are not named keep their default.
    ///
    /// # Errors
    /// [`ConfigError`], which names the parameter.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// Checks every range of the RTL's elaboration-time checks.
    ///
    /// # Errors
    /// The first parameter that is illegal.
    pub fn check(&self) -> Result<(), ConfigError> {
        let depth = |n: u32| n.is_power_of_two() && (2..=MAX_FRAMES).contains(&n);
        let power = "a power of two from 2 to 2^28";
        let rules: [(&'static str, u64, bool, &'static str); 15] = [
            (
                "addr_width",
                self.addr_width.into(),
                (16..=64).contains(&self.addr_width),
                "16 to 64",
            ),
            (
                "data_width",
                self.data_width.into(),
                matches!(self.data_width, 32 | 64 | 128 | 256 | 512),
                "32, 64, 128, 256 or 512",
            ),
            (
                "id_width",
                self.id_width.into(),
                (1..=16).contains(&self.id_width),
                "1 to 16",
            ),
            (
                "page_shift",
                self.page_shift.into(),
                (12..=21).contains(&self.page_shift),
                "12 to 21",
            ),
            (
                "real_frames",
                self.real_frames.into(),
                (2..=MAX_FRAMES).contains(&self.real_frames),
                "2 to 2^28",
            ),
            (
                "guest_pages",
                self.guest_pages.into(),
                (2..=MAX_FRAMES).contains(&self.guest_pages),
                "2 to 2^28",
            ),
            (
                "ports",
                self.ports.into(),
                (1..=MAX_PORTS).contains(&usize::from(self.ports)),
                "1 to 4",
            ),
            (
                "port_depth",
                self.port_depth.into(),
                self.port_depth.is_power_of_two() && (4..=32).contains(&self.port_depth),
                "a power of two from 4 to 32",
            ),
            (
                "port_beats",
                self.port_beats.into(),
                self.port_beats.is_power_of_two() && (4..=256).contains(&self.port_beats),
                "a power of two from 4 to 256",
            ),
            (
                "trackers",
                self.trackers.into(),
                (1..=8).contains(&self.trackers),
                "1 to 8",
            ),
            (
                "max_outstanding",
                self.max_outstanding.into(),
                (8..=64).contains(&self.max_outstanding),
                "8 to 64",
            ),
            (
                "max_beats",
                self.max_beats.into(),
                self.max_beats.is_power_of_two() && (4..=256).contains(&self.max_beats),
                "a power of two from 4 to 256",
            ),
            (
                "queue_depth",
                self.queue_depth.into(),
                depth(self.queue_depth),
                power,
            ),
            (
                "urgent_depth",
                self.urgent_depth.into(),
                depth(self.urgent_depth),
                power,
            ),
            (
                "pool_depth",
                self.pool_depth.into(),
                depth(self.pool_depth),
                power,
            ),
        ];
        for (name, value, legal, allowed) in rules {
            if !legal {
                return Err(ConfigError::Illegal {
                    name,
                    value,
                    allowed,
                });
            }
        }
        for (name, pages) in [
            ("real_frames", self.real_frames),
            ("guest_pages", self.guest_pages),
        ] {
            if u128::from(pages) << self.page_shift > 1u128 << self.addr_width {
                return Err(ConfigError::AddressSpace {
                    name,
                    pages,
                    page_shift: self.page_shift,
                    addr_width: self.addr_width,
                });
            }
        }
        Ok(())
    }

    /// Bytes in one beat.
    pub const fn beat_bytes(&self) -> u32 {
        self.data_width as u32 / 8
    }

    /// Bytes in one page.
    pub const fn page_bytes(&self) -> u32 {
        1 << self.page_shift
    }

    /// Beats in one of the engine's bursts: as many as `max_beats` and the 4 KiB rule allow.
    pub const fn burst_beats(&self) -> u32 {
        let fit = AXI_BOUNDARY / self.beat_bytes();
        let most = self.max_beats as u32;
        if fit < most { fit } else { most }
    }

    /// Bursts in one page.
    pub const fn bursts_per_page(&self) -> u32 {
        self.page_bytes() / (self.burst_beats() * self.beat_bytes())
    }

    /// Bits of an id in memory, which names a source: 0 the engine, p + 1 port p; `SourceWidth`.
    pub const fn source_width(&self) -> u32 {
        u8::BITS - self.ports.leading_zeros()
    }

    /// Beats in one page.
    pub const fn page_beats(&self) -> u32 {
        self.page_bytes() / self.beat_bytes()
    }
}
