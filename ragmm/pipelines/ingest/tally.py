"""What a run did, counted for its report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence

from ragmm.types import Failure, Item, Report

__all__ = ["Tally"]

_STATES = ("added", "changed", "moved", "deleted", "unchanged", "failed", "quarantined")


class Tally:
    """Documents by what became of them, items by modality, failures with their reasons."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._documents: Counter[str] = Counter()
        self._items: Counter[str] = Counter()
        self._failures: list[Failure] = []
        self._warnings: list[str] = []

    def document(self, state: str, count: int = 1) -> None:
        self._documents[state] += count

    def instead(self, said: str, state: str) -> None:
        """The last document that was counted as one is another."""
        self._documents[said] -= 1
        self._documents[state] += 1

    def items(self, items: Iterable[Item]) -> None:
        self._items.update(str(item.modality) for item in items)

    def failure(self, uri: str, reason: str, state: str = "failed") -> None:
        self._documents[state] += 1
        self._failures.append(Failure(uri=uri, reason=reason))

    def failures(self, failures: Sequence[Failure]) -> None:
        for one in failures:
            self.failure(one.uri, one.reason)

    def warning(self, text: str) -> None:
        self._warnings.append(text)

    def report(
        self,
        collection: str,
        generation: int,
        *,
        embedded: int = 0,
        captioned: int = 0,
        reused: int = 0,
        interrupted: bool = False,
    ) -> Report:
        return Report(
            collection=collection,
            generation=generation,
            documents={state: self._documents[state] for state in _STATES},
            items=dict(self._items),
            embedded=embedded,
            captioned=captioned,
            reused=reused,
            seconds=time.monotonic() - self._began,
            failures=tuple(self._failures),
            interrupted=interrupted,
            warnings=tuple(self._warnings),
        )
