"""`python -m bot ask "..."`: one question through the real pipeline, with no Feishu and no Redis."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.config.settings import Settings
from index.gate.gate import open_gate
from index.search.versions import open_current
from worker.engines.choose import open_llm
from worker.language import language_of
from worker.pipeline.pipeline import Pipeline, PipelineParts, Question
from worker.web.opening import open_web


def ask(text: str, settings: Settings) -> dict[str, Any]:
    """{"decision", "answer", "sources", "trace"}. Raises what Pipeline.run raises, and IndexMissing."""
    searcher = open_current(settings)
    llm = open_llm(settings)
    try:
        parts = PipelineParts(settings, searcher, open_gate(settings, searcher), llm, open_web(settings))
        group = settings.group("")
        question = Question(text, language_of(text, group.language), point=group.point, web=group.web_search)
        answer, trace = Pipeline(parts).run(question)
    finally:
        llm.close()
    return {
        "decision": trace.facts["decision"],
        "answer": answer.text,
        "sources": [asdict(source) for source in answer.sources],
        "trace": trace.facts,
    }
