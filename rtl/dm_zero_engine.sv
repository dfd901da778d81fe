// Zeroing engine: writes whole frames with zeros over an AXI4 write channel.
//
// Invariant: done_valid_o pulses once for each accepted frame, in the order of acceptance, after the
//   last write response of that frame; done_error_o tells whether any of them was an error.
// Latency:   frame accepted -> first AW and first W beat: 1 cycle; last B -> done: 1 cycle.
// Throughput: one beat a cycle, no gap between bursts or frames while MaxOutstanding bursts cover
//   the latency of the memory and WREADY stays high. A new AW every second cycle, ahead of W.
// An offered frame may be withdrawn or exchanged until it is accepted (an urgent one overtakes).
module dm_zero_engine #(
  parameter int unsigned AddrWidth      = 32,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned PageShift      = 12,
  parameter int unsigned FrameWidth     = 20,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned MaxBeats       = 256
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  // Token bucket: one token pays for one burst, one token comes every cap_interval_i cycles
  // (0: no cap), and at most cap_depth_i are saved up. Urgent frames pay nothing, and while one
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
  output dm_pkg::cycle_e          cycle_o
);

  localparam int unsigned BurstBytes = dm_pkg::burst_bytes(DataWidth, PageShift, MaxBeats);
  localparam int unsigned BurstBeats = BurstBytes / (DataWidth / 8);
  localparam int unsigned BurstShift = $clog2(BurstBytes);
  localparam int unsigned Bursts     = (1 << PageShift) / BurstBytes;
  localparam int unsigned BeatWidth  = dm_pkg::index_width(BurstBeats);
  localparam int unsigned BurstWidth = dm_pkg::index_width(Bursts);
  localparam int unsigned CountWidth = $clog2(MaxOutstanding + 1);

  localparam logic [BeatWidth-1:0]  BeforeLast = BeatWidth'(BurstBeats - 2);
  localparam logic [BurstWidth-1:0] LastBurst  = BurstWidth'(Bursts - 1);
  localparam logic [CountWidth-1:0] Full       = CountWidth'(MaxOutstanding);

  // Write address: the burst on offer (or offered last), and whether its page has more.
  logic                   aw_valid_q, aw_valid_d;
  logic                   page_active_q, page_active_d;
  logic [FrameWidth-1:0]  frame_q, frame_d;
  logic [BurstWidth-1:0]  burst_q, burst_d;
  logic                   urgent_q, urgent_d;
  // Write data: bursts whose address was offered and whose data has not begun.
  logic [CountWidth-1:0]  pending_q, pending_d;
  logic                   w_valid_q, w_valid_d;
  logic                   w_last_q, w_last_d;
  logic [BeatWidth-1:0]   beat_q, beat_d;
  // Write response: bursts offered and not answered; bursts answered of the oldest frame.
  logic [CountWidth-1:0]  outstanding_q, outstanding_d;
  logic [BurstWidth-1:0]  answered_q, answered_d;
  logic                   error_q, error_d;
  logic                   done_valid_q, done_valid_d;
  logic                   done_error_q, done_error_d;
  // Token bucket.
  logic [15:0]            refill_q, refill_d;
  logic [3:0]             tokens_q, tokens_d;

  logic capped, token_ok, can_offer, offer, w_fire, w_end, frame_end, refill;

  // A burst may be offered: the address register is free, so is a slot, and it is paid for.
  assign capped    = (cap_interval_i != 16'd0) && !urgent_i && !(page_active_q && urgent_q);
  assign token_ok  = !capped || (tokens_q != 4'd0);
  assign can_offer = !aw_valid_q && (outstanding_q != Full) && token_ok;
  assign offer     = can_offer && (page_active_q || frame_valid_i);

  assign frame_ready_o = can_offer && !page_active_q;

  always_comb begin
    aw_valid_d    = aw_valid_q && !aw_ready_i;
    page_active_d = page_active_q;
    frame_d       = frame_q;
    burst_d       = burst_q;
    urgent_d      = urgent_q;
    if (offer) begin
      aw_valid_d = 1'b1;
      if (page_active_q) begin
        burst_d = burst_q + BurstWidth'(1);
      end else begin
        frame_d  = frame_i;
        burst_d  = '0;
        urgent_d = urgent_i;
      end
      page_active_d = (burst_d != LastBurst);
    end
  end

  // Bursts are all equally long, so the beat counter just runs round.
  assign w_fire = w_valid_q && w_ready_i;
  assign w_end  = w_fire && w_last_q;

  always_comb begin
    pending_d = pending_q;
    w_valid_d = w_valid_q;
    if (!w_valid_q) begin
      w_valid_d = offer;
    end else if (w_end) begin
      w_valid_d = offer || (pending_q != '0);
      if (!offer && (pending_q != '0)) pending_d = pending_q - CountWidth'(1);
    end else if (offer) begin
      pending_d = pending_q + CountWidth'(1);
    end
    beat_d   = beat_q;
    w_last_d = w_last_q;
    if (w_fire) begin
      beat_d   = (BurstBeats > 1) ? beat_q + BeatWidth'(1) : '0;
      w_last_d = (BurstBeats == 1) || (beat_q == BeforeLast);
    end
  end

  assign frame_end = b_valid_i && (answered_q == LastBurst);

  always_comb begin
    outstanding_d = outstanding_q;
    if (offer && !b_valid_i) outstanding_d = outstanding_q + CountWidth'(1);
    if (!offer && b_valid_i) outstanding_d = outstanding_q - CountWidth'(1);
    answered_d   = answered_q;
    error_d      = error_q;
    done_valid_d = frame_end;
    done_error_d = error_q || (b_resp_i != 2'b00);
    if (b_valid_i) begin
      answered_d = (Bursts > 1) ? answered_q + BurstWidth'(1) : '0;
      error_d    = !frame_end && (error_q || (b_resp_i != 2'b00));
    end
  end

  // The bucket fills also while nothing is zeroed, up to its depth.
  assign refill = (refill_q == 16'd0);

  always_comb begin
    refill_d = refill ? cap_interval_i - 16'd1 : refill_q - 16'd1;
    tokens_d = tokens_q;
    if (offer && capped) begin
      if (!refill) tokens_d = tokens_q - 4'd1;
    end else if (refill && ((tokens_q < cap_depth_i) || (tokens_q == 4'd0))) begin
      tokens_d = tokens_q + 4'd1;
    end
    if (cap_interval_i == 16'd0) begin
      refill_d = 16'd0;
      tokens_d = 4'd0;
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
  assign throttled_o   = !token_ok && (page_active_q || frame_valid_i);

  always_comb begin
    cycle_o = dm_pkg::CycleIdle;
    if (w_valid_q) begin
      cycle_o = w_ready_i ? dm_pkg::CycleBusy : dm_pkg::CycleWStalled;
    end else if (aw_valid_q && !aw_ready_i) begin
      cycle_o = dm_pkg::CycleAwStalled;
    end else if (b_busy_o) begin
      cycle_o = dm_pkg::CycleBWait;
    end else if (throttled_o) begin
      cycle_o = dm_pkg::CycleThrottled;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_valid_q    <= 1'b0;
      page_active_q <= 1'b0;
      frame_q       <= '0;
      burst_q       <= '0;
      urgent_q      <= 1'b0;
      pending_q     <= '0;
      w_valid_q     <= 1'b0;
      w_last_q      <= (BurstBeats == 1);
      beat_q        <= '0;
      outstanding_q <= '0;
      answered_q    <= '0;
      error_q       <= 1'b0;
      done_valid_q  <= 1'b0;
      done_error_q  <= 1'b0;
      refill_q      <= '0;
      tokens_q      <= '0;
    end else begin
      aw_valid_q    <= aw_valid_d;
      page_active_q <= page_active_d;
      frame_q       <= frame_d;
      burst_q       <= burst_d;
      urgent_q      <= urgent_d;
      pending_q     <= pending_d;
      w_valid_q     <= w_valid_d;
      w_last_q      <= w_last_d;
      beat_q        <= beat_d;
      outstanding_q <= outstanding_d;
      answered_q    <= answered_d;
      error_q       <= error_d;
      done_valid_q  <= done_valid_d;
      done_error_q  <= done_error_d;
      refill_q      <= refill_d;
      tokens_q      <= tokens_d;
    end
  end

`ifdef FORMAL
  `include "formal/dm_zero_engine_props.svh"
`endif

endmodule
