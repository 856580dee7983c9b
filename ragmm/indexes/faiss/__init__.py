"""Approximate search with FAISS: derived from the blocks, rescored in the blocks, deleted means built again.

A searcher proposes candidates; the exact index scores them, so a result is never more than incomplete: an item that
was deleted or filtered out, or whose row changed, cannot come back through it.
"""
