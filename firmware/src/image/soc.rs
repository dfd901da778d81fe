//! The simulation system as the core sees it: all `unsafe` code of the image. The map is that of
//! `rtl/dm_sim_soc.sv`.
#![allow(unsafe_code)]

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use dormouse_driver::mmio::Mmio;
use dormouse_driver::{Bus, BusError, Caches, Gfn, Rfn};
use dormouse_firmware::mailbox::{Exit, STATUS};
use riscv_rt::TrapFrame;

const NODE: usize = 0x8000_0000;
const SOC: usize = 0x8000_1000;
const LIST: usize = 0x2000_0000;
const UART: usize = SOC;
const EXIT: usize = SOC + 0x04;
const CYCLE_LO: usize = SOC + 0x08;
const CYCLE_HI: usize = SOC + 0x0C;
const BUS_ERROR: usize = SOC + 0x10;
const BUS_ERROR_ADDR: usize = SOC + 0x14;
const STRAPS: usize = SOC + 0x18;
const BANK: usize = SOC + 0x1C;
const GUESTS: usize = SOC + 0x20;
const DOORBELL: usize = SOC + 0x24;
const MAILBOX: usize = SOC + 0x40;

/// `BUS_ERROR`: a store that was acknowledged before it was done has failed.
const POSTED: u32 = 4;

/// External interrupts.
const IRQ_NODE: usize = 1;
const IRQ_BUS: usize = 2;

fn load(address: usize) -> u32 {
    // SAFETY: called with the addresses above, which are registers of the SoC or its read-only list.
    unsafe { (address as *const u32).read_volatile() }
}

fn store(address: usize, value: u32) {
    // SAFETY: called with the addresses above, which are registers of the SoC.
    unsafe { (address as *mut u32).write_volatile(value) }
}

/// A word of the mailbox; words beyond its 16 read as 0.
pub fn mailbox(word: usize) -> u32 {
    if word < 16 {
        load(MAILBOX + 4 * word)
    } else {
        0
    }
}

/// Sets a word of the mailbox; words beyond its 16 are not there.
pub fn set_mailbox(word: usize, value: u32) {
    if word < 16 {
        store(MAILBOX + 4 * word, value);
    }
}

/// An entry of the frame list that the simulation provides; the list has 2^17.
pub fn listed(index: u32) -> Rfn {
    Rfn(load(LIST + 4 * (index as usize & 0x1_FFFF)))
}

/// How stores to external memory are answered: bit 0 posted, bit 1 merged.
pub fn straps() -> u32 {
    load(STRAPS)
}

/// Lets a guest that is a core of its own begin.
pub fn start_guest() {
    store(GUESTS, 1);
}

/// The guest physical address whose page the guest wants cleared, if it rings.
pub fn doorbell() -> Option<u32> {
    let value = load(DOORBELL);
    (value >> 31 != 0).then_some(value & 0x7FFF_FFFF)
}

/// The guest goes on; it is told if the page could not be cleared.
pub fn end_doorbell(failed: bool) {
    store(DOORBELL, failed.into());
}

/// Cycles since reset. The read waits until every store to external memory is performed.
pub fn cycles() -> u64 {
    loop {
        let high = load(CYCLE_HI);
        let low = load(CYCLE_LO);
        // The upper half moves once in 2^32 cycles: a second way round is the last.
        if high == load(CYCLE_HI) {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// The core's own cycle counter, low half: a read costs no bus access.
pub fn core_cycles() -> u32 {
    riscv::register::mcycle::read() as u32
}

/// The console.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for byte in s.bytes() {
            store(UART, byte.into());
        }
        Ok(())
    }
}

/// One line on the console.
macro_rules! print {
    ($($arguments:tt)*) => {{
        use core::fmt::Write;
        // The console takes everything.
        let _ = writeln!($crate::soc::Console, $($arguments)*);
    }};
}
pub(crate) use print;

/// Ends the run; the simulation stops at this write.
pub fn exit(code: Exit) -> ! {
    riscv::interrupt::disable();
    store(MAILBOX + 4 * STATUS, code as u32 + 1);
    store(EXIT, code as u32);
    loop {
        riscv::asm::wfi();
    }
}

// ----------------------------------------------------------------------------------------- the node

/// The driver is in a register access and looks at its outcome itself.
static IN_DRIVER: AtomicBool = AtomicBool::new(false);

/// The node's registers, with the errors that the interconnect latches. The core itself does not
/// notice them, so each access costs a second one that looks.
pub struct SocBus {
    node: Mmio,
}

impl SocBus {
    /// The node. There is one: whoever makes two of these may see commands refused.
    pub fn new() -> Self {
        // SAFETY: the address of the node's registers, which lie in the uncached half.
        Self {
            node: unsafe { Mmio::new(NODE) },
        }
    }

