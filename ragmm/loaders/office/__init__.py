"""Office files, web pages, mail and books: each format yields parts, and parts become items the same way."""

from ragmm.loaders.office.loader import loaders

__all__ = ["loaders"]
