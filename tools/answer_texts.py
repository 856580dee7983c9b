"""What the documents for checking answers say: two clubs, a village hall, a library, a garden; all made up."""

from __future__ import annotations

from typing import Final

_MINUTES_2024 = """# Marsh Lane Rowing Club

## Minutes of the annual meeting, 12 March 2024

Held in the boathouse; the chair opened the meeting at 19:30.

## Attendance

Thirty-eight members came, and two sent their apologies. Ilse Brandt took the minutes.

## Treasurer's report

Tobias Wren reported that the club closed the year with a surplus of $2,460, after a loss of $310 in 2022.
Membership stands at 112, of whom 27 are juniors. The reserve fund holds $18,900.

## New boats

The members agreed to buy a second-hand quad called *Kestrel* for $7,400. It will be collected on 4 April 2024 from the
yard at Penmoor. The old double *Lapwing* was sold for $950.

## Elections

Nora Quill was elected captain with 31 votes; Adam Sorrel received 6. Tobias Wren stays treasurer for another two years.

## Landing stage

The landing stage must be repaired before the season, because ice split three of its piles in January. The work will
take about nine days and was given to Hollis Marine.

The next meeting is on 11 March 2025. The meeting closed at 21:05.
"""

_MINUTES_2023 = """# Marsh Lane Rowing Club

## Minutes of the annual meeting, 14 March 2023

Held in the school hall; the chair opened the meeting at 19:00.

## Attendance

Twenty-nine members came. Ilse Brandt took the minutes.

## Treasurer's report

Tobias Wren reported a loss of $310 for the year 2022. Membership stands at 104, of whom 22 are juniors.
The reserve fund holds $16,440.

## Elections

Adam Sorrel was elected captain with 25 votes.

The summer regatta was cancelled, because the river was too low after the dry spring.
"""

_BYLAWS = """# Bylaws of the Marsh Lane Rowing Club

## Article 1. Name and seat

The club is called Marsh Lane Rowing Club. Its seat is in Penmoor.

## Article 2. Joining

Anyone aged 14 or over may apply to join.
Applications are made in writing to the secretary.
New members pay a joining fee of $60.

## Article 3. Dues

Adults pay annual dues of $240, juniors $95. Dues are payable by 31 January.
A member whose dues are three months late may not use the boats.

## Article 4. Leaving

A member may leave at the end of a calendar year with six weeks' notice.

## Article 5. General meeting

The general meeting is called by the chair at least 21 days ahead. It is quorate when 20 members are present.
Changes of these bylaws need a majority of two thirds.

## Article 6. Boats

Boats may not be taken out after sunset, because the lock is unlit. Guests may row only with a member.
Dogs are not allowed in the boathouse. Life jackets must be worn from November to March.

## Article 7. Dissolution

If the club is dissolved, its boats go to the Penmoor Youth Trust.
"""

_CHESS = """# Rules of the Tollgate Chess Circle

## 1. Joining

Anyone aged 10 or over may join the circle. There is no joining fee.

## 2. Dues

Adults pay dues of $85 a year, juniors $30. Dues are payable by 15 September.

## 3. Evenings

The circle plays on Thursdays from 18:45 to 22:00 in the reading room of the Corner Mill.
Clocks are set to 75 minutes for each player.

## 4. Meeting

The general meeting is quorate when 12 members are present. It is held every second year.

## 5. Teams

Team captains are named by the committee. The first team is led by Priya Halloran.
"""

_NOTICE = """NOTICE TO RESIDENTS
Replacement of the water main in Orchard Street

Work begins on Monday 7 October 2024 and is expected to take 16 working days.
The water will be turned off from 08:30 to 15:00 on 9 October; please store enough for the day.
Orchard Street will be closed to cars between Mill Bridge and the post office, but the pavement stays open.
Buses of line 14 will stop in Fern Road instead.
The new pipe is 640 metres long and replaces one of 1931. It costs 1.3 million euros.
The old pipe is replaced because it leaked 22 times in the last two years.
Questions are answered by Greta Osei, telephone 555 0177.
"""

_LETTER = """Penmoor, 3 June 2024

To the Parish Council of Low Penmoor

Repair of the hall roof

Dear Mr Abara,

thank you for your enquiry of 21 May. We offer to renew the roof of the village hall for $48,750, scaffolding included.
The work would begin on 2 September 2024 and take five weeks. We would use slate from the Carrow quarry, because it
weighs less than the tiles that are there now. Our offer is valid until 31 July 2024.
A deposit of 15 % is due on signing. We give a guarantee of 12 years on the slates and of five years on the gutters.

Yours sincerely,

Wilma Teague
Teague & Daughters, Roofers
"""

_HALL = """Low Penmoor Village Hall: facts for hirers

Address: 8 Church Walk, Low Penmoor
Caretaker: Dafydd Munro
Telephone: 555 0113
Largest room: 140 seats
Hire per hour, residents: $22
Hire per hour, others: $35
Deposit: $150
Opening hours: Monday to Saturday, 08:00 to 23:00
Parking spaces: 46
Built: 1926
Floor area: 310 square metres
Heating: heat pump since 2021
Kitchen: yes, with oven and two refrigerators
Piano: none
Wheelchair access: by the side door
Dogs: guide dogs only
"""

