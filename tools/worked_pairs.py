"""Documents made by code whose figures stand apart: in the reports of two years, of two houses, in running text.

See worked_questions.jsonl.
"""

from __future__ import annotations

from typing import Final

_SELBY_2022 = """# Port of Selby: annual report 2022

## Traffic

| Key figure | 2022 |
|---|---|
| Containers handled | 184,200 |
| Bulk cargo (tonnes) | 912,000 |
| Ship calls | 1,310 |
| Employees | 268 |

The port earned €23.4 million in 2022. The north quay was closed for eleven weeks.
"""
_SELBY_2023 = """# Port of Selby: annual report 2023

## Traffic

| Key figure | 2023 |
|---|---|
| Containers handled | 201,600 |
| Bulk cargo (tonnes) | 874,500 |
| Ship calls | 1,395 |
| Employees | 281 |

The port earned €26.1 million in 2023. The north quay opened again on 3 February.
"""
_HALDEN_2021 = """Halden Brewery, report on the year 2021

In 2021 Halden Brewery sold 41,300 hectolitres of beer. Its revenue was €9.6 million in 2021, and the brewery employed
58 people at the end of the year. Of its brands the pale ale sold best.
"""
_HALDEN_2022 = """Halden Brewery, report on the year 2022

In 2022 Halden Brewery sold 44,100 hectolitres of beer. Its revenue was €10.2 million in 2022, and the brewery employed
55 people at the end of the year. A new bottling line was bought for €640,000.
"""
_CRUST = """Corn & Crust bakery

The bakery Corn & Crust has 14 shops. It was founded in 1958. Last year it baked 3.2 million loaves with 126 employees.
A loaf of rye bread costs €4.20.
"""
_MILL_LANE = """Mill Lane bakery

The bakery Mill Lane has 9 shops. It was founded in 1931. Last year it baked 2.4 million loaves with 84 employees.
A loaf of rye bread costs €4.60. On Sundays all shops are closed.
"""
_GLASS_HOUSE = """# The Glass House museum

The Glass House opened in 1994 and has 2,150 objects on show. In 2023 it had 61,400 visitors. A ticket costs £12.
The tower is 31 metres high.
"""
_TIN_WORKS = """# The Tin Works museum

The Tin Works opened in 2008 and has 1,480 objects on show. In 2023 it had 48,900 visitors. A ticket costs £9.
The chimney is 44 metres high. Dogs are not allowed in the engine room.
"""
_ASHDOWN = """# Ashdown park

| Fact | Ashdown park |
|---|---|
| Area (hectares) | 310 |
| Trees | 24,600 |
| Rangers | 6 |
| Founded | 1974 |

In 2023 the park counted 93,000 visits, after 88,500 in 2022.
"""
_BIRKFELL = """# Birkfell park

| Fact | Birkfell park |
|---|---|
| Area (hectares) | 455 |
| Trees | 19,800 |
| Rangers | 9 |
| Founded | 1962 |

In 2023 the park counted 71,000 visits, after 76,200 in 2022.
"""
_ZANDER = """Zander Waterworks in short

In 2019 the waterworks pumped 12.4 million cubic metres of water. By 2023 it pumped 15.5 million cubic metres. The
network is 640 kilometres long, of which 96 kilometres are older than fifty years. In 2019 there were 1,120 leaks, in
2023 there were 840 leaks. The works employ 75 people.
"""
_POOL = """# Rules of the Linden pool

- The pool is open from 7 am to 9 pm, on Sundays until 6 pm.
- Children under 10 may swim only with an adult.
- Dogs are not allowed, except guide dogs.
- Swimming caps must be worn in the large pool.
- Season tickets cannot be passed on to other people.
- A day ticket costs $8 and a season ticket costs $120.
- Food may be eaten on the lawn, but not at the poolside.
"""
_ALLOTMENTS = """# Rules of the Hollow Hill allotments

- The rent is $95 a year and is due on 1 March.
- Sheds may not be larger than 12 square metres.
- Bonfires are forbidden, except in November.
- Bees may be kept if the neighbours agree in writing.
- Plots cannot be sublet.
- Each plot has 250 square metres.
- Hedges must be cut twice a year.
"""
_RIALTO_2022 = """# Rialto cinema, the year 2022

| Figure | Value |
|---|---|
| Tickets sold | 58,300 |
| Films shown | 214 |
| Income | $612,000 |

Large hall: 240 seats.
"""
_RIALTO_2023 = """# Rialto cinema, the year 2023

| Figure | Value |
|---|---|
| Tickets sold | 63,900 |
| Films shown | 198 |
| Income | $671,500 |

Large hall: 240 seats.
"""
_VALE_LINE = """Vale Line

The Vale Line is 48 km long and has 17 stations. It was opened in 1887. Trains run every 30 minutes. In 2023 it carried
1.3 million passengers.
"""
_MOOR_LINE = """Moor Line

The Moor Line is 62 km long and has 12 stations. It was opened in 1902. Trains run every 60 minutes. In 2023 it carried
0.8 million passengers.
"""

PAIRS: Final = {
    "harbour/selby-2022.md": _SELBY_2022,
    "harbour/selby-2023.md": _SELBY_2023,
    "brewery/halden-2021.txt": _HALDEN_2021,
    "brewery/halden-2022.txt": _HALDEN_2022,
    "bakeries/corn-and-crust.txt": _CRUST,
    "bakeries/mill-lane.txt": _MILL_LANE,
    "museums/glass-house.md": _GLASS_HOUSE,
    "museums/tin-works.md": _TIN_WORKS,
    "parks/ashdown.md": _ASHDOWN,
    "parks/birkfell.md": _BIRKFELL,
    "water/zander-works.txt": _ZANDER,
    "rules/pool.md": _POOL,
    "rules/allotments.md": _ALLOTMENTS,
    "cinema/rialto-2022.md": _RIALTO_2022,
    "cinema/rialto-2023.md": _RIALTO_2023,
    "rail/vale-line.txt": _VALE_LINE,
    "rail/moor-line.txt": _MOOR_LINE,
}
"""Contents by path."""
