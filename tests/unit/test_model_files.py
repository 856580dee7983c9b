"""What a model's files must be: whole, harmless, described, and told apart by their fingerprints."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from ragmm.errors import ModelError, ModelNotFoundError
from ragmm.models import (
    ModelKind,
    check,
    describe,
    find,
    fingerprint,
    list_models,
)
from ragmm.models import weights as weights_module
from ragmm.models.remedies import remedy_for
from ragmm.models.safety import refuse_foreign_code, refuse_pickles, require_tokenizer
from ragmm.models.weights import file_sha256, read_header
from tests.unit.model_folders import cached, empty_hub, sentence_model


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return empty_hub(tmp_path / "hub", monkeypatch)


class TestDamage:
    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda data: data[:-3], "end at byte"),
            (lambda data: data[:5], "5 bytes"),
            (lambda data: b"", "0 bytes"),
            (lambda data: b"\xff" * 8 + data[8:], "announces"),
            (lambda data: data[:9] + b"\x00" + data[10:], "not JSON"),
            (lambda data: data + b"more", "end at byte"),
            (lambda data: data.replace(b"[3,6]", b"[9,6]"), "tensor a of shape"),
        ],
        ids=["cut", "stump", "empty", "header", "json", "longer", "shape"],
    )
    def test_damaged_weights_are_found_without_loading(
        self, tmp_path: Path, spoil: Callable[[bytes], bytes], said: str
    ) -> None:
        file = sentence_model(tmp_path / "m") / "model.safetensors"
        file.write_bytes(spoil(file.read_bytes()))
        with pytest.raises(ModelError, match=said) as error:
            read_header(file)
        assert str(error.value).endswith(remedy_for(tmp_path / "m"))

    def test_what_to_do_is_said_by_where_the_files_lie(self, hub: Path, tmp_path: Path) -> None:
        folder = cached(hub, "org/some--model")
        file = folder / "model.safetensors"
        file.write_bytes(file.read_bytes()[:-1])
        with pytest.raises(ModelError, match=r"fetch the model again: ragmm models pull org/some--model$"):
            read_header(file)
        assert remedy_for(folder / "image_tower").endswith(" org/some--model")
        assert "models pull" not in remedy_for(tmp_path)

    def test_a_sound_header_is_read(self, tmp_path: Path) -> None:
        header = read_header(sentence_model(tmp_path / "m") / "model.safetensors")
        assert header.parameters == 20
        assert header.tensors["a"].shape == (3, 6)

    def test_pickles_are_refused(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        refuse_pickles(folder)
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        with pytest.raises(ModelError, match=r"pytorch_model\.bin only.*safetensors"):
            refuse_pickles(folder)

    @pytest.mark.needs("transformers")
    def test_code_that_comes_with_a_model_is_refused(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        (folder / "config.json").write_text(json.dumps({"model_type": "novel", "auto_map": {"AutoModel": "m.N"}}))
        with pytest.raises(ModelError, match="never runs it"):
            refuse_foreign_code(folder)
        (folder / "config.json").write_text(json.dumps({"model_type": "bert", "auto_map": {"AutoModel": "m.N"}}))
        refuse_foreign_code(folder)  # transformers has this one itself

    @pytest.mark.parametrize(
        ("module", "said"),
        [
            ({"path": "", "type": "custom_st.Transformer"}, "code of its own"),
            ({"path": "../../etc", "type": "sentence_transformers.models.Pooling"}, "outside its folder"),
        ],
    )
    def test_modules_that_reach_out_are_refused(self, tmp_path: Path, module: dict[str, str], said: str) -> None:
        folder = sentence_model(tmp_path / "m")
        (folder / "modules.json").write_text(json.dumps([module]))
        with pytest.raises(ModelError, match=said):
            describe(folder)

    def test_a_missing_tokenizer_is_an_error(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        require_tokenizer(folder)
        (folder / "tokenizer.json").unlink()
        with pytest.raises(ModelError, match="no tokenizer"):
            require_tokenizer(folder)

    @pytest.mark.parametrize("name", ["modules.json", "config.json"])
    def test_broken_json_names_the_file(self, tmp_path: Path, name: str) -> None:
        folder = sentence_model(tmp_path / "m")
        (folder / name).write_text("{")
        with pytest.raises(ModelError, match=name):
            describe(folder)

    def test_a_folder_that_is_no_model_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="is not a model"):
            describe(tmp_path)


def as_the_hub_names_it(folder: Path) -> Path:
    """Files of a snapshot moved to where the cache keeps them, under their sums."""
    blobs = folder.parent.parent / "blobs"
    blobs.mkdir()
    for file in [one for one in folder.rglob("*") if one.is_file()]:
        data = file.read_bytes()
        large = file.suffix == ".safetensors"
        plain = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
        blob = blobs / (hashlib.sha256(data) if large else plain).hexdigest()
        if not blob.exists():
            blob.write_bytes(data)
        file.unlink()
        file.symlink_to(blob)
    return folder


class TestCachedFiles:
    @pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
    def test_a_flipped_byte_is_noticed_and_the_remedy_named(self, hub: Path, name: str) -> None:
        folder = as_the_hub_names_it(cached(hub, "org/model"))
        assert find("st:org/model").folder == folder
        data = bytearray((folder / name).read_bytes())
        data[-2] ^= 1
        (folder / name).resolve().write_bytes(data)
        with pytest.raises(ModelError, match=rf"{name} is damaged: .*; fetch it again with: ragmm models pull st:org"):
            find("st:org/model")
        assert any("is damaged" in problem for problem in check("st:org/model").problems)
        assert any(one.folder == folder for one in list_models()), "a list reads no weights"

    def test_weights_in_several_files_are_there_together_or_not_at_all(self, hub: Path) -> None:
        folder = cached(hub, "org/model")
        shards = {"weight_map": {"a": "model.safetensors", "b": "model-00002.safetensors"}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(shards))
        with pytest.raises(ModelNotFoundError):
            find("st:org/model")
        (folder / "model-00002.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
        assert find("st:org/model").folder == folder


class TestDescribing:
    def test_a_sentence_transformer(self, tmp_path: Path) -> None:
        facts = describe(sentence_model(tmp_path / "m", dim=6))
        assert (facts.kind, facts.dim, facts.max_tokens) == (ModelKind.SENTENCE_TRANSFORMERS, 6, 128)
        assert facts.kinds == {"text"}
        assert facts.parameters == 20

    def test_an_openclip_folder(self, tmp_path: Path) -> None:
        text = {"hf_model_name": "org/text", "context_length": 64}
        config = {"model_cfg": {"embed_dim": 9, "vision_cfg": {}, "text_cfg": text}}
        (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
        facts = describe(tmp_path)
        assert (facts.kind, facts.dim, facts.max_tokens, facts.text_model) == (ModelKind.OPEN_CLIP, 9, 64, "org/text")
        assert facts.kinds == {"text", "image"}

    def test_a_transformers_folder_that_sees(self, tmp_path: Path) -> None:
        config = {"model_type": "clip", "projection_dim": 7, "vision_config": {}, "text_config": {}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        facts = describe(tmp_path)
        assert (facts.kind, facts.dim) == (ModelKind.TRANSFORMERS, 7)
        assert "image" in facts.kinds


class TestFingerprints:
    def test_what_changes_the_output_changes_the_fingerprint(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        before = fingerprint(folder, adapter="a/1")
        (folder / "README.md").write_text("another card")
        (folder / "onnx").mkdir()
        (folder / "onnx" / "config.json").write_text("{}")
        assert fingerprint(folder, adapter="a/1") == before
        assert fingerprint(folder, adapter="a/2") != before
        tensors = load_file(folder / "model.safetensors")
        tensors["a"][0, 0] += 1
        save_file(tensors, folder / "model.safetensors")
        changed = fingerprint(folder, adapter="a/1")
        assert changed != before
        (folder / "1_Pooling" / "config.json").write_text("{}")
        assert fingerprint(folder, adapter="a/1") not in {changed, before}

    def test_a_copy_elsewhere_is_the_same_model(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        copy = shutil.copytree(folder, tmp_path / "elsewhere")
        assert fingerprint(folder, adapter="a") == fingerprint(copy, adapter="a")

    def test_hashes_of_large_files_are_remembered_and_for_pins_a_day(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(weights_module, "_REMEMBERED_FROM", 10)
        file = tmp_path / "large.safetensors"
        file.write_bytes(b"x" * 100)
        true = hashlib.sha256(b"x" * 100).hexdigest()
        assert file_sha256(file) == true
        notes = weights_module._notes_file()
        notes.write_text(notes.read_text().replace(true, "f" * 64))
        weights_module._known.clear()
        assert file_sha256(file) == "f" * 64  # the note spared the reading
        weights_module._known.clear()
        assert file_sha256(file, within=weights_module.A_DAY) == "f" * 64
        weights_module._known.clear()
        monkeypatch.setattr(weights_module.time, "time", lambda: time.time_ns() / 1e9 + weights_module.A_DAY + 60)
        assert file_sha256(file, within=weights_module.A_DAY) == true
        weights_module._known.clear()
        assert file_sha256(file, within=0) == true
        file.write_bytes(b"y" * 101)
        assert file_sha256(file) == hashlib.sha256(b"y" * 101).hexdigest()
