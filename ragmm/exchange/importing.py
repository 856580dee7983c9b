"""Vectors that were made elsewhere, taken into a collection without embedding anything again, after a look at them.

What is looked at: that there are as many as items, of the model's dimension, finite, of one length, and that the model
that is named makes the same of a few of the items.
"""

from __future__ import annotations

import hashlib
import mimetypes
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder, takes
from ragmm.errors import DocumentError, ModelMismatchError, UsageError
from ragmm.exchange import faiss_stores, npy_folders
from ragmm.exchange.foreign import Foreign, ForeignItem
from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.contracts import Store
from ragmm.pipelines.embedding import kind_of
from ragmm.pipelines.progress import Progress, Silent
from ragmm.types import IMAGE_MODALITIES, Asset, Item, Locator, MediaKind, Report, Role

__all__ = ["FORMS", "ImportOptions", "LoadPicture", "Target", "read_foreign", "take_in"]

FORMS: Final = ("langchain", "llama-index", "clip-retrieval", "npy")
LoadPicture = Callable[[Path], Asset | None]
"""A picture file as a collection keeps it; None for one that is not here or cannot be read."""
_BATCH: Final = 2_000
_ALIKE: Final = 0.9
"""Cosine of what is stored with what the named model makes of the same: other models are far below."""
_SAME_LENGTH: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """How a folder is understood, and how much is looked at."""

    form: str = ""
    """One of FORMS; "" = as its files show."""
    sample: int = 8
    """Items that are embedded anew and compared; 0 takes the name of the model on trust."""
    normalise: bool = False
    """Whether vectors of several lengths are taken, though by cosine their neighbours are then others."""


def read_foreign(folder: Path, form: str = "", model: str = "") -> Foreign:
    """What a folder holds, in the form that is named or that its files show."""
    if form and form not in FORMS:
        raise UsageError(f"there is no form {form!r}; choose one of: {', '.join(FORMS)}")
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; name the one that holds the vectors and their items")
    match form or _form_of(folder):
        case "langchain":
            return faiss_stores.langchain(folder)
        case "llama-index":
            return faiss_stores.llama_index(folder)
        case "clip-retrieval":
            return npy_folders.clip_retrieval(folder)
        case _:
            return npy_folders.npy_folder(folder, model)


