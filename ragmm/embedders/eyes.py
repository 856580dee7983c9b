"""Eyes for pictures: what kind of picture one is and, where it is a photograph, what it shows.

They know about a thousand kinds of things; not actions, places, styles.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
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
    from ragmm.embedders.photo_net import PhotoNet, Sight

__all__ = ["Eyes", "Look"]

_VERSION = "1"
"""Raised when the same picture would be taken for something else, or get other words or another vector."""
_REMEMBERED = 512


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is seen in a picture."""

    kind: PictureKind
    likely: tuple[PhotoLabel, ...] = ()
    """Of a photograph: the things it is likely to show, the likeliest first."""


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
        facts = " ".join([_VERSION, *PHOTOS.sha256.values()])
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @cached_property
    def _net(self) -> PhotoNet:
        from ragmm.embedders.photo_net import PhotoNet

        return PhotoNet(self._folder)

    def look(self, asset: Asset) -> Look:
        """At a picture. Raises DocumentError for bytes that are no image."""
        seen = self._see(asset)
        photograph = seen.kind is PictureKind.PHOTOGRAPH
        return Look(kind=seen.kind, likely=tuple(photo_labels().likely(seen.sight)) if photograph else ())

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
