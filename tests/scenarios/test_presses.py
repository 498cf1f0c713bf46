"""What people do with an answer: press, press again, press what is not theirs, and take it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import audit
from bot.cards.presses import Press, PressSigner
from bot.supervisor.redis_server import RedisServer
from simulator import SentCard
from simulator.pushes import payloads
from tests.house import House, until, words
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.jobs import kept_answers as answers
from worker.jobs.pressing import Presses
from worker.runner import runner

SLOW_REPLY = " ".join(f"Sentence {number}: run `harbor token revoke ci` [1]." for number in range(40))


@pytest.fixture
def answered(house: House) -> tuple[str, SentCard]:
    """A question of Alice's and its card."""
    asked = house.ask("How do I create a Harbor token?")
    return asked, house.card(asked)


def state(house: House, asked: str) -> answers.Kept:
    kept = answers.find(house.redis, asked)
    assert kept is not None
    return kept


def value_of(card: SentCard, kind: Press) -> dict[str, Any]:
    """The signed value behind one of a card's buttons."""

    def values(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if node.get("type") == "callback":
                yield node["value"]
            for inner in node.values():
                yield from values(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from values(inner)

    return next(value for value in values(card) if value["kind"] == kind)


def signed(house: House, kind: Press, asked: str) -> dict[str, Any]:
    """A genuine value, as a card in a private chat or of an earlier release carries it."""
    assert house.process is not None
    assert house.process.signer is not None
    return house.process.signer.sign(kind, asked, "ou_alice")


def press(house: House, card: SentCard, value: object, user: str = "ou_alice", times: int = 1) -> str:
    """Pushes one press as Feishu would, whatever its value, `times` times; the toast that comes back."""
    event = {
        "operator": {"open_id": user, "tenant_key": "t"},
        "token": "c-token",
        "action": {"value": value, "tag": "button", "form_value": {}},
        "context": {"open_message_id": card.message_id, "open_chat_id": "oc_demo"},
    }
    feishu = house.feishu
    pushed = payloads.envelope(feishu.app, feishu.clock, "card.action.trigger", event)
    for _ in range(times):
        _, attempt = feishu.pushes.call_back(pushed)
    return str(json.loads(attempt.body)["toast"]["content"])


def called(house: House, asked: str) -> SentCard:
    """The card that experts are called to."""
    until(lambda: any("I will take it" in words(card) for card in house.feishu.cards(asked)))
    return next(card for card in house.feishu.cards(asked) if "I will take it" in words(card))


def calm(house: House, unchanged: Callable[[], object]) -> object:
    """What a thing is once every job has ended."""
    house.quiet()
    return unchanged()


@pytest.mark.slow
def test_forged_values_do_nothing(house: House, answered: tuple[str, SentCard]) -> None:
    asked, card = answered
    genuine = signed(house, Press.RECALL, asked)
    forged = [
        {**genuine, "asker": "ou_bob"},
        {**genuine, "message_id": "om_other"},
        {**value_of(card, Press.HELPFUL), "kind": "recall"},
        PressSigner("another secret").sign(Press.RECALL, asked, "ou_bob"),
        {"kind": "recall", "message_id": asked, "asker": "ou_bob"},
        {},
        "recall",
        ["recall"],
    ]
    for value in forged:
        assert press(house, card, value, user="ou_bob") == "这个按钮已经失效。"
    assert calm(house, lambda: len(house.feishu.cards(asked))) == 1


def test_the_wrong_person_is_told_so(house: House, answered: tuple[str, SentCard]) -> None:
    asked, card = answered
    recall = signed(house, Press.RECALL, asked)
    assert press(house, card, recall, user="ou_bob") == "你没有权限使用这个按钮。"
    house.feishu.click(card.message_id, "🙋 Ask a human")
    take = value_of(called(house, asked), Press.TAKE)
    assert press(house, card, take, user="ou_alice") == "你没有权限使用这个按钮。"
    assert calm(house, lambda: str(state(house, asked).state.human)) == "asked"


def test_experts_are_called_by_a_message_and_once(house: House, answered: tuple[str, SentCard]) -> None:
    """Feishu notifies nobody whom a changed card mentions."""
    asked, card = answered
    value = value_of(card, Press.ASK_HUMAN)
    for _ in range(2):
        press(house, card, value, times=2)
    until(lambda: str(state(house, asked).state.human) == "asked")
    calm(house, lambda: None)
    others = [reply for reply in house.feishu.cards(asked) if reply.message_id != card.message_id]
    assert [words(reply).count("<at id=ou_expert></at>") for reply in others] == [1]


@pytest.mark.slow
def test_a_press_that_comes_too_late_changes_nothing(house: House, answered: tuple[str, SentCard]) -> None:
    asked, card = answered
    house.feishu.click(card.message_id, "🙋 Ask a human")
    take = value_of(called(house, asked), Press.TAKE)
    resolve = value_of(called(house, asked), Press.RESOLVE)
    press(house, card, take, user="ou_expert")
    until(lambda: state(house, asked).state.taken_by == "ou_expert")
    press(house, card, resolve)
    until(lambda: str(state(house, asked).state.human) == "resolved")
    press(house, card, take, user="ou_expert")
    press(house, card, value_of(card, Press.ASK_HUMAN))
    assert calm(house, lambda: str(state(house, asked).state.human)) == "resolved"
    assert "Resolved by <at id=ou_expert></at>" in words(house.card(asked))


def test_feedback_is_one_entry_a_person_and_the_last_reason_stays(
    house: House, answered: tuple[str, SentCard]
) -> None:
    asked, card = answered
    value = value_of(card, Press.NOT_HELPFUL)
    for user in ("ou_alice", "ou_bob", "ou_alice"):
        press(house, card, value, user=user)
    until(lambda: house.redis.hlen(f"fennel:feedback:{asked}") == 2)
    until(lambda: "reason_form" in str(house.card(asked)))
    press(house, card, value_of(card, Press.HELPFUL), user="ou_bob")
    assert calm(house, lambda: "reason_form" in str(house.card(asked)))


def test_why_is_shown_once(house: House, answered: tuple[str, SentCard]) -> None:
    asked, card = answered
    for _ in range(3):
        press(house, card, value_of(card, Press.WHY))
    house.feishu.wait_for_replies(asked, 2)
    assert calm(house, lambda: len(house.feishu.cards(asked))) == 2


def test_a_recall_takes_one_answer_and_leaves_an_audit_line(
    house: House, answered: tuple[str, SentCard]
) -> None:
    asked, card = answered
    other = house.ask("How do I revoke a Harbor access token?")
    house.card(other)
    press(house, card, signed(house, Press.RECALL, asked))
    until(lambda: not house.feishu.cards(asked))
    assert calm(house, lambda: len(house.feishu.cards(other))) == 1
    entry = audit.newest(house.redis, 1)[0]
    assert (entry["action"], entry["by"], entry["subject"]) == ("recall", "ou_alice", asked)
    press(house, card, value_of(card, Press.HELPFUL))
    assert calm(house, lambda: answers.find(house.redis, asked)) is None


@pytest.mark.parametrize("said", ["撤回", "recall", "/recall", "Take it back."])
def test_the_words_of_recall_said_to_an_answer(
    house: House, answered: tuple[str, SentCard], said: str
) -> None:
    asked, card = answered
    house.ask(said, user="ou_bob", reply_to=card.message_id)
    refusals = ("只有提问者和管理员可以这样做", "Only the asker and admins may do this")
    until(lambda: any(refusal in words(reply) for refusal in refusals for reply in house.feishu.cards(asked)))
    house.ask(said, reply_to=card.message_id)
    until(lambda: card.message_id not in [reply.message_id for reply in house.feishu.cards(asked)])


def test_an_admin_takes_anybodys_answer_back(house: House, answered: tuple[str, SentCard]) -> None:
    asked, card = answered
    press(house, card, signed(house, Press.RECALL, asked), user="ou_admin")
    until(lambda: not house.feishu.cards(asked))


@pytest.mark.slow
def test_a_question_recalled_while_its_answer_is_written_leaves_nothing(
    tmp_path: Path, index: Path, documents: Path
) -> None:
    with (
        ModelServer(model=ScriptedModel(reply=SLOW_REPLY)) as model,
        RedisServer(tmp_path) as server,
        House(
            server.url,
            index,
            documents,
            settings={"llm": {"engine": "openai", "base_url": model.url, "model": "m"}},
        ) as house,
    ):
        model.faults.hold_after = 12
        asked = house.ask("How do I revoke a Harbor access token?")
        until(
            lambda: (
                any("Sentence 3" in words(card) for card in house.feishu.cards(asked))
                or model.one_more_piece()
            )
        )
        house.feishu.recall(asked)
        until(lambda: not house.feishu.cards(asked))
        house.quiet()
        assert house.feishu.cards(asked) == []
        assert answers.find(house.redis, asked) is None


@pytest.mark.slow
def test_a_search_that_is_given_up_on_leaves_the_answer_as_it_was(
    house: House, answered: tuple[str, SentCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, card = answered
    kept = state(house, asked)
    answers.keep(house.redis, asked, replace(kept, state=replace(kept.state, can_search_web=True)))

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Presses, "_answer_from_web", broken)
    monkeypatch.setattr(runner, "MAX_ATTEMPTS", 1)
    assert house.process.signer is not None
    press(house, card, house.process.signer.sign(Press.WEB, asked, "ou_alice"))
    until(lambda: house.redis.zcard("rq:failed:answer") == 1)
    assert not state(house, asked).state.searching_web
    assert "harbor token create" in words(house.feishu.cards(asked)[0])
