"""What a message costs: LLM calls and prompt tokens, beside HuixiangDou's serial pipeline's.

Labelled group messages (`../shared/data/gate/dev.jsonl`, nobody mentioned) go through the real pipeline
over an index of nine projects' documents: search, gate, score, answer, verification. The engine is a stand-in
as strict as LMDeploy's api_server, with InternLM2's tokenizer and a prefix cache in blocks of 64 tokens; it
scores as the labels do and answers with a quotation, so only costs are shown, not quality. Each message is
decided by a gate fitted on the four fifths of the messages that it is not in. Figures of calls and tokens are
those that the server counted.

HuixiangDou's calls are made up from `bench.llm_calls.huixiangdou` for the same messages and the same
decisions: with the material that Fennel read, and with whole files as its own configuration has it (the
files of Fennel's best passages, as its embedder cannot run here). For what is declined the least it can take.

    python -m bench.calls [--messages N] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.gate import DATA, FOLDER, opened
from bench.llm_calls.huixiangdou import CHUNK_CHARACTERS, CHUNKS, PeerCall, SerialPipeline, whole_files
from bench.llm_calls.ours import Cost, measured
from bot import logs
from bot.answer import Outcome
from bot.config.settings import IndexSettings, LLMSettings, Settings, SourceSettings
from index.search.embed import open_embedder
from index.search.searcher import Searcher
from index.sources.load import LoadReport, load
from index.training.labels import read_questions
from tests.openai_model import BLOCK, ScriptedModel
from worker.pipeline.pipeline import PASSAGES

TOKENIZER = DATA / "internlm2" / "tokenizer.model"
ANSWERED = (Outcome.ANSWERED, Outcome.PARTLY)


def summary(groups: dict[str, list[tuple[int, int, int]]]) -> dict[str, float]:
    """Means of (calls, prompt tokens, of these cached) for each group of messages."""
    found: dict[str, float] = {}
    for name, rows in groups.items():
        columns = [statistics.fmean(column) for column in zip(*rows, strict=True)] if rows else [0.0] * 3
        found[f"calls_{name}"] = round(columns[0], 3)
        found[f"prompt_tokens_{name}"] = round(columns[1], 1)
        found[f"computed_tokens_{name}"] = round(columns[1] - columns[2], 1)
    return found


def ours(costs: Sequence[Cost]) -> dict[str, float]:
    """Fennel's figures."""
    row = {id(cost): (cost.calls, cost.prompt_tokens, cost.cached_tokens) for cost in costs}
    return summary(
        {
            "answered": [row[id(cost)] for cost in costs if cost.outcome in ANSWERED],
            "declined": [row[id(cost)] for cost in costs if cost.outcome == Outcome.DECLINED],
            "message": list(row.values()),
        }
    )


class Peer:
    """HuixiangDou's calls for the messages that Fennel answered and declined."""

    def __init__(
        self, tokenizer: ScriptedModel, searcher: Searcher, files: Mapping[tuple[str, str], str]
    ) -> None:
        self.pipeline = SerialPipeline(lambda text: len(tokenizer.encode(text)))
        self.searcher = searcher
        self.files = files

    def same_material(self, cost: Cost) -> list[PeerCall]:
        """Scored and answered from what Fennel read."""
        return self.pipeline.answered(cost.example.text, cost.material, cost.material, cost.answer)

    def own_material(self, cost: Cost) -> list[PeerCall]:
        """Scored by the best chunks, answered from their whole files."""
        best = self.searcher.search(cost.example.text, PASSAGES)[:CHUNKS]
        chunks = [passage.chunk.text[:CHUNK_CHARACTERS] for passage in best]
        places = dict.fromkeys((passage.chunk.source, passage.chunk.path) for passage in best)
        texts = whole_files([self.files[place] for place in places])
        return self.pipeline.answered(cost.example.text, chunks, texts, cost.answer)

    def figures(self, costs: Sequence[Cost], answered: Callable[[Cost], list[PeerCall]]) -> dict[str, float]:
        """The same figures as `ours`; what Fennel found nothing for counts as declined."""
        groups: dict[str, list[tuple[int, int, int]]] = {"answered": [], "declined": [], "message": []}
        for cost in costs:
            written = cost.outcome in ANSWERED
            calls = answered(cost) if written else self.pipeline.declined(cost.example.text)
            row = (len(calls), sum(c.prompt_tokens for c in calls), sum(c.cached_tokens for c in calls))
            groups["answered" if written else "declined"].append(row)
            groups["message"].append(row)
        return summary(groups)


