//! The guest's board: where things are, what the boot ROM does, the kernel's image, the device tree.
//!
//! ```text
//! 0x0000_0000  boot ROM                     0x2000_0000  flash: the kernel, and behind it the device tree
//! 0x8000_0000  memory, guest page 0 first   0xf000_1000  UART (16550, always ready)
//! 0xf000_2000  marks (see MARK_*)           0xf001_0000  CLINT: software interrupt, timer
//! ```
//! What lies at `0xf000_0000` and above is not cached. The ROM copies the kernel and the device tree from flash into memory
//! by ordinary stores: nothing is in memory that the guest did not write.

use thiserror::Error;
use vm_fdt::FdtWriter;

use super::asm::{A0, A1, FENCE, FENCE_I, Reg, T0, T1, T2, ZERO, addi, bltu, jr, li, lw, sw};

/// Base of the flash.
pub const FLASH: u32 = 0x2000_0000;
/// Most bytes of the flash.
pub const FLASH_BYTES: u32 = 8 << 20;
/// Base of memory.
pub const RAM: u32 = 0x8000_0000;
/// Most bytes of memory: up to the devices.
pub const RAM_MOST: u64 = 0x7000_0000;
/// What is not cached begins here.
pub const DEVICES: u32 = 0xf000_0000;
/// Base of the UART.
pub const UART: u32 = 0xf000_1000;
/// Base of the marks: a store of a `MARK_*` says how far the ROM is.
pub const MARKS: u32 = 0xf000_2000;
/// Base of the CLINT.
pub const CLINT: u32 = 0xf001_0000;
/// Offset of `mtimecmp` in the CLINT.
pub const MTIMECMP: u32 = 0x4000;
/// Offset of `mtime`.
pub const MTIME: u32 = 0xbff8;
/// Cycles of the clock, 100 MHz, in one of the timer, 10 MHz.
pub const CYCLES_PER_TICK: u64 = 10;

/// Memory is ready: what comes now is the same whoever zeroed it.
pub const MARK_START: u32 = 1;
/// The kernel begins.
pub const MARK_KERNEL: u32 = 2;

/// Bytes of a page.
pub const PAGE: u64 = 4096;
/// Bytes that memory is cleared by in a round of the ROM's loop.
const CLEAR: u32 = 256;
/// Bytes that are copied in a round.
const COPY: u32 = 32;

/// Why a guest cannot start.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BoardError {
    /// Not an image for this hart.
    #[error("the kernel is {0}: it must be a 32-bit RISC-V `Image` for machine mode")]
    Architecture(String),
    /// The image and its device tree do not fit.
    #[error(
        "the kernel takes {needs} bytes with its device tree, and {what} has {has}: give it more, or a smaller kernel"
    )]
    TooLarge {
        /// What it takes.
        needs: u64,
        /// Where.
        what: &'static str,
        /// What is there.
        has: u64,
    },
    /// Memory that no page divides, or more than addresses reach.
    #[error(
        "memory of {0} bytes: it must be a multiple of a page, 4096 bytes, and at most 0x70000000"
    )]
    Memory(u64),
    /// Not a flattened device tree.
    #[error("the device tree is {0}")]
    DeviceTree(String),
}

/// A kernel's image, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What is in the file, a multiple of four bytes.
    bytes: Vec<u8>,
    /// Bytes that it takes in memory, what it clears itself included.
    takes: u64,
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    let (low, high) = (word(bytes, at)?, word(bytes, at + 4)?);
    Some(u64::from(high) << 32 | u64::from(low))
}

