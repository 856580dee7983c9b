"""What the first hour costs: from a fresh clone to the first answer, and how much is downloaded and lies on the disk.

python -m tools.first_hour            the clone, `make demo` in it, every line of docs/guide/start.md; then the sizes
python -m tools.first_hour --cold     the same without the packages that this machine keeps
python -m tools.first_hour --extras   what each extra adds to the disk, where everything is installed

Exit status 1 where a command fails or the light install is larger than the bars allow.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_ON_DISK_MB, MOST_DOWNLOADED_MB = 800, 300
FIRST_ANSWER = re.compile(r"1\. ")
TUTORIAL = ROOT / "docs" / "guide" / "start.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Played:
    """One command of the first hour."""

    words: str
    seconds: float
    ok: bool
    first_answer: float | None
    """Seconds until the line after the first question."""
    lines: int = 0
    """That a user sees."""


@dataclass(frozen=True)
class Step:
    """A line of a shell block of the tutorial, or a whole block of another kind."""

    kind: str
    """sh, python, crontab; text: what the commands before it are to show."""
    code: str

    @property
    def words(self) -> list[str] | None:
        """The arguments of a ragmm command; None for anything else."""
        line = self.code.partition("&&")[2].partition(">>")[0].strip() if self.kind == "crontab" else self.code
        return shlex.split(line)[1:] if line.startswith("ragmm ") else None


def tutorial(page: Path = TUTORIAL) -> list[Step]:
    """What the page has its reader type, in its order."""
    steps = []
    for kind, code in _BLOCK.findall(page.read_text("utf-8")):
        steps += [Step(kind, line) for line in code.splitlines()] if kind == "sh" else [Step(kind, code.strip())]
    return steps


def main() -> int:
    """Plays and measures; prints every line a user sees."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cold", action="store_true", help="with empty caches of packages")
    parser.add_argument("--extras", action="store_true", help="sizes of the extras, measured in this environment")
    asked = parser.parse_args()
    if asked.extras:
        show_extras()
        return 0
    with tempfile.TemporaryDirectory(prefix="first-hour-") as scratch:
        return first_hour(Path(scratch), cold=asked.cold)


def first_hour(scratch: Path, *, cold: bool) -> int:
    """The commands of a new user, one after the other, then the sizes."""
    clone = scratch / "ragmm"
    commands = (
        f"git clone --quiet {shlex.quote(str(ROOT))} {clone}",
        f"make -C {clone} demo",
    )
    environment = clean_environment(scratch, cold=cold)
    played = []
    for words in commands:
        played.append(play(words.replace(f"{scratch}/", ""), words, environment, scratch))
        if not played[-1].ok:
            break
    else:
        played += play_tutorial(clone, scratch, environment)
    print("\n| command | seconds |\n|---|---|")
    print("\n".join(f"| `{one.words.partition(chr(10))[0]}` | {one.seconds:.1f} |" for one in played))
    if not all(one.ok for one in played):
        return 1
    answered = played[0].seconds + (played[1].first_answer or played[1].seconds)
    whole = sum(one.seconds for one in played)
    shown = sum(one.lines for one in played)
    print(f"\nfirst answer: 2 commands, {answered:.0f} s ({'empty' if cold else 'filled'} caches of packages)")
    print(f"the tutorial to its end: {len(played)} commands, {whole:.0f} s, {shown:,} lines shown")
    return sizes(clone, environment)


def play_tutorial(clone: Path, scratch: Path, environment: dict[str, str]) -> list[Played]:
    """Every line of the tutorial, typed in an empty folder; ends with the first that fails."""
    here = scratch / "mine"
    (here / "indexes").mkdir(parents=True)
    search = f"{clone}/.venv/bin{os.pathsep}{environment['PATH']}"
    played: list[Played] = []
    for step in tutorial(clone / TUTORIAL.relative_to(ROOT)):
        words = {"sh": step.code, "python": f"python -c {shlex.quote(step.code)}"}.get(step.kind)
        if step.kind == "crontab":
            words = shlex.join(["ragmm", *(step.words or [])])
        if words is None:
            continue
        played.append(play(step.code, f"bash -c {shlex.quote(words)}", {**environment, "PATH": search}, here))
        if not played[-1].ok:
            break
    return played


