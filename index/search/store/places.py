"""Where each chunk stands, as numbers: its document, section and page, and what kind of chunk it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.search.store.arrays import Array, Growing, Rows, keep, mapped, spans

CHINESE, BARE, HEADLESS, FAQ = 1, 2, 4, 8
"""Bits of a chunk's kind."""
NAMES = "places.json"


@dataclass(frozen=True)
class DocumentPlace:
    """One document of a version; its chunks stand together."""

    source: str
    path: str
    first: int
    """Row of its first chunk."""
    last: int
    """And of its last."""


class Places:
    """Places of all chunks, mapped."""

    def __init__(self, folder: Path) -> None:
        self._kinds = mapped(folder, "kinds")
        self._documents = mapped(folder, "chunk_documents")
        self._sections = mapped(folder, "chunk_sections")
        self._firsts = mapped(folder, "document_firsts")
        self._pages = mapped(folder, "document_pages")
        self._sources = mapped(folder, "document_sources")
        self._folders = mapped(folder, "document_folders")
        self._by_page = mapped(folder, "page_documents")
        self._page_starts = mapped(folder, "page_starts")
        names: dict[str, list[str]] = json.loads((folder / NAMES).read_text("utf-8"))
        self.sources = tuple(names["sources"])
        self.folders = tuple(names["folders"])
        """Names of sources, and of folders that are projects; lower case."""

    @cached_property
    def chinese_share(self) -> float:
        """Chunks in Chinese as a share of all, 0 where there are none."""
        return float(np.mean((self._kinds & CHINESE) != 0)) if len(self._kinds) else 0.0

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return len(self._pages)

    def is_kind(self, kind: int, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether chunks are of a kind, (rows,)."""
        return np.asarray((self._kinds[rows] & kind) != 0)

    def document(self, rows: Array) -> Rows:
        """Numbers of the chunks' documents."""
        return np.asarray(self._documents[rows], dtype=np.int64)

    def section(self, rows: Array) -> Rows:
        """Numbers of their sections."""
        return np.asarray(self._sections[rows], dtype=np.int64)

    def page(self, rows: Array) -> Rows:
        """Numbers of their pages: copies of one document in several languages share one."""
        return np.asarray(self._pages[self._documents[rows]], dtype=np.int64)

    def range(self, row: int) -> tuple[int, int]:
        """First and last chunk of the document that a chunk is from."""
        document = int(self._documents[row])
        return int(self._firsts[document]), int(self._firsts[document + 1]) - 1

    def rows_of_pages(self, pages: Array, most: int) -> Rows:
        """Chunks of some pages, of each document at most `most`."""
        documents = self._by_page[spans(self._page_starts[pages], self._page_starts[pages + 1])]
        starts = self._firsts[documents]
        return spans(starts, np.minimum(self._firsts[documents + 1], starts + most))

    def in_source(self, rows: Rows, names: set[str]) -> npt.NDArray[np.bool_]:
        """Whether chunks belong to a source or project of these names (lower case), (rows,)."""
        documents = self._documents[rows]
        sources = [number for number, name in enumerate(self.sources) if name in names]
        folders = [number for number, name in enumerate(self.folders) if name in names]
        own = np.isin(self._sources[documents], sources) | np.isin(self._folders[documents], folders)
        return np.asarray(own)


class PlaceWriter:
    """Writes the places of chunks that come document by document."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kinds = Growing(folder, "kinds", np.uint8)
        self._documents = Growing(folder, "chunk_documents", np.int32)
        self._sections = Growing(folder, "chunk_sections", np.int32)
        self.places: list[DocumentPlace] = []
        self._sections_here: dict[Any, int] = {}
        self._section = -1
        self._count = 0

    def add(self, rows: Iterable[tuple[str, str, Any, int]]) -> None:
        """Takes up chunks: source, path, what the chunks of one section share, kind."""
        kinds, documents, sections = [], [], []
        for source, path, section, kind in rows:
            last = self.places[-1] if self.places else None
            if last is None or (last.source, last.path) != (source, path):
                self.places.append(DocumentPlace(source, path, self._count, self._count))
                self._sections_here = {}
            else:
                self.places[-1] = DocumentPlace(source, path, last.first, self._count)
            if section not in self._sections_here:
                self._section += 1
                self._sections_here[section] = self._section
            kinds.append(kind)
            documents.append(len(self.places) - 1)
            sections.append(self._sections_here[section])
            self._count += 1
        self._kinds.add(np.array(kinds, dtype=np.uint8))
        self._documents.add(np.array(documents, dtype=np.int32))
        self._sections.add(np.array(sections, dtype=np.int32))

    def close(self) -> None:
        """Ends what goes chunk by chunk; `places` is whole now."""
        for file in (self._kinds, self._documents, self._sections):
            file.close()

    def finish(self, pages: Rows, sources: list[str], folders: list[str]) -> None:
        """Writes what goes by document: numbers of pages, names of sources and of project folders or ""."""
        firsts = [place.first for place in self.places] + [self._count]
        keep(self._folder, "document_firsts", np.array(firsts, dtype=np.int64))
        keep(self._folder, "document_pages", pages.astype(np.int32))
        keep(self._folder, "page_documents", np.argsort(pages, kind="stable").astype(np.int32))
        counts = np.bincount(pages) if len(pages) else np.empty(0, np.int64)
        keep(self._folder, "page_starts", np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
        names = {}
        for kind, own in (("sources", sources), ("folders", folders)):
            names[kind] = sorted(set(own) - {""})
            numbers = {name: number for number, name in enumerate(names[kind])}
            columns = np.array([numbers.get(name, -1) for name in own], dtype=np.int32)
            keep(self._folder, f"document_{kind}", columns)
        (self._folder / NAMES).write_text(json.dumps(names, ensure_ascii=False), "utf-8")
