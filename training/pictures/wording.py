"""What a picture is called: several differently phrased captions made from its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.pictures.vocabulary import (
    BACKGROUND_PHRASES,
    COLOUR_SYNONYMS,
    NUMBERS,
    SHAPE_SYNONYMS,
    SIZE_SYNONYMS,
    plural,
    with_article,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Facts = dict[str, Any]
SYNONYM_SHARE = 0.35
CHART_NAMES: dict[str, tuple[str, ...]] = {
    "bar": ("bar chart", "column chart", "bar graph"),
    "hbar": ("horizontal bar chart", "chart with horizontal bars"),
    "line": ("line chart", "line graph", "curve"),
    "multiline": ("line chart with several lines", "multi-line chart"),
    "area": ("area chart", "filled line chart"),
    "pie": ("pie chart", "pie graph", "circle diagram with slices"),
    "donut": ("donut chart", "ring chart", "doughnut chart"),
    "scatter": ("scatter plot", "scatter chart", "dot plot"),
}
TREND_PHRASES: dict[str, tuple[str, ...]] = {
    "rising": ("rising", "going up", "with an upward trend"),
    "falling": ("falling", "going down", "with a downward trend"),
    "flat": ("flat", "staying constant", "without a trend"),
    "rising then falling": ("rising then falling", "with a peak in the middle"),
    "falling then rising": ("falling then rising", "with a dip in the middle"),
}
DIAGRAM_NAMES: dict[str, tuple[str, ...]] = {
    "flow chart": ("flow chart", "flowchart", "process diagram"),
    "network": ("network diagram", "graph of connected nodes", "network"),
    "tree": ("tree diagram", "organisation chart", "hierarchy"),
    "venn": ("Venn diagram", "diagram of overlapping circles"),
    "timeline": ("timeline", "time line of events", "chronology"),
    "cycle": ("cycle diagram", "circular process", "loop of steps"),
    "pyramid": ("pyramid diagram", "pyramid of levels"),
    "mind map": ("mind map", "concept map", "spider diagram"),
}


def scene_captions(facts: Facts, rng: random.Random) -> list[str]:
    """The first names all that is to be seen; the others leave something out or reword it."""
    things = _things(facts, rng, synonyms=False, sizes=True)
    ground = BACKGROUND_PHRASES[facts["background"]]
    short = _things(facts, rng, synonyms=False, sizes=False)
    reworded = _things(facts, rng, synonyms=True, sizes=rng.random() < 0.5)
    captions = [
        f"{things} {ground[0]}",
        f"{short} {rng.choice(ground)}",
        f"a picture of {short}",
        f"{reworded} {rng.choice(ground)}",
        reworded,
    ]
    if facts["relation"] or facts["kind"] == "three":
        captions.append(" and ".join(_phrases(facts, rng, synonyms=False, sizes=False)))
    return captions


def _things(facts: Facts, rng: random.Random, *, synonyms: bool, sizes: bool) -> str:
    phrases = _phrases(facts, rng, synonyms=synonyms, sizes=sizes)
    relation = facts["relation"]
    if relation:
        link = {
            "left": ("to the left of", "left of"),
            "above": ("above", "over", "on top of"),
            "inside": ("inside", "within"),
        }[relation["kind"]]
        first, second = phrases[relation["subject"]], phrases[relation["object"]]
        return f"{first} {rng.choice(link) if synonyms else link[0]} {second}"
    if len(phrases) > 2:
        return f"{', '.join(phrases[:-1])} and {phrases[-1]}"
    return " and ".join(phrases)


def _phrases(facts: Facts, rng: random.Random, *, synonyms: bool, sizes: bool) -> list[str]:
    if facts["kind"] == "equal":
        words = _words(facts["objects"][0], rng, synonyms=synonyms, sizes=sizes)
        return [f"{NUMBERS[facts['count']]} {' '.join(words[:-1])} {plural(words[-1])}"]
    phrases = []
    for thing in facts["objects"]:
        # Sizes are told of single objects only: in groups they would make captions long.
        told = sizes and len(facts["objects"]) == 1
        phrases.append(with_article(" ".join(_words(thing, rng, synonyms=synonyms, sizes=told))))
    return phrases


def _words(thing: Facts, rng: random.Random, *, synonyms: bool, sizes: bool) -> list[str]:
    colour, shape, size = thing["colour"], thing["shape"], thing["size"]
    if synonyms:
        colour = _maybe(colour, COLOUR_SYNONYMS[colour], rng)
        shape = _maybe(shape, SHAPE_SYNONYMS[shape], rng)
        size = _maybe(size, SIZE_SYNONYMS[size], rng)
    return [size, colour, shape] if sizes else [colour, shape]


def _maybe(word: str, others: tuple[str, ...], rng: random.Random) -> str:
    return rng.choice(others) if rng.random() < SYNONYM_SHARE else word


def chart_captions(facts: Facts, rng: random.Random) -> list[str]:
    """The first names kind, colour, title, trend and highest value where the chart has them."""
    names = CHART_NAMES[facts["kind"]]
    plain = with_article(f"{facts['colour']} {names[0]}")
    title, trend, highest = facts["title"], facts["trend"], facts["highest"]
    moving = f", {trend}" if trend else ""
    full = f"{plain} of {title}{moving}"
    captions = [
        f"{full}, highest at {highest}" if highest else full,
        f"{with_article(rng.choice(names))} titled {title}",
        f"{plain}{moving}",
        title,
        f"chart of {title.lower()}",
    ]
    if trend:
        captions.append(f"{with_article(rng.choice(names))} {rng.choice(TREND_PHRASES[trend])}")
    elif highest:
        captions.append(f"{title}: {highest} is the largest")
    return captions


def page_captions(facts: Facts, rng: random.Random) -> list[str]:
    """The first names the kind and, where it is legible, the title."""
    kind, title = facts["kind"], facts["title"]
    plain = rng.choice((f"{with_article(kind)} of a document", f"a scanned {kind}", kind))
    if title is None:
        return [with_article(kind), plain, f"a document: {kind}"]
    return [
        f"{with_article(kind)} titled {title}",
        with_article(kind),
        plain,
        f"{title}, {kind}",
        title,
    ]


def diagram_captions(facts: Facts, rng: random.Random) -> list[str]:
    """The first names kind, colour and the number of parts."""
    names, colour = DIAGRAM_NAMES[facts["kind"]], facts["colour"]
    parts = f"{NUMBERS[facts['boxes']]} parts"
    words = facts["words"]
    captions = [
        f"{with_article(f'{colour} {names[0]}')} with {parts}",
        with_article(rng.choice(names)),
        with_article(f"{colour} {rng.choice(names)}"),
        f"{rng.choice(names)} with {parts}",
    ]
    if facts["kind"] != "network":
        captions.append(f"{rng.choice(names)}: {', '.join(words).lower()}")
    return captions


def map_captions(facts: Facts, rng: random.Random) -> list[str]:
    """The first names kind and place."""
    kind, title = facts["kind"], facts["title"]
    return [
        f"{with_article(kind)} of {title}",
        with_article(kind),
        rng.choice((f"a map of {title}", f"map: {title}")),
        f"a map, {kind}",
    ]


def screenshot_captions(facts: Facts, rng: random.Random) -> list[str]:
    """The first names kind and theme."""
    kind, theme = facts["kind"], facts["theme"]
    captions = [
        f"a screenshot of {with_article(f'{theme} {kind}')}",
        f"a screenshot of {with_article(kind)}",
        rng.choice((f"{kind} window", f"{kind} on a computer screen", f"{theme} {kind}")),
    ]
    if kind not in ("login screen", "video player"):
        captions.append(f"{with_article(kind)} titled {facts['title']}")
    return captions


def emoji_captions(facts: Facts, rng: random.Random) -> list[str]:
    """The first is the name; keywords follow."""
    name, keywords = facts["name"], facts["keywords"]
    captions = [name, f"an emoji of {name}", f"{name} icon"]
    if keywords:
        chosen = rng.sample(keywords, min(3, len(keywords)))
        captions.append(chosen[0])
        captions.append(f"a picture of {chosen[-1]}")
        captions.append(f"{name}: {', '.join(chosen)}")
    return captions


CAPTIONERS: dict[str, Callable[[Facts, random.Random], list[str]]] = {
    "scene": scene_captions,
    "chart": chart_captions,
    "page": page_captions,
    "diagram": diagram_captions,
    "map": map_captions,
    "screenshot": screenshot_captions,
    "emoji": emoji_captions,
}
