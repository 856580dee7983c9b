"""The reader's training: what it is shown is true, it goes on where it was, and it reads the same without torch."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from ragmm.readers import weights
from ragmm.readers.decode import best_spans
from ragmm.readers.encoding import open_tokenizer, pair, read_texts
from ragmm.readers.mini import Network
from training.reader import data
from training.reader.batches import Source, Stream, collate, padded, targets
from training.reader.characters import choose, first_vectors
from training.reader.cloze import plain
from training.reader.data import Asked, Example, Lengths, Passage, Pool, answered, beside, elsewhere, exchanged, refused
from training.reader.documents import stated, unstated
from training.reader.evaluate import Case, f1_of, figure, pieces
from training.reader.model import Reader, Size, loss_of
from training.reader.train import Plan, Training, save
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
            assert "4,200" not in example.text


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
    whole = weights.base
    monkeypatch.setattr(weights, "base", lambda folder: whole(folder, layers=2))
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
    for given, right in zip(network.scores(pairs), theirs, strict=True):
        assert np.abs(np.where(right > -1e8, given - right, 0)).max() < 1e-4
    assert json.loads((tmp_path / "out" / "model.json").read_text())["letters"] == "".join(OWN)


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
