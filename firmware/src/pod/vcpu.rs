//! vCPUs. One is moved only while an access of it waits: that access is ended without effect, and repeated where the
//! vCPU runs next. It moves only when its node offers it, and it runs on one node at a time.

use dormouse_driver::NodeId;

use super::local::{Actions, Command, Effect};
use super::message::Body;
use super::record::Cargo;
use super::step::bump;
use super::{Pod, Progress, Serial, Thing, Time, VcpuId, VcpuState};

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    /// One bit for each fragment of a context.
    pub(super) const fn all_fragments(&self) -> u32 {
        u32::MAX >> (32 - self.config.fragments as u32)
    }

    /// Another node is ready to take a vCPU.
    pub(super) fn vcpu_wanted(
        &mut self,
        now: Time,
        src: NodeId,
        vcpu: VcpuId,
        want: Serial,
        state: VcpuState,
        out: &mut Actions,
    ) {
        let thing = Thing::Vcpu(vcpu);
        if let Some(give) = self.give_of(thing) {
            if give.to == src && give.want == want {
                self.remind(&give, out);
            } else {
                self.send(src, thing, Body::Gone { want }, out);
            }
            return;
        }
        let offered = self.is_pushed(thing, src);
        if state == (VcpuState::Here { stalled: true }) && offered {
            if self.begin_give(now, src, thing, want, Cargo::Context, out) {
                out.command(Command::Park { vcpu });
            }
        } else {
            self.send(src, thing, Body::Gone { want }, out);
        }
    }

    /// A part of a vCPU's context came.
    pub(super) fn fragment(
        &mut self,
        src: NodeId,
        thing: Thing,
        number: Serial,
        grant: Serial,
        index: u8,
        out: &mut Actions,
    ) {
        let all = self.all_fragments();
        let Thing::Vcpu(vcpu) = thing else {
            return bump(&mut self.statistics.bad_thing);
        };
        if index >= self.config.fragments {
            return bump(&mut self.statistics.bad_thing);
        }
        let slot = self.wants.iter().position(|want| {
            want.is_some_and(|want| {
                want.thing == thing
                    && want.want == number
                    && want.asked == src
                    && want.progress == Progress::Asking
            })
        });
        let Some(Some(want)) = slot.and_then(|slot| self.wants.get_mut(slot)) else {
            return bump(&mut self.statistics.stale);
        };
        want.got |= 1 << index;
        let complete = want.got == all;
        out.effect(Effect::Keep { vcpu, index });
        if let Some(slot) = slot.filter(|_| complete) {
            self.context_is_here(slot, grant, vcpu, out);
        }
    }
}
