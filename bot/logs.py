"""Structured logs, the same for web, worker, indexer and commands: one JSON object a line, on stderr.

Lines of one question are found by its `message_id`, which `structlog.contextvars` carries through a job.
What people wrote and what is secret never gets into a line: fields with such names are emptied here, so a
careless call elsewhere cannot leak them. On a terminal the lines are coloured text instead.
"""

from __future__ import annotations

import html
import json
import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

import structlog

FORBIDDEN = frozenset(
    {
        *("text", "question", "answer", "content", "body", "payload", "message", "prompt", "arguments"),
        *("app_secret", "encrypt_key", "verification_token", "api_key", "token", "secret", "password"),
        *("authorization", "webhook_url", "url_with_key", "headers"),
    }
)
"""Names of fields whose values are never written."""
REMOVED = "[removed]"
_PRIVATE: ContextVar[str] = ContextVar("private", default="")
_ESCAPED = re.compile(r"\\{1,8}u([0-9a-fA-F]{4})")
_PIECE = 12
"""Characters of a question in a row that no line may hold."""
_SHORTEST, _SHORTEST_ASCII = 4, 10
"""Characters of a text below which it is nobody's secret, and would be found by chance."""
_NOISY = ("urllib3", "httpx", "httpcore", "primp", "ddgs", "Lark", "werkzeug", "asyncio", "faiss")


def configure(process: str, level: str = "info") -> None:
    """Sets logging up for this process; `process` ('web', 'worker', ...) is on every line.

    Records of the standard library (gunicorn, RQ, libraries) take the same shape. Raises ValueError for a
    level that logging does not know.
    """
    number = logging.getLevelName(level.upper())
    if not isinstance(number, int):
        raise ValueError(f"{level} is not a log level")
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_process(process),
        remove_forbidden,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers()],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def remove_forbidden(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that empties forbidden fields."""
    for name in FORBIDDEN.intersection(line):
        line[name] = REMOVED
    return line


def keep_out(text: str) -> None:
    """From now on no line of this thread holds a piece of `text`, whoever echoes it: a model server's error
    body, an exception's words, a traceback. An empty text ends that."""
    _PRIVATE.set(text)


def remove_private(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that empties fields which repeat what is kept out."""
    private = _PRIVATE.get()
    if private:
        for name, value in line.items():
            if isinstance(value, str) and name != "event" and repeats(value, private):
                line[name] = REMOVED
    return line


def repeats(value: str, private: str) -> bool:
    """Whether a line's value holds a piece of a text that is long enough to be no chance."""
    if len(private) < (_SHORTEST_ASCII if private.isascii() else _SHORTEST):
        return False
    value = f"{value}\n{unescaped(value)}"
    for text in (private, json.dumps(private)[1:-1]):
        if len(text) <= _PIECE and text in value:
            return True
        pieces = (text[start : start + _PIECE] for start in range(0, len(text) - _PIECE + 1, 2))
        if any(piece in value for piece in pieces if not _is_common(piece)):
            return True
    return False


def unescaped(value: str) -> str:
    """A text as people read it: without the escapes of JSON, however deep, of addresses and of HTML."""
    value = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    return html.unescape(unquote(value))


def _is_common(piece: str) -> bool:
    return not piece.strip() or len(set(piece)) < 4


def _name_process(process: str) -> structlog.types.Processor:
    def add(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["process"] = process
        return line

    return add


def _renderers() -> list[structlog.types.Processor]:
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [structlog.processors.format_exc_info, remove_private, renderer]
    json_lines = structlog.processors.JSONRenderer(ensure_ascii=False)
    return [structlog.processors.format_exc_info, remove_private, json_lines]
