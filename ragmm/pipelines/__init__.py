"""Ingest and query: what connects loaders, models and the store."""
