"""From texts and images to vectors: one contract, sentence-transformers and OpenCLIP behind it."""

from __future__ import annotations

from ragmm.embedders.base import Embedder
from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Device, Dtype, EmbedderSettings

__all__ = [
    "Device",
    "Dtype",
    "Embedder",
    "EmbedderSettings",
    "OpenClipEmbedder",
    "SentenceTransformerEmbedder",
]
