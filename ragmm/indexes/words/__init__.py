"""An inverted index of words as arrays in one memory-mapped file: made of the store's items, and never the truth."""