    fn checked<T>(
        &mut self,
        access: impl FnOnce(&mut Mmio) -> Result<T, BusError>,
    ) -> Result<T, BusError> {
        IN_DRIVER.store(true, Ordering::Relaxed);
        let result = access(&mut self.node);
        let error = load(BUS_ERROR) & !POSTED;
        if error != 0 {
            store(BUS_ERROR, error);
            // The interrupt handler masked it, if it came so far. Once cleared, it is quiet again.
            load(BUS_ERROR);
            unmask(IRQ_BUS);
        }
        IN_DRIVER.store(false, Ordering::Relaxed);
        if error == 0 {
            result
        } else {
            Err(BusError::Subordinate)
        }
    }
}

impl Bus for SocBus {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        self.checked(|node| node.read(offset))
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        self.checked(|node| node.write(offset, value))
    }
}

// ----------------------------------------------------------------------------------- external memory

/// How external memory is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Through the write-through data cache.
    Cached,
    /// Past it.
    Uncached,
}

/// The GiB that the window is turned to; 0 after reset.
static TURNED_TO: AtomicU32 = AtomicU32::new(0);

/// The address of a frame's first byte; turns the window to the GiB that it lies in.
fn frame(rfn: Rfn, page_shift: u8, window: Window) -> *mut u32 {
    let address = u64::from(rfn.0) << page_shift;
    let bank = (address >> 30) as u32;
    // A store to a SoC register waits for all stores to memory: only when it is needed.
    if TURNED_TO.load(Ordering::Relaxed) != bank {
        store(BANK, bank);
        TURNED_TO.store(bank, Ordering::Relaxed);
    }
    let base = match window {
        Window::Cached => 0x4000_0000,
        Window::Uncached => 0xC000_0000,
    };
    (base | address as usize & 0x3FFF_FFFF) as *mut u32
}

/// Zeroes a frame with stores: 256 in a row, then one branch. Measured with a memory that takes a store
/// each cycle: 64 in a row 3.71 bytes per cycle, 128 3.79, 256 3.83, 512 3.84, of 4 that are possible.
/// More would not leave room in the 4 KiB instruction cache.
pub fn zero(rfn: Rfn, page_shift: u8, window: Window) {
    let start = frame(rfn, page_shift, window);
    // SAFETY: writes the 2^page_shift bytes, a multiple of 1024, of a frame in external memory,
    // where no Rust object lies.
    unsafe {
        core::arch::asm!(
            ".balign 32",
            "2:",
            ".set offset, 0",
            ".rept 256",
            "sw zero, offset({pointer})",
            ".set offset, offset + 4",
            ".endr",
            "addi {pointer}, {pointer}, 1024",
            "bne {pointer}, {end}, 2b",
            pointer = inout(reg) start => _,
            end = in(reg) start.wrapping_byte_add(1 << page_shift),
            options(nostack)
        );
    }
}

/// Forgets what the data cache holds. The engine writes behind its back, so a frame's old contents may
/// be there still; it is write-through, so nothing is lost.
pub fn flush_cache() {
    // SAFETY: VexRiscv's own encoding of "invalidate the data cache", as in LiteX.
    unsafe { core::arch::asm!(".word 0x500F", options(nostack)) }
}

/// The caches between the vCPUs and the node's ports. The core is no vCPU, but what it has cached of a
/// frame must not outlive the frame's use either.
pub struct VcpuCaches;

impl Caches for VcpuCaches {
    fn discard(&mut self, _gfn: Gfn) {
        flush_cache();
    }
}

/// The first word of a frame that is not zero, as an index, with its value.
pub fn find_nonzero(rfn: Rfn, page_shift: u8) -> Option<(usize, u32)> {
    flush_cache();
    let start = frame(rfn, page_shift, Window::Cached);
    for index in 0..1usize << (page_shift - 2) {
        // SAFETY: within the frame, in external memory, where no Rust object lies.
        let word = unsafe { start.wrapping_add(index).read_volatile() };
        if word != 0 {
            return Some((index, word));
        }
    }
    None
}

/// Writes something into a frame: a word in each 64 bytes.
pub fn scribble(rfn: Rfn, page_shift: u8) {
    let start = frame(rfn, page_shift, Window::Cached);
    for index in (0..1usize << (page_shift - 2)).step_by(16) {
        // SAFETY: within the frame, in external memory, where no Rust object lies.
        unsafe { start.wrapping_add(index).write_volatile(!rfn.0) };
    }
}

// ---------------------------------------------------------------------------------------- interrupts

/// The node's interrupt came, and is masked until [`serve`].
static NODE_CALLS: AtomicBool = AtomicBool::new(false);

