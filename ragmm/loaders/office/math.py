"""Equations of office files as one readable line: fractions with a slash, powers with ^, indices with _."""

from __future__ import annotations

from collections.abc import Callable

from ragmm.loaders.office.safe_xml import Element, local_name

__all__ = ["linear_math"]

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MAX_DEPTH = 60


def linear_math(element: Element, depth: int = 0) -> str:
    """The text of an OMML element; nothing that stands in it is left out."""
    if depth > _MAX_DEPTH:
        return "".join(element.itertext())
    if local_name(element) == "t":
        return element.text or ""
    form = _FORMS.get(local_name(element))
    if form is not None:
        return form(lambda tag: _argument(element, tag, depth), element)
    return "".join(linear_math(child, depth + 1) for child in element)


Argument = Callable[[str], str]


def _argument(element: Element, tag: str, depth: int) -> str:
    return " ".join(linear_math(child, depth + 1) for child in element.findall(_M + tag))


def _group(text: str) -> str:
    return text if len(text) <= 1 or text.isalnum() else f"({text})"


def _fraction(arg: Argument, _: Element) -> str:
    return f"{_group(arg('num'))}/{_group(arg('den'))}"


def _script(arg: Argument, _: Element) -> str:
    low, high = arg("sub"), arg("sup")
    return arg("e") + (f"_{_group(low)}" if low else "") + (f"^{_group(high)}" if high else "")


def _radical(arg: Argument, _: Element) -> str:
    degree = arg("deg")
    return f"root_{_group(degree)}({arg('e')})" if degree else f"√({arg('e')})"


def _nary(arg: Argument, element: Element) -> str:
    found = element.find(f"{_M}naryPr/{_M}chr")
    sign = "∫" if found is None else found.get(_M + "val") or "∑"
    return f"{_script(lambda tag: '' if tag == 'e' else arg(tag), element)}".join((sign, f" {arg('e')}"))


def _delimited(arg: Argument, element: Element) -> str:
    opening, closing = (_delimiter(element, tag, default) for tag, default in (("begChr", "("), ("endChr", ")")))
    return f"{opening}{arg('e')}{closing}"


def _delimiter(element: Element, tag: str, default: str) -> str:
    found = element.find(f"{_M}dPr/{_M}{tag}")
    return default if found is None else found.get(_M + "val") or ""


def _function(arg: Argument, _: Element) -> str:
    return f"{arg('fName')}({arg('e')})"


def _matrix_row(arg: Argument, _: Element) -> str:
    return arg("e") + "; "


def _property(_arg: Argument, _: Element) -> str:
    return ""


_FORMS: dict[str, Callable[[Argument, Element], str]] = {
    "f": _fraction,
    "sSup": _script,
    "sSub": _script,
    "sSubSup": _script,
    "rad": _radical,
    "nary": _nary,
    "d": _delimited,
    "func": _function,
    "mr": _matrix_row,
    **dict.fromkeys(
        ("fPr", "sSupPr", "sSubPr", "sSubSupPr", "radPr", "naryPr", "dPr", "funcPr", "mPr", "rPr", "ctrlPr"), _property
    ),
}
