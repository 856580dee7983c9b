"""Models as graphs: the same vectors as the libraries they come from, whatever else is embedded with a text."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from ragmm.embedders import rounded_bert
from ragmm.embedders.numpy_bert import NumpyBert
from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.embedders.rounded_bert import RoundedBert
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.errors import ModelError
from ragmm.graphs.bert import BertShape, bert_graph
from ragmm.graphs.running import GraphRunner
from ragmm.graphs.writing import Graph
from ragmm.models import Task, find
from ragmm.sample import write_sample
from ragmm.types import Asset, MediaKind, Role
from ragmm.vlm.base import Prompt, joined
from ragmm.vlm.mini import MiniVlm
from ragmm.vlm.transformers import TransformersVlm

TEXTS = [
    "tea",
    "Revenue by region grew in the north and fell in the south.",
    "Ein Bericht über den Handel mit Tee, 1872 (Seite 4): 12 % mehr als im Vorjahr!",
    "The crossing to Gull Rock takes 35 minutes in winter. " * 12,
    "的 café naïve 🙂 " * 20,
]


@pytest.fixture(scope="module")
def minilm() -> NumpyBert:
    found = NumpyBert.open(find("st:all-MiniLM-L6-v2").folder, threads=2)
    assert found is not None
    assert found.has_graph
    return found


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where graphs are kept."""
    monkeypatch.setattr(rounded_bert, "cache_root", lambda: tmp_path)
    return tmp_path


def test_a_graph_gives_numpys_vectors(minilm: NumpyBert) -> None:
    by_graph = minilm.embed(TEXTS)
    in_numpy = minilm._in_numpy(minilm._encode(TEXTS, special=True))
    np.testing.assert_allclose(by_graph, in_numpy, atol=1e-5)
    np.testing.assert_array_equal(np.argsort(by_graph @ by_graph.T), np.argsort(in_numpy @ in_numpy.T))


def test_a_vector_does_not_depend_on_its_batch(minilm: NumpyBert) -> None:
    batch = [f"{TEXTS[n % len(TEXTS)]} {n}" for n in range(64)]
    together = minilm.embed(batch)
    alone = np.concatenate([minilm.embed([text]) for text in batch])
    np.testing.assert_array_equal(together, alone)


def test_a_graph_can_give_the_states_of_the_tokens(minilm: NumpyBert) -> None:
    (one,) = minilm._encode(TEXTS[1:2], special=True)
    graph = bert_graph(minilm.stored, BertShape(layers=6, heads=12, dim=384, epsilon=1e-12))
    (states,) = GraphRunner(graph, folder=minilm.stored.file.parent).run(ids=np.array(one.ids, np.int64))
    assert states.shape == (len(one.ids), 384)
    mean = states.mean(axis=0, keepdims=True)
    np.testing.assert_allclose(mean / np.linalg.norm(mean), minilm.embed(TEXTS[1:2]), atol=1e-6)


