"""`unstructured` without its telemetry, its downloads and the gigabytes its language model would load."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeVar

from ragmm.errors import MissingExtraError
from ragmm.optional import require

__all__ = ["TESTED_VERSION", "partitioner", "quietly"]

T = TypeVar("T")

TESTED_VERSION = "0.27.32"
"""The release whose module and function names below were checked; pyproject pins the same one."""

_TOKENIZER = "unstructured.nlp.tokenize"
_SPACY_MODEL = "en_core_web_sm"
_SENTENCE = re.compile(r"[^.!?。！？]*(?:[.!?]+(?=\s|$)|[。！？]+|[.!?]+|$)")
_WORD = re.compile(r"\w+|[^\w\s]")
_OPT_OUT = {"SCARF_NO_ANALYTICS": "true", "DO_NOT_TRACK": "true", "UNSTRUCTURED_DISABLE_NOTICE": "1"}


@lru_cache(maxsize=8)
def partitioner(format_name: str) -> ModuleType:
    """The module `unstructured.partition.<format_name>`, imported so that it neither calls home nor downloads.

    Raises MissingExtraError where unstructured or what it needs for this format is not installed.
    """
    os.environ.update(_OPT_OUT)
    require("unstructured", f"Reading {format_name} files")
    _replace_tokenizer()
    try:
        return importlib.import_module(f"unstructured.partition.{format_name}")
    except ImportError as error:
        raise MissingExtraError(error.name or "unstructured", "office", f"Reading {format_name} files") from error


def _replace_tokenizer() -> None:
    """Puts a small sentence splitter where unstructured would download a spaCy model into site-packages.

    An installed model is used as it is. The stand-in only weakens labels that ragmm does not read
    (narrative text or plain text); headings, lists and tables come from the documents' own marks.
    """
    if _TOKENIZER in sys.modules or importlib.util.find_spec(_SPACY_MODEL) is not None:
        return
    import unstructured.nlp

    module = ModuleType(_TOKENIZER)
    stand_in: dict[str, Any] = {"sent_tokenize": _sentences, "word_tokenize": _words, "pos_tag": _tagged}
    module.__dict__.update(stand_in)
    sys.modules[_TOKENIZER] = module
    unstructured.nlp.__dict__["tokenize"] = module


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip()]


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _tagged(text: str) -> list[tuple[str, str]]:
    return [(word, "") for word in _words(text)]


def quietly(steps: Iterable[T]) -> Iterator[T]:
    """The same steps without the warnings that a library prints about files it reads all the same."""
    iterator = iter(steps)
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                step = next(iterator)
            except StopIteration:
                return
        yield step
