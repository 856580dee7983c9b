"""Words of languages: where a text may be cut, its tokens, its terms, its stop words, its encodings."""
