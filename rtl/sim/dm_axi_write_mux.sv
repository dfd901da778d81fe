// Two AXI4 write managers, one write port. Manager 0 (the core) goes first, burst by burst.
//
// Invariant: bursts leave W in the order in which they left AW (order FIFO), and an address that
// was shown stays until it is accepted. Addresses run ahead of data by up to Depth bursts. W may
// pass before its AW is accepted, as AXI4 allows. B goes back by the top bit of its id.
// Latency: none. Throughput: one address and one beat each cycle.
module dm_axi_write_mux #(
  parameter int unsigned AddrWidth = 32,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned IdWidth = 4,
  parameter int unsigned Depth = 32
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // Manager 0: single beats, id 0.
  input  logic [AddrWidth-1:0]   s0_awaddr_i,
  input  logic                   s0_awvalid_i,
  output logic                   s0_awready_o,
  input  logic [DataWidth-1:0]   s0_wdata_i,
  input  logic [DataWidth/8-1:0] s0_wstrb_i,
  input  logic                   s0_wvalid_i,
  output logic                   s0_wready_o,
  output logic [1:0]             s0_bresp_o,
  output logic                   s0_bvalid_o,

  // Manager 1: whatever it likes.
  input  logic [IdWidth-1:0]     s1_awid_i,
  input  logic [AddrWidth-1:0]   s1_awaddr_i,
  input  logic [7:0]             s1_awlen_i,
  input  logic [2:0]             s1_awsize_i,
  input  logic [1:0]             s1_awburst_i,
  input  logic                   s1_awvalid_i,
  output logic                   s1_awready_o,
  input  logic [DataWidth-1:0]   s1_wdata_i,
  input  logic [DataWidth/8-1:0] s1_wstrb_i,
  input  logic                   s1_wlast_i,
  input  logic                   s1_wvalid_i,
  output logic                   s1_wready_o,
  output logic [IdWidth-1:0]     s1_bid_o,
  output logic [1:0]             s1_bresp_o,
  output logic                   s1_bvalid_o,
  input  logic                   s1_bready_i,

  output logic [IdWidth:0]       m_axi_awid_o,
  output logic [AddrWidth-1:0]   m_axi_awaddr_o,
  output logic [7:0]             m_axi_awlen_o,
  output logic [2:0]             m_axi_awsize_o,
  output logic [1:0]             m_axi_awburst_o,
  output logic                   m_axi_awvalid_o,
  input  logic                   m_axi_awready_i,
  output logic [DataWidth-1:0]   m_axi_wdata_o,
  output logic [DataWidth/8-1:0] m_axi_wstrb_o,
  output logic                   m_axi_wlast_o,
  output logic                   m_axi_wvalid_o,
  input  logic                   m_axi_wready_i,
  input  logic [IdWidth:0]       m_axi_bid_i,
  input  logic [1:0]             m_axi_bresp_i,
  input  logic                   m_axi_bvalid_i,
  output logic                   m_axi_bready_o
);
  localparam int unsigned PtrWidth = $clog2(Depth);
  localparam logic [2:0] FullSize = 3'($clog2(DataWidth / 8));
  localparam logic [1:0] Incr = 2'b01;

  // An address was shown and not accepted: it stays (AXI4), and so does the choice.
  logic lock_q, lock_d;
  logic sel_q, sel_d;
  // All data of the address that is shown has already left.
  logic early_q, early_d;
  // Managers of the accepted addresses whose data has not all left, oldest at rd.
  logic [Depth-1:0] order_q, order_d;
  logic [PtrWidth-1:0] rd_q, rd_d, wr_q, wr_d;
  logic [PtrWidth:0] level_q, level_d;

  logic sel, empty, aw_fire, route, route_valid, w_end, push, pop;

  always_comb begin
    // -------------------------------------------------------------------------------- address
    sel = lock_q ? sel_q : !s0_awvalid_i;
    m_axi_awvalid_o = (sel ? s1_awvalid_i : s0_awvalid_i) && level_q != (PtrWidth + 1)'(Depth);
    m_axi_awid_o    = sel ? {1'b0, s1_awid_i} : {1'b1, {IdWidth{1'b0}}};
    m_axi_awaddr_o  = sel ? s1_awaddr_i : s0_awaddr_i;
    m_axi_awlen_o   = sel ? s1_awlen_i : 8'd0;
    m_axi_awsize_o  = sel ? s1_awsize_i : FullSize;
    m_axi_awburst_o = sel ? s1_awburst_i : Incr;
    aw_fire = m_axi_awvalid_o && m_axi_awready_i;
    s0_awready_o = aw_fire && !sel;
    s1_awready_o = aw_fire && sel;
    lock_d = m_axi_awvalid_o && !m_axi_awready_i;
    sel_d  = sel;

    // ----------------------------------------------------------------------------------- data
    empty       = level_q == '0;
    route       = empty ? sel : order_q[rd_q];
    route_valid = !empty || (m_axi_awvalid_o && !early_q);
    m_axi_wdata_o  = route ? s1_wdata_i : s0_wdata_i;
    m_axi_wstrb_o  = route ? s1_wstrb_i : s0_wstrb_i;
    m_axi_wlast_o  = route ? s1_wlast_i : 1'b1;
    m_axi_wvalid_o = route_valid && (route ? s1_wvalid_i : s0_wvalid_i);
    s0_wready_o = route_valid && !route && m_axi_wready_i;
    s1_wready_o = route_valid && route && m_axi_wready_i;
    w_end = m_axi_wvalid_o && m_axi_wready_i && m_axi_wlast_o;

    // ---------------------------------------------------------------------------------- order
    push = aw_fire && !early_q && !(empty && w_end);
    pop  = w_end && !empty;
    early_d = (early_q || (empty && w_end)) && !aw_fire;
    order_d = order_q;
    if (push) order_d[wr_q] = sel;
    wr_d = wr_q + PtrWidth'(push);
    rd_d = rd_q + PtrWidth'(pop);
    level_d = level_q + (PtrWidth + 1)'(push) - (PtrWidth + 1)'(pop);

    // ------------------------------------------------------------------------------- response
    s0_bresp_o  = m_axi_bresp_i;
    s1_bresp_o  = m_axi_bresp_i;
    s1_bid_o    = m_axi_bid_i[IdWidth-1:0];
    s0_bvalid_o = m_axi_bvalid_i && m_axi_bid_i[IdWidth];
    s1_bvalid_o = m_axi_bvalid_i && !m_axi_bid_i[IdWidth];
    m_axi_bready_o = m_axi_bid_i[IdWidth] || s1_bready_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lock_q  <= 1'b0;
      sel_q   <= 1'b0;
      early_q <= 1'b0;
      order_q <= '0;
      rd_q    <= '0;
      wr_q    <= '0;
      level_q <= '0;
    end else begin
      lock_q  <= lock_d;
      sel_q   <= sel_d;
      early_q <= early_d;
      order_q <= order_d;
      rd_q    <= rd_d;
      wr_q    <= wr_d;
      level_q <= level_d;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      // A locked choice keeps asking (the managers' AXI4 duty), and the FIFO does not overflow.
      assert (!lock_q || m_axi_awvalid_o);
      assert (level_q <= (PtrWidth + 1)'(Depth));
      // Data that left early belongs to the address that is shown.
      assert (!early_q || (lock_q && empty));
    end
  end
endmodule
