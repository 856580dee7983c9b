"""What connects loaders, models and the store: ingest, nights, questions, answers."""