def test_a_model_in_half_precision_is_left_to_numpy(tmp_path: Path) -> None:
    source = find("st:all-MiniLM-L6-v2").folder
    for name in ("config.json", "modules.json", "tokenizer.json", "1_Pooling/config.json", "sentence_bert_config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((source / name).read_bytes())
    half = {name: values.astype(np.float16) for name, values in load_file(source / "model.safetensors").items()}
    save_file({name: values for name, values in half.items() if values.ndim}, tmp_path / "model.safetensors")
    found = NumpyBert.open(tmp_path)
    assert found is not None
    assert not found.has_graph
    assert found.embed(["tea"]).shape == (1, 384)


def test_a_graph_that_cannot_run_says_so() -> None:
    graph = Graph("broken", {"x": ("float32", (2,))})
    graph.outputs = (graph.node("NoSuchOperator", "x"),)
    with pytest.raises(ModelError, match="ONNX Runtime cannot run the model"):
        GraphRunner(graph.to_bytes())


def drawn() -> list[Asset]:
    rng = np.random.default_rng(1)
    found = []
    for size in ((300, 200), (90, 400), (112, 112), (64, 48)):
        picture = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        out = io.BytesIO()
        picture.save(out, "PNG")
        found.append(Asset(data=out.getvalue(), media_type="image/png"))
    return found


def test_the_image_tower_gives_open_clips_vectors() -> None:
    # In float32 on every machine: torch would take bfloat16 where the processor is good at it.
    lean, whole = (OpenClipEmbedder(find("mini"), EmbedderSettings(dtype=Dtype.FLOAT32)) for _ in range(2))
    whole._ready()
    found = lean.embed_media(MediaKind.IMAGE, drawn())
    assert lean._model is None
    np.testing.assert_allclose(found, whole.embed_media(MediaKind.IMAGE, drawn()), atol=2e-5)


def test_the_embedders_of_the_default_profile_never_start_torch() -> None:
    program = (
        "import io, json, sys\n"
        "from PIL import Image\n"
        "from ragmm.config.settings import ModelSettings\n"
        "from ragmm.embedders import numpy_bert, numpy_clip\n"
        "from ragmm.types import Asset, MediaKind, Role\n"
        "from ragmm.wiring import build_embedder\n"
        "numpy_bert.MOST_TEXTS = numpy_clip.MOST_TEXTS = 20\n"
        "out = io.BytesIO(); Image.new('RGB', (200, 90), 'red').save(out, 'PNG')\n"
        "for name in ('mini', 'st:all-MiniLM-L6-v2'):\n"
        "    one = build_embedder(name, ModelSettings())\n"
        "    one.load()\n"
        "    one.embed_texts(['tea'] * 30, Role.DOCUMENT)\n"
        "    if MediaKind.IMAGE in one.info.kinds:\n"
        "        one.embed_media(MediaKind.IMAGE, [Asset(data=out.getvalue(), media_type='image/png')])\n"
        "print(json.dumps(sorted(set(sys.modules) & {'torch', 'transformers', 'open_clip', 'timm'})))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_library_agrees() -> None:
    exact = EmbedderSettings(dtype=Dtype.FLOAT32)
    lean, whole = (SentenceTransformerEmbedder(find("st:all-MiniLM-L6-v2"), exact) for _ in range(2))
    whole._ready()
    found = lean.embed_texts(TEXTS, Role.DOCUMENT)
    assert lean._model is None
    np.testing.assert_allclose(found, whole.embed_texts(TEXTS, Role.DOCUMENT), atol=1e-5)


def test_rounded_passages_lie_where_the_exact_ones_do(minilm: NumpyBert, cache: Path) -> None:
    rounded = RoundedBert(minilm, "minilm")
    batch = [f"{TEXTS[n % len(TEXTS)]} {n}" for n in range(64)]
    together, exact = rounded.embed(batch), minilm.embed(batch)
    assert (together * exact).sum(axis=1).min() > 0.99
    alone = np.concatenate([rounded.embed([text]) for text in batch])
    np.testing.assert_array_equal(together, alone)
    assert list(cache.glob("graphs/*.onnx"))


def test_a_model_that_does_not_bear_rounding_stays_exact(
    minilm: NumpyBert, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounded_bert, "_LEAST_COSINE", 1.1)
    np.testing.assert_allclose(RoundedBert(minilm, "minilm").embed(TEXTS), minilm.embed(TEXTS), atol=1e-6)
    assert list(cache.glob("graphs/*.onnx"))


@pytest.mark.parametrize(("dtype", "exact"), [(Dtype.AUTO, False), (Dtype.FLOAT32, True)])
def test_questions_are_exact_and_passages_where_it_is_asked_for(
    minilm: NumpyBert, cache: Path, monkeypatch: pytest.MonkeyPatch, dtype: Dtype, exact: bool
) -> None:
    monkeypatch.setattr(rounded_bert, "cpu_sums_bytes", lambda: True)
    embedder = SentenceTransformerEmbedder(find("st:all-MiniLM-L6-v2"), EmbedderSettings(dtype=dtype))
    asked, said = (embedder.embed_texts(TEXTS[1:2], role) for role in (Role.QUERY, Role.DOCUMENT))
    np.testing.assert_allclose(asked, minilm.embed(TEXTS[1:2]), atol=1e-5)
    assert np.allclose(said, asked, atol=1e-5) is exact
    assert bool(list(cache.glob("graphs/*.onnx"))) is not exact


def test_minis_replies_are_those_of_transformers(tmp_path: Path) -> None:
    found = find("mini", task=Task.GENERATE)
    files = [file for file in write_sample(tmp_path) if file.suffix == ".png"]
    pictures = [Asset(data=file.read_bytes(), media_type="image/png") for file in files]
    prompts = [Prompt.from_parts(one, "Describe the image in one sentence.", max_tokens=64) for one in pictures]
    prompts.append(Prompt.from_parts(*pictures[:2], "Which image shows a <image> chart?", max_tokens=16))
    prompts.append(Prompt.from_parts("What is it?", system="Be kind.", max_tokens=16))
    lean, whole = MiniVlm(found.folder, "mini"), TransformersVlm(found.folder, "mini", device="cpu", dtype="float32")
    assert lean.info == whole.info
    mine, theirs = lean.generate(prompts), whole.generate(prompts)
    assert [one.text for one in mine] == [one.text for one in theirs]
    assert [one.tokens for one in mine] == [one.tokens for one in theirs]
    for one, other in zip(mine, theirs, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=0.02)
    assert joined(list(lean.stream(prompts[0]))).text == mine[0].text


def test_mini_looks_once_at_a_picture_asked_about_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = [file for file in write_sample(tmp_path) if file.suffix == ".png"]
    first, second = (Asset(data=file.read_bytes(), media_type="image/png") for file in files[:2])
    looked: list[int] = []
    run = GraphRunner.run

    def counted(self: GraphRunner, **inputs: Any) -> Any:
        looked.append(len(inputs))
        return run(self, **inputs)

    monkeypatch.setattr(GraphRunner, "run", counted)
    vlm = MiniVlm(find("mini", task=Task.GENERATE).folder, "mini")
    asked = ["Describe the image in one sentence.", "What is in it?"]
    vlm.generate([Prompt.from_parts(one, text, max_tokens=8) for one in (first, second) for text in asked])
    assert len(looked) == 2
