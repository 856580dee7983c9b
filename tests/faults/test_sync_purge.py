"""Purge: afterwards no file of the collection holds a trace of the document, its picture or its vectors."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ragmm.config import OperateSettings
from ragmm.errors import RagmmError, UsageError
from ragmm.indexes import fsio
from ragmm.indexes.records import CachedCaption, Retention
from ragmm.indexes.store import maintenance, schema
from ragmm.indexes.store.cache import Cache
from ragmm.indexes.store.store import Store
from ragmm.operate.attending import attended
from ragmm.operate.forgetting import Forgotten, forget_names
from ragmm.operate.journal import read_runs
from ragmm.pipelines.purge import purge
from ragmm.testing import captioned_picture, png_bytes
from tests.faults.disk import Counter, CrashAt
from tests.faults.test_sync_faults import in_child
from tests.unit.sync_desk import Desk, counts, in_memory

CANARY = "zebrafinchcanary"
PICTURE = png_bytes(captioned_picture(f"a picture of {CANARY}"))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A canary of text and one of image, in several versions, generations, blocks, packs and caches."""
    with in_memory() as folder:
        desk = Desk(folder, monkeypatch)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        for number in range(8):
            desk.write(f"{number}.txt", f"Document {number} speaks of subject{number}.")
        desk.write("secret.txt", f"The secret word is {CANARY}.")
        desk.write("secret.png", PICTURE)
        for colour in ("blue", "green", "orange"):  # they share a pack with it, and are more than half of it
            desk.write(f"{colour}.png", png_bytes(captioned_picture(f"a {colour} square")))
        desk.night()
        desk.write("secret.txt", f"Later it was {CANARY} again, and {CANARY}s.")
        desk.night()
        with desk.open() as docs:
            docs.pin("kept for good")
            assert docs.search(CANARY)[0].item.uri == "secret.txt"
            (item,) = docs.items("secret.png")
            docs.asset_path(item.asset)
        with Cache(desk.folder / "cache.db") as cache:
            key = (bytes.fromhex(item.asset), "prompt")
            cache.remember_captions({key: CachedCaption(text=f"It shows {CANARY}.", confidence=1.0)})
        yield desk


def vectors_of(desk: Desk) -> list[bytes]:
    """The canaries' rows, as their bytes stand in a block."""
    with desk.open() as docs:
        snapshot = docs.store.snapshot()
        ids = np.array(sorted(item.id for uri in ("secret.txt", "secret.png") for item in docs.items(uri)), np.int64)
        found = []
        for space, kind in snapshot.legs():
            for block, rows in snapshot.open_blocks(space, kind):
                found += [np.ascontiguousarray(rows[n]).tobytes() for n in np.flatnonzero(np.isin(block.ids, ids))]
    return found


def traces(folder: Path, needles: list[bytes]) -> list[str]:
    """Files that hold one of them, also in capitals or cut by the stemmer."""
    return [
        f"{path.name}: {needle[:20]!r}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for needle in needles
        if needle in path.read_bytes()
    ]


def needles(desk: Desk) -> list[bytes]:
    return [CANARY[:-1].encode(), PICTURE[40:200], *vectors_of(desk)]


def test_nothing_of_it_is_left_in_any_file(desk: Desk) -> None:
    wanted = needles(desk)
    found = traces(desk.folder, wanted)
    assert {one.split(":")[0] for one in found} >= {"collection.db", "cache.db"}
    assert any(".pack" in one for one in found)
    assert sum(".npy" in one for one in found) >= 3
    assert traces(desk.root / "cache", wanted)
    with desk.open() as docs:
        gone = docs.purge(["secret.txt", "secret.png"])
    assert (gone.documents, gone.items, gone.images, gone.also_at) == (2, 3, 1, ())
    assert {Path(path).name for path in gone.still_there} == {"secret.txt", "secret.png"}
    assert traces(desk.folder, wanted) == []
    assert traces(desk.root / "cache", wanted) == []
    with desk.open() as docs:
        assert docs.verify(deep=True).ok
        assert len(list(docs.documents())) == 11
        assert [one.id for one in docs.history() if one.restorable] == [docs.generation]


def told_night(desk: Desk) -> None:
    with desk.open() as docs, attended(docs, "sync nightly.toml") as watch:
        desk.now += 86_400
        watch.finished(docs.sync())


