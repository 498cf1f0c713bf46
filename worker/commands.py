"""The commands of `python -m bot` that the worker carries out. Each imports what it runs when it runs."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.config import disk, progress
from bot.config.command_line import AsJson, Config, refuse_without_words
from bot.config.faults import encodable
from bot.config.settings import load_settings


def ask(
    question: Annotated[
        str, typer.Argument(help="The question; left out with --batch.", callback=encodable)
    ] = "",
    batch: Annotated[
        Path | None, typer.Option("--batch", help="JSON lines {id, text, mentioned?}; a line comes out each.")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Questions through the real pipeline, with no Feishu and no Redis."""
    if bool(question) == (batch is not None):
        raise typer.BadParameter("give either a question or --batch FILE")
    if batch is None:
        refuse_without_words(question)
    from worker.process import ask as asking

    if batch is not None:
        progress.show_on(sys.stderr, lines=True)
    settings = load_settings(config)
    readable = partial(_readable, named=len(settings.index.sources) > 1)
    if batch is None:
        result = asking.ask(question, settings)
        print(json.dumps(result, ensure_ascii=False, indent=2) if as_json else readable(result))
        return
    for result in asking.ask_all(batch, settings):
        text = json.dumps(result, ensure_ascii=False) if as_json else f"{result['id']} {readable(result)}\n"
        print(text, flush=True)


def report(
    since: Annotated[str, typer.Option("--since", help="How far back: 12h, 7d, 2w.")] = "7d",
    html: Annotated[Path | None, typer.Option("--html", help="Write a page to this file.")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """What was asked in the last days, what came of it, and what nobody could answer."""
    from bot import report as reporting
    from worker.learning.by_meaning import grouping

    settings = load_settings(config)
    made = reporting.read(settings.redis.url, since, grouping(settings))
    if html is not None:
        with disk.writing(html, "name another file"):
            html.write_text(reporting.as_html(made), encoding="utf-8")
    print(reporting.as_json(made) if as_json else reporting.as_text(made))


def doctor(
    live: Annotated[
        str, typer.Option("--live", help="A chat id: one question there goes through everything.")
    ] = "",
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Checks keys, scopes, callback, Redis, GPU, model and index; each failure says what to do."""
    from worker.doctor.doctor import run

    raise typer.Exit(run(load_settings(config), as_json=as_json, live=live))


def _readable(result: dict[str, Any], *, named: bool) -> str:
    """Answer and sources as text; `named`: with the name of the source that each page is of."""
    ended = result.get("error") or f"{result['decision'] or 'no decision'}, {result['outcome']}"
    lines = [f"[{ended}]", "", result["answer"]]
    for source in result["sources"]:
        place = " > ".join(dict.fromkeys([source["title"], *source["heading_path"]]))
        of = f"{source['source']}: " if named and source["source"] else ""
        lines.append(f"[{source['number']}] {of}{place}  {source['url'] or source['path']}")
    return "\n".join(lines)
