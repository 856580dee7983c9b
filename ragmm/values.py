"""What the values of ragmm have in common: a short telling, a dictionary and the way back, and how they are looked at.

Looking takes pictures and pages, far above the values: `ragmm.showing` is imported by its name when someone looks.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from ragmm.errors import UsageError

if TYPE_CHECKING:
    from typing import Self

    from PIL.Image import Image

__all__ = ["Answered", "Hits", "Pictured", "Showable", "Value", "from_record", "to_record"]

_LONGEST = 60
_One = TypeVar("_One")


class Showable:
    """What a notebook asks of anything that it shows."""

    def _repr_html_(self) -> str:
        shown: str = _showing().html(self)
        return shown

    def _repr_markdown_(self) -> str:
        shown: str = _showing().markdown(self)
        return shown


class Value(Showable):
    """A frozen dataclass that tells itself in a line, becomes a dictionary and back, and is shown in a notebook."""

    _told: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, told: tuple[str, ...] = ()) -> None:
        """`told`: what of it stands in its `repr`, by name."""
        cls._told = told

    def __repr__(self) -> str:
        told = ((name.rpartition(".")[2], attrgetter(name)(self)) for name in self._told)
        parts = [_part(name, value) for name, value in told if value is not None and value not in ("", (), {})]
        return f"{type(self).__name__}({', '.join(parts)})"

    def to_dict(self) -> dict[str, Any]:
        """Every field, JSON-able; `from_dict` reads it back."""
        made: dict[str, Any] = to_record(self)
        return made

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What `to_dict` was made of. Raises UsageError for anything else."""
        try:
            made: Self = from_record(cls, values)
        except (TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"this is no {cls.__name__} as to_dict writes it: {error}") from error
        return made


class Answered(Value):
    """What a question brought."""

    def show(self) -> None:
        """In a notebook as it shows values, elsewhere as `ragmm query` prints it."""
        _showing().show(self)


class Hits(Showable, list[_One]):
    """A list that a notebook shows with its pictures."""


class Pictured(Value):
    """An item, or a hit that has one: there may be a picture of it, and of the page on which it stands."""

    @property
    def image(self) -> Image | None:
        """Its picture; None for what has none."""
        found: Image | None = _showing().picture(self)
        return found

    def page_image(self, *, boxes: bool = False) -> Image:
        """The page on which it stands; with `boxes`, its own place marked, and more faintly those of its neighbours.

        Raises DocumentError where no page can be drawn.
        """
        drawn: Image = _showing().page_picture(self, boxes=boxes)
        return drawn


def _showing() -> Any:
    return import_module("ragmm.showing")


def _part(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} {name}"
    if isinstance(value, str) and not isinstance(value, Enum):
        line = " ".join(value.split())
        return f"{name}={line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'!r}"
    if isinstance(value, float):
        return f"{name}={value:.2f}"
    return f"{name}={value.value if isinstance(value, Enum) else repr(value)}"


def to_record(value: Any) -> Any:
    """Dataclasses, paths, enums and sets as JSON-able values; sets are sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        return {member.name: to_record(getattr(value, member.name)) for member in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_record(entry) for key, entry in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(to_record(entry) for entry in value)
    if isinstance(value, (list, tuple)):
        return [to_record(entry) for entry in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def from_record(kind: Any, value: Any) -> Any:
    """The value of a type that `to_record` made this of. Raises TypeError or ValueError for anything else."""
    if is_dataclass(kind):
        return _made(kind, value)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return None if value is None else from_record(next(one for one in parts if one is not type(None)), value)
    if origin is tuple:
        each = [parts[0]] * len(value) if parts[-1] is ... else parts
        return tuple(from_record(one, entry) for one, entry in zip(each, value, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {key: from_record(parts[1], entry) for key, entry in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is not Any and isinstance(kind, type) and not isinstance(value, (int, float) if kind is float else kind):
        raise TypeError(f"{value!r} stands where {kind.__name__} should")
    return value


def _made(kind: Any, values: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    if unknown := sorted(set(values) - hints.keys()):
        raise ValueError(f"{kind.__name__} has no {unknown[0]!r}")
    return kind(**{name: from_record(hints[name], value) for name, value in values.items()})
