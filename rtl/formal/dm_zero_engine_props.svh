// Properties of dm_zero_engine, included at its end.
//
// One burst, its frame, one beat of it: any, so each holds for all. Bursts and frames are numbered
// from reset, modulo 2^CountBits bursts; frame k is bursts k * Bursts to k * Bursts + Bursts - 1.

localparam int unsigned CountBits  = 12;
localparam int unsigned BurstBits  = $clog2(Bursts);
localparam int unsigned NumberBits = CountBits - BurstBits;

(* anyconst *) logic [CountBits-1:0] f_burst;
(* anyconst *) logic [7:0]           f_beat;
logic [NumberBits-1:0] f_frame;
assign f_frame = NumberBits'(f_burst >> BurstBits);

logic                  f_offer;
logic [CountBits-1:0]  f_number, f_offered, f_accepted, f_sent, f_answered;
logic [7:0]            f_beats, f_len;

dm_axi_write_props #(
  .AddrWidth(AddrWidth), .DataWidth(DataWidth), .MaxOutstanding(MaxOutstanding),
  .CountWidth(CountBits)
) u_axi_props (
  .clk_i, .rst_ni,
  .aw_valid_i(aw_valid_o), .aw_ready_i, .aw_addr_i(aw_addr_o), .aw_len_i(aw_len_o),
  .aw_size_i(aw_size_o), .aw_burst_i(aw_burst_o),
  .w_valid_i(w_valid_o), .w_ready_i, .w_data_i(w_data_o), .w_strb_i(w_strb_o),
  .w_last_i(w_last_o), .b_valid_i, .b_ready_i(b_ready_o), .b_resp_i,
  .burst_i(f_burst), .offer_o(f_offer), .number_o(f_number), .offered_o(f_offered),
  .accepted_o(f_accepted), .sent_o(f_sent), .answered_o(f_answered), .beat_o(f_beats),
  .len_o(f_len)
);

logic                  f_accept, f_beat_fire, f_written, f_written_q, f_error_q, f_accept_q;
logic [NumberBits-1:0] f_taken_q, f_done_q;  // frames accepted, frames done
logic [FrameWidth-1:0] f_rfn_q;              // the number that came with f_frame
logic [CountBits-1:0]  f_base;               // first burst of the oldest frame not done

assign f_accept    = frame_valid_i && frame_ready_o;
assign f_written   = f_written_q && !(f_offer && (f_number == f_burst));
assign f_beat_fire = w_valid_o && w_ready_i && (f_sent == f_burst) && (f_beats == f_beat);
assign f_base      = CountBits'(f_done_q) << BurstBits;

