"""The city near a place, by a table of those with 100,000 inhabitants and more: no network is asked."""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import lru_cache

from ragmm.models.finding import bundled_folder

__all__ = ["city_near"]

_FARTHEST = 40.0
"""Kilometres to the middle of a city that a place is still near."""
_DEGREE = 111.2
"""Kilometres of a degree of latitude."""


def city_near(latitude: float, longitude: float) -> str:
    """ "Lisbon, Portugal"; "" where no city is near."""
    latitudes, rows = _cities()
    reach = _FARTHEST / _DEGREE
    near = rows[bisect_left(latitudes, latitude - reach) : bisect_left(latitudes, latitude + reach)]
    narrow = math.cos(math.radians(latitude))
    found = [
        (math.hypot(north - latitude, narrow * ((east - longitude + 180) % 360 - 180)), name)
        for north, east, name in near
    ]
    distance, name = min(found, default=(math.inf, ""))
    return name if distance <= reach else ""


@lru_cache(maxsize=1)
def _cities() -> tuple[list[float], list[tuple[float, float, str]]]:
    """Latitudes, and with each its longitude and the name; from south to north, as tools/make_places.py wrote them."""
    lines = (bundled_folder("places") / "cities.tsv").read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines]
    rows = [(float(north), float(east), f"{name}, {country}") for north, east, name, country in cells]
    return [north for north, _, _ in rows], rows
