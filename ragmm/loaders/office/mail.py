"""Mails: the headers, the body as a page or as text, and the attachments as documents of their own."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from mimetypes import guess_extension
from pathlib import Path
from typing import Any, cast

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.decoding import decode
from ragmm.loaders.office.code_pages import forgiving
from ragmm.loaders.office.compressed_rtf import unpacked
from ragmm.loaders.office.html import decode_html, html_parts
from ragmm.loaders.office.rtf import rtf_parts
from ragmm.loaders.office.structures import Structure, attachment, one_line, paragraph

__all__ = ["eml_parts", "mbox_parts", "msg_parts", "plain_parts"]

_SHOWN = ("From", "To", "Cc", "Bcc", "Date", "Subject")
_RTF_BODY = 0x1009
"""Outlook's number for the body of a message that was written with formatting and is kept in no other way."""
_MAX_DEPTH = 50
_MAX_HEADER = 2_000
_LONGEST_SOURCE = 8_000
# What the standard parser of headers raises at what is no header.
_UNPARSED = (ValueError, IndexError, AttributeError, TypeError, LookupError, RecursionError)


class _Policy(email.policy.EmailPolicy):
    """The standard policy with headers of bounded length: parsing them takes time that grows with its square."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_SOURCE]


@dataclass(kw_only=True)
class _Letter:
    """A mail taken apart."""

    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[tuple[str, str]] = field(default_factory=list)
    """("html" | "plain", text)."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    """By content id."""
    attached: list[tuple[str, bytes]] = field(default_factory=list)

    def properties(self) -> dict[str, str]:
        facts = {
            "title": self.headers.get("Subject", ""),
            "author": self.headers.get("From", ""),
            "created": _iso(self.headers.get("Date", "")),
        }
        return {key: value for key, value in facts.items() if value}

    def parts(self, name: str) -> Iterator[Structure]:
        head = "\n".join(f"{key}: {value}" for key, value in self.headers.items())
        if head:
            yield paragraph(head, role="mail header")
        for kind, text in self.bodies:
            yield from html_parts(text, name, self._picture)[1] if kind == "html" else plain_parts(text)
        yield from (attachment(data, attached) for attached, data in self.attached)

    def _picture(self, address: str) -> bytes | None:
        return self.pictures.get(address.removeprefix("cid:")) if address.startswith("cid:") else None


def eml_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The mail's properties (subject as title, sender as author, date) and its parts."""
    return _message_parts(file.read_bytes(), name)


def mbox_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """Every mail of a mailbox file, as an attached document."""
    stem = Path(name).stem
    return {}, (attachment(data, f"{stem}-{n}.eml") for n, data in enumerate(_mbox_messages(file.read_bytes()), 1))


