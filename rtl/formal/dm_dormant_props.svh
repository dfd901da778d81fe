// Properties of dm_dormant, included at its end: the blocks joined as they ship. What each assumes of
// the others is asserted here, for one page, one frame and one write of each port, any of them. Around
// them are free: guests, firmware, policy, memory that answers in order, and the frames as dm_frames
// promises them.
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

// Registers and ghosts of the others.
localparam int unsigned TagWidth  = PayloadWidth + 3;  // as in dm_tag_table
localparam int unsigned PageWidth = AddrWidth - PageShift;
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
(* hierconn *) wire [2:0]            \u_pages.f_state_q ;
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

// The loop of the gates once more, under its name: that is the name that their wires have.
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
      if (!ready_o) begin
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
    // dm_arbiter: data of one source a cycle, and an answer for one.
    assume ((f_fires & (f_fires - Ports'(1))) == '0);
    assume ((m_b_valid_i & (m_b_valid_i - Ports'(1))) == '0);
    assume ((m_r_valid_i & (m_r_valid_i - Ports'(1))) == '0);
    // The page on offer is resident in the frame on offer. Of another frame that is assumed in the
    // same cycle: then nothing here is assumed where it is asserted.
    if (det_ok && (det_gfn == f_page)) begin
      if (det_frame == f_frame) assert (f_tag_ours);
      else assume (\u_tags.f_now_q == {1'b0, dm_pkg::PageResident, PayloadWidth'(det_frame)});
    end

    // No access is let through and unanswered when the frame leaves its page's hands, nor when it
    // comes into those of another.
    if (fr_valid_o && ((fr_op_o == dm_pkg::StepFree) || (fr_op_o == dm_pkg::StepKeep))
        && (fr_frame_o == 28'(f_frame))) begin
      assert (f_listed == '0);
    end
    if (\u_pages.f_popped || \u_pages.f_mapped ) assert (f_listed == '0);
    if (f_listed != '0) assert (\u_pages.f_state_q == 3'd3);
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
    if (!ready_o) begin
      assert ((\u_pages.state_q < Look1)
              || ((\u_pages.state_q == Exec) && ((\u_pages.op_q == dm_pkg::OpMarkAll)
                                                || (\u_pages.op_q == dm_pkg::OpResolve))));
      assert (!\u_pages.f_owned_q && !\u_pages.f_drain_q && (\u_pages.stall_count_q == '0));
      assert (\u_redormant.active_q == '0);
    end

    // That a whole page of zeros is found is dm_redormant's cover: here it takes 2048 beats.
    cover (f_tag_ours && (f_listed == '1));
    cover (f_draining && !f_tag_ours && (f_listed != '0));
    cover (fr_valid_o && (fr_op_o == dm_pkg::StepFree) && (fr_frame_o == 28'(f_frame)) && (grant != '0));
    cover (\u_redormant.f_live_q && f_draining);
  end
end
