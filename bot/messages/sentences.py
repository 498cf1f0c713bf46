"""All sentences together, and the two functions that fill one in."""

from __future__ import annotations

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


def say(name: str, language: str, **values: object) -> str:
    """The sentence `name` in `language` ('zh', anything else is English), placeholders filled.

    Raises KeyError for an unknown name or a missing placeholder.
    """
    chinese, english = SENTENCES[name]
    return (chinese if language == "zh" else english).format(**values)


def because_ignored(reason: str, language: str) -> str:
    """The sentence for why a message was not taken; `reason` is the word of policy or queue."""
    name = f"ignored_{reason}"
    return say(name, language) if name in SENTENCES else say("ignored_other", language, reason=reason)
