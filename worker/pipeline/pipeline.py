"""The way of one question inside the worker: retrieve -> read -> score -> search -> generate -> verify.

A Pipeline is cheap: it borrows the loaded parts of the process and is made for each question, so that
an index swapped in meanwhile serves the next question and never half of this one. It knows nothing of
Feishu or of queues; `python -m bot ask`, the replay and the jobs all call `run`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.answer import Answer, Outcome
from bot.errors import SearchUnavailable
from bot.messages import say
from worker.excerpts import Excerpt, numbered
from worker.finding import find, support
from worker.finding.second_look.model import second_look_of
from worker.llm import IsCancelled, never
from worker.pipeline import retrieve, score
from worker.pipeline.disagreeing import contradictions, outdated
from worker.pipeline.generate import Draft, OnText, WritingLimits, Written, generate
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.progress import OnProgress, Progress
from worker.pipeline.quoted import quotable, with_quotes
from worker.pipeline.sanitise import Sanitiser
from worker.pipeline.trace import Trace, gate_facts, passage_facts, support_facts
from worker.pipeline.verify import Verified, Verifier
from worker.prompts import Prompts
from worker.unforeseen import unforeseen

if TYPE_CHECKING:
    from index.gate.gate import Decision
    from index.search.searcher import Passage
    from worker.finding.reading import Similarity

PASSAGES = 8
"""How many passages search returns; the token budget decides how many the engine reads."""
QUOTING = "extractive"
"""The engine that writes nothing of its own."""
FOR_WRITING = 20.0
"""Seconds before a question's deadline from which on nothing is looked at again."""
NOT_CHAT = 0.2
"""What was asked with a mention and is answered by what was found is not declined, unless the gate's own
probability is below this: thanks and greetings find likely places too."""
NEAREST = 3
"""How many pages a "not found" lists."""


def ignore(_: object) -> None:
    """For callers that want neither progress nor partial text."""


class Pipeline:
    """Answers questions from one version of the index."""

    def __init__(self, parts: PipelineParts) -> None:
        self.parts = parts

    def run(
        self,
        question: Question,
        on_progress: OnProgress = ignore,
        on_text: OnText = ignore,
        cancelled: IsCancelled = never,
        trace: Trace | None = None,
    ) -> tuple[Answer, Trace]:
        """One question to its Answer. Raises QuestionTooLong, AnswerTimeout, Cancelled, EngineUnavailable."""
        trace = trace or Trace(question.message_id, question.text)
        answer = _Run(self.parts, question, on_progress, on_text, cancelled, trace).answer()
        trace.finish(answer.outcome)
        return answer, trace


