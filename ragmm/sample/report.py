"""The sample corpus's annual report: four pages with a table and two figures."""

from __future__ import annotations

from ragmm.sample.drawings import chart_image
from ragmm.sample.figures import CHARTS
from ragmm.sample.pdf import Page, pdf_bytes

__all__ = ["annual_report"]

_ROUTES = (
    ("Route", "Passengers", "Crossing", "Punctual"),
    ("Heron Island", "412,000", "35 min", "96 %"),
    ("Pine Point", "268,000", "50 min", "93 %"),
    ("Mill Harbour", "195,000", "25 min", "98 %"),
    ("Gull Rock", "81,000", "70 min", "88 %"),
)


def annual_report() -> bytes:
    """The report as a PDF file."""
    return pdf_bytes([_opening(), _passengers(), _energy(), _safety()], title="Blue Heron Ferries: annual report 2023")


def _opening() -> Page:
    page = Page()
    page.heading("Blue Heron Ferries", 26)
    page.heading("Annual report 2023", 18)
    page.paragraph(
        "In 2023 our four boats carried 956,000 passengers, 11 % more than the year before. Revenue rose to 5.8 "
        "million euro. The summer was the busiest in our history, and for the first time more than a third of the "
        "energy we used was not diesel."
    )
    page.paragraph(
        "We thank the 74 people who work on board, on the piers and in the office at Mill Harbour, and the passengers "
        "who waited patiently on the eleven days on which fog kept the boats in port."
    )
    page.paragraph("Ines Okafor, director")
    return page


def _passengers() -> Page:
    page = Page()
    page.heading("Passengers")
    page.paragraph(
        "Heron Island remains our largest route. Figure 1 shows how much the year depends on its third quarter: July "
        "to September brought 388,000 passengers, more than twice as many as the last quarter."
    )
    page.picture(chart_image(CHARTS["passengers-by-quarter"]), "Figure 1: Passengers by quarter in 2023, in thousands.")
    page.paragraph(
        "Table 1 gives the passengers of each route, its crossing time and how often the boats were punctual."
    )
    page.table("Table 1: Routes in 2023.", _ROUTES, (130, 110, 100, 100))
    return page


def _energy() -> Page:
    page = Page()
    page.heading("Energy and fleet")
    page.paragraph(
        "The Little Egret has been running on batteries since March 2022. Together with shore power it brought the "
        "share of diesel down to 61 % (Figure 2). The next electric boat, the Grey Egret, is ordered for 2025."
    )
    page.picture(chart_image(CHARTS["energy-by-source"]), "Figure 2: Energy use by source in 2023, in per cent.")
    page.paragraph("A full charge of the Little Egret takes 55 minutes and is enough for 46 kilometres.")
    return page


def _safety() -> Page:
    page = Page()
    page.heading("Safety")
    page.paragraph(
        "There were two reportable incidents: a broken mooring line at Pine Point on 12 February, and a galley fire on "
        "the Night Heron on 30 September that the crew put out within four minutes. Nobody was hurt."
    )
    page.paragraph("Every crew practised abandoning ship in April and October. The slowest drill took nine minutes.")
    return page
