"""Lines that a program wrote letter by letter, as office programs do in charts, put together again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.geometry import union

__all__ = ["with_letters_joined"]

_LONGEST, _FEWEST = 2, 2
"""Letters of a piece, and pieces of a word."""
_APART, _INTO = 0.12, 0.2
"""Of the size of the font: the gap between two letters of a word at most, and how far one may reach into the other."""
_SAME = 0.3
"""Points between two places that are one."""


def with_letters_joined(lines: Sequence[Line]) -> list[Line]:
    """The same lines, single letters that touch on one baseline as the words they make; letters struck twice once."""
    short = [at for at, line in enumerate(lines) if line.upright and len(line.text.strip()) <= _LONGEST]
    if len(short) < _FEWEST:
        return list(lines)
    whole: dict[int, Line] = {}
    gone: set[int] = set()
    for run in _runs(lines, short):
        whole[run[0]] = _joined([lines[at] for at in run])
        gone.update(run[1:])
    return [whole.get(at, line) for at, line in enumerate(lines) if at not in gone]


def _runs(lines: Sequence[Line], short: Sequence[int]) -> Iterator[list[int]]:
    """Pieces on one baseline that touch, from the left; the first of them stands first in the file too."""
    rows: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for at in short:
        _, top, _, bottom = lines[at].box
        rows[round(4 * top), round(4 * bottom), round(lines[at].size)].append(at)
    for row in rows.values():
        run: list[int] = []
        for at in sorted(row, key=lambda at: (lines[at].box[0], at)):
            if run and not _touch(lines[run[-1]], lines[at]):
                yield from _kept(run)
                run = []
            run.append(at)
        yield from _kept(run)


def _kept(run: list[int]) -> Iterator[list[int]]:
    if len(run) >= _FEWEST:
        yield run


def _touch(before: Line, line: Line) -> bool:
    gap = line.box[0] - before.box[2]
    return -_INTO * line.size < gap < _APART * line.size or _is_again(before, line)


def _is_again(before: Line, line: Line) -> bool:
    """Whether a letter is struck a second time in its place, as for a shadow."""
    return before.text == line.text and abs(before.box[0] - line.box[0]) < _SAME


def _joined(run: Sequence[Line]) -> Line:
    parts = [run[0]]
    for line in run[1:]:
        if not _is_again(parts[-1], line):
            parts.append(line)
    first = parts[0]
    return first._replace(text="".join(part.text for part in parts), box=union(part.box for part in parts))
