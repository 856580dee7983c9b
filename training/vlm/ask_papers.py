"""Questions about pages, diagrams, maps and screenshots, and about what kind of picture any is."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from training.pictures import diagrams, maps, pages, screenshots
from training.pictures.vocabulary import NUMBERS
from training.vlm.captions import kind_name
from training.vlm.wordings import CANNOT_READ, IS_IT, NOT_SHOWN, Turn, article, reworded, yes_no

if TYPE_CHECKING:
    from training.pictures import Picture

_ANY_KIND: Final = (
    "What kind of image is this?",
    "What type of picture is it?",
    "kind of image",
    "What sort of image is shown?",
    "image type?",
)
_PAGE_KIND: Final = (
    "What kind of document is this?",
    "What kind of page is this?",
    "Which type of document is shown?",
    "document type",
    "What type of page is it?",
    "What document is this?",
)
_OWN_KIND: Final[dict[str, tuple[str, ...]]] = {
    "page": _PAGE_KIND,
    "diagram": (
        "What kind of diagram is this?",
        "diagram type",
        "Which type of diagram is shown?",
        "What diagram is it?",
    ),
    "map": ("What kind of map is this?", "map type", "Which type of map is shown?", "What map is it?"),
    "screenshot": (
        "What kind of program is shown?",
        "Which program is this?",
        "What does the screenshot show?",
        "kind of window",
    ),
}
_TITLE: Final = (
    "What is the title?",
    "What is the title of the page?",
    "Read the title.",
    "title",
    "What does the heading say?",
    "What does the title say?",
    "heading?",
    "How is it titled?",
)
_FIGURE: Final = (
    "Is there a figure on the page?",
    "Does the page have a figure?",
    "Does it contain an illustration?",
    "figure on page?",
)
_COLOUR: Final = (
    "What colour is the diagram?",
    "diagram colour",
    "Which colour do the parts have?",
    "What colour are the boxes?",
)
_PARTS: Final = (
    "How many parts does it have?",
    "How many parts does the diagram have?",
    "number of parts",
    "Count the parts.",
)
_THEME: Final = ("Is the theme light or dark?", "Which theme is used?", "theme", "light or dark?")


def kind(picture: Picture, rng: random.Random) -> Turn:
    """What kind of picture, document, diagram, map or program it is."""
    own = _OWN_KIND.get(picture.domain, _ANY_KIND)
    wordings = own if rng.random() < 0.65 else _ANY_KIND
    counted = "kind" if picture.domain in ("scene", "chart", "unknown") else f"{picture.domain} kind"
    return Turn(kind=counted, question=reworded(rng, wordings), answer=kind_name(picture))


def reading(_picture: Picture, rng: random.Random) -> Turn:
    """What only its words tell, which the model is too small to read."""
    return Turn(kind="reading", question=reworded(rng, _TITLE), answer=CANNOT_READ)


def figure(picture: Picture, rng: random.Random) -> Turn:
    """Whether the page has a figure."""
    return Turn(kind="figure", question=reworded(rng, _FIGURE), answer=yes_no(true=picture.facts["has_figure"]))


def exists(picture: Picture, rng: random.Random) -> Turn:
    """Whether it is what is named; half of the time it is, where the picture is known at all."""
    named = _names()
    own = kind_name(picture)
    true = own in named and rng.random() < 0.5
    told = own if true else rng.choice([name for name in named if name != own])
    return Turn(kind="exists", question=reworded(rng, IS_IT, thing=told), answer=yes_no(true=true))


def _names() -> list[str]:
    kinds = [
        name for name in (*pages.KINDS, *diagrams.KINDS, *maps.KINDS) if name not in ("code", "network", "tree", "venn")
    ]
    windows = [f"a screenshot of {article(name)}" for name in screenshots.KINDS]
    drawn = ["a page of code", "a network diagram", "a tree diagram", "a Venn diagram", "a bar chart", "a pie chart"]
    return [article(name) for name in kinds] + windows + drawn


def diagram_colour(picture: Picture, rng: random.Random) -> Turn:
    """The colour of a diagram's parts."""
    return Turn(kind="diagram colour", question=reworded(rng, _COLOUR), answer=picture.facts["colour"])


def parts(picture: Picture, rng: random.Random) -> Turn:
    """How many parts a diagram has."""
    return Turn(kind="diagram parts", question=reworded(rng, _PARTS), answer=NUMBERS[picture.facts["boxes"]])


def theme(picture: Picture, rng: random.Random) -> Turn:
    """Whether a program is shown light or dark."""
    return Turn(kind="theme", question=reworded(rng, _THEME), answer=picture.facts["theme"])


def foreign(picture: Picture, rng: random.Random) -> Turn | None:
    """A question that only a titled page or a program answers, for a picture that is neither."""
    wordings = rng.choice((_TITLE, _PAGE_KIND, _THEME, _PARTS))
    if wordings is _TITLE and picture.domain in ("chart", "map", "screenshot"):
        return None
    if wordings is _THEME and picture.domain == "screenshot":
        return None
    if wordings is _PARTS and picture.domain == "diagram":
        return None
    return Turn(kind="not shown", question=reworded(rng, wordings), answer=NOT_SHOWN)
