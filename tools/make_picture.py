"""Draw docs/images/demo.svg: what `ragmm demo` really prints, as a terminal shows it."""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

import ragmm.commands.demo as demo_command
from ragmm.cli import assembled
from ragmm.commands.shared import output

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images" / "demo.svg"
WIDTH = 108

# As rich's own frame, but for its fonts, which it would fetch from elsewhere.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    """Run the demo in an empty home folder and draw it."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_picture", description=__doc__)
    parser.add_argument("--pipeline", help="a pipeline file for the demo")
    wanted = parser.parse_args()
    recorder = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False, markup=False)
    output.console = demo_command.console = lambda *_: recorder
    recorder.print("$ ragmm demo", style="bold")
    more = ["--pipeline", str(Path(wanted.pipeline).resolve())] if wanted.pipeline else []
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"HOME": home, "XDG_CACHE_HOME": f"{home}/.cache"}
        os.chdir(home)
        assembled()(args=["demo", *more], standalone_mode=False)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    svg = recorder.export_svg(title="ragmm demo", theme=MONOKAI, code_format=FRAME, unique_id="demo")
    TARGET.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    print(f"wrote {TARGET}", file=sys.stderr)


if __name__ == "__main__":
    main()
