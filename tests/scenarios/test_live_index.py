"""What an admin does to the index from chat: a wiki page is edited and its new fact answered; a try; a stop;
back to an older version; and what a source does by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.feishu.library import FeishuLibrary
from bot.redis_keys import REINDEX_CANCELLED
from bot.supervisor.redis_server import RedisServer
from index.build.build import build
from tests.house import until, write_questions
from tests.indexing_house import IndexingHouse
from tests.turned_clock import TurnedClock
from worker.jobs import reindexing
from worker.jobs.timetable import Timetables

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("read_here")]

GUIDE = "# 连接池\nHarbor 的连接池默认大小是 12 个连接。\n# 日志\nHarbor 的日志写在 /var/log/harbor 目录。"
SPACE = "7000000000000000001"
SPACE_URL = "https://acme.feishu.cn"


class WikiHouse(IndexingHouse):
    """A bot that answers from a folder and from a wiki space of the local Feishu."""

    def __init__(self, redis_url: str, folder: Path, documents: Path) -> None:
        sources = [
            {"path": documents, "name": "docs", "url": "https://docs.example.com/harbor"},
            {"feishu_wiki": SPACE, "name": "wiki", "url": SPACE_URL, "every": "1h"},
        ]
        questions = write_questions(folder / "questions.jsonl")
        settings = {
            "index": {"dir": folder / "index", "sources": sources, "gate": {"questions": [questions]}}
        }
        settings["groups"] = {"default": {"language": "zh"}}
        super().__init__(redis_url, folder, documents, settings=settings, indexer=True)
        self.redis.flushall()
        self.shelves = self.feishu.shelves
        self.shelves.spaces[SPACE] = "产品知识库"
        self.shelves.now = lambda: 1_700_000_000  # type: ignore[method-assign]
        self.page = self.shelves.add_page(SPACE, "运维手册", GUIDE)

    def begin(self) -> None:
        """The first build, and the worker that takes it up."""
        build(self.settings, redis=self.redis)
        until(lambda: self.serving)

    def reindexed(self, text: str) -> str:
        """What the card of a /reindex says when all has been done."""
        asked = self.ask(text, user="ou_admin")
        until(lambda: self.shown(asked) and "正在更新索引" not in self.shown(asked))
        return self.shown(asked)


@pytest.fixture
def house(server: RedisServer, tmp_path: Path, documents: Path) -> Iterator[WikiHouse]:
    with WikiHouse(server.url, tmp_path, documents) as house:
        house.begin()
        yield house


def test_an_edited_wiki_page_is_answered_from_after_reindex(house: WikiHouse) -> None:
    secret = house.shelves.add_page(SPACE, "薪酬制度", "只给人事看")
    house.shelves.documents[secret.obj_token].permitted = False
    house.shelves.edit(house.page.obj_token, GUIDE.replace("12 个", "48 个"))
    before = house.current
    tried = house.reindexed("/reindex wiki --dry-run")
    assert "试运行" in tried
    assert "修改 1" in tried
    assert "wiki/运维手册" in tried
    assert house.current == before
    done = house.reindexed("/reindex wiki")
    assert "索引已更新" in done
    assert "修改 1" in done
    assert "薪酬制度: 1770032: 没有权限" in done
    until(lambda: house.serving != before)
    card = json.dumps(house.card(house.ask("Harbor 的连接池默认大小是多少？")), ensure_ascii=False)
    assert "48 个连接" in card
    assert f"{SPACE_URL}/wiki/{house.page.node_token}" in card


def test_sources_and_versions_and_the_way_back(house: WikiHouse) -> None:
    first = house.current
    house.shelves.closed.add(SPACE)
    assert "131006" in house.reindexed("/reindex wiki force")
    said = house.command("/sources", user="ou_admin")
    assert "docs\n" in said.replace("**", "").replace("<br>", "\n")
    assert "1 篇文档" in said
    assert "131006" in said
    assert "自动更新：1h" in said
    second = house.current
    assert first != second
    until(lambda: house.serving == second)
    asked = house.ask("/versions", user="ou_admin")
    until(lambda: house.shown(asked))
    assert house.shown(asked).count("正在使用") == 1
    card = house.feishu.cards(asked)[0].message_id
    house.feishu.click(card, "使用这个版本", user="ou_alice")
    house.quiet()
    assert house.current == second
    house.feishu.click(card, "使用这个版本", user="ou_admin")
    until(lambda: house.serving == first)


def test_a_source_that_is_not_there_is_named_with_those_that_are(house: WikiHouse) -> None:
    said = house.command("/reindex wikki", user="ou_admin")
    assert "没有叫 wikki 的来源" in said
    assert "docs, wiki" in said


def test_a_running_update_can_be_stopped(house: WikiHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    pressed, nodes = threading.Event(), FeishuLibrary.nodes

    def held(library: FeishuLibrary, space: str, parent: str = "") -> Iterator[dict[str, Any]]:
        assert pressed.wait(300)
        return nodes(library, space, parent)

    monkeypatch.setattr(FeishuLibrary, "nodes", held)
    monkeypatch.setattr(reindexing, "PACE", 0.0)
    before = house.current
    house.shelves.edit(house.page.obj_token, GUIDE.replace("12 个", "24 个"))
    asked = house.ask("/reindex", user="ou_admin")
    until(lambda: "取消" in house.shown(asked))
    house.feishu.click(house.feishu.cards(asked)[0].message_id, "取消", user="ou_admin")
    until(lambda: house.redis.exists(REINDEX_CANCELLED.of(asked)))
    pressed.set()
    until(lambda: "更新已取消" in house.shown(asked))
    assert house.current == before


def test_a_source_with_a_timetable_is_read_by_itself(house: WikiHouse) -> None:
    assert house.process is not None
    timetables = Timetables(house.process)
    assert timetables.look() == ()  # it was read a moment ago
    house.shelves.edit(house.page.obj_token, GUIDE.replace("12 个", "96 个"))
    before = house.current
    clock = TurnedClock()
    clock.turn(3700)
    house.process.clock = clock
    assert timetables.look() == ("wiki",)
    assert timetables.look() == ()
    until(lambda: house.current != before)
