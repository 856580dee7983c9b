"""The stable JSON of results: plain dictionaries of the documented shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ragmm.types import Answer, Document, Hit, QueryResult, Report, StoredItem
from ragmm.values import to_record

__all__ = [
    "AssetPath",
    "document_record",
    "hit_record",
    "item_record",
    "query_record",
    "report_record",
    "to_json",
]

AssetPath = Callable[[str], Path]
"""From an asset's sha256 to a file that holds it."""

# Characters that JSON leaves alone and that a terminal or an encoder would not: control codes and lone surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that is always valid UTF-8; a file name that is not reads back as the same surrogates."""
    text = json.dumps(to_record(value), ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def item_record(item: StoredItem, asset_path: AssetPath) -> dict[str, Any]:
    """An item with all its fields; `asset` is a readable file."""
    where = item.locator
    return {
        "item": item.id,
        "uri": item.uri,
        "page": where.page,
        "box": where.box,
        "time": where.time,
        "modality": item.modality.value,
        "text": item.text,
        "asset": str(asset_path(item.asset)) if item.asset else None,
        "section": list(where.section),
        "start": where.start,
        "end": where.end,
        "path": item.path,
        "context": item.context,
        "also_at": list(item.also_at),
        "metadata": dict(item.metadata),
    }


def hit_record(hit: Hit, asset_path: AssetPath, *, cited: bool = False) -> dict[str, Any]:
    """A hit: its item's fields, how it was found, and whether the answer rests on it."""
    shown = ("item", "uri", "page", "box", "time", "modality", "text", "asset", "section", "also_at")
    item = item_record(hit.item, asset_path)
    return {
        "rank": hit.rank,
        "score": hit.score,
        "relevance": hit.relevance,
        "cited": cited,
        **{name: item[name] for name in shown},
        "looks_like": list(hit.item.metadata.get("looks_like", ())),
        "found_by": [asdict(leg) for leg in hit.found_by],
        "alternatives": [same.id for same in hit.alternatives],
    }


def query_record(result: QueryResult, asset_path: AssetPath) -> dict[str, Any]:
    """Everything a query produced."""
    return {
        "question": result.question,
        "read_as": result.read_as,
        "corrections": [asdict(one) for one in result.corrections],
        "collection": result.collection,
        "generation": result.generation,
        "hits": [hit_record(hit, asset_path, cited=hit.rank in result.cited) for hit in result.hits],
        "answer": _answer_record(result.answer, asset_path) if result.answer else None,
        "timings_ms": {name: round(value, 1) for name, value in result.timings_ms.items()},
        "warnings": list(result.warnings),
    }


def _answer_record(answer: Answer, asset_path: AssetPath) -> dict[str, Any]:
    return {
        "text": answer.text,
        "claims": [
            {
                "text": claim.text,
                "citations": [citation.rank for citation in claim.citations],
                "quotes": [citation.quote for citation in claim.citations],
                "support": claim.support.value,
            }
            for claim in answer.claims
        ],
        "figures": [{"rank": figure.rank, "asset": str(asset_path(figure.asset))} for figure in answer.figures],
        "short": answer.short,
        "tentative": answer.tentative,
        "abstained": answer.abstained,
        "degraded": answer.degraded,
        "model": answer.model,
        "warnings": list(answer.warnings),
    }


def report_record(report: Report) -> dict[str, Any]:
    """What an ingest did."""
    return {
        "collection": report.collection,
        "generation": report.generation,
        "documents": dict(report.documents),
        "items": {str(modality): count for modality, count in report.items.items()},
        "embedded": report.embedded,
        "captioned": report.captioned,
        "reused": report.reused,
        "seconds": round(report.seconds, 3),
        "failures": [asdict(failure) for failure in report.failures],
        "interrupted": report.interrupted,
        "waiting": dict(report.waiting),
        "warnings": list(report.warnings),
    }


def document_record(document: Document) -> dict[str, Any]:
    """A document with all its fields."""
    return {**asdict(document), "state": document.state.value}
