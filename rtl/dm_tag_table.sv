// Tag table: one tag for every guest page, dormant | resident(rfn) | away(node) | bad. It is there twice,
// as two banks: one is read for the read channels of the ports, one for the write channels.
//
// Invariant: a lookup yields what was last written to its page, by an update or by a later mark of all
//   pages. An entry whose parity is wrong yields bad, until its page is updated.
// Latency:   grant -> rsp_*_o: 2 cycles. A mark of all pages holds from the next cycle on.
// Throughput: a lookup in each bank and an update in every cycle; marks as long as three generations
//   are not yet scrubbed. The scrub takes 3 cycles a page, at most 23 with all the traffic that there
//   can be; the sweep after reset, one.
//
// An entry of an older epoch reads as the default. The epoch has two bits, so the scrub rewrites such
// entries before their epoch comes round: a mark needs that no more than three generations are in.
// Both banks are always written together. An entry whose parity is wrong in one of them alone is bad for
// who sees it, and an update mends it; the scrub, which reads the first, spoils the other as well.
`include "dm_assert.svh"

module dm_tag_table #(
  parameter  int unsigned Ports        = 1,
  parameter  int unsigned GuestPages   = 8192,
  parameter  int unsigned PayloadWidth = 13,  // a frame or a node, at least 8
  parameter  int unsigned NodeId       = 0,
  localparam int unsigned Channels     = 2 * Ports,
  localparam int unsigned GfnWidth     = dm_pkg::index_width(GuestPages)
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  output logic                         ready_o,

  // Lookups; channel 2p reads and channel 2p + 1 writes for port p. In each bank one a cycle: of a channel
  // that waits, in turn, else of one whose address arrives in this cycle. A command's goes first in the
  // first bank, but not twice in a row. A page beyond GuestPages gets an answer that means nothing.
  input  logic                         cmd_req_i,
  input  logic [GfnWidth-1:0]          cmd_gfn_i,
  output logic                         cmd_gnt_o,
  input  logic [Channels-1:0]          need_i,
  input  logic [Channels*GfnWidth-1:0] need_gfn_i,
  output logic [Channels-1:0]          need_gnt_o,
  input  logic [Channels-1:0]          arrive_i,
  input  logic [Channels*GfnWidth-1:0] arrive_gfn_i,
  output logic [Channels-1:0]          arrive_gnt_o,

  // The answers to the lookups granted two cycles ago, with their pages; of commands as of reads. The
  // payload of a parity error is zero.
  output logic [2*GfnWidth-1:0]        rsp_gfn_o,
  output logic [3:0]                   rsp_state_o,
  output logic [2*PayloadWidth-1:0]    rsp_payload_o,
  output logic [1:0]                   rsp_parity_error_o,

  // One page changes; poison writes the wrong parity. Lookups granted from the next cycle on see it;
  // whoever is granted one of this page in this very cycle looks again.
  input  logic                         upd_i,
  input  logic [GfnWidth-1:0]          upd_gfn_i,
  input  logic [1:0]                   upd_state_i,
  input  logic [PayloadWidth-1:0]      upd_payload_i,
  input  logic                         upd_poison_i,

  // All pages change, those with a parity error excepted; only when mark_ok_o.
  input  logic                         mark_i,
  input  logic [1:0]                   mark_state_i,
  input  logic [PayloadWidth-1:0]      mark_payload_i,
  output logic                         mark_ok_o,
  output logic                         scrub_busy_o,

  // A lookup met a parity error; the page of the last one, in the first bank if in both at once.
  output logic                         ev_parity_error_o,
  output logic [GfnWidth-1:0]          parity_gfn_o
);

  localparam int unsigned         EntryWidth = PayloadWidth + 5;
  localparam logic [1:0]          ResetState = (NodeId == 0) ? dm_pkg::PageDormant
                                                             : dm_pkg::PageAway;
  localparam logic [GfnWidth-1:0] LastPage   = GfnWidth'(GuestPages - 1);

  // Lookups for which the scrub stands back before it takes their place.
  localparam int unsigned         Patience   = 15;

  // The memory is cut into columns as wide as one block RAM is at this depth: one that is stacked has
  // a multiplexer behind its slow output.
  localparam int unsigned ColumnWidth = (GuestPages <= 512) ? 36 : (GuestPages <= 1024) ? 18
                                      : (GuestPages <= 2048) ? 9 : (GuestPages <= 4096) ? 4
                                      : (GuestPages <= 8192) ? 2 : 1;
  localparam int unsigned Columns     = (EntryWidth + ColumnWidth - 1) / ColumnWidth;

  typedef enum logic [2:0] {
    ScrubIdle  = 3'd0,
    ScrubRead  = 3'd1,  // waits for a cycle without a lookup
    ScrubWait  = 3'd2,  // its entry is in ram_q
    ScrubCheck = 3'd3,  // its entry is in raw_q
    ScrubWrite = 3'd4   // its entry is old or bad; waits for a cycle without an update
  } scrub_state_e;

  // {odd parity, epoch, state, payload}, of each bank.
  logic [1:0][EntryWidth-1:0] ram_q;
  logic [1:0][EntryWidth-1:0] raw_q, raw_d;
  logic [1:0]                 ram_read;
  logic                       ram_write;
  logic [1:0][GfnWidth-1:0]   ram_raddr;
  logic [GfnWidth-1:0]        ram_waddr;
  logic [EntryWidth-1:0]      ram_wdata;

  logic                    ready_q, ready_d;
  logic [Channels-1:0]     turn_q, turn_d;  // channels whose turn in this round is still to come
  logic                    cmd_was_q, cmd_was_d;  // the last lookup of the first bank was a command's
  logic [1:0]              ram_asked_q, ram_asked_d;
  logic [1:0]              raw_asked_q, raw_asked_d;
  logic [1:0][GfnWidth-1:0] ram_gfn_q, ram_gfn_d;
  logic [1:0][GfnWidth-1:0] raw_gfn_q, raw_gfn_d;
  logic [1:0]              ram_met_q, ram_met_d;  // read while the scrub wrote it,
  logic [1:0]              raw_met_q, raw_met_d;
  logic                    ram_spoilt_q, raw_spoilt_q;  // and as a bad one
  logic [1:0]              epoch_q, epoch_d;
  logic [1:0]              gens_q, gens_d;  // marks since the table was last of one epoch
  logic [1:0]              def_state_q, def_state_d;
  logic [PayloadWidth-1:0] def_payload_q, def_payload_d;
  scrub_state_e            scrub_state_q, scrub_state_d;
  logic                    scrub_bad_q, scrub_bad_d;
  logic [3:0]              patience_q, patience_d;  // lookups for which the scrub stood back
  logic [GfnWidth-1:0]     walk_q, walk_d;  // page of the sweep or the scrub
  logic                    parity_error_q, parity_error_d;
  logic [GfnWidth-1:0]     parity_gfn_q, parity_gfn_d;

  logic [1:0][Ports-1:0]    bank_need, bank_turn, bank_arrive;  // by port
  logic [1:0][Ports-1:0]    need_first, arrive_first, need_after;
  logic [1:0][GfnWidth-1:0] need_gfn, turn_gfn, arrive_gfn;
  logic [1:0]               wanted, open, intact, current, met;
  logic                     urgent, cmd_first, hit, stale, step, rewrite, poison;

  // A lookup in each bank in a cycle. The scrub has the cycles that nobody wants of the first, and takes
  // one when it stood back too often.
  assign urgent    = (scrub_state_q == ScrubRead) && (patience_q == 4'(Patience));
  assign open      = {ready_q, ready_q && !urgent};
  assign cmd_first = cmd_req_i && !(cmd_was_q && (bank_need[0] != '0));
  assign cmd_gnt_o = open[0] && cmd_first;
  assign cmd_was_d = open[0] ? cmd_first : cmd_was_q;

  always_comb begin
    for (int unsigned b = 0; b < 2; b++) begin
      for (int unsigned p = 0; p < Ports; p++) begin
        bank_need[b][p]   = need_i[2*p+b];
        bank_turn[b][p]   = need_i[2*p+b] && turn_q[2*p+b];
        bank_arrive[b][p] = arrive_i[2*p+b];
      end
    end
  end

  // Who is first in each bank: of those that wait whoever still has a turn in this round, and those after
  // him keep theirs. The muxes of addresses need not wait for the choice between them.
  always_comb begin
    for (int unsigned b = 0; b < 2; b++) begin
      need_gfn[b]   = '0;
      turn_gfn[b]   = '0;
      arrive_gfn[b] = '0;
      for (int unsigned p = 0; p < Ports; p++) begin
        need_first[b][p] = (bank_turn[b] == '0)
                         ? bank_need[b][p] && ((bank_need[b] & Ports'((1 << p) - 1)) == '0)
                         : bank_turn[b][p] && ((bank_turn[b] & Ports'((1 << p) - 1)) == '0);
        need_after[b][p] = (((bank_turn[b] == '0) ? bank_need[b] : bank_turn[b]) &
                            Ports'((1 << p) - 1)) != '0;
        arrive_first[b][p] = bank_arrive[b][p] &&
                             ((bank_arrive[b] & Ports'((1 << p) - 1)) == '0);
      end
      for (int unsigned p = Ports; p > 0; p--) begin
        if (bank_need[b][p-1]) need_gfn[b] = need_gfn_i[(2*(p-1)+b)*GfnWidth +: GfnWidth];
        if (bank_turn[b][p-1]) turn_gfn[b] = need_gfn_i[(2*(p-1)+b)*GfnWidth +: GfnWidth];
        if (bank_arrive[b][p-1]) arrive_gfn[b] = arrive_gfn_i[(2*(p-1)+b)*GfnWidth +: GfnWidth];
      end
      if (bank_turn[b] != '0) need_gfn[b] = turn_gfn[b];
      wanted[b] = (bank_need[b] != '0) || (bank_arrive[b] != '0) || (b == 0 && cmd_req_i);
    end
  end

  always_comb begin
    for (int unsigned b = 0; b < 2; b++) begin
      ram_raddr[b] = walk_q;
      if (bank_arrive[b] != '0) ram_raddr[b] = arrive_gfn[b];
      if (bank_need[b] != '0) ram_raddr[b] = need_gfn[b];
      if (b == 0 && cmd_first) ram_raddr[b] = cmd_gfn_i;
      if (b == 0 && urgent) ram_raddr[b] = walk_q;
    end
  end

  always_comb begin
    turn_d       = turn_q;
    need_gnt_o   = '0;
    arrive_gnt_o = '0;
    for (int unsigned b = 0; b < 2; b++) begin
      for (int unsigned p = 0; p < Ports; p++) begin
        if (open[b] && !(b == 0 && cmd_first)) begin
          need_gnt_o[2*p+b]   = need_first[b][p];
          arrive_gnt_o[2*p+b] = arrive_first[b][p] && (bank_need[b] == '0);
          if (bank_need[b] != '0) turn_d[2*p+b] = need_after[b][p];
        end
      end
    end
  end

  // On the way out. Whoever reads a page in the cycle in which it changes looks again; whoever reads it
  // in the cycle in which the scrub rewrites it is answered what the scrub writes.
  always_comb begin
    for (int unsigned b = 0; b < 2; b++) begin
      ram_read[b]    = (ready_q && wanted[b]) || (b == 0 && scrub_state_q == ScrubRead);
      ram_asked_d[b] = open[b] && wanted[b] && !(upd_i && upd_gfn_i == ram_raddr[b]);
      ram_gfn_d[b]   = wanted[b] ? ram_raddr[b] : ram_gfn_q[b];
      raw_asked_d[b] = ram_asked_q[b] && (32'(ram_gfn_q[b]) < GuestPages);
      met[b]         = rewrite && (ram_raddr[b] == walk_q);
    end
  end

  assign ram_met_d = met;
  assign raw_d     = ram_q;
  assign raw_met_d = ram_met_q;
  assign raw_gfn_d = ram_gfn_q;

  // The answers.
  always_comb begin
    for (int unsigned b = 0; b < 2; b++) begin
      intact[b]  = raw_met_q[b] ? !raw_spoilt_q : ^raw_q[b];
      current[b] = !raw_met_q[b] && (raw_q[b][PayloadWidth+2 +: 2] == epoch_q);
      rsp_gfn_o[b*GfnWidth +: GfnWidth] = raw_gfn_q[b];
      rsp_parity_error_o[b] = !intact[b];
      if (!intact[b]) begin
        rsp_state_o[2*b +: 2]                         = dm_pkg::PageBad;
        rsp_payload_o[b*PayloadWidth +: PayloadWidth] = '0;
      end else if (current[b]) begin
        rsp_state_o[2*b +: 2]                         = raw_q[b][PayloadWidth +: 2];
        rsp_payload_o[b*PayloadWidth +: PayloadWidth] = raw_q[b][PayloadWidth-1:0];
      end else begin
        rsp_state_o[2*b +: 2]                         = def_state_q;
        rsp_payload_o[b*PayloadWidth +: PayloadWidth] = def_payload_q;
      end
    end
    parity_error_d = ((raw_asked_q & ~intact) != '0);
    parity_gfn_d   = parity_gfn_q;
    if (raw_asked_q[1] && !intact[1]) parity_gfn_d = raw_gfn_q[1];
    if (raw_asked_q[0] && !intact[0]) parity_gfn_d = raw_gfn_q[0];
  end

  // The scrub writes in cycles without an update. An update of its own page does its work, and is newer
  // than what it has read.
  assign hit   = upd_i && (upd_gfn_i == walk_q);
  assign stale = !(^raw_q[0]) || (raw_q[0][PayloadWidth+2 +: 2] != epoch_q);

  always_comb begin
    step        = 1'b0;
    rewrite     = 1'b0;
    scrub_bad_d = scrub_bad_q;
    unique case (scrub_state_q)
      ScrubRead, ScrubWait: step = hit;
      ScrubCheck: begin
        rewrite     = !upd_i && stale;
        step        = hit || !upd_i || !stale;
        scrub_bad_d = !(^raw_q[0]);
      end
      ScrubWrite: begin
        rewrite = !upd_i;
        step    = hit || !upd_i;
      end
      default: ;
    endcase
  end

  always_comb begin
    ready_d       = ready_q;
    epoch_d       = epoch_q;
    gens_d        = gens_q;
    def_state_d   = def_state_q;
    def_payload_d = def_payload_q;
    scrub_state_d = scrub_state_q;
    walk_d        = walk_q;
    patience_d    = '0;

    unique case (scrub_state_q)
      ScrubRead: begin
        if (!wanted[0] || urgent) scrub_state_d = ScrubWait;
        else patience_d = patience_q + 4'd1;
      end
      ScrubWait: scrub_state_d = ScrubCheck;
      ScrubCheck, ScrubWrite: scrub_state_d = ScrubWrite;
      default: scrub_state_d = ScrubIdle;
    endcase
    if (step) begin
      patience_d    = '0;
      scrub_state_d = ScrubRead;
      if (walk_q == LastPage) begin
        scrub_state_d = ScrubIdle;
        gens_d        = '0;
      end
    end

    if (!ready_q || step) begin
      walk_d = (walk_q == LastPage) ? '0 : walk_q + GfnWidth'(1);
    end
    if (!ready_q) ready_d = (walk_q == LastPage);

    if (mark_i) begin
      epoch_d       = epoch_q + 2'd1;
      gens_d        = gens_q + 2'd1;
      def_state_d   = mark_state_i;
      def_payload_d = mark_payload_i;
      scrub_state_d = ScrubRead;
      patience_d    = '0;
      walk_d        = '0;
    end
  end

  assign ram_write  = upd_i || rewrite || !ready_q;
  assign ram_waddr  = upd_i ? upd_gfn_i : walk_q;
  assign poison     = upd_i ? upd_poison_i : (rewrite && scrub_bad_d);

  assign ram_wdata[EntryWidth-2:0] = {epoch_q, upd_i ? {upd_state_i, upd_payload_i}
                                                     : {def_state_q, def_payload_q}};
  assign ram_wdata[EntryWidth-1]   = ~^{ram_wdata[EntryWidth-2:0], poison};

  assign ready_o           = ready_q;
  assign mark_ok_o         = ready_q && (gens_q != 2'd3);
  assign scrub_busy_o      = (scrub_state_q != ScrubIdle);
  assign ev_parity_error_o = parity_error_q;
  assign parity_gfn_o      = parity_gfn_q;

  for (genvar b = 0; b < 2; b++) begin : g_bank
    for (genvar i = 0; i < Columns; i++) begin : g_column
      localparam int unsigned Low   = i * ColumnWidth;
      localparam int unsigned Width = (EntryWidth - Low < ColumnWidth) ? EntryWidth - Low
                                                                      : ColumnWidth;
      // Whoever reads an entry in the cycle in which it is written does not use what he reads.
      (* no_rw_check *) logic [Width-1:0] tag_mem [GuestPages];
      logic [Width-1:0] column_q;

      always_ff @(posedge clk_i) begin
        if (ram_write) tag_mem[ram_waddr] <= ram_wdata[Low +: Width];
        if (ram_read[b]) column_q <= tag_mem[ram_raddr[b]];
      end
      assign ram_q[b][Low +: Width] = column_q;
`ifdef FORMAL
      assign f_entry[b][Low +: Width] = tag_mem[f_page];
