"""Words that name a shape or a colour learn to look at the patches that show it.

Answers alone teach this late: which patches a word means has to be found by chance first. The patches' own labels tell.
Three kinds of tokens point, each with whichever head does it best: names ("circle"), names behind their colour ("red
circle"), and the token before a name that is to be said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from training.vlm.concepts import PATCH_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GROUPS: Final[tuple[str, ...]] = ("shape", "colour")
NO_CLASS: Final[int] = 0
UNSEEN: Final[int] = -1
# Apart enough that a colour and a shape together make one number.
STRIDE: Final[int] = 100


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
        """Small where every kind of token points at the right patches.

        Shapes: attentions (n, heads, tokens, tokens) a layer; of the batch ids and weights (n, tokens), patch
        (pictures, groups, patches).
        """
        total = attentions[0].new_zeros(()).float()
        for names, shown, layers in self._pointing(attentions, batch):
            match = (names[:, :, None] == shown[:, None, :]) & (names > NO_CLASS)[:, :, None]
            where = match.any(-1).nonzero()
            if len(where):
                total = total + _best_head(layers, where, match[where[:, 0], where[:, 1]])
        return total

    def _pointing(self, attentions: Sequence[Any], batch: dict[str, Any]) -> Iterator[tuple[Any, Any, Sequence[Any]]]:
        """What each token names, what each patch shows, and the layers in which the one may look at the other."""
        from torch.nn.functional import pad

        ids = batch["ids"]
        said = pad((batch["weights"][:, 1:] > 0).long(), (0, 1))
        shape, colour = (self.classes[row].to(ids.device)[ids] for row in range(len(GROUPS)))
        shows, tints = (self._shown(ids, batch["patch"], group) for group in GROUPS)
        for names, shown in ((shape, shows), (colour, tints)):
            yield names, shown, attentions[:-1]
            yield pad(names[:, 1:], (0, 1)) * said, shown, attentions[1:]
        behind = pad(colour[:, :-1], (1, 0))
        both = (behind * STRIDE + shape) * (behind > NO_CLASS) * (shape > NO_CLASS)
        yield both, tints * STRIDE + shows, attentions[1:-1]

    def _shown(self, ids: Any, patch: Any, group: str) -> Any:
        """The class that each token's patch shows; `UNSEEN` for all else. Shape: (n, tokens)."""
        import torch

        shown = torch.full_like(ids, UNSEEN)
        labels = patch[:, list(PATCH_GROUPS).index(group)].flatten()
        shown[ids == self.image_token] = torch.where(labels > NO_CLASS, labels, UNSEEN)
        return shown


def _best_head(attentions: Sequence[Any], where: Any, match: Any) -> Any:
    """The loss of the head that does it best. Shapes: where (names, 2), match (names, tokens)."""
    import torch

    sent = [layer[where[:, 0], :, where[:, 1]].float() for layer in attentions]
    share = torch.cat([(rows * match[:, None]).sum(-1) for rows in sent], 1)
    best = share.detach().mean(0).argmax()
    return -(share[:, best] + 1e-4).log().mean()
