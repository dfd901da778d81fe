// Control plane of a node: register port, registers, counters, the start of commands, the interrupt.
//
// Invariant: a write to CMD is told once, in the cycle after it, with what CMD and ARG then hold; a
//   read changes nothing; irq_o is high exactly while an enabled bit of IRQ_STATUS is set.
// Latency:   register write 2 cycles, read 3; event -> IRQ_STATUS 1 cycle.
module dm_csr #(
  parameter  int unsigned NodeId         = 0,
  parameter  int unsigned DataWidth      = 64,
  parameter  int unsigned PageShift      = 12,
  parameter  int unsigned RealFrames     = 8192,
  parameter  int unsigned GuestPages     = 8192,
  parameter  int unsigned Ports          = 1,
  parameter  int unsigned Trackers       = 4,
  parameter  int unsigned MaxOutstanding = 8,
  parameter  int unsigned QueueDepth     = 1024,
  parameter  int unsigned UrgentDepth    = 16,
  parameter  int unsigned PoolDepth      = 1024,
  localparam int unsigned RfnWidth       = dm_pkg::RfnWidth
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

  output dm_pkg::settings_t      settings_o,

  // Commands: one pulse, and what becomes of it.
  output logic                   cmd_valid_o,
  output logic [4:0]             cmd_op_o,
  output logic [RfnWidth-1:0]    cmd_target_o,
  output logic [31:0]            cmd_arg_o,
  input  logic                   cmd_busy_i,
  input  dm_pkg::code_e          cmd_code_i,
  input  logic [RfnWidth-1:0]    cmd_value_i,
  input  dm_pkg::page_state_e    page_state_i,
  input  logic [RfnWidth-1:0]    page_payload_i,

  // What firmware sees.
  input  logic                   ready_i,
  input  dm_pkg::status_t        status_i,
  input  dm_pkg::frame_counts_t  counts_i,
  input  logic                   bad_valid_i,
  input  logic [RfnWidth-1:0]    bad_frame_i,
  input  logic                   damaged_i,
  input  logic [27:0]            owner_i,
  input  logic                   stalled_i,
  input  logic [3:0]             stalled_port_i,
  input  logic                   stalled_write_i,
  input  dm_pkg::stall_kind_e    stalled_kind_i,
  input  logic [27:0]            stalled_gfn_i,
  input  logic [27:0]            parity_gfn_i,

  // What happened in this cycle.
  input  dm_pkg::cycle_e          cycle_i,
  input  dm_pkg::frame_events_t   frame_ev_i,
  input  logic [2:0]              ev_stray_i,  // answers of memory that nobody waits for, a number
  input  dm_pkg::dormant_events_t ev_i
);

  logic                         reg_req, reg_write, reg_read_error, reg_write_error;
  logic [11:0]                  reg_addr;
  logic [31:0]                  reg_wdata, reg_rdata;
  dm_regs_pkg::dm_regs__in_t    hw_in;
  dm_regs_pkg::dm_regs__out_t   hw_out;

  logic                         cmd_valid_q, cmd_page_q, parity_seen_q;
  logic                         read_error_q, counter_mine;
  logic [31:0]                  read_data_q, counter_data;

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
    .rsp_data_i        (counter_mine ? counter_data : read_data_q),
    .rsp_read_error_i  (read_error_q),
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

  dm_counters u_counters (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .cycle_i      (cycle_i),
    .ev_zeroed_i  (frame_ev_i.zeroed),
    .ev_retried_i (frame_ev_i.retried),
    .ev_stray_i   (ev_stray_i),
    .ev_i         (ev_i),
    .addr_i       (reg_addr[11:2]),
    .mine_o       (counter_mine),
    .data_o       (counter_data)
  );

  assign cmd_valid_o  = cmd_valid_q;
  assign cmd_op_o     = cmd_page_q ? {1'b1, hw_out.PAGE_CMD.op.value}
                                   : {1'b0, hw_out.FRAME_CMD.op.value};
  assign cmd_target_o = cmd_page_q ? hw_out.PAGE_CMD.target.value
                                   : hw_out.FRAME_CMD.target.value;
  assign cmd_arg_o    = {2'b00, hw_out.ARG.kind.value, hw_out.ARG.value.value};

  assign settings_o.enable          = hw_out.CONTROL.enable.value;
  assign settings_o.water_low       = hw_out.WATER_LOW.frames.value;
  assign settings_o.water_high      = hw_out.WATER_HIGH.frames.value;
  assign settings_o.cap_interval    = hw_out.THROTTLE.interval.value;
  assign settings_o.cap_depth       = hw_out.THROTTLE.depth.value;
  assign settings_o.convert_on_read = hw_out.POLICY.convert_on_read.value;
  assign settings_o.elide           = hw_out.POLICY.elide.value;
  assign settings_o.detect          = hw_out.POLICY.detect.value;
  assign settings_o.hw_convert      = hw_out.POLICY.hw_convert.value;
  assign settings_o.redormant_delay = hw_out.REDORMANT_DELAY.cycles.value;

  // A command starts in the cycle after its write, when the register holds it. What a register held in
  // the cycle of its read is answered in the next.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cmd_valid_q   <= 1'b0;
      cmd_page_q    <= 1'b0;
      parity_seen_q <= 1'b0;
      read_error_q  <= 1'b0;
      read_data_q   <= '0;
    end else begin
      cmd_valid_q   <= hw_out.FRAME_CMD.op.swmod || hw_out.PAGE_CMD.op.swmod;
      cmd_page_q    <= hw_out.PAGE_CMD.op.swmod;
      parity_seen_q <= parity_seen_q || ev_i.parity_error;
      read_error_q  <= reg_read_error;
      read_data_q   <= reg_rdata;
    end
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
    hw_in.RESULT.busy.next             = cmd_busy_i || cmd_valid_q;
    hw_in.RESULT.code.next             = cmd_code_i;
    hw_in.RESULT.value.next            = cmd_value_i;
    hw_in.STATUS.ready.next            = ready_i;
    hw_in.STATUS.running.next          = status_i.running;
    hw_in.STATUS.page_active.next      = status_i.page_active;
    hw_in.STATUS.aw_busy.next          = status_i.aw_busy;
    hw_in.STATUS.w_busy.next           = status_i.w_busy;
    hw_in.STATUS.b_busy.next           = status_i.b_busy;
    hw_in.STATUS.throttled.next        = status_i.throttled;
    hw_in.STATUS.frames_busy.next      = status_i.frames_busy;
    hw_in.STATUS.guests_busy.next      = status_i.guests_busy;
    hw_in.STATUS.drain_busy.next       = status_i.drain_busy;
    hw_in.STATUS.scrub_busy.next       = status_i.scrub_busy;
    hw_in.IRQ_STATUS.pool_low.hwset    = frame_ev_i.pool_low;
    hw_in.IRQ_STATUS.pool_high.hwset   = frame_ev_i.pool_high;
    hw_in.IRQ_STATUS.bad_frame.hwset   = frame_ev_i.bad;
    hw_in.IRQ_STATUS.cmd_error.hwset   = ev_i.cmd_error;
    hw_in.IRQ_STATUS.cmd_refused.hwset = ev_i.cmd_refused;
    hw_in.IRQ_STATUS.queue_empty.hwset = frame_ev_i.queue_empty;
    hw_in.IRQ_STATUS.stall.hwset       = ev_i.stall;
    hw_in.IRQ_STATUS.parity.hwset      = ev_i.parity_error;
    hw_in.IRQ_STATUS.dirtied.hwset     = frame_ev_i.dirtied;
    hw_in.IRQ_STATUS.frame_parity.hwset = frame_ev_i.parity_error;
    hw_in.PAGE.state.next              = page_state_i;
    hw_in.PAGE.payload.next            = page_payload_i;
    hw_in.STALL.valid.next             = stalled_i;
    hw_in.STALL.kind.next              = stalled_kind_i;
    hw_in.STALL.write.next             = stalled_write_i;
    hw_in.STALL.port.next              = stalled_port_i;
    hw_in.STALL_PAGE.gfn.next          = stalled_gfn_i;
    hw_in.PARITY_PAGE.valid.next       = parity_seen_q;
    hw_in.PARITY_PAGE.gfn.next         = parity_gfn_i;
    hw_in.GUEST_PAGES.pages.next       = 32'(GuestPages);
    hw_in.PORTS.ports.next             = 3'(Ports);
    hw_in.PORTS.trackers.next          = 4'(Trackers);
    hw_in.BAD_FRAME.valid.next         = bad_valid_i;
    hw_in.BAD_FRAME.frame.next         = bad_frame_i;
    hw_in.OWNER.damaged.next           = damaged_i;
    hw_in.OWNER.gfn.next               = owner_i;
    hw_in.QUEUE_LEVEL.frames.next      = counts_i.queued;
    hw_in.URGENT_LEVEL.frames.next     = counts_i.urgent;
    hw_in.POOL_LEVEL.frames.next       = counts_i.pool;
    hw_in.COUNT_ZEROING.frames.next    = counts_i.zeroing;
    hw_in.COUNT_DIRTY.frames.next      = counts_i.dirty;
    hw_in.COUNT_HELD.frames.next       = counts_i.held;
    hw_in.COUNT_BAD.frames.next        = counts_i.bad;
    hw_in.COUNT_MAPPED.frames.next     = counts_i.mapped;
    hw_in.COUNT_CLAIMED.frames.next    = counts_i.claimed;
    hw_in.COUNT_MOVING.frames.next     = counts_i.moving;
    hw_in.COUNT_FILLED.frames.next     = counts_i.filled;
    hw_in.COUNT_LOST.frames.next       = counts_i.lost;
    // The counters answer in the place of these.
    hw_in.CMD_ERRORS.count.next           = '0;
    hw_in.FRAMES_ZEROED.count.next        = '0;
    hw_in.FRAMES_RETRIED.count.next       = '0;
    hw_in.STRAY_ANSWERS.count.next        = '0;
    hw_in.TRANSLATION_MISSES.count.next   = '0;
    hw_in.ZERO_READS.count.next           = '0;
    hw_in.ELIDED_WRITES.count.next        = '0;
    hw_in.FAST_CONVERSIONS.count.next     = '0;
    hw_in.DEMAND_CONVERSIONS.count.next   = '0;
    hw_in.STALLS.count.next               = '0;
    hw_in.REDORMANTED_STORES.count.next   = '0;
    hw_in.REDORMANTED_DOORBELL.count.next = '0;
    hw_in.PARITY_ERRORS.count.next        = '0;
    hw_in.CYCLES_BUSY_LO.count.next       = '0;
    hw_in.CYCLES_BUSY_HI.count.next       = '0;
    hw_in.CYCLES_W_STALLED_LO.count.next  = '0;
    hw_in.CYCLES_W_STALLED_HI.count.next  = '0;
    hw_in.CYCLES_AW_STALLED_LO.count.next = '0;
    hw_in.CYCLES_AW_STALLED_HI.count.next = '0;
    hw_in.CYCLES_B_WAIT_LO.count.next     = '0;
    hw_in.CYCLES_B_WAIT_HI.count.next     = '0;
    hw_in.CYCLES_THROTTLED_LO.count.next  = '0;
    hw_in.CYCLES_THROTTLED_HI.count.next  = '0;
    hw_in.CYCLES_IDLE_LO.count.next       = '0;
    hw_in.CYCLES_IDLE_HI.count.next       = '0;
    hw_in.CYCLES_TOTAL_LO.count.next      = '0;
    hw_in.CYCLES_TOTAL_HI.count.next      = '0;
    for (int unsigned k = 0; k < 16; k++) begin
      hw_in.CONVERSION_HIST[k].count.next = '0;
      hw_in.STALL_HIST[k].count.next      = '0;
    end
  end

  assign irq_o = |{
    hw_out.IRQ_STATUS.pool_low.value    && hw_out.IRQ_ENABLE.pool_low.value,
    hw_out.IRQ_STATUS.pool_high.value   && hw_out.IRQ_ENABLE.pool_high.value,
    hw_out.IRQ_STATUS.bad_frame.value   && hw_out.IRQ_ENABLE.bad_frame.value,
    hw_out.IRQ_STATUS.cmd_error.value   && hw_out.IRQ_ENABLE.cmd_error.value,
    hw_out.IRQ_STATUS.cmd_refused.value && hw_out.IRQ_ENABLE.cmd_refused.value,
    hw_out.IRQ_STATUS.queue_empty.value && hw_out.IRQ_ENABLE.queue_empty.value,
    hw_out.IRQ_STATUS.stall.value       && hw_out.IRQ_ENABLE.stall.value,
    hw_out.IRQ_STATUS.parity.value      && hw_out.IRQ_ENABLE.parity.value,
    hw_out.IRQ_STATUS.dirtied.value     && hw_out.IRQ_ENABLE.dirtied.value,
    hw_out.IRQ_STATUS.frame_parity.value && hw_out.IRQ_ENABLE.frame_parity.value
  };

endmodule
