"""`ragmm` with fake models and one stage that takes a minute: python -m tests.cli.slow_stages STAGE MARK words…

The file MARK is there once the stage has begun.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ragmm.wiring
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.writer import Writer as StoreWriter
from ragmm.loaders.base import Loader, Probe
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.registry import default_loaders
from ragmm.loaders.settings import LoaderSettings
from ragmm.testing import FakeEmbedder, FakeVlm
from ragmm.types import Item

STAGES = ("reading", "captions", "embedding", "commit", "indexing")


def work(seconds: float) -> None:
    """As a model works: outside Python for about a second at a time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        hashlib.pbkdf2_hmac("sha256", b"word", b"salt", 400_000)


class SlowLoader:
    """Looks at a text for a minute."""

    name, version, reads = "slow", 1, frozenset[str]()

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type.startswith("text/")

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        work(60)
        yield from ()


def slow_loaders(settings: LoaderSettings) -> Sequence[Loader]:
    return (SlowLoader(), *default_loaders(settings))


def slow_down(stage: str, mark: Path) -> None:
    """Everything real but the models, and the stage."""
    slow = _after(mark, 60)
    fakes: dict[str, Any] = {"embedding": FakeEmbedder, "captions": FakeVlm}

    class Embedder(FakeEmbedder):
        def embed_texts(self, texts: Any, role: Any) -> Any:
            if stage == "embedding":
                slow()
            return super().embed_texts(texts, role)

    class Vlm(FakeVlm):
        def generate(self, prompts: Any) -> Any:
            if stage == "captions":
                slow()
            return super().generate(prompts)

    assert set(fakes) < set(STAGES)
    ragmm.wiring.build_embedder = lambda name, models: Embedder(name=name)  # type: ignore[assignment]
    ragmm.wiring.build_vlm = lambda name, *_: Vlm(name=name)  # type: ignore[assignment,misc]
    if stage == "reading":
        _before(ParserPool, "parse", _after(mark, 0))
        # The confined process looks for it by its module's name, which here is that of the program.
        from tests.cli import slow_stages

        loaders = slow_stages.slow_loaders
        ragmm.wiring.build_parser = lambda pipeline: ParserPool(loaders=loaders)  # type: ignore[assignment]
    elif stage == "commit":
        _before(StoreWriter, "commit", _after(mark, 2))
    elif stage == "indexing":
        _before(Store, "refresh_indexes", slow)


def _after(mark: Path, seconds: float) -> Callable[[], None]:
    def slow() -> None:
        mark.touch()
        work(seconds)

    return slow


def _before(owner: type, name: str, first: Callable[[], None]) -> None:
    original = getattr(owner, name)

    def slowed(*given: Any, **named: Any) -> Any:
        first()
        return original(*given, **named)

    setattr(owner, name, slowed)


def main() -> int:
    from ragmm.cli import main as ragmm_main

    slow_down(sys.argv[1], Path(sys.argv[2]))
    sys.argv = ["ragmm", *sys.argv[3:]]
    return int(ragmm_main() or 0)


if __name__ == "__main__":
    sys.exit(main())
