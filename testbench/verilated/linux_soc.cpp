// The Verilated dm_linux_soc behind a C interface.
//   DM_TAGS    a file of TAGS(bank, column, signal) lines, one for each memory of the tag table
#include <algorithm>
#include <cstdint>
#include <memory>

#include "verilated.h"
#include DM_HEADER
#include DM_ROOT_HEADER
#include "memory_port.h"

#define HYPER(name) dm_linux_soc__DOT__u_hyper__DOT__##name
#define NODE(name) HYPER(u_node__DOT__##name)
#define GUEST(name) dm_linux_soc__DOT__u_guest__DOT__##name

// Mirrors of the structs in linux/soc.rs, 64-bit fields only so that there is nothing to pad.
struct LinuxIn {
  uint64_t direct, firmware_reset;
  MemoryIn memory;
};
// What handshakes on the guest's port in this cycle: write address and data, response, read address, data; and whether
// the core waits for memory, and reads for data rather than for instructions.
struct GuestPort {
  uint64_t aw, aw_addr, w, w_data, w_strb, b, b_resp;
  uint64_t ar, ar_addr, r, r_data, r_resp, r_last;
  uint64_t waits, data;
};
struct LinuxOut {
  uint64_t uart_valid, uart_data, exit_valid, exit_code;
  uint64_t running, guest_uart_valid, guest_uart_data, mark_valid, mark;
  uint64_t error_valid, error_posted, error_addr;
  uint64_t rung, rung_addr;  // this page of the guest's was cleared
  MemoryOut memory;
  GuestPort guest;
};
// All that crosses the node's ports: what it is driven with, and what it drives.
struct NodeIo {
  uint64_t aw_valid, aw_addr, w_valid, w_data, w_strb, b_ready, ar_valid, ar_addr, r_ready;
  uint64_t aw_ready, w_ready, b_valid, b_resp, ar_ready, r_valid, r_data, r_resp, irq;
  MemoryIn memory_in;
  MemoryOut memory_out;
  uint64_t g_aw_valid, g_aw_addr, g_w_valid, g_w_data, g_w_strb;
  uint64_t g_ar_valid, g_ar_addr, g_ar_len, g_r_ready;
  uint64_t g_aw_ready, g_w_ready, g_b_valid, g_b_resp;
  uint64_t g_ar_ready, g_r_valid, g_r_data, g_r_resp, g_r_last;
};

namespace {

struct Soc {
  VerilatedContext context;
  std::unique_ptr<DM_CLASS> top;
  uint32_t peak = 0;
};

}  // namespace

