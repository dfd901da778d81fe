"""The `bitwuzla` command over the bitwuzla wheel, which has only a Python API.

Reads SMT-LIB from standard input and prints only the answers: yosys-smtbmc takes every other line for one.
"""

import os
import sys

USAGE = """usage: bitwuzla [--lang smt2] < commands.smt2
SMT-LIB from standard input, answers on standard output."""


def main():
    if any(arg in ("-h", "--help") for arg in sys.argv[1:]):
        # yosys-smtbmc looks for "--lang" in this text to tell this bitwuzla from the old one.
        print(USAGE)
        return 0

    import bitwuzla

    options = bitwuzla.Options()
    options.set(bitwuzla.Option.PRODUCE_MODELS, True)
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    status = 0
    try:
        # The parser's own name for standard input. Feeding it one command a call would not do: (pop) sees only
        # the (push) of the same call.
        parser.parse("<stdin>", False, True)
    except bitwuzla.BitwuzlaException as error:
        message = str(error).replace('"', "'")
        print(f'(error "{message}")', flush=True)
        status = 1
    # Taking a large proof's terms down again takes seconds, and nothing is left to tidy.
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
