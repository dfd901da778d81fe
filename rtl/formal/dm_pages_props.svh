// Properties of dm_pages, included at its end.
//
// One frame, any: f_state_q is where the frames have it, f_owned_q and f_owner_q say which page's tag
// holds it. Around it stand gates that keep their protocol, a table that answers at once, frames whose
// steps take up to StepTime cycles, and a drain that takes up to DrainTime before its step.

// What the neighbours owe is assumed of the block alone, and asserted where they are there. What they
// owe about a page is asserted of one, any; of the others it is assumed that it was kept up to the
// cycle before, since the same proof holds for them.
`ifdef DM_DORMANT
logic f_breach_q;  // something that was owed about another page was not kept
initial f_breach_q = 1'b0;
`define DM_PAGES_OWED assert
`define DM_PAGES_OWED_ABOUT(gfn, what) `DM_PAGES_ABOUT (gfn, what)
`define DM_PAGES_ABOUT(gfn, what) \
  if ((gfn) == f_page) assert (what); \
  else if (!(what)) f_breach_q <= 1'b1;
`else
`define DM_PAGES_OWED assume
`define DM_PAGES_OWED_ABOUT(gfn, what) assume (what);
`define DM_PAGES_ABOUT(gfn, what) assert (what);
`endif

localparam int unsigned StepTime  = 2;
localparam int unsigned DrainTime = 2;
localparam int unsigned StepMost  = StepTime + 1;                     // cycles of a step that is sent
localparam int unsigned DrainMost = DrainTime + 2 * StepMost + 1;     // behind a step of the command
localparam int unsigned ExecMost  = DrainMost + 2;
localparam int unsigned LookMost  = ExecMost + 8;                     // looked at twice
localparam int unsigned CmdBound  = 2 * DrainMost + 4 + LookMost + 2 * StepMost + 5;  // OpReclaim's

// States of the frame.
localparam logic [2:0] AtLarge = 3'd0;  // none of the others
localparam logic [2:0] Pooled  = 3'd1;
localparam logic [2:0] Claimed = 3'd2;
localparam logic [2:0] Mapped  = 3'd3;
localparam logic [2:0] Filled  = 3'd4;

(* anyconst *) logic [FrameWidth-1:0] f_frame;
(* anyconst *) logic [GfnWidth-1:0]   f_page;     // about which something is owed
(* anyconst *) logic [PortWidth-1:0]  f_port;

(* anyseq *) logic [2:0] f_move;        // what firmware and engine do with the frame
(* anyseq *) logic [1:0] f_step_time, f_drain_time;

logic [2:0]            f_state_q, f_state_d;
logic                  f_owned_q, f_owned_d;
logic                  f_lost_q, f_lost_d;      // its page's entry was poisoned
logic [GfnWidth-1:0]   f_owner_q, f_owner_d;
logic                  f_ours, f_writes, f_popped, f_maps, f_mapped;
logic                  f_reclaims;              // a frame that no page names goes to its drain
logic                  f_next;                  // a frame of a range was queued
logic [RfnWidth-1:0]   f_first_q, f_count_q;    // the range
logic [RfnWidth-1:0]   f_queued_q;              // frames of it that are queued
logic [1:0]            f_step_q;                // cycles that the step of the frames takes yet
logic [4:0]            f_op_q;
logic [RfnWidth-1:0]   f_rfn_q;
logic                  f_drain_q, f_keep_q;
logic [1:0]            f_drain_left_q;
logic [FrameWidth-1:0] f_drain_frame_q;
logic [GfnWidth-1:0]   f_entry_q;               // the page that the guard has with the frame while it is mapped
logic [GfnWidth-1:0]   f_entry_next_q;
logic                  f_seen_q;                // the page that is looked at was in the frame
logic                  f_converted_q;           // it became resident while it was looked at
logic                  f_looks;                 // a tag is looked at
logic                  f_did_q, f_bad_q;
logic                  f_frozen_q;              // this is the second cycle of a freeze
logic [Ports-1:0]      f_quiet_q, f_req_q, f_write_q, f_away_q;
logic [Ports*GfnWidth-1:0] f_gfn_q;
logic [2*Ports-1:0]    f_asleep_q, f_asleep_d;  // port p: 2p its read head, 2p+1 its write head
logic [GfnWidth-1:0]   f_asleep_gfn_q [2*Ports];
dm_pkg::stall_kind_e   f_asleep_kind_q [2*Ports];
logic [StallWidth:0]   f_sleepers;
logic [7:0]            f_age_q, f_step_left, f_drain_left, f_left;
logic [3:0]            f_passed_q, f_distance;
logic [Ports-1:0]      f_answers, f_touched, f_ready_q;
logic                  f_granted_q, f_missed_q;
logic [2:0]            f_run_q;    // cycles in a row up to here in which a tag was written
logic                  f_execd_q;  // in the last of them by a command or for a page on offer
logic                  f_alone_q;  // in the cycle before, only this port was about to ask
logic                  f_started_q;

initial f_started_q = 1'b0;

