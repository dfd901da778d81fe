//! One RISC-V hart: RV32IMA with Zicsr and Zifencei, machine and user mode, no translation.
//!
//! It knows instructions and nothing of time: what an access takes is its [`Port`]'s business. An instruction whose
//! access has to wait changes nothing, and is executed again when the port is ready.

/// Why an access did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Not now: the same instruction again, later.
    Wait,
    /// The bus refused it.
    Fault,
}

/// What a hart is attached to. Addresses are aligned to the access.
pub trait Port {
    /// An instruction.
    ///
    /// # Errors
    /// It has to wait, or the bus refuses it.
    fn fetch(&mut self, addr: u32) -> Result<u32, Stop>;

    /// 1, 2 or 4 bytes, in the low bits.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    fn load(&mut self, addr: u32, bytes: u32) -> Result<u32, Stop>;

    /// Whether a store would not wait now. An instruction that loads and stores asks first.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    fn ready_to_store(&mut self, addr: u32) -> Result<(), Stop>;

    /// 1, 2 or 4 bytes, from the low bits.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    fn store(&mut self, addr: u32, bytes: u32, value: u32) -> Result<(), Stop>;

    /// Earlier stores are performed; with `instructions`, later fetches see them.
    ///
    /// # Errors
    /// [`Stop::Wait`].
    fn fence(&mut self, instructions: bool) -> Result<(), Stop>;

    /// Loads see what is in memory: the data cache is emptied.
    fn flush(&mut self);

    /// Cycles since reset.
    fn cycle(&self) -> u64;

    /// The machine's time.
    fn time(&self) -> u64;

    /// Pending interrupts, as in `mip`.
    fn pending(&self) -> u32;

    /// The address of a store that failed after it was posted, once.
    fn failed_store(&mut self) -> Option<u32>;
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// An instruction, or a trap.
    Step {
        /// The instruction was a division, which takes longer.
        slow: bool,
        /// The next instruction is not the one behind it.
        jump: bool,
    },
    /// It waits for an interrupt.
    Idle,
    /// Nothing: an access has to wait.
    Wait,
}

const ILLEGAL: u32 = 2;
const BREAKPOINT: u32 = 3;
const FETCH_FAULT: u32 = 1;
const LOAD_MISALIGNED: u32 = 4;
const LOAD_FAULT: u32 = 5;
const STORE_MISALIGNED: u32 = 6;
const STORE_FAULT: u32 = 7;
const USER_CALL: u32 = 8;
const MACHINE_CALL: u32 = 11;
const FETCH_MISALIGNED: u32 = 0;

const MIE: u32 = 1 << 3;
const MPIE: u32 = 1 << 7;
const MPP: u32 = 3 << 11;

/// RV32IMA, machine and user mode.
const MISA: u32 = 1 << 30 | 1 << 8 | 1 << 12 | 1 | 1 << 20;

enum Exit {
    Wait,
    Idle,
    Trap(u32, u32),
}

/// The state of a hart.
#[derive(Clone, Debug)]
pub struct Hart {
    /// Of the next instruction.
    pub pc: u32,
    /// Instructions executed.
    pub instructions: u64,
    x: [u32; 32],
    machine: bool,
    status: u32,
    enabled: u32,
    vector: u32,
    scratch: u32,
    epc: u32,
    cause: u32,
    value: u32,
    counters: u32,
    /// The address of a load that no store has touched since, for `sc`.
    reserved: Option<u32>,
}

impl Hart {
    /// After reset, about to execute the instruction at `pc`.
    pub fn new(pc: u32) -> Self {
        Self {
            pc,
            instructions: 0,
            x: [0; 32],
            machine: true,
            status: MPP,
            enabled: 0,
            vector: 0,
            scratch: 0,
            epc: 0,
            cause: 0,
            value: 0,
            counters: 0,
            reserved: None,
        }
    }

    /// A register.
    pub fn register(&self, number: usize) -> u32 {
        self.x[number & 31]
    }

    /// Whether it executes in machine mode.
    pub fn in_machine_mode(&self) -> bool {
        self.machine
    }

