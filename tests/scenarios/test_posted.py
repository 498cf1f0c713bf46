"""What people post beside words: never silence where the bot is asked, and text is taken where it can be."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from bot import trace
from bot.config.extras import OCR, OCR_COMMAND, is_here
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.scenarios.test_erasing import everything
from worker.jobs import posted as posted_files

pytestmark = pytest.mark.slow

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


def test_nothing_of_a_file_is_kept_but_the_question_made_of_it(house: House) -> None:
    log = f"2026-11-20 09:59:58 INFO user=maria token=PLUM-4711-ONLY-HERE\n{TRACEBACK}"
    posted = house.feishu.post_file("ou_mia", "harbor.log", log.encode())
    house.card(posted)
    house.quiet()
    kept = everything(house)
    assert "cannot clear the image cache of Harbor" in kept, "the question is"
    assert "PLUM-4711" not in kept
    assert "/home/somebody" not in kept


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.md", "# 笔记\n\n怎么清空 Harbor 的镜像缓存？\n"),
        ("notes.txt", "怎么清空 Harbor 的镜像缓存？\n"),
        ("clear.py", '"""Clears the image cache of Harbor."""\nharbor.cache.clear()\n'),
    ],
)
def test_text_and_code_are_read(house: House, name: str, text: str) -> None:
    person = f"ou_{name.replace('.', '_')}"
    assert f"我读了文件《{name}》" in words(house.card(house.feishu.post_file(person, name, text.encode())))
    asked = house.feishu.say(person, "这个怎么弄？", chat="p2p")
    assert "harbor cache clear" in words(house.card(asked))


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


def workbook() -> bytes:
    """An Excel file whose one cell asks."""
    from openpyxl import Workbook

    book, made = Workbook(), io.BytesIO()
    assert book.active is not None
    book.active["A1"] = "cannot clear the image cache of Harbor"
    book.save(made)
    return made.getvalue()


def notebook() -> bytes:
    cell = {"cell_type": "markdown", "metadata": {}, "source": ["cannot clear the image cache of Harbor"]}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def portable(text: str) -> bytes:
    """A PDF of one page with one line, written out by hand."""
    stream = f"BT /F1 18 Tf 40 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(made)
    made += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(made + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("error.pdf", portable("cannot clear the image cache of Harbor")),
        ("error.xlsx", workbook()),
        ("error.ipynb", notebook()),
        ("error.csv", b"step,error\n1,cannot clear the image cache of Harbor\n"),
    ],
)
def test_office_files_and_notebooks_are_read(house: House, name: str, data: bytes) -> None:
    person = f"ou_{name.rpartition('.')[2]}"
    posted = house.feishu.post_file(person, name, data)
    assert f"我读了文件《{name}》" in words(house.card(posted))
    asked = house.feishu.say(person, "这个怎么解决？", chat="p2p")
    house.card(asked)
    facts = trace.read(house.redis, asked)
    assert facts is not None
    assert "cache" in facts["standalone"]


def test_a_file_in_a_quoted_message_is_read(house: House) -> None:
    """A colleague's file in a group, which the bot was not asked about: whoever points at it asks."""
    posted = house.feishu.post_file("ou_bob", "harbor.log", TRACEBACK.encode(), chat="oc_demo")
    house.feishu.wait_for_push(posted)
    asked = house.ask("这个怎么解决？", user="ou_alice", reply_to=posted)
    house.card(asked)
    facts = trace.read(house.redis, asked)
    assert facts is not None
    assert "cannot clear the image cache of Harbor" in facts["question"]


def screenshot() -> bytes:
    """A picture of an error, drawn by the test."""
    drawn = Image.new("RGB", (1000, 160), "white")
    font = ImageFont.load_default(size=30)
    lines = ("Traceback (most recent call last):", "CacheError: cannot clear the image cache of Harbor")
    for number, line in enumerate(lines):
        ImageDraw.Draw(drawn).text((20, 20 + 60 * number), line, font=font, fill="black")
    made = io.BytesIO()
    drawn.save(made, "PNG")
    return made.getvalue()


@pytest.mark.skipif(not is_here(OCR), reason=f"what reads pictures is not installed: {OCR_COMMAND}")
def test_a_screenshot_is_read(house: House) -> None:
    posted = house.feishu.post_file("ou_ocr", "", screenshot(), kind="image")
    house.card(posted)
    facts = trace.read(house.redis, posted)
    assert facts is not None
    assert "clear the image cache" in facts["question"]


def test_without_ocr_a_screenshot_is_named_in_one_sentence(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posted_files, "is_here", lambda module: False)
    shown = words(house.card(house.feishu.post_file("ou_no_ocr", "", screenshot(), kind="image")))
    assert "我还读不了图片" in shown
