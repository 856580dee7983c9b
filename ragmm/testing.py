"""Deterministic stand-ins for the models, a sample corpus, and ways to make a model slow or fail.

They go through the same seams as the real ones, need numpy and Pillow alone, and give vectors a reader can compute by
hand: every word of a text adds +1 or -1 at one coordinate, both taken from the word's CRC-32. Texts that share words
are near; a picture stands where its caption, or else the name of its mean colour, stands.

    >>> embedder = FakeEmbedder(dim=8)
    >>> rows = embedder.embed_texts(["red apple", "apple"], Role.DOCUMENT)     # rows[0] @ rows[1] > 0

A fake cannot be named in a pipeline file: it reaches a collection only as an object.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder
from ragmm.errors import ModelError
from ragmm.types import ModelInfo, Role
from ragmm.vlm.base import Prompt, Reply

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "COLOURS",
    "FakeEmbedder",
    "FakeVlm",
    "LimitedEmbedder",
    "SlowEmbedder",
    "captioned_picture",
    "describe_picture",
    "planted_word",
    "png_bytes",
    "sample_corpus",
    "word_vector",
]

_Input = TypeVar("_Input")

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "blue": (30, 60, 220),
    "brown": (120, 72, 30),
    "gray": (128, 128, 128),
    "green": (30, 150, 50),
    "orange": (250, 150, 30),
    "purple": (130, 40, 170),
    "red": (220, 30, 30),
    "white": (255, 255, 255),
    "yellow": (245, 225, 40),
}
"""The names a picture's mean colour can get; the nearest in RGB wins."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
"""A run of letters and digits; each CJK character is a word of its own."""


