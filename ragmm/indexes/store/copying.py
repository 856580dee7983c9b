"""A copy of a collection while another process may be writing to it: one generation, and all it can go back to."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from ragmm.errors import DamagedError, UsageError
from ragmm.indexes import fsio
from ragmm.indexes.faiss import files as index_files
from ragmm.indexes.store import blocks, database_seal, generations, schema, search_files, transactions, word_files

__all__ = ["copy_to"]

_TRIES = 5


def copy_to(folder: Path, target: Path) -> Path:
    """Copy to a folder that is not there yet; it opens like any collection."""
    if target.exists():
        raise UsageError(f"{target} exists; name a folder that does not")
    partial = target.with_name(target.name + ".partial")
    with transactions.storage_errors(partial):
        shutil.rmtree(partial, ignore_errors=True)
        fsio.make_directory(partial, "copy")
        for directory in (blocks.DIRECTORY, index_files.DIRECTORY):
            fsio.make_directory(partial / directory, "copy")
        generation = _copy_generation(folder, partial)
    database_seal.write_seal(partial, generation)
    fsio.rename(partial, target, "copy")
    fsio.sync_directory(target.parent, "copy-entry")
    return target


def _copy_generation(folder: Path, target: Path) -> int:
    """A file that is collected between the copy of the database and its own is named no more by the next copy."""
    for _ in range(_TRIES):
        generation, named, derived = _copy_database(folder / schema.DATABASE, target / schema.DATABASE)
        missing = _copy_files(folder / blocks.DIRECTORY, target / blocks.DIRECTORY, named)
        if not missing:
            _copy_files(
                folder / index_files.DIRECTORY, target / index_files.DIRECTORY, derived
            )  # what is lost is built again
            return generation
    raise DamagedError(f"{folder / blocks.DIRECTORY / missing}: the file is missing; run: ragmm verify --deep")


def _copy_database(source: Path, target: Path) -> tuple[int, list[str], list[str]]:
    """The generation, and the names of its blocks and packs, and of its index files."""
    target.unlink(missing_ok=True)
    with (
        contextlib.closing(schema.connect_reader(source)) as reader,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        reader.backup(copy)  # one state, whatever is committed meanwhile
        named = [f"{row[0]}.npy" for row in copy.execute("SELECT sha256 FROM blocks")]
        named += [f"{row[0]}.pack" for row in copy.execute("SELECT sha256 FROM packs")]
        derived = [one.file for one in search_files.every_derived(copy) if one.sha256]
        derived += [one.file for one in word_files.every_words(copy)]
        generation = generations.current(copy)
    target.chmod(fsio.FILE_MODE)
    _sync(target)
    return generation, named, derived


def _copy_files(source: Path, target: Path, names: Iterable[str]) -> str:
    """The name of the last file that was not there, or nothing."""
    missing = ""
    for name in dict.fromkeys(names):
        try:
            if not (target / name).exists():
                shutil.copyfile(source / name, target / name)
                (target / name).chmod((source / name).stat().st_mode & 0o700)
                _sync(target / name)
        except FileNotFoundError:
            (target / name).unlink(missing_ok=True)
            missing = name
    fsio.sync_directory(target, "copy")
    return missing


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        fsio.sync_file(file.fileno(), path, "copy")
