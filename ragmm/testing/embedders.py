"""Embedders whose vectors a reader can compute by hand, and wrappers that make any embedder slow or fail."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import zlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder
from ragmm.errors import ModelError
from ragmm.testing.pictures import describe_picture
from ragmm.types import Asset, MediaKind, ModelInfo, Role

__all__ = ["FakeEmbedder", "LimitedEmbedder", "SlowEmbedder", "word_vector"]

_Input = TypeVar("_Input")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
"""A run of letters and digits; each CJK character is a word of its own."""


def word_vector(word: str, dim: int) -> NDArray[np.float32]:
    """Shape: (dim,). +1 or -1 at coordinate crc32(word) mod dim, negative where the CRC's highest bit is set."""
    row = np.zeros(dim, dtype=np.float32)
    crc = zlib.crc32(word.casefold().encode("utf-8", "surrogatepass"))
    row[crc % dim] = -1.0 if crc >> 31 else 1.0
    return row


def _text_vector(text: str, dim: int) -> NDArray[np.float32]:
    row = np.zeros(dim, dtype=np.float32)
    for word in _WORD.findall(text):
        row += word_vector(word, dim)
    if not row.any():  # no words, or words that cancel out: still a direction
        row[0] = 1.0
    return row


class FakeEmbedder:
    """An embedder of texts, of pictures by their caption or colour, and of other media as if they were text.

    `fail_above` raises MemoryError for a call with more than that many inputs; `calls` records the size of each call.
    """

    def __init__(
        self,
        dim: int = 64,
        kinds: Iterable[MediaKind | str] = (MediaKind.TEXT, MediaKind.IMAGE),
        *,
        name: str = "fake",
        fail_above: int | None = None,
    ) -> None:
        self._dim = dim
        self._fail_above = fail_above
        self.calls: list[int] = []
        taken = frozenset(MediaKind(kind) for kind in kinds)
        facts = json.dumps(["fake-embedder-1", name, dim, sorted(taken)])
        self._info = ModelInfo(
            name=name,
            revision="1",
            fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
            kinds=taken,
            dim=dim,
            max_tokens=1_000_000,
            licence="Apache-2.0",
        )

    @property
    def info(self) -> ModelInfo:
        return self._info

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:  # noqa: ARG002
        """Shape: (len(texts), dim). The role changes nothing."""
        return self._rows([_text_vector(text, self._dim) for text in self._admit(texts)])

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        """Shape: (len(assets), dim). The vector of `describe_picture`'s words, or of those that other media hold."""
        if kind not in self._info.kinds - {MediaKind.TEXT}:
            taken = ", ".join(sorted(self._info.kinds))
            only = " only" if self._info.kinds == {MediaKind.TEXT} else ""
            raise ModelError(f"{self._info.name} embeds {taken}{only}; name a model of a shared space for {kind}")
        return self._rows([_text_vector(_described(kind, one), self._dim) for one in self._admit(assets)])

    def _admit(self, inputs: Sequence[_Input]) -> Sequence[_Input]:
        self.calls.append(len(inputs))
        if self._fail_above is not None and len(inputs) > self._fail_above:
            raise MemoryError(f"{len(inputs)} inputs at once; this fake takes {self._fail_above}")
        return inputs

    def _rows(self, rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.stack(rows) if rows else np.zeros((0, self._dim), dtype=np.float32)


def _described(kind: MediaKind, asset: Asset) -> str:
    return describe_picture(asset.data) if kind is MediaKind.IMAGE else asset.data.decode("utf-8", "replace")


class SlowEmbedder:
    """Wraps an embedder and sleeps before each call, to make queues fill and signals arrive in mid-work."""

    def __init__(self, inner: Embedder, *, seconds: float, per_input: bool = False) -> None:
        self._inner = inner
        self._seconds = seconds
        self._per_input = per_input

    @property
    def info(self) -> ModelInfo:
        return self._inner.info

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        self._sleep(len(texts))
        return self._inner.embed_texts(texts, role)

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        self._sleep(len(assets))
        return self._inner.embed_media(kind, assets)

    def _sleep(self, inputs: int) -> None:
        time.sleep(self._seconds * (inputs if self._per_input else 1))


class LimitedEmbedder:
    """Wraps an embedder that fails: after `calls` good calls, or never, each further call raises `error`."""

    def __init__(self, inner: Embedder, *, calls: int, error: BaseException | None = None) -> None:
        self._inner = inner
        self._left = calls
        self._error = error or ModelError("this fake was told to fail now")
        self._lock = threading.Lock()

    @property
    def info(self) -> ModelInfo:
        return self._inner.info

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        self._spend()
        return self._inner.embed_texts(texts, role)

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        self._spend()
        return self._inner.embed_media(kind, assets)

    def _spend(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise self._error
