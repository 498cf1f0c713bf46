"""Versions: built beside the old one, only what changed is embedded, swapped under running questions."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest
from redis import Redis

from bot.config.settings import Settings, SourceSettings
from bot.errors import IndexBusy, IndexMismatch, IndexMissing
from bot.messages.indexing import reason_in
from bot.redis_keys import INDEX_VERSION
from index.build.build import build
from index.build.report import describe
from index.search.searcher import Searcher
from index.search.versions import Versions, Watcher, open_current, publish
from tests.index_files import MARKDOWN, WordEmbedder, settings_for, write_documents
from tests.waiting import LIMIT, join, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("read_here")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_documents(tmp_path / "handbook")


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> Settings:
    return settings_for(tmp_path, SourceSettings(path=folder))


def test_only_what_changed_is_embedded(settings: Settings, folder: Path) -> None:
    embedder = WordEmbedder()
    first = build(settings, embedder=embedder)
    assert (len(first.added), first.changed, first.removed) == (7, (), ())
    assert first.embedded == len(embedder.embedded)
    (folder / "docs" / "kv_quant.md").write_text(MARKDOWN + "\n## New part\n\nA new fact.\n", "utf-8")
    (folder / "notes.txt").unlink()
    (folder / "extra.md").write_text("# Extra\n\nAnother page.\n", "utf-8")
    embedder.embedded.clear()
    second = build(settings, embedder=embedder)
    assert second.added == ("handbook/extra.md",)
    assert second.changed == ("handbook/docs/kv_quant.md",)
    assert second.removed == ("handbook/notes.txt",)
    assert "A new fact." in embedder.embedded
    assert not any("Quantizing" in text for text in embedder.embedded)
    assert second.version > first.version
    searcher = open_current(settings, WordEmbedder())
    assert searcher.search("new fact", 1)[0].chunk.heading_path[-1] == "New part"
    assert searcher.statistics.documents == 7


def test_nothing_changed_keeps_the_version_and_force_makes_one(settings: Settings) -> None:
    embedder = WordEmbedder()
    first = build(settings, embedder=embedder)
    again = build(settings, embedder=embedder)
    assert (again.version, again.published, again.embedded) == (first.version, False, 0)
    assert "nothing changed" in describe(again, "redis://x")
    assert "documents/s" not in describe(again, "redis://x"), "nothing was read"
    assert build(settings, embedder=embedder, force=True).version != first.version


def test_sources_of_one_name_and_without_a_page_are_told_of(tmp_path: Path) -> None:
    for place in ("a/docs", "b/docs"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "page.md").write_text(f"# Page\n\nWhat {place} says of pipes.\n", "utf-8")
    sources = [SourceSettings(path=tmp_path / place) for place in ("a/docs", "b/docs")]
    nothing = SourceSettings(path=tmp_path / "a", name="guide", include=("**/*.rst",))
    built = build(settings_for(tmp_path, *sources, nothing), embedder=WordEmbedder())
    assert built.notes == (
        "docs: 2 sources have this name, and of pages with one path one hides the other; "
        "give each a `name` under index.sources",
        "guide: no page found; look at its path, `include` and `exclude`",
    )
    assert [reason_in("zh", note).partition(": ")[2][:4] for note in built.notes] == ["有 2 ", "没有找到"]


def test_what_is_passed_over_is_counted_by_why(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    for path, text in {
        "page.md": "# Page\n\nWhat it says of pipes.\n",
        "blank.md": " \n\n",
        "empty.txt": "",
        ".draft.md": "# Draft\n",
        ".secret/page.md": "# Secret\n",
        "node_modules/tool/README.md": "# Tool\n",
        ".git/description": "no one asks for it",
        ".gitignore": "*.pyc\n",
        "drafts/.old.md": "# Old\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    settings = settings_for(tmp_path, SourceSettings(path=folder, exclude=("drafts/**",)))
    first = build(settings, embedder=WordEmbedder())
    assert first.left_out == {"hidden": 2, "tools": 1, "empty": 2}
    assert "left out: 2 hidden, 1 of tools" in describe(first, "redis://x")
    assert build(settings, embedder=WordEmbedder()).left_out == first.left_out, "and at the next build"
    only_here = SourceSettings(path=folder, include=("*.txt",))
    with pytest.raises(IndexMissing, match=r"no page found in path:.* \(left out: 1 empty\); look at"):
        build(settings_for(tmp_path / "other", only_here), embedder=WordEmbedder())


def test_an_index_of_another_bot_is_no_document(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """Told by what it holds, and so is a version that was copied out of one."""
    build(settings, embedder=WordEmbedder())
    around = tmp_path / "around"
    shutil.copytree(settings.index.dir, around / "bots" / "other")
    (version,) = (settings.index.dir / "versions").iterdir()
    shutil.copytree(version, around / "kept")
    (around / "page.md").write_text("# Page\n\nWhat it says of pipes.\n", "utf-8")
    own = settings_for(tmp_path / "new", SourceSettings(path=around))
    built = build(own, embedder=WordEmbedder())
    assert built.added == ("around/page.md",)
    assert built.notes == tuple(
        f"around/{place}/: is an index of Fennel, not documents".replace("/", ": ", 1)
        for place in ("bots/other", "kept")
    )
    assert all("茴香的索引" in reason_in("zh", note) for note in built.notes)
    with pytest.raises(IndexMissing, match="other: is an index of Fennel, not documents"):
        build(settings_for(tmp_path / "third", SourceSettings(path=around / "bots" / "other")))


def test_versions_are_pruned_and_rolled_back(settings: Settings, folder: Path) -> None:
    names = []
    for number in range(4):
        (folder / "notes.txt").write_text(f"Number {number} of the notes.", "utf-8")
        names.append(build(settings, embedder=WordEmbedder()).version)
    versions = Versions(settings.index.dir)
    assert versions.names() == names[2:]
    versions.use(versions.before(versions.current()))
    assert open_current(settings, WordEmbedder()).version == names[2]
    assert "Number 2" in open_current(settings, WordEmbedder()).search("number notes", 1)[0].text
    with pytest.raises(IndexMissing, match="no older version"):
        versions.before(versions.current())
    with pytest.raises(IndexMissing):
        versions.use("../../etc")


def test_a_version_of_another_format_is_built_anew(settings: Settings) -> None:
    first = build(settings, embedder=WordEmbedder())
    manifest = settings.index.dir / "versions" / first.version / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf-8")) | {"format": 0}), "utf-8")
    with pytest.raises(IndexMismatch, match="is of format 0"):
        open_current(settings, WordEmbedder())
    second = build(settings, embedder=WordEmbedder())
    assert second.published
    assert second.embedded == 0
    versions = Versions(settings.index.dir)
    assert [row.version for row in versions.readable()] == [second.version]
    with pytest.raises(IndexMissing, match="no older version"):
        versions.before(second.version)


def test_unreadable_documents_are_told_and_empty_sources_are_an_error(
    settings: Settings, folder: Path
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4")
    report = build(settings, embedder=WordEmbedder())
    assert "broken.pdf" in report.errors[0]
    assert "not read 1: " in describe(report, "redis://x")
    for number in range(12):
        (folder / f"torn{number}.pdf").write_bytes(b"%PDF-1.4")
    told = describe(build(settings, embedder=WordEmbedder()), "redis://x")
    assert "not read 13:\n" in told
    assert all(f"torn{number}.pdf: " in told for number in range(12)), told
    empty = settings_for(folder, SourceSettings(path=folder / "absent"))
    with pytest.raises(IndexMissing, match="absent"):
        build(empty, embedder=WordEmbedder())


def test_two_builds_do_not_meet(settings: Settings) -> None:
    with Versions(settings.index.dir).building(), pytest.raises(IndexBusy):
        build(settings, embedder=WordEmbedder())


def test_a_killed_build_leaves_the_old_version_and_no_rubbish(settings: Settings, folder: Path) -> None:
    first = build(settings, embedder=WordEmbedder())
    left = settings.index.dir / "versions" / ".20990101T000000000-dead.1"
    left.mkdir()
    assert open_current(settings, WordEmbedder()).version == first.version
    (folder / "notes.txt").write_text("Another text.", "utf-8")
    build(settings, embedder=WordEmbedder())
    assert not left.exists()


def test_another_embedder_is_refused_with_the_way_out(settings: Settings) -> None:
    build(settings, embedder=WordEmbedder())
    other = WordEmbedder()
    other.name = "test:other"
    with pytest.raises(IndexMismatch, match="index build"):
        open_current(settings, other)
    rebuilt = build(settings, embedder=other)
    assert rebuilt.published
    assert rebuilt.reused == 0
    with pytest.raises(IndexMissing, match="index build"):
        open_current(settings_for(settings.index.dir / "nowhere"), other)


def test_redis_is_told_and_its_absence_is_survived(settings: Settings, redis: Redis) -> None:
    channel = redis.pubsub(ignore_subscribe_messages=True)
    channel.subscribe("fennel:index")
    report = build(settings, embedder=WordEmbedder(), redis=redis)
    assert report.redis_told
    assert redis.get(INDEX_VERSION.name) == report.version.encode()
    message = wait_for(lambda: channel.get_message(timeout=0.2))
    assert message["data"] == report.version.encode()
    channel.close()
    nobody = Redis(port=1, socket_connect_timeout=0.2)
    assert not publish(report.version, Versions(settings.index.dir), nobody)
    report = build(settings, embedder=WordEmbedder(), redis=nobody)
    assert "does not answer" in describe(report, "redis://x")
    assert "Redis" not in describe(report, "redis://127.0.0.1:6379/0"), "nobody named one: it is not missed"


@pytest.mark.parametrize("with_redis", [True, False])
def test_running_questions_never_fail_while_versions_change(
    settings: Settings, folder: Path, redis: Redis, monkeypatch: pytest.MonkeyPatch, with_redis: bool
) -> None:
    monkeypatch.setattr("index.search.versions.open_embedder", lambda _: WordEmbedder())
    build(settings, embedder=WordEmbedder())
    swapped: list[str] = []
    connection = redis if with_redis else None
    watcher = Watcher(settings, connection, on_swap=lambda searcher: swapped.append(searcher.version)).start()
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.01):
            try:
                assert watcher.searcher.search("安装", 2)
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    versions = []
    for number in range(2):
        (folder / "notes.txt").write_text(f"The secret number is {number}.", "utf-8")
        versions.append(build(settings, embedder=WordEmbedder(), redis=connection).version)
        wait_for(lambda: watcher.searcher.version == versions[-1], "the new version to be in use")
        assert f"number is {number}" in watcher.searcher.search("secret number", 1)[0].text
    stop.set()
    join(*threads)
    watcher.stop()
    assert not failures
    assert swapped == versions


def test_a_version_that_cannot_be_opened_leaves_the_old_one_in_use(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.versions.open_embedder", lambda _: WordEmbedder())
    first = build(settings, embedder=WordEmbedder())
    watcher = Watcher(settings)
    (folder / "notes.txt").write_text("Changed.", "utf-8")
    other = WordEmbedder()
    other.name = "test:other"
    build(settings, embedder=other)
    assert not watcher.check()
    assert watcher.searcher.version == first.version


def test_a_version_that_its_user_refuses_leaves_the_old_one_in_use(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.versions.open_embedder", lambda _: WordEmbedder())
    first = build(settings, embedder=WordEmbedder())

    def refuse(searcher: Searcher) -> None:
        raise IndexMismatch("its gate is of another release")

    watcher = Watcher(settings, on_swap=refuse)
    (folder / "notes.txt").write_text("Changed.", "utf-8")
    build(settings, embedder=WordEmbedder())
    assert not watcher.check()
    assert watcher.searcher.version == first.version


def test_a_disk_that_is_away_for_a_moment_does_not_end_the_watching(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.versions.open_embedder", lambda _: WordEmbedder())
    monkeypatch.setattr("index.search.versions.POLL_SECONDS", 0.01)
    build(settings, embedder=WordEmbedder())
    looked = threading.Semaphore(0)

    def look() -> None:
        looked.release()
        raise OSError("Stale file handle")

    watcher = Watcher(settings, each_look=look).start()
    assert looked.acquire(timeout=LIMIT)
    assert looked.acquire(timeout=LIMIT)
    watcher.stop()


def watched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    monkeypatch.setattr("index.search.versions.open_embedder", lambda _: WordEmbedder())
    monkeypatch.setattr("index.search.versions.AGAIN", 0.01)
    monkeypatch.setattr("index.search.versions.MOST_AGAIN", 0.02)
    monkeypatch.setattr("index.search.versions.POLL_SECONDS", 0.01)
    return Watcher(settings)


def served(watcher: Watcher, version: str) -> None:
    wait_for(lambda: watcher.searcher.version == version)


def test_a_version_that_arrives_after_its_name_is_served_when_it_is_there(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(settings, embedder=WordEmbedder())
    watcher = watched(settings, monkeypatch)
    (folder / "notes.txt").write_text("Changed.", "utf-8")
    second = build(settings, embedder=WordEmbedder()).version
    place = settings.index.dir / "versions" / second
    place.rename(place.with_name(".on-its-way"))
    assert not watcher.check()
    watcher.start()
    try:
        place.with_name(".on-its-way").rename(place)
        served(watcher, second)
    finally:
        watcher.stop()


@pytest.mark.parametrize(
    "file", ["chunks.jsonl", "manifest.json", "ngrams.npy", "text_ids.npy", "texts.faiss"]
)
def test_a_damaged_version_is_refused_and_the_next_one_served(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    first = build(settings, embedder=WordEmbedder()).version
    watcher = watched(settings, monkeypatch).start()
    try:
        (folder / "notes.txt").write_text("Changed.", "utf-8")
        second = build(settings, embedder=WordEmbedder()).version
        served(watcher, second)
        damaged = settings.index.dir / "versions" / second / file
        damaged.write_bytes(damaged.read_bytes()[:-200] + b"\xff{" * 10)
        assert open_current(settings, WordEmbedder()).version == first
        third = build(settings, embedder=WordEmbedder())
        assert third.published
        served(watcher, third.version)
    finally:
        watcher.stop()


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00garbage", b"", b"../../etc/passwd\n", b"x" * 10_000, None, "a folder", "a link to itself"],
)
def test_an_index_whose_current_file_is_garbage_is_served_and_mended(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, content: bytes | str | None
) -> None:
    first = build(settings, embedder=WordEmbedder())
    watcher = watched(settings, monkeypatch)
    current = settings.index.dir / "CURRENT"
    if isinstance(content, bytes):
        current.write_bytes(content)
    else:
        current.unlink()
    if content == "a folder":
        current.mkdir()
    elif content == "a link to itself":
        current.symlink_to(current)
    assert not watcher.check()
    assert open_current(settings, WordEmbedder()).version == first.version
    assert not build(settings, embedder=WordEmbedder()).published
    assert Versions(settings.index.dir).current() == first.version


def test_nothing_that_opening_a_version_raises_ends_the_watching(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(settings, embedder=WordEmbedder())
    watcher = watched(settings, monkeypatch)
    raised = [KeyError("a bug"), MemoryError(), RecursionError()]

    def sometimes(searcher: Searcher) -> None:
        if raised:
            raise raised.pop()

    monkeypatch.setattr(watcher, "_on_swap", sometimes)
    watcher.start()
    try:
        (folder / "notes.txt").write_text("Changed.", "utf-8")
        served(watcher, build(settings, embedder=WordEmbedder()).version)
        assert not raised
    finally:
        watcher.stop()
