"""What a pipeline file may say about reading documents; every loader takes the same settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from ragmm.errors import ConfigError

__all__ = ["PASSAGES", "PICTURES", "LoaderSettings", "Ocr", "PageImages", "Tables"]

PASSAGES = frozenset({"chunk_tokens", "chunk_overlap", "tokenizer"})
"""The settings that cutting a text into passages depends on."""
PICTURES = frozenset({"max_pixels", "max_image_side", "ocr"})
"""Those that keeping a picture and reading its words depends on."""


class PageImages(StrEnum):
    """Which pages become items of their own, as images."""

    NEVER = "never"
    SCANNED = "scanned"
    """Pages without a text layer, or that are mostly pictures."""
    ALL = "all"


class Ocr(StrEnum):
    """When text is read out of images."""

    AUTO = "auto"
    """Where there is likely to be text and an OCR library is installed."""
    NEVER = "never"
    ALWAYS = "always"


class Tables(StrEnum):
    """How tables are found where the format does not mark them."""

    FAST = "fast"
    MODEL = "model"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class LoaderSettings:
    """The [loaders] section of a pipeline file."""

    chunk_tokens: int = 200
    """Most tokens in one passage."""
    chunk_overlap: int = 0
    """Tokens of the passage before that a passage repeats, in whole sentences; at most half of chunk_tokens."""
    tokenizer: str = ""
    """A tokenizer.json, or a folder with one, whose tokens are counted; "" = that of the model that embeds passages, or
    an estimate where it has none."""
    max_text_bytes: int = 50_000_000
    max_pixels: int = 100_000_000
    """Of one image as its header declares it, before it is decoded."""
    max_frames: int = 500
    max_image_side: int = 2048
    """Long side of the images that are kept, in pixels."""
    page_images: PageImages = PageImages.SCANNED
    ocr: Ocr = Ocr.AUTO
    tables: Tables = Tables.FAST
    figures: bool = True
    """Whether pictures and drawings inside a document become items of their own."""
    archives: bool = False
    """Whether zip and tar files are opened as folders."""

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            _at_least(name, getattr(self, name), least)
        if self.chunk_overlap > self.chunk_tokens // 2:
            raise ConfigError(
                f"loaders.chunk_overlap is {self.chunk_overlap}; it can be at most half of chunk_tokens "
                f"({self.chunk_tokens // 2})"
            )

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` reads it back."""
        return {name: str(value) if isinstance(value, StrEnum) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LoaderSettings:
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(f"loaders.{unknown[0]} is not a setting; the settings are: {', '.join(sorted(known))}")
        return cls(**{name: _enum(name, value) for name, value in values.items()})


_LEAST = {
    "chunk_tokens": 16,
    "chunk_overlap": 0,
    "max_text_bytes": 1,
    "max_pixels": 1,
    "max_frames": 1,
    "max_image_side": 64,
}
_ENUMS: dict[str, type[StrEnum]] = {"page_images": PageImages, "ocr": Ocr, "tables": Tables}


def _at_least(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"loaders.{name} is {value!r}; it must be a whole number of at least {least}")


def _enum(name: str, value: Any) -> Any:
    kind = _ENUMS.get(name)
    if kind is None:
        return value
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(str(member) for member in kind)
        raise ConfigError(f"loaders.{name} is {value!r}; allowed are: {allowed}") from None
