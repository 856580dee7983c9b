"""Whether this machine, this installation and a collection are fit for work: one finding each, with its remedy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import ragmm
from ragmm.collection import Collection, open_
from ragmm.config import Pipeline, default_pipeline
from ragmm.config.folders import resolve
from ragmm.config.needs import model_needs
from ragmm.errors import DamagedError, PluginError, RagmmError
from ragmm.loaders.settings import Tables
from ragmm.models.machine import memory_bytes
from ragmm.models.weights_packages import PACKAGES
from ragmm.operate import fitness
from ragmm.optional import MEGABYTES, OPTIONAL, advice, install_line, with_size
from ragmm.plugins import Group, plugins
from ragmm.types import DocumentState
from ragmm.wiring import build_loaders

__all__ = ["FLOORS", "Finding", "Floor", "State", "examine", "exit_code", "version_findings"]

_GB: Final = 1_000_000_000


class State(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    """Something that could be there and is not needed."""
    WARNING = "warning"
    PROBLEM = "problem"
    """ragmm will fail, or is failing."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    area: str
    name: str
    state: State
    detail: str
    remedy: str = ""
    code: int = 0
    """What a program should exit with because of it."""


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The oldest version of a package without a known hole."""

    package: str
    version: str
    hole: str


FLOORS: Final = (
    Floor(package="pillow", version="12.3", hole="CVE-2026-40192: small files that decode to enormous images"),
    Floor(package="torch", version="2.6", hole="CVE-2025-32434: loading weights can run code"),
    Floor(package="unstructured", version="0.18.18", hole="CVE-2025-64712: attachments written outside their folder"),
    Floor(package="pdfminer.six", version="20251230", hole="CVE-2025-64512: reading a PDF can run code"),
    Floor(package="docling", version="2.132", hole="documents that hang past every timeout (issues 2109 and 2478)"),
    Floor(package="faiss-cpu", version="1.15", hole="damaged index files are read out of bounds (issue 5400)"),
    Floor(package="faiss-gpu", version="1.15", hole="damaged index files are read out of bounds (issue 5400)"),
)


def examine(collection: str | None = None, pipeline: Pipeline | None = None) -> list[Finding]:
    """Look at everything; nothing is loaded, changed or fetched. Without a pipeline, the collection's."""
    findings = [*_environment(), *version_findings(_version), *_extras(), *_faiss(_version), *_sandbox()]
    docs, opening = _opened(collection)
    settings = pipeline or (docs.pipeline if docs else default_pipeline())
    findings += [*_plugins(settings), *_models(settings), *_disk(collection), *_nightly(settings), *opening]
    if docs is not None:
        with docs:
            findings += _collection(docs, settings)
    return findings


def exit_code(findings: list[Finding]) -> int:
    """0 where nothing is a problem, else the code of the worst."""
    return max((one.code for one in findings), default=0)


# The machine -----------------------------------------------------------------------------------------------------


def _environment() -> Iterator[Finding]:
    area = "environment"
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        area=area,
        name="python",
        state=State.OK if fits else State.WARNING,
        detail=f"{version} on {platform.system()} {platform.machine()}",
        remedy="" if fits else "use Python 3.11 to 3.13",
    )
    yield Finding(area=area, name="ragmm", state=State.OK, detail=ragmm.__version__)
    yield Finding(area=area, name="processors", state=State.OK, detail=str(_processors()))
    yield _memory()
    gpu = Path("/proc/driver/nvidia/version").exists()
    yield Finding(area=area, name="gpu", state=State.OK if gpu else State.NOTE, detail="NVIDIA" if gpu else "none")


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> Finding:
    size = memory_bytes()
    enough = size >= 4 * _GB
    return Finding(
        area="environment",
        name="memory",
        state=State.OK if enough else State.WARNING,
        detail=f"{size / _GB:.1f} GB",
        remedy="" if enough else "parse fewer documents at once: limits.workers = 1 in the pipeline file",
    )


# Packages --------------------------------------------------------------------------------------------------------


def version_findings(version_of: Callable[[str], str | None]) -> Iterator[Finding]:
    """Installed packages with known holes; `version_of` gives None for what is not installed."""
    for floor in FLOORS:
        seen = version_of(floor.package)
        if seen is None:
            continue
        old = _parts(seen) < _parts(floor.version)
        yield Finding(
            area="packages",
            name=floor.package,
            state=State.WARNING if old else State.OK,
            detail=f"{seen} is older than {floor.version}: {floor.hole}" if old else seen,
            remedy=f"pip install --upgrade '{floor.package}>={floor.version}'" if old else "",
        )


