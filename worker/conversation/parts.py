"""One question typed as several messages: "请问一下", "我用 windows 11", "mmpose 怎么装".

A message that is no whole question waits a moment for the next. The last one is answered, together with those
before it; the others end in silence. A whole question never waits, so nobody's answer is slower for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bot.clock import SYSTEM, Clock
from bot.talk.said import CONTINUES_SECONDS, Part
from bot.talk.whole import is_open, is_whole
from worker.conversation.small_words import small_word

LOOK_SECONDS = 0.1


def wait_for_more(
    own: Part, read: Callable[[], Sequence[Part]], seconds: float, clock: Clock = SYSTEM
) -> list[Part] | None:
    """The parts of the question that ends with `own`, oldest first; None where a later message goes on.

    `read` gives what the person said in this place, oldest first; those answered before are left out of it.
    `seconds` is how long a message that is no whole question waits.
    """
    patience = 0.0 if is_whole(own.text) else seconds
    until = clock.monotonic() + patience
    while True:
        said = list(read())
        if any(_goes_on(own, part) for part in _after(own, said)):
            return None
        if clock.monotonic() >= until:
            return _before(own, said)
        time.sleep(LOOK_SECONDS)


def _goes_on(own: Part, later: Part) -> bool:
    """Whether a later message is part of the same question: two whole ones are two questions, and one that
    names the bot anew begins another unless the one before plainly announced it."""
    if small_word(later.text) is not None or not 0 < later.at - own.at <= CONTINUES_SECONDS:
        return False
    if later.named:
        return is_open(own.text)
    return not (is_whole(own.text) and is_whole(later.text))


def _after(own: Part, said: list[Part]) -> list[Part]:
    """Only the next one counts."""
    place = next((at for at, part in enumerate(said) if part.id == own.id), len(said))
    return said[place + 1 : place + 2]


def _before(own: Part, said: list[Part]) -> list[Part]:
    parts = [own]
    place = next((at for at, part in enumerate(said) if part.id == own.id), 0)
    for part in reversed(said[:place]):
        if not _goes_on(part, parts[0]):
            break
        parts.insert(0, part)
    return parts
