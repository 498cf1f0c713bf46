"""python -m bench.listening: a group's messages in their order as one running chat, asked and overheard.

../shared/data/gate/dev.jsonl holds 1,136 real group messages, label 1 where people judged them worth an
answer; the documents are those of the nine projects they speak of (not part of this repository). Each is
played twice, without a model: as a mention, and as one that the bot overhears (`reply_to: all`), where it
must be sure and the matter must not have been answered lately. Printed for both: answered, declined, and how
many of each wrongly so by the labels, and the precision of what was answered.

    python -m bench.listening [--index DIR_OF_AN_INDEX] [--every N] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bot import logs
from bot.answer import Outcome
from bot.config.settings import GateSettings, IndexSettings, LLMSettings, Settings, SourceSettings
from index.build.build import build
from index.gate.gate import open_gate
from index.search.versions import open_current
from worker.engines.extractive.engine import Extractive
from worker.language import language_of
from worker.manners.listening import SAME, is_sure
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline

MESSAGES = Path("../shared/data/gate/dev.jsonl")
DOCUMENTS = Path("../shared/data/docs")
LONGEST = 2000
MATTERS = 12
ANSWERED = frozenset({Outcome.ANSWERED, Outcome.PARTLY, Outcome.WEB})


def measure(index: Path, every: int) -> dict[str, Any]:
    """The figures over every Nth message. Builds the index where there is none."""
    settings = Settings(
        index=IndexSettings(
            dir=index,
            sources=(SourceSettings(path=DOCUMENTS),),
            gate=GateSettings(questions=()),
        ),
        llm=LLMSettings(engine="extractive"),
    )
    if not (index / "versions").exists():
        build(settings)
    searcher = open_current(settings)
    pipeline = Pipeline(PipelineParts(settings, searcher, open_gate(settings, searcher), Extractive()))
    rows = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()][::every]
    mention, listen = [], []
    lately: deque[Any] = deque(maxlen=MATTERS)
    for text, label in ((row["text"][:LONGEST], bool(row["label"])) for row in rows):
        asked, _ = pipeline.run(Question(text, language_of(text, "auto"), mentioned=True))
        mention.append((asked.outcome in ANSWERED, label))
        heard, trace = pipeline.run(Question(text, language_of(text, "auto"), mentioned=False))
        says = is_sure(heard, trace.facts)
        if says:
            [vector] = searcher.embedder.embed([text])
            says = not lately or float((np.stack(lately) @ vector).max()) < SAME
            lately.append(vector)
        listen.append((says, label))
    return {"n": len(rows), "worth": sum(row["label"] for row in rows)} | {
        name: dict(_figures(results)) for name, results in (("mention", mention), ("listen", listen))
    }


def _figures(results: list[tuple[bool, bool]]) -> Iterator[tuple[str, float]]:
    answered = sum(says for says, _ in results)
    right = sum(says and label for says, label in results)
    yield "answered", answered
    yield "answered_wrongly", answered - right
    yield "declined", len(results) - answered
    yield "declined_wrongly", sum(label and not says for says, label in results)
    yield "precision", round(right / answered, 3) if answered else 1.0


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, help="an index over the documents; built where it is empty")
    parser.add_argument("--every", type=int, default=1, help="play every Nth message only")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    logs.configure("bench")
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.index or Path(folder), given.every)
    if given.json:
        print(json.dumps(figures))
        return
    print(f"{figures['n']} messages, {figures['worth']} worth an answer")
    for name in ("mention", "listen"):
        print(name, " ".join(f"{key} {value}" for key, value in figures[name].items()))


if __name__ == "__main__":
    main()
