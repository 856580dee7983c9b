"""The contract of what can be computed again, held by every store: it outlives the one who wrote it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from store_documents import passage, picture

from ragmm.indexes.contracts import Store
from ragmm.indexes.records import CachedCaption, Failed, Folder, Seen, pack_rows
from ragmm.testing import Reading

ODD = "/source/caf\udce9.txt"
SHA, OTHER = "ab" * 32, "cd" * 32
IMAGE = bytes.fromhex(SHA)
Make = Callable[[str], Store]


@pytest.fixture
def again(filled: Store, make: Make) -> Callable[[], Store]:
    """The store as the next run opens it."""
    return lambda: make("collection")


Again = Callable[[], Store]


def test_files_are_known_as_they_were_hashed(filled: Store, again: Again) -> None:
    files = {"/source/a": Seen((1, 2, 3, 4), SHA), ODD: Seen((5, 2**60, 7, 8), OTHER)}
    with filled.cache() as cache:
        assert cache.seen() == {}
        cache.remember(files)
    with again().cache() as cache:
        assert cache.seen() == files
        cache.remember({"/source/a": Seen((9, 9, 9, 9), OTHER)})
        cache.forget([ODD, "/nowhere"])
        assert cache.seen() == {"/source/a": Seen((9, 9, 9, 9), OTHER)}
        assert cache.nights.seen(["/source/a", ODD]) == cache.seen()
        assert cache.nights.seen([]) == {}


def test_captions_are_known_by_picture_and_prompt(filled: Store, again: Again) -> None:
    written = {(IMAGE, "p1"): CachedCaption(text="an apple", confidence=0.5)}
    with filled.cache() as cache:
        cache.remember_captions(written | {(IMAGE, "p2"): CachedCaption(text="é", confidence=None)})
    with again().cache() as cache:
        assert cache.captions([(IMAGE, "p1"), (IMAGE, "p3"), (b"none", "p1")]) == written
        assert cache.captions([(IMAGE, "p2")])[IMAGE, "p2"].confidence is None


def test_a_document_that_took_the_run_down_is_known(filled: Store, again: Again) -> None:
    with filled.cache() as cache:
        for path in ("/source/a", ODD):
            cache.begin(path)
        cache.end("/source/a")
    with again().cache() as cache:
        assert cache.cut_short() == [ODD]
        cache.end(ODD)
        assert cache.cut_short() == []


def test_strikes_are_counted_until_someone_absolves(filled: Store, again: Again) -> None:
    assert filled.strikes() == []
    with filled.cache() as cache:
        for died in (True, True, False):
            cache.strike("/source/a", SHA, "p", f"died: {died}", died=died)
        cache.strike(ODD, OTHER, "p", "once", died=False)
        assert [(one.deaths, one.cuts, one.out) for one in cache.strikes()] == [(2, 1, False), (0, 1, False)]
        cache.strike("/moved/a", SHA, "p", "again", died=True)
        cache.strike("/moved/a", SHA, "other settings", "first", died=True)
    known = {(one.path, one.parser): (one.deaths, one.out, one.reason) for one in again().strikes()}
    assert known[("/moved/a", "p")] == (3, True, "again")
    assert known[("/moved/a", "other settings")] == (1, False, "first")
    with again().cache() as cache:
        cache.absolve(SHA)
        assert [(one.path, one.sha256) for one in cache.strikes()] == [(ODD, OTHER)]


# What is made but not committed yet ------------------------------------------------------------------------------


def test_vectors_are_kept_until_they_are_stored(filled: Store, again: Again) -> None:
    rows = {b"one": np.array([1, 2], np.float32), b"two": np.array([3, 4], np.float32)}
    with filled.cache() as cache:
        cache.unfinished().keep_vectors("model", rows)
    with again().cache() as cache:
        kept = cache.unfinished()
        found = kept.vectors("model", [b"one", b"none", b"two"])
        assert {key: row.tolist() for key, row in found.items()} == {b"one": [1, 2], b"two": [3, 4]}
        assert kept.vectors("another", [b"one"]) == {}
        kept.stored([], vectors=False)
        assert set(kept.vectors("model", [b"one"])) == {b"one"}
        assert kept.waiting() == {"readings": 0, "vectors": 2}
        kept.stored([], vectors=True)
        assert cache.unfinished().vectors("model", [b"one"]) == {}


def test_a_commit_leaves_the_vectors_that_others_wait_for(filled: Store, again: Again) -> None:
    rows = {name: np.array([1, 2], np.float32) for name in (b"one", b"two", b"three")}
    with filled.cache() as cache:
        cache.unfinished().keep_vectors("model", rows)
    with again().cache() as cache:
        kept = cache.unfinished()
        kept.vectors("model", [b"two"])
        kept.stored([], vectors=True)
        assert set(kept.vectors("model", list(rows))) == {b"one", b"three"}
        kept.finished()
        assert kept.vectors("model", list(rows)) == {}
        assert kept.waiting()["vectors"] == 0


def test_readings_come_back_as_they_were(filled: Store, again: Again) -> None:
    items = (passage("red", 3, "A", n=[1]).item, picture("an apple", caption="an apple").item)
    costly = Reading(sha256=SHA, size=7, entries=items, warnings=("odd",), cpu_seconds=5.0)
    with filled.cache() as cache:
        assert not cache.unfinished().any_readings
        cache.unfinished().keep_reading(costly, "p")
        cache.unfinished().keep_reading(Reading(sha256=OTHER, size=1, entries=items, cpu_seconds=9.0), "p")
    with again().cache() as cache:
        kept = cache.unfinished()
        assert kept.any_readings
        assert kept.reading(SHA, "other settings") is None
        found = kept.reading(SHA, "p")
        assert found is not None
        assert tuple(found.items) == tuple(found.items) == items
        assert (found.sha256, found.size, found.media_type, found.loader) == (SHA, 7, "text/plain", "text")
        assert (found.warnings, found.cpu_seconds, found.count) == (("odd",), 5.0, 2)
        found.close()
        kept.stored([SHA, None], vectors=True)
        assert kept.reading(SHA, "p") is None
        assert cache.unfinished().any_readings
        kept.stored([OTHER], vectors=True)
        assert not kept.any_readings
        assert not cache.unfinished().any_readings


# What a night leaves for the next one ----------------------------------------------------------------------------


def test_notes_are_any_plain_values(filled: Store, again: Again) -> None:
    notes = {"night": 7, "pace": {"é": [1.5, None, True]}, "text": "' --"}
    with filled.cache() as cache:
        assert cache.nights.note("night") is None
        cache.nights.put_notes(notes)
        cache.nights.put_notes({"night": 8})
    with again().cache() as cache:
        assert [cache.nights.note(key) for key in notes] == [8, notes["pace"], "' --"]


def test_folders_and_what_lay_in_them(filled: Store, again: Again) -> None:
    entries = [("a.txt", 33188, 1, 2, 3, 4), ("ü", 16877, 5, 2**60, 7, 8)]
    with filled.cache() as cache:
        folders = {
            "/source": Folder(b"m1", 2, pack_rows(entries)),
            "/source/b": Folder(b"m2", 0),
            ODD: Folder(b"m3", 1),
        }
        cache.nights.put_folders(folders, [])
    with again().cache() as cache:
        nights = cache.nights
        assert {path: (one.mark, one.documents) for path, one in nights.folders().items()} == {
            "/source": (b"m1", 2),
            "/source/b": (b"m2", 0),
            ODD: (b"m3", 1),
        }
        assert nights.entries("/source") == entries
        assert nights.entries("/source/b") == nights.entries("/nowhere") == []
        nights.put_folders({"/source": Folder(b"m4", 3)}, ["/source/b", ODD])
        assert {path: one.mark for path, one in nights.folders().items()} == {"/source": b"m4"}
        nights.forget_folders()
        assert nights.folders() == {}


def test_every_file_has_its_turn_once_in_a_few_nights(filled: Store) -> None:
    files = {f"/source/{n:02}": Seen((1, 2, 3, n), SHA) for n in range(20)}
    with filled.cache() as cache:
        cache.remember(files)
        turns = [[path for path, _ in cache.nights.due(night, 3)] for night in (7, 8, 9)]
        assert all(turn == sorted(turn) and turn for turn in turns)
        assert sorted(path for turn in turns for path in turn) == sorted(files)[1:], "a file without a number has none"
        assert dict(cache.nights.due(7, 3)) == {path: files[path] for path in turns[0]}


def test_failures_until_they_are_settled(filled: Store, again: Again) -> None:
    one = Failed(path=ODD, uri="caf", stamp=(1, 2, 3, 4), reader="r", tries=1, state="failed", reason="torn")
    other = Failed(path="/b", uri="b", stamp=(0, 0, 0, 0), reader="r", tries=2, state="quarantined", reason="died")
    with filled.cache() as cache:
        cache.nights.put_failed([one, other], [])
    with again().cache() as cache:
        assert cache.nights.failed() == {ODD: one, "/b": other}
        cache.nights.put_failed([other], [ODD, "/b"])
        assert cache.nights.failed() == {"/b": other}


def test_lists_of_files(filled: Store, again: Again) -> None:
    with filled.cache() as cache:
        cache.nights.put_listed("s3://one", ["/a", ODD])
        cache.nights.put_listed("two", ["/a"])
    with again().cache() as cache:
        assert cache.nights.listed("s3://one") == {"/a", ODD}
        cache.nights.put_listed("s3://one", ["/c"])
        assert (cache.nights.listed("s3://one"), cache.nights.listed("two")) == ({"/c"}, {"/a"})
        assert cache.nights.listed("three") == set()


def test_a_purge_leaves_nothing_of_its_documents(filled: Store) -> None:
    failed = [
        Failed(path=path, uri="u", stamp=(1, 2, 3, 4), reader="r", tries=1, state="failed", reason="torn")
        for path in (ODD, "/else/b")
    ]
    written = {key: CachedCaption(text="t", confidence=None) for key in ((IMAGE, "p"), (bytes.fromhex(OTHER), "p"))}
    with filled.cache() as cache:
        nights = cache.nights
        cache.remember({ODD: Seen((1, 2, 3, 4), SHA), "/else/b": Seen((1, 2, 3, 5), OTHER)})
        cache.remember_captions(written)
        cache.begin(ODD)
        cache.strike(ODD, SHA, "p", "died", died=True)
        cache.strike("/else/b", OTHER, "p", "died", died=True)
        nights.put_failed(failed, [])
        nights.put_folders({"/source": Folder(b"m", 1), "/else": Folder(b"m", 1)}, [])
        nights.put_listed("two", [ODD, "/else/b"])
        cache.unfinished().keep_vectors("model", {b"one": np.ones(2, np.float32)})
        cache.unfinished().keep_reading(Reading(sha256=SHA, size=1, entries=(), cpu_seconds=9.0), "p")
        cache.purge([ODD], [SHA])
        assert set(cache.seen()) == set(nights.failed()) == nights.listed("two") == {"/else/b"}
        assert [one.path for one in cache.strikes()] == ["/else/b"]
        assert set(nights.folders()) == {"/else"}
        assert cache.cut_short() == []
        assert set(cache.captions(list(written))) == {(bytes.fromhex(OTHER), "p")}
        assert not cache.unfinished().any_readings
        assert cache.unfinished().vectors("model", [b"one"]) == {}
