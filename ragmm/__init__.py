"""ragmm: ask questions over a folder of mixed documents and see the pages, figures and photos the answer rests on.

>>> import ragmm
>>> docs = ragmm.create("docs")                                  # or ragmm.open("docs")
>>> report = docs.ingest(["reports/"])                           # report.failures says what could not be read
>>> hits = docs.search("revenue by region", k=8, modality="figure")
>>> result = docs.query("Which region grew fastest?")            # result.text, .claims, .figures, .hits, .abstained
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ragmm.collection import Collection, Models, create
    from ragmm.collection import open_ as open  # noqa: A004 - ragmm.open reads like the built-in it stands beside
    from ragmm.config import Pipeline, default_pipeline, load_pipeline
    from ragmm.errors import RagmmError
    from ragmm.importing import import_vectors
    from ragmm.pipelines.query.events import ClaimChecked, Done, Event, FigureShown, HitsFound, TextWritten
    from ragmm.pipelines.query.question import Question
    from ragmm.types import Answer, Document, Hit, Item, Modality, QueryResult, Report

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "ClaimChecked",
    "Collection",
    "Document",
    "Done",
    "Event",
    "FigureShown",
    "Hit",
    "HitsFound",
    "Item",
    "Modality",
    "Models",
    "Pipeline",
    "QueryResult",
    "Question",
    "RagmmError",
    "Report",
    "TextWritten",
    "__version__",
    "create",
    "default_pipeline",
    "import_vectors",
    "load_pipeline",
    "open",
]

_HOMES = {
    "ragmm.collection": ("Collection", "Models", "create"),
    "ragmm.config": ("Pipeline", "default_pipeline", "load_pipeline"),
    "ragmm.errors": ("RagmmError",),
    "ragmm.importing": ("import_vectors",),
    "ragmm.pipelines.query.events": ("ClaimChecked", "Done", "Event", "FigureShown", "HitsFound", "TextWritten"),
    "ragmm.pipelines.query.question": ("Question",),
    "ragmm.types": ("Answer", "Document", "Hit", "Item", "Modality", "QueryResult", "Report"),
}
_WHERE = {name: (home, name) for home, names in _HOMES.items() for name in names}
_WHERE["open"] = ("ragmm.collection", "open_")


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used: `import ragmm` costs next to nothing."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, attribute = _WHERE[name]
    return getattr(import_module(home), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
