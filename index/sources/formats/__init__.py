"""Bytes of a file -> a title and Markdown, a module for each format."""

from index.sources.formats.by_suffix import PICTURE, SUFFIXES, DocumentText, read
from index.sources.formats.code import CODE_SUFFIXES

__all__ = ["CODE_SUFFIXES", "PICTURE", "SUFFIXES", "DocumentText", "read"]
