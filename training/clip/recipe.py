"""The facts of the mini shared space and the settings of its training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

NAME: Final = "mini-clip"
REVISION: Final = "2"
EMBED_DIM: Final = 384
IMAGE_SIZE: Final = 112
MEAN: Final = (0.5, 0.5, 0.5)
STD: Final = (0.5, 0.5, 0.5)
TEXT_MODEL: Final = "sentence-transformers/all-MiniLM-L6-v2"
TEXT_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CONTEXT_LENGTH: Final = 128

# A convolution tower: it trains quickly on a CPU and can be shown small pictures first.
VISION: Final[dict[str, Any]] = {
    "image_size": IMAGE_SIZE,
    "timm_model_name": "cs3darknet_focus_s",
    "timm_model_pretrained": False,
    "timm_pool": "avg",
    "timm_proj": "mlp",
}
# Pictures are letterboxed on white, as charts and pages usually stand on white.
PREPROCESS: Final[dict[str, Any]] = {
    "mean": list(MEAN),
    "std": list(STD),
    "interpolation": "bicubic",
    "resize_mode": "longest",
    "fill_color": 255,
}
MIX: Final[dict[str, float]] = {
    "scene": 0.52,
    "emoji": 0.30,
    "chart": 0.07,
    "page": 0.03,
    "diagram": 0.02,
    "map": 0.02,
    "screenshot": 0.02,
    "unknown": 0.02,
}
# Which colour belongs to which of several shapes is what is hardest to learn.
SCENES: Final[dict[str, float]] = {"single": 0.28, "equal": 0.12, "pair": 0.42, "three": 0.18}
# Pictures are shown small first, which costs a fifth as much, and at full size in the end.
STAGES: Final[tuple[tuple[float, int], ...]] = (
    (0.0, 48),
    (0.25, 64),
    (0.5, 80),
    (0.7, IMAGE_SIZE),
)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings of one training run; a resumed run may change `images`."""

    images: int = 600_000
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warm_up: int = 15_000
    cool_down: float = 0.3
    average: float = 0.992
    bank: int = 1024
    smallest: int = 0
    """The least side at which pictures are shown, for a run that begins with another's tower."""
    seed: int = 7

    def rate_at(self, seen: int) -> float:
        """The learning rate after `seen` images: warm-up, plateau, then a line to zero."""
        start = self.images * (1 - self.cool_down)
        rising = min(1.0, (seen + self.batch) / self.warm_up)
        falling = min(1.0, max(0.0, (self.images - seen) / (self.images - start)))
        return self.learning_rate * rising * falling

    def side_at(self, seen: int) -> int:
        """The side in pixels at which pictures are shown after `seen` images."""
        share = seen / self.images
        return max(self.smallest, [side for start, side in STAGES if share >= start][-1])
