"""A document: the one shape that every source is read into and that chunks are cut from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Document:
    """One page of one source, as Markdown."""

    source: str
    path: str
    """Relative to the source's root, with forward slashes."""
    title: str
    text: str
    url: str
    """Web address; empty where the source has none."""
    language: Literal["zh", "en"]
    updated_at: float
    """Unix seconds; 0 when unknown."""
    digest: str
    """SHA-256 of what was read; equal digests mean an unchanged document."""
