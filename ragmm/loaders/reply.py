"""What a parser worker hands back: JSON lines and numbered asset files.

A reply is a folder with `reply.jsonl` (one item a line, closed by one line saying how it ended) and one file per asset.
The reader believes nothing: counts, sizes, types and the files' heads are checked before the first item is given out.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ragmm.errors import DocumentError, LimitError
from ragmm.isolation.limits import Limits
from ragmm.loaders.asset_file import AssetFile, open_regular, whole
from ragmm.types import Asset, Item, Locator, Modality

__all__ = ["MalformedReplyError", "ParserReply", "ReplyWriter", "read_reply"]

_REPLY = "reply.jsonl"
# JSON escapes can make a text six times longer than it is.
_LINE_FACTOR = 6
_MAX_WARNINGS = 1_000


class MalformedReplyError(DocumentError):
    """A worker ended well but its reply is missing, cut short or not of the agreed form."""


@dataclass(frozen=True, kw_only=True)
class ParserReply:
    """A checked reply; assets are read from the scratch folder only when their item is asked for."""

    loader: str
    media_type: str
    warnings: tuple[str, ...]
    error: tuple[str, str] | None
    """Kind and message, where the loader said that it could not read the document."""
    entries: tuple[tuple[Item, AssetFile | None], ...]

    def items(self) -> Iterator[Item]:
        for item, asset in self.entries:
            yield item if asset is None else replace(item, asset=asset.load())


class ReplyWriter:
    """The worker's end: streams items to disk, and past a limit keeps what it can and says what it left out."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._lines: IO[str] = (folder / _REPLY).open("w", encoding="utf-8", errors="replace")
        self._assets: dict[str, int] = {}
        self._items = self._left_out = self._text_bytes = self._asset_bytes = 0

    def item(self, item: Item) -> None:
        number = self._asset(item.asset)
        size = len(item.text.encode("utf-8", "replace"))
        over = self._items >= self._limits.items or self._text_bytes + size > self._limits.text_bytes
        if over or (number is None and not item.text):
            self._leave_out()
            return
        self._items += 1
        self._text_bytes += size
        self._write({"item": _as_record(item, number)})

    def end(self, *, loader: str, media_type: str, warnings: Sequence[str]) -> None:
        lost = [f"{self._left_out} items or images were left out: the document is over its limits"]
        said = [*warnings[: _MAX_WARNINGS - 1], *(lost if self._left_out else [])]
        self._write({"end": {"loader": loader, "media_type": media_type, "warnings": said, "items": self._items}})
        self._lines.close()

    def error(self, kind: str, message: str) -> None:
        self._write({"error": {"kind": kind, "message": message[:2000]}})
        self._lines.close()

    def _leave_out(self) -> None:
        self._left_out += 1
        if self._left_out > self._limits.items:
            raise LimitError(f"it goes on giving items beyond {self._limits.items:,} and as many again")

    def _write(self, record: Mapping[str, Any]) -> None:
        self._lines.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")

    def _asset(self, asset: Asset | None) -> int | None:
        if asset is None:
            return None
        sha256 = asset.sha256
        if sha256 in self._assets:
            return self._assets[sha256]
        room = self._limits.asset_bytes - self._asset_bytes
        if len(self._assets) >= self._limits.assets or len(asset.data) > room:
            self._leave_out()
            return None
        number = self._assets[sha256] = len(self._assets)
        self._asset_bytes += len(asset.data)
        (self._folder / str(number)).write_bytes(asset.data)
        return number


def _as_record(item: Item, number: int | None) -> dict[str, Any]:
    where = item.locator
    record: dict[str, Any] = {
        "modality": str(item.modality),
        "text": item.text,
        "context": item.context,
        "page": where.page,
        "box": where.box,
        "section": where.section,
        "start": where.start,
        "end": where.end,
        "time": where.time,
        "metadata": dict(item.metadata),
    }
    if number is not None and item.asset is not None:
        asset = item.asset
        record["asset"] = [number, asset.media_type, asset.width, asset.height, asset.duration]
    return {key: value for key, value in record.items() if value not in (None, "", (), {})}


def read_reply(folder: Path, limits: Limits) -> ParserReply:
    """Check a whole reply. Raises MalformedReplyError, or LimitError where it is larger than allowed."""
    reader = _ReplyReader(folder, limits)
    try:
        return reader.read()
    except (ValueError, TypeError, KeyError, OSError, RecursionError) as error:
        raise MalformedReplyError(
            f"the parser's reply cannot be used (line {reader.line}: {error}); the document is not indexed"
        ) from error


