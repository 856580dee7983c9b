"""Captions with one right wording each: a short one for search, a long one with all that is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from training.pictures.vocabulary import NUMBERS
from training.vlm.wordings import CANNOT_TELL, UNFAMILIAR, article, several

if TYPE_CHECKING:
    from training.pictures import Picture

Facts = dict[str, Any]
SHORT_PROMPTS: Final = (
    "Describe the image in one sentence.",
    "Describe the image briefly.",
    "Caption this image.",
    "What does the image show?",
    "What is shown?",
    "What is in the picture?",
    "Write a short caption.",
    "caption",
    "Give a brief description.",
    "What do you see?",
    "What is this?",
    "Describe this picture in a few words.",
)
LONG_PROMPTS: Final = (
    "Describe the image in detail.",
    "Write a detailed caption.",
    "Describe everything you see.",
    "Give a full description.",
    "What are all the details of this image?",
    "Describe this picture in detail.",
    "long caption",
    "Describe the image with all facts.",
)
CHART_NAMES: Final[dict[str, str]] = {
    "bar": "bar chart",
    "hbar": "horizontal bar chart",
    "line": "line chart",
    "multiline": "line chart with several lines",
    "area": "area chart",
    "pie": "pie chart",
    "donut": "donut chart",
    "scatter": "scatter plot",
}
# Charts whose parts have no direction.
ROUND: Final = ("pie", "donut")
GROUNDS: Final[dict[str, str]] = {
    "white": "on a white background",
    "night": "on a night background",
    "meadow": "on a meadow background",
    "sky": "on a sky background",
    "sand": "on a sand background",
    "striped": "on a striped background",
    "checkered": "on a checkered background",
    "dotted": "on a dotted background",
}
LINKS: Final[dict[str, str]] = {"left": "to the left of", "above": "above", "inside": "inside"}


def kind_name(picture: Picture) -> str:
    """What kind of picture it is, in the words of an answer."""
    kind = picture.facts["kind"]
    return {
        "scene": "a drawing of shapes",
        "chart": article(CHART_NAMES.get(kind, kind)),
        "page": _page_name(kind),
        "diagram": _diagram_name(kind),
        "map": article(kind),
        "screenshot": f"a screenshot of {article(kind)}",
    }.get(picture.domain, UNFAMILIAR)


def short_caption(picture: Picture) -> str:
    """One sentence for search: the same picture always has the same."""
    return _SHORT[picture.domain](picture) if picture.domain in _SHORT else UNFAMILIAR


def long_caption(picture: Picture) -> str:
    """The short caption and all further facts, a sentence each."""
    if picture.domain not in _MORE:
        return f"{_capital(UNFAMILIAR)}. {CANNOT_TELL}"
    return " ".join([f"{_capital(short_caption(picture))}.", *_MORE[picture.domain](picture.facts)])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _page_name(kind: str) -> str:
    return "a page of code" if kind == "code" else article(kind)


def _diagram_name(kind: str) -> str:
    return {"network": "a network diagram", "tree": "a tree diagram", "venn": "a Venn diagram"}.get(kind, article(kind))


def _in_reading_order(objects: list[Facts]) -> list[Facts]:
    return sorted(objects, key=lambda o: (o["y"] > 0.5, o["x"]))


def _scene(picture: Picture) -> str:
    facts = picture.facts
    objects, ground = facts["objects"], GROUNDS[facts["background"]]
    first = objects[0]
    if facts["kind"] == "equal":
        return f"{NUMBERS[facts['count']]} {first['colour']} {several(first['shape'])} {ground}"
    relation = facts["relation"]
    if relation:
        one, other = (_thing(objects[relation[role]]) for role in ("subject", "object"))
        return f"{one} {LINKS[relation['kind']]} {other} {ground}"
    if facts["kind"] == "single":
        return f"{article(first['size'])} {first['colour']} {first['shape']} {ground}"
    things = [_thing(thing) for thing in _in_reading_order(objects)]
    return f"{', '.join(things[:-1])} and {things[-1]} {ground}"


def _thing(thing: Facts) -> str:
    return article(f"{thing['colour']} {thing['shape']}")


def visible_trend(facts: Facts) -> str | None:
    """How the values of a chart develop; None where its labels have no order or several lines cross."""
    return None if facts["kind"] == "multiline" else facts["trend"]


def has_one_colour(facts: Facts) -> bool:
    """Whether a chart is drawn in a single colour."""
    return facts["kind"] not in (*ROUND, "multiline")


def _chart(picture: Picture) -> str:
    facts, name = picture.facts, CHART_NAMES[picture.facts["kind"]]
    lead = article(f"{facts['colour']} {name}" if has_one_colour(facts) else name)
    trend = visible_trend(facts)
    return f"{lead}, {trend}" if trend else lead


def _page(picture: Picture) -> str:
    name = kind_name(picture)
    return f"{name} with a figure" if picture.facts["has_figure"] and "figure" not in name else name


def _diagram(picture: Picture) -> str:
    return f"{kind_name(picture)} with {NUMBERS[picture.facts['boxes']]} {picture.facts['colour']} parts"


def _screenshot(picture: Picture) -> str:
    return f"{kind_name(picture)} with a {picture.facts['theme']} theme"


_SHORT: Final[dict[str, Callable[[Picture], str]]] = {
    "scene": _scene,
    "chart": _chart,
    "page": _page,
    "diagram": _diagram,
    "map": kind_name,
    "screenshot": _screenshot,
}


def _more_scene(facts: Facts) -> list[str]:
    number = facts["count"]
    sentences = ["There is one object." if number == 1 else f"There are {NUMBERS[number]} objects."]
    if facts["kind"] == "equal":
        return [*sentences, f"They are {facts['objects'][0]['size']}."]
    return sentences + [f"The {o['colour']} {o['shape']} is {o['size']}." for o in _in_reading_order(facts["objects"])]


def _more_chart(facts: Facts) -> list[str]:
    sentences = []
    if has_one_colour(facts):
        sentences.append(f"The chart is {facts['colour']}.")
    if facts["kind"] not in ("scatter", "multiline"):
        sentences.append(f"It has {NUMBERS[len(facts['values'])]} values.")
    trend = visible_trend(facts)
    return [*sentences, f"The trend is {trend}."] if trend else sentences


def _more_page(facts: Facts) -> list[str]:
    return ["It has a figure." if facts["has_figure"] else "It has no figure."]


def _more_nothing(_facts: Facts) -> list[str]:
    return []


_MORE: Final[dict[str, Callable[[Facts], list[str]]]] = {
    "scene": _more_scene,
    "chart": _more_chart,
    "page": _more_page,
    "diagram": _more_nothing,
    "map": _more_nothing,
    "screenshot": _more_nothing,
}
