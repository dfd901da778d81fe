//! What to do for a vCPU that waits: the cost function, with all that it looks at.
//!
//! Five ways lead out of a stall, and each gets a price in cycles of the node's clock until the access is done, with
//! what it is going to cost soon after added. The cheapest is taken; what cannot be done has no price. Between equal
//! prices the first in the order of [`Choice`] is taken.

use dormouse_driver::NodeId;

/// What is fixed: link, node, and how one thing is weighed against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// What is allowed.
    pub strategy: Strategy,
    /// Cycles that a message takes to another node.
    pub message_cycles: u32,
    /// Cycles that the contents of a page take on the link, latency left out: its beats.
    pub page_cycles: u32,
    /// Cycles that the context of a vCPU takes on the link, latency left out.
    pub context_cycles: u32,
    /// Cycles to end an access, to save a context, and to take it up again.
    pub switch_cycles: u32,
    /// Cycles in which the engine zeroes a frame.
    pub zero_cycles: u32,
    /// Frames that a node must have left for guest pages before it is sent anything, so that no node is used to
    /// 100 %.
    pub reserve: u32,
    /// Pages of its working set that a vCPU leaves behind when it moves and has not fetched from there before.
    pub working_set: u32,
}

impl Default for Settings {
    /// 4 KiB pages on a 64-bit link of a tenth of a microsecond at 100 MHz; a context of 6400 bytes.
    fn default() -> Self {
        Self {
            strategy: Strategy::Cheapest,
            message_cycles: 100,
            page_cycles: 512,
            context_cycles: 800,
            switch_cycles: 1000,
            zero_cycles: 512,
            reserve: 4,
            working_set: 8,
        }
    }
}

/// Which ways may be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Whichever is cheapest.
    #[default]
    Cheapest,
    /// This one where it can be taken, else to wait.
    Only(Choice),
}

/// A way out of a stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// Bring the page here.
    MovePage,
    /// Send the vCPU to where page or memory is (claim 13).
    MoveVcpu,
    /// Send a page with contents to a node that has memory, and zero its frame.
    Evict,
    /// As [`Evict`](Self::Evict), and take a page without contents in return, so that both nodes have as many pages
    /// as before.
    Swap,
    /// Wait for the engine, or for somebody to free a frame.
    Wait,
}

impl Choice {
    /// All of them, the one that is preferred between equal prices first.
    pub const ALL: [Self; 5] = [
        Self::MovePage,
        Self::MoveVcpu,
        Self::Evict,
        Self::Swap,
        Self::Wait,
    ];
}

/// What the stall is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Inputs {
    /// The node that owns the page, if it is not this one.
    pub owner: Option<NodeId>,
    /// The owner has said that the page has contents and that there is no room for them here.
    pub no_room: bool,
    /// Zeroed frames of this node.
    pub zeroed: u32,
    /// Frames that guest pages of this node may still get, zeroed or not.
    pub left: u32,
    /// The node with the most memory left, and how many frames that are.
    pub roomiest: Option<(NodeId, u32)>,
    /// The frames that the owner has left, if it has told.
    pub owner_left: Option<u32>,
    /// Pages that this vCPU has fetched from the owner one after the other, this one left out. Each says that its
    /// working set is there.
    pub streak: u32,
    /// Whether the vCPU can be moved: it waits at a port of this node, and the target has a port free.
    pub movable: bool,
}

/// The price of each way, in cycles; `None` if it cannot be taken. In the order of [`Choice::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices(pub [Option<u64>; 5]);

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// The way.
    pub choice: Choice,
    /// The other node of it, if it has one.
    pub to: Option<NodeId>,
}

