"""Names, the places where models are found, damage, fingerprints, and the profiles."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ragmm.errors import ModelError, ModelNotFoundError, UsageError
from ragmm.models import (
    PROFILES,
    ModelKind,
    ModelName,
    Scheme,
    Source,
    Task,
    check,
    describe,
    find,
    fingerprint,
    list_models,
    path,
    pull,
)
from ragmm.models import weights as weights_module
from ragmm.models.finding import BUNDLED, PACKAGES
from ragmm.models.safety import refuse_foreign_code, refuse_pickles, require_tokenizer
from ragmm.models.weights import file_sha256, read_header


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hugging Face cache of the test's own."""
    folder = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


def sentence_model(folder: Path, dim: int = 6) -> Path:
    """The files of a sentence-transformers model, weights two tensors."""
    (folder / "1_Pooling").mkdir(parents=True)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    listed = [{"path": where, "type": f"sentence_transformers.models.{kind}"} for where, kind in modules]
    files = {
        "modules.json": listed,
        "config.json": {"model_type": "bert", "hidden_size": dim, "max_position_embeddings": 512},
        "1_Pooling/config.json": {"word_embedding_dimension": dim},
        "sentence_bert_config.json": {"max_seq_length": 128},
        "tokenizer.json": {},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# card\n")
    save_file({"a": np.ones((3, dim), np.float32), "b": np.ones(2, np.float16)}, folder / "model.safetensors")
    return folder


def cached(hub: Path, repository: str, commit: str = "abc123", revision: str = "main") -> Path:
    """A snapshot in the cache, as a download leaves it."""
    root = hub / ("models--" + repository.replace("/", "--"))
    (root / "refs").mkdir(parents=True, exist_ok=True)
    (root / "refs" / revision).write_text(commit)
    return sentence_model(root / "snapshots" / commit)


class TestNames:
    @pytest.mark.parametrize(
        ("written", "scheme", "target"),
        [
            ("mini", Scheme.MINI, ""),
            ("extractive", Scheme.EXTRACTIVE, ""),
            ("st:all-MiniLM-L6-v2", Scheme.ST, "all-MiniLM-L6-v2"),
            ("open_clip:ViT-B-32/laion2b_s34b_b79k", Scheme.OPEN_CLIP, "ViT-B-32/laion2b_s34b_b79k"),
            ("open_clip:hf-hub:timm/ViT-B-16-SigLIP2-256", Scheme.OPEN_CLIP, "timm/ViT-B-16-SigLIP2-256"),
            ("hf:/models/a@b", Scheme.HF, "/models/a@b"),
            ("st:./folder", Scheme.ST, "./folder"),
        ],
    )
    def test_names_are_taken_apart(self, written: str, scheme: Scheme, target: str) -> None:
        name = ModelName.parse(written)
        assert (name.scheme, name.target) == (scheme, target)

    def test_a_revision_stands_behind_at(self) -> None:
        name = ModelName.parse("st:org/model@5c38ec7")
        assert (name.target, name.revision) == ("org/model", "5c38ec7")
        assert str(name) == "st:org/model@5c38ec7"

    def test_a_server_stands_behind_at(self) -> None:
        name = ModelName.parse("openai:org/model@http://localhost:8000/v1/")
        assert (name.target, name.url) == ("org/model", "http://localhost:8000/v1")
        assert ModelName.parse(str(name)) == name

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            ("opne_clip:ViT-B-32/x", "did you mean open_clip:ViT-B-32/x?"),
            ("minni", "did you mean 'mini'?"),
            ("all-MiniLM-L6-v2", "'st:all-MiniLM-L6-v2'"),
            ("openai:gpt", "MODEL@http"),
            ("openai:@http://x", "needs a model"),
            ("st:", "st:all-MiniLM-L6-v2"),
            ("", "empty"),
            ("faiss:x", "allowed: hf, open_clip, openai, st"),
        ],
    )
    def test_a_typing_error_is_answered_with_what_was_meant(self, written: str, said: str) -> None:
        with pytest.raises(UsageError) as error:
            ModelName.parse(written)
        assert said in str(error.value)


