//! `dm_fifo`: first-word-fall-through FIFO over a synchronous-read memory.

/// The FIFO's registers; `T` is one word.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Fifo<T> {
    mem: Box<[T]>,
    pub wptr_q: u32,
    pub rptr_q: u32,
    pub level_q: u32,
    pub stored_q: u32,
    pub ram_valid_q: bool,
    ram_q: T,
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
            level_q: 0,
            stored_q: 0,
            ram_valid_q: false,
            ram_q: T::default(),
            valid_q: false,
            data_q: T::default(),
        }
    }

    /// Words inside, `level_o`.
    #[inline]
    pub fn level(&self) -> u32 {
        self.level_q
    }

    /// The oldest word once it is in the output register, `valid_o` and `data_o`.
    #[inline]
    pub fn front(&self) -> Option<T> {
        self.valid_q.then_some(self.data_q)
    }

    /// The output register, `data_o`, which keeps the word that was popped last.
    #[inline]
    pub fn output(&self) -> T {
        self.data_q
    }

    /// One clock edge. Returns whether it changed any register.
    #[inline]
    pub fn clock(&mut self, push: Option<T>, pop: bool) -> bool {
        let mask = self.mem.len() as u32 - 1;
        let step = self.ram_valid_q && (!self.valid_q || pop);
        let fetch = self.stored_q != 0 && (!self.ram_valid_q || step);
        if step {
            self.data_q = self.ram_q;
        }
        if fetch {
            self.ram_q = self.mem[self.rptr_q as usize];
            self.rptr_q = (self.rptr_q + 1) & mask;
        }
        self.ram_valid_q = fetch || (self.ram_valid_q && !step);
        self.valid_q = step || (self.valid_q && !pop);
        if let Some(word) = push {
            self.mem[self.wptr_q as usize] = word;
            self.wptr_q = (self.wptr_q + 1) & mask;
        }
        self.level_q = self.level_q + u32::from(push.is_some()) - u32::from(pop);
        self.stored_q = self.stored_q + u32::from(push.is_some()) - u32::from(fetch);
        step || fetch || push.is_some() || pop
    }

    /// A push and a pop after which the words are where the words were before.
    pub(crate) fn rotate(&mut self, word: T) {
        let mask = self.mem.len() as u32 - 1;
        self.mem[self.wptr_q as usize] = word;
        self.wptr_q = (self.wptr_q + 1) & mask;
        let next = self.mem[self.rptr_q as usize];
        self.rptr_q = (self.rptr_q + 1) & mask;
        self.data_q = if self.ram_valid_q { self.ram_q } else { next };
        self.ram_q = next;
    }

    /// The words inside, oldest first.
    pub(crate) fn words(&self) -> impl Iterator<Item = T> + '_ {
        let mask = self.mem.len() as u32 - 1;
        let stored = (0..self.stored_q).map(move |i| self.mem[((self.rptr_q + i) & mask) as usize]);
        let ram = self.ram_valid_q.then_some(self.ram_q);
        self.front().into_iter().chain(ram).chain(stored)
    }
}
