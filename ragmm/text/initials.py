"""Names and their initials: "load factor" in a question, "L/F (%)" over a column, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ragmm.text.patterns import late
from ragmm.text.stop_words import STOPWORDS

__all__ = ["Initials", "initials_of"]

_LETTERS = late(r"(?<![\w/.&])[A-Z](?:[/.&]?[A-Z]){1,4}(?![\w/&])\.?")
_WORD = late(r"[^\W\d_]+")
_JOINTS = str.maketrans("", "", "/.&")
_MOST_WORDS, _LONGEST = 40, 200
_LEAST, _MOST = 2, 5


@dataclass(frozen=True, kw_only=True)
class Initials:
    """What a question says in initials, and what of it may be written so."""

    names: Mapping[str, str]
    """By initials, the words of the question."""
    letters: frozenset[str]
    """Initials in the question."""

    def beside(self, text: str) -> str:
        """A text with the question's words beside their initials, and with its initials beside their words."""
        if not (self.names or self.letters) or len(text) > _LONGEST:
            return text
        said = [name for name in map(self.names.get, _in_letters(text)) if name]
        said += [found for run in _runs(text) if (found := _letters(run)) in self.letters] if self.letters else []
        return " ".join([text, *dict.fromkeys(said)])


@lru_cache(maxsize=64)
def initials_of(question: str) -> Initials:
    """Of a question; asked for again with each table."""
    names = {_letters(run): " ".join(run) for run in _runs(question)}
    return Initials(names=names, letters=frozenset(_in_letters(question)))


def _in_letters(text: str) -> Iterator[str]:
    return (found[0].translate(_JOINTS) for found in _LETTERS.finditer(text))


def _runs(text: str) -> Iterator[Sequence[str]]:
    """Neighbouring words that may be a name: it neither begins nor ends with a word that only binds."""
    words = [found[0] for found in _WORD.finditer(text)][:_MOST_WORDS]
    for start in range(len(words)):
        for end in range(start + _LEAST, min(start + _MOST, len(words)) + 1):
            run = words[start:end]
            if not any(word.lower() in STOPWORDS or len(word) < _LEAST for word in (run[0], run[-1])):
                yield run


def _letters(run: Sequence[str]) -> str:
    return "".join(word[0] for word in run if word.lower() not in STOPWORDS).upper()
