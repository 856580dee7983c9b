"""A collection that a released version wrote is read by this one, unchanged; a newer one is not touched."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import ragmm
from ragmm.errors import NewerFormatError
from ragmm.indexes.records import Retention
from ragmm.indexes.store import schema
from ragmm.indexes.store.salvage import salvage
from ragmm.testing import FakeEmbedder

STORED = sorted((Path(__file__).parents[1] / "data" / "formats").iterdir())
"""One folder for each format, named by its number: `collection`, and `facts.json` about it."""

pytestmark = pytest.mark.row("R25")


@pytest.fixture(params=STORED, ids=lambda folder: f"format {folder.name}")
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict]:
    folder = Path(shutil.copytree(request.param / "collection", tmp_path / "collection"))
    return folder, json.loads((request.param / "facts.json").read_text(encoding="utf-8"))


def opened(folder: Path) -> ragmm.Collection:
    embedders = {"shared": FakeEmbedder(), "text": FakeEmbedder(48, kinds=["text"], name="words")}
    return ragmm.open(folder, models=ragmm.Models(embedders=embedders))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_format_is_kept_and_small(record_property: Callable[[str, object], None]) -> None:
    record_property("stored formats", len(STORED))
    assert schema.FORMAT in {int(folder.name) for folder in STORED}
    for folder in STORED:
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 2 << 20


def test_reading_finds_what_was_written_and_changes_nothing(kept: tuple[Path, dict]) -> None:
    folder, facts = kept
    before = content(folder)
    with opened(folder) as docs:
        assert docs.generation == facts["generation"]
        assert docs.verify(deep=True).ok
        assert (docs.digest(), docs.digest(vectors=True)) == (facts["digest"], facts["vectors"])
        assert len(list(docs.documents())) == facts["documents"]
        for word, uri in facts["planted"].items():
            assert docs.search(word)[0].item.uri == uri
        assert all(docs.asset_path(item.asset).read_bytes() for item in docs.items() if item.asset)
        assert [one.id for one in docs.history()] == list(range(facts["generation"], 0, -1))
    after = content(folder)
    assert {name: after[name] for name in before} == before


def test_writing_goes_on_where_the_old_version_stopped(kept: tuple[Path, dict], tmp_path: Path) -> None:
    folder, facts = kept
    new = tmp_path / "new.txt"
    new.write_text("a new document about submarines", encoding="utf-8")
    with opened(folder) as docs:
        docs.ingest([new])
        assert docs.search("submarines")[0].item.uri.endswith("new.txt")
        docs.rollback(facts["generation"])
        assert docs.digest(vectors=True) == facts["vectors"]
        docs.store.compact(Retention(generations=1, runs=1, seconds=0))
        assert docs.verify(deep=True).ok
        assert docs.digest(vectors=True) == facts["vectors"]


def test_the_first_commit_adds_what_came_since(kept: tuple[Path, dict], tmp_path: Path) -> None:
    folder, _ = kept
    new = tmp_path / "new.txt"
    new.write_text("a new document about submarines", encoding="utf-8")
    before = columns(folder)
    with opened(folder) as docs:
        with docs.store.writer("nothing"):
            pass
        assert columns(folder) == before, "a session that commits nothing changes nothing"
        docs.ingest([new])
    assert columns(folder) == (*(name for name in before if name != "duration"), "duration")


def columns(folder: Path) -> tuple[str, ...]:
    with contextlib.closing(schema.connect_reader(folder / "collection.db")) as connection:
        return tuple(schema.columns(connection, "main", "assets"))


def test_a_damaged_database_of_an_earlier_version_is_salvaged(kept: tuple[Path, dict]) -> None:
    folder, facts = kept
    assert salvage(folder).again == ()
    with opened(folder) as docs:
        assert docs.digest(vectors=True) == facts["vectors"]
        assert all(docs.asset_path(item.asset).read_bytes() for item in docs.items() if item.asset)


def test_a_newer_collection_is_refused_untouched(kept: tuple[Path, dict], tmp_path: Path) -> None:
    folder, _ = kept
    connection = sqlite3.connect(folder / "collection.db")
    connection.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    connection.close()
    before, listed = content(folder), sorted(os.listdir(folder))
    for work in (
        lambda docs: docs.search("anything"),
        lambda docs: docs.ingest([folder.parent]),
        ragmm.Collection.digest,
    ):
        with pytest.raises(NewerFormatError) as refused, opened(folder) as docs:
            work(docs)
        assert refused.value.exit_code == 22
    assert (content(folder), sorted(os.listdir(folder))) == (before, listed)