def shared_prefix(costs: Sequence[Cost]) -> dict[str, float]:
    """What score and answer prompts of one message have in common; tokens, medians over messages."""
    both = [cost for cost in costs if cost.calls == 2]
    if not both:
        return {"messages": 0}
    score, answer, common = (
        statistics.median(column)
        for column in zip(
            *((len(cost.prompts[0]), len(cost.prompts[1]), cost.common_tokens) for cost in both), strict=True
        )
    )
    return {
        "messages": len(both),
        "score_prompt_tokens": score,
        "answer_prompt_tokens": answer,
        "common_tokens": common,
        "common_share_of_answer": round(
            statistics.fmean(cost.common_tokens / len(cost.prompts[1]) for cost in both), 4
        ),
        "in_full_blocks": statistics.median(cost.common_tokens // BLOCK * BLOCK for cost in both),
        "cached_tokens": statistics.median(cost.cached_tokens for cost in both),
    }


def figures(count: int) -> dict[str, Any]:
    """All of it, on `count` messages (0: all), evenly spread over the file."""
    every = read_questions(DATA / "gate" / "dev.jsonl")
    examples = every[:: max(1, len(every) // count)][:count] if count else every
    embedder = open_embedder(IndexSettings().embedder)
    folders = tuple(sorted((DATA / "docs").iterdir()))
    searcher = opened("projects", folders, embedder)
    settings = Settings(llm=LLMSettings(engine="openai", tokenizer=str(TOKENIZER)))
    costs = measured(examples, searcher, settings)
    sources = [SourceSettings(path=folder) for folder in folders]
    files = {(page.source, page.path): page.text for page in load(sources, FOLDER, LoadReport())}
    peer = Peer(ScriptedModel(tokenizer=str(TOKENIZER)), searcher, files)
    return {
        "messages": len(costs),
        "outcomes": dict(Counter(cost.outcome for cost in costs)),
        "gate": dict(Counter(cost.verdict for cost in costs)),
        "fennel": ours(costs),
        "huixiangdou_same_material": peer.figures(costs, peer.same_material),
        "huixiangdou_whole_files": peer.figures(costs, peer.own_material),
        "calls_for": dict(Counter(kind for cost in costs for kind in cost.kinds)),
        "shared_prefix": shared_prefix(costs),
    }


def table(found: dict[str, Any]) -> str:
    """The figures as a table, means a message."""
    kinds = ("answered", "declined", "message")
    lines = [f"{found['messages']} messages: {found['outcomes']}; the gate said {found['gate']}", ""]
    lines.append(f"{'means':28}" + "".join(f"{kind:>27}" for kind in kinds))
    lines.append(f"{'':28}" + f"{'calls':>7}{'tokens':>10}{'computed':>10}" * 3)
    for name in ("fennel", "huixiangdou_same_material", "huixiangdou_whole_files"):
        cells = (
            f"{found[name][f'calls_{kind}']:7.2f}{found[name][f'prompt_tokens_{kind}']:10.0f}"
            f"{found[name][f'computed_tokens_{kind}']:10.0f}"
            for kind in kinds
        )
        lines.append(f"{name:28}" + "".join(cells))
    lines += ["", "tokens: of the prompts; computed: less those found in the prefix cache"]
    lines += [f"Fennel's calls for: {found['calls_for']} (verification asks no model)", ""]
    prefix = found["shared_prefix"]
    lines += [f"score and answer prompts, {name}: {value}" for name, value in prefix.items()]
    return "\n".join(lines)


def main() -> None:
    """Prints a table, or one JSON object with --json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--messages", type=int, default=0, help="so many, evenly spread; 0: all")
    asked = parser.parse_args()
    if not DATA.is_dir():
        print(json.dumps({"skipped": f"needs the shared data folder at {DATA.resolve()}"}))
        return
    logs.configure("bench")
    found = figures(asked.messages)
    print(json.dumps(found) if asked.json else table(found))


if __name__ == "__main__":
    main()
