"""Takes out of an answer what a model writes for its server and not for people.

Weak models, and servers without the right parser, let through calls of tools that nobody offered
(`<tool_call>{"name": ...}`), the marks of chat templates (`<|eot_id|>`, `[INST]`, `</s>`) and the turns that
a model makes up behind its own. None of it may stand on a card. In code such marks stay, for an answer may be
about them; what stands at the very end of a reply is an end mark even there.
"""

from __future__ import annotations

import re
from dataclasses import replace

from worker.engines.replies.json_calls import is_call
from worker.engines.replies.mark_forms import (
    ALONE_RUN,
    ANY,
    BARE,
    BARE_BEGINS,
    BEGINNINGS,
    BEGINS,
    CALL_ENDS,
    CALL_LIKE,
    FENCE_ENDS,
    GLUED_TURNS,
    LONG_RUN,
    LONGEST_END,
    MAY_BEGIN,
    NEEDS_NOTHING,
    OPENS_TURN,
    RUN_OF_TURNS,
    STEP,
    SUSPECT,
    TURN,
    TURN_BEGINS,
    WIDE,
)
from worker.engines.replies.mark_places import (
    ENOUGH,
    Place,
    Written,
    begins_part,
    ends_turn,
    lone_end,
    spoken_of,
    stands_alone,
)

_NO_MARK = frozenset("<[`✿").isdisjoint
Found = re.Match[str]


