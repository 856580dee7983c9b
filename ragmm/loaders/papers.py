"""Pictures of paper: letters, bills, receipts and printed pages, which are read as such and never as a chart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from ragmm.text.patterns import late

__all__ = ["bill_words", "is_bill", "is_paper"]

_MOST_LINES = 2_000
_LETTERS, _FEW_BARE = 1_200, 4
"""Letters of a printed page, more than any chart has, and lines to one that is a number alone."""
_FEWEST_LINES, _PROSE, _WORDS = 10, 0.55, 5
"""Lines of a short text, how many of them are running text, and the words that tell one."""
_FEWEST_WORDS = 6
"""Of bills that must stand there; a chart about prices has few of them."""
_BARE = late(r"[\s\d.,%$€£¥+()–-]*\d[\s\d.,%$€£¥+()–-]*(?:[kKmM]|bn|mn)?")
_OF_BILLS = late(
    r"\b(?:invoice|receipts?|sub-?total|grand total|total|vat|gst|tax|cash|cashier|change|balance|qty|quantity|price"
    r"|tel|fax|phone|date|customer|order|bill|payment|payable|paid|due|discount|rounding|thank you|room|ticket|iban"
    r"|bank|account|e-?mail|www"
    r"|rechnung\w*|betrag|summe|gesamt\w*|mwst|ust|datum|menge|einzelpreis|quittung|kasse\w*|kundennr|zahlbar"
    r"|facture|montant|tva|quantité|reçu|client|échéance|remise"
    r"|factura|importe|iva|fecha|cantidad|recibo|cliente|vencimiento"
    r"|fattura|totale|importo|scontrino|quantità|scadenza"
    r"|fatura|valor|quantidade|vencimento"
    r"|factuur\w*|bedrag|btw|totaal|aantal|vervaldatum|klantnummer)\b"
    r"|发票|合计|总计|金额|单价|数量|收据|税额|日期|电话|領収書|請求書|合計|소계|합계|영수증",
    re.IGNORECASE,
)


class _TextRead(Protocol):
    @property
    def text(self) -> str: ...


def is_paper(lines: Sequence[_TextRead]) -> bool:
    """Whether what was read is running text, or has many words of bills and receipts."""
    texts = [line.text for line in lines[:_MOST_LINES]]
    bare = sum(_BARE.fullmatch(text) is not None for text in texts)
    if sum(sum(map(str.isalpha, text)) for text in texts) >= _LETTERS and _FEW_BARE * bare < len(texts):
        return True
    prose = sum(len(text.split()) >= _WORDS for text in texts)
    if len(texts) >= _FEWEST_LINES and prose >= _PROSE * len(texts):
        return True
    return is_bill(lines)


def is_bill(lines: Sequence[_TextRead]) -> bool:
    """Whether many words of bills and receipts stand there, in any of the languages that are known."""
    return bill_words(line.text for line in lines[:_MOST_LINES]) >= _FEWEST_WORDS


def bill_words(texts: Iterable[str]) -> int:
    """How many different words of bills stand in some texts."""
    return len({word.lower() for text in texts for word in _OF_BILLS.findall(text)})
