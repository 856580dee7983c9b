"""Check what the wheel and the source archive hold: all that is needed, nothing that does not belong, small enough."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

MAX_WHEEL_BYTES = 30_000_000
IN_WHEEL = (
    "ragmm/__init__.py",
    "ragmm/py.typed",
    "ragmm/cli.py",
    "ragmm/indexes/contracts.py",
    "ragmm/config/__init__.py",
)
STARTERS = tuple(f"ragmm/pipelines/starters/{name}.toml" for name in ("shared", "text", "both", "nightly"))
IN_SDIST = ("LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "SECURITY.md", "pyproject.toml", "tests/conftest.py")


def check_wheel(wheel: Path) -> None:
    """The package and nothing beside it."""
    names = zipfile.ZipFile(wheel).namelist()
    missing = [name for name in (*IN_WHEEL, *STARTERS) if name not in names]
    strangers = [name for name in names if not name.startswith(("ragmm/", "ragmm-"))]
    if missing or strangers:
        sys.exit(f"{wheel.name}: missing {missing}, not expected {strangers[:5]}")
    if wheel.stat().st_size > MAX_WHEEL_BYTES:
        sys.exit(f"{wheel.name}: {wheel.stat().st_size:,} bytes, more than the {MAX_WHEEL_BYTES:,} allowed")


def check_sdist(archive: Path) -> None:
    """What is needed to build and test, without anybody's collections or environment."""
    with tarfile.open(archive) as bundle:
        names = [name.partition("/")[2] for name in bundle.getnames()]
    missing = [name for name in IN_SDIST if name not in names]
    strangers = [name for name in names if name.startswith((".venv", "indexes/", "demo-output", "training/"))]
    if missing or strangers:
        sys.exit(f"{archive.name}: missing {missing}, not expected {strangers[:5]}")


def main(folder: Path) -> None:
    """Both archives must be there, once."""
    (wheel,) = folder.glob("*.whl")
    (archive,) = folder.glob("*.tar.gz")
    check_wheel(wheel)
    check_sdist(archive)
    print(f"{wheel.name}: {wheel.stat().st_size:,} bytes; {archive.name}: {archive.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
