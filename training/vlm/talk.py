"""Phase two: the language model learns to answer from what the tower sees; the tower may learn along."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ragmm.errors import ModelError
from training.vlm.model import normalised, see
from training.vlm.naming import Namer
from training.vlm.optimiser import Plan, Trainer, read_checkpoint
from training.vlm.pointing import Pointer
from training.vlm.talks import PREFIX, Talks, collate

if TYPE_CHECKING:
    from pathlib import Path

    from training.vlm.model import Shape

# How much the naming of the first phase still counts beside the answers.
NAMING = 0.1
# How much it counts that names look at what they name.
POINTING = 0.3
# The tower knows its trade already: where it is free at all, it learns more slowly now.
SLOW = {"model.vision_tower.": 0.5, "model.multi_modal_projector.": 0.5, "namer.": 0.5}


def train_talk(model: Any, shape: Shape, tokenizer: Any, work: Path, plan: Plan, loader: dict[str, int]) -> None:
    """Train in `work`/talk until the plan is over, beginning with the tower of `work`/see, settled or not."""
    device = next(model.parameters()).device
    free = model.model.vision_tower.training
    namer = Namer(shape.width).to(device).train(free).requires_grad_(free)
    folder = work / "talk"
    fresh = not (folder / "checkpoint.safetensors").is_file()
    if fresh:
        inherit(model, namer, tokenizer, work / "see")
    named = [*model.named_parameters(), *(("namer." + n, p) for n, p in namer.named_parameters())]
    pointer = Pointer(tokenizer, model.config.image_token_id)
    trainer = Trainer(named, plan, slow=SLOW, buffers=model.named_buffers())
    if not fresh:
        trainer.load(folder)
    saved = shown = time.monotonic()
    total, counted = 0.0, 0
    for batch in _stream(shape, tokenizer, trainer.step_count, loader):
        here = {key: value.to(device) for key, value in batch.items()}
        spoken, naming, pointing = losses(model, namer, pointer, here)
        (spoken + NAMING * naming + POINTING * pointing).backward()
        trainer.step()
        total, counted = total + float(spoken.detach()), counted + 1
        if time.monotonic() - shown > 30:
            shown = time.monotonic()
            minutes = round(trainer.elapsed / 60, 1)
            report = {"step": trainer.step_count, "minutes": minutes, "answers": round(total / counted, 4)}
            beside = {"naming": round(float(naming.detach()), 3), "pointing": round(float(pointing.detach()), 3)}
            print(json.dumps(report | beside), flush=True)
            total, counted = 0.0, 0
        if time.monotonic() - saved > 150:
            saved = time.monotonic()
            trainer.save(folder, phase="talk")
        if trainer.progress >= 1:
            break
    trainer.save(folder, phase="talk")


def _stream(shape: Shape, tokenizer: Any, done: int, loader: dict[str, int]) -> Any:
    """Endless batches, beginning behind those of `done` steps; phase one never saw these seeds."""
    from torch.utils.data import DataLoader

    start = loader["seed"] * 100_000_000 + 30_000_000 + done * loader["batch"]
    talks: Any = Talks(shape, tokenizer, start, 20_000_000, loader["batch"])
    return DataLoader(talks, batch_size=loader["batch"], num_workers=loader["workers"], collate_fn=collate)


def inherit(model: Any, namer: Any, tokenizer: Any, folder: Path) -> None:
    """Take over the tower of phase one, and its word vectors as the embeddings of the same words."""
    import torch

    from training.vlm.concepts import words

    tensors, _ = read_checkpoint(folder)
    weights = {key.removeprefix("weight."): value for key, value in tensors.items() if key.startswith("weight.")}
    weights |= {key.removeprefix("buffer."): value for key, value in tensors.items() if key.startswith("buffer.")}
    namer.load_state_dict(
        {k.removeprefix("namer."): v for k, v in weights.items() if k.startswith("namer.")}, strict=False
    )
    rest = {key: value for key, value in weights.items() if not key.startswith("namer.")}
    unknown = model.load_state_dict(rest, strict=False).unexpected_keys
    if unknown:
        raise ModelError(
            f"the checkpoint in {folder} is of another model (it holds {unknown[0]}); train its phase again"
        )
    table = model.get_input_embeddings().weight
    with torch.no_grad():
        known = namer.words.float()
        for row, word in enumerate(words()):
            for spelling in {word, word.lower()}:
                ids = tokenizer.encode(spelling, add_special_tokens=False)
                if len(ids) == 1:
                    table[ids[0]] = known[row]


def settle(model: Any) -> None:
    """Keep the tower, its projector and the statistics of its batches as they are."""
    for module in (model.model.vision_tower, model.model.multi_modal_projector):
        module.eval().requires_grad_(requires_grad=False)


def losses(model: Any, namer: Any, pointer: Pointer, batch: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The losses of the answers, of the naming (zero where the tower stays as it is) and of the pointing."""
    from torch.nn import functional

    table = model.get_input_embeddings()
    hidden = table(batch["ids"])
    naming, pointing = hidden.new_zeros(()), hidden.new_zeros(())
    if "pixels" in batch:
        features = see(model, normalised(batch["pixels"], hidden.dtype))
        if namer.training:
            naming = namer(features, batch["picture"], batch["patch"])
        where = (batch["ids"] == model.config.image_token_id).unsqueeze(-1)
        hidden = hidden.masked_scatter(where, features.to(hidden.dtype))
    read = model.model.language_model(
        inputs_embeds=hidden,
        attention_mask=visible(batch["segments"], hidden.dtype),
        position_ids=batch["positions"],
        use_cache=False,
        output_attentions=True,
    )
    if "pixels" in batch:
        pointing = pointer.loss(read.attentions, batch)
    states = read.last_hidden_state
    learned = batch["weights"][:, 1:] > 0
    scores = model.lm_head(states[:, :-1][learned]).float()
    each = functional.cross_entropy(scores, batch["ids"][:, 1:][learned], reduction="none")
    weights = batch["weights"][:, 1:][learned]
    return (each * weights).sum() / weights.sum(), naming.float(), pointing.float()


def visible(segments: Any, dtype: Any) -> Any:
    """An additive mask: every token sees the pictures and what came before in its own conversation.

    Shapes: (n, tokens) to (n, 1, tokens, tokens).
    """
    import torch

    length = segments.shape[1]
    before = torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    same = (segments[:, None, :] == segments[:, :, None]) | (segments[:, None, :] == PREFIX)
    mask = torch.zeros(same.shape, dtype=dtype, device=segments.device)
    return mask.masked_fill(~(same & before), torch.finfo(dtype).min)[:, None]
