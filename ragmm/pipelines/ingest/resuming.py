"""Reading again only what no earlier run has read: results of a run that was killed before its commit come back."""

from __future__ import annotations

from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.indexes.cache_contract import Parsed, Unfinished
from ragmm.isolation.spool import hash_source
from ragmm.pipelines.ingest.parse_keys import fingerprint_for
from ragmm.pipelines.ingest.reading import Abandonable, Parser

__all__ = ["ResumingParser"]


class ResumingParser:
    """Reads as the parser does, but what an earlier run has read and not committed is taken from the cache."""

    def __init__(self, parser: Parser, unfinished: Unfinished, fingerprint: str) -> None:
        self._parser, self._unfinished, self._fingerprint = parser, unfinished, fingerprint

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> Parsed:
        fingerprint = fingerprint_for(self._fingerprint, name or file.name)
        if (kept := self._kept(file, root, fingerprint)) is not None:
            return kept
        parsed = self._parser.parse(file, name, root=root)
        self._unfinished.keep_reading(parsed, fingerprint)
        return parsed

    def abandon(self) -> None:
        if isinstance(self._parser, Abandonable):
            self._parser.abandon()

    def _kept(self, file: Path, root: Path | None, fingerprint: str) -> Parsed | None:
        if not self._unfinished.any_readings:
            return None
        try:
            sha256 = hash_source(file, root=root)
        except DocumentError:
            return None  # reading it will say why
        return self._unfinished.reading(sha256, fingerprint)
