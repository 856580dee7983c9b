"""The training pictures show what their facts and captions say."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from training.clip.measure import first_caption
from training.clip.negatives import altered
from training.clip.truth import UNTOLD, caption_mark, picture_mark, true_pairs
from training.pictures import DOMAINS, Picture, captions, draw, is_held_out
from training.pictures.charts import KINDS as CHART_KINDS
from training.pictures.charts import TRENDS
from training.pictures.emoji import FOLDER_VARIABLE, emoji_folder
from training.pictures.vocabulary import BACKGROUNDS, COLOURS, HELD_OUT, SHAPES, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWN = tuple(domain for domain in DOMAINS if domain != "emoji")
ROOT = Path(__file__).parents[2]


def pixels(picture: Picture) -> NDArray[np.int64]:
    return np.asarray(picture.image).astype(np.int64)


@pytest.fixture
def emoji(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of two drawings: a red one to train on and a blue one to validate on."""
    (tmp_path / "files").mkdir()
    rows = []
    for name, split, colour in (("tomato", "train", "red"), ("whale", "val", "blue")):
        file = f"files/drawn__{name}.png"
        Image.new("RGBA", (128, 128), colour).save(tmp_path / file)
        words = [name, "Big\xa0Thing", "big thing"]
        row = {"doc_id": f"drawn__{name}", "name": name.title(), "keywords": words}
        rows.append(json.dumps(row | {"split": split, "file": file}))
    (tmp_path / "corpus.jsonl").write_text("\n".join(rows), encoding="utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("domain", DRAWN)
def test_the_same_seed_draws_the_same_picture(domain: str) -> None:
    first, second, other = draw(domain, 5, 96), draw(domain, 5, 96), draw(domain, 6, 96)
    assert first.image.size == (96, 96)
    assert first.image.mode == "RGB"
    assert first.facts == second.facts
    assert first.image.tobytes() == second.image.tobytes()
    assert first.image.tobytes() != other.image.tobytes()


@pytest.mark.parametrize("domain", DRAWN)
def test_facts_do_not_depend_on_the_size(domain: str) -> None:
    assert [draw(domain, k, 64).facts for k in range(20)] == [draw(domain, k, 160).facts for k in range(20)]


@pytest.mark.parametrize("domain", DRAWN)
def test_captions_are_several_and_different(domain: str) -> None:
    for seed in range(60):
        picture = draw(domain, seed, 32)
        said = captions(picture, random.Random(seed))
        assert 3 <= len(said) <= 6
        assert len(set(said)) >= 3 or domain in ("page", "map")
        assert said[0] == first_caption(picture)
        assert all(text == text.strip() and text for text in said)


def test_an_unknown_domain_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'photo'; choose one of scene, chart"):
        draw("photo", 1)


def test_training_scenes_show_no_held_out_pair() -> None:
    assert len(HELD_OUT) == 17
    for seed in range(1500):
        for thing in draw("scene", seed, 16).facts["objects"]:
            assert not is_held_out(thing["colour"], thing["shape"])


def test_held_out_scenes_show_one_first() -> None:
    shown = set()
    for seed in range(300):
        thing = draw("scene", seed, 16, held_out=True).facts["objects"][0]
        shown.add((thing["colour"], thing["shape"]))
    assert shown == HELD_OUT


@pytest.mark.parametrize("colour", COLOURS)
def test_a_scene_has_the_colour_of_its_object_at_its_place(colour: str) -> None:
    shape = next(s for s in ("square", "diamond") if not is_held_out(colour, s))
    picture = draw("scene", 3, 128, colour=colour, shape=shape, kind="single")
    thing = picture.facts["objects"][0]
    assert (thing["colour"], thing["shape"]) == (colour, shape)
    seen = pixels(picture)[int(thing["y"] * 128), int(thing["x"] * 128)]
    assert np.abs(seen - np.array(COLOURS[colour])).max() <= 16


def test_every_shape_looks_different() -> None:
    looks = {}
    for shape in SHAPES:
        wish: dict[str, Any] = {"kind": "single", "scale": "large", "background": "white"}
        picture = draw("scene", 1, 96, colour="purple", shape=shape, **wish)
        if not is_held_out("purple", shape):
            looks[shape] = (pixels(picture).sum(-1) < 600).tobytes()
    assert len(set(looks.values())) == len(looks) >= 13


@pytest.mark.parametrize("count", range(1, 7))
def test_counted_scenes_show_so_many_separate_objects(count: int) -> None:
    for seed in range(8):
        wish: dict[str, Any] = {"colour": "black", "shape": "diamond", "background": "white"}
        picture = draw("scene", seed, 128, count=count, **wish)
        assert picture.facts["count"] == len(picture.facts["objects"]) == count
        assert _islands(pixels(picture).sum(-1) < 300) == count


def _islands(dark: NDArray[np.bool_]) -> int:
    """How many connected regions are dark."""
    left = set(zip(*(axis.tolist() for axis in np.nonzero(dark)), strict=True))
    found = 0
    while left:
        found += 1
        edge = [left.pop()]
        while edge:
            y, x = edge.pop()
            near = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & left
            left -= near
            edge += near
    return found


@pytest.mark.parametrize("relation", ["left", "above", "inside"])
def test_relations_hold(relation: str) -> None:
    for seed in range(40):
        facts = draw("scene", seed, 16, relation=relation).facts
        assert facts["relation"]["kind"] == relation
        first = facts["objects"][facts["relation"]["subject"]]
        second = facts["objects"][facts["relation"]["object"]]
        gap_x, gap_y = second["x"] - first["x"], second["y"] - first["y"]
        assert {"left": gap_x > 0.3, "above": gap_y > 0.3, "inside": (gap_x, gap_y) == (0, 0)}[relation]


@pytest.mark.parametrize("kind", CHART_KINDS)
def test_chart_facts_are_true_of_the_values(kind: str) -> None:
    for seed in range(40):
        facts = draw("chart", seed, 16, kind=kind).facts
        values, labels = facts["values"], facts["labels"]
        if kind == "scatter":
            assert facts["highest"] is None
            continue
        assert len(values) == len(labels)
        assert labels[values.index(max(values))] == facts["highest"]
        assert values.count(max(values)) == values.count(min(values)) == 1


def test_a_chart_follows_its_trend() -> None:
    for trend in TRENDS:
        for seed in range(10):
            values = draw("chart", seed, 16, kind="line", trend=trend).facts["values"]
            ends = values[-1] - values[0]
            if trend in ("rising", "falling"):
                assert (ends > 0) == (trend == "rising")
            assert (max(values) - min(values) < 14) == (trend == "flat")


def test_the_highest_bar_is_the_tallest_in_the_picture() -> None:
    picture = draw("chart", 11, 192, kind="bar", colour="red")
    facts = picture.facts
    red = np.abs(pixels(picture) - np.array(COLOURS["red"])).max(-1) < 10
    columns = red[40:170].sum(0)
    place = int(columns.argmax()) / 192
    number = int((place - 0.13) / (0.82 / len(facts["labels"])))
    assert facts["labels"][number] == facts["highest"]


def test_a_title_can_be_asked_for() -> None:
    facts = draw("chart", 1, 32, title="Beans by shelf").facts
    assert facts["title"] == "Beans by shelf"


def test_emoji_come_from_their_split(emoji: Path) -> None:
    assert emoji_folder() == emoji
    trained, unseen = draw("emoji", 1, 64), draw("emoji", 1, 64, split="val")
    assert trained.facts["name"] == "tomato"
    assert trained.facts["keywords"] == ["tomato", "big thing"]
    assert unseen.facts["name"] == "whale"
    red, blue = pixels(trained)[32, 32], pixels(unseen)[32, 32]
    assert red.tolist() == [255, 0, 0]
    assert blue.tolist() == [0, 0, 255]


def test_a_missing_emoji_folder_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"RAGMM_EMOJI .* without a corpus.jsonl"):
        draw("emoji", 1)


