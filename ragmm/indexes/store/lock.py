"""One writer at a time: a kernel lock that ends with its process, so there is no stale lock file to clear."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from ragmm.errors import WriterBusyError
from ragmm.indexes import fsio
from ragmm.indexes.store import transactions

__all__ = ["writer_lock"]


@contextlib.contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Hold the collection's writer lock, or raise WriterBusyError at once.

    The descriptor is close-on-exec: a worker process that outlives its parent cannot keep the lock.
    """
    with transactions.storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, fsio.FILE_MODE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WriterBusyError(_busy(path, descriptor)) from None
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(owner).encode(), 0)


def _busy(path: Path, descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 1000, 0))
        who = f"process {owner['pid']} on {owner['host']} (since {owner['since']})"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return f"{path.parent}: {who} is writing to this collection; wait for it to end, then run the same command again"
