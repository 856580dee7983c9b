"""One night: survey, then links, moves and deletions in one commit, then reading and embedding, then upkeep."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ragmm.config.settings import NightlySettings
from ragmm.indexes.cache_contract import WorkCache
from ragmm.indexes.contracts import Store, Writer
from ragmm.indexes.records import Collected, Failed, Retention
from ragmm.pipelines.ingest.intake import IngestPlan, Intake, parsers_of, stamp_trusted, trusted_stamp
from ragmm.pipelines.ingest.sources import SourceFile
from ragmm.pipelines.ingest.tally import Tally
from ragmm.pipelines.progress import Progress
from ragmm.pipelines.stopping import StopFlag
from ragmm.pipelines.sync.compare import entry_of, file_of
from ragmm.pipelines.sync.estimate import measured
from ragmm.pipelines.sync.facts import PipelineFacts
from ragmm.pipelines.sync.files import check_plan
from ragmm.pipelines.sync.night import Night
from ragmm.pipelines.sync.plan import Change, Entry, Plan
from ragmm.pipelines.sync.rehash import Rehash, rehash
from ragmm.pipelines.sync.roots import Census, Root
from ragmm.pipelines.sync.survey import Options, Stopwatch, Survey, Surveyor, survey
from ragmm.pipelines.sync.upkeep import upkeep
from ragmm.types import Document, DocumentState, Report

__all__ = ["NightWork", "make_plan", "run_night"]


@dataclass(frozen=True, kw_only=True)
class NightWork:
    """What a night works with: objects, not names."""

    roots: tuple[Root, ...]
    facts: PipelineFacts
    settings: NightlySettings
    tools: Callable[[], IngestPlan]
    """What reads and embeds; asked for only where there is something to read or link."""
    retention: Retention
    progress: Progress
    stop: StopFlag
    options: Options = field(default_factory=Options)


def make_plan(store: Store, work: NightWork) -> Plan:
    """What a night would do. Nothing is written, and a collection that is not there is not made."""
    with _session(store, "plan") as (writer, cache):
        return replace(_surveyed(store, writer, cache, work).plan, kept=cache.unfinished().waiting())


@contextlib.contextmanager
def _session(store: Store, command: str) -> Iterator[tuple[Writer, WorkCache]]:
    """A writing session; for a plan about a collection that is not there, one that goes away again."""
    with contextlib.ExitStack() as stack:
        if command == "plan" and not store.exists:
            store = stack.enter_context(store.throwaway())
        writer = stack.enter_context(store.writer(command, create=True))
        cache = stack.enter_context(store.cache())
        yield writer, cache


def _surveyed(store: Store, writer: Writer, cache: WorkCache, work: NightWork) -> Survey:
    surveyor = Surveyor(
        collection=str(store.folder),
        roots=work.roots,
        facts=work.facts,
        settings=work.settings,
        parsers=lambda: parsers_of(work.tools()),
        progress=work.progress,
        stop=lambda: bool(work.stop),
    )
    return survey(writer.inventory(), cache.nights, surveyor, work.options)


def run_night(store: Store, work: NightWork, plan: Plan | None = None) -> Night:
    """Make the collection equal to its sources. A given plan is carried out as it is, or refused."""
    began, watch = store.clock(), time.monotonic()
    if not store.exists:
        Census(work.roots).check()  # nothing is made for sources that are not there
    with _session(store, "sync") as (writer, cache):
        survey_ = _surveyed(store, writer, cache, work)
        if plan is not None:
            check_plan(plan, survey_.plan)
        night = _Night(store, writer, cache, work, survey_)
        night.run()
        return night.outcome(began, watch)


_TAKEN = {Change.NEW: "added", Change.MOVED: "moved"}


class _Night:
    """One night under way, after its survey."""

    def __init__(self, store: Store, writer: Writer, cache: WorkCache, work: NightWork, found: Survey) -> None:
        self.store, self.writer, self.cache, self.work, self.survey = store, writer, cache, work, found
        self.nights, self.inventory = cache.nights, writer.inventory()
        self.watch = Stopwatch()
        self.watch.stages.update(found.stages)
        self.tally = Tally()
        self.entries = [
            entry for entry in found.plan.entries if not (entry.change is Change.DELETED and found.plan.held)
        ]
        self.intake: Intake | None = None
        self.rehashed = Rehash()
        self.failed: dict[str, Failed] = {}
        self.settled: list[str] = []
        self.replaced: dict[str, str] = {}
        """By the path of a moved file that has to be read anew: the path that it had."""
        self.left = 0
        self.collected: Collected | None = None

    def run(self) -> None:
        if self.work.stop:
            return  # a survey that was cut short takes what moved for gone
        with self.watch("rehash"):
            self._rehash()
        if any(entry.change is not Change.DELETED for entry in self.entries):
            self.intake = self._open_intake()
        with self.watch("delete"):
            to_read = self._settle_known()
        if self.intake is not None:
            with self.watch("ingest"):
                self.intake.standing.expected = len(to_read)
                self.intake.take(self._within_budget(self.intake, to_read))
                self.intake.commit()
        with self.watch("maintain"):
            if not self.work.stop and (self.writer.changed or self.nights.note("collect")):
                self.collected = upkeep(self.writer, self.work.retention, self.work.settings.maintenance_minutes)
            self._remember()

    # Work --------------------------------------------------------------------------------------------------------

    def _rehash(self) -> None:
        """Files that lie about being unchanged join the changed ones."""
        settings, plan = self.work.settings, self.survey.plan
        stop = self.work.stop
        self.rehashed = rehash(self.nights, plan.night, settings.rehash_nights, self.survey.met, lambda: bool(stop))
        paths = {entry.path for entry in self.entries}
        for path, seen in self.rehashed.changed:
            file = self.survey.census.file_at(path, seen.stamp)
            if file is not None and path not in paths:
                self.entries.append(entry_of(file, Change.CHANGED))
                self.cache.forget([path])
                self.nights.put_folders({}, [path.rpartition("/")[0]])

    def _open_intake(self) -> Intake:
        fetch = self.survey.census.fetch
        intake = Intake(
            self.writer,
            self.cache,
            replace(self.work.tools(), fetch=fetch),
            self._document_at,
            progress=self.work.progress,
            stop=self.work.stop,
        )
        for space, embedder in intake.plan.embedders.items():
            self.writer.ensure_space(space, embedder.info, intake.plan.vector_dtype)
        intake.kind, intake.tally = "sync", self.tally
        intake.watch(taken=self._taken, refused=self._refused)
        return intake

    def _document_at(self, path: str) -> Document | None:
        return self.inventory.document_at(path)

    def _settle_known(self) -> list[Entry]:
        """Links, moves and deletions, which need nothing but a commit; returns what has to be read."""
        to_read: list[Entry] = []
        deleted: list[str] = []
        for entry in self.entries:
            if entry.change is Change.DELETED:
                deleted.append(entry.path)
            elif self.intake is not None and not self._linked(self.intake, entry):
                to_read.append(entry)
        self._delete(deleted)
        return to_read

    def _linked(self, intake: Intake, entry: Entry) -> bool:
        sha256 = entry.sha256
        if sha256 is None or entry.change is Change.STALE:
            return False
        parser = intake.known_as(sha256, entry.uri)
        if parser is None:
            if entry.was is not None:
                self.replaced[entry.path] = entry.was
            return False
        self.tally.document(_TAKEN.get(entry.change, "changed"))
        intake.link(file_of(entry), sha256, parser, self.inventory.media_type(sha256, parser))
        if entry.was is not None:
            intake.remove(entry.was)
        intake.commit_if_due()
        return True

    def _delete(self, paths: list[str]) -> None:
        self.tally.document("deleted", len(paths))
        self.settled.extend(paths)
        if self.intake is not None:
            for path in paths:
                self.intake.remove(path)
            self.intake.commit()
        elif paths:
            self.writer.commit((), paths, kind="sync")
            self.cache.forget(paths)

    def _within_budget(self, intake: Intake, entries: Sequence[Entry]) -> Iterator[SourceFile]:
        """Files to read, until the budget is spent or someone asks to stop."""
        settings, began = self.work.settings, time.monotonic()
        for number, entry in enumerate(entries):
            spent = settings.max_minutes and time.monotonic() - began >= 60 * settings.max_minutes
            if self.work.stop or spent or (settings.max_documents and number >= settings.max_documents):
                self.left = len(entries) - number
                return
            file = file_of(entry)
            if intake.quarantined(file):
                intake.standing.passed += 1
            else:
                yield file

    # Books -------------------------------------------------------------------------------------------------------

    def _taken(self, file: SourceFile) -> None:
        """The file is in the collection; its folder may be remembered if its stamp can be trusted."""
        if file.path in self.survey.comparison.failed:
            self.settled.append(file.path)
        if self.intake is not None and (was := self.replaced.pop(file.path, None)) is not None:
            self.intake.remove(was)
            self.tally.instead("added", "moved")
        if trusted_stamp(file):
            self.survey.comparison.settle(file.path)

    def _refused(self, file: SourceFile, reason: str, state: DocumentState) -> None:
        before = self.survey.comparison.failed.get(file.path)
        reader = self.work.facts.reader
        same = before is not None and before.stamp == file.stamp and before.reader == reader
        tries = (before.tries if same and before is not None else 0) + 1
        if state is DocumentState.QUARANTINED:
            tries = max(tries, self.work.settings.retries)
        self.failed[file.path] = Failed(
            path=file.path, uri=file.uri, stamp=file.stamp, reader=reader, tries=tries, state=str(state), reason=reason
        )
        if tries >= self.work.settings.retries and trusted_stamp(file):
            self.survey.comparison.settle(file.path)

    def _remember(self) -> None:
        """What the next night may rely on; the state comes last, so that a kill in between makes it look again."""
        found, comparison = self.survey, self.survey.comparison
        self._confirm()
        self.nights.put_failed(self.failed.values(), self.settled)
        folders = comparison.remembered()
        gone = self.nights.folders().keys() - found.census.matched - folders.keys() if comparison.names else ()
        if folders or gone:
            self.nights.put_folders(folders, gone)
        for place, members in found.census.members.items():
            self.nights.put_listed(place, members)
        self.nights.put_notes(self._notes())

    def _confirm(self) -> None:
        """Files whose stamp changed and whose content did not are known by their new stamp."""
        confirmed = {}
        for path, seen in self.survey.comparison.confirmed.items():
            if stamp_trusted(seen.stamp):
                confirmed[path] = seen
                self.survey.comparison.settle(path)
        if confirmed:
            self.cache.remember(confirmed)

    def _notes(self) -> dict[str, Any]:
        plan = self.survey.plan
        done = self.rehashed.complete and not self.work.stop
        return {
            # Deletions that were refused are found again only where every folder is looked at.
            "state": None if plan.refused else self.inventory.state,
            "settings": dict(self.work.facts.settings),
            "night": plan.night if done else plan.night - 1,
            "outside": plan.outside,
            "stale": plan.stale,
            "photos": None if plan.refresh else {"model": self.work.facts.photos, "unseen": self.survey.unseen},
            "collect": self.writer.reclaimable(),
            "rates": measured(self.nights.note("rates") or {}, self._rates()),
        }

    def _rates(self) -> dict[str, float]:
        if self.intake is None:
            return {}
        return self.intake.rates(self.watch.stages["ingest"])

    def outcome(self, began: float, watch: float) -> Night:
        """`began` by the collection's clock, `watch` by the one that never jumps."""
        plan = self.survey.plan
        self.tally.document("unchanged", plan.unchanged)
        self.tally.failures(plan.failures)
        report = (
            self.intake.report(self.store, plan.warnings)
            if self.intake is not None
            else self._quiet_report(plan.warnings)
        )
        return Night(
            number=plan.night,
            plan=plan,
            report=replace(report, seconds=time.monotonic() - watch),
            started=began,
            ended=self.store.clock(),
            stages=dict(self.watch.stages),
            rates=self._rates(),
            rehashed=self.rehashed.files,
            changed_unseen=len(self.rehashed.changed),
            left=self.left,
            collected=self.collected,
        )

    def _quiet_report(self, warnings: Sequence[str]) -> Report:
        """Of a night that read nothing."""
        for warning in warnings:
            self.tally.warning(warning)
        return self.tally.report(self.store.folder.name, self.writer.generation, interrupted=bool(self.work.stop))
