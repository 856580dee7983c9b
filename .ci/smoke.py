"""Use an installed ragmm as its user would, away from the checkout: the command, the library, and what it ships."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import ragmm

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "RAGMM_HOME"} | {"HF_HUB_OFFLINE": "1"}


def run(*words: str, cwd: Path) -> str:
    """The standard output of `ragmm words`; its failure is this program's."""
    command = [str(Path(sys.executable).parent / "ragmm"), *words]
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def main(checkout: Path, work: Path) -> None:
    """From an empty folder to a cited answer."""
    if Path(ragmm.__file__).is_relative_to(checkout):
        sys.exit(f"ragmm was imported from the checkout: {ragmm.__file__}")
    (work / "notes").mkdir(parents=True)
    (work / "indexes").mkdir()
    (work / "notes" / "tea.md").write_text("# Tea\n\nGreen tea is steeped for two minutes at 80 degrees.\n")
    if run("--version", cwd=work).split()[-1] != ragmm.__version__:
        sys.exit("the command and the library differ in version")
    run("ingest", "notes", "-c", "smoke", cwd=work)
    reply = json.loads(run("query", "How long is green tea steeped?", "-c", "smoke", "--json", cwd=work))
    if "two minutes" not in reply["answer"]["text"] or not reply["answer"]["claims"][0]["citations"]:
        sys.exit(f"no cited answer: {reply}")
    with ragmm.open(str(work / "indexes" / "smoke")) as collection:
        if not collection.verify(deep=True).ok:
            sys.exit("the collection that was just written does not verify")
    print(f"ragmm {ragmm.__version__} from {Path(ragmm.__file__).parent}: answered with a citation")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
