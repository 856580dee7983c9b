"""Writing an ONNX graph: nodes and tensors in, the bytes of a model file out.

Only what the format needs of protocol buffers is spelt here: the `onnx` package would be another 20 MB for it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MICROSOFT", "Graph", "StoredTensor"]

MICROSOFT = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
_OPSET, _IR_VERSION = 17, 8
_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "float16": 10}
_NO_NUMBERS = memoryview(b"")
_Value = int | float | str | Sequence[int]
"""Of an attribute."""


@dataclass(frozen=True, kw_only=True)
class StoredTensor:
    """Where numbers lie in a file beside the graph."""

    file: str
    """Its name alone: whoever runs the graph says in which folder it is."""
    offset: int
    length: int
    dtype: str
    shape: tuple[int, ...]


@dataclass(eq=False)
class Graph:
    """A graph in the making. Every method that adds a node returns the name of what the node puts out."""

    name: str
    inputs: dict[str, tuple[str, tuple[int | str, ...]]]
    """By name: the type of its numbers and its shape; a word stands for a size that is known when it runs."""
    outputs: tuple[str, ...] = ()
    _nodes: list[bytes] = field(default_factory=list)
    _tensors: list[tuple[bytes, memoryview]] = field(default_factory=list)
    """What is said of each, and its numbers: they are many, and copied once."""
    _known: set[str] = field(default_factory=set)

    def node(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: _Value) -> str:
        """Adds an operator; with several outputs, the rest are named after the first, with ".1", ".2" behind it."""
        first = f"n{len(self._nodes)}"
        names = [first, *(f"{first}.{number}" for number in range(1, outputs))]
        fields = [_text(1, name) for name in inputs] + [_text(2, name) for name in names]
        fields += [_text(4, kind), *(_message(5, _attribute(*one)) for one in attributes.items()), _text(7, domain)]
        self._nodes.append(b"".join(fields))
        return first

    def tensor(self, name: str, values: NDArray[Any]) -> str:
        """Adds numbers that the graph holds, once for each name."""
        numbers = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        return self._tensor(name, str(values.dtype), values.shape, _key(9, 2) + _varint(len(numbers)), numbers)

    def stored(self, name: str, part: StoredTensor) -> str:
        """Adds numbers that stay in the file they are in."""
        where = {"location": part.file, "offset": str(part.offset), "length": str(part.length)}
        entries = b"".join(_message(13, _text(1, key) + _text(2, value)) for key, value in where.items())
        return self._tensor(name, part.dtype, part.shape, entries + _number(14, 1))

    def _tensor(
        self, name: str, dtype: str, shape: Sequence[int], data: bytes, numbers: memoryview = _NO_NUMBERS
    ) -> str:
        if name not in self._known:
            self._known.add(name)
            sizes = b"".join(_number(1, size) for size in shape)
            self._tensors.append((sizes + _number(2, _TYPES[dtype]) + _text(8, name) + data, numbers))
        return name

    def numbers(self, *values: int) -> str:
        """A list of whole numbers, as shapes and axes are given."""
        return self.tensor("i" + "_".join(map(str, values)), np.array(values, np.int64))

    def to_bytes(self) -> bytes:
        """The model file."""
        graph: list[bytes | memoryview] = [_message(1, node) for node in self._nodes]
        graph.append(_text(2, self.name))
        for head, numbers in self._tensors:
            graph += (_key(5, 2), _varint(len(head) + len(numbers)), head, numbers)
        graph += [_message(11, _value_info(name, *kind)) for name, kind in self.inputs.items()]
        graph += [_message(12, _text(1, name)) for name in self.outputs]
        opsets = [_text(1, domain) + _number(2, version) for domain, version in (("", _OPSET), (MICROSOFT, 1))]
        length = sum(map(len, graph))
        first = (_number(1, _IR_VERSION), _key(7, 2), _varint(length))
        return b"".join([*first, *graph, *(_message(8, one) for one in opsets)])


def _value_info(name: str, kind: str, shape: Sequence[int | str]) -> bytes:
    sizes = [_text(2, size) if isinstance(size, str) else _number(1, size) for size in shape]
    tensor = _number(1, _TYPES[kind]) + _message(2, b"".join(_message(1, size) for size in sizes))
    return _text(1, name) + _message(2, _message(1, tensor))


def _attribute(name: str, value: _Value) -> bytes:
    head = _text(1, name)
    if isinstance(value, float):
        return head + _key(2, 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, 2)
    if isinstance(value, str):
        return head + _text(4, value) + _number(20, 3)
    return head + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _number(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _message(number: int, payload: bytes) -> bytes:
    return _key(number, 2) + _varint(len(payload)) + payload


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
