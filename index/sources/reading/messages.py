"""What is asked of the reading process and what it answers: one line of JSON each way.

Read here by both sides; index/sources/reading/reader.py is the side that asks, child.py the one that
reads. JSON and no pickle: what comes back was made of foreign documents by libraries that have had holes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from index.text.document import Document
from index.text.split import Chunk


@dataclass(frozen=True)
class ReadingRequest:
    """One file to read, or one document to split."""

    kind: Literal["file", "pairs", "split"]
    source: str
    path: str
    title: str = ""
    """What the navigation calls it; used where the page has no title of its own."""
    url: str = ""
    site: str = ""
    """Web address the source's root is published at; a page's own slug is read below it."""
    numbered: bool = False
    """Whether the site drops numbers that put files in order, see index/sources/addresses.py."""
    updated_at: float = 0.0
    file: str = ""
    """Where the file lies; bytes that are not UTF-8 as Python's surrogates."""
    suffix: str = ""
    """Which reader takes it, lower case, with its dot."""
    max_bytes: int = 0
    seconds: float = 10.0
    """Processor time it may take."""
    most_chunks: int = 3_000
    """Of one document; what is longer is indexed up to there."""
    with_text: bool = True
    """False: documents come back without their text, only as chunks."""
    document: dict[str, Any] | None = None
    """For 'split'."""

    def to_line(self) -> bytes:
        """One line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> ReadingRequest:
        """The reverse."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Loaded:
    """A document and its chunks."""

    document: Document
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class ReadingAnswer:
    """What came of a request."""

    loaded: tuple[Loaded, ...] = ()
    problems: tuple[str, ...] = ()
    """What is to be told of this file although it was read, or of parts of it."""
    error: str = ""
    """Why nothing could be read."""
    last: bool = False
    """The process ends now: it has grown."""
    passing: bool = False
    """Whether the error may be gone the next time although the document is the same."""
    digest: str = ""
    """SHA-256 of the file that was read, in hexadecimal."""

    def to_line(self) -> bytes:
        """One line."""
        rows = [
            {"document": asdict(one.document), "chunks": [asdict(chunk) for chunk in one.chunks]}
            for one in self.loaded
        ]
        told = {
            "loaded": rows,
            "problems": self.problems,
            "error": self.error,
            "last": self.last,
            "passing": self.passing,
            "digest": self.digest,
        }
        return json.dumps(told).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> ReadingAnswer:
        """The reverse. Raises ValueError, KeyError or TypeError for anything else."""
        told = json.loads(line)
        loaded = tuple(
            Loaded(
                Document(**row["document"]),
                tuple(Chunk(**{**one, "heading_path": tuple(one["heading_path"])}) for one in row["chunks"]),
            )
            for row in told["loaded"]
        )
        return cls(
            loaded,
            tuple(map(str, told["problems"])),
            str(told["error"]),
            bool(told["last"]),
            bool(told["passing"]),
            str(told["digest"]),
        )
