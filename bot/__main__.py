"""`python -m bot ...`: everything an operator or a developer types that is not the index.

The commands stand in bot/dotted_paths.py; only the one that is run, or asked for help, is imported.
"""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from bot import logs
from bot.config import progress
from bot.config.command_line import Version, run
from bot.dotted_paths import COMMANDS, look_up


class _Table(TyperGroup):
    """A group whose commands are looked up when they are typed."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():  # for the list; none of them is imported yet
            self.add_command(TyperCommand(name, help=entry.summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was typed, with its options."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in COMMANDS else command, rest


def load(name: str) -> Any:
    """The command of that name with its options, its module imported."""
    entry = COMMANDS[name]
    one = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    one.command(name, help=entry.summary)(look_up(entry.function))
    return typer.main.get_command(one)


def whole() -> Any:
    """The program with the options of every command, all of them imported."""
    group = typer.main.get_command(app)
    group.commands = {name: load(name) for name in COMMANDS}  # type: ignore[attr-defined]
    return group


app = typer.Typer(cls=_Table, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _quietly(version: Version = False) -> None:
    """Fennel, a Feishu bot that answers from your documents."""
    logs.configure("command", "warning")
    progress.show_on(sys.stderr)


if __name__ == "__main__":
    run(app)