# ---------------------------------------------------------------------------------------------------- vectors


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
    """An embedder of texts, and of pictures by their caption or colour.

    `fail_above` raises MemoryError for a call with more than that many inputs; `calls` records the size of each call.
    """

    def __init__(
        self,
        dim: int = 64,
        modalities: Iterable[str] = ("text", "image"),
        *,
        name: str = "fake",
        fail_above: int | None = None,
    ) -> None:
        self._dim = dim
        self._fail_above = fail_above
        self.calls: list[int] = []
        kinds = frozenset(modalities)
        facts = json.dumps(["fake-embedder-1", name, dim, sorted(kinds)])
        self._info = ModelInfo(
            name=name,
            revision="1",
            fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
            modalities=kinds,
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

    def embed_images(self, images: Sequence[Image | bytes]) -> NDArray[np.float32]:
        """Shape: (len(images), dim). The vector of `describe_picture`'s words."""
        if "image" not in self._info.modalities:
            raise ModelError(f"{self._info.name} embeds text only; give the images to a model of a shared space")
        return self._rows([_text_vector(describe_picture(image), self._dim) for image in self._admit(images)])

    def _admit(self, inputs: Sequence[_Input]) -> Sequence[_Input]:
        self.calls.append(len(inputs))
        if self._fail_above is not None and len(inputs) > self._fail_above:
            raise MemoryError(f"{len(inputs)} inputs at once; this fake takes {self._fail_above}")
        return inputs

    def _rows(self, rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.stack(rows) if rows else np.zeros((0, self._dim), dtype=np.float32)


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

    def embed_images(self, images: Sequence[Image | bytes]) -> NDArray[np.float32]:
        self._sleep(len(images))
        return self._inner.embed_images(images)

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

    def embed_images(self, images: Sequence[Image | bytes]) -> NDArray[np.float32]:
        self._spend()
        return self._inner.embed_images(images)

    def _spend(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise self._error


# ------------------------------------------------------------------------------------------------------- VLM


class FakeVlm:
    """Replies by rule: the first rule whose key occurs in the prompt's text; else what the pictures show.

    A rule's value may be a function of the prompt. Without a rule and without pictures the reply is `default`.
    `prompts` records what was asked; `fail_above` raises MemoryError for more prompts at once than that.
    """

    def __init__(
        self,
        rules: Mapping[str, str | Callable[[Prompt], str]] | None = None,
        *,
        default: str = "I do not know.",
        confidence: float | None = 0.9,
        name: str = "fake-vlm",
        fail_above: int | None = None,
    ) -> None:
        self._rules = dict(rules or {})
        self._default = default
        self._confidence = confidence
        self._fail_above = fail_above
        self.prompts: list[Prompt] = []
        facts = json.dumps(["fake-vlm-1", name, default, sorted(self._rules)])
        self._info = ModelInfo(
            name=name,
            revision="1",
            fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
            modalities=frozenset({"text", "image"}),
            max_tokens=1_000_000,
            licence="Apache-2.0",
        )

    @property
    def info(self) -> ModelInfo:
        return self._info

    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        if self._fail_above is not None and len(prompts) > self._fail_above:
            raise MemoryError(f"{len(prompts)} prompts at once; this fake takes {self._fail_above}")
        self.prompts.extend(prompts)
        return [self._reply(prompt) for prompt in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        text = self._text(prompt)
        return Reply(text=text, confidence=self._confidence, tokens=len(text.split()))

    def _text(self, prompt: Prompt) -> str:
        parts = [part for turn in prompt.turns for part in turn.parts]
        asked = "\n".join(part for part in parts if isinstance(part, str))
        for key, reply in self._rules.items():
            if key in asked:
                return reply if isinstance(reply, str) else reply(prompt)
        shown = [describe_picture(part) for part in parts if not isinstance(part, str)]
        return f"A picture of {' and '.join(shown)}." if shown else self._default


# -------------------------------------------------------------------------------------------------- pictures

_CELL = 4
_MAGIC = b"\xa5\x5a"


def captioned_picture(caption: str, *, colour: str = "green", size: int = 256) -> Image:
    """A square of one colour whose top rows spell the caption in black and white cells of 4 x 4 pixels.

    The caption is in the pixels, so it survives a loader that re-encodes the file (also as JPEG), but not resizing.
    """
    from PIL import Image as Pillow

    if size % _CELL:
        raise ValueError(f"the size must be a multiple of {_CELL} pixels; {size} is not")
    data = caption.encode("utf-8")
    bits = np.unpackbits(np.frombuffer(_MAGIC + len(data).to_bytes(2, "big") + data, dtype=np.uint8))
    columns = size // _CELL
    rows = -(-len(bits) // columns)
    if rows * _CELL > size:
        raise ValueError(f"a caption of {len(data)} bytes needs a picture larger than {size} pixels")
    cells = np.zeros(rows * columns, dtype=np.uint8)
    cells[: len(bits)] = bits * np.uint8(255)
    strip = cells.reshape(rows, columns).repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    pixels = np.empty((size, size, 3), dtype=np.uint8)
    pixels[:] = COLOURS[colour]
    pixels[: strip.shape[0]] = strip[:, :, None]
    return Pillow.fromarray(pixels)


def describe_picture(image: Image | bytes) -> str:
    """The caption in its pixels, or else the name of its mean colour."""
    from PIL import Image as Pillow

    picture = Pillow.open(io.BytesIO(image)) if isinstance(image, bytes) else image
    return _read_caption(picture) or _colour_name(picture)


def _read_caption(picture: Image) -> str:
    if picture.width % _CELL or picture.height < _CELL:
        return ""
    gray = np.asarray(picture.convert("L"))
    cells = gray[_CELL // 2 :: _CELL, _CELL // 2 :: _CELL] > 127
    data = np.packbits(cells.ravel()).tobytes()
    if data[:2] != _MAGIC:
        return ""
    length = int.from_bytes(data[2:4], "big")
    return data[4 : 4 + length].decode("utf-8", "replace")


def _colour_name(picture: Image) -> str:
    mean = np.asarray(picture.convert("RGB").resize((8, 8)), dtype=np.float64).reshape(-1, 3).mean(axis=0)
    return min(COLOURS, key=lambda name: float(np.square(mean - np.array(COLOURS[name])).sum()))


def png_bytes(image: Image) -> bytes:
    """The picture as an encoded PNG: what a loader's asset holds."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


# ---------------------------------------------------------------------------------------------------- corpus

_SUBJECTS = ("harbour", "orchard", "turbine", "library", "glacier", "bakery", "viaduct", "observatory")
_VERBS = ("opened", "expanded", "measured", "repaired", "surveyed", "painted", "closed", "inspected")
_OBJECTS = ("the northern gate", "three new pumps", "its annual report", "a wooden bridge", "the east wing")
_KINDS = (".md", ".txt", ".csv", ".json", ".png")


def planted_word(index: int, seed: int = 0) -> str:
    """The word that only document `index` of `sample_corpus(…, seed=seed)` holds."""
    return f"plant{seed}x{index:05d}"


def sample_corpus(folder: Path, documents: int, seed: int = 0) -> list[Path]:
    """Writes Markdown, text, CSV, JSON and PNG files in turn, each holding its `planted_word`; the same for a seed."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_document(folder, index, seed) for index in range(documents)]


def _write_document(folder: Path, index: int, seed: int) -> Path:
    kind = _KINDS[index % len(_KINDS)]
    path = folder / f"document-{index:05d}{kind}"
    rng = random.Random(f"{seed}/{index}")
    path.write_bytes(_CONTENT[kind](planted_word(index, seed), rng))
    return path


def _sentence(rng: random.Random) -> str:
    return f"The {rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_OBJECTS)} in {rng.randint(1990, 2026)}."


def _markdown(word: str, rng: random.Random) -> bytes:
    paragraphs = "\n\n".join(" ".join(_sentence(rng) for _ in range(4)) for _ in range(3))
    return f"# Notes on the {rng.choice(_SUBJECTS)}\n\n{paragraphs}\n\n## Reference\n\nThe code is {word}.\n".encode()


def _plain(word: str, rng: random.Random) -> bytes:
    return (" ".join(_sentence(rng) for _ in range(6)) + f"\n\nThe code is {word}.\n").encode()


def _csv(word: str, rng: random.Random) -> bytes:
    rows = [f"{rng.choice(_SUBJECTS)},{rng.randint(1, 999)},{rng.randint(1990, 2026)}" for _ in range(8)]
    return ("\n".join(["subject,value,year", *rows, f"{word},0,2026"]) + "\n").encode()


def _json(word: str, rng: random.Random) -> bytes:
    record = {"title": _sentence(rng), "code": word, "values": [rng.randint(1, 99) for _ in range(4)]}
    return json.dumps(record, indent=1).encode()


def _png(word: str, rng: random.Random) -> bytes:
    return png_bytes(captioned_picture(f"a {rng.choice(_SUBJECTS)} marked {word}", colour=rng.choice(sorted(COLOURS))))


_CONTENT: Mapping[str, Callable[[str, random.Random], bytes]] = {
    ".md": _markdown,
    ".txt": _plain,
    ".csv": _csv,
    ".json": _json,
    ".png": _png,
}
