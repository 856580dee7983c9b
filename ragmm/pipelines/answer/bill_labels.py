"""Under which labels bills, receipts and bookings state what they are asked for, in the languages that are known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ragmm.pipelines.query.value_kinds import WHENS, AskedKind
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms

__all__ = ["FIELDS", "OF_FIELDS", "PART_OF_SUM", "BillField"]

_DATE = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[-/.]\d\d[-/.]\d\d|\d{4}年\d{1,2}月\d{1,2}日"
    r"|\d{1,2}(?:st|nd|rd|th|\.|er)?[ -](?:de |of )?[^\W\d_]{3,10}\.?,?[ -](?:de |of )?\d{2,4}"
    r"|[^\W\d_]{3,9}\.? \d{1,2}(?:st|nd|rd|th)? ?,? \d{4})(?!\d)"
)
_CODE = r"(?=[\w/.-]{0,24}\d)[^\W_](?:[\w/.-]{0,38}[^\W_])?"


@dataclass(frozen=True, kw_only=True)
class BillField:
    """What is asked, and under which labels it stands; both in folded text."""

    asked: re.Pattern[str]
    labels: tuple[str, ...]
    """Patterns, from the one that says most to the one that says least."""
    value: str
    """A pattern of what stands behind the label; "" for sums, which end a row."""
    kinds: frozenset[AskedKind]


_INVOICE = r"(?:invoices?|bills?|rechnung(?:s|en)?|factures?|facturas?|fatturas?|fatture|faturas?|factu(?:u|ur|ren))"
_NUMBER = r"(?:[ -]?(?:numbers?|num(?:ero|mer)?s?|nrs?|nos?|ids?)\b|[ -]?#)"
FIELDS = (
    BillField(
        asked=late(
            r"\b(?:due|overdue|pay(?:able)? by|deadline|payment date|(?:be|to be) (?:paid|settled) by)\b"
            r"|\b(?:when|until when|by when)\b(?! was\b| were\b| did\b).*\b(?:paid|pay|payment)\b"
            r"|\bwann\b.*\b(?:zahl\w*|bezahl\w*|fallig\w*|beglichen)\b|\bfallig|\bzahlungsziel\b"
            r"|\bquand\b.*\b(?:pa[yi]\w*|regl\w*)\b|\becheance\b|\bcuando\b.*\b(?:pag\w*|vence)\b|\bvencimiento\b"
            r"|\bquando\b.*\b(?:pag\w*|scad\w*|venc\w*)\b|\bscadenza\b|\bvencimento\b"
            r"|\bwanneer\b.*\b(?:betaal\w*|betal\w*|vervalt)\b|\bvervaldatum\b|到期|付款期限|支払期限"
        ),
        labels=(
            r"\b(?:(?:payment )?due(?: date| by| on)?|date due|pay(?:able|ment)? (?:by|before|until)|payment deadline"
            r"|zahlungsziel|fallig(?:keit(?:sdatum)?)?(?: am| bis)?|zahlbar (?:bis|am)|zu zahlen bis"
            r"|(?:date d[e' ]+)?echeance|a payer (?:avant|jusqu)\w*(?: le)?|(?:fecha de )?vencimiento"
            r"|(?:data (?:di )?)?scadenza|(?:data de )?vencimento|vervaldatum|te betalen voor|uiterste betaaldatum"
            r"|betalen voor|到期日期?|付款期限|支払期限)",
        ),
        value=_DATE,
        kinds=WHENS,
    ),
    BillField(
        asked=late(rf"\b{_INVOICE}{_NUMBER}|\b(?:numero|number|num) (?:de |di |da |of |d')*(?:the |la |a )?{_INVOICE}"),
        labels=(
            rf"\b{_INVOICE}{_NUMBER}|\b(?:numero|num|no|n°?) (?:de |di |da |d')*(?:la )?{_INVOICE}"
            rf"|发票号码?|請求書番号",
        ),
        value=_CODE,
        kinds=frozenset({AskedKind.CODE, AskedKind.NUMBER, AskedKind.ANY}),
    ),
    BillField(
        asked=late(
            rf"\b(?:{_INVOICE}|receipts?) (?:date|issued|dated|made out)\b"
            rf"|\bdate (?:of|on) (?:the |this )?(?:{_INVOICE}|receipts?)"
            r"|\b(?:when|what date|which day)\b.*\breceipts?\b.*\b(?:issued|dated|printed|made out)\b"
            rf"|\b(?:when|wann|quand|cuando|quando|wanneer)\b.*\b{_INVOICE}.*\b(?:issued|dated|written|sent|made out"
            r"|ausgestellt|datiert|emise|datee|emitida|emessa)\b"
            r"|\brechnungsdatum\b|\bdate de (?:la )?facture|\bfecha de (?:la )?factura"
            r"|\bfactuurdatum\b|\bdata (?:della )?fattura"
        ),
        labels=(
            rf"\b(?:{_INVOICE}[ -]?dat(?:e|um)|date (?:of )?{_INVOICE}|date of issue|issue date|date d'emission"
            r"|date de (?:la )?facture|fecha de (?:la )?(?:factura|emision)|data (?:della )?(?:fattura|emissione)"
            r"|data de emissao|开票日期)",
            r"(?<![^\W_] )\b(?:dat(?:e|um)|fecha|data|日期)\b(?! \w)",
        ),
        value=_DATE,
        kinds=WHENS,
    ),
    BillField(
        asked=late(
            rf"\b(?:customer|client|kunden|klant|cliente){_NUMBER}|\b(?:numero) (?:de "
            rf"|di )?(?:client|cliente|kunde)\b"
        ),
        labels=(
            rf"\b(?:customer|client|kunden|klant){_NUMBER}|\b(?:numero|no|n°?) (?:de |di )?(?:client"
            rf"|cliente)\b|客户编号",
        ),
        value=_CODE,
        kinds=frozenset({AskedKind.CODE, AskedKind.NUMBER, AskedKind.ANY}),
    ),
    BillField(
        asked=late(
            rf"\b(?:order|bestell(?:ungs)?|auftrags|bestel|commande|pedido|ordine){_NUMBER}"
            r"|\bnumero (?:de |di |d')?(?:commande|pedido|ordine|encomenda)\b"
        ),
        labels=(
            rf"\b(?:order|bestell(?:ungs)?|auftrags|bestel){_NUMBER}"
            r"|\b(?:numero|no|n°?) (?:de |di |d')?(?:commande|pedido|ordine|encomenda)\b|订单号码?|注文番号",
        ),
        value=_CODE,
        kinds=frozenset({AskedKind.CODE, AskedKind.NUMBER, AskedKind.ANY}),
    ),
    BillField(
        asked=late(
            r"\b(?:how much|what)\b.*\b(?:pay|paid|payable|due|owed?|total|charged"
            r"|amount of the (?:bill|invoice|receipt))\b"
            r"|^\W*(?:grand )?total (?:paid|amount|due|payable|price|cost|sum|of|on|for|incl\w*"
            r"|with)\b|\bamount (?:due|payable)\b"
            r"|\bwie ?viel\b.*\b(?:zahlen|bezahlt?|gezahlt|kostet\w*|betragt)\b|\b(?:gesamt|rechnungs|end)betrag\b"
            r"|\bcombien\b.*\b(?:pay\w*|coute\w*)\b|\bmontant (?:total|a payer)\b"
            r"|\bcuanto\b.*\b(?:pag\w*|debe|cuesta)\b|\b(?:importe|total) (?:total|a pagar)\b"
            r"|\bquanto\b.*\b(?:pag\w*|deve)\b|\btotale? (?:da|a) pagare?\b"
            r"|\bhoeveel\b.*\b(?:betal\w*|betaald)\b|\btotaalbedrag\b|应付|合计|总计|合計"
        ),
        labels=(
            r"(?:amount (?:due|payable)|total (?:amount )?(?:due|payable|to pay)|balance due"
            r"|grand total|(?:bill|invoice) (?:amount|total)"
            r"|(?:amount )?to (?:be paid|pay)\b|zu zahlen\w*|zahlbetrag|rechnungsbetrag|endbetrag"
            r"|gesamtbetrag|gesamtsumme"
            r"|(?:montant |net )?(?:total )?a payer|(?:montant )?total ttc|net a payer"
            r"|(?:importe )?total a pagar|importe total"
            r"|totale (?:da pagare|documento|fattura)|totale complessivo|(?:valor )?total a pagar"
            r"|te betalen|totaalbedrag"
            r"|totaal te betalen|应付金额|应付|価税合計|ご請求金額)",
            r"(?:total\w*|summe|totaal|totale|gesamt)\b.*\b(?:incl\w*|inkl\w*|with (?:tax|vat|gst)"
            r"|brutto|gross|ttc|iva incl\w*)",
            r"(?:total|summe|totaal|totale|gesamt|sum total|合计|总计|合計)(?: \(?(?:eur|usd|chf|gbp|rm"
            r"|rs)\)?)?\W{0,3}(?:\||  |\t|:|$|\d|[$€£])",
        ),
        value="",
        kinds=frozenset({AskedKind.MONEY, AskedKind.NUMBER, AskedKind.ANY}),
    ),
)
PART_OF_SUM = late(
    r"\b(?:sub-?total|net\b(?! a)|netto|excl\w*|without|before|discount|rabatt|tip|shipping|per|each|unit|rate|change"
    r"|together|combined|average|difference|more|less|than)\b|\b(?:tax|vat|gst|mwst|tva|iva"
    r"|btw|cst) (?:amount|paid|charged|is|was)\b"
    r"|\bhow much (?:\w+ ){0,2}(?:tax|vat|gst|mwst|tva|iva|btw|cst)\b"
)
"""What is asked of a bill beside its sum."""
OF_FIELDS = frozenset(
    content_terms(
        "invoice bill receipt due date number pay paid payable payment total amount including"
        " inclusive incl tax vat gst"
        " rechnung zahlen bezahlen facture payer factura pagar fattura factuur betalen cost"
        " much have usage order customer"
    )
)