class TestFinding:
    def test_a_folder_comes_first(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "mine")
        found = find(f"st:{folder}")
        assert (found.source, found.folder, found.revision, found.licence) == (
            Source.FOLDER,
            folder,
            "local",
            "apache-2.0",
        )

    @pytest.mark.parametrize("name", ["st:all-MiniLM-L6-v2", "st:sentence-transformers/all-MiniLM-L6-v2"])
    def test_the_installed_package_is_found_and_its_weights_verified(self, name: str) -> None:
        found = find(name)
        assert found.source is Source.PACKAGE
        assert (found.folder / "model.safetensors").is_file()
        assert found.licence == "Apache-2.0"

    def test_other_weights_in_the_package_are_refused(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "package")
        with pytest.raises(ModelError, match=r"not the published model.*force-reinstall 'ragmm\[mini\]'"):
            PACKAGES["all-MiniLM-L6-v2"].verify(folder)
        (folder / "model.safetensors").unlink()
        with pytest.raises(ModelError, match="is missing"):
            PACKAGES["all-MiniLM-L6-v2"].verify(folder)

    def test_the_cache_is_found_by_name_and_revision(self, hub: Path) -> None:
        folder = cached(hub, "org/model")
        old = cached(hub, "org/model", commit="0ld", revision="v1")
        assert find("st:org/model").folder == folder
        assert find("st:org/model").revision == "abc123"
        assert find("st:org/model@v1").folder == old
        assert find("st:org/model@0ld").source is Source.CACHE

    def test_a_bare_name_is_sentence_transformers_own(self, hub: Path) -> None:
        folder = cached(hub, "sentence-transformers/paraphrase-x")
        assert find("st:paraphrase-x").folder == folder

    def test_a_snapshot_without_weights_is_no_model(self, hub: Path) -> None:
        (cached(hub, "org/model") / "model.safetensors").unlink()
        with pytest.raises(ModelNotFoundError, match="ragmm models pull st:org/model"):
            find("st:org/model")

    def test_what_is_nowhere_is_answered_with_places_and_remedies(self, hub: Path) -> None:
        with pytest.raises(ModelNotFoundError) as error:
            find("st:org/none")
        said = str(error.value)
        assert str(hub) in said
        assert "ragmm models pull st:org/none (unset HF_HUB_OFFLINE first)" in said
        assert "local folder" in said

    def test_a_near_miss_is_named(self) -> None:
        with pytest.raises(ModelNotFoundError, match=r"did you mean st:all-MiniLM-L6-v2\?"):
            find("st:all-MiniLM-L6-v3")

    def test_a_missing_folder_is_not_looked_for_elsewhere(self) -> None:
        with pytest.raises(ModelNotFoundError, match="there is no folder /nowhere/at/all"):
            find("open_clip:/nowhere/at/all")

    def test_a_folder_of_another_kind_does_not_hide_a_model(
        self, hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "org" / "model").mkdir(parents=True)
        monkeypatch.chdir(tmp_path)
        cached(hub, "org/model")
        assert find("st:org/model").source is Source.CACHE

    def test_openclip_names_get_openclips_suggestions(self) -> None:
        with pytest.raises(ModelNotFoundError, match="did you mean ViT-B-32"):
            find("open_clip:ViT-B-33")
        with pytest.raises(ModelNotFoundError, match="laion2b_s34b_b79k"):
            find("open_clip:ViT-B-32/laion2b_s34b_b80k")

    def test_an_openclip_tag_stands_for_its_repository(self, hub: Path) -> None:
        folder = cached(hub, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K")
        assert find("open_clip:ViT-B-32/laion2b_s34b_b79k").folder == folder

    def test_a_server_has_no_files(self) -> None:
        with pytest.raises(UsageError, match="no files"):
            find("openai:m@http://localhost/v1")

    def test_offline_forbids_pulling(self) -> None:
        with pytest.raises(ModelNotFoundError, match="HF_HUB_OFFLINE forbids"):
            pull("st:org/none")

    def test_no_network_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        huggingface_hub = pytest.importorskip("huggingface_hub")

        def unreachable(*args: object, **kwargs: object) -> None:
            raise ConnectionError("Network is unreachable")

        monkeypatch.delenv("HF_HUB_OFFLINE")
        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", unreachable)
        with pytest.raises(ModelNotFoundError, match=r"not reachable.*profile mini"):
            find("st:org/none", download=True)


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
        assert "ragmm models pull" in str(error.value)

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
        assert facts.modalities == {"text"}
        assert facts.parameters == 20

    def test_an_openclip_folder(self, tmp_path: Path) -> None:
        text = {"hf_model_name": "org/text", "context_length": 64}
        config = {"model_cfg": {"embed_dim": 9, "vision_cfg": {}, "text_cfg": text}}
        (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
        facts = describe(tmp_path)
        assert (facts.kind, facts.dim, facts.max_tokens, facts.text_model) == (ModelKind.OPEN_CLIP, 9, 64, "org/text")
        assert facts.modalities == {"text", "image"}

    def test_a_transformers_folder_that_sees(self, tmp_path: Path) -> None:
        config = {"model_type": "clip", "projection_dim": 7, "vision_config": {}, "text_config": {}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        facts = describe(tmp_path)
        assert (facts.kind, facts.dim) == (ModelKind.TRANSFORMERS, 7)
        assert "image" in facts.modalities


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

    def test_hashes_of_large_files_are_remembered_but_not_trusted_for_pins(
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
        assert file_sha256(file, trust_memory=False) == true
        file.write_bytes(b"y" * 101)
        assert file_sha256(file) == hashlib.sha256(b"y" * 101).hexdigest()


class TestCatalogue:
    def test_what_is_here_comes_with_its_users(self, hub: Path) -> None:
        cached(hub, "Qwen/Qwen3-Embedding-4B")
        entries = {entry.name: entry for entry in list_models()}
        minilm = entries["st:all-MiniLM-L6-v2"]
        assert minilm.present
        assert minilm.profiles == ("mini",)
        assert minilm.bytes > 80_000_000
        assert entries["st:Qwen/Qwen3-Embedding-4B"].present
        absent = entries["hf:Qwen/Qwen3-VL-8B-Instruct"]
        assert not absent.present
        assert absent.folder is None
        assert absent.profiles == ("max",)

    def test_a_sound_model_passes(self, tmp_path: Path) -> None:
        report = check(f"st:{sentence_model(tmp_path / 'm')}")
        assert report.ok
        assert report.facts is not None
        assert {file.name for file in report.files} >= {"model.safetensors", "1_Pooling/config.json", "tokenizer.json"}

    def test_each_problem_is_a_sentence(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        (folder / "model.safetensors").write_bytes(b"rubbish")
        report = check(f"st:{folder}")
        assert not report.ok
        assert "truncated or corrupt" in report.problems[0]

    def test_missing_shards_are_named(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        index = {"weight_map": {"a": "model.safetensors", "c": "model-2.safetensors"}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        assert any("model-2.safetensors" in problem for problem in check(f"st:{folder}").problems)

    def test_the_path_is_the_folder(self, tmp_path: Path) -> None:
        folder = sentence_model(tmp_path / "m")
        assert path(f"st:{folder}") == folder


@pytest.mark.parametrize("card", [
    lambda sha: {"image_tower": "tower.bin", "image_tower_sha256": sha},
    lambda sha: {"weights": {"file": "tower.bin", "sha256": sha}},
])  # fmt: skip
def test_shipped_weights_must_be_those_of_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: Callable[[str], dict[str, object]]
) -> None:
    monkeypatch.setattr("ragmm.models.finding.bundled_folder", lambda name: tmp_path / name)
    folder = tmp_path / BUNDLED[Task.GENERATE]
    folder.mkdir()
    (folder / "tower.bin").write_bytes(b"weights")
    (folder / "model.json").write_text(json.dumps(card(hashlib.sha256(b"weights").hexdigest())))
    assert find("mini", task=Task.GENERATE).source is Source.BUNDLED
    (folder / "tower.bin").write_bytes(b"weight")
    with pytest.raises(ModelError, match=r"tower\.bin is damaged.*reinstall ragmm"):
        find("mini", task=Task.GENERATE)


@pytest.mark.captions
class TestProfiles:
    @pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
    def test_every_model_has_a_name_that_parses_and_a_permissive_licence(self, profile: object) -> None:
        for model in PROFILES[profile.name].models():
            assert ModelName.parse(model.name)
            assert model.licence in {"Apache-2.0", "MIT"}
            assert model.why

    def test_mini_downloads_nothing_from_a_hub(self) -> None:
        assert {model.name for model in PROFILES["mini"].models()} == {"mini", "st:all-MiniLM-L6-v2", "extractive"}

    def test_the_notice_is_one_line(self) -> None:
        assert PROFILES["mini"].notice
        assert "\n" not in PROFILES["mini"].notice

    def test_the_documented_table_is_in_step(self, repository: Path) -> None:
        text = (repository / "docs" / "models" / "profiles.md").read_text("utf-8")
        for profile in PROFILES.values():
            for model in profile.models():
                row = next(line for line in text.splitlines() if f"`{model.name}`" in line and profile.name in line)
                assert f"| {model.download_mb:,} |" in row
                assert f"| {model.memory_mb:,} |" in row
                assert model.licence in row


def test_importing_the_adapters_and_finding_models_loads_no_heavy_library() -> None:
    program = (
        "import sys, ragmm.models, ragmm.testing, ragmm.embedders.open_clip\n"
        "from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder\n"
        "ragmm.models.list_models()\n"
        "embedder = SentenceTransformerEmbedder(ragmm.models.find('st:all-MiniLM-L6-v2'))\n"
        "assert embedder.info.dim == 384\n"
        "heavy = {'torch', 'transformers', 'open_clip', 'sentence_transformers', 'huggingface_hub', 'PIL'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
