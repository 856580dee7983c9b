"""Embedders: texts and images to vectors, one back end a file."""
