"""Downloads that break: a small hub on this machine serves a model, is cut off at any byte, and lies about it."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from ragmm.errors import ModelError, ModelNotFoundError
from ragmm.models import find, list_models
from ragmm.models.catalogue import check

pytest.importorskip("huggingface_hub")
pytestmark = [pytest.mark.row("R19"), pytest.mark.faults]

COMMIT = "c0ffee" * 6 + "abcd"
NAME = "st:org/model"
WEIGHTS = "model.safetensors"


class Hub(http.server.ThreadingHTTPServer):
    """A repository over HTTP: what a client needs of the hub, and switches to break it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        folder.mkdir()
        (folder / "config.json").write_text('{"model_type": "bert", "hidden_size": 8}')
        (folder / "modules.json").write_text("[]")
        save_file({"a": np.arange(100_000, dtype=np.float32)}, folder / WEIGHTS)
        self.files = {file.name: file.read_bytes() for file in folder.iterdir()}
        self.cut_at: int | None = None
        """After so many bytes of the weights the line goes silent."""
        self.lie = False
        """One byte of the weights is another."""
        self.silent, self.over = threading.Event(), threading.Event()
        self.requests = 0
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()

    def sent(self, name: str) -> bytes:
        data = self.files[name]
        return data[:5000] + bytes([data[5000] ^ 1]) + data[5001:] if self.lie and name == WEIGHTS else data

    def described(self) -> bytes:
        listed = [{"rfilename": file, "size": len(data)} for file, data in self.files.items()]
        return json.dumps({"id": "org/model", "sha": COMMIT, "siblings": listed}).encode()

    def tree(self) -> bytes:
        entries = [{"type": "file", "path": file, "size": len(d), "oid": ""} for file, d in self.files.items()]
        return json.dumps(entries).encode()


class Answer(http.server.BaseHTTPRequestHandler):
    """To one request."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        name, data = self._head()
        if name == WEIGHTS and self.server.cut_at is not None:
            self.wfile.write(data[: self.server.cut_at])
            self.wfile.flush()
            self.server.silent.set()
            self.server.over.wait(60)
        else:
            self.wfile.write(data)

    def _head(self) -> tuple[str, bytes]:
        hub, name = self.server, self.path.partition("?")[0].rpartition("/")[2]
        hub.requests += 1
        self.send_response(200)
        if "/resolve/" in self.path:
            data = hub.sent(name)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{sum_of(name, hub.files[name])}"')
        else:
            data = hub.tree() if "/tree/" in self.path else hub.described()
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        return name, data


def sum_of(name: str, data: bytes) -> str:
    """As the hub announces it: sha256 of large files, git's own sum of the others."""
    if name == WEIGHTS:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub(tmp_path / "repository")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    yield hub
    hub.close()


def pulling() -> subprocess.Popen[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", f"from ragmm.models import find; print(find({NAME!r}, download=True).folder)"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def pull() -> tuple[int, str]:
    process = pulling()
    out, error = process.communicate(timeout=100)
    return process.returncode, out + error


def weights(hub: Hub) -> bytes:
    return (find(NAME).folder / WEIGHTS).read_bytes()


def test_a_download_that_is_killed_leaves_nothing_that_loads(hub: Hub, record_property: Any) -> None:
    kills = 10
    size = len(hub.files[WEIGHTS])
    for number in range(kills):
        hub.cut_at = size * (number + 1) // (kills + 1)
        hub.silent.clear()
        process = pulling()
        assert hub.silent.wait(60), process.communicate()
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with pytest.raises(ModelNotFoundError, match="ragmm models pull"):
            find(NAME)
    record_property("downloads killed", kills)
    hub.cut_at = None
    code, said = pull()
    assert code == 0, said
    assert weights(hub) == hub.files[WEIGHTS]


def test_other_bytes_than_announced_are_thrown_away(hub: Hub) -> None:
    hub.lie = True
    code, said = pull()
    assert code
    assert "did not arrive as the hub announced it" in said
    with pytest.raises(ModelNotFoundError):
        find(NAME)
    hub.lie = False
    code, said = pull()
    assert code == 0, said
    assert weights(hub) == hub.files[WEIGHTS]


def test_damage_on_the_disk_is_found_and_repaired_by_pulling(hub: Hub) -> None:
    assert pull()[0] == 0
    folder = find(NAME).folder
    for name, at in ((WEIGHTS, 5000), ("config.json", 3)):
        blob = (folder / name).resolve()
        data = bytearray(blob.read_bytes())
        data[at] ^= 1
        blob.unlink()
        blob.write_bytes(data)
        with pytest.raises(ModelError, match=rf"{name} is damaged: .*ragmm models pull {NAME}"):
            find(NAME)
        assert any("is damaged" in problem for problem in check(NAME).problems)
        assert any(one.folder == folder for one in list_models()), "a list reads no weights"
        code, said = pull()
        assert code == 0, said
        assert (folder / name).read_bytes() == hub.files[name]
    with blob.open("rb+") as file:
        file.truncate(5)
    assert pull()[0] == 0
    assert not check(NAME).problems or "is damaged" not in " ".join(check(NAME).problems)


def test_a_good_cache_asks_nobody(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pull()[0] == 0
    before = hub.requests
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert find(NAME, download=True).folder.name == COMMIT
    assert hub.requests == before


def test_a_hub_that_is_not_there_is_one_sentence(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    code, said = pull()
    assert code
    assert "ModelNotFoundError: the model org/model could not be fetched: the hub is not reachable" in said
