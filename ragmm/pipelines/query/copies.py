"""A picture asked, and the hit that it is a copy of: cropped, turned, resized or saved again, it comes first.

Nothing is stored for it; the pictures of the best hits are compared with the one that is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain, islice

from ragmm.embedders.same_picture import Corners, corners_of, likeness, on_one_thread
from ragmm.errors import RagmmError
from ragmm.indexes.contracts import Snapshot
from ragmm.pipelines.query.fusion import Ranked
from ragmm.pipelines.query.legs import SAME
from ragmm.types import IMAGE_MODALITIES

__all__ = ["copies_first"]

_BEST, _LOOKED_AT = 60, 30
"""Of the ranking, and the pictures among them."""
_AT_ONCE = 10
"""Pictures, after which it ends where a copy was among them: each costs a hundredth of a second."""
_LARGEST_ASSET = 20 << 20
_SURE = 0.95
"""How relevant a copy is at least: corners do not lie right by chance."""


def copies_first(snapshot: Snapshot, image: bytes, ranked: Iterable[Ranked]) -> Iterator[Ranked]:
    """The ranking, those of its best in front that the picture is a copy of. Scores are dealt out anew, highest first.

    As it was where OpenCV is not installed.
    """
    rest = iter(ranked)
    head = list(islice(rest, _BEST)) if find_spec("cv2") else []
    found = _found(snapshot, image, [one.item for one in head]) if head else {}
    order = sorted(head, key=lambda one: -found.get(one.item, 0.0))  # sorting is stable
    first = [
        _placed(one, rank, place, found.get(one.item))
        for rank, (one, place) in enumerate(zip(order, head, strict=True), start=1)
    ]
    return chain(first, rest)


def _placed(one: Ranked, rank: int, place: Ranked, corners: float | None) -> Ranked:
    """With the scores of the place that it comes to."""
    if corners is None:
        return replace(one, score=place.score, relevance=place.relevance)
    votes = (*one.votes, (SAME, rank, round(corners, 3)))
    return replace(one, score=max(place.score, _SURE), relevance=max(place.relevance, _SURE), votes=votes)


def _found(snapshot: Snapshot, image: bytes, items: list[int]) -> dict[int, float]:
    with on_one_thread():
        return _copies(snapshot, image, items)


def _copies(snapshot: Snapshot, image: bytes, items: list[int]) -> dict[int, float]:
    """How alike those are that show the same."""
    asked = _corners(image)
    if asked is None:
        return {}
    stored = {item.id: item.asset for item in snapshot.fetch(items) if item.modality in IMAGE_MODALITIES}
    pictures = [(item, asset) for item in items if (asset := stored.get(item))][:_LOOKED_AT]
    for start in range(0, len(pictures), _AT_ONCE):
        part = pictures[start : start + _AT_ONCE]
        found = {item: score for item, asset in part if (score := _alike(snapshot, asked, asset)) > 0}
        if found:
            return found
    return {}


def _alike(snapshot: Snapshot, asked: Corners, asset: str) -> float:
    """0 for a picture that is damaged: verify will name it."""
    try:
        data, _ = snapshot.asset(asset)
    except RagmmError:
        return 0.0
    shown = _corners(data)
    return 0.0 if shown is None else likeness(asked, shown)


def _corners(data: bytes) -> Corners | None:
    try:
        return corners_of(data) if len(data) <= _LARGEST_ASSET else None
    except RagmmError:
        return None