def _form_of(folder: Path) -> str:
    if all((folder / name).is_file() for name in faiss_stores.LANGCHAIN):
        return "langchain"
    if all((folder / name).is_file() for name in faiss_stores.LLAMA_INDEX):
        return "llama-index"
    if any((folder / name).is_dir() for name in npy_folders.CLIP_RETRIEVAL) and (folder / "metadata").is_dir():
        return "clip-retrieval"
    if any(folder.glob("*.npy")) and any(folder.glob("*.jsonl")):
        return "npy"
    raise UsageError(
        f"{folder} holds none of: index.faiss with index.pkl (LangChain); docstore.json with "
        "default__vector_store.json (LlamaIndex); img_emb/ with metadata/ (clip-retrieval); *.npy with a *.jsonl"
    )


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where vectors go, and what made them."""

    space: str
    embedder: Embedder
    picture: LoadPicture
    dtype: str = "float32"


def take_in(
    store: Store, foreign: Foreign, target: Target, options: ImportOptions, progress: Progress | None = None
) -> Report:
    """Look at everything first, then commit document by document; the report says what was taken."""
    work = _Taking(foreign, target, progress or Silent())
    work.check(options)
    with store.writer("import", create=True) as writer:
        writer.ensure_space(target.space, target.embedder.info, target.dtype)
        pending: list[PreparedDocument] = []
        for document in work.documents():
            pending.append(document)
            if sum(len(one.items or ()) for one in pending) >= _BATCH:
                writer.commit(pending, kind="import")
                pending = []
        if pending:
            writer.commit(pending, kind="import")
        return work.report(store.folder.name, writer.generation)


@dataclass(eq=False)
class _Taking:
    """One import."""

    foreign: Foreign
    target: Target
    progress: Progress
    began: float = field(default_factory=time.monotonic)
    kinds: Counter[str] = field(default_factory=Counter)
    files: int = 0
    unseen: int = 0
    warnings: list[str] = field(default_factory=list)

    # What is looked at -------------------------------------------------------------------------------------------

    def check(self, options: ImportOptions) -> None:
        """Raises DocumentError, UsageError or ModelMismatchError at the first thing that is wrong."""
        rows, info, where = self.foreign.rows, self.target.embedder.info, self.foreign.folder
        if not len(rows):
            raise DocumentError(f"{where} holds no vectors")
        if rows.shape[1] != info.dim:
            raise ModelMismatchError(
                f"{where}: the vectors have {rows.shape[1]:,} dimensions, and {info.name} makes {info.dim:,}; "
                "name the model that made them"
            )
        norms = np.concatenate([_norms(rows[start : start + _BATCH]) for start in range(0, len(rows), _BATCH)])
        if not np.isfinite(norms).all() or not norms.min() > 0:
            bad = int((~np.isfinite(norms) | (norms == 0)).sum())
            raise DocumentError(f"{where}: {bad:,} of {len(rows):,} vectors are not finite, or zero")
        if norms.max() > norms.min() * (1 + _SAME_LENGTH) and not options.normalise:
            raise UsageError(
                f"{where}: the vectors are {norms.min():.3g} to {norms.max():.3g} long, so that their owner's "
                "order is not that of the cosine, by which ragmm searches; take them all the same with --normalise "
                "(in Python: normalise=True)"
            )
        self._compare(options.sample)

    def _compare(self, count: int) -> None:
        """A few items, evenly spread, embedded by the model that is named."""
        words = [at for at, item in enumerate(self.foreign.items) if item.embedded and self.foreign.places[at] >= 0]
        shown = [at for at, item in enumerate(self.foreign.items) if item.picture and self.foreign.places[at] >= 0]
        sample = _spread(words, count)
        made = self._rows_of_words(sample) if sample else self._rows_of_pictures(shown, count, sample)
        if not sample:
            self.warnings += ["no item was compared with what the model makes of it"] if count else []
            return
        stored = self.foreign.rows[self.foreign.places[sample]].astype(np.float32)
        cosines = (_unit(made) * _unit(stored)).sum(axis=1)
        if float(np.median(cosines)) < _ALIKE:
            raise ModelMismatchError(
                f"{self.foreign.folder}: {self.target.embedder.info.name} makes other vectors of the same: of "
                f"{len(sample)} items embedded anew the cosine with what is stored is {np.median(cosines):.2f}; "
                "name the model that made them"
            )

    def _rows_of_words(self, sample: Sequence[int]) -> NDArray[np.float32]:
        return self.target.embedder.embed_texts([self.foreign.items[at].embedded for at in sample], Role.DOCUMENT)

    def _rows_of_pictures(self, shown: Sequence[int], count: int, sample: list[int]) -> NDArray[np.float32]:
        """`sample` is given those that can be read."""
        assets: list[Asset] = []
        for at in _spread(shown, count) if takes(self.target.embedder, MediaKind.IMAGE) else ():
            if (asset := self._asset(self.foreign.items[at])) is not None:
                assets.append(asset)
                sample.append(at)
        if not assets:
            return np.empty((0, self.target.embedder.info.dim), np.float32)
        return self.target.embedder.embed_media(MediaKind.IMAGE, assets)

    # What is taken -----------------------------------------------------------------------------------------------

    def documents(self) -> Iterator[PreparedDocument]:
        """The items of a source together, in the order in which they came."""
        sources: dict[str, list[int]] = {}
        for at, item in enumerate(self.foreign.items):
            sources.setdefault(item.source, []).append(at)
        for number, (source, places) in enumerate(sources.items(), start=1):
            yield self._document(source, places)
            self.progress.update("import", number, len(sources), "documents")
        self.files = len(sources)

    def _document(self, source: str, places: Sequence[int]) -> PreparedDocument:
        path = Path(source) if Path(source).is_absolute() else self.foreign.folder.absolute() / source
        items = [self._prepared(at) for at in places]
        digest = hashlib.sha256(source.encode("utf-8", "replace"))
        for one in items:
            digest.update(repr((one.item.text, one.item.context, one.item.locator, one.item.metadata)).encode())
            digest.update(b"".join(vector.key for vector in one.vectors))
        size = sum(len(one.item.text.encode("utf-8", "replace")) for one in items)
        return PreparedDocument(
            path=str(path),
            uri=source,
            size=size,
            sha256=digest.hexdigest(),
            media_type=mimetypes.guess_type(source)[0] or "text/plain",
            parser=f"import {self.foreign.form}",
            items=items,
        )

    def _prepared(self, at: int) -> PreparedItem:
        foreign = self.foreign.items[at]
        asset = self._asset(foreign)
        self.unseen += foreign.picture is not None and asset is None
        self.kinds[foreign.modality] += 1
        item = Item(
            modality=foreign.modality,
            text=foreign.text,
            context=foreign.context,
            asset=asset,
            locator=Locator(page=foreign.page, section=foreign.section),
            metadata=foreign.metadata,
        )
        place = int(self.foreign.places[at])
        if place < 0:
            return PreparedItem(item=item)
        row = np.ascontiguousarray(self.foreign.rows[place], np.float32)
        # Its key says that no model of ours made it: nothing else is ever taken to have the same.
        key = hashlib.sha256(b"imported\0" + row.tobytes()).digest()[:16]
        return PreparedItem(
            item=item, vectors=(Vector(space=self.target.space, kind=self._kind(item), key=key, row=row),)
        )

    def _kind(self, item: Item) -> MediaKind:
        """The list in which the search looks for such items."""
        if not takes(self.target.embedder, MediaKind.IMAGE):
            return kind_of(item.modality)
        return MediaKind.IMAGE if item.modality in IMAGE_MODALITIES else MediaKind.TEXT

    def _asset(self, item: ForeignItem) -> Asset | None:
        return self.target.picture(item.picture) if item.picture is not None else None

    def report(self, name: str, generation: int) -> Report:
        """What was taken."""
        if self.unseen:
            self.warnings.append(f"{self.unseen:,} pictures are not here: they are found, and cannot be shown")
        return Report(
            collection=name,
            generation=generation,
            documents={"added": self.files},
            items=dict(self.kinds),
            embedded=0,
            captioned=0,
            reused=int((self.foreign.places >= 0).sum()),
            seconds=time.monotonic() - self.began,
            warnings=tuple(self.warnings),
        )


def _spread(places: Sequence[int], count: int) -> list[int]:
    count = min(count, len(places))
    return [places[number * len(places) // count] for number in range(count)]


def _norms(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    norms: NDArray[np.float64] = np.linalg.norm(np.asarray(rows, np.float64), axis=1)
    return norms


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit
