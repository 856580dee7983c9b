"""The survey: everything a night finds out before it changes anything."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ragmm.config.settings import NightlySettings
from ragmm.indexes.cache_contract import Nights
from ragmm.indexes.contracts import Inventory
from ragmm.indexes.records import Failed, Folder, Known
from ragmm.pipelines.ingest.parse_keys import Parsers
from ragmm.pipelines.ingest.run import hidden_warning
from ragmm.pipelines.progress import Progress
from ragmm.pipelines.sync.compare import Comparison, Rules
from ragmm.pipelines.sync.estimate import estimate
from ragmm.pipelines.sync.facts import PipelineFacts, edits
from ragmm.pipelines.sync.missing import Missing, guard, missing
from ragmm.pipelines.sync.plan import Change, Entry, Plan
from ragmm.pipelines.sync.roots import Census, Root
from ragmm.types import Failure

__all__ = ["Options", "Stopwatch", "Survey", "Surveyor", "survey"]

_UNSEEN = (
    "{:,} documents with pictures were read without the model for photographs and are found as before; "
    "ragmm sync --refresh looks at their pictures too"
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How this one night was asked for."""

    refresh: bool = False
    """Read again what other settings read, and let go of what the sources do not want any more."""
    allow_mass_delete: bool = False


@dataclass(kw_only=True)
class Survey:
    """The plan, and what the run needs beside it."""

    plan: Plan
    census: Census
    comparison: Comparison
    facts: PipelineFacts
    unseen: int = 0
    """Documents whose pictures were read without the model that looks at photographs today, left as they are."""
    stages: dict[str, float] = field(default_factory=dict)

    def met(self, folder: str, name: str) -> bool:
        """Whether the census saw this file where it belongs to the collection."""
        if folder in self.census.matched:
            return True
        names = self.comparison.names.get(folder, frozenset())
        return name in names and name not in self.comparison.left_out.get(folder, ())


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.stages[stage] += time.monotonic() - began


@dataclass(frozen=True, kw_only=True)
class Surveyor:
    """What a survey looks with."""

    collection: str
    roots: tuple[Root, ...]
    facts: PipelineFacts
    settings: NightlySettings
    parsers: Callable[[], Parsers]
    """Today's fingerprints of readings; costs the import of every loader, and is only asked where it matters."""
    progress: Progress
    stop: Callable[[], bool]


def survey(inventory: Inventory, nights: Nights, surveyor: Surveyor, options: Options) -> Survey:
    """Walk, compare, hash what differs, find what is gone; changes nothing."""
    watch, failed = Stopwatch(), nights.failed()
    folders = _trusted_folders(inventory, nights, failed, surveyor, options)
    census = Census(
        surveyor.roots,
        remembered={path: one.mark for path, one in folders.items()},
        recall=nights.entries,
        before={root.path: nights.listed(root.path) for root in surveyor.roots if root.file_list},
    )
    census.check()
    rules = Rules(
        reader=surveyor.facts.reader,
        retries=surveyor.settings.retries,
        parsers=surveyor.parsers().strictly() if options.refresh else None,
    )
    comparison = Comparison(inventory, nights, rules, failed)
    with watch("list"):
        for listing in census.listings():
            comparison.look(listing)
            surveyor.progress.update("list", comparison.looked_at, None, "files")
    with watch("compare"):
        comparison.hash(census.fetch, surveyor.progress, surveyor.stop)
        if _nothing_listed(census, comparison, folders):
            gone = Missing(known_outside=int(nights.note("outside") or 0))
        else:
            gone = missing(inventory, census, comparison, mass_delete=options.allow_mass_delete)
    comparison.take_over(folders, census.matched)
    plan = _plan(inventory, nights, census, comparison, surveyor)
    plan = replace(plan, refresh=options.refresh)
    plan = _with_deletions(plan, inventory, comparison, gone, surveyor.settings, options)
    unseen = 0 if options.refresh else _unseen(inventory, nights, surveyor)
    if unseen:
        plan = replace(plan, warnings=(*plan.warnings, _UNSEEN.format(unseen)))
    plan = replace(
        plan,
        stale=0 if options.refresh else _stale(inventory, nights, plan, surveyor),
        estimate=estimate(nights.note("rates") or {}, plan.entries),
    )
    return Survey(
        plan=plan,
        census=census,
        comparison=comparison,
        facts=surveyor.facts,
        unseen=unseen,
        stages=dict(watch.stages),
    )


