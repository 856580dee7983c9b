"""What reading costs: a passage, a row of a table, and getting ready for the first of them.

python -m bench.reader [--rounds 8]     (CPU-milliseconds of one thread, the least of the rounds)
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from ragmm.readers.base import OptionSide, Passage
from ragmm.wiring import build_reader

_QUESTION = "In which year was the hall on the harbour of Norrby built?"
_SAID = "The hall was built by Anna Foss after the fire, and opened in 1926. "
_PASSAGE = Passage(text=f"norrby.pdf\n{_SAID * 4}", prefix=11)
_ROW = Passage(text="Main house; 2022: 88.4; 2023: 97.2; harbour: yes; built: 1926", prefix=10)
_PASSAGES, _ROWS = 4, 6


def main() -> None:
    """Prints one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    reader = build_reader("mini")
    if reader is None:
        raise SystemExit("there is no reader here; get it with: ragmm models pull mini")
    first = _least(lambda: reader.read(_QUESTION, [_PASSAGE]), 1)
    passages = _least(lambda: reader.read(_QUESTION, [_PASSAGE] * _PASSAGES), rounds) / _PASSAGES
    rows = _least(lambda: reader.score(_QUESTION, [_ROW] * _ROWS, OptionSide.ROW), rounds) / _ROWS
    print(f"the first passage, from nothing  {first:6.1f} ms")
    print(f"a passage of {len(_PASSAGE.text)} characters     {passages:6.1f} ms")
    print(f"a row of {len(_ROW.text)} characters          {rows:6.1f} ms")


def _least(work: Callable[[], object], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - began))
    return min(spent)


if __name__ == "__main__":
    main()
