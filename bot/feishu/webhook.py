"""One message to a group through a custom bot's webhook, signed: alerts from cron jobs and scripts.

It needs no app and no Redis, so it works when everything else is down. The address is a secret: whoever has
it can post, so neither it nor the signing secret is ever logged or part of an error.

Source: "custom bot usage guide" of the platform's bot documents; limits 100 messages a minute and 5 a second,
20 KB a message, a timestamp within an hour.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import requests
import structlog

from bot.config.settings import FeishuSettings
from bot.errors import ConfigError, FeishuError
from bot.http_session import in_words, new_session

log = structlog.get_logger(__name__)

MAX_BYTES = 20_000
"""Bytes of a message's JSON."""
ATTEMPTS = 4
TIMEOUT = 10.0
"""Seconds for one attempt."""
_RATE = (11232, 99991400)
_MEANINGS = {
    9499: "the message is malformed",
    19001: "the address is not one of a custom bot; check feishu.webhook_url",
    19002: "the message is malformed",
    19021: "the signature does not match; check feishu.webhook_secret and this machine's clock",
    19022: "this machine's address is not in the bot's IP allow list",
    19024: "the text holds none of the bot's keywords",
    19036: "the message is too long",
}


def sign(timestamp: int, secret: str) -> str:
    """The signature of a message: HMAC-SHA256 of nothing, keyed with time and secret, in Base64."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def notify(
    text: str,
    settings: FeishuSettings,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Sends `text` to the webhook of the settings.

    Raises ConfigError when there is none or the text is too long, FeishuError when Feishu refuses.
    """
    address = settings.webhook_url.get_secret_value()
    if not address:
        raise ConfigError("feishu.webhook_url is empty: give the address of a custom bot's webhook")
    for attempt in range(ATTEMPTS):
        error = _send(address, _message(text, settings, int(now())))
        if error is None:
            log.info("notice.sent")
            return
        if not error.retriable or attempt + 1 == ATTEMPTS:
            raise error
        log.warning("notice.refused", code=error.code, attempt=attempt + 1)
        sleep(2.0**attempt)


def _message(text: str, settings: FeishuSettings, timestamp: int) -> bytes:
    message: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    secret = settings.webhook_secret.get_secret_value()
    if secret:
        message = {"timestamp": str(timestamp), "sign": sign(timestamp, secret), **message}
    body = json.dumps(message, ensure_ascii=False).encode()
    if len(body) > MAX_BYTES:
        raise ConfigError(f"the text is too long: a notice has room for {MAX_BYTES} bytes")
    return body


def _send(address: str, body: bytes) -> FeishuError | None:
    """What went wrong, None when the message is in the group."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        with new_session() as session:
            answer = session.post(address, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as failure:
        return FeishuError(0, f"no answer from the webhook: {in_words(failure)}", retriable=True)
    try:
        said = json.loads(answer.content)
        code = int(said.get("code", said.get("StatusCode", -1)))
    except (ValueError, AttributeError, TypeError):
        retriable = answer.status_code >= 500 or answer.status_code == 429
        return FeishuError(
            0, f"the webhook answered HTTP {answer.status_code} without a code", retriable=retriable
        )
    if code == 0:
        return None
    meaning = _MEANINGS.get(code, "the webhook refused the message")
    return FeishuError(code, meaning, retriable=code in _RATE)
