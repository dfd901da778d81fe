//! `dm_node`: the ports of the node.

use crate::axi::{AxiReq, AxiResp, AxilReq, AxilResp};

/// What the world drives into the node in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeIn {
    /// The register port's manager.
    pub axil: AxilReq,
    /// The memory's answers.
    pub axi: AxiResp,
}

/// What the node drives in one cycle: a function of its registers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeOut {
    /// The register port's answers.
    pub axil: AxilResp,
    /// The requests to memory. The engine only writes, so the read channels stay idle.
    pub axi: AxiReq,
    /// Interrupt, level.
    pub irq: bool,
}
