//! Memory: what the nodes tell each other of theirs, what is offered to whom, and what the cost function decides for
//! a vCPU that waits. All of it is advice. An offer that is lost, late or refused changes nothing.

use dormouse_driver::{Gfn, NodeId, PageState};

use super::cost::{self, Choice, Inputs};
use super::local::{Actions, Command, Effect};
use super::message::{Body, Levels};
use super::retry::Retry;
use super::step::bump;
use super::{Mode, Pod, Push, Thing, Time, VcpuId, VcpuState, View};

/// vCPUs whose stalls are remembered: as many as a node has ports.
pub(super) const VCPUS: usize = 4;
/// An offer is repeated this often.
const OFFERS: u8 = 4;

/// Where a vCPU's pages came from of late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Affinity {
    vcpu: VcpuId,
    owner: NodeId,
    streak: u32,
}

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    // ------------------------------------------------------------------------------------- levels

    /// How much memory this node has. The others are told; when it is no more than the reserve, a page is offered
    /// to whoever has more.
    pub(super) fn own_levels(&mut self, levels: Levels, out: &mut Actions) {
        let sequence = self.levels.sequence.wrapping_add(1);
        self.levels = Levels { sequence, ..levels };
        out.effect(Effect::Broadcast(self.levels));
        let tight = levels.left <= self.config.cost.reserve && levels.frames > 0;
        if let Some((to, _)) = self.roomiest().filter(|_| tight)
            && self.pushes.iter().all(Option::is_none)
        {
            out.command(Command::PickVictim { to, swap: false });
        }
    }

    pub(super) fn peer_levels(&mut self, src: NodeId, levels: Levels) {
        let Some(peer) = self.peers.get_mut(usize::from(src.0)) else {
            return;
        };
        let old = peer
            .levels
            .is_some_and(|known| levels.sequence.wrapping_sub(known.sequence) > u32::MAX / 2);
        if old {
            bump(&mut self.statistics.stale);
        } else {
            peer.levels = Some(levels);
        }
    }

    /// What is known of another node's memory.
    pub fn levels_of(&self, node: NodeId) -> Option<Levels> {
        self.peers.get(usize::from(node.0))?.levels
    }

    /// The node with the most frames left, if one has more than the reserve and answers.
    fn roomiest(&self) -> Option<(NodeId, u32)> {
        let others = (0u8..).zip(&self.peers).filter(|(_, peer)| !peer.silent);
        others
            .filter(|&(node, _)| NodeId(node) != self.config.me)
            .filter_map(|(node, peer)| Some((NodeId(node), peer.levels?.left)))
            .filter(|&(_, left)| left > self.config.cost.reserve)
            .max_by_key(|&(_, left)| left)
    }

    // ------------------------------------------------------------------------------------- offers

    /// This node wants to get rid of something, if it has it.
    pub(super) fn push(
        &mut self,
        now: Time,
        thing: Thing,
        to: NodeId,
        swap: bool,
        view: View,
        out: &mut Actions,
    ) {
        let here = match (thing, view) {
            (Thing::Page(gfn), View::Page(page)) => matches!(
                self.meaning(gfn, page),
                PageState::Dormant | PageState::Resident(_)
            ),
            (Thing::Vcpu(_), View::Vcpu(vcpu)) => vcpu == (VcpuState::Here { stalled: true }),
            _ => false,
        };
        let free = self.give_of(thing).is_none() && self.want_of(thing).is_none();
        if here && free && self.is_node(to) && to != self.config.me {
            self.offer(now, thing, to, swap, out);
        }
    }

    pub(super) fn push_page(
        &mut self,
        now: Time,
        gfn: Gfn,
        to: NodeId,
        swap: bool,
        out: &mut Actions,
    ) {
        let thing = Thing::Page(gfn);
        if self.exists(thing) && self.give_of(thing).is_none() && self.want_of(thing).is_none() {
            self.offer(now, thing, to, swap, out);
        }
    }

    fn offer(&mut self, now: Time, thing: Thing, to: NodeId, swap: bool, out: &mut Actions) {
        if self.pushes.iter().flatten().any(|push| push.thing == thing) {
            return;
        }
        let Some(place) = self.pushes.iter_mut().find(|push| push.is_none()) else {
            return bump(&mut self.statistics.full);
        };
        *place = Some(Push {
            thing,
            to,
            swap,
            retry: Retry::start(now, self.config.patience),
        });
        self.send(to, thing, Body::Offer { swap }, out);
    }

    pub(super) fn repeat_push(&mut self, now: Time, slot: usize, push: &Push, out: &mut Actions) {
        let patience = self.config.patience;
        let Some(place) = self.pushes.get_mut(slot) else {
            return;
        };
        let attempts = place
            .as_mut()
            .map_or(0, |push| push.retry.again(now, patience));
        if attempts > OFFERS {
            *place = None;
        } else {
            bump(&mut self.statistics.repeated);
            self.send(push.to, push.thing, Body::Offer { swap: push.swap }, out);
        }
    }

    pub(super) fn is_pushed(&self, thing: Thing, to: NodeId) -> bool {
        self.pushes
            .iter()
            .flatten()
            .any(|push| push.thing == thing && push.to == to)
    }

    /// Somebody has asked for it.
    pub(super) fn stop_push(&mut self, thing: Thing) {
        for place in &mut self.pushes {
            if place.is_some_and(|push| push.thing == thing) {
                *place = None;
            }
        }
    }

    /// Another node wants to get rid of something: it is asked for it.
    pub(super) fn offered(
        &mut self,
        now: Time,
        src: NodeId,
        thing: Thing,
        swap: bool,
        view: View,
        out: &mut Actions,
    ) {
        let elsewhere = match (thing, view) {
            // The one that offers it should know where it is; a copy stays what it is.
            (Thing::Page(gfn), View::Page(page)) => {
                matches!(page, PageState::Away(_)) && self.copy_of(gfn).is_none()
            }
            (Thing::Vcpu(_), View::Vcpu(vcpu)) => vcpu == VcpuState::Absent,
            _ => false,
        };
        if elsewhere {
            self.start_want(now, thing, Mode::Own, src, None, Some(swap), out);
        }
    }

    // ---------------------------------------------------------------------------------- decisions

    /// A vCPU waits for a page of another node: the page comes here, or the vCPU goes there.
    pub(super) fn fetch(
        &mut self,
        now: Time,
        vcpu: VcpuId,
        gfn: Gfn,
        mode: Mode,
        owner: NodeId,
        out: &mut Actions,
    ) {
        let streak = self.streak(vcpu, owner);
        let inputs = self.inputs(Some(vcpu), Some(owner), false, streak);
        let decision = cost::choose(&self.config.cost, &inputs);
        if decision.choice == Choice::MoveVcpu {
            return self.offer(now, Thing::Vcpu(vcpu), owner, false, out);
        }
        // To make room is no use before it is known that there is something to make room for.
        self.note_fetch(vcpu, owner);
        self.start_want(now, Thing::Page(gfn), mode, owner, Some(vcpu), None, out);
    }

    /// There is no frame for a page that a vCPU waits for; `owner` has it if it is not here.
    pub(super) fn relieve(
        &mut self,
        now: Time,
        vcpu: Option<VcpuId>,
        owner: Option<NodeId>,
        out: &mut Actions,
    ) {
        let Some(vcpu) = vcpu else {
            return;
        };
        let streak = owner.map_or(0, |owner| self.streak(vcpu, owner));
        let inputs = self.inputs(Some(vcpu), owner, owner.is_some(), streak);
        let decision = cost::choose(&self.config.cost, &inputs);
        match (decision.choice, decision.to) {
            (Choice::MoveVcpu, Some(to)) => self.offer(now, Thing::Vcpu(vcpu), to, false, out),
            (Choice::Evict, Some(to)) => out.command(Command::PickVictim { to, swap: false }),
            (Choice::Swap, Some(to)) => out.command(Command::PickVictim { to, swap: true }),
            // The stall is looked at again.
            _ => {}
        }
    }

    fn inputs(
        &self,
        vcpu: Option<VcpuId>,
        owner: Option<NodeId>,
        no_room: bool,
        streak: u32,
    ) -> Inputs {
        let roomiest = self.roomiest();
        let target = owner.or(roomiest.map(|(node, _)| node));
        let levels = target.and_then(|node| self.levels_of(node));
        Inputs {
            owner,
            no_room,
            zeroed: self.levels.zeroed,
            left: self.levels.left,
            roomiest,
            owner_left: owner
                .and_then(|owner| self.levels_of(owner))
                .map(|levels| levels.left),
            streak,
            movable: vcpu.is_some() && levels.is_some_and(|levels| levels.ports > 0),
        }
    }

    fn streak(&self, vcpu: VcpuId, owner: NodeId) -> u32 {
        let known = self
            .affinity
            .iter()
            .flatten()
            .find(|known| known.vcpu == vcpu);
        known
            .filter(|known| known.owner == owner)
            .map_or(0, |known| known.streak)
    }

    /// Counts a page that a vCPU has fetched. The vCPU that was counted first makes room for one that is new.
    fn note_fetch(&mut self, vcpu: VcpuId, owner: NodeId) {
        let streak = self.streak(vcpu, owner).saturating_add(1);
        let known = self
            .affinity
            .iter()
            .position(|place| place.is_some_and(|known| known.vcpu == vcpu));
        let slot = known.or_else(|| self.affinity.iter().position(Option::is_none));
        if slot.is_none() {
            self.affinity.rotate_left(1);
        }
        if let Some(place) = self.affinity.get_mut(slot.unwrap_or(VCPUS - 1)) {
            *place = Some(Affinity {
                vcpu,
                owner,
                streak,
            });
        }
    }
}
