"""The reader's training: what it is shown is true, it goes on where it was, and it reads the same without torch."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from ragmm.pipelines.answer.grids import Grid
from ragmm.readers import weights
from ragmm.readers.decode import best_spans
from ragmm.readers.encoding import open_tokenizer, pair, read_texts
from ragmm.readers.mini import Network
from training.cells.cases import KEPT, TABLES, held_out, keys_of
from training.cells.cases import Case as AskedCell
from training.reader import data
from training.reader.batches import Place, Source, Stream, collate, padded, targets
from training.reader.characters import choose, first_vectors
from training.reader.cloze import plain
from training.reader.data import Asked, Example, Lengths, Passage, Pool, answered, beside, elsewhere, exchanged, refused
from training.reader.documents import stated, unstated
from training.reader.evaluate import Case, f1_of, figure, pieces
from training.reader.low_rank import narrow
from training.reader.model import Batch, Reader, Size, loss_of, options_scored, take
from training.reader.tables import (
    OptionSet,
    TableStream,
    collate_options,
    encoded,
    learnt_cases,
    mixed,
    option_sets,
)
from training.reader.train import Plan, Training, next_time, save
from training.reader.typing_habits import as_typed

LIGHTHOUSE = (
    "The lighthouse of Norrby was built in 1874. Its keeper Ilse Brandt lit the lamp every evening. "
    "In 1931 a storm broke the lantern. The town paid 4,200 crowns for a new one."
)
HARBOUR = "The harbour of Norrby was dredged in 1902. The master Jon Varga kept its books and counted 311 ships."
OWN = {letter: at for at, letter in enumerate("灯塔建于年", 1)}


def passage(text: str = LIGHTHOUSE) -> Passage:
    return Passage(text=text, title="Norrby", lang="en")


def asked(question: str, answer: str, text: str = LIGHTHOUSE) -> Asked:
    return Asked(question=question, passage=passage(text), answers=((text.index(answer), answer),), id=question)


def whole_text(one: Asked) -> Example:
    start, text = one.answers[0]
    return Example(question=one.question, text=one.passage.text, start=start, end=start + len(text))


EIGHT_BITS = 0.02
"""What rounding may change of scores that differ by about 1."""
WHEN = asked("When was the lighthouse of Norrby built?", "1874")
WHO = asked("Who lit the lamp every evening?", "Ilse Brandt")
PAID = asked("How much did the town pay in 1931?", "4,200 crowns")
POOL = Pool(
    english=[WHEN, WHO, PAID],
    chinese=[],
    refused=[Asked(question="Who painted the lighthouse?", passage=passage())],
    articles={"Norrby": [passage(), passage(HARBOUR)]},
)


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    words = sorted({key for text in (LIGHTHOUSE, HARBOUR) for key in text.lower().replace(".", " .").split()})
    vocabulary = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102}
    vocabulary |= {word: at for at, word in enumerate(words, 103)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.enable_padding(length=99)
    made.save(str(tmp_path / "tokenizer.json"))
    return open_tokenizer(str(tmp_path / "tokenizer.json"))


def tiny(seed: int = 1) -> Reader:
    torch.manual_seed(seed)
    return Reader(Size(vocabulary=200, positions=256, width=24, inner=48, layers=2, heads=2, own=len(OWN) + 1))


# Examples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [WHEN, WHO, PAID])
def test_an_answer_stands_where_it_is_said_to(one: Asked) -> None:
    for seed in range(40):
        example = answered(one, POOL, Lengths(least=5, most=60), random.Random(seed))
        assert example is not None
        assert example.text[example.start : example.end].replace("\n", " ") == one.answers[0][1]
        assert example.prefix <= example.start


def test_what_is_refused_does_not_hold_the_answer() -> None:
    for seed in range(40):
        for make in (elsewhere, beside):
            example = make(PAID, POOL, Lengths(), random.Random(seed))
            assert example is not None
            assert example.start == example.end == 0
            assert "4,200" not in example.text[example.prefix :]


def test_what_a_window_lacks_of_the_question_stands_before_it() -> None:
    one = asked("What did the town of Norrby pay for the lantern?", "4,200 crowns")
    seen = [answered(one, POOL, Lengths(least=5, most=6), random.Random(seed)) for seed in range(40)]
    ahead = {example.text[: example.prefix] for example in seen if example}
    assert any("lantern" in said for said in ahead)
    assert all(example.text[example.start : example.end] == "4,200 crowns" for example in seen if example)


def test_an_exchanged_question_asks_for_what_the_passage_does_not_say() -> None:
    for seed in range(40):
        example = exchanged(PAID, POOL, Lengths(), random.Random(seed))
        assert example is not None
        assert example.start == example.end
        assert "1931" not in example.question


def test_nothing_that_cannot_be_exchanged_is_exchanged() -> None:
    assert exchanged(WHO, POOL, Lengths(), random.Random(1)) is None


def test_a_real_question_without_an_answer_keeps_its_passage() -> None:
    example = refused(POOL.refused[0], POOL, Lengths(), random.Random(1))
    assert example is not None
    assert "lighthouse" in example.text


def test_plain_questions_ask_for_a_word_of_the_passage() -> None:
    made = [plain(POOL.refused[0], POOL, Lengths(), random.Random(seed)) for seed in range(40)]
    found = [one.text[one.start : one.end] for one in made if one is not None]
    assert len(found) > 10
    assert set(found) <= {"1874", "1931", "4,200", "Norrby", "Brandt", "Ilse Brandt"}


def test_documents_state_what_is_asked_or_do_not() -> None:
    for seed in range(300):
        there = stated(WHEN, POOL, Lengths(), random.Random(seed))
        if there is not None:
            assert there.start < there.end <= len(there.text)
            assert there.prefix <= there.start
        absent = unstated(WHEN, POOL, Lengths(), random.Random(seed))
        assert absent is None or absent.start == absent.end == 0


def test_questions_are_mostly_left_alone() -> None:
    typed = [as_typed("When was the lighthouse of Norrby built?", random.Random(seed)) for seed in range(300)]
    assert 120 < sum(one.endswith("?") and one[0] == "W" for one in typed) < 280
    assert "lighthouse Norrby built" in typed


# Numbers ---------------------------------------------------------------------------------------------------------


def test_pieces_know_where_they_stand_and_what_matches(tokenizer: Tokenizer) -> None:
    question, text = read_texts(
        tokenizer, OWN, ["When was the lighthouse built?", "n.pdf\nThe lighthouse was built in 1874."]
    )
    both = pair(question, text, prefix=6)
    assert len(both.ids) == len(both.own) == len(both.kinds) == len(both.matches) == len(both.shapes)
    said = {text.text[low:high]: both.matches[both.first + at] for at, (low, high) in enumerate(both.offsets)}
    assert said["lighthouse"] == 5  # with its neighbour
    assert said["1874"] == 9  # a number that the question does not hold
    assert said["The"] == 1
    assert both.prefix == 3
    assert both.shapes[both.first] >= 8


def test_own_characters_have_their_own_rows(tokenizer: Tokenizer) -> None:
    (text,) = read_texts(tokenizer, OWN, ["灯塔建于1874年"])
    assert text.own[:4] == [1, 2, 3, 4]
    assert text.own[-1] == 5
    assert len(text.ids) == 6  # nothing is filled up


def test_targets_point_at_the_answer(tokenizer: Tokenizer) -> None:
    example = Example(question="When?", text="It was built in 1874.", start=16, end=20)
    (row, none) = targets(tokenizer, OWN, [example, replace(example, start=0, end=0)])
    assert row is not None
    assert none is not None
    low, high = row.pair.offsets[row.start - row.pair.first]
    assert example.text[low:high] == "1874"
    assert (none.start, none.end) == (0, 0)


def test_first_vectors_bring_together_what_stands_alike() -> None:
    texts = ["甲乙丙" * 30, "丁乙丙" * 30, "戊己庚" * 30]
    chosen = choose(texts)
    rows = first_vectors(texts, chosen, width=16, norm=1.5)
    assert rows.shape == (len(chosen) + 1, 16)
    assert not rows[0].any()
    one, two, far = (rows[1 + chosen.index(letter)] for letter in "甲丁戊")
    assert one @ two > one @ far


# Training --------------------------------------------------------------------------------------------------------


def stream(tokenizer: Tokenizer) -> Stream:
    made = Stream(POOL, [Source(name="en", asked=POOL.english, make=answered, share=1000)], tokenizer, OWN)
    made.pieces = 256
    return made


def test_a_stopped_training_goes_on_where_it_was(tokenizer: Tokenizer, tmp_path: Path) -> None:
    whole = Training(tiny(), Plan(warm_up=2), "".join(OWN))
    shown = stream(tokenizer)
    for batch in shown.round(12):
        whole.step(batch, 1.0)
    save(whole.state(shown.place), tmp_path / "last.pt")
    again = Training(tiny(seed=5), Plan(warm_up=2), "".join(OWN))
    later = stream(tokenizer)
    later.place = again.load(torch.load(tmp_path / "last.pt", weights_only=True))
    assert asdict(later.place) == asdict(shown.place)
    for one, two in zip(shown.round(12), later.round(12), strict=True):
        assert whole.step(one, 0.5) == again.step(two, 0.5)
    for name, rows in whole.model.state_dict().items():
        assert torch.equal(rows, again.model.state_dict()[name]), name
    assert [path.name for path in tmp_path.glob("*.p*t")] == ["last.pt"]


@pytest.mark.parametrize("short", [False, True], ids=["float32", "bfloat16"])
def test_a_narrow_training_changes_little_ships_little_and_goes_on(tokenizer: Tokenizer, short: bool) -> None:
    plan = Plan(warm_up=2, short=short)
    before = tiny().state_dict()
    narrowed = tiny()
    narrow(narrowed, 2, short=short)
    one, shown = Training(narrowed, plan, "".join(OWN)), stream(tokenizer)
    for batch in shown.round(24):
        one.step(batch, 1.0)
    state = copy.deepcopy(one.state(shown.place))
    assert set(state["model"]) == set(before)
    for name, rows in state["model"].items():
        moved = rows - before[name]
        if name.startswith("layers.") and rows.ndim == 2:
            assert 0 < torch.linalg.matrix_rank(moved, rtol=1e-4) <= 2, name
        elif name in ("own.weight", "word.weight", "position.weight"):
            assert not moved.any(), name
    other = tiny(seed=5)
    narrow(other, 2, short=short)
    again, later = Training(other, plan, "".join(OWN)), stream(tokenizer)
    later.place = again.load(copy.deepcopy(state))
    for first, second in zip(shown.round(12), later.round(12), strict=True):
        assert abs(one.step(first, 0.5) - again.step(second, 0.5)) < (2e-2 if short else 1e-4)


def test_who_goes_on_from_an_export_begins_with_what_it_read_least(tokenizer: Tokenizer) -> None:
    shown = stream(tokenizer)
    place = shown.after(1000)
    assert place.taken == {source.name: source.share for source in shown.mix}
    assert place.round == 2


def test_a_few_steps_learn_a_few_questions(tokenizer: Tokenizer) -> None:
    training = Training(tiny(), Plan(warm_up=5, rate=3e-3), "".join(OWN))
    rows = targets(tokenizer, OWN, [whole_text(one) for one in POOL.english])
    batch = collate([row for row in rows if row is not None])
    losses = [training.step(batch, 1.0) for _ in range(60)]
    assert losses[-1] < losses[0] / 3
    assert torch.equal(training.model.word.weight, tiny().word.weight)


def test_filling_up_changes_nothing(tokenizer: Tokenizer) -> None:
    model = tiny().eval()
    questions = read_texts(tokenizer, OWN, [WHEN.question, WHO.question])
    texts = read_texts(tokenizer, OWN, ["Built in 1874.", LIGHTHOUSE])
    short, long = (pair(q, t) for q, t in zip(questions, texts, strict=True))
    with torch.no_grad():
        alone, both = model(padded([short])), model(padded([short, long]))
    assert torch.allclose(alone[0][0], both[0][0, : len(short.ids)], atol=1e-5)
    assert torch.allclose(alone[2], both[2][:1], atol=1e-5)


def test_a_loss_is_a_number_without_answers(tokenizer: Tokenizer) -> None:
    (row,) = targets(tokenizer, OWN, [Example(question="Who?", text="It was built in 1874.")])
    assert row is not None
    assert torch.isfinite(loss_of(tiny()(collate([row])), collate([row])))


# Tables ----------------------------------------------------------------------------------------------------------

BOATS = Grid(
    heads=("lighthouse", "keeper", "lamp", "storm"),
    rows=(
        ("norrby", "Ilse", "4", "1931"),
        ("harbour", "Jon", "5", "1902"),
        ("town", "Varga", "6", "1874"),
        ("master", "Brandt", "7", "311"),
        ("new", "Ilse", "8", "300"),
    ),
    quotes=("",) * 5,
    about="",
)
CASES = [
    AskedCell(question="what keeper was in the harbour?", grid=BOATS, row=1, column=1),
    AskedCell(question="in the town, what storm?", grid=BOATS, row=2, column=3),
    AskedCell(question="the lamp of norrby?", grid=BOATS, row=0, column=2),
]


def test_options_hold_the_right_one_or_say_that_none_is_right() -> None:
    missing = 0
    for seed in range(80):
        for case in CASES:
            row, column = option_sets(case, random.Random(seed))
            label, value = BOATS.rows[case.row][0], BOATS.rows[case.row][case.column]
            assert 2 < len(row.options) <= 4
            assert (row.right is None) == all(not one.text.startswith(label) for one in row.options)
            assert row.right is None or row.options[row.right].text.startswith(label)
            assert column.right is None or column.options[column.right].text.endswith(f": {value}")
            missing += row.right is None
    assert 5 < missing < 60


def option_batch(tokenizer: Tokenizer, sets: list[OptionSet]) -> Batch:
    return collate_options(encoded(tokenizer, OWN, sets))


def test_an_option_scores_the_same_alone_and_among_others(tokenizer: Tokenizer) -> None:
    model = tiny().eval()
    sets = [one for case in CASES for one in option_sets(case, random.Random(4))]
    together = option_batch(tokenizer, sets)
    with torch.no_grad():
        scores = options_scored(model, together)
        assert scores.shape == (6, together["places"].shape[1] + 1)
        assert not scores[:, -1].any()
        for at, one in enumerate(sets):
            alone = options_scored(model, option_batch(tokenizer, [one]))
            assert torch.allclose(scores[at, : len(one.options)], alone[0, :-1], atol=1e-5)
        state, hidden = model._begun(together)
        for layer in model.layers:
            state = layer(state, hidden)
        assert torch.allclose(model.cell(state[:, 0]), model.cells(together), atol=1e-5)


def test_a_few_steps_learn_a_few_tables(tokenizer: Tokenizer) -> None:
    training = Training(tiny(), Plan(warm_up=5, rate=3e-3), "".join(OWN))
    batch = option_batch(tokenizer, [one for case in CASES for one in option_sets(case, random.Random(4))])
    losses = [training.step(batch, 1.0) for _ in range(80)]
    assert losses[-1] < losses[0] / 3
    assert all(training.picked[-6:])
    assert training.seen == 0


def test_batches_are_small_and_a_share_of_them_is_tables(tokenizer: Tokenizer) -> None:
    shown, tables = stream(tokenizer), TableStream(CASES, tokenizer, OWN)
    batches = mixed(shown, tables, 0.5, 40)
    sizes = {kind: sum(one["ids"].numel() for one in batches if kind in one) for kind in ("start", "places")}
    assert 0.8 < sizes["places"] / sizes["start"] < 4
    assert shown.place.taken["tables"] % 16 == 0
    drawn = tables.draw(Place(), 4000, batch=400)
    assert len(drawn) > 4
    assert all(one["ids"].numel() <= 400 or len(one["places"]) == 1 for one in drawn)


def test_a_training_with_tables_goes_on_where_it_was(tokenizer: Tokenizer) -> None:
    tables = TableStream(CASES, tokenizer, OWN)
    whole, shown = Training(tiny(), Plan(warm_up=2), "".join(OWN)), stream(tokenizer)
    for batch in mixed(shown, tables, 0.5, 12):
        whole.step(batch, 1.0)
    again, later = Training(tiny(seed=5), Plan(warm_up=2), "".join(OWN)), stream(tokenizer)
    later.place = again.load(copy.deepcopy(whole.state(shown.place)))
    for one, two in zip(mixed(shown, tables, 0.5, 12), mixed(later, tables, 0.5, 12), strict=True):
        assert whole.step(one, 0.5) == again.step(two, 0.5)


def test_a_state_from_before_the_second_head_is_taken(tokenizer: Tokenizer) -> None:
    old, shown = Training(tiny(), Plan(warm_up=2), "".join(OWN)), stream(tokenizer)
    for batch in shown.round(12):
        old.step(batch, 1.0)
    state = copy.deepcopy(old.state(shown.place))
    for name in ("cell.weight", "cell.bias"):
        del state["model"][name]
        state["optimiser"]["param_groups"].pop()
    again = Training(tiny(seed=5), Plan(warm_up=2), "".join(OWN))
    again.load(state)
    assert torch.equal(again.model.cell.weight[0], old.model.there.weight[0, :24])
    batch = next(iter(shown.round(12)))
    assert old.step(batch, 0.5) == again.step(batch, 0.5)
    again.step(option_batch(tokenizer, option_sets(CASES[0], random.Random(4))), 1.0)
    assert not torch.equal(again.model.cell.weight[0], old.model.there.weight[0, :24])
    with pytest.raises(ValueError, match="not a reader's"):
        take(tiny(), {"span.bias": torch.zeros(2)})


@pytest.mark.slow
@pytest.mark.skipif(not TABLES.is_dir(), reason="the reading data is not beside this checkout")
def test_no_table_that_is_kept_for_testing_is_learnt_from() -> None:
    keys = {case.key for case in learnt_cases()}
    assert len(keys) > 3000
    for name in KEPT:
        assert not keys & keys_of(TABLES / f"{name}.jsonl.gz"), name
    assert not any(held_out(key) for key in keys)


# What ships ------------------------------------------------------------------------------------------------------


def minilm_like(folder: Path, model: Reader) -> None:
    """A folder with a base of the model's size."""
    rng = np.random.default_rng(3)
    named = {
        name: rows.numpy() + rng.normal(0, 0.01, rows.shape).astype(np.float32)
        for name, rows in model.state_dict().items()
    }
    found = {theirs: named[own] for own, theirs in weights._TABLES.items()}
    for layer in range(2):
        for own, parts in weights._PARTS.items():
            for end in ("weight", "bias"):
                rows = np.split(named[f"layers.{layer}.{own}.{end}"], len(parts))
                found |= {f"encoder.layer.{layer}.{part}.{end}": one for part, one in zip(parts, rows, strict=True)}
    found["embeddings.word_embeddings.weight"] = model.word.weight.numpy()
    found["embeddings.position_embeddings.weight"] = model.position.weight.numpy()
    save_file(found, folder / "model.safetensors")


