//! Copies of dormant pages, which can be read anywhere. A page that is written is one node's alone first: the owner
//! has each copy dropped, and a node that has a copy drops it before it asks for the page.

use dormouse_driver::{Gfn, NodeId};

use super::local::{Actions, Command};
use super::message::{Body, Grant};
use super::record::Record;
use super::retry::Retry;
use super::step::bump;
use super::{Mode, Pod, Progress, Serial, Thing, Time, VcpuId};

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    /// Slots of the copies that others have of a page.
    fn shares(&self, page: Gfn) -> impl Iterator<Item = (usize, NodeId, Serial, bool)> + '_ {
        self.records
            .iter()
            .enumerate()
            .filter_map(move |(slot, entry)| {
                let entry = entry.as_ref()?;
                match entry.record {
                    Record::Share { gfn, to, grant } if gfn == page => {
                        Some((slot, to, grant, entry.dropping))
                    }
                    _ => None,
                }
            })
    }

    pub(super) fn is_shared(&self, gfn: Gfn) -> bool {
        self.shares(gfn).next().is_some()
    }

    /// Whether one copy more, given or taken, leaves enough slots for what is on its way: a copy may last for ever.
    pub(super) fn has_room_for_copy(&self) -> bool {
        let known = self
            .records
            .iter()
            .flatten()
            .filter(|entry| matches!(entry.record, Record::Share { .. } | Record::Copy { .. }));
        let wanted = self
            .wants
            .iter()
            .flatten()
            .filter(|want| want.mode == Mode::Share && want.needs_slot());
        self.config.replicas && known.count() + wanted.count() < OPEN / 2
    }

    /// Whether a node may get a copy of a dormant page.
    pub(super) fn may_share(&self, gfn: Gfn, to: NodeId) -> bool {
        self.config.replicas
            && (self.has_room_for_copy() || self.shares(gfn).any(|(_, known, ..)| known == to))
    }

    /// Gives a copy away, unless copies are being dropped.
    pub(super) fn share(&mut self, src: NodeId, gfn: Gfn, want: Serial, out: &mut Actions) {
        let thing = Thing::Page(gfn);
        if self.shares(gfn).any(|(.., dropping)| dropping) {
            return self.send(src, thing, Body::Later { want }, out);
        }
        let known = self
            .shares(gfn)
            .find(|&(_, to, ..)| to == src)
            .map(|(slot, ..)| slot);
        let spare = self.free_slot().filter(|_| self.spare_slots() > 0);
        let Some(slot) = known.or(spare) else {
            bump(&mut self.statistics.full);
            return self.send(src, thing, Body::Later { want }, out);
        };
        // Each time a new number: an old answer that a copy was dropped must not speak of this one.
        let grant = self.serial.next();
        self.write(
            slot,
            Record::Share {
                gfn,
                to: src,
                grant,
            },
            out,
        );
        let body = Body::Grant {
            want,
            grant,
            what: Grant::Copy,
        };
        self.send(src, thing, body, out);
    }

    /// Has all copies of a page dropped. `writer` waits for that at this node.
    pub(super) fn drop_all(
        &mut self,
        now: Time,
        gfn: Gfn,
        writer: Option<VcpuId>,
        out: &mut Actions,
    ) {
        for slot in 0..OPEN {
            let Some(Some(entry)) = self.records.get_mut(slot) else {
                continue;
            };
            let Record::Share { gfn: of, to, grant } = entry.record else {
                continue;
            };
            if of != gfn {
                continue;
            }
            entry.writer = entry.writer.or(writer);
            if entry.dropping || !out.has_room(4) {
                continue;
            }
            entry.dropping = true;
            entry.retry = Retry::start(now, self.config.patience);
            self.send(to, Thing::Page(gfn), Body::Drop { grant }, out);
        }
    }

    /// The owner wants the copy dropped.
    pub(super) fn drop_copy(
        &mut self,
        src: NodeId,
        thing: Thing,
        grant: Serial,
        out: &mut Actions,
    ) {
        let Thing::Page(gfn) = thing else {
            return bump(&mut self.statistics.bad_thing);
        };
        let unused = self.want_of(thing).is_some_and(|want| !want.waits());
        match self.copy_of(gfn) {
            // Whoever waited for it reads it first; the owner asks again.
            Some(_) if unused => {}
            Some(copy) if copy.owner == src => {
                // The answer follows when the tag says so.
                out.command(Command::MarkAway { gfn, to: src });
            }
            _ => {
                // A copy that is still on its way is not to be taken any more.
                let fresh = self.serial.next();
                if let Some(want) = self.want_of(thing)
                    && want.mode == Mode::Share
                    && want.progress == Progress::Asking
                    && want.asked == src
                {
                    want.want = fresh;
                    if let super::Room::Frame(rfn) = want.room {
                        out.effect(super::Effect::Expect { want: fresh, rfn });
                    }
                }
                self.send(src, thing, Body::Dropped { grant }, out);
            }
        }
    }

    /// The tag of a copy is away again.
    pub(super) fn copy_is_dropped(&mut self, thing: Thing, done: bool, out: &mut Actions) {
        if let Thing::Page(gfn) = thing
            && let Some(copy) = self.copy_of(gfn).filter(|_| done)
        {
            self.erase(copy.slot, out);
            self.send(copy.owner, thing, Body::Dropped { grant: copy.grant }, out);
        }
    }

    /// A node has dropped its copy.
    pub(super) fn copy_dropped(
        &mut self,
        src: NodeId,
        thing: Thing,
        grant: Serial,
        out: &mut Actions,
    ) {
        let Thing::Page(gfn) = thing else {
            return bump(&mut self.statistics.bad_thing);
        };
        let share = self
            .shares(gfn)
            .find(|&(_, to, number, _)| to == src && number == grant);
        match share {
            Some((slot, ..)) => {
                let writer = self
                    .records
                    .get(slot)
                    .copied()
                    .flatten()
                    .and_then(|entry| entry.writer);
                self.erase(slot, out);
                // Before anybody asks for a copy again.
                if let Some(vcpu) = writer.filter(|_| !self.is_shared(gfn)) {
                    out.command(Command::Map { gfn, vcpu });
                }
            }
            None => bump(&mut self.statistics.stale),
        }
    }

    /// A copy was granted: noted first, then the tag is told.
    pub(super) fn take_copy(&mut self, gfn: Gfn, owner: NodeId, grant: Serial, out: &mut Actions) {
        let Some(slot) = self.free_slot() else {
            return bump(&mut self.statistics.full);
        };
        if let Some(want) = self.want_of(Thing::Page(gfn)) {
            want.progress = Progress::Taking;
        }
        self.write(slot, Record::Copy { gfn, owner, grant }, out);
        out.command(Command::MarkDormant { gfn });
    }

    /// The tag of a copy is dormant.
    pub(super) fn copy_is_here(&mut self, thing: Thing, done: bool, out: &mut Actions) {
        let Thing::Page(gfn) = thing else {
            return;
        };
        let Some(copy) = self.copy_of(gfn) else {
            return;
        };
        let want = self
            .wants
            .iter()
            .position(|want| want.is_some_and(|want| want.thing == thing));
        if done {
            bump(&mut self.statistics.copies);
            if let Some(slot) = want {
                self.mark_copy_ready(slot, out);
            }
        } else {
            self.erase(copy.slot, out);
            if let Some(slot) = want {
                self.cancel(slot, out);
            }
        }
    }
}
