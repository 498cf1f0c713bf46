"""What commands share: two options, and how they end.

An expected failure is one line on stderr and exit status 1, not a traceback.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from redis import exceptions

from bot.config.release import VERSION
from bot.errors import FennelError

Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default FENNEL_CONFIG or config.yaml.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"Fennel {VERSION}\n")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Print the release and stop."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def run(app: Callable[[], object]) -> None:
    """Runs a command. Exits with 1 where it ends in an expected failure."""
    try:
        app()
    except FennelError as error:
        _end(str(error))
    except exceptions.RedisError as error:
        _end(_trouble(error))


def _trouble(error: exceptions.RedisError) -> str:
    if isinstance(error, exceptions.AuthenticationError):
        return f"redis.url: Redis refuses the user or the password ({error})"
    if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
        return f"Redis does not answer; start one with `appendonly yes`, or set redis.url: {error}"
    return f"Redis refuses a command: {error}"


def _end(reason: str) -> None:
    sys.stderr.write(f"error: {reason}\n")
    sys.exit(1)
