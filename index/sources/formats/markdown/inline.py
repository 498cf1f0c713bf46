"""Marks inside the lines of prose that generators and note-takers add: what they show stays, the marks go.

Roles and labels of MyST, keys and highlights of pymdownx, CriticMarkup, attributes of Pandoc, links and
comments of Obsidian, includes. Code was put aside before; a span of it is a sign between OPEN and CLOSE.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

OPEN, CLOSE = "\ue000", "\ue001"
_ROLE = re.compile(
    rf"(?<![{{$\w])\{{([a-z][a-z0-9:+-]{{1,30}})\}}(?:\[[^\[\]\n]{{0,40}}\])?{OPEN}(\d{{1,9}}){CLOSE}"
)
_ROLES_OF_LINKS = frozenset(
    str.split("ref doc numref eq term download any cite cite:p cite:t citep citet abbr keyref guilabel "
    "menuselection sub sup index link")
)  # fmt: skip
_LABEL = re.compile(r"^\([\w.:+-]{1,100}\)=[ \t]*+\n?", re.MULTILINE)
_MYST_COMMENT = re.compile(r"^%(?: .*)?$\n?", re.MULTILINE)
_MYST_BREAK = re.compile(r"^\+\+\+(?:[ \t]*+\{.*\})?[ \t]*+$", re.MULTILINE)
_INCLUDE = re.compile(
    r"^[ \t]*+(?:(?:-{1,2}8<-{1,2}|;--8<--)(?:[ \t]++\S.*)?|<<<[ \t]*+@?[\w./~-]++.*)$", re.MULTILINE
)
_ABBREVIATION = re.compile(r"^\*\[[^\[\]\n]{1,60}\]:.*$\n?", re.MULTILINE)
_KEYS = re.compile(r"(?<![\w+])\+\+([\w\"-]{1,20}(?:\+[\w\"-]{1,20}){0,5})\+\+(?![\w+])")
_HIGHLIGHTED = re.compile(r"(?<![=A-Za-z0-9_])==(?=[^\s=])([^=\n]{1,300})(?<=\S)==(?![=A-Za-z0-9_])")
_INSERTED = re.compile(r"(?<![\^\w])\^\^(?=[^\s^])([^\^\n]{1,300})(?<=\S)\^\^(?![\^\w])")
_HIGH = re.compile(r"(?<=[A-Za-z0-9)])\^([+-]?[A-Za-z0-9]{1,9}[+-]?)\^(?![\^\w(])")
"""A sign between two numbers, or more behind it, is arithmetic: 10^3-10^6, n^2+m^2, a^b^c."""
_LOW = re.compile(r"(?<=[A-Za-z)])~([0-9]{1,3}[+-]?|[A-Za-z]{1,3})~(?!~)")
"""1~2~3 are ranges."""
_CRITIC = re.compile(
    r"(?<!\{)\{(?:\+\+(?P<added>[^{}\n]*?)\+\+|--[^{}\n]*?--|~~[^{}~\n]*+~>(?P<now>[^{}~\n]*+)~~"
    r"|==(?P<marked>[^{}\n]*?)==|>>[^{}\n]*?<<)\}"
)
_SPAN = re.compile(r"(?<![\]!\w\\])\[([^\[\]\n]++)\]\{[ ]?[.#][^{}\n]*+\}")
_ATTRIBUTES = re.compile(rf"(?:(?<=[)\]`*_}}{CLOSE}])|(?<=\$\$))[ ]?\{{[ ]?[.#][^{{}}\n]*+\}}")
"""Behind one $ it is a shell's: ${#name}."""
_SIZES = re.compile(r"(?<=\))\{[ ]?(?:width|height|align|style|class|target|loading|scale)=[^{}\n]*+\}")
"""Of pictures and links: {width=50%}."""
_CAPTION = re.compile(r"^((?:Table)?:[ \t]++[^{}\n]*+)\{#[^{}\n]*+\}[ \t]*+$", re.MULTILINE)
_RAW = re.compile(rf"(?<={CLOSE})\{{=\w{{1,20}}\}}")
_HEADING = re.compile(r"^(#{1,6}[ \t][^\n{]*+)\{([^{}\n]*+)\}[ \t]*+$", re.MULTILINE)
_ID = re.compile(r"(?:^|\s)#([\w.:-]{1,100})")
_VARIABLE = re.compile(r"\{\{[ \t]*+(?:\$|site\.|page\.|layout\.|config\.)[\w.$\[\]]*+[ \t]*+\}\}")
_EMBEDDED = re.compile(r"!\[\[[^\[\]\n]{1,200}\]\]")
_WIKI = re.compile(
    r"(?<![\w\[!])\[\[(?!_?(?i:toc)_?\]\])(?=[^\W\d])([^\[\]|\n\"'`=,]{1,200})(?:\\?\|([^\[\]\n]{1,200}))?\]\](?![(\[])"
)
_BLOCK_ID = re.compile(r"(?:^|(?<=\S)[ \t])\^[\w-]{1,40}[ \t]*+$", re.MULTILINE)
_NOTED = re.compile(r"%%(?=[^\s%])[^%]{1,2000}%%|%%\s[^%]{1,2000}%%")


