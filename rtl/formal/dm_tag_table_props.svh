// Properties of dm_tag_table, included at its end.
//
// One page, any, and one channel, any. f_now_q is what the ports last said of the page; f_ram_q and
// f_raw_q are what the lookups under way must yield, by bank: an update comes too late for them, a mark
// does not. So the proof holds at any number of pages.

`ifndef DM_TAGS_CALLER
`define DM_TAGS_CALLER assume
`endif

localparam int unsigned TagWidth  = PayloadWidth + 3;  // {poisoned, state, payload}
localparam int unsigned ScrubTime = 3 * GuestPages;    // cycles of the scrub without lookup and update
localparam int unsigned UpdMost   = 5;                 // updates in a row, most
localparam int unsigned ScrubMost = Patience + UpdMost + 3;  // cycles of a page, most
localparam int unsigned ScrubEnd  = ScrubMost * GuestPages;  // and whatever comes
localparam int unsigned WaitMost  = 2 * Ports + 2;     // cycles that a channel waits, less than

(* anyconst *) logic [GfnWidth-1:0]        f_page;
(* anyconst *) logic [$clog2(Channels):0]  f_channel;

logic [1:0][EntryWidth-1:0] f_entry;  // of this page, put together by the columns
logic [TagWidth-1:0]   f_now_q, f_now_d, f_mark, f_default;
logic [1:0][TagWidth-1:0] f_ram_q, f_ram_d, f_raw_q, f_raw_d;
logic [1:0]            f_age;                        // generations since the entry was written
logic [1:0][1:0]       f_ram_age, f_raw_age;
logic                  f_swept, f_first;
logic [1:0]            f_granted, f_ask;             // a lookup of a page in the table; of this page
logic [1:0][GfnWidth-1:0] f_gfn;
logic [1:0]            f_ram_granted_q, f_raw_granted_q, f_end_granted_q;
logic [1:0]            f_ram_ask_q, f_raw_ask_q, f_end_error_q;
logic [1:0][GfnWidth-1:0] f_ram_gfn_q, f_raw_gfn_q;
logic [GfnWidth-1:0]   f_error_gfn_q;
logic                  f_bank;                       // of the channel
logic [7:0]            f_wait_q, f_ahead;            // cycles that the channel waited; ports before it
logic                  f_urged_q;                    // the scrub took one of them
logic [7:0]            f_look_q;                     // cycles that the command waited,
logic                  f_forced_q;                   // and that the scrub took one of them
logic [2:0]            f_upds_q;                     // updates in a row
logic [31:0]           f_quiet_q, f_left;            // cycles of the scrub: undisturbed, still to come
logic [31:0]           f_scrub_q, f_most;            // cycles of the scrub, and most that are to come
logic [31:0]           f_awake_q;                    // cycles since reset, of those of the sweep
logic [2:0]            f_marks_q;
logic                  f_started_q;

initial f_started_q = 1'b0;

assign f_mark    = {1'b0, mark_state_i, mark_payload_i};
assign f_default = {1'b0, def_state_q, def_payload_q};
assign f_age     = epoch_q - f_entry[0][PayloadWidth+2 +: 2];
assign f_swept   = ready_q || (f_page < walk_q);
assign f_first   = (f_entry[0][0 +: PayloadWidth+2] == f_now_q[0 +: PayloadWidth+2]);
assign f_bank    = f_channel[0];

// What the grants say. Whose page changes in the same cycle asks again.
always_comb begin
  for (int unsigned b = 0; b < 2; b++) begin
    f_ram_age[b] = epoch_q - ram_q[b][PayloadWidth+2 +: 2];
    f_raw_age[b] = epoch_q - raw_q[b][PayloadWidth+2 +: 2];
    f_granted[b] = (b == 0) && cmd_gnt_o;
    f_gfn[b]     = cmd_gfn_i;
    for (int unsigned p = 0; p < Ports; p++) begin
      if (need_gnt_o[2*p+b] || arrive_gnt_o[2*p+b]) f_granted[b] = 1'b1;
      if (need_gnt_o[2*p+b]) f_gfn[b] = need_gfn_i[(2*p+b)*GfnWidth +: GfnWidth];
      if (arrive_gnt_o[2*p+b]) f_gfn[b] = arrive_gfn_i[(2*p+b)*GfnWidth +: GfnWidth];
    end
    if (32'(f_gfn[b]) >= GuestPages) f_granted[b] = 1'b0;
    if (upd_i && (upd_gfn_i == f_gfn[b])) f_granted[b] = 1'b0;
    f_ask[b] = f_granted[b] && (f_gfn[b] == f_page);
  end
end

// Grants to channels, by bank.
logic [1:0][3:0] f_grants;
always_comb begin
  f_grants = '0;
  for (int unsigned c = 0; c < Channels; c++) begin
    f_grants[c[0]] = f_grants[c[0]] + 4'(need_gnt_o[c]) + 4'(arrive_gnt_o[c]);
  end
end

// What the page is after this cycle. A poisoned entry stays bad until it is updated.
always_comb begin
  f_now_d = f_now_q;
  if (mark_i && !f_now_q[TagWidth-1]) f_now_d = f_mark;
  for (int unsigned b = 0; b < 2; b++) begin
    f_raw_d[b] = f_ram_q[b];
    if (mark_i && !f_ram_q[b][TagWidth-1]) f_raw_d[b] = f_mark;
    f_ram_d[b] = f_now_d;
  end
  if (upd_i && (upd_gfn_i == f_page)) f_now_d = {upd_poison_i, upd_state_i, upd_payload_i};
end

// Channels of the same bank that may be granted before this one.
always_comb begin
  f_ahead = '0;
  for (int unsigned c = 0; c < Channels; c++) begin
    if (c[0] == f_bank) begin
      if ((c < 32'(f_channel)) ? (turn_q[c] == turn_q[f_channel])
                               : ((c > 32'(f_channel)) && turn_q[c] && !turn_q[f_channel])) begin
        f_ahead = f_ahead + 8'd1;
      end
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

// And most that it needs, however many lookups and updates there are.
always_comb begin
  f_most = ScrubMost * (GuestPages - 32'(walk_q));
  unique case (scrub_state_q)
    ScrubRead:  f_most = f_most - 32'(patience_q);
    ScrubWait:  f_most = f_most - 32'(Patience + 1);
    ScrubCheck: f_most = f_most - 32'(Patience + 2);
    ScrubWrite: f_most = f_most - 32'(Patience + 2) - 32'(f_upds_q);
    default:    f_most = '0;
  endcase
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_now_q         <= {1'b0, ResetState, PayloadWidth'(0)};
    f_ram_granted_q <= '0;
    f_raw_granted_q <= '0;
    f_end_granted_q <= '0;
    f_ram_ask_q     <= '0;
    f_raw_ask_q     <= '0;
    f_end_error_q   <= '0;
    f_error_gfn_q   <= '0;
    f_wait_q        <= '0;
    f_urged_q       <= 1'b0;
    f_look_q        <= '0;
    f_forced_q      <= 1'b0;
    f_upds_q        <= '0;
    f_scrub_q       <= '0;
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
    if (f_raw_granted_q[1] && rsp_parity_error_o[1]) f_error_gfn_q <= f_raw_gfn_q[1];
    if (f_raw_granted_q[0] && rsp_parity_error_o[0]) f_error_gfn_q <= f_raw_gfn_q[0];
    if (!ready_o || !need_i[f_channel] || need_gnt_o[f_channel]) begin
      f_wait_q  <= '0;
      f_urged_q <= 1'b0;
    end else begin
      f_wait_q  <= f_wait_q + 8'd1;
      f_urged_q <= f_urged_q || (urgent && !f_bank);
    end
    f_look_q        <= (ready_o && cmd_req_i && !cmd_gnt_o) ? f_look_q + 8'd1 : '0;
    f_forced_q      <= ready_o && cmd_req_i && !cmd_gnt_o && (f_forced_q || urgent);
    f_upds_q        <= upd_i ? f_upds_q + 3'd1 : '0;
    f_scrub_q       <= (mark_i || !scrub_busy_o) ? '0 : f_scrub_q + 32'd1;
    f_quiet_q       <= ((wanted != '0) || upd_i || mark_i || !scrub_busy_o) ? '0 : f_quiet_q + 32'd1;
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

    if (32'(f_upds_q) == UpdMost) `DM_TAGS_CALLER (!upd_i);

    for (int unsigned b = 0; b < 2; b++) begin
      // A lookup yields what was last written; poison yields bad, and no payload.
      if (f_raw_granted_q[b]) assert (rsp_gfn_o[b*GfnWidth +: GfnWidth] == f_raw_gfn_q[b]);
      if (f_raw_ask_q[b]) begin
        assert (rsp_parity_error_o[b] == f_raw_q[b][TagWidth-1]);
        if (rsp_parity_error_o[b]) begin
          assert (rsp_state_o[2*b +: 2] == dm_pkg::PageBad);
          assert (rsp_payload_o[b*PayloadWidth +: PayloadWidth] == '0);
        end else begin
          assert ({1'b0, rsp_state_o[2*b +: 2], rsp_payload_o[b*PayloadWidth +: PayloadWidth]}
                  == f_raw_q[b]);
        end
      end
      // What a block RAM yields for an entry that is written in the same cycle is used by nobody.
      if (f_ask[b]) assert (!ram_write || (ram_waddr != f_page) || ram_met_d[b]);
    end
    if ((scrub_state_q == ScrubRead) && ram_write && (ram_waddr == walk_q)) assert (step);
    // The banks hold the same.
    if (f_swept) assert (f_entry[0] == f_entry[1]);

    // Each parity error that a lookup met is told once, with its page; the scrub's are not.
    assert (ev_parity_error_o == ((f_end_granted_q & f_end_error_q) != '0));
    assert (parity_gfn_o == f_error_gfn_q);

    // In each bank one grant a cycle, and none is wasted: in order of class, then in turn.
    assert ((need_gnt_o & ~need_i) == '0);
    assert ((arrive_gnt_o & ~arrive_i) == '0);
    assert (!cmd_gnt_o || cmd_req_i);
    for (int unsigned b = 0; b < 2; b++) begin
      assert (({31'd0, (b == 0) && cmd_gnt_o} + 32'(f_grants[b]))
              == 32'(ready_o && wanted[b] && !(b == 0 && urgent)));
      if (bank_need[b] != '0) begin
        for (int unsigned p = 0; p < Ports; p++) assert (!arrive_gnt_o[2*p+b]);
      end
    end
    // Whoever waits is granted within a few cycles, a command within three, whatever else there is.
    assert (32'(f_wait_q) < WaitMost);
    assert (f_look_q < 8'd3);

    // Sweep and scrub end.
    assert (ready_o == (f_awake_q == GuestPages));
    assert (f_quiet_q <= ScrubTime);
    assert (f_scrub_q <= ScrubEnd);
    assert (mark_ok_o || !ready_o || scrub_busy_o);

    // What makes that inductive. The entry, in the table and on its way out.
    if (f_swept) begin
      assert ((^f_entry[0]) != f_now_q[TagWidth-1]);
      if (^f_entry[0]) begin
        assert (f_age <= gens_q);
        if (f_age == '0) assert (f_first);
        else assert (f_now_q == f_default);
      end
    end else begin
      assert (f_now_q == f_default);
    end
    for (int unsigned b = 0; b < 2; b++) begin
      if (f_ram_ask_q[b]) begin
        if (ram_met_q[b]) begin
          assert (f_ram_q[b][TagWidth-1] == ram_spoilt_q);
          assert (ram_spoilt_q || (f_ram_q[b] == f_default));
        end else begin
          assert ((^ram_q[b]) != f_ram_q[b][TagWidth-1]);
          if (^ram_q[b]) begin
            assert (f_ram_age[b] <= gens_q);
            if (f_ram_age[b] == '0) assert (ram_q[b][0 +: PayloadWidth+2] == f_ram_q[b][0 +: PayloadWidth+2]);
            else assert (f_ram_q[b] == f_default);
          end
        end
      end
      assert (ram_asked_q[b] || !f_ram_granted_q[b]);
      if (ram_asked_q[b]) begin
        assert (ram_gfn_q[b] == f_ram_gfn_q[b]);
        assert (f_ram_granted_q[b] == (32'(f_ram_gfn_q[b]) < GuestPages));
      end
      assert (raw_asked_q[b] == f_raw_granted_q[b]);
      if (raw_asked_q[b]) assert (raw_gfn_q[b] == f_raw_gfn_q[b]);
      if (f_ram_ask_q[b]) assert (ram_asked_q[b] && (ram_gfn_q[b] == f_page));
    end

    // The sweep, the scrub, and how far they are.
    assert (scrub_state_q <= ScrubWrite);
    assert (32'(walk_q) < GuestPages);
    assert ((scrub_state_q == ScrubIdle) == (gens_q == '0));
    if (!ready_q) begin
      assert ((epoch_q == '0) && (gens_q == '0) && (f_awake_q == 32'(walk_q)));
      assert (f_default == {1'b0, ResetState, PayloadWidth'(0)});
      assert ((ram_asked_q | raw_asked_q | ram_met_q | raw_met_q) == '0);
    end else if (scrub_state_q == ScrubIdle) begin
      assert (walk_q == '0);
    end else begin
      if ((^f_entry[0]) && (f_page < walk_q)) assert (f_age == '0);
      if (f_page == walk_q) begin
        if (scrub_state_q == ScrubWait) assert (ram_q[0] == f_entry[0]);
        if (scrub_state_q == ScrubCheck) assert (raw_q[0] == f_entry[0]);
        if (scrub_state_q == ScrubWrite) begin
          assert ((^f_entry[0]) != scrub_bad_q);
          assert (scrub_bad_q || (f_age != '0));
        end
      end
    end
    assert (f_quiet_q + f_left <= ScrubTime);
    assert (f_scrub_q + f_most <= ScrubEnd);
    assert ((patience_q == '0) || (scrub_state_q == ScrubRead));
    assert (32'(patience_q) <= Patience);
    assert (32'(f_upds_q) <= UpdMost);
    if (scrub_state_q == ScrubWrite) assert (f_upds_q != '0);

    // The turn: a row of ones at the top.
    for (int unsigned c = 2; c < Channels; c++) assert (turn_q[c] || !turn_q[c-2]);
    if (f_bank) begin
      assert (32'(f_wait_q) + 32'(f_ahead) < Ports);
    end else begin
      assert (32'(f_wait_q) + 2 * 32'(f_ahead) + 32'(!cmd_was_q) + 32'(!f_urged_q) < WaitMost);
      if (f_urged_q && (scrub_state_q == ScrubRead)) assert (32'(patience_q) < 32'(f_wait_q));
    end
    assert (32'(f_look_q) + 32'(cmd_was_q) + 32'(!f_forced_q) < 3);
    if (f_forced_q && (scrub_state_q == ScrubRead)) assert (32'(patience_q) < 32'(f_look_q));

`ifndef DM_DORMANT
    // The interesting states are reached.
    cover (f_raw_ask_q[1] && (rsp_state_o[3:2] == dm_pkg::PageDormant));
    cover (f_raw_ask_q[1] && (rsp_state_o[3:2] == dm_pkg::PageResident));
    cover (f_raw_ask_q[1] && (rsp_state_o[3:2] == dm_pkg::PageAway));
    cover (f_raw_ask_q[1] && (rsp_state_o[3:2] == dm_pkg::PageBad) && !rsp_parity_error_o[1]);
    cover (f_raw_ask_q[1] && rsp_parity_error_o[1]);
    cover (f_raw_ask_q[1] && rsp_parity_error_o[1] && (f_raw_age[1] != '0));
    cover (f_raw_ask_q[1] && !rsp_parity_error_o[1] && (f_raw_age[1] == 2'd3));
    cover (f_raw_ask_q[1] && (f_raw_q[1] != f_now_q));
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
    cover (32'(f_wait_q) == Ports);
    cover (urgent && (wanted == '1));
    cover (ram_met_q[0] && f_ram_ask_q[0] && !ram_spoilt_q);
    cover (ram_met_q[1] && f_ram_ask_q[1] && ram_spoilt_q);
    cover ((f_ask == '1) && (f_now_q[PayloadWidth+:2] == dm_pkg::PageResident));
    cover (cmd_gnt_o && (need_i != '0) && (arrive_i != '0));
    cover (arrive_gnt_o[Channels-1]);
    cover (upd_i && (wanted == '1) && (ram_asked_q == '1) && (raw_asked_q == '1));
    cover (upd_i && (f_ask == '1));
`endif
  end
end
