"""Events over Feishu's WebSocket: no public address, no tunnel. Runs instead of the web process.

The SDK keeps the connection and its reconnects; what arrives goes the same way as a push to the webhook
(`bot.queue.intake`). Feishu has authenticated the connection, so there is no signature to check. An exception
in the handler makes the SDK answer 500, and Feishu sends the event again: a Redis that is away loses nothing.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import structlog

from bot import logs
from bot.config.settings import Settings
from bot.errors import ConfigError, MalformedEvent
from bot.events.reader import read_event
from bot.feishu.sdk_parts import without_the_services
from bot.queue.intake import Intake
from bot.queue.queue import Queue
from bot.redis_keys import connect

log = structlog.get_logger(__name__)


_POOL = re.compile(r"HTTPS?ConnectionPool\(host='([^']*)'.*", re.DOTALL)
"""How urllib3 says that a host was not reached."""


class EventHandler:
    """What lark_oapi.ws.Client calls with every event's bytes; stands where its dispatcher would."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def _do_without_validation(self, payload: bytes) -> dict[str, Any] | None:
        """Takes one event. The answer to a card's button is returned, anything else is None.

        Raises QueueUnavailable, so that Feishu sends the event again.
        """
        try:
            data = json.loads(payload)
            if not isinstance(data, dict):
                raise MalformedEvent("an event must be a JSON object")
            event = read_event(data)
        except (ValueError, MalformedEvent) as error:
            log.warning("event_malformed", error=str(error))
            return None
        return self._intake.take(event) or None


def write_as_we_do(sdk: logging.Logger) -> None:
    """Keeps the SDK's logger from writing each line to stdout as well, past what our log leaves out."""
    sdk.handlers.clear()
    sdk.addFilter(_plainly)


def _plainly(record: logging.LogRecord) -> bool:
    record.msg, record.args = _POOL.sub(r"\1 cannot be reached", record.getMessage()), ()
    return True


def run(settings: Settings) -> None:
    """Receives events until the process is stopped. Raises ConfigError when the app's keys are missing."""
    feishu = settings.feishu
    if not (feishu.app_id and feishu.app_secret.get_secret_value()):
        raise ConfigError("feishu.app_id and feishu.app_secret are needed for the long connection")
    logs.configure("longconn")
    with without_the_services():
        from lark_oapi.core.enum import LogLevel
        from lark_oapi.ws import Client

    write_as_we_do(logging.getLogger("Lark"))
    intake = Intake(Queue(connect(settings.redis.url), settings), settings)
    client = Client(
        feishu.app_id,
        feishu.app_secret.get_secret_value(),
        event_handler=EventHandler(intake),
        domain=feishu.domain,
        log_level=LogLevel.WARNING,  # at INFO it writes the address with its ticket
    )
    log.info("long_connection_starts", domain=feishu.domain)
    client.start()
