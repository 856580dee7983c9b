"""Evaluation: the file of questions, which hits count, the metrics by hand, chance, and whole runs over fakes."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ragmm
from ragmm.collection import Collection, Models
from ragmm.embedders.scripts_known import script_share
from ragmm.errors import ConfigError, StorageError, UsageError
from ragmm.evaluation import answers, compare, metrics, places, results, saving, statistics, variants
from ragmm.evaluation.judging import EvalPlan, EvalRun, evaluate, evaluate_routes
from ragmm.evaluation.plots import bars
from ragmm.evaluation.questions import EvalQuestion, Relevant, read_questions
from ragmm.evaluation.report import eval_html
from ragmm.testing import FakeEmbedder, captioned_picture, png_bytes
from ragmm.types import Answer, Citation, Claim, Locator, Support
from tests.unit.hits import make_hit

# The file


def written(folder: Path, *rows: Any) -> Path:
    file = folder / "questions.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return file


GOOD: dict[str, Any] = {"qid": "1", "question": "Who?", "relevant": [{"uri": "a.pdf", "page": 2}]}


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "sign.png").write_bytes(png_bytes(captioned_picture("a sign")))
    full = {
        "qid": "x", "question": "Wo?", "image": "sign.png", "relevant": [{"uri": "b.md"}, {"uri": "c.pdf", "page": 1}],
        "answers": ["hier"], "answerable": False, "scope": {"uri": "c.pdf"}, "tags": ["chart", "de"],
    }  # fmt: skip
    one, other = read_questions(written(tmp_path, full, "", GOOD))
    assert one == EvalQuestion(
        qid="x",
        text="Wo?",
        image=tmp_path / "sign.png",
        relevant=(Relevant(uri="b.md"), Relevant(uri="c.pdf", page=1)),
        answers=("hier",),
        answerable=False,
        scope="c.pdf",
        tags=("chart", "de"),
    )
    assert (other.qid, other.answerable, other.scope) == ("1", True, None)


def test_a_line_separator_inside_a_string_ends_no_line(tmp_path: Path) -> None:
    (one,) = read_questions(written(tmp_path, json.dumps({**GOOD, "question": "a\u2028b"}, ensure_ascii=False)))
    assert one.text == "a\u2028b"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "is not JSON"),
        ("[1]", "it must be an object"),
        ({**GOOD, "answer": "x"}, "'answer', which is no key of a question; allowed are qid"),
        ({**GOOD, "qid": ""}, "qid ''"),
        ({**GOOD, "qid": None}, "qid None"),
        ({**GOOD, "question": 7}, 'a number as "question"'),
        ({**GOOD, "question": " "}, "neither a question nor an image"),
        ({**GOOD, "image": "none.png"}, "names the image 'none.png'"),
        ({**GOOD, "relevant": {}}, 'an object as "relevant"; it must be a list'),
        ({**GOOD, "relevant": ["a.pdf"]}, 'text in "relevant"'),
        ({**GOOD, "relevant": [{"uri": "a", "pages": 1}]}, "'pages', which is no key of an entry"),
        ({**GOOD, "relevant": [{"uri": "a", "page": 0}]}, "the page 0; pages are whole numbers from 1"),
        ({**GOOD, "relevant": [{"uri": "a", "page": True}]}, "the page True"),
        ({**GOOD, "relevant": [{"page": 1}]}, "the uri None"),
        ({**GOOD, "answers": "x"}, 'text as "answers"; it must be a list'),
        ({**GOOD, "answers": [1]}, 'a number in "answers"'),
        ({**GOOD, "answerable": "no"}, 'text as "answerable"'),
        ({**GOOD, "scope": "a.pdf"}, 'text as "scope"'),
        ({**GOOD, "scope": {"url": "a"}}, "'url', which is no key of \"scope\""),
        ({**GOOD, "tags": [None]}, 'null in "tags"'),
        ({**GOOD, "qid": "0"}, "'0' is there already"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, row: Any, says: str) -> None:
    file = written(tmp_path, {**GOOD, "qid": "0"}, "", row)
    with pytest.raises(ConfigError) as caught:
        read_questions(file)
    assert str(caught.value).startswith(f"{file}, line 3: ")
    assert says in str(caught.value)


def test_a_file_without_questions_or_without_sense_is_refused(tmp_path: Path) -> None:
    empty, foreign = tmp_path / "empty.jsonl", tmp_path / "foreign.jsonl"
    empty.write_text("\n\n", encoding="utf-8")
    foreign.write_bytes(b'{"qid": "\xff"}')
    for file, says in ((empty, "no question"), (foreign, "byte 9 is not UTF-8"), (tmp_path / "none", "check the path")):
        with pytest.raises(ConfigError, match=says):
            read_questions(file)


# Which hits count


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("reports/2023.pdf", True),
        ("2023.pdf", True),
        ("./2023.pdf", True),
        ("/data/reports/2023.pdf", True),
        ("23.pdf", False),
        ("/reports/2023.pdf", False),
        ("reports/2023", False),
        ("other/2023.pdf", False),
    ],
)
def test_a_uri_is_itself_or_the_end_of_a_path(given: str, meant: bool) -> None:
    assert places.names("/data/reports/2023.pdf", given) is meant


def test_each_page_stands_at_the_rank_of_its_first_hit() -> None:
    targets = places.Targets(entries=(Relevant(uri="b.pdf", page=2),))
    hits = [
        make_hit(rank, "x", uri=f"in/{uri}", path=f"/d/in/{uri}", locator=Locator(page=page))
        for rank, (uri, page) in enumerate([("a.pdf", 1), ("a.pdf", 1), ("b.pdf", 9), ("b.pdf", 2)], start=1)
    ]
    found = places.ranking(targets.pages_of(hit.item) for hit in hits)
    assert found == [("/d/in/a.pdf", 1), ("b.pdf", 9), ("b.pdf", 2)]
    assert places.ranking(targets.documents_of(hit.item) for hit in hits) == [("/d/in/a.pdf", None), ("b.pdf", None)]
    assert [hit.rank for hit in places.hits_at(hits, targets)] == [4]


def test_a_copy_elsewhere_counts_for_the_document_that_is_asked_for() -> None:
    targets = places.Targets(entries=(Relevant(uri="copy.md"),))
    hit = make_hit(1, "x", uri="first.md", also_at=("old/copy.md",))
    assert targets.documents_of(hit.item) == [("copy.md", None)]


# Rankings


def test_rank_metrics_are_trec_evals() -> None:
    """Against the definitions, computed here in another way."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        ranked = [(f"d{n}", None) for n in rng.permutation(30)[:12]]
        wanted = frozenset((f"d{n}", None) for n in rng.permutation(30)[:4])
        got = metrics.rank_metrics({"q": ranked}, {"q": wanted}, 10)["q"]
        gains = [place in wanted for place in ranked[:10]]
        ideal = sum(1 / math.log2(rank + 2) for rank in range(len(wanted)))
        precisions = [sum(gains[: rank + 1]) / (rank + 1) for rank, gain in enumerate(gains) if gain]
        expected = {
            "recall@5": sum(gains[:5]) / 4,
            "hit@1": float(gains[0]),
            "hit@10": float(any(gains)),
            "ndcg@10": sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains)) / ideal,
            "mrr": next((1 / (rank + 1) for rank, gain in enumerate(gains) if gain), 0.0),
            "map": sum(precisions) / 4,
        }
        assert {name: got[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_nothing_found_counts_zero_and_nothing_relevant_counts_not_at_all() -> None:
    wanted = {"a": frozenset({("d", 1)}), "b": frozenset[places.Place]()}
    found = metrics.rank_metrics({}, wanted, 3)
    assert set(found) == {"a"}
    assert set(found["a"].values()) == {0.0}
    assert set(found["a"]) == {"hit@1", "hit@3", "recall@1", "recall@3", "ndcg@3", "mrr", "map"}


def test_metrics_have_short_names_and_unknown_ones_are_refused() -> None:
    assert metrics.resolve("recall@10", 10, metrics.Level.PAGE) == "page.recall@10"
    assert metrics.resolve("document.mrr", 10, metrics.Level.PAGE) == "document.mrr"
    assert metrics.resolve("token_f1", 10, metrics.Level.PAGE) == "answer.token_f1"
    with pytest.raises(UsageError, match=r"no metric 'recall@7' with k = 10; choose one of: page.hit@1"):
        metrics.resolve("recall@7", 10, metrics.Level.PAGE)


# Answers


@pytest.mark.parametrize(
    ("said", "accepted", "exact", "contains", "f1"),
    [
        ("The Eiffel Tower!", "eiffel tower", True, True, 1.0),
        ("It is 1,234.50 dollars", "1234.5", False, True, 2 / 5),
        ("in 1998", "98", False, False, 0.0),
        ("分布在澳洲南部", "澳洲", False, True, 4 / 9),
        ("a cat", "the dog", False, False, 0.0),
        ("", "x", False, False, 0.0),
        ("anything", "…", False, False, 0.0),
        ("Zürich, Bern", "bern zürich", False, False, 1.0),
    ],
)
def test_words_are_compared_folded(said: str, accepted: str, exact: bool, contains: bool, f1: float) -> None:
    assert answers.exact(said, accepted) is exact
    assert answers.contains(said, accepted) is contains
    assert answers.token_f1(said, accepted) == pytest.approx(f1)


def said(text: str, *ranks: int, abstained: bool = False) -> Answer:
    cites = tuple(Citation(rank=rank) for rank in ranks)
    claims = (Claim(text=text, citations=cites, support=Support.SUPPORTED),) if ranks else ()
    return Answer(text=f"{text} [1]", claims=claims, abstained=abstained)


def test_citations_are_judged_by_their_pages() -> None:
    asked = EvalQuestion(qid="q", text="?", relevant=(Relevant(uri="doc1.md", page=1), Relevant(uri="doc3.md", page=3)))
    hits = [make_hit(rank, "x") for rank in (1, 2, 3)]
    values = answers.answer_values(asked, said("y", 1, 2), hits)
    assert values == {
        "answer.given": 1.0,
        "citation.precision": 0.5,
        "citation.recall": 0.5,
        "citation.if_found@5": 1.0,
    }
    assert answers.answer_values(asked, said("y", 2), hits)["citation.if_found@5"] == 0.0
    assert "citation.if_found@5" not in answers.answer_values(asked, said("y", 2), hits[1:2])


def test_silence_is_right_where_nothing_answers() -> None:
    open_, closed = EvalQuestion(qid="a", answers=("x",)), EvalQuestion(qid="b", answerable=False)
    silent, spoken = said("The documents do not say x.", abstained=True), said("x", 1)
    assert answers.answer_values(closed, silent, ()) == {"abstention.precision": 1.0, "abstention.recall": 1.0}
    assert answers.answer_values(closed, spoken, ()) == {"abstention.recall": 0.0}
    values = answers.answer_values(open_, silent, ())
    assert (values["answer.given"], values["abstention.precision"], values["answer.contains"]) == (0.0, 0.0, 0.0)


# Chance


def test_an_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(200):
        one = statistics.estimate((rng.random(60) < 0.7).astype(float).tolist())
        assert one.low <= one.mean <= one.high
        inside += one.low <= 0.7 <= one.high
    assert 0.89 <= inside / 200 <= 0.99


def test_few_pairs_are_tried_in_every_pattern() -> None:
    before, after = [0.0] * 5, [1.0, 0.5, 0.25, 0.75, -0.1]
    changes = np.array(after)
    patterns = itertools.product((1, -1), repeat=5)
    exact = np.mean([abs(np.dot(signs, changes)) >= abs(changes.sum()) - 1e-9 for signs in patterns])
    assert statistics.difference(before, after).p == pytest.approx(float(exact))


def test_equal_runs_do_not_differ_and_unequal_ones_do() -> None:
    rng = np.random.default_rng(2)
    before = rng.random(80)
    assert statistics.difference(before.tolist(), before.tolist()).p == 1.0
    better = statistics.difference(before.tolist(), (before + 0.2 + rng.random(80) / 50).tolist())
    assert better.p < 0.001
    assert better.change == pytest.approx(0.21, abs=0.01)
    assert 0 < better.low <= better.change <= better.high
    noise = statistics.difference(before.tolist(), rng.permutation(before).tolist())
    assert noise.p > 0.05


def test_many_comparisons_are_corrected() -> None:
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert statistics.holm([]) == []


# Whole runs

TEXTS = {
    "boats/heron.md": "# Heron\n\nThe ferry Heron carries ninety passengers to the northern harbour.\n",
    "boats/gull.md": "# Gull\n\nThe tender Gull was built of larch in 1987 by two brothers.\n",
    "notes.md": "# Notes\n\nTickets are sold at the kiosk beside the fountain.\n",
}
QUESTIONS = [
    EvalQuestion(
        qid="heron",
        text="How many passengers does the ferry Heron carry?",
        relevant=(Relevant(uri="heron.md"),),
        answers=("ninety passengers",),
        tags=("boats",),
    ),
    EvalQuestion(qid="tickets", text="Where are tickets sold?", relevant=(Relevant(uri="notes.md"),), tags=("shore",)),
    EvalQuestion(qid="chart", text="whales yearly tally", relevant=(Relevant(uri="0001.png"),), tags=("boats",)),
    EvalQuestion(qid="mars", text="Xylophone quotas among Martian glaciologists?", answerable=False),
]
PIPELINE = '[pipeline]\nname = "t"\n[loaders]\nocr = "never"\n[models]\ncaption = "none"\nvlm = "extractive"\n'


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    root = tmp_path_factory.mktemp("evaluation")
    for name, text in TEXTS.items():
        (root / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "in" / name).write_text(text, encoding="utf-8")
    (root / "in" / "0001.png").write_bytes(png_bytes(captioned_picture("whales yearly tally")))
    (root / "p.toml").write_text(PIPELINE, encoding="utf-8")
    embedders = {"shared": FakeEmbedder(512, name="s"), "text": FakeEmbedder(512, name="t", kinds=("text",))}
    made = ragmm.create(root / "c", pipeline=root / "p.toml", models=Models(embedders=embedders))
    assert not made.ingest([root / "in"]).failures
    return made


@pytest.fixture(scope="module")
def run(docs: Collection) -> EvalRun:
    return evaluate(docs, QUESTIONS, EvalPlan(k=5))


def test_a_run_says_what_was_found_and_by_what(run: EvalRun) -> None:
    by_qid = {one.qid: one for one in run.results}
    assert run.metrics["document.hit@1"].mean == 1.0
    assert run.metrics["document.hit@1"].questions == 3
    assert not any(name.startswith("page.") for name in run.metrics)
    assert run.found_as == {"passage": 2, "photo": 1}
    assert by_qid["chart"].leg_ranks["shared"] == 1
    assert by_qid["heron"].leg_ranks == {"shared": 1, "text": 1, "lexical": 1}
    assert by_qid["heron"].values["answer.contains"] == 1.0
    assert by_qid["mars"].rank is None
    assert "hit@1" not in by_qid["mars"].values
    assert run.metrics["abstention.recall"].questions == 1


def test_parts_are_legs_kinds_and_tags(run: EvalRun) -> None:
    legs = {part.name: part for part in run.by_leg}
    assert set(legs) == {"shared", "text", "lexical"}
    assert legs["text"].metrics["document.hit@5"].mean < 1.0
    assert legs["shared"].metrics["document.hit@5"].mean == 1.0
    kinds = {part.name: part.metrics["document.hit@5"].mean for part in run.by_kind}
    assert kinds == {"text": pytest.approx(2 / 3), "image": pytest.approx(1 / 3)}
    assert [(part.name, part.metrics["document.mrr"].questions) for part in run.by_tag] == [("boats", 2), ("shore", 1)]


def test_another_librarys_bm25_stands_beside_the_legs(docs: Collection) -> None:
    pytest.importorskip("bm25s")
    run = evaluate(docs, QUESTIONS, EvalPlan(k=5, answers=False, parts=False, baseline=True))
    (part,) = run.by_leg
    assert part.name == "bm25s"
    assert 0 < part.metrics["document.hit@1"].mean < run.metrics["document.hit@1"].mean, "it sees no pictures"


def test_a_question_is_embedded_once_for_all_searches(docs: Collection) -> None:
    counted = FakeEmbedder(512, name="s")
    same = Collection(docs.store, docs.pipeline, Models(embedders={"shared": counted}))
    evaluate(same, QUESTIONS[:2], EvalPlan(answers=False))
    assert counted.calls == [1, 1]


def test_an_embedder_is_trusted_as_outside_an_evaluation(docs: Collection) -> None:
    class Latin(FakeEmbedder):
        def scripts(self) -> frozenset[str]:
            return frozenset({"LATIN"})

    embedders = {"shared": Latin(512, name="s"), "text": FakeEmbedder(512, name="t", kinds=("text",))}
    seen = variants.remembering(Collection(docs.store, docs.pipeline, Models(embedders=embedders))).embedders
    assert script_share(seen["shared"], "袋鼠") == 0.0
    assert script_share(seen["text"], "袋鼠") == 1.0


def test_some_legs_only(docs: Collection) -> None:
    words = evaluate(docs, QUESTIONS, EvalPlan(answers=False, legs=("lexical",)))
    assert words.legs == ("lexical",)
    assert words.models == {}
    assert words.by_leg == ()
    with pytest.raises(UsageError, match="no leg 'words'; choose among: shared, text, lexical"):
        evaluate(docs, QUESTIONS, EvalPlan(legs=("words",)))


def test_the_scope_keeps_the_search_in_its_document(docs: Collection) -> None:
    asked = replace(QUESTIONS[0], scope="notes.md")
    assert evaluate(docs, [asked], EvalPlan(answers=False)).results[0].found == (str(_path(docs, "notes.md")),)


def _path(docs: Collection, name: str) -> str:
    return next(document.path for document in docs.documents() if document.uri.endswith(name))


def test_documents_that_are_not_there_are_misses_and_said(docs: Collection) -> None:
    lost = EvalQuestion(qid="lost", text="ferry", relevant=(Relevant(uri="lost.md"),), scope="lost.md")
    found = evaluate(docs, [QUESTIONS[0], lost], EvalPlan(answers=True))
    assert found.metrics["document.hit@5"].mean == 0.5
    assert "1 of the 2 documents" in found.warnings[0]
    with pytest.raises(ConfigError, match="holds none of the 1 documents"):
        evaluate(docs, [lost])
    with pytest.raises(UsageError):
        evaluate(docs, [])


def test_routes_are_compared_and_the_cheaper_of_equals_is_best(docs: Collection) -> None:
    runs = evaluate_routes(docs, QUESTIONS, ["both", "shared", "text"], EvalPlan(answers=False))
    assert [one.name for one in runs] == ["both", "shared", "text"]
    verdict = compare.best_route(runs)
    assert verdict.best == "shared"
    assert set(verdict.as_good) == {"both", "text"}  # three questions prove nothing
    with pytest.raises(UsageError, match="no route 'seen' to compare; choose among: shared, text, both"):
        evaluate_routes(docs, QUESTIONS, ["seen"])


def test_a_saved_run_is_compared_by_question(run: EvalRun, tmp_path: Path) -> None:
    worse = replace(
        run,
        results=tuple(
            replace(one, values=dict.fromkeys(one.values, 0.0), question=one.question + "?" * (one.qid == "mars"))
            for one in run.results
        ),
    )
    saving.save_record(tmp_path / "before.json", results.eval_record(results.EvalReport(run=worse)))
    seen = compare.compare(saving.load_run(tmp_path / "before.json"), run)
    assert (seen.questions, seen.left_out) == (3, 1)
    change = {one.metric: one for one in seen.changes}["document.hit@1"]
    assert (change.difference.before, change.difference.after, change.difference.questions) == (0.0, 1.0, 3)
    assert not change.significant


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ("[]", "the format is None"),
        ('{"format": "ragmm-eval-9"}', "the format is 'ragmm-eval-9'"),
        ('{"format": "ragmm-eval-1", "collection": "c", "generation": 1}', "damaged"),
        ('{"format": "ragmm-eval-1", "collection": "c", "generation": 1, "results": [3]}', "damaged"),
    ],
)
def test_what_is_no_saved_run_is_refused(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "before.json").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        saving.load_run(tmp_path / "before.json")


