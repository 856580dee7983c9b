"""Drift: how the hits of a fixed set of questions change from night to night, and whether one document is near all.

A source that turns up in answers it had no part in before, or an item that is near every question, is how a poisoned
document shows itself; the same numbers show a broken model or a lost folder.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ragmm.collection import Collection
from ragmm.evaluation.questions import read_questions
from ragmm.operate.files import replace_file
from ragmm.operate.rankings import KeptRanking, ask, by_question, mean
from ragmm.render.records import to_json

__all__ = ["STATE", "Changed", "Drift", "Hub", "measure_drift"]

STATE: Final = "drift.json"
_FORMAT: Final = 1
_K: Final = 10
_HUB_SHARE: Final = 0.05
_HUB_QUESTIONS: Final = 3
"""A document among the hits of fewer questions is no hub, however few questions there are."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A question whose hits are not those of the run before."""

    qid: str
    question: str
    overlap: float
    came: tuple[str, ...]
    """Documents that are new among the hits."""
    went: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A document among the hits of many questions."""

    uri: str
    questions: int
    share: float
    before: int
    """Questions that it was among the hits of the run before."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """The questions now against the questions then."""

    questions: int
    compared: int
    """Questions that were asked the run before too."""
    overlap: float
    agreement: float
    since: int
    """The generation compared with; 0 where this is the first time."""
    changed: tuple[Changed, ...]
    hubs: tuple[Hub, ...]

    @property
    def numbers(self) -> dict[str, float]:
        """What is kept in the journal and the metrics."""
        if not self.compared:
            return {"questions": self.questions, "hubs": len(self.hubs)}
        return {
            "questions": self.questions,
            "overlap": round(self.overlap, 4),
            "agreement": round(self.agreement, 4),
            "changed": len(self.changed),
            "hubs": len(self.hubs),
        }


def measure_drift(docs: Collection, file: Path) -> Drift | None:
    """Ask the questions of a file and keep what they find; None where the collection is as it was the last time."""
    questions = read_questions(file)
    state = docs.path / STATE
    before, since, asked = _read(state)
    wanted = [[one.qid, one.text] for one in questions]
    if since == docs.generation and asked == wanted:
        return None
    found = ask(docs, questions, _K)
    _write(state, docs.generation, wanted, found)
    pairs = by_question(found, before)
    texts = {one.qid: one.text for one in questions}
    return Drift(
        questions=len(questions),
        compared=len(pairs),
        overlap=mean(both[0] for both in pairs.values()),
        agreement=mean(both[1] for both in pairs.values()),
        since=since,
        changed=tuple(
            _changed(qid, texts[qid], pairs[qid][0], before[qid], found[qid])
            for qid in sorted(pairs, key=lambda qid: pairs[qid])
            if pairs[qid][0] < 1
        ),
        hubs=tuple(_hubs(found, before)),
    )


def _changed(qid: str, question: str, shared: float, before: KeptRanking, now: KeptRanking) -> Changed:
    came = tuple(dict.fromkeys(uri for uri in now.documents if uri not in before.documents))
    went = tuple(dict.fromkeys(uri for uri in before.documents if uri not in now.documents))
    return Changed(qid=qid, question=question, overlap=shared, came=came, went=went)


def _hubs(found: Mapping[str, KeptRanking], before: Mapping[str, KeptRanking]) -> list[Hub]:
    now, then = _counts(found), _counts(before)
    least = max(_HUB_QUESTIONS, _HUB_SHARE * len(found))
    return [
        Hub(uri=uri, questions=count, share=count / len(found), before=then[uri])
        for uri, count in now.most_common()
        if count > least
    ]


def _counts(found: Mapping[str, KeptRanking]) -> Counter[str]:
    return Counter(uri for one in found.values() for uri in set(one.documents))


def _read(state: Path) -> tuple[dict[str, KeptRanking], int, Any]:
    """(hits by question, generation, questions) of the last time; nothing where there is none, or it is damaged."""
    try:
        kept = json.loads(state.read_bytes())
        if kept["format"] != _FORMAT:
            return {}, 0, None
        found = {
            qid: KeptRanking(marks=tuple(marks), documents=tuple(documents))
            for qid, (marks, documents) in kept["found"].items()
        }
        return found, int(kept["generation"]), kept["questions"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}, 0, None


def _write(state: Path, generation: int, questions: Sequence[Any], found: Mapping[str, KeptRanking]) -> None:
    kept = {qid: [one.marks, one.documents] for qid, one in found.items()}
    replace_file(
        state, to_json({"format": _FORMAT, "generation": generation, "questions": questions, "found": kept}) + "\n"
    )
