// A first-in first-out buffer of beats: the front in LUT RAM, which is read in the cycle, the back in
// block RAM for what the front has no room for.
//
// Invariant: words leave in the order in which they came. A word that has been inside for three cycles
//   is offered, or stands behind one that is.
// Latency:   push -> valid_o: 1 cycle where direct_o, else 3; with Pass none while the buffer is empty.
// Throughput: one push and one pop a cycle. A push without room_o is the caller's error.
`include "dm_assert.svh"

module dm_buffer #(
  parameter  int unsigned Width     = 8,
  parameter  int unsigned Front     = 16,   // words in LUT RAM, a power of two, at least 4
  parameter  int unsigned Back      = 256,  // words in block RAM, a power of two, at least 4; or 0
  parameter  int unsigned Pass      = 0,    // 1: a word may leave in the cycle in which it comes
  localparam int unsigned FrontBits = $clog2(Front),
  localparam int unsigned BackBits  = (Back == 0) ? 1 : $clog2(Back)
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             push_i,
  input  logic [Width-1:0] data_i,
  output logic             room_o,
  output logic             direct_o,  // what is pushed now goes to the front
  output logic             valid_o,
  input  logic             pop_i,
  output logic [Width-1:0] data_o
);

  logic [Width-1:0]     front_mem [Front];
  logic [FrontBits-1:0] fwptr_q, fwptr_d, frptr_q, frptr_d;
  logic [FrontBits:0]   front_q, front_d;    // words in the front
  logic [FrontBits:0]   claim_q, claim_d;    // and those on their way to it
  logic [BackBits-1:0]  bwptr_q, bwptr_d, brptr_q, brptr_d;
  logic [BackBits:0]    stored_q, stored_d;  // words in the back
  logic                 ram_valid_q;         // the block RAM's output is on its way to the front
  logic [Width-1:0]     ram_word;
  logic                 away, empty, through, to_front, to_back, fetch, front_write, front_pop;

  // A word goes to the front unless an older one is in the back or the front is full.
  assign away     = (stored_q != '0) || ram_valid_q;
  assign empty    = (front_q == '0);
  assign direct_o = !away && !claim_q[FrontBits];
  assign room_o   = (Back == 0) ? !claim_q[FrontBits] : !stored_q[BackBits];

  assign valid_o = !empty || ((Pass != 0) && push_i && !away);
  assign data_o  = ((Pass != 0) && empty) ? data_i : front_mem[frptr_q];

  assign through     = (Pass != 0) && empty && pop_i;
  assign to_front    = push_i && direct_o && !through;
  assign to_back     = push_i && !direct_o;
  assign fetch       = (stored_q != '0) && !claim_q[FrontBits];
  assign front_write = to_front || ram_valid_q;
  assign front_pop   = pop_i && !through;

  always_comb begin
    fwptr_d  = fwptr_q + FrontBits'(front_write);
    frptr_d  = frptr_q + FrontBits'(front_pop);
    bwptr_d  = bwptr_q + BackBits'(to_back);
    brptr_d  = brptr_q + BackBits'(fetch);
    front_d  = front_q;
    claim_d  = claim_q;
    stored_d = stored_q;
    if (front_write && !front_pop) front_d = front_q + (FrontBits + 1)'(1);
    if (!front_write && front_pop) front_d = front_q - (FrontBits + 1)'(1);
    if ((to_front || fetch) && !front_pop) claim_d = claim_q + (FrontBits + 1)'(1);
    if (!(to_front || fetch) && front_pop) claim_d = claim_q - (FrontBits + 1)'(1);
    if (to_back && !fetch) stored_d = stored_q + (BackBits + 1)'(1);
    if (!to_back && fetch) stored_d = stored_q - (BackBits + 1)'(1);
  end

  // A word is fetched in a later cycle than that in which it is stored, so never at the same place.
  if (Back != 0) begin : gen_back
    (* no_rw_check *) logic [Width-1:0] back_mem [Back];
    logic [Width-1:0] ram_q;
    always_ff @(posedge clk_i) begin
      if (to_back) back_mem[bwptr_q] <= data_i;
      if (fetch) ram_q <= back_mem[brptr_q];
    end
    assign ram_word = ram_q;
  end else begin : gen_no_back
    assign ram_word = '0;
  end

  always_ff @(posedge clk_i) begin
    if (front_write) front_mem[fwptr_q] <= ram_valid_q ? ram_word : data_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fwptr_q     <= '0;
      frptr_q     <= '0;
      front_q     <= '0;
      claim_q     <= '0;
      bwptr_q     <= '0;
      brptr_q     <= '0;
      stored_q    <= '0;
      ram_valid_q <= 1'b0;
    end else begin
      fwptr_q     <= fwptr_d;
      frptr_q     <= frptr_d;
      front_q     <= front_d;
      claim_q     <= claim_d;
      bwptr_q     <= bwptr_d;
      brptr_q     <= brptr_d;
      stored_q    <= stored_d;
      ram_valid_q <= fetch;
    end
  end

  // The caller's part.
  `DM_AWAKE
  `DM_ASSERT(PushOnlyWhenRoom, !push_i || room_o || through)
  `DM_ASSERT(PopOnlyWhenSome, !pop_i || valid_o)

`ifdef FORMAL
  `include "formal/dm_buffer_props.svh"
`endif

endmodule
