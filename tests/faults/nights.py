"""Nights that can be killed: each in a process of its own, forked from one that has everything imported already.

What is imported cannot be lost; without that, every second kill would land in a night that has not begun.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import os
import select
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ragmm
from ragmm.config import Pipeline, SourceSettings
from ragmm.embedders.base import Embedder
from ragmm.loaders.settings import Ocr
from ragmm.operate.attending import attended
from ragmm.testing import FakeEmbedder, FakeVlm
from ragmm.wiring import build_loaders

__all__ = ["COMMIT_ITEMS", "Nights", "models", "pipeline_for"]

COMMIT_ITEMS = 7
COMMIT_SECONDS = 0.1
"""So that commits come by time as often as by count."""


def pipeline_for(source: str) -> Pipeline:
    """Every loader is the real one; only characters in pictures are left alone, whose model loads for seconds."""
    pipeline = ragmm.default_pipeline()
    return dataclasses.replace(
        pipeline,
        sources=SourceSettings(paths=(source,)),
        loaders=dataclasses.replace(pipeline.loaders, ocr=Ocr.NEVER),
        store=dataclasses.replace(pipeline.store, commit_items=COMMIT_ITEMS, commit_seconds=COMMIT_SECONDS),
    )


def models(embedder: type[FakeEmbedder] = FakeEmbedder) -> ragmm.Models:
    """Pictures are put into words too, by a model that loads at once."""
    spaces: dict[str, Embedder] = {"shared": embedder(), "text": embedder(kinds=["text"], name="words")}
    return ragmm.Models(embedders=spaces, caption=FakeVlm())


class Nights:
    """Where nights come from, one after the other. Closing it ends the process they are forked from."""

    def __init__(self, folder: Path, source: Path) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder), str(source)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self._answer()

    def start(self) -> int:
        """Begin a night; its process, which leads a session of its own."""
        assert self._server.stdin is not None
        self._server.stdin.write("night\n")
        return int(self._answer())

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether the night ends within so many seconds."""
        assert self._server.stdout is not None
        return bool(select.select([self._server.stdout], [], [], seconds)[0])

    def wait(self) -> int:
        """Wait for its end; the exit status, negative for the signal that killed it."""
        return int(self._answer())

    def finish(self) -> None:
        """A whole night that nobody disturbs."""
        self.start()
        assert self.wait() == 0, "the night failed; it says above why"

    def close(self) -> None:
        self._server.communicate(timeout=60)

    def __enter__(self) -> Nights:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline()


class _Noting(FakeEmbedder):
    """Writes down what it embeds, so that work done twice can be counted."""

    log = -1

    def _admit(self, inputs: Sequence[Any]) -> Sequence[Any]:
        for one in inputs:
            data = one.encode() if isinstance(one, str) else one.data
            os.write(self.log, f"{self.info.name} {hashlib.sha256(data).hexdigest()}\n".encode())
        return super()._admit(inputs)


def _night(folder: str, source: str) -> None:
    _Noting.log = os.open(f"{folder}.embedded", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    docs = ragmm.create(folder, exist_ok=True, pipeline=pipeline_for(source), models=models(_Noting))
    with attended(docs, "sync") as watch:
        night = docs.sync(allow_mass_delete=True)
        watch.finished(night)
    assert not night.report.failures, night.report.failures


def _in_a_session(folder: str, source: str) -> int:
    """In the child: run the night; never returns."""
    status = 1
    try:
        os.setsid()
        os.dup2(2, 1)
        _night(folder, source)
        status = 0
    except BaseException:  # the child must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _import_everything() -> None:
    """What a night would import when it first needs it."""
    for module in ("ragmm.pipelines.sync.run", "ragmm.isolation.server", "ragmm.config.measuring"):
        importlib.import_module(module)
    build_loaders(ragmm.default_pipeline())


def _say(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def _serve(folder: str, source: str) -> None:
    _import_everything()
    _say("ready")
    for _ in sys.stdin:
        pid = os.fork() or _in_a_session(folder, source)
        _say(pid)
        _say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2])
