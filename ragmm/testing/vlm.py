"""A vision-language model that answers by rule."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence

from ragmm.testing.pictures import describe_picture
from ragmm.types import MediaKind, ModelInfo
from ragmm.vlm.base import Piece, Prompt, Reply, media_of

__all__ = ["FakeVlm"]


class FakeVlm:
    """Replies by rule: the first rule whose key occurs in the prompt's text; else what the pictures show.

    A rule's value may be a function of the prompt. Without a rule and without pictures the reply is `default`.
    `prompts` records what was asked; `fail_above` raises MemoryError for more prompts at once than that.
    """

    def __init__(
        self,
        rules: Mapping[str, str | Callable[[Prompt], str]] | None = None,
        *,
        default: str = "I do not know.",
        confidence: float | None = 0.9,
        name: str = "fake-vlm",
        fail_above: int | None = None,
    ) -> None:
        self._rules = dict(rules or {})
        self._default = default
        self._confidence = confidence
        self._fail_above = fail_above
        self.prompts: list[Prompt] = []
        facts = json.dumps(["fake-vlm-1", name, default, sorted(self._rules)])
        self._info = ModelInfo(
            name=name,
            revision="1",
            fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
            kinds=frozenset({MediaKind.TEXT, MediaKind.IMAGE}),
            max_tokens=1_000_000,
            licence="Apache-2.0",
        )

    @property
    def info(self) -> ModelInfo:
        return self._info

    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        if self._fail_above is not None and len(prompts) > self._fail_above:
            raise MemoryError(f"{len(prompts)} prompts at once; this fake takes {self._fail_above}")
        self.prompts.extend(prompts)
        return [self._reply(prompt) for prompt in prompts]

    def stream(self, prompt: Prompt) -> Generator[Piece, None, None]:
        """Word by word."""
        (reply,) = self.generate([prompt])
        for word in re.findall(r"\S+\s*", reply.text):
            yield Piece(text=word)
        yield Piece(confidence=reply.confidence, tokens=reply.tokens)

    def _reply(self, prompt: Prompt) -> Reply:
        text = self._text(prompt)
        return Reply(text=text, confidence=self._confidence, tokens=len(text.split()))

    def _text(self, prompt: Prompt) -> str:
        parts = [part for turn in prompt.turns for part in turn.parts]
        asked = "\n".join(part for part in parts if isinstance(part, str))
        for key, reply in self._rules.items():
            if key in asked:
                return reply if isinstance(reply, str) else reply(prompt)
        shown = [describe_picture(asset.data) for asset in media_of(prompt, self._info.kinds, self._info.name)]
        return f"A picture of {' and '.join(shown)}." if shown else self._default
