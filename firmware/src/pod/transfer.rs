//! What giver and taker do, whatever changes hands.
//!
//! The taker's side of one thing, by what it knows of it; a number that does not match is a message that is over.
//!
//! | | Grant dormant | all contents here | Grant contents | Moved | Later | Closed |
//! |---|---|---|---|---|---|---|
//! | asking | record, mark dormant | record, adopt or install | Again | ask there | wait | over |
//! | taken | Done | over | Done | over | over | erase the record |
//! | neither | Refuse | over | Refuse | over | over | over |
//!
//! The giver's side:
//!
//! | | Want, the same | Want, another | Done | Refuse | Again |
//! |---|---|---|---|---|---|
//! | given | Grant | Later | give up what was kept, Closed | take it back | send the contents again |
//! | not given | see `page.rs`, `vcpu.rs` | the same | Closed | over | over |

use dormouse_driver::{NodeId, Rfn};

use super::local::{Actions, Command, Effect, Report};
use super::message::{Body, Grant};
use super::record::{Cargo, Give, Record};
use super::retry::Retry;
use super::step::{bump, take};
use super::{Mode, Outcome, Pod, Progress, Room, Serial, Thing, Time, VcpuId, Want};

#[cfg(test)]
use super::check::Fault;

impl Want {
    /// It will need a slot for a record that it does not have yet.
    pub(super) fn needs_slot(&self) -> bool {
        self.mode != Mode::Zero && self.progress == Progress::Asking
    }

