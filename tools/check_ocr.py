"""How well OCR reads lines whose text is known: character error rate by language.

python -m tools.check_ocr FOLDER      FOLDER holds queries.jsonl (document, language, must_contain) and files/
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

from PIL import Image

from ragmm.loaders.ocr import OcrReader, joined_text


def main(folder: Path) -> int:
    """Prints a row per picture and per language."""
    ocr = OcrReader()
    by_language: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        began = time.process_time()
        with Image.open(folder / "files" / query["document"]) as image:
            read = letters(joined_text(ocr.lines(image)))
        seconds = time.process_time() - began
        for expected in map(letters, query["must_contain"]):
            errors = distance_within(expected, read)
            by_language[query["language"]].append((errors, len(expected)))
            print(f"{query['language']:4} {query['document']:40.40} {errors:3} of {len(expected):3} {seconds:6.2f} s")
    for language, counts in sorted(by_language.items()):
        errors, total = (sum(column) for column in zip(*counts, strict=True))
        print(f"{language:4} {len(counts)} pictures, character error rate {errors / total:.3f}")
    return 0


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def distance_within(expected: str, read: str) -> int:
    """Fewest edits that turn some stretch of what was read into what is expected."""
    row = [0] * (len(read) + 1)
    for number, wanted in enumerate(expected, 1):
        above, row = row, [number]
        for column, seen in enumerate(read, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (wanted != seen)))
    return min(row)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
