"""The local Feishu pushes events as Feishu does: sealed, on time, again when not answered."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from pydantic import SecretStr
from websockets.sync.client import connect

from bot.config.settings import FeishuSettings
from bot.events.events import CardPress, Message
from bot.events.reader import read_event
from bot.web.signature import prove
from simulator import LocalFeishu
from simulator.api import auth
from simulator.pushes.frames import CONTROL, DATA, Frame, decode
from tests.feishu_caller import Caller, plain_card
from tests.waiting import LIMIT, join

SCALE = 0.0005


class Bot:
    """An HTTP server in the bot's place; answers what the test says and keeps what came."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, str]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bot.received.append((dict(self.headers), body))
                bot.may_answer.wait(LIMIT)
                status, text = bot.answers.pop(0) if bot.answers else (200, "{}")
                try:
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(text.encode())
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/feishu/event"
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()


@pytest.fixture
def bot() -> Iterator[Bot]:
    running = Bot()
    yield running
    running.may_answer.set()
    running.server.shutdown()
    running.server.server_close()
    join(running.thread)


@pytest.fixture
def local(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalFeishu]:
    monkeypatch.setattr(auth, "LIFETIME", auth.LIFETIME / SCALE)  # tokens live as long as ever
    with LocalFeishu(bot.url, encrypt_key="key", verification_token="token", scale=SCALE) as feishu:
        feishu.pushes.timeout = LIMIT
        yield feishu


def proven(local: LocalFeishu, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    settings = FeishuSettings(encrypt_key=SecretStr("key"), verification_token=SecretStr("token"))
    return prove(requests.structures.CaseInsensitiveDict(headers), body, settings, local.clock.now())


def card_of(local: LocalFeishu, *elements: dict[str, Any]) -> str:
    """A card of the bot's in the demo group; its message id."""
    caller = Caller(local)
    sent = caller.reply_card(local.say(text="@bot how?", mention_bot=True), plain_card(*elements))
    caller.close()
    return str(sent["data"]["message_id"])


BUTTON = {
    "tag": "button",
    "element_id": "good",
    "text": {"tag": "plain_text", "content": "Good"},
    "behaviors": [{"type": "callback", "value": {"kind": "good"}}],
}


def test_message_arrives_signed_and_encrypted_as_the_bot_reads_it(local: LocalFeishu, bot: Bot) -> None:
    message_id = local.say("ou_bob", "@bot @李晓雯 how?", mention_bot=True, mentions=("ou_alice",))
    local.wait_for_push(message_id)
    headers, body = bot.received[0]
    assert set(json.loads(body)) == {"encrypt"}
    event = read_event(proven(local, headers, body))
    assert isinstance(event, Message)
    assert (event.message_id, event.chat_type, event.sender_id) == (message_id, "group", "ou_bob")
    assert event.text == "@_user_1 @_user_2 how?"
    assert event.text_without(local.bot_open_id) == "@李晓雯 how?"


def test_post_arrives_without_a_locale(local: LocalFeishu, bot: Bot) -> None:
    message_id = local.say(text="@bot first\nsecond", mention_bot=True, post=True)
    local.wait_for_push(message_id)
    event = read_event(proven(local, *bot.received[0]))
    assert isinstance(event, Message)
    assert event.message_type == "post"
    assert event.text_without(local.bot_open_id).split() == ["first", "second"]


def test_mention_is_found_without_a_blank_behind_it(local: LocalFeishu) -> None:
    for said, text in (
        ("@茴香如何安装？", "@_user_1如何安装？"),
        ("@bot如何", "@_user_1如何"),
        ("@botany?", "@_user_1 @botany?"),
        ("你好 @Bot", "你好 @_user_1"),
    ):
        message_id = local.say(text=said, mention_bot=True)
        message = local.wait_for_push(message_id).payload["event"]["message"]
        assert json.loads(message["content"])["text"] == text


def test_mention_of_all_is_in_the_text_only(local: LocalFeishu) -> None:
    message_id = local.say(text="@所有人 hello", mention_all=True)
    message = local.wait_for_push(message_id).payload["event"]["message"]
    assert json.loads(message["content"])["text"] == "@_all hello"
    assert "mentions" not in message


def test_push_is_repeated_four_times_at_growing_distances(
    local: LocalFeishu, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    distances: list[float] = []

    def at_once(seconds: float) -> float:
        distances.append(seconds)
        return 0.0

    monkeypatch.setattr(local.clock, "lasting", at_once)
    bot.answers = [(503, "")] * 9
    message_id = local.say(text="hello")
    push = local.wait_for_push(message_id, attempts=5)
    assert push.state == "given_up"
    assert [attempt.status for attempt in push.attempts] == [503] * 5
    assert distances == [15, 300, 3600, 21600]
    assert len({proven(local, *one)["header"]["event_id"] for one in bot.received}) == 1


def test_push_stops_when_it_is_taken(local: LocalFeishu, bot: Bot) -> None:
    bot.answers = [(503, "")]
    push = local.wait_for_push(local.say(text="hello"), attempts=2)
    assert (push.state, len(bot.received)) == ("delivered", 2)


def test_repeated_delivery_carries_the_same_message(local: LocalFeishu, bot: Bot) -> None:
    message_id = local.say(text="hello")
    local.wait_for_push(message_id)
    local.push(message_id, times=2)
    local.push(message_id, new_event_id=True)
    events = [proven(local, *one) for one in bot.received]
    assert {event["event"]["message"]["message_id"] for event in events} == {message_id}
    assert len({event["header"]["event_id"] for event in events}) == 2


def test_recall_and_reaction_are_pushed(local: LocalFeishu, bot: Bot) -> None:
    message_id = local.say(text="hello")
    local.wait_for_push(message_id)
    reacted, recalled = local.react(message_id), local.recall(message_id)
    assert reacted is not None
    assert recalled is not None
    assert local.pushes.wait(reacted).event_type == "im.message.reaction.created_v1"
    assert local.pushes.wait(recalled).payload["event"]["recall_type"] == "message_owner"


def test_without_an_encrypt_key_pushes_are_plain_and_unsigned(bot: Bot) -> None:
    with LocalFeishu(bot.url, verification_token="token") as local:
        local.wait_for_push(local.say(text="hello"))
    headers, body = bot.received[0]
    assert json.loads(body)["header"]["token"] == "token"
    assert not [name for name in headers if name.lower().startswith("x-lark")]


def test_address_check_is_unsigned(local: LocalFeishu, bot: Bot) -> None:
    bot.answers = [(200, json.dumps({"challenge": "abc"}))]
    assert json.loads(local.pushes.verify_url("abc").body) == {"challenge": "abc"}
    assert not [name for name in bot.received[0][0] if name.lower().startswith("x-lark")]


def test_press_calls_back_once_and_shows_the_toast(local: LocalFeishu, bot: Bot) -> None:
    message_id = card_of(local, BUTTON)
    new_card = {"type": "raw", "data": plain_card({"tag": "hr"})}
    local.pushes.wait(local.pushes.all[0])
    bot.answers = [(200, json.dumps({"toast": {"type": "success", "content": "thanks"}, "card": new_card}))]
    bot.received.clear()
    pressed = local.click(message_id, "Good", "ou_bob")
    assert (pressed.toast, pressed.toast_type, pressed.error) == ("thanks", "success", 0)
    assert local.tenant.messages[message_id].card.card == new_card["data"]  # type: ignore[union-attr]
    payload = proven(local, *bot.received[0])
    event = read_event(payload)
    assert isinstance(event, CardPress)
    assert (event.operator_id, event.message_id, event.value) == ("ou_bob", message_id, {"kind": "good"})
    assert len(payload["header"]["create_time"]) == 16, "callbacks carry microseconds"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, "", 200671),
        (302, "", 200671),
        (200, "not json", 200672),
        (200, '{"toast": {"type": "loud", "content": "x"}}', 200672),
        (200, '{"card": {"type": "raw", "data": {"schema": "2.0", "elements": []}}}', 200673),
        (200, '{"card": {"type": "raw", "data": {"elements": []}}}', 200830),
        (200, "", 0),
    ],
)
def test_bad_answers_to_a_press_show_feishus_numbers(
    local: LocalFeishu, bot: Bot, status: int, body: str, error: int
) -> None:
    message_id = card_of(local, BUTTON)
    local.pushes.wait(local.pushes.all[0])
    bot.answers = [(status, body)]
    assert local.click(message_id, "good").error == error


