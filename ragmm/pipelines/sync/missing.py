"""What is gone: documents that were looked for where everything could be listed, and were not found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ragmm.config.settings import NightlySettings
from ragmm.indexes.contracts import Inventory
from ragmm.pipelines.sync.compare import Comparison
from ragmm.pipelines.sync.roots import Census, Root

__all__ = ["Missing", "guard", "missing"]


@dataclass
class Missing:
    """Documents of the collection without a file in the sources."""

    gone: list[str] = field(default_factory=list)
    protected: int = 0
    """Not found, but nothing could be listed there."""
    outside: list[str] = field(default_factory=list)
    """There, or nobody's: the sources as they are written today do not want them."""
    known_outside: int = 0
    """How many of those the night before counted, where nothing had to be looked at again."""
    refused: list[str] = field(default_factory=list)
    """Which roots hold nothing any more."""


def missing(inventory: Inventory, census: Census, comparison: Comparison, *, mass_delete: bool) -> Missing:
    """Every live document that the census did not meet."""
    found = Missing()
    by_root: dict[Root | None, list[str]] = defaultdict(list)
    members = set[str]().union(*census.members.values()) if census.members else set()
    for path in inventory.paths():
        folder, _, name = path.rpartition("/")
        if folder in census.matched or path in members:
            continue
        if name in comparison.names.get(folder, ()):
            if name in comparison.left_out.get(folder, ()):
                found.outside.append(path)
            continue
        by_root[_root(path, census)].append(path)
    found.outside.extend(by_root.pop(None, []))
    for root, paths in by_root.items():
        assert root is not None  # noqa: S101
        _sort(root, paths, census, found, mass_delete=mass_delete)
    return found


def _root(path: str, census: Census) -> Root | None:
    for root in census.roots:
        if path in census.before.get(root.path, ()) or (not root.file_list and root.holds(path)):
            return root
    return None


def _sort(root: Root, paths: list[str], census: Census, found: Missing, *, mass_delete: bool) -> None:
    """Documents of one root that were not met."""
    gone = []
    for path in paths:
        above = _ancestors(path)
        if not census.unlisted.isdisjoint(above):
            found.protected += 1
        elif not census.unwanted.isdisjoint(above):
            found.outside.append(path)
        elif path == root.path:
            found.protected += 1  # a single file that is a source: taking it out of the pipeline says that it may go
        else:
            gone.append(path)
    if gone and root.path not in census.holding and not root.allow_empty and not mass_delete:
        found.protected += len(gone)
        found.refused.append(f"{root.path} holds nothing, and {len(gone):,} documents came from it; is it mounted?")
        return
    found.gone.extend(gone)


def _ancestors(path: str) -> set[str]:
    """The path and every folder above it."""
    found = {path}
    while "/" in path:
        path = path.rpartition("/")[0]
        found.add(path)
    return found


def guard(deleted: int, documents: int, settings: NightlySettings) -> str:
    """Why so many deletions are refused, or an empty string."""
    allowed = max(settings.guard_documents, int(settings.guard_share * documents))
    if deleted <= allowed:
        return ""
    return (
        f"{deleted:,} of {documents:,} documents are gone from the sources, and one night may delete {allowed:,} "
        f"(the more of {settings.guard_documents:,} and {settings.guard_share:.0%})"
    )
