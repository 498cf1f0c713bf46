"""Candidates from a Milvus server: for indexes that one machine's FAISS is too small or too slow for.

A version is a pair of collections: its chunks, each with its vector and its words (dense and BM25 in one
hybrid search), and its headings and titles with their vectors. Words go over as the numbers they have in the
version's vocabulary, so that the server's analyzer cuts nothing that Fennel's own keeps whole. The alias
names the version in use for whoever else looks; a question is answered from its own version's collections.
What is found is measured as always, from the version's folder, which stays on the worker's disk.

`pymilvus` is an extra and takes a second to import, so it is loaded when a store is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

import numpy as np
import structlog

from bot.config.extras import what_to_install
from bot.config.settings import MilvusSettings
from bot.errors import ConfigError, EngineUnavailable, IndexMismatch
from index.search.store.arrays import Array, Rows, Scores
from index.search.store.vectors import VectorFacts

log = structlog.get_logger(__name__)

_BATCH = 500
_MOST_BYTES = 60_000
"""Of one chunk's words; a field holds 65,535."""
_K1, _B = 1.2, 0.75
_GRAPH = {"M": 16, "efConstruction": 200}
"""HNSW's: neighbours of a vector, and how many are looked at when one is added."""
LEAST_LOOKED_AT = 256
"""Vectors that a search for fewer looks at: 64, a server's own, miss one in seven of the ten nearest."""


class StoreVectors(Protocol):
    """Vectors that go over."""

    @property
    def facts(self) -> VectorFacts: ...

    def blocks(self) -> Iterator[Scores]:
        """All of them in order, block by block."""
        ...


