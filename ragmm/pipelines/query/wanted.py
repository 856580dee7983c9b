"""What a question asks for: a number, a sum of money, a date, a person, yes or no, a reason; and of which years.

English, German, French, Spanish, Italian, Portuguese, Dutch, Chinese, and the plainest of Japanese and Korean. What is
not recognised is `ANY`, to which every value is fitting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ragmm.pipelines.query.asked_extremes import asks_for_thing
from ragmm.pipelines.query.value_kinds import WHENS, AskedKind, fits, is_plain, years
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms, fold, terms

__all__ = ["AskedFor", "label_words", "wanted"]


@dataclass(frozen=True, kw_only=True)
class AskedFor:
    """What is asked for."""

    kind: AskedKind
    years: frozenset[str] = frozenset()
    """Those that the question names."""
    counts: bool = False
    """Whether it asks how many things there are: no sum of money."""

    def suits(self, value: str) -> bool:
        """Whether a value is of the kind; "how much" may be a share or a sum of money too."""
        return any(fits(kind, value) for kind in self._kinds())

    def suits_plainly(self, value: str, *, most_words: int = 4) -> bool:
        """Whether it is that and no more: one number with its unit, one date."""
        return any(is_plain(kind, value, most_words=most_words) for kind in self._kinds())

    def _kinds(self) -> tuple[AskedKind, ...]:
        return _HOW_MUCH if self.kind is AskedKind.NUMBER and not self.counts else (self.kind,)


_HOW_MUCH = (AskedKind.NUMBER, AskedKind.PERCENT, AskedKind.MONEY, AskedKind.MEASURE)


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
    (kind, late(pattern))
    for kind, pattern in (
        (
            AskedKind.REASON,
            r"\bwhy\b|\bwhat (?:is|was|were) the reasons?\b|\bfor what reason|\bwarum\b|\bwieso\b"
            r"|\bpourquoi\b|\bpor que\b|\bperche\b|\bwaarom\b|为什么|為什麼|为何|為何|原因|なぜ|왜",
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
            r"|invoice|patent|article|item|catalog\w*|booking|customer|client|tracking|ticket|receipt|voucher|transaction|vat"
            r"|tax|policy|contract|bulletin|flight) (?:number|no|code)\b|\biban\b|\bbic\b|\bswift code"
            r"|\b(?:post|postal|zip|product|plant|error|country|airport) ?code\b|\bisbn\b|\bissn\b"
            r"|\b(?:what|which) version\b|编号|代码",
        ),
        (
            AskedKind.PERCENT,
            r"\b(?:what|which|how (?:many|much)) (?:\w+ ){0,2}(?:per ?cent|percentage|proportion|share)\b"
            r"|\bhow much (?:did|has|have|will|do|does)\b.*\b(?:grow|grown|rise|risen|increase[ds]?|decrease[ds]?"
            r"|fall|fallen|drop|dropped|declined?|shrink|change[ds]?)\b|\bby how much\b"
            r"|(?:\b(?:what|which|how high) (?:\w+ ){0,4})?\b(?:tax|vat|interest|inflation|growth|comparison|discount"
            r"|unemployment|occupancy|mortgage) rates?\b|\bsteuersatz\b|\bzinssatz\b|税率|利率"
            r"|%|\bwie viel prozent\b|\bquel pourcentage\b|\bque porcentaje\b|\b(?:che|quale) percentuale\b"
            r"|\b(?:que|qual(?: e)? a) percentagem\b|\bwelk percentage\b|\bhoeveel procent\b"
            r"|百分之|百分比|比例|占比|占.{0,12}多少",
        ),
        (
            AskedKind.MONEY,
            r"\bhow much\b.*\b(?:cost|costs|pay|pays|paid|spend|spent|charge|charged|owe|worth|earn|earned"
            r"|raise|raised|money|grant|granted|price|fee)"
            r"|\bhow much (?:\w+ )?(?:vat|gst|mwst|tva|iva|btw|tax(?:es)?|duty|interest|tip|change|cash)\b(?! rate)"
            r"|\bwhat (?:do|does|did|is|was|were|are|will|would)\b.*\b(?:cost|costs|price|fee|fees|salary"
            r"|fine|rent|deposit|budget|dues)\b"
            r"|\bwhat .*\b(?:pay|pays|paid|charge|charged)\b"
            r"|\bwas kostete?\b|\bwie teuer\b"
            r"|\bcombien cout\w+|\bcuanto c[ou]\w*st\w+|\bquanto c[ou]sta\w*|\b(?:wat|hoeveel) kost\w*|いくら|얼마"
            r"|多少钱|多少錢|花费多少|费用是|[费費价價薪]\w{0,3}(?:是|为"
            r"|為)?多少|(?:收入|支出|利润|成本|预算|投资)\w{0,2}多少",
        ),
        (
            AskedKind.TIME,
            r"\b(?:what|which) (?:time|hour)\b(?! (?:of|period|frame|span|zone))|\bwie ?viel uhr\b"
            r"|\bquelle heure\b|\bque horas?\b|\bche ora\b|\bhoe laat\b|几点|몇 시",
        ),
        (
            AskedKind.DAY,
            r"\b(?:what|which|exact) (?:date|day|weekday)\b|\bwelche[mnrs]? (?:tag|datum|wochentag)\b"
            r"|\bquel(?:le)? (?:jour|date)\b"
            r"|\bque (?:dia|fecha|data)\b|\bche (?:giorno|data)\b|\bwelke (?:dag|datum)\b"
            r"|哪[一]?天|几[月号]|星期几|周几|日期",
        ),
        (
            AskedKind.DATE,
            r"\bwhen\b|\b(?:what|which|on what|on which|in which|in what) (?:year|month|time"
            r"|century|decade)\b|\bby when\b|\bsince when\b"
            r"|\buntil when\b|\bwann\b|\bin welchem jahr|\bquand\b|\ben quelle annee|\bcuando\b"
            r"|\ben que ano|\bquando\b|\bin (?:che|quale) anno\b|\bem que ano\b|\bwanneer\b|\bin welk jaar\b"
            r"|いつ|何年|언제|몇 년|何时|何時|什么时候|什麼時候|哪[一]?[年日]",
        ),
        (
            AskedKind.MEASURE,
            r"\bhow (?:long|old|far|tall|high|deep|wide|fast|heavy|large|big|thick|hot|warm|cold|cool|loud"
            r"|quick|quickly|bright|steep|thin|narrow|strong|powerful|soon|late|early)\b"
            rf"|\bwhat (?:is|was|are) the (?:\w+ ){{0,2}}{_SIZES}\b"
            r"|\bwie (?:lang|alt|weit|hoch|tief|breit|schnell|schwer|gro(?:ss|ß))\w*\b"
            r"|\bcombien de temps\b|\bcuanto (?:tiempo|mide|pesa|dura)\b|\bquanto (?:tempo|misura|mede|pesa|dura)\b"
            r"|\bhoe (?:lang|oud|hoog|ver|groot|zwaar|diep|breed|snel)\b|多[长長高远遠重深宽寬久快]",
        ),
        (
            AskedKind.NUMBER,
            r"\bhow (?:many|much)\b|\bwhat (?:is|was|were|are) the (?:total |exact |average "
            r"|whole )?(?:amount|total|ratio|count)\b|\bnumber of (?:\w+ )?(?:\w+s|people|children|men"
            r"|women)\b|\b(?:total |gross |net |exact )?amount of\b|\bpopulation (?:of|in)\b"
            r"|\bwie ?viele?\b|\bcombien\b|\bcuant[oa]s?\b|\bquant[oaie]s?\b|\bhoeveel\b|몇"
            r"|多少|几[个個名位人次种種座条條本辆所]|[几幾]个",
        ),
        (
            AskedKind.PERSON,
            r"^\W*(?:by |to |for |from |with )?who(?:m|se)?\b|\bwho (?:is|was|were|are|did|has|will|wrote"
            r"|took)\b|^\W*(?:wer|wem|wen)\b|^\W*qui\b"
            r"|^\W*(?:a |de )?quien(?:es)?\b|^\W*(?:a |da |di )?chi\b|^\W*(?:a |de )?quem\b"
            r"|^\W*(?:door |van )?wie (?:is|was|zijn|waren|heeft|had|hebben|werd|wordt|schreef|maakte)\b"
            r"|누가|누구|谁|誰|哪[位名]"
            rf"|\bwhich (?:\w+ ){{0,2}}{_ROLE}\b|\bname of (?:\w+ ){{0,3}}{_ROLE}\b|\bnames? of\b.*\bwho\b",
        ),
        (
            AskedKind.YES_NO,
            r"^\W*(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have"
            r"|had)\b(?!.*\bor\b)"
            r"|^\W*(?:ist|sind|war|waren|darf|durfen|kann|konnen|muss|mussen|hat|haben|gibt es|wird"
            r"|werden)\b|^\W*est-ce\b|[吗嗎]\s*[?？]?$|是否|能不能|可不可以"
            r"|^(?!.*\b(?:qu\w*|ou|comment|combien|pourquoi|lequel|laquelle)\b).*\w-(?:t-)?(?:il|elle|ils|elles|on)\b"
            r"|^\W*(?:hay (?:un\w*|algun\w*|mas|que)|(?:se )?puede\w*|puedo|esta|estan|tiene\w*|fue|fueron|debe\w*)\b"
            r"|^\W*es (?:posible|obligatori\w|cierto)\b"
            r"|^\W*(?:c'e|ci sono|(?:si )?puo|possono|posso|deve|devono)\b"
            r"|^\W*e (?:consentit|permess|vietat|possibil|obbligatori|vero)\w*\b"
            r"|^\W*(?:pode\w*|existe\w*|tem|foi|foram|deve\w*|e (?:permitid|proibid|possivel|obrigatori|verdade)\w*)\b"
            r"|^\W*(?:zijn|mag (?:ik|je|men|er|de|het|een|u)|mogen|kunnen|moet|moeten|heeft|hebben|wordt|worden)\b"
            r"|^(?!.*(?:何|いつ|どこ|誰|だれ|いくら|いくつ|どの|どれ|どんな|なぜ|どう|幾)).*"
            r"(?:ますか|ですか|ましたか|でしたか|ませんか)\s*[?？。]?$",
        ),
    )
)
_COUNTS = late(
    r"\bhow many (?!(?:\w+ ){0,2}(?:dollars?|euros?|pounds?|francs?|yen|rupees?|cents?|usd|eur|gbp|chf|per ?cent)\b)"
    r"|\bwie ?viele \b(?!(?:euro|franken|dollar)\b)"
)
_ASKS_ANYTHING = late(
    r"\b(?:what|which|where|who|whom|whose|how|welche\w*|quel\w*|donde|cual|dove|onde|quale?|cosa|waar|welke?)\b"
)
_OF_CLAUSES = frozenset({*WHENS, AskedKind.REASON, AskedKind.PERSON})
"""Their words also begin clauses."""
_RIGHT = {"wich": "which", "whcih": "which", "waht": "what", "hwo": "how", "wehn": "when", "whne": "when"}
_SLIPS = late(rf"\b(?:{'|'.join(_RIGHT)})\b")
_SUMS = (
    r"(?:price|cost|fee|rent|salary|wage|budget|expense|expenditure|revenue|income|turnover|profit|value|donation"
    r"|surplus|deficit|preis|kosten|gebuhr|miete|prix|cout|tarif|loyer|precio|coste|tarifa)"
)
_NO_SHARE = "".join(
    f"(?<!{word} )"
    for word in (
        *(
            "hourly",
            "daily",
            "weekly",
            "monthly",
            "nightly",
            "day",
            "room",
            "pay",
            "wage",
            "labor",
            "labour",
            "exchange",
        ),
        *("billing", "bit", "data", "flow", "frame", "sample", "sampling", "heart", "pulse", "clock", "refresh"),
    )
)
"""Before "rate": sums, or so many a second."""
_THINGS: tuple[tuple[AskedKind, re.Pattern[str]], ...] = (
    (AskedKind.PERCENT, late(rf"\b(?:percentage|per ?cent|share(?! price)|proportion|{_NO_SHARE}rate)\b")),
    (AskedKind.MONEY, late(rf"\b{_SUMS}s?\b")),
    (AskedKind.DATE, late(r"\b(?:(?<!to )date|deadline|birthday|datum|fecha)\b")),
    (AskedKind.MEASURE, late(rf"\b{_SIZES}\b")),
    (AskedKind.NUMBER, late(r"\b(?:population|number|count|total|quorum|anzahl|nombre|numero)\b")),
)
_HEADED = late(
    r"\W*(?:the )?(?!(?:in|on|at|for|of|by|with|from) )(?:\w+ ){0,2}"
    r"(?:percentage|share|proportion|rate|price|cost|fee|rent|salary|budget|revenue|income|date|deadline|birthday"
    rf"|{_SIZES}|population|number|count|total|quorum)s? (?:of|for|in|at|on|when|by)\b"
)
"""A question that begins with the name of what is asked for."""
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
    "color": "colour",
    "when": "date",
    "including": "inclusive incl",
    "excluding": "exclusive excl",
    "kostet": "preis gebuhr entgelt betrag",
    "kosten": "preis gebuhr entgelt betrag",
    "coute": "prix tarif montant",
    "cuesta": "precio tarifa importe",
}
"""What stands before a value where a question has another word for it."""
_QUALIFIED = late(
    r"\b(includ\w*|inclusive of|incl\.?|exclud\w*|exclusive of|excl\.?|with|without|before|after|plus)"
    r"(?: the| any| all)?"
    r" (?:gst|vat|sales tax|tax(?:es)?|tips?|service|shipping|discounts?|mwst|tva|iva|btw)\b",
    re.IGNORECASE,
)
"""What a total is said to hold is not the total itself."""


def wanted(question: str) -> AskedFor:
    """What the question asks for: what its first words ask; "how many were there when it closed" asks for no date."""
    folded = _SLIPS.sub(lambda slip: _RIGHT[slip[0]], fold(question))
    found = [(match.start(), place) for place, (_, one) in enumerate(_KINDS) if (match := one.search(folded))]
    first = _ASKS_ANYTHING.search(folded)
    thing = _HEADED.match(folded)
    if thing is not None and thing.end() <= min([at for at, _ in found], default=len(folded)):
        found, first = [], None  # "share of those who came": what asks in it is a clause
    if first is not None:
        found = [one for one in found if one[0] <= first.start() or _KINDS[one[1]][0] not in _OF_CLAUSES]
    named = _named_kind(thing[0] if thing is not None else folded) if first is None else AskedKind.ANY
    kind = _KINDS[min(found)[1]][0] if found else named
    if kind is AskedKind.MONEY and asks_for_thing(question):
        kind = AskedKind.ANY
    return AskedFor(kind=kind, years=years(question), counts=kind is AskedKind.NUMBER and bool(_COUNTS.search(folded)))


def _named_kind(folded: str) -> AskedKind:
    """Of a few words that ask nothing ("price of the falafel"): what the thing named must be."""
    return next((kind for kind, pattern in _THINGS if pattern.search(folded)), AskedKind.ANY)


def label_words(question: str) -> list[str]:
    """The telling words of a question, and what a label says for them: a length for "how long", a price for "cost"."""
    words = content_terms(_QUALIFIED.sub(r"\1", question))
    asked = frozenset(re.findall(r"[a-z]+", fold(question)))
    return [*words, *(term for word, label in _LABELS.items() if word in asked for term in terms(label))]
