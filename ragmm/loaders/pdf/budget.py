"""How much one document may still cost: pixels drawn, and time where the process has a limit of it."""

from __future__ import annotations

import warnings

from ragmm.isolation.limits import seconds_left, take_slow_work
from ragmm.loaders.base import DocumentWarning

__all__ = ["Budget"]

_PIXELS = 200_000_000
_RESERVE_SECONDS = 15.0
_RESERVE_SHARE = 0.25


class Budget:
    """Says once, by a warning, what was left out because it ran out."""

    def __init__(self, name: str, pixels: int = _PIXELS) -> None:
        self._name = name
        self._pixels = pixels
        self._reserve = min(_RESERVE_SECONDS, _RESERVE_SHARE * seconds_left())
        self._said: set[str] = set()

    def draw(self, pixels: float, page: int) -> bool:
        """Take so many pixels, if there are as many left."""
        if pixels > self._pixels:
            self._say("pixels", f"{self._name}: from page {page} on some images are left out: too many pixels in all")
            return False
        self._pixels -= int(pixels)
        return True

    def grant(self, pixels: float) -> None:
        """What may be drawn besides: a page read by OCR brings its own pixels, because its time is limited already."""
        self._pixels += int(pixels)

    def has_time_for(self, slow_work: str, page: int) -> bool:
        """Whether a step of some seconds can be done and the rest of the document still be finished."""
        if seconds_left() > self._reserve:
            take_slow_work()
            return True
        self._say(slow_work, f"{self._name}: from page {page} on there is no {slow_work}: it would take too much time")
        return False

    def _say(self, about: str, message: str) -> None:
        if about not in self._said:
            self._said.add(about)
            warnings.warn(DocumentWarning(message), stacklevel=3)
