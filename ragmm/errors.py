"""Every error ragmm raises.

RagmmError                    exit 1   something failed; the message says what, where and what to do
├── UsageError                exit 2   the call itself is wrong
│   └── ConfigError           exit 2   a pipeline file has an unknown key or a wrong value
├── MissingExtraError         exit 1   an optional package is not installed
├── PluginError               exit 1   a package outside ragmm brings something that cannot be used
├── ModelError                exit 1   a model cannot be found, read or run
│   └── ModelNotFoundError    exit 1   no local folder, bundled, cached or downloadable model of that name
├── DocumentError             exit 1   one document cannot be read (recorded; the run goes on)
│   ├── UnsupportedError               no loader reads this kind of file
│   └── LimitError                     the document exceeds a safety limit
├── CollectionNotFoundError   exit 1   there is no collection of that name
├── DamagedError              exit 20  a live file of the collection is missing or altered
├── ModelMismatchError        exit 21  a space was built with another model than the one given
├── NewerFormatError          exit 22  a newer ragmm wrote this collection
├── StorageError              exit 30  disk full, quota, permission, read-only
│   └── CacheDamagedError     exit 30  cache.db was damaged and is removed; the same command makes it anew
├── MassDeleteError           exit 31  more documents would be deleted than the guard allows
└── WriterBusyError           exit 75  another process is writing to the collection
"""

from __future__ import annotations

__all__ = [
    "CacheDamagedError",
    "CollectionNotFoundError",
    "ConfigError",
    "DamagedError",
    "DocumentError",
    "LimitError",
    "MassDeleteError",
    "MissingExtraError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NewerFormatError",
    "PluginError",
    "RagmmError",
    "StorageError",
    "UnsupportedError",
    "UsageError",
    "WriterBusyError",
]


class RagmmError(Exception):
    """The root: callers that want to catch everything ragmm raises catch this."""

    exit_code: int = 1


class UsageError(RagmmError):
    """The call is wrong: an argument, a combination, a name."""

    exit_code = 2


class ConfigError(UsageError):
    """A pipeline file says something ragmm does not understand."""


class MissingExtraError(RagmmError):
    """An optional package is needed and absent."""

    def __init__(self, package: str, extra: str, purpose: str, advice: str = "") -> None:
        """Without an extra, the package is one that always comes with ragmm."""
        line = advice or (f"pip install 'ragmm[{extra}]'" if extra else "pip install --upgrade ragmm")
        super().__init__(f"{purpose} needs the package {package}, which is not installed; install it with: {line}")
        self.package = package
        self.extra = extra


class PluginError(RagmmError):
    """What another package brings by an entry point cannot be imported, or does not keep the contract."""


class ModelError(RagmmError):
    """A model cannot be found, read or run."""


class ModelNotFoundError(ModelError):
    """No model of that name is here, and downloading is off or failed."""


class DocumentError(RagmmError):
    """One document cannot be read; ingest records it and goes on."""


class UnsupportedError(DocumentError):
    """No loader reads this kind of file."""


class LimitError(DocumentError):
    """The document exceeds a safety limit (pixels, size, members, time, memory)."""


class CollectionNotFoundError(RagmmError):
    """There is no collection at that name or path."""


class DamagedError(RagmmError):
    """A live file of a collection is missing, truncated or altered."""

    exit_code = 20


class ModelMismatchError(RagmmError):
    """A space was built with another model than the one configured."""

    exit_code = 21


class NewerFormatError(RagmmError):
    """The collection was written by a newer ragmm."""

    exit_code = 22


class StorageError(RagmmError):
    """The disk said no: full, quota, permission, read-only."""

    exit_code = 30


class CacheDamagedError(StorageError):
    """What can be made again was damaged, and has been removed: nothing is lost but time."""


class MassDeleteError(RagmmError):
    """More documents would be deleted than the guard allows."""

    exit_code = 31


class WriterBusyError(RagmmError):
    """Another process is writing to this collection."""

    exit_code = 75
