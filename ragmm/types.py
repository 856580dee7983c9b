"""The values that travel through ragmm: frozen, keyword-only; what they can do is in `ragmm.values`.

A **document** is one source file. An **item** is what is retrieved from it: a passage, table, figure, photo or page
image, with a **locator** that says where it stands. A **hit** is a stored item that a search found; an **answer** is
made of claims whose citations resolve to hits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ragmm.values import Answered, Pictured, Value

__all__ = [
    "IMAGE_MODALITIES",
    "TEXT_MODALITIES",
    "Answer",
    "Asset",
    "Citation",
    "Claim",
    "CollectionInfo",
    "Correction",
    "Document",
    "DocumentState",
    "Failure",
    "Figure",
    "FoundBy",
    "GenerationDiff",
    "Hit",
    "Item",
    "Locator",
    "MediaKind",
    "Modality",
    "ModelInfo",
    "QueryResult",
    "Report",
    "Role",
    "StoredItem",
    "Support",
]

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points, origin top left (for image files: pixels)."""


class Modality(StrEnum):
    """What kind of thing an item is."""

    PASSAGE = "passage"
    TABLE = "table"
    FIGURE = "figure"
    PHOTO = "photo"
    PAGE = "page"


TEXT_MODALITIES = frozenset({Modality.PASSAGE, Modality.TABLE})
IMAGE_MODALITIES = frozenset({Modality.FIGURE, Modality.PHOTO, Modality.PAGE})


class MediaKind(StrEnum):
    """What something is to a model that takes it: the lists of a space and the groups of a search are named so."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"


class Role(StrEnum):
    """Which side of a search a text is embedded for; some models treat the two differently."""

    QUERY = "query"
    DOCUMENT = "document"


class DocumentState(StrEnum):
    """What became of a source file."""

    INDEXED = "indexed"
    FAILED = "failed"
    QUARANTINED = "quarantined"


class Support(StrEnum):
    """How well the cited evidence carries a claim."""

    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, kw_only=True)
class Locator:
    """Where in its document an item stands."""

    page: int | None = None
    """1-based physical page, slide or frame."""
    box: Box | None = None
    section: tuple[str, ...] = ()
    """Headings from the outermost to the nearest."""
    start: int | None = None
    """Character offset in the document's decoded text; the item's text is exactly text[start:end]."""
    end: int | None = None
    time: tuple[float, float] | None = None
    """Seconds from, to (sound and video)."""


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A picture, sound or film: what a collection keeps beside its texts, named by its sha256."""

    data: bytes = field(repr=False)
    media_type: str
    width: int | None = None
    height: int | None = None
    """In pixels; None where they are not known, as of sound."""
    duration: float | None = None
    """In seconds, of sound and film."""

    @property
    def kind(self) -> MediaKind:
        """By its media type. ValueError for one that is none of the kinds."""
        return MediaKind(self.media_type.partition("/")[0])

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Item:
    """One retrievable thing as a loader yields it: text, media, or both."""

    modality: Modality
    text: str = ""
    """What is shown and searched: the passage, the table as Markdown, the caption or OCR of an image."""
    asset: Asset | None = None
    locator: Locator = Locator()
    context: str = ""
    """Embedded and searched together with the text but never shown as it (section path, document title)."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able facts: {"ocr": true}, {"caption": "…"}, {"exif": {…}}, {"mentions": ["Figure 3"]} …"""


@dataclass(frozen=True, kw_only=True, repr=False)
class Document(Value, told=("uri", "state", "items", "reason")):
    """One source file as the collection knows it."""

    uri: str
    """The path as the user gave it, relative to its source's root."""
    path: str
    """The absolute path; what identifies the document."""
    sha256: str | None
    media_type: str | None
    size: int
    state: DocumentState
    reason: str | None = None
    """Why it is failed or quarantined."""
    generation: int = 0
    """The generation that brought this state."""
    items: int = 0
    parser: str | None = None
    """Fingerprint of the loaders and settings that read it."""


@dataclass(frozen=True, kw_only=True, repr=False)
class StoredItem(Pictured, told=("id", "modality", "uri", "locator.page", "text")):
    """An item as the collection holds it; its media are fetched by hash when needed."""

    id: int
    uri: str
    path: str
    modality: Modality
    text: str
    context: str
    locator: Locator
    asset: str | None
    """The asset's sha256."""
    metadata: Mapping[str, Any]
    also_at: tuple[str, ...] = ()
    """Other uris holding the same content."""
    collection: str = field(default="", compare=False)
    """The folder of the collection that holds it."""


@dataclass(frozen=True, kw_only=True)
class FoundBy:
    """One leg of a search that found a hit, with the rank and raw score it had there."""

    leg: str
    """Such as "<space>/<kind of media>" or "lexical"."""
    rank: int
    score: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Hit(Pictured, told=("rank", "relevance", "item")):
    """A stored item in a ranking."""

    rank: int
    """1-based; what citations name."""
    score: float
    """What hits are ordered by, in [0, 1]: the relevance before it is rounded."""
    item: StoredItem
    found_by: tuple[FoundBy, ...]
    alternatives: tuple[StoredItem, ...] = ()
    """Near-duplicates folded into this hit."""
    relevance: float = 0.0
    """How likely it holds what was asked for, in [0, 1]: one scale for texts and images, falling by rank."""


