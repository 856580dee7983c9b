"""Old binary presentations: the text of each slide and its notes, read from the record stream."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.loaders.office.ole import read_streams
from ragmm.loaders.office.structures import Structure, heading, paragraph

__all__ = ["ppt_parts", "presentation_parts"]

_STREAM, _USER = "PowerPoint Document", "Current User"
_ENCRYPTED_TOKEN = 0xF3D1C4DF
_CONTAINER = 0xF
_TITLES = (0, 6)
_MAX_RECORDS = 2_000_000


class _SlideRecord:
    """The record types that say where text stands."""

    SLIDE = 0x03EE
    NOTES = 0x03F0
    SLIDE_START = 0x03F3
    MASTER = 0x03F8
    TEXT_KIND = 0x0F9F
    WIDE_TEXT = 0x0FA0
    NARROW_TEXT = 0x0FA8
    SLIDE_LIST = 0x0FF0
    ENCRYPTION = 0x2F14


@dataclass(kw_only=True)
class _Deck:
    """Text by slide number."""

    titles: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    notes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    listed: int = 0
    drawn: int = 0
    noted: int = 0
    place: str = ""
    kind: int = -1

    def take(self, record: int, instance: int, data: bytes) -> None:
        """One record, in the order of the stream."""
        match record:
            case _SlideRecord.SLIDE_LIST:
                self.place = "list" if instance == 0 else ""
            case _SlideRecord.SLIDE:
                self.drawn, self.place = self.drawn + 1, "slide"
            case _SlideRecord.NOTES:
                self.noted, self.place = self.noted + 1, "notes"
            case _SlideRecord.MASTER:
                self.place = ""
            case _SlideRecord.SLIDE_START if self.place == "list":
                self.listed += 1
            case _SlideRecord.TEXT_KIND if len(data) >= 4:
                self.kind = struct.unpack_from("<I", data)[0]
            case _SlideRecord.WIDE_TEXT | _SlideRecord.NARROW_TEXT:
                self._text(data.decode("utf-16-le" if record == _SlideRecord.WIDE_TEXT else "latin-1", "replace"))

    def _text(self, text: str) -> None:
        shown = text.replace("\r", "\n").replace("\x0b", "\n").strip()
        number = {"list": self.listed, "slide": self.drawn, "notes": self.noted}.get(self.place, 0)
        if not shown or not number:
            return
        if self.place == "notes":
            self.notes[number].append(shown)
        elif self.kind in _TITLES:
            self.titles[number].append(shown)
        else:
            self.texts[number].append(shown)

    def parts(self) -> Iterator[Structure]:
        for number in sorted({*self.titles, *self.texts, *self.notes}):
            for title in dict.fromkeys(self.titles[number]):
                yield heading(title, 1, number)
            for text in dict.fromkeys(self.texts[number]):
                yield from (paragraph(line, number) for line in text.split("\n") if line.strip())
            for text in dict.fromkeys(self.notes[number]):
                yield paragraph(text, number, notes=True)


def ppt_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """No properties, and the presentation's parts, slide by slide."""
    streams = read_streams(file, name, (_STREAM, _USER))
    return {}, presentation_parts(streams, name)


def presentation_parts(streams: Mapping[str, bytes], name: str) -> Iterator[Structure]:
    """The parts of a presentation whose streams are given by their names."""
    stream, user = streams.get(_STREAM, b""), streams.get(_USER, b"")
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED_TOKEN:
        raise DocumentError(f"{name} is protected by a password; save it without one to have it read")
    deck = _Deck()
    for record, instance, data in _records(stream, name):
        if record == _SlideRecord.ENCRYPTION:
            raise DocumentError(f"{name} is protected by a password; save it without one to have it read")
        deck.take(record, instance, data)
    return deck.parts()


def _records(stream: bytes, name: str) -> Iterator[tuple[int, int, bytes]]:
    """(type, instance, content) of every record; containers come before what they hold, without content."""
    at = count = 0
    while at + 8 <= len(stream):
        head, record, length = struct.unpack_from("<HHI", stream, at)
        at += 8
        count += 1
        if count > _MAX_RECORDS:
            raise DocumentError(f"{name} holds more than {_MAX_RECORDS:,} records; it is not read")
        if head & 0xF == _CONTAINER:
            yield record, head >> 4, b""
        else:
            yield record, head >> 4, stream[at : at + length]
            at += length