impl Image {
    /// Checks a file's contents: the header that Linux gives a RISC-V image (`Documentation/arch/riscv/boot-image-header.rst`).
    ///
    /// # Errors
    /// [`BoardError::Architecture`] with what it is instead.
    pub fn new(file: &[u8]) -> Result<Self, BoardError> {
        let other = |what: &str| Err(BoardError::Architecture(what.to_owned()));
        if file.starts_with(b"\x7fELF") {
            return other("an ELF file, such as vmlinux");
        }
        if file.starts_with(b"\x1f\x8b") {
            return other("compressed, such as Image.gz");
        }
        if word(file, 0x202) == Some(u32::from_le_bytes(*b"HdrS")) {
            return other("for x86");
        }
        match word(file, 56) {
            Some(magic) if magic == u32::from_le_bytes(*b"RSC\x05") => {}
            Some(magic) if magic == u32::from_le_bytes(*b"ARM\x64") => {
                return other("for 64-bit ARM");
            }
            _ => return other("no kernel image that is known here"),
        }
        let (offset, size) = (long(file, 8).unwrap_or(0), long(file, 16).unwrap_or(0));
        if offset != 0 {
            return other(&format!(
                "for RISC-V with an MMU (it wants to lie {offset:#x} bytes into memory, one for machine mode lies at 0)"
            ));
        }
        let mut bytes = file.to_vec();
        bytes.resize(file.len().next_multiple_of(COPY as usize), 0);
        let takes = size.max(bytes.len() as u64);
        Ok(Self { bytes, takes })
    }

    /// A program for tests and measurements, with the header in front; it begins at [`RAM`] + 64.
    pub fn of_program(words: &[u32]) -> Self {
        let mut bytes = vec![0; 64];
        bytes[..4].copy_from_slice(&super::asm::j(64).to_le_bytes());
        bytes[56..60].copy_from_slice(b"RSC\x05");
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes.resize(bytes.len().next_multiple_of(COPY as usize), 0);
        let takes = bytes.len() as u64;
        bytes[16..24].copy_from_slice(&takes.to_le_bytes());
        Self { bytes, takes }
    }

    /// What a file of it holds.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The device tree of this board: one hart, `memory` bytes, a UART, a timer.
///
/// # Errors
/// None in practice: names and values are well-formed.
pub fn device_tree(memory: u64, bootargs: &str) -> Result<Vec<u8>, BoardError> {
    build_tree(memory, bootargs)
        .map_err(|error| BoardError::DeviceTree(format!("not built: {error}")))
}

fn build_tree(memory: u64, bootargs: &str) -> Result<Vec<u8>, vm_fdt::Error> {
    const HART_INTERRUPTS: u32 = 1;
    let mut fdt = FdtWriter::new()?;
    let cells = |fdt: &mut FdtWriter, sizes: u32| {
        fdt.property_u32("#address-cells", 1)?;
        fdt.property_u32("#size-cells", sizes)
    };
    let root = fdt.begin_node("")?;
    cells(&mut fdt, 1)?;
    fdt.property_string("compatible", "dormouse,sim")?;
    fdt.property_string("model", "Dormouse simulation guest")?;

    let chosen = fdt.begin_node("chosen")?;
    fdt.property_string("bootargs", bootargs)?;
    fdt.property_string("stdout-path", "/soc/serial@f0001000")?;
    fdt.end_node(chosen)?;

    let node = fdt.begin_node("memory@80000000")?;
    fdt.property_string("device_type", "memory")?;
    fdt.property_array_u32("reg", &[RAM, memory as u32])?;
    fdt.end_node(node)?;

    let cpus = fdt.begin_node("cpus")?;
    cells(&mut fdt, 0)?;
    fdt.property_u32("timebase-frequency", 10_000_000)?;
    let cpu = fdt.begin_node("cpu@0")?;
    fdt.property_string("device_type", "cpu")?;
    fdt.property_u32("reg", 0)?;
    fdt.property_string("compatible", "riscv")?;
    fdt.property_string("riscv,isa", "rv32ima_zicsr_zifencei")?;
    fdt.property_string("riscv,isa-base", "rv32i")?;
    let extensions = ["i", "m", "a", "zicsr", "zifencei"];
    fdt.property_string_list(
        "riscv,isa-extensions",
        extensions.map(str::to_owned).to_vec(),
    )?;
    fdt.property_string("status", "okay")?;
    let interrupts = fdt.begin_node("interrupt-controller")?;
    fdt.property_u32("#interrupt-cells", 1)?;
    fdt.property_null("interrupt-controller")?;
    fdt.property_string("compatible", "riscv,cpu-intc")?;
    fdt.property_phandle(HART_INTERRUPTS)?;
    fdt.end_node(interrupts)?;
    fdt.end_node(cpu)?;
    fdt.end_node(cpus)?;

    let soc = fdt.begin_node("soc")?;
    cells(&mut fdt, 1)?;
    fdt.property_string("compatible", "simple-bus")?;
    fdt.property_null("ranges")?;
    let clint = fdt.begin_node("clint@f0010000")?;
    fdt.property_string("compatible", "riscv,clint0")?;
    fdt.property_array_u32("reg", &[CLINT, 0x1_0000])?;
    fdt.property_array_u32(
        "interrupts-extended",
        &[HART_INTERRUPTS, 3, HART_INTERRUPTS, 7],
    )?;
    fdt.end_node(clint)?;
    let serial = fdt.begin_node("serial@f0001000")?;
    fdt.property_string("compatible", "ns16550a")?;
    fdt.property_array_u32("reg", &[UART, 0x100])?;
    fdt.property_u32("clock-frequency", 3_686_400)?;
    fdt.end_node(serial)?;
    fdt.end_node(soc)?;
    fdt.end_node(root)?;
    fdt.finish()
}

/// Checks a device tree that somebody else made.
///
/// # Errors
/// [`BoardError::DeviceTree`].
pub fn check_tree(blob: &[u8]) -> Result<(), BoardError> {
    let big = |at: usize| word(blob, at).map(u32::swap_bytes);
    match (big(0), big(4)) {
        (Some(0xd00d_feed), Some(size)) if size as usize <= blob.len() => Ok(()),
        (Some(0xd00d_feed), _) => Err(BoardError::DeviceTree("cut off".to_owned())),
        _ => Err(BoardError::DeviceTree(
            "no flattened device tree: `dtc` makes one from a source".to_owned(),
        )),
    }
}

/// All that a guest starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Bytes of memory.
    pub memory: u64,
    /// The boot ROM.
    pub rom: Vec<u32>,
    /// The flash.
    pub flash: Vec<u32>,
    /// Bytes that the kernel takes in memory.
    pub takes: u64,
}

