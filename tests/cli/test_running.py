"""ragmm runs: what was done to a collection, and how it ended."""

from __future__ import annotations

import time
from pathlib import Path

from ragmm.operate import journal
from ragmm.operate.journal import Begun, Ended


def test_runs_are_listed_newest_first_with_their_end(cli, sample: Path) -> None:
    now = time.time()
    journal.begin(sample, Begun(id="1", command="sync n.toml", started=now))
    journal.end(sample, Ended(id="1", ended=now + 2, exit_code=31, generation=4, error="9 of 10 documents are gone"))
    journal.begin(sample, Begun(id="2", command="sync n.toml", started=now + 3, pid=2**22 + 1))
    found = cli("runs", "-c", sample, "--json").json
    assert [one["state"] for one in found] == ["cut short", "failed", "done", "done"]
    assert found[1]["exit_code"] == 31
    assert {one["command"] for one in found[2:]} == {"ingest", "settings"}
    words = cli("runs", "-c", sample, "-n", 2).out
    assert "9 of 10 documents are gone" in words
    assert len(words.splitlines()) == 2