    /// Another node owes an answer.
    pub(super) const fn waits(&self) -> bool {
        matches!(self.progress, Progress::Asking | Progress::Confirmed(_))
    }
}

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    // -------------------------------------------------------------------------------------- taker

    pub(super) fn want_of(&mut self, thing: Thing) -> Option<&mut Want> {
        self.wants
            .iter_mut()
            .flatten()
            .find(|want| want.thing == thing)
    }

    /// The slot of the want that an answer is to.
    fn asking(&self, src: NodeId, thing: Thing, number: Serial) -> Option<usize> {
        self.wants.iter().position(|want| {
            want.is_some_and(|want| {
                let named = want.want == number && want.asked == src;
                #[cfg(test)]
                let named = named || self.fault == Fault::GrantUnmatched;
                want.thing == thing && named && want.progress == Progress::Asking
            })
        })
    }

    /// Asks a node for something, unless that is under way, or it is still leaving.
    #[expect(clippy::too_many_arguments, reason = "a want is what its fields say")]
    pub(super) fn start_want(
        &mut self,
        now: Time,
        thing: Thing,
        mode: Mode,
        asked: NodeId,
        by: Option<VcpuId>,
        offer: Option<bool>,
        out: &mut Actions,
    ) {
        if self.want_of(thing).is_some() || self.give_of(thing).is_some() || asked == self.config.me
        {
            return;
        }
        let slot = self.wants.iter().position(Option::is_none);
        let Some(slot) = slot.filter(|_| mode == Mode::Zero || self.spare_slots() > 0) else {
            return bump(&mut self.statistics.full);
        };
        let want = Want {
            thing,
            want: self.serial.next(),
            mode,
            asked,
            hops: 0,
            room: Room::Unknown,
            progress: Progress::Asking,
            got: 0,
            by,
            offered: offer.is_some(),
            swap: offer == Some(true),
            retry: Retry::start(now, self.config.patience),
        };
        if let Some(place) = self.wants.get_mut(slot) {
            *place = Some(want);
        }
        if let (Thing::Page(gfn), Mode::Own | Mode::Share) = (thing, mode) {
            // The room is there before the page leaves its owner.
            out.command(Command::Reserve {
                want: want.want,
                gfn,
            });
        } else {
            if let Some(Some(want)) = self.wants.get_mut(slot) {
                want.room = Room::None;
            }
            self.ask(slot, out);
        }
    }

    /// There is room for a page's contents, or there is none.
    pub(super) fn reserved(&mut self, number: Serial, outcome: Outcome, out: &mut Actions) {
        let slot = self
            .wants
            .iter()
            .position(|want| want.is_some_and(|want| want.want == number));
        match (slot, outcome) {
            (Some(slot), Outcome::Frame(rfn)) => {
                if let Some(Some(want)) = self.wants.get_mut(slot) {
                    want.room = Room::Frame(rfn);
                }
                out.effect(Effect::Expect { want: number, rfn });
                self.ask(slot, out);
            }
            (Some(slot), _) => {
                if let Some(Some(want)) = self.wants.get_mut(slot) {
                    want.room = Room::None;
                }
                self.ask(slot, out);
            }
            (None, Outcome::Frame(rfn)) => out.command(Command::Free { rfn }),
            (None, _) => {}
        }
    }

    fn ask(&mut self, slot: usize, out: &mut Actions) {
        if let Some(want) = self.wants.get(slot).copied().flatten() {
            let body = Body::Want {
                want: want.want,
                mode: want.mode,
                room: matches!(want.room, Room::Frame(_)),
            };
            self.send(want.asked, want.thing, body, out);
        }
    }

    pub(super) fn repeat_want(&mut self, slot: usize, out: &mut Actions) {
        bump(&mut self.statistics.repeated);
        match self.wants.get(slot).copied().flatten() {
            Some(Want {
                progress: Progress::Confirmed(grant),
                asked,
                thing,
                ..
            }) => self.send(asked, thing, Body::Done { grant }, out),
            Some(_) => self.ask(slot, out),
            None => {}
        }
    }

    /// Nobody wants it any more; a grant under its number is refused from now on.
    pub(super) fn cancel(&mut self, slot: usize, out: &mut Actions) {
        if let Some(want) = self.wants.get_mut(slot).and_then(Option::take)
            && let Room::Frame(rfn) = want.room
        {
            out.command(Command::Free { rfn });
        }
    }

    /// Notes that a thing is coming, and only then is the hardware told.
    fn begin_take(&mut self, want: usize, grant: Serial, command: Command, out: &mut Actions) {
        // Its slot was set apart when it was wanted.
        let (Some(slot), Some(Some(wanted))) = (self.free_slot(), self.wants.get_mut(want)) else {
            return bump(&mut self.statistics.full);
        };
        wanted.progress = Progress::Taking;
        let record = take(wanted.thing, wanted.asked, grant, false);
        self.write(slot, record, out);
        out.command(command);
    }

    /// It is here, or the hardware refused it. Whether something was being taken.
    fn end_take(&mut self, thing: Thing, done: bool, out: &mut Actions) -> bool {
        let Some(taking) = self.taking(thing) else {
            return false;
        };
        let want = self.wants.iter().position(|want| {
            want.is_some_and(|want| want.thing == thing && want.progress == Progress::Taking)
        });
        if !done {
            self.erase(taking.slot, out);
            if let Some(want) = want {
                self.cancel(want, out);
            }
            let refuse = Body::Refuse {
                grant: taking.grant,
            };
            self.send(taking.from, thing, refuse, out);
            return true;
        }
        self.write(
            taking.slot,
            take(thing, taking.from, taking.grant, true),
            out,
        );
        let done = Body::Done {
            grant: taking.grant,
        };
        self.send(taking.from, thing, done, out);
        if let Some(want) = want {
            self.ready(want, out);
        }
        true
    }

    /// Whoever waits for it goes on when the queue of messages is empty.
    fn ready(&mut self, slot: usize, out: &mut Actions) {
        if let Some(Some(want)) = self.wants.get_mut(slot) {
            want.progress = Progress::Ready;
            if let Room::Frame(rfn) = want.room {
                want.room = Room::None;
                out.command(Command::Free { rfn });
            }
        }
    }

    /// As [`ready`](Self::ready), for what was not wanted from another node.
    pub(super) fn ready_now(&mut self, now: Time, thing: Thing) {
        let me = self.config.me;
        let retry = Retry::start(now, self.config.patience);
        if self.want_of(thing).is_some() {
            return;
        }
        if let Some(place) = self.wants.iter_mut().find(|want| want.is_none()) {
            *place = Some(Want {
                thing,
                want: Serial(0),
                mode: Mode::Own,
                asked: me,
                hops: 0,
                room: Room::None,
                progress: Progress::Ready,
                got: 0,
                by: None,
                offered: false,
                swap: false,
                retry,
            });
        }
    }

    pub(super) fn granted(
        &mut self,
        src: NodeId,
        thing: Thing,
        number: Serial,
        grant: Serial,
        what: Grant,
        out: &mut Actions,
    ) {
        if self
            .takes()
            .any(|take| take.from == src && take.grant == grant && take.taken)
        {
            return self.send(src, thing, Body::Done { grant }, out);
        }
        let Some(slot) = self.asking(src, thing, number) else {
            let confirmed = self.want_of(thing).is_some_and(|want| {
                want.asked == src && want.progress == Progress::Confirmed(grant)
            });
            if confirmed {
                return self.send(src, thing, Body::Done { grant }, out);
            }
            bump(&mut self.statistics.stale);
            if what != Grant::Copy {
                self.send(src, thing, Body::Refuse { grant }, out);
            }
            return;
        };
        let Some(want) = self.wants.get(slot).copied().flatten() else {
            return;
        };
        match (thing, want.mode, what) {
            (Thing::Page(gfn), Mode::Own | Mode::Share | Mode::Discard, Grant::Dormant) => {
                bump(&mut self.statistics.dormant_taken);
                self.begin_take(slot, grant, Command::MarkDormant { gfn }, out);
            }
            (Thing::Page(_), Mode::Own | Mode::Share, Grant::Contents) => {
                self.send(src, thing, Body::Again { grant, missing: 0 }, out);
            }
            (Thing::Vcpu(_), Mode::Own, Grant::Contents) => {
                let missing = self.all_fragments() & !want.got;
                self.send(src, thing, Body::Again { grant, missing }, out);
            }
            (Thing::Page(_), Mode::Zero, Grant::Zero) => {
                if let Some(Some(want)) = self.wants.get_mut(slot) {
                    want.progress = Progress::Confirmed(grant);
                }
                self.send(src, thing, Body::Done { grant }, out);
            }
            (Thing::Page(gfn), Mode::Share, Grant::Copy) => {
                self.take_copy(gfn, src, grant, out);
            }
            _ => bump(&mut self.statistics.wrong_owner),
        }
    }

    /// All contents of a page are in the frame that was reserved for them.
    pub(super) fn arrived(
        &mut self,
        gfn: dormouse_driver::Gfn,
        rfn: Rfn,
        number: Serial,
        grant: Serial,
        out: &mut Actions,
    ) {
        let slot = self.wants.iter().position(|want| {
            want.is_some_and(|want| {
                want.want == number
                    && want.progress == Progress::Asking
                    && want.thing == Thing::Page(gfn)
                    && want.room == Room::Frame(rfn)
            })
        });
        let Some(slot) = slot else {
            return bump(&mut self.statistics.stale);
        };
        bump(&mut self.statistics.contents_taken);
        if let Some(Some(want)) = self.wants.get_mut(slot) {
            // The page's from now on, not the want's.
            want.room = Room::None;
        }
        self.begin_take(slot, grant, Command::Adopt { gfn, rfn }, out);
    }

    /// All fragments of a context are here.
    pub(super) fn context_is_here(
        &mut self,
        slot: usize,
        grant: Serial,
        vcpu: VcpuId,
        out: &mut Actions,
    ) {
        bump(&mut self.statistics.vcpus_taken);
        self.begin_take(slot, grant, Command::Install { vcpu }, out);
    }

    pub(super) fn moved(
        &mut self,
        now: Time,
        src: NodeId,
        thing: Thing,
        number: Serial,
        to: NodeId,
        out: &mut Actions,
    ) {
        let Some(slot) = self.asking(src, thing, number) else {
            return bump(&mut self.statistics.stale);
        };
        if !self.is_node(to) {
            return bump(&mut self.statistics.bad_node);
        }
        let Thing::Page(gfn) = thing else {
            return bump(&mut self.statistics.wrong_owner);
        };
        // A node that believes the page to be here speaks of a time that is past: whoever waits asks anew, where the
        // tag says. An offer that is over leads nowhere, and what its maker believes may be older than the tag.
        let offered = self
            .wants
            .get(slot)
            .copied()
            .flatten()
            .is_some_and(|want| want.offered);
        if to == self.config.me || to == src || offered {
            return self.cancel(slot, out);
        }
        let patience = self.config.patience;
        let serial = self.serial.next();
        bump(&mut self.statistics.forwarded);
        let Some(Some(want)) = self.wants.get_mut(slot) else {
            return;
        };
        // Who is asked changes, and so does the number: the node that was asked first can grant nothing any more.
        want.asked = to;
        want.want = serial;
        want.hops = want.hops.saturating_add(1);
        want.retry = Retry::start(now, patience);
        let paused = want.hops > patience.hops;
        if paused {
            want.hops = 0;
        }
        if let Room::Frame(rfn) = want.room {
            out.effect(Effect::Expect { want: serial, rfn });
        }
        out.command(Command::MarkAway { gfn, to });
        if !paused {
            self.ask(slot, out);
        }
    }

    pub(super) fn later(&mut self, now: Time, src: NodeId, thing: Thing, number: Serial) {
        let patience = self.config.patience;
        match self.asking(src, thing, number) {
            Some(slot) => {
                if let Some(Some(want)) = self.wants.get_mut(slot) {
                    want.retry.put_off(now, patience);
                }
            }
            None => bump(&mut self.statistics.stale),
        }
    }

    pub(super) fn no_room(
        &mut self,
        now: Time,
        src: NodeId,
        thing: Thing,
        number: Serial,
        out: &mut Actions,
    ) {
        let Some(slot) = self.asking(src, thing, number) else {
            return bump(&mut self.statistics.stale);
        };
        let by = self
            .wants
            .get(slot)
            .copied()
            .flatten()
            .and_then(|want| want.by);
        self.cancel(slot, out);
        self.relieve(now, by, Some(src), out);
    }

    pub(super) fn gone(&mut self, src: NodeId, thing: Thing, number: Serial, out: &mut Actions) {
        let Some(slot) = self.asking(src, thing, number) else {
            return bump(&mut self.statistics.stale);
        };
        self.cancel(slot, out);
        if let Thing::Page(gfn) = thing {
            out.effect(Effect::Fail(gfn));
        }
    }

    pub(super) fn closed(&mut self, src: NodeId, thing: Thing, grant: Serial, out: &mut Actions) {
        let take = self
            .takes()
            .find(|take| take.from == src && take.grant == grant);
        if let Some(take) = take {
            // A vCPU that does not run yet: the record stays until it does.
            let waits = matches!(thing, Thing::Vcpu(_)) && self.want_of(thing).is_some();
            if take.taken && take.thing == thing && !waits {
                self.erase(take.slot, out);
            }
            return;
        }
        match self.want_of(thing) {
            Some(want) if want.asked == src && want.progress == Progress::Confirmed(grant) => {
                want.progress = Progress::Ready;
            }
            _ => bump(&mut self.statistics.stale),
        }
    }

    // -------------------------------------------------------------------------------------- giver

    /// Notes that a thing is leaving, and only then is the hardware told. Whether there was a slot for that.
    pub(super) fn begin_give(
        &mut self,
        now: Time,
        to: NodeId,
        thing: Thing,
        want: Serial,
        cargo: Cargo,
        out: &mut Actions,
    ) -> bool {
        let Some(slot) = self.free_slot().filter(|_| self.spare_slots() > 0) else {
            bump(&mut self.statistics.full);
            self.send(to, thing, Body::Later { want }, out);
            return false;
        };
        self.stop_push(thing);
        let record = Record::Give {
            thing,
            to,
            want,
            grant: self.serial.next(),
            cargo,
            ended: false,
        };
        #[cfg(test)]
        if self.fault == Fault::RecordLate {
            // Written here, and where a reset does not reach only after the hardware was told.
            let mut late = Actions::new();
            self.write(slot, record, &mut late);
            self.give_retry(slot, now);
            return true;
        }
        self.write(slot, record, out);
        self.give_retry(slot, now);
        true
    }

    fn give_retry(&mut self, slot: usize, now: Time) {
        if let Some(Some(entry)) = self.records.get_mut(slot) {
            entry.retry = Retry::start(now, self.config.patience);
        }
    }

    /// The hardware has let it go, or refused to. Also the end of marks that are about something else.
    pub(super) fn has_left(
        &mut self,
        now: Time,
        thing: Thing,
        rfn: Option<Rfn>,
        done: bool,
        out: &mut Actions,
    ) {
        let Some(give) = self.give_of(thing) else {
            return self.copy_is_dropped(thing, done, out);
        };
        if !done {
            self.erase(give.slot, out);
            let later = Body::Later { want: give.want };
            return self.send(give.to, thing, later, out);
        }
        let mut cargo = give.cargo;
        if let (Cargo::Contents(old) | Cargo::Discarded(old), Some(rfn)) = (&mut cargo, rfn)
            && *old != rfn
        {
            // The page was zeroed and converted again since its tag was read.
            *old = rfn;
            self.write_give(Give { cargo, ..give }, out);
        }
        #[cfg(test)]
        if self.fault == Fault::RecordLate {
            self.write_give(Give { cargo, ..give }, out);
        }
        self.give_retry(give.slot, now);
        match (cargo, thing) {
            (Cargo::Contents(_) | Cargo::Context, _) => {
                self.send_contents(&Give { cargo, ..give }, u32::MAX, out);
            }
            _ => self.remind(&give, out),
        }
        #[cfg(test)]
        if self.fault == Fault::GivenUpEarly {
            match (cargo, thing) {
                (Cargo::Contents(rfn), _) => out.command(Command::Free { rfn }),
                (Cargo::Context, Thing::Vcpu(vcpu)) => out.command(Command::Forget { vcpu }),
                _ => {}
            }
        }
    }

    fn write_give(&mut self, give: Give, out: &mut Actions) {
        let record = Record::Give {
            thing: give.thing,
            to: give.to,
            want: give.want,
            grant: give.grant,
            cargo: give.cargo,
            ended: give.ended,
        };
        self.write(give.slot, record, out);
    }

    /// Tells the taker what it was given.
    pub(super) fn remind(&mut self, give: &Give, out: &mut Actions) {
        let what = match give.cargo {
            Cargo::Dormant | Cargo::Discarded(_) => Grant::Dormant,
            Cargo::Contents(_) | Cargo::Context => Grant::Contents,
            Cargo::Zero => Grant::Zero,
        };
        let body = Body::Grant {
            want: give.want,
            grant: give.grant,
            what,
        };
        self.send(give.to, give.thing, body, out);
    }

    fn send_contents(&mut self, give: &Give, missing: u32, out: &mut Actions) {
        match (give.cargo, give.thing) {
            (Cargo::Contents(rfn), Thing::Page(gfn)) => out.effect(Effect::Stream {
                to: give.to,
                gfn,
                rfn,
                want: give.want,
                grant: give.grant,
            }),
            (Cargo::Context, Thing::Vcpu(vcpu)) => out.effect(Effect::Fragments {
                to: give.to,
                vcpu,
                want: give.want,
                grant: give.grant,
                missing: missing & self.all_fragments(),
            }),
            _ => bump(&mut self.statistics.wrong_owner),
        }
    }

    /// The give that an answer is to, if it is from the node that it was given to.
    fn given(&mut self, src: NodeId, grant: Serial) -> Option<Give> {
        let give = self.gives().find(|give| give.grant == grant);
        if give.is_some_and(|give| give.to != src) {
            bump(&mut self.statistics.wrong_owner);
        }
        give.filter(|give| give.to == src && !give.ended)
    }

    pub(super) fn again(
        &mut self,
        now: Time,
        src: NodeId,
        grant: Serial,
        missing: u32,
        out: &mut Actions,
    ) {
        match self.given(src, grant) {
            Some(give) => {
                self.give_retry(give.slot, now);
                self.send_contents(&give, missing, out);
            }
            None => bump(&mut self.statistics.stale),
        }
    }

    pub(super) fn done(&mut self, src: NodeId, thing: Thing, grant: Serial, out: &mut Actions) {
        let give = self.gives().find(|give| {
            let named = give.grant == grant;
            #[cfg(test)]
            let named = named || self.fault == Fault::DoneUnmatched;
            named && give.thing == thing
        });
        let Some(give) = give else {
            // It was closed, and the taker did not hear of it.
            return self.send(src, thing, Body::Closed { grant }, out);
        };
        if give.to != src {
            return bump(&mut self.statistics.wrong_owner);
        }
        match (give.cargo, give.thing) {
            (Cargo::Contents(rfn) | Cargo::Discarded(rfn), _) => {
                if !give.ended {
                    self.write_give(
                        Give {
                            ended: true,
                            ..give
                        },
                        out,
                    );
                }
                out.command(Command::Free { rfn });
            }
            (Cargo::Zero, Thing::Page(gfn)) => out.command(Command::ZeroPage { gfn }),
            (Cargo::Context, Thing::Vcpu(vcpu)) => out.command(Command::Forget { vcpu }),
            _ => self.given_up(thing, true, out),
        }
    }

    /// What was kept is given up: the give is over.
    pub(super) fn given_up(&mut self, thing: Thing, done: bool, out: &mut Actions) {
        let Some(give) = self.give_of(thing).filter(|_| done) else {
            return;
        };
        #[cfg(test)]
        if self.fault == Fault::GivenUpEarly
            && matches!(give.cargo, Cargo::Contents(_) | Cargo::Context)
        {
            return;
        }
        let counter = match give.cargo {
            Cargo::Zero => &mut self.statistics.zeroed_for_others,
            _ => &mut self.statistics.given,
        };
        bump(counter);
        self.erase(give.slot, out);
        self.send(give.to, thing, Body::Closed { grant: give.grant }, out);
    }

    /// A frame was given up, or could not be.
    pub(super) fn frame_freed(&mut self, rfn: Rfn, done: bool, out: &mut Actions) {
        let give = self.gives().find(|give| {
            give.ended && matches!(give.cargo, Cargo::Contents(kept) | Cargo::Discarded(kept) if kept == rfn)
        });
        match give {
            Some(give) => self.given_up(give.thing, done, out),
            None if !done => out.effect(Effect::Report(Report::Leaked(rfn))),
            None => {}
        }
    }

    pub(super) fn refused(&mut self, src: NodeId, grant: Serial, out: &mut Actions) {
        let Some(give) = self.given(src, grant) else {
            return bump(&mut self.statistics.stale);
        };
        match (give.cargo, give.thing) {
            (Cargo::Dormant, Thing::Page(gfn)) => out.command(Command::MarkDormant { gfn }),
            (Cargo::Contents(rfn) | Cargo::Discarded(rfn), Thing::Page(gfn)) => {
                out.command(Command::Vouch { rfn });
                out.command(Command::Adopt { gfn, rfn });
            }
            (Cargo::Context, Thing::Vcpu(vcpu)) => out.command(Command::Unpark { vcpu }),
            // Nothing had left.
            _ => self.erase(give.slot, out),
        }
    }

    /// A page was marked dormant.
    pub(super) fn is_dormant(&mut self, thing: Thing, done: bool, out: &mut Actions) {
        if !self.end_take(thing, done, out) && !self.is_back(thing, done, out) {
            self.copy_is_here(thing, done, out);
        }
    }

    /// A page with contents, or a vCPU, is here.
    pub(super) fn is_here(&mut self, thing: Thing, done: bool, out: &mut Actions) {
        if !self.end_take(thing, done, out) {
            self.is_back(thing, done, out);
        }
    }

    /// What nobody took is here again. Whether it was given.
    pub(super) fn is_back(&mut self, thing: Thing, done: bool, out: &mut Actions) -> bool {
        let Some(give) = self.give_of(thing) else {
            return false;
        };
        if done {
            bump(&mut self.statistics.taken_back);
            self.erase(give.slot, out);
        }
        true
    }

    pub(super) fn mark_copy_ready(&mut self, slot: usize, out: &mut Actions) {
        self.ready(slot, out);
    }
}
