"""Write drawn pictures with their facts and captions, and a contact sheet to look at."""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path

from PIL import Image

from training.pictures import DOMAINS, Picture, captions, draw
from training.pictures.emoji import FOLDER_VARIABLE


def main() -> None:
    """Draw and write what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m training.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=int, default=48, help="pictures per domain")
    parser.add_argument("--size", type=int, default=128, help="side in pixels")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first picture")
    parser.add_argument("--domains", nargs="+", choices=DOMAINS, default=list(DOMAINS))
    parser.add_argument("--emoji", type=Path, help=f"emoji folder (else {FOLDER_VARIABLE})")
    wanted = parser.parse_args()
    if wanted.emoji:
        os.environ[FOLDER_VARIABLE] = str(wanted.emoji)
    domains = [d for d in wanted.domains if d != "emoji" or os.environ.get(FOLDER_VARIABLE)]
    for domain in domains:
        pictures = [draw(domain, wanted.seed + k, wanted.size) for k in range(wanted.count)]
        write(wanted.out / domain, pictures, wanted.seed)
        print(f"{len(pictures)} {domain} pictures in {wanted.out / domain}")


def write(folder: Path, pictures: list[Picture], seed: int) -> None:
    """Write the pictures, `facts.jsonl` and `contact-sheet.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "facts.jsonl").open("w", encoding="utf-8") as lines:
        for number, picture in enumerate(pictures, start=seed):
            picture.image.save(folder / f"{number:06d}.png")
            said = captions(picture, random.Random(number))
            row = {"file": f"{number:06d}.png", "facts": picture.facts, "captions": said}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    contact_sheet([picture.image for picture in pictures]).save(folder / "contact-sheet.png")


def contact_sheet(images: list[Image.Image], columns: int = 8) -> Image.Image:
    """All pictures side by side in rows."""
    side = images[0].width + 4
    sheet = Image.new("RGB", (side * columns, side * -(-len(images) // columns)), "grey")
    for k, image in enumerate(images):
        sheet.paste(image, (k % columns * side + 2, k // columns * side + 2))
    return sheet


if __name__ == "__main__":
    main()
