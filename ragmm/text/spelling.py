"""How many slips of the pen lie between two spellings."""

from __future__ import annotations

__all__ = ["edits", "edits_of_beginning"]


def edits(word: str, other: str, most: int) -> int:
    """Letters left out, put in, exchanged, or swapped with their neighbour; `most` + 1 where there are more."""
    if abs(len(word) - len(other)) > most:
        return most + 1
    return min(_last_row(word, other, most)[-1], most + 1)


def edits_of_beginning(start: str, word: str, most: int) -> int:
    """The least between `start` and anything that `word` begins with; `most` + 1 where there are more."""
    return min(*_last_row(start, word, most), most + 1)


def _last_row(word: str, other: str, most: int) -> list[int]:
    """Edits from the whole of one to each beginning of the other; all above `most` once none can be within it."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word):
        here = [i + 1]
        for j, facing in enumerate(other):
            cost = min(row[j] + (letter != facing), row[j + 1] + 1, here[j] + 1)
            if i and j and letter == other[j - 1] and word[i - 1] == facing:
                cost = min(cost, before[j - 1] + 1)
            here.append(cost)
        before, row = row, here
        if min(row) > most and min(before) > most:
            return [most + 1] * len(row)
    return row
