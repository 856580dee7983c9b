"""How similar right pairs are, and how similar the best match of an unknown picture is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from training.clip.measure import DRAWN, FIRST_SEED, first_caption
from training.clip.strangers import UNKNOWN, draw_stranger
from training.pictures import DOMAINS, draw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from training.clip.space import Space
    from training.pictures import Picture

EACH = 150
QUANTILES = (1, 5, 25, 50, 75, 95, 99)


def calibrate(space: Space, photos: Path | None) -> dict[str, Any]:
    """Quantiles of the cosines that tell a picture mini knows from one that it does not.

    `known_best` and `unknown_best` are over the same bank of captions, so their quantiles show
    how far a threshold on the best match separates the two; `photos_best` likewise for a folder
    of photographs, where one is given.
    """
    known = list(_known())
    captions = space.texts(sorted({first_caption(picture) for picture in known}))
    anchor = space.texts(UNKNOWN[:1])[0]
    images = space.images(picture.image for picture in known)
    right = space.texts([first_caption(picture) for picture in known])
    first = FIRST_SEED % 2**31
    unknown = space.images(draw_stranger(first + k, DRAWN) for k in range(2 * EACH))
    report: dict[str, Any] = {
        "right_pair": _quantiles((images * right).sum(1)),
        "wrong_pair": _quantiles((images * np.roll(right, EACH, axis=0)).sum(1)),
        "known_best": _quantiles((images @ captions.T).max(1)),
        "unknown_best": _quantiles((unknown @ captions.T).max(1)),
        "unknown_text": UNKNOWN[0],
        "known_to_unknown_text": _quantiles(images @ anchor),
        "unknown_to_unknown_text": _quantiles(unknown @ anchor),
    }
    best = {"known": images, "unknown": unknown}
    if photos:
        best["photos"] = space.images(_photos(photos))
        report["photos_best"] = _quantiles((best["photos"] @ captions.T).max(1))
        report["photos_to_unknown_text"] = _quantiles(best["photos"] @ anchor)
    return report | _thresholds(best, captions)


def _known() -> Iterator[Picture]:
    first = FIRST_SEED + 15_000_000
    for domain in DOMAINS:
        yield from (draw(domain, first + k, DRAWN) for k in range(EACH))


def _photos(folder: Path) -> Iterator[Image.Image]:
    for path in sorted(folder.glob("*.jp*g")):
        with Image.open(path) as photo:
            yield photo.convert("RGB")


def _thresholds(best: dict[str, NDArray[np.float32]], captions: NDArray[np.float32]) -> dict[str, Any]:
    """The best-match cosine that 95 % of known pictures reach, and who else reaches it."""
    tops = {name: (vectors @ captions.T).max(1) for name, vectors in best.items()}
    line = float(np.quantile(tops["known"], 0.05))
    passing = {name: round(float((top >= line).mean()), 3) for name, top in tops.items()}
    return {"confident_from": round(line, 4), "share_reaching_it": passing}


def _quantiles(values: NDArray[np.float32]) -> dict[str, float]:
    levels = np.percentile(values, QUANTILES)
    return {f"p{q}": round(float(level), 4) for q, level in zip(QUANTILES, levels, strict=True)}
