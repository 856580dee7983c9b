"""What every store does with a collection as a whole: going back, comparing, giving back, another model, erasing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from store_back_ends import Clock, Look
from store_documents import LIBRARY, MODELS, bring, document, key, passage, picture, row, same_file, texts

from ragmm.errors import RagmmError, UsageError
from ragmm.indexes.contracts import Snapshot, Store, Writer
from ragmm.indexes.records import Retention, Space, StagedVector, UnfinishedPurge
from ragmm.testing import FakeEmbedder
from ragmm.types import Role, StoredItem

FRUIT, PLUMS, HARBOUR, BOWL, MEETING, PLAIN, COFFEE = LIBRARY
NOW = Retention(generations=1, runs=1, seconds=0.0)


# Going back ------------------------------------------------------------------------------------------------------


def test_history_tells_of_every_generation(filled: Store, clock: Clock) -> None:
    clock.now += 5
    bring(filled, document("new", passage("melons")), removed=[FRUIT.uri])
    newer, older = filled.history()
    assert (newer.id, newer.kind, newer.documents, newer.items, newer.created) == (2, "ingest", 7, 9, clock.now)
    assert (older.id, older.documents, older.items, older.created) == (1, 7, 12, clock.now - 5)
    assert newer.run != older.run
    assert (newer.pinned, newer.restorable, older.restorable) == (None, True, True)


def test_rolling_back_brings_back_equal_content(filled: Store, look: Look) -> None:
    digest, before = filled.digest(vectors=True), texts(look(filled))
    bring(filled, document(PLAIN.uri, passage("changed")), document("new", passage("melons")), removed=[FRUIT.uri])
    assert filled.rollback(1) == 3
    assert (filled.digest(vectors=True), texts(look(filled))) == (digest, before)
    assert look(filled).find_items("melons", 5) == []
    assert (filled.history()[0].kind, filled.history()[0].documents) == ("rollback", 7)
    assert filled.rollback(2) == 4
    assert texts(look(filled), "new") == ["melons"]


def test_rolling_back_to_what_is_not_there_is_refused(filled: Store, look: Look) -> None:
    for number in range(3):
        bring(filled, document(f"d{number}", passage(f"text {number}")))
    filled.compact(NOW)
    assert [one.restorable for one in filled.history()][-3:] == [False] * 3
    for gone in (1, 99):
        with pytest.raises(UsageError):
            filled.rollback(gone)
    assert len(texts(look(filled))) == 15


def test_a_pinned_generation_stays_restorable(filled: Store) -> None:
    digest = filled.digest(vectors=True)
    assert filled.pin("audit") == 1
    with pytest.raises(UsageError, match="audit"):
        filled.pin("audit")
    bring(filled, removed=[FRUIT.uri, HARBOUR.uri])
    filled.compact(NOW)
    pinned = {one.id: (one.pinned, one.restorable) for one in filled.history()}
    assert pinned[1] == ("audit", True)
    filled.rollback(1)
    assert filled.digest(vectors=True) == digest


# Comparing -------------------------------------------------------------------------------------------------------


def test_two_ways_to_the_same_content_have_one_digest(filled: Store, make: Callable[[str], Store]) -> None:
    other = make("other")
    bring(other, document("passing", passage("melons")), COFFEE, document(PLUMS.uri, passage("an earlier version")))
    bring(other, *LIBRARY[3::-1], removed=["passing"])
    bring(other, *LIBRARY[4:])
    assert other.digest() == filled.digest()
    assert other.digest(vectors=True) == filled.digest(vectors=True)
    bring(other, removed=[HARBOUR.uri])
    assert other.digest() != filled.digest()


@pytest.mark.parametrize("change", ["text", "uri", "removed", "metadata", "picture"])
def test_a_digest_tells_apart(filled: Store, change: str) -> None:
    before = filled.digest()
    as_it_was = document(HARBOUR.uri, *HARBOUR.items or ())
    changed = {
        "text": document(PLAIN.uri, passage("nothing of the sort", None, modified="2020-01-01")),
        "uri": dataclasses.replace(PLAIN, uri="renamed", items=None),
        "removed": as_it_was,
        "metadata": document(PLAIN.uri, passage("nothing of the kind", None, modified="2020-01-02")),
        "picture": document(HARBOUR.uri, picture("a bluer harbour")),
    }
    bring(filled, changed[change], removed=[PLAIN.uri] * (change == "removed"))
    assert filled.digest() != before


def test_a_digest_of_vectors_tells_models_apart(filled: Store, make: Callable[[str], Store]) -> None:
    other = make("other")
    bare = tuple(dataclasses.replace(one, vectors=one.vectors[:1]) for one in FRUIT.items or ())
    bring(other, dataclasses.replace(FRUIT, items=bare), *LIBRARY[1:])
    assert other.digest() == filled.digest()
    assert other.digest(vectors=True) != filled.digest(vectors=True)


def test_a_copy_opens_and_is_equal(filled: Store, make: Callable[[str], Store], look: Look) -> None:
    bring(filled, document("new", passage("melons")))
    target = filled.folder.with_name("copy")
    assert filled.copy_to(target) == target
    copy = make("copy")
    assert copy.digest(vectors=True) == filled.digest(vectors=True)
    assert texts(look(copy)) == texts(look(filled))
    bring(copy, removed=["new"])
    assert copy.digest() != filled.digest()
    copy.rollback(1)
    with pytest.raises(UsageError):
        filled.copy_to(target)


def test_repairing_what_is_sound_changes_nothing(filled: Store) -> None:
    digest = filled.digest(vectors=True)
    report = filled.repair(lambda space, kind, items: np.stack([row(space, item.text) for item in items]))
    assert report.ok
    assert (report.vectors_embedded, report.images_lost, report.again) == (0, 0, ())
    assert filled.digest(vectors=True) == digest
    for deep in (False, True):
        assert filled.verify(deep=deep).problems == ()


# Giving back -----------------------------------------------------------------------------------------------------


def grow(store: Store, look: Look, count: int = 6) -> dict[int, list[str]]:
    """Every generation replaces a text and a picture; what each holds."""
    held = {}
    for number in range(count):
        bring(store, document("a", passage(f"text {number}"), picture(f"shown {number}", caption=f"word{number}")))
        held[store.history()[0].id] = texts(look(store))
    return held


def test_reclaiming_leaves_retained_generations_readable(store: Store, look: Look) -> None:
    held = grow(store, look)
    with store.writer("reclaim") as writer:
        assert writer.reclaim(Retention(generations=2, runs=3, seconds=0.0)).items == 6
        writer.tidy()
    kept = [one.id for one in store.history() if one.restorable]
    assert kept == [6, 5, 4]
    for generation in kept:
        snapshot = look(store, generation)
        assert texts(snapshot) == held[generation]
        assert all(snapshot.asset(item.asset) for item in snapshot.items() if item.asset)
        number = generation - 1
        assert len(snapshot.find_items(f"word{number}", 5)) == 1
        ids, _ = snapshot.index("shared", "image").search(row("shared", f"shown {number}")[None], 3)
        assert len(ids[0]) == 1
    assert look(store).find_items("word0", 5) == []


def test_a_reader_keeps_its_generation_for_a_while(store: Store, look: Look, clock: Clock) -> None:
    grow(store, look, 2)
    old = look(store, 2)
    query = row("shared", "shown 1")[None]
    store.compact(Retention(generations=1, runs=2, seconds=900))
    assert texts(old) == ["text 1", "word1"]
    assert len(old.index("shared", "image").search(query, 3)[0][0]) == 1
    with store.writer("reclaim") as writer:
        assert writer.reclaimable()
        clock.now += 901
        writer.reclaim(NOW)
        assert not writer.reclaimable()


def test_without_time_nothing_is_lost(store: Store, look: Look) -> None:
    held = grow(store, look)
    digest = store.digest(vectors=True)
    with store.writer("reclaim") as writer:
        writer.reclaim(NOW, lambda: True)
        writer.tidy(lambda: True)
    assert (store.digest(vectors=True), texts(look(store))) == (digest, held[6])


def test_compacting_and_indexing_change_no_answer(filled: Store, look: Look) -> None:
    bring(filled, document("new", passage("red melons")), removed=[PLUMS.uri])
    digest, before = filled.digest(vectors=True), answers(look(filled))
    filled.compact()
    filled.refresh_indexes("exact")
    assert (filled.digest(vectors=True), answers(look(filled))) == (digest, before)


def answers(snapshot: Snapshot) -> list[object]:
    vectors = [snapshot.index(*leg).search(row(leg[0], "red plums")[None], 9)[0][0].tolist() for leg in snapshot.legs()]
    return [vectors, [item for item, _ in snapshot.find_items("red plums", 9)]]


# Another model for a space ---------------------------------------------------------------------------------------

OTHER = FakeEmbedder(12, name="other")


def stage(writer: Writer, items: Iterable[StoredItem]) -> Space:
    """Pictures stand where their captions do."""
    space = writer.stage("shared", OTHER.info, "float32")
    writer.add_staged(space, [_staged(item, "image" if item.asset else "text", item.text) for item in items])
    return space


def _staged(item: StoredItem, kind: str, text: str) -> StagedVector:
    return StagedVector(item=item.id, kind=kind, key=key(kind, text), row=OTHER.embed_texts([text], Role.QUERY)[0])


def nearest(snapshot: Snapshot, model: FakeEmbedder) -> list[str]:
    ids, _ = snapshot.index("shared", "text").search(model.embed_texts(["green pears"], Role.QUERY), 1)
    return [item.text for item in snapshot.fetch(ids[0].tolist())]


def test_a_staged_space_is_seen_in_a_preview_alone(filled: Store, look: Look) -> None:
    digest, items = filled.digest(vectors=True), list(look(filled).items())
    with pytest.raises(UsageError):
        filled.preview("shared")
    with filled.writer("stage") as writer:
        space = stage(writer, items)
        assert writer.staged_items(space).tolist() == [item.id for item in items]
        known = writer.staged_vectors(space, [key("text", "green pears"), b"none"])
        assert set(known) == {key("text", "green pears")}
        assert writer.drop_damaged(space) == 0
        assert writer.stage("shared", OTHER.info, "float32") == space, "begun earlier, it goes on"
    assert (filled.staged(), filled.models()["shared"]) == ({"shared": "other"}, "shared")
    assert (look(filled).generation, filled.digest(vectors=True)) == (1, digest)
    assert nearest(look(filled), MODELS["shared"]) == ["green pears"]
    preview = filled.preview("shared")
    assert nearest(preview, OTHER) == ["green pears"]
    assert (preview.spaces["shared"].dim, preview.spaces["words"].dim) == (12, 16)
    preview.close()


def test_a_switch_puts_it_in_the_place_of_the_other(filled: Store, look: Look) -> None:
    old, digest = look(filled), filled.digest(vectors=True)
    with filled.writer("stage") as writer:
        stage(writer, old.items())
        content = filled.digest()
        assert writer.switch_staged("shared") == 2
        writer.ensure_space("shared", OTHER.info)
    assert (filled.staged(), filled.models()["shared"], filled.digest()) == ({}, "other", content)
    assert nearest(look(filled), OTHER) == ["green pears"]
    assert nearest(old, MODELS["shared"]) == ["green pears"]
    assert look(filled).legs() == old.legs()
    filled.rollback(1)
    assert (filled.models()["shared"], filled.digest(vectors=True)) == ("shared", digest)


def test_documents_that_come_and_go_meanwhile(filled: Store, look: Look) -> None:
    with filled.writer("stage") as writer:
        space = stage(writer, look(filled).items())
        writer.commit([document("new", passage("late melons"), picture("a melon"))], [FRUIT.path])
        made = set(writer.staged_items(space).tolist())
        stage(writer, [item for item in look(filled).items() if item.id not in made])
        writer.switch_staged("shared")
    snapshot = look(filled)
    query = OTHER.embed_texts(["late melons"], Role.QUERY)
    found = [snapshot.index("shared", kind).search(query, 99)[0][0].tolist() for kind in ("text", "image")]
    assert snapshot.fetch(found[0])[0].text == "late melons"
    assert sorted(found[0] + found[1]) == snapshot.live_items().tolist()


def test_what_is_staged_can_be_given_up(filled: Store, look: Look) -> None:
    digest = filled.digest(vectors=True)
    with filled.writer("stage") as writer:
        stage(writer, look(filled).items())
        with pytest.raises(UsageError):
            writer.erase([PLAIN.path])
        assert writer.abandon_staged("shared")
        assert not writer.abandon_staged("shared")
        writer.reclaim(NOW)
    assert (filled.staged(), filled.digest(vectors=True)) == ({}, digest)
    with pytest.raises(UsageError):
        filled.preview("shared")


# Erasing ---------------------------------------------------------------------------------------------------------


def test_nothing_of_what_is_erased_is_found(filled: Store, make: Callable[[str], Store], look: Look) -> None:
    never = make("never")
    bring(never, *LIBRARY[1:])
    shown = {item.asset for item in look(filled).items(FRUIT.uri) if item.asset}
    bring(filled, document(FRUIT.uri, passage("a second version"), picture("a quince", caption="quince")))
    filled.pin("audit")
    with filled.writer("purge") as writer:
        assert writer.paths_named(FRUIT.uri) == writer.paths_named(FRUIT.path) == [FRUIT.path]
        assert writer.paths_named("nowhere") == []
        erased = writer.erase([FRUIT.path])
        assert (erased.paths, erased.uris, erased.items, erased.also_at) == ((FRUIT.path,), (FRUIT.uri,), 6, ())
        assert shown.isdisjoint(erased.images), "another document shows the same picture"
        assert len(erased.images) == 1
        writer.finish_purge()
        assert not writer.known_content(FRUIT.sha256 or "", "reader 1")
        assert writer.known_vectors("shared", [key("text", "green pears")]) == {}
        assert writer.paths_named(FRUIT.uri) == []
    restorable = [one.id for one in filled.history() if one.restorable]
    assert restorable == [erased.generation] == [look(filled).generation]
    snapshot = look(filled)
    assert texts(snapshot, FRUIT.uri) == snapshot.find_items("green apples quince", 9) == []
    assert snapshot.find_named(["fruit"]) == snapshot.find_stretches("green apples quince", 9) == []
    with pytest.raises(RagmmError):
        snapshot.asset(erased.images[0])
    assert filled.digest(vectors=True) == never.digest(vectors=True)


def test_an_erasure_is_known_until_it_is_finished(filled: Store) -> None:
    with filled.writer("purge") as writer:
        assert writer.unfinished_purge() == UnfinishedPurge()
        erased = writer.erase([HARBOUR.path])
    with filled.writer("purge again") as writer:
        assert writer.unfinished_purge() == UnfinishedPurge(
            paths=(HARBOUR.path,), uris=(HARBOUR.uri,), images=erased.images
        )
        again = writer.erase([PLAIN.path])
        assert set(again.paths) == {HARBOUR.path, PLAIN.path}
        writer.finish_purge()
        assert writer.unfinished_purge() == UnfinishedPurge()


def test_content_that_another_document_holds_stays_for_it(filled: Store, look: Look) -> None:
    bring(filled, same_file(COFFEE, "copy.txt"))
    with filled.writer("purge") as writer:
        erased = writer.erase([COFFEE.path])
        writer.finish_purge()
    assert (erased.also_at, erased.items) == (("copy.txt",), 0)
    assert texts(look(filled), "copy.txt") == ["coffee INV-2024-00317 is due"]
    assert texts(look(filled), COFFEE.uri) == []
