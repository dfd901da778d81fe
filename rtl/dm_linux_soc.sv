// Simulation SoC whose guest is a core of its own: dm_guest, on the guest port of the node in dm_sim_soc.
//
// The guest starts when the hyperkernel's firmware says that guests may run. direct_i is a jumper for comparison: the guest
// is on the memory port itself, on memory that is zero or that it zeroes first, node and hyperkernel stay in reset, and
// it starts at once.
module dm_linux_soc #(
  parameter int unsigned NodeId = 0,
  parameter int unsigned AddrWidth = 32,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned IdWidth = 4,
  parameter int unsigned PageShift = 12,
  parameter int unsigned RealFrames = 8192,
  parameter int unsigned GuestPages = 65536,
  parameter int unsigned Ports = 1,
  parameter int unsigned PortDepth = 16,
  parameter int unsigned PortBeats = 256,
  parameter int unsigned Trackers = 4,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned MaxBeats = 256,
  parameter int unsigned QueueDepth = 1024,
  parameter int unsigned UrgentDepth = 16,
  parameter int unsigned PoolDepth = 8192,
  parameter int unsigned MaxPosted = 8
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // Straps, see above; may change while nothing is under way.
  input  logic                   direct_i,
  // The hyperkernel's core starts anew; node, guest and memory go on.
  input  logic                   firmware_reset_i,

  // The hyperkernel's console and end, as in dm_sim_soc.
  output logic                   uart_valid_o,
  output logic [7:0]             uart_data_o,
  output logic                   exit_valid_o,
  output logic [31:0]            exit_code_o,
  output logic                   irq_o,

  // The guest's, as in dm_guest.
  output logic                   guest_running_o,
  output logic                   guest_uart_valid_o,
  output logic [7:0]             guest_uart_data_o,
  output logic                   guest_mark_valid_o,
  output logic [1:0]             guest_mark_o,
  output logic                   guest_error_valid_o,
  output logic                   guest_error_posted_o,
  output logic [31:0]            guest_error_addr_o,

  // Memory, as in dm_sim_soc.
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
  output logic                   m_axi_bready_o,
  output logic [IdWidth:0]       m_axi_arid_o,
  output logic [AddrWidth-1:0]   m_axi_araddr_o,
  output logic [7:0]             m_axi_arlen_o,
  output logic [2:0]             m_axi_arsize_o,
  output logic [1:0]             m_axi_arburst_o,
  output logic                   m_axi_arvalid_o,
  input  logic                   m_axi_arready_i,
  input  logic [IdWidth:0]       m_axi_rid_i,
  input  logic [DataWidth-1:0]   m_axi_rdata_i,
  input  logic [1:0]             m_axi_rresp_i,
  input  logic                   m_axi_rlast_i,
  input  logic                   m_axi_rvalid_i,
  output logic                   m_axi_rready_o
);
  // --------------------------------------------------------------------------------------- guest
  logic                   guests_run;
  logic [AddrWidth-1:0]   guest_awaddr, guest_araddr;
  logic [7:0]             guest_arlen;
  logic                   guest_awvalid, guest_awready, guest_wvalid, guest_wready, guest_bvalid;
  logic                   guest_arvalid, guest_arready, guest_rvalid, guest_rready, guest_rlast;
  logic [DataWidth-1:0]   guest_wdata, guest_rdata;
  logic [DataWidth/8-1:0] guest_wstrb;
  logic [1:0]             guest_bresp, guest_rresp;
  logic                   doorbell_valid, doorbell_ready, doorbell_err;
  logic [30:0]            doorbell_addr;

  assign guest_running_o = direct_i || guests_run;

  dm_guest #(
    .AddrWidth (AddrWidth),
    .DataWidth (DataWidth),
    .MaxPosted (MaxPosted)
  ) u_guest (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .run_i            (guest_running_o),
    .uart_valid_o     (guest_uart_valid_o),
    .uart_data_o      (guest_uart_data_o),
    .mark_valid_o     (guest_mark_valid_o),
    .mark_o           (guest_mark_o),
    .error_valid_o    (guest_error_valid_o),
    .error_posted_o   (guest_error_posted_o),
    .error_addr_o     (guest_error_addr_o),
    .doorbell_valid_o (doorbell_valid),
    .doorbell_addr_o  (doorbell_addr),
    // Without a node nobody clears pages.
    .doorbell_ready_i (direct_i || doorbell_ready),
    .doorbell_err_i   (direct_i || doorbell_err),
    .m_axi_awaddr_o   (guest_awaddr),
    .m_axi_awvalid_o  (guest_awvalid),
    .m_axi_awready_i  (guest_awready),
    .m_axi_wdata_o    (guest_wdata),
    .m_axi_wstrb_o    (guest_wstrb),
    .m_axi_wvalid_o   (guest_wvalid),
    .m_axi_wready_i   (guest_wready),
    .m_axi_bresp_i    (guest_bresp),
    .m_axi_bvalid_i   (guest_bvalid),
    .m_axi_araddr_o   (guest_araddr),
    .m_axi_arlen_o    (guest_arlen),
    .m_axi_arvalid_o  (guest_arvalid),
    .m_axi_arready_i  (guest_arready),
    .m_axi_rdata_i    (guest_rdata),
    .m_axi_rresp_i    (guest_rresp),
    .m_axi_rlast_i    (guest_rlast),
    .m_axi_rvalid_i   (guest_rvalid),
    .m_axi_rready_o   (guest_rready)
  );

  // --------------------------------------------------------------------- node and hyperkernel
  logic                   node_rst_n;
  logic                   port_awready, port_wready, port_bvalid, port_arready, port_rvalid, port_rlast;
  logic [1:0]             port_bresp, port_rresp;
  logic [DataWidth-1:0]   port_rdata;
  logic [IdWidth:0]       node_awid, node_arid;
  logic [AddrWidth-1:0]   node_awaddr, node_araddr;
  logic [7:0]             node_awlen, node_arlen;
  logic [2:0]             node_awsize, node_arsize;
  logic [1:0]             node_awburst, node_arburst;
  logic                   node_awvalid, node_wlast, node_wvalid, node_bready, node_arvalid, node_rready;
  logic [DataWidth-1:0]   node_wdata;
  logic [DataWidth/8-1:0] node_wstrb;
  logic [IdWidth-1:0]     unused_bid, unused_rid;

  localparam logic [2:0] FullSize = 3'($clog2(DataWidth / 8));
  localparam logic [1:0] Incr = 2'b01;

  assign node_rst_n = rst_ni && !direct_i;

  dm_sim_soc #(
    .NodeId         (NodeId),
    .AddrWidth      (AddrWidth),
    .DataWidth      (DataWidth),
    .IdWidth        (IdWidth),
    .PageShift      (PageShift),
    .RealFrames     (RealFrames),
    .GuestPages     (GuestPages),
    .Ports          (Ports),
    .PortDepth      (PortDepth),
    .PortBeats      (PortBeats),
    .Trackers       (Trackers),
    .MaxOutstanding (MaxOutstanding),
    .MaxBeats       (MaxBeats),
    .QueueDepth     (QueueDepth),
    .UrgentDepth    (UrgentDepth),
    .PoolDepth      (PoolDepth),
    .MaxPosted      (MaxPosted)
  ) u_hyper (
    .clk_i            (clk_i),
    .rst_ni           (node_rst_n),
    .posted_writes_i  (1'b1),
    .merge_writes_i   (1'b1),
    .firmware_reset_i (firmware_reset_i),
    .uart_valid_o     (uart_valid_o),
    .uart_data_o      (uart_data_o),
    .exit_valid_o     (exit_valid_o),
    .exit_code_o      (exit_code_o),
    .irq_o            (irq_o),
    .guests_run_o     (guests_run),
    .doorbell_valid_i (doorbell_valid && !direct_i),
    .doorbell_addr_i  (doorbell_addr),
    .doorbell_ready_o (doorbell_ready),
    .doorbell_err_o   (doorbell_err),
    .s_axi_awid_i     ('0),
    .s_axi_awaddr_i   (guest_awaddr),
    .s_axi_awlen_i    (8'd0),
    .s_axi_awsize_i   (FullSize),
    .s_axi_awburst_i  (Incr),
    .s_axi_awlock_i   (1'b0),
    .s_axi_awvalid_i  (guest_awvalid && !direct_i),
    .s_axi_awready_o  (port_awready),
    .s_axi_wdata_i    (guest_wdata),
    .s_axi_wstrb_i    (guest_wstrb),
    .s_axi_wlast_i    (1'b1),
    .s_axi_wvalid_i   (guest_wvalid && !direct_i),
    .s_axi_wready_o   (port_wready),
    .s_axi_bid_o      (unused_bid),
    .s_axi_bresp_o    (port_bresp),
    .s_axi_bvalid_o   (port_bvalid),
    .s_axi_bready_i   (1'b1),
    .s_axi_arid_i     ('0),
    .s_axi_araddr_i   (guest_araddr),
    .s_axi_arlen_i    (guest_arlen),
    .s_axi_arsize_i   (FullSize),
    .s_axi_arburst_i  (Incr),
    .s_axi_arlock_i   (1'b0),
    .s_axi_arvalid_i  (guest_arvalid && !direct_i),
    .s_axi_arready_o  (port_arready),
    .s_axi_rid_o      (unused_rid),
    .s_axi_rdata_o    (port_rdata),
    .s_axi_rresp_o    (port_rresp),
    .s_axi_rlast_o    (port_rlast),
    .s_axi_rvalid_o   (port_rvalid),
    .s_axi_rready_i   (guest_rready),
    .m_axi_awid_o     (node_awid),
    .m_axi_awaddr_o   (node_awaddr),
    .m_axi_awlen_o    (node_awlen),
    .m_axi_awsize_o   (node_awsize),
    .m_axi_awburst_o  (node_awburst),
    .m_axi_awvalid_o  (node_awvalid),
    .m_axi_awready_i  (m_axi_awready_i && !direct_i),
    .m_axi_wdata_o    (node_wdata),
    .m_axi_wstrb_o    (node_wstrb),
    .m_axi_wlast_o    (node_wlast),
    .m_axi_wvalid_o   (node_wvalid),
    .m_axi_wready_i   (m_axi_wready_i && !direct_i),
    .m_axi_bid_i      (m_axi_bid_i),
    .m_axi_bresp_i    (m_axi_bresp_i),
    .m_axi_bvalid_i   (m_axi_bvalid_i && !direct_i),
    .m_axi_bready_o   (node_bready),
    .m_axi_arid_o     (node_arid),
    .m_axi_araddr_o   (node_araddr),
    .m_axi_arlen_o    (node_arlen),
    .m_axi_arsize_o   (node_arsize),
    .m_axi_arburst_o  (node_arburst),
    .m_axi_arvalid_o  (node_arvalid),
    .m_axi_arready_i  (m_axi_arready_i && !direct_i),
    .m_axi_rid_i      (m_axi_rid_i),
    .m_axi_rdata_i    (m_axi_rdata_i),
    .m_axi_rresp_i    (m_axi_rresp_i),
    .m_axi_rlast_i    (m_axi_rlast_i),
    .m_axi_rvalid_i   (m_axi_rvalid_i && !direct_i),
    .m_axi_rready_o   (node_rready)
  );

  // ---------------------------------------------------------------------------------- the jumper
  // Requests and answers in blocks of their own: one would look like a combinational loop through the node.
  always_comb begin
    m_axi_awid_o    = direct_i ? '0 : node_awid;
    m_axi_awaddr_o  = direct_i ? guest_awaddr : node_awaddr;
    m_axi_awlen_o   = direct_i ? 8'd0 : node_awlen;
    m_axi_awsize_o  = direct_i ? FullSize : node_awsize;
    m_axi_awburst_o = direct_i ? Incr : node_awburst;
    m_axi_awvalid_o = direct_i ? guest_awvalid : node_awvalid;
    m_axi_wdata_o   = direct_i ? guest_wdata : node_wdata;
    m_axi_wstrb_o   = direct_i ? guest_wstrb : node_wstrb;
    m_axi_wlast_o   = direct_i || node_wlast;
    m_axi_wvalid_o  = direct_i ? guest_wvalid : node_wvalid;
    m_axi_bready_o  = direct_i || node_bready;
    m_axi_arid_o    = direct_i ? '0 : node_arid;
    m_axi_araddr_o  = direct_i ? guest_araddr : node_araddr;
    m_axi_arlen_o   = direct_i ? guest_arlen : node_arlen;
    m_axi_arsize_o  = direct_i ? FullSize : node_arsize;
    m_axi_arburst_o = direct_i ? Incr : node_arburst;
    m_axi_arvalid_o = direct_i ? guest_arvalid : node_arvalid;
    m_axi_rready_o  = direct_i ? guest_rready : node_rready;
  end

  assign guest_awready = direct_i ? m_axi_awready_i : port_awready;
  assign guest_wready  = direct_i ? m_axi_wready_i : port_wready;
  assign guest_bvalid  = direct_i ? m_axi_bvalid_i : port_bvalid;
  assign guest_bresp   = direct_i ? m_axi_bresp_i : port_bresp;
  assign guest_arready = direct_i ? m_axi_arready_i : port_arready;
  assign guest_rvalid  = direct_i ? m_axi_rvalid_i : port_rvalid;
  assign guest_rdata   = direct_i ? m_axi_rdata_i : port_rdata;
  assign guest_rresp   = direct_i ? m_axi_rresp_i : port_rresp;
  assign guest_rlast   = direct_i ? m_axi_rlast_i : port_rlast;
endmodule
