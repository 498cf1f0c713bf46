"""Finds passages: dense and lexical halves, fusion, reranking, and the version on disk they search."""

from index.search.searcher import Lookup, Passage, Searcher

__all__ = ["Lookup", "Passage", "Searcher"]
