"""The files of words find what the tables of words find, in the same order, with the same scores; and never more."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ragmm.indexes import fsio
from ragmm.indexes.changes import PreparedDocument, PreparedItem
from ragmm.indexes.records import Retention
from ragmm.indexes.store import lexicon, maintenance, search_upkeep, word_files
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_upkeep import WordPolicy
from ragmm.indexes.words import inverting
from ragmm.text.stop_words import STOPWORDS
from ragmm.types import Item, Locator, Modality

EAGER = WordPolicy(fewest=1, fresh=0, gone_share=0.9)
NOW = Retention(generations=1, runs=1, seconds=float("-inf"))
MANY = 10_000

WORDS = (
    *("revenue", "revenues", "company", "companies", "total", "net", "income", "1,250.00", "INV-2024-00317", "R&D"),
    *("the", "of", "in", "what", "ISO/IEC", "running", "runs", "ran", "a", "b", "c", "flow", "flows"),
    *(
        "Caf\u00e9",
        "cafe",
        "na\u00efve",
        "NA\u00cfVE",
        "Stra\u00dfe",
        "e\u0301te\u0301",
        "\u0301",
        "\u2167",
        "x\u00b2",
        "\u00bd",
    ),
    *("\u4e0a\u6d77\u5e02", "\u5317\u4eac", "\u6536\u5165\u589e\u957f", "\u6771\u4eac"),
)
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
pages = st.lists(st.tuples(st.integers(1, 3), texts, texts), min_size=0, max_size=6)
shelves = st.lists(pages, min_size=1, max_size=5)
questions = st.lists(st.sampled_from([*WORDS, '"total net income"', "rev*", "compan*", '"e'])).map(" ".join)


def document(number: int, rows: Sequence[tuple[int, str, str]]) -> PreparedDocument:
    items = [
        PreparedItem(item=Item(modality=Modality.PASSAGE, text=text, context=context, locator=Locator(page=page)))
        for page, text, context in sorted(rows)
    ]
    return PreparedDocument(
        path=f"/source/{number}",
        uri=str(number),
        size=1,
        sha256=f"{number:064x}",
        media_type="text/plain",
        parser="test",
        items=items,
    )


def bring(store: Store, shelf: Sequence[Sequence[tuple[int, str, str]]], first: int = 0) -> None:
    with store.writer("test", create=True) as writer:
        writer.commit([document(first + number, rows) for number, rows in enumerate(shelf)])


def build(store: Store, policy: WordPolicy = EAGER) -> list[int]:
    """How many items each file knows that was made."""
    with store.writer("test") as writer:
        return [one.rows for one in search_upkeep.refresh(writer, "exact", words=policy) if one.method == "words"]


@contextmanager
def without_files(snapshot: Snapshot) -> Iterator[None]:
    """Searches the tables of words."""
    before, snapshot._words = snapshot._words, [None]
    yield
    snapshot._words = before


def compare(store: Store, asked: Sequence[str], allow: Sequence[int] | None = None) -> None:
    snapshot = store.snapshot()
    assert snapshot.words() is not None, snapshot.notices
    limited = None if allow is None else np.array(allow, np.int64)
    for question in asked:
        mine = found(snapshot, question, limited)
        with without_files(snapshot):
            reference = found(snapshot, question, limited)
        for one, other in zip(mine, reference, strict=True):
            assert [item for item, _ in one] == [item for item, _ in other]
            assert [score for _, score in one] == pytest.approx([score for _, score in other], abs=1e-9)


def found(
    snapshot: Snapshot, question: str, allow: np.ndarray | None
) -> tuple[list[tuple[int, float]], list[tuple[list[int], float]], list[tuple[int, float]]]:
    """Items, stretches and shares, best first; of equals the first."""
    words = [one.words for one in lexicon.sought(question, STOPWORDS) if " " not in one.words]
    items = snapshot.find_items(question, MANY, allow, STOPWORDS)
    stretches = snapshot.find_stretches(question, MANY, allow, STOPWORDS)
    held = snapshot.held_words(words, snapshot.live_items().tolist())
    shares = dict(zip(held.items.tolist(), (held.rarities @ held.held).tolist(), strict=True))
    return (
        sorted(items, key=lambda one: (-one[1], one[0])),
        sorted([(one.items.tolist(), one.score) for one in stretches], key=lambda one: (-one[1], one[0])),
        sorted(shares.items()),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(shelves, shelves, st.lists(questions, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_same_as_the_tables(
    first: list[list[tuple[int, str, str]]],
    later: list[list[tuple[int, str, str]]],
    asked: list[str],
    chance: random.Random,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "c")
        bring(store, [[(1, "a revenue", "")], *first])
        build(store)
        compare(store, asked)
        bring(store, later, 100)
        compare(store, asked)
        gone = [one for one in range(1, 1 + len(first)) if chance.random() < 0.4]
        with store.writer("test") as writer:
            writer.commit(removed=[f"/source/{number}" for number in gone])
        compare(store, asked)
        with store.writer("test") as writer:
            maintenance.collect(writer, NOW)
        compare(store, asked)
        live = store.snapshot().live_items().tolist()
        compare(store, asked, [item for item in live if chance.random() < 0.5])
        build(store)
        compare(store, asked)


def natural(count: int, seed: int = 0) -> list[list[tuple[int, str, str]]]:
    """Words of very unequal frequency, so that some are neighbours often enough to be kept as pairs."""
    rng = np.random.default_rng(seed)
    known = [f"w{number}" for number in range(400)]
    shares = 1 / np.arange(1, 401)
    picks = rng.choice(400, (count, 30), p=shares / shares.sum())
    return [[(1 + n % 3, " ".join(known[i] for i in picks[n]), known[n % 50]) for n in range(count)]]


ASKED = ('"w0 w1"', '"w0 w1 w2"', "w0 w1 w5 w399", '"w0 w390"', '"w1 w1 w0" w3', "w1* w12", "nothing", '"w0 nothing"')


def test_common_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In several parts, some of them read back from their files."""
    monkeypatch.setattr(inverting, "_AT_ONCE", 900)
    store = Store(tmp_path / "c")
    bring(store, natural(700))
    assert build(store) == [700]
    words = store.snapshot().words()
    assert words is not None
    assert len(words.items.parts[0].postings._keys) > 20
    compare(store, ASKED)
    bring(store, natural(300, 1), 10)
    compare(store, ASKED)
    assert build(store) == [300]
    assert len(store.snapshot().word_files()) == 2
    compare(store, ASKED)
    bring(store, natural(200, 2), 20)
    assert build(store) == [1200], "the second is less than twice the third, the first less than twice both"
    assert len(store.snapshot().word_files()) == len(list((store.folder / "ann").iterdir())) == 1
    compare(store, ASKED)


