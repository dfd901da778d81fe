// The memory port of a simulation SoC (64 bit) behind a C interface.
#pragma once
#include <cstdint>

// Mirrors of RawMemoryIn and RawMemoryOut in soc.rs, 64-bit fields only so that there is nothing to pad.
struct MemoryIn {
  uint64_t aw_ready, w_ready, b_valid, b_id, b_resp;
  uint64_t ar_ready, r_valid, r_id, r_resp, r_last, r_data;
};
struct MemoryOut {
  uint64_t aw_valid, aw_id, aw_addr, aw_len, aw_size, aw_burst;
  uint64_t w_valid, w_last, w_strb, w_data, b_ready;
  uint64_t ar_valid, ar_id, ar_addr, ar_len, ar_size, ar_burst, r_ready;
};

template <typename Top> void answer(Top& top, const MemoryIn& in) {
  top.m_axi_awready_i = in.aw_ready;
  top.m_axi_wready_i = in.w_ready;
  top.m_axi_bvalid_i = in.b_valid;
  top.m_axi_bid_i = in.b_id;
  top.m_axi_bresp_i = in.b_resp;
  top.m_axi_arready_i = in.ar_ready;
  top.m_axi_rvalid_i = in.r_valid;
  top.m_axi_rid_i = in.r_id;
  top.m_axi_rresp_i = in.r_resp;
  top.m_axi_rlast_i = in.r_last;
  top.m_axi_rdata_i = in.r_data;
}

template <typename Top> MemoryOut request(const Top& top) {
  return {top.m_axi_awvalid_o, top.m_axi_awid_o,   top.m_axi_awaddr_o,  top.m_axi_awlen_o,
          top.m_axi_awsize_o,  top.m_axi_awburst_o, top.m_axi_wvalid_o, top.m_axi_wlast_o,
          top.m_axi_wstrb_o,   top.m_axi_wdata_o,   top.m_axi_bready_o, top.m_axi_arvalid_o,
          top.m_axi_arid_o,    top.m_axi_araddr_o,  top.m_axi_arlen_o,  top.m_axi_arsize_o,
          top.m_axi_arburst_o, top.m_axi_rready_o};
}