fn unmask(irq: usize) {
    // SAFETY: VexRiscv's mask of external interrupts, CSR 0xBC0.
    unsafe { core::arch::asm!("csrs 0xBC0, {}", in(reg) irq, options(nomem, nostack)) }
}

fn mask(irq: usize) {
    // SAFETY: VexRiscv's mask of external interrupts, CSR 0xBC0.
    unsafe { core::arch::asm!("csrc 0xBC0, {}", in(reg) irq, options(nomem, nostack)) }
}

/// External interrupts that are up and not masked.
fn pending() -> usize {
    let value: usize;
    // SAFETY: VexRiscv's pending external interrupts, CSR 0xFC0; reading it changes nothing.
    unsafe { core::arch::asm!("csrr {}, 0xFC0", out(reg) value, options(nomem, nostack)) }
    value
}

/// From now on, a failed access that the driver does not see ends the run with a report.
pub fn catch_bus_errors() {
    unmask(IRQ_BUS);
    // SAFETY: the handlers below are in place.
    unsafe {
        riscv::register::mie::set_mext();
        riscv::interrupt::enable();
    }
}

/// Lets the node interrupt.
pub fn listen() {
    NODE_CALLS.store(false, Ordering::Relaxed);
    unmask(IRQ_NODE);
}

/// Whether the node has interrupted since it was last asked. If so, serve it and [`listen`] again.
pub fn node_calls() -> bool {
    NODE_CALLS.load(Ordering::Relaxed)
}

/// Sleeps until the node has interrupted.
pub fn sleep() {
    while !node_calls() {
        riscv::interrupt::disable();
        // With interrupts off, the core wakes up all the same: none slips in between.
        if !node_calls() {
            riscv::asm::wfi();
        }
        // SAFETY: as in `catch_bus_errors`.
        unsafe { riscv::interrupt::enable() };
    }
}

#[unsafe(no_mangle)]
extern "C" fn MachineExternal() {
    let pending = pending();
    if pending & IRQ_NODE != 0 {
        mask(IRQ_NODE);
        NODE_CALLS.store(true, Ordering::Relaxed);
    }
    if pending & IRQ_BUS != 0 {
        if IN_DRIVER.load(Ordering::Relaxed) {
            mask(IRQ_BUS);
        } else {
            report_bus_error();
        }
    }
}

fn report_bus_error() -> ! {
    let error = load(BUS_ERROR);
    let pc = riscv::register::mepc::read();
    if error & 1 != 0 {
        let kind = if error & 2 == 0 {
            "load from"
        } else {
            "store to"
        };
        print!(
            "bus error: {kind} {:#010x}, near pc {pc:#010x}",
            load(BUS_ERROR_ADDR)
        );
    }
    if error & POSTED != 0 {
        print!("bus error: a posted store failed, before pc {pc:#010x}");
    }
    exit(Exit::BusError)
}

#[unsafe(no_mangle)]
extern "C" fn ExceptionHandler(frame: &TrapFrame) -> ! {
    let cause = riscv::register::mcause::read().code();
    let pc = riscv::register::mepc::read();
    let value = riscv::register::mtval::read();
    print!(
        "exception {cause} at pc {pc:#010x}, value {value:#010x}, ra {:#010x}",
        frame.ra
    );
    exit(Exit::Exception)
}

#[unsafe(no_mangle)]
extern "C" fn DefaultHandler() -> ! {
    print!(
        "unexpected interrupt {}",
        riscv::register::mcause::read().code()
    );
    exit(Exit::Exception)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    if let Some(location) = info.location() {
        print!("panic at {}:{}", location.file(), location.line());
    }
    exit(Exit::Panic)
}

/// Accesses that must not be, to show what becomes of them.
pub fn provoke(kind: u32) {
    let address = |address: usize| core::hint::black_box(address);
    // SAFETY: none of these is an access to memory that Rust knows; each is refused by the node, the
    // interconnect or the core, which is their purpose.
    unsafe {
        match kind {
            0 => drop((address(NODE + 0xFFC) as *const u32).read_volatile()),
            1 => (address(NODE + 0x20) as *mut u8).write_volatile(1),
            2 => drop((address(0x9000_0000) as *const u32).read_volatile()),
            // VexRiscv passes over most encodings that mean nothing, but not over this.
            3 => core::arch::asm!("csrw 0x7FF, zero"),
            4 => core::arch::asm!("lw {0}, 0({0})", inout(reg) address(NODE + 2) => _),
            5 => core::arch::asm!("jalr {0}", in(reg) address(LIST), out("ra") _),
            _ => panic!("provoked"),
        }
    }
    // A late report comes before this is through.
    for _ in 0..16 {
        load(STRAPS);
    }
}
