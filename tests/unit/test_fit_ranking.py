"""What fits the order of what was found: it learns what tells right from wrong, and plain scripts stand beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ragmm.evaluation.places import Targets
from ragmm.evaluation.questions import EvalQuestion, Relevant
from ragmm.evaluation.searching import AskedWay
from ragmm.testing import FakeEmbedder
from ragmm.types import Item, Locator, Modality
from tests.unit.retrieval import fill_items
from tools.fit_ranking import SIGNS, Asking, calibrated, fit_order, print_order
from tools.plain_search import PlainSearch, plain_windows

PAGE = SIGNS.index("page")


def asking(fold: int, right: int, source: str = "made") -> Asking:
    """Ten items; only what the page says tells the right one, and today's order puts it last."""
    signs = np.random.default_rng(fold * 10 + right).random((10, len(SIGNS)))
    signs[:, PAGE] = 0.1
    signs[right, PAGE] = 0.9
    is_right = np.arange(10) == right
    return Asking(source=source, fold=fold, kind="any", signs=signs, said=1.0 - is_right, right=is_right, plain=(1, 0))


ASKINGS = [asking(fold, right) for fold in range(5) for right in range(10)]


def test_the_sign_that_tells_weighs_most() -> None:
    weights = fit_order(ASKINGS, range(len(SIGNS)), ASKINGS)
    assert weights.argmax() == PAGE
    base, scale = calibrated(weights, ASKINGS)
    assert scale > 0 > base


def test_each_way_of_ordering_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_order(ASKINGS, plain=True)
    lines = {line[:22].strip(): line[22:].split() for line in capsys.readouterr().out.splitlines()}
    assert lines["today"] == ["0.000", "0.000"]
    assert lines["fitted"] == ["1.000", "1.000"]
    assert float(lines["without page"][0]) < 0.5
    assert (lines["plain: BM25"], lines["plain: and vectors"]) == (["1.000"] * 2, ["0.000"] * 2)


def test_a_plain_script_finds_pages_by_words_and_by_meaning(tmp_path: Path) -> None:
    texts = ("The harbour opened in 1926.", "Ferries cross the strait.", "The harbour master is Ilse Brandt.")
    items = [Item(modality=Modality.PASSAGE, text=text, locator=Locator(page=n)) for n, text in enumerate(texts, 1)]
    store = fill_items(tmp_path / "c", {"a.pdf": items, "b.pdf": [Item(modality=Modality.PASSAGE, text="harbour")]})
    plain = PlainSearch.of(plain_windows(store.snapshot().items()), {"text": FakeEmbedder()})
    relevant = Relevant(uri="a.pdf", page=3)
    question = EvalQuestion(qid="q", text="Who is harbour master?", relevant=(relevant,))
    one = AskedWay(question=question, targets=Targets(entries=(relevant,)), where=())
    by_words, _ = plain.ranks(one, lambda item: item.uri == "a.pdf" and item.locator.page == 3)
    assert by_words == 1
    assert plain.ranks(one, lambda item: item.uri == "unheard.pdf") == (0, 0)
