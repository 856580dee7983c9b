"""What an unattended run leaves behind: journal, log, metrics, report, and those who are told when it fails."""

from __future__ import annotations

import dataclasses
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

import ragmm
from ragmm.config import OperateSettings
from ragmm.errors import MassDeleteError, StorageError, UsageError
from ragmm.operate import journal
from ragmm.operate.attending import attended
from ragmm.operate.drift import Drift, Hub, measure_drift
from ragmm.operate.files import append_line, replace_file
from ragmm.operate.hooks import tell, webhook_address
from ragmm.operate.journal import Begun, Ended, RunState, read_runs
from ragmm.operate.logs import RunLog
from ragmm.operate.metrics import Stock, write_metrics
from ragmm.operate.night_page import NightFacts, night_page
from ragmm.operate.redact import Redactor
from ragmm.operate.runs import list_runs
from ragmm.pipelines.sync.night import Night
from ragmm.pipelines.sync.plan import Change, Entry, Plan
from ragmm.testing import FakeEmbedder
from ragmm.types import Failure, Report

EVIL = "evil\n\x1b[2J<script>alert(1)</script>\u202e\udcff.pdf"
SECRET = "sk-very-secret-value-1234"


def night(*, refused: str = "", failures: tuple[Failure, ...] = (), generation: int = 3) -> Night:
    counts = {"added": 2, "changed": 1, "moved": 0, "deleted": 1, "unchanged": 7, "failed": len(failures)}
    report = Report(
        collection="docs", generation=generation, documents=counts, items={"passage": 9}, embedded=9, captioned=0,
        reused=1, seconds=2.5, failures=failures,
    )  # fmt: skip
    entries = (
        Entry(change=Change.NEW, uri=EVIL, path=f"/s/{EVIL}", stamp=(1200, 1, 1, 1)),
        Entry(change=Change.MOVED, uri="new/place.md", path="/s/new/place.md", was="/s/old/place.md"),
        Entry(change=Change.DELETED, uri="gone.md", path="/s/gone.md"),
    )
    plan = Plan(
        collection="docs", generation=2, state="s", pipeline="p", night=4, entries=entries, protected=3,
        unlisted=("/s/locked",), refused=refused,
    )  # fmt: skip
    return Night(number=4, plan=plan, report=report, started=1e9, ended=1e9 + 2.5, stages={"list": 0.5, "ingest": 2.0})


@pytest.fixture
def docs(tmp_path: Path) -> Iterator[ragmm.Collection]:
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(name="words")})
    source = tmp_path / "source"
    source.mkdir()
    for number in range(4):
        (source / f"{number}.txt").write_text(f"document {number} is about subject{number}", encoding="utf-8")
    with ragmm.create(tmp_path / "docs", models=models) as docs:
        docs.ingest([source])
        yield docs


def operated(docs: ragmm.Collection, tmp_path: Path, **settings: object) -> ragmm.Collection:
    operate = OperateSettings(**settings)  # type: ignore[arg-type]
    docs.pipeline = dataclasses.replace(docs.pipeline, operate=operate, origin=tmp_path / "p.toml")
    return docs


# The journal ---------------------------------------------------------------------------------------------------------


def test_runs_that_ended_run_or_were_killed_are_told_apart(tmp_path: Path) -> None:
    now = time.time()
    journal.begin(tmp_path, Begun(id="a", command="sync p.toml", started=now))
    journal.end(tmp_path, Ended(id="a", ended=now + 5, exit_code=0, generation=4, documents={"added": 1}))
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    journal.begin(tmp_path, Begun(id="b", command="sync p.toml", started=now, pid=int(child.stdout)))
    journal.begin(tmp_path, Begun(id="c", command="sync p.toml", started=now))
    journal.begin(tmp_path, Begun(id="old", command="sync p.toml", started=now - 9e8))
    for name, code in (("d", 31), ("e", 143), ("f", 10), ("g", 75)):
        journal.begin(tmp_path, Begun(id=name, command="sync", started=now))
        journal.end(tmp_path, Ended(id=name, ended=now, exit_code=code))
    states = {run.begun.id: run.state for run in read_runs(tmp_path)}
    assert states == {
        "a": RunState.DONE, "b": RunState.CUT_SHORT, "c": RunState.RUNNING, "old": RunState.CUT_SHORT,
        "d": RunState.FAILED, "e": RunState.STOPPED, "f": RunState.DOCUMENTS_FAILED,
        "g": RunState.REFUSED,
    }  # fmt: skip
    assert [run.begun.id for run in read_runs(tmp_path)][-1] == "a"
    assert read_runs(tmp_path)[-1].seconds == pytest.approx(5)


