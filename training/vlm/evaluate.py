"""Measure a model folder on pictures that no training run has seen, and print what it reaches against its bars."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image

from ragmm.errors import UsageError
from training.vlm.answering import Answerer, Probe, Said
from training.vlm.captions import SHORT_PROMPTS
from training.vlm.measures import Figure, auroc, right_ones, same, table, threshold
from training.vlm.testsets import BARS, admits, question_sets, unknown_pictures
from training.vlm.wordings import NOT_SHOWN

CAPTION_PROMPT: Final[str] = SHORT_PROMPTS[0]
BUNDLED: Final[Path] = Path(__file__).parents[2] / "ragmm" / "bundled" / "mini-vlm"


def evaluate(
    folder: Path, many: int, photos: Path | None = None, *, threads: int = 1, dtype: str = "float32"
) -> dict[str, Any]:
    """All figures of a model folder; `many` questions of each kind."""
    import torch

    torch.set_num_threads(threads)
    answerer = Answerer(folder, dtype)
    sets = question_sets(many)
    clock = time.process_time()
    said = {name: answerer.ask(probes) for name, probes in sets.items()}
    spent = time.process_time() - clock
    asked = sum(map(len, sets.values()))
    figures = [*_accuracies(sets, said), *_refusals(sets, said)]
    unknown = _unknown(answerer, many, photos)
    return {
        "figures": [dataclasses.asdict(figure) | {"passed": figure.passed} for figure in figures],
        "unknown": {name: facts for name, (facts, _) in unknown.items()},
        "calibration": _calibration(sets, said, {name: values for name, (_, values) in unknown.items()}),
        "speed": {
            "answers": asked,
            "answers_per_cpu_second": round(asked / max(spent, 1e-9), 1),
            "threads": threads,
            "dtype": dtype,
        },
        "table": table(figures),
    }


def _accuracies(sets: dict[str, list[Probe]], said: dict[str, list[Said]]) -> list[Figure]:
    figures = []
    for name, probes in sets.items():
        right = right_ones(probes, said[name])
        figures.append(Figure(name=name, share=sum(right) / max(len(right), 1), asked=len(right), bar=BARS.get(name)))
    return figures


def _refusals(sets: dict[str, list[Probe]], said: dict[str, list[Said]]) -> list[Figure]:
    """How often an answerable question is refused."""
    pairs = [(p, s) for name, probes in sets.items() for p, s in zip(probes, said[name], strict=True)]
    answerable = [s for p, s in pairs if p.turn.answer != NOT_SHOWN and "caption" not in p.turn.kind]
    refused = sum(same(s.text, NOT_SHOWN) for s in answerable)
    return [
        Figure(
            name="answerable but refused (low is good)", share=refused / max(len(answerable), 1), asked=len(answerable)
        )
    ]


def _unknown(answerer: Answerer, many: int, photos: Path | None) -> dict[str, tuple[dict[str, Any], list[float]]]:
    """For every set of unfamiliar pictures: how its captions are, and their confidences."""
    images = {name: [p.image for p in pictures] for name, pictures in unknown_pictures(many).items()}
    if photos is not None:
        images["photos"] = _photos(photos)
    results = {}
    for name, pictures in images.items():
        said = answerer.answer([([image], CAPTION_PROMPT) for image in pictures])
        wrong = [s.confidence for s in said if not admits(s.text)]
        results[name] = (
            {
                "pictures": len(said),
                "admitted": round(1 - len(wrong) / max(len(said), 1), 4),
                "mean_confidence": round(sum(s.confidence for s in said) / max(len(said), 1), 4),
                "mean_confidence_where_not_admitted": round(sum(wrong) / len(wrong), 4) if wrong else None,
            },
            wrong,
        )
    return results


def _photos(folder: Path) -> list[Image.Image]:
    if not folder.is_dir():
        raise UsageError(f"no folder of photos at {folder}; leave out --photos or name one that exists")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    return [Image.open(path).convert("RGB") for path in paths]


def _calibration(
    sets: dict[str, list[Probe]], said: dict[str, list[Said]], unknown: dict[str, list[float]]
) -> dict[str, Any]:
    """How well confidence tells right from wrong, and known pictures from unknown ones."""
    right: list[float] = []
    wrong: list[float] = []
    for name, probes in sets.items():
        for is_right, answer in zip(right_ones(probes, said[name]), said[name], strict=True):
            (right if is_right else wrong).append(answer.confidence)
    known = [s.confidence for name in sets if name.startswith("caption ") for s in said[name]]
    best = threshold(right, wrong)
    return {
        "auroc_right_against_wrong": _rounded(auroc(right, wrong)),
        "auroc_known_against_unadmitted": {name: _rounded(auroc(known, low)) for name, low in unknown.items()},
        "threshold": None if best is None else dataclasses.asdict(best),
        "mean_confidence": {"right": _mean(right), "wrong": _mean(wrong)},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def main(arguments: list[str] | None = None) -> None:
    """Print the table; exit with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=BUNDLED)
    parser.add_argument("--many", type=int, default=200, help="questions of each kind")
    parser.add_argument("--photos", type=Path, help="a folder of photographs to measure overconfidence on")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", default="float32", choices=("float32", "float16", "bfloat16"))
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args(arguments)
    report = evaluate(options.model, options.many, options.photos, threads=options.threads, dtype=options.dtype)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(report["table"])
    print(json.dumps({key: report[key] for key in ("unknown", "calibration", "speed")}, indent=1))
    if any(figure["passed"] is False for figure in report["figures"]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
