"""What nobody could answer, a colleague does; an admin keeps it, and the group is answered from it."""

from __future__ import annotations

import html
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import audit
from bot.feishu.sent_record import Record, SentRecords
from bot.keeping import colleagues
from bot.supervisor.redis_server import RedisServer
from index.build.build import build
from index.sources.confirmed import source_of
from simulator import SentCard
from simulator.local import DEMO_CHAT
from tests.house import House, until, words, write_questions
from tests.waiting import LIMIT
from worker.learning.colleagues import KEY as PROPOSAL

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("read_here")]


class OwnHouse(House):
    """A bot with an indexer and an index of its own."""

    def __init__(self, redis_url: str, folder: Path, documents: Path) -> None:
        questions = write_questions(folder / "questions.jsonl")
        sources = [{"path": documents, "name": "docs", "url": "https://docs.example.com/harbor"}]
        settings = {
            "index": {"dir": folder / "index", "sources": sources, "gate": {"questions": [questions]}},
            "groups": {"default": {"experts": ["ou_expert"], "language": "zh"}},
        }
        super().__init__(redis_url, folder, documents, settings=settings, indexer=True)
        self.redis.flushall()

    def begin(self) -> None:
        build(self.settings, redis=self.redis)
        until(lambda: self.serving)

    @property
    def serving(self) -> str:
        assert self.process is not None
        return self.process.knowledge.serving

    def titled(self, asked: str, title: str) -> SentCard | None:
        """The card in a question's thread with this title."""
        cards = self.feishu.cards(asked)
        return next((card for card in cards if title in words(card)), None)

    def card_titled(self, asked: str, title: str) -> SentCard:
        until(lambda: self.titled(asked, title))
        card = self.titled(asked, title)
        assert card is not None
        return card

    def knows(self, chat: str = DEMO_CHAT) -> bool:
        """Whether the worker answers from an index that holds this group's answers."""
        assert self.process is not None
        return source_of(chat) in self.process.knowledge.sources


@pytest.fixture
def house(server: RedisServer, tmp_path: Path, documents: Path) -> Iterator[OwnHouse]:
    with OwnHouse(server.url, tmp_path, documents) as house:
        house.begin()
        yield house


def said(card: SentCard) -> str:
    return html.unescape(words(card))


def test_an_experts_reply_is_kept_by_an_admin_and_cited(house: OwnHouse) -> None:
    asked = house.ask("Harbor 的镜像签名用哪个密钥？")
    card = house.card(asked)
    house.feishu.click(card.message_id, "🙋 找人帮忙")
    called = house.card_titled(asked, "请求帮助")
    house.feishu.click(called.message_id, "我来回答", user="ou_expert")
    until(lambda: "已接手" in words(house.feishu.cards(asked)[0]))

    house.feishu.say("ou_expert", "哪个版本？", reply_to=asked, in_thread=True)
    house.feishu.say("ou_bob", "我猜是随便一个都可以吧", reply_to=asked, in_thread=True)
    house.feishu.say(
        "ou_expert", "镜像签名用 cosign-prod.key，放在 /etc/harbor/keys 下。", reply_to=asked, in_thread=True
    )
    proposed = house.card_titled(asked, "收录这条解答？")
    house.quiet()
    form = json.dumps(proposed, ensure_ascii=False)
    assert "cosign-prod.key" in form
    assert "哪个版本" not in form, "a question back is no answer"
    assert "随便一个" not in form, "nor is what somebody guesses"
    assert "<at id=ou_admin></at>" in words(proposed), "the group's admin is called"

    refused = house.feishu.click(proposed.message_id, "收录", user="ou_bob")
    assert refused.toast == "你没有权限使用这个按钮。"
    edited = {
        "question": "Harbor 的镜像签名用哪个密钥？",
        "answer": "用 cosign-prod.key（/etc/harbor/keys）。",
    }
    began = time.strftime("%Y-%m-%d")
    house.feishu.click(proposed.message_id, "收录", user="ou_admin", form=edited)
    house.card_titled(asked, "已收录这条解答")
    until(house.knows)

    again = house.ask("镜像签名的密钥是哪个？Harbor", user="ou_bob")
    answer = said(house.card(again))
    assert "cosign-prod.key（/etc/harbor/keys）" in answer
    assert any(f"由同事解答，{day}" in answer for day in (began, time.strftime("%Y-%m-%d")))
    elsewhere = house.ask("Harbor 的镜像签名用哪个密钥？", chat="oc_other")
    assert "cosign" not in said(house.card(elsewhere)), "what one group said is not told in another"
    entry = next(one for one in audit.newest(house.redis, 5) if one["action"] == "keep_answer")
    assert (entry["by"], entry["subject"]) == ("ou_admin", asked)


