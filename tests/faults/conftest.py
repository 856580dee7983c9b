"""Where the fault tests put their collections."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


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
    return "or not faults" in str(config.option.markexpr)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `make faults`: what was tried how often, and how often it ended badly."""
    if not _thorough(config):
        return
    tried: dict[tuple[str, str], int] = {}
    for report in terminalreporter.getreports("passed"):
        for what, count in report.user_properties:
            key = (report.nodeid.split("::")[0].removeprefix("tests/faults/test_").removesuffix(".py"), what)
            tried[key] = tried.get(key, 0) + int(str(count))
    bad = len(terminalreporter.getreports("failed"))
    terminalreporter.section("faults")
    for (subject, what), count in sorted(tried.items()):
        terminalreporter.line(f"{subject:<14} {what:<24} {count:>8,} tried, none lost")
    terminalreporter.line(f"tests in which something was lost or wrong: {bad}")
