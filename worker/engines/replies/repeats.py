"""Tells the pieces of a reply from the text so far, which some gateways send each time, or again at the end.

A stream of texts so far begins with pieces that each begin with the whole one before. Pieces may be alike by
chance (a table's dashes are one token, eight of them), so only the beginning of a reply decides.
"""

from __future__ import annotations

import re

CERTAIN = 8
"""A piece that begins with one of so many characters, the reply's first or grown out of it, is no chance."""
WHOLE = 16
"""So many characters, words among them, that are the whole reply so far are the reply once more."""
ABOUT = 4
"""Blank characters at its ends that may be left out of it then."""

_TAGS = re.compile(r"<[^<>]{1,80}>|\[/?[A-Za-z_]{1,20}\]|◁[^◁▷]{1,20}▷")
"""Marks are one piece however long, and come twice and more: they are no words."""


class Repeats:
    """Feed it the pieces of one reply."""

    def __init__(self) -> None:
        self._last = ""
        self._pieces: list[str] = []
        self.length = 0
        """Characters so far."""
        self._grows = True
        """Whether each piece so far began with the one before."""
        self._so_far = False

    @property
    def settled(self) -> bool:
        """Whether its pieces are known to be no texts so far."""
        return not (self._grows or self._so_far)

    def add(self, piece: str) -> None:
        """Takes a piece that is settled to be more of the reply, and not all of it (see `may_be_whole`)."""
        self._pieces.append(piece)
        self.length += len(piece)

    def take(self, piece: str) -> tuple[str, bool]:
        """What `piece` adds, and whether it replaces all that was added before."""
        if self._so_far:
            return self._grown(piece)
        if self._grows and self._begins_so_far(piece):
            return piece, True
        if may_be_whole(piece, self.length) and self._is_whole(piece):
            return "", False
        self.add(piece)
        return piece, False

    def _begins_so_far(self, piece: str) -> bool:
        last, self._last = self._last, piece
        self._grows = piece.startswith(last)
        self._so_far = self._grows and len(piece) > len(last) and len(_TAGS.sub("", last)) >= CERTAIN
        return self._so_far

    def _grown(self, piece: str) -> tuple[str, bool]:
        last = self._last
        if last.startswith(piece):
            return "", False
        self._last = piece
        return (piece[len(last) :], False) if piece.startswith(last) else (piece, True)

    def _is_whole(self, piece: str) -> bool:
        return piece.strip() == "".join(self._pieces).strip() and any(map(str.isalnum, _TAGS.sub("", piece)))


def may_be_whole(piece: str, length: int) -> bool:
    """Whether a piece behind `length` characters may be the reply once more, by its own length."""
    return len(piece) >= WHOLE and abs(len(piece) - length) <= ABOUT
