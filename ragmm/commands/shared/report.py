"""Writing the HTML report of results to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ragmm.errors import StorageError
from ragmm.render.records import AssetPath
from ragmm.types import QueryResult

__all__ = ["write_report"]


def write_report(
    file: Path,
    results: Sequence[QueryResult],
    asset_path: AssetPath,
    *,
    title: str = "",
    pictures: Sequence[bytes | None] = (),
) -> None:
    """Write the HTML report; raises StorageError where it cannot be written."""
    from ragmm.render.html import html_report

    page = html_report(results, asset_path, title=title, pictures=pictures)
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{file}: the report cannot be written ({error.strerror})") from error
