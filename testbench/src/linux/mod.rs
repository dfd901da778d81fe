//! A guest that executes: one RISC-V hart whose memory is behind the node, with a console, a timer and a boot ROM.
//!
//! `board` is the machine as software sees it, `hart` the instruction set, `guest` both on an AXI port with the caches and
//! the store buffer between them, `console` what the guest printed and when, `recorder` writes down
//! what it did to its memory, `soc` the same machine with the hart in RTL, `asm` what the boot ROM is written in.

pub mod asm;
pub mod board;
pub mod console;
pub mod guest;
pub mod hart;
pub mod recorder;
#[cfg(feature = "rtl")]
pub mod soc;
