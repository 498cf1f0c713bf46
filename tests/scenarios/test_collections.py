"""Groups that are answered from different documents by one worker, and versions of one product."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.supervisor.redis_server import RedisServer
from index.build.build import build
from tests.house import DOCUMENTS, House, words, write_documents, write_questions

pytestmark = pytest.mark.slow

OLD = {name: text.replace("7070", "6060") for name, text in DOCUMENTS.items()}
OFFICE = {
    "leave.md": """# 请假制度

员工怎样请年假。

## 申请年假

在人事系统里提交年假申请，提前 3 个工作日，由直属主管批准。
""",
    "travel.md": """# 差旅报销

出差回来怎样报销。

## 提交报销单

在财务系统里提交报销单，附上发票，15 天内到账。
""",
}
PRODUCT, DESK = "oc_product", "oc_desk"


@pytest.fixture(scope="module")
def house(server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("collections")
    places = {"harbor-1.0": OLD, "harbor-2.0": DOCUMENTS, "office": OFFICE}
    sources: list[dict[str, Any]] = [
        {"path": write_documents(folder / name, pages), "name": name} for name, pages in places.items()
    ]
    sources[0]["version"], sources[1]["version"] = "1.0", "2.0"
    collections = {"product": ["harbor-1.0", "harbor-2.0"], "office": ["office"]}
    questions = write_questions(folder / "questions.jsonl")
    given = {
        "index": {
            "dir": folder / "index",
            "sources": sources,
            "collections": collections,
            "loaded_collections": 2,
            "gate": {"questions": [questions]},
        },
        "groups": {
            PRODUCT: {"collections": ["product"], "language": "zh"},
            DESK: {"collections": ["office"], "language": "zh"},
        },
    }
    house = House(server.url, folder, folder, settings=given)
    build(house.settings)
    with house:
        for chat in (PRODUCT, DESK):
            house.feishu.add_chat(chat)
        yield house


def answer(house: House, text: str, chat: str) -> str:
    return words(house.card(house.ask(text, chat=chat)))


def test_a_group_is_answered_from_its_own_collection(house: House) -> None:
    assert "7070" in answer(house, "Harbor 用什么命令启动服务？", PRODUCT)
    assert "提前 3 个工作日" in answer(house, "怎样申请年假？", DESK)
    assert "提前 3 个工作日" not in answer(house, "怎样申请年假？", PRODUCT)


def test_a_version_that_is_named_is_answered_from_and_told(house: House) -> None:
    newest = answer(house, "Harbor 用什么命令启动服务？", PRODUCT)
    assert "适用于版本 2.0" in newest
    older = answer(house, "Harbor 1.0 用什么命令启动服务？", PRODUCT)
    assert "6060" in older
    assert "7070" not in older
    assert "适用于版本 1.0" in older


def test_no_more_parts_are_kept_than_the_settings_allow(house: House) -> None:
    for text, chat in (
        ("怎样报销差旅？", DESK),
        ("Harbor 1.0 怎么升级？", PRODUCT),
        ("Harbor 怎么升级？", PRODUCT),
    ):
        answer(house, text, chat)
    assert house.process is not None
    assert house.process.knowledge.parts_loaded == 2
