"""Which scripts a model can read, by the vocabulary of its tokenizer.

A vector is made of any text, also of one in a script that the model never learnt: an English model spells Chinese out
in a few hundred characters and unknown tokens, and its cosines then mean nothing. Searches trust such a vector less.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

__all__ = ["LATIN", "ReadsScripts", "known_scripts", "script_share"]

LATIN: Final = frozenset({"LATIN"})
_WHOLE = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
"""Written in characters that say as much as a word, or a syllable, each."""
_EAST_ASIAN: Final = "CJK"
_FEWEST_CHARACTERS = 2_000
"""Tokens of East Asian characters: an English vocabulary has some 700, one for Chinese alone 7,000."""
_FEWEST_WORDS = 300
"""Tokens of at least three letters of an alphabet: without them a word is only spelt."""


@runtime_checkable
class ReadsScripts(Protocol):
    """An embedder that knows which scripts it can read; one that does not say reads all."""

    def scripts(self) -> frozenset[str]:
        """As in the names of Unicode characters: LATIN, CYRILLIC, CJK (with kana and Hangul) …; empty: not known."""
        ...


def script_share(embedder: object, text: str) -> float:
    """The share of a text's letters that the embedder can read, from 0 to 1."""
    scripts = Counter(_script(letter) for letter in text if letter.isalpha())
    foreign = sum(scripts.values()) - scripts["LATIN"]
    if not foreign or not isinstance(embedder, ReadsScripts):
        return 1.0
    known = embedder.scripts()
    if not known:
        return 1.0
    return sum(count for script, count in scripts.items() if script in known) / sum(scripts.values())


@cache
def known_scripts(folder: Path) -> frozenset[str]:
    """Read from the folder's tokenizer.json; empty where there is none."""
    file = folder / "tokenizer.json"
    if not file.is_file():
        return frozenset()
    found: Counter[str] = Counter()
    for token in _vocabulary(json.loads(file.read_text(encoding="utf-8"))):
        letters = [letter for letter in token if letter.isalpha()]
        scripts = {_script(letter) for letter in letters}
        if len(scripts) == 1 and (len(letters) >= 3 or _EAST_ASIAN in scripts):
            found.update(scripts)
    return frozenset(
        script
        for script, tokens in found.items()
        if tokens >= (_FEWEST_CHARACTERS if script == _EAST_ASIAN else _FEWEST_WORDS)
    )


def _vocabulary(tokenizer: dict[str, object]) -> Iterator[str]:
    """Every token as text. A byte-level vocabulary spells its tokens in stand-ins for bytes."""
    model = tokenizer.get("model")
    given = model.get("vocab", ()) if isinstance(model, dict) else ()
    tokens: Iterable[str] = given if isinstance(given, dict) else (entry[0] for entry in given)
    byte_level = '"ByteLevel"' in json.dumps([tokenizer.get("pre_tokenizer"), tokenizer.get("decoder")])
    return map(_from_bytes, tokens) if byte_level else iter(tokens)


def _from_bytes(token: str) -> str:
    if token.isascii():
        return token
    stand_ins = _byte_stand_ins()
    return bytes(stand_ins[mark] for mark in token if mark in stand_ins).decode("utf-8", "ignore")


@cache
def _byte_stand_ins() -> dict[str, int]:
    """GPT-2's: printable Latin-1 characters stand for themselves, the other bytes for those from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(plain)]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


@lru_cache(maxsize=65_536)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ", 1)[0]
    return _EAST_ASIAN if name in _WHOLE else name