def without_inline_marks(text: str, aside: Sequence[str] = ()) -> str:
    """The prose without them; `aside` holds what the signs for code stand for."""
    text = _without_myst_lines(text)
    if "{" in text:
        text = _without_braces(text, aside)
    if "[[" in text:
        text = _NOTED.sub("", _WIKI.sub(lambda found: found[2] or found[1], _EMBEDDED.sub("", text)))
        text = _BLOCK_ID.sub("", text)
    if "8<-" in text or "<<<" in text:
        text = _INCLUDE.sub("", text)
    if "*[" in text:
        text = _ABBREVIATION.sub("", text)
    if "++" in text:
        text = _KEYS.sub(lambda found: "+".join(map(_key, found[1].split("+"))), text)
    if "==" in text:
        text = _HIGHLIGHTED.sub(r"\1", text)
    if "^" in text or "~" in text:
        text = _LOW.sub(r"\1", _HIGH.sub(r"\1", _INSERTED.sub(r"\1", text)))
    return text


def _without_braces(text: str, aside: Sequence[str]) -> str:
    text = _ROLE.sub(lambda found: _role(found, aside), text)
    text = _CRITIC.sub(lambda found: found["added"] or found["now"] or found["marked"] or "", text)
    text = _HEADING.sub(_heading, text)
    text = _CAPTION.sub(r"\1", _SIZES.sub("", _SPAN.sub(r"\1", text)))
    return _VARIABLE.sub("", _RAW.sub("", _ATTRIBUTES.sub("", text)))


def _without_myst_lines(text: str) -> str:
    """A page of MyST, told by a label or a role, without its labels, comments and breaks between cells."""
    if not (_LABEL.search(text) or _ROLE.search(text)):
        return text
    return _MYST_BREAK.sub("", _MYST_COMMENT.sub("", _LABEL.sub("", text)))


def _role(found: re.Match[str], aside: Sequence[str]) -> str:
    """What a role shows: of one that links its words, of any other its span as it is."""
    place = int(found[2])
    span = aside[place].strip("`").strip() if place < len(aside) else ""
    if found[1] == "math":
        return f"${span}$"
    title, _, target = span.rpartition("<")
    if title.strip() and target.endswith(">"):
        return title.strip()
    if found[1] in _ROLES_OF_LINKS:
        return span.lstrip("!~").replace("-->", "›")
    return found[0][found[0].index(OPEN) :]


def _heading(found: re.Match[str]) -> str:
    """A heading with nothing but its id in braces; one with other words in braces as it is."""
    inside = found[2].strip()
    if not inside.startswith((".", "#", "-")) and "=" not in inside:
        return found[0]
    name = _ID.search(inside)
    return f"{found[1].rstrip()} {{#{name[1]}}}" if name else found[1].rstrip()


def _key(name: str) -> str:
    bare = name.strip('"')
    return bare.capitalize() if len(bare) > 1 else bare.upper()
