"""A question and a passage as numbers: pieces, own characters, matches between the two, shapes of words.

Training, evaluation and the runtime share this file; it knows no torch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

CLS, SEP = 101, 102
MATCHES, SHAPES = 24, 16
"""Rows of the two tables of features."""

_STOP_WORDS = (
    "a an the of in on at to for from by with and or is was are were be been did do does has have had"
    " what which who whom whose when where why how many much that this these those it its as into than"
    " then there their his her he she they about after before between during i you we my your our can"
    " could will would should may might not no any some all me tell give please . , ; : ? ! ' \" ( ) [ ] {"
    " } / \\ -"
    " – — … “ ” ‘ ’ 的 了 是 在 和 与 與 及 有 为 為 于 於 之 个 個 这 這 那 哪 什 么 麼"
    " 何 谁 誰 多 少 几 幾 吗 嗎 呢 以 及 其 中 上 下 ， 。 ？ ！ 、 ： ； （ ） 《 》 「 」 “"
    " ”"
)
_STOP = frozenset(_STOP_WORDS.split())
_YEAR = re.compile(r"1\d{3}|20\d{2}|2100")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "ly", "s", "e", "y")


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text in pieces: ids of the vocabulary and of own characters, words, and where each piece stands."""

    text: str
    ids: list[int]
    own: list[int]
    offsets: list[tuple[int, int]]
    words: list[int]
    """Of each piece, the number of its word."""
    keys: list[str]
    """Of each word, its folded form."""
    shapes: list[int]
    """Of each word."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What the model reads. All lists are of one length, `first` is the first piece of the passage."""

    ids: list[int]
    own: list[int]
    kinds: list[int]
    matches: list[int]
    shapes: list[int]
    first: int
    prefix: int
    """Pieces of the passage that belong to what stands before it (file name, headings)."""
    offsets: list[tuple[int, int]]
    """Of the passage's pieces, in its text."""


def beginning(text: Text, most: int) -> Text:
    """The first so many of a text's pieces."""
    return replace(text, ids=text.ids[:most], own=text.own[:most], offsets=text.offsets[:most], words=text.words[:most])


def open_tokenizer(path: str) -> Tokenizer:
    """A tokenizer that neither cuts nor fills up."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(path)
    found.no_truncation()
    found.no_padding()
    return found


def read_texts(tokenizer: Tokenizer, own: Mapping[str, int], texts: Sequence[str]) -> list[Text]:
    """Texts in pieces, without special ones."""
    return [
        _read(one, text, own)
        for one, text in zip(tokenizer.encode_batch(list(texts), add_special_tokens=False), texts, strict=True)
    ]


def _read(encoding: Encoding, text: str, own: Mapping[str, int]) -> Text:
    offsets: list[tuple[int, int]] = encoding.offsets
    words: list[int] = []
    spans: list[tuple[int, int]] = []
    last = None
    for number, span in zip(encoding.word_ids, offsets, strict=True):
        if number != last or not spans:
            spans.append(span)
            last = number
        else:
            spans[-1] = (spans[-1][0], span[1])
        words.append(len(spans) - 1)
    found = [text[start:end] for start, end in spans]
    return Text(
        text=text,
        ids=encoding.ids,
        own=[own.get(text[start:end], 0) for start, end in offsets],
        offsets=offsets,
        words=words,
        keys=[fold(word) for word in found],
        shapes=[_shape(word) for word in found],
    )


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """Lower case, without accents."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)) or word


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A word without its commonest ending, for comparing."""
    if len(word) < 4 or not word.isalpha() or not word.isascii():
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=200_000)
def _shape(word: str) -> int:
    if word.isdigit():
        return 3 if _YEAR.fullmatch(word) else 4
    if any(letter.isdigit() for letter in word):
        return 5
    if not any(letter.isalpha() for letter in word):
        return 6
    if word.isupper():
        return 2 if len(word) > 1 else 1
    return 1 if word[0].isupper() else 0


@lru_cache(maxsize=50_000)
def is_cjk(word: str) -> bool:
    """Whether it is one ideograph."""
    return len(word) == 1 and "㐀" <= word <= "鿿"


def pair(question: Text, passage: Text, *, prefix: int = 0, most: int = 384) -> Pair:
    """`prefix`: characters before the passage proper; `most`: pieces in all, the passage's end is cut."""
    asked, said = _matches(question, passage)
    room = max(8, most - len(question.ids) - 3)
    ids, words = passage.ids[:room], passage.words[:room]
    ahead = sum(1 for _, end in passage.offsets[:room] if end <= prefix) if prefix else 0
    shapes = [passage.shapes[word] for word in words]
    shapes[:ahead] = [shape + 8 for shape in shapes[:ahead]]
    return Pair(
        ids=[CLS, *question.ids, SEP, *ids, SEP],
        own=[0, *question.own, 0, *passage.own[:room], 0],
        kinds=[0] * (len(question.ids) + 2) + [1] * (len(ids) + 1),
        matches=[0, *(asked[word] for word in question.words), 0, *(said[word] for word in words), 0],
        shapes=[7, *(question.shapes[word] for word in question.words), 7, *shapes, 7],
        first=len(question.ids) + 2,
        prefix=ahead,
        offsets=passage.offsets[:room],
    )


def _matches(question: Text, passage: Text) -> tuple[list[int], list[int]]:
    """Of each word of the question and of the passage, how it stands in the other."""
    return (
        [_asked(*one) for one in _compared(question.keys, question.shapes, passage.keys)],
        [_said(*one) for one in _compared(passage.keys, passage.shapes, question.keys)],
    )


def _compared(keys: list[str], shapes: list[int], others: list[str]) -> list[tuple[str, int, bool, bool, bool]]:
    """Each word, its shape, whether it stands in the others, whether a form of it does, whether with a neighbour."""
    known, stems = set(others), {stem(word) for word in others}
    twos = set(pairwise(others))
    found = []
    for place, (key, shape) in enumerate(zip(keys, shapes, strict=True)):
        here = key in known
        beside = here and (
            (place > 0 and (keys[place - 1], key) in twos) or (place + 1 < len(keys) and (key, keys[place + 1]) in twos)
        )
        found.append((key, shape, here, here or stem(key) in stems, beside))
    return found


def _said(key: str, shape: int, here: bool, form: bool, beside: bool) -> int:
    number = 3 <= shape <= 5
    if is_cjk(key):
        return 7 if beside else (6 if here and key not in _STOP else 0)
    if number:
        return 2 if here else 9
    if key in _STOP or shape == 6:
        return 1 if here else 0
    if here:
        return 5 if beside else 3
    return 4 if form else 0


def _asked(key: str, shape: int, here: bool, form: bool, beside: bool) -> int:
    if is_cjk(key):
        return 17 if beside else (18 if here else 19)
    if 3 <= shape <= 5:
        return 14 if here else 15
    if key in _STOP or shape == 6:
        return 10
    if here:
        return 20 if beside else 11
    if form:
        return 12
    return 16 if shape in (1, 2) else 13
