// The Verilated dm_sim_soc behind a C interface.
#include <cstdint>
#include <memory>

#include "verilated.h"
#include DM_HEADER
#include DM_ROOT_HEADER

// Mirrors of RawIn and RawOut in soc.rs, 64-bit fields only so that there is nothing to pad.
struct SocIn {
  uint64_t posted_writes, merge_writes;
  uint64_t aw_ready, w_ready, b_valid, b_id, b_resp;
  uint64_t ar_ready, r_valid, r_id, r_resp, r_last, r_data;
};
struct SocOut {
  uint64_t uart_valid, uart_data, exit_valid, exit_code, irq;
  uint64_t aw_valid, aw_id, aw_addr, aw_len, aw_size, aw_burst;
  uint64_t w_valid, w_last, w_strb, w_data, b_ready;
  uint64_t ar_valid, ar_id, ar_addr, ar_len, ar_size, ar_burst, r_ready;
};

namespace {

struct Soc {
  VerilatedContext context;
  std::unique_ptr<DM_CLASS> top;
};

void outputs(const DM_CLASS& top, SocOut* out) {
  *out = SocOut{
      top.uart_valid_o,   top.uart_data_o,    top.exit_valid_o,    top.exit_code_o,
      top.irq_o,          top.m_axi_awvalid_o, top.m_axi_awid_o,   top.m_axi_awaddr_o,
      top.m_axi_awlen_o,  top.m_axi_awsize_o, top.m_axi_awburst_o, top.m_axi_wvalid_o,
      top.m_axi_wlast_o,  top.m_axi_wstrb_o,  top.m_axi_wdata_o,   top.m_axi_bready_o,
      top.m_axi_arvalid_o, top.m_axi_arid_o,  top.m_axi_araddr_o,  top.m_axi_arlen_o,
      top.m_axi_arsize_o, top.m_axi_arburst_o, top.m_axi_rready_o};
}

}  // namespace

extern "C" {

// The inputs settle in the low half of the clock, so that outputs may depend on them; then an edge.
void dm_soc_settle(Soc* soc, const SocIn* in, SocOut* out) {
  DM_CLASS& top = *soc->top;
  top.posted_writes_i = in->posted_writes;
  top.merge_writes_i = in->merge_writes;
  top.m_axi_awready_i = in->aw_ready;
  top.m_axi_wready_i = in->w_ready;
  top.m_axi_bvalid_i = in->b_valid;
  top.m_axi_bid_i = in->b_id;
  top.m_axi_bresp_i = in->b_resp;
  top.m_axi_arready_i = in->ar_ready;
  top.m_axi_rvalid_i = in->r_valid;
  top.m_axi_rid_i = in->r_id;
  top.m_axi_rresp_i = in->r_resp;
  top.m_axi_rlast_i = in->r_last;
  top.m_axi_rdata_i = in->r_data;
  Verilated::threadContextp(&soc->context);
  top.clk_i = 0;
  top.eval();
  outputs(top, out);
}

void dm_soc_edge(Soc* soc) {
  soc->top->clk_i = 1;
  soc->top->eval();
  soc->context.timeInc(1);
}

void dm_soc_reset(Soc* soc) {
  soc->top->rst_ni = 0;
  soc->top->clk_i = 0;
  soc->top->eval();
  soc->top->rst_ni = 1;
  soc->top->eval();
}

Soc* dm_soc_new() {
  auto* soc = new Soc;
  soc->context.fatalOnError(false);
  soc->context.errorLimit(1 << 30);
  soc->top = std::make_unique<DM_CLASS>(&soc->context, "dm_sim_soc");
  soc->top->rst_ni = 1;
  soc->top->eval();
  return soc;
}

void dm_soc_delete(Soc* soc) {
  // See node.cpp.
  Verilated::threadContextp(&soc->context);
  soc->top->final();
  delete soc;
}

uint64_t dm_soc_errors(Soc* soc) { return soc->context.errorCount(); }

// Arrays that the simulation shares with the SoC: 0 RAM, 1 frame list, 2 mailbox.
uint32_t* dm_soc_array(Soc* soc, uint32_t which) {
  auto* root = soc->top->rootp;
  switch (which) {
    case 0: return &root->dm_sim_soc__DOT__ram_q[0];
    case 1: return &root->dm_sim_soc__DOT__list_q[0];
    default: return &root->dm_sim_soc__DOT__mailbox_q[0];
  }
}

}  // extern "C"
