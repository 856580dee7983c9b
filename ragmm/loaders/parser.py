"""Parsing hostile documents: each in a process of its own that can be killed without loss.

A `ParserPool` keeps one warm server (`ragmm.isolation`) that forks a worker for each document. The parent copies and
hashes the file, waits, and believes nothing of the reply that it has not checked.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from ragmm.errors import ConfigError, DocumentError, LimitError, RagmmError, StorageError, UnsupportedError, UsageError
from ragmm.isolation import sandbox
from ragmm.isolation.limits import Limits
from ragmm.isolation.sandbox import LayerName
from ragmm.isolation.server import ConfinedServer, Outcome, ServerDiedError
from ragmm.isolation.spool import Spooled, spool
from ragmm.loaders import job
from ragmm.loaders.base import Loader
from ragmm.loaders.job import DOCUMENT, REPLY_FOLDER, ErrorKind
from ragmm.loaders.registry import default_loaders
from ragmm.loaders.reply import MalformedReplyError, ParserReply, read_reply
from ragmm.loaders.settings import LoaderSettings
from ragmm.types import Item

__all__ = [
    "Death",
    "Limits",
    "ParsedDocument",
    "ParserPool",
    "ParsingAbandonedError",
    "WorkerDiedError",
    "WorkerLimitError",
]

# How much longer than its own limit a job may take before the server is taken to be dead. It never looks into a
# document, so that it is late only on a machine that hardly runs; a dead one is noticed at once by its closed socket.
_GRACE_SECONDS = 300.0


class Death(StrEnum):
    """How a worker ended that did not end well."""

    CRASH = "crash"
    SILENT = "silent"
    """It ended by itself without a usable reply."""
    MEMORY = "memory"
    CPU = "cpu"
    WALL = "wall"
    SCRATCH = "scratch"


_LIMIT_WORDS = {
    Death.WALL: "took longer than {limits.wall_seconds:g} s, or with OCR than {limits.slow_seconds:g} s in all",
    Death.CPU: "used more than {limits.cpu_seconds} CPU-seconds",
    Death.MEMORY: "was killed from outside, most likely for want of memory",
    Death.SCRATCH: "wrote more than {limits.scratch_mb} MiB, or one file of more than {limits.file_mb} MiB",
}


class WorkerDiedError(DocumentError):
    """The document killed the process that parsed it, or would have but for its limits: one strike."""

    def __init__(self, message: str, death: Death) -> None:
        super().__init__(message)
        self.death = death


class WorkerLimitError(WorkerDiedError, LimitError):
    """The document ran into a limit on memory, time or scratch space."""


class ParsingAbandonedError(RagmmError):
    """Whoever wanted the document parsed has gone."""


@dataclass(frozen=True, kw_only=True)
class ParsedDocument:
    """What a document gave; its scratch folder goes with `close`, or with the object."""

    name: str
    sha256: str
    size: int
    media_type: str
    loader: str
    warnings: tuple[str, ...]
    cpu_seconds: float
    count: int
    """How many items there are."""
    _reply: ParserReply = field(repr=False)
    _discard: Callable[[], object] = field(repr=False)

    @property
    def items(self) -> Iterator[Item]:
        """From the first, each time it is asked for; an image is read from disk when its item comes."""
        return self._reply.items()

    def close(self) -> None:
        self._discard()

    def __enter__(self) -> ParsedDocument:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ParserPool:
    """Parses documents, at most `workers` at once; may be used by several threads."""

    def __init__(
        self,
        settings: LoaderSettings | None = None,
        limits: Limits | None = None,
        workers: int = 0,
        *,
        loaders: Callable[[LoaderSettings], Sequence[Loader]] = default_loaders,
        require: Collection[LayerName] = (),
        scratch: Path | None = None,
    ) -> None:
        """`workers` 0 = one a core; `loaders` is called in the server and so must be importable by its name; a layer
        named in `require` and not given by the machine is a ConfigError; `scratch` is where copies and images wait."""
        if workers < 0:
            raise UsageError(f"a pool of {workers} workers cannot work; give 1 or more, or 0 for one a core")
        self.limits = limits or Limits()
        self._given = job.given(settings or LoaderSettings(), loaders)
        self._scratch = scratch
        self._slots = threading.BoundedSemaphore(workers or _cores())
        self._lock = threading.Lock()
        self._server: ConfinedServer | None = None
        self._warmed: set[str] = set()
        self._abandoned = 0
        _require_layers(require)

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> ParsedDocument:
        """Parse one file in a worker; below `root` no link is followed.

        Raises DocumentError and its kinds for whatever the document is or does, WorkerDiedError where it was violent.
        """
        name = name or file.name
        abandoned = self._abandoned
        with self._slots:
            for _ in range(2):
                if abandoned != self._abandoned:
                    raise ParsingAbandonedError(f"{name}: parsing was ended before it was done")
                server = self._running()
                try:
                    server.ready()
                    return self._parse(server, file, name, root)
                except ServerDiedError as error:
                    self._drop(server)
                    reason = str(error)
        raise WorkerDiedError(f"{name}: the parser server died twice over this file ({reason})", Death.CRASH)

    def abandon(self) -> None:
        """End all parsing at once: whoever waits gets ParsingAbandonedError. What is asked for later is parsed."""
        with self._lock:
            self._abandoned += 1
        self.close()

    def close(self) -> None:
        """End the server and every worker, and remove the scratch folder."""
        with self._lock:
            server = self._server
        if server is not None:
            self._drop(server)

    def _drop(self, server: ConfinedServer) -> None:
        with self._lock:
            if server is self._server:
                self._server = None
                self._warmed.clear()
        server.stop()

    def _running(self) -> ConfinedServer:
        with self._lock:
            if self._server is None:
                self._server = ConfinedServer(job.MODULE, self._given, self.limits, self._scratch)
            return self._server

    def _parse(self, server: ConfinedServer, file: Path, name: str, root: Path | None) -> ParsedDocument:
        try:
            scratch = server.new_scratch()
        except OSError as error:
            raise ServerDiedError(f"its scratch folder is gone: {error}") from error
        try:
            spooled = self._spool(file, scratch, root)
            outcome = server.run(
                scratch, name, max(self.limits.wall_seconds, self.limits.slow_seconds) + _GRACE_SECONDS
            )
            reply = self._checked(outcome, scratch, name)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        spooled.path.unlink(missing_ok=True)
        self._warm(server, reply.loader)
        return _document(name, spooled, outcome, reply, scratch)

    def _spool(self, file: Path, scratch: Path, root: Path | None) -> Spooled:
        try:
            (scratch / REPLY_FOLDER).mkdir(mode=0o700)
            return spool(file, scratch / DOCUMENT, max_bytes=self.limits.document_mb << 20, root=root)
        except OSError as error:
            raise StorageError(
                f"{file} cannot be copied to {scratch} for parsing: {error.strerror}; "
                "free some space there, or set TMPDIR to a disk with more"
            ) from error

    def _checked(self, outcome: Outcome, scratch: Path, name: str) -> ParserReply:
        if outcome.status != 0 or outcome.killed:
            raise _death(outcome, name, self.limits)
        try:
            reply = read_reply(scratch / REPLY_FOLDER, self.limits)
        except MalformedReplyError as error:
            raise WorkerDiedError(f"{name}: {error}", Death.SILENT) from error
        except LimitError as error:
            raise LimitError(f"{name}: {error}") from error
        if reply.error is not None:
            _raise_said(*reply.error, name)
        return reply

    def _warm(self, server: ConfinedServer, loader: str) -> None:
        with self._lock:
            if loader in self._warmed or server is not self._server:
                return
            self._warmed.add(loader)
        try:
            server.warm(loader)
        except ServerDiedError:
            self._drop(server)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _require_layers(names: Collection[LayerName]) -> None:
    if not names:
        return
    found = {layer.name: layer for layer in sandbox.layers()}
    for name in names:
        if not found[name].active:
            raise ConfigError(f"the sandbox layer {name} is required and this machine has it not: {found[name].detail}")


def _document(name: str, spooled: Spooled, outcome: Outcome, reply: ParserReply, scratch: Path) -> ParsedDocument:
    return ParsedDocument(
        name=name,
        sha256=spooled.sha256,
        size=spooled.size,
        media_type=reply.media_type,
        loader=reply.loader,
        warnings=reply.warnings,
        cpu_seconds=outcome.cpu_seconds,
        count=len(reply.entries),
        _reply=reply,
        # Tied to the reply, which every iterator over the items keeps alive.
        _discard=weakref.finalize(reply, shutil.rmtree, scratch, ignore_errors=True),
    )


def _death(outcome: Outcome, name: str, limits: Limits) -> WorkerDiedError:
    limit = _exceeded(outcome, limits)
    if limit is not None:
        return WorkerLimitError(f"{name}: parsing {_LIMIT_WORDS[limit].format(limits=limits)}", limit)
    if outcome.status < 0:
        return WorkerDiedError(f"{name}: its parser crashed with {_signal_name(-outcome.status)}", Death.CRASH)
    return WorkerDiedError(f"{name}: its parser ended with status {outcome.status} and no reply", Death.SILENT)


def _exceeded(outcome: Outcome, limits: Limits) -> Death | None:
    """Which limit a worker died of, by its signal and what it used."""
    if outcome.killed:
        return Death(outcome.killed)
    match -outcome.status:
        case signal.SIGXCPU:
            return Death.CPU
        case signal.SIGXFSZ:
            return Death.SCRATCH
        case signal.SIGKILL:
            return Death.CPU if outcome.cpu_seconds >= limits.cpu_seconds else Death.MEMORY
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _raise_said(kind: str, message: str, name: str) -> NoReturn:
    text = message if name in message else f"{name}: {message}"
    match kind:
        case ErrorKind.UNSUPPORTED:
            raise UnsupportedError(text)
        case ErrorKind.LIMIT:
            raise LimitError(text)
        case ErrorKind.MEMORY:
            raise WorkerLimitError(text, Death.MEMORY)
    raise DocumentError(text)
