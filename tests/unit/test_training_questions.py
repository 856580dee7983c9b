"""Questions made from facts are true, balanced, and do not give their answers away."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import ClassVar

import numpy as np
import pytest

from training.pictures import Picture, draw, is_held_out
from training.pictures.vocabulary import SHAPES
from training.vlm import ask_scenes
from training.vlm.augment import PAD, augment
from training.vlm.captions import long_caption, short_caption
from training.vlm.concepts import IGNORE, PATCH_GROUPS, PICTURE_GROUPS, targets
from training.vlm.looks import FIRST_TEST_SEED, sketch
from training.vlm.measures import auroc, same, threshold
from training.vlm.questions import one_of, turns
from training.vlm.several import compare, without_image
from training.vlm.testsets import BARS, admits, question_sets
from training.vlm.unknown import HELD_OUT_KINDS, TRAINING_KINDS, draw_unknown
from training.vlm.wordings import CANNOT_READ, NO_IMAGE, NOT_SHOWN, Turn

SIZE = 32


def scene(seed: int, **constraints: object) -> Picture:
    return draw("scene", seed, SIZE, **constraints)


def many_turns(kind: str, domain: str = "scene", many: int = 300) -> list[tuple[Picture, Turn]]:
    found = []
    for seed in range(many):
        picture = draw(domain, seed, SIZE)
        turn = one_of(kind, picture, random.Random(seed))
        if turn is not None:
            found.append((picture, turn))
    return found


def test_same_seed_same_questions() -> None:
    picture = scene(3)
    assert turns(picture, random.Random(5), 8) == turns(picture, random.Random(5), 8)
    assert turns(picture, random.Random(5), 8) != turns(picture, random.Random(6), 8)


@pytest.mark.parametrize("kind", ["colour", "shape", "size"])
def test_attribute_answers_are_attributes_of_an_object(kind: str) -> None:
    asked = many_turns(kind)
    assert len(asked) > 200
    for picture, turn in asked:
        assert turn.answer in {thing[kind] for thing in picture.facts["objects"]}


def test_count_answers_count() -> None:
    words = ["zero", "one", "two", "three", "four", "five", "six"]
    for picture, turn in many_turns("count"):
        total = picture.facts["count"]
        assert words.index(turn.answer) <= total
        if any(word in turn.question for word in ("objects", "things", "figures")) and not any(
            thing["colour"] in turn.question for thing in picture.facts["objects"]
        ):
            assert words.index(turn.answer) == total


def test_existence_is_true_and_balanced() -> None:
    answers = Counter()
    for picture, turn in many_turns("exists", many=400):
        pairs = {f"{o['colour']} {o['shape']}" for o in picture.facts["objects"]}
        said = turn.question.replace("gray", "grey").lower()
        if any(pair in said for pair in pairs):
            assert turn.answer == "yes"
        answers[turn.answer] += 1
    assert 0.4 < answers["yes"] / answers.total() < 0.6


def test_relations_agree_with_coordinates_in_either_order() -> None:
    sides = Counter()
    for seed in range(300):
        found = ask_scenes.related(scene(seed, kind="pair"), random.Random(seed))
        assert found is not None
        one, other, side = found
        sides[side] += 1
        assert {
            "left": one["x"] < other["x"],
            "right": one["x"] > other["x"],
            "above": one["y"] < other["y"],
            "below": one["y"] > other["y"],
            "inside": one["size"] == "small",
            "around": one["size"] == "large",
        }[side]
    for side, opposite in (("left", "right"), ("above", "below"), ("inside", "around")):
        assert 0.5 < sides[side] / sides[opposite] < 2


def test_the_named_object_does_not_give_the_relation_away() -> None:
    yes = Counter(turn.answer for _, turn in many_turns("relation yes/no", many=600))
    assert 0.4 < yes["yes"] / yes.total() < 0.6


def test_unanswerable_questions_ask_for_what_is_absent() -> None:
    for seed in range(300):
        picture, rng = scene(seed), random.Random(seed)
        shapes = {thing["shape"] for thing in picture.facts["objects"]}
        question = ask_scenes.absent_colour(picture, rng).question.lower()
        assert not any(f"the {shape} " in f"{question} ".replace("?", " ") for shape in shapes)
        assert ask_scenes.absent_shape(picture, rng).answer == NOT_SHOWN


def test_one_wording_has_both_answers_and_refusals() -> None:
    answered: dict[str, set[bool]] = {}
    for seed in range(500):
        for turn in turns(sketch(seed, SIZE), random.Random(seed), 8):
            question = re.sub("|".join(SHAPES), "thing", turn.question.lower())
            answered.setdefault(question, set()).add(turn.answer == NOT_SHOWN)
    for question in ("what is the trend?", "what is the title?", "what colour is the thing?"):
        assert answered[question] == {True, False}


@pytest.mark.parametrize("domain", ["scene", "chart", "page", "diagram", "map", "screenshot"])
def test_captions_say_what_is_there(domain: str) -> None:
    for seed in range(40):
        picture = draw(domain, seed, SIZE)
        short, long = short_caption(picture), long_caption(picture)
        assert short == short_caption(draw(domain, seed, SIZE))
        assert long.lower().startswith(short.lower())
        for thing in picture.facts.get("objects", ()):
            assert f"{thing['colour']} {thing['shape']}" in short
        assert str(picture.facts.get("title")) not in long


def test_nothing_is_promised_that_only_words_in_the_picture_tell() -> None:
    for seed in range(120):
        for turn in turns(draw("chart", seed, SIZE), random.Random(seed), 8):
            asks_words = any(word in turn.question.lower() for word in ("title", "year", "heading", "highest"))
            assert not asks_words or turn.answer in (CANNOT_READ, NOT_SHOWN)


def test_a_trend_is_asked_for_only_where_it_can_be_seen() -> None:
    asked = Counter()
    for picture, turn in many_turns("trend", "chart"):
        assert picture.facts["trend"] == turn.answer
        asked[picture.facts["kind"]] += 1
    assert not {"pie", "donut", "multiline"} & set(asked)
    assert {"bar", "line", "area", "scatter"} <= set(asked)


def test_unknown_pictures_are_admitted() -> None:
    picture = draw_unknown(1, SIZE)
    assert admits(short_caption(picture))
    assert admits(long_caption(picture))
    assert not admits(short_caption(scene(1)))
    assert not HELD_OUT_KINDS & set(TRAINING_KINDS)


def test_unknown_pictures_repeat() -> None:
    for kind in (*TRAINING_KINDS, *HELD_OUT_KINDS):
        assert draw_unknown(4, 64, kind).image.tobytes() == draw_unknown(4, 64, kind).image.tobytes()
        assert draw_unknown(4, 64, kind).image.size == (64, 64)


def test_training_never_shows_held_out_pairs() -> None:
    for seed in range(1500):
        for thing in sketch(seed, 16).facts.get("objects", ()):
            assert not is_held_out(thing["colour"], thing["shape"])


def test_questions_about_several_pictures_name_the_right_one() -> None:
    pictures = [draw("chart", 1, SIZE), scene(2), draw("page", 3, SIZE)]
    ordinals = ("first", "second", "third")
    kinds = Counter()
    for seed in range(60):
        for turn in compare(pictures, random.Random(seed), 6):
            kinds[turn.kind] += 1
            if turn.kind == "how many images":
                assert turn.answer == "three"
            if turn.kind == "same kind":
                assert turn.answer == "no"
            if turn.kind == "nth caption":
                assert turn.answer in {short_caption(picture) for picture in pictures}
            if turn.kind == "which image":
                assert turn.answer in {*(f"the {name} image" for name in ordinals), "none of them"}
    assert set(kinds) == {"which image", "nth image", "nth caption", "same kind", "how many images"}


def test_without_an_image_there_is_no_answer() -> None:
    assert without_image(scene(1), random.Random(1)).answer == NO_IMAGE


def test_targets_mark_the_patch_of_each_object() -> None:
    grid = 8
    for seed in range(60):
        picture = scene(seed, kind="three")
        truth = targets(picture, grid)
        for thing in picture.facts["objects"]:
            place = int(thing["y"] * grid) * grid + int(thing["x"] * grid)
            for row, group in enumerate(("shape", "colour", "size")):
                assert PATCH_GROUPS[group][truth.patch[row, place]] == thing[group]
        assert (truth.patch[3] == 1).sum() == 3


def test_targets_of_a_chart_leave_patches_alone() -> None:
    picture = draw("chart", 5, SIZE)
    truth = targets(picture, 8)
    assert (truth.patch[:4] == IGNORE).all()
    assert truth.patch[4, 0] == truth.patch[5, 0] == 0
    assert truth.patch[4, -1] == truth.patch[5, -1] == 2
    named = dict(zip(PICTURE_GROUPS, truth.picture, strict=True))
    assert PICTURE_GROUPS["colour"][named["colour"]] == picture.facts["colour"]
    assert named["page"] == IGNORE


def test_letterbox_bars_never_cover_an_object() -> None:
    for seed in range(120):
        picture = draw("scene", seed, 64)
        seen = augment(picture, random.Random(seed))
        assert seen.image.size == picture.image.size
        assert seen.squeeze == (1.0, 1.0)
        pixels = np.asarray(seen.image)
        for thing in picture.facts["objects"]:
            if thing["shape"] in ("ring", "crescent"):
                continue
            pixel = pixels[int(thing["y"] * 64), int(thing["x"] * 64)].astype(int)
            assert thing["colour"] == "grey" or abs(pixel - np.array(PAD)).max() > 8


def test_test_sets_are_full_and_cover_the_bars() -> None:
    sets = question_sets(6)
    assert set(BARS) <= set(sets)
    assert all(len(probes) == 6 for name, probes in sets.items() if name in BARS and name != "not shown")
    unseen = [p.pictures[0].facts["objects"][0] for p in sets["colour, unseen pairs"]]
    assert all(is_held_out(thing["colour"], thing["shape"]) for thing in unseen)
    assert FIRST_TEST_SEED > 500_000_000


def test_measures() -> None:
    assert same("The image does not show that", "the image does not show that.")
    assert not same("red", "blue")
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auroc([0.5], [0.5]) == 0.5
    assert auroc([], [0.5]) is None
    best = threshold([0.9, 0.8, 0.7], [0.75, 0.2, 0.1])
    assert best is not None
    assert best.right_kept >= 2 / 3
    assert best.wrong_kept <= 1 / 3


def test_scripts_keep_conversations_apart() -> None:
    torch = pytest.importorskip("torch")
    from training.vlm.model import Shape
    from training.vlm.talk import visible
    from training.vlm.talks import Speaker
    from training.vlm.tokens import make_tokenizer

    shape = Shape()
    speaker = Speaker(make_tokenizer(shape, many=60), shape)
    one, two = Turn(kind="a", question="What is it?", answer="red"), Turn(kind="b", question="shape?", answer="star")
    script = speaker.script(1, [[one], [two, one]])
    assert (script.ids == speaker.image).sum() == shape.image_tokens
    assert set(script.segments) == {0, 1, 2}
    starts = [int(np.argmax(script.segments == number)) for number in (1, 2)]
    assert script.positions[starts[0]] == script.positions[starts[1]]
    learned = script.ids[script.weights > 0]
    assert speaker.end in learned
    assert speaker.assistant not in learned
    mask = visible(torch.from_numpy(script.segments)[None], torch.float32)[0, 0]
    assert mask[starts[1], 0] == 0
    assert mask[starts[1], starts[0]] < -1e30
    assert mask[starts[1], starts[1] + 1] < -1e30


class Words:
    """A tokenizer of three words."""

    ids: ClassVar = {"circle": 5, "red": 6, "star": 7}

    def __len__(self) -> int:
        return 8

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        assert not add_special_tokens
        return [self.ids[text]] if text in self.ids else [1, 2]


def test_names_are_to_look_at_their_patches_and_at_no_other() -> None:
    torch = pytest.importorskip("torch")
    from training.vlm.pointing import Pointer

    image = 4
    ids = torch.tensor([[image, image, image, 5, 1, 6, 7]])  # a star that is not shown
    weights = torch.tensor([[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]])
    shape, colour = ("circle", "oval", "circle"), ("red", "blue", "blue")
    patch = torch.full((1, len(PATCH_GROUPS), 3), IGNORE)
    for row, (group, names) in enumerate((("shape", shape), ("colour", colour))):
        patch[0, row] = torch.tensor([PATCH_GROUPS[group].index(name) for name in names])

    def loss(circle: list[float], red: list[float], before: list[float]) -> float:
        attention = torch.zeros(1, 2, 7, 7)
        attention[0, 1, 3, :3], attention[0, 0, 5, :3] = torch.tensor(circle), torch.tensor(red)
        attention[0, 1, 4, :3] = torch.tensor(before)
        batch = {"ids": ids, "weights": weights, "patch": patch}
        return float(Pointer(Words(), image).loss([attention] * 3, batch))

    circles, reds, others = [0.5, 0.0, 0.5], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]
    assert loss(circles, reds, reds) == pytest.approx(0.0, abs=1e-3)
    assert loss(others, reds, reds) > 5
    assert loss(circles, others, reds) > 5
    assert loss(circles, reds, others) > 5, "the token before a name that is to be said"


def test_a_name_behind_its_colour_looks_at_the_thing_that_is_both() -> None:
    torch = pytest.importorskip("torch")
    from training.vlm.pointing import Pointer

    ids = torch.tensor([[4, 4, 4, 6, 5]])
    patch = torch.full((1, len(PATCH_GROUPS), 3), IGNORE)
    shape, colour = PATCH_GROUPS["shape"].index, PATCH_GROUPS["colour"].index
    patch[0, 0] = torch.tensor([shape("circle"), shape("circle"), shape("oval")])
    patch[0, 1] = torch.tensor([colour("blue"), colour("red"), colour("red")])
    batch = {"ids": ids, "weights": torch.zeros(1, 5), "patch": patch}

    def loss(second: list[float]) -> float:
        first, later = torch.zeros(1, 1, 5, 5), torch.zeros(1, 1, 5, 5)
        first[0, 0, 3, :3], first[0, 0, 4, :3] = torch.tensor([0, 0.5, 0.5]), torch.tensor([0.5, 0.5, 0])
        later[0, 0, 4, :3] = torch.tensor(second)
        return float(Pointer(Words(), 4).loss([first, later, later], batch))

    assert loss([0.0, 1.0, 0.0]) == pytest.approx(0.0, abs=1e-3)
    assert loss([1.0, 0.0, 0.0]) > 5
