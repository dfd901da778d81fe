// Joins the gates of the ports (reads and writes) and the zeroing engine (writes) on one AXI4 port.
//
// Invariant: bursts leave W in the order in which their addresses were first shown on AW, whole,
//   and an address that was shown stays until it is accepted. Sources: 0 the engine, p + 1 port p;
//   the source is the transaction's id, and answers go back by it.
// Order:     ports take turns. The engine goes when no port asks and no data is left to send, so a
//   guest waits for at most one of its bursts; while urgent_i it takes turns like a port.
// Latency:   none, all passes in its cycle. Throughput: one transfer a cycle on each channel.
`include "dm_assert.svh"

module dm_arbiter #(
  parameter  int unsigned Ports       = 1,
  parameter  int unsigned AddrWidth   = 32,
  parameter  int unsigned DataWidth   = 64,
  localparam int unsigned SourceWidth = $clog2(Ports + 1)
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,

  // A guest waits for the engine.
  input  logic                         urgent_i,

  // Ports: port p has bit p, or the p-th slice. A port asks for its next write only after the last
  // beat of the one before was taken. The payload of answers is the same for all.
  input  logic [Ports-1:0]             ar_valid_i,
  output logic [Ports-1:0]             ar_ready_o,
  input  logic [Ports*AddrWidth-1:0]   ar_addr_i,
  input  logic [Ports*8-1:0]           ar_len_i,
  input  logic [Ports*3-1:0]           ar_size_i,
  input  logic [Ports*2-1:0]           ar_burst_i,
  output logic [Ports-1:0]             r_valid_o,
  input  logic [Ports-1:0]             r_ready_i,
  output logic [DataWidth-1:0]         r_data_o,
  output logic [1:0]                   r_resp_o,
  output logic                         r_last_o,
  input  logic [Ports-1:0]             aw_valid_i,
  output logic [Ports-1:0]             aw_ready_o,
  input  logic [Ports*AddrWidth-1:0]   aw_addr_i,
  input  logic [Ports*8-1:0]           aw_len_i,
  input  logic [Ports*3-1:0]           aw_size_i,
  input  logic [Ports*2-1:0]           aw_burst_i,
  input  logic [Ports-1:0]             w_valid_i,
  output logic [Ports-1:0]             w_ready_o,
  input  logic [Ports*DataWidth-1:0]   w_data_i,
  input  logic [Ports*DataWidth/8-1:0] w_strb_i,
  input  logic [Ports-1:0]             w_last_i,
  output logic [Ports-1:0]             b_valid_o,
  input  logic [Ports-1:0]             b_ready_i,
  output logic [1:0]                   b_resp_o,

  // The engine. Its addresses may run ahead of its data; it takes every answer at once.
  input  logic                         engine_aw_valid_i,
  output logic                         engine_aw_ready_o,
  input  logic [AddrWidth-1:0]         engine_aw_addr_i,
  input  logic [7:0]                   engine_aw_len_i,
  input  logic [2:0]                   engine_aw_size_i,
  input  logic [1:0]                   engine_aw_burst_i,
  input  logic                         engine_w_valid_i,
  output logic                         engine_w_ready_o,
  input  logic [DataWidth-1:0]         engine_w_data_i,
  input  logic [DataWidth/8-1:0]       engine_w_strb_i,
  input  logic                         engine_w_last_i,
  output logic                         engine_b_valid_o,
  output logic [1:0]                   engine_b_resp_o,

  // Memory.
  output logic                         m_ar_valid_o,
  input  logic                         m_ar_ready_i,
  output logic [SourceWidth-1:0]       m_ar_id_o,
  output logic [AddrWidth-1:0]         m_ar_addr_o,
  output logic [7:0]                   m_ar_len_o,
  output logic [2:0]                   m_ar_size_o,
  output logic [1:0]                   m_ar_burst_o,
  input  logic                         m_r_valid_i,
  output logic                         m_r_ready_o,
  input  logic [SourceWidth-1:0]       m_r_id_i,
  input  logic [DataWidth-1:0]         m_r_data_i,
  input  logic [1:0]                   m_r_resp_i,
  input  logic                         m_r_last_i,
  output logic                         m_aw_valid_o,
  input  logic                         m_aw_ready_i,
  output logic [SourceWidth-1:0]       m_aw_id_o,
  output logic [AddrWidth-1:0]         m_aw_addr_o,
  output logic [7:0]                   m_aw_len_o,
  output logic [2:0]                   m_aw_size_o,
  output logic [1:0]                   m_aw_burst_o,
  output logic                         m_w_valid_o,
  input  logic                         m_w_ready_i,
  output logic [DataWidth-1:0]         m_w_data_o,
  output logic [DataWidth/8-1:0]       m_w_strb_o,
  output logic                         m_w_last_o,
  input  logic                         m_b_valid_i,
  output logic                         m_b_ready_o,
  input  logic [SourceWidth-1:0]       m_b_id_i,
  input  logic [1:0]                   m_b_resp_i
);

  localparam int unsigned Sources = Ports + 1;
  localparam int unsigned StrbWidth = DataWidth / 8;

  localparam logic [SourceWidth-1:0] Engine = '0;

  // Read and write address: the source shown last, and whether it still waits.
  logic                           ar_wait_q, ar_wait_d;
  logic [SourceWidth-1:0]         ar_source_q, ar_source_d;
  logic                           aw_wait_q, aw_wait_d;
  logic [SourceWidth-1:0]         aw_source_q, aw_source_d;
  // Write data: sources whose address was first shown in an earlier cycle and whose data is not all
  // sent, oldest in slice 0; a slice counts if its bit of listed_q is set. No source is in twice.
  logic [Sources*SourceWidth-1:0] order_q, order_d;
  logic [Sources-1:0]             listed_q, listed_d;
  logic                           engine_listed_q, engine_listed_d;

  // Sets of sources, a bit each: who asks, whose turn it is, who has the channel.
  logic [Sources-1:0]             ar_ask, ar_turn, ar_on, aw_ask, aw_turn, aw_on, w_head, w_on;
  logic [Sources-1:0]             w_valid, w_last;
  logic [SourceWidth-1:0]         w_source;
  logic                           engine_asks, engine_alone;
  logic                           ar_first, aw_first;  // an address is shown for the first time
  logic                           head_end, turn_end, push, pop;
  logic [Sources*SourceWidth-1:0] order_left;
  logic [Sources-1:0]             listed_left;

  // Taking turns: the next source that asks, after the one that went last.
  function automatic logic [Sources-1:0] turn(input logic [Sources-1:0] ask,
                                              input logic [SourceWidth-1:0] last);
    logic [Sources-1:0] later, lower;
    for (int unsigned s = 0; s < Sources; s++) later[s] = ask[s] && (s > 32'(last));
    for (int unsigned s = 0; s < Sources; s++) begin
      lower   = ~({Sources{1'b1}} << s);
      turn[s] = (later[s] && ((later & lower) == '0))
                || (ask[s] && (later == '0) && ((ask & lower) == '0));
    end
  endfunction

  // The set of one source.
  function automatic logic [Sources-1:0] only(input logic [SourceWidth-1:0] source);
    for (int unsigned s = 0; s < Sources; s++) only[s] = (32'(source) == s);
  endfunction

  // And back.
  function automatic logic [SourceWidth-1:0] number(input logic [Sources-1:0] set);
    number = '0;
    for (int unsigned s = 0; s < Sources; s++) begin
      number = number | (SourceWidth'(s) & {SourceWidth{set[s]}});
    end
  endfunction

  // Read address.
  assign ar_ask   = {ar_valid_i, 1'b0};
  assign ar_turn  = turn(ar_ask, ar_source_q);
  assign ar_first = !ar_wait_q && (ar_ask != '0);
  assign ar_on    = ar_wait_q ? only(ar_source_q) : ar_turn;

  assign m_ar_valid_o = (ar_on != '0);
  assign m_ar_id_o    = ar_source_d;
  assign ar_wait_d    = m_ar_valid_o && !m_ar_ready_i;
  assign ar_source_d  = ar_first ? number(ar_turn) : ar_source_q;
  assign ar_ready_o   = ar_on[Ports:1] & {Ports{m_ar_ready_i}};

  always_comb begin
    m_ar_addr_o  = ar_addr_i[0 +: AddrWidth];
    m_ar_len_o   = ar_len_i[0 +: 8];
    m_ar_size_o  = ar_size_i[0 +: 3];
    m_ar_burst_o = ar_burst_i[0 +: 2];
    for (int unsigned p = 1; p < Ports; p++) begin
      if (32'(ar_source_d) == p + 1) begin
        m_ar_addr_o  = ar_addr_i[p*AddrWidth +: AddrWidth];
        m_ar_len_o   = ar_len_i[p*8 +: 8];
        m_ar_size_o  = ar_size_i[p*3 +: 3];
        m_ar_burst_o = ar_burst_i[p*2 +: 2];
      end
    end
  end

  // Write address. The engine takes turns if it is urgent, or else goes if it is alone.
  assign engine_asks  = engine_aw_valid_i && !engine_listed_q;
  assign engine_alone = engine_asks && (aw_valid_i == '0) && !listed_q[0];
  assign aw_ask       = {aw_valid_i, engine_asks && urgent_i};
  assign aw_turn      = turn(aw_ask, aw_source_q) | Sources'(engine_alone);
  assign aw_first     = !aw_wait_q && ((aw_ask != '0) || engine_alone);
  assign aw_on        = aw_wait_q ? only(aw_source_q) : aw_turn;

  assign m_aw_valid_o      = aw_wait_q || aw_first;
  assign m_aw_id_o         = aw_source_d;
  assign aw_wait_d         = m_aw_valid_o && !m_aw_ready_i;
  assign aw_source_d       = aw_first ? number(aw_turn) : aw_source_q;
  assign aw_ready_o        = aw_on[Ports:1] & {Ports{m_aw_ready_i}};
  assign engine_aw_ready_o = aw_on[0] && m_aw_ready_i;

  always_comb begin
    m_aw_addr_o  = engine_aw_addr_i;
    m_aw_len_o   = engine_aw_len_i;
    m_aw_size_o  = engine_aw_size_i;
    m_aw_burst_o = engine_aw_burst_i;
    for (int unsigned p = 0; p < Ports; p++) begin
      if (32'(aw_source_d) == p + 1) begin
        m_aw_addr_o  = aw_addr_i[p*AddrWidth +: AddrWidth];
        m_aw_len_o   = aw_len_i[p*8 +: 8];
        m_aw_size_o  = aw_size_i[p*3 +: 3];
        m_aw_burst_o = aw_burst_i[p*2 +: 2];
      end
    end
  end

  // Write data: of the oldest burst, which may be the one whose address is just being shown.
  assign w_head   = only(order_q[SourceWidth-1:0]);
  assign w_source = listed_q[0] ? order_q[SourceWidth-1:0] : number(aw_turn);
  assign w_on     = listed_q[0] ? w_head : aw_turn & {Sources{!aw_wait_q}};

  assign w_valid          = {w_valid_i, engine_w_valid_i};
  assign w_last           = {w_last_i, engine_w_last_i};
  assign m_w_valid_o      = ((w_valid & w_on) != '0);
  assign m_w_last_o       = ((w_last & w_on) != '0);
  assign w_ready_o        = w_on[Ports:1] & {Ports{m_w_ready_i}};
  assign engine_w_ready_o = w_on[0] && m_w_ready_i;

  always_comb begin
    m_w_data_o = engine_w_data_i;
    m_w_strb_o = engine_w_strb_i;
    for (int unsigned p = 0; p < Ports; p++) begin
      if (32'(w_source) == p + 1) begin
        m_w_data_o = w_data_i[p*DataWidth +: DataWidth];
        m_w_strb_o = w_strb_i[p*StrbWidth +: StrbWidth];
      end
    end
  end

  // The list. A burst whose data ends in the cycle that first shows its address never enters. The
  // slices that do not count follow aw_source_d, so that they need not know whether it enters.
  assign head_end    = m_w_ready_i && ((w_valid & w_last & w_head) != '0);
  assign turn_end    = m_w_ready_i && ((w_valid & w_last & aw_turn) != '0);
  assign pop         = listed_q[0] && head_end;
  assign push        = aw_first && (listed_q[0] || !turn_end);
  assign order_left  = pop ? order_q >> SourceWidth : order_q;
  assign listed_left = pop ? listed_q >> 1 : listed_q;
  assign listed_d    = push ? {listed_left[Sources-2:0], 1'b1} : listed_left;

  always_comb begin
    order_d = order_left;
    for (int unsigned i = 0; i < Sources; i++) begin
      if (!listed_left[i]) order_d[i*SourceWidth +: SourceWidth] = aw_source_d;
    end
    engine_listed_d = (engine_listed_q && !(pop && w_head[0])) || (push && aw_turn[0]);
  end

  // Answers. One for nobody is taken and dropped.
  always_comb begin
    m_b_ready_o = 1'b1;
    m_r_ready_o = 1'b1;
    for (int unsigned p = 0; p < Ports; p++) begin
      b_valid_o[p] = m_b_valid_i && (32'(m_b_id_i) == p + 1);
      r_valid_o[p] = m_r_valid_i && (32'(m_r_id_i) == p + 1);
      if (32'(m_b_id_i) == p + 1) m_b_ready_o = b_ready_i[p];
      if (32'(m_r_id_i) == p + 1) m_r_ready_o = r_ready_i[p];
    end
  end

  assign engine_b_valid_o = m_b_valid_i && (m_b_id_i == Engine);
  assign engine_b_resp_o  = m_b_resp_i;
  assign b_resp_o         = m_b_resp_i;
  assign r_data_o         = m_r_data_i;
  assign r_resp_o         = m_r_resp_i;
  assign r_last_o         = m_r_last_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ar_wait_q       <= 1'b0;
      ar_source_q     <= '0;
      aw_wait_q       <= 1'b0;
      aw_source_q     <= '0;
      order_q         <= '0;
      listed_q        <= '0;
      engine_listed_q <= 1'b0;
    end else begin
      ar_wait_q       <= ar_wait_d;
      ar_source_q     <= ar_source_d;
      aw_wait_q       <= aw_wait_d;
      aw_source_q     <= aw_source_d;
      order_q         <= order_d;
      listed_q        <= listed_d;
      engine_listed_q <= engine_listed_d;
    end
  end

`ifndef SYNTHESIS
  `DM_AWAKE

  // The sources' part: what waits keeps asking, and a port does not ask for two bursts of data.
  always @(posedge clk_i) begin
    if (awake_q) begin
      if (aw_wait_q && (aw_source_q == Engine)) assert (engine_aw_valid_i);
      for (int unsigned p = 0; p < Ports; p++) begin
        if (ar_wait_q && (32'(ar_source_q) == p + 1)) assert (ar_valid_i[p]);
        if (aw_wait_q && (32'(aw_source_q) == p + 1)) assert (aw_valid_i[p]);
        for (int unsigned i = 0; i < Sources; i++) begin
          if (aw_first && (32'(aw_source_d) == p + 1)) begin
            assert (!listed_q[i] || (order_q[i*SourceWidth +: SourceWidth] != aw_source_d));
          end
        end
      end
    end
  end
`endif

`ifdef FORMAL
  `include "formal/dm_arbiter_props.svh"
`endif

endmodule
