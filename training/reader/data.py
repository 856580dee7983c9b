"""The reading data as examples: windows around the answer, and questions that their passage does not answer."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from ragmm.pipelines.answer.said_around import Said, said_around
from ragmm.readers.encoding import fold
from ragmm.text.terms import content_terms
from ragmm.text.terms import terms as said_terms
from training.reader.typing_habits import as_typed, qualified

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "reading" / "passages"
ENGLISH = ("squad11.train", "squadshifts-new-wiki.test", "tydiqa-goldp-en.train", "tydiqa-goldp-en.dev", "mlqa-en.dev")
CHINESE = ("cmrc2018.train", "cmrc2018.trial", "drcd.dev", "drcd.test", "mlqa-zh.dev")
_SENTENCE = re.compile(r"(?<=[.!?])[\"”)\]]*\s+(?=[\"“(\[]?[A-Z0-9])|(?<=[。！？；])|\n+")
_NAME = re.compile(r"(?<![.!?] )\b[A-Z][\w'’-]+(?: (?:of|the|de|and|von) [A-Z][\w'’-]+| [A-Z][\w'’-]+)*")
_HEADINGS = ("Overview", "Introduction", "History", "Background", "Details", "Notes", "Summary")
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A paragraph of an article."""

    text: str
    title: str
    lang: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question on a passage; no answers where the passage gives none."""

    question: str
    passage: Passage
    answers: tuple[tuple[int, str], ...] = ()
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Example:
    """What the model is shown: `start` and `end` in `text`, equal where it says nothing."""

    question: str
    text: str
    prefix: int = 0
    start: int = 0
    end: int = 0


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Everything to train from."""

    english: list[Asked]
    chinese: list[Asked]
    refused: list[Asked]
    """SQuAD 2.0's own unanswerable questions."""
    articles: dict[str, list[Passage]]


def read_set(path: Path) -> list[Asked]:
    """Questions that may be trained from, without the doubtful ones."""
    passages: dict[str, Passage] = {}
    found = []
    for one in _lines(path):
        if "question" not in one:
            if not one.get("also_in"):
                passages[one["context_id"]] = Passage(text=one["context"], title=one["title"], lang=one["lang"])
        elif one["context_id"] in passages and not one.get("ambiguous_start"):
            answers = tuple((answer["start"], answer["text"]) for answer in one["answers"] if answer["text"].strip())
            if bool(answers) == one["answerable"]:
                passage = passages[one["context_id"]]
                found.append(Asked(question=one["question"].strip(), passage=passage, answers=answers, id=one["id"]))
    return found


def _lines(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def for_testing(title: str) -> bool:
    """Whether an article of SQuAD 2.0 dev is of the third that is kept for testing."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 3 == 0


def held_out(title: str) -> bool:
    """Whether an article is left out of training, to fit thresholds on."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 24 == 1


def load(folder: Path = DATA) -> Pool:
    """All sets that may be trained from."""
    english = [one for name in ENGLISH for one in read_set(folder / f"{name}.jsonl.gz")]
    chinese = [one for name in CHINESE for one in read_set(folder / f"{name}.jsonl.gz")]
    real = read_set(folder / "squad20.dev.jsonl.gz")
    refused = [one for one in real if not one.answers and not for_testing(one.passage.title)]
    articles: dict[str, dict[str, Passage]] = {}
    for one in [*english, *chinese, *refused]:
        articles.setdefault(one.passage.title, {})[one.passage.text] = one.passage
    texts = {title: list(group.values()) for title, group in articles.items()}
    return Pool(english=english, chinese=chinese, refused=refused, articles=texts)


@cache
def _known_terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def terms(text: str) -> list[str]:
    """Words of three letters and more, numbers, and pairs of ideographs."""
    return [fold(word) for word in re.findall(r"[A-Za-zÀ-ÿ]{3,}|\d+", text)] + re.findall(r"(?=([㐀-鿿]{2}))", text)


# Windows ---------------------------------------------------------------------------------------------------------


def sentences(text: str) -> list[tuple[int, int]]:
    """Where sentences and lines begin and end."""
    cuts = [0, *(match.end() for match in _SENTENCE.finditer(text)), len(text)]
    return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]


