"""LaTeX to text a person can read: Feishu's cards draw no formulas.

`\\frac{a}{b}` becomes a/b, `x_i^2` becomes xᵢ², `\\sum_{i=1}^{n}` becomes ∑ᵢ₌₁ⁿ. What has no character of its
own stays as it was written: nothing is dropped but spacing and looks.
"""

from __future__ import annotations

import unicodedata

from bot.markdown.latex_symbols import (
    ACCENTS,
    ALPHABETS,
    SIGNS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    SYMBOLS,
    TRANSPARENT,
)

_MAX_DEPTH = 30
"""Braces deeper than this are left as they are."""


def readable(latex: str) -> str:
    """The formula as text; lines of an aligned environment become lines. Never raises."""
    text = unicodedata.normalize("NFC", _Reader(latex).read_all())
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._depth = 0

    def read_all(self) -> str:
        parts = []
        while self._position < len(self._source):
            parts.append(self._sequence())
            if self._position < len(self._source):
                parts.append(self._source[self._position])
                self._position += 1
        return "".join(parts)

    def _sequence(self) -> str:
        """Reads up to an unmatched closing brace or the end."""
        parts: list[str] = []
        while self._position < len(self._source) and self._source[self._position] != "}":
            parts.append(self._item())
        return "".join(parts)

    def _item(self) -> str:
        """Reads one character, group, script or command."""
        sign = self._source[self._position]
        self._position += 1
        if sign == "\\":
            return self._command()
        if sign == "{":
            return self._group_rest()
        if sign == "^":
            return _script(self._argument(), "^", SUPERSCRIPTS)
        if sign == "_":
            return _script(self._argument(), "_", SUBSCRIPTS)
        if sign == "&":
            return " "
        return " " if sign in "~\n" else sign

    def _group_rest(self) -> str:
        if self._depth >= _MAX_DEPTH:
            return "{"
        self._depth += 1
        inner = self._sequence()
        self._depth -= 1
        if self._position < len(self._source):
            self._position += 1
        return inner

    def _argument(self) -> str:
        """Reads what a command applies to: a group, or one item."""
        while self._position < len(self._source) and self._source[self._position] == " ":
            self._position += 1
        if self._position >= len(self._source) or self._source[self._position] == "}":
            return ""
        if self._depth >= _MAX_DEPTH:
            self._position += 1
            return self._source[self._position - 1]
        self._depth += 1
        item = self._item()
        self._depth -= 1
        return item

    def _option(self) -> str:
        """Reads [an option] where one stands."""
        if self._position < len(self._source) and self._source[self._position] == "[":
            end = self._source.find("]", self._position)
            if end > 0:
                option = self._source[self._position + 1 : end]
                self._position = end + 1
                return option
        return ""

    def _command(self) -> str:
        name = self._name()
        if not name:
            if self._position >= len(self._source):
                return "\\"
            sign = self._source[self._position]
            self._position += 1
            return SIGNS.get(sign, "\\" + sign)
        return self._named(name)

    def _name(self) -> str:
        start = self._position
        while self._position < len(self._source) and _is_letter(self._source[self._position]):
            self._position += 1
        return self._source[start : self._position]

    def _named(self, name: str) -> str:
        if name in SYMBOLS:
            return _spaced(name, SYMBOLS[name], self._source[self._position : self._position + 1])
        if name in TRANSPARENT:
            return self._transparent()
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return f"{_grouped(self._argument())}/{_grouped(self._argument())}"
        if name in ("binom", "dbinom", "tbinom"):
            return f"C({self._argument()}, {self._argument()})"
        if name == "sqrt":
            return _root(self._option(), self._argument())
        if name in ALPHABETS:
            return "".join(ALPHABETS[name].get(letter, letter) for letter in self._argument())
        if name in ACCENTS:
            return "".join(letter + ACCENTS[name] for letter in self._argument())
        if name in ("begin", "end"):
            return self._environment()
        if self._source[self._position : self._position + 1] == "{":
            return f"\\{name}({self._argument()})"
        return f"\\{name}"

    def _transparent(self) -> str:
        """A dot after \\left or \\right stands for nothing."""
        if self._source[self._position : self._position + 1] == ".":
            self._position += 1
            return ""
        return self._argument() if self._source[self._position : self._position + 1] == "{" else ""

    def _environment(self) -> str:
        self._argument()
        if self._source[self._position : self._position + 1] == "{":
            self._argument()
        return "\n"


def _is_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _spaced(name: str, text: str, following: str) -> str:
    """Names of functions keep a space before a letter: `\\log x` is log x."""
    return f"{text} " if text == name and following.isalnum() else text


def _script(text: str, sign: str, characters: dict[str, str]) -> str:
    compact = text.replace(" ", "")
    if not compact:
        return ""
    if all(letter in characters for letter in compact):
        return "".join(characters[letter] for letter in compact)
    return f"{sign}{_grouped(text)}"


def _grouped(text: str) -> str:
    """Brackets around anything that is not a single word or number."""
    stripped = text.strip()
    return stripped if len(stripped) == 1 or stripped.isalnum() else f"({stripped})"


def _root(option: str, text: str) -> str:
    signs = {"": "√", "2": "√", "3": "∛", "4": "∜"}
    return f"{signs.get(option, option + '√')}{_grouped(text)}"
