"""What kind of picture one is, by cheap facts about its pixels and by what a network for photographs takes it for.

Of what it was not made for the network is wrong in a telling way: a page is a web site or a menu to it, a table a
crossword puzzle.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.models.finding import bundled_folder

if TYPE_CHECKING:
    from ragmm.embedders.photo_net import Sight
    from ragmm.embedders.picture_facts import PictureFacts

__all__ = ["KindSigns", "PictureKind", "kind_of_picture", "signs_of"]

Rows = NDArray[np.float32]


class PictureKind(StrEnum):
    """What a picture is, whatever it shows."""

    PHOTOGRAPH = "photograph"
    CHART = "chart"
    DIAGRAM = "diagram"
    DRAWING = "drawing"
    SCREENSHOT = "screenshot"
    SCAN = "scan"
    TABLE = "table"
    EMOJI = "emoji"


@dataclass(frozen=True, kw_only=True, eq=False)
class KindSigns:
    """How each kind is told from the others, as tools/fit_picture_kinds.py fitted it."""

    kinds: tuple[PictureKind, ...]
    classes: NDArray[np.int64]
    """Of the network: those whose scores count."""
    weights: Rows
    """Shape: (kinds, signs)."""
    bias: Rows


def signs_of(facts: PictureFacts, sight: Sight, classes: NDArray[np.int64]) -> Rows:
    """Everything that is weighed. Shape: (signs,)."""
    own = facts.row()
    chances = sight.chances()
    doubt = -float(np.sum(chances * np.log(chances + 1e-9))) / np.log(len(chances))
    return np.concatenate([own, own**2, [doubt, chances.max()], sight.scores[classes]]).astype(np.float32)


def kind_of_picture(facts: PictureFacts, sight: Sight) -> PictureKind:
    """The likeliest."""
    signs = _signs()
    return signs.kinds[int(np.argmax(signs.weights @ signs_of(facts, sight, signs.classes) + signs.bias))]


@lru_cache(maxsize=1)
def _signs() -> KindSigns:
    with np.load(bundled_folder("photo-labels") / "kinds.npz", allow_pickle=False) as stored:
        return KindSigns(
            kinds=tuple(PictureKind(str(name)) for name in stored["kinds"]),
            classes=stored["classes"],
            weights=stored["weights"],
            bias=stored["bias"],
        )
