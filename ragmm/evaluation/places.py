"""Which hits count: the places that questions name, against the places where hits stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ragmm.errors import ConfigError
from ragmm.evaluation.questions import EvalQuestion, Relevant
from ragmm.types import Document, Hit, StoredItem

__all__ = ["Place", "Targets", "documents_named", "hits_at", "names", "ranking"]

Place = tuple[str, int | None]
"""A document, and a page of it; None where documents are told apart, not pages."""


def names(uri: str, given: str) -> bool:
    """Whether a question's `given` means this uri or path: itself, or, unless it is absolute, its end from a / on."""
    return uri == given or (not given.startswith("/") and uri.endswith("/" + given.removeprefix("./")))


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What a question's relevant entries stand for, as documents and as pages."""

    entries: tuple[Relevant, ...]

    @property
    def documents(self) -> frozenset[Place]:
        return frozenset((one.uri, None) for one in self.entries)

    @property
    def pages(self) -> frozenset[Place]:
        """Empty where the question does not say pages."""
        return frozenset((one.uri, one.page) for one in self.entries if one.page is not None)

    def documents_of(self, item: StoredItem) -> list[Place]:
        """The document as the question names it; as it is stored where the question does not."""
        known = (item.uri, item.path, *item.also_at)
        meant = dict.fromkeys(one.uri for one in self.entries if any(names(uri, one.uri) for uri in known))
        return [(uri, None) for uri in meant] or [(item.path, None)]

    def pages_of(self, item: StoredItem) -> list[Place]:
        return [(document, item.locator.page) for document, _ in self.documents_of(item)]


def ranking(places: Iterable[Sequence[Place]]) -> list[Place]:
    """Each document or page at the rank of its first hit."""
    return list(dict.fromkeys(place for several in places for place in several))


def hits_at(hits: Sequence[Hit], targets: Targets) -> Iterator[Hit]:
    """The hits that stand where the answer is."""
    for hit in hits:
        if targets.pages & set(targets.pages_of(hit.item)) or (
            not targets.pages and targets.documents & set(targets.documents_of(hit.item))
        ):
            yield hit


def documents_named(documents: Iterable[Document], questions: Sequence[EvalQuestion]) -> dict[str, list[Document]]:
    """For each uri that a question names, the collection's documents that it means.

    Raises ConfigError where none of the questions' documents is in the collection: the file belongs to another one.
    """
    wanted = dict.fromkeys(
        uri for question in questions for uri in (*(one.uri for one in question.relevant), question.scope) if uri
    )
    found: dict[str, list[Document]] = {uri: [] for uri in wanted}
    by_name: dict[str, list[str]] = {}
    for uri in wanted:
        by_name.setdefault(uri.rsplit("/", 1)[-1], []).append(uri)
    for document in documents:
        for uri in by_name.get(document.path.rsplit("/", 1)[-1], ()):
            if names(document.uri, uri) or names(document.path, uri):
                found[uri].append(document)
    if wanted and not any(found.values()):
        first = next(iter(wanted))
        raise ConfigError(
            f"the collection holds none of the {len(wanted):,} documents that the questions name (the first is "
            f"{first!r}); ingest them, or name the collection that has them with -c"
        )
    return found
