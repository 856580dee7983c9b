"""Work on a collection that can be cut anywhere and done again: each scene is what one command does.

A scene is called with a store and a callback that hears of every generation the caller may rely on. Calling it again
after it was cut short must lead to the same content as if it had never been.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.faiss.spec import Policy
from ragmm.indexes.records import Retention
from ragmm.indexes.store import maintenance, search_upkeep
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_upkeep import WordPolicy
from ragmm.types import Asset, Item, Locator, MediaKind, Modality, ModelInfo, StoredItem

Acknowledge = Callable[[int], None]
Scene = Callable[[Store, Acknowledge], None]

DIM = 8
INFO = ModelInfo(
    name="fake", revision="1", fingerprint="f" * 64, kinds=frozenset({MediaKind.TEXT, MediaKind.IMAGE}), dim=DIM
)
NOW = Retention(generations=1, runs=1, seconds=0.0)


def vector(text: str) -> np.ndarray:
    raw = np.frombuffer(hashlib.shake_256(text.encode()).digest(DIM * 2), np.uint16)
    return (raw.astype(np.float32) / 32768 - 1).astype(np.float32)


def embed_again(space: str, kind: str, items: Sequence[StoredItem]) -> np.ndarray:
    return np.stack([vector(item.text) for item in items])


def document(name: str, version: int = 0, passages: int = 3) -> PreparedDocument:
    """A document of a few passages and one picture."""
    items = [_item(f"{name} v{version} passage {n} speaks of topic{n}", None) for n in range(passages)]
    picture = Asset(data=f"{name}-{version}-picture".encode() * 20, media_type="image/png", width=4, height=4)
    items.append(_item(f"{name} v{version} picture", picture))
    return PreparedDocument(
        path=f"/source/{name}",
        uri=name,
        size=100,
        sha256=hashlib.sha256(f"{name}-{version}".encode()).hexdigest(),
        media_type="text/plain",
        parser="scene",
        items=items,
    )


def _item(text: str, asset: Asset | None) -> PreparedItem:
    kind = "image" if asset else "text"
    key = hashlib.sha256(text.encode()).digest()[:16]
    modality = Modality.PHOTO if asset else Modality.PASSAGE
    return PreparedItem(
        item=Item(modality=modality, text=text, asset=asset, locator=Locator(section=("Part",))),
        vectors=(Vector(space="shared", kind=kind, key=key, row=vector(text)),),
    )


def bring(store: Store, wanted: Mapping[str, int], acknowledge: Acknowledge, batch: int = 2) -> None:
    """Make the collection hold exactly these documents in these versions, a commit for every two."""
    with store.writer("scene", create=True) as writer:
        writer.ensure_space("shared", INFO)
        have = _have(store) if writer.generation else {}
        new = [document(name, version) for name, version in wanted.items()]
        new = [one for one in new if have.get(one.path) != one.sha256]
        gone = [path for path in have if Path(path).name not in wanted]
        for start in range(0, max(len(new), 1), batch):
            part = new[start : start + batch]
            if part or gone:
                acknowledge(writer.commit(part, removed=gone))
                gone = []


def _have(store: Store) -> dict[str, str | None]:
    snapshot = store.snapshot()
    try:
        return {one.path: one.sha256 for one in snapshot.documents() if one.state == "indexed"}
    finally:
        snapshot.close()


FIRST = {f"doc{n}": 0 for n in range(6)}
SECOND = {"doc0": 0, "doc1": 1, "doc3": 2, "doc4": 0, "doc5": 0, "new6": 0, "new7": 0}


def first_ingest(store: Store, acknowledge: Acknowledge) -> None:
    bring(store, FIRST, acknowledge)


def second_day(store: Store, acknowledge: Acknowledge) -> None:
    bring(store, SECOND, acknowledge)


def compaction(store: Store, acknowledge: Acknowledge) -> None:
    store.compact(NOW)
    acknowledge(store.history()[0].id)


def rollback(store: Store, acknowledge: Acknowledge) -> None:
    """To the end of the first ingest, unless that is where it stands."""
    if set(_have(store)) != {f"/source/{name}" for name in FIRST} or len(_have(store)) != len(FIRST):
        first = min(one.id for one in store.history() if one.documents == len(FIRST))
        acknowledge(store.rollback(first))


def repair(store: Store, acknowledge: Acknowledge) -> None:
    store.repair(embed_again)
    acknowledge(store.history()[0].id)


def collect(store: Store, acknowledge: Acknowledge) -> None:
    with store.writer("collect") as writer:
        maintenance.collect(writer, NOW)
        acknowledge(writer.generation)


def index(store: Store, acknowledge: Acknowledge) -> None:
    """Every leg gets an index of lists, built anew after any change."""
    import faiss

    faiss.omp_set_num_threads(1)  # its threads do not live through a fork
    with store.writer("index") as writer:
        search_upkeep.refresh(
            writer,
            "ivf",
            policy=Policy(fresh_rows=0, fresh_share=0.0, dead_share=0.0),
            words=WordPolicy(fewest=1, fresh=0, gone_share=0.0),
        )
        acknowledge(writer.generation)


def silent(generation: int) -> None:
    """Nobody needs to know."""


def prepared(folder: Path, scenes: Iterable[Scene]) -> Store:
    """A collection on which some scenes were played."""
    store = Store(folder)
    for scene in scenes:
        scene(store, silent)
    return store


def damage_a_block(store: Store) -> None:
    """Flip one bit of a live block."""
    snapshot = store.snapshot()
    path = store.folder / "blocks" / snapshot.blocks[0].file
    snapshot.close()
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[-5] ^= 16
    path.write_bytes(bytes(data))