`endif
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      raw_q          <= '0;
      ready_q        <= 1'b0;
      turn_q         <= '0;
      cmd_was_q      <= 1'b0;
      ram_asked_q    <= '0;
      raw_asked_q    <= '0;
      ram_met_q      <= '0;
      raw_met_q      <= '0;
      ram_spoilt_q   <= 1'b0;
      raw_spoilt_q   <= 1'b0;
      ram_gfn_q      <= '0;
      raw_gfn_q      <= '0;
      epoch_q        <= '0;
      gens_q         <= '0;
      def_state_q    <= ResetState;
      def_payload_q  <= '0;
      scrub_state_q  <= ScrubIdle;
      scrub_bad_q    <= 1'b0;
      patience_q     <= '0;
      walk_q         <= '0;
      parity_error_q <= 1'b0;
      parity_gfn_q   <= '0;
    end else begin
      raw_q          <= raw_d;
      ready_q        <= ready_d;
      turn_q         <= turn_d;
      cmd_was_q      <= cmd_was_d;
      ram_asked_q    <= ram_asked_d;
      raw_asked_q    <= raw_asked_d;
      ram_met_q      <= ram_met_d;
      raw_met_q      <= raw_met_d;
      ram_spoilt_q   <= scrub_bad_d;
      raw_spoilt_q   <= ram_spoilt_q;
      ram_gfn_q      <= ram_gfn_d;
      raw_gfn_q      <= raw_gfn_d;
      epoch_q        <= epoch_d;
      gens_q         <= gens_d;
      def_state_q    <= def_state_d;
      def_payload_q  <= def_payload_d;
      scrub_state_q  <= scrub_state_d;
      scrub_bad_q    <= scrub_bad_d;
      patience_q     <= patience_d;
      walk_q         <= walk_d;
      parity_error_q <= parity_error_d;
      parity_gfn_q   <= parity_gfn_d;
    end
  end

  // The caller's part.
  `DM_AWAKE
  `DM_ASSERT(UpdateIsOfAPage, !upd_i || (ready_q && !mark_i && (32'(upd_gfn_i) < GuestPages)))
  `DM_ASSERT(MarkOnlyWhenOk, !mark_i || mark_ok_o)
  `DM_ASSERT(MarkIsDormantOrAway, !mark_i || (mark_state_i == dm_pkg::PageDormant) ||
                                  (mark_state_i == dm_pkg::PageAway))
  // Ours.
  `DM_ASSERT(OldGenerationsAreScrubbed, (scrub_state_q != ScrubIdle) || (gens_q == '0))

`ifdef FORMAL
  `include "formal/dm_tag_table_props.svh"
`endif

endmodule
