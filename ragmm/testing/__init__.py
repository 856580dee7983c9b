"""Deterministic stand-ins for the models, a sample corpus, and ways to make a model slow or fail.

They go through the same seams as the real ones, need numpy and Pillow alone, and give vectors a reader can compute by
hand: every word of a text adds +1 or -1 at one coordinate, both taken from the word's CRC-32. Texts that share words
are near; a picture stands where its caption, or else the name of its mean colour, stands.

    >>> embedder = FakeEmbedder(dim=8)
    >>> rows = embedder.embed_texts(["red apple", "apple"], Role.DOCUMENT)     # rows[0] @ rows[1] > 0

A fake cannot be named in a pipeline file: it reaches a collection only as an object.
"""

from __future__ import annotations

from ragmm.testing.corpus import planted_word, sample_corpus
from ragmm.testing.embedders import FakeEmbedder, LimitedEmbedder, SlowEmbedder, word_vector
from ragmm.testing.parsing import FakeReadings, ParagraphParser, Reading, paragraphs
from ragmm.testing.pictures import COLOURS, captioned_picture, describe_picture, picture_asset, png_bytes
from ragmm.testing.vlm import FakeVlm

__all__ = [
    "COLOURS",
    "FakeEmbedder",
    "FakeReadings",
    "FakeVlm",
    "LimitedEmbedder",
    "ParagraphParser",
    "Reading",
    "SlowEmbedder",
    "captioned_picture",
    "describe_picture",
    "paragraphs",
    "picture_asset",
    "planted_word",
    "png_bytes",
    "sample_corpus",
    "word_vector",
]
