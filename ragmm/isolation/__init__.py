"""The confined process: a job that may be hostile runs in it, and can be killed without loss."""
