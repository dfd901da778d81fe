//! The table: which event meets which handler. The handlers of a page are in `page.rs`, those of a vCPU in
//! `vcpu.rs`, of copies in `replica.rs`, of memory in `capacity.rs`.

use dormouse_driver::{Gfn, NodeId, PageState, Rfn};

use super::local::{Actions, Command, Effect, Outcome, Report};
use super::message::{Body, Levels, Message};
use super::record::{Cargo, Record};
use super::retry::Retry;
use super::{Mode, Pod, Progress, Serial, Thing, Time, VcpuId, VcpuState};

/// What a step is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A message came.
    Message(Message),
    /// The mover has filled a frame.
    Arrived {
        /// The page whose contents they are.
        gfn: Gfn,
        /// The frame.
        rfn: Rfn,
        /// Under which number it was wanted.
        want: Serial,
        /// Under which number it was given.
        grant: Serial,
    },
    /// An access of a vCPU waits: the page is away, or dormant and the hardware did not convert it. May be repeated
    /// as long as it waits.
    Stall {
        /// Whose.
        vcpu: VcpuId,
        /// To which page.
        gfn: Gfn,
        /// A write; else a read.
        write: bool,
    },
    /// The guest zeroes a page that is away. May be repeated as long as it waits.
    Doorbell {
        /// The page.
        gfn: Gfn,
    },
    /// Somebody decided that a page or vCPU had better be there.
    Offer {
        /// What.
        thing: Thing,
        /// Where.
        to: NodeId,
        /// A page without contents is wanted in return.
        swap: bool,
    },
    /// How much memory this node has; the other nodes are told.
    Levels(Levels),
    /// How a command ended.
    Outcome(Command, Outcome),
    /// After a reset: look at what was recorded in this slot.
    Recover {
        /// The slot.
        slot: usize,
    },
    /// Time has passed.
    Tick,
    /// No message is waiting.
    Drained,
}

