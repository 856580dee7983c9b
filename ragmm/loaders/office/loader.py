"""The loaders of this room: one table of formats, each with what it needs and the function that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from ragmm.errors import DocumentError, LimitError, RagmmError
from ragmm.loaders.base import Probe
from ragmm.loaders.nested import NestedReader
from ragmm.loaders.ocr import warm_ocr
from ragmm.loaders.office.elements import Assembler
from ragmm.loaders.office.structures import Structure
from ragmm.loaders.settings import PASSAGES, PICTURES, LoaderSettings
from ragmm.text.names import display_name
from ragmm.types import Item

__all__ = ["Format", "OfficeLoader", "loaders"]

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_LONGEST_DETAIL = 200
_READS = PASSAGES | PICTURES | {"figures"}

Read = Callable[..., tuple[dict[str, str], Iterator[Structure]]]


@dataclass(frozen=True, kw_only=True)
class Format:
    """How one family of media types is read."""

    name: str
    version: int
    """Raised whenever the items for the same bytes change."""
    media_types: frozenset[str]
    module: str
    """Within this package; imported when the first such file is read."""
    function: str
    """Takes the file and its name (and with `sized` the most bytes of text), gives properties and parts."""
    needs: tuple[str, ...] = ()
    """Optional packages without which it is not offered."""
    paged: bool = False
    sized: bool = False
    warm: str = ""
    """The partitioner that a parser process imports ahead."""

    def read(self) -> Read:
        read: Read = getattr(import_module(f"ragmm.loaders.office.{self.module}"), self.function)
        return read


_FORMATS = (
    Format(
        name="docx",
        version=6,
        media_types=frozenset({_OOXML + "wordprocessingml.document"}),
        module="docx",
        function="docx_parts",
        needs=("unstructured",),
        warm="docx",
    ),
    Format(
        name="pptx",
        version=6,
        media_types=frozenset({_OOXML + "presentationml.presentation"}),
        module="pptx",
        function="pptx_parts",
        needs=("unstructured",),
        paged=True,
        warm="pptx",
    ),
    Format(
        name="xlsx",
        version=6,
        media_types=frozenset({_OOXML + "spreadsheetml.sheet"}),
        module="xlsx",
        function="xlsx_parts",
        paged=True,
    ),
    Format(
        name="html",
        version=6,
        media_types=frozenset({"text/html"}),
        module="html",
        function="html_file_parts",
        needs=("unstructured",),
        sized=True,
        warm="html",
    ),
    Format(
        name="xml",
        version=6,
        media_types=frozenset({"application/xml"}),
        module="xml",
        function="xml_file_parts",
        needs=("unstructured",),
        sized=True,
        warm="html",
    ),
    Format(
        name="eml",
        version=6,
        media_types=frozenset({"message/rfc822"}),
        module="mail",
        function="eml_parts",
        needs=("unstructured",),
        warm="html",
    ),
    Format(
        name="mbox",
        version=6,
        media_types=frozenset({"application/mbox"}),
        module="mail",
        function="mbox_parts",
        needs=("unstructured",),
    ),
    Format(
        name="msg",
        version=6,
        media_types=frozenset({"application/vnd.ms-outlook"}),
        module="mail",
        function="msg_parts",
        needs=("unstructured",),
        warm="html",
    ),
    Format(
        name="epub",
        version=6,
        media_types=frozenset({"application/epub+zip"}),
        module="epub",
        function="epub_parts",
        needs=("unstructured",),
        warm="html",
    ),
    Format(
        name="odf",
        version=2,
        media_types=frozenset(_ODF + kind for kind in ("text", "text-template", "graphics")),
        module="odf",
        function="odf_parts",
    ),
    Format(
        name="odf-pages",
        version=2,
        media_types=frozenset(
            _ODF + kind + form for kind in ("presentation", "spreadsheet") for form in ("", "-template")
        ),
        module="odf",
        function="odf_parts",
        paged=True,
    ),
    Format(name="rtf", version=2, media_types=frozenset({"application/rtf"}), module="rtf", function="rtf_file_parts"),
    Format(
        name="doc",
        version=2,
        media_types=frozenset({"application/msword"}),
        module="doc",
        function="doc_parts",
    ),
    Format(
        name="ppt",
        version=2,
        media_types=frozenset({"application/vnd.ms-powerpoint"}),
        module="ppt",
        function="ppt_parts",
        paged=True,
    ),
    Format(
        name="xls",
        version=6,
        media_types=frozenset({"application/vnd.ms-excel"}),
        module="xls",
        function="xls_parts",
        paged=True,
    ),
)


class OfficeLoader:
    """Reads the files of one format; what it holds besides is read by the loaders of their kind."""

    def __init__(self, settings: LoaderSettings, form: Format, reader: NestedReader | None = None) -> None:
        self.name = form.name
        self.version = form.version
        self.reads = _READS | ({"max_text_bytes"} if form.sized else frozenset())
        self._settings = settings
        self._form = form
        self._reader = reader

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type in self._form.media_types

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        name = display_name(probe.name)
        nested = self._reader or NestedReader(self._settings, name)
        try:
            read = self._form.read()
            limit = (self._settings.max_text_bytes,) if self._form.sized else ()
            properties, parts = read(file, name, *limit)
            yield from Assembler(self._settings, name, properties, nested, paged=self._form.paged).items(parts)
        except (RagmmError, MemoryError, Warning):
            raise
        except RecursionError as error:
            raise LimitError(f"{name} is nested too deeply; it is not read further") from error
        except Exception as error:
            detail = " ".join(str(error).split())[:_LONGEST_DETAIL]
            raise DocumentError(
                f"{name} is damaged or not of its kind: reading it as {self.name} failed with "
                f"{type(error).__name__}{': ' + detail if detail else ''}"
            ) from error

    def inside(self, reader: NestedReader) -> Self:
        """The same loader for a file that another document holds."""
        return type(self)(self._settings, self._form, reader)

    def warm(self) -> None:
        """Imports what every file of this format needs; for a parser process that forks per document."""
        self._form.read()
        warm_ocr(self._settings)
        if self._form.warm:
            from ragmm.loaders.office.quiet import partitioner

            partitioner(self._form.warm)


def loaders(settings: LoaderSettings) -> tuple[OfficeLoader, ...]:
    """A loader for every format whose packages are installed."""
    return tuple(OfficeLoader(settings, form) for form in _FORMATS if all(map(_installed, form.needs)))


def _installed(package: str) -> bool:
    return find_spec(package) is not None
