"""The command line in this process, with fake models where a pipeline names real ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import ragmm.wiring
from ragmm.cli import assembled
from ragmm.commands.shared import failures
from ragmm.config import ModelSettings
from ragmm.sample import write_sample
from ragmm.testing import FakeEmbedder, FakeVlm

PIPELINE = '[pipeline]\nname = "test"\n[loaders]\nocr = "never"\n[models]\ncaption = "none"\n'


@dataclass(frozen=True)
class Outcome:
    """What one command printed and exited with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Outcome]


def _fake(name: str, models: ModelSettings) -> FakeEmbedder:
    return FakeEmbedder(name=name)


def _fake_vlm(name: str, *_: object) -> FakeVlm | None:
    return None if name in {"extractive", "none"} else FakeVlm(name=name)


@pytest.fixture(autouse=True)
def _fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ragmm.wiring, "build_embedder", _fake)
    monkeypatch.setattr(ragmm.wiring, "build_vlm", _fake_vlm)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs `ragmm words` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Outcome:
        capsys.readouterr()
        code = failures.run(assembled(), [str(word) for word in words])
        out, err = capsys.readouterr()
        return Outcome(code, out, err)

    return run


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample corpus, without its report: that needs a PDF library."""
    folder = tmp_path_factory.mktemp("sample") / "corpus"
    write_sample(folder)
    shutil.rmtree(folder / "report")
    return folder


@pytest.fixture(scope="session")
def _built(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "sample"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ragmm.wiring, "build_embedder", _fake)
        pipeline = folder.parent / "test.toml"
        pipeline.write_text(PIPELINE, encoding="utf-8")
        with ragmm.create(folder, pipeline=pipeline) as docs:
            report = docs.ingest([corpus])
    assert not report.failures
    return folder


@pytest.fixture
def sample(_built: Path, tmp_path: Path) -> Path:
    """A collection of the sample corpus, one's own."""
    return Path(shutil.copytree(_built, tmp_path / "collections" / "sample"))


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A pipeline that reads no text out of images, which would take seconds each."""
    file = tmp_path / "test.toml"
    file.write_text(PIPELINE, encoding="utf-8")
    return file
