// One Verilated dm_node behind a C interface; compiled once for each parameter set with
//   DM_CLASS   the Verilated class
//   DM_SYM(x)  the set's own name of the exported function x
//   DM_PORTS, DM_ID_WIDTH, DM_ADDR_WIDTH, DM_DATA_WIDTH  the set's parameters; without ports the node
//              has neither guests nor a read channel
//   DM_STATE   a file of STATE(signal) lines, one for each register of state.txt; absent in the build
//              that is made for speed, which has neither state, assertions nor waveforms
//   DM_TAGS    a file of TAGS(bank, column, signal) lines, one for each memory of the tag table
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "verilated.h"
#include DM_HEADER
#ifdef DM_STATE
#include DM_ROOT_HEADER
#include "verilated_fst_c.h"
#endif

// Mirrors of RawIn, RawOut, RawGuestIn and RawGuestOut in verilated.rs, 64-bit fields only so that there is nothing to pad.
struct In {
  uint64_t aw_valid, aw_addr, w_valid, w_data, w_strb, b_ready, ar_valid, ar_addr, r_ready;
  uint64_t m_aw_ready, m_w_ready, m_b_valid, m_b_id, m_b_resp;
  uint64_t m_ar_ready, m_r_valid, m_r_id, m_r_resp, m_r_last, m_r_data[8];
};
struct Out {
  uint64_t aw_ready, w_ready, b_valid, b_resp, ar_ready, r_valid, r_data, r_resp, irq;
  uint64_t m_aw_valid, m_aw_id, m_aw_addr, m_aw_len, m_aw_size, m_aw_burst;
  uint64_t m_w_valid, m_w_last, m_w_strb, m_b_ready, m_w_data[8];
  uint64_t m_ar_valid, m_ar_id, m_ar_addr, m_ar_len, m_ar_size, m_ar_burst, m_r_ready;
};
struct GuestIn {
  uint64_t aw_valid, aw_id, aw_addr, aw_len, aw_size, aw_burst, aw_lock;
  uint64_t w_valid, w_last, w_strb, b_ready;
  uint64_t ar_valid, ar_id, ar_addr, ar_len, ar_size, ar_burst, ar_lock, r_ready;
  uint64_t w_data[8];
};
struct GuestOut {
  uint64_t aw_ready, w_ready, b_valid, b_id, b_resp;
  uint64_t ar_ready, r_valid, r_id, r_resp, r_last, r_data[8];
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

template <typename T> uint64_t mask(T width) {
  return width >= 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
}

// One field of a flattened vector of at most 64 bits, or of any number.
template <typename T> void insert(T& to, unsigned lsb, unsigned width, uint64_t from) {
  const uint64_t field = mask(width) << lsb;
  to = static_cast<T>((to & ~field) | (from << lsb & field));
}
template <std::size_t N>
void insert(VlWide<N>& to, unsigned lsb, unsigned width, uint64_t from) {
  while (width != 0) {
    const unsigned part = std::min(32 - lsb % 32, width);
    uint32_t word = to[lsb / 32];
    insert(word, lsb % 32, part, from);
    to[lsb / 32] = word;
    from >>= part;
    lsb += part;
    width -= part;
  }
}
template <typename T> uint64_t extract(const T& from, unsigned lsb, unsigned width) {
  return from >> lsb & mask(width);
}
template <std::size_t N> uint64_t extract(const VlWide<N>& from, unsigned lsb, unsigned width) {
  uint64_t to = 0;
  for (unsigned done = 0; done < width;) {
    const unsigned part = std::min(32 - lsb % 32, width - done);
    to |= extract(from[lsb / 32], lsb % 32, part) << done;
    done += part;
    lsb += part;
  }
  return to;
}

// A whole signal of the bus's width.
template <typename T> void take(T& to, const uint64_t* from) { to = static_cast<T>(*from); }
template <std::size_t N> void take(VlWide<N>& to, const uint64_t* from) {
  std::memcpy(to.data(), from, N * sizeof(uint32_t));
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

namespace {

#if DM_PORTS > 0
constexpr unsigned kStrbWidth = DM_DATA_WIDTH / 8;
constexpr unsigned kPiece = DM_DATA_WIDTH < 64 ? DM_DATA_WIDTH : 64;

void drive(DM_CLASS& top, unsigned port, const GuestIn& in) {
  insert(top.s_axi_awvalid_i, port, 1, in.aw_valid);
  insert(top.s_axi_wvalid_i, port, 1, in.w_valid);
  insert(top.s_axi_bready_i, port, 1, in.b_ready);
  insert(top.s_axi_arvalid_i, port, 1, in.ar_valid);
  insert(top.s_axi_rready_i, port, 1, in.r_ready);
  if (in.aw_valid) {
    insert(top.s_axi_awid_i, port * DM_ID_WIDTH, DM_ID_WIDTH, in.aw_id);
    insert(top.s_axi_awaddr_i, port * DM_ADDR_WIDTH, DM_ADDR_WIDTH, in.aw_addr);
    insert(top.s_axi_awlen_i, port * 8, 8, in.aw_len);
    insert(top.s_axi_awsize_i, port * 3, 3, in.aw_size);
    insert(top.s_axi_awburst_i, port * 2, 2, in.aw_burst);
    insert(top.s_axi_awlock_i, port, 1, in.aw_lock);
  }
  if (in.w_valid) {
    insert(top.s_axi_wlast_i, port, 1, in.w_last);
    insert(top.s_axi_wstrb_i, port * kStrbWidth, kStrbWidth, in.w_strb);
    for (unsigned bit = 0; bit < DM_DATA_WIDTH; bit += kPiece)
      insert(top.s_axi_wdata_i, port * DM_DATA_WIDTH + bit, kPiece, in.w_data[bit / 64]);
  }
  if (in.ar_valid) {
    insert(top.s_axi_arid_i, port * DM_ID_WIDTH, DM_ID_WIDTH, in.ar_id);
    insert(top.s_axi_araddr_i, port * DM_ADDR_WIDTH, DM_ADDR_WIDTH, in.ar_addr);
    insert(top.s_axi_arlen_i, port * 8, 8, in.ar_len);
    insert(top.s_axi_arsize_i, port * 3, 3, in.ar_size);
    insert(top.s_axi_arburst_i, port * 2, 2, in.ar_burst);
    insert(top.s_axi_arlock_i, port, 1, in.ar_lock);
  }
}

void sample(const DM_CLASS& top, unsigned port, GuestOut* out) {
  out->aw_ready = extract(top.s_axi_awready_o, port, 1);
  out->w_ready = extract(top.s_axi_wready_o, port, 1);
  out->ar_ready = extract(top.s_axi_arready_o, port, 1);
  out->b_valid = extract(top.s_axi_bvalid_o, port, 1);
  out->r_valid = extract(top.s_axi_rvalid_o, port, 1);
  if (out->b_valid) {
    out->b_id = extract(top.s_axi_bid_o, port * DM_ID_WIDTH, DM_ID_WIDTH);
    out->b_resp = extract(top.s_axi_bresp_o, port * 2, 2);
  }
  if (out->r_valid) {
    out->r_id = extract(top.s_axi_rid_o, port * DM_ID_WIDTH, DM_ID_WIDTH);
    out->r_resp = extract(top.s_axi_rresp_o, port * 2, 2);
    out->r_last = extract(top.s_axi_rlast_o, port, 1);
    for (unsigned bit = 0; bit < DM_DATA_WIDTH; bit += kPiece)
      out->r_data[bit / 64] =
          extract(top.s_axi_rdata_o, port * DM_DATA_WIDTH + bit, kPiece);
  }
}
#endif

void outputs(Sim* sim, Out* out, GuestOut* guests) {
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
#if DM_PORTS > 0
  out->m_ar_valid = top.m_axi_arvalid_o;
  out->m_ar_id = top.m_axi_arid_o;
  out->m_ar_addr = top.m_axi_araddr_o;
  out->m_ar_len = top.m_axi_arlen_o;
  out->m_ar_size = top.m_axi_arsize_o;
  out->m_ar_burst = top.m_axi_arburst_o;
  out->m_r_ready = top.m_axi_rready_o;
  for (unsigned port = 0; port < DM_PORTS; ++port) sample(top, port, guests + port);
#else
  (void)guests;
#endif
}

}  // namespace

extern "C" {

uint32_t DM_SYM(ports)() { return DM_PORTS; }

// The first half of a cycle: the inputs settle in the low half of the clock, so that outputs may
// depend on them. Without guests all of them are idle and take whatever comes.
void DM_SYM(settle)(Sim* sim, const In* in, const GuestIn* guests, Out* out, GuestOut* answers) {
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
#if DM_PORTS > 0
  top.m_axi_arready_i = in->m_ar_ready;
  top.m_axi_rvalid_i = in->m_r_valid;
  top.m_axi_rid_i = in->m_r_id;
  top.m_axi_rresp_i = in->m_r_resp;
  top.m_axi_rlast_i = in->m_r_last;
  take(top.m_axi_rdata_i, in->m_r_data);
  if (guests) {
    for (unsigned port = 0; port < DM_PORTS; ++port) drive(top, port, guests[port]);
  } else {
    top.s_axi_awvalid_i = 0;
    top.s_axi_wvalid_i = 0;
    top.s_axi_arvalid_i = 0;
    top.s_axi_bready_i = mask(DM_PORTS);
    top.s_axi_rready_i = mask(DM_PORTS);
  }
#else
  (void)guests;
#endif
  top.clk_i = 0;
  eval(sim);
  outputs(sim, out, answers);
}

// The second half: the rising edge.
void DM_SYM(edge)(Sim* sim) {
  sim->top->clk_i = 1;
  eval(sim);
}

// The node alone is reset, or memory as well.
void DM_SYM(reset)(Sim* sim, uint32_t memory) {
  DM_CLASS& top = *sim->top;
  top.clk_i = 0;
  top.rst_ni = 0;
  if (memory) top.mem_rst_ni = 0;
  eval(sim);
  top.mem_rst_ni = 1;
  top.rst_ni = 1;
  eval(sim);
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
  sim->top->mem_rst_ni = 1;
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

uint64_t DM_SYM(guard)(Sim* sim, uint32_t frame) {
  return sim->top->rootp->dm_node__DOT__u_frames__DOT__guard_mem[frame];
}

// The entry of a page in one bank of the tag table, whose columns are `width` bits wide but for the last;
// whether there is such a bank.
uint8_t DM_SYM(tag)(Sim* sim, uint32_t bank, uint32_t page, uint32_t width, uint64_t* entry) {
  bool found = false;
  *entry = 0;
#define TAGS(b, column, signal)                                             \
  if (bank == b) {                                                          \
    *entry |= static_cast<uint64_t>(sim->top->rootp->signal[page]) << (column * width); \
    found = true;                                                           \
  }
#include DM_TAGS
#undef TAGS
  return found;
}

void DM_SYM(trace)(Sim* sim, const char* path) {
  Verilated::threadContextp(&sim->context);
  sim->trace = std::make_unique<VerilatedFstC>();
  sim->top->trace(sim->trace.get(), 99);
  sim->trace->open(path);
}

#endif

}  // extern "C"
