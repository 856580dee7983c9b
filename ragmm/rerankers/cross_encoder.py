"""`st:` cross-encoders of sentence-transformers: those for text, and those that see pictures, by the same class."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.compute import resolve_device, resolve_dtype, set_threads
from ragmm.embedders.settings import EmbedderSettings
from ragmm.errors import ModelError
from ragmm.models.describe import describe
from ragmm.models.finding import FoundModel
from ragmm.models.fingerprints import fingerprint
from ragmm.models.safety import refuse_foreign_code, refuse_pickles
from ragmm.models.strict import strict_loading
from ragmm.optional import require
from ragmm.rerankers.base import Candidate
from ragmm.types import MediaKind, ModelInfo

if TYPE_CHECKING:
    from PIL.Image import Image
    from sentence_transformers import CrossEncoder

__all__ = ["CrossEncoderReranker"]

_ADAPTER = "cross-encoder/1"
_LONGEST_TEXT = 8_000
"""Characters of a candidate: tokenizing more than a model reads costs time for nothing."""


class CrossEncoderReranker:
    """Constructing reads a few JSON files; the weights are loaded by `load()` or on first use. Thread-safe."""

    def __init__(self, model: FoundModel, settings: EmbedderSettings | None = None) -> None:
        self._found = model
        self._settings = settings or EmbedderSettings()
        self._facts = describe(model.folder)
        refuse_pickles(model.folder)
        refuse_foreign_code(model.folder)
        self._lock = threading.RLock()
        self._model: CrossEncoder | None = None

    @cached_property
    def info(self) -> ModelInfo:
        """Read from the files without loading weights; the first call hashes them."""
        return ModelInfo(
            name=self._found.name,
            revision=self._found.revision,
            fingerprint=fingerprint(self._found.folder, adapter=_ADAPTER),
            kinds=self._facts.kinds,
            max_tokens=self._facts.max_tokens,
            licence=self._found.licence,
        )

    def load(self) -> None:
        """Loads the weights unless they are loaded. Raises ModelError when they are damaged or do not fit."""
        self._ready()

    def score(self, question: str, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        """Shape: (len(candidates),). Raises ModelError for a model that gives no single score."""
        if not candidates:
            return np.zeros(0, np.float32)
        with self._lock:
            model = self._ready()
            pairs = [(question, self._input(one)) for one in candidates]
            scores = np.asarray(
                model.predict(pairs, batch_size=self._settings.batch_size, show_progress_bar=False), np.float32
            )
        if scores.shape != (len(candidates),) or not np.isfinite(scores).all():
            raise ModelError(
                f"{self._found.name} gives scores of shape {scores.shape} for {len(candidates)} pairs, or some that "
                "are no numbers; name a cross-encoder with one label as models.rerank"
            )
        return scores

    def _input(self, candidate: Candidate) -> Any:
        text = candidate.text[:_LONGEST_TEXT]
        if candidate.image is None or MediaKind.IMAGE not in self._facts.kinds:
            return text
        image = _decoded(candidate.image.data)
        return {"text": text, "image": image} if text.strip() else image

    def _ready(self) -> CrossEncoder:
        with self._lock:
            if self._model is None:
                self._model = self._loaded()
            return self._model

    def _loaded(self) -> CrossEncoder:
        require("sentence_transformers", f"the model {self._found.name}")
        from sentence_transformers import CrossEncoder

        folder = self._found.folder
        device = resolve_device(self._settings.device)
        set_threads(self._settings)
        try:
            with strict_loading(folder):
                model: CrossEncoder = CrossEncoder(
                    str(folder),
                    device=device,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"dtype": resolve_dtype(self._settings.dtype, device), "use_safetensors": True},
                )
        except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, ImportError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(
                f"sentence-transformers cannot load {folder} as a cross-encoder: {lines[0]}; "
                f"check it with: ragmm models check {self._found.name}"
            ) from error
        model.eval()
        return model


def _decoded(data: bytes) -> Image:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ModelError(f"a picture of {len(data):,} bytes cannot be read for reranking ({error})") from error
