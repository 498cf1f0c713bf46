"""All sentences together, and the two functions that fill one in."""

from __future__ import annotations

import re

from bot.messages import (
    buttons,
    cards,
    commands,
    governing,
    greetings,
    help_wanted,
    indexing,
    learning,
    limits,
    outcomes,
    posts,
    progress,
    silence,
    status,
    why,
)

_ROOMS = (
    outcomes,
    greetings,
    silence,
    why,
    posts,
    commands,
    governing,
    progress,
    cards,
    buttons,
    help_wanted,
    learning,
    indexing,
    status,
    limits,
)
# A name stands in one module alone (tests/test_messages.py).
SENTENCES: dict[str, tuple[str, str]] = {
    name: sentence for room in _ROOMS for name, sentence in room.SENTENCES.items()
}


_ONE = re.compile(
    r"(?<![\w.,:/-])1 "
    r"(document|chunk|page|place|question|answer|sentence|source|month|day|hour|part)s(?![\w-])"
)
"""English plurals of one: `1 documents`."""


def say(name: str, language: str, **values: object) -> str:
    """The sentence `name` in `language` ('zh', anything else is English), placeholders filled.

    Raises KeyError for an unknown name or a missing placeholder.
    """
    chinese, english = SENTENCES[name]
    if language == "zh":
        return chinese.format(**values)
    return _ONE.sub(r"1 \1", english.format(**values)) if 1 in values.values() else english.format(**values)


def because_ignored(reason: str, language: str) -> str:
    """The sentence for why a message was not taken; `reason` is the word of policy or queue."""
    name = f"ignored_{reason}"
    return say(name, language) if name in SENTENCES else say("ignored_other", language, reason=reason)
