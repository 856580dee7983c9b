"""From a question to hits: legs, fusion, relevance, folding, reranking."""
