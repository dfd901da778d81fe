// Properties of dm_fence, included at its end.
//
// rst_ni is free, so the node may be reset in any cycle; memory forgets with mem_rst_ni only. One write
// burst, one source: any, so each holds for all. Bursts are numbered since memory's reset, in the order
// in which their addresses are first shown on AW, modulo 2^CountBits.

localparam int unsigned CountBits = 6;

(* anyconst *) logic [CountBits-1:0]   f_burst;
(* anyconst *) logic [SourceWidth-1:0] f_source;

// What memory was shown in the last cycle and did not take.
logic                            f_ar_wait_q, f_aw_wait_q, f_w_wait_q;
logic [AxWidth-1:0]              f_m_ar, f_m_aw, f_m_ar_q, f_m_aw_q;
logic [DataWidth+StrbWidth:0]    f_m_w, f_m_w_q;
assign f_m_ar = {m_ar_id_o, m_ar_addr_o, m_ar_len_o, m_ar_size_o, m_ar_burst_o};
assign f_m_aw = {m_aw_id_o, m_aw_addr_o, m_aw_len_o, m_aw_size_o, m_aw_burst_o};
assign f_m_w  = {m_w_data_o, m_w_strb_o, m_w_last_o};

// Memory's side: bursts shown, and sent; the length of f_burst; what is owed to f_source.
logic                            f_first, f_ar_take, f_aw_take, f_r_last, f_b_take;
logic [CountBits-1:0]            f_shown_q, f_shown, f_sent_q;
logic [7:0]                      f_len_q, f_len, f_beat_q;
logic [CountWidth-1:0]           f_reads_q, f_writes_q;
// The node's side, since its own reset: bursts that it was let show, and their data; what it waits for.
logic [CountWidth-1:0]           f_life_reads_q, f_life_writes_q;
logic                            f_ar_in_wait_q, f_aw_in_wait_q, f_w_in_wait_q, f_alive_q;
logic [AxWidth-1:0]              f_ar_in_q, f_aw_in_q;
logic [DataWidth+StrbWidth:0]    f_w_in_q;

assign f_first   = m_aw_valid_o && !f_aw_wait_q;
assign f_shown   = f_shown_q + CountBits'(f_first);
assign f_len     = (f_first && (f_shown_q == f_burst)) ? m_aw_len_o : f_len_q;
assign f_ar_take = m_ar_valid_o && m_ar_ready_i && (m_ar_id_o == f_source);
assign f_aw_take = m_aw_valid_o && m_aw_ready_i && (m_aw_id_o == f_source);
assign f_r_last  = m_r_valid_i && m_r_ready_o && m_r_last_i && (m_r_id_i == f_source);
assign f_b_take  = m_b_valid_i && m_b_ready_o && (m_b_id_i == f_source);

initial assume (!mem_rst_ni);

