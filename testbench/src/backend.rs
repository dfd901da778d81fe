//! What the nodes of every target have in common: the model, the Verilated RTL, and both in lockstep.

use dormouse_model::{Config, Node, NodeIn, NodeOut};

use crate::difference::Difference;

/// A node that can be clocked. Tests are written against this and run on each backend.
pub trait Backend {
    /// The parameters it was built with.
    fn config(&self) -> &Config;

    /// What it drives in this cycle, in which the world drives `ins`.
    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut;

    /// One clock edge at which the world drove `ins`, the same as in the last [`Self::outputs`] if
    /// that was asked for in this cycle.
    ///
    /// # Errors
    /// In lockstep, the first difference; on RTL, a failed assertion.
    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>>;

    /// Resets the node and not its memory, between two edges: `rst_ni` goes low and high again, `mem_rst_ni` stays high.
    fn reset_node(&mut self);

    /// For how many further edges with these same inputs [`Self::outputs`], which was asked for in this
    /// cycle, is certain to stay.
    fn stable_for(&self, _ins: &NodeIn) -> u64 {
        0
    }

    /// The same as `n` calls of [`Self::clock`]; `n` is at most [`Self::stable_for`].
    ///
    /// # Errors
    /// As [`Self::clock`].
    fn clock_many(&mut self, ins: &NodeIn, n: u64) -> Result<(), Box<Difference>> {
        (0..n).try_for_each(|_| self.clock(ins))
    }

    /// The model, where this is nothing else: skip mode asks it for more.
    fn as_model(&mut self) -> Option<&mut Node> {
        None
    }

    /// Frames in the engine, the register `dm_frames.zeroing_q`; `None` in a build that hides it.
    fn zeroing(&self) -> Option<u32>;

    /// Checks that hold only when a run is over and nothing is in flight: the contents of every memory.
    ///
    /// # Errors
    /// The first difference.
    fn finish(&mut self) -> Result<(), Box<Difference>> {
        Ok(())
    }
}

impl Backend for Node {
    fn config(&self) -> &Config {
        Node::config(self)
    }

    #[inline]
    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        Node::outputs(self, ins)
    }

    #[inline]
    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>> {
        Node::clock(self, ins);
        Ok(())
    }

    fn reset_node(&mut self) {
        self.reset();
    }

    #[inline]
    fn stable_for(&self, ins: &NodeIn) -> u64 {
        Node::stable_for(self, ins)
    }

    #[inline]
    fn clock_many(&mut self, ins: &NodeIn, n: u64) -> Result<(), Box<Difference>> {
        Node::clock_many(self, ins, n);
        Ok(())
    }

    fn as_model(&mut self) -> Option<&mut Node> {
        Some(self)
    }

    #[inline]
    fn zeroing(&self) -> Option<u32> {
        Some(self.frames.zeroing_q)
    }
}

impl<T: Backend + ?Sized> Backend for Box<T> {
    fn config(&self) -> &Config {
        (**self).config()
    }

    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        (**self).outputs(ins)
    }

    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>> {
        (**self).clock(ins)
    }

    fn reset_node(&mut self) {
        (**self).reset_node();
    }

    fn stable_for(&self, ins: &NodeIn) -> u64 {
        (**self).stable_for(ins)
    }

    fn clock_many(&mut self, ins: &NodeIn, n: u64) -> Result<(), Box<Difference>> {
        (**self).clock_many(ins, n)
    }

    fn as_model(&mut self) -> Option<&mut Node> {
        (**self).as_model()
    }

    fn zeroing(&self) -> Option<u32> {
        (**self).zeroing()
    }

    fn finish(&mut self) -> Result<(), Box<Difference>> {
        (**self).finish()
    }
}