def _extras() -> Iterator[Finding]:
    known = {floor.package for floor in FLOORS}
    for package in OPTIONAL:
        seen = _version(package.distribution) or _fetched(package.distribution)
        if not package.brings or (seen and package.distribution in known):
            continue
        yield Finding(
            area="packages",
            name=package.distribution,
            state=State.OK if seen else State.NOTE,
            detail=seen or f"not installed ({package.brings}; about {MEGABYTES[package.extra]:,} MB)",
            remedy="" if seen else advice(package),
        )


def _fetched(distribution: str) -> str | None:
    """Of a package of weights, what was taken out of it."""
    return next((one.revision for one in PACKAGES.values() if one.distribution == distribution and one.folder()), None)


def _plugins(pipeline: Pipeline) -> Iterator[Finding]:
    """What other packages bring, each imported to see whether it can be used."""
    for group in Group:
        try:
            for plugin in plugins(group).values():
                plugin.load()
                kind = group.removeprefix("ragmm.").removesuffix("s")
                detail = f"{plugin.package}: {plugin.place}"
                yield Finding(area="plugins", name=f"{kind} {plugin.name}", state=State.OK, detail=detail)
            if group is Group.LOADERS and plugins(group):
                build_loaders(pipeline)
        except PluginError as error:
            yield Finding(area="plugins", name=str(group), state=State.PROBLEM, detail=str(error), code=error.exit_code)


def _faiss(version_of: Callable[[str], str | None]) -> Iterator[Finding]:
    here = [name for name in ("faiss-cpu", "faiss-gpu") if version_of(name)]
    if len(here) > 1:
        yield Finding(
            area="packages",
            name="faiss",
            state=State.WARNING,
            detail="faiss-cpu and faiss-gpu are both installed and overwrite each other's files",
            remedy=f"pip uninstall faiss-cpu faiss-gpu, then install one: {install_line('cpu')}",
        )
    elif not here:
        yield Finding(
            area="packages",
            name="faiss",
            state=State.NOTE,
            detail="not installed; NumPy searches instead",
            remedy=install_line("cpu"),
        )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+", 1)[0])[:3])


# The parser's sandbox, models, disks -----------------------------------------------------------------------------


def _sandbox() -> Iterator[Finding]:
    from ragmm.isolation.sandbox import layers

    try:
        found = layers()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        yield Finding(
            area="sandbox", name="parser", state=State.PROBLEM, detail=f"no parser process can be started ({error})",
            remedy="see whether the machine allows more processes: ulimit -u", code=1,
        )  # fmt: skip
        return
    for layer in found:
        yield Finding(
            area="sandbox",
            name=str(layer.name),
            state=State.OK if layer.active else State.WARNING,
            detail=layer.detail or "on",
            remedy="" if layer.active else "parsers run without this layer; do not ingest files from strangers here",
        )


def _models(pipeline: Pipeline) -> Iterator[Finding]:
    for need in model_needs(pipeline):
        remedies = [with_size(need.extra)] if need.extra else []
        if not need.present:
            remedies.append(need.remedy)
        runs = f"; what runs it is not installed (the extra {need.extra})" if need.extra else ""
        yield Finding(
            area="models",
            name=need.role,
            state=State.PROBLEM if remedies else State.OK,
            detail=f"{need.name}: {need.state}{runs}",
            remedy=f"{'; '.join(remedies)}, or name another in the pipeline file" if remedies else "",
            code=1 if remedies else 0,
        )
    model = next(one for one in OPTIONAL if one.extra == "layout")
    if pipeline.loaders.tables is Tables.MODEL and not model.installed:
        yield Finding(
            area="models",
            name="tables",
            state=State.WARNING,
            detail="the layout model is not installed: tables are found by rules",
            remedy=with_size(model.extra),
        )


