"""Takes out what no person wrote: minified code, data in base64, lists of numbers in one line.

One such line of half a megabyte has more "words" than all the pages of a handbook. None is ever asked for,
and together they make the handbook's own words look rare, so that plain questions seem to be about something
else. A line is judged by its length and by how little of it is space; scripts that need no spaces stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONG_LINE = 2_000
"""Characters from which a line is looked at for data: a paragraph in one line is rarely longer."""
TIGHT_LINE = 8_000
"""Characters from which a line with hardly a space is no text; a shorter one may be an example of JSON."""
SPACES = 0.08
"""Share of a line that is space in the tightest prose that has spaces; English has .16, minified code .04."""
OTHER_SCRIPTS = 0.1
"""With this share of characters beyond Latin a line may be text without spaces."""
_DATA = re.compile(r"[A-Za-z0-9+/=_%-]{1000,}+")
"""No word and no address is so long."""
_DATA_LINES = re.compile(r"(?>(?:^[ \t>]{0,8}+[A-Za-z0-9+/=_-]{60,}+[ \t]*+(?:\n|\Z)){12,})", re.MULTILINE)
"""Data wrapped into lines of one length, as in a certificate or a mail's attachment."""
_LATIN_END = 0x024F


@dataclass(frozen=True)
class WithoutMachineText:
    """A text and how much was taken out of it."""

    text: str
    characters: int = 0
    """0 where nothing was."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator is told."""
        if not self.characters:
            return ()
        return (f"{self.characters} characters left out that are data or minified code, no text",)


def without_machine_text(text: str) -> WithoutMachineText:
    """The text without lines that no person wrote."""
    kept = _DATA_LINES.sub(_without_data, text) if len(text) > LONG_LINE else text
    if len(kept) > LONG_LINE:
        lines = kept.split("\n")
        if max(map(len, lines)) >= LONG_LINE:
            kept = "\n".join(_line(line) for line in lines)
    return WithoutMachineText(kept, len(text) - len(kept))


def _without_data(lines: re.Match[str]) -> str:
    """Nothing for lines of one length, the last apart; a list of long names stays."""
    lengths = {len(line.strip(" \t>")) for line in lines[0].splitlines()[:-1]}
    return "\n" if len(lengths) == 1 else lines[0]


def _line(line: str) -> str:
    if len(line) < LONG_LINE:
        return line
    line = _DATA.sub("", line)
    return "" if len(line) >= TIGHT_LINE and _is_tight(line) else line


def _is_tight(line: str) -> bool:
    if not line.isascii() and sum(map(chr(_LATIN_END).__lt__, line)) >= OTHER_SCRIPTS * len(line):
        return False
    return sum(map(str.isspace, line)) < SPACES * len(line)
