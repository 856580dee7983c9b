"""What can be computed again may be lost, cut, overwritten or old: it costs time, and nothing else."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.sync_desk import Desk, counts, filled_desk

pytestmark = pytest.mark.row("R12")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with filled_desk(monkeypatch, 30) as desk:
        desk.night()
        shutil.copyfile(desk.folder / "cache.db", desk.folder.parent / "yesterday.db")
        desk.write("part0/000.txt", "Something else entirely.")
        desk.write("part1/new.txt", "A new document.")
        (desk.source / "part2" / "002.txt").unlink()
        desk.night()
        yield desk


def lost(cache: Path) -> None:
    cache.unlink()


def emptied(cache: Path) -> None:
    cache.write_bytes(b"")


def cut(cache: Path) -> None:
    cache.write_bytes(cache.read_bytes()[: cache.stat().st_size // 2])


def random_bytes(cache: Path) -> None:
    cache.write_bytes(random.Random(5).randbytes(cache.stat().st_size))


def zeroed_page(cache: Path) -> None:
    data = bytearray(cache.read_bytes())
    data[4096:8192] = bytes(4096)
    cache.write_bytes(bytes(data))


def yesterdays(cache: Path) -> None:
    shutil.copyfile(cache.parent.parent / "yesterday.db", cache)


def of_another_version(cache: Path) -> None:
    """What stands in it means something else there."""
    with contextlib.closing(sqlite3.connect(cache)) as connection:
        connection.executescript("ALTER TABLE seen RENAME COLUMN sha256 TO blake3; PRAGMA user_version = 99")


def a_folder(cache: Path) -> None:
    """Somebody's script put something else there."""
    cache.unlink()
    cache.write_text("not a database", encoding="utf-8")


DAMAGES = (lost, emptied, cut, random_bytes, zeroed_page, yesterdays, of_another_version, a_folder)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_cache_that_is_not_what_it_was_costs_no_embedding(
    damage: Callable[[Path], None], desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    record_property("damaged caches", 1)
    digest, asked = desk.digest(), desk.asked()
    damage(desk.folder / "cache.db")
    night = desk.night()
    assert counts(night) == {"unchanged": 30}
    assert desk.asked() == asked, "nothing is embedded again"
    assert desk.digest() == digest == desk.fresh_digest()
    assert night.report.generation == night.plan.generation
    desk.write("part2/late.txt", "And the next night goes on as ever.")
    assert counts(desk.night()) == {"added": 1, "unchanged": 30}


@pytest.mark.parametrize("name", ["runs.jsonl", "drift.json", "collection.seal"])
def test_a_lost_note_is_no_loss(name: str, desk: Desk) -> None:
    digest = desk.digest()
    for content in (b"", os.urandom(300)):
        (desk.folder / name).write_bytes(content)
        if name == "collection.seal":
            (desk.folder / name).unlink()
        assert counts(desk.night()) == {"unchanged": 30}
        assert desk.digest() == digest
