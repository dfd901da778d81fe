// The guests' side of a node: one gate a port, the tag table, the one place where tags change, and
// redormanting, joined.
//
// Invariant: an access goes to the frame that the tag of its page names when it is let through, and that
//   frame is given to nobody else while the access is unanswered. So a guest reads what it wrote to the
//   page since the page was last zero, or zero.
// Latency and throughput: as dm_gate, dm_pages and dm_redormant state them; the joins add nothing.
module dm_dormant #(
  parameter  int unsigned NodeId       = 0,
  parameter  int unsigned AddrWidth    = 32,
  parameter  int unsigned DataWidth    = 64,
  parameter  int unsigned IdWidth      = 4,
  parameter  int unsigned PageShift    = 12,
  parameter  int unsigned GuestPages   = 8192,
  parameter  int unsigned RealFrames   = 8192,
  parameter  int unsigned FrameWidth   = 13,
  parameter  int unsigned Ports        = 1,
  parameter  int unsigned Depth        = 16,
  parameter  int unsigned Beats        = 256,
  parameter  int unsigned Trackers     = 4,
  parameter  int unsigned ChunkWidth   = 6,   // log2 of the chunks in which a page's stores are followed
  localparam int unsigned GfnWidth     = dm_pkg::index_width(GuestPages),
  localparam int unsigned RfnWidth     = dm_pkg::RfnWidth
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  output logic                         ready_o,

  // Policy.
  input  logic                         convert_on_read_i,
  input  logic                         elide_i,
  input  logic                         detect_i,
  input  logic                         hw_convert_i,
  input  logic [23:0]                  delay_i,

  // Commands of the hyperkernel, one at a time.
  input  logic                         cmd_valid_i,
  input  logic [4:0]                   cmd_op_i,
  input  logic [RfnWidth-1:0]          cmd_target_i,
  input  logic [31:0]                  cmd_arg_i,
  output logic                         cmd_busy_o,
  output dm_pkg::code_e                cmd_code_o,
  output logic [RfnWidth-1:0]          cmd_value_o,
  output dm_pkg::page_state_e          page_state_o,
  output logic [RfnWidth-1:0]          page_payload_o,

  // Guests; port p has bit p, or the p-th slice.
  input  logic [Ports*IdWidth-1:0]       s_aw_id_i,
  input  logic [Ports*AddrWidth-1:0]     s_aw_addr_i,
  input  logic [Ports*8-1:0]             s_aw_len_i,
  input  logic [Ports*3-1:0]             s_aw_size_i,
  input  logic [Ports*2-1:0]             s_aw_burst_i,
  input  logic [Ports-1:0]               s_aw_lock_i,
  input  logic [Ports-1:0]               s_aw_valid_i,
  output logic [Ports-1:0]               s_aw_ready_o,
  input  logic [Ports*DataWidth-1:0]     s_w_data_i,
  input  logic [Ports*DataWidth/8-1:0]   s_w_strb_i,
  input  logic [Ports-1:0]               s_w_last_i,
  input  logic [Ports-1:0]               s_w_valid_i,
  output logic [Ports-1:0]               s_w_ready_o,
  output logic [Ports*IdWidth-1:0]       s_b_id_o,
  output logic [Ports*2-1:0]             s_b_resp_o,
  output logic [Ports-1:0]               s_b_valid_o,
  input  logic [Ports-1:0]               s_b_ready_i,
  input  logic [Ports*IdWidth-1:0]       s_ar_id_i,
  input  logic [Ports*AddrWidth-1:0]     s_ar_addr_i,
  input  logic [Ports*8-1:0]             s_ar_len_i,
  input  logic [Ports*3-1:0]             s_ar_size_i,
  input  logic [Ports*2-1:0]             s_ar_burst_i,
  input  logic [Ports-1:0]               s_ar_lock_i,
  input  logic [Ports-1:0]               s_ar_valid_i,
  output logic [Ports-1:0]               s_ar_ready_o,
  output logic [Ports*IdWidth-1:0]       s_r_id_o,
  output logic [Ports*DataWidth-1:0]     s_r_data_o,
  output logic [Ports*2-1:0]             s_r_resp_o,
  output logic [Ports-1:0]               s_r_last_o,
  output logic [Ports-1:0]               s_r_valid_o,
  input  logic [Ports-1:0]               s_r_ready_i,

  // The arbiter, real physical addresses. The payload of answers is the same for all ports.
  output logic [Ports*AddrWidth-1:0]   m_aw_addr_o,
  output logic [Ports*8-1:0]           m_aw_len_o,
  output logic [Ports*3-1:0]           m_aw_size_o,
  output logic [Ports*2-1:0]           m_aw_burst_o,
  output logic [Ports-1:0]             m_aw_valid_o,
  input  logic [Ports-1:0]             m_aw_ready_i,
  output logic [Ports*DataWidth-1:0]   m_w_data_o,
  output logic [Ports*DataWidth/8-1:0] m_w_strb_o,
  output logic [Ports-1:0]             m_w_last_o,
  output logic [Ports-1:0]             m_w_valid_o,
  input  logic [Ports-1:0]             m_w_ready_i,
  input  logic [1:0]                   m_b_resp_i,
  input  logic [Ports-1:0]             m_b_valid_i,
  output logic [Ports-1:0]             m_b_ready_o,
  output logic [Ports*AddrWidth-1:0]   m_ar_addr_o,
  output logic [Ports*8-1:0]           m_ar_len_o,
  output logic [Ports*3-1:0]           m_ar_size_o,
  output logic [Ports*2-1:0]           m_ar_burst_o,
  output logic [Ports-1:0]             m_ar_valid_o,
  input  logic [Ports-1:0]             m_ar_ready_i,
  input  logic [DataWidth-1:0]         m_r_data_i,
  input  logic [1:0]                   m_r_resp_i,
  input  logic                         m_r_last_i,
  input  logic [Ports-1:0]             m_r_valid_i,
  output logic [Ports-1:0]             m_r_ready_o,

  // The frames.
  input  logic                         pop_valid_i,
  input  logic [FrameWidth-1:0]        pop_frame_i,
  output logic                         pop_o,
  output logic [GfnWidth-1:0]          pop_page_o,
  input  logic                         coming_i,
  input  logic                         ev_bad_i,
  input  logic                         none_mapped_i,
  output logic                         demand_o,
  output logic                         fr_valid_o,
  output logic [4:0]                   fr_op_o,
  output logic [RfnWidth-1:0]          fr_frame_o,
  output logic [GfnWidth-1:0]          fr_page_o,
  input  logic                         fr_busy_i,
  input  dm_pkg::code_e                fr_code_i,
  input  logic [RfnWidth-1:0]          fr_value_i,
  input  logic [GfnWidth-1:0]          fr_owner_i,

  // What firmware sees: what is under way, the stall at the head of the queue, the last bad tag.
  output logic                         busy_o,
  output logic                         drain_busy_o,
  output logic                         scrub_busy_o,
  output logic                         stalled_o,
  output logic [3:0]                   stalled_port_o,
  output logic                         stalled_write_o,
  output dm_pkg::stall_kind_e          stalled_kind_o,
  output logic [GfnWidth-1:0]          stalled_gfn_o,
  output logic [GfnWidth-1:0]          parity_gfn_o,
  output logic [Ports-1:0]             ev_stray_o,  // an answer from memory that nobody waits for
  output dm_pkg::dormant_events_t      ev_o
);

  localparam int unsigned StrbWidth = DataWidth / 8;
  localparam int unsigned BeatWidth = PageShift - $clog2(StrbWidth);
  // A tag holds a frame or a node.
  localparam int unsigned PayloadWidth = (FrameWidth > 8) ? FrameWidth : 8;

  // Channel 2p reads and channel 2p + 1 writes for port p.
  logic [2*Ports-1:0]           need, need_gnt, arrive, arrive_gnt;
  logic [2*Ports*GfnWidth-1:0]  need_gfn, arrive_gfn;
  logic                         look, look_gnt, mark, mark_ok;
  logic [GfnWidth-1:0]          look_gfn, upd_gfn;
  logic [2*GfnWidth-1:0]        rsp_gfn;
  logic [3:0]                   rsp_state;
  logic [2*PayloadWidth-1:0]    rsp_payload;
  dm_pkg::page_state_e          upd_state;
  logic [PayloadWidth-1:0]      upd_payload;
  logic                         tag_write, upd, upd_all, upd_poison;
  logic [1:0]                   unused_rsp_parity_error;

  // Between gates and dm_pages.
  logic [Ports-1:0]             req_soon, req_valid, req_write, req_away, grant, stall, fail, resolve;
  logic [Ports*GfnWidth-1:0]    req_gfn;
  logic [FrameWidth-1:0]        grant_frame;
  logic                         resolve_write, resolve_fail, freeze;

  // Between gates and dm_redormant, and between that and dm_pages.
  logic [Ports-1:0]             mon_beat, mon_nonzero, mon_incr, mon_old;
  logic [Ports-1:0]             mon_b, mon_b_error;
  logic [Ports-1:0]             rd_match, wr_match;
  logic [Ports*GfnWidth-1:0]    mon_gfn;
  logic [Ports*FrameWidth-1:0]  mon_frame, mon_b_frame;
  logic [Ports*BeatWidth-1:0]   mon_index;
  logic [Ports*StrbWidth-1:0]   mon_strb;
  logic [FrameWidth-1:0]        query_frame, det_frame, start_frame, step_frame;
  logic                         det_valid, det_ok, start, start_keep;
  logic                         step_valid, step_keep, step_done;
  logic [GfnWidth-1:0]          det_gfn;

  logic [Ports-1:0]             guest_busy, ev_zero_read, ev_elided;
  logic [2*Ports-1:0]           ev_misses;
  logic                         ev_fast_conversion, ev_demand_conversion, ev_stall, ev_stall_end;
  logic                         ev_redormant_store, ev_redormant_doorbell, ev_parity_error;
  logic                         ev_cmd_error, ev_cmd_refused;
  logic [31:0]                  ev_conversion_latency, ev_stall_latency;

  for (genvar p = 0; p < Ports; p++) begin : gen_gates
    dm_gate #(
      .AddrWidth  (AddrWidth),
      .DataWidth  (DataWidth),
      .IdWidth    (IdWidth),
      .PageShift  (PageShift),
      .GuestPages (GuestPages),
      .FrameWidth (FrameWidth),
      .Depth      (Depth),
      .Beats      (Beats)
    ) u_gate (
      .clk_i              (clk_i),
      .rst_ni             (rst_ni),
      .convert_on_read_i  (convert_on_read_i),
      .elide_i            (elide_i),
      .s_aw_id_i          (s_aw_id_i[IdWidth*p+:IdWidth]),
      .s_aw_addr_i        (s_aw_addr_i[AddrWidth*p+:AddrWidth]),
      .s_aw_len_i         (s_aw_len_i[8*p+:8]),
      .s_aw_size_i        (s_aw_size_i[3*p+:3]),
      .s_aw_burst_i       (s_aw_burst_i[2*p+:2]),
      .s_aw_lock_i        (s_aw_lock_i[p]),
      .s_aw_valid_i       (s_aw_valid_i[p]),
      .s_aw_ready_o       (s_aw_ready_o[p]),
      .s_w_data_i         (s_w_data_i[DataWidth*p+:DataWidth]),
      .s_w_strb_i         (s_w_strb_i[StrbWidth*p+:StrbWidth]),
      .s_w_last_i         (s_w_last_i[p]),
      .s_w_valid_i        (s_w_valid_i[p]),
      .s_w_ready_o        (s_w_ready_o[p]),
      .s_b_id_o           (s_b_id_o[IdWidth*p+:IdWidth]),
      .s_b_resp_o         (s_b_resp_o[2*p+:2]),
      .s_b_valid_o        (s_b_valid_o[p]),
      .s_b_ready_i        (s_b_ready_i[p]),
      .s_ar_id_i          (s_ar_id_i[IdWidth*p+:IdWidth]),
      .s_ar_addr_i        (s_ar_addr_i[AddrWidth*p+:AddrWidth]),
      .s_ar_len_i         (s_ar_len_i[8*p+:8]),
      .s_ar_size_i        (s_ar_size_i[3*p+:3]),
      .s_ar_burst_i       (s_ar_burst_i[2*p+:2]),
      .s_ar_lock_i        (s_ar_lock_i[p]),
      .s_ar_valid_i       (s_ar_valid_i[p]),
      .s_ar_ready_o       (s_ar_ready_o[p]),
      .s_r_id_o           (s_r_id_o[IdWidth*p+:IdWidth]),
      .s_r_data_o         (s_r_data_o[DataWidth*p+:DataWidth]),
      .s_r_resp_o         (s_r_resp_o[2*p+:2]),
      .s_r_last_o         (s_r_last_o[p]),
      .s_r_valid_o        (s_r_valid_o[p]),
      .s_r_ready_i        (s_r_ready_i[p]),
      .m_aw_addr_o        (m_aw_addr_o[AddrWidth*p+:AddrWidth]),
      .m_aw_len_o         (m_aw_len_o[8*p+:8]),
      .m_aw_size_o        (m_aw_size_o[3*p+:3]),
      .m_aw_burst_o       (m_aw_burst_o[2*p+:2]),
      .m_aw_valid_o       (m_aw_valid_o[p]),
      .m_aw_ready_i       (m_aw_ready_i[p]),
      .m_w_data_o         (m_w_data_o[DataWidth*p+:DataWidth]),
      .m_w_strb_o         (m_w_strb_o[StrbWidth*p+:StrbWidth]),
      .m_w_last_o         (m_w_last_o[p]),
      .m_w_valid_o        (m_w_valid_o[p]),
      .m_w_ready_i        (m_w_ready_i[p]),
      .m_b_resp_i         (m_b_resp_i),
      .m_b_valid_i        (m_b_valid_i[p]),
      .m_b_ready_o        (m_b_ready_o[p]),
      .m_ar_addr_o        (m_ar_addr_o[AddrWidth*p+:AddrWidth]),
      .m_ar_len_o         (m_ar_len_o[8*p+:8]),
      .m_ar_size_o        (m_ar_size_o[3*p+:3]),
      .m_ar_burst_o       (m_ar_burst_o[2*p+:2]),
      .m_ar_valid_o       (m_ar_valid_o[p]),
      .m_ar_ready_i       (m_ar_ready_i[p]),
      .m_r_data_i         (m_r_data_i),
      .m_r_resp_i         (m_r_resp_i),
      .m_r_last_i         (m_r_last_i),
      .m_r_valid_i        (m_r_valid_i[p]),
      .m_r_ready_o        (m_r_ready_o[p]),
      .need_o             (need[2*p+:2]),
      .need_gfn_o         (need_gfn[2*GfnWidth*p+:2*GfnWidth]),
      .need_gnt_i         (need_gnt[2*p+:2]),
      .arrive_o           (arrive[2*p+:2]),
      .arrive_gfn_o       (arrive_gfn[2*GfnWidth*p+:2*GfnWidth]),
      .arrive_gnt_i       (arrive_gnt[2*p+:2]),
      .rsp_gfn_i          (rsp_gfn),
      .rsp_state_i        (rsp_state),
      .rsp_frame_i        ({rsp_payload[PayloadWidth+:FrameWidth], rsp_payload[FrameWidth-1:0]}),
      .upd_i              (upd),
      .upd_all_i          (upd_all),
      .upd_gfn_i          (upd_gfn),
      .freeze_i           (freeze),
      .req_soon_o         (req_soon[p]),
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
      .mon_old_o          (mon_old[p]),
      .mon_b_o            (mon_b[p]),
      .mon_b_error_o      (mon_b_error[p]),
      .mon_b_frame_o      (mon_b_frame[FrameWidth*p+:FrameWidth]),
      .busy_o             (guest_busy[p]),
      .ev_zero_read_o     (ev_zero_read[p]),
      .ev_elided_o        (ev_elided[p]),
      .ev_misses_o        (ev_misses[2*p+:2]),
      .ev_stray_o         (ev_stray_o[p])
    );
  end

  dm_tag_table #(
    .Ports        (Ports),
    .GuestPages   (GuestPages),
    .PayloadWidth (PayloadWidth),
    .NodeId       (NodeId)
  ) u_tags (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .ready_o            (ready_o),
    .cmd_req_i          (look),
    .cmd_gfn_i          (look_gfn),
    .cmd_gnt_o          (look_gnt),
    .need_i             (need),
    .need_gfn_i         (need_gfn),
    .need_gnt_o         (need_gnt),
    .arrive_i           (arrive),
    .arrive_gfn_i       (arrive_gfn),
    .arrive_gnt_o       (arrive_gnt),
    .rsp_gfn_o          (rsp_gfn),
    .rsp_state_o        (rsp_state),
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
    .scrub_busy_o       (scrub_busy_o),
    .ev_parity_error_o  (ev_parity_error),
    .parity_gfn_o       (parity_gfn_o)
  );

  // A frame may be narrower than a node's number.
  logic unused_rsp_payload;
  assign unused_rsp_payload = ^rsp_payload;

  dm_pages #(
    .GuestPages   (GuestPages),
    .RealFrames   (RealFrames),
    .FrameWidth   (FrameWidth),
    .PayloadWidth (PayloadWidth),
    .Ports        (Ports)
  ) u_pages (
    .clk_i                (clk_i),
    .rst_ni               (rst_ni),
    .hw_convert_i         (hw_convert_i),
    .cmd_valid_i          (cmd_valid_i),
    .cmd_op_i             (cmd_op_i),
    .cmd_target_i         (cmd_target_i),
    .cmd_arg_i            (cmd_arg_i),
    .cmd_busy_o           (cmd_busy_o),
    .cmd_code_o           (cmd_code_o),
    .cmd_value_o          (cmd_value_o),
    .page_state_o         (page_state_o),
    .page_payload_o       (page_payload_o),
    .req_soon_i           (req_soon),
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
    .rsp_state_i          (dm_pkg::page_state_e'(rsp_state[1:0])),
    .rsp_payload_i        (rsp_payload[PayloadWidth-1:0]),
    .write_o              (tag_write),
    .upd_o                (upd),
    .upd_all_o            (upd_all),
    .upd_gfn_o            (upd_gfn),
    .upd_state_o          (upd_state),
    .upd_payload_o        (upd_payload),
    .upd_poison_o         (upd_poison),
    .mark_o               (mark),
    .mark_ok_i            (mark_ok),
    .pop_valid_i          (pop_valid_i),
    .pop_frame_i          (pop_frame_i),
    .pop_o                (pop_o),
    .pop_page_o           (pop_page_o),
    .coming_i             (coming_i),
    .ev_bad_i             (ev_bad_i),
    .none_mapped_i        (none_mapped_i),
    .demand_o             (demand_o),
    .fr_valid_o           (fr_valid_o),
    .fr_op_o              (fr_op_o),
    .fr_frame_o           (fr_frame_o),
    .fr_page_o            (fr_page_o),
    .fr_busy_i            (fr_busy_i),
    .fr_code_i            (fr_code_i),
    .fr_value_i           (fr_value_i),
    .fr_owner_i           (fr_owner_i),
    .det_valid_i          (det_valid),
    .det_ok_i             (det_ok),
    .det_gfn_i            (det_gfn),
    .det_frame_i          (det_frame),
    .start_o              (start),
    .start_keep_o         (start_keep),
    .start_frame_o        (start_frame),
    .drain_busy_i         (drain_busy_o),
    .step_valid_i         (step_valid),
    .step_keep_i          (step_keep),
    .step_frame_i         (step_frame),
    .step_done_o          (step_done),
    .stalled_o            (stalled_o),
    .stalled_port_o       (stalled_port_o),
    .stalled_write_o      (stalled_write_o),
    .stalled_kind_o       (stalled_kind_o),
    .stalled_gfn_o        (stalled_gfn_o),
    .ev_fast_o            (ev_fast_conversion),
    .ev_demand_o          (ev_demand_conversion),
    .conv_latency_o       (ev_conversion_latency),
    .ev_stall_o           (ev_stall),
    .ev_resolved_o        (ev_stall_end),
    .stall_latency_o      (ev_stall_latency),
    .ev_redormant_store_o (ev_redormant_store),
    .ev_redormant_bell_o  (ev_redormant_doorbell),
    .ev_cmd_error_o       (ev_cmd_error),
    .ev_cmd_refused_o     (ev_cmd_refused)
  );

  dm_redormant #(
    .DataWidth  (DataWidth),
    .PageShift  (PageShift),
    .GuestPages (GuestPages),
    .FrameWidth (FrameWidth),
    .Ports      (Ports),
    .Trackers   (Trackers),
    .ChunkWidth (ChunkWidth)
  ) u_redormant (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .enable_i      (detect_i),
    .delay_i       (delay_i),
    .mon_beat_i    (mon_beat),
    .mon_gfn_i     (mon_gfn),
    .mon_frame_i   (mon_frame),
    .mon_index_i   (mon_index),
    .mon_strb_i    (mon_strb),
    .mon_nonzero_i (mon_nonzero),
    .mon_incr_i    (mon_incr),
    .mon_old_i     (mon_old),
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
    .drain_busy_o  (drain_busy_o),
    .step_valid_o  (step_valid),
    .step_keep_o   (step_keep),
    .step_frame_o  (step_frame),
    .step_done_i   (step_done)
  );

  assign busy_o = (guest_busy != '0);

  // Several ports may have an event in a cycle.
  always_comb begin
    ev_o                    = '0;
    ev_o.fast_conversion    = ev_fast_conversion;
    ev_o.demand_conversion  = ev_demand_conversion;
    ev_o.conversion_latency = ev_conversion_latency;
    ev_o.stall              = ev_stall;
    ev_o.stall_end          = ev_stall_end;
    ev_o.stall_latency      = ev_stall_latency;
    ev_o.redormant_store    = ev_redormant_store;
    ev_o.redormant_doorbell = ev_redormant_doorbell;
    ev_o.parity_error       = ev_parity_error;
    ev_o.cmd_error          = ev_cmd_error;
    ev_o.cmd_refused        = ev_cmd_refused;
    for (int unsigned p = 0; p < Ports; p++) begin
      ev_o.zero_reads    = ev_o.zero_reads + 3'(ev_zero_read[p]);
      ev_o.elided_writes = ev_o.elided_writes + 3'(ev_elided[p]);
      ev_o.translation_misses = ev_o.translation_misses + 4'(ev_misses[2*p+:2]);
    end
  end

`ifdef FORMAL
  `include "formal/dm_dormant_props.svh"
`endif

endmodule
