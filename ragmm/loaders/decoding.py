"""From bytes to text: which encoding a file is in, and whether it is text at all."""

from __future__ import annotations

import codecs
import warnings
from dataclasses import dataclass
from pathlib import Path

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.base import DocumentWarning, Probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.text.codepages import likely_code_pages
from ragmm.text.names import display_name

__all__ = ["Decoded", "decode", "looks_binary", "read_text"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16 LE, hence before it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(code for code in range(32) if code not in b"\b\t\n\v\f\r\x1b")
_SAMPLE = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A file's text and how it was read."""

    text: str
    encoding: str
    replaced: int = 0
    """Undecodable bytes that became U+FFFD."""

    def facts(self) -> dict[str, str | int]:
        """What is worth keeping in an item's metadata; nothing for plain UTF-8."""
        known: dict[str, str | int] = {} if self.encoding.startswith("utf-8") else {"encoding": self.encoding}
        return known | ({"undecodable": self.replaced} if self.replaced else {})


def read_text(file: Path, probe: Probe, settings: LoaderSettings) -> Decoded:
    """The text of a file that holds more than white space."""
    name = display_name(probe.name)
    if probe.size > settings.max_text_bytes:
        raise LimitError(
            f"{name} has {probe.size:,} bytes of text; at most {settings.max_text_bytes:,} are read "
            "(loaders.max_text_bytes)"
        )
    decoded = decode(file.read_bytes(), name)
    if decoded.replaced:
        damaged = f"{name} is {decoded.encoding} with {decoded.replaced} damaged characters, shown as U+FFFD"
        warnings.warn(DocumentWarning(damaged), stacklevel=2)
    if not decoded.text.strip("\ufeff \t\r\n\f\v\x00"):
        raise DocumentError(f"{name} holds no text, only white space ({probe.size:,} bytes); there is nothing to index")
    return decoded


def decode(data: bytes, name: str) -> Decoded:
    """By byte order mark, else UTF-16 by its zero bytes, else UTF-8, else the likeliest code page."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode_as(data, encoding)
    wide = _wide_encoding(data)
    if wide:
        return _decode_as(data, wide)
    if looks_binary(data[:_SAMPLE]) or b"\0" in data:
        raise DocumentError(
            f"{name} is not text: it contains {_seen(data)}; give the file its true extension, or remove it"
        )
    try:
        return Decoded(text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError:
        return _mostly_utf8(data) or _by_code_page(data)


def looks_binary(head: bytes) -> bool:
    """Whether bytes hold what no text holds: zero bytes outside UTF-16 and UTF-32, or many control characters."""
    if any(head.startswith(mark) for mark, _ in _BOMS) or _wide_encoding(head):
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return b"\0" in head or controls * 50 > len(head)


def _decode_as(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    # U+FFFD may stand in the file itself: it counts as replaced only where strict decoding fails.
    replaced = 0 if _is_valid(data, encoding) else max(1, text.count("\ufffd"))
    return Decoded(text=text, encoding=encoding, replaced=replaced)


def _is_valid(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: text in Latin script has a zero in every second byte."""
    sample = data[: _SAMPLE & ~1]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    half = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd * 10 > half * 4 and even * 50 < half:
        return "utf-16-le"
    return "utf-16-be" if even * 10 > half * 4 and odd * 50 < half else None


def _mostly_utf8(data: bytes) -> Decoded | None:
    """A few damaged bytes do not make UTF-8 another encoding."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    foreign = len(text) - len(text.encode("ascii", "ignore")) - damaged
    return Decoded(text=text, encoding="utf-8", replaced=damaged) if foreign >= 4 * damaged else None


def _by_code_page(data: bytes) -> Decoded:
    for encoding in (*likely_code_pages(data), "cp1252"):
        if _is_valid(data, encoding):
            return Decoded(text=data.decode(encoding), encoding=encoding)
    return Decoded(text=data.decode("latin-1"), encoding="latin-1")


def _seen(data: bytes) -> str:
    zero = data.find(b"\0")
    return f"a zero byte at offset {zero}" if zero >= 0 else f"control characters, beginning {data[:8]!r}"
