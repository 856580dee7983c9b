"""Questions and answers made from the facts of a picture.

Every answer is short, every question has many wordings, and what cannot be known from the picture is asked as well.
Yes and no are balanced, the order in which objects are named is random, and whether an answer exists cannot be told
from the wording of its question.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from training.vlm import ask_charts, ask_papers, ask_scenes
from training.vlm.captions import LONG_PROMPTS, SHORT_PROMPTS, long_caption, short_caption
from training.vlm.wordings import NOT_SHOWN, Turn, elsewhere, reworded

if TYPE_CHECKING:
    from training.pictures import Picture

Maker = Callable[["Picture", random.Random], "Turn | None"]


@dataclass(frozen=True, kw_only=True)
class Share:
    """How often a kind of question is asked, and who makes it."""

    weight: float
    make: Maker


def turns(picture: Picture, rng: random.Random, many: int) -> list[Turn]:
    """Up to `many` different questions about one picture, the captions among them."""
    shares = _ASKED[picture.domain]
    asked: list[Turn] = []
    for _ in range(many * 3 + 6):
        maker = rng.choices([s.make for s in shares], [s.weight for s in shares])[0]
        turn = maker(picture, rng)
        if turn is not None and not _told(turn, asked):
            asked.append(turn)
        if len(asked) == many:
            break
    return asked


def _told(turn: Turn, asked: list[Turn]) -> bool:
    """Whether the same was asked already; different questions may well have no answer or the same yes."""
    closed = turn.kind in ("not shown", "exists", "count")
    return any(
        turn.question == other.question or (not closed and turn.kind == other.kind and turn.answer == other.answer)
        for other in asked
    )


def one_of(kind: str, picture: Picture, rng: random.Random) -> Turn | None:
    """A question of one kind, or None where the picture has nothing to ask of that kind."""
    for _ in range(20):
        for share in _ASKED[picture.domain]:
            turn = share.make(picture, rng)
            if turn is not None and turn.kind == kind:
                return turn
    return None


def _caption(picture: Picture, rng: random.Random) -> Turn:
    if rng.random() < 0.6:
        return Turn(kind="caption", question=reworded(rng, SHORT_PROMPTS), answer=short_caption(picture))
    return Turn(kind="long caption", question=reworded(rng, LONG_PROMPTS), answer=long_caption(picture))


def _not_shown(picture: Picture, rng: random.Random) -> Turn | None:
    """A question that another picture would answer, or no drawing at all."""
    if rng.random() < 0.3:
        return Turn(kind="not shown", question=reworded(rng, elsewhere(rng)), answer=NOT_SHOWN)
    makers = [m for domain, asking in _UNANSWERABLE.items() if domain != picture.domain for m in asking]
    return rng.choice(makers)(picture, rng)


_UNANSWERABLE: Final[dict[str, tuple[Maker, ...]]] = {
    "scene": (ask_scenes.absent_colour, ask_scenes.absent_shape, ask_scenes.absent_relation, ask_scenes.absent_size),
    "chart": (ask_charts.foreign,),
    "page": (ask_papers.foreign,),
}

_REFUSED: Final = Share(weight=1.0, make=_not_shown)
_EVERYWHERE: Final = (Share(weight=1.6, make=_caption), _REFUSED)
_ASKED: Final[dict[str, tuple[Share, ...]]] = {
    "scene": (
        Share(weight=0.7, make=_caption),
        _REFUSED,
        Share(weight=2.2, make=ask_scenes.colour),
        Share(weight=1.0, make=ask_scenes.shape),
        Share(weight=1.2, make=ask_scenes.count),
        Share(weight=4.0, make=ask_scenes.exists),
        Share(weight=4.4, make=ask_scenes.relation),
        Share(weight=0.5, make=ask_scenes.neighbour),
        Share(weight=0.5, make=ask_scenes.position),
        Share(weight=0.4, make=ask_scenes.size),
        Share(weight=0.3, make=ask_scenes.background),
        Share(weight=0.4, make=ask_papers.kind),
        Share(weight=0.4, make=ask_scenes.absent_colour),
        Share(weight=0.4, make=ask_scenes.absent_shape),
        Share(weight=0.3, make=ask_scenes.absent_relation),
    ),
    "chart": (
        *_EVERYWHERE,
        Share(weight=0.9, make=ask_charts.chart_kind),
        Share(weight=0.4, make=ask_papers.kind),
        Share(weight=0.6, make=ask_charts.colour),
        Share(weight=0.5, make=ask_charts.reading),
        Share(weight=1.4, make=ask_charts.trend),
        Share(weight=0.6, make=ask_charts.trend_yes_no),
        Share(weight=0.6, make=ask_charts.count),
        Share(weight=0.5, make=ask_charts.exists),
        Share(weight=0.4, make=ask_charts.missing),
    ),
    "page": (
        *_EVERYWHERE,
        Share(weight=1.5, make=ask_papers.kind),
        Share(weight=0.4, make=ask_papers.reading),
        Share(weight=0.7, make=ask_papers.figure),
        Share(weight=0.7, make=ask_papers.exists),
    ),
    "diagram": (
        *_EVERYWHERE,
        Share(weight=1.5, make=ask_papers.kind),
        Share(weight=0.7, make=ask_papers.diagram_colour),
        Share(weight=0.7, make=ask_papers.parts),
        Share(weight=0.7, make=ask_papers.exists),
    ),
    "map": (
        *_EVERYWHERE,
        Share(weight=1.5, make=ask_papers.kind),
        Share(weight=0.3, make=ask_papers.reading),
        Share(weight=0.7, make=ask_papers.exists),
    ),
    "screenshot": (
        *_EVERYWHERE,
        Share(weight=1.5, make=ask_papers.kind),
        Share(weight=0.6, make=ask_papers.theme),
        Share(weight=0.3, make=ask_papers.reading),
        Share(weight=0.7, make=ask_papers.exists),
    ),
    "unknown": (
        Share(weight=3.0, make=_caption),
        Share(weight=1.2, make=_not_shown),
        Share(weight=0.8, make=ask_papers.kind),
        Share(weight=0.8, make=ask_papers.exists),
        Share(weight=0.5, make=ask_scenes.absent_exists),
    ),
}
