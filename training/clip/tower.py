"""The image tower, and how its text-space basis is folded away for shipping."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from torch.nn import functional

from training.clip.recipe import EMBED_DIM, VISION

if TYPE_CHECKING:
    from collections.abc import Iterator

# The layer of open_clip's tower whose output is the embedding.
LAST = "head.mlp.fc2.weight"


def build_visual() -> nn.Module:
    """The untrained tower, built by open_clip itself so that its keys are open_clip's."""
    from open_clip.model import _build_vision_tower

    return cast("nn.Module", _build_vision_tower(EMBED_DIM, dict(VISION)))


def text_basis(texts: torch.Tensor, power: float) -> torch.Tensor:
    """A symmetric matrix that spreads out directions in which captions hardly differ.

    Captions that swap two attributes differ by a cosine of 0.004 only; learning in this basis
    reaches such directions much sooner. Shape: (384, 384).
    """
    values, vectors = torch.linalg.eigh(torch.cov(texts.T.double()))
    relative = (values / values.max()).clamp_min(1e-4)
    basis = vectors @ torch.diag(relative**-power) @ vectors.T
    scaled: torch.Tensor = basis / basis.diagonal().mean()
    return scaled.float()


class Tower(nn.Module):
    """The tower as it is trained: open_clip's visual part, then the fixed basis."""

    basis: torch.Tensor

    def __init__(self, basis: torch.Tensor) -> None:
        super().__init__()
        self.visual: Any = build_visual()
        self.log_scale = nn.Parameter(torch.tensor(3.4))
        self.register_buffer("basis", basis)

    @property
    def width(self) -> int:
        """How many pooled features there are."""
        return int(self.visual.trunk.num_features)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The pooled features and the unit vectors. Shapes: (n, width), (n, 384)."""
        # Only the trunk in half precision: the head tells apart captions that hardly differ.
        with torch.autocast(images.device.type, torch.bfloat16):
            pooled = self.visual.trunk(images)
        pooled = pooled.float()
        return pooled, functional.normalize(self.visual.head(pooled) @ self.basis, dim=-1)

    def scale(self) -> torch.Tensor:
        """What cosines are multiplied by before the softmax."""
        return self.log_scale.clamp(max=5.0).exp()

    def folded(self) -> dict[str, torch.Tensor]:
        """The half-precision weights of a plain open_clip tower that gives the same vectors."""
        state = {name: value.detach() for name, value in self.visual.state_dict().items()}
        state[LAST] = self.basis @ state[LAST]
        return {name: _half(value) for name, value in state.items()}


def _half(value: torch.Tensor) -> torch.Tensor:
    small = value.half() if value.is_floating_point() else value
    return small.cpu().contiguous()


class Averaged:
    """An exponential moving average of a module, buffers included."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module: Any = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards the module; faster in the beginning."""
        self.updates += 1
        keep = min(self.decay, self.updates / (self.updates + 10))
        for mine, theirs in zip(_tensors(self.module), _tensors(module), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def _tensors(module: nn.Module) -> Iterator[torch.Tensor]:
    yield from module.state_dict().values()
