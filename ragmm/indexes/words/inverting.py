"""From rows of terms to postings: for every term the rows that hold it, how often, and where.

Terms come as numbers, row after row, in a file that is read twice: once to count, once to put every occurrence in its
place. What is in memory at once is a few megabytes of it, whatever its length.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["GAP", "MOST_TOKENS", "TokenFile", "invert"]

GAP: Final = 0xFFFF_FFFF
"""Stands after every column of a row, so that no phrase reaches from one into the next."""
MOST_TOKENS: Final = 0xFFFF_0000
_AT_ONCE: Final = 1_000_000
"""Tokens."""
_COMMON_SHARE: Final = 1 / 256
_MOST_COMMON: Final = 1_024
"""Terms whose neighbourhoods are postings of their own: a phrase of two of them would be slow to find otherwise."""

Numbers = NDArray[np.uint32]


class TokenFile:
    """Rows of two columns, the term numbers of each; it has no name, and goes when it is closed."""

    def __init__(self, directory: Path | None) -> None:
        """Without a directory it is in memory, as is what becomes of it."""
        self.directory = directory
        self._file: IO[bytes] = (
            io.BytesIO() if directory is None else tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - see close
        )
        self.lengths: list[NDArray[np.int64]] = []
        """Of the columns, shape (rows, 2) each."""
        self.tokens = 0

    def add(self, terms: Numbers, lengths: NDArray[np.int64]) -> None:
        """Rows, their columns one after the other. Shapes: (tokens,), (rows, 2)."""
        ends = np.cumsum(lengths.reshape(-1))
        self._file.write(np.insert(terms, ends, GAP).astype("<u4").tobytes())
        self.lengths.append(lengths)
        self.tokens += len(terms) + len(ends)

    def close(self) -> None:
        self._file.close()

    def starts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each row begins and, at last, where the file ends; and where each row's second column begins."""
        lengths = np.concatenate([np.empty((0, 2), np.int64), *self.lengths])
        starts = np.concatenate([[0], np.cumsum(lengths.sum(axis=1) + 2)])
        return starts, starts[:-1] + lengths[:, 0] + 1

    def parts(self, starts: NDArray[np.int64], seconds: NDArray[np.int64]) -> Iterator[_TokenPart]:
        """All of it, cut between rows."""
        self._file.seek(0, io.SEEK_END)  # what was written is there to be read
        at = 0
        while at < len(starts) - 1:
            end = max(at + 1, int(np.searchsorted(starts, starts[at] + _AT_ONCE, side="right")) - 1)
            first, last = int(starts[at]), int(starts[end])
            self._file.seek(4 * first)
            terms = np.frombuffer(self._file.read(4 * (last - first)), "<u4")
            edges = np.empty(2 * (end - at) + 1, np.int64)
            edges[0::2], edges[1::2] = starts[at : end + 1], seconds[at:end]
            sizes = np.diff(edges)
            rows = np.repeat(np.repeat(np.arange(at, end, dtype=np.int32), 2), sizes)
            worth = np.repeat(np.tile(np.array([2, 1], np.uint32), end - at), sizes)
            yield _TokenPart(first=first, terms=terms, rows=rows, worth=worth)
            at = end


