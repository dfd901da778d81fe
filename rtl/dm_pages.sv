// The one place where tags change: conversions for the gates, page commands of the hyperkernel, and
// pages that redormant offers. Also the front end of all commands, and the stall queue.
//
// Invariant: a frame is mapped by the tag of exactly one page from the cycle in which it leaves the
//   pool (or is mapped by command) to the cycle in which its drain starts.
// Latency:   request -> grant: 0 cycles if the pool has a frame and it is the port's turn, which it is if
//   no other port was about to ask, else 1; a page command 5 cycles, and its frame's drain for UNMAP; a
//   range 8 cycles a frame. Throughput: a conversion every second cycle.
//
// A conversion needs no look at the tag: the gate's knowledge is never older than the last change.
// A stall waits in the queue until firmware resolves it; the head can be sent to the back.
`include "dm_assert.svh"

module dm_pages #(
  parameter  int unsigned GuestPages   = 8192,
  parameter  int unsigned RealFrames   = 8192,
  parameter  int unsigned FrameWidth   = 13,
  parameter  int unsigned PayloadWidth = 13,
  parameter  int unsigned Ports        = 1,
  localparam int unsigned GfnWidth     = dm_pkg::index_width(GuestPages),
  localparam int unsigned RfnWidth     = dm_pkg::RfnWidth
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  input  logic                      hw_convert_i,

  // Commands: one at a time, refused while one is under way.
  input  logic                      cmd_valid_i,
  input  logic [4:0]                cmd_op_i,
  input  logic [RfnWidth-1:0]       cmd_target_i,
  input  logic [31:0]               cmd_arg_i,
  output logic                      cmd_busy_o,
  output dm_pkg::code_e             cmd_code_o,
  output logic [RfnWidth-1:0]       cmd_value_o,
  output dm_pkg::page_state_e       page_state_o,    // of the last QUERY_PAGE
  output logic [RfnWidth-1:0]       page_payload_o,

  // The gates. soon: a port asks or may be about to.
  input  logic [Ports-1:0]          req_soon_i,
  input  logic [Ports-1:0]          req_valid_i,
  input  logic [Ports-1:0]          req_write_i,
  input  logic [Ports-1:0]          req_away_i,
  input  logic [Ports*GfnWidth-1:0] req_gfn_i,
  output logic [Ports-1:0]          grant_o,
  output logic [FrameWidth-1:0]     grant_frame_o,
  output logic [Ports-1:0]          stall_o,
  output logic [Ports-1:0]          fail_o,
  output logic [Ports-1:0]          resolve_o,
  output logic                      resolve_write_o,
  output logic                      resolve_fail_o,
  output logic                      freeze_o,

  // The tag table, and the news for all who remember tags.
  output logic                      look_o,
  output logic [GfnWidth-1:0]       look_gfn_o,
  input  logic                      look_gnt_i,
  input  dm_pkg::page_state_e       rsp_state_i,
  input  logic [PayloadWidth-1:0]   rsp_payload_i,
  output logic                      write_o,
  output logic                      upd_o,          // write or mark
  output logic                      upd_all_o,
  output logic [GfnWidth-1:0]       upd_gfn_o,
  output dm_pkg::page_state_e       upd_state_o,
  output logic [PayloadWidth-1:0]   upd_payload_o,
  output logic                      upd_poison_o,
  output logic                      mark_o,
  input  logic                      mark_ok_i,

  // The frames.
  input  logic                      pop_valid_i,
  input  logic [FrameWidth-1:0]     pop_frame_i,
  output logic                      pop_o,
  output logic [GfnWidth-1:0]       pop_page_o,
  input  logic                      coming_i,
  input  logic                      ev_bad_i,
  input  logic                      none_mapped_i,
  output logic                      demand_o,
  output logic                      fr_valid_o,
  output logic [4:0]                fr_op_o,
  output logic [RfnWidth-1:0]       fr_frame_o,
  output logic [GfnWidth-1:0]       fr_page_o,
  input  logic                      fr_busy_i,
  input  dm_pkg::code_e             fr_code_i,
  input  logic [RfnWidth-1:0]       fr_value_i,
  input  logic [GfnWidth-1:0]       fr_owner_i,

  // Redormanting.
  input  logic                      det_valid_i,
  input  logic                      det_ok_i,
  input  logic [GfnWidth-1:0]       det_gfn_i,
  input  logic [FrameWidth-1:0]     det_frame_i,
  output logic                      start_o,
  output logic                      start_keep_o,
  output logic [FrameWidth-1:0]     start_frame_o,
  input  logic                      drain_busy_i,
  input  logic                      step_valid_i,
  input  logic                      step_keep_i,
  input  logic [FrameWidth-1:0]     step_frame_i,
  output logic                      step_done_o,

  // The head of the stall queue.
  output logic                      stalled_o,
  output logic [3:0]                stalled_port_o,
  output logic                      stalled_write_o,
  output dm_pkg::stall_kind_e            stalled_kind_o,
  output logic [GfnWidth-1:0]       stalled_gfn_o,

  // Events, one pulse each, and the latencies that belong to them (cycles).
  output logic                      ev_fast_o,
  output logic                      ev_demand_o,
  output logic [31:0]               conv_latency_o,
  output logic                      ev_stall_o,
  output logic                      ev_resolved_o,
  output logic [31:0]               stall_latency_o,
  output logic                      ev_redormant_store_o,
  output logic                      ev_redormant_bell_o,
  output logic                      ev_cmd_error_o,
  output logic                      ev_cmd_refused_o
);

  localparam int unsigned PortWidth  = dm_pkg::index_width(Ports);
  localparam int unsigned StallDepth = 2 * (1 << PortWidth);  // each port has two heads
  localparam int unsigned StallWidth = $clog2(StallDepth);

  typedef enum logic [3:0] {
    Idle    = 4'd0,
    Forward = 4'd1,  // a command for the frames waits to be sent
    Frames  = 4'd2,  // and for its end
    Look    = 4'd3,  // the tag is asked for
    Look1   = 4'd4,
    Look2   = 4'd5,  // and comes
    Exec    = 4'd6,  // a tag may change
    Map     = 4'd7,  // a claimed or filled frame is to be mapped
    MapWait = 4'd8,
    Drain   = 4'd9,  // UNMAP or RECLAIM waits for its drain
    Settle  = 4'd10, // no write burst begins, in this cycle and the next:
    Freeze  = 4'd11  // is the page on offer still zero?
  } state_e;

  state_e                state_q, state_d, state_n;  // state_n: without the steps of a look
  logic [4:0]            op_q, op_d;
  logic [RfnWidth-1:0]   target_q, target_d;
  logic [31:0]           arg_q, arg_d;
  logic                  pending_q, pending_d;  // a command waits or is under way
  dm_pkg::code_e         code_q, code_d;
  logic [RfnWidth-1:0]   value_q, value_d;
  dm_pkg::page_state_e   tag_state_q, tag_state_d;
  logic [PayloadWidth-1:0] tag_payload_q, tag_payload_d;
  dm_pkg::page_state_e   page_state_q, page_state_d;
  logic [RfnWidth-1:0]   page_payload_q, page_payload_d;
  logic                  det_turn_q, det_turn_d;  // redormanting goes before the next command
  logic [PortWidth-1:0]  turn_q, turn_d;          // the port that is answered
  logic                  rest_q, rest_d;          // frames yield none in a cycle after a grant
  logic                  demand_q, demand_d;
  logic [Ports-1:0]      demanded_q, demanded_d;
  logic                  failed_q, failed_d;      // a frame that was zeroed on demand became bad
  logic                  fr_sent_q, fr_sent_d;    // a step of the frames is under way
  logic                  fr_drain_q, fr_drain_d;  // it is the drain's
  logic [31:0]           now_q;
  logic [Ports*16-1:0]   wait_q, wait_d;          // cycles that a request waits

  logic [PortWidth-1:0]  stall_port_q  [StallDepth];
  logic                  stall_write_q [StallDepth];
  dm_pkg::stall_kind_e        stall_kind_q  [StallDepth];
  logic [GfnWidth-1:0]   stall_gfn_q   [StallDepth];
  logic [31:0]           stall_since_q [StallDepth];
  logic [StallWidth-1:0] stall_wptr_q, stall_wptr_d, stall_rptr_q, stall_rptr_d;
  logic [StallWidth:0]   stall_count_q, stall_count_d;

  // ------------------------------------------------------------------------------------- conversions
  logic                 locked, able, dry, convert, waiting;
  logic [Ports-1:0]     ready, mine_now, next_set;
  logic [PortWidth-1:0] port, next, candidate;
  logic [GfnWidth-1:0]  port_gfn;
  logic                 port_away, answer_grant, answer_stall, answer_fail;
  dm_pkg::stall_kind_e       answer_kind;

  // A command is between its look at a tag and its change, or this cycle decides on a page on offer.
  assign locked = (state_q == Exec) || (state_q == Map) || (state_q == MapWait) ||
                  (state_q == Settle) || (state_q == Freeze);
  assign dry    = !pop_valid_i && !coming_i;
  assign able   = !hw_convert_i || pop_valid_i || dry || failed_q;
  assign ready  = req_valid_i & (req_away_i | {Ports{able}});

  // The port that is answered is chosen in the cycle before, so that an answer needs but an AND here.
  assign port    = turn_q;
  assign convert = ready[turn_q] && !locked && !rest_q;

  // The turn goes round among the others that can be answered. With none of them it goes to a port that
  // may be about to ask, unless it is at such a port. A port whose answer is held up keeps it.
  always_comb begin
    mine_now         = '0;
    mine_now[turn_q] = 1'b1;
    next_set         = ready & ~mine_now;
    if (next_set == '0 && !req_soon_i[turn_q]) next_set = req_soon_i;
    next      = turn_q;
    candidate = '0;
    for (int unsigned i = Ports - 1; i > 0; i--) begin
      candidate = PortWidth'((32'(turn_q) + i) % Ports);
      if (next_set[candidate]) next = candidate;
    end
    turn_d = (ready[turn_q] && (locked || rest_q)) ? turn_q : next;
  end

  assign port_gfn  = req_gfn_i[32'(port)*GfnWidth+:GfnWidth];
  assign port_away = req_away_i[port];

  always_comb begin
    answer_grant = 1'b0;
    answer_stall = 1'b0;
    answer_fail  = 1'b0;
    answer_kind  = dm_pkg::StallNoFrame;
    if (convert) begin
      if (port_away) begin
        answer_stall = 1'b1;
        answer_kind  = dm_pkg::StallAway;
      end else if (!hw_convert_i) begin
        answer_stall = 1'b1;
        answer_kind  = dm_pkg::StallConversionOff;
      end else if (pop_valid_i) begin
        answer_grant = 1'b1;
      end else if (failed_q) begin
        answer_fail  = 1'b1;
      end else begin
        answer_stall = 1'b1;
      end
    end
    grant_o = '0;
    stall_o = '0;
    fail_o  = '0;
    grant_o[port] = answer_grant;
    stall_o[port] = answer_stall;
    fail_o[port]  = answer_fail;
  end

  assign grant_frame_o = pop_frame_i;
  assign pop_o         = answer_grant;
  assign pop_page_o    = port_gfn;
  assign rest_d        = answer_grant;

  // Zeroing on demand, as long as somebody waits for a frame that is still to come.
  assign waiting  = ((req_valid_i & ~req_away_i) != '0) && hw_convert_i && !pop_valid_i;
  assign demand_d = waiting && coming_i;
  assign failed_d = (failed_q || (ev_bad_i && demand_q)) && waiting && !answer_fail;

  always_comb begin
    wait_d     = wait_q;
    demanded_d = demanded_q;
    for (int unsigned p = 0; p < Ports; p++) begin
      if (wait_q[16*p+:16] != '1) wait_d[16*p+:16] = wait_q[16*p+:16] + 16'd1;
      if (!req_valid_i[p]) begin
        wait_d[16*p+:16] = '0;
        demanded_d[p]    = 1'b0;
      end else if (demand_q) begin
        demanded_d[p]    = 1'b1;
      end
    end
  end

  assign ev_fast_o      = answer_grant && !demanded_q[port] && !demand_q;
  assign ev_demand_o    = answer_grant && (demanded_q[port] || demand_q);
  assign conv_latency_o = 32'(wait_q[32'(port)*16+:16]);

  // ---------------------------------------------------------------------------------------- commands
  logic                  mine, tag_match, finish, exec_write, exec_start, exec_keep, det_start;
  logic                  exec_poison, resolve, defer;
  dm_pkg::page_state_e   exec_state;
  logic [PayloadWidth-1:0] exec_payload;
  logic [GfnWidth-1:0]   target_gfn;
  logic [1:0]            arg_kind;
  logic                  fr_mine_done;
  logic [RfnWidth:0]     range_end;  // the frame behind the range

  assign target_gfn   = target_q[GfnWidth-1:0];
  assign arg_kind     = arg_q[29:28];
  assign mine         = cmd_valid_i && !pending_q;
  assign tag_match    = answer_grant && (port_gfn == target_gfn);
  assign fr_mine_done = fr_sent_q && !fr_drain_q && !fr_busy_i;
  assign range_end    = {1'b0, target_q} + {1'b0, arg_q[RfnWidth-1:0]};

  always_comb begin
    state_n        = state_q;
    op_d           = mine ? cmd_op_i : op_q;
    target_d       = mine ? cmd_target_i : target_q;
    arg_d          = mine ? cmd_arg_i : arg_q;
    pending_d      = pending_q || mine;
    code_d         = code_q;
    value_d        = value_q;
    tag_state_d    = tag_state_q;
    tag_payload_d  = tag_payload_q;
    page_state_d   = page_state_q;
    page_payload_d = page_payload_q;
    det_turn_d     = det_turn_q;
    finish         = 1'b0;
    exec_write     = 1'b0;
    exec_start     = 1'b0;
    exec_keep      = 1'b0;
    exec_poison    = 1'b0;
    exec_state     = dm_pkg::PageDormant;
    exec_payload   = '0;
    det_start      = 1'b0;
    mark_o         = 1'b0;
    resolve        = 1'b0;
    defer          = 1'b0;
    ev_redormant_bell_o = 1'b0;

    unique case (state_q)
      Idle: begin
        if (det_valid_i && (det_turn_q || !pending_q)) begin
          state_n    = Settle;
          det_turn_d = 1'b0;
        end else if (pending_q) begin
          value_d = '0;
          if (op_q == dm_pkg::OpQueueRange) begin
            // What is left of the range ends where the range ends, so each frame may check it anew.
            value_d = target_q;
            if (range_end > (RfnWidth + 1)'(RealFrames)) begin
              code_d  = dm_pkg::CodeRange;
              finish  = 1'b1;
            end else if (arg_q[RfnWidth-1:0] == '0) begin
              code_d  = dm_pkg::CodeOk;
              finish  = 1'b1;
            end else begin
              state_n = Forward;
            end
          end else if (op_q == dm_pkg::OpReclaim) begin
            // The frame stands in the argument from now on; its page comes into the target.
            if (!drain_busy_i) begin
              state_n             = Forward;
              arg_d[RfnWidth-1:0] = target_q;
            end
          end else if (!op_q[4]) begin
            state_n = Forward;
          end else if ((op_q < dm_pkg::OpMap) || (op_q > dm_pkg::OpAdopt)) begin
            code_d = dm_pkg::CodeBadOp;
            finish = 1'b1;
          end else if (op_q == dm_pkg::OpMarkAll || op_q == dm_pkg::OpResolve) begin
            state_n = Exec;
          end else if (32'(target_q) >= GuestPages) begin
            code_d = dm_pkg::CodeRange;
            finish = 1'b1;
          end else if (!drain_busy_i ||
                       (op_q != dm_pkg::OpUnmap && op_q != dm_pkg::OpZeroPage)) begin
            state_n = Look;
          end
          // One that waits for a drain has not had its turn.
          if (state_n != Idle || finish) det_turn_d = 1'b1;
        end
      end
      Forward: if (!fr_sent_q && !step_valid_i) state_n = Frames;
      Frames: begin
        if (fr_mine_done) begin
          code_d  = fr_code_i;
          value_d = fr_value_i;
          finish  = 1'b1;
          // Between two frames of a range, a page on offer and the steps of drains have their turn.
          if (op_q == dm_pkg::OpQueueRange) begin
            value_d = target_q;
            if (fr_code_i == dm_pkg::CodeOk) begin
              finish              = 1'b0;
              state_n             = Idle;
              target_d            = target_q + RfnWidth'(1);
              arg_d[RfnWidth-1:0] = arg_q[RfnWidth-1:0] - RfnWidth'(1);
            end
          end
          // A mapped frame is nobody's only if its page does not name it.
          if (op_q == dm_pkg::OpReclaim && fr_code_i == dm_pkg::CodeOk) begin
            if (fr_value_i == RfnWidth'(dm_pkg::FrameMapped)) begin
              finish   = 1'b0;
              state_n  = Look;
              target_d = RfnWidth'(fr_owner_i);
            end else begin
              code_d   = dm_pkg::CodeState;
            end
          end
        end
      end
      Look, Look1: ;
      Look2: begin
        tag_state_d   = rsp_state_i;
        tag_payload_d = rsp_payload_i;
      end
      Exec: begin
        finish = 1'b1;
        code_d = dm_pkg::CodeOk;
        unique case (op_q)
          dm_pkg::OpMap, dm_pkg::OpAdopt: begin
            if ((tag_state_q == dm_pkg::PageDormant) ||
                ((tag_state_q == dm_pkg::PageAway) && (op_q == dm_pkg::OpAdopt))) begin
              finish  = 1'b0;
              state_n = Map;
            end else begin
              code_d  = dm_pkg::CodePage;
              value_d = RfnWidth'(tag_state_q);
            end
          end
          dm_pkg::OpUnmap: begin
            if (tag_state_q == dm_pkg::PageResident) begin
              exec_write   = 1'b1;
              exec_state   = dm_pkg::PageAway;
              exec_payload = PayloadWidth'(arg_q[7:0]);
              exec_start   = 1'b1;
              exec_keep    = 1'b1;
              value_d      = RfnWidth'(tag_payload_q[FrameWidth-1:0]);
              finish       = 1'b0;
              state_n      = Drain;
            end else begin
              code_d  = dm_pkg::CodePage;
              value_d = RfnWidth'(tag_state_q);
            end
          end
          dm_pkg::OpReclaim: begin
            if ((tag_state_q == dm_pkg::PageResident) &&
                (tag_payload_q[FrameWidth-1:0] == arg_q[FrameWidth-1:0])) begin
              code_d     = dm_pkg::CodePage;
              value_d    = RfnWidth'(tag_state_q);
            end else begin
              // A bad tag, which may be read otherwise another time, is made bad for good, and those who
              // remember it from before forget it.
              exec_write = (tag_state_q == dm_pkg::PageBad);
              exec_state = dm_pkg::PageBad;
              exec_start = 1'b1;
              exec_keep  = 1'b1;
              value_d    = target_q;
              finish     = 1'b0;
              state_n    = Drain;
            end
          end
          dm_pkg::OpZeroPage: begin
            if (tag_state_q == dm_pkg::PageResident) begin
              exec_write          = 1'b1;
              exec_start          = 1'b1;
              ev_redormant_bell_o = 1'b1;
            end else if (tag_state_q != dm_pkg::PageDormant) begin
              code_d  = dm_pkg::CodePage;
              value_d = RfnWidth'(tag_state_q);
            end
          end
          dm_pkg::OpMark: begin
            exec_payload = PayloadWidth'(arg_q[7:0]);
            if (arg_kind == dm_pkg::MarkPoison) begin
              exec_write   = 1'b1;
              exec_poison  = 1'b1;
              exec_state   = tag_state_q;
              exec_payload = tag_payload_q;
            end else if (tag_state_q == dm_pkg::PageResident) begin
              code_d  = dm_pkg::CodePage;
              value_d = RfnWidth'(tag_state_q);
            end else begin
              exec_write = 1'b1;
              unique case (arg_kind)
                dm_pkg::MarkDormant: exec_state = dm_pkg::PageDormant;
                dm_pkg::MarkAway:    exec_state = dm_pkg::PageAway;
                default:             exec_state = dm_pkg::PageBad;
              endcase
            end
          end
          dm_pkg::OpMarkAll: begin
            exec_payload = PayloadWidth'(arg_q[7:0]);
            exec_state   = (arg_kind == dm_pkg::MarkAway) ? dm_pkg::PageAway : dm_pkg::PageDormant;
            if (arg_kind == dm_pkg::MarkBad || arg_kind == dm_pkg::MarkPoison) begin
              code_d  = dm_pkg::CodeRange;
            end else if (!none_mapped_i) begin
              code_d  = dm_pkg::CodeState;
              value_d = RfnWidth'(dm_pkg::FrameMapped);
            end else if (!mark_ok_i) begin
              code_d  = dm_pkg::CodeBusy;
            end else begin
              mark_o  = 1'b1;
            end
          end
          dm_pkg::OpQueryPage: begin
            page_state_d   = tag_state_q;
            page_payload_d = RfnWidth'(tag_payload_q);
          end
          default: begin  // OpResolve
            if (stall_count_q == '0 || target_q[3:0] != 4'(stall_port_q[stall_rptr_q]) ||
                target_q[4] != stall_write_q[stall_rptr_q]) begin
              code_d = dm_pkg::CodeEmpty;
            end else begin
              unique case (target_q[9:8])
                dm_pkg::ResolveRetry,
                dm_pkg::ResolveFail:  resolve = 1'b1;
                dm_pkg::ResolveDefer: defer   = 1'b1;
                default:              code_d  = dm_pkg::CodeRange;
              endcase
            end
          end
        endcase
      end
      Map: if (!fr_sent_q && !step_valid_i) state_n = MapWait;
      MapWait: begin
        if (fr_mine_done) begin
          code_d       = fr_code_i;
          value_d      = fr_value_i;
          finish       = 1'b1;
          exec_write   = (fr_code_i == dm_pkg::CodeOk);
          exec_state   = dm_pkg::PageResident;
          exec_payload = PayloadWidth'(arg_q[FrameWidth-1:0]);
        end
      end
      Drain: finish = !drain_busy_i;
      Settle: state_n = Freeze;
      default: begin  // Freeze
        state_n = Idle;
        if (det_ok_i) begin
          exec_write = 1'b1;
          det_start  = 1'b1;
        end
      end
    endcase

    if (finish) begin
      state_n   = Idle;
      pending_d = 1'b0;
    end
  end

  // A tag that a conversion changes while it is looked at is looked at again. Apart from the above,
  // because the grant depends on what changes there.
  always_comb begin
    state_d = state_n;
    if (state_q == Look && look_gnt_i) state_d = Look1;
    if (state_q == Look1) state_d = Look2;
    if (state_q == Look2) state_d = Exec;
    if ((state_q == Look1 || state_q == Look2 || state_q == Look) && tag_match) state_d = Look;
  end

  assign look_o               = (state_q == Look);
  assign freeze_o             = (state_q == Settle) || (state_q == Freeze);
  assign look_gfn_o           = target_gfn;
  assign ev_redormant_store_o = det_start;
  assign ev_cmd_error_o       = finish && (code_d != dm_pkg::CodeOk);
  assign ev_cmd_refused_o     = cmd_valid_i && pending_q;
  assign start_o              = exec_start || det_start;
  assign start_keep_o         = exec_keep;
  assign start_frame_o        = det_start ? det_frame_i
                                : (op_q == dm_pkg::OpReclaim) ? arg_q[FrameWidth-1:0]
                                                              : tag_payload_q[FrameWidth-1:0];

  // Tag changes: a conversion never meets another, because those happen while it is locked out.
  assign write_o       = exec_write || answer_grant;
  assign upd_o         = write_o || mark_o;
  assign upd_all_o     = mark_o;
  assign upd_gfn_o     = answer_grant ? port_gfn : (det_start ? det_gfn_i : target_gfn);
  assign upd_state_o   = answer_grant ? dm_pkg::PageResident : exec_state;
  assign upd_payload_o = answer_grant ? PayloadWidth'(pop_frame_i) : exec_payload;
  assign upd_poison_o  = exec_poison;

  // --------------------------------------------------------------------------------- steps of frames
  // The drain goes first: what waits for it may hold the command up.
  logic fr_go_drain, fr_go_mine;

  assign fr_go_drain = !fr_sent_q && step_valid_i;
  assign fr_go_mine  = !fr_sent_q && !step_valid_i && (state_q == Forward || state_q == Map);
  assign fr_page_o   = target_gfn;
  assign fr_valid_o  = fr_go_drain || fr_go_mine;
  assign fr_drain_d  = fr_sent_q ? fr_drain_q : step_valid_i;
  assign step_done_o = fr_sent_q && fr_drain_q && !fr_busy_i;
  assign fr_sent_d   = fr_valid_o || (fr_sent_q && fr_busy_i);

  always_comb begin
    if (fr_go_drain) begin
      fr_op_o    = step_keep_i ? dm_pkg::StepKeep : dm_pkg::StepFree;
      fr_frame_o = RfnWidth'(step_frame_i);
    end else if (state_q == Map) begin
      fr_op_o    = (op_q == dm_pkg::OpAdopt) ? dm_pkg::StepAdopt : dm_pkg::StepMap;
      fr_frame_o = arg_q[RfnWidth-1:0];
    end else begin
      fr_op_o    = (op_q == dm_pkg::OpQueueRange) ? dm_pkg::OpQueue
                 : (op_q == dm_pkg::OpReclaim)    ? dm_pkg::OpQuery : op_q;
      fr_frame_o = target_q;
    end
  end

  // ------------------------------------------------------------------------------------- stall queue
  logic                  stall_push, stall_pop;
  logic [PortWidth-1:0]  push_port;
  logic                  push_write;
  dm_pkg::stall_kind_e        push_kind;
  logic [GfnWidth-1:0]   push_gfn;
  logic [31:0]           push_since;

  assign stall_push    = answer_stall || defer;
  assign stall_pop     = resolve || defer;
  assign push_port     = defer ? stall_port_q[stall_rptr_q] : port;
  assign push_write    = defer ? stall_write_q[stall_rptr_q] : req_write_i[port];
  assign push_kind     = defer ? stall_kind_q[stall_rptr_q] : answer_kind;
  assign push_gfn      = defer ? stall_gfn_q[stall_rptr_q] : port_gfn;
  assign push_since    = defer ? stall_since_q[stall_rptr_q] : now_q;
  assign stall_wptr_d  = stall_wptr_q + StallWidth'(stall_push);
  assign stall_rptr_d  = stall_rptr_q + StallWidth'(stall_pop);
  assign stall_count_d = stall_count_q + (StallWidth + 1)'(stall_push) -
                         (StallWidth + 1)'(stall_pop);

  always_comb begin
    resolve_o = '0;
    resolve_o[stall_port_q[stall_rptr_q]] = resolve;
  end

  assign resolve_write_o = target_q[4];
  assign resolve_fail_o  = (target_q[9:8] == dm_pkg::ResolveFail);
  assign ev_stall_o      = answer_stall;
  assign ev_resolved_o   = resolve;
  assign stall_latency_o = now_q - stall_since_q[stall_rptr_q];

  assign stalled_o       = (stall_count_q != '0);
  assign stalled_port_o  = 4'(stall_port_q[stall_rptr_q]);
  assign stalled_write_o = stall_write_q[stall_rptr_q];
  assign stalled_kind_o  = stall_kind_q[stall_rptr_q];
  assign stalled_gfn_o   = stall_gfn_q[stall_rptr_q];

  assign cmd_busy_o     = pending_q;
  assign cmd_code_o     = code_q;
  assign cmd_value_o    = value_q;
  assign page_state_o   = page_state_q;
  assign page_payload_o = page_payload_q;
  assign demand_o       = demand_q;

  always_ff @(posedge clk_i) begin
    if (stall_push) begin
      stall_port_q[stall_wptr_q]  <= push_port;
      stall_write_q[stall_wptr_q] <= push_write;
      stall_kind_q[stall_wptr_q]  <= push_kind;
      stall_gfn_q[stall_wptr_q]   <= push_gfn;
      stall_since_q[stall_wptr_q] <= push_since;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q        <= Idle;
      op_q           <= '0;
      target_q       <= '0;
      arg_q          <= '0;
      pending_q      <= 1'b0;
      code_q         <= dm_pkg::CodeOk;
      value_q        <= '0;
      tag_state_q    <= dm_pkg::PageDormant;
      tag_payload_q  <= '0;
      page_state_q   <= dm_pkg::PageDormant;
      page_payload_q <= '0;
      det_turn_q     <= 1'b0;
      turn_q         <= '0;
      rest_q         <= 1'b0;
      demand_q       <= 1'b0;
      demanded_q     <= '0;
      failed_q       <= 1'b0;
      fr_sent_q      <= 1'b0;
      fr_drain_q     <= 1'b0;
      now_q          <= '0;
      wait_q         <= '0;
      stall_wptr_q   <= '0;
      stall_rptr_q   <= '0;
      stall_count_q  <= '0;
    end else begin
      state_q        <= state_d;
      op_q           <= op_d;
      target_q       <= target_d;
      arg_q          <= arg_d;
      pending_q      <= pending_d;
      code_q         <= code_d;
      value_q        <= value_d;
      tag_state_q    <= tag_state_d;
      tag_payload_q  <= tag_payload_d;
      page_state_q   <= page_state_d;
      page_payload_q <= page_payload_d;
      det_turn_q     <= det_turn_d;
      turn_q         <= turn_d;
      rest_q         <= rest_d;
      demand_q       <= demand_d;
      demanded_q     <= demanded_d;
      failed_q       <= failed_d;
      fr_sent_q      <= fr_sent_d;
      fr_drain_q     <= fr_drain_d;
      now_q          <= now_q + 32'd1;
      wait_q         <= wait_d;
      stall_wptr_q   <= stall_wptr_d;
      stall_rptr_q   <= stall_rptr_d;
      stall_count_q  <= stall_count_d;
    end
  end

  `DM_AWAKE
  `DM_ASSERT(OneChangeOfTagsAtATime, !(answer_grant && (exec_write || mark_o)))
  `DM_ASSERT(StallsFitTheQueue, 32'(stall_count_q) <= StallDepth)
  `DM_ASSERT(OneStallAtATime, !(answer_stall && defer))
  `DM_ASSERT(OneDrainAtATime, !start_o || !drain_busy_i)
  `DM_ASSERT(OneStepAtATime, !fr_valid_o || !fr_busy_i)

`ifdef FORMAL
  `include "formal/dm_pages_props.svh"
`endif

endmodule