def test_almost_true_captions_are_not_true() -> None:
    for seed in range(300):
        picture = draw("scene", seed, 16)
        facts = altered("scene", picture.facts, random.Random(seed))
        assert facts is not None
        assert facts != picture.facts
        false = Picture(image=picture.image, domain="scene", facts=facts)
        mark = picture_mark(picture.facts)
        told = caption_mark(first_caption(false), facts)
        assert not true_pairs(np.array([mark]), np.array([told]))[0, 0]


def test_a_caption_is_true_of_its_picture_and_leaves_out_what_it_does_not_tell() -> None:
    for seed in range(300):
        picture = draw("scene", seed, 16)
        mark = picture_mark(picture.facts)
        for text in captions(picture, random.Random(seed)):
            told = caption_mark(text, picture.facts)
            assert true_pairs(np.array([mark]), np.array([told]))[0, 0], text
    facts = draw("scene", 1, 16, kind="single").facts
    words = f"a picture of a {facts['objects'][0]['colour']} thing"
    assert caption_mark(words, facts)[1:] == (UNTOLD, UNTOLD, UNTOLD)


def test_backgrounds_and_plurals_are_complete() -> None:
    assert plural("cross") == "crosses"
    assert plural("star") == "stars"
    assert {draw("scene", k, 8).facts["background"] for k in range(400)} == set(BACKGROUNDS)


def test_the_command_writes_pictures_facts_and_a_contact_sheet(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.pictures", "--out", str(tmp_path), "--count", "3"]
    wanted = ["--domains", "chart", "--size", "64", "--seed", "40"]
    subprocess.run([*command, *wanted], check=True, cwd=ROOT, capture_output=True)
    rows = (tmp_path / "chart" / "facts.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["facts"] for row in rows] == [draw("chart", 40 + k, 64).facts for k in range(3)]
    with Image.open(tmp_path / "chart" / "000040.png") as written:
        assert written.tobytes() == draw("chart", 40, 64).image.tobytes()
    with Image.open(tmp_path / "chart" / "contact-sheet.png") as sheet:
        assert sheet.size == (8 * 68, 68)
