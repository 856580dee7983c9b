"""What is measured, as plain numbers: rows of a table, recall, and held-out pools of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.pictures import Picture, captions, draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

# Training seeds are far below; pictures are drawn larger than the tower sees them, as a user's are.
FIRST_SEED: Final = 9_000_000_000
DRAWN: Final = 224


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured figure in per cent, with its bar where there is one."""

    name: str
    value: float
    bar: float | None = None
    pool: int | None = None

    @property
    def passed(self) -> bool | None:
        """Whether the bar is reached; None without a bar."""
        return None if self.bar is None else self.value >= self.bar


def first_caption(picture: Picture) -> str:
    """The full caption of a picture."""
    return captions(picture, _FIXED)[0]


class _Fixed:
    """A dice that always picks the first: the full caption must not depend on chance."""

    def random(self) -> float:
        return 1.0

    def choice(self, options: Any) -> Any:
        return options[0]

    def sample(self, options: Any, many: int) -> Any:
        return list(options)[:many]


_FIXED: Any = _Fixed()


def distinct(domain: str, many: int, seed: int, **constraints: Any) -> list[Picture]:
    """So many unseen pictures of which no two have the same full caption."""
    found: dict[str, Picture] = {}
    number = FIRST_SEED + seed * 1_000_000
    while len(found) < many:
        picture = draw(domain, number, DRAWN, **constraints)
        found.setdefault(first_caption(picture), picture)
        number += 1
    return list(found.values())


def ranks(queries: NDArray[np.float32], pool: NDArray[np.float32]) -> NDArray[np.int64]:
    """The place of the pool's row i for query i, from 0. Shape: (n,)."""
    scores = queries @ pool.T
    own = scores.diagonal()[:, None]
    better: NDArray[np.int64] = (scores > own).sum(1)
    return better


def recall(name: str, places: NDArray[np.int64], bars: dict[int, float | None]) -> Iterator[Row]:
    """Recall at each k of `bars`."""
    for k, bar in bars.items():
        value = 100 * float((places < k).mean())
        yield Row(name=f"{name} R@{k}", value=value, bar=bar, pool=len(places))


def share(hits: Iterable[bool]) -> float:
    """How many of the hits are true, in per cent."""
    return 100 * float(np.mean(list(hits)))
