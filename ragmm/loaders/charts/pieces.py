"""The words of a picture as pieces: labels and values, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Protocol

from ragmm.types import Box

__all__ = [
    "ChartPiece",
    "LabelledValues",
    "Written",
    "gathered",
    "is_prose",
    "joined",
    "pieces_of",
    "same_row",
    "whole_year",
    "word_by_word",
]

_VALUE = re.compile(
    r"[-+−–~<>≈(]{0,2}(?:US\$|[$€£¥])?\d{1,3}(?:(?:[,.]\d{3})+|\d*)(?:[.,]\d+)?\)?"
    r"(?:%|[KkMB]|bn|m|pp|pts?|million|billion|万|亿|°C?)?"
)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?: \d{3})+")
"""A number whose thousands stand apart; one line alone may be two numbers."""
_YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
_UNIT = re.compile(r"(?:%|million|billion|trillion|thousand|bn|万|亿)")
_LEADING = (
    "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september"
    " october november december age ages aged under over than to and or of no top wave grade phase level class type"
    " year week day quarter q slide page figure table chart source"
    " about least most first last next past in at by is are was"
    " years yrs months weeks days hours minutes ans jahre jahren años anos anni jaar"
)
_LEADS = frozenset(_LEADING.split())
"""Words that a number at the end of a label belongs to."""
_NUMBERED_BY = (
    "route road highway district ward zone site group lot unit line version model step round tier stage chapter section"
    " part team item question building floor room gate bus"
)
_NUMBERED = frozenset(_NUMBERED_BY.split())
"""Words that a bare number at the end of a label belongs to."""
_PROSE = 46
"""Letters; a longer line without a value at its end is no label."""
_LONGEST_LABEL = 64
_RUNNING, _FEWEST_LINES, _CLOSE = 22, 3, 1.4
"""A paragraph: letters a line, lines, and heights between the middles of two of them."""


_THIS_CENTURY = 40
"""Of two digits for a year, those below are of this century."""


class Written(Protocol):
    """A line of text and where it stands."""

    @property
    def text(self) -> str: ...

    @property
    def box(self) -> Box: ...


@dataclass(frozen=True, kw_only=True)
class ChartPiece:
    """A label or a value."""

    text: str
    box: Box
    is_value: bool
    line: int
    """Which of the lines it comes from."""
    is_running: bool = False
    """Whether it is a line of a paragraph."""

    @property
    def x(self) -> float:
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def amount(self) -> float:
        """What a value comes to, but for its unit; NaN where that is not plain."""
        digits = re.sub(r"[^\d.,-]", "", self.text.replace("−", "-").replace("–", "-"))
        grouped = re.sub(r",(?=\d{3}(?:\D|$))", "", digits).replace(",", ".")
        try:
            return float(grouped)
        except ValueError:
            return float("nan")


@dataclass(frozen=True, kw_only=True)
class LabelledValues:
    """A label and the values that belong to it, of a row from the left, of a column from the left and then the top."""

    label: tuple[ChartPiece, ...]
    values: tuple[ChartPiece, ...]
    section: str = ""
    """The heading above it, or what groups labels that recur."""

    @property
    def text(self) -> str:
        return joined(self.label)

    @property
    def y(self) -> float:
        return self.values[0].y


def pieces_of(lines: Sequence[Written]) -> list[ChartPiece]:
    """Labels and values; a line like "Total 26 36" is three of them, one of a paragraph is one."""
    running = _paragraphs(lines)
    grouped = [number for number, line in enumerate(lines) if _GROUPED.fullmatch(line.text.strip())]
    found: list[ChartPiece] = []
    for number, line in enumerate(lines):
        if number in running:
            found.append(replace(_piece(number, line, 0, len(line.text), value=False), is_running=True))
        elif number in grouped and len(grouped) > 1:
            found.append(replace(_piece(number, line, 0, len(line.text), value=True), text="".join(line.text.split())))
        else:
            found += _split(number, line)
    return found


def _paragraphs(lines: Sequence[Written]) -> set[int]:
    """Lines of running text: several of some length, close below each other on one edge."""
    blocks: list[list[int]] = []
    for number in sorted(range(len(lines)), key=lambda at: lines[at].box[1]):
        x0, y0, _, y1 = lines[number].box
        for block in blocks:
            left, top, _, bottom = lines[block[-1]].box
            high = bottom - top
            if abs(left - x0) < 0.7 * high and 0 < (y0 + y1 - top - bottom) / 2 < _CLOSE * high:
                block.append(number)
                break
        else:
            blocks.append([number])
    long = [block for block in blocks if len(block) >= _FEWEST_LINES]
    long = [block for block in long if fmean(len(lines[at].text) for at in block) >= _RUNNING]
    bare = [line.box for line in lines if all(_is_value(word) for word in line.text.split())]
    return {
        at for block in long if 2 * sum(_has_beside(lines[one].box, bare) for one in block) < len(block) for at in block
    }


def _has_beside(box: Box, values: Sequence[Box]) -> bool:
    """Whether values stand right of a line, level with it: then it labels them."""
    return any(value[0] > box[2] and value[1] < (box[1] + box[3]) / 2 < value[3] for value in values)


def _split(number: int, line: Written) -> Iterator[ChartPiece]:
    words = _words(line.text)
    if not words:
        return
    words = [(start, end, whole_year(word)) for start, end, word in words]
    if len(words) == 1 and words[0][2] != line.text.strip():
        yield replace(_piece(number, line, 0, len(line.text), value=False), text=words[0][2])
        return
    if len(words) > 1 and all(_YEAR.fullmatch(word) for _, _, word in words):
        for start, end, word in words:
            yield replace(_piece(number, line, start, end, value=False), text=word)
        return
    first, last = _run(words), len(words) - _run(words[::-1])
    if first == len(words):
        yield from (_piece(number, line, start, end, value=True) for start, end, _ in words)
        return
    label = words[first][0], words[last - 1][1]
    text = line.text[slice(*label)]
    if not any(letter.isalpha() for letter in text) or len(text) > _LONGEST_LABEL:
        first, last = 0, len(words)
    else:
        first = first if _stands_before(words, first) else 0
        last = len(words) if _belongs(words, last) else last
    yield from (_piece(number, line, start, end, value=True) for start, end, _ in words[:first])
    yield _piece(number, line, words[first][0], words[last - 1][1], value=False)
    yield from (_piece(number, line, start, end, value=True) for start, end, _ in words[last:])


def whole_year(word: str) -> str:
    """1998 of '98; any other word as it is."""
    if not re.fullmatch(r"['’‘]\d\d", word):
        return word
    return f"{'20' if int(word[1:]) < _THIS_CENTURY else '19'}{word[1:]}"


