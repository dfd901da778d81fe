// Wishbone (classic, one access at a time) to AXI4-Lite, 32 bit.
//
// Invariant: one access is under way at most; its request holds until ack_o, as Wishbone demands.
// An answer other than OKAY raises err_o together with ack_o, so that a core that looks at ACK
// alone cannot hang. Byte selects become write strobes unchanged.
// Latency: none of its own; the address is on AXI4-Lite in the cycle in which stb_i rises.
module dm_wb_axil #(
  parameter int unsigned AddrWidth = 12
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 stb_i,
  input  logic                 we_i,
  input  logic [AddrWidth-1:0] addr_i,
  input  logic [31:0]          wdata_i,
  input  logic [3:0]           sel_i,
  output logic                 ack_o,
  output logic                 err_o,
  output logic [31:0]          rdata_o,

  output logic [AddrWidth-1:0] m_axil_awaddr_o,
  output logic                 m_axil_awvalid_o,
  input  logic                 m_axil_awready_i,
  output logic [31:0]          m_axil_wdata_o,
  output logic [3:0]           m_axil_wstrb_o,
  output logic                 m_axil_wvalid_o,
  input  logic                 m_axil_wready_i,
  input  logic [1:0]           m_axil_bresp_i,
  input  logic                 m_axil_bvalid_i,
  output logic                 m_axil_bready_o,
  output logic [AddrWidth-1:0] m_axil_araddr_o,
  output logic                 m_axil_arvalid_o,
  input  logic                 m_axil_arready_i,
  input  logic [31:0]          m_axil_rdata_i,
  input  logic [1:0]           m_axil_rresp_i,
  input  logic                 m_axil_rvalid_i,
  output logic                 m_axil_rready_o
);
  // The channel has taken its part of the access under way.
  logic aw_done_q, aw_done_d;
  logic w_done_q, w_done_d;
  logic ar_done_q, ar_done_d;

  always_comb begin
    m_axil_awaddr_o  = addr_i;
    m_axil_araddr_o  = addr_i;
    m_axil_wdata_o   = wdata_i;
    m_axil_wstrb_o   = sel_i;
    m_axil_awvalid_o = stb_i && we_i && !aw_done_q;
    m_axil_wvalid_o  = stb_i && we_i && !w_done_q;
    m_axil_arvalid_o = stb_i && !we_i && !ar_done_q;
    m_axil_bready_o  = 1'b1;
    m_axil_rready_o  = 1'b1;

    ack_o   = 1'b0;
    err_o   = 1'b0;
    rdata_o = m_axil_rdata_i;
    if (stb_i && we_i && m_axil_bvalid_i) begin
      ack_o = 1'b1;
      err_o = m_axil_bresp_i[1];
    end else if (stb_i && !we_i && m_axil_rvalid_i) begin
      ack_o = 1'b1;
      err_o = m_axil_rresp_i[1];
    end

    aw_done_d = (aw_done_q || (m_axil_awvalid_o && m_axil_awready_i)) && !ack_o;
    w_done_d  = (w_done_q || (m_axil_wvalid_o && m_axil_wready_i)) && !ack_o;
    ar_done_d = (ar_done_q || (m_axil_arvalid_o && m_axil_arready_i)) && !ack_o;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_done_q <= 1'b0;
      w_done_q  <= 1'b0;
      ar_done_q <= 1'b0;
    end else begin
      aw_done_q <= aw_done_d;
      w_done_q  <= w_done_d;
      ar_done_q <= ar_done_d;
    end
  end

  // No answer without a request: the node answers what it was asked.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      assert (!m_axil_bvalid_i || (stb_i && we_i));
      assert (!m_axil_rvalid_i || (stb_i && !we_i));
    end
  end

  // The low bit of a response tells exclusive and decode errors apart: not needed here.
  logic unused_resp;
  assign unused_resp = ^{m_axil_bresp_i[0], m_axil_rresp_i[0]};
endmodule
