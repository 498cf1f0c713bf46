"""Reads one streamed answer: what may be shown, what was thought, how it ended, and why nothing came."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from bot.config.faults import encodable
from worker.engines.replies.chunks import ERROR, FILTER, LENGTH, STOP, TOOLS, Chunk, PlainChunk
from worker.engines.replies.mark_forms import SUSPECT
from worker.engines.replies.marks import MarksFilter
from worker.engines.replies.reasoning import ReasoningFilter
from worker.engines.replies.reasoning_forms import FINAL_BEGINS, LONGEST_FINAL, MAY_HOLD_TAG
from worker.engines.replies.repeats import WHOLE, Repeats, may_be_whole
from worker.llm import Usage

_HALF = re.compile("[\ud800-\udfff]")
_text_of = attrgetter("text")
_BEGINNINGS = "<[{/`【"
_BEGIN_SO = frozenset(
    (
        *("a", "an", "h", "he", "f", "fu", "t", "th", "r", "re"),
        *("*", "**", "#", "##", "# ", "思", "思考", "推", "推理"),
    )
)
"""How replies begin that filters look at: calls, marks, tags, `analysis`, `Here is`, `functools`, titles of
thoughts."""
FIRST = 4
"""Of the chunks that come together at first so many are read apart: what follows can pass the filters."""


class AnswerReading:
    """Feed it chunks as they arrive. `opened` as of `ReasoningFilter`, `question` as of `MarksFilter`."""

    def __init__(self, opened: str = "no", question: str = "") -> None:
        self.anew = False
        """Set while `feed` gives back what replaces everything that it gave back before."""
        self.started = False
        """Whether anything but white space may be shown."""
        self.begun = False
        """Whether a word has come, of the answer or of reasoning."""
        self.finish = ""
        self.usage = Usage()
        self._question = question
        self._thinking = ReasoningFilter(opened)
        self._marks = MarksFilter(self._question)
        self._opened = opened
        self._refusal = ""
        self._tool_call = False
        self._pieces = Repeats()
        self._repeats = False
        self._half = ""
        self._fresh = opened == "no"
        """Whether the filters have yet to see any of it, and it begins with the answer."""
        self._in_text = False
        """Whether the answer is being written and no filter holds anything back."""
        self._passed: list[str] = []
        """What was shown since, and the filters have yet to be told."""
        self._passed_length = 0

    @property
    def stopped(self) -> bool:
        """Whether a stop word, or a turn of somebody else's, ended it before its server did."""
        return self._marks.stopped

    @property
    def reasoning(self) -> str:
        """What the model thought."""
        return self._thinking.reasoning

    @property
    def thinks(self) -> str:
        """How its reasoning came: 'field', 'tags', 'closing_tag', 'hidden' or ''."""
        if self._thinking.found:
            return self._thinking.found
        if self._thinking.length:
            return "field"
        return "hidden" if self.usage.reasoning_tokens else ""

    def begin(self, opened: str) -> None:
        """Says where the reply begins, before its first piece; later calls change nothing."""
        if not self.begun and opened != self._opened:
            self._opened, self._thinking = opened, ReasoningFilter(opened)
            self._fresh = opened == "no"

    def thinks_now(self, before: str) -> str:
        """How this model's reasoning comes, after this reply and what was known `before`."""
        if self.thinks:
            return self.thinks
        return "" if before == "unclear" and self.finish == STOP else before

    def feed(self, chunks: Sequence[Chunk]) -> str:
        """The text that can be shown now."""
        self.anew, shown = False, ""
        if not self.begun and len(chunks) > FIRST:
            shown, chunks = self._filtered(chunks[:FIRST]), chunks[FIRST:]
        anew = self.anew
        if self._in_text:
            plain, count = self._plain(chunks)
            shown, chunks = shown + plain, chunks[count:]
        if chunks and self._in_text and not any(map(_text_of, chunks)):
            for chunk in chunks:
                self._takes_no_text(chunk)
        elif chunks:
            more = self._filtered(chunks)
            shown, anew = (more, True) if self.anew else (shown + more, anew)
        self.anew = anew
        return shown

    def _filtered(self, chunks: Sequence[Chunk]) -> str:
        """What the filters let through; with `anew` as of `feed`."""
        self.anew = False
        self._tell_filters()
        text = ""
        for chunk in chunks:
            piece = self._take(chunk)
            text = piece if self._repeats else text + piece
        shown = self._begins_plainly(text) or self._fed(text)
        self.started = (self.started and not self.anew) or bool(shown.strip())
        at_rest = self._thinking.in_answer and self._marks.at_rest
        self._in_text = self.started and at_rest and self._pieces.settled and not self._half
        return shown

    def _begins_plainly(self, text: str) -> str:
        """The answer's first words, where no filter has anything to do with them; else ""."""
        if self.started or self._half or not self._fresh:
            return ""
        words = text.lstrip()
        if words[:1] in _BEGINNINGS or words[:2].lower() in _BEGIN_SO or not _is_plain(words):
            return ""
        self._fresh = False
        self._thinking.passed(words)
        self._marks.passed(words)
        return words

    def _fed(self, text: str) -> str:
        """What the filters let through of it."""
        if not text:
            return ""
        self._fresh = False
        shown = self._thinking.feed(text)
        if self._thinking.withdrawn:
            self.anew, self._marks = True, MarksFilter(self._question)
        return self._marks.feed(shown) if shown else ""

    def end(self) -> str:
        """What was held back, once nothing more comes."""
        self.anew = False
        if self._in_text:
            return ""
        self._tell_filters()
        rest = self._thinking.end(cut=self.finish == LENGTH)
        if self._thinking.withdrawn:
            self.anew, self._marks = True, MarksFilter(self._question)
        shown = self._marks.feed(rest) + self._marks.end()
        self.started = (self.started and not self.anew) or bool(shown.strip())
        if self.stopped:
            self.finish = STOP
        return shown

    def counted(self, tokens: int) -> Usage:
        """The usage of this call, with the tokens of its reasoning estimated where the server counts none."""
        if not self.usage.calls:
            return Usage(1, reasoning_tokens=tokens if self._thinking.length else 0)
        if self.usage.reasoning_tokens or not self._thinking.length:
            return self.usage
        thought = min(tokens, self.usage.completion_tokens) if self.usage.completion_tokens else tokens
        return replace(self.usage, reasoning_tokens=thought)

    @property
    def begins(self) -> str:
        """What has come of the answer, or what may become it."""
        self._tell_filters()
        return self._thinking.so_far.strip()

    @property
    def silence(self) -> str:
        """Why there is nothing to show: 'thought', 'tools', 'filter', 'error', 'empty'; '' when there is."""
        if self.finish == ERROR:
            return "error"
        if self.started:
            return ""
        if self.finish == FILTER or self._refusal:
            return "filter"
        if self._tool_call or self._marks.called or self.finish == TOOLS:
            return "tools"
        return "thought" if self.thinks or self.finish == LENGTH else "empty"

    def _plain(self, chunks: Sequence[Chunk]) -> tuple[str, int]:
        """The text of the first chunks that are nothing but more of the answer, and how many these are."""
        length, count, plain = self._pieces.length + self._passed_length, 0, ""
        for chunk in chunks:
            text = chunk.text
            if type(chunk) is not PlainChunk and any(chunk[1:]):
                break
            if len(text) >= WHOLE and may_be_whole(text, length + len(plain)):
                break
            plain += text
            count += 1
        if not _is_plain(plain):
            return "", 0
        self._passed.append(plain)
        self._passed_length += len(plain)
        return plain, count

    def _tell_filters(self) -> None:
        """Tells the filters what was shown past them."""
        if self._passed:
            passed = "".join(self._passed)
            self._passed, self._passed_length = [], 0
            self._pieces.add(passed)
            self._thinking.passed(passed)
            self._marks.passed(passed)

    def _takes_no_text(self, chunk: Chunk) -> bool:
        """Takes what a chunk holds beside its text; whether that makes its text one that was read before."""
        if chunk.usage is not None:
            self.usage = chunk.usage
        if chunk.finish:
            self.finish = chunk.finish
        if chunk.tool_call:
            self._tool_call = True
        if chunk.refusal:
            self._refusal += chunk.refusal
        if chunk.whole and self.begun:  # the finished message once more, after its pieces
            return True
        if chunk.reasoning:
            self.begun = True
            self._thinking.add(chunk.reasoning)
        return False

    def _take(self, chunk: Chunk) -> str:
        self._repeats = False
        if type(chunk) is not PlainChunk and any(chunk[1:]) and self._takes_no_text(chunk):
            return ""
        text = chunk.text
        if not text:
            return ""
        if not text.isascii() or self._half:
            text = self._whole_characters(text)
        self.begun = True
        text, self._repeats = self._pieces.take(text)
        if self._repeats:
            self.anew = True
            self._thinking = ReasoningFilter(self._opened)
            self._marks = MarksFilter(self._question)
        return text

    def _whole_characters(self, text: str) -> str:
        """Gateways in Java and JavaScript cut between the two halves of an emoji."""
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return encodable(text)


def _is_plain(text: str) -> bool:
    """Whether no filter has anything to do with more of an answer."""
    if text.isascii() and "<" not in text and "[" not in text and "`" not in text and "final" not in text:
        return not FINAL_BEGINS.search(text, max(len(text) - LONGEST_FINAL, 0))
    return not (SUSPECT.search(text) or MAY_HOLD_TAG.search(text) or _HALF.search(text))
