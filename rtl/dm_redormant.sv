// Redormanting: finds resident pages that ordinary stores have zeroed as a whole, and drains what
// was let through to a frame before the frame is given away.
//
// Invariant: a page on offer (det_valid_o and, one cycle later under freeze, det_ok_o) is all zero in
//   memory: each of its bytes was stored as zero, each of these stores is acknowledged, and no other
//   write came to the page since, from any port. A frame is handed on only when no access to it is
//   let through and unanswered.
// Latency:   last acknowledgement -> offer: delay_i + 4 cycles; drained -> handed on: 2 cycles.
//
// A tracker follows one page, in chunks (64): stores ascend within a chunk, chunks come in any order.
// It starts where a port stores zero at the begin of a chunk of a page that nobody follows; an idle
// tracker is taken, else they take turns. Waiting delay_i cycles bounds the thrash of pages that are
// written again at once: no more than Trackers pages go dormant in that time.
`include "dm_assert.svh"

module dm_redormant #(
  parameter  int unsigned DataWidth  = 64,
  parameter  int unsigned PageShift  = 12,
  parameter  int unsigned GuestPages = 8192,
  parameter  int unsigned FrameWidth = 13,
  parameter  int unsigned Ports      = 1,
  parameter  int unsigned Trackers   = 4,
  parameter  int unsigned ChunkWidth = 6,    // log2 of the chunks in which a page is followed
  localparam int unsigned GfnWidth   = dm_pkg::index_width(GuestPages),
  localparam int unsigned StrbWidth  = DataWidth / 8,
  localparam int unsigned BeatWidth  = PageShift - $clog2(StrbWidth)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        enable_i,
  input  logic [23:0]                 delay_i,   // cycles

  // What the ports write to resident pages.
  input  logic [Ports-1:0]            mon_beat_i,
  input  logic [Ports*GfnWidth-1:0]   mon_gfn_i,
  input  logic [Ports*FrameWidth-1:0] mon_frame_i,
  input  logic [Ports*BeatWidth-1:0]  mon_index_i,
  input  logic [Ports*StrbWidth-1:0]  mon_strb_i,
  input  logic [Ports-1:0]            mon_nonzero_i,
  input  logic [Ports-1:0]            mon_incr_i,
  input  logic [Ports-1:0]            mon_old_i,
  input  logic [Ports-1:0]            mon_b_i,
  input  logic [Ports-1:0]            mon_b_error_i,
  input  logic [Ports*FrameWidth-1:0] mon_b_frame_i,

  // Was an access to this frame let through and unanswered in the last cycle, at any port?
  output logic [FrameWidth-1:0]       query_frame_o,
  input  logic [Ports-1:0]            rd_match_i,
  input  logic [Ports-1:0]            wr_match_i,

  // Changes of tags.
  input  logic                        upd_i,
  input  logic                        upd_all_i,
  input  logic [GfnWidth-1:0]         upd_gfn_i,

  // A page that may go dormant: for certain, if ok holds in the second of two cycles without new write
  // bursts.
  output logic                        det_valid_o,
  output logic                        det_ok_o,
  output logic [GfnWidth-1:0]         det_gfn_o,
  output logic [FrameWidth-1:0]       det_frame_o,

  // The tag of a frame's page changes in the cycle of start; the frame then goes to the queue, or is
  // kept for firmware, once it is drained.
  input  logic                        start_i,
  input  logic                        start_keep_i,
  input  logic [FrameWidth-1:0]       start_frame_i,
  output logic                        drain_busy_o,
  output logic                        step_valid_o,
  output logic                        step_keep_o,
  output logic [FrameWidth-1:0]       step_frame_o,
  input  logic                        step_done_i
);

  localparam int unsigned ChunkShift = BeatWidth - ChunkWidth;  // beats in one, as a power of two
  localparam int unsigned Chunks     = 1 << ChunkWidth;
  localparam int unsigned PickWidth  = dm_pkg::index_width(Trackers);
  localparam int unsigned PortWidth  = dm_pkg::index_width(Ports);

  logic [Trackers-1:0]   active_q, active_d;
  logic [Trackers-1:0][PortWidth-1:0]   port_q;
  logic [Trackers-1:0][PortWidth-1:0]   port_d;
  logic [Trackers-1:0][GfnWidth-1:0]    gfn_q;
  logic [Trackers-1:0][GfnWidth-1:0]    gfn_d;
  logic [Trackers-1:0][FrameWidth-1:0]  frame_q;
  logic [Trackers-1:0][FrameWidth-1:0]  frame_d;
  logic [Trackers-1:0][Chunks-1:0]      map_q;  // chunks that are zero
  logic [Trackers-1:0][Chunks-1:0]      map_d;
  logic [Trackers-1:0][ChunkWidth:0]    count_q;  // how many
  logic [Trackers-1:0][ChunkWidth:0]    count_d;
  logic [Trackers-1:0][BeatWidth-1:0]   next_q;  // the beat that is due in the chunk under way
  logic [Trackers-1:0][BeatWidth-1:0]   next_d;
  logic [Trackers-1:0][StrbWidth-1:0]   mask_q;  // bytes of it that are zero
  logic [Trackers-1:0][StrbWidth-1:0]   mask_d;
  logic [Trackers-1:0][23:0]            timer_q;
  logic [Trackers-1:0][23:0]            timer_d;
  logic [Trackers-1:0]   ripe_q, ripe_d;
  logic [PickWidth-1:0]  victim_q, victim_d;
  logic                  pick_valid_q, pick_valid_d;
  logic [PickWidth-1:0]  pick_q, pick_d;
  logic                  drain_busy_q, drain_busy_d;
  logic                  drain_keep_q, drain_keep_d;
  logic [FrameWidth-1:0] drain_frame_q, drain_frame_d;
  logic                  drained_q, drained_d;
  logic                  upd_q, upd_all_q, upd_all_d;  // the change of a tag in the last cycle
  logic [GfnWidth-1:0]   upd_gfn_q, upd_gfn_d;
  logic                  pick_seen_q, pick_seen_d;    // the matches belong to the page on offer,
  logic                  drain_seen_q, drain_seen_d;  // or to the frame that drains

  logic [Trackers-1:0]       spoilt, cancel, own, good;
  logic [Ports*Trackers-1:0] match, match_b;  // port p, tracker t: bit p * Trackers + t
  logic [Ports-1:0]          followed, starts;
  logic [PickWidth-1:0]      slot;

  // ---------------------------------------------------------------------------------------- trackers
  always_comb begin
    for (int unsigned p = 0; p < Ports; p++) begin
      for (int unsigned t = 0; t < Trackers; t++) begin
        match[p*Trackers+t]   = mon_beat_i[p] && active_q[t] &&
                                (mon_frame_i[p*FrameWidth+:FrameWidth] == frame_q[t]);
        match_b[p*Trackers+t] = mon_b_i[p] && active_q[t] &&
                                (mon_b_frame_i[p*FrameWidth+:FrameWidth] == frame_q[t]);
      end
      followed[p] = (match[p*Trackers+:Trackers] != '0);
      // The end of a burst that was let through before its page changed starts nothing.
      starts[p]   = mon_beat_i[p] && !followed[p] && !mon_nonzero_i[p] && mon_incr_i[p] &&
                    !mon_old_i[p] &&
                    ((mon_index_i[p*BeatWidth+:BeatWidth] &
                      BeatWidth'((1 << ChunkShift) - 1)) == '0);
    end
  end

  always_comb begin
    for (int unsigned t = 0; t < Trackers; t++) begin
      spoilt[t] = !enable_i;
      own[t]    = 1'b0;
      for (int unsigned p = 0; p < Ports; p++) begin
        if (match[p*Trackers+t]) begin
          if (PortWidth'(p) != port_q[t] || mon_nonzero_i[p] || mon_old_i[p]) spoilt[t] = 1'b1;
          else own[t] = mon_incr_i[p];
        end
        // Another port's older write may have landed on top of a zero, and a zero that failed may not
        // have landed at all.
        if (match_b[p*Trackers+t] && (PortWidth'(p) != port_q[t] || mon_b_error_i[p])) begin
          spoilt[t] = 1'b1;
        end
      end
    end
  end

  assign upd_all_d = upd_i ? upd_all_i : upd_all_q;
  assign upd_gfn_d = upd_i ? upd_gfn_i : upd_gfn_q;

  always_comb begin
    for (int unsigned t = 0; t < Trackers; t++) begin
      cancel[t] = spoilt[t] || (upd_q && (upd_all_q || upd_gfn_q == gfn_q[t]));
    end
  end

  // The tracker that the next page gets.
  always_comb begin
    slot = victim_q;
    for (int unsigned t = Trackers; t > 0; t--) begin
      if (!active_q[t-1]) slot = PickWidth'(t - 1);
    end
  end

  logic [BeatWidth-1:0] index;
  logic [StrbWidth-1:0] mask;
  logic                 taken;

  always_comb begin
    active_d = active_q;
    victim_d = victim_q;
    ripe_d   = ripe_q;
    index    = '0;
    mask     = '0;
    taken    = 1'b0;
    for (int unsigned t = 0; t < Trackers; t++) begin
      port_d[t]  = port_q[t];
      gfn_d[t]   = gfn_q[t];
      frame_d[t] = frame_q[t];
      map_d[t]   = map_q[t];
      count_d[t] = count_q[t];
      next_d[t]  = next_q[t];
      mask_d[t]  = mask_q[t];
      timer_d[t] = timer_q[t];
      if (count_q[t][ChunkWidth]) begin
        ripe_d[t]  = (timer_q[t] == '0);
        timer_d[t] = (timer_q[t] == '0) ? '0 : timer_q[t] - 24'd1;
      end
    end

    for (int unsigned p = 0; p < Ports; p++) begin
      index = mon_index_i[p*BeatWidth+:BeatWidth];
      // A page that nobody follows; one port in a cycle.
      if (starts[p] && enable_i && !taken) begin
        taken          = 1'b1;
        victim_d       = (32'(victim_q) == Trackers - 1) ? '0 : victim_q + PickWidth'(1);
        active_d[slot] = 1'b1;
        port_d[slot]   = PortWidth'(p);
        gfn_d[slot]    = mon_gfn_i[p*GfnWidth+:GfnWidth];
        frame_d[slot]  = mon_frame_i[p*FrameWidth+:FrameWidth];
        map_d[slot]    = '0;
        count_d[slot]  = '0;
        timer_d[slot]  = delay_i;
        ripe_d[slot]   = 1'b0;
        next_d[slot]   = index;
        mask_d[slot]   = mon_strb_i[p*StrbWidth+:StrbWidth];
        if (mask_d[slot] == '1) begin
          next_d[slot] = index + BeatWidth'(1);
          mask_d[slot] = '0;
          if (ChunkShift == 0) begin
            map_d[slot]   = Chunks'(1) << index[BeatWidth-1-:ChunkWidth];
            count_d[slot] = (ChunkWidth + 1)'(1);
          end
        end
      end
    end

    for (int unsigned p = 0; p < Ports; p++) begin
      index = mon_index_i[p*BeatWidth+:BeatWidth];
      for (int unsigned t = 0; t < Trackers; t++) begin
        if (own[t] && match[p*Trackers+t] && !(taken && slot == PickWidth'(t))) begin
          mask = mon_strb_i[p*StrbWidth+:StrbWidth];
          if (index == next_q[t]) mask = mask | mask_q[t];
          if (index == next_q[t] ||
              (index & BeatWidth'((1 << ChunkShift) - 1)) == '0) begin
            next_d[t] = index;
            mask_d[t] = mask;
            if (mask == '1) begin
              next_d[t] = index + BeatWidth'(1);
              mask_d[t] = '0;
              if ((~index & BeatWidth'((1 << ChunkShift) - 1)) == '0) begin
                map_d[t][index[BeatWidth-1-:ChunkWidth]] = 1'b1;
                if (!map_q[t][index[BeatWidth-1-:ChunkWidth]]) begin
                  count_d[t] = count_q[t] + (ChunkWidth + 1)'(1);
                end
              end
            end
          end
        end
      end
    end

    for (int unsigned t = 0; t < Trackers; t++) begin
      if (cancel[t] && !(taken && slot == PickWidth'(t))) active_d[t] = 1'b0;
    end
    // The tag of the page that begins to be followed may just have changed.
    if (taken && upd_q && (upd_all_q || upd_gfn_q == gfn_d[slot])) active_d[slot] = 1'b0;
  end

  // --------------------------------------------------------------------------------------- the offer
  // A choice that is no longer good is given up a cycle later, and not offered in that cycle.
  assign good = active_q & ripe_q;

  always_comb begin
    pick_valid_d = pick_valid_q && good[pick_q];
    pick_d       = pick_q;
    pick_seen_d  = pick_valid_q && good[pick_q] && !drain_busy_q;
    if (!pick_valid_q) begin
      for (int unsigned t = 0; t < Trackers; t++) begin
        if (good[t]) begin
          pick_valid_d = 1'b1;
          pick_d       = PickWidth'(t);
        end
      end
    end
  end

  // What the ports tell in this cycle was under way in the last, and so is among the matches.
  assign det_valid_o = pick_valid_q && pick_seen_q && good[pick_q] && (wr_match_i == '0) && !upd_q &&
                       !drain_busy_q;
  assign det_ok_o    = det_valid_o && enable_i;
  assign det_gfn_o   = gfn_q[pick_q];
  assign det_frame_o = frame_q[pick_q];

  // --------------------------------------------------------------------------------------- the drain
  assign query_frame_o = drain_busy_q ? drain_frame_q : frame_q[pick_q];

  always_comb begin
    drain_busy_d  = drain_busy_q && !step_done_i;
    drain_keep_d  = drain_keep_q;
    drain_frame_d = drain_frame_q;
    drain_seen_d  = drain_busy_q && drain_busy_d;
    drained_d     = drain_busy_d &&
                    (drained_q || (drain_seen_q && rd_match_i == '0 && wr_match_i == '0));
    if (start_i) begin
      drain_busy_d  = 1'b1;
      drain_keep_d  = start_keep_i;
      drain_frame_d = start_frame_i;
      drained_d     = 1'b0;
    end
  end

  assign drain_busy_o = drain_busy_q;
  assign step_valid_o = drained_q;
  assign step_keep_o  = drain_keep_q;
  assign step_frame_o = drain_frame_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q      <= '0;
      ripe_q        <= '0;
      victim_q      <= '0;
      pick_valid_q  <= 1'b0;
      pick_q        <= '0;
      upd_q         <= 1'b0;
      upd_all_q     <= 1'b0;
      upd_gfn_q     <= '0;
      pick_seen_q   <= 1'b0;
      drain_busy_q  <= 1'b0;
      drain_keep_q  <= 1'b0;
      drain_frame_q <= '0;
      drained_q     <= 1'b0;
      drain_seen_q  <= 1'b0;
      port_q        <= '0;
      gfn_q         <= '0;
      frame_q       <= '0;
      map_q         <= '0;
      count_q       <= '0;
      next_q        <= '0;
      mask_q        <= '0;
      timer_q       <= '0;
    end else begin
      active_q      <= active_d;
      ripe_q        <= ripe_d;
      victim_q      <= victim_d;
      pick_valid_q  <= pick_valid_d;
      pick_q        <= pick_d;
      upd_q         <= upd_i;
      upd_all_q     <= upd_all_d;
      upd_gfn_q     <= upd_gfn_d;
      pick_seen_q   <= pick_seen_d;
      drain_busy_q  <= drain_busy_d;
      drain_keep_q  <= drain_keep_d;
      drain_frame_q <= drain_frame_d;
      drained_q     <= drained_d;
      drain_seen_q  <= drain_seen_d;
      port_q        <= port_d;
      gfn_q         <= gfn_d;
      frame_q       <= frame_d;
      map_q         <= map_d;
      count_q       <= count_d;
      next_q        <= next_d;
      mask_q        <= mask_d;
      timer_q       <= timer_d;
    end
  end

`ifndef SYNTHESIS
  `DM_AWAKE

  always @(posedge clk_i) begin
    if (awake_q) begin
      // The callers' part; memory takes one beat a cycle.
      assert ((mon_beat_i & (mon_beat_i - Ports'(1))) == '0);
      assert (!start_i || !drain_busy_q);
      assert (!step_done_i || drained_q);
    end
  end
`endif

`ifdef FORMAL
  `include "formal/dm_redormant_props.svh"
`endif

endmodule
