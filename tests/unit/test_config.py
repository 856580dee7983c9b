"""Pipeline files: what is read, what is refused and how it is named, and that a snapshot reads back the same."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ragmm.config import (
    STARTERS,
    AnswerSettings,
    FewShot,
    IndexKind,
    LoaderSettings,
    ModelSettings,
    Pipeline,
    Profile,
    QuerySettings,
    Route,
    SourceSettings,
    StoreSettings,
    default_pipeline,
    load_pipeline,
    parse_pipeline,
    starter,
)
from ragmm.config.names import MODEL_ROLES
from ragmm.config.places import line_of
from ragmm.errors import ConfigError, UsageError
from ragmm.vlm.openai_settings import OpenAiSettings

WRONG = {
    "an unknown section": (
        "[modals]\nshared = ''\n",
        "p.toml, line 1: modals is not a section",
        "did you mean models?",
    ),
    "an unknown key": (
        "\n[models]\nshered = ''\n",
        "p.toml, line 3: models.shered is not a key",
        "did you mean shared?",
    ),
    "a section that is a value": ("query = 3\n", "p.toml, line 1: query is 3; it must be a section", "[query]"),
    "a value of another kind": (
        "[query]\nk = 'ten'\n",
        "p.toml, line 2: query.k is 'ten'",
        "a whole number, 1 to 1000",
    ),
    "true for a number": ("[query]\nk = true\n", "p.toml, line 2: query.k is True", "a whole number"),
    "a fraction for a whole number": ("[query]\nk = 1.5\n", "query.k is 1.5", "a whole number"),
    "a number out of range": ("[query]\nk = 0\n", "p.toml, line 2: query.k is 0", "1 to 1000"),
    "not a number": ("[query]\nlexical_weight = nan\n", "query.lexical_weight is nan", "0 to 10"),
    "a number for text": ("[models]\nshared = 3\n", "models.shared is 3", "text in quotes"),
    "a closed choice": ("[store]\nindex = 'ifv'\n", "store.index is 'ifv'", "did you mean ivf?"),
    "a list that is not one": ("[sources]\npaths = 'a'\n", "sources.paths is 'a'", "in square brackets"),
    "a wrong member": ("[pipeline]\nroutes = [\n 'shared',\n 'txt']\n", "line 2: pipeline.routes[2] is 'txt'", "text?"),
    "no route at all": ("[pipeline]\nroutes = []\n", "pipeline.routes is []", "at least one of shared, text"),
    "a route twice": ("[pipeline]\nroutes = ['text', 'text']\n", "pipeline.routes", "none twice"),
    "an unknown profile": ("[pipeline]\nprofile = 'minni'\n", "pipeline.profile is 'minni'", "did you mean mini?"),
    "a mistyped adapter": ("[models]\ntext = 'ts:x'\n", "line 2: models.text is 'ts:x'", "unknown adapter 'ts'"),
    "an adapter in the wrong role": ("[models]\nrerank = 'hf:x/y'\n", "models.rerank is 'hf:x/y'", "takes st, none"),
    "a server without address": ("[models]\nvlm = 'openai:gpt'\n", "line 2: models.vlm", "openai:MODEL@http"),
    "a room's own check": (
        "[loaders]\nchunk_tokens = 20\nchunk_overlap = 15\n",
        "p.toml, line 3: loaders.chunk_overlap is 15",
        "at most half",
    ),
    "an example without its answer": (
        "[[answer.few_shot]]\nquestion = 'a'\nanswer = 'b'\n[[answer.few_shot]]\nquestion = 'c'\n",
        "p.toml, line 4: answer.few_shot[2]",
        "lacks the key answer",
    ),
    "not TOML": ("[query\nk = 1\n", "p.toml: not a TOML file", "line 1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_file_line_key_and_what_is_allowed(case: str) -> None:
    text, place, remedy = WRONG[case]
    with pytest.raises(ConfigError) as failure:
        parse_pipeline(text, source="p.toml")
    assert place in str(failure.value)
    assert remedy in str(failure.value)


def test_a_file_that_is_not_there_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file.*ragmm init"):
        load_pipeline(tmp_path / "none.toml")


def test_a_folder_is_not_a_pipeline_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_pipeline(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes('[pipeline]\nname = "Übersicht"\n'.encode("cp1252"))
    with pytest.raises(ConfigError, match="byte 19 is not UTF-8"):
        load_pipeline(tmp_path / "p.toml")


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConfigError, match="1,000,001 bytes"):
        load_pipeline(tmp_path / "p.toml")


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"\xef\xbb\xbf[query]\nk = 3\n")
    assert load_pipeline(tmp_path / "p.toml").query.k == 3


def test_every_key_reaches_its_setting(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        """
        [pipeline]
        name = "reports"
        profile = "standard"
        routes = ["text"]
        [sources]
        paths = ["a", "b"]
        follow_links = true
        [models]
        text = "st:org/model@abc123"
        vlm = "openai:m@http://localhost:8000/v1"
        [server]
        api_key_file = "~/key"
        timeout = 5
        [loaders]
        ocr = "never"
        [store]
        index = "hnsw"
        [query]
        lexical_weight = 2
        [[answer.few_shot]]
        question = "q"
        answer = "a"
        """,
        encoding="utf-8",
    )
    read = load_pipeline(file)
    assert (read.name, read.profile, read.routes) == ("reports", Profile.STANDARD, (Route.TEXT,))
    assert read.sources == SourceSettings(paths=("a", "b"), follow_links=True)
    assert read.models.text == "st:org/model@abc123"
    assert read.models.vlm == "openai:m@http://localhost:8000/v1"
    assert read.server == OpenAiSettings(api_key_file=Path("~/key").expanduser(), timeout=5.0)
    assert read.loaders == LoaderSettings(ocr="never")
    assert read.store == StoreSettings(index=IndexKind.HNSW)
    assert read.query == QuerySettings(lexical_weight=2.0)
    assert read.answer == AnswerSettings(few_shot=(FewShot(question="q", answer="a"),))
    assert read.origin == file.resolve()


@pytest.mark.parametrize("profile", Profile)
def test_a_profile_fills_every_role_and_never_with_a_server(profile: Profile) -> None:
    models = default_pipeline(profile).models
    names = {role: getattr(models, role) for role in MODEL_ROLES}
    assert all(names.values()), names
    assert not [name for name in names.values() if name.startswith("openai:")]
    assert not models.download


def test_a_named_model_wins_over_the_profile() -> None:
    assert parse_pipeline('[models]\nshared = "st:org/own"\n').models.shared == "st:org/own"


def test_an_unknown_profile_or_starter_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="mini, standard, max"):
        default_pipeline("huge")
    with pytest.raises(UsageError, match="both, shared, text, nightly"):
        starter("weekly")


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_reads_without_complaint_and_is_named_for_itself(name: str) -> None:
    assert parse_pipeline(starter(name), source=name).name == name


@pytest.mark.parametrize("name", STARTERS)
def test_each_suggestion_in_a_starter_is_valid_when_uncommented(name: str) -> None:
    text = starter(name).replace("\n# [models]", "\n[models]")
    plain = parse_pipeline(text, source=name)
    suggested = [line for line in text.splitlines() if re.match(r"# \w+ = ", line)]
    assert sum("openai:" in line for line in suggested) == 3  # Ollama, vLLM, llama.cpp
    for line in suggested:
        assert parse_pipeline(text.replace(line, line.removeprefix("# ")), source=name) != plain, line


@pytest.mark.parametrize("name", STARTERS)
def test_a_snapshot_reads_back_as_the_same_pipeline(name: str) -> None:
    pipeline = parse_pipeline(starter(name))
    assert parse_pipeline(pipeline.to_toml()) == pipeline


def test_a_path_survives_the_snapshot() -> None:
    pipeline = replace(default_pipeline(), server=OpenAiSettings(api_key_file=Path("/a key/ü")))
    assert parse_pipeline(pipeline.to_toml()) == pipeline


texts = st.text(st.characters(codec="utf-8"), max_size=30)


# The first texts that are drawn need tables of characters, which takes a busy machine more than a second.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(name=texts, paths=st.lists(texts, max_size=3), shots=st.lists(st.tuples(texts, texts, texts), max_size=3))
def test_any_text_survives_the_snapshot(name: str, paths: list[str], shots: list[tuple[str, str, str]]) -> None:
    pipeline = replace(
        default_pipeline(),
        name=name,
        sources=SourceSettings(paths=tuple(paths)),
        answer=AnswerSettings(few_shot=tuple(FewShot(question=q, answer=a, context=c) for q, a, c in shots)),
    )
    assert parse_pipeline(pipeline.to_toml()) == pipeline


@given(weight=st.floats(0, 10), k=st.integers(1, 1000), threads=st.integers(0, 10**9))
def test_any_number_survives_the_snapshot(weight: float, k: int, threads: int) -> None:
    pipeline = replace(
        default_pipeline(),
        query=QuerySettings(k=k, lexical_weight=weight),
        models=replace(default_pipeline().models, threads=threads),
    )
    assert parse_pipeline(pipeline.to_toml()) == pipeline


def test_a_pipeline_cannot_hold_a_model_its_role_does_not_take() -> None:
    with pytest.raises(ConfigError, match=r"models\.shared"):
        ModelSettings(shared="hf:org/vlm")


def test_the_origin_is_no_part_of_what_makes_pipelines_equal() -> None:
    assert Pipeline(origin=Path("a")) == Pipeline(origin=Path("b"))


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2\n", ("b",), 2),
        ("[s]\n\n# b = 3\nb = 2\n", ("s", "b"), 4),
        ("x = '''\nb = 1\n'''\nb = 2\n", ("b",), 4),
        ("b = [\n1,\n2]\nc = 1\n", ("c",), 4),
        ("s.b = 1\n", ("s", "b"), 1),
        ("s = {a = 1, b = 2}\n", ("s", "b"), 1),
        ('[s]\n"b" = 1\n', ("s", "b"), 2),
        ("[[t]]\nb = 1\n[[t]]\nb = 2\n", ("t", "1", "b"), 4),
        ("[[t]]\nb = 1\n[[t]]\nb = 2\n", ("t", "1"), 3),
        ("a = 1\n", ("b",), None),
    ],
)
def test_the_line_of_a_key(text: str, path: tuple[str, ...], line: int | None) -> None:
    tomllib.loads(text)
    assert line_of(text, path) == line
