//! The AXI4 and AXI4-Lite channels as plain values, one struct a direction.
//!
//! Sources: AMBA AXI Protocol Specification, IHI 0022. A manager drives [`AxiReq`], a subordinate
//! [`AxiResp`]; a transfer happens in a cycle in which `valid` and `ready` of one channel are both
//! true. Payloads mean nothing while their `valid` is false.

/// Widest supported data bus in bytes (512 bit).
pub const MAX_BYTES: usize = 64;

/// One beat of data, byte 0 of the bus in the low byte of word 0. Words above the bus width are 0.
pub type Data = [u64; MAX_BYTES / 8];

/// `xRESP` of a transfer that worked.
pub const OKAY: u8 = 0b00;
/// `xRESP` of an exclusive access that worked.
pub const EXOKAY: u8 = 0b01;
/// `xRESP` of a subordinate that refused.
pub const SLVERR: u8 = 0b10;
/// `xRESP` of an interconnect that found no subordinate.
pub const DECERR: u8 = 0b11;

/// `AxBURST` of a burst to one address.
pub const FIXED: u8 = 0b00;
/// `AxBURST` of a burst to ascending addresses.
pub const INCR: u8 = 0b01;
/// `AxBURST` of a burst that wraps at its own size.
pub const WRAP: u8 = 0b10;

/// A read or write address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ax {
    /// Transaction id.
    pub id: u32,
    /// Byte address of the first beat.
    pub addr: u64,
    /// Beats minus one, 0..=255.
    pub len: u8,
    /// log2 of the bytes in a beat.
    pub size: u8,
    /// [`FIXED`], [`INCR`] or [`WRAP`].
    pub burst: u8,
    /// `AxLOCK`: an exclusive access.
    pub lock: bool,
}

impl Ax {
    /// A single byte of id 0 at address 0.
    pub const ZERO: Self = Self {
        id: 0,
        addr: 0,
        len: 0,
        size: 0,
        burst: 0,
        lock: false,
    };
}

/// One beat of write data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct W {
    /// The bytes.
    pub data: Data,
    /// One bit for each byte that is to be written.
    pub strb: u64,
    /// Last beat of its burst.
    pub last: bool,
}

/// A write response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct B {
    /// Transaction id.
    pub id: u32,
    /// [`OKAY`], [`EXOKAY`], [`SLVERR`] or [`DECERR`].
    pub resp: u8,
}

/// One beat of read data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct R {
    /// Transaction id.
    pub id: u32,
    /// The bytes.
    pub data: Data,
    /// [`OKAY`], [`EXOKAY`], [`SLVERR`] or [`DECERR`].
    pub resp: u8,
    /// Last beat of its burst.
    pub last: bool,
}

/// What an AXI4 manager drives in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxiReq {
    /// `AWVALID`.
    pub aw_valid: bool,
    /// The write address.
    pub aw: Ax,
    /// `WVALID`.
    pub w_valid: bool,
    /// The write data.
    pub w: W,
    /// `BREADY`.
    pub b_ready: bool,
    /// `ARVALID`.
    pub ar_valid: bool,
    /// The read address.
    pub ar: Ax,
    /// `RREADY`.
    pub r_ready: bool,
}

impl AxiReq {
    /// A manager that asks for nothing and takes every answer.
    pub const TAKER: Self = Self {
        aw_valid: false,
        aw: Ax::ZERO,
        w_valid: false,
        w: W {
            data: [0; MAX_BYTES / 8],
            strb: 0,
            last: false,
        },
        b_ready: true,
        ar_valid: false,
        ar: Ax::ZERO,
        r_ready: true,
    };
}

/// What an AXI4 subordinate drives in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxiResp {
    /// `AWREADY`.
    pub aw_ready: bool,
    /// `WREADY`.
    pub w_ready: bool,
    /// `BVALID`.
    pub b_valid: bool,
    /// The write response.
    pub b: B,
    /// `ARREADY`.
    pub ar_ready: bool,
    /// `RVALID`.
    pub r_valid: bool,
    /// The read data.
    pub r: R,
}

/// What an AXI4-Lite manager (32 bit) drives in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxilReq {
    /// `AWVALID`.
    pub aw_valid: bool,
    /// `AWADDR`, 12 bits.
    pub aw_addr: u16,
    /// `WVALID`.
    pub w_valid: bool,
    /// `WDATA`.
    pub w_data: u32,
    /// `WSTRB`, 4 bits.
    pub w_strb: u8,
    /// `BREADY`.
    pub b_ready: bool,
    /// `ARVALID`.
    pub ar_valid: bool,
    /// `ARADDR`, 12 bits.
    pub ar_addr: u16,
    /// `RREADY`.
    pub r_ready: bool,
}

/// What an AXI4-Lite subordinate (32 bit) drives in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxilResp {
    /// `AWREADY`.
    pub aw_ready: bool,
    /// `WREADY`.
    pub w_ready: bool,
    /// `BVALID`.
    pub b_valid: bool,
    /// `BRESP`.
    pub b_resp: u8,
    /// `ARREADY`.
    pub ar_ready: bool,
    /// `RVALID`.
    pub r_valid: bool,
    /// `RDATA`.
    pub r_data: u32,
    /// `RRESP`.
    pub r_resp: u8,
}
