"""Models that read a question together with passages and point at the answer in them."""
