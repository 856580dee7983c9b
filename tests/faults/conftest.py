"""Where the fault tests put their collections."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import rows


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what a process sees of its own files does not depend on the disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="ragmm-faults-", dir=memory))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stride(request: pytest.FixtureRequest) -> int:
    """Steps from one interrupted operation to the next: `make faults` takes every one, else every third."""
    return 1 if _thorough(request.config) else 3


def _thorough(config: pytest.Config) -> bool:
    return "or not faults" in str(config.option.markexpr) or str(config.option.markexpr) == "long"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each report carries its rows: with several workers, that is all that reaches the process that prints."""
    for item in items:
        item.user_properties.append((rows.MARK, " ".join(rows.rows_of(item))))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `make faults`: each promise, how often it was tried, and whether it was kept."""
    if not _thorough(config):
        return
    outcomes = {"passed": "passed", "failed": "failed", "error": "failed", "skipped": "skipped"}
    reports = [
        (outcome, report)
        for category, outcome in outcomes.items()
        for report in terminalreporter.getreports(category)
        if isinstance(report, pytest.TestReport)
    ]
    terminalreporter.section("faults")
    for line in rows.lines(rows.gather(reports)):
        terminalreporter.line(line)
