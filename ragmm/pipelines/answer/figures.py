"""Which images an answer shows: those it cites, those its passages mention, and those a search ranked first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragmm.types import IMAGE_MODALITIES, Figure, Hit, Modality

__all__ = ["FigureSettings", "closest_images", "figures_for", "image_strength", "is_named"]


@dataclass(frozen=True, kw_only=True)
class FigureSettings:
    """How many images an answer shows, and from where in the ranking."""

    most: int = 4
    top: int = 3
    """Images among the first hits are shown even if no claim cites them,"""
    least: float = 0.1
    """unless they have less than this share of the best hit's relevance and the question names neither them nor their
    page."""


def figures_for(hits: Sequence[Hit], cited: Sequence[int], settings: FigureSettings) -> tuple[Figure, ...]:
    """Cited images first, then figures that cited passages mention, then images among the first hits."""
    order = sorted(hits, key=lambda hit: hit.rank)
    by_rank = {hit.rank: hit for hit in order}
    least = settings.least * max((hit.relevance for hit in order), default=0.0)
    sources = [by_rank[rank] for rank in dict.fromkeys(cited) if rank in by_rank]
    wanted = [
        *(hit for hit in sources if _shows(hit)),
        *(other for hit in sources for other in _mentioned(hit, order)),
        *(hit for hit in order[: settings.top] if _is_picture(hit) and (hit.relevance >= least or is_named(hit))),
    ]
    unique = {hit.item.asset: Figure(rank=hit.rank, asset=hit.item.asset) for hit in reversed(wanted) if hit.item.asset}
    ordered = dict.fromkeys(hit.item.asset for hit in wanted)
    return tuple(unique[asset] for asset in ordered if asset in unique)[: settings.most]


def closest_images(hits: Sequence[Hit], floor: float) -> list[Hit]:
    """Image hits whose picture itself matched the question at least as well as `floor` (a cosine), best rank first."""
    return [hit for hit in sorted(hits, key=lambda hit: hit.rank) if hit.item.asset and image_strength(hit) >= floor]


def image_strength(hit: Hit) -> float:
    """The best cosine with which a search over image vectors found this hit; -1 where none did."""
    return max((leg.score for leg in hit.found_by if leg.leg.endswith("/image")), default=-1.0)


def _shows(hit: Hit) -> bool:
    return hit.item.asset is not None and (hit.item.modality in IMAGE_MODALITIES or hit.item.modality is Modality.TABLE)


def _is_picture(hit: Hit) -> bool:
    return hit.item.asset is not None and hit.item.modality in IMAGE_MODALITIES


def is_named(hit: Hit) -> bool:
    """Whether the question names the document or the page of this hit."""
    return any(found.leg.startswith(("named:", "page:")) for found in hit.found_by)


def _mentioned(source: Hit, hits: Sequence[Hit]) -> Iterator[Hit]:
    """Hits whose label ("Figure 3") the source mentions, in the same document."""
    labels = _words(source.item.metadata.get("mentions"))
    for hit in hits:
        if hit.item.path == source.item.path and _shows(hit) and labels & _words(hit.item.metadata.get("label")):
            yield hit


def _words(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset({value.casefold()})
    return frozenset(str(part).casefold() for part in value) if isinstance(value, list | tuple) else frozenset()
