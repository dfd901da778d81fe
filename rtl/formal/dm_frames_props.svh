// Properties of dm_frames, included at its end. Needs slang: they look into the lists.
//
// Every frame and every slot of every list is spelled out, so the sizes stay small. f_state is the
// guard, in which a popped frame is mapped at once; f_expect_q is what the ports say that it must be.

localparam int unsigned NumberBits = $clog2(FlightDepth) + 2;
localparam int unsigned SlotBits   = $clog2(FlightDepth);
localparam int unsigned StepBound  = 5 * RealFrames + 8;

logic [3:0] f_state [RealFrames];
logic [3:0] f_queued [RealFrames];    // places in queue and urgent lane
logic [3:0] f_flying [RealFrames];    // in flight
logic [3:0] f_retrying [RealFrames];  // in the retry list
logic [3:0] f_pooled [RealFrames];
logic [7:0] f_count [16];             // frames in each state
logic       f_damaged [RealFrames];   // its entry of the guard has wrong parity
logic [7:0] f_work;                   // steps that can be put before the sweep's next one, and its own

logic [RealFrames-1:0] f_failed_q, f_failed_d;  // failed since it was queued
logic [RealFrames-1:0] f_lost_q, f_lost_d;      // its entry in a list had wrong parity and was dropped
logic [GfnWidth-1:0]   f_owner_q [RealFrames];  // of a mapped frame
logic [7:0]            f_losses;
logic [3:0]            f_expect_q [RealFrames];
logic [3:0]            f_expect_d [RealFrames];

// The engine's order: frames accepted, done and finished, and what is known of those under way.
logic [NumberBits-1:0] f_accepted_q, f_done_q, f_finished_q;
logic [FrameWidth-1:0] f_rfn_q [FlightDepth];
logic                  f_error_q [FlightDepth];    // or the answer cannot be believed
logic                  f_wrong_q [FlightDepth];    // the entry of the frame in flight cannot be
logic [FrameWidth-1:0] f_finish_rfn;
logic                  f_finish_error;
logic                  f_finish_wrong;
logic                  f_ok, f_breaks, f_lane_full;
logic [FrameWidth+1:0] f_flight [FlightDepth];
logic [1:0]            f_done [FlightDepth];
logic [FrameWidth-1:0] f_cmd_rfn;
logic [3:0]            f_cmd_state, f_read_state_q, f_shown;
logic                  f_read_damaged_q;
logic [GfnWidth-1:0]   f_read_owner_q;
logic [7:0]            f_busy_q;  // cycles that a command has been under way
logic                  f_take, f_legal, f_wants, f_dry;
logic [2:0]            f_dry_q;   // such cycles in a row, those of a command or a pop left out
logic                  f_started_q;

initial f_started_q = 1'b0;

