"""A long life of a collection that follows its files, against a dictionary."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from ragmm.indexes.store.cache import Cache
from tests.unit.sync_desk import Desk, filled_desk


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with filled_desk(monkeypatch, 12) as desk:
        yield desk


class Life:
    """Files that are written, moved and deleted at random, and what a collection that follows them must hold."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.rng, self.done = desk, random.Random(seed), 0
        self.expected: dict[str, str] = {}
        self.before: set[str] = set()
        for path in desk.source.rglob("*.txt"):
            self.expected[path.relative_to(desk.source).as_posix()] = path.read_text(encoding="utf-8")
        desk.settings(guard_documents=10**6)
        self.night()

    def change(self) -> None:
        name = f"part{self.rng.randrange(3)}/{self.rng.randrange(60):03}.txt"
        if self.rng.random() < 0.6 or len(self.expected) < 4:
            self.expected[name] = f"words w{self.rng.randrange(40)}"
            self.desk.write(name, self.expected[name])
        elif self.rng.random() < 0.5:
            old = self.rng.choice(sorted(self.expected))
            text = self.expected.pop(old)
            (self.desk.source / name).parent.mkdir(exist_ok=True)
            (self.desk.source / old).replace(self.desk.source / name)
            self.expected[name] = text
        else:
            old = self.rng.choice(sorted(self.expected))
            del self.expected[old]
            (self.desk.source / old).unlink()
        self.done += 1

    def mishap(self) -> None:
        """Now and then the cache is lost, or an older state comes back for the day."""
        if self.rng.random() < 0.1:
            (self.desk.folder / "cache.db").unlink(missing_ok=True)
        elif self.rng.random() < 0.1:
            with self.desk.open() as docs:
                older = [one.id for one in docs.history() if one.restorable]
                docs.rollback(self.rng.choice([*older, docs.generation]))

    def night(self) -> None:
        """Each is a start of its own. What the night before held is not embedded again."""
        asked = self.desk.asked()
        self.desk.night()
        texts = set(self.expected.values())
        assert self.desk.asked() - asked <= 2 * len(texts - self.before), "one embedding in each of two spaces"
        self.before = texts

    def check(self) -> None:
        word = f"w{self.rng.randrange(40)}"
        with self.desk.open() as docs:
            assert {one.uri: next(docs.items(one.uri)).text for one in docs.documents()} == self.expected
            assert {item.text for item in docs.items()} == set(self.expected.values())
            found = [hit.item for hit in docs.search(word, k=40) if hit.item.text == f"words {word}"]
        cited = {uri for item in found for uri in (item.uri, *item.also_at)}
        assert cited == {name for name, text in self.expected.items() if text == f"words {word}"}


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    "operations", [pytest.param(20_000, marks=pytest.mark.faults), pytest.param(200_000, marks=pytest.mark.long)]
)
def test_a_long_random_life(desk: Desk, operations: int, record_property: Callable[[str, object], None]) -> None:
    """Thousands of changes with restarts, lost caches and rollbacks, against a dict; nothing deleted is ever found."""
    seed = random.SystemRandom().randrange(1 << 30)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    life = Life(desk, seed)
    while life.done < operations:
        for _ in range(life.rng.randint(1, 200)):
            life.change()
        life.mishap()
        life.night()
        life.check()
    record_property("operations", life.done)
    assert desk.open().verify(deep=True).ok
    with Cache(desk.folder / "cache.db") as cache:
        assert cache.cut_short() == []
