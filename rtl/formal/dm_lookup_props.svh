// Properties of dm_lookup, included at its end.

// In every instance: what is empty is zero, one lookup a cycle.
always @(posedge clk_i) begin
  if (rst_ni) begin
    for (int unsigned i = 0; i < Places; i++) begin
      assert (age_q[i] != 2'd3);
      assert (valid_q[i] || (age_q[i] == 2'd0));
      for (int unsigned j = 0; j < i; j++) assert ((age_q[i] == 2'd0) || (age_q[i] != age_q[j]));
    end
    assert ((valid_q == 3'b000) || (valid_q == 3'b001) || (valid_q == 3'b011) || (valid_q == 3'b111));
    assert (((known_q | fresh_q | skip_q) & ~valid_q) == '0);
    assert (turn_q < 2'd3);
  end
end

// What the caller and the table owe is assumed of the block alone, and asserted where they are there.
`ifndef DM_LOOKUP_CALLER
`define DM_LOOKUP_CALLER assume
`endif
`ifndef DM_LOOKUP_TABLE
`define DM_LOOKUP_TABLE assume
`endif

// One page, any: f_state_q and f_frame_q are its tag. The table answers with the truth two cycles
// after it granted a lookup, unless the page's tag changed meanwhile: then with anything. And one
// address, any: it leaves as it came. By slot: f_addr, f_info, f_page_of and f_frame_of are what is in it.
`ifdef DM_DORMANT
localparam int unsigned NumberBits = 5;  // as in dm_gate's properties
`else
localparam int unsigned NumberBits = 4;
`endif
localparam int unsigned PageWidth  = AddrWidth - PageShift;

(* anyconst *) logic [GfnWidth-1:0]   f_page;
(* anyconst *) logic [NumberBits-1:0] f_number;
(* anyseq *)   logic                  f_changes;
(* anyseq *)   dm_pkg::page_state_e   f_new_state;
(* anyseq *)   logic [FrameWidth-1:0] f_new_frame;

dm_pkg::page_state_e   f_state_q;
logic [FrameWidth-1:0] f_frame_q;
logic                  f_change;
logic                  f_gnt;
logic                  f_ram_q, f_raw_q;  // a lookup was granted one and two cycles ago, no change since
logic [GfnWidth-1:0]   f_gnt_gfn, f_ram_gfn_q, f_raw_gfn_q;
logic                  f_held_q;
logic [FrameWidth-1:0] f_held_frame_q;
logic [NumberBits-1:0] f_in_q, f_out_q, f_place;
logic [AddrWidth-1:0]  f_addr_q;
logic [InfoWidth-1:0]  f_info_q, f_info1, f_info2;
logic [Places-1:0][AddrWidth-1:0]  f_addr;
logic [Places-1:0][InfoWidth-1:0]  f_info;
logic [Places-1:0][PageWidth-1:0]  f_page_of;
logic [Places-1:0][FrameWidth-1:0] f_frame_of;
logic [Places-1:0][1:0]            f_at;
logic                  f_skip_q;
logic [PadWidth-1:0]   f_pad;
logic                  f_wait_q, f_was_pop_q;
logic [AddrWidth+InfoWidth:0] f_offer_q;
logic [2:0]            f_age_q;   // cycles that the head has not been known
logic                  f_hit_q, f_miss_q, f_lost_q, f_calm_q;
logic                  f_flow_q;    // no change, every lookup granted at once, no head held up, from reset on
logic [2:0]            f_stream_q;  // cycles in a row in which an answer from the table left
logic                  f_touched;  // the head's own tag changes
logic                  f_started_q;

initial f_started_q = 1'b0;

assign f_at = {place2, place1, turn_q};

always_comb begin
  for (int unsigned i = 0; i < Places; i++) begin
    {f_addr[i], f_info[i]} = wait_mem[f_at[i]];
    f_page_of[i]  = f_addr[i][AddrWidth-1:PageShift];
    f_frame_of[i] = frame_q[f_at[i]];
  end
end

assign f_info1 = f_info[1];
assign f_info2 = f_info[2];
assign f_pad     = PadWidth'(f_page);
assign f_change  = upd_i && f_changes && (upd_all_i || upd_gfn_i == f_page);
assign f_touched = upd_i && (upd_all_i || (PageWidth'(upd_gfn_i) == f_page_of[0]));
assign f_gnt     = need_gnt_i || arrive_gnt_i;
assign f_gnt_gfn = need_gnt_i ? need_gfn_o : arrive_gfn_o;
assign f_place   = f_number - f_out_q;  // places from the head

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_ram_q     <= 1'b0;
    f_raw_q     <= 1'b0;
    f_held_q    <= 1'b0;
    f_in_q      <= '0;
    f_out_q     <= '0;
    f_wait_q    <= 1'b0;
    f_age_q     <= '0;
    f_hit_q     <= 1'b0;
    f_miss_q    <= 1'b0;
    f_lost_q    <= 1'b0;
    f_calm_q    <= 1'b0;
    f_stream_q  <= '0;
    f_flow_q    <= 1'b1;
  end else begin
    f_ram_q  <= f_gnt && !(upd_i && (upd_all_i || upd_gfn_i == f_gnt_gfn));
    f_raw_q  <= f_ram_q && !(upd_i && (upd_all_i || upd_gfn_i == f_ram_gfn_q));
    f_held_q <= hold_i && !pop_i;
    f_in_q   <= f_in_q + NumberBits'(valid_i && ready_o);
    f_out_q  <= f_out_q + NumberBits'(pop_i);
    f_wait_q <= valid_i && !ready_o;
    f_age_q  <= (head_valid_o && !head_known_o && !f_touched && !forget_i) ? f_age_q + 3'd1 : 3'd0;
    f_hit_q  <= f_hit_q || (arrive && hit && !beyond_i);
    f_miss_q <= f_miss_q || (answer[0] && head_known_o);
    f_lost_q <= f_lost_q || (change[0] && (age_q[0] != 2'd0));
    f_flow_q <= f_flow_q && !upd_i && !forget_i && (!arrive_o || arrive_gnt_i)
                && (!head_valid_o || !head_known_o || pop_i);
    f_stream_q <= (answer[0] && pop_i) ? f_stream_q + 3'd1 : '0;
    f_calm_q <= f_calm_q || (upd_i && !change[0] && (age_q[0] != 2'd0));
  end
end

always_ff @(posedge clk_i) begin
  f_started_q    <= 1'b1;
  f_ram_gfn_q    <= f_gnt_gfn;
  f_raw_gfn_q    <= f_ram_gfn_q;
  f_held_frame_q <= head_frame_o;
  f_offer_q      <= {addr_i, info_i, skip_i};
  if (valid_i && ready_o && (f_in_q == f_number)) begin
    f_addr_q <= addr_i;
    f_info_q <= info_i;
    f_skip_q <= skip_i;
  end
  if (f_change || !rst_ni) begin
    f_state_q <= f_new_state;
    f_frame_q <= f_new_frame;
  end
end

always @(posedge clk_i) begin
  if (!f_started_q) assume (!rst_ni);
  if (rst_ni) begin
    // The caller.
    `DM_LOOKUP_CALLER (beyond_i == (32'(addr_i[AddrWidth-1:PageShift]) >= GuestPages));
    `DM_LOOKUP_CALLER (!beyond_i || skip_i);
    if (f_wait_q) `DM_LOOKUP_CALLER (valid_i && ({addr_i, info_i, skip_i} == f_offer_q));
    if (f_held_q) `DM_LOOKUP_CALLER (hold_i);
    if (hold_i) begin
      `DM_LOOKUP_CALLER (head_known_o && !head_skip_o && !forget_i && !set_i);
      if (!f_held_q) `DM_LOOKUP_CALLER (head_state_o == dm_pkg::PageResident);
    end
    if (pop_i) `DM_LOOKUP_CALLER (head_known_o && !forget_i);
    if (set_i) begin
      `DM_LOOKUP_CALLER (change[0] && head_valid_o && known[0] && !skip_q[0] && !pop_i && !forget_i);
      if (f_page_of[0] == PageWidth'(f_page)) begin
        `DM_LOOKUP_CALLER (f_change && (f_new_state == dm_pkg::PageResident) && (f_new_frame == set_frame_i));
      end
    end
    `DM_LOOKUP_CALLER (!set_i || fill_i);
    if (fill_i) begin
      `DM_LOOKUP_CALLER (upd_i && !upd_all_i && (32'(upd_gfn_i) < GuestPages));
      if (upd_gfn_i == f_page) begin
        `DM_LOOKUP_CALLER (f_change && (f_new_state == dm_pkg::PageResident) && (f_new_frame == set_frame_i));
      end
    end
    // The table.
    assume (32'(f_page) < GuestPages);
    `DM_LOOKUP_TABLE (!(need_gnt_i && !need_o) && !(arrive_gnt_i && !arrive_o));
    `DM_LOOKUP_TABLE (!(need_gnt_i && arrive_gnt_i));
    if (f_raw_q) `DM_LOOKUP_TABLE (rsp_gfn_i == f_raw_gfn_q);
    if (f_raw_q && (f_raw_gfn_q == f_page)) begin
      `DM_LOOKUP_TABLE ((rsp_state_i == f_state_q) && (rsp_frame_i == f_frame_q));
    end

    // What is known of the page is its tag, unless it is held: then it stays what it was.
    if (head_known_o && !skip_q[0] && !f_held_q && (f_page_of[0] == PageWidth'(f_page))) begin
      assert (head_state_o == f_state_q);
      assert ((head_state_o != dm_pkg::PageResident) || (head_frame_o == f_frame_q));
    end
    if (f_held_q && (f_page_of[0] == PageWidth'(f_page))) begin
      assert (head_known_o && (head_state_o == dm_pkg::PageResident));
      assert (head_frame_o == f_held_frame_q);
    end

    // Addresses leave as they came, each once, in order.
    assert (NumberBits'(f_in_q - f_out_q) == NumberBits'(valid_q[0]) + NumberBits'(valid_q[1])
            + NumberBits'(valid_q[2]));
    if (head_valid_o && (f_place == '0)) begin
      assert ((head_addr_o == f_addr_q) && (head_info_o == f_info_q) && (head_skip_o == f_skip_q));
    end
    assert (ready_o == !valid_q[2]);
    assert ((fresh_q != '0) || !hit_q);
    assert ((known_q & fresh_q) == '0);

    assert (!head_valid_o || head_known_o || need_o || (age_q[0] != 2'd0));

`ifdef DM_LOOKUP_TOP
    // A head whose lookups are granted at once is known soon, whatever becomes of other pages.
    if (f_age_q != 3'd0) assume (!need_o || need_gnt_i);
    assert (f_age_q <= 3'd3);
    if (f_age_q == 3'd1) assert (known[0] || (age_q[0] != 2'd0) || need_o);
    // While nobody holds the head up and every lookup is granted as the address comes, there is room for
    // an address in every cycle.
    if (f_flow_q) begin
      assert (ready_o);
      if (valid_q[1]) assert (head_known_o && fresh_q[1]);
      if (valid_q[0] && !head_known_o) assert (age_q[0] == 2'd1);
      for (int unsigned i = 0; i < Places; i++) begin
        if (fresh_q[i]) assert ((age_q[i] == 2'd1) || known[i] || skip_q[i]);
      end
    end
    if (f_age_q == 3'd2) assert (age_q[0] != 2'd0);
    if (f_age_q == 3'd3) assert (age_q[0] == 2'd2);
`endif

    // What makes that inductive.
    for (int unsigned i = 0; i < Places; i++) begin
      if (valid_q[i]) begin
        assert (last_q[f_at[i]] == 4'(f_page_of[i]));
        assert (page_mem[f_at[i]] == GfnWidth'(f_page_of[i]));
        if (!skip_q[i]) assert (32'(f_page_of[i]) < GuestPages);
        if (f_place == NumberBits'(i)) begin
          assert ((f_addr[i] == f_addr_q) && (f_info[i] == f_info_q) && (skip_q[i] == f_skip_q));
        end
      end
      if (known[i] && !skip_q[i] && !((i == 0) && f_held_q) && (f_page_of[i] == PageWidth'(f_page))) begin
        assert (state_q[i] == f_state_q);
        assert ((state_q[i] != dm_pkg::PageResident) || (f_frame_of[i] == f_frame_q));
      end
      if (age_q[i] != 2'd0) assert (32'(f_page_of[i]) < GuestPages);
      if (age_q[i] == 2'd1) assert (f_ram_q && (f_ram_gfn_q == GfnWidth'(f_page_of[i])));
      if (age_q[i] == 2'd2) assert (f_raw_q && (f_raw_gfn_q == GfnWidth'(f_page_of[i])));
    end
    if (f_held_q) assert (known_q[0] && !skip_q[0]);
    if (f_held_q && (f_page_of[0] == PageWidth'(f_page))) begin
      assert ((state_q[0] == dm_pkg::PageResident) && (f_frame_of[0] == f_held_frame_q));
      if (age_q[0] != 2'd0) begin
        assert ((f_state_q == dm_pkg::PageResident) && (f_frame_q == f_held_frame_q));
      end
    end
    if (fill_q && (fill_gfn_q == f_pad)) begin
      assert ((f_state_q == dm_pkg::PageResident) && (fill_frame_q == f_frame_q));
    end
    if (cached_q[f_pad[3:0]] &&
        (cache_mem[f_pad[3:0]][TagWidth+FrameWidth-1:FrameWidth] == f_pad[PadWidth-1:4])) begin
      assert (f_state_q == dm_pkg::PageResident);
      assert (cache_mem[f_pad[3:0]][FrameWidth-1:0] == f_frame_q);
    end

`ifdef DM_LOOKUP_TOP
    cover (f_hit_q && head_valid_o && head_known_o && (f_out_q == 3'd2));
    cover (f_miss_q && f_hit_q);
    cover (f_lost_q && answer[1]);
    cover (f_calm_q && answer[0] && (f_age_q == 3'd2));
    cover (f_held_q && (head_frame_o != f_frame_q) && (f_page_of[0] == PageWidth'(f_page)) &&
           (f_state_q == dm_pkg::PageResident));
    cover (set_i && (f_page_of[0] == PageWidth'(f_page)));
    cover (valid_q[1] && need[1] && !need[0] && known[0]);
    cover (need_first[2] && need_gnt_i);
    cover (f_stream_q == 3'd4);
    cover (fill_i && !set_i && fill_q);
    cover (ev_miss_o);
`endif
  end
end
