"""A question asked of a thread, for programs that await: what happens there arrives here, and letting go stops it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass

from ragmm.pipelines.patience import Flag
from ragmm.pipelines.query.events import Event

__all__ = ["Begin", "stream_in_thread"]

Begin = Callable[[Flag], Generator[Event, None, None]]
"""Asks the question; the flag says that nobody waits any more."""


@dataclass(frozen=True)
class _Either:
    """Set when one of them is."""

    gone: threading.Event
    other: Flag | None

    def is_set(self) -> bool:
        return self.gone.is_set() or (self.other is not None and self.other.is_set())


async def stream_in_thread(begin: Begin, cancel: Flag | None = None) -> AsyncGenerator[Event, None]:
    """The events as they happen. Closed, or its task cancelled, the model stops before its next piece."""
    loop, gone = asyncio.get_running_loop(), threading.Event()
    arrived: asyncio.Queue[Event | None] = asyncio.Queue()

    def tell(event: Event | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is there to tell
            loop.call_soon_threadsafe(arrived.put_nowait, event)

    def work() -> None:
        try:
            with contextlib.closing(begin(_Either(gone, cancel))) as events:
                for event in events:
                    if gone.is_set():
                        return
                    tell(event)
        finally:
            tell(None)

    working = loop.run_in_executor(None, work)
    working.add_done_callback(
        lambda done: done.cancelled() or done.exception()
    )  # one that nobody waits for is not said
    try:
        while (event := await arrived.get()) is not None:
            yield event
        await working
    finally:
        gone.set()
