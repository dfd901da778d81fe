//! RV32 instructions as words: what the boot ROM is made of, and the small programs of tests.

/// A register, 0 to 31.
pub type Reg = u32;

/// Always zero.
pub const ZERO: Reg = 0;
/// Temporaries.
pub const T0: Reg = 5;
/// See [`T0`].
pub const T1: Reg = 6;
/// See [`T0`].
pub const T2: Reg = 7;
/// Arguments and results; the next seven follow.
pub const A0: Reg = 10;
/// See [`A0`].
pub const A1: Reg = 11;

const fn field(value: u32, bits: u32, at: u32) -> u32 {
    (value & ((1 << bits) - 1)) << at
}

const fn i_type(opcode: u32, funct: u32, rd: Reg, rs: Reg, imm: i32) -> u32 {
    opcode | rd << 7 | funct << 12 | rs << 15 | field(imm.cast_unsigned(), 12, 20)
}

/// `rd = imm << 12`; `imm` has 20 bits.
pub const fn lui(rd: Reg, imm: u32) -> u32 {
    0x37 | rd << 7 | imm << 12
}

/// `rd = rs + imm`; `imm` has 12 bits and a sign.
pub const fn addi(rd: Reg, rs: Reg, imm: i32) -> u32 {
    i_type(0x13, 0, rd, rs, imm)
}

/// `rd = rs1 + rs2`.
pub const fn add(rd: Reg, rs1: Reg, rs2: Reg) -> u32 {
    0x33 | rd << 7 | rs1 << 15 | rs2 << 20
}

/// `rd = memory[rs + imm]`.
pub const fn lw(rd: Reg, rs: Reg, imm: i32) -> u32 {
    i_type(0x03, 2, rd, rs, imm)
}

const fn store(funct: u32, value: Reg, rs: Reg, imm: i32) -> u32 {
    let imm = imm.cast_unsigned();
    0x23 | field(imm, 5, 7) | funct << 12 | rs << 15 | value << 20 | field(imm >> 5, 7, 25)
}

/// `memory[rs + imm] = value`.
pub const fn sw(value: Reg, rs: Reg, imm: i32) -> u32 {
    store(2, value, rs, imm)
}

/// The lowest byte alone.
pub const fn sb(value: Reg, rs: Reg, imm: i32) -> u32 {
    store(0, value, rs, imm)
}

const fn branch(funct: u32, a: Reg, b: Reg, offset: i32) -> u32 {
    let offset = offset.cast_unsigned();
    0x63 | field(offset >> 11, 1, 7)
        | field(offset >> 1, 4, 8)
        | funct << 12
        | a << 15
        | b << 20
        | field(offset >> 5, 6, 25)
        | field(offset >> 12, 1, 31)
}

/// Jumps by `offset` bytes if `a != b`.
pub const fn bne(a: Reg, b: Reg, offset: i32) -> u32 {
    branch(1, a, b, offset)
}

/// Jumps by `offset` bytes if `a < b`, without signs.
pub const fn bltu(a: Reg, b: Reg, offset: i32) -> u32 {
    branch(6, a, b, offset)
}

/// Jumps by `offset` bytes.
pub const fn j(offset: i32) -> u32 {
    let offset = offset.cast_unsigned();
    0x6f | field(offset >> 12, 8, 12)
        | field(offset >> 11, 1, 20)
        | field(offset >> 1, 10, 21)
        | field(offset >> 20, 1, 31)
}

/// Jumps to the address in `rs`.
pub const fn jr(rs: Reg) -> u32 {
    i_type(0x67, 0, 0, rs, 0)
}

/// Earlier accesses before later ones.
pub const FENCE: u32 = 0x0ff0_000f;
/// Instructions that were stored are fetched.
pub const FENCE_I: u32 = 0x0000_100f;

/// `rd = value`, in two instructions.
pub const fn li(rd: Reg, value: u32) -> [u32; 2] {
    let low = (value << 20).cast_signed() >> 20;
    let high = value.wrapping_sub(low.cast_unsigned()) >> 12;
    [lui(rd, high), addi(rd, rd, low)]
}
