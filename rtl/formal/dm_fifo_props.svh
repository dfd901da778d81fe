// Properties of dm_fifo, included at its end. Pushes and pops are numbered from reset, modulo
// 2^NumberBits; in every instance the pointers agree with the level.

always @(posedge clk_i) begin
  if (rst_ni) begin
    assert (32'(level_q) <= Depth);
    assert (32'(level_q) == 32'(stored_q) + 32'(ram_valid_q) + 32'(valid_q));
    assert (wptr_q == PtrBits'(rptr_q + PtrBits'(stored_q)));
    // The head is called good or bad once it was there for a cycle, and as its parity says.
    assert (!good_q || (valid_q && (^data_q)));
    assert (!bad_q || (valid_q && !(^data_q)));
  end
end

`ifdef DM_FIFO_TOP
// The caller's part, then one push, any: the pop of the same number gives its word. So words leave
// exactly once, whole, in order.
localparam int unsigned NumberBits = LevelBits + 1;

(* anyconst *) logic [NumberBits-1:0] f_number;
logic [NumberBits-1:0] f_pushed_q, f_popped_q, f_ahead;
logic [Width-1:0]      f_data_q;
logic                  f_poison_q;    // it was stored with wrong parity
logic                  f_offered;
logic [2:0]            f_wait_q;  // cycles with something inside and nothing on offer
logic                  f_was_full_q;

assign f_offered = valid_o || bad_o;
assign f_ahead = f_number - f_popped_q;  // places from the head

initial assume (!rst_ni);

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_pushed_q   <= '0;
    f_popped_q   <= '0;
    f_wait_q     <= '0;
    f_was_full_q <= 1'b0;
  end else begin
    f_pushed_q   <= f_pushed_q + NumberBits'(push_i);
    f_popped_q   <= f_popped_q + NumberBits'(pop_i);
    f_wait_q     <= ((level_o != '0) && !f_offered) ? f_wait_q + 3'd1 : 3'd0;
    f_was_full_q <= f_was_full_q || (32'(level_o) == Depth);
  end
end

always_ff @(posedge clk_i) begin
  if (push_i && (f_pushed_q == f_number)) begin
    f_data_q   <= data_i;
    f_poison_q <= poison_i;
  end
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    if (push_i) assume (32'(level_o) < Depth);
    if (pop_i) assume (f_offered);

    assert (NumberBits'(level_o) == f_pushed_q - f_popped_q);

    // A word with wrong parity is never called good, and another never bad.
    if (valid_o && (f_popped_q == f_number)) assert ((data_o == f_data_q) && !f_poison_q);
    if (bad_o && (f_popped_q == f_number)) assert (f_poison_q);
    assert (!valid_o || !bad_o);
    // After the push into an empty list, three cycles; with a word read, two; with a head, one.
    if (level_o != '0) assert (f_offered || (f_wait_q <= (valid_q ? 3'd2 : 3'(ram_valid_q))));

    // Where the word is: the output register holds the head, the memory's what follows, the memory the rest.
    if (f_ahead < NumberBits'(f_pushed_q - f_popped_q)) begin
      if (f_ahead < NumberBits'(valid_q)) begin
        assert (data_q == {~(^f_data_q) ^ f_poison_q, f_data_q});
      end else if (f_ahead < NumberBits'(valid_q) + NumberBits'(ram_valid_q)) begin
        assert (ram_q == {~(^f_data_q) ^ f_poison_q, f_data_q});
      end else begin
        assert (mem[PtrBits'(rptr_q + PtrBits'(f_ahead) - PtrBits'(valid_q) - PtrBits'(ram_valid_q))]
                == {~(^f_data_q) ^ f_poison_q, f_data_q});
      end
    end

    cover (32'(level_o) == Depth);
    cover (f_was_full_q && (level_o == '0));
    cover (f_was_full_q && push_i && pop_i && (32'(level_o) == Depth - 1));
    cover (!valid_o && (level_o != '0));
    cover (bad_o && pop_i && (32'(level_o) == Depth));
  end else begin
    assume (!push_i && !pop_i);
  end
end
`endif
