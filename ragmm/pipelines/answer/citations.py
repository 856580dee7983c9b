"""Finds the statements of a reply and the evidence numbers behind them, in the many shapes models write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragmm.text.inert import inert
from ragmm.text.patterns import late
from ragmm.text.sentences import sentences

__all__ = ["Statement", "parse_reply"]

_MAX_REPLY = 20_000
_MAX_STATEMENTS = 60
_MARK, _END = "\ue000", "\ue001"
_PRIVATE = late(f"[{_MARK}-\uf8ff]")
_THINKING = late(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_DELIMITER = late(r"</?evidence-\w{1,40}>?")
_PREFIX = late(r"\s*(?:\*\*)?(?:answer|final answer|response|答案|回答|答)(?:\*\*)?\s?[:：](?:\*\*)?\s*", re.IGNORECASE)
_NUMBERS = r"\d{1,4}(?:\s{0,2}(?:[,;&、，–-]|and|und|et)\s{0,2}\d{1,4}){0,20}"
_NAMES = "source|evidence|document|doc|passage|image|figure|ref|citation|hit|来源|资料|图"
_WORD = rf"(?:(?:{_NAMES})s?\.?\s{{0,2}}[:#]?\s{{0,2}})?"
_SQUARE = late(
    rf"[\[【〔]\s{{0,2}}\^?{_WORD}({_NUMBERS})\s{{0,2}}(?:\(image\)|†[^\]】〕\n]{{0,80}})?\s{{0,2}}[\]】〕](?:\s?\(image\))?",
    re.IGNORECASE,
)
_ROUND = late(
    rf"[(（]\s{{0,2}}(?:(?:see|siehe|cf\.?|voir|见)\s)?{_WORD}({_NUMBERS})\s{{0,2}}[)）](?=\s*(?:[.!?。！？,;，；)]|$|\n|[A-Z\u3000-\u9fff]))",
    re.IGNORECASE,
)
_NAMED_ROUND = late(
    rf"[(（]\s{{0,2}}(?:source|sources|evidence|来源)s?\.?\s{{0,2}}[:#]?\s{{0,2}}({_NUMBERS})\s{{0,2}}[)）]",
    re.IGNORECASE,
)
_RANGE = late(r"(\d+)\s{0,2}[–-]\s{0,2}(\d+)")
_TOKENS = rf"(?:\s{{0,3}}{_MARK}[\d,]*{_END})+"
_AFTER_STOP = late(rf"""([.!?…]["'”’»)]{{0,3}}|[。！？]["”’」』）]{{0,3}})({_TOKENS})(?=\s*(?:$|\n|[^a-z\s]))""")
_TOKEN = late(rf"\s{{0,3}}{_MARK}([\d,]*){_END}")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One claim of a reply as the model made it."""

    text: str
    """Without its citations, inert."""
    cited: tuple[int, ...]
    """The numbers it names, in order, each once; not yet checked against what was found."""
    marked: str = ""
    """With private-use tokens where its citations stood."""
    lead: str = ""
    """The white space before it, to lay the answer out as the model did."""

    def shown(self, kept: Sequence[int]) -> str:
        """The text with the citations of `kept` in their places as [1][2], those it did not name at its end."""
        placed: set[int] = set()

        def place(match: re.Match[str]) -> str:
            numbers = [number for number in _numbers_of(match) if number in kept and number not in placed]
            placed.update(numbers)
            return " " + _brackets(numbers) if numbers else ""

        text = " ".join(_TOKEN.sub(place, self.marked).split())
        missing = [number for number in kept if number not in placed]
        return f"{text} {_brackets(missing)}" if missing else text


def parse_reply(reply: str, known: frozenset[int]) -> list[Statement]:
    """The statements of a reply in order; a repeated one is taken once.

    Numbers in round brackets count as citations only where nothing stands in square ones, and only `known` ones.
    """
    text = _PRIVATE.sub("", reply[: 2 * _MAX_REPLY])
    text = inert(_DELIMITER.sub("", _THINKING.sub("", text))).strip()[:_MAX_REPLY]
    prefix = _PREFIX.match(text)
    text = text[prefix.end() :] if prefix else text
    text = _AFTER_STOP.sub(r"\2\1", _tokenised(text, known))
    found: dict[str, Statement] = {}
    last = 0
    for start, end in sentences(text):
        statement = _statement(text[start:end], "\n" if "\n" in text[last:start] else " ")
        last = end
        if statement.text or statement.cited:
            _add(found, statement)
        if len(found) == _MAX_STATEMENTS:
            break
    return list(found.values())


def _add(found: dict[str, Statement], statement: Statement) -> None:
    """Citations without words belong to the statement before; words already said are not said again."""
    key = " ".join(statement.text.casefold().split())
    if not any(char.isalnum() for char in key):
        if not found or not statement.cited:
            return
        key, statement = next(reversed(found)), Statement(text="", cited=statement.cited)
    known = found.get(key)
    if known is None:
        found[key] = statement
    else:
        cited = tuple(dict.fromkeys((*known.cited, *statement.cited)))
        found[key] = Statement(text=known.text, cited=cited, marked=known.marked, lead=known.lead)


def _statement(marked: str, lead: str) -> Statement:
    cited = dict.fromkeys(number for match in _TOKEN.finditer(marked) for number in _numbers_of(match))
    return Statement(text=" ".join(_TOKEN.sub("", marked).split()), cited=tuple(cited), marked=marked, lead=lead)


def _numbers_of(token: re.Match[str]) -> list[int]:
    return [int(number) for number in token.group(1).split(",") if number]


def _brackets(numbers: Sequence[int]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def _tokenised(text: str, known: frozenset[int]) -> str:
    """Every citation as one private-use token that the sentence splitter does not trip over."""
    marked, count = _SQUARE.subn(_token, text)
    if count:
        return marked
    marked = _NAMED_ROUND.sub(_token, text)
    return _ROUND.sub(lambda match: _token(match) if set(_expand(match.group(1))) <= known else match.group(), marked)


def _token(match: re.Match[str]) -> str:
    return f"{_MARK}{','.join(str(number) for number in _expand(match.group(1)))}{_END}"


def _expand(numbers: str) -> Iterator[int]:
    """1, 3-5 -> 1 3 4 5; a range of more than 20 is read as its two ends."""
    for part in re.split(r"[,;&、，]|and|und|et", numbers):
        span = _RANGE.fullmatch(part.strip())
        if span and 0 <= int(span.group(2)) - int(span.group(1)) <= 20:
            yield from range(int(span.group(1)), int(span.group(2)) + 1)
        else:
            yield from (int(number) for number in re.findall(r"\d+", part))
