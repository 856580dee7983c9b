"""A small Llama in NumPy that continues a row of tokens greedily, one text at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.running import one_thread

__all__ = ["NumpyLlama"]

Rows = NDArray[np.float32]
_PREFIX = "model.language_model."


class NumpyLlama:
    """Shapes: t tokens of the prompt or of one step, h width, d of a head."""

    def __init__(self, weights: Mapping[str, Rows], config: Mapping[str, Any]) -> None:
        """`config`: the text_config of transformers' file. Raises KeyError where a weight is missing."""
        self._layers, self._heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
        self._epsilon = np.float32(config["rms_norm_eps"])
        self._theta = float(config["rope_parameters"]["rope_theta"])
        self._end = int(config["eos_token_id"])
        self._weights = {name[len(_PREFIX) :]: weights[name] for name in weights if name.startswith(_PREFIX)}
        self.words = self._weights["embed_tokens.weight"]
        """Shape: (vocabulary, h)."""

    def continued(self, rows: Rows, most: int) -> Iterator[tuple[int, float]]:
        """Each next token with the logarithm of its probability, up to the one that ends. `rows`: shape (t, h)."""
        kept: list[tuple[Rows, Rows]] = []
        for _ in range(most):
            with one_thread():
                logits = self._forward(rows, kept) @ self.words.T
            token = int(logits.argmax())
            shifted = logits.astype(np.float64) - logits[token]
            yield token, -float(np.log(np.exp(shifted).sum()))
            if token == self._end:
                return
            rows = self.words[token][None]

    def _forward(self, state: Rows, kept: list[tuple[Rows, Rows]]) -> Rows:
        """The last token's state; keys and values of all tokens so far are kept. Shape: (t, h) -> (h,)."""
        past = kept[0][0].shape[1] if kept else 0
        turns = _turns(past, len(state), state.shape[1] // self._heads, self._theta)
        for layer in range(self._layers):
            name = f"layers.{layer}."
            state = state + self._attend(self._norm(state, f"{name}input_layernorm"), kept, layer, turns)
            inner = self._norm(state, f"{name}post_attention_layernorm")
            gate = self._linear(inner, f"{name}mlp.gate_proj")
            opened = gate / (1 + np.exp(-gate)) * self._linear(inner, f"{name}mlp.up_proj")
            state = state + self._linear(opened, f"{name}mlp.down_proj")
        last: Rows = self._norm(state[-1:], "norm")[0]
        return last

    def _attend(self, state: Rows, kept: list[tuple[Rows, Rows]], layer: int, turns: tuple[Rows, Rows]) -> Rows:
        name, tokens = f"layers.{layer}.self_attn.", len(state)

        def split(part: str) -> Rows:
            return self._linear(state, f"{name}{part}_proj").reshape(tokens, self._heads, -1).transpose(1, 0, 2)

        query, key, value = _turned(split("q"), turns), _turned(split("k"), turns), split("v")
        if layer < len(kept):
            key, value = (np.concatenate(pair, axis=1) for pair in zip(kept[layer], (key, value), strict=True))
            kept[layer] = (key, value)
        else:
            kept.append((key, value))
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(key.shape[2]))
        if tokens > 1:
            scores = scores + np.triu(np.full((tokens, tokens), -np.inf, np.float32), 1)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
        return self._linear(mixed.transpose(1, 0, 2).reshape(tokens, -1), f"{name}o_proj")

    def _linear(self, state: Rows, name: str) -> Rows:
        made: Rows = state @ self._weights[f"{name}.weight"].T
        return made

    def _norm(self, state: Rows, name: str) -> Rows:
        scale = np.sqrt((state * state).mean(axis=-1, keepdims=True) + self._epsilon)
        normed: Rows = state / scale * self._weights[f"{name}.weight"]
        return normed


def _turns(first: int, tokens: int, width: int, theta: float) -> tuple[Rows, Rows]:
    """Cosines and sines of the places' angles. Shape of each: (t, d)."""
    steps = 1 / theta ** (np.arange(0, width, 2, dtype=np.float32) / np.float32(width))
    angles = np.arange(first, first + tokens, dtype=np.float32)[:, None] * steps.astype(np.float32)
    both = np.concatenate([angles, angles], axis=1)
    return np.cos(both), np.sin(both)


def _turned(rows: Rows, turns: tuple[Rows, Rows]) -> Rows:
    half = rows.shape[-1] // 2
    across = np.concatenate([-rows[..., half:], rows[..., :half]], axis=-1)
    found: Rows = (rows * turns[0] + across * turns[1]).astype(np.float32, copy=False)
    return found
