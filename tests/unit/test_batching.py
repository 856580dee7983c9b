"""Batches: sorted, bounded, restored, halved; windows: whole, fitting, averaged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ragmm.embedders.batching import (
    BatchPlan,
    available_cores,
    batched,
    embed_sorted,
    halving,
    is_out_of_memory,
    length_sorted,
    prefetch,
    stream_sorted,
)
from ragmm.embedders.token_spans import spans_of, spread
from ragmm.embedders.windows import Span, Window, average, cut
from ragmm.testing import FakeEmbedder
from ragmm.text.inert import without_surrogates
from ragmm.types import Role

LENGTHS = st.lists(st.integers(0, 500), max_size=80)


def lengths_of(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[len(text)] for text in texts], dtype=np.float32)


@given(LENGTHS, st.integers(1, 20), st.integers(1, 2_000))
def test_every_position_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int], size: int, tokens: int) -> None:
    plan = BatchPlan(size=size, tokens=tokens)
    batches = list(length_sorted(lengths, plan))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= size
        assert len(batch) == 1 or max(lengths[p] for p in batch) * len(batch) <= tokens


@given(LENGTHS)
def test_batches_go_from_long_to_short(lengths: list[int]) -> None:
    order = [lengths[p] for batch in length_sorted(lengths, BatchPlan(size=4)) for p in batch]
    assert order == sorted(lengths, reverse=True)


@given(st.lists(st.text(max_size=30), max_size=60), st.integers(1, 9))
def test_rows_come_back_in_the_inputs_order(texts: list[str], size: int) -> None:
    rows = embed_sorted(texts, [len(t) for t in texts], lengths_of, dim=1, plan=BatchPlan(size=size))
    assert rows[:, 0].tolist() == [len(text) for text in texts]


def test_a_stream_is_read_one_window_at_a_time() -> None:
    read = 0

    def source() -> Iterator[str]:
        nonlocal read
        for n in range(100):
            read += 1
            yield "x" * (n % 7)

    rows = stream_sorted(source(), len, lengths_of, dim=1, plan=BatchPlan(size=3, window=10))
    assert next(rows).shape == (10, 1)
    assert read == 10
    assert np.concatenate(list(rows))[:, 0].tolist() == [n % 7 for n in range(10, 100)]


def test_a_batch_too_large_for_memory_is_halved_until_it_fits() -> None:
    embedder = FakeEmbedder(dim=8, fail_above=3)
    texts = [f"word{n}" for n in range(13)]
    rows = np.concatenate(list(halving(lambda some: embedder.embed_texts(some, Role.DOCUMENT), texts)))
    np.testing.assert_array_equal(rows, FakeEmbedder(dim=8).embed_texts(texts, Role.DOCUMENT))
    assert max(size for size in embedder.calls if size <= 3) == 3
    assert embedder.calls[0] == 13


def test_a_single_input_too_large_for_memory_is_an_error() -> None:
    embedder = FakeEmbedder(fail_above=0)
    with pytest.raises(MemoryError):
        list(halving(lambda some: embedder.embed_texts(some, Role.DOCUMENT), ["a", "b"]))


def test_another_failure_is_not_retried() -> None:
    calls = 0

    def broken(inputs: Sequence[str]) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        list(halving(broken, ["a", "b", "c"]))
    assert calls == 1


class OutOfMemoryError(RuntimeError):
    """Named as CUDA's."""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("size mismatch"), False),
        (ValueError("out of memory"), False),
    ],
    ids=repr,
)
def test_running_out_of_memory_has_many_names(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_prefetch_keeps_the_order_and_its_bound() -> None:
    started: list[int] = []

    def prepare(n: int) -> int:
        started.append(n)
        time.sleep(0.001 * (5 - n % 5))
        return n * n

    with ThreadPoolExecutor(4) as pool:
        out = prefetch(iter(range(20)), prepare, pool, ahead=3)
        assert next(out) == 0
        time.sleep(0.05)
        assert len(started) <= 4
        assert list(out) == [n * n for n in range(1, 20)]


def test_prefetch_hands_on_an_error_and_starts_nothing_more() -> None:
    started = threading.Semaphore(0)

    def prepare(n: int) -> int:
        started.release()
        if n == 2:
            raise ValueError("two")
        return n

    with ThreadPoolExecutor(1) as pool:
        out = prefetch(iter(range(100)), prepare, pool, ahead=2)
        assert [next(out), next(out)] == [0, 1]
        with pytest.raises(ValueError, match="two"):
            next(out)
    assert started._value <= 5


def test_batched_keeps_order_and_size() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched([], 2)) == []


