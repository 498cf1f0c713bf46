"""python -m bench.answers: answers to strangers' questions, with no model: right, wrong, honest, made up.

The questions (`bench/answer_sets`) are about public documents that nobody tuned the bot on: a keyboard's
firmware, an operating system for microcontrollers, a gateway, web servers and frameworks, handbooks of
companies, a mail server, a login library, a package manager, a reader of feeds, a database, four Go
projects in one index. The documents are not part of this repository: `sets.json` names the repository,
commit and folder they are from, and --corpora (or FENNEL_BENCH_CORPORA) the folder where they lie, one
folder a set, .mdx files renamed to .md. The two sets of ../shared/data/domains and the nine projects of
../shared/data/docs in one index (`ml`) are added where they are there. `dev` rows were looked at while the
answering was made, `unseen` ones were not. Indexes are kept in data/bench/answers after the first run.

    python -m bench.answers [--corpora DIR] [--half dev|unseen|all] [--sets NAMES] [--replies DIR]
        [--without-second-look] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from bench.answer_judge import Judged, judge, summary
from bot import logs
from bot.config.settings import IndexSettings, LLMSettings, Settings, SourceSettings
from index.build.build import build
from worker.process.ask import ask_all

SETS = Path(__file__).with_name("answer_sets")
DOMAINS = Path("../shared/data/domains")
PROJECTS = Path("../shared/data/docs")
FOLDER = Path("data/bench/answers")
LANGUAGES = {"tidb-zh": "zh", "handbook-en": "en"}


class Questions:
    """The questions about one corpus."""

    second_look: Literal["auto", "none"] = "auto"

    def __init__(self, name: str, language: str, documents: Path, rows: list[dict[str, Any]]) -> None:
        self.name = name
        self.language = language
        self.documents = documents
        self.rows = rows

    def settings(self) -> Settings:
        """What a new operator has: shipped defaults and the documents."""
        sources = (SourceSettings(path=self.documents),)
        return Settings(
            index=IndexSettings(dir=FOLDER / self.name, sources=sources, second_look=self.second_look),
            llm=LLMSettings(engine="extractive"),
        )


def sets(corpora: Path | None) -> Iterator[Questions]:
    """The sets whose documents are here."""
    about = json.loads((SETS / "sets.json").read_text("utf-8"))
    for name in sorted(about) if corpora else ():
        documents = Path(corpora or "", name)
        if documents.is_dir():
            yield Questions(name, about[name]["language"], documents, _read(SETS / f"{name}.jsonl"))
    for name, language in LANGUAGES.items():
        file = DOMAINS / f"{name}.jsonl"
        if file.is_file():
            facts = json.loads((SETS / f"{name}.facts.json").read_text("utf-8"))
            rows = [{**row, "half": "dev", "facts": facts.get(row["id"], [])} for row in _read(file)]
            yield Questions(name, language, DOMAINS / name, rows)
    if PROJECTS.is_dir():
        yield Questions("ml", "zh", PROJECTS, _read(SETS / "ml.jsonl"))


def replies(questions: Questions, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The replies to some of a set's rows, as `ask --batch` gives them."""
    settings = questions.settings()
    build(settings)
    with tempfile.TemporaryDirectory() as folder:
        batch = Path(folder) / "batch.jsonl"
        lines = (json.dumps({"id": row["id"], "text": row["text"]}) for row in rows)
        batch.write_text("\n".join(lines), "utf-8")
        return list(ask_all(batch, settings))


def measured(
    chosen: list[Questions], half: str, keep: Path | None
) -> tuple[dict[str, list[Judged]], dict[str, float]]:
    """Every row judged, by "set half", and seconds a question by set."""
    judged: dict[str, list[Judged]] = {}
    seconds = {}
    for questions in chosen:
        rows = [row for row in questions.rows if half in ("all", row["half"])]
        if not rows:
            continue
        given = replies(questions, rows)
        spent = [reply["trace"]["seconds"]["total"] for reply in given if reply["trace"]]
        seconds[questions.name] = round(sum(spent) / max(len(spent), 1), 3)
        for row, reply in zip(rows, given, strict=True):
            judged.setdefault(f"{questions.name} {row['half']}", []).append(judge(row, reply))
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            lines = (json.dumps(reply, ensure_ascii=False) for reply in given)
            (keep / f"{questions.name}.jsonl").write_text("\n".join(lines), "utf-8")
    return judged, seconds


def figures(chosen: list[Questions], half: str, keep: Path | None) -> dict[str, Any]:
    """By half, by half and language, and by half and corpus."""
    began = time.monotonic()
    judged, seconds = measured(chosen, half, keep)
    language = {questions.name: questions.language for questions in chosen}
    result: dict[str, Any] = {"seconds_a_question": seconds}
    for part in ("dev", "unseen"):
        own = {key.split()[0]: rows for key, rows in judged.items() if key.endswith(part)}
        if not own:
            continue
        result[part] = summary([item for rows in own.values() for item in rows])
        for tongue in ("en", "zh"):
            of = [item for name, rows in own.items() if language[name] == tongue for item in rows]
            if of:
                result[f"{part} {tongue}"] = summary(of)
        result[f"{part} by corpus"] = {name: summary(rows) for name, rows in own.items()}
    return {**result, "seconds": round(time.monotonic() - began, 1)}


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line]


def main() -> None:
    """Prints the figures, or says what is missing."""
    logs.configure("bench", "warning")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpora", default=os.environ.get("FENNEL_BENCH_CORPORA", ""))
    parser.add_argument("--half", choices=("dev", "unseen", "all"), default="all")
    parser.add_argument("--sets", default="", help="names, comma-separated; default all that are here")
    parser.add_argument("--replies", type=Path, help="a folder to keep the replies in")
    parser.add_argument("--without-second-look", action="store_true", help="`index.second_look: none`")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    wanted = {name for name in options.sets.split(",") if name}
    found = list(sets(Path(options.corpora) if options.corpora else None))
    chosen = [questions for questions in found if not wanted or questions.name in wanted]
    for questions in chosen:
        questions.second_look = "none" if options.without_second_look else "auto"
    if not chosen:
        print(json.dumps({"skipped": "no documents here; see --corpora in python -m bench.answers --help"}))
        return
    result = figures(chosen, options.half, options.replies)
    print(json.dumps(result, ensure_ascii=False, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
