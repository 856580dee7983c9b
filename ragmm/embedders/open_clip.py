"""`open_clip:` any OpenCLIP model, and `mini`, which is one: texts and images in one space."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.batching import BatchPlan, batched, embed_sorted, halving, prefetch
from ragmm.embedders.compute import decode_threads, gpu_in_sight
from ragmm.embedders.numpy_bert import NumpyBert, NumpyEncoder, embed_in_numpy, serves_without_torch
from ragmm.embedders.open_clip_model import OpenClipModel, build, locate
from ragmm.embedders.open_clip_text import shortened
from ragmm.embedders.scripts_known import LATIN, known_scripts
from ragmm.embedders.sentence_transformers import text_fingerprint
from ragmm.embedders.settings import Device, Dtype, EmbedderSettings
from ragmm.embedders.token_spans import spans_of, spans_of_clip
from ragmm.embedders.windows import Span, average, cut
from ragmm.errors import ModelError
from ragmm.models.describe import describe
from ragmm.models.finding import FoundModel, Source, find
from ragmm.models.fingerprints import fingerprint
from ragmm.models.names import ModelName, Scheme
from ragmm.models.profiles import MINI_NOTICE
from ragmm.optional import require
from ragmm.text.inert import without_surrogates
from ragmm.types import Asset, MediaKind, ModelInfo, Role

if TYPE_CHECKING:
    import torch

    from ragmm.embedders.image_tower import ImageTower
    from ragmm.embedders.preprocess import Preprocessing

__all__ = ["OpenClipEmbedder"]

_ADAPTER = "open_clip/1"
"""Raised when the same weights would give other vectors."""
_QUEUED_BATCHES = 3
"""Decoded images waiting for the model: enough to bridge a slow one, few enough to stay small."""


class OpenClipEmbedder:
    """Constructing reads a few JSON files; the weights are loaded by `load()` or on first use. Thread-safe.

    `text_model` is the folder of a text tower that lies apart from the image tower, as mini's does; by default it is
    looked for where models are found. Images are best given many at a time: they are decoded beside the model.
    """

    def __init__(
        self, model: FoundModel, settings: EmbedderSettings | None = None, *, text_model: FoundModel | None = None
    ) -> None:
        self._found = model
        self._settings = settings or EmbedderSettings()
        self._text_model = text_model or _text_model(model)
        self._files = locate(model, self._text_model)
        self._dim = int(self._files.model["embed_dim"])
        self._lock = threading.RLock()
        self._model: OpenClipModel | None = None

    @cached_property
    def info(self) -> ModelInfo:
        """Read from the files without loading weights; the first call hashes them."""
        folders = [self._found.folder] + ([self._text_model.folder] if self._text_model else [])
        return ModelInfo(
            name=self._found.name,
            revision=self._found.revision,
            fingerprint=fingerprint(*folders, adapter=_ADAPTER),
            kinds=frozenset({MediaKind.TEXT, MediaKind.IMAGE}),
            dim=self._dim,
            text_model=self._plain_text_model,
            max_tokens=int(self._files.text.get("context_length", 77)),
            licence=self._found.licence,
            notice=MINI_NOTICE if self._found.source is Source.BUNDLED else "",
        )

    def scripts(self) -> frozenset[str]:
        """What the tokenizer's vocabulary can spell in words; OpenCLIP's own tokenizer is an English one."""
        found = known_scripts((self._text_model or self._found).folder)
        return found or (frozenset() if self._files.text.get("hf_tokenizer_name") else LATIN)

    def load(self) -> None:
        """Loads the weights unless they are loaded. Raises ModelError when they are damaged or do not fit."""
        with self._lock:
            quick = self._in_numpy if self._model is None else None
            if self._tower is None or quick is None or not serves_without_torch(quick, 0, self._settings.device):
                self._ready()
                return
            self._tower.load()
            quick.load()

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:  # noqa: ARG002
        """Shape: (len(texts), dim), of unit length. CLIP models treat questions and documents alike."""
        if not texts:
            return np.zeros((0, self._dim), dtype=np.float32)
        quick = self._in_numpy if self._model is None else None
        if quick is not None and serves_without_torch(quick, len(texts), self._settings.device):
            with self._lock:
                clean = [quick.clean(without_surrogates(text)) for text in texts]
                return embed_in_numpy(quick, clean, "", self._settings.batch_size)
        with self._lock:
            model = self._ready()
            clean = [model.tokenizer.clean_fn(without_surrogates(text)) for text in texts]
            windows = cut(clean, lambda some: _spans(model, some), _capacity(model))
            rows = embed_sorted(
                [window.text for window in windows],
                [window.tokens + 2 if model.trims else model.context for window in windows],
                lambda batch: _encode_texts(model, batch),
                dim=self._dim,
                plan=BatchPlan(size=self._settings.batch_size),
            )
        return average(rows, windows, len(texts))

    @cached_property
    def _in_numpy(self) -> NumpyEncoder | None:
        """The text tower without torch: CLIP's own, or one that another model ships whole, pooled by the mean."""
        own = self._files.text
        if self._files.checkpoint is not None:
            from ragmm.embedders.numpy_clip import NumpyClip

            return NumpyClip.open(self._files.checkpoint, self._files.model)
        if self._text_model is None or not self._plain_text_model:
            return None
        return NumpyBert.open(
            self._text_model.folder, context=int(own["context_length"]), pooling="mean", threads=self._settings.threads
        )

    @cached_property
    def _plain_text_model(self) -> str:
        """The fingerprint of the text model, where nothing but its own mean is made of a text; else ""."""
        own = self._files.text
        plain = own.get("hf_pooler_type") == "mean_pooler" and not own.get("hf_proj_type")
        if self._text_model is None or self._found.source is not Source.BUNDLED or not plain:
            return ""
        return text_fingerprint(self._text_model.folder)

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        """Shape: (len(assets), dim), of unit length. Raises DocumentError for bytes that are no image."""
        if kind is not MediaKind.IMAGE:
            raise ModelError(f"{self._found.name} embeds texts and images, no {kind}")
        if not assets:
            return np.zeros((0, self._dim), dtype=np.float32)
        size = self._settings.batch_size
        with ThreadPoolExecutor(decode_threads(self._settings)) as pool, self._lock:
            preprocessing, encode = self._seeing()
            pixels = prefetch([one.data for one in assets], preprocessing, pool, ahead=size * _QUEUED_BATCHES)
            return np.concatenate([rows for batch in batched(pixels, size) for rows in halving(encode, batch)])

    def _seeing(self) -> tuple[Preprocessing, Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]]:
        """What makes pictures ready, and what embeds them."""
        tower = self._tower if self._model is None else None
        if tower is not None:
            return tower.preprocessing, tower.embed
        model = self._ready()
        return model.preprocessing, lambda some: _encode_images(model, some)

    @cached_property
    def _tower(self) -> ImageTower | None:
        """The image tower without torch, where that is known to give the same vectors."""
        file, settings = self._files.image_tower, self._settings
        exact = settings.dtype in {Dtype.AUTO, Dtype.FLOAT32} and settings.device in {Device.AUTO, Device.CPU}
        if file is None or not exact or (settings.device is Device.AUTO and gpu_in_sight()):
            return None
        from ragmm.embedders.image_tower import ImageTower

        return ImageTower.open(file, self._files.model, self._files.preprocess, decode_threads(settings))

    def _ready(self) -> OpenClipModel:
        with self._lock:
            if self._model is None:
                require("open_clip", f"the model {self._found.name}")
                self._model = build(self._files, self._settings)
            return self._model


