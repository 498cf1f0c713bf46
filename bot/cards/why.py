"""Why a question was answered as it was: three plain sentences, and the numbers behind a fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.parts import Card, card, markdown, panel, shorten
from bot.cards.text import to_feishu
from bot.config.fences import fenced
from bot.markdown.dialect import escape
from bot.messages import SENTENCES, say

_QUESTION = 200
_PLACE = 120


def why_card(facts: Mapping[str, Any], numbers: str, language: str) -> Card:
    """`facts` are those of a Trace, `numbers` the same for those who look closer."""
    sentences = [_looked_for(facts, language), _found(facts, language), _decided(facts, language)]
    text = "<br>".join(escape(sentence) for sentence in sentences if sentence)
    folded = panel(say("why_numbers", language), to_feishu(fenced(numbers)), "numbers")
    return card(say("title_why", language), "blue", [markdown(text, "why"), folded])


def _looked_for(facts: Mapping[str, Any], language: str) -> str:
    question = str(facts.get("standalone") or facts.get("question") or "")
    return say("why_looked", language, question=shorten(question, _QUESTION)) if question.strip() else ""


def _found(facts: Mapping[str, Any], language: str) -> str:
    passages = facts.get("passages") or []
    if not passages:
        return say("why_found_nothing", language)
    best = passages[0]
    place = " › ".join([str(best.get("path", "")), *map(str, best.get("heading") or ())][:3])
    pages = len({one.get("path") for one in passages})
    name = "why_found_one" if pages == 1 else "why_found"
    return say(name, language, pages=pages, place=shorten(place, _PLACE))


def _decided(facts: Mapping[str, Any], language: str) -> str:
    gate = facts.get("gate") or {}
    if facts.get("decision") == "decline" and gate:
        return say("why_declined", language, **_percent(gate))
    outcome = str(facts.get("outcome") or "")
    name = f"why_{outcome}"
    dropped = (facts.get("verify") or {}).get("dropped", 0)
    values = {"dropped": dropped, **(_percent(gate) if gate else {"probability": "-", "threshold": "-"})}
    return say(name if name in SENTENCES else "why_other", language, outcome=outcome or "-", **values)


def _percent(gate: Mapping[str, Any]) -> dict[str, str]:
    """Both as whole percents."""
    return {
        "probability": f"{100 * float(gate.get('probability', 0)):.0f}%",
        "threshold": f"{100 * float(gate.get('threshold', 0)):.0f}%",
    }
