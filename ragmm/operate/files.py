"""Files that a run leaves behind: replaced as a whole, or appended to by whole lines."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ragmm.errors import StorageError

__all__ = ["append_line", "literal", "replace_file"]

PRIVATE = 0o600


def replace_file(path: Path, text: str, *, mode: int = PRIVATE) -> None:
    """Write a whole file so that whoever reads it sees the old one or the new one. Makes its folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            undo.callback(temporary.unlink, missing_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - the descriptor is there already
                file.write(text)
                file.flush()
                os.fchmod(descriptor, mode)  # whatever the umask took away
                os.fsync(descriptor)
            temporary.replace(path)
            undo.pop_all()
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}); the run itself is not affected") from error


def append_line(path: Path, line: str) -> None:
    """One line in one write: two processes cannot mix theirs. A line that a crash has cut short is closed first."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        try:
            size = os.fstat(descriptor).st_size
            whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
            os.write(descriptor, (("" if whole else "\n") + line + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}); the run itself is not affected") from error


def literal(name: str) -> str:
    """A name without the signs that a pattern of file names would take for more."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