class _Run:
    """The state of one question on its way."""

    def __init__(
        self,
        parts: PipelineParts,
        question: Question,
        on_progress: OnProgress,
        on_text: OnText,
        cancelled: IsCancelled,
        trace: Trace,
    ) -> None:
        self.parts = parts
        self.question = question
        self.progress = Progress(on_progress, question.language)
        self.on_text = on_text
        self.cancelled = cancelled
        self.trace = trace
        self.deadline = time.monotonic() + parts.settings.worker.answer_timeout
        self.shown = False
        self.similarity = find.similarity_of(parts.searcher)
        self.found = find.NOTHING
        trace.note(
            language=question.language,
            mentioned=question.mentioned,
            index_version=parts.searcher.version,
            product_version=parts.product_version,
            engine=parts.llm.name,
        )

    def answer(self) -> Answer:
        question, llm = self.question, self.parts.llm
        budget = retrieve.material_budget(
            question.put, question.language, llm, self.parts.settings.llm.max_answer_tokens
        )
        passages, decision = self._look()
        excerpts = retrieve.with_quotes(self.found, passages)
        kept = retrieve.fit(excerpts, budget, llm.count_tokens)
        prompts = Prompts(
            question.put,
            kept,
            question.language,
            similarity=self.similarity,
            quotes=quotable(self.found, kept, question.language),
        )
        self.parts.searched()
        if not self._accepted(decision, prompts, passages):
            return self._ending(Outcome.DECLINED, say("declined", question.language))
        if question.force_web:
            return self._from_web(excerpts, budget, prompts)
        answer = self._write(prompts) if support.helps(self.found.support) else None
        if answer is None and self._may_search():
            return self._from_web(excerpts, budget, prompts)
        return answer or self._quoted(prompts, decision) or self._not_found(excerpts)

    def _quoted(self, prompts: Prompts, decision: Decision) -> Answer | None:
        """Where the gate is sure and the model found nothing: the passage that answers, quoted."""
        sure = decision.verdict == "answer" and bool(prompts.excerpts)
        text = self.parts.quote(prompts.answer()) if sure else ""
        written = Written(text, engine=QUOTING, degraded="engine_found_nothing", finish_reason="stop")
        return self._checked(prompts, written, self._sanitiser(prompts)) if text else None

    def _look(self) -> tuple[Sequence[Passage], Decision]:
        """Searches once; the gate, the reading and the answer see the same result."""
        question, searcher = self.question, self.parts.searcher
        with self.trace.step("retrieve"):
            find.prepare(searcher, question.text)
            lookup = searcher.look_up(question.text)
            found = searcher.search(question.text, find.PASSAGES, lookup=lookup)
            passages = found[:PASSAGES]
        with self.trace.step("gate"):
            decision = self.parts.gate.decide(
                question.text, passages, question.mentioned, point=question.point, lookup=lookup
            )
        with self.trace.step("read"):
            again = self._second_look()
            self.found = find.find(searcher, lookup, found, decision, self.similarity, again)
        self.trace.note(
            gate=gate_facts(decision), passages=passage_facts(passages), support=support_facts(self.found)
        )
        return passages, decision

    def _second_look(self) -> Similarity | None:
        """None too where the time that is left is for writing the answer."""
        if time.monotonic() > self.deadline - FOR_WRITING:
            return None
        writes = self.parts.llm.name != QUOTING
        return second_look_of(self.parts.settings.index.second_look, writes=writes)

    def _accepted(self, decision: Decision, prompts: Prompts, passages: Sequence[Passage]) -> bool:
        if self.question.force_web:
            accepted = True
        else:
            if decision.verdict == "answer" or (decision.verdict == "unsure" and self.question.mentioned):
                self.progress.searching(passages, self.parts.searcher.documents)
            asked = score.Asked(self.question.mentioned, self.question.chat_id, self.deadline)
            with self.trace.step("score"):
                accepted = score.decide(decision, prompts, self.parts.llm, asked, self.cancelled, self.trace)
        near = decision.probability >= NOT_CHAT and support.answers(self.found.support)
        if not accepted and self.question.mentioned and near:
            self.trace.event("read_and_found", support=round(self.found.support, 3))
            accepted = True
        self.trace.note(decision="answer" if accepted else "decline")
        return accepted

    def _may_search(self) -> bool:
        return self.parts.web is not None and self.question.web

    def _from_web(self, excerpts: list[Excerpt], budget: int, prompts: Prompts) -> Answer:
        """Answers from pages and documents together; the documents stay first, as the cached prefix."""
        pages = self._search()
        if not pages:
            return self._write(prompts) or self._not_found(excerpts)
        own = retrieve.fit(excerpts[: PASSAGES // 2], budget // 2, self.parts.llm.count_tokens)
        web = retrieve.fit(pages, budget // 2, self.parts.llm.count_tokens)
        both = [*own, *numbered(web, len(own) + 1)]
        if self.question.force_web:
            both = numbered([*web, *own])
        return self._write(prompts.with_excerpts(both)) or self._not_found(excerpts)

    def _search(self) -> list[Excerpt]:
        if self.parts.web is None:
            self.trace.event("web_search_not_configured")
            return []
        self.progress.searching_web()
        try:
            with self.trace.step("search"):
                pages = self.parts.web.excerpts(
                    self.question.text, self.question.language, self.cancelled, self.progress.reading_web
                )
        except Exception as error:
            if not isinstance(error, SearchUnavailable) and not unforeseen("web_search", error):
                raise
            self.trace.event("web_search_unavailable", error=f"{type(error).__name__}: {error}"[:300])
            return []
        self.trace.note(web_pages=[page.url for page in pages])
        return pages

    def _write(self, prompts: Prompts) -> Answer | None:
        """Generates and verifies; None when the material does not answer."""
        question, llm = self.question, self.parts.llm
        if not prompts.excerpts:
            return None
        sanitiser = self._sanitiser(prompts)
        self.progress.reading(prompts.excerpts, sanitiser)
        prompt = prompts.answer()
        tokens = sum(llm.count_tokens(excerpt.text) for excerpt in prompts.excerpts)
        self.trace.note(material_tokens=tokens, excerpts=len(prompts.excerpts))
        own = self.parts.settings.llm
        limits = WritingLimits(
            self.deadline, own.max_answer_tokens, question.chat_id, keep_reasoning=own.trace_reasoning
        )
        with self.trace.step("generate"):
            written = generate(prompt, llm, sanitiser, limits, self._show, self.cancelled, self.trace)
        return self._checked(prompts, written, sanitiser) if written.text else None

    def _sanitiser(self, prompts: Prompts) -> Sanitiser:
        return Sanitiser(prompts.excerpts, self.question.language)

    def _checked(self, prompts: Prompts, written: Written, sanitiser: Sanitiser) -> Answer | None:
        """What is left after verification; None when nothing is."""
        with self.trace.step("verify"):
            known = with_quotes(prompts, sanitiser)
            verified = Verifier(self.question.text, known, self.similarity).verify(written.text)
        self.trace.note(
            verify={"checked": verified.checked, "dropped": verified.dropped, "recited": verified.recited},
            engine=written.engine,
            degraded=written.degraded,
        )
        if not verified.cited or not self._answers(prompts, verified):
            return None
        return self._cited(prompts.excerpts, written, verified, sanitiser)

    def _answers(self, prompts: Prompts, verified: Verified) -> bool:
        """Whether what was written answers the question; nobody can judge that of a page of the web."""
        cited = [excerpt for excerpt in prompts.excerpts if excerpt.number in verified.cited]
        if any(excerpt.web for excerpt in cited):
            return True
        likely = find.judged(self.found, verified.text, cited)
        self.trace.note(support={**support_facts(self.found), "written": round(likely, 3)})
        return support.answers(likely)

    def _show(self, draft: Draft) -> None:
        """The text so far, and once that the writing has begun."""
        if not self.shown:
            if not draft():
                return
            self.progress.writing()
            self.shown = True
        self.on_text(draft)

    def _cited(
        self, excerpts: Sequence[Excerpt], written: Written, verified: Verified, sanitiser: Sanitiser
    ) -> Answer:
        by_number = {excerpt.number: excerpt for excerpt in excerpts}
        cited = [by_number[number] for number in sorted(verified.cited)]
        outcome = Outcome.PARTLY if verified.dropped else Outcome.ANSWERED
        if all(excerpt.web for excerpt in cited):
            outcome = Outcome.WEB
        self.trace.note(cited=[excerpt.path or excerpt.url for excerpt in cited])
        self._note_doubtful(cited, excerpts)
        degraded = say(written.degraded, self.question.language) if written.degraded else ""
        return replace(
            self._ending(outcome, verified.text),
            sources=tuple(sanitiser.source(excerpt) for excerpt in cited),
            further=tuple(
                sanitiser.source(excerpt) for excerpt in excerpts if excerpt.number not in verified.cited
            ),
            engine=written.engine,
            degraded=degraded,
            unsupported=verified.dropped,
        )

    def _note_doubtful(self, cited: Sequence[Excerpt], met: Sequence[Excerpt]) -> None:
        """Pages that whoever keeps the documents should look at; `python -m bot report` counts them."""
        if pages := contradictions(cited, met):
            self.trace.note(contradictions=pages)
        if old := outdated(cited, time.time()):
            self.trace.note(outdated=old)

    def _not_found(self, excerpts: Sequence[Excerpt]) -> Answer:
        """The closest places where any is near enough to help; else nothing, and that is said."""
        language = self.question.language
        if not support.helps(self.found.support):
            return self._ending(Outcome.NOT_FOUND, say("not_found", language))
        sanitiser = Sanitiser(excerpts, language)
        places = [excerpt for excerpt in excerpts if excerpt.says_something][:NEAREST]
        nearest = tuple(map(sanitiser.source, places))
        return replace(self._ending(Outcome.NOT_FOUND, say("closest", language)), sources=nearest)

    def _ending(self, outcome: Outcome, text: str) -> Answer:
        return Answer(
            outcome=outcome,
            question=self.question.asked or self.question.text,
            standalone=self.question.put if self.question.asked else "",
            text=text,
            language=self.question.language,
            engine=self.parts.llm.name,
            index_version=self.parts.searcher.version,
            product_version=self.parts.product_version,
        )