def test_a_line_cut_short_spoils_nothing_and_the_file_stays_small(tmp_path: Path, monkeypatch) -> None:
    journal.begin(tmp_path, Begun(id="a", command="x", started=1.0))
    file = tmp_path / journal.JOURNAL
    file.write_bytes(file.read_bytes() + b'{"ended": {"id": "a", "en')
    journal.begin(tmp_path, Begun(id="b", command="x", started=2.0))
    append_line(file, '{"begun": {"unknown": 1}}')
    assert [run.begun.id for run in read_runs(tmp_path)] == ["b", "a"]
    monkeypatch.setattr(journal, "_LONGEST", 10)
    monkeypatch.setattr(journal, "_KEPT", 2)
    for number in range(6):
        journal.begin(tmp_path, Begun(id=str(number), command="x", started=3.0))
    assert [run.begun.id for run in read_runs(tmp_path)] == ["5", "4", "3"]


def test_commands_that_committed_stand_beside_attended_runs(docs: ragmm.Collection, tmp_path: Path) -> None:
    with attended(operated(docs, tmp_path), "sync p.toml") as watch:
        (tmp_path / "source" / "0.txt").write_text("another subject", encoding="utf-8")
        docs.ingest([tmp_path / "source"])
        watch.finished(night())
    docs.rollback(1)
    found = list_runs(docs.store, 10)
    assert [one.command for one in found] == ["rollback 1", "sync p.toml", "settings", "ingest"]
    assert found[1].documents["added"] == 2
    assert len(list_runs(docs.store, 1)) == 1


# The log -------------------------------------------------------------------------------------------------------------


def test_a_log_line_is_one_safe_json_object(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    file = tmp_path / "logs" / "ragmm.log"
    log = RunLog(file, "run-1", Redactor())
    log.warning("document failed", uri=EVIL, reason=f"GET https://me:hunter22@host/ said {SECRET}", long="x" * 9000)
    log.info("note", text="token=abcdef Authorization: Bearer abcdefghijk \x85")
    log.close()
    raw = file.read_bytes().decode("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(raw.splitlines()) == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", raw)
    for secret in (SECRET, "hunter22", "abcdef"):
        assert secret not in raw
    first = json.loads(raw.splitlines()[0])
    assert (first["run"], first["level"], first["event"]) == ("run-1", "warning", "document failed")
    assert first["uri"] == EVIL
    assert len(first["long"]) < 5000


def test_logs_rotate_and_the_oldest_goes(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "r.log", "run", Redactor(), megabytes=0.01, keep=2)
    for number in range(200):
        log.info("event", number=number, filler="y" * 200)
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.log", "r.log.1", "r.log.2"]
    assert all(path.stat().st_size <= 10_000 for path in tmp_path.iterdir())
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.iterdir())


def test_ordinary_words_are_not_taken_for_secrets() -> None:
    redactor = Redactor(environment={"EDITOR": "vi", "KEY": "abc", "PATH": "/usr/bin"})
    text = "the tokens of page 3: see https://example.org/a?page=2 and the key finding, basically /usr/bin/abc"
    assert redactor.text(text) == text


# Metrics -------------------------------------------------------------------------------------------------------------

