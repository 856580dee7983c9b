"""The confined server: a warm process without secrets, torch or network that forks one worker for each job.

`python -m ragmm.isolation.worker serve FD` takes requests over a socket; `… layers` prints what the machine gives.
It never looks into what it is given itself: only the fork does, and the fork ends with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
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
from typing import Any, NoReturn, Protocol

from ragmm.isolation.limits import SLOW_MARK, Limits
from ragmm.isolation.sandbox import Layer, confine_server, confine_worker

__all__ = ["Job", "main", "settle"]

_TICK = 0.25
_SCRATCH_CHECK = 1.0
_MANY_FILES = 20_000


@dataclass(kw_only=True)
class _Running:
    """A worker at work."""

    answer: socket.socket
    scratch: Path
    started: float
    deadline: float
    next_check: float
    killed: str = ""


class Job(Protocol):
    """What a fork does; made once in the server by the `prepare` of the job's module."""

    @property
    def readable(self) -> tuple[Path, ...]:
        """Files that a fork reads besides the interpreter's and its own folder."""
        ...

    def run(self, scratch: Path, name: str, limits: Limits) -> None:
        """Do the work in `scratch`, reply there, and return; whatever it raises ends the fork without a reply."""
        ...

    def warm(self, part: str) -> None:
        """Import what a part needs, once for all forks."""
        ...


class _Server:
    """Forks, watches and reaps; single-threaded, so that a fork is always safe."""

    def __init__(self, control: socket.socket, setup: Mapping[str, Any]) -> None:
        self._control = control
        self._limits = Limits(**setup["limits"])
        self._job: Job = importlib.import_module(setup["job"]).prepare(setup["given"])
        self._root = Path(setup["root"])
        self._parent = os.getppid()
        self._jobs: dict[int, _Running] = {}
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
        # What cannot be imported here is reported by the worker that needs it.
        with contextlib.suppress(Exception):
            self._job.warm(name)
        settle()

    def _start(self, request: Mapping[str, Any], answer: socket.socket) -> None:
        scratch, now = Path(request["scratch"]), time.monotonic()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._work(request["name"], scratch, server, answer)
        self._jobs[pid] = _Running(
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
            confine_worker(scratch, self._job.readable, self._limits)
            if os.getppid() == server:
                self._job.run(scratch, name, self._limits)
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

    def _prolonged(self, job: _Running, now: float) -> float:
        """Slow work counts from its last step, and never beyond its own limit: no worker can ask for more."""
        with contextlib.suppress(OSError):
            since = max(0.0, time.time() - (job.scratch / SLOW_MARK).lstat().st_mtime)
            job.deadline = min(job.started + self._limits.slow_seconds, now - since + self._limits.wall_seconds)
        return job.deadline

    def _kill(self, pid: int, job: _Running, reason: str) -> None:
        job.killed = job.killed or reason
        _kill_group(pid)


def settle() -> None:
    """Spare what is there by now from being looked through for garbage, and look for it less often: nearly all that
    parsing makes goes by itself, and the rest with the worker."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    # Importing leaves a quarter of the memory empty; each page of it costs every fork time.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _forget_server(*ends: socket.socket) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    for end in ends:
        end.close()
    os.umask(0o077)


def _report(job: _Running, status: int, cpu_seconds: float) -> None:
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
            sys.exit("this module is started by ragmm itself: worker serve FD | layers")


if __name__ == "__main__":
    main(sys.argv[1:])
