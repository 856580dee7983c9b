"""Reading: files to parsed documents, several at a time, ahead of the model by a bounded number."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ragmm.errors import DocumentError
from ragmm.indexes.cache_contract import Parsed
from ragmm.loaders.parser import WorkerDiedError
from ragmm.pipelines.ingest.sources import SourceFile

__all__ = ["Fetch", "Parser", "Read", "local", "read_ahead"]


class Parser(Protocol):
    """What reads one file: a ParserPool, or a stand-in for it."""

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> Parsed: ...


@dataclass(frozen=True, kw_only=True)
class Read:
    """A file and what became of it: parsed, or the reason why not."""

    file: SourceFile
    parsed: Parsed | None = None
    reason: str = ""
    violent: bool = False
    """The document killed its parser."""


Fetch = Callable[[SourceFile], AbstractContextManager[tuple[Path, Path]]]
"""Gives a file as a local path and the folder below which no link is followed. Raises DocumentError."""


@contextlib.contextmanager
def local(file: SourceFile) -> Iterator[tuple[Path, Path]]:
    """The file where it is."""
    yield Path(file.path), Path(file.root)


def read_ahead(
    parser: Parser,
    files: Iterable[SourceFile],
    workers: int,
    before: Callable[[SourceFile], None],
    fetch: Fetch = local,
) -> Iterator[Read]:
    """Parse files on `workers` threads and yield them as they come; at most 2 x workers wait to be taken.

    `before` is called right before a file is parsed. Closing the iterator stops the threads after their current file.
    """
    window = threading.BoundedSemaphore(3 * workers)
    done: queue.SimpleQueue[Read | BaseException] = queue.SimpleQueue()

    def work(file: SourceFile) -> None:
        try:
            before(file)
            done.put(_read(parser, file, fetch))
        except BaseException as error:  # noqa: BLE001 - handed to the consuming thread, which raises it
            done.put(error)

    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="ragmm-read") as pool:
        source = iter(files)
        running, exhausted = 0, False
        try:
            while True:
                while not exhausted and window.acquire(blocking=False):
                    file = next(source, None)
                    if file is None:
                        exhausted = True
                        window.release()
                        break
                    pool.submit(work, file)
                    running += 1
                if not running:
                    return
                result = done.get()
                running -= 1
                window.release()
                if isinstance(result, BaseException):
                    raise result
                yield result
        finally:
            pool.shutdown(cancel_futures=True)


def _read(parser: Parser, file: SourceFile, fetch: Fetch) -> Read:
    try:
        with fetch(file) as (path, root):
            return Read(file=file, parsed=parser.parse(path, file.uri, root=root))
    except WorkerDiedError as error:
        return Read(file=file, reason=str(error), violent=True)
    except DocumentError as error:
        return Read(file=file, reason=str(error))
