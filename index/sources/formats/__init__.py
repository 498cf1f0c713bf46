"""Bytes of a file -> a title and Markdown, a module for each format."""

from index.sources.formats.by_suffix import SUFFIXES, DocumentText, read

__all__ = ["SUFFIXES", "DocumentText", "read"]
