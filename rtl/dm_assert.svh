// Assertions that simulation, lint and proofs share. They are left out of synthesis.
//
// DM_AWAKE, once in a module and before the others: `awake_q`, the block has seen a clock edge out of
//   reset. It begins low, so that an edge before the first reset asserts nothing of random registers.
// DM_ASSERT(Name, Condition): holds at every edge at which the block is awake. Name says the rule.
`ifndef DM_ASSERT_SVH
`define DM_ASSERT_SVH

`ifdef SYNTHESIS
`define DM_AWAKE
`define DM_ASSERT(Name, Condition)
`else
`define DM_AWAKE \
  logic awake_q; \
  initial awake_q = 1'b0; \
  always @(posedge clk_i or negedge rst_ni) begin \
    if (!rst_ni) awake_q <= 1'b0; \
    else awake_q <= 1'b1; \
  end
`define DM_ASSERT(Name, Condition) \
  always @(posedge clk_i) begin \
    if (awake_q) Name: assert (Condition); \
  end
`endif

`endif
