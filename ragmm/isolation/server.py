"""The parent's hold on the confined server process: start it, hand it jobs, notice its death, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragmm.errors import RagmmError
from ragmm.isolation.limits import Limits
from ragmm.isolation.sandbox import scrubbed_environment

__all__ = ["ConfinedServer", "Outcome", "ServerDiedError"]

_START_SECONDS = 60.0
_STOP_SECONDS = 1.0
# How long a request may wait for its acknowledgement: the server may be importing a library just then.
_BUSY_SECONDS = 60.0


class ServerDiedError(RagmmError):
    """The confined server ended or fell silent; a new one has to be started."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one worker ended."""

    status: int
    """Exit status, or minus the number of the signal."""
    killed: str
    """Which limit the server killed it for, if any."""
    cpu_seconds: float


class ConfinedServer:
    """One server process; `run` may be called from several threads."""

    def __init__(self, job: str, given: Mapping[str, Any], limits: Limits, scratch: Path | None) -> None:
        """Starts it and does not wait for it; `job` is a module whose `prepare(given)` makes the Job there; `given` is
        JSON-able."""
        self.root = Path(tempfile.mkdtemp(prefix="ragmm-", dir=scratch))
        self._lock, self._greeting = threading.Lock(), threading.Lock()
        self._jobs = 0
        self._greeted = self._stopped = False
        self._control, theirs = socket.socketpair()
        with theirs, (self.root / "server.log").open("wb") as log:
            command = [sys.executable, "-P", "-m", "ragmm.isolation.worker", "serve", str(theirs.fileno())]
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                command,
                env=scrubbed_environment(),
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._setup = {"job": job, "given": given, "limits": asdict(limits), "root": str(self.root)}

    def ready(self) -> None:
        """Wait until it takes jobs. Raises RagmmError where it did not start, ServerDiedError where it was stopped."""
        with self._greeting:
            if not self._greeted:
                self._greet()
                self._greeted = True

    def new_scratch(self) -> Path:
        """A fresh private folder for one run of the job."""
        with self._lock:
            self._jobs += 1
            folder = self.root / str(self._jobs)
        folder.mkdir(mode=0o700)
        return folder

    def run(self, scratch: Path, name: str, seconds: float) -> Outcome:
        """Do the job with what was put into `scratch`; returns when its worker has ended. Raises ServerDiedError."""
        with self._ask({"scratch": str(scratch), "name": name}) as answer:
            answer.settimeout(seconds)
            try:
                said = answer.recv(4096)
            except OSError as error:
                raise ServerDiedError(f"the confined server has not answered for {seconds:.0f} s: {error}") from error
        if not said:
            raise ServerDiedError("the confined server ended while it worked")
        return Outcome(**json.loads(said))

    def warm(self, part: str) -> None:
        """Have the server import what this part of the job needs, so that later workers find it there."""
        self._ask({"warm": part}).close()

    def stop(self) -> None:
        """End the server and its workers, remove the scratch folder; one that still starts is not waited for."""
        self._stopped = True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # whoever waits for its greeting waits no longer
        self._control.close()
        try:
            self._process.wait(_STOP_SECONDS if self._greeted else 0)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def _greet(self) -> None:
        try:
            self._control.settimeout(_START_SECONDS)
            self._control.sendall(json.dumps(self._setup).encode() + b"\n")
            ready = self._control.recv(64)
        except OSError:
            ready = b""
        if self._stopped:
            raise ServerDiedError("the confined server was ended before it was ready")
        if not ready:
            log = (self.root / "server.log").read_text(encoding="utf-8", errors="replace").split("\n")
            self.stop()
            reason = next((line for line in reversed(log) if line.strip()), "it said nothing")
            raise RagmmError(f"the confined process did not start: {reason}")
        self._control.settimeout(_BUSY_SECONDS)

    def _ask(self, request: Mapping[str, Any]) -> socket.socket:
        """Send one request and wait until it is taken up, so that two never mix on the way."""
        ours, theirs = socket.socketpair()
        ours.settimeout(_BUSY_SECONDS)
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])
                theirs.close()
                taken = ours.recv(1)
        except OSError as error:
            ours.close()
            raise ServerDiedError(f"the confined server does not take requests: {error}") from error
        if not taken:
            ours.close()
            raise ServerDiedError("the confined server ended")
        return ours
