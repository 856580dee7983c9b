"""Drawn training pictures, each with the truth of what it shows.

The facts of each domain, and the constraints `draw` takes for it:

scene       kind single|equal|pair|three, background, count, objects [{shape, colour, size
            small|medium|large, x, y}] (centres in 0..1 from the top left), relation None or
            {kind left|above|inside, subject, object} with positions in `objects`.
            Constraints: kind, colour, shape, scale (the size), count, background, relation, held_out,
            objects ((colour, shape), …). Held-out pairs show up only on request.
chart       kind bar|hbar|line|multiline|area|pie|donut|scatter, title, colour (of the bars, the
            first line or the largest slice), labels, values, series, highest and lowest (labels;
            None for scatter), trend rising|falling|flat|rising then falling|falling then rising
            or None. Constraints: kind, colour, trend, title.
page        kind (see `pages.KINDS`), title (None where none is legible), has_figure, lines.
            Constraints: kind, title.
diagram     kind (`diagrams.KINDS`), colour, boxes (how many parts), words (their labels; a
            network shows none, a pyramid not the first). Constraints: kind, colour, boxes.
map         kind (`maps.KINDS`), title, marks (islands, pins, lines, districts or symbols).
            Constraints: kind.
screenshot  kind (`screenshots.KINDS`), theme light|dark, title. Constraints: kind, theme.
emoji       name, keywords, doc_id, artwork. Needs RAGMM_EMOJI. Constraints: split, index.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from training.pictures.canvas import Canvas
from training.pictures.charts import draw_chart
from training.pictures.diagrams import draw_diagram
from training.pictures.emoji import draw_emoji
from training.pictures.maps import draw_map
from training.pictures.pages import draw_page
from training.pictures.scenes import draw_scene
from training.pictures.screenshots import draw_screenshot
from training.pictures.vocabulary import is_held_out
from training.pictures.wording import CAPTIONERS

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["DOMAINS", "Picture", "captions", "draw", "is_held_out"]

Artist = Callable[..., tuple[Canvas, dict[str, Any]]]
_ARTISTS: Final[dict[str, Artist]] = {
    "scene": draw_scene,
    "chart": draw_chart,
    "page": draw_page,
    "diagram": draw_diagram,
    "map": draw_map,
    "screenshot": draw_screenshot,
    "emoji": draw_emoji,
}
DOMAINS: Final[tuple[str, ...]] = tuple(_ARTISTS)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawn picture and what it shows."""

    image: Image.Image
    domain: str
    facts: dict[str, Any]


def draw(domain: str, seed: int, size: int = 128, **constraints: Any) -> Picture:
    """Draw the picture that domain, seed and constraints name, `size` pixels square.

    The facts do not depend on the size.
    """
    if domain not in _ARTISTS:
        raise ValueError(f"unknown picture domain {domain!r}; choose one of {', '.join(DOMAINS)}")
    canvas, facts = _ARTISTS[domain](random.Random(f"{domain}:{seed}"), size, **constraints)
    return Picture(image=canvas.finish(), domain=domain, facts=facts)


def captions(picture: Picture, rng: random.Random) -> list[str]:
    """Three to six differently phrased captions; the first is the fullest and never random."""
    return CAPTIONERS[picture.domain](picture.facts, rng)
