// Tag table: one tag for every guest page, dormant | resident(rfn) | away(node) | bad.
//
// Invariant: a lookup yields what was last written to its page, by an update or by a later mark of all
//   pages. An entry whose parity is wrong yields bad, until its page is updated.
// Latency:   grant -> rsp_*_o: 2 cycles. A mark of all pages holds from the next cycle on.
// Throughput: a lookup and an update in every cycle; marks as long as three generations are not yet
//   scrubbed. The scrub takes 3 cycles a page, of those without a lookup; the sweep after reset, one.
//
// An entry of an older epoch reads as the default. The epoch has two bits, so the scrub rewrites such
// entries before their epoch comes round: a mark needs that no more than three generations are in.
`include "dm_assert.svh"

module dm_tag_table #(
  parameter  int unsigned Channels     = 2,
  parameter  int unsigned GuestPages   = 8192,
  parameter  int unsigned PayloadWidth = 13,  // a frame or a node, at least 8
  parameter  int unsigned NodeId       = 0,
  localparam int unsigned GfnWidth     = dm_pkg::index_width(GuestPages)
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  output logic                         ready_o,

  // Lookups, one a cycle: of a command, else of a channel that waits, in turn, else of one whose
  // address arrives in this cycle. A page beyond GuestPages gets an answer that means nothing.
  input  logic                         cmd_req_i,
  input  logic [GfnWidth-1:0]          cmd_gfn_i,
  output logic                         cmd_gnt_o,
  input  logic [Channels-1:0]          need_i,
  input  logic [Channels*GfnWidth-1:0] need_gfn_i,
  output logic [Channels-1:0]          need_gnt_o,
  input  logic [Channels-1:0]          arrive_i,
  input  logic [Channels*GfnWidth-1:0] arrive_gfn_i,
  output logic [Channels-1:0]          arrive_gnt_o,

  // The answer to the lookup granted two cycles ago. The payload of a parity error is zero.
  output logic [1:0]                   rsp_state_o,
  output logic [PayloadWidth-1:0]      rsp_payload_o,
  output logic                         rsp_parity_error_o,

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

  // A lookup met a parity error; the page of the last one.
  output logic                         ev_parity_error_o,
  output logic [GfnWidth-1:0]          parity_gfn_o
);

  localparam int unsigned         EntryWidth = PayloadWidth + 5;
  localparam logic [1:0]          ResetState = (NodeId == 0) ? dm_pkg::PageDormant
                                                             : dm_pkg::PageAway;
  localparam logic [GfnWidth-1:0] LastPage   = GfnWidth'(GuestPages - 1);

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
    ScrubWrite = 3'd4   // its entry is old; waits for a cycle with neither lookup nor update
  } scrub_state_e;

  // {odd parity, epoch, state, payload}
  logic [EntryWidth-1:0]   ram_q;
  logic [EntryWidth-1:0]   raw_q, raw_d;
  logic                    ram_read, ram_write;
  logic [GfnWidth-1:0]     ram_raddr, ram_waddr;
  logic [EntryWidth-1:0]   ram_wdata;

  logic                    ready_q, ready_d;
  logic [Channels-1:0]     turn_q, turn_d;  // channels whose turn in this round is still to come
  logic                    ram_asked_q, ram_asked_d;
  logic                    raw_asked_q, raw_asked_d;
  logic [GfnWidth-1:0]     ram_gfn_q, ram_gfn_d;
  logic [GfnWidth-1:0]     raw_gfn_q, raw_gfn_d;
  logic [1:0]              epoch_q, epoch_d;
  logic [1:0]              gens_q, gens_d;  // marks since the table was last of one epoch
  logic [1:0]              def_state_q, def_state_d;
  logic [PayloadWidth-1:0] def_payload_q, def_payload_d;
  scrub_state_e            scrub_state_q, scrub_state_d;
  logic [GfnWidth-1:0]     walk_q, walk_d;  // page of the sweep or the scrub
  logic                    parity_error_q, parity_error_d;
  logic [GfnWidth-1:0]     parity_gfn_q, parity_gfn_d;

  logic [Channels-1:0]     need_turn, need_first, arrive_first;
  logic [GfnWidth-1:0]     need_gfn, turn_gfn, arrive_gfn;
  logic                    wanted, open, intact, current, hit, step, rewrite, poison;

  // One lookup a cycle; the scrub has the cycles that nobody wants.
  assign wanted    = cmd_req_i || (need_i != '0) || (arrive_i != '0);
  assign open      = ready_q;
  assign cmd_gnt_o = open && cmd_req_i;
  assign need_turn = need_i & turn_q;

  // The two muxes of addresses need not wait for the choice between them.
  always_comb begin
    need_gfn   = '0;
    turn_gfn   = '0;
    arrive_gfn = '0;
    for (int unsigned c = 0; c < Channels; c++) begin
      need_first[c]   = (need_turn == '0)
                      ? need_i[c] && ((need_i & Channels'((1 << c) - 1)) == '0)
                      : need_turn[c] && ((need_turn & Channels'((1 << c) - 1)) == '0);
      arrive_first[c] = arrive_i[c] && ((arrive_i & Channels'((1 << c) - 1)) == '0);
      turn_d[c]       = (((need_turn == '0) ? need_i : need_turn) & Channels'((1 << c) - 1)) != '0;
    end
    if (!open || cmd_req_i || (need_i == '0)) turn_d = turn_q;
    for (int unsigned c = Channels; c > 0; c--) begin
      if (need_i[c-1]) need_gfn = need_gfn_i[(c-1)*GfnWidth +: GfnWidth];
      if (need_turn[c-1]) turn_gfn = need_gfn_i[(c-1)*GfnWidth +: GfnWidth];
      if (arrive_i[c-1]) arrive_gfn = arrive_gfn_i[(c-1)*GfnWidth +: GfnWidth];
    end
    if (need_turn != '0) need_gfn = turn_gfn;
  end

  always_comb begin
    ram_raddr = walk_q;
    if (arrive_i != '0) ram_raddr = arrive_gfn;
    if (need_i != '0) ram_raddr = need_gfn;
    if (cmd_req_i) ram_raddr = cmd_gfn_i;
  end

  assign need_gnt_o   = (open && !cmd_req_i) ? need_first : '0;
  assign arrive_gnt_o = (open && !cmd_req_i && (need_i == '0)) ? arrive_first : '0;

  assign ram_read    = (ready_q && wanted) || (scrub_state_q == ScrubRead);
  assign ram_asked_d = open && wanted && !(upd_i && upd_gfn_i == ram_raddr);
  assign ram_gfn_d   = wanted ? ram_raddr : ram_gfn_q;
  assign raw_d       = ram_q;
  assign raw_asked_d = ram_asked_q && (32'(ram_gfn_q) < GuestPages);
  assign raw_gfn_d   = ram_gfn_q;

  // The answer.
  assign intact             = ^raw_q;
  assign current            = (raw_q[PayloadWidth+2 +: 2] == epoch_q);
  assign rsp_parity_error_o = !intact;
  assign rsp_state_o        = !intact ? dm_pkg::PageBad
                            : (current ? raw_q[PayloadWidth +: 2] : def_state_q);
  assign rsp_payload_o      = !intact ? '0
                            : (current ? raw_q[PayloadWidth-1:0] : def_payload_q);
  assign parity_error_d     = raw_asked_q && !intact;
  assign parity_gfn_d       = parity_error_d ? raw_gfn_q : parity_gfn_q;

  // The scrub writes in cycles with neither lookup nor update. An update of its own page does its
  // work, and is newer than what it has read.
  assign hit = upd_i && (upd_gfn_i == walk_q);

  always_comb begin
    step    = 1'b0;
    rewrite = 1'b0;
    unique case (scrub_state_q)
      ScrubRead, ScrubWait: step = hit;
      ScrubCheck: begin
        rewrite = !upd_i && !wanted && intact && !current;
        step    = hit || rewrite || !intact || current;
      end
      ScrubWrite: begin
        rewrite = !upd_i && !wanted;
        step    = hit || rewrite;
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

    unique case (scrub_state_q)
      ScrubRead: if (!wanted) scrub_state_d = ScrubWait;
      ScrubWait: scrub_state_d = ScrubCheck;
      ScrubCheck, ScrubWrite: scrub_state_d = ScrubWrite;
      default: scrub_state_d = ScrubIdle;
    endcase
    if (step) begin
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
      walk_d        = '0;
    end
  end

  assign ram_write  = upd_i || rewrite || !ready_q;
  assign ram_waddr  = upd_i ? upd_gfn_i : walk_q;
  assign poison     = upd_i && upd_poison_i;

  assign ram_wdata[EntryWidth-2:0] = {epoch_q, upd_i ? {upd_state_i, upd_payload_i}
                                                     : {def_state_q, def_payload_q}};
  assign ram_wdata[EntryWidth-1]   = ~^{ram_wdata[EntryWidth-2:0], poison};

  assign ready_o           = ready_q;
  assign mark_ok_o         = ready_q && (gens_q != 2'd3);
  assign scrub_busy_o      = (scrub_state_q != ScrubIdle);
  assign ev_parity_error_o = parity_error_q;
  assign parity_gfn_o      = parity_gfn_q;

  for (genvar i = 0; i < Columns; i++) begin : g_column
    localparam int unsigned Low   = i * ColumnWidth;
    localparam int unsigned Width = (EntryWidth - Low < ColumnWidth) ? EntryWidth - Low
                                                                    : ColumnWidth;
    // Whoever reads an entry in the cycle in which it is written does not use what he reads.
    (* no_rw_check *) logic [Width-1:0] tag_mem [GuestPages];
    logic [Width-1:0] column_q;

    always_ff @(posedge clk_i) begin
      if (ram_write) tag_mem[ram_waddr] <= ram_wdata[Low +: Width];
      if (ram_read) column_q <= tag_mem[ram_raddr];
    end
    assign ram_q[Low +: Width] = column_q;
`ifdef FORMAL
    assign f_entry[Low +: Width] = tag_mem[f_page];
