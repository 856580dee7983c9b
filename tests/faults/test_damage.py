"""Damage in any live file is found, named and, where the content is still there, repaired; never silently wrong."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.errors import CollectionNotFoundError, DamagedError, RagmmError
from ragmm.indexes.contracts import unit_rows
from ragmm.indexes.store.store import Store
from tests.faults import scenes

LIVE = ("collection.db", "*.npy", "*.pack")
TRIALS = 12


def missing(path: Path, rng: random.Random) -> None:
    path.unlink()


def emptied(path: Path, rng: random.Random) -> None:
    _write(path, b"")


def cut_in_half(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    _write(path, data[: len(data) // 2])


def zeroed_page(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    pages = [at for at in range(0, len(data), 4096) if any(data[at : at + 4096])]
    start = rng.choice(pages)
    end = min(start + 4096, len(data))
    data[start:end] = bytes(end - start)
    _write(path, bytes(data))


def flipped_bit(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    _write(path, bytes(data))


def older_version(path: Path, rng: random.Random) -> None:
    """Another file of the same kind in its place: right format, wrong content."""
    data = path.read_bytes()
    _write(path, data[:128] + bytes(reversed(data[128:])))


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        path.chmod(0o600)
    path.write_bytes(data)


DAMAGES = (missing, emptied, cut_in_half, zeroed_page, flipped_bit, older_version)


def live_files(store: Store, pattern: str) -> list[Path]:
    if pattern == "collection.db":
        return [store.folder / pattern]
    snapshot = store.snapshot()
    names = {block.file for block in snapshot.blocks} | {f"{sha256}.pack" for sha256, _ in snapshot.packs()}
    snapshot.close()
    return sorted(path for path in (store.folder / "blocks").glob(pattern) if path.name in names)


@pytest.mark.parametrize("pattern", LIVE)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found_and_named(
    damage: Callable[[Path, random.Random], None],
    pattern: str,
    quick_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    base = scenes.prepared(quick_path / "base", (scenes.first_ingest, scenes.second_day))
    rng = random.Random(7)
    trials = TRIALS if damage in {flipped_bit, zeroed_page} else 2
    record_property("damage trials", trials)
    for _ in range(trials):
        folder = quick_path / "damaged"
        shutil.copytree(base.folder, folder)
        path = rng.choice(live_files(Store(folder), pattern))
        damage(path, rng)
        if (damage, pattern) == (missing, "collection.db"):
            with pytest.raises(CollectionNotFoundError):
                Store(folder).verify(deep=True)
        else:
            check_found(Store(folder), path)
        shutil.rmtree(folder)


def check_found(store: Store, path: Path) -> None:
    report = store.verify(deep=True)
    assert not report.ok
    assert str(path) in {problem.file for problem in report.problems}
    assert all("ragmm repair" in problem.remedy or "ingest" in problem.remedy for problem in report.problems)
    with pytest.raises(DamagedError, match=path.name) as found:
        report.raise_for_damage()
    assert found.value.exit_code == 20


def content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def set_aside(store: Store) -> list[bytes]:
    """Damaged files are renamed, never deleted: somebody may still get something out of them."""
    return [path.read_bytes() for path in store.folder.rglob("*.damaged")]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_vectors_are_never_searched(damage: Callable[[Path, random.Random], None], quick_path: Path) -> None:
    store = scenes.prepared(quick_path / "collection", (scenes.first_ingest,))
    path = live_files(store, "*.npy")[0]
    damage(path, random.Random(3))
    snapshot = store.snapshot()
    leg = next((name, block.kind) for block in snapshot.blocks for name in snapshot.spaces if block.file == path.name)
    with pytest.raises(DamagedError, match=path.name):
        snapshot.index(*leg)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_vectors_are_repaired(damage: Callable[[Path, random.Random], None], quick_path: Path) -> None:
    store = scenes.prepared(quick_path / "collection", (scenes.first_ingest, scenes.second_day))
    digest = store.digest(vectors=True)
    path = live_files(store, "*.npy")[0]
    damage(path, random.Random(5))
    damaged = content_of(path)
    report = store.repair(scenes.embed_again)
    assert report.ok
    assert damaged is None or damaged in set_aside(store)
    assert report.vectors_found + report.vectors_embedded > 0
    assert store.digest(vectors=True) == digest
    query = unit_rows(scenes.vector("doc1 v1 passage 2 speaks of topic2")[None])
    ids, _ = store.snapshot().index("shared", "text").search(query, 1)
    assert store.snapshot().fetch(ids[0])[0].text == "doc1 v1 passage 2 speaks of topic2"


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_lost_images_send_their_documents_back_to_ingest(
    damage: Callable[[Path, random.Random], None], quick_path: Path
) -> None:
    store = scenes.prepared(quick_path / "collection", (scenes.first_ingest,))
    digest = store.digest(vectors=True)
    path = live_files(store, "*.pack")[0]
    damage(path, random.Random(5))
    damaged = content_of(path)
    report = store.repair(scenes.embed_again)
    assert report.ok
    assert damaged is None or damaged in set_aside(store)
    assert len(report.again) == report.images_lost > 0
    failed = {one.uri for one in store.snapshot().documents() if one.state == "failed"}
    assert failed == set(report.again)
    scenes.bring(store, scenes.FIRST, scenes.silent)
    again = {one.uri for one in store.snapshot().documents() if one.state == "indexed"}
    assert again == set(scenes.FIRST)
    assert store.digest(vectors=True) == digest


def test_damaged_database_is_salvaged_or_refused(
    quick_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Whatever single page or bit is hit: repair ends with a whole collection that says what to ingest again, or
    with an error that names the remedy; and what it kept is what was there."""
    base = scenes.prepared(quick_path / "base", (scenes.first_ingest, scenes.second_day))
    before = {(item.uri, item.text) for item in base.snapshot().items()}
    rng, repaired, remedies = random.Random(11), 0, []
    for trial in range(30):
        folder = quick_path / "damaged"
        shutil.copytree(base.folder, folder)
        (zeroed_page if trial % 2 else flipped_bit)(folder / "collection.db", rng)
        store, damaged = Store(folder), content_of(folder / "collection.db")
        try:
            store.repair(scenes.embed_again)
        except RagmmError as error:
            remedies.append(str(error))
        else:
            repaired += 1
            report = store.verify(deep=True)
            assert report.ok, report.problems
            assert damaged in set_aside(store)
            assert {(item.uri, item.text) for item in store.snapshot().items()} <= before
            scenes.second_day(store, scenes.silent)
            assert {(item.uri, item.text) for item in store.snapshot().items()} == before
        shutil.rmtree(folder)
    record_property("databases repaired", repaired)
    assert repaired >= 20
    assert all("ingest" in remedy or "snapshot" in remedy for remedy in remedies)


