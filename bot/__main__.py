"""`python -m bot ...`: everything an operator or a developer types that is not the index.

Commands that answer questions reach the worker by dotted path, as the web process does, so that nothing
of the house's lower floors is imported until it is needed.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import logs
from bot.command_line import run
from bot.config.settings import Settings, load_settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default FENNEL_CONFIG or config.yaml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _quietly() -> None:
    """Fennel, a Feishu bot that answers from your documents."""
    logs.configure("command", "warning")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the sample questions.")] = False,
) -> None:
    """The whole bot on this machine with a local Feishu; asks its sample questions."""
    raise typer.Exit(import_module("demo.demo").run(once=once))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question; left out with --batch.")] = "",
    batch: Annotated[
        Path | None, typer.Option("--batch", help="JSON lines {id, text, mentioned?}; a line comes out each.")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Questions through the real pipeline, with no Feishu and no Redis."""
    if bool(question) == (batch is not None):
        raise typer.BadParameter("give either a question or --batch FILE")
    asking = import_module("worker.process.ask")
    if batch is None:
        result = asking.ask(question, _settings(config))
        print(json.dumps(result, ensure_ascii=False, indent=2) if as_json else _readable(result))
        return
    for result in asking.ask_all(batch, _settings(config)):
        text = json.dumps(result, ensure_ascii=False) if as_json else f"{result['id']} {_readable(result)}\n"
        print(text, flush=True)


@app.command()
def explain(message_id: str, as_json: AsJson = False, config: Config = None) -> None:
    """Why a message was answered or not: its Trace."""
    trace = import_module("bot.trace").load(_settings(config), message_id)
    print(
        json.dumps(trace, ensure_ascii=False, indent=2)
        if as_json
        else import_module("bot.trace").explain(trace)
    )


@app.command()
def replay(chat: Path, as_json: AsJson = False, config: Config = None) -> None:
    """A recorded group chat (JSON lines) through the whole path: decisions, cards, latency, cost."""
    import_module("demo.replay").run(chat, _settings(config), as_json=as_json)


@app.command()
def doctor(as_json: AsJson = False, config: Config = None) -> None:
    """Checks keys, scopes, callback, Redis, GPU, model and index; each failure says what to do."""
    raise typer.Exit(import_module("worker.doctor.doctor").run(_settings(config), as_json=as_json))


@app.command()
def audit(
    count: Annotated[int, typer.Option("--count", min=1, help="How many entries.")] = 50,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Who did what as an admin, newest first."""
    print(import_module("bot.audit").show(_settings(config).redis.url, count, as_json=as_json))


@app.command()
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
    connecting = import_module("bot.connect.connect")
    connecting.connect(config, connecting.Options(app_id, name, lark=lark))
    if start:
        supervisor = import_module("bot.supervisor.up")
        raise typer.Exit(supervisor.up(_settings(config), supervisor.Plan(True, config=config, invite=True)))


@app.command()
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
    supervisor = import_module("bot.supervisor.up")
    settings = _settings(config)
    plan = supervisor.choose(settings, longconn=longconn, tunnel=tunnel, config=config)
    raise typer.Exit(supervisor.up(settings, plan))


@app.command()
def longconn(config: Config = None) -> None:
    """Receives events over Feishu's WebSocket, with no public address."""
    import_module("bot.web.longconn").run(_settings(config))


@app.command()
def notify(text: str, config: Config = None) -> None:
    """Sends one message to the custom-bot webhook of feishu.webhook_url, signed."""
    import_module("bot.feishu.webhook").notify(text, _settings(config).feishu)


def _settings(config: Path | None) -> Settings:
    return load_settings(config)


def _readable(result: dict[str, Any]) -> str:
    ended = result.get("error") or f"{result['decision'] or 'no decision'}, {result['outcome']}"
    lines = [f"[{ended}]", "", result["answer"]]
    for source in result["sources"]:
        place = " > ".join(dict.fromkeys([source["title"], *source["heading_path"]]))
        lines.append(f"[{source['number']}] {place}  {source['url'] or source['path']}")
    return "\n".join(lines)


if __name__ == "__main__":
    run(app)
