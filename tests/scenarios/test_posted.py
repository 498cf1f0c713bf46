"""What people post beside words: never silence where the bot is asked, and text is taken where it can be."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import trace
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words

TRACEBACK = """\
2026-11-20 10:00:01,123 INFO starting
Traceback (most recent call last):
  File "/home/somebody/venv/lib/python3.11/site-packages/harbor/cache.py", line 88, in clear
    raise CacheError("cannot clear the image cache of Harbor")
harbor.errors.CacheError: cannot clear the image cache of Harbor
"""


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    with House(
        server.url, index, documents, settings={"groups": {"default": {"gather_seconds": 0}}}
    ) as house:
        yield house


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("image", "", "图片"),
        ("audio", "", "语音"),
        ("media", "a.mp4", "视频"),
        ("sticker", "", "表情包"),
        ("file", "setup.exe", "setup.exe"),
        ("folder", "logs", "文件夹"),
        ("share_chat", "", "群名片"),
        ("hongbao", "", "hongbao"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_sentence(house: House, kind: str, name: str, said: str) -> None:
    posted = house.feishu.post_file("ou_alice", name, b"\x00\x01", kind=kind)
    shown = words(house.card(posted))
    assert said in shown
    assert "贴出来" in shown
    house.quiet()
    assert len(house.feishu.cards(posted)) == 1


def test_a_log_file_is_boiled_down_to_its_error_and_answered(house: House) -> None:
    posted = house.feishu.post_file("ou_lea", "harbor.log", TRACEBACK.encode())
    house.card(posted)
    facts = trace.read(house.redis, posted)
    assert facts is not None
    assert "cannot clear the image cache of Harbor" in facts["question"]
    assert "/home/somebody" not in facts["question"], "paths of somebody's machine are not searched for"


def test_a_document_is_read_and_can_be_asked_about(house: House) -> None:
    from docx import Document

    document, file = Document(), io.BytesIO()
    document.add_paragraph("Harbor 的镜像缓存，怎么清空")
    document.save(file)
    posted = house.feishu.post_file("ou_max", "notes.docx", file.getvalue())
    assert "我读了文件《notes.docx》" in words(house.card(posted))
    more = house.feishu.say(user="ou_max", text="这个怎么弄？", chat="p2p")
    assert "harbor cache clear" in words(house.card(more))


def test_a_forwarded_chat_is_its_messages(house: House) -> None:
    posted = house.feishu.forward("ou_ned", ("How do I revoke a Harbor access token?",))
    assert "harbor token revoke ci" in words(house.card(posted))


def test_a_pasted_traceback_is_searched_by_its_error(house: House) -> None:
    asked = house.ask(f"这个怎么解决？\n{TRACEBACK}", user="ou_ona")
    house.card(asked)
    facts = trace.read(house.redis, asked)
    assert facts is not None
    assert facts["question"].startswith("这个怎么解决？")
    assert "site-packages" not in facts["question"]


def test_a_picture_in_a_group_that_is_not_for_the_bot_stays_alone(house: House) -> None:
    posted = house.feishu.post_file("ou_pam", "", b"\x89PNG", kind="image", chat="oc_demo")
    house.feishu.wait_for_push(posted)
    until(lambda: trace.reason_ignored(house.redis, posted) == "unreadable_type")
    assert house.feishu.cards(posted) == []
