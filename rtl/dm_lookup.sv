// One address channel of a guest port: three places for addresses that wait, and what the tag table
// says of their pages.
//
// Invariant: what is known of the head was true after the last change of its page's tag, unless hold_i
//   says that the head is let through already. Changes of other pages do not touch it.
// Latency:   address -> known: 1 cycle if the page is in the cache below, else 2; a head whose lookups
//   are granted at once is known within 3 cycles of the last change of its page, whatever others do.
// Throughput: an address a cycle, from the cache or from the table.
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

  // The tag table: lookups of addresses that wait, of one that just arrives, and the answer, with its
  // page, two cycles after the grant.
  output logic                  need_o,
  output logic [GfnWidth-1:0]   need_gfn_o,
  input  logic                  need_gnt_i,
  output logic                  arrive_o,
  output logic [GfnWidth-1:0]   arrive_gfn_o,
  input  logic                  arrive_gnt_i,
  input  logic [GfnWidth-1:0]   rsp_gfn_i,
  input  dm_pkg::page_state_e   rsp_state_i,
  input  logic [FrameWidth-1:0] rsp_frame_i,

  // The tag of a page changes at the end of this cycle; all_i: those of all do.
  input  logic                  upd_i,
  input  logic                  upd_all_i,
  input  logic [GfnWidth-1:0]   upd_gfn_i,

  // The head. hold_i: it is let through, later changes do not concern it. forget_i: look again.
  // set_i: it is resident in set_frame_i from the next cycle on. fill_i: so is the page that changes,
  // the head or not.
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
  input  logic                  fill_i,
  input  logic [FrameWidth-1:0] set_frame_i,
  input  logic                  pop_i,

  // An address that came in the cycle before was not in the cache; none of one whose tag does not matter.
  output logic                  ev_miss_o
);

  localparam int unsigned Ways     = 16;
  localparam int unsigned TagWidth = (GfnWidth > 4) ? GfnWidth - 4 : 1;
  localparam int unsigned PadWidth = TagWidth + 4;

  localparam int unsigned Places = 3;

  // Slot 0 is the head. age: 0 no lookup under way, else 1 or 2 cycles since it was granted. What is
  // wide does not move with the slots: that of the head is in place turn_q, of the others in the next.
  logic [Places-1:0]      valid_q, valid_d;
  logic [Places-1:0]      skip_q, skip_d;
  logic [Places-1:0]      known_q, known_d;
  logic [Places-1:0]      fresh_q;           // what arrived in the last cycle,
  logic                   hit_q, hit_d;      // and that the cache knew it
  logic [Places-1:0][1:0] age_q, age_d;
  logic [Places-1:0][1:0] state_q, state_d;
  logic [1:0]             turn_q, turn_d;
  logic [Places-1:0][3:0] last_q, last_d;    // last bits of the pages' numbers
  logic [Places-1:0][FrameWidth-1:0] frame_q;
  logic [Places-1:0][FrameWidth-1:0] frame_d;

  // By place; the last word is not used.
  logic [AddrWidth+InfoWidth-1:0] wait_mem [4];
  logic [GfnWidth-1:0]            page_mem [4];

  logic [TagWidth+FrameWidth-1:0] cache_mem [Ways];
  logic [Ways-1:0]                cached_q, cached_d;
  logic                           fill_q, fill_d;
  logic [PadWidth-1:0]            fill_gfn_q, fill_gfn_d;
  logic [FrameWidth-1:0]          fill_frame_q, fill_frame_d;

  logic [PadWidth-1:0]            gfn_in;
  logic [GfnWidth-1:0]            gfn0;
  logic [TagWidth+FrameWidth-1:0] cache_word;
  logic                           hit, arrive;
  logic [Places-1:0]              slot;      // that the arrival goes to
  logic [1:0]                     place1, place2, place_in, place_need;
  logic [Places-1:0]              answer, need, need_first, change;
  logic [3:0]                     upd_index;
  logic                           change_in;

  // The slots with what the cache said, and after this cycle's answers, before anything moves.
  logic [Places-1:0]      known, known_now;
  logic [Places-1:0][1:0] age_now, state_now;

  assign place1   = (turn_q == 2'd2) ? 2'd0 : turn_q + 2'd1;
  assign place2   = (turn_q == 2'd0) ? 2'd2 : turn_q - 2'd1;
  assign place_in = valid_q[1] ? place2 : (valid_q[0] ? place1 : turn_q);

  assign {head_addr_o, head_info_o} = wait_mem[turn_q];

  assign gfn_in  = PadWidth'(addr_i[AddrWidth-1:PageShift]);
  assign gfn0    = GfnWidth'(head_addr_o[AddrWidth-1:PageShift]);

  assign cache_word = cache_mem[gfn_in[3:0]];
  assign hit        = cached_q[gfn_in[3:0]] && !change_in &&
                      (cache_word[TagWidth+FrameWidth-1:FrameWidth] == gfn_in[PadWidth-1:4]);

  // Whom a change concerns: the head's page is compared as a whole, so that no other page can keep it
  // from being known; of the others the last bits do.
  assign upd_index = 4'(upd_gfn_i);
  assign change    = {upd_i && (upd_all_i || upd_index == last_q[place2]),
                      upd_i && (upd_all_i || upd_index == last_q[place1]),
                      upd_i && (upd_all_i || upd_gfn_i == gfn0)};
  assign change_in = upd_i && (upd_all_i || upd_index == gfn_in[3:0]);

  assign ready_o      = !valid_q[2];
  assign arrive       = valid_i && ready_o;
  assign slot         = {arrive && !pop_i && valid_q[1],
                         arrive && (pop_i ? valid_q[1] : (valid_q[0] && !valid_q[1])),
                         arrive && (pop_i ? !valid_q[1] : !valid_q[0])};
  assign arrive_o     = arrive && !beyond_i;
  assign arrive_gfn_o = GfnWidth'(gfn_in);

  // That the cache knows a page is known late in the cycle, so nothing is done with it in that cycle.
  assign hit_d     = hit && arrive;
  assign known     = known_q | (fresh_q & {Places{hit_q}});
  assign ev_miss_o = !hit_q && ((fresh_q & ~skip_q) != '0);

  // The first that needs a lookup.
  always_comb begin
    for (int unsigned i = 0; i < Places; i++) begin
      need[i]   = valid_q[i] && !skip_q[i] && !known[i] && (age_q[i] == 2'd0);
      answer[i] = age_q[i][1];
    end
    need_first = {need[2] && !need[1] && !need[0], need[1] && !need[0], need[0]};
  end

  assign need_o     = (need != '0);
  assign place_need = need[0] ? turn_q : (need[1] ? place1 : place2);
  assign need_gfn_o = page_mem[place_need];

  assign head_valid_o   = valid_q[0];
  assign head_known_o   = known[0] || answer[0] || skip_q[0];
  assign head_skip_o    = skip_q[0];
  assign head_state_o   = answer[0] ? rsp_state_i : dm_pkg::page_state_e'(state_q[0]);
  assign head_frame_o   = answer[0] ? rsp_frame_i : frame_q[turn_q];
  assign head_changed_o = change[0];
  assign head_odd_o     = valid_q[0] && !skip_q[0] &&
                          !(known_q[0] && state_q[0] == dm_pkg::PageResident);

  // Grants, answers, and what a change makes unknown again.
  always_comb begin
    for (int unsigned i = 0; i < Places; i++) begin
      known_now[i] = known[i] || answer[i];
      state_now[i] = answer[i] ? rsp_state_i : state_q[i];
      age_now[i]   = {age_q[i][0], 1'b0};
      if (need_gnt_i && need_first[i]) age_now[i] = 2'd1;
      if (change[i]) age_now[i] = 2'd0;
      if (change[i] && !(i == 0 && hold_i)) known_now[i] = 1'b0;
    end
    if (forget_i) begin
      known_now[0] = 1'b0;
      age_now[0]   = 2'd0;
    end
    if (set_i) begin
      age_now[0]   = 2'd0;
      known_now[0] = 1'b1;
      state_now[0] = dm_pkg::PageResident;
    end
  end

  // The head leaves, an address comes. What is empty is zero.
  always_comb begin
    valid_d = pop_i ? valid_q >> 1 : valid_q;
    skip_d  = pop_i ? skip_q >> 1 : skip_q;
    known_d = pop_i ? known_now >> 1 : known_now;
    age_d   = pop_i ? age_now >> 2 : age_now;
    state_d = pop_i ? state_now >> 2 : state_now;
    valid_d = valid_d | slot;
    skip_d  = skip_d | (slot & {Places{skip_i}});
    for (int unsigned i = 0; i < Places; i++) begin
      if (slot[i]) begin
        age_d[i]   = {1'b0, arrive_gnt_i && !change_in};
        state_d[i] = dm_pkg::PageResident;
      end
    end
    turn_d = pop_i ? place1 : turn_q;
  end

  always_comb begin
    frame_d = frame_q;
    last_d  = last_q;
    if (answer[0]) frame_d[turn_q] = rsp_frame_i;
    if (answer[1]) frame_d[place1] = rsp_frame_i;
    if (answer[2]) frame_d[place2] = rsp_frame_i;
    if (set_i) frame_d[turn_q] = set_frame_i;
    if (arrive) begin
      frame_d[place_in] = cache_word[FrameWidth-1:0];
      last_d[place_in]  = gfn_in[3:0];
    end
  end

  // A translation enters the cache one cycle after its answer, unless its tag changes meanwhile; or
  // one cycle after a conversion made it.
  always_comb begin
    fill_d       = fill_i || (((answer & ~change) != '0) && (rsp_state_i == dm_pkg::PageResident));
    fill_gfn_d   = fill_gfn_q;
    fill_frame_d = fill_frame_q;
    cached_d     = cached_q;
    if (fill_i) begin
      fill_gfn_d   = PadWidth'(upd_gfn_i);
      fill_frame_d = set_frame_i;
    end else if (answer != '0) begin
      fill_gfn_d   = PadWidth'(rsp_gfn_i);
      fill_frame_d = rsp_frame_i;
    end
    if (fill_q) cached_d[fill_gfn_q[3:0]] = 1'b1;
    if (upd_i) cached_d[upd_index] = 1'b0;
    if (upd_i && upd_all_i) cached_d = '0;
  end

  always_ff @(posedge clk_i) begin
    if (fill_q) cache_mem[fill_gfn_q[3:0]] <= {fill_gfn_q[PadWidth-1:4], fill_frame_q};
    if (arrive) wait_mem[place_in] <= {addr_i, info_i};
    if (arrive) page_mem[place_in] <= GfnWidth'(gfn_in);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q      <= '0;
      skip_q       <= '0;
      known_q      <= '0;
      fresh_q      <= '0;
      hit_q        <= 1'b0;
      age_q        <= '0;
      state_q      <= '0;
      turn_q       <= '0;
      last_q       <= '0;
      frame_q      <= '0;
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
      age_q        <= age_d;
      state_q      <= state_d;
      turn_q       <= turn_d;
      last_q       <= last_d;
      frame_q      <= frame_d;
      cached_q     <= cached_d;
      fill_q       <= fill_d;
      fill_gfn_q   <= fill_gfn_d;
      fill_frame_q <= fill_frame_d;
    end
  end

  // The caller's part.
  `DM_AWAKE
  `DM_ASSERT(PopOnlyWhatIsKnown, !pop_i || head_known_o)
  `DM_ASSERT(SetIsAChangeOfTheHead, !set_i || (change[0] && fill_i && valid_q[0] && !pop_i))
  `DM_ASSERT(FillIsAChangeOfOnePage, !fill_i || (upd_i && !upd_all_i))
  `DM_ASSERT(GrantOnlyToWhoNeeds, !need_gnt_i || need_o)
  // What is known of a place belongs to what is in it.
  `DM_ASSERT(EmptyIsZero, ((known_q | fresh_q | skip_q) & ~valid_q) == '0)
  `DM_ASSERT(OneAnswerACycle, (answer & (answer - Places'(1))) == '0)

`ifdef FORMAL
  `include "formal/dm_lookup_props.svh"
`endif

endmodule
