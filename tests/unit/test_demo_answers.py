"""What the demo answers with the models that ship: what a newcomer sees first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_value_a_chart_and_a_picture_are_answered_as_the_readme_shows(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ragmm.cli", "demo", "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    answers = [reply["answer"] for reply in json.loads(done.stdout)["queries"]]
    assert answers[0]["short"] == "70 minutes"
    assert answers[1]["short"] is None
    assert answers[1]["text"].startswith("The closest image: Passengers by quarter 2023")
    assert "yellow star" in answers[2]["text"]
