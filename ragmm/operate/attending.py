"""An unattended run is attended: begun and ended in the journal, logged, reported, measured, and told of if it fails.

Nothing here can fail the run: what cannot be written or sent becomes a warning.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import ragmm
from ragmm.collection import Collection
from ragmm.config import OperateSettings
from ragmm.errors import RagmmError
from ragmm.operate import journal
from ragmm.operate.files import literal, replace_file
from ragmm.operate.forgetting import note_places
from ragmm.operate.hooks import tell, webhook_address
from ragmm.operate.journal import Begun, Ended, Run
from ragmm.operate.logs import RunLog
from ragmm.operate.redact import Redactor
from ragmm.pipelines.progress import Progress
from ragmm.pipelines.sync.night import Night

if TYPE_CHECKING:
    from ragmm.operate.drift import Drift
    from ragmm.operate.metrics import Stock

__all__ = ["Attendance", "attended"]

_T = TypeVar("_T")

_INTERRUPTED, _TERMINATED = 130, 143
_DOCUMENTS_FAILED: Final = 10
_SECONDS_BETWEEN_LINES: Final = 30.0
_REPORTED: Final = 200
"""Failures that get a line each in the log; the report has them all."""


@contextmanager
def attended(docs: Collection, command: str) -> Iterator[Attendance]:
    """Look after what runs inside. `command`: the words behind `ragmm`."""
    watch = Attendance(docs, command)
    watch.begin()
    try:
        yield watch
    except BaseException as error:
        watch.failed(error)
        raise
    finally:
        watch.end()


@dataclass
class Attendance:
    """One run that is looked after."""

    docs: Collection
    command: str
    clock: Callable[[], float] = time.time
    warnings: list[str] = field(default_factory=list)
    """What of the looking after itself did not work."""
    report: Path | None = None
    """The HTML report, where one was written."""

    def __post_init__(self) -> None:
        self.settings: OperateSettings = self.docs.pipeline.operate
        origin = self.docs.pipeline.origin
        self._base = origin.parent if origin is not None else Path.cwd()
        started = self.clock()
        stamp = datetime.fromtimestamp(started, UTC).strftime("%Y%m%dT%H%M%SZ")
        self._redactor = self._make_redactor()
        command = self._redactor.text(self.command)
        self.run = Begun(id=f"{stamp}-{secrets.token_hex(3)}", command=command, started=started)
        self._log = RunLog(None, self.run.id, self._redactor)
        self._night: Night | None = None
        self._code, self._error, self._noted = 0, "", False

    def _make_redactor(self) -> Redactor:
        address = self._attempt(lambda: webhook_address(self.settings))
        return Redactor([self.settings.webhook, address or ""])

    # What the command calls --------------------------------------------------------------------------------------

    def progress(self, shown: Progress) -> Progress:
        """The same progress, which the log hears of too."""
        return _Heard(shown, self._log)

    def finished(self, night: Night, code: int | None = None) -> None:
        """The run came to an end of its own; `code` where a signal asked for it."""
        self._night = night
        self._code = night.exit_code if code is None else code

    # Around it ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Note that it runs; a run whose end is never noted was cut short."""
        if self.settings.log is not None:
            self._log = self._attempt(self._open_log) or self._log
        self._log.info("begin", command=self.command, collection=str(self.docs.path), ragmm=ragmm.__version__)
        self._note()

    def _open_log(self) -> RunLog:
        settings = self.settings
        assert settings.log is not None  # noqa: S101
        path = self._base / settings.log
        return RunLog(path, self.run.id, self._redactor, megabytes=settings.log_mb, keep=settings.keep_logs)

    def _note(self) -> None:
        """In the journal, as soon as there is a folder for it."""
        if not self._noted and self.docs.path.is_dir():
            self._noted = self._attempt(self._begin_journal) or False

    def _begin_journal(self) -> bool:
        journal.begin(self.docs.path, self.run)
        reports, log = (self._base / place if place else None for place in (self.settings.reports, self.settings.log))
        self._attempt(lambda: note_places(self.docs.path, reports=reports, log=log))
        return True

    def failed(self, error: BaseException) -> None:
        """The run ended by an exception."""
        usual = (
            _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1 if isinstance(error, Exception) else _TERMINATED
        )
        code = getattr(error, "exit_code", usual)
        self._code = code if isinstance(code, int) else usual
        if self._code:
            self._error = self._redactor.text(str(error) or type(error).__name__)

    def end(self) -> None:
        """Journal, log, report, metrics, and whom to tell, in this order."""
        drift = self._drift()
        ended = self._ended(drift)
        self._note()
        if self._noted:
            self._attempt(lambda: journal.end(self.docs.path, ended))
        self._write_log(ended)
        runs = self._runs(ended)
        self._write_report(runs, drift)
        self._write_metrics(runs)
        self._tell(ended)
        for warning in self.warnings:
            self._log.warning("warning", text=warning)
        self._log.close()

    def _drift(self) -> Drift | None:
        questions = self.settings.questions
        if questions is None or self._night is None or self._code not in {0, _DOCUMENTS_FAILED}:
            return None
        from ragmm.operate.drift import measure_drift

        return self._attempt(lambda: measure_drift(self.docs, self._base / questions))

    def _ended(self, drift: Drift | None) -> Ended:
        night = self._night
        facts: dict[str, Any] = {}
        if night is not None:
            report = night.report
            facts = {
                "generation": report.generation,
                "documents": dict(report.documents),
                "items": dict(report.items),
                "embedded": report.embedded,
                "captioned": report.captioned,
                "reused": report.reused,
                "stages": dict(night.stages),
                "rates": dict(night.rates),
                "warnings": len(report.warnings),
                "error": night.refused,
            }
        numbers = drift.numbers if drift else {}
        if self._error:
            facts["error"] = self._error
        return Ended(id=self.run.id, ended=self.clock(), exit_code=self._code, drift=numbers, **facts)

    def _runs(self, ended: Ended) -> list[Run]:
        """Newest first, this one on top."""
        before = self._attempt(lambda: journal.read_runs(self.docs.path)) or []
        return [Run(begun=self.run, ended=ended), *(run for run in before if run.begun.id != self.run.id)]

    def _write_log(self, ended: Ended) -> None:
        night = self._night
        if night is not None:
            self._log.info("plan", counts=night.plan.counts, refused=night.refused, unlisted=night.plan.unlisted[:100])
            for failure in night.report.failures[:_REPORTED]:
                self._log.warning("document failed", uri=failure.uri, reason=failure.reason)
            for warning in night.report.warnings:
                self._log.warning("warning", text=warning)
        write = self._log.info if ended.exit_code in {0, _DOCUMENTS_FAILED} else self._log.error
        write("end", seconds=round(ended.ended - self.run.started, 3), **_but_id(ended))

    def _write_report(self, runs: Sequence[Run], drift: Drift | None) -> None:
        if self.settings.reports is None:
            return
        from ragmm.operate.night_page import NightFacts, night_page

        facts = NightFacts(
            collection=self.docs.name,
            runs=runs,
            night=_without_secrets(self._night, self._redactor) if self._night else None,
            error=self._error,
            drift=drift,
            warnings=[self._redactor.text(warning) for warning in self.warnings],
        )
        folder = self._base / self.settings.reports
        self.report = self._attempt(lambda: self._keep_report(folder, night_page(facts)))

    def _keep_report(self, folder: Path, text: str) -> Path:
        target = folder / f"{self.docs.name}-{self.run.id}.html"
        replace_file(target, text)
        for old in sorted(folder.glob(f"{literal(self.docs.name)}-[0-9]*Z-*.html"))[: -self.settings.keep_reports]:
            old.unlink(missing_ok=True)
        return target

    def _write_metrics(self, runs: Sequence[Run]) -> None:
        file = self.settings.metrics
        if file is not None:
            from ragmm.operate.metrics import write_metrics

            stock = self._attempt(self._stock)
            self._attempt(lambda: write_metrics(self._base / file, self.docs.path, runs, stock))

    def _stock(self) -> Stock:
        from ragmm.operate.metrics import Stock

        info = self.docs.info()
        return Stock(documents=info.documents, items=info.items, bytes=info.bytes)

    def _tell(self, ended: Ended) -> None:
        if ended.exit_code == 0 or (ended.exit_code == _DOCUMENTS_FAILED and not self.settings.tell_documents):
            return
        what = {"collection": self.docs.name, "command": self.run.command, "started": self.run.started, **vars(ended)}
        if self.report is not None:
            what["report"] = str(self.report)
        for told in self._attempt(lambda: tell(self.settings, self._redactor.value(what))) or ():
            self._log.info("told", whom=told.whom, ok=told.ok, detail=told.detail)
            if not told.ok:
                self.warnings.append(self._redactor.text(f"{told.whom} was not told of it: {told.detail}"))

    def _attempt(self, work: Callable[[], _T]) -> _T | None:
        """None, and a warning, where it does not work."""
        try:
            return work()
        except (RagmmError, OSError) as error:
            self.warnings.append(str(error))
            return None


def _without_secrets(night: Night, redactor: Redactor) -> Night:
    report = night.report
    failures = tuple(replace(one, reason=redactor.text(one.reason)) for one in report.failures)
    warnings = tuple(redactor.text(warning) for warning in report.warnings)
    return replace(night, report=replace(report, failures=failures, warnings=warnings))


def _but_id(ended: Ended) -> dict[str, Any]:
    return {name: value for name, value in vars(ended).items() if name not in {"id", "ended"}}


class _Heard:
    """Passes progress on; now and then a line of it goes to the log."""

    def __init__(self, shown: Progress, log: RunLog) -> None:
        self._shown, self._log = shown, log
        self._last: dict[str, float] = {}

    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        self._shown.update(stage, done, total, unit)
        now = time.monotonic()
        if now - self._last.get(stage, float("-inf")) > _SECONDS_BETWEEN_LINES:
            self._last[stage] = now
            self._log.info("progress", stage=stage, done=done, total=total, unit=unit)

    def message(self, text: str) -> None:
        self._shown.message(text)
        self._log.info("message", text=text)
