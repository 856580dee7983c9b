"""Words that a program wrote letter by letter are words again."""

from __future__ import annotations

from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.letters import with_letters_joined


def spelled(text: str, x: float, y: float, size: float = 10.0) -> list[Line]:
    """Each letter a line of its own, as office programs write charts."""
    lines = []
    for letter in text:
        if letter != " ":
            lines.append(Line(letter, (x, y, x + 5.8, y + 12), size, False, True))
        x += 6.0
    return lines


def test_letters_that_touch_make_a_word() -> None:
    lines = [
        *spelled("34%", 100, 50),
        *spelled("7%", 100, 80),
        Line("District 3", (300, 50, 350, 62), 10.0, False, True),
    ]
    assert [line.text for line in with_letters_joined(lines)] == ["34%", "7%", "District 3"]
    assert with_letters_joined(lines)[0].box == (100, 50, 117.8, 62)


def test_a_letter_struck_twice_is_one() -> None:
    lines = spelled("10%", 100, 50)
    assert [line.text for line in with_letters_joined([*lines, lines[0]])] == ["10%"]


def test_what_stands_apart_stays_apart() -> None:
    digits = [
        Line(str(number), (100 + 30 * number, 50, 105 + 30 * number, 62), 10.0, False, True) for number in range(4)
    ]
    assert with_letters_joined(digits) == digits
    sizes = [Line("T", (100, 50, 110, 62), 24.0, False, True), Line("he", (110, 50, 120, 62), 10.0, False, True)]
    assert with_letters_joined(sizes) == sizes
