// Frame lists and the guard: the to-be-zeroed queue with its urgent lane, the zeroed pool, and one
// state for every real frame.
//
// Invariant: a frame is in exactly one state, in the list of that state and in no other, and the
//   counts over all states sum to RealFrames. Only a legal step changes anything. An entry of the guard or
//   of a list that has wrong parity is never believed: a frame of the guard takes no step but OpRetire, one
//   of a list is dropped and counted as bad.
// Latency:   command -> result: 5 cycles (3 for TAKE and CLAIM), and one more each time that a frame was
//   popped just before it reads the guard or steps; after reset it waits for the sweep (a frame a cycle)
//   that marks its frame dirty.
// Throughput: a frame to or from the engine every second cycle; a command every sixth cycle; a frame popped
//   every second cycle.
//
// A frame whose zeroing failed is retried once, ahead of everything; failing again makes it bad.
`include "dm_assert.svh"

module dm_frames #(
  parameter  int unsigned RealFrames     = 8192,
  parameter  int unsigned GuestPages     = 8192,
  parameter  int unsigned QueueDepth     = 1024,
  parameter  int unsigned UrgentDepth    = 16,
  parameter  int unsigned PoolDepth      = 1024,
  parameter  int unsigned MaxOutstanding = 8,
  localparam int unsigned FrameWidth     = dm_pkg::index_width(RealFrames),
  localparam int unsigned GfnWidth       = dm_pkg::index_width(GuestPages),
  localparam int unsigned CountWidth     = $clog2(RealFrames + 1)
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,

  // Background zeroing runs between the water marks; enable_i stops both lanes.
  input  logic                         enable_i,
  input  logic [dm_pkg::RfnWidth-1:0]  water_low_i,
  input  logic [dm_pkg::RfnWidth-1:0]  water_high_i,

  // Commands, of the hyperkernel and for the mapping of pages: one at a time.
  input  logic                         cmd_valid_i,
  input  logic [4:0]                   cmd_op_i,
  input  logic [dm_pkg::RfnWidth-1:0]  cmd_frame_i,
  input  logic [GfnWidth-1:0]          cmd_page_i,   // that it is mapped to
  output logic                         cmd_busy_o,
  output dm_pkg::code_e                cmd_code_o,
  output logic [dm_pkg::RfnWidth-1:0]  cmd_value_o,
  output logic [GfnWidth-1:0]          owner_o,      // page of the frame of the last OpQuery
  output logic                         damaged_o,    // its entry has wrong parity

  // Conversion of a page: the pool's oldest frame is mapped at once. Only while pop_valid_o, and not
  // twice in a row. demand_i: one waits for a frame; coming_o: one will come without firmware.
  output logic                         pop_valid_o,
  output logic [FrameWidth-1:0]        pop_frame_o,
  input  logic                         pop_i,
  input  logic [GfnWidth-1:0]          pop_page_i,
  input  logic                         demand_i,
  output logic                         coming_o,

  // The engine.
  output logic                         urgent_o,
  output logic                         frame_valid_o,
  input  logic                         frame_ready_i,
  output logic [FrameWidth-1:0]        frame_o,
  input  logic                         done_valid_i,
  input  logic                         done_error_i,

  // Frames in each state; dirty, queued (queue and urgent), zeroing, zeroed (pool), mapped, held, bad,
  // claimed, moving and filled sum to RealFrames.
  output logic [$clog2(QueueDepth):0]  queue_level_o,
  output logic [$clog2(UrgentDepth):0] urgent_level_o,
  output logic [$clog2(PoolDepth):0]   pool_level_o,
  output logic [CountWidth-1:0]        dirty_o,
  output logic [CountWidth-1:0]        zeroing_o,
  output logic [CountWidth-1:0]        mapped_o,
  output logic [CountWidth-1:0]        held_o,
  output logic [CountWidth-1:0]        bad_o,
  output logic [CountWidth-1:0]        claimed_o,
  output logic [CountWidth-1:0]        moving_o,
  output logic [CountWidth-1:0]        filled_o,
  output logic [CountWidth-1:0]        lost_o,       // among the bad ones
  output logic                         bad_valid_o,
  output logic [FrameWidth-1:0]        bad_frame_o,
  output logic                         ready_o,
  output logic                         running_o,
  output logic                         busy_o,

  // Events, one pulse each.
  output logic                         ev_zeroed_o,
  output logic                         ev_retried_o,
  output logic                         ev_bad_o,
  output logic                         ev_pool_low_o,
  output logic                         ev_pool_high_o,
  output logic                         ev_queue_empty_o,
  output logic                         ev_dirtied_o, // a drained frame found the queue full
  output logic                         ev_parity_o   // an entry of the guard or of a list was wrong
);

  // Frames in the engine or waiting for their retry; each holds a place in all three short lists.
  localparam int unsigned FlightDepth = (MaxOutstanding > 2) ? 1 << $clog2(MaxOutstanding) : 2;
  localparam int unsigned RfnWidth    = dm_pkg::RfnWidth;
  localparam int unsigned FlightBits  = $clog2(FlightDepth);
  localparam int unsigned QueueBits   = $clog2(QueueDepth);
  localparam int unsigned UrgentBits  = $clog2(UrgentDepth);
  localparam int unsigned PoolBits    = $clog2(PoolDepth);

  typedef enum logic [2:0] {
    CmdIdle  = 3'd0,
    CmdRead  = 3'd1,  // checks what needs no state, waits for the sweep
    CmdFetch = 3'd2,  // waits for the guard's port, reads it
    CmdWait  = 3'd3,  // the guard's memory answers
    CmdCheck = 3'd4,  // is the step legal?
    CmdExec  = 3'd5   // waits for the guard's port, steps
  } cmd_state_e;

  // A frame's entry: odd parity, state, and the page that it is mapped to. Read or written in a cycle, never
  // both.
  localparam int unsigned EntryWidth = 1 + 4 + GfnWidth;
  (* no_rw_check *)
  logic [EntryWidth-1:0] guard_mem [RealFrames];
  logic [EntryWidth-1:0] guard_q;   // the memory's own register: decide nothing on it
  logic [EntryWidth-1:0] seen_q;    // what it read
  logic                  intact_q;  // with the right parity
  logic                  legal_q;   // the command may step on from there
  dm_pkg::frame_state_e  seen;      // the state that was read
  logic [3:0]            shown;     // and what it counts as
  logic                  guard_read, guard_write;
  logic [FrameWidth-1:0] guard_addr;
  dm_pkg::frame_state_e  guard_next;
  logic [GfnWidth-1:0]   guard_page;
  logic                  guard_poison;

  logic [CountWidth-1:0] sweep_q, sweep_d;
  logic                  running_q, running_d;
  logic [CountWidth-1:0] dirty_q, dirty_d;
  logic [FlightBits:0]   zeroing_q, zeroing_d;
  logic [CountWidth-1:0] mapped_q, mapped_d;
  logic [CountWidth-1:0] held_q, held_d;
  logic [CountWidth-1:0] bad_q, bad_d;
  logic [CountWidth-1:0] claimed_q, claimed_d;
  logic [CountWidth-1:0] moving_q, moving_d;
  logic [CountWidth-1:0] filled_q, filled_d;
  logic                  map_pend_q, map_pend_d;  // the guard has yet to be told that it is mapped
  logic [FrameWidth-1:0] map_frame_q, map_frame_d;
  logic [GfnWidth-1:0]   map_page_q, map_page_d;
  logic [CountWidth-1:0] lost_q, lost_d;
  logic [dm_pkg::Lists-1:0] poison_q, poison_d;  // the next entry of the list gets wrong parity
  logic [dm_pkg::Lists-1:0] poison_arm, pushed;
  logic [GfnWidth-1:0]   owner_q, owner_d;
  logic                  damaged_q, damaged_d;
  logic                  bad_valid_q, bad_valid_d;
  logic [FrameWidth-1:0] bad_frame_q, bad_frame_d;
  logic                  low_q, low_d;
  logic                  high_q, high_d;
  logic                  empty_q, empty_d;
  cmd_state_e            cmd_state_q, cmd_state_d;
  logic [4:0]            op_q, op_d;
  logic [RfnWidth-1:0]   rfn_q, rfn_d;
  logic [GfnWidth-1:0]   page_q, page_d;
  dm_pkg::code_e         code_q, code_d;
  logic [RfnWidth-1:0]   value_q, value_d;

  logic                  queue_push, queue_valid, queue_bad, queue_pop;
  logic [FrameWidth-1:0] queue_frame;
  logic                  urgent_push, urgent_valid, urgent_bad, urgent_pop;
  logic [FrameWidth-1:0] urgent_frame;
  logic                  pool_push, pool_valid, pool_bad, pool_pop;
  logic [FrameWidth-1:0] pool_frame;
  logic                  retry_push, retry_valid, retry_bad;
  logic [FrameWidth-1:0] retry_frame;
  logic                  flight_valid, flight_bad, flight_retried;
  logic [FrameWidth-1:0] flight_frame;
  logic                  done_valid, done_bad, done_error;
  logic [$clog2(FlightDepth):0] unused_retry, unused_flight, unused_done;

  logic                  swept, room, offer_urgent, offer_queue, accept, fetch, exec, finish;
  logic                  cmd_finish, legal, countable, map_more, map_less, gone;
  logic                  drop, drop_retry, drop_urgent, drop_queue, drop_pool;
  logic [PoolBits:0]     promised_q, promised_d;  // in the pool or in the engine

  dm_fifo #(.Width(FrameWidth), .Depth(QueueDepth)) u_queue (
    .clk_i, .rst_ni, .push_i(queue_push), .data_i(rfn_q[FrameWidth-1:0]),
    .poison_i(poison_q[dm_pkg::ListQueue]), .valid_o(queue_valid), .bad_o(queue_bad),
    .pop_i(queue_pop || drop_queue), .data_o(queue_frame), .level_o(queue_level_o)
  );

  dm_fifo #(.Width(FrameWidth), .Depth(UrgentDepth)) u_urgent (
    .clk_i, .rst_ni, .push_i(urgent_push), .data_i(rfn_q[FrameWidth-1:0]),
    .poison_i(poison_q[dm_pkg::ListUrgent]), .valid_o(urgent_valid), .bad_o(urgent_bad),
    .pop_i(urgent_pop || drop_urgent), .data_o(urgent_frame), .level_o(urgent_level_o)
  );

  dm_fifo #(.Width(FrameWidth), .Depth(PoolDepth)) u_pool (
    .clk_i, .rst_ni, .push_i(pool_push), .data_i(flight_frame),
    .poison_i(poison_q[dm_pkg::ListPool]), .valid_o(pool_valid), .bad_o(pool_bad),
    .pop_i(pool_pop), .data_o(pool_frame), .level_o(pool_level_o)
  );

  dm_fifo #(.Width(FrameWidth), .Depth(FlightDepth)) u_retry (
    .clk_i, .rst_ni, .push_i(retry_push), .data_i(flight_frame),
    .poison_i(poison_q[dm_pkg::ListRetry]), .valid_o(retry_valid), .bad_o(retry_bad),
    .pop_i((accept && retry_valid) || drop_retry), .data_o(retry_frame), .level_o(unused_retry)
  );

  // The engine answers in order, so it need not name the frame: this list knows it.
  dm_fifo #(.Width(FrameWidth + 1), .Depth(FlightDepth)) u_flight (
    .clk_i, .rst_ni, .push_i(accept), .data_i({retry_valid, frame_o}),
    .poison_i(poison_q[dm_pkg::ListFlight]), .valid_o(flight_valid), .bad_o(flight_bad),
    .pop_i(finish), .data_o({flight_retried, flight_frame}), .level_o(unused_flight)
  );

  // Its answers wait here while the guard's write port is taken.
  dm_fifo #(.Width(1), .Depth(FlightDepth)) u_done (
    .clk_i, .rst_ni, .push_i(done_valid_i), .data_i(done_error_i),
    .poison_i(poison_q[dm_pkg::ListDone]), .valid_o(done_valid), .bad_o(done_bad),
    .pop_i(finish), .data_o(done_error), .level_o(unused_done)
  );

  // Offer: retry, then urgent, then background. A new frame needs a place in the pool to come back to.
  // A conversion that waits makes all of it urgent, and takes a frame from the queue if none is on
  // its way.
  assign room         = !promised_q[PoolBits] && !zeroing_q[FlightBits];
  assign offer_urgent = urgent_valid && room && enable_i;
  assign offer_queue  = queue_valid && room && enable_i &&
                        (running_q || (demand_i && zeroing_q == '0));

  assign urgent_o      = retry_valid || offer_urgent || demand_i;
  assign frame_valid_o = (retry_valid || offer_urgent || offer_queue) &&
                         !map_pend_q && !fetch && !exec && !finish && !drop;
  assign frame_o       = retry_valid ? retry_frame : (offer_urgent ? urgent_frame : queue_frame);
  assign accept        = frame_valid_o && frame_ready_i;
  assign urgent_pop    = accept && !retry_valid && offer_urgent;
  assign queue_pop     = accept && !retry_valid && !offer_urgent;

  // A command that takes from the pool goes first.
  assign pop_valid_o = pool_valid && (cmd_state_q == CmdIdle || (op_q != dm_pkg::OpTake &&
                                                                 op_q != dm_pkg::OpClaim));
  assign pop_frame_o = pool_frame;
  assign map_pend_d  = pop_i;
  assign map_frame_d = pool_frame;
  assign map_page_d  = pop_page_i;
  assign coming_o    = (zeroing_q != '0) || (pool_level_o != '0) ||
                       (enable_i && (queue_level_o != '0 || urgent_level_o != '0));

  always_comb begin
    running_d = running_q;
    if (32'(promised_q) <= 32'(water_low_i)) running_d = 1'b1;
    if (32'(promised_q) >= 32'(water_high_i)) running_d = 1'b0;
  end

  // One access a cycle to the guard: a frame was popped, else a command (its read, or its step), else the
  // engine finishes a frame, else a list drops one, else the engine takes one, else the sweep. So the counts
  // below never change by two at once, but for those of the pop itself. What hangs on the engine's readiness,
  // which comes late, is last.
  assign swept  = (32'(sweep_q) == RealFrames);
  assign fetch  = (cmd_state_q == CmdFetch) && !map_pend_q;
  assign exec   = (cmd_state_q == CmdExec) && !map_pend_q;
  assign finish = (done_valid || done_bad) && (flight_valid || flight_bad) &&
                  !fetch && !exec && !map_pend_q;

  // The oldest entry of a list has wrong parity: one of them leaves in a cycle.
  assign drop        = (retry_bad || urgent_bad || queue_bad || pool_bad) &&
                       !fetch && !exec && !map_pend_q && !finish;
  assign drop_retry  = drop && retry_bad;
  assign drop_urgent = drop && !retry_bad && urgent_bad;
  assign drop_queue  = drop && !retry_bad && !urgent_bad && queue_bad;
  assign drop_pool   = drop && !retry_bad && !urgent_bad && !queue_bad;

  assign seen  = dm_pkg::frame_state_e'(seen_q[GfnWidth+:4]);
  assign shown = intact_q ? seen : dm_pkg::FrameBad;

  // The states from which a command leads on. Where the parity is wrong, only OpRetire does, from a state that
  // some frame is counted in and that commands alone lead out of.
  always_comb begin
    unique case (seen)
      dm_pkg::FrameDirty:   countable = (dirty_q != '0);
      dm_pkg::FrameHeld:    countable = (held_q != '0);
      dm_pkg::FrameClaimed: countable = (claimed_q != '0);
      dm_pkg::FrameMoving:  countable = (moving_q != '0);
      dm_pkg::FrameFilled:  countable = (filled_q != '0);
      default:              countable = 1'b0;
    endcase
    unique case (op_q)
      dm_pkg::OpHold:    legal = (seen == dm_pkg::FrameDirty) || (seen == dm_pkg::FrameClaimed) ||
                                 (seen == dm_pkg::FrameMoving) || (seen == dm_pkg::FrameFilled);
      dm_pkg::OpRelease: legal = (seen == dm_pkg::FrameHeld) || (seen == dm_pkg::FrameClaimed) ||
                                 (seen == dm_pkg::FrameMoving) || (seen == dm_pkg::FrameFilled);
      dm_pkg::OpRetire:  legal = countable;
      dm_pkg::OpReserve: legal = (seen == dm_pkg::FrameHeld) || (seen == dm_pkg::FrameClaimed);
      dm_pkg::OpFill:    legal = (seen == dm_pkg::FrameMoving);
      dm_pkg::OpPoison:  legal = (seen != dm_pkg::FrameQueued) && (seen != dm_pkg::FrameZeroing) &&
                                 (seen != dm_pkg::FrameZeroed);
      dm_pkg::StepMap:   legal = (seen == dm_pkg::FrameClaimed);
      dm_pkg::StepAdopt: legal = (seen == dm_pkg::FrameFilled);
      dm_pkg::StepFree,
      dm_pkg::StepKeep:  legal = (seen == dm_pkg::FrameMapped);
      default:           legal = (seen == dm_pkg::FrameDirty) || (seen == dm_pkg::FrameHeld) ||
                                 (seen == dm_pkg::FrameClaimed);
    endcase
    if (!(^seen_q) && (op_q != dm_pkg::OpRetire)) legal = 1'b0;
  end

  always_comb begin
    guard_write = 1'b0;
    guard_addr  = frame_o;
    guard_next  = dm_pkg::FrameDirty;
    guard_page  = map_pend_q ? map_page_q : page_q;
    guard_poison = 1'b0;
    guard_read  = 1'b0;
    sweep_d     = sweep_q;
    dirty_d     = dirty_q;
    zeroing_d   = zeroing_q;
    map_more    = 1'b0;
    map_less    = 1'b0;
    held_d      = held_q;
    bad_d       = bad_q;
    claimed_d   = claimed_q;
    moving_d    = moving_q;
    filled_d    = filled_q;
    bad_valid_d = bad_valid_q;
    bad_frame_d = bad_frame_q;
    lost_d      = lost_q;
    owner_d     = owner_q;
    damaged_d   = damaged_q;
    gone        = 1'b0;
    queue_push  = 1'b0;
    urgent_push = 1'b0;
    pool_push   = 1'b0;
    pool_pop    = pop_i;
    retry_push  = 1'b0;
    cmd_finish  = 1'b0;
    cmd_state_d = cmd_state_q;
    op_d        = op_q;
    rfn_d       = rfn_q;
    page_d      = page_q;
    code_d      = code_q;
    value_d     = value_q;
    ev_bad_o     = 1'b0;
    ev_dirtied_o = 1'b0;
    ev_parity_o  = 1'b0;
    poison_arm   = '0;

    // The command up to its step: what fails without a look at the guard ends here.
    unique case (cmd_state_q)
      CmdIdle: begin
        if (cmd_valid_i) begin
          op_d        = cmd_op_i;
          rfn_d       = cmd_frame_i;
          page_d      = cmd_page_i;
          cmd_state_d = CmdRead;
        end
      end
      CmdRead: begin
        value_d = '0;
        if ((op_q == 5'd0) || (op_q > dm_pkg::OpFill && op_q < dm_pkg::OpPoison) ||
            (op_q > dm_pkg::OpPoisonList && op_q < dm_pkg::StepMap)) begin
          code_d     = dm_pkg::CodeBadOp;
          cmd_finish = 1'b1;
        end else if (op_q == dm_pkg::OpPoisonList) begin
          cmd_finish = 1'b1;
          code_d     = (32'(rfn_q) < dm_pkg::Lists) ? dm_pkg::CodeOk : dm_pkg::CodeRange;
          for (int unsigned i = 0; i < dm_pkg::Lists; i++) begin
            if (32'(rfn_q) == i) poison_arm[i] = 1'b1;
          end
        end else if (op_q == dm_pkg::OpTake || op_q == dm_pkg::OpClaim) begin
          // An oldest entry that is about to be dropped is as good as none.
          if (pool_level_o == '0 || pool_bad) begin
            code_d     = dm_pkg::CodeEmpty;
            cmd_finish = 1'b1;
          end else if (pool_valid) begin
            cmd_state_d = CmdExec;
          end
        end else if (32'(rfn_q) >= RealFrames) begin
          code_d     = dm_pkg::CodeRange;
          cmd_finish = 1'b1;
        end else if (32'(rfn_q) < 32'(sweep_q)) begin
          cmd_state_d = CmdFetch;
        end
      end
      CmdFetch: if (fetch) cmd_state_d = CmdWait;
      CmdWait:  cmd_state_d = CmdCheck;
      CmdCheck: cmd_state_d = CmdExec;
      default: ;
    endcase

    // The one access to the guard, and what moves with it.
    if (map_pend_q) begin
      guard_write = 1'b1;
      guard_addr  = map_frame_q;
      guard_next  = dm_pkg::FrameMapped;
    end else if (fetch) begin
      guard_read = 1'b1;
    end else if (exec) begin
      guard_addr = rfn_q[FrameWidth-1:0];
      cmd_finish = 1'b1;
      code_d     = dm_pkg::CodeOk;
      if (op_q == dm_pkg::OpTake) begin
        guard_write = 1'b1;
        guard_addr  = pool_frame;
        guard_next  = dm_pkg::FrameHeld;
        pool_pop    = 1'b1;
        held_d      = held_q + CountWidth'(1);
        value_d     = RfnWidth'(pool_frame);
      end else if (op_q == dm_pkg::OpClaim) begin
        guard_write = 1'b1;
        guard_addr  = pool_frame;
        guard_next  = dm_pkg::FrameClaimed;
        pool_pop    = 1'b1;
        claimed_d   = claimed_q + CountWidth'(1);
        value_d     = RfnWidth'(pool_frame);
      end else if (op_q == dm_pkg::OpQuery) begin
        value_d     = RfnWidth'(shown);
        owner_d     = seen_q[GfnWidth-1:0];
        damaged_d   = !intact_q;
        ev_parity_o = !intact_q;
      end else if (!intact_q && (op_q == dm_pkg::StepFree || op_q == dm_pkg::StepKeep)) begin
        // It was mapped, since its drain is over, and nobody may use it any more.
        guard_write = 1'b1;
        guard_next  = dm_pkg::FrameBad;
        map_less    = 1'b1;
        bad_d       = bad_q + CountWidth'(1);
        bad_valid_d = 1'b1;
        bad_frame_d = rfn_q[FrameWidth-1:0];
        ev_parity_o = 1'b1;
        code_d      = dm_pkg::CodeState;
        value_d     = RfnWidth'(dm_pkg::FrameBad);
      end else if (!legal_q) begin
        code_d      = dm_pkg::CodeState;
        value_d     = RfnWidth'(shown);
        ev_parity_o = !intact_q;
      end else if (op_q == dm_pkg::OpPoison) begin
        guard_write  = 1'b1;
        guard_next   = seen;
        guard_poison = 1'b1;
        guard_page   = seen_q[GfnWidth-1:0];
      end else if ((op_q == dm_pkg::OpQueue && queue_level_o[QueueBits]) ||
                   (op_q == dm_pkg::OpQueueUrgent && urgent_level_o[UrgentBits])) begin
        code_d      = dm_pkg::CodeFull;
      end else begin
        // It leaves the state that was seen, from which nothing else leads on, and enters the next.
        guard_write = 1'b1;
        if (seen == dm_pkg::FrameDirty) dirty_d = dirty_q - CountWidth'(1);
        if (seen == dm_pkg::FrameHeld) held_d = held_q - CountWidth'(1);
        if (seen == dm_pkg::FrameClaimed) claimed_d = claimed_q - CountWidth'(1);
        if (seen == dm_pkg::FrameMoving) moving_d = moving_q - CountWidth'(1);
        if (seen == dm_pkg::FrameFilled) filled_d = filled_q - CountWidth'(1);
        map_less    = (seen == dm_pkg::FrameMapped);
        ev_parity_o = !intact_q;
        unique case (op_q)
          dm_pkg::OpQueue: begin
            guard_next  = dm_pkg::FrameQueued;
            queue_push  = 1'b1;
          end
          dm_pkg::OpQueueUrgent: begin
            guard_next  = dm_pkg::FrameQueued;
            urgent_push = 1'b1;
          end
          dm_pkg::OpHold, dm_pkg::StepKeep: begin
            guard_next  = dm_pkg::FrameHeld;
            held_d      = held_q + CountWidth'(1);
          end
          dm_pkg::OpRelease: begin
            guard_next  = dm_pkg::FrameDirty;
            dirty_d     = dirty_q + CountWidth'(1);
          end
          dm_pkg::OpReserve: begin
            guard_next  = dm_pkg::FrameMoving;
            moving_d    = moving_q + CountWidth'(1);
          end
          dm_pkg::OpFill: begin
            guard_next  = dm_pkg::FrameFilled;
            filled_d    = filled_q + CountWidth'(1);
          end
          dm_pkg::StepMap, dm_pkg::StepAdopt: begin
            guard_next  = dm_pkg::FrameMapped;
            map_more    = 1'b1;
          end
          dm_pkg::StepFree: begin
            if (queue_level_o[QueueBits]) begin
              guard_next   = dm_pkg::FrameDirty;
              dirty_d      = dirty_q + CountWidth'(1);
              value_d      = RfnWidth'(1);
              ev_dirtied_o = 1'b1;
            end else begin
              guard_next   = dm_pkg::FrameQueued;
              queue_push   = 1'b1;
            end
          end
          default: begin
            guard_next  = dm_pkg::FrameBad;
            bad_d       = bad_q + CountWidth'(1);
          end
        endcase
      end
    end else if (finish) begin
      guard_addr  = flight_frame;
      ev_parity_o = done_bad || flight_bad;
      if (flight_bad) begin
        // Nobody knows which frame it was.
        zeroing_d   = zeroing_q - (FlightBits + 1)'(1);
        bad_d       = bad_q + CountWidth'(1);
        lost_d      = lost_q + CountWidth'(1);
        gone        = 1'b1;
      end else if (done_valid && !done_error) begin
        guard_write = 1'b1;
        guard_next  = dm_pkg::FrameZeroed;
        pool_push   = 1'b1;
        zeroing_d   = zeroing_q - (FlightBits + 1)'(1);
      end else if (!flight_retried) begin
        retry_push  = 1'b1;
      end else begin
        guard_write = 1'b1;
        guard_next  = dm_pkg::FrameBad;
        zeroing_d   = zeroing_q - (FlightBits + 1)'(1);
        bad_d       = bad_q + CountWidth'(1);
        bad_valid_d = 1'b1;
        bad_frame_d = flight_frame;
        gone        = 1'b1;
        ev_bad_o    = 1'b1;
      end
    end else if (drop) begin
      bad_d       = bad_q + CountWidth'(1);
      lost_d      = lost_q + CountWidth'(1);
      ev_parity_o = 1'b1;
      if (drop_retry) begin
        zeroing_d = zeroing_q - (FlightBits + 1)'(1);
        gone      = 1'b1;
      end
      if (drop_pool) pool_pop = 1'b1;
    end else if (accept) begin
      if (!retry_valid) begin
        guard_write = 1'b1;
        guard_next  = dm_pkg::FrameZeroing;
        zeroing_d   = zeroing_q + (FlightBits + 1)'(1);
      end
    end else if (!swept) begin
      guard_write = 1'b1;
      guard_addr  = sweep_q[FrameWidth-1:0];
      sweep_d     = sweep_q + CountWidth'(1);
    end

    if (cmd_finish) cmd_state_d = CmdIdle;
  end

  assign promised_d = promised_q + (PoolBits + 1)'(accept && !retry_valid) -
                      (PoolBits + 1)'(pool_pop) - (PoolBits + 1)'(gone);
  assign mapped_d = mapped_q + CountWidth'(pop_i) + CountWidth'(map_more) -
                    CountWidth'(map_less);

  // Events are edges of the levels.
  assign low_d   = (32'(pool_level_o) <= 32'(water_low_i));
  assign high_d  = (32'(pool_level_o) >= 32'(water_high_i)) || pool_level_o[PoolBits];
  assign empty_d = (queue_level_o == '0) && (urgent_level_o == '0);

  assign ev_zeroed_o      = pool_push;
  assign ev_retried_o     = retry_push;
  assign ev_pool_low_o    = low_d && !low_q;
  assign ev_pool_high_o   = high_d && !high_q;
  assign ev_queue_empty_o = empty_d && !empty_q;

  assign cmd_busy_o  = (cmd_state_q != CmdIdle);
  assign cmd_code_o  = code_q;
  assign cmd_value_o = value_q;
  assign dirty_o     = dirty_q;
  assign zeroing_o   = CountWidth'(zeroing_q);
  assign mapped_o    = mapped_q;
  assign held_o      = held_q;
  assign bad_o       = bad_q;
  assign claimed_o   = claimed_q;
  assign moving_o    = moving_q;
  assign filled_o    = filled_q;
  assign lost_o      = lost_q;
  assign owner_o     = owner_q;
  assign damaged_o   = damaged_q;
  assign bad_valid_o = bad_valid_q;
  assign bad_frame_o = bad_frame_q;
  assign ready_o     = swept;
  assign running_o   = running_q;
  assign busy_o      = done_valid || done_bad || retry_valid || retry_bad;

  always_ff @(posedge clk_i) begin
    if (guard_write) begin
      guard_mem[guard_addr] <= {~(^{guard_next, guard_page}) ^ guard_poison, guard_next, guard_page};
    end
    if (guard_read) guard_q <= guard_mem[rfn_q[FrameWidth-1:0]];
    seen_q   <= guard_q;
    legal_q  <= legal;
    intact_q <= ^seen_q;
  end

  // What is armed in this very cycle is for the next entry.
  assign pushed   = {done_valid_i, accept, retry_push, pool_push, urgent_push, queue_push};
  assign poison_d = (poison_q | poison_arm) & ~(pushed & poison_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sweep_q     <= '0;
      running_q   <= 1'b0;
      promised_q  <= '0;
      dirty_q     <= CountWidth'(RealFrames);
      zeroing_q   <= '0;
      mapped_q    <= '0;
      held_q      <= '0;
      bad_q       <= '0;
      claimed_q   <= '0;
      moving_q    <= '0;
      filled_q    <= '0;
      map_pend_q  <= 1'b0;
      map_frame_q <= '0;
      map_page_q  <= '0;
      lost_q      <= '0;
      poison_q    <= '0;
      owner_q     <= '0;
      damaged_q   <= 1'b0;
      bad_valid_q <= 1'b0;
      bad_frame_q <= '0;
      low_q       <= 1'b1;
      high_q      <= 1'b0;
      empty_q     <= 1'b1;
      cmd_state_q <= CmdIdle;
      op_q        <= '0;
      rfn_q       <= '0;
      page_q      <= '0;
      code_q      <= dm_pkg::CodeOk;
      value_q     <= '0;
    end else begin
      sweep_q     <= sweep_d;
      running_q   <= running_d;
      promised_q  <= promised_d;
      dirty_q     <= dirty_d;
      zeroing_q   <= zeroing_d;
      mapped_q    <= mapped_d;
      held_q      <= held_d;
      bad_q       <= bad_d;
      claimed_q   <= claimed_d;
      moving_q    <= moving_d;
      filled_q    <= filled_d;
      map_pend_q  <= map_pend_d;
      map_frame_q <= map_frame_d;
      map_page_q  <= map_page_d;
      lost_q      <= lost_d;
      poison_q    <= poison_d;
      owner_q     <= owner_d;
      damaged_q   <= damaged_d;
      bad_valid_q <= bad_valid_d;
      bad_frame_q <= bad_frame_d;
      low_q       <= low_d;
      high_q      <= high_d;
      empty_q     <= empty_d;
      cmd_state_q <= cmd_state_d;
      op_q        <= op_d;
      rfn_q       <= rfn_d;
      page_q      <= page_d;
      code_q      <= code_d;
      value_q     <= value_d;
    end
  end

  `DM_AWAKE
  // The callers' part.
  `DM_ASSERT(DoneOnlyForAFrameTaken, !done_valid_i || (unused_done < unused_flight))
  `DM_ASSERT(PopOnlyWhenOffered, !pop_i || (pop_valid_o && !map_pend_q))
  `DM_ASSERT(OneCommandAtATime, !cmd_valid_i || (cmd_state_q == CmdIdle))
  // Every frame that comes back has its place.
  `DM_ASSERT(PromisedIsPoolAndFlight, 32'(promised_q) == 32'(pool_level_o) + 32'(zeroing_q))
  `DM_ASSERT(PromisedFitsPool, 32'(promised_q) <= PoolDepth)
  `DM_ASSERT(ZeroingIsFlightAndRetry, 32'(zeroing_q) == 32'(unused_flight) + 32'(unused_retry))

`ifdef FORMAL
  `include "formal/dm_frames_props.svh"
`endif

endmodule
