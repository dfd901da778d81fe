//! `dm_fifo`: first-word-fall-through FIFO over a synchronous-read memory, whose words carry parity.

mod skip;

/// The FIFO's registers; `T` is one word. Parity is modelled as whether it is wrong.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Fifo<T> {
    mem: Box<[T]>,
    /// Places of `mem` with wrong parity: none, but in tests.
    wrong: Vec<u32>,
    pub wptr_q: u32,
    pub rptr_q: u32,
    pub level_q: u32,
    pub stored_q: u32,
    pub ram_valid_q: bool,
    ram_q: T,
    ram_wrong_q: bool,
    pub valid_q: bool,
    data_q: T,
    data_wrong_q: bool,
    pub good_q: bool,
    pub bad_q: bool,
}

impl<T: Copy + Default> Fifo<T> {
    /// An empty FIFO of `depth` words, a power of two.
    pub fn new(depth: u32) -> Self {
        Self {
            mem: vec![T::default(); depth as usize].into(),
            wrong: Vec::new(),
            wptr_q: 0,
            rptr_q: 0,
            level_q: 0,
            stored_q: 0,
            ram_valid_q: false,
            ram_q: T::default(),
            ram_wrong_q: false,
            valid_q: false,
            data_q: T::default(),
            data_wrong_q: false,
            good_q: false,
            bad_q: false,
        }
    }

    /// Words inside, `level_o`.
    #[inline]
    pub fn level(&self) -> u32 {
        self.level_q
    }

    /// The oldest word once its parity is known to be right, `valid_o` and `data_o`.
    #[inline]
    pub fn front(&self) -> Option<T> {
        self.good_q.then_some(self.data_q)
    }

    /// The oldest word has wrong parity, `bad_o`.
    #[inline]
    pub fn is_bad(&self) -> bool {
        self.bad_q
    }

    /// The output register, `data_o`, which keeps the word that was popped last.
    #[inline]
    pub fn output(&self) -> T {
        self.data_q
    }

    /// One clock edge; with `poison` the word that is pushed gets wrong parity. Returns whether it changed any register.
    #[inline]
    pub fn clock(&mut self, push: Option<T>, poison: bool, pop: bool) -> bool {
        let mask = self.mem.len() as u32 - 1;
        let step = self.ram_valid_q && (!self.valid_q || pop);
        let fetch = self.stored_q != 0 && (!self.ram_valid_q || step);
        let checked = self.valid_q && !pop;
        let known = self.good_q || self.bad_q;
        self.good_q = checked && !self.data_wrong_q;
        self.bad_q = checked && self.data_wrong_q;
        if step {
            self.data_q = self.ram_q;
            self.data_wrong_q = self.ram_wrong_q;
        }
        if fetch {
            self.ram_q = self.mem[self.rptr_q as usize];
            self.ram_wrong_q = self.wrong.contains(&self.rptr_q);
            self.rptr_q = (self.rptr_q + 1) & mask;
        }
        self.ram_valid_q = fetch || (self.ram_valid_q && !step);
        self.valid_q = step || (self.valid_q && !pop);
        if let Some(word) = push {
            if poison || !self.wrong.is_empty() {
                self.wrong.retain(|&place| place != self.wptr_q);
                self.wrong.extend(poison.then_some(self.wptr_q));
            }
            self.mem[self.wptr_q as usize] = word;
            self.wptr_q = (self.wptr_q + 1) & mask;
        }
        self.level_q = self.level_q + u32::from(push.is_some()) - u32::from(pop);
        self.stored_q = self.stored_q + u32::from(push.is_some()) - u32::from(fetch);
        step || fetch || push.is_some() || pop || known != checked
    }
}
