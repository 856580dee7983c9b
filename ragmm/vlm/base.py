"""The VLM contract: prompts of interleaved text and media in, replies out. Captions and answers are both prompts."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ragmm.errors import ModelError
from ragmm.types import Asset, MediaKind, ModelInfo

__all__ = ["Part", "Prompt", "Reply", "Turn", "Vlm", "media_of"]

__all__ = ["Part", "Piece", "Prompt", "Reply", "Turn", "Vlm", "joined", "media_of", "whole"]

Part = str | Asset
"""What a message is made of: words, or a picture, sound or film, as its media type says."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message: its parts in reading order."""

    role: str
    """"system", "user" or "assistant"."""
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A conversation to be continued by the model."""

    turns: tuple[Turn, ...]
    max_tokens: int = 256

    @classmethod
    def from_parts(cls, *parts: Part, system: str = "", max_tokens: int = 256) -> Prompt:
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


def media_of(prompt: Prompt, kinds: Collection[MediaKind], model: str) -> list[Asset]:
    """The media of all turns, in reading order. Raises ModelError for a kind that the model does not take."""
    found = [part for turn in prompt.turns for part in turn.parts if not isinstance(part, str)]
    for asset in found:
        if asset.kind not in kinds:
            raise ModelError(
                f"{model} takes {', '.join(sorted(kinds))} and was given {asset.media_type}; "
                "name a model that takes it as models.vlm"
            )
    return found
