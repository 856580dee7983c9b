"""Index files altered together with their checksums: refused, or searched without harm and without lies."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ragmm.errors import DamagedError
from ragmm.indexes.faiss import files
from ragmm.indexes.faiss.building import build
from ragmm.indexes.faiss.index import AnnIndex
from ragmm.indexes.faiss.library import reading_limits
from ragmm.indexes.faiss.searchers import CpuSearcher
from ragmm.indexes.faiss.spec import Method

faiss = pytest.importorskip("faiss")

DIM, ROWS, MUTANTS = 16, 400, 500


def rows_of(seed: int, count: int = ROWS) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """A flipped bit, a byte of all ones, a cut, or a doubled stretch."""
    at = dice.randrange(len(data)) if dice.random() < 0.5 else dice.randrange(min(200, len(data)))
    kind = dice.randrange(4)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + b"\xff" * 8 + data[at + 8 :]
    return data[:at] if kind == 2 else data[:at] + data[at : at + 64] + data[at:]


def attempt(folder: Path, method: Method, data: bytes, rows: np.ndarray) -> bool:
    """Whether the file was refused. What is searched gives live rows with their true scores."""
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / "ann" / f"{sha256}.faiss").write_bytes(data)
    ids = np.arange(ROWS)
    derived = files.Derived(space=1, kind="text", method=method, sha256=sha256, size=len(data), ids=ids)
    try:
        opened = files.open_index(folder, derived, DIM)
    except DamagedError:
        return True
    index = AnnIndex(DIM, method)
    index.add(ids, rows)
    index.attach(CpuSearcher(opened), ids)
    query = rows_of(9, 1)
    found, scores = index.search(query, 10)
    np.testing.assert_allclose(scores[0], rows[found[0]] @ query[0], atol=1e-5)
    return False


def all_of(folder: Path, method: Method, seed: int) -> None:
    faiss.omp_set_num_threads(1)
    rows, dice = rows_of(1), random.Random(seed)
    data = faiss.serialize_index(build(method, [rows], DIM)).tobytes()
    (folder / "ann").mkdir()
    assert not attempt(folder, method, data, rows), "as it was built it is searched"
    assert sum(attempt(folder, method, mutated(data, dice), rows) for _ in range(MUTANTS)) > MUTANTS // 10


@pytest.mark.faults
@pytest.mark.parametrize("method", [Method.IVF, Method.IVF_SQ8, Method.HNSW])
def test_mutants_do_no_harm(method: Method, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            all_of(tmp_path, method, seed=4)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    record_property("altered index files", MUTANTS)


def test_what_a_file_may_allocate_is_bounded_while_it_is_read() -> None:
    before = faiss.get_deserialization_vector_byte_limit(), faiss.get_deserialization_loop_limit()
    with reading_limits(1_000):
        assert faiss.get_deserialization_vector_byte_limit() == 1_000
        assert 0 < faiss.get_deserialization_loop_limit() < 1 << 40
    assert (faiss.get_deserialization_vector_byte_limit(), faiss.get_deserialization_loop_limit()) == before
