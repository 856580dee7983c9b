"""CLIP's own text towers, quicker: no position is computed that only pads, none of the weights is copied.

Attention looks back only, and a text's vector is read at its end: what stands behind the longest text changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["compute_by_position", "shortened", "shortens"]

_READ_AT_THE_END = frozenset({"argmax", "eos"})


def shortens(network: Any) -> bool:
    """Whether the network's text tower is one of which that is true."""
    tower = _tower(network)
    pool = getattr(network, "text_pool_type", None) or getattr(tower, "pool_type", None)
    looks_back = getattr(tower, "attn_mask", None) is not None and getattr(tower, "cls_emb", None) is None
    return pool in _READ_AT_THE_END and looks_back and hasattr(tower, "positional_embedding")


@contextmanager
def shortened(network: Any, tokens: int) -> Iterator[None]:
    """Within, the tower has so many positions. Not for several threads at once."""
    from torch.nn import Parameter

    tower = _tower(network)
    positions, mask = tower.positional_embedding, tower.attn_mask
    tower.positional_embedding = Parameter(positions[:tokens], requires_grad=False)
    tower.attn_mask = mask[:tokens, :tokens]
    try:
        yield
    finally:
        tower.positional_embedding, tower.attn_mask = positions, mask


def compute_by_position(network: Any) -> None:
    """Texts side by side, position after position: where attention has a mask, torch else copies a layer's weights for
    every text, which in bfloat16 takes two thirds of the time."""
    from open_clip.transformer import Transformer
    from torch.nn import MultiheadAttention

    stack = _tower(network).transformer
    attention: list[Any] = [getattr(block, "attn", None) for block in getattr(stack, "resblocks", ())]
    if isinstance(stack, Transformer) and all(type(one) is MultiheadAttention for one in attention):
        stack.batch_first = False
        for one in attention:
            one.batch_first = False


def _tower(network: Any) -> Any:
    return network if hasattr(network, "positional_embedding") else getattr(network, "text", None)
