"""The embedded store: SQLite, immutable blocks, generations."""
