"""Captions: images become words through a VLM, once for each image, model and prompt.

A short caption to search by and, where asked, a long one to read. Captions are kept in cache.db as soon as their batch
is done: a run that is cut short loses at most one batch, and a rebuild captions nothing again. A budget ends the work
cleanly; what is left over is captioned by the next run.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol, runtime_checkable

from ragmm.config.settings import CaptionSettings
from ragmm.embedders.picture_kinds import PictureKind
from ragmm.indexes.cache_contract import WorkCache
from ragmm.indexes.records import CachedCaption
from ragmm.pipelines.progress import Progress
from ragmm.pipelines.prompts import (
    CaptionKind,
    CaptionLength,
    caption_fingerprint,
    caption_kind,
    caption_prompt,
    style_for,
)
from ragmm.pipelines.stopping import StopFlag
from ragmm.text.inert import inert
from ragmm.text.words import words_of
from ragmm.types import IMAGE_MODALITIES, Asset, Item
from ragmm.vlm.base import Prompt, Vlm
from ragmm.vlm.trust import trust_in

__all__ = ["Captioner", "captioning_fingerprint", "needs_caption"]

_WORDING = "2"
"""Raised when the same captions would be written into an item otherwise; they are made only once all the same."""


@runtime_checkable
class _Priced(Protocol):
    """A model whose use costs money and that counts it."""

    @property
    def usage(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One caption to make."""

    image: Asset
    kind: CaptionKind
    length: CaptionLength
    nearby: str

    def key(self, fingerprint: str) -> tuple[bytes, str]:
        return bytes.fromhex(self.image.sha256), fingerprint


def needs_caption(item: Item) -> bool:
    """Whether an item is a picture that a model can put into words."""
    return item.asset is not None and item.modality in IMAGE_MODALITIES


def captioning_fingerprint(vlm: Vlm, settings: CaptionSettings) -> str:
    """Changes when the same image would be described differently: another model, prompt or length."""
    style = style_for(vlm.info)
    prompts = [caption_fingerprint(kind, length, style) for kind in CaptionKind for length in _lengths(settings)]
    facts = [_WORDING, vlm.info.fingerprint, repr(settings.min_confidence), repr(trust_in(vlm)), *prompts]
    return hashlib.sha256(" ".join(facts).encode()).hexdigest()


def _lengths(settings: CaptionSettings) -> tuple[CaptionLength, ...]:
    return (CaptionLength.SHORT, CaptionLength.LONG) if settings.long else (CaptionLength.SHORT,)


