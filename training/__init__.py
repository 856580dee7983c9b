"""Trainers of the bundled mini models; part of the repository, not of the wheel."""
