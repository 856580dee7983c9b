"""What long work tells whoever watches it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Called from any thread."""

    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        """A stage ("read", "embed", "commit") has done so many of so many; total None: not known yet."""
        ...

    def message(self, text: str) -> None:
        """One line worth reading now."""
        ...


class Silent:
    """Tells nobody."""

    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        pass

    def message(self, text: str) -> None:
        pass
