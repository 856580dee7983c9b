"""How long the command takes to start and to answer: `python -m bench.cli` prints two tables."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

REPEATS = 7
COMMANDS = {
    "python (nothing)": ["-c", "pass"],
    "import ragmm": ["-c", "import ragmm"],
    "ragmm --version": ["-m", "ragmm.cli", "--version"],
    "ragmm --help": ["-m", "ragmm.cli", "--help"],
    "ragmm query --help": ["-m", "ragmm.cli", "query", "--help"],
}


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One command's times in seconds; the best wall time says what an idle machine needs."""

    best: float
    median: float
    cpu: float


def measure(words: list[str]) -> Timing:
    """Run the command several times, after once to warm the file cache."""
    run(words)
    walls, cpus = zip(*(run(words) for _ in range(REPEATS)), strict=True)
    return Timing(best=min(walls), median=statistics.median(walls), cpu=statistics.median(cpus))


def run(words: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    before, began = _spent(), time.perf_counter()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began, _spent() - before


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the table."""
    print(f"{'command':<22}{'best s':>9}{'median s':>10}{'CPU s':>8}   ({REPEATS} runs each)")
    for name, words in COMMANDS.items():
        timing = measure(words)
        print(f"{name:<22}{timing.best:>9.3f}{timing.median:>10.3f}{timing.cpu:>8.3f}", flush=True)
    # A question from cold, beside a plain script's; the corpus is small, for nothing here depends on its size.
    subprocess.run([sys.executable, "-m", "bench.beside", "--rows", "query", "--documents", "5"], check=True)


if __name__ == "__main__":
    main()
