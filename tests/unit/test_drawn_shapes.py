"""Plain shapes are told by their outlines, whoever drew them; of anything else nothing is said."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from ragmm.embedders.drawn_shapes import PlainShape, drawn_shapes, shapes_in_words
from ragmm.text.colours import colour_name
from tools.plain_drawings import plain_drawings

pytest.importorskip("cv2")


def told(picture: Image.Image) -> list[str]:
    return shapes_in_words(drawn_shapes(picture))


@pytest.mark.parametrize("by_hand", [False, True])
def test_shapes_of_another_script_are_told(by_hand: bool) -> None:
    drawn = list(plain_drawings(40, by_hand=by_hand))
    assert {one.name.split()[-1] for one in drawn} >= {"crescent", "arrow", "ring", "heart", "hexagon", "oval"}
    for one in drawn:
        assert told(Image.open(io.BytesIO(one.data)).convert("RGB")) == [one.name]


def paper(size: tuple[int, int] = (300, 200)) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", size, "ivory")
    return image, ImageDraw.Draw(image)


def test_several_are_counted_and_the_most_numerous_come_first() -> None:
    image, pen = paper()
    pen.rectangle((20, 20, 70, 70), fill="blue")
    for left in (110, 180, 250):
        pen.ellipse((left, 100, left + 40, 140), fill="red")
    assert told(image) == ["three red circles", "a blue square"]
    assert [round(one.x, 1) for one in drawn_shapes(image)] == [0.1, 0.4, 0.7, 0.9]


def test_crosses_have_a_plural_of_their_own() -> None:
    cross = PlainShape(colour="orange", name="cross", x=0.5)
    assert shapes_in_words((cross, cross)) == ["two orange crosses"]
    assert shapes_in_words((cross,)) == ["an orange cross"]


def test_an_outline_belongs_to_what_it_goes_around_and_a_thin_one_alone_is_no_ring() -> None:
    image, pen = paper()
    pen.rectangle((100, 50, 200, 150), fill="green", outline="black", width=6)
    assert told(image) == ["a green square"]
    image, pen = paper()
    pen.ellipse((100, 50, 200, 150), outline="blue", width=7)
    assert told(image) == ["a blue circle"]
    image, pen = paper()
    pen.ellipse((100, 50, 200, 150), outline="blue", width=20)
    assert told(image) == ["a blue ring"]


def test_nothing_is_said_of_pictures_that_are_more_than_shapes() -> None:
    image, pen = paper()
    pen.rectangle((100, 50, 200, 150), fill="green")
    for line in range(20, 190, 24):
        pen.text((10, line), "Quarterly figures", fill="black")
    assert told(image) == []
    many, pen = paper()
    for left in range(10, 290, 26):
        pen.rectangle((left, 90, left + 18, 108), fill="green")
    assert told(many) == []
    blot, pen = paper()
    pen.polygon([(20, 20), (280, 30), (200, 60), (260, 180), (120, 70), (40, 190)], fill="red")
    assert told(blot) == []
    assert told(Image.effect_noise((200, 200), 80).convert("RGB")) == []
    assert told(Image.new("RGB", (200, 200), "ivory")) == []


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((200, 30, 30), "red"), ((255, 140, 0), "orange"), ((255, 215, 0), "yellow"), ((0, 128, 0), "green"),
        ((0, 200, 200), "cyan"), ((0, 0, 128), "blue"), ((128, 0, 128), "purple"), ((255, 105, 180), "pink"),
        ((139, 69, 19), "brown"), ((10, 10, 12), "black"), ((255, 255, 250), "white"), ((128, 128, 132), "grey"),
        ((255, 182, 193), "pink"), ((160, 82, 45), "brown"), ((75, 0, 130), "purple"), ((220, 20, 60), "red"),
    ],
)  # fmt: skip
def test_colours_have_one_of_twelve_names(colour: tuple[int, int, int], name: str) -> None:
    assert colour_name(*colour) == name
