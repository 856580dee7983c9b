"""The mini space as a user gets it: open_clip's tower and preprocessing, MiniLM's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.clip.recipe import IMAGE_SIZE, PREPROCESS
from training.clip.text import TextTower

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image


class Space:
    """Embeds pictures and texts into unit vectors of the same 384 dimensions."""

    def __init__(self, weights: Path) -> None:
        import torch
        from open_clip.transform import PreprocessCfg, image_transform_v2
        from safetensors.torch import load_file

        from training.clip.tower import build_visual

        self.torch = torch
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.visual = build_visual().eval()
        state = {name: tensor.float() for name, tensor in load_file(weights).items()}
        self.visual.load_state_dict(_counted(state, self.visual), strict=True)
        self.visual.to(self.device)
        self.prepare: Any = image_transform_v2(
            PreprocessCfg(size=(IMAGE_SIZE, IMAGE_SIZE), **PREPROCESS), is_train=False
        )
        self.text = TextTower(device=self.device, exact=True)

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape: (n, 384)."""
        return self.text.embed(texts, 64)

    def images(self, images: Iterable[Image.Image]) -> NDArray[np.float32]:
        """Shape: (n, 384)."""
        rows, batch = [], []
        for image in images:
            batch.append(self.prepare(image))
            if len(batch) == 64:
                rows.append(self._forward(batch))
                batch = []
        if batch:
            rows.append(self._forward(batch))
        return np.concatenate(rows)

    def _forward(self, batch: list[Any]) -> NDArray[np.float32]:
        torch = self.torch
        with torch.inference_mode():
            features = self.visual(torch.stack(batch).to(self.device)).float()
            unit = torch.nn.functional.normalize(features, dim=-1)
        vectors: NDArray[np.float32] = unit.cpu().numpy()
        return vectors


def _counted(state: dict[str, Any], module: Any) -> dict[str, Any]:
    """The state with the integer counters of batch norms as integers again."""
    kinds = {name: tensor.dtype for name, tensor in module.state_dict().items()}
    return {name: tensor.to(kinds.get(name, tensor.dtype)) for name, tensor in state.items()}
