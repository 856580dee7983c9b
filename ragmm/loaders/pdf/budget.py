"""How much one document may still cost: pixels drawn, and processor time where the process has a limit of it."""

from __future__ import annotations

import resource
import time
import warnings

from ragmm.loaders.base import DocumentWarning

__all__ = ["Budget"]

_PIXELS = 200_000_000
# Of the processor time that the process may use; the rest is for what cannot be left out.
_SHARE_OF_TIME = 0.6


class Budget:
    """Says once, by a warning, what was left out because it ran out."""

    def __init__(self, name: str, pixels: int = _PIXELS, seconds: float | None = None) -> None:
        self._name = name
        self._pixels = pixels
        limit = resource.getrlimit(resource.RLIMIT_CPU)[0]
        unlimited = float("inf") if limit == resource.RLIM_INFINITY else _SHARE_OF_TIME * limit
        self._until = unlimited if seconds is None else time.process_time() + seconds
        self._said: set[str] = set()

    def draw(self, pixels: float, page: int) -> bool:
        """Take so many pixels, if there are as many left."""
        if pixels > self._pixels:
            self._say("pixels", f"{self._name}: from page {page} on some images are left out: too many pixels in all")
            return False
        self._pixels -= int(pixels)
        return True

    def has_time(self, what: str, page: int) -> bool:
        if time.process_time() < self._until:
            return True
        self._say(what, f"{self._name}: from page {page} on there is no {what}: it would take too much time")
        return False

    def _say(self, about: str, message: str) -> None:
        if about not in self._said:
            self._said.add(about)
            warnings.warn(DocumentWarning(message), stacklevel=3)
