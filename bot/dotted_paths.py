"""What is named rather than imported: the jobs of the queue and the commands of `python -m bot`.

The bot stands below the worker and the demo and imports nothing of them, yet its queue hands jobs to the one
and its command line starts both. So they are named here, by dotted path, and looked up when they are run. A
new command is one entry of COMMANDS and a function; a test looks every path up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any


class JobName(StrEnum):
    """The kinds of jobs. Their names stand in queued jobs, so what an old queue may hold stays a name."""

    ANSWER = "worker.jobs.answer"
    BUSY = "worker.jobs.busy"
    """Tells an asker that a limit was reached."""
    WAITING = "worker.jobs.waiting"
    """Tells an asker how many questions are ahead."""
    COMMAND = "worker.jobs.command"
    PRESS = "worker.jobs.feedback"
    """Somebody pressed a button."""
    RECALL = "worker.jobs.recall"
    GREET = "worker.jobs.greet"
    """The bot was put into a group."""
    HOURS = "worker.jobs.hours"
    """Tells somebody who asked outside the work time when it answers again."""
    LEARN = "worker.jobs.learn"
    """An expert said something in a thread that experts were called into."""
    GIVEN_UP = "worker.jobs.given_up"
    """Tells an asker that there will be no answer."""
    REINDEX = "worker.jobs.reindex"


@dataclass(frozen=True)
class Command:
    """One command of `python -m bot`."""

    function: str
    """Dotted path of a function whose parameters Typer reads as arguments and options. Its module is imported
    for the command's own --help too, so it imports what is heavy inside the function."""
    summary: str
    """The line that `python -m bot --help` shows."""


COMMANDS = {
    "demo": Command(
        "demo.commands.demo",
        "The whole bot on this machine with a local Feishu; asks its sample questions.",
    ),
    "ask": Command(
        "worker.commands.ask", "Questions through the real pipeline, with no Feishu and no Redis."
    ),
    "explain": Command("bot.commands.explain", "Why a message was answered or not: its Trace."),
    "report": Command(
        "worker.commands.report",
        "What was asked in the last days, what came of it, and what nobody could answer.",
    ),
    "replay": Command(
        "demo.commands.replay",
        "A recorded group chat (JSON lines) through the whole path: decisions, cards, latency, cost.",
    ),
    "doctor": Command(
        "worker.commands.doctor",
        "Checks keys, scopes, callback, Redis, GPU, model and index; each failure says what to do.",
    ),
    "audit": Command("bot.commands.audit", "Who did what as an admin, newest first."),
    "failed": Command(
        "bot.commands.failed", "What was given up on, why and since when; --retry sends it again."
    ),
    "forget": Command("bot.commands.forget", "Erases everything that is kept of one person."),
    "backup": Command("bot.commands.backup", "Writes what cannot be built again into one folder."),
    "restore": Command("bot.commands.restore", "Brings a backup back."),
    "connect": Command(
        "bot.commands.connect",
        "A Feishu app by one scan, its keys in `.env`, and a first message over the long connection.",
    ),
    "up": Command("bot.commands.up", "Everything that is needed on one machine, one log, one Ctrl+C."),
    "migrate": Command(
        "bot.commands.migrate",
        "Settings, secrets and labelled questions from HuixiangDou's files; nothing is written over.",
    ),
    "completion": Command(
        "bot.commands.completion", "The script that lets Tab complete commands: bash, zsh or fish."
    ),
    "longconn": Command(
        "bot.commands.longconn", "Receives events over Feishu's WebSocket, with no public address."
    ),
    "notify": Command(
        "bot.commands.notify", "Sends one message to the custom-bot webhook of feishu.webhook_url, signed."
    ),
}

PROGRAMS = {
    "bot": "bot.__main__.whole",
    "index": "index.__main__.whole",
    "worker": "worker.__main__.whole",
}
"""Functions that give each program's commands with all their options, for shell completion."""


def look_up(path: str) -> Callable[..., Any]:
    """The function of a dotted path, its module imported. Raises ImportError or AttributeError."""
    module, _, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
