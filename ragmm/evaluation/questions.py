"""Questions with known answers, one JSON object a line; what is wrong in the file is named with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from ragmm.errors import ConfigError

__all__ = ["EvalQuestion", "Relevant", "read_questions"]

_KEYS: Final = ("qid", "question", "image", "relevant", "answers", "answerable", "scope", "tags")
_RELEVANT_KEYS: Final = ("uri", "page")


@dataclass(frozen=True, kw_only=True)
class Relevant:
    """A place that holds what the question asks for."""

    uri: str
    page: int | None = None
    """1-based; None where any page of the document counts."""


@dataclass(frozen=True, kw_only=True)
class EvalQuestion:
    """One question and what is known about its answer."""

    qid: str
    text: str = ""
    image: Path | None = None
    relevant: tuple[Relevant, ...] = ()
    answers: tuple[str, ...] = ()
    """Any of them is right."""
    answerable: bool = True
    scope: str | None = None
    """The document to search in; None searches everything."""
    tags: tuple[str, ...] = ()


def read_questions(file: Path) -> list[EvalQuestion]:
    """Raises ConfigError naming the file and the line of what it does not understand."""
    found: dict[str, EvalQuestion] = {}
    for number, line in _lines(file):
        question = _Line(file=file, number=number).question(line)
        if question.qid in found:
            raise ConfigError(f"{file}, line {number}: the qid {question.qid!r} is there already; each must be unique")
        found[question.qid] = question
    if not found:
        raise ConfigError(f"{file}: there is no question in it; write one JSON object a line")
    return list(found.values())


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: the questions cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: byte {error.start} is not UTF-8; save the questions as UTF-8") from None
    # Only line feeds end a line: JSON strings may hold the other characters that splitlines() takes for ends.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


@dataclass(frozen=True, kw_only=True)
class _Line:
    """Reads one line, and knows where it stands."""

    file: Path
    number: int

    def question(self, line: str) -> EvalQuestion:
        try:
            row = json.loads(line)
        except ValueError as error:
            self._fail(f"is not JSON ({error})")
        if not isinstance(row, dict):
            self._fail(f"holds {_kind(row)}; it must be an object")
        self._known(row, _KEYS, "a question")
        text = self._text(row, "question")
        image = self._image(row)
        if not text.strip() and image is None:
            self._fail("has neither a question nor an image")
        return EvalQuestion(
            qid=self._qid(row),
            text=text,
            image=image,
            relevant=tuple(self._relevant(one) for one in self._list(row, "relevant")),
            answers=self._texts(row, "answers"),
            answerable=self._flag(row, "answerable"),
            scope=self._scope(row),
            tags=self._texts(row, "tags"),
        )

    def _qid(self, row: Mapping[str, Any]) -> str:
        qid = row.get("qid")
        if isinstance(qid, int) and not isinstance(qid, bool):
            return str(qid)
        if not isinstance(qid, str) or not qid.strip():
            self._fail(f"has the qid {qid!r}; it must be a name of its own")
        return qid

    def _image(self, row: Mapping[str, Any]) -> Path | None:
        """Relative to the file of questions."""
        name = self._text(row, "image")
        if not name:
            return None
        image = self.file.parent / name
        if not image.is_file():
            self._fail(f"names the image {name!r}, but there is no file {image}")
        return image

    def _relevant(self, one: Any) -> Relevant:
        if not isinstance(one, dict):
            self._fail(f'has {_kind(one)} in "relevant"; each entry is {{"uri": …, "page": …}}')
        self._known(one, _RELEVANT_KEYS, 'an entry of "relevant"')
        page = one.get("page")
        if page is not None and (not isinstance(page, int) or isinstance(page, bool) or page < 1):
            self._fail(f"has the page {page!r}; pages are whole numbers from 1")
        return Relevant(uri=self._uri(one, "relevant"), page=page)

    def _scope(self, row: Mapping[str, Any]) -> str | None:
        scope = row.get("scope")
        if scope is None:
            return None
        if not isinstance(scope, dict):
            self._fail(f'has {_kind(scope)} as "scope"; it is {{"uri": …}}')
        self._known(scope, ("uri",), '"scope"')
        return self._uri(scope, "scope")

    def _uri(self, row: Mapping[str, Any], where: str) -> str:
        uri = row.get("uri")
        if not isinstance(uri, str) or not uri.strip("/ "):
            self._fail(f'has the uri {uri!r} in "{where}"; it must name a document')
        return uri

    def _text(self, row: Mapping[str, Any], key: str) -> str:
        value = row.get(key)
        if value is not None and not isinstance(value, str):
            self._fail(f'has {_kind(value)} as "{key}"; it must be text')
        return value or ""

    def _texts(self, row: Mapping[str, Any], key: str) -> tuple[str, ...]:
        values = self._list(row, key)
        if wrong := [value for value in values if not isinstance(value, str)]:
            self._fail(f'has {_kind(wrong[0])} in "{key}"; each entry must be text')
        return tuple(values)

    def _list(self, row: Mapping[str, Any], key: str) -> list[Any]:
        value = row.get(key)
        if value is not None and not isinstance(value, list):
            self._fail(f'has {_kind(value)} as "{key}"; it must be a list')
        return value or []

    def _flag(self, row: Mapping[str, Any], key: str) -> bool:
        value = row.get(key, True)
        if not isinstance(value, bool):
            self._fail(f'has {_kind(value)} as "{key}"; it must be true or false')
        return value

    def _known(self, row: Mapping[str, Any], keys: tuple[str, ...], of: str) -> None:
        if unknown := [key for key in row if key not in keys]:
            self._fail(f"has the key {unknown[0]!r}, which is no key of {of}; allowed are {', '.join(keys)}")

    def _fail(self, problem: str) -> NoReturn:
        raise ConfigError(f"{self.file}, line {self.number}: {problem}")


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a flag", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "an object")
