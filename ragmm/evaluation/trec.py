"""What a collection finds as a TREC run, and what is right as qrels: files that trec_eval and its kin read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ragmm.collection import Collection
from ragmm.evaluation.questions import EvalQuestion
from ragmm.exchange.exporting import written_whole
from ragmm.types import Hit, StoredItem

__all__ = ["RunLevel", "write_qrels", "write_run"]


class RunLevel(StrEnum):
    """What is ranked."""

    DOCUMENT = "document"
    PAGE = "page"
    ITEM = "item"


_STEP: Final = 1e-6
"""Between the scores of neighbours, at least: trec_eval sorts by score, and equal ones by name."""


def write_run(
    docs: Collection,
    questions: Sequence[EvalQuestion],
    target: Path,
    *,
    k: int = 100,
    level: RunLevel = RunLevel.DOCUMENT,
) -> int:
    """One line for each place found, its first hit's score behind it. Returns how many lines there are."""
    lines = 0
    with written_whole(target) as file:
        for one in questions:
            where = [one.scope] if one.scope else []
            hits = docs.query(one.text, image=one.image, k=k, where=where, answer=False).hits
            for line in _lines(one.qid, hits, _NAMES[level], docs.name):
                file.write(line.encode())
                lines += 1
    return lines


def write_qrels(questions: Iterable[EvalQuestion], target: Path, *, level: RunLevel = RunLevel.DOCUMENT) -> int:
    """What the questions call relevant, where they say so much: pages only of those that name pages."""
    found: dict[tuple[str, str], None] = {}
    for question in questions:
        for one in question.relevant:
            if level is RunLevel.DOCUMENT:
                found[question.qid, _name(one.uri)] = None
            elif level is RunLevel.PAGE and one.page is not None:
                found[question.qid, f"{_name(one.uri)}#page={one.page}"] = None
    with written_whole(target) as file:
        file.writelines(f"{_name(qid)} 0 {place} 1\n".encode() for qid, place in found)
    return len(found)


def _lines(qid: str, hits: Sequence[Hit], name: Callable[[StoredItem], str], tag: str) -> Iterator[str]:
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(name(hit.item), hit.score)
    last = float("inf")
    for rank, (place, score) in enumerate(best.items(), start=1):
        last = min(score, last - _STEP)
        yield f"{_name(qid)} Q0 {place} {rank} {last:.6f} {_name(tag)}\n"


def _name(text: str) -> str:
    """Without spaces, which part the columns."""
    return quote(text, safe="/._-~:,()", errors="replace")


def _page(item: StoredItem) -> str:
    page = item.locator.page
    return _name(item.uri) if page is None else f"{_name(item.uri)}#page={page}"


_NAMES: Final[dict[RunLevel, Callable[[StoredItem], str]]] = {
    RunLevel.DOCUMENT: lambda item: _name(item.uri),
    RunLevel.PAGE: _page,
    RunLevel.ITEM: lambda item: str(item.id),
}
