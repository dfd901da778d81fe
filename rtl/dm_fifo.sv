// First-word-fall-through FIFO over a synchronous-read memory (block RAM) and two registers: the memory's
// own (ram_q), whose clock-to-output is long, and behind it the output (data_q). Words carry odd parity.
//
// Invariant: level_o words are inside, they leave in the order in which they came, and a push into a
//   full or a pop from an empty FIFO is the caller's error. The head is on offer as good or as bad, once
//   its parity is known; one with wrong parity is never called good.
// Latency:   push -> valid_o: 4 cycles when empty. Throughput: a push every cycle, a pop every second.
`include "dm_assert.svh"

module dm_fifo #(
  parameter  int unsigned Width     = 8,
  parameter  int unsigned Depth     = 16,  // a power of two, at least 2
  localparam int unsigned LevelBits = $clog2(Depth) + 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 push_i,
  input  logic [Width-1:0]     data_i,
  input  logic                 poison_i,  // it is stored with wrong parity, for tests
  output logic                 valid_o,   // the head's parity is right
  output logic                 bad_o,     // the head's parity is wrong: data_o means nothing, pop it
  input  logic                 pop_i,
  output logic [Width-1:0]     data_o,
  output logic [LevelBits-1:0] level_o
);

  localparam int unsigned PtrBits = LevelBits - 1;

  logic [Width:0]       mem [Depth];  // parity on top
  logic [PtrBits-1:0]   wptr_q, wptr_d;
  logic [PtrBits-1:0]   rptr_q, rptr_d;
  logic [LevelBits-1:0] level_q, level_d;
  logic [LevelBits-1:0] stored_q, stored_d;  // in memory, the registers not counted
  logic                 ram_valid_q, ram_valid_d;
  logic [Width:0]       ram_q;
  logic                 valid_q, valid_d;
  logic [Width:0]       data_q;
  logic                 good_q, good_d;  // data_q is the head and has been checked
  logic                 bad_q, bad_d;
  logic                 fetch, step;

  assign step  = ram_valid_q && (!valid_q || pop_i);
  assign fetch = (stored_q != '0) && (!ram_valid_q || step);

  always_comb begin
    wptr_d      = wptr_q;
    rptr_d      = rptr_q;
    level_d     = level_q;
    stored_d    = stored_q;
    ram_valid_d = fetch || (ram_valid_q && !step);
    valid_d     = step || (valid_q && !pop_i);
    good_d      = valid_q && !pop_i && (^data_q);
    bad_d       = valid_q && !pop_i && !(^data_q);
    if (push_i && !pop_i) level_d = level_q + LevelBits'(1);
    if (!push_i && pop_i) level_d = level_q - LevelBits'(1);
    if (push_i) wptr_d = wptr_q + PtrBits'(1);
    if (fetch) rptr_d = rptr_q + PtrBits'(1);
    if (push_i && !fetch) stored_d = stored_q + LevelBits'(1);
    if (!push_i && fetch) stored_d = stored_q - LevelBits'(1);
  end

  assign valid_o = good_q;
  assign bad_o   = bad_q;
  assign data_o  = data_q[Width-1:0];
  assign level_o = level_q;

  always_ff @(posedge clk_i) begin
    if (push_i) mem[wptr_q] <= {~(^data_i) ^ poison_i, data_i};
    if (fetch) ram_q <= mem[rptr_q];
    if (step) data_q <= ram_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wptr_q      <= '0;
      rptr_q      <= '0;
      level_q     <= '0;
      stored_q    <= '0;
      ram_valid_q <= 1'b0;
      valid_q     <= 1'b0;
      good_q      <= 1'b0;
      bad_q       <= 1'b0;
    end else begin
      wptr_q      <= wptr_d;
      rptr_q      <= rptr_d;
      level_q     <= level_d;
      stored_q    <= stored_d;
      ram_valid_q <= ram_valid_d;
      valid_q     <= valid_d;
      good_q      <= good_d;
      bad_q       <= bad_d;
    end
  end

  // The caller's part.
  `DM_AWAKE
  `DM_ASSERT(PushOnlyWhenRoom, !push_i || (32'(level_o) < Depth))
  `DM_ASSERT(PopOnlyWhenSome, !pop_i || good_q || bad_q)

`ifdef FORMAL
  `include "formal/dm_fifo_props.svh"
`endif

endmodule