def window(text: str, start: int, end: int, room: int, rng: random.Random) -> tuple[int, int]:
    """Whole sentences around a span, of about `room` characters; the span lies anywhere in them."""
    parts = sentences(text)
    inside = [number for number, (a, b) in enumerate(parts) if a < max(end, start + 1) and b > start]
    if not inside:
        return 0, len(text)
    low, high = inside[0], inside[-1]
    sides = ["left", "right"]
    lean = rng.random()
    while sides:
        side = sides[0] if len(sides) == 1 else ("left" if rng.random() < lean else "right")
        low2, high2 = (low - 1, high) if side == "left" else (low, high + 1)
        if low2 < 0 or high2 >= len(parts) or parts[high2][1] - parts[low2][0] > room:
            sides.remove(side)
        else:
            low, high = low2, high2
    return parts[low][0], parts[high][1]


def room_of(lang: str, tokens: int) -> int:
    """Characters that make so many pieces."""
    return int(tokens * (4.4 if lang == "en" else 1.05))


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Pieces of a window, drawn evenly between; of a third of them no more than the sentence."""

    least: int = 24
    most: int = 110

    def draw(self, rng: random.Random, lang: str) -> int:
        """Characters."""
        return room_of(lang, rng.choice((0, rng.randint(self.least, self.most), rng.randint(self.least, self.most))))


def prefixed(example: Example, one: Asked, pool: Pool, rng: random.Random) -> Example:
    """With a file's name or headings before the text, as ingest gives passages, and what is said around it."""
    title = one.passage.title.replace("_", " ")
    ahead = ""
    asks_there = bool(title) and one.passage.lang == "en" and rng.random() < 0.12
    if asks_there:
        example = replace(example, question=qualified(example.question, title, rng))
    if title and rng.random() < (0.85 if asks_there else 0.45):
        file = title.replace(" ", rng.choice("_- ")) + rng.choice([".pdf", ".docx", ".md", ".txt", ".html"])
        ahead = rng.choice([title, file, f"{title} > {rng.choice(_HEADINGS)}"])
    if rng.random() < 0.7:
        said = around(example, one, pool, rng)
        ahead = " > ".join(part for part in (ahead, said) if part)
    if not ahead:
        return example
    ahead += rng.choice(["\n", "\n", ": "])
    moved = len(ahead) if example.end > example.start else 0
    return replace(
        example, text=ahead + example.text, prefix=len(ahead), start=example.start + moved, end=example.end + moved
    )


def around(example: Example, one: Asked, pool: Pool, rng: random.Random) -> str:
    """What its passage, or else its article, says of the question's words that the window lacks, as when answering."""
    asked = frozenset(content_terms(example.question))
    lacking = asked - frozenset(said_terms(example.text))
    if not lacking:
        return ""
    article = pool.articles.get(one.passage.title, [])
    texts = [one.passage.text, *(other.text for other in rng.sample(article, min(2, len(article))))]
    if rng.random() < 0.4:
        texts = texts[1:]
    parts = [text[low:high] for text in texts for low, high in sentences(text)]
    said = [Said(text=part, has=asked.intersection(said_terms(part))) for part in parts if part not in example.text]
    return " > ".join(said_around(lacking, said, dict.fromkeys(asked, 1.0)))


# Makers of examples ----------------------------------------------------------------------------------------------

Maker = Callable[[Asked, Pool, Lengths, random.Random], Example | None]


