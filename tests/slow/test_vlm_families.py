"""Every vision-language family we can build offline, through the one public call; the docs' table comes from here.

`RAGMM_WRITE_DOCS=1 pytest -m slow tests/slow/test_vlm_families.py` writes the table anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from ragmm.errors import ModelError
from ragmm.testing import picture_asset
from ragmm.vlm.base import Prompt
from ragmm.vlm.transformers import TransformersVlm
from tests.unit.vlm_checkpoints import CHAT, RAW, build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DOCS = Path(__file__).parents[2] / "docs" / "models" / "vlm-families.md"
HEAD = """# Vision-language families

`hf:` loads any family of transformers that generates text from images. These were run, each built with random weights
by the tests: a caption of one image, a question with none, one and two images, a batch of two, a stream. Random
weights show that the plumbing is right; what a model knows is its own affair.

| family | class | shape | caption | no image | one image | two images |
|---|---|---|---|---|---|---|
"""
NOISE = picture_asset(Image.effect_noise((70, 50), 90).convert("RGB"))
BLUE = picture_asset(Image.new("RGB", (40, 60), "blue"))
QUESTION = "what is in the picture?"
rows: dict[str, str] = {}


def outcome(vlm, *parts):
    """ "yes", or "refused" where the family cannot take it and says so."""
    try:
        (reply,) = vlm.generate([Prompt.from_parts(*parts, max_tokens=6)])
    except ModelError as error:
        return "refused" if "takes 1 image" in str(error) or "needs an image" in str(error) else str(error)
    assert 1 <= reply.tokens <= 6
    assert reply.confidence is None or 0 < reply.confidence <= 1
    return "yes"


@pytest.mark.parametrize("family", [*CHAT, *RAW])
def test_family(family, tmp_path):
    if family == "smolvlm":
        pytest.importorskip("num2words", reason="SmolVLM's processor needs num2words")
    vlm = TransformersVlm(build(family, tmp_path), f"hf:{family}", device="cpu", dtype="float32")
    vlm.load()
    shown = [  # what each cell of the table says
        outcome(vlm, NOISE, "Describe the image in one sentence."),
        outcome(vlm, QUESTION),
        outcome(vlm, NOISE, QUESTION),
        outcome(vlm, NOISE, BLUE, QUESTION),
    ]
    batch = [
        Prompt.from_parts(image, f"{QUESTION}{more}", max_tokens=6) for image, more in ((NOISE, ""), (BLUE, " really?"))
    ]
    together = vlm.generate(batch)
    assert [reply.text for reply in together] == [vlm.generate([prompt])[0].text for prompt in batch]
    assert "".join(piece.text for piece in vlm.stream(batch[0])).strip() == together[0].text
    assert set(shown) <= {"yes", "refused"}
    assert family in RAW or "refused" not in shown
    name, kind = type(vlm._loaded.model).__name__, vlm._loaded.family.shape
    rows[family] = f"| {family.replace('_', '-')} | `{name}` | {kind} | {' | '.join(shown)} |"


def test_the_table_in_the_docs_is_in_step():
    known = [family for family in (*CHAT, *RAW) if family in rows]
    if len(known) < len(CHAT) + len(RAW) - 1:
        pytest.skip("the table needs a run of all families")
    table = HEAD + "\n".join(rows[family] for family in known) + "\n"
    if os.environ.get("RAGMM_WRITE_DOCS"):
        DOCS.write_text(table, "utf-8")
    written = DOCS.read_text("utf-8")
    assert all(rows[family] in written for family in known)
