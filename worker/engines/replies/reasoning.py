"""Keeps what a model thinks apart from what it answers, in a reply that arrives in pieces of any size.

Where a server has no parser for it, reasoning stands in the text: between tags of a dozen spellings, with the
opening tag written by the chat template so that only the closing one arrives, or never closed. A tag counts
where a model puts it, at the start of a line outside code: an answer may speak of `<think>`.
"""

from __future__ import annotations

import re

from bot.config.fences import open_fence
from index.text.chinese import CHARACTERS

_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|seed:think|mm:think|antthinking|scratchpad"
_ATTRIBUTES = r"(?:\s[^<>\n]{0,60})?"
_HARMONY = r"(?:[^<]|<\|constrain\|>){0,40}<\|message\|>"
_OPEN = re.compile(
    rf"<\s*(?:{_NAMES}){_ATTRIBUTES}/?>|\[THINK\]|<\|begin_of_thought\|>|<\|START_THINKING\|>|◁think▷|"
    rf"<\|(?:{_NAMES})\|>|<unused94>(?:thought)?|<\|channel>(?:thought|analysis)?|"
    rf"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary){_HARMONY}|"
    rf'<details type="reasoning"{_ATTRIBUTES}>',
    re.IGNORECASE,
)
_CLOSE = re.compile(
    rf"<\s*/\s*(?:{_NAMES})\s*>|\[/THINK\]|<\|end_of_thought\|>|<\|END_THINKING\|>|◁/think▷|<unused95>|"
    rf"<\|/(?:{_NAMES})\|>|<channel\|>|"
    rf"(?:<\|end\|>)?(?:<\|start\|>assistant)?<\|channel\|>final{_HARMONY}|"
    rf"assistantfinal(?=[A-Z\s*#{CHARACTERS}`])",
    re.IGNORECASE,
)
_CLOSE_OF = (
    ("<details", re.compile(r"</details>", re.IGNORECASE)),
    ("here", re.compile(r"Here(?:'s| is) my response:", re.IGNORECASE)),
)
"""Endings that end only what was begun in their own way; by the beginning's first letters."""
_FIRST_WORDS = ("analysis", "here is my thought process:", "here's my thought process:")
_BARE = re.compile(r"analysis(?=[A-Z])|Here(?:'s| is) my thought process:")
"""Reasoning without a tag at the start of a reply: gpt-oss where the server has dropped the special tokens
(`analysisWe need ... assistantfinalRun ...`), and IBM's Granite."""
_WRAPPED = re.compile(
    r"(?:(?<!\s)\s++)?(?:<answer>|<response>|<\|begin_of_solution\|>|<\|START_RESPONSE\|>|"
    r"<\|start\|>assistant<\|channel\|>final<\|message\|>|<\|channel\|>final<\|message\|>)\s*+",
    re.IGNORECASE,
)
_UNWRAPPED = re.compile(
    r"(?:(?<!\s)\s++)?(?:</answer>|</response>|<\|end_of_solution\|>|<\|END_RESPONSE\|>|<\|return\|>|<\|end\|>)\s*+",
    re.IGNORECASE,
)
_STARTS = (
    *(f"<{slash}{name}" for slash in ("", "/") for name in _NAMES.split("|")),
    *(
        "[think]",
        "[/think]",
        "◁think▷",
        "◁/think▷",
        "<unused9",
        "<answer>",
        "</answer>",
        "<response>",
        "</response>",
    ),
    *("<|begin_of_thought|>", "<|end_of_thought|>", "<|begin_of_solution|>", "<|end_of_solution|>"),
    *("<|start_thinking|>", "<|end_thinking|>", "<|start_response|>", "<|end_response|>"),
    *(
        "<|channel|>",
        "<|start|>assistant",
        "<|end|>",
        "<|return|>",
        "<|message|>",
        "<|channel>",
        "<channel|>",
    ),
    *(f"<|{slash}{name}|>" for slash in ("", "/") for name in _NAMES.split("|")),
    '<details type="reasoning"',
)
_PREFIXES = {start[:length] for start in _STARTS for length in range(1, len(start) + 1)}
_OPEN_ENDED = tuple(start for start in _STARTS if not start.endswith(">"))
_TEMPLATE = re.compile(r"<[|｜][\w▁]{1,40}[|｜]>|</?s>|<bos>|<sop>|\[/INST\]|\[gMASK\]", re.IGNORECASE)
_ENDS_SENTENCE = (".", "!", "?", "。", "！", "？")
_HARMONY_BEGINS = re.compile(
    r"<\|(?:channel|start)\|>[^>]{0,60}$|<\|channel\|>(?:[^<]|<\|constrain\|>){0,40}(?:<[^>]{0,12})?$"
)
MAY_HOLD_TAG = re.compile(r"[<◁]|assistantfinal|\[(?:/?t|/?\Z)", re.IGNORECASE)
"""What a piece may hold of a tag; a citation such as [1] is none."""
_BLANKS_IN_TAG = re.compile(r"^<\s*(/?)\s*")
LONGEST_TAG = 110
MOST_KEPT = 20_000
"""Characters of reasoning that are remembered; all of it is counted."""


