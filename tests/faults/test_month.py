"""A month of nights by a virtual clock, with everything that happens in a month; each ends equal to a fresh build."""

from __future__ import annotations

import dataclasses
import errno
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import ragmm
from ragmm.errors import ModelMismatchError, StorageError, UsageError
from ragmm.indexes import fsio
from ragmm.operate.attending import attended
from ragmm.operate.journal import RunState, read_runs
from ragmm.operate.replacing import Exchange, replace_model
from ragmm.pipelines.ingest.quarantine import retry
from ragmm.pipelines.sync.night import Night
from ragmm.testing import FakeEmbedder, captioned_picture, png_bytes
from tests.faults.disk import Counter, FailAt
from tests.unit.sync_desk import Desk, counts, in_memory

NIGHTS = 30
MODELS = {"fake": 64, "second": 96, "third": 80}
"""Dimensions by name."""


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with in_memory() as folder:
        desk = Desk(folder, monkeypatch)
        store = dataclasses.replace(desk.pipeline.store, keep_generations=7)
        desk.pipeline = dataclasses.replace(desk.pipeline, store=store)
        yield desk


@dataclass
class Month:
    """The sources' days and the collection's nights."""

    desk: Desk
    rng: random.Random = field(default_factory=lambda: random.Random(30))
    made: int = 0
    events: dict[str, int] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    """What each night's last generation held."""

    # Days --------------------------------------------------------------------------------------------------------

    def day(self) -> None:
        """Some files come, change, move, are copied and go."""
        for _ in range(self.rng.randint(1, 3)):
            self._add()
        for work in (self._edit, self._move, self._copy, self._delete):
            if self.rng.random() < 0.6 and len(self._files()) > 8:
                work(self.rng.choice(self._files()))

    def _files(self) -> list[Path]:
        return sorted(path for path in self.desk.source.rglob("*") if path.is_file() and "poison" not in path.name)

    def _count(self, event: str) -> None:
        self.events[event] = self.events.get(event, 0) + 1

    def _add(self) -> None:
        self.made += 1
        folder = f"part{self.rng.randrange(4)}"
        if self.made % 5 == 0:
            picture = png_bytes(captioned_picture(f"a {self.rng.choice(['red', 'blue'])} ship {self.made}", size=128))
            self.desk.write(f"{folder}/{self.made:03}.png", picture)
        else:
            self.desk.write(f"{folder}/{self.made:03}.txt", self._text())
        self._count("adds")

    def _text(self) -> str:
        parts = (f"Part {n} of {self.made} speaks of subject{self.rng.randrange(10**6)}." for n in range(3))
        return "\n\n".join(parts)

    def _edit(self, path: Path) -> None:
        if path.suffix == ".txt":
            path.write_text(self._text(), encoding="utf-8")
            self._count("edits")

    def _move(self, path: Path) -> None:
        target = self.desk.source / f"moved{self.rng.randrange(3)}" / path.name
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        self._count("moves")

    def _copy(self, path: Path) -> None:
        shutil.copyfile(path, path.with_name(f"copy-{path.name}"))
        self._count("copies")

    def _delete(self, path: Path) -> None:
        path.unlink()
        self._count("deletes")

    # Nights ------------------------------------------------------------------------------------------------------

    def night(self) -> Night:
        self.desk.now += 86_400
        self._count("nights")
        with self.desk.open() as docs, attended(docs, "sync month.toml") as watch:
            night = docs.sync(progress=watch.progress(_Quiet()))
            watch.finished(night)
        assert watch.warnings == []
        return night

    def check(self, nights: int = 1) -> None:
        """Whole, and the same as a collection that is built from today's files at once."""
        with self.desk.open() as docs:
            report = docs.verify(deep=True)
            assert report.ok, report.problems
            self.states[docs.generation] = docs.digest(vectors=True)
        assert self.states[report.generation] == self._fresh(nights), f"after {self.events}"
        self._count("comparisons with a fresh build")

    def _fresh(self, nights: int) -> str:
        folder = self.desk.root / "fresh"
        models = ragmm.Models(embedders=self.desk.models)
        with ragmm.create(folder, pipeline=self.desk.pipeline, models=models) as docs:
            for _ in range(nights):  # what is tried again on later nights is tried there too
                docs.sync()
            digest = docs.digest(vectors=True)
        shutil.rmtree(folder)
        return digest


class _Quiet:
    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        pass

    def message(self, text: str) -> None:
        pass


def unmounted(month: Month) -> None:
    """The share is not there tonight: nothing is taken for deleted."""
    source = month.desk.source
    before = month.desk.digest()
    away = source.rename(source.with_name("away"))
    source.mkdir()
    with month.desk.open() as docs:
        generation = docs.generation
    month.desk.now += 86_400
    try:
        night = month.night()
    except UsageError:
        month._count("nights refused")
    else:
        assert night.exit_code != 0
        month._count("nights refused")
        assert night.report.documents["deleted"] == 0
    assert month.desk.digest() == before
    with month.desk.open() as docs:
        assert docs.generation == generation
    source.rmdir()
    away.rename(source)