class MilvusStore:
    """A Milvus server and what Fennel keeps in it."""

    def __init__(self, settings: MilvusSettings) -> None:
        """Raises ConfigError without pymilvus, EngineUnavailable when the server does not answer."""
        try:
            import pymilvus
        except ImportError as error:
            raise ConfigError(what_to_install("pymilvus")) from error
        self._milvus: Any = pymilvus
        self._settings = settings
        self._client: Any = None
        self._client = self._asked(
            pymilvus.MilvusClient,
            uri=settings.url,
            token=settings.token.get_secret_value(),
            db_name=settings.database,
            timeout=settings.timeout,
        )

    def close(self) -> None:
        """Closes the connection."""
        self._client.close()

    def server(self) -> str:
        """What the server says of its version. Raises EngineUnavailable."""
        return str(self._call("get_server_version", timeout=self._settings.timeout))

    def add(
        self, version: str, vectors: StoreVectors, strings: StoreVectors, words: Iterable[Sequence[int]]
    ) -> None:
        """Makes a version's collections; `words`: of each chunk in order, the numbers of its terms.

        What a killed build left of this version is made anew. Raises EngineUnavailable.
        """
        self.drop(version)
        rest = iter(words)
        for name, own, texts in (
            (self._chunks(version), vectors, lambda count: [_spelt(one) for one in islice(rest, count)]),
            (self._strings(version), strings, None),
        ):
            self._create(name, own.facts.dimensions, with_words=texts is not None)
            self._fill(name, own, texts)
        log.info("milvus_version_made", version=version)

    def use(self, version: str) -> None:
        """Points the aliases at a version. Raises EngineUnavailable."""
        alias = self._settings.collection
        method = "alter_alias" if self.in_use() else "create_alias"
        for name, own in ((alias, self._chunks(version)), (f"{alias}_strings", self._strings(version))):
            self._call(method, collection_name=own, alias=name)

    def in_use(self) -> str:
        """The collection that the alias names; empty for none. Raises EngineUnavailable."""
        for name in self.collections():
            if self._settings.collection in self._call("list_aliases", collection_name=name).get(
                "aliases", []
            ):
                return name
        return ""

    def drop(self, version: str) -> None:
        """Removes a version's collections where they are. Raises EngineUnavailable."""
        for name in (self._chunks(version), self._strings(version)):
            if self._call("has_collection", name):
                self._call("drop_collection", name)

    def collections(self) -> list[str]:
        """Names of the collections that hold a version's chunks. Raises EngineUnavailable."""
        names = self._call("list_collections")
        start = f"{self._settings.collection}_v"
        return sorted(name for name in names if name.startswith(start) and name.endswith("_chunks"))

    def keep_only(self, versions: Iterable[str]) -> list[str]:
        """Drops every version but these; names of the collections that went. Raises EngineUnavailable."""
        wanted = {self._chunks(version) for version in versions}
        used = self.in_use()
        old = [name for name in self.collections() if name not in wanted and name != used]
        for name in old:
            for own in (name, name.removesuffix("_chunks") + "_strings"):
                self._call("drop_collection", own)
        return old

    def opened(self, version: str) -> MilvusCandidates:
        """A version to be searched. Raises IndexMismatch when it is not there, EngineUnavailable."""
        for name in (self._chunks(version), self._strings(version)):
            if not self._call("has_collection", name):
                raise IndexMismatch(
                    f"Milvus at {self._settings.url} has no {name}; run `python -m index build --force`"
                )
            self._call("load_collection", name)
        return MilvusCandidates(self, self._chunks(version), self._strings(version))

    def hybrid(
        self, collection: str, vector: Scores, words: Sequence[int], nearest: int, by_words: int
    ) -> Rows:
        """The `nearest` rows by vector and the best `by_words` by words, in one request, each once.

        Nobody ranks by the order that the server gives them, so it is asked for no more than is wanted.
        """
        if not words or not by_words:
            return self.nearest(collection, vector, nearest)
        request = self._milvus.AnnSearchRequest
        requests = [
            request([vector.tolist()], "vector", _nearest(nearest), limit=nearest),
            request([_spelt(words)], "sparse", {"metric_type": "BM25"}, limit=by_words),
        ]
        hits = self._call(
            "hybrid_search",
            collection,
            requests,
            self._milvus.RRFRanker(),
            limit=nearest + by_words,
            timeout=self._settings.timeout,
        )
        return _rows(hits)

    def nearest(self, collection: str, vector: Scores, count: int) -> Rows:
        """The `count` rows whose vectors are nearest."""
        hits = self._call(
            "search",
            collection,
            [vector.tolist()],
            anns_field="vector",
            limit=count,
            search_params=_nearest(count),
            timeout=self._settings.timeout,
        )
        return _rows(hits)

    def _create(self, name: str, dimensions: int, *, with_words: bool) -> None:
        kinds, client = self._milvus.DataType, self._client
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", kinds.INT64, is_primary=True)
        schema.add_field("vector", kinds.FLOAT_VECTOR, dim=dimensions)
        indexes = client.prepare_index_params()
        indexes.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
        if with_words:
            schema.add_field("words", kinds.VARCHAR, max_length=65_535, enable_analyzer=True)
            schema.add_field("sparse", kinds.SPARSE_FLOAT_VECTOR)
            bm25 = self._milvus.FunctionType.BM25
            schema.add_function(
                self._milvus.Function(
                    name="bm25",
                    function_type=bm25,
                    input_field_names=["words"],
                    output_field_names=["sparse"],
                )
            )
            settings = {"bm25_k1": _K1, "bm25_b": _B}
            indexes.add_index(
                "sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=settings
            )
        self._call("create_collection", name, schema=schema, index_params=indexes)

    def _fill(self, collection: str, vectors: StoreVectors, texts: Callable[[int], list[str]] | None) -> None:
        row = 0
        for block in vectors.blocks():
            for start in range(0, len(block), _BATCH):
                own = block[start : start + _BATCH]
                rows: list[dict[str, Any]] = [
                    {"row": row + place, "vector": vector.tolist()} for place, vector in enumerate(own)
                ]
                for one, text in zip(rows, texts(len(own)) if texts else [], strict=texts is not None):
                    one["words"] = text
                self._call("insert", collection, rows)
                row += len(own)
        self._call("flush", collection)

    def _chunks(self, version: str) -> str:
        return f"{self._settings.collection}_v{re.sub(r'[^A-Za-z0-9]', '_', version)}_chunks"

    def _strings(self, version: str) -> str:
        return f"{self._chunks(version).removesuffix('_chunks')}_strings"

    def _call(self, method: str, *args: Any, **named: Any) -> Any:
        return self._asked(getattr(self._client, method), *args, **named)

    def _asked(self, act: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """What the server answers. Raises EngineUnavailable."""
        import grpc

        try:
            return act(*args, **named)
        except (self._milvus.MilvusException, grpc.RpcError, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise EngineUnavailable(
                f"index.milvus.url: Milvus at {self._settings.url} did not answer: {reason}"
            ) from error


class MilvusCandidates:
    """One version's collections, searched. Safe to use from many threads."""

    def __init__(self, store: MilvusStore, chunks: str, strings: str) -> None:
        self._store = store
        self._chunks = chunks
        self._strings = strings

    def chunks(self, vector: Scores, words: Sequence[int], nearest: int, by_words: int = 0) -> Rows:
        """Chunks that are nearest, and best by words. Raises EngineUnavailable."""
        return self._store.hybrid(self._chunks, vector, words, nearest, by_words)

    def strings(self, vector: Scores, count: int) -> Rows:
        """Headings and titles that are nearest. Raises EngineUnavailable."""
        return self._store.nearest(self._strings, vector, count)


def _nearest(count: int) -> dict[str, Any]:
    """How the nearest vectors are searched; a search for more must look at as many."""
    return {"metric_type": "IP", "params": {"ef": max(count, LEAST_LOOKED_AT)}}


def _rows(hits: Any) -> Rows:
    found = hits[0] if hits else []
    return np.array([int(hit["row"] if "row" in hit else hit["id"]) for hit in found], dtype=np.int64)


def _spelt(words: Sequence[int] | Array) -> str:
    """Numbers of terms as words that every analyzer leaves whole."""
    text = " ".join(f"w{int(number)}" for number in words)
    if len(text) <= _MOST_BYTES:
        return text
    return text[: text.rindex(" ", 0, _MOST_BYTES)]