impl Board {
    /// A board with this much memory that starts `image`; with `clear`, its ROM zeroes all of it first.
    ///
    /// # Errors
    /// What does not fit.
    pub fn new(memory: u64, image: &Image, tree: &[u8], clear: bool) -> Result<Self, BoardError> {
        if memory == 0 || !memory.is_multiple_of(PAGE) || memory > RAM_MOST {
            return Err(BoardError::Memory(memory));
        }
        check_tree(tree)?;
        let mut flash = image.bytes.clone();
        let kernel = flash.len() as u32;
        flash.extend_from_slice(tree);
        flash.resize(flash.len().next_multiple_of(COPY as usize), 0);
        let tree_bytes = flash.len() as u32 - kernel;
        // The device tree lies in memory's last pages.
        let tree_takes = u64::from(tree_bytes).next_multiple_of(PAGE);
        for (needs, what, has) in [
            (image.takes + tree_takes, "memory", memory),
            (flash.len() as u64, "flash", FLASH_BYTES.into()),
        ] {
            if needs > has {
                return Err(BoardError::TooLarge { needs, what, has });
            }
        }
        let end = RAM + memory as u32;
        let tree_at = end - tree_takes as u32;

        let mut rom = Rom::default();
        if clear {
            rom.clear(RAM, end);
        }
        rom.mark(MARK_START);
        rom.copy(FLASH, RAM, RAM + kernel);
        rom.copy(FLASH + kernel, tree_at, tree_at + tree_bytes);
        rom.words.extend([FENCE, FENCE_I]);
        rom.mark(MARK_KERNEL);
        rom.set(A0, 0);
        rom.set(A1, tree_at);
        rom.set(T0, RAM);
        rom.words.push(jr(T0));
        let flash = flash
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        Ok(Self {
            memory,
            rom: rom.words,
            flash,
            takes: image.takes,
        })
    }
}

