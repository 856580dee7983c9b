"""Searching, in every store: by vectors as NumPy would, and by words, by what is found and in which order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from store_back_ends import Look
from store_documents import LIBRARY, MODELS, bring, document, passage, picture, row, texts

from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.contracts import Snapshot, Store, unit_rows
from ragmm.types import Modality

FRUIT, PLUMS = LIBRARY[:2]
LEGS = [("shared", "image"), ("shared", "text"), ("words", "text")]


# Vectors ---------------------------------------------------------------------------------------------------------


def crowd(name: str, count: int = 24) -> PreparedDocument:
    """Texts in both spaces and pictures in one, a vector like no other for each."""
    dice = np.random.default_rng(sum(name.encode()))
    return document(name, *(_given(picture if n % 3 else passage, f"{name} {n}", dice) for n in range(count)))


def _given(make: Callable[..., PreparedItem], text: str, dice: np.random.Generator) -> PreparedItem:
    one = make(text) if make is passage else make(text, caption=text)
    vectors = [(each, dice.standard_normal(len(each.row)).astype(np.float32)) for each in one.vectors]
    return dataclasses.replace(one, vectors=tuple(dataclasses.replace(each, row=here) for each, here in vectors))


def stored(snapshot: Snapshot, documents: Iterable[PreparedDocument], space: str, kind: str) -> dict[int, np.ndarray]:
    """What the documents gave, by the id that the store gave it."""
    ids = {item.text: item.id for item in snapshot.items()}
    vectors: list[tuple[str, Vector]] = [
        (item.item.text, vector) for one in documents for item in one.items or () for vector in item.vectors
    ]
    mine = {ids[text]: vector.row for text, vector in vectors if (vector.space, vector.kind) == (space, kind)}
    return {one: unit_rows(given[None])[0] for one, given in mine.items()}


def reference(rows: dict[int, np.ndarray], query: np.ndarray, k: int) -> tuple[list[int], list[float]]:
    best = sorted(rows, key=lambda one: (-float(rows[one] @ query), one))[:k]
    return best, [float(rows[one] @ query) for one in best]


def check(
    snapshot: Snapshot, leg: tuple[str, str], rows: dict[int, np.ndarray], allow: list[int] | None = None
) -> None:
    queries = unit_rows(
        np.random.default_rng(5).standard_normal((6, len(next(iter(rows.values()))))).astype(np.float32)
    )
    allowed = None if allow is None else np.array(sorted(allow), np.int64)
    here = {one: given for one, given in rows.items() if allow is None or one in allow}
    for k in (1, 7, len(rows), len(rows) + 5):
        found = snapshot.index(*leg).search(queries, k, allowed)
        for query, ids, scores in zip(queries, *found, strict=True):
            best, expected = reference(here, query, k)
            assert ids.tolist() == best
            np.testing.assert_allclose(scores, expected, atol=1e-6)


@pytest.mark.parametrize("leg", LEGS, ids="/".join)
def test_each_leg_finds_what_numpy_finds(store: Store, look: Look, leg: tuple[str, str]) -> None:
    crowds = [crowd(name) for name in "abc"]
    for one in crowds:
        bring(store, one)
    snapshot = look(store)
    assert snapshot.legs() == LEGS
    rows = stored(snapshot, crowds, *leg)
    assert len(rows) == snapshot.leg_size(leg[0], [leg[1]]) == len(snapshot.index(*leg))
    check(snapshot, leg, rows)
    check(snapshot, leg, rows, allow=[*list(rows)[::3], 10**6])
    check(snapshot, leg, rows, allow=[])


@pytest.mark.parametrize("leg", LEGS, ids="/".join)
def test_the_dead_are_not_found_and_take_no_place(store: Store, look: Look, leg: tuple[str, str]) -> None:
    """Of three documents two are gone, one is changed and one came back: as many as live are found."""
    crowds = {name: crowd(name) for name in "abcd"}
    bring(store, *crowds.values())
    old = look(store)
    before = stored(old, crowds.values(), *leg)
    bring(store, removed=["a", "b", "c"])
    bring(store, dataclasses.replace(crowds["b"], items=None), document("d", *crowd("e").items or ()))
    snapshot = look(store)
    rows = stored(snapshot, [crowds["b"], crowd("e")], *leg)
    assert 0 < len(rows) <= snapshot.leg_size(leg[0], [leg[1]])
    check(snapshot, leg, rows)
    check(snapshot, leg, rows, allow=list(rows)[1::2] + list(before)[:5])
    check(old, leg, before)
    store.compact()
    check(look(store), leg, rows)
    check(snapshot, leg, rows)


def test_ties_go_to_the_smaller_id(store: Store, look: Look) -> None:
    for number in range(5):
        bring(store, document(f"d{number}", passage("red apples"), picture(f"red apples {number}"), passage("blue")))
    ids, scores = look(store).index("shared", "text").search(np.eye(8, dtype=np.float32), 10)
    by_score = [sorted(zip(-one, found, strict=True)) for one, found in zip(scores, ids, strict=True)]
    assert [[one for _, one in each] for each in by_score] == [found.tolist() for found in ids]


def test_texts_find_pictures_and_pictures_texts(library: Snapshot) -> None:
    """Both kinds lie in the shared space; a picture without a caption is found all the same."""
    ids, scores = library.index("shared", "image").search(row("shared", "blue harbour")[None], 1)
    (found,) = library.fetch(ids[0].tolist())
    assert (found.modality, found.uri) == (Modality.PHOTO, "photos/harbour.PNG")
    assert scores[0][0] == pytest.approx(1.0, abs=1e-6)
    vector = library.stored_vector("shared", "image", found.id)
    assert vector is not None
    near, _ = library.index("shared", "text").search(vector, 1)
    assert library.fetch(near[0].tolist())[0].text in {"the harbour", "blue plums"}


def test_the_vector_of_an_item(library: Snapshot) -> None:
    first, _, shown = (item.id for item in list(library.items(FRUIT.uri))[:3])
    vector = library.stored_vector("words", "text", first)
    assert vector is not None
    assert vector.shape == (1, 16)
    np.testing.assert_allclose(vector[0], row("words", "red apples"), atol=1e-6)
    assert library.stored_vector("shared", "text", shown) is None
    assert library.stored_vector("shared", "text", 10**6) is None


def test_the_vectors_of_many_items_are_those_of_each(library: Snapshot) -> None:
    asked = np.array([*(item.id for item in library.items()), 10**6], np.int64)
    for space, kind in LEGS:
        ids, rows = library.stored_vectors(space, kind, np.sort(asked))
        each = {int(one): library.stored_vector(space, kind, int(one)) for one in asked}
        assert ids.tolist() == sorted(one for one, found in each.items() if found is not None)
        assert rows.shape == (len(ids), library.spaces[space].dim)
        np.testing.assert_array_equal(rows, np.concatenate([each[one] for one in ids.tolist()]))
    none, empty = library.stored_vectors("words", "text", np.empty(0, np.int64))
    assert (len(none), empty.shape) == (0, (0, 16))


def test_a_leg_without_vectors_finds_nothing(store: Store, look: Look) -> None:
    bring(store, document("a", passage("texts alone")))
    snapshot = look(store)
    assert snapshot.legs() == [("shared", "text"), ("words", "text")]
    assert (snapshot.leg_size("shared", ["image"]), snapshot.leg_size("shared", ["text", "image"])) == (0, 1)
    ids, scores = snapshot.index("shared", "image").search(row("shared", "texts")[None], 3)
    assert [len(ids[0]), len(scores[0])] == [0, 0]
    assert len(snapshot.sample_vectors("shared", ["image"], 5)) == 0


def test_half_precision_is_near_enough(store: Store, look: Look) -> None:
    with store.writer("test", create=True) as writer:
        writer.ensure_space("shared", MODELS["shared"].info, "float16")
        writer.ensure_space("words", MODELS["words"].info)
        writer.commit([crowd("a")])
    snapshot = look(store)
    assert snapshot.spaces["shared"].dtype == "float16"
    for item, given in stored(snapshot, [crowd("a")], "shared", "image").items():
        ids, scores = snapshot.index("shared", "image").search(given[None], 1)
        assert ids[0].tolist() == [item]
        assert scores[0][0] == pytest.approx(1.0, abs=2e-3)


def test_exact_or_not_a_small_collection_answers_alike(filled: Store) -> None:
    query = row("shared", "red plums")[None]
    answers = []
    for exact in (False, True):
        snapshot = filled.snapshot(exact=exact)
        answers.append(snapshot.index("shared", "text").search(query, 5)[0][0].tolist())
        assert snapshot.notices == []
        snapshot.close()
    assert answers[0] == answers[1]


def test_a_sample_of_vectors_is_the_same_for_a_generation(store: Store, look: Look) -> None:
    bring(store, *(crowd(name) for name in "abc"))
    bring(store, removed=["b"])
    rows = np.stack(list(stored(look(store), [crowd("a"), crowd("c")], "shared", "image").values()))
    one, other = (look(store).sample_vectors("shared", ["image"], 10) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert 0 < len(one) <= 10
    assert np.abs(one[:, None] - rows[None]).max(axis=2).min(axis=1).max() < 1e-6, "each is a live one"
    assert len(np.unique(one, axis=0)) == len(one)
    assert look(store).sample_vectors("shared", ["image", "text"], 10**3).shape[1] == 8


# Words -----------------------------------------------------------------------------------------------------------


def found(snapshot: Snapshot, question: str, k: int = 20, **options: object) -> list[str]:
    hits = snapshot.find_items(question, k, **options)  # type: ignore[arg-type]
    scores = [score for _, score in hits]
    assert scores == sorted(scores, reverse=True)
    return [item.text for item in snapshot.fetch(item for item, _ in hits)]


def test_items_with_more_and_rarer_words_come_first(library: Snapshot) -> None:
    assert found(library, "red apples")[0] == "red apples"
    assert set(found(library, "red apples")) == {"red apples", "a red apple in a bowl", "red pears and the plums"}
    assert found(library, "the harbour")[0] == "the harbour"
    assert found(library, "green plums")[0] == "green pears", "one item is green, three speak of plums"
    assert len(found(library, "plums", 2)) == 2
    assert found(library, "melons") == found(library, "") == []


def test_idle_words_count_only_where_there_are_no_others(library: Snapshot) -> None:
    assert found(library, "the bowl", idle={"the"}) == found(library, "bowl")
    assert set(found(library, "the", idle={"the"})) == set(found(library, "the"))
    assert len(found(library, "the")) == 4


def test_words_of_scripts_without_spaces(library: Snapshot) -> None:
    assert found(library, "会议") == found(library, "会议纪要说了什么") == ["会议纪要"]
    assert found(library, "会要") == []


def test_beginnings_codes_and_signs(library: Snapshot) -> None:
    assert set(found(library, "appl*")) == {"red apples", "a red apple in a bowl"}
    assert found(library, "INV-2024-00317") == found(library, "Coffee!") == ["coffee INV-2024-00317 is due"]
    for question in ('" OR AND NOT (', "NEAR(*)", "'; DROP TABLE items; --", "*", "-", "\0"):
        assert all("coffee" not in text for text in found(library, question))


def test_only_live_and_allowed_items_are_found(filled: Store, look: Look) -> None:
    snapshot = look(filled)
    allow = np.array([item.id for item in snapshot.items(PLUMS.uri)], np.int64)
    assert set(found(snapshot, "plums", allow=allow)) == set(texts(snapshot, PLUMS.uri))
    assert found(snapshot, "plums", allow=allow[:0]) == []
    bring(filled, removed=[PLUMS.uri])
    assert found(look(filled), "plums", 1) == ["red pears and the plums"]
    assert len(found(snapshot, "plums")) == 3


def stretches(snapshot: Snapshot, question: str, k: int = 20, allow: np.ndarray | None = None) -> list[list[str]]:
    hits = snapshot.find_stretches(question, k, allow)
    assert [one.score for one in hits] == sorted((one.score for one in hits), reverse=True)
    return [[item.text for item in snapshot.fetch(one.items.tolist())] for one in hits]


def test_a_page_is_found_by_words_of_several_items(filled: Store, look: Look) -> None:
    snapshot = look(filled)
    page = ["red apples", "green pears"]
    assert stretches(snapshot, "apples and green pears")[0] == page
    assert stretches(snapshot, "end of blue plums")[0] == texts(snapshot, PLUMS.uri)
    assert stretches(snapshot, "会议")[0][0] == "会议纪要"
    assert stretches(snapshot, "melons") == []
    assert len(stretches(snapshot, "plums", 1)) == 1
    ids = snapshot.live_items()
    assert stretches(snapshot, "green pears", allow=ids[:1])[0] == page[:1], "by all of its words, for what is allowed"
    assert stretches(snapshot, "green pears", allow=ids[:0]) == []
    bring(filled, removed=[FRUIT.uri])
    assert stretches(look(filled), "apples") == []
    assert stretches(snapshot, "apples")[0] == page


def test_idle_words_count_for_pages_alike(library: Snapshot) -> None:
    with_idle = library.find_stretches("the bowl", 9, None, {"the"})
    assert [one.items.tolist() for one in with_idle] == [
        one.items.tolist() for one in library.find_stretches("bowl", 9)
    ]


def test_documents_are_found_by_words_in_their_names(filled: Store, look: Look) -> None:
    snapshot = look(filled)

    def named(*words: str) -> list[str]:
        return sorted(one.uri for one in snapshot.find_named(words))

    assert named("fruit") == [FRUIT.uri]
    assert named("harbour", "plums") == ["photos/harbour.PNG", PLUMS.uri], "any of the words, in any case"
    assert named("纪要") == ["odd [1]/会议*纪要?.md"]
    assert named("melons") == named("%") == named() == []
    documents = snapshot.find_named(["fruit", "plums"])
    ids = sorted(item.id for uri in (FRUIT.uri, PLUMS.uri) for item in snapshot.items(uri))
    assert snapshot.items_of(documents).tolist() == ids
    assert snapshot.items_of(documents, np.array(ids[1:3], np.int64)).tolist() == ids[1:3]
    assert snapshot.items_of([]).tolist() == []
    bring(filled, removed=[FRUIT.uri])
    assert look(filled).find_named(["fruit"]) == []


def test_pictures_without_words_are_wordless(library: Snapshot) -> None:
    every = [*library.live_items().tolist(), 10**6]
    assert [item.uri for item in library.fetch(library.wordless(every[::-1]))] == ["photos/harbour.PNG"]
    assert library.wordless([]) == []


def test_held_words_tell_who_holds_them_and_how_rare_they_are(library: Snapshot) -> None:
    ids = {item.text: item.id for item in library.items()}
    found = library.held_words(["red", "apples", "unheard"], list(ids.values()))
    assert found.items.tolist() == list(ids.values())
    red, apples, unheard = ({int(item) for item in found.items[held]} for held in found.held)
    assert ids["red apples"] in red & apples
    assert ids["red pears and the plums"] in red - apples
    assert ids["blue plums"] not in red | apples
    assert not unheard
    assert 0 < found.rarities[0] < found.rarities[1] < found.rarities[2]


def test_no_words_and_no_items_are_held_by_none(library: Snapshot) -> None:
    assert library.held_words([], [1]).held.shape == (0, 1)
    assert not library.held_words(["red"], []).items.size


# Places ----------------------------------------------------------------------------------------------------------


def test_words_that_no_item_holds_and_those_spelt_nearly_so(store: Store, look: Look) -> None:
    bring(store, document("a", passage("The captain sails the ferry"), passage("Two ferries and a Fähre")))
    bring(store, document("b", passage("A quaich, a captive"), passage("captains")))
    snapshot = look(store)
    words = ["captain", "ferries", "ferry", "fahre", "captian", "fery", "nothing"]
    assert snapshot.unknown_words(words) == ["captian", "fery", "nothing"]
    assert snapshot.near_words("nothing", 2) == []
    assert [(one.word, one.edits, one.rows) for one in snapshot.near_words("captian", 1)] == [("captain", 1, 2)]
    assert [one.word for one in snapshot.near_words("captian", 2)][:2] == ["captain", "captains"]
    assert [one.word for one in snapshot.near_words("yferry", 1)] == ["ferry"]
    assert [one.word for one in snapshot.near_words("fahr", 1)] == ["fähre"]


def test_words_of_the_dead_are_not_offered(store: Store, look: Look) -> None:
    bring(store, document("a", passage("quaich")), document("b", passage("quiche")))
    old = look(store)
    bring(store, removed=["a"])
    assert [one.word for one in old.near_words("quaiche", 1)] == ["quaich", "quiche"]
    assert [one.word for one in look(store).near_words("quaiche", 1)] == ["quiche"]


def test_items_of_a_page_share_a_place(library: Snapshot) -> None:
    ids = [item.id for item in library.items()]
    places = library.item_places([*ids, 10**6])
    assert set(places) == set(ids)
    first, second, shown, last = (places[item.id] for item in library.items(FRUIT.uri))
    assert first.place == second.place < 0
    assert len({first.place, shown.place, last.place}) == 3
    assert (shown.modality, shown.worded) == (Modality.PHOTO, True)
    for item in library.items():
        place = places[item.id]
        assert (place.place == item.id) is (item.locator.page is None)
        assert (place.modality, place.worded) == (item.modality, bool(item.text))


def test_the_same_page_of_another_document_is_another_place(store: Store, look: Look) -> None:
    bring(store, document("a", passage("one", 1)), document("b", passage("two", 1)))
    assert len({one.place for one in look(store).item_places([1, 2]).values()}) == look(store).item_count == 2