    /// Whether an interrupt that is enabled is pending, whatever `mstatus` says.
    pub fn awake(&self, port: &impl Port) -> bool {
        port.pending() & self.enabled != 0
    }

    fn trap(&mut self, cause: u32, value: u32) {
        self.epc = self.pc;
        self.cause = cause;
        self.value = value;
        self.status = self.status & !(MIE | MPIE | MPP)
            | if self.status & MIE == 0 { 0 } else { MPIE }
            | if self.machine { MPP } else { 0 };
        self.machine = true;
        self.reserved = None;
        let vectored = self.vector & 1 == 1 && cause >> 31 == 1;
        self.pc = (self.vector & !3).wrapping_add(if vectored { cause << 2 } else { 0 });
    }

    /// The next instruction, or the trap before it.
    #[inline]
    pub fn step(&mut self, port: &mut impl Port) -> Did {
        const TRAP: Did = Did::Step {
            slow: false,
            jump: true,
        };
        if !self.machine || self.status & MIE != 0 {
            let pending = port.pending() & self.enabled;
            if pending != 0 {
                // External, software, timer.
                let number = [11, 3, 7].into_iter().find(|bit| pending >> bit & 1 == 1);
                self.trap(1 << 31 | number.unwrap_or(pending.trailing_zeros()), 0);
                return TRAP;
            }
        }
        if let Some(addr) = port.failed_store() {
            self.trap(STORE_FAULT, addr);
            return TRAP;
        }
        let word = match port.fetch(self.pc) {
            Ok(word) => word,
            Err(Stop::Wait) => return Did::Wait,
            Err(Stop::Fault) => {
                self.trap(FETCH_FAULT, self.pc);
                return TRAP;
            }
        };
        let before = self.pc;
        match self.execute(word, port) {
            Ok(slow) => {
                self.instructions += 1;
                let jump = self.pc != before.wrapping_add(4);
                Did::Step { slow, jump }
            }
            Err(Exit::Wait) => Did::Wait,
            Err(Exit::Idle) => {
                self.instructions += 1;
                self.pc = before.wrapping_add(4);
                Did::Idle
            }
            Err(Exit::Trap(cause, value)) => {
                self.trap(cause, value);
                TRAP
            }
        }
    }

    #[inline]
    fn set(&mut self, rd: u32, value: u32) {
        self.x[rd as usize] = value;
        self.x[0] = 0;
    }