/// The boot ROM's code.
#[derive(Default)]
struct Rom {
    words: Vec<u32>,
}

impl Rom {
    fn set(&mut self, register: Reg, value: u32) {
        self.words.extend(li(register, value));
    }

    fn mark(&mut self, mark: u32) {
        self.set(T0, MARKS);
        self.words
            .extend([addi(T1, ZERO, mark.cast_signed()), sw(T1, T0, 0)]);
    }

    /// Clears memory by the best loop that the core can do: a long row of stores. Both bounds are multiples of [`CLEAR`].
    fn clear(&mut self, from: u32, to: u32) {
        self.set(T0, from);
        self.set(T1, to);
        let stores = (CLEAR / 4).cast_signed();
        self.words
            .extend((0..stores).map(|store| sw(ZERO, T0, 4 * store)));
        self.words.extend([
            addi(T0, T0, CLEAR.cast_signed()),
            bltu(T0, T1, -4 * (stores + 1)),
        ]);
    }

    /// Copies words from `from` to `to..end`.
    fn copy(&mut self, from: u32, to: u32, end: u32) {
        self.set(T0, from);
        self.set(T1, to);
        self.set(T2, end);
        let words = (COPY / 4).cast_signed();
        let register = |word: i32| A0 + word.cast_unsigned();
        self.words
            .extend((0..words).map(|word| lw(register(word), T0, 4 * word)));
        self.words
            .extend((0..words).map(|word| sw(register(word), T1, 4 * word)));
        self.words.extend([
            addi(T0, T0, COPY.cast_signed()),
            addi(T1, T1, COPY.cast_signed()),
            bltu(T1, T2, -4 * (2 * words + 2)),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_kernel_for_this_hart_is_told_what_it_is() {
        let mut file = vec![0; 4096];
        let says = |file: &[u8]| Image::new(file).unwrap_err().to_string();
        assert!(says(&file).contains("no kernel image"));
        assert!(says(b"\x7fELF").contains("ELF"));
        file[56..60].copy_from_slice(b"ARM\x64");
        assert!(says(&file).contains("64-bit ARM"));
        file[56..60].copy_from_slice(b"RSC\x05");
        assert!(Image::new(&file).is_ok());
        file[8..16].copy_from_slice(&0x40_0000_u64.to_le_bytes());
        assert!(says(&file).contains("MMU"));
        let program = Image::of_program(&[0x73]);
        assert_eq!(Image::new(program.bytes()), Ok(program));
    }

    #[test]
    fn what_does_not_fit_is_named_with_both_sizes() {
        let image = Image::of_program(&vec![0; 10_000]);
        let tree = device_tree(1 << 20, "").unwrap();
        let board = |memory| Board::new(memory, &image, &tree, false);
        assert!(board(1 << 20).is_ok());
        assert_eq!(board(0).unwrap_err(), BoardError::Memory(0));
        assert_eq!(board(40_000).unwrap_err(), BoardError::Memory(40_000));
        let error = board(40_960).unwrap_err();
        assert!(
            matches!(
                error,
                BoardError::TooLarge {
                    what: "memory",
                    has: 40_960,
                    ..
                }
            ),
            "{error}"
        );
        let large = Image::of_program(&vec![0; FLASH_BYTES as usize / 4]);
        let error = Board::new(1 << 26, &large, &tree, false).unwrap_err();
        assert!(
            matches!(error, BoardError::TooLarge { what: "flash", .. }),
            "{error}"
        );
    }

    #[test]
    fn a_device_tree_is_one_or_the_error_says_so() {
        let tree = device_tree(1 << 26, "console=ttyS0").unwrap();
        assert_eq!(check_tree(&tree), Ok(()));
        assert!(
            check_tree(&tree[..tree.len() - 1])
                .unwrap_err()
                .to_string()
                .contains("cut off")
        );
        assert!(
            check_tree(b"/dts-v1/;")
                .unwrap_err()
                .to_string()
                .contains("dtc")
        );
    }
}