always_ff @(posedge clk_i or negedge mem_rst_ni) begin
  if (!mem_rst_ni) begin
    f_ar_wait_q <= 1'b0;
    f_aw_wait_q <= 1'b0;
    f_w_wait_q  <= 1'b0;
    f_m_ar_q    <= '0;
    f_m_aw_q    <= '0;
    f_m_w_q     <= '0;
    f_shown_q   <= '0;
    f_sent_q    <= '0;
    f_len_q     <= '0;
    f_beat_q    <= '0;
    f_reads_q   <= '0;
    f_writes_q  <= '0;
  end else begin
    f_ar_wait_q <= m_ar_valid_o && !m_ar_ready_i;
    f_aw_wait_q <= m_aw_valid_o && !m_aw_ready_i;
    f_w_wait_q  <= m_w_valid_o && !m_w_ready_i;
    f_m_ar_q    <= f_m_ar;
    f_m_aw_q    <= f_m_aw;
    f_m_w_q     <= f_m_w;
    f_shown_q   <= f_shown;
    f_len_q     <= f_len;
    if (m_w_valid_o && m_w_ready_i) begin
      f_beat_q <= m_w_last_o ? 8'd0 : f_beat_q + 8'd1;
      f_sent_q <= f_sent_q + CountBits'(m_w_last_o);
    end
    f_reads_q  <= f_reads_q + CountWidth'(f_ar_take) - CountWidth'(f_r_last && (f_reads_q != '0));
    f_writes_q <= f_writes_q + CountWidth'(f_aw_take) - CountWidth'(f_b_take && (f_writes_q != '0));
  end
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_life_reads_q  <= '0;
    f_life_writes_q <= '0;
    f_ar_in_wait_q  <= 1'b0;
    f_aw_in_wait_q  <= 1'b0;
    f_w_in_wait_q   <= 1'b0;
    f_ar_in_q       <= '0;
    f_aw_in_q       <= '0;
    f_w_in_q        <= '0;
    f_alive_q       <= 1'b0;
  end else begin
    f_life_reads_q  <= f_life_reads_q
                       + CountWidth'(ar_valid_i && ar_ready_o && (ar_id_i == f_source))
                       - CountWidth'(r_valid_o && r_ready_i && m_r_last_i && (m_r_id_i == f_source));
    f_life_writes_q <= f_life_writes_q
                       + CountWidth'(aw_valid_i && aw_ready_o && (aw_id_i == f_source))
                       - CountWidth'(b_valid_o && b_ready_i && (m_b_id_i == f_source));
    f_ar_in_wait_q  <= ar_valid_i && !ar_ready_o;
    f_aw_in_wait_q  <= aw_valid_i && !aw_ready_o;
    f_w_in_wait_q   <= w_valid_i && !w_ready_o;
    f_ar_in_q       <= {ar_id_i, ar_addr_i, ar_len_i, ar_size_i, ar_burst_i};
    f_aw_in_q       <= {aw_id_i, aw_addr_i, aw_len_i, aw_size_i, aw_burst_i};
    f_w_in_q        <= {w_data_i, w_strb_i, w_last_i};
    f_alive_q       <= 1'b1;
  end
end

always @(posedge clk_i) begin
  assume (32'(f_source) < Sources);
  // Memory's reset resets the node.
  if (!mem_rst_ni) assume (!rst_ni);

  // The node: shows nothing in reset; stable until ready; data for what it has shown, as long as that says;
  // few enough bursts.
  if (!rst_ni) begin
    assume (!ar_valid_i && !aw_valid_i && !w_valid_i);
  end else begin
    if (f_ar_in_wait_q) begin
      assume (ar_valid_i && ({ar_id_i, ar_addr_i, ar_len_i, ar_size_i, ar_burst_i} == f_ar_in_q));
    end
    if (f_aw_in_wait_q) begin
      assume (aw_valid_i && ({aw_id_i, aw_addr_i, aw_len_i, aw_size_i, aw_burst_i} == f_aw_in_q));
    end
    if (f_w_in_wait_q) assume (w_valid_i && ({w_data_i, w_strb_i, w_last_i} == f_w_in_q));
    if (ar_valid_i) assume (32'(ar_id_i) < Sources);
    if (aw_valid_i) assume (32'(aw_id_i) < Sources);
    if (!closed_q) begin
      if (aw_valid_i && !aw_hold_q) assume (32'(shown_q - sent_q) < Sources);
      if (w_valid_i) begin
        assume (f_shown != f_sent_q);
        assume (w_last_i == (beat_q == ((shown_q == sent_q) ? aw_len_i
                                                            : len_mem[sent_q[IndexWidth-1:0]])));
      end
    end
    for (int unsigned s = 0; s < Sources; s++) begin
      if (ar_of[s]) assume (32'(reads_q[s*CountWidth +: CountWidth]) < Outstanding);
      if (aw_of[s]) assume (32'(writes_q[s*CountWidth +: CountWidth]) < Outstanding);
    end
  end

  // What is promised to memory, across resets of the node.
  if (mem_rst_ni) begin
    // Valid and stable until ready.
    if (f_ar_wait_q) assert (m_ar_valid_o && (f_m_ar == f_m_ar_q));
    if (f_aw_wait_q) assert (m_aw_valid_o && (f_m_aw == f_m_aw_q));
    if (f_w_wait_q) assert (m_w_valid_o && (f_m_w == f_m_w_q));
    // Data for bursts that were shown, each as long as its address says.
    if (m_w_valid_o) begin
      assert (f_shown != f_sent_q);
      if (f_sent_q == f_burst) assert (m_w_last_o == (f_beat_q == f_len));
    end
    // After a reset of the node nothing is written that was not on the bus before.
    if (closed_q && m_w_valid_o && !f_w_wait_q) assert (m_w_strb_o == '0);
    // Every answer to a life that is over is taken at once.
    if (closed_q) assert (m_r_ready_o && m_b_ready_o);
    // No new address while it is closed.
    if (closed_q) assert ((m_ar_valid_o == f_ar_wait_q) && (m_aw_valid_o == f_aw_wait_q));
  end

  // What is promised to the node.
  if (rst_ni) begin
    // Open: nothing is added and nothing is late.
    if (open_o) begin
      assert ((m_ar_valid_o == ar_valid_i) && (ar_ready_o == m_ar_ready_i));
      assert ((m_aw_valid_o == aw_valid_i) && (aw_ready_o == m_aw_ready_i));
      assert ((m_w_valid_o == w_valid_i) && (w_ready_o == m_w_ready_i));
      if (ar_valid_i) assert (f_m_ar == {ar_id_i, ar_addr_i, ar_len_i, ar_size_i, ar_burst_i});
      if (aw_valid_i) assert (f_m_aw == {aw_id_i, aw_addr_i, aw_len_i, aw_size_i, aw_burst_i});
      if (w_valid_i) assert (f_m_w == {w_data_i, w_strb_i, w_last_i});
      // All that memory owes is this life's.
      assert ((f_reads_q == f_life_reads_q) && (f_writes_q == f_life_writes_q));
    end else begin
      assert (!ar_ready_o && !aw_ready_o && !w_ready_o && !r_valid_o && !b_valid_o);
      assert ((f_life_reads_q == '0) && (f_life_writes_q == '0));
    end
    // An answer comes only to who waits for it in this life, whatever memory does; each other is told.
    if (r_valid_o && (m_r_id_i == f_source)) assert (f_life_reads_q != '0);
    if (b_valid_o && (m_b_id_i == f_source)) assert (f_life_writes_q != '0);
    if (open_o && m_r_valid_i && (m_r_id_i == f_source) && (f_life_reads_q != '0)) begin
      assert (r_valid_o && (m_r_ready_o == r_ready_i));
    end
    if (open_o && m_b_valid_i && (m_b_id_i == f_source) && (f_life_writes_q != '0)) begin
      assert (b_valid_o && (m_b_ready_o == b_ready_i));
    end
    if (m_r_valid_i && (m_r_id_i == f_source) && (f_reads_q == '0)) assert (m_r_ready_o && (ev_stray_o != '0));
    if (m_b_valid_i && (m_b_id_i == f_source) && (f_writes_q == '0)) assert (m_b_ready_o && (ev_stray_o != '0));
    // It never closes but by a reset, and while it is closed it shows what it waits for: an address or
    // data on the bus, or an answer. So a memory that works opens it.
    if (f_alive_q && closed_q) begin
      assert (closed_d == (m_ar_valid_o || m_aw_valid_o || m_w_valid_o || (reading_q != '0)
                           || (writing_q != '0)));
    end
    if (!closed_q) assert (!closed_d);
  end

  // What makes that inductive: the registers in terms of the counts.
  if (mem_rst_ni) begin
    assert (ar_hold_q == f_ar_wait_q);
    assert (aw_hold_q == f_aw_wait_q);
    assert (w_hold_q == f_w_wait_q);
    if (ar_hold_q) assert ((ar_q == f_m_ar_q) && (32'(ar_q[AxWidth-1 -: SourceWidth]) < Sources));
    if (aw_hold_q) assert ((aw_q == f_m_aw_q) && (32'(aw_q[AxWidth-1 -: SourceWidth]) < Sources));
    if (w_hold_q) begin
      assert ({w_data_q, w_strb_q, w_last_q} == f_m_w_q);
      assert (shown_q != sent_q);
      assert (w_last_q == (beat_q == len_mem[sent_q[IndexWidth-1:0]]));
    end
    assert (beat_q == f_beat_q);
    assert ((shown_q == sent_q) == (f_shown_q == f_sent_q));
    assert ((IndexWidth + 1)'(shown_q - sent_q) == (IndexWidth + 1)'(f_shown_q - f_sent_q));
    assert (CountBits'(f_shown_q - f_sent_q) <= CountBits'(Sources));
    assert ((IndexWidth + 1)'(f_sent_q) == sent_q);
    if (CountBits'(f_burst - f_sent_q) < CountBits'(f_shown_q - f_sent_q)) begin
      assert (len_mem[IndexWidth'(f_burst)] == f_len_q);
    end
    if (shown_q == sent_q) assert (beat_q == '0);
    else assert (beat_q <= len_mem[sent_q[IndexWidth-1:0]]);
    for (int unsigned s = 0; s < Sources; s++) begin
      assert (reading_q[s] == (reads_q[s*CountWidth +: CountWidth] != '0));
      assert (writing_q[s] == (writes_q[s*CountWidth +: CountWidth] != '0));
      assert (32'(reads_q[s*CountWidth +: CountWidth]) <= Outstanding);
      assert (32'(writes_q[s*CountWidth +: CountWidth]) <= Outstanding);
      if (32'(f_source) == s) begin
        assert (reads_q[s*CountWidth +: CountWidth] == f_reads_q);
        assert (writes_q[s*CountWidth +: CountWidth] == f_writes_q);
      end
    end
    // While it is open, what is held is what the node still shows.
    if (rst_ni && !closed_q) begin
      assert (!ar_hold_q || (f_ar_in_wait_q && (ar_q == f_ar_in_q)));
      assert (!aw_hold_q || (f_aw_in_wait_q && (aw_q == f_aw_in_q)));
      assert (!w_hold_q || (f_w_in_wait_q && ({w_data_q, w_strb_q, w_last_q} == f_w_in_q)));
    end
  end
  if (!rst_ni) assert (closed_q);
end

// The interesting states are reached: each with a reset that comes in the middle of something.
`ifdef DM_COVER
logic [2:0] f_lives_q;
logic       f_cut_q, f_held_ar_q, f_swallowed_q, f_two_cut_q;

always_ff @(posedge clk_i or negedge mem_rst_ni) begin
  if (!mem_rst_ni) begin
    f_lives_q     <= '0;
    f_cut_q       <= 1'b0;
    f_held_ar_q   <= 1'b0;
    f_swallowed_q <= 1'b0;
    f_two_cut_q   <= 1'b0;
  end else begin
    if (closed_q && !closed_d && rst_ni && (f_lives_q != 3'd7)) f_lives_q <= f_lives_q + 3'd1;
    f_cut_q       <= f_cut_q || (filling && !w_hold_q && (beat_q != '0));
    f_two_cut_q   <= f_two_cut_q || (filling && ((IndexWidth + 1)'(shown_q - sent_q) == (IndexWidth + 1)'(2)));
    f_held_ar_q   <= f_held_ar_q || (rst_ni && closed_q && ar_hold_q && ar_valid_i);
    f_swallowed_q <= f_swallowed_q || (closed_q && m_r_valid_i && r_awaited && m_b_valid_i && b_awaited);
  end
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    cover (open_o && (f_lives_q == 3'd2) && f_cut_q);
    cover (open_o && f_two_cut_q);
    cover (open_o && f_held_ar_q);
    cover (open_o && f_swallowed_q && r_valid_o);
    cover (ev_stray_o == 2'd2);
    cover (open_o && (32'(shown_q - sent_q) == Sources));
    cover (open_o && (f_lives_q == 3'd2) && b_valid_o && (m_b_id_i == SourceWidth'(Sources - 1)));
  end
end
`endif