def test_a_run_of_other_questions_and_a_missing_folder_are_errors(run: EvalRun, tmp_path: Path) -> None:
    other = saving.SavedRun(source="x", collection="c", generation=1, values={}, asked={})
    with pytest.raises(UsageError, match="shares no question"):
        compare.compare(other, run)
    with pytest.raises(UsageError, match="cannot be read"):
        saving.load_run(tmp_path / "none.json")
    with pytest.raises(StorageError, match="cannot be saved"):
        saving.save_record(tmp_path / "no" / "such.json", {})


def test_thresholds_that_nothing_vouches_for_are_missed(run: EvalRun) -> None:
    wanted = [
        results.Threshold(metric="document.hit@1", value=1.0),
        results.Threshold(metric="document.map", value=1.0),
        results.Threshold(metric="page.recall@5", value=0.0),
    ]
    (missed,) = results.shortfalls(run, wanted)
    assert str(missed) == "page.recall@5 was not measured: no question allows it; at least 0 was asked for"


def test_the_report_is_inert_and_holds_everything(run: EvalRun, docs: Collection) -> None:
    nasty = '<script>alert("x")</script>\x1b[2J'
    marked = replace(run, collection=nasty, results=(replace(run.results[0], question=nasty, rank=None), *run.results))
    report = results.EvalReport(run=marked, routes=(run, replace(run, name="shared")))
    page = eval_html(report)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "default-src 'none'" in page
    assert 'style="' not in page
    assert page.count("<svg") >= 6
    assert "Not found within 5 (1)" in page
    assert "document.ndcg@5" in page


def test_bars_stay_inside_their_plot() -> None:
    wild = statistics.MeanEstimate(mean=1.4, low=-0.5, high=2.0, questions=1)
    assert 'width="450.0"' in bars({"x": wild}, "x")


def test_the_questions_of_the_guide_are_read(repository: Path, tmp_path: Path) -> None:
    guide = (repository / "docs" / "guide" / "evaluate.md").read_text(encoding="utf-8")
    block = guide.split("```json\n")[1].split("```")[0]
    (tmp_path / "guide.jsonl").write_text(block, encoding="utf-8")
    found = {one.qid: one for one in read_questions(tmp_path / "guide.jsonl")}
    assert found["growth"].relevant == (Relevant(uri="2023.pdf", page=7),)
    assert found["scoped"].scope == "contracts/lease.pdf"
    assert not found["nothing"].answerable
    assert all(f"`{name}`" in guide for name in metrics.ANSWER_METRICS)
