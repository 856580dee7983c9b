"""Documents made by code for answers that must be worked out or compared: see worked_questions.jsonl."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ragmm.sample.figures import Chart
from ragmm.sample.pdf import Page, pdf_bytes
from tools.answer_documents import chart_png, sheet_bytes
from tools.worked_pairs import PAIRS

Rows = Sequence[Sequence[str]]

INCOME: Final[Rows] = (
    ("EUR million", "2021", "2022", "2023"),
    ("Revenue", "46.2", "51.0", "58.4"),
    ("Material", "19.7", "22.3", "24.1"),
    ("Wages", "12.5", "13.1", "14.6"),
    ("Operating profit", "5.4", "4.8", "7.5"),
    ("Net profit", "3.9", "3.2", "5.1"),
)
SITES: Final[Rows] = (
    ("Site", "Employees 2022", "Employees 2023"),
    ("Hagen", "212", "231"),
    ("Lund", "145", "138"),
    ("Porto", "88", "104"),
    ("Total", "445", "473"),
)
VISITORS: Final[Rows] = (
    ("Month", "2022", "2023"),
    ("June", "8,150", "9,240"),
    ("July", "11,300", "12,480"),
    ("August", "12,900", "14,710"),
    ("September", "7,420", "7,130"),
)
ENROLMENT: Final[Rows] = (
    ("Class", "Teacher", "Girls", "Boys", "Room"),
    ("1a", "Ms Hartog", "13", "11", "R1"),
    ("1b", "Mr Quist", "9", "14", "R2"),
    ("2a", "Ms Lamar", "12", "12", "R5"),
    ("2b", "Mr Dunmore", "15", "8", "R6"),
    ("3a", "Ms Ferro", "10", "16", "R9"),
)
ASSETS: Final[Rows] = (
    ("31 December, in $ thousand", "2023", "2022"),
    ("Cash", "1,840", "1,265"),
    ("Receivables", "3,410", "3,120"),
    ("Inventories", "2,750", "2,905"),
    ("Total current assets", "8,000", "7,290"),
    ("Total current liabilities", "5,000", "5,400"),
    ("Long-term debt", "4,200", "4,650"),
)

_FERRIES = """route,operator,2019,2020,2021,2022,2023
Skarv-Holm,Norlink,84200,31500,52300,71900,80600
Holm-Tange,Norlink,41800,19700,27400,36200,40950
Skarv-Tange,Bluewater,22600,,14800,19100,23500
Tange-Ruden,Bluewater,12400,5900,8300,10700,9800
"""
_RACE = """place,rider,team,age,minutes
1,Ines Moreau,Velo Nord,27,182
2,Kaja Lind,Rapid Reus,31,184
3,Dora Pietsch,Velo Nord,24,189
4,Amelie Roth,Team Kessel,29,190
5,Sana Idris,Rapid Reus,22,195
6,Jule Brandt,Velo Nord,34,197
7,Tess Okafor,Team Kessel,26,203
"""
_TREES = """tree_id,species,street,planted,height_m,condition
T01,lime,Bell Street,1962,18.5,good
T02,oak,Bell Street,1931,21.0,fair
T03,lime,Canal Walk,1975,15.5,good
T04,plane,Canal Walk,1950,24.5,poor
T05,birch,Canal Walk,2004,9.0,good
T06,oak,Mill Lane,1958,17.0,good
T07,lime,Mill Lane,1988,12.5,fair
T08,birch,Mill Lane,2011,6.5,good
"""
_ENERGY = """# Energy at the swimming hall

The hall was heated with gas until the end of 2023.

| Month | Electricity (kWh) | Gas (kWh) | Water (m³) |
|---|---|---|---|
| January | 21,400 | 68,300 | 1,120 |
| February | 19,850 | 61,700 | 1,045 |
| March | 20,300 | 54,900 | 1,190 |
| April | 18,700 | 40,200 | 1,085 |

Electricity came from the roof for a part.
"""
_BUDGET = """# Budget of the parish of Ottery

## Expenses, in pounds

| Item | 2022 | 2023 | 2024 (planned) |
|---|---:|---:|---:|
| Roads | £48,500 | £52,000 | £61,200 |
| Parks | £19,200 | £18,400 | £20,000 |
| Library | £31,000 | £33,500 | £33,500 |
| Lighting | £11,300 | £14,100 | £12,300 |
| Total | £110,000 | £118,000 | £127,000 |

The parish spent 7.3 % more in 2023 than in 2022. Most of it went to the roads, which had suffered from frost.
"""
_CLINIC = """# Waiting at the Rosehill clinic

| Department | Patients 2022 | Patients 2023 | Mean wait 2022 (days) | Mean wait 2023 (days) |
|---|---|---|---|---|
| Cardiology | 2,310 | 2,475 | 34 | 29 |
| Dermatology | 3,120 | 3,080 | 51 | 58 |
| Orthopaedics | 1,890 | 2,040 | 46 | 41 |
| Eye clinic | 2,680 | 2,905 | 22 | 25 |

Beds: 140. Nurses: 212.
"""
_INVOICE = """# Invoice 4471

Bramley Tools Ltd to Oster Joinery, 6 May 2024

| Position | Article | Quantity | Unit price | Amount |
|---|---|---|---|---|
| 1 | Band saw blade | 6 | $24.50 | $147.00 |
| 2 | Clamp set | 3 | $38.00 | $114.00 |
| 3 | Wood glue 5 l | 4 | $27.25 | $109.00 |
| 4 | Delivery | 1 | $18.00 | $18.00 |

Payable within 14 days. Total: $388.00.
"""
_ORE = """# Ore of the Kestrel Range

Output by pit, in kilotonnes.

