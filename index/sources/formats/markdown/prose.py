"""Markdown cut into prose and code, so that what is done to prose leaves code as its author wrote it.

A page that explains comments has `<!--` in its code, a page on HTML has tags there: such marks are text. One
pass over the text; every mark that closes something is looked for only where none was looked for before.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from bot.config.fences import RUN, opening

_MARK = re.compile(rf"^[ \t]{{0,12}}(?P<fence>{RUN})|(?P<ticks>`+)|(?P<comment><!--)", re.MULTILINE)
_CLOSING = re.compile(rf"^[ \t>]{{0,12}}({RUN})[ \t]*$", re.MULTILINE)
_TICKS = re.compile(r"`+")
_BLANK_LINE = re.compile(r"\n[ \t]{0,20}\n")


@dataclass(frozen=True)
class Piece:
    """A stretch of a page."""

    text: str
    code: bool


def pieces(markdown: str) -> list[Piece]:
    """The page as prose and code in order, without its HTML comments; one that is never closed is text."""
    return _Scan(markdown).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Piece] = []
        self.start = 0
        """Where the prose begins that is not yet in `found`."""
        self.no_comment_ends = False
        self.blank = -1
        """The next blank line, as far as was looked."""
        self._runs: dict[int, list[int]] | None = None

    def run(self) -> list[Piece]:
        place = 0
        while mark := _MARK.search(self.text, place):
            if mark["fence"]:
                place = self._fenced(mark)
            elif mark["ticks"]:
                place = self._ticked(mark)
            else:
                place = self._comment(mark)
        self._prose(len(self.text))
        return self.found

    def _prose(self, end: int) -> None:
        if end > self.start:
            self.found.append(Piece(self.text[self.start : end], code=False))

    def _code(self, start: int, end: int) -> int:
        self._prose(start)
        self.found.append(Piece(self.text[start:end], code=True))
        self.start = end
        return end

    def _fenced(self, mark: re.Match[str]) -> int:
        """A fenced block up to its closing fence or, without one, the end."""
        place = self.text.find("\n", mark.end())
        fence = opening(self.text[mark.start() : place if place >= 0 else None])
        if fence is None:
            return self._ticked(mark, len(mark["fence"]), mark.start("fence"))
        while place >= 0 and (closing := _CLOSING.search(self.text, place + 1)):
            if fence.closed_by(closing[1]):
                return self._code(mark.start(), closing.end())
            place = closing.end() - 1
        return self._code(mark.start(), len(self.text))

    def _ticked(self, mark: re.Match[str], length: int = 0, start: int = -1) -> int:
        """A code span, which ends at a run of as many ticks in its paragraph; else the ticks are text."""
        length = length or len(mark["ticks"])
        start = start if start >= 0 else mark.start()
        end = start + length
        if self.blank < end:
            blank = _BLANK_LINE.search(self.text, end)
            self.blank = blank.start() if blank else len(self.text)
        same = self._same(length)
        place = bisect_left(same, end)
        if place < len(same) and same[place] < self.blank:
            return self._code(start, same[place] + length)
        return end

    def _same(self, length: int) -> list[int]:
        """Where runs of this many ticks begin."""
        if self._runs is None:
            self._runs = defaultdict(list)
            for run in _TICKS.finditer(self.text):
                self._runs[len(run[0])].append(run.start())
        return self._runs.get(length, [])

    def _comment(self, mark: re.Match[str]) -> int:
        end = -1 if self.no_comment_ends else self.text.find("-->", mark.end())
        if end < 0:
            self.no_comment_ends = True
            return mark.end()
        self._prose(mark.start())
        self.start = end + 3
        return self.start
