"""What is asked: words, a picture, both, or the like of an item, with what was asked before."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ragmm.errors import UsageError
from ragmm.text.terms import content_terms
from ragmm.types import StoredItem

__all__ = ["Exchange", "Question", "check_question", "search_text"]

Exchange = tuple[str, str]
"""An earlier question and its answer."""

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".heic", ".avif"})
_LIKE_CHARACTERS = 600
"""Of the text of an item that others are to be like: its beginning says what it is about."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: words, a picture, both, or the like of an item."""

    text: str = ""
    image: bytes | None = None
    like: StoredItem | None = None
    """An item of the collection that others are to be like."""
    history: Sequence[Exchange] = ()
    """Earlier questions and answers, oldest first; a follow-up is searched with the words of the one before it."""

    @property
    def searched(self) -> str:
        """The words that are looked for."""
        words = search_text(self.text, self.history)
        return words if self.like is None or words.strip() else self.like.text[:_LIKE_CHARACTERS]


def search_text(question: str, history: Sequence[Exchange]) -> str:
    """What to search for: a follow-up that says little by itself takes the words of the question before it along."""
    if not history or len(content_terms(question)) >= 5:
        return question
    return f"{history[-1][0][:500]} {question}".strip()


def check_question(question: Question, k: int | None, per_document: int | None) -> None:
    """Raises UsageError for what cannot be asked."""
    if not question.text.strip() and question.image is None and question.like is None:
        raise UsageError("there is nothing to look for; give a question, an image, or both")
    if k is not None and k < 1:
        raise UsageError(f"{k} hits cannot be looked for; k is at least 1")
    if per_document is not None and per_document < 0:
        raise UsageError(f"per_document is {per_document}; it is at least 1, or 0 for any number")
    if question.image is None and _is_picture_file(question.text):
        raise UsageError(
            f"the question {question.text!r} is the name of a picture; to search with the picture itself give it as "
            "--image (in Python: image=…), to search for its name add a word"
        )


def _is_picture_file(text: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return PurePath(text.strip()).suffix.lower() in _PICTURES and Path(text.strip()).is_file()
    return False
