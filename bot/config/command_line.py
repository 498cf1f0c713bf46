"""What the commands of every program share: their common options, and how they end.

Whatever goes wrong in a way that somebody can mend, a wrong option, a setting, a file, a service or a package
that is not there, is one line on stderr that begins with `error:`, and exit status 1. Only what nobody
expected keeps its traceback. It stands in this room because bot, index and worker all may import from here.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.config import disk
from bot.config.ending import die_as_told, end_as_by_keyboard
from bot.config.extras import what_to_install
from bot.config.faults import encodable, has_words
from bot.config.release import VERSION
from bot.errors import FennelError

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it."""
OWN = ("bot", "index", "worker", "simulator", "demo", "bench", "tests")

Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default FENNEL_CONFIG or config.yaml.")
]
Typed = Annotated[str, typer.Argument(callback=encodable)]
"""A text as it was typed, on a terminal that need not be set to UTF-8."""
_START_REDIS = "start one with `appendonly yes`, or set redis.url"
_CONNECTING = re.compile(r"connecting to (?P<place>\S+)\.? (?P<why>.+)")
"""How redis-py says that it could not connect."""


def refuse_without_words(question: str) -> None:
    """Raises typer.BadParameter for a question of blanks or marks alone: nothing can be looked up for it."""
    if not has_words(question):
        raise typer.BadParameter("the question holds no words, only blanks or marks")


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"Fennel {VERSION}\n")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Print the release and stop."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_NEW_OBJECTS = 20_000
"""After so many the youngest are looked through. Imports make a million that stay; at Python's 700 a tenth of
a command's start goes into looking at them."""


def run(app: typer.Typer) -> None:
    """Runs the command that was typed and ends the process with its exit status."""
    gc.set_threshold(_NEW_OBJECTS)
    atexit.register(gc.freeze)  # what is left goes with the process: a look through it takes .1 s
    end_as_by_keyboard()
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show Chinese shows question marks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = _help_or(app)
        sys.stdout.flush()
    except KeyboardInterrupt:
        die_as_told()
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # whoever read the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        reason = _reason(error)
        if not reason:
            raise
        sys.stderr.write(f"error: {reason}\n")
        sys.exit(1)
    if status == INTERRUPTED:  # Typer turns the interrupt into this
        die_as_told()
    sys.exit(status if isinstance(status, int) else 0)


def _help_or(app: typer.Typer) -> object:
    """The exit status of what was typed; a program or a group without a word shows its help."""
    try:
        return app(standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        if type(error).__name__ != "NoArgsIsHelpError" or context is None:
            raise
        context.get_help()  # printed where rich draws it, and returned as text where it does not
        return 0


def _reason(error: Exception) -> str:
    """What to tell somebody who cannot read tracebacks; empty for what nobody expected."""
    if isinstance(error, FennelError):
        return _trouble_with_redis(error.__cause__) or str(error)
    if isinstance(error, typer.TyperException):
        return _misuse(error)
    if isinstance(error, typer.Abort):
        return "stopped; nothing was changed"
    if isinstance(error, ModuleNotFoundError):
        return _missing(error)
    if isinstance(error, UnicodeEncodeError):  # bytes of an argument that are no text
        return f"not UTF-8: {error.object[max(0, error.start - 20) : error.end]!r}"
    if isinstance(error, OSError):
        said = f"{error.filename}: {error.strerror}" if error.filename else disk.reason(error)
        return f"{said}: {disk.fix(error)}" if disk.fix(error) else said
    return _trouble_with_redis(error)


def _misuse(error: typer.TyperException) -> str:
    """A word or an option that the command does not have, and where to read what it has."""
    context = getattr(error, "ctx", None)
    said = error.format_message() if hasattr(error, "format_message") else str(error)
    where = f"; see `{context.command_path} --help`" if context else ""
    return f"{' '.join(said.split()).rstrip('.')}{_misplaced(error) or where}"


def _misplaced(error: typer.TyperException) -> str:
    """How to write an option that stood before its command; empty where no command has it."""
    context: Any = getattr(error, "ctx", None)
    option = getattr(error, "option_name", "")
    group: Any = context.command if context else None
    known = group.list_commands(context) if hasattr(group, "list_commands") else ()
    for word in (one for one in sys.argv[1:] if one in known):
        _, command, _ = group.resolve_command(context, [word])
        if any(option in own.opts for own in command.params):
            return f": it stands after the command, as in `{context.command_path} {word} {option}`"
    return ""


def _missing(error: ModuleNotFoundError) -> str:
    package = (error.name or "").partition(".")[0]
    return "" if package in OWN or not package else what_to_install(package)


def _no_answer(error: BaseException) -> str:
    """Why a Redis does not answer, in words: redis-py's sentence is the system's number and name."""
    said = " ".join(str(error).split())
    found = _CONNECTING.search(said)
    if not found:
        return "it does not answer in time" if "imeout" in said or "timed out" in said else said
    place, why = found["place"].rstrip("."), found["why"].lower()
    if "refused" in why or "no such file" in why:
        return f"nothing listens at {place}"
    if "not known" in why or "resolution" in why or "nodename" in why:
        return f"nobody knows the host of {place}"
    if "timed out" in why:
        return f"{place} does not answer in time"
    return f"{place}: {found['why'].rstrip('.')}"


def _trouble_with_redis(error: BaseException | None) -> str:
    from redis import exceptions

    if isinstance(error, exceptions.AuthenticationError):
        if any(mark in str(error) for mark in ("HELLO must", "Authentication required")):
            return "redis.url: Redis wants a password and gets none; write redis://:PASSWORD@HOST:PORT/0"
        return f"redis.url: Redis refuses the user or the password ({error})"
    if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
        return f"Redis does not answer; {_START_REDIS}: {_no_answer(error)}"
    if isinstance(error, exceptions.ReadOnlyError):
        return "redis.url: that Redis is a replica, which takes no writes; name the main one"
    if isinstance(error, exceptions.ResponseError) and "DB index" in str(error):
        return f"redis.url: Redis has no database of that number ({error}); end the address in /0"
    return f"Redis refuses a command: {error}" if isinstance(error, exceptions.RedisError) else ""
