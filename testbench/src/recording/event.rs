//! What a recording consists of: events, and what each page saw in each window.

use std::fmt;

use dormouse_driver::Gfn;

/// Instructions ([`Icount`]) in a window of the activity file.
pub const WINDOW: u64 = 1_000_000;
/// Lines of 64 bytes in a page.
pub const PAGE_LINES: u8 = 64;
/// [`Event::aux`] of the [`Kind::Phase`] that ends a recording.
pub const END: u32 = 99;
/// Most instructions in a recording: 17 minutes of a guest that executes one in a nanosecond.
pub const MOST_INSTRUCTIONS: u64 = 1_000_000_000_000;

/// Guest instructions since reset, each iteration of a repeated string instruction counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Icount(pub u64);

/// Guest instructions since reset, a repeated string instruction counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchIcount(pub u64);

/// What happened. The meaning of [`Event::aux`] depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `R`: first load from a page that was never written.
    FirstRead,
    /// `w`: the first touch is a store of zero.
    FirstWriteZero,
    /// `W`: the first store ever of something that is not zero.
    FirstWrite,
    /// `Z`: the whole page has been stored as zero.
    Zeroed,
    /// `V`: the first store that is not zero after a [`Kind::Zeroed`].
    Rewritten,
    /// `d`: a load found a device's data in a page that was believed to be zero.
    ReadDevice,
    /// `D`: a scan found data that no store of the processor put there.
    FoundDevice,
    /// `X`: the first touch is an instruction fetch.
    Fetch,
    /// `M`: a phase of the boot begins; it has no page.
    Phase,
}

impl Kind {
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"R" => Self::FirstRead,
            b"w" => Self::FirstWriteZero,
            b"W" => Self::FirstWrite,
            b"Z" => Self::Zeroed,
            b"V" => Self::Rewritten,
            b"d" => Self::ReadDevice,
            b"D" => Self::FoundDevice,
            b"X" => Self::Fetch,
            b"M" => Self::Phase,
            _ => return None,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstRead => "R",
            Self::FirstWriteZero => "w",
            Self::FirstWrite => "W",
            Self::Zeroed => "Z",
            Self::Rewritten => "V",
            Self::ReadDevice => "d",
            Self::FoundDevice => "D",
            Self::Fetch => "X",
            Self::Phase => "M",
        })
    }
}

/// One line of an event file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub icount: Icount,
    /// When, for estimates of time.
    pub archicount: ArchIcount,
    /// By which processor.
    pub vcpu: u32,
    /// Which page.
    pub gfn: Gfn,
    /// What.
    pub kind: Kind,
    /// Depends on `kind`; see `traces/README.md`.
    pub aux: u32,
    /// Of [`Kind::Zeroed`]: instructions from the first to the last store.
    pub dur: Option<u64>,
    /// Of [`Kind::Zeroed`]: which code did it.
    pub site: Option<u32>,
}

impl Event {
    /// Whether a phase begins here; its number is in `aux`.
    pub fn is_phase(&self) -> bool {
        self.kind == Kind::Phase
    }

    /// Whether this is the end of its recording.
    pub fn ends(&self) -> bool {
        self.is_phase() && self.aux == END
    }
}

/// What a page saw in one window of [`WINDOW`] instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Which window: [`Icount`] over [`WINDOW`].
    pub window: u32,
    /// Which page.
    pub gfn: Gfn,
    /// Different lines that were loaded, 0..=64.
    pub read: u8,
    /// Different lines that were stored, 0..=64.
    pub written: u8,
    /// Those among them that were stored with something that is not zero.
    pub nonzero: u8,
    /// Loads.
    pub loads: u32,
    /// Stores.
    pub stores: u32,
}
