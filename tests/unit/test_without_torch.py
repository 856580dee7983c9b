"""The default profile reads, captions, embeds, searches and answers without torch, in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, re, sys, threading, time
from pathlib import Path

def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

peak, done = [0.0], threading.Event()
def watch():
    while not done.wait(0.02):
        peak[0] = max(peak[0], anonymous())
threading.Thread(target=watch, daemon=True).start()

import ragmm
from ragmm.sample import write_sample, write_sign_photo
folder = Path(sys.argv[1])
write_sample(folder / "sources")
write_sign_photo(folder / "sign.png")
with ragmm.create(folder / "docs") as docs:
    report = docs.ingest([folder / "sources"])
    answer = docs.query("How long does the crossing to Gull Rock take?")
    legs = sorted("/".join(one) for one in docs._current().legs())
    shown = docs.search(image=folder / "sign.png", modality="image")
done.set()
print(json.dumps({
    "failures": [one.reason for one in report.failures], "captioned": report.captioned, "items": dict(report.items),
    "legs": legs, "text": answer.text, "first": shown[0].item.uri, "peak_mb": peak[0],
    "started": sorted({"torch", "transformers", "open_clip", "sentence_transformers"} & set(sys.modules)),
}))
"""


@pytest.mark.slow
@pytest.mark.captions
@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells memory by Linux's /proc")
def test_the_default_profile_never_starts_torch(tmp_path: Path) -> None:
    poison = tmp_path / "poison" / "torch"
    poison.mkdir(parents=True)
    (poison / "__init__.py").write_text("raise RuntimeError('torch was started')\n")  # in the workers too
    paths = [str(poison.parent), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["failures"], said["started"]) == ([], [])
    assert said["captioned"] > 0
    assert said["legs"] == ["shared/image", "text/image", "text/text"]
    assert "70 min" in said["text"]
    assert said["first"].endswith("gull-rock.png")
    assert said["peak_mb"] <= 600
