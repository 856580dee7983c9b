"""Asking a collection from the command line: what is written is shown while it is written."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ragmm.commands.shared.output import console
from ragmm.errors import UsageError

if TYPE_CHECKING:
    from ragmm.collection import Collection
    from ragmm.pipelines.query.events import Event
    from ragmm.pipelines.query.question import Question
    from ragmm.types import QueryResult

__all__ = ["answered", "refuse_picture_names"]

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".heic", ".avif"})
_SHOWN = 4_000
"""Of a reply that is still being written, its last characters."""


def answered(docs: Collection, question: Question, *, answer: bool = True) -> QueryResult:
    """The result; on a terminal what the model writes is shown until the checked answer takes its place.

    Ctrl-C stops the model, not only the waiting for it.
    """
    from ragmm.pipelines.query.events import Done

    with contextlib.closing(docs.stream(question, answer=answer)) as events:
        for event in _shown(events) if sys.stdout.isatty() else events:
            if isinstance(event, Done):
                return event.result
    raise AssertionError("the last event is always Done")


def _shown(events: Iterator[Event]) -> Iterator[Event]:
    from rich.live import Live
    from rich.text import Text

    from ragmm.pipelines.query.events import TextWritten

    written = ""
    with Live(console=console(), transient=True, refresh_per_second=8, vertical_overflow="visible") as live:
        for event in events:
            if isinstance(event, TextWritten):
                written = (written + event.text)[-_SHOWN:]
                live.update(Text(written, style="dim"))
            yield event


def refuse_picture_names(question: str, picture: Path | None) -> None:
    """Raises UsageError for a question that is the name of a picture that is there: its words mean nothing."""
    if picture is None and _is_picture_file(question):
        raise UsageError(
            f"the question {question!r} is the name of a picture; to search with the picture itself give it as "
            "--image (in Python: image=…), to search for its name add a word"
        )


def _is_picture_file(text: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return PurePath(text.strip()).suffix.lower() in _PICTURES and Path(text.strip()).is_file()
    return False
