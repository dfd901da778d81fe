//! Guest pages: who is asked for one, and what the one who is asked answers.
//!
//! | asked for | dormant | dormant, copies elsewhere | resident | away, or a copy | bad |
//! |---|---|---|---|---|---|
//! | to own it | mark away, Grant dormant | Drop to each copy; Later | unmap, stream; without room `NoRoom` | Moved | Gone |
//! | to read it | Grant copy | Grant copy | as to own it | Moved | Gone |
//! | to zero it there | mark away, Grant dormant | Drop to each copy; Later | unmap, Grant dormant | Moved | Gone |
//! | to zero it here | Grant zero | Grant zero | Grant zero | Moved | Gone |
//!
//! A page that has just come, and that is not used yet, or one that is leaving: Later.

use dormouse_driver::{Gfn, NodeId, PageState};

use super::local::{Actions, Command, Effect};
use super::message::Body;
use super::record::Cargo;
use super::step::bump;
use super::{Mode, Pod, Serial, Thing, Time, VcpuId};

#[cfg(test)]
use super::check::Fault;

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    /// What a tag means: a copy of a dormant page is another node's.
    pub(super) fn meaning(&self, gfn: Gfn, page: PageState) -> PageState {
        match self.copy_of(gfn) {
            Some(copy) if page == PageState::Dormant => PageState::Away(copy.owner),
            _ => page,
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a request is what its fields say"
    )]
    pub(super) fn page_wanted(
        &mut self,
        now: Time,
        src: NodeId,
        gfn: Gfn,
        want: Serial,
        mode: Mode,
        room: bool,
        page: PageState,
        out: &mut Actions,
    ) {
        let thing = Thing::Page(gfn);
        if let Some(give) = self.give_of(thing) {
            if give.to == src && give.want == want && !give.ended {
                self.remind(&give, out);
            } else {
                self.send(src, thing, Body::Later { want }, out);
            }
            return;
        }
        let fresh = self.want_of(thing).is_some_and(|want| !want.waits());
        let page = self.meaning(gfn, page);
        let exclusive = match mode {
            Mode::Own | Mode::Discard => true,
            Mode::Share => !self.may_share(gfn, src),
            Mode::Zero => false,
        };
        match (page, mode) {
            (PageState::Bad, _) => self.send(src, thing, Body::Gone { want }, out),
            (PageState::Away(to), _) => self.send(src, thing, Body::Moved { want, to }, out),
            _ if fresh => self.send(src, thing, Body::Later { want }, out),
            (PageState::Dormant, _) if exclusive && self.is_shared(gfn) => {
                self.drop_all(now, gfn, None, out);
                self.send(src, thing, Body::Later { want }, out);
            }
            (PageState::Dormant, Mode::Share) if !exclusive => self.share(src, gfn, want, out),
            #[cfg(test)]
            (_, Mode::Zero) if self.fault == Fault::ZeroAtOnce => {
                out.command(Command::ZeroPage { gfn });
                self.send(
                    src,
                    thing,
                    Body::Grant {
                        want,
                        grant: Serial(u64::MAX),
                        what: super::Grant::Zero,
                    },
                    out,
                );
            }
            (PageState::Dormant | PageState::Resident(_), Mode::Zero) => {
                if self.begin_give(now, src, thing, want, Cargo::Zero, out)
                    && let Some(give) = self.give_of(thing)
                {
                    self.remind(&give, out);
                }
            }
            (PageState::Dormant, _) => {
                if self.begin_give(now, src, thing, want, Cargo::Dormant, out) {
                    out.command(Command::MarkAway { gfn, to: src });
                }
            }
            (PageState::Resident(rfn), Mode::Discard) => {
                if self.begin_give(now, src, thing, want, Cargo::Discarded(rfn), out) {
                    out.command(Command::Unmap { gfn, to: src });
                }
            }
            (PageState::Resident(_), _) if !room => {
                self.send(src, thing, Body::NoRoom { want }, out);
            }
            (PageState::Resident(rfn), _) => {
                if self.begin_give(now, src, thing, want, Cargo::Contents(rfn), out) {
                    out.command(Command::Unmap { gfn, to: src });
                }
            }
        }
    }

    /// An access of a vCPU of this node waits.
    pub(super) fn stall(
        &mut self,
        now: Time,
        vcpu: VcpuId,
        gfn: Gfn,
        write: bool,
        page: PageState,
        out: &mut Actions,
    ) {
        let thing = Thing::Page(gfn);
        if self.want_of(thing).is_some() || self.give_of(thing).is_some() {
            return;
        }
        match page {
            PageState::Bad => out.effect(Effect::Fail(gfn)),
            // Served by now.
            PageState::Resident(_) => self.ready_now(now, thing),
            PageState::Dormant => match self.copy_of(gfn) {
                Some(copy) => {
                    // Before the page can be owned here, its copy must be gone.
                    out.command(Command::MarkAway {
                        gfn,
                        to: copy.owner,
                    });
                }
                #[cfg(test)]
                None if self.fault == Fault::CopiesKept => out.command(Command::Map { gfn, vcpu }),
                None if self.is_shared(gfn) => {
                    self.drop_all(now, gfn, Some(vcpu), out);
                }
                None => out.command(Command::Map { gfn, vcpu }),
            },
            PageState::Away(owner) => {
                let mode = if write || !self.has_room_for_copy() {
                    Mode::Own
                } else {
                    Mode::Share
                };
                self.fetch(now, vcpu, gfn, mode, owner, out);
            }
        }
    }

    /// A guest of this node zeroes a page.
    pub(super) fn doorbell(&mut self, now: Time, gfn: Gfn, page: PageState, out: &mut Actions) {
        match page {
            PageState::Away(owner) => {
                let mode = if self.config.zero_at_owner {
                    Mode::Zero
                } else {
                    Mode::Discard
                };
                self.start_want(now, Thing::Page(gfn), mode, owner, None, None, out);
            }
            // The node does that by itself.
            PageState::Dormant | PageState::Resident(_) | PageState::Bad => {
                bump(&mut self.statistics.stale);
            }
        }
    }
}
