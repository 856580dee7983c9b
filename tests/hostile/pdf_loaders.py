"""The PDF loader over each library, importable by a parser process."""

from __future__ import annotations

from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.pdfium_backend import PdfiumBackend
from ragmm.loaders.settings import LoaderSettings


def pdfium_loaders(settings: LoaderSettings) -> tuple[PdfLoader, ...]:
    return (PdfLoader(settings, PdfiumBackend()),)


def pymupdf_loaders(settings: LoaderSettings) -> tuple[PdfLoader, ...]:
    from ragmm.loaders.pdf.pymupdf_backend import PyMuPdfBackend

    return (PdfLoader(settings, PyMuPdfBackend()),)