    #[inline]
    fn execute(&mut self, word: u32, port: &mut impl Port) -> Result<bool, Exit> {
        let illegal = || Exit::Trap(ILLEGAL, word);
        let rd = word >> 7 & 31;
        let a = self.x[(word >> 15 & 31) as usize];
        let b = self.x[(word >> 20 & 31) as usize];
        let funct = word >> 12 & 7;
        let imm = (word.cast_signed() >> 20).cast_unsigned();
        let next = self.pc.wrapping_add(4);
        let mut target = next;
        let mut slow = false;
        match word & 0x7f {
            0x37 => self.set(rd, word & !0xfff),
            0x17 => self.set(rd, self.pc.wrapping_add(word & !0xfff)),
            0x6f => {
                let offset = (word.cast_signed() >> 31).cast_unsigned() << 20
                    | word & 0xf_f000
                    | word >> 9 & 0x800
                    | word >> 20 & 0x7fe;
                target = self.pc.wrapping_add(offset);
                if target & 3 != 0 {
                    return Err(Exit::Trap(FETCH_MISALIGNED, target));
                }
                self.set(rd, next);
            }
            0x67 if funct == 0 => {
                target = a.wrapping_add(imm) & !1;
                if target & 3 != 0 {
                    return Err(Exit::Trap(FETCH_MISALIGNED, target));
                }
                self.set(rd, next);
            }
            0x63 => {
                let taken = match funct {
                    0 => a == b,
                    1 => a != b,
                    4 => a.cast_signed() < b.cast_signed(),
                    5 => a.cast_signed() >= b.cast_signed(),
                    6 => a < b,
                    7 => a >= b,
                    _ => return Err(illegal()),
                };
                if taken {
                    let offset = (word.cast_signed() >> 31).cast_unsigned() << 12
                        | word << 4 & 0x800
                        | word >> 20 & 0x7e0
                        | word >> 7 & 0x1e;
                    target = self.pc.wrapping_add(offset);
                    if target & 3 != 0 {
                        return Err(Exit::Trap(FETCH_MISALIGNED, target));
                    }
                }
            }
            0x03 => {
                let addr = a.wrapping_add(imm);
                let bytes = match funct {
                    0 | 4 => 1,
                    1 | 5 => 2,
                    2 => 4,
                    _ => return Err(illegal()),
                };
                if addr & (bytes - 1) != 0 {
                    return Err(Exit::Trap(LOAD_MISALIGNED, addr));
                }
                let value = port
                    .load(addr, bytes)
                    .map_err(|stop| exit(stop, LOAD_FAULT, addr))?;
                let value = match funct {
                    0 => (value as i8 as i32).cast_unsigned(),
                    1 => (value as i16 as i32).cast_unsigned(),
                    _ => value,
                };
                self.set(rd, value);
            }
            0x23 => {
                let imm = imm & !31 | word >> 7 & 31;
                let addr = a.wrapping_add(imm);
                let bytes = match funct {
                    0 => 1,
                    1 => 2,
                    2 => 4,
                    _ => return Err(illegal()),
                };
                if addr & (bytes - 1) != 0 {
                    return Err(Exit::Trap(STORE_MISALIGNED, addr));
                }
                port.store(addr, bytes, b)
                    .map_err(|stop| exit(stop, STORE_FAULT, addr))?;
            }
            0x13 => {
                let shift = imm & 31;
                let value = match (funct, word >> 25) {
                    (0, _) => a.wrapping_add(imm),
                    (2, _) => u32::from(a.cast_signed() < imm.cast_signed()),
                    (3, _) => u32::from(a < imm),
                    (4, _) => a ^ imm,
                    (6, _) => a | imm,
                    (7, _) => a & imm,
                    (1, 0) => a << shift,
                    (5, 0) => a >> shift,
                    (5, 0x20) => (a.cast_signed() >> shift).cast_unsigned(),
                    _ => return Err(illegal()),
                };
                self.set(rd, value);
            }
            0x33 => {
                let shift = b & 31;
                let value = match (word >> 25, funct) {
                    (0, 0) => a.wrapping_add(b),
                    (0x20, 0) => a.wrapping_sub(b),
                    (0, 1) => a << shift,
                    (0, 2) => u32::from(a.cast_signed() < b.cast_signed()),
                    (0, 3) => u32::from(a < b),
                    (0, 4) => a ^ b,
                    (0, 5) => a >> shift,
                    (0x20, 5) => (a.cast_signed() >> shift).cast_unsigned(),
                    (0, 6) => a | b,
                    (0, 7) => a & b,
                    (1, _) => {
                        slow = funct >= 4;
                        multiply(funct, a, b)
                    }
                    _ => return Err(illegal()),
                };
                self.set(rd, value);
            }
            0x0f if funct <= 1 => {
                port.fence(funct == 1).map_err(|_| Exit::Wait)?;
            }
            // `VexRiscv`'s own encoding.
            0x0f if funct == 5 => port.flush(),
            0x2f if funct == 2 => self.atomic(word, a, b, port)?,
            0x73 => {
                if let Some(to) = self.system(word, a, port)? {
                    target = to;
                }
            }
            _ => return Err(illegal()),
        }
        self.pc = target;
        Ok(slow)
    }

