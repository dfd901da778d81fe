// AXI4-Lite subordinate in front of the generated register block.
//
// Invariant: each accepted read and write is answered exactly once. A write with a partial strobe and
//   an access to an address that is not a multiple of 4 answer SLVERR and never reach the registers.
// Latency:   both halves of a write accepted -> BVALID 2 cycles, a read accepted -> RVALID 3; a read
//   that meets a write waits one more. Throughput: one read and one write under way at a time.
module dm_axil (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [11:0] aw_addr_i,
  input  logic        aw_valid_i,
  output logic        aw_ready_o,
  input  logic [31:0] w_data_i,
  input  logic [3:0]  w_strb_i,
  input  logic        w_valid_i,
  output logic        w_ready_o,
  output logic [1:0]  b_resp_o,
  output logic        b_valid_o,
  input  logic        b_ready_i,
  input  logic [11:0] ar_addr_i,
  input  logic        ar_valid_i,
  output logic        ar_ready_o,
  output logic [31:0] r_data_o,
  output logic [1:0]  r_resp_o,
  output logic        r_valid_o,
  input  logic        r_ready_i,

  // Register block: answers a write in the same cycle, a read in the next.
  output logic        req_o,
  output logic        req_write_o,
  output logic [11:0] req_addr_o,
  output logic [31:0] req_data_o,
  input  logic [31:0] rsp_data_i,
  input  logic        rsp_read_error_i,
  input  logic        rsp_write_error_i
);

  localparam logic [1:0] Okay   = 2'b00;
  localparam logic [1:0] SlvErr = 2'b10;

  logic        aw_full_q, aw_full_d;
  logic [11:0] aw_addr_q, aw_addr_d;
  logic        w_full_q, w_full_d;
  logic [31:0] w_data_q, w_data_d;
  logic        w_whole_q, w_whole_d;
  logic        b_valid_q, b_valid_d;
  logic [1:0]  b_resp_q, b_resp_d;
  logic        ar_full_q, ar_full_d;
  logic [11:0] ar_addr_q, ar_addr_d;
  logic        reading_q;              // the registers answer a read in this cycle
  logic        legal_q;                // that reached them
  logic        r_valid_q, r_valid_d;
  logic [31:0] r_data_q, r_data_d;
  logic [1:0]  r_resp_q, r_resp_d;

  logic write, write_legal, read, read_legal;

  // A write waits for the response before it, so a read always finds a cycle between two writes.
  assign write       = aw_full_q && w_full_q && !b_valid_q;
  assign write_legal = w_whole_q && (aw_addr_q[1:0] == 2'b00);
  assign read        = ar_full_q && !r_valid_q && !reading_q && !write;
  assign read_legal  = (ar_addr_q[1:0] == 2'b00);

  assign req_o       = (write && write_legal) || (read && read_legal);
  assign req_write_o = write;
  assign req_addr_o  = write ? aw_addr_q : ar_addr_q;
  assign req_data_o  = w_data_q;

  always_comb begin
    aw_full_d = aw_full_q && !write;
    aw_addr_d = aw_addr_q;
    w_full_d  = w_full_q && !write;
    w_data_d  = w_data_q;
    w_whole_d = w_whole_q;
    b_valid_d = b_valid_q && !b_ready_i;
    b_resp_d  = b_resp_q;
    ar_full_d = ar_full_q && !read;
    ar_addr_d = ar_addr_q;
    r_valid_d = r_valid_q && !r_ready_i;
    r_data_d  = r_data_q;
    r_resp_d  = r_resp_q;
    if (aw_valid_i && !aw_full_q) begin
      aw_full_d = 1'b1;
      aw_addr_d = aw_addr_i;
    end
    if (w_valid_i && !w_full_q) begin
      w_full_d  = 1'b1;
      w_data_d  = w_data_i;
      w_whole_d = (w_strb_i == 4'b1111);
    end
    if (ar_valid_i && !ar_full_q) begin
      ar_full_d = 1'b1;
      ar_addr_d = ar_addr_i;
    end
    if (write) begin
      b_valid_d = 1'b1;
      b_resp_d  = (write_legal && !rsp_write_error_i) ? Okay : SlvErr;
    end
    if (reading_q) begin
      r_valid_d = 1'b1;
      r_resp_d  = (legal_q && !rsp_read_error_i) ? Okay : SlvErr;
      r_data_d  = (legal_q && !rsp_read_error_i) ? rsp_data_i : '0;
    end
  end

  assign aw_ready_o = !aw_full_q;
  assign w_ready_o  = !w_full_q;
  assign b_valid_o  = b_valid_q;
  assign b_resp_o   = b_resp_q;
  assign ar_ready_o = !ar_full_q;
  assign r_valid_o  = r_valid_q;
  assign r_data_o   = r_data_q;
  assign r_resp_o   = r_resp_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_full_q <= 1'b0;
      aw_addr_q <= '0;
      w_full_q  <= 1'b0;
      w_data_q  <= '0;
      w_whole_q <= 1'b0;
      b_valid_q <= 1'b0;
      b_resp_q  <= Okay;
      ar_full_q <= 1'b0;
      ar_addr_q <= '0;
      reading_q <= 1'b0;
      legal_q   <= 1'b0;
      r_valid_q <= 1'b0;
      r_data_q  <= '0;
      r_resp_q  <= Okay;
    end else begin
      aw_full_q <= aw_full_d;
      aw_addr_q <= aw_addr_d;
      w_full_q  <= w_full_d;
      w_data_q  <= w_data_d;
      w_whole_q <= w_whole_d;
      b_valid_q <= b_valid_d;
      b_resp_q  <= b_resp_d;
      ar_full_q <= ar_full_d;
      ar_addr_q <= ar_addr_d;
      reading_q <= read;
      legal_q   <= read_legal;
      r_valid_q <= r_valid_d;
      r_data_q  <= r_data_d;
      r_resp_q  <= r_resp_d;
    end
  end

`ifdef FORMAL
  `include "formal/dm_axil_props.svh"
`endif

endmodule