class Captioner:
    """Puts images into words, within a budget."""

    def __init__(
        self, vlm: Vlm, settings: CaptionSettings, cache: WorkCache, *, progress: Progress, stop: StopFlag
    ) -> None:
        self._vlm, self._settings, self._cache = vlm, settings, cache
        self._progress, self._stop = progress, stop
        self._style = style_for(vlm.info)
        self._admits = bool(trust_in(vlm).admissions)
        self._began = time.monotonic()
        self._spent_before = self._usd()
        self.captioned = 0
        self.reused = 0
        self.left = 0
        """Captions that the budget did not allow any more."""

    @property
    def spent_usd(self) -> float:
        """On captions, in this run."""
        return self._usd() - self._spent_before

    def describe(self, items: Sequence[Item]) -> tuple[list[Item], set[int]]:
        """The items with their pictures in words, and the positions of those that still lack some."""
        wanted = {number: list(self._wanted(item)) for number, item in enumerate(items) if self._worth(item)}
        captions = self._captions([one for several in wanted.values() for one in several])
        described, lacking = list(items), set[int]()
        for number, several in wanted.items():
            found = {one.length: captions.get(self._key(one)) for one in several}
            described[number] = _described(items[number], self._believed(found), self._vlm.info.name)
            if None in found.values():
                lacking.add(number)
        return described, lacking

    def _worth(self, item: Item) -> bool:
        """Not a photograph that was looked at, for a model that admits to know drawings alone."""
        return needs_caption(item) and not (self._admits and item.metadata.get("picture") == PictureKind.PHOTOGRAPH)

    def _believed(self, found: Mapping[CaptionLength, CachedCaption | None]) -> dict[CaptionLength, CachedCaption]:
        """The captions that are more than guesses, as far as the settings and the model's card tell."""
        trust, least = trust_in(self._vlm), self._settings.min_confidence
        return {
            length: one
            for length, one in found.items()
            if one is not None and one.text and trust.holds(one.text, one.confidence, least)
        }

    def _wanted(self, item: Item) -> Iterator[_Wanted]:
        assert item.asset is not None  # noqa: S101
        nearby = str(item.metadata.get("caption", ""))
        kind = caption_kind(item.modality, f"{nearby} {item.context}")
        for length in _lengths(self._settings):
            yield _Wanted(item.asset, kind, length, nearby)

    def _key(self, one: _Wanted) -> tuple[bytes, str]:
        prompt = caption_fingerprint(one.kind, one.length, self._style, one.nearby)
        return one.key(hashlib.sha256(f"{self._vlm.info.fingerprint} {prompt}".encode()).hexdigest())

    def _captions(self, wanted: Sequence[_Wanted]) -> dict[tuple[bytes, str], CachedCaption]:
        by_key = {self._key(one): one for one in wanted}
        known = self._cache.captions(list(by_key))
        self.reused += len(known)
        missing = iter([(key, one) for key, one in by_key.items() if key not in known])
        while batch := list(islice(missing, self._settings.batch)):
            if self._stop or self._exhausted(len(batch)):
                self.left += len(batch) + sum(1 for _ in missing)
                break
            made = self._make(batch)
            self._cache.remember_captions(made)
            known.update(made)
            self.captioned += len(made)
            self._progress.update("caption", self.captioned, None, "captions")
        return known

    def _make(self, batch: Sequence[tuple[tuple[bytes, str], _Wanted]]) -> dict[tuple[bytes, str], CachedCaption]:
        prompts: list[Prompt] = [
            caption_prompt(one.image, kind=one.kind, length=one.length, style=self._style, nearby=one.nearby)
            for _, one in batch
        ]
        with self._stop.work:
            replies = self._vlm.generate(prompts)
        return {
            key: CachedCaption(text=inert(reply.text).strip(), confidence=reply.confidence)
            for (key, _), reply in zip(batch, replies, strict=True)
        }

    def _exhausted(self, coming: int) -> bool:
        limits = self._settings
        return (
            (limits.max_captions > 0 and self.captioned + coming > limits.max_captions)
            or (limits.max_minutes > 0 and time.monotonic() - self._began >= 60 * limits.max_minutes)
            or (limits.max_usd > 0 and self.spent_usd >= limits.max_usd)
        )

    def _usd(self) -> float:
        return float(self._vlm.usage.usd) if isinstance(self._vlm, _Priced) else 0.0


def _described(item: Item, captions: Mapping[CaptionLength, CachedCaption], model: str) -> Item:
    """The item with its captions: searched beside its own words, shown where it has none of its own."""
    if not captions:
        return item
    short, long = (captions[length].text if length in captions else "" for length in CaptionLength)
    confidence = min((one.confidence for one in captions.values() if one.confidence is not None), default=None)
    described = {"model": model, "short": short, "long": long, "confidence": confidence}
    words = "\n".join(part for part in ("" if _says(long, short) else short, long) if part)
    metadata = {**item.metadata, "described": described}
    if item.text.strip():
        return replace(item, context=f"{item.context}\n{words}".strip(), metadata=metadata)
    return replace(item, text=words, metadata={**metadata, "generated_by": model})


def _says(text: str, other: str) -> bool:
    """Whether a text has all the words of another one in a row."""
    mine, others = (f" {' '.join(words_of(one))} " for one in (text, other))
    return others in mine
