"""Measure a trained tower on held-out pictures and print every figure beside its bar."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from training.clip.calibration import calibrate
from training.clip.probes import attributes, kinds, swaps
from training.clip.retrieval import charts, emoji, likeness, scenes
from training.clip.space import Space
from training.pictures.emoji import FOLDER_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from training.clip.measure import Row

PARTS: Final[dict[str, Callable[[Space], Iterator[Row]]]] = {
    "scenes": scenes,
    "charts": charts,
    "emoji": emoji,
    "likeness": likeness,
    "attributes": attributes,
    "swaps": swaps,
    "kinds": kinds,
}


def measure(space: Space, parts: list[str]) -> list[Row]:
    """All rows of these parts, printed as they come."""
    rows: list[Row] = []
    print(f"{'measure':46} {'pool':>5} {'value':>7} {'bar':>5}")
    for part in parts:
        for row in PARTS[part](space):
            rows.append(row)
            print(line(row), flush=True)
    return rows


def line(row: Row) -> str:
    """One line of the table."""
    pool = "" if row.pool is None else str(row.pool)
    bar = "" if row.bar is None else f"{row.bar:.0f}"
    verdict = {None: "", True: "pass", False: "FAIL"}[row.passed]
    return f"{row.name:46} {pool:>5} {row.value:7.1f} {bar:>5}  {verdict}"


def report(space: Space, parts: list[str], photos: Path | None) -> dict[str, Any]:
    """The measured rows, whether every bar is reached, and the calibration."""
    rows = measure(space, parts)
    calibration = calibrate(space, photos)
    print(json.dumps(calibration, indent=1))
    return {
        "passed": all(row.passed is not False for row in rows),
        "complete": set(parts) == set(PARTS),
        "figures": {row.name: {"value": round(row.value, 1), "bar": row.bar} for row in rows},
        "calibration": calibration,
    }


def main() -> None:
    """Evaluate the tower that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m training.clip.evaluate", description=__doc__)
    parser.add_argument("tower", type=Path, help="the tower's safetensors file")
    parser.add_argument("--out", type=Path, help="JSON report to write")
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--photos", type=Path, help="photographs for the calibration")
    parser.add_argument("--emoji", type=Path, help=f"emoji folder (else {FOLDER_VARIABLE})")
    parser.add_argument("--threads", type=int, default=1)
    wanted = parser.parse_args()
    import torch

    torch.set_num_threads(wanted.threads)
    if wanted.emoji:
        os.environ[FOLDER_VARIABLE] = str(wanted.emoji)
    begun = time.monotonic()
    found = report(Space(wanted.tower), wanted.only, wanted.photos)
    with wanted.tower.open("rb") as weights:
        found["tower_sha256"] = hashlib.file_digest(weights, "sha256").hexdigest()
    print(f"{'all bars reached' if found['passed'] else 'NOT all bars reached'}, ", end="")
    print(f"{time.monotonic() - begun:.0f} s")
    if wanted.out:
        wanted.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
