"""The commands of `python -m bot` that need nothing but the bot. Each imports what it runs when it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.config.command_line import AsJson, Config, Typed
from bot.config.settings import load_settings


def explain(message_id: str, as_json: AsJson = False, config: Config = None) -> None:
    """Why a message was answered or not: its Trace."""
    from bot import trace

    facts = trace.load(load_settings(config), message_id)
    print(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else trace.explain(facts))


def audit(
    count: Annotated[int, typer.Option("--count", min=1, help="How many entries.")] = 50,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Who did what as an admin, newest first."""
    from bot.audit import show

    print(show(load_settings(config).redis.url, count, as_json=as_json))


def failed(
    retry: Annotated[bool, typer.Option("--retry", help="Try all of it, or JOB alone, again.")] = False,
    job: Annotated[str, typer.Argument(help="Id of one job, as listed.")] = "",
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """What was given up on, why and since when; --retry sends it again."""
    from bot.queue.failed import show, try_again

    url = load_settings(config).redis.url
    print(try_again(url, job) if retry else show(url, as_json=as_json))


def forget(
    open_id: Annotated[str, typer.Argument(help="The person's open_id, ou_...")], config: Config = None
) -> None:
    """Erases everything that is kept of one person."""
    from bot.keeping.erasing import forget as run

    print(run(load_settings(config).redis.url, open_id))


def backup(folder: Annotated[Path, typer.Argument(help="A new folder.")], config: Config = None) -> None:
    """Writes what cannot be built again into one folder."""
    from bot.keeping.backup import backup as run

    print(run(load_settings(config), config, folder))


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `backup` wrote.")],
    over: Annotated[bool, typer.Option("--over", help="Write over a Redis that is in use.")] = False,
    config: Config = None,
) -> None:
    """Brings a backup back."""
    from bot.keeping.backup import restore as run

    print(run(load_settings(config), config, folder, over=over))


def connect(
    app_id: Annotated[str, typer.Option("--app-id", help="An app that exists: asks for what it lacks.")] = "",
    name: Annotated[
        str, typer.Option("--name", help="The new app's name; it can be changed in Feishu.")
    ] = "",
    lark: Annotated[bool, typer.Option("--lark", help="Begin at Lark's accounts server.")] = False,
    start: Annotated[
        bool, typer.Option("--start/--no-start", help="Then start everything and wait for a message.")
    ] = True,
    config: Config = None,
) -> None:
    """A Feishu app by one scan, its keys in `.env`, and a first message over the long connection."""
    from bot.connect import connect as connecting

    connecting.connect(config, connecting.Options(app_id, name, lark=lark))
    if start:
        from bot.supervisor import up as supervisor

        raise typer.Exit(
            supervisor.up(load_settings(config), supervisor.Plan(True, config=config, invite=True))
        )


def up(
    longconn: Annotated[
        bool | None,
        typer.Option(
            "--longconn/--webhook", help="How events are received; default: the webhook where it has keys."
        ),
    ] = None,
    tunnel: Annotated[
        bool, typer.Option("--tunnel", help="Open ngrok for the webhook and say its address.")
    ] = False,
    config: Config = None,
) -> None:
    """Everything that is needed on one machine, one log, one Ctrl+C."""
    from bot.supervisor import up as supervisor

    settings = load_settings(config)
    plan = supervisor.choose(settings, longconn=longconn, tunnel=tunnel, config=config)
    raise typer.Exit(supervisor.up(settings, plan))


def migrate(
    path: Annotated[Path, typer.Argument(help="A HuixiangDou checkout, or its config.ini.")],
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write to; default: beside it.")] = None,
) -> None:
    """Settings, secrets and labelled questions from HuixiangDou's files; nothing is written over."""
    from bot.config.huixiangdou import migrate as run

    print(run(path, to))


def completion(shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """The script that lets Tab complete commands: bash, zsh or fish."""
    from bot import completion as completing
    from bot.dotted_paths import PROGRAMS, look_up

    programs = {name: look_up(path)() for name, path in PROGRAMS.items()}
    print(completing.script(shell, completing.tree(programs)), end="")


def longconn(config: Config = None) -> None:
    """Receives events over Feishu's WebSocket, with no public address."""
    from bot.web.longconn import run

    run(load_settings(config))


def notify(text: Typed, config: Config = None) -> None:
    """Sends one message to the custom-bot webhook of feishu.webhook_url, signed."""
    from bot.feishu.webhook import notify as send

    send(text, load_settings(config).feishu)
