// Counters of a node. Every cycle out of reset is counted in exactly one class of cycle_e.
//
// Invariant: the six classes sum to total_o.
// Latency: an event shows one cycle later.
module dm_counters (
  input  logic           clk_i,
  input  logic           rst_ni,
  input  dm_pkg::cycle_e cycle_i,
  input  logic           ev_zeroed_i,
  input  logic           ev_retried_i,
  input  logic           ev_cmd_error_i,
  input  logic           ev_cmd_refused_i,
  output logic [63:0]    busy_o,
  output logic [63:0]    w_stalled_o,
  output logic [63:0]    aw_stalled_o,
  output logic [63:0]    b_wait_o,
  output logic [63:0]    throttled_o,
  output logic [63:0]    idle_o,
  output logic [63:0]    total_o,
  output logic [31:0]    zeroed_o,
  output logic [31:0]    retried_o,
  output logic [31:0]    cmd_errors_o
);

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
    zeroed_d     = zeroed_q + 32'(ev_zeroed_i);
    retried_d    = retried_q + 32'(ev_retried_i);
    cmd_errors_d = cmd_errors_q + 32'(ev_cmd_error_i) + 32'(ev_cmd_refused_i);
  end

  assign busy_o       = busy_q;
  assign w_stalled_o  = w_stalled_q;
  assign aw_stalled_o = aw_stalled_q;
  assign b_wait_o     = b_wait_q;
  assign throttled_o  = throttled_q;
  assign idle_o       = idle_q;
  assign total_o      = total_q;
  assign zeroed_o     = zeroed_q;
  assign retried_o    = retried_q;
  assign cmd_errors_o = cmd_errors_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q       <= '0;
      w_stalled_q  <= '0;
      aw_stalled_q <= '0;
      b_wait_q     <= '0;
      throttled_q  <= '0;
      idle_q       <= '0;
      total_q      <= '0;
      zeroed_q     <= '0;
      retried_q    <= '0;
      cmd_errors_q <= '0;
    end else begin
      busy_q       <= busy_d;
      w_stalled_q  <= w_stalled_d;
      aw_stalled_q <= aw_stalled_d;
      b_wait_q     <= b_wait_d;
      throttled_q  <= throttled_d;
      idle_q       <= idle_d;
      total_q      <= total_d;
      zeroed_q     <= zeroed_d;
      retried_q    <= retried_d;
      cmd_errors_q <= cmd_errors_d;
    end
  end

endmodule
