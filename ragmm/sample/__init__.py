"""A small corpus of a made-up ferry company: a report with figures, notes, a timetable, charts, signs and a scan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["QUESTIONS", "SampleQuestion", "write_sample", "write_sign_photo"]


@dataclass(frozen=True, kw_only=True)
class SampleQuestion:
    """One question of the demo, and the document that answers it."""

    text: str
    shows: str
    """What is to be seen here, in a few words."""
    expect: str
    """The uri, under the corpus folder, of a document that holds the answer."""
    modality: str | None = None
    image: bool = False
    """Whether the picture from `write_sign_photo` is shown along with it."""


QUESTIONS: Final = (
    SampleQuestion(
        text="How long does the crossing to Gull Rock take?",
        shows="a question finds the passage that answers it",
        expect="notes/crew-handbook.md",
    ),
    SampleQuestion(
        text="a bar chart of passengers by quarter",
        shows="words find a chart by what it shows",
        expect="charts/passengers-by-quarter.png",
        modality="image",
    ),
    SampleQuestion(
        text="",
        shows="a picture finds its like",
        expect="signs/gull-rock.png",
        modality="image",
        image=True,
    ),
)


def write_sample(folder: Path) -> list[Path]:
    """Write the corpus, about a megabyte; the same bytes every time. Returns the files, sorted."""
    from ragmm.sample.drawings import charts, scanned_letter, signs
    from ragmm.sample.report import annual_report
    from ragmm.sample.texts import TEXTS

    contents: dict[str, bytes] = {name: text.encode("utf-8") for name, text in TEXTS.items()}
    contents |= charts() | signs()
    contents["letters/umbrella.jpg"] = scanned_letter()
    contents["report/annual-report-2023.pdf"] = annual_report()
    for name, data in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return sorted(folder / name for name in contents)


def write_sign_photo(file: Path) -> Path:
    """A picture that is not in the corpus: the sign of Gull Rock, smaller, off centre, on another ground."""
    from ragmm.sample.drawings import sign_photo

    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(sign_photo())
    return file
