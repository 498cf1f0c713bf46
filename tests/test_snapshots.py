"""Versions at an address of their own: put whole, fetched and compared, served where nothing was built."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from bot.config.settings import GateSettings, IndexSettings, Settings, SourceSettings
from bot.errors import ConfigError, IndexDamaged, IndexMissing, IndexUnwritten
from index.build.build import build
from index.search import versions as versions_module
from index.search.store import remote
from index.search.store.remote import HASHES, Snapshots
from index.search.versions import Versions, Watcher, open_current, publish
from tests.index_files import WordEmbedder, write_documents
from tests.waiting import LIMIT
from worker.doctor.index_store import elsewhere_rows

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("read_here")]


@pytest.fixture(params=["memory", "file"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"file://{tmp_path}/bucket"
        return
    yield "memory://bucket/fennel"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return write_documents(tmp_path / "handbook")


def machine(folder: Path, address: str, *sources: Path) -> Settings:
    """Settings of one machine; only one with sources builds."""
    index = IndexSettings(
        dir=folder / "index",
        sources=tuple(SourceSettings(path=source) for source in sources),
        gate=GateSettings(questions=()),
        keep_versions=2,
        snapshots=address,
    )
    return Settings(index=index)


def test_a_machine_that_never_built_serves_what_another_published(
    address: str, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions_module, "open_embedder", lambda _: WordEmbedder())
    monkeypatch.setattr(versions_module, "FETCH_SECONDS", 0.0)
    builder, worker = machine(tmp_path / "a", address, documents), machine(tmp_path / "b", address)
    with pytest.raises(IndexMissing, match="index build"):
        open_current(worker)
    first = build(builder, embedder=WordEmbedder()).version
    watcher = Watcher(worker)
    assert watcher.searcher.version == first
    assert watcher.searcher.search("quant_policy", 1)[0].chunk.path == "docs/kv_quant.md"
    assert not watcher.check()
    (documents / "notes.txt").write_text("Backups run at noon now.", "utf-8")
    second = build(builder, embedder=WordEmbedder()).version
    assert watcher.check()
    assert watcher.searcher.version == second
    assert "noon" in watcher.searcher.search("backups", 1)[0].text
    publish(first, Versions(builder.index.dir), None, builder.index)
    assert watcher.check()
    assert watcher.searcher.version == first
    rows = elsewhere_rows(worker)
    assert [(name, state) for name, state, _, _ in rows] == [("index.snapshots", "good")]
    assert first in rows[0][2]


def test_a_changed_byte_is_refused_and_the_old_version_stays(
    address: str, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions_module, "open_embedder", lambda _: WordEmbedder())
    monkeypatch.setattr(versions_module, "FETCH_SECONDS", 0.0)
    builder, worker = machine(tmp_path / "a", address, documents), machine(tmp_path / "b", address)
    first = build(builder, embedder=WordEmbedder()).version
    watcher = Watcher(worker)
    (documents / "notes.txt").write_text("Backups run at noon now.", "utf-8")
    second = build(builder, embedder=WordEmbedder()).version
    files, root = fsspec.core.url_to_fs(address)
    place = f"{root}/versions/{second}/chunks.jsonl"
    whole = files.cat_file(place)
    files.pipe_file(place, whole.replace(b"noon", b"dawn"))
    with pytest.raises(IndexDamaged, match=r"chunks\.jsonl"):
        Snapshots(address).fetch(second, tmp_path / "c")
    assert not list((tmp_path / "c").iterdir())
    assert not watcher.check()
    assert watcher.searcher.version == first
    files.pipe_file(place, whole)
    assert watcher.check()
    assert watcher.searcher.version == second


def test_half_a_version_is_not_there(address: str, documents: Path, tmp_path: Path) -> None:
    builder = machine(tmp_path / "a", address, documents)
    name = build(builder, embedder=WordEmbedder()).version
    files, root = fsspec.core.url_to_fs(address)
    files.rm_file(f"{root}/versions/{name}/{HASHES}")
    snapshots = Snapshots(address)
    assert snapshots.names() == []
    with pytest.raises(IndexMissing, match=name):
        snapshots.fetch(name, tmp_path / "b")
    snapshots.put(builder.index.dir / "versions" / name)
    assert snapshots.fetch(name, tmp_path / "b").name == name


def test_old_versions_go_and_the_current_one_stays(
    address: str, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions_module, "open_embedder", lambda _: WordEmbedder())
    builder, worker = machine(tmp_path / "a", address, documents), machine(tmp_path / "b", address)
    names = []
    for number in range(4):
        (documents / "notes.txt").write_text(f"Backup number {number}.", "utf-8")
        names.append(build(builder, embedder=WordEmbedder()).version)
        assert open_current(worker).version == names[-1]
    assert Versions(worker.index.dir).names() == names[2:]
    snapshots = Snapshots(address)
    assert snapshots.names() == names[2:]
    assert snapshots.current() == names[3]


@pytest.mark.parametrize("said", [b"../../etc\n", b"..", b"\xff\xfe", b"", b"a" * 500])
def test_a_name_that_could_be_none_is_not_followed(address: str, said: bytes, tmp_path: Path) -> None:
    files, root = fsspec.core.url_to_fs(address)
    files.makedirs(root, exist_ok=True)
    files.pipe_file(f"{root}/CURRENT", said)
    assert Snapshots(address).current() == ""


@pytest.mark.parametrize(
    "listed", [b"[]", b'{"../../evil": {"sha256": "", "bytes": 0}}', b'{"a": 3}', b"\xff"]
)
def test_a_list_of_hashes_is_not_trusted(address: str, listed: bytes, tmp_path: Path) -> None:
    files, root = fsspec.core.url_to_fs(address)
    files.makedirs(f"{root}/versions/v1", exist_ok=True)
    files.pipe_file(f"{root}/versions/v1/{HASHES}", listed)
    with pytest.raises((IndexMissing, IndexDamaged), match="snapshots"):
        Snapshots(address).fetch("v1", tmp_path / "versions")
    assert not (tmp_path / "evil").exists()
    assert not list((tmp_path / "versions").glob("*"))


def test_an_address_that_fsspec_does_not_know_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"index\.snapshots"):
        Snapshots("nowhere://bucket")
    rows = elsewhere_rows(machine(tmp_path, "nowhere://bucket"))
    assert [(name, state) for name, state, _, _ in rows] == [("index.snapshots", "failed")]


class Stalled:
    """A store that stops in the middle of its answers until it is let go on."""

    def __init__(self, files: Any) -> None:
        self.files = files
        self.go_on = threading.Event()
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **how: Any) -> Any:
            self.asked += 1
            assert self.go_on.wait(LIMIT)
            return getattr(self.files, name)(*given, **how)

        return call


class Dripping(io.BytesIO):
    """A file of which each block takes its time."""

    def __init__(self, content: bytes, given_up: threading.Event) -> None:
        super().__init__(content)
        self.given_up = given_up
        self.blocks = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.blocks += 1
        assert self.blocks == 1 or self.given_up.wait(LIMIT)
        return super().read(1)


def test_a_store_that_stops_answering_is_given_up_on_and_asked_again_when_it_goes_on(
    address: str, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = build(machine(tmp_path / "a", address, documents), embedder=WordEmbedder()).version
    snapshots = Snapshots(address)
    stalled = snapshots._files = Stalled(snapshots._files)
    with monkeypatch.context() as patched:
        patched.setattr(remote, "ANSWER_SECONDS", 0.05)
        with pytest.raises(IndexMissing, match=r"did not answer: TimeoutError"):
            snapshots.current()
        calls = (snapshots.names, lambda: snapshots.fetch(version, tmp_path), snapshots.current)
        for call in calls:
            with pytest.raises(IndexMissing, match="a call before this one"):
                call()
        for change in (lambda: snapshots.use("another"), lambda: snapshots.put(tmp_path / "another")):
            with pytest.raises(IndexUnwritten, match="a call before this one"):
                change()
    assert stalled.asked == 1, "no second thread waits for it"
    stalled.go_on.set()
    remote._HANGING.pop(address).join(LIMIT)
    assert snapshots.current() == version


def test_a_file_that_comes_by_the_byte_is_given_up_on_as_a_whole(
    address: str, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = build(machine(tmp_path / "a", address, documents), embedder=WordEmbedder()).version
    snapshots, given_up = Snapshots(address), threading.Event()
    opened = snapshots._files.open

    def slowly(path: str, *given: Any, **how: Any) -> Any:
        return opened(path, *given, **how) if path.endswith(HASHES) else Dripping(b"x" * 99, given_up)

    monkeypatch.setattr(snapshots._files, "open", slowly, raising=False)
    monkeypatch.setattr(remote, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(remote, "LEAST_BYTES_A_SECOND", 1 << 30)
    with pytest.raises(IndexMissing, match="TimeoutError: no answer within"):
        snapshots.fetch(version, tmp_path / "versions")
    assert not list((tmp_path / "versions").glob("*")), "half a version is not left"
    given_up.set()
    remote._HANGING.pop(address).join(LIMIT)
