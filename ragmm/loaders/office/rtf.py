"""Rich Text Format, read in one pass without recursion: text, headings, lists, tables, notes and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.office.structures import PartKind, Structure, figure, heading, one_line, paragraph, table

__all__ = ["rtf_file_parts", "rtf_parts"]

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z\r\n])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\[\r\n]?"
)
_MAX_DEPTH = 500
_SYMBOLS = {
    "tab": "\t",
    "line": "\n",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emspace": " ",
    "enspace": " ",
    "softline": "\n",
    "nestcell": " ",
    "nestrow": "\n",
}
_SIGNS = {b"~": "\u00a0", b"_": "-", b"-": "", b"\\": "\\", b"{": "{", b"}": "}"}
# Groups that hold no text of the document; \* marks all others that an old reader may pass over.
_SKIPPED = frozenset(
    [
        *("fonttbl", "colortbl", "stylesheet", "listtable", "listoverridetable", "rsidtbl", "generator"),
        *("xmlnstbl", "mmathPr", "themedata", "colorschememapping", "latentstyles", "datastore", "filetbl"),
        *("revtbl", "private", "nonshppict", "pntext", "listtext", "fldinst", "bkmkstart", "bkmkend", "objclass"),
        *("objdata", "objname", "datafield", "xe", "tc", "pgptbl", "template", "operator", "category", "manager"),
        *("hlinkbase", "company", "doccomm", "nonesttables", "userprops", "wgrffmtfilter", "formfield", "blipuid"),
        *("picprop",),
    ]
)
_INFO = {"title": "title", "author": "author", "subject": "subject", "keywords": "keywords"}
_KEPT_STARRED = frozenset(("shppict", "shpinst", "shptxt", "footnote", "annotation"))
_NOTES = frozenset(("footnote", "annotation"))
_CHARSETS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258"}
_MORE_CHARSETS = {177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _State:
    """What holds within one group."""

    skip: bool = False
    target: str = "text"
    """"text", "fonttbl", "pict" or a property's name."""
    font: int = -1
    unicode_skip: int = 1
    hidden: bool = False


@dataclass(kw_only=True)
class _Paragraph:
    outline: int | None = None
    listed: bool = False
    in_table: bool = False


