"""Reading: files to parsed documents, several at a time, ahead of the model by a bounded number."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ragmm.errors import DocumentError
from ragmm.indexes.cache_contract import Parsed
from ragmm.loaders.parser import WorkerDiedError
from ragmm.pipelines.ingest.sources import SourceFile

__all__ = ["Abandonable", "Fetch", "Parser", "Read", "ReadingWatch", "local", "read_ahead"]

_PULSE = 0.5


class Parser(Protocol):
    """What reads one file: a ParserPool, or a stand-in for it."""

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> Parsed: ...


@runtime_checkable
class Abandonable(Protocol):
    """A parser that can let go of what it is reading."""

    def abandon(self) -> None:
        """End all parsing at once; whoever waits for it gets an error."""
        ...


class ReadingWatch(Protocol):
    """Told of each file, on any thread: right before it is parsed, and when its result will not be asked for."""

    def begin(self, file: SourceFile) -> None: ...
    def abandon(self, file: SourceFile) -> None: ...


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
    watch: ReadingWatch,
    fetch: Fetch = local,
) -> Generator[Read | None, None, None]:
    """Parse files on `workers` threads and yield them as they come; at most 2 x workers wait to be taken.

    None, twice a second, says that nothing has come. Closing the iterator early ends what is being parsed.
    """
    return _Ahead(parser, workers, watch, fetch).results(iter(files))


class _Ahead:
    """Threads that read, and the results that wait."""

    def __init__(self, parser: Parser, workers: int, watch: ReadingWatch, fetch: Fetch) -> None:
        self._parser, self._watch, self._fetch = parser, watch, fetch
        self._workers = workers
        self._done: queue.SimpleQueue[Read | BaseException] = queue.SimpleQueue()
        self._begun: dict[str, SourceFile] = {}
        """Files whose results were not taken; a dict, since one step on it is safe on any thread."""
        self._futures: set[Future[None]] = set()

    def results(self, files: Iterator[SourceFile]) -> Generator[Read | None, None, None]:
        running, exhausted = 0, False
        with ThreadPoolExecutor(max_workers=self._workers, thread_name_prefix="ragmm-read") as pool:
            try:
                while True:
                    while not exhausted and running < 3 * self._workers:
                        file = next(files, None)
                        if file is None:
                            exhausted = True
                            break
                        self._futures = self._running() | {pool.submit(self._work, file)}
                        running += 1
                    if not running:
                        return
                    result = self._next()
                    if result is not None:
                        running -= 1
                    yield result
            finally:
                self._end(pool, early=bool(running))

    def _running(self) -> set[Future[None]]:
        return {one for one in self._futures if not one.done()}

    def _work(self, file: SourceFile) -> None:
        try:
            self._begun[file.path] = file
            self._watch.begin(file)
            self._done.put(_read(self._parser, file, self._fetch))
        except BaseException as error:  # noqa: BLE001 - handed to the consuming thread, which raises it
            self._done.put(error)

    def _next(self) -> Read | None:
        try:
            result = self._done.get(timeout=_PULSE)
        except queue.Empty:
            return None
        if isinstance(result, BaseException):
            raise result
        self._begun.pop(result.file.path, None)
        return result

    def _end(self, pool: ThreadPoolExecutor, *, early: bool) -> None:
        pool.shutdown(wait=False, cancel_futures=True)
        while early and isinstance(self._parser, Abandonable) and (running := self._running()):
            self._parser.abandon()  # again, since one may only now begin
            wait(running, timeout=_PULSE)
        pool.shutdown()
        for file in self._begun.values():
            self._watch.abandon(file)


def _read(parser: Parser, file: SourceFile, fetch: Fetch) -> Read:
    try:
        with fetch(file) as (path, root):
            return Read(file=file, parsed=parser.parse(path, file.uri, root=root))
    except WorkerDiedError as error:
        return Read(file=file, reason=str(error), violent=True)
    except DocumentError as error:
        return Read(file=file, reason=str(error))
