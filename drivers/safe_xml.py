"""XML from whoever sends it: no document types, no entities, bounded in bytes, depth and elements. Pure.

Names are the local part alone: devices get namespaces wrong, change them with the firmware, or do not declare them.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from xml.parsers import expat

MOST_BYTES = 4 * 1024 * 1024
MOST_ELEMENTS = 20_000
MOST_DEPTH = 40


class MalformedXml(ValueError):
    """Not XML, or XML that nobody honest sends; the text is a clause."""


def read_xml(data: bytes, most_bytes: int = MOST_BYTES, most_elements: int = MOST_ELEMENTS) -> ET.Element:
    """The root. Raises MalformedXml."""
    if len(data) > most_bytes:
        raise MalformedXml(f"XML of more than {most_bytes // 1024} KiB")
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MOST_DEPTH:
            raise MalformedXml(f"XML nested more than {MOST_DEPTH} deep")
        if count > most_elements:
            raise MalformedXml(f"XML of more than {most_elements} elements")
        builder.start(_local(name), {_local(key): each for key, each in attributes.items() if key[:5] != "xmlns"})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    def doctype(*_: object) -> None:
        raise MalformedXml("XML with a document type, which is not read")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data.lstrip(b"\r\n\t "), True)
    except MalformedXml:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise MalformedXml("not well-formed XML") from error
    return builder.close()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def child(element: ET.Element | None, *path: str) -> ET.Element | None:
    """The first element at the end of a path of names; None where there is none."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if each.tag == name), None)
    return element


def text(element: ET.Element | None, *path: str) -> str:
    """The text of ``child``, stripped; "" where there is none."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()


def every(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """All elements of a name, wherever they are."""
    return element.iter(name)
