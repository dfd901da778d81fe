// Zeroing engine: writes whole frames with zeros over an AXI4 write channel.
//
// Invariant: done_valid_o pulses once for each accepted frame, in the order of acceptance, after the
//   last write response of that frame; done_error_o tells whether any of them was an error.
// Latency:   frame accepted -> first AW and first W beat: 1 cycle; last B -> done: 1 cycle.
// Throughput: one beat a cycle, no gap between bursts or frames while MaxOutstanding bursts cover
//   the latency of the memory and WREADY stays high. A new AW every second cycle, ahead of W.
// An offered frame may be withdrawn or exchanged until it is accepted (an urgent one overtakes).
`include "dm_assert.svh"

module dm_zero_engine #(
  parameter int unsigned AddrWidth      = 32,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned PageShift      = 12,
  parameter int unsigned FrameWidth     = 20,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned MaxBeats       = 16
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  // Token bucket: one token pays for one burst, one token comes every cap_interval_i cycles (0: no
  // cap; 1 counts as 2), and at most cap_depth_i are saved up (0 counts as 1). Urgent frames pay nothing, and while one
  // waits nobody does, so that it does not queue behind a throttled one.
  input  logic [15:0]             cap_interval_i,
  input  logic [3:0]              cap_depth_i,
  input  logic                    urgent_i,

  // Frames to zero.
  input  logic                    frame_valid_i,
  output logic                    frame_ready_o,
  input  logic [FrameWidth-1:0]   frame_i,
  output logic                    done_valid_o,
  output logic                    done_error_o,

  // AXI4 write channels; one id, so responses come in order.
  output logic                    aw_valid_o,
  input  logic                    aw_ready_i,
  output logic [AddrWidth-1:0]    aw_addr_o,
  output logic [7:0]              aw_len_o,
  output logic [2:0]              aw_size_o,
  output logic [1:0]              aw_burst_o,
  output logic                    w_valid_o,
  input  logic                    w_ready_i,
  output logic [DataWidth-1:0]    w_data_o,
  output logic [DataWidth/8-1:0]  w_strb_o,
  output logic                    w_last_o,
  input  logic                    b_valid_i,
  output logic                    b_ready_o,
  input  logic [1:0]              b_resp_i,

  // One bit for each sub-unit, so that the stuck one shows.
  output logic                    page_active_o,
  output logic                    b_busy_o,
  output logic                    throttled_o,
  output dm_pkg::cycle_e          cycle_o  // of the cycle before
);

  localparam int unsigned BurstBytes = dm_pkg::burst_bytes(DataWidth, PageShift, MaxBeats);
  localparam int unsigned BurstBeats = BurstBytes / (DataWidth / 8);
  localparam int unsigned BurstShift = $clog2(BurstBytes);
  localparam int unsigned Bursts     = (1 << PageShift) / BurstBytes;
  localparam int unsigned BeatWidth  = dm_pkg::index_width(BurstBeats);
  localparam int unsigned BurstWidth = dm_pkg::index_width(Bursts);
  localparam int unsigned CountWidth = $clog2(MaxOutstanding + 1);

  localparam logic [BeatWidth-1:0]  BeforeLast      = BeatWidth'(BurstBeats - 2);
  localparam logic [BurstWidth-1:0] LastBurst       = BurstWidth'(Bursts - 1);
  localparam logic [BurstWidth-1:0] BeforeLastBurst = BurstWidth'(Bursts - 2);
  localparam logic [CountWidth-1:0] BeforeFull      = CountWidth'(MaxOutstanding - 1);

  // Write address: the burst on offer (or offered last), and whether its page has more.
  logic                   aw_valid_q, aw_valid_d;
  logic                   page_active_q, page_active_d;
  logic [FrameWidth-1:0]  frame_q, frame_d;
  logic [BurstWidth-1:0]  burst_q, burst_d;
  logic                   urgent_q, urgent_d;    // the page in progress is urgent
  logic                   offered_q, offered_d;  // a burst was offered in the last cycle
  // Write data: bursts offered before the last cycle whose data is not all sent.
  logic [CountWidth-1:0]  unsent_q, unsent_d;
  logic                   w_valid_q, w_valid_d;
  logic                   w_last_q, w_last_d;
  logic [BeatWidth-1:0]   beat_q, beat_d;
  // Write response: bursts offered before the last cycle and not answered; answers of the oldest frame.
  logic [CountWidth-1:0]  outstanding_q, outstanding_d;
  logic                   full_q, full_d;
  logic [BurstWidth-1:0]  answered_q, answered_d;
  logic                   error_q, error_d;
  logic                   done_valid_q, done_valid_d;
  logic                   done_error_q, done_error_d;
  // Token bucket.
  logic                   capped_q, capped_d;
  logic [15:0]            refill_q, refill_d;
  logic                   due_q, due_d;
  logic                   room_q, room_d;
  logic                   spent_q, spent_d;
  logic [3:0]             tokens_q, tokens_d;
  logic                   funded_q, funded_d;

  // What happened in the last cycle, for the counters.
  logic                   fired_q, fired_d;
  logic                   w_stalled_q, w_stalled_d;
  logic                   aw_stalled_q, aw_stalled_d;
  logic                   b_wait_q, b_wait_d;
  logic                   throttled_q, throttled_d;

  logic free, can_offer, offer, w_end, more, frame_end, earn, below_depth;

  // A burst may be offered: the address register is free, so is a slot, and it is paid for. An offer
  // takes the address register for at least one cycle, so counting it a cycle later is soon enough.
  assign free      = !capped_q || urgent_i || urgent_q;
  assign can_offer = !aw_valid_q && !full_q && (free || funded_q);
  assign offer     = can_offer && (page_active_q || frame_valid_i);

  assign frame_ready_o = can_offer && !page_active_q;

  always_comb begin
    aw_valid_d    = offer || (aw_valid_q && !aw_ready_i);
    offered_d     = offer;
    page_active_d = page_active_q;
    frame_d       = frame_q;
    burst_d       = burst_q;
    urgent_d      = urgent_q;
    // Taken before it is known whether the offer is made: that keeps the payment out of this path.
    if (!page_active_q && !aw_valid_q && frame_valid_i) begin
      frame_d = frame_i;
      burst_d = '0;
    end
    if (offer) begin
      if (page_active_q) begin
        burst_d       = burst_q + BurstWidth'(1);
        page_active_d = (burst_q != BeforeLastBurst);
        urgent_d      = urgent_q && page_active_d;
      end else begin
        page_active_d = (Bursts > 1);
        urgent_d      = urgent_i && page_active_d;
      end
    end
  end

  // Bursts are all equally long, so the beat counter just runs round.
  assign w_end = w_valid_q && w_ready_i && w_last_q;
  assign more  = (unsent_q[CountWidth-1:1] != '0) || (unsent_q[0] && offered_q);  // at least 2

  always_comb begin
    w_valid_d = offer || (w_valid_q && (!w_end || more));
    unsent_d  = unsent_q;
    if (offered_q && !w_end) unsent_d = unsent_q + CountWidth'(1);
    if (!offered_q && w_end) unsent_d = unsent_q - CountWidth'(1);
    beat_d   = beat_q;
    w_last_d = w_last_q;
    if (w_valid_q && w_ready_i) begin
      beat_d   = (BurstBeats > 1) ? beat_q + BeatWidth'(1) : '0;
      w_last_d = (BurstBeats == 1) || (beat_q == BeforeLast);
    end
  end

  assign frame_end = b_valid_i && (answered_q == LastBurst);

  always_comb begin
    outstanding_d = outstanding_q;
    if (offered_q && !b_valid_i) outstanding_d = outstanding_q + CountWidth'(1);
    if (!offered_q && b_valid_i) outstanding_d = outstanding_q - CountWidth'(1);
    full_d       = !b_valid_i && (full_q || (offered_q && (outstanding_q == BeforeFull)));
    answered_d   = answered_q;
    error_d      = error_q;
    done_valid_d = frame_end;
    done_error_d = error_q || (b_resp_i != 2'b00);
    if (b_valid_i) begin
      answered_d = (Bursts > 1) ? answered_q + BurstWidth'(1) : '0;
      error_d    = !frame_end && (error_q || (b_resp_i != 2'b00));
    end
  end

  // The bucket fills also while nothing is zeroed, up to its depth. A token is due in every second
  // cycle at most, and bursts are offered no faster.
  assign earn = due_q && room_q;

  // tokens_q < cap_depth_i, bit by bit: a comparator would become a carry chain.
  always_comb begin
    below_depth = 1'b0;
    for (int unsigned i = 0; i < 4; i++) begin
      if (tokens_q[i] != cap_depth_i[i]) below_depth = cap_depth_i[i];
    end
  end

  always_comb begin
    capped_d = (cap_interval_i != 16'd0);
    due_d    = capped_q && !due_q && (refill_q[15:2] == 14'd0) && (refill_q[1:0] != 2'd3);  // <= 2
    // refill_q - 1 in two halves: one carry chain would be the longest path.
    refill_d[7:0]  = refill_q[7:0] - 8'd1;
    refill_d[15:8] = (refill_q[7:0] == 8'd0) ? refill_q[15:8] - 8'd1 : refill_q[15:8];
    if (due_q) refill_d = cap_interval_i;
    room_d   = below_depth || (tokens_q == 4'd0);
    spent_d  = offer && !free;
    tokens_d = tokens_q;
    funded_d = funded_q;
    if (earn && !spent_q) begin
      tokens_d = tokens_q + 4'd1;
      funded_d = 1'b1;
    end
    if (!earn && spent_q) begin
      tokens_d = tokens_q - 4'd1;
      funded_d = (tokens_q != 4'd1);
    end
    if (!capped_q) begin
      refill_d = 16'd0;
      tokens_d = 4'd0;
      funded_d = 1'b0;
    end
  end

  assign aw_valid_o = aw_valid_q;
  if (Bursts > 1) begin : gen_addr
    assign aw_addr_o = AddrWidth'({frame_q, burst_q, {BurstShift{1'b0}}});
  end else begin : gen_addr
    assign aw_addr_o = AddrWidth'({frame_q, {BurstShift{1'b0}}});
  end
  assign aw_len_o   = 8'(BurstBeats - 1);
  assign aw_size_o  = 3'($clog2(DataWidth / 8));
  assign aw_burst_o = 2'b01;
  assign w_valid_o  = w_valid_q;
  assign w_data_o   = '0;
  assign w_strb_o   = '1;
  assign w_last_o   = w_last_q;
  assign b_ready_o  = 1'b1;

  assign done_valid_o = done_valid_q;
  assign done_error_o = done_error_q;

  assign page_active_o = page_active_q;
  assign b_busy_o      = (outstanding_q != '0);
  assign throttled_o   = !free && !funded_q && (page_active_q || frame_valid_i);

  // What the engine did, told a cycle later.
  assign fired_d      = w_valid_q && w_ready_i;
  assign w_stalled_d  = w_valid_q && !w_ready_i;
  assign aw_stalled_d = aw_valid_q && !aw_ready_i;
  assign b_wait_d     = b_busy_o;
  assign throttled_d  = throttled_o;

  always_comb begin
    cycle_o = dm_pkg::CycleIdle;
    if (fired_q) cycle_o = dm_pkg::CycleBusy;
    else if (w_stalled_q) cycle_o = dm_pkg::CycleWStalled;
    else if (aw_stalled_q) cycle_o = dm_pkg::CycleAwStalled;
    else if (b_wait_q) cycle_o = dm_pkg::CycleBWait;
    else if (throttled_q) cycle_o = dm_pkg::CycleThrottled;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_valid_q    <= 1'b0;
      page_active_q <= 1'b0;
      frame_q       <= '0;
      burst_q       <= '0;
      urgent_q      <= 1'b0;
      offered_q     <= 1'b0;
      unsent_q      <= '0;
      w_valid_q     <= 1'b0;
      w_last_q      <= (BurstBeats == 1);
      beat_q        <= '0;
      outstanding_q <= '0;
      full_q        <= 1'b0;
      answered_q    <= '0;
      error_q       <= 1'b0;
      done_valid_q  <= 1'b0;
      done_error_q  <= 1'b0;
      capped_q      <= 1'b0;
      refill_q      <= '0;
      due_q         <= 1'b0;
      room_q        <= 1'b0;
      spent_q       <= 1'b0;
      tokens_q      <= '0;
      funded_q      <= 1'b0;
      fired_q       <= 1'b0;
      w_stalled_q   <= 1'b0;
      aw_stalled_q  <= 1'b0;
      b_wait_q      <= 1'b0;
      throttled_q   <= 1'b0;
    end else begin
      aw_valid_q    <= aw_valid_d;
      page_active_q <= page_active_d;
      frame_q       <= frame_d;
      burst_q       <= burst_d;
      urgent_q      <= urgent_d;
      offered_q     <= offered_d;
      unsent_q      <= unsent_d;
      w_valid_q     <= w_valid_d;
      w_last_q      <= w_last_d;
      beat_q        <= beat_d;
      outstanding_q <= outstanding_d;
      full_q        <= full_d;
      answered_q    <= answered_d;
      error_q       <= error_d;
      done_valid_q  <= done_valid_d;
      done_error_q  <= done_error_d;
      capped_q      <= capped_d;
      refill_q      <= refill_d;
      due_q         <= due_d;
      room_q        <= room_d;
      spent_q       <= spent_d;
      tokens_q      <= tokens_d;
      funded_q      <= funded_d;
      fired_q       <= fired_d;
      w_stalled_q   <= w_stalled_d;
      aw_stalled_q  <= aw_stalled_d;
      b_wait_q      <= b_wait_d;
      throttled_q   <= throttled_d;
    end
  end

`ifndef SYNTHESIS
  `DM_AWAKE

  always @(posedge clk_i) begin
    if (awake_q) begin
      // The memory's part: a response answers a burst.
      assert (!b_valid_i || offered_q || (outstanding_q != '0));
      assert (32'(outstanding_q) + 32'(offered_q) <= MaxOutstanding);
      assert (!spent_q || (tokens_q != 4'd0));
    end
  end
`endif

`ifdef FORMAL
  `include "formal/dm_zero_engine_props.svh"
`endif

endmodule
