"""`python -m training.reader.export STATE FOLDER`: the difference to MiniLM as two files that read alike."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ragmm.readers.weights import Learnt, read, write, write_later
from training.cells.cases import LEARNT_FROM
from training.reader.data import ENGLISH
from training.reader.model import Reader, Size, minilm, take

TRAINED_FROM = (
    *ENGLISH,
    "squad20.dev, unanswerable, two thirds of the articles",
    "cmrc2018.train",
    "cmrc2018.trial",
    "drcd.dev",
    "drcd.test",
    "mlqa-zh.dev",
    *(f"{name}, nine tenths of the tables" for name in LEARNT_FROM),
)


def export(state: Path, folder: Path, *, weight: float, threshold: float) -> None:
    """`weight` and `threshold`: how a span's score and that of being there are added, and above what it is one."""
    kept = torch.load(state, weights_only=True)
    weights = {name: rows.float().numpy() for name, rows in kept["model"].items()}
    facts = {
        "seen": kept["counts"][1],
        "trained_from": list(TRAINED_FROM),
        "there_weight": weight,
        "threshold": threshold,
        "heads": kept["size"]["heads"],
    }
    write(folder, weights, kept["letters"], minilm(), facts)


def export_later(state: Path, folder: Path, rank: int, part: Learnt) -> None:
    """What was learnt since the export in a folder, beside it."""
    kept = torch.load(state, weights_only=True)
    weights = {name: rows.float().numpy() for name, rows in kept["model"].items()}
    facts = {"seen": kept["counts"][1], "trained_from": list(TRAINED_FROM)}
    write_later(folder, weights, minilm(), rank, facts, part=part)


def open_export(folder: Path, part: Learnt = Learnt.FIRST) -> tuple[Reader, str]:
    """The reader of an export, and its own characters."""
    stored = read(folder, minilm(), part=part)
    model = Reader(Size(own=len(stored.letters) + 1, heads=stored.facts["heads"]))
    take(model, {name: torch.from_numpy(rows.copy()) for name, rows in stored.weights.items()})
    return model, stored.letters


def check(state: Path, folder: Path, part: Learnt, *, most: int = 200) -> tuple[int, int, float]:
    """Questions, those with the same span, and the largest difference of their scores."""
    from training.reader.evaluate import cases, open_state

    asked = [(case.question, case.text[:500], 0) for case in cases("xquad-en")[:most]]
    ours, theirs = open_state(state).spans(asked), open_state(folder, part).spans(asked)
    same = sum((a.start, a.end) == (b.start, b.end) for a, b in zip(ours, theirs, strict=True))
    return len(asked), same, max(abs(a.score - b.score) for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("state", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weight", type=float, default=1.0)
    parser.add_argument("--later", type=int, default=0, metavar="RANK", help="beside the export that FOLDER holds")
    parser.add_argument("--second", action="store_true", help="of --later: as a second opinion beside it")
    parser.add_argument("--threshold", type=float, default=0.0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    part = Learnt.SECOND if given.second else Learnt.FIRST
    if given.later:
        export_later(given.state, given.folder, given.later, part)
    else:
        export(given.state, given.folder, weight=given.weight, threshold=given.threshold)
    for file in sorted(given.folder.iterdir()):
        print(file.name, file.stat().st_size)
    count, same, most = check(given.state, given.folder, part)
    print(f"{same} of {count} spans are the same, scores differ by {most:.4f} at most")


if __name__ == "__main__":
    main()
