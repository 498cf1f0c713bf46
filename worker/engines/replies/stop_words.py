"""Cuts a streamed reply at the first stop word, also when it arrives in pieces.

Models whose files lack a generation_config.json run past their end mark, and servers differ in whether
they honour `stop`; what the reader sees must not depend on either.
"""

from __future__ import annotations

STOP_WORDS = ("<|im_end|>",)


class StopFilter:
    """Feed it pieces; it gives back what is safe to show and sets `stopped` at the first stop word."""

    def __init__(self, words: tuple[str, ...] = STOP_WORDS) -> None:
        self.stopped = False
        self._words = words
        self._firsts = {word[0] for word in words}
        self._held = ""

    @property
    def at_rest(self) -> bool:
        """Whether it holds nothing back, and a piece without a beginning of a stop word passes."""
        return not (self._held or self.stopped)

    def feed(self, piece: str) -> str:
        """The text that can no longer be part of a stop word."""
        if self.stopped:
            return ""
        if not self._held and self._firsts.isdisjoint(piece):
            return piece
        text = self._held + piece
        places = [place for place in (text.find(word) for word in self._words) if place >= 0]
        if places:
            self.stopped, self._held = True, ""
            return text[: min(places)]
        keep = max((_overlap(text, word) for word in self._words), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def end(self) -> str:
        """What was held back, once nothing more comes."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, word: str) -> int:
    """How many characters at the end of `text` begin `word`."""
    return next(
        (size for size in range(min(len(word) - 1, len(text)), 0, -1) if text.endswith(word[:size])), 0
    )
