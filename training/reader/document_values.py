"""Values, names and keys for documents made by code."""

from __future__ import annotations

import random
from collections.abc import Callable


def _parts(text: str) -> list[str]:
    return text.split("|")


FIRST = _parts(
    "Ada|Amir|Anja|Bela|Bruno|Carla|Chidi|Clara|Dario|Deniz|Edith|Elif|Emil|Farah|Felix|Fiona|Goran|Greta|Hana|Hugo|Ida|Ivan|Jamal|Janet|Jonas|Kaori|Karl|Keiko|Lena|Liam|Lucia|Magda|Marco|Mei|Mina|Nadia|Nils|Nora|Olga|Omar|Oscar|Paula|Petra|Priya|Quentin|Rafael|Rita|Rosa|Samir|Selma|Sofia|Sven|Tara|Theo|Tomas|Uma|Vera|Viktor|Wanda|Wei|Xenia|Yara|Yusuf|Zoe|Zoltan|Margaret|Robert|Susan|David|Linda|James|Patricia|Michael|Barbara|Thomas|Nancy|Kevin|Ruth|Walter"
)
LAST = _parts(
    "Abel|Adeyemi|Aldous|Arnold|Baker|Bauer|Becker|Bennett|Bergström|Brandt|Castillo|Cermak|Chen|Cole|Dahl|Diaz|Dorn|Ekström|Farkas|Fisher|Foster|Garcia|Gruber|Haas|Hale|Hansen|Hoffmann|Ibarra|Iyer|Jansen|Jensen|Kaya|Keller|Kim|Kowalski|Kumar|Lang|Larsen|Lindqvist|Lopez|Marsh|Meyer|Mori|Müller|Nakamura|Nguyen|Novak|O'Brien|Okafor|Ortega|Osei|Patel|Pereira|Petrov|Quist|Ramos|Reed|Richter|Rossi|Sato|Schmidt|Silva|Singh|Sorensen|Stone|Suzuki|Tanaka|Thorne|Tran|Ueda|Varga|Vogel|Walsh|Weber|White|Wood|Yamada|Young|Zhang|Ziegler"
)
PLACES = _parts(
    "Aarhus|Albany|Amsterdam|Ashford|Aurora|Basel|Bergen|Bilbao|Boston|Bremen|Brno|Camden|Cardiff|Chester|Cork|Dallas|Delft|Denver|Dresden|Dublin|Eugene|Fairview|Geneva|Ghent|Graz|Halifax|Hamilton|Helsinki|Hereford|Izmir|Jena|Kyoto|Lagos|Leeds|Leiden|Lima|Linz|Lyon|Malmö|Memphis|Milan|Mobile|Nagoya|Nantes|Norwich|Odense|Oslo|Oxford|Perth|Porto|Pune|Quincy|Reno|Riga|Salem|Seville|Sofia|Stockton|Tampa|Tartu|Toledo|Trento|Turin|Uppsala|Utrecht|Vienna|Wells|Winchester|York|Zagreb"
)
_HALLS = _parts(
    "the town hall|the library|Room {n}|the school hall|the parish house|Hall {n}|the {last} Building|the old"
    " mill|the community centre|{last} House|the fire station|{n} {last} Street"
)
_ORGS = _parts(
    "{last} & Sons|{last} Foundation|{place} Rowing Club|{place} Water Board|{last} Instruments|{place}"
    " Historical Society|University of {place}|{last} and {last2} LLP|{place} City Council|{last}"
    " Logistics|{place} Choral Society|{last} Trust|{place} Credit Union|{place} Gardeners'"
    " Association|Institute for {topic}|{last} Bank|{place} Chess Club|Bureau of {topic}"
)
_TOPICS = _parts(
    "Marine Research|Public Health|Rural Planning|Economic Studies|Materials|Child Welfare|Statistics|Soil"
    " Science|Transport"
)
MONTHS = _parts("January|February|March|April|May|June|July|August|September|October|November|December")
_THINGS = _parts(
    "the roof|new chairs|the summer camp|the website|catering|travel|printing|the boiler|insurance|the"
    " garden|sound equipment|cleaning|the playground|postage|training|advertising|rent|software licences|the"
    " archive|the newsletter|salaries|consulting|the annual dinner|the survey|books|electricity|the bus|street"
    " lighting|legal advice|the application|expense claims|parking permits|the kitchen|bicycle repairs|waste"
    " collection|laboratory supplies|the choir's robes"
)
_MEMBERS = _parts(
    "adults|students|families|seniors|children|couples|supporting members|companies|guests|full"
    " members|associate members|retired members"
)
_OFFICES = _parts("president|treasurer|secretary|vice-president|auditor|board|chair|librarian")
_ROLES = _parts(
    "managing director|head of finance|chief engineer|headmistress|director of research|curator|press"
    " officer|site manager|chief executive|mayor|chief librarian|head of sales"
)
_MODES = _parts("sleep|active|standby|idle|transmit|receive|power-down|boost")
_PARTS = _parts(
    "the filter|the battery pack|the seal|the pump head|the fan|the wall mount|the cover|the belt|the sensor"
    " board|the fuse|the power cable|the lid screws|the hose|the display|the inlet valve|the air filter"
)
_METHODS = _parts(
    "the baseline|our method|the small model|the large model|the random forest|nearest neighbours|the linear"
    " model|the ensemble|the two-stage variant|model A|model B|the pruned network|the rule-based system"
)
_EVENTS = _parts(
    "the open day|the spring concert|the workshop|the annual meeting|the flea market|the reading night|the"
    " safety course|the summer party|the hiking trip|the lecture|the bake sale|the chess tournament|the budget"
    " hearing|the language course"
)
_GOODS = _parts(
    "chairs|binders|toner cartridges|light bulbs|tables|helmets|name badges|folders|lamps|boxes of"
    " paper|batteries|gloves"
)
_NAMES = _parts(
    "CornerSet|OpenFields|RiverBench|LakeNet|WordBank-2|TreeCount|StreetSigns|MiniSpeech|LeafAtlas|FactGrid|PhotoMix|CityNoise"
)

