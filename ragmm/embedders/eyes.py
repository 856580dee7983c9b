"""Eyes for pictures: what kind of picture one is, what a photograph shows, and which plain shapes are drawn.

They know about a thousand kinds of things; not actions, places, styles.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.photo_labels import PhotoLabel, photo_labels
from ragmm.embedders.picture_kinds import PictureKind, kind_of_picture
from ragmm.models.weights_packages import PHOTOS
from ragmm.types import Asset

if TYPE_CHECKING:
    from PIL.Image import Image

    from ragmm.embedders.photo_net import PhotoNet, Sight

__all__ = ["Eyes", "Look"]

_VERSION = "2"
"""Raised when the same picture would be taken for something else, or get other words."""
_ROWS_VERSION = "1"
"""Raised when the same photograph would get another vector."""
_REMEMBERED = 512


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is seen in a picture."""

    kind: PictureKind
    likely: tuple[PhotoLabel, ...] = ()
    """Of a photograph: the things it is likely to show, the likeliest first."""
    drawn: tuple[str, ...] = ()
    """Of a drawing of plain shapes: "a red circle", "two blue squares"."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Looked:
    kind: PictureKind
    sight: Sight


class Eyes:
    """Safe to use from several threads. The last pictures are remembered, since each is asked about twice."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where the package keeps the network, which is read with the first picture."""
        self._folder = folder
        self._lock = Lock()
        self._seen: OrderedDict[bytes, _Looked] = OrderedDict()

    @cached_property
    def fingerprint(self) -> str:
        """Changes when a picture would be seen as something else."""
        return _digest(_VERSION)

    @cached_property
    def rows_fingerprint(self) -> str:
        """Changes when a photograph would get another vector."""
        return _digest(_ROWS_VERSION)

    @cached_property
    def _net(self) -> PhotoNet:
        from ragmm.embedders.photo_net import PhotoNet

        return PhotoNet(self._folder)

    def look(self, asset: Asset) -> Look:
        """At a picture. Raises DocumentError for bytes that are no image."""
        from ragmm.embedders.preprocess import decode

        seen = self._see(asset)
        if seen.kind is PictureKind.PHOTOGRAPH:
            return Look(kind=seen.kind, likely=tuple(photo_labels().likely(seen.sight)))
        drawn = tuple(_drawn(decode(asset.data)))
        if seen.kind is PictureKind.DRAWING or not drawn:
            return Look(kind=seen.kind, drawn=drawn)
        # Different shapes in a chart, a diagram or an emoji are parts of something else.
        alone = len(drawn) == 1
        kind = PictureKind.DRAWING if alone and seen.kind is not PictureKind.EMOJI else seen.kind
        return Look(kind=kind, drawn=drawn if alone else ())

    def row(self, asset: Asset) -> NDArray[np.float32] | None:
        """A photograph's place among the texts of all-MiniLM-L6-v2, shape (384,); None for what is none."""
        seen = self._see(asset)
        return photo_labels().row(seen.sight) if seen.kind is PictureKind.PHOTOGRAPH else None

    def _see(self, asset: Asset) -> _Looked:
        from ragmm.embedders.picture_facts import picture_facts
        from ragmm.embedders.preprocess import decode

        key = bytes.fromhex(asset.sha256)
        with self._lock:
            if key not in self._seen:
                picture = decode(asset.data)
                sight = self._net.look(picture)
                self._seen[key] = _Looked(kind=kind_of_picture(picture_facts(picture), sight), sight=sight)
                if len(self._seen) > _REMEMBERED:
                    self._seen.popitem(last=False)
            return self._seen[key]


def _digest(version: str) -> str:
    return hashlib.sha256(" ".join([version, *PHOTOS.sha256.values()]).encode()).hexdigest()[:16]


def _drawn(picture: Image) -> list[str]:
    """Nothing where OpenCV is not installed."""
    if not find_spec("cv2"):
        return []
    from ragmm.embedders.drawn_shapes import drawn_shapes, shapes_in_words

    return shapes_in_words(drawn_shapes(picture))
