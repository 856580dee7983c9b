"""Makes text harmless to show: no terminal escapes, no hidden characters, no live link or image, no markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ragmm.text.patterns import late

__all__ = ["inert", "inert_stream", "without_controls", "without_surrogates"]

_ESCAPES = late(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?"  # OSC, DCS, SOS, PM, APC
    "|\x1b[ -/]*[0-~]?"
)
# Bidirectional overrides, zero-width characters and tags hide or reorder text; joiners stay, scripts need them.
_HIDDEN = late(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_BREAKS = late("\r\n?|[\u2028\u2029]")
_LINK = late(r"(!?)\[([^\[\]]{0,500})\]\([^)\n]{0,2000}\)")
_DEFINITION = late(r"^[ \t>]{0,20}\[[^\[\]\n]{1,200}\]:[ \t]*\S[^\n]*$", re.MULTILINE)
_TAGS = (
    "a|abbr|area|article|audio|b|base|blockquote|body|br|button|canvas|center|code|div|em|embed|font|footer|form|frame|frameset|h[1-6]|"
    "head|header|hr|html|i|iframe|image|img|input|ins|label|li|link|map|marquee|math|meta|nav|noscript|object|ol|option|p|param|picture|"
    "pre|script|section|select|small|source|span|strong|style|sub|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|"
    "u|ul|use|video"
)
_CLOSED_TAG = late(rf"</?(?:{_TAGS})(?=[\s/>])[^<>]*>|<!--.{{0,4000}}?-->|<!\[?\w*", re.IGNORECASE | re.DOTALL)
_OPEN_TAG = late(rf"</?(?:{_TAGS})(?=[\s/>])", re.IGNORECASE)
_SCHEME = late(
    r"(?:[a-z][a-z0-9+.-]{1,20}:)?//+(?=\S)|\b(?:javascript|vbscript|livescript):|\bdata:(?=\w{1,20}/)|\bwww\.(?=\w)",
    re.IGNORECASE,
)


def without_controls(text: str) -> str:
    """The text without terminal escapes, control, hidden and reordering characters; line breaks become newlines."""
    return _HIDDEN.sub("", _BREAKS.sub("\n", _ESCAPES.sub("", text)))


def inert(text: str) -> str:
    """The text as plain reading: links keep their words, images their alt text, addresses lose what makes them live."""
    clean = without_controls(text)
    for _ in range(4):  # an image inside a link needs a second round
        unlinked = _LINK.sub(_words_of_link, clean)
        if unlinked == clean:
            break
        clean = unlinked
    clean = _DEFINITION.sub("", clean)
    clean = _OPEN_TAG.sub("", _CLOSED_TAG.sub("", clean))
    # Removing one scheme may join the parts of another, so what is left of any "://" goes in the end.
    return _SCHEME.sub("", clean).replace("://", " ")


def inert_stream(chunks: Iterable[str]) -> Iterator[str]:
    """The same over text that arrives in pieces: a piece is held back until nothing in it can still become a link."""
    held = ""
    for chunk in chunks:
        held += chunk
        cut = _safe_cut(held)
        if cut:
            yield inert(held[:cut])
            held = held[cut:]
    if held:
        yield inert(held)


def _safe_cut(text: str) -> int:
    """Up to where a text may be shown: before the last word, and before anything opened and not closed."""
    if len(text) > 4000:
        return len(text)
    ends = [text.rfind(" "), text.rfind("\n")]
    cut = max(ends) + 1
    for opening, closing in (("[", ")"), ("<", ">"), ("\x1b", "\n")):
        start = text.rfind(opening, 0, cut)
        if start >= 0 and text.find(closing, start, cut) < 0 and not _settled(text, start, cut):
            cut = text.find(opening) if opening == "[" else start
    return max(cut, 0)


def _settled(text: str, start: int, cut: int) -> bool:
    """Whether a bracket is a finished "[1]": closed, and not followed by what would make it a link."""
    close = text.find("]", start, cut)
    return text[start] == "[" and close >= 0 and text[close + 1 : close + 2] not in {"", "(", "["}


def _words_of_link(match: re.Match[str]) -> str:
    label = match.group(2)
    return f"[{label}]" if label.strip().isdigit() and not match.group(1) else label


def without_surrogates(text: str) -> str:
    """Halves of surrogate pairs, which no tokenizer takes, joined where they belong together and else replaced."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
