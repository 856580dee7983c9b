"""Stores by name for the suite of the store: each is verified after the test that made it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_back_ends import STORES, Clock, Look, Make
from store_documents import LIBRARY, bring

from ragmm.indexes.contracts import Snapshot, Store


@pytest.fixture(params=STORES, scope="module")
def back_end(request: pytest.FixtureRequest) -> Make:
    return STORES[request.param]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(back_end: Make, tmp_path: Path, clock: Clock) -> Iterator[Callable[[str], Store]]:
    """A store of a name; asked for again, another one of the same collection."""
    made: list[Store] = []

    def one(name: str) -> Store:
        made.append(back_end(tmp_path / name, clock))
        return made[-1]

    yield one
    for store in made:
        if store.exists:
            store.verify(deep=True).raise_for_damage()


@pytest.fixture
def store(make: Callable[[str], Store]) -> Store:
    """An empty one, which does not exist yet."""
    return make("collection")


@pytest.fixture
def filled(store: Store) -> Store:
    """One with the library in it, as its first generation."""
    bring(store, *LIBRARY)
    return store


@pytest.fixture
def look() -> Iterator[Look]:
    """What it opens is closed in the end."""
    with contextlib.ExitStack() as stack:

        def at(store: Store, generation: int | None = None) -> Snapshot:
            return stack.enter_context(contextlib.closing(store.snapshot(generation)))

        yield at


@pytest.fixture(scope="module")
def library(back_end: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """The library, for tests that only read."""
    store = back_end(tmp_path_factory.mktemp("library") / "collection", Clock())
    bring(store, *LIBRARY)
    with contextlib.closing(store.snapshot()) as snapshot:
        yield snapshot
    store.verify(deep=True).raise_for_damage()
