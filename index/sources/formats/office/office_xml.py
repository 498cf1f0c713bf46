"""The parts of an Office file: XML in a zip archive, read without entities and without the network."""

from __future__ import annotations

import posixpath
import re
import zipfile
from functools import cache
from typing import Any

from lxml import etree

from bot.errors import LoadError

Element = Any
"""An lxml element; lxml has no types of its own."""
RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


_STRICT = re.compile(
    rb"http://purl\.oclc\.org/ooxml/(drawingml|wordprocessingml|presentationml|spreadsheetml|officeDocument)"
)
"""Office's "strict" files: the same elements under names of another year."""


def usual_names(part: bytes) -> bytes:
    """A part of a strict file under the names of all others."""
    return (
        _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006", part) if b"purl.oclc.org" in part else part
    )


@cache
def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)


class Parts:
    """An opened archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = set(archive.namelist())

    def xml(self, name: str) -> Element | None:
        """The root of a part; None where there is none. Raises LoadError for what is no XML."""
        if name not in self.names:
            return None
        try:
            raw = self.archive.read(name)
            if b"<!DOCTYPE" in raw[:2000] or b"<!ENTITY" in raw[:2000]:
                raise LoadError(f"{name} declares entities, which Office never does")
            return etree.fromstring(usual_names(raw), _parser())
        except (etree.XMLSyntaxError, zipfile.BadZipFile, OSError, NotImplementedError) as error:
            raise LoadError(f"damaged: {name}: {' '.join(str(error).split())[:120]}") from error

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Relation id -> (last word of its kind, the part or address it leads to) of a part."""
        folder, base = posixpath.split(name)
        root = self.xml(f"{folder}/_rels/{base}.rels".lstrip("/"))
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else ():
            target = str(relation.get("Target") or "")
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = str(relation.get("Type") or "").rpartition("/")[2]
            found[str(relation.get("Id"))] = (kind, target)
        return found

    def title(self) -> str:
        """The title among the document's properties; empty where it names none."""
        root = self.xml("docProps/core.xml")
        found = root.find("{http://purl.org/dc/elements/1.1/}title") if root is not None else None
        return " ".join((found.text or "").split()) if found is not None else ""


def local(element: Element) -> str:
    """An element's name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
