"""XML parsed with nothing that reaches out of the file: no DTD, no entity, no network, no XInclude."""

from __future__ import annotations

from typing import Any

from ragmm.errors import DocumentError

__all__ = ["local_name", "parse_xml"]

Element = Any
"""An lxml element; lxml ships no types."""


def parse_xml(data: bytes, name: str, *, recover: bool = False) -> Element:
    """The root element. Entities that the file defines stay unexpanded and are left out of its text.

    Raises DocumentError where the XML is not well-formed (with `recover`: where nothing of it is).
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=recover,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"{name} is not well-formed XML: {error}") from error
    if root is None:
        raise DocumentError(f"{name} holds no XML element")
    etree.strip_tags(root, etree.Entity)
    return root


def local_name(element: Element) -> str:
    """The tag without its namespace; "" for what is not an element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