def clean_environment(scratch: Path, *, cold: bool) -> dict[str, str]:
    """Without collections, models and settings of whoever runs this; packages come from where they always come from."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("RAGMM", "VIRTUAL_ENV", "PYTHON"))
    }
    folders = {f"XDG_{kind}_HOME": str(scratch / kind.lower()) for kind in ("CACHE", "DATA", "CONFIG")}
    own = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    caches = {} if cold else {"UV_CACHE_DIR": f"{own}/uv", "PIP_CACHE_DIR": f"{own}/pip"}
    return {**kept, **folders, **caches, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "MAKEFLAGS": ""}


def play(shown: str, words: str, environment: dict[str, str], folder: Path | None = None) -> Played:
    """Run one command and print what it says, each line with the seconds since it began."""
    print(f"\n$ {shown}", flush=True)
    began, asked, answered, lines = time.monotonic(), False, None, 0
    with subprocess.Popen(
        shlex.split(words),
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        for line in process.stdout or ():
            seconds, lines = time.monotonic() - began, lines + 1
            answered = seconds if asked and answered is None else answered
            asked = asked or FIRST_ANSWER.match(line) is not None
            print(f"{seconds:6.1f}  {line}", end="", flush=True)
    ok = process.returncode == 0
    return Played(words=shown, seconds=time.monotonic() - began, ok=ok, first_answer=answered, lines=lines)


# Sizes -----------------------------------------------------------------------------------------------------------


def sizes(clone: Path, environment: dict[str, str]) -> int:
    """Of the environment that `make demo` made, and of the files that it was made from."""
    on_disk = occupied(clone / ".venv") / 1e6
    rows = {name: downloaded(clone, name, environment) / 1e6 for name in ("requirements-setup", "requirements-light")}
    light = rows["requirements-light"]
    print("\n| light install | MB |\n|---|---|")
    print("\n".join(f"| downloaded for {name}.lock | {size:,.0f} |" for name, size in rows.items()))
    print(f"| on disk, the set-up's tools included | {on_disk:,.0f} |")
    fits = on_disk <= MOST_ON_DISK_MB and light <= MOST_DOWNLOADED_MB
    print(f"at most {MOST_ON_DISK_MB} on disk and {MOST_DOWNLOADED_MB} downloaded: {'kept' if fits else 'exceeded'}")
    return 0 if fits else 1


def occupied(folder: Path) -> int:
    """Bytes of all files below a folder, each once."""
    found = (file.lstat() for file in folder.rglob("*") if not file.is_dir() or file.is_symlink())
    return sum({one.st_ino: one.st_size for one in found}.values())


def downloaded(clone: Path, lock: str, environment: dict[str, str]) -> int:
    """Bytes of the files of a lock for this machine, as pip gets them."""
    with tempfile.TemporaryDirectory(prefix="wheels-") as wheels:
        options = ("--quiet", "--no-deps", "--require-hashes", "--disable-pip-version-check", "--dest", wheels)
        command = [clone / ".venv/bin/python", "-m", "pip", "download", *options, "-r", clone / f"{lock}.lock"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return occupied(Path(wheels))


# Extras ----------------------------------------------------------------------------------------------------------


def show_extras() -> None:
    """A row for each extra that is installed here: what it adds to ragmm without any."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    core = closure(project["dependencies"], {})
    print(f"core: {megabytes(core)} MB in {len(core)} packages\n\n| extra | adds, MB | packages |\n|---|---|---|")
    for extra, names in project["optional-dependencies"].items():
        more = {name: one for name, one in closure(names, project["optional-dependencies"]).items() if name not in core}
        if extra != "dev":
            print(f"| {extra} | {megabytes(more)} | {len(more)} |")


def closure(requirements: Iterable[str], extras: dict[str, list[str]]) -> dict[str, Distribution]:
    """What these requirements bring, as it is installed here; what is not installed is left out."""
    found: dict[str, Distribution] = {}
    waiting, seen = [*requirements], set()
    while waiting:
        name, wanted = parted(waiting.pop())
        if (name, *wanted) in seen:
            continue
        seen.add((name, *wanted))
        if name == "ragmm":
            waiting += [one for extra in wanted for one in extras[extra]]
            continue
        with suppress(PackageNotFoundError):
            found[name] = distribution(name)
            waiting += [one for one in found[name].requires or () if asked_for(one, wanted)]
    return found


def asked_for(requirement: str, extras: list[str]) -> bool:
    """Whether it stands without a condition on extras, or is of one of these."""
    extra = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", requirement)
    return extra is None or extra[1] in extras


def parted(requirement: str) -> tuple[str, list[str]]:
    """The name of a requirement as registries spell it, and the extras it asks for."""
    match = re.match(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?", requirement)
    assert match is not None
    name = re.sub(r"[-_.]+", "-", match[1]).lower()
    return name, [one.strip() for one in (match[2] or "").split(",") if one.strip()]


def megabytes(packages: dict[str, Distribution]) -> int:
    """On disk."""
    return round(sum(map(size_of, packages.values())) / 1e6)


def size_of(package: Distribution) -> int:
    return sum(file.stat().st_size for file in files_of(package))


def files_of(package: Distribution) -> Iterator[Path]:
    for file in package.files or ():
        place = Path(str(package.locate_file(file)))
        if place.is_file():
            yield place


if __name__ == "__main__":
    sys.exit(main())