class _ReplyReader:
    """Reads one reply, adding up what it uses."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.line = 0
        self._folder = folder
        self._limits = limits
        self._entries: list[tuple[Item, AssetFile | None]] = []
        self._files: dict[Path, AssetFile] = {}
        self._text_bytes = self._asset_bytes = 0

    def read(self) -> ParserReply:
        with open_regular(self._folder / _REPLY) as lines:
            if os.fstat(lines.fileno()).st_size > self._limits.text_bytes * _LINE_FACTOR:
                raise LimitError("the parser's reply is far larger than the text that one document may give")
            for record in self._records(lines):
                if "item" in record:
                    self._add(record["item"])
                elif lines.read(1):
                    raise ValueError("there is more after its end")
                elif "error" in record:
                    kind, message = str(record["error"]["kind"]), str(record["error"]["message"])
                    return self._ended({}, error=(kind, message[:2000]))
                else:
                    return self._ended(record["end"], error=None)
        raise ValueError("it stops before its end")

    def _records(self, lines: IO[bytes]) -> Iterator[dict[str, Any]]:
        for line in lines:
            self.line += 1
            if not line.endswith(b"\n"):
                raise ValueError("a line is cut short")
            yield _decode(line)

    def _add(self, record: Any) -> None:
        item = _as_item(record)
        self._text_bytes += len(item.text.encode()) + len(item.context.encode())
        if len(self._entries) >= self._limits.items or self._text_bytes > 2 * self._limits.text_bytes:
            raise LimitError(
                f"the document gives more than {self._limits.items:,} items "
                f"or {self._limits.text_bytes:,} bytes of text"
            )
        self._entries.append((item, self._asset(record.get("asset"))))

    def _asset(self, named: Any) -> AssetFile | None:
        if named is None:
            return None
        asset = AssetFile.from_record(self._folder, named)
        if (known := self._files.setdefault(asset.path, asset)) is asset:
            self._asset_bytes += asset.check()
            self._check_assets()
        elif known != asset:
            raise ValueError(f"file {asset.path.name} is said to be two things")
        return asset

    def _check_assets(self) -> None:
        if len(self._files) > self._limits.assets or self._asset_bytes > self._limits.asset_bytes:
            raise LimitError(
                f"the document gives more than {self._limits.assets:,} images "
                f"or {self._limits.asset_bytes:,} bytes of images"
            )

    def _ended(self, end: Mapping[str, Any], error: tuple[str, str] | None) -> ParserReply:
        if error is None and end["items"] != len(self._entries):
            raise ValueError(f"{end['items']} items announced, {len(self._entries)} found")
        return ParserReply(
            loader=str(end.get("loader", "")),
            media_type=str(end.get("media_type", "")),
            warnings=tuple(str(said)[:2000] for said in end.get("warnings", ())[:_MAX_WARNINGS]),
            error=error,
            entries=tuple(self._entries),
        )


def _decode(line: bytes) -> dict[str, Any]:
    record = json.loads(line.decode("utf-8"))
    if not isinstance(record, dict):
        raise TypeError("a line is not an object")
    if b"\\u" in line:
        # Half a surrogate pair can be written as an escape and would break whoever stores the text.
        json.dumps(record, ensure_ascii=False).encode("utf-8")
    return record


def _as_item(record: Any) -> Item:
    texts = [record.get("text", ""), record.get("context", ""), *record.get("section", ())]
    metadata = record.get("metadata", {})
    if not all(isinstance(text, str) for text in texts) or not isinstance(metadata, dict):
        raise TypeError("an item's text, context, section or metadata is of the wrong type")
    return Item(
        modality=Modality(record["modality"]),
        text=texts[0],
        context=texts[1],
        locator=_as_locator(record, tuple(texts[2:])),
        metadata=metadata,
    )


def _as_locator(record: Mapping[str, Any], section: tuple[str, ...]) -> Locator:
    box, time = _numbers(record.get("box"), 4), _numbers(record.get("time"), 2)
    start, end = record.get("start"), record.get("end")
    return Locator(
        page=None if record.get("page") is None else whole(record["page"]),
        box=None if box is None else (box[0], box[1], box[2], box[3]),
        section=section,
        start=None if start is None else whole(start),
        end=None if end is None else whole(end),
        time=None if time is None else (time[0], time[1]),
    )


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    if value is None:
        return None
    numbers = tuple(float(number) for number in value)
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{str(value)[:80]} is not {count} finite numbers")
    return numbers
