// One guest port (AXI4 subordinate, guest physical addresses): lets accesses to resident pages
// through to memory, answers for dormant ones, and asks for a frame when a dormant one is written.
//
// Invariant: an access reaches memory only under a translation that was true when it was let
//   through, and is in the order lists from then until its last response.
// Latency:   resident +1 cycle if the page is in the port's cache of translations, else +2; dormant
//   read -> first beat 3 cycles; dormant write -> AW 4 cycles if the pool has a frame.
// Throughput: a beat a cycle on R and W; responses add no cycle (they pass combinationally).
//
// All accesses of a port carry one id in memory, which therefore answers in order; the guest's ids
// wait in the order lists. So a zero from the gate never overtakes an older answer from memory.
`include "dm_assert.svh"

module dm_gate #(
  parameter  int unsigned AddrWidth  = 32,
  parameter  int unsigned DataWidth  = 64,
  parameter  int unsigned IdWidth    = 4,
  parameter  int unsigned PageShift  = 12,
  parameter  int unsigned GuestPages = 8192,
  parameter  int unsigned FrameWidth = 13,
  parameter  int unsigned Depth      = 16,   // accesses of each kind let through and unanswered
  localparam int unsigned GfnWidth   = dm_pkg::index_width(GuestPages),
  localparam int unsigned StrbWidth  = DataWidth / 8,
  localparam int unsigned LaneShift  = $clog2(StrbWidth),
  localparam int unsigned BeatWidth  = PageShift - LaneShift
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  convert_on_read_i,
  input  logic                  elide_i,

  // The guest.
  input  logic [IdWidth-1:0]    s_aw_id_i,
  input  logic [AddrWidth-1:0]  s_aw_addr_i,
  input  logic [7:0]            s_aw_len_i,
  input  logic [2:0]            s_aw_size_i,
  input  logic [1:0]            s_aw_burst_i,
  input  logic                  s_aw_lock_i,
  input  logic                  s_aw_valid_i,
  output logic                  s_aw_ready_o,
  input  logic [DataWidth-1:0]  s_w_data_i,
  input  logic [StrbWidth-1:0]  s_w_strb_i,
  input  logic                  s_w_last_i,
  input  logic                  s_w_valid_i,
  output logic                  s_w_ready_o,
  output logic [IdWidth-1:0]    s_b_id_o,
  output logic [1:0]            s_b_resp_o,
  output logic                  s_b_valid_o,
  input  logic                  s_b_ready_i,
  input  logic [IdWidth-1:0]    s_ar_id_i,
  input  logic [AddrWidth-1:0]  s_ar_addr_i,
  input  logic [7:0]            s_ar_len_i,
  input  logic [2:0]            s_ar_size_i,
  input  logic [1:0]            s_ar_burst_i,
  input  logic                  s_ar_lock_i,
  input  logic                  s_ar_valid_i,
  output logic                  s_ar_ready_o,
  output logic [IdWidth-1:0]    s_r_id_o,
  output logic [DataWidth-1:0]  s_r_data_o,
  output logic [1:0]            s_r_resp_o,
  output logic                  s_r_last_o,
  output logic                  s_r_valid_o,
  input  logic                  s_r_ready_i,

  // The arbiter: real physical addresses.
  output logic [AddrWidth-1:0]  m_aw_addr_o,
  output logic [7:0]            m_aw_len_o,
  output logic [2:0]            m_aw_size_o,
  output logic [1:0]            m_aw_burst_o,
  output logic                  m_aw_valid_o,
  input  logic                  m_aw_ready_i,
  output logic [DataWidth-1:0]  m_w_data_o,
  output logic [StrbWidth-1:0]  m_w_strb_o,
  output logic                  m_w_last_o,
  output logic                  m_w_valid_o,
  input  logic                  m_w_ready_i,
  input  logic [1:0]            m_b_resp_i,
  input  logic                  m_b_valid_i,
  output logic                  m_b_ready_o,
  output logic [AddrWidth-1:0]  m_ar_addr_o,
  output logic [7:0]            m_ar_len_o,
  output logic [2:0]            m_ar_size_o,
  output logic [1:0]            m_ar_burst_o,
  output logic                  m_ar_valid_o,
  input  logic                  m_ar_ready_i,
  input  logic [DataWidth-1:0]  m_r_data_i,
  input  logic [1:0]            m_r_resp_i,
  input  logic                  m_r_last_i,
  input  logic                  m_r_valid_i,
  output logic                  m_r_ready_o,

  // Tag table; bit 0 and the low half: reads, the others: writes.
  output logic [1:0]            need_o,
  output logic [2*GfnWidth-1:0] need_gfn_o,
  input  logic [1:0]            need_gnt_i,
  output logic [1:0]            arrive_o,
  output logic [2*GfnWidth-1:0] arrive_gfn_o,
  input  logic [1:0]            arrive_gnt_i,
  input  logic [2*GfnWidth-1:0] rsp_gfn_i,
  input  logic [3:0]            rsp_state_i,
  input  logic [2*FrameWidth-1:0] rsp_frame_i,

  // Changes of tags, and no new write burst in this cycle.
  input  logic                  upd_i,
  input  logic                  upd_all_i,
  input  logic [GfnWidth-1:0]   upd_gfn_i,
  input  logic                  freeze_i,

  // A head that cannot go on asks dm_pages, which answers with one of grant, stall and fail; a
  // stalled head sleeps until it is resolved. req_soon_o: a head asks or may be about to.
  output logic                  req_soon_o,
  output logic                  req_valid_o,
  output logic                  req_write_o,
  output logic                  req_away_o,
  output logic [GfnWidth-1:0]   req_gfn_o,
  input  logic                  grant_i,
  input  logic [FrameWidth-1:0] grant_frame_i,
  input  logic                  stall_i,
  input  logic                  fail_i,
  input  logic                  resolve_i,
  input  logic                  resolve_write_i,
  input  logic                  resolve_fail_i,

  // Is an access to this frame let through and unanswered?
  input  logic [FrameWidth-1:0] query_frame_i,
  output logic                  rd_match_o,
  output logic                  wr_match_o,

  // What the guest writes to resident pages, told a cycle later.
  output logic                  mon_beat_o,
  output logic [GfnWidth-1:0]   mon_gfn_o,
  output logic [FrameWidth-1:0] mon_frame_o,
  output logic [BeatWidth-1:0]  mon_index_o,
  output logic [StrbWidth-1:0]  mon_strb_o,
  output logic                  mon_nonzero_o,
  output logic                  mon_incr_o,
  output logic                  mon_b_o,
  output logic                  mon_b_error_o,
  output logic [FrameWidth-1:0] mon_b_frame_o,

  output logic                  busy_o,

  // Events, one pulse each.
  output logic                  ev_zero_read_o,
  output logic                  ev_elided_o,
  output logic [1:0]            ev_misses_o  // translations that the caches did not have, a number
);

  localparam int unsigned IndexWidth = $clog2(Depth);
  localparam int unsigned InfoWidth  = IdWidth + 8 + 3 + 2 + 2;
  localparam int unsigned SizeWidth  = $clog2(LaneShift + 1);  // of sizes that are not refused

  // Who answers an access, and how.
  localparam logic [1:0] KindMemory = 2'd0;
  localparam logic [1:0] KindOkay   = 2'd1;
  localparam logic [1:0] KindSlvErr = 2'd2;
  localparam logic [1:0] KindDecErr = 2'd3;

  // What the port does not promise gets an error of its own: KindSlvErr or KindDecErr, else
  // KindMemory.
  function automatic logic [1:0] refuse(logic [11:0] addr, logic [7:0] len, logic [2:0] size,
                                        logic [1:0] burst, logic lock, logic beyond);
    logic [12:0] last;  // beats of the 4 KiB block to the last one; one sum a size, all at once
    logic        leaves;
    leaves = 1'b0;
    for (int unsigned s = 0; s <= LaneShift; s++) begin
      last = 13'(addr >> s) + 13'(len);
      if (size[SizeWidth-1:0] == SizeWidth'(s)) leaves = ((last >> (12 - s)) != '0);
    end
    refuse = KindMemory;
    unique case (burst)
      2'b00: if (len > 8'd15) refuse = KindSlvErr;
      // Leaves its 4 KiB block: AXI forbids it, and a page is at least that large.
      2'b01: if (leaves) refuse = KindSlvErr;
      2'b10: begin
        if (!(len == 8'd1 || len == 8'd3 || len == 8'd7 || len == 8'd15)) refuse = KindSlvErr;
        if ((addr[6:0] & ~(7'h7f << size)) != 7'd0) refuse = KindSlvErr;
      end
      default: refuse = KindSlvErr;
    endcase
    if (32'(size) > LaneShift || lock) refuse = KindSlvErr;
    if (beyond) refuse = KindDecErr;
  endfunction

  // ------------------------------------------------------------------------------ address channels
  logic                  rd_upd_hold, rd_forget, rd_set, rd_pop;
  logic                  rd_head_valid, rd_head_known, rd_skip, rd_changed, rd_odd;
  dm_pkg::page_state_e   rd_state;
  logic [FrameWidth-1:0] rd_frame;
  logic [AddrWidth-1:0]  rd_addr;
  logic [InfoWidth-1:0]  rd_info;
  logic [IdWidth-1:0]    rd_id;
  logic [7:0]            rd_len;
  logic [1:0]            rd_refuse;
  logic                  wr_upd_hold, wr_forget, wr_set, wr_pop;
  logic                  wr_head_valid, wr_head_known, wr_skip, wr_changed, wr_odd;
  dm_pkg::page_state_e   wr_state;
  logic [FrameWidth-1:0] wr_frame;
  logic [AddrWidth-1:0]  wr_addr;
  logic [InfoWidth-1:0]  wr_info;
  logic [IdWidth-1:0]    wr_id;
  logic [2:0]            wr_size;
  logic [1:0]            wr_burst;
  logic [1:0]            wr_refuse;
  logic [1:0]            ar_refuse, aw_refuse;
  logic                  ar_beyond, aw_beyond;
  logic [1:0]            ev_miss;

  assign ar_beyond = (s_ar_addr_i >> PageShift) >= AddrWidth'(GuestPages);
  assign aw_beyond = (s_aw_addr_i >> PageShift) >= AddrWidth'(GuestPages);
  assign ar_refuse = refuse(s_ar_addr_i[11:0], s_ar_len_i, s_ar_size_i, s_ar_burst_i, s_ar_lock_i,
                            ar_beyond);
  assign aw_refuse = refuse(s_aw_addr_i[11:0], s_aw_len_i, s_aw_size_i, s_aw_burst_i, s_aw_lock_i,
                            aw_beyond);

  dm_lookup #(
    .AddrWidth  (AddrWidth),
    .InfoWidth  (InfoWidth),
    .PageShift  (PageShift),
    .GuestPages (GuestPages),
    .FrameWidth (FrameWidth)
  ) u_read (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .valid_i       (s_ar_valid_i),
    .ready_o       (s_ar_ready_o),
    .addr_i        (s_ar_addr_i),
    .info_i        ({s_ar_id_i, s_ar_len_i, s_ar_size_i, s_ar_burst_i, ar_refuse}),
    .beyond_i      (ar_beyond),
    .skip_i        (ar_refuse != KindMemory),
    .need_o        (need_o[0]),
    .need_gfn_o    (need_gfn_o[GfnWidth-1:0]),
    .need_gnt_i    (need_gnt_i[0]),
    .arrive_o      (arrive_o[0]),
    .arrive_gfn_o  (arrive_gfn_o[GfnWidth-1:0]),
    .arrive_gnt_i  (arrive_gnt_i[0]),
    .rsp_gfn_i     (rsp_gfn_i[GfnWidth-1:0]),
    .rsp_state_i   (dm_pkg::page_state_e'(rsp_state_i[1:0])),
    .rsp_frame_i   (rsp_frame_i[FrameWidth-1:0]),
    .upd_i         (upd_i),
    .upd_all_i     (upd_all_i),
    .upd_gfn_i     (upd_gfn_i),
    .head_valid_o  (rd_head_valid),
    .head_known_o  (rd_head_known),
    .head_skip_o   (rd_skip),
    .head_state_o  (rd_state),
    .head_frame_o  (rd_frame),
    .head_addr_o   (rd_addr),
    .head_info_o   (rd_info),
    .head_changed_o (rd_changed),
    .head_odd_o    (rd_odd),
    .hold_i        (rd_upd_hold),
    .forget_i      (rd_forget),
    .set_i         (rd_set),
    .fill_i        (grant_i),
    .set_frame_i   (grant_frame_i),
    .pop_i         (rd_pop),
    .ev_miss_o     (ev_miss[0])
  );

  dm_lookup #(
    .AddrWidth  (AddrWidth),
    .InfoWidth  (InfoWidth),
    .PageShift  (PageShift),
    .GuestPages (GuestPages),
    .FrameWidth (FrameWidth)
  ) u_write (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .valid_i       (s_aw_valid_i),
    .ready_o       (s_aw_ready_o),
    .addr_i        (s_aw_addr_i),
    .info_i        ({s_aw_id_i, s_aw_len_i, s_aw_size_i, s_aw_burst_i, aw_refuse}),
    .beyond_i      (aw_beyond),
    .skip_i        (aw_refuse != KindMemory),
    .need_o        (need_o[1]),
    .need_gfn_o    (need_gfn_o[2*GfnWidth-1:GfnWidth]),
    .need_gnt_i    (need_gnt_i[1]),
    .arrive_o      (arrive_o[1]),
    .arrive_gfn_o  (arrive_gfn_o[2*GfnWidth-1:GfnWidth]),
    .arrive_gnt_i  (arrive_gnt_i[1]),
    .rsp_gfn_i     (rsp_gfn_i[2*GfnWidth-1:GfnWidth]),
    .rsp_state_i   (dm_pkg::page_state_e'(rsp_state_i[3:2])),
    .rsp_frame_i   (rsp_frame_i[2*FrameWidth-1:FrameWidth]),
    .upd_i         (upd_i),
    .upd_all_i     (upd_all_i),
    .upd_gfn_i     (upd_gfn_i),
    .head_valid_o  (wr_head_valid),
    .head_known_o  (wr_head_known),
    .head_skip_o   (wr_skip),
    .head_state_o  (wr_state),
    .head_frame_o  (wr_frame),
    .head_addr_o   (wr_addr),
    .head_info_o   (wr_info),
    .head_changed_o (wr_changed),
    .head_odd_o    (wr_odd),
    .hold_i        (wr_upd_hold),
    .forget_i      (wr_forget),
    .set_i         (wr_set),
    .fill_i        (grant_i),
    .set_frame_i   (grant_frame_i),
    .pop_i         (wr_pop),
    .ev_miss_o     (ev_miss[1])
  );

  assign {rd_id, rd_len, m_ar_size_o, m_ar_burst_o, rd_refuse} = rd_info;
  assign {wr_id, m_aw_len_o, wr_size, wr_burst, wr_refuse}     = wr_info;
  assign m_ar_len_o   = rd_len;
  assign m_aw_size_o  = wr_size;
  assign m_aw_burst_o = wr_burst;

  // ----------------------------------------------------------------------------------- order lists
  // Accesses let through or answered here, oldest first.
  logic [1:0]            rkind_q  [Depth];
  logic [IdWidth-1:0]    rid_q    [Depth];
  logic [7:0]            rlen_q   [Depth];
  logic                  rsingle_q [Depth];  // one beat
  logic [FrameWidth-1:0] rframe_q [Depth];
  logic [1:0]            wkind_q  [Depth];
  logic [IdWidth-1:0]    wid_q    [Depth];
  logic [FrameWidth-1:0] wframe_q [Depth];
  logic [Depth-1:0]      rlive_q, rlive_d;  // let through to memory and unanswered
  logic [Depth-1:0]      wlive_q, wlive_d;
  logic [IndexWidth-1:0] rwptr_q, rwptr_d, rrptr_q, rrptr_d;
  logic [IndexWidth-1:0] wwptr_q, wwptr_d, wrptr_q, wrptr_d;
  logic [IndexWidth:0]   rcount_q, rcount_d;
  logic [IndexWidth:0]   wcount_q, wcount_d;
  logic                  rsome_q, rsome_d, rroom_q, rroom_d;  // of rcount_q: not 0, not Depth
  logic                  wsome_q, wsome_d, wroom_q, wroom_d;
  logic                  rpush, rdone, wpush, wdone;
  logic [1:0]            rpush_kind, wpush_kind;

  // ------------------------------------------------------------------------------------- registers
  logic       ar_held_q, ar_held_d;      // the head's AR is offered and not accepted
  logic       rasleep_q, rasleep_d;      // the head waits for firmware
  logic       rfail_q, rfail_d;          // firmware said no
  logic [7:0] rbeat_q, rbeat_d;          // beats sent of an answer from here
  logic       rmore_q, rmore_d;          // and it is not the first that comes now
  logic       rlast_q, rlast_d;          // but the last, of those
  logic       wlet_q, wlet_d;            // the head's burst is let through
  logic       aw_done_q, aw_done_d;      // its address is accepted
  logic       w_done_q, w_done_d;        // its data is sent
  logic       wasleep_q, wasleep_d;
  logic       wfail_q, wfail_d;
  logic [1:0] wdrop_q, wdrop_d;          // the head's data is swallowed, for this answer
  logic [8:0] scan_q, scan_d;            // leading zero beats dropped, to be replayed unstrobed
  logic       replay_q, replay_d;        // there are some
  logic [PageShift-1:0]  at_q, at_d;     // byte in the page of the next beat to memory
  logic [1:0]            skid_valid_q, skid_valid_d;
  logic [1:0]            skid_last_q, skid_last_d;
  logic [1:0]            skid_nonzero_q, skid_nonzero_d;
  logic                  skid_turn_q, skid_turn_d;  // which of the two below is the oldest beat's
  logic [DataWidth-1:0]  skid0_data_q, skid0_data_d, skid1_data_q, skid1_data_d;
  logic [StrbWidth-1:0]  skid0_strb_q, skid0_strb_d, skid1_strb_q, skid1_strb_d;
  logic                  req_valid_q, req_valid_d;
  logic                  req_write_q, req_write_d;
  logic                  req_away_q, req_away_d;
  logic [GfnWidth-1:0]   req_gfn_q, req_gfn_d;
  logic                  mon_beat_q, mon_beat_d;
  logic [GfnWidth-1:0]   mon_gfn_q;
  logic [FrameWidth-1:0] mon_frame_q;
  logic [BeatWidth-1:0]  mon_index_q;
  logic [StrbWidth-1:0]  mon_strb_q;
  logic                  mon_nonzero_q;
  logic                  mon_incr_q;
  logic                  mon_b_q, mon_b_d;
  logic                  mon_b_error_q, mon_b_error_d;
  logic [FrameWidth-1:0] mon_b_frame_q, mon_b_frame_d;

  // ------------------------------------------------------------------------------------------ reads
  logic rd_ready, rd_local, rd_let, rd_want, rd_away;

  assign rd_ready = rd_head_known && !rasleep_q && !ar_held_q && !(req_valid_q && !req_write_q);

  always_comb begin
    rd_local   = 1'b0;
    rd_let     = 1'b0;
    rd_want    = 1'b0;
    rd_away    = 1'b0;
    rpush_kind = KindMemory;
    if (rd_skip || rfail_q) begin
      rpush_kind = rfail_q ? KindSlvErr : rd_refuse;
      rd_local   = rd_ready && rroom_q;
    end else begin
      unique case (rd_state)
        dm_pkg::PageDormant: begin
          rpush_kind = KindOkay;
          rd_local   = rd_ready && rroom_q && !convert_on_read_i;
          rd_want    = convert_on_read_i;
        end
        dm_pkg::PageResident: rd_let = rd_ready && rroom_q;
        dm_pkg::PageAway: begin
          rd_want = 1'b1;
          rd_away = 1'b1;
        end
        default: begin
          rpush_kind = KindSlvErr;
          rd_local   = rd_ready && rroom_q;
        end
      endcase
    end
    // The request itself must not depend on whether it is already made.
    rd_want = rd_want && rd_head_known && !rasleep_q && !ar_held_q;
  end

  assign m_ar_valid_o = rd_let || ar_held_q;
  assign m_ar_addr_o  = AddrWidth'({rd_frame, rd_addr[PageShift-1:0]});
  assign ar_held_d    = m_ar_valid_o && !m_ar_ready_i;
  assign rd_upd_hold  = m_ar_valid_o;
  assign rpush        = rd_local || rd_let;
  assign rd_pop       = rd_local || (m_ar_valid_o && m_ar_ready_i);

  // Answers: from memory as they come, else from here.
  logic       rtop_memory;
  logic [1:0] rtop_kind;

  assign rtop_kind   = rkind_q[rrptr_q];
  assign rtop_memory = (rtop_kind == KindMemory);

  assign s_r_valid_o = rsome_q && (!rtop_memory || m_r_valid_i);
  assign s_r_id_o    = rid_q[rrptr_q];
  assign s_r_data_o  = rtop_memory ? m_r_data_i : '0;
  assign s_r_last_o  = rtop_memory ? m_r_last_i : (rmore_q ? rlast_q : rsingle_q[rrptr_q]);
  assign m_r_ready_o = rsome_q && rtop_memory && s_r_ready_i;
  assign rdone       = s_r_valid_o && s_r_ready_i && s_r_last_o;

  always_comb begin
    unique case (rtop_kind)
      KindMemory: s_r_resp_o = m_r_resp_i;
      KindSlvErr: s_r_resp_o = 2'b10;
      KindDecErr: s_r_resp_o = 2'b11;
      default:    s_r_resp_o = 2'b00;
    endcase
    rbeat_d = rbeat_q;
    rlast_d = rlast_q;
    rmore_d = rmore_q;
    if (rsome_q && !rtop_memory && s_r_ready_i) begin
      rbeat_d = s_r_last_o ? '0 : rbeat_q + 8'd1;
      rlast_d = ((rbeat_q + 8'd1) == rlen_q[rrptr_q]);
      rmore_d = !s_r_last_o;
    end
  end

  // ----------------------------------------------------------------------------------------- writes
  logic wr_ready, beat, beat_zero, beat_last, wr_let, wr_want, wr_away, wr_swallow, wr_refused;
  logic w_fire, w_sent, aw_sent, elided;
  logic [1:0] wr_kind;
  logic [StrbWidth-1:0] beat_strb;

  assign beat      = skid_valid_q[0];
  assign beat_strb = skid_turn_q ? skid1_strb_q : skid0_strb_q;
  assign beat_last = skid_last_q[0];
  assign beat_zero = !skid_nonzero_q[0];
  assign wr_ready  = wr_head_known && beat && !wasleep_q && !wlet_q &&
                     !(req_valid_q && req_write_q);

  // The last beat that is not sent on brings the answer, so it needs a place in the list.
  always_comb begin
    wr_let     = 1'b0;
    wr_want    = 1'b0;
    wr_away    = 1'b0;
    wr_swallow = 1'b0;
    wr_refused = 1'b0;
    wr_kind    = KindOkay;
    if (wdrop_q != KindMemory || wfail_q || wr_skip) begin
      wr_refused = 1'b1;
      wr_kind    = (wdrop_q != KindMemory) ? wdrop_q : (wfail_q ? KindSlvErr : wr_refuse);
      wr_swallow = wr_ready && (wroom_q || !beat_last);
    end else begin
      unique case (wr_state)
        dm_pkg::PageDormant: begin
          wr_swallow = wr_ready && beat_zero && elide_i && (wroom_q || !beat_last);
          wr_want    = !(beat_zero && elide_i);
        end
        dm_pkg::PageResident: wr_let = wr_ready && wroom_q && !freeze_i;
        dm_pkg::PageAway: begin
          wr_want = 1'b1;
          wr_away = 1'b1;
        end
        default: begin
          wr_refused = 1'b1;
          wr_kind    = KindSlvErr;
          wr_swallow = wr_ready && (wroom_q || !beat_last);
        end
      endcase
    end
    wr_want = wr_want && wr_head_known && beat && !wasleep_q && !wlet_q;
  end

  assign m_aw_valid_o = wr_let || (wlet_q && !aw_done_q);
  assign m_aw_addr_o  = AddrWidth'({wr_frame, wr_addr[PageShift-1:0]});
  assign m_w_valid_o  = wr_let || (wlet_q && !w_done_q && (replay_q || beat));
  assign m_w_data_o   = replay_q ? '0 : (skid_turn_q ? skid1_data_q : skid0_data_q);
  assign m_w_strb_o   = replay_q ? '0 : beat_strb;
  assign m_w_last_o   = !replay_q && beat_last;
  assign w_fire       = m_w_valid_o && m_w_ready_i;
  assign wr_upd_hold  = wr_let || wlet_q;

  // A burst let through ends when both its address and its data are accepted. That it is let through
  // in this cycle is known late.
  assign aw_sent = aw_done_q || m_aw_ready_i;
  assign w_sent  = w_done_q || (m_w_ready_i && m_w_last_o && (!wlet_q || beat));
  assign elided  = wr_swallow && beat_last && !wr_refused;

  assign wpush      = wr_let || (wr_swallow && beat_last);
  assign wpush_kind = wr_let ? KindMemory : wr_kind;
  assign wr_pop     = (wr_upd_hold && aw_sent && w_sent) || (wr_swallow && beat_last);

  always_comb begin
    wlet_d    = wr_upd_hold && !(aw_sent && w_sent);
    aw_done_d = wr_upd_hold && aw_sent && !w_sent;
    w_done_d  = wr_upd_hold && w_sent && !aw_sent;
    wdrop_d   = wdrop_q;
    scan_d    = scan_q;
    if (wr_swallow && wr_refused) wdrop_d = wr_kind;
    replay_d  = replay_q;
    if (wr_swallow && !wr_refused) begin
      scan_d   = scan_q + 9'd1;
      replay_d = 1'b1;
    end
    if (w_fire && replay_q) begin
      scan_d   = scan_q - 9'd1;
      replay_d = (scan_q != 9'd1);
    end
    if (wr_pop) begin
      wdrop_d  = KindMemory;
      scan_d   = '0;
      replay_d = 1'b0;
    end
  end

  // The skid buffer keeps W's ready a register.
  logic skid_pop, skid_push, skid_place, in_nonzero;
  logic [1:0] skid_slot;

  assign s_w_ready_o = !skid_valid_q[1];
  assign skid_push   = s_w_valid_i && s_w_ready_o;
  assign skid_pop    = wr_swallow || (w_fire && !replay_q);

  always_comb begin
    in_nonzero = 1'b0;
    for (int unsigned i = 0; i < StrbWidth; i++) begin
      if (s_w_strb_i[i] && s_w_data_i[8*i+:8] != 8'd0) in_nonzero = 1'b1;
    end
  end

  assign skid_slot   = {skid_push && skid_valid_q[0] && !skid_pop,
                        skid_push && (!skid_valid_q[0] || skid_pop)};
  assign skid_place  = skid_turn_q ^ skid_valid_q[0];
  assign skid_turn_d = skid_turn_q ^ skid_pop;

  always_comb begin
    skid_valid_d   = skid_valid_q;
    skid_last_d    = skid_last_q;
    skid_nonzero_d = skid_nonzero_q;
    skid0_data_d   = skid0_data_q;
    skid0_strb_d   = skid0_strb_q;
    skid1_data_d   = skid1_data_q;
    skid1_strb_d   = skid1_strb_q;
    if (skid_pop) begin
      skid_valid_d   = {1'b0, skid_valid_q[1]};
      skid_last_d    = {1'b0, skid_last_q[1]};
      skid_nonzero_d = {1'b0, skid_nonzero_q[1]};
    end
    // What is empty is zero.
    skid_valid_d   = skid_valid_d | skid_slot;
    skid_last_d    = skid_last_d | (skid_slot & {2{s_w_last_i}});
    skid_nonzero_d = skid_nonzero_d | (skid_slot & {2{in_nonzero}});
    if (skid_push && !skid_place) begin
      skid0_data_d = s_w_data_i;
      skid0_strb_d = s_w_strb_i;
    end
    if (skid_push && skid_place) begin
      skid1_data_d = s_w_data_i;
      skid1_strb_d = s_w_strb_i;
    end
  end

  // Write responses.
  logic       wtop_memory;
  logic [1:0] wtop_kind;

  assign wtop_kind   = wkind_q[wrptr_q];
  assign wtop_memory = (wtop_kind == KindMemory);
  assign s_b_valid_o = wsome_q && (!wtop_memory || m_b_valid_i);
  assign s_b_id_o    = wid_q[wrptr_q];
  assign m_b_ready_o = wsome_q && wtop_memory && s_b_ready_i;
  assign wdone       = s_b_valid_o && s_b_ready_i;

  always_comb begin
    unique case (wtop_kind)
      KindMemory: s_b_resp_o = m_b_resp_i;
      KindSlvErr: s_b_resp_o = 2'b10;
      KindDecErr: s_b_resp_o = 2'b11;
      default:    s_b_resp_o = 2'b00;
    endcase
  end

  always_comb begin
    rwptr_d  = rwptr_q + IndexWidth'(rpush);
    rrptr_d  = rrptr_q + IndexWidth'(rdone);
    wwptr_d  = wwptr_q + IndexWidth'(wpush);
    wrptr_d  = wrptr_q + IndexWidth'(wdone);
    rcount_d = rcount_q;
    wcount_d = wcount_q;
    if (rpush && !rdone) rcount_d = rcount_q + (IndexWidth + 1)'(1);
    if (rdone && !rpush) rcount_d = rcount_q - (IndexWidth + 1)'(1);
    if (wpush && !wdone) wcount_d = wcount_q + (IndexWidth + 1)'(1);
    if (wdone && !wpush) wcount_d = wcount_q - (IndexWidth + 1)'(1);
    rsome_d = rpush || (rdone ? (rcount_q != (IndexWidth + 1)'(1)) : rsome_q);
    wsome_d = wpush || (wdone ? (wcount_q != (IndexWidth + 1)'(1)) : wsome_q);
    rroom_d = rdone || (rpush ? (rcount_q != (IndexWidth + 1)'(Depth - 1)) : rroom_q);
    wroom_d = wdone || (wpush ? (wcount_q != (IndexWidth + 1)'(Depth - 1)) : wroom_q);
    rlive_d  = rlive_q;
    wlive_d  = wlive_q;
    if (m_r_ready_o && m_r_valid_i && m_r_last_i) rlive_d[rrptr_q] = 1'b0;
    if (m_b_ready_o && m_b_valid_i) wlive_d[wrptr_q] = 1'b0;
    if (rd_let) rlive_d[rwptr_q] = 1'b1;
    if (wr_let) wlive_d[wwptr_q] = 1'b1;
  end

  logic [Depth-1:0] rd_same, wr_same;

  always_comb begin
    for (int unsigned i = 0; i < Depth; i++) begin
      rd_same[i] = (rframe_q[i] == query_frame_i);
      wr_same[i] = (wframe_q[i] == query_frame_i);
    end
  end

  assign rd_match_o = ((rd_same & rlive_q) != '0);
  assign wr_match_o = ((wr_same & wlive_q) != '0);

  // --------------------------------------------------------------------------------------- requests
  // A write that waits goes first: it holds data. A request stays as it is until it is answered or
  // the tag of its page changes; a grant is such a change.
  logic req_go, req_pick;

  assign req_go      = !req_valid_q && (wr_want || rd_want);
  assign req_pick    = req_valid_q ? req_write_q : wr_want;
  assign req_valid_d = (req_pick ? wr_want && !wr_changed : rd_want && !rd_changed) &&
                       !stall_i && !fail_i;
  assign req_soon_o  = req_valid_q || (wr_odd && !wlet_q && !wasleep_q) ||
                       (rd_odd && convert_on_read_i && !rasleep_q);

  always_comb begin
    req_write_d = req_write_q;
    req_away_d  = req_away_q;
    req_gfn_d   = req_gfn_q;
    if (req_go) begin
      req_write_d = wr_want;
      req_away_d  = wr_want ? wr_away : rd_away;
      req_gfn_d   = wr_want ? GfnWidth'(wr_addr[AddrWidth-1:PageShift])
                            : GfnWidth'(rd_addr[AddrWidth-1:PageShift]);
    end
  end

  assign rd_set    = grant_i && !req_write_q;
  assign wr_set    = grant_i && req_write_q;
  assign rd_forget = resolve_i && !resolve_write_i;
  assign wr_forget = resolve_i && resolve_write_i;

  always_comb begin
    rasleep_d = rasleep_q;
    wasleep_d = wasleep_q;
    rfail_d   = rfail_q && !rd_pop;
    wfail_d   = wfail_q && !wr_pop;
    if (stall_i && !req_write_q) rasleep_d = 1'b1;
    if (stall_i && req_write_q) wasleep_d = 1'b1;
    if (fail_i && !req_write_q) rfail_d = 1'b1;
    if (fail_i && req_write_q) wfail_d = 1'b1;
    if (resolve_i && !resolve_write_i) begin
      rasleep_d = 1'b0;
      rfail_d   = resolve_fail_i;
    end
    if (resolve_i && resolve_write_i) begin
      wasleep_d = 1'b0;
      wfail_d   = resolve_fail_i;
    end
  end

  assign req_valid_o = req_valid_q;
  assign req_write_o = req_write_q;
  assign req_away_o  = req_away_q;
  assign req_gfn_o   = req_gfn_q;

  // ---------------------------------------------------------------------------------------- monitor
  logic [PageShift-1:0] at, lanes;

  always_comb begin
    for (int unsigned i = 0; i < PageShift; i++) lanes[i] = (i < 32'(wr_size));
  end

  assign at   = wlet_q ? at_q : wr_addr[PageShift-1:0];
  assign at_d = w_fire ? (at | lanes) + PageShift'(1) : at;

  assign mon_beat_d = w_fire && !replay_q;
  assign mon_b_d    = wdone && wtop_memory;
  assign mon_b_error_d = mon_b_d && (m_b_resp_i != 2'b00);

  assign mon_b_frame_d = wsome_q ? wframe_q[wrptr_q] : mon_b_frame_q;

  assign mon_beat_o    = mon_beat_q;
  assign mon_gfn_o     = mon_gfn_q;
  assign mon_frame_o   = mon_frame_q;
  assign mon_index_o   = mon_index_q;
  assign mon_strb_o    = mon_strb_q;
  assign mon_nonzero_o = mon_nonzero_q;
  assign mon_incr_o    = mon_incr_q;
  assign mon_b_o       = mon_b_q;
  assign mon_b_error_o = mon_b_error_q;
  assign mon_b_frame_o = mon_b_frame_q;

  assign busy_o = rd_head_valid || wr_head_valid || rsome_q || wsome_q;

  assign ev_zero_read_o = rd_local && (rpush_kind == KindOkay);
  assign ev_elided_o    = elided;
  assign ev_misses_o    = 2'(ev_miss[0]) + 2'(ev_miss[1]);

  // The place behind the last entry follows the head: a push, which is known late, moves but a
  // pointer.
  always_ff @(posedge clk_i) begin
    if (rroom_q) begin
      rkind_q[rwptr_q]  <= rpush_kind;
      rid_q[rwptr_q]    <= rd_id;
      rlen_q[rwptr_q]   <= rd_len;
      rsingle_q[rwptr_q] <= (rd_len == 8'd0);
      rframe_q[rwptr_q] <= rd_frame;
    end
    if (wroom_q) begin
      wkind_q[wwptr_q]  <= wpush_kind;
      wid_q[wwptr_q]    <= wr_id;
      wframe_q[wwptr_q] <= wr_frame;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rlive_q        <= '0;
      wlive_q        <= '0;
      rwptr_q        <= '0;
      rrptr_q        <= '0;
      wwptr_q        <= '0;
      wrptr_q        <= '0;
      rcount_q       <= '0;
      wcount_q       <= '0;
      rsome_q        <= 1'b0;
      wsome_q        <= 1'b0;
      rroom_q        <= 1'b1;
      wroom_q        <= 1'b1;
      ar_held_q      <= 1'b0;
      rasleep_q      <= 1'b0;
      rfail_q        <= 1'b0;
      rbeat_q        <= '0;
      rmore_q        <= 1'b0;
      rlast_q        <= 1'b0;
      wlet_q         <= 1'b0;
      aw_done_q      <= 1'b0;
      w_done_q       <= 1'b0;
      wasleep_q      <= 1'b0;
      wfail_q        <= 1'b0;
      wdrop_q        <= KindMemory;
      scan_q         <= '0;
      replay_q       <= 1'b0;
      at_q           <= '0;
      skid_valid_q   <= '0;
      skid_last_q    <= '0;
      skid_nonzero_q <= '0;
      skid_turn_q    <= 1'b0;
      skid0_data_q   <= '0;
      skid0_strb_q   <= '0;
      skid1_data_q   <= '0;
      skid1_strb_q   <= '0;
      req_valid_q    <= 1'b0;
      req_write_q    <= 1'b0;
      req_away_q     <= 1'b0;
      req_gfn_q      <= '0;
      mon_beat_q     <= 1'b0;
      mon_gfn_q      <= '0;
      mon_frame_q    <= '0;
      mon_index_q    <= '0;
      mon_strb_q     <= '0;
      mon_nonzero_q  <= 1'b0;
      mon_incr_q     <= 1'b0;
      mon_b_q        <= 1'b0;
      mon_b_error_q  <= 1'b0;
      mon_b_frame_q  <= '0;
    end else begin
      rlive_q        <= rlive_d;
      wlive_q        <= wlive_d;
      rwptr_q        <= rwptr_d;
      rrptr_q        <= rrptr_d;
      wwptr_q        <= wwptr_d;
      wrptr_q        <= wrptr_d;
      rcount_q       <= rcount_d;
      wcount_q       <= wcount_d;
      rsome_q        <= rsome_d;
      wsome_q        <= wsome_d;
      rroom_q        <= rroom_d;
      wroom_q        <= wroom_d;
      ar_held_q      <= ar_held_d;
      rasleep_q      <= rasleep_d;
      rfail_q        <= rfail_d;
      rbeat_q        <= rbeat_d;
      rmore_q        <= rmore_d;
      rlast_q        <= rlast_d;
      wlet_q         <= wlet_d;
      aw_done_q      <= aw_done_d;
      w_done_q       <= w_done_d;
      wasleep_q      <= wasleep_d;
      wfail_q        <= wfail_d;
      wdrop_q        <= wdrop_d;
      scan_q         <= scan_d;
      replay_q       <= replay_d;
      at_q           <= at_d;
      skid_valid_q   <= skid_valid_d;
      skid_last_q    <= skid_last_d;
      skid_nonzero_q <= skid_nonzero_d;
      skid_turn_q    <= skid_turn_d;
      skid0_data_q   <= skid0_data_d;
      skid0_strb_q   <= skid0_strb_d;
      skid1_data_q   <= skid1_data_d;
      skid1_strb_q   <= skid1_strb_d;
      req_valid_q    <= req_valid_d;
      req_write_q    <= req_write_d;
      req_away_q     <= req_away_d;
      req_gfn_q      <= req_gfn_d;
      mon_beat_q     <= mon_beat_d;
      mon_gfn_q      <= GfnWidth'(wr_addr[AddrWidth-1:PageShift]);
      mon_frame_q    <= wr_frame;
      mon_index_q    <= at[PageShift-1:LaneShift];
      mon_strb_q     <= beat_strb;
      mon_nonzero_q  <= skid_nonzero_q[0];
      mon_incr_q     <= (wr_burst == 2'b01);
      mon_b_q        <= mon_b_d;
      mon_b_error_q  <= mon_b_error_d;
      mon_b_frame_q  <= mon_b_frame_d;
    end
  end

`ifndef SYNTHESIS
  `DM_AWAKE

  always @(posedge clk_i) begin
    if (awake_q) begin
      // The memory answers what was asked, in order.
      assert (!m_r_valid_i || (rlive_q != '0));
      assert (!m_b_valid_i || (wlive_q != '0));
      // An answer comes to a request, and one at a time.
      assert (!(grant_i || stall_i || fail_i) || req_valid_q);
      assert (!grant_i || (req_write_q ? wr_changed : rd_changed));
      assert (!(grant_i && stall_i) && !(grant_i && fail_i) && !(stall_i && fail_i));
      assert (!resolve_i || (resolve_write_i ? wasleep_q : rasleep_q));
    end
  end
`endif

`ifdef FORMAL
  `include "formal/dm_gate_props.svh"
`endif

endmodule
