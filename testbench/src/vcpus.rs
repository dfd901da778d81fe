//! vCPUs on the guest ports, and what guest memory holds for them.

use dormouse_model::{
    Config,
    axi::{AxiReq, AxiResp},
};

use crate::{
    guests::Guests,
    shadow::{Outcome, Shadow, Token},
    vcpu::{Vcpu, VcpuFault, VcpuParams},
};

/// The vCPUs of a system, one a port from port 0 on.
pub struct Vcpus {
    /// The vCPUs.
    pub vcpus: Vec<Vcpu>,
    /// What guest memory holds.
    pub shadow: Shadow,
    /// For new ones after a reset.
    params: Vec<VcpuParams>,
    config: Config,
    reqs: Vec<AxiReq>,
    /// The doorbell that is being rung.
    ringing: Option<Token>,
    fault: Option<VcpuFault>,
}

impl Vcpus {
    /// None: every port is idle.
    pub fn none(config: &Config) -> Self {
        Self::new(config, &[])
    }

    /// As many as there are `params`, but no more than ports.
    pub fn new(config: &Config, params: &[VcpuParams]) -> Self {
        let ports = usize::from(config.ports);
        let params: Vec<_> = params.iter().take(ports).cloned().collect();
        let start = |(port, params)| Vcpu::new(port, params, config);
        Self {
            vcpus: params.iter().enumerate().map(start).collect(),
            shadow: Shadow::new(config.page_shift, config.beat_bytes()),
            reqs: vec![AxiReq::TAKER; if params.is_empty() { 0 } else { ports }],
            params,
            config: config.clone(),
            ringing: None,
            fault: None,
        }
    }

    /// New ones in their place, on guest memory that reads as zero.
    pub fn reset(&mut self) {
        *self = Self::new(&self.config, &self.params);
    }

    /// Every one has ended its program, and everything of theirs is answered.
    pub fn done(&self) -> bool {
        self.vcpus.iter().all(Vcpu::done)
    }

    /// Accesses that were answered.
    pub fn accesses(&self) -> u64 {
        let stats = self.vcpus.iter().map(Vcpu::stats);
        stats.map(|stats| stats.reads + stats.writes).sum()
    }
}

impl Guests for Vcpus {
    type Fault = VcpuFault;

    #[inline]
    fn outputs(&self) -> &[AxiReq] {
        &self.reqs
    }

    fn clock(&mut self, resp: &[AxiResp]) {
        let ports = self.reqs.iter_mut().zip(resp);
        for (vcpu, (req, resp)) in self.vcpus.iter_mut().zip(ports) {
            if let Err(fault) = vcpu.clock(req, resp, &mut self.shadow) {
                self.fault.get_or_insert(fault);
            }
        }
    }

    fn stable_for(&self, resp: &[AxiResp]) -> u64 {
        if self.ringing.is_some() || self.doorbell().is_some() {
            return 0;
        }
        let each = self.vcpus.iter().zip(&self.reqs).zip(resp);
        let stable = each.map(|((vcpu, req), resp)| vcpu.stable_for(req, resp));
        stable.min().unwrap_or(u64::MAX)
    }

    fn clock_many(&mut self, _resp: &[AxiResp], n: u64) {
        for vcpu in &mut self.vcpus {
            vcpu.clock_many(n);
        }
    }

    #[inline]
    fn busy(&self) -> bool {
        self.vcpus.iter().any(|vcpu| !vcpu.quiescent())
    }

    fn finished(&self) -> bool {
        self.done()
    }

    #[inline]
    fn doorbell(&self) -> Option<(usize, u32)> {
        let mut each = self.vcpus.iter().enumerate();
        each.find_map(|(port, vcpu)| Some((port, vcpu.doorbell()?)))
    }

    fn ringing(&mut self, port: usize, gfn: u32, cycle: u64) {
        self.ringing = Some(self.shadow.begin_zero(Some(port), cycle, gfn.into()));
    }

    fn rung(&mut self, port: usize, outcome: Outcome, cycle: u64) {
        if let Some(token) = self.ringing.take() {
            self.shadow.end_zero(token, cycle, outcome);
            self.vcpus[port].answer_doorbell();
        }
    }

    #[inline]
    fn failed(&self) -> bool {
        self.fault.is_some()
    }

    fn fault(&mut self) -> Option<VcpuFault> {
        self.fault.take()
    }
}
