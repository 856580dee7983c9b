"""Make a small collection of three nights by a released ragmm, to be kept in tests/data/formats/N/night.

Run it as a script with that ragmm on the path, in a folder whose name may be known, since the collection holds it:
PYTHONPATH=CHECKOUT python tools/keep_night.py /srv/ferry
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ragmm.sample.pdf import Page, pdf_bytes

OLD = 1_700_000_000
PIPELINE = """\
[pipeline]
name = "kept"
profile = "mini"
routes = ["shared", "text"]

[sources]
paths = ["sources"]

[nightly]
maintenance_minutes = 0
rehash_nights = 0
retries = 1
"""


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def chart(title: str, values: list[int]) -> Image.Image:
    image = Image.new("RGB", (320, 320), (253, 253, 251))
    pen = ImageDraw.Draw(image)
    pen.text((160, 24), title, fill=(32, 34, 40), font=ImageFont.load_default(22), anchor="mm")
    for number, value in enumerate(values):
        left = 30 + 70 * number
        pen.rectangle((left, 290 - 2 * value, left + 45, 290), fill=(36, 82, 220))
        pen.text((left + 22, 305), f"Q{number + 1}", fill=(32, 34, 40), font=ImageFont.load_default(16), anchor="mm")
    return image


def photo() -> bytes:
    image = Image.linear_gradient("L").resize((256, 256)).convert("RGB")
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 60, 200, 200), fill=(220, 38, 38))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def scan() -> bytes:
    image = Image.new("L", (700, 320), 252)
    pen = ImageDraw.Draw(image)
    lines = ("Dear harbour master,", "a green umbrella was left on", "the evening boat on Thursday.", "Agnes Moreau")
    for number, line in enumerate(lines):
        pen.text((50, 40 + 62 * number), line, fill=30, font=ImageFont.load_default(36))
    return png(image)


def report() -> bytes:
    page = Page()
    page.heading("Annual report")
    page.paragraph("The ferry line carried more passengers than in any year before; the winter timetable was kept.")
    page.picture(chart("Passengers", [40, 70, 110, 60]), "Figure 1: Passengers by quarter, in thousands.")
    rows = (("Boat", "Seats", "Built"), ("Osprey", "120", "1998"), ("Tern", "64", "2011"))
    page.table("Table 1: The fleet.", rows, (120, 80, 80))
    return pdf_bytes([page], title="Annual report")


def letter() -> bytes:
    from docx import Document

    document = Document()
    document.core_properties.title = "Letter to the crew"
    document.add_heading("Safety drill", level=1)
    document.add_paragraph("The lifeboat drill takes place on the first Monday of April at the northern pier.")
    table = document.add_table(rows=2, cols=2)
    for at, text in enumerate(("Station", "Leader", "Bow", "Ingrid Halvorsen")):
        table.cell(at // 2, at % 2).text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def tree() -> dict[str, bytes]:
    texts = {
        "notes/crossing.txt": "The crossing to Gull Rock takes 25 minutes in calm weather.\n",
        "notes/retired.txt": "The paddle steamer Juno was retired in 1961.\n",
        "notes/handbook.md": "# Handbook\n\n## Dogs\n\nDogs travel free of charge on the lower deck.\n",
        "data/timetable.csv": "boat;leaves;stop\nOsprey;07:40;Pine Point\nTern;17:40;Heron Island\n",
        "data/log.jsonl": '{"day": "2023-05-04", "note": "fog delayed the Tern by an hour"}\n'
        '{"day": "2023-05-05", "note": "new mooring rope at Mill Harbour"}\n',
        "pages/tickets.html": "<html><head><title>Tickets</title></head><body><h1>Tickets</h1>"
        "<p>A monthly ticket costs 48 crowns.</p><table><tr><th>Kind</th><th>Price</th></tr>"
        "<tr><td>Single</td><td>3</td></tr></table></body></html>\n",
    }
    contents = {name: text.encode() for name, text in texts.items()}
    contents["letters/drill.docx"] = letter()
    contents["letters/umbrella.png"] = scan()
    contents["charts/winter.png"] = png(chart("Winter trips", [90, 30, 20, 80]))
    contents["photos/buoy.jpg"] = photo()
    contents["report/annual.pdf"] = report()
    contents["report/broken.pdf"] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\n" + b"broken" * 20
    contents["data/archive.bin"] = bytes(range(256)) * 2
    return contents


def write(folder: Path, contents: dict[str, bytes]) -> None:
    for name, data in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        os.utime(file, (OLD, OLD))


def sync(home: Path) -> dict[str, object]:
    """One night in a process of its own; what it said."""
    time.sleep(3)  # past the grain of the clock, so that stamps count
    command = [sys.executable, "-m", "ragmm", "sync", "night.toml", "-c", str(home / "collection"), "--json"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    said: dict[str, object] = json.loads(done.stdout)
    return said


def main(home: Path) -> None:
    """Three nights: everything is new, one document changed and one is gone, nothing happened."""
    import ragmm

    sources = home / "sources"
    write(sources, tree())
    (home / "night.toml").write_text(PIPELINE, encoding="utf-8")
    sync(home)
    (sources / "notes/retired.txt").unlink()
    write(sources, {"notes/crossing.txt": b"The crossing to Gull Rock takes 25 minutes, in winter 35 minutes.\n"})
    sync(home)
    last = sync(home)
    with ragmm.open(home / "collection") as docs:
        facts = {
            "home": str(home),
            "digest": docs.digest(),
            "vectors": docs.digest(vectors=True),
            "spaces": {name: space.fingerprint for name, space in docs.store.snapshot().spaces.items()},
            "night": last,
        }
    (home / "facts.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