_SMALL = _parts("two|three|four|five|six|seven|eight|nine|ten")
Values = dict[str, Callable[[random.Random], str]]


def person(rng: random.Random) -> str:
    """A name, now and then with a title or initials."""
    first, last = rng.choice(FIRST), rng.choice(LAST)
    dice = rng.random()
    if dice < 0.08:
        return f"{rng.choice(['Dr.', 'Mr.', 'Ms.', 'Mrs.', 'Prof.'])} {last}"
    if dice < 0.16:
        return f"{first[0]}. {last}"
    if dice < 0.22:
        return f"{first} {rng.choice('ABCDEFGHJKLMPRST')}. {last}"
    return f"{first} {last}"


def place(rng: random.Random) -> str:
    """A town or a house."""
    if rng.random() < 0.5:
        return rng.choice(PLACES)
    return rng.choice(_HALLS).format(n=rng.randint(1, 400), last=rng.choice(LAST))


def org(rng: random.Random) -> str:
    """A club, office or company."""
    return rng.choice(_ORGS).format(
        last=rng.choice(LAST), last2=rng.choice(LAST), place=rng.choice(PLACES), topic=rng.choice(_TOPICS)
    )


def money(rng: random.Random) -> str:
    """A price."""
    amount = rng.choice([rng.randint(2, 99), rng.randint(10, 999), rng.randint(1, 90) * 50, rng.randint(1000, 99999)])
    cents = rng.random() < 0.3
    shown = f"{amount:,}" + (f".{rng.randint(0, 99):02d}" if cents else "")
    return rng.choice(["${}", "${}", "€{}", "£{}", "{} EUR", "{} euros", "{} dollars", "USD {}", "CHF {}"]).format(
        shown
    )


def bigmoney(rng: random.Random) -> str:
    """An amount of a report."""
    if rng.random() < 0.4:
        return money(rng)
    shown = f"{rng.randint(1, 900)}.{rng.randint(0, 9)}"
    return rng.choice(
        ["${} million", "{} million euros", "€{}m", "£{} million", "${}M", "{} million", "$ {} bn"]
    ).format(shown)


