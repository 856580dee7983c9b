"""Models that write: captions and answers."""