`endif
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      raw_q          <= '0;
      ready_q        <= 1'b0;
      turn_q         <= '0;
      ram_asked_q    <= 1'b0;
      raw_asked_q    <= 1'b0;
      ram_gfn_q      <= '0;
      raw_gfn_q      <= '0;
      epoch_q        <= '0;
      gens_q         <= '0;
      def_state_q    <= ResetState;
      def_payload_q  <= '0;
      scrub_state_q  <= ScrubIdle;
      walk_q         <= '0;
      parity_error_q <= 1'b0;
      parity_gfn_q   <= '0;
    end else begin
      raw_q          <= raw_d;
      ready_q        <= ready_d;
      turn_q         <= turn_d;
      ram_asked_q    <= ram_asked_d;
      raw_asked_q    <= raw_asked_d;
      ram_gfn_q      <= ram_gfn_d;
      raw_gfn_q      <= raw_gfn_d;
      epoch_q        <= epoch_d;
      gens_q         <= gens_d;
      def_state_q    <= def_state_d;
      def_payload_q  <= def_payload_d;
      scrub_state_q  <= scrub_state_d;
      walk_q         <= walk_d;
      parity_error_q <= parity_error_d;
      parity_gfn_q   <= parity_gfn_d;
    end
  end

`ifndef SYNTHESIS
  localparam int unsigned GrantWidth = 2 * Channels + 1;
  logic [GrantWidth-1:0] grants;
  `DM_AWAKE
  assign grants = {cmd_gnt_o, need_gnt_o, arrive_gnt_o};

  always @(posedge clk_i) begin
    if (awake_q) begin
      // The caller's part.
      assert (!upd_i || (ready_q && !mark_i && (32'(upd_gfn_i) < GuestPages)));
      assert (!mark_i || mark_ok_o);
      assert (!mark_i || (mark_state_i == dm_pkg::PageDormant) || (mark_state_i == dm_pkg::PageAway));
      // Ours.
      assert ((grants & (grants - GrantWidth'(1))) == '0);
      assert ((scrub_state_q != ScrubIdle) || (gens_q == '0));
    end
  end
`endif

`ifdef FORMAL
  `include "formal/dm_tag_table_props.svh"
`endif

endmodule
