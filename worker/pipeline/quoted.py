"""What may be quoted as the answer, as the engine that quotes is given it and as the verifier knows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.messages import say
from worker.excerpts import Excerpt
from worker.finding import support
from worker.finding.find import Found
from worker.finding.quote import Quote
from worker.finding.several import unanswered
from worker.pipeline.sanitise import Sanitiser
from worker.prompts import Prompts, Quotes

PART = 80
"""Characters of a part of a question that are repeated."""
_NO_CITATION = str.maketrans("[]", "()")
_MARKS = re.compile(r"[\\`*<>]")


def quotable(found: Found, kept: Sequence[Excerpt], language: str) -> Quotes:
    """What may be quoted of the material; nothing where it is not likely enough to be an answer.

    The material begins with the quotes' sections; one that did not fit there is not quoted.
    """
    if not support.answers(found.support):
        return ()
    numbers = {(excerpt.path, excerpt.heading_path): excerpt.number for excerpt in reversed(kept)}
    places = ((quote.excerpt.path, quote.excerpt.heading_path) for quote in found.quotes)
    quotes = [
        (numbers[place], signed(quote, language))
        for place, quote in zip(places, found.quotes, strict=True)
        if place in numbers
    ]
    if quotes and (open_parts := _left_open(found, language)):
        number, text = quotes[-1]
        quotes[-1] = (number, f"{text}\n\n*{open_parts}*")
    return quotes


def _left_open(found: Found, language: str) -> str:
    """Which parts of the question the quotes do not answer, said in a line; empty where they answer all."""
    parts = unanswered(found.reading.asked, [one for quote in found.quotes for one in quote.candidates])
    said = ("；" if language == "zh" else "; ").join(map(as_said, parts))
    return say("part_left_open", language, part=said) if parts else ""


def as_said(part: str) -> str:
    """A part of a question as our own line repeats it: its beginning, without what marks text or cites."""
    shown = part if len(part) <= PART else f"{part[:PART]}…"
    return _MARKS.sub(r"\\\g<0>", shown.translate(_NO_CITATION)).rstrip(" ?？,，;；。.")


def signed(quote: Quote, language: str) -> str:
    """The quote; where it leaves out steps of a numbered list, a line below it says which are shown."""
    steps = quote.steps
    if steps is None or not steps.left_out:
        return quote.text
    name = "step_shown" if len(steps.shown) == 1 else "steps_shown"
    spans = steps.spans.replace(", ", "、") if language == "zh" else steps.spans
    return f"{quote.text}\n\n*{say(name, language, steps=spans, of=steps.of)}*"


def with_quotes(prompts: Prompts, sanitiser: Sanitiser) -> list[Excerpt]:
    """The excerpts as an answer may repeat them: what is quoted stands there as the sanitiser left it."""
    quotes = {number: sanitiser.clean(text) for number, text in prompts.quotes or ()}
    return [
        replace(excerpt, text=f"{excerpt.text}\n\n{quotes[excerpt.number]}")
        if excerpt.number in quotes
        else excerpt
        for excerpt in prompts.excerpts
    ]
