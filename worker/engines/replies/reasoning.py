"""Keeps what a model thinks apart from what it answers, in a reply that arrives in pieces of any size.

Where a server has no parser for it, reasoning stands in the text: between tags of a dozen spellings, with the
opening tag written by the chat template so that only the closing one arrives, or never closed. A tag counts
where a model puts it (see `mark_places`) outside code: an answer may speak of `<think>`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from worker.engines.replies.mark_forms import STEP, TURN
from worker.engines.replies.mark_places import ENOUGH, Place, Written, begins_part, lone_end, spoken_of
from worker.engines.replies.marks import MarksFilter
from worker.engines.replies.reasoning_forms import (
    BARE,
    BARE_CLOSE,
    BARE_SETTLES,
    BEGINNINGS,
    CLOSE,
    CLOSE_OF,
    FENCE_CLOSES,
    FIRST_WORDS_SO_FAR,
    LONGEST_TAG,
    MAY_HOLD_TAG,
    PROSE,
    PROSE_CLOSE,
    REST_OF_CLOSE,
    TAG,
    TEMPLATE,
    WRAPPED,
    unclear_end,
)

MOST_KEPT = 20_000
"""Characters of reasoning that are remembered; all of it is counted."""
Tag = re.Match[str]


class ReasoningFilter:
    """Feed it pieces; it gives back what may be shown.

    `opened`: 'no' (the reply begins with the answer, or with a tag of its own), 'yes' (the chat template
    wrote the opening tag), 'maybe' (not known yet: nothing is shown before it is).
    """

    def __init__(self, opened: str = "no") -> None:
        self.withdrawn = False
        """Set while `feed` or `end` finds that what was given back before was reasoning: forget it."""
        self.found = ""
        """'tags' or 'closing_tag' once there were any."""
        self.length = 0
        """Characters of reasoning."""
        self._opened = opened
        self._inside = opened != "no"
        self._begun = False
        self._wrapped = False
        self._close = CLOSE
        self._held = ""
        self._shown: list[str] = []
        self._written = Written()
        self._opens_shown = False
        """Whether the answer speaks of an opening tag."""
        self._over = False
        self._unclear: list[str] = []
        """What is thought if a closing tag comes, and the answer if none does."""
        self._thoughts = Written()
        self._kept: list[str] = []

    @property
    def reasoning(self) -> str:
        """What was thought, at most 20,000 characters of it."""
        return "".join(self._kept)[:MOST_KEPT]

    @property
    def so_far(self) -> str:
        """The answer until now, with what is still held back."""
        return "".join((*self._shown, *self._unclear, self._held))

    def add(self, thought: str) -> None:
        """Reasoning that came in a field of its own."""
        if thought:
            self.length += len(thought)
            if len(self._kept) < MOST_KEPT:
                self._kept.append(thought)

    @property
    def in_answer(self) -> bool:
        """Whether a piece without what `MAY_HOLD_TAG` finds is simply answer."""
        return self._begun and not (self._held or self._inside)

    def passed(self, text: str) -> None:
        """Takes note of such pieces, the first ones too, that were shown without being fed to it."""
        self._begun = True
        self._shown.append(text)
        self._written.add(text)

    def feed(self, piece: str) -> str:
        """The text that is certainly answer."""
        shown, withdrawn = "", False
        for start in range(0, len(piece), STEP):
            more = self._feed(piece[start : start + STEP])
            shown = more if self.withdrawn else shown + more
            withdrawn = withdrawn or self.withdrawn
        self.withdrawn = withdrawn
        return shown

    def _feed(self, piece: str) -> str:
        self.withdrawn = False
        if self.in_answer and not MAY_HOLD_TAG.search(piece):
            self.passed(piece)
            return piece
        return self._advance(self._held + piece, last=False)

    def end(self, *, cut: bool = False) -> str:
        """What was held back. `cut`: the reply was ended by its length, not by the model."""
        self.withdrawn = False
        shown = self._advance(self._held, last=True)
        held = "".join((*self._unclear, self._held))
        self._unclear, self._held = [], ""
        if not self._inside:
            return shown
        unclear = not self.found and not cut and self._opened != "no"
        if unclear:  # no tag at all: a template that opens none this time
            self._inside = False
            return shown + self._show(held)
        self.add(held)
        return shown

    def _advance(self, text: str, *, last: bool) -> str:
        shown = ""
        while True:
            if not (self._begun or self._inside):
                text = self._beginning(text, last=last)
            if self._inside:
                text, ended = self._think(text, last=last)
                if ended:
                    continue
                break
            more, found, text = self._next_tag(text, last=last)
            shown += more
            if found is None:
                break
            if found["open"]:
                self._begin_thinking(found.group())
            elif found["close"]:  # a closing tag alone: everything before it was thought
                self.add("".join(self._shown))
                shown, self._shown, self._written, self.withdrawn = "", [], Written(), True
                self._opens_shown = self._over = False
                self._left_thinking(found)
        self._held = text
        return shown

    def _beginning(self, text: str, *, last: bool) -> str:
        """`text` without what wraps the answer, or without the words that begin reasoning that has no tag."""
        before = ""
        while text != before and not self._inside:  # `<answer>` behind another: as if they came one by one
            before = text = text.lstrip()
            if text[:1] in BEGINNINGS:
                text = self._behind_beginning(text, last=last)
        return text

    def _behind_beginning(self, text: str, *, last: bool) -> str:
        if self.length and (rest := REST_OF_CLOSE.match(text)):
            return text[rest.end() :]
        if wrapped := WRAPPED.match(text):
            if (len(text) - wrapped.end() >= ENOUGH or last) and not spoken_of(text[wrapped.end("tag") :]):
                self._wrapped = True
                text = text[wrapped.end() :]
        elif (bare := BARE.match(text)) and (bare.group() != "analysis" or len(text) >= BARE_SETTLES or last):
            if bare["sure"]:
                self._begin_thinking(bare.group())
                return text[bare.end() :]
            self._inside, self._opened, self._close = True, "maybe", BARE_CLOSE
        elif PROSE.match(text):
            self._inside, self._opened, self._close = True, "maybe", PROSE_CLOSE
        return text

    def _think(self, text: str, *, last: bool) -> tuple[str, bool]:
        """Takes thoughts until a tag ends them: (what is left of the text, whether one did)."""
        at = 0
        for found in self._close.finditer(text):
            self._take_thought(text[at : found.start()])
            at = found.start()
            quoted = self._quoted(found, last=last)
            if quoted is None:
                return text[at:], False
            if not quoted:
                self._left_thinking(found)
                return text[found.end() :], True
        certain = max(len(text) - LONGEST_TAG, at)
        self._take_thought(text[at:certain])
        return text[certain:], False

    def _quoted(self, tag: Tag, *, last: bool) -> bool | None:
        """Whether thoughts speak of a tag, in code; None where what follows has yet to tell."""
        place = self._thoughts.place()
        if self._close is PROSE_CLOSE:
            return place.code
        line = place.line
        after = tag.string[tag.end() : tag.end() + ENOUGH]
        if line.endswith("`") and (after or last):
            return after.startswith("`")
        if not (line.endswith("`") or self._thoughts.fenced):
            return False
        if len(after) < ENOUGH and not last:
            return None
        closes = None if after.startswith("\n\n") else FENCE_CLOSES.search(after)
        return bool(closes and (not closes.start() or self._thoughts.holds(f"<{tag.group()[2:]}")))

    def _take_thought(self, text: str) -> None:
        self._thoughts.add(text)
        if self.found:
            self.add(text)
        else:
            self._unclear.append(text)

    def _begin_thinking(self, tag: str) -> None:
        if tag.endswith("/>"):  # one that closes itself
            return
        self._inside, self.found, self._thoughts = True, self.found or "tags", Written()
        self._close = next((own for begins, own in CLOSE_OF if tag.lower().startswith(begins)), CLOSE)

    def _left_thinking(self, tag: Tag) -> None:
        self.add("".join(self._unclear))
        self._unclear, self._thoughts = [], Written()
        self._wrapped = self._wrapped or "channel" in tag.group()
        begun = self.found == "tags" or self._close is PROSE_CLOSE
        self.found = "tags" if begun else "closing_tag"
        self._inside, self._begun, self._close = False, False, CLOSE

    def _show(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
        if text:
            self.passed(text)
        return text

    def _next_tag(self, text: str, *, last: bool) -> tuple[str, Tag | None, str]:
        """(what is certainly answer, the first tag that counts or None, the text behind it)."""
        start = text.lstrip() if not self._begun else text
        if not last and not self._begun and _may_begin(start):
            return "", None, text
        certain = len(text) - (0 if last else unclear_end(text))
        shown, at = "", 0
        for tag in TAG.finditer(text):
            if tag.start() >= certain:
                break
            shown += self._show(text[at : tag.start()])
            at = tag.start()
            after = text[tag.end() : tag.end() + ENOUGH]
            place = self._written.place()
            settled = len(after) > 1 and after[0] == "\n" and (tag["open"] or place.begins_line)
            if not (settled or last or len(after) >= ENOUGH):
                return shown, None, text[at:]
            if self._counts(tag, place, after, last=last):
                return shown, tag, text[tag.end() :]
            self._opens_shown = self._opens_shown or bool(tag["open"])
        return shown + self._show(text[at:certain]), None, text[certain:]

    def _counts(self, tag: Tag, place: Place, after: str, *, last: bool) -> bool:
        if tag["open"]:  # in a line of its own, whatever mark stands there, or behind a whole sentence
            if place.announced(after):
                return False
            return begins_part(replace(place, line=TEMPLATE.sub("", place.line)), after)
        if tag["unwrapped"]:
            ends = last and not after.strip() and not place.code
            return self._wrapped and (ends or lone_end(place, after))
        if tag.group().lower() == "assistantfinal" and not (place.glued and place.behind_sentence):
            return False
        if not WRAPPED.match(tag.group()) and self._opens_shown:
            return False  # an answer that speaks of both tags
        return lone_end(place, after) and not self._is_over()

    def _is_over(self) -> bool:
        """Whether the answer ended before, where another turn began."""
        shown = "" if self._over else "".join(self._shown)
        if TURN.search(shown):
            marks = MarksFilter()
            marks.feed(shown + "\n" + "." * ENOUGH)
            self._over = marks.stopped
        return self._over


def split_reasoning(text: str, *, opened: str = "no", cut: bool = False) -> tuple[str, str]:
    """(answer, reasoning) of a reply that came whole."""
    reading = ReasoningFilter(opened)
    first = reading.feed(text)
    rest = reading.end(cut=cut)
    return (rest if reading.withdrawn else first + rest).strip(), reading.reasoning.strip()


def _may_begin(start: str) -> bool:
    """Whether a reply that begins so may turn out to begin with thoughts, or with what wraps the answer."""
    if start[:1] not in BEGINNINGS:
        return False
    if start.lower() in FIRST_WORDS_SO_FAR:
        return True
    wrapped = WRAPPED.match(start)
    if wrapped:
        return len(start) - wrapped.end() < ENOUGH
    return bool(start.startswith("analysis") and start[8:9].isupper() and len(start) < BARE_SETTLES)
