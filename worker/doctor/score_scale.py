"""Does this model follow the 0-10 scale at all? Asked once by the doctor, before its scores decide anything.

Some models score everything the same: internlm-chat-7b (v1) answered 0 to whatever it was shown, and the
bot then rejected every question. Two questions that their material plainly answers and two messages that
have nothing to do with it must come out apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from worker.excerpts import Excerpt
from worker.llm import LLM
from worker.prompts import Prompts

APART = 2.0
"""Points between the means of both kinds for scores to be worth asking for."""
FLAT = 1.0
"""Below this the model gives everything the same number."""
_ZH = ("安装 FooServe", "运行 pip install fooserve 即可安装 FooServe，需要 Python 3.9 以上。", "zh")
_EN = ("FooServe settings", "FooServe listens on port 9090 by default; change it with --port.", "en")
ANSWERABLE = (("如何安装 FooServe？", *_ZH), ("Which port does FooServe listen on by default?", *_EN))
UNRELATED = (("今天中午吃什么？", *_ZH), ("Happy birthday, see you at the party tonight!", *_EN))
TAKE_ANOTHER = (
    "take a newer chat model, such as internlm/internlm2-chat-7b, or let the index decide alone: "
    "llm.engine: extractive"
)


@dataclass(frozen=True)
class ScaleVerdict:
    """Whether the model's scores can be used, in a sentence, and what to do if not."""

    follows: bool
    sentence: str
    fix: str = ""
    answerable: tuple[float, ...] = ()
    unrelated: tuple[float, ...] = ()


def probe_scale(llm: LLM) -> ScaleVerdict:
    """Asks for four scores with the real scoring prompt. Raises what `LLM.score` raises."""
    good, reasons = _scores(llm, ANSWERABLE)
    bad, more_reasons = _scores(llm, UNRELATED)
    reasons += more_reasons
    if not good or not bad:
        fix = f"{TAKE_ANOTHER}; a base model without 'chat' or 'instruct' in its name cannot do it"
        return ScaleVerdict(False, f"the model gives no score: {reasons[0]}", fix)
    return judge(tuple(good), tuple(bad))


def judge(answerable: tuple[float, ...], unrelated: tuple[float, ...]) -> ScaleVerdict:
    """The verdict on scores of both kinds."""
    every = (*answerable, *unrelated)
    seen = f"{fmean(answerable):.1f} for what its material answers, {fmean(unrelated):.1f} for small talk"
    apart = fmean(answerable) - fmean(unrelated)
    if max(every) - min(every) < FLAT:
        sentence = f"the model scores everything about {fmean(every):.0f}; it does not follow the scale"
        return ScaleVerdict(False, sentence, TAKE_ANOTHER, answerable, unrelated)
    if apart < APART:
        sentence = f"the model's scores do not tell questions from small talk: {seen}"
        return ScaleVerdict(False, sentence, TAKE_ANOTHER, answerable, unrelated)
    return ScaleVerdict(True, f"the model follows the scale: {seen}", "", answerable, unrelated)


def _scores(llm: LLM, cases: tuple[tuple[str, str, str, str], ...]) -> tuple[list[float], list[str]]:
    """The values of those cases that were scored, and the reasons of those that were not."""
    values, reasons = [], []
    for question, title, text, language in cases:
        score = llm.score(Prompts(question, [Excerpt(1, title, text)], language).score())
        if score.value is None:
            reasons.append(score.reason)
        else:
            values.append(score.value)
    return values, reasons
