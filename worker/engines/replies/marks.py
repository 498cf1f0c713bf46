"""Takes out of an answer what a model writes for its server and not for people.

Weak models, and servers without the right parser, let through calls of tools that nobody offered
(`<tool_call>{"name": ...}`), the marks of chat templates (`<|eot_id|>`, `[INST]`, `</s>`) and the turns that
a model makes up behind its own. None of it may stand on a card. In code such marks stay, for an answer may be
about them; what stands at the very end of a reply is an end mark even there.
"""

from __future__ import annotations

import json
import re

from worker.engines.replies.mark_forms import (
    ANY,
    BARE,
    BARE_BEGINS,
    BEGINS,
    BETWEEN,
    CALL_ENDS,
    FENCE_ENDS,
    GIVEN,
    LONGEST_END,
    MAY_BEGIN,
    NAMED,
    NEEDS_NOTHING,
    RUN_OF_TURNS,
    SAYS_MORE,
    SUSPECT,
    TURN_BEGINS,
    WIDE,
    in_code,
)

_NO_MARK = frozenset("<[`✿").isdisjoint
_parse = json.JSONDecoder().raw_decode


class MarksFilter:
    """Feed it pieces; it gives back what may be shown, and sets `stopped` where another turn begins."""

    def __init__(self) -> None:
        self.stopped = False
        self.called = False
        """Whether there was a call of a tool."""
        self._within: re.Pattern[str] | None = None
        """What ends the call in which the text stands."""
        self._plain = False
        """Whether a piece without a mark is simply to be shown."""
        self._begun = False
        """Whether anything but blanks was shown."""
        self._bare = False
        """Whether all of it may be one call, written as an object alone."""
        self._shown: list[str] = []
        self._held = ""

    @property
    def at_rest(self) -> bool:
        """Whether a piece without what `SUSPECT` finds is simply to be shown."""
        return self._plain

    def passed(self, text: str) -> None:
        """Takes note of such pieces that were shown without being fed to it."""
        self._shown.append(text)

    def feed(self, piece: str) -> str:
        """The text that is certainly for people."""
        if self._plain and (_NO_MARK(piece) or not SUSPECT.search(piece)):
            self._shown.append(piece)
            return piece
        given = self._advance(self._held + piece, last=False)
        self._plain = self._begun and not (self._held or self.stopped or self._within)
        return given

    def end(self) -> str:
        """What was held back, once nothing more comes."""
        return self._advance(self._held, last=True)

    def _advance(self, text: str, *, last: bool) -> str:
        self._held = ""
        given = ""
        while text and not self.stopped:
            if self._within is not None:
                text = self._after_call(text)
                continue
            if not self._begun:
                text = self._beginning(text, last=last)
            found, certain = self._next(text, last=last)
            given += self._show(text[:certain])
            if found is None:
                self._held = self._held or text[certain:]
                break
            text = text[found.end() :]
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
        while begins := BEGINS.match(text.translate(WIDE)):
            text = text[begins.end() :]
        wide = text.translate(WIDE)
        self._bare = bool(BARE.match(wide)) and not SAYS_MORE.search(wide)
        if last and self._bare and is_call(text):
            self.called = True
            return ""
        if not last and (self._bare or BARE_BEGINS.match(wide) or TURN_BEGINS.match(wide)):
            self._held = text
            return ""
        return text

    def _next(self, text: str, *, last: bool) -> tuple[re.Match[str] | None, int]:
        """The first mark that counts, and how much of the text before it, or at all, is certain."""
        wide = text.translate(WIDE)
        unclear = None if last else MAY_BEGIN.search(wide)
        certain = unclear.start() if unclear else len(text)
        for found in ANY.finditer(wide):
            start = found.start()
            if start >= certain:
                break
            before = "".join(self._shown) + text[:start]
            if not in_code(before):
                if self._counts(found, before):
                    return found, start
            elif found["turn"] and RUN_OF_TURNS.fullmatch(wide, start, certain):
                self.stopped = last
                return None, start
        return None, certain

    def _counts(self, found: re.Match[str], before: str) -> bool:
        """Whether a mark outside code is one: where it stands, and behind what."""
        mark = found.group()
        if mark.startswith("`"):
            return not before.rpartition("\n")[2].strip()
        if mark.lower() == "<s>":  # struck out, in HTML
            return False
        return not mark.startswith("</") or f"<{mark[2:]}".lower() not in before.lower()

    def _take(self, found: re.Match[str]) -> None:
        if found["call"]:
            self.called = True
            self._within = FENCE_ENDS if found.group().startswith("`") else CALL_ENDS
        elif found["turn"] and (self._begun or NEEDS_NOTHING.search(found.group())):
            self.stopped = True

    def _show(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
            self._begun = bool(text)
        if text:
            self._shown.append(text)
        return text


def without_marks(text: str) -> str:
    """A reply that came whole, as it may be shown."""
    marks = MarksFilter()
    return marks.feed(text) + marks.end()


def is_call(text: str) -> bool:
    """Whether a reply is nothing but calls of tools as JSON, each a name and what it is given.

    In code blocks, too: an answer says something beside its code.
    """
    text, calls = BETWEEN.sub("", text.strip()).removeprefix("functools"), []
    while text and not RUN_OF_TURNS.fullmatch(text.translate(WIDE)):
        try:
            call, end = _parse(text)
        except (ValueError, RecursionError):
            return False
        calls += call if isinstance(call, list) else [call]
        text = BETWEEN.sub("", text[end:])
    return bool(calls) and all(map(_names_and_gives, calls))


def _names_and_gives(call: object) -> bool:
    if not isinstance(call, dict) or call.keys().isdisjoint(NAMED):
        return False
    return any(isinstance(call.get(name), dict | str) for name in GIVEN)
