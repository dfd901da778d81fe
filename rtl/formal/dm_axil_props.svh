// Properties of dm_axil, included at its end.
//
// One write and one read, any: writes are numbered by AW and by W in order of acceptance, reads by AR,
// from reset, modulo 16. The register block answers as it likes.

localparam int unsigned NumberBits = 4;

(* anyconst *) logic [NumberBits-1:0] f_write, f_read;
logic [NumberBits-1:0] f_aw_q, f_w_q, f_b_q, f_ar_q, f_r_q;  // accepted, answered and taken
logic [11:0]           f_waddr_q, f_raddr_q;
logic [31:0]           f_wdata_q, f_rdata_q;
logic [3:0]            f_wstrb_q;
logic [1:0]            f_wreqs_q, f_rreqs_q;  // requests that the registers saw for them
logic                  f_werror_q, f_rerror_q;
logic                  f_b_wait_q, f_r_wait_q;
logic [35:0]           f_stable_q;
logic [1:0]            f_wage_q, f_rage_q;  // cycles without an answer on offer
logic                  f_wlegal, f_rlegal, f_wnow, f_rnow, f_rnow_q;

assign f_wlegal = (f_wstrb_q == 4'hf) && (f_waddr_q[1:0] == 2'b00);
assign f_rlegal = (f_raddr_q[1:0] == 2'b00);
assign f_wnow   = req_o && req_write_o && (f_b_q == f_write);
assign f_rnow   = req_o && !req_write_o && (f_r_q == f_read);

initial assume (!rst_ni);

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_aw_q     <= '0;
    f_w_q      <= '0;
    f_b_q      <= '0;
    f_ar_q     <= '0;
    f_r_q      <= '0;
    f_waddr_q  <= '0;
    f_raddr_q  <= '0;
    f_wdata_q  <= '0;
    f_rdata_q  <= '0;
    f_wstrb_q  <= '0;
    f_wreqs_q  <= '0;
    f_rreqs_q  <= '0;
    f_rnow_q   <= 1'b0;
    f_werror_q <= 1'b0;
    f_rerror_q <= 1'b0;
    f_b_wait_q <= 1'b0;
    f_r_wait_q <= 1'b0;
    f_stable_q <= '0;
    f_wage_q   <= '0;
    f_rage_q   <= '0;
  end else begin
    if (aw_valid_i && aw_ready_o) begin
      f_aw_q <= f_aw_q + NumberBits'(1);
      if (f_aw_q == f_write) f_waddr_q <= aw_addr_i;
    end
    if (w_valid_i && w_ready_o) begin
      f_w_q <= f_w_q + NumberBits'(1);
      if (f_w_q == f_write) {f_wstrb_q, f_wdata_q} <= {w_strb_i, w_data_i};
    end
    if (ar_valid_i && ar_ready_o) begin
      f_ar_q <= f_ar_q + NumberBits'(1);
      if (f_ar_q == f_read) f_raddr_q <= ar_addr_i;
    end
    f_b_q <= f_b_q + NumberBits'(b_valid_o && b_ready_i);
    f_r_q <= f_r_q + NumberBits'(r_valid_o && r_ready_i);

    if (f_wnow) {f_wreqs_q, f_werror_q} <= {f_wreqs_q + 2'd1, rsp_write_error_i};
    if (b_valid_o && b_ready_i) f_wreqs_q <= '0;
    f_rnow_q <= f_rnow;
    if (f_rnow) f_rreqs_q <= f_rreqs_q + 2'd1;
    if (f_rnow_q) {f_rerror_q, f_rdata_q} <= {rsp_read_error_i, rsp_data_i};
    if (r_valid_o && r_ready_i) f_rreqs_q <= '0;

    f_b_wait_q <= b_valid_o && !b_ready_i;
    f_r_wait_q <= r_valid_o && !r_ready_i;
    f_stable_q <= {b_resp_o, r_resp_o, r_data_o};
    f_wage_q   <= ((f_b_q != f_aw_q) && (f_b_q != f_w_q) && !b_valid_o) ? f_wage_q + 2'd1 : 2'd0;
    f_rage_q   <= ((f_r_q != f_ar_q) && !r_valid_o) ? f_rage_q + 2'd1 : 2'd0;
  end
end

always @(posedge clk_i) begin
  if (!rst_ni) begin
    assert (!b_valid_o && !r_valid_o && !req_o);
  end else begin
    // Valid and stable until ready.
    if (f_b_wait_q) assert (b_valid_o && (b_resp_o == f_stable_q[35:34]));
    if (f_r_wait_q) assert (r_valid_o && ({r_resp_o, r_data_o} == f_stable_q[33:0]));

    // An answer only for what was accepted, and soon: a write within a cycle, a read within three,
    // writes or not. An answer that is not taken blocks its own channel alone.
    if (b_valid_o) assert ((f_b_q != f_aw_q) && (f_b_q != f_w_q));
    if (r_valid_o) assert (f_r_q != f_ar_q);
    assert (f_wage_q <= 2'd1);
    assert (f_rage_q <= 2'd3);
    if (reading_q) assert (f_rage_q <= 2'd2);
    if (ar_full_q && !reading_q && !r_valid_q) assert (f_rage_q <= 2'd1);

    // A legal write reaches the registers once, as it came; another never. The answer says which.
    if (f_wnow) begin
      assert (f_wlegal && (f_wreqs_q == 2'd0));
      assert ((req_addr_o == f_waddr_q) && (req_data_o == f_wdata_q));
    end
    if (b_valid_o && (f_b_q == f_write)) begin
      assert (f_wreqs_q == 2'(f_wlegal));
      assert (b_resp_o == ((f_wlegal && !f_werror_q) ? Okay : SlvErr));
    end
    if (f_rnow) assert (f_rlegal && (f_rreqs_q == 2'd0) && (req_addr_o == f_raddr_q));
    if (r_valid_o && (f_r_q == f_read)) begin
      assert (f_rreqs_q == 2'(f_rlegal));
      assert (r_resp_o == ((f_rlegal && !f_rerror_q) ? Okay : SlvErr));
      assert (r_data_o == ((f_rlegal && !f_rerror_q) ? f_rdata_q : 32'd0));
    end

    // What makes that inductive: at most one request waits behind an answer.
    assert (NumberBits'(f_aw_q - f_b_q) == NumberBits'(aw_full_q) + NumberBits'(b_valid_q));
    assert (NumberBits'(f_w_q - f_b_q) == NumberBits'(w_full_q) + NumberBits'(b_valid_q));
    assert (NumberBits'(f_ar_q - f_r_q) == NumberBits'(ar_full_q) + NumberBits'(reading_q) +
                                          NumberBits'(r_valid_q));
    assert (!(reading_q && r_valid_q));
    if (aw_full_q && (f_aw_q == NumberBits'(f_write + 1))) assert (aw_addr_q == f_waddr_q);
    if (w_full_q && (f_w_q == NumberBits'(f_write + 1))) begin
      assert ((w_data_q == f_wdata_q) && (w_whole_q == (f_wstrb_q == 4'hf)));
    end
    if (ar_full_q && (f_ar_q == NumberBits'(f_read + 1))) assert (ar_addr_q == f_raddr_q);
    if (!b_valid_o || (f_b_q != f_write)) assert (f_wreqs_q == 2'd0);
    if (!(r_valid_o || reading_q) || (f_r_q != f_read)) assert (f_rreqs_q == 2'd0);
    if (reading_q && (f_r_q == f_read)) begin
      assert ((f_rnow_q == f_rlegal) && (legal_q == f_rlegal) && (f_rreqs_q == 2'(f_rlegal)));
    end
    if (f_rnow_q) assert (reading_q && (f_r_q == f_read));

    cover (b_valid_o && (b_resp_o == Okay) && (f_b_q == 4'd2));
    cover (b_valid_o && (b_resp_o == SlvErr) && (f_b_q == f_write) && (f_wstrb_q != 4'hf));
    cover (b_valid_o && (b_resp_o == SlvErr) && (f_b_q == f_write) && f_wlegal);
    cover (r_valid_o && (r_resp_o == Okay) && (r_data_o != '0) && (f_r_q == 4'd2));
    cover (r_valid_o && (r_resp_o == SlvErr) && (f_r_q == f_read) && !f_rlegal);
    cover (f_rage_q == 2'd3);
    cover (f_b_wait_q && (f_aw_q == f_b_q + 4'd2));
  end
end
