"""A bad document, a source that is away, a damaged file: the update ends, says so, and the bot answers on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.supervisor.redis_server import RedisServer
from bot.web.readiness import check_readiness
from index.build.build import build
from index.search.versions import Versions
from tests.house import until, write_documents, write_questions
from tests.indexing_house import IndexingHouse

pytestmark = pytest.mark.slow
READ_HERE = pytest.mark.usefixtures("read_here")

PAGE = "# Ports\n\n## Which port does the Harbor mirror use?\n\nThe Harbor mirror listens on port 8123.\n"
NEW = "# Quota\n\n## How large is a Harbor project?\n\nA Harbor project holds at most 37 GB of images.\n"
ASKS_PORT, ASKS_SIZE = "Which port does the Harbor mirror use?", "How large is a Harbor project?"


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


class BuildingHouse(IndexingHouse):
    """A bot over a folder, a second folder and a repository, its index inside an operator's own checkout."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.docs = write_documents(folder / "docs")
        self.far = write_documents(folder / "far", {"ports.md": PAGE})
        self.origin = write_documents(folder / "origin", {"quota.md": "# Quota\n\nNone so far.\n"})
        git(self.origin, "init", "--quiet", "--initial-branch=main")
        git(self.origin, "add", ".")
        git(self.origin, "commit", "--quiet", "-m", "first")
        self.checkout = folder / "deployment"
        git(folder, "clone", "--quiet", str(self.origin), str(self.checkout))
        (self.checkout / "quota.md").write_text("my own words", "utf-8")
        index = self.checkout / "data" / "index"
        sources = [
            {"path": self.docs, "name": "docs"},
            {"path": self.far, "name": "far"},
            {"git": f"file://{self.origin}", "name": "repository"},
        ]
        questions = write_questions(folder / "questions.jsonl")
        settings = {"index": {"dir": index, "sources": sources, "gate": {"questions": [questions]}}}
        settings["groups"] = {"default": {"language": "en"}}  # type: ignore[dict-item]
        super().__init__(redis_url, folder, self.docs, settings=settings, indexer=True)
        self.redis.flushall()

    def reindexed(self, asked: str = "") -> str:
        """What the card of a /reindex says when all has been done."""
        asked = asked or self.ask("/reindex", user="ou_admin")
        until(lambda: self.shown(asked) and "Updating the index" not in self.shown(asked))
        until(lambda: self.serving == self.current)
        return self.shown(asked)

    def answer(self, question: str) -> str:
        return json.dumps(self.card(self.ask(question)), ensure_ascii=False)


@pytest.fixture
def house(server: RedisServer, tmp_path: Path) -> Iterator[BuildingHouse]:
    with BuildingHouse(server.url, tmp_path) as house:
        build(house.settings, redis=house.redis)
        until(lambda: house.serving)
        yield house


def test_bad_documents_are_named_and_the_good_one_beside_them_is_answered(house: BuildingHouse) -> None:
    (house.docs / "broken.docx").write_bytes(b"PK\x03\x04 no document")
    (house.docs / "empty.docx").write_bytes(b"")
    (house.docs / "deep.html").write_text("<div>" * 9000 + "deep" + "</div>" * 9000, "utf-8")
    (house.docs / "comments.md").write_text("<!--" * 60_000, "utf-8")
    (house.docs / "headings.md").write_text("".join(f"# a{n}\n" for n in range(1_500)), "utf-8")
    odd = os.fsdecode("文档.md".encode("gbk"))
    (house.docs / odd).write_text("# Odd\n\nA name in GBK.\n", "utf-8")
    (house.docs / "size.md").write_text(NEW, "utf-8")
    said = house.reindexed()
    assert "broken.docx" in said
    assert "37 GB" in house.answer(ASKS_SIZE)


@READ_HERE
def test_a_folder_that_is_away_is_answered_from_and_named(house: BuildingHouse) -> None:
    shutil.move(house.far, house.far.with_name("elsewhere"))
    (house.docs / "size.md").write_text(NEW, "utf-8")
    assert "far" in house.reindexed()
    assert "8123" in house.answer(ASKS_PORT), "what it held stays"
    assert "37 GB" in house.answer(ASKS_SIZE), "the others were read"
    assert "far" in house.command("/status", user="ou_admin")


@READ_HERE
def test_an_update_that_would_remove_most_asks_and_an_admin_of_all_says_yes(house: BuildingHouse) -> None:
    before = house.current
    for file in house.docs.rglob("*.md"):
        file.unlink()
    (house.docs / "size.md").write_text(NEW, "utf-8")
    asked = house.ask("/reindex", user="ou_admin")
    assert "documents are gone" in house.reindexed(asked)
    assert house.current == before
    card = house.feishu.cards(asked)[-1].message_id
    house.feishu.click(card, "Remove them and publish", user="ou_alice")
    house.quiet()
    assert house.current == before, "she is no admin"
    house.feishu.click(card, "Remove them and publish", user="ou_admin")
    until(lambda: house.current != before)
    until(lambda: house.serving == house.current)
    assert "37 GB" in house.answer(ASKS_SIZE)


@READ_HERE
def test_a_clone_damaged_by_a_power_cut_is_made_anew_and_the_checkout_around_it_stays(
    house: BuildingHouse,
) -> None:
    (head,) = house.settings.index.dir.rglob(".git/HEAD")
    head.write_bytes(b"")
    (house.origin / "quota.md").write_text(NEW, "utf-8")
    git(house.origin, "commit", "--quiet", "--all", "-m", "second")
    house.reindexed()
    assert "37 GB" in house.answer(ASKS_SIZE)
    assert (house.checkout / "quota.md").read_text("utf-8") == "my own words"


@READ_HERE
@pytest.mark.parametrize("damage", ["garbage", "missing", "before its version", "a damaged line"])
def test_after_a_damaged_version_the_next_one_is_served(house: BuildingHouse, damage: str) -> None:
    index, good = house.settings.index.dir, house.current
    current = index / "CURRENT"
    if damage == "garbage":
        current.write_bytes(b"\xff\xfe\x00 garbage")
    elif damage == "missing":
        current.unlink()
    elif damage == "before its version":
        current.write_text("20990101T000000-000000\n", "utf-8")
    else:
        folder = Versions(index).path / good
        broken = folder.with_name("20990101T000000-broken")
        shutil.copytree(folder, broken)
        (broken / "chunks.jsonl").write_text('{"no": "chunk"\n', "utf-8")
        current.write_text(f"{broken.name}\n", "utf-8")
    assert "8123" in house.answer(ASKS_PORT), "the version in use goes on answering"
    assert house.serving == good
    (house.docs / "size.md").write_text(NEW, "utf-8")
    house.reindexed()
    assert house.serving != good
    assert "37 GB" in house.answer(ASKS_SIZE)
    until(lambda: check_readiness(house.redis).index_version == house.serving)
