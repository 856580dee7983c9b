"""Objects of a remote store as sources: an S3 server on this machine, and fsspec's own store in memory."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from ragmm.config import Place
from ragmm.errors import MissingExtraError, UsageError
from ragmm.pipelines.sync.remote import RemoteStore, _nested
from tests.unit.sync_desk import Desk, counts, in_memory

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with in_memory() as folder:
        yield Desk(folder, monkeypatch)


@pytest.fixture
def bucket() -> Iterator[Any]:
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


def life(desk: Desk, put: Any, remove: Any, url: str, *options: str) -> None:
    """Adds, changes, moves, copies and deletions in a remote store, night by night."""
    for number in range(4):
        put(f"reports/{number}.txt", f"Report {number} speaks of subject{number}.")
    put("reports/deep/notes.md", "Notes.")
    put("reports/.hidden/x.txt", "hidden")
    desk.sources(Place(path=url, name="remote", options=options), exclude=("*.md",))
    assert counts(desk.night()) == {"added": 4}
    assert desk.uris() == [f"remote/reports/{number}.txt" for number in range(4)]
    read, asked = len(desk.parser.read), desk.asked()
    assert counts(desk.night()) == {"unchanged": 4}
    assert (len(desk.parser.read), desk.asked()) == (read, asked)
    put("reports/0.txt", "Report 0 is rewritten.")
    put("reports/moved.txt", "Report 1 speaks of subject1.")
    remove("reports/1.txt")
    remove("reports/2.txt")
    put("reports/new.txt", "A new report.")
    assert counts(desk.night()) == {"added": 1, "changed": 1, "moved": 1, "deleted": 1, "unchanged": 1}
    assert sorted(desk.parser.read[read:]) == ["remote/reports/0.txt", "remote/reports/new.txt"]
    assert "Report 0 is rewritten." in desk.texts()
    assert not any("subject2" in text for text in desk.texts())
    for name in ("0", "3", "moved", "new"):
        remove(f"reports/{name}.txt")
    remove("reports/deep/notes.md")
    remove("reports/.hidden/x.txt")
    assert desk.night().exit_code == 31, "an empty bucket is taken for one that is not reachable"
    assert len(desk.uris()) == 4


def test_a_store_that_fsspec_serves(desk: Desk, bucket: Any) -> None:
    life(
        desk,
        lambda name, text: bucket.pipe(f"/bucket/{name}", text.encode()),
        lambda name: bucket.rm(f"/bucket/{name}"),
        "memory://bucket",
    )


def test_a_store_that_breaks_in_mid_listing_protects_everything(
    desk: Desk, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.pipe("/bucket/a.txt", b"One text.")
    desk.sources(Place(path="memory://bucket"))
    desk.night()

    def broken(self: RemoteStore) -> Any:
        raise ConnectionError("the connection was reset")

    with monkeypatch.context() as gone:
        gone.setattr(RemoteStore, "_objects", broken)
        night = desk.night(allow_mass_delete=True)
    assert (night.plan.protected, night.exit_code) == (1, 10)
    assert "the connection was reset" in night.report.failures[0].reason
    assert counts(desk.night()) == {"unchanged": 1}


def test_an_object_that_cannot_be_fetched_is_a_failure_of_its_own(
    desk: Desk, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.pipe("/bucket/a.txt", b"One text.")
    bucket.pipe("/bucket/b.txt", b"Another text.")
    desk.sources(Place(path="memory://bucket"))
    copy = RemoteStore.copy

    def refusing(self: RemoteStore, path: str, target: Any) -> None:
        if path.endswith("b.txt"):
            raise PermissionError("access denied")
        copy(self, path, target)

    with monkeypatch.context() as denied:
        denied.setattr(RemoteStore, "copy", refusing)
        night = desk.night()
    assert counts(night) == {"added": 1, "failed": 1}
    assert "memory://bucket/b.txt cannot be fetched: access denied" in night.report.failures[0].reason
    assert counts(desk.night()) == {"added": 1, "unchanged": 1}


def test_options() -> None:
    assert _nested(["anon=true", "client_kwargs.endpoint_url=http://localhost:1", "a.b=x=y"]) == {
        "anon": True,
        "client_kwargs": {"endpoint_url": "http://localhost:1"},
        "a": {"b": "x=y"},
    }
    with pytest.raises(UsageError, match="write name=value"):
        _nested(["anon"])


def test_a_protocol_that_nobody_serves(desk: Desk) -> None:
    desk.sources(Place(path="nonsense://bucket"))
    with pytest.raises(UsageError, match="whose protocol fsspec serves"):
        desk.night()


def test_without_fsspec_the_extra_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    desk.sources(Place(path="memory://bucket"))
    with pytest.raises(MissingExtraError, match=r"ragmm\[remote\]"):
        desk.night()


# A real server -------------------------------------------------------------------------------------------------------

_SERVER = """
import sys, threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
threading.Event().wait()
"""


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("moto", "s3fs"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = f"http://127.0.0.1:{int(process.stdout.readline())}"
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            break
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
    yield url
    process.kill()
    process.communicate()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_real_s3_server(desk: Desk, s3: str) -> None:
    import s3fs

    client = s3fs.S3FileSystem(client_kwargs={"endpoint_url": s3}, skip_instance_cache=True)
    client.mkdir("bucket")
    life(
        desk,
        lambda name, text: client.pipe(f"bucket/{name}", text.encode()),
        lambda name: client.rm(f"bucket/{name}"),
        "s3://bucket",
        f"client_kwargs.endpoint_url={s3}",
    )
