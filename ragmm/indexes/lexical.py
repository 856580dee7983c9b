"""Words: how text is cut for SQLite's FTS5, and how a question becomes a query that cannot be misread as syntax."""

from __future__ import annotations

import re
import sqlite3

__all__ = ["VERSION", "match_expression", "search", "segment"]

VERSION = 1
"""Raised when `segment` changes what it returns; the lexicon is then rebuilt."""

_CJK = r"\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_CJK_RUN = re.compile(f"[{_CJK}]+")
_TOKEN = re.compile(r"[^\W_]+")
_MAX_QUERY_TOKENS = 64
_CONTEXT_WEIGHT = 0.5


def segment(text: str) -> str:
    """Text with every run of CJK characters cut into overlapping pairs; FTS5 has no word breaks for them."""
    if text.isascii():
        return text
    return _CJK_RUN.sub(lambda run: f" {_pairs(run.group())} ", text)


def _pairs(run: str) -> str:
    return " ".join(run[i : i + 2] for i in range(len(run) - 1)) or run


def match_expression(question: str) -> str:
    """An FTS5 expression that matches any of the question's tokens; every token is quoted, so none is an operator."""
    tokens = dict.fromkeys(_TOKEN.findall(segment(question.lower())))
    return " OR ".join(f'"{token}"' for token in list(tokens)[:_MAX_QUERY_TOKENS])


def search(connection: sqlite3.Connection, question: str, limit: int, offset: int = 0) -> list[tuple[int, float]]:
    """(item, score) by BM25, best first; higher is better. Items of any generation: the caller drops the dead."""
    expression = match_expression(question)
    if not expression:
        return []
    rows = connection.execute(
        "SELECT rowid, -bm25(lexicon, 1.0, ?) FROM lexicon WHERE lexicon MATCH ? ORDER BY rank LIMIT ? OFFSET ?",
        (_CONTEXT_WEIGHT, expression, limit, offset),
    )
    return [(int(item), float(score)) for item, score in rows]
