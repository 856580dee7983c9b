"""Words that name a shape or a colour learn to look at the patches that show it.

Answers alone teach this late: which patches a word means has to be found by chance first. The patches' own labels tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from training.vlm.concepts import PATCH_GROUPS

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS: Final[tuple[str, ...]] = ("shape", "colour")
# The last layer only has to speak.
LAYERS: Final[int] = 3
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

    def loss(self, attentions: Sequence[Any], ids: Any, patch: Any) -> Any:
        """Small where, for each group, one head sends names to their patches.

        Shapes: attentions (n, heads, tokens, tokens) a layer, ids (n, tokens), patch (pictures, groups, patches).
        """
        import torch

        total = attentions[0].new_zeros((), dtype=torch.float32)
        for row, group in enumerate(GROUPS):
            shown = torch.full_like(ids, UNSEEN)
            labels = patch[:, list(PATCH_GROUPS).index(group)].flatten()
            shown[ids == self.image_token] = torch.where(labels > NO_CLASS, labels, UNSEEN)
            named = self.classes[row].to(ids.device)[ids]
            match = (named[:, :, None] == shown[:, None, :]) & (named > NO_CLASS)[:, :, None]
            where = match.any(-1).nonzero()
            if len(where):
                total = total + _best_head(attentions, where, match[where[:, 0], where[:, 1]])
        return total


def _best_head(attentions: Sequence[Any], where: Any, match: Any) -> Any:
    """The loss of the head that does it best. Shapes: where (names, 2), match (names, tokens)."""
    import torch

    sent = [layer[where[:, 0], :, where[:, 1]].float() for layer in attentions[:LAYERS]]
    share = torch.cat([(rows * match[:, None]).sum(-1) for rows in sent], 1)
    best = share.detach().mean(0).argmax()
    return -(share[:, best] + 1e-4).log().mean()
