"""bot.logs: one JSON line each, from structlog and the standard library alike, without words or secrets."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog

from bot import logs


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_names_process_level_time_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("worker")
    with structlog.contextvars.bound_contextvars(message_id="om_1"):
        structlog.get_logger("x").info("answered", outcome="answered")
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "answered",
        "outcome": "answered",
        "message_id": "om_1",
        "level": "info",
        "logger": "x",
        "process": "worker",
    }


def test_the_standard_library_writes_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web")
    logging.getLogger("rq.worker").warning("lost %s", "something")
    (line,) = lines(capsys)
    assert (line["event"], line["process"], line["level"]) == ("lost something", "web", "warning")


def test_words_and_secrets_are_removed_whatever_a_caller_passes(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web")
    fields = dict.fromkeys(logs.FORBIDDEN, "private")
    structlog.get_logger("x").error("careless", **fields, message_id="om_1")
    (line,) = lines(capsys)
    assert "private" not in json.dumps(line)
    assert line["message_id"] == "om_1"


def test_exceptions_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web")
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        structlog.get_logger("x").error("failed", exc_info=error)
    (line,) = lines(capsys)
    assert "RuntimeError: broken" in line["exception"]


def test_the_level_decides(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web", level="warning")
    structlog.get_logger("x").info("quiet")
    logging.getLogger("werkzeug").info("GET /")
    assert lines(capsys) == []
    with pytest.raises(ValueError, match="loud"):
        logs.configure("web", level="loud")
