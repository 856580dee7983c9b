"""The VLM contract: prompts of interleaved text and images in, replies out. Captions and answers are both prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ragmm.types import ModelInfo

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Prompt", "Reply", "Turn", "Vlm"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message: parts are strings, encoded image bytes or PIL images, in reading order."""

    role: str
    """"system", "user" or "assistant"."""
    parts: tuple[str | bytes | Image, ...]


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A conversation to be continued by the model."""

    turns: tuple[Turn, ...]
    max_tokens: int = 256

    @classmethod
    def from_parts(cls, *parts: str | bytes | Image, system: str = "", max_tokens: int = 256) -> Prompt:
        """A single user message, with an optional system message before it."""
        head = (Turn(role="system", parts=(system,)),) if system else ()
        return cls(turns=(*head, Turn(role="user", parts=parts)), max_tokens=max_tokens)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the model wrote, and how sure it was of its tokens."""

    text: str
    confidence: float | None = None
    """Geometric mean probability of the generated tokens; None where the model does not tell."""
    tokens: int = 0


@runtime_checkable
class Vlm(Protocol):
    """Answers prompts; deterministic unless configured otherwise."""

    @property
    def info(self) -> ModelInfo: ...

    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply per prompt, in order."""
        ...
