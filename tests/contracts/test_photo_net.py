"""EfficientNet-Lite0 as a graph: what timm computes of the same weights, made ready in the same way."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ragmm.embedders.photo_net import PhotoNet
from ragmm.errors import ModelError
from ragmm.graphs.efficientnet import efficientnet_graph
from ragmm.graphs.running import GraphRunner
from ragmm.models.torch_file import read_tensors
from ragmm.models.weights_packages import PHOTOS

pytestmark = pytest.mark.skipif(PHOTOS.folder() is None, reason="needs the extra photos")


@pytest.fixture(scope="module")
def weights() -> Path:
    folder = PHOTOS.folder()
    assert folder is not None
    return folder / next(iter(PHOTOS.sha256))


@pytest.fixture(scope="module")
def photographs() -> list[Image.Image]:
    """Two photographs that come with scikit-learn, one of them also narrow."""
    datasets = pytest.importorskip("sklearn.datasets")

    folder = Path(datasets.__file__).parent / "images"
    found = [Image.open(folder / name).convert("RGB") for name in ("china.jpg", "flower.jpg")]
    return [*found, found[0].crop((100, 0, 300, 427))]


def test_the_reader_gives_torchs_tensors(weights: Path) -> None:
    torch = pytest.importorskip("torch")

    theirs = torch.load(weights, weights_only=True)
    ours = read_tensors(weights)
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[name], values.numpy())


def test_the_graph_computes_what_timm_does(weights: Path, photographs: list[Image.Image]) -> None:
    timm, torch = pytest.importorskip("timm"), pytest.importorskip("torch")

    model = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    stored = torch.load(weights, weights_only=True)
    # The same tensors in the same order, under other names.
    model.load_state_dict(dict(zip(model.state_dict(), stored.values(), strict=True)), strict=True)
    ready = timm.data.create_transform(
        input_size=224, interpolation="bicubic", crop_pct=0.875, mean=(127 / 255,) * 3, std=(128 / 255,) * 3
    )
    net = PhotoNet.installed()
    assert net is not None
    for picture in photographs:
        with torch.inference_mode():
            features = model.forward_features(ready(picture)[None])
            scores = model.forward_head(features)[0].numpy()
        sight = net.look(picture)
        np.testing.assert_allclose(sight.scores, scores, atol=1e-3)
        np.testing.assert_allclose(sight.features, features.mean((2, 3))[0].numpy(), atol=1e-3)
        assert sight.chances().sum() == pytest.approx(1, abs=1e-5)


def test_a_graph_of_other_weights_is_not_made(weights: Path) -> None:
    tensors = read_tensors(weights)
    del tensors["_blocks.3._project_conv.weight"]
    with pytest.raises(KeyError):
        efficientnet_graph(tensors)


def test_a_graph_takes_any_size(weights: Path) -> None:
    runner = GraphRunner(efficientnet_graph(read_tensors(weights)))
    features, scores = runner.run(pixels=np.zeros((1, 3, 97, 130), np.float32))
    assert (features.shape, scores.shape) == ((1, 1280), (1, 1000))


def test_another_file_than_the_published_one_is_refused(weights: Path, tmp_path: Path) -> None:
    data = bytearray(weights.read_bytes())
    data[-1000] ^= 1
    (tmp_path / weights.name).write_bytes(data)
    with pytest.raises(ModelError, match="not the published model"):
        PhotoNet(tmp_path).look(Image.new("RGB", (64, 64)))


class Evil:
    """What a pickle can do."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("evil"),)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([Evil()], id="code at once"),
        pytest.param([0x1950A86A20F9469CFC6C, 1001, {}, OrderedDict(a=Evil())], id="code among the tensors"),
        pytest.param([0x1950A86A20F9469CFC6C, 1001, {}, OrderedDict(a=1), []], id="numbers"),
        pytest.param([1, 1001, {}, OrderedDict(), []], id="another format"),
        pytest.param([], id="nothing"),
    ],
)
def test_nothing_but_tensors_is_read(parts: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "model.pth"
    file.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    with pytest.raises(ModelError, match="tensors alone"):
        read_tensors(file)
    assert not (tmp_path / "evil").exists()


def test_a_file_that_is_cut_off_is_refused(weights: Path, tmp_path: Path) -> None:
    data = weights.read_bytes()
    for length in (10, 5_000, 40_000, len(data) - 7):
        file = tmp_path / f"{length}.pth"
        file.write_bytes(data[:length])
        with pytest.raises(ModelError, match="tensors alone"):
            read_tensors(file)
