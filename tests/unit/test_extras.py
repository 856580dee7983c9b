"""What needs an extra that is not installed says the line that installs it; what does not need it goes on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

from ragmm.config import default_pipeline, parse_pipeline
from ragmm.config.needs import model_needs
from ragmm.doctor import State, _extras, _models
from ragmm.embedders import compute
from ragmm.embedders.numpy_bert import MOST_TEXTS, serves_without_torch
from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.errors import MissingExtraError
from ragmm.loaders.office.quiet import TESTED_VERSION
from ragmm.models import Task, find
from ragmm.optional import OPTIONAL
from ragmm.rerankers.cross_encoder import CrossEncoderReranker
from ragmm.vlm.openai import OpenAiVlm
from ragmm.vlm.transformers import TransformersVlm

LINE = r"install it with: pip install 'ragmm\[torch\]'"
COARSE = EmbedderSettings(dtype=Dtype.BFLOAT16)
MINI_TEXT = "st:all-MiniLM-L6-v2"
PLUMBING = {"ragmm.optional", "ragmm.embedders.compute"}
RUNS: dict[str, Callable[[], object]] = {
    "st": lambda: SentenceTransformerEmbedder(find(MINI_TEXT), COARSE).load(),
    "open_clip": lambda: OpenClipEmbedder(find("mini"), COARSE).load(),
    "hf": lambda: TransformersVlm(find("mini", task=Task.GENERATE).folder, "mini").load(),
    "rerank": lambda: CrossEncoderReranker(find(MINI_TEXT)).load(),
    "a name of OpenCLIP": lambda: find("open_clip:ViT-B-32/laion2b_s34b_b79k"),
}


@pytest.fixture(autouse=True)
def _nothing_beside_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no extra but `mini` were installed."""
    hidden, real = (
        {one.module for one in OPTIONAL if one.extra not in {"mini", "ocr", "office"}},
        importlib.util.find_spec,
    )

    def find_spec(name: str, package: str | None = None) -> object:
        return None if name.partition(".")[0] in hidden else real(name, package)

    for module in PLUMBING:
        monkeypatch.setattr(f"{module}.find_spec", find_spec)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_model_that_torch_runs_says_what_is_missing(run: Callable[[], object]) -> None:
    with pytest.raises(MissingExtraError, match=LINE):
        run()


def test_a_model_on_a_server_says_what_is_missing() -> None:
    from ragmm.vlm.base import Prompt

    with pytest.raises(MissingExtraError, match=r"pip install 'ragmm\[openai\]'"):
        OpenAiVlm("m", "http://127.0.0.1:9/v1").generate([Prompt.from_parts("hello")])


def test_the_default_profile_asks_for_nothing() -> None:
    assert {need.extra for need in model_needs(default_pipeline())} == {""}


def test_a_device_or_a_precision_asks_for_torch() -> None:
    for line in ('device = "cuda"', 'dtype = "bfloat16"'):
        needs = model_needs(parse_pipeline(f"[models]\n{line}\n", source="p.toml"))
        assert {need.role: need.extra for need in needs if need.role in {"shared", "text"}} == {
            "shared": "torch", "text": "torch",
        }  # fmt: skip


def test_other_profiles_say_what_runs_them_and_how_large_it_is(cli_init: Callable[[str], str]) -> None:
    needs = {need.role: need.extra for need in model_needs(default_pipeline("standard"))}
    assert needs == dict.fromkeys(("shared", "text", "caption", "vlm", "rerank"), "torch")
    assert "What runs them is not installed: pip install 'ragmm[torch]' (about 5,700 MB)" in cli_init("standard")
    assert "not installed" not in cli_init("mini")


@pytest.fixture
def cli_init(capsys: pytest.CaptureFixture[str], tmp_path) -> Callable[[str], str]:
    from ragmm.commands.init import init

    def run(profile: str) -> str:
        init(tmp_path / "p.toml", profile=profile, force=True)
        return capsys.readouterr().out

    return run


def test_doctor_lists_what_is_missing_with_its_size() -> None:
    rows = {finding.name: finding for finding in _models(default_pipeline("standard"))}
    assert rows["vlm"].state is State.PROBLEM
    assert "the extra torch" in rows["vlm"].detail
    assert "pip install 'ragmm[torch]' (about 5,700 MB); ragmm models pull hf:Qwen" in rows["vlm"].remedy


def test_doctor_says_what_each_package_would_bring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ragmm.doctor._version", lambda package: None)
    rows = {finding.name: finding for finding in _extras()}
    assert "about 640 MB" in rows["unstructured"].detail
    assert rows["unstructured"].remedy.endswith(f"pip install --no-deps unstructured=={TESTED_VERSION}")
    assert rows["pillow-heif"].remedy == "pip install 'ragmm[heif]'"


def test_a_gpu_is_nothing_to_wait_for_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    class Encoder:
        has_graph = True

        def takes(self, texts: int) -> bool:
            return texts <= MOST_TEXTS

    monkeypatch.setattr(compute.Path, "exists", lambda path: True)
    assert not compute.gpu_in_sight()
    assert serves_without_torch(Encoder(), 10**6, "auto")  # type: ignore[arg-type]
    Encoder.has_graph = False
    assert serves_without_torch(Encoder(), 10**6, "cpu")  # type: ignore[arg-type]
