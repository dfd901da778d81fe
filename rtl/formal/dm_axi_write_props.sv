// AXI4 write channels seen from a manager with one id: its promises as assertions, what it may expect
// of the memory as assumptions.
//
// Bursts are numbered in the order in which they were offered, modulo 2^CountWidth. burst_i is any
// one of them, a constant: its length is kept, so what holds for it holds for all. Write data may run
// ahead of AWREADY, never ahead of AWVALID.
module dm_axi_write_props #(
  parameter int unsigned AddrWidth      = 32,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned CountWidth     = 12
) (
  input logic                    clk_i,
  input logic                    rst_ni,
  input logic                    aw_valid_i,
  input logic                    aw_ready_i,
  input logic [AddrWidth-1:0]    aw_addr_i,
  input logic [7:0]              aw_len_i,
  input logic [2:0]              aw_size_i,
  input logic [1:0]              aw_burst_i,
  input logic                    w_valid_i,
  input logic                    w_ready_i,
  input logic [DataWidth-1:0]    w_data_i,
  input logic [DataWidth/8-1:0]  w_strb_i,
  input logic                    w_last_i,
  input logic                    b_valid_i,
  input logic                    b_ready_i,
  input logic [1:0]              b_resp_i,

  input  logic [CountWidth-1:0]  burst_i,
  output logic                   offer_o,     // an address is on the bus for the first cycle
  output logic [CountWidth-1:0]  number_o,    // the number of that burst
  output logic [CountWidth-1:0]  offered_o,   // bursts whose address is or was on the bus
  output logic [CountWidth-1:0]  accepted_o,  // bursts whose address was taken before this cycle
  output logic [CountWidth-1:0]  sent_o,      // bursts whose last beat was taken before this cycle
  output logic [CountWidth-1:0]  answered_o,  // bursts answered before this cycle
  output logic [7:0]             beat_o,      // beats taken of the burst being sent
  output logic [7:0]             len_o        // AWLEN of burst_i, since it was offered
);

  logic [CountWidth-1:0] accepted_q, accepted_d, sent_q, sent_d, answered_q, offered_q;
  logic [7:0]            beat_q, len_q;
  logic                  aw_wait_q, w_wait_q, b_wait_q;
  logic [AddrWidth+12:0] aw_q;
  logic [DataWidth+DataWidth/8:0] w_q;
  logic [1:0]            b_q;
  logic                  w_fire;
  logic [12:0]           burst_end;

  assign offer_o    = aw_valid_i && !aw_wait_q;
  assign number_o   = offered_q;
  assign offered_o  = offered_q + CountWidth'(offer_o);
  assign accepted_d = accepted_q + CountWidth'(aw_valid_i && aw_ready_i);
  assign w_fire     = w_valid_i && w_ready_i;
  assign sent_d     = sent_q + CountWidth'(w_fire && w_last_i);
  assign len_o      = (offer_o && (offered_q == burst_i)) ? aw_len_i : len_q;
  assign accepted_o = accepted_q;
  assign sent_o     = sent_q;
  assign answered_o = answered_q;
  assign beat_o     = beat_q;
  assign burst_end  = 13'(aw_addr_i[11:0]) + ((13'(aw_len_i) + 13'd1) << aw_size_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      offered_q  <= '0;
      accepted_q <= '0;
      sent_q     <= '0;
      answered_q <= '0;
      beat_q     <= '0;
      len_q      <= '0;
      aw_wait_q  <= 1'b0;
      w_wait_q   <= 1'b0;
      b_wait_q   <= 1'b0;
      aw_q       <= '0;
      w_q        <= '0;
      b_q        <= '0;
    end else begin
      offered_q  <= offered_o;
      accepted_q <= accepted_d;
      sent_q     <= sent_d;
      answered_q <= answered_q + CountWidth'(b_valid_i && b_ready_i);
      if (w_fire) beat_q <= w_last_i ? 8'd0 : beat_q + 8'd1;
      len_q      <= len_o;
      aw_wait_q  <= aw_valid_i && !aw_ready_i;
      w_wait_q   <= w_valid_i && !w_ready_i;
      b_wait_q   <= b_valid_i && !b_ready_i;
      aw_q       <= {aw_addr_i, aw_len_i, aw_size_i, aw_burst_i};
      w_q        <= {w_data_i, w_strb_i, w_last_i};
      b_q        <= b_resp_i;
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      assert (!aw_valid_i && !w_valid_i);
      assume (!b_valid_i);
    end else begin
      // The memory: a response only for a burst whose address and last beat were taken, this cycle
      // at the latest; valid and stable until ready.
      if (b_valid_i) assume ((answered_q != accepted_d) && (answered_q != sent_d));
      if (b_wait_q) assume (b_valid_i && (b_resp_i == b_q));

      // Valid and stable until ready.
      if (aw_wait_q) begin
        assert (aw_valid_i && ({aw_addr_i, aw_len_i, aw_size_i, aw_burst_i} == aw_q));
      end
      if (w_wait_q) assert (w_valid_i && ({w_data_i, w_strb_i, w_last_i} == w_q));

      // Full-width INCR bursts, aligned to a beat, inside 4 KiB.
      if (aw_valid_i) begin
        assert ((aw_burst_i == 2'b01) && (aw_size_i == 3'($clog2(DataWidth / 8))));
        assert ((aw_addr_i % (DataWidth / 8)) == '0);
        assert (burst_end <= 13'd4096);
      end

      // Data only for an offered burst, as many beats as it has, WLAST on the last and only there.
      if (w_valid_i) begin
        assert (sent_q != offered_o);
        if (sent_q == burst_i) assert (w_last_i == (beat_q == len_o));
      end

      // Bursts offered and not answered.
      assert (CountWidth'(offered_o - answered_q) <= MaxOutstanding);
    end
  end

endmodule