extern "C" {

// The inputs settle in the low half of the clock, so that outputs may depend on them; then an edge.
void dm_linux_settle(Soc* soc, const LinuxIn* in, LinuxOut* out) {
  DM_CLASS& top = *soc->top;
  top.direct_i = in->direct;
  top.firmware_reset_i = in->firmware_reset;
  answer(top, in->memory);
  Verilated::threadContextp(&soc->context);
  top.clk_i = 0;
  top.eval();
  const auto* root = top.rootp;
  const bool aw = root->GUEST(m_axi_awvalid_o) && root->GUEST(m_axi_awready_i);
  const bool w = root->GUEST(m_axi_wvalid_o) && root->GUEST(m_axi_wready_i);
  const bool ar = root->GUEST(m_axi_arvalid_o) && root->GUEST(m_axi_arready_i);
  const bool r = root->GUEST(m_axi_rvalid_i) && root->GUEST(m_axi_rready_o);
  *out = LinuxOut{
      top.uart_valid_o,
      top.uart_data_o,
      top.exit_valid_o,
      top.exit_code_o,
      top.guest_running_o,
      top.guest_uart_valid_o,
      top.guest_uart_data_o,
      top.guest_mark_valid_o,
      top.guest_mark_o,
      top.guest_error_valid_o,
      top.guest_error_posted_o,
      top.guest_error_addr_o,
      root->GUEST(doorbell_valid_o) && root->GUEST(doorbell_ready_i) && !root->GUEST(doorbell_err_i),
      root->GUEST(doorbell_addr_o),
      request(top),
      {aw, root->GUEST(m_axi_awaddr_o), w, root->GUEST(m_axi_wdata_o), root->GUEST(m_axi_wstrb_o),
       root->GUEST(m_axi_bvalid_i), root->GUEST(m_axi_bresp_i), ar, root->GUEST(m_axi_araddr_o), r,
       root->GUEST(m_axi_rdata_i), root->GUEST(m_axi_rresp_i), root->GUEST(m_axi_rlast_i),
       root->GUEST(mem_stb) && !root->GUEST(mem_ack), root->GUEST(data)}};
}

void dm_linux_edge(Soc* soc) {
  soc->top->clk_i = 1;
  soc->top->eval();
  soc->context.timeInc(1);
  soc->peak = std::max<uint32_t>(soc->peak, soc->top->rootp->NODE(u_frames__DOT__mapped_q));
}

void dm_linux_node(Soc* soc, NodeIo* io) {
  const auto* root = soc->top->rootp;
#define N(name) root->NODE(name)
  *io = NodeIo{
      N(s_axil_awvalid_i), N(s_axil_awaddr_i), N(s_axil_wvalid_i), N(s_axil_wdata_i),
      N(s_axil_wstrb_i), N(s_axil_bready_i), N(s_axil_arvalid_i), N(s_axil_araddr_i),
      N(s_axil_rready_i), N(s_axil_awready_o), N(s_axil_wready_o), N(s_axil_bvalid_o),
      N(s_axil_bresp_o), N(s_axil_arready_o), N(s_axil_rvalid_o), N(s_axil_rdata_o),
      N(s_axil_rresp_o), N(irq_o),
      {N(m_axi_awready_i), N(m_axi_wready_i), N(m_axi_bvalid_i), N(m_axi_bid_i), N(m_axi_bresp_i),
       N(m_axi_arready_i), N(m_axi_rvalid_i), N(m_axi_rid_i), N(m_axi_rresp_i), N(m_axi_rlast_i),
       N(m_axi_rdata_i)},
      {N(m_axi_awvalid_o), N(m_axi_awid_o), N(m_axi_awaddr_o), N(m_axi_awlen_o), N(m_axi_awsize_o),
       N(m_axi_awburst_o), N(m_axi_wvalid_o), N(m_axi_wlast_o), N(m_axi_wstrb_o), N(m_axi_wdata_o),
       N(m_axi_bready_o), N(m_axi_arvalid_o), N(m_axi_arid_o), N(m_axi_araddr_o), N(m_axi_arlen_o),
       N(m_axi_arsize_o), N(m_axi_arburst_o), N(m_axi_rready_o)},
      N(s_axi_awvalid_i), N(s_axi_awaddr_i), N(s_axi_wvalid_i), N(s_axi_wdata_i), N(s_axi_wstrb_i),
      N(s_axi_arvalid_i), N(s_axi_araddr_i), N(s_axi_arlen_i), N(s_axi_rready_i),
      N(s_axi_awready_o), N(s_axi_wready_o), N(s_axi_bvalid_o), N(s_axi_bresp_o),
      N(s_axi_arready_o), N(s_axi_rvalid_o), N(s_axi_rdata_o), N(s_axi_rresp_o), N(s_axi_rlast_o)};
#undef N
}

void dm_linux_reset(Soc* soc) {
  soc->top->rst_ni = 0;
  soc->top->clk_i = 0;
  soc->top->eval();
  soc->top->rst_ni = 1;
  soc->top->eval();
}

Soc* dm_linux_new() {
  auto* soc = new Soc;
  soc->context.fatalOnError(false);
  soc->context.errorLimit(1 << 30);
  soc->top = std::make_unique<DM_CLASS>(&soc->context, "dm_linux_soc");
  soc->top->rst_ni = 1;
  soc->top->eval();
  return soc;
}

void dm_linux_delete(Soc* soc) {
  // See node.cpp.
  Verilated::threadContextp(&soc->context);
  soc->top->final();
  delete soc;
}

uint64_t dm_linux_errors(Soc* soc) { return soc->context.errorCount(); }

// Arrays that the simulation shares with the SoC: 0 RAM, 1 mailbox, 2 the guest's boot ROM, 3 its flash.
uint32_t* dm_linux_array(Soc* soc, uint32_t which) {
  auto* root = soc->top->rootp;
  switch (which) {
    case 0: return &root->HYPER(ram_q)[0];
    case 1: return &root->HYPER(mailbox_q)[0];
    case 2: return &root->GUEST(rom_q)[0];
    default: return &root->GUEST(flash_q)[0];
  }
}

uint32_t dm_linux_pc(Soc* soc) { return soc->top->rootp->GUEST(u_core__DOT__lastStagePc); }

uint64_t dm_linux_instructions(Soc* soc) {
  return soc->top->rootp->GUEST(u_core__DOT__CsrPlugin_minstret);
}

// Frames that hold pages: now, and most of them at one time.
uint32_t dm_linux_mapped(Soc* soc) { return soc->top->rootp->NODE(u_frames__DOT__mapped_q); }
uint32_t dm_linux_peak(Soc* soc) { return soc->peak; }

// As in node.cpp.
uint8_t dm_linux_tag(Soc* soc, uint32_t bank, uint32_t page, uint32_t width, uint64_t* entry) {
  bool found = false;
  *entry = 0;
#define TAGS(b, column, signal)                                             \
  if (bank == b) {                                                          \
    *entry |= static_cast<uint64_t>(soc->top->rootp->signal[page]) << (column * width); \
    found = true;                                                           \
  }
#include DM_TAGS
#undef TAGS
  return found;
}

// Epoch, default state and default payload of the tag table, in this order.
void dm_linux_default(Soc* soc, uint32_t* to) {
  const auto* root = soc->top->rootp;
  to[0] = root->NODE(u_dormant__DOT__u_tags__DOT__epoch_q);
  to[1] = root->NODE(u_dormant__DOT__u_tags__DOT__def_state_q);
  to[2] = root->NODE(u_dormant__DOT__u_tags__DOT__def_payload_q);
}

}  // extern "C"
