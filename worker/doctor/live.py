"""`python -m bot doctor --live CHAT`: one question through everything, as a member's would go.

The bot says in the chat that a test follows; a push that is signed as Feishu's are brings a question in
answer to that message to the webhook; queue, worker, engine and Feishu do the rest. Both messages are
recalled at the end. Rows are (check, state, detail, fix).
"""

from __future__ import annotations

import json
import time
from secrets import token_hex

import requests
import structlog

from bot.cards.answer import notice_card
from bot.config.settings import Settings
from bot.errors import FeishuError
from bot.feishu.client import Feishu
from bot.feishu.sent_record import State
from bot.http_session import new_session
from bot.messages import say
from bot.queue.queue import serving
from bot.redis_keys import FOR_COMMANDS, connect
from bot.trace import read
from bot.web.signature import NONCE, SIGNATURE, TIMESTAMP, encrypt, signature
from worker.doctor.rows import FAILED, GOOD, Row

log = structlog.get_logger(__name__)

QUESTION = "怎么安装？"
POLL = 0.2
NOBODY_SECONDS = 20.0
"""A worker that is started again has given a sign of life by then, where the last one was killed."""


def live(settings: Settings, chat_id: str) -> list[Row]:
    """Asks and waits for the card. Raises FeishuError, redis.RedisError."""
    if not settings.admins:
        return [("live", FAILED, "admins is empty", "name yourself in admins: the question is asked as you")]
    with connect(settings.redis.url, FOR_COMMANDS) as redis:
        feishu = Feishu(settings.feishu, redis, heed_outages=False)
        bot = feishu.bot_open_id()
        card = notice_card(say("title_command", "zh"), say("live_test", "zh"), "zh", "grey")
        sent = feishu.send(chat_id, card, key=f"doctor-{token_hex(6)}")
        try:
            return _through(settings, feishu, bot, sent.message_id, chat_id)
        finally:
            for message in [*feishu.records.messages(sent.message_id), sent.message_id]:
                _recall(feishu, message)


def _through(settings: Settings, feishu: Feishu, bot: str, message_id: str, chat_id: str) -> list[Row]:
    started = time.monotonic()
    status = _push(settings, _event(settings, bot, message_id, chat_id))
    if status != 200:
        fix = "is the web process running, with these settings?"
        return [("live webhook", FAILED, f"it answered {status or 'nothing'}", fix)]
    rows: list[Row] = [("live webhook", GOOD, "took the question", "")]
    until = started + settings.worker.answer_timeout + 30
    while time.monotonic() < until:
        record = feishu.records.get(message_id, "answer")
        if record is not None and record.state is State.DONE:
            facts = read(feishu.records.redis, message_id) or {}
            words = f"{facts.get('outcome') or 'ended'} in {time.monotonic() - started:.1f} s"
            return [*rows, ("live answer", GOOD, f"{words}, by {facts.get('engine') or 'no engine'}", "")]
        if time.monotonic() - started > NOBODY_SECONDS and not serving(feishu.records.redis):
            words = "no worker gives a sign of life, so the question waits"
            return [*rows, ("live answer", FAILED, words, "start one: `python -m worker`")]
        time.sleep(POLL)
    fix = "is a worker running? /readyz of the operator pages says what is missing"
    return [*rows, ("live answer", FAILED, f"no card within {until - started:.0f} s", fix)]


def _event(settings: Settings, bot: str, message_id: str, chat_id: str) -> dict[str, object]:
    mention = {"key": "@_user_1", "id": {"open_id": bot}, "name": "bot"}
    message = {
        "message_id": message_id,
        "chat_id": chat_id,
        "chat_type": "group",
        "message_type": "text",
        "content": json.dumps({"text": f"@_user_1 {QUESTION}"}),
        "mentions": [mention],
        "create_time": str(int(time.time() * 1000)),
    }
    header = {
        "event_id": token_hex(16),
        "event_type": "im.message.receive_v1",
        "token": settings.feishu.verification_token.get_secret_value(),
        "app_id": settings.feishu.app_id,
    }
    sender = {"sender_id": {"open_id": settings.admins[0]}, "sender_type": "user"}
    return {"schema": "2.0", "header": header, "event": {"sender": sender, "message": message}}


def _push(settings: Settings, event: dict[str, object]) -> int:
    """The webhook's answer to a push as Feishu would send it; 0 when there is none."""
    body, headers = json.dumps(event).encode(), {"Content-Type": "application/json"}
    if key := settings.feishu.encrypt_key.get_secret_value():
        body = json.dumps({"encrypt": encrypt(body, key)}).encode()
        stamp, nonce = str(int(time.time())), token_hex(8)
        headers |= {TIMESTAMP: stamp, NONCE: nonce, SIGNATURE: signature(stamp, nonce, key, body)}
    url = f"http://{settings.web.host}:{settings.web.port}/feishu/event"
    try:
        return new_session().post(url, data=body, headers=headers, timeout=5).status_code
    except requests.RequestException:
        return 0


def _recall(feishu: Feishu, message_id: str) -> None:
    try:
        feishu.recall(message_id)
    except FeishuError as error:
        log.warning("test_not_recalled", message_id=message_id, code=error.code)
