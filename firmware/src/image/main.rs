//! The hyperkernel on the core of the simulation system (`rtl/dm_sim_soc.sv`).
//!
//! The simulation writes a job and its arguments into the mailbox before reset ends. The firmware does
//! the job, leaves its results there and ends the run with an exit code. It never hangs on an error:
//! traps, failed accesses and panics print one line and end the run too. docs/firmware.md has the
//! jobs and the layout of the mailbox.
#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

#[cfg(target_arch = "riscv32")]
mod jobs;
#[cfg(target_arch = "riscv32")]
mod soc;

#[cfg(target_arch = "riscv32")]
use dormouse_firmware::mailbox::{ARGUMENTS, CYCLES, Exit, JOB, RESULTS, STATUS};

#[cfg(target_arch = "riscv32")]
#[allow(unsafe_code)] // The macro exports a symbol.
#[riscv_rt::entry]
fn main() -> ! {
    soc::set_mailbox(STATUS, 0);
    soc::catch_bus_errors();
    let arguments = core::array::from_fn(|index| soc::mailbox(ARGUMENTS + index));
    let code = match jobs::run(soc::mailbox(JOB), arguments) {
        Ok(report) => {
            soc::set_mailbox(CYCLES, report.cycles as u32);
            soc::set_mailbox(CYCLES + 1, (report.cycles >> 32) as u32);
            for (index, &result) in report.results.iter().enumerate() {
                soc::set_mailbox(RESULTS + index, result);
            }
            Exit::Done
        }
        Err(jobs::Error::NoJob) => Exit::NoJob,
        Err(error) => {
            soc::print!("failed: {error}");
            Exit::Failed
        }
    };
    soc::exit(code)
}

#[cfg(not(target_arch = "riscv32"))]
fn main() {
    println!("build this for riscv32imac-unknown-none-elf");
}
