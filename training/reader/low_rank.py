"""What a later training may change: of each matrix of the layers a product of two thin ones, so that little ships.

The reader's shipped weights stay as they are, file and history; what is learnt later is added to them
(`ragmm.readers.weights.write_later`). Word vectors and own characters stay too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.reader.model import Reader


class Thin(nn.Module):
    """A linear layer whose matrix stays, and the product of two thin matrices that is added to it.

    The matrix is multiplied in bfloat16 where `short` says so: half of the time where a processor counts so, and what
    it is rounded by is less than what the shipped file's eight bits are.
    """

    kept: Tensor
    rounded: Tensor

    def __init__(self, plain: nn.Linear, rank: int, *, short: bool) -> None:
        super().__init__()
        rows, columns = plain.weight.shape
        self.bias = plain.bias
        self.left = nn.Parameter(torch.zeros(rows, rank))
        self.right = nn.Parameter(torch.randn(rank, columns) / columns**0.5)
        self.keep(plain.weight.detach(), short=short)

    def keep(self, weight: Tensor, *, short: bool) -> None:
        """The matrix that stays."""
        self.register_buffer("kept", weight.clone(), persistent=False)
        self.register_buffer("rounded", self.kept.to(torch.bfloat16) if short else self.kept, persistent=False)

    @property
    def weight(self) -> Tensor:
        """The whole matrix."""
        return self.kept + self.left @ self.right

    def forward(self, state: Tensor) -> Tensor:
        kind = self.rounded.dtype
        state = state.to(kind)
        moved = functional.linear(functional.linear(state, self.right.to(kind)), self.left.to(kind))
        return functional.linear(state, self.rounded, self.bias.to(kind)) + moved


def narrow(model: Reader, rank: int, *, short: bool = False) -> None:
    """From here on the layers' matrices move by thin products alone, and own characters not at all."""
    model.own.requires_grad_(requires_grad=False)
    for layer, name, part in list(_linears(model)):
        setattr(layer, name, Thin(part, rank, short=short))


def thin_parts(model: Reader) -> list[dict[str, Tensor]]:
    """The thin matrices, in the order of the layers."""
    return [{"left": part.left.detach(), "right": part.right.detach()} for part in _thin(model).values()]


def fill(model: Reader, weights: Mapping[str, Tensor], kept: list[dict[str, Tensor]]) -> None:
    """Into a narrowed model: weights under their plain names, these thin products among them."""
    layers = _thin(model)
    plain = {f"{name}.weight" for name in layers}
    left = model.load_state_dict({name: rows for name, rows in weights.items() if name not in plain}, strict=False)
    if left.unexpected_keys:
        raise ValueError(f"the weights are not a reader's: {left}")
    with torch.no_grad():
        for (name, part), thin in zip(layers.items(), kept, strict=True):
            part.left.copy_(thin["left"])
            part.right.copy_(thin["right"])
            whole = weights[f"{name}.weight"]
            part.keep(whole - part.left @ part.right, short=part.rounded.dtype is torch.bfloat16)


def whole(model: Reader) -> dict[str, Tensor]:
    """All weights under their plain names."""
    layers = _thin(model)
    thin = {f"{name}.{side}" for name in layers for side in ("left", "right")}
    found = {name: rows for name, rows in model.state_dict().items() if name not in thin}
    return found | {f"{name}.weight": part.weight.detach() for name, part in layers.items()}


def _thin(model: Reader) -> dict[str, Thin]:
    return {name: part for name, part in model.named_modules() if isinstance(part, Thin)}


def _linears(model: Reader) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    for layer in model.layers:
        yield from ((layer, name, part) for name, part in layer.named_children() if isinstance(part, nn.Linear))