@dataclass(kw_only=True)
class _RtfReader:
    """The document while it is read."""

    codepage: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    picture: bytearray = field(default_factory=bytearray)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    form: _Paragraph = field(default_factory=_Paragraph)
    parts: list[Structure] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    """Notes of the present paragraph."""
    to_skip: int = 0
    starred: bool = False
    current_font: int = -1

    def feed(self, data: bytes, name: str) -> None:
        at = 0
        while (token := _TOKEN.match(data, at)) is not None:
            word, number, coded, sign, brace, plain = token.groups()
            at = token.end()
            if word == b"bin":  # raw bytes follow, which may look like anything
                at += max(0, int(number or 0))
            elif brace:
                self._brace(brace, name)
            elif word:
                self._flush_raw()
                self._word(word.decode("ascii"), int(number) if number else None)
            elif coded:
                self._byte(int(coded, 16))
            elif sign:
                self._sign(sign)
            elif plain:
                self._plain(plain)
        self._end_paragraph()
        self._end_table()

    def _brace(self, brace: bytes, name: str) -> None:
        self._flush_raw()
        self.starred = False
        if brace == b"{":
            if len(self.stack) >= _MAX_DEPTH:
                raise LimitError(f"{name} has groups nested more than {_MAX_DEPTH} deep; it is not read")
            self.stack.append(self.state)
            return
        closed, self.state = self.state, self.stack.pop() if self.stack else _State()
        if closed.target == "pict" and self.state.target != "pict":
            self._end_picture()
        elif closed.target in _NOTES and self.state.target not in _NOTES:
            self._end_note()

    def _word(self, word: str, number: int | None) -> None:
        if self.starred and word not in _KEPT_STARRED:
            self.state = replace(self.state, skip=True)
        self.starred = False
        if word in _SKIPPED and word != "fonttbl":
            self.state = replace(self.state, skip=True)
        elif word in ("fonttbl", "pict", *_INFO, *_NOTES):
            self._enter(word)
        elif not self.state.skip:
            self._document_word(word, number)
        elif word in ("f", "fcharset") and self.state.target == "fonttbl":
            self._font_word(word, number or 0)

    def _enter(self, target: str) -> None:
        if target in _NOTES:
            self.behind.append("".join(self.text))
            self.text.clear()
        self.state = replace(self.state, target=target, skip=self.state.skip or target == "fonttbl")

    def _font_word(self, word: str, number: int) -> None:
        if word == "f":
            self.current_font = number
        else:
            charset = _CHARSETS.get(number) or _MORE_CHARSETS.get(number)
            if charset:
                self.fonts[self.current_font] = charset

    def _document_word(self, word: str, number: int | None) -> None:
        match word:
            case "par" | "sect" | "page":
                self._end_paragraph()
            case "cell":
                self.cells.append(self._taken_text())
            case "row":
                self.rows.append(self.cells)
                self.cells = []
            case "pard":
                self.form = _Paragraph()
            case "intbl":
                self.form.in_table = True
            case "outlinelevel":
                self.form.outline = number
            case "ls" | "pn":
                self.form.listed = True
            case _:
                self._character_word(word, number)

    def _character_word(self, word: str, number: int | None) -> None:
        match word:
            case "u" if number is not None:
                self.text.append(chr(number % 65536))
                self.to_skip = self.state.unicode_skip
            case "uc":
                self.state = replace(self.state, unicode_skip=max(0, min(number or 0, 10)))
            case "f":
                self.state = replace(self.state, font=number or 0)
            case "plain":
                self.state = replace(self.state, font=-1, hidden=False)
            case "v":
                self.state = replace(self.state, hidden=number != 0)
            case "ansicpg" if number:
                self.codepage = f"cp{number}"
            case _ if word in _SYMBOLS:
                self._put(_SYMBOLS[word])

    def _byte(self, value: int) -> None:
        if self.to_skip:
            self.to_skip -= 1
        elif not self.state.skip:
            self.raw.append(value)

    def _sign(self, sign: bytes) -> None:
        self._flush_raw()
        if sign == b"*":
            self.starred = True
        elif self.to_skip:
            self.to_skip -= 1
        else:
            self._put(_SIGNS.get(sign, ""))

    def _plain(self, data: bytes) -> None:
        self.starred = False
        if self.to_skip:
            skipped = min(self.to_skip, len(data))
            self.to_skip -= skipped
            data = data[skipped:]
        if self.state.target == "pict":
            self.picture += data
        elif not self.state.skip:
            self.raw += data

    def _flush_raw(self) -> None:
        if self.raw:
            encoding = self.fonts.get(self.state.font, self.codepage)
            try:
                text = self.raw.decode(encoding, "replace")
            except LookupError:
                text = self.raw.decode("cp1252", "replace")
            self.raw.clear()
            self._put(text)

    def _put(self, text: str) -> None:
        if self.state.skip or self.state.hidden:
            return
        if self.state.target in _INFO:
            self.properties[self.state.target] = self.properties.get(self.state.target, "") + text
        elif self.state.target != "pict":
            self.text.append(text)

    def _taken_text(self) -> str:
        self._flush_raw()
        text = "".join(self.text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self.text.clear()
        return text.strip()

    def _end_paragraph(self) -> None:
        if self.form.in_table:
            self.text.append("\n")
            return
        text = self._taken_text()
        self._end_table()
        if text:
            self.parts.append(self._part(text))

    def _part(self, text: str) -> Structure:
        if self.form.outline is not None and self.form.outline < 9:
            return heading(text, self.form.outline + 1)
        if self.form.listed:
            return Structure(kind=PartKind.LIST_ITEM, text=one_line(text))
        return paragraph(text)

    def _end_table(self) -> None:
        if self.cells:
            self.rows.append(self.cells)
            self.cells = []
        if self.rows:
            self.parts.append(table(self.rows))
            self.rows = []

    def _end_note(self) -> None:
        note = self._taken_text()
        if self.behind:
            self.text.append(self.behind.pop())
        if note:
            self.text.append(f" [{note}]")

    def _end_picture(self) -> None:
        digits = bytes(self.picture).translate(None, b" \t\r\n")
        self.picture.clear()
        try:
            data = bytes.fromhex(digits.decode("ascii"))
        except ValueError:
            return
        if data and not self.state.skip:
            self.parts.append(figure(data))


def rtf_parts(data: bytes, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The document's properties and its parts."""
    if not data.startswith(b"{\\rtf"):
        raise DocumentError(f"{name} is no RTF file: it begins {data[:8]!r}")
    reader = _RtfReader()
    reader.feed(data, name)
    properties = {_INFO[key]: one_line(value) for key, value in reader.properties.items() if value.strip()}
    return properties, iter(reader.parts)


def rtf_file_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    return rtf_parts(file.read_bytes(), name)