    fn atomic(&mut self, word: u32, addr: u32, b: u32, port: &mut impl Port) -> Result<(), Exit> {
        let rd = word >> 7 & 31;
        let what = word >> 27;
        if what == 2 {
            if addr & 3 != 0 {
                return Err(Exit::Trap(LOAD_MISALIGNED, addr));
            }
            let value = port
                .load(addr, 4)
                .map_err(|stop| exit(stop, LOAD_FAULT, addr))?;
            self.reserved = Some(addr);
            self.set(rd, value);
            return Ok(());
        }
        if addr & 3 != 0 {
            return Err(Exit::Trap(STORE_MISALIGNED, addr));
        }
        let fault = |stop| exit(stop, STORE_FAULT, addr);
        if what == 3 {
            let held = self.reserved == Some(addr);
            if held {
                port.store(addr, 4, b).map_err(fault)?;
            }
            self.reserved = None;
            self.set(rd, u32::from(!held));
            return Ok(());
        }
        if !matches!(what, 0 | 1 | 4 | 8 | 12 | 16 | 20 | 24 | 28) {
            return Err(Exit::Trap(ILLEGAL, word));
        }
        port.ready_to_store(addr).map_err(fault)?;
        let old = port.load(addr, 4).map_err(fault)?;
        let (signed, other) = (old.cast_signed(), b.cast_signed());
        let new = match what {
            0 => old.wrapping_add(b),
            1 => b,
            4 => old ^ b,
            8 => old | b,
            12 => old & b,
            16 => signed.min(other).cast_unsigned(),
            20 => signed.max(other).cast_unsigned(),
            24 => old.min(b),
            _ => old.max(b),
        };
        port.store(addr, 4, new).map_err(fault)?;
        self.set(rd, old);
        Ok(())
    }

    /// ECALL, EBREAK, MRET, WFI, and the CSRs; the address to go on at, if it is another.
    fn system(&mut self, word: u32, a: u32, port: &mut impl Port) -> Result<Option<u32>, Exit> {
        let illegal = || Exit::Trap(ILLEGAL, word);
        let funct = word >> 12 & 7;
        if funct == 0 {
            return match word {
                0x0000_0073 if self.machine => Err(Exit::Trap(MACHINE_CALL, 0)),
                0x0000_0073 => Err(Exit::Trap(USER_CALL, 0)),
                0x0010_0073 => Err(Exit::Trap(BREAKPOINT, self.pc)),
                0x3020_0073 if self.machine => {
                    self.machine = self.status & MPP != 0;
                    self.status = self.status & !(MIE | MPP)
                        | MPIE
                        | if self.status & MPIE == 0 { 0 } else { MIE };
                    self.reserved = None;
                    Ok(Some(self.epc))
                }
                0x1050_0073 if self.awake(port) => Ok(None),
                0x1050_0073 => Err(Exit::Idle),
                _ => Err(illegal()),
            };
        }
        let number = word >> 20;
        let source = word >> 15 & 31;
        let operand = if funct & 4 == 0 { a } else { source };
        let old = self.csr(number, port).ok_or_else(illegal)?;
        let new = match funct & 3 {
            1 => Some(operand),
            _ if source == 0 => None,
            2 => Some(old | operand),
            3 => Some(old & !operand),
            _ => return Err(illegal()),
        };
        if let Some(new) = new {
            self.set_csr(number, new).ok_or_else(illegal)?;
        }
        self.set(word >> 7 & 31, old);
        Ok(None)
    }

    fn csr(&self, number: u32, port: &impl Port) -> Option<u32> {
        if !self.machine && number >> 8 & 3 != 0 {
            return None;
        }
        Some(match number {
            0xc00 | 0xb00 => port.cycle() as u32,
            0xc80 | 0xb80 => (port.cycle() >> 32) as u32,
            0xc01 => port.time() as u32,
            0xc81 => (port.time() >> 32) as u32,
            0xc02 | 0xb02 => self.instructions as u32,
            0xc82 | 0xb82 => (self.instructions >> 32) as u32,
            0x300 => self.status,
            0x301 => MISA,
            0x304 => self.enabled,
            0x305 => self.vector,
            0x306 => self.counters,
            0x340 => self.scratch,
            0x341 => self.epc,
            0x342 => self.cause,
            0x343 => self.value,
            0x344 => port.pending(),
            // Vendor, architecture, implementation, hart; high half of mstatus.
            0xf11..=0xf14 | 0x310 => 0,
            _ => return None,
        })
    }