class MarksFilter:
    """Feed it pieces; it gives back what may be shown, and sets `stopped` where another turn begins.

    `question`: what was asked, which tells a call of a tool from JSON that somebody wants.
    """

    def __init__(self, question: str = "") -> None:
        self.stopped = False
        self.called = False
        """Whether there was a call of a tool."""
        self._question = question
        self._within: re.Pattern[str] | None = None
        """What ends the call in which the text stands."""
        self._plain = False
        """Whether a piece without a mark is simply to be shown."""
        self._begun = False
        """Whether anything but blanks was shown."""
        self._behind = False
        """Whether only blanks were shown since a call, or what ends one, was taken out."""
        self._settled = False
        """Whether it is known that the reply is no call, written as an object alone."""
        self._written = Written()
        self._held = ""
        self._waiting: list[str] = []
        self._waits = 0
        """What came behind a long text that is held, and its length: looked at once it is a share of that."""

    @property
    def at_rest(self) -> bool:
        """Whether a piece without what `SUSPECT` finds is simply to be shown."""
        return self._plain

    def passed(self, text: str) -> None:
        """Takes note of such pieces, the first ones too, that were shown without being fed to it."""
        self._begun = self._plain = True
        self._written.add(text)

    def feed(self, piece: str) -> str:
        """The text that is certainly for people."""
        if self._plain and (_NO_MARK(piece) or not SUSPECT.search(piece)):
            self._written.add(piece)
            return piece
        given = "".join(self._feed(piece[start : start + STEP]) for start in range(0, len(piece), STEP))
        self._plain = self._begun and not (self._held or self.stopped or self._within or self._behind)
        return given

    def end(self) -> str:
        """What was held back, once nothing more comes."""
        text, given = self._all_held(), ""
        if len(text) > STEP and not (self._begun or self.stopped or self._within):
            text, self._settled = self._beginning(text, last=True), True
            given, text = self.feed(text), self._all_held()
        return given + self._advance(text, last=True)

    def _feed(self, piece: str) -> str:
        self._waiting.append(piece)
        self._waits += len(piece)
        if self._waits < (len(self._held) - STEP) // 8:
            return ""
        return self._advance(self._all_held(), last=False)

    def _all_held(self) -> str:
        text = "".join((self._held, *self._waiting))
        self._held, self._waiting, self._waits = "", [], 0
        return text

    def _advance(self, text: str, *, last: bool) -> str:
        self._held = ""
        given = ""
        while text and not self.stopped:
            if self._within is not None:
                text = self._after_call(text)
                continue
            if not self._begun:
                text = self._beginning(text, last=last)
            shown, found, text = self._next(text, last=last)
            given += shown
            if found is None:
                self._held = self._held or text
                break
            self._take(found)
        return given

    def _after_call(self, text: str) -> str:
        """What stands behind the call; "" while it goes on."""
        assert self._within is not None  # noqa: S101  # nosec B101: for the type checker
        found = self._within.search(text.translate(WIDE))
        if found is None:
            self._held = text[-LONGEST_END:]
            return ""
        self._within = None
        return text[found.end() :]

    def _beginning(self, text: str, *, last: bool) -> str:
        """`text` without the mark of the assistant's own turn; "" while it is not clear what begins."""
        text = text.lstrip()
        if text[:1] not in BEGINNINGS:
            return text
        wide = text.translate(WIDE)
        while begins := BEGINS.match(wide):
            after = wide[begins.end() - len(begins["blanks"]) :]
            if len(after) < ENOUGH and not last:
                self._held = text
                return ""
            if spoken_of(after):
                break
            text, wide = text[begins.end() :], wide[begins.end() :]
        if self._settled:
            return text
        bare = bool(BARE.match(wide))
        if last and bare and is_call(text, self._question):
            self.called = True
            return ""
        if not last and (bare or BARE_BEGINS.match(wide) or TURN_BEGINS.match(wide)):
            self._held = text
            return ""
        return text

    def _next(self, text: str, *, last: bool) -> tuple[str, Found | None, str]:
        """(what is certain before it, the first mark that counts or None, the text behind it)."""
        wide = text.translate(WIDE)
        unclear = None if last else MAY_BEGIN.search(wide)
        certain, at, given = unclear.start() if unclear else len(text), 0, ""
        for found in ANY.finditer(wide):
            if found.start() >= certain:
                break
            given += self._show(text[at : found.start()])
            at = found.start()
            counts = self._judged(found, last=last)
            if counts is None:
                return given, None, text[at:]
            if counts:
                return given, found, text[found.end() :]
        return given + self._show(text[at:certain]), None, text[certain:]

    def _judged(self, found: Found, *, last: bool) -> bool | None:
        """Whether a mark counts; None where what follows has yet to tell."""
        wide, ends = found.string, found.end()
        place, after = self._written.place(), wide[ends : ends + ENOUGH]
        run = RUN_OF_TURNS.match(wide, found.start()) if found["turn"] else None
        if run and LONG_RUN.match(wide, found.start()) and not (place.code or place.named):
            return True
        if not last and len(wide) - (run.end() if run else ends) < ENOUGH:
            return None
        if run is not None:
            if run.end() == len(wide):
                return place.code or not place.listed
            return self._ends_turn(found, place, after)
        if found["call"]:
            return self._is_call(found.group(), place, after)
        if found["alone"]:
            place = replace(place, line=_without_alone(place.line))
            return not stands_alone(place, ALONE_RUN.sub("", after))
        return self._ends_unseen(found.group(), place, after)

    def _is_call(self, mark: str, place: Place, after: str) -> bool:
        if mark.startswith("`"):
            return not place.line.strip() and not place.code
        if mark.startswith("✿"):
            after = after.lstrip(" :：")
        if place.code or not CALL_LIKE.match(after):
            return False
        return self._behind or place.behind_latin or begins_part(place, after)

    def _ends_unseen(self, mark: str, place: Place, after: str) -> bool:
        """The end of something that began nowhere in the answer."""
        if mark.startswith("</") and self._written.holds(f"<{mark[2:]}"):
            return False
        return (self._behind and not place.code) or lone_end(place, after)

    def _ends_turn(self, found: Found, place: Place, after: str) -> bool:
        """`after`: what stands behind it, other marks too."""
        mark = found.group()
        if mark.lower() == "<s>":  # struck out, in HTML
            return False
        if mark.startswith("</") and self._written.holds(f"<{mark[2:]}"):
            return False
        if self._behind and not place.code:
            return True
        following = TURN.match(after.lstrip())
        return ends_turn(
            place,
            _behind_ends(found),
            opens=bool(OPENS_TURN.fullmatch(mark)),
            turn_follows=bool(following and OPENS_TURN.fullmatch(following.group())),
        )

    def _take(self, found: Found) -> None:
        if found["call"]:
            self.called = self._behind = True
            self._within = FENCE_ENDS if found.group().startswith("`") else CALL_ENDS
        elif found["stray"]:
            self._behind = True
        elif found["turn"] and (self._begun or NEEDS_NOTHING.search(found.group())):
            self.stopped = True

    def _show(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
            self._begun = bool(text)
        if text:
            self._behind = self._behind and not text.strip()
            self._written.add(text)
        return text


def _behind_ends(found: Found) -> str:
    """What stands behind a mark, and behind others that are glued to it where none of them begins a turn."""
    wide, ends = found.string, found.end()
    glued = GLUED_TURNS.match(wide, found.start())
    if glued and not OPENS_TURN.search(wide, found.start(), glued.end()):
        ends = glued.end()
    return wide[ends : ends + ENOUGH]


def _without_alone(line: str) -> str:
    """`line` without such marks at its end."""
    while (start := line.rfind("<|")) >= 0 and ALONE_RUN.fullmatch(line, start):
        line = line[:start]
    return line


def without_marks(text: str) -> str:
    """A reply that came whole, as it may be shown."""
    marks = MarksFilter()
    return marks.feed(text) + marks.end()
