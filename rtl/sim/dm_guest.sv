// The guest of the Linux SoC: a VexRiscv_Linux whose memory is an AXI4 port, with a boot ROM, a flash and devices.
//
// Not for boards: ROM and flash answer in the cycle of the request, and the simulation writes them (rom_q, flash_q). The
// core's buses know no errors in this configuration: a failed access is acknowledged, and the first one stays on error_*_o.
// Both buses meet in one: a refill is never parted, data goes first. An access to a device waits until earlier stores to
// memory are performed. Interrupts are the CLINT's.
//
//   0x0000_0000  boot ROM, RomWords        0x2000_0000  flash, FlashWords
//   0x8000_0000  memory, cached (write-through), from guest page 0 on
//   0xF000_0000  devices, not cached:
//     0xF000_1000  UART, the registers of a 16550 that always has room and never receives
//     0xF000_2000  w: a mark for the simulation     0xF000_3000  w: clears the page of the stored address
//     0xF001_0000  CLINT: MSIP, MTIMECMP, MTIME at a tenth of the clock
module dm_guest #(
  parameter int unsigned AddrWidth  = 32,
  parameter int unsigned DataWidth  = 64,
  parameter int unsigned MaxPosted  = 8,
  parameter int unsigned RomWords   = 1024,
  parameter int unsigned FlashWords = 2097152
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  // The core leaves its reset; time begins.
  input  logic                   run_i,

  // One byte of console output, one mark: valid for one cycle.
  output logic                   uart_valid_o,
  output logic [7:0]             uart_data_o,
  output logic                   mark_valid_o,
  output logic [1:0]             mark_o,

  // The first access that failed; stays until reset. Of a posted store the address is not known.
  output logic                   error_valid_o,
  output logic                   error_posted_o,
  output logic [31:0]            error_addr_o,

  // A page that is to read as zero: its address in memory, until somebody has done it.
  output logic                   doorbell_valid_o,
  output logic [30:0]            doorbell_addr_o,
  input  logic                   doorbell_ready_i,
  input  logic                   doorbell_err_i,

  output logic [AddrWidth-1:0]   m_axi_awaddr_o,
  output logic                   m_axi_awvalid_o,
  input  logic                   m_axi_awready_i,
  output logic [DataWidth-1:0]   m_axi_wdata_o,
  output logic [DataWidth/8-1:0] m_axi_wstrb_o,
  output logic                   m_axi_wvalid_o,
  input  logic                   m_axi_wready_i,
  input  logic [1:0]             m_axi_bresp_i,
  input  logic                   m_axi_bvalid_i,
  output logic [AddrWidth-1:0]   m_axi_araddr_o,
  output logic [7:0]             m_axi_arlen_o,
  output logic                   m_axi_arvalid_o,
  input  logic                   m_axi_arready_i,
  input  logic [DataWidth-1:0]   m_axi_rdata_i,
  input  logic [1:0]             m_axi_rresp_i,
  input  logic                   m_axi_rlast_i,
  input  logic                   m_axi_rvalid_i,
  output logic                   m_axi_rready_o
);
  localparam int unsigned RomAddr = $clog2(RomWords);
  localparam int unsigned FlashAddr = $clog2(FlashWords);
  localparam logic [3:0] CyclesPerTick = 4'd10;

  // Word offsets from 0xF000_0000.
  localparam logic [25:0] RegUart      = 26'h000_0400;
  localparam logic [25:0] RegMark      = 26'h000_0800;
  localparam logic [25:0] RegDoorbell  = 26'h000_0C00;
  localparam logic [25:0] RegMsip      = 26'h000_4000;
  localparam logic [25:0] RegMtimecmp  = 26'h000_5000;
  localparam logic [25:0] RegMtime     = 26'h000_6FFE;

  // Written by the simulation before reset ends.
  logic [31:0] rom_q [RomWords]  /*verilator public_flat_rw*/;
  logic [31:0] flash_q [FlashWords]  /*verilator public_flat_rw*/;

  // ---------------------------------------------------------------------------------------- core
  logic        ibus_stb, ibus_ack;
  logic [29:0] ibus_adr;
  logic [2:0]  ibus_cti;
  logic        dbus_stb, dbus_we, dbus_ack;
  logic [29:0] dbus_adr;
  logic [31:0] dbus_wdata;
  logic [3:0]  dbus_sel;
  logic [2:0]  dbus_cti;
  logic [31:0] rdata;
  logic        timer_irq, software_irq;

  // What one port of the core says twice, or says although it never differs.
  logic        unused_ibus_cyc, unused_ibus_we, unused_dbus_cyc;
  logic [31:0] unused_ibus_wdata;
  logic [3:0]  unused_ibus_sel;
  logic [1:0]  unused_ibus_bte, unused_dbus_bte;

  // The core's reset is synchronous and high.
  logic core_reset_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) core_reset_q <= 1'b1;
    else core_reset_q <= !run_i;
  end

  VexRiscvLinux u_core (
    .externalResetVector    (32'd0),
    .timerInterrupt         (timer_irq),
    .softwareInterrupt      (software_irq),
    .externalInterruptArray (32'd0),
    .iBusWishbone_CYC       (unused_ibus_cyc),
    .iBusWishbone_STB       (ibus_stb),
    .iBusWishbone_ACK       (ibus_ack),
    .iBusWishbone_WE        (unused_ibus_we),
    .iBusWishbone_ADR       (ibus_adr),
    .iBusWishbone_DAT_MISO  (rdata),
    .iBusWishbone_DAT_MOSI  (unused_ibus_wdata),
    .iBusWishbone_SEL       (unused_ibus_sel),
    .iBusWishbone_ERR       (1'b0),
    .iBusWishbone_CTI       (ibus_cti),
    .iBusWishbone_BTE       (unused_ibus_bte),
    .dBusWishbone_CYC       (unused_dbus_cyc),
    .dBusWishbone_STB       (dbus_stb),
    .dBusWishbone_ACK       (dbus_ack),
    .dBusWishbone_WE        (dbus_we),
    .dBusWishbone_ADR       (dbus_adr),
    .dBusWishbone_DAT_MISO  (rdata),
    .dBusWishbone_DAT_MOSI  (dbus_wdata),
    .dBusWishbone_SEL       (dbus_sel),
    .dBusWishbone_ERR       (1'b0),
    .dBusWishbone_CTI       (dbus_cti),
    .dBusWishbone_BTE       (unused_dbus_bte),
    .clk                    (clk_i),
    .reset                  (core_reset_q)
  );

  // ------------------------------------------------------------------------------------ one bus
  logic busy_q, busy_d;  // a request is under way, and its owner keeps the bus
  logic data_q, data;    // the owner is the data bus
  logic        stb, we, line, ack;
  logic [29:0] adr;
  logic [31:0] addr;

  always_comb begin
    data = busy_q ? data_q : dbus_stb;
    stb  = data ? dbus_stb : ibus_stb;
    we   = data && dbus_we;
    adr  = data ? dbus_adr : ibus_adr;
    line = data ? dbus_cti != 3'b000 : 1'b1;
    addr = {adr, 2'b00};
  end

  always_comb begin
    dbus_ack = ack && data;
    ibus_ack = ack && !data;
    // A refill's last word says so, and a single access is its own.
    busy_d = stb && !(ack && (!line || (data ? dbus_cti : ibus_cti) == 3'b111));
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      data_q <= 1'b0;
    end else begin
      busy_q <= busy_d;
      data_q <= data;
    end
  end

  // -------------------------------------------------------------------------------------- decode
  logic at_rom, at_flash, at_mem, at_device;
  logic mem_stb, mem_ack, mem_err, mem_idle, mem_posted_err;
  logic [31:0] mem_rdata, device_rdata;
  logic device_stb, device_ack, device_err, err;

  always_comb begin
    at_rom     = addr[31:RomAddr+2] == '0;
    at_flash   = addr[31:28] == 4'h2 && addr[27:FlashAddr+2] == '0;
    at_device  = addr[31:28] == 4'hF;
    at_mem     = addr[31] && !at_device;
    mem_stb    = stb && at_mem;
    device_stb = stb && at_device && mem_idle;
  end

  always_comb begin
    ack   = stb;
    err   = 1'b1;
    rdata = '1;
    if (at_rom) begin
      err   = we;
      rdata = rom_q[adr[RomAddr-1:0]];
    end else if (at_flash) begin
      err   = we;
      rdata = flash_q[adr[FlashAddr-1:0]];
    end else if (at_mem) begin
      ack   = mem_ack;
      err   = mem_err;
      rdata = mem_rdata;
    end else if (at_device) begin
      ack   = device_ack;
      err   = device_err;
      rdata = device_rdata;
    end
  end

  // -------------------------------------------------------------------------------------- memory
  dm_wb_axi #(
    .AddrWidth (AddrWidth),
    .DataWidth (DataWidth),
    .MaxPosted (MaxPosted)
  ) u_wb_axi (
    .clk_i           (clk_i),
    .rst_ni          (rst_ni),
    .posted_i        (1'b1),
    .merge_i         (1'b1),
    .drain_i         (stb && at_device),
    .idle_o          (mem_idle),
    .posted_err_o    (mem_posted_err),
    .stb_i           (mem_stb),
    .we_i            (we),
    .line_i          (line),
    .addr_i          (AddrWidth'(addr[30:0])),
    .wdata_i         (dbus_wdata),
    .sel_i           (dbus_sel),
    .ack_o           (mem_ack),
    .err_o           (mem_err),
    .rdata_o         (mem_rdata),
    .m_axi_awaddr_o  (m_axi_awaddr_o),
    .m_axi_awvalid_o (m_axi_awvalid_o),
    .m_axi_awready_i (m_axi_awready_i),
    .m_axi_wdata_o   (m_axi_wdata_o),
    .m_axi_wstrb_o   (m_axi_wstrb_o),
    .m_axi_wvalid_o  (m_axi_wvalid_o),
    .m_axi_wready_i  (m_axi_wready_i),
    .m_axi_bresp_i   (m_axi_bresp_i),
    .m_axi_bvalid_i  (m_axi_bvalid_i),
    .m_axi_araddr_o  (m_axi_araddr_o),
    .m_axi_arlen_o   (m_axi_arlen_o),
    .m_axi_arvalid_o (m_axi_arvalid_o),
    .m_axi_arready_i (m_axi_arready_i),
    .m_axi_rdata_i   (m_axi_rdata_i),
    .m_axi_rresp_i   (m_axi_rresp_i),
    .m_axi_rlast_i   (m_axi_rlast_i),
    .m_axi_rvalid_i  (m_axi_rvalid_i),
    .m_axi_rready_o  (m_axi_rready_o)
  );

  // ------------------------------------------------------------------------------------- devices
  logic [7:0]  uart_q [8];
  logic        software_q, software_d;
  logic [3:0]  tick_q, tick_d;
  logic [63:0] mtime_q, mtime_d, mtimecmp_q, mtimecmp_d;
  logic        timer_q, timer_d;
  logic        error_q, error_d, error_posted_q, error_posted_d;
  logic [31:0] error_addr_q, error_addr_d;
  logic [25:0] register;
  logic        write;

  always_comb begin
    register = adr[25:0];
    write    = device_stb && we;
  end

  // Apart from its answer: together they would look like a combinational loop through the hyperkernel's registers.
  assign doorbell_valid_o = write && register == RegDoorbell && dbus_wdata[31];
  assign doorbell_addr_o  = dbus_wdata[30:0];

  always_comb begin
    device_ack       = device_stb;
    device_err       = 1'b0;
    device_rdata     = '0;
    uart_valid_o     = 1'b0;
    uart_data_o      = dbus_wdata[7:0];
    mark_valid_o     = 1'b0;
    mark_o           = dbus_wdata[1:0];
    software_d       = software_q;
    mtimecmp_d       = mtimecmp_q;

    unique case (register)
      // Nothing pending; no data; always room.
      RegUart: begin
        device_rdata = {uart_q[3], 8'hC1, uart_q[1], 8'h00};
        // With bit 7 of the line control register set it is the divisor's.
        uart_valid_o = write && dbus_sel[0] && !uart_q[3][7];
      end
      RegUart + 26'd1: device_rdata = {uart_q[7], uart_q[6], 8'h60, uart_q[4]};
      RegMark: begin
        mark_valid_o = write;
        device_err   = !we;
      end
      RegDoorbell: begin
        device_ack       = device_stb && (!doorbell_valid_o || doorbell_ready_i);
        device_err       = !we || !dbus_wdata[31] || doorbell_err_i;
      end
      RegMsip: begin
        device_rdata = {31'd0, software_q};
        if (write) software_d = dbus_wdata[0];
      end
      RegMtimecmp: begin
        device_rdata = mtimecmp_q[31:0];
        if (write) mtimecmp_d[31:0] = dbus_wdata;
      end
      RegMtimecmp + 26'd1: begin
        device_rdata = mtimecmp_q[63:32];
        if (write) mtimecmp_d[63:32] = dbus_wdata;
      end
      RegMtime: begin
        device_rdata = mtime_q[31:0];
        device_err   = we;
      end
      RegMtime + 26'd1: begin
        device_rdata = mtime_q[63:32];
        device_err   = we;
      end
      default: device_err = 1'b1;
    endcase
  end

  always_comb begin
    tick_d  = tick_q + 4'd1;
    mtime_d = mtime_q;
    if (tick_q == CyclesPerTick - 4'd1) begin
      tick_d  = '0;
      mtime_d = mtime_q + 64'd1;
    end
    timer_d = mtime_q >= mtimecmp_q;

    error_d        = error_q;
    error_posted_d = error_posted_q;
    error_addr_d   = error_addr_q;
    if (!error_q && stb && ack && err) begin
      error_d      = 1'b1;
      error_addr_d = addr;
    end else if (!error_q && mem_posted_err) begin
      error_d        = 1'b1;
      error_posted_d = 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < 4; i++) begin
      if (write && register == RegUart && dbus_sel[i]) uart_q[i] <= dbus_wdata[8*i+:8];
      if (write && register == RegUart + 26'd1 && dbus_sel[i]) begin
        uart_q[4+i] <= dbus_wdata[8*i+:8];
      end
    end
    if (core_reset_q) uart_q[3] <= '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      software_q     <= 1'b0;
      tick_q         <= '0;
      mtime_q        <= '0;
      mtimecmp_q     <= '1;
      timer_q        <= 1'b0;
      error_q        <= 1'b0;
      error_posted_q <= 1'b0;
      error_addr_q   <= '0;
    end else if (core_reset_q) begin
      software_q <= 1'b0;
      tick_q     <= '0;
      mtime_q    <= '0;
      mtimecmp_q <= '1;
      timer_q    <= 1'b0;
    end else begin
      software_q     <= software_d;
      tick_q         <= tick_d;
      mtime_q        <= mtime_d;
      mtimecmp_q     <= mtimecmp_d;
      timer_q        <= timer_d;
      error_q        <= error_d;
      error_posted_q <= error_posted_d;
      error_addr_q   <= error_addr_d;
    end
  end

  assign timer_irq      = timer_q;
  assign software_irq   = software_q;
  assign error_valid_o  = error_q;
  assign error_posted_o = error_posted_q;
  assign error_addr_o   = error_addr_q;

  logic unused;
  assign unused = ^{uart_q[0], uart_q[2], uart_q[5]};
endmodule
