"""Copies and rollback beside a writer: what is copied is whole, or says loudly that it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.errors import RagmmError
from ragmm.indexes.store.store import Store
from tests.faults import scenes

pytestmark = pytest.mark.row("R26")

COPIES = 50
_WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ragmm.indexes.store.store import Store
from tests.faults import scenes
store, version = Store(Path(sys.argv[1])), 0
while not Path(sys.argv[1] + ".stop").exists():
    version += 1
    with store.writer("write") as writer:
        writer.ensure_space("shared", scenes.INFO)
        for name in range(6):
            writer.commit([scenes.document(f"doc{name}", version, passages=20)])
    if version % 3 == 0:
        store.compact(scenes.NOW)
"""


@pytest.fixture
def busy(tmp_path: Path):
    """A collection to which another process writes all the time, collecting garbage at once."""
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITE, str(store.folder), os.getcwd()], stderr=subprocess.PIPE, text=True
    )
    first = store.history()[0].id
    while store.history()[0].id == first:
        time.sleep(0.02)
    yield store
    Path(f"{store.folder}.stop").touch()
    _, error = writer.communicate(timeout=60)
    assert writer.returncode == 0, error


@pytest.mark.timeout(300)
def test_a_snapshot_taken_while_another_process_writes_is_whole(
    busy: Store, tmp_path: Path, record_property: Callable[[str, object], None], stride: int
) -> None:
    wanted = COPIES if stride == 1 else 8
    record_property("snapshots while writing", wanted)
    seen = set()
    for number in range(wanted):
        copy = Store(busy.copy_to(tmp_path / f"copy{number}"))
        report = copy.verify(deep=True)
        assert report.ok, report.problems
        seen.add(report.generation)
        assert len(copy.digest(vectors=True)) == 64
        shutil.rmtree(copy.folder)
    assert len(seen) > 1, "the writer went on meanwhile"


@pytest.mark.timeout(300)
def test_a_plain_copy_is_whole_or_says_that_it_is_not(
    busy: Store, tmp_path: Path, record_property: Callable[[str, object], None], stride: int
) -> None:
    """`cp -r` sees files of several moments; repair or the newest snapshot must be named where they do not fit."""
    wanted = COPIES if stride == 1 else 8
    whole = 0
    for number in range(wanted):
        copy = tmp_path / f"plain{number}"
        subprocess.run(["cp", "-r", str(busy.folder), str(copy)], check=False, capture_output=True)
        try:
            report = Store(copy).verify(deep=True)
        except RagmmError:
            continue  # said loudly
        if report.ok:
            whole += 1
            Store(copy).digest(vectors=True)
        else:
            assert all(problem.remedy for problem in report.problems)
        shutil.rmtree(copy)
    record_property("plain copies", wanted)
    record_property("plain copies that were whole", whole)


def test_rollback_is_quick_and_exact(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    store = Store(tmp_path / "collection")
    recorded: dict[int, str] = {}
    for version in range(10):
        with store.writer("write", create=True) as writer:
            writer.ensure_space("shared", scenes.INFO)
            writer.commit([scenes.document(f"doc{n}", version if n % 3 else 0, passages=40) for n in range(10)])
        recorded[store.history()[0].id] = store.digest(vectors=True)
    record_property("rollbacks", len(recorded))
    for generation, digest in sorted(recorded.items(), key=lambda one: one[0] * 7 % 11):
        began = time.process_time()
        store.rollback(generation)
        assert time.process_time() - began < 1.0
        assert store.digest(vectors=True) == digest
    assert store.verify(deep=True).ok


def test_a_copy_that_is_cut_short_is_no_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    monkeypatch.setattr(
        "ragmm.indexes.store.database_seal.write_seal", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        store.copy_to(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    monkeypatch.undo()
    assert Store(store.copy_to(tmp_path / "copy")).verify(deep=True).ok
