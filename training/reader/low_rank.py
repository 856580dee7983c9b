"""What a later training may change: of each matrix of the layers a product of two thin ones, so that little ships.

The reader's shipped weights stay as they are, file and history; what is learnt later is added to them
(`ragmm.readers.weights.write_later`). Word vectors and own characters stay too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from training.reader.model import Reader


class Thin(nn.Module):
    """Adds the product of two thin matrices to a matrix that stays."""

    def __init__(self, rows: int, columns: int, rank: int) -> None:
        super().__init__()
        self.left = nn.Parameter(torch.zeros(rows, rank))
        self.right = nn.Parameter(torch.randn(rank, columns) / columns**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.left @ self.right


def narrow(model: Reader, rank: int) -> None:
    """From here on the layers' matrices move by thin products alone, and own characters not at all."""
    model.own.requires_grad_(requires_grad=False)
    for layer in _linears(model):
        rows, columns = layer.weight.shape
        layer.weight.requires_grad_(requires_grad=False)
        parametrize.register_parametrization(layer, "weight", Thin(rows, columns, rank))


def thin_parts(model: Reader) -> list[dict[str, Tensor]]:
    """The thin matrices, in the order of the layers."""
    return [part.state_dict() for part in model.modules() if isinstance(part, Thin)]


def fill(model: Reader, weights: Mapping[str, Tensor], kept: list[dict[str, Tensor]]) -> None:
    """Into a narrowed model: weights under their plain names, these thin products among them."""
    layers = list(_linears(model))
    plain = {f"{name}.weight": layer for name, layer in model.named_modules() if layer in set(layers)}
    rest = {name: rows for name, rows in weights.items() if name not in plain}
    left = model.load_state_dict(rest, strict=False)
    if left.unexpected_keys:
        raise ValueError(f"the weights are not a reader's: {left}")
    with torch.no_grad():
        for layer, part in zip(layers, kept, strict=True):
            layer.parametrizations.weight[0].load_state_dict(part)
        for name, layer in plain.items():
            part = layer.parametrizations.weight[0]
            layer.parametrizations.weight.original.copy_(weights[name] - part.left @ part.right)


def whole(model: Reader) -> dict[str, Tensor]:
    """All weights under their plain names."""
    found = {}
    for name, rows in model.state_dict().items():
        if ".parametrizations." not in name:
            found[name] = rows
        elif name.endswith(".original"):
            plain = name.removesuffix(".parametrizations.weight.original")
            found[f"{plain}.weight"] = model.get_submodule(plain).weight.detach()
    return found


def _linears(model: Reader) -> Iterator[nn.Linear]:
    for layer in model.layers:
        yield from (part for part in layer.children() if isinstance(part, nn.Linear))
