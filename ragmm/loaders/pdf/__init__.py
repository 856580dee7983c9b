"""PDF documents."""

from __future__ import annotations

from ragmm.loaders.pdf.loader import PdfLoader, best_backend
from ragmm.loaders.settings import LoaderSettings

__all__ = ["PdfLoader", "best_backend", "loaders"]


def loaders(settings: LoaderSettings) -> tuple[PdfLoader, ...]:
    """What this room reads; one of its two libraries is always installed."""
    return (PdfLoader(settings),)
