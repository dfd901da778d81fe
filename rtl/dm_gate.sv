// One guest port (AXI4 subordinate, guest physical addresses): lets accesses to resident pages
// through to memory, answers for dormant ones, and asks for a frame when a dormant one is written.
//
// Invariant: an access reaches memory only under a translation that was true when it was let
//   through, and is found by its frame from then until memory's last answer. A write is let through
//   when its data is complete and a read when its answer has room, so memory never waits for a guest.
// Latency:   resident +1 cycle if the page is in the port's cache of translations, else +2; dormant
//   read -> first beat 3 cycles; address and last beat of a dormant write -> AW 4 cycles if the pool has a
//   frame. Answers pass in their cycle. Throughput: a beat a cycle on R and W.
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
  parameter  int unsigned Depth      = 16,   // accesses of each kind let through or unanswered
  parameter  int unsigned Beats      = 256,  // in the longest burst, a power of two, 4..256
  parameter  int unsigned Bursts     = 16,   // of which the data may wait, a power of two, at least 8
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

  // Was an access to this frame let through and unanswered in the last cycle?
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
  output logic                  mon_old_o,   // let through before the page's tag changed
  output logic                  mon_b_o,
  output logic                  mon_b_error_o,
  output logic [FrameWidth-1:0] mon_b_frame_o,

  output logic                  busy_o,

  // Events, one pulse each.
  output logic                  ev_zero_read_o,
  output logic                  ev_elided_o,
  output logic [1:0]            ev_misses_o,  // translations that the caches did not have, a number
  output logic                  ev_stray_o   // an answer from memory that nobody waits for
);

  localparam int unsigned IndexWidth = $clog2(Depth);
  localparam int unsigned InfoWidth  = IdWidth + 8 + 3 + 2 + 2;
  localparam int unsigned SizeWidth  = $clog2(LaneShift + 1);  // of sizes that are not refused
  localparam int unsigned LenWidth   = $clog2(Beats);
  localparam int unsigned BurstWidth = $clog2(Bursts);
  localparam int unsigned Room       = 2 * Beats;       // beats of answers
  localparam int unsigned RoomWidth  = $clog2(Room) + 1;

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
    if (32'(size) > LaneShift || lock || 32'(len) >= Beats) refuse = KindSlvErr;
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
  // Accesses that the guest has no answer to, oldest first.
  logic [1:0]            rkind_q  [Depth];
  logic [IdWidth-1:0]    rid_q    [Depth];
  logic [7:0]            rlen_q   [Depth];
  logic                  rsingle_q [Depth];  // one beat
  logic [1:0]            wkind_q  [Depth];
  logic [IdWidth-1:0]    wid_q    [Depth];
  logic [IndexWidth-1:0] rwptr_q, rwptr_d, rrptr_q, rrptr_d;
  logic [IndexWidth-1:0] wwptr_q, wwptr_d, wrptr_q, wrptr_d;
  logic [IndexWidth:0]   rcount_q, rcount_d;
  logic [IndexWidth:0]   wcount_q, wcount_d;
  logic                  rsome_q, rsome_d, rroom_q, rroom_d;  // of rcount_q: not 0, not Depth
  logic                  wsome_q, wsome_d, wroom_q, wroom_d;
  logic                  rpush, rdone, wpush, wdone;
  logic [1:0]            rpush_kind, wpush_kind;

  // Of these, those let through that memory has not answered: their frames, in the same order.
  logic [FrameWidth-1:0] rframe_q [Depth];
  logic [FrameWidth-1:0] wframe_q [Depth];
  logic [Depth-1:0]      rlive_q, rlive_d;
  logic [Depth-1:0]      wlive_q, wlive_d;
  logic [IndexWidth-1:0] rlwptr_q, rlwptr_d, rlrptr_q, rlrptr_d;
  logic [IndexWidth-1:0] wlwptr_q, wlwptr_d, wlrptr_q, wlrptr_d;
  logic                  rtake, rend, btake;  // memory's answers to them

  // ------------------------------------------------------------------------------------- registers
  logic       ar_held_q, ar_held_d;      // the head's AR is offered and not accepted
  logic       rasleep_q, rasleep_d;      // the head waits for firmware
  logic       rfail_q, rfail_d;          // firmware said no
  logic [7:0] rbeat_q, rbeat_d;          // beats of the oldest read's answer that are gone
  logic       rmore_q, rmore_d;          // and it is not the first that goes now
  logic       rlast_q, rlast_d;          // but the last, of those
  logic [RoomWidth-1:0] rfree_q, rfree_d;  // beats for which there is room and no read
  logic       wlet_q, wlet_d;            // the head's burst is let through
  logic       aw_done_q, aw_done_d;      // its address is accepted
  logic       w_done_q, w_done_d;        // its data is sent
  logic       wasleep_q, wasleep_d;
  logic       wfail_q, wfail_d;
  logic       wold_q, wold_d;            // since then the tag of its page has changed
  logic       wdrop_q, wdrop_d;          // the data of the write before it is dropped
  logic [LenWidth-1:0]   wbeat_q, wbeat_d;  // beats that are gone of the burst under way
  logic                  wmore_q, wmore_d;  // and it is not the first that goes now
  logic                  wlast_q, wlast_d;  // but the last, of those
  logic [PageShift-1:0]  at_q, at_d;     // byte in the page of the next beat to memory
  logic [LenWidth:0]     inbeat_q, inbeat_d;  // beats that came of a burst that is not complete
  logic                  insome_q, insome_d;  // one of them is not zero
  logic [BurstWidth-1:0] bwptr_q, bwptr_d, brptr_q, brptr_d;
  logic [BurstWidth:0]   bursts_q, bursts_d;  // whose data is complete
  logic [1:0]            late_q, late_d;      // of those that are so in two cycles, and in one
  logic                  req_valid_q, req_valid_d;
  logic                  req_write_q, req_write_d;
  logic                  req_away_q, req_away_d;
  logic [GfnWidth-1:0]   req_gfn_q, req_gfn_d;
  logic                  rd_match_q, rd_match_d, wr_match_q, wr_match_d;
  logic                  mon_beat_q, mon_beat_d;
  logic [GfnWidth-1:0]   mon_gfn_q, mon_gfn_d;
  logic [FrameWidth-1:0] mon_frame_q, mon_frame_d;
  logic [BeatWidth-1:0]  mon_index_q, mon_index_d;
  logic [StrbWidth-1:0]  mon_strb_q, mon_strb_d;
  logic                  mon_nonzero_q, mon_nonzero_d;
  logic                  mon_incr_q, mon_incr_d;
  logic                  mon_old_q, mon_old_d;
  logic                  mon_b_q, mon_b_d;
  logic                  mon_b_error_q, mon_b_error_d;
  logic [FrameWidth-1:0] mon_b_frame_q, mon_b_frame_d;

  // ------------------------------------------------------------------------------------------ reads
  logic rd_ready, rd_local, rd_let, rd_want, rd_away, rd_fits;

  // A read goes to memory only when the whole answer has room.
  assign rd_fits  = (rfree_q > RoomWidth'(rd_len));
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
        dm_pkg::PageResident: rd_let = rd_ready && rroom_q && rd_fits;
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

  // Memory's answers are always taken. Those that the guest does not take at once wait.
  logic                 ranswer_valid, ranswer_pop;
  logic [1:0]           ranswer_resp;
  logic [DataWidth-1:0] ranswer_data;
  logic                 unused_ranswer_room, unused_ranswer_direct;

  assign m_r_ready_o = 1'b1;
  assign rtake       = m_r_valid_i && (rlive_q != '0);
  assign rend        = rtake && m_r_last_i;

  dm_buffer #(
    .Width (DataWidth + 2),
    .Front (16),
    .Back  (Room),
    .Pass  (1)
  ) u_answers (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .push_i   (rtake),
    .data_i   ({m_r_resp_i, m_r_data_i}),
    .room_o   (unused_ranswer_room),
    .direct_o (unused_ranswer_direct),
    .valid_o  (ranswer_valid),
    .pop_i    (ranswer_pop),
    .data_o   ({ranswer_resp, ranswer_data})
  );

  always_comb begin
    rfree_d = rfree_q + RoomWidth'(ranswer_pop);
    if (rd_let) rfree_d = rfree_q + RoomWidth'(ranswer_pop) - RoomWidth'(rd_len) - RoomWidth'(1);
  end

  // The guest's answers: from memory, else from here.
  logic       rtop_memory;
  logic [1:0] rtop_kind;

  assign rtop_kind   = rkind_q[rrptr_q];
  assign rtop_memory = (rtop_kind == KindMemory);
  assign ranswer_pop = rsome_q && rtop_memory && ranswer_valid && s_r_ready_i;

  assign s_r_valid_o = rsome_q && (!rtop_memory || ranswer_valid);
  assign s_r_id_o    = rid_q[rrptr_q];
  assign s_r_data_o  = rtop_memory ? ranswer_data : '0;
  assign s_r_last_o  = rmore_q ? rlast_q : rsingle_q[rrptr_q];
  assign rdone       = s_r_valid_o && s_r_ready_i && s_r_last_o;

  always_comb begin
    unique case (rtop_kind)
      KindMemory: s_r_resp_o = ranswer_resp;
      KindSlvErr: s_r_resp_o = 2'b10;
      KindDecErr: s_r_resp_o = 2'b11;
      default:    s_r_resp_o = 2'b00;
    endcase
    rbeat_d = rbeat_q;
    rlast_d = rlast_q;
    rmore_d = rmore_q;
    if (s_r_valid_o && s_r_ready_i) begin
      rbeat_d = s_r_last_o ? '0 : rbeat_q + 8'd1;
      rlast_d = ((rbeat_q + 8'd1) == rlen_q[rrptr_q]);
      rmore_d = !s_r_last_o;
    end
  end

  // ----------------------------------------------------------------------------------------- writes
  logic wr_ready, wr_let, wr_want, wr_away, wr_drop, wr_refused;
  logic burst_some, burst_over, burst_odd, burst_nonzero, burst_single, burst_end;
  logic beat_valid, beat_last, beat_nonzero, beat_pop, w_fire, w_sent, aw_sent, elided;
  logic [1:0]           wr_kind;
  logic [LenWidth-1:0]  burst_last;
  logic [DataWidth-1:0] beat_data;
  logic [StrbWidth-1:0] beat_strb;

  // Some byte that is to be written is not zero.
  function automatic logic nonzero(logic [DataWidth-1:0] data, logic [StrbWidth-1:0] strb);
    nonzero = 1'b0;
    for (int unsigned i = 0; i < StrbWidth; i++) begin
      if (strb[i] && data[8*i+:8] != 8'd0) nonzero = 1'b1;
    end
  endfunction

  // The head is decided on when its data is complete. Data of another length than its address says, or
  // longer than the buffer, would end elsewhere in memory: it is refused.
  assign burst_odd = burst_over || (8'(burst_last) != m_aw_len_o);
  assign wr_ready  = wr_head_known && burst_some && !wasleep_q && !wlet_q && !wdrop_q &&
                     !(req_valid_q && req_write_q);

  always_comb begin
    wr_let     = 1'b0;
    wr_want    = 1'b0;
    wr_away    = 1'b0;
    wr_drop    = 1'b0;
    wr_refused = 1'b0;
    wr_kind    = KindOkay;
    if (wfail_q || wr_skip || burst_odd) begin
      wr_refused = 1'b1;
      wr_kind    = (wr_skip && !wfail_q) ? wr_refuse : KindSlvErr;
      wr_drop    = wr_ready && wroom_q;
    end else begin
      unique case (wr_state)
        dm_pkg::PageDormant: begin
          wr_drop = wr_ready && wroom_q && !burst_nonzero && elide_i;
          wr_want = burst_nonzero || !elide_i;
        end
        dm_pkg::PageResident: wr_let = wr_ready && wroom_q && !freeze_i;
        dm_pkg::PageAway: begin
          wr_want = 1'b1;
          wr_away = 1'b1;
        end
        default: begin
          wr_refused = 1'b1;
          wr_kind    = KindSlvErr;
          wr_drop    = wr_ready && wroom_q;
        end
      endcase
    end
    // The request itself must not depend on whether it is already made.
    wr_want = wr_want && wr_head_known && burst_some && !wasleep_q && !wlet_q && !wdrop_q;
  end

  assign m_aw_valid_o = wr_let || (wlet_q && !aw_done_q);
  assign m_aw_addr_o  = AddrWidth'({wr_frame, wr_addr[PageShift-1:0]});
  assign m_w_valid_o  = wr_let || (wlet_q && !w_done_q);
  assign m_w_data_o   = beat_data;
  assign m_w_strb_o   = beat_strb;
  assign m_w_last_o   = beat_last;
  assign w_fire       = m_w_valid_o && m_w_ready_i;
  assign wr_upd_hold  = wr_let || wlet_q;

  // A burst let through ends when both its address and its data are accepted. That it is let through
  // in this cycle is known late.
  assign aw_sent   = aw_done_q || m_aw_ready_i;
  assign w_sent    = w_done_q || (m_w_ready_i && beat_last);
  assign beat_last = wmore_q ? wlast_q : burst_single;
  assign beat_pop  = w_fire || wr_drop || wdrop_q;
  assign burst_end = beat_pop && beat_last;
  assign elided    = wr_drop && !wr_refused;

  assign wpush      = wr_let || wr_drop;
  assign wpush_kind = wr_let ? KindMemory : wr_kind;
  assign wr_pop     = (wr_upd_hold && aw_sent && w_sent) || wr_drop;

  always_comb begin
    wlet_d    = wr_upd_hold && !(aw_sent && w_sent);
    aw_done_d = wr_upd_hold && aw_sent && !w_sent;
    w_done_d  = wr_upd_hold && w_sent && !aw_sent;
    wold_d    = wlet_d && (wold_q || wr_changed);
    wdrop_d   = (wr_drop || wdrop_q) && !beat_last;
    // Which of the burst's beats is the next.
    wbeat_d   = wbeat_q;
    wlast_d   = wlast_q;
    wmore_d   = wmore_q;
    if (beat_pop) begin
      wbeat_d = beat_last ? '0 : wbeat_q + LenWidth'(1);
      wlast_d = (wbeat_q + LenWidth'(1)) == burst_last;
      wmore_d = !beat_last;
    end
  end

  // Data. Beats wait in order; of a burst that does not fit the end is left out.
  logic              in_push, in_over, in_end, in_nonzero, in_room, in_direct;

  assign s_w_ready_o = in_room && (bursts_q < (BurstWidth + 1)'(Bursts - 4));
  assign in_push     = s_w_valid_i && s_w_ready_o;
  assign in_over     = inbeat_q[LenWidth];
  assign in_end      = in_push && s_w_last_i;
  assign in_nonzero  = insome_q || nonzero(s_w_data_i, s_w_strb_i);

  dm_buffer #(
    .Width (DataWidth + StrbWidth),
    .Front (16),
    .Back  (Beats)
  ) u_data (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .push_i   (in_push && !in_over),
    .data_i   ({s_w_strb_i, s_w_data_i}),
    .room_o   (in_room),
    .direct_o (in_direct),
    .valid_o  (beat_valid),
    .pop_i    (beat_pop),
    .data_o   ({beat_strb, beat_data})
  );

  assign beat_nonzero = nonzero(beat_data, beat_strb);

  always_comb begin
    inbeat_d = inbeat_q;
    insome_d = insome_q;
    if (in_push) begin
      inbeat_d = s_w_last_i ? '0 : inbeat_q + (LenWidth + 1)'(!in_over);
      insome_d = in_nonzero && !s_w_last_i;
    end
  end

  // What is known of the bursts whose last beat came. A burst counts as complete once all of it can
  // leave without a gap: its last beat is in the front, or the beats before it fill the time.
  logic [LenWidth+2:0] burst_mem [Bursts];
  logic                in_now;

  assign {burst_over, burst_nonzero, burst_single, burst_last} = burst_mem[brptr_q];
  assign burst_some = (bursts_q != '0);
  assign in_now     = in_end && in_direct && !in_over;

  always_comb begin
    bwptr_d  = bwptr_q + BurstWidth'(in_end);
    brptr_d  = brptr_q + BurstWidth'(burst_end);
    late_d   = {late_q[0], in_end && !in_now};
    bursts_d = bursts_q + (BurstWidth + 1)'(in_now) + (BurstWidth + 1)'(late_q[1]) -
               (BurstWidth + 1)'(burst_end);
  end

  always_ff @(posedge clk_i) begin
    if (in_end) begin
      burst_mem[bwptr_q] <= {in_over, in_nonzero, inbeat_q == '0,
                             in_over ? LenWidth'(Beats - 1) : inbeat_q[LenWidth-1:0]};
    end
  end

  // Write responses. Memory's are always taken; those that the guest does not take at once wait.
  logic       wtop_memory, wanswer_valid, wanswer_pop;
  logic [1:0] wtop_kind, wanswer_resp;
  logic       unused_wanswer_room, unused_wanswer_direct;

  assign m_b_ready_o = 1'b1;
  assign btake       = m_b_valid_i && (wlive_q != '0);
  assign ev_stray_o  = (m_b_valid_i && !btake) || (m_r_valid_i && !rtake);

  dm_buffer #(
    .Width (2),
    .Front (Depth),
    .Back  (0),
    .Pass  (1)
  ) u_responses (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .push_i   (btake),
    .data_i   (m_b_resp_i),
    .room_o   (unused_wanswer_room),
    .direct_o (unused_wanswer_direct),
    .valid_o  (wanswer_valid),
    .pop_i    (wanswer_pop),
    .data_o   (wanswer_resp)
  );

  assign wtop_kind   = wkind_q[wrptr_q];
  assign wtop_memory = (wtop_kind == KindMemory);
  assign wanswer_pop = wsome_q && wtop_memory && wanswer_valid && s_b_ready_i;
  assign s_b_valid_o = wsome_q && (!wtop_memory || wanswer_valid);
  assign s_b_id_o    = wid_q[wrptr_q];
  assign wdone       = s_b_valid_o && s_b_ready_i;

  always_comb begin
    unique case (wtop_kind)
      KindMemory: s_b_resp_o = wanswer_resp;
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
    // Let through and not answered by memory.
    rlwptr_d = rlwptr_q + IndexWidth'(rd_let);
    rlrptr_d = rlrptr_q + IndexWidth'(rend);
    wlwptr_d = wlwptr_q + IndexWidth'(wr_let);
    wlrptr_d = wlrptr_q + IndexWidth'(btake);
    rlive_d  = rlive_q;
    wlive_d  = wlive_q;
    if (rend) rlive_d[rlrptr_q] = 1'b0;
    if (btake) wlive_d[wlrptr_q] = 1'b0;
    if (rd_let) rlive_d[rlwptr_q] = 1'b1;
    if (wr_let) wlive_d[wlwptr_q] = 1'b1;
  end

  logic [Depth-1:0] rd_same, wr_same;

  always_comb begin
    for (int unsigned i = 0; i < Depth; i++) begin
      rd_same[i] = (rframe_q[i] == query_frame_i);
      wr_same[i] = (wframe_q[i] == query_frame_i);
    end
  end

  assign rd_match_d = ((rd_same & rlive_q) != '0);
  assign wr_match_d = ((wr_same & wlive_q) != '0);
  assign rd_match_o = rd_match_q;
  assign wr_match_o = wr_match_q;

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

  // A beat is told with the tag that its burst was let through under; mon_old: it has changed since.
  always_comb begin
    mon_beat_d    = w_fire;
    mon_gfn_d     = mon_gfn_q;
    mon_frame_d   = mon_frame_q;
    mon_index_d   = mon_index_q;
    mon_strb_d    = mon_strb_q;
    mon_nonzero_d = mon_nonzero_q;
    mon_incr_d    = mon_incr_q;
    mon_old_d     = mon_old_q;
    if (w_fire) begin
      mon_gfn_d     = GfnWidth'(wr_addr[AddrWidth-1:PageShift]);
      mon_frame_d   = wr_frame;
      mon_index_d   = at[PageShift-1:LaneShift];
      mon_strb_d    = beat_strb;
      mon_nonzero_d = beat_nonzero;
      mon_incr_d    = (wr_burst == 2'b01);
      mon_old_d     = wold_q || wr_changed;
    end
    mon_b_d       = btake;
    mon_b_error_d = btake && (m_b_resp_i != 2'b00);
    mon_b_frame_d = btake ? wframe_q[wlrptr_q] : mon_b_frame_q;
  end

  assign mon_beat_o    = mon_beat_q;
  assign mon_gfn_o     = mon_gfn_q;
  assign mon_frame_o   = mon_frame_q;
  assign mon_index_o   = mon_index_q;
  assign mon_strb_o    = mon_strb_q;
  assign mon_nonzero_o = mon_nonzero_q;
  assign mon_incr_o    = mon_incr_q;
  assign mon_old_o     = mon_old_q;
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
      rframe_q[rlwptr_q] <= rd_frame;
    end
    if (wroom_q) begin
      wkind_q[wwptr_q]   <= wpush_kind;
      wid_q[wwptr_q]     <= wr_id;
      wframe_q[wlwptr_q] <= wr_frame;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rlive_q       <= '0;
      wlive_q       <= '0;
      rwptr_q       <= '0;
      rrptr_q       <= '0;
      wwptr_q       <= '0;
      wrptr_q       <= '0;
      rlwptr_q      <= '0;
      rlrptr_q      <= '0;
      wlwptr_q      <= '0;
      wlrptr_q      <= '0;
      rcount_q      <= '0;
      wcount_q      <= '0;
      rsome_q       <= 1'b0;
      wsome_q       <= 1'b0;
      rroom_q       <= 1'b1;
      wroom_q       <= 1'b1;
      ar_held_q     <= 1'b0;
      rasleep_q     <= 1'b0;
      rfail_q       <= 1'b0;
      rbeat_q       <= '0;
      rmore_q       <= 1'b0;
      rlast_q       <= 1'b0;
      rfree_q       <= RoomWidth'(Room);
      wlet_q        <= 1'b0;
      aw_done_q     <= 1'b0;
      w_done_q      <= 1'b0;
      wasleep_q     <= 1'b0;
      wfail_q       <= 1'b0;
      wold_q        <= 1'b0;
      wdrop_q       <= 1'b0;
      wbeat_q       <= '0;
      wmore_q       <= 1'b0;
      wlast_q       <= 1'b0;
      at_q          <= '0;
      inbeat_q      <= '0;
      insome_q      <= 1'b0;
      bwptr_q       <= '0;
      brptr_q       <= '0;
      bursts_q      <= '0;
      late_q        <= '0;
      req_valid_q   <= 1'b0;
      req_write_q   <= 1'b0;
      req_away_q    <= 1'b0;
      req_gfn_q     <= '0;
      rd_match_q    <= 1'b0;
      wr_match_q    <= 1'b0;
      mon_beat_q    <= 1'b0;
      mon_gfn_q     <= '0;
      mon_frame_q   <= '0;
      mon_index_q   <= '0;
      mon_strb_q    <= '0;
      mon_nonzero_q <= 1'b0;
      mon_incr_q    <= 1'b0;
      mon_old_q     <= 1'b0;
      mon_b_q       <= 1'b0;
      mon_b_error_q <= 1'b0;
      mon_b_frame_q <= '0;
    end else begin
      rlive_q       <= rlive_d;
      wlive_q       <= wlive_d;
      rwptr_q       <= rwptr_d;
      rrptr_q       <= rrptr_d;
      wwptr_q       <= wwptr_d;
      wrptr_q       <= wrptr_d;
      rlwptr_q      <= rlwptr_d;
      rlrptr_q      <= rlrptr_d;
      wlwptr_q      <= wlwptr_d;
      wlrptr_q      <= wlrptr_d;
      rcount_q      <= rcount_d;
      wcount_q      <= wcount_d;
      rsome_q       <= rsome_d;
      wsome_q       <= wsome_d;
      rroom_q       <= rroom_d;
      wroom_q       <= wroom_d;
      ar_held_q     <= ar_held_d;
      rasleep_q     <= rasleep_d;
      rfail_q       <= rfail_d;
      rbeat_q       <= rbeat_d;
      rmore_q       <= rmore_d;
      rlast_q       <= rlast_d;
      rfree_q       <= rfree_d;
      wlet_q        <= wlet_d;
      aw_done_q     <= aw_done_d;
      w_done_q      <= w_done_d;
      wasleep_q     <= wasleep_d;
      wfail_q       <= wfail_d;
      wold_q        <= wold_d;
      wdrop_q       <= wdrop_d;
      wbeat_q       <= wbeat_d;
      wmore_q       <= wmore_d;
      wlast_q       <= wlast_d;
      at_q          <= at_d;
      inbeat_q      <= inbeat_d;
      insome_q      <= insome_d;
      bwptr_q       <= bwptr_d;
      brptr_q       <= brptr_d;
      bursts_q      <= bursts_d;
      late_q        <= late_d;
      req_valid_q   <= req_valid_d;
      req_write_q   <= req_write_d;
      req_away_q    <= req_away_d;
      req_gfn_q     <= req_gfn_d;
      rd_match_q    <= rd_match_d;
      wr_match_q    <= wr_match_d;
      mon_beat_q    <= mon_beat_d;
      mon_gfn_q     <= mon_gfn_d;
      mon_frame_q   <= mon_frame_d;
      mon_index_q   <= mon_index_d;
      mon_strb_q    <= mon_strb_d;
      mon_nonzero_q <= mon_nonzero_d;
      mon_incr_q    <= mon_incr_d;
      mon_old_q     <= mon_old_d;
      mon_b_q       <= mon_b_d;
      mon_b_error_q <= mon_b_error_d;
      mon_b_frame_q <= mon_b_frame_d;
    end
  end

  // An answer comes to a request, and one at a time. What is complete can leave.
  `DM_AWAKE
  `DM_ASSERT(AnswerToRequest, !(grant_i || stall_i || fail_i) || req_valid_q)
  `DM_ASSERT(GrantChangesTag, !grant_i || (req_write_q ? wr_changed : rd_changed))
  `DM_ASSERT(OneAnswer, !(grant_i && stall_i) && !(grant_i && fail_i) && !(stall_i && fail_i))
  `DM_ASSERT(ResolveToSleeper, !resolve_i || (resolve_write_i ? wasleep_q : rasleep_q))
  `DM_ASSERT(CompleteCanLeave, !(m_w_valid_o || beat_pop) || beat_valid)

`ifdef FORMAL
  `include "formal/dm_gate_props.svh"
`endif

endmodule
