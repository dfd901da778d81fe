// The blocks that make pages dormant and give them frames, joined as in dm_node, for their proof
// together: what each assumes of the others is asserted here, for one page, one frame and one write
// of each port, any of them. Around them are free: guests, firmware, policy, memory that answers in
// order, and the frames as dm_frames promises them.
//
// What is owed about a page or a frame is asserted of f_page and f_frame. Of the others it is assumed
// that it was kept up to the cycle before (f_breach_q), since the same proof holds for them: nothing
// can be the first that is not kept.
//
// Promise: no frame enters the pool's or firmware's hands, and none is mapped, while an access to it
//   is let through and unanswered; every access goes to the frame that its page has at that time; a
//   page that goes dormant by stores holds zeros. So a guest reads what was written to the page
//   since it was last zero, or zero.
//
// The fault injection (MARK poison) is left out; dm_tag_table and tests have it.
module dm_dormant #(
  parameter  int unsigned AddrWidth    = 15,
  parameter  int unsigned DataWidth    = 16,
  parameter  int unsigned IdWidth      = 1,
  parameter  int unsigned PageShift    = 12,
  parameter  int unsigned GuestPages   = 3,
  parameter  int unsigned FrameWidth   = 2,
  parameter  int unsigned Depth        = 4,
  parameter  int unsigned Trackers     = 2,
  parameter  int unsigned ChunkWidth   = 1,
  localparam int unsigned Ports        = 2,
  localparam int unsigned PayloadWidth = 8,
  localparam int unsigned GfnWidth     = dm_pkg::index_width(GuestPages),
  localparam int unsigned StrbWidth    = DataWidth / 8,
  localparam int unsigned BeatWidth    = PageShift - $clog2(StrbWidth),
  localparam int unsigned PageWidth    = AddrWidth - PageShift
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,

  input  logic                       convert_on_read_i,
  input  logic                       elide_i,
  input  logic                       detect_i,
  input  logic                       hw_convert_i,
  input  logic [23:0]                delay_i,

  input  logic                       cmd_valid_i,
  input  logic [3:0]                 cmd_op_i,
  input  logic [27:0]                cmd_target_i,
  input  logic [31:0]                cmd_arg_i,

  // Guests.
  input  logic [Ports*IdWidth-1:0]   aw_id_i,
  input  logic [Ports*AddrWidth-1:0] aw_addr_i,
  input  logic [Ports*8-1:0]         aw_len_i,
  input  logic [Ports*3-1:0]         aw_size_i,
  input  logic [Ports*2-1:0]         aw_burst_i,
  input  logic [Ports-1:0]           aw_valid_i,
  input  logic [Ports*DataWidth-1:0] w_data_i,
  input  logic [Ports*StrbWidth-1:0] w_strb_i,
  input  logic [Ports-1:0]           w_last_i,
  input  logic [Ports-1:0]           w_valid_i,
  input  logic [Ports-1:0]           b_ready_i,
  input  logic [Ports*IdWidth-1:0]   ar_id_i,
  input  logic [Ports*AddrWidth-1:0] ar_addr_i,
  input  logic [Ports*8-1:0]         ar_len_i,
  input  logic [Ports*3-1:0]         ar_size_i,
  input  logic [Ports*2-1:0]         ar_burst_i,
  input  logic [Ports-1:0]           ar_valid_i,
  input  logic [Ports-1:0]           r_ready_i,

  // Memory.
  input  logic [Ports-1:0]           m_aw_ready_i,
  input  logic [Ports-1:0]           m_w_ready_i,
  input  logic [Ports*2-1:0]         m_b_resp_i,
  input  logic [Ports-1:0]           m_b_valid_i,
  input  logic [Ports-1:0]           m_ar_ready_i,
  input  logic [Ports*DataWidth-1:0] m_r_data_i,
  input  logic [Ports*2-1:0]         m_r_resp_i,
  input  logic [Ports-1:0]           m_r_last_i,
  input  logic [Ports-1:0]           m_r_valid_i,

  // Frames.
  input  logic                       pop_valid_i,
  input  logic [FrameWidth-1:0]      pop_frame_i,
  input  logic                       coming_i,
  input  logic                       ev_bad_i,
  input  logic                       none_mapped_i,
  input  logic                       fr_busy_i,
  input  dm_pkg::code_e              fr_code_i,
  input  logic [27:0]                fr_value_i
);

  logic [2*Ports-1:0]          need, need_gnt, arrive, arrive_gnt;
  logic [2*Ports*GfnWidth-1:0] need_gfn, arrive_gfn;
  logic                        tags_ready, look, look_gnt, mark, mark_ok;
  logic [GfnWidth-1:0]         look_gfn, upd_gfn, det_gfn;
  logic [1:0]                  rsp_state;
  logic [PayloadWidth-1:0]     rsp_payload, upd_payload;
  dm_pkg::page_state_e         upd_state;
  logic                        tag_write, upd, upd_all, upd_poison;
  logic [Ports-1:0]            req_valid, req_write, req_away, grant, stall, fail, resolve;
  logic [Ports*GfnWidth-1:0]   req_gfn;
  logic [FrameWidth-1:0]       grant_frame, query_frame, det_frame, start_frame, step_frame;
  logic                        resolve_write, resolve_fail, freeze, pop;
  logic                        fr_valid;
  logic [4:0]                  fr_op;
  logic [27:0]                 fr_frame;
  logic [Ports-1:0]            mon_beat, mon_nonzero, mon_incr, mon_b, mon_b_error;
  logic [Ports-1:0]            rd_match, wr_match;
  logic [Ports*GfnWidth-1:0]   mon_gfn;
  logic [Ports*FrameWidth-1:0] mon_frame, mon_b_frame;
  logic [Ports*BeatWidth-1:0]  mon_index;
  logic [Ports*StrbWidth-1:0]  mon_strb;
  logic                        det_valid, det_ok, start, start_keep, drain_busy;
  logic                        step_valid, step_keep, step_done;

  // Registers and ghosts of the others.
  localparam int unsigned TagWidth = PayloadWidth + 3;  // as in dm_tag_table
  (* anyconst *) logic [GfnWidth-1:0]   f_page;
  (* anyconst *) logic [FrameWidth-1:0] f_frame;
  (* hierconn *) wire [GfnWidth-1:0]   \u_tags.f_page ;
  (* hierconn *) wire [TagWidth-1:0]   \u_tags.f_now_q ;
  (* hierconn *) wire [TagWidth-1:0]   \u_tags.f_now_d ;
  (* hierconn *) wire [TagWidth-1:0]   \u_tags.f_ram_q ;
  (* hierconn *) wire [TagWidth-1:0]   \u_tags.f_raw_q ;
  (* hierconn *) wire                  \u_tags.f_ram_ask_q ;
  (* hierconn *) wire                  \u_tags.f_raw_ask_q ;
  (* hierconn *) wire [GfnWidth-1:0]   \u_pages.f_page ;
  (* hierconn *) wire [FrameWidth-1:0] \u_pages.f_frame ;
  (* hierconn *) wire [1:0]            \u_pages.f_state_q ;
  (* hierconn *) wire                  \u_pages.f_owned_q ;
  (* hierconn *) wire                  \u_pages.f_owned_d ;
  (* hierconn *) wire [GfnWidth-1:0]   \u_pages.f_owner_q ;
  (* hierconn *) wire [GfnWidth-1:0]   \u_pages.f_owner_d ;
  (* hierconn *) wire                  \u_pages.f_lost_q ;
  (* hierconn *) wire                  \u_pages.f_popped ;
  (* hierconn *) wire                  \u_pages.f_mapped ;
  (* hierconn *) wire                  \u_pages.f_drain_q ;
  (* hierconn *) wire                  \u_pages.f_keep_q ;
  (* hierconn *) wire [FrameWidth-1:0] \u_pages.f_drain_frame_q ;
  (* hierconn *) wire                  \u_pages.f_seen_q ;
  (* hierconn *) wire                  \u_pages.f_converted_q ;
  (* hierconn *) wire [2*Ports-1:0]    \u_pages.f_asleep_q ;
  (* hierconn *) wire [Ports-1:0]      \u_pages.f_quiet_q ;
  (* hierconn *) wire [Ports-1:0]      \u_pages.f_req_q ;
  (* hierconn *) wire [Ports-1:0]      \u_pages.f_write_q ;
  (* hierconn *) wire [Ports-1:0]      \u_pages.f_away_q ;
  (* hierconn *) wire [Ports*GfnWidth-1:0] \u_pages.f_gfn_q ;
  (* hierconn *) wire [GfnWidth-1:0]   \u_pages.target_gfn ;
  (* hierconn *) wire [3:0]            \u_pages.state_q ;
  (* hierconn *) wire [4:0]            \u_pages.op_q ;
  (* hierconn *) wire                  \u_pages.fr_sent_q ;
  (* hierconn *) wire                  \u_pages.fr_drain_q ;
  (* hierconn *) wire [2:0]            \u_pages.stall_count_q ;
  (* hierconn *) wire [GfnWidth-1:0]   \u_redormant.f_gfn ;
  (* hierconn *) wire [FrameWidth-1:0] \u_redormant.f_frame ;
  (* hierconn *) wire                  \u_redormant.f_port ;
  (* hierconn *) wire                  \u_redormant.f_choose ;
  (* hierconn *) wire                  \u_redormant.f_answer ;
  (* hierconn *) wire                  \u_redormant.f_next ;
  (* hierconn *) wire                  \u_redormant.f_live_q ;
  (* hierconn *) wire                  \u_redormant.f_mapped_q ;
  (* hierconn *) wire [Trackers-1:0]   \u_redormant.active_q ;
  (* hierconn *) wire                  \u_redormant.drain_busy_q ;
  (* hierconn *) wire                  \u_redormant.drain_keep_q ;
  (* hierconn *) wire [FrameWidth-1:0] \u_redormant.drain_frame_q ;
  (* hierconn *) wire                  \u_redormant.drained_q ;

  logic [Ports-1:0] f_told_ours, f_told_page, f_tell_b_ours, f_fires, f_listed;
  logic             f_draining, f_tag_ours;

  // dm_pages' states, by its numbers.
  localparam logic [3:0] Look1 = 4'd4, Look2 = 4'd5, Exec = 4'd6;

  assign f_draining = \u_redormant.drain_busy_q && (\u_redormant.drain_frame_q == f_frame);
  assign f_tag_ours = (\u_tags.f_now_q == {1'b0, dm_pkg::PageResident, PayloadWidth'(f_frame)});

  for (genvar p = 0; p < Ports; p++) begin : gen_gates

    // Registers and ghosts of the gate.
    (* hierconn *) wire [GfnWidth-1:0]   \u_gate.f_page ;
    (* hierconn *) wire [FrameWidth-1:0] \u_gate.f_target ;
    (* hierconn *) wire                  \u_gate.f_changes ;
    (* hierconn *) wire [1:0]            \u_gate.f_new_state ;
    (* hierconn *) wire [FrameWidth-1:0] \u_gate.f_new_frame ;
    (* hierconn *) wire [1:0]            \u_gate.f_state_q ;
    (* hierconn *) wire [FrameWidth-1:0] \u_gate.f_frame_q ;
    (* hierconn *) wire                  \u_gate.f_quiet_q ;
    (* hierconn *) wire                  \u_gate.f_req_q ;
    (* hierconn *) wire                  \u_gate.f_req_write_q ;
    (* hierconn *) wire                  \u_gate.f_req_away_q ;
    (* hierconn *) wire [GfnWidth-1:0]   \u_gate.f_req_gfn_q ;
    (* hierconn *) wire                  \u_gate.rasleep_q ;
    (* hierconn *) wire                  \u_gate.wasleep_q ;
    (* hierconn *) wire                  \u_gate.ar_held_q ;
    (* hierconn *) wire                  \u_gate.wlet_q ;
    (* hierconn *) wire                  \u_gate.rd_let ;
    (* hierconn *) wire                  \u_gate.wr_let ;
    (* hierconn *) wire                  \u_gate.w_fire ;
    (* hierconn *) wire [FrameWidth-1:0] \u_gate.rd_frame ;
    (* hierconn *) wire [FrameWidth-1:0] \u_gate.wr_frame ;
    (* hierconn *) wire [PageWidth-1:0]  \u_gate.f_rd_page ;
    (* hierconn *) wire [PageWidth-1:0]  \u_gate.f_wr_page ;
    (* hierconn *) wire                  \u_gate.f_rlisted ;
    (* hierconn *) wire                  \u_gate.f_wlisted ;
    (* hierconn *) wire                  \u_gate.f_told_q ;
    (* hierconn *) wire                  \u_gate.f_told_ours_q ;
    (* hierconn *) wire                  \u_gate.f_tell_b_ours_q ;
    (* hierconn *) wire                  \u_gate.f_win ;
    (* hierconn *) wire                  \u_gate.f_wours_q ;
    (* hierconn *) wire [1:0]            \u_gate.f_wkind_q ;
    (* hierconn *) wire [FrameWidth-1:0] \u_gate.f_wframe_q ;
    (* hierconn *) wire                   \u_gate.u_read.f_ram_q ;
    (* hierconn *) wire                   \u_gate.u_read.f_raw_q ;
    (* hierconn *) wire [GfnWidth-1:0]    \u_gate.u_read.f_ram_gfn_q ;
    (* hierconn *) wire [GfnWidth-1:0]    \u_gate.u_read.f_raw_gfn_q ;
    (* hierconn *) wire [1:0]             \u_gate.u_read.known ;
    (* hierconn *) wire [1:0]             \u_gate.u_read.age0_q ;
    (* hierconn *) wire [1:0]             \u_gate.u_read.age1_q ;
    (* hierconn *) wire [15:0]            \u_gate.u_read.cached_q ;
    (* hierconn *) wire                   \u_gate.u_read.fill_q ;
    (* hierconn *) wire                   \u_gate.u_read.hit_q ;
    (* hierconn *) wire                   \u_gate.u_write.f_ram_q ;
    (* hierconn *) wire                   \u_gate.u_write.f_raw_q ;
    (* hierconn *) wire [GfnWidth-1:0]    \u_gate.u_write.f_ram_gfn_q ;
    (* hierconn *) wire [GfnWidth-1:0]    \u_gate.u_write.f_raw_gfn_q ;
    (* hierconn *) wire [1:0]             \u_gate.u_write.known ;
    (* hierconn *) wire [1:0]             \u_gate.u_write.age0_q ;
    (* hierconn *) wire [1:0]             \u_gate.u_write.age1_q ;
    (* hierconn *) wire [15:0]            \u_gate.u_write.cached_q ;
    (* hierconn *) wire                   \u_gate.u_write.fill_q ;
    (* hierconn *) wire                   \u_gate.u_write.hit_q ;

    dm_gate #(
      .AddrWidth  (AddrWidth),
      .DataWidth  (DataWidth),
      .IdWidth    (IdWidth),
      .PageShift  (PageShift),
      .GuestPages (GuestPages),
      .FrameWidth (FrameWidth),
      .Depth      (Depth)
    ) u_gate (
      .clk_i              (clk_i),
      .rst_ni             (rst_ni),
      .convert_on_read_i  (convert_on_read_i),
      .elide_i            (elide_i),
      .s_aw_id_i          (aw_id_i[p*IdWidth+:IdWidth]),
      .s_aw_addr_i        (aw_addr_i[p*AddrWidth+:AddrWidth]),
      .s_aw_len_i         (aw_len_i[p*8+:8]),
      .s_aw_size_i        (aw_size_i[p*3+:3]),
      .s_aw_burst_i       (aw_burst_i[p*2+:2]),
      .s_aw_lock_i        (1'b0),
      .s_aw_valid_i       (aw_valid_i[p]),
      .s_aw_ready_o       (),
      .s_w_data_i         (w_data_i[p*DataWidth+:DataWidth]),
      .s_w_strb_i         (w_strb_i[p*StrbWidth+:StrbWidth]),
      .s_w_last_i         (w_last_i[p]),
      .s_w_valid_i        (w_valid_i[p]),
      .s_w_ready_o        (),
      .s_b_id_o           (),
      .s_b_resp_o         (),
      .s_b_valid_o        (),
      .s_b_ready_i        (b_ready_i[p]),
      .s_ar_id_i          (ar_id_i[p*IdWidth+:IdWidth]),
      .s_ar_addr_i        (ar_addr_i[p*AddrWidth+:AddrWidth]),
      .s_ar_len_i         (ar_len_i[p*8+:8]),
      .s_ar_size_i        (ar_size_i[p*3+:3]),
      .s_ar_burst_i       (ar_burst_i[p*2+:2]),
      .s_ar_lock_i        (1'b0),
      .s_ar_valid_i       (ar_valid_i[p]),
      .s_ar_ready_o       (),
      .s_r_id_o           (),
      .s_r_data_o         (),
      .s_r_resp_o         (),
      .s_r_last_o         (),
      .s_r_valid_o        (),
      .s_r_ready_i        (r_ready_i[p]),
      .m_aw_addr_o        (),
      .m_aw_len_o         (),
      .m_aw_size_o        (),
      .m_aw_burst_o       (),
      .m_aw_valid_o       (),
      .m_aw_ready_i       (m_aw_ready_i[p]),
      .m_w_data_o         (),
      .m_w_strb_o         (),
      .m_w_last_o         (),
      .m_w_valid_o        (),
      .m_w_ready_i        (m_w_ready_i[p]),
      .m_b_resp_i         (m_b_resp_i[p*2+:2]),
      .m_b_valid_i        (m_b_valid_i[p]),
      .m_b_ready_o        (),
      .m_ar_addr_o        (),
      .m_ar_len_o         (),
      .m_ar_size_o        (),
      .m_ar_burst_o       (),
      .m_ar_valid_o       (),
      .m_ar_ready_i       (m_ar_ready_i[p]),
      .m_r_data_i         (m_r_data_i[p*DataWidth+:DataWidth]),
      .m_r_resp_i         (m_r_resp_i[p*2+:2]),
      .m_r_last_i         (m_r_last_i[p]),
      .m_r_valid_i        (m_r_valid_i[p]),
      .m_r_ready_o        (),
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
      .busy_o             (),
      .ev_zero_read_o     (),
      .ev_elided_o        ()
    );

    // The head's write goes to the frame that its page has, or had until the drain that waits for it.
    logic f_holds, f_held_q;
    assign f_holds = (\u_gate.wlet_q || \u_gate.wr_let ) && (\u_gate.wr_frame == f_frame)
        && ((\u_pages.f_owned_q && (PageWidth'(\u_pages.f_owner_q ) == \u_gate.f_wr_page ))
            || (f_draining && !\u_redormant.drained_q ));

    logic f_breach_q;
    initial f_breach_q = 1'b0;

    // The write whose beats were told.
    logic [PageWidth-1:0]  f_told_page_q;
    logic [FrameWidth-1:0] f_told_frame_q;

    always_ff @(posedge clk_i) begin
      f_held_q       <= f_holds;
      f_told_page_q  <= \u_gate.f_wr_page ;
      f_told_frame_q <= \u_gate.wr_frame ;
    end

    assign f_told_ours[p]   = \u_gate.f_told_ours_q ;
    assign f_told_page[p]   = (f_told_page_q == PageWidth'(f_page));
    assign f_tell_b_ours[p] = \u_gate.f_tell_b_ours_q ;
    assign f_fires[p]       = \u_gate.w_fire ;
    assign f_listed[p]      = \u_gate.f_rlisted || \u_gate.f_wlisted ;

    always @(posedge clk_i) begin
      // One page, one frame for all; what becomes of the page's tag is what the table's proof says.
      assume ((\u_gate.f_page == f_page) && (\u_gate.f_target == f_frame));
      assume (\u_gate.f_changes == (upd_all || (upd_gfn == f_page)));
      assume (\u_gate.f_new_state == \u_tags.f_now_d [PayloadWidth+:2]);
      assume (\u_gate.f_new_frame == \u_tags.f_now_d [FrameWidth-1:0]);
      if (rst_ni) begin
        assume (!f_breach_q);
        // What is owed about the page of an access that is let through, and about its frame.
        if (\u_gate.rd_let && (\u_gate.rd_frame == f_frame)) begin
          if (\u_gate.f_rd_page == PageWidth'(f_page)) begin
            assert (\u_pages.f_owned_q && (\u_pages.f_owner_q == f_page));
          end else if (!\u_pages.f_owned_q
                       || (PageWidth'(\u_pages.f_owner_q ) != \u_gate.f_rd_page )) begin
            f_breach_q <= 1'b1;
          end
        end
        if (\u_gate.wr_let && (\u_gate.wr_frame == f_frame)) begin
          if (\u_gate.f_wr_page == PageWidth'(f_page)) begin
            assert (\u_pages.f_owned_q && (\u_pages.f_owner_q == f_page));
          end else if (!\u_pages.f_owned_q
                       || (PageWidth'(\u_pages.f_owner_q ) != \u_gate.f_wr_page )) begin
            f_breach_q <= 1'b1;
          end
        end

        // An access that is listed keeps its frame from being handed on.
        if (\u_gate.f_rlisted || \u_gate.f_wlisted ) begin
          assert (\u_pages.f_owned_q || (f_draining && !\u_redormant.drained_q ));
        end
        if (\u_gate.wlet_q && (\u_gate.wr_frame == f_frame)
            && (\u_gate.f_wr_page == PageWidth'(f_page))) begin
          assert (f_holds && \u_gate.f_wlisted );
        end
        // A beat is told a cycle after it went; that its write held its frame then is owed. One beat is
        // told in a cycle, so what is assumed of another page is not assumed where it is asserted.
        if (\u_gate.f_told_q && (f_told_frame_q == f_frame)) begin
          if (f_told_page_q == PageWidth'(f_page)) assert (f_held_q);
          else assume (f_held_q);
        end
        if (\u_gate.f_told_q ) begin
          assert ((mon_gfn[GfnWidth*p+:GfnWidth] == GfnWidth'(f_told_page_q)) && (32'(f_told_page_q) < GuestPages));
          assert (mon_frame[FrameWidth*p+:FrameWidth] == f_told_frame_q);
        end
        // The write whose beat was told is listed until its answer is told.
        if (\u_gate.f_told_ours_q && (f_told_page_q == PageWidth'(f_page))) begin
          assert (\u_gate.f_win && (\u_gate.f_wkind_q == 2'd0) && \u_gate.f_wours_q );
          assert (\u_gate.f_wframe_q == f_told_frame_q);
        end
        if ((32'(\u_redormant.f_port ) == p) && \u_redormant.f_live_q ) begin
          assert ((\u_gate.f_tell_b_ours_q && (mon_b_frame[FrameWidth*p+:FrameWidth] == f_frame))
                  || (\u_gate.f_win && (\u_gate.f_wkind_q == 2'd0)
                  && \u_gate.f_wours_q && (\u_gate.f_wframe_q == f_frame)));
        end

        // What the neighbours know of each other.
        assert (\u_gate.f_state_q == \u_tags.f_now_q [PayloadWidth+:2]);
        assert (\u_gate.f_frame_q == \u_tags.f_now_q [FrameWidth-1:0]);
        assert (\u_gate.rasleep_q == \u_pages.f_asleep_q [2*p]);
        assert (\u_gate.wasleep_q == \u_pages.f_asleep_q [2*p+1]);
        assert (\u_gate.f_quiet_q == \u_pages.f_quiet_q [p]);
        assert (\u_gate.f_req_q == \u_pages.f_req_q [p]);
        if (\u_gate.f_req_q ) begin
          assert (\u_gate.f_req_write_q == \u_pages.f_write_q [p]);
          assert (\u_gate.f_req_away_q == \u_pages.f_away_q [p]);
          assert (\u_gate.f_req_gfn_q == \u_pages.f_gfn_q [GfnWidth*p+:GfnWidth]);
        end
        if (\u_gate.u_read.f_ram_q && (\u_gate.u_read.f_ram_gfn_q == f_page)) begin
          assert (\u_tags.f_ram_ask_q && (\u_tags.f_ram_q == \u_tags.f_now_q ));
        end
        if (\u_gate.u_read.f_raw_q && (\u_gate.u_read.f_raw_gfn_q == f_page)) begin
          assert (\u_tags.f_raw_ask_q && (\u_tags.f_raw_q == \u_tags.f_now_q ));
        end
        if (\u_gate.u_write.f_ram_q && (\u_gate.u_write.f_ram_gfn_q == f_page)) begin
          assert (\u_tags.f_ram_ask_q && (\u_tags.f_ram_q == \u_tags.f_now_q ));
        end
        if (\u_gate.u_write.f_raw_q && (\u_gate.u_write.f_raw_gfn_q == f_page)) begin
          assert (\u_tags.f_raw_ask_q && (\u_tags.f_raw_q == \u_tags.f_now_q ));
        end
        // Nothing happens before the table is swept.
        if (!tags_ready) begin
          assert (!\u_gate.ar_held_q && !\u_gate.wlet_q && !\u_gate.rasleep_q && !\u_gate.wasleep_q );
          assert (!req_valid[p] && !\u_gate.f_rlisted && !\u_gate.f_wlisted && !\u_gate.f_told_q );
          assert ((\u_gate.u_read.known | \u_gate.u_read.age0_q | \u_gate.u_read.age1_q ) == '0);
          assert ((\u_gate.u_write.known | \u_gate.u_write.age0_q | \u_gate.u_write.age1_q ) == '0);
          assert ((\u_gate.u_read.cached_q | \u_gate.u_write.cached_q ) == '0);
          assert (!\u_gate.u_read.fill_q && !\u_gate.u_write.fill_q );
          assert (!\u_gate.u_read.hit_q && !\u_gate.u_write.hit_q );
        end
      end
    end
  end

  dm_tag_table #(
    .Channels     (2 * Ports),
    .GuestPages   (GuestPages),
    .PayloadWidth (PayloadWidth)
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
    .rsp_state_o        (rsp_state),
    .rsp_payload_o      (rsp_payload),
    .rsp_parity_error_o (),
    .upd_i              (tag_write),
    .upd_gfn_i          (upd_gfn),
    .upd_state_i        (upd_state),
    .upd_payload_i      (upd_payload),
    .upd_poison_i       (upd_poison),
    .mark_i             (mark),
    .mark_state_i       (upd_state),
    .mark_payload_i     (upd_payload),
    .mark_ok_o          (mark_ok),
    .scrub_busy_o       (),
    .ev_parity_error_o  (),
    .parity_gfn_o       ()
  );

  dm_pages #(
    .GuestPages   (GuestPages),
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
    .cmd_busy_o           (),
    .cmd_code_o           (),
    .cmd_value_o          (),
    .page_state_o         (),
    .page_payload_o       (),
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
    .pop_valid_i          (pop_valid_i),
    .pop_frame_i          (pop_frame_i),
    .pop_o                (pop),
    .coming_i             (coming_i),
    .ev_bad_i             (ev_bad_i),
    .none_mapped_i        (none_mapped_i),
    .demand_o             (),
    .fr_valid_o           (fr_valid),
    .fr_op_o              (fr_op),
    .fr_frame_o           (fr_frame),
    .fr_busy_i            (fr_busy_i),
    .fr_code_i            (fr_code_i),
    .fr_value_i           (fr_value_i),
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
    .stalled_o            (),
    .stalled_port_o       (),
    .stalled_write_o      (),
    .stalled_kind_o       (),
    .stalled_gfn_o        (),
    .ev_fast_o            (),
    .ev_demand_o          (),
    .conv_latency_o       (),
    .ev_stall_o           (),
    .ev_resolved_o        (),
    .stall_latency_o      (),
    .ev_redormant_store_o (),
    .ev_redormant_bell_o  (),
    .ev_cmd_error_o       (),
    .ev_cmd_refused_o     ()
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

  // ---------------------------------------------------------------------------------------- together
  always @(posedge clk_i) begin
    assume (32'(f_page) < GuestPages);
    assume ((\u_tags.f_page == f_page) && (\u_pages.f_page == f_page));
    assume ((\u_redormant.f_gfn == f_page) && (\u_redormant.f_frame == f_frame));
    assume (\u_pages.f_frame == f_frame);
    // The store that dm_redormant's proof follows is one of the write that the gate's proof follows.
    assume (!\u_redormant.f_choose || (f_told_ours[\u_redormant.f_port ] && f_told_page[\u_redormant.f_port ]));
    assume (\u_redormant.f_answer == f_tell_b_ours[\u_redormant.f_port ]);
    assume (\u_redormant.f_next == (\u_pages.f_owned_d && (\u_pages.f_owner_d == f_page)));
    if (rst_ni) begin
      assume (!upd_poison);
      // dm_arbiter: data of one source a cycle.
      assume (f_fires != '1);
      // The page on offer is resident in the frame on offer. Of another frame that is assumed in the
      // same cycle: then nothing here is assumed where it is asserted.
      if (det_ok && (det_gfn == f_page)) begin
        if (det_frame == f_frame) assert (f_tag_ours);
        else assume (\u_tags.f_now_q == {1'b0, dm_pkg::PageResident, PayloadWidth'(det_frame)});
      end

      // No access is let through and unanswered when the frame leaves its page's hands, nor when it
      // comes into those of another.
      if (fr_valid && ((fr_op == dm_pkg::OpFree) || (fr_op == dm_pkg::OpKeep))
          && (fr_frame == 28'(f_frame))) begin
        assert (f_listed == '0);
      end
      if (\u_pages.f_popped || \u_pages.f_mapped ) assert (f_listed == '0);
      if (f_listed != '0) assert (\u_pages.f_state_q == 2'd3);
      // A page that goes dormant by stores is resident in the frame on offer, and nothing writes it.
      if (freeze && det_ok && (det_frame == f_frame) && (det_gfn == f_page)) begin
        assert (f_tag_ours && \u_pages.f_owned_q );
      end

      // What the neighbours know of each other.
      assert (!\u_tags.f_now_q [TagWidth-1] && !\u_pages.f_lost_q );
      assert (f_tag_ours == (\u_pages.f_owned_q && (\u_pages.f_owner_q == f_page)));
      if (\u_tags.f_now_q [PayloadWidth+:2] == dm_pkg::PageResident) begin
        assert (\u_tags.f_now_q [PayloadWidth-1:FrameWidth] == '0);
      end
      assert (\u_redormant.f_mapped_q == f_tag_ours);
      assert (\u_redormant.drain_busy_q == \u_pages.f_drain_q );
      if (\u_pages.f_drain_q ) begin
        assert (\u_redormant.drain_frame_q == \u_pages.f_drain_frame_q );
        assert (\u_redormant.drain_keep_q == \u_pages.f_keep_q );
      end
      if (\u_pages.fr_sent_q && \u_pages.fr_drain_q ) assert (\u_redormant.drained_q );
      if (\u_pages.target_gfn == f_page) begin
        if (\u_pages.state_q == Look1) begin
          assert (\u_tags.f_ram_ask_q && (\u_tags.f_ram_q == \u_tags.f_now_q ));
          assert (\u_pages.f_seen_q == f_tag_ours);
        end
        if (\u_pages.state_q == Look2) begin
          assert (\u_tags.f_raw_ask_q && (\u_tags.f_raw_q == \u_tags.f_now_q ));
          assert (\u_pages.f_seen_q == f_tag_ours);
        end
        if (\u_pages.f_converted_q ) begin
          assert (\u_tags.f_now_q [PayloadWidth+:2] == dm_pkg::PageResident);
        end
      end
      if (!tags_ready) begin
        assert ((\u_pages.state_q < Look1)
                || ((\u_pages.state_q == Exec) && ((\u_pages.op_q == dm_pkg::OpMarkAll)
                                                  || (\u_pages.op_q == dm_pkg::OpResolve))));
        assert (!\u_pages.f_owned_q && !\u_pages.f_drain_q && (\u_pages.stall_count_q == '0));
        assert (\u_redormant.active_q == '0);
      end

      // That a whole page of zeros is found is dm_redormant's cover: here it takes 2048 beats.
      cover (f_tag_ours && (f_listed == '1));
      cover (f_draining && !f_tag_ours && (f_listed != '0));
      cover (fr_valid && (fr_op == dm_pkg::OpFree) && (fr_frame == 28'(f_frame)) && (grant != '0));
      cover (\u_redormant.f_live_q && f_draining);
    end
  end

endmodule
