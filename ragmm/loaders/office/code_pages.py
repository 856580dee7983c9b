"""The code pages of Outlook messages, which are often stated wrongly: what is read then is what the bytes are."""

from __future__ import annotations

import codecs
import contextlib
from typing import Any

__all__ = ["forgiving"]

_OURS = "ragmm_outlook_"
_UNKNOWN = "unknown"
_FIELDS = ("_str_prop_encoding", "body_encoding")
"""The library decodes a message's texts, and its body, by these names."""
_SEVEN_BITS = ("iso_2022", "csiso2022", "hz", "utf_7")
"""How code pages begin whose texts are bytes below 128 alone, and so UTF-8 of something else."""
_MOST_DAMAGED = 50
"""Of so many letters one may be none in the stated code page."""


def forgiving(message: Any) -> None:
    """Have the library read a message by what its bytes are, where the stated code page does not fit or is missing."""
    strings, body = (_stated(message.properties, field) for field in _FIELDS)
    # Latin 9 is what the library takes where nothing is stated.
    strings = strings if strings not in (_UNKNOWN, "iso_8859_15") else body
    for owner in (message, *message.recipients, *message.attachments):
        known = vars(owner.properties)
        known.update(zip(_FIELDS, (_OURS + strings, _OURS + body), strict=True))


def _stated(properties: Any, field: str) -> str:
    try:
        return str(getattr(properties, field, _UNKNOWN)).replace("-", "_").lower()
    except Exception:  # noqa: BLE001 -- the library's own errors at code pages that it does not know
        return _UNKNOWN


def read_text(data: bytes, stated: str) -> str:
    """UTF-8 where it is that, else as stated but for a few bytes, else as most of the West writes."""
    for name in (*([stated] if stated.startswith(_SEVEN_BITS) else ()), "utf-8"):
        with contextlib.suppress(LookupError, UnicodeDecodeError):
            return data.decode(name)
    # Windows' own name for a code page and Python's.
    for name in (stated, stated.replace("windows_", "cp")):
        with contextlib.suppress(LookupError):
            text = data.decode(name, "replace")
            if text.count("\ufffd") * _MOST_DAMAGED <= len(text):
                return text
    return data.decode("cp1252", "replace")


def _codec(name: str) -> codecs.CodecInfo | None:
    """Found by the standard library where a text is decoded by a name that begins with ours."""
    if not name.startswith(_OURS):
        return None
    stated = name.removeprefix(_OURS)

    def encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
        return text.encode("utf-8", errors), len(text)

    def decode(data: Any, errors: str = "strict") -> tuple[str, int]:  # noqa: ARG001
        return read_text(bytes(data), stated), len(data)

    return codecs.CodecInfo(name=name, encode=encode, decode=decode)


codecs.register(_codec)
