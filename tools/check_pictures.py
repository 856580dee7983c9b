"""What the default profile makes of pictures: photographs found by what they show, and the kinds of pictures.

python -m tools.check_pictures DATA              DATA holds the sets (each: corpus.jsonl, queries.jsonl, files/)
python -m tools.check_pictures DATA --without    the same with models.photos = "none"

Everything goes through ingest and search as users have them; files are renamed, so that no name tells what they show.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import ragmm
from ragmm.config import Pipeline
from ragmm.config.settings import PhotosName
from ragmm.embedders.photo_labels import photo_labels
from ragmm.loaders.settings import Ocr
from tools.make_photo_labels import offsets
from tools.picture_copies import COPIES, copied, mixed
from tools.picture_samples import SAMPLES, draw_samples, is_held, page_pictures
from tools.plain_drawings import TEXTS, plain_drawings

_FEWEST = 4
"""Pictures of a kind of thing, for its name to be asked."""
_EACH = 20
"""Pictures of each kind, of which copies are asked."""
_BESIDE = 100
"""Photographs in the same collection."""
_DRAWINGS, _PAGES = 64, 20


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    value: float
    bar: float | None = None
    most: bool = False
    """Whether the bar is one to stay below."""

    def __str__(self) -> str:
        bar = "" if self.bar is None else f"{'<=' if self.most else '>='} {self.bar:.2f}"
        return f"{self.name:<52} {self.value:>7.3f}   {bar:<8} {'' if self.met else 'MISSED'}".rstrip()

    @property
    def met(self) -> bool:
        return self.bar is None or (self.value <= self.bar if self.most else self.value >= self.bar)


@dataclass(kw_only=True)
class Asked:
    """A collection of one set's pictures, by neutral names."""

    docs: ragmm.Collection
    names: Mapping[str, str] = field(default_factory=dict)
    """By document, its file's name in the collection."""
    cpu_seconds: float = 0.0

    def ranking(self, question: str, k: int) -> list[str]:
        return [hit.item.uri for hit in self.docs.search(question, k=k)]


