"""Where items are kept and found: the contracts, exact search, FAISS, and the store."""
