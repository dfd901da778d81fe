// The Verilated dm_sim_soc behind a C interface.
#include <cstdint>
#include <memory>

#include "verilated.h"
#include DM_HEADER
#include DM_ROOT_HEADER
#include "memory_port.h"

// Mirrors of RawIn and RawOut in soc.rs, 64-bit fields only so that there is nothing to pad.
struct SocIn {
  uint64_t posted_writes, merge_writes;
  MemoryIn memory;
};
struct SocOut {
  uint64_t uart_valid, uart_data, exit_valid, exit_code, irq;
  MemoryOut memory;
};

namespace {

struct Soc {
  VerilatedContext context;
  std::unique_ptr<DM_CLASS> top;
};

void outputs(const DM_CLASS& top, SocOut* out) {
  *out = SocOut{top.uart_valid_o, top.uart_data_o, top.exit_valid_o,
                top.exit_code_o,  top.irq_o,       request(top)};
}

}  // namespace

extern "C" {

// The inputs settle in the low half of the clock, so that outputs may depend on them; then an edge.
void dm_soc_settle(Soc* soc, const SocIn* in, SocOut* out) {
  DM_CLASS& top = *soc->top;
  top.posted_writes_i = in->posted_writes;
  top.merge_writes_i = in->merge_writes;
  answer(top, in->memory);
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
  // There is no guest but the one on the port.
  soc->top->firmware_reset_i = 0;
  soc->top->doorbell_valid_i = 0;
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
