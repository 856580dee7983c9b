"""Looking: each picture gets its kind, a drawing of plain shapes words for these, and a photograph words for what it
shows, when, where and with what it was taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from ragmm.embedders.eyes import Eyes, Look
from ragmm.embedders.picture_kinds import PictureKind
from ragmm.errors import DocumentError
from ragmm.pipelines.ingest.captioning import needs_caption
from ragmm.pipelines.ingest.places import city_near
from ragmm.text.dates import days_of, in_words
from ragmm.types import Item, Modality

__all__ = ["LOOKS_LIKE", "look_at"]

LOOKS_LIKE = "looks like: "
"""Before the words of a photograph, which nobody wrote: they are searched and never quoted."""
_FIGURES = frozenset({PictureKind.CHART, PictureKind.DIAGRAM, PictureKind.TABLE})


def look_at(items: Sequence[Item], eyes: Eyes) -> list[Item]:
    """The items, those with pictures as the eyes see them; a picture that cannot be decoded stays as it is."""
    return [_seen(item, eyes) if needs_caption(item) else item for item in items]


def _seen(item: Item, eyes: Eyes) -> Item:
    assert item.asset is not None  # noqa: S101
    try:
        look = eyes.look(item.asset)
    except DocumentError:
        return item
    metadata: dict[str, Any] = {**item.metadata, "picture": str(look.kind)}
    words = _words(look) or list(look.drawn)
    if words:
        metadata["looks_like"] = words
    said = [LOOKS_LIKE + ", ".join(words)] if words else []
    if look.kind is PictureKind.PHOTOGRAPH:
        if near := _near(item):
            metadata["taken_near"] = near
        said += _taken(item, near)
    context = "\n".join(filter(None, (item.context, *said)))
    return replace(item, modality=_modality(item, look.kind), context=context, metadata=metadata)


def _modality(item: Item, kind: PictureKind) -> Modality:
    """Of a picture by itself, what it holds; what a document says of its own pictures stands."""
    return Modality.FIGURE if item.modality is Modality.PHOTO and kind in _FIGURES else item.modality


def _words(look: Look) -> list[str]:
    """The names of the likeliest first, then what kinds of things they are, nothing twice."""
    names: Iterable[str] = chain.from_iterable([one.names[0], *one.wider] for one in look.likely)
    others = chain.from_iterable(one.names[1:] for one in look.likely)
    return list(dict.fromkeys(chain(names, others)))


def _taken(item: Item, near: str) -> list[str]:
    """When, with what and near which city a photograph was taken, as its file says."""
    facts = item.metadata.get("exif", {})
    days, camera = days_of(str(facts.get("date", ""))[:10]), str(facts.get("camera", ""))
    parts = [*(f"on {in_words(day)}" for day in days), *([f"with {camera}"] if camera else [])]
    parts += [f"near {near}"] if near else []
    return [f"taken {' '.join(parts)}"] if parts else []


def _near(item: Item) -> str:
    place = item.metadata.get("exif", {}).get("place", ())
    return city_near(*place) if len(place) == 2 else ""
