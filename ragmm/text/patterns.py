"""Regular expressions that are compiled when they are first used.

A process that answers one question imports hundreds and uses a few; compiling all took a tenth of its time.
"""

from __future__ import annotations

import re
from typing import Any, cast

__all__ = ["late"]


class _Late:
    """Has the attributes of a compiled pattern, each from when it is first asked for."""

    def __init__(self, pattern: str, flags: re.RegexFlag) -> None:
        self._pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        # The module keeps what it compiled last, and each method is taken from it once.
        found = getattr(re.compile(self._pattern, self._flags), name)
        setattr(self, name, found)
        return found


def late(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """What `re.compile` would give, but for its type: to be used by its methods, not handed to the module `re`."""
    return cast("re.Pattern[str]", _Late(pattern, flags))