def answered(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:
    """The question with a window that holds its answer."""
    start, text = rng.choice(one.answers)
    end = start + len(text)
    low, high = window(one.passage.text, start, end, lengths.draw(rng, one.passage.lang), rng)
    if start < low or end > high:
        return None
    bare = Example(question=one.question, text=one.passage.text[low:high], start=start - low, end=end - low)
    return finished(bare, one, pool, rng)


def refused(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:
    """A real question that its passage does not answer, most often where the words are alike."""
    text, lang = one.passage.text, one.passage.lang
    asked = set(terms(one.question))
    best = max(sentences(text), key=lambda span: len(asked.intersection(terms(text[span[0] : span[1]]))) + rng.random())
    low, high = window(text, best[0], best[0] + 1, lengths.draw(rng, lang), rng)
    return finished(Example(question=one.question, text=text[low:high]), one, pool, rng)


def elsewhere(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:
    """Another paragraph of the same article that shares words with the question."""
    others = [other for other in pool.articles[one.passage.title] if other.text != one.passage.text]
    if not others:
        return None
    asked = frozenset(terms(one.question))
    wanted = {fold(text) for _, text in one.answers}
    others = rng.sample(others, min(len(others), 25))
    others.sort(key=lambda other: -len(asked & _known_terms(other.text)))
    for other in others[: 1 + (rng.random() < 0.3)][-1:]:
        example = refused(replace(one, passage=other, answers=()), pool, lengths, rng)
        if example and not any(answer in fold(example.text[example.prefix :]) for answer in wanted):
            return example
    return None


def beside(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:
    """The same paragraph without the sentence that answers."""
    text, (start, answer) = one.passage.text, one.answers[0]
    parts = [(a, b) for a, b in sentences(text) if fold(answer) not in fold(text[a:b]) and not a <= start < b]
    if not parts:
        return None
    asked = set(terms(one.question))
    best = max(parts, key=lambda span: len(asked.intersection(terms(text[span[0] : span[1]]))) + rng.random())
    room = lengths.draw(rng, one.passage.lang)
    kept = "".join(text[a:b] for a, b in parts if abs(a - best[0]) <= room / 1.5)[: max(room * 2, best[1] - best[0])]
    return finished(Example(question=one.question, text=kept), one, pool, rng)


def exchanged(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:
    """The question with another year, number or name of the article, which its passage says nothing about."""
    question = changed(one, pool, rng)
    if question is None:
        return None
    example = answered(replace(one, question=question), pool, lengths, rng)
    return replace(example, start=0, end=0) if example else None


def changed(one: Asked, pool: Pool, rng: random.Random) -> str | None:
    """The question with a year, number or name that the passage has exchanged for another, if there is one."""
    text, question = one.passage.text, one.question
    kinds: Sequence[re.Pattern[str]] = (_YEAR, _NUMBER, _NAME)
    for kind in kinds:
        mine = [m for m in kind.finditer(question) if m.start() > 0 and m.group() in text and len(m.group()) > 1]
        if not mine:
            continue
        old = rng.choice(mine)
        sample = [rng.choice(pool.articles[one.passage.title]).text for _ in range(4)]
        found = {m.group() for other in [text, *sample] for m in kind.finditer(other) if m.start() > 0}
        if kind is _YEAR:
            found |= {str(int(old.group()) + step) for step in (-2, -1, 1, 2)}
        answers = fold(" ".join(answer for _, answer in one.answers))
        new = [
            other
            for other in sorted(found)
            if fold(other) not in fold(question) and fold(other) not in answers and fold(old.group()) not in fold(other)
        ]
        if new:
            return question[: old.start()] + rng.choice(new) + question[old.end() :]
    return None


def finished(example: Example, one: Asked, pool: Pool, rng: random.Random) -> Example:
    """With what stands before the passage, lines as pages break them, and the question as people type it."""
    if rng.random() < 0.15:
        example = replace(example, text=broken(example.text, rng.randint(40, 95)))
    return replace(prefixed(example, one, pool, rng), question=as_typed(example.question, rng))


def broken(text: str, width: int) -> str:
    """A line feed in place of a space wherever a line of that width is full; no place moves."""
    letters, since = list(text), 0
    for at, letter in enumerate(letters):
        since += 1
        if letter == " " and since >= width:
            letters[at], since = "\n", 0
    return "".join(letters)
