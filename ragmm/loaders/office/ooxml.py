"""What all Office Open XML files share: the checks before a library opens one, and safe looks into the package."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from pathlib import Path

from lxml import etree

from ragmm.errors import DocumentError
from ragmm.loaders.archive_limits import InflateBudget, SafeZip, open_zip
from ragmm.loaders.office.safe_xml import parse_xml

__all__ = ["check_package", "core_properties", "readable_package", "relations"]

_MARKUP = (".xml", ".rels", ".vml")
_DTD = ("<!DOCTYPE", "<!ENTITY")
_DTD_BYTES = tuple(mark.encode(encoding) for mark in _DTD for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_CORE = "docProps/core.xml"
_RELATIONS = "_rels/.rels"
_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAME = re.compile(re.escape(_STRICT) + rb"(\w+)/")
_RENAMED = {
    b"/2006/extendedProperties": b"/2006/extended-properties",
    b"/2006/customProperties": b"/2006/custom-properties",
    b"/relationships/extendedProperties": b"/relationships/extended-properties",
    b"/relationships/customProperties": b"/relationships/custom-properties",
}


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


_TYPES = "[Content_Types].xml"
_SPECIAL = re.compile(
    rb"application/(?:vnd\.openxmlformats-officedocument\.(wordprocessingml|presentationml)\.(?:template|slideshow)"
    rb"|vnd\.ms-(word|powerpoint)\.(?:document|template|slideshow)\.macroEnabled(?:Template)?)\.main\+xml"
)
_WORD, _SLIDES = (
    b"application/vnd.openxmlformats-officedocument." + kind + b".main+xml"
    for kind in (b"wordprocessingml.document", b"presentationml.presentation")
)
_USUAL = {b"wordprocessingml": _WORD, b"word": _WORD, b"presentationml": _SLIDES, b"powerpoint": _SLIDES}


def readable_package(file: Path, name: str) -> Path | io.BytesIO:
    """What a library can open: the file, or a copy with the names that libraries know: of a "Strict" one, a template, a
    show, or one with macros, which are not run; and without what it names and does not hold.
    """
    with open_zip(file, InflateBudget(name)) as package:
        absent = {member: ids for member in package.names if (ids := _absent(package, member))}
        strict = _RELATIONS in package and _STRICT in package.read(_RELATIONS)
        special = _TYPES in package and _SPECIAL.search(package.read(_TYPES)) is not None
        if not (strict or special or absent):
            return file
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target:
            for member in package.names:
                data = _without(package.read(member), absent.get(member, set()))
                target.writestr(member, _transitional(data) if member.lower().endswith(_MARKUP) else data)
    copy.seek(0)
    return copy


def _absent(package: SafeZip, member: str) -> set[str]:
    """Of a list of relations, those whose target is not in the package; none of a workbook, whose reader leaves out
    sheets that are not there but looks up the relation of each.
    """
    folder, name = posixpath.split(member)
    if posixpath.basename(folder) != "_rels" or not name.endswith(".rels") or name == "workbook.xml.rels":
        return set()
    owner = posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))
    return {key for key, (_, target) in relations(package, owner).items() if target and target not in package}


def _without(markup: bytes, ids: set[str]) -> bytes:
    """A list of relations without some."""
    if not ids:
        return markup
    root = parse_xml(markup, _RELATIONS, recover=True)
    for relation in [one for one in root.iter("{*}Relationship") if one.get("Id", "") in ids]:
        relation.getparent().remove(relation)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _transitional(markup: bytes) -> bytes:
    """The same with the names of the first edition, which differ in their year and in two words."""
    renamed = _STRICT_NAME.sub(rb"http://schemas.openxmlformats.org/\1/2006/", markup)
    for strict, usual in _RENAMED.items():
        renamed = renamed.replace(strict, usual)
    return _SPECIAL.sub(lambda found: _USUAL[found[1] or found[2]], renamed)


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