// Is slot i of a list with this memory in use?
`define DM_USED(list, depth, i) \
  (((32'(i) - 32'(list.rptr_q)) % depth) < 32'(list.stored_q))
`define DM_PLACES(places, list, depth) \
  if (list.valid_q && (list.data_q[FrameWidth-1:0] == FrameWidth'(f))) places = places + 4'd1; \
  if (list.ram_valid_q && (list.ram_q[FrameWidth-1:0] == FrameWidth'(f))) places = places + 4'd1; \
  for (int unsigned i = 0; i < depth; i++) begin \
    if (`DM_USED(list, depth, i) && (list.mem[i][FrameWidth-1:0] == FrameWidth'(f))) begin \
      places = places + 4'd1; \
    end \
  end

always_comb begin
  f_work   = '0;
  f_losses = '0;
  for (int unsigned s = 0; s < 16; s++) f_count[s] = '0;
  for (int unsigned f = 0; f < RealFrames; f++) begin
    f_state[f]    = (f < 32'(sweep_q)) ? guard_mem[f][GfnWidth+:4] : dm_pkg::FrameDirty;
    f_damaged[f]  = (f < 32'(sweep_q)) && !(^guard_mem[f]);
    if (map_pend_q && (32'(map_frame_q) == f)) begin
      f_state[f]   = dm_pkg::FrameMapped;
      f_damaged[f] = 1'b0;
    end
    f_queued[f]   = '0;
    f_flying[f]   = '0;
    f_retrying[f] = '0;
    f_pooled[f]   = '0;
    `DM_PLACES(f_queued[f], u_queue, QueueDepth)
    `DM_PLACES(f_queued[f], u_urgent, UrgentDepth)
    `DM_PLACES(f_flying[f], u_flight, FlightDepth)
    `DM_PLACES(f_retrying[f], u_retry, FlightDepth)
    `DM_PLACES(f_pooled[f], u_pool, PoolDepth)
    if (!f_lost_q[f]) f_count[f_state[f]] = f_count[f_state[f]] + 8'd1;
    else f_losses = f_losses + 8'd1;
    // Enter, fail, enter again, leave, be mapped.
    if (f >= 32'(sweep_q)) f_work = f_work + 8'd1;
    if ((f_state[f] == dm_pkg::FrameQueued) && !f_lost_q[f]) f_work = f_work + 8'd5;
    if ((f_state[f] == dm_pkg::FrameZeroing) && !f_lost_q[f]) begin
      f_work = f_work + (!f_failed_q[f] ? 8'd4 : ((f_retrying[f] != '0) ? 8'd3 : 8'd2));
    end
    if ((f_state[f] == dm_pkg::FrameZeroed) && !f_lost_q[f]) f_work = f_work + 8'd1;
    if (map_pend_q && (32'(map_frame_q) == f)) f_work = f_work + 8'd1;
  end
end

// Place i of the lists in flight: the output register holds the head, the memory's what follows.
always_comb begin
  for (int unsigned i = 0; i < FlightDepth; i++) begin
    f_flight[i] = u_flight.mem[SlotBits'(32'(u_flight.rptr_q) + i - 32'(u_flight.valid_q)
                                         - 32'(u_flight.ram_valid_q))];
    if (u_flight.ram_valid_q && (i == 32'(u_flight.valid_q))) f_flight[i] = u_flight.ram_q;
    if (u_flight.valid_q && (i == 0)) f_flight[i] = u_flight.data_q;
    f_done[i] = u_done.mem[SlotBits'(32'(u_done.rptr_q) + i - 32'(u_done.valid_q)
                                     - 32'(u_done.ram_valid_q))];
    if (u_done.ram_valid_q && (i == 32'(u_done.valid_q))) f_done[i] = u_done.ram_q;
    if (u_done.valid_q && (i == 0)) f_done[i] = u_done.data_q;
  end
end

// What the ports say: a command ended with CodeOk, a frame was accepted, or its answer was used, in
// the order of the answers.
assign f_ok           = cmd_finish && (code_d == dm_pkg::CodeOk);
assign f_take         = (op_q == dm_pkg::OpTake) || (op_q == dm_pkg::OpClaim);
assign f_cmd_rfn      = f_take ? value_d[FrameWidth-1:0] : rfn_q[FrameWidth-1:0];
assign f_cmd_state    = (32'(f_cmd_rfn) < RealFrames) ? f_state[f_cmd_rfn] : 4'd0;
assign f_finish_rfn   = f_rfn_q[SlotBits'(f_finished_q)];
assign f_finish_error = f_error_q[SlotBits'(f_finished_q)];
assign f_finish_wrong = f_wrong_q[SlotBits'(f_finished_q)];
// A frame whose drain is over, and whose entry cannot be believed, is bad from then on.
assign f_breaks       = exec && f_read_damaged_q
                        && ((op_q == dm_pkg::StepFree) || (op_q == dm_pkg::StepKeep));
assign f_shown        = f_read_damaged_q ? dm_pkg::FrameBad : f_read_state_q;
assign f_lane_full    = (op_q == dm_pkg::OpQueue) ? (32'(queue_level_o) == QueueDepth)
                      : ((op_q == dm_pkg::OpQueueUrgent) && (32'(urgent_level_o) == UrgentDepth));

// The states from which a command leads on, by the list of commands in registers.rdl.
always_comb begin
  unique case (f_read_state_q)
    dm_pkg::FrameDirty:   f_legal = (op_q == dm_pkg::OpQueue) || (op_q == dm_pkg::OpQueueUrgent) ||
                                    (op_q == dm_pkg::OpHold) || (op_q == dm_pkg::OpRetire);
    dm_pkg::FrameHeld:    f_legal = (op_q == dm_pkg::OpQueue) || (op_q == dm_pkg::OpQueueUrgent) ||
                                    (op_q == dm_pkg::OpRelease) || (op_q == dm_pkg::OpRetire) ||
                                    (op_q == dm_pkg::OpReserve);
    dm_pkg::FrameClaimed: f_legal = (op_q == dm_pkg::OpQueue) || (op_q == dm_pkg::OpQueueUrgent) ||
                                    (op_q == dm_pkg::OpHold) || (op_q == dm_pkg::OpRelease) ||
                                    (op_q == dm_pkg::OpRetire) || (op_q == dm_pkg::OpReserve) ||
                                    (op_q == dm_pkg::StepMap);
    dm_pkg::FrameMoving:  f_legal = (op_q == dm_pkg::OpHold) || (op_q == dm_pkg::OpRelease) ||
                                    (op_q == dm_pkg::OpRetire) || (op_q == dm_pkg::OpFill);
    dm_pkg::FrameFilled:  f_legal = (op_q == dm_pkg::OpHold) || (op_q == dm_pkg::OpRelease) ||
                                    (op_q == dm_pkg::OpRetire) || (op_q == dm_pkg::StepAdopt);
    dm_pkg::FrameMapped:  f_legal = (op_q == dm_pkg::StepFree) || (op_q == dm_pkg::StepKeep);
    default:              f_legal = 1'b0;
  endcase
  if (op_q == dm_pkg::OpPoison) begin
    f_legal = (f_read_state_q != dm_pkg::FrameQueued) && (f_read_state_q != dm_pkg::FrameZeroing)
              && (f_read_state_q != dm_pkg::FrameZeroed);
  end
  // One that cannot be believed can be retired, and nothing else.
  if (f_read_damaged_q && (op_q != dm_pkg::OpRetire)) f_legal = 1'b0;
end

// A conversion waits, no frame is zeroed or being zeroed, the queue has one, and the guard is free.
assign f_wants = demand_i && enable_i && (pool_level_o == '0) && (zeroing_o == '0) &&
                 ((queue_level_o != '0) || (urgent_level_o != '0));
assign f_dry   = f_wants && !fetch && !exec && !map_pend_q && !drop && !frame_valid_o;

always_comb begin
  f_failed_d = f_failed_q;
  f_lost_d   = f_lost_q;
  for (int unsigned f = 0; f < RealFrames; f++) begin
    f_expect_d[f] = f_state[f];
    if (pop_i && (32'(pop_frame_o) == f)) f_expect_d[f] = dm_pkg::FrameMapped;
    if (accept && (32'(frame_o) == f)) f_expect_d[f] = dm_pkg::FrameZeroing;
    if (drop_retry && (32'(retry_frame) == f)) f_lost_d[f] = 1'b1;
    if (drop_urgent && (32'(urgent_frame) == f)) f_lost_d[f] = 1'b1;
    if (drop_queue && (32'(queue_frame) == f)) f_lost_d[f] = 1'b1;
    if (drop_pool && (32'(pool_frame) == f)) f_lost_d[f] = 1'b1;
    if (f_breaks && (32'(rfn_q) == f)) f_expect_d[f] = dm_pkg::FrameBad;
    if (finish && f_finish_wrong && (32'(f_finish_rfn) == f)) begin
      f_lost_d[f] = 1'b1;
    end else if (finish && (32'(f_finish_rfn) == f)) begin
      f_failed_d[f] = f_failed_q[f] || f_finish_error;
      f_expect_d[f] = !f_finish_error ? dm_pkg::FrameZeroed
                    : (f_failed_q[f] ? dm_pkg::FrameBad : dm_pkg::FrameZeroing);
    end
    if (f_ok && (32'(f_cmd_rfn) == f)) begin
      unique case (op_q)
        dm_pkg::OpQueue, dm_pkg::OpQueueUrgent: begin
          f_expect_d[f] = dm_pkg::FrameQueued;
          f_failed_d[f] = 1'b0;
        end
        dm_pkg::StepFree: begin
          f_expect_d[f] = ev_dirtied_o ? dm_pkg::FrameDirty : dm_pkg::FrameQueued;
          f_failed_d[f] = 1'b0;
        end
        dm_pkg::OpTake, dm_pkg::OpHold,
        dm_pkg::StepKeep:  f_expect_d[f] = dm_pkg::FrameHeld;
        dm_pkg::OpRelease: f_expect_d[f] = dm_pkg::FrameDirty;
        dm_pkg::OpRetire:  f_expect_d[f] = dm_pkg::FrameBad;
        dm_pkg::OpClaim:   f_expect_d[f] = dm_pkg::FrameClaimed;
        dm_pkg::OpReserve: f_expect_d[f] = dm_pkg::FrameMoving;
        dm_pkg::OpFill:    f_expect_d[f] = dm_pkg::FrameFilled;
        dm_pkg::StepMap,
        dm_pkg::StepAdopt: f_expect_d[f] = dm_pkg::FrameMapped;
        default: ;
      endcase
    end
  end
end

always_ff @(posedge clk_i or negedge rst_ni) begin
  if (!rst_ni) begin
    f_failed_q   <= '0;
    f_lost_q     <= '0;
    f_accepted_q <= '0;
    f_done_q     <= '0;
    f_finished_q <= '0;
    f_busy_q     <= '0;
    f_dry_q      <= '0;
    for (int unsigned f = 0; f < RealFrames; f++) f_expect_q[f] <= dm_pkg::FrameDirty;
  end else begin
    f_failed_q   <= f_failed_d;
    f_lost_q     <= f_lost_d;
    f_accepted_q <= f_accepted_q + NumberBits'(accept);
    f_done_q     <= f_done_q + NumberBits'(done_valid_i);
    f_finished_q <= f_finished_q + NumberBits'(finish);
    f_busy_q     <= (cmd_busy_o && !cmd_finish) ? f_busy_q + 8'd1 : 8'd0;
    f_dry_q      <= (!f_wants || frame_valid_o || drop) ? 3'd0 : (f_dry ? f_dry_q + 3'd1 : f_dry_q);
    for (int unsigned f = 0; f < RealFrames; f++) f_expect_q[f] <= f_expect_d[f];
  end
end

always_ff @(posedge clk_i) begin
  f_started_q <= 1'b1;
  if (accept) begin
    f_rfn_q[SlotBits'(f_accepted_q)]   <= frame_o;
    f_wrong_q[SlotBits'(f_accepted_q)] <= poison_q[dm_pkg::ListFlight];
  end
  if (done_valid_i) begin
    f_error_q[SlotBits'(f_done_q)] <= done_error_i || poison_q[dm_pkg::ListDone];
  end
  // What the command sees.
  if (fetch) begin
    f_read_state_q   <= f_state[rfn_q[FrameWidth-1:0]];
    f_read_damaged_q <= f_damaged[rfn_q[FrameWidth-1:0]];
    f_read_owner_q   <= f_owner_q[rfn_q[FrameWidth-1:0]];
  end
  for (int unsigned f = 0; f < RealFrames; f++) begin
    if (pop_i && (32'(pop_frame_o) == f)) f_owner_q[f] <= pop_page_i;
    if (f_ok && ((op_q == dm_pkg::StepMap) || (op_q == dm_pkg::StepAdopt)) && (32'(rfn_q) == f)) begin
      f_owner_q[f] <= page_q;
    end
  end
end

always @(posedge clk_i) begin
  if (!f_started_q) assume (!rst_ni);
  if (!rst_ni) begin
    assume (!done_valid_i && !pop_i);
  end else begin
    if (pop_i) assume (pop_valid_o && !map_pend_q);
    if (cmd_valid_i) assume (!cmd_busy_o);
    // A drain is that of a mapped frame, so the guard is not asked where it cannot be believed.
    if (fetch && f_damaged[rfn_q[FrameWidth-1:0]]
        && ((op_q == dm_pkg::StepFree) || (op_q == dm_pkg::StepKeep))) begin
      assume (f_state[rfn_q[FrameWidth-1:0]] == dm_pkg::FrameMapped);
    end
    // The engine answers each frame once, after it took it.
    if (done_valid_i) assume (f_done_q != f_accepted_q);

    // A frame is in one state, in the list of that state, once, and in no other; but for one that is lost, which
    // is in none.
    for (int unsigned f = 0; f < RealFrames; f++) begin
      assert (f_queued[f] == 4'((f_state[f] == dm_pkg::FrameQueued) && !f_lost_q[f]));
      assert (f_flying[f] + f_retrying[f] == 4'((f_state[f] == dm_pkg::FrameZeroing) && !f_lost_q[f]));
      assert (f_pooled[f] == 4'((f_state[f] == dm_pkg::FrameZeroed) && !f_lost_q[f]));
    end

    // None is lost: each count is the number of frames in its state.
    assert (32'(dirty_o) == 32'(f_count[dm_pkg::FrameDirty]));
    assert (32'(queue_level_o) + 32'(urgent_level_o) == 32'(f_count[dm_pkg::FrameQueued]));
    assert (32'(zeroing_o) == 32'(f_count[dm_pkg::FrameZeroing]));
    assert (32'(pool_level_o) == 32'(f_count[dm_pkg::FrameZeroed]));
    assert (32'(mapped_o) == 32'(f_count[dm_pkg::FrameMapped]));
    assert (32'(claimed_o) == 32'(f_count[dm_pkg::FrameClaimed]));
    assert (32'(moving_o) == 32'(f_count[dm_pkg::FrameMoving]));
    assert (32'(filled_o) == 32'(f_count[dm_pkg::FrameFilled]));
    assert (32'(held_o) == 32'(f_count[dm_pkg::FrameHeld]));
    assert (32'(bad_o) == 32'(f_count[dm_pkg::FrameBad]) + 32'(f_losses));
    assert (32'(lost_o) == 32'(f_losses));
    assert (32'(dirty_o) + 32'(queue_level_o) + 32'(urgent_level_o) + 32'(zeroing_o)
            + 32'(pool_level_o) + 32'(mapped_o) + 32'(claimed_o) + 32'(held_o) + 32'(bad_o)
            + 32'(moving_o) + 32'(filled_o) == RealFrames);

    // Only a legal step changes a state, and it changes that of its frame. So a command that failed
    // changed nothing, and a frame is zeroed only by an answer without error to its own turn.
    for (int unsigned f = 0; f < RealFrames; f++) assert (f_state[f] == f_expect_q[f]);
    if (pop_i) begin
      assert (32'(pop_frame_o) < RealFrames);
      assert ((f_state[pop_frame_o] == dm_pkg::FrameZeroed) && !f_lost_q[pop_frame_o]);
    end
    if (accept) begin
      assert (32'(frame_o) < RealFrames);
      assert (f_state[frame_o] == (retry_valid ? dm_pkg::FrameZeroing : dm_pkg::FrameQueued));
    end
    if (finish) begin
      assert (f_finished_q != f_done_q);
      assert (f_state[f_finish_rfn] == dm_pkg::FrameZeroing);
      assert (f_finish_wrong == flight_bad);
    end
    // An entry with wrong parity is told, when a command meets it and when a list drops it.
    if (exec && !f_take && f_read_damaged_q) assert (ev_parity_o || (op_q == dm_pkg::OpQuery));
    if (drop || (finish && f_finish_wrong)) assert (ev_parity_o);
    if (f_ok && (op_q != dm_pkg::OpPoisonList)) begin
      assert (32'(f_cmd_rfn) < RealFrames);
      unique case (op_q)
        dm_pkg::OpTake, dm_pkg::OpClaim: assert (f_cmd_state == dm_pkg::FrameZeroed);
        dm_pkg::OpQuery: begin
          assert ((value_d == RfnWidth'(f_shown)) && (damaged_d == f_read_damaged_q));
          if (f_shown == dm_pkg::FrameMapped) assert (owner_d == f_read_owner_q);
        end
        default:                         assert (f_legal && (f_cmd_state == f_read_state_q));
      endcase
    end

    // A page's contents are mapped only if firmware vouched for them, and a zeroed frame only as that.
    if (f_ok && (op_q == dm_pkg::StepAdopt)) assert (f_cmd_state == dm_pkg::FrameFilled);
    if (f_ok && (op_q == dm_pkg::StepMap)) assert (f_cmd_state == dm_pkg::FrameClaimed);

    // A frame that is freed is queued; if the queue is full, dirty, and only then.
    assert (ev_dirtied_o == (f_ok && (op_q == dm_pkg::StepFree) && (32'(queue_level_o) == QueueDepth)));
    if (f_ok && (op_q == dm_pkg::StepFree)) assert (value_d == RfnWidth'(ev_dirtied_o));

    // A conversion that waits gets the engine: what is under way is urgent, else a queued frame is
    // offered, whatever the water marks say, as soon as its list has read it: after two cycles. Nothing comes without
    // firmware only if no frame is zeroed, being zeroed, or queued for an engine that may take it.
    if (demand_i) assert (urgent_o);
    assert (f_dry_q < 3'd4);
    if (!coming_o) begin
      assert ((f_count[dm_pkg::FrameZeroed] == '0) && (f_count[dm_pkg::FrameZeroing] == '0));
      assert (!enable_i || (f_count[dm_pkg::FrameQueued] == '0));
    end
    if (!pop_valid_o) assert (!pool_valid || (cmd_busy_o && f_take));
    if (pop_valid_o) assert (!pool_bad);

    // A refusal has its cause.
    if (cmd_finish) begin
      unique case (code_d)
        dm_pkg::CodeOk: ;
        dm_pkg::CodeBadOp: begin
          assert ((op_q == 5'd0) || ((op_q > dm_pkg::OpFill) && (op_q < dm_pkg::OpPoison))
                  || ((op_q > dm_pkg::OpPoisonList) && (op_q < dm_pkg::StepMap)));
        end
        dm_pkg::CodeRange: assert (32'(rfn_q) >= ((op_q == dm_pkg::OpPoisonList) ? dm_pkg::Lists
                                                                              : RealFrames));
        dm_pkg::CodeState: begin
          assert (value_d == RfnWidth'(f_shown));
          assert (!f_legal);
        end
        dm_pkg::CodeFull:  assert (f_lane_full);
        dm_pkg::CodeEmpty: assert (f_take && ((pool_level_o == '0) || pool_bad));
        default:           assert (1'b0);
      endcase
    end

    // A command ends: it waits for the sweep, which waits for a bounded number of other steps, and takes
    // five cycles, and one more each time that a frame was popped just before it reads or steps.
    assert (32'(f_busy_q) < StepBound);

    // The bad frame that is reported is bad.
    if (bad_valid_o) begin
      assert (32'(bad_frame_o) < RealFrames);
      assert (f_state[bad_frame_o] == dm_pkg::FrameBad);
    end

    // What makes that inductive.
    if (f_dry_q != '0) begin
      assert (u_queue.valid_q || u_queue.ram_valid_q || u_urgent.valid_q || u_urgent.ram_valid_q);
    end
    if (f_dry_q >= 3'd2) assert (u_queue.valid_q || u_urgent.valid_q);
    if (f_dry_q == 3'd3) assert (queue_valid || queue_bad || urgent_valid || urgent_bad);
    assert (32'(sweep_q) <= RealFrames);
    assert (32'(zeroing_q) <= FlightDepth);
    assert (32'(pool_level_o) + 32'(zeroing_q) <= PoolDepth);
    assert (32'(promised_q) == 32'(pool_level_o) + 32'(zeroing_q));
    assert (32'(unused_flight) + 32'(unused_retry) == 32'(zeroing_q));
    assert (32'(unused_flight) == 32'(NumberBits'(f_accepted_q - f_finished_q)));
    assert (32'(unused_done) == 32'(NumberBits'(f_done_q - f_finished_q)));
    assert (unused_done <= unused_flight);
    for (int unsigned i = 0; i < FlightDepth; i++) begin
      // Place i of the lists in flight.
      if (i < 32'(unused_flight)) begin
        assert (f_rfn_q[SlotBits'(i) + SlotBits'(f_finished_q)] == f_flight[i][FrameWidth-1:0]);
        assert (f_wrong_q[SlotBits'(i) + SlotBits'(f_finished_q)] == !(^f_flight[i]));
        assert (!f_lost_q[f_flight[i][FrameWidth-1:0]]);
        assert (f_failed_q[f_rfn_q[SlotBits'(i) + SlotBits'(f_finished_q)]]
                == f_flight[i][FrameWidth]);
      end
      if (i < 32'(unused_done)) begin
        assert (f_error_q[SlotBits'(i) + SlotBits'(f_finished_q)] == (f_done[i][0] || !(^f_done[i])));
      end
    end
    for (int unsigned f = 0; f < RealFrames; f++) begin
      // Only what commands lead out of can be damaged, and only what is in a list can be lost.
      if (f_lost_q[f] || (f_state[f] == dm_pkg::FrameQueued) || (f_state[f] == dm_pkg::FrameZeroing)
          || (f_state[f] == dm_pkg::FrameZeroed)) assert (!f_damaged[f]);
      if (f_lost_q[f]) begin
        assert ((f_state[f] == dm_pkg::FrameQueued) || (f_state[f] == dm_pkg::FrameZeroing)
                || (f_state[f] == dm_pkg::FrameZeroed));
      end
      if ((f_state[f] == dm_pkg::FrameMapped) && !(map_pend_q && (32'(map_frame_q) == f))) begin
        assert (guard_mem[f][GfnWidth-1:0] == f_owner_q[f]);
      end
      if (f_retrying[f] != '0) assert (f_failed_q[f]);
      if (f_queued[f] != '0) assert (!f_failed_q[f]);
    end
    if (map_pend_q) begin
      assert ((32'(map_frame_q) < RealFrames) && (32'(map_frame_q) < 32'(sweep_q)));
      assert (guard_mem[map_frame_q][GfnWidth+:4] == dm_pkg::FrameZeroed);
      assert ((map_page_q == f_owner_q[map_frame_q]) && !f_lost_q[map_frame_q]);
    end
    if (cmd_state_q == CmdIdle) assert (f_busy_q == '0);
    if (cmd_state_q == CmdRead) begin
      if (f_take && (f_busy_q != '0)) begin
        assert ((f_busy_q <= 8'd3) && (pool_level_o != '0) && (u_pool.valid_q || u_pool.ram_valid_q));
        if (f_busy_q >= 8'd2) assert (u_pool.valid_q);
        if (f_busy_q == 8'd3) assert (pool_valid || pool_bad);
      end
      if (!f_take) assert (32'(f_busy_q) + 32'(f_work) <= 5 * RealFrames);
    end else if (cmd_state_q == CmdFetch) begin
      assert (32'(f_busy_q) <= 5 * RealFrames + 1 + 32'(!map_pend_q));
    end else if (cmd_state_q == CmdWait) begin
      assert (32'(f_busy_q) <= 5 * RealFrames + 3);
    end else if (cmd_state_q == CmdCheck) begin
      assert (32'(f_busy_q) <= 5 * RealFrames + 4);
    end else if (cmd_state_q == CmdExec) begin
      assert (32'(f_busy_q) <= 5 * RealFrames + 5 + 32'(!map_pend_q));
      if (f_take) assert (pool_valid);
    end
    assert (cmd_state_q <= CmdExec);
    if (cmd_state_q > CmdRead) begin
      assert ((op_q != 5'd0) && ((op_q <= dm_pkg::OpFill) || (op_q == dm_pkg::OpPoison)
                                 || (op_q >= dm_pkg::StepMap)));
      assert (value_q == '0);
      if (f_take) begin
        assert (cmd_state_q == CmdExec);
      end else begin
        assert (32'(rfn_q) < 32'(sweep_q));
      end
    end
    if ((cmd_state_q > CmdFetch) && !f_take) begin
      assert ((f_read_state_q == guard_q[GfnWidth+:4]) && (f_read_damaged_q == !(^guard_q)));
      if (f_read_state_q == dm_pkg::FrameMapped) assert (f_read_owner_q == guard_q[GfnWidth-1:0]);
      if (cmd_state_q > CmdWait) assert (seen_q == guard_q);
      if (cmd_state_q == CmdExec) begin
        assert (intact_q == !f_read_damaged_q);
        if (op_q != dm_pkg::OpQuery) assert (legal_q == f_legal);
      end
      // What is in a list is not damaged. What is in none, nothing but a command leads on from.
      assert (f_read_state_q <= dm_pkg::FrameFilled);
      if ((op_q == dm_pkg::StepFree) || (op_q == dm_pkg::StepKeep)) begin
        assert (!f_read_damaged_q || (f_read_state_q == dm_pkg::FrameMapped));
      end
      if ((f_read_state_q == dm_pkg::FrameQueued) || (f_read_state_q == dm_pkg::FrameZeroing)
          || (f_read_state_q == dm_pkg::FrameZeroed)) begin
        assert (!f_read_damaged_q);
      end else begin
        assert (f_cmd_state == f_read_state_q);
        assert (f_damaged[rfn_q[FrameWidth-1:0]] == f_read_damaged_q);
        assert (!f_lost_q[rfn_q[FrameWidth-1:0]]);
        if (f_read_state_q == dm_pkg::FrameMapped) begin
          assert (f_owner_q[rfn_q[FrameWidth-1:0]] == f_read_owner_q);
        end
      end
    end

    // The interesting states are reached.
    cover (32'(queue_level_o) == QueueDepth);
    cover (32'(urgent_level_o) == UrgentDepth);
    cover (accept && urgent_pop && queue_valid);
    cover (32'(zeroing_o) == FlightDepth);
    cover (f_busy_q > 8'd3);
    cover (accept && demand_i && !running_q && !retry_valid && !offer_urgent);
    cover (demand_i && !coming_o && (queue_level_o != '0));
    cover (drop_queue);
    cover (finish && flight_bad);
    cover (finish && done_bad && !flight_bad);
    cover (f_ok && (op_q == dm_pkg::OpRetire) && f_read_damaged_q);
    cover (cmd_finish && (op_q == dm_pkg::OpQueue) && (code_d == dm_pkg::CodeState) && f_read_damaged_q);
    cover (f_ok && (op_q == dm_pkg::OpReserve) && (f_read_state_q == dm_pkg::FrameHeld));
    cover (f_ok && (op_q == dm_pkg::OpQueue));
    cover (f_ok && (op_q == dm_pkg::OpQueueUrgent));
    cover (f_ok && (op_q == dm_pkg::OpHold));
    cover (f_ok && (op_q == dm_pkg::OpRelease));
    cover (f_ok && (op_q == dm_pkg::OpRetire));
    cover (cmd_finish && (code_d == dm_pkg::CodeBadOp));
    cover (cmd_finish && (code_d == dm_pkg::CodeRange));
    cover (cmd_finish && (code_d == dm_pkg::CodeState));
    cover (cmd_finish && (code_d == dm_pkg::CodeEmpty));
`ifdef DM_FRAMES_LATE
    // These take more than 18 cycles from reset, and minutes to find.
    cover (32'(pool_level_o) == PoolDepth);
    cover (finish && !done_error && flight_retried);
    cover (ev_bad_o);
    cover (map_pend_q && done_valid && (queue_valid || urgent_valid) && (cmd_state_q == CmdExec));
    cover (drop_retry);
    cover (drop_urgent && queue_valid);
    cover (drop_pool && pop_i == 1'b0);
    cover (f_breaks && (op_q == dm_pkg::StepKeep));
    cover (ev_dirtied_o);
    cover (f_ok && (op_q == dm_pkg::OpClaim));
    cover (f_ok && (op_q == dm_pkg::StepMap));
    cover (f_ok && (op_q == dm_pkg::OpReserve) && (f_read_state_q == dm_pkg::FrameClaimed));
    cover (f_ok && (op_q == dm_pkg::OpFill));
    cover (f_ok && (op_q == dm_pkg::StepAdopt));
    cover (f_ok && (op_q == dm_pkg::OpRelease) && (f_read_state_q == dm_pkg::FrameFilled));
    cover (f_ok && (op_q == dm_pkg::StepFree) && !ev_dirtied_o);
    cover (f_ok && (op_q == dm_pkg::StepKeep));
    cover (f_ok && (op_q == dm_pkg::OpQueue) && (f_read_state_q == dm_pkg::FrameClaimed));
    cover (f_ok && (op_q == dm_pkg::OpQuery) && (value_d == RfnWidth'(dm_pkg::FrameMapped)));
    cover (f_ok && (op_q == dm_pkg::OpTake));
    cover (f_ok && (op_q == dm_pkg::OpQuery) && (value_d == RfnWidth'(dm_pkg::FrameZeroed)));
    cover (cmd_finish && (code_d == dm_pkg::CodeFull));
`endif
  end
end
