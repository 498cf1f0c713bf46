"""Structured logs, the same for web, worker, indexer and commands: one JSON object a line, on stderr.

Lines of one question are found by its `message_id`, which `structlog.contextvars` carries through a job.
What people wrote and what is secret never gets into a line: fields with such names are emptied here, so a
careless call elsewhere cannot leak them. On a terminal the lines are coloured text instead.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

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
_NOISY = ("urllib3", "httpx", "httpcore", "primp", "ddgs", "Lark", "werkzeug", "asyncio")


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
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
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


def _name_process(process: str) -> structlog.types.Processor:
    def add(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["process"] = process
        return line

    return add


def _renderers() -> list[structlog.types.Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
