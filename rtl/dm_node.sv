// One node: the guest's ports, tag table, frame lists, zeroing engine, counters and registers beside
// a memory controller.
//
// Invariant: every output is driven by registers alone, but for the answers to guests: R and B of
//   s_axi follow R and B of m_axi in the same cycle. All that memory answers is taken at once.
// Resets:    mem_rst_ni is the one that memory gets, and it comes with rst_ni; who has one reset connects
//   it to both. While mem_rst_ni is high, rst_ni changes with clk_i; then nothing of memory's answers
//   to the life before reaches the next, which is ready (STATUS.ready) when memory owes no more.
// Latency:   register write 2 cycles, read 3; the blocks state theirs.
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
  parameter int unsigned PortBeats      = 256,   // power of two, 4..256
  parameter int unsigned Trackers       = 4,     // 1..8
  parameter int unsigned MaxOutstanding = 8,     // 8..64
  parameter int unsigned MaxBeats       = 16,    // power of two, 4..256
  parameter int unsigned QueueDepth     = 1024,  // power of two, 2..2^28
  parameter int unsigned UrgentDepth    = 16,    // power of two, 2..2^28
  parameter int unsigned PoolDepth      = 1024,  // power of two, 2..2^28
  localparam int unsigned SourceWidth   = $clog2(Ports + 1)
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   mem_rst_ni,  // the reset that memory gets
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
  if (!power_of_two(PortBeats, 4, 256)) begin : gen_bad_port_beats
    $error("PortBeats must be a power of two, 4 to 256");
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

  // The control plane: settings, commands, and what firmware sees.
  dm_pkg::settings_t            settings;
  dm_pkg::status_t              status;
  dm_pkg::frame_counts_t        counts;
  dm_pkg::frame_events_t        frame_ev;
  dm_pkg::dormant_events_t      ev;
  logic                         cmd_valid, cmd_busy;
  logic [4:0]                   cmd_op;
  logic [RfnWidth-1:0]          cmd_target, cmd_value, page_payload;
  logic [31:0]                  cmd_arg;
  dm_pkg::code_e                cmd_code;
  dm_pkg::page_state_e          page_state;
  logic                         stalled, stalled_write;
  logic [3:0]                   stalled_port;
  dm_pkg::stall_kind_e          stalled_kind;
  logic [GfnWidth-1:0]          stalled_gfn, parity_gfn;
  logic                         tags_ready, guests_busy, drain_busy, scrub_busy;
  logic [Ports-1:0]             ev_port_stray;

  // The frames.
  logic                         pop_valid, pop, coming, demand, fr_valid, fr_busy;
  logic [FrameWidth-1:0]        pop_frame;
  logic [4:0]                   fr_op;
  logic [RfnWidth-1:0]          fr_frame, fr_value;
  dm_pkg::code_e                fr_code;
  logic                         urgent, frame_valid, frame_ready, done_valid, done_error;
  logic [FrameWidth-1:0]        frame, bad_frame;
  logic [$clog2(QueueDepth):0]  queue_level;
  logic [$clog2(UrgentDepth):0] urgent_level;
  logic [$clog2(PoolDepth):0]   pool_level;
  logic [CountWidth-1:0]        dirty, zeroing, held, bad, mapped, claimed, moving;
  logic [CountWidth-1:0]        filled, lost;
  logic [GfnWidth-1:0]          fr_page, pop_page, owner;
  logic                         damaged, ev_frame_parity;
  logic                         bad_valid, frames_ready, frames_running, frames_busy;
  logic                         ev_zeroed, ev_retried, ev_bad, ev_pool_low, ev_pool_high;
  logic                         ev_queue_empty, ev_dirtied;

  // The engine.
  logic                         page_active, b_busy, throttled;
  dm_pkg::cycle_e               cycle;

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

  // From the arbiter to the fence.
  logic                         f_ar_valid, f_ar_ready, f_r_valid, f_r_ready;
  logic                         f_aw_valid, f_aw_ready, f_w_valid, f_w_ready, f_w_last;
  logic                         f_b_valid, f_b_ready;
  logic [SourceWidth-1:0]       f_ar_id, f_aw_id;
  logic [AddrWidth-1:0]         f_ar_addr, f_aw_addr;
  logic [7:0]                   f_ar_len, f_aw_len;
  logic [2:0]                   f_ar_size, f_aw_size;
  logic [1:0]                   f_ar_burst, f_aw_burst;
  logic [DataWidth-1:0]         f_w_data;
  logic [StrbWidth-1:0]         f_w_strb;
  logic                         open;
  logic [1:0]                   ev_stray;
  logic [2:0]                   stray;


  assign status = {frames_running, page_active, engine_aw_valid, engine_w_valid, b_busy, throttled,
                   frames_busy, guests_busy, drain_busy, scrub_busy};
  assign counts = {32'(queue_level), 32'(urgent_level), 32'(pool_level), 32'(zeroing), 32'(dirty),
                   32'(held), 32'(bad), 32'(mapped), 32'(claimed), 32'(moving), 32'(filled),
                   32'(lost)};
  assign frame_ev = {ev_zeroed, ev_retried, ev_bad, ev_pool_low, ev_pool_high, ev_queue_empty,
                     ev_dirtied, ev_frame_parity};

  dm_csr #(
    .NodeId         (NodeId),
    .DataWidth      (DataWidth),
    .PageShift      (PageShift),
    .RealFrames     (RealFrames),
    .GuestPages     (GuestPages),
    .Ports          (Ports),
    .Trackers       (Trackers),
    .MaxOutstanding (MaxOutstanding),
    .QueueDepth     (QueueDepth),
    .UrgentDepth    (UrgentDepth),
    .PoolDepth      (PoolDepth)
  ) u_csr (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .irq_o            (irq_o),
    .s_axil_awaddr_i  (s_axil_awaddr_i),
    .s_axil_awvalid_i (s_axil_awvalid_i),
    .s_axil_awready_o (s_axil_awready_o),
    .s_axil_wdata_i   (s_axil_wdata_i),
    .s_axil_wstrb_i   (s_axil_wstrb_i),
    .s_axil_wvalid_i  (s_axil_wvalid_i),
    .s_axil_wready_o  (s_axil_wready_o),
    .s_axil_bresp_o   (s_axil_bresp_o),
    .s_axil_bvalid_o  (s_axil_bvalid_o),
    .s_axil_bready_i  (s_axil_bready_i),
    .s_axil_araddr_i  (s_axil_araddr_i),
    .s_axil_arvalid_i (s_axil_arvalid_i),
    .s_axil_arready_o (s_axil_arready_o),
    .s_axil_rdata_o   (s_axil_rdata_o),
    .s_axil_rresp_o   (s_axil_rresp_o),
    .s_axil_rvalid_o  (s_axil_rvalid_o),
    .s_axil_rready_i  (s_axil_rready_i),
    .settings_o       (settings),
    .cmd_valid_o      (cmd_valid),
    .cmd_op_o         (cmd_op),
    .cmd_target_o     (cmd_target),
    .cmd_arg_o        (cmd_arg),
    .cmd_busy_i       (cmd_busy),
    .cmd_code_i       (cmd_code),
    .cmd_value_i      (cmd_value),
    .page_state_i     (page_state),
    .page_payload_i   (page_payload),
    .ready_i          (frames_ready && tags_ready && open),
    .status_i         (status),
    .counts_i         (counts),
    .bad_valid_i      (bad_valid),
    .bad_frame_i      (RfnWidth'(bad_frame)),
    .damaged_i        (damaged),
    .owner_i          (28'(owner)),
    .stalled_i        (stalled),
    .stalled_port_i   (stalled_port),
    .stalled_write_i  (stalled_write),
    .stalled_kind_i   (stalled_kind),
    .stalled_gfn_i    (28'(stalled_gfn)),
    .parity_gfn_i     (28'(parity_gfn)),
    .cycle_i          (cycle),
    .frame_ev_i       (frame_ev),
    .ev_stray_i       (stray),
    .ev_i             (ev)
  );

  dm_dormant #(
    .NodeId     (NodeId),
    .AddrWidth  (AddrWidth),
    .DataWidth  (DataWidth),
    .IdWidth    (IdWidth),
    .PageShift  (PageShift),
    .GuestPages (GuestPages),
    .RealFrames (RealFrames),
    .FrameWidth (FrameWidth),
    .Ports      (Ports),
    .Depth      (PortDepth),
    .Beats      (PortBeats),
    .Trackers   (Trackers)
  ) u_dormant (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .ready_o           (tags_ready),
    .convert_on_read_i (settings.convert_on_read),
    .elide_i           (settings.elide),
    .detect_i          (settings.detect),
    .hw_convert_i      (settings.hw_convert),
    .delay_i           (settings.redormant_delay),
    .cmd_valid_i       (cmd_valid),
    .cmd_op_i          (cmd_op),
    .cmd_target_i      (cmd_target),
    .cmd_arg_i         (cmd_arg),
    .cmd_busy_o        (cmd_busy),
    .cmd_code_o        (cmd_code),
    .cmd_value_o       (cmd_value),
    .page_state_o      (page_state),
    .page_payload_o    (page_payload),
    .s_aw_id_i         (s_axi_awid_i),
    .s_aw_addr_i       (s_axi_awaddr_i),
    .s_aw_len_i        (s_axi_awlen_i),
    .s_aw_size_i       (s_axi_awsize_i),
    .s_aw_burst_i      (s_axi_awburst_i),
    .s_aw_lock_i       (s_axi_awlock_i),
    .s_aw_valid_i      (s_axi_awvalid_i),
    .s_aw_ready_o      (s_axi_awready_o),
    .s_w_data_i        (s_axi_wdata_i),
    .s_w_strb_i        (s_axi_wstrb_i),
    .s_w_last_i        (s_axi_wlast_i),
    .s_w_valid_i       (s_axi_wvalid_i),
    .s_w_ready_o       (s_axi_wready_o),
    .s_b_id_o          (s_axi_bid_o),
    .s_b_resp_o        (s_axi_bresp_o),
    .s_b_valid_o       (s_axi_bvalid_o),
    .s_b_ready_i       (s_axi_bready_i),
    .s_ar_id_i         (s_axi_arid_i),
    .s_ar_addr_i       (s_axi_araddr_i),
    .s_ar_len_i        (s_axi_arlen_i),
    .s_ar_size_i       (s_axi_arsize_i),
    .s_ar_burst_i      (s_axi_arburst_i),
    .s_ar_lock_i       (s_axi_arlock_i),
    .s_ar_valid_i      (s_axi_arvalid_i),
    .s_ar_ready_o      (s_axi_arready_o),
    .s_r_id_o          (s_axi_rid_o),
    .s_r_data_o        (s_axi_rdata_o),
    .s_r_resp_o        (s_axi_rresp_o),
    .s_r_last_o        (s_axi_rlast_o),
    .s_r_valid_o       (s_axi_rvalid_o),
    .s_r_ready_i       (s_axi_rready_i),
    .m_aw_addr_o       (g_aw_addr),
    .m_aw_len_o        (g_aw_len),
    .m_aw_size_o       (g_aw_size),
    .m_aw_burst_o      (g_aw_burst),
    .m_aw_valid_o      (g_aw_valid),
    .m_aw_ready_i      (g_aw_ready),
    .m_w_data_o        (g_w_data),
    .m_w_strb_o        (g_w_strb),
    .m_w_last_o        (g_w_last),
    .m_w_valid_o       (g_w_valid),
    .m_w_ready_i       (g_w_ready),
    .m_b_resp_i        (g_b_resp),
    .m_b_valid_i       (g_b_valid),
    .m_b_ready_o       (g_b_ready),
    .m_ar_addr_o       (g_ar_addr),
    .m_ar_len_o        (g_ar_len),
    .m_ar_size_o       (g_ar_size),
    .m_ar_burst_o      (g_ar_burst),
    .m_ar_valid_o      (g_ar_valid),
    .m_ar_ready_i      (g_ar_ready),
    .m_r_data_i        (g_r_data),
    .m_r_resp_i        (g_r_resp),
    .m_r_last_i        (g_r_last),
    .m_r_valid_i       (g_r_valid),
    .m_r_ready_o       (g_r_ready),
    .pop_valid_i       (pop_valid),
    .pop_frame_i       (pop_frame),
    .pop_o             (pop),
    .pop_page_o        (pop_page),
    .coming_i          (coming),
    .ev_bad_i          (ev_bad),
    .none_mapped_i     (mapped == '0),
    .demand_o          (demand),
    .fr_valid_o        (fr_valid),
    .fr_op_o           (fr_op),
    .fr_frame_o        (fr_frame),
    .fr_page_o         (fr_page),
    .fr_busy_i         (fr_busy),
    .fr_code_i         (fr_code),
    .fr_value_i        (fr_value),
    .fr_owner_i        (owner),
    .busy_o            (guests_busy),
    .drain_busy_o      (drain_busy),
    .scrub_busy_o      (scrub_busy),
    .stalled_o         (stalled),
    .stalled_port_o    (stalled_port),
    .stalled_write_o   (stalled_write),
    .stalled_kind_o    (stalled_kind),
    .stalled_gfn_o     (stalled_gfn),
    .parity_gfn_o      (parity_gfn),
    .ev_stray_o        (ev_port_stray),
    .ev_o              (ev)
  );

  dm_frames #(
    .RealFrames     (RealFrames),
    .GuestPages     (GuestPages),
    .QueueDepth     (QueueDepth),
    .UrgentDepth    (UrgentDepth),
    .PoolDepth      (PoolDepth),
    .MaxOutstanding (MaxOutstanding)
  ) u_frames (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .enable_i         (settings.enable),
    .water_low_i      (settings.water_low),
    .water_high_i     (settings.water_high),
    .cmd_valid_i      (fr_valid),
    .cmd_op_i         (fr_op),
    .cmd_frame_i      (fr_frame),
    .cmd_page_i       (fr_page),
    .cmd_busy_o       (fr_busy),
    .cmd_code_o       (fr_code),
    .cmd_value_o      (fr_value),
    .owner_o          (owner),
    .damaged_o        (damaged),
    .pop_valid_o      (pop_valid),
    .pop_frame_o      (pop_frame),
    .pop_i            (pop),
    .pop_page_i       (pop_page),
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
    .moving_o         (moving),
    .filled_o         (filled),
    .lost_o           (lost),
    .bad_o            (bad),
    .bad_valid_o      (bad_valid),
    .bad_frame_o      (bad_frame),
    .ready_o          (frames_ready),
    .running_o        (frames_running),
    .busy_o           (frames_busy),
    .ev_zeroed_o      (ev_zeroed),
    .ev_retried_o     (ev_retried),
    .ev_bad_o         (ev_bad),
    .ev_pool_low_o    (ev_pool_low),
    .ev_pool_high_o   (ev_pool_high),
    .ev_queue_empty_o (ev_queue_empty),
    .ev_dirtied_o     (ev_dirtied),
    .ev_parity_o      (ev_frame_parity)
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
    .cap_interval_i (settings.cap_interval),
    .cap_depth_i    (settings.cap_depth),
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
    .m_ar_valid_o      (f_ar_valid),
    .m_ar_ready_i      (f_ar_ready),
    .m_ar_id_o         (f_ar_id),
    .m_ar_addr_o       (f_ar_addr),
    .m_ar_len_o        (f_ar_len),
    .m_ar_size_o       (f_ar_size),
    .m_ar_burst_o      (f_ar_burst),
    .m_r_valid_i       (f_r_valid),
    .m_r_ready_o       (f_r_ready),
    .m_r_id_i          (m_axi_rid_i),
    .m_r_data_i        (m_axi_rdata_i),
    .m_r_resp_i        (m_axi_rresp_i),
    .m_r_last_i        (m_axi_rlast_i),
    .m_aw_valid_o      (f_aw_valid),
    .m_aw_ready_i      (f_aw_ready),
    .m_aw_id_o         (f_aw_id),
    .m_aw_addr_o       (f_aw_addr),
    .m_aw_len_o        (f_aw_len),
    .m_aw_size_o       (f_aw_size),
    .m_aw_burst_o      (f_aw_burst),
    .m_w_valid_o       (f_w_valid),
    .m_w_ready_i       (f_w_ready),
    .m_w_data_o        (f_w_data),
    .m_w_strb_o        (f_w_strb),
    .m_w_last_o        (f_w_last),
    .m_b_valid_i       (f_b_valid),
    .m_b_ready_o       (f_b_ready),
    .m_b_id_i          (m_axi_bid_i),
    .m_b_resp_i        (m_axi_bresp_i)
  );

  dm_fence #(
    .Sources     (Ports + 1),
    .AddrWidth   (AddrWidth),
    .DataWidth   (DataWidth),
    .Outstanding ((PortDepth > MaxOutstanding) ? PortDepth : MaxOutstanding)
  ) u_fence (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .mem_rst_ni   (mem_rst_ni),
    .open_o       (open),
    .ev_stray_o   (ev_stray),
    .ar_valid_i   (f_ar_valid),
    .ar_ready_o   (f_ar_ready),
    .ar_id_i      (f_ar_id),
    .ar_addr_i    (f_ar_addr),
    .ar_len_i     (f_ar_len),
    .ar_size_i    (f_ar_size),
    .ar_burst_i   (f_ar_burst),
    .r_valid_o    (f_r_valid),
    .r_ready_i    (f_r_ready),
    .aw_valid_i   (f_aw_valid),
    .aw_ready_o   (f_aw_ready),
    .aw_id_i      (f_aw_id),
    .aw_addr_i    (f_aw_addr),
    .aw_len_i     (f_aw_len),
    .aw_size_i    (f_aw_size),
    .aw_burst_i   (f_aw_burst),
    .w_valid_i    (f_w_valid),
    .w_ready_o    (f_w_ready),
    .w_data_i     (f_w_data),
    .w_strb_i     (f_w_strb),
    .w_last_i     (f_w_last),
    .b_valid_o    (f_b_valid),
    .b_ready_i    (f_b_ready),
    .m_ar_valid_o (m_axi_arvalid_o),
    .m_ar_ready_i (m_axi_arready_i),
    .m_ar_id_o    (m_axi_arid_o),
    .m_ar_addr_o  (m_axi_araddr_o),
    .m_ar_len_o   (m_axi_arlen_o),
    .m_ar_size_o  (m_axi_arsize_o),
    .m_ar_burst_o (m_axi_arburst_o),
    .m_r_valid_i  (m_axi_rvalid_i),
    .m_r_ready_o  (m_axi_rready_o),
    .m_r_id_i     (m_axi_rid_i),
    .m_r_last_i   (m_axi_rlast_i),
    .m_aw_valid_o (m_axi_awvalid_o),
    .m_aw_ready_i (m_axi_awready_i),
    .m_aw_id_o    (m_axi_awid_o),
    .m_aw_addr_o  (m_axi_awaddr_o),
    .m_aw_len_o   (m_axi_awlen_o),
    .m_aw_size_o  (m_axi_awsize_o),
    .m_aw_burst_o (m_axi_awburst_o),
    .m_w_valid_o  (m_axi_wvalid_o),
    .m_w_ready_i  (m_axi_wready_i),
    .m_w_data_o   (m_axi_wdata_o),
    .m_w_strb_o   (m_axi_wstrb_o),
    .m_w_last_o   (m_axi_wlast_o),
    .m_b_valid_i  (m_axi_bvalid_i),
    .m_b_ready_o  (m_axi_bready_o),
    .m_b_id_i     (m_axi_bid_i)
  );

  // Answers that nobody waits for: the fence drops them, and so would the gates.
  always_comb begin
    stray = 3'(ev_stray);
    for (int unsigned p = 0; p < Ports; p++) stray = stray + 3'(ev_port_stray[p]);
  end

endmodule
