// The last block before memory: it is reset with memory, not with the node, and lets nothing of a life
// of the node reach the next.
//
// Invariant: while the fence is open, all that memory owes was asked for since the node's last reset.
//   A reset of the node closes it. Then an address or beat that memory was shown stays until it is
//   taken, a burst that has begun is ended without strobes, and answers are swallowed. It opens
//   when memory owes nothing.
// Latency:   none, all passes in its cycle. Throughput: one transfer a cycle on each channel.
// mem_rst_ni is the reset that memory gets; while it is low, rst_ni is low too. While it is high, rst_ni
//   changes with clk_i. An answer that nobody waits for is taken, dropped and told.
`include "dm_assert.svh"

module dm_fence #(
  parameter  int unsigned Sources     = 2,   // ids 0 to Sources - 1; one burst each without its data, at most
  parameter  int unsigned AddrWidth   = 32,
  parameter  int unsigned DataWidth   = 64,
  parameter  int unsigned Outstanding = 16,  // reads, and writes, that a source may have unanswered
  localparam int unsigned SourceWidth = dm_pkg::index_width(Sources)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    mem_rst_ni,

  // Low while memory owes answers to a life before: nothing passes.
  output logic                    open_o,
  // Answers that nobody waits for, told in the cycle in which they come.
  output logic [1:0]              ev_stray_o,

  // The node.
  input  logic                    ar_valid_i,
  output logic                    ar_ready_o,
  input  logic [SourceWidth-1:0]  ar_id_i,
  input  logic [AddrWidth-1:0]    ar_addr_i,
  input  logic [7:0]              ar_len_i,
  input  logic [2:0]              ar_size_i,
  input  logic [1:0]              ar_burst_i,
  output logic                    r_valid_o,
  input  logic                    r_ready_i,
  input  logic                    aw_valid_i,
  output logic                    aw_ready_o,
  input  logic [SourceWidth-1:0]  aw_id_i,
  input  logic [AddrWidth-1:0]    aw_addr_i,
  input  logic [7:0]              aw_len_i,
  input  logic [2:0]              aw_size_i,
  input  logic [1:0]              aw_burst_i,
  input  logic                    w_valid_i,
  output logic                    w_ready_o,
  input  logic [DataWidth-1:0]    w_data_i,
  input  logic [DataWidth/8-1:0]  w_strb_i,
  input  logic                    w_last_i,
  output logic                    b_valid_o,
  input  logic                    b_ready_i,

  // Memory. The payload of answers goes past.
  output logic                    m_ar_valid_o,
  input  logic                    m_ar_ready_i,
  output logic [SourceWidth-1:0]  m_ar_id_o,
  output logic [AddrWidth-1:0]    m_ar_addr_o,
  output logic [7:0]              m_ar_len_o,
  output logic [2:0]              m_ar_size_o,
  output logic [1:0]              m_ar_burst_o,
  input  logic                    m_r_valid_i,
  output logic                    m_r_ready_o,
  input  logic [SourceWidth-1:0]  m_r_id_i,
  input  logic                    m_r_last_i,
  output logic                    m_aw_valid_o,
  input  logic                    m_aw_ready_i,
  output logic [SourceWidth-1:0]  m_aw_id_o,
  output logic [AddrWidth-1:0]    m_aw_addr_o,
  output logic [7:0]              m_aw_len_o,
  output logic [2:0]              m_aw_size_o,
  output logic [1:0]              m_aw_burst_o,
  output logic                    m_w_valid_o,
  input  logic                    m_w_ready_i,
  output logic [DataWidth-1:0]    m_w_data_o,
  output logic [DataWidth/8-1:0]  m_w_strb_o,
  output logic                    m_w_last_o,
  input  logic                    m_b_valid_i,
  output logic                    m_b_ready_o,
  input  logic [SourceWidth-1:0]  m_b_id_i
);

  localparam int unsigned StrbWidth  = DataWidth / 8;
  localparam int unsigned AxWidth    = SourceWidth + AddrWidth + 13;
  localparam int unsigned CountWidth = $clog2(Outstanding + 1);
  localparam int unsigned IndexWidth = dm_pkg::index_width(Sources);
  localparam int unsigned Places     = 1 << IndexWidth;

  // Closed by a reset of the node, opened by the fence: the one register of the node's life.
  logic                           closed_q, closed_d;

  // What memory was shown and has not taken. While the node lives, it shows the same.
  logic                           ar_hold_q, ar_hold_d, aw_hold_q, aw_hold_d, w_hold_q, w_hold_d;
  logic [AxWidth-1:0]             ar_q, ar_d, aw_q, aw_d;
  logic [DataWidth-1:0]           w_data_q, w_data_d;
  logic [StrbWidth-1:0]           w_strb_q, w_strb_d;
  logic                           w_last_q, w_last_d;
  // Write bursts whose address was shown and whose data is not all sent: their lengths, in order, and
  // the beats sent of the oldest. The indices count round twice, so that full and empty differ.
  logic [7:0]                     len_mem [Places];
  logic [IndexWidth:0]            shown_q, shown_d, sent_q, sent_d;
  logic [7:0]                     beat_q, beat_d;
  // Addresses that memory took and did not answer, of each source.
  logic [Sources*CountWidth-1:0]  reads_q, reads_d, writes_q, writes_d;
  logic [Sources-1:0]             reading_q, reading_d, writing_q, writing_d;

  logic                           ar_fire, aw_fire, w_fire, first, filling, r_awaited, b_awaited;
  logic [Sources-1:0]             ar_of, aw_of, r_of, b_of;

  // Addresses and data: what is held, else what the node shows while the fence is open. A hold shows
  // what the node shows, so in a life it decides nothing.
  assign m_ar_valid_o = ar_hold_q || (ar_valid_i && !closed_q);
  assign m_aw_valid_o = aw_hold_q || (aw_valid_i && !closed_q);
  assign filling      = closed_q && (shown_q != sent_q);
  assign m_w_valid_o  = w_hold_q || (w_valid_i && !closed_q) || filling;
  assign {m_ar_id_o, m_ar_addr_o, m_ar_len_o, m_ar_size_o, m_ar_burst_o} =
      ar_hold_q ? ar_q : {ar_id_i, ar_addr_i, ar_len_i, ar_size_i, ar_burst_i};
  assign {m_aw_id_o, m_aw_addr_o, m_aw_len_o, m_aw_size_o, m_aw_burst_o} =
      aw_hold_q ? aw_q : {aw_id_i, aw_addr_i, aw_len_i, aw_size_i, aw_burst_i};

  // The rest of a burst that a reset cut off has neither data nor strobes, and ends where its length says.
  always_comb begin
    m_w_data_o = w_data_i;
    m_w_strb_o = w_strb_i;
    m_w_last_o = w_last_i;
    if (closed_q) begin
      m_w_data_o = '0;
      m_w_strb_o = '0;
      m_w_last_o = (beat_q == len_mem[sent_q[IndexWidth-1:0]]);
    end
    if (w_hold_q) begin
      m_w_data_o = w_data_q;
      m_w_strb_o = w_strb_q;
      m_w_last_o = w_last_q;
    end
  end

  assign ar_ready_o = m_ar_ready_i && !closed_q;
  assign aw_ready_o = m_aw_ready_i && !closed_q;
  assign w_ready_o  = m_w_ready_i && !closed_q;

  assign ar_fire   = m_ar_valid_o && m_ar_ready_i;
  assign aw_fire   = m_aw_valid_o && m_aw_ready_i;
  assign w_fire    = m_w_valid_o && m_w_ready_i;
  assign ar_hold_d = m_ar_valid_o && !m_ar_ready_i;
  assign aw_hold_d = m_aw_valid_o && !m_aw_ready_i;
  assign w_hold_d  = m_w_valid_o && !m_w_ready_i;

  // The payloads are kept where they wait.
  always_comb begin
    ar_d     = ar_q;
    aw_d     = aw_q;
    w_data_d = w_data_q;
    w_strb_d = w_strb_q;
    w_last_d = w_last_q;
    if (ar_hold_d) ar_d = {m_ar_id_o, m_ar_addr_o, m_ar_len_o, m_ar_size_o, m_ar_burst_o};
    if (aw_hold_d) aw_d = {m_aw_id_o, m_aw_addr_o, m_aw_len_o, m_aw_size_o, m_aw_burst_o};
    if (w_hold_d) begin
      w_data_d = m_w_data_o;
      w_strb_d = m_w_strb_o;
      w_last_d = m_w_last_o;
    end
  end

  // The lengths of bursts without all of their data. Data may be sent with its address.
  assign first = m_aw_valid_o && !aw_hold_q;

  always_comb begin
    shown_d = shown_q;
    sent_d  = sent_q;
    beat_d  = beat_q;
    if (first) shown_d = shown_q + (IndexWidth + 1)'(1);
    if (w_fire) begin
      beat_d = beat_q + 8'd1;
      if (m_w_last_o) begin
        beat_d = 8'd0;
        sent_d = sent_q + (IndexWidth + 1)'(1);
      end
    end
  end

  // What memory owes, of each source.
  always_comb begin
    reads_d  = reads_q;
    writes_d = writes_q;
    for (int unsigned s = 0; s < Sources; s++) begin
      ar_of[s] = ar_fire && (32'(m_ar_id_o) == s);
      aw_of[s] = aw_fire && (32'(m_aw_id_o) == s);
      r_of[s]  = m_r_valid_i && (32'(m_r_id_i) == s) && reading_q[s];
      b_of[s]  = m_b_valid_i && (32'(m_b_id_i) == s) && writing_q[s];
      if (ar_of[s] && !(r_of[s] && m_r_last_i && m_r_ready_o)) begin
        reads_d[s*CountWidth +: CountWidth] = reads_q[s*CountWidth +: CountWidth] + CountWidth'(1);
      end
      if (!ar_of[s] && r_of[s] && m_r_last_i && m_r_ready_o) begin
        reads_d[s*CountWidth +: CountWidth] = reads_q[s*CountWidth +: CountWidth] - CountWidth'(1);
      end
      if (aw_of[s] && !(b_of[s] && m_b_ready_o)) begin
        writes_d[s*CountWidth +: CountWidth] = writes_q[s*CountWidth +: CountWidth] + CountWidth'(1);
      end
      if (!aw_of[s] && b_of[s] && m_b_ready_o) begin
        writes_d[s*CountWidth +: CountWidth] = writes_q[s*CountWidth +: CountWidth] - CountWidth'(1);
      end
      reading_d[s] = (reads_d[s*CountWidth +: CountWidth] != '0);
      writing_d[s] = (writes_d[s*CountWidth +: CountWidth] != '0);
    end
  end

  // Answers: to the node if it lives and waits for them.
  assign r_awaited   = (r_of != '0);
  assign b_awaited   = (b_of != '0);
  assign r_valid_o   = r_awaited && !closed_q;
  assign b_valid_o   = b_awaited && !closed_q;
  assign m_r_ready_o = r_ready_i || closed_q || !r_awaited;
  assign m_b_ready_o = b_ready_i || closed_q || !b_awaited;
  assign ev_stray_o  = {1'b0, m_r_valid_i && !r_awaited} + {1'b0, m_b_valid_i && !b_awaited};

  // Opens when nothing is shown, sent or owed any more.
  assign closed_d = closed_q && (ar_hold_q || aw_hold_q || (shown_q != sent_q)
                                 || (reading_q != '0) || (writing_q != '0));
  assign open_o   = !closed_q;

  always_ff @(posedge clk_i) begin
    if (first) len_mem[shown_q[IndexWidth-1:0]] <= m_aw_len_o;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) closed_q <= 1'b1;
    else         closed_q <= closed_d;
  end

  always_ff @(posedge clk_i or negedge mem_rst_ni) begin
    if (!mem_rst_ni) begin
      ar_hold_q <= 1'b0;
      aw_hold_q <= 1'b0;
      w_hold_q  <= 1'b0;
      ar_q      <= '0;
      aw_q      <= '0;
      w_data_q  <= '0;
      w_strb_q  <= '0;
      w_last_q  <= 1'b0;
      shown_q   <= '0;
      sent_q    <= '0;
      beat_q    <= '0;
      reads_q   <= '0;
      writes_q  <= '0;
      reading_q <= '0;
      writing_q <= '0;
    end else begin
      ar_hold_q <= ar_hold_d;
      aw_hold_q <= aw_hold_d;
      w_hold_q  <= w_hold_d;
      ar_q      <= ar_d;
      aw_q      <= aw_d;
      w_data_q  <= w_data_d;
      w_strb_q  <= w_strb_d;
      w_last_q  <= w_last_d;
      shown_q   <= shown_d;
      sent_q    <= sent_d;
      beat_q    <= beat_d;
      reads_q   <= reads_d;
      writes_q  <= writes_d;
      reading_q <= reading_d;
      writing_q <= writing_d;
    end
  end

`ifndef SYNTHESIS
  `DM_AWAKE

  // The node's part: ids that exist, no more bursts than there is room to count, data as long as its
  // address says.
  logic [Sources-1:0] too_many;
  logic [IndexWidth:0] lengths;  // in len_mem
  assign lengths = shown_q - sent_q;
  always_comb begin
    for (int unsigned s = 0; s < Sources; s++) begin
      too_many[s] = (ar_of[s] && (32'(reads_q[s*CountWidth +: CountWidth]) >= Outstanding))
                    || (aw_of[s] && (32'(writes_q[s*CountWidth +: CountWidth]) >= Outstanding));
    end
  end
  `DM_ASSERT(ReadIdExists, !ar_valid_i || (32'(ar_id_i) < Sources))
  `DM_ASSERT(WriteIdExists, !aw_valid_i || (32'(aw_id_i) < Sources))
  `DM_ASSERT(AnswersCounted, too_many == '0)
  `DM_ASSERT(LengthsFit, !first || (32'(lengths) < Places))
  `DM_ASSERT(DataBelongsToAddress, closed_q || !w_valid_i || first || (shown_q != sent_q))
  `DM_ASSERT(DataAsLongAsItsAddress, closed_q || !w_valid_i
             || (w_last_i == (beat_q == ((shown_q == sent_q) ? m_aw_len_o
                                                             : len_mem[sent_q[IndexWidth-1:0]]))))

  // Memory was reset and the node was not: what the node waits for never comes.
  logic mem_awake_q;
  initial mem_awake_q = 1'b0;
  always @(posedge clk_i or negedge mem_rst_ni) begin
    if (!mem_rst_ni) mem_awake_q <= 1'b0;
    else mem_awake_q <= 1'b1;
  end
  `DM_ASSERT(ResetTogetherWithMemory, mem_awake_q)
`endif

`ifdef FORMAL
  `include "formal/dm_fence_props.svh"
`endif

endmodule