_SAMPLE = re.compile(r'^(ragmm_\w+)\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+)\} (\S+)$')


def samples(file: Path) -> dict[str, float]:
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            match = _SAMPLE.match(line)
            assert match, line
            found[f"{match[1]}{{{match[2]}}}"] = float(match[3])
    return found


def test_metrics_are_whole_readable_and_remember_the_last_success(tmp_path: Path) -> None:
    good = journal.Run(
        begun=Begun(id="1", command="sync", started=10.0),
        ended=Ended(id="1", ended=12.5, exit_code=0, generation=3, documents={"added": 2}, drift={"overlap": 0.9}),
    )
    bad = journal.Run(begun=Begun(id="2", command="sync", started=20.0), ended=Ended(id="2", ended=21.0, exit_code=30))
    file, folder = tmp_path / "metrics" / "ragmm.prom", tmp_path / 'odd"\n\\name'
    folder.mkdir()
    write_metrics(file, folder, [good], Stock(documents=4, items=9, bytes=100))
    label = r'collection="odd\"\n\\name"'
    seen = samples(file)
    assert seen[f"ragmm_last_run_duration_seconds{{{label}}}"] == 2.5
    assert seen[f'ragmm_last_run_documents{{{label},outcome="added"}}'] == 2
    assert seen[f'ragmm_drift{{{label},measure="overlap"}}'] == 0.9
    write_metrics(file, folder, [bad, good], None)
    seen = samples(file)
    assert seen[f"ragmm_last_run_exit_code{{{label}}}"] == 30
    assert seen[f"ragmm_last_success_timestamp_seconds{{{label}}}"] == 12.5
    assert f"ragmm_documents{{{label}}}" not in seen
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(file.parent.iterdir()) == [file]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "f"
    replace_file(file, "old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(StorageError, match="No space left"):
        replace_file(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


# Whom to tell --------------------------------------------------------------------------------------------------------


class Listener:
    """A web server on this machine that keeps what it is sent."""

    def __init__(self, status: int = 200, delay: float = 0.0, location: str = "") -> None:
        self.got: list[bytes] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listener.got.append(self.rfile.read(int(self.headers["Content-Length"])))
                time.sleep(delay)
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook/{SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_command_reads_what_happened(tmp_path: Path) -> None:
    out = tmp_path / "told"
    (told,) = tell(OperateSettings(on_failure=("sh", "-c", f"cat > {out}; echo thanks; exit 3")), {"exit_code": 30})
    assert json.loads(out.read_text()) == {"exit_code": 30}
    assert not told.ok
    assert "exit code 3: thanks" in told.detail
    (absent,) = tell(OperateSettings(on_failure=("/no/such/program",)), {})
    assert "No such file" in absent.detail


def test_a_command_that_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    settings = OperateSettings(on_failure=("sh", "-c", f"sleep 60 & echo $! > {pid}; wait"), hook_seconds=0.5)
    began = time.monotonic()
    (told,) = tell(settings, {})
    assert time.monotonic() - began < 5
    assert "stopped" in told.detail
    psutil.wait_procs([psutil.Process(int(pid.read_text()))] if psutil.pid_exists(int(pid.read_text())) else [], 3)
    assert not psutil.pid_exists(int(pid.read_text()))


def test_the_webhook_is_told_once_and_followed_nowhere() -> None:
    with Listener() as listener:
        (told,) = tell(OperateSettings(webhook=listener.address), {"collection": "docs"})
        assert told.ok
        assert json.loads(listener.got[0]) == {"collection": "docs"}
    with Listener() as other, Listener(status=307, location=other.address) as listener:
        (told,) = tell(OperateSettings(webhook=listener.address), {})
        assert (told.ok, told.detail) == (False, "status 307")
        assert (len(listener.got), other.got) == (1, [])
    with Listener(status=503) as listener:
        assert not tell(OperateSettings(webhook=listener.address), {})[0].ok
        assert len(listener.got) == 1, "no second try"
    with Listener(delay=3) as listener:
        began = time.monotonic()
        (told,) = tell(OperateSettings(webhook=listener.address, hook_seconds=0.3), {})
        assert time.monotonic() - began < 2
        assert "cannot be reached" in told.detail
    assert SECRET not in str(told)


def test_nobody_is_told_unless_the_owner_says_so(monkeypatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("a connection was made"))
    assert tell(OperateSettings(), {}) == []
    monkeypatch.setenv("HOOK", "https://host/x")
    assert webhook_address(OperateSettings(webhook_env="HOOK")) == "https://host/x"
    assert webhook_address(OperateSettings()) == ""
    with pytest.raises(UsageError, match="no web address"):
        webhook_address(OperateSettings(webhook="file:///etc/passwd"))


# A whole run ---------------------------------------------------------------------------------------------------------


def test_a_good_run_leaves_everything_behind_and_tells_nobody(docs: ragmm.Collection, tmp_path: Path) -> None:
    told = tmp_path / "told"
    operated(docs, tmp_path, reports=Path("reports"), log=Path("r.log"), metrics=Path("m.prom"),
             on_failure=("touch", str(told)))  # fmt: skip
    with attended(docs, "sync p.toml") as watch:
        watch.finished(night(failures=(Failure(uri="x.pdf", reason="password=opensesame is wrong"),)))
    assert watch.warnings == []
    assert not told.exists()
    assert watch.report is not None
    page = watch.report.read_text(encoding="utf-8")
    assert "opensesame" not in page
    assert "x.pdf" in page
    events = [json.loads(line)["event"] for line in (tmp_path / "r.log").read_text("utf-8").splitlines()]
    assert events == ["begin", "plan", "document failed", "end"]
    assert samples(tmp_path / "m.prom")['ragmm_documents{collection="docs"}'] == 4
    assert read_runs(docs.path)[0].state == RunState.DOCUMENTS_FAILED


@pytest.mark.parametrize(
    ("error", "code", "state"),
    [
        (MassDeleteError("too many"), 31, RunState.FAILED),
        (StorageError("disk full"), 30, RunState.FAILED),
        (RuntimeError("a defect"), 1, RunState.FAILED),
        (KeyboardInterrupt(), 130, RunState.STOPPED),
    ],
)
def test_a_run_that_fails_is_told_and_stays_failed(
    docs: ragmm.Collection, tmp_path: Path, error: BaseException, code: int, state: str
) -> None:
    out = tmp_path / "told"
    operated(docs, tmp_path, reports=Path("reports"), on_failure=("sh", "-c", f"cat > {out}"))
    with pytest.raises(type(error)), attended(docs, "sync p.toml") as watch:
        raise error
    told = json.loads(out.read_text(encoding="utf-8"))
    assert (told["exit_code"], told["collection"]) == (code, "docs")
    assert Path(told["report"]) == watch.report
    (run, *_) = read_runs(docs.path)
    assert (run.state, run.ended.exit_code) == (state, code)


def test_a_refusal_is_told_and_failing_documents_only_on_request(docs: ragmm.Collection, tmp_path: Path) -> None:
    out = tmp_path / "told"
    failed = night(failures=(Failure(uri="x", reason="y"),))
    for settings, outcome, expected in (
        ({}, night(refused="all documents are gone"), True),
        ({}, failed, False),
        ({"tell_documents": True}, failed, True),
    ):
        out.unlink(missing_ok=True)
        operated(docs, tmp_path, on_failure=("touch", str(out)), **settings)
        with attended(docs, "sync p.toml") as watch:
            watch.finished(outcome)
        assert out.exists() is expected


def test_what_cannot_be_written_or_sent_never_fails_the_run(docs: ragmm.Collection, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    operated(docs, tmp_path, reports=Path("file/reports"), log=Path("file/log"), metrics=Path("file/m.prom"),
             questions=Path("absent.jsonl"), webhook="ftp://nowhere", on_failure=("/no/such/program",))  # fmt: skip
    with attended(docs, "sync p.toml") as watch:
        watch.finished(night())
    assert len(watch.warnings) == 5
    assert read_runs(docs.path)[0].state == RunState.DONE


def test_only_so_many_reports_are_kept(docs: ragmm.Collection, tmp_path: Path) -> None:
    operated(docs, tmp_path, reports=Path("reports"), keep_reports=2)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "docs-mine.html").write_text("mine")
    for second in range(4):
        with attended(docs, "sync p.toml") as watch:
            watch.run = dataclasses.replace(watch.run, id=f"20260101T00000{second}Z-abc")
            watch.finished(night())
    names = sorted(path.name for path in (tmp_path / "reports").iterdir())
    assert names == ["docs-20260101T000002Z-abc.html", "docs-20260101T000003Z-abc.html", "docs-mine.html"]


# Drift and the page --------------------------------------------------------------------------------------------------


def test_drift_is_measured_against_the_run_before(docs: ragmm.Collection, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [{"qid": str(n), "question": f"what is subject{n}"} for n in range(4)]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    first = measure_drift(docs, file)
    assert first is not None
    assert (first.compared, first.numbers) == (0, {"questions": 4, "hubs": first.numbers["hubs"]})
    asked = sum(sum(model.calls) for model in docs.embedders.values())
    assert measure_drift(docs, file) is None
    assert sum(sum(model.calls) for model in docs.embedders.values()) == asked, "nothing changed: no model is asked"
    poison = tmp_path / "source" / "poison.txt"
    poison.write_text("what is subject0 what is subject1 what is subject2 what is subject3", encoding="utf-8")
    docs.ingest([tmp_path / "source"])
    drift = measure_drift(docs, file)
    assert drift is not None
    assert drift.compared == len(drift.changed) == 4
    assert 0 < drift.overlap < 1
    assert all("poison.txt" in one.came for one in drift.changed)
    assert Hub(uri="poison.txt", questions=4, share=1.0, before=0) in drift.hubs
    (docs.path / "drift.json").write_text("{broken")
    again = measure_drift(docs, file)
    assert again is not None
    assert again.compared == 0
    assert "subject0 what" not in (docs.path / "drift.json").read_text(encoding="utf-8"), "no content is kept"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_tells_everything_and_holds_nothing_active() -> None:
    runs = [
        journal.Run(begun=Begun(id=str(n), command="sync p.toml", started=1e9 + n), ended=Ended(
            id=str(n), ended=1e9 + 100 * n + 100, exit_code=0 if n else 10, generation=n, documents={"added": n}))
        for n in (3, 2, 1)
    ]  # fmt: skip
    drift = Drift(questions=2, compared=2, overlap=0.5, agreement=0.4, since=2, changed=(), hubs=(
        Hub(uri=EVIL, questions=2, share=1.0, before=0),))  # fmt: skip
    failures = tuple(Failure(uri=f"{n}.pdf", reason="password protected") for n in range(3))
    told = night(failures=failures)
    facts = NightFacts(collection=f"docs {EVIL}", runs=runs, night=told, drift=drift, warnings=["w"])
    page = night_page(facts)
    tags = Tags()
    tags.feed(page)
    assert not {"script", "iframe", "img", "link", "form", "object"} & {tag for tag, _ in tags.seen}
    assert not [name for _, attributes in tags.seen for name in attributes if name in {"href", "src", "style"}]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", page)
    assert "\\udcff" in page
    for words in (
        "3: password protected",
        "new/place.md",
        "/s/old/place.md",
        "gone.md",
        "/s/locked",
        "50%",
        "6 min 37 s",
    ):
        assert words in page
    refused = night_page(dataclasses.replace(facts, night=night(refused="9 of 10 documents"), error="stopped"))
    assert "Nothing was deleted: 9 of 10 documents" in refused
