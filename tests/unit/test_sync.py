"""A night makes the collection equal to its sources, does only what changed, and asks no model without need."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ragmm.config import Place, parse_pipeline
from ragmm.errors import UsageError
from ragmm.indexes.records import Folder, Seen
from ragmm.indexes.store.cache import Cache
from ragmm.pipelines.ingest import intake
from ragmm.pipelines.ingest.quarantine import retry
from ragmm.pipelines.ingest.sources import Walk
from ragmm.pipelines.stopping import StopFlag
from ragmm.pipelines.sync.plan import Change
from ragmm.pipelines.sync.roots import roots_of
from ragmm.testing import captioned_picture, png_bytes
from ragmm.types import DocumentState
from tests.unit.sync_desk import Desk, counts, in_memory


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with in_memory() as folder:
        yield Desk(folder, monkeypatch)


def fill(desk: Desk, count: int = 12) -> None:
    for number in range(count):
        desk.write(f"part{number % 3}/{number:03}.txt", f"Document {number} speaks of subject{number}.")


def test_a_night_without_changes_asks_nobody(desk: Desk) -> None:
    fill(desk)
    assert counts(desk.night()) == {"added": 12}
    asked, read, opened = desk.asked(), len(desk.parser.read), desk.opened
    for _ in range(8):
        night = desk.night()
        assert counts(night) == {"unchanged": 12}
        assert night.exit_code == 0
        assert night.report.generation == night.plan.generation
    assert (desk.asked(), len(desk.parser.read), desk.opened) == (asked, read, opened)


def test_every_kind_of_change_in_one_night(desk: Desk) -> None:
    fill(desk)
    desk.write("photo.png", png_bytes(captioned_picture("a red circle")))
    desk.night()
    read, asked = len(desk.parser.read), desk.asked()
    desk.write("part0/000.txt", "Something else entirely.")
    desk.write("part3/new.txt", "A new text.")
    (desk.source / "part1" / "001.txt").unlink()
    (desk.source / "part2" / "002.txt").rename(desk.source / "renamed.txt")
    (desk.source / "photo.png").rename(desk.source / "part0" / "photo.png")
    desk.write("twin.txt", (desk.source / "part0" / "003.txt").read_bytes())
    night = desk.night()
    assert counts(night) == {"added": 2, "changed": 1, "moved": 2, "deleted": 1, "unchanged": 9}
    assert sorted(desk.parser.read[read:]) == ["part0/000.txt", "part3/new.txt"], "moves and twins are not read"
    assert desk.asked() - asked == 4, "two texts in two spaces"
    assert desk.digest() == desk.fresh_digest()
    assert desk.open().verify(deep=True).ok


def test_a_touched_file_is_hashed_and_not_read(desk: Desk) -> None:
    path = desk.write("a.txt", "The same words.")
    desk.night()
    for _ in range(2):
        os.utime(path, (1_500_000_000, 1_500_000_000))
        assert counts(desk.night()) == {"unchanged": 1}
    assert desk.parser.read == ["a.txt"]
    with Cache(desk.folder / "cache.db") as cache:
        assert cache.seen()[str(path)].stamp[1] == 1_500_000_000 * 10**9, "the new stamp is trusted from now on"


def test_a_change_that_keeps_size_and_mtime_is_found_at_once(desk: Desk) -> None:
    path = desk.write("a.txt", "version one")
    desk.night()
    before = path.stat()
    path.write_text("version two", encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counts(desk.night()) == {"changed": 1}
    assert desk.texts() == {"version two"}


def lie_about(desk: Desk, path: Path) -> None:
    """The cache believes that the file, as it is now, holds what was indexed: no stamp will ever tell."""
    found = path.stat()
    stamp = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    with Cache(desk.folder / "cache.db") as cache:
        cache.remember({str(path): Seen(stamp, cache.seen()[str(path)].sha256)})
    (root,) = roots_of(desk.pipeline.sources, Path())
    marks = {listing.folder: (listing.mark, len(listing.files)) for listing in Walk(root.settings).folders(root.path)}
    with desk.notes() as nights:
        nights.put_folders({folder: Folder(*values) for folder, values in marks.items()}, [])


def test_a_change_that_no_stamp_shows_is_found_within_seven_nights(desk: Desk) -> None:
    fill(desk, 20)
    desk.night()
    path = desk.write("part1/004.txt", "Document 4 tells of subject4.")
    lie_about(desk, path)
    found = [counts(desk.night()).get("changed", 0) for _ in range(7)]
    assert sum(found) == 1
    assert "Document 4 tells of subject4." in desk.texts()
    assert desk.digest() == desk.fresh_digest()


def test_every_file_is_hashed_once_in_seven_nights(desk: Desk) -> None:
    fill(desk, 30)
    desk.night()
    assert sum(desk.night().rehashed for _ in range(7)) == 30
    desk.settings(rehash_nights=0)
    assert desk.night().rehashed == 0


def test_a_file_written_within_the_clocks_grain_is_not_trusted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_CLOCK_GRAIN_NS", 2_000_000_000)
    path = desk.write("a.txt", "version one")
    desk.night()
    with Cache(desk.folder / "cache.db") as cache:
        assert cache.seen() == {}
    with desk.notes() as nights:
        assert nights.folders() == {}
    os.utime(path, (4_000_000_000, 4_000_000_000))  # the far future, on a clock that jumped
    assert counts(desk.night()) == {"unchanged": 1}


@pytest.mark.parametrize("jump", [-86_400.0 * 400, 10 * 365 * 86_400.0])
def test_clocks_may_jump(desk: Desk, jump: float) -> None:
    fill(desk, 6)
    desk.night()
    generation = desk.open().generation
    desk.now += jump
    desk.write("part0/000.txt", "New words.")
    (desk.source / "part1/001.txt").unlink()
    night = desk.night()
    assert counts(night) == {"changed": 1, "deleted": 1, "unchanged": 4}
    assert night.report.generation > generation
    assert desk.open().verify(deep=True).ok
    assert desk.digest() == desk.fresh_digest()


def test_what_other_commands_did_is_noticed(desk: Desk) -> None:
    fill(desk, 6)
    desk.night()
    with desk.open() as docs:
        docs.remove(["part0/000.txt"])
    assert counts(desk.night()) == {"added": 1, "unchanged": 5}
    before = desk.open().generation
    desk.write("part0/000.txt", "New words.")
    desk.night()
    with desk.open() as docs:
        docs.rollback(before)
    assert counts(desk.night()) == {"changed": 1, "unchanged": 5}
    assert desk.digest() == desk.fresh_digest()


def test_losing_the_cache_costs_hashing_only(desk: Desk) -> None:
    fill(desk, 6)
    desk.night()
    asked, read = desk.asked(), len(desk.parser.read)
    (desk.folder / "cache.db").write_bytes(b"garbage" * 999)
    assert counts(desk.night()) == {"unchanged": 6}
    assert (desk.asked(), len(desk.parser.read)) == (asked, read)


@pytest.mark.parametrize("name", [b"new\nline.txt", b"caf\xe9.txt", b"-rf", b"[a]*?.txt", "日本.txt".encode()])
def test_odd_names(desk: Desk, name: bytes) -> None:
    path = os.fsencode(desk.source) + b"/" + name
    with open(path, "wb") as file:
        file.write(b"Odd but true.")
    assert counts(desk.night()) == {"added": 1}
    assert counts(desk.night()) == {"unchanged": 1}
    assert [os.fsencode(uri) for uri in desk.uris()] == [name]
    plan = desk.open().plan_sync()
    os.rename(path, path + b".txt")
    assert plan.unchanged == 1
    assert counts(desk.night()) == {"moved": 1}
    os.unlink(path + b".txt")
    desk.write("other.txt", "so that the folder is not empty")
    assert counts(desk.night()) == {"added": 1, "deleted": 1}


# Failures ------------------------------------------------------------------------------------------------------------


def test_a_failure_is_tried_on_three_nights_and_then_left_alone(desk: Desk) -> None:
    desk.write("good.txt", "Fine.")
    desk.write("bad.txt", "")
    for tried in (1, 2, 3, 3, 3):
        night = desk.night()
        assert desk.parser.read.count("bad.txt") == tried
        assert counts(night)["failed"] == 1, "known failures are still told"
        assert [failure.uri for failure in night.report.failures] == ["bad.txt"]
        assert night.exit_code == 10
    desk.write("bad.txt", "Mended.")
    assert counts(desk.night()) == {"added": 1, "unchanged": 1}
    assert desk.night().exit_code == 0
    assert desk.digest() == desk.fresh_digest()


def test_what_is_no_document_is_told_every_night(desk: Desk) -> None:
    desk.write("part0/a.txt", "Words.")
    os.mkfifo(desk.source / "part0" / "pipe")
    for _ in range(3):
        assert [failure.uri for failure in desk.night().report.failures] == ["part0/pipe"]


def test_wider_patterns_take_in_what_was_there_all_along(desk: Desk) -> None:
    fill(desk, 6)
    desk.sources(paths=(str(desk.source),), exclude=("000.txt",))
    assert counts(desk.night()) == {"added": 5}
    desk.sources(paths=(str(desk.source),))
    assert counts(desk.night()) == {"added": 1, "unchanged": 5}


def test_other_settings_try_a_failure_again(desk: Desk) -> None:
    desk.write("bad.txt", "")
    for _ in range(4):
        desk.night()
    assert desk.parser.read.count("bad.txt") == 3
    desk.pipeline = replace(desk.pipeline, loaders=replace(desk.pipeline.loaders, chunk_tokens=99))
    desk.night()
    assert desk.parser.read.count("bad.txt") == 4


def test_a_poison_document_is_quarantined_and_forgiven(desk: Desk) -> None:
    desk.write("good.txt", "Fine.")
    desk.write("poison.txt", "deadly")
    for tried in (1, 2, 3, 3, 3):
        night = desk.night()
        assert desk.parser.read.count("poison.txt") == tried
        assert night.exit_code == 10
    assert retry(desk.open().store, "poison.txt")
    desk.night()
    assert desk.parser.read.count("poison.txt") == 4, "forgiven, it is read again"


def test_a_version_that_cannot_be_read_leaves_the_old_one(desk: Desk) -> None:
    desk.write("a.txt", "The words of yesterday.")
    desk.night()
    desk.write("a.txt", "")
    for _ in range(5):
        assert desk.night().exit_code == 10
    assert desk.texts() == {"The words of yesterday."}
    assert [document.state for document in desk.open().documents()] == [DocumentState.INDEXED]


# Budgets and stops ---------------------------------------------------------------------------------------------------


def test_a_budget_leaves_the_rest_to_the_next_night(desk: Desk) -> None:
    fill(desk, 10)
    desk.settings(max_documents=4)
    nights = [desk.night() for _ in range(4)]
    assert [counts(night).get("added", 0) for night in nights] == [4, 4, 2, 0]
    assert [night.left for night in nights] == [6, 2, 0, 0]
    desk.settings(max_documents=0)
    assert desk.digest() == desk.fresh_digest()


def test_a_stop_keeps_what_is_done(desk: Desk) -> None:
    fill(desk, 30)
    flag = StopFlag()
    parse = desk.parser.parse

    def stop_soon(*args: object, **options: object) -> object:
        if len(desk.parser.read) == 10:
            flag.set()
        return parse(*args, **options)  # type: ignore[arg-type]

    desk.parser.parse = stop_soon  # type: ignore[assignment, method-assign]
    night = desk.night(stop=flag)
    assert night.report.interrupted
    assert len(desk.parser.read) < 30
    desk.night()
    assert counts(desk.night()) == {"unchanged": 30}
    assert desk.digest() == desk.fresh_digest()


def test_a_stop_during_the_survey_changes_nothing(desk: Desk) -> None:
    fill(desk, 6)
    desk.night()
    before = desk.digest()
    (desk.source / "part1" / "001.txt").rename(desk.source / "moved.txt")
    flag = StopFlag()
    flag.set()
    assert desk.night(stop=flag).report.interrupted
    assert desk.digest() == before
    assert counts(desk.night()) == {"moved": 1, "unchanged": 5}


# A pipeline that is edited -------------------------------------------------------------------------------------------


def test_an_edit_is_listed_and_done_only_when_asked_for(desk: Desk) -> None:
    fill(desk, 6)
    desk.night()
    read = len(desk.parser.read)
    desk.pipeline = replace(desk.pipeline, loaders=replace(desk.pipeline.loaders, chunk_tokens=99))
    night = desk.night()
    assert counts(night) == {"unchanged": 6}
    assert len(desk.parser.read) == read
    assert night.plan.stale == 6
    (edit,) = night.plan.edited
    assert edit.startswith("loaders.chunk_tokens: ")
    assert "--refresh" in edit
    assert desk.night().plan.stale == 6, "still told on the next night"
    asked = desk.asked()
    assert counts(desk.night(refresh=True)) == {"changed": 6}
    assert len(desk.parser.read) == read + 6
    assert desk.asked() == asked, "read again, not embedded again"
    last = desk.night()
    assert (counts(last), last.plan.stale, last.plan.edited) == ({"unchanged": 6}, 0, ())


def test_files_that_are_not_wanted_any_more_leave_with_a_refresh(desk: Desk) -> None:
    fill(desk, 9)
    desk.night()
    desk.sources(paths=(str(desk.source),), exclude=("part0/", "004.txt"))
    night = desk.night()
    assert counts(night) == {"unchanged": 5}
    assert night.plan.outside == 4
    assert len(desk.uris()) == 9
    assert desk.night().plan.outside == 4
    assert counts(desk.night(refresh=True)) == {"deleted": 4, "unchanged": 5}
    assert len(desk.uris()) == 5


# Several sources -----------------------------------------------------------------------------------------------------


def test_several_sources_with_their_own_patterns(desk: Desk) -> None:
    for name in ("a.txt", "a.md", "deep/b.txt"):
        desk.write(f"one/{name}", f"one {name}")
        desk.write(f"two/{name}", f"two {name}")
    (desk.root / "alone.txt").write_text("alone", encoding="utf-8")
    desk.sources(
        Place(path=str(desk.source / "one"), name="first", include=("*.txt",)),
        Place(path=str(desk.source / "two"), name="second", exclude=("deep/",)),
        Place(path=str(desk.root / "alone.txt")),
    )
    desk.night()
    assert desk.uris() == ["alone.txt", "first/a.txt", "first/deep/b.txt", "second/a.md", "second/a.txt"]
    (desk.source / "one" / "a.txt").unlink()
    assert counts(desk.night()) == {"deleted": 1, "unchanged": 4}


def test_places_come_back_from_the_saved_pipeline(desk: Desk) -> None:
    desk.sources(
        Place(path="/a", name="x", include=("*.txt",), options=("a.b=1",)),
        Place(path="/b", file_list=True, allow_empty=True),
        paths=("c",),
    )
    assert parse_pipeline(desk.pipeline.to_toml()).sources == desk.pipeline.sources


def test_a_list_of_files(desk: Desk) -> None:
    fill(desk, 6)
    listing = desk.root / "list.txt"
    listing.write_text("source/part0/000.txt\nsource/part1/001.txt\nsource/part2/002.txt\n", encoding="utf-8")
    desk.sources(Place(path=str(listing), file_list=True))
    assert counts(desk.night()) == {"added": 3}
    assert desk.uris() == ["source/part0/000.txt", "source/part1/001.txt", "source/part2/002.txt"]
    listing.write_bytes(b"source/part0/000.txt\0source/part2/005.txt\0source/part2/002.txt")
    (desk.source / "part2" / "002.txt").unlink()
    night = desk.night()
    assert counts(night) == {"added": 1, "deleted": 2, "failed": 1, "unchanged": 1}
    assert "and not there" in night.report.failures[0].reason
    listing.unlink()
    night = desk.night
    (desk.source / "part0" / "000.txt").write_text("other words", encoding="utf-8")
    with pytest.raises(Exception, match="no such folder or file"):
        night()
    assert len(desk.uris()) == 2


def test_a_pipeline_without_sources_says_so(desk: Desk) -> None:
    desk.sources()
    with pytest.raises(UsageError, match=r"names no sources; say in \[sources\]"):
        desk.night()


# A long life ---------------------------------------------------------------------------------------------------------


def test_a_random_life_equals_a_fresh_build(desk: Desk) -> None:
    """Adds, edits, moves, copies, deletions and restarts, against a dict of what should be there."""
    rng = random.Random(7)
    expected: dict[str, str] = {}
    desk.settings(guard_documents=1000)
    desk.write("anchor.txt", "anchor")
    expected["anchor.txt"] = "anchor"
    for night in range(12):
        for _ in range(rng.randint(0, 8)):
            change_something(desk, rng, expected)
        desk.night()
        with desk.open() as docs:
            found = {document.uri: next(docs.items(document.uri)).text for document in docs.documents()}
        assert found == expected, f"night {night}"
    assert desk.open().verify(deep=True).ok
    assert desk.digest() == desk.fresh_digest()


def change_something(desk: Desk, rng: random.Random, expected: dict[str, str]) -> None:
    name = f"f{rng.randrange(3)}/{rng.randrange(12)}.txt"
    what = rng.choice(["write", "write", "move", "copy", "delete"])
    old = rng.choice(sorted(expected))
    if what == "write":
        expected[name] = f"words {rng.randrange(20)}"
        desk.write(name, expected[name])
    elif old == "anchor.txt":
        return
    elif what == "delete":
        (desk.source / old).unlink()
        del expected[old]
    elif what == "copy":
        expected[name] = expected[old]
        desk.write(name, expected[old])
    elif name != old:
        (desk.source / name).parent.mkdir(exist_ok=True)
        (desk.source / old).replace(desk.source / name)
        expected[name] = expected.pop(old)


def test_the_plan_says_what_a_night_then_does(desk: Desk) -> None:
    fill(desk, 8)
    plan = desk.open().plan_sync()
    assert plan.counts["new"] == 8
    assert not desk.folder.exists(), "a plan makes nothing"
    assert plan.estimate.seconds is None
    desk.night()
    desk.write("part0/000.txt", "Changed words.")
    (desk.source / "part1" / "001.txt").rename(desk.source / "moved.txt")
    (desk.source / "part2" / "002.txt").unlink()
    desk.write("empty.txt", "")
    before = desk.digest()
    plan = desk.open().plan_sync()
    assert plan.counts == {
        "new": 1,
        "changed": 1,
        "moved": 1,
        "deleted": 1,
        "failed_before": 0,
        "unchanged": 5,
        "protected": 0,
        "stale": 0,
    }
    assert plan.estimate.seconds is not None
    assert "measured over" in plan.estimate.basis
    assert desk.digest() == before
    night = desk.night(plan=plan)
    assert counts(night) == {"changed": 1, "moved": 1, "deleted": 1, "unchanged": 5, "failed": 1}
    assert [entry.uri for entry in desk.open().plan_sync().of(Change.FAILED_BEFORE)] == ["empty.txt"]
