"""What a collection offers a Python program beside its own work: awaiting, tables, exports, a look in a notebook."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from ragmm.types import CollectionInfo, QueryResult
from ragmm.values import Showable

if TYPE_CHECKING:
    from ragmm.exchange.embedded import EmbeddedItem
    from ragmm.exchange.exporting import Exported
    from ragmm.indexes.contracts import Snapshot
    from ragmm.pipelines.query.events import Event
    from ragmm.pipelines.query.question import Question, QuestionParts

__all__ = ["Facade"]


class _Collection(Protocol):
    """What the rest is made of."""

    def stream(
        self, question: str | Question = "", *, answer: bool = True, **parts: Unpack[QuestionParts]
    ) -> Generator[Event, None, None]: ...

    def info(self) -> CollectionInfo: ...

    def _current(self) -> Snapshot: ...


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

    def embedded(self: _Collection, uri: str | None = None) -> Iterator[EmbeddedItem]:
        """Items in reading order with their vectors by space, of one document or of all."""
        from ragmm.exchange.embedded import embedded_items

        return embedded_items(self._current(), uri)

    def to_pandas(self: _Collection, rows: str = "items", *, vectors: bool = False) -> Any:
        """A frame of the "items" or the "documents"; with `vectors`, a column of them for each space."""
        from ragmm.exchange.tables import pandas_frame

        return pandas_frame(self._current(), rows, vectors=vectors)

    def to_arrow(self: _Collection, rows: str = "items", *, vectors: bool = False) -> Any:
        """The same as an Arrow table."""
        from ragmm.exchange.tables import arrow_table

        return arrow_table(self._current(), rows, vectors=vectors)

    def export(self: _Collection, target: str | Path) -> Exported:
        """Items with their vectors in a file *.jsonl or *.parquet, or in a new folder as npy beside items.jsonl."""
        from ragmm.exchange.exporting import export

        return export(self._current(), Path(target))