    fn set_csr(&mut self, number: u32, value: u32) -> Option<()> {
        match number {
            // Both halves of MPP alike: there is no mode between user and machine.
            0x300 => {
                let mode = if value & MPP == 0 { 0 } else { MPP };
                self.status = value & (MIE | MPIE) | mode;
            }
            0x304 => self.enabled = value & 0x888,
            0x305 => self.vector = value & !2,
            0x306 => self.counters = value,
            0x340 => self.scratch = value,
            0x341 => self.epc = value & !3,
            0x342 => self.cause = value,
            0x343 => self.value = value,
            // What may be written and stays as it is.
            0x301 | 0x310 | 0x344 | 0xb00 | 0xb02 | 0xb80 | 0xb82 => {}
            _ => return None,
        }
        Some(())
    }
}

fn exit(stop: Stop, cause: u32, addr: u32) -> Exit {
    match stop {
        Stop::Wait => Exit::Wait,
        Stop::Fault => Exit::Trap(cause, addr),
    }
}

/// The M extension; dividing by zero and the one overflow have results of their own.
fn multiply(funct: u32, a: u32, b: u32) -> u32 {
    let (sa, sb) = (a.cast_signed(), b.cast_signed());
    let high = |product: i64| (product.cast_unsigned() >> 32) as u32;
    match funct {
        0 => a.wrapping_mul(b),
        1 => high(i64::from(sa) * i64::from(sb)),
        2 => high(i64::from(sa).wrapping_mul(i64::from(b))),
        3 => ((u64::from(a) * u64::from(b)) >> 32) as u32,
        4 if b == 0 => u32::MAX,
        4 => sa.wrapping_div(sb).cast_unsigned(),
        5 => a.checked_div(b).unwrap_or(u32::MAX),
        6 if b == 0 => a,
        6 => sa.wrapping_rem(sb).cast_unsigned(),
        _ => a.checked_rem(b).unwrap_or(a),
    }
}

#[cfg(test)]
mod tests {
    use super::super::asm::{A0, A1, T0, ZERO, addi, lw, sw};
    use super::*;

    /// A few words of memory that answer at once.
    struct Plain {
        words: Vec<u32>,
        pending: u32,
        wait: bool,
    }

    impl Port for Plain {
        fn fetch(&mut self, addr: u32) -> Result<u32, Stop> {
            self.words
                .get(addr as usize / 4)
                .copied()
                .ok_or(Stop::Fault)
        }
        fn load(&mut self, addr: u32, bytes: u32) -> Result<u32, Stop> {
            if self.wait {
                return Err(Stop::Wait);
            }
            let word = self.fetch(addr)?;
            Ok(word >> (8 * (addr & 3)) & (u32::MAX >> (32 - 8 * bytes)))
        }
        fn ready_to_store(&mut self, _: u32) -> Result<(), Stop> {
            Ok(())
        }
        fn store(&mut self, addr: u32, bytes: u32, value: u32) -> Result<(), Stop> {
            let word = self.words.get_mut(addr as usize / 4).ok_or(Stop::Fault)?;
            let mask = (u32::MAX >> (32 - 8 * bytes)) << (8 * (addr & 3));
            *word = *word & !mask | value << (8 * (addr & 3)) & mask;
            Ok(())
        }
        fn flush(&mut self) {}

        fn fence(&mut self, _: bool) -> Result<(), Stop> {
            Ok(())
        }
        fn cycle(&self) -> u64 {
            0
        }
        fn time(&self) -> u64 {
            0
        }
        fn pending(&self) -> u32 {
            self.pending
        }
        fn failed_store(&mut self) -> Option<u32> {
            None
        }
    }

    fn plain(code: &[u32]) -> Plain {
        let mut words = code.to_vec();
        words.resize(64, 0);
        Plain {
            words,
            pending: 0,
            wait: false,
        }
    }

    fn run(port: &mut Plain, steps: usize) -> Hart {
        let mut hart = Hart::new(0);
        for _ in 0..steps {
            hart.step(port);
        }
        hart
    }

    const fn r_type(funct7: u32, funct3: u32, rd: u32, a: u32, b: u32) -> u32 {
        0x33 | rd << 7 | funct3 << 12 | a << 15 | b << 20 | funct7 << 25
    }