def test_press_without_an_answer_times_out(local: LocalFeishu, bot: Bot) -> None:
    message_id = card_of(local, BUTTON)
    local.pushes.wait(local.pushes.all[0])
    bot.may_answer.clear()
    local.pushes.timeout = 0.2
    assert local.click(message_id, "good").error == 200341
    local.push_to = "http://127.0.0.1:1/"
    assert local.click(message_id, "good").error == 200342


def test_form_is_sent_with_its_values(local: LocalFeishu, bot: Bot) -> None:
    submit = {**BUTTON, "name": "send", "form_action_type": "submit"}
    field = {"tag": "input", "name": "reason", "default_value": "none"}
    message_id = card_of(local, {"tag": "form", "name": "why", "elements": [field, submit]})
    local.pushes.wait(local.pushes.all[0])
    bot.received.clear()
    local.click(message_id, "send", form={"reason": "wrong page"})
    assert proven(local, *bot.received[0])["event"]["action"]["form_value"] == {"reason": "wrong page"}


def test_link_button_calls_nobody(local: LocalFeishu, bot: Bot) -> None:
    link = {"type": "open_url", "default_url": "https://example.com/"}
    message_id = card_of(local, {**BUTTON, "behaviors": [link]})
    local.pushes.wait(local.pushes.all[0])
    bot.received.clear()
    assert local.click(message_id, "good").opened == "https://example.com/"
    assert bot.received == []


def test_long_connection_carries_events_and_answers() -> None:
    with LocalFeishu(scale=0.001) as local:
        asked = {"AppID": local.app.app_id, "AppSecret": local.app.app_secret}
        endpoint = f"{local.url}/callback/ws/endpoint"
        refused = requests.post(endpoint, json={**asked, "AppSecret": "wrong"}, timeout=LIMIT).json()
        assert refused["code"] == 514
        address = requests.post(endpoint, json=asked, timeout=LIMIT).json()["data"]["URL"]
        with connect(address) as client:
            client.send(Frame(CONTROL, {"type": "ping"}).encode())
            assert decode(bytes(client.recv())).headers["type"] == "pong"
            message_id = local.say(text="hello")
            frame = decode(bytes(client.recv()))
            assert json.loads(frame.payload)["event"]["message"]["message_id"] == message_id
            client.send(Frame(DATA, frame.headers, b'{"code": 500, "headers": null, "data": null}').encode())
            again = decode(bytes(client.recv()))
            client.send(
                Frame(DATA, again.headers, b'{"code": 200, "headers": null, "data": "e30="}').encode()
            )
            push = local.wait_for_push(message_id, attempts=2)
    assert [attempt.status for attempt in push.attempts] == [500, 200]
    assert push.attempts[1].body == "{}"
