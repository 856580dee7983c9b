"""What bills, receipts and bookings say behind labels that every language has its own of: due by, number, total.

"When is the invoice due?" shares no word with "Vervaldatum", nor "how much is to be paid" with "Total incl. BTW".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ragmm.loaders.papers import bill_words
from ragmm.pipelines.answer.asked_tables import has_word, words_of
from ragmm.pipelines.answer.bill_labels import FIELDS, OF_FIELDS, PART_OF_SUM, BillField
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.named_things import documents_without_name
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.text.inert import without_controls
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms, fold
from ragmm.types import Hit

__all__ = ["values_of_bills"]

_SURE, _DOUBTED = 0.8, 0.4
"""What a value is worth that is the only one of its label; and where others are too, or less speaks of its document."""
_KNOWN = 0.5
"""Of the question's other words, how many its document must say."""
_FEWEST_WORDS = 4
"""Words of bills that a document must have."""
_MOST_PAGES = 4
_OF_BILLS_ALONE = late(
    r"\b(?:invoice|receipt|bill|qty|cashier|grand total|amount due"
    r"|rechnung|quittung|kassenbon|facture|recu|factura|recibo"
    r"|fattura|scontrino|fatura|factuur|bon)\b|发票|收据|請求書|領収書"
)
_MOST = 12_000
"""Characters of an item that are looked at."""
_GAP = r"[ \t:：.#|№°)]{0,16}(?:\n\s{0,4})?"
_SUM = (
    r"(?:(?:[$€£¥₹]|\b(?:[A-Z]{3}|Rs\.?|kr\.?))\s?)?(?<![\w.,/-])-?\d{1,3}(?:[.,'’ ]?\d{3})*(?:[.,]\d{2})?"
    r"(?![\w/-]|[.,]\d)"
    r"(?:\s?(?:[€$£₹]|\b[A-Z]{3}\b))?(?!\s?%)"
)


def values_of_bills(question: str, asked: AskedFor, hits: Sequence[Hit]) -> list[FoundValue]:
    """What stands behind the label of what is asked for, in the document that the question speaks of."""
    folded = fold(question)
    field = next((one for one in FIELDS if asked.kind in one.kinds and one.asked.search(folded)), None)
    if field is None or (not field.value and PART_OF_SUM.search(folded)):
        return []
    unnamed = documents_without_name(question, hits)
    others = [word for word in content_terms(question) if word not in OF_FIELDS]
    found = [_of_document(field, its, others) for uri, its in _by_document(hits).items() if uri not in unnamed]
    return [one for one in found if one is not None][:2]


def _by_document(hits: Sequence[Hit]) -> Mapping[str, list[Hit]]:
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.item.uri, []).append(hit)
    return found


def _of_document(field: BillField, hits: Sequence[Hit], words: Sequence[str]) -> FoundValue | None:
    texts = [f"{hit.item.text[:_MOST]} {hit.item.context}" for hit in hits]
    if bill_words(texts) < _FEWEST_WORDS or (not field.value and not _is_bill(texts, hits)):
        return None
    there = words_of(" ".join([*texts, hits[0].item.uri]))
    known = sum(has_word(there, word) for word in words)
    for label in field.labels:
        entries = [entry for hit in hits for entry in _entries(label, field.value, hit)]
        if entries:
            values = {_bare(value) for value, _, _ in entries}
            plain = len(values) == 1 and hits[0].rank == 1 and bool(words) and known >= _KNOWN * len(words)
            value, line, hit = entries[0]
            return FoundValue(
                value=value, shown=" ".join(line.split()), quote=line, hit=hit, confidence=_SURE if plain else _DOUBTED
            )
    return None


def _is_bill(texts: Sequence[str], hits: Sequence[Hit]) -> bool:
    """Whether it is a bill itself: reports have totals too."""
    first = max((hit.item.locator.page or 0 for hit in hits), default=0) <= _MOST_PAGES
    return first and any(_OF_BILLS_ALONE.search(fold(text)) for text in texts)


def _bare(value: str) -> str:
    """Without signs of thousands and currencies: 3 949.75 and CHF 3'949.75 are one sum."""
    return re.sub(r"[^\w.]|(?<=[a-z])\s", "", re.sub(r"^\D+|\D+$", "", fold(value)).replace(",", "."))


def _entries(label: str, value: str, hit: Hit) -> Iterator[tuple[str, str, Hit]]:
    """Value, line and hit of each place where the label stands with a value."""
    text = without_controls(hit.item.text[:_MOST])
    of_label, of_value = _patterns(label, value)
    for start, line in _lines(text):
        folded = fold(line)
        if len(folded) != len(line):
            continue  # places would differ
        for match in of_label.finditer(folded):
            if value and (behind := of_value.match(text, start + match.end())):
                yield behind.group(1).strip(), text[start + match.start() : behind.end()], hit
            elif not value and (sums := list(of_value.finditer(line, max(0, match.end() - 1)))):
                yield " ".join(sums[-1].group().split()), line.strip(), hit


@lru_cache(maxsize=64)
def _patterns(label: str, value: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Of a label, and of what stands behind it; a sum ends the row that its label begins."""
    if not value:
        return re.compile(rf"\A[|\s*•-]{{0,8}}(?:[\w.]{{1,4}} \| )?{label}"), re.compile(_SUM)
    return re.compile(label), re.compile(rf"{_GAP}({value})", re.IGNORECASE)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line.rstrip("\n")
        start += len(line)