def _text_model(model: FoundModel) -> FoundModel | None:
    config = model.folder / "open_clip_config.json"
    name = describe(model.folder).text_model if config.is_file() else None
    return find(ModelName(scheme=Scheme.ST, target=name)) if name else None


def _spans(model: OpenClipModel, texts: Sequence[str]) -> list[list[Span]]:
    hugging = getattr(model.tokenizer, "tokenizer", None)
    return spans_of_clip(model.tokenizer, texts) if hugging is None else spans_of(hugging, texts)


def _capacity(model: OpenClipModel) -> int:
    """Tokens of text beside the special ones; CLIP's own tokenizer adds two, other modes at most three."""
    hugging = getattr(model.tokenizer, "tokenizer", None)
    special = 2 if hugging is None else int(hugging.num_special_tokens_to_add(pair=False))
    if getattr(model.tokenizer, "tokenizer_mode", ""):
        special = 3
    return max(1, model.context - special)


def _encode_texts(model: OpenClipModel, texts: Sequence[str]) -> NDArray[np.float32]:
    import torch

    tokens = model.tokenizer(list(texts))
    if model.trims:
        used = (tokens != model.pad).any(dim=0).nonzero()
        tokens = tokens[:, : int(used.max()) + 1 if used.numel() else 1]
    fitting = shortened(model.network, tokens.shape[1]) if model.shortens else nullcontext()
    with torch.inference_mode(), fitting:
        return _unit_rows(model.network.encode_text(tokens.to(model.device)))


def _encode_images(model: OpenClipModel, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    import torch

    with torch.inference_mode():
        return _unit_rows(model.network.encode_image(normalised(model, pixels)))


def normalised(model: OpenClipModel, pixels: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
    """Shape: (n, 3, height, width): normalised in float32 as open_clip does it, then in the model's dtype."""
    import torch

    seen = model.preprocessing
    stacked = torch.from_numpy(np.stack(pixels)).to(model.device)
    values = stacked.permute(0, 3, 1, 2).contiguous().to(torch.float32).div_(255)
    mean, std = (torch.tensor(channel, device=model.device).view(3, 1, 1) for channel in (seen.mean, seen.std))
    return values.sub_(mean).div_(std).to(model.image_dtype)


def _unit_rows(rows: Any) -> NDArray[np.float32]:
    import torch

    exact: NDArray[np.float32] = torch.nn.functional.normalize(rows.to(torch.float32), dim=-1).cpu().numpy()
    return exact
