"""Index files beside the blocks: built, searched, kept in step, and never trusted further than their checksum."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ragmm.errors import DamagedError, MissingExtraError
from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.exact import ExactIndex
from ragmm.indexes.faiss import building, files, spec
from ragmm.indexes.faiss.flat import FlatIndex
from ragmm.indexes.faiss.gpu import GpuSearcher, find_gpu, placed
from ragmm.indexes.faiss.index import AnnIndex
from ragmm.indexes.faiss.searchers import CpuSearcher
from ragmm.indexes.faiss.spec import Method, Policy
from ragmm.indexes.records import Built
from ragmm.indexes.store import search_files, search_records, search_upkeep
from ragmm.indexes.store.store import Store
from ragmm.types import Item, MediaKind, Modality, ModelInfo
from tests.contracts.vector_back_ends import PretendedGpu

faiss = pytest.importorskip("faiss")

DIM = 16
INFO = ModelInfo(name="fake", revision="1", fingerprint="f" * 64, kinds=frozenset({MediaKind.TEXT}), dim=DIM)
EAGER = Policy(fresh_rows=50, fresh_share=0.1, dead_share=0.2)


def document(name: str, passages: int = 10) -> PreparedDocument:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    rows = np.random.default_rng(seed).standard_normal((passages, DIM)).astype(np.float32)
    items = [
        PreparedItem(
            item=Item(modality=Modality.PASSAGE, text=f"{name} {number}"),
            vectors=(Vector(space="text", kind=MediaKind.TEXT, key=f"{name}{number:>8}".encode()[-16:], row=row),),
        )
        for number, row in enumerate(rows)
    ]
    return PreparedDocument(
        path=f"/source/{name}",
        uri=name,
        size=1,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        media_type="text/plain",
        parser="test",
        items=items,
    )


def bring(store: Store, names: Sequence[str], removed: Sequence[str] = ()) -> None:
    with store.writer("test", create=True) as writer:
        writer.ensure_space("text", INFO)
        writer.commit([document(name) for name in names], removed=[f"/source/{name}" for name in removed])


def refresh(store: Store, kind: str = "ivf", policy: Policy = EAGER) -> list[Built]:
    with store.writer("index") as writer:
        return search_upkeep.refresh(writer, kind, policy=policy)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "collection")
    bring(made, [f"d{number}" for number in range(40)])
    return made


def found(store: Store, queries: np.ndarray, k: int = 10) -> tuple[list[list[int]], type, list[str]]:
    """Ids, the kind of index, and what it had to say; and the ids are those of the exact search."""
    with closing(store.snapshot()) as snapshot:
        index = snapshot.index("text", "text")
        ids, scores = index.search(queries, k)
        exact = ExactIndex(DIM)
        for block, rows in snapshot.open_blocks("text", "text"):
            exact.add(block.ids, rows)
            exact.remove(snapshot.dead_among(block.ids))
        expected, expected_scores = exact.search(queries, k)
        assert [one.tolist() for one in ids] == [one.tolist() for one in expected]
        np.testing.assert_allclose(np.concatenate(scores), np.concatenate(expected_scores), atol=1e-6)
        return [one.tolist() for one in ids], type(index), snapshot.notices


def queries(count: int = 5) -> np.ndarray:
    rows = np.random.default_rng(5).standard_normal((count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def the_file(store: Store) -> Path:
    (path,) = (store.folder / "ann").iterdir()
    return path


@pytest.mark.parametrize("kind", [str(method) for method in Method])
def test_every_kind_is_built_opened_and_right(store: Store, kind: str) -> None:
    built = refresh(store, kind)
    assert [one.rows for one in built] == ([] if kind == "flat" else [400])
    assert found(store, queries())[1:] == (FlatIndex if kind == "flat" else AnnIndex, [])
    assert refresh(store, kind) == []
    assert store.verify(deep=True).ok


def test_new_and_removed_rows_are_seen_before_the_index_is_built_again(store: Store) -> None:
    refresh(store)
    before = the_file(store)
    bring(store, ["new1", "new2"], removed=["d3"])
    assert refresh(store) == []
    assert the_file(store) == before
    assert found(store, queries(50))[1] is AnnIndex
    with closing(store.snapshot()) as snapshot:
        ids, _ = snapshot.index("text", "text").search(queries(1), 1000)
    alive = set(range(1, 421)) - set(range(31, 41))  # those were d3's
    assert set(ids[0].tolist()) == alive


def test_an_index_grown_old_is_replaced_and_its_file_goes(store: Store) -> None:
    refresh(store)
    before = the_file(store)
    bring(store, [f"new{number}" for number in range(6)])
    (built,) = refresh(store)
    assert built.why.startswith("60 rows are new")
    assert the_file(store) != before
    bring(store, [], removed=[f"d{number}" for number in range(12)])
    (built,) = refresh(store)
    assert "120 are gone" in built.why
    assert found(store, queries())[1] is AnnIndex


def test_an_older_generation_is_searched_through_a_newer_index(store: Store) -> None:
    generation = store.history()[0].id
    bring(store, ["late"], removed=["d0"])
    refresh(store)
    with closing(store.snapshot(generation)) as old:
        ids, _ = old.index("text", "text").search(queries(1), 400)
        assert sorted(ids[0].tolist()) == list(range(1, 401))


def test_another_kind_in_the_settings_and_back_to_exact(store: Store) -> None:
    refresh(store, "ivf")
    assert [one.why for one in refresh(store, "hnsw")] == ["it was ivf"]
    assert refresh(store, "exact") == []
    assert list((store.folder / "ann").iterdir()) == []
    assert found(store, queries())[1] is FlatIndex  # by whoever has imported FAISS and does not ask for NumPy


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [cut, flip, empty, Path.unlink])
def test_a_damaged_file_is_never_read_but_reported_and_built_again(
    store: Store, harm: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(store)
    path = the_file(store)
    path.chmod(0o600)
    harm(path)  # type: ignore[operator]
    with monkeypatch.context() as patch:
        patch.setattr(faiss, "read_index", lambda *_: pytest.fail("FAISS saw a byte of it"))
        _, kind, notices = found(store, queries())
    assert kind is ExactIndex
    assert len(notices) == 1
    assert path.name in notices[0]
    assert "repair" in notices[0]
    report = store.verify(deep=True)
    assert [(one.kind, Path(one.file).name) for one in report.problems] == [("index", path.name)]
    assert len(refresh(store)) == 1
    assert found(store, queries())[1:] == (AnnIndex, [])
    assert store.verify(deep=True).ok


def test_repair_takes_a_damaged_index_out(store: Store) -> None:
    refresh(store)
    path = the_file(store)
    path.chmod(0o600)
    flip(path)
    report = store.repair(lambda *_: pytest.fail("nothing to embed"))
    assert report.ok
    assert f"ann/{path.name}" in report.aside
    assert found(store, queries())[1:] == (FlatIndex, [])


@pytest.mark.parametrize("other", ["dimension", "rows", "metric", "no index"])
def test_a_sealed_file_that_is_another_index_is_refused(store: Store, other: str) -> None:
    refresh(store)
    rows, ids = np.zeros((400, DIM), np.float32), np.arange(1, 401)
    made = {
        "dimension": lambda: building.build(Method.IVF, [np.zeros((400, 8), np.float32)], 8),
        "rows": lambda: building.build(Method.IVF, [rows[:399]], DIM),
        "metric": lambda: faiss.IndexFlatL2(DIM),
    }
    with store.writer("test") as writer:
        directory = store.folder / files.DIRECTORY
        if other == "no index":
            sealed = files.fsio.publish(directory, ".faiss", [b"IwFl" + b"\xff" * 400], "ann")
        else:
            sealed = files.write_index(directory, made[other]())
        derived = files.Derived(
            space=1, kind="text", method=Method.IVF, sha256=sealed.sha256, size=sealed.size, ids=ids
        )
        search_records.record(writer, derived)
    with pytest.raises(DamagedError, match=sealed.sha256[:12]):
        files.open_index(store.folder, derived, DIM)
    assert found(store, queries())[1] is ExactIndex


def test_a_damaged_id_list_is_noticed(store: Store) -> None:
    refresh(store)
    with store.writer("test") as writer:
        writer.connection.execute("UPDATE ann SET ids = zeroblob(length(ids))")
        writer.changed = True
    assert found(store, queries())[1] is ExactIndex
    assert [one.kind for one in store.verify().problems] == ["index"]
    assert len(refresh(store)) == 1


def test_a_copy_takes_its_indexes_along_and_a_lost_folder_costs_nothing(store: Store, tmp_path: Path) -> None:
    refresh(store)
    copy = Store(store.copy_to(tmp_path / "copy"))
    assert copy.verify(deep=True).ok
    assert found(copy, queries())[1:] == (AnnIndex, [])
    the_file(copy).unlink()
    (copy.folder / "ann").rmdir()
    assert found(copy, queries())[1] is ExactIndex
    assert len(refresh(copy)) == 1


def test_a_build_that_was_cut_short_leaves_nothing(store: Store) -> None:
    refresh(store)
    left = store.folder / "ann" / ".tmp-1-ann.faiss"
    left.write_bytes(b"half")
    refresh(store)
    assert not left.exists()


def test_without_faiss_every_row_is_searched(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(store)
    monkeypatch.setitem(sys.modules, "faiss", None)
    _, kind, notices = found(store, queries())
    assert kind is ExactIndex
    assert "ragmm[cpu]" in notices[0]
    with pytest.raises(MissingExtraError, match=r"ragmm\[cpu\]"):
        refresh(store, "hnsw")


def test_half_precision_rows_are_searched_in_place(tmp_path: Path) -> None:
    store = Store(tmp_path / "halves")
    with store.writer("test", create=True) as writer:
        writer.ensure_space("text", INFO, "float16")
        writer.commit([document(f"d{number}") for number in range(20)])
    refresh(store, "flat")
    assert found(store, queries())[1] is FlatIndex


@pytest.mark.parametrize(
    ("kind", "rows", "dtype", "method"),
    [
        ("auto", 499_999, "float32", None),
        ("auto", 1_000_000, "float32", Method.FLAT),
        ("auto", 1_000_001, "float32", Method.IVF_SQ8),
        ("auto", 50_000, "float16", None),
        ("auto", 150_000, "float16", Method.FLAT),
        ("auto", 5_000, "float16", None),
        ("exact", 10**9, "float32", None),
        ("pq", 10, "float32", Method.PQ),
    ],
)
def test_which_index_a_leg_gets(kind: str, rows: int, dtype: str, method: Method | None) -> None:
    assert spec.choose(kind, rows, dtype) is method


def test_lists_grow_with_the_root_of_the_rows() -> None:
    assert [spec.lists(rows) for rows in (1, 1_000, 100_000, 1_000_000, 100_000_000)] == [1, 16, 256, 1024, 8192]
    assert spec.probes(8) == 8
    assert spec.factory(Method.PQ, 100, 10**6) == "IVF1024,PQ25np"


def test_product_codes_find_most_and_score_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_PER_CODE", 1_000)
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((50, DIM)).astype(np.float32)
    rows = centres[rng.integers(0, 50, 2_000)] + 0.3 * rng.standard_normal((2_000, DIM)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = AnnIndex(DIM, Method.PQ)
    index.add(np.arange(2_000), rows)
    index.rebuild()
    assert type(building.build(Method.PQ, [rows], DIM)).__name__ == "IndexIVFPQ"
    exact = ExactIndex(DIM)
    exact.add(np.arange(2_000), rows)
    seen, scores = index.search(rows[:50], 10)
    expected, _ = exact.search(rows[:50], 10)
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(seen, expected, strict=True)]) >= 0.9
    for query, ids, score in zip(rows[:50], seen, scores, strict=True):
        np.testing.assert_allclose(score, rows[ids] @ query, atol=1e-6)


def test_a_replaced_row_is_found_where_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec, "probes", lambda _: 1)
    rows = np.random.default_rng(3).standard_normal((3_000, DIM)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = AnnIndex(DIM, Method.IVF)
    index.add(np.arange(3_000), rows)
    index.rebuild()
    moved = np.arange(0, 3_000, 30)
    index.remove(moved)
    index.add(moved, -rows[moved])
    seen, _ = index.search(-rows[moved], 1)
    assert [one.tolist() for one in seen] == [[one] for one in moved.tolist()]


def test_rows_that_do_not_fit_on_the_gpu_are_searched_on_the_cpu() -> None:
    rows = np.random.default_rng(3).standard_normal((500, DIM)).astype(np.float32)
    built = building.build(Method.IVF, [rows], DIM)
    searcher, note = placed(built, PretendedGpu(full=True))
    assert isinstance(searcher, CpuSearcher)
    assert note == (
        "the index does not go onto the GPU (Error in GpuMemoryException: alloc fail); it is searched on the CPU"
    )
    gpu = PretendedGpu()
    searcher, note = placed(built, gpu)
    assert (type(searcher), note, gpu.placed) == (GpuSearcher, "", 1)
    assert isinstance(placed(building.build(Method.HNSW, [rows], DIM), gpu)[0], CpuSearcher)


def test_rows_go_up_in_chunks_and_come_back_as_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_ROWS_AT_ONCE", 128)
    rows = np.random.default_rng(3).standard_normal((500, DIM)).astype(np.float32)
    gpu = PretendedGpu()
    assert building.build(Method.IVF_SQ8, [rows[:300], rows[300:]], DIM, gpu).ntotal == 500
    assert gpu.placed == 1


def test_a_gpu_is_found_only_where_faiss_sees_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0)
    assert find_gpu() is None
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 2)
    assert find_gpu() is not None


def test_the_index_of_a_leg_that_ended_goes(store: Store) -> None:
    refresh(store)
    with store.writer("test") as writer:
        kept = search_files.derived_of(writer.connection, 1, "text")
        assert kept is not None
        search_records.record(writer, replace(kept, space=7))
    assert refresh(store) == []
    with store.writer("test") as writer:
        assert [one.space for one in search_files.every_derived(writer.connection)] == [1]
    assert the_file(store).name == kept.file


def test_a_reader_that_comes_between_row_and_file_finds_the_next_index(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(store)
    with closing(store.snapshot()) as snapshot:
        replaced = snapshot.derived()
        refresh(store, "hnsw")
        answers = [replaced, snapshot.derived()]
        monkeypatch.setattr(snapshot, "derived", lambda: answers.pop(0))
        assert type(snapshot.index("text", "text")) is AnnIndex
        assert (answers, snapshot.notices) == ([], [])
