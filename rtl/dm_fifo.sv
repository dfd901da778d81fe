// First-word-fall-through FIFO over a synchronous-read memory (block RAM), one output register.
//
// Invariant: level_o frames are inside, they leave in the order in which they came, and a push into
//   a full or a pop from an empty FIFO is the caller's error.
// Latency:   push -> valid_o: 2 cycles when empty. Throughput: one push and one pop a cycle; after a
//   pop that empties the output register the next word follows without a gap if it is in memory.
module dm_fifo #(
  parameter  int unsigned Width     = 8,
  parameter  int unsigned Depth     = 16,  // a power of two, at least 2
  localparam int unsigned LevelBits = $clog2(Depth) + 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 push_i,
  input  logic [Width-1:0]     data_i,
  output logic                 valid_o,
  input  logic                 pop_i,
  output logic [Width-1:0]     data_o,
  output logic [LevelBits-1:0] level_o
);

  localparam int unsigned PtrBits = LevelBits - 1;

  logic [Width-1:0]     mem [Depth];
  logic [PtrBits-1:0]   wptr_q, wptr_d;
  logic [PtrBits-1:0]   rptr_q, rptr_d;
  logic [LevelBits-1:0] stored_q, stored_d;  // in memory, the output register not counted
  logic                 valid_q, valid_d;
  logic [Width-1:0]     data_q;
  logic                 fetch;

  assign fetch = (stored_q != '0) && (!valid_q || pop_i);

  always_comb begin
    wptr_d   = wptr_q;
    rptr_d   = rptr_q;
    stored_d = stored_q;
    valid_d  = fetch || (valid_q && !pop_i);
    if (push_i) wptr_d = wptr_q + PtrBits'(1);
    if (fetch) rptr_d = rptr_q + PtrBits'(1);
    if (push_i && !fetch) stored_d = stored_q + LevelBits'(1);
    if (!push_i && fetch) stored_d = stored_q - LevelBits'(1);
  end

  assign valid_o = valid_q;
  assign data_o  = data_q;
  assign level_o = stored_q + LevelBits'(valid_q);

  always_ff @(posedge clk_i) begin
    if (push_i) mem[wptr_q] <= data_i;
    if (fetch) data_q <= mem[rptr_q];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wptr_q   <= '0;
      rptr_q   <= '0;
      stored_q <= '0;
      valid_q  <= 1'b0;
    end else begin
      wptr_q   <= wptr_d;
      rptr_q   <= rptr_d;
      stored_q <= stored_d;
      valid_q  <= valid_d;
    end
  end

`ifndef SYNTHESIS
  logic awake_q;  // out of reset
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) awake_q <= 1'b0;
    else awake_q <= 1'b1;
  end

  // The caller's part.
  always @(posedge clk_i) begin
    if (awake_q) begin
      assert (!push_i || (32'(level_o) < Depth));
      assert (!pop_i || valid_q);
    end
  end
`endif

`ifdef FORMAL
  `include "formal/dm_fifo_props.svh"
`endif

endmodule
