//! What is on the guest ports: vCPUs with programs, a processor that replays a boot, or a hart that executes.

use std::error::Error;

use dormouse_model::axi::{AxiReq, AxiResp};

use crate::shadow::Outcome;

/// All that is on the guest ports, from port 0 on.
pub trait Guests {
    /// What they can find wrong.
    type Fault: Error + Send + Sync + 'static;

    /// What they drive in this cycle, one a port.
    fn outputs(&self) -> &[AxiReq];

    /// One clock edge at which they drove [`Self::outputs`] and their ports answered `resp`.
    fn clock(&mut self, resp: &[AxiResp]);

    /// For how many further edges, all with these same answers, [`Self::outputs`] is certain to stay.
    fn stable_for(&self, resp: &[AxiResp]) -> u64;

    /// The same as `n` calls of [`Self::clock`]; `n` is at most [`Self::stable_for`].
    fn clock_many(&mut self, resp: &[AxiResp], n: u64);

    /// Whether they have something under way. Skip mode passes many frames at once only while they have not.
    fn busy(&self) -> bool {
        true
    }

    /// Whether all are done and every write has its response.
    fn finished(&self) -> bool;

    /// A port whose guest waits for a page to be zeroed by a doorbell, and the page.
    fn doorbell(&self) -> Option<(usize, u32)>;

    /// That doorbell is taken up in `cycle`.
    fn ringing(&mut self, _port: usize, _gfn: u32, _cycle: u64) {}

    /// It is answered, and the guest goes on.
    fn rung(&mut self, port: usize, outcome: Outcome, cycle: u64);

    /// Instructions executed so far; 0 where there are none.
    fn instructions(&self) -> u64 {
        0
    }

    /// Whether they have found something wrong.
    fn failed(&self) -> bool;

    /// The first thing that they found wrong.
    fn fault(&mut self) -> Option<Self::Fault>;
}
