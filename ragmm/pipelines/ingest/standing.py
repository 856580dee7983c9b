"""Where an ingest stands: documents read and committed of those there are, items embedded."""

from __future__ import annotations

from ragmm.pipelines.progress import Progress

__all__ = ["Standing"]


class Standing:
    """Counts, told as stages."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.expected: int | None = None
        """How many documents there are to look at, where that is known."""
        self.passed = 0
        """Documents that need no reading."""
        self.read = self.settled = self._committed = 0
        self.items = self.embedded = 0

    def of_read(self, items: int) -> None:
        """A document of so many items was read; 0 too where it could not be."""
        self.read += 1
        self.items += items
        self.tell()

    def of_embedded(self, items: int) -> None:
        """So many items have their vectors."""
        self.embedded += items
        self.tell()

    def of_commit(self) -> None:
        """What was settled by now can be asked for."""
        self._committed = self.settled
        self.tell()

    def tell(self) -> None:
        seen = self.passed + self.read
        items = self.items if seen == self.expected else None  # more may come
        self._progress.update("read", seen, self.expected, "documents")
        self._progress.update("embed", self.embedded, items, "items")
        self._progress.update("commit", self.passed + self._committed, self.expected, "documents")
