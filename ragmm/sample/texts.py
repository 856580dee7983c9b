"""The written part of the sample corpus."""

from __future__ import annotations

from typing import Final

__all__ = ["TEXTS"]

_HANDBOOK = """# Crew handbook

Blue Heron Ferries, edition of March 2023.

## Crossings

The crossing to Heron Island takes 35 minutes, to Pine Point 50 minutes, and to Mill Harbour 25 minutes.
The crossing to Gull Rock takes 70 minutes, because the boat keeps outside the seal bank.
In fog the boats go at eight knots, and every crossing takes about half as long again.

## Boarding

Boarding begins 20 minutes before departure and ends 3 minutes before it. Wheelchair users board first.
Bicycles travel free of charge on all routes except Gull Rock, where there is room for six.

## Life jackets

Each boat carries 260 life jackets for adults and 40 for children. They are counted on the first Monday of the month.

## Lost property

What is found on board goes to the office at Mill Harbour and is kept for 90 days.
"""

_MEETING = """# Meeting of 14 November 2023

Present: Ines Okafor (director), Tomas Lind (fleet), Mei Tanaka (stations).

## New boat

The order for the electric boat *Grey Egret* was signed. It will carry 300 passengers and cost 8.4 million euro.
Delivery is planned for May 2025.

## Signs

Every stop has a sign that can be read without words: a blue circle for Heron Island, a red triangle for Pine Point,
a green square for Mill Harbour and a yellow star for Gull Rock. The purple diamond marks the office.

## Winter timetable

From 1 December the last boat from Pine Point leaves at 18:10 instead of 19:40.
"""

_MAINTENANCE = """# Maintenance log

## Night Heron

- 3 April 2023: port engine overhauled after 12,000 hours.
- 9 August 2023: bow ramp chain replaced; it had stretched by 14 millimetres.

## Little Egret

- 21 June 2023: battery pack 2 replaced under warranty. Range is back at 46 kilometres.
- 2 October 2023: hull cleaned and painted; the paint is due again in 2026.
"""

_TIMETABLE = """route,departs,arrives,days,adult_fare_eur
Heron Island,07:10,07:45,daily,6.50
Heron Island,12:40,13:15,daily,6.50
Heron Island,17:40,18:15,daily,6.50
Pine Point,08:00,08:50,daily,8.00
Pine Point,16:20,17:10,weekdays,8.00
Mill Harbour,06:55,07:20,weekdays,4.20
Mill Harbour,18:30,18:55,daily,4.20
Gull Rock,09:15,10:25,weekends,14.50
"""

TEXTS: Final = {
    "notes/crew-handbook.md": _HANDBOOK,
    "notes/meeting-2023-11-14.md": _MEETING,
    "notes/maintenance.md": _MAINTENANCE,
    "timetable.csv": _TIMETABLE,
}
"""Contents by path."""