class ReasoningFilter:
    """Feed it pieces; it gives back what may be shown.

    `opened`: 'no' (the reply begins with the answer, or with a tag of its own), 'yes' (the chat template
    wrote the opening tag), 'maybe' (not known yet: nothing is shown before it is).
    """

    def __init__(self, opened: str = "no") -> None:
        self.withdrawn = False
        """Set while `feed` finds that what it gave back before was reasoning: forget it."""
        self.found = ""
        """'tags' or 'closing_tag' once there were any."""
        self.length = 0
        """Characters of reasoning."""
        self._opened = opened
        self._inside = opened != "no"
        self._begun = False
        self._wrapped = False
        self._close = _CLOSE
        self._held = ""
        self._shown = ""
        self._kept: list[str] = []

    @property
    def reasoning(self) -> str:
        """What was thought, at most 20,000 characters of it."""
        return "".join(self._kept)[:MOST_KEPT]

    @property
    def so_far(self) -> str:
        """The answer until now, with what is still held back."""
        return self._shown + self._held

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
        """Takes note of such pieces that were shown without being fed to it."""
        self._shown += text

    def feed(self, piece: str) -> str:
        """The text that is certainly answer."""
        self.withdrawn = False
        if self.in_answer and not MAY_HOLD_TAG.search(piece):
            self._shown += piece
            return piece
        return self._advance(self._held + piece)

    def end(self, *, cut: bool = False) -> str:
        """What was held back. `cut`: the reply was ended by its length, not by the model."""
        held, self._held = self._held, ""
        self.withdrawn = False
        if not self._inside:
            return self._show(_UNWRAPPED.sub("", held) if self._wrapped else held)
        unclear = not self.found and not cut and self._opened != "no"
        if unclear:  # no tag at all: a template that opens none this time
            self._inside = False
            return self._show(held)
        self.add(held)
        return ""

    def _advance(self, text: str) -> str:
        shown = ""
        while True:
            found = self._close.search(text) if self._inside else self._next_tag(text)
            if found is None:
                break
            if self._inside:
                self.add(text[: found.start()])
                self._left_thinking(found)
                text = text[found.end() :]
            elif found.re is not _CLOSE:
                shown += self._show(text[: found.start()])
                self._begin_thinking(found.group())
                text = text[found.end() :]
            else:  # a closing tag alone: everything before it was thought
                self.add(self._shown + text[: found.start()])
                shown, self._shown, self.withdrawn = "", "", True
                self._left_thinking(found)
                text = text[found.end() :]
        keep = self._unclear(text)
        if self._inside and keep < len(text):
            self.add(text[: len(text) - keep])
        self._held = text[len(text) - keep :]
        return shown + ("" if self._inside else self._show(text[: len(text) - keep]))

    def _unclear(self, text: str) -> int:
        """How many characters at the end of `text` must wait for what comes."""
        if self._inside:
            return min(len(text), LONGEST_TAG) if self.found else len(text)
        start = text.lstrip()
        if not self._shown.strip() and any(word.startswith(start.lower()) for word in _FIRST_WORDS):
            return len(text)
        return _partial(text)

    def _begin_thinking(self, tag: str) -> None:
        if tag.endswith("/>"):  # one that closes itself
            return
        self._inside, self.found = True, self.found or "tags"
        self._close = next((own for begins, own in _CLOSE_OF if tag.lower().startswith(begins)), _CLOSE)

    def _left_thinking(self, tag: re.Match[str]) -> None:
        self._wrapped = self._wrapped or "channel" in tag.group()
        self.found = "closing_tag" if self.found != "tags" else "tags"
        self._inside, self._begun, self._close = False, False, _CLOSE

    def _show(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
            if wrapped := _WRAPPED.match(text):
                self._wrapped = True
                text = text[wrapped.end() :]
            self._begun = bool(text)
        if self._wrapped:
            text = _UNWRAPPED.sub("", text)
        self._shown += text
        return text

    def _next_tag(self, text: str) -> re.Match[str] | None:
        """The first tag in an answer that is one: not in code, and where a model puts it."""
        if not self._shown.strip() and _BARE.match(text.lstrip()):
            return _BARE.search(text)
        place = 0
        while True:
            opening, closing = _OPEN.search(text, place), _CLOSE.search(text, place)
            tags = [tag for tag in (opening, closing) if tag]
            if not tags:
                return None
            tag = min(tags, key=lambda match: match.start())
            before = self._shown + text[: tag.start()]
            if self._counts(tag, before, text[tag.end() : tag.end() + 1], opens=tag is opening):
                return tag
            place = tag.end()

    def _counts(self, tag: re.Match[str], before: str, after: str, *, opens: bool) -> bool:
        line = before.rpartition("\n")[2]
        if line.endswith("`") or after == "`" or line.count("`") % 2 or open_fence(before):
            return False
        if opens:  # in a line of its own, whatever mark stands there, or behind a whole sentence
            line = _TEMPLATE.sub("", line).strip()
            return not line or line.endswith(_ENDS_SENTENCE)
        if not _WRAPPED.match(tag.group()) and _OPEN.search(before):
            return False  # an answer that speaks of both tags
        return bool(before.strip()) or not line.strip()


def split_reasoning(text: str, *, opened: str = "no", cut: bool = False) -> tuple[str, str]:
    """(answer, reasoning) of a reply that came whole."""
    reading = ReasoningFilter(opened)
    first = reading.feed(text)
    return (first + reading.end(cut=cut)).strip(), reading.reasoning.strip()


def _partial(text: str) -> int:
    """How many characters at the end of `text` may begin a tag."""
    tail = text[-LONGEST_TAG:]
    place = max(tail.rfind("<"), tail.rfind("["), tail.rfind("◁"))
    for start in (tail.rfind("<", 0, max(place, 0)), place):  # `<|start|>assistant<|chan`
        if start >= 0 and _begins_tag(tail[start:].lower()):
            return len(tail) - start
    return 0


def _begins_tag(tail: str) -> bool:
    if tail[0] != "<" and tail[:2] not in _PREFIXES:  # [1]
        return False
    compact = _BLANKS_IN_TAG.sub(r"<\1", tail)
    if compact in _PREFIXES or (">" not in compact and compact.startswith(_OPEN_ENDED)):
        return True
    return bool(_HARMONY_BEGINS.match(compact))
