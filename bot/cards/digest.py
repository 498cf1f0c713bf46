"""The digest: what was asked in the last days, what nobody could answer, and which pages want a look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.cards.parts import Card, Element, card, grey, markdown, of_release, panel, shorten
from bot.markdown.dialect import escape
from bot.messages import say

if TYPE_CHECKING:
    from bot.report import Report

_SHOWN, _FOLDED = 5, 12
_QUESTION = 100
_REASON = 120
_TOKENS = ("prompt_tokens", "completion_tokens")


def digest_card(report: Report, days: float, language: str) -> Card:
    """The figures, what was not answered, and the rest behind folds."""
    elements: list[Element] = [markdown(_figures(report, language), "figures")]
    if report.unanswered:
        shown = report.unanswered[:_SHOWN]
        lines = [f"**{escape(say('digest_unanswered', language))}**"]
        lines += [f"{one.count} × {escape(shorten(one.example, _QUESTION))}" for one in shown]
        elements.append(markdown("<br>".join(lines), "unanswered"))
        elements.append(grey(say("digest_hint", language)))
    rest = {f"{one.count} × {one.example}": 0 for one in report.unanswered[_SHOWN:]}
    elements += _folded("digest_more", rest, language, counted=False)
    elements += _folded("digest_reasons", dict.fromkeys(report.reasons, 0), language, counted=False)
    elements += _folded("digest_cited", report.cited, language)
    elements += _folded("digest_outdated", report.outdated, language)
    elements += _folded("digest_contradictions", report.contradictions, language)
    elements.append(of_release())
    title = say("title_digest", language, days=f"{days:g}")
    return card(title, "blue", elements, summary=title)


def _figures(report: Report, language: str) -> str:
    tokens = sum(report.tokens.get(name, 0) for name in _TOKENS)
    figures = say(
        "digest_figures",
        language,
        asked=report.asked,
        answered=report.answered,
        declined=report.declined,
        helpful=report.helpful,
        unhelpful=report.unhelpful,
    )
    cost = say("digest_tokens", language, tokens=f"{tokens:,}") if tokens else ""
    return "<br>".join(escape(line) for line in (figures, cost) if line)


def _folded(name: str, counts: Mapping[str, int], language: str, *, counted: bool = True) -> list[Element]:
    if not counts:
        return []
    lines = [
        escape(f"{count} × {shorten(text, _REASON)}" if counted else shorten(text, _REASON))
        for text, count in list(counts.items())[:_FOLDED]
    ]
    if len(counts) > _FOLDED:
        lines.append(escape(say("list_omitted", language, count=len(counts) - _FOLDED)))
    title = say(name, language, count=len(counts))
    return [panel(title, [markdown("<br>".join(lines), small=True)], name[:20])]
