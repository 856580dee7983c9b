"""`mini` without torch: its eyes as a graph, its words in NumPy; greedy replies equal to those of transformers."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import ModelError
from ragmm.graphs.resnet import resnet_graph
from ragmm.graphs.running import GraphRunner, runs_graphs
from ragmm.models.describe import read_json
from ragmm.models.mapped_weights import MappedWeights
from ragmm.vlm.base import Piece, Prompt, Reply, Turn, media_of
from ragmm.vlm.images import open_image
from ragmm.vlm.numpy_llama import NumpyLlama
from ragmm.vlm.transformers import TransformersVlm
from ragmm.vlm.transformers_shapes import KINDS, calm

if TYPE_CHECKING:
    from jinja2 import Template
    from tokenizers import Tokenizer

__all__ = ["MiniVlm"]

Rows = NDArray[np.float32]
_LEAST_REPLY = 8
_MARKS = re.compile(r"<\|(?:pad|end|user|assistant)\|>|<image>")


class MiniVlm(TransformersVlm):
    """The bundled model: what is known of it is read as for any other, and it is computed here."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path, name, device="cpu")
        self._parts: _Parts | None = None

    @staticmethod
    def serves(device: str, dtype: str) -> bool:
        """Whether it can stand in for transformers."""
        return device in {"auto", "cpu"} and dtype in {"auto", "float32"} and runs_graphs()

    def load(self) -> None:
        """Reads the weights unless they are read."""
        self._loaded_parts()

    def close(self) -> None:
        """Frees the model's memory."""
        with self._lock:
            self._parts = None

    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply per prompt, in order. Raises ModelError for a prompt longer than the context."""
        return [self._reply(prompt) for prompt in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        parts = self._loaded_parts()
        with self._lock:
            made = list(parts.continued(prompt, self._name))
        return Reply(text=parts.text(made).strip(), confidence=_confidence(made), tokens=len(made))

    def stream(self, prompt: Prompt) -> Generator[Piece, None, None]:
        """The reply in pieces as it is made. Closing the iterator early stops the model."""
        parts = self._loaded_parts()
        made: list[tuple[int, float]] = []
        shown = ""
        for one in parts.continued(prompt, self._name):
            made.append(one)
            text = parts.text(made)
            if len(text) > len(shown) and not text.endswith("\ufffd"):
                yield Piece(text=text[len(shown) :])
                shown = text
        yield Piece(confidence=_confidence(made), tokens=len(made))

    def _loaded_parts(self) -> _Parts:
        with self._lock:
            if self._parts is None:
                self._parts = _Parts(self._folder, self._config)
            return self._parts


class _Parts:
    """Eyes, words and tokenizer."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self._folder, self._config = folder, config
        self._last: tuple[bytes, Rows] = b"", np.empty((0, 0), np.float32)
        weights = MappedWeights(folder / "model.safetensors")
        try:
            self._llama = NumpyLlama(weights, config["text_config"])
            self._eyes = GraphRunner(resnet_graph(weights, int(config["text_config"]["hidden_size"])))
        except KeyError as error:
            raise ModelError(f"the weights in {folder} lack {error}; reinstall ragmm") from error
        self._image, self._context = (
            int(config["image_token_index"]),
            int(config["text_config"]["max_position_embeddings"]),
        )

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _template(self) -> Template:
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        source = (self._folder / "chat_template.jinja").read_text(encoding="utf-8")
        return ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(source)

    def text(self, made: Sequence[tuple[int, float]]) -> str:
        """Of the tokens, without the one that ends."""
        decoded: str = self._tokenizer.decode([token for token, _ in made], skip_special_tokens=True)
        return decoded

    def continued(self, prompt: Prompt, name: str) -> Iterator[tuple[int, float]]:
        """The reply's tokens with the logarithms of their probabilities."""
        pictures = [self._of(asset.data) for asset in media_of(prompt, KINDS, name)]
        rows = self._rows(self._encoded(prompt.turns), pictures)
        if len(rows) + _LEAST_REPLY > self._context:
            raise ModelError(
                f"the prompt has {len(rows)} tokens and this model takes {self._context} with its reply; "
                "lower answer.context_tokens or answer.max_images"
            )
        return self._llama.continued(rows, min(prompt.max_tokens, self._context - len(rows)))

    def _encoded(self, turns: Sequence[Turn]) -> list[int]:
        messages = [{"role": turn.role, "content": [_content(part) for part in turn.parts]} for turn in turns]
        text = self._template.render(messages=messages, add_generation_prompt=True)
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _rows(self, ids: Sequence[int], pictures: Sequence[Rows]) -> Rows:
        """The words' rows, and for the mark of each picture what is seen in it. Shape: (tokens, width)."""
        waiting = iter(pictures)
        return np.concatenate([next(waiting) if one == self._image else self._llama.words[one][None] for one in ids])

    def _of(self, data: bytes) -> Rows:
        """What is seen in an encoded picture; the last one is remembered, since it is asked about more than once."""
        last, rows = self._last
        if last != data:
            rows = self._seen(open_image(data))
            self._last = data, rows
        return rows

    def _seen(self, picture: Any) -> Rows:
        """A picture's tokens: padded to a square in the middle grey, resized, normalised."""
        from PIL import Image as Pillow

        seen = read_json(self._folder / "processor_config.json")["image_processor"]
        mean, std = (np.array(seen[name], np.float32) for name in ("image_mean", "image_std"))
        side, size = max(picture.size), (int(seen["size"]["width"]), int(seen["size"]["height"]))
        square = Pillow.new("RGB", (side, side), tuple(int(channel * 255) for channel in seen["image_mean"]))
        square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
        pixels = np.asarray(square.resize(size, Pillow.Resampling(seen["resample"])), np.float32)
        values = (pixels - mean * 255) / (std * 255)
        rows: Rows = self._eyes.run(pixels=np.ascontiguousarray(values.transpose(2, 0, 1)[None]))[0]
        return rows


def _content(part: Any) -> dict[str, str]:
    return {"type": "text", "text": calm(part, _MARKS)} if isinstance(part, str) else {"type": "image"}


def _confidence(made: Sequence[tuple[int, float]]) -> float | None:
    """The geometric mean of the probabilities."""
    return math.exp(sum(log for _, log in made) / len(made)) if made else None
