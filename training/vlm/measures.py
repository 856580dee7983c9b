"""Figures from answers: accuracy, calibration, and what is said of the unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from training.vlm.answering import Probe, Said


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of the table: a share, over how many questions, and the least it must be."""

    name: str
    share: float
    asked: int
    bar: float | None = None

    @property
    def passed(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        return None if self.bar is None else self.share >= self.bar


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Below `confidence` an answer is better not trusted: what that keeps and what it lets through."""

    confidence: float
    right_kept: float
    wrong_kept: float


def same(said: str, right: str) -> bool:
    """Whether the answer is the right one, but for case and a final stop."""
    return said.casefold().strip(" .") == right.casefold().strip(" .")


def right_ones(probes: Sequence[Probe], said: Sequence[Said]) -> list[bool]:
    """Which answers are exactly right."""
    return [same(answer.text, probe.turn.answer) for probe, answer in zip(probes, said, strict=True)]


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a positive scores above a negative; None where one side is empty."""
    if not positive or not negative:
        return None
    high, low = np.asarray(positive)[:, None], np.asarray(negative)[None, :]
    return float((high > low).mean() + (high == low).mean() / 2)


def threshold(right: Sequence[float], wrong: Sequence[float]) -> Threshold | None:
    """The confidence that best separates right answers from wrong ones (largest sum of both rates)."""
    if not right or not wrong:
        return None
    candidates = np.unique(np.concatenate([right, wrong]))
    kept_right = np.array([(np.asarray(right) >= c).mean() for c in candidates])
    kept_wrong = np.array([(np.asarray(wrong) >= c).mean() for c in candidates])
    best = int(np.argmax(kept_right - kept_wrong))
    return Threshold(
        confidence=round(float(candidates[best]), 4),
        right_kept=round(float(kept_right[best]), 4),
        wrong_kept=round(float(kept_wrong[best]), 4),
    )


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned text."""
    lines = [f"{'kind':32} {'right':>7} {'bar':>6} {'asked':>6}  verdict"]
    for figure in figures:
        bar = "" if figure.bar is None else f"{figure.bar:.0%}"
        verdict = {None: "", True: "pass", False: "FAIL"}[figure.passed]
        lines.append(f"{figure.name:32} {figure.share:7.1%} {bar:>6} {figure.asked:6}  {verdict}")
    return "\n".join(lines)
