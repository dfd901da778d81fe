//! Recorded boots: read and checked, made into a program, and replayed by a processor.
//!
//! [`Recording::read`] is the only place that reads a recording, and it keeps every promise of `traces/README.md`
//! (`promises.rs`): what it hands out needs no further check.

mod event;
mod lines;
mod promises;
mod reader;

pub mod program;
pub mod replay;

pub use event::{
    Activity, ArchIcount, END, Event, Icount, Kind, MOST_INSTRUCTIONS, PAGE_LINES, WINDOW,
};
pub use lines::RecordingError;
pub use promises::LONGEST_ZEROING;
pub use reader::{ActivityReader, EventReader, Recording};
