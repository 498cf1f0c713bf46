"""The commands of `python -m bot` for bot and simulator together. Each imports what it runs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.config.command_line import AsJson, Config
from bot.config.settings import load_settings


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the sample questions.")] = False,
    docs: Annotated[str, typer.Option("--docs", help="A folder or git address of your own documents.")] = "",
) -> None:
    """The whole bot on this machine with a local Feishu; asks its sample questions."""
    from demo.demo import run

    raise typer.Exit(run(once=once, docs=docs))


def replay(chat: Path, as_json: AsJson = False, config: Config = None) -> None:
    """A recorded group chat (JSON lines) through the whole path: decisions, cards, latency, cost."""
    from demo.replay import run

    run(chat, load_settings(config), as_json=as_json)
