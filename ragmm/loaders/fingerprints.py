"""What decides whether a document is read again: the loader that read it, its version, and the settings it reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ragmm.loaders.base import Loader, Probe
from ragmm.loaders.ocr import ocr_available
from ragmm.loaders.settings import LoaderSettings, Ocr

__all__ = ["Fingerprints", "fingerprint", "whole_fingerprint"]

_LATER_LOADERS: Final[frozenset[str]] = frozenset()
_LATER_SETTINGS: Final[frozenset[str]] = frozenset()
"""Added since loaders have fingerprints of their own: they do not enter that of the whole, which knew none of them."""


def fingerprint(loader: Loader, settings: LoaderSettings) -> str:
    """Changes when this loader may yield other items for the same file."""
    read = {name: value for name, value in settings.as_dict().items() if name in loader.reads}
    facts: dict[str, Any] = {"loader": loader.name, "version": loader.version, "settings": read}
    if "tokenizer" in read:
        read["tokenizer"] = _tokenizer_mark(settings)
    if "ocr" in read:
        facts["ocr"] = _reads_pictures(settings)
    return _hash(facts)[:16]


def whole_fingerprint(loaders: Sequence[Loader], settings: LoaderSettings) -> str:
    """All in one, as it marks what was read before loaders had their own: its making must never change."""
    facts = {
        "loaders": [(one.name, one.version) for one in loaders if one.name not in _LATER_LOADERS],
        "settings": {name: value for name, value in settings.as_dict().items() if name not in _LATER_SETTINGS}
        | {"tokenizer": ""},
        "ocr": _reads_pictures(settings),
        "tokenizer": _tokenizer_mark(settings),
    }
    return _hash(facts)


class Fingerprints:
    """How documents are read today, as their contents are marked with it: "text/csv tabular=0123456789abcdef".

    What holds other documents is read by the loaders of their kind too: then a mark of all loaders stands behind.
    """

    def __init__(self, loaders: Sequence[Loader], settings: LoaderSettings) -> None:
        self._loaders = loaders
        self._own: Mapping[str, str] = {one.name: fingerprint(one, settings) for one in loaders}
        self._all = _hash(self._own)[:16]
        self.whole = whole_fingerprint(loaders, settings)
        # ragmm's own go by the media type alone, so that each mark is looked at once for all documents.
        self._names_matter = any(not one.__module__.startswith("ragmm.") for one in loaders)
        self._seen: dict[str, bool] = {}

    def reading(self, loader: str, media_type: str, *, holds_others: bool = False) -> str:
        """The mark of a document that this loader read; of a loader that is not known here it is never of today."""
        return f"{media_type} {loader}={self._own.get(loader, '')}" + (f"+{self._all}" if holds_others else "")

    def is_today(self, reading: str, name: str) -> bool:
        """Whether a file of that name would be read in the same way today: by that loader, and none is asked before."""
        if self._names_matter:
            return self._is_today(reading, name)
        if reading not in self._seen:
            self._seen[reading] = self._is_today(reading, "")
        return self._seen[reading]

    def _is_today(self, reading: str, name: str) -> bool:
        media_type, _, rest = reading.rpartition(" ")
        loader, _, marks = rest.partition("=")
        own, _, others = marks.partition("+")
        if not own or own != self._own.get(loader) or others not in {"", self._all}:
            return False
        asked = Probe(name=name, media_type=media_type, size=0, head=b"")
        return next(one.name for one in self._loaders if one.name == loader or one.accepts(asked)) == loader


def _reads_pictures(settings: LoaderSettings) -> bool:
    return settings.ocr is not Ocr.NEVER and ocr_available()


def _tokenizer_mark(settings: LoaderSettings) -> str:
    file = Path(settings.tokenizer).expanduser()
    file = file / "tokenizer.json" if file.is_dir() else file
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else settings.tokenizer


def _hash(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
