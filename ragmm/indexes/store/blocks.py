"""Immutable files: blocks of vectors (.npy, one commit and space) and packs of assets (.pack, one commit).

A block is a plain NumPy file of unit rows, float32 or float16. It is read through a memory map and never copied whole.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError
from ragmm.indexes import fsio
from ragmm.types import Asset

__all__ = [
    "DIRECTORY",
    "PackedAsset",
    "VectorBlock",
    "open_block",
    "read_asset",
    "write_block",
    "write_pack",
]

DIRECTORY = "blocks"


@dataclass(frozen=True, kw_only=True)
class VectorBlock:
    """One file of vectors as the database names it."""

    id: int
    space: int
    kind: str
    sha256: str
    size: int
    ids: NDArray[np.int64]

    @property
    def file(self) -> str:
        return f"{self.sha256}.npy"


@dataclass(frozen=True, kw_only=True)
class PackedAsset:
    """Where an asset lies in a pack."""

    sha256: bytes
    offset: int
    asset: Asset


def write_block(directory: Path, chunks: Iterable[NDArray[Any]], shape: tuple[int, int], dtype: str) -> fsio.Sealed:
    """Seal chunks of rows, in order, as one block. Chunks may be memory maps: they are streamed, not loaded."""
    return fsio.publish(directory, ".npy", _block_bytes(chunks, shape, dtype), "block")


def _block_bytes(chunks: Iterable[NDArray[Any]], shape: tuple[int, int], dtype: str) -> Iterator[bytes | memoryview]:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.dtype(dtype).newbyteorder("<").str, "fortran_order": False, "shape": shape}
    )
    yield header.getvalue()
    for chunk in chunks:
        yield np.ascontiguousarray(chunk, dtype=dtype).data.cast("B")


def open_block(directory: Path, block: VectorBlock, dim: int) -> NDArray[Any]:
    """The block's rows as a read-only memory map, its size and shape checked. Shape: (n, dim)."""
    path = directory / block.file
    try:
        size = path.stat().st_size
        if size != block.size:
            raise DamagedError(_damage(path, f"{size:,} bytes where {block.size:,} were sealed"))
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise DamagedError(_damage(path, "the file is missing")) from None
    except (ValueError, OSError) as error:
        raise DamagedError(_damage(path, str(error))) from error
    if rows.shape != (len(block.ids), dim):
        raise DamagedError(_damage(path, f"shape {rows.shape} where ({len(block.ids)}, {dim}) was sealed"))
    return np.asarray(rows)


def _damage(path: Path, what: str) -> str:
    return f"{path}: {what}; run: ragmm repair (it restores the file from the collection's own content)"


def write_pack(directory: Path, assets: Iterable[Asset]) -> tuple[fsio.Sealed, list[PackedAsset]]:
    """Seal assets one after the other in one file."""
    placed: list[PackedAsset] = []
    offset = 0
    for asset in assets:
        placed.append(PackedAsset(sha256=bytes.fromhex(asset.sha256), offset=offset, asset=asset))
        offset += len(asset.data)
    return fsio.publish(directory, ".pack", (one.asset.data for one in placed), "pack"), placed


def read_asset(path: Path, offset: int, size: int, sha256: bytes) -> bytes:
    """An asset's bytes, checked against its name."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(size)
    except FileNotFoundError:
        raise DamagedError(_damage(path, "the file is missing")) from None
    if hashlib.sha256(data).digest() != sha256:
        raise DamagedError(_damage(path, f"the image at byte {offset:,} does not match its checksum"))
    return data
