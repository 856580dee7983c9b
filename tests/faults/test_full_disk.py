"""The disk refuses: at every step, with every reason, and for real inside SQLite."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.errors import StorageError
from ragmm.indexes import fsio
from ragmm.indexes.store import transactions
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.writer import Writer
from tests.faults import scenes
from tests.faults.disk import Counter, FailAt
from tests.faults.test_crash import SCENES, check_cut, states_of, steps_of


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("name", SCENES)
def test_error_at_every_step(
    name: str, number: int, quick_path: Path, stride: int, record_property: Callable[[str, object], None]
) -> None:
    before, scene = SCENES[name]
    base = quick_path / "base"
    scenes.prepared(base, before)
    for copy in ("counted", "states"):
        shutil.copytree(base, quick_path / copy) if before else None
    steps = steps_of(quick_path / "counted", scene)
    final = Store(quick_path / "counted").digest(vectors=True)
    digests = states_of(quick_path / "states", scene)
    record_property("refused steps", len(range(0, steps, stride)))
    refusals: list[str] = []
    for at in range(1, steps + 1, stride):
        folder = quick_path / f"full{at}"
        shutil.copytree(base, folder) if before else None
        heard: list[int] = []
        observer = FailAt(at, number)
        try:
            with fsio.observe(observer):
                scene(Store(folder), heard.append)
        except StorageError as error:
            refusals.append(str(error))
        check_cut(Store(folder), heard, digests)
        scene(Store(folder), scenes.silent)
        assert Store(folder).digest(vectors=True) == final, f"resumed after {os.strerror(number)} at step {at}"
        shutil.rmtree(folder)
    assert len(refusals) > 0.8 * steps / stride
    assert all(str(quick_path) in one and "run the same command again" in one for one in refusals)


def test_database_that_cannot_grow(tmp_path: Path) -> None:
    """A real SQLITE_FULL in the middle of the transaction."""
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    digest = store.digest(vectors=True)
    with store.writer("test") as writer:
        writer.ensure_space("shared", scenes.INFO)
        (pages,) = writer.connection.execute("PRAGMA page_count").fetchone()
        writer.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match="free some space"):
            writer.commit([scenes.document("large", passages=2000)])
    assert store.verify(deep=True).ok
    assert store.digest(vectors=True) == digest
    scenes.second_day(store, scenes.silent)
    assert store.verify(deep=True).ok


def test_commit_that_might_fill_the_disk_is_refused_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    files = sorted((tmp_path / "collection" / "blocks").iterdir())
    monkeypatch.setattr(fsio, "free_bytes", lambda path: 4 << 20)
    with pytest.raises(StorageError, match=r"needs .* MB to be safe and 4 MB are free"):
        scenes.second_day(store, scenes.silent)
    assert sorted((tmp_path / "collection" / "blocks").iterdir()) == files


_TINY_DISK = """
import errno, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ragmm.errors import StorageError
from ragmm.indexes import fsio
from ragmm.indexes.store.store import Store
from tests.faults import scenes
fsio.free_bytes = lambda path: None       # as on a file system that does not tell
store = Store(Path(sys.argv[1]) / "collection")
scenes.first_ingest(store, scenes.silent)
digest = store.digest(vectors=True)
try:
    for n in range(100):
        with store.writer("fill") as writer:
            writer.ensure_space("shared", scenes.INFO)
            writer.commit([scenes.document(f"filler{n}", passages=400)])
            digest = store.digest(vectors=True)
except StorageError as error:
    assert "No space" in str(error) or "full" in str(error), error
    assert store.verify(deep=True).ok
    assert store.digest(vectors=True) == digest
    print("full, and whole")
"""


def test_a_file_system_that_is_really_full(tmp_path: Path) -> None:
    """A 2 MB file system of our own, in a mount namespace of our own."""
    command = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$1" -c "$2" "$0" "$3"'
    result = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", command, str(tmp_path), sys.executable,
         _TINY_DISK, os.getcwd()],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    if "unshare" in result.stderr or "mount:" in result.stderr:
        pytest.skip("this machine gives no mount namespace to an ordinary user")
    assert result.stdout == "full, and whole\n", result.stderr


def test_a_commit_that_fails_between_two_statements_leaves_nothing(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    digest, statement = store.digest(vectors=True), "UPDATE documents SET reason = 'half done'"

    def half(writer: Writer) -> None:
        with transactions.commit(writer.connection, writer.database, "generation"):
            assert writer.connection.execute(statement).rowcount > 0
            assert all(one.reason != "half done" for one in store.snapshot().documents())
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with store.writer("test") as writer, pytest.raises(StorageError):
        half(writer)
    assert store.verify(deep=True).ok
    assert store.digest(vectors=True) == digest


class _Garbles(Counter):
    """A disk that takes what it is given and keeps something else."""

    def step(self, operation: str, path: Path, kind: str, data: bytes | None = None) -> None:
        super().step(operation, path, kind, data)
        if (operation, kind) == ("sync", "block"):
            with path.open("r+b", buffering=0) as file:
                file.seek(-4, os.SEEK_END)
                file.write(b"\xff\xff\xff\xff")


def test_a_file_that_does_not_read_back_is_never_named(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    digest = store.digest(vectors=True)
    with fsio.observe(_Garbles()), pytest.raises(StorageError, match="does not read back"):
        scenes.second_day(Store(store.folder), scenes.silent)
    assert store.digest(vectors=True) == digest
    assert store.verify(deep=True).ok
    assert not list(store.folder.rglob(".tmp-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to read-only folders")
def test_read_only_folder_can_be_read_and_refuses_writes(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    store = scenes.prepared(folder, (scenes.first_ingest,))
    digest = store.digest(vectors=True)
    for path in (folder, folder / "blocks"):
        path.chmod(0o500)
    try:
        assert store.digest(vectors=True) == digest
        with pytest.raises(StorageError, match="writable"):
            scenes.second_day(store, scenes.silent)
    finally:
        for path in (folder, folder / "blocks"):
            path.chmod(0o700)
