"""One's own questions as a file gives them: JSON lines, each with what a right answer holds.

A row that says less than its writer meant would be judged wrongly without a word ("fact" for "facts" makes a
question that is to be declined), so each fault is told with its line and its field.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from index.check.questions import Question
from index.training.labels import json_lines, json_row

FIELDS = ("id", "text", "question", "facts", "relevant")
"""What is read; "question" is another name of "text". A file may hold further fields for other tools."""
_ROW = 'such as {"text": "how do I log in", "facts": ["single sign-on"], "relevant": ["login.md"]}'


def read(file: Path) -> list[Question]:
    """Rows {"text" or "question", "facts"?, "relevant"?, "id"?}.

    Raises ConfigError that names the line, the field and what is wrong with it.
    """
    return [_row(line, place) for place, line in json_lines(file, "text, facts and relevant")]


def _row(line: str, place: str) -> Question:
    data = json_row(line, place, FIELDS)
    try:
        return _question(data, place)
    except ValueError as error:
        raise ConfigError(f"{place}: {error}") from error


def _question(data: dict[str, Any], place: str) -> Question:
    """Raises ValueError that begins with the field."""
    name = "text" if "text" in data or "question" not in data else "question"
    text = data.get(name)
    if text is None:
        raise ValueError(f"text: is missing; a row is {_ROW}")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name}: must be the question, a text that is not empty")
    given = data.get("id")
    if not isinstance(given, str | int | None) or isinstance(given, bool):
        raise ValueError("id: must be a text or a whole number")
    facts, pages = _facts(data.get("facts")), _pages(data.get("relevant"))
    if data.get("label") == 1 and not facts and not pages:
        raise ValueError("label: is 1, but neither facts nor relevant says what a right answer holds")
    return Question(text.strip(), "own", pages, facts, str(given or place))


def _facts(given: Any) -> tuple[tuple[str, ...], ...]:
    """A fact is one expression or a list of alternatives."""
    if given is None:
        return ()
    if not isinstance(given, list):
        raise ValueError('facts: needs a list, such as ["a word", ["this", "or that"]]')
    return tuple(_group(group, f"facts[{number}]") for number, group in enumerate(given))


def _group(given: Any, field: str) -> tuple[str, ...]:
    group = [given] if isinstance(given, str) else given
    if not isinstance(group, list) or not group or not all(isinstance(one, str) and one for one in group):
        raise ValueError(f"{field}: must be a text that is not empty, or a list of such alternatives")
    for one in group:
        try:
            re.compile(one)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(
                f"{field}: {one[:80]!r} is no regular expression ({error}); put a backslash before a "
                "sign that is meant as it stands"
            ) from error
    return tuple(group)


def _pages(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise ValueError('relevant: needs a list of paths, such as ["login.md"]')
    return tuple(given)
