"""Markdown to tokens: CommonMark with tables, strikethrough, task lists and formulas, as models write it.

Differences from plain CommonMark, each because of what answers look like:
- raw HTML is text (a card would not show it), only `<br>` breaks the line;
- reference definitions are text: `[1]: https://...` in an answer must not turn the citation [1] into a link
  the model made up;
- `$...$`, `$$...$$`, `\\(...\\)` and `\\[...\\]` are formulas where they read like one, `\\[all\\]` is not;
- `**重点：**内容` is bold: CommonMark's flanking rules assume spaces between words, Chinese has none;
- the underscores of a bare web address and of `__init__` stay: nobody means them as emphasis.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

MAX_NESTING = 40
"""Lists and quotes nested deeper than this are not parsed: the caller shows the text as it stands."""

_MATH_SIGNS = frozenset("\\^_=+<>{}|")
_MAX_FORMULA = 2000
_WORDS = re.compile(r"[\w.,\-/ ]+")
_SUBSCRIPT = re.compile(r"(?<![A-Za-z])[A-Za-z]_")
_ADDRESS_REST = re.compile(r"://[A-Za-z0-9\-._~:/?#@!&+,;=%]+")
_DUNDER = re.compile(r"__[a-z][a-z0-9]*(?:_[a-z0-9]+)*__(?!\w)")


def parse(text: str) -> list[Token]:
    """The block tokens of `text`, inline tokens as their children."""
    return _parser().parse(text)


def parse_inline(text: str) -> list[Token]:
    """The inline tokens of one line."""
    return _parser().parseInline(text)[0].children or []


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING, "tasklists": True})
    parser.enable(["table", "strikethrough"])
    parser.disable(["reference", "html_block", "html_inline"])
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.before("escape", "math_brackets", _math_brackets)
    parser.inline.ruler.before("escape", "math_dollars", _math_dollars)
    parser.inline.ruler.before("autolink", "line_break", _line_break)
    parser.inline.ruler.after("text", "bare_address", _bare_address)
    parser.inline.ruler.before("emphasis", "dunder", _dunder)
    parser.block.ruler.before(
        "fence", "math_block", _math_block, {"alt": ["paragraph", "blockquote", "list", "reference"]}
    )
    return parser


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Delimiters of emphasis; between Chinese characters punctuation does not stop them."""
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    before = state.src[state.pos - 1 : state.pos]
    end = state.pos + scanned.length
    after = state.src[end : end + 1]
    loose = marker == "*" and (_is_wide(before) or _is_wide(after))
    can_open = scanned.can_open or (loose and bool(after.strip()))
    can_close = scanned.can_close or (loose and bool(before.strip()))
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos = end
    return True


def _is_wide(sign: str) -> bool:
    return bool(sign) and unicodedata.east_asian_width(sign) in "WF"


def _line_break(state: StateInline, silent: bool) -> bool:
    """`<br>`, which models write in table cells, breaks the line."""
    for form in ("<br>", "<br/>", "<br />"):
        if state.src[state.pos : state.pos + len(form)].lower() == form:
            if not silent:
                state.push("hardbreak", "br", 0)
            state.pos += len(form)
            return True
    return False


def _bare_address(state: StateInline, silent: bool) -> bool:
    """The rest of an http(s) address that stands in the text, taken whole for its underscores' sake."""
    scheme = state.src[max(0, state.pos - 5) : state.pos].lower()
    if not state.src.startswith("://", state.pos) or not scheme.endswith(("http", "https")):
        return False
    found = _ADDRESS_REST.match(state.src, state.pos, state.posMax)
    address = found.group().rstrip("_.,;:!?") if found else ""
    if len(address) <= len("://"):
        return False
    if not silent:
        state.pending += address
    state.pos += len(address)
    return True


def _dunder(state: StateInline, silent: bool) -> bool:
    """A name of Python's own such as `__init__`."""
    before = state.src[state.pos - 1 : state.pos]
    found = _DUNDER.match(state.src, state.pos, state.posMax)
    if found is None or (before and (before == "_" or before.isalnum())):
        return False
    if not silent:
        state.pending += found.group()
    state.pos = found.end()
    return True


def _math_brackets(state: StateInline, silent: bool) -> bool:
    r"""`\(...\)` and `\[...\]` within a paragraph."""
    opening = state.src[state.pos : state.pos + 2]
    closing = {"\\(": "\\)", "\\[": "\\]"}.get(opening)
    if closing is None:
        return False
    content = state.src[state.pos + 2 : state.src.find(closing, state.pos + 2, state.posMax)]
    if _is_escaped_text(content, opening):
        return False
    return _formula(state, silent, 2, closing)


def _is_escaped_text(content: str, opening: str) -> bool:
    r"""Whether these are words or a name between escaped brackets. `\(x\)` is a formula, `\[x\]` a box."""
    if not _WORDS.fullmatch(content) or _SUBSCRIPT.search(content):
        return False
    return opening == "\\[" or len(content) > 1


def _math_dollars(state: StateInline, silent: bool) -> bool:
    """`$$...$$`, and `$...$` where it cannot be prices or shell variables."""
    if state.src.startswith("$$", state.pos):
        return _formula(state, silent, 2, "$$")
    if state.src[state.pos] != "$":
        return False
    end = state.src.find("$", state.pos + 1, state.pos + _MAX_FORMULA)
    content = state.src[state.pos + 1 : end]
    if end < 0 or not _looks_like_math(content) or _is_latin(state.src[end + 1 : end + 2]):
        return False
    return _formula(state, silent, 1, "$")


def _is_latin(sign: str) -> bool:
    """A letter or digit that would make the dollar before it part of a word: no Chinese character."""
    return sign.isascii() and sign.isalnum()


def _looks_like_math(content: str) -> bool:
    if not content or content[0].isspace() or content[-1].isspace() or "`" in content:
        return False
    return len(content) == 1 or bool(_MATH_SIGNS & set(content))


def _formula(state: StateInline, silent: bool, width: int, closing: str) -> bool:
    start = state.pos + width
    end = state.src.find(closing, start, min(state.posMax, start + _MAX_FORMULA))
    if end < 0 or not state.src[start:end].strip():
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content = state.src[start:end]
    state.pos = end + len(closing)
    return True


def _math_block(state: StateBlock, start: int, last: int, silent: bool) -> bool:
    r"""A formula on lines of its own, between `$$` or between `\[` and `\]`."""
    if state.is_code_block(start):
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].strip()
    closing = {"$$": "$$", "\\[": "\\]"}.get(first)
    if closing is None:
        return False
    line = start + 1
    while line < last and _line(state, line) != closing:
        line += 1
    if line >= last or state.sCount[line] < state.blkIndent:
        return False
    content = state.getLines(start + 1, line, state.blkIndent, False)
    if not content.strip():
        return False
    if silent:
        return True
    token = state.push("math_block", "", 0)
    token.content = content
    token.map = [start, line + 1]
    state.line = line + 1
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
