"""Loaders: a file to its items, one family of formats a file."""
