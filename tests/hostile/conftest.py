"""Attacks take minutes of processor time: `make faults` runs them, and so does the run over a clean checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without `make faults` the attacks are not even made: that alone takes seconds in every worker."""
    chosen = str(config.option.markexpr)
    unwanted = "not faults" in chosen and "or not faults" not in chosen
    return True if unwanted and collection_path.name.startswith("test_") else None