def poisoned(month: Month) -> None:
    """A document that kills its parser: three nights, then it is left alone; the others go on."""
    month.desk.write("part0/poison.txt", "It kills.")
    for _ in range(3):
        month.day()
        assert month.night().exit_code == 10
    month._count("poison documents")
    month.check(nights=3)
    (month.desk.source / "part0" / "poison.txt").unlink()
    with month.desk.open() as docs:
        assert retry(docs.store, "poison.txt")


def full(month: Month) -> None:
    """The disk fills in the middle of the night: exit 30, and the same night again when there is space."""
    month.day()
    trial = month.desk.root / "trial"
    shutil.copytree(month.desk.folder, trial)
    counter = Counter()
    with fsio.observe(counter):
        models = ragmm.Models(embedders=month.desk.models)
        with ragmm.create(trial, exist_ok=True, pipeline=month.desk.pipeline, models=models) as docs:
            docs.sync()
    shutil.rmtree(trial)
    with pytest.raises(StorageError), fsio.observe(FailAt(max(2, counter.steps // 3), errno.ENOSPC)):
        month.night()
    month._count("full disks")
    with month.desk.open() as docs:
        assert docs.verify(deep=True).ok
        assert read_runs(docs.path)[0].ended.exit_code == 30


def other_model(month: Month, name: str) -> None:
    """Another model takes over; whoever names the old one is refused."""
    old = dict(month.desk.models)
    with month.desk.open() as docs:
        replaced = replace_model(docs, Exchange(model=FakeEmbedder(MODELS[name], name=name), space="shared"))
        assert replaced.generation is not None
    month.day()
    with pytest.raises(ModelMismatchError):
        month.night()
    month.desk.models = {**old, "shared": FakeEmbedder(MODELS[name], name=name)}
    month._count("model changes")


def gone_back(month: Month, nights: int) -> None:
    """To an earlier night, exactly, with the model that answered then; the next night catches up."""
    with month.desk.open() as docs:
        restorable = [one.id for one in docs.history() if one.restorable and one.id in month.states]
        target = restorable[nights]
        docs.rollback(target)
        assert docs.digest(vectors=True) == month.states[target]
        name = docs.store.models()["shared"]
    if name != month.desk.models["shared"].info.name:
        month.desk.models = {**month.desk.models, "shared": FakeEmbedder(MODELS[name], name=name)}
        month._count("rollbacks to another model")
    month._count("rollbacks")


@pytest.mark.faults
@pytest.mark.row("R28", "R6", "R16", "R18", "R23", "R26")
@pytest.mark.timeout(600)
def test_a_month(desk: Desk, record_property: Callable[[str, object], None]) -> None:
    month = Month(desk)
    specials: dict[int, Callable[[Month], None]] = {
        7: unmounted,
        11: poisoned,
        15: full,
        19: lambda month: other_model(month, "second"),
        22: lambda month: gone_back(month, 2),
        25: unmounted,
        27: lambda month: other_model(month, "third"),
        29: lambda month: gone_back(month, 3),
    }
    while month.events.get("nights", 0) < NIGHTS:
        special = specials.pop(next((n for n in specials if n <= month.events.get("nights", 0)), -1), None)
        if special is not None:
            special(month)
        month.day()
        assert month.night().exit_code == 0
        month.check()
    assert not specials
    for event, count in month.events.items():
        record_property(event, count)
    check_what_is_left(desk)


def check_what_is_left(desk: Desk) -> None:
    """Few blocks, little waste, and a journal of every night."""
    with desk.open() as docs:
        runs = read_runs(docs.path)
        assert {run.state for run in runs} == {RunState.DONE, RunState.FAILED, RunState.DOCUMENTS_FAILED}
        assert len(runs) >= NIGHTS
        legs = len(docs.store.snapshot().legs())
        assert docs.info().blocks <= 8 * legs


@pytest.mark.row("R28")
def test_a_quiet_week_costs_nothing(desk: Desk) -> None:
    """Nights on which nothing happens leave every byte as it was, but for the journal and the cache."""
    month = Month(desk)
    for _ in range(3):
        month.day()
    month.night()
    month.night()
    before = content(desk.folder)
    for _ in range(7):
        assert counts(month.night()).keys() == {"unchanged"}
    assert content(desk.folder) == before
    month.check()


def content(folder: Path) -> dict[str, bytes]:
    left_out = {"runs.jsonl", "cache.db", "writer.lock"}
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in left_out)
    return {os.fspath(path.relative_to(folder)): path.read_bytes() for path in files}
