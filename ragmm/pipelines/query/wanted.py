"""What a question asks for: a number, a sum of money, a date, a person, yes or no, a reason; and of which years.

English, German, French, Spanish and Chinese. What is not recognised is `ANY`, to which every value is fitting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ragmm.text.terms import content_terms, fold, terms

__all__ = [
    "ADDRESSES",
    "AMOUNTS",
    "AskedFor",
    "AskedKind",
    "fits",
    "is_plain",
    "is_run_of_numbers",
    "label_words",
    "wanted",
    "years",
]


class AskedKind(StrEnum):
    """What an answer must be."""

    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    MEASURE = "measure"
    """A length, weight, speed, age or duration."""
    PERSON = "person"
    EMAIL = "e-mail address"
    PHONE = "telephone number"
    LINK = "web address"
    CODE = "code"
    """An identifier, a registration or model number, a version."""
    YES_NO = "yes/no"
    REASON = "reason"
    ANY = "any"


@dataclass(frozen=True, kw_only=True)
class AskedFor:
    """What is asked for."""

    kind: AskedKind
    years: frozenset[str] = frozenset()
    """Those that the question names."""


_SIZES = (
    r"(?:length|height|weight|depth|width|speed|temperature|distance|duration|age|size|capacity|voltage|power|resistance"
    r"|strength|current|frequency|range|area|precipitation|rainfall|lifetime|lange|hohe|gewicht|breite|dauer)"
)
_ROLE = (
    r"(?:(?:vice )?president|chair(?:man|woman|person)?|director|manager|minister|mayor|secretary|treasurer|coordinator"
    r"|author|editor|judge|attorney|lawyer|notary|officer|player|coach|teacher|professor|actor|actress|singer"
    r"|senator|governor|architect|artist|scientist|researcher|photographer|representative|witness|candidate|man"
    r"|woman|founder|owner|inventor|captain|spokes\w+|commissioner|superintendent)"
)
_KINDS: tuple[tuple[AskedKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            AskedKind.REASON,
            r"\bwhy\b|\bwhat (?:is|was|were) the reasons?\b|\bfor what reason|\bwarum\b|\bwieso\b"
            r"|\bpourquoi\b|\bpor que\b|为什么|為什麼|为何|為何|原因",
        ),
        (
            AskedKind.EMAIL,
            r"\be-?mail[- ]?add?ress\w*|\b(?:what|which) (?:is|was) the (?:\w+ ){0,2}e-?mail\b(?! about| from| sent)"
            r"|\badresse (?:e-?mail|electronique)|\bcorreo electronico|电子邮[箱件]地址|邮箱",
        ),
        (
            AskedKind.PHONE,
            r"\b(?:tele)?(?:phone|fax) (?:number|no)\b|\btelefonnummer|\bnumero de telef\w+|电话号码|電話號碼",
        ),
        (AskedKind.LINK, r"\b(?:web ?site|web|internet) address\w*|\burl\b|\bdoi\b|\binternetadresse|网址"),
        (
            AskedKind.CODE,
            r"\bidentifier\b|\bid\b|\b(?:registration|serial|reference|model|part|account|licen[cs]e|docket|case|order"
            r"|invoice|patent|article|item|catalog\w*) (?:number|no|code)\b|\b(?:post|postal|zip|product|plant|error"
            r"|country|airport) ?code\b|\bisbn\b|\bissn\b|\b(?:what|which) version\b|编号|代码",
        ),
        (
            AskedKind.PERCENT,
            r"\b(?:what|which|how (?:many|much)) (?:\w+ ){0,2}(?:per ?cent|percentage|proportion|share)\b"
            r"|\bhow much (?:did|has|have|will|do|does)\b.*\b(?:grow|grown|rise|risen|increase[ds]?|decrease[ds]?"
            r"|fall|fallen|drop|dropped|declined?|shrink|change[ds]?)\b|\bby how much\b"
            r"|%|\bwie viel prozent\b|\bquel pourcentage\b"
            r"|百分之|百分比|比例|占比",
        ),
        (
            AskedKind.MONEY,
            r"\bhow much\b.*\b(?:cost|costs|pay|pays|paid|spend|spent|charge|charged|owe|worth|earn|earned"
            r"|raise|raised|money|grant|granted|price|fee)"
            r"|\bwhat (?:do|does|did|is|was|were|are|will|would)\b.*\b(?:cost|costs|price|fee|fees|salary"
            r"|fine|rent|deposit|budget|dues)\b"
            r"|\bwhat .*\b(?:pay|pays|paid|charge|charged)\b|\bwas kostete?\b|\bwie teuer\b"
            r"|\bcombien coute|\bcuanto cuesta|多少钱|多少錢|花费多少|费用是|[费費价價薪]\\w{0,3}(?:是|为"
            r"|為)?多少|(?:收入|支出|利润|成本|预算|投资)\\w{0,2}多少",
        ),
        (
            AskedKind.DATE,
            r"\bwhen\b|\b(?:what|which|on what|on which|in which|in what) (?:year|date|day|month|time"
            r"|century|decade|weekday)\b|\bby when\b|\bsince when\b"
            r"|\buntil when\b|\bwann\b|\bin welchem jahr|\bquand\b|\ben quelle annee|\bcuando\b"
            r"|\ben que ano|何时|何時|什么时候|什麼時候|哪[一]?[年天日]|几[月号]|几点",
        ),
        (
            AskedKind.MEASURE,
            r"\bhow (?:long|old|far|tall|high|deep|wide|fast|heavy|large|big|thick|hot|warm|cold|cool|loud"
            r"|quick|quickly|bright|steep|thin|narrow|strong|powerful|soon|late|early)\b"
            rf"|\bwhat (?:is|was|are) the (?:\w+ ){{0,2}}{_SIZES}\b"
            r"|\bwie (?:lang|alt|weit|hoch|tief|breit|schnell|schwer|gro(?:ss|ß))\w*\b|多[长長高远遠重深宽寬久快]",
        ),
        (
            AskedKind.NUMBER,
            r"\bhow (?:many|much)\b|\bwhat (?:is|was|were|are) the (?:total |exact |average "
            r"|whole )?(?:amount|total|ratio|count)\b|\bnumber of (?:\w+ )?(?:\w+s|people|children|men"
            r"|women)\b"
            r"|\bwie ?viele?\b|\bcombien\b|\bcuant[oa]s?\b|多少|几[个個名位人次种種座条條本辆所]|[几幾]个",
        ),
        (
            AskedKind.PERSON,
            r"^\W*(?:by |to |for |from |with )?who(?:m|se)?\b|\bwho (?:is|was|were|are|did|has|will|wrote"
            r"|took)\b|^\W*(?:wer|wem|wen)\b|^\W*qui\b|^\W*quien\b|谁|誰|哪[位名]"
            rf"|\bwhich (?:\w+ ){{0,2}}{_ROLE}\b|\bname of (?:\w+ ){{0,3}}{_ROLE}\b|\bnames? of\b.*\bwho\b",
        ),
        (
            AskedKind.YES_NO,
            r"^\W*(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have"
            r"|had)\b(?!.*\bor\b)"
            r"|^\W*(?:ist|sind|war|waren|darf|durfen|kann|konnen|muss|mussen|hat|haben|gibt es|wird"
            r"|werden)\b|^\W*est-ce\b|[吗嗎]\s*[?？]?$|是否|能不能|可不可以",
        ),
    )
)
_ASKS_ANYTHING = re.compile(r"\b(?:what|which|where|who|whom|whose|how|welche\w*|quel\w*|donde|cual)\b")
_OF_CLAUSES = frozenset({AskedKind.DATE, AskedKind.REASON, AskedKind.PERSON})
"""Their words also begin clauses."""
_RIGHT = {"wich": "which", "whcih": "which", "waht": "what", "hwo": "how", "wehn": "when", "whne": "when"}
_SLIPS = re.compile(rf"\b(?:{'|'.join(_RIGHT)})\b")
_SUMS = (
    r"(?:price|cost|fee|rent|salary|wage|budget|expense|expenditure|revenue|income|turnover|profit|value|donation"
    r"|surplus|deficit|preis|kosten|gebuhr|miete|prix|cout|tarif|loyer|precio|coste|tarifa)"
)
_THINGS: tuple[tuple[AskedKind, re.Pattern[str]], ...] = (
    (AskedKind.PERCENT, re.compile(r"\b(?:percentage|per ?cent|share|proportion|rate)\b")),
    (AskedKind.MONEY, re.compile(rf"\b{_SUMS}s?\b")),
    (AskedKind.DATE, re.compile(r"\b(?:(?<!to )date|deadline|birthday|datum|fecha)\b")),
    (AskedKind.MEASURE, re.compile(rf"\b{_SIZES}\b")),
    (AskedKind.NUMBER, re.compile(r"\b(?:population|number|count|total|quorum|anzahl|nombre|numero)\b")),
)
_LABELS = {
    "long": "length duration",
    "tall": "height",
    "high": "height",
    "wide": "width",
    "deep": "depth",
    "old": "age",
    "heavy": "weight",
    "far": "distance",
    "fast": "speed",
    "big": "size",
    "large": "size area",
    "cost": "price fee amount",
    "costs": "price fee amount",
    "born": "birth",
    "lives": "address",
    "live": "address",
    "called": "name",
    "when": "date",
    "kostet": "preis gebuhr entgelt betrag",
    "kosten": "preis gebuhr entgelt betrag",
    "coute": "prix tarif montant",
    "cuesta": "precio tarifa importe",
}
"""What stands before a value where a question has another word for it."""
_YEAR = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d]|[.,]\d)")
_DIGIT = re.compile(r"\d|[一二三四五六七八九十百千万两零〇]")
_NUMBER_WORD = re.compile(
    r"\b(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty"
    r"|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|third|quarter|once|twice|both|single|"
    r"ein\w?|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwanzig|dreissig|hundert|tausend|halb\w*|"
    r"un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve"
    r"|diez)(?:[- ]\w+)*\b"
)
_MONTH = re.compile(
    r"\b(?:jan|feb|mar|marz|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez)(?:uary|ruary|ch|il|e|y"
    r"|ust|tember|ober|ember|"
    r"uar|ruar|i)?\b|\b(?:janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|enero|febrero|marzo|"
    r"abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)\b"
)
_WHEN = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:spring|summer|autumn|winter|century|decade"
    r"|noon|midnight|sunset|sunrise|"
    r"dawn|dusk|today|tomorrow|yesterday|morning|evening|afternoon|night|week|month|year|day|easter"
    r"|christmas|immediately|daily|weekly|monthly|"
    r"annually|hour|minute|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|fruhjahr|sommer"
    r"|herbst|ostern|lundi|mardi|mercredi|jeudi|"
    r"vendredi|samedi|dimanche)s?\b|[年月日号時时点周]|世纪|年代|星期|礼拜"
)
_PERCENT = re.compile(r"%|\bper ?cent\b|\bprozent\b|\bhalf\b|\bthirds?\b|\bquarters?\b|百分")
_FREE = re.compile(r"\bfree\b|免费|免費|kostenlos|gratis")
_CLOCK = re.compile(r"\s*\d{1,2}[:.]\d\d(?:\s?[ap]\.?m\.?)?\s*")
_COUNTED = re.compile(
    r"\d\s?(?:[个個本名位人次种種座条條天年月日吨辆所]|(?:kg|km|cm|mm|m|g|l|h|min|years?|days?|months?"
    r"|hours?|minutes?|weeks?)\b)"
)
_CURRENCY = re.compile(
    r"[$€£¥₹]|\b(?:usd|eur|gbp|chf|dollars?|euros?|pounds?|cents?|pence|francs?|kr|yen|yuan)\b|[元块圆]"
)
_CAPITAL = re.compile(r"[A-ZÀ-ÞЀ-Я]")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def wanted(question: str) -> AskedFor:
    """What the question asks for: what its first words ask; "how many were there when it closed" asks for no date."""
    folded = _SLIPS.sub(lambda slip: _RIGHT[slip[0]], fold(question))
    found = [(match.start(), place) for place, (_, one) in enumerate(_KINDS) if (match := one.search(folded))]
    first = _ASKS_ANYTHING.search(folded)
    if first is not None:
        found = [one for one in found if one[0] <= first.start() or _KINDS[one[1]][0] not in _OF_CLAUSES]
    kind = _KINDS[min(found)[1]][0] if found else _named_kind(folded) if first is None else AskedKind.ANY
    return AskedFor(kind=kind, years=years(question))


def _named_kind(folded: str) -> AskedKind:
    """Of a few words that ask nothing ("price of the falafel"): what the thing named must be."""
    return next((kind for kind, pattern in _THINGS if pattern.search(folded)), AskedKind.ANY)


def label_words(question: str) -> list[str]:
    """The telling words of a question, and what a label says for them: a length for "how long", a price for "cost"."""
    words = content_terms(question)
    asked = frozenset(re.findall(r"[a-z]+", fold(question)))
    return [*words, *(term for word, label in _LABELS.items() if word in asked for term in terms(label))]


def years(text: str) -> frozenset[str]:
    """The years that a text names."""
    return frozenset(_YEAR.findall(text))


def fits(kind: AskedKind, value: str) -> bool:
    """Whether a value is of the kind: a number holds a number, a date a date, a person's name a capital and no sum."""
    check = _CHECKS.get(kind)
    return check is None or check(value, fold(value))


