"""Questions that put two figures together which may stand apart: what is asked of each of two things or two years.

"How many more rooms does A have than B", "by how much did A's revenue grow from 2022 to 2023", and the same asked as
yes or no. English; what is not recognised is asked of one table, or looked up.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from ragmm.pipelines.query.asked_sides import AskedSides, asked_sides
from ragmm.pipelines.query.asked_sums import AskedSum, Operation, asked_sum
from ragmm.text.dates import MONTH_NAME

__all__ = ["AskedPair", "asked_pair", "pair_compared"]

_BE = r"is|are|was|were"
_DO = r"do|does|did"
_HAVE = r"has|have|had"
_CUE = (
    r"more expensive|more|fewer|less|higher|lower|larger|smaller|bigger|greater|better|worse|longer|shorter|taller"
    r"|heavier|lighter|faster|slower|wider|narrower|deeper|shallower|cheaper|dearer|closer|nearer|farther|further"
    r"|hotter|warmer|colder|older|newer|younger|earlier|later|sooner"
)
_PLACES = r"in|on|at|for|to|from|during|by"
_LESS = re.compile(
    r"\b(?:fewer|less|lower|smaller|worse|shorter|lighter|slower|narrower|shallower|cheaper|closer|nearer|colder)\b",
    re.IGNORECASE,
)
_OLDER = re.compile(r"\b(?:older|newer|younger|earlier|later|sooner)\b", re.IGNORECASE)
_MEASURED = {"cheaper": "price", "dearer": "price", "more expensive": "price", "longer": "length", "shorter": "length",
             "taller": "height", "heavier": "weight", "faster": "speed", "slower": "speed"}  # fmt: skip
_NAME = r"(?:[A-ZÀ-Þ0-9][\w'’.-]*)(?:\s(?:(?:of|the|&)\s)?[A-ZÀ-Þ0-9][\w'’.-]*)*"
_THING = rf"(?:(?:the|a|an)\s)?(?:[a-z]+\s)?{_NAME}(?:\s[a-z]+)?"
_YEAR = r"(?:1[89]|20)\d\d"
_ROSE = r"(?:grow|grew|grown|rise|rose|risen|increased?|climb(?:ed)?|gain(?:ed)?|improved?)"
_FELL = r"(?:decreased?|declined?|fall|fell|fallen|drop(?:ped)?|shrink|shrank|shrunk|reduced?)"
_MOVED = rf"(?:{_ROSE}|{_FELL}|changed?|develop(?:ed)?)"
_SPAN = (
    rf"(?:from|between)\s(?P<old>{_YEAR})\s(?:to|and|until|through)\s(?P<new>{_YEAR})"
    rf"|(?:in|by|to)\s(?P<new2>{_YEAR})\s?,?\s(?:compared (?:with|to)|against|from|versus|over|on)\s(?P<old2>{_YEAR})"
)
_ROSE_BY = re.compile(
    r"^(?:by\s)?(?:how (?:much|many(?:\s\w+)?)|what (?:percentage|per ?cent|share))\s"
    rf"(?:{_DO}|{_HAVE})\s(?P<what>.+?)\s{_MOVED}\s(?:{_SPAN})",
    re.IGNORECASE,
)
_CHANGE_OF = re.compile(
    r"^(?:what|how (?:big|large|high))\s(?:is|was|were)\s(?:the\s)?(?:percent(?:age)?\s|per ?cent\s)?"
    rf"(?:change|growth|increase|decrease|rise|fall|decline|drop|difference)\s(?:in|of)\s(?P<what>.+?)\s(?:{_SPAN})",
    re.IGNORECASE,
)
_MORE_THAN = re.compile(
    rf"^(?:how (?:many|much)|by how (?:many|much)\s?(?:\w+)?)\s(?:(?:years|days)\s)?(?P<cue>{_CUE})(?P<noun>\s.*?)?\s"
    rf"(?P<aux>{_BE}|{_DO}|{_HAVE})\s(?P<body>.+?)\sthan\s(?P<other>.+)$",
    re.IGNORECASE,
)
_ALL_OF = re.compile(
    rf"^how (?:many|much)\s(?P<noun>.+?)\s(?P<aux>{_DO}|{_BE})\s(?P<one>{_THING}) and (?P<other>{_THING}?)"
    r"(?P<verb>\s[a-z]+)?\s(?:together|combined|in total|altogether|in all)(?P<tail>\s.*)?$"
)
_OF_TWO = (
    re.compile(
        rf"^what (?:is|was|were|are) the (?P<how>difference|ratio)\s(?:in|of)\s(?:the\s)?(?P<what>.+?)\sbetween\s"
        rf"(?P<one>{_THING}) and (?P<other>{_THING}?)(?P<tail>\s(?:{_PLACES})\s.*)?$"
    ),
    re.compile(
        r"^what (?:is|was|were|are) the (?P<how>difference|ratio)\s(?:between|of)\s(?:the\s)?(?P<what>[^A-ZÀ-Þ]+?)\s"
        rf"(?P<prep>of|at|in|for)\s(?P<one>{_THING}) (?:and|to) (?:that|those|the [^A-ZÀ-Þ]+?|[^A-ZÀ-Þ]+?)\s"
        rf"(?:of|at|in|for)\s(?P<other>{_THING}?)(?P<tail>\s(?:{_PLACES})\s.*)?$"
    ),
    re.compile(
        r"^what (?:is|was|were|are) the (?P<how>combined|total|joint|average|mean)\s(?P<what>[^A-ZÀ-Þ]+?)\s"
        rf"(?P<prep>of|at|in|for)\s(?P<one>(?:the\s)?(?:[a-z]+\s)?{_NAME}) and (?P<other>{_THING}?)"
        rf"(?P<tail>\s(?:{_PLACES})\s.*)?$"
    ),
)
_VERDICT = re.compile(
    rf"^(?P<aux>{_BE}|{_DO}|{_HAVE})\s(?P<body>.+?)\s(?P<cue>{_CUE})(?P<noun>\s.*?)?\sthan\s(?P<other>.+)$"
)
_FIRST_MORE = re.compile(
    rf"^(?P<aux>{_BE}|{_DO}|{_HAVE})\s(?P<cue>more|fewer|less)\s(?P<noun>.+?)\s(?P<verb>\w+(?:ed|n|ld|de|pt|nt|un|id))\s"
    r"(?P<body>.+?)\sthan\s(?P<other>.+)$"
)
_MOVED_VERDICT = re.compile(
    rf"^(?:{_DO}|{_HAVE})\s(?P<what>.+?)\s(?P<move>{_ROSE}|{_FELL})\s(?:{_SPAN})", re.IGNORECASE
)
_BEGUN = re.compile(
    rf"^(?:was|were|is)\s(?P<one>{_THING}?)\s(?P<verb>[a-z]+)\s(?P<when>before|after|earlier than|later than)\s"
    rf"(?P<other>{_THING})$",
)
_TAIL = re.compile(rf"\s(?:(?:in|during|for|by|at the end of)\s(?:the year\s|{MONTH_NAME}\s)?{_YEAR})$", re.IGNORECASE)
_ALONE = re.compile(rf"^(?:in|during|for)?\s?(?:the year\s)?(?P<year>{_YEAR})$")
_NEGATED = re.compile(r"^(?P<aux>\w+)\s(?P<before>.*?)\bnot\s", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class AskedPair:
    """Two look-ups, and what becomes of what they find."""

    sides: AskedSides | None
    """The first is what the other one is taken from, or held against; None where both can only stand in one table."""
    wanted: AskedSum | None = None
    """How the two are put together."""
    difference: str = ""
    """Of a question for yes or no: the same one asked as a difference, which is above zero where yes is right."""
    negated: bool = False


def asked_pair(question: str) -> AskedPair | None:
    """The two figures that a question for a sum, a difference, a ratio or a change is made of."""
    text = _plain(question)
    wanted = asked_sum(question)
    if wanted is None:
        return None
    found = _changed(text) or _more_than(text) or _all_of(text, wanted) or _of_two(text, wanted)
    if found is None:
        return None
    less = wanted.operation is Operation.CHANGE and wanted.falls and not wanted.percent
    sides = dataclasses.replace(found, sides=found.sides[::-1]) if less else found
    return AskedPair(sides=sides, wanted=wanted)


def pair_compared(question: str) -> AskedPair | None:
    """The two figures that decide a question for yes or no: "was A higher in 2023 than in 2022"."""
    text = _plain(question)
    bare = re.sub(r"^(\w+?)n['’]t\b", r"\1", text)
    negated = _NEGATED.match(bare) is not None
    bare = _lower_first(_NEGATED.sub(r"\g<aux> \g<before>", bare))
    found = _moved_verdict(bare) or _begun(bare) or _verdict(bare)
    return dataclasses.replace(found, negated=negated) if found else None


def _plain(question: str) -> str:
    return " ".join(question.split()).rstrip(" ?").strip()


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _without_article(text: str) -> str:
    return re.sub(r"^(?:the|a|an)\s", "", text)


def _changed(text: str) -> AskedSides | None:
    found = _ROSE_BY.match(text) or _CHANGE_OF.match(text)
    if found is None:
        return None
    return _of_years(f"What was {found['what']} in {{side}}?", found["what"], *_span(found))


def _span(found: re.Match[str]) -> tuple[str, str]:
    """The later year first."""
    old, new = found["old"] or found["old2"], found["new"] or found["new2"]
    return (new, old) if new > old else (old, new)


def _of_years(template: str, about: str, first: str, other: str) -> AskedSides | None:
    if first == other:
        return None
    return AskedSides(
        sides=(first, other), least=False, timed=False, about=about, strict=(), rest="", counted=False,
        template=template, periods=True,
    )  # fmt: skip


def _of_things(template: str, about: str, rest: str, one: str, other: str) -> AskedSides | None:
    one, other = (_without_article(side.strip()) for side in (one, other))
    if not one or not other or one == other:
        return None
    return AskedSides(
        sides=(one, other), least=False, timed=False, about=about, strict=(), rest=rest.strip(), counted=False,
        template=template,
    )  # fmt: skip


def _more_than(text: str) -> AskedSides | None:
    found = _MORE_THAN.match(text)
    if found is None:
        return None
    place = re.search(rf"\s(?:{_PLACES})\s(?=[a-z0-9])", found["body"])
    body, mid = (found["body"][: place.start()], found["body"][place.start() :]) if place else (found["body"], "")
    return _held_against(found["aux"], body, found["cue"], f"{found['noun'] or ''}{mid}", found["other"])


def _held_against(aux: str, body: str, cue: str, behind: str, other: str) -> AskedSides | None:
    """ "does A have more rooms than B": the same asked of each of two years, or of each of two things."""
    other = re.sub(rf"\s(?:{_DO}|{_BE}|{_HAVE})$", "", other)
    ended = _TAIL.search(f" {other}")
    tail = ended.group() if ended and not _ALONE.match(other) else ""
    other = f" {other}"[: -len(tail)].strip() if tail else other
    alone = _ALONE.match(other)
    if alone is not None:
        return _in_years(aux, body, cue, behind, alone["year"])
    if re.match(rf"(?:(?:that|those)\s)?(?:of|{_PLACES})\s", other):
        return _placed(aux, body, cue, behind, other, tail)
    bare = _without_article(body)
    if aux in {"do", "does", "did"}:
        one, _, verb = bare.rpartition(" ")
        sides = asked_sides(f"Which {verb} {cue}{behind}{tail}, {one} or {_without_article(other)}?")
        if sides is None or not sides.counted:
            return sides
        once = "does" if aux == "do" else aux
        return dataclasses.replace(sides, template=f"How many{behind} {once} {{side}} {verb}{tail}?")
    return asked_sides(f"Which {aux} {cue}{behind}{tail}, {bare} or {_without_article(other)}?")


def _in_years(aux: str, body: str, cue: str, behind: str, year: str) -> AskedSides | None:
    """ "was A higher in 2023 than in 2022"."""
    first = re.search(rf"\s?(?:in|during|for)\s(?P<year>{_YEAR})\b", f"{body}\n{behind}")
    if first is None:
        return None
    cut = re.compile(rf"\s?(?:in|during|for)\s{_YEAR}\b")
    body, behind = cut.sub("", body), cut.sub("", behind).strip()
    if aux in {"do", "does", "did"}:
        many = f"How many {behind}" if behind and cue != "less" else f"How much {behind}".strip()
        noun = re.match(rf"(?!(?:{_PLACES})\b)", behind)
        asked = f"{many} {aux} {body} in {{side}}?" if noun else f"How much {aux} {body} {behind} in {{side}}?"
    else:
        asked = f"What {aux} {body} {behind}".strip() + " in {side}?"
    return _of_years(asked, f"{body} {behind}", first["year"], year)


def _placed(aux: str, body: str, cue: str, behind: str, other: str, tail: str) -> AskedSides | None:
    """ "is a ticket at A cheaper than at B", "were the charges of A higher than those of B"."""
    where = re.match(rf"(?:(?:that|those)\s)?(?P<prep>of|{_PLACES})\s(?P<name>.+)$", other)
    if where is None:
        return None
    whole = f"{body}\n{behind}"
    own = re.search(rf"\s{where['prep']}\s(?P<name>{_THING})$", body) or re.search(
        rf"\s{where['prep']}\s(?P<name>{_THING})$", behind
    )
    if own is None:
        return None
    about = whole.replace(own.group(), "").replace("\n", " ").strip()
    measure = _MEASURED.get(cue.lower())
    thing = f"the {measure} of {about}" if measure else about
    if aux in {"do", "does", "did"}:
        return None
    return _of_things(f"What {aux} {thing} {where['prep']} {{side}}{tail}?", about, tail, own["name"], where["name"])


def _all_of(text: str, wanted: AskedSum) -> AskedSides | None:
    found = _ALL_OF.match(_lower_first(text)) if wanted.operation is Operation.SUM else None
    if found is None:
        return None
    verb, tail = (found["verb"] or " have").strip(), found["tail"] or ""
    other = found["other"]
    aux = {"do": "does", "are": "is"}.get(found["aux"], found["aux"])
    one = re.sub(r"^the [a-z]+s(?= [A-ZÀ-Þ])", "", found["one"]).strip()
    return _of_things(f"How many {found['noun']} {aux} {{side}} {verb}{tail}?", found["noun"], tail, one, other)


def _of_two(text: str, wanted: AskedSum) -> AskedSides | None:
    if wanted.operation not in {Operation.DIFFERENCE, Operation.RATIO, Operation.SUM, Operation.AVERAGE}:
        return None
    found = next((match for form in _OF_TWO if (match := form.match(_lower_first(text)))), None)
    if found is None:
        return None
    tail = found["tail"] or ""
    one = re.sub(r"^the [a-z]+s(?= [A-ZÀ-Þ])", "", found["one"]).strip()
    prep = found.groupdict().get("prep") or "of"
    return _of_things(f"What is the {found['what']} {prep} {{side}}{tail}?", found["what"], tail, one, found["other"])


def _moved_verdict(text: str) -> AskedPair | None:
    """ "did A rise from 2021 to 2022"."""
    found = _MOVED_VERDICT.match(text)
    if found is None:
        return None
    new, old = _span(found)
    template = f"What was {found['what']} in {{side}}?"
    fell = re.fullmatch(_FELL, found["move"], re.IGNORECASE) is not None
    first, other = (old, new) if fell else (new, old)
    span = f"from {old} to {new}"
    return AskedPair(
        sides=_of_years(template, found["what"], first, other),
        difference=f"By how much did {found['what']} {found['move']} {span}?",
    )


def _begun(text: str) -> AskedPair | None:
    """ "was A founded before B"."""
    found = _BEGUN.match(text)
    if found is None:
        return None
    when = "earlier" if found["when"].startswith(("before", "earlier")) else "later"
    one, other = (_without_article(found[side]) for side in ("one", "other"))
    sides = asked_sides(f"Which was {found['verb']} {when}, {one} or {other}?")
    return AskedPair(sides=sides) if sides else None


def _verdict(text: str) -> AskedPair | None:
    """ "does A have more rooms than B", "was A higher in 2023 than in 2022"."""
    turned = _FIRST_MORE.match(text)
    found = turned or _VERDICT.match(text)
    if found is None:
        return None
    aux, cue, noun, other, alone = found["aux"], found["cue"], found["noun"] or "", found["other"], None
    if turned is not None:
        body, behind = f"{noun} {turned['verb']} {turned['body']}", ""
        asked = f"How many {cue} {noun} {aux} {turned['verb']} {turned['body']} than {other}?"
        alone = _ALONE.match(other)
    else:
        body, behind = found["body"], noun
        asked = _difference(aux, body, cue, behind, other)
    if alone is not None:
        sides = _in_years(aux, body, cue, behind, alone["year"])
    else:
        sides = _held_against(aux, body, cue, behind, other)
    if sides is not None and not sides.timed and _LESS.search(cue):
        sides = dataclasses.replace(sides, least=True)
    return AskedPair(sides=sides, difference=asked) if sides or asked else None


def _difference(aux: str, body: str, cue: str, behind: str, other: str) -> str:
    """As asked of one table."""
    if _OLDER.search(cue):
        return ""
    place = re.match(rf"\s(?:{_PLACES})\s", behind)
    noun, mid = ("", behind) if place or not behind else _cut(behind)
    many = "many" if noun and cue.lower() != "less" else "much"
    return f"How {many} {cue}{noun} {aux} {body}{mid} than {other}?"


def _cut(behind: str) -> tuple[str, str]:
    place = re.search(rf"\s(?:{_PLACES})\s", behind)
    return (behind[: place.start()], behind[place.start() :]) if place else (behind, "")
