// Properties of dm_gate, included at its end, where its two dm_lookup and three dm_buffer are flattened
// in.
//
// One page, any: f_state_q and f_frame_q are its tag. One read and one write, any (the same number
// in both orders), and one beat of each, any. A memory that answers in order what it accepted,
// a table that answers with the truth, and a dm_pages that answers requests stand around it: assumed
// of the gate alone, asserted where they are there.
`ifndef DM_GATE_PAGES
`define DM_GATE_PAGES assume
`endif
`ifndef DM_GATE_MEMORY
`define DM_GATE_MEMORY assume
`endif

`ifdef DM_DORMANT
localparam int unsigned NumberBits = 5;  // there the data of 15 bursts may wait
`else
localparam int unsigned NumberBits = 4;  // lists of 4, and the data of 7 that wait: 11 at most
`endif
localparam int unsigned PageWidth  = AddrWidth - PageShift;

(* anyconst *) logic [GfnWidth-1:0]   f_page;
(* anyconst *) logic [NumberBits-1:0] f_number;
(* anyconst *) logic [7:0]            f_beat;     // of both
(* anyseq *)   logic                  f_changes;  // upd_i changes this page's tag
(* anyseq *)   dm_pkg::page_state_e   f_new_state;
(* anyseq *)   logic [FrameWidth-1:0] f_new_frame;

// Registers of the lookups.
(* hierconn *) wire [GfnWidth-1:0]   \u_read.f_page ;
(* hierconn *) wire [GfnWidth-1:0]   \u_write.f_page ;
(* hierconn *) wire [NumberBits-1:0] \u_read.f_number ;
(* hierconn *) wire [NumberBits-1:0] \u_write.f_number ;
(* hierconn *) wire                  \u_read.f_changes ;
(* hierconn *) wire                  \u_write.f_changes ;
(* hierconn *) wire [1:0]            \u_read.f_new_state ;
(* hierconn *) wire [1:0]            \u_write.f_new_state ;
(* hierconn *) wire [FrameWidth-1:0] \u_read.f_new_frame ;
(* hierconn *) wire [FrameWidth-1:0] \u_write.f_new_frame ;
(* hierconn *) wire [1:0]            \u_read.f_state_q ;
(* hierconn *) wire [1:0]            \u_write.f_state_q ;
(* hierconn *) wire [FrameWidth-1:0] \u_read.f_frame_q ;
(* hierconn *) wire [FrameWidth-1:0] \u_write.f_frame_q ;
(* hierconn *) wire                  \u_read.f_held_q ;
(* hierconn *) wire                  \u_write.f_held_q ;
(* hierconn *) wire [NumberBits-1:0] \u_read.f_in_q ;
(* hierconn *) wire [NumberBits-1:0] \u_write.f_in_q ;
(* hierconn *) wire [NumberBits-1:0] \u_read.f_out_q ;
(* hierconn *) wire [NumberBits-1:0] \u_write.f_out_q ;
(* hierconn *) wire [AddrWidth-1:0]  \u_read.f_addr_q ;
(* hierconn *) wire [AddrWidth-1:0]  \u_write.f_addr_q ;
(* hierconn *) wire [InfoWidth-1:0]  \u_read.f_info_q ;
(* hierconn *) wire [InfoWidth-1:0]  \u_write.f_info_q ;
(* hierconn *) wire                  \u_read.f_skip_q ;
(* hierconn *) wire                  \u_write.f_skip_q ;
(* hierconn *) wire [2:0]            \u_read.known ;
(* hierconn *) wire [2:0]            \u_write.known ;
(* hierconn *) wire [2:0]            \u_read.valid_q ;
(* hierconn *) wire [2:0]            \u_write.valid_q ;
(* hierconn *) wire [2:0]            \u_read.skip_q ;
(* hierconn *) wire [2:0]            \u_write.skip_q ;
(* hierconn *) wire [InfoWidth-1:0]  \u_read.f_info1 ;
(* hierconn *) wire [InfoWidth-1:0]  \u_read.f_info2 ;
(* hierconn *) wire [InfoWidth-1:0]  \u_write.f_info1 ;
(* hierconn *) wire [InfoWidth-1:0]  \u_write.f_info2 ;

// And of the buffers.
localparam int unsigned DataBits   = $clog2(16 + Beats + 2) + 1;
localparam int unsigned AnswerBits = $clog2(16 + Room + 2) + 1;
localparam int unsigned RespBits   = $clog2(Depth + 2) + 1;
(* hierconn *) wire                   \u_data.f_choose ;
(* hierconn *) wire                   \u_data.f_here_q ;
(* hierconn *) wire [DataBits-1:0]    \u_data.f_ahead_q ;
(* hierconn *) wire [DataBits-1:0]    \u_data.f_inside_q ;
(* hierconn *) wire [DataBits-1:0]    \u_data.f_one_q ;
(* hierconn *) wire [DataBits-1:0]    \u_data.f_sure ;
(* hierconn *) wire [DataWidth+StrbWidth-1:0] \u_data.f_word_q ;
(* hierconn *) wire                   \u_answers.f_choose ;
(* hierconn *) wire                   \u_answers.f_here_q ;
(* hierconn *) wire [AnswerBits-1:0]  \u_answers.f_ahead_q ;
(* hierconn *) wire [AnswerBits-1:0]  \u_answers.f_inside_q ;
(* hierconn *) wire [DataWidth+1:0]   \u_answers.f_word_q ;
(* hierconn *) wire                   \u_responses.f_choose ;
(* hierconn *) wire                   \u_responses.f_here_q ;
(* hierconn *) wire [RespBits-1:0]    \u_responses.f_ahead_q ;
(* hierconn *) wire [RespBits-1:0]    \u_responses.f_inside_q ;
(* hierconn *) wire [1:0]             \u_responses.f_word_q ;

// What is known of the page.
logic                  f_change;
dm_pkg::page_state_e   f_state_q;
logic [FrameWidth-1:0] f_frame_q;

assign f_change = upd_i && f_changes && (upd_all_i || upd_gfn_i == f_page);

// Numbers of reads: accepted from the guest and taken from the head (u_read's), listed, accepted by
// memory, answered, answered by memory; beats of the answer under way. Of writes the same, but
// accepted by memory is the address, and f_ended the data.
logic [NumberBits-1:0] f_rlist_q, f_racc_q, f_rans_q, f_rmem_q, f_rlet_q;
logic [NumberBits-1:0] f_wlist_q, f_wacc_q, f_wans_q, f_wmem_q, f_wlet_q, f_ended_q;
logic [7:0]            f_rbeat_q;
logic [7:0]            f_mbeat_q;   // beats that came of the oldest read that memory has not answered
// Whose data the guest sends, and whose the gate consumes; beats sent to memory.
logic [NumberBits-1:0] f_din_q, f_dout_q;
logic [8:0]            f_sent_q;
// The read and the write as they were let through or answered.
logic [1:0]            f_rkind_q, f_wkind_q;
logic [FrameWidth-1:0] f_rframe_q, f_wframe_q;
logic                  f_rours_q, f_wours_q;  // to the page
// Their beats, as memory answered and as the guest sent, and memory's response.
logic [DataWidth+1:0]  f_answer_q;
logic [DataWidth-1:0]  f_data_q;
logic [StrbWidth-1:0]  f_strb_q;
logic                  f_zero_q;
logic [1:0]            f_resp_q;
logic [PageShift-1:0]  f_at_q, f_at;      // where the beat to be sent begins, as AXI4 has it for INCR
// The head's burst was let through before a change of its page's tag.
logic                  f_old_q;

logic                  f_ar_wait_q, f_aw_wait_q, f_w_wait_q, f_r_wait_q, f_b_wait_q;
logic                  f_sar_wait_q, f_saw_wait_q, f_sw_wait_q, f_mr_wait_q, f_mb_wait_q;
logic                  f_rsought_q, f_wsought_q;  // the frame of the read, the write is asked about
logic [AddrWidth+12:0] f_ar_q, f_aw_q;
logic [DataWidth+StrbWidth:0] f_w_q, f_sw_q;
logic [IdWidth+DataWidth+2:0] f_r_q;
logic [IdWidth+1:0]    f_b_q;
logic [AddrWidth+IdWidth+13:0] f_sar_q, f_saw_q;
logic [DataWidth+2:0]  f_mr_q;
logic [1:0]            f_mb_q;
logic                  f_quiet_q, f_req_q, f_req_write_q, f_req_away_q;
logic [1:0]            f_policy_q;
logic                  f_steady_q;  // the policy did not change
logic [GfnWidth-1:0]   f_req_gfn_q;
logic                  f_told_q, f_tell_b_q;
logic                  f_told_ours_q, f_tell_b_ours_q;  // it is the write's
logic [GfnWidth+FrameWidth+BeatWidth+StrbWidth+2:0] f_told_what_q;
logic [FrameWidth:0]   f_tell_b_what_q;
logic                  f_woke_q;
logic                  f_started_q;

initial f_started_q = 1'b0;

// The places of the lists: how far from the oldest, and is it taken.
logic [IndexWidth-1:0] f_rplace, f_wplace;   // of the read and the write, if they are listed
logic                  f_rin, f_win;
logic [IndexWidth:0]   f_rlives, f_wlives, f_rlats, f_wlats;
logic [Depth-1:0]      f_rlat_q, f_wlat_q;  // places of the lists that hold what memory has not answered
(* anyconst *) logic [FrameWidth-1:0] f_target;  // a frame, any
logic                  f_rlisted, f_wlisted;     // an access to it is let through and unanswered
logic [PageWidth-1:0]  f_rd_page, f_wr_page;
logic                  f_rhead, f_whead;     // the read, the write is the head
logic                  f_rtop, f_wtop;       // or the oldest of its list

assign f_rin     = NumberBits'(f_number - f_rans_q) < NumberBits'(f_rlist_q - f_rans_q);
assign f_win     = NumberBits'(f_number - f_wans_q) < NumberBits'(f_wlist_q - f_wans_q);
assign f_rplace  = rrptr_q + IndexWidth'(f_number - f_rans_q);
assign f_wplace  = wrptr_q + IndexWidth'(f_number - f_wans_q);
assign f_rd_page = rd_addr[AddrWidth-1:PageShift];
assign f_wr_page = wr_addr[AddrWidth-1:PageShift];
assign f_rhead   = rd_head_valid && (\u_read.f_out_q == f_number);
assign f_whead   = wr_head_valid && (\u_write.f_out_q == f_number);
assign f_rtop    = rsome_q && (f_rans_q == f_number);
assign f_wtop    = wsome_q && (f_wans_q == f_number);

// Which places of the lists hold an access that memory has not answered; the oldest of those, if there is
// one. Beats and responses that wait here: those of the places before it, and some of its own.
logic [IndexWidth-1:0] f_rold, f_wold;
logic                  f_rlive, f_wlive;        // the read, the write is one
logic [IndexWidth:0]   f_rbefore, f_wbefore;    // and as many are older
logic [IndexWidth:0]   f_rmany, f_wmany;        // places of memory's
logic [AnswerBits+1:0] f_beats, f_beats_before; // beats of all of them; of those before the read,
logic [AnswerBits+1:0] f_beats_old;             // and before the oldest unanswered
logic [IndexWidth:0]   f_resps_before, f_resps_old;
logic [IndexWidth-1:0] f_r, f_w;
logic                  f_rfound, f_wfound, f_rsorted, f_wsorted;

assign f_rlive = f_rin && f_rlat_q[f_rplace];
assign f_wlive = f_win && f_wlat_q[f_wplace];

always_comb begin
  f_rold         = rwptr_q;
  f_wold         = wwptr_q;
  f_rbefore      = '0;
  f_wbefore      = '0;
  f_rmany        = '0;
  f_wmany        = '0;
  f_beats        = '0;
  f_beats_before = '0;
  f_beats_old    = '0;
  f_resps_before = '0;
  f_resps_old    = '0;
  f_rfound       = 1'b0;
  f_wfound       = 1'b0;
  f_rsorted      = 1'b1;
  f_wsorted      = 1'b1;
  f_r            = '0;
  f_w            = '0;
  for (int unsigned i = 0; i < Depth; i++) begin
    f_r = rrptr_q + IndexWidth'(i);
    f_w = wrptr_q + IndexWidth'(i);
    if (((IndexWidth + 1)'(i) < rcount_q) && (rkind_q[f_r] == KindMemory)) begin
      if (f_rlat_q[f_r] && !f_rfound) begin
        f_rfound = 1'b1;
        f_rold   = f_r;
      end
      if (f_rfound && !f_rlat_q[f_r]) f_rsorted = 1'b0;
      f_rmany = f_rmany + (IndexWidth + 1)'(1);
      f_beats = f_beats + (AnswerBits + 2)'(rlen_q[f_r]) + (AnswerBits + 2)'(1);
      if (IndexWidth'(i) < IndexWidth'(f_rplace - rrptr_q)) begin
        f_beats_before = f_beats;
        if (f_rlat_q[f_r]) f_rbefore = f_rbefore + (IndexWidth + 1)'(1);
      end
      if (!f_rfound) f_beats_old = f_beats;
    end else if (f_rlat_q[f_r]) begin
      f_rsorted = 1'b0;
    end
    if (((IndexWidth + 1)'(i) < wcount_q) && (wkind_q[f_w] == KindMemory)) begin
      if (f_wlat_q[f_w] && !f_wfound) begin
        f_wfound = 1'b1;
        f_wold   = f_w;
      end
      if (f_wfound && !f_wlat_q[f_w]) f_wsorted = 1'b0;
      f_wmany = f_wmany + (IndexWidth + 1)'(1);
      if (IndexWidth'(i) < IndexWidth'(f_wplace - wrptr_q)) begin
        f_resps_before = f_wmany;
        if (f_wlat_q[f_w]) f_wbefore = f_wbefore + (IndexWidth + 1)'(1);
      end
      if (!f_wfound) f_resps_old = f_wmany;
    end else if (f_wlat_q[f_w]) begin
      f_wsorted = 1'b0;
    end
  end
end

// Beats of the oldest read's answer that left the buffer.
logic [7:0] f_gone;
logic       f_rours_now, f_wours_now;  // memory answers the read's beat, the write

assign f_gone      = (rsome_q && rtop_memory) ? f_rbeat_q : 8'd0;
assign f_rours_now = rtake && f_rlive && (f_rold == f_rplace) && (f_mbeat_q == f_beat);
assign f_wours_now = btake && f_wlive && (f_wold == f_wplace);

always_comb begin
  f_rlats  = '0;
  f_wlats  = '0;
  f_rlives = '0;
  f_wlives = '0;
  f_rlisted = 1'b0;
  f_wlisted = 1'b0;
  for (int unsigned i = 0; i < Depth; i++) begin
    f_rlats  = f_rlats + (IndexWidth + 1)'(f_rlat_q[i]);
    f_wlats  = f_wlats + (IndexWidth + 1)'(f_wlat_q[i]);
    f_rlives = f_rlives + (IndexWidth + 1)'(rlive_q[i]);
    f_wlives = f_wlives + (IndexWidth + 1)'(wlive_q[i]);
    if (rlive_q[i] && (rframe_q[i] == f_target)) f_rlisted = 1'b1;
    if (wlive_q[i] && (wframe_q[i] == f_target)) f_wlisted = 1'b1;
  end
end

// The bursts whose last beat came, oldest first; how many beats the first k of them have left, k being
// those that are complete, those in one cycle and all; and those before the write's.
logic [NumberBits-1:0] f_listed_bursts, f_data_place;
logic [DataBits+1:0]   f_left_complete, f_left_soon, f_left_all, f_left_before;
logic [BurstWidth-1:0] f_b, f_bplace;
logic                  f_b_over, f_b_nonzero, f_b_single;  // of the write's
logic [LenWidth-1:0]   f_b_last;
logic                  f_b_listed, f_b_coming, f_present, f_in, f_in_zero, f_m_zero, f_lists_good;

assign f_listed_bursts = f_din_q - f_dout_q;
assign f_data_place    = f_number - f_dout_q;
assign f_bplace        = brptr_q + BurstWidth'(f_data_place);
assign f_b_listed      = (f_data_place < f_listed_bursts);
assign f_b_coming      = (f_number == f_din_q);
assign {f_b_over, f_b_nonzero, f_b_single, f_b_last} = burst_mem[f_bplace];

// The write's beat is in the buffer.
assign f_present = f_b_listed ? ((f_beat <= 8'(f_b_last)) && !((f_data_place == '0) && (8'(wbeat_q) > f_beat)))
                              : (f_b_coming && (f_beat < 8'(inbeat_q)));
assign f_in      = f_b_coming && (8'(inbeat_q) == f_beat) && !in_over;

always_comb begin
  f_left_complete = '0;
  f_left_soon     = '0;
  f_left_all      = '0;
  f_left_before   = '0;
  f_lists_good    = 1'b1;
  f_b             = '0;
  for (int unsigned i = 0; i < Bursts; i++) begin
    f_b = brptr_q + BurstWidth'(i);
    if (NumberBits'(i) < f_listed_bursts) begin
      f_left_all = f_left_all + (DataBits + 2)'(burst_mem[f_b][LenWidth-1:0]) + (DataBits + 2)'(1);
      if (i == 0) f_left_all = f_left_all - (DataBits + 2)'(wbeat_q);
      if (burst_mem[f_b][LenWidth] != (burst_mem[f_b][LenWidth-1:0] == '0)) f_lists_good = 1'b0;
      if (NumberBits'(i) < NumberBits'(bursts_q)) f_left_complete = f_left_all;
      if (NumberBits'(i) < NumberBits'(bursts_q) + NumberBits'(late_q[1])) f_left_soon = f_left_all;
      if (NumberBits'(i) < f_data_place) f_left_before = f_left_all;
    end
  end
end

always_comb begin
  f_in_zero    = 1'b1;
  f_m_zero     = 1'b1;
  for (int unsigned i = 0; i < StrbWidth; i++) begin
    if (s_w_strb_i[i] && (s_w_data_i[8*i+:8] != 8'd0)) f_in_zero = 1'b0;
    if (m_w_strb_o[i] && (m_w_data_o[8*i+:8] != 8'd0)) f_m_zero = 1'b0;
  end
end

assign f_at      = wlet_q ? f_at_q : wr_addr[PageShift-1:0];

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_rlist_q     <= '0;
    f_racc_q      <= '0;
    f_rans_q      <= '0;
    f_rmem_q      <= '0;
    f_rlet_q      <= '0;
    f_rbeat_q     <= '0;
    f_mbeat_q     <= '0;
    f_wlist_q     <= '0;
    f_wacc_q      <= '0;
    f_wans_q      <= '0;
    f_wmem_q      <= '0;
    f_wlet_q      <= '0;
    f_ended_q     <= '0;
    f_din_q       <= '0;
    f_dout_q      <= '0;
    f_sent_q      <= '0;
    f_old_q       <= 1'b0;
    f_rlat_q      <= '0;
    f_wlat_q      <= '0;
    f_rsought_q   <= 1'b0;
    f_wsought_q   <= 1'b0;
    f_ar_wait_q   <= 1'b0;
    f_aw_wait_q   <= 1'b0;
    f_w_wait_q    <= 1'b0;
    f_r_wait_q    <= 1'b0;
    f_b_wait_q    <= 1'b0;
    f_sar_wait_q  <= 1'b0;
    f_saw_wait_q  <= 1'b0;
    f_sw_wait_q   <= 1'b0;
    f_mr_wait_q   <= 1'b0;
    f_mb_wait_q   <= 1'b0;
    f_quiet_q     <= 1'b1;
    f_req_q       <= 1'b0;
    f_told_q      <= 1'b0;
    f_tell_b_q    <= 1'b0;
    f_told_ours_q   <= 1'b0;
    f_tell_b_ours_q <= 1'b0;
    f_woke_q      <= 1'b0;
  end else begin
    f_rlist_q  <= f_rlist_q + NumberBits'(rpush);
    f_rlet_q   <= f_rlet_q + NumberBits'(rd_let);
    f_racc_q   <= f_racc_q + NumberBits'(m_ar_valid_o && m_ar_ready_i);
    f_rans_q   <= f_rans_q + NumberBits'(s_r_valid_o && s_r_ready_i && s_r_last_o);
    f_rmem_q   <= f_rmem_q + NumberBits'(rend);
    if (s_r_valid_o && s_r_ready_i) f_rbeat_q <= s_r_last_o ? 8'd0 : f_rbeat_q + 8'd1;
    if (rtake) f_mbeat_q <= m_r_last_i ? 8'd0 : f_mbeat_q + 8'd1;
    f_wlist_q  <= f_wlist_q + NumberBits'(wpush);
    f_wlet_q   <= f_wlet_q + NumberBits'(wr_let);
    f_wacc_q   <= f_wacc_q + NumberBits'(m_aw_valid_o && m_aw_ready_i);
    f_ended_q  <= f_ended_q + NumberBits'(w_fire && m_w_last_o);
    f_wans_q   <= f_wans_q + NumberBits'(s_b_valid_o && s_b_ready_i);
    f_wmem_q   <= f_wmem_q + NumberBits'(btake);
    f_din_q    <= f_din_q + NumberBits'(in_end);
    f_dout_q   <= f_dout_q + NumberBits'(burst_end);
    if (wr_pop || (w_fire && m_w_last_o)) f_sent_q <= '0;
    else f_sent_q <= f_sent_q + 9'(w_fire);
    f_old_q    <= (wr_let || wlet_q) && !wr_pop && (f_old_q || wr_changed);
    // The lists' entries that memory owes.
    if (rend) f_rlat_q[f_rold] <= 1'b0;
    if (rd_let) f_rlat_q[rwptr_q] <= 1'b1;
    if (btake) f_wlat_q[f_wold] <= 1'b0;
    if (wr_let) f_wlat_q[wwptr_q] <= 1'b1;
    f_rsought_q <= f_rlive && f_rours_q && (query_frame_i == f_rframe_q);
    f_wsought_q <= f_wlive && f_wours_q && (query_frame_i == f_wframe_q);

    f_ar_wait_q  <= m_ar_valid_o && !m_ar_ready_i;
    f_aw_wait_q  <= m_aw_valid_o && !m_aw_ready_i;
    f_w_wait_q   <= m_w_valid_o && !m_w_ready_i;
    f_r_wait_q   <= s_r_valid_o && !s_r_ready_i;
    f_b_wait_q   <= s_b_valid_o && !s_b_ready_i;
    f_sar_wait_q <= s_ar_valid_i && !s_ar_ready_o;
    f_saw_wait_q <= s_aw_valid_i && !s_aw_ready_o;
    f_sw_wait_q  <= s_w_valid_i && !s_w_ready_o;
    f_mr_wait_q  <= m_r_valid_i && !m_r_ready_o;
    f_mb_wait_q  <= m_b_valid_i && !m_b_ready_o;
    f_quiet_q    <= stall_i || fail_i || (upd_i && (upd_all_i || upd_gfn_i == req_gfn_o));
    f_req_q      <= req_valid_o;
    f_told_q     <= w_fire;
    f_tell_b_q   <= btake;
    f_told_ours_q   <= w_fire && f_whead;
    f_tell_b_ours_q <= f_wours_now;
    f_woke_q     <= f_woke_q || resolve_i;
  end
end

always_ff @(posedge clk_i) begin
  f_started_q   <= 1'b1;
  f_ar_q        <= {m_ar_addr_o, m_ar_len_o, m_ar_size_o, m_ar_burst_o};
  f_aw_q        <= {m_aw_addr_o, m_aw_len_o, m_aw_size_o, m_aw_burst_o};
  f_w_q         <= {m_w_data_o, m_w_strb_o, m_w_last_o};
  f_r_q         <= {s_r_id_o, s_r_data_o, s_r_resp_o, s_r_last_o};
  f_b_q         <= {s_b_id_o, s_b_resp_o};
  f_sar_q       <= {s_ar_id_i, s_ar_addr_i, s_ar_len_i, s_ar_size_i, s_ar_burst_i, s_ar_lock_i};
  f_saw_q       <= {s_aw_id_i, s_aw_addr_i, s_aw_len_i, s_aw_size_i, s_aw_burst_i, s_aw_lock_i};
  f_sw_q        <= {s_w_data_i, s_w_strb_i, s_w_last_i};
  f_mr_q        <= {m_r_data_i, m_r_resp_i, m_r_last_i};
  f_mb_q        <= m_b_resp_i;
  f_policy_q    <= {convert_on_read_i, elide_i};
  f_steady_q    <= (f_policy_q == {convert_on_read_i, elide_i});
  f_req_write_q <= req_write_o;
  f_req_away_q  <= req_away_o;
  f_req_gfn_q   <= req_gfn_o;
  f_told_what_q <= {GfnWidth'(f_wr_page), wr_frame, f_at[PageShift-1:LaneShift], m_w_strb_o,
                    !f_m_zero, (wr_burst == 2'b01), f_old_q || wr_changed};
  f_tell_b_what_q <= {wframe_q[wlrptr_q], (m_b_resp_i != 2'b00)};
  // Of INCR the next transfer is that of the next address that the size divides.
  f_at_q        <= w_fire ? PageShift'(((f_at >> wr_size) + PageShift'(1)) << wr_size) : f_at;
  if (f_rours_now) f_answer_q <= {m_r_resp_i, m_r_data_i};
  if (f_wours_now) f_resp_q <= m_b_resp_i;
  if (f_change || !rst_ni) begin
    f_state_q <= f_new_state;
    f_frame_q <= f_new_frame;
  end
  if (rpush && (f_rlist_q == f_number)) begin
    f_rkind_q  <= rpush_kind;
    f_rframe_q <= f_frame_q;
    f_rours_q  <= (f_rd_page == PageWidth'(f_page));
  end
  if (wpush && (f_wlist_q == f_number)) begin
    f_wkind_q  <= wpush_kind;
    f_wframe_q <= f_frame_q;
    f_wours_q  <= (f_wr_page == PageWidth'(f_page));
  end
  if (in_push && f_in) begin
    f_data_q <= s_w_data_i;
    f_strb_q <= s_w_strb_i;
    f_zero_q <= f_in_zero;
  end
end

// One page and one number for all.
always @(posedge clk_i) begin
  assume (32'(f_page) < GuestPages);
  assume ((\u_read.f_page == f_page) && (\u_write.f_page == f_page));
  assume ((\u_read.f_number == f_number) && (\u_write.f_number == f_number));
  assume (\u_data.f_choose == f_in);
  assume (\u_answers.f_choose == f_rours_now);
  assume (\u_responses.f_choose == f_wours_now);
  assume ((\u_read.f_changes == f_changes) && (\u_write.f_changes == f_changes));
  assume ((\u_read.f_new_state == f_new_state) && (\u_write.f_new_state == f_new_state));
  assume ((\u_read.f_new_frame == f_new_frame) && (\u_write.f_new_frame == f_new_frame));
  if (!f_started_q) begin
    assume (!rst_ni);
    assume ((\u_read.f_state_q == f_state_q) && (\u_write.f_state_q == f_state_q));
    assume ((\u_read.f_frame_q == f_frame_q) && (\u_write.f_frame_q == f_frame_q));
  end else begin
    assert ((\u_read.f_state_q == f_state_q) && (\u_write.f_state_q == f_state_q));
    assert ((\u_read.f_frame_q == f_frame_q) && (\u_write.f_frame_q == f_frame_q));
  end
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    // ------------------------------------------------------------------------- the neighbours' part
    // The guest: stable until ready. Its data may come before its address, and of any length.
    if (f_sar_wait_q) begin
      assume (s_ar_valid_i && ({s_ar_id_i, s_ar_addr_i, s_ar_len_i, s_ar_size_i, s_ar_burst_i,
                                s_ar_lock_i} == f_sar_q));
    end
    if (f_saw_wait_q) begin
      assume (s_aw_valid_i && ({s_aw_id_i, s_aw_addr_i, s_aw_len_i, s_aw_size_i, s_aw_burst_i,
                                s_aw_lock_i} == f_saw_q));
    end
    if (f_sw_wait_q) assume (s_w_valid_i && ({s_w_data_i, s_w_strb_i, s_w_last_i} == f_sw_q));

    // Memory: one answer to each that it accepted, in order, a read with as many beats as it asked for.
    // What comes while none is owed is free.
    if (rlive_q != '0) `DM_GATE_MEMORY (!m_r_valid_i || (f_racc_q != f_rmem_q));
    if (wlive_q != '0) begin
      `DM_GATE_MEMORY (!m_b_valid_i || ((f_wacc_q != f_wmem_q) && (f_ended_q != f_wmem_q)));
    end
    if (rtake) `DM_GATE_MEMORY (m_r_last_i == (f_mbeat_q == rlen_q[f_rold]));

    // dm_pages: one answer to a request, with which a grant changes the tag; a resolve to a sleeper.
    `DM_GATE_PAGES (!(grant_i || stall_i || fail_i) || req_valid_o);
    `DM_GATE_PAGES (!(grant_i && stall_i) && !(grant_i && fail_i) && !(stall_i && fail_i));
    `DM_GATE_PAGES (!resolve_i || (resolve_write_i ? wasleep_q : rasleep_q));
    if (grant_i) begin
      `DM_GATE_PAGES (upd_i && !upd_all_i && (upd_gfn_i == req_gfn_o) && !req_away_o);
      if (req_gfn_o == f_page) begin
        `DM_GATE_PAGES (f_change && (f_new_state == dm_pkg::PageResident));
        `DM_GATE_PAGES (f_new_frame == grant_frame_i);
      end
    end
    `DM_GATE_PAGES (!freeze_i || !grant_i);

    // ------------------------------------------------------------------- AXI4: stable until ready
    if (f_ar_wait_q) begin
      assert (m_ar_valid_o);
      if (f_rd_page == PageWidth'(f_page)) begin
        assert ({m_ar_addr_o, m_ar_len_o, m_ar_size_o, m_ar_burst_o} == f_ar_q);
      end
    end
    if (f_aw_wait_q) begin
      assert (m_aw_valid_o);
      if (f_wr_page == PageWidth'(f_page)) begin
        assert ({m_aw_addr_o, m_aw_len_o, m_aw_size_o, m_aw_burst_o} == f_aw_q);
      end
    end
    if (f_w_wait_q) assert (m_w_valid_o && ({m_w_data_o, m_w_strb_o, m_w_last_o} == f_w_q));
    if (f_r_wait_q) begin
      assert (s_r_valid_o && ({s_r_id_o, s_r_data_o, s_r_resp_o, s_r_last_o} == f_r_q));
    end
    if (f_b_wait_q) assert (s_b_valid_o && ({s_b_id_o, s_b_resp_o} == f_b_q));

    // ------------------------------------------------------------- reads: let through or answered
    // To memory under the page's own tag only; zeros only of a dormant page.
    if (rd_let) begin
      assert (!rd_skip && !rfail_q && (rd_refuse == KindMemory));
      if (f_rd_page == PageWidth'(f_page)) begin
        assert ((f_state_q == dm_pkg::PageResident) && (rd_frame == f_frame_q));
      end
    end
    if (rd_local && (rpush_kind == KindOkay) && (f_rd_page == PageWidth'(f_page))) begin
      assert ((f_state_q == dm_pkg::PageDormant) && !convert_on_read_i);
    end
    if (m_ar_valid_o) begin
      assert (m_ar_addr_o == AddrWidth'({rd_frame, rd_addr[PageShift-1:0]}));
      assert ((m_ar_len_o == rd_len) && (m_ar_size_o == rd_info[6:4]) && (m_ar_burst_o == rd_info[3:2]));
    end
    // The read's answer: its id, its beats, in its turn; from here without data.
    if (f_rtop && s_r_valid_o) begin
      assert (s_r_id_o == \u_read.f_info_q [InfoWidth-1-:IdWidth]);
      assert (s_r_last_o == (f_rbeat_q == \u_read.f_info_q [14:7]));
      if (f_rkind_q == KindMemory) begin
        if (f_rbeat_q == f_beat) begin
          assert ({s_r_resp_o, s_r_data_o} == (f_rours_now ? {m_r_resp_i, m_r_data_i} : f_answer_q));
        end
      end else begin
        assert (s_r_data_o == '0);
        assert (s_r_resp_o == ((f_rkind_q == KindOkay) ? 2'b00 :
                               (f_rkind_q == KindSlvErr) ? 2'b10 : 2'b11));
      end
      // What the port does not promise gets its error, and nothing else.
      if (\u_read.f_info_q [1:0] != KindMemory) assert (f_rkind_q == \u_read.f_info_q [1:0]);
    end
    // From the time that it is let through to memory's last answer it is found, a cycle later.
    if (f_rsought_q) assert (rd_match_o);
    // Memory never waits for the guest: its answers are taken, a read is let through when it fits, and the
    // data of a write follows at once. What nobody waits for is told, and changes nothing.
    assert (m_r_ready_o && m_b_ready_o);
    if (rd_let) assert (32'(rd_len) + 32'(\u_answers.f_inside_q ) < Room);
    assert (m_w_valid_o == (wr_let || (wlet_q && !w_done_q)));
    if (m_w_valid_o) assert (beat_valid);
    assert (ev_stray_o == ((m_r_valid_i && (f_rlat_q == '0)) || (m_b_valid_i && (f_wlat_q == '0))));

    // ------------------------------------------------------------ writes: let through or answered
    if (wr_let) begin
      assert (!wr_skip && !wfail_q && (wr_refuse == KindMemory) && !wdrop_q && !freeze_i);
      // All of its data is here.
      assert (burst_some && !burst_over && (8'(burst_last) == m_aw_len_o));
      if (f_wr_page == PageWidth'(f_page)) begin
        assert ((f_state_q == dm_pkg::PageResident) && (wr_frame == f_frame_q));
      end
    end
    if (m_aw_valid_o) begin
      assert (m_aw_addr_o == AddrWidth'({wr_frame, wr_addr[PageShift-1:0]}));
      assert ((m_aw_size_o == wr_size) && (m_aw_burst_o == wr_burst));
    end
    // A burst of zeros is dropped while the page is dormant, and only that.
    if (wr_drop && !wr_refused) begin
      assert (elide_i);
      if (f_wr_page == PageWidth'(f_page)) assert (f_state_q == dm_pkg::PageDormant);
      if (f_whead && (f_beat <= m_aw_len_o)) assert (f_zero_q);
    end
    // The write's data: each beat once, in order, as it came, as many as its address says.
    if (m_w_valid_o) begin
      assert (m_w_last_o == (f_sent_q == 9'(m_aw_len_o)));
      if (f_whead && (f_sent_q == 9'(f_beat))) begin
        assert ((m_w_data_o == f_data_q) && (m_w_strb_o == f_strb_q));
      end
    end
    // Its answer: its id, in its turn. OKAY from here means that all of it was zero.
    if (f_wtop && s_b_valid_o) begin
      assert (s_b_id_o == \u_write.f_info_q [InfoWidth-1-:IdWidth]);
      if (f_wkind_q == KindMemory) begin
        assert (s_b_resp_o == (f_wours_now ? m_b_resp_i : f_resp_q));
      end else begin
        assert (s_b_resp_o == ((f_wkind_q == KindOkay) ? 2'b00 :
                               (f_wkind_q == KindSlvErr) ? 2'b10 : 2'b11));
      end
      if (\u_write.f_info_q [1:0] != KindMemory) assert (f_wkind_q == \u_write.f_info_q [1:0]);
    end
    if (f_wsought_q) assert (wr_match_o);
    // Each beat to memory that may change it, and each answer, is told a cycle later.
    assert (mon_beat_o == f_told_q);
    if (mon_beat_o) begin
      assert ({mon_gfn_o, mon_frame_o, mon_index_o, mon_strb_o, mon_nonzero_o, mon_incr_o, mon_old_o}
              == f_told_what_q);
    end
    assert (mon_b_o == f_tell_b_q);
    if (mon_b_o) assert ({mon_b_frame_o, mon_b_error_o} == f_tell_b_what_q);

    // --------------------------------------------------------------------------------- requests
    // As dm_pages wants them: from a head that is awake, for a page that is not resident.
    // It stays until it is answered or its page's tag changes, whatever becomes of other pages.
    if (f_req_q && f_quiet_q) assert (!req_valid_o);
    if (f_req_q && !f_quiet_q && f_steady_q) assert (req_valid_o);
    if (req_valid_o) assert (req_soon_o);
    if (f_req_q && req_valid_o && !f_quiet_q) begin
      assert ((req_write_o == f_req_write_q) && (req_away_o == f_req_away_q));
      assert (req_gfn_o == f_req_gfn_q);
    end
    if (req_valid_o) begin
      assert (32'(req_gfn_o) < GuestPages);
      assert (!(req_write_o ? wasleep_q : rasleep_q));
      if (req_gfn_o == f_page) begin
        assert (f_state_q == (req_away_o ? dm_pkg::PageAway : dm_pkg::PageDormant));
      end
    end

    // ---------------------------------------------------------------------------------- no hang
    // A head that is known moves, asks, sleeps, or waits for its list, for data or for a freeze.
    if (rd_head_known && !rasleep_q && rroom_q && rd_fits) begin
      assert (rd_local || m_ar_valid_o || rd_want || req_valid_o);
    end
    if (wr_head_known && !wasleep_q && wroom_q && burst_some && !freeze_i) begin
      assert (wr_drop || wdrop_q || m_aw_valid_o || m_w_valid_o || wr_want || req_valid_o);
    end
    // And each comes to an end: the room of answers comes back, and of data that is not complete there is
    // always room for one burst.
    if ((rcount_q == '0) && rd_head_valid && !rd_skip) assert (rd_fits);
    if ((bursts_q == '0) && (late_q == 2'b00)) assert (s_w_ready_o || (inbeat_q >= (LenWidth + 1)'(Beats)));

    // ------------------------------------------------------------------- what makes that inductive
    assert ((\u_read.f_held_q == ar_held_q) && (\u_write.f_held_q == wlet_q));

    // The lists.
    assert (32'(rcount_q) <= Depth);
    assert (32'(wcount_q) <= Depth);
    assert ((rsome_q == (rcount_q != '0)) && (rroom_q == (32'(rcount_q) != Depth)));
    assert ((wsome_q == (wcount_q != '0)) && (wroom_q == (32'(wcount_q) != Depth)));
    assert (NumberBits'(rcount_q) == NumberBits'(f_rlist_q - f_rans_q));
    assert (NumberBits'(wcount_q) == NumberBits'(f_wlist_q - f_wans_q));
    assert (rwptr_q == IndexWidth'(32'(rrptr_q) + 32'(rcount_q)));
    assert (wwptr_q == IndexWidth'(32'(wrptr_q) + 32'(wcount_q)));
    assert (f_rlist_q == NumberBits'(\u_read.f_out_q + NumberBits'(ar_held_q)));
    assert (f_wlist_q == NumberBits'(\u_write.f_out_q + NumberBits'(wlet_q)));
    for (int unsigned i = 0; i < Depth; i++) begin
      if ((IndexWidth + 1)'(IndexWidth'(i - 32'(rrptr_q))) < rcount_q) begin
        assert (rsingle_q[i] == (rlen_q[i] == 8'd0));
        if (rkind_q[i] == KindMemory) assert (32'(rlen_q[i]) < Beats);
      end
      assert (rlive_q[i] == ((IndexWidth + 1)'(IndexWidth'(i - 32'(rlrptr_q))) < f_rlives));
      assert (wlive_q[i] == ((IndexWidth + 1)'(IndexWidth'(i - 32'(wlrptr_q))) < f_wlives));
    end
    assert (f_rsorted && f_wsorted);
    assert ((f_rlives == f_rlats) && (f_wlives == f_wlats));
    assert ((f_rlives <= rcount_q) && (f_wlives <= wcount_q));
    assert (rlwptr_q == IndexWidth'(32'(rlrptr_q) + 32'(f_rlives)));
    assert (wlwptr_q == IndexWidth'(32'(wlrptr_q) + 32'(f_wlives)));
    // What waits here is what memory answered and the guest did not take.
    assert ((AnswerBits + 2)'(\u_answers.f_inside_q ) + (AnswerBits + 2)'(f_gone)
            == f_beats_old + (AnswerBits + 2)'(f_mbeat_q));
    assert ((AnswerBits + 2)'(rfree_q) + f_beats == (AnswerBits + 2)'(Room) + (AnswerBits + 2)'(f_gone));
    assert ((IndexWidth + 1)'(\u_responses.f_inside_q ) == f_resps_old);
    if (f_rlats == '0) assert (f_mbeat_q == 8'd0);
    else assert (f_mbeat_q <= rlen_q[f_rold]);
    assert (NumberBits'(f_rlives) == NumberBits'(f_rlet_q - f_rmem_q));
    assert (NumberBits'(f_wlives) == NumberBits'(f_wlet_q - f_wmem_q));
    assert (NumberBits'(f_rlet_q - f_racc_q) == NumberBits'(ar_held_q));
    assert (NumberBits'(f_wlet_q - f_wacc_q) == NumberBits'(wlet_q && !aw_done_q));
    assert (NumberBits'(f_wlet_q - f_ended_q) == NumberBits'(wlet_q && !w_done_q));
    // A head that is let through is the last in its list.
    if (ar_held_q) begin
      assert (f_rlat_q[rwptr_q - IndexWidth'(1)] && rd_head_valid && (32'(rd_len) < Beats));
      if (f_rd_page == PageWidth'(f_page)) begin
        assert (rframe_q[rlwptr_q - IndexWidth'(1)] == rd_frame);
        assert (f_ar_q == {m_ar_addr_o, m_ar_len_o, m_ar_size_o, m_ar_burst_o});
      end
    end
    if (wlet_q) begin
      assert (f_wlat_q[wwptr_q - IndexWidth'(1)] && wr_head_valid);
      if (f_whead) begin
        assert ((f_wkind_q == KindMemory) && (f_wours_q == (f_wr_page == PageWidth'(f_page))));
        if (f_wours_q) assert (f_wframe_q == wr_frame);
      end
      if (f_wr_page == PageWidth'(f_page)) begin
        assert (wframe_q[wlwptr_q - IndexWidth'(1)] == wr_frame);
        if (!aw_done_q) assert (f_aw_q == {m_aw_addr_o, m_aw_len_o, m_aw_size_o, m_aw_burst_o});
      end
    end

    // The answer under way.
    if (!rsome_q) assert (f_rbeat_q == 8'd0);
    if (rsome_q) assert (f_rbeat_q <= rlen_q[rrptr_q]);
    assert (rbeat_q == f_rbeat_q);
    assert (rmore_q == (rbeat_q != 8'd0));
    if (rmore_q) assert (rlast_q == (rbeat_q == rlen_q[rrptr_q]));

    // The read and the write in their lists.
    if (f_rin) begin
      assert (rkind_q[f_rplace] == f_rkind_q);
      assert ({rid_q[f_rplace], rlen_q[f_rplace]} == \u_read.f_info_q [InfoWidth-1:7]);
      if (\u_read.f_info_q [1:0] != KindMemory) assert (f_rkind_q == \u_read.f_info_q [1:0]);
      if (f_rlive) begin
        assert (f_rkind_q == KindMemory);
        if (f_rours_q) assert (rframe_q[rlrptr_q + IndexWidth'(f_rbefore)] == f_rframe_q);
      end
      // Where its beat is.
      if ((f_rkind_q == KindMemory) && (f_beat <= rlen_q[f_rplace]) && !(f_rtop && (f_rbeat_q > f_beat))) begin
        assert (\u_answers.f_here_q == (!f_rlive || ((f_rold == f_rplace) && (f_mbeat_q > f_beat))));
        if (\u_answers.f_here_q ) begin
          assert ((AnswerBits + 2)'(\u_answers.f_ahead_q ) + (AnswerBits + 2)'(f_gone)
                  == f_beats_before + (AnswerBits + 2)'(f_beat));
          assert (\u_answers.f_word_q == f_answer_q);
        end
      end
    end
    if (!f_rin || (f_rkind_q != KindMemory) || (f_rtop && (f_rbeat_q > f_beat)) || (f_beat > rlen_q[f_rplace])) begin
      assert (!\u_answers.f_here_q );
    end
    if (f_win) begin
      assert (wkind_q[f_wplace] == f_wkind_q);
      assert (wid_q[f_wplace] == \u_write.f_info_q [InfoWidth-1-:IdWidth]);
      if (\u_write.f_info_q [1:0] != KindMemory) assert (f_wkind_q == \u_write.f_info_q [1:0]);
      if (f_wlive) begin
        assert (f_wkind_q == KindMemory);
        if (f_wours_q) assert (wframe_q[wlrptr_q + IndexWidth'(f_wbefore)] == f_wframe_q);
      end
      if (f_wkind_q == KindMemory) begin
        assert (\u_responses.f_here_q == !f_wlive);
        if (\u_responses.f_here_q ) begin
          assert ((IndexWidth + 1)'(\u_responses.f_ahead_q ) == f_resps_before);
          assert (\u_responses.f_word_q == f_resp_q);
        end
      end
    end
    if (!f_win || (f_wkind_q != KindMemory)) assert (!\u_responses.f_here_q );
    assert (\u_read.f_skip_q == (\u_read.f_info_q [1:0] != KindMemory)
            || !(NumberBits'(f_number - f_rans_q) < NumberBits'(\u_read.f_in_q - f_rans_q)));
    assert (\u_write.f_skip_q == (\u_write.f_info_q [1:0] != KindMemory)
            || !(NumberBits'(f_number - f_wans_q) < NumberBits'(\u_write.f_in_q - f_wans_q)));
    if (rd_head_valid) begin
      assert ((rd_skip == (rd_refuse != KindMemory)) && (rd_refuse != KindOkay));
      if (!rd_skip) assert (32'(rd_len) < Beats);
    end
    if (wr_head_valid) begin
      assert ((wr_skip == (wr_refuse != KindMemory)) && (wr_refuse != KindOkay));
    end
    if (\u_read.valid_q [1]) begin
      assert (\u_read.skip_q [1] == (\u_read.f_info1 [1:0] != KindMemory));
      assert (\u_read.f_info1 [1:0] != KindOkay);
      if (!\u_read.skip_q [1]) assert (32'(\u_read.f_info1 [14:7]) < Beats);
    end
    if (\u_read.valid_q [2]) begin
      assert (\u_read.skip_q [2] == (\u_read.f_info2 [1:0] != KindMemory));
      assert (\u_read.f_info2 [1:0] != KindOkay);
      if (!\u_read.skip_q [2]) assert (32'(\u_read.f_info2 [14:7]) < Beats);
    end
    if (\u_write.valid_q [1]) begin
      assert (\u_write.skip_q [1] == (\u_write.f_info1 [1:0] != KindMemory));
      assert (\u_write.f_info1 [1:0] != KindOkay);
    end
    if (\u_write.valid_q [2]) begin
      assert (\u_write.skip_q [2] == (\u_write.f_info2 [1:0] != KindMemory));
      assert (\u_write.f_info2 [1:0] != KindOkay);
    end

    // The data: bursts whose last beat came, and the beats that are here.
    assert (f_dout_q == NumberBits'(\u_write.f_out_q + NumberBits'(w_done_q) - NumberBits'(wdrop_q)));
    assert (32'(bursts_q) + 32'(late_q[0]) + 32'(late_q[1]) == 32'(f_listed_bursts));
    assert (32'(f_listed_bursts) <= Bursts - 2);
    assert (bwptr_q == BurstWidth'(32'(brptr_q) + 32'(f_listed_bursts)));
    assert (f_lists_good);
    assert (32'(inbeat_q) <= Beats);
    assert ((DataBits + 2)'(\u_data.f_inside_q ) == f_left_all + (DataBits + 2)'(inbeat_q));
    assert (f_left_complete <= (DataBits + 2)'(\u_data.f_sure ));
    assert ((f_left_soon <= (DataBits + 2)'(\u_data.f_sure )) || (f_left_soon <= (DataBits + 2)'(\u_data.f_one_q )));
    if (bursts_q == '0) assert ((wbeat_q == '0) && !wmore_q);
    else assert (wbeat_q <= burst_last);
    assert (wmore_q == (wbeat_q != '0));
    if (wmore_q) assert (wlast_q == (wbeat_q == burst_last));
    if (inbeat_q == '0) assert (!insome_q);
    // Of the write.
    assert (\u_data.f_here_q == f_present);
    if (f_present) begin
      assert ((DataBits + 2)'(\u_data.f_ahead_q ) + (DataBits + 2)'((f_data_place == '0) ? wbeat_q : '0)
              == f_left_before + (DataBits + 2)'(f_beat));
      assert (\u_data.f_word_q == {f_strb_q, f_data_q});
    end
    if (f_b_listed && (f_beat <= 8'(f_b_last)) && !f_b_nonzero) assert (f_zero_q);
    if (f_b_coming && (f_beat < 8'(inbeat_q)) && !insome_q) assert (f_zero_q);
    // What the head has come to.
    if (!wr_head_valid) assert (!wfail_q && !wlet_q);
    assert (!(aw_done_q && w_done_q) && (wlet_q || !(aw_done_q || w_done_q)));
    assert (!(wlet_q && wdrop_q));
    if (wdrop_q) assert (wmore_q && (bursts_q != '0));
    if (wlet_q && !w_done_q) begin
      assert ((bursts_q != '0) && !burst_over && (8'(burst_last) == m_aw_len_o) && (f_sent_q == 9'(wbeat_q)));
    end else begin
      assert (f_sent_q == 9'd0);
    end
    if (!wdrop_q && !(wlet_q && !w_done_q)) assert (!wmore_q);
    assert (f_old_q == wold_q);
    if (!wlet_q) assert (!wold_q);
    if (wlet_q) assert (at_q == f_at_q);
    if (f_aw_wait_q) assert (wlet_q && !aw_done_q);
    if (wlet_q && !aw_done_q) assert (f_aw_wait_q);
    if (f_ar_wait_q) assert (ar_held_q);
    assert (f_ar_wait_q == ar_held_q);

    // Heads that sleep, have failed or ask.
    if (rasleep_q) assert (rd_head_valid && !rd_skip && !ar_held_q && !rfail_q);
    if (wasleep_q) assert (wr_head_valid && !wr_skip && !wlet_q && !wfail_q && !wdrop_q);
    if (rfail_q) assert (rd_head_valid && !rd_skip && !ar_held_q);
    if (wfail_q) assert (wr_head_valid && !wr_skip && !wlet_q);
    if (wr_head_valid && wr_skip) assert (!wlet_q);
    if (rd_head_valid && rd_skip) assert (!ar_held_q);
    if (req_valid_q && !req_write_q) begin
      assert (rd_head_valid && \u_read.known [0] && !rd_skip && !rfail_q && !rasleep_q && !ar_held_q);
      assert (req_gfn_q == GfnWidth'(f_rd_page));
      assert (rd_state == (req_away_q ? dm_pkg::PageAway : dm_pkg::PageDormant));
      assert (req_away_q || f_policy_q[1]);
    end
    if (req_valid_q && req_write_q) begin
      assert (wr_head_valid && \u_write.known [0] && !wr_skip && !wfail_q && !wasleep_q && !wlet_q
              && !wdrop_q && burst_some);
      assert (req_gfn_q == GfnWidth'(f_wr_page));
      assert (wr_state == (req_away_q ? dm_pkg::PageAway : dm_pkg::PageDormant));
      assert (!burst_odd && (req_away_q || burst_nonzero || !f_policy_q[0]));
    end

    // ------------------------------------------------------------- the interesting states are reached
`ifdef DM_GATE_TOP
    cover (f_rtop && (f_rkind_q == KindOkay) && (f_rbeat_q == 8'd1) && s_r_last_o && s_r_valid_o);
    cover (f_rtop && (f_rkind_q == KindOkay) && (f_rlives != '0) && s_r_valid_o);
    cover (f_rtop && (f_rkind_q == KindMemory) && s_r_valid_o && s_r_last_o && s_r_ready_i && m_r_valid_i);
    cover (f_rtop && (f_rkind_q == KindMemory) && s_r_valid_o && s_r_last_o && s_r_ready_i && !f_rlive
           && (f_beat == 8'd1));
    cover (f_rtop && (f_rkind_q == KindDecErr) && s_r_valid_o);
    cover (f_wtop && (f_wkind_q == KindOkay) && (f_beat == 8'd1) && s_b_valid_o && wdrop_q);
    cover (f_wtop && (f_wkind_q == KindMemory) && s_b_valid_o && !f_wlive);
    cover (f_wtop && (f_wkind_q == KindSlvErr) && s_b_valid_o && f_woke_q);
    cover (f_wlive && f_wours_q && (f_state_q == dm_pkg::PageDormant) && (query_frame_i == f_wframe_q));
    cover (f_rlive && f_rours_q && (f_state_q == dm_pkg::PageDormant) && (query_frame_i == f_rframe_q));
    cover (wr_drop && wr_refused && burst_over && !wr_skip);
    cover (wr_drop && wr_refused && !burst_over && burst_odd && !wr_skip);
    cover (rd_head_known && (rd_state == dm_pkg::PageResident) && rroom_q && !rd_fits);
    cover (!rroom_q && (rcount_q == (IndexWidth + 1)'(Depth)));
    cover (rasleep_q && wasleep_q);
    cover (f_whead && (f_state_q == dm_pkg::PageResident) && freeze_i && wr_ready && !wr_let);
    cover (w_done_q && wlet_q);
    cover (aw_done_q && wlet_q && (f_sent_q != '0));
    cover (mon_beat_o && mon_old_o && !mon_nonzero_o);
    cover (ev_stray_o && m_b_valid_i && (wcount_q != '0));
    cover ((bursts_q != '0) && !wr_head_valid);
    cover (req_valid_q && req_away_q && !req_write_q);
    cover (grant_i && !req_write_q && convert_on_read_i);
`endif
  end
end
