"""One writer at a time, readers without locks, and nothing lost when any of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.errors import WriterBusyError
from ragmm.indexes.contracts import unit_rows
from ragmm.indexes.store import copying
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_search import find_items
from ragmm.types import DocumentState
from tests.faults import reader, scenes

COMMITS = 100
READERS = 4

_HOLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_search import find_items
with Store(Path(sys.argv[1])).writer("hold"):
    print("held", flush=True)
    time.sleep(60)
"""


def run(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), os.getcwd()],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_second_writer_is_refused_at_once_and_served_after_a_kill(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    holder = run(_HOLD, store.folder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    digest, began = store.digest(), time.monotonic()
    with pytest.raises(WriterBusyError, match=f"process {holder.pid} on") as refused, store.writer("second"):
        pass
    assert time.monotonic() - began < 1.0
    assert refused.value.exit_code == 75
    holder.kill()
    holder.wait()
    scenes.second_day(store, scenes.silent)
    assert store.digest() != digest
    holder.stdout.close()
    assert holder.stderr is not None
    holder.stderr.close()


def test_two_writers_in_one_process(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    with store.writer("first"), pytest.raises(WriterBusyError), Store(store.folder).writer("second"):
        pass


def test_readers_see_whole_generations_while_they_change(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Every commit replaces every document; each reader checks that its hits are of the generation it opened."""
    store = Store(tmp_path / "collection")
    wanted = [f"doc{n}" for n in range(6)]

    def commit(version: int) -> None:
        with store.writer("test", create=True) as writer:
            writer.ensure_space("shared", scenes.INFO)
            writer.commit([scenes.document(name, version) for name in wanted])

    commit(0)
    readers = reader.reading(store.folder, READERS)
    try:
        for version in range(1, COMMITS):
            commit(version)
    finally:
        reader.stop(store.folder)
    asked = sum(seen.reads for seen in reader.results(readers))
    record_property("reads during commits", asked)
    assert asked >= READERS
    assert len(store.snapshot().blocks) <= 16
    assert all(one.state is DocumentState.INDEXED for one in store.snapshot().documents())


def test_reader_keeps_its_generation_through_compaction_and_collection(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    reader = store.snapshot()
    index = reader.index("shared", "text")
    query = unit_rows(scenes.vector("doc2 v0 passage 0 speaks of topic0")[None])
    before = index.search(query, 5)
    scenes.second_day(store, scenes.silent)
    store.compact()
    after = index.search(query, 5)
    assert before[0][0].tolist() == after[0][0].tolist()
    assert reader.fetch(after[0][0])[0].text == "doc2 v0 passage 0 speaks of topic0"
    assert reader.generation < store.snapshot().generation
    assert reader.newest_generation() == store.snapshot().generation


def test_readers_in_threads(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    snapshot = store.snapshot()
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for number in range(30):
                assert len(find_items(snapshot, f"topic{number % 3}", 5)) == 5
                assert len(list(snapshot.items())) == 24
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_readers_need_not_wait_for_a_large_transaction(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    snapshot = store.snapshot()
    snapshot.read(lambda connection: connection.execute("PRAGMA busy_timeout = 0"))
    with store.writer("large") as writer:
        writer.connection.execute("PRAGMA cache_size = 1")
        writer.connection.execute("BEGIN IMMEDIATE")
        writer.connection.execute("UPDATE items SET text = text || ' half done'")
        writer.connection.execute("UPDATE documents SET reason = 'half done'")
        assert len(list(snapshot.items())) == 24
        writer.connection.execute("ROLLBACK")


_CUT_IN_MID_COMMIT = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_search import find_items
with Store(Path(sys.argv[1])).writer("cut") as writer:
    writer.connection.execute("PRAGMA cache_size = 1")
    writer.connection.execute("PRAGMA cache_spill = ON")     # pages reach the file before COMMIT, as in its midst
    writer.connection.execute("BEGIN IMMEDIATE")
    writer.connection.execute("UPDATE items SET text = text || ' half done'")
    writer.connection.execute("UPDATE documents SET reason = 'half done'")
    os._exit(137)
"""


def test_a_writer_killed_in_the_midst_of_sqlites_commit(tmp_path: Path) -> None:
    """A hot journal lies there: whoever reads next, or is reading already, sees the generation before."""
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    digest, reader = store.digest(vectors=True), store.snapshot()
    for _ in range(2):
        process = run(_CUT_IN_MID_COMMIT, store.folder)
        process.communicate()
        assert (store.folder / "collection.db-journal").stat().st_size > 0
        assert len(list(reader.items())) == 24, "the open reader goes on"
        process = run(_CUT_IN_MID_COMMIT, store.folder)
        process.communicate()
        assert store.verify(deep=True).ok
        assert store.digest(vectors=True) == digest
    scenes.second_day(store, scenes.silent)
    assert store.verify(deep=True).ok


@pytest.mark.row("R26")
def test_a_copy_of_a_commit_that_was_cut_short_is_the_generation_before(tmp_path: Path) -> None:
    """Half of the commit's pages stand in the database, and only its journal says which."""
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    digest = store.digest(vectors=True)
    run(_CUT_IN_MID_COMMIT, store.folder).communicate()
    assert (store.folder / "collection.db-journal").stat().st_size > 0
    copy = Store(copying.copy_to(store.folder, tmp_path / "copy"))
    assert copy.verify(deep=True).ok
    assert copy.digest(vectors=True) == digest


def test_sigkill_leaves_no_lock(tmp_path: Path) -> None:
    store = scenes.prepared(tmp_path / "collection", (scenes.first_ingest,))
    holder = run(_HOLD, store.folder)
    assert holder.stdout is not None
    holder.stdout.readline()
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    with store.writer("after"):
        pass
