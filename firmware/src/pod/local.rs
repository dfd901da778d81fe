//! What a step asks for, who does it, and the loop that joins the two.

use dormouse_driver::{Gfn, NodeId, PageState, Rfn};

use super::message::{Levels, Message, WORDS};
use super::{Event, Pod, Record, Serial, Thing, Time, VcpuId, VcpuState, View};

/// Actions of one event that wait at the same time.
const MOST: usize = 24;
/// Events that [`serve`] takes from the link before it lets somebody else have the core.
const BATCH: u32 = 256;

/// Told to the hardware or to the monitor of the vCPUs. Each is over when the call returns, and its outcome is the
/// next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Set a frame apart for the contents of a page, if the page has any: claimed or held -> moving. A dirty frame
    /// will do, which is held first. Outcome: the frame.
    Reserve {
        /// The number under which the page is wanted.
        want: Serial,
        /// The page.
        gfn: Gfn,
    },
    /// A frame that is held, moving or filled is not needed any more. What is in it is worth nothing.
    Free {
        /// The frame.
        rfn: Rfn,
    },
    /// away -> dormant.
    MarkDormant {
        /// The page.
        gfn: Gfn,
    },
    /// dormant -> away, or away -> away at another node.
    MarkAway {
        /// The page.
        gfn: Gfn,
        /// Where it is.
        to: NodeId,
    },
    /// resident -> away, once every access that was let through is answered; caches were written back. Outcome:
    /// the frame, which is held.
    Unmap {
        /// The page.
        gfn: Gfn,
        /// Where it will be.
        to: NodeId,
    },
    /// away -> resident in a filled frame.
    Adopt {
        /// The page.
        gfn: Gfn,
        /// The frame.
        rfn: Rfn,
    },
    /// A held or moving frame has the contents of its page, which it has never lost: held -> moving -> filled. Done
    /// also if the frame is filled.
    Vouch {
        /// The frame.
        rfn: Rfn,
    },
    /// The doorbell: dormant or resident -> dormant, and the frame is queued (claims 14 to 16).
    ZeroPage {
        /// The page.
        gfn: Gfn,
    },
    /// dormant -> resident in a zeroed frame (claims 7 to 12). Refused if there is none.
    Map {
        /// The page.
        gfn: Gfn,
        /// Who waits for it.
        vcpu: VcpuId,
    },
    /// End the access that waits, without effect, and save the context.
    Park {
        /// Whose.
        vcpu: VcpuId,
    },
    /// A parked vCPU runs here again and repeats its access.
    Unpark {
        /// Which.
        vcpu: VcpuId,
    },
    /// The context of a parked vCPU is not needed any more.
    Forget {
        /// Whose.
        vcpu: VcpuId,
    },
    /// The fragments that were kept are a vCPU of this node from now on. It does not run yet, but it is run after a
    /// reset of the hart.
    Install {
        /// Which.
        vcpu: VcpuId,
    },
    /// A resident page that other nodes had better have. Outcome: the page.
    PickVictim {
        /// For whom.
        to: NodeId,
        /// In exchange for a page without contents.
        swap: bool,
    },
    /// A dormant page, which costs the other node no memory. Outcome: the page.
    PickDormant {
        /// For whom.
        to: NodeId,
    },
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not done, and nothing has changed.
    Refused,
    /// It was done, and this is the frame.
    Frame(Rfn),
    /// This is the page.
    Page(Gfn),
}

/// What the owner of the machine should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Report {
    /// A node does not answer. What it owns, and what is on its way to it, waits.
    Silent(NodeId),
    /// It answers again.
    Back(NodeId),
    /// A frame could not be given up; it stays held.
    Leaked(Rfn),
}

/// Done without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Put a message into the link's queue. The link may lose it.
    Send(Message),
    /// As [`Send`](Self::Send), to every other node.
    Broadcast(Levels),
    /// Send fragments of the context of a parked vCPU, those whose bits are set.
    Fragments {
        /// To whom.
        to: NodeId,
        /// Whose context.
        vcpu: VcpuId,
        /// Under which number it is wanted.
        want: Serial,
        /// Under which number it is given.
        grant: Serial,
        /// Which.
        missing: u32,
    },
    /// Have the mover send a held frame.
    Stream {
        /// To whom.
        to: NodeId,
        /// The page whose contents they are.
        gfn: Gfn,
        /// The frame.
        rfn: Rfn,
        /// Under which number it is wanted.
        want: Serial,
        /// Under which number it is given.
        grant: Serial,
    },
    /// The mover writes what comes under this number into this frame, fills it once, and nothing else ever.
    Expect {
        /// The number under which the page is wanted.
        want: Serial,
        /// A frame that is moving.
        rfn: Rfn,
    },
    /// Keep the bytes of the fragment that came with this event.
    Keep {
        /// Whose context.
        vcpu: VcpuId,
        /// Which.
        index: u8,
    },
    /// A page is here: accesses that wait for it start over, and a doorbell that waits for it rings again and finds
    /// it dormant or away again. A vCPU is here: it runs.
    Resume(Thing),
    /// A page is dormant at its owner's, as the doorbell wanted (claim 18).
    Rung(Gfn),
    /// Accesses to this page fail: it is bad.
    Fail(Gfn),
    /// For the owner of the machine.
    Report(Report),
}

/// What a step asks for, to be done in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Keep this record through resets of the hart, in this slot, in place of what is there; `None` erases it.
    Record {
        /// Slot, from 0.
        slot: usize,
        /// The record.
        record: Option<Record>,
    },
    /// See [`Command`].
    Command(Command),
    /// See [`Effect`].
    Effect(Effect),
}

