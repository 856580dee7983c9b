"""Documents packed in a document (attachments, embedded files, archive members), read by the loaders of their kind."""

from __future__ import annotations

import gc
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from ragmm.errors import DocumentError, LimitError, MissingExtraError
from ragmm.loaders.archive_limits import InflateBudget
from ragmm.loaders.base import DocumentWarning, Loader
from ragmm.loaders.settings import LoaderSettings
from ragmm.types import Item, Locator, Modality

__all__ = ["Container", "NestedReader"]


_LARGE = 100_000
_OUTERMOST = "the document"


class NestedReader:
    """Reads what one document holds, with one budget over all depths.

    Items carry {"attachment": path of names within the outermost document, "parent": which of those holds it}. What
    cannot be read becomes a passage that names the file and says why, so that it can still be found by its name.
    """

    def __init__(
        self, settings: LoaderSettings, parent: str, *, budget: InflateBudget | None = None, depth: int = 0
    ) -> None:
        self.settings = settings
        self.parent = parent
        self.depth = depth
        self.budget = budget or InflateBudget(parent)
        self._default: tuple[Loader, ...] = ()

    def items(self, data: bytes, name: str, *, page: int | None = None, section: Sequence[str] = ()) -> Iterator[Item]:
        """Raises LimitError only where the whole document holds more members than is read of any."""
        self.budget.add_members(1)
        yield from self._accounted(data, name, Locator(page=page, section=tuple(section)))

    def member_items(self, data: bytes, name: str) -> Iterator[Item]:
        """The same for what came out of an archive, whose reader has counted it."""
        yield from self._accounted(data, name, Locator(), counted=True)

    def _accounted(self, data: bytes, name: str, place: Locator, *, counted: bool = False) -> Iterator[Item]:
        try:
            self.budget.add_bytes(0 if counted else len(data))
            for item in self._read(data, name):
                yield self._linked(item, name)
        except (DocumentError, MissingExtraError) as error:
            warnings.warn(DocumentWarning(f"{name} in {self.parent} was not read: {error}"), stacklevel=2)
            yield self._unread(data, name, self._nameless(str(error)), place)

    def _read(self, data: bytes, name: str) -> Iterator[Item]:
        from ragmm.loaders.probe import probe
        from ragmm.loaders.registry import load

        if self.depth > self.budget.limits.depth:
            raise LimitError(f"{name} is packed {self.depth + 1} deep; {self.budget.limits.depth + 1} levels are read")
        inner = NestedReader(self.settings, name, budget=self.budget, depth=self.depth + 1)
        with tempfile.NamedTemporaryFile(prefix="ragmm-") as spooled:  # never under the attachment's own name
            spooled.write(data)
            spooled.flush()
            file = Path(spooled.name)
            found = probe(file, name)
            yield from load(file, found, self._loaders(inner))
        if len(data) > _LARGE:
            gc.collect()  # trees of office files hold themselves; several of them would not fit into a parser process

    def _loaders(self, inner: NestedReader) -> list[Loader]:
        from ragmm.loaders.registry import default_loaders

        if not self._default:
            self._default = default_loaders(self.settings)
        return [loader.inside(inner) if isinstance(loader, Container) else loader for loader in self._default]

    def _linked(self, item: Item, name: str) -> Item:
        inner = item.metadata.get("attachment")
        path = f"{name}/{inner}" if inner else name
        context = item.context if inner else "\n".join(filter(None, (name, item.context)))
        facts = {**item.metadata, "attachment": path, **self._holder(item.metadata.get("parent"))}
        return replace(item, context=context, metadata=facts)

    def _nameless(self, reason: str) -> str:
        """A reason that does not begin with what the outermost document is called."""
        own = f"{self.budget.name} "
        return f"{_OUTERMOST} {reason.removeprefix(own)}" if reason.startswith(own) else reason

    def _holder(self, inner: str | None = None) -> dict[str, str]:
        """Which attachment holds it; the outermost document is no attachment, and may be called otherwise tomorrow."""
        own = self.parent if self.depth else None
        path = "/".join(filter(None, (own, inner)))
        return {"parent": path} if path else {}

    def _unread(self, data: bytes, name: str, reason: str, locator: Locator) -> Item:
        return Item(
            modality=Modality.PASSAGE,
            text=f"{name} ({len(data):,} bytes)",
            locator=locator,
            metadata={"attachment": name, **self._holder(), "unread": reason},
        )


@runtime_checkable
class Container(Protocol):
    """A loader whose documents can hold documents."""

    def inside(self, reader: NestedReader) -> Self:
        """The same loader, for a document that `reader`'s parent holds."""
        ...
