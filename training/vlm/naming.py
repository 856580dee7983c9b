"""Naming what is seen: features are compared with word vectors, patch by patch and for the whole picture."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from training.vlm.concepts import IGNORE, PATCH_GROUPS, PICTURE_GROUPS, mixing, words

# Most patches show nothing; without this their class would drown the others.
NOTHING_WEIGHT = 0.15
# Shapes are the hardest and matter most.
WEIGHTS = {
    "patch shape": 3.0,
    "patch colour": 2.0,
    "patch centre": 2.0,
    "patch row": 0.5,
    "patch column": 0.5,
}
# How sharply a feature is compared with a class.
SHARPNESS = 4.0
GROUPS = (*PATCH_GROUPS.values(), *PICTURE_GROUPS.values())
# Groups whose first class is what most patches are.
MOSTLY_FIRST = ("shape", "colour", "size", "centre")


class Namer(nn.Module):
    """Scores projected features against class names; its weights are the vectors of the words in them."""

    mixed: torch.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.randn(len(words()), width) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(sum(map(len, GROUPS))))
        self.register_buffer(
            "mixed", torch.cat([torch.from_numpy(mixing(group)) for group in GROUPS]), persistent=False
        )

    def scores(self, features: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Scores per patch group (n, patches, classes) and per picture group (n, classes)."""
        classes = (self.mixed @ self.words.float()) * SHARPNESS
        sizes = [len(group) for group in GROUPS]
        split, groups = sum(sizes[: len(PATCH_GROUPS)]), len(PATCH_GROUPS)
        bias = self.bias.float()
        patch = features.float() @ classes[:split].T + bias[:split]
        whole = features.float().mean(1) @ classes[split:].T + bias[split:]
        return list(torch.split(patch, sizes[:groups], -1)), list(torch.split(whole, sizes[groups:], -1))

    def forward(self, features: torch.Tensor, picture: torch.Tensor, patch: torch.Tensor) -> torch.Tensor:
        """The weighted sum of the losses of all groups that apply."""
        by_patch, whole = self.scores(features)
        total = features.new_zeros((), dtype=torch.float32)
        for index, (name, score) in enumerate(zip(PATCH_GROUPS, by_patch, strict=True)):
            weight = torch.ones(score.shape[-1], device=score.device)
            weight[0] = NOTHING_WEIGHT if name in MOSTLY_FIRST else 1.0
            loss = _loss(score.flatten(0, 1), patch[:, index].flatten(), weight)
            total = total + WEIGHTS.get(f"patch {name}", 1.0) * loss
        for index, (name, score) in enumerate(zip(PICTURE_GROUPS, whole, strict=True)):
            total = total + WEIGHTS.get(name, 1.0) * _loss(score, picture[:, index], None)
        return total


def _loss(score: torch.Tensor, truth: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    if not bool((truth != IGNORE).any()):
        return score.sum() * 0
    return functional.cross_entropy(score, truth, weight=weight, ignore_index=IGNORE)
