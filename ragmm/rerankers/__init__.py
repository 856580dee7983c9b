"""Models that read a question together with what was found and order it anew."""
