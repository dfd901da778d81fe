// Types and geometry that the blocks of a node share.
//
// The encodings equal the enums of registers.rdl, so that firmware reads what the hardware holds.
package dm_pkg;

  // The guard: each real frame is in exactly one of these states (rfn: real frame number).
  typedef enum logic [3:0] {
    FrameDirty   = 4'd0,  // contents unknown; every frame after reset
    FrameQueued  = 4'd1,  // in the to-be-zeroed queue
    FrameZeroing = 4'd2,  // in the engine, a retry included
    FrameZeroed  = 4'd3,  // in the zeroed pool
    FrameMapped  = 4'd4,  // mapped to a guest page
    FrameHeld    = 4'd5,  // firmware's own
    FrameBad     = 4'd6,  // zeroing failed twice, or retired by firmware
    FrameClaimed = 4'd7,  // zeroed, given to firmware to be mapped
    FrameMoving  = 4'd8,  // a page's contents are being written into it
    FrameFilled  = 4'd9   // holds the whole contents of a page, to be adopted by one
  } frame_state_e;

  // A tag: what a guest page is (gfn: guest frame number).
  typedef enum logic [1:0] {
    PageDormant  = 2'd0,  // reads as zero, owns no frame; no payload
    PageResident = 2'd1,  // payload: its frame
    PageAway     = 2'd2,  // payload: its node
    PageBad      = 2'd3   // every access fails; no payload
  } page_state_e;

  // What is to be done: the operations of FRAME_CMD; with bit 4, those of PAGE_CMD; and the steps by
  // which pages move frames, which no register can name.
  typedef enum logic [4:0] {
    OpQueue       = 5'd1,
    OpQueueUrgent = 5'd2,
    OpTake        = 5'd3,
    OpHold        = 5'd4,
    OpRelease     = 5'd5,
    OpRetire      = 5'd6,
    OpQuery       = 5'd7,
    OpClaim       = 5'd8,
    OpReserve     = 5'd9,
    OpFill        = 5'd10,
    OpQueueRange  = 5'd11,  // done by pages, as OpQueue of one frame after the other
    OpReclaim     = 5'd12,  // done by pages, which look at the frame's owner, with StepKeep
    OpPoison      = 5'd13,
    OpPoisonList  = 5'd14,

    OpMap         = 5'd17,
    OpUnmap       = 5'd18,
    OpZeroPage    = 5'd19,
    OpMark        = 5'd20,
    OpMarkAll     = 5'd21,
    OpQueryPage   = 5'd22,
    OpResolve     = 5'd23,
    OpAdopt       = 5'd24,

    StepMap       = 5'd28,  // claimed -> mapped
    StepAdopt     = 5'd29,  // filled -> mapped
    StepFree      = 5'd30,  // mapped -> queued, or dirty when the queue is full
    StepKeep      = 5'd31   // mapped -> held
  } op_e;

  // The lists of the frames, as OpPoisonList names them.
  typedef enum logic [2:0] {
    ListQueue  = 3'd0,
    ListUrgent = 3'd1,
    ListPool   = 3'd2,
    ListRetry  = 3'd3,
    ListFlight = 3'd4,
    ListDone   = 3'd5
  } list_e;

  localparam int unsigned Lists = 6;

  // ARG.kind.
  typedef enum logic [1:0] {
    MarkDormant = 2'd0,
    MarkAway    = 2'd1,
    MarkBad     = 2'd2,
    MarkPoison  = 2'd3
  } mark_kind_e;

  // What becomes of the stall at the head of the queue: bits 9..8 of the target of OpResolve.
  typedef enum logic [1:0] {
    ResolveRetry = 2'd0,
    ResolveFail  = 2'd1,
    ResolveDefer = 2'd2
  } resolve_e;

  // Why a guest access waits for firmware.
  typedef enum logic [1:0] {
    StallNoFrame       = 2'd0,
    StallConversionOff = 2'd1,
    StallAway          = 2'd2
  } stall_kind_e;

  typedef enum logic [2:0] {
    CodeOk    = 3'd0,
    CodeBadOp = 3'd1,
    CodeRange = 3'd2,
    CodeState = 3'd3,
    CodeFull  = 3'd4,
    CodeEmpty = 3'd5,
    CodeBusy  = 3'd6,
    CodePage  = 3'd7
  } code_e;

  // What the engine did in a cycle; exactly one of them.
  typedef enum logic [2:0] {
    CycleBusy      = 3'd0,  // a write beat was transferred
    CycleWStalled  = 3'd1,  // a write beat waited for WREADY
    CycleAwStalled = 3'd2,  // no beat on the bus, a write address waited for AWREADY
    CycleBWait     = 3'd3,  // all beats sent, a write response was awaited
    CycleThrottled = 3'd4,  // nothing under way, a frame waited for a token
    CycleIdle      = 3'd5
  } cycle_e;

  // Frame numbers in the command register.
  localparam int unsigned RfnWidth = 28;

  // What dm_dormant did in a cycle, for counters and interrupts. Latencies in cycles; they belong to
  // the conversion, and to the stall that ends.
  typedef struct packed {
    logic [2:0]  zero_reads;      // ports that answered a read of a dormant page
    logic [2:0]  elided_writes;   // ports that dropped a write of zeros
    logic [3:0]  translation_misses;  // translations that the caches of the ports did not have
    logic        fast_conversion;
    logic        demand_conversion;
    logic [31:0] conversion_latency;
    logic        stall;
    logic        stall_end;
    logic [31:0] stall_latency;
    logic        redormant_store;
    logic        redormant_doorbell;
    logic        parity_error;
    logic        cmd_error;
    logic        cmd_refused;
  } dormant_events_t;

  // What dm_frames did in a cycle.
  typedef struct packed {
    logic zeroed;
    logic retried;
    logic bad;
    logic pool_low;
    logic pool_high;
    logic queue_empty;
    logic dirtied;
    logic parity_error;
  } frame_events_t;

  // Frames in each state.
  typedef struct packed {
    logic [31:0] queued;
    logic [31:0] urgent;
    logic [31:0] pool;
    logic [31:0] zeroing;
    logic [31:0] dirty;
    logic [31:0] held;
    logic [31:0] bad;
    logic [31:0] mapped;
    logic [31:0] claimed;
    logic [31:0] moving;
    logic [31:0] filled;
    logic [31:0] lost;  // of the bad ones
  } frame_counts_t;

  // One bit for each part of a node that may be busy: STATUS, less its first bit.
  typedef struct packed {
    logic running;
    logic page_active;
    logic aw_busy;
    logic w_busy;
    logic b_busy;
    logic throttled;
    logic frames_busy;
    logic guests_busy;
    logic drain_busy;
    logic scrub_busy;
  } status_t;

  // The settings of the hyperkernel.
  typedef struct packed {
    logic                enable;
    logic [RfnWidth-1:0] water_low;
    logic [RfnWidth-1:0] water_high;
    logic [15:0]         cap_interval;
    logic [3:0]          cap_depth;
    logic                convert_on_read;
    logic                elide;
    logic                detect;
    logic                hw_convert;
    logic [23:0]         redormant_delay;
  } settings_t;

  // Bytes in one of the engine's bursts: as many as the data width, AXI4's 4 KiB rule, the page and
  // the caller's own limit allow. All are powers of two, so every burst of a page is equally long.
  function automatic int unsigned burst_bytes(int unsigned data_width, int unsigned page_shift,
                                              int unsigned max_beats);
    int unsigned bytes;
    bytes = max_beats * (data_width / 8);
    if (bytes > 4096) bytes = 4096;
    if (bytes > (1 << page_shift)) bytes = 1 << page_shift;
    burst_bytes = bytes;
  endfunction

  // Bits that count from 0 to n - 1, at least one.
  function automatic int unsigned index_width(int unsigned n);
    index_width = (n > 1) ? $clog2(n) : 1;
  endfunction

endpackage
