"""The trainer of the mini space: its schedule, its order, its loss, and what it ships."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from training.clip import recipe
from training.clip.pool import TRUE, Shard, sample
from training.clip.recipe import Recipe
from training.clip.truth import NO_MARK

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shard(pictures: int = 40) -> Shard:
    """Captions 2k and 2k+1 are true of picture k, and those of its neighbour almost true."""
    dice = np.random.default_rng(0)
    texts = dice.normal(size=(2 * pictures, 384))
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    own = np.arange(2 * pictures).reshape(-1, 2)
    return Shard(
        images=dice.integers(0, 256, (pictures, 112, 112, 3), dtype=np.uint8),
        captions=np.concatenate([own, np.roll(own, 1, axis=0)], 1).astype(np.int32),
        marks=np.full((pictures, 4), -1, np.int64),
        words=np.full((pictures, 24), -2, np.int64),
        things=np.tile(np.array([[3, 7, -1], [-1, -1, -1]], np.int16), (pictures // 2, 1)),
        glyphs=np.tile(np.array([-1, 1], np.int16), pictures // 2),
        texts=texts.astype(np.float16),
        text_marks=np.full((2 * pictures, 4), -1, np.int64),
    )


def write(folder: Path, made: Shard, number: int) -> None:
    (folder / "pool").mkdir(exist_ok=True)
    path = folder / "pool" / f"shard-{number:04d}.npz"
    np.save(path.with_suffix(".images.npy"), made.images)
    np.savez(path, **{name: value for name, value in vars(made).items() if name != "images"})


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    plan = Recipe(images=100_000, batch=100, warm_up=10_000, cool_down=0.3, learning_rate=1.0)
    assert plan.rate_at(0) == pytest.approx(0.01)
    assert plan.rate_at(20_000) == plan.rate_at(69_000) == 1.0
    assert plan.rate_at(85_000) == pytest.approx(0.5)
    assert plan.rate_at(100_000) == 0.0


def test_pictures_are_shown_small_first_and_at_full_size_in_the_end() -> None:
    sides = [Recipe(images=1000).side_at(seen) for seen in range(0, 1000, 10)]
    assert sides == sorted(sides)
    assert sides[0] < sides[-1] == recipe.IMAGE_SIZE


def test_a_sample_has_two_true_captions_and_no_false_one_among_them() -> None:
    seeds = range(400)
    samples = [made for made in (_sample(seed) for seed in seeds) if made]
    assert len(samples) > 200
    for made in samples:
        assert made.image.size == (112, 112)
        assert len(made.true) == TRUE
        assert not {text for text, _ in made.true} & {text for text, _ in made.false}
    assert any(made.mark != NO_MARK and len(made.false) == 2 for made in samples)


def _sample(seed: int) -> Any:
    try:
        return sample(seed)
    except FileNotFoundError:
        # An emoji's turn, and their folder is not part of the repository.
        return None


def test_batches_go_on_where_a_run_stopped(tmp_path: Path) -> None:
    from training.clip.train import batches

    for number in range(2):
        write(tmp_path, shard(), number)
    plan = Recipe(batch=10)
    whole = [rows.tolist() for _, rows in islice(batches(tmp_path / "pool", range(2), plan, 0), 30)]
    rest = [rows.tolist() for _, rows in islice(batches(tmp_path / "pool", range(2), plan, 130), 17)]
    assert whole[13:] == rest
    first_pass = sorted(row for rows in whole[:4] for row in rows)
    assert first_pass == list(range(40))


def test_the_loss_wants_the_true_caption_and_not_the_almost_true_one() -> None:
    torch = pytest.importorskip("torch")
    from training.clip.loss import choices, contrast

    made, rows = shard(), np.arange(8)
    among = choices(made, rows, np.random.default_rng(1), bank=16)
    right = among.vectors[:8]
    wrong = torch.stack([among.vectors[row.nonzero()[0, 0]] for row in among.own])
    scale = torch.tensor(30.0)
    low, all_right = contrast(right, among, scale)
    high, none_right = contrast(wrong, among, scale)
    assert low < 0.5 < 20 < high
    assert (all_right, none_right) == (1.0, 0.0)


def test_a_true_caption_of_another_picture_does_not_count_against_this_one() -> None:
    from training.clip.loss import choices

    made = shard(4)
    marks: NDArray[np.int64] = np.array([[7, 1, 1, -1]] * 2 + [[8, 1, 1, -1]] * 2, np.int64)
    told = np.repeat(marks, 2, axis=0)
    among = choices(
        replace(made, marks=marks, text_marks=told),
        np.arange(4),
        np.random.default_rng(0),
        bank=0,
    )
    assert among.excluded[:, :4].tolist() == [
        [False, True, False, False],
        [True, False, False, False],
        [False, False, False, True],
        [False, False, True, False],
    ]
    assert not (among.excluded & among.own).any()


def test_lessons_ask_scenes_for_their_pairs_and_emoji_for_their_aim() -> None:
    torch = pytest.importorskip("torch")
    from training.clip.lessons import Lessons

    made, rows = shard(), np.arange(4)
    aims = torch.eye(384)[:3]
    lessons = Lessons(8, aims, torch.zeros(168, 168, 384)).requires_grad_(False)
    pooled = torch.zeros(4, 8)
    lessons.pairs.bias.fill_(-20.0)
    lessons.pairs.bias[[3, 7]] = 20.0
    right = lessons(pooled, aims[[0, 1, 0, 1]], made, rows)
    astray = lessons(pooled, aims[[0, 2, 0, 2]], made, rows)
    lessons.pairs.bias[7] = -20.0
    half_told = lessons(pooled, aims[[0, 1, 0, 1]], made, rows)
    assert right < 0.01
    assert astray > right + 5
    assert half_told == pytest.approx(float(right) + 0.15 * 20, rel=0.01)
    neither = replace(made, things=np.full_like(made.things, -1), glyphs=np.full_like(made.glyphs, -1))
    assert lessons(pooled, aims[[0, 1, 0, 1]], neither, rows) == 0


def test_a_lesson_tells_two_things_from_the_same_two_exchanged() -> None:
    torch = pytest.importorskip("torch")
    from training.clip.lessons import SWAP_WEIGHT, Lessons

    # A thing's number is its colour's times 14 plus its shape's: 3 is colour 0 shape 3, 21 colour 1 shape 7.
    made = replace(shard(), things=np.tile(np.array([[3, 21, -1], [3, 7, -1]], np.int16), (20, 1)))
    together = torch.zeros(168, 168, 384)
    together[3, 21, 0] = together[21, 3, 0] = 1.0
    together[7, 17, 1] = together[17, 7, 1] = 1.0
    lessons = Lessons(8, torch.eye(384)[:3], together).requires_grad_(False)
    lessons.pairs.bias.fill_(-20.0)
    pooled, quiet = torch.zeros(1, 8), replace(made, glyphs=np.full_like(made.glyphs, -1))

    def loss(axis: int, row: int) -> float:
        return float(lessons(pooled, torch.eye(384)[axis : axis + 1], quiet, np.array([row])))

    assert loss(1, 0) - loss(0, 0) == pytest.approx(SWAP_WEIGHT * 400, rel=0.01)
    # Of two things in one colour there is nothing to exchange.
    assert loss(1, 1) == loss(0, 1)


def test_an_aim_is_found_by_each_of_its_words() -> None:
    torch = pytest.importorskip("torch")
    from training.clip.aims import aims

    dice = np.random.default_rng(3)
    known: dict[str, NDArray[np.float32]] = {}

    class Texts:
        def embed(self, texts: list[str]) -> NDArray[np.float32]:
            for text in texts:
                vector = dice.normal(size=384).astype(np.float32)
                known.setdefault(text, vector / np.linalg.norm(vector))
            return np.stack([known[text] for text in texts])

    names = tuple(f"name {n}" for n in range(40))
    keywords = [{f"word {n} {k}" for k in range(5)} | {"shared"} for n in range(40)]
    texts: Any = Texts()
    found = aims(names, keywords, texts)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    for number, words in enumerate(keywords):
        for word in (words | {names[number]}) - {"shared"}:
            assert int((found @ known[word]).argmax()) == number
    assert torch.from_numpy(found).dtype == torch.float32


def test_what_ships_gives_the_vectors_of_what_was_trained(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    from training.clip.tower import Tower, build_visual, text_basis

    torch.manual_seed(0)
    tower = Tower(text_basis(torch.from_numpy(shard(400).texts).float(), 0.3)).eval()
    save_file(tower.folded(), tmp_path / "tower.safetensors")
    shipped = build_visual().eval()
    shipped.load_state_dict(load_file(tmp_path / "tower.safetensors"), strict=True)
    images = torch.randn(2, 3, 112, 112)
    with torch.inference_mode():
        trained = torch.nn.functional.normalize(tower.visual(images) @ tower.basis, dim=-1)
        plain = torch.nn.functional.normalize(shipped(images), dim=-1)
    assert (trained * plain).sum(-1).min() > 0.999


def test_a_tower_that_misses_a_bar_does_not_ship(tmp_path: Path) -> None:
    from training.clip.export import refusals

    tower = tmp_path / "tower.safetensors"
    tower.write_bytes(b"weights")
    good: dict[str, Any] = {
        "tower_sha256": sha256(b"weights").hexdigest(),
        "complete": True,
        "figures": {"colour": {"value": 99.0, "bar": 98}, "free": {"value": 3.0, "bar": None}},
    }
    assert refusals(tower, good) == []
    poor = {"figures": {"colour": {"value": 97.9, "bar": 98}}}
    assert "FAIL" in refusals(tower, good | poor)[0]
    assert "another tower" in refusals(tower, good | {"tower_sha256": "0"})[0]
    assert "only a part" in refusals(tower, good | {"complete": False})[0]


def test_the_shipped_folder_is_whole() -> None:
    folder = Path(__file__).parents[2] / "ragmm" / "bundled" / recipe.NAME
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    weights = (folder / card["image_tower"]).read_bytes()
    assert sha256(weights).hexdigest() == card["image_tower_sha256"]
    assert len(weights) < 14_000_000
    assert card["text_sha256"] == recipe.TEXT_SHA256
    config = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))
    assert config["model_cfg"]["vision_cfg"] == recipe.VISION
    assert card["figures"]["colour, linear probe"]["value"] >= 98
