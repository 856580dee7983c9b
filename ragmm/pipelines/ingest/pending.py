"""What waits for the next commit."""

from __future__ import annotations

from dataclasses import dataclass, field

from ragmm.indexes.changes import PreparedDocument
from ragmm.indexes.records import Seen

__all__ = ["Pending"]

_MOST_BYTES = 256 << 20
_MOST_DOCUMENTS = 10_000


@dataclass(kw_only=True)
class Pending:
    """Documents that come, paths that go, and stamps that may be remembered once it is done."""

    documents: list[PreparedDocument] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    fresh: dict[str, Seen] = field(default_factory=dict)
    items: int = 0
    bytes: int = 0
    """Of pictures."""

    def add(self, document: PreparedDocument) -> None:
        items = document.items or ()
        self.documents.append(document)
        self.items += len(items)
        self.bytes += sum(len(one.item.asset.data) for one in items if one.item.asset is not None)

    def much(self, most_items: int) -> bool:
        """Whether it is time for a commit, however short ago the last one was."""
        return self.items >= most_items or self.bytes >= _MOST_BYTES or len(self.documents) >= _MOST_DOCUMENTS