def test_reports_logs_and_drift_name_it_no_more(desk: Desk) -> None:
    """A night that failed on it, one whose questions found it, and one whose error names it."""
    questions = desk.write("../questions.jsonl", f'{{"qid": "1", "question": "{CANARY}"}}\n')
    told = OperateSettings(reports=desk.root / "reports", log=desk.root / "log" / "night.jsonl", questions=questions)
    desk.pipeline = replace(desk.pipeline, operate=told)
    odd = os.fsdecode(b"caf\xe9.txt")
    for name in ("sub/secret.txt", "secret.txt.bak", odd):
        desk.write(name, "An innocent one.")
    desk.write("bad/poison secret.pdf", "x")
    told_night(desk)
    desk.write("secret.txt", f"A third time {CANARY}.")
    told_night(desk)
    with desk.open() as docs, contextlib.suppress(RagmmError), attended(docs, "sync nightly.toml"):
        raise RagmmError(f"{desk.source}/secret.txt is odd, and so is {odd}")
    everywhere = [told.reports, told.log.parent, desk.folder]
    names = [b"secret.txt", b"poison secret.pdf"]
    assert all(traces(folder, names) for folder in everywhere)
    with desk.open() as docs:
        gone: list[Forgotten] = []
        docs.purge(["secret.txt", "bad/poison secret.pdf"], lambda names: gone.append(forget_names(docs.path, names)))
    assert gone[0].reports == 3
    assert gone[0].lines >= 3
    assert list(told.reports.iterdir()) == []
    assert not (desk.folder / "drift.json").exists()
    left = b"".join(path.read_bytes() for folder in everywhere for path in folder.rglob("*") if path.is_file())
    for name in ("sub/secret.txt", "secret.txt.bak"):
        assert name.encode() in left, "other documents keep their names"
        left = left.replace(name.encode(), b"")
    assert not [name for name in names if name in left]
    assert [run.state for run in read_runs(desk.folder)] == ["failed", "documents failed", "documents failed"]
    told_night(desk)


def test_a_purged_file_that_is_still_there_is_taken_in_again(desk: Desk) -> None:
    with desk.open() as docs:
        docs.purge(["secret.txt"])
    assert counts(desk.night()) == {"added": 1, "unchanged": 12}


def test_a_document_that_is_gone_already_can_be_purged(desk: Desk) -> None:
    wanted = needles(desk)
    (desk.source / "secret.txt").unlink()
    (desk.source / "secret.png").unlink()
    assert counts(desk.night())["deleted"] == 2
    assert traces(desk.folder, wanted), "a deletion leaves the history"
    with desk.open() as docs:
        assert docs.purge(["secret.txt", "secret.png"]).still_there == ()
    assert traces(desk.folder, wanted) == []


def test_what_expired_long_ago_leaves_the_free_pages_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier version was forgotten by collection of garbage: its words are in no table, and still in the file."""
    prepare = schema._prepare_writer

    def careless(connection: sqlite3.Connection) -> None:  # as many builds of SQLite are
        prepare(connection)
        connection.execute("PRAGMA secure_delete = OFF")

    monkeypatch.setattr(schema, "_prepare_writer", careless)
    desk.write("secret.txt", f"A long text with {CANARY}. " * 2_000)
    desk.night()
    desk.write("secret.txt", "Nothing of it is in here any more.")
    for night in range(6):
        desk.write("other.txt", f"Version {night} of another document.")
        desk.night()
    with desk.open() as docs:
        assert not [hit for hit in docs.search(CANARY, modality="passage") if CANARY in hit.item.text]
    with Store(desk.folder).writer("unpin") as writer:
        writer.connection.execute("UPDATE generations SET pinned = NULL")
        maintenance.collect(writer, Retention(generations=1, runs=1))
        assert not writer.connection.execute("SELECT 1 FROM items WHERE text LIKE ?", (f"%{CANARY}%",)).fetchall()
    assert any(one.startswith("collection.db") for one in traces(desk.folder, [CANARY.encode()]))
    with desk.open() as docs:
        docs.purge(["secret.txt", "secret.png"])
    assert traces(desk.folder, [CANARY[:-1].encode()]) == []


def test_another_document_with_the_same_content_keeps_it(desk: Desk) -> None:
    desk.write("twin.txt", (desk.source / "secret.txt").read_bytes())
    desk.night()
    with desk.open() as docs:
        assert docs.purge(["secret.txt"]).also_at == ("twin.txt",)
        assert docs.search(CANARY)[0].item.uri == "twin.txt"


def test_a_name_that_nobody_has(desk: Desk) -> None:
    with pytest.raises(UsageError, match="there is no document nowhere"):
        purge(desk.open().store, ["nowhere"])


def test_a_purge_that_is_cut_short_is_finished_by_the_same_command(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    wanted = needles(desk)
    before = desk.root / "before"
    subprocess.run(["cp", "-a", str(desk.folder), str(before)], check=True)
    counter = Counter()
    with fsio.observe(counter), desk.open() as docs:
        docs.purge(["secret.txt", "secret.png"])
    expected, steps = desk.digest(), counter.steps
    record_property("crash points", steps)
    for at in range(1, steps + 1, 1 if os.environ.get("RAGMM_KILLS") else 8):
        subprocess.run(["rm", "-rf", str(desk.folder)], check=True)
        subprocess.run(["cp", "-a", str(before), str(desk.folder)], check=True)

        def cut(at: int = at) -> None:
            with fsio.observe(CrashAt(at)), desk.open() as docs:
                docs.purge(["secret.txt", "secret.png"])

        in_child(cut)
        assert desk.open().verify(deep=True).ok
        # Cut after its very last step, a purge is over: then nobody knows the names any more.
        with contextlib.suppress(UsageError), desk.open() as docs:
            docs.purge(["secret.txt", "secret.png"])
        assert traces(desk.folder, wanted) == [], f"after a crash at step {at} of {steps}"
        assert desk.digest() == expected
