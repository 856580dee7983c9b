"""Models and loaders of one's own in a few lines: a function, and a decorator that gives it ragmm's contract.

What a decorator returns is what an entry point names: called with what follows the colon of a model's name, or for a
loader with the settings, it makes the object. docs/guide/extend.md has one of each.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.settings import EmbedderSettings
from ragmm.errors import LimitError, ModelError, RagmmError
from ragmm.loaders.base import Probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.rerankers.base import Candidate
from ragmm.types import Asset, Item, MediaKind, Modality, ModelInfo, Role
from ragmm.vlm.base import Piece, Prompt, Reply, joined, media_of

__all__ = ["embedder", "loader", "reranker", "vlm"]

_TEXT = frozenset({MediaKind.TEXT})
_SEEING = frozenset({MediaKind.TEXT, MediaKind.IMAGE})


@contextlib.contextmanager
def _theirs(name: str) -> Iterator[None]:
    """What a function raises is said of it: the work goes on as where any model fails."""
    try:
        yield
    except (RagmmError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(f"{name} failed with {type(error).__name__}: {error}") from error


class _Model:
    """What every model of a function has."""

    def __init__(self, function: Callable[..., Any], facts: dict[str, Any], target: str) -> None:
        self._function, self._facts, self._target = function, facts, target

    @cached_property
    def info(self) -> ModelInfo:
        dim = self._facts.get("dim", 0)
        name, version = f"{self._facts['name']}:{self._target}", self._facts["version"]
        mark = repr((type(self).__name__, name, version, sorted(self._facts["kinds"])))
        return ModelInfo(
            name=name,
            revision=str(version),
            fingerprint=hashlib.sha256(mark.encode()).hexdigest(),
            kinds=self._facts["kinds"],
            dim=dim(self._target) if callable(dim) else dim,
            max_tokens=self._facts.get("max_tokens", 0),
        )


class _FunctionEmbedder(_Model):
    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:  # noqa: ARG002 - alike for both
        return self._rows(list(texts))

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        if kind not in self.info.kinds:
            raise ModelError(f"{self.info.name} embeds {', '.join(sorted(self.info.kinds))} only, and was given {kind}")
        return self._rows([_picture(asset) for asset in assets])

    def _rows(self, inputs: list[Any]) -> NDArray[np.float32]:
        shape = (len(inputs), self.info.dim)
        with _theirs(self.info.name):
            rows = np.asarray(self._function(inputs, self._target) if inputs else np.empty(shape), np.float32)
        if rows.shape != shape:
            raise ModelError(f"{self.info.name} made rows of the shape {rows.shape}, where {shape} was asked for")
        return rows


class _FunctionVlm(_Model):
    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        return [joined(list(self.stream(prompt))) for prompt in prompts]

    def stream(self, prompt: Prompt) -> Generator[Piece, None, None]:
        words = "\n\n".join(part for turn in prompt.turns for part in turn.parts if isinstance(part, str))
        pictures = [_picture(asset) for asset in media_of(prompt, self.info.kinds, self.info.name)]
        with _theirs(self.info.name), contextlib.ExitStack() as stack:
            written: str | Iterable[str] = self._function(words, pictures, self._target)
            if isinstance(written, Generator):
                stack.enter_context(contextlib.closing(written))
            for text in [written] if isinstance(written, str) else written:
                yield Piece(text=text)


class _FunctionReranker(_Model):
    def score(self, question: str, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        with _theirs(self.info.name):
            scores = np.asarray(self._function(question, [one.text for one in candidates], self._target), np.float32)
        if scores.shape != (len(candidates),):
            raise ModelError(f"{self.info.name} gave {scores.shape} scores for {len(candidates)} candidates")
        return scores


class _FunctionLoader:
    """A loader of a function: texts become passages, items stay what they are."""

    reads = frozenset({"max_text_bytes"})

    def __init__(
        self, function: Callable[[Path], Iterable[str | Item]], facts: dict[str, Any], settings: LoaderSettings
    ) -> None:
        self.name: str = facts["name"]
        self.version: int = facts["version"]
        self.__module__ = function.__module__  # it is none of ragmm's own
        self._suffixes: tuple[str, ...] = facts["suffixes"]
        self._most = settings.max_text_bytes
        self._function = function

    def accepts(self, probe: Probe) -> bool:
        return probe.name.lower().endswith(self._suffixes)

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        if probe.size > self._most:
            raise LimitError(f"{probe.name} has {probe.size:,} bytes; at most {self._most:,} are read")
        for one in self._function(file):
            yield Item(modality=Modality.PASSAGE, text=one) if isinstance(one, str) else one


Make = Callable[..., Any]
"""(target, settings) to a model, for "NAME:target"."""


def embedder(
    name: str, *, dim: int | Callable[[str], int], version: int = 1, images: bool = False
) -> Callable[[Callable[[list[Any], str], Any]], Make]:
    """Of a function (texts, target) to rows; with `images` it is given lists of PIL images too.

    `dim` is a number, or says it of the target; a new `version` says that the same input has other rows now.
    """
    facts = {"name": name, "dim": dim, "version": version, "kinds": _SEEING if images else _TEXT}
    return _maker(_FunctionEmbedder, facts)


def vlm(name: str, *, version: int = 1, images: bool = False) -> Callable[[Callable[[str, list[Any], str], Any]], Make]:
    """Of a function (prompt, PIL images, target) to the answer, or to pieces of it; `images`: whether it takes any."""
    kinds = _SEEING if images else _TEXT
    return _maker(_FunctionVlm, {"name": name, "version": version, "kinds": kinds, "max_tokens": 8192})


def reranker(name: str, *, version: int = 1) -> Callable[[Callable[[str, list[str], str], Any]], Make]:
    """Of a function (question, texts, target) to a score for each text; higher is better."""
    return _maker(_FunctionReranker, {"name": name, "version": version, "kinds": _TEXT})


def loader(
    name: str, *, suffixes: tuple[str, ...], version: int = 1
) -> Callable[[Callable[[Path], Iterable[str | Item]]], Callable[[LoaderSettings], _FunctionLoader]]:
    """Of a function from a file to its passages, as texts or as items; a new `version` has its documents read again."""
    facts = {"name": name, "version": version, "suffixes": tuple(suffix.lower() for suffix in suffixes)}

    def decorate(function: Callable[[Path], Iterable[str | Item]]) -> Callable[[LoaderSettings], _FunctionLoader]:
        return lambda settings: _FunctionLoader(function, facts, settings)

    return decorate


def _maker(model: type[_Model], facts: dict[str, Any]) -> Callable[[Callable[..., Any]], Make]:
    def decorate(function: Callable[..., Any]) -> Make:
        def make(target: str = "", settings: EmbedderSettings | None = None) -> Any:  # noqa: ARG001 - the contract's
            return model(function, facts, target)

        return make

    return decorate


def _picture(asset: Asset) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(asset.data)).convert("RGB")
