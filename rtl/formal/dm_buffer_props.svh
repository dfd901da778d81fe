// Properties of dm_buffer, included at its end.
//
// One word, any: one that is pushed when f_choose says so. f_ahead_q is how many words stand before it.
// f_sure is how many words, the oldest, are offered one after the other without a gap.

`ifndef DM_BUFFER_CALLER
`define DM_BUFFER_CALLER assume
`endif

localparam int unsigned F_Bits = $clog2(Front + Back + 2) + 1;

(* anyseq *) logic f_choose;

logic              f_here_q, f_done_q;  // the word is inside; one has been
logic [F_Bits-1:0] f_ahead_q;
logic [Width-1:0]  f_word_q;
logic [F_Bits-1:0] f_inside, f_inside_q, f_sure;
logic [F_Bits-1:0] f_one_q, f_two_q;    // words inside one and two cycles ago, less those gone since
logic              f_take, f_push, f_pop;
logic [F_Bits-1:0] f_sure_was_q;
logic              f_started_q, f_stayed_q, f_ran_q, f_popped_q, f_direct_q;

initial f_started_q = 1'b0;

assign f_push   = push_i && !through;
assign f_pop    = pop_i && !through;
assign f_take   = f_push && f_choose && !f_here_q;
assign f_inside = F_Bits'(front_q) + F_Bits'(ram_valid_q) + F_Bits'(stored_q);
assign f_sure   = (32'(claim_q) + 1 < Front) ? F_Bits'(front_q) : f_inside_q;

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_here_q   <= 1'b0;
    f_done_q   <= 1'b0;
    f_ahead_q  <= '0;
    f_inside_q <= '0;
    f_one_q    <= '0;
    f_two_q    <= '0;
  end else begin
    f_inside_q <= f_inside_q + F_Bits'(f_push) - F_Bits'(f_pop);
    f_one_q    <= f_inside_q - F_Bits'(f_pop && (f_inside_q != '0));
    f_two_q    <= f_one_q - F_Bits'(f_pop && (f_one_q != '0));
    if (f_take) begin
      f_here_q  <= 1'b1;
      f_ahead_q <= f_inside_q - F_Bits'(f_pop);
    end else if (f_here_q && f_pop) begin
      if (f_ahead_q == '0) begin
        f_here_q <= 1'b0;
        f_done_q <= 1'b1;
      end else begin
        f_ahead_q <= f_ahead_q - F_Bits'(1);
      end
    end
  end
end

always_ff @(posedge clk_i) begin
  f_started_q <= 1'b1;
  if (f_take) f_word_q <= data_i;
  f_stayed_q   <= rst_ni && valid_o && !pop_i;
  f_ran_q      <= rst_ni;
  f_popped_q   <= f_pop;
  f_direct_q   <= rst_ni && direct_o;
  f_sure_was_q <= f_sure;
end

always @(posedge clk_i) begin
  if (!f_started_q) assume (!rst_ni);
  if (rst_ni) begin
    // The caller's part.
    if (push_i && !through) `DM_BUFFER_CALLER (room_o);
    if (pop_i) `DM_BUFFER_CALLER (valid_o);

    // The word is offered in its turn, as it came.
    if (f_here_q && (f_ahead_q == '0) && valid_o) assert (data_o == f_word_q);
    if (through) assert (push_i && (data_o == data_i) && (f_inside_q == '0));
    if (valid_o) assert ((f_inside_q != '0) || ((Pass != 0) && push_i));
    // Three cycles after it came nothing but words before it keeps it from being offered, and in the next
    // cycle if it went to the front.
    if (f_sure != '0) assert (valid_o);
    assert (f_two_q <= f_sure);
    if (f_ran_q) assert (f_sure + F_Bits'(f_popped_q) >= f_sure_was_q);
    if (f_direct_q) assert (f_sure == f_inside_q);
    if (f_stayed_q && (f_inside_q != '0)) assert (valid_o);
    // What goes to the front has only the front before it.
    if (direct_o) assert (f_inside_q == F_Bits'(front_q));
    // There is room for all that the back can hold.
    if (!room_o) assert (32'(f_inside_q) >= ((Back == 0) ? Front : Back));

    // What makes that inductive.
    assert (f_inside_q == f_inside);
    assert (32'(front_q) <= Front);
    assert (32'(claim_q) <= Front);
    assert (32'(stored_q) <= Back);
    assert (claim_q == front_q + (FrontBits + 1)'(ram_valid_q));
    assert (FrontBits'(fwptr_q - frptr_q) == FrontBits'(front_q));
    if (Back != 0) assert (BackBits'(bwptr_q - brptr_q) == BackBits'(stored_q));
    else assert ((stored_q == '0) && !ram_valid_q);
    // Where the word is.
    if (f_here_q) begin
      assert (f_ahead_q < f_inside_q);
      if (f_ahead_q < F_Bits'(front_q)) assert (front_mem[frptr_q + FrontBits'(f_ahead_q)] == f_word_q);
      else if (ram_valid_q && (f_ahead_q == F_Bits'(front_q))) assert (ram_word == f_word_q);
    end
    // Words wait in the back only while the front is full, or for one cycle.
    if (stored_q > (BackBits + 1)'(1)) assert (32'(claim_q) + 1 >= Front);
    assert ((f_one_q <= f_inside_q) && (f_two_q <= f_one_q));
    if (32'(claim_q) + 1 < Front) begin
      assert (f_one_q <= F_Bits'(front_q) + F_Bits'(ram_valid_q));
      assert (f_two_q <= F_Bits'(front_q));
    end

`ifdef DM_BUFFER_TOP
    cover (f_here_q && (f_ahead_q == '0) && pop_i && (stored_q != '0));
    cover (!room_o && (front_q != '0));
    cover (ram_valid_q && empty);
    if (Pass != 0) cover (through && f_done_q);
    cover (f_done_q && (f_inside_q == '0));
`endif
  end
end

// A word in the back: where it is.
if (Back != 0) begin : gen_f_back
  logic [F_Bits-1:0] f_place;
  assign f_place = f_ahead_q - F_Bits'(front_q) - F_Bits'(ram_valid_q);
  always @(posedge clk_i) begin
    if (rst_ni && f_here_q && (f_ahead_q >= F_Bits'(front_q) + F_Bits'(ram_valid_q))) begin
      assert (gen_back.back_mem[brptr_q + BackBits'(f_place)] == f_word_q);
    end
  end
end