    #[test]
    fn dividing_by_zero_and_the_overflow_have_their_results() {
        assert_eq!(multiply(4, 7, 0), u32::MAX);
        assert_eq!(multiply(5, 7, 0), u32::MAX);
        assert_eq!(multiply(6, 7, 0), 7);
        assert_eq!(multiply(7, 7, 0), 7);
        assert_eq!(multiply(4, 0x8000_0000, u32::MAX), 0x8000_0000);
        assert_eq!(multiply(6, 0x8000_0000, u32::MAX), 0);
        assert_eq!(multiply(1, u32::MAX, u32::MAX), 0);
        assert_eq!(multiply(2, u32::MAX, u32::MAX), u32::MAX);
        assert_eq!(multiply(3, u32::MAX, u32::MAX), 0xffff_fffe);
    }

    #[test]
    fn what_is_written_to_register_zero_is_gone() {
        let hart = run(
            &mut plain(&[addi(ZERO, ZERO, 5), r_type(0, 0, A0, ZERO, ZERO)]),
            2,
        );
        assert_eq!((hart.register(0), hart.register(10)), (0, 0));
    }

    #[test]
    fn an_access_that_waits_changes_nothing_and_is_done_later() {
        let mut port = plain(&[lw(A0, ZERO, 128)]);
        port.words[32] = 77;
        port.wait = true;
        let mut hart = Hart::new(0);
        assert_eq!(hart.step(&mut port), Did::Wait);
        assert_eq!((hart.pc, hart.register(10), hart.instructions), (0, 0, 0));
        port.wait = false;
        hart.step(&mut port);
        assert_eq!((hart.pc, hart.register(10), hart.instructions), (4, 77, 1));
    }

    #[test]
    fn a_conditional_store_succeeds_once() {
        let lr = 0x2f | 2 << 12 | 2 << 27 | A0 << 7 | T0 << 15;
        let sc = 0x2f | 2 << 12 | 3 << 27 | A1 << 7 | T0 << 15 | T0 << 20;
        let mut port = plain(&[addi(T0, ZERO, 128), lr, sc, sc]);
        let hart = run(&mut port, 3);
        assert_eq!((hart.register(11), port.words[32]), (0, 128));
        let hart = run(&mut port, 4);
        assert_eq!(hart.register(11), 1);
    }

    #[test]
    fn a_refused_load_an_illegal_word_and_a_misaligned_store_trap_with_their_causes() {
        // mtvec = 64
        let vector = [addi(T0, ZERO, 64), 0x73 | 1 << 12 | T0 << 15 | 0x305 << 20];
        for (word, cause, value) in [
            (lw(A0, ZERO, 1024), LOAD_FAULT, 1024),
            (0, ILLEGAL, 0),
            (sw(A0, ZERO, 2), STORE_MISALIGNED, 2),
            (0x73, MACHINE_CALL, 0),
        ] {
            let mut port = plain(&[vector[0], vector[1], word]);
            let hart = run(&mut port, 3);
            assert_eq!(
                (hart.pc, hart.epc, hart.cause, hart.value),
                (64, 8, cause, value),
                "{word:#x}"
            );
        }
    }

    #[test]
    fn an_interrupt_comes_when_it_is_enabled_and_the_hart_returns_from_it() {
        let csr = |funct: u32, number: u32| 0x73 | funct << 12 | T0 << 15 | number << 20;
        let mut port = plain(&[
            addi(T0, ZERO, 64),
            csr(1, 0x305),
            addi(T0, ZERO, 0x80),
            csr(1, 0x304),
            addi(T0, ZERO, 8),
            csr(2, 0x300),
            addi(A0, ZERO, 1),
        ]);
        port.words[16] = 0x3020_0073;
        port.pending = 0x80;
        let hart = run(&mut port, 7);
        assert_eq!((hart.pc, hart.epc, hart.cause), (64, 24, 1 << 31 | 7));
        port.pending = 0;
        let hart = run(&mut port, 7);
        assert_eq!((hart.pc, hart.register(10)), (28, 1));
        port.pending = 0x80;
        let mut hart = run(&mut port, 7);
        port.pending = 0;
        hart.step(&mut port);
        assert_eq!((hart.pc, hart.machine), (24, true));
    }
}
