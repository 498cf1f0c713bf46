"""The sources under an answer: a line each, and excerpts behind a fold.

People trust an answer they can check in one tap, so a source says where in the document it stands, links
there when there is a web address, and says how old it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.answer import Source
from bot.cards.parts import Element, markdown, panel, shorten
from bot.cards.text import first_words
from bot.markdown.dialect import escape, link
from bot.messages import say

MAX_LISTED = 10
"""Sources listed on a card; a line says how many are left out."""

_TITLE = 80
_HEADING = 60
_EXCERPT = 160
"""Characters: about two lines of a desktop card."""

_DAY = 86400.0


def source_elements(
    sources: Sequence[Source], heading: str, language: str, now: float, most: int = MAX_LISTED
) -> list[Element]:
    """A list of sources under a small heading, then their excerpts in one folded panel.

    `heading` names the sentence above the list, and the elements; `most` sources are listed.
    """
    if not sources:
        return []
    listed = sources[:most]
    lines = [f"**{escape(say(heading, language))}**", *(_line(item, language, now) for item in listed)]
    if len(sources) > len(listed):
        lines.append(escape(say("sources_omitted", language, count=len(sources) - len(listed))))
    elements = [markdown("<br>".join(lines), heading, small=True)]
    excerpts = [item for item in listed if first_words(item.excerpt, _EXCERPT)]
    if excerpts:
        title = say("sources_excerpts", language, count=len(excerpts))
        texts = "\n\n".join(_excerpt(item) for item in excerpts)
        elements.append(panel(title, [markdown(texts, small=True)], f"{heading}_x"[:20]))
    return elements


def age(updated_at: float, language: str, now: float) -> str:
    """How long ago a document changed, in words; empty when unknown. Both times are Unix seconds."""
    if updated_at <= 0:
        return ""
    days = max(0, int((now - updated_at) // _DAY))
    for unit, length in (("year", 365), ("month", 30), ("day", 1)):
        count = days // length
        if count == 1:
            return say(f"age_{unit}", language)
        if count > 1:
            return say(f"age_{unit}s", language, count=count)
    return say("age_today", language)


def _line(source: Source, language: str, now: float) -> str:
    name = shorten(source.title or source.path or source.url, _TITLE)
    path = [shorten(part, _HEADING) for part in source.heading_path[-2:] if part and part != source.title]
    label = " › ".join([name, *path])
    notes = [
        note
        for note in (say("source_web", language) if source.web else "", age(source.updated_at, language, now))
        if note
    ]
    tail = f" <font color='grey'>· {escape(' · '.join(notes))}</font>" if notes else ""
    return f"{escape(f'[{source.number}]')} {link(escape(label), source.url)}{tail}"


def _excerpt(source: Source) -> str:
    return f"{escape(f'[{source.number}]')} {escape(first_words(source.excerpt, _EXCERPT))}"
