// One node: frame lists, zeroing engine, counters and registers beside a memory controller.
//
// Invariant: every output is driven by registers alone, so nothing combinational crosses the node.
// Latency:   register access 2 cycles; the blocks state theirs.
// The gate, tag table, arbiter and mover join here; the AXI4 port has no read channels before them.
module dm_node #(
  parameter int unsigned NodeId         = 0,     // 0..255
  parameter int unsigned AddrWidth      = 32,    // 16..64
  parameter int unsigned DataWidth      = 64,    // 32, 64, 128, 256, 512
  parameter int unsigned IdWidth        = 4,     // 1..32
  parameter int unsigned PageShift      = 12,    // 12..21
  parameter int unsigned RealFrames     = 8192,  // 2..2^28, all within AddrWidth
  parameter int unsigned MaxOutstanding = 8,     // 8..64
  parameter int unsigned MaxBeats       = 256,   // power of two, 4..256
  parameter int unsigned QueueDepth     = 1024,  // power of two, 2..2^28
  parameter int unsigned UrgentDepth    = 16,    // power of two, 2..2^28
  parameter int unsigned PoolDepth      = 1024   // power of two, 2..2^28
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  output logic                   irq_o,

  // Registers, AXI4-Lite (docs/registers.md).
  input  logic [11:0]            s_axil_awaddr_i,
  input  logic                   s_axil_awvalid_i,
  output logic                   s_axil_awready_o,
  input  logic [31:0]            s_axil_wdata_i,
  input  logic [3:0]             s_axil_wstrb_i,
  input  logic                   s_axil_wvalid_i,
  output logic                   s_axil_wready_o,
  output logic [1:0]             s_axil_bresp_o,
  output logic                   s_axil_bvalid_o,
  input  logic                   s_axil_bready_i,
  input  logic [11:0]            s_axil_araddr_i,
  input  logic                   s_axil_arvalid_i,
  output logic                   s_axil_arready_o,
  output logic [31:0]            s_axil_rdata_o,
  output logic [1:0]             s_axil_rresp_o,
  output logic                   s_axil_rvalid_o,
  input  logic                   s_axil_rready_i,

  // Memory, AXI4, real physical addresses.
  output logic [IdWidth-1:0]     m_axi_awid_o,
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
  input  logic [IdWidth-1:0]     m_axi_bid_i,
  input  logic [1:0]             m_axi_bresp_i,
  input  logic                   m_axi_bvalid_i,
  output logic                   m_axi_bready_o
);

  function automatic bit power_of_two(int unsigned n, int unsigned low, int unsigned high);
    power_of_two = (n >= low) && (n <= high) && ((n & (n - 1)) == 0);
  endfunction

  // The checks of Config::check in the model, by the same names.
  if (NodeId > 255) begin : gen_bad_node_id
    $error("NodeId must be 0 to 255");
  end
  if (AddrWidth < 16 || AddrWidth > 64) begin : gen_bad_addr_width
    $error("AddrWidth must be 16 to 64");
  end
  if (!power_of_two(DataWidth, 32, 512)) begin : gen_bad_data_width
    $error("DataWidth must be 32, 64, 128, 256 or 512");
  end
  if (IdWidth < 1 || IdWidth > 32) begin : gen_bad_id_width
    $error("IdWidth must be 1 to 32");
  end
  if (PageShift < 12 || PageShift > 21) begin : gen_bad_page_shift
    $error("PageShift must be 12 to 21");
  end
  if (RealFrames < 2 || RealFrames > 2 ** 28) begin : gen_bad_real_frames
    $error("RealFrames must be 2 to 2^28");
  end
  if (AddrWidth < PageShift ||
      (64'(RealFrames) - 64'd1) >> (AddrWidth - PageShift) != 0) begin : gen_bad_address_space
    $error("RealFrames frames do not fit into AddrWidth address bits");
  end
  if (MaxOutstanding < 8 || MaxOutstanding > 64) begin : gen_bad_max_outstanding
    $error("MaxOutstanding must be 8 to 64");
  end
  if (!power_of_two(MaxBeats, 4, 256)) begin : gen_bad_max_beats
    $error("MaxBeats must be a power of two from 4 to 256");
  end
  if (!power_of_two(QueueDepth, 2, 2 ** 28)) begin : gen_bad_queue_depth
    $error("QueueDepth must be a power of two, 2 to 2^28");
  end
  if (!power_of_two(UrgentDepth, 2, 2 ** 28)) begin : gen_bad_urgent_depth
    $error("UrgentDepth must be a power of two, 2 to 2^28");
  end
  if (!power_of_two(PoolDepth, 2, 2 ** 28)) begin : gen_bad_pool_depth
    $error("PoolDepth must be a power of two, 2 to 2^28");
  end

  localparam int unsigned FrameWidth = dm_pkg::index_width(RealFrames);
  localparam int unsigned CountWidth = $clog2(RealFrames + 1);
  localparam int unsigned RfnWidth   = dm_pkg::RfnWidth;

  logic                         reg_req, reg_write, reg_read_error, reg_write_error;
  logic [11:0]                  reg_addr;
  logic [31:0]                  reg_wdata, reg_rdata;
  dm_regs_pkg::dm_regs__in_t    hw_in;
  dm_regs_pkg::dm_regs__out_t   hw_out;

  logic                         cmd_valid_q, cmd_busy;
  dm_pkg::code_e                cmd_code;
  logic [RfnWidth-1:0]          cmd_value;
  logic                         urgent, frame_valid, frame_ready, done_valid, done_error;
  logic [FrameWidth-1:0]        frame;
  logic [$clog2(QueueDepth):0]  queue_level;
  logic [$clog2(UrgentDepth):0] urgent_level;
  logic [$clog2(PoolDepth):0]   pool_level;
  logic [CountWidth-1:0]        dirty, zeroing, held, bad;
  logic                         bad_valid;
  logic [FrameWidth-1:0]        bad_frame;
  logic                         ready, running, frames_busy, page_active, b_busy, throttled;
  logic                         ev_zeroed, ev_retried, ev_bad, ev_pool_low, ev_pool_high;
  logic                         ev_queue_empty, ev_cmd_error, ev_cmd_refused;
  dm_pkg::cycle_e               cycle;
  logic [63:0]                  busy_cycles, w_stalled_cycles, aw_stalled_cycles, b_wait_cycles;
  logic [63:0]                  throttled_cycles, idle_cycles, total_cycles;
  logic [31:0]                  zeroed_count, retried_count, cmd_errors;

  dm_axil u_axil (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .aw_addr_i         (s_axil_awaddr_i),
    .aw_valid_i        (s_axil_awvalid_i),
    .aw_ready_o        (s_axil_awready_o),
    .w_data_i          (s_axil_wdata_i),
    .w_strb_i          (s_axil_wstrb_i),
    .w_valid_i         (s_axil_wvalid_i),
    .w_ready_o         (s_axil_wready_o),
    .b_resp_o          (s_axil_bresp_o),
    .b_valid_o         (s_axil_bvalid_o),
    .b_ready_i         (s_axil_bready_i),
    .ar_addr_i         (s_axil_araddr_i),
    .ar_valid_i        (s_axil_arvalid_i),
    .ar_ready_o        (s_axil_arready_o),
    .r_data_o          (s_axil_rdata_o),
    .r_resp_o          (s_axil_rresp_o),
    .r_valid_o         (s_axil_rvalid_o),
    .r_ready_i         (s_axil_rready_i),
    .req_o             (reg_req),
    .req_write_o       (reg_write),
    .req_addr_o        (reg_addr),
    .req_data_o        (reg_wdata),
    .rsp_data_i        (reg_rdata),
    .rsp_read_error_i  (reg_read_error),
    .rsp_write_error_i (reg_write_error)
  );

  // The register block answers at once and never stalls (no external registers).
  logic unused_stall_wr, unused_stall_rd, unused_rd_ack, unused_wr_ack;

  dm_regs u_regs (
    .clk                  (clk_i),
    .arst_n               (rst_ni),
    .s_cpuif_req          (reg_req),
    .s_cpuif_req_is_wr    (reg_write),
    .s_cpuif_addr         (reg_addr),
    .s_cpuif_wr_data      (reg_wdata),
    .s_cpuif_wr_biten     ('1),
    .s_cpuif_req_stall_wr (unused_stall_wr),
    .s_cpuif_req_stall_rd (unused_stall_rd),
    .s_cpuif_rd_ack       (unused_rd_ack),
    .s_cpuif_rd_err       (reg_read_error),
    .s_cpuif_rd_data      (reg_rdata),
    .s_cpuif_wr_ack       (unused_wr_ack),
    .s_cpuif_wr_err       (reg_write_error),
    .hwif_in              (hw_in),
    .hwif_out             (hw_out)
  );

  dm_frames #(
    .RealFrames     (RealFrames),
    .QueueDepth     (QueueDepth),
    .UrgentDepth    (UrgentDepth),
    .PoolDepth      (PoolDepth),
    .MaxOutstanding (MaxOutstanding)
  ) u_frames (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .enable_i         (hw_out.CONTROL.enable.value),
    .water_low_i      (hw_out.WATER_LOW.frames.value),
    .water_high_i     (hw_out.WATER_HIGH.frames.value),
    .cmd_valid_i      (cmd_valid_q),
    .cmd_op_i         (hw_out.CMD.op.value),
    .cmd_frame_i      (hw_out.CMD.frame.value),
    .cmd_busy_o       (cmd_busy),
    .cmd_code_o       (cmd_code),
    .cmd_value_o      (cmd_value),
    .urgent_o         (urgent),
    .frame_valid_o    (frame_valid),
    .frame_ready_i    (frame_ready),
    .frame_o          (frame),
    .done_valid_i     (done_valid),
    .done_error_i     (done_error),
    .queue_level_o    (queue_level),
    .urgent_level_o   (urgent_level),
    .pool_level_o     (pool_level),
    .dirty_o          (dirty),
    .zeroing_o        (zeroing),
    .held_o           (held),
    .bad_o            (bad),
    .bad_valid_o      (bad_valid),
    .bad_frame_o      (bad_frame),
    .ready_o          (ready),
    .running_o        (running),
    .busy_o           (frames_busy),
    .ev_zeroed_o      (ev_zeroed),
    .ev_retried_o     (ev_retried),
    .ev_bad_o         (ev_bad),
    .ev_pool_low_o    (ev_pool_low),
    .ev_pool_high_o   (ev_pool_high),
    .ev_queue_empty_o (ev_queue_empty),
    .ev_cmd_error_o   (ev_cmd_error),
    .ev_cmd_refused_o (ev_cmd_refused)
  );

  dm_zero_engine #(
    .AddrWidth      (AddrWidth),
    .DataWidth      (DataWidth),
    .PageShift      (PageShift),
    .FrameWidth     (FrameWidth),
    .MaxOutstanding (MaxOutstanding),
    .MaxBeats       (MaxBeats)
  ) u_engine (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .cap_interval_i (hw_out.THROTTLE.interval.value),
    .cap_depth_i    (hw_out.THROTTLE.depth.value),
    .urgent_i       (urgent),
    .frame_valid_i  (frame_valid),
    .frame_ready_o  (frame_ready),
    .frame_i        (frame),
    .done_valid_o   (done_valid),
    .done_error_o   (done_error),
    .aw_valid_o     (m_axi_awvalid_o),
    .aw_ready_i     (m_axi_awready_i),
    .aw_addr_o      (m_axi_awaddr_o),
    .aw_len_o       (m_axi_awlen_o),
    .aw_size_o      (m_axi_awsize_o),
    .aw_burst_o     (m_axi_awburst_o),
    .w_valid_o      (m_axi_wvalid_o),
    .w_ready_i      (m_axi_wready_i),
    .w_data_o       (m_axi_wdata_o),
    .w_strb_o       (m_axi_wstrb_o),
    .w_last_o       (m_axi_wlast_o),
    .b_valid_i      (m_axi_bvalid_i),
    .b_ready_o      (m_axi_bready_o),
    .b_resp_i       (m_axi_bresp_i),
    .page_active_o  (page_active),
    .b_busy_o       (b_busy),
    .throttled_o    (throttled),
    .cycle_o        (cycle)
  );

  // The engine uses one id, so the id of a response says nothing.
  assign m_axi_awid_o = '0;
  logic unused_bid;
  assign unused_bid = ^m_axi_bid_i;

  dm_counters u_counters (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .cycle_i          (cycle),
    .ev_zeroed_i      (ev_zeroed),
    .ev_retried_i     (ev_retried),
    .ev_cmd_error_i   (ev_cmd_error),
    .ev_cmd_refused_i (ev_cmd_refused),
    .busy_o           (busy_cycles),
    .w_stalled_o      (w_stalled_cycles),
    .aw_stalled_o     (aw_stalled_cycles),
    .b_wait_o         (b_wait_cycles),
    .throttled_o      (throttled_cycles),
    .idle_o           (idle_cycles),
    .total_o          (total_cycles),
    .zeroed_o         (zeroed_count),
    .retried_o        (retried_count),
    .cmd_errors_o     (cmd_errors)
  );

  // A command starts in the cycle after its write, when the register holds it.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) cmd_valid_q <= 1'b0;
    else cmd_valid_q <= hw_out.CMD.op.swmod;
  end

  always_comb begin
    hw_in.PARAMS.node_id.next          = 8'(NodeId);
    hw_in.PARAMS.max_outstanding.next  = 8'(MaxOutstanding);
    hw_in.PARAMS.data_shift.next       = 5'($clog2(DataWidth));
    hw_in.PARAMS.page_shift.next       = 5'(PageShift);
    hw_in.REAL_FRAMES.frames.next      = 32'(RealFrames);
    hw_in.QUEUE_DEPTH.frames.next      = 32'(QueueDepth);
    hw_in.URGENT_DEPTH.frames.next     = 32'(UrgentDepth);
    hw_in.POOL_DEPTH.frames.next       = 32'(PoolDepth);
    hw_in.RESULT.busy.next             = cmd_busy || cmd_valid_q;
    hw_in.RESULT.code.next             = cmd_code;
    hw_in.RESULT.value.next            = cmd_value;
    hw_in.STATUS.ready.next            = ready;
    hw_in.STATUS.running.next          = running;
    hw_in.STATUS.page_active.next      = page_active;
    hw_in.STATUS.aw_busy.next          = m_axi_awvalid_o;
    hw_in.STATUS.w_busy.next           = m_axi_wvalid_o;
    hw_in.STATUS.b_busy.next           = b_busy;
    hw_in.STATUS.throttled.next        = throttled;
    hw_in.STATUS.frames_busy.next      = frames_busy;
    hw_in.IRQ_STATUS.pool_low.hwset    = ev_pool_low;
    hw_in.IRQ_STATUS.pool_high.hwset   = ev_pool_high;
    hw_in.IRQ_STATUS.bad_frame.hwset   = ev_bad;
    hw_in.IRQ_STATUS.cmd_error.hwset   = ev_cmd_error;
    hw_in.IRQ_STATUS.cmd_refused.hwset = ev_cmd_refused;
    hw_in.IRQ_STATUS.queue_empty.hwset = ev_queue_empty;
    hw_in.BAD_FRAME.valid.next         = bad_valid;
    hw_in.BAD_FRAME.frame.next         = RfnWidth'(bad_frame);
    hw_in.QUEUE_LEVEL.frames.next      = 32'(queue_level);
    hw_in.URGENT_LEVEL.frames.next     = 32'(urgent_level);
    hw_in.POOL_LEVEL.frames.next       = 32'(pool_level);
    hw_in.COUNT_ZEROING.frames.next    = 32'(zeroing);
    hw_in.COUNT_DIRTY.frames.next      = 32'(dirty);
    hw_in.COUNT_HELD.frames.next       = 32'(held);
    hw_in.COUNT_BAD.frames.next        = 32'(bad);
    hw_in.CMD_ERRORS.count.next        = cmd_errors;
    hw_in.FRAMES_ZEROED.count.next     = zeroed_count;
    hw_in.FRAMES_RETRIED.count.next    = retried_count;
    hw_in.CYCLES_BUSY_LO.count.next       = busy_cycles[31:0];
    hw_in.CYCLES_BUSY_HI.count.next       = busy_cycles[63:32];
    hw_in.CYCLES_W_STALLED_LO.count.next  = w_stalled_cycles[31:0];
    hw_in.CYCLES_W_STALLED_HI.count.next  = w_stalled_cycles[63:32];
    hw_in.CYCLES_AW_STALLED_LO.count.next = aw_stalled_cycles[31:0];
    hw_in.CYCLES_AW_STALLED_HI.count.next = aw_stalled_cycles[63:32];
    hw_in.CYCLES_B_WAIT_LO.count.next     = b_wait_cycles[31:0];
    hw_in.CYCLES_B_WAIT_HI.count.next     = b_wait_cycles[63:32];
    hw_in.CYCLES_THROTTLED_LO.count.next  = throttled_cycles[31:0];
    hw_in.CYCLES_THROTTLED_HI.count.next  = throttled_cycles[63:32];
    hw_in.CYCLES_IDLE_LO.count.next       = idle_cycles[31:0];
    hw_in.CYCLES_IDLE_HI.count.next       = idle_cycles[63:32];
    hw_in.CYCLES_TOTAL_LO.count.next      = total_cycles[31:0];
    hw_in.CYCLES_TOTAL_HI.count.next      = total_cycles[63:32];
  end

  assign irq_o = |{
    hw_out.IRQ_STATUS.pool_low.value    && hw_out.IRQ_ENABLE.pool_low.value,
    hw_out.IRQ_STATUS.pool_high.value   && hw_out.IRQ_ENABLE.pool_high.value,
    hw_out.IRQ_STATUS.bad_frame.value   && hw_out.IRQ_ENABLE.bad_frame.value,
    hw_out.IRQ_STATUS.cmd_error.value   && hw_out.IRQ_ENABLE.cmd_error.value,
    hw_out.IRQ_STATUS.cmd_refused.value && hw_out.IRQ_ENABLE.cmd_refused.value,
    hw_out.IRQ_STATUS.queue_empty.value && hw_out.IRQ_ENABLE.queue_empty.value
  };

endmodule