def test_this_process_has_a_core() -> None:
    assert available_cores() >= 1


# ---------------------------------------------------------------------------------------------------- windows


def words(texts: Sequence[str]) -> list[list[Span]]:
    """A tokenizer whose tokens are runs of at most four characters of a word."""
    found = []
    for text in texts:
        spans: list[Span] = []
        start = 0
        for piece in text.split(" "):
            spans.extend((start + a, start + min(a + 4, len(piece))) for a in range(0, len(piece), 4))
            start += len(piece) + 1
        found.append(spans)
    return found


@given(st.lists(st.text(alphabet="abc é港 ", max_size=300), max_size=6), st.integers(1, 40))
def test_windows_cover_each_text_and_fit(texts: list[str], capacity: int) -> None:
    windows = cut(texts, words, capacity)
    for owner, text in enumerate(texts):
        own = [window for window in windows if window.owner == owner]
        assert "".join(window.text for window in own) == text
        assert own
        assert all(window.tokens <= capacity for window in own)
    assert [window.owner for window in windows] == sorted(window.owner for window in windows)


def test_windows_are_of_equal_length_and_begin_with_a_word() -> None:
    windows = cut(["abcd " * 101], words, 50)
    assert [window.tokens for window in windows] == [33, 34, 34]
    assert all(window.text.startswith("abcd") for window in windows)


def test_a_piece_that_grows_when_it_stands_alone_is_cut_again() -> None:
    def growing(texts: Sequence[str]) -> list[list[Span]]:
        return [[(n, n + 1) for n in range(len(t)) for _ in range(1 if len(t) > 50 else 2)] for t in texts]

    windows = cut(["x" * 100], growing, 30)
    assert "".join(window.text for window in windows) == "x" * 100
    assert all(window.tokens <= 30 for window in windows)


def test_a_tokenizer_that_never_fits_does_not_loop() -> None:
    windows = cut(["ab"], lambda texts: [[(0, len(text))] * 99 for text in texts], 5)
    assert "".join(window.text for window in windows) == "ab"


def test_the_average_is_weighted_by_length_and_of_unit_length() -> None:
    windows = [
        Window(owner=0, text="", tokens=3),
        Window(owner=0, text="", tokens=1),
        Window(owner=1, text="", tokens=9),
    ]
    rows = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    expected = np.array([[3, 1] / np.sqrt(10), [0.6, 0.8]], dtype=np.float32)
    np.testing.assert_allclose(average(rows, windows, 2), expected, rtol=1e-6)


def test_a_text_of_one_window_keeps_its_row_to_the_bit() -> None:
    rows = np.random.default_rng(0).normal(size=(3, 7)).astype(np.float32)
    windows = [
        Window(owner=0, text="", tokens=5),
        Window(owner=1, text="", tokens=4),
        Window(owner=1, text="", tokens=4),
    ]
    np.testing.assert_array_equal(average(rows, windows, 2)[0], rows[0])


def test_spread_covers_without_gaps() -> None:
    assert spread(3, 10, 3) == [(3, 5), (5, 7), (7, 10)]


def test_surrogates_are_joined_or_replaced() -> None:
    assert without_surrogates("plain 港") == "plain 港"
    assert without_surrogates("\ud83d\ude00") == "\U0001f600"
    assert without_surrogates("a\ud800b") == "a\ufffdb"


def test_a_tokenizer_without_spans_is_asked_word_by_word() -> None:
    class Slow:
        def encode(self, word: str) -> list[int]:
            return [0] * len(word)

    assert spans_of(Slow(), ["ab c"]) == [[(0, 1), (1, 2), (3, 4)]]
