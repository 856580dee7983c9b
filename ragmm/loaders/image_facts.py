"""What an image file says about itself: when, where and with what it was taken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

__all__ = ["image_facts"]

_LONGEST_TEXT = 500
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_DESCRIPTION, _MAKE, _MODEL, _DATE, _ARTIST, _COPYRIGHT = 0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298
_DATE_TAKEN = 0x9003
_TEXT_KEYS = ("Title", "Description", "Comment", "comment")


def image_facts(image: Image) -> dict[str, Any]:
    """JSON-able and without control characters; what is damaged is left out."""
    facts: dict[str, Any] = {"format": image.format, "width": image.width, "height": image.height}
    dpi = _numbers(image.info.get("dpi", ()))
    if dpi:
        facts["dpi"] = dpi
    exif = _exif_facts(image)
    if exif:
        facts["exif"] = exif
    described = [_text(image.info.get(key)) for key in _TEXT_KEYS]
    description = exif.pop("description", "") or next(filter(None, described), "")
    return facts | ({"description": description} if description else {})


def _exif_facts(image: Image) -> dict[str, Any]:
    try:
        exif = image.getexif()
        inner, gps = exif.get_ifd(_EXIF_IFD), exif.get_ifd(_GPS_IFD)
    except Exception:  # noqa: BLE001
        # Metadata of every make and damage; the picture does not depend on it.
        return {}
    place = _place(gps)
    facts = {
        "date": _date(inner.get(_DATE_TAKEN) or exif.get(_DATE)),
        "camera": _camera(exif),
        "artist": _text(exif.get(_ARTIST)),
        "copyright": _text(exif.get(_COPYRIGHT)),
        "description": _text(exif.get(_DESCRIPTION)),
        **({"place": place} if place else {}),
    }
    return {key: value for key, value in facts.items() if value}


def _camera(exif: Exif) -> str:
    make, model = _text(exif.get(_MAKE)), _text(exif.get(_MODEL))
    return model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()


def _date(value: object) -> str:
    """EXIF writes 2023:07:14 09:30:00; ISO 8601 is what sorts and filters."""
    date, _, time = _text(value).partition(" ")
    parts = date.split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts) or int(parts[0]) == 0:
        return ""
    return "-".join(parts) + (f"T{time}" if time else "")


def _place(gps: Mapping[int, Any]) -> list[float]:
    """Latitude and longitude in degrees, south and west negative."""
    latitude, longitude = _degrees(gps.get(2), gps.get(1), "S"), _degrees(gps.get(4), gps.get(3), "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return []
    return [latitude, longitude]


def _degrees(value: object, reference: object, negative: str) -> float | None:
    parts = _numbers(value) if isinstance(value, tuple) else []
    if len(parts) != 3:
        return None
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    return round(-degrees if _text(reference).upper() == negative else degrees, 6)


def _numbers(values: Any) -> list[float]:
    """All of them, or none where one is no finite number."""
    try:
        numbers = [round(float(value), 6) for value in values] if isinstance(values, Iterable) else []
    except (TypeError, ValueError, ArithmeticError):
        return []
    return numbers if all(math.isfinite(number) for number in numbers) else []


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    shown = "".join(character if character.isprintable() else " " for character in value[: 2 * _LONGEST_TEXT])
    return " ".join(shown.split())[:_LONGEST_TEXT]
