"""What is shown of a value, before it becomes HTML or Markdown: lines, names with values, lists and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ragmm.render.body import body
from ragmm.render.records import AssetPath
from ragmm.render.text import corrections_line, looks_like, place, read_as_line, shorten
from ragmm.types import (
    Answer,
    CollectionInfo,
    Document,
    GenerationDiff,
    Hit,
    QueryResult,
    Report,
    StoredItem,
    Support,
)

__all__ = ["FactsBlock", "ListBlock", "PictureBlock", "Shown", "WordsBlock", "blocks_of"]

_MOST = 50
_TEXT = 600


@dataclass(frozen=True, kw_only=True)
class WordsBlock:
    """Words; `strong` for what one looks for, `faint` for what may be overlooked."""

    text: str
    strong: bool = False
    faint: bool = False


@dataclass(frozen=True, kw_only=True)
class FactsBlock:
    """Names and values."""

    rows: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ListBlock:
    """Names below a heading; only the first of many are shown."""

    title: str
    entries: Sequence[str]
    most: int = field(default=_MOST)


@dataclass(frozen=True, kw_only=True)
class PictureBlock:
    """A picture's file, and what stands for it where it cannot be shown."""

    file: Path
    words: str


Shown = WordsBlock | FactsBlock | ListBlock | PictureBlock


def blocks_of(value: Any, asset_path: AssetPath) -> list[Shown]:
    """By what the value is; of a collection what it is made of, of a list its entries."""
    if isinstance(value, Sequence):
        return [block for one in value for block in blocks_of(one, asset_path)]
    if (make := _PLAIN.get(type(value))) is not None:
        return make(value)
    if (draw := _PICTURED.get(type(value))) is not None:
        return draw(value, asset_path)
    return _collection(value.info())


def _result(result: QueryResult, asset_path: AssetPath) -> list[Shown]:
    shown: list[Shown] = [WordsBlock(text=result.question or "What is like this picture?", faint=True)]
    if result.read_as:
        shown.append(WordsBlock(text=read_as_line(result.read_as), faint=True))
    if result.corrections:
        shown.append(WordsBlock(text=corrections_line(result.corrections), faint=True))
    shown += _answer(result.answer) if result.answer is not None else []
    sources = [hit for hit in result.hits if hit.rank in result.cited] or list(result.hits)
    shown += [block for hit in sources for block in _hit(hit, asset_path)]
    others = [f"[{hit.rank}] {place(hit.item)}" for hit in result.hits if hit not in sources]
    return [*shown, ListBlock(title="Also found", entries=others)] if others else shown


def _answer(answer: Answer) -> list[Shown]:
    short = f"{'Perhaps ' if answer.tentative else ''}{answer.short}" if answer.short else ""
    shown: list[Shown] = [WordsBlock(text=short, strong=True)] if short else []
    for claim in answer.claims:
        ranks = dict.fromkeys(citation.rank for citation in claim.citations)
        doubt = "" if claim.support is Support.SUPPORTED else f" ({claim.support.value})"
        shown.append(WordsBlock(text=claim.text + "".join(f" [{rank}]" for rank in ranks) + doubt))
    shown += [] if answer.claims else [WordsBlock(text=answer.text)]
    return [*shown, *(WordsBlock(text=warning, faint=True) for warning in answer.warnings)]


def _hit(hit: Hit, asset_path: AssetPath) -> list[Shown]:
    head = f"[{hit.rank}] {place(hit.item)}"
    facts = [hit.item.modality.value, f"relevance {hit.relevance:.2f}"]
    facts += [f"and {len(hit.alternatives)} like it"] if hit.alternatives else []
    return [
        WordsBlock(text=head, strong=True),
        WordsBlock(text=" · ".join(facts), faint=True),
        *_content(hit.item, asset_path),
    ]


def _item(item: StoredItem, asset_path: AssetPath) -> list[Shown]:
    facts = f"item {item.id} · {item.modality.value}"
    return [WordsBlock(text=place(item), strong=True), WordsBlock(text=facts, faint=True), *_content(item, asset_path)]


def _content(item: StoredItem, asset_path: AssetPath) -> list[Shown]:
    words = shorten(body(item), _TEXT)
    shown: list[Shown] = [WordsBlock(text=words)] if words else []
    shown += [WordsBlock(text=seen, faint=True)] if (seen := looks_like(item)) else []
    return [*shown, PictureBlock(file=asset_path(item.asset), words=words or place(item))] if item.asset else shown


def _report(report: Report) -> list[Shown]:
    facts = {**report.documents, **{f"items: {kind}": count for kind, count in report.items.items()}}
    facts |= {"embedded": report.embedded, "captioned": report.captioned, "reused": report.reused}
    facts = {name: count for name, count in facts.items() if count}
    head = f"{report.collection}, generation {report.generation}"
    spent = f"{report.seconds:.1f} s{', interrupted' if report.interrupted else ''}"
    shown: list[Shown] = [
        WordsBlock(text=head, strong=True),
        FactsBlock(rows=facts),
        WordsBlock(text=spent, faint=True),
    ]
    shown += [ListBlock(title="Failed", entries=[str(one) for one in report.failures])] if report.failures else []
    return [*shown, *(WordsBlock(text=warning, faint=True) for warning in report.warnings)]


def _diff(diff: GenerationDiff) -> list[Shown]:
    lists = {"Added": diff.added, "Changed": diff.changed, "Removed": diff.removed}
    head = WordsBlock(text=f"From generation {diff.older} to {diff.newer}", strong=True)
    listed: list[Shown] = [
        ListBlock(title=f"{title}: {len(uris):,}", entries=uris) for title, uris in lists.items() if uris
    ]
    return [head, *(listed or [WordsBlock(text="no document differs", faint=True)])]


def _collection(info: CollectionInfo) -> list[Shown]:
    facts = _kept(info.to_dict(), "name", "spaces", "routes", "blocks")
    facts |= {f"vectors: {space}": model for space, model in info.spaces.items()}
    return [WordsBlock(text=info.name, strong=True), FactsBlock(rows=facts)]


def _kept(facts: Mapping[str, Any], *without: str) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in without and value not in (None, "", [])}


def _document(document: Document) -> list[Shown]:
    return [WordsBlock(text=document.uri, strong=True), FactsBlock(rows=_kept(document.to_dict(), "uri", "parser"))]


_PLAIN: Final[Mapping[type, Callable[[Any], list[Shown]]]] = {
    Answer: _answer,
    CollectionInfo: _collection,
    Document: _document,
    GenerationDiff: _diff,
    Report: _report,
}
_PICTURED: Final[Mapping[type, Callable[[Any, AssetPath], list[Shown]]]] = {
    Hit: _hit,
    QueryResult: _result,
    StoredItem: _item,
}
