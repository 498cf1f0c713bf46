"""The digest in chat: an admin asks for it, and the admins' group gets one by itself, once."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from bot.supervisor.redis_server import RedisServer
from tests.house import House, words
from worker.learning.digest import send_due


@pytest.mark.slow
def test_an_admin_reads_what_the_group_could_not_get(house: House) -> None:
    house.card(house.ask("How do I revoke a Harbor access token?"))
    house.card(house.ask("团建去哪里的海边住？", user="ou_bob"))
    house.card(house.ask("我们团建住哪个海边？", user="ou_expert"))
    house.card(house.ask("Harbor 的吉祥物是什么颜色？", chat="oc_elsewhere"))
    refused = house.command("/digest", user="ou_alice")
    assert "管理员" in refused or "admins" in refused
    said = html.unescape(house.command("/digest 1d", user="ou_admin"))
    assert "2 × " in said
    assert "团建" in said
    assert "吉祥物" not in said, "another group's questions are not told here"
    wrong = house.command("/digest 一周", user="ou_admin")
    assert "/digest 7d" in wrong


@pytest.mark.slow
def test_the_admins_group_gets_it_by_itself_once(server: RedisServer, index: Path, documents: Path) -> None:
    settings = {"digest": {"chats": ["oc_demo"], "every": "1d"}}
    with House(server.url, index, documents, settings=settings) as house:
        assert house.process is not None
        assert send_due(house.process, begun=0.0) == 1
        assert send_due(house.process, begun=0.0) == 0
        cards = [message.card.card for message in house.feishu.tenant.messages.values() if message.card]
        assert ["最近 7 天的小结" in words(card) for card in cards].count(True) == 1
