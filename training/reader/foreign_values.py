"""Values as documents in other languages than English write them: dates, sums, hours, lengths of time."""

from __future__ import annotations

import random
from dataclasses import dataclass

from training.reader.document_values import VALUES, Values

__all__ = ["VALUES_OF"]


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


@dataclass(frozen=True, kw_only=True)
class _Language:
    months: tuple[str, ...]
    dates: tuple[str, ...]
    """{d} day, {m} month, {n} its number, {y} year."""
    times: tuple[str, ...]
    """{h} hour, {p} minutes."""
    lengths: tuple[str, ...]
    small: tuple[str, ...]
    """Numbers in words, from two."""
    ages: tuple[str, ...]
    money: tuple[str, ...]
    millions: tuple[str, ...]
    hours: tuple[str, ...]
    thousands: str
    point: str = ","


_LANGUAGES = {
    "de": _Language(
        months=_parts("Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"),
        dates=_parts("{d}. {m} {y}|{d}. {m} {y}|{d}.{n}.{y}|{d:02d}.{n:02d}.{y}|{d}. {m}|{m} {y}"),
        times=_parts("{h}.{p:02d} Uhr|{h}:{p:02d} Uhr|{h} Uhr|{h}:{p:02d}"),
        lengths=_parts("Tage|Wochen|Monate|Jahre|Stunden|Minuten|Werktage"),
        small=_parts("zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf"),
        ages=_parts("{} Jahre|{} Jahren|{}"),
        money=_parts("{} €|{} Euro|EUR {}|{} EUR|€ {}|CHF {}"),
        millions=_parts("{} Millionen Euro|{} Mio. €|{} Mrd. Euro|{} Millionen"),
        hours=_parts("Montag bis Freitag von {a} bis {b} Uhr|Mo–Fr {a}–{b} Uhr|werktags {a} bis {b} Uhr"),
        thousands=".",
    ),
    "fr": _Language(
        months=_parts("janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"),
        dates=_parts("{d} {m} {y}|{d} {m} {y}|{d:02d}/{n:02d}/{y}|{d} {m}|{m} {y}"),
        times=_parts("{h} h {p:02d}|{h}h{p:02d}|{h} heures|{h} h"),
        lengths=_parts("jours|semaines|mois|ans|heures|minutes|jours ouvrables"),
        small=_parts("deux|trois|quatre|cinq|six|sept|huit|neuf|dix|douze"),
        ages=_parts("{} ans|{} ans|{}"),
        money=_parts("{} €|{} euros|{} EUR|{} $|{} CHF"),
        millions=_parts("{} millions d’euros|{} M€|{} milliards d'euros|{} millions"),
        hours=_parts("du lundi au vendredi de {a} h à {b} h|lun.-ven. {a} h – {b} h|de {a} h à {b} h en semaine"),
        thousands=" ",
    ),
    "es": _Language(
        months=_parts("enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"),
        dates=_parts("{d} de {m} de {y}|{d} de {m} de {y}|{d:02d}/{n:02d}/{y}|{d} de {m}|{m} de {y}"),
        times=_parts("{h}:{p:02d} horas|{h}:{p:02d}|{h}:{p:02d} h|{h} horas"),
        lengths=_parts("días|semanas|meses|años|horas|minutos|días hábiles"),
        small=_parts("dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce"),
        ages=_parts("{} años|{} años|{}"),
        money=_parts("{} €|{} euros|{} EUR|$ {}|{} pesos"),
        millions=_parts("{} millones de euros|{} M€|{} millones|{} millones de dólares"),
        hours=_parts("de lunes a viernes de {a} a {b} h|lunes-viernes, {a}:00–{b}:00|laborables de {a} a {b}"),
        thousands=".",
    ),
    "it": _Language(
        months=_parts("gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre"),
        dates=_parts("{d} {m} {y}|{d} {m} {y}|{d:02d}/{n:02d}/{y}|{d} {m}|{m} {y}"),
        times=_parts("{h}.{p:02d}|{h}:{p:02d}|{h}.{p:02d}|{h}"),
        lengths=_parts("giorni|settimane|mesi|anni|ore|minuti|giorni lavorativi"),
        small=_parts("due|tre|quattro|cinque|sei|sette|otto|nove|dieci|dodici"),
        ages=_parts("{} anni|{} anni|{}"),
        money=_parts("{} €|{} euro|€ {}|EUR {}"),
        millions=_parts("{} milioni di euro|{} mln di euro|{} miliardi di euro|{} milioni"),
        hours=_parts("dal lunedì al venerdì dalle {a} alle {b}|lun-ven {a}–{b}|nei giorni feriali dalle {a} alle {b}"),
        thousands=".",
    ),
    "pt": _Language(
        months=_parts("janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro"),
        dates=_parts("{d} de {m} de {y}|{d} de {m} de {y}|{d:02d}/{n:02d}/{y}|{d} de {m}|{m} de {y}"),
        times=_parts("{h}h{p:02d}|{h}:{p:02d}|{h} horas|{h}h"),
        lengths=_parts("dias|semanas|meses|anos|horas|minutos|dias úteis"),
        small=_parts("dois|três|quatro|cinco|seis|sete|oito|nove|dez|doze"),
        ages=_parts("{} anos|{} anos|{}"),
        money=_parts("R$ {}|{} euros|{} €|{} reais"),
        millions=_parts("{} milhões de euros|R$ {} milhões|{} milhões de reais|{} milhões"),
        hours=_parts("de segunda a sexta, das {a}h às {b}h|seg.-sex. {a}h–{b}h|dias úteis das {a} às {b}"),
        thousands=".",
    ),
    "nl": _Language(
        months=_parts("januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"),
        dates=_parts("{d} {m} {y}|{d} {m} {y}|{d:02d}-{n:02d}-{y}|{d} {m}|{m} {y}"),
        times=_parts("{h}.{p:02d} uur|{h}:{p:02d} uur|{h} uur|{h}:{p:02d}"),
        lengths=_parts("dagen|weken|maanden|jaar|uur|minuten|werkdagen"),
        small=_parts("twee|drie|vier|vijf|zes|zeven|acht|negen|tien|twaalf"),
        ages=_parts("{} jaar|{} jaar|{}"),
        money=_parts("€ {}|{} euro|€ {}|EUR {}"),
        millions=_parts("{} miljoen euro|€ {} miljoen|{} miljard euro|{} miljoen"),
        hours=_parts(
            "maandag tot en met vrijdag van {a} tot {b} uur|ma-vr {a}–{b} uur|op werkdagen van {a} tot {b} uur"
        ),
        thousands=".",
    ),
}


