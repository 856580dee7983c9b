"""Questions about charts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from training.pictures import charts
from training.pictures.vocabulary import NUMBERS
from training.vlm.captions import CHART_NAMES, ROUND, has_one_colour, visible_trend
from training.vlm.wordings import CANNOT_READ, IS_IT, NOT_SHOWN, Turn, article, reworded, yes_no

if TYPE_CHECKING:
    from training.pictures import Picture

_KIND: Final = (
    "What kind of chart is this?",
    "What type of chart is shown?",
    "Which chart type is it?",
    "chart type",
    "kind of chart?",
    "What sort of graph is this?",
    "What type of diagram is this chart?",
    "What kind of plot is it?",
)
_COLOUR: Final = (
    "What colour is the chart?",
    "Which colour does the chart use?",
    "chart colour",
    "What is the main colour of the chart?",
    "In what colour is the chart drawn?",
)
_TITLE: Final = (
    "What is the title?",
    "What is the title of the chart?",
    "Read the title.",
    "title",
    "What does the title say?",
    "Which title does the chart have?",
    "chart title?",
    "What is the heading of the chart?",
)
_SUBJECT: Final = (
    "What is the chart about?",
    "What does the chart measure?",
    "subject of the chart",
    "What quantity is plotted?",
)
_YEAR: Final = (
    "Which year is it about?",
    "What year does the chart show?",
    "year of the data",
    "For which year is this?",
)
_GROUP: Final = (
    "By what is it broken down?",
    "What are the categories?",
    "What is on the category axis?",
    "grouped by?",
)
_TREND: Final = (
    "What is the trend?",
    "How does it develop?",
    "What trend does the chart show?",
    "trend",
    "How do the values change?",
    "Describe the trend.",
    "In which direction do the values go?",
    "What is the overall trend of the data?",
)
_IS_TREND: Final = (
    "Is the trend {trend}?",
    "Are the values {trend}?",
    "Is it {trend}?",
    "Does the chart show a {trend} trend?",
)
_BEST: Final[dict[str, tuple[str, ...]]] = {
    "highest": (
        "Which {mark} is the highest?",
        "Which category has the highest value?",
        "What is the largest {mark}?",
        "highest {mark}",
        "Where is the maximum?",
        "Which one is the biggest?",
        "Who has the most?",
        "What is highest?",
        "Which {mark} is largest?",
    ),
    "lowest": (
        "Which {mark} is the lowest?",
        "Which category has the lowest value?",
        "What is the smallest {mark}?",
        "lowest {mark}",
        "Where is the minimum?",
        "Which one is the smallest?",
        "Who has the least?",
        "What is lowest?",
        "Which {mark} is smallest?",
    ),
}
_MARKS: Final[dict[str, str]] = {"bar": "bar", "hbar": "bar", "pie": "slice", "donut": "slice"}
_COUNT: Final = (
    "How many {marks} are there?",
    "How many {marks} does the chart have?",
    "number of {marks}",
    "Count the {marks}.",
)
_MISSING: Final = (
    "What is the unit?",
    "What is the exact value of {label}?",
    "How much is {label}?",
    "What is the source of the data?",
    "Who made the chart?",
    "What is the average?",
    "What is the total?",
    "value of {label}",
    "What percentage is {label}?",
    "What does the legend say?",
    "What is the label of the y axis?",
)


def chart_kind(picture: Picture, rng: random.Random) -> Turn:
    """Which kind of chart it is."""
    return Turn(kind="chart kind", question=reworded(rng, _KIND), answer=CHART_NAMES[picture.facts["kind"]])


def colour(picture: Picture, rng: random.Random) -> Turn | None:
    """The one colour of a chart that has only one."""
    if not has_one_colour(picture.facts):
        return None
    return Turn(kind="chart colour", question=reworded(rng, _COLOUR), answer=picture.facts["colour"])


def reading(picture: Picture, rng: random.Random) -> Turn:
    """What only its words tell, which the model is too small to read: titles, years, names of categories."""
    best = () if picture.facts["kind"] in ("scatter", "multiline") else (_BEST["highest"], _BEST["lowest"])
    wordings = rng.choice((_TITLE, _TITLE, _SUBJECT, _YEAR, _GROUP, *best))
    question = reworded(rng, wordings, mark=_MARKS.get(picture.facts["kind"], "point"))
    return Turn(kind="reading", question=question, answer=CANNOT_READ)


def trend(picture: Picture, rng: random.Random) -> Turn | None:
    """How the values develop, where they are in an order; slices never are."""
    if picture.facts["kind"] in ROUND:
        return Turn(kind="not shown", question=reworded(rng, _TREND), answer=NOT_SHOWN)
    found = visible_trend(picture.facts)
    return Turn(kind="trend", question=reworded(rng, _TREND), answer=found) if found else None


def trend_yes_no(picture: Picture, rng: random.Random) -> Turn | None:
    """Whether the trend is the one named; half of the time it is."""
    found = visible_trend(picture.facts)
    if found is None:
        return None
    true = rng.random() < 0.5
    told = found if true else rng.choice([name for name in charts.TRENDS if name != found])
    return Turn(kind="trend yes/no", question=reworded(rng, _IS_TREND, trend=told), answer=yes_no(true=true))


def count(picture: Picture, rng: random.Random) -> Turn | None:
    """How many bars, slices or points there are."""
    facts = picture.facts
    if facts["kind"] in ("scatter", "multiline"):
        return None
    marks = _MARKS.get(facts["kind"], "point") + "s"
    return Turn(kind="chart count", question=reworded(rng, _COUNT, marks=marks), answer=NUMBERS[len(facts["values"])])


def exists(picture: Picture, rng: random.Random) -> Turn:
    """Whether it is a chart of the named kind; half of the time it is."""
    own = CHART_NAMES[picture.facts["kind"]]
    true = rng.random() < 0.5
    told = own if true else rng.choice([name for name in CHART_NAMES.values() if name != own])
    question = reworded(rng, IS_IT, thing=article(told))
    return Turn(kind="exists", question=question, answer=yes_no(true=true))


def missing(_picture: Picture, rng: random.Random) -> Turn:
    """What these charts never tell: values, units, sources."""
    label = rng.choice([label for group in charts.GROUPS.values() for label in group])
    return Turn(kind="not shown", question=reworded(rng, _MISSING, label=label), answer=NOT_SHOWN)


def foreign(_picture: Picture, rng: random.Random) -> Turn:
    """A question that only a chart answers, for a picture that is none."""
    wordings = rng.choice((_KIND, _TREND, _BEST["highest"], _BEST["lowest"], _YEAR, _GROUP, _COLOUR))
    question = reworded(rng, wordings, mark=rng.choice(("bar", "slice", "point")))
    return Turn(kind="not shown", question=question, answer=NOT_SHOWN)
