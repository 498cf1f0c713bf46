"""The sources under an answer, on as few lines as they need, and what stands of them behind the fold.

People trust an answer they can check in one tap, so a source says where in the document it stands and links
there when there is a web address; one without shows the path of its file. Under "not found" the nearest
pages stand a line each, with what they are about. How old a document is, and the passage itself where the
answer does not say the same already, is for who opens the fold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answer import Source
from bot.cards.parts import Element, in_grey, markdown, shorten
from bot.cards.text import first_words, without_marks
from bot.markdown.dialect import escape, link
from bot.messages import say

MAX_LISTED = 10
"""Sources listed on a card; a line says how many are left out."""

_TITLE = 80
_HEADING = 60
_EXCERPT = 160
_ABOUT = 70
"""Characters of what a page is about: one line on a desktop."""

_DAY = 86400.0
_OLD = 180 * _DAY
"""From this age on a source says so beside its name."""

_GRAM = 4
_REPEATED = 0.5
"""Share of an excerpt's runs of _GRAM letters that stand in the answer, from which on it says nothing new."""


def cited_sources(
    sources: Sequence[Source], language: str, now: float, most: int = MAX_LISTED, note: str = ""
) -> list[Element]:
    """What the answer cites, one after another in running text, then `note` in grey."""
    if not sources:
        return [markdown(in_grey(note), "sources", small=True)] if note else []
    listed = sources[:most]
    words = " · ".join(_cited(item, language, now) for item in listed)
    line = f"**{escape(say('sources', language))}** {words}"
    if len(sources) > len(listed):
        line += " " + escape(say("sources_omitted", language, count=len(sources) - len(listed)))
    return [markdown(line + (f" {in_grey('· ' + note)}" if note else ""), "sources", small=True)]


def nearest_pages(sources: Sequence[Source], most: int = MAX_LISTED) -> list[Element]:
    """The pages nearest to a question that got no answer: a line each, with what it is about."""
    if not sources:
        return []
    lines = [_near(item) for item in _one_a_page(sources)[:most]]
    return [markdown("<br>".join(lines), "sources_nearest", small=True)]


def folded_sources(
    sources: Sequence[Source],
    further: Sequence[Source],
    answer: str,
    language: str,
    now: float,
    most: int = MAX_LISTED,
) -> list[Element]:
    """Behind the fold: age and passage of what is cited, then what was found and not cited."""
    elements = []
    details = [line for item in sources[:most] if (line := _detail(item, answer, language, now))]
    if details:
        elements.append(markdown("<br>".join(details), "sources_x", small=True))
    if further:
        heading = f"**{escape(say('sources_further', language))}** "
        words = " · ".join(_cited(item, language, now) for item in further[:most])
        elements.append(markdown(heading + words, "sources_further", small=True))
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


def repeats(excerpt: str, answer: str) -> bool:
    """Whether the answer says what stands in the excerpt, in the same words."""
    own, said = _grams(excerpt), _grams(answer)
    return not own or len(own & said) >= _REPEATED * len(own)


def _grams(text: str) -> set[str]:
    letters = re.sub(r"[\W_]+", "", text.lower())
    return {letters[at : at + _GRAM] for at in range(len(letters) - _GRAM + 1)}


def _cited(source: Source, language: str, now: float) -> str:
    """`[1] Title › heading`, linked; the path behind it where there is nothing to link to."""
    notes = [say("source_web", language)] if source.web else []
    if not source.url and source.path:
        notes.append(shorten(source.path, _TITLE))
    if source.updated_at > 0 and now - source.updated_at >= _OLD:
        notes.append(age(source.updated_at, language, now))
    tail = f" {in_grey('，'.join(notes) if language == 'zh' else ', '.join(notes))}" if notes else ""
    return f"{escape(f'[{source.number}]')} {link(escape(_name(source)), source.url)}{tail}"


def _near(source: Source) -> str:
    about = first_words(source.excerpt, _ABOUT)
    tail = "" if not about or repeats(about, _name(source)) else f" {in_grey(about)}"
    place = f" {in_grey(shorten(source.path, _TITLE))}" if not source.url and source.path else ""
    return f"{link(escape(_name(source)), source.url)}{place}{tail}"


def _one_a_page(sources: Sequence[Source]) -> list[Source]:
    """The first place of each page."""
    pages: dict[str, Source] = {}
    for item in sources:
        pages.setdefault(item.path or item.url.partition("#")[0] or item.title, item)
    return list(pages.values())


def _name(source: Source) -> str:
    """Title and innermost heading, without marks."""
    title = without_marks(source.title) or source.path or source.url
    headings = [without_marks(part) for part in source.heading_path]
    inner = [part for part in headings if part and part != title][-1:]
    return " › ".join([shorten(title, _TITLE), *(shorten(part, _HEADING) for part in inner)])


def _detail(source: Source, answer: str, language: str, now: float) -> str:
    excerpt = first_words(source.excerpt, _EXCERPT)
    parts = [age(source.updated_at, language, now), "" if repeats(excerpt, answer) else excerpt]
    known = " · ".join(part for part in parts if part)
    return f"{escape(f'[{source.number}]')} {escape(known)}" if known else ""
