// Types and geometry that the blocks of a node share.
//
// The encodings equal the enums of registers.rdl, so that firmware reads what the hardware holds.
package dm_pkg;

  // The guard: each real frame is in exactly one of these states (rfn: real frame number).
  typedef enum logic [2:0] {
    FrameDirty   = 3'd0,  // contents unknown; every frame after reset
    FrameQueued  = 3'd1,  // in the to-be-zeroed queue
    FrameZeroing = 3'd2,  // in the engine, a retry included
    FrameZeroed  = 3'd3,  // in the zeroed pool
    FrameMapped  = 3'd4,  // mapped to a guest page (the tag table's, not reached without one)
    FrameHeld    = 3'd5,  // firmware's own
    FrameBad     = 3'd6   // zeroing failed twice, or retired by firmware
  } frame_state_e;

  typedef enum logic [3:0] {
    OpQueue       = 4'd1,
    OpQueueUrgent = 4'd2,
    OpTake        = 4'd3,
    OpHold        = 4'd4,
    OpRelease     = 4'd5,
    OpRetire      = 4'd6,
    OpQuery       = 4'd7
  } op_e;

  typedef enum logic [2:0] {
    CodeOk    = 3'd0,
    CodeBadOp = 3'd1,
    CodeRange = 3'd2,
    CodeState = 3'd3,
    CodeFull  = 3'd4,
    CodeEmpty = 3'd5
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