@dataclass(frozen=True, kw_only=True)
class Citation:
    """Which hit a claim rests on."""

    rank: int
    quote: str = ""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of an answer with its evidence."""

    text: str
    citations: tuple[Citation, ...]
    support: Support


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An image shown with the answer."""

    rank: int
    asset: str
    """sha256"""


@dataclass(frozen=True, kw_only=True, repr=False)
class Answer(Value, told=("short", "text", "claims")):
    """Text made of claims; abstaining is a result, not an error."""

    text: str
    short: str | None = None
    """The value alone that was asked for, at most 80 characters: "$500", "14 September 2023", "no"."""
    tentative: bool = False
    """What is said may well miss what was asked: the likeliest value that was found, shown with a mark of doubt."""
    claims: tuple[Claim, ...] = ()
    figures: tuple[Figure, ...] = ()
    abstained: bool = False
    degraded: bool = False
    """The configured model failed and a simpler answerer spoke."""
    model: str = "extractive"
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A word of a question that the collection does not hold, and what was searched for instead."""

    word: str
    searched: str
    """As the collection writes it; both in lower case."""


@dataclass(frozen=True, kw_only=True, repr=False)
class QueryResult(Answered, told=("question", "text", "hits")):
    """Everything one query produced."""

    question: str
    collection: str
    generation: int
    hits: tuple[Hit, ...]
    answer: Answer | None
    timings_ms: Mapping[str, float]
    warnings: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    """Misspelt words of the question."""
    read_as: str = ""
    """The question written out, where it follows up an earlier one."""

    @property
    def cited(self) -> frozenset[int]:
        """The ranks of the hits that the answer cites: its sources. The others were also found."""
        return frozenset(citation.rank for claim in self.claims for citation in claim.citations)

    @property
    def text(self) -> str:
        return self.answer.text if self.answer else ""

    @property
    def short(self) -> str | None:
        """The value alone that was asked for, where there is one."""
        return self.answer.short if self.answer else None

    @property
    def claims(self) -> tuple[Claim, ...]:
        return self.answer.claims if self.answer else ()

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.answer.figures if self.answer else ()

    @property
    def abstained(self) -> bool:
        return self.answer is not None and self.answer.abstained


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A document that could not be read, and why."""

    uri: str
    reason: str

    def __str__(self) -> str:
        """The name once: most reasons are sentences that begin with it."""
        return self.reason if self.reason.startswith(self.uri) else f"{self.uri}: {self.reason}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Report(Value, told=("collection", "generation", "documents", "failures")):
    """What an ingest or sync did."""

    collection: str
    generation: int
    documents: Mapping[str, int]
    """added, changed, moved, deleted, unchanged, failed, quarantined"""
    items: Mapping[str, int]
    """Items added, by modality."""
    embedded: int
    captioned: int
    reused: int
    seconds: float
    failures: tuple[Failure, ...] = ()
    interrupted: bool = False
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Of an interrupted run: made and not committed, kept for the next one; "readings", "vectors", "captions"."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """Facts about a model, readable without loading its weights."""

    name: str
    """The string that names it: "st:all-MiniLM-L6-v2", "open_clip:ViT-B-32/laion2b_s34b_b79k", "mini" …"""
    revision: str
    fingerprint: str
    """sha256 over everything that changes its output: weights, preprocessing, tokenizer, pooling. Of an embedder: over
    what makes the rows of documents; a space is known by it."""
    kinds: frozenset[MediaKind]
    """What it takes."""
    dim: int = 0
    """Of embedders; 0 for generators."""
    many: bool = False
    """Of embedders: whether an input becomes several rows that belong together, not one."""
    query_fingerprint: str = ""
    """Of an embedder whose questions are embedded by something else than documents: over what makes their rows."""
    shares: frozenset[str] = frozenset()
    """Fingerprints of other models in whose spaces its questions can be asked: those it was trained beside."""
    text_model: str = ""
    """Of an embedder that takes more than texts: the fingerprint of one that makes the same rows of texts."""
    max_tokens: int = 0
    licence: str = "unknown"
    notice: str = ""
    """One line a user should read (what the mini models can and cannot do)."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CollectionInfo(Value, told=("name", "generation", "documents", "items")):
    """What a collection is made of."""

    name: str
    path: str
    generation: int
    documents: int
    items: int
    spaces: Mapping[str, str]
    """Route to model."""
    routes: tuple[str, ...]
    profile: str
    blocks: int
    bytes: int
    """On disk, everything included."""


@dataclass(frozen=True, kw_only=True, repr=False)
class GenerationDiff(Value, told=("older", "newer", "added", "changed", "removed")):
    """Which documents differ between two generations."""

    older: int
    newer: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