def is_plain(kind: AskedKind, value: str, *, most_words: int = 4) -> bool:
    """Whether a value is of the kind and no more than that: one number with its unit, one date."""
    if not fits(kind, value):
        return False
    words = len(_WORDS.findall(value))
    if kind is AskedKind.DATE:
        dated = any(one.search(fold(value)) for one in (_YEAR, _MONTH, _WHEN, _WRITTEN_DATE))
        return dated and words <= most_words and not _DURATION.fullmatch(fold(value).strip())
    if kind not in AMOUNTS:
        return True
    if not _DIGIT.search(value):
        return words <= _SPELT_OUT
    return _RANGE.fullmatch(value.strip()) is None and len(_NUMBERS.findall(value)) <= 1 and words <= most_words


def is_run_of_numbers(value: str) -> bool:
    """Whether it is a row of figures that ran together: it says nothing."""
    return len(_NUMBERS.findall(value)) >= _MANY and len(_WORDS.findall(value)) < len(_NUMBERS.findall(value))


def _is_number(value: str, folded: str) -> bool:
    return bool(_DIGIT.search(value) or _NUMBER_WORD.search(folded))


def _is_count(value: str, folded: str) -> bool:
    other = _PERCENT.search(folded) or _CLOCK.fullmatch(value) or _dated(value, folded)
    return _is_number(value, folded) and not other


