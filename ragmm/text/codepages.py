"""Which code page a text is in that is neither Unicode nor ASCII: each is tried, and the one that reads best wins.

A decoded sample reads well when its foreign characters are the frequent letters of the languages that use the code
page. Read in the wrong one, it turns into rare ideographs, capitals in the middle of words, and signs between letters.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

__all__ = ["likely_code_pages"]

_SAMPLE = 4096
_LEAST_SCORE = 0.5
_COMMON, _RARE, _WRONG = 2.0, 0.5, -3.0
_FOREIGN = re.compile(rb"[\x80-\xff]")
_SIGNS = frozenset("«»“”„‘’–—…·•°§€£©®™\u00a0¿¡№、。，：；？！（）「」『』《》・ー　")
_CYRILLIC = "оеаинтсрвлкмдп"
_WESTERN = "éèàäöüßçêôîïñóáíúãåæø¿¡"
_CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäâîß"
# Where two pages read the same text alike, the first one wins.
_LETTERS = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1251": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "cp1253": "αοιετσνηυρπκμλίόάέήύώς",
    "cp1254": "çğıöşü",
    "cp1255": "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "cp1256": "اليمونرتبةعدسفهكق",
    "cp874": "านรอกเงมยลวดทส่้ีัต็ะใ",
    "iso8859_2": _CENTRAL,
    "cp850": _WESTERN,
    "cp866": _CYRILLIC,
}
# The rows of the national standards that hold the characters in daily use.
_ROWS: dict[str, tuple[str, range, str]] = {
    "cp949": ("euc_kr", range(0xB0, 0xC9), ""),
    "gb18030": ("gb2312", range(0xB0, 0xD8), ""),
    "big5": ("big5", range(0xA4, 0xC7), ""),
    "cp932": ("euc_jp", range(0xB0, 0xD0), "kana"),
    "euc_jp": ("euc_jp", range(0xB0, 0xD0), "kana"),
}


def likely_code_pages(data: bytes) -> Iterator[str]:
    """Best first; only those that read like a language."""
    sample = _sample(data)
    scores = {page: _score(sample, page) for page in (*_LETTERS, *_ROWS)}
    ranked = sorted(scores, key=lambda page: -scores[page])
    return (page for page in ranked if scores[page] >= _LEAST_SCORE)


def _sample(data: bytes) -> bytes:
    """Lines with bytes beyond ASCII; whole ones, for a cut between lines cuts no character."""
    taken = bytearray()
    at = 0
    while len(taken) < _SAMPLE and (found := _FOREIGN.search(data, at)):
        start = data.rfind(b"\n", at, found.start()) + 1 or at
        at = data.find(b"\n", found.start()) + 1 or len(data)
        taken += data[start:at][:_SAMPLE]
    return bytes(taken)


def _score(sample: bytes, page: str) -> float:
    """The mean over the foreign bytes; -inf where the sample cannot be decoded."""
    try:
        text = codecs.getincrementaldecoder(page)().decode(sample)
    except UnicodeDecodeError:
        return float("-inf")
    weigh = _letter_weight(page) if page in _LETTERS else _row_weight(page)
    width = 1 if page in _LETTERS else 2
    foreign = [index for index, character in enumerate(text) if character > "\x7f"]
    total = sum(weigh(text[index]) + _misplaced(text, index) for index in foreign)
    return total * width / max(1, sum(byte > 0x7F for byte in sample))


def _letter_weight(page: str) -> Callable[[str], float]:
    common = frozenset(_LETTERS[page])

    def weigh(character: str) -> float:
        if character in common:
            return _COMMON
        if character.lower() in common or character in _SIGNS:
            return 1.0
        return _RARE if character.isalpha() else _WRONG

    return weigh


def _row_weight(page: str) -> Callable[[str], float]:
    standard, rows, kana = _ROWS[page]

    def weigh(character: str) -> float:
        if character in _SIGNS or (kana and "\u3041" <= character <= "\u30ff"):
            return _COMMON
        return _COMMON if _row(character, standard) in rows else -1.0

    return weigh


@lru_cache(maxsize=1 << 14)
def _row(character: str, standard: str) -> int:
    encoded = character.encode(standard, "ignore")
    return encoded[0] if len(encoded) == 2 else 0


def _misplaced(text: str, index: int) -> float:
    """A capital after a small letter, a sign between two letters, or two alphabets in one word."""
    character, before, after = text[index], text[index - 1 : index], text[index + 1 : index + 2]
    if not character.isalpha():
        inside = before.isalpha() and after.isalpha()
        return _WRONG if inside and character not in "’·・ー" else 0.0
    mixed = "\u0370" <= character < "\u1100" and any(near.isalpha() and near < "\x7f" for near in (before, after))
    return _WRONG if mixed or (character.isupper() and before.islower()) else 0.0
