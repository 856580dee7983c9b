"""A collection that cannot be written to answers, and refuses work at once instead of after hours of it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ragmm.errors import StorageError
from ragmm.indexes import fsio
from ragmm.indexes.store.store import Store
from tests.faults import scenes
from tests.faults.disk import FailAt

pytestmark = pytest.mark.row("R5")

_LOOK = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import ragmm
from ragmm.errors import StorageError
from ragmm.loaders import parser
from ragmm.testing import FakeEmbedder
if __name__ == "__main__":
    def started(*_):
        raise AssertionError("a parser was started")
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(name="words")})
    folder = Path(sys.argv[1])
    with ragmm.open(folder / "collection", models=models) as docs:
        assert docs.search("zeppelins")[0].item.uri == "a.txt"
        assert docs.verify(deep=True).ok
        digest = docs.digest(vectors=True)
        parser.ParserPool.parse = started
        for work in (lambda: docs.ingest([folder / "source"]), lambda: docs.rollback(1), docs.compact,
                     lambda: docs.remove(["a.txt"])):
            began = time.monotonic()
            try:
                work()
            except StorageError as error:
                assert error.exit_code == 30, error
            else:
                raise AssertionError("it was written to")
            assert time.monotonic() - began < 1.0 * float(sys.argv[3])
        assert docs.digest(vectors=True) == digest
    print("read, and refused")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import ragmm
    from ragmm.testing import FakeEmbedder

    source = tmp_path / "source"
    source.mkdir()
    (source / "a.txt").write_text("a word about zeppelins", encoding="utf-8")
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(name="words")})
    with ragmm.create(tmp_path / "collection", models=models) as docs:
        docs.ingest([source])
    (source / "b.txt").write_text("something new", encoding="utf-8")
    return tmp_path


def run(folder: Path, *before: str) -> subprocess.CompletedProcess[str]:
    slack = str(1 + os.getloadavg()[0] / (os.cpu_count() or 1))
    return subprocess.run(
        [*before, sys.executable, "-c", _LOOK, str(folder), os.getcwd(), slack],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_a_file_system_mounted_read_only(folder: Path) -> None:
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    result = run(
        folder, "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(folder / "collection")
    )
    if "unshare" in result.stderr or "mount:" in result.stderr:
        pytest.skip("this machine gives no mount namespace to an ordinary user")
    assert result.stdout == "read, and refused\n", result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to read-only folders")
def test_a_folder_without_permission_to_write(folder: Path) -> None:
    collection = folder / "collection"
    everything = [collection, *collection.rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    for path in everything:
        path.chmod(modes[path] & ~0o222)
    try:
        result = run(folder)
    finally:
        for path in everything:
            path.chmod(modes[path])
    assert result.stdout == "read, and refused\n", result.stderr


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EDQUOT], ids=errno.errorcode.get)
def test_the_first_refusal_ends_it(number: int, tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    digest, began = store.digest(vectors=True), time.monotonic()
    with fsio.observe(FailAt(1, number)), pytest.raises(StorageError) as refused:
        scenes.second_day(Store(store.folder), scenes.silent)
    assert refused.value.exit_code == 30
    assert os.strerror(number) in str(refused.value)
    assert time.monotonic() - began < 10
    assert store.digest(vectors=True) == digest
