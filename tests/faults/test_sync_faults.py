"""What a night must never mistake for a deletion, and what no kill, race or hostile clock may break."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ragmm.config import Place
from ragmm.errors import StorageError, WriterBusyError
from ragmm.indexes import fsio
from ragmm.indexes.store.store import Store
from ragmm.isolation import spool
from ragmm.pipelines.ingest.quarantine import struck
from tests.faults.disk import Counter, CrashAt
from tests.unit.sync_desk import Desk, counts, filled_desk


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with filled_desk(monkeypatch, 12) as desk:
        yield desk


def unreadable(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """These folders cannot be listed; root may list everything, so the refusal comes from a stand-in."""
    scan = os.scandir

    def refusing(path: Any = ".") -> Any:
        if os.path.basename(os.fspath(path)) in names:
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)


# What could not be listed --------------------------------------------------------------------------------------------


def test_what_cannot_be_listed_is_not_deleted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write("part1/deep/a.txt", "Deep words.")
    desk.night()
    with monkeypatch.context() as refused:
        unreadable(refused, "part1")
        for _ in range(2):
            night = desk.night(allow_mass_delete=True)
            assert counts(night) == {"failed": 1, "unchanged": 8}
            assert night.plan.protected == 5
            assert night.exit_code == 10
    assert len(desk.uris()) == 13
    assert counts(desk.night()) == {"unchanged": 13}


def test_a_folder_that_vanishes_during_the_walk_is_not_deleted_tonight(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.night()
    scan = os.scandir

    def vanishing(path: Any = ".") -> Any:
        if os.path.basename(os.fspath(path)) == "part1":
            raise FileNotFoundError(2, "No such file or directory", path)
        return scan(path)

    with monkeypatch.context() as gone:
        gone.setattr(os, "scandir", vanishing)
        assert desk.night().plan.protected == 4
    assert len(desk.uris()) == 12


def test_a_file_whose_stamp_cannot_be_read_is_not_deleted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.night()
    real = os.scandir

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.path, self.is_dir, self.is_symlink = entry.name, entry.path, entry.is_dir, entry.is_symlink
            self._entry = entry

        def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
            if self.name == "004.txt":
                raise OSError(5, "Input/output error")
            return self._entry.stat(follow_symlinks=follow_symlinks)

    class Listing:
        def __init__(self, path: Any) -> None:
            self.inner = real(path)

        def __enter__(self) -> Iterator[Entry]:
            return map(Entry, self.inner.__enter__())

        def __exit__(self, *error: Any) -> None:
            self.inner.close()

    with monkeypatch.context() as broken:
        broken.setattr(os, "scandir", Listing)
        night = desk.night()
        assert (night.plan.protected, night.plan.unlisted) == (1, (str(desk.source / "part1" / "004.txt"),))
    assert len(desk.uris()) == 12


def test_a_missing_root_beside_others_is_protected(desk: Desk) -> None:
    desk.sources(Place(path=str(desk.source / "part0")), Place(path=str(desk.source / "part1")))
    desk.night()
    (desk.source / "part1").rename(desk.root / "elsewhere")
    night = desk.night(allow_mass_delete=True)
    assert (night.plan.protected, night.exit_code) == (4, 10)
    assert len(desk.uris()) == 8


def test_no_root_at_all_ends_the_night(desk: Desk) -> None:
    desk.night()
    desk.source.rename(desk.root / "elsewhere")
    generation = desk.open().generation
    with pytest.raises(StorageError, match="is a disk not mounted"):
        desk.night(allow_mass_delete=True)
    assert desk.open().generation == generation


def test_an_empty_root_is_taken_for_an_unmounted_disk(desk: Desk) -> None:
    desk.night()
    desk.source.rename(desk.root / "elsewhere")
    desk.source.mkdir()
    for _ in range(2):
        night = desk.night()
        assert night.exit_code == 31
        assert "holds nothing, and 12 documents came from it; is it mounted?" in night.refused
        assert len(desk.uris()) == 12
    assert counts(desk.night(allow_mass_delete=True)) == {"deleted": 12}


def test_an_empty_root_may_be_allowed(desk: Desk) -> None:
    desk.sources(Place(path=str(desk.source), allow_empty=True))
    desk.settings(guard_documents=100)
    desk.night()
    for path in desk.source.rglob("*.txt"):
        path.unlink()
    assert counts(desk.night()) == {"deleted": 12}


@pytest.mark.parametrize(("documents", "allowed"), [(12, 5), (40, 8)])
def test_the_guard_is_the_more_of_a_number_and_a_share(desk: Desk, documents: int, allowed: int) -> None:
    for number in range(12, documents):
        desk.write(f"part0/{number:03}.txt", f"Document {number}.")
    desk.night()
    files = sorted(desk.source.rglob("*.txt"))
    for path in files[: allowed + 1]:
        path.unlink()
    night = desk.night()
    assert night.exit_code == 31
    assert len(desk.uris()) == documents
    assert desk.night().exit_code == 31, "nor on the next night"
    files[0].write_text("Back again.", encoding="utf-8")
    assert counts(desk.night())["deleted"] == allowed


def test_moves_are_no_deletions(desk: Desk) -> None:
    desk.night()
    read, asked = len(desk.parser.read), desk.asked()
    desk.source.joinpath("part0").rename(desk.source / "elsewhere")
    desk.source.joinpath("part1").rename(desk.source / "elsewhere" / "part1")
    assert counts(desk.night()) == {"moved": 8, "unchanged": 4}
    assert (len(desk.parser.read), desk.asked()) == (read, asked)


# Kills and races -----------------------------------------------------------------------------------------------------


def in_child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def change_day(desk: Desk) -> None:
    desk.write("part0/000.txt", "Changed words.")
    desk.write("new.txt", "New words.")
    (desk.source / "part1" / "001.txt").unlink()
    (desk.source / "part2" / "002.txt").rename(desk.source / "moved.txt")


def test_a_night_killed_at_any_step_is_finished_by_the_next(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    desk.settings(guard_documents=100)
    desk.night()
    change_day(desk)
    before = desk.root / "before"
    subprocess.run(["cp", "-a", str(desk.folder), str(before)], check=True)
    counter = Counter()
    with fsio.observe(counter):
        desk.night()
    expected, steps = desk.digest(), counter.steps
    record_property("crash points", steps)
    assert steps > 5
    for at in range(1, steps + 1, 1 if os.environ.get("RAGMM_KILLS") else 5):
        subprocess.run(["rm", "-rf", str(desk.folder)], check=True)
        subprocess.run(["cp", "-a", str(before), str(desk.folder)], check=True)

        def cut(at: int = at) -> None:
            with fsio.observe(CrashAt(at)):
                desk.night()

        in_child(cut)
        assert desk.open().verify(deep=True).ok
        desk.night()
        assert desk.digest() == expected, f"a crash at step {at} of {steps}"
        assert counts(desk.night()) == {"unchanged": 12}


def test_a_document_that_takes_the_night_down_is_suspected(desk: Desk) -> None:
    """The strike is written before parsing starts: the night that dies of a document knows it the next time."""
    desk.write("part0/deadly.txt", "The night never came back.")
    parse = desk.parser.parse

    def deadly(file: Path, name: str = "", *, root: Path | None = None) -> Any:
        if name.endswith("deadly.txt"):
            os.kill(os.getpid(), signal.SIGKILL)
        return parse(file, name, root=root)

    desk.parser.parse = deadly  # type: ignore[method-assign]
    killed = 0
    while in_child(lambda: desk.night() and None) == -signal.SIGKILL:
        killed += 1
        assert killed < 10
    assert killed <= 5
    assert [one.cuts >= 1 for one in struck(Store(desk.folder)) if one.path.endswith("deadly.txt")] == [True]
    assert len([uri for uri in desk.uris() if "deadly" not in uri]) == 12
    desk.write("part0/deadly.txt", "Mended.")
    desk.parser.parse = parse  # type: ignore[method-assign]
    assert counts(desk.night())["unchanged"] == 12
    assert "Mended." in desk.texts()


def test_a_file_that_is_rewritten_under_the_reader_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.write("busy.txt", "old " * 20)
    read, rewritten = spool._read, []

    def rewriting(descriptor: int, size: int) -> bytes:
        data = read(descriptor, size)
        if len(rewritten) < 2 and os.path.samestat(os.fstat(descriptor), path.stat()):
            rewritten.append(True)
            with path.open("r+b") as file:  # in place, to the same length
                file.write(f"new{len(rewritten)} ".encode() * 16)
        return data

    monkeypatch.setattr(spool, "_BLOCK", 16)
    monkeypatch.setattr(spool, "_read", rewriting)
    desk.night()
    with desk.open() as docs:
        assert [item.text for item in docs.items("busy.txt")] == [("new2 " * 16).strip()]


def test_a_file_that_changes_while_it_is_read_is_one_whole_version(desk: Desk) -> None:
    path = desk.write("busy.txt", "version 0 " * 500)
    stop = threading.Event()

    def scribble() -> None:
        number = 0
        while not stop.is_set():
            number = (number + 1) % 50
            path.write_text(f"version {number} " * 500, encoding="utf-8")
            time.sleep(0.001)

    writer = threading.Thread(target=scribble)
    writer.start()
    try:
        for _ in range(10):
            desk.night()
            with desk.open() as docs:
                words = {word for item in docs.items("busy.txt") for word in item.text.split()} - {"version"}
            assert len(words) <= 1, "one version, or none"
    finally:
        stop.set()
        writer.join()
    desk.settings(retries=10)
    desk.write("busy.txt", "The last version.")
    desk.night()
    with desk.open() as docs:
        assert [item.text for item in docs.items("busy.txt")] == ["The last version."]


_NIGHT = """
import sys
from ragmm.errors import WriterBusyError
from ragmm.indexes.store.store import Store
from ragmm.isolation import spool
from pathlib import Path
import time
try:
    with Store(Path(sys.argv[1])).writer("sync"):
        print("held", flush=True)
        time.sleep(30)
except WriterBusyError:
    sys.exit(75)
"""


def test_of_several_nights_at_once_one_works(desk: Desk) -> None:
    desk.night()
    held = subprocess.Popen([sys.executable, "-c", _NIGHT, str(desk.folder)], stdout=subprocess.PIPE, text=True)
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    before, began = desk.digest(), time.monotonic()
    desk.write("new.txt", "New words.")
    for _ in range(3):
        with pytest.raises(WriterBusyError):
            desk.night()
    assert time.monotonic() - began < 3.0
    assert desk.digest() == before
    held.kill()
    held.communicate()
    assert counts(desk.night())["added"] == 1, "free at once after a kill"
