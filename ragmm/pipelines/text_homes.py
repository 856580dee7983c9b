"""Where two spaces share a text model, one of them holds the texts of both: embedded, stored and searched once."""

from __future__ import annotations

from collections.abc import Container, Mapping

from ragmm.types import ModelInfo

__all__ = ["text_homes"]


def text_homes(
    models: Mapping[str, ModelInfo], fingerprints: Mapping[str, str], keep: Container[str] = ()
) -> dict[str, str]:
    """By space, the one that holds its texts instead: `fingerprints` has those that can, `keep` those that hold texts
    of their own, as collections of earlier versions do."""
    return {
        space: other
        for space, info in models.items()
        if space not in keep
        for other, fingerprint in fingerprints.items()
        if other != space and fingerprint == info.text_model
    }
