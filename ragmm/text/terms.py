"""Words and numbers of any script, folded so that a question and its evidence can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from ragmm.text.patterns import late
from ragmm.text.stop_words import LATIN_LANGUAGES, STOPWORDS

__all__ = [
    "canonical_number",
    "content_terms",
    "fold",
    "has_number",
    "language",
    "numbers",
    "overlap_coefficient",
    "terms",
]

# Scripts written without spaces (CJK, kana, Hangul, Thai, Lao, Burmese, Khmer) are compared by pairs of characters.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
# Vowel signs of the Indic scripts, Hebrew and Arabic are marks, not letters: without them words would fall apart.
_MARKS = "\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_TOKEN = late(
    rf"(?P<number>\d+(?:[.,]\d+)*)|(?P<unspaced>[{_UNSPACED}]+|[\U00020000-\U0003ffff]+)|(?P<word>(?:[^\W\d_{_UNSPACED}]|[{_MARKS}])+)"
)
_ACCENTS = late("[\u0300-\u036f]+")
_THOUSANDS = late(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_EUROPEAN = late(r"\d{1,3}(?:\.\d{3})+,\d+|\d+,\d+")
_HIRAGANA = late(r"[\u3040-\u309f]+")

# Characters of Chinese that ask or bind; a question is cut at them, so that no pair straddles two words.
_BINDING = frozenset("的了在是和与及或吗呢么什哪些谁几为被把于从到对而也就都这那其之个請请问問個與嗎為於從對這")
_ASKING = late("什么|什麼|多少|哪些|哪里|哪裡|哪个|哪年|为什么|為什麼|怎么|怎样|如何|何时|何時|何地|时候|時候")


def fold(text: str) -> str:
    """Lower case, compatibility forms unified, Latin accents dropped."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))


def terms(text: str) -> Iterator[str]:
    """Every comparable unit of a text: stemmed words, canonical numbers, characters and pairs of unspaced scripts."""
    for match in _TOKEN.finditer(fold(text)):
        token = match.group()
        if match.lastgroup == "number":
            yield canonical_number(token)
        elif match.lastgroup == "word":
            yield _stem(token)
        else:
            yield from token
            yield from _pairs(token)


def content_terms(question: str) -> list[str]:
    """The terms of a question that its answer should share, without words that only ask; in order, each once."""
    found = list(dict.fromkeys(_content(fold(question))))
    telling = [term for term in found if not _HIRAGANA.fullmatch(term)]
    return telling or found or list(dict.fromkeys(terms(question)))


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text in canonical form: 1,234.50 and 1234.5 are one."""
    return frozenset(canonical_number(m.group()) for m in _TOKEN.finditer(fold(text)) if m.lastgroup == "number")


def has_number(text: str) -> bool:
    """Whether a text holds a digit of any script, or a Chinese numeral before a measure."""
    return any(char.isdigit() for char in text) or bool(
        re.search("[一二三四五六七八九十百千万两][年月日个名位人次种座条]", text)
    )


def language(text: str) -> str:
    """A script ("CJK", "HANGUL", "CYRILLIC" …), or for Latin letters a language code; "" where it cannot be told."""
    sample = text[:2000]
    scripts = Counter(unicodedata.name(char, "").split(" ")[0] for char in sample if char.isalpha())
    if not scripts:
        return ""
    if any(scripts[kana] for kana in ("HIRAGANA", "KATAKANA")):
        return "KANA"
    (script, count), *_ = scripts.most_common(1)
    if script != "LATIN":
        return script if 2 * count > scripts.total() else ""
    words = re.findall(r"\w+", sample.casefold())
    votes = Counter({code: sum(word in known for word in words) for code, known in LATIN_LANGUAGES.items()})
    (best, most), (_, second) = votes.most_common(2)
    return best if most >= 2 and most > second else ""


def overlap_coefficient(left: frozenset[str], right: frozenset[str]) -> float:
    """Share of the smaller set that the other one has."""
    smaller = min(len(left), len(right))
    return len(left & right) / smaller if smaller else 0.0


_FOLDED_STOPWORDS = frozenset(fold(word) for word in STOPWORDS)


def canonical_number(token: str) -> str:
    """Digits of any script without thousands separators, superfluous zeros or a decimal comma."""
    ascii_digits = "".join(char if char in ".," else str(unicodedata.digit(char, 0)) for char in token)
    if _THOUSANDS.fullmatch(ascii_digits):
        ascii_digits = ascii_digits.replace(",", "")
    elif _EUROPEAN.fullmatch(ascii_digits):
        ascii_digits = ascii_digits.replace(".", "").replace(",", ".")
    whole, point, fraction = ascii_digits.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (point + fraction if fraction else "")


def _content(folded: str) -> Iterator[str]:
    for match in _TOKEN.finditer(folded):
        token = match.group()
        if match.lastgroup == "number":
            yield canonical_number(token)
        elif match.lastgroup == "word":
            if token not in _FOLDED_STOPWORDS and (len(token) > 1 or not token.isascii()):
                yield _stem(token)
        else:
            yield from _unbound(token)


def _unbound(run: str) -> Iterator[str]:
    """Pairs inside the stretches of an unspaced run that lie between asking and binding characters."""
    cut = "".join(" " if char in _BINDING else char for char in _ASKING.sub(" ", run))
    for stretch in cut.split():
        if len(stretch) == 1:
            yield stretch
        yield from _pairs(stretch)


def _pairs(run: str) -> Iterator[str]:
    for left, right in pairwise(run):
        yield left + right


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    """A light English stem: plural, -ed, -ing and the final e go; words of other languages lose little."""
    if not word.isascii() or len(word) < 4:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
