"""The contrastive loss against a bank of frozen captions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from training.clip.pool import FALSE, TRUE
from training.clip.truth import UNTOLD, true_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.clip.pool import Shard

# Captions without marks that are closer than this are taken for the same statement.
SAME = 0.985
OWN_WEIGHT, REVERSE_WEIGHT = 1.5, 0.3
# Almost true captions are so near to the true one that they need a sharper softmax.
SHARPER = 8.0


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Candidate captions of a batch of n pictures: the true one of each, then their almost
    true ones, then others of the shard; `excluded` is True where caption j must not count
    against picture i, and `own` is True at its almost true ones. Shape: (n, candidates)."""

    vectors: torch.Tensor
    excluded: torch.Tensor
    own: torch.Tensor


def choices(shard: Shard, rows: NDArray[np.int64], dice: np.random.Generator, bank: int) -> Choices:
    """Pick the captions that a batch is told apart by."""
    many = len(rows)
    true = shard.captions[rows, dice.integers(0, TRUE, many)]
    false = shard.captions[rows, TRUE:].reshape(-1)
    present = false >= 0
    others = dice.integers(0, len(shard.texts), bank)
    columns = np.concatenate([true, false[present], others])
    vectors = torch.from_numpy(shard.texts[columns].astype(np.float32))
    own = np.zeros((many, len(columns)), bool)
    owners = np.repeat(np.arange(many), FALSE)[present]
    own[owners, many + np.arange(len(owners))] = True
    said = true_pairs(shard.marks[rows], shard.text_marks[columns], shard.words[rows])
    plain = torch.from_numpy(shard.text_marks[columns, 0] == UNTOLD)
    alike = (vectors[:many] @ vectors.T > SAME) & plain
    excluded = torch.from_numpy(said & ~own) | (alike & ~torch.from_numpy(own))
    excluded[torch.arange(many), torch.arange(many)] = False
    return Choices(vectors=vectors, excluded=excluded, own=torch.from_numpy(own))


def contrast(pictures: torch.Tensor, among: Choices, scale: torch.Tensor) -> tuple[torch.Tensor, float]:
    """The loss of a batch, and the share of pictures nearer to the truth than to what is almost true."""
    many = len(pictures)
    logits = scale * pictures @ among.vectors.T
    clean = logits.masked_fill(among.excluded, -torch.inf)
    target = torch.arange(many, device=pictures.device)
    forward = functional.cross_entropy(clean, target)
    true = logits.diagonal()[:, None]
    rivals = logits.masked_fill(~among.own, -torch.inf)
    near = SHARPER * torch.cat([true, rivals], 1)
    own = functional.cross_entropy(near, torch.zeros_like(target))
    back = functional.cross_entropy(clean[:, :many].T, target)
    right = (true > rivals.amax(1, keepdim=True)).squeeze(1)[among.own.any(1)]
    return forward + OWN_WEIGHT * own + REVERSE_WEIGHT * back, float(right.float().mean())
