"""Folders of NumPy files: clip-retrieval's beside Parquet metadata, and any beside items in JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DocumentError, UsageError
from ragmm.exchange.exporting import ABOUT
from ragmm.exchange.foreign import Foreign, ForeignItem, json_object, page_number, plain_facts
from ragmm.optional import require
from ragmm.types import Modality

__all__ = ["CLIP_RETRIEVAL", "clip_retrieval", "npy_folder"]

CLIP_RETRIEVAL: Final = ("img_emb", "text_emb")
_NUMBER = re.compile(r"(\d+)(?=\.\w+\Z)")


def clip_retrieval(folder: Path) -> Foreign:
    """The pictures with their captions; where only texts were embedded, the captions."""
    require("pyarrow", "reading clip-retrieval's metadata")
    of_pictures = (folder / CLIP_RETRIEVAL[0]).is_dir()
    rows = _rows(_numbered(folder / CLIP_RETRIEVAL[0 if of_pictures else 1], "*.npy"))
    facts = [row for file in _numbered(folder / "metadata", "*.parquet") for row in _parquet_rows(file)]
    items = [_clip_item(row, folder, of_pictures) for row in facts]
    return Foreign.of("clip-retrieval", items, rows, folder)


def _clip_item(row: Mapping[str, Any], folder: Path, of_pictures: bool) -> ForeignItem:
    caption = row["caption"] if isinstance(row.get("caption"), str) else ""
    path = next((row[name] for name in ("image_path", "url", "key") if isinstance(row.get(name), str)), folder.name)
    facts = plain_facts((name, value) for name, value in row.items() if name not in {"image_path", "caption"})
    return ForeignItem(
        source=path,
        text=caption,
        embedded="" if of_pictures else caption,
        modality=Modality.PHOTO if of_pictures else Modality.PASSAGE,
        picture=folder / path if of_pictures else None,
        metadata={**facts, "caption": caption} if caption and of_pictures else facts,
    )


def npy_folder(folder: Path, model: str) -> Foreign:
    """*.npy in the order of their names, and beside them one *.jsonl: an item a line, as many as there are rows.

    Where several spaces were exported, those of the model that is named.
    """
    (lines, *others), about = _listed(folder, "*.jsonl"), _about(folder)
    if others:
        raise DocumentError(f"{folder} holds several *.jsonl; the items must be in one")
    read = list(_json_lines(lines))
    items = [_npy_item(row, folder) for row in read]
    if not about:
        return Foreign.of("npy", items, _rows(_listed(folder, "*.npy")), folder)
    space = _space(about, model, folder)
    rows = _rows([folder / f"{space}.npy"])
    places = np.array([row.get("rows", {}).get(space, -1) for row in read], np.int64)
    if len(places) and (places.max() >= len(rows) or places.min() < -1):
        raise DocumentError(f"{lines} names row {int(places.max()):,} of the {len(rows):,} in {space}.npy")
    return Foreign(form="npy", folder=folder, items=items, rows=rows, places=places, model=about[space])


def _space(about: Mapping[str, str], model: str, folder: Path) -> str:
    found = [space for space, name in about.items() if not model or name == model]
    if len(found) != 1:
        held = ", ".join(f"{name} ({space})" for space, name in about.items())
        raise UsageError(f"{folder} holds vectors of {held}; name one of these models")
    return found[0]


def _npy_item(row: Mapping[str, Any], folder: Path) -> ForeignItem:
    text, context = (row[name] if isinstance(row.get(name), str) else "" for name in ("text", "context"))
    source = next((row[name] for name in ("path", "uri", "source") if isinstance(row.get(name), str)), folder.name)
    kind = row.get("modality", Modality.PHOTO if "image" in row else Modality.PASSAGE)
    if kind not in set(Modality):
        raise DocumentError(f"{folder}: an item has the modality {kind!r}; it is one of: {', '.join(Modality)}")
    section = row.get("section") or ()
    return ForeignItem(
        source=source,
        text=text,
        context=context,
        embedded=f"{context}\n{text}" if context and text else text,
        modality=Modality(kind),
        page=row["page"] if isinstance(row.get("page"), int) else page_number(row.get("metadata") or {}),
        section=tuple(str(part) for part in section) if isinstance(section, list) else (),
        picture=folder / row["image"] if isinstance(row.get("image"), str) else None,
        metadata=plain_facts((row.get("metadata") or {}).items()),
    )


def _about(folder: Path) -> dict[str, str]:
    """The models of an export, by space; nothing for a folder of another program."""
    if not (folder / ABOUT).is_file():
        return {}
    models = json_object(folder / ABOUT).get("models")
    if not isinstance(models, dict) or not all(re.fullmatch(r"[\w-]+", str(space)) for space in models):
        raise DocumentError(f"{folder / ABOUT} does not say which models there are")
    return {str(space): str(name) for space, name in models.items()}


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DocumentError(f"{file}, line {number}: this is no object")
                yield row
    except (OSError, ValueError, RecursionError) as error:
        raise DocumentError(f"{file}: the items cannot be read: {error}") from error


def _parquet_rows(file: Path) -> list[dict[str, Any]]:
    from pyarrow import ArrowException, parquet

    try:
        rows: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
    except (ArrowException, OSError) as error:
        raise DocumentError(f"{file} is no Parquet file that can be read: {error}") from error
    return rows


def _rows(files: Sequence[Path]) -> NDArray[Any]:
    """One below the other; a single file stays where it is. Shape: (n, dim)."""
    try:
        parts = [np.load(file, mmap_mode="r", allow_pickle=False) for file in files]
    except (OSError, ValueError, EOFError) as error:
        raise DocumentError(f"{files[0].parent}: the vectors cannot be read: {error}") from error
    if len({part.shape[1:] for part in parts}) > 1 or parts[0].ndim != 2 or parts[0].dtype.kind != "f":
        shapes = ", ".join(f"{part.shape} {part.dtype}" for part in parts[:4])
        raise DocumentError(f"{files[0].parent}: the files hold {shapes}; each must be (items, dimension) of floats")
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _listed(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    if not found:
        raise DocumentError(f"{folder} holds no {pattern}")
    return found


def _numbered(folder: Path, pattern: str) -> list[Path]:
    """In the order of the numbers at the end of their names."""
    return sorted(_listed(folder, pattern), key=lambda file: [int(one) for one in _NUMBER.findall(file.name)])
