"""What a collection offers a Python program beside its own work: awaiting, tables, exports, a look in a notebook."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, Unpack

from ragmm.types import CollectionInfo, QueryResult
from ragmm.values import Showable

if TYPE_CHECKING:
    from ragmm.pipelines.query.events import Event
    from ragmm.pipelines.query.question import Question, QuestionParts

__all__ = ["Facade"]


class _Collection(Protocol):
    """What the rest is made of."""

    def stream(
        self, question: str | Question = "", *, answer: bool = True, **parts: Unpack[QuestionParts]
    ) -> Generator[Event, None, None]: ...

    def info(self) -> CollectionInfo: ...


class Facade(Showable):
    """Everything here is made of the methods of `Collection`."""

    async def aquery(
        self: _Collection, question: str | Question = "", *, answer: bool = True, **parts: Unpack[QuestionParts]
    ) -> QueryResult:
        """`query`, awaited: the work is done in a thread, and cancelling the task stops the model."""
        from ragmm.pipelines.query.events import Done

        async with contextlib.aclosing(Facade.astream(self, question, answer=answer, **parts)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.result
        raise AssertionError("the last event is always Done")

    def astream(
        self: _Collection, question: str | Question = "", *, answer: bool = True, **parts: Unpack[QuestionParts]
    ) -> AsyncGenerator[Event, None]:
        """`stream`, awaited: letting go of the iterator, or cancelling the task, stops the model."""
        from ragmm.pipelines.query.awaiting import stream_in_thread
        from ragmm.pipelines.query.question import question_of

        wanted = question_of(question, parts)
        return stream_in_thread(lambda gone: self.stream(replace(wanted, cancel=gone), answer=answer), wanted.cancel)
