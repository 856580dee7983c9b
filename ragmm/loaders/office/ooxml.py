"""What all Office Open XML files share: the checks before a library opens one, and safe looks into the package."""

from __future__ import annotations

import posixpath
from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.loaders.archive_limits import InflateBudget, SafeZip, open_zip
from ragmm.loaders.office.safe_xml import parse_xml

__all__ = ["check_package", "core_properties", "relations"]

_MARKUP = (".xml", ".rels", ".vml")
_DTD = ("<!DOCTYPE", "<!ENTITY")
_DTD_BYTES = tuple(mark.encode(encoding) for mark in _DTD for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_CORE = "docProps/core.xml"


def check_package(file: Path, name: str) -> dict[str, str]:
    """Inflates the whole package within the limits, refuses any DTD, and gives the document's own properties."""
    with open_zip(file, InflateBudget(name)) as package:
        for member in package.names:
            _check_member(package, member, name)
        return core_properties(package) if _CORE in package else {}


def _check_member(package: SafeZip, member: str, name: str) -> None:
    markup = member.lower().endswith(_MARKUP)
    tail = b""
    for chunk in package.chunks(member):
        if markup and any(mark in tail + chunk for mark in _DTD_BYTES):
            raise DocumentError(
                f"{name} declares a document type or an entity in {member}, which office programs never write "
                "and attacks do; it is not read"
            )
        tail = chunk[-32:]


def core_properties(package: SafeZip) -> dict[str, str]:
    """Title, author, subject, keywords and dates as the document states them."""
    wanted = {
        "title": "title",
        "creator": "author",
        "subject": "subject",
        "keywords": "keywords",
        "created": "created",
        "modified": "modified",
    }
    root = parse_xml(package.read(_CORE), _CORE, recover=True)
    found = {key: (element.text or "").strip() for tag, key in wanted.items() for element in root.iter("{*}" + tag)}
    return {key: value for key, value in found.items() if value}


def relations(package: SafeZip, member: str) -> dict[str, tuple[str, str]]:
    """Relation id to (kind, member name) for the targets inside the package; external ones are left out."""
    folder, base = posixpath.split(member)
    path = posixpath.join(folder, "_rels", base + ".rels")
    if path not in package:
        return {}
    found: dict[str, tuple[str, str]] = {}
    for relation in parse_xml(package.read(path), path, recover=True).iter("{*}Relationship"):
        if relation.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
            found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], target)
    return found
