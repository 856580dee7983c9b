"""`hf:` vision-language models of transformers, of any family, from a folder on this machine."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Generator, Hashable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ragmm.errors import ModelError
from ragmm.models.describe import licence_of, read_json
from ragmm.models.fingerprints import fingerprint
from ragmm.optional import require
from ragmm.types import ModelInfo
from ragmm.vlm.base import Piece, Prompt, Reply, whole
from ragmm.vlm.transformers_confidence import TokenProbabilities
from ragmm.vlm.transformers_devices import place
from ragmm.vlm.transformers_loading import LoadedParts, check_folder, context_length, load_model, load_parts
from ragmm.vlm.transformers_shapes import (
    KINDS,
    Family,
    PromptShape,
    batch_key,
    family_of,
    image_count,
    prepare,
    reply_start,
)
from ragmm.vlm.trust import Trust

__all__ = ["TransformersVlm"]

_ADAPTER = "hf/1"
"""Raised when the same weights would give other replies."""
_LEAST_REPLY = 8
"""Tokens that must be left for the reply when the prompt fills the context."""


class TransformersVlm:
    """Constructing reads a few JSON files; the weights are loaded by `load()` or on first use. Thread-safe.

    Replies are greedy, so that the same prompt gives the same reply. `memory_gb` is the most the model may take;
    `close()` gives the memory back, and the next use loads again.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        *,
        device: str = "auto",
        dtype: str = "auto",
        max_batch: int = 8,
        memory_gb: float | None = None,
    ) -> None:
        self._folder = path
        self._name = name
        self._place = (device, dtype, memory_gb)
        self._max_batch = max(1, max_batch)
        self._config = check_folder(path)
        self._lock = threading.RLock()
        self._loaded: _Loaded | None = None

    @cached_property
    def info(self) -> ModelInfo:
        """Read from the files without loading weights; the first call hashes them."""
        facts = self._card
        cached = self._folder.name if self._folder.parent.name == "snapshots" else "local"
        return ModelInfo(
            name=self._name,
            revision=str(facts.get("revision", cached)),
            fingerprint=fingerprint(self._folder, adapter=_ADAPTER),
            kinds=KINDS,
            max_tokens=context_length(self._config),
            licence=licence_of(self._folder),
            notice=str(facts.get("notice", "")),
        )

    @property
    def trust(self) -> Trust:
        """When to believe the model, where its model.json says so."""
        return Trust.of_card(self._card)

    @cached_property
    def _card(self) -> dict[str, Any]:
        card = self._folder / "model.json"
        return read_json(card) if card.is_file() else {}

    def load(self) -> None:
        """Loads processor and weights unless they are loaded. Raises ModelError when they are damaged or do not fit."""
        self._ready()

    def close(self) -> None:
        """Frees the model's memory."""
        with self._lock:
            self._loaded = None
            gc.collect()
            _empty_caches()

    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply per prompt, in order; a batch that does not fit into the memory is halved.

        Raises ModelError for an image the family cannot take, a prompt longer than the context, or no memory for one.
        """
        replies: dict[int, Reply] = {}
        if not prompts:
            return []
        with self._lock:
            loaded = self._ready()
            for indices in _groups([batch_key(loaded.family, prompt) for prompt in prompts], self._max_batch):
                batch = [prompts[index] for index in indices]
                replies.update(zip(indices, self._halving(loaded, batch), strict=True))
        return [replies[index] for index in range(len(prompts))]

    def stream(self, prompt: Prompt) -> Generator[Piece, None, None]:
        """The reply in pieces as it is made; models without a chat template give it in one piece.

        Closing the iterator early stops the model.
        """
        from ragmm.vlm.transformers_stream import stream_tokens

        loaded = self._ready()
        if loaded.family.shape is not PromptShape.CHAT:
            yield from whole(self.generate([prompt])[0])
            return
        with self._lock:
            inputs = loaded.inputs([prompt])
            options = loaded.options(inputs, [prompt])
            seen = loaded.probabilities()
        made: list[Any] = []

        def run(**more: Any) -> None:
            with self._lock:
                made.append(loaded.model.generate(**inputs, **options, **more, logits_processor=seen.as_processors()))

        yield from (Piece(text=text) for text in stream_tokens(run, loaded.parts.tokenizer))
        confidence, tokens = seen.finish(made[0])[0] if made else (None, 0)
        yield Piece(confidence=confidence, tokens=tokens)

    def _ready(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                require("transformers", f"the model {self._name}")
                self._loaded = _Loaded.from_folder(self._folder, self._config, self._place)
            return self._loaded

    def _halving(self, loaded: _Loaded, batch: Sequence[Prompt]) -> list[Reply]:
        try:
            return loaded.replies(batch)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise ModelError(f"{self._name} failed on {len(batch)} prompts: {_first_line(error)}") from error
        _empty_caches()
        if len(batch) == 1:
            raise ModelError(
                f"{self._name} has not enough memory for one prompt with {image_count(batch[0])} images; "
                "show it fewer or smaller images (answer.max_images), or choose a smaller model"
            )
        middle = len(batch) // 2
        return self._halving(loaded, batch[:middle]) + self._halving(loaded, batch[middle:])


class _Loaded:
    """A model with its processor, on its device."""

    def __init__(self, model: Any, parts: LoadedParts, family: Family, context: int) -> None:
        self.model = model
        self.parts = parts
        self.family = family
        self._context = context

    @classmethod
    def from_folder(cls, folder: Path, config: dict[str, Any], wanted: tuple[str, str, float | None]) -> _Loaded:
        parts = load_parts(folder)
        family = family_of(config, parts)
        if family.shape in {PromptShape.CHAT, PromptShape.PREFIX}:
            parts.tokenizer.padding_side = "left"
        if parts.tokenizer.pad_token is None:
            parts.tokenizer.pad_token = parts.tokenizer.eos_token
        device, dtype = place(folder, *wanted)
        model = load_model(folder, config, device, dtype)
        if model.generation_config.pad_token_id is None:
            model.generation_config.pad_token_id = parts.tokenizer.pad_token_id
        return cls(model, parts, family, context_length(config))

    def inputs(self, prompts: Sequence[Prompt]) -> Any:
        """Tensors on the model's device, floating ones in its number format."""
        from jinja2.exceptions import TemplateError

        try:
            made = prepare(self.family, self.parts, prompts)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, TemplateError) as error:
            raise ModelError(
                f"the processor of this {self.family.name} model refused the prompt: {_first_line(error)}"
            ) from error
        return made.to(self.model.device, self.model.dtype)

    def options(self, inputs: Any, prompts: Sequence[Prompt]) -> dict[str, Any]:
        """Greedy decoding, as long as asked for and as the context allows."""
        wanted = max(prompt.max_tokens for prompt in prompts)
        given = (
            inputs["input_ids"].shape[1]
            if "input_ids" in inputs and self.family.shape is not PromptShape.ENCODED
            else 0
        )
        if self._context and given + _LEAST_REPLY > self._context:
            raise ModelError(
                f"the prompt has {given} tokens and this {self.family.name} model takes {self._context} with its "
                "reply; lower answer.context_tokens or answer.max_images"
            )
        room = self._context - given if self._context else wanted
        return {
            "max_new_tokens": min(wanted, room),
            "do_sample": False,
            "num_beams": 1,
            "temperature": None,
            "top_p": None,
            "top_k": None,
        }

    def replies(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch; all its prompts have the same number of images and the same limit."""
        import torch

        inputs, seen = self.inputs(prompts), self.probabilities()
        with torch.inference_mode():
            made = self.model.generate(**inputs, **self.options(inputs, prompts), logits_processor=seen.as_processors())
        start = reply_start(self.family, inputs.get("input_ids"), made)
        return self._decoded(made[:, start:], seen.finish(made))

    def probabilities(self) -> TokenProbabilities:
        """Notes how sure the model is of what it chooses."""
        return TokenProbabilities(self.model.generation_config.eos_token_id, self.parts.tokenizer.pad_token_id)

    def _decoded(self, rows: Any, measured: Sequence[tuple[float | None, int]]) -> list[Reply]:
        texts = self.parts.tokenizer.batch_decode(rows, skip_special_tokens=True)
        return [
            Reply(text=text.strip(), confidence=confidence, tokens=tokens)
            for text, (confidence, tokens) in zip(texts, measured, strict=True)
        ]


def _groups(keys: Sequence[Hashable], size: int) -> Iterator[list[int]]:
    """Indices of equal keys, at most `size` at a time."""
    alike: dict[Hashable, list[int]] = {}
    for index, key in enumerate(keys):
        alike.setdefault(key, []).append(index)
    for indices in alike.values():
        for start in range(0, len(indices), size):
            yield indices[start : start + size]


def _is_out_of_memory(error: BaseException) -> bool:
    message = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in message or "can't allocate memory" in message


def _empty_caches() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
