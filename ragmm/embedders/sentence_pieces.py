"""A SentencePiece model's file as a tokenizer: its pieces with their scores, and how it cleans a text."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ragmm.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["piece_tokenizer"]

_PIECES, _NORMALIZER, _CHARACTERS = 1, 3, 2
_TEXT, _SCORE, _KIND = 1, 2, 3
_NORMAL: Final = 1
_NEVER: Final = -1e6
"""The score of what stands for no text: beginnings, ends, controls."""
Value = int | bytes


def piece_tokenizer(file: Path) -> Tokenizer:
    """Raises ModelError where the file is no such model."""
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import Unigram

    try:
        pieces, characters = _parts(file.read_bytes())
        tokenizer = Tokenizer(Unigram(pieces, unk_id=0))
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise ModelError(
            f"{file} is no SentencePiece model ({error}); fetch it again: ragmm models pull multilingual"
        ) from error
    clean = [normalizers.Replace(Regex(" {2,}"), " "), normalizers.Strip()]
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(characters), *clean] if characters else clean)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


def _parts(data: bytes) -> tuple[list[tuple[str, float]], bytes]:
    """The pieces with their scores, and the table of characters that are written otherwise."""
    pieces: list[tuple[str, float]] = []
    characters = b""
    for number, value in _fields(data):
        if number == _PIECES and isinstance(value, bytes):
            pieces.append(_piece(value))
        elif number == _NORMALIZER and isinstance(value, bytes):
            characters = next((one for at, one in _fields(value) if at == _CHARACTERS and isinstance(one, bytes)), b"")
    if not pieces:
        raise ValueError("it has no pieces")
    return pieces, characters


def _piece(data: bytes) -> tuple[str, float]:
    text, score, kind = "", 0.0, _NORMAL
    for number, value in _fields(data):
        if number == _TEXT and isinstance(value, bytes):
            text = value.decode("utf-8")
        elif number == _SCORE and isinstance(value, bytes):
            score = struct.unpack("<f", value)[0]
        elif number == _KIND and isinstance(value, int):
            kind = value
    return text, score if kind == _NORMAL else _NEVER


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of a protocol buffer: numbers as numbers, all else as bytes."""
    place = 0
    while place < len(data):
        key, place = _number(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _number(data, place)
            yield key >> 3, value
            continue
        if kind == 2:
            length, place = _number(data, place)
        elif kind in {1, 5}:
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        if place + length > len(data):
            raise ValueError("it is cut short")
        yield key >> 3, data[place : place + length]
        place += length


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
        shift += 7
