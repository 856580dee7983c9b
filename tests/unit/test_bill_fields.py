"""What bills state behind their labels, in several languages, and what is not claimed."""

from __future__ import annotations

import pytest

from ragmm.pipelines.answer.bill_fields import values_of_bills
from ragmm.pipelines.answer.found_values import TableWeights, values_in_tables
from ragmm.pipelines.query.wanted import wanted
from ragmm.types import Hit, Modality
from tests.unit.hits import make_hit

DUTCH = (
    "Factuur bakkerij Korenaar\nDatum: 29 oktober 2015 Vervaldatum: 12 november 2015\nFactuurnummer: 85873 Btw: 21%\n"
    "Te betalen  € 189,00"
)
GERMAN = (
    "Mühle Adler Rechnung\n\nRechnungsnr.  30064\n\nKundennr.  47774 Rechnungsdatum  7. Mai 2014\n\nMwSt.  19%\n\n"
    "Zahlungsziel  21.05.14"
)
ENGLISH = (
    "| Fenwick Ropes | Invoice No: | F-1180 |\n| --- | --- | --- |\n| | Customer number | C 9 |\n"
    "| Qty | Price | Tax |\n"
    "| Subtotal | | 40.00 |\n| Tax | | 8.00 |\n| Total (incl. tax) | | 48.00 |\n| Cash | | 50.00 |"
)
RECEIPT = (
    "Corner Bakery\nCashier  Ann  Date:  06/03/2018\nTime: 12:06\nQty  Price\nTotal  24.18\nCash  30.00\nChange  5.82"
)
FRENCH = (
    "Atelier Brun\nFacture n° 771\nDate d'échéance : 3 mars 2021\nTVA 20 %\nMontant HT  100,00 €\nTotal TTC  120,00 €"
)


def told(question: str, *hits: Hit) -> list[tuple[str, float]]:
    return [(one.value, one.confidence) for one in values_of_bills(question, wanted(question), hits)]


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        ("When is the invoice of the Korenaar bakery due?", DUTCH, "12 november 2015"),
        ("How much is to be paid to Korenaar?", DUTCH, "€ 189,00"),
        ("What is the invoice number of Korenaar's bill?", DUTCH, "85873"),
        ("Bis wann ist die Rechnung der Adler Mühle zu zahlen?", GERMAN, "21.05.14"),
        ("When was the bill of Adler issued, what is the invoice date?", GERMAN, "7. Mai 2014"),
        ("When was the receipt of the Corner Bakery issued?", RECEIPT, "06/03/2018"),
        ("What is the customer number at Adler?", GERMAN, "47774"),
        ("Fenwick Ropes invoice number", ENGLISH, "F-1180"),
        ("How much did we pay in total at Fenwick Ropes including tax?", ENGLISH, "48.00"),
        ("Quand faut-il payer la facture d'Atelier Brun ?", FRENCH, "3 mars 2021"),
        ("How much do we have to pay to Atelier Brun?", FRENCH, "120,00 €"),
    ],
)
def test_a_label_is_found_in_the_language_of_the_bill(question: str, text: str, value: str) -> None:
    ((found, confidence),) = told(question, make_hit(1, text))
    assert found == value
    assert confidence >= 0.75


def test_when_a_bill_was_paid_is_not_when_it_is_due() -> None:
    assert told("When was the invoice of the Korenaar bakery paid?", make_hit(1, DUTCH)) == []


def test_a_bill_of_someone_else_is_no_answer() -> None:
    question = "When is the invoice of Grove Hill Printers due?"
    assert told(question, make_hit(1, DUTCH)) == []


def test_of_several_values_of_one_label_none_is_sure() -> None:
    twice = make_hit(1, f"{DUTCH}\nVervaldatum: 1 december 2015")
    ((_, confidence),) = told("When is the invoice of the Korenaar bakery due?", twice)
    assert confidence < 0.45
    same = make_hit(1, f"{DUTCH}\nTe betalen: 189,00 EUR")
    assert told("How much is to be paid to Korenaar?", same)[0][1] >= 0.75, "one sum, written in two ways"


def test_a_part_of_the_sum_is_not_the_sum() -> None:
    for question in (
        "How much was paid at Fenwick Ropes before tax?",
        "What was the subtotal paid at Fenwick Ropes?",
        "How much tax was paid at Fenwick Ropes?",
    ):
        assert told(question, make_hit(1, ENGLISH)) == []


def test_totals_of_what_is_no_bill_are_left_alone() -> None:
    report = "| Fenwick Ropes | 2019 |\n| --- | --- |\n| Wages | 700 |\n| Total | 900 |"
    assert told("How much did Fenwick Ropes pay in total?", make_hit(1, report)) == []


def test_a_rate_stands_in_a_column_of_percentages() -> None:
    text = (
        "| Item | Qty | Price | Tax (€) | Tax (%) | Total |\n| --- | --- | --- | --- | --- | --- |\n"
        "| memory card | 1 | 278.61 | 40.39 | 14.50% | 319.00 |"
    )
    question = "What tax rate was charged on the memory card?"
    hits = [make_hit(1, text, modality=Modality.TABLE)]
    best = values_in_tables(question, wanted(question), hits, TableWeights())[0]
    assert best.value == "14.50%"


def test_a_number_in_a_name_is_no_price_and_a_sum_no_code() -> None:
    stay = "Stay at Palm 4189 Resort\nHotel Details  Palm 4189 Resort\nBooking ID  IB 20\nPaid  Rs 1939"
    hits = [make_hit(1, stay, modality=Modality.PHOTO)]
    for question, wrong in (
        ("How much did the stay at the hotel cost?", "Palm 4189 Resort"),
        ("What is the booking ID of what was paid?", "Rs 1939"),
    ):
        found = values_in_tables(question, wanted(question), hits, TableWeights())
        assert all(one.confidence < 0.3 for one in found if one.value == wrong)
