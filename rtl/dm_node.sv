// One node: the guest's ports, tag table, frame lists, zeroing engine, counters and registers beside
// a memory controller.
//
// Invariant: every output is driven by registers alone, but for the answers to guests: R and B of
//   s_axi follow R and B of m_axi in the same cycle, and m_axi's readies for them follow s_axi's.
// Latency:   register access 2 cycles; the blocks state theirs.
module dm_node #(
  parameter int unsigned NodeId         = 0,     // 0..255
  parameter int unsigned AddrWidth      = 32,    // 16..64
  parameter int unsigned DataWidth      = 64,    // 32, 64, 128, 256, 512
  parameter int unsigned IdWidth        = 4,     // 1..16, of the guest's ids
  parameter int unsigned PageShift      = 12,    // 12..21
  parameter int unsigned RealFrames     = 8192,  // 2..2^28, all within AddrWidth
  parameter int unsigned GuestPages     = 8192,  // 2..2^28, all within AddrWidth
  parameter int unsigned Ports          = 1,     // 1..4, one for each vCPU
  parameter int unsigned PortDepth      = 16,    // power of two, 4..32
  parameter int unsigned Trackers       = 4,     // 1..8
  parameter int unsigned MaxOutstanding = 8,     // 8..64
  parameter int unsigned MaxBeats       = 256,   // power of two, 4..256
  parameter int unsigned QueueDepth     = 1024,  // power of two, 2..2^28
  parameter int unsigned UrgentDepth    = 16,    // power of two, 2..2^28
  parameter int unsigned PoolDepth      = 1024,  // power of two, 2..2^28
  localparam int unsigned SourceWidth   = $clog2(Ports + 1)
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

  // Guest, AXI4, guest physical addresses; port p has bit p, or the p-th slice.
  input  logic [Ports*IdWidth-1:0]       s_axi_awid_i,
  input  logic [Ports*AddrWidth-1:0]     s_axi_awaddr_i,
  input  logic [Ports*8-1:0]             s_axi_awlen_i,
  input  logic [Ports*3-1:0]             s_axi_awsize_i,
  input  logic [Ports*2-1:0]             s_axi_awburst_i,
  input  logic [Ports-1:0]               s_axi_awlock_i,
  input  logic [Ports-1:0]               s_axi_awvalid_i,
  output logic [Ports-1:0]               s_axi_awready_o,
  input  logic [Ports*DataWidth-1:0]     s_axi_wdata_i,
  input  logic [Ports*DataWidth/8-1:0]   s_axi_wstrb_i,
  input  logic [Ports-1:0]               s_axi_wlast_i,
  input  logic [Ports-1:0]               s_axi_wvalid_i,
  output logic [Ports-1:0]               s_axi_wready_o,
  output logic [Ports*IdWidth-1:0]       s_axi_bid_o,
  output logic [Ports*2-1:0]             s_axi_bresp_o,
  output logic [Ports-1:0]               s_axi_bvalid_o,
  input  logic [Ports-1:0]               s_axi_bready_i,
  input  logic [Ports*IdWidth-1:0]       s_axi_arid_i,
  input  logic [Ports*AddrWidth-1:0]     s_axi_araddr_i,
  input  logic [Ports*8-1:0]             s_axi_arlen_i,
  input  logic [Ports*3-1:0]             s_axi_arsize_i,
  input  logic [Ports*2-1:0]             s_axi_arburst_i,
  input  logic [Ports-1:0]               s_axi_arlock_i,
  input  logic [Ports-1:0]               s_axi_arvalid_i,
  output logic [Ports-1:0]               s_axi_arready_o,
  output logic [Ports*IdWidth-1:0]       s_axi_rid_o,
  output logic [Ports*DataWidth-1:0]     s_axi_rdata_o,
  output logic [Ports*2-1:0]             s_axi_rresp_o,
  output logic [Ports-1:0]               s_axi_rlast_o,
  output logic [Ports-1:0]               s_axi_rvalid_o,
  input  logic [Ports-1:0]               s_axi_rready_i,

  // Memory, AXI4, real physical addresses. Ids name the source: 0 the engine, p + 1 port p.
  output logic [SourceWidth-1:0]   m_axi_awid_o,
  output logic [AddrWidth-1:0]     m_axi_awaddr_o,
  output logic [7:0]               m_axi_awlen_o,
  output logic [2:0]               m_axi_awsize_o,
  output logic [1:0]               m_axi_awburst_o,
  output logic                     m_axi_awvalid_o,
  input  logic                     m_axi_awready_i,
  output logic [DataWidth-1:0]     m_axi_wdata_o,
  output logic [DataWidth/8-1:0]   m_axi_wstrb_o,
  output logic                     m_axi_wlast_o,
  output logic                     m_axi_wvalid_o,
  input  logic                     m_axi_wready_i,
  input  logic [SourceWidth-1:0]   m_axi_bid_i,
  input  logic [1:0]               m_axi_bresp_i,
  input  logic                     m_axi_bvalid_i,
  output logic                     m_axi_bready_o,
  output logic [SourceWidth-1:0]   m_axi_arid_o,
  output logic [AddrWidth-1:0]     m_axi_araddr_o,
  output logic [7:0]               m_axi_arlen_o,
  output logic [2:0]               m_axi_arsize_o,
  output logic [1:0]               m_axi_arburst_o,
  output logic                     m_axi_arvalid_o,
  input  logic                     m_axi_arready_i,
  input  logic [SourceWidth-1:0]   m_axi_rid_i,
  input  logic [DataWidth-1:0]     m_axi_rdata_i,
  input  logic [1:0]               m_axi_rresp_i,
  input  logic                     m_axi_rlast_i,
  input  logic                     m_axi_rvalid_i,
  output logic                     m_axi_rready_o
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
  if (IdWidth < 1 || IdWidth > 16) begin : gen_bad_id_width
    $error("IdWidth must be 1 to 16");
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
  if (GuestPages < 2 || GuestPages > 2 ** 28) begin : gen_bad_guest_pages
    $error("GuestPages must be 2 to 2^28");
  end
  if (AddrWidth < PageShift ||
      (64'(GuestPages) - 64'd1) >> (AddrWidth - PageShift) != 0) begin : gen_bad_guest_space
    $error("GuestPages pages do not fit into AddrWidth address bits");
  end
  if (Ports < 1 || Ports > 4) begin : gen_bad_ports
    $error("Ports must be 1 to 4");
  end
  if (!power_of_two(PortDepth, 4, 32)) begin : gen_bad_port_depth
    $error("PortDepth must be a power of two, 4 to 32");
  end
  if (Trackers < 1 || Trackers > 8) begin : gen_bad_trackers
    $error("Trackers must be 1 to 8");
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
  localparam int unsigned GfnWidth   = dm_pkg::index_width(GuestPages);
  localparam int unsigned StrbWidth  = DataWidth / 8;
  localparam int unsigned BeatWidth  = PageShift - $clog2(StrbWidth);
  // A tag holds a frame or a node.
  localparam int unsigned PayloadWidth = (FrameWidth > 8) ? FrameWidth : 8;

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
  logic [CountWidth-1:0]        dirty, zeroing, held, bad, mapped, claimed;
  logic                         bad_valid;
  logic [FrameWidth-1:0]        bad_frame;
  logic                         ready, running, frames_busy, page_active, b_busy, throttled;
  logic                         ev_zeroed, ev_retried, ev_bad, ev_pool_low, ev_pool_high;
  logic                         ev_queue_empty, ev_dirtied, ev_cmd_error, ev_cmd_refused;
  dm_pkg::cycle_e               cycle;
  logic [63:0]                  busy_cycles, w_stalled_cycles, aw_stalled_cycles, b_wait_cycles;
  logic [63:0]                  throttled_cycles, idle_cycles, total_cycles;
  logic [31:0]                  zeroed_count, retried_count, cmd_errors;

  // Between the blocks; names as at the block that drives them.
  logic                         engine_aw_valid, engine_aw_ready, engine_w_valid, engine_w_ready;
  logic                         engine_w_last, engine_b_valid, engine_b_ready;
  logic [AddrWidth-1:0]         engine_aw_addr;
  logic [7:0]                   engine_aw_len;
  logic [2:0]                   engine_aw_size;
  logic [1:0]                   engine_aw_burst, engine_b_resp;
  logic [DataWidth-1:0]         engine_w_data;
  logic [StrbWidth-1:0]         engine_w_strb;

  logic [Ports-1:0]             g_ar_valid, g_ar_ready, g_r_valid, g_r_ready;
  logic [Ports*AddrWidth-1:0]   g_ar_addr, g_aw_addr;
  logic [Ports*8-1:0]           g_ar_len, g_aw_len;
  logic [Ports*3-1:0]           g_ar_size, g_aw_size;
  logic [Ports*2-1:0]           g_ar_burst, g_aw_burst;
  logic [Ports-1:0]             g_aw_valid, g_aw_ready, g_w_valid, g_w_ready, g_w_last;
  logic [Ports-1:0]             g_b_valid, g_b_ready;
  logic [Ports*DataWidth-1:0]   g_w_data;
  logic [Ports*StrbWidth-1:0]   g_w_strb;
  logic [DataWidth-1:0]         g_r_data;
  logic [1:0]                   g_r_resp, g_b_resp;
  logic                         g_r_last;

  // Channel 2p reads and channel 2p + 1 writes for port p.
  logic [2*Ports-1:0]           need, need_gnt, arrive, arrive_gnt;
  logic [2*Ports*GfnWidth-1:0]  need_gfn, arrive_gfn;
  logic                         tags_ready, look, look_gnt, scrub_busy, mark, mark_ok;
  logic [GfnWidth-1:0]          look_gfn, parity_gfn, upd_gfn;
  logic [1:0]                   rsp_state_bits;
  dm_pkg::page_state_e          rsp_state, upd_state, page_state;
  logic [PayloadWidth-1:0]      rsp_payload, upd_payload;
  logic                         tag_write, upd, upd_all, upd_poison, ev_parity, parity_seen_q;
  logic                         unused_rsp_parity_error;
  logic [RfnWidth-1:0]          page_payload;

  logic [Ports-1:0]             req_valid, req_write, req_away, grant, stall, fail, resolve;
  logic [Ports*GfnWidth-1:0]    req_gfn;
  logic [FrameWidth-1:0]        grant_frame;
  logic                         resolve_write, resolve_fail, freeze;
  logic                         stalled, stalled_write;
  logic [3:0]                   stalled_port;
  dm_pkg::stall_kind_e          stalled_kind;
  logic [GfnWidth-1:0]          stalled_gfn;

  logic                         pop_valid, pop, coming, demand;
  logic [FrameWidth-1:0]        pop_frame;
  logic                         fr_valid, fr_busy;
  logic [4:0]                   fr_op;
  logic [RfnWidth-1:0]          fr_frame, fr_value;
  dm_pkg::code_e                fr_code;

  logic [Ports-1:0]             mon_beat, mon_nonzero, mon_incr, mon_b, mon_b_error;
  logic [Ports-1:0]             rd_match, wr_match;
  logic [Ports*GfnWidth-1:0]    mon_gfn;
  logic [Ports*FrameWidth-1:0]  mon_frame, mon_b_frame;
  logic [Ports*BeatWidth-1:0]   mon_index;
  logic [Ports*StrbWidth-1:0]   mon_strb;
  logic [FrameWidth-1:0]        query_frame, det_frame, start_frame, step_frame;
  logic                         det_valid, det_ok, start, start_keep, drain_busy;
  logic                         step_valid, step_keep, step_done;
  logic [GfnWidth-1:0]          det_gfn;

  logic [Ports-1:0]             guest_busy, ev_zero_read, ev_elided;
  logic                         ev_fast, ev_demand, ev_stall, ev_resolved;
  logic                         ev_redormant_store, ev_redormant_bell;
  logic [31:0]                  conv_latency, stall_latency;
  logic [31:0]                  zero_reads, elided_writes, fast_conversions, demand_conversions;
  logic [31:0]                  stalls, redormanted_stores, redormanted_doorbell, parity_errors;
  logic [16*32-1:0]             conversion_hist, stall_hist;

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
    .cmd_valid_i      (fr_valid),
    .cmd_op_i         (fr_op),
    .cmd_frame_i      (fr_frame),
    .cmd_busy_o       (fr_busy),
    .cmd_code_o       (fr_code),
    .cmd_value_o      (fr_value),
    .pop_valid_o      (pop_valid),
    .pop_frame_o      (pop_frame),
    .pop_i            (pop),
    .demand_i         (demand),
    .coming_o         (coming),
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
    .mapped_o         (mapped),
    .claimed_o        (claimed),
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
    .ev_dirtied_o     (ev_dirtied)
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
    .aw_valid_o     (engine_aw_valid),
    .aw_ready_i     (engine_aw_ready),
    .aw_addr_o      (engine_aw_addr),
    .aw_len_o       (engine_aw_len),
    .aw_size_o      (engine_aw_size),
    .aw_burst_o     (engine_aw_burst),
    .w_valid_o      (engine_w_valid),
    .w_ready_i      (engine_w_ready),
    .w_data_o       (engine_w_data),
    .w_strb_o       (engine_w_strb),
    .w_last_o       (engine_w_last),
    .b_valid_i      (engine_b_valid),
    .b_ready_o      (engine_b_ready),
    .b_resp_i       (engine_b_resp),
    .page_active_o  (page_active),
    .b_busy_o       (b_busy),
    .throttled_o    (throttled),
    .cycle_o        (cycle)
  );

  // The engine takes every answer at once.
  logic unused_engine_b_ready;
  assign unused_engine_b_ready = engine_b_ready;

  for (genvar p = 0; p < Ports; p++) begin : gen_gates
    dm_gate #(
      .AddrWidth  (AddrWidth),
      .DataWidth  (DataWidth),
      .IdWidth    (IdWidth),
      .PageShift  (PageShift),
      .GuestPages (GuestPages),
      .FrameWidth (FrameWidth),
      .Depth      (PortDepth)
    ) u_gate (
      .clk_i              (clk_i),
      .rst_ni             (rst_ni),
      .convert_on_read_i  (hw_out.POLICY.convert_on_read.value),
      .elide_i            (hw_out.POLICY.elide.value),
      .s_aw_id_i          (s_axi_awid_i[IdWidth*p+:IdWidth]),
      .s_aw_addr_i        (s_axi_awaddr_i[AddrWidth*p+:AddrWidth]),
      .s_aw_len_i         (s_axi_awlen_i[8*p+:8]),
      .s_aw_size_i        (s_axi_awsize_i[3*p+:3]),
      .s_aw_burst_i       (s_axi_awburst_i[2*p+:2]),
      .s_aw_lock_i        (s_axi_awlock_i[p]),
      .s_aw_valid_i       (s_axi_awvalid_i[p]),
      .s_aw_ready_o       (s_axi_awready_o[p]),
      .s_w_data_i         (s_axi_wdata_i[DataWidth*p+:DataWidth]),
      .s_w_strb_i         (s_axi_wstrb_i[StrbWidth*p+:StrbWidth]),
      .s_w_last_i         (s_axi_wlast_i[p]),
      .s_w_valid_i        (s_axi_wvalid_i[p]),
      .s_w_ready_o        (s_axi_wready_o[p]),
      .s_b_id_o           (s_axi_bid_o[IdWidth*p+:IdWidth]),
      .s_b_resp_o         (s_axi_bresp_o[2*p+:2]),
      .s_b_valid_o        (s_axi_bvalid_o[p]),
      .s_b_ready_i        (s_axi_bready_i[p]),
      .s_ar_id_i          (s_axi_arid_i[IdWidth*p+:IdWidth]),
      .s_ar_addr_i        (s_axi_araddr_i[AddrWidth*p+:AddrWidth]),
      .s_ar_len_i         (s_axi_arlen_i[8*p+:8]),
      .s_ar_size_i        (s_axi_arsize_i[3*p+:3]),
      .s_ar_burst_i       (s_axi_arburst_i[2*p+:2]),
      .s_ar_lock_i        (s_axi_arlock_i[p]),
      .s_ar_valid_i       (s_axi_arvalid_i[p]),
      .s_ar_ready_o       (s_axi_arready_o[p]),
      .s_r_id_o           (s_axi_rid_o[IdWidth*p+:IdWidth]),
      .s_r_data_o         (s_axi_rdata_o[DataWidth*p+:DataWidth]),
      .s_r_resp_o         (s_axi_rresp_o[2*p+:2]),
      .s_r_last_o         (s_axi_rlast_o[p]),
      .s_r_valid_o        (s_axi_rvalid_o[p]),
      .s_r_ready_i        (s_axi_rready_i[p]),
      .m_aw_addr_o        (g_aw_addr[AddrWidth*p+:AddrWidth]),
      .m_aw_len_o         (g_aw_len[8*p+:8]),
      .m_aw_size_o        (g_aw_size[3*p+:3]),
      .m_aw_burst_o       (g_aw_burst[2*p+:2]),
      .m_aw_valid_o       (g_aw_valid[p]),
      .m_aw_ready_i       (g_aw_ready[p]),
      .m_w_data_o         (g_w_data[DataWidth*p+:DataWidth]),
      .m_w_strb_o         (g_w_strb[StrbWidth*p+:StrbWidth]),
      .m_w_last_o         (g_w_last[p]),
      .m_w_valid_o        (g_w_valid[p]),
      .m_w_ready_i        (g_w_ready[p]),
      .m_b_resp_i         (g_b_resp),
      .m_b_valid_i        (g_b_valid[p]),
      .m_b_ready_o        (g_b_ready[p]),
      .m_ar_addr_o        (g_ar_addr[AddrWidth*p+:AddrWidth]),
      .m_ar_len_o         (g_ar_len[8*p+:8]),
      .m_ar_size_o        (g_ar_size[3*p+:3]),
      .m_ar_burst_o       (g_ar_burst[2*p+:2]),
      .m_ar_valid_o       (g_ar_valid[p]),
      .m_ar_ready_i       (g_ar_ready[p]),
      .m_r_data_i         (g_r_data),
      .m_r_resp_i         (g_r_resp),
      .m_r_last_i         (g_r_last),
      .m_r_valid_i        (g_r_valid[p]),
      .m_r_ready_o        (g_r_ready[p]),
      .need_o             (need[2*p+:2]),
      .need_gfn_o         (need_gfn[2*GfnWidth*p+:2*GfnWidth]),
      .need_gnt_i         (need_gnt[2*p+:2]),
      .arrive_o           (arrive[2*p+:2]),
      .arrive_gfn_o       (arrive_gfn[2*GfnWidth*p+:2*GfnWidth]),
      .arrive_gnt_i       (arrive_gnt[2*p+:2]),
      .rsp_state_i        (rsp_state),
      .rsp_frame_i        (rsp_payload[FrameWidth-1:0]),
      .upd_i              (upd),
      .upd_all_i          (upd_all),
      .upd_index_i        (4'(upd_gfn)),
      .freeze_i           (freeze),
      .req_valid_o        (req_valid[p]),
      .req_write_o        (req_write[p]),
      .req_away_o         (req_away[p]),
      .req_gfn_o          (req_gfn[GfnWidth*p+:GfnWidth]),
      .grant_i            (grant[p]),
      .grant_frame_i      (grant_frame),
      .stall_i            (stall[p]),
      .fail_i             (fail[p]),
      .resolve_i          (resolve[p]),
      .resolve_write_i    (resolve_write),
      .resolve_fail_i     (resolve_fail),
      .query_frame_i      (query_frame),
      .rd_match_o         (rd_match[p]),
      .wr_match_o         (wr_match[p]),
      .mon_beat_o         (mon_beat[p]),
      .mon_gfn_o          (mon_gfn[GfnWidth*p+:GfnWidth]),
      .mon_frame_o        (mon_frame[FrameWidth*p+:FrameWidth]),
      .mon_index_o        (mon_index[BeatWidth*p+:BeatWidth]),
      .mon_strb_o         (mon_strb[StrbWidth*p+:StrbWidth]),
      .mon_nonzero_o      (mon_nonzero[p]),
      .mon_incr_o         (mon_incr[p]),
      .mon_b_o            (mon_b[p]),
      .mon_b_error_o      (mon_b_error[p]),
      .mon_b_frame_o      (mon_b_frame[FrameWidth*p+:FrameWidth]),
      .busy_o             (guest_busy[p]),
      .ev_zero_read_o     (ev_zero_read[p]),
      .ev_elided_o        (ev_elided[p])
    );
  end

  dm_tag_table #(
    .Channels     (2 * Ports),
    .GuestPages   (GuestPages),
    .PayloadWidth (PayloadWidth),
    .NodeId       (NodeId)
  ) u_tags (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .ready_o            (tags_ready),
    .cmd_req_i          (look),
    .cmd_gfn_i          (look_gfn),
    .cmd_gnt_o          (look_gnt),
    .need_i             (need),
    .need_gfn_i         (need_gfn),
    .need_gnt_o         (need_gnt),
    .arrive_i           (arrive),
    .arrive_gfn_i       (arrive_gfn),
    .arrive_gnt_o       (arrive_gnt),
    .rsp_state_o        (rsp_state_bits),
    .rsp_payload_o      (rsp_payload),
    .rsp_parity_error_o (unused_rsp_parity_error),
    .upd_i              (tag_write),
    .upd_gfn_i          (upd_gfn),
    .upd_state_i        (upd_state),
    .upd_payload_i      (upd_payload),
    .upd_poison_i       (upd_poison),
    .mark_i             (mark),
    .mark_state_i       (upd_state),
    .mark_payload_i     (upd_payload),
    .mark_ok_o          (mark_ok),
    .scrub_busy_o       (scrub_busy),
    .ev_parity_error_o  (ev_parity),
    .parity_gfn_o       (parity_gfn)
  );

  assign rsp_state = dm_pkg::page_state_e'(rsp_state_bits);

  dm_pages #(
    .GuestPages   (GuestPages),
    .FrameWidth   (FrameWidth),
    .PayloadWidth (PayloadWidth),
    .Ports        (Ports)
  ) u_pages (
    .clk_i                (clk_i),
    .rst_ni               (rst_ni),
    .hw_convert_i         (hw_out.POLICY.hw_convert.value),
    .cmd_valid_i          (cmd_valid_q),
    .cmd_op_i             (hw_out.CMD.op.value),
    .cmd_target_i         (hw_out.CMD.target.value),
    .cmd_arg_i            ({2'b00, hw_out.ARG.kind.value, hw_out.ARG.value.value}),
    .cmd_busy_o           (cmd_busy),
    .cmd_code_o           (cmd_code),
    .cmd_value_o          (cmd_value),
    .page_state_o         (page_state),
    .page_payload_o       (page_payload),
    .req_valid_i          (req_valid),
    .req_write_i          (req_write),
    .req_away_i           (req_away),
    .req_gfn_i            (req_gfn),
    .grant_o              (grant),
    .grant_frame_o        (grant_frame),
    .stall_o              (stall),
    .fail_o               (fail),
    .resolve_o            (resolve),
    .resolve_write_o      (resolve_write),
    .resolve_fail_o       (resolve_fail),
    .freeze_o             (freeze),
    .look_o               (look),
    .look_gfn_o           (look_gfn),
    .look_gnt_i           (look_gnt),
    .rsp_state_i          (rsp_state),
    .rsp_payload_i        (rsp_payload),
    .write_o              (tag_write),
    .upd_o                (upd),
    .upd_all_o            (upd_all),
    .upd_gfn_o            (upd_gfn),
    .upd_state_o          (upd_state),
    .upd_payload_o        (upd_payload),
    .upd_poison_o         (upd_poison),
    .mark_o               (mark),
    .mark_ok_i            (mark_ok),
    .pop_valid_i          (pop_valid),
    .pop_frame_i          (pop_frame),
    .pop_o                (pop),
    .coming_i             (coming),
    .ev_bad_i             (ev_bad),
    .none_mapped_i        (mapped == '0),
    .demand_o             (demand),
    .fr_valid_o           (fr_valid),
    .fr_op_o              (fr_op),
    .fr_frame_o           (fr_frame),
    .fr_busy_i            (fr_busy),
    .fr_code_i            (fr_code),
    .fr_value_i           (fr_value),
    .det_valid_i          (det_valid),
    .det_ok_i             (det_ok),
    .det_gfn_i            (det_gfn),
    .det_frame_i          (det_frame),
    .start_o              (start),
    .start_keep_o         (start_keep),
    .start_frame_o        (start_frame),
    .drain_busy_i         (drain_busy),
    .step_valid_i         (step_valid),
    .step_keep_i          (step_keep),
    .step_frame_i         (step_frame),
    .step_done_o          (step_done),
    .stalled_o            (stalled),
    .stalled_port_o       (stalled_port),
    .stalled_write_o      (stalled_write),
    .stalled_kind_o       (stalled_kind),
    .stalled_gfn_o        (stalled_gfn),
    .ev_fast_o            (ev_fast),
    .ev_demand_o          (ev_demand),
    .conv_latency_o       (conv_latency),
    .ev_stall_o           (ev_stall),
    .ev_resolved_o        (ev_resolved),
    .stall_latency_o      (stall_latency),
    .ev_redormant_store_o (ev_redormant_store),
    .ev_redormant_bell_o  (ev_redormant_bell),
    .ev_cmd_error_o       (ev_cmd_error),
    .ev_cmd_refused_o     (ev_cmd_refused)
  );

  dm_redormant #(
    .DataWidth  (DataWidth),
    .PageShift  (PageShift),
    .GuestPages (GuestPages),
    .FrameWidth (FrameWidth),
    .Ports      (Ports),
    .Trackers   (Trackers)
  ) u_redormant (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .enable_i      (hw_out.POLICY.detect.value),
    .delay_i       (hw_out.REDORMANT_DELAY.cycles.value),
    .mon_beat_i    (mon_beat),
    .mon_gfn_i     (mon_gfn),
    .mon_frame_i   (mon_frame),
    .mon_index_i   (mon_index),
    .mon_strb_i    (mon_strb),
    .mon_nonzero_i (mon_nonzero),
    .mon_incr_i    (mon_incr),
    .mon_b_i       (mon_b),
    .mon_b_error_i (mon_b_error),
    .mon_b_frame_i (mon_b_frame),
    .query_frame_o (query_frame),
    .rd_match_i    (rd_match),
    .wr_match_i    (wr_match),
    .upd_i         (upd),
    .upd_all_i     (upd_all),
    .upd_gfn_i     (upd_gfn),
    .det_valid_o   (det_valid),
    .det_ok_o      (det_ok),
    .det_gfn_o     (det_gfn),
    .det_frame_o   (det_frame),
    .start_i       (start),
    .start_keep_i  (start_keep),
    .start_frame_i (start_frame),
    .drain_busy_o  (drain_busy),
    .step_valid_o  (step_valid),
    .step_keep_o   (step_keep),
    .step_frame_o  (step_frame),
    .step_done_i   (step_done)
  );

  dm_arbiter #(
    .Ports     (Ports),
    .AddrWidth (AddrWidth),
    .DataWidth (DataWidth)
  ) u_arbiter (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .urgent_i          (demand),
    .ar_valid_i        (g_ar_valid),
    .ar_ready_o        (g_ar_ready),
    .ar_addr_i         (g_ar_addr),
    .ar_len_i          (g_ar_len),
    .ar_size_i         (g_ar_size),
    .ar_burst_i        (g_ar_burst),
    .r_valid_o         (g_r_valid),
    .r_ready_i         (g_r_ready),
    .r_data_o          (g_r_data),
    .r_resp_o          (g_r_resp),
    .r_last_o          (g_r_last),
    .aw_valid_i        (g_aw_valid),
    .aw_ready_o        (g_aw_ready),
    .aw_addr_i         (g_aw_addr),
    .aw_len_i          (g_aw_len),
    .aw_size_i         (g_aw_size),
    .aw_burst_i        (g_aw_burst),
    .w_valid_i         (g_w_valid),
    .w_ready_o         (g_w_ready),
    .w_data_i          (g_w_data),
    .w_strb_i          (g_w_strb),
    .w_last_i          (g_w_last),
    .b_valid_o         (g_b_valid),
    .b_ready_i         (g_b_ready),
    .b_resp_o          (g_b_resp),
    .engine_aw_valid_i (engine_aw_valid),
    .engine_aw_ready_o (engine_aw_ready),
    .engine_aw_addr_i  (engine_aw_addr),
    .engine_aw_len_i   (engine_aw_len),
    .engine_aw_size_i  (engine_aw_size),
    .engine_aw_burst_i (engine_aw_burst),
    .engine_w_valid_i  (engine_w_valid),
    .engine_w_ready_o  (engine_w_ready),
    .engine_w_data_i   (engine_w_data),
    .engine_w_strb_i   (engine_w_strb),
    .engine_w_last_i   (engine_w_last),
    .engine_b_valid_o  (engine_b_valid),
    .engine_b_resp_o   (engine_b_resp),
    .m_ar_valid_o      (m_axi_arvalid_o),
    .m_ar_ready_i      (m_axi_arready_i),
    .m_ar_id_o         (m_axi_arid_o),
    .m_ar_addr_o       (m_axi_araddr_o),
    .m_ar_len_o        (m_axi_arlen_o),
    .m_ar_size_o       (m_axi_arsize_o),
    .m_ar_burst_o      (m_axi_arburst_o),
    .m_r_valid_i       (m_axi_rvalid_i),
    .m_r_ready_o       (m_axi_rready_o),
    .m_r_id_i          (m_axi_rid_i),
    .m_r_data_i        (m_axi_rdata_i),
    .m_r_resp_i        (m_axi_rresp_i),
    .m_r_last_i        (m_axi_rlast_i),
    .m_aw_valid_o      (m_axi_awvalid_o),
    .m_aw_ready_i      (m_axi_awready_i),
    .m_aw_id_o         (m_axi_awid_o),
    .m_aw_addr_o       (m_axi_awaddr_o),
    .m_aw_len_o        (m_axi_awlen_o),
    .m_aw_size_o       (m_axi_awsize_o),
    .m_aw_burst_o      (m_axi_awburst_o),
    .m_w_valid_o       (m_axi_wvalid_o),
    .m_w_ready_i       (m_axi_wready_i),
    .m_w_data_o        (m_axi_wdata_o),
    .m_w_strb_o        (m_axi_wstrb_o),
    .m_w_last_o        (m_axi_wlast_o),
    .m_b_valid_i       (m_axi_bvalid_i),
    .m_b_ready_o       (m_axi_bready_o),
    .m_b_id_i          (m_axi_bid_i),
    .m_b_resp_i        (m_axi_bresp_i)
  );

  dm_counters #(
    .Ports (Ports)
  ) u_counters (
    .clk_i                  (clk_i),
    .rst_ni                 (rst_ni),
    .cycle_i                (cycle),
    .ev_zeroed_i            (ev_zeroed),
    .ev_retried_i           (ev_retried),
    .ev_cmd_error_i         (ev_cmd_error),
    .ev_cmd_refused_i       (ev_cmd_refused),
    .ev_zero_read_i         (ev_zero_read),
    .ev_elided_i            (ev_elided),
    .ev_fast_i              (ev_fast),
    .ev_demand_i            (ev_demand),
    .conv_latency_i         (conv_latency),
    .ev_stall_i             (ev_stall),
    .ev_resolved_i          (ev_resolved),
    .stall_latency_i        (stall_latency),
    .ev_redormant_store_i   (ev_redormant_store),
    .ev_redormant_bell_i    (ev_redormant_bell),
    .ev_parity_i            (ev_parity),
    .busy_o                 (busy_cycles),
    .w_stalled_o            (w_stalled_cycles),
    .aw_stalled_o           (aw_stalled_cycles),
    .b_wait_o               (b_wait_cycles),
    .throttled_o            (throttled_cycles),
    .idle_o                 (idle_cycles),
    .total_o                (total_cycles),
    .zeroed_o               (zeroed_count),
    .retried_o              (retried_count),
    .cmd_errors_o           (cmd_errors),
    .zero_reads_o           (zero_reads),
    .elided_writes_o        (elided_writes),
    .fast_conversions_o     (fast_conversions),
    .demand_conversions_o   (demand_conversions),
    .stalls_o               (stalls),
    .redormanted_stores_o   (redormanted_stores),
    .redormanted_doorbell_o (redormanted_doorbell),
    .parity_errors_o        (parity_errors),
    .conversion_hist_o      (conversion_hist),
    .stall_hist_o           (stall_hist)
  );

  // A command starts in the cycle after its write, when the register holds it.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cmd_valid_q   <= 1'b0;
      parity_seen_q <= 1'b0;
    end else begin
      cmd_valid_q   <= hw_out.CMD.op.swmod;
      parity_seen_q <= parity_seen_q || ev_parity;
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
    hw_in.RESULT.busy.next             = cmd_busy || cmd_valid_q;
    hw_in.RESULT.code.next             = cmd_code;
    hw_in.RESULT.value.next            = cmd_value;
    hw_in.STATUS.ready.next            = ready && tags_ready;
    hw_in.STATUS.running.next          = running;
    hw_in.STATUS.page_active.next      = page_active;
    hw_in.STATUS.aw_busy.next          = engine_aw_valid;
    hw_in.STATUS.w_busy.next           = engine_w_valid;
    hw_in.STATUS.b_busy.next           = b_busy;
    hw_in.STATUS.throttled.next        = throttled;
    hw_in.STATUS.frames_busy.next      = frames_busy;
    hw_in.STATUS.guests_busy.next      = (guest_busy != '0);
    hw_in.STATUS.drain_busy.next       = drain_busy;
    hw_in.STATUS.scrub_busy.next       = scrub_busy;
    hw_in.IRQ_STATUS.pool_low.hwset    = ev_pool_low;
    hw_in.IRQ_STATUS.pool_high.hwset   = ev_pool_high;
    hw_in.IRQ_STATUS.bad_frame.hwset   = ev_bad;
    hw_in.IRQ_STATUS.cmd_error.hwset   = ev_cmd_error;
    hw_in.IRQ_STATUS.cmd_refused.hwset = ev_cmd_refused;
    hw_in.IRQ_STATUS.queue_empty.hwset = ev_queue_empty;
    hw_in.IRQ_STATUS.stall.hwset       = ev_stall;
    hw_in.IRQ_STATUS.parity.hwset      = ev_parity;
    hw_in.IRQ_STATUS.dirtied.hwset     = ev_dirtied;
    hw_in.PAGE.state.next              = page_state;
    hw_in.PAGE.payload.next            = page_payload;
    hw_in.STALL.valid.next             = stalled;
    hw_in.STALL.kind.next              = stalled_kind;
    hw_in.STALL.write.next             = stalled_write;
    hw_in.STALL.port.next              = stalled_port;
    hw_in.STALL_PAGE.gfn.next          = 28'(stalled_gfn);
    hw_in.PARITY_PAGE.valid.next       = parity_seen_q;
    hw_in.PARITY_PAGE.gfn.next         = 28'(parity_gfn);
    hw_in.GUEST_PAGES.pages.next       = 32'(GuestPages);
    hw_in.PORTS.ports.next             = 3'(Ports);
    hw_in.PORTS.trackers.next          = 4'(Trackers);
    hw_in.BAD_FRAME.valid.next         = bad_valid;
    hw_in.BAD_FRAME.frame.next         = RfnWidth'(bad_frame);
    hw_in.QUEUE_LEVEL.frames.next      = 32'(queue_level);
    hw_in.URGENT_LEVEL.frames.next     = 32'(urgent_level);
    hw_in.POOL_LEVEL.frames.next       = 32'(pool_level);
    hw_in.COUNT_ZEROING.frames.next    = 32'(zeroing);
    hw_in.COUNT_DIRTY.frames.next      = 32'(dirty);
    hw_in.COUNT_HELD.frames.next       = 32'(held);
    hw_in.COUNT_BAD.frames.next        = 32'(bad);
    hw_in.COUNT_MAPPED.frames.next     = 32'(mapped);
    hw_in.COUNT_CLAIMED.frames.next    = 32'(claimed);
    hw_in.ZERO_READS.count.next           = zero_reads;
    hw_in.ELIDED_WRITES.count.next        = elided_writes;
    hw_in.FAST_CONVERSIONS.count.next     = fast_conversions;
    hw_in.DEMAND_CONVERSIONS.count.next   = demand_conversions;
    hw_in.STALLS.count.next               = stalls;
    hw_in.REDORMANTED_STORES.count.next   = redormanted_stores;
    hw_in.REDORMANTED_DOORBELL.count.next = redormanted_doorbell;
    hw_in.PARITY_ERRORS.count.next        = parity_errors;
    for (int unsigned k = 0; k < 16; k++) begin
      hw_in.CONVERSION_HIST[k].count.next = conversion_hist[32*k+:32];
      hw_in.STALL_HIST[k].count.next      = stall_hist[32*k+:32];
    end
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
    hw_out.IRQ_STATUS.queue_empty.value && hw_out.IRQ_ENABLE.queue_empty.value,
    hw_out.IRQ_STATUS.stall.value       && hw_out.IRQ_ENABLE.stall.value,
    hw_out.IRQ_STATUS.parity.value      && hw_out.IRQ_ENABLE.parity.value,
    hw_out.IRQ_STATUS.dirtied.value     && hw_out.IRQ_ENABLE.dirtied.value
  };

endmodule
