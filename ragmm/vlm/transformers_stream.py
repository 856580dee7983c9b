"""Tokens of one reply as they are made: the model runs in a thread; errors and an early stop cross over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ragmm.errors import ModelError

if TYPE_CHECKING:
    import torch

__all__ = ["stream_tokens"]


class _Stop:
    """A stopping criterion that ends the generation when the reader has gone."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:  # noqa: ARG002
        import torch

        return torch.full((input_ids.shape[0],), self.event.is_set(), dtype=torch.bool, device=input_ids.device)


def stream_tokens(generate: Callable[..., None], tokenizer: Any) -> Iterator[str]:
    """Pieces of text in order, from a function that calls `generate` with the keywords it is given.

    Raises ModelError when the model fails on the way.
    """
    import torch
    from transformers import StoppingCriteriaList, TextIteratorStreamer

    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
    stop = _Stop()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with torch.inference_mode():
                generate(streamer=streamer, stopping_criteria=StoppingCriteriaList([stop]))
        except (RuntimeError, ValueError, TypeError, IndexError, KeyError, MemoryError) as error:
            failures.append(error)
            streamer.end()  # type: ignore[no-untyped-call]

    thread = threading.Thread(target=run, name="ragmm-vlm-stream", daemon=True)
    thread.start()
    try:
        for piece in streamer:
            if piece:
                yield piece
    finally:
        stop.event.set()
        thread.join()
    if failures:
        raise ModelError(f"the model failed while it wrote: {str(failures[0])[:300]}") from failures[0]
