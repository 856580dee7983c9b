"""A question that leans on those before it, written out: "And in 2011?" asks of 2011 what was asked of 2010.

Rules, no model. A part alone ("and Gull Rock?", "in 2023?") takes the place of its like in the question before; an
asking word alone ("why?", "on which day?") that of the asking word. A pronoun stands for what was answered, where that
was a person, a place or a thing, else for what was asked about; of that a short question that names nothing is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ragmm.pipelines.query.phrases import ASKS, QuestionPhrase, asking_word, phrases, topic
from ragmm.pipelines.query.spoken_for import person_in, spoken_for
from ragmm.pipelines.query.value_kinds import years
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms

__all__ = ["completed"]

_OPENING = late(
    r"^\W*(?:(?:and|but|or|ok|okay|so|then|und|aber|oder|et|mais)\b[\s,]*)*"
    r"(?:(?:what|how) about\b|was ist mit\b|wie ist es mit\b|qu['’]en est-il de\b|那么?|还有)?[\s,，]*",
    re.IGNORECASE,
)
_KIN = frozenset({"of", "for"})
"""Prepositions that stand for one another: "the dues of adults", "and for juniors?"."""
_END = " ?？。.!！"
_ENOUGH = 4
"""Telling words; a question that has as many and points to nothing says by itself what it is about."""
_ASKED_OF = late(
    r"(?:the |der |die |das )?(?:(?:last|next|first|latest|current|total|average)\b.*|(?:[\w-]+ )?(?:costs?|prices?"
    r"|fees?|fares?|rent|length|size|weight|height|width|depth|age|area|capacity|speed|duration|date|name|number|address|phone"
    r"|telephone|e-?mail|owner|holder|author|director|manager|deposit|budget|profit|loss|revenue|income|turnover|deadline"
    r"|reason|colou?r|temperature|pressure|power|voltage|range|population|volume|opening hours|kosten|preis|länge|größe"
    r"|gewicht|dauer|adresse|grund|prix|coût|durée))",
    re.IGNORECASE,
)
"""What is asked of a thing, rather than another thing to ask the same of."""
_GENITIVES = ("der", "des")
_HANGS_ON = late(r"(?<=\w) (of|to|for|at|in|from|on|der|des|von) (?=\w)")
"""What stands between what is asked of a thing and the thing."""
_WHAT_IS_THE = late(r"\W*(?:what|how (?:high|large|big)) (?:is|are|was|were) the ", re.IGNORECASE)
_OWNED = late(r"(.+?)['’]s? (.+)")
_DATED = late(r"(?:on )?\d[\d./-]*(?: [A-Z][a-z]+)?(?: \d{4})?")
_FOR_WHOM = late(r"(?<=\w) (?:for|für) [^()]*$")
_QUARTER = late(r"\b(?:Q[1-4]|H[12]|(?:the )?(?:first|second|third|fourth|last) (?:quarter|half))\b", re.IGNORECASE)
_MONTH = late(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn"
    r"|winter|januar|februar|märz|mai|juni|juli|oktober|dezember)\b",
    re.IGNORECASE,
)
_YEAR = late(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_REACTS = late(
    r"(?:(?:thanks?|thank you|danke|merci|yes|yeah|no|really|sure|great|good|fine|nice|hello|hi|ok|okay|bye|please|ja"
    r"|nein|are you sure|谢谢)\b\W*)+(?:very much|a lot|to you)?",
    re.IGNORECASE,
)
"""Said of an answer, asking nothing."""
_BETWEEN = late(r"\b(?:in|for|during|of|by|on|at|the|year|im|für|en|fiscal|and|und|et|then)\b", re.IGNORECASE)
_BESIDE = late(r"\b(?:the )?(?:year before|previous year|year after|next year|following year)\b", re.IGNORECASE)
_HELPS = late(r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b")
_CHINESE = late(r"[\u4e00-\u9fff]")
_VERB = late(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must|ist|sind|war|hat|haben|wird|kann|est"
    r"|sont|tell|show|list|give|compare|explain|name)\b",
    re.IGNORECASE,
)


def completed(question: str, history: Sequence[tuple[str, str]]) -> str:
    """The question as it would be asked without those before it; as it is where it does not lean on them.

    `history`: questions and their answers, oldest first.
    """
    before, answer = "", ""
    for asked, answered in history:
        if not _REACTS.fullmatch(asked.strip(_END)):
            before, answer = _completed(asked, before, answer), answered
    return _completed(question, before, answer)


def _completed(question: str, before: str, answer: str) -> str:
    """Of one question, from the one before it, itself completed, and its answer."""
    if not before.strip() or not question.strip() or _REACTS.fullmatch(question.strip(_END)):
        return question
    if _CHINESE.search(question):
        return _in_chinese(question, before)
    rest = _OPENING.sub("", question).strip()
    opened = rest != question.strip()
    if not rest.strip(_END):
        return before
    if _asks(rest):
        return _asked_on(rest, before, answer, opened=opened)
    part = rest.strip(_END)
    leans = opened or "?" in question or bool(_other_time(before, part))
    return _with_part(before, part) if leans and len(content_terms(part)) <= _ENOUGH else question


def _asked_on(question: str, before: str, answer: str, *, opened: bool) -> str:
    """Of a whole question, what it points to; of an asking word alone, what is asked with it."""
    subject, _, asks = question.partition("? ")
    if opened and asks and not _asks(subject):
        return spoken_for(asks, subject, subject, "")
    bare = question.strip(_END)
    asking = asking_word(bare)
    if asking is not None and asking.start() == 0 and (told := _other_time(before, bare[asking.end() :].strip())):
        return told
    if asking is not None and asking.start() == 0 and _only_counts(bare, bare[asking.end() :]):
        return _asked_otherwise(before, bare, answer)
    written = _capital(question) if opened else question
    about = _about(before)
    return spoken_for(written, before, about, answer) if about else written


def _only_counts(asked: str, rest: str) -> bool:
    """Whether nothing stands beside the asking word but what it counts: "with how many votes", "on which day"."""
    who = re.match(r"(?:who|wer|qui)\b", asked, re.IGNORECASE) is not None
    return len(rest.split()) <= (0 if who else 1) and not _VERB.search(asked)


def _about(before: str) -> str:
    """What the question before was about; of "the cost of the new pipe" the pipe."""
    if beside := re.search(r"\(([^()]+)\)\W*$", before):
        return beside[1]
    found = topic(before)
    if found is None or _DATED.fullmatch(found.text):
        return ""
    owned = _OWNED.fullmatch(found.text)
    if owned is not None and _ASKED_OF.fullmatch(owned[2]):
        return owned[1]
    of = _HANGS_ON.search(found.text)
    whole, thing = (found.text[: of.start()], found.text[of.end() :]) if of else ("", "")
    asked = of is not None and (of[1] in _GENITIVES or (of[1] == "of" and _WHAT_IS_THE.match(before)))
    return _FOR_WHOM.sub("", thing) if thing and (asked or _ASKED_OF.fullmatch(whole)) else found.text


def _asks(text: str) -> bool:
    """Whether it is a question or an order of its own, not a part of one."""
    return bool(ASKS.search(text) or _VERB.search(text))


# Another part ------------------------------------------------------------------------------------------------------


def _with_part(before: str, part: str) -> str:
    """The question before, with a part of it exchanged for another, or added."""
    if told := _other_time(before, part):
        return told
    part = re.sub(r"^(?:its|their|his|her)\b", "the", part, flags=re.IGNORECASE)
    part = re.sub(r",?\s(?:too|as well|also|auch)$", "", part, flags=re.IGNORECASE)
    found, new = phrases(before), phrases(part)
    slot = _slot(found, new[0]) if new else None
    if _ASKED_OF.fullmatch(part):
        if found and not found[0].asked and _ASKED_OF.fullmatch(found[0].text):
            slot = found[0]
        elif about := _about(before):
            return _asked_of(about, part)
    if slot is None:
        return f"{before.rstrip(_END)}{'' if new and new[0].before else ','} {part}?"
    start = slot.start - len(slot.before) - 1 if new[0].before and slot.before else slot.start
    if new[0].before and not slot.before:
        part = new[0].text
    article = re.match(r"(?:the|der|die|das|le|la) ", slot.text)
    if article and new[0].named and not (new[0].definite or new[0].before):
        part = f"{article[0]}{part}"
    return f"{before[:start]}{_kept(slot, part)}{before[slot.end :].rstrip(_END)}?"


def _asked_of(about: str, part: str) -> str:
    """What is asked of a thing: "the cost" of it, "last service"."""
    article = "" if re.match(r"(?:the|der|die|das)\b", part, re.IGNORECASE) else "the "
    first = re.sub(r"^the ", "", part, flags=re.IGNORECASE).split()[0].lower()
    asks = {"last": "When was", "first": "When was", "next": "When is"}.get(first, "What is")
    return f"{asks} {article}{part} of {about}?"


def _other_time(before: str, part: str) -> str:
    """Where the part is a year, a quarter or a month, and no more."""
    if beside := _BESIDE.search(part):
        step = -1 if re.search("before|previous", beside[0], re.IGNORECASE) else 1
        return _YEAR.sub(lambda year: str(int(year[0]) + step), before) if years(before) else ""
    left, moved = part, before
    for kind in (_QUARTER, _MONTH, _YEAR):
        new = kind.findall(part)
        left = kind.sub("", left)
        if not new:
            continue
        if len(set(kind.findall(before))) == 1:
            moved = kind.sub(" and ".join(new), moved)
        else:
            begins = re.match(r"(?:in|on|at|for|during|im|am) ", part, re.IGNORECASE)
            when = f"{part[:1].lower()}{part[1:]}" if begins else part if part[:1].islower() else f"in {part}"
            moved = f"{moved.rstrip(_END)} {when}?"
    return moved if left != part and not _BETWEEN.sub("", left).strip(_END) else ""


def _slot(found: Sequence[QuestionPhrase], new: QuestionPhrase) -> QuestionPhrase | None:
    """What a part takes the place of: its like by preposition, by its last word, by being a name, by its article."""
    for like in _likes(found, new):
        if chosen := [one for one in like if one.before != "per"]:
            return chosen[-1] if new.named or new.before else chosen[0]
    return None


def _likes(found: Sequence[QuestionPhrase], new: QuestionPhrase) -> Iterator[list[QuestionPhrase]]:
    """From the surest on."""
    if new.before:
        alike = [one for one in found if one.definite == new.definite or (one.named and new.named)]
        kin = _KIN if new.before in _KIN else {new.before}
        yield [one for one in alike if one.before == new.before]
        yield [one for one in alike if one.before in kin]
        yield [one for one in alike if not (one.before or one.asked or one.named or new.named or new.definite)]
        yield [one for one in found if one.before == new.before and not (one.definite and not new.definite)]
        return
    yield [one for one in found if one.head == new.head]
    if new.named:
        dated = _MONTH.search(new.text) is not None
        yield [one for one in found if one.named and (_MONTH.search(one.text) is not None) == dated]
        yield [one for one in found if one.named]
    else:
        yield [one for one in found if one.definite == new.definite and not one.named and not one.asked]
        yield [one for one in found if one.asked and not new.definite]
    yield [one for one in found if not one.asked]
    yield list(found)


def _kept(slot: QuestionPhrase, part: str) -> str:
    """Of "the Heron Island route" the name alone is exchanged; of "plot Birch 2" the word before it stays."""
    name = re.search(r"\b[A-Z][\w'’-]*(?: (?:[A-Z][\w'’-]*|\d+))*", slot.text)
    fresh = re.search(r"\b[A-Z]", part)
    if name is None or fresh is None or re.search(rf"\b{re.escape(slot.head)}\b", part, re.IGNORECASE):
        return part
    lead = re.match(r"((?:[a-zäöü]+ )??)((?:the |a |an )?)(?=[A-Z])", part)
    if lead is None:
        return part
    kept = slot.text[: name.start()]
    return f"{lead[1]}{kept}{'' if kept else lead[2]}{part[lead.end() :]}{slot.text[name.end() :]}"


def _asked_otherwise(before: str, asks: str, answer: str) -> str:
    """The question before, asked with another word: "why?", "since when?", "with how many votes?"."""
    asking = asking_word(before)
    if asking is None:
        about = _about(before) if len(asks.split()) > 2 else ""
        return f"{_capital(asks)} ({about})?" if about else f"{before.rstrip(_END)}, {asks}?"
    found = [one for one in phrases(before) if one.asked]
    asks_who = re.match(r"(?:who|wer|qui)\b", asking[0], re.IGNORECASE) is not None
    end = found[0].end if found and not asks_who else asking.end()
    rest = before[end:].strip(_END)
    if asks_who and (who := person_in(answer, before)):
        verb, _, others = rest.partition(" ")
        rest = f"{verb} {who} {others}"
    elif re.match(r"(?:which|what)\b", asking[0], re.IGNORECASE) and not _HELPS.match(rest):
        rest = f"{person_in(answer, before)} {rest}".strip()
    return f"{_capital(asks)} {rest}?"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# Chinese -----------------------------------------------------------------------------------------------------------

_ZH_ASKS = late("什么|多少|哪|谁|几|何|怎|吗|是否")
_ZH_SHORT = 14
"""Characters; a longer question says by itself what it is about."""
_ZH_POINTS = late("那里|这里|[它他她]们?")
_ZH_TOPIC = late(r"^(?:在|请问)?(.{2,20}?)(?:的|在|(?:19|20)\d\d|什么|多少|有|是|何时|共|为)")
_ZH_VALUE = late("的([^的是有为]{1,8})(?=[是有为])")


def _in_chinese(question: str, before: str) -> str:
    rest = re.sub(r"^(?:那么?(?!里)|还有|而)", "", question)
    about = _ZH_TOPIC.match(before)
    if not _ZH_ASKS.search(rest):
        part = rest.strip(_END).removesuffix("呢")
        return _with_part_in_chinese(before, part) if part != question.strip(_END) else question
    if about is None or about[1] in question:
        return question
    if _ZH_POINTS.search(rest):
        return _ZH_POINTS.sub(about[1], rest, count=1)
    return f"{about[1]}{rest}" if len(rest) <= _ZH_SHORT else question


def _with_part_in_chinese(before: str, part: str) -> str:
    new, old = _YEAR.findall(part), set(_YEAR.findall(before))
    if len(new) == 1 and len(old) == 1:
        return before.replace(old.pop(), new[0])
    value = _ZH_VALUE.search(before)
    return f"{before[: value.start(1)]}{part}{before[value.end(1) :]}" if value else f"{before.rstrip(_END)}，{part}？"
