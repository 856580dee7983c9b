"""Stopping cleanly: the first SIGINT or SIGTERM lets the running commit end, a second SIGINT stops at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType

__all__ = ["StopFlag", "WorkStopped", "stop_on_signals"]


class WorkStopped(BaseException):
    """A signal has ended work that may end anywhere; like KeyboardInterrupt, no error."""


class StopFlag:
    """Set once, from a signal handler or by a caller in another thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._in_hand = False
        self.signal: int | None = None
        """Which signal asked, if one did."""

    def set(self, number: int | None = None) -> None:
        self.signal = number
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def heard(self, number: int) -> None:
        """A signal came, in the main thread."""
        again = bool(self)
        self.set(number)
        if self._in_hand:
            self._in_hand = False
            raise WorkStopped
        if again and number == signal.SIGINT:
            raise KeyboardInterrupt

    @property
    def work(self) -> _Work:
        """`with flag.work:` a signal ends the block at once with WorkStopped, instead of waiting until it is asked for.

        For a model's work, which leaves nothing half done; only in the thread that hears signals.
        """
        return _Work(self)


class _Work:
    """The block during which a flag's signals raise."""

    def __init__(self, flag: StopFlag) -> None:
        self._flag = flag

    def __enter__(self) -> None:
        if self._flag:
            raise WorkStopped
        self._flag._in_hand = threading.current_thread() is threading.main_thread()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._flag._in_hand = False


@contextlib.contextmanager
def stop_on_signals(flag: StopFlag) -> Iterator[None]:
    """Route SIGINT and SIGTERM to the flag while the block runs; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        flag.heard(number)

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