/// The prices of all ways.
pub fn prices(settings: &Settings, inputs: &Inputs) -> Prices {
    let message = u64::from(settings.message_cycles);
    let page = u64::from(settings.page_cycles);
    let zero = u64::from(settings.zero_cycles);
    // There and back.
    let exchange = 2 * message;
    let roomy = inputs.roomiest.filter(|&(_, left)| left > settings.reserve);

    // The page may have contents; whether it does is not known before its owner is asked.
    let move_page = inputs
        .owner
        .filter(|_| !inputs.no_room)
        .map(|_| exchange + page);

    // Offer, answer, context, and the way back of nothing. Then each page of the working set that is not there yet
    // is fetched, one after the other.
    let target_has_room = match inputs.owner {
        // Its pages are there: it needs no frame for those.
        Some(_) => inputs.owner_left.is_none_or(|left| left > 0),
        None => roomy.is_some(),
    };
    let left_behind = u64::from(settings.working_set.saturating_sub(inputs.streak));
    let move_vcpu = (inputs.movable && target_has_room).then_some(
        exchange
            + message
            + u64::from(settings.context_cycles)
            + u64::from(settings.switch_cycles)
            + left_behind * (exchange + page),
    );

    // A page of this node goes first; its frame is zeroed; then the page that is wanted can come. The page that
    // went is missed some day: that is another fetch.
    let wanted = if inputs.owner.is_some() {
        exchange + page
    } else {
        0
    };
    let evict = roomy.map(|_| exchange + message + page + zero + wanted + exchange + page);
    // A page without contents comes in return, which costs its message.
    let swap = evict.map(|evict| evict + exchange);

    // Only what is on its way can be waited for.
    let wait = if inputs.zeroed > 0 {
        Some(0)
    } else if inputs.left > 0 {
        Some(zero)
    } else {
        None
    };
    // A page that is elsewhere does not come by waiting.
    let wait = wait.filter(|_| inputs.owner.is_none());
    Prices([move_page, move_vcpu, evict, swap, wait])
}

/// The cheapest way that the strategy allows. To wait, where there is no other.
pub fn choose(settings: &Settings, inputs: &Inputs) -> Decision {
    let Prices(prices) = prices(settings, inputs);
    let priced = Choice::ALL.into_iter().zip(prices);
    let cheapest = priced
        .filter(|&(choice, _)| match settings.strategy {
            Strategy::Cheapest => true,
            Strategy::Only(only) => choice == only,
        })
        .filter_map(|(choice, price)| Some((price?, choice)))
        .min();
    let choice = cheapest.map_or(Choice::Wait, |(_, choice)| choice);
    let roomiest = inputs.roomiest.map(|(node, _)| node);
    Decision {
        choice,
        to: match choice {
            Choice::MovePage => inputs.owner,
            Choice::MoveVcpu => inputs.owner.or(roomiest),
            Choice::Evict | Choice::Swap => roomiest,
            Choice::Wait => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: NodeId = NodeId(1);
    const ROOMY: NodeId = NodeId(2);

    fn away() -> Inputs {
        Inputs {
            owner: Some(THERE),
            left: 100,
            roomiest: Some((ROOMY, 100)),
            movable: true,
            ..Inputs::default()
        }
    }

    #[test]
    fn a_single_page_of_another_node_is_fetched() {
        let decision = choose(&Settings::default(), &away());
        assert_eq!(
            (decision.choice, decision.to),
            (Choice::MovePage, Some(THERE))
        );
    }

    #[test]
    fn a_vcpu_is_sent_to_its_owner_when_there_is_no_room_for_a_page_and_its_working_set_is_there() {
        let inputs = Inputs {
            no_room: true,
            left: 0,
            streak: 8,
            ..away()
        };
        let decision = choose(&Settings::default(), &inputs);
        assert_eq!(
            (decision.choice, decision.to),
            (Choice::MoveVcpu, Some(THERE))
        );
    }

    #[test]
    fn a_page_is_evicted_when_the_working_set_is_here() {
        let inputs = Inputs {
            no_room: true,
            left: 0,
            ..away()
        };
        let decision = choose(&Settings::default(), &inputs);
        assert_eq!((decision.choice, decision.to), (Choice::Evict, Some(ROOMY)));
    }

    #[test]
    fn the_engine_is_waited_for_when_it_has_work() {
        let inputs = Inputs {
            owner: None,
            left: 3,
            ..away()
        };
        assert_eq!(choose(&Settings::default(), &inputs).choice, Choice::Wait);
    }

    #[test]
    fn no_node_is_filled_beyond_its_reserve() {
        let inputs = Inputs {
            owner: None,
            left: 0,
            movable: false,
            roomiest: Some((ROOMY, Settings::default().reserve)),
            ..away()
        };
        let Prices(prices) = prices(&Settings::default(), &inputs);
        assert_eq!(prices, [None; 5]);
        assert_eq!(choose(&Settings::default(), &inputs).choice, Choice::Wait);
    }

    #[test]
    fn a_strategy_takes_its_way_or_waits() {
        for only in Choice::ALL {
            let settings = Settings {
                strategy: Strategy::Only(only),
                ..Settings::default()
            };
            let inputs = Inputs { left: 0, ..away() };
            assert_eq!(choose(&settings, &inputs).choice, only);
            let nothing = Inputs::default();
            assert_eq!(choose(&settings, &nothing).choice, Choice::Wait);
        }
    }
}