/// A bounded queue of actions.
#[derive(Debug)]
pub struct Actions {
    queue: [Option<Action>; MOST],
    first: usize,
    count: usize,
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

impl Actions {
    /// None.
    pub const fn new() -> Self {
        Self {
            queue: [None; MOST],
            first: 0,
            count: 0,
        }
    }

    /// The next to be done.
    pub fn pop(&mut self) -> Option<Action> {
        let action = self.queue.get_mut(self.first)?.take()?;
        self.first = (self.first + 1) % MOST;
        self.count -= 1;
        Some(action)
    }

    /// Whether there is room for this many.
    pub(super) const fn has_room(&self, actions: usize) -> bool {
        self.count + actions <= MOST
    }

    /// Steps whose number of actions depends on anything ask for room first; the others need less than there is.
    fn push(&mut self, action: Action) {
        debug_assert!(self.has_room(1));
        if let Some(place) = self.queue.get_mut((self.first + self.count) % MOST) {
            *place = Some(action);
            self.count += 1;
        }
    }

    pub(super) fn record(&mut self, slot: usize, record: Option<Record>) {
        self.push(Action::Record { slot, record });
    }

    pub(super) fn command(&mut self, command: Command) {
        self.push(Action::Command(command));
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.push(Action::Effect(effect));
    }
}

/// What came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A message whose CRC is right.
    Words([u32; WORDS]),
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
}

/// The node under the protocol: driver, mover, link, and the monitor of the vCPUs. What it is told takes effect in
/// the order in which it was told, and what a reset of the hart interrupts was either done or not.
pub trait Local {
    /// The state of a page in the tag table; `None` if it could not be read, so that the event has to come again.
    fn page(&mut self, gfn: Gfn) -> Option<PageState>;

    /// Where a vCPU is.
    fn vcpu(&mut self, vcpu: VcpuId) -> VcpuState;

    /// Does what it is told, and says how that ended. A command that is repeated after a reset and was done before
    /// is [`Outcome::Done`].
    fn command(&mut self, command: Command) -> Outcome;

    /// Keeps a record where a reset of the hart does not reach, such as in a frame that firmware holds. After a
    /// reset either the old one or the new one is found.
    fn record(&mut self, slot: usize, record: Option<&Record>);

    /// Does what it is told.
    fn effect(&mut self, effect: Effect);

    /// The oldest thing that came in, if there is one.
    fn receive(&mut self) -> Option<Incoming>;

    /// After a reset: gives up each frame that is moving or filled, and for which `kept` does not hold.
    fn sweep(&mut self, kept: &dyn Fn(Rfn) -> bool);
}

/// One event with all that follows from it.
pub fn drive<const PEERS: usize, const OPEN: usize>(
    pod: &mut Pod<PEERS, OPEN>,
    now: Time,
    event: &Event,
    local: &mut impl Local,
) {
    drive_some(pod, now, event, local, usize::MAX);
}

/// As [`drive`], and ends after so many actions, as a reset of the hart would. Returns how many were done.
pub(super) fn drive_some<const PEERS: usize, const OPEN: usize>(
    pod: &mut Pod<PEERS, OPEN>,
    now: Time,
    event: &Event,
    local: &mut impl Local,
    most: usize,
) -> usize {
    let mut actions = Actions::new();
    let view = match pod.about(event) {
        None => View::Nothing,
        Some(Thing::Vcpu(vcpu)) => View::Vcpu(local.vcpu(vcpu)),
        Some(Thing::Page(gfn)) => match local.page(gfn) {
            Some(page) => View::Page(page),
            None => return 0,
        },
    };
    pod.step(now, event, view, &mut actions);
    let mut done = 0;
    while done < most {
        let Some(action) = actions.pop() else {
            break;
        };
        done += 1;
        match action {
            Action::Record { slot, record } => local.record(slot, record.as_ref()),
            Action::Effect(effect) => local.effect(effect),
            Action::Command(command) => {
                let outcome = local.command(command);
                pod.step(
                    now,
                    &Event::Outcome(command, outcome),
                    View::Nothing,
                    &mut actions,
                );
            }
        }
    }
    done
}

/// Takes over after a reset of the hart, or starts.
pub fn restart<const PEERS: usize, const OPEN: usize>(
    pod: &mut Pod<PEERS, OPEN>,
    now: Time,
    local: &mut impl Local,
) {
    for slot in 0..OPEN {
        drive(pod, now, &Event::Recover { slot }, local);
    }
    local.sweep(&|rfn| pod.keeps(rfn));
}

/// Everything that came in, then what waits for an empty queue: no vCPU resumes while a message is unread. Returns
/// whether the queue is empty; if not, call again soon.
pub fn serve<const PEERS: usize, const OPEN: usize>(
    pod: &mut Pod<PEERS, OPEN>,
    now: Time,
    local: &mut impl Local,
) -> bool {
    for _ in 0..BATCH {
        let Some(incoming) = local.receive() else {
            drive(pod, now, &Event::Drained, local);
            return true;
        };
        match incoming {
            Incoming::Words(words) => match Message::decode(&words) {
                Ok(message) => drive(pod, now, &Event::Message(message), local),
                Err(_) => pod.count_malformed(),
            },
            Incoming::Arrived {
                gfn,
                rfn,
                want,
                grant,
            } => {
                let event = Event::Arrived {
                    gfn,
                    rfn,
                    want,
                    grant,
                };
                drive(pod, now, &event, local);
            }
        }
    }
    false
}
