"""Model names: the strings of a pipeline file, taken apart and checked for typing errors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ragmm.errors import UsageError

__all__ = ["ModelName", "Scheme", "close_matches"]


class Scheme(StrEnum):
    """Which adapter runs the model."""

    OPEN_CLIP = "open_clip"
    ST = "st"
    HF = "hf"
    OPENAI = "openai"
    MINI = "mini"
    MULTILINGUAL = "multilingual"
    EXTRACTIVE = "extractive"


_BARE = frozenset({Scheme.MINI, Scheme.MULTILINGUAL, Scheme.EXTRACTIVE})
_NAMED = frozenset(Scheme) - _BARE
_EXAMPLES = {
    Scheme.OPEN_CLIP: "open_clip:ViT-B-32/laion2b_s34b_b79k, open_clip:org/repository or open_clip:/a/folder",
    Scheme.ST: "st:all-MiniLM-L6-v2, st:org/repository or st:/a/folder",
    Scheme.HF: "hf:org/repository or hf:/a/folder",
    Scheme.OPENAI: "openai:MODEL@http://host:port/v1",
}
_REVISION = re.compile(r"^(?P<target>.+)@(?P<revision>[0-9A-Za-z][0-9A-Za-z._-]*)$")


@dataclass(frozen=True, kw_only=True)
class ModelName:
    """A parsed name; `str()` gives back what was written."""

    scheme: str
    """A Scheme, or the name of a plugin."""
    target: str = ""
    """A folder, a repository id, an OpenCLIP NAME/TAG, a server's model name, or what a plugin makes of it; empty for
    mini, multilingual and extractive."""
    revision: str | None = None
    """A commit, branch or tag, written behind @."""
    url: str | None = None
    """The server's base URL (openai only)."""

    def __str__(self) -> str:
        if self.scheme in _BARE:
            return str(self.scheme)
        suffix = self.url or self.revision
        return f"{self.scheme}:{self.target}" + (f"@{suffix}" if suffix else "")

    @property
    def of_plugin(self) -> bool:
        """Whether a package outside ragmm runs it."""
        return self.scheme not in set(Scheme)

    @property
    def is_path(self) -> bool:
        """Whether the target can only be a folder: it starts with /, ./, ../ or ~."""
        return self.target.startswith(("/", "./", "../", "~")) or self.target in {".", ".."}

    @classmethod
    def parse(cls, text: str) -> ModelName:
        """Raises UsageError that says what was seen, what is allowed and which name was probably meant."""
        written = text.strip()
        head, colon, target = written.partition(":")
        if not written:
            raise UsageError("a model name is empty; write mini, or a name such as st:all-MiniLM-L6-v2")
        if not colon:
            return cls._parse_bare(written)
        if head not in _NAMED:
            return _of_plugin(written, head, target)
        scheme = Scheme(head)
        if not target:
            raise UsageError(f"the model name {written!r} ends after {head}:; write {_EXAMPLES[scheme]}")
        return _parse_server(written, target) if scheme is Scheme.OPENAI else _parse_target(scheme, target)

    @classmethod
    def _parse_bare(cls, written: str) -> ModelName:
        if written in _BARE:
            return cls(scheme=Scheme(written))
        near = close_matches(written, [str(scheme) for scheme in _BARE])
        meant = repr(near[0]) if near else f"'st:{written}' or 'hf:{written}'"
        raise UsageError(
            f"the model name {written!r} does not say which adapter runs it; did you mean {meant}? "
            "(allowed: mini, multilingual, extractive, open_clip:…, st:…, hf:…, openai:MODEL@URL)"
        )


def _of_plugin(written: str, head: str, target: str) -> ModelName:
    """Packages are looked through only here: for a name that is none of ragmm's own."""
    from ragmm.plugins import model_schemes

    if head in model_schemes():
        return ModelName(scheme=head, target=target)
    raise UsageError(_unknown_scheme(written, head, model_schemes()))


def _parse_target(scheme: Scheme, target: str) -> ModelName:
    target = target.removeprefix("hf-hub:").removeprefix("local-dir:")
    match = _REVISION.match(target)
    if match and not target.startswith(("/", ".", "~")):
        return ModelName(scheme=scheme, target=match["target"], revision=match["revision"])
    return ModelName(scheme=scheme, target=target)


def _parse_server(written: str, target: str) -> ModelName:
    model, at, url = target.partition("@http")
    if not model or not at or not url.startswith(("://", "s://")):
        raise UsageError(f"the model name {written!r} needs a model and a server; write {_EXAMPLES[Scheme.OPENAI]}")
    return ModelName(scheme=Scheme.OPENAI, target=model, url=f"http{url}".rstrip("/"))


def _unknown_scheme(written: str, head: str, plugins: Iterable[str]) -> str:
    allowed = [*sorted(map(str, _NAMED)), *sorted(plugins)]
    near = close_matches(head, allowed)
    meant = f"; did you mean {near[0]}:{written.partition(':')[2]}?" if near else ""
    return f"the model name {written!r} starts with an unknown adapter {head!r}{meant} (allowed: {', '.join(allowed)})"


def close_matches(written: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known names nearest to what was written, nearest first, compared without case."""
    by_folded = {name.casefold(): name for name in known}
    return [by_folded[m] for m in difflib.get_close_matches(written.casefold(), by_folded, n=limit, cutoff=0.6)]
