"""The store: SQLite, immutable blocks, generations, and vector search."""
