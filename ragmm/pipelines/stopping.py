"""Stopping cleanly: the first SIGINT or SIGTERM lets the running commit end, a second SIGINT stops at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["StopFlag", "stop_on_signals"]


class StopFlag:
    """Set once, from a signal handler or by a caller in another thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.signal: int | None = None
        """Which signal asked, if one did."""

    def set(self, number: int | None = None) -> None:
        self.signal = number
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()


@contextlib.contextmanager
def stop_on_signals(flag: StopFlag) -> Iterator[None]:
    """Route SIGINT and SIGTERM to the flag while the block runs; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if flag and number == signal.SIGINT:
            raise KeyboardInterrupt
        flag.set(number)

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