@dataclass(frozen=True, kw_only=True, eq=False)
class _TokenPart:
    """Some rows' terms, the row of each, and what it counts: twice its column's weight."""

    first: int
    terms: Numbers
    rows: NDArray[np.int32]
    worth: Numbers

    def grouped(self, at: NDArray[np.int64], keys: NDArray[np.int64]) -> _Grouped:
        """What stands at some places, each under a key: by key and position, and by key and row."""
        keys, order = _sorted(keys)
        at = at[order]
        rows, worth = self.rows[at], self.worth[at]
        first = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        firsts = np.flatnonzero(first)
        first[1:] |= rows[1:] != rows[:-1]
        posts = np.flatnonzero(first)
        return _Grouped(
            keys=keys[firsts],
            posts=np.diff(np.searchsorted(posts, firsts), append=len(posts)),
            hits=np.diff(firsts, append=len(keys)),
            rows=rows[posts].astype("<u4"),
            counts=(np.add.reduceat(worth, posts) if len(posts) else worth).astype("<u4"),
            places=(at + self.first).astype("<u4"),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Grouped:
    """A part's postings by key and row and its occurrences by key and position, of so many each key has some.

    Shapes: (keys,), (keys,), (keys,), (postings,), (postings,), (occurrences,).
    """

    keys: NDArray[np.int64]
    posts: NDArray[np.int64]
    hits: NDArray[np.int64]
    rows: Numbers
    counts: Numbers
    places: Numbers


class _Waiting:
    """Parts that were grouped, until it is known where they go."""

    def __init__(self, directory: Path | None) -> None:
        self._file: IO[bytes] = (
            io.BytesIO() if directory is None else tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - see close
        )
        self._parts = 0

    def add(self, part: _Grouped) -> None:
        for array in vars(part).values():
            np.save(self._file, array, allow_pickle=False)
        self._parts += 1

    def __iter__(self) -> Iterator[_Grouped]:
        self._file.seek(0)
        names = [one.name for one in fields(_Grouped)]
        for _ in range(self._parts):
            yield _Grouped(**{name: np.load(self._file, allow_pickle=False) for name in names})

    def close(self) -> None:
        self._file.close()


def invert(file: TokenFile, order: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The arrays of `Postings`. `order`: of term number n, its place among all terms. Shape: (terms,)."""
    starts, seconds = file.starts()

    def terms() -> Iterator[_Grouped]:
        for part in file.parts(starts, seconds):
            at = np.flatnonzero(part.terms != GAP)
            yield part.grouped(at, order[part.terms[at]])

    words = _inverted(terms(), len(order), file.directory)
    held = np.diff(words["post_ends"], prepend=0)
    codes = _common(held, len(starts) - 1)
    size = int(codes.max(initial=-1)) + 1

    known = np.append(codes[order], -1)

    def neighbours() -> Iterator[_Grouped]:
        for part in file.parts(starts, seconds):
            here = known[np.minimum(part.terms, len(order))]
            at = np.flatnonzero((here[:-1] >= 0) & (here[1:] >= 0))
            yield part.grouped(at, here[at] * size + here[at + 1])

    pairs = _inverted(neighbours(), size * size, file.directory)
    counts = np.diff(pairs["post_ends"], prepend=0)
    there = np.flatnonzero(counts)
    named = np.flatnonzero(codes >= 0)[np.argsort(codes[codes >= 0])]
    for name in ("post_ends", "hit_ends"):
        pairs[name] = pairs[name][there]
    pairs["keys"] = (named[there // max(1, size)] << 32) | named[there % max(1, size)]
    return {
        "starts": starts.astype("<u4"),
        "seconds": seconds.astype("<u4"),
        "lengths": (np.diff(starts) - 2).astype("<u4"),
        **{f"word_{name}": array for name, array in words.items()},
        **{f"pair_{name}": array for name, array in pairs.items()},
    }


def _common(held: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """A number for each term that many rows hold, -1 for the others. Shape: (terms,)."""
    codes = np.full(len(held), -1, np.int64)
    chosen = np.flatnonzero(held > max(64, rows * _COMMON_SHARE))
    chosen = np.sort(chosen[np.argsort(-held[chosen], kind="stable")[:_MOST_COMMON]])
    codes[chosen] = np.arange(len(chosen))
    return codes


def _inverted(parts: Iterable[_Grouped], keys: int, directory: Path | None) -> dict[str, NDArray[Any]]:
    """Postings by key; the parts are gone through once."""
    posts, hits, most = np.zeros(keys, np.int64), np.zeros(keys, np.int64), 0
    with contextlib.closing(_Waiting(directory)) as waiting:
        for part in parts:
            posts[part.keys] += part.posts
            hits[part.keys] += part.hits
            most = max(most, int(part.counts.max(initial=0)))
            waiting.add(part)
        post_ends, hit_ends = np.cumsum(posts), np.cumsum(hits)
        dtype = next(one for one in ("<u1", "<u2", "<u4") if most <= np.iinfo(one).max)
        out_rows = _scratch(directory, "<u4", int(posts.sum()))
        out_counts = _scratch(directory, dtype, int(posts.sum()))
        out_hits = _scratch(directory, "<u4", int(hits.sum()))
        free_post, free_hit = post_ends - posts, hit_ends - hits
        for part in waiting:
            out_hits[_places(part.keys, part.hits, free_hit)] = part.places
            places = _places(part.keys, part.posts, free_post)
            out_rows[places], out_counts[places] = part.rows, part.counts
    return {"post_ends": post_ends, "hit_ends": hit_ends, "rows": out_rows, "counts": out_counts, "hits": out_hits}


def _scratch(directory: Path | None, dtype: str, count: int) -> NDArray[Any]:
    """Zeros outside of the memory that counts; the file has no name."""
    if not count or directory is None:
        return np.zeros(count, dtype)
    with tempfile.TemporaryFile(dir=directory) as file:
        return np.memmap(file, dtype, "w+", shape=(count,))


def _sorted(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys ascending, and where each stood, equal ones in order: key and place in one number are sorted fastest."""
    bits = len(keys).bit_length()
    both = keys << bits | np.arange(len(keys))
    both.sort()
    return both >> bits, both & ((1 << bits) - 1)


def _places(keys: NDArray[np.int64], sizes: NDArray[np.int64], free: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the next so many entries of each key go. What is given out is marked as taken in `free`."""
    ends = np.cumsum(sizes)
    places: NDArray[np.int64] = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(
        free[keys] - ends + sizes, sizes
    )
    free[keys] += sizes
    return places