// ------------------------------------------------------------------------------------------ the frame
assign f_looks  = (state_q == Look) || (state_q == Look1) || (state_q == Look2);
assign f_ours   = f_owned_q && (upd_gfn_o == f_owner_q);
assign f_writes = write_o && (upd_state_o == dm_pkg::PageResident) && !upd_poison_o
                  && (upd_payload_o == PayloadWidth'(f_frame));
assign f_popped = pop_o && (pop_frame_i == f_frame);
assign f_maps   = fr_sent_q && !fr_busy_i && (fr_code_i == dm_pkg::CodeOk)
                  && ((f_op_q == dm_pkg::StepMap) || (f_op_q == dm_pkg::StepAdopt));
assign f_mapped = f_maps && (f_rfn_q == RfnWidth'(f_frame));
assign f_reclaims = start_o && (state_q == Exec) && (op_q == dm_pkg::OpReclaim);
assign f_next   = (state_q == Frames) && fr_mine_done && (op_q == dm_pkg::OpQueueRange)
                  && (fr_code_i == dm_pkg::CodeOk);

always_comb begin
  f_state_d = (f_state_q == Mapped) ? Mapped : f_move;
  if (f_popped || f_mapped) f_state_d = Mapped;
  if (step_done_o && (f_drain_frame_q == f_frame)) f_state_d = AtLarge;
  f_owned_d = f_owned_q;
  f_owner_d = f_owner_q;
  f_lost_d  = f_lost_q;
  if (write_o && f_ours) begin
    f_owned_d = 1'b0;
    f_lost_d  = upd_poison_o;
  end
  // A reclaimed frame goes to its drain.
  if (f_reclaims && (start_frame_o == f_frame)) f_lost_d = 1'b0;
  if (f_writes) begin
    f_owned_d = 1'b1;
    f_owner_d = upd_gfn_o;
  end
end

// ----------------------------------------------------------------------------------------- the stalls
assign f_answers = grant_o | stall_o | fail_o;

// A request whose page changes is withdrawn.
always_comb begin
  for (int unsigned p = 0; p < Ports; p++) begin
    f_touched[p] = upd_o && (upd_all_o || (upd_gfn_o == req_gfn_i[p*GfnWidth+:GfnWidth]));
  end
end

always_comb begin
  f_asleep_d = f_asleep_q;
  f_sleepers = '0;
  for (int unsigned p = 0; p < Ports; p++) begin
    if (resolve_o[p]) f_asleep_d[2*p+32'(resolve_write_o)] = 1'b0;
    if (stall_o[p]) f_asleep_d[2*p+32'(req_write_i[p])] = 1'b1;
    f_sleepers = f_sleepers + (StallWidth + 1)'(f_asleep_q[2*p])
                 + (StallWidth + 1)'(f_asleep_q[2*p+1]);
  end
end

// Ports that come before this one.
assign f_distance = 4'((32'(f_port) + Ports - 32'(turn_q)) % Ports);

// ------------------------------------------------------------------- cycles that a command takes yet
assign f_step_left = fr_sent_q ? 8'(f_step_q) + 8'd1 : 8'd0;

always_comb begin
  f_drain_left = '0;
  if (f_drain_q && (f_drain_left_q != '0)) begin
    f_drain_left = 8'(f_drain_left_q) + 8'(2 * StepMost + 1);
  end else if (f_drain_q) begin
    f_drain_left = (fr_sent_q && fr_drain_q) ? f_step_left : f_step_left + 8'(StepMost + 1);
  end

  unique case (state_q)
    Idle:            f_left = f_drain_left + 8'd1 + 8'(LookMost)
                              + (det_turn_q ? 8'(DrainMost + 3) : 8'd0);
    Settle:          f_left = 8'(DrainMost + 3) + 8'(LookMost);
    Freeze:          f_left = 8'(DrainMost + 2) + 8'(LookMost);
    Forward, Map:    f_left = 8'(StepMost + 1) +
                              (fr_sent_q ? f_step_left : (step_valid_i ? 8'(StepMost + 1) : 8'd0));
    Frames, MapWait: f_left = f_step_left;
    Look:            f_left = 8'(ExecMost + 3) + (f_converted_q ? 8'd0 : 8'd4);
    Look1:           f_left = 8'(ExecMost + 2) + (f_converted_q ? 8'd0 : 8'd4);
    Look2:           f_left = 8'(ExecMost + 1) + (f_converted_q ? 8'd0 : 8'd4);
    Exec:            f_left = 8'(ExecMost);
    default:         f_left = f_drain_left + 8'd1;  // Drain
  endcase
  // OpReclaim asks the frames before it looks.
  if (op_q == dm_pkg::OpReclaim) begin
    if ((state_q == Idle) || (state_q == Settle) || (state_q == Freeze)) begin
      f_left = f_left + 8'(2 * StepMost + 5);
    end
    if ((state_q == Forward) || (state_q == Frames)) f_left = f_left + 8'(LookMost) + 8'd1;
  end
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_state_q      <= AtLarge;
    f_owned_q      <= 1'b0;
    f_owner_q      <= '0;
    f_lost_q       <= 1'b0;
    f_step_q       <= '0;
    f_drain_q      <= 1'b0;
    f_drain_left_q <= '0;
    f_converted_q  <= 1'b0;
    f_did_q        <= 1'b0;
    f_frozen_q     <= 1'b0;
    f_bad_q        <= 1'b0;
    f_quiet_q      <= '1;
    f_granted_q    <= 1'b0;
    f_run_q        <= '0;
    f_execd_q      <= 1'b0;
    f_alone_q      <= 1'b0;
    f_missed_q     <= 1'b0;
    f_ready_q      <= '0;
    f_req_q        <= '0;
    f_asleep_q     <= '0;
    f_age_q        <= '0;
    f_queued_q     <= '0;
    f_passed_q     <= '0;
  end else begin
    f_state_q      <= f_state_d;
    f_owned_q      <= f_owned_d;
    f_owner_q      <= f_owner_d;
    f_lost_q       <= f_lost_d;
    f_step_q       <= fr_valid_o ? f_step_time : ((f_step_q != '0) ? f_step_q - 2'd1 : 2'd0);
    f_drain_q      <= start_o || (f_drain_q && !step_done_o);
    f_drain_left_q <= start_o ? f_drain_time
                      : ((f_drain_left_q != '0) ? f_drain_left_q - 2'd1 : 2'd0);
    f_converted_q  <= f_looks && (f_converted_q || tag_match);
    f_frozen_q     <= freeze_o && !f_frozen_q;
    f_did_q        <= pending_q && !finish
                      && (f_did_q || exec_write || exec_start || mark_o || resolve || defer)
                      && (state_q != Settle) && (state_q != Freeze) && (state_q != Idle);
    f_bad_q        <= (f_bad_q || (ev_bad_i && demand_o)) && waiting && (fail_o == '0);
    f_quiet_q      <= stall_o | fail_o | f_touched;
    f_granted_q    <= (grant_o != '0);
    f_run_q        <= write_o ? f_run_q + 3'd1 : '0;
    f_execd_q      <= exec_write;
    f_alone_q      <= (req_soon_i == (Ports'(1) << f_port));
    f_missed_q     <= (ready != '0) && !locked && (f_answers == '0);
    f_ready_q      <= ready;
    f_req_q        <= req_valid_i;
    f_asleep_q     <= f_asleep_d;
    f_age_q        <= (pending_q && !finish && !f_next) ? f_age_q + 8'd1 : 8'd0;
    f_queued_q     <= mine ? '0 : f_queued_q + RfnWidth'(f_next);
    if (f_answers[f_port] || !req_valid_i[f_port] || (!ready[f_port] && (ready != '0))) begin
      f_passed_q <= '0;
    end else if (f_answers != '0) begin
      f_passed_q <= f_passed_q + 4'd1;
    end
  end
end

always_ff @(posedge clk_i) begin
  f_started_q <= 1'b1;
  f_write_q   <= req_write_i;
  f_away_q    <= req_away_i;
  f_gfn_q     <= req_gfn_i;
  if (fr_valid_o) begin
    f_op_q  <= fr_op_o;
    f_rfn_q <= fr_frame_o;
  end
  if (mine) begin
    f_first_q <= cmd_target_i;
    f_count_q <= cmd_arg_i[RfnWidth-1:0];
  end
  if (start_o) begin
    f_keep_q        <= start_keep_o;
    f_drain_frame_q <= start_frame_o;
  end
  if (f_popped) f_entry_q <= pop_page_o;
  if (fr_valid_o && (fr_frame_o == RfnWidth'(f_frame))
      && ((fr_op_o == dm_pkg::StepMap) || (fr_op_o == dm_pkg::StepAdopt))) f_entry_next_q <= fr_page_o;
  if (f_mapped) f_entry_q <= f_entry_next_q;
  if (look_gnt_i) f_seen_q <= f_owned_q && (f_owner_q == target_gfn);
  for (int unsigned p = 0; p < Ports; p++) begin
    if (stall_o[p]) begin
      f_asleep_gfn_q[2*p+32'(req_write_i[p])]  <= req_gfn_i[p*GfnWidth+:GfnWidth];
      f_asleep_kind_q[2*p+32'(req_write_i[p])] <= answer_kind;
    end
  end
end

always @(posedge clk_i) begin
  if (!f_started_q) assume (!rst_ni);
  assume (32'(f_port) < Ports);
  assume ((f_step_time != '0) && (32'(f_step_time) <= StepTime));
  assume (32'(f_drain_time) <= DrainTime);
  assume (f_move != Mapped);
  if (rst_ni) begin
    // ------------------------------------------------------------------------- the neighbours' part
    // A request stays as it is until it is answered or a tag changes, and comes from a head that is
    // awake, for a page that is not resident.
    for (int unsigned p = 0; p < Ports; p++) begin
      if (f_req_q[p] && f_quiet_q[p]) `DM_PAGES_OWED (!req_valid_i[p]);
      else if (f_req_q[p] && req_valid_i[p]) begin
        `DM_PAGES_OWED (req_write_i[p] == f_write_q[p]);
        `DM_PAGES_OWED (req_away_i[p] == f_away_q[p]);
        `DM_PAGES_OWED (req_gfn_i[p*GfnWidth+:GfnWidth] == f_gfn_q[p*GfnWidth+:GfnWidth]);
      end
      if (req_valid_i[p]) begin
        `DM_PAGES_OWED (req_soon_i[p]);
        `DM_PAGES_OWED (!f_asleep_q[2*p+32'(req_write_i[p])]);
        `DM_PAGES_OWED (32'(req_gfn_i[p*GfnWidth+:GfnWidth]) < GuestPages);
        `DM_PAGES_OWED_ABOUT (req_gfn_i[p*GfnWidth+:GfnWidth],
          !f_owned_q || (req_gfn_i[p*GfnWidth+:GfnWidth] != f_owner_q))
        `DM_PAGES_OWED_ABOUT (req_gfn_i[p*GfnWidth+:GfnWidth],
          !f_converted_q || (req_gfn_i[p*GfnWidth+:GfnWidth] != target_gfn))
      end
    end
    // The table.
    `DM_PAGES_OWED (!look_gnt_i || look_o);
    if (state_q == Look2) begin
      `DM_PAGES_OWED_ABOUT (target_gfn,
        ((rsp_state_i == dm_pkg::PageResident) && (rsp_payload_i == PayloadWidth'(f_frame)))
        == f_seen_q)
      `DM_PAGES_OWED_ABOUT (target_gfn,
        (rsp_state_i != dm_pkg::PageResident) || (rsp_payload_i >> FrameWidth == '0))
    end
    // The frames.
    assume (fr_busy_i == (f_step_q != '0));
    if (pop_valid_i && (pop_frame_i == f_frame)) assume (f_state_q == Pooled);
    if (f_mapped) assume (f_state_q == ((f_op_q == dm_pkg::StepAdopt) ? Filled : Claimed));
    if (f_maps) assume (f_rfn_q >> FrameWidth == '0);
    if (none_mapped_i) assume (f_state_q != Mapped);
    // OpQuery: a frame that is called mapped is, and its owner is that of its entry.
    if (fr_mine_done && (state_q == Frames) && (op_q == dm_pkg::OpReclaim)
        && (fr_code_i == dm_pkg::CodeOk) && (fr_value_i == RfnWidth'(dm_pkg::FrameMapped))) begin
      assume ((32'(fr_owner_i) < GuestPages) && (f_rfn_q >> FrameWidth == '0));
      if (f_rfn_q == RfnWidth'(f_frame)) assume ((f_state_q == Mapped) && (fr_owner_i == f_entry_q));
    end
    // The drain, and the page on offer.
    `DM_PAGES_OWED (drain_busy_i == f_drain_q);
    `DM_PAGES_OWED (!step_valid_i || (f_drain_q && (f_drain_left_q == '0)));
    `DM_PAGES_OWED (!step_valid_i
                    || ((step_keep_i == f_keep_q) && (step_frame_i == f_drain_frame_q)));
    `DM_PAGES_OWED (!det_valid_i || !f_drain_q);
    `DM_PAGES_OWED (!det_ok_i || det_valid_i);
    `DM_PAGES_OWED (!det_ok_i || (32'(det_gfn_i) < GuestPages));
    if (det_ok_i) begin
      `DM_PAGES_OWED_ABOUT (det_gfn_i,
        (f_owned_q && (f_owner_q == det_gfn_i)) == (det_frame_i == f_frame))
    end
`ifdef DM_DORMANT
    assume (f_drain_time == '0);
    assume (!f_breach_q);
`else
    // How long they take, for the bound on commands.
    assume (look_gnt_i == look_o);
    assume (step_valid_i == (f_drain_q && (f_drain_left_q == '0)));
`endif

    // ----------------------------------------------------------------------------------- conversions
    // One answer a cycle, to a request. A grant takes the pool's frame and makes the page resident.
    assert ((f_answers & (f_answers - Ports'(1))) == '0);
    assert ((f_answers & ~req_valid_i) == '0);
    assert (((grant_o & stall_o) | (grant_o & fail_o) | (stall_o & fail_o)) == '0);
    assert (pop_o == (grant_o != '0));
    for (int unsigned p = 0; p < Ports; p++) begin
      if (grant_o[p]) begin
        assert (hw_convert_i && pop_valid_i && !req_away_i[p]);
        assert (write_o && !upd_poison_o && !mark_o && !start_o);
        assert (upd_gfn_o == req_gfn_i[p*GfnWidth+:GfnWidth]);
        assert (upd_state_o == dm_pkg::PageResident);
        assert (upd_payload_o == PayloadWidth'(pop_frame_i));
        assert (grant_frame_o == pop_frame_i);
        assert (ev_fast_o != ev_demand_o);
      end
      if (stall_o[p]) begin
        assert (ev_stall_o && !f_asleep_q[2*p+32'(req_write_i[p])]);
        if (answer_kind == dm_pkg::StallAway) assert (req_away_i[p]);
        else if (answer_kind == dm_pkg::StallConversionOff) assert (!req_away_i[p] && !hw_convert_i);
        else begin
          assert (!req_away_i[p] && hw_convert_i && !pop_valid_i && !coming_i && !f_bad_q);
        end
      end
      if (fail_o[p]) assert (!req_away_i[p] && hw_convert_i && !pop_valid_i && f_bad_q);
    end
    // Who can be answered is answered, in turn: no two cycles go by without an answer, unless a command
    // or a page on offer holds tags. Frames are popped every second cycle at most.
    if (f_missed_q && !locked && ((f_ready_q & ~ready) == '0)) assert (f_answers != '0);
    if (f_answers[f_port]) assert (32'(f_passed_q) < Ports);
    assert (32'(f_passed_q) + 32'(f_distance) < Ports);
    assert ((grant_o == '0) || !f_granted_q);
    // A port that asks while no other does, nor is about to, is answered in the cycle in which it can be.
    if (ready[f_port] && f_alone_q && !locked && !f_granted_q) assert (f_answers[f_port]);

    // ------------------------------------------------------------------------------------------ tags
    // One change a cycle, told to all.
    assert (32'(grant_o != '0) + 32'(exec_write) + 32'(mark_o) <= 32'd1);
    assert (upd_o == (write_o || mark_o));
    assert (upd_all_o == mark_o);
    if (write_o) assert (32'(upd_gfn_o) < GuestPages);
    // No more than five in a row: a conversion, a command's, a conversion, that of a page on offer, a
    // conversion.
    assert (f_run_q <= 3'd5);
    if (f_run_q == 3'd5) assert (!write_o);

    // A tag holds a frame only if it was popped or mapped for it, and no other tag does.
    if (f_writes) begin
      assert (!f_owned_q && !f_lost_q && !(f_drain_q && (f_drain_frame_q == f_frame)));
      assert (f_popped || f_mapped);
    end
    if (f_popped || f_mapped) assert (f_writes);
    // It is let go with a drain, and every drain is that of a page whose tag lets it go now. Poison
    // loses it.
    if (write_o && f_ours) begin
      `DM_PAGES_ABOUT (upd_gfn_o, (upd_state_o != dm_pkg::PageResident) || upd_poison_o)
      `DM_PAGES_ABOUT (upd_gfn_o, upd_poison_o != (start_o && (start_frame_o == f_frame)))
    end
    if (start_o) begin
      assert (!f_drain_q);
      if (f_reclaims) begin
        // Only of a frame that no page names; and a tag that is bad is bad for all from then on.
        assert (start_keep_o);
        if (start_frame_o == f_frame) assert (f_lost_q && !f_owned_q && (f_state_q == Mapped));
        assert (write_o == (tag_state_q == dm_pkg::PageBad));
        if (write_o) assert ((upd_state_o == dm_pkg::PageBad) && (upd_gfn_o == target_gfn));
      end else begin
        assert (write_o);
        assert (start_keep_o == (upd_state_o == dm_pkg::PageAway));
        if (start_frame_o == f_frame) assert (f_ours);
      end
    end
    if (mark_o) begin
      assert (!f_owned_q && mark_ok_i);
      assert ((upd_state_o == dm_pkg::PageDormant) || (upd_state_o == dm_pkg::PageAway));
    end
    if (f_owned_q) assert ((f_state_q == Mapped) && !(f_drain_q && (f_drain_frame_q == f_frame)));
    if (f_drain_q && (f_drain_frame_q == f_frame)) assert ((f_state_q == Mapped) && !f_lost_q);
    assert (!(f_owned_q && f_lost_q));
    if (f_state_q == Mapped) begin
      assert (f_owned_q || f_lost_q || (f_drain_q && (f_drain_frame_q == f_frame)));
    end else begin
      assert (!f_lost_q);
    end
    // Each drained frame is stepped once, as the drain said; a mapped frame in no other way.
    if (fr_valid_o) begin
      assert (f_step_q == '0);
      if ((fr_op_o == dm_pkg::StepKeep) || (fr_op_o == dm_pkg::StepFree)) begin
        assert (f_drain_q && (fr_frame_o == RfnWidth'(f_drain_frame_q)));
        assert ((fr_op_o == dm_pkg::StepKeep) == f_keep_q);
      end else if (fr_op_o == dm_pkg::StepMap) begin
        assert ((op_q == dm_pkg::OpMap) && (fr_frame_o == arg_q[RfnWidth-1:0]));
      end else if (fr_op_o == dm_pkg::StepAdopt) begin
        assert ((op_q == dm_pkg::OpAdopt) && (fr_frame_o == arg_q[RfnWidth-1:0]));
      end else if (op_q == dm_pkg::OpReclaim) begin
        assert ((fr_op_o == dm_pkg::OpQuery) && (fr_frame_o == target_q));
      end else if (op_q == dm_pkg::OpQueueRange) begin
        assert ((fr_op_o == dm_pkg::OpQueue) && (fr_frame_o == f_first_q + f_queued_q));
        assert (f_queued_q < f_count_q);
      end else begin
        assert ((fr_op_o == op_q) && !op_q[4] && (fr_frame_o == target_q));
      end
    end
    if (step_done_o) begin
      assert (f_drain_q && ((f_op_q == dm_pkg::StepKeep) || (f_op_q == dm_pkg::StepFree)));
    end

    // A page on offer goes dormant only if it is still zero in the second of two cycles in which nobody
    // begins to write, nor does any tag change in the first.
    if (freeze_o) assert (f_answers == '0);
    if (freeze_o && !f_frozen_q) assert (!write_o && !start_o && !mark_o);
    if (f_frozen_q) begin
      assert (freeze_o);
      assert ((write_o == det_ok_i) && (start_o == det_ok_i) && !mark_o);
      if (det_ok_i) begin
        assert ((upd_gfn_o == det_gfn_i) && (upd_state_o == dm_pkg::PageDormant) && !upd_poison_o);
        assert ((start_frame_o == det_frame_i) && !start_keep_o);
      end
    end
    assert (ev_redormant_store_o == (f_frozen_q && det_ok_i));

    // -------------------------------------------------------------------------------------- commands
    // Each ends in time, with a code; one that fails changes nothing.
`ifndef DM_DORMANT
    if (pending_q) assert (32'(f_age_q) + 32'(f_left) <= CmdBound);
`endif
    if (finish) begin
      assert (pending_q);
      if (code_d != dm_pkg::CodeOk) begin
        assert (!f_did_q && !exec_write && !exec_start && !mark_o && !resolve && !defer);
        assert (ev_cmd_error_o);
      end
      assert ((code_d == dm_pkg::CodeBadOp) || !op_q[4] || (op_q >= dm_pkg::OpMap));
      if (op_q[4] && (code_d == dm_pkg::CodeBadOp)) begin
        assert ((op_q < dm_pkg::OpMap) || (op_q > dm_pkg::OpAdopt)
                || (op_q == dm_pkg::OpMap) || (op_q == dm_pkg::OpAdopt));
      end
      if (op_q[4] && (code_d == dm_pkg::CodePage) && (state_q != MapWait)) begin
        assert (value_d == RfnWidth'(tag_state_q));
        if (op_q == dm_pkg::OpMap) begin
          assert (tag_state_q != dm_pkg::PageDormant);
        end else if (op_q == dm_pkg::OpUnmap) begin
          assert (tag_state_q != dm_pkg::PageResident);
        end else if (op_q == dm_pkg::OpZeroPage) begin
          assert ((tag_state_q == dm_pkg::PageAway) || (tag_state_q == dm_pkg::PageBad));
        end else if (op_q == dm_pkg::OpAdopt) begin
          assert ((tag_state_q == dm_pkg::PageResident) || (tag_state_q == dm_pkg::PageBad));
        end else begin
          assert ((op_q == dm_pkg::OpMark) && (tag_state_q == dm_pkg::PageResident));
        end
      end
      if (op_q[4] && (op_q != dm_pkg::OpMap) && (op_q != dm_pkg::OpAdopt)) begin
        if (code_d == dm_pkg::CodeRange) begin
          assert ((op_q == dm_pkg::OpResolve) || (op_q == dm_pkg::OpMarkAll)
                  || (32'(target_q) >= GuestPages));
        end
        if (code_d == dm_pkg::CodeBusy) assert ((op_q == dm_pkg::OpMarkAll) && !mark_ok_i);
        if (code_d == dm_pkg::CodeState) assert ((op_q == dm_pkg::OpMarkAll) && !none_mapped_i);
        if (code_d == dm_pkg::CodeEmpty) assert (op_q == dm_pkg::OpResolve);
        assert (code_d != dm_pkg::CodeFull);
      end
      // A frame that its page names is refused, and so is one that is not mapped.
      if ((op_q == dm_pkg::OpReclaim) && (state_q == Exec)) begin
        assert ((code_d == dm_pkg::CodePage) && (tag_state_q == dm_pkg::PageResident)
                && (tag_payload_q[FrameWidth-1:0] == arg_q[FrameWidth-1:0]));
      end
      // A range: all are queued, or the result names the first that is not; one that does not exist is found
      // before anything is queued.
      if (op_q == dm_pkg::OpQueueRange) begin
        assert (value_d == f_first_q + f_queued_q);
        if (code_d == dm_pkg::CodeOk) assert (f_queued_q == f_count_q);
        if (32'(f_first_q) + 32'(f_count_q) > RealFrames) begin
          assert ((code_d == dm_pkg::CodeRange) && (f_queued_q == '0) && (state_q == Idle));
        end
      end
    end
    // Each of its frames takes no longer than a command, and there are so many.
    if (f_next) assert (!finish && (f_queued_q < f_count_q));

    // ---------------------------------------------------------------------------------------- stalls
    // The queue holds each sleeping head once, and nobody else.
    assert (32'(stall_count_q) <= 2 * Ports);
    assert (stall_count_q == f_sleepers);
    for (int unsigned i = 0; i < StallDepth; i++) begin
      if (i < 32'(stall_count_q)) begin
        assert (32'(stall_port_q[StallWidth'(32'(stall_rptr_q) + i)]) < Ports);
        assert (f_asleep_q[{stall_port_q[StallWidth'(32'(stall_rptr_q) + i)],
                            stall_write_q[StallWidth'(32'(stall_rptr_q) + i)]}]);
        assert (stall_gfn_q[StallWidth'(32'(stall_rptr_q) + i)]
                == f_asleep_gfn_q[{stall_port_q[StallWidth'(32'(stall_rptr_q) + i)],
                                   stall_write_q[StallWidth'(32'(stall_rptr_q) + i)]}]);
        assert (stall_kind_q[StallWidth'(32'(stall_rptr_q) + i)]
                == f_asleep_kind_q[{stall_port_q[StallWidth'(32'(stall_rptr_q) + i)],
                                    stall_write_q[StallWidth'(32'(stall_rptr_q) + i)]}]);
        for (int unsigned j = 0; j < i; j++) begin
          assert ({stall_port_q[StallWidth'(32'(stall_rptr_q) + i)],
                   stall_write_q[StallWidth'(32'(stall_rptr_q) + i)]}
                  != {stall_port_q[StallWidth'(32'(stall_rptr_q) + j)],
                      stall_write_q[StallWidth'(32'(stall_rptr_q) + j)]});
        end
      end
    end
    assert (stall_wptr_q == StallWidth'(32'(stall_rptr_q) + 32'(stall_count_q)));
    assert (stalled_o == (f_asleep_q != '0));
    assert ((resolve_o & (resolve_o - Ports'(1))) == '0);
    for (int unsigned p = 0; p < Ports; p++) begin
      if (resolve_o[p]) begin
        assert (f_asleep_q[2*p+32'(resolve_write_o)]);
        assert (stalled_o && (32'(stalled_port_o) == p) && (stalled_write_o == resolve_write_o));
      end
    end

    // ------------------------------------------------------------------- what makes that inductive
    assert (32'(turn_q) < Ports);
    assert (failed_q == f_bad_q);
    assert (state_q <= Freeze);
    if ((state_q != Idle) && (state_q != Settle) && (state_q != Freeze)) assert (pending_q);
    if ((state_q == Settle) || (state_q == Freeze)) assert (!f_drain_q && !det_turn_q);
    assert (f_frozen_q == (state_q == Freeze));
    if (pending_q && (op_q == dm_pkg::OpQueueRange)) begin
      assert (target_q == f_first_q + f_queued_q);
      assert (f_queued_q <= f_count_q);
      assert (arg_q[RfnWidth-1:0] == f_count_q - f_queued_q);
      assert ((state_q == Idle) || (state_q == Forward) || (state_q == Frames)
              || (state_q == Settle) || (state_q == Freeze));
      if ((f_queued_q != '0) || (state_q == Forward) || (state_q == Frames)) begin
        assert (32'(f_first_q) + 32'(f_count_q) <= RealFrames);
      end
      if ((state_q == Forward) || (state_q == Frames)) assert (f_queued_q < f_count_q);
    end
    if (!pending_q) assert (f_age_q == '0);
    if (f_did_q) assert (state_q == Drain);
    // What the guard says of a mapped frame: the page that names it, or that named it.
    if (f_owned_q) assert (f_entry_q == f_owner_q);
    if (pending_q && (op_q == dm_pkg::OpReclaim) && (f_looks || (state_q == Exec))) begin
      assert (arg_q[RfnWidth-1:0] >> FrameWidth == '0);
      assert (!f_drain_q);
      if (arg_q[RfnWidth-1:0] == RfnWidth'(f_frame)) begin
        assert ((f_state_q == Mapped) && (target_gfn == f_entry_q));
      end
    end
    if (pending_q && (op_q == dm_pkg::OpReclaim) && ((state_q == Forward) || (state_q == Frames))) begin
      assert (!f_drain_q && (arg_q[RfnWidth-1:0] == target_q));
    end
    assert (rest_q == f_granted_q);
    assert ((f_run_q != '0) == (f_granted_q || f_execd_q));
    assert (!(f_granted_q && f_execd_q));
    if (f_execd_q) begin
      assert ((state_q == Idle) || (state_q == Drain));
      assert ((f_run_q <= 3'd2) || (f_drain_q && (f_run_q <= 3'd4)));
    end
    if (state_q == Freeze) assert (f_run_q <= 3'd3);
    if ((state_q == Look1) || (state_q == Look2) || (state_q == Map) || (state_q == MapWait)
        || ((state_q == Exec) && (op_q != dm_pkg::OpMarkAll) && (op_q != dm_pkg::OpResolve))) begin
      assert (f_run_q <= 3'd1);
    end
    if (f_alone_q) assert (turn_q == f_port);
    if (f_converted_q) assert (f_looks || (state_q == Exec));
    if ((state_q == Forward) || (state_q == Frames)) assert (!op_q[4]);
    if (f_looks) begin
      assert ((op_q != dm_pkg::OpMarkAll) && (op_q != dm_pkg::OpResolve));
    end
    if (f_looks || (state_q == Exec) || (state_q == Map) || (state_q == MapWait) || (state_q == Drain)) begin
      assert (((op_q >= dm_pkg::OpMap) && (op_q <= dm_pkg::OpAdopt)) || (op_q == dm_pkg::OpReclaim));
      if ((op_q != dm_pkg::OpMarkAll) && (op_q != dm_pkg::OpResolve)) begin
        assert (32'(target_q) < GuestPages);
      end
      if ((state_q != Drain)
          && ((op_q == dm_pkg::OpUnmap) || (op_q == dm_pkg::OpZeroPage))) assert (!f_drain_q);
    end
    if ((state_q == Look1) || (state_q == Look2)) begin
      assert (f_seen_q == (f_owned_q && (f_owner_q == target_gfn)));
    end
    if ((state_q == Exec) && (op_q != dm_pkg::OpMarkAll) && (op_q != dm_pkg::OpResolve)) begin
      assert (((tag_state_q == dm_pkg::PageResident) && (tag_payload_q == PayloadWidth'(f_frame)))
              == (f_owned_q && (f_owner_q == target_gfn)));
      assert ((tag_state_q != dm_pkg::PageResident) || (tag_payload_q >> FrameWidth == '0));
    end
    if ((state_q == Map) || (state_q == MapWait)) begin
      assert ((op_q == dm_pkg::OpMap) || (op_q == dm_pkg::OpAdopt));
      assert (!(f_owned_q && (f_owner_q == target_gfn)));
    end
    if (state_q == Drain) begin
      assert (((op_q == dm_pkg::OpUnmap) || (op_q == dm_pkg::OpReclaim))
              && (code_q == dm_pkg::CodeOk));
    end
    assert (fr_sent_q || (f_step_q == '0));
    assert (32'(f_step_q) <= StepTime);
    assert (32'(f_drain_left_q) <= DrainTime);
    if (fr_sent_q && fr_drain_q) begin
      assert (f_drain_q && (f_drain_left_q == '0));
      assert ((f_op_q == (f_keep_q ? dm_pkg::StepKeep : dm_pkg::StepFree))
              && (f_rfn_q == RfnWidth'(f_drain_frame_q)));
    end
    assert (((state_q == Frames) || (state_q == MapWait)) == (fr_sent_q && !fr_drain_q));
    if (state_q == Frames) begin
      assert (f_rfn_q == target_q);
      unique case (op_q)
        dm_pkg::OpQueueRange: begin
          assert (f_op_q == dm_pkg::OpQueue);
        end
        dm_pkg::OpReclaim: begin
          assert (f_op_q == dm_pkg::OpQuery);
        end
        default: begin
          assert (f_op_q == op_q);
        end
      endcase
    end
    if (state_q == MapWait) begin
      if (f_rfn_q == RfnWidth'(f_frame)) assert (f_entry_next_q == target_gfn);
      assert ((f_op_q == ((op_q == dm_pkg::OpAdopt) ? dm_pkg::StepAdopt : dm_pkg::StepMap)) && (f_rfn_q == arg_q[RfnWidth-1:0]));
    end
    if (f_owned_q) assert (32'(f_owner_q) < GuestPages);

`ifndef DM_DORMANT
    // ------------------------------------------------------------------ the interesting states are reached
    cover ((grant_o != '0) && ev_fast_o);
    cover ((grant_o != '0) && (f_age_q == 8'd0) && (32'(f_passed_q) != '0));
    cover ((grant_o != '0) && ev_demand_o);
    cover (fail_o != '0);
    cover ((stall_o != '0) && (answer_kind == dm_pkg::StallNoFrame));
    cover ((stall_o != '0) && (answer_kind == dm_pkg::StallConversionOff));
    cover ((stall_o != '0) && (answer_kind == dm_pkg::StallAway));
    cover (f_asleep_q == '1);
    cover (defer && (32'(stall_count_q) == 2));
    cover ((resolve_o != '0) && resolve_fail_o && resolve_write_o);
    cover ((resolve_o != '0) && !resolve_fail_o && !resolve_write_o);
    cover (f_writes && f_mapped);
    cover (finish && (op_q == dm_pkg::OpUnmap) && (code_d == dm_pkg::CodeOk));
    cover (f_writes && f_mapped && (op_q == dm_pkg::OpAdopt) && (tag_state_q == dm_pkg::PageAway));
    cover (f_writes && f_mapped && (op_q == dm_pkg::OpAdopt) && (tag_state_q == dm_pkg::PageDormant));
    cover (finish && (op_q == dm_pkg::OpAdopt) && (code_d == dm_pkg::CodePage));
    cover (finish && (op_q == dm_pkg::OpQueueRange) && (code_d == dm_pkg::CodeOk)
           && (f_count_q == RfnWidth'(2)));
    cover (finish && (op_q == dm_pkg::OpQueueRange) && (code_d == dm_pkg::CodeRange));
    cover (finish && (op_q == dm_pkg::OpQueueRange) && (code_d == dm_pkg::CodeFull)
           && (f_queued_q != '0));
    cover (ev_redormant_store_o && (op_q == dm_pkg::OpQueueRange) && pending_q && (f_queued_q != '0));
    cover (finish && op_q[4] && (code_d == dm_pkg::CodeBadOp));
    cover (f_reclaims && (start_frame_o == f_frame) && write_o);
    cover (f_reclaims && (start_frame_o == f_frame) && !write_o);
    cover (finish && (op_q == dm_pkg::OpReclaim) && (code_d == dm_pkg::CodePage));
    cover (finish && (op_q == dm_pkg::OpReclaim) && (code_d == dm_pkg::CodeOk));
    cover (ev_redormant_bell_o);
    cover (ev_redormant_store_o && pending_q);
    cover (f_frozen_q && !det_ok_i);
    cover (mark_o);
    cover (f_lost_q);
    cover (f_run_q == 3'd2);
    cover (f_converted_q && (state_q == Exec));
    cover ((state_q == Look2) && tag_match);
    cover (step_done_o && (state_q == Forward));
    cover ((state_q == Idle) && pending_q && f_drain_q && (op_q == dm_pkg::OpZeroPage));
    cover (finish && (code_d == dm_pkg::CodePage) && (op_q == dm_pkg::OpMark));
    cover (finish && (code_d == dm_pkg::CodeRange) && (op_q == dm_pkg::OpMap));
    cover (finish && (code_d == dm_pkg::CodeEmpty) && (op_q == dm_pkg::OpResolve));
    cover (finish && (code_d == dm_pkg::CodeBusy) && (op_q == dm_pkg::OpMarkAll));
    cover (ev_cmd_refused_o);
    cover (32'(f_passed_q) != '0);
    cover (f_age_q > 8'd16);
`endif
  end
end