def main() -> int:
    """Measure, print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_pictures", description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path, help="the folder that holds the sets")
    parser.add_argument("--without", action="store_true", help="without the model that looks at photographs")
    parser.add_argument("--only", choices=[*PARTS], help="one part of it")
    given = parser.parse_args()
    pipeline = Pipeline()
    if given.without:
        pipeline = replace(pipeline, models=replace(pipeline.models, photos=PhotosName.NONE))
    rows: list[Row] = []
    for name, part in PARTS.items():
        if given.only in {None, name}:
            for row in part(given.data, pipeline):
                print(row, flush=True)
                rows.append(row)
    print(f"torch was {'imported' if 'torch' in sys.modules else 'not imported'}")
    return 0 if given.without or all(row.met for row in rows) else 1


# Photographs -----------------------------------------------------------------------------------------------------


def photographs(data: Path, pipeline: Pipeline) -> Iterator[Row]:
    """Captions as questions, names of things, and names of kinds of things."""
    with tempfile.TemporaryDirectory() as folder:
        asked = ingested(data / "flickr8k_photos", Path(folder), pipeline)
        first, ten = found(asked, data / "flickr8k_photos", (1, 10))
        yield Row(name="flickr8k_photos, captions as questions: R@1", value=first, bar=0.10)
        yield Row(name="flickr8k_photos, captions as questions: R@10", value=ten, bar=0.30)
        yield Row(name="CPU-s a photograph", value=asked.cpu_seconds / len(asked.names), bar=0.15, most=True)
    with tempfile.TemporaryDirectory() as folder:
        asked = ingested(data / "imagenet_photos", Path(folder), pipeline)
        first, five = found(asked, data / "imagenet_photos", (1, 5))
        yield Row(name="imagenet_photos, names of things: hit@1", value=first, bar=0.65)
        yield Row(name="imagenet_photos, names of things: hit@5", value=five, bar=0.85)
        yield Row(name="imagenet_photos, kinds of things: share of 5", value=kinds_of_things(asked), bar=0.70)


def kinds_of_things(asked: Asked) -> float:
    """Of the first five for "a dog", "a vehicle" and so on, the share that shows one; the mean over the kinds."""
    place = {f"n{offset}": number for number, offset in enumerate(offsets())}
    showing: dict[str, set[str]] = defaultdict(set)
    for document, name in asked.names.items():
        for term in photo_labels().wider_of(place[document]):
            showing[term].add(name)
    shares = [
        sum(name in right for name in asked.ranking(f"a {term}", 5)) / 5
        for term, right in sorted(showing.items())
        if len(right) > _FEWEST
    ]
    return sum(shares) / len(shares)


# Drawings --------------------------------------------------------------------------------------------------------


def drawings(_: Path, pipeline: Pipeline) -> Iterator[Row]:
    """Plain shapes by a script that nothing was trained on, among texts: found by their names."""
    for by_hand in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder) / "files"
            files.mkdir()
            for number, text in enumerate(TEXTS):
                (files / f"{number:05}.txt").write_text(text, encoding="utf-8")
            drawn = {one.name: one for one in plain_drawings(_DRAWINGS, by_hand=by_hand)}
            suffix = "jpg" if by_hand else "png"
            names = {name: f"{number:05}.{suffix}" for number, name in enumerate(drawn, start=len(TEXTS))}
            for name, one in drawn.items():
                (files / names[name]).write_bytes(one.data)
            began = cpu_seconds()
            docs = ragmm.create(Path(folder) / "collection", pipeline=pipeline)
            docs.ingest([files])
            spent = (cpu_seconds() - began) / len(drawn)
            asked = Asked(docs=docs, names=names)
            rankings = {file: asked.ranking(name, 5) for name, file in names.items()}
            docs.close()
        kind = "drawn by hand" if by_hand else "plain"
        first = sum(ranking[:1] == [file] for file, ranking in rankings.items()) / len(rankings)
        five = sum(file in ranking for file, ranking in rankings.items()) / len(rankings)
        yield Row(name=f"{kind} shapes by another script: hit@1", value=first, bar=0.90)
        yield Row(name=f"{kind} shapes by another script: hit@5", value=five)
        yield Row(name="CPU-s a drawing", value=spent)


# Charts ----------------------------------------------------------------------------------------------------------


def charts(data: Path, pipeline: Pipeline) -> Iterator[Row]:
    """Whether what was found before is still found: charts alone, and among photographs."""
    sets = [data / "opencqa_charts", data / "flickr8k_photos"]
    with tempfile.TemporaryDirectory() as folder:
        asked = ingested(sets[0], Path(folder), pipeline)
        yield Row(name="opencqa_charts: hit@1", value=found(asked, sets[0], (1,))[0])
    with tempfile.TemporaryDirectory() as folder:
        asked = ingested(sets[0], Path(folder), pipeline, beside=sets[1])
        yield Row(name="opencqa_charts among photographs: hit@1", value=found(asked, sets[0], (1,))[0])
        yield Row(name="flickr8k_photos among charts: R@10", value=found(asked, sets[1], (10,))[0])


# Kinds of pictures -----------------------------------------------------------------------------------------------


def kinds(data: Path, pipeline: Pipeline) -> Iterator[Row]:
    """How many of the pictures of each kind are taken for it, of the half on which nothing was fitted."""
    quick = replace(
        pipeline,
        models=replace(pipeline.models, caption="none"),
        loaders=replace(pipeline.loaders, ocr=Ocr.NEVER),  # no kind depends on words
    )
    with tempfile.TemporaryDirectory() as folder:
        samples = [one for one in draw_samples(data, Path(folder) / "files") if is_held(one)]
        asked = Asked(docs=ragmm.create(Path(folder) / "collection", pipeline=quick))
        asked.docs.ingest([one.file for one in samples])
        said = {item.path: str(item.metadata.get("picture", "")) for item in asked.docs.items() if item.asset}
        table = Counter((one.kind, said.get(str(one.file.resolve()), "")) for one in samples)
        asked.docs.close()
    for kind in SAMPLES:
        mine = {seen: count for (truth, seen), count in table.items() if truth == kind}
        missed = ", ".join(f"{count} {seen or 'nothing'}" for seen, count in sorted(mine.items()) if seen != kind)
        share = mine.get(kind, 0) / max(sum(mine.values()), 1)
        yield Row(name=f"  {kind} ({sum(mine.values())}){': not ' + missed if missed else ''}", value=share)
    right = sum(count for (truth, seen), count in table.items() if truth == seen)
    yield Row(name=f"kinds of pictures right (of {len(samples)})", value=right / len(samples), bar=0.95)


# Copies ----------------------------------------------------------------------------------------------------------


def copies(data: Path, pipeline: Pipeline) -> Iterator[Row]:
    """How many of a hundred mixed pictures are found first by a copy, among some more photographs."""
    with tempfile.TemporaryDirectory() as folder:
        samples = mixed(draw_samples(data, Path(folder) / "drawn", tables=False), _EACH)
        names = renamed([one.file for one in samples], Path(folder) / "files")
        photographs = (data / "flickr8k_photos" / row["file"] for row in lines(data / "flickr8k_photos/corpus.jsonl"))
        beside = islice((file for file in photographs if file not in names), _BESIDE)
        renamed(list(beside), Path(folder) / "beside")
        docs = ragmm.create(Path(folder) / "collection", pipeline=pipeline)
        docs.ingest([Path(folder) / "files", Path(folder) / "beside"])
        began = cpu_seconds()
        first = {
            (copy, one): [hit.item.path for hit in docs.search(image=copied(one, copy), k=1)] == [str(names[one.file])]
            for copy in COPIES
            for one in samples
        }
        spent = (cpu_seconds() - began) / len(first)
        docs.close()
    for kind in dict.fromkeys(one.kind for one in samples):
        right = [found for (_, one), found in first.items() if one.kind == kind]
        yield Row(name=f"  copies of a {kind}", value=sum(right) / len(right))
    for copy in COPIES:
        right = [found for (made, _), found in first.items() if made == copy]
        yield Row(name=f"{copy}: first (of {len(right)})", value=sum(right) / len(right), bar=0.95)
    yield Row(name="CPU-s a picture asked", value=spent)


# Pictures as questions -------------------------------------------------------------------------------------------


def pictures_asked(data: Path, pipeline: Pipeline) -> Iterator[Row]:
    """By a picture of a page its text, by a photograph the text with its name and other photographs of its kind."""
    with tempfile.TemporaryDirectory() as folder:
        pages = page_pictures(data, Path(folder) / "asked", _PAGES)
        texts = {name: f"{number:05}.txt" for number, name in enumerate(pages)}
        docs = _of_texts(Path(folder), {texts[name]: text for name, (_, text) in pages.items()}, pipeline)
        began = cpu_seconds()
        first = [[hit.item.uri for hit in docs.search(image=file, k=1)] for file, _ in pages.values()]
        spent = (cpu_seconds() - began) / len(pages)
        docs.close()
        right = sum(found == [texts[name]] for name, found in zip(pages, first, strict=True))
        yield Row(name=f"pictures of {len(pages)} pages: their text first", value=right / len(pages))
        yield Row(name="CPU-s a page asked", value=spent)
    rows = list(lines(data / "imagenet_photos" / "queries.jsonl"))
    files = {
        row["doc_id"]: data / "imagenet_photos" / row["file"] for row in lines(data / "imagenet_photos/corpus.jsonl")
    }
    with tempfile.TemporaryDirectory() as folder:
        names = {f"{number:05}.txt": row["question"] for number, row in enumerate(rows)}
        docs = _of_texts(Path(folder), names, pipeline)
        asked = [files[row["relevant"][0]["doc_id"]] for row in rows]
        ranks = [[hit.item.uri for hit in docs.search(image=file, k=5)] for file in asked]
        docs.close()
    for depth in (1, 5):
        right = sum(name in found[:depth] for name, found in zip(names, ranks, strict=True))
        yield Row(name=f"photographs asked: the text with their name, hit@{depth}", value=right / len(names))
    with tempfile.TemporaryDirectory() as folder:
        collection = ingested(data / "imagenet_photos", Path(folder), pipeline)
        yield Row(name="photographs asked: share of 5 others that are of a kind", value=of_a_kind(collection, files))


def of_a_kind(asked: Asked, files: Mapping[str, Path]) -> float:
    """Of the first five others, how many show something that has the nearest wider term of which there are enough."""
    place = {f"n{offset}": number for number, offset in enumerate(offsets())}
    terms = {document: photo_labels().wider_of(place[document]) for document in asked.names}
    counts = Counter(term for several in terms.values() for term in several)
    shares = []
    for document, name in asked.names.items():
        term = next((one for one in terms[document] if counts[one] > _FEWEST + 1), None)
        if term is not None:
            alike = {asked.names[other] for other, several in terms.items() if term in several}
            found = [hit.item.uri for hit in asked.docs.search(image=files[document], k=6) if hit.item.uri != name][:5]
            shares.append(sum(one in alike for one in found) / 5)
    return sum(shares) / len(shares)


def _of_texts(folder: Path, texts: Mapping[str, str], pipeline: Pipeline) -> ragmm.Collection:
    (folder / "files").mkdir()
    for name, text in texts.items():
        (folder / "files" / name).write_text(text, encoding="utf-8")
    docs = ragmm.create(folder / "collection", pipeline=pipeline)
    docs.ingest([folder / "files"])
    return docs


# Sets ------------------------------------------------------------------------------------------------------------


def ingested(source: Path, folder: Path, pipeline: Pipeline, *, beside: Path | None = None) -> Asked:
    """A collection of the set's files, and of another's."""
    names: dict[str, str] = {}
    for one in (source, beside) if beside else (source,):
        for row in lines(one / "corpus.jsonl"):
            name = f"{len(names):05}{Path(row['file']).suffix.lower()}"
            target = folder / "files" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(one / row["file"], target)
            names[row["doc_id"]] = name
    began = cpu_seconds()
    docs = ragmm.create(folder / "collection", pipeline=pipeline)
    report = docs.ingest([folder / "files"])
    for failure in report.failures:
        print(f"failed: {failure}", file=sys.stderr)
    return Asked(docs=docs, names=names, cpu_seconds=cpu_seconds() - began)


def renamed(files: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Copies by neutral names, by file."""
    folder.mkdir(parents=True)
    names = {file: (folder / f"{number:05}{file.suffix.lower()}").resolve() for number, file in enumerate(files)}
    for file, target in names.items():
        shutil.copyfile(file, target)
    return names


def found(asked: Asked, source: Path, depths: Sequence[int]) -> list[float]:
    """The share of the set's questions whose picture is among the first so many."""
    questions = list(lines(source / "queries.jsonl"))
    hits = dict.fromkeys(depths, 0)
    for question in questions:
        right = {asked.names[one["doc_id"]] for one in question["relevant"]}
        ranking = asked.ranking(question["question"], max(depths))
        for depth in depths:
            hits[depth] += bool(right.intersection(ranking[:depth]))
    return [hits[depth] / len(questions) for depth in depths]


def lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def cpu_seconds() -> float:
    """Of this process and of those that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


PARTS = {
    "photos": photographs, "drawings": drawings, "charts": charts, "kinds": kinds, "copies": copies,
    "asked": pictures_asked,
}  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