def _disk(collection: str | None) -> Iterator[Finding]:
    places = {"collections": resolve(collection or "default"), "scratch": Path(tempfile.gettempdir())}
    for name, place in places.items():
        folder = next((one for one in (place, *place.absolute().parents) if one.is_dir()), Path("/"))
        free = shutil.disk_usage(folder).free
        state = State.PROBLEM if free < _GB / 10 else State.WARNING if free < 2 * _GB else State.OK
        writable = os.access(folder, os.W_OK)
        yield Finding(
            area="disk",
            name=name,
            state=state if writable else State.WARNING,
            detail=f"{folder}: {free / _GB:,.1f} GB free" + ("" if writable else ", not writable"),
            remedy="free some space" if state is not State.OK else "" if writable else "reading works, ingest does not",
            code=1 if state is State.PROBLEM else 0,
        )


def _nightly(pipeline: Pipeline) -> Iterator[Finding]:
    """What an unattended run needs besides: its sources, and the places that it writes to."""
    for area, checks in (("sources", fitness.source_checks(pipeline)), ("operate", fitness.operate_checks(pipeline))):
        yield from (_checked(area, check) for check in checks)


def _checked(area: str, check: fitness.Check) -> Finding:
    state = State.OK if check.fit else State.WARNING
    return Finding(area=area, name=check.name, state=state, detail=check.detail, remedy=check.remedy)


# The collection --------------------------------------------------------------------------------------------------


def _opened(name: str | None) -> tuple[Collection | None, list[Finding]]:
    """The collection, and what is to be said where it cannot be opened; a default that is not there is no problem."""
    if name is None and not resolve("default").is_dir():
        return None, [Finding(area="collection", name="default", state=State.NOTE, detail="there is none yet")]
    try:
        return open_(name or "default"), []
    except RagmmError as error:
        return None, [_problem(name or "default", error)]


def _problem(name: str, error: RagmmError) -> Finding:
    return Finding(area="collection", name=name, state=State.PROBLEM, detail=str(error), code=error.exit_code)


def _collection(docs: Collection, pipeline: Pipeline) -> Iterator[Finding]:
    try:
        yield from _health(docs)
        yield from _documents(docs)
        yield from _spaces(docs, pipeline)
        yield from _staged(docs)
        for check in (*fitness.file_system_checks(docs.path), *fitness.run_checks(docs.path)):
            yield _checked("collection", check)
    except RagmmError as error:
        yield _problem(docs.name, error)


def _health(docs: Collection) -> Iterator[Finding]:
    report = docs.verify()
    for problem in report.problems:
        yield Finding(
            area="collection",
            name=problem.file,
            state=State.PROBLEM,
            detail=problem.detail,
            remedy=problem.remedy,
            code=DamagedError.exit_code,
        )
    if not report.problems:
        size = f"{report.files:,} files, {report.bytes:,} bytes"
        yield Finding(
            area="collection", name=docs.name, state=State.OK, detail=f"generation {report.generation} is whole: {size}"
        )


def _documents(docs: Collection) -> Iterator[Finding]:
    states = Counter(document.state for document in docs.documents())
    yield Finding(
        area="collection", name="documents", state=State.OK, detail=f"{states[DocumentState.INDEXED]:,} indexed"
    )
    for state in (DocumentState.FAILED, DocumentState.QUARANTINED):
        if states[state]:
            yield Finding(
                area="collection",
                name=str(state),
                state=State.WARNING,
                detail=f"{states[state]:,} documents",
                remedy="ragmm ls says why",
            )


def _spaces(docs: Collection, pipeline: Pipeline) -> Iterator[Finding]:
    """A space of a route that the pipeline gives another model by now."""
    wanted = {str(route): getattr(pipeline.models, str(route)) for route in pipeline.routes}
    for space, model in docs.info().spaces.items():
        if wanted.get(space, model) != model:
            yield Finding(
                area="collection",
                name=f"space {space}",
                state=State.WARNING,
                detail=f"built with {model}, the pipeline names {wanted[space]}",
                remedy=f"name {model} in the pipeline, or: ragmm reembed --with {wanted[space]} --space {space}",
            )


def _staged(docs: Collection) -> Iterator[Finding]:
    """An exchange of models that was begun and not ended takes space."""
    for space, model in docs.store.staged().items():
        yield Finding(
            area="collection",
            name=f"staged {space}",
            state=State.NOTE,
            detail=f"vectors of {model} are built, or half built, and do not serve",
            remedy=f"ragmm reembed --with {model} --space {space} goes on, --abandon forgets them",
        )