def _trusted_folders(
    inventory: Inventory, nights: Nights, failed: Mapping[str, Failed], surveyor: Surveyor, options: Options
) -> dict[str, Folder]:
    """What the night before knew, as far as nobody changed the collection since and nothing there is to be retried."""
    if options.refresh or nights.note("state") != inventory.state:
        return {}
    folders = nights.folders()
    for one in failed.values():
        if one.reader != surveyor.facts.reader or one.tries < surveyor.settings.retries:
            folders.pop(one.path.rpartition("/")[0], None)
    return folders


def _nothing_listed(census: Census, comparison: Comparison, folders: Mapping[str, Folder]) -> bool:
    """Whether every folder is as remembered: then no document can be missing."""
    looked = comparison.names or census.unlisted or census.members or any(root.remote for root in census.roots)
    return not looked and len(census.matched) == len(folders)


def _plan(inventory: Inventory, nights: Nights, census: Census, comparison: Comparison, surveyor: Surveyor) -> Plan:
    given_up = (Failure(uri=one.uri, reason=one.reason) for one in comparison.given_up)
    return Plan(
        collection=surveyor.collection,
        generation=inventory.generation,
        state=inventory.state,
        pipeline=surveyor.facts.hash,
        night=int(nights.note("night") or 0) + 1,
        unchanged=comparison.unchanged,
        unlisted=tuple(sorted(census.unlisted)),
        edited=edits(nights.note("settings"), surveyor.facts),
        failures=(*census.failures, *given_up),
        warnings=tuple(hidden_warning(census.hidden)),
    )


def _with_deletions(
    plan: Plan,
    inventory: Inventory,
    comparison: Comparison,
    gone: Missing,
    settings: NightlySettings,
    options: Options,
) -> Plan:
    """What is gone is deleted, or moved where its content turns up elsewhere."""
    paths = [*gone.gone, *(gone.outside if options.refresh else ())]
    known = inventory.at(paths)
    entries, moved = _with_moves(comparison.entries, known)
    deleted = [
        Entry(change=Change.DELETED, uri=one.uri, path=path, sha256=one.sha256)
        for path, one in known.items()
        if path not in moved
    ]
    refused = [] if options.allow_mass_delete else [guard(len(deleted), inventory.count(), settings)]
    said = [reason for reason in (*gone.refused, *refused) if reason]
    advice = "nothing of this was deleted: look at `ragmm sync --dry-run`, and if it is meant, --allow-mass-delete"
    return replace(
        plan,
        entries=(*entries, *deleted),
        protected=gone.protected,
        outside=0 if options.refresh else len(gone.outside) + gone.known_outside,
        refused="; ".join([*said, advice]) if said else "",
        held=any(refused),
    )


def _with_moves(entries: Sequence[Entry], gone: Mapping[str, Known]) -> tuple[list[Entry], set[str]]:
    """New files that hold what a document that is gone held are that document, moved."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for path, one in gone.items():
        if one.sha256 is not None:
            waiting[one.sha256].append(path)
    found, moved = [], set[str]()
    for entry in entries:
        before = waiting.get(entry.sha256 or "") if entry.change is Change.NEW else None
        if before:
            was = before.pop()
            moved.add(was)
            found.append(replace(entry, change=Change.MOVED, was=was))
        else:
            found.append(entry)
    return found, moved


def _unseen(inventory: Inventory, nights: Nights, surveyor: Surveyor) -> int:
    """Documents whose pictures were read without the model that looks at photographs today; counted where they can be
    others than the night before."""
    model = surveyor.facts.photos
    before = nights.note("photos") or {}
    if not model or not inventory.count():
        return 0
    if before.get("model") == model and (not before["unseen"] or nights.note("state") == inventory.state):
        return int(before["unseen"])
    parsers = surveyor.parsers()
    return sum(count for parser, count in inventory.readers().items() if parsers.unseen(parser))


def _stale(inventory: Inventory, nights: Nights, plan: Plan, surveyor: Surveyor) -> int:
    """Documents that other settings read; counted only where there can be any."""
    asked = plan.edited or nights.note("stale") or nights.note("settings") is None
    if not asked or not inventory.count():
        return 0
    parsers = surveyor.parsers()
    return sum(count for parser, count in inventory.readers().items() if not parsers.are(parser))
