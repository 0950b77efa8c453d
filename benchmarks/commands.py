"""Random commands on odd tables: no defect, no broken output, no untrue number, and every next step that is printed works.

    python benchmarks/commands.py [COUNT] [SEED] [--kept FOLDER]

Case k of seed s is that of the number 1,000,000 s + k (`tests/command_cases.py`). A fit that is kept is asked again by every
command that takes a saved model; what a report or a refusal tells to do is done (`tests/command_advice.py`); what can be known of
an answer without mlefit is compared (`tests/command_oracles.py`). Findings are printed with their number, three of a
kind, and counted.
"""

import argparse
import json
import os
import re
import shlex
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

PATIENCE = 300      # seconds after which a case is stopped
OF_A_KIND = 3       # findings that are printed


class LateError(BaseException):
    """A case that does not end."""


def late(_signal: int, _frame: FrameType | None) -> None:
    raise LateError


def kind(text: str) -> str:
    """A finding without its numbers and names."""
    return re.sub(r"[-+]?\d[\d.e+-]*", "#", re.sub(r"\"[^\"]*\"", '"_"', text))[:160]


def main() -> int:
    from command_cases import question
    from command_judge import judged

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--kept", type=Path, help="tables of findings are written there")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, late)
    counted, found = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        for number in range(options.seed * 1_000_000, options.seed * 1_000_000 + options.count):
            one = question(number)
            signal.alarm(PATIENCE)
            for ran, wrong in judged(one, Path(name), counted):
                found[kind(wrong)] += 1
                if found[kind(wrong)] <= OF_A_KIND:
                    print(number, one.kind, *one.odd, shlex.join(ran.arguments), "\n   ", wrong, flush=True)
                    if options.kept:
                        options.kept.mkdir(exist_ok=True)
                        (options.kept / f"{number}.csv").write_text(one.table)
            signal.alarm(0)
    print(json.dumps(dict(sorted(counted.items()))))
    for what, count in found.most_common():
        print(count, what)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