initial assume (!rst_ni);

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_taken_q   <= '0;
    f_done_q    <= '0;
    f_rfn_q     <= '0;
    f_written_q <= 1'b0;
    f_error_q   <= 1'b0;
    f_accept_q  <= 1'b0;
  end else begin
    f_taken_q   <= f_taken_q + NumberBits'(f_accept);
    f_done_q    <= f_done_q + NumberBits'(done_valid_o);
    if (f_accept && (f_taken_q == f_frame)) f_rfn_q <= frame_i;
    f_written_q <= f_written || f_beat_fire;
    if (b_valid_i && (NumberBits'(f_answered >> BurstBits) == f_frame)) begin
      f_error_q <= (b_resp_i != 2'b00) || (f_error_q && ((f_answered % Bursts) != '0));
    end
    f_accept_q  <= f_accept;
  end
end

always @(posedge clk_i) begin
  assume (f_beat < BurstBeats);

  // What is promised.
  if (rst_ni) begin
    assert (b_ready_o);
    assert (b_busy_o == (f_number != f_answered));
    assert (!(f_accept_q && frame_ready_o));

    // Every beat is zeros with all strobes, and each is sent once.
    if (w_valid_o) assert ((w_data_o == '0) && (&w_strb_o));
    if (f_beat_fire) assert (!f_written);

    // The bursts of a frame tile it, in order.
    if (f_offer && (f_number == f_burst)) begin
      assert (aw_addr_o == ((AddrWidth'(f_rfn_q) << PageShift)
                            + AddrWidth'(f_burst % Bursts) * AddrWidth'(BurstBytes)));
      assert (((32'(aw_len_o) + 1) << aw_size_o) == BurstBytes);
    end

    // Done: once for each frame whose last response has come, in order, all of it written before,
    // with an error exactly if one of its responses was one.
    assert ((f_answered >> BurstBits) == CountBits'(NumberBits'(f_done_q + NumberBits'(done_valid_o))));
    if (done_valid_o) assert (f_done_q != f_taken_q);
    if (done_valid_o && (f_done_q == f_frame)) begin
      assert (f_written_q);
      assert (done_error_o == f_error_q);
    end

    // What is unfinished shows what it waits for: a ready, a response, a token.
    if (page_active_q || (f_offered != f_answered)) begin
      assert (aw_valid_o || w_valid_o || offer || throttled_o ||
              ((f_accepted != f_answered) && (f_sent != f_answered)));
    end else begin
      if (frame_valid_i) assert (frame_ready_o || throttled_o);
    end
  end

  // What makes that inductive: the engine's registers in terms of the counts.
  if (rst_ni) begin
    assert (offered_q == f_offer);
    assert (CountBits'(outstanding_q) == f_number - f_answered);
    assert (full_q == (outstanding_q == CountWidth'(MaxOutstanding)));
    assert (CountBits'(unsent_q) == f_number - f_sent);
    assert ((f_offered - f_sent) <= (f_offered - f_answered));
    assert ((f_offered - f_accepted) == CountBits'(aw_valid_q));
    assert ((f_offered - f_accepted) <= (f_offered - f_answered));
    assert (w_valid_q == (f_offered != f_sent));
    assert (f_beats == 8'(beat_q));
    assert (beat_q < BurstBeats);
    assert (w_last_q == (f_beats == BurstBeats - 1));
    assert (w_valid_q || (beat_q == '0));
    if (CountBits'(f_burst - f_sent) < CountBits'(f_offered - f_sent)) begin
      assert (f_len == BurstBeats - 1);
    end

    assert (answered_q == BurstWidth'(f_answered % Bursts));
    assert (burst_q < Bursts);
    if (page_active_q) begin
      assert (burst_q != LastBurst);
      assert (f_offered == (CountBits'(NumberBits'(f_taken_q - 1)) << BurstBits)
                           + CountBits'(burst_q) + CountBits'(1));
    end else begin
      assert (f_offered == (CountBits'(f_taken_q) << BurstBits));
      if (aw_valid_q) assert (burst_q == LastBurst);
      assert (!urgent_q);
    end
    if ((aw_valid_q || page_active_q) && (f_taken_q == NumberBits'(f_frame + 1))) assert (frame_q == f_rfn_q);
    assert (CountBits'(f_offered - f_base) <= MaxOutstanding + Bursts + Bursts);
    if (CountBits'(f_burst - f_base) < CountBits'(f_offered - f_base)) begin
      assert (f_written == ((CountBits'(f_sent - f_base) > CountBits'(f_burst - f_base)) ||
                            ((f_sent == f_burst) && (f_beats > f_beat))));
    end
    if (answered_q == '0) begin
      assert (!error_q);
    end else if (NumberBits'(f_answered >> BurstBits) == f_frame) begin
      assert (error_q == f_error_q);
    end
  end
end

// The token bucket. A window is any run of cycles with steady settings, so long as nobody lowered the
// depth under a full bucket: the bursts paid for in it are at most the bucket's depth and one for
// each interval begun. Intervals up to 15 and windows up to 200 cycles, to keep the sums narrow.
(* anyseq *) logic f_open;
logic        f_window_q, f_calm_q, f_calm, f_steady, f_paid;
logic [15:0] f_interval_q;
logic [3:0]  f_depth_q;
logic [7:0]  f_elapsed_q;
logic [11:0] f_price_q;  // bursts paid for, times the interval
logic [11:0] f_depth, f_interval, f_funds, f_phase;

assign f_depth    = (cap_depth_i == 4'd0) ? 12'd1 : 12'(cap_depth_i);
assign f_interval = (cap_interval_i == 16'd1) ? 12'd2 : 12'(cap_interval_i);
assign f_steady   = (cap_interval_i == f_interval_q) && (cap_depth_i == f_depth_q);
assign f_calm     = f_calm_q && (cap_depth_i >= f_depth_q);
assign f_paid     = offer && capped_q && !urgent_i && !(page_active_q && urgent_q);
// Tokens not promised; cycles until the next is due.
assign f_funds    = 12'(tokens_q) - 12'(spent_q);
assign f_phase    = due_q ? 12'd0 : ((refill_q <= 16'd2) ? 12'd1 : 12'(refill_q) - 12'd1);

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_window_q   <= 1'b0;
    f_calm_q     <= 1'b1;
    f_interval_q <= '0;
    f_depth_q    <= '0;
    f_elapsed_q  <= '0;
    f_price_q    <= '0;
  end else begin
    f_interval_q <= cap_interval_i;
    f_depth_q    <= cap_depth_i;
    f_calm_q     <= f_calm || !capped_q;
    if (f_window_q && f_steady && (f_elapsed_q < 8'd200)) begin
      f_elapsed_q <= f_elapsed_q + 8'd1;
      f_price_q   <= f_price_q + (f_paid ? f_interval : 12'd0);
    end else begin
      f_window_q  <= f_open && f_calm && (cap_interval_i != 16'd0) && (cap_interval_i < 16'd16);
      f_elapsed_q <= 8'd1;
      f_price_q   <= f_paid ? f_interval : 12'd0;
    end
  end
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    if (f_window_q && f_steady) begin
      assert (f_price_q < f_depth * f_interval + 12'(f_elapsed_q) + f_interval);
    end

    assert (capped_q == (f_interval_q != 16'd0));
    assert (funded_q == (tokens_q != 4'd0));
    assert (!spent_q || (offered_q && (tokens_q != 4'd0)));
    if (f_calm) assert ((12'(tokens_q) <= f_depth) && (!earn || (12'(tokens_q) < f_depth)));
    if (f_window_q) begin
      assert (f_calm_q && (f_interval_q != 16'd0) && (f_interval_q < 16'd16));
      assert (f_elapsed_q <= 8'd200);
      if (f_steady) begin
        // Either no token has come yet, or the countdown restarted inside the window.
        assert ((f_price_q + f_funds * f_interval <= f_depth * f_interval) ||
                ((refill_q <= 16'd15) && (f_phase < f_interval) &&
                 (f_price_q + f_funds * f_interval <=
                  f_depth * f_interval + 12'(f_elapsed_q) + f_phase)));
      end
    end
  end
end

`ifdef DM_LIVE
// Progress: the memory is ready and answers what it can, the cap lets a burst go every few cycles;
// then an accepted frame is done within a bound, whatever else is on the pins.
localparam int unsigned Bound = `DM_LIVE;
logic [7:0] f_age_q;
logic       f_aging_q;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_age_q   <= '0;
    f_aging_q <= 1'b0;
  end else begin
    f_age_q <= f_aging_q ? f_age_q + 8'd1 : 8'd0;
    if (f_accept && (f_taken_q == f_frame)) f_aging_q <= 1'b1;
    if (done_valid_o && (f_done_q == f_frame)) f_aging_q <= 1'b0;
  end
end

always @(posedge clk_i) begin
  assume (aw_ready_i && w_ready_i);
  assume (cap_interval_i <= 16'd2);
  if (rst_ni) begin
    if ((f_answered != f_accepted) && (f_answered != f_sent)) assume (b_valid_i);
    assert (due_q || (refill_q <= 16'd2));
    assert (f_aging_q == (NumberBits'(f_frame - f_done_q) < NumberBits'(f_taken_q - f_done_q)));
    assert (f_age_q < Bound);
  end
end
`endif

// The interesting states are reached.
`ifdef DM_COVER
logic [1:0] f_frames_q;
logic       f_first_bad_q, f_gapless_q, f_w_ahead_q;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_first_bad_q <= 1'b0;
    f_gapless_q   <= 1'b0;
    f_w_ahead_q   <= 1'b0;
    f_frames_q    <= '0;
  end else begin
    // The last beat of a frame; a frame of which only the first burst failed; data before address.
    f_gapless_q   <= w_end && ((f_sent % Bursts) == Bursts - 1);
    if (b_valid_i && (answered_q == '0)) f_first_bad_q <= (b_resp_i != 2'b00);
    if (b_valid_i && (answered_q != '0) && (b_resp_i != 2'b00)) f_first_bad_q <= 1'b0;
    f_w_ahead_q   <= w_end && aw_valid_q && !aw_ready_i && (f_sent == f_number - 1);
    if (done_valid_o && (f_frames_q != 2'd3)) f_frames_q <= f_frames_q + 2'd1;
  end
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    cover ((f_offered - f_answered) == CountBits'(MaxOutstanding));
    cover (throttled_o);
    cover (done_valid_o && !done_error_o && (f_frames_q == 2'd2));
    cover (done_valid_o && done_error_o && f_first_bad_q);
    cover (done_valid_o && done_error_o && (Bursts == 1 || !f_first_bad_q));
    cover (f_gapless_q && w_valid_o);
    cover (f_w_ahead_q);
    cover (f_paid && (tokens_q == 4'd1));
    cover (f_window_q && (f_price_q > 12'd2 * f_interval));
    cover (cycle_o == dm_pkg::CycleAwStalled);
    cover (cycle_o == dm_pkg::CycleWStalled);
    cover (cycle_o == dm_pkg::CycleBWait);
    cover (cycle_o == dm_pkg::CycleThrottled);
  end
end
`endif
