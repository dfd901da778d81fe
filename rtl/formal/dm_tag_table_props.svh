// Properties of dm_tag_table, included at its end.
//
// One page, any, and one channel, any. f_now_q is what the ports last said of the page; f_ram_q and
// f_raw_q are what the lookups under way must yield: an update comes too late for them, a mark does
// not. So the proof holds at any number of pages.

`ifndef DM_TAGS_CALLER
`define DM_TAGS_CALLER assume
`endif

localparam int unsigned TagWidth  = PayloadWidth + 3;  // {poisoned, state, payload}
localparam int unsigned ScrubTime = 3 * GuestPages;    // cycles without lookup and update

(* anyconst *) logic [GfnWidth-1:0]        f_page;
(* anyconst *) logic [$clog2(Channels):0]  f_channel;

logic [EntryWidth-1:0] f_entry;  // of this page, put together by the columns
logic [TagWidth-1:0]   f_now_q, f_now_d, f_ram_q, f_ram_d, f_raw_q, f_raw_d, f_mark, f_default;
logic [1:0]            f_age, f_ram_age, f_raw_age;  // generations since the entry was written
logic                  f_swept, f_first;
logic                  f_granted, f_ask;             // a lookup of a page in the table; of this page
logic [GfnWidth-1:0]   f_gfn;
logic                  f_ram_granted_q, f_raw_granted_q, f_end_granted_q;
logic                  f_ram_ask_q, f_raw_ask_q, f_end_error_q;
logic [GfnWidth-1:0]   f_ram_gfn_q, f_raw_gfn_q, f_error_gfn_q;
logic [7:0]            f_wait_q, f_ahead;            // grants to others while the channel waited
logic [31:0]           f_quiet_q, f_left;            // cycles of the scrub: undisturbed, still to come
logic [31:0]           f_awake_q;                    // cycles since reset, of those of the sweep
logic [2:0]            f_marks_q;
logic                  f_started_q;

initial f_started_q = 1'b0;

assign f_mark    = {1'b0, mark_state_i, mark_payload_i};
assign f_default = {1'b0, def_state_q, def_payload_q};
assign f_age     = epoch_q - f_entry[PayloadWidth+2 +: 2];
assign f_ram_age = epoch_q - ram_q[PayloadWidth+2 +: 2];
assign f_raw_age = epoch_q - raw_q[PayloadWidth+2 +: 2];
assign f_swept   = ready_q || (f_page < walk_q);
assign f_first   = (f_entry[0 +: PayloadWidth+2] == f_now_q[0 +: PayloadWidth+2]);

// What the grants say.
always_comb begin
  f_granted = cmd_gnt_o;
  f_gfn     = cmd_gfn_i;
  for (int unsigned c = 0; c < Channels; c++) begin
    if (need_gnt_o[c] || arrive_gnt_o[c]) f_granted = 1'b1;
    if (need_gnt_o[c]) f_gfn = need_gfn_i[c*GfnWidth +: GfnWidth];
    if (arrive_gnt_o[c]) f_gfn = arrive_gfn_i[c*GfnWidth +: GfnWidth];
  end
  if (32'(f_gfn) >= GuestPages) f_granted = 1'b0;
  // Its page changes in the same cycle: who asked asks again.
  if (upd_i && (upd_gfn_i == f_gfn)) f_granted = 1'b0;
  f_ask = f_granted && (f_gfn == f_page);
end

// What the page is after this cycle. A poisoned entry stays bad until it is updated.
always_comb begin
  f_now_d = f_now_q;
  f_raw_d = f_ram_q;
  if (mark_i && !f_now_q[TagWidth-1]) f_now_d = f_mark;
  if (mark_i && !f_ram_q[TagWidth-1]) f_raw_d = f_mark;
  f_ram_d = f_now_d;
  if (upd_i && (upd_gfn_i == f_page)) f_now_d = {upd_poison_i, upd_state_i, upd_payload_i};
end

// Channels that may be granted before this one.
always_comb begin
  f_ahead = '0;
  for (int unsigned c = 0; c < Channels; c++) begin
    if ((c < 32'(f_channel)) ? (turn_q[c] == turn_q[f_channel])
                             : ((c > 32'(f_channel)) && turn_q[c] && !turn_q[f_channel])) begin
      f_ahead = f_ahead + 8'd1;
    end
  end
end

// Cycles that the scrub needs when nobody disturbs it.
always_comb begin
  f_left = 32'd3 * (GuestPages - 32'(walk_q));
  unique case (scrub_state_q)
    ScrubRead:              ;
    ScrubWait:              f_left = f_left - 32'd1;
    ScrubCheck, ScrubWrite: f_left = f_left - 32'd2;
    default:                f_left = '0;
  endcase
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_now_q         <= {1'b0, ResetState, PayloadWidth'(0)};
    f_ram_granted_q <= 1'b0;
    f_raw_granted_q <= 1'b0;
    f_end_granted_q <= 1'b0;
    f_ram_ask_q     <= 1'b0;
    f_raw_ask_q     <= 1'b0;
    f_end_error_q   <= 1'b0;
    f_error_gfn_q   <= '0;
    f_wait_q        <= '0;
    f_quiet_q       <= '0;
    f_awake_q       <= '0;
    f_marks_q       <= '0;
  end else begin
    f_now_q         <= f_now_d;
    f_ram_granted_q <= f_granted;
    f_raw_granted_q <= f_ram_granted_q;
    f_end_granted_q <= f_raw_granted_q;
    f_ram_ask_q     <= f_ask;
    f_raw_ask_q     <= f_ram_ask_q;
    f_end_error_q   <= rsp_parity_error_o;
    if (f_raw_granted_q && rsp_parity_error_o) f_error_gfn_q <= f_raw_gfn_q;
    if (!need_i[f_channel] || need_gnt_o[f_channel]) f_wait_q <= '0;
    else if (open && !cmd_req_i) f_wait_q <= f_wait_q + 8'd1;
    f_quiet_q       <= (wanted || upd_i || mark_i || !scrub_busy_o) ? '0 : f_quiet_q + 32'd1;
    if (!ready_o) f_awake_q <= f_awake_q + 32'd1;
    if (mark_i) f_marks_q <= f_marks_q + 3'd1;
  end
end

always_ff @(posedge clk_i) begin
  f_started_q <= 1'b1;
  f_ram_q     <= f_ram_d;
  f_raw_q     <= f_raw_d;
  f_ram_gfn_q <= f_gfn;
  f_raw_gfn_q <= f_ram_gfn_q;
end

always @(posedge clk_i) begin
  assume (32'(f_page) < GuestPages);
  assume (32'(f_channel) < Channels);
  if (!f_started_q) assume (!rst_ni);
  if (rst_ni) begin
    // The caller's part.
    if (upd_i) `DM_TAGS_CALLER (ready_o && !mark_i && (32'(upd_gfn_i) < GuestPages));
    if (mark_i) begin
      `DM_TAGS_CALLER (mark_ok_o);
      `DM_TAGS_CALLER ((mark_state_i == dm_pkg::PageDormant) || (mark_state_i == dm_pkg::PageAway));
    end

    // A lookup yields what was last written; poison yields bad, and no payload.
    if (f_raw_ask_q) begin
      assert (rsp_parity_error_o == f_raw_q[TagWidth-1]);
      if (rsp_parity_error_o) assert ((rsp_state_o == dm_pkg::PageBad) && (rsp_payload_o == '0));
      else assert ({1'b0, rsp_state_o, rsp_payload_o} == f_raw_q);
    end

    // What a block RAM yields for an entry that is written in the same cycle is used by nobody.
    if (f_ask) assert (!ram_write || (ram_waddr != f_page));
    if ((scrub_state_q == ScrubRead) && ram_write && (ram_waddr == walk_q)) assert (step);

    // Each parity error that a lookup met is told once, with its page; the scrub's are not.
    assert (ev_parity_error_o == (f_end_granted_q && f_end_error_q));
    assert (parity_gfn_o == f_error_gfn_q);

    // One grant a cycle, and none is wasted: in order of class, then in turn.
    assert ((grants != '0) == (ready_o && wanted));
    assert ((grants & (grants - GrantWidth'(1))) == '0);
    assert ((grants & ~{cmd_req_i, need_i, arrive_i}) == '0);
    if (cmd_req_i) assert ((need_gnt_o == '0) && (arrive_gnt_o == '0));
    if (need_i != '0) assert (arrive_gnt_o == '0);
    assert (32'(f_wait_q) < Channels);

    // Sweep and scrub end.
    assert (ready_o == (f_awake_q == GuestPages));
    assert (f_quiet_q <= ScrubTime);
    assert (mark_ok_o || !ready_o || scrub_busy_o);

    // What makes that inductive. The entry, in the table and on its way out.
    if (f_swept) begin
      assert ((^f_entry) != f_now_q[TagWidth-1]);
      if (^f_entry) begin
        assert (f_age <= gens_q);
        if (f_age == '0) assert (f_first);
        else assert (f_now_q == f_default);
      end
    end else begin
      assert (f_now_q == f_default);
    end
    if (f_ram_ask_q) begin
      assert ((^ram_q) != f_ram_q[TagWidth-1]);
      if (^ram_q) begin
        assert (f_ram_age <= gens_q);
        if (f_ram_age == '0) assert (ram_q[0 +: PayloadWidth+2] == f_ram_q[0 +: PayloadWidth+2]);
        else assert (f_ram_q == f_default);
      end
    end
    assert (ram_asked_q || !f_ram_granted_q);
    if (ram_asked_q) begin
      assert (ram_gfn_q == f_ram_gfn_q);
      assert (f_ram_granted_q == (32'(f_ram_gfn_q) < GuestPages));
    end
    assert (raw_asked_q == f_raw_granted_q);
    if (raw_asked_q) assert (raw_gfn_q == f_raw_gfn_q);
    if (f_ram_ask_q) assert (ram_asked_q && (ram_gfn_q == f_page));

    // The sweep, the scrub, and how far they are.
    assert (scrub_state_q <= ScrubWrite);
    assert (32'(walk_q) < GuestPages);
    assert ((scrub_state_q == ScrubIdle) == (gens_q == '0));
    if (!ready_q) begin
      assert ((epoch_q == '0) && (gens_q == '0) && (f_awake_q == 32'(walk_q)));
      assert (f_default == {1'b0, ResetState, PayloadWidth'(0)});
      assert (!ram_asked_q && !raw_asked_q);
    end else if (scrub_state_q == ScrubIdle) begin
      assert (walk_q == '0);
    end else begin
      if ((^f_entry) && (f_page < walk_q)) assert (f_age == '0);
      if (f_page == walk_q) begin
        if (scrub_state_q == ScrubWait) assert (ram_q == f_entry);
        if (scrub_state_q == ScrubCheck) assert (raw_q == f_entry);
        if (scrub_state_q == ScrubWrite) assert ((^f_entry) && (f_age != '0));
      end
    end
    assert (f_quiet_q + f_left <= ScrubTime);

    // The turn: a row of ones at the top.
    for (int unsigned c = 1; c < Channels; c++) assert (turn_q[c] || !turn_q[c-1]);
    assert (32'(f_wait_q) + 32'(f_ahead) < Channels);

`ifndef DM_DORMANT
    // The interesting states are reached.
    cover (f_raw_ask_q && (rsp_state_o == dm_pkg::PageDormant));
    cover (f_raw_ask_q && (rsp_state_o == dm_pkg::PageResident));
    cover (f_raw_ask_q && (rsp_state_o == dm_pkg::PageAway));
    cover (f_raw_ask_q && (rsp_state_o == dm_pkg::PageBad) && !rsp_parity_error_o);
    cover (f_raw_ask_q && rsp_parity_error_o);
    cover (f_raw_ask_q && rsp_parity_error_o && (f_raw_age != '0));
    cover (f_raw_ask_q && !rsp_parity_error_o && (f_raw_age == 2'd3));
    cover (f_raw_ask_q && (f_raw_q != f_now_q));
    cover (ev_parity_error_o);
    cover (rewrite && (walk_q == f_page) && (f_age == 2'd1));
    cover (rewrite && (walk_q == f_page) && (f_age == 2'd3));
    cover (step && !rewrite && !hit);
    cover (hit && (scrub_state_q == ScrubCheck) && upd_poison_i);
    cover (upd_i && (scrub_state_q == ScrubWrite) && !hit);
    cover (mark_i && (scrub_state_q == ScrubCheck) && (walk_q == LastPage));
    cover (mark_i && rewrite);
    cover ((gens_q == 2'd3) && (f_quiet_q == 32'd3));
    cover (mark_i && (f_marks_q == 3'd4));
    cover ((f_marks_q != '0) && mark_ok_o && !scrub_busy_o);
    cover (32'(f_wait_q) == Channels - 1);
    cover (cmd_gnt_o && (need_i != '0) && (arrive_i != '0));
    cover (arrive_gnt_o[Channels-1]);
    cover (upd_i && wanted && ram_asked_q && raw_asked_q);
    cover (upd_i && f_ask && (grants != '0));
`endif
  end
end
