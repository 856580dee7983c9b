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
    """Edits from the whole of one to each beginning of the other, those above `most` as one more.

    Beginnings whose lengths differ by more than `most` are that far apart: nothing is counted there.
    """
    size, beyond = len(other), most + 1
    before: list[int] = []
    row = [min(at, beyond) for at in range(size + 1)]
    for i, letter in enumerate(word):
        here = [beyond] * (size + 1)
        here[0] = min(i + 1, beyond)
        least = here[0]
        for j in range(max(0, i - most), min(size, i + beyond)):
            cost = row[j] if letter == other[j] else min(row[j], row[j + 1], here[j]) + 1
            if i and j and letter == other[j - 1] and word[i - 1] == other[j]:
                cost = min(cost, before[j - 1] + 1)
            here[j + 1] = cost if cost < beyond else beyond
            least = min(least, cost)
        if least > most and min(row) > most:
            return [beyond] * (size + 1)
        before, row = row, here
    return row
