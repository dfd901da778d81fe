// One Verilated dm_node behind a C interface; compiled once for each parameter set with
//   DM_CLASS   the Verilated class
//   DM_SYM(x)  the set's own name of the exported function x
//   DM_STATE   a file of STATE(signal) lines, one for each register of state.txt; absent in the build
//              that is made for speed, which has neither state, assertions nor waveforms
#include <cstdint>
#include <cstring>
#include <memory>

#include "verilated.h"
#include DM_HEADER
#ifdef DM_STATE
#include DM_ROOT_HEADER
#include "verilated_fst_c.h"
#endif

// Mirrors of RawIn and RawOut in node.rs, 64-bit fields only so that there is nothing to pad.
struct In {
  uint64_t aw_valid, aw_addr, w_valid, w_data, w_strb, b_ready, ar_valid, ar_addr, r_ready;
  uint64_t m_aw_ready, m_w_ready, m_b_valid, m_b_id, m_b_resp;
};
struct Out {
  uint64_t aw_ready, w_ready, b_valid, b_resp, ar_ready, r_valid, r_data, r_resp, irq;
  uint64_t m_aw_valid, m_aw_id, m_aw_addr, m_aw_len, m_aw_size, m_aw_burst;
  uint64_t m_w_valid, m_w_last, m_w_strb, m_b_ready, m_w_data[8];
};

namespace {

struct Sim {
  VerilatedContext context;
  std::unique_ptr<DM_CLASS> top;
#ifdef DM_STATE
  std::unique_ptr<VerilatedFstC> trace;
#endif
};

template <typename T> void put(uint64_t* to, const T& from) { *to = from; }
template <std::size_t N> void put(uint64_t* to, const VlWide<N>& from) {
  std::memcpy(to, from.data(), N * sizeof(uint32_t));
}

void eval(Sim* sim) {
#ifdef DM_STATE
  // Assertions report to the context made last; each simulation must hear its own.
  Verilated::threadContextp(&sim->context);
#endif
  sim->top->eval();
#ifdef DM_STATE
  if (sim->trace) sim->trace->dump(sim->context.time());
#endif
  sim->context.timeInc(1);
}

}  // namespace

extern "C" {

void DM_SYM(outputs)(Sim* sim, Out* out) {
  DM_CLASS& top = *sim->top;
  out->aw_ready = top.s_axil_awready_o;
  out->w_ready = top.s_axil_wready_o;
  out->b_valid = top.s_axil_bvalid_o;
  out->b_resp = top.s_axil_bresp_o;
  out->ar_ready = top.s_axil_arready_o;
  out->r_valid = top.s_axil_rvalid_o;
  out->r_data = top.s_axil_rdata_o;
  out->r_resp = top.s_axil_rresp_o;
  out->irq = top.irq_o;
  out->m_aw_valid = top.m_axi_awvalid_o;
  out->m_aw_id = top.m_axi_awid_o;
  out->m_aw_addr = top.m_axi_awaddr_o;
  out->m_aw_len = top.m_axi_awlen_o;
  out->m_aw_size = top.m_axi_awsize_o;
  out->m_aw_burst = top.m_axi_awburst_o;
  out->m_w_valid = top.m_axi_wvalid_o;
  out->m_w_last = top.m_axi_wlast_o;
  out->m_w_strb = top.m_axi_wstrb_o;
  out->m_b_ready = top.m_axi_bready_o;
  put(out->m_w_data, top.m_axi_wdata_o);
}

// One clock edge: the inputs settle, the clock rises and falls.
void DM_SYM(clock)(Sim* sim, const In* in, Out* out) {
  DM_CLASS& top = *sim->top;
  top.s_axil_awvalid_i = in->aw_valid;
  top.s_axil_awaddr_i = in->aw_addr;
  top.s_axil_wvalid_i = in->w_valid;
  top.s_axil_wdata_i = in->w_data;
  top.s_axil_wstrb_i = in->w_strb;
  top.s_axil_bready_i = in->b_ready;
  top.s_axil_arvalid_i = in->ar_valid;
  top.s_axil_araddr_i = in->ar_addr;
  top.s_axil_rready_i = in->r_ready;
  top.m_axi_awready_i = in->m_aw_ready;
  top.m_axi_wready_i = in->m_w_ready;
  top.m_axi_bvalid_i = in->m_b_valid;
  top.m_axi_bid_i = in->m_b_id;
  top.m_axi_bresp_i = in->m_b_resp;
  top.clk_i = 1;
  eval(sim);
  top.clk_i = 0;
  eval(sim);
  DM_SYM(outputs)(sim, out);
}

void DM_SYM(reset)(Sim* sim, Out* out) {
  DM_CLASS& top = *sim->top;
  top.rst_ni = 0;
  top.clk_i = 0;
  eval(sim);
  top.rst_ni = 1;
  eval(sim);
  DM_SYM(outputs)(sim, out);
}

Sim* DM_SYM(new)() {
  auto* sim = new Sim;
  // A failing assertion is counted and reported by the caller, never an exit of the process.
  sim->context.fatalOnError(false);
  sim->context.errorLimit(1 << 30);
#ifdef DM_STATE
  sim->context.traceEverOn(true);
#endif
  sim->top = std::make_unique<DM_CLASS>(&sim->context, "dm_node");
  // Out of reset first, so that entering it is an edge.
  sim->top->rst_ni = 1;
  sim->top->eval();
  return sim;
}

void DM_SYM(delete)(Sim* sim) {
  // Its scopes are taken out of the thread's context, which must be its own and not one that is gone.
  Verilated::threadContextp(&sim->context);
#ifdef DM_STATE
  if (sim->trace) sim->trace->close();
#endif
  sim->top->final();
  delete sim;
}

#ifdef DM_STATE

uint64_t DM_SYM(errors)(Sim* sim) { return sim->context.errorCount(); }

void DM_SYM(state)(Sim* sim, uint64_t* to) {
#define STATE(signal) put(to++, sim->top->rootp->signal);
#include DM_STATE
#undef STATE
}

uint8_t DM_SYM(guard)(Sim* sim, uint32_t frame) {
  return sim->top->rootp->dm_node__DOT__u_frames__DOT__guard_mem[frame];
}

void DM_SYM(trace)(Sim* sim, const char* path) {
  Verilated::threadContextp(&sim->context);
  sim->trace = std::make_unique<VerilatedFstC>();
  sim->top->trace(sim->trace.get(), 99);
  sim->trace->open(path);
}

#endif

}  // extern "C"
