"""Observers of fsio: count steps, stop or fail at one, or write down everything for the power-loss model."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


class Counter:
    """How many steps a run takes."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self, operation: str, path: Path, kind: str, data: bytes | None = None) -> None:
        self.steps += 1

    def skips(self, kind: str) -> bool:
        return False


class CrashAt(Counter):
    """The process is gone at step `at`, before it takes effect; a file being written is left half written."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def step(self, operation: str, path: Path, kind: str, data: bytes | None = None) -> None:
        super().step(operation, path, kind, data)
        if self.steps == self.at:
            if operation == "write" and data:
                with path.open("ab", buffering=0) as file:
                    file.write(data[: len(data) // 2])
            os._exit(137)


class FailAt(Counter):
    """The disk refuses step `at`, and every later one until it is repaired (the run has ended by then)."""

    def __init__(self, at: int, number: int) -> None:
        super().__init__()
        self.at, self.number = at, number

    def step(self, operation: str, path: Path, kind: str, data: bytes | None = None) -> None:
        super().step(operation, path, kind, data)
        if self.steps >= self.at and operation != "after-commit":
            raise OSError(self.number, os.strerror(self.number), str(path))


@dataclass(frozen=True)
class Operation:
    """One step as it was announced. For commits, `data` is the whole database after it."""

    name: str
    path: Path
    kind: str
    data: bytes | None


@dataclass
class Log:
    """Everything that was done to the disk, in order; `without` leaves one class of syncs out."""

    without: str = ""
    operations: list[Operation] = field(default_factory=list)

    def step(self, operation: str, path: Path, kind: str, data: bytes | None = None) -> None:
        if operation == "after-commit":
            data = path.read_bytes()
        self.operations.append(Operation(operation, path, kind, data))

    def skips(self, kind: str) -> bool:
        return kind == self.without

    def acknowledge(self, generation: int) -> None:
        """The caller was told that this generation is safe."""
        self.operations.append(Operation("acknowledged", Path(str(generation)), "", None))
