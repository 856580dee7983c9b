"""The contract of a store, held by every one: generations, documents and their items, models, the one who writes."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from store_back_ends import Clock, Look
from store_documents import LIBRARY, MODELS, bring, document, key, passage, picture, row, same_file, texts

from ragmm.errors import CollectionNotFoundError, ModelError, ModelMismatchError, RagmmError, WriterBusyError
from ragmm.indexes.changes import PreparedDocument
from ragmm.indexes.contracts import Snapshot, Store
from ragmm.indexes.records import Known
from ragmm.types import DocumentState, Item, Locator, Modality, Role

FRUIT, PLUMS, HARBOUR, BOWL, MEETING, PLAIN, COFFEE = LIBRARY
EVERY_URI = {one.uri for one in LIBRARY}


# Generations -----------------------------------------------------------------------------------------------------


def test_a_store_does_not_exist_before_its_first_commit(store: Store, make: Callable[[str], Store]) -> None:
    assert not store.exists
    with pytest.raises(CollectionNotFoundError):
        store.snapshot()
    with pytest.raises(CollectionNotFoundError), store.writer("test"):
        pass
    with pytest.raises(CollectionNotFoundError):
        store.copy_to(store.folder.with_name("copy"))
    assert not store.exists
    assert bring(store, PLAIN) == 1
    assert store.exists
    assert make("collection").exists


def test_generations_are_numbered_and_stay_as_they_are(filled: Store, look: Look) -> None:
    first = look(filled)
    before = texts(first)
    assert bring(filled, document("new", passage("melons")), removed=[FRUIT.uri]) == 2
    second = look(filled)
    assert (first.generation, first.newest_generation(), second.generation) == (1, 2, 2)
    assert texts(first) == before == texts(look(filled, 1))
    assert {one.uri for one in first.documents()} == EVERY_URI
    assert (first.document_count, second.document_count) == (7, 7)
    assert (first.item_count, second.item_count) == (len(before), len(before) - 3)
    assert first.find_items("melons", 5) == []
    assert len(second.find_items("melons", 5)) == 1
    assert set(first.live_items()) - set(second.live_items())
    assert first.find_items("apples", 5)


def test_a_generation_that_is_none_is_refused(filled: Store) -> None:
    with pytest.raises(RagmmError, match="99"):
        filled.snapshot(99)


def test_a_snapshot_serves_several_threads(filled: Store, look: Look) -> None:
    snapshot = look(filled)
    apple = next(item.asset for item in snapshot.items() if item.asset) or ""

    def ask(number: int) -> tuple[object, ...]:
        ids, _ = snapshot.index("shared", "text").search(row("shared", "red pears")[None], 3)
        return (
            ids[0].tolist(),
            snapshot.find_items("plums", 5),
            texts(snapshot),
            snapshot.asset(apple),
        )

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(16)))
    assert all(one == answers[0] for one in answers)


# Documents and items ---------------------------------------------------------------------------------------------


def test_documents_come_in_order_of_uri_with_what_is_known_of_them(filled: Store, look: Look) -> None:
    found = list(look(filled).documents())
    assert {one.uri for one in found} == EVERY_URI
    unicode = [one.uri for one in found if one.uri != COFFEE.uri]
    assert unicode == sorted(unicode), "by their letters' numbers; where the others stand is left open"
    one = next(one for one in found if one.uri == FRUIT.uri)
    assert (one.path, one.sha256, one.media_type) == (FRUIT.path, FRUIT.sha256, FRUIT.media_type)
    assert (one.size, one.state, one.generation, one.items, one.parser) == (104, "indexed", 1, 4, "reader 1")


def test_items_come_in_the_order_they_were_read(filled: Store, look: Look) -> None:
    snapshot = look(filled)
    fruit = ["red apples", "green pears", "a red apple in a bowl", "red pears and the plums"]
    assert texts(snapshot, FRUIT.uri) == texts(snapshot, FRUIT.path) == fruit
    assert texts(snapshot, "nowhere") == []
    assert texts(snapshot)[:4] == fruit
    every = [item.id for item in snapshot.items()]
    assert every == sorted(every) == snapshot.live_items().tolist()
    assert len(every) == snapshot.item_count == 12


def test_an_item_keeps_everything(store: Store, look: Look) -> None:
    place = Locator(page=3, box=(1.0, 2.0, 3.0, 4.5), section=("A", "Ü"), start=1, end=9, time=(0.5, 2.0))
    kept = Item(
        modality=Modality.TABLE,
        text="| a |",
        context="A > Ü",
        locator=place,
        metadata={"n": [1, 2.5], "deep": {"é": None}},
    )
    given = picture("a chart", 2, caption="a chart")
    bring(store, document("a", dataclasses.replace(passage(""), item=kept, vectors=()), given))
    table, shown = look(store).items("a")
    assert (table.modality, table.text, table.context, table.locator) == (kept.modality, "| a |", "A > Ü", place)
    assert (table.metadata, table.asset, table.uri, table.path) == (kept.metadata, None, "a", "/source/a")
    assert look(store).asset(shown.asset or "") == (given.item.asset.data, "image/png")  # type: ignore[union-attr]


def test_fetching_keeps_the_order_and_drops_what_is_dead(filled: Store, look: Look) -> None:
    old = look(filled)
    ids = old.live_items().tolist()
    bring(filled, removed=[FRUIT.uri])
    assert [item.id for item in old.fetch(reversed(ids))] == ids[::-1]
    assert [item.id for item in look(filled).fetch([*reversed(ids), 10**6])] == ids[:3:-1]
    assert look(filled).fetch([]) == []


def test_an_asset_is_found_by_its_hash_and_an_unknown_one_refused(filled: Store, look: Look) -> None:
    snapshot = look(filled)
    for item in snapshot.items():
        if item.asset:
            data, media_type = snapshot.asset(item.asset)
            assert (hashlib.sha256(data).hexdigest(), media_type) == (item.asset, "image/png")
    with pytest.raises(RagmmError, match="abababab"):
        snapshot.asset("ab" * 32)


def test_a_document_replaces_that_of_its_path(filled: Store, look: Look) -> None:
    assert bring(filled, document(PLAIN.uri, passage("now it says melons"))) == 2
    snapshot = look(filled)
    assert texts(snapshot, PLAIN.uri) == ["now it says melons"]
    assert {one.uri for one in snapshot.documents()} == EVERY_URI
    assert {one.generation for one in snapshot.documents()} == {1, 2}
    assert snapshot.find_items("nothing kind", 5) == []


def test_removing_ends_documents_and_unknown_paths_are_ignored(filled: Store, look: Look) -> None:
    bring(filled, removed=[FRUIT.uri, COFFEE.uri, "nowhere"])
    snapshot = look(filled)
    assert {one.uri for one in snapshot.documents()} == EVERY_URI - {FRUIT.uri, COFFEE.uri}
    assert snapshot.find_items("apples coffee", 5) == []


def test_a_failed_document_is_listed_with_its_reason(filled: Store, look: Look) -> None:
    bring(filled, PreparedDocument(path=PLAIN.path, uri=PLAIN.uri, size=3, state=DocumentState.FAILED, reason="torn"))
    one = next(one for one in look(filled).documents() if one.uri == PLAIN.uri)
    assert (one.state, one.reason, one.items, one.sha256) == (DocumentState.FAILED, "torn", 0, None)
    assert texts(look(filled), PLAIN.uri) == []


def test_names_that_are_no_unicode_are_kept(filled: Store, look: Look) -> None:
    snapshot = look(filled)
    assert texts(snapshot, COFFEE.uri) == ["coffee INV-2024-00317 is due"]
    assert [item.path for item in snapshot.items(COFFEE.path)] == [COFFEE.path]


# Content that is known -------------------------------------------------------------------------------------------


def test_known_content_is_linked_and_stored_once(filled: Store, look: Look) -> None:
    with filled.writer("test") as writer:
        assert writer.known_content(FRUIT.sha256 or "", "reader 1")
        assert not writer.known_content(FRUIT.sha256 or "", "reader 2")
        assert not writer.known_content("ab" * 32, "reader 1")
        assert (writer.readings(FRUIT.sha256 or ""), writer.readings("ab" * 32)) == (["reader 1"], [])
        writer.commit([same_file(FRUIT, "copy.pdf")])
    snapshot = look(filled)
    assert (snapshot.document_count, snapshot.item_count) == (8, 12)
    item = next(snapshot.items("copy.pdf"))
    assert {item.uri, *item.also_at} == {FRUIT.uri, "copy.pdf"}
    bring(filled, removed=[FRUIT.uri])
    assert next(look(filled).items("copy.pdf")).also_at == ()
    assert look(filled).item_count == 12


def test_content_read_by_another_parser_stands_beside(filled: Store, look: Look) -> None:
    bring(filled, dataclasses.replace(PLAIN, parser="reader 2", items=[passage("read otherwise")]))
    assert texts(look(filled), PLAIN.uri) == ["read otherwise"]
    with filled.writer("test") as writer:
        assert sorted(writer.readings(PLAIN.sha256 or "")) == ["reader 1", "reader 2"]


def test_what_comes_back_is_linked(filled: Store) -> None:
    digest = filled.digest(vectors=True)
    bring(filled, removed=[FRUIT.uri])
    bring(filled, dataclasses.replace(FRUIT, items=None))
    assert filled.digest(vectors=True) == digest


def test_a_new_space_makes_known_content_unknown(filled: Store) -> None:
    with filled.writer("test") as writer:
        writer.ensure_space("third", dataclasses.replace(MODELS["words"].info, name="third"))
        assert not writer.known_content(PLAIN.sha256 or "", "reader 1")


def test_vectors_are_known_by_what_was_embedded(filled: Store) -> None:
    keys = [key("text", "red apples"), key("image", "blue harbour"), b"none here"]
    with filled.writer("test") as writer:
        shared, words = (writer.known_vectors(space, keys) for space in ("shared", "words"))
    assert (set(shared), set(words)) == (set(keys[:2]), {keys[0]})
    np.testing.assert_allclose(shared[keys[0]], row("shared", "red apples"), atol=1e-6)
    np.testing.assert_allclose(shared[keys[1]], row("shared", "blue harbour"), atol=1e-6)
    np.testing.assert_allclose(words[keys[0]], row("words", "red apples"), atol=1e-6)


# Models ----------------------------------------------------------------------------------------------------------


def test_spaces_say_which_model_built_them(filled: Store, look: Look) -> None:
    assert filled.models() == {"shared": "shared", "words": "words"}
    space = look(filled).spaces["shared"]
    info = MODELS["shared"].info
    assert (space.model, space.fingerprint, space.dim, space.dtype) == (info.name, info.fingerprint, 8, "float32")


def test_another_model_is_refused_naming_both(filled: Store) -> None:
    info = MODELS["shared"].info
    with filled.writer("test") as writer:
        writer.ensure_space("shared", info)
        for other in (
            dataclasses.replace(info, name="other", fingerprint="0" * 64),
            dataclasses.replace(info, name="other", fingerprint="0" * 64, shares=frozenset({info.fingerprint})),
            dataclasses.replace(info, name="other", dim=7),
        ):
            with pytest.raises(ModelMismatchError, match=r"shared .*other"):
                writer.ensure_space("shared", other)
        with pytest.raises(ModelError):
            writer.ensure_space("many", dataclasses.replace(info, many=True))
    assert filled.models() == {"shared": "shared", "words": "words"}


def test_a_model_that_shares_a_space_asks_in_it(filled: Store, look: Look) -> None:
    snapshot, info = look(filled), MODELS["shared"].info
    beside = dataclasses.replace(info, name="beside", fingerprint="1" * 64, shares=frozenset({info.fingerprint}))
    snapshot.spaces["shared"].check_model(beside, snapshot.folder, Role.QUERY)
    with pytest.raises(ModelMismatchError):
        snapshot.spaces["shared"].check_model(beside, snapshot.folder, Role.DOCUMENT)


# The one who writes ----------------------------------------------------------------------------------------------


def test_a_writer_is_alone_and_readers_do_not_mind(filled: Store, make: Callable[[str], Store], look: Look) -> None:
    other = make("collection")
    with filled.writer("test") as writer:
        with pytest.raises(WriterBusyError), other.writer("another"):
            pass
        assert look(other).generation == 1
        writer.commit([document("new", passage("melons"))])
        assert look(other).generation == 2
    with other.writer("another") as writer:
        assert writer.generation == 2


def test_a_writer_knows_what_it_did(filled: Store) -> None:
    with filled.writer("test") as writer:
        assert (writer.generation, writer.changed) == (1, False)
        assert writer.commit([document("new", passage("melons"))], kind="ingest", note="by hand") == 2
        assert writer.commit(removed=["/source/new"]) == 3
        assert (writer.generation, writer.changed) == (3, True)
    assert [(one.id, one.note) for one in filled.history()] == [(3, ""), (2, "by hand"), (1, "")]


def test_an_exception_before_the_commit_leaves_no_generation(filled: Store, look: Look) -> None:
    def broken(*documents: PreparedDocument) -> None:
        with filled.writer("test") as writer:
            writer.ensure_space("third", dataclasses.replace(MODELS["words"].info, name="third"))
            if documents:
                writer.commit(documents)
            raise KeyError("stop")

    digest = filled.digest(vectors=True)
    with pytest.raises(KeyError):
        broken()
    assert (look(filled).generation, filled.digest(vectors=True)) == (1, digest)
    assert set(filled.models()) == {"shared", "words"}
    with pytest.raises(KeyError):
        broken(document("new", passage("melons")))
    assert texts(look(filled), "new") == ["melons"], "what is committed stays"


def test_a_run_is_noted_if_it_did_something(filled: Store, clock: Clock) -> None:
    clock.now += 60
    with filled.writer("looking"):
        pass
    bring(filled, document("new", passage("melons")), command="second")
    assert [one.command for one in filled.runs()] == ["second", "bring"]
    assert [one.started for one in filled.runs()] == [clock.now, clock.now - 60] == [one.ended for one in filled.runs()]
    assert [one.created for one in filled.history()] == [clock.now, clock.now - 60]
    assert filled.clock() == clock.now


def test_settings_are_kept(filled: Store, make: Callable[[str], Store]) -> None:
    with filled.writer("test") as writer:
        writer.put_settings({"pipeline": "{}", "odd ' name": "é\n"})
        writer.put_settings({"pipeline": "two"})
        assert writer.changed
    assert {"pipeline": "two", "odd ' name": "é\n"}.items() <= make("collection").settings().items()
    assert filled.history()[0].id == 1


def test_a_throwaway_store_is_empty_and_goes_away(filled: Store, look: Look) -> None:
    with filled.throwaway() as other:
        assert not other.exists
        assert other.clock() == filled.clock()
        bring(other, PLAIN)
        assert other.digest() != filled.digest()
    assert not other.exists
    assert look(filled).generation == 1


# What a night asks -----------------------------------------------------------------------------------------------


def test_an_inventory_knows_documents_by_path(filled: Store) -> None:
    failed = PreparedDocument(path="/source/bad", uri="bad", size=3, state=DocumentState.FAILED, reason="torn")
    bring(filled, failed, removed=[PLAIN.uri])
    with filled.writer("test") as writer:
        inventory = writer.inventory()
        known = inventory.at([COFFEE.path, "/source/bad", PLAIN.path, "/nowhere"])
        assert known == {
            COFFEE.path: Known(COFFEE.uri, COFFEE.sha256, "indexed", "reader 1"),
            "/source/bad": Known("bad", None, "failed", None),
        }
        assert (inventory.count(), inventory.generation, inventory.readers()) == (7, 2, {"reader 1": 6})
        assert sorted(inventory.paths()) == sorted({one.path for one in LIBRARY} - {PLAIN.path} | {"/source/bad"})
        assert inventory.sizes() >= {3, 101, 102, 104}
        assert inventory.media_type(FRUIT.sha256 or "", "reader 1") == "application/pdf"
        assert inventory.media_type(FRUIT.sha256 or "", "reader 2") is None
        assert inventory.document_at(PLAIN.path) is None
        found = inventory.document_at(FRUIT.path)
        assert found is not None
        assert (found.uri, found.items) == (FRUIT.uri, 4)


def test_the_state_of_an_inventory_changes_with_documents_alone(filled: Store) -> None:
    def state() -> str:
        with filled.writer("look") as writer:
            return writer.inventory().state

    first = state()
    filled.compact()
    assert state() == first
    bring(filled, removed=[PLAIN.uri])
    assert state() != first


def test_fields_are_those_that_items_state(library: Snapshot) -> None:
    every = "author confidence created date exif mentions modified ocr pages_read"
    assert library.fields() == every.split()
    assert [library.has_field(name) for name in ("author", "exif.camera", "exif.lens", "docs")] == [
        True,
        True,
        False,
        False,
    ]
