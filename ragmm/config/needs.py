"""Which models a pipeline will use, and whether they are here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ragmm.config.names import MODEL_ROLES, NONE
from ragmm.config.settings import PhotosName, Pipeline, Route
from ragmm.errors import MissingExtraError, ModelError
from ragmm.models import PROFILES, ModelName, Scheme, Source, Task, describe, find
from ragmm.models.weights_packages import PACKAGES, PHOTOS
from ragmm.optional import OPTIONAL, OptionalPackage
from ragmm.types import MediaKind

__all__ = ["ModelNeed", "model_needs", "package_for", "photos_model", "wants_photos"]

_ROUTE_OF = {"shared": Route.SHARED, "text": Route.TEXT, "caption": Route.TEXT}
_FREE = (Scheme.EXTRACTIVE, Scheme.OPENAI)
"""Nothing has to be on this machine for them."""
_RUN_BY = {
    Scheme.MINI: "open_clip",
    Scheme.OPEN_CLIP: "open_clip",
    Scheme.ST: "sentence_transformers",
    Scheme.HF: "transformers",
    Scheme.OPENAI: "openai",
}


@dataclass(frozen=True, kw_only=True)
class ModelNeed:
    """A model in a role that the pipeline's routes make use of."""

    role: str
    name: str
    present: bool
    download_mb: int = 0
    """Where the profile's table knows it."""
    licence: str = ""
    extra: str = ""
    """The extra that runs it, where that is not installed."""

    @property
    def ready(self) -> bool:
        """Whether it can be used as things are."""
        return self.present and not self.extra

    @property
    def state(self) -> str:
        """In words."""
        return "here" if self.present else "no model is in that folder" if self._folder else "not here"

    @property
    def remedy(self) -> str:
        """What makes it present."""
        if self._folder:
            return f"put the files of a model (config.json, *.safetensors) into {self._folder}, or correct the path"
        return f"ragmm models pull {Scheme.MINI if self.name.partition(':')[2] in PACKAGES else self.name}"

    @property
    def _folder(self) -> str:
        """Where the name is one of a folder."""
        parsed = ModelName.parse(self.name)
        return parsed.target if parsed.is_path or Path(parsed.target).expanduser().is_dir() else ""


def model_needs(pipeline: Pipeline) -> list[ModelNeed]:
    """In the order of the roles; nothing is loaded or fetched."""
    needs = []
    for role in MODEL_ROLES:
        name = getattr(pipeline.models, role)
        route = _ROUTE_OF.get(role)
        if name != NONE and (route is None or route in pipeline.routes):
            needs.append(_need(pipeline, role, name))
    return needs


def wants_photos(pipeline: Pipeline) -> bool:
    """Whether pictures are seen by mini, which knows no photographs, and something else is to look at those."""
    seeing = {Route.SHARED: pipeline.models.shared, Route.TEXT: pipeline.models.caption}
    return pipeline.models.photos is not PhotosName.NONE and Scheme.MINI in {seeing[one] for one in pipeline.routes}


def photos_model(pipeline: Pipeline) -> str:
    """The one that looks at photographs; "" where none does, or its package is not installed."""
    return PHOTOS.revision if wants_photos(pipeline) and PHOTOS.folder() is not None else ""


def _need(pipeline: Pipeline, role: str, name: str) -> ModelNeed:
    known = getattr(PROFILES[pipeline.profile], role)
    size, licence = (known.download_mb, known.licence) if known.name == name else (0, "")
    package = package_for(pipeline, role, name)
    return ModelNeed(
        role=role,
        name=name,
        present=_present(role, name),
        download_mb=size,
        licence=licence,
        extra="" if package is None or package.installed else package.extra,
    )


def _present(role: str, name: str) -> bool:
    parsed = ModelName.parse(name)
    if parsed.of_plugin or parsed.scheme in _FREE:
        return True
    try:
        found = find(name, task=Task.GENERATE if role in {"caption", "vlm"} else Task.EMBED)
        if found.source in {Source.FOLDER, Source.CACHE}:
            from ragmm.models.catalogue import check_weights

            check_weights(found.folder)
        text_model = describe(found.folder).text_model if role == "shared" else None
        if text_model is not None:
            find(ModelName(scheme=Scheme.ST, target=text_model))
    except (ModelError, MissingExtraError):
        return False
    return True


def package_for(pipeline: Pipeline, role: str, name: str) -> OptionalPackage | None:
    """What runs this model in this role; None where ragmm does by itself."""
    parsed, models = ModelName.parse(name), pipeline.models
    plain = str(models.device) in {"auto", "cpu"} and str(models.dtype) in {"auto", "float32"}
    if parsed.of_plugin or parsed.scheme is Scheme.EXTRACTIVE or (parsed.scheme is Scheme.MINI and plain):
        return None
    if parsed.scheme is Scheme.MULTILINGUAL:
        return None
    if parsed.scheme is Scheme.ST and role != "rerank" and plain and _runs_by_itself(parsed):
        return None
    module = _RUN_BY[Scheme(parsed.scheme)]
    return next(one for one in OPTIONAL if one.module == module)


def _runs_by_itself(name: ModelName) -> bool:
    """Whether a text model is one of those that are computed without torch; what is not here is taken not to be."""
    if name.target in PACKAGES:
        return True
    from ragmm.embedders.numpy_bert import NumpyBert

    try:
        folder = find(name, verify=False).folder
        return describe(folder).kinds == {MediaKind.TEXT} and NumpyBert.open(folder) is not None
    except ModelError:
        return False