def _is_measure(value: str, folded: str) -> bool:
    other = _PERCENT.search(folded) or _CURRENCY.search(folded) or _YEAR.fullmatch(value)
    return _is_number(value, folded) and not other


def _is_money(value: str, folded: str) -> bool:
    other = _PERCENT.search(folded) or _COUNTED.search(value) or _dated(value, folded) or _PRECISE.search(value)
    return bool(_FREE.search(folded)) or (_is_number(value, folded) and not other)


def _is_share(value: str, folded: str) -> bool:
    return bool(_PERCENT.search(folded) or _DIGIT.search(value)) and not _CURRENCY.search(folded)


def _is_date(value: str, folded: str) -> bool:
    dated = _YEAR.search(value) or _MONTH.search(folded) or _WHEN.search(folded) or _DIGIT.search(value)
    return bool(dated) and not _PERCENT.search(folded) and not _CURRENCY.search(folded)


def _is_person(value: str, folded: str) -> bool:  # noqa: ARG001
    return bool(_CAPITAL.search(value) or _CJK.search(value)) and not _DIGIT.search(value)


def _is_email(value: str, folded: str) -> bool:  # noqa: ARG001
    return "@" in value


def _is_phone(value: str, folded: str) -> bool:  # noqa: ARG001
    return _PHONE.fullmatch(value.strip()) is not None and sum(char.isdigit() for char in value) >= _FEWEST_DIGITS


