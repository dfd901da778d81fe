// One address channel of a guest port: two places for addresses that wait, and what the tag table
// says of their pages.
//
// Invariant: what is known of the head was true after the last change of its page's tag, unless hold_i
//   says that the head is let through already. Changes of other pages do not touch it.
// Latency:   address -> known: 1 cycle if the page is in the cache below, else 2 (and as many more as
//   the tag table is busy). Throughput: an address a cycle from the cache, two in three cycles else.
//
// The cache holds the last resident translation of each of 16 groups of pages. It is there for the
// one cycle that block RAM costs, so it never answers what the tag table would not.
`include "dm_assert.svh"

module dm_lookup #(
  parameter  int unsigned AddrWidth  = 32,
  parameter  int unsigned InfoWidth  = 16,
  parameter  int unsigned PageShift  = 12,
  parameter  int unsigned GuestPages = 8192,
  parameter  int unsigned FrameWidth = 13,
  localparam int unsigned GfnWidth   = dm_pkg::index_width(GuestPages)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // Addresses. beyond_i: there is no such page. skip_i: what the table says of it does not matter.
  input  logic                  valid_i,
  output logic                  ready_o,
  input  logic [AddrWidth-1:0]  addr_i,
  input  logic [InfoWidth-1:0]  info_i,
  input  logic                  beyond_i,
  input  logic                  skip_i,

  // The tag table: lookups of addresses that wait, of one that just arrives, and the answer two
  // cycles after the grant.
  output logic                  need_o,
  output logic [GfnWidth-1:0]   need_gfn_o,
  input  logic                  need_gnt_i,
  output logic                  arrive_o,
  output logic [GfnWidth-1:0]   arrive_gfn_o,
  input  logic                  arrive_gnt_i,
  input  dm_pkg::page_state_e   rsp_state_i,
  input  logic [FrameWidth-1:0] rsp_frame_i,

  // The tag of a page changes at the end of this cycle; all_i: those of all do.
  input  logic                  upd_i,
  input  logic                  upd_all_i,
  input  logic [GfnWidth-1:0]   upd_gfn_i,

  // The head. hold_i: it is let through, later changes do not concern it. forget_i: look again.
  // set_i: it is resident in set_frame_i from the next cycle on.
  output logic                  head_valid_o,
  output logic                  head_known_o,
  output logic                  head_skip_o,
  output dm_pkg::page_state_e   head_state_o,
  output logic [FrameWidth-1:0] head_frame_o,
  output logic [AddrWidth-1:0]  head_addr_o,
  output logic [InfoWidth-1:0]  head_info_o,
  output logic                  head_changed_o,  // it is the head's tag that changes
  output logic                  head_odd_o,      // it may turn out to be not resident
  input  logic                  hold_i,
  input  logic                  forget_i,
  input  logic                  set_i,
  input  logic [FrameWidth-1:0] set_frame_i,
  input  logic                  pop_i
);

  localparam int unsigned Ways     = 16;
  localparam int unsigned TagWidth = (GfnWidth > 4) ? GfnWidth - 4 : 1;
  localparam int unsigned PadWidth = TagWidth + 4;

  // Slot 0 is the head. age: 0 no lookup under way, else 1 or 2 cycles since it was granted. What is
  // wide does not move with the slots: that of the head is in place turn_q, of slot 1 in the other.
  logic [1:0]            valid_q, valid_d;
  logic [1:0]            skip_q, skip_d;
  logic [1:0]            known_q, known_d;
  logic [1:0]            fresh_q;           // what arrived in the last cycle,
  logic                  hit_q, hit_d;      // and that the cache knew it
  logic [1:0]            age0_q, age0_d;
  logic [1:0]            age1_q, age1_d;
  dm_pkg::page_state_e   state0_q, state0_d;
  dm_pkg::page_state_e   state1_q, state1_d;
  logic                  turn_q, turn_d;
  logic [FrameWidth-1:0] frame0_q, frame0_d;
  logic [FrameWidth-1:0] frame1_q, frame1_d;
  logic [AddrWidth-1:0]  addr0_q, addr0_d;
  logic [AddrWidth-1:0]  addr1_q, addr1_d;
  logic [InfoWidth-1:0]  info0_q, info0_d;
  logic [InfoWidth-1:0]  info1_q, info1_d;

  logic [TagWidth+FrameWidth-1:0] cache_mem [Ways];
  logic [Ways-1:0]                cached_q, cached_d;
  logic                           fill_q, fill_d;
  logic [PadWidth-1:0]            fill_gfn_q, fill_gfn_d;
  logic [FrameWidth-1:0]          fill_frame_q, fill_frame_d;

  logic [PadWidth-1:0]            gfn_in, gfn0, gfn1;
  logic [TagWidth+FrameWidth-1:0] cache_word;
  logic                           hit, arrive, place;
  logic [1:0]                     slot;  // that the arrival goes to
  logic                           answer0, answer1, need0, need1;
  logic [3:0]                     upd_index;
  logic                           change0, change1, change_in;

  // The slots with what the cache said, and after this cycle's answers, before anything moves.
  logic [1:0]            known, known_now, age0_now, age1_now;
  dm_pkg::page_state_e   state0_now, state1_now;

  assign gfn_in  = PadWidth'(addr_i[AddrWidth-1:PageShift]);
  assign gfn0    = turn_q ? PadWidth'(addr1_q[AddrWidth-1:PageShift])
                          : PadWidth'(addr0_q[AddrWidth-1:PageShift]);
  assign gfn1    = turn_q ? PadWidth'(addr0_q[AddrWidth-1:PageShift])
                          : PadWidth'(addr1_q[AddrWidth-1:PageShift]);

  assign cache_word = cache_mem[gfn_in[3:0]];
  assign hit        = cached_q[gfn_in[3:0]] && !change_in &&
                      (cache_word[TagWidth+FrameWidth-1:FrameWidth] == gfn_in[PadWidth-1:4]);

  // Whom a change concerns: the head's page is compared as a whole, so that no other page can keep it
  // from being known; of the others the last bits do.
  assign upd_index = 4'(upd_gfn_i);
  assign change0   = upd_i && (upd_all_i || upd_gfn_i == GfnWidth'(gfn0));
  assign change1   = upd_i && (upd_all_i || upd_index == gfn1[3:0]);
  assign change_in = upd_i && (upd_all_i || upd_index == gfn_in[3:0]);

  assign ready_o      = !valid_q[1];
  assign arrive       = valid_i && ready_o;
  assign slot         = {arrive && valid_q[0] && !pop_i, arrive && (!valid_q[0] || pop_i)};
  assign arrive_o     = arrive && !beyond_i;
  assign arrive_gfn_o = GfnWidth'(gfn_in);

  // That the cache knows a page is known late in the cycle, so nothing is done with it in that cycle.
  assign hit_d = hit && arrive;
  assign known = known_q | (fresh_q & {2{hit_q}});

  assign need0      = valid_q[0] && !skip_q[0] && !known[0] && (age0_q == 2'd0);
  assign need1      = valid_q[1] && !skip_q[1] && !known[1] && (age1_q == 2'd0);
  assign need_o     = need0 || need1;
  assign need_gfn_o = need0 ? GfnWidth'(gfn0) : GfnWidth'(gfn1);

  assign answer0 = age0_q[1];
  assign answer1 = age1_q[1];

  assign head_valid_o = valid_q[0];
  assign head_known_o = known[0] || answer0 || skip_q[0];
  assign head_skip_o  = skip_q[0];
  assign head_state_o = answer0 ? rsp_state_i : state0_q;
  assign head_frame_o = answer0 ? rsp_frame_i : (turn_q ? frame1_q : frame0_q);
  assign head_addr_o  = turn_q ? addr1_q : addr0_q;
  assign head_info_o  = turn_q ? info1_q : info0_q;
  assign head_changed_o = change0;
  assign head_odd_o     = valid_q[0] && !skip_q[0] &&
                          !(known_q[0] && state0_q == dm_pkg::PageResident);

  always_comb begin
    known_now  = known;
    age0_now   = age0_q;
    age1_now   = age1_q;
    state0_now = state0_q;
    state1_now = state1_q;
    if (age0_q[0]) age0_now = 2'd2;
    if (age1_q[0]) age1_now = 2'd2;
    if (need_gnt_i && need0) age0_now = 2'd1;
    if (need_gnt_i && !need0) age1_now = 2'd1;
    if (answer0) begin
      age0_now     = 2'd0;
      known_now[0] = 1'b1;
      state0_now   = rsp_state_i;
    end
    if (answer1) begin
      age1_now     = 2'd0;
      known_now[1] = 1'b1;
      state1_now   = rsp_state_i;
    end
    if ((change0 && !hold_i) || forget_i) known_now[0] = 1'b0;
    if (change1) known_now[1] = 1'b0;
    if (change0 || forget_i) age0_now = 2'd0;
    if (change1) age1_now = 2'd0;
    if (set_i) begin
      age0_now     = 2'd0;
      known_now[0] = 1'b1;
      state0_now   = dm_pkg::PageResident;
    end
  end

  always_comb begin
    valid_d  = valid_q;
    skip_d   = skip_q;
    known_d  = known_now;
    age0_d   = age0_now;
    age1_d   = age1_now;
    state0_d = state0_now;
    state1_d = state1_now;
    if (pop_i) begin
      valid_d  = {1'b0, valid_q[1]};
      skip_d   = {1'b0, skip_q[1]};
      known_d  = {1'b0, known_now[1]};
      age0_d   = age1_now;
      age1_d   = 2'd0;
      state0_d = state1_now;
    end
    // What is empty is zero.
    valid_d = valid_d | slot;
    skip_d  = skip_d | (slot & {2{skip_i}});
    age0_d  = age0_d | {1'b0, slot[0] && arrive_gnt_i && !change_in};
    age1_d  = age1_d | {1'b0, slot[1] && arrive_gnt_i && !change_in};
    if (slot[0]) state0_d = dm_pkg::PageResident;
    if (slot[1]) state1_d = dm_pkg::PageResident;
  end

  assign place  = turn_q ^ valid_q[0];  // where an arrival goes
  assign turn_d = turn_q ^ pop_i;

  always_comb begin
    frame0_d = frame0_q;
    frame1_d = frame1_q;
    addr0_d  = addr0_q;
    addr1_d  = addr1_q;
    info0_d  = info0_q;
    info1_d  = info1_q;
    if (turn_q ? answer1 : answer0) frame0_d = rsp_frame_i;
    if (turn_q ? answer0 : answer1) frame1_d = rsp_frame_i;
    if (set_i && !turn_q) frame0_d = set_frame_i;
    if (set_i && turn_q) frame1_d = set_frame_i;
    if (arrive && !place) begin
      frame0_d = cache_word[FrameWidth-1:0];
      addr0_d  = addr_i;
      info0_d  = info_i;
    end
    if (arrive && place) begin
      frame1_d = cache_word[FrameWidth-1:0];
      addr1_d  = addr_i;
      info1_d  = info_i;
    end
  end

  // A translation enters the cache one cycle after its answer, unless its tag changes meanwhile.
  always_comb begin
    fill_d       = (answer0 ? !change0 : (answer1 && !change1)) &&
                   (rsp_state_i == dm_pkg::PageResident);
    fill_gfn_d   = fill_gfn_q;
    fill_frame_d = fill_frame_q;
    cached_d     = cached_q;
    if (answer0 || answer1) begin
      fill_gfn_d   = answer0 ? gfn0 : gfn1;
      fill_frame_d = rsp_frame_i;
    end
    if (fill_q) cached_d[fill_gfn_q[3:0]] = 1'b1;
    if (upd_i) cached_d[upd_index] = 1'b0;
    if (upd_i && upd_all_i) cached_d = '0;
  end

  always_ff @(posedge clk_i) begin
    if (fill_q) cache_mem[fill_gfn_q[3:0]] <= {fill_gfn_q[PadWidth-1:4], fill_frame_q};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q      <= '0;
      skip_q       <= '0;
      known_q      <= '0;
      fresh_q      <= '0;
      hit_q        <= 1'b0;
      age0_q       <= '0;
      age1_q       <= '0;
      state0_q     <= dm_pkg::PageDormant;
      state1_q     <= dm_pkg::PageDormant;
      turn_q       <= 1'b0;
      frame0_q     <= '0;
      frame1_q     <= '0;
      addr0_q      <= '0;
      addr1_q      <= '0;
      info0_q      <= '0;
      info1_q      <= '0;
      cached_q     <= '0;
      fill_q       <= 1'b0;
      fill_gfn_q   <= '0;
      fill_frame_q <= '0;
    end else begin
      valid_q      <= valid_d;
      skip_q       <= skip_d;
      known_q      <= known_d;
      fresh_q      <= slot;
      hit_q        <= hit_d;
      age0_q       <= age0_d;
      age1_q       <= age1_d;
      state0_q     <= state0_d;
      state1_q     <= state1_d;
      turn_q       <= turn_d;
      frame0_q     <= frame0_d;
      frame1_q     <= frame1_d;
      addr0_q      <= addr0_d;
      addr1_q      <= addr1_d;
      info0_q      <= info0_d;
      info1_q      <= info1_d;
      cached_q     <= cached_d;
      fill_q       <= fill_d;
      fill_gfn_q   <= fill_gfn_d;
      fill_frame_q <= fill_frame_d;
    end
  end

`ifndef SYNTHESIS
  `DM_AWAKE

  always @(posedge clk_i) begin
    if (awake_q) begin
      assert (!pop_i || head_known_o);
      // What is known of a place belongs to what is in it.
      assert (((known_q | fresh_q | skip_q | {age1_q != 2'd0, age0_q != 2'd0}) & ~valid_q) == 2'b00);
      assert (!(answer0 && answer1));
      assert (!set_i || (change0 && valid_q[0] && !pop_i));
      assert (!need_gnt_i || need_o);
    end
  end
`endif

`ifdef FORMAL
  `include "formal/dm_lookup_props.svh"
`endif

endmodule
