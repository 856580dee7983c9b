"""Turn a checkpoint into a model folder, and put it into the package once it has proved itself."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Final

from ragmm.errors import ModelError
from training.vlm.evaluate import BUNDLED, evaluate
from training.vlm.model import Shape, build
from training.vlm.optimiser import read_checkpoint
from training.vlm.tokens import SPECIAL_IDS, kept_tokenizer, make_processor

ATTRIBUTION: Final[str] = (
    "Trained from random weights on pictures drawn by this repository's own code; no picture, text or weight of a "
    "third party was used."
)
NOTICE: Final[str] = (
    "mini knows drawn shapes, charts, document pages, diagrams, maps and screenshots; it does not know photographs, "
    "and says so or answers with low confidence. Configure a larger model for anything else."
)


def assemble(work: Path, folder: Path) -> None:
    """Write the trained model of a work folder, with its tokenizer and processor, as transformers loads it."""
    shape = Shape()
    checkpoint = work / "talk"
    model = build(shape, SPECIAL_IDS)
    tensors, _ = read_checkpoint(checkpoint)
    weights = {
        key.split(".", 1)[1]: value
        for key, value in tensors.items()
        if key.startswith(("weight.model.", "weight.lm_head.", "buffer.model."))
    }
    state = model.load_state_dict(weights, strict=False)
    missing = [key for key in state.missing_keys if not key.endswith(("num_batches_tracked", "lm_head.weight"))]
    if missing or state.unexpected_keys:
        raise ModelError(
            f"the checkpoint in {checkpoint} does not fit this model (missing {missing[:3]}, unknown "
            f"{state.unexpected_keys[:3]}); train with this version of the code, or check it out as it was"
        )
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)  # type: ignore[no-untyped-call]
    make_processor(shape, kept_tokenizer(work, shape)).save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)  # safetensors writes files that only their owner may read


def card(folder: Path, report: dict[str, Any], revision: str) -> dict[str, Any]:
    """What `model.json` says about the model in the folder."""
    from safetensors import safe_open

    weights = folder / "model.safetensors"
    with safe_open(weights, framework="pt") as opened:
        parameters = sum(opened.get_tensor(key).numel() for key in opened.keys())  # noqa: SIM118
    return {
        "name": "mini",
        "revision": revision,
        "licence": "Apache-2.0",
        "parameters": parameters,
        "notice": NOTICE,
        "weights": {"file": weights.name, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()},
        "training_data": ATTRIBUTION,
        "prompts": {
            "short_caption": "Describe the image in one sentence.",
            "long_caption": "Describe the image in detail.",
        },
        "replies": {
            "not_shown": "The image does not show that.",
            "unfamiliar": "an unfamiliar picture",
            "no_image": "No image was given.",
        },
        "calibration": report["calibration"],
        "figures": {figure["name"]: round(figure["share"], 4) for figure in report["figures"]},
        "unknown_pictures": report["unknown"],
        "speed": report["speed"],
    }


def publish(folder: Path, target: Path, report: dict[str, Any], *, force: bool) -> None:
    """Replace the packaged model; one that misses a bar only with `force`."""
    missed = [figure["name"] for figure in report["figures"] if figure["passed"] is False]
    if missed and not force:
        raise ModelError(
            f"the model in {folder} misses its bars for {', '.join(missed)}, so the packaged one was left as it is; "
            "train longer, or publish it all the same with --force"
        )
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(folder, fresh)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def main(arguments: list[str] | None = None) -> None:
    """Assemble, evaluate, and publish where the bars are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="the folder given to the training")
    parser.add_argument("--target", type=Path, default=BUNDLED)
    parser.add_argument("--many", type=int, default=200, help="questions of each kind in the evaluation")
    parser.add_argument("--photos", type=Path, help="a folder of photographs to measure overconfidence on")
    parser.add_argument("--revision", default=datetime.datetime.now(datetime.UTC).strftime("%Y.%m.%d"))
    parser.add_argument("--force", action="store_true", help="publish even where a bar is missed")
    options = parser.parse_args(arguments)
    folder = options.work / "model"
    assemble(options.work, folder)
    report = evaluate(folder, options.many, options.photos)
    facts = card(folder, report, options.revision)
    (folder / "model.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(report["table"])
    print(json.dumps({key: report[key] for key in ("unknown", "calibration", "speed")}, indent=1))
    publish(folder, options.target, report, force=options.force)


if __name__ == "__main__":
    main()
