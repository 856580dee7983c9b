"""What the store promises besides surviving: one copy of everything, history, digests, models, few blocks."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from ragmm.errors import CollectionNotFoundError, ModelMismatchError, NewerFormatError, UsageError
from ragmm.indexes.changes import PreparedDocument
from ragmm.indexes.contracts import unit_rows
from ragmm.indexes.records import Retention
from ragmm.indexes.store import layout, schema
from ragmm.indexes.store.blocks import VectorBlock
from ragmm.indexes.store.layout import MAX_BLOCKS, BlockPart, choose_merge, in_order
from ragmm.indexes.store.maintenance import collect
from ragmm.indexes.store.store import Store
from ragmm.types import DocumentState, StoredItem
from tests.faults import scenes


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))


def texts(store: Store, generation: int | None = None) -> set[str]:
    return {item.text for item in store.snapshot(generation).items()}


def test_the_same_content_in_two_places_is_stored_once(store: Store) -> None:
    before = store.snapshot()
    twin = dataclasses.replace(scenes.document("doc1"), path="/elsewhere/copy", uri="copy", items=None)
    with store.writer("test") as writer:
        assert writer.known_content(twin.sha256 or "", "scene")
        writer.commit([twin])
    after = store.snapshot()
    assert after.document_count == before.document_count + 1
    assert after.item_count == before.item_count
    assert [block.sha256 for block in after.blocks] == [block.sha256 for block in before.blocks]
    item = next(one for one in after.items("doc1"))
    assert {item.uri, *item.also_at} == {"doc1", "copy"}


def test_removing_one_of_two_places_keeps_the_content(store: Store) -> None:
    twin = dataclasses.replace(scenes.document("doc1"), path="/elsewhere/copy", uri="copy", items=None)
    with store.writer("test") as writer:
        writer.commit([twin], removed=["/source/doc1"])
    snapshot = store.snapshot()
    assert next(snapshot.items("copy")).also_at == ()
    assert snapshot.item_count == 24
    with store.writer("test") as writer:
        writer.commit(removed=["/elsewhere/copy"])
    assert store.snapshot().item_count == 20
    assert not any("doc1" in text for text in texts(store))


def test_known_vectors_are_found_again(store: Store) -> None:
    text = "doc2 v0 passage 1 speaks of topic1"
    key = hashlib.sha256(text.encode()).digest()[:16]
    with store.writer("test") as writer:
        found = writer.known_vectors("shared", [key, b"0" * 16])
    assert set(found) == {key}
    np.testing.assert_allclose(found[key], unit_rows(scenes.vector(text)[None])[0], atol=1e-6)


def test_a_document_that_comes_back_is_linked_after_its_rows_left_the_blocks(store: Store) -> None:
    """Its old blocks are retained: nothing is embedded, and it is found again."""
    digest = store.digest(vectors=True)
    with store.writer("test") as writer:
        writer.commit(removed=["/source/doc4"])
        writer.commit(kind="compact", merge_all=True)
        assert writer.known_content(scenes.document("doc4").sha256 or "", "scene")
        writer.commit([dataclasses.replace(scenes.document("doc4"), items=None)])
    assert store.digest(vectors=True) == digest
    assert store.verify(deep=True).ok


def test_collected_content_is_not_known_any_more(store: Store) -> None:
    with store.writer("test") as writer:
        writer.commit(removed=["/source/doc4"])
        writer.commit(kind="compact", merge_all=True)
        collect(writer, scenes.NOW)
        assert not writer.known_content(scenes.document("doc4").sha256 or "", "scene")
    assert store.verify(deep=True).ok
    files = {path.name for path in (store.folder / "blocks").iterdir()}
    snapshot = store.snapshot()
    assert files == {b.file for b in snapshot.blocks} | {f"{sha256}.pack" for sha256, _ in snapshot.packs()}


def test_collection_leaves_a_reader_time(store: Store) -> None:
    """A file goes only when its last commit is old enough; a clock set back frees nothing."""
    clock = [1000.0]
    timed = Store(store.folder, clock=lambda: clock[0])
    with timed.writer("test") as writer:
        writer.commit(kind="compact", merge_all=True)
        writer.commit([scenes.document("new")])
        for now, freed in ((1100.0, False), (10.0, False), (1901.0, True)):
            clock[0] = now
            assert (collect(writer, Retention(generations=1, runs=1, seconds=900)).files > 0) is freed


def test_collection_leaves_images_as_long(store: Store) -> None:
    clock = [1000.0]
    packs = set(store.folder.glob("blocks/*.pack"))
    with Store(store.folder, clock=lambda: clock[0]).writer("test") as writer:
        writer.commit(removed=[f"/source/{name}" for name in scenes.FIRST])
        for now, left in ((1000.0, packs), (1100.0, packs), (10.0, packs), (1901.0, set[Path]())):
            clock[0] = now
            collect(writer, Retention(generations=1, runs=1, seconds=900))
            assert set(store.folder.glob("blocks/*.pack")) == left
    assert packs


def test_digest_does_not_depend_on_the_way(tmp_path: Path, store: Store) -> None:
    other = Store(tmp_path / "other")
    scenes.bring(other, dict(reversed(scenes.FIRST.items())), scenes.silent, batch=5)
    assert other.digest(vectors=True) == store.digest(vectors=True)
    scenes.second_day(other, scenes.silent)
    assert other.digest() != store.digest()
    scenes.second_day(store, scenes.silent)
    other.compact()
    assert other.digest(vectors=True) == store.digest(vectors=True)


@pytest.mark.parametrize("change", ["text", "uri", "state", "removed"])
def test_digest_notices(store: Store, change: str) -> None:
    before = store.digest()
    document = scenes.document("doc0", version=5 if change == "text" else 0)
    if change == "uri":
        document = dataclasses.replace(document, uri="renamed")
    elif change == "state":
        document = dataclasses.replace(document, state=DocumentState.FAILED, items=None, reason="no")
    with store.writer("test") as writer:
        writer.commit([] if change == "removed" else [document], removed=["/source/doc0"] * (change == "removed"))
    assert store.digest() != before


def test_history_rollback_and_old_generations(store: Store) -> None:
    then = store.history()[0]
    digest, first = store.digest(vectors=True), texts(store)
    scenes.second_day(store, scenes.silent)
    assert texts(store) != first
    assert texts(store, then.id) == first
    made = store.rollback(then.id)
    history = store.history()
    assert (history[0].id, history[0].kind, history[0].documents) == (made, "rollback", then.documents)
    assert history[0].items == then.items
    assert store.digest(vectors=True) == digest
    assert [one.id for one in history] == list(range(made, 0, -1))


def test_rollback_to_what_is_gone_says_what_is_left(store: Store) -> None:
    scenes.second_day(store, scenes.silent)
    with store.writer("test") as writer:
        collect(writer, scenes.NOW)
    with pytest.raises(UsageError, match=r"generation 1 was collected; still restorable: "):
        store.rollback(1)
    with pytest.raises(UsageError, match="no generation 99"):
        store.rollback(99)


def test_a_pinned_generation_stays_restorable(store: Store) -> None:
    digest = store.digest(vectors=True)
    pinned = store.pin("audit")
    scenes.second_day(store, scenes.silent)
    store.compact(scenes.NOW)
    assert store.rollback(pinned) > pinned
    assert store.digest(vectors=True) == digest
    with pytest.raises(UsageError, match="already named"):
        store.pin("audit")


def test_a_copy_opens_like_any_collection(store: Store, tmp_path: Path) -> None:
    copy = Store(store.copy_to(tmp_path / "copy"))
    assert copy.verify(deep=True).ok
    assert copy.digest(vectors=True) == store.digest(vectors=True)
    scenes.second_day(copy, scenes.silent)
    assert copy.digest() != store.digest()
    with pytest.raises(UsageError, match="exists"):
        store.copy_to(tmp_path / "copy")


def test_another_model_is_refused_naming_both(store: Store) -> None:
    other = dataclasses.replace(scenes.INFO, name="other", fingerprint="0" * 64)
    with store.writer("test") as writer, pytest.raises(ModelMismatchError, match=r"fake .*fffffff.*other") as refused:
        writer.ensure_space("shared", other)
    assert refused.value.exit_code == 21
    remedy = f"ragmm reembed --with {{}} --space shared -c {store.folder}"
    assert f"name the first model in it, or exchange the vectors with: {remedy.format('other')}" in str(refused.value)
    changed = dataclasses.replace(scenes.INFO, fingerprint="0" * 64)
    with store.writer("test") as writer, pytest.raises(ModelMismatchError) as refused:
        writer.ensure_space("shared", changed)
    assert f"its files have changed since: exchange the vectors with: {remedy.format('fake')}" in str(refused.value)


def test_a_newer_format_is_refused_before_anything_is_touched(store: Store) -> None:
    with store.writer("test") as writer:
        writer.connection.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    before = (store.folder / "collection.db").read_bytes()
    with pytest.raises(NewerFormatError, match="upgrade ragmm") as refused:
        store.snapshot()
    assert refused.value.exit_code == 22
    assert (store.folder / "collection.db").read_bytes() == before


def test_no_collection(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFoundError, match="ragmm ingest"):
        Store(tmp_path / "nothing").snapshot()
    assert not (tmp_path / "nothing").exists()


def test_names_that_are_no_unicode_round_trip(store: Store) -> None:
    name = b"caf\xe9\n.txt".decode("utf-8", "surrogateescape")
    document = dataclasses.replace(scenes.document("odd"), path=f"/source/{name}", uri=name)
    with store.writer("test") as writer:
        writer.commit([document])
    snapshot = store.snapshot()
    assert name in {one.uri for one in snapshot.documents()}
    assert [item.uri for item in snapshot.items(name)] == [name] * 4
    assert store.verify(deep=True).ok


def test_items_keep_everything(store: Store) -> None:
    item: StoredItem = next(store.snapshot().items("doc0"))
    assert item.locator.section == ("Part",)
    assert item.text == "doc0 v0 passage 0 speaks of topic0"
    picture = list(store.snapshot().items("doc0"))[-1]
    assert picture.asset is not None
    assert store.snapshot().asset(picture.asset) == (b"doc0-0-picture" * 20, "image/png")


def test_a_failed_document_is_listed_with_its_reason(store: Store) -> None:
    failed = PreparedDocument(
        path="/source/bad", uri="bad", size=3, state=DocumentState.FAILED, reason="bad is truncated"
    )
    with store.writer("test") as writer:
        writer.commit([failed])
    document = store.snapshot().document_at("/source/bad")
    assert document is not None
    assert (document.state, document.reason, document.items) == (DocumentState.FAILED, "bad is truncated", 0)


def test_many_commits_leave_few_blocks(tmp_path: Path) -> None:
    store = Store(tmp_path / "collection")
    with store.writer("test", create=True) as writer:
        writer.ensure_space("shared", scenes.INFO)
        for number in range(60):
            writer.commit([scenes.document(f"d{number}", passages=number % 5 + 1)])
            for kind in ("text", "image"):
                assert len(writer.vector_files.leg(1, kind)) <= MAX_BLOCKS
    assert store.verify(deep=True).ok
    assert store.snapshot().item_count == sum(number % 5 + 2 for number in range(60))


def block(number: int, rows: int) -> VectorBlock:
    return VectorBlock(id=number, space=1, kind="text", sha256="", size=0, ids=np.arange(rows) + number * 10**6)


def test_merging_rewrites_each_row_rarely() -> None:
    """A million rows in commits of two thousand: never more than eight blocks, each row written a handful of times."""
    live, written = [], 0
    for number in range(1, 501):
        merged = choose_merge(live, {}, 2000)
        rows = 2000 + sum(len(one.ids) for one in merged)
        live = [one for one in live if one not in merged] + [block(number, rows)]
        written += rows
        assert len(live) <= MAX_BLOCKS
    assert written < 5 * 1_000_000


def test_blocks_of_mostly_dead_rows_are_rewritten() -> None:
    live = [block(1, 100), block(2, 100)]
    assert choose_merge(live, {1: 31}, 10) == [live[0]]
    assert choose_merge(live, {1: 29}, 10) == []


def test_rows_are_interleaved_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_ROWS_AT_ONCE", 3)
    parts = [
        BlockPart(ids=np.array([1, 5, 9, 12]), rows=np.array([[1.0], [5], [9], [12]], np.float32)),
        BlockPart(ids=np.array([2, 6, 10]), rows=np.array([[2.0], [6], [10]], np.float32)),
    ]
    ids, chunks = in_order(parts)
    assert ids.tolist() == [1, 2, 5, 6, 9, 10, 12]
    assert np.concatenate(list(chunks)).ravel().tolist() == ids.tolist()


def test_zero_rows_are_near_nothing() -> None:
    rows = unit_rows(np.array([[0.0, 0.0], [3.0, 4.0]], np.float32))
    assert rows.tolist() == [[0.0, 0.0], pytest.approx([0.6, 0.8])]


def test_sql_is_put_together_from_constants_only() -> None:
    """Nothing that a document or a user says may reach SQL except as a bound parameter."""
    source = Path(schema.__file__).parent
    for file in source.glob("*.py"):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert "%s" not in line or "execute" not in line, f"{file.name}: {line}"
