"""Words as they are searched for: lower case, runs of CJK characters cut into overlapping pairs."""

from __future__ import annotations

from ragmm.text.patterns import late

__all__ = ["NO_WORDS", "VERSION", "is_pair", "segment", "words_of"]

VERSION = 1
"""Raised when `segment` changes what it returns; the lexicon is then rebuilt."""

NO_WORDS: frozenset[str] = frozenset()

_CJK = r"\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_CJK_RUN = late(f"[{_CJK}]+")
_TOKEN = late(r"[^\W_]+")


def segment(text: str) -> str:
    """Text with every run of CJK characters cut into overlapping pairs; FTS5 has no word breaks for them."""
    if text.isascii():
        return text
    return _CJK_RUN.sub(lambda run: f" {_pairs(run.group())} ", text)


def _pairs(run: str) -> str:
    return " ".join(run[i : i + 2] for i in range(len(run) - 1)) or run


def words_of(text: str) -> list[str]:
    """The words of a text in order, as they are looked up: lower case, CJK in pairs."""
    return _TOKEN.findall(segment(text.lower()))


def is_pair(word: str) -> bool:
    """Whether it was cut from a CJK run: its neighbours overlap it, and say nothing more."""
    return _CJK_RUN.match(word) is not None
