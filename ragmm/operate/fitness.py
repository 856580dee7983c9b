"""Whether the next unattended run can do its work: its sources, the places it writes to, and how the last one ended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ragmm.config import OperateSettings, Pipeline
from ragmm.errors import RagmmError
from ragmm.evaluation.questions import read_questions
from ragmm.operate.hooks import webhook_address
from ragmm.operate.journal import RunState, read_runs
from ragmm.pipelines.sync.roots import Root, roots_of

__all__ = ["Check", "file_system_checks", "operate_checks", "run_checks", "source_checks"]

_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.s3fs"})
"""File systems whose locks and syncs do not promise what a collection rests on."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    fit: bool
    detail: str
    remedy: str = ""


def source_checks(pipeline: Pipeline) -> Iterator[Check]:
    """Every source that can be looked at without connecting anywhere."""
    if not pipeline.sources.paths and not pipeline.sources.place:
        return
    named = [*pipeline.sources.paths, *(place.path for place in pipeline.sources.place)]
    for name, root in zip(named, roots_of(pipeline.sources, _base(pipeline)), strict=True):
        if root.remote:
            continue
        if pipeline.origin is None and not Path(name).expanduser().is_absolute():
            detail = "stands in a pipeline file that this collection does not name; look with: ragmm doctor -p FILE"
            yield Check(name=name, fit=True, detail=detail)
        else:
            yield _source(root)


def _source(root: Root) -> Check:
    mount = "mount it, or correct [sources] in the pipeline file; a night would refuse to delete its documents"
    path = Path(root.path)
    try:
        if path.is_file():
            with path.open("rb"):
                return Check(name=root.path, fit=True, detail="can be read")
        with os.scandir(path) as entries:
            empty = next(entries, None) is None
    except OSError as error:
        return Check(name=root.path, fit=False, detail=f"cannot be read ({error.strerror})", remedy=mount)
    if empty and not root.allow_empty:
        return Check(name=root.path, fit=False, detail="is empty, as an unmounted share is", remedy=mount)
    return Check(name=root.path, fit=True, detail="can be listed")


def operate_checks(pipeline: Pipeline) -> Iterator[Check]:
    """What [operate] names."""
    settings, base = pipeline.operate, _base(pipeline)
    for name, place, is_folder in _places(settings):
        folder = base / place if is_folder else (base / place).parent
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        fit = there.is_dir() and os.access(there, os.W_OK)
        written = (base / place).resolve()
        detail = f"{written}: " + ("can be written" if fit else f"{there} cannot be written to by this user")
        remedy = "" if fit else f"make it writable, or name another place as operate.{name}"
        yield Check(name=name, fit=fit, detail=detail, remedy=remedy)
    if settings.questions is not None:
        yield _questions(base / settings.questions)
    yield from _hooks(settings)


def _places(settings: OperateSettings) -> Iterator[tuple[str, Path, bool]]:
    named = (("reports", settings.reports, True), ("log", settings.log, False), ("metrics", settings.metrics, False))
    for name, place, is_folder in named:
        if place is not None:
            yield name, place, is_folder


def _questions(file: Path) -> Check:
    try:
        return Check(name="questions", fit=True, detail=f"{file}: {len(read_questions(file)):,} questions")
    except RagmmError as error:
        return Check(
            name="questions", fit=False, detail=str(error), remedy="correct the file: drift cannot be measured"
        )


def _hooks(settings: OperateSettings) -> Iterator[Check]:
    if settings.on_failure:
        program = settings.on_failure[0]
        found = shutil.which(program) is not None
        yield Check(
            name="on_failure",
            fit=found,
            detail=program if found else f"there is no program {program}",
            remedy="" if found else "name one that exists: nobody would be told of a failure",
        )
    try:
        named = bool(settings.webhook or settings.webhook_env)
        if named:
            known = bool(webhook_address(settings))
            where = "an address is set" if known else f"the variable {settings.webhook_env} is empty here"
            yield Check(name="webhook", fit=known, detail=where, remedy="" if known else "set it for the run's user")
    except RagmmError as error:
        yield Check(name="webhook", fit=False, detail=str(error), remedy="nobody would be told of a failure")


def run_checks(folder: Path) -> Iterator[Check]:
    """How the last attended run ended that was not refused because of another."""
    newest = next((run for run in read_runs(folder) if run.state != RunState.REFUSED), None)
    if newest is None:
        return
    ended = newest.ended
    fit = newest.good or newest.state in {RunState.RUNNING, RunState.STOPPED}
    why = f": {ended.error}" if ended is not None and ended.error else ""
    remedy = "" if fit else "ragmm runs lists them; the same command goes on where it stopped"
    yield Check(name="last run", fit=fit, detail=f"{newest.state}{why}", remedy=remedy)


def file_system_checks(folder: Path, mounts: Path = Path("/proc/mounts")) -> Iterator[Check]:
    """Whether a collection lies on a disk of this machine; says nothing where that cannot be told."""
    kind = _kind_of(folder, mounts)
    if kind in _NETWORK:
        yield Check(
            name="file system",
            fit=False,
            detail=f"{folder} is on a network file system ({kind}), whose locks and syncs cannot be relied on",
            remedy="keep the collection on a disk of this machine; sources may lie anywhere",
        )


def _kind_of(folder: Path, mounts: Path) -> str:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    place, best = folder.absolute(), ("", "")
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        point = point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if place.is_relative_to(point) and len(point) >= len(best[0]):
            best = point, kind
    return best[1]


def _base(pipeline: Pipeline) -> Path:
    return pipeline.origin.parent if pipeline.origin is not None else Path.cwd()
