"""The encoder without torch gives the vectors of the library that it stands in for, or stands aside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ragmm.embedders.numpy_bert import NumpyBert, embed_in_numpy
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.models import find
from ragmm.types import Role

TEXTS = [
    "How much did revenue grow in the north?",
    "",
    "word",
    "Ünïcode, 检索 and 🙂 in one line",
    "x" * 2000,
    "a text that is longer than its context " * 60,
    *(f"sentence {number} of a batch" for number in range(9)),
]


def tiny(folder: Path, kind: str, pooling: str, prompts: dict[str, str]) -> Path:
    """A random checkpoint with the words of MiniLM's tokenizer, as sentence-transformers saves it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    source = find("st:all-MiniLM-L6-v2").folder
    torch.manual_seed(3)
    tokenizer = AutoTokenizer.from_pretrained(source)
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=80,
        pad_token_id=tokenizer.pad_token_id if kind == "bert" else 1,
        type_vocab_size=2 if kind == "bert" else 1,
    )
    plain = folder / "plain"
    AutoModel.from_config(config).save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    modules = [Transformer(str(plain), max_seq_length=64), Pooling(48, pooling_mode=pooling), Normalize()]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder / "model"))
    return folder / "model"


EXACT = EmbedderSettings(dtype=Dtype.FLOAT32)


@pytest.mark.parametrize(
    ("kind", "pooling", "prompts"),
    [
        ("bert", "mean", {}),
        ("bert", "cls", {"query": "query: ", "document": "passage: "}),
    ],
)
def test_equal_to_the_library(kind: str, pooling: str, prompts: dict[str, str], tmp_path: Path) -> None:
    folder = tiny(tmp_path, kind, pooling, prompts)
    quick = NumpyBert.open(folder)
    assert quick is not None
    library = SentenceTransformerEmbedder(find(f"st:{folder}"), EXACT)
    library.load()
    for role in Role:
        expected = library.embed_texts(TEXTS, role)
        found = embed_in_numpy(quick, TEXTS, quick.prompts[role.value], 4)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_equal_to_minilm() -> None:
    found = find("st:all-MiniLM-L6-v2")
    quick = NumpyBert.open(found.folder)
    assert quick is not None
    library = SentenceTransformerEmbedder(found, EXACT)
    library.load()
    np.testing.assert_allclose(embed_in_numpy(quick, TEXTS, "", 8), library.embed_texts(TEXTS, Role.QUERY), atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [{"hidden_act": "relu"}, {"model_type": "distilbert"}, {"position_embedding_type": "relative_key"}],
)
def test_what_it_does_not_know_is_left_to_the_library(change: dict[str, str], tmp_path: Path) -> None:
    folder = tiny(tmp_path, "bert", "mean", {})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    assert NumpyBert.open(folder) is None


def test_other_poolings_and_further_modules_are_left_to_the_library(tmp_path: Path) -> None:
    assert NumpyBert.open(tiny(tmp_path, "bert", "max", {})) is None


_QUESTION = """
import sys
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.models import find
from ragmm.types import Role
rows = SentenceTransformerEmbedder(find("st:all-MiniLM-L6-v2")).embed_texts(["one question"], Role.QUERY)
assert rows.shape == (1, 384)
print(sorted(name for name in ("torch", "transformers", "sentence_transformers") if name in sys.modules))
"""


def test_a_question_loads_no_torch() -> None:
    result = subprocess.run([sys.executable, "-c", _QUESTION], capture_output=True, text=True, check=False)
    assert result.stdout == "[]\n", result.stderr
