"""The words and colours that the drawn pictures are made of."""

from __future__ import annotations

from typing import Final

RGB = tuple[int, int, int]

COLOURS: Final[dict[str, RGB]] = {
    "red": (220, 38, 38),
    "orange": (249, 128, 20),
    "yellow": (248, 214, 36),
    "green": (34, 150, 60),
    "cyan": (48, 200, 210),
    "blue": (36, 82, 220),
    "purple": (128, 44, 178),
    "pink": (248, 130, 190),
    "brown": (124, 74, 36),
    "black": (22, 22, 24),
    "white": (250, 250, 250),
    "grey": (136, 138, 142),
}

COLOUR_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "red": ("scarlet", "crimson", "ruby", "cherry red", "bright red"),
    "orange": ("tangerine", "amber", "pumpkin orange"),
    "yellow": ("golden", "lemon yellow", "canary yellow"),
    "green": ("emerald", "dark green", "leaf green", "grass green"),
    "cyan": ("turquoise", "teal", "aqua", "light blue"),
    "blue": ("navy", "cobalt", "royal blue", "dark blue"),
    "purple": ("violet", "plum", "indigo"),
    "pink": ("rose", "rose-coloured", "salmon pink", "magenta"),
    "brown": ("chestnut", "chocolate brown", "coffee-coloured"),
    "black": ("jet-black", "dark", "coal black"),
    "white": ("snow white", "ivory", "pale"),
    "grey": ("gray", "silver", "ash-coloured"),
}

SHAPES: Final[tuple[str, ...]] = (
    "circle",
    "oval",
    "square",
    "rectangle",
    "triangle",
    "diamond",
    "pentagon",
    "hexagon",
    "star",
    "heart",
    "cross",
    "ring",
    "crescent",
    "arrow",
)

SHAPE_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "circle": ("disc", "dot", "ball", "round shape"),
    "oval": ("ellipse", "egg shape"),
    "square": ("box", "block"),
    "rectangle": ("oblong", "bar shape", "wide box"),
    "triangle": ("three-sided shape", "wedge"),
    "diamond": ("rhombus", "lozenge"),
    "pentagon": ("five-sided shape",),
    "hexagon": ("six-sided shape",),
    "star": ("five-pointed star", "asterisk shape"),
    "heart": ("love heart", "heart shape"),
    "cross": ("plus sign", "plus"),
    "ring": ("hoop", "donut shape", "hollow circle"),
    "crescent": ("moon", "moon shape", "sickle"),
    "arrow": ("pointer", "arrow sign"),
}

PLURALS: Final[dict[str, str]] = {
    "box": "boxes",
    "wide box": "wide boxes",
    "cross": "crosses",
    "rhombus": "rhombuses",
    "plus": "pluses",
}

# Colour-shape pairs that no training picture shows, so that composition can be measured.
HELD_OUT: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("red", "hexagon"),
        ("red", "crescent"),
        ("orange", "star"),
        ("orange", "rectangle"),
        ("yellow", "cross"),
        ("yellow", "heart"),
        ("green", "diamond"),
        ("green", "circle"),
        ("cyan", "arrow"),
        ("blue", "square"),
        ("blue", "oval"),
        ("purple", "triangle"),
        ("pink", "ring"),
        ("brown", "pentagon"),
        ("black", "heart"),
        ("white", "star"),
        ("grey", "circle"),
    }
)

SIZES: Final[tuple[str, ...]] = ("small", "medium", "large")
SIZE_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "small": ("little", "tiny"),
    "medium": ("medium-sized", "mid-sized"),
    "large": ("big", "huge"),
}

BACKGROUNDS: Final[dict[str, RGB]] = {
    "white": (252, 252, 250),
    "night": (20, 22, 40),
    "meadow": (122, 184, 92),
    "sky": (150, 196, 238),
    "sand": (228, 206, 158),
    "striped": (232, 232, 240),
    "checkered": (236, 232, 226),
    "dotted": (244, 240, 232),
}

BACKGROUND_PHRASES: Final[dict[str, tuple[str, ...]]] = {
    "white": ("on a white background", "on plain white", "on blank paper"),
    "night": ("on a dark night background", "in the dark", "at night"),
    "meadow": ("on a green meadow", "on grass", "on a lawn"),
    "sky": ("in the blue sky", "on a sky background", "in the air"),
    "sand": ("on sand", "on a sandy beach", "on a beige background"),
    "striped": ("on a striped background", "on stripes", "over striped paper"),
    "checkered": ("on a checkered background", "on a chessboard pattern", "over checks"),
    "dotted": ("on a dotted background", "on polka dots", "over dotted paper"),
}

# A colour that would not stand out against a background is not drawn on it.
CLASHES: Final[dict[str, frozenset[str]]] = {
    "white": frozenset({"white"}),
    "night": frozenset({"black"}),
    "meadow": frozenset({"green"}),
    "sky": frozenset({"cyan"}),
    "sand": frozenset({"yellow", "white"}),
    "striped": frozenset({"white"}),
    "checkered": frozenset({"white"}),
    "dotted": frozenset({"white"}),
}

NUMBERS: Final[tuple[str, ...]] = ("no", "one", "two", "three", "four", "five", "six", "seven")


def is_held_out(colour: str, shape: str) -> bool:
    """Whether the pair is kept out of every training picture."""
    return (colour, shape) in HELD_OUT


def plural(noun: str) -> str:
    """The noun in the plural."""
    return PLURALS.get(noun, noun + "s")


def with_article(phrase: str) -> str:
    """The phrase behind its indefinite article."""
    return f"{'an' if phrase[0].lower() in 'aeiou' else 'a'} {phrase}"
