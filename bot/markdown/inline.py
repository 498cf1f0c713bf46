"""Inline tokens to Feishu's dialect: bold, code, links, citations, formulas within one paragraph.

Tokens become runs of text with their styles, and runs are written out one after the other. Nothing nests in
the output but styles inside a link, so that delimiters always stand where CommonMark's flanking rules take
them for delimiters, and so that a long paragraph can be cut between any two runs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from markdown_it.token import Token

from bot.markdown import dialect, latex

_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_CITATION = re.compile(r"\[(\d{1,3})\]")
_STYLES = {"strong_open": "**", "em_open": "*", "s_open": "~~"}
_CLOSINGS = {"strong_close": "**", "em_close": "*", "s_close": "~~"}
_ORDER = ("~~", "**", "*")
_BREAKS = ("\n", "<br>")
_RUN_LENGTH = 400
"""Characters of one run at most, so that a paragraph can be cut anywhere."""


@dataclass(frozen=True)
class Run:
    """Text written alike: `text` is rendered already, without its styles and link."""

    text: str
    styles: frozenset[str] = frozenset()
    url: str = ""


def render(tokens: Sequence[Token], citations: Mapping[int, str], limit: int) -> list[str]:
    """The dialect text of inline tokens: one piece, or several of about `limit` bytes when it is very long.

    `citations` maps the n of [n] to the address of its source.
    """
    pieces: list[str] = []
    written: list[str] = []
    size = 0
    for run_group in _line_groups(_runs(tokens, citations)):
        text = _write(run_group)
        if written and size + dialect.json_length(text) > limit:
            pieces.append("".join(written))
            written, size = [], 0
        addition = _append(written[-1] if written else "", text)[len(written[-1]) if written else 0 :]
        if addition:
            written.append(addition)
            size += dialect.json_length(addition)
    pieces.append("".join(written))
    return [dialect.escape_line_starts(piece.strip()) for piece in pieces if piece.strip()]


def plain(tokens: Iterable[Token]) -> str:
    """The text a reader sees, without any markup."""
    parts = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "image":
            parts.append(_image_name(token) or str(token.attrs.get("src", "")))
        elif token.type == "math":
            parts.append(latex.readable(token.content))
        else:
            parts.append(token.content)
    return " ".join("".join(parts).split())


def _runs(tokens: Sequence[Token], citations: Mapping[int, str]) -> Iterator[Run]:
    """The runs of a paragraph, none longer than can be cut. Code keeps its link but takes no bold."""
    styles: list[str] = []
    links: list[tuple[str, int]] = []
    for number, token in enumerate(tokens):
        if token.type in _STYLES:
            styles.append(_STYLES[token.type])
        elif token.type in _CLOSINGS:
            styles.remove(_CLOSINGS[token.type])
        elif token.type == "link_open":
            links.append((str(token.attrs.get("href", "")), number))
        elif token.type == "link_close":
            href, start = links.pop()
            yield from _unlinked_address(href, tokens[start:number])
        else:
            url = dialect.safe_url(links[-1][0]) if links else ""
            around = frozenset() if token.type == "code_inline" else frozenset(styles)
            for run in _leaf(token, bool(links), citations):
                yield replace(run, styles=around, url=url or run.url)


def _leaf(token: Token, linked: bool, citations: Mapping[int, str]) -> Iterator[Run]:
    """The runs of one token that is no delimiter, before styles and links around it."""
    if token.type == "softbreak":
        yield Run("\n")
    elif token.type == "hardbreak":
        yield Run("<br>")
    elif token.type == "code_inline":
        yield from (Run(dialect.inline_code(part)) for part in cut(token.content))
    elif token.type == "image":
        yield from _image(token, linked)
    elif token.type == "math":
        for number, line in enumerate(latex.readable(token.content).split("\n")):
            if number:
                yield Run("<br>")
            yield from _text(line)
    elif linked:
        yield from _text(token.content)
    else:
        yield from _with_addresses(token.content, citations)


def _text(text: str, url: str = "") -> Iterator[Run]:
    for part in cut(text):
        yield Run(dialect.escape(part), url=url)


def _with_addresses(text: str, citations: Mapping[int, str]) -> Iterator[Run]:
    """Text in which bare web addresses and known citations are links."""
    position = 0
    for match in re.finditer(f"{_URL.pattern}|{_CITATION.pattern}", text):
        found = match.group()
        number = match.group(1)
        if number is None:
            found = _trimmed(found)
            url = found
        else:
            url = citations.get(int(number), "")
        yield from _text(text[position : match.start()])
        yield from _text(found, dialect.safe_url(url))
        position = match.start() + len(found)
    yield from _text(text[position:])


def _trimmed(url: str) -> str:
    """An address without the punctuation of the sentence it stands in."""
    url = url.rstrip(".,;:!?'*_~")
    while url.endswith((")", "]")):
        opening = {")": "(", "]": "["}[url[-1]]
        if url.count(opening) >= url.count(url[-1]):
            break
        url = url[:-1].rstrip(".,;:!?'*_~")
    return url


def _image_name(token: Token) -> str:
    return plain(token.children or [])


def _image(token: Token, linked: bool) -> Iterator[Run]:
    """An image has no image key here, and Feishu refuses a card with a web image: it becomes a link."""
    name, source = _image_name(token), _without_data(str(token.attrs.get("src", "")))
    url = dialect.safe_url(source)
    if linked or url:
        yield from _text(f"🖼 {name or source.rsplit('/', 1)[-1] or source}", url)
    else:
        yield from _text(f"🖼 {name} ({source})" if name else f"🖼 {source}")


def _without_data(source: str) -> str:
    """The address of an image; of one that is its own data only what kind of data it is."""
    return source.split(",")[0].split(";")[0] if source.lower().startswith("data:") else source


def _unlinked_address(href: str, inside: Sequence[Token]) -> Iterator[Run]:
    """The address after a link that cannot be one here: a path, a mail address, another scheme."""
    if href and not href.startswith("#") and not dialect.safe_url(href) and href != plain(inside):
        yield from _text(f" ({href})")


def cut(text: str) -> Iterator[str]:
    """Pieces of at most a run's length (400), cut after a blank or a full stop where there is one."""
    while len(text) > _RUN_LENGTH:
        cut = max(text.rfind(sign, _RUN_LENGTH // 2, _RUN_LENGTH) for sign in " 。，；.,;")
        cut = cut + 1 if cut > 0 else _RUN_LENGTH
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text


def _line_groups(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Neighbouring runs that are written together: those of one link."""
    for (url, _), group in groupby(runs, key=lambda run: (run.url, run.text in _BREAKS)):
        if url:
            yield list(group)
        else:
            yield from ([run] for run in group)


def _write(group: Sequence[Run]) -> str:
    """A link with everything in it, or one run with its styles."""
    url = group[0].url
    if not url:
        return _styled(group[0])
    label = ""
    for run in group:
        label = _append(label, _styled(run), edge="[")
    before, inner, after = _trim(label.replace("\n", " "))
    return f"{before}{dialect.link(inner, url)}{after}" if inner else label


def _styled(run: Run) -> str:
    if run.text in _BREAKS or not run.styles:
        return run.text
    before, inner, after = _trim(run.text)
    if not inner:
        return run.text
    marks = [mark for mark in _ORDER if mark in run.styles]
    return f"{before}{''.join(marks)}{inner}{''.join(reversed(marks))}{after}"


def _trim(text: str) -> tuple[str, str, str]:
    inner = text.strip()
    if not inner:
        return text, "", ""
    start = text.index(inner)
    return text[:start], inner, text[start + len(inner) :]


def _append(text: str, addition: str, edge: str = "") -> str:
    """Joins two written runs, a blank between them where a delimiter would not be taken for one.

    By CommonMark, `**` opens only after a blank or punctuation when punctuation follows it, and closes
    likewise; two delimiters side by side would be read as one.
    """
    if not addition:
        return text
    before, after = (text[-1:] or edge), addition[:1]
    opens, closes = addition.startswith(("*", "~~")), text.endswith(("*", "~~"))
    needs_blank = (
        (opens and closes)
        or (opens and before == "`")
        or (closes and after == "`")
        or (opens and _is_word(before) and not _is_word(addition.lstrip("*~")[:1]))
        or (closes and _is_word(after) and not _is_word(text.rstrip("*~")[-1:]))
        or (text.endswith("`") and after == "`")
    )
    return f"{text} {addition}" if needs_blank else text + addition


def _is_word(sign: str) -> bool:
    """Neither blank nor punctuation nor symbol."""
    return bool(sign) and not sign.isspace() and unicodedata.category(sign)[0] not in "PS"
