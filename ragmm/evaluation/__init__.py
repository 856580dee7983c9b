"""Evaluation on the user's own questions: how well a collection finds, answers, cites and abstains."""
