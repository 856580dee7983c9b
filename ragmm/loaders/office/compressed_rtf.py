"""The compressed RTF in which Outlook keeps the bodies of its messages (MS-OXRTFCP)."""

from __future__ import annotations

import struct

from ragmm.errors import DocumentError, LimitError

__all__ = ["unpacked"]

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_LARGEST = 64 << 20
_BEGINNING = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What every packed text may refer to without saying it."""


def unpacked(data: bytes, name: str) -> bytes:
    """The RTF text. Raises DocumentError where it is damaged, LimitError where it unfolds to too much."""
    if len(data) < 16:
        raise DocumentError(f"the body of {name} is cut short")
    _, size, kind, _ = struct.unpack_from("<4I", data)
    if size > _LARGEST:
        raise LimitError(f"the body of {name} declares {size:,} bytes; at most {_LARGEST:,} are read")
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED:
        raise DocumentError(f"the body of {name} is packed in a way that is not known")
    return bytes(_tokens(data[16:], size))[:size]


def _tokens(packed: bytes, size: int) -> bytearray:
    """Bytes as they are, and references into the last 4096 of them; eight of either behind each byte of flags."""
    window = bytearray(_BEGINNING.ljust(_WINDOW, b"\0"))
    at, write, out = 0, len(_BEGINNING), bytearray()
    while at < len(packed) and len(out) < size:
        flags, at = packed[at], at + 1
        for bit in range(8):
            if at >= len(packed):
                return out
            if not flags >> bit & 1:
                found, at = packed[at : at + 1], at + 1
            else:
                reference, at = int.from_bytes(packed[at : at + 2], "big"), at + 2
                start, length = reference >> 4, (reference & 15) + 2
                if start == write:
                    return out  # where a reference to what comes next is the end
                found = b""
                for step in range(length):
                    one = window[(start + step) % _WINDOW : (start + step) % _WINDOW + 1]
                    window[(write + step) % _WINDOW] = one[0]
                    found += one
            for byte in found:
                window[write] = byte
                write = (write + 1) % _WINDOW
            out += found
    return out
