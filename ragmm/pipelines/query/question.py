"""What is asked: words, a picture, both, or the like of an item, with what was asked before."""

from __future__ import annotations

import contextlib
import io
import os
import re
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from ragmm.errors import UsageError
from ragmm.pipelines.patience import ENDLESS, Flag, Patience
from ragmm.pipelines.query.instructions import without_instructions
from ragmm.text.inert import without_surrogates
from ragmm.types import Correction, StoredItem

if TYPE_CHECKING:
    from PIL.Image import Image

    from ragmm.indexes.records import Ids

__all__ = ["Asked", "Exchange", "Fetch", "Question", "QuestionParts", "question_of"]

Fetch = Callable[[Iterable[int]], Sequence[StoredItem]]
"""Gives items by id; those that are not there are left out."""
Exchange = tuple[str, str]
"""An earlier question and its answer."""
_WORD = re.compile(r"[^\W_]+")
_LIKE_CHARACTERS = 600
"""Of the text of an item that others are to be like: its beginning says what it is about."""


class QuestionParts(TypedDict, total=False):
    """The parts of a question beside its words, where it is asked without making one; see Question."""

    image: str | os.PathLike[str] | bytes | Image | None
    like: int | None
    history: Sequence[Exchange]
    k: int | None
    modality: str | None
    where: str | Sequence[str]
    per_document: int | None
    deadline: float | None
    cancel: Flag | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """What is asked of a collection. Making one checks it; nothing is read but the picture's file."""

    text: str = field(default="", kw_only=False)
    """In any language; it is never taken for a file's name."""
    image: str | os.PathLike[str] | bytes | Image | None = None
    """A picture to find the like of: a file, its bytes, or a PIL image."""
    like: int | None = None
    """An item of the collection that others are to be like, by its id."""
    history: Sequence[Exchange] = ()
    """Earlier questions and answers, oldest first; a follow-up is read with them, see QueryResult.read_as."""
    k: int | None = None
    """How many hits; else the pipeline's query.k."""
    modality: str | None = None
    """Only these items: passage, table, figure, photo, page; or text, or image."""
    where: str | Sequence[str] = ()
    """A filter such as "reports/", "type=pdf" or "date>=2023", or several of them."""
    per_document: int | None = None
    """Most hits from one document (0: any number); else the pipeline's query.per_document."""
    deadline: float | None = None
    """Seconds from when it is asked, after which a model that still writes is stopped."""
    cancel: Flag | None = None
    """A threading.Event, say: once it is set, a model that still writes is stopped."""

    def __post_init__(self) -> None:
        _check_kinds(self.text, self.modality, self.where)
        if not self.text.strip() and self.image is None and self.like is None:
            raise UsageError("there is nothing to look for; give a question, an image, or both")
        if self.k is not None and self.k < 1:
            raise UsageError(f"{self.k} hits cannot be looked for; k is at least 1")
        if self.per_document is not None and self.per_document < 0:
            raise UsageError(f"per_document is {self.per_document}; it is at least 1, or 0 for any number")
        if self.deadline is not None and self.deadline <= 0:
            raise UsageError(f"a deadline of {self.deadline:g} s is over before it begins")

    @property
    def filters(self) -> tuple[str, ...]:
        """What `where` says, one or several."""
        return (self.where,) if isinstance(self.where, str) else tuple(self.where)

    def asked(self, like: StoredItem | None) -> Asked:
        """Now, with the item that others are to be like, and the picture as bytes."""
        until = None if self.deadline is None else time.monotonic() + self.deadline
        alone = self.image is not None or like is not None  # "what is this?" asks of the picture
        typed = without_surrogates(self.text)
        text = typed if alone or not self.history else without_surrogates(_written_out(typed, self.history))
        return Asked(
            text=text,
            typed=None if text == typed else typed,
            image=None if self.image is None else _bytes_of(self.image),
            like=like,
            history=self.history,
            patience=Patience(until=until, cancel=self.cancel),
        )


def _written_out(text: str, history: Sequence[Exchange]) -> str:
    from ragmm.pipelines.query.follow_ups import completed

    return completed(text, history)


def _check_kinds(text: object, modality: object, where: object) -> None:
    """Raises UsageError for what is given as another kind of value than it is."""
    if not isinstance(text, str):
        raise UsageError(f"the question is a {type(text).__name__}; give a text, or a picture as image=…")
    if not isinstance(modality, str | None):
        kind = type(modality).__name__
        raise UsageError(f"modality is a {kind}; give one name, or several as where='modality=figure,photo'")
    parts = [where] if isinstance(where, str) else where
    if not isinstance(parts, Sequence) or not all(isinstance(one, str) for one in parts):
        raise UsageError(
            f"where is {where!r}; give a filter such as 'type=pdf', 'date>=2023' or 'reports/', or a list of them"
        )


def question_of(given: str | Question, parts: QuestionParts) -> Question:
    """The question as it is, or made of words and parts; raises UsageError naming the parts that there are."""
    if isinstance(given, Question):
        if parts:
            raise UsageError(f"{', '.join(parts)}: a Question has its own parts; give them to Question(…)")
        return given
    if unknown := parts.keys() - QuestionParts.__annotations__.keys():
        known = ", ".join(QuestionParts.__annotations__)
        raise UsageError(f"a question has no part {', '.join(sorted(unknown))}; there are: {known}")
    return Question(given, **parts)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of which everything is there."""

    text: str = ""
    """Written out, where it follows up another."""
    typed: str | None = None
    """As it was asked, where it is written out."""
    image: bytes | None = None
    like: StoredItem | None = None
    history: Sequence[Exchange] = ()
    patience: Patience = ENDLESS
    corrections: tuple[Correction, ...] = ()
    """Of words that are misspelt."""
    allow: Ids | None = field(default=None, repr=False, compare=False)
    """Ids of what may be found, ascending; None: everything."""

    def within(self, fetch: Fetch) -> Fetch:
        """The same, without what may not be found."""
        allow = self.allow
        if allow is None:
            return fetch

        def allowed(one: int) -> bool:
            at = bisect_left(allow, one)
            return at < len(allow) and bool(allow[at] == one)

        return lambda ids: fetch(filter(allowed, ids))

    @property
    def searched(self) -> str:
        """The words that are looked for."""
        return self.right(self.as_written)

    @property
    def as_written(self) -> str:
        """The same with every slip of the pen."""
        return self.bare if self.like is None or self.text.strip() else self.like.text[:_LIKE_CHARACTERS]

    @cached_property
    def bare(self) -> str:
        """The question without what it says of how to answer."""
        return without_instructions(self.text)

    def right(self, text: str) -> str:
        """A text with the words that are misspelt put right; a capital letter stays one."""
        if not self.corrections:
            return text
        instead = {one.word: one.searched for one in self.corrections}
        return _WORD.sub(lambda word: _cased(instead.get(word[0].lower(), word[0]), word[0]), text)


def _cased(word: str, like: str) -> str:
    return f"{word[0].upper()}{word[1:]}" if like[0].isupper() else word


def _bytes_of(image: Any) -> bytes:
    if isinstance(image, bytes):
        return image
    if isinstance(image, str | os.PathLike):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            return Path(image).read_bytes()
        raise UsageError(f"{os.fspath(image)}: there is no such image file; check the spelling")
    if not hasattr(image, "save"):
        raise UsageError(f"a {type(image).__name__} is no picture; give a file, its bytes, or a PIL image")
    target = io.BytesIO()
    image.save(target, format="PNG")
    return target.getvalue()
