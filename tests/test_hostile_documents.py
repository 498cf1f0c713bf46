"""Whatever lies in a folder: the build ends, the good pages are published, the bad ones read or reported."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import documents
from bench.hostile import CODE, KINDS, LONG, question_pairs
from bot.config.settings import Settings, SourceSettings
from bot.errors import IndexUnwritten, LoadError
from index.build.build import build
from index.search.versions import Versions
from index.sources import formats
from index.sources.load import LoadReport, load
from index.sources.question_pairs import pairs_in
from index.sources.reading.messages import ReadingRequest
from index.sources.reading.reader import ReadingLimits, ReadingProcess
from tests.index_files import WordEmbedder, settings_for

pytestmark = pytest.mark.slow

PARTS = 8
SHORT = sorted(KINDS.keys() - LONG)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "good.md").write_text("# Harbor\n\nRun harbor.\n", "utf-8")
    (folder / "z 好.md").write_text("# 安装\n\n运行它。\n", "utf-8")
    return folder


def test_the_bench_builds_every_kind_once_and_the_long_ones_alone() -> None:
    groups = documents._shared(list(KINDS))
    assert sorted(kind for group in groups for kind in group) == sorted(KINDS)
    assert all(len(group) == 1 for group in groups if LONG & set(group))
    many = documents._of_all_formats(list(KINDS))
    assert len(set(many)) == documents.MANY
    assert not LONG & set(many)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_build_ends_with_all_good_pages_and_a_word_on_each_bad_one(
    good: Path, tmp_path: Path, part: int
) -> None:
    wanted = []
    for number, kind in enumerate(SHORT[part::PARTS]):
        place = good / str(number)
        place.mkdir()
        wanted += [f"{number}/{path}" for path in KINDS[kind](place)]
    pairs = question_pairs(tmp_path) if part == 0 else []
    sources = (SourceSettings(path=good), *(SourceSettings(qa=file) for file in pairs))
    try:
        report = build(with_few_chunks(settings_for(tmp_path, *sources)), embedder=WordEmbedder())
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", str(good)], check=True)
    told = "\n".join([*report.errors, *report.notes])
    assert {"docs/good.md", "docs/z 好.md"} <= set(report.added)
    assert [path for path in wanted if f"docs/{path}" not in report.added and path not in told] == []
    for file in pairs:
        assert file.name in told or any(f"/{file.name}/" in path for path in report.added)


def with_few_chunks(settings: Settings) -> Settings:
    """Of a document all is read and split, and little kept: what an index does with it is not the matter."""
    return settings.model_copy(update={"index": settings.index.model_copy(update={"document_chunks": 300})})


def test_a_build_of_source_code_ends_too(good: Path, tmp_path: Path) -> None:
    """What holds no comment is not a document; what is no text is named."""
    (good / "good.py").write_text('"""Harbor runs what you give it to run."""\n', "utf-8")
    for write in CODE.values():
        write(good)
    source = SourceSettings(path=good, code=True)
    report = build(with_few_chunks(settings_for(tmp_path, source)), embedder=WordEmbedder())
    assert "docs/good.py" in report.added
    assert "null.py: 2 bytes are zero" in "\n".join(report.notes)
    assert "program.sh" in "\n".join(report.errors)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("pptx without its slides", "its slides are not in it"),
        ("epub whose pages are away", "no page of its reading order"),
        ("notebook of sheets that are none", ""),
        ("a picture called html", "under the name of a page"),
        ("pptx with a password", "needs a password"),
        ("xlsx that lies about its sizes", "Bad CRC-32"),
        ("epub that is locked", "DRM"),
    ],
)
def test_what_is_said_of_a_bad_document(tmp_path: Path, kind: str, word: str) -> None:
    (name,) = KINDS[kind](tmp_path)
    if not word:
        assert formats.read(Path(name).suffix, (tmp_path / name).read_bytes()).text == ""
        return
    with pytest.raises(LoadError, match=word):
        formats.read(Path(name).suffix, (tmp_path / name).read_bytes())


@pytest.mark.parametrize("kind", ["pptx of an absurd level", "pptx whose slides are one a million times"])
def test_absurd_numbers_change_no_word(tmp_path: Path, kind: str) -> None:
    (name,) = KINDS[kind](tmp_path)
    text = formats.read(Path(name).suffix, (tmp_path / name).read_bytes()).text
    assert text.split() == ["##", "Slide", "1", "-", "words"]


def read(file: Path, reader: ReadingProcess, *, seconds: float = 10.0) -> int:
    """Chunks of a file."""
    request = ReadingRequest(
        "file", "s", file.name, file=str(file), suffix=file.suffix, max_bytes=10**8, seconds=seconds
    )
    return sum(len(one.chunks) for one in reader.read(request).loaded)


def test_a_document_that_takes_its_time_is_cut_off_and_the_next_is_read(good: Path) -> None:
    (good / "long.md").write_text("# a\n\nword\n" * 300_000, "utf-8")
    with ReadingProcess() as reader:
        with pytest.raises(LoadError, match=r"took more than 0 s of work"):
            read(good / "long.md", reader, seconds=0.2)
        assert read(good / "good.md", reader) == 1


def test_a_document_that_takes_all_memory_is_named_and_the_next_is_read(good: Path) -> None:
    (good / "large.txt").write_text("word " * 12_000_000, "utf-8")
    with ReadingProcess(ReadingLimits(memory=100_000_000)) as reader:
        with pytest.raises(LoadError, match=r"more than 100 MB of memory|its reader"):
            read(good / "large.txt", reader)
        assert read(good / "good.md", reader) == 1


def test_a_reader_that_is_killed_is_replaced(good: Path) -> None:
    with ReadingProcess() as reader:
        assert read(good / "good.md", reader) == 1
        assert reader._process is not None
        reader._process.kill()
        reader._process.wait()
        assert read(good / "good.md", reader) == 1
        assert reader.started == 2


def test_the_reader_has_no_secrets_and_ends_with_its_parent(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENNEL_FEISHU__APP_SECRET", "hush")
    with ReadingProcess() as reader:
        read(good / "good.md", reader)
        process = reader._process
        assert process is not None
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert b"hush" not in environment
    assert process.poll() is not None


def test_files_that_come_and_go_while_they_are_read(good: Path) -> None:
    stop = threading.Event()

    def stir() -> None:
        while not stop.is_set():
            for number in range(20):
                (good / f"now{number}.md").write_text("# Now\n\nHere.\n", "utf-8")
            for number in range(20):
                (good / f"now{number}.md").unlink()

    stirring = threading.Thread(target=stir)
    stirring.start()
    try:
        for _ in range(5):
            report = LoadReport()
            paths = {one.path for one in load([SourceSettings(path=good)], good / "clones", report)}
            assert {"good.md", "z 好.md"} <= paths
            assert all("now" in str(error) for error in report.errors)
    finally:
        stop.set()
        stirring.join()


def test_formats_that_are_not_read_are_counted(good: Path) -> None:
    for name in ("a.vsdx", "b.vsdx", "c.key", "Makefile"):
        (good / name).write_bytes(b"?")
    report = LoadReport()
    list(load([SourceSettings(path=good)], good / "clones", report))
    assert report.unread.most_common() == [
        (".vsdx", 2),
        ("files without a suffix", 1),
        (".key", 1),
    ]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file that this process writes grows beyond it, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("limit", [1_000, 200_000])
def test_a_disk_that_takes_no_more_is_told_and_the_version_in_use_stays(
    good: Path, tmp_path: Path, limit: int, read_here: None
) -> None:
    settings = settings_for(tmp_path, SourceSettings(path=good))
    build(settings, embedder=WordEmbedder())
    facts = "\n\n".join(f"fact{number}" * 30 for number in range(1_000))
    (good / "more.md").write_text(f"# More\n\n{facts}", "utf-8")
    with files_of_at_most(limit), pytest.raises(IndexUnwritten):
        build(settings, embedder=WordEmbedder())
    versions = Versions(tmp_path / "index")
    [name] = versions.names()
    assert versions.current() == name
    assert versions.is_whole(name)
    assert [place.name for place in versions.path.iterdir()] == [name]


def test_a_damaged_cache_of_embeddings_is_made_anew(good: Path, tmp_path: Path, read_here: None) -> None:
    settings = settings_for(tmp_path, SourceSettings(path=good))
    build(settings, embedder=WordEmbedder())
    cache = settings.index.dir / "embeddings.sqlite"
    for damage in (b"no database", cache.read_bytes()[:5000] + b"\xff" * 20_000):
        cache.write_bytes(damage)
        (good / "good.md").write_text(f"# Harbor\n\nRun harbor at {time.time()}.\n", "utf-8")
        assert build(settings, embedder=WordEmbedder()).published


def test_half_a_character_in_a_pair_can_be_encoded() -> None:
    raw = b'{"question": "\\ud800 why", "answer": "\\udc00 so", "url": "https://x.example/\\ud801"}'
    (pair,), problems = pairs_in(".jsonl", raw)
    assert (pair.question, pair.answer, pair.url, problems) == (
        "\ufffd why",
        "\ufffd so",
        "https://x.example/\ufffd",
        (),
    )
