// Properties of dm_arbiter, included at its end.
//
// One write burst, one source, one port: any, so each holds for all. Write bursts are numbered from
// reset, in the order in which their addresses are first shown on AW, modulo 2^CountBits.

localparam int unsigned CountBits = 6;
localparam int unsigned AxBits    = AddrWidth + 13;
localparam int unsigned WBits     = DataWidth + StrbWidth + 1;

(* anyconst *) logic [CountBits-1:0] f_burst;
(* anyconst *) logic [2:0]           f_source, f_port;

// What each source shows, in slices of the source's number.
logic [Sources*AxBits-1:0] f_ar_in, f_aw_in;
logic [Sources*WBits-1:0]  f_w_in;
logic [Sources-1:0]        f_ar_valid, f_aw_valid, f_w_valid, f_ar_ready, f_aw_ready, f_w_ready;

always_comb begin
  f_ar_in = '0;
  f_aw_in[0 +: AxBits] = {engine_aw_addr_i, engine_aw_len_i, engine_aw_size_i, engine_aw_burst_i};
  f_w_in[0 +: WBits]   = {engine_w_data_i, engine_w_strb_i, engine_w_last_i};
  for (int unsigned p = 0; p < Ports; p++) begin
    f_ar_in[(p+1)*AxBits +: AxBits] = {ar_addr_i[p*AddrWidth +: AddrWidth], ar_len_i[p*8 +: 8],
                                       ar_size_i[p*3 +: 3], ar_burst_i[p*2 +: 2]};
    f_aw_in[(p+1)*AxBits +: AxBits] = {aw_addr_i[p*AddrWidth +: AddrWidth], aw_len_i[p*8 +: 8],
                                       aw_size_i[p*3 +: 3], aw_burst_i[p*2 +: 2]};
    f_w_in[(p+1)*WBits +: WBits]    = {w_data_i[p*DataWidth +: DataWidth],
                                       w_strb_i[p*StrbWidth +: StrbWidth], w_last_i[p]};
  end
end

