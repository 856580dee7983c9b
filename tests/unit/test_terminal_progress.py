"""Progress on standard error: plain lines now and then, live bars on a terminal, never an escape from a document."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from ragmm.commands.shared import progress
from ragmm.commands.shared.progress import LiveProgress, PlainProgress, shown_progress


class Clock:
    """Moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_a_line_every_ten_seconds_with_rate_and_time_left(clock: Clock) -> None:
    out = io.StringIO()
    plain = PlainProgress(out)
    for done in range(0, 3001, 100):
        plain.update("embed", done, 10_000, "items")
        clock.now += 1.0
    assert out.getvalue().splitlines() == [
        "embed: 1,000 of 10,000 items, 100/s, 1 min 30 s left",
        "embed: 2,000 of 10,000 items, 100/s, 1 min 20 s left",
        "embed: 3,000 of 10,000 items, 100/s, 1 min 10 s left",
    ]


def test_without_a_total_there_is_no_time_left(clock: Clock) -> None:
    out = io.StringIO()
    plain = PlainProgress(out, every=2)
    plain.update("read", 0, None, "documents")
    clock.now += 4
    plain.update("read", 6, None, "documents")
    assert out.getvalue() == "read: 6 documents, 1.5/s\n"


def test_a_message_is_one_harmless_line() -> None:
    out = io.StringIO()
    PlainProgress(out).message("a\x1b[2Jb\nc")
    assert out.getvalue() == "a\\x1b[2Jb\\nc\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_bars_that_take_updates_from_any_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    with shown_progress() as live:
        assert isinstance(live, LiveProgress)
        threads = [threading.Thread(target=live.update, args=(f"stage {n}", n, 10, "items")) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        live.message("[bold]not markup[/bold] \x1b[31m")
    assert "7 of 10 items" in terminal.getvalue()
    assert "[bold]not markup[/bold] \\x1b[31m" in terminal.getvalue()


def test_a_pipe_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with shown_progress() as plain:
        assert isinstance(plain, PlainProgress)