/// What the hardware says about the thing that the event is about, read just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// The event is about nothing.
    Nothing,
    /// The tag of the page.
    Page(PageState),
    /// Where the vCPU is.
    Vcpu(VcpuState),
}

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    /// What a step with this event has to be shown.
    pub fn about(&self, event: &Event) -> Option<Thing> {
        let thing = match *event {
            Event::Message(Message {
                body: Body::Levels(_),
                ..
            })
            | Event::Levels(_)
            | Event::Outcome(..)
            | Event::Tick
            | Event::Drained => None,
            Event::Message(message) => Some(message.thing),
            Event::Arrived { gfn, .. } | Event::Stall { gfn, .. } | Event::Doorbell { gfn } => {
                Some(Thing::Page(gfn))
            }
            Event::Offer { thing, .. } => Some(thing),
            Event::Recover { slot } => match self.records.get(slot)?.as_ref()?.record {
                Record::Give { thing, .. } | Record::Take { thing, .. } => Some(thing),
                Record::Share { gfn, .. } | Record::Copy { gfn, .. } => Some(Thing::Page(gfn)),
            },
        };
        thing.filter(|&thing| self.exists(thing))
    }

    /// One step. `view` is what the hardware says about [what the event is about](Self::about).
    pub fn step(&mut self, now: Time, event: &Event, view: View, out: &mut Actions) {
        match (*event, view) {
            (Event::Message(message), view) => self.message(now, &message, view, out),
            (
                Event::Arrived {
                    gfn,
                    rfn,
                    want,
                    grant,
                },
                View::Page(_),
            ) => self.arrived(gfn, rfn, want, grant, out),
            (Event::Stall { vcpu, gfn, write }, View::Page(page)) => {
                self.stall(now, vcpu, gfn, write, page, out);
            }
            (Event::Doorbell { gfn }, View::Page(page)) => self.doorbell(now, gfn, page, out),
            (Event::Offer { thing, to, swap }, view) => self.push(now, thing, to, swap, view, out),
            (Event::Levels(levels), _) => self.own_levels(levels, out),
            (Event::Outcome(command, outcome), _) => self.outcome(now, command, outcome, out),
            (Event::Recover { slot }, view) => self.recover(now, slot, view, out),
            (Event::Tick, _) => self.tick(now, out),
            (Event::Drained, _) => self.drained(out),
            (Event::Arrived { .. } | Event::Stall { .. } | Event::Doorbell { .. }, _) => {
                self.statistics.bad_thing += 1;
            }
        }
    }

    fn message(&mut self, now: Time, message: &Message, view: View, out: &mut Actions) {
        let Message {
            src,
            dst,
            thing,
            body,
        } = *message;
        if dst != self.config.me || src == dst || !self.is_node(src) {
            return bump(&mut self.statistics.bad_node);
        }
        if !self.exists(thing) {
            return bump(&mut self.statistics.bad_thing);
        }
        self.heard(src, out);
        match (body, view) {
            // Asked of whoever may have it.
            (Body::Offer { swap }, view) => self.offered(now, src, thing, swap, view, out),
            (Body::Want { want, mode, room }, View::Page(page)) => {
                if let Thing::Page(gfn) = thing {
                    self.page_wanted(now, src, gfn, want, mode, room, page, out);
                }
            }
            (Body::Want { want, .. }, View::Vcpu(vcpu)) => {
                if let Thing::Vcpu(id) = thing {
                    self.vcpu_wanted(now, src, id, want, vcpu, out);
                }
            }
            // Answers to a want.
            (Body::Grant { want, grant, what }, _) => {
                self.granted(src, thing, want, grant, what, out);
            }
            (Body::Moved { want, to }, _) => self.moved(now, src, thing, want, to, out),
            (Body::Later { want }, _) => self.later(now, src, thing, want),
            (Body::NoRoom { want }, _) => self.no_room(now, src, thing, want, out),
            (Body::Gone { want }, _) => self.gone(src, thing, want, out),
            (Body::Fragment { want, grant, index }, _) => {
                self.fragment(src, thing, want, grant, index, out);
            }
            // Answers to a grant.
            (Body::Again { grant, missing }, _) => self.again(now, src, grant, missing, out),
            (Body::Done { grant }, _) => self.done(src, thing, grant, out),
            (Body::Refuse { grant }, _) => self.refused(src, grant, out),
            (Body::Closed { grant }, _) => self.closed(src, thing, grant, out),
            // Copies.
            (Body::Drop { grant }, _) => self.drop_copy(src, thing, grant, out),
            (Body::Dropped { grant }, _) => self.copy_dropped(src, thing, grant, out),
            (Body::Levels(levels), _) => self.peer_levels(src, levels),
            (Body::Want { .. }, View::Nothing) => {}
        }
    }

    /// What follows from a command. A command stands for one thing at a time, so that the records and wants say
    /// what it was for.
    fn outcome(&mut self, now: Time, command: Command, outcome: Outcome, out: &mut Actions) {
        let done = outcome != Outcome::Refused;
        if !done {
            bump(&mut self.statistics.refused);
        }
        match command {
            Command::Reserve { want, .. } => self.reserved(want, outcome, out),
            Command::MarkDormant { gfn } => self.is_dormant(Thing::Page(gfn), done, out),
            Command::MarkAway { gfn, .. } => self.has_left(now, Thing::Page(gfn), None, done, out),
            Command::Unmap { gfn, .. } => {
                let rfn = match outcome {
                    Outcome::Frame(rfn) => Some(rfn),
                    _ => None,
                };
                self.has_left(now, Thing::Page(gfn), rfn, rfn.is_some(), out);
            }
            Command::Park { vcpu } => self.has_left(now, Thing::Vcpu(vcpu), None, done, out),
            Command::Adopt { gfn, .. } => self.is_here(Thing::Page(gfn), done, out),
            Command::Install { vcpu } => self.is_here(Thing::Vcpu(vcpu), done, out),
            Command::Unpark { vcpu } => {
                self.is_back(Thing::Vcpu(vcpu), done, out);
            }
            Command::Free { rfn } => self.frame_freed(rfn, done, out),
            Command::ZeroPage { gfn } => self.given_up(Thing::Page(gfn), done, out),
            Command::Forget { vcpu } => self.given_up(Thing::Vcpu(vcpu), done, out),
            Command::Map { gfn, .. } if done => self.ready_now(now, Thing::Page(gfn)),
            Command::Map { vcpu, .. } => self.relieve(now, Some(vcpu), None, out),
            Command::PickVictim { to, swap } => {
                if let Outcome::Page(gfn) = outcome {
                    self.push_page(now, gfn, to, swap, out);
                }
            }
            Command::PickDormant { to } => {
                if let Outcome::Page(gfn) = outcome {
                    self.push_page(now, gfn, to, false, out);
                }
            }
            Command::Vouch { .. } => {}
        }
    }

    /// After a reset: what was recorded is compared with what the hardware says. A record is written before the
    /// hardware is told, so it may speak of something that never happened.
    fn recover(&mut self, now: Time, slot: usize, view: View, out: &mut Actions) {
        let Some(entry) = self.records.get(slot).copied().flatten() else {
            return;
        };
        let stands = match (entry.record, view) {
            // Given up already, but for the frame.
            (
                Record::Give {
                    ended: true,
                    cargo: Cargo::Contents(rfn) | Cargo::Discarded(rfn),
                    ..
                },
                _,
            ) => {
                out.command(Command::Free { rfn });
                return;
            }
            // Where the other node is to say when, nothing has left yet.
            (
                Record::Give {
                    cargo: Cargo::Zero, ..
                }
                | Record::Take { taken: true, .. }
                | Record::Share { .. },
                _,
            ) => true,
            (Record::Give { to, .. }, View::Page(page)) => page == PageState::Away(to),
            (Record::Give { .. }, View::Vcpu(vcpu)) => match vcpu {
                VcpuState::Parked => true,
                VcpuState::Here { .. } | VcpuState::Absent => false,
            },
            // If it is here, it came by this.
            (Record::Take { .. }, View::Page(page)) => {
                matches!(page, PageState::Dormant | PageState::Resident(_))
            }
            (Record::Take { .. }, View::Vcpu(vcpu)) => vcpu != VcpuState::Absent,
            (Record::Copy { .. }, View::Page(page)) => page == PageState::Dormant,
            _ => false,
        };
        if !stands {
            return self.erase(slot, out);
        }
        if let Record::Take {
            thing, from, grant, ..
        } = entry.record
        {
            self.write(slot, take(thing, from, grant, true), out);
        }
        // Whatever was owed an answer is repeated at the next tick.
        if let Some(Some(entry)) = self.records.get_mut(slot) {
            entry.retry = Retry::start(now, self.config.patience);
        }
    }

    /// Repeats what is due, as far as there is room; the rest is due at the next tick.
    fn tick(&mut self, now: Time, out: &mut Actions) {
        let patience = self.config.patience;
        for slot in 0..OPEN {
            let due = self.wants.get(slot).copied().flatten();
            let due = due.filter(|want| want.waits() && want.retry.is_due(now));
            if due.is_some() && out.has_room(4) {
                self.repeat_want(slot, out);
                if let Some(Some(want)) = self.wants.get_mut(slot) {
                    let (attempts, node) = (want.retry.again(now, patience), want.asked);
                    self.no_answer(node, attempts, out);
                }
            }
            let due = self.records.get(slot).copied().flatten();
            if let Some(entry) = due.filter(|entry| entry.retry.is_due(now) && out.has_room(4)) {
                let node = self.repeat_record(&entry, out);
                if let (Some(node), Some(Some(entry))) = (node, self.records.get_mut(slot)) {
                    let attempts = entry.retry.again(now, patience);
                    self.no_answer(node, attempts, out);
                }
            }
            let due = self
                .pushes
                .get(slot)
                .copied()
                .flatten()
                .filter(|push| push.retry.is_due(now));
            if let Some(push) = due.filter(|_| out.has_room(4)) {
                self.repeat_push(now, slot, &push, out);
            }
        }
    }

    /// Repeats what an entry is owed an answer to. Returns who owes it.
    fn repeat_record(&mut self, entry: &super::record::Entry, out: &mut Actions) -> Option<NodeId> {
        match entry.record {
            Record::Give {
                ended: true,
                cargo: Cargo::Contents(rfn) | Cargo::Discarded(rfn),
                to,
                ..
            } => {
                out.command(Command::Free { rfn });
                Some(to)
            }
            #[cfg(test)]
            Record::Give { .. } if self.fault == super::check::Fault::NoReminder => None,
            Record::Give { thing, to, .. } => {
                bump(&mut self.statistics.repeated);
                if let Some(give) = self.give_of(thing) {
                    self.remind(&give, out);
                }
                Some(to)
            }
            Record::Take {
                thing,
                from,
                grant,
                taken: true,
            } => {
                bump(&mut self.statistics.repeated);
                self.send(from, thing, Body::Done { grant }, out);
                Some(from)
            }
            Record::Share { gfn, to, grant } if entry.dropping => {
                bump(&mut self.statistics.repeated);
                self.send(to, Thing::Page(gfn), Body::Drop { grant }, out);
                Some(to)
            }
            _ => None,
        }
    }

    /// The queue of messages is empty: what has come is used.
    fn drained(&mut self, out: &mut Actions) {
        for slot in 0..OPEN {
            let Some(want) = self.wants.get(slot).copied().flatten() else {
                continue;
            };
            if want.progress != Progress::Ready || !out.has_room(4) {
                continue;
            }
            if let Some(place) = self.wants.get_mut(slot) {
                *place = None;
            }
            match want.thing {
                Thing::Page(gfn) if want.mode == Mode::Zero => out.effect(Effect::Rung(gfn)),
                thing => out.effect(Effect::Resume(thing)),
            }
            if want.swap {
                out.command(Command::PickDormant { to: want.asked });
            }
        }
    }

    // ------------------------------------------------------------------------------------- shared

    pub(super) fn is_node(&self, node: NodeId) -> bool {
        u16::from(node.0) < self.config.nodes
    }

    pub(super) fn exists(&self, thing: Thing) -> bool {
        match thing {
            Thing::Page(gfn) => gfn.0 < self.config.pages,
            Thing::Vcpu(vcpu) => vcpu.0 < self.config.vcpus,
        }
    }

    pub(super) fn send(&mut self, dst: NodeId, thing: Thing, body: Body, out: &mut Actions) {
        bump(&mut self.statistics.sent);
        out.effect(Effect::Send(Message {
            src: self.config.me,
            dst,
            thing,
            body,
        }));
    }

    /// Writes a record, here and where a reset does not reach.
    pub(super) fn write(&mut self, slot: usize, record: Record, out: &mut Actions) {
        if let Some(place) = self.records.get_mut(slot) {
            match place {
                Some(entry) => entry.record = record,
                None => *place = Some(super::record::Entry::new(record)),
            }
            out.record(slot, Some(record));
        }
    }

    pub(super) fn erase(&mut self, slot: usize, out: &mut Actions) {
        if let Some(place) = self.records.get_mut(slot) {
            *place = None;
            out.record(slot, None);
        }
    }

    /// Words that are no message.
    pub(super) fn count_malformed(&mut self) {
        bump(&mut self.statistics.malformed);
    }

    /// A node said something.
    fn heard(&mut self, node: NodeId, out: &mut Actions) {
        if let Some(peer) = self.peers.get_mut(usize::from(node.0))
            && peer.silent
        {
            peer.silent = false;
            out.effect(Effect::Report(Report::Back(node)));
        }
    }

    /// A node did not answer, this many times.
    fn no_answer(&mut self, node: NodeId, attempts: u8, out: &mut Actions) {
        if attempts < self.config.patience.silent {
            return;
        }
        if let Some(peer) = self.peers.get_mut(usize::from(node.0))
            && !peer.silent
        {
            peer.silent = true;
            out.effect(Effect::Report(Report::Silent(node)));
        }
    }
}

/// A counter that wraps.
pub(super) fn bump(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}

pub(super) const fn take(thing: Thing, from: NodeId, grant: Serial, taken: bool) -> Record {
    Record::Take {
        thing,
        from,
        grant,
        taken,
    }
}