def date(rng: random.Random) -> str:
    """A day."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1985, 2029)
    name = MONTHS[month - 1]
    return rng.choice(
        [
            f"{day} {name} {year}", f"{name} {day}, {year}", f"{year}-{month:02d}-{day:02d}", f"{day}.{month}.{year}",
            f"{day} {name}", f"{name} {day}", f"{name} {year}", f"Monday, {day} {name}", f"{month}/{day}/{year}",
        ]
    )  # fmt: skip


def clock(rng: random.Random) -> str:
    """A time of day."""
    hour, minute = rng.randint(1, 12), rng.choice([0, 5, 10, 15, 30, 40, 45, 50])
    if rng.random() < 0.5:
        return f"{hour}:{minute:02d} {rng.choice(['p.m.', 'am', 'PM', 'a.m.'])}"
    return rng.choice([f"{hour + 8}:{minute:02d}", f"{hour} o'clock", f"{hour + 8}.{minute:02d}"])


def duration(rng: random.Random) -> str:
    """A stretch of time."""
    small = rng.choice(_SMALL)
    number = rng.choice([str(rng.randint(2, 60)), small])
    return f"{number} {rng.choice(['days', 'weeks', 'months', 'years', 'hours', 'minutes', 'working days'])}"


def product(rng: random.Random) -> str:
    """A type of device."""
    letters = "".join(rng.choice("ABCDEFHKLMNPRSTVX") for _ in range(rng.randint(1, 3)))
    return f"{letters}{rng.choice(['-', '', ' '])}{rng.randint(2, 9900)}{rng.choice(['', '', 'A', 'B', ' Pro', 'S'])}"


def code(rng: random.Random) -> str:
    """A number of an order or part."""
    small, large = rng.randint(1, 99), rng.randint(100, 999999)
    letter, last = rng.choice("ABCDFGHJKLMN"), rng.choice("ABCXYZ")
    year = rng.randint(2010, 2029)
    return rng.choice([f"{large}", f"{product(rng)}-{small:02d}", f"{year}/{small}", f"{letter}{large % 10000}-{last}"])


def _unit(units: str, low: float, high: float, digits: int = 0) -> Callable[[random.Random], str]:
    choices = units.split("|")

    def make(rng: random.Random) -> str:
        return rng.choice(choices).format(f"{rng.uniform(low, high):.{rng.randint(0, digits)}f}")

    return make


def _count(low: int, high: int) -> Callable[[random.Random], str]:
    words = (*_SMALL, "eleven", "twelve", "fifteen", "twenty")

    def make(rng: random.Random) -> str:
        if high < 500 and rng.random() < 0.2:
            return rng.choice(words)
        return f"{rng.randint(low, high):,}"

    return make


def _period(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return "between {} and {} {}".format(*rng.sample(MONTHS, 2), rng.randint(1990, 2027))
    return f"from {rng.randint(1960, 1999)} to {rng.randint(2000, 2027)}"


def _email(rng: random.Random) -> str:
    who = rng.choice(["office", "info", "post", rng.choice(FIRST).lower()])
    return f"{who}@{rng.choice(PLACES).lower()}-{rng.choice(['club', 'works', 'lab', 'school'])}.example"


def _hours(rng: random.Random) -> str:
    days = rng.choice(["Monday to Friday", "Tuesdays and Thursdays", "on weekdays", "Mon-Fri"])
    until = rng.choice(["to", "till", "a.m. to"])
    return f"{days}{rng.choice([' from', ''])} {rng.randint(7, 10)} {until} {rng.randint(3, 6)}"


_SHARES = _parts("two thirds|three quarters|a majority|60%|75 percent|four fifths|two-thirds")
_RANGES = _parts("-{} to +{} °C|-{}°C to {}°C|{} to {} °C")
_PHONES = _parts("({}) 555-{:04d}|+44 {} {:05d}|{}-555-{:04d}|0{} / {:06d}")
VALUES: Values = {
    "person": person,
    "place": place,
    "org": org,
    "money": money,
    "bigmoney": bigmoney,
    "date": date,
    "time": clock,
    "duration": duration,
    "code": code,
    "count": _count(2, 140),
    "bigcount": _count(20, 90000),
    "percent": _unit("{}%|{} %|{} percent|{} per cent", 0.3, 99, 2),
    "year": lambda rng: str(rng.randint(1850, 2027)),
    "daymonth": lambda rng: rng.choice(["{0} {1}", "{1} {0}"]).format(rng.randint(1, 28), rng.choice(MONTHS)),
    "age": lambda rng: f"{rng.randint(12, 80)}{rng.choice([' years', '', ' years of age'])}",
    "share": lambda rng: rng.choice(_SHARES),
    "volt": _unit("{} V|{}V|{} volts|{} V DC", 1.2, 48, 1),
    "ampere": _unit("{} mA|{} µA|{} A|{}mA|{} uA", 0.2, 900, 1),
    "celsius": _unit("{} °C|{}°C|+{} °C|{} degrees|{} C", 20, 180),
    "celsiusrange": lambda rng: rng.choice(_RANGES).format(rng.randint(5, 55), rng.randint(60, 150)),
    "weight": _unit("{} kg|{} g|{}kg|{} grams|{} lb", 1, 400, 1),
    "size": lambda rng: "{} x {} x {} {}".format(*(rng.randint(3, 400) for _ in range(3)), rng.choice(["mm", "cm"])),
    "metre": _unit("{} m|{} metres|{} km|{} feet", 2, 900),
    "torque": _unit("{} Nm|{} N m", 0.5, 40, 1),
    "bytes": lambda rng: f"{2 ** rng.randint(2, 10)} {rng.choice(['KB', 'MB', 'GB', 'kB'])}",
    "bits": lambda rng: f"{rng.choice([8, 10, 12, 14, 16, 24])} {rng.choice(['bits', 'bit'])}",
    "period": _period,
    "decimal": lambda rng: rng.choice(["0.001", "3e-4", "0.01", "1e-5", "0.05", "2e-5", "0.0005"]),
    "name": lambda rng: rng.choice(_NAMES),
    "phone": lambda rng: rng.choice(_PHONES).format(rng.randint(201, 989), rng.randint(100, 9999)),
    "email": _email,
    "hours": _hours,
    "room": lambda rng: f"{rng.choice(['', 'A', 'B', 'C', 'E'])}{rng.randint(1, 499)}",
}  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    "thing": tuple(_THINGS),
    "members": tuple(_MEMBERS),
    "office": tuple(_OFFICES),
    "role": tuple(_ROLES),
    "mode": tuple(_MODES),
    "part": tuple(_PARTS),
    "method": tuple(_METHODS),
    "event": tuple(_EVENTS),
    "goods": tuple(_GOODS),
    "places": tuple(PLACES),
}
"""Keys that a fact may be stated for; years are drawn in a row."""
