//! `dm_fifo`: first-word-fall-through FIFO over a synchronous-read memory.

/// The FIFO's registers; `T` is one word.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Fifo<T> {
    mem: Box<[T]>,
    pub wptr_q: u32,
    pub rptr_q: u32,
    pub stored_q: u32,
    pub valid_q: bool,
    data_q: T,
}

impl<T: Copy + Default> Fifo<T> {
    /// An empty FIFO of `depth` words, a power of two.
    pub fn new(depth: u32) -> Self {
        Self {
            mem: vec![T::default(); depth as usize].into(),
            wptr_q: 0,
            rptr_q: 0,
            stored_q: 0,
            valid_q: false,
            data_q: T::default(),
        }
    }

    /// Words inside, `level_o`.
    #[inline]
    pub fn level(&self) -> u32 {
        self.stored_q + u32::from(self.valid_q)
    }

    /// The oldest word once it is in the output register, `valid_o` and `data_o`.
    #[inline]
    pub fn front(&self) -> Option<T> {
        self.valid_q.then_some(self.data_q)
    }

    /// One clock edge. Returns whether it changed any register.
    #[inline]
    pub fn clock(&mut self, push: Option<T>, pop: bool) -> bool {
        let mask = self.mem.len() as u32 - 1;
        let fetch = self.stored_q != 0 && (!self.valid_q || pop);
        if fetch {
            self.data_q = self.mem[self.rptr_q as usize];
            self.rptr_q = (self.rptr_q + 1) & mask;
        }
        self.valid_q = fetch || (self.valid_q && !pop);
        if let Some(word) = push {
            self.mem[self.wptr_q as usize] = word;
            self.wptr_q = (self.wptr_q + 1) & mask;
        }
        self.stored_q = self.stored_q + u32::from(push.is_some()) - u32::from(fetch);
        fetch || push.is_some() || pop
    }

    /// A push and a pop that leave the level as it is, with a word in memory or in the register.
    pub(crate) fn rotate(&mut self, word: T) {
        let mask = self.mem.len() as u32 - 1;
        self.mem[self.wptr_q as usize] = word;
        self.wptr_q = (self.wptr_q + 1) & mask;
        self.data_q = self.mem[self.rptr_q as usize];
        self.rptr_q = (self.rptr_q + 1) & mask;
    }

    /// The words inside, oldest first.
    pub(crate) fn words(&self) -> impl Iterator<Item = T> + '_ {
        let mask = self.mem.len() as u32 - 1;
        let stored = (0..self.stored_q).map(move |i| self.mem[((self.rptr_q + i) & mask) as usize]);
        self.front().into_iter().chain(stored)
    }
}
