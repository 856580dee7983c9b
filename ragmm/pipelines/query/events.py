"""What happens while a question is answered, as it happens."""

from __future__ import annotations

from dataclasses import dataclass

from ragmm.types import Claim, Figure, Hit, QueryResult

__all__ = ["ClaimChecked", "Done", "Event", "FigureShown", "HitsFound", "TextWritten"]


@dataclass(frozen=True, kw_only=True)
class HitsFound:
    """The search is over."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, kw_only=True)
class TextWritten:
    """A piece of what the model writes, before anything of it is checked: to be shown, not to be relied on."""

    text: str


@dataclass(frozen=True, kw_only=True)
class ClaimChecked:
    """One claim of the answer, with the hits that carry it."""

    claim: Claim


@dataclass(frozen=True, kw_only=True)
class FigureShown:
    """An image that the answer shows."""

    figure: Figure


@dataclass(frozen=True, kw_only=True)
class Done:
    """Everything, as `Collection.query` returns it."""

    result: QueryResult


Event = HitsFound | TextWritten | ClaimChecked | FigureShown | Done
