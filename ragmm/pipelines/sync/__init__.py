"""Sync: make a collection equal to its sources. The nightly job."""
