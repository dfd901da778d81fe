// Counters of a node. Every cycle out of reset is counted in exactly one class of cycle_e.
//
// Invariant: the six classes sum to total_o; an event is counted once; the entries of a histogram sum to
//   the events that it is about.
// Latency:   a cycle's class shows 1 cycle later, an event 2, in a histogram 3. Throughput: all of them
//   in every cycle, but one entry of the histograms.
//
// The histograms are one LUT RAM with one adder: a conversion and the end of a stall never coincide,
// since dm_pages converts nothing while it resolves a stall. Nothing clears a RAM at reset, so an entry
// counts from its first event on (some_q).
`include "dm_assert.svh"

module dm_counters (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  dm_pkg::cycle_e          cycle_i,
  input  logic                    ev_zeroed_i,
  input  logic                    ev_retried_i,
  input  logic [2:0]              ev_stray_i,  // a number
  input  dm_pkg::dormant_events_t ev_i,
  output logic [63:0]             busy_o,
  output logic [63:0]             w_stalled_o,
  output logic [63:0]             aw_stalled_o,
  output logic [63:0]             b_wait_o,
  output logic [63:0]             throttled_o,
  output logic [63:0]             idle_o,
  output logic [63:0]             total_o,
  output logic [31:0]             zeroed_o,
  output logic [31:0]             retried_o,
  output logic [31:0]             cmd_errors_o,
  output logic [31:0]             zero_reads_o,
  output logic [31:0]             elided_writes_o,
  output logic [31:0]             translation_misses_o,
  output logic [31:0]             fast_conversions_o,
  output logic [31:0]             demand_conversions_o,
  output logic [31:0]             stalls_o,
  output logic [31:0]             redormanted_stores_o,
  output logic [31:0]             redormanted_doorbell_o,
  output logic [31:0]             parity_errors_o,
  output logic [31:0]             stray_answers_o,

  // The entry with this number: 0 to 15 of conversions, 16 to 31 of stalls.
  input  logic [4:0]              hist_index_i,
  output logic [31:0]             hist_o
);

  // What happened in the last cycle, so that the counters' adders do not end the blocks' paths.
  dm_pkg::dormant_events_t ev_q;
  logic                    ev_zeroed_q, ev_retried_q;
  logic [2:0]              ev_stray_q;

  logic [63:0] busy_q, busy_d;
  logic [63:0] w_stalled_q, w_stalled_d;
  logic [63:0] aw_stalled_q, aw_stalled_d;
  logic [63:0] b_wait_q, b_wait_d;
  logic [63:0] throttled_q, throttled_d;
  logic [63:0] idle_q, idle_d;
  logic [63:0] total_q, total_d;
  logic [31:0] zeroed_q, zeroed_d;
  logic [31:0] retried_q, retried_d;
  logic [31:0] cmd_errors_q, cmd_errors_d;
  logic [31:0] zero_reads_q, zero_reads_d;
  logic [31:0] elided_writes_q, elided_writes_d;
  logic [31:0] translation_misses_q, translation_misses_d;
  logic [31:0] fast_conversions_q, fast_conversions_d;
  logic [31:0] demand_conversions_q, demand_conversions_d;
  logic [31:0] stalls_q, stalls_d;
  logic [31:0] redormanted_stores_q, redormanted_stores_d;
  logic [31:0] redormanted_doorbell_q, redormanted_doorbell_d;
  logic [31:0] parity_errors_q, parity_errors_d;
  logic [31:0] stray_answers_q, stray_answers_d;

  logic [31:0] hist_mem [32];
  logic [31:0] some_q, some_d;
  logic        hist_valid_q, hist_valid_d;
  logic [4:0]  hist_index_q, hist_index_d;
  logic [31:0] hist_before;

  // floor(log2), 0 for 0 and 15 for all from 2^15 on.
  function automatic logic [3:0] bin(logic [31:0] latency);
    bin = (latency[31:16] != '0) ? 4'd15 : 4'd0;
    for (int unsigned k = 1; k < 16; k++) begin
      if (latency[31:16] == '0 && latency[k]) bin = 4'(k);
    end
  endfunction

  always_comb begin
    busy_d       = busy_q;
    w_stalled_d  = w_stalled_q;
    aw_stalled_d = aw_stalled_q;
    b_wait_d     = b_wait_q;
    throttled_d  = throttled_q;
    idle_d       = idle_q;
    unique case (cycle_i)
      dm_pkg::CycleBusy:      busy_d       = busy_q + 64'd1;
      dm_pkg::CycleWStalled:  w_stalled_d  = w_stalled_q + 64'd1;
      dm_pkg::CycleAwStalled: aw_stalled_d = aw_stalled_q + 64'd1;
      dm_pkg::CycleBWait:     b_wait_d     = b_wait_q + 64'd1;
      dm_pkg::CycleThrottled: throttled_d  = throttled_q + 64'd1;
      default:                idle_d       = idle_q + 64'd1;
    endcase
    total_d      = total_q + 64'd1;
  end

  assign zeroed_d               = zeroed_q + 32'(ev_zeroed_q);
  assign retried_d              = retried_q + 32'(ev_retried_q);
  assign cmd_errors_d           = cmd_errors_q + 32'({1'b0, ev_q.cmd_error} +
                                                     {1'b0, ev_q.cmd_refused});
  assign zero_reads_d           = zero_reads_q + 32'(ev_q.zero_reads);
  assign elided_writes_d        = elided_writes_q + 32'(ev_q.elided_writes);
  assign translation_misses_d   = translation_misses_q + 32'(ev_q.translation_misses);
  assign fast_conversions_d     = fast_conversions_q + 32'(ev_q.fast_conversion);
  assign demand_conversions_d   = demand_conversions_q + 32'(ev_q.demand_conversion);
  assign stalls_d               = stalls_q + 32'(ev_q.stall);
  assign redormanted_stores_d   = redormanted_stores_q + 32'(ev_q.redormant_store);
  assign redormanted_doorbell_d = redormanted_doorbell_q + 32'(ev_q.redormant_doorbell);
  assign parity_errors_d        = parity_errors_q + 32'(ev_q.parity_error);
  assign stray_answers_d        = stray_answers_q + 32'(ev_stray_q);

  // Which entry, then one more there.
  assign hist_valid_d = ev_q.fast_conversion || ev_q.demand_conversion || ev_q.stall_end;
  assign hist_index_d = ev_q.stall_end ? {1'b1, bin(ev_q.stall_latency)}
                                       : {1'b0, bin(ev_q.conversion_latency)};
  assign hist_before  = some_q[hist_index_q] ? hist_mem[hist_index_q] : '0;
  assign hist_o       = some_q[hist_index_i] ? hist_mem[hist_index_i] : '0;

  always_comb begin
    some_d = some_q;
    if (hist_valid_q) some_d[hist_index_q] = 1'b1;
  end

  assign busy_o                 = busy_q;
  assign w_stalled_o            = w_stalled_q;
  assign aw_stalled_o           = aw_stalled_q;
  assign b_wait_o               = b_wait_q;
  assign throttled_o            = throttled_q;
  assign idle_o                 = idle_q;
  assign total_o                = total_q;
  assign zeroed_o               = zeroed_q;
  assign retried_o              = retried_q;
  assign cmd_errors_o           = cmd_errors_q;
  assign zero_reads_o           = zero_reads_q;
  assign elided_writes_o        = elided_writes_q;
  assign translation_misses_o   = translation_misses_q;
  assign fast_conversions_o     = fast_conversions_q;
  assign demand_conversions_o   = demand_conversions_q;
  assign stalls_o               = stalls_q;
  assign redormanted_stores_o   = redormanted_stores_q;
  assign redormanted_doorbell_o = redormanted_doorbell_q;
  assign parity_errors_o        = parity_errors_q;
  assign stray_answers_o        = stray_answers_q;

  always_ff @(posedge clk_i) begin
    if (hist_valid_q) hist_mem[hist_index_q] <= hist_before + 32'd1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ev_q                   <= '0;
      ev_zeroed_q            <= 1'b0;
      ev_retried_q           <= 1'b0;
      ev_stray_q             <= '0;
      busy_q                 <= '0;
      w_stalled_q            <= '0;
      aw_stalled_q           <= '0;
      b_wait_q               <= '0;
      throttled_q            <= '0;
      idle_q                 <= '0;
      total_q                <= '0;
      zeroed_q               <= '0;
      retried_q              <= '0;
      cmd_errors_q           <= '0;
      zero_reads_q           <= '0;
      elided_writes_q        <= '0;
      translation_misses_q   <= '0;
      fast_conversions_q     <= '0;
      demand_conversions_q   <= '0;
      stalls_q               <= '0;
      redormanted_stores_q   <= '0;
      redormanted_doorbell_q <= '0;
      parity_errors_q        <= '0;
      stray_answers_q        <= '0;
      some_q                 <= '0;
      hist_valid_q           <= 1'b0;
      hist_index_q           <= '0;
    end else begin
      ev_q                   <= ev_i;
      ev_zeroed_q            <= ev_zeroed_i;
      ev_retried_q           <= ev_retried_i;
      ev_stray_q             <= ev_stray_i;
      busy_q                 <= busy_d;
      w_stalled_q            <= w_stalled_d;
      aw_stalled_q           <= aw_stalled_d;
      b_wait_q               <= b_wait_d;
      throttled_q            <= throttled_d;
      idle_q                 <= idle_d;
      total_q                <= total_d;
      zeroed_q               <= zeroed_d;
      retried_q              <= retried_d;
      cmd_errors_q           <= cmd_errors_d;
      zero_reads_q           <= zero_reads_d;
      elided_writes_q        <= elided_writes_d;
      translation_misses_q   <= translation_misses_d;
      fast_conversions_q     <= fast_conversions_d;
      demand_conversions_q   <= demand_conversions_d;
      stalls_q               <= stalls_d;
      redormanted_stores_q   <= redormanted_stores_d;
      redormanted_doorbell_q <= redormanted_doorbell_d;
      parity_errors_q        <= parity_errors_d;
      stray_answers_q        <= stray_answers_d;
      some_q                 <= some_d;
      hist_valid_q           <= hist_valid_d;
      hist_index_q           <= hist_index_d;
    end
  end

  `DM_AWAKE
  `DM_ASSERT(OneHistogramEntry, !(ev_q.stall_end && (ev_q.fast_conversion || ev_q.demand_conversion)))

endmodule