def test_what_is_newer_is_found_before_a_file_knows_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "c")
    bring(store, natural(50))
    build(store)
    bring(store, [[(1, "something newer", "")]], 5)
    assert build(store, WordPolicy(fewest=1, fresh=10)) == []
    ((item, _),) = store.snapshot().find_items("newer", 5)
    assert item == 51
    compare(store, ["newer", "w0 something"])


def test_too_much_that_is_new_is_searched_in_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_files, "MOST_FRESH", 3)
    store = Store(tmp_path / "c")
    bring(store, natural(20))
    build(store)
    bring(store, natural(4, 1), 5)
    snapshot = store.snapshot()
    assert snapshot.words() is None
    assert not snapshot.notices
    assert {item for item, _ in snapshot.find_items("w0", 50)} > {21}


def test_little_gets_no_file(tmp_path: Path) -> None:
    store = Store(tmp_path / "c")
    bring(store, natural(50))
    assert build(store, WordPolicy()) == []
    assert store.snapshot().words() is None
    assert store.snapshot().find_items("w0", 3)


def test_worn_files_are_built_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "c")
    bring(store, [*natural(30), *natural(70, 1)])
    build(store)
    with store.writer("test") as writer:
        writer.commit(removed=["/source/0"])
        maintenance.collect(writer, NOW)
    compare(store, ASKED)
    assert build(store, WordPolicy(fewest=1, fresh=0, gone_share=0.2)) == [70]
    assert build(store, WordPolicy(fewest=1, fresh=0, gone_share=0.2)) == []
    compare(store, ASKED)


# Damage -----------------------------------------------------------------------------------------------------------


def built(tmp_path: Path) -> tuple[Store, Path]:
    store = Store(tmp_path / "c")
    bring(store, natural(60))
    build(store)
    (path,) = (store.folder / "ann").iterdir()
    path.chmod(0o600)
    return store, path


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(bytes(data))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flipped, cut, empty, Path.unlink])
def test_a_damaged_file_costs_time_and_no_answers(tmp_path: Path, damage: object) -> None:
    store, path = built(tmp_path)
    whole = store.snapshot().find_items("w0 w1", 20)
    damage(path)  # type: ignore[operator]
    snapshot = store.snapshot()
    assert snapshot.find_items("w0 w1", 20) == whole
    assert len(snapshot.notices) == 1
    assert path.name in snapshot.notices[0]
    assert "repair" in snapshot.notices[0]
    (problem,) = store.verify(deep=True).problems
    assert (problem.kind, Path(problem.file).name) == ("index", path.name)
    assert build(store) == [60]
    assert store.verify(deep=True).ok
    compare(store, ASKED)


