"""The commands that measure models and reports: what they rank, count and cut out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from ragmm.evaluation.questions import EvalQuestion, Relevant
from ragmm.sample.pdf import Page, pdf_bytes
from tests.unit.hits import make_hit
from tools.answer_judging import Asked
from tools.check_finance import write_extracts
from tools.check_languages import measured, xquad
from tools.check_rankers import Question, questions_in, ranks_of, shares


def test_across_languages_a_question_is_held_against_the_other_ones_passages(tmp_path: Path) -> None:
    folder = tmp_path / "reading" / "passages"
    folder.mkdir(parents=True)
    for code, words in (("en", ("cat", "dog")), ("zh", ("猫", "狗"))):
        rows = [{"context_id": f"{code}-c{n}", "context": word} for n, word in enumerate(words)]
        rows += [{"context_id": f"{code}-c{n}", "question": f"{word}?"} for n, word in enumerate(words)]
        with gzip.open(folder / f"xquad-{code}.test.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(map(json.dumps, rows)))
    pools = {f"xquad {code}": xquad(tmp_path, code) for code in ("en", "zh")}
    pools["zh"] = pools["xquad zh"]
    meanings = {"cat": 0, "dog": 1, "猫": 0, "狗": 2}  # the last one is mistaken

    def embed(texts: list[str], _: object) -> np.ndarray:
        return np.eye(3, dtype=np.float32)[[meanings[text.rstrip("?")] for text in texts]] + np.float32(0.1)

    assert measured(embed, pools, 1)[1:4] == ["0.500 / 1.000", "0.500 / 1.000", "1.000 / 1.000"]


def test_ranks_are_those_of_the_right_page(tmp_path: Path) -> None:
    items = [make_hit(n, "x", uri=f"docs/{name}.pdf").item for n, name in ((1, "a"), (2, "a"), (3, "b"))]
    asked = [Question(text="?", document="a.pdf", page=2), Question(text="?", document="b", page=None)]
    rows = np.eye(3, dtype=np.float32)
    assert ranks_of(np.array([[1, 0.5, 0], [0, 0, 1]], np.float32), rows, items, asked) == [1, 0]
    assert shares([1, 0]) == ("0.500", "1.000")
    file = tmp_path / "q.jsonl"
    file.write_text('{"question": "q", "document": "a.pdf", "page": 2}\n{"question": "r", "answerable": false}\n')
    assert list(questions_in(file)) == [Question(text="q", document="a.pdf", page=2)]


def test_pages_are_cut_out_of_a_report(tmp_path: Path) -> None:
    pypdfium2 = __import__("pypdfium2")
    pages = [Page() for _ in range(12)]
    for number, page in enumerate(pages, start=1):
        page.paragraph(f"Page number {number}.")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "r.pdf").write_bytes(pdf_bytes(pages, title="Report"))
    relevant = (Relevant(uri="r.pdf", page=5),)
    asked = [Asked(question=EvalQuestion(qid="1", text="?", relevant=relevant), set="f", kind="f", document="r.pdf")]
    target = write_extracts(tmp_path / "files", asked, tmp_path / "cut", around=1, others=0)
    with pypdfium2.PdfDocument(target / "r.pdf") as part:
        texts = [page.get_textpage().get_text_bounded().strip() for page in part]
    assert texts == ["Page number 4.", "Page number 5.", "Page number 6."]
