"""What a store says and is told: plain values that every store shares."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError, ModelMismatchError
from ragmm.types import Modality, ModelInfo, Role

__all__ = [
    "Built",
    "CachedCaption",
    "Collected",
    "Erased",
    "Failed",
    "Folder",
    "GenerationInfo",
    "HeldWords",
    "Ids",
    "ItemPlace",
    "Known",
    "NamedDocument",
    "NearWord",
    "Problem",
    "RepairReport",
    "Retention",
    "RunRow",
    "Seen",
    "Space",
    "StagedVector",
    "Stamp",
    "Stretch",
    "Strikes",
    "UnfinishedPurge",
    "VerifyReport",
    "pack_rows",
]

Ids = NDArray[np.int64]
_DEATHS = 3
_CUTS = 5


@dataclass(frozen=True, kw_only=True)
class Space:
    """A route's vectors: which model made them and how they are kept."""

    id: int
    name: str
    model: str
    revision: str
    fingerprint: str
    dim: int
    dtype: str

    def check_model(self, info: ModelInfo, folder: Path, role: Role = Role.DOCUMENT) -> None:
        """A space takes rows of the model that built it alone; it is asked with that one or one that shares it."""
        known = {info.fingerprint} | (info.shares if role is Role.QUERY else frozenset())
        if self.fingerprint in known and self.dim == info.dim:
            return
        same = self.model == info.name
        raise ModelMismatchError(
            f"{folder}: the space {self.name!r} was built with {self.model} ({self.dim}-d, fingerprint "
            f"{self.fingerprint[:12]}) and the pipeline names {info.name} ({info.dim}-d, fingerprint "
            f"{info.fingerprint[:12]}); {'its files have changed since' if same else 'name the first model in it'}"
            f"{':' if same else ', or'} exchange the vectors with: "
            f"ragmm reembed --with {info.name} --space {self.name} -c {folder}"
        )


@dataclass(frozen=True, kw_only=True)
class GenerationInfo:
    """One committed state."""

    id: int
    run: str
    kind: str
    created: float
    documents: int
    items: int
    note: str
    pinned: str | None
    restorable: bool


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What collection of garbage must leave alone."""

    generations: int = 3
    """The newest so many: readers may still be on them."""
    runs: int = 3
    """The last generation of each of the newest so many runs: what rollback can return to."""
    seconds: float = 900.0
    """A file stays at least this long after the commit that stopped naming it."""


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What a collection of garbage freed."""

    files: int
    bytes: int
    items: int


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One command that committed something."""

    id: str
    command: str
    started: float
    ended: float | None
    summary: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What stands together: the items of a page, or of as much text where there are no pages."""

    items: Ids
    """Ascending; live and allowed ones. Shape: (n,), n > 0."""
    score: float


@dataclass(frozen=True, kw_only=True)
class NamedDocument:
    """A document whose name holds one of the words that were looked for."""

    uri: str
    first_item: int
    items: int


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldWords:
    """Which of some words some items hold."""

    items: Ids
    rarities: NDArray[np.float64]
    """Of the words in the collection; above 0. Shape: (words,)."""
    held: NDArray[np.bool_]
    """Shape: (words, items)."""


class NearWord(NamedTuple):
    """A word of the collection, for one that is spelt otherwise."""

    word: str
    """As items write it, in lower case."""
    rows: int
    """Items that hold it in any form."""
    edits: int


class ItemPlace(NamedTuple):
    """Of one item."""

    place: int
    """The same for all items of a page, and below 0; what has no page stands alone, at its own id."""
    modality: Modality
    worded: bool
    """Whether it has words of its own."""
    told: bool = False
    """Whether it is a photograph without words of its own of which words are said: what it shows, and when."""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What an erasure took away."""

    generation: int
    paths: tuple[str, ...]
    uris: tuple[str, ...]
    items: int
    images: tuple[str, ...]
    """Hashes of the images that are gone."""
    files: int
    bytes: int
    also_at: tuple[str, ...]
    """Uris of other documents that hold the same content: it stays, for them."""


@dataclass(frozen=True, kw_only=True)
class UnfinishedPurge:
    """An erasure that was begun: noted first, so that one that is cut short is known until it is finished."""

    paths: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class StagedVector:
    """A row of a staged space."""

    item: int
    kind: str
    """Of media: the list of the space that it belongs to."""
    key: bytes
    row: NDArray[np.float32]
    """Shape: (dim,)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What change detection needs of a document."""

    uri: str
    sha256: str | None
    state: str
    parser: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was when it was last hashed."""

    stamp: tuple[int, int, int, int]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Strikes:
    """How often a document killed its parser."""

    path: str
    sha256: str
    parser: str
    deaths: int
    """Times its parser died of it."""
    cuts: int
    """Times a whole run ended while it was parsed; a power cut or a kill looks the same, so these weigh less."""
    reason: str

    @property
    def out(self) -> bool:
        """Whether the document is left alone from now on."""
        return self.deaths >= _DEATHS or self.cuts >= _CUTS


@dataclass(frozen=True, kw_only=True)
class CachedCaption:
    """What a model wrote about an image."""

    text: str
    confidence: float | None


Stamp = tuple[int, int, int, int]
"""Size, mtime_ns, ctime_ns, inode; compared for equality only."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder all of whose files were settled when it looked like this."""

    mark: bytes
    documents: int
    rows: bytes = b""
    """Its entries, packed; not loaded with the marks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A file that could not be indexed, as it was then."""

    path: str
    uri: str
    stamp: Stamp
    reader: str
    """Which settings and which program tried."""
    tries: int
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Built:
    """One index file that was made."""

    space: str
    kind: str
    method: str
    rows: int
    bytes: int
    seconds: float
    why: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is not as it was committed."""

    file: str
    kind: str
    """database, block, pack, index, seal, rows, lexicon"""
    detail: str
    generation: int
    remedy: str


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """What verify looked at and what it found wrong."""

    ok: bool
    deep: bool
    generation: int
    problems: tuple[Problem, ...]
    files: int
    bytes: int

    def raise_for_damage(self) -> None:
        """DamagedError naming the first problem, if there is one."""
        if self.problems:
            first = self.problems[0]
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            raise DamagedError(f"{first.file}: {first.detail}; {first.remedy}{more}")


@dataclass(frozen=True, kw_only=True)
class RepairReport:
    """What was done. `again`: documents that must be ingested once more."""

    generation: int
    ok: bool
    blocks: int
    vectors_found: int
    vectors_embedded: int
    images_saved: int
    images_lost: int
    again: tuple[str, ...]
    aside: tuple[str, ...]


def pack_rows(rows: Sequence[tuple[str, int, int, int, int, int]]) -> bytes:
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 1)
