"""Labelled messages through the real pipeline, the engine a stand-in that counts what it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

import numpy as np

from bot.config.settings import LLMSettings, Settings
from index.gate.gate import Gate
from index.gate.reference import evidence_of
from index.search.searcher import Searcher
from index.training.examples import tabulate
from index.training.fit import FOLDS, fit, folds
from index.training.labels import Example
from tests.openai_model import ScriptedModel
from tests.openai_rules import render
from tests.openai_server import ModelServer
from worker.engines.choose import open_llm
from worker.language import language_of
from worker.llm import LLM
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline
from worker.prompts import ANSWER_TASK, SCORE_TASK
from worker.sentences import sentences

QUOTED = 4
"""Sentences of an answer."""
_MARKUP = re.compile(r"[`\[\]()<>|*#!:：]")
_ASKED = re.compile(r"<<<(?:问题|question) \S+\n(.*)\n<<<end", re.DOTALL)
_MATERIAL = re.compile(r"<<<(?:资料|material) \[\d+\] \S+\n(.*?)\n<<<end", re.DOTALL)


@dataclass(frozen=True)
class Cost:
    """What one message took; tokens as the server counted them."""

    example: Example
    verdict: str
    """The gate's."""
    outcome: str
    calls: int
    prompt_tokens: int
    cached_tokens: int
    prompts: tuple[tuple[int, ...], ...] = ()
    """The token ids of each call's prompt."""
    material: tuple[str, ...] = ()
    """What the answer was written from."""
    answer: str = ""
    kinds: tuple[str, ...] = ()
    """What each call was for: 'score', 'answer', or 'other'."""

    @property
    def common_tokens(self) -> int:
        """Tokens that the first and the last prompt begin with alike."""
        pairs = zip(self.prompts[0], self.prompts[-1], strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


class Asking:
    """The real pipeline over one index and one engine, which is the stand-in."""

    def __init__(self, searcher: Searcher, server: ModelServer, llm: LLM, settings: Settings) -> None:
        self.searcher, self.server, self.llm, self.settings = searcher, server, llm, settings

    def ask(self, gate: Gate, example: Example) -> Cost:
        """One message nobody was mentioned in."""
        before = len(self.server.bodies)
        question = Question(
            example.text, language_of(example.text, "auto"), mentioned=False, message_id=example.id
        )
        pipeline = Pipeline(PipelineParts(self.settings, self.searcher, gate, self.llm))
        answer, trace = pipeline.run(question)
        sent = [body["messages"] for body in self.server.bodies[before:]]
        usage = trace.facts["usage"]
        if len(sent) != usage["calls"]:
            raise RuntimeError(
                f"{example.id}: the server had {len(sent)} calls, {usage['calls']} were counted"
            )
        return Cost(
            example,
            trace.facts["gate"]["verdict"],
            str(answer.outcome),
            usage["calls"],
            usage["prompt_tokens"],
            usage["cached_tokens"],
            tuple(tuple(self.server.model.encode(render(messages))) for messages in sent),
            tuple(_MATERIAL.findall(sent[-1][-1]["content"])) if sent else (),
            answer.text,
            tuple(_kind(messages[-1]["content"]) for messages in sent),
        )


def _kind(prompt: str) -> str:
    tasks = {"score": SCORE_TASK, "answer": ANSWER_TASK}
    return next((kind for kind, task in tasks.items() if prompt.endswith(tuple(task.values()))), "other")


def gates(examples: Sequence[Example], searcher: Searcher) -> Iterator[tuple[Gate, list[Example]]]:
    """Gates, each with the messages that its fit did not see."""
    evidence = evidence_of(searcher)
    table = tabulate(examples, searcher, evidence)
    every = np.arange(len(examples))
    for held in folds(table.labels, FOLDS, 0):
        rest = table.part(np.setdiff1d(every, held))
        model = fit(rest, None, name="fold", origin="calibrated", memory=True)
        yield Gate(model, searcher, evidence, ask_model=True), [examples[row] for row in held]


def measured(examples: Sequence[Example], searcher: Searcher, settings: Settings) -> list[Cost]:
    """Every message through the pipeline, one after the other. `settings` lack the server's address."""
    labels = {example.text: example.label for example in examples}

    def planted(messages: list[dict[str, Any]]) -> dict[str, float]:
        found = _ASKED.search(messages[-1]["content"])
        good = found is not None and labels.get(found.group(1)) == 1
        return {"9": 0.9, "8": 0.1} if good else {"1": 0.9, "0": 0.1}

    model = ScriptedModel(tokenizer=settings.llm.tokenizer, probabilities=planted, reply=quoted)
    with ModelServer(model=model) as server:
        llm = open_llm(settings.model_copy(update={"llm": _served(settings.llm, server.url)}))
        try:
            asking = Asking(searcher, server, llm, settings)
            return [
                asking.ask(gate, example) for gate, unseen in gates(examples, searcher) for example in unseen
            ]
        finally:
            llm.close()


def quoted(messages: list[dict[str, Any]]) -> str:
    """An answer: some plain sentences of the material, each cited."""
    found = enumerate(_MATERIAL.findall(messages[-1]["content"]), 1)
    plain = (
        f"{sentence} [{number}]"
        for number, text in found
        for sentence in sentences(text.partition("\n")[2])
        if len(sentence) > 12 and not _MARKUP.search(sentence)
    )
    return "\n\n".join(islice(plain, QUOTED)) or "NOT_FOUND"


def _served(llm: LLMSettings, url: str) -> LLMSettings:
    return llm.model_copy(update={"base_url": url})