assign f_ar_valid = {ar_valid_i, 1'b0};
assign f_ar_ready = {ar_ready_o, 1'b0};
assign f_aw_valid = {aw_valid_i, engine_aw_valid_i};
assign f_aw_ready = {aw_ready_o, engine_aw_ready_o};
assign f_w_valid  = {w_valid_i, engine_w_valid_i};
assign f_w_ready  = {w_ready_o, engine_w_ready_o};

logic [AxBits-1:0] f_m_ar, f_m_aw;
logic [WBits-1:0]  f_m_w;
assign f_m_ar = {m_ar_addr_o, m_ar_len_o, m_ar_size_o, m_ar_burst_o};
assign f_m_aw = {m_aw_addr_o, m_aw_len_o, m_aw_size_o, m_aw_burst_o};
assign f_m_w  = {m_w_data_o, m_w_strb_o, m_w_last_o};

// What waited for its ready in the last cycle.
logic [Sources-1:0]            f_ar_held_q, f_aw_held_q, f_w_held_q;
logic [Sources*AxBits-1:0]     f_ar_in_q, f_aw_in_q;
logic [Sources*WBits-1:0]      f_w_in_q;
logic                          f_ar_wait_q, f_aw_wait_q, f_w_wait_q;
logic [SourceWidth+AxBits-1:0] f_m_ar_q, f_m_aw_q;
logic [WBits-1:0]              f_m_w_q;
logic [SourceWidth-1:0]        f_aw_last_q;  // the source shown last
// Sources with a burst asked for whose data is not all taken.
logic [Sources-1:0]            f_raised, f_open_q;

assign f_raised = f_aw_valid & ~f_aw_held_q;

// Order.
logic                   f_ar_first, f_first, f_w_end, f_engine_end;
logic [CountBits-1:0]   f_shown_q, f_shown, f_sent_q;  // bursts shown; all of their data sent
logic [SourceWidth-1:0] f_from_q, f_from;              // the source of f_burst
logic [CountBits-1:0]   f_its_shown_q, f_its_accepted_q, f_its_sent_q;  // bursts of f_source
logic [2:0]             f_its_listed;

assign f_ar_first   = m_ar_valid_o && !f_ar_wait_q;
assign f_first      = m_aw_valid_o && !f_aw_wait_q;
assign f_shown      = f_shown_q + CountBits'(f_first);
assign f_from       = (f_first && (f_shown_q == f_burst)) ? m_aw_id_o : f_from_q;
assign f_w_end      = m_w_valid_o && m_w_ready_i && m_w_last_o;
assign f_engine_end = engine_w_valid_i && engine_w_ready_o && engine_w_last_i;

// How long f_port waits, in others' bursts: from the cycle in which it asks until W is its own.
logic                 f_asks, f_shows, f_active_q, f_queued_q, f_own, f_waits;
logic [CountBits-1:0] f_mine_q, f_mine;             // its burst's number
logic [CountBits-1:0] f_start_q, f_start;           // unsent bursts when it asked
logic [CountBits-1:0] f_over_q, f_over;             // shown before its own, since
logic [CountBits-1:0] f_ended_q, f_ended;           // data sent to the end, since
logic [1:0]           f_engine_start_q, f_engine_start, f_engine_over_q, f_engine_over;
logic [1:0]           f_engine_ended_q, f_engine_ended, f_engine_ahead;
logic                 f_calm_q, f_calm;             // nothing was urgent while it asked
logic [2:0]           f_ar_over_q, f_ar_over;       // reads shown before its own, since it asked
logic                 f_ar_active_q, f_ar_shows;
logic [3:0]           f_turns, f_ar_turns;          // the distance to its turn

assign f_asks  = aw_valid_i[f_port] && !(f_aw_wait_q && (32'(f_aw_last_q) == 32'(f_port) + 1));
assign f_shows = f_first && (32'(m_aw_id_o) == 32'(f_port) + 1);
assign f_mine  = f_shows ? f_shown_q : f_mine_q;
assign f_own   = (f_queued_q || f_shows) && (f_sent_q == f_mine);
assign f_waits = (f_asks || f_queued_q) && !f_own;

assign f_start        = f_active_q ? f_start_q : f_shown_q - f_sent_q;
assign f_over         = (f_active_q ? f_over_q : '0) + CountBits'(f_asks && f_first && !f_shows);
assign f_ended        = (f_active_q ? f_ended_q : '0) + CountBits'(f_waits && f_w_end);
assign f_engine_start = f_active_q ? f_engine_start_q : 2'(engine_listed_q);
assign f_engine_over  = (f_active_q ? f_engine_over_q : 2'd0)
                        + 2'(f_asks && f_first && (m_aw_id_o == Engine));
assign f_engine_ended = (f_active_q ? f_engine_ended_q : 2'd0) + 2'(f_waits && f_engine_end);
assign f_calm         = (f_calm_q || !f_active_q) && !(f_asks && urgent_i);

assign f_ar_shows = f_ar_first && (32'(m_ar_id_o) == 32'(f_port) + 1);
assign f_ar_over  = (f_ar_active_q ? f_ar_over_q : 3'd0)
                    + 3'(ar_valid_i[f_port] && f_ar_first && !f_ar_shows);

initial assume (!rst_ni);

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_ar_held_q      <= '0;
    f_aw_held_q      <= '0;
    f_w_held_q       <= '0;
    f_ar_in_q        <= '0;
    f_aw_in_q        <= '0;
    f_w_in_q         <= '0;
    f_ar_wait_q      <= 1'b0;
    f_aw_wait_q      <= 1'b0;
    f_w_wait_q       <= 1'b0;
    f_m_ar_q         <= '0;
    f_m_aw_q         <= '0;
    f_m_w_q          <= '0;
    f_aw_last_q      <= '0;
    f_open_q         <= '0;
    f_shown_q        <= '0;
    f_sent_q         <= '0;
    f_from_q         <= '0;
    f_its_shown_q    <= '0;
    f_its_accepted_q <= '0;
    f_its_sent_q     <= '0;
    f_active_q       <= 1'b0;
    f_queued_q       <= 1'b0;
    f_mine_q         <= '0;
    f_start_q        <= '0;
    f_over_q         <= '0;
    f_ended_q        <= '0;
    f_engine_start_q <= '0;
    f_engine_over_q  <= '0;
    f_engine_ended_q <= '0;
    f_calm_q         <= 1'b0;
    f_ar_over_q      <= '0;
    f_ar_active_q    <= 1'b0;
  end else begin
    f_ar_held_q <= f_ar_valid & ~f_ar_ready;
    f_aw_held_q <= f_aw_valid & ~f_aw_ready;
    f_w_held_q  <= f_w_valid & ~f_w_ready;
    f_ar_in_q   <= f_ar_in;
    f_aw_in_q   <= f_aw_in;
    f_w_in_q    <= f_w_in;
    f_ar_wait_q <= m_ar_valid_o && !m_ar_ready_i;
    f_aw_wait_q <= m_aw_valid_o && !m_aw_ready_i;
    f_w_wait_q  <= m_w_valid_o && !m_w_ready_i;
    f_m_ar_q    <= {m_ar_id_o, f_m_ar};
    f_m_aw_q    <= {m_aw_id_o, f_m_aw};
    f_m_w_q     <= f_m_w;
    if (f_first) f_aw_last_q <= m_aw_id_o;
    for (int unsigned s = 0; s < Sources; s++) begin
      f_open_q[s] <= (f_open_q[s] || f_raised[s])
                     && !(f_w_valid[s] && f_w_ready[s] && f_w_in[s*WBits]);
    end

    f_shown_q <= f_shown;
    f_sent_q  <= f_sent_q + CountBits'(f_w_end);
    f_from_q  <= f_from;
    if (32'(m_aw_id_o) == 32'(f_source)) begin
      f_its_shown_q    <= f_its_shown_q + CountBits'(f_first);
      f_its_accepted_q <= f_its_accepted_q + CountBits'(m_aw_valid_o && m_aw_ready_i);
    end
    f_its_sent_q <= f_its_sent_q + CountBits'(f_w_valid[f_source] && f_w_ready[f_source]
                                              && f_w_in[32'(f_source)*WBits]);

    f_active_q       <= (f_asks || f_queued_q) && !(f_own && f_w_end);
    f_queued_q       <= (f_shows || f_queued_q) && !(f_own && f_w_end);
    f_mine_q         <= f_mine;
    f_start_q        <= f_start;
    f_over_q         <= f_over;
    f_ended_q        <= f_ended;
    f_engine_start_q <= f_engine_start;
    f_engine_over_q  <= f_engine_over;
    f_engine_ended_q <= f_engine_ended;
    f_calm_q         <= f_calm;
    f_ar_over_q      <= f_ar_over;
    f_ar_active_q    <= ar_valid_i[f_port] && !ar_ready_o[f_port];
  end
end

always @(posedge clk_i) begin
  assume (32'(f_source) < Sources);
  assume (32'(f_port) < Ports);

  // The sources: valid and stable until ready; a port asks for one burst at a time.
  if (rst_ni) begin
    for (int unsigned s = 0; s < Sources; s++) begin
      if (f_ar_held_q[s]) begin
        assume (f_ar_valid[s] && (f_ar_in[s*AxBits +: AxBits] == f_ar_in_q[s*AxBits +: AxBits]));
      end
      if (f_aw_held_q[s]) begin
        assume (f_aw_valid[s] && (f_aw_in[s*AxBits +: AxBits] == f_aw_in_q[s*AxBits +: AxBits]));
      end
      if (f_w_held_q[s]) begin
        assume (f_w_valid[s] && (f_w_in[s*WBits +: WBits] == f_w_in_q[s*WBits +: WBits]));
      end
      if (s > 0) assume (!(f_raised[s] && f_open_q[s]));
    end
  end

  // What is promised.
  if (rst_ni) begin
    // Valid and stable until ready.
    if (f_ar_wait_q) assert (m_ar_valid_o && ({m_ar_id_o, f_m_ar} == f_m_ar_q));
    if (f_aw_wait_q) assert (m_aw_valid_o && ({m_aw_id_o, f_m_aw} == f_m_aw_q));
    if (f_w_wait_q) assert (m_w_valid_o && (f_m_w == f_m_w_q));

    // An address is that of the source that its id names, and is taken from there when memory takes
    // it: none is lost, none is doubled.
    if (m_ar_valid_o) assert ((m_ar_id_o != Engine) && (32'(m_ar_id_o) < Sources));
    if (m_aw_valid_o) assert (32'(m_aw_id_o) < Sources);
    for (int unsigned s = 0; s < Sources; s++) begin
      if (m_ar_valid_o && (32'(m_ar_id_o) == s)) begin
        assert (f_ar_valid[s] && (f_m_ar == f_ar_in[s*AxBits +: AxBits]));
        assert (f_ar_ready[s] == m_ar_ready_i);
      end else begin
        assert (!f_ar_ready[s]);
      end
      if (m_aw_valid_o && (32'(m_aw_id_o) == s)) begin
        assert (f_aw_valid[s] && (f_m_aw == f_aw_in[s*AxBits +: AxBits]));
        assert (f_aw_ready[s] == m_aw_ready_i);
      end else begin
        assert (!f_aw_ready[s]);
      end
    end

    // W belongs to the source of the oldest burst shown and not sent, to the end of its data.
    if (f_sent_q == f_shown) begin
      assert (!m_w_valid_o && (f_w_ready == '0));
    end else if (f_sent_q == f_burst) begin
      for (int unsigned s = 0; s < Sources; s++) begin
        if (32'(f_from) == s) begin
          assert (m_w_valid_o == f_w_valid[s]);
          if (m_w_valid_o) assert (f_m_w == f_w_in[s*WBits +: WBits]);
          assert (f_w_ready[s] == m_w_ready_i);
        end else begin
          assert (!f_w_ready[s]);
        end
      end
    end

    // Of each source, the bursts shown and accepted, shown and sent, differ by one at most.
    assert (CountBits'(f_its_shown_q - f_its_accepted_q)
            == CountBits'(f_aw_wait_q && (32'(f_aw_last_q) == 32'(f_source))));
    assert (CountBits'(f_its_shown_q - f_its_sent_q) <= 1);

    // Answers go to the source that their id names, and to nobody else.
    assert (engine_b_valid_o == (m_b_valid_i && (m_b_id_i == Engine)));
    assert (!engine_b_valid_o || (m_b_ready_o && (engine_b_resp_o == m_b_resp_i)));
    for (int unsigned p = 0; p < Ports; p++) begin
      assert (b_valid_o[p] == (m_b_valid_i && (32'(m_b_id_i) == p + 1)));
      assert (r_valid_o[p] == (m_r_valid_i && (32'(m_r_id_i) == p + 1)));
      if (b_valid_o[p]) assert ((m_b_ready_o == b_ready_i[p]) && (b_resp_o == m_b_resp_i));
      if (r_valid_o[p]) begin
        assert (m_r_ready_o == r_ready_i[p]);
        assert ({r_data_o, r_resp_o, r_last_o} == {m_r_data_i, m_r_resp_i, m_r_last_i});
      end
    end
    if (32'(m_b_id_i) >= Sources) assert (m_b_ready_o);
    if ((m_r_id_i == Engine) || (32'(m_r_id_i) >= Sources)) assert (m_r_ready_o);

    // Nobody who may go waits for nothing, not for a cycle.
    assert (m_ar_valid_o == (ar_valid_i != '0));
    if (aw_valid_i != '0) assert (m_aw_valid_o);
    if (engine_aw_valid_i && (aw_valid_i == '0) && (f_shown_q == f_sent_q) && !f_aw_wait_q) begin
      assert (f_first && (m_aw_id_o == Engine));
      assert ((m_w_valid_o == engine_w_valid_i) && (engine_w_ready_o == m_w_ready_i));
    end
    if (engine_aw_valid_i && urgent_i && !engine_listed_q) assert (m_aw_valid_o);

    // The engine waits for guests.
    if (f_first && (m_aw_id_o == Engine) && !urgent_i) begin
      assert ((aw_valid_i == '0) && (f_shown_q == f_sent_q));
    end

    // A guest waits while each other port shows one read, or each other source one write address.
    // For W it waits for less than two bursts of each other source, all together, and for one of
    // the engine's, or two if it was urgent.
    assert (32'(f_ar_over) < Ports);
    if (f_asks || f_queued_q) begin
      assert (32'(f_over) <= Ports);
      assert (f_engine_over <= (f_calm ? 2'd0 : 2'd1));
      assert (32'(f_ended) < 2 * Ports);
      assert (f_engine_ended <= (f_calm ? 2'd1 : 2'd2));
    end
  end

  // What makes that inductive: the registers in terms of the counts.
  if (rst_ni) begin
    assert (ar_wait_q == f_ar_wait_q);
    assert (aw_wait_q == f_aw_wait_q);
    assert (aw_source_q == f_aw_last_q);
    assert (32'(ar_source_q) < Sources);
    assert (32'(aw_source_q) < Sources);
    if (ar_wait_q) assert (f_ar_held_q[ar_source_q] && (f_m_ar_q == {ar_source_q,
                           f_ar_in_q[32'(ar_source_q)*AxBits +: AxBits]}));
    if (aw_wait_q) assert (f_aw_held_q[aw_source_q] && (f_m_aw_q == {aw_source_q,
                           f_aw_in_q[32'(aw_source_q)*AxBits +: AxBits]}));
    if (f_w_wait_q) assert (listed_q[0] && f_w_held_q[order_q[SourceWidth-1:0]] && (f_m_w_q ==
                            f_w_in_q[32'(order_q[SourceWidth-1:0])*WBits +: WBits]));

    // The list: without a gap from its head, no source twice, the source shown last at its end.
    assert (CountBits'(f_shown_q - f_sent_q) <= Sources);
    for (int unsigned i = 0; i < Sources; i++) begin
      assert (listed_q[i] == (i < 32'(CountBits'(f_shown_q - f_sent_q))));
      if (listed_q[i]) begin
        assert (32'(order_q[i*SourceWidth +: SourceWidth]) < Sources);
        if (CountBits'(f_burst - f_sent_q) == CountBits'(i)) begin
          assert (order_q[i*SourceWidth +: SourceWidth] == f_from_q);
        end
        if (CountBits'(f_shown_q - f_sent_q) == CountBits'(i + 1)) begin
          assert (order_q[i*SourceWidth +: SourceWidth] == aw_source_q);
        end
        for (int unsigned j = 0; j < i; j++) begin
          assert (order_q[i*SourceWidth +: SourceWidth] != order_q[j*SourceWidth +: SourceWidth]);
        end
        for (int unsigned p = 0; p < Ports; p++) begin
          if (32'(order_q[i*SourceWidth +: SourceWidth]) == p + 1) begin
            assert (f_open_q[p+1]);
            assert (!f_aw_held_q[p+1] || (aw_wait_q && (32'(aw_source_q) == p + 1)));
          end
        end
      end
    end
    // A port's burst waits to be shown: its data is not all sent.
    for (int unsigned p = 0; p < Ports; p++) begin
      if (f_aw_held_q[p+1] && !(aw_wait_q && (32'(aw_source_q) == p + 1))) assert (f_open_q[p+1]);
    end
    assert (engine_listed_q == f_engine_in);
    assert (CountBits'(f_its_shown_q - f_its_sent_q) == CountBits'(f_its_listed));

    // The port that waits.
    assert (f_active_q == (f_queued_q || (f_aw_held_q[32'(f_port)+1] &&
                           !(f_aw_wait_q && (32'(f_aw_last_q) == 32'(f_port) + 1)))));
    assert (f_queued_q == f_port_in);
    if (f_queued_q) begin
      assert (CountBits'(f_mine_q - f_sent_q) < CountBits'(f_shown_q - f_sent_q));
      assert (CountBits'(f_mine_q - f_sent_q) == CountBits'(f_port_at));
      assert (!f_aw_held_q[32'(f_port)+1] || (aw_wait_q && (32'(aw_source_q) == 32'(f_port) + 1)));
    end
    if (f_active_q) begin
      assert (32'(f_start_q) <= Ports);
      assert (f_engine_start_q <= 2'd1);
      assert (CountBits'((f_queued_q ? f_mine_q : f_shown_q) - f_sent_q)
              == CountBits'(f_start_q + f_over_q - f_ended_q));
      assert (f_engine_ended_q + f_engine_ahead == f_engine_start_q + f_engine_over_q);
      assert (32'(f_over_q) <= Ports);
      assert (32'(f_start_q) + 32'(f_over_q) < 2 * Ports);
      assert (32'(f_ended_q) < 2 * Ports);
      assert (f_engine_over_q <= (f_calm_q ? 2'd0 : 2'd1));
      if (!f_queued_q) begin
        assert (32'(f_over_q) + 32'(f_turns) <= ((f_start_q == '0) ? Sources : Ports));
        if (f_engine_over_q != 2'd0) assert (32'(aw_source_q) <= 32'(f_port));
      end
    end
    assert (f_ar_active_q == f_ar_held_q[32'(f_port)+1]);
    if (f_ar_active_q && !(ar_wait_q && (32'(ar_source_q) == 32'(f_port) + 1))) begin
      assert (32'(f_ar_over_q) + 32'(f_ar_turns) <= Ports);
    end
    if (f_ar_active_q) assert (32'(f_ar_over_q) < Ports);
  end
end

// What is in the list: the engine, perhaps ahead of f_port; f_port, and where; f_source.
logic       f_engine_in, f_port_in;
logic [2:0] f_port_at;

always_comb begin
  f_engine_in    = 1'b0;
  f_port_in      = 1'b0;
  f_port_at      = '0;
  f_its_listed   = '0;
  f_engine_ahead = '0;
  for (int unsigned i = 0; i < Sources; i++) begin
    if (listed_q[i]) begin
      if (order_q[i*SourceWidth +: SourceWidth] == Engine) begin
        f_engine_in = 1'b1;
        if (!f_port_in) f_engine_ahead = 2'd1;
      end
      if (32'(order_q[i*SourceWidth +: SourceWidth]) == 32'(f_port) + 1) begin
        f_port_in = 1'b1;
        f_port_at = 3'(i);
      end
      if (32'(order_q[i*SourceWidth +: SourceWidth]) == 32'(f_source)) begin
        f_its_listed = f_its_listed + 3'd1;
      end
    end
  end
  f_turns    = 4'(f_port) + 4'd1 - 4'(aw_source_q);
  if (32'(f_port) + 1 <= 32'(aw_source_q)) f_turns = f_turns + 4'(Sources);
  f_ar_turns = 4'(f_port) + 4'd1 - 4'(ar_source_q);
  if (32'(f_port) + 1 <= 32'(ar_source_q)) f_ar_turns = f_ar_turns + 4'(Ports);
end

`ifdef DM_LIVE
// Progress: memory is ready, the source whose turn it is on W offers its data, at most two beats a
// burst; then a port's read or write address is accepted, and its data sent, within bounds,
// whatever the others ask for.
logic [7:0] f_age_q, f_ar_age_q, f_aw_age_q;
logic       f_second_q;  // the next beat on W is the second of its burst

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_age_q    <= '0;
    f_ar_age_q <= '0;
    f_aw_age_q <= '0;
    f_second_q <= 1'b0;
  end else begin
    f_age_q    <= ((f_asks || f_queued_q) && !(f_own && f_w_end)) ? f_age_q + 8'd1 : 8'd0;
    f_ar_age_q <= (ar_valid_i[f_port] && !ar_ready_o[f_port]) ? f_ar_age_q + 8'd1 : 8'd0;
    f_aw_age_q <= (aw_valid_i[f_port] && !aw_ready_o[f_port]) ? f_aw_age_q + 8'd1 : 8'd0;
    if (m_w_valid_o) f_second_q <= !m_w_last_o;
  end
end

always @(posedge clk_i) begin
  assume (m_ar_ready_i && m_aw_ready_i && m_w_ready_i);
  if (rst_ni) begin
    for (int unsigned s = 0; s < Sources; s++) begin
      if (f_w_ready[s]) assume (f_w_valid[s] && (!f_second_q || f_w_in[s*WBits]));
    end
    assert (!f_aw_wait_q && !f_ar_wait_q);
    assert (!f_second_q || listed_q[0]);
    assert (f_active_q || (f_age_q == 8'd0));
    assert (f_ar_active_q || (f_ar_age_q == 8'd0));
    if (f_active_q) assert (32'(f_age_q) <= 2 * 32'(f_ended_q) + 32'(f_second_q));
    if (f_ar_active_q) assert (f_ar_age_q == 8'(f_ar_over_q));
    if (f_active_q && !f_queued_q) assert (f_aw_age_q == 8'(f_over_q));
    else assert (f_aw_age_q == 8'd0);
    assert (32'(f_age_q) < 4 * Ports);
    assert (32'(f_ar_age_q) < Ports);
    assert (32'(f_aw_age_q) <= Ports);
  end
end
`endif

// The interesting states are reached.
`ifdef DM_COVER
logic [2:0]             f_engine_run_q;       // the engine's bursts sent without a gap
logic                   f_ends_q, f_ends2_q;  // data ended in the last cycle, in the one before,
logic [SourceWidth-1:0] f_end_q, f_end2_q;    // and whose
logic                   f_early_q;
logic [SourceWidth-1:0] f_w_source;

assign f_w_source = listed_q[0] ? order_q[SourceWidth-1:0] : aw_source_d;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_engine_run_q <= '0;
    f_end_q        <= '0;
    f_end2_q       <= '0;
    f_ends_q       <= 1'b0;
    f_ends2_q      <= 1'b0;
    f_early_q      <= 1'b0;
  end else begin
    if (!(engine_w_valid_i && engine_w_ready_o) || urgent_i) f_engine_run_q <= '0;
    else if (m_w_last_o && (f_engine_run_q != 3'd7)) f_engine_run_q <= f_engine_run_q + 3'd1;
    f_end_q   <= f_w_source;
    f_end2_q  <= f_end_q;
    f_ends_q  <= f_w_end;
    f_ends2_q <= f_ends_q;
    // All data sent, the address still waits.
    f_early_q <= m_aw_valid_o && !m_aw_ready_i
                 && (f_shown == CountBits'(f_sent_q + CountBits'(f_w_end)));
  end
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    cover (listed_q == '1);
    cover ((f_engine_run_q == 3'd3) && !f_ends2_q && f_engine_end);
    cover (f_early_q && m_aw_ready_i);
    cover (f_ends_q && f_ends2_q && f_w_end && (f_w_source != f_end_q) && (f_w_source != f_end2_q)
           && (f_end_q != f_end2_q) && (Ports > 1));
    cover (f_own && f_w_end && f_calm && (f_engine_ended == 2'd1));
    cover (f_own && f_w_end && (f_engine_ended == 2'd2));
    cover (f_own && f_w_end && f_calm && (32'(f_over) == Ports - 1));
    cover (f_own && f_w_end && (32'(f_over) == Ports));
    cover (f_own && f_w_end && (32'(f_ended) == 2 * Ports - 1));
    cover (ar_ready_o[f_port] && (32'(f_ar_over) == Ports - 1));
    cover (engine_b_valid_o);
    cover (b_valid_o[Ports-1] && !m_b_ready_o);
    cover (r_valid_o[Ports-1] && m_r_ready_o);
    cover (m_b_valid_i && (32'(m_b_id_i) == Sources) && m_b_ready_o);
  end
end
`endif
