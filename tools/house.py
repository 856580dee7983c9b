"""The house, measured: its rooms, and whether what its walls are for still holds. Exits 1 where something does not.

python -m tools.house [--json]
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ragmm"
STORE = "ragmm/indexes/store/"
_CONTRACTS = {"ragmm/indexes/contracts.py", "ragmm/indexes/cache_contract.py"}
LONGEST_FILE, LONGEST_FUNCTION, TWICE = 400, 60, 5
# In a string: statements, and nothing that prose would hold.
_SQL = re.compile(
    r"\b(?:SELECT .+ FROM|INSERT (?:OR \w+ )?INTO|DELETE FROM|UPDATE \w+ SET|CREATE (?:VIRTUAL )?TABLE)\b", re.DOTALL
)
_SPELT = {"pil": "pillow", "cv2": "opencv-python-headless"}


@dataclass(frozen=True)
class Source:
    """One module."""

    name: str
    path: str
    lines: int
    tree: ast.Module


@dataclass(frozen=True, kw_only=True)
class House:
    """Everything that is counted."""

    rooms: dict[str, tuple[int, int]]
    """Files and lines."""
    files: int
    lines: int
    public_names: int
    circles: list[list[str]]
    sql_outside_the_store: list[str]
    class_names_twice: dict[str, list[str]]
    long_files: list[str]
    long_functions: list[str]
    undeclared_imports: list[str]

    @property
    def wrong(self) -> list[str]:
        """The names of what does not hold."""
        strict = ("circles", "sql_outside_the_store", "long_files", "long_functions", "undeclared_imports")
        return [name for name in strict if getattr(self, name)] + (
            ["class_names_twice"] if len(self.class_names_twice) > TWICE else []
        )


def read_sources(package: Path = PACKAGE) -> dict[str, Source]:
    """By module name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(package.parent).as_posix()
        found[name] = Source(name, place, text.count("\n"), ast.parse(text))
    return found


def measure(sources: Mapping[str, Source]) -> House:
    rooms: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for one in sources.values():
        room = "/".join(one.path.split("/")[:-1])
        rooms[room] = (rooms[room][0] + 1, rooms[room][1] + one.lines)
    return House(
        rooms=dict(sorted(rooms.items())),
        files=len(sources),
        lines=sum(one.lines for one in sources.values()),
        public_names=len(_offered(sources["ragmm"].tree)),
        circles=circles({name: set(_ours(one, sources)) for name, one in sources.items()}),
        sql_outside_the_store=[place for one in sources.values() for place in sql_in(one)],
        class_names_twice=_twice(sources.values()),
        long_files=[f"{one.path}: {one.lines}" for one in sources.values() if one.lines > LONGEST_FILE],
        long_functions=[place for one in sources.values() for place in _long_functions(one)],
        undeclared_imports=sorted(_undeclared(sources.values())),
    )


def sql_in(source: Source) -> Iterator[str]:
    """Where a module outside the store speaks SQL or imports SQLite."""
    if source.path.startswith(STORE):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = "sqlite3" in _roots(node)
        else:
            found = isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_SQL.search(node.value))
        if found:
            yield f"{source.path}:{node.lineno}"


def circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """Modules that reach one another, each set once."""
    reached = {name: _reached(name, imports) for name in imports}
    sets = {frozenset(other for other in reached[name] if name in reached[other]) for name in imports}
    return sorted(sorted(one) for one in sets if len(one) > 1)


def _reached(name: str, imports: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(imports[name])
    while ahead:
        other = ahead.pop()
        if other not in seen:
            seen.add(other)
            ahead.extend(imports[other])
    return seen


def _ours(source: Source, sources: Mapping[str, Source]) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "ragmm":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                target = inner if inner in sources else str(node.module)
                if target != source.name:
                    yield target
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in sources and alias.name != source.name)


def _twice(sources: Iterable[Source]) -> dict[str, list[str]]:
    """Where a contract and what implements it share a name, they do so on purpose."""
    places: dict[str, list[str]] = defaultdict(list)
    for one in sources:
        for node in ast.walk(one.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(one.path)
    return {name: where for name, where in sorted(places.items()) if len(where) > 1 and not _CONTRACTS & set(where)}


def _long_functions(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{source.path}:{node.lineno} {node.name}: {lines}"


def _offered(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _roots(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0]] if not node.level else []
    return [alias.name.partition(".")[0] for alias in node.names]


def _undeclared(sources: Iterable[Source]) -> set[str]:
    """Packages that are imported, lazily too, and stand neither among the dependencies nor in an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    declared = {_normal(re.split(r"[\[<>=!~; ]", one, maxsplit=1)[0]) for one in wanted}
    homes = importlib.metadata.packages_distributions()
    missing = set()
    for one in sources:
        for node in ast.walk(one.tree):
            for root in _roots(node) if isinstance(node, ast.Import | ast.ImportFrom) else ():
                if root in sys.stdlib_module_names or root in {"ragmm", "_typeshed"}:
                    continue
                names = {_normal(name) for name in homes.get(root, [_SPELT.get(root.lower(), root)])}
                if not names & declared:
                    missing.add(root)
    return missing


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def show(house: House) -> None:
    for room, (files, lines) in house.rooms.items():
        print(f"{room:<32} {files:>4} files {lines:>7,} lines")
    print(f"{'all':<32} {house.files:>4} files {house.lines:>7,} lines, {house.public_names} public names")
    for name in (
        "circles", "sql_outside_the_store", "class_names_twice", "long_files", "long_functions", "undeclared_imports",
    ):  # fmt: skip
        found = getattr(house, name)
        print(f"{name.replace('_', ' ')}: {len(found)}" + "".join(f"\n    {_line(found, one)}" for one in found))


def _line(found: object, one: object) -> str:
    return f"{one}: {', '.join(found[one])}" if isinstance(found, dict) else str(one)  # type: ignore[index]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    house = measure(read_sources())
    if parser.parse_args().json:
        print(json.dumps(asdict(house)))
    else:
        show(house)
    if house.wrong:
        sys.exit(f"does not hold: {', '.join(house.wrong)}")


if __name__ == "__main__":
    main()
