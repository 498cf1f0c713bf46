"""Whatever language a command is typed in, it is answered in the language of the chat."""

from __future__ import annotations

import re

import pytest

from bot.config.release import VERSION
from tests.house import House, words

LOG = b"""Traceback (most recent call last):
  File "/srv/harbor/cache.py", line 88, in clear
    raise CacheError("cannot clear the image cache of Harbor")
harbor.errors.CacheError: cannot clear the image cache of Harbor
"""
ENGLISH, CHINESE = "oc_english", "oc_chinese"


@pytest.fixture(scope="module", autouse=True)
def _spoken(house: House) -> None:
    house.card(house.ask("How do I revoke a Harbor access token?", chat=ENGLISH))
    house.card(house.ask("怎么清空 Harbor 的缓存？", chat=CHINESE))


@pytest.mark.parametrize(
    ("command", "english", "chinese"),
    [
        ("/help", "What I can do", "我能做什么"),
        ("/帮助", "What I can do", "我能做什么"),
        ("/status", "Status", "运行状态"),
        ("/重建索引", "only admins", "只有管理员"),
        ("/设置", "Settings of this group", "本群的设置"),
        ("/settings", "Settings of this group", "本群的设置"),
        ("/nonsense", "What I can do", "我能做什么"),
        ("停止", "No answer is being written", "没有正在进行"),
    ],
)
def test_a_command_in_either_language(house: House, command: str, english: str, chinese: str) -> None:
    assert english in house.command(command, chat=ENGLISH)
    assert chinese in house.command(command, chat=CHINESE)


@pytest.mark.slow
def test_one_question_in_another_language_does_not_change_the_chat(house: House) -> None:
    for text in ("怎么安装 Harbor？", "怎么升级 harbor-server？"):
        house.card(house.ask(text, chat=CHINESE))
    asked = house.ask("How do I upgrade Harbor?", chat=CHINESE, user="ou_bob")
    assert "Quoted from the documents" in words(house.card(asked)), "the question's own language"
    assert "我能做什么" in house.command("/help", chat=CHINESE, user="ou_bob")
    assert "为什么这样回答" in house.command("/why", chat=CHINESE, user="ou_bob", reply_to=asked)


@pytest.mark.slow
def test_a_picture_without_words_is_told_of_in_the_language_of_the_chat(house: House) -> None:
    house.card(house.feishu.say("ou_ann", "How do I install Harbor?", chat="p2p"))
    said = words(house.card(house.feishu.post_file("ou_ann", "", b"\x00", kind="audio")))
    assert "I cannot read voice messages" in said
    assert "Received" in said


@pytest.mark.slow
def test_a_log_by_itself_is_answered_in_the_language_of_the_chat_and_does_not_change_it(house: House) -> None:
    house.card(house.feishu.say("ou_bao", "怎么清空 Harbor 的缓存？", chat="p2p"))
    for _ in range(3):
        said = words(house.card(house.feishu.post_file("ou_bao", "harbor.log", LOG)))
        assert re.search("来自文档的回答|没有答案|不在文档范围内", said)
    assert "我能做什么" in house.command("/help", chat="p2p", user="ou_bao")


def test_status_names_the_release_as_the_program_does(house: House) -> None:
    assert f"**Release** {VERSION}" in house.command("/status", chat=ENGLISH)
