"""How a command ends: one line or one JSON value for an error, and the exit code that says what kind it was."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import typer

from ragmm.commands.shared.output import emit, note
from ragmm.errors import RagmmError

__all__ = ["DOCUMENTS_FAILED", "INTERRUPTED", "TERMINATED", "Terminated", "exit_code_of_signal", "run", "terminable"]

DOCUMENTS_FAILED: Final = 10
"""Committed, but some documents failed."""
INTERRUPTED: Final = 130
TERMINATED: Final = 143


class Terminated(BaseException):
    """SIGTERM arrived; unwinds like KeyboardInterrupt, so that locks and workers are let go."""


def run(app: Callable[..., Any], arguments: Sequence[str]) -> int:
    """Run the application and return its exit code; nothing but a defect of ragmm's own ends in a traceback."""
    as_json = "--json" in _before_dashes(arguments)
    try:
        with terminable():
            code = app(args=list(arguments), standalone_mode=False)
    except RagmmError as error:
        code = _failed(type(error).__name__, str(error), error.exit_code, as_json)
    except typer.TyperException as error:
        code = _misused(error, as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = _failed("Interrupted", "interrupted; what was committed stays", INTERRUPTED, as_json)
    except Terminated:
        code = _failed("Terminated", "terminated; what was committed stays", TERMINATED, as_json)
    except BrokenPipeError:
        # The reader has gone (`| head`); Python must not try to flush the rest on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    return code if isinstance(code, int) else 0


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends what runs inside in an orderly way."""

    def stop(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def exit_code_of_signal() -> Iterator[Callable[[], int]]:
    """What to exit with after a run that a signal has stopped, whoever handled the signal meanwhile."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def code() -> int:
        try:
            numbers = reader.recv(64)
        except BlockingIOError:
            numbers = b""
        return TERMINATED if signal.SIGTERM in numbers else INTERRUPTED

    try:
        yield code
    finally:
        signal.set_wakeup_fd(before)
        reader.close()
        writer.close()


def _before_dashes(arguments: Sequence[str]) -> list[str]:
    words = list(arguments)
    return words[: words.index("--")] if "--" in words else words


def _failed(kind: str, message: str, code: int, as_json: bool) -> int:
    if as_json:
        emit({"error": {"type": kind, "message": message, "exit_code": code}})
    else:
        note(f"ragmm: {message}")
    return code


def _misused(error: typer.TyperException, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is not None and not as_json:
        message += f" (see: {context.command_path} --help)"
    return _failed("UsageError", message, error.exit_code, as_json)
