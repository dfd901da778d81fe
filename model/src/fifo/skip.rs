//! What only skip mode needs.

use super::Fifo;

impl<T: Copy + Default> Fifo<T> {
    /// Every word has the right parity.
    pub(crate) fn is_sound(&self) -> bool {
        self.wrong.is_empty() && !self.ram_wrong_q && !self.data_wrong_q
    }

    /// A push and a pop after which the words are where the words were before.
    pub(crate) fn rotate(&mut self, word: T) {
        self.push(word);
        self.level_q -= 1;
        self.stored_q -= 1;
        let mask = self.mem.len() as u32 - 1;
        let next = self.mem[self.rptr_q as usize];
        self.rptr_q = (self.rptr_q + 1) & mask;
        self.data_q = if self.ram_valid_q { self.ram_q } else { next };
        self.ram_q = next;
    }

    /// A push, the head being there.
    pub(crate) fn push(&mut self, word: T) {
        self.mem[self.wptr_q as usize] = word;
        self.wptr_q = (self.wptr_q + 1) & (self.mem.len() as u32 - 1);
        self.level_q += 1;
        self.stored_q += 1;
    }

    /// A pop after which the next words are in the registers.
    pub(crate) fn pop(&mut self) {
        self.data_q = self.ram_q;
        self.ram_q = self.mem[self.rptr_q as usize];
        self.rptr_q = (self.rptr_q + 1) & (self.mem.len() as u32 - 1);
        self.level_q -= 1;
        self.stored_q -= 1;
    }

    /// The words inside, oldest first.
    pub(crate) fn words(&self) -> impl Iterator<Item = T> + '_ {
        let mask = self.mem.len() as u32 - 1;
        let stored = (0..self.stored_q).map(move |i| self.mem[((self.rptr_q + i) & mask) as usize]);
        let ram = self.ram_valid_q.then_some(self.ram_q);
        let head = self.valid_q.then_some(self.data_q);
        head.into_iter().chain(ram).chain(stored)
    }
}