@pytest.mark.parametrize(
    "change",
    ["UPDATE documents SET size = size + 1 WHERE uri = 'doc1'", "UPDATE items SET text = upper(text) WHERE id = 6"],
)
def test_altered_rows_send_their_document_back_to_ingest(change: str, quick_path: Path) -> None:
    store = scenes.prepared(quick_path / "collection", (scenes.first_ingest,))
    digest = store.digest(vectors=True)
    with store.writer("test") as writer:
        assert writer.connection.execute(change).rowcount == 1
    report = store.repair(scenes.embed_again)
    assert report.ok
    assert report.again == ("doc1",)
    scenes.bring(store, scenes.FIRST, scenes.silent)
    assert store.digest(vectors=True) == digest


def test_altered_row_is_never_shown(quick_path: Path) -> None:
    """A change through SQLite itself, which no page checksum would catch."""
    store = scenes.prepared(quick_path / "collection", (scenes.first_ingest,))
    with store.writer("test") as writer:
        writer.connection.execute("UPDATE items SET text = replace(text, 'topic1', 'topic9') WHERE id = 2")
    with pytest.raises(DamagedError, match="item 2 does not match"):
        store.snapshot().fetch([2])
    assert not store.verify(deep=True).ok


def test_files_are_private(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    for path in [store.folder, *store.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert all(path.stat().st_mode & 0o777 == 0o400 for path in (store.folder / "blocks").iterdir())
    assert not os.access(store.folder / ".tmp", os.F_OK)
