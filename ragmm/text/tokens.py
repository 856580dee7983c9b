"""Counting tokens: where in a text they begin, by a tokenizer or by a fast estimate of one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import ConfigError

__all__ = ["TokenCounter", "TokenStarts", "estimate_tokens", "token_counter", "token_starts"]

TokenCounter = Callable[[str], int]
TokenStarts = Callable[[str], NDArray[np.int64]]
"""The offsets at which tokens begin, ascending; white space begins none."""

_WINDOW = 1 << 18
_TABLE_SIZE = 0x20000
# Characters of one class that make one token: none for white space (which is 0), letters of the Latin script,
# letters of other scripts (tokenizers cut these shorter), digits, and one by one everything else.
_SPACE, _LATIN, _LETTER, _DIGIT, _SINGLE = range(5)
_WIDTHS = np.array([1, 6, 2, 3, 1], dtype=np.int64)
_SURROGATE = re.compile("[\ud800-\udfff]")
_IDEOGRAPHIC = ((0x2E80, 0xA4D0), (0xAC00, 0xD7A4), (0xF900, 0xFB00), (0xFF66, 0xFFDD))


def estimate_tokens(text: str) -> int:
    """About what a multilingual tokenizer would count: 6 letters of a Latin word, 3 digits or 1 ideograph a token."""
    return len(_estimated_starts(text))


def token_counter(tokenizer: str) -> TokenCounter:
    """Counts in the tokens of a tokenizer.json, or of a folder with one; "" is the estimate."""
    if not tokenizer:
        return estimate_tokens
    starts = token_starts(tokenizer)
    return lambda text: len(starts(text))


def token_starts(tokenizer: str) -> TokenStarts:
    """Like token_counter, but gives each token's offset, so that any span can be counted by bisection."""
    if not tokenizer:
        return _estimated_starts
    opened = _tokenizer(tokenizer)
    return lambda text: _tokenized_starts(opened, text)


def _estimated_starts(text: str) -> NDArray[np.int64]:
    if 0 < len(text) <= _WINDOW:
        return _window_starts(text)
    parts = [_window_starts(text[at : at + _WINDOW]) + at for at in range(0, len(text), _WINDOW)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _window_starts(window: str) -> NDArray[np.int64]:
    classes = _classes(window)
    changes = (classes[1:] != classes[:-1]).nonzero()[0]
    bounds = np.empty(len(changes) + 2, dtype=np.int64)
    bounds[0], bounds[-1] = 0, len(classes)
    np.add(changes, 1, out=bounds[1:-1])
    kinds = classes[bounds[:-1]]
    held = kinds.nonzero()[0]  # without white space
    kinds, starts = kinds[held], bounds[held]
    widths = _WIDTHS[kinds]
    counts = (bounds[held + 1] - starts + widths - 1) // widths
    # Each run of one class, as often as it holds tokens; and for each token, the how manieth of its run it is.
    run = np.arange(len(held)).repeat(counts)
    within = np.arange(len(run)) - (counts.cumsum() - counts)[run]
    tokens: NDArray[np.int64] = starts[run] + within * widths[run]
    return tokens


def _classes(window: str) -> NDArray[np.uint8]:
    if window.isascii():
        return np.frombuffer(window.encode("ascii").translate(_ascii_classes()), dtype=np.uint8)
    codes = np.frombuffer(window.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.minimum(codes, _TABLE_SIZE - 1)
    return _class_table(codes)[codes]


@lru_cache(maxsize=1)
def _ascii_classes() -> bytes:
    return bytes(_class_of(code) for code in range(256))


def _class_table(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Filled where these codes are, 256 at a time; all of it would cost every process a tenth of a second."""
    table, filled = _table()
    for block in np.flatnonzero(np.bincount(codes >> 8)).tolist():
        if block not in filled:
            first = block << 8
            table[first : first + 256] = [_class_of(code) for code in range(first, first + 256)]
            filled.add(block)
    return table


@lru_cache(maxsize=1)
def _table() -> tuple[NDArray[np.uint8], set[int]]:
    return np.zeros(_TABLE_SIZE, np.uint8), set()


def _class_of(code: int) -> int:
    # The last one stands for all above it: rare ideographs.
    if code == _TABLE_SIZE - 1 or any(first <= code < stop for first, stop in _IDEOGRAPHIC):
        return _SPACE if code == 0x3000 else _SINGLE
    character = chr(code)
    if character.isspace():
        return _SPACE
    major = unicodedata.category(character)[0]
    if major == "L":
        return _LATIN if character < "\u0250" else _LETTER
    return {"N": _DIGIT, "M": _LETTER, "Z": _SPACE}.get(major, _SINGLE)


@lru_cache(maxsize=4)
def _tokenizer(name: str) -> Any:
    path = Path(name).expanduser()
    path = path / "tokenizer.json" if path.is_dir() else path
    if not path.is_file():
        raise ConfigError(
            f"loaders.tokenizer is {name!r}, but {path} does not exist; give a tokenizer.json, a folder with one, "
            'or "" for the built-in estimate'
        )
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise ConfigError(f"loaders.tokenizer: {path} is not a tokenizer.json ({error})") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _tokenized_starts(tokenizer: Any, text: str) -> NDArray[np.int64]:
    parts = [np.zeros(0, dtype=np.int64)]
    for start, end in _pieces(text):
        # Lone surrogates cannot leave Python as UTF-8; a stand-in keeps the offsets.
        piece = _SURROGATE.sub("\ufffd", text[start:end])
        offsets = tokenizer.encode(piece, add_special_tokens=False).offsets
        parts.append(np.fromiter((first for first, _ in offsets), dtype=np.int64, count=len(offsets)) + start)
    return np.concatenate(parts)


def _pieces(text: str, size: int = 1 << 14) -> Iterator[tuple[int, int]]:
    """Cuts at line ends or spaces where there are any: tokenizers slow down on very long strings."""
    cuts = [0]
    while len(text) - cuts[-1] > size:
        low, high = cuts[-1] + size // 2, cuts[-1] + size
        cut = max(text.rfind("\n", low, high), text.rfind(" ", low, high))
        cuts.append(cut if cut > 0 else high)
    return pairwise([*cuts, len(text)])