def _is_link(value: str, folded: str) -> bool:
    return _LINK.search(folded) is not None and "@" not in value


def _is_code(value: str, folded: str) -> bool:  # noqa: ARG001
    words = value.split()
    coded = len(words) <= _SPELT_OUT and bool(_DIGIT.search(value) or value.isupper())
    return coded and not _STATE_AND_ZIP.fullmatch(value)


def _is_reason(value: str, folded: str) -> bool:  # noqa: ARG001
    return len(value.split()) > 1 or len(_CJK.findall(value)) > 3


def _dated(value: str, folded: str) -> bool:
    """Whether a value is a day, a month or a year and no other number."""
    rest = _MONTH.sub("", folded)
    named = rest != folded and re.fullmatch(r"\W*\d{0,2}(?:st|nd|rd|th)?\W*(?:\d{4})?\W*", rest)
    return bool(named) or bool(re.fullmatch(r"\d{4}年(?:\d+月)?(?:\d+日)?", value))


ADDRESSES = frozenset({AskedKind.EMAIL, AskedKind.PHONE, AskedKind.LINK, AskedKind.CODE})
"""Kinds of which a value has a form of its own."""
AMOUNTS = frozenset({AskedKind.NUMBER, AskedKind.MONEY, AskedKind.PERCENT, AskedKind.MEASURE})
"""Kinds of which a value is a number with at most a unit."""
_NUMBERS = re.compile(r"\d+(?:[.,' ]\d{3}(?!\d))*(?:[.,]\d+)?")
_RANGE = re.compile(r"\d+\s?[-–]\s?\d+|\d+\+|[<>]\s?\d+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_WRITTEN_DATE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d\d\b|\b\d{1,2}\.\d{1,2}\.(?!\d)|\b\d{1,2}:\d\d"
    r"|\d ?[ap]\.?m\b|\d uhr\b|\d(?:st|nd|rd|th)\b|\bweek(?:day|end)s?\b"
)
_DURATION = re.compile(r"(?:about |around )?[\d.,]+ (?:hours?|minutes?|seconds?|days?|weeks?|months?|years?|std|min|h)")
_SPELT_OUT, _MANY = 3, 3
_PRECISE = re.compile(r"\d[.,]\d{4,}")
"""More decimals than a sum of money has: a coordinate, a ratio."""
_PHONE = re.compile(r"[+(]?\d[\d\s()./–-]+\d(?:\s?(?:ext|x)\W{0,2}\d+)?")
_FEWEST_DIGITS = 5
_STATE_AND_ZIP = re.compile(r"[A-Z]{2}\s\d{5}(?:-\d{4})?")
_LINK = re.compile(r"[^\s.]\.[a-z]{2,}\b|https?://|\b10\.\d{4,}/")
_CHECKS: Mapping[AskedKind, Callable[[str, str], bool]] = {
    AskedKind.NUMBER: _is_count,
    AskedKind.MEASURE: _is_measure,
    AskedKind.MONEY: _is_money,
    AskedKind.PERCENT: _is_share,
    AskedKind.DATE: _is_date,
    AskedKind.PERSON: _is_person,
    AskedKind.EMAIL: _is_email,
    AskedKind.PHONE: _is_phone,
    AskedKind.LINK: _is_link,
    AskedKind.CODE: _is_code,
    AskedKind.REASON: _is_reason,
}
