"""The parser server: a warm process without secrets, torch or network that forks one worker for each document.

`python -m ragmm.loaders.worker_child serve FD` takes requests over a socket; `… layers` prints what the machine gives.
It never looks into a document itself: only the fork does, and the fork ends with its document.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ragmm.loaders.base import Loader
from ragmm.loaders.job import parse_document, settle, warm_up
from ragmm.loaders.sandbox import SLOW_MARK, Layer, Limits, confine_server, confine_worker
from ragmm.loaders.settings import LoaderSettings

__all__ = ["main"]

_TICK = 0.25
_SCRATCH_CHECK = 1.0
_MANY_FILES = 20_000


@dataclass(kw_only=True)
class _Job:
    """A worker at work."""

    answer: socket.socket
    scratch: Path
    started: float
    deadline: float
    next_check: float
    killed: str = ""


class _Server:
    """Forks, watches and reaps; single-threaded, so that a fork is always safe."""

    def __init__(self, control: socket.socket, setup: Mapping[str, Any]) -> None:
        self._control = control
        self._limits = Limits(**setup["limits"])
        settings = LoaderSettings.from_dict(setup["settings"])
        module, name = setup["loaders"].split(":")
        self._loaders: Sequence[Loader] = getattr(importlib.import_module(module), name)(settings)
        warm_up(settings)
        self._readable = (Path(settings.tokenizer),) if settings.tokenizer else ()
        self._root = Path(setup["root"])
        self._parent = os.getppid()
        self._jobs: dict[int, _Job] = {}
        self._woken, waker = socket.socketpair()
        self._waker = waker
        for end in (self._woken, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)

    def serve(self) -> None:
        """Until the other side closes the connection or is gone."""
        settle()
        self._control.sendall(b"ready\n")
        with contextlib.suppress(ConnectionError):
            while os.getppid() == self._parent:
                readable, _, _ = select.select([self._control, self._woken], [], [], _TICK if self._jobs else 2.0)
                if self._woken in readable:
                    self._woken.recv(4096)
                self._reap()
                self._check_limits()
                if self._control in readable and not self._take():
                    break
        for pid in self._jobs:
            _kill_group(pid)
        shutil.rmtree(self._root, ignore_errors=True)

    def _take(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 1)
        if not data:
            return False
        request, answer = json.loads(data), socket.socket(fileno=descriptors[0])
        if "warm" in request:
            self._warm(request["warm"])
        else:
            self._start(request, answer)
        with contextlib.suppress(OSError):
            answer.send(b".")
        if "warm" in request:
            answer.close()
        return True

    def _warm(self, name: str) -> None:
        """Import once what each worker would import again."""
        for loader in self._loaders:
            if loader.name == name and (warm := getattr(loader, "warm", None)) is not None:
                # What cannot be imported here is reported by the worker that needs it.
                with contextlib.suppress(Exception):
                    warm()
        settle()

    def _start(self, request: Mapping[str, Any], answer: socket.socket) -> None:
        scratch, now = Path(request["scratch"]), time.monotonic()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._work(request["name"], scratch, server, answer)
        self._jobs[pid] = _Job(
            answer=answer,
            scratch=scratch,
            started=now,
            deadline=now + self._limits.wall_seconds,
            next_check=now + _SCRATCH_CHECK,
        )

    def _work(self, name: str, scratch: Path, server: int, answer: socket.socket) -> NoReturn:
        """The fork's whole life; it never returns into the server's loop."""
        try:
            _forget_server(self._control, self._woken, self._waker, answer)
            os.chdir(scratch)
            os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
            os.environ["HOME"] = str(scratch)
            confine_worker(scratch, self._readable, self._limits)
            if os.getppid() == server:
                parse_document(scratch, name, self._loaders, self._limits)
                os._exit(0)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            job = self._jobs.pop(pid, None)
            if job is not None:
                _kill_group(pid)
                self._kill_strays()
                _report(job, status, usage.ru_utime + usage.ru_stime)

    def _kill_strays(self) -> None:
        """What a worker left behind in a session of its own comes to us as an orphan."""
        listing = Path(f"/proc/self/task/{os.getpid()}/children")
        with contextlib.suppress(OSError):
            for child in map(int, listing.read_text(encoding="ascii").split()):
                if child not in self._jobs:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)

    def _check_limits(self) -> None:
        now = time.monotonic()
        for pid, job in self._jobs.items():
            if now >= job.deadline and now >= self._prolonged(job, now):
                self._kill(pid, job, "wall")
            elif now >= job.next_check:
                job.next_check = now + _SCRATCH_CHECK
                if _folder_bytes(job.scratch) > self._limits.scratch_mb << 20:
                    self._kill(pid, job, "scratch")

    def _prolonged(self, job: _Job, now: float) -> float:
        """Slow work counts from its last step, and never beyond its own limit: no worker can ask for more."""
        with contextlib.suppress(OSError):
            since = max(0.0, time.time() - (job.scratch / SLOW_MARK).lstat().st_mtime)
            job.deadline = min(job.started + self._limits.slow_seconds, now - since + self._limits.wall_seconds)
        return job.deadline

    def _kill(self, pid: int, job: _Job, reason: str) -> None:
        job.killed = job.killed or reason
        _kill_group(pid)


def _forget_server(*ends: socket.socket) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    for end in ends:
        end.close()
    os.umask(0o077)


def _report(job: _Job, status: int, cpu_seconds: float) -> None:
    outcome = {"status": os.waitstatus_to_exitcode(status), "killed": job.killed, "cpu_seconds": cpu_seconds}
    with contextlib.suppress(OSError), job.answer:
        job.answer.sendall(json.dumps(outcome).encode())


def _kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _folder_bytes(folder: Path) -> int:
    """Bytes below a folder that a hostile process is writing to: bounded work, no link followed."""
    total = files = 0
    for root, _, names in os.walk(folder):
        for name in names:
            files += 1
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 (hot, and names may be odd)
        if files > _MANY_FILES:
            return sys.maxsize
    return total


def _print_layers() -> None:
    """Put every layer on, the worker's in a fork, and print them as JSON."""
    found = confine_server()
    with tempfile.TemporaryDirectory(prefix="ragmm-") as scratch:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            layers = confine_worker(Path(scratch), (), Limits())
            os.write(writer, json.dumps(_as_rows(layers)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as answer:
            rows = json.loads(answer.read())
        os.waitpid(pid, 0)
    json.dump([*_as_rows(found), *rows], sys.stdout)


def _as_rows(layers: Sequence[Layer]) -> list[tuple[str, bool, str]]:
    return [(str(layer.name), layer.active, layer.detail) for layer in layers]


def _serve(descriptor: int) -> None:
    # Makes torch unimportable: libraries that could do without it then do, and a worker fits into its memory limit.
    sys.modules["torch"] = None  # type: ignore[assignment]
    confine_server()
    control = socket.socket(fileno=descriptor)
    with control.makefile("rb", buffering=0) as lines:
        setup = json.loads(lines.readline())
    _Server(control, setup).serve()


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["serve", descriptor]:
            _serve(int(descriptor))
        case ["layers"]:
            _print_layers()
        case _:
            sys.exit("this module is started by ragmm itself: worker_child serve FD | layers")


if __name__ == "__main__":
    main(sys.argv[1:])
