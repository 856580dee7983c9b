"""Trainer of the mini shared space: a small image tower in the space of a frozen text encoder."""
