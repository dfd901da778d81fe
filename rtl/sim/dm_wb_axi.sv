// Wishbone (32 bit, VexRiscv's 8-word line refills) to AXI4: the core's way to external memory.
//
// posted_i = 0: a store is acknowledged at its B. posted_i = 1: when AW and W are accepted, up to
// MaxPosted awaiting B. merge_i (implies posted): word stores to one bus-wide beat are collected,
// and leave as one beat when it is full, another beat is stored to, or nothing came for MergeIdle
// cycles. The three are there so that software zeroing is as strong as a simple core can make it.
// Invariant: a read, and anyone who raises drain_i, sees every earlier store performed (idle_o).
// Latency: none of its own. Throughput: a store each cycle (posted), a word each cycle (refill).
module dm_wb_axi #(
  parameter int unsigned AddrWidth = 32,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned MaxPosted = 8,
  parameter int unsigned MergeIdle = 15
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic                   posted_i,
  input  logic                   merge_i,
  input  logic                   drain_i,
  output logic                   idle_o,
  output logic                   posted_err_o,

  // A request holds until ack_o; line_i: a word of an aligned 8-word refill, in order.
  input  logic                   stb_i,
  input  logic                   we_i,
  input  logic                   line_i,
  input  logic [AddrWidth-1:0]   addr_i,
  input  logic [31:0]            wdata_i,
  input  logic [3:0]             sel_i,
  output logic                   ack_o,
  output logic                   err_o,
  output logic [31:0]            rdata_o,

  output logic [AddrWidth-1:0]   m_axi_awaddr_o,
  output logic                   m_axi_awvalid_o,
  input  logic                   m_axi_awready_i,
  output logic [DataWidth-1:0]   m_axi_wdata_o,
  output logic [DataWidth/8-1:0] m_axi_wstrb_o,
  output logic                   m_axi_wvalid_o,
  input  logic                   m_axi_wready_i,
  input  logic [1:0]             m_axi_bresp_i,
  input  logic                   m_axi_bvalid_i,
  output logic [AddrWidth-1:0]   m_axi_araddr_o,
  output logic [7:0]             m_axi_arlen_o,
  output logic                   m_axi_arvalid_o,
  input  logic                   m_axi_arready_i,
  input  logic [DataWidth-1:0]   m_axi_rdata_i,
  input  logic [1:0]             m_axi_rresp_i,
  input  logic                   m_axi_rlast_i,
  input  logic                   m_axi_rvalid_i,
  output logic                   m_axi_rready_o
);
  localparam int unsigned Bytes = DataWidth / 8;
  localparam int unsigned BeatShift = $clog2(Bytes);
  localparam int unsigned Words = DataWidth / 32;
  localparam int unsigned LineBytes = 32;
  localparam int unsigned LineShift = BeatShift > 5 ? BeatShift : 5;
  localparam int unsigned LineBeats = Bytes >= LineBytes ? 1 : LineBytes / Bytes;
  localparam int unsigned CountWidth = $clog2(MaxPosted + 1);
  localparam int unsigned IdleWidth = $clog2(MergeIdle + 1);

  // Straps, taken over while nothing is under way.
  logic posted_q, posted_d;
  logic merge_q, merge_d;

  // The write beat that is being handed to AXI: which channel has taken it.
  logic aw_done_q, aw_done_d;
  logic w_done_q, w_done_d;
  logic [CountWidth-1:0] count_q, count_d;

  // The beat that is being collected.
  logic buf_valid_q, buf_valid_d;
  logic buf_drain_q, buf_drain_d;
  logic [AddrWidth-1:0] buf_addr_q, buf_addr_d;
  logic [DataWidth-1:0] buf_data_q, buf_data_d;
  logic [Bytes-1:0] buf_strb_q, buf_strb_d;
  logic [IdleWidth-1:0] buf_idle_q, buf_idle_d;

  // The read address was accepted; beats are awaited.
  logic reading_q, reading_d;

  // Word lane of the address within a beat.
  logic [31:0]          lane;
  logic                 store;
  logic                 load;
  logic [AddrWidth-1:0] beat_addr;
  logic [DataWidth-1:0] beat_data;
  logic [Bytes-1:0]     beat_strb;
  logic                 same_beat;
  logic                 drain;
  logic                 collect;
  logic                 issue;
  logic                 issued;
  logic                 written;
  logic                 drained;

  // Several blocks, each in the direction of the data: request, what AXI accepted, answer. One
  // block would look like a combinational loop through the interconnect.
  always_comb begin
    store     = stb_i && we_i;
    load      = stb_i && !we_i;
    beat_addr = {addr_i[AddrWidth-1:BeatShift], {BeatShift{1'b0}}};
    beat_data = {Words{wdata_i}};
    lane      = (32'(addr_i[5:0]) & (Bytes - 1)) >> 2;
    beat_strb = Bytes'(sel_i) << (4 * lane);
    same_beat = beat_addr == buf_addr_q;
  end

  always_comb begin
    drained = count_q == '0 && !buf_valid_q && !aw_done_q && !w_done_q;
    idle_o  = drained && !reading_q;
  end

  always_comb begin
    // ------------------------------------------------------------------------ collected beat
    drain = buf_valid_q && (buf_drain_q || (&buf_strb_q) || (store && !same_beat) || load
                            || drain_i || buf_idle_q == IdleWidth'(MergeIdle));

    // --------------------------------------------------------------------------------- issue
    issue = 1'b0;
    if (merge_q) issue = drain;
    else if (posted_q) issue = store;
    else issue = store && count_q == '0;
    if (count_q == CountWidth'(MaxPosted)) issue = 1'b0;

    m_axi_awaddr_o  = merge_q ? buf_addr_q : beat_addr;
    m_axi_wdata_o   = merge_q ? buf_data_q : beat_data;
    m_axi_wstrb_o   = merge_q ? buf_strb_q : beat_strb;
    m_axi_awvalid_o = issue && !aw_done_q;
    m_axi_wvalid_o  = issue && !w_done_q;
  end

  always_comb begin
    written = m_axi_bvalid_i;
    issued = issue && (aw_done_q || m_axi_awready_i) && (w_done_q || m_axi_wready_i);
    aw_done_d = (aw_done_q || (m_axi_awvalid_o && m_axi_awready_i)) && !issued;
    w_done_d  = (w_done_q || (m_axi_wvalid_o && m_axi_wready_i)) && !issued;
    count_d   = count_q + CountWidth'(issued) - CountWidth'(written);

    // ------------------------------------------------------------------------------- collect
    collect = merge_q && store && (!buf_valid_q || (same_beat && !drain) || issued);
    buf_valid_d = buf_valid_q;
    buf_drain_d = drain && !issued;
    buf_addr_d  = buf_addr_q;
    buf_data_d  = buf_data_q;
    buf_strb_d  = buf_strb_q;
    buf_idle_d  = buf_idle_q;
    if (merge_q && issued) begin
      buf_valid_d = 1'b0;
      buf_strb_d  = '0;
    end
    if (buf_valid_q && buf_idle_q != IdleWidth'(MergeIdle)) buf_idle_d = buf_idle_q + 1'b1;
    if (collect) begin
      buf_valid_d = 1'b1;
      buf_addr_d  = beat_addr;
      buf_idle_d  = '0;
      for (int unsigned i = 0; i < Bytes; i++) begin
        if (beat_strb[i]) begin
          buf_data_d[8*i+:8] = beat_data[8*i+:8];
          buf_strb_d[i] = 1'b1;
        end
      end
    end

  end

  always_comb begin
    // ---------------------------------------------------------------------------------- read
    m_axi_arvalid_o = load && drained && !reading_q;
    m_axi_araddr_o  = beat_addr;
    m_axi_arlen_o   = 8'd0;
    if (line_i) begin
      m_axi_araddr_o = {addr_i[AddrWidth-1:LineShift], {LineShift{1'b0}}};
      m_axi_arlen_o  = 8'(LineBeats - 1);
    end
    // A beat is let go with its last word.
    m_axi_rready_o = reading_q && load
                     && (!line_i || lane == Words - 1 || (&addr_i[4:2]));
  end

  always_comb begin
    rdata_o   = m_axi_rdata_i[32*lane+:32];
    reading_d = reading_q;
    if (m_axi_arvalid_o && m_axi_arready_i) reading_d = 1'b1;
    if (m_axi_rvalid_i && m_axi_rready_o && m_axi_rlast_i) reading_d = 1'b0;

    // --------------------------------------------------------------------------------- answer
    ack_o = 1'b0;
    err_o = 1'b0;
    if (load) begin
      ack_o = reading_q && m_axi_rvalid_i;
      err_o = reading_q && m_axi_rresp_i[1];
    end else if (merge_q) begin
      ack_o = collect;
    end else if (posted_q) begin
      ack_o = issued;
    end else if (store) begin
      ack_o = written;
      err_o = written && m_axi_bresp_i[1];
    end
    posted_err_o = written && m_axi_bresp_i[1] && posted_q;

  end

  always_comb begin
    posted_d = posted_q;
    merge_d  = merge_q;
    if (idle_o && !stb_i) begin
      posted_d = posted_i || merge_i;
      merge_d  = merge_i;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      posted_q    <= 1'b0;
      merge_q     <= 1'b0;
      aw_done_q   <= 1'b0;
      w_done_q    <= 1'b0;
      count_q     <= '0;
      buf_valid_q <= 1'b0;
      buf_drain_q <= 1'b0;
      buf_addr_q  <= '0;
      buf_data_q  <= '0;
      buf_strb_q  <= '0;
      buf_idle_q  <= '0;
      reading_q   <= 1'b0;
    end else begin
      posted_q    <= posted_d;
      merge_q     <= merge_d;
      aw_done_q   <= aw_done_d;
      w_done_q    <= w_done_d;
      count_q     <= count_d;
      buf_valid_q <= buf_valid_d;
      buf_drain_q <= buf_drain_d;
      buf_addr_q  <= buf_addr_d;
      buf_data_q  <= buf_data_d;
      buf_strb_q  <= buf_strb_d;
      buf_idle_q  <= buf_idle_d;
      reading_q   <= reading_d;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      // Assumed: memory answers a write after both of its channels were accepted, and a read
      // after its address.
      assert (!written || count_q != '0);
      assert (!m_axi_rvalid_i || reading_q);
      // Promised: no more than MaxPosted writes await their answer; none does during a read.
      assert (count_q <= CountWidth'(MaxPosted));
      assert (!reading_q || drained);
    end
  end

  logic unused;
  assign unused = ^{addr_i[1:0], m_axi_bresp_i[0], m_axi_rresp_i[0]};
endmodule
