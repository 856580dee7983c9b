"""How sure a model was of the tokens it chose, without keeping the scores of every token it might have chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["TokenProbabilities"]


class TokenProbabilities:
    """A logits processor that changes nothing and notes the probability of each token once it has been chosen.

    `generate(output_scores=True)` would hold vocabulary x tokens x batch numbers; this holds one row per prompt.
    """

    def __init__(self, ends: int | Sequence[int] | None, padding: int | None) -> None:
        self._ends = {ends} if isinstance(ends, int) else set(ends or ())
        self._padding = padding
        self._pending: torch.Tensor | None = None
        self._chosen: list[torch.Tensor] = []
        self._tokens: list[torch.Tensor] = []

    def as_processors(self) -> Any:
        """What `generate` takes; transformers puts it behind its own processors."""
        from transformers import LogitsProcessorList

        return LogitsProcessorList([self])

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Shapes: (batch, tokens so far), (batch, vocabulary)."""
        self._note(input_ids)
        self._pending = scores.float().log_softmax(dim=-1)
        return scores

    def finish(self, made: torch.Tensor) -> list[tuple[float | None, int]]:
        """For each row the geometric mean probability and the number of its tokens up to its end. Shape: (batch, n)."""
        self._note(made)
        if not self._tokens:
            return [(None, 0)] * made.shape[0]
        tokens = list(zip(*(step.tolist() for step in self._tokens), strict=True))
        chosen = list(zip(*(step.tolist() for step in self._chosen), strict=True))
        return [self._mean(row, logs) for row, logs in zip(tokens, chosen, strict=True)]

    def _note(self, ids: torch.Tensor) -> None:
        if self._pending is not None:
            last = ids[:, -1].to(self._pending.device)
            self._tokens.append(last)
            self._chosen.append(self._pending.gather(1, last[:, None])[:, 0])
            self._pending = None

    def _mean(self, tokens: Sequence[int], logs: Sequence[float]) -> tuple[float | None, int]:
        """A row ends at its first end token; what follows is padding that waits for longer rows."""
        ends = self._ends or ({self._padding} if self._padding is not None else set())
        length = next((place + 1 for place, token in enumerate(tokens) if token in ends), len(tokens))
        return math.exp(sum(logs[:length]) / length), length
