"""`st:` sentence-transformers models: text embedders, and those that take images too (CLIP-like or VL)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.batching import BatchPlan, batched, embed_sorted, halving, prefetch
from ragmm.embedders.compute import decode_threads, resolve_device, resolve_dtype, set_threads
from ragmm.embedders.numpy_bert import NumpyBert, embed_in_numpy, serves_without_torch
from ragmm.embedders.preprocess import decode
from ragmm.embedders.rounded_bert import RoundedBert
from ragmm.embedders.scripts_known import known_scripts
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.embedders.token_spans import spans_of
from ragmm.embedders.windows import average, cut
from ragmm.errors import ModelError
from ragmm.models.describe import ModelFacts, ModelKind, describe, read_json, read_modules
from ragmm.models.finding import FoundModel
from ragmm.models.fingerprints import fingerprint
from ragmm.models.remedies import remedy_for
from ragmm.models.safety import refuse_foreign_code, refuse_pickles, require_tokenizer
from ragmm.models.strict import strict_loading
from ragmm.optional import require
from ragmm.text.inert import without_surrogates
from ragmm.types import Asset, MediaKind, ModelInfo, Role

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["SentenceTransformerEmbedder", "text_fingerprint"]

_ADAPTER = "st/1"
"""Raised when the same weights would give other vectors."""
_LONGEST_CONTEXT = 8_192
"""Attention over more than this costs more than it finds; models that take 32k get windows of this length."""


def text_fingerprint(folder: Path) -> str:
    """What a space is known by whose vectors the model in the folder makes."""
    return fingerprint(folder, adapter=_ADAPTER)


class SentenceTransformerEmbedder:
    """Constructing reads a few JSON files; the weights are loaded by `load()` or on first use. Thread-safe.

    Text on a CPU is computed in float32 unless another dtype is asked for; passages of small models in eight bits where
    the processor sums them exactly (`rounded_bert`).
    """

    def __init__(self, model: FoundModel, settings: EmbedderSettings | None = None) -> None:
        self._found = model
        self._settings = settings or EmbedderSettings()
        self._facts = _checked(model)
        self._lock = threading.RLock()
        self._model: SentenceTransformer | None = None

    @cached_property
    def info(self) -> ModelInfo:
        """Read from the files without loading weights; the first call hashes them."""
        return ModelInfo(
            name=self._found.name,
            revision=self._found.revision,
            fingerprint=text_fingerprint(self._found.folder),
            kinds=self._facts.kinds,
            dim=self._facts.dim,
            max_tokens=self._facts.max_tokens,
            licence=self._found.licence,
        )

    def scripts(self) -> frozenset[str]:
        """What the tokenizer's vocabulary can spell in words."""
        return known_scripts(self._found.folder)

    def load(self) -> None:
        """Loads the weights unless they are loaded. Raises ModelError when they are damaged or do not fit."""
        with self._lock:
            if (quick := self._without_torch(0)) is not None:
                quick.load()
            else:
                self._ready()

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Shape: (len(texts), dim), of unit length. The model's own query and document prompts are used."""
        if not texts:
            return self._no_rows()
        clean = [without_surrogates(text) for text in texts]
        quick = self._without_torch(len(texts))
        if quick is not None:
            rounded = self._rounded if role is Role.DOCUMENT else None
            with self._lock:
                prompt, embed = quick.prompts[role.value], rounded.embed if rounded else None
                return embed_in_numpy(quick, clean, prompt, self._settings.batch_size, embed)
        with self._lock:
            model = self._ready()
            windows = cut(clean, lambda some: spans_of(model.tokenizer, some), self._capacity(model, role))
            rows = embed_sorted(
                [window.text for window in windows],
                [window.tokens for window in windows],
                self._encoder(model, role),
                dim=self._facts.dim,
                plan=BatchPlan(size=self._settings.batch_size),
            )
        return average(rows, windows, len(texts))

    def _without_torch(self, texts: int) -> NumpyBert | None:
        serves = self._model is None and serves_without_torch(self._in_numpy, texts, self._settings.device)
        return self._in_numpy if serves else None

    @cached_property
    def _in_numpy(self) -> NumpyBert | None:
        """The same model without torch, where that is known to give the same vectors."""
        exact = self._settings.dtype in {Dtype.AUTO, Dtype.FLOAT32} and self._facts.kinds == {MediaKind.TEXT}
        return NumpyBert.open(self._found.folder, threads=self._settings.threads) if exact else None

    @cached_property
    def _rounded(self) -> RoundedBert | None:
        """What embeds documents where it need not be exact to the last digit."""
        exact = self._in_numpy
        suits = self._settings.dtype is Dtype.AUTO and exact is not None and RoundedBert.suits(exact)
        return RoundedBert(exact, self.info.fingerprint) if suits and exact is not None else None

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        """Shape: (len(assets), dim), of unit length. The pictures are decoded beside the model."""
        if MediaKind.IMAGE not in self._facts.kinds:
            raise ModelError(f"{self._found.name} embeds text only; name a model of a shared space for {kind}")
        if kind is not MediaKind.IMAGE:
            raise ModelError(f"{self._found.name} embeds texts and images, no {kind}")
        if not assets:
            return self._no_rows()
        batches = batched(assets, self._settings.batch_size)
        with ThreadPoolExecutor(decode_threads(self._settings)) as pool, self._lock:
            encode = self._encoder(self._ready(), Role.DOCUMENT)
            pictures = prefetch(batches, lambda batch: [decode(one.data) for one in batch], pool, ahead=2)
            return np.concatenate([rows for batch in pictures for rows in halving(encode, batch)])

    def _no_rows(self) -> NDArray[np.float32]:
        return np.zeros((0, self._facts.dim), dtype=np.float32)

    def _ready(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                self._model = self._loaded()
            return self._model

    def _encoder(self, model: SentenceTransformer, role: Role) -> Callable[[Sequence[Any]], NDArray[np.float32]]:
        encode = model.encode_query if role is Role.QUERY else model.encode_document

        def run(inputs: Sequence[Any]) -> NDArray[np.float32]:
            rows = encode(list(inputs), batch_size=len(inputs), show_progress_bar=False, normalize_embeddings=True)
            return np.asarray(rows, dtype=np.float32)

        return run

    def _capacity(self, model: SentenceTransformer, role: Role) -> int:
        """Tokens of text that fit beside the special tokens, the role's prompt and a chat template."""
        limit = min(model.max_seq_length or _LONGEST_CONTEXT, _LONGEST_CONTEXT)
        framed = model.preprocess([""], prompt=_prompt(model, role))
        taken = framed["input_ids"].shape[-1] if "input_ids" in framed else 0
        return max(8, limit - int(taken))

    def _loaded(self) -> SentenceTransformer:
        require("sentence_transformers", f"the model {self._found.name}")
        from sentence_transformers import SentenceTransformer

        folder = self._found.folder
        device = resolve_device(self._settings.device)
        dtype = resolve_dtype(self._settings.dtype, device, exact_on_cpu=MediaKind.IMAGE not in self._facts.kinds)
        set_threads(self._settings)
        try:
            with strict_loading(folder):
                model = SentenceTransformer(
                    str(folder),
                    device=device,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"dtype": dtype, "use_safetensors": True},
                )
        except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, ImportError) as error:
            raise ModelError(
                f"sentence-transformers cannot load {folder}: {_first_line(error)}; "
                f"check it with: ragmm models check {self._found.name}"
            ) from error
        self._check_width(model)
        return model.eval()

    def _check_width(self, model: SentenceTransformer) -> None:
        seen = model.get_embedding_dimension()
        if seen is not None and seen != self._facts.dim:
            raise ModelError(
                f"{self._found.folder} gives vectors of {seen} numbers where its files say {self._facts.dim}; "
                f"{remedy_for(self._found.folder)}"
            )


def _prompt(model: SentenceTransformer, role: Role) -> str:
    names = ("query",) if role is Role.QUERY else ("document", "passage", "corpus")
    return next((prompt for name in names if (prompt := model.prompts.get(name))), "")


def _checked(model: FoundModel) -> ModelFacts:
    """What the folder is, once nothing in it can run code."""
    folder = model.folder
    facts = describe(folder)
    if facts.kind is ModelKind.OPEN_CLIP:
        raise ModelError(f"{folder} is an OpenCLIP model; name it open_clip:{model.name.partition(':')[2]}")
    places = [folder]
    if facts.kind is ModelKind.SENTENCE_TRANSFORMERS:
        places += [folder / module["path"] for module in read_modules(folder) if module["path"]]
    for place in places:
        refuse_pickles(place)
        refuse_foreign_code(place)
    require_tokenizer(folder)
    config = folder / "config_sentence_transformers.json"
    kind = read_json(config).get("model_type", "SentenceTransformer") if config.is_file() else "SentenceTransformer"
    if kind != "SentenceTransformer":
        raise ModelError(f"{folder} is a {kind}, which gives no single vector; name a dense embedding model")
    return facts


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
