"""On a terminal an answer is shown while a server writes it, and Ctrl-C ends the writing itself."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import ragmm
from ragmm.testing import FakeEmbedder
from tests.unit.chat_server import ChatServer, Handler, chat_server, event

pytestmark = pytest.mark.needs("openai")

QUESTION = "When did the mill open?"
PROGRAM = """
import sys
import ragmm.wiring
from ragmm.testing import FakeEmbedder
ragmm.wiring.build_embedder = lambda name, models: FakeEmbedder(name=name)
from ragmm.cli import main
sys.argv = ["ragmm", *sys.argv[1:]]
sys.exit(main())
"""


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


@pytest.fixture
def mill(tmp_path: Path, server: ChatServer) -> Path:
    """A collection whose answers a server writes."""
    (tmp_path / "mill.md").write_text("The mill opened in 1891.", encoding="utf-8")
    pipeline = tmp_path / "p.toml"
    pipeline.write_text(f'[models]\ncaption = "none"\nvlm = "openai:tiny@{server.url}"\n', encoding="utf-8")
    names = {"shared": "mini", "text": "st:all-MiniLM-L6-v2"}
    models = ragmm.Models(embedders={space: FakeEmbedder(name=name) for space, name in names.items()})
    with ragmm.create(tmp_path / "c", pipeline=pipeline, models=models) as docs:
        docs.ingest([tmp_path / "mill.md"])
    return tmp_path / "c"


@contextmanager
def asked(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`ragmm query` in a terminal of its own."""
    program, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "query", QUESTION, "-c", str(folder)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=_own_terminal,  # noqa: PLW1509 - two system calls, no lock taken
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as child:
        os.close(terminal)
        try:
            yield child, program
        finally:
            child.kill()
            os.close(program)


def _own_terminal() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read_until(program: int, text: str, seconds: float = 60) -> str:
    seen, end = "", time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([program], [], [], 0.2)[0]:
            try:
                seen += os.read(program, 4096).decode("utf-8", "replace")
            except OSError:  # it has ended
                break
    return seen


def test_a_piece_is_shown_before_the_last_is_written(mill: Path, server: ChatServer) -> None:
    go_on = threading.Event()

    def slow(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        handler.write(event("The mill opened "))
        go_on.wait(60)
        handler.write(event("in 1891 [1].", "stop") + "data: [DONE]\n\n")

    server.scripts = [slow]
    with asked(mill) as (child, program):
        assert "The mill opened" in _read_until(program, "The mill opened")
        go_on.set()
        rest = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", _read_until(program, "generation 1"))
        assert "in 1891" in rest
        assert child.wait(30) == 0


def test_ctrl_c_ends_the_writing(mill: Path, server: ChatServer) -> None:
    gone = threading.Event()

    def endless(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        try:
            while True:
                handler.write(event("and so on "))
                time.sleep(0.02)
        except OSError:
            gone.set()
            raise

    server.scripts = [endless]
    with asked(mill) as (child, program):
        assert "and so on" in _read_until(program, "and so on")
        os.write(program, b"\x03")
        _read_until(program, "never said", seconds=3)
        assert child.wait(30) == 130
    assert gone.wait(10), "the server goes on writing for nobody"
