"""python -m index: build, check, search, diff, versions, rollback, calibrate, eval."""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from bot.config import progress
from bot.config.command_line import AsJson, Config, Version, refuse_without_words, run
from bot.config.faults import encodable
from bot.config.settings import load_settings
from bot.errors import RemovalUnconfirmed

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
evaluation = typer.Typer(no_args_is_help=True, help="Measures the gate and the retrieval on labelled files.")
app.add_typer(evaluation, name="eval")

PHASES = {"read": "reading documents", "embed": "embedding passages", "index": "indexing passages"}
SOURCE_AWAY = 3
"""Exit status of a build that could not read a source."""


@app.callback()
def _fennel(version: Version = False) -> None:
    """Builds, searches, measures and calibrates the index."""


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


@app.command()
def build(
    config: Config = None,
    as_json: AsJson = False,
    force: Annotated[bool, typer.Option(help="Build a version even when nothing changed.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove what is gone, however much (index.max_removed).")
    ] = False,
    source: Annotated[
        list[str] | None, typer.Option(help="Read only this source, by its name; may be repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the sources and tell what would change.")
    ] = False,
) -> None:
    """Builds or updates the index (only what changed is embedded) and publishes the version.

    Exit status 3: published, but a source could not be read and its documents are as they were.
    """
    from bot.redis_keys import FOR_COMMANDS, connect
    from index.build.build import build as build_index
    from index.build.report import describe

    settings = load_settings(config)
    redis = connect(settings.redis.url, FOR_COMMANDS)
    again = partial(
        build_index,
        settings,
        redis=redis,
        progress=_show_progress,
        force=force,
        only=source or (),
        dry_run=dry_run,
    )
    progress.show_on(sys.stderr, lines=True)
    with closing(redis):
        try:
            report = again(confirmed=yes)
        except KeyboardInterrupt:
            progress.clear()
            print(_stopped(settings.index.dir), file=sys.stderr)
            raise
        except RemovalUnconfirmed as error:
            if as_json or not sys.stdin.isatty() or not typer.confirm(f"{error}\nRemove them?"):
                raise
            report = again(confirmed=True)
    if as_json:
        _print_json(report.to_json())
    else:
        print(describe(report, settings.redis.shown))
    if report.faults:
        raise typer.Exit(SOURCE_AWAY)


_reached: dict[str, int] = {}
"""How far each stage of the build that runs came."""


def _stopped(folder: Path) -> str:
    """What is kept of a build that somebody stopped."""
    from index.search.versions import Versions

    version = Versions(folder).current()
    kept = f"{_reached.get('read', 0)} documents read, {_reached.get('embed', 0)} texts embedded"
    stays = f"version {version} stays in use" if version else "no version was in use"
    return f"stopped; what was done is kept ({kept}) and the next build goes on from there; {stays}"


def _show_progress(stage: str, done: int, total: int) -> None:
    _reached[stage] = done
    if stage in PHASES:
        progress.tell(PHASES[stage], done, total)
    else:
        progress.clear()


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="The question.", callback=encodable)],
    config: Config = None,
    as_json: AsJson = False,
    k: Annotated[int, typer.Option("-k", help="How many passages.", min=1)] = 5,
) -> None:
    """Passages for a question, with scores."""
    from index.search.versions import open_current

    refuse_without_words(query)
    searcher = open_current(load_settings(config))
    started = time.perf_counter()
    passages = searcher.search(query, k)
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    if as_json:
        rows = [_passage_json(rank, passage) for rank, passage in enumerate(passages, 1)]
        facts = {"query": query, "version": searcher.version, "milliseconds": milliseconds}
        _print_json({**facts, "passages": rows})
        return
    for rank, passage in enumerate(passages, 1):
        chunk = passage.chunk
        print(f"{rank}. {passage.score:.3f}  {chunk.source}/{chunk.path}  {' > '.join(chunk.heading_path)}")
        print(f"   {chunk.url}" if chunk.url else "", " ".join(chunk.text.split())[:160], sep="\n   ")
    print(f"{len(passages)} passages from {searcher.version} in {milliseconds} ms")


def _passage_json(rank: int, passage: Any) -> dict[str, Any]:
    chunk = passage.chunk
    return {
        "rank": rank,
        "score": round(passage.score, 4),
        "dense": round(passage.dense, 4),
        "lexical": round(passage.lexical, 4),
        "source": chunk.source,
        "path": chunk.path,
        "title": chunk.title,
        "heading_path": list(chunk.heading_path),
        "url": chunk.url,
        "language": chunk.language,
        "chunk": chunk.id,
        "text": passage.text,
    }


@app.command()
def check(
    config: Config = None,
    as_json: AsJson = False,
    questions: Annotated[
        Path | None,
        typer.Option(
            help="Your own rows {text, facts?, relevant?}; kept, and asked again at each build. By itself "
            "looks for facts in the passages found, with --whole-answers in the answer."
        ),
    ] = None,
    answers: Annotated[
        str, typer.Option(help="Judge whole answers by this function, such as worker.process.ask.ask.")
    ] = "",
    whole_answers: Annotated[
        bool, typer.Option("--whole-answers", help="Judge whole answers: slower, and what members get.")
    ] = False,
) -> None:
    """What members will meet: answered, wrong, declined; and which pages to mend."""
    from index.check.check import command

    progress.show_on(sys.stderr, lines=True)
    answers = answers or ("worker.process.ask.ask" if whole_answers else "")
    command(load_settings(config), questions, answers=answers, as_json=as_json)


