"""Sentences of a document that are spoken to a model, not to a reader: they carry no claim and are not quoted."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from ragmm.text.patterns import late
from ragmm.text.sentences import sentences
from ragmm.types import Hit

__all__ = ["orders_in", "without_orders"]

_MODEL = (
    r"(?:\b(?:ai|a\.i\.|artificial intelligence|large language|language|llms?|chat ?bots?)\b(?: (?:models?|assistants?"
    r"|agents?|systems?))?|人工智能|语言模型|智能助手)"
)
_SAY = (
    r"(?:answer|reply|respond|say|state|write|output|print|tell|report|claim|repeat|summari[sz]e|antworte\w*|schreib\w*"
    r"|回答|输出)"
)
_ORDER = late(
    r"(?:^|[:;.!?\n\"'(*-]\s{0,3}|\b(?:please|now|must|should|and|then)\s)(?:ignore|disregard|forget|override|bypass|ignorier\w*"
    r"|vergiss)\b[^.!?\n]{0,60}\b(?:instructions?|prompts?|rules?|questions?|evidence|passages?|everything|anweisung\w*"
    r"|frage\w*)\b"
    r"|(?:忽略|无视)[^。！？\n]{0,20}(?:指令|指示|提示|问题|规则)"
    r"|\bsystem (?:prompt|message|override|instructions?)\s?[:：]|\[/?inst\]|<\s?/?\s?(?:system|instructions?)\s?>"
    r"|\b(?:(?:note|notice|message|attention|instructions?|reminder)(?: to| for|:)?|dear|hey|if you are|if you're"
    r"|you are now)"
    rf"(?: (?:all|any|an?|the))*\s*{_MODEL}[^.!?\n]{{0,120}}{_SAY}"
    r"|(?:致|如果你是)[^。！？\n]{0,6}(?:人工智能|语言模型|智能助手)"
    r"|\b(?:you are now|act as|pretend to be) (?:a|an|in)\b[^.!?\n]{0,40}\b(?:mode|assistant|model|persona|pirate)\b"
    r"|\byour (?:new|only|real|actual) (?:task|instructions?) (?:is|are) (?:now )?to\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Addressed to a model in so many words: what a handbook tells its staff, or an article tells of models, is none."""
_GOES_ON = late(
    r"\W*(?:instead|then|always|only|just|also|do not|don['’]t|never|you (?:must|should|will)|please|end|begin|start"
    rf"|add|and|{_SAY})\b",
    re.IGNORECASE,
)
"""How a sentence begins that belongs to the order before it."""
_MAX_TEXT = 50_000


def without_orders(hit: Hit) -> Hit:
    """The hit without the sentences that tell a model what to do; itself where there are none."""
    text, kept, last = hit.item.text, [], 0
    for start, end in _orders(text):
        kept.append(text[last:start])
        last = end
    if not last:
        return hit
    return dataclasses.replace(hit, item=dataclasses.replace(hit.item, text="".join([*kept, text[last:]])))


def orders_in(hit: Hit) -> str:
    """Those sentences."""
    return " ".join(hit.item.text[start:end] for start, end in _orders(hit.item.text))


def _orders(text: str) -> Iterator[tuple[int, int]]:
    if not _ORDER.search(text[:_MAX_TEXT]):
        return
    ordered = False
    for start, end in sentences(text):
        sentence = text[start:end]
        ordered = bool(_ORDER.search(sentence)) or (ordered and bool(_GOES_ON.match(sentence)))
        if ordered:
            yield start, end