def _grouped(number: int, language: _Language) -> str:
    return f"{number:,}".replace(",", language.thousands)


def _values_of(language: _Language) -> Values:
    def money(rng: random.Random) -> str:
        shown = _grouped(rng.choice([rng.randint(2, 99), rng.randint(10, 999), rng.randint(1000, 99999)]), language)
        if rng.random() < 0.5:
            shown += f"{language.point}{rng.randint(0, 99):02d}"
        return rng.choice(language.money).format(shown)

    def bigmoney(rng: random.Random) -> str:
        if rng.random() < 0.4:
            return money(rng)
        return rng.choice(language.millions).format(f"{rng.randint(1, 900)}{language.point}{rng.randint(0, 9)}")

    def date(rng: random.Random) -> str:
        number = rng.randint(1, 12)
        month, year = language.months[number - 1], rng.randint(1850, 2029)
        return rng.choice(language.dates).format(d=rng.randint(1, 28), m=month, n=number, y=year)

    def daymonth(rng: random.Random) -> str:
        shown = language.dates[0].format(d=rng.randint(1, 28), m=rng.choice(language.months), n=1, y="")
        return shown.removesuffix(" de ").strip()

    def time(rng: random.Random) -> str:
        return rng.choice(language.times).format(h=rng.randint(7, 21), p=rng.choice([0, 15, 30, 45]))

    def duration(rng: random.Random) -> str:
        return f"{rng.choice([str(rng.randint(2, 60)), rng.choice(language.small)])} {rng.choice(language.lengths)}"

    def age(rng: random.Random) -> str:
        return rng.choice(language.ages).format(rng.randint(12, 80))

    def count(rng: random.Random) -> str:
        return rng.choice(language.small) if rng.random() < 0.2 else str(rng.randint(2, 140))

    def bigcount(rng: random.Random) -> str:
        return _grouped(rng.randint(20, 90_000), language)

    def percent(rng: random.Random) -> str:
        shown = str(rng.randint(1, 99)) + (f"{language.point}{rng.randint(1, 9)}" if rng.random() < 0.4 else "")
        return shown + rng.choice([" %", "%"])

    def hours(rng: random.Random) -> str:
        return rng.choice(language.hours).format(a=rng.randint(7, 10), b=rng.randint(15, 19))

    own = (money, bigmoney, date, daymonth, time, duration, age, count, bigcount, percent, hours)
    return {**VALUES, **{make.__name__: make for make in own}}


VALUES_OF: dict[str, Values] = {name: _values_of(language) for name, language in _LANGUAGES.items()}
"""By language."""
