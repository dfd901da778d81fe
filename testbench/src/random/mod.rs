//! Random runs, as data.
//!
//! They come from proptest, so that a failing one shrinks; what is left is written as a replay file (JSON)
//! beside a waveform of its last cycles.

pub mod error;
pub mod guests;
pub mod registers;

pub use error::ScenarioError;
pub use guests::{GuestRun, GuestScenario};
pub use registers::Scenario;
