"""The VLM contract: prompts of interleaved text and images in, replies out. Captions and answers are both prompts."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ragmm.types import ModelInfo

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Piece", "Prompt", "Reply", "Turn", "Vlm", "joined", "whole"]


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


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a reply, as it is made."""

    text: str = ""
    confidence: float | None = None
    """Of the whole reply; the last piece may tell."""
    tokens: int = 0
    """Of the whole reply, told with the confidence."""


def joined(pieces: Sequence[Piece]) -> Reply:
    """The reply that the pieces make."""
    told = next((one for one in reversed(pieces) if one.confidence is not None), Piece())
    return Reply(text="".join(one.text for one in pieces).strip(), confidence=told.confidence, tokens=told.tokens)


def whole(reply: Reply) -> Iterator[Piece]:
    """A reply in one piece: what `stream` gives where a model cannot be read while it writes."""
    yield Piece(text=reply.text, confidence=reply.confidence, tokens=reply.tokens)


@runtime_checkable
class Vlm(Protocol):
    """Answers prompts; deterministic unless configured otherwise."""

    @property
    def info(self) -> ModelInfo: ...

    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply per prompt, in order."""
        ...

    def stream(self, prompt: Prompt) -> Generator[Piece, None, None]:
        """One reply as it is made. Closing it early stops the model."""
        ...
