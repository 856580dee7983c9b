"""Measurements that print tables; nothing here is asserted."""

import os

# Without compiled files every start of a command would cost a second that no user waits for.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
