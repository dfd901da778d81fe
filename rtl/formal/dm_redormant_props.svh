// Properties of dm_redormant, included at its end.
//
// One page, any, in one frame, any, and one of its bytes, any. Stores of a port reach memory in
// order, each somewhen between its beat and its answer; those of different ports in any order. So
// the byte is zero if there is no store, of any port, that may be what memory holds last: f_* follows
// one such store, any (what the frame held before counts as one). f_over_q says that a zero certainly
// came after it. The proof holds at any number of pages, frames and beats; chunks are counted, so
// their number is a parameter.

`ifndef DM_REDORMANT_CALLERS
`define DM_REDORMANT_CALLERS assume
`endif

localparam int unsigned LaneWidth = $clog2(StrbWidth);
localparam int unsigned LowBeats  = 1 << ChunkShift;

(* anyconst *) logic [GfnWidth-1:0]   f_gfn;
(* anyconst *) logic [FrameWidth-1:0] f_frame;
(* anyconst *) logic [BeatWidth-1:0]  f_beat;
(* anyconst *) logic [LaneWidth-1:0]  f_lane;
(* anyconst *) logic [PortWidth-1:0]  f_port;    // of the store that is followed

(* anyseq *) logic f_choose;  // this store is followed from now on
(* anyseq *) logic f_answer;  // this answer is its
(* anyseq *) logic f_next;    // the page is in the frame after this change of its tag
(* anyseq *) logic f_lose;    // its tag goes bad: the frame is lost to it without a drain

logic                  f_live_q, f_live_d;      // the store is not answered
logic                  f_over_q, f_over_d;
logic                  f_mapped_q, f_mapped_d;  // the page is resident in the frame
logic                  f_hit, f_store, f_zero, f_answered;
logic [PortWidth-1:0]  f_writer;
logic [Trackers-1:0]   f_ours, f_covered;  // not those that are cancelled for a change of a tag
logic [ChunkWidth:0]   f_ones [Trackers];
logic                  f_found_q;  // the store was under way when its frame was asked about
logic                  f_asked_q;  // it was the draining frame that was asked about
logic                  f_owed_q, f_quiet_q, f_keep_q;  // the drain as the ports say
logic [FrameWidth-1:0] f_drain_q;
logic                  f_settled_q, f_det_q, f_narrow_q, f_disorder_q;
logic                  f_started_q;

initial f_started_q = 1'b0;

assign f_hit = upd_i && (upd_all_i || (upd_gfn_i == f_gfn));

// The byte is stored: as zero, or as something else.
always_comb begin
  f_store    = 1'b0;
  f_zero     = 1'b0;
  f_writer   = '0;
  for (int unsigned p = 0; p < Ports; p++) begin
    if (mon_beat_i[p] && (mon_frame_i[p*FrameWidth+:FrameWidth] == f_frame)
        && (mon_index_i[p*BeatWidth+:BeatWidth] == f_beat)
        && mon_strb_i[p*StrbWidth+32'(f_lane)]) begin
      f_store  = 1'b1;
      f_zero   = !mon_nonzero_i[p];
      f_writer = PortWidth'(p);
    end
  end
end

assign f_answered = f_answer && f_live_q && mon_b_i[f_port]
                    && (mon_b_frame_i[f_port*FrameWidth+:FrameWidth] == f_frame);

always_comb begin
  f_live_d   = f_live_q && !f_answered;
  f_over_d   = f_over_q;
  f_mapped_d = f_mapped_q;
  // A store that failed may have left what was there.
  for (int unsigned p = 0; p < Ports; p++) begin
    if (mon_b_i[p] && mon_b_error_i[p]
        && (mon_b_frame_i[p*FrameWidth+:FrameWidth] == f_frame)) f_over_d = 1'b0;
  end
  if (f_store && f_zero && ((f_writer == f_port) || !f_live_d)) f_over_d = 1'b1;
  if (f_store && !f_zero && (f_writer == f_port) && f_choose) begin
    f_live_d = 1'b1;
    f_over_d = 1'b0;
  end
  if (f_hit) begin
    f_mapped_d = f_next;
    // Another frame, or another life of this one.
    f_live_d   = f_mapped_q && f_next && f_live_d;
    f_over_d   = 1'b0;
  end
end

// What the trackers say of the byte.
always_comb begin
  for (int unsigned t = 0; t < Trackers; t++) begin
    f_ours[t]    = active_q[t] && (gfn_q[t] == f_gfn) && (frame_q[t] == f_frame) &&
                   !(upd_q && (upd_all_q || (upd_gfn_q == f_gfn)));
    f_covered[t] = map_q[t][f_beat[BeatWidth-1-:ChunkWidth]];
    if (f_beat[BeatWidth-1-:ChunkWidth] == next_q[t][BeatWidth-1-:ChunkWidth]
        && (32'(f_beat) % LowBeats) < (32'(next_q[t]) % LowBeats)) begin
      f_covered[t] = 1'b1;
    end
    if (f_beat == next_q[t] && mask_q[t][f_lane]) f_covered[t] = 1'b1;
    f_ones[t] = '0;
    for (int unsigned i = 0; i < Chunks; i++) begin
      f_ones[t] = f_ones[t] + (ChunkWidth + 1)'(map_q[t][i]);
    end
  end
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_live_q     <= 1'b0;
    f_over_q     <= 1'b0;
    f_mapped_q   <= 1'b0;
    f_found_q    <= 1'b0;
    f_asked_q    <= 1'b0;
    f_owed_q     <= 1'b0;
    f_quiet_q    <= 1'b0;
    f_settled_q  <= 1'b0;
    f_det_q      <= 1'b0;
    f_narrow_q   <= 1'b1;
    f_disorder_q <= 1'b0;
  end else begin
    f_live_q     <= f_live_d;
    f_over_q     <= f_over_d;
    f_mapped_q   <= f_mapped_d;
    f_owed_q     <= start_i || (f_owed_q && !step_done_i);
    f_found_q    <= f_live_q && !f_answered && (query_frame_o == f_frame);
    f_asked_q    <= f_owed_q && !start_i && !step_done_i;
    f_quiet_q    <= !start_i && (f_quiet_q || (f_asked_q && (rd_match_i == '0) && (wr_match_i == '0)));
    f_settled_q  <= f_asked_q && !start_i && !step_done_i && (rd_match_i == '0)
                    && (wr_match_i == '0);
    f_det_q      <= det_valid_o;
    for (int unsigned p = 0; p < Ports; p++) begin
      if (mon_beat_i[p] && (mon_strb_i[p*StrbWidth+:StrbWidth] == '1)) f_narrow_q <= 1'b0;
      if (active_q[0] && match[p*Trackers] && (mon_index_i[p*BeatWidth+:BeatWidth] < next_q[0])
          && (count_q[0] != '0) && own[0]) begin
        f_disorder_q <= 1'b1;
      end
    end
  end
end

always_ff @(posedge clk_i) begin
  f_started_q <= 1'b1;
  if (start_i) begin
    f_keep_q  <= start_keep_i;
    f_drain_q <= start_frame_i;
  end
end

always @(posedge clk_i) begin
  if (!f_started_q) assume (!rst_ni);
  assume (32'(f_port) < Ports);
  if (rst_ni) begin
    // The callers' part.
    `DM_REDORMANT_CALLERS ((mon_beat_i & (mon_beat_i - Ports'(1))) == '0);
    `DM_REDORMANT_CALLERS (!start_i || !drain_busy_q);
    for (int unsigned p = 0; p < Ports; p++) begin
      if (mon_beat_i[p]) `DM_REDORMANT_CALLERS (32'(mon_gfn_i[p*GfnWidth+:GfnWidth]) < GuestPages);
    end
    `DM_REDORMANT_CALLERS (!step_done_i || drained_q);

    // A store that was not answered when its frame was asked about is found a cycle later.
    if (f_found_q) `DM_REDORMANT_CALLERS (wr_match_i[f_port]);

    // A frame belongs to one page. What was let through to it before its tag changed is told as old,
    // and it is not given away again before it is drained; never, if it was lost.
    for (int unsigned p = 0; p < Ports; p++) begin
      if (mon_beat_i[p] && (mon_frame_i[p*FrameWidth+:FrameWidth] == f_frame)) begin
        if (mon_gfn_i[p*GfnWidth+:GfnWidth] == f_gfn) begin
          `DM_REDORMANT_CALLERS (f_mapped_q || mon_old_i[p]);
        end else begin
          `DM_REDORMANT_CALLERS (!f_mapped_q);
        end
      end
    end
    if (f_hit && f_mapped_q && !f_next) begin
      `DM_REDORMANT_CALLERS ((f_lose || (start_i && (start_frame_i == f_frame))) && !upd_all_i);
    end
    if (f_hit && !f_mapped_q && f_next) begin
      `DM_REDORMANT_CALLERS (!start_i && !(drain_busy_q && (drain_frame_q == f_frame)) && !upd_all_i);
    end
    if (start_i && (start_frame_i == f_frame) && f_mapped_q) `DM_REDORMANT_CALLERS (f_hit && !f_next);
    if (f_mapped_q) `DM_REDORMANT_CALLERS (!(drain_busy_q && (drain_frame_q == f_frame)));

    // A page that is given away is resident in its frame, and its bytes are zero.
    if (det_ok_o && (det_gfn_o == f_gfn) && (det_frame_o == f_frame)) begin
      assert (f_mapped_q);
      assert (f_over_q);
      assert (!f_live_q || f_answered);
    end
    if (det_ok_o) begin
      assert (32'(det_gfn_o) < GuestPages);
      assert (det_valid_o);
      assert (enable_i);
      assert (wr_match_i == '0);
      assert (!drain_busy_o);
    end

    // Each frame that starts to drain is handed on once, as it was meant, after nothing of it was
    // under way in a cycle in which it drained.
    assert (drain_busy_o == f_owed_q);
    if (step_valid_o) begin
      assert (f_owed_q && f_quiet_q);
      assert ((step_frame_o == f_drain_q) && (step_keep_o == f_keep_q));
    end
    if (drain_busy_o) assert (query_frame_o == f_drain_q);
    if (f_settled_q) assert (step_valid_o);

    // What makes that inductive.
    for (int unsigned t = 0; t < Trackers; t++) begin
      if (f_ours[t]) begin
        assert (f_mapped_q);
        if (f_covered[t]) assert (f_over_q || (f_live_q && (port_q[t] != f_port)));
      end
      if (active_q[t]) begin
        assert (32'(port_q[t]) < Ports);
        assert (32'(gfn_q[t]) < GuestPages);
        for (int unsigned u = 0; u < t; u++) assert (!active_q[u] || (frame_q[u] != frame_q[t]));
      end
      assert (count_q[t] == f_ones[t]);
      if (ripe_q[t]) assert (count_q[t][ChunkWidth]);
    end
    assert (32'(victim_q) < Trackers);
    assert (32'(pick_q) < Trackers);
    if (drained_q) assert (drain_busy_q && f_quiet_q);
    assert (drain_seen_q == f_asked_q);
    if (f_asked_q) assert (f_owed_q);
    if (pick_seen_q) assert (pick_valid_q);
    if (drain_busy_q) assert ((drain_frame_q == f_drain_q) && (drain_keep_q == f_keep_q));

`ifndef DM_DORMANT
    // The interesting states are reached.
    cover (det_ok_o && (det_gfn_o == f_gfn) && (det_frame_o == f_frame));
    cover (det_ok_o && f_narrow_q);
    cover (det_ok_o && f_disorder_q && (pick_q == '0));
    cover (det_ok_o && (active_q == '1));
    cover (det_valid_o && !det_ok_o && f_det_q);
    cover (f_det_q && pick_valid_q && (wr_match_i != '0));
    cover (active_q[0] && !active_d[0] && upd_q && (spoilt == '0) && (count_q[0] != '0));
    cover (active_q[0] && !active_d[0] && mon_beat_i[port_q[0]] && (mon_b_i == '0) && !upd_q && enable_i);
    cover (active_q[0] && !active_d[0] && mon_beat_i[~port_q[0]] && (mon_b_i == '0) && !upd_q && enable_i);
    cover (active_q[0] && !active_d[0] && (mon_beat_i == '0) && !upd_q && enable_i);
    cover (step_done_i && step_keep_o);
    cover (step_done_i && !step_keep_o);
    cover (f_hit && f_mapped_q && f_lose && !start_i && (mon_beat_i != '0));
`endif
  end
end
