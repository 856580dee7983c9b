"""Models that write: captions and answers, and the answers that need no model."""