def _message_parts(data: bytes, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    letter = _Letter()
    try:
        message = cast(EmailMessage, BytesParser(EmailMessage, policy=_Policy()).parsebytes(data))
        letter.headers = {key: text for key in _SHOWN if (text := _header(message, key))}
        _collect(message, letter, 0)
    except RecursionError as error:
        raise LimitError(f"{name} is nested too deeply for a mail; it is not read") from error
    if not (letter.headers or letter.bodies or letter.attached):
        raise DocumentError(f"{name} holds neither mail headers nor a body; there is nothing to index")
    return letter.properties(), letter.parts(name)


def _mbox_messages(data: bytes) -> Iterator[bytes]:
    starts = [0] if data.startswith(b"From ") else []
    at = data.find(b"\nFrom ")
    while at >= 0:
        starts.append(at + 1)
        at = data.find(b"\nFrom ", at + 1)
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield data[data.find(b"\n", start) + 1 : end]


def _header(message: EmailMessage, key: str) -> str:
    """A header decoded; as it stands where the parser chokes on it."""
    try:
        value = message.get(key)
    except _UNPARSED:
        value = next((raw for raw_key, raw in message.raw_items() if raw_key.lower() == key.lower()), None)
    return one_line(str(value or "").encode("utf-8", "replace").decode("utf-8"))[:_MAX_HEADER]


def _collect(part: MIMEPart, letter: _Letter, depth: int) -> None:
    if depth > _MAX_DEPTH:
        return
    kind = part.get_content_type()
    if kind == "message/rfc822":
        _attach_mail(part, letter)
    elif kind == "multipart/alternative":
        _collect_best(part, letter, depth)
    elif part.is_multipart():
        for child in part.iter_parts():
            _collect(child, letter, depth + 1)
    elif (
        kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment" and not _file_name(part)
    ):
        letter.bodies.append((kind.removeprefix("text/"), _text(part, kind)))
    else:
        _attach(part, kind, letter)


def _collect_best(part: MIMEPart, letter: _Letter, depth: int) -> None:
    """One of the alternatives for the body: the richest that is read; anything else in it is kept."""
    kinds = {child.get_content_type(): child for child in part.iter_parts()}
    rich = next(
        (kind for kind in ("multipart/related", "multipart/mixed", "text/html", "text/plain") if kind in kinds), ""
    )
    for kind, child in kinds.items():
        if kind == rich or not kind.startswith(("text/", "multipart/")):
            _collect(child, letter, depth + 1)


def _attach_mail(part: MIMEPart, letter: _Letter) -> None:
    inner = part.get_payload()
    message = inner[0] if isinstance(inner, list) and inner else None
    if isinstance(message, EmailMessage):
        subject = _header(message, "Subject")
        letter.attached.append((f"{subject or 'mail'}.eml", message.as_bytes(policy=email.policy.SMTP)))


def _attach(part: MIMEPart, kind: str, letter: _Letter) -> None:
    data = _payload(part)
    content_id = (part.get("Content-ID") or "").strip().strip("<>")
    if content_id and kind.startswith("image/"):
        letter.pictures[content_id] = data
        if any(f"cid:{content_id}" in text for _, text in letter.bodies):
            return
    name = _file_name(part) or f"attachment-{len(letter.attached) + 1}{guess_extension(kind) or ''}"
    if data:
        letter.attached.append((name, data))


def _file_name(part: MIMEPart) -> str:
    try:
        return one_line(str(part.get_filename() or ""))[:200]
    except _UNPARSED:
        return ""


def _payload(part: MIMEPart) -> bytes:
    payload: Any = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: MIMEPart, kind: str) -> str:
    data = _payload(part)
    charset = part.get_content_charset()
    if charset:
        try:
            return data.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong statement is common; the content decides
    if not data.strip():
        return ""
    return decode_html(data, "the body") if kind == "text/html" else decode(data, "the body").text


def plain_parts(text: str) -> Iterator[Structure]:
    """Paragraphs between blank lines."""
    for block in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        if block.strip():
            yield paragraph(block)


def _iso(date: str) -> str:
    try:
        return parsedate_to_datetime(date).isoformat()
    except (ValueError, TypeError, IndexError):
        return date


def msg_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """An Outlook message."""
    from oxmsg import Message

    message = Message.load(str(file))
    forgiving(message)
    sent = message.sent_date
    letter = _Letter(
        headers=_outlook_headers(message, sent),
        bodies=_outlook_bodies(message, name),
        attached=[
            (one_line(one.file_name or f"attachment-{number}"), one.file_bytes)
            for number, one in enumerate(message.attachments, 1)
            if one.file_bytes
        ],
    )
    return letter.properties(), letter.parts(name)


def _outlook_headers(message: Any, sent: datetime | None) -> dict[str, str]:
    to = ", ".join(f"{one.name} <{one.email_address}>" for one in message.recipients)
    stated = {key: message.message_headers.get(key, "") for key in ("To", "Cc")}
    headers = {
        "From": message.sender or "",
        "To": stated["To"] or to,
        "Cc": stated["Cc"],
        "Date": sent.isoformat() if sent else "",
        "Subject": message.subject,
    }
    return {key: one_line(value)[:_MAX_HEADER] for key, value in headers.items() if value.strip()}


def _outlook_bodies(message: Any, name: str) -> list[tuple[str, str]]:
    html, plain = message.html_body, message.body
    if html and html.strip():
        return [("html", html)]
    if plain and plain.strip():
        return [("plain", plain)]
    packed = message.properties.binary_prop_value(_RTF_BODY)
    if not packed:
        return []
    parts = rtf_parts(unpacked(packed, name), name)[1]
    return [("plain", "\n\n".join(part.text for part in parts if part.text))]
