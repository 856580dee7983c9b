"""Secrets are taken out of whatever is written down or sent: known values first, then what looks like one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["Redactor"]

REDACTED: Final = "[redacted]"
_SHORTEST: Final = 6
"""Shorter values would hide ordinary words."""
_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_PATTERNS: Final = (
    (re.compile(r"(?<=://)[^/\s:@]{1,200}:[^/\s@]{1,200}(?=@)"), REDACTED),
    (re.compile(r"\b(Bearer|Basic) +[\w.~+/=-]{6,2000}", re.IGNORECASE), rf"\1 {REDACTED}"),
    (
        re.compile(
            r"\b([\w-]{0,40}(?:api_?key|access_?key|token|secret|passw(?:or)?d|signature|credential)[\w-]{0,20})"
            r"(\"?\s?[=:]\s?\"?)[^\s&\"',;]{1,2000}",
            re.IGNORECASE,
        ),
        rf"\1\2{REDACTED}",
    ),
)


class Redactor:
    """Knows the secrets of this process: the environment's, and those it is given."""

    def __init__(self, secrets: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        named = (value for name, value in environment.items() if _NAMES.search(name))
        known = {value for value in (*secrets, *named) if len(value) >= _SHORTEST}
        self._known = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, REDACTED)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def value(self, value: Any) -> Any:
        """The same of every text in a JSON-able value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(name)): self.value(one) for name, one in value.items()}
        return [self.value(one) for one in value] if isinstance(value, (list, tuple)) else value
