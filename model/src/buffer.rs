//! `dm_buffer`: a first-in first-out buffer of beats, its front in LUT RAM, its back in block RAM.
//!
//! Words are kept in one ring, in order: where a word is does not change what it is. The counters say which of them are
//! in the front, the oldest, and which in the back.

/// The buffer's registers, named as in the RTL; `T` is one word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Buffer<T> {
    ring: Box<[T]>,
    oldest: usize,
    inside: usize,
    front_mask: u32,
    back_mask: u32,
    back: u32,
    pass: bool,

    pub fwptr_q: u32,
    pub frptr_q: u32,
    pub front_q: u32,
    pub claim_q: u32,
    pub bwptr_q: u32,
    pub brptr_q: u32,
    pub stored_q: u32,
    pub ram_valid_q: bool,
}

impl<T: Copy + Default> Buffer<T> {
    /// An empty buffer with room for `front` words in LUT RAM, a power of two, and `back` in block RAM, a power of two
    /// or 0. With `pass` a word may leave in the cycle in which it comes.
    pub fn new(front: u32, back: u32, pass: bool) -> Self {
        let places = (front + back + 1).next_power_of_two() as usize;
        Self {
            ring: vec![T::default(); places].into(),
            oldest: 0,
            inside: 0,
            front_mask: front - 1,
            back_mask: back.max(1) - 1,
            back,
            pass,
            fwptr_q: 0,
            frptr_q: 0,
            front_q: 0,
            claim_q: 0,
            bwptr_q: 0,
            brptr_q: 0,
            stored_q: 0,
            ram_valid_q: false,
        }
    }

    #[inline]
    fn full(&self) -> bool {
        self.claim_q > self.front_mask
    }

    #[inline]
    fn away(&self) -> bool {
        self.stored_q != 0 || self.ram_valid_q
    }

    /// Nothing is inside.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.inside == 0
    }

    /// Nothing is on its way from the back to the front.
    #[inline]
    pub fn settled(&self) -> bool {
        !self.ram_valid_q && (self.stored_q == 0 || self.full())
    }

    /// A word has room, `room_o`.
    #[inline]
    pub fn room(&self) -> bool {
        if self.back == 0 {
            !self.full()
        } else {
            self.stored_q != self.back
        }
    }

    /// A word that is pushed now goes to the front, `direct_o`.
    #[inline]
    pub fn direct(&self) -> bool {
        !self.away() && !self.full()
    }

    /// The word on offer while `push` is pushed, `valid_o` and `data_o`.
    #[inline]
    pub fn front<'a>(&'a self, push: Option<&'a T>) -> Option<&'a T> {
        if self.front_q != 0 {
            Some(&self.ring[self.oldest])
        } else if self.pass && !self.away() {
            push
        } else {
            None
        }
    }

    /// One clock edge.
    #[inline]
    pub fn clock(&mut self, push: Option<&T>, pop: bool) {
        let through = self.pass && self.front_q == 0 && pop;
        let push = push.filter(|_| !through);
        let front_pop = pop && !through;
        let direct = self.direct();
        let fetch = self.stored_q != 0 && !self.full();
        let to_front = push.is_some() && direct;
        let to_back = push.is_some() && !direct;
        let front_write = to_front || self.ram_valid_q;

        let places = self.ring.len() - 1;
        if let Some(word) = push {
            self.ring[(self.oldest + self.inside) & places] = *word;
        }
        self.oldest = (self.oldest + usize::from(front_pop)) & places;
        self.inside = self.inside + usize::from(push.is_some()) - usize::from(front_pop);

        self.fwptr_q = (self.fwptr_q + u32::from(front_write)) & self.front_mask;
        self.frptr_q = (self.frptr_q + u32::from(front_pop)) & self.front_mask;
        self.bwptr_q = (self.bwptr_q + u32::from(to_back)) & self.back_mask;
        self.brptr_q = (self.brptr_q + u32::from(fetch)) & self.back_mask;
        self.front_q = self.front_q + u32::from(front_write) - u32::from(front_pop);
        self.claim_q = self.claim_q + u32::from(to_front || fetch) - u32::from(front_pop);
        self.stored_q = self.stored_q + u32::from(to_back) - u32::from(fetch);
        self.ram_valid_q = fetch;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use fastrand::Rng;

    use super::*;

    /// Words leave in order; one that has been inside for three cycles is offered or stands behind one that is.
    fn run(seed: u64, front: u32, back: u32, pass: bool) {
        let mut rng = Rng::with_seed(seed);
        let mut buffer = Buffer::new(front, back, pass);
        // What is inside, and the cycle in which it came.
        let mut inside: VecDeque<(u32, u32)> = VecDeque::new();
        let (mut pushes, mut pops, mut fullest) = (8, 8, 0);
        for now in 0..20_000 {
            if rng.u8(0..64) == 0 {
                (pushes, pops) = (rng.u8(1..=8), rng.u8(0..=8));
            }
            let push = (buffer.room() && rng.u8(0..8) < pushes).then_some(now);
            let offered = buffer.front(push.as_ref()).copied();
            if let Some(&(word, came)) = inside.front() {
                assert!(offered.is_some() || now < came + 3, "{word} is late");
                assert!(offered.is_none_or(|offered| offered == word));
            } else {
                assert_eq!(offered, push.filter(|_| pass));
            }
            let pop = offered.is_some() && rng.u8(0..8) < pops;
            let direct = buffer.direct();
            buffer.clock(push.as_ref(), pop);
            inside.extend(push.map(|word| (word, now)));
            if pop {
                inside.pop_front();
            }
            assert!(push.is_none() || !direct || inside.is_empty() || buffer.front(None).is_some());
            assert_eq!(buffer.is_empty(), inside.is_empty());
            fullest = fullest.max(inside.len());
        }
        assert!(fullest as u32 >= if back == 0 { front } else { front + back });
    }

    #[test]
    fn words_leave_in_order_and_without_a_gap() {
        for seed in 0..20 {
            run(seed, 16, 32, seed & 1 == 0);
            run(seed, 4, 8, seed & 1 == 0);
            run(seed, 8, 0, seed & 1 == 0);
        }
    }
}
