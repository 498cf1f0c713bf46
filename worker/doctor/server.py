"""The doctor does with a model server what the program does: scores, answers, four at once, long prompts.

Rows are (check, state, detail, fix). Raises what `LLM.score` raises when the server does not answer at all.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.config.proxies import proxy_for, shown
from bot.errors import AnswerTimeout, FennelError, PromptTooLong
from worker.doctor.rows import FAILED, GOOD, WARNING, Row
from worker.doctor.score_scale import probe_scale
from worker.engines.openai.attempts import Call
from worker.engines.openai.bodies import Body, base_body, off_switch
from worker.engines.openai.engine import OpenAIEngine
from worker.engines.openai.probing import Known
from worker.engines.replies.chunks import read_chunk
from worker.excerpts import Excerpt
from worker.llm import ChatMessage
from worker.pipeline.verify import Verifier
from worker.prompts import Prompts

AT_ONCE = 4
ALONE = 3.0
"""So many times as long as one answer, and four of them were not answered at once."""
ANSWER_TOKENS = 200
LONG_SECONDS = 45.0
SHORT_PART, CUT = 4, 0.8
PLAUSIBLE = 0.1
"""Of a prompt nearly as long as the context, what is counted if anything is."""
QUESTION = "How do I install FooServe, and which port does it listen on?"
EXCERPT = Excerpt(
    1,
    "Install FooServe",
    "Run `pip install fooserve` to install FooServe. It needs Python 3.9 or newer.\n\n"
    "FooServe listens on port 9090 by default; change it with `--port`.",
)
LINE = "Line {number}: FooServe reads setting {number} from fooserve.yaml and writes it to its log.\n"
TAKE_A_LARGER = (
    "take a larger chat model (7B or more), or let the documents be quoted: llm.engine: extractive"
)


@dataclass(frozen=True)
class _Answered:
    seconds: float
    text: str
    finish: str
    cited: bool
    reasoning_tokens: int


def ask(url: str, engine: OpenAIEngine, wanted: str) -> list[Row]:
    """Everything there is to say about one server; `wanted` is llm.model."""
    verdict = probe_scale(engine)
    known = engine.client.known.at_hand(url)
    rows = [_way(url), *_name(url, known, wanted)]
    rows.append(("scale", GOOD if verdict.follows else FAILED, verdict.sentence, verdict.fix))
    rows += [("score", GOOD, _score_words(known), "")] if known else []
    answered, row = _answer(engine)
    rows.append(row)
    if answered is not None:
        rows.append(_four(engine, answered))
    rows.append(_context(engine, url))
    rows += [("tokenizer", FAILED, problem, "") for problem in engine.tokenizer_problems(url)]
    if not verdict.follows and (answered is None or not answered.cited):
        rows.append(("model", WARNING, "it is a weak model: it neither scores nor cites", TAKE_A_LARGER))
    return rows


def _way(url: str) -> Row:
    proxy = proxy_for(url)
    return (
        "proxy",
        GOOD,
        f"{url} is called {f'through {shown(proxy)}' if proxy else 'straight, no proxy'}",
        "",
    )


def _name(url: str, known: Known | None, wanted: str) -> list[Row]:
    if known is None:
        return [("server", GOOD, f"{url} answers", "")]
    served = known.served or known.model
    rows: list[Row] = [("server", GOOD, f"{url} answers as {served}", "")]
    if wanted and known.listed and wanted not in known.listed:
        fix = f"set llm.model to what it lists, such as {known.listed[0]}, unless {wanted} is an alias"
        rows.append(("model name", WARNING, f"it does not list {wanted}; {known.model} is asked for", fix))
    if known.features.thinks == "unclear":
        words = "it replies at length to a question for one digit; answers are shown when they are whole"
        rows.append(("thinking", WARNING, words, TAKE_A_LARGER))
    elif known.features.thinks:
        off = known.features.thinking_off
        switch = f"switched off by {off} for the score" if off else "and cannot be switched off"
        rows.append(
            (
                "thinking",
                GOOD if off else WARNING,
                f"the model thinks ({known.features.thinks}), {switch}",
                "",
            )
        )
    return rows


def _score_words(known: Known) -> str:
    features = known.features
    if features.top_logprobs:
        return f"read from the probabilities of the first token ({features.top_logprobs} shown)"
    if features.format:
        return f"one number, held to by response_format {features.format}, which it obeys"
    return "one number in a free reply: it shows no probabilities and obeys no response_format"


def _answer(engine: OpenAIEngine) -> tuple[_Answered | None, Row]:
    try:
        answered = _stream(engine)
    except FennelError as error:
        fix = "what the server says above is what members would meet: they get quotes instead"
        return None, ("answer", FAILED, f"{type(error).__name__}: {error}"[:400], fix)
    thought = f", {answered.reasoning_tokens} tokens of reasoning" if answered.reasoning_tokens else ""
    detail = f"streamed in {answered.seconds:.1f} s{thought}"
    if not answered.cited:
        return answered, (
            "answer",
            WARNING,
            f"{detail}, but nothing in it is supported and cited",
            TAKE_A_LARGER,
        )
    return answered, ("answer", GOOD, f"{detail}, with its citation", "")


def _stream(engine: OpenAIEngine) -> _Answered:
    began = time.monotonic()
    reply = engine.stream(Prompts(QUESTION, [EXCERPT], "en").answer(), max_tokens=ANSWER_TOKENS)
    text = ""
    for piece in reply:
        text, reply.anew = ("" if reply.anew else text) + piece, False
    cited = bool(Verifier(QUESTION, [EXCERPT], None).verify(text).cited)
    seconds = time.monotonic() - began
    return _Answered(seconds, text, reply.finish_reason, cited, reply.usage.reasoning_tokens)


def _four(engine: OpenAIEngine, alone: _Answered) -> Row:
    began, failures = time.monotonic(), []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for job in [pool.submit(_stream, engine) for _ in range(AT_ONCE)]:
            if (error := job.exception()) is not None:
                failures.append(f"{type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    if failures:
        fix = "lower worker.concurrency, or start the server with more slots"
        return ("four at once", FAILED, f"{len(failures)} of {AT_ONCE} failed: {failures[0]}"[:300], fix)
    detail = f"{AT_ONCE} answers in {seconds:.1f} s, one alone in {alone.seconds:.1f} s"
    if seconds > ALONE * max(alone.seconds, 0.5):
        fix = "start the server with parallel slots (llama.cpp: -np 4, Ollama: OLLAMA_NUM_PARALLEL)"
        return ("four at once", WARNING, f"one after the other: {detail}", fix)
    return ("four at once", GOOD, detail, "")


def _context(engine: OpenAIEngine, url: str) -> Row:
    """A quarter of llm.context_tokens, then nearly all of it: what does the server count?"""
    lines = int(0.8 * engine.context_tokens / max(engine.count_tokens(LINE.format(number=100)), 1))
    try:
        short = _counted(engine, lines // SHORT_PART)
        long = _counted(engine, lines)
    except PromptTooLong as error:
        fix = f"set llm.context_tokens to {error.limit or 'what it has'}, or give it a longer context"
        return (
            "context",
            FAILED,
            f"it refuses a prompt as long as llm.context_tokens allows: {error}"[:300],
            fix,
        )
    except AnswerTimeout:
        return (
            "context",
            WARNING,
            f"not measured: a long prompt takes more than {LONG_SECONDS:.0f} s here",
            "",
        )
    except FennelError as error:
        return ("context", FAILED, f"a long prompt fails: {error}"[:300], "lower llm.context_tokens")
    if long < PLAUSIBLE * engine.context_tokens and long < 2 * short:
        return ("context", WARNING, f"not measured: the server counts {long} tokens, whatever it is sent", "")
    if long < CUT * SHORT_PART * short:
        fix = f"start it with a longer context (Ollama: num_ctx), or set llm.context_tokens to {long}"
        return ("context", FAILED, f"it cuts prompts at {long} tokens without a word", fix)
    return ("context", GOOD, f"a prompt of {long} tokens is read whole", "")


def _counted(engine: OpenAIEngine, lines: int) -> int:
    text = "".join(LINE.format(number=number) for number in range(lines))
    messages: list[ChatMessage] = [{"role": "user", "content": f"{text}\nReply with one digit."}]

    def body(known: Known) -> Body:
        return base_body(known.model, known.features, messages, 1) | off_switch(known.features)

    answer = engine.client.complete(body, Call(time.monotonic() + LONG_SECONDS))
    usage = read_chunk(answer).usage
    return usage.prompt_tokens if usage else 0