def test_the_export_reads_as_torch_does(tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = weights.Base
    monkeypatch.setattr(weights, "Base", lambda folder: whole(folder, layers=2))
    model = tiny().eval()
    minilm_like(tmp_path, model)
    kept = {name: rows.detach().numpy() for name, rows in model.state_dict().items()}
    facts = {"heads": 2, "there_weight": 0.5, "threshold": 0.25}
    weights.write(tmp_path / "out", kept, "".join(OWN), tmp_path, facts)
    stored = weights.read(tmp_path / "out", tmp_path)
    for name, rows in kept.items():
        assert np.abs(stored.weights[name] - rows).max() < 1e-3, name
    model.load_state_dict({name: torch.from_numpy(rows.copy()) for name, rows in stored.weights.items()})
    network = Network(stored.weights, heads=2)
    question, *texts = read_texts(tokenizer, OWN, [WHEN.question, LIGHTHOUSE, "n.pdf\nBuilt in 1874."])
    pairs = [pair(question, text, prefix=prefix) for text, prefix in zip(texts, (0, 6), strict=True)]
    with torch.no_grad():
        theirs = [rows.numpy() for rows in model(padded(pairs))]
        options = model.cells(padded(pairs)).numpy()
    for given, right in zip(network.scores(pairs), theirs, strict=True):
        assert np.abs(np.where(right > -1e8, given - right, 0)).max() < EIGHT_BITS
    assert network.knows_cells
    assert np.abs(network.cells(pairs) - options).max() < EIGHT_BITS
    older = {name: rows for name, rows in stored.weights.items() if not name.startswith("cell.")}
    assert not Network(older, heads=2).knows_cells
    assert json.loads((tmp_path / "out" / "model.json").read_text())["letters"] == "".join(OWN)


def test_what_was_learnt_later_ships_beside_the_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = weights.Base
    monkeypatch.setattr(weights, "Base", lambda folder: whole(folder, layers=2))
    model = tiny().eval()
    minilm_like(tmp_path, model)
    kept = {name: rows.detach().numpy().copy() for name, rows in model.state_dict().items()}
    facts = {"heads": 2, "there_weight": 0.5, "threshold": 0.25}
    weights.write(tmp_path / "out", kept, "".join(OWN), tmp_path, facts)
    before = weights.read(tmp_path / "out", tmp_path).weights
    sizes = {name: rows.std() + 0.01 for name, rows in before.items()}
    later = {name: rows.copy() for name, rows in before.items()}
    rng = np.random.default_rng(3)
    for name, rows in later.items():
        if name.startswith("layers.") and rows.ndim == 2:
            thin = rng.normal(size=(rows.shape[0], 3)) @ rng.normal(size=(3, rows.shape[1]))
            later[name] = (rows + 0.1 * sizes[name] * thin).astype(np.float32)
    later["cell.bias"] = later["cell.bias"] + 0.5
    out = tmp_path / "out"
    weights.write_later(out, later, tmp_path, 3, {"seen": 9}, part=weights.Learnt.FIRST)
    again = weights.read(out, tmp_path)
    assert again.facts["seen"] == 9
    assert again.letters == "".join(OWN)
    for name, rows in later.items():
        moved = np.abs(rows - before[name]).max()
        assert np.abs(again.weights[name] - rows).max() <= 0.03 * moved + 1e-6, name
    first = weights.read(out, tmp_path, part=None)
    assert all(np.array_equal(first.weights[name], rows) for name, rows in before.items())
    assert not weights.has_second(again.facts)
    kept = dict(again.weights)
    other = {name: rows + 0.25 if name == "span.bias" else rows for name, rows in before.items()}
    weights.write_later(out, other, tmp_path, 3, {"seen": 12}, part=weights.Learnt.SECOND)
    second = weights.read(out, tmp_path, part=weights.Learnt.SECOND)
    assert weights.has_second(second.facts)
    assert second.facts["seen"] == 9, "what the reader itself has seen"
    assert np.allclose(second.weights["span.bias"], before["span.bias"] + 0.25, atol=1e-3)
    assert np.allclose(second.weights["cell.bias"], before["cell.bias"])
    first = weights.read(out, tmp_path)
    assert all(np.array_equal(first.weights[name], rows) for name, rows in kept.items())  # as they were
    assert weights.digests(second.facts, weights.Learnt.FIRST) != weights.digests(second.facts, weights.Learnt.SECOND)


def test_a_span_never_ends_before_it_starts() -> None:
    start, end = np.array([0, 1, 5, 0], np.float32), np.array([0, 6, 1, 2], np.float32)
    (span,) = best_spans(start, end, [(0, 2), (3, 5), (6, 9)])
    assert (span.start, span.end) == (0, 2)  # 1 + 6 is more than 5 + 2, and 5 + 6 would end before it starts
    assert span.score == pytest.approx(7)


# Figures ---------------------------------------------------------------------------------------------------------


def test_f1_is_as_squad_has_it() -> None:
    assert f1_of("the Norrby lighthouse", ["Norrby lighthouse", "Norrby"]) == (1.0, True)
    assert f1_of("Norrby", ["Norrby lighthouse"])[0] == pytest.approx(2 / 3)
    assert f1_of("1874年", ["于1874年"])[0] == pytest.approx(0.8)
    assert f1_of("", []) == (1.0, True)
    assert f1_of("anything", []) == (0.0, False)


def test_silence_counts_where_nothing_is_right() -> None:
    case = Case(question="", text="", title="", lang="en", right=("1874",))
    given = [case, replace(case, right=())]
    found = figure(given, [(2.0, "1874"), (-1.0, "1931")], 0.0)
    assert (found.f1, found.refused, found.f1_best) == (1.0, 1.0, 1.0)
    assert figure(given, [(2.0, "1874"), (3.0, "1931")], 0.0).f1 == 0.5


def test_windows_cover_the_whole_text() -> None:
    cut = pieces(LIGHTHOUSE, "en", 20)
    assert len(cut) > 1
    assert cut[0][0] == 0
    assert cut[-1][1] == len(LIGHTHOUSE)
    assert all(later[0] <= sooner[1] for sooner, later in pairwise(cut))


@pytest.mark.skipif(not data.DATA.is_dir(), reason="the reading data is not beside this checkout")
def test_what_is_kept_for_testing_is_not_trained_from() -> None:
    found = data.read_set(data.DATA / "squad20.dev.jsonl.gz")
    assert {bool(one.answers) for one in found} == {True, False}
    assert not {"squad11.dev", "cmrc2018.dev", "xquad-en.test"} & {*data.ENGLISH, *data.CHINESE}
    trial = data.read_set(data.DATA / "cmrc2018.trial.jsonl.gz")
    assert 0 < len({one.passage.text for one in trial}) < 256


def test_a_time_of_day_that_is_over_is_tomorrows() -> None:
    now = datetime(2026, 5, 31, 22, 50, tzinfo=UTC)
    assert next_time("23:10", now) == datetime(2026, 5, 31, 23, 10, tzinfo=UTC)
    assert next_time("00:58", now) == datetime(2026, 6, 1, 0, 58, tzinfo=UTC)