@app.command()
def versions(config: Config = None, as_json: AsJson = False) -> None:
    """The versions on disk, oldest first, and which one is in use."""
    from dataclasses import asdict

    from index.search.versions import Versions

    kept = Versions(load_settings(config).index.dir)
    current = kept.current()
    rows = [{**asdict(manifest), "current": manifest.version == current} for manifest in kept.readable()]
    if as_json:
        _print_json(rows)
        return
    if not rows:
        print(f"no versions in {kept.folder} yet; `python -m index build` makes one")
    for row in rows:
        print(
            f"{'*' if row['current'] else ' '} {row['version']}  {row['documents']} documents, "
            f"{row['chunks']} chunks, +{row['added']} ~{row['changed']} -{row['removed']}, {row['embedder']}"
        )


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A version; default: the one before the new one.")] = "",
    new: Annotated[str, typer.Argument(help="A version; default: the current one.")] = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Documents that were added, changed and removed between two versions."""
    from dataclasses import asdict

    from index.build.report import difference
    from index.search.versions import Versions

    kept = Versions(load_settings(config).index.dir)
    new = new or kept.current()
    old = old or kept.before(new)
    changes = difference(kept.digests(old), kept.digests(new))
    if as_json:
        _print_json({"old": old, "new": new, **asdict(changes)})
        return
    for sign, paths in (("+", changes.added), ("~", changes.changed), ("-", changes.removed)):
        for path in paths:
            print(sign, path)
    print(f"{old} -> {new}: +{len(changes.added)} ~{len(changes.changed)} -{len(changes.removed)}")


@app.command()
def rollback(
    version: Annotated[str, typer.Argument(help="A version; default: the one before the current one.")] = "",
    config: Config = None,
) -> None:
    """Makes an older version current; running workers swap to it."""
    from bot.redis_keys import FOR_COMMANDS, connect
    from index.search.versions import Versions, publish

    settings = load_settings(config)
    kept = Versions(settings.index.dir)
    version = version or kept.before(kept.current())
    told = publish(version, kept, connect(settings.redis.url, FOR_COMMANDS), settings.index)
    print(f"{version} is current{'' if told else f' (Redis at {settings.redis.shown} could not be told)'}")


@app.command()
def calibrate(
    questions: Annotated[
        Path | None,
        typer.Option(
            help="Labelled rows {id, text, label}; default: index.gate.questions and what was learned."
        ),
    ] = None,
    config: Config = None,
    learned: Annotated[bool, typer.Option("--learned", help="Add what the groups said of messages.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Put the fitted gate in use.")] = False,
    as_json: AsJson = False,
    rollback: Annotated[
        str | None, typer.Option(help="Put an older fitted gate, or 'shipped', in use.")
    ] = None,
) -> None:
    """Fits the gate and shows cross-validated precision and recall before and after."""
    from index.training import calibrate as fitting

    settings = load_settings(config)
    if rollback is not None:
        print(fitting.roll_back(settings, rollback))
        return
    fitting.command(settings, questions, learned=learned, apply=apply, as_json=as_json)


@evaluation.command("gate")
def evaluate_gate(
    questions: Annotated[Path, typer.Option(help="Labelled rows {id, text, label}.")],
    config: Config = None,
    as_json: AsJson = False,
    swap: Annotated[Path | None, typer.Option(help="Another index folder: adds swap_accept.")] = None,
    report: Annotated[Path | None, typer.Option(help="HTML file for the error report.")] = None,
    plot: Annotated[Path | None, typer.Option(help="SVG file for the precision/recall curve.")] = None,
) -> None:
    """F1, precision, recall and AUC of the gate as configured."""
    from index.training import evaluate_gate as gate

    gate.command(load_settings(config), questions, swap=swap, report=report, plot=plot, as_json=as_json)


@evaluation.command("retrieval")
def evaluate_retrieval(
    queries: Annotated[Path, typer.Option(help="Rows {id, query, relevant: [path, ...], type?}.")],
    config: Config = None,
    as_json: AsJson = False,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Dense, lexical, fused, reranked apart.")
    ] = False,
    types: Annotated[list[str] | None, typer.Option("--type", help="Only rows of this type.")] = None,
) -> None:
    """Recall at 1, 5 and 10 and MRR over files."""
    from index.training import evaluate_retrieval as retrieval

    chosen = tuple(types or ())
    retrieval.command(load_settings(config), queries, ablate=ablation, as_json=as_json, types=chosen)


def main() -> None:
    """Runs a command. Warnings go to stderr: as text to a terminal, elsewhere as a JSON object a line."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer()
            if terminal
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    progress.show_on(sys.stderr)
    run(app)


def whole() -> Any:
    """The program with its options, for shell completion."""
    return typer.main.get_command(app)


if __name__ == "__main__":
    main()