_GARDEN = """# Fern Road Garden: report of the season 2024

## The season in short

It rained on 61 days between April and September, nine more than in the year before. The garden has 34 plots, and 11
families are waiting for one. A plot of 50 square metres costs $45 a year.

## Harvest

The members brought in 2.8 tonnes of vegetables. Pumpkins did best, with 640 kg; beans did worst, with 85 kg.
The heaviest pumpkin weighed 41.5 kg and was grown by Rosa Lindqvist.

## Water

The pump failed on 18 July and was repaired on 23 July. The tomatoes were lost because blight came after the wet June.
Since then water is drawn from a tank of 5,000 litres.

## Bees

There are four hives. They gave 57 kg of honey, which was sold for $9 a jar. The hives are kept by Yusuf Arden.

## Plans

Next year a toolshed will be built for $3,200, and composting will be moved to the north gate.
"""

_ZH_NOTICE = """# 柳岸社区图书室通知

柳岸社区图书室将于2024年9月14日重新开放。开放时间为每天上午9点到下午6点，星期一闭馆。
图书室共有藏书三万二千册，其中儿童读物4800册。新馆面积为560平方米，有座位85个。
本次装修历时四个月，共花费130万元，其中百分之四十由居民捐助。
借书证工本费为15元，每人一次可借6本书，借期为30天。逾期每天收费0.2元。
因为屋顶漏水，二楼阅览室暂不开放。馆长是沈若兰，联系电话是555-0164。
图书室内不得饮食，可以使用手提电脑。
"""

_ZH_REPORT = """# 青石茶厂2023年年报

2023年青石茶厂共生产茶叶126吨，比2022年增长百分之八。2022年的产量为117吨。
全年收入为1.3亿元，利润为2150万元。职工人数为318人，其中女职工占六成。
茶厂成立于1958年，厂址在石桥镇东街27号。厂长是顾远山。
由于春季霜冻，绿茶产量减少了12吨。新车间计划于2025年5月投产，投资4600万元。
"""

_DE = """# Hausordnung der Bootsgemeinschaft Erlensee

Die Bootsgemeinschaft hat 57 Mitglieder. Der Jahresbeitrag beträgt 182,50 €, für Jugendliche 64,00 €.
Der Steg wird am 1. April geöffnet und am 31. Oktober geschlossen.
Hunde dürfen nur angeleint auf das Gelände. Grillen ist auf dem Steg verboten.
Der Bau des neuen Stegs kostete 1,3 Mio. Euro und dauerte 14 Monate.
Boote über 6,5 Meter Länge sind nicht zugelassen, weil die Schleuse zu schmal ist.
Der Hafenmeister heißt Joachim Reetz. Die Anmeldung kostet einmalig 75 €.
Die nächste Versammlung findet am 14. September 2024 um 18 Uhr statt.
"""

TEXTS: Final = {
    "clubs/minutes-2024-03-12.md": _MINUTES_2024,
    "clubs/minutes-2023-03-14.md": _MINUTES_2023,
    "clubs/bylaws.md": _BYLAWS,
    "clubs/chess-rules.md": _CHESS,
    "notices/water-main.txt": _NOTICE,
    "letters/hall-roof.txt": _LETTER,
    "notices/hall-facts.txt": _HALL,
    "garden/season-2024.md": _GARDEN,
    "zh/library.md": _ZH_NOTICE,
    "zh/tea.md": _ZH_REPORT,
    "de/hausordnung.md": _DE,
}
"""Contents by path."""

LIBRARY_TEXT: Final = (
    "The Penmoor Library lent 214,300 items in 2024, 6 % more than in 2023. It is open 52 hours a week.",
    "Visits rose because the library opened on Sundays from February on. The reading room was closed for eleven days "
    "in August, as its floor was sanded.",
    "The library is led by Beatrix Lowe. It employs 19 people, and 43 volunteers help them.",
)
LIBRARY_VISITS: Final = (
    ("Visits (thousands)", "2022", "2023", "2024"),
    ("Main house", "88.4", "97.2", "121.6"),
    ("Harbour branch", "31.0", "29.5", "33.8"),
    ("Bus", "12.7", "14.1", "13.9"),
    ("Total", "132.1", "140.8", "169.3"),
)
LIBRARY_LOANS: Final = (
    ("Loans by kind", "2023", "2024"),
    ("Books", "141,900", "148,200"),
    ("Films", "27,600", "24,100"),
    ("Music", "18,300", "17,500"),
    ("Games", "14,400", "24,500"),
)
STATEMENT: Final = (
    ("Penmoor Library: statement for 2024", "$"),
    ("Grant of the town", "612,000"),
    ("Fees of readers", "48,300"),
    ("Sale of old books", "6,150"),
    ("Total income", "666,450"),
    ("Wages", "431,200"),
    ("New books and films", "97,800"),
    ("Heating and light", "38,640"),
    ("Repairs", "21,070"),
    ("Total expenses", "588,710"),
    ("Surplus", "77,740"),
)