def test_repair_forgets_it(tmp_path: Path) -> None:
    store, path = built(tmp_path)
    flipped(path)
    report = store.repair(lambda space, kind, items: np.empty((0, 1), np.float32))
    assert report.ok
    assert f"ann/{path.name}" in report.aside
    assert store.snapshot().words() is None
    assert not path.exists()


def test_a_file_of_another_lexicon_is_not_believed(tmp_path: Path) -> None:
    """As after a table of words was lost and made again otherwise."""
    store, _ = built(tmp_path)
    with sqlite3.connect(store.folder / "collection.db") as connection:
        connection.execute("INSERT INTO lexicon (rowid, text, context) VALUES (1000, 'one more', '')")
    snapshot = store.snapshot()
    assert snapshot.words() is None
    assert "lexicon" in snapshot.notices[0]
    assert snapshot.find_items("w0", 3)


def test_a_build_that_is_cut_short_leaves_nothing_that_counts(tmp_path: Path) -> None:
    store = Store(tmp_path / "c")
    bring(store, natural(60))

    class Dies:
        def step(self, operation: str, path: Path, kind: str, data: bytes | None = None) -> None:
            if operation == "rename" and kind == "ann":
                os._exit(7)

        def skips(self, kind: str) -> bool:
            return False

    child = os.fork()
    if child == 0:
        with fsio.observe(Dies()):
            build(store)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert [path.suffix for path in (store.folder / "ann").iterdir()] == [".words"]
    assert store.snapshot().words() is None
    assert store.snapshot().find_items("w0", 3)
    assert build(store) == [60]
    assert len(list((store.folder / "ann").iterdir())) == 1
    compare(store, ASKED)


def test_a_reader_keeps_what_it_opened(tmp_path: Path) -> None:
    """While another process builds the next file and removes the one it replaces."""
    store, path = built(tmp_path)
    snapshot = store.snapshot()
    before = snapshot.find_items("w3 w4", 20)
    bring(store, natural(100, 3), 50)
    child = os.fork()
    if child == 0:
        build(store)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert not path.exists()
    assert snapshot.find_items("w3 w4", 20) == before
    compare(store, ASKED)


def test_erasing_leaves_no_word_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "c")
    bring(store, [[(1, "zebra unique", "")], *natural(20)])
    build(store)
    with store.writer("purge") as writer:
        writer.erase(["/source/0"])
        writer.finish_purge()
    assert list((store.folder / "ann").iterdir()) == []
    build(store)
    assert not any(b"zebra" in path.read_bytes() for path in store.folder.rglob("*") if path.is_file())


def test_a_copy_takes_it_along(tmp_path: Path) -> None:
    store, path = built(tmp_path)
    copy = Store(store.copy_to(tmp_path / "copy"))
    assert (copy.folder / "ann" / path.name).exists()
    compare(copy, ASKED)


def test_stretches_that_an_older_version_did_not_make(tmp_path: Path) -> None:
    """They stay unmade until the collection is repaired, and the rest is found."""
    store = Store(tmp_path / "c")
    bring(store, natural(20))
    with sqlite3.connect(store.folder / "collection.db") as connection:
        connection.execute("DROP TABLE stretches")
    build(store)
    compare(store, ASKED)
    bring(store, natural(20, 1), 10)
    compare(store, ASKED)


@pytest.mark.parametrize("word", ["compny", "revnue", "totl", "ocmpany", "runing", "caffe", "naive", "strase", "xyzzy"])
def test_nearly_spelt_words_are_those_of_the_tables(tmp_path: Path, word: str) -> None:
    rng = random.Random(7)
    store = Store(tmp_path / "c")
    for first in (0, 40):
        shelf = [[(1, " ".join(rng.choices(WORDS, k=9)), rng.choice(WORDS))] for _ in range(40)]
        bring(store, shelf, first)
        build(store, WordPolicy(fewest=1, fresh=0, gone_share=0.9))
    bring(store, [[(1, "compny zurueck", "")]], 90)
    snapshot = store.snapshot()
    assert snapshot.words() is not None
    mine = snapshot.unknown_words([word]), snapshot.near_words(word, 1), snapshot.near_words(word, 2)
    with without_files(snapshot):
        assert mine == (snapshot.unknown_words([word]), snapshot.near_words(word, 1), snapshot.near_words(word, 2))
    assert bool(mine[2]) != (word == "xyzzy")
