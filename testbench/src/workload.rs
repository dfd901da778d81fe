//! The work by which model and RTL are compared in speed: the engine zeroes a full queue of pages.

use dormouse_driver::{
    Node as Driver, Rfn,
    regs::{Control, Register},
};
use dormouse_model::{
    Config, NodeIn,
    axi::{AxiResp, AxilReq},
};

use crate::{
    backend::Backend,
    memory::{Bytes, Ideal, IdealParams, Memory},
    sets,
    system::System,
};

/// The parameter set, which is also verilated for speed.
pub const SET: &str = "engine_64";
/// Pages in the queue.
pub const PAGES: u32 = 1024;

/// Its parameters.
pub fn config() -> Config {
    sets::all().remove(SET).unwrap_or_default()
}

/// Why the work could not be prepared.
#[derive(Debug, thiserror::Error)]
#[error("the workload cannot be prepared: {0}")]
pub struct WorkloadError(String);

/// A system with an ideal memory (B latency 4) whose queue is full; the engine is not enabled yet.
///
/// # Errors
/// The node refused a command.
pub fn loaded<B: Backend>(node: B) -> Result<System<B, Ideal>, WorkloadError> {
    let config = node.config().clone();
    let fail = |error: &dyn std::fmt::Display| WorkloadError(error.to_string());
    let size = Bytes(u64::from(config.real_frames) << config.page_shift);
    let memory =
        Ideal::new(&IdealParams::default(), config.beat_bytes(), size).map_err(|e| fail(&e))?;
    let mut system = System::new(node, memory);
    let mut driver = Driver::probe(&mut system).map_err(|e| fail(&e))?;
    driver
        .wait_ready(driver.parameters().sweep_cycles())
        .map_err(|e| fail(&e))?;
    for page in 0..PAGES {
        driver.queue(Rfn(page)).map_err(|e| fail(&e))?;
    }
    Ok(system)
}

/// Enables the engine and runs until the last write response; returns the cycles.
pub fn zero<B: Backend, M: Memory>(system: &mut System<B, M>) -> u64 {
    let (start, answered) = (system.cycle(), system.answered());
    let bursts = u64::from(PAGES * system.node.config().bursts_per_page());
    // The driver's write ends a few cycles after the engine has begun.
    let _ = system.write_raw(Control::OFFSET, Control::ENABLE.bits(), 0b1111);
    system.run_until(start + 100_000_000, |system| {
        system.answered() - answered == bursts
    });
    system.cycle() - start
}

/// The same without a memory: a responder of one line that is always ready. Returns the cycles.
pub fn zero_bare<B: Backend>(node: &mut B) -> u64 {
    let bursts = PAGES * node.config().bursts_per_page();
    let mut ins = NodeIn {
        axil: AxilReq {
            aw_valid: true,
            aw_addr: Control::OFFSET,
            w_valid: true,
            w_data: Control::ENABLE.bits(),
            w_strb: 0b1111,
            b_ready: true,
            r_ready: true,
            ..AxilReq::default()
        },
        axi: AxiResp {
            aw_ready: true,
            w_ready: true,
            ..AxiResp::default()
        },
        guests: &[],
    };
    let (mut cycles, mut answers) = (0, 0);
    while answers < bursts && cycles < 100_000_000 {
        let out = node.outputs(&ins);
        let last = out.axi.w_valid && out.axi.w.last;
        let (aw_ready, w_ready) = (out.axil.aw_ready, out.axil.w_ready);
        if node.clock(&ins).is_err() {
            break;
        }
        ins.axil.aw_valid &= !aw_ready;
        ins.axil.w_valid &= !w_ready;
        answers += u32::from(ins.axi.b_valid);
        ins.axi.b_valid = last;
        cycles += 1;
    }
    cycles
}
