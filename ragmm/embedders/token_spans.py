"""Where each token of a text begins and ends, from whatever tokenizer a model has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ragmm.embedders.windows import Span

__all__ = ["spans_of", "spans_of_clip"]

_LONG_WORD = 96
_WORDS = re.compile(r"\w+|[^\w\s]")


def spans_of(tokenizer: Any, texts: Sequence[str]) -> list[list[Span]]:
    """The spans of each text's tokens without special ones, uncut; words where the tokenizer cannot tell."""
    inner = getattr(tokenizer, "tokenizer", tokenizer)  # a processor holds its tokenizer
    if getattr(inner, "is_fast", False):
        encoded = inner(
            list(texts),
            add_special_tokens=False,
            return_offsets_mapping=True,
            return_attention_mask=False,
            truncation=False,
            padding=False,
            verbose=False,
        )
        return [[(int(a), int(b)) for a, b in spans] for spans in encoded["offset_mapping"]]
    return [_counted(inner, text) for text in texts]


def spans_of_clip(tokenizer: Any, texts: Sequence[str]) -> list[list[Span]]:
    """The same for CLIP's own byte-pair tokenizer, over texts that its `clean_fn` has cleaned."""
    return [_clip_spans(tokenizer, text) for text in texts]


def _clip_spans(tokenizer: Any, text: str) -> list[Span]:
    spans: list[Span] = []
    for match in tokenizer.pat.finditer(text):
        data = match.group().encode("utf-8")
        if len(data) > _LONG_WORD:  # its merging is quadratic; a byte is never more than one token
            tokens = len(data)
        else:
            tokens = len(tokenizer.bpe("".join(tokenizer.byte_encoder[byte] for byte in data)).split(" "))
        spans.extend(spread(match.start(), match.end(), tokens))
    return spans


def _counted(tokenizer: Any, text: str) -> list[Span]:
    """Words, each repeated as often as the tokenizer makes tokens of it; a long word's tokens are spread over it."""
    spans: list[Span] = []
    for match in _WORDS.finditer(text):
        tokens = max(1, len(tokenizer.encode(match.group())) if hasattr(tokenizer, "encode") else 1)
        spans.extend(spread(match.start(), match.end(), tokens))
    return spans


def spread(start: int, end: int, tokens: int) -> list[Span]:
    """That many spans of about equal length between start and end."""
    edges = [start + index * (end - start) // tokens for index in range(tokens + 1)]
    return list(pairwise(edges))