| Pit | 2020 | 2021 | 2022 |
|---|---|---|---|
| Dawson | 410 | 455 | 520 |
| Ebba | 275 | 260 | 310 |
| Frey | 190 | n/a | 240 |

Grades, in grams per tonne: Dawson 2.1, Ebba 3.4, Frey 1.6.
"""
_LARK = """Hotel Lark: facts

Rooms: 64
Opened: 1987
Price of a double room: $142
Price of breakfast: $16
Distance to the station: 2.4 km
Parking spaces: 38
Employees: 45
Stars: 4
"""
_WREN = """Hotel Wren: facts

Rooms: 112
Opened: 2003
Price of a double room: $118
Distance to the station: 0.7 km
Parking spaces: 25
Employees: 71
Stars: 3
"""
_ALDER = """# Alder Growth Fund

| Key figure | Value |
|---|---|
| Launched | 14 March 2011 |
| Fund volume | EUR 412 million |
| Ongoing charges | 1.45 % |
| Return in 2023 | 8.2 % |
| Holdings | 86 |
| Manager | Ruth Sandoval |
"""
_BIRCH = """# Birch Income Fund

| Key figure | Value |
|---|---|
| Launched | 2 October 2006 |
| Fund volume | EUR 275 million |
| Ongoing charges | 0.95 % |
| Return in 2023 | 5.9 % |
| Holdings | 131 |
| Manager | Colm Vester |
"""
_ASTER = """MV Aster, data sheet

Length: 86.4 m
Built: 1999
Speed: 17 knots
Passengers: 640
Crew: 28
Engines: 2
Fuel per hour: 910 litres
"""
_BORAGE = """MV Borage, data sheet

Length: 71.2 m
Built: 2012
Speed: 21 knots
Passengers: 480
Crew: 22
Cars: 95
Engines: 4
"""
_TOWN_A = """# Marlow Bridge in figures

Marlow Bridge has 18,420 inhabitants and covers 41 square kilometres. The town was founded in 1284.
Its school was opened in 1908. The mayor is Helene Tusk.
"""
_TOWN_B = """# Castle Hythe in figures

Castle Hythe has 12,950 inhabitants. The town was founded in 1196 and lies 214 metres above the sea.
Its school was opened in 1921. The mayor is Piers Aldous.
"""

TEXTS: Final = {
    "transport/ferry-routes.csv": _FERRIES,
    "sport/women-race-2024.csv": _RACE,
    "town/street-trees.csv": _TREES,
    "hall/energy-2024.md": _ENERGY,
    "parish/ottery-budget.md": _BUDGET,
    "clinic/rosehill-waiting.md": _CLINIC,
    "trade/invoice-4471.md": _INVOICE,
    "mines/kestrel-ore.md": _ORE,
    "hotels/lark.txt": _LARK,
    "hotels/wren.txt": _WREN,
    "funds/alder.md": _ALDER,
    "funds/birch.md": _BIRCH,
    "ships/aster.txt": _ASTER,
    "ships/borage.txt": _BORAGE,
    "towns/marlow-bridge.md": _TOWN_A,
    "towns/castle-hythe.md": _TOWN_B,
}
"""Contents by path."""
CHARTS: Final = {
    "charts/mill-output.png": Chart(
        kind="bar",
        title="Paper made by mill 2023 (thousand tonnes)",
        colour="blue",
        labels=("Elmstead", "Fenwick", "Garrow", "Holt"),
        values=(84, 126, 57, 93),
    ),
    "charts/club-runners.png": Chart(
        kind="line",
        title="Runners of the harbour run",
        colour="red",
        labels=("2019", "2021", "2022", "2023"),
        values=(320, 180, 265, 400),
    ),
}


def write_worked_documents(folder: Path) -> list[Path]:
    """Write them, the same bytes every time (but for the sheet's). Returns the files, sorted."""
    contents = {name: text.encode("utf-8") for name, text in {**TEXTS, **PAIRS}.items()}
    contents |= {name: chart_png(chart) for name, chart in CHARTS.items()}
    contents["northgate/annual-report-2023.pdf"] = _report()
    contents["museum/visitors-2023.pdf"] = _museum()
    contents["castor/balance-2023.pdf"] = _balance()
    if importlib.util.find_spec("openpyxl"):
        contents["school/enrolment.xlsx"] = sheet_bytes(ENROLMENT, "Enrolment")
    for name, data in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return sorted(folder / name for name in contents)


def _report() -> bytes:
    first, second = Page(), Page()
    first.heading("Northgate Textiles", 24)
    first.paragraph("Northgate Textiles makes yarn and cloth at three sites. In 2023 revenue grew by 15 % on 2022.")
    first.paragraph("The dividend is 0.42 euro per share. The board has seven members.")
    second.heading("Figures")
    second.table("Table 1: Income statement.", INCOME, (150, 80, 80, 80))
    second.table("Table 2: Employees at the end of the year.", SITES, (150, 110, 110))
    return pdf_bytes([first, second], title="Northgate Textiles: annual report 2023")


def _museum() -> bytes:
    page = Page()
    page.heading("Museum of Clocks", 20)
    page.paragraph("In summer the museum is open every day. A ticket costs 9 euros, for children 4 euros.")
    page.table("Visitors in the season.", VISITORS, (150, 90, 90))
    return pdf_bytes([page], title="Museum of Clocks: visitors")


def _balance() -> bytes:
    page = Page()
    page.heading("Castor Instruments", 20)
    page.paragraph("Castor Instruments Inc. makes scales for laboratories. These figures are audited.")
    page.table("Balance sheet (extract).", ASSETS, (220, 80, 80))
    return pdf_bytes([page], title="Castor Instruments: balance sheet 2023")
