// Counters of a node. Every cycle out of reset is counted in exactly one class of cycle_e.
//
// Invariant: the six classes sum to the total; an event is counted once; the entries of a histogram sum
//   to the events that it is about.
// Latency:   a cycle's class and an event show 2 cycles later, in a histogram 3; a read is answered in
//   the cycle after its address. Throughput: all of them in every cycle, but one entry of the histograms.
//
// All but the total are words of LUT RAM with one adder each: of the classes one counts in a cycle. Events
// gather in short registers (gather_q), which are added to their words in turn; a read adds what has
// gathered. Of the histograms one entry counts: a conversion and the end of a stall never coincide, since
// dm_pages converts nothing while it resolves a stall. Nothing clears a RAM at reset, so what a word holds
// is ignored until it was written.
`include "dm_assert.svh"

module dm_counters (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  dm_pkg::cycle_e          cycle_i,
  input  logic                    ev_zeroed_i,
  input  logic                    ev_retried_i,
  input  logic [2:0]              ev_stray_i,  // a number
  input  dm_pkg::dormant_events_t ev_i,

  // Which register, and in the next cycle: is it a counter, and what it holds.
  input  logic [11:2]             addr_i,
  output logic                    mine_o,
  output logic [31:0]             data_o
);

  // Words of the events, as bits 5:2 of the registers' addresses number them.
  localparam int unsigned CmdErrors         = 0;   // 0x080
  localparam int unsigned Zeroed            = 1;
  localparam int unsigned Retried           = 2;
  localparam int unsigned StrayAnswers      = 3;
  localparam int unsigned TranslationMisses = 6;   // 0x118
  localparam int unsigned ZeroReads         = 8;   // 0x120
  localparam int unsigned ElidedWrites      = 9;
  localparam int unsigned Fast              = 10;
  localparam int unsigned Demand            = 11;
  localparam int unsigned Stalls            = 12;
  localparam int unsigned RedormantStores   = 13;
  localparam int unsigned RedormantDoorbell = 14;
  localparam int unsigned ParityErrors      = 15;
  localparam int unsigned Words             = 16;
  // Each word has its turn every 16 cycles, and no event counts more than 8 in one.
  localparam int unsigned GatherWidth       = 8;

  // What happened in the last cycle, so that nothing here ends the blocks' paths.
  dm_pkg::dormant_events_t ev_q;
  logic                    ev_zeroed_q, ev_retried_q;
  logic [2:0]              ev_stray_q;
  logic                    class_valid_q;
  logic [2:0]              class_q;

  logic [63:0] total_q, total_d;
  logic [63:0] class_mem [8];
  logic [7:0]  class_some_q, class_some_d;
  logic [63:0] class_before, class_read;

  logic [31:0] word_mem [Words];
  logic [Words-1:0][GatherWidth-1:0] gather_q;
  logic [Words-1:0][GatherWidth-1:0] gather_d;
  logic [Words-1:0][3:0]             counts;
  logic [3:0]  turn_q, turn_d;
  logic        round_q, round_d;  // every word was written
  logic [31:0] word_before, word_read;

  logic [31:0] hist_mem [32];
  logic [31:0] some_q, some_d;
  logic        hist_valid_q, hist_valid_d;
  logic [4:0]  hist_index_q, hist_index_d;
  logic [31:0] hist_before, hist_read;

  logic        mine_q, mine_d;
  logic [31:0] data_q, data_d;

  // floor(log2), 0 for 0 and 15 for all from 2^15 on.
  function automatic logic [3:0] bin(logic [31:0] latency);
    bin = (latency[31:16] != '0) ? 4'd15 : 4'd0;
    for (int unsigned k = 1; k < 16; k++) begin
      if (latency[31:16] == '0 && latency[k]) bin = 4'(k);
    end
  endfunction

  // ------------------------------------------------------------------------------ classes of cycles
  // The registers from 0x0A0 on: bits 5:3 of the address number them from 4 on, modulo 8.
  assign class_before = class_some_q[class_q] ? class_mem[class_q] : '0;
  assign class_read   = class_some_q[addr_i[5:3]] ? class_mem[addr_i[5:3]] : '0;
  assign total_d      = total_q + 64'(class_valid_q);

  always_comb begin
    class_some_d = class_some_q;
    if (class_valid_q) class_some_d[class_q] = 1'b1;
  end

  // ------------------------------------------------------------------------------------------ events
  always_comb begin
    counts                    = '0;
    counts[CmdErrors]         = 4'(ev_q.cmd_error) + 4'(ev_q.cmd_refused);
    counts[Zeroed]            = 4'(ev_zeroed_q);
    counts[Retried]           = 4'(ev_retried_q);
    counts[StrayAnswers]      = 4'(ev_stray_q);
    counts[TranslationMisses] = ev_q.translation_misses;
    counts[ZeroReads]         = 4'(ev_q.zero_reads);
    counts[ElidedWrites]      = 4'(ev_q.elided_writes);
    counts[Fast]              = 4'(ev_q.fast_conversion);
    counts[Demand]            = 4'(ev_q.demand_conversion);
    counts[Stalls]            = 4'(ev_q.stall);
    counts[RedormantStores]   = 4'(ev_q.redormant_store);
    counts[RedormantDoorbell] = 4'(ev_q.redormant_doorbell);
    counts[ParityErrors]      = 4'(ev_q.parity_error);
  end

  always_comb begin
    for (int unsigned w = 0; w < Words; w++) begin
      gather_d[w] = ((turn_q == 4'(w)) ? '0 : gather_q[w]) + GatherWidth'(counts[w]);
    end
  end

  assign turn_d      = turn_q + 4'd1;
  assign round_d     = round_q || (turn_q == '1);
  assign word_before = round_q ? word_mem[turn_q] : '0;
  assign word_read   = (round_q || addr_i[5:2] < turn_q) ? word_mem[addr_i[5:2]] : '0;

  // -------------------------------------------------------------------------------------- histograms
  // Which entry, then one more there.
  assign hist_valid_d = ev_q.fast_conversion || ev_q.demand_conversion || ev_q.stall_end;
  assign hist_index_d = ev_q.stall_end ? {1'b1, bin(ev_q.stall_latency)}
                                       : {1'b0, bin(ev_q.conversion_latency)};
  assign hist_before  = some_q[hist_index_q] ? hist_mem[hist_index_q] : '0;
  // From 0x140 on: bits 6:2 of the address number the entries from 16 on, modulo 32.
  assign hist_read    = some_q[addr_i[6:2] ^ 5'd16] ? hist_mem[addr_i[6:2] ^ 5'd16] : '0;

  always_comb begin
    some_d = some_q;
    if (hist_valid_q) some_d[hist_index_q] = 1'b1;
  end

  // ------------------------------------------------------------------------------------------- reads
  always_comb begin
    mine_d = 1'b1;
    data_d = word_read + 32'(gather_q[addr_i[5:2]]);
    unique case (addr_i[11:5])
      7'h04, 7'h09: ;                                             // 0x080, 0x120
      7'h08: mine_d = (addr_i[4:2] == 3'd6);                      // 0x118
      7'h05, 7'h06: begin                                         // 0x0A0 to 0x0DC
        data_d = addr_i[2] ? class_read[63:32] : class_read[31:0];
        if (addr_i[5:3] == 3'd2) data_d = addr_i[2] ? total_q[63:32] : total_q[31:0];
      end
      7'h0A, 7'h0B, 7'h0C, 7'h0D: data_d = hist_read;             // 0x140 to 0x1BC
      default: mine_d = 1'b0;
    endcase
  end

  assign mine_o = mine_q;
  assign data_o = data_q;

  always_ff @(posedge clk_i) begin
    if (class_valid_q) class_mem[class_q] <= class_before + 64'd1;
    word_mem[turn_q] <= word_before + 32'(gather_q[turn_q]);
    if (hist_valid_q) hist_mem[hist_index_q] <= hist_before + 32'd1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ev_q          <= '0;
      ev_zeroed_q   <= 1'b0;
      ev_retried_q  <= 1'b0;
      ev_stray_q    <= '0;
      class_valid_q <= 1'b0;
      class_q       <= '0;
      class_some_q  <= '0;
      total_q       <= '0;
      gather_q      <= '0;
      turn_q        <= '0;
      round_q       <= 1'b0;
      some_q        <= '0;
      hist_valid_q  <= 1'b0;
      hist_index_q  <= '0;
      mine_q        <= 1'b0;
      data_q        <= '0;
    end else begin
      ev_q          <= ev_i;
      ev_zeroed_q   <= ev_zeroed_i;
      ev_retried_q  <= ev_retried_i;
      ev_stray_q    <= ev_stray_i;
      class_valid_q <= 1'b1;
      class_q       <= 3'(cycle_i) ^ 3'd4;
      class_some_q  <= class_some_d;
      total_q       <= total_d;
      gather_q      <= gather_d;
      turn_q        <= turn_d;
      round_q       <= round_d;
      some_q        <= some_d;
      hist_valid_q  <= hist_valid_d;
      hist_index_q  <= hist_index_d;
      mine_q        <= mine_d;
      data_q        <= data_d;
    end
  end

  `DM_AWAKE
  `DM_ASSERT(OneHistogramEntry, !(ev_q.stall_end && (ev_q.fast_conversion || ev_q.demand_conversion)))

endmodule