def test_an_admin_answers_a_message_that_the_bot_ignored(house: OwnHouse) -> None:
    ignored = house.feishu.say("ou_bob", "Harbor 的机房在哪个城市？")
    house.feishu.wait_for_push(ignored)
    refused = house.ask("/answer 在贵阳", user="ou_bob", reply_to=ignored)
    assert "只有管理员和本群的专家" in words(house.card(refused))
    house.ask("/answer 机房在贵阳，灾备在呼和浩特。", user="ou_admin", reply_to=ignored)
    house.card_titled(ignored, "已收录这条解答")
    until(house.knows)
    assert "机房在贵阳" in said(house.card(house.ask("Harbor 的机房在哪个城市")))

    kept = house.card_titled(ignored, "已收录这条解答")
    house.feishu.click(kept.message_id, "移除", user="ou_admin")
    until(lambda: not house.knows())
    assert colleagues.confirmed(house.redis) == {}


def test_a_press_before_the_card_is_noted_is_shown(house: OwnHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    pressed, put = threading.Event(), SentRecords.put

    def late(records: SentRecords, message_id: str, key: str, record: Record) -> None:
        if key == PROPOSAL and record.message_id:
            assert pressed.wait(LIMIT)
        put(records, message_id, key, record)

    monkeypatch.setattr(SentRecords, "put", late)
    ignored = house.feishu.say("ou_bob", "Harbor 的值班电话是多少？")
    house.feishu.wait_for_push(ignored)
    house.ask("/解答 值班电话是 6120。", user="ou_expert", reply_to=ignored)
    proposed = house.card_titled(ignored, "收录这条解答？")
    house.feishu.click(proposed.message_id, "不收录", user="ou_admin")
    house.card_titled(ignored, "没有收录这条解答")
    pressed.set()
    house.quiet()
    assert house.titled(ignored, "没有收录这条解答")


def test_an_experts_answer_waits_for_an_admin(house: OwnHouse) -> None:
    ignored = house.feishu.say("ou_bob", "Harbor 的值班电话是多少？")
    house.feishu.wait_for_push(ignored)
    house.ask("/解答 值班电话是 6120。", user="ou_expert", reply_to=ignored)
    proposed = house.card_titled(ignored, "收录这条解答？")
    assert colleagues.confirmed(house.redis) == {}
    house.feishu.click(proposed.message_id, "不收录", user="ou_admin")
    house.card_titled(ignored, "没有收录这条解答")
    assert not house.knows()


def test_a_recall_takes_the_kept_answer_too(house: OwnHouse) -> None:
    asked = house.ask("Harbor 的发布窗口是周几？")
    house.card(asked)
    house.ask("/answer 发布窗口是每周三晚上。", user="ou_admin", reply_to=asked)
    until(house.knows)
    house.feishu.recall(asked)
    until(lambda: not house.knows())
    assert colleagues.find(house.redis, asked) is None


def test_forgetting_a_colleague_leaves_the_answer_without_a_name(house: OwnHouse) -> None:
    asked = house.ask("Harbor 的备份放在哪个桶？")
    house.card(asked)
    house.ask("/answer 备份放在 harbor-backup-gz 桶。", user="ou_admin", reply_to=asked)
    until(house.knows)
    colleagues.forget(house.redis, "ou_admin")
    [pair] = colleagues.confirmed(house.redis)[DEMO_CHAT]
    assert (pair.by, pair.confirmed_by) == ("", "-")
    assert "harbor-backup-gz" in pair.answer
