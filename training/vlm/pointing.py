"""Words that name a shape or a colour learn to look at the patches that show it.

Answers alone teach this late: which patches a word means has to be found by chance first. The patches' own labels tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from training.vlm.concepts import PATCH_GROUPS

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS: Final[tuple[str, ...]] = ("shape", "colour")
NO_CLASS: Final[int] = 0
UNSEEN: Final[int] = -1


class Pointer:
    """Knows which tokens are names, and how much of the attention goes from each to what it names."""

    def __init__(self, tokenizer: Any, image_token: int) -> None:
        import torch

        self.image_token = image_token
        self.classes = torch.zeros(len(GROUPS), len(tokenizer), dtype=torch.long)
        for row, group in enumerate(GROUPS):
            for number, name in enumerate(PATCH_GROUPS[group][1:], start=1):
                tokens = tokenizer.encode(name, add_special_tokens=False)
                if len(tokens) == 1:
                    self.classes[row, tokens[0]] = number

    def loss(self, attentions: Sequence[Any], batch: dict[str, Any]) -> Any:
        """Small where one head sends names to their patches, and one the token before a name that is to be said.

        Shapes: attentions (n, heads, tokens, tokens) a layer; of the batch ids and weights (n, tokens), patch
        (pictures, groups, patches).
        """
        import torch
        from torch.nn.functional import pad

        ids, total = batch["ids"], attentions[0].new_zeros((), dtype=torch.float32)
        said = pad((batch["weights"][:, 1:] > 0).long(), (0, 1))
        for row, group in enumerate(GROUPS):
            shown = torch.full_like(ids, UNSEEN)
            labels = batch["patch"][:, list(PATCH_GROUPS).index(group)].flatten()
            shown[ids == self.image_token] = torch.where(labels > NO_CLASS, labels, UNSEEN)
            named = self.classes[row].to(ids.device)[ids]
            for names, layers in ((named, attentions[:-1]), (pad(named[:, 1:], (0, 1)) * said, attentions[1:])):
                match = (names[:, :, None] == shown[:, None, :]) & (names > NO_CLASS)[:, :, None]
                where = match.any(-1).nonzero()
                if len(where):
                    total = total + _best_head(layers, where, match[where[:, 0], where[:, 1]])
        return total


def _best_head(attentions: Sequence[Any], where: Any, match: Any) -> Any:
    """The loss of the head that does it best. Shapes: where (names, 2), match (names, tokens)."""
    import torch

    sent = [layer[where[:, 0], :, where[:, 1]].float() for layer in attentions]
    share = torch.cat([(rows * match[:, None]).sum(-1) for rows in sent], 1)
    best = share.detach().mean(0).argmax()
    return -(share[:, best] + 1e-4).log().mean()
