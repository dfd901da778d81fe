//! The register window as memory: the one place with `unsafe` code.
#![allow(unsafe_code)]

use crate::{Bus, BusError};

/// A node's registers at a fixed address of this hart's address space.
///
/// It reports no errors: what a failed load or store does is the business of the core and its
/// interconnect. Where the interconnect latches errors, wrap this type in a [`Bus`] that looks there.
#[derive(Debug)]
pub struct Mmio {
    base: *mut u32,
}

impl Mmio {
    /// Binds the window of 4 KiB at `base` (a byte address, 4-byte aligned).
    ///
    /// # Safety
    /// `base` must be the address of a node's register window, mapped without caching for as long as
    /// this value lives, and nothing else may access it meanwhile.
    pub const unsafe fn new(base: usize) -> Self {
        Self {
            base: base as *mut u32,
        }
    }
}

impl Bus for Mmio {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        if offset > 0xFFC || !offset.is_multiple_of(4) {
            return Err(BusError::Decode);
        }
        // SAFETY: within the window that `new` was promised, and aligned.
        Ok(unsafe { self.base.byte_add(usize::from(offset)).read_volatile() })
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        if offset > 0xFFC || !offset.is_multiple_of(4) {
            return Err(BusError::Decode);
        }
        // SAFETY: within the window that `new` was promised, and aligned.
        unsafe {
            self.base
                .byte_add(usize::from(offset))
                .write_volatile(value);
        };
        Ok(())
    }
}
