"""Who is mentioned in a Feishu document, and how they are called.

A block gives the open_id of somebody who is mentioned and no name. The document's plain text
(docx-v1/document/raw_content.md) writes the name out, so each block is laid over it; no scope for contacts is
needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from index.sources.feishu.docx import Json, by_id, elements_in
from index.sources.feishu.inline import mentioned

_MOST_NAME, _MOST_GAP = 60, 200
"""Characters that a name, or what stands for a part that is drawn otherwise, may take in the plain text."""


def people_in(blocks: Iterable[object]) -> set[str]:
    """The open_ids of everybody who is mentioned; the blocks do not tell their names."""
    return {person for block in by_id(blocks).values() for person in mentioned(elements_in(block))}


def names_in(blocks: Iterable[object], raw: str) -> dict[str, str]:
    """open_id -> name, found by laying each block with a mention over the document's plain text.

    The plain text (docx-v1/document/raw_content.md) writes mentions out; no scope for contacts is needed.
    """
    names: dict[str, str] = {}
    for block in by_id(blocks).values():
        elements = elements_in(block)
        if set(mentioned(elements)) - names.keys():
            names |= _names_of(elements, raw)
    return names


def _names_of(elements: list[Json], raw: str) -> dict[str, str]:
    """The block's parts one after the other, laid at the beginning of each line of the plain text."""
    people = [str(one["mention_user"].get("user_id") or "") for one in elements if _is_mention(one)]
    if len(people) > 20:
        return {}
    for start in _line_starts(raw):
        names = _laid_at(start, elements, raw)
        if names is not None:
            return dict(zip(people, names, strict=True))
    return {}


def _is_mention(element: Json) -> bool:
    return isinstance(element.get("mention_user"), dict)


def _line_starts(raw: str) -> Iterator[int]:
    start = 0
    while start >= 0:
        yield start
        start = raw.find("\n", start) + 1 or -1


def _laid_at(place: int, elements: list[Json], raw: str) -> list[str] | None:
    """The names of the people mentioned, where the block stands at this place of the plain text.

    What is written between two known texts, a name or a part that is drawn otherwise, is what stands between
    them; nothing is looked for twice.
    """
    names: list[str] = []
    open_name, open_gap = False, False
    for element in elements:
        known = "@" if _is_mention(element) else _text_of(element)
        if known is None:
            open_gap = True
            continue
        reach = len(known) + (_MOST_NAME if open_name else _MOST_GAP if open_gap else 0)
        found = raw.find(known, place, place + reach)
        between = raw[place:found] if found >= 0 else "\n"
        if "\n" in between:
            return None
        if open_name:
            names.append(between.strip())
        place, open_name, open_gap = found + len(known), _is_mention(element), False
    end = raw.find("\n", place)
    rest = raw[place : end if end >= 0 else len(raw)]
    if open_name:
        names.append(rest.strip())
    fits = all(0 < len(name) <= _MOST_NAME and "@" not in name for name in names)
    return names if fits and (open_name or open_gap or not rest.strip()) else None


def _text_of(element: Json) -> str | None:
    run = element.get("text_run")
    return str(run.get("content") or "") if isinstance(run, dict) else None