def _words(text: str) -> list[tuple[int, int, str]]:
    """Where each word begins and ends; a unit goes with its number."""
    found: list[tuple[int, int, str]] = []
    for match in re.finditer(r"\S+", text):
        word = match.group()
        if found and _UNIT.fullmatch(word) and _is_value(found[-1][2]):
            found[-1] = (found[-1][0], match.end(), f"{found[-1][2]}{word}")
        else:
            found.append((match.start(), match.end(), word))
    return found


def _is_value(word: str) -> bool:
    if not _VALUE.fullmatch(word) or _YEAR.fullmatch(word.strip("()")):
        return False
    return word[0] not in "<>" or word.endswith("%")


def _run(words: Iterable[tuple[int, int, str]]) -> int:
    """How many values there are before anything else."""
    count = 0
    for _, _, word in words:
        if not _is_value(word):
            break
        count += 1
    return count


def _stands_before(words: Sequence[tuple[int, int, str]], count: int) -> bool:
    """Whether a number before words is the value of what they name ("81% High income"), not part of them or a date."""
    if not 0 < count < len(words):
        return False
    return words[count][2][0].isupper() and words[count][2].casefold().strip(".,") not in _LEADS


def _belongs(words: Sequence[tuple[int, int, str]], last: int) -> bool:
    """Whether a number after words is part of what they name ("Under 30", "District 3"), no value of it."""
    before = words[last - 1][2].casefold().strip(".,:")
    return before in _LEADS or (before in _NUMBERED and last + 1 == len(words) and words[last][2].isdigit())


def _piece(number: int, line: Written, start: int, end: int, *, value: bool) -> ChartPiece:
    """Its place in the line is told from how many letters stand before it."""
    x0, y0, x1, y1 = line.box
    wide = (x1 - x0) / max(1, len(line.text))
    box = (x0 + wide * start, y0, x0 + wide * end, y1)
    return ChartPiece(text=line.text[start:end].strip(" ■•·|"), box=box, is_value=value, line=number)


def is_prose(piece: ChartPiece) -> bool:
    """Whether it is a sentence rather than a label."""
    return piece.is_running or (not piece.is_value and len(piece.text) > _PROSE)


def same_row(one: ChartPiece, other: ChartPiece) -> bool:
    """Whether the middle of either stands within the other's height."""
    return one.box[1] < other.y < one.box[3] or other.box[1] < one.y < other.box[3]


def word_by_word(labels: Sequence[ChartPiece], places: Sequence[float]) -> list[ChartPiece]:
    """Labels that were read as one line, each for itself where one has as many words as there are places under it."""
    found = []
    for label in labels:
        inside, words = [at for at in places if label.box[0] < at < label.box[2]], label.text.split()
        if 2 <= len(inside) == len(words):
            x0, y0, x1, y1 = label.box
            step = (x1 - x0) / len(words)
            boxes = [(x0 + step * at, y0, x0 + step * (at + 1), y1) for at in range(len(words))]
            found += [replace(label, text=word, box=box) for word, box in zip(words, boxes, strict=True)]
        else:
            found.append(label)
    return found


def joined(parts: Sequence[ChartPiece]) -> str:
    """Lines of one label, from the top, each from the left."""
    lines: list[list[ChartPiece]] = []
    for part in sorted(parts, key=lambda part: part.y):
        if lines and same_row(lines[-1][0], part):
            lines[-1].append(part)
        else:
            lines.append([part])
    return " ".join(part.text for line in lines for part in sorted(line, key=lambda part: part.box[0]))


def gathered(labels: Sequence[ChartPiece]) -> list[list[ChartPiece]]:
    """Lines of one label together: close below each other, about one middle or one edge."""
    groups: list[list[ChartPiece]] = []
    for label in sorted(labels, key=lambda label: label.y):
        for group in groups:
            last = group[-1]
            close = 0 < label.y - last.y < 1.5 * last.height
            lined = min(abs(label.x - last.x), abs(label.box[0] - last.box[0]), abs(label.box[2] - last.box[2]))
            if close and lined < 0.7 * last.height and len(group) < 4:
                group.append(label)
                break
        else:
            groups.append([label])
    return groups
