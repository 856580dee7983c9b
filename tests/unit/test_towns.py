"""A town is asked for, and a street was pointed at."""

from __future__ import annotations

import pytest

from ragmm.pipelines.answer.towns import town_of

ADDRESS = "Linden Works, Inc. 18720 Oxfield Street, Tarvale, CA 91356"
SWISS = "Pia Vogel, Marktgasse 28, 9400 Rorbach, Schweiz"


@pytest.mark.parametrize(
    ("question", "value", "sentence", "town"),
    [
        ("In which town was Linden Works based?", "Inc. 18720 Oxfield Street", ADDRESS, "Tarvale"),
        ("In which town was Linden Works based?", "Oxfield Street, Tarvale", ADDRESS, "Tarvale"),
        ("In which town was Linden Works based?", "Tarvale", ADDRESS, "Tarvale"),
        ("In welcher Stadt wohnt Pia Vogel?", "Marktgasse 28", SWISS, "Rorbach"),
        ("Dans quelle ville est le magasin ?", "12 rue du Lac", "12 rue du Lac, 2501 Bienne", "Bienne"),
        ("What city is the office in?", "St. Louis", "The office is in St. Louis, Missouri.", "St. Louis"),
        ("What is the address of Linden Works?", "18720 Oxfield Street", ADDRESS, "18720 Oxfield Street"),
        ("Which town has the longest street?", "Oxfield Street", "It is Oxfield Street.", "Oxfield Street"),
    ],
)
def test_the_town_follows_its_street(question: str, value: str, sentence: str, town: str) -> None:
    assert town_of(question, value, sentence) == town
