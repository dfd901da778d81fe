// Simulation SoC: one VexRiscv_IMAC, local RAM, a node, and one memory port that both share.
//
// Not for boards: the RAM answers in the cycle of the request, and its contents, the frame list
// and the mailbox are written by the simulation through public arrays (ram_q, list_q, mailbox_q).
// The core's Wishbone ports know no errors in this configuration: a failed access is acknowledged,
// latched in BUS_ERROR, and raises external interrupt 1. Interrupt 0 is the node's, 2 the doorbell.
// An access to the node or to a SoC register waits until earlier stores to memory are performed.
//
//   0x1000_0000  RAM, RamBytes             cached, code and data
//   0x2000_0000  frame list, ListWords     cached, read-only for the core
//   0x4000_0000  external memory, 1 GiB    cached (write-through)
//   0x8000_0000  node registers, 4 KiB     0x8000_1000  SoC registers (see below)
//   0xC000_0000  external memory, 1 GiB    the same bytes, not cached
module dm_sim_soc #(
  parameter int unsigned NodeId = 0,
  parameter int unsigned AddrWidth = 32,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned IdWidth = 4,
  parameter int unsigned PageShift = 12,
  parameter int unsigned RealFrames = 8192,
  parameter int unsigned GuestPages = 8192,
  parameter int unsigned Ports = 1,
  parameter int unsigned PortDepth = 16,
  parameter int unsigned PortBeats = 256,
  parameter int unsigned Trackers = 4,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned MaxBeats = 256,
  parameter int unsigned QueueDepth = 1024,
  parameter int unsigned UrgentDepth = 16,
  parameter int unsigned PoolDepth = 1024,
  parameter int unsigned MaxPosted = 8,
  parameter int unsigned RamBytes = 131072,
  parameter int unsigned ListWords = 131072
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // Straps: how the core's stores to external memory are answered (see dm_wb_axi).
  input  logic                   posted_writes_i,
  input  logic                   merge_writes_i,
  // The core alone is reset, as soon as its data bus is at rest.
  input  logic                   firmware_reset_i,

  // One byte of console output, valid for one cycle.
  output logic                   uart_valid_o,
  output logic [7:0]             uart_data_o,
  // Firmware has ended; stays until reset.
  output logic                   exit_valid_o,
  output logic [31:0]            exit_code_o,
  // The node's interrupt, to be seen from outside too.
  output logic                   irq_o,

  // For a guest that is a core: it may run; it asks for the page of a guest physical address to be cleared, and waits.
  output logic                   guests_run_o,
  input  logic                   doorbell_valid_i,
  input  logic [30:0]            doorbell_addr_i,
  output logic                   doorbell_ready_o,
  output logic                   doorbell_err_o,

  // The guest's port, guest physical addresses.
  input  logic [IdWidth-1:0]     s_axi_awid_i,
  input  logic [AddrWidth-1:0]   s_axi_awaddr_i,
  input  logic [7:0]             s_axi_awlen_i,
  input  logic [2:0]             s_axi_awsize_i,
  input  logic [1:0]             s_axi_awburst_i,
  input  logic                   s_axi_awlock_i,
  input  logic                   s_axi_awvalid_i,
  output logic                   s_axi_awready_o,
  input  logic [DataWidth-1:0]   s_axi_wdata_i,
  input  logic [DataWidth/8-1:0] s_axi_wstrb_i,
  input  logic                   s_axi_wlast_i,
  input  logic                   s_axi_wvalid_i,
  output logic                   s_axi_wready_o,
  output logic [IdWidth-1:0]     s_axi_bid_o,
  output logic [1:0]             s_axi_bresp_o,
  output logic                   s_axi_bvalid_o,
  input  logic                   s_axi_bready_i,
  input  logic [IdWidth-1:0]     s_axi_arid_i,
  input  logic [AddrWidth-1:0]   s_axi_araddr_i,
  input  logic [7:0]             s_axi_arlen_i,
  input  logic [2:0]             s_axi_arsize_i,
  input  logic [1:0]             s_axi_arburst_i,
  input  logic                   s_axi_arlock_i,
  input  logic                   s_axi_arvalid_i,
  output logic                   s_axi_arready_o,
  output logic [IdWidth-1:0]     s_axi_rid_o,
  output logic [DataWidth-1:0]   s_axi_rdata_o,
  output logic [1:0]             s_axi_rresp_o,
  output logic                   s_axi_rlast_o,
  output logic                   s_axi_rvalid_o,
  input  logic                   s_axi_rready_i,

  // Memory: ids of the node have the top bit 0, those of the core 1. Only the core reads.
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
  localparam int unsigned RamWords = RamBytes / 4;
  localparam int unsigned RamAddr = $clog2(RamWords);
  localparam int unsigned ListAddr = $clog2(ListWords);
  localparam int unsigned MailboxWords = 16;
  localparam logic [31:0] ResetVector = 32'h1000_0000;

  // SoC registers, word offsets from 0x8000_1000.
  localparam logic [9:0] RegUart = 10'h000;        // w   0x00: a byte to the console
  localparam logic [9:0] RegExit = 10'h001;        // w   0x04: end of the run, with this code
  localparam logic [9:0] RegCycleLo = 10'h002;     // r   0x08: cycles since reset, 31..0
  localparam logic [9:0] RegCycleHi = 10'h003;     // r   0x0C: 63..32
  localparam logic [9:0] RegBusError = 10'h004;    // rw  0x10: 0 access failed, 1 it was a write,
                                                   //           2 a posted store failed; 1 clears
  localparam logic [9:0] RegBusErrorAddr = 10'h005;// r   0x14: address of the failed access
  localparam logic [9:0] RegStraps = 10'h006;      // r   0x18: 0 posted, 1 merge
  localparam logic [9:0] RegBank = 10'h007;        // rw  0x1C: GiB of memory behind the windows
  localparam logic [9:0] RegGuests = 10'h008;      // rw  0x20: 0 guests may run
  localparam logic [9:0] RegDoorbell = 10'h009;    // r   0x24: 31 it rings, 30..0 the address
                                                   // w         ends it, 0 in failure
  localparam logic [5:0] PageMailbox = 6'h01;      // rw  0x40: the mailbox, 16 words

  // Written by the simulation before reset ends; read back by it when the run is over.
  logic [31:0] ram_q [RamWords]  /*verilator public_flat_rw*/;
  logic [31:0] list_q [ListWords]  /*verilator public_flat_rw*/;
  logic [31:0] mailbox_q [MailboxWords]  /*verilator public_flat_rw*/;

  // ---------------------------------------------------------------------------------------- core
  logic        ibus_stb, ibus_ack;
  logic [29:0] ibus_adr;
  logic [31:0] ibus_rdata;
  logic        dbus_stb, dbus_we, dbus_ack, dbus_err;
  logic [29:0] dbus_adr;
  logic [31:0] dbus_rdata, dbus_wdata;
  logic [3:0]  dbus_sel;
  logic [2:0]  dbus_cti;
  logic [31:0] dbus_addr;
  logic        node_irq, bus_irq;

  // What one port of the core says twice, or says although it never differs.
  logic        unused_ibus_cyc, unused_ibus_we, unused_dbus_cyc;
  logic [31:0] unused_ibus_wdata;
  logic [3:0]  unused_ibus_sel;
  logic [2:0]  unused_ibus_cti;
  logic [1:0]  unused_ibus_bte, unused_dbus_bte;

  // The core's reset is synchronous and high. It does not break into an access: bridges could not end it.
  logic core_reset_q, core_reset_d;

  always_comb begin
    core_reset_d = firmware_reset_i && (core_reset_q || !dbus_stb
                   || (dbus_ack && (dbus_cti == 3'b000 || dbus_cti == 3'b111)));
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) core_reset_q <= 1'b1;
    else core_reset_q <= core_reset_d;
  end

  VexRiscv u_core (
    .externalResetVector    (ResetVector),
    .timerInterrupt         (1'b0),
    .softwareInterrupt      (1'b0),
    .externalInterruptArray ({29'd0, doorbell_valid_i, bus_irq, node_irq}),
    .iBusWishbone_CYC       (unused_ibus_cyc),
    .iBusWishbone_STB       (ibus_stb),
    .iBusWishbone_ACK       (ibus_ack),
    .iBusWishbone_WE        (unused_ibus_we),
    .iBusWishbone_ADR       (ibus_adr),
    .iBusWishbone_DAT_MISO  (ibus_rdata),
    .iBusWishbone_DAT_MOSI  (unused_ibus_wdata),
    .iBusWishbone_SEL       (unused_ibus_sel),
    .iBusWishbone_ERR       (1'b0),
    .iBusWishbone_CTI       (unused_ibus_cti),
    .iBusWishbone_BTE       (unused_ibus_bte),
    .dBusWishbone_CYC       (unused_dbus_cyc),
    .dBusWishbone_STB       (dbus_stb),
    .dBusWishbone_ACK       (dbus_ack),
    .dBusWishbone_WE        (dbus_we),
    .dBusWishbone_ADR       (dbus_adr),
    .dBusWishbone_DAT_MISO  (dbus_rdata),
    .dBusWishbone_DAT_MOSI  (dbus_wdata),
    .dBusWishbone_SEL       (dbus_sel),
    .dBusWishbone_ERR       (dbus_err),
    .dBusWishbone_CTI       (dbus_cti),
    .dBusWishbone_BTE       (unused_dbus_bte),
    .clk                    (clk_i),
    .reset                  (core_reset_q)
  );

  // Instructions come from RAM alone. Elsewhere lie ECALLs, so that a core that went astray traps:
  // this core executes 0, and much else that is illegal, in silence.
  always_comb begin
    ibus_ack   = ibus_stb;
    ibus_rdata = 32'h0000_0073;
    if (ibus_adr[29:RamAddr] == ResetVector[31:RamAddr+2]) begin
      ibus_rdata = ram_q[ibus_adr[RamAddr-1:0]];
    end
  end

  // -------------------------------------------------------------------------------------- decode
  logic at_ram, at_list, at_mem, at_node, at_regs, at_io;
  logic mem_stb, mem_ack, mem_err, mem_idle, mem_posted_err, node_stb, node_ack, node_err;
  logic [31:0] mem_rdata, node_rdata, regs_rdata;
  logic regs_ack, regs_err, regs_write;

  always_comb begin
    dbus_addr = {dbus_adr, 2'b00};
    at_ram  = dbus_addr[31:RamAddr+2] == ResetVector[31:RamAddr+2];
    at_list = dbus_addr[31:28] == 4'h2 && dbus_addr[27:ListAddr+2] == '0;
    at_mem  = dbus_addr[30];
    at_node = dbus_addr[31:12] == 20'h8000_0;
    at_regs = dbus_addr[31:12] == 20'h8000_1;
    at_io   = at_node || at_regs;

    mem_stb = dbus_stb && at_mem;
  end

  always_comb begin
    node_stb   = dbus_stb && at_node && mem_idle;
    regs_ack   = dbus_stb && at_regs && mem_idle;
    regs_write = regs_ack && dbus_we && dbus_sel == 4'b1111;
  end

  always_comb begin
    dbus_ack   = 1'b0;
    dbus_err   = 1'b0;
    dbus_rdata = '1;
    if (at_ram) begin
      dbus_ack   = dbus_stb;
      dbus_rdata = ram_q[dbus_adr[RamAddr-1:0]];
    end else if (at_list) begin
      dbus_ack   = dbus_stb;
      dbus_err   = dbus_we;
      dbus_rdata = list_q[dbus_adr[ListAddr-1:0]];
    end else if (at_mem) begin
      dbus_ack   = mem_ack;
      dbus_err   = mem_err;
      dbus_rdata = mem_rdata;
    end else if (at_node) begin
      dbus_ack   = node_ack;
      dbus_err   = node_err;
      dbus_rdata = node_rdata;
    end else if (at_regs) begin
      dbus_ack   = regs_ack;
      dbus_err   = regs_err;
      dbus_rdata = regs_rdata;
    end else begin
      dbus_ack = dbus_stb;
      dbus_err = 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (dbus_stb && dbus_we && at_ram) begin
      for (int unsigned i = 0; i < 4; i++) begin
        if (dbus_sel[i]) ram_q[dbus_adr[RamAddr-1:0]][8*i+:8] <= dbus_wdata[8*i+:8];
      end
    end
  end

  // ------------------------------------------------------------------------------- SoC registers
  logic [63:0] cycle_q, cycle_d;
  logic [2:0]  bus_error_q, bus_error_d;
  logic [31:0] bus_error_addr_q, bus_error_addr_d;
  logic [1:0]  bank_q, bank_d;
  logic        guests_q, guests_d;
  logic        uart_valid_q, uart_valid_d, exit_valid_q, exit_valid_d;
  logic [7:0]  uart_data_q, uart_data_d;
  logic [31:0] exit_code_q, exit_code_d;
  logic [9:0]  reg_addr;

  always_comb begin
    reg_addr = dbus_adr[9:0];

    cycle_d          = cycle_q + 64'd1;
    bank_d           = bank_q;
    guests_d         = guests_q;
    uart_valid_d     = 1'b0;
    uart_data_d      = uart_data_q;
    exit_valid_d     = exit_valid_q;
    exit_code_d      = exit_code_q;
    regs_rdata       = '0;
    // A partial store is refused, as the node refuses it.
    regs_err         = dbus_we && dbus_sel != 4'b1111;

    if (reg_addr[9:4] == '0) begin
      unique case (reg_addr)
        RegUart: begin
          if (!dbus_we) regs_err = 1'b1;
          if (regs_write) begin
            uart_valid_d = 1'b1;
            uart_data_d  = dbus_wdata[7:0];
          end
        end
        RegExit: begin
          if (!dbus_we) regs_err = 1'b1;
          if (regs_write) begin
            exit_valid_d = 1'b1;
            exit_code_d  = dbus_wdata;
          end
        end
        RegCycleLo: begin
          regs_rdata = cycle_q[31:0];
          if (dbus_we) regs_err = 1'b1;
        end
        RegCycleHi: begin
          regs_rdata = cycle_q[63:32];
          if (dbus_we) regs_err = 1'b1;
        end
        RegBusError: regs_rdata = {29'd0, bus_error_q};
        RegBusErrorAddr: begin
          regs_rdata = bus_error_addr_q;
          if (dbus_we) regs_err = 1'b1;
        end
        RegStraps: begin
          regs_rdata = {30'd0, merge_writes_i, posted_writes_i};
          if (dbus_we) regs_err = 1'b1;
        end
        RegBank: begin
          regs_rdata = {30'd0, bank_q};
          if (regs_write) bank_d = dbus_wdata[1:0];
        end
        RegGuests: begin
          regs_rdata = {31'd0, guests_q};
          if (regs_write) guests_d = dbus_wdata[0];
        end
        RegDoorbell: regs_rdata = {doorbell_valid_i, doorbell_addr_i};
        default: regs_err = 1'b1;
      endcase
    end else if (reg_addr[9:4] == PageMailbox) begin
      regs_rdata = mailbox_q[reg_addr[3:0]];
    end else begin
      regs_err = 1'b1;
    end

  end

  always_comb begin
    // The first failure stays until it is cleared.
    bus_error_d      = bus_error_q;
    bus_error_addr_d = bus_error_addr_q;
    if (regs_write && reg_addr == RegBusError) bus_error_d = bus_error_q & ~dbus_wdata[2:0];
    if (dbus_ack && dbus_err && dbus_stb && !bus_error_q[0]) begin
      bus_error_d[1:0] = {dbus_we, 1'b1};
      bus_error_addr_d = dbus_addr;
    end
    if (mem_posted_err) bus_error_d[2] = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (regs_write && reg_addr[9:4] == PageMailbox) mailbox_q[reg_addr[3:0]] <= dbus_wdata;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cycle_q          <= '0;
      bank_q           <= '0;
      guests_q         <= 1'b0;
      uart_valid_q     <= 1'b0;
      uart_data_q      <= '0;
      exit_valid_q     <= 1'b0;
      exit_code_q      <= '0;
      bus_error_q      <= '0;
      bus_error_addr_q <= '0;
    end else begin
      cycle_q          <= cycle_d;
      bank_q           <= bank_d;
      guests_q         <= guests_d;
      uart_valid_q     <= uart_valid_d;
      uart_data_q      <= uart_data_d;
      exit_valid_q     <= exit_valid_d;
      exit_code_q      <= exit_code_d;
      bus_error_q      <= bus_error_d;
      bus_error_addr_q <= bus_error_addr_d;
    end
  end

  assign bus_irq      = |bus_error_q;
  assign irq_o        = node_irq;
  assign guests_run_o = guests_q;
  // Apart from what is read: together they would look like a combinational loop through the guest.
  assign doorbell_ready_o = regs_write && reg_addr == RegDoorbell;
  assign doorbell_err_o   = dbus_wdata[0];
  assign uart_valid_o = uart_valid_q;
  assign uart_data_o  = uart_data_q;
  assign exit_valid_o = exit_valid_q;
  assign exit_code_o  = exit_code_q;

  // ---------------------------------------------------------------------------------------- node
  logic [11:0]            axil_awaddr, axil_araddr;
  logic                   axil_awvalid, axil_awready, axil_wvalid, axil_wready;
  logic                   axil_bvalid, axil_bready, axil_arvalid, axil_arready;
  logic                   axil_rvalid, axil_rready;
  logic [31:0]            axil_wdata, axil_rdata;
  logic [3:0]             axil_wstrb;
  logic [1:0]             axil_bresp, axil_rresp;

  logic [IdWidth-1:0]     node_awid, node_bid;
  // Its own ids tell engine and guest apart; in memory they fill the port's.
  logic                   node_awsource, node_arsource;
  logic [AddrWidth-1:0]   node_araddr, core_araddr;
  logic [7:0]             node_arlen, core_arlen;
  logic [2:0]             node_arsize;
  logic [1:0]             node_arburst;
  logic                   node_arvalid, node_arready, node_rvalid, node_rready;
  logic                   core_arvalid, core_arready, core_rvalid, core_rready;
  logic [AddrWidth-1:0]   node_awaddr;
  logic [7:0]             node_awlen;
  logic [2:0]             node_awsize;
  logic [1:0]             node_awburst, node_bresp;
  logic                   node_awvalid, node_awready, node_wlast, node_wvalid, node_wready;
  logic                   node_bvalid, node_bready;
  logic [DataWidth-1:0]   node_wdata;
  logic [DataWidth/8-1:0] node_wstrb;

  dm_wb_axil #(
    .AddrWidth (12)
  ) u_wb_axil (
    .clk_i (clk_i),
    .rst_ni (rst_ni),
    .stb_i            (node_stb),
    .we_i             (dbus_we),
    .addr_i           (dbus_addr[11:0]),
    .wdata_i          (dbus_wdata),
    .sel_i            (dbus_sel),
    .ack_o            (node_ack),
    .err_o            (node_err),
    .rdata_o          (node_rdata),
    .m_axil_awaddr_o  (axil_awaddr),
    .m_axil_awvalid_o (axil_awvalid),
    .m_axil_awready_i (axil_awready),
    .m_axil_wdata_o   (axil_wdata),
    .m_axil_wstrb_o   (axil_wstrb),
    .m_axil_wvalid_o  (axil_wvalid),
    .m_axil_wready_i  (axil_wready),
    .m_axil_bresp_i   (axil_bresp),
    .m_axil_bvalid_i  (axil_bvalid),
    .m_axil_bready_o  (axil_bready),
    .m_axil_araddr_o  (axil_araddr),
    .m_axil_arvalid_o (axil_arvalid),
    .m_axil_arready_i (axil_arready),
    .m_axil_rdata_i   (axil_rdata),
    .m_axil_rresp_i   (axil_rresp),
    .m_axil_rvalid_i  (axil_rvalid),
    .m_axil_rready_o  (axil_rready)
  );

  dm_node #(
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
    .PoolDepth      (PoolDepth)
  ) u_node (
    .clk_i (clk_i),
    .rst_ni (rst_ni),
    .mem_rst_ni (rst_ni),
    .irq_o            (node_irq),
    .s_axil_awaddr_i  (axil_awaddr),
    .s_axil_awvalid_i (axil_awvalid),
    .s_axil_awready_o (axil_awready),
    .s_axil_wdata_i   (axil_wdata),
    .s_axil_wstrb_i   (axil_wstrb),
    .s_axil_wvalid_i  (axil_wvalid),
    .s_axil_wready_o  (axil_wready),
    .s_axil_bresp_o   (axil_bresp),
    .s_axil_bvalid_o  (axil_bvalid),
    .s_axil_bready_i  (axil_bready),
    .s_axil_araddr_i  (axil_araddr),
    .s_axil_arvalid_i (axil_arvalid),
    .s_axil_arready_o (axil_arready),
    .s_axil_rdata_o   (axil_rdata),
    .s_axil_rresp_o   (axil_rresp),
    .s_axil_rvalid_o  (axil_rvalid),
    .s_axil_rready_i  (axil_rready),
    .s_axi_awid_i      (s_axi_awid_i),
    .s_axi_awaddr_i    (s_axi_awaddr_i),
    .s_axi_awlen_i     (s_axi_awlen_i),
    .s_axi_awsize_i    (s_axi_awsize_i),
    .s_axi_awburst_i   (s_axi_awburst_i),
    .s_axi_awlock_i    (s_axi_awlock_i),
    .s_axi_awvalid_i   (s_axi_awvalid_i),
    .s_axi_awready_o   (s_axi_awready_o),
    .s_axi_wdata_i     (s_axi_wdata_i),
    .s_axi_wstrb_i     (s_axi_wstrb_i),
    .s_axi_wlast_i     (s_axi_wlast_i),
    .s_axi_wvalid_i    (s_axi_wvalid_i),
    .s_axi_wready_o    (s_axi_wready_o),
    .s_axi_bid_o       (s_axi_bid_o),
    .s_axi_bresp_o     (s_axi_bresp_o),
    .s_axi_bvalid_o    (s_axi_bvalid_o),
    .s_axi_bready_i    (s_axi_bready_i),
    .s_axi_arid_i      (s_axi_arid_i),
    .s_axi_araddr_i    (s_axi_araddr_i),
    .s_axi_arlen_i     (s_axi_arlen_i),
    .s_axi_arsize_i    (s_axi_arsize_i),
    .s_axi_arburst_i   (s_axi_arburst_i),
    .s_axi_arlock_i    (s_axi_arlock_i),
    .s_axi_arvalid_i   (s_axi_arvalid_i),
    .s_axi_arready_o   (s_axi_arready_o),
    .s_axi_rid_o       (s_axi_rid_o),
    .s_axi_rdata_o     (s_axi_rdata_o),
    .s_axi_rresp_o     (s_axi_rresp_o),
    .s_axi_rlast_o     (s_axi_rlast_o),
    .s_axi_rvalid_o    (s_axi_rvalid_o),
    .s_axi_rready_i    (s_axi_rready_i),
    .m_axi_awid_o     (node_awsource),
    .m_axi_awaddr_o   (node_awaddr),
    .m_axi_awlen_o    (node_awlen),
    .m_axi_awsize_o   (node_awsize),
    .m_axi_awburst_o  (node_awburst),
    .m_axi_awvalid_o  (node_awvalid),
    .m_axi_awready_i  (node_awready),
    .m_axi_wdata_o    (node_wdata),
    .m_axi_wstrb_o    (node_wstrb),
    .m_axi_wlast_o    (node_wlast),
    .m_axi_wvalid_o   (node_wvalid),
    .m_axi_wready_i   (node_wready),
    .m_axi_bid_i      (node_bid[0]),
    .m_axi_bresp_i    (node_bresp),
    .m_axi_bvalid_i   (node_bvalid),
    .m_axi_bready_o   (node_bready),
    .m_axi_arid_o     (node_arsource),
    .m_axi_araddr_o   (node_araddr),
    .m_axi_arlen_o    (node_arlen),
    .m_axi_arsize_o   (node_arsize),
    .m_axi_arburst_o  (node_arburst),
    .m_axi_arvalid_o  (node_arvalid),
    .m_axi_arready_i  (node_arready),
    .m_axi_rid_i      (m_axi_rid_i[0]),
    .m_axi_rdata_i    (m_axi_rdata_i),
    .m_axi_rresp_i    (m_axi_rresp_i),
    .m_axi_rlast_i    (m_axi_rlast_i),
    .m_axi_rvalid_i   (node_rvalid),
    .m_axi_rready_o   (node_rready)
  );

  assign node_awid = IdWidth'(node_awsource);

  // -------------------------------------------------------------------------------------- memory
  logic [AddrWidth-1:0]   mem_addr, core_awaddr;
  logic                   core_awvalid, core_awready, core_wvalid, core_wready, core_bvalid;
  logic [DataWidth-1:0]   core_wdata;
  logic [DataWidth/8-1:0] core_wstrb;
  logic [1:0]             core_bresp;

  // What memory sees is the offset within the window, and the bank above it.
  assign mem_addr = AddrWidth'({bank_q, dbus_addr[29:0]});

  dm_wb_axi #(
    .AddrWidth (AddrWidth),
    .DataWidth (DataWidth),
    .MaxPosted (MaxPosted)
  ) u_wb_axi (
    .clk_i (clk_i),
    .rst_ni (rst_ni),
    .posted_i        (posted_writes_i),
    .merge_i         (merge_writes_i),
    .drain_i         (dbus_stb && at_io),
    .idle_o          (mem_idle),
    .posted_err_o    (mem_posted_err),
    .stb_i           (mem_stb),
    .we_i            (dbus_we),
    .line_i          (dbus_cti != 3'b000),
    .addr_i          (mem_addr),
    .wdata_i         (dbus_wdata),
    .sel_i           (dbus_sel),
    .ack_o           (mem_ack),
    .err_o           (mem_err),
    .rdata_o         (mem_rdata),
    .m_axi_awaddr_o  (core_awaddr),
    .m_axi_awvalid_o (core_awvalid),
    .m_axi_awready_i (core_awready),
    .m_axi_wdata_o   (core_wdata),
    .m_axi_wstrb_o   (core_wstrb),
    .m_axi_wvalid_o  (core_wvalid),
    .m_axi_wready_i  (core_wready),
    .m_axi_bresp_i   (core_bresp),
    .m_axi_bvalid_i  (core_bvalid),
    .m_axi_araddr_o (core_araddr),
    .m_axi_arlen_o (core_arlen),
    .m_axi_arvalid_o (core_arvalid),
    .m_axi_arready_i (core_arready),
    .m_axi_rdata_i (m_axi_rdata_i),
    .m_axi_rresp_i (m_axi_rresp_i),
    .m_axi_rlast_i (m_axi_rlast_i),
    .m_axi_rvalid_i (core_rvalid),
    .m_axi_rready_o (core_rready)
  );

  dm_axi_read_mux #(
    .AddrWidth (AddrWidth),
    .DataWidth (DataWidth),
    .IdWidth   (IdWidth)
  ) u_read_mux (
    .clk_i (clk_i),
    .rst_ni (rst_ni),
    .s0_araddr_i  (core_araddr),
    .s0_arlen_i   (core_arlen),
    .s0_arvalid_i (core_arvalid),
    .s0_arready_o (core_arready),
    .s0_rvalid_o  (core_rvalid),
    .s0_rready_i  (core_rready),
    .s1_arid_i    (IdWidth'(node_arsource)),
    .s1_araddr_i  (node_araddr),
    .s1_arlen_i   (node_arlen),
    .s1_arsize_i  (node_arsize),
    .s1_arburst_i (node_arburst),
    .s1_arvalid_i (node_arvalid),
    .s1_arready_o (node_arready),
    .s1_rvalid_o  (node_rvalid),
    .s1_rready_i  (node_rready),
    .m_axi_arid_o (m_axi_arid_o),
    .m_axi_araddr_o (m_axi_araddr_o),
    .m_axi_arlen_o (m_axi_arlen_o),
    .m_axi_arsize_o (m_axi_arsize_o),
    .m_axi_arburst_o (m_axi_arburst_o),
    .m_axi_arvalid_o (m_axi_arvalid_o),
    .m_axi_arready_i (m_axi_arready_i),
    .m_axi_rcore_i (m_axi_rid_i[IdWidth]),
    .m_axi_rvalid_i (m_axi_rvalid_i),
    .m_axi_rready_o (m_axi_rready_o)
  );

  dm_axi_write_mux #(
    .AddrWidth (AddrWidth),
    .DataWidth (DataWidth),
    .IdWidth   (IdWidth)
  ) u_write_mux (
    .clk_i (clk_i),
    .rst_ni (rst_ni),
    .s0_awaddr_i  (core_awaddr),
    .s0_awvalid_i (core_awvalid),
    .s0_awready_o (core_awready),
    .s0_wdata_i   (core_wdata),
    .s0_wstrb_i   (core_wstrb),
    .s0_wvalid_i  (core_wvalid),
    .s0_wready_o  (core_wready),
    .s0_bresp_o   (core_bresp),
    .s0_bvalid_o  (core_bvalid),
    .s1_awid_i    (node_awid),
    .s1_awaddr_i  (node_awaddr),
    .s1_awlen_i   (node_awlen),
    .s1_awsize_i  (node_awsize),
    .s1_awburst_i (node_awburst),
    .s1_awvalid_i (node_awvalid),
    .s1_awready_o (node_awready),
    .s1_wdata_i   (node_wdata),
    .s1_wstrb_i   (node_wstrb),
    .s1_wlast_i   (node_wlast),
    .s1_wvalid_i  (node_wvalid),
    .s1_wready_o  (node_wready),
    .s1_bid_o     (node_bid),
    .s1_bresp_o   (node_bresp),
    .s1_bvalid_o  (node_bvalid),
    .s1_bready_i  (node_bready),
    .m_axi_awid_o (m_axi_awid_o),
    .m_axi_awaddr_o (m_axi_awaddr_o),
    .m_axi_awlen_o (m_axi_awlen_o),
    .m_axi_awsize_o (m_axi_awsize_o),
    .m_axi_awburst_o (m_axi_awburst_o),
    .m_axi_awvalid_o (m_axi_awvalid_o),
    .m_axi_awready_i (m_axi_awready_i),
    .m_axi_wdata_o (m_axi_wdata_o),
    .m_axi_wstrb_o (m_axi_wstrb_o),
    .m_axi_wlast_o (m_axi_wlast_o),
    .m_axi_wvalid_o (m_axi_wvalid_o),
    .m_axi_wready_i (m_axi_wready_i),
    .m_axi_bid_i (m_axi_bid_i),
    .m_axi_bresp_i (m_axi_bresp_i),
    .m_axi_bvalid_i (m_axi_bvalid_i),
    .m_axi_bready_o (m_axi_bready_o)
  );

  logic unused;
  assign unused = ^{m_axi_rid_i, node_bid, axil_awaddr[0]};
endmodule
