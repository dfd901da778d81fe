//! What the image and whoever simulates it agree on: words of the mailbox, jobs, and how a run ends.
//! `docs/firmware.md` has the arguments and results of each job.

/// Word: the job.
pub const JOB: usize = 0;
/// First of five words: the job's arguments.
pub const ARGUMENTS: usize = 1;
/// Word: 0 until the run ends, then its [`Exit`] plus 1.
pub const STATUS: usize = 6;
/// Two words, low and high half: the cycles that the job measured.
pub const CYCLES: usize = 7;
/// First of six words: the job's results.
pub const RESULTS: usize = 9;

/// Word: [`GUESTS_RUN`] as soon as the firmware serves guests, [`GUESTS_STOP`] when it is to end.
pub const GUESTS: usize = 15;

/// In [`GUESTS`]: the machine is started and served.
pub const GUESTS_RUN: u32 = 1;
/// In [`GUESTS`]: written by the simulation, ends the job.
pub const GUESTS_STOP: u32 = 2;

/// Job: finds the node and prints its parameters.
pub const SELF_TEST: u32 = 1;
/// Job: fills the zeroed pool under interrupt.
pub const FILL: u32 = 2;
/// Job: zeroes frames in software.
pub const ZERO: u32 = 3;
/// Job: allocates, checks, scribbles on and frees frames.
pub const CHURN: u32 = 4;
/// Job: does useful work while frames are zeroed, or after it zeroed them.
pub const WORK: u32 = 5;
/// Job: does what must not be done.
pub const PROVOKE: u32 = 6;

/// Job: starts a machine and serves its guests.
pub const SERVE: u32 = 7;
/// Job: rings the doorbell.
pub const DOORBELL: u32 = 8;

/// Job: hosts a guest that is a core of its own.
pub const HOST: u32 = 9;

/// Bit of the first argument of [`SERVE`] and [`HOST`], beside those of POLICY: an access that needs a frame when
/// there is none waits.
pub const WAIT_FOR_MEMORY: u32 = 1 << 8;
/// Bit of the first argument of [`SERVE`]: an access to a page of another node waits.
pub const WAIT_FOR_PAGES: u32 = 1 << 9;
/// Bit of the first argument of [`HOST`]: the guest runs already, and the hart was reset under it.
pub const RESUME: u32 = 1 << 10;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Exit {
    /// The job is done.
    Done = 0,
    /// The job met an error, which is on the console.
    Failed = 1,
    /// There is no such job.
    NoJob = 2,
    /// A panic: a bug in the firmware.
    Panic = 3,
    /// An exception that nobody expected.
    Exception = 4,
    /// A failed load or store that nobody expected.
    BusError = 5,
}
