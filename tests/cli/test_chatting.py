"""chat: follow-ups, its commands, pipes and terminals."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.collection import Collection
from ragmm.errors import DocumentError
from ragmm.pipelines.query.question import Question
from ragmm.testing import FakeEmbedder

QUESTION = "How long does the crossing to Gull Rock take?"
Type = Callable[..., None]


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Type:
    """Puts lines on standard input."""

    def put(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return put


@pytest.fixture
def histories(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, str], ...]]:
    """What each question was asked with."""
    seen: list[tuple[tuple[str, str], ...]] = []
    stream = Collection.stream

    def spy(self: Collection, question: Question, **options):
        seen.append(question.history)
        return stream(self, question, **options)

    monkeypatch.setattr(Collection, "stream", spy)
    return seen


def test_a_line_is_a_question(cli, sample: Path, piped: Type) -> None:
    piped(QUESTION, "", "How often is the engine oil changed?")
    done = cli("chat", "-c", sample)
    assert (done.code, done.err) == (0, "")
    assert "takes 70 minutes" in done.out
    assert done.out.count("extractive · sample, generation 1") == 2
    assert "\x1b" not in done.out
    assert "> " not in done.out


def test_one_value_a_line_for_programs(cli, sample: Path, piped: Type) -> None:
    piped(QUESTION, "/sources", "/reset", "/nonsense", "And the fare?")
    done = cli("chat", "-c", sample, "--json")
    first, sources, reset, wrong, last = map(json.loads, done.out.splitlines())
    assert first["question"] == QUESTION
    assert sources["hits"] == first["hits"]
    assert reset == {"reset": True}
    assert wrong["error"]["type"] == "UsageError"
    assert last["question"] == "And the fare?"
    assert (done.code, done.err) == (2, "")


def test_a_follow_up_knows_what_was_said_until_reset(cli, sample: Path, piped: Type, histories) -> None:
    piped(QUESTION, "And back?", "/reset", "And back?")
    done = cli("chat", "-c", sample)
    assert done.code == 0
    assert done.out.count("read as: ") == 1
    assert histories[0] == histories[2] == ()
    ((asked, answered),) = histories[1]
    assert asked == QUESTION
    assert "70 minutes" in answered


def test_a_picture_counts_for_one_question(cli, sample: Path, corpus: Path, piped: Type) -> None:
    picture = corpus / "signs" / "gull-rock.png"
    piped(f"/image {picture}", "", "/image none.png", QUESTION)
    done = cli("chat", "-c", sample, "--json")
    chosen, like, missing, plain = map(json.loads, done.out.splitlines())
    assert chosen == {"image": str(picture)}
    assert like["question"] == ""
    assert like["hits"]
    assert "none.png" in missing["error"]["message"]
    assert not any(leg["leg"] == "lexical" for hit in like["hits"] for leg in hit["found_by"])
    assert plain["question"] == QUESTION


def test_a_picture_that_cannot_be_read_is_not_asked_with_again(cli, sample: Path, piped: Type, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise DocumentError("the image cannot be decoded")

    monkeypatch.setattr(FakeEmbedder, "embed_media", refuse)
    Path("bad.png").write_bytes(b"no picture")
    piped("/image bad.png", QUESTION, QUESTION)
    done = cli("chat", "-c", sample, "--json")
    _, refused, answered = map(json.loads, done.out.splitlines())
    assert "cannot be decoded" in refused["error"]["message"]
    assert answered["answer"] is not None
    assert done.code == 1


def test_quit_leaves_the_rest_unread(cli, sample: Path, piped: Type) -> None:
    piped("/quit", QUESTION)
    done = cli("chat", "-c", sample)
    assert (done.code, done.out) == (0, "")


def test_sources_before_any_question(cli, sample: Path, piped: Type) -> None:
    piped("/sources", "/help")
    assert cli("chat", "-c", sample).out.splitlines() == [
        "Nothing was asked yet.",
        "/sources  /image FILE  /reset  /quit",
    ]


def test_hostile_lines_reach_neither_terminal_nor_model(cli, sample: Path, piped: Type) -> None:
    piped("/\x1b[2J", "caf\udce9 \x1b[2J")
    done = cli("chat", "-c", sample)
    assert done.code == 2
    assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize("key", [b"\x03", b"\x04"])
def test_at_a_terminal_ctrl_c_and_ctrl_d_leave_politely(sample: Path, key: bytes) -> None:
    program, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ragmm", "chat", "-c", str(sample)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=_own_terminal,  # noqa: PLW1509 - two system calls, no lock taken
    ) as child:
        os.close(terminal)
        try:
            seen = _read(program)
            os.write(program, b"/reset\n")
            seen += _read(program)
            code = _pressed(program, key, child)
        finally:
            child.kill()
    os.close(program)
    assert code == 0, seen
    assert "forgotten." in seen


def _pressed(program: int, key: bytes, child: subprocess.Popen[bytes]) -> int:
    """Press until it ends: a signal in the instant before readline starts to wait is seen only with the next key."""
    for _ in range(30):
        os.write(program, key)
        try:
            return child.wait(2)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("it did not leave")


def _own_terminal() -> None:
    """Ctrl-C on the terminal is a signal only for the session that it belongs to."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(program: int) -> str:
    """What the program writes until it prompts."""
    seen, end = "", time.monotonic() + 60
    while "> " not in seen and time.monotonic() < end:
        if select.select([program], [], [], 1)[0]:
            seen += os.read(program, 4096).decode()
    return seen
