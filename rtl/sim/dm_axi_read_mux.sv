// Two AXI4 read managers on one port: s0, the core, and s1, the node, whose bit on top of the id is 1 and 0.
//
// Invariant: an address that was shown stays until it is accepted; read data goes back by the id.
// Latency:   none. The node goes first: guests wait behind it, the core is only firmware.
module dm_axi_read_mux #(
  parameter int unsigned AddrWidth = 32,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned IdWidth   = 4
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic [AddrWidth-1:0] s0_araddr_i,
  input  logic [7:0]           s0_arlen_i,
  input  logic                 s0_arvalid_i,
  output logic                 s0_arready_o,
  output logic                 s0_rvalid_o,
  input  logic                 s0_rready_i,

  input  logic [IdWidth-1:0]   s1_arid_i,
  input  logic [AddrWidth-1:0] s1_araddr_i,
  input  logic [7:0]           s1_arlen_i,
  input  logic [2:0]           s1_arsize_i,
  input  logic [1:0]           s1_arburst_i,
  input  logic                 s1_arvalid_i,
  output logic                 s1_arready_o,
  output logic                 s1_rvalid_o,
  input  logic                 s1_rready_i,

  output logic [IdWidth:0]     m_axi_arid_o,
  output logic [AddrWidth-1:0] m_axi_araddr_o,
  output logic [7:0]           m_axi_arlen_o,
  output logic [2:0]           m_axi_arsize_o,
  output logic [1:0]           m_axi_arburst_o,
  output logic                 m_axi_arvalid_o,
  input  logic                 m_axi_arready_i,
  input  logic                 m_axi_rcore_i,   // the top bit of RID
  input  logic                 m_axi_rvalid_i,
  output logic                 m_axi_rready_o
);
  logic core_q, core_d;  // the core's address waits on the bus
  logic core;

  assign core = core_q || !s1_arvalid_i;

  always_comb begin
    if (core) begin
      m_axi_arid_o    = {1'b1, {IdWidth{1'b0}}};
      m_axi_araddr_o  = s0_araddr_i;
      m_axi_arlen_o   = s0_arlen_i;
      m_axi_arsize_o  = 3'($clog2(DataWidth / 8));
      m_axi_arburst_o = 2'b01;
    end else begin
      m_axi_arid_o    = {1'b0, s1_arid_i};
      m_axi_araddr_o  = s1_araddr_i;
      m_axi_arlen_o   = s1_arlen_i;
      m_axi_arsize_o  = s1_arsize_i;
      m_axi_arburst_o = s1_arburst_i;
    end
  end

  assign m_axi_arvalid_o = core ? s0_arvalid_i : s1_arvalid_i;
  assign s0_arready_o    = core && m_axi_arready_i;
  assign s1_arready_o    = !core && m_axi_arready_i;
  assign core_d          = core && s0_arvalid_i && !m_axi_arready_i;

  assign s0_rvalid_o    = m_axi_rvalid_i && m_axi_rcore_i;
  assign s1_rvalid_o    = m_axi_rvalid_i && !m_axi_rcore_i;
  assign m_axi_rready_o = m_axi_rcore_i ? s0_rready_i : s1_rready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) core_q <= 1'b0;
    else core_q <= core_d;
  end
endmodule
