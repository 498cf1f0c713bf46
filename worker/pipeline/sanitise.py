"""What a model wrote, made harmless: no mention, no foreign link, no image, no word of the rules.

A document may tell the model to mention everybody or to post a link, and a weak model obeys. So nothing
the model writes can do either: mention tags and @all are taken out, a link stays a link only when its
address is one of the sources' or one that they write of their own site, an address that an indexed document
writes is shown as code, which nobody can press by mistake, one in code stays only when a source has it in its
code, and lines that repeat the system prompt or the fences go. Citations get the one form that is asked for:
`[1]`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from urllib.parse import urlsplit

from bot.answer import Source
from bot.config.fences import RUN, fenced_lines
from bot.markdown.dialect import without_tags
from bot.messages import say
from worker.excerpts import EXCERPT_LENGTH, Excerpt
from worker.pipeline.html_code import as_fences
from worker.pipeline.misplaced_fences import set_right
from worker.prompts import MATERIAL, QUESTION, SYSTEM
from worker.sentences import code_lines, segments, split_spans

_MENTION_TAG = re.compile(r"</?\s*(?:at|person|user)\b[^>]*>|<\s*(?:at|person)\b[^>]*$", re.IGNORECASE)
_MENTION_WORD = re.compile(
    r"(?<![@＠\s])[@＠\s]++(_user_\d+|_all|all\b|everyone\b|here\b|所有人|全体成员|ou_\w+)", re.IGNORECASE
)
"""From the first character of a run of blanks and signs, so that each is read once and none is left over."""
_OPEN_ID = re.compile(r"\bou_[0-9a-zA-Z]{6,}\b")
_IMAGE = re.compile(r"!\[([^\[\]]*+)\]\([^)]*\)?")
_LINK = re.compile(r"\[([^\[\]\n]*+)\]\(\s*<?([^)\s>]*)>?[^)\n]*\)?")
_LINK_OVER_CODE = re.compile(r"!?\[(?=[^\[\]\n`]*+`)([^\[\]\n]*+)\]\(\s*+<?([^)\s>]*+)>?[^)\n]*+\)")
"""A link with code in its label; a code span with brackets in it is none."""
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]\n]+\]:\s*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(
    r"(?:https?|ftp|file|javascript|data|lark|feishu)(?:://|%3A|:(?=\S))[^\s<>\"'，。；、）)\]`]*",
    re.IGNORECASE,
)
_BARE_HOST = re.compile(r"(?<![\w@./-])(?:www\.)[\w-]+(?:\.[\w-]+)+[^\s<>\"'，。；、）)\]`]*", re.IGNORECASE)
_FENCE_LINE = re.compile(
    rf"<<<\s*+(?:end|{'|'.join((*MATERIAL.values(), *QUESTION.values()))})\b", re.IGNORECASE
)
"""A line that repeats the marks around the material. Programs have <<< too: here-strings, CUDA, conflicts."""
_CITED_FENCE = re.compile(
    rf"^([^\S\n]*+{RUN})[ \t]*+((?>(?:\[\d{{1,2}}\][ \t]*+)+)[.。]?)[ \t]*+$", re.MULTILINE
)
"""A closing fence with a citation behind it, which closes nothing."""
_NAME = "|".join(
    (
        *("sources?", "documents?", "docs?", "citations?", "cite", "references?", "refs?", "passages?"),
        *("context", "文档", "文献", "来源", "参考", "引用", "段落", *MATERIAL.values()),
    )
)
_LINES = r"(?::\d{1,3}(?=†))?(?:†(?>(?:[^\]】\n,，;；、]|[,，;；、](?!\s{0,9}\d{1,2}[:†])){0,60}))?"
_NUMBER = rf"(?:(?:{_NAME})\s*+[:：#_-]?\s*+)?\d{{1,2}}{_LINES}"
_NUMBERS = rf"{_NUMBER}(?>(?:\s*+(?:[,，、;；&–~-]|and\b|和|与)\s*+{_NUMBER})*)"
_FORM = re.compile(
    rf"(?:<sup>\s*+)?(?:(?<![\w)\]])\^)?(?:(\[\[)|\\?\[|【|［)\^?\s*+({_NUMBERS})\s*+\^?"
    r"(?(1)\]\]|(?:\\?\]|】|］))(?:\([^()\s]{0,300}+\))?(?:\s*+</sup>)?",
    re.IGNORECASE,
)
"""A dagger and lines stand in what gpt-oss cites (`【1†L3-L5】`), `citation:1` in DeepSeek's."""
_NAMED = rf"(?:{_NAME})\s{{0,3}}[:：#_-]?\s{{0,3}}"
_LISTED = r"\d{1,2}(?>(?:\s{0,3}[,，、;；-]\s{0,3}\d{1,2}){0,8})"
_OTHER_FORM = re.compile(
    rf"<(cite|ref|citation|source|co)>\s{{0,3}}({_LISTED})\s{{0,3}}</\1>|"
    rf"(?<![\w)\]])<sup>\s{{0,3}}({_LISTED})\s{{0,3}}</sup>|"
    rf"[〔〖]\s{{0,3}}((?:{_NAMED})?{_LISTED})\s{{0,3}}[〕〗]|[（(]\s{{0,3}}({_NAMED}{_LISTED})\s{{0,3}}[)）]",
    re.IGNORECASE,
)
"""In tags, in brackets of other kinds, and in round ones with a name: `<cite>1</cite>`, `(Source 1)`."""
_RANGE = re.compile(r"(?<!\d)(\d{1,6})\s*+[-–~]\s*+(\d{1,6})(?!\d)")
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})
LEAK_LENGTH = {"zh": 12, "en": 32}
"""A line that shares this many characters in a row with the system prompt repeats it."""


class Sanitiser:
    """Cleans the text of one answer; `excerpts` are the sources it may link to."""

    def __init__(self, excerpts: Sequence[Excerpt], language: str) -> None:
        self.addresses = {excerpt.url for excerpt in excerpts if excerpt.url}
        sites = {_host(address) for address in self.addresses} - {"", *_THIS_MACHINE}
        self.hosts = sites | _THIS_MACHINE
        self.written = "\n".join(excerpt.text for excerpt in excerpts)
        indexed = (excerpt.text for excerpt in excerpts if not excerpt.web)
        self.own = frozenset().union(*map(_addresses_in, indexed))
        """Web addresses that the operator's own documents write; a page of the web may write any."""
        self.addresses |= {address for address in self.own if _host(address) in sites}
        self.in_code = frozenset().union(*(_addresses_in_code(excerpt.text) for excerpt in excerpts))
        self.language = language
        self.removed = say("link_removed", language)
        self.numbers = {excerpt.number for excerpt in excerpts}

    def source(self, excerpt: Excerpt) -> Source:
        """What the card lists of an excerpt, its words made as harmless as the answer's."""
        listed = replace(
            excerpt,
            title=self._line(excerpt.title),
            heading_path=tuple(self._line(heading) for heading in excerpt.heading_path),
            text=self._line(excerpt.text[: 10 * EXCERPT_LENGTH]),
        )
        return self._by_colleague(listed).source() if excerpt.colleague else listed.source()

    def _by_colleague(self, excerpt: Excerpt) -> Excerpt:
        """An answer of a colleague is cited by its date and its question; it has no page to look at."""
        day = time.strftime("%Y-%m-%d", time.localtime(excerpt.updated_at))
        title = say("source_colleague", self.language, date=day, question=excerpt.title)
        return replace(excerpt, title=title, heading_path=(), path="", updated_at=0.0)

    def _line(self, text: str) -> str:
        if (harmless := _without_address(text)) is not None:
            return harmless
        text = _ADDRESS.sub(lambda match: match.group() if match.group() in self.addresses else "…", text)
        return _without_mentions(_BARE_HOST.sub("…", text))

    def clean(self, text: str, *, finished: bool = False) -> str:
        """The text as it may be shown. Also right for the unfinished text of an answer being written.

        What is `finished` is parsed; while it grows only its fences are looked for.
        """
        text = as_fences(set_right(self._without_rules(text), finished=finished))
        text = _CITED_FENCE.sub(r"\1\n\2", text)
        parts = segments(text, code_lines if finished else fenced_lines)
        return "\n".join(
            self._code(part) if is_code else self._spans_and_prose(part) for is_code, part in parts
        )

    def _spans_and_prose(self, text: str) -> str:
        text = _LINK_OVER_CODE.sub(self._link_over_code, text)
        return "".join(
            self._code(part) if part.startswith("`") else self._prose(part)
            for part in split_spans(text)
            if part
        )

    def _prose(self, text: str) -> str:
        text = plain_citations(_REFERENCE.sub("", text), self.numbers)
        text = _IMAGE.sub(lambda match: match.group(1), text)
        text = _LINK.sub(self._link, text)
        text = _ADDRESS.sub(self._address, text)
        text = _BARE_HOST.sub(self._address, text)
        return _without_mentions(text)

    def _link(self, match: re.Match[str]) -> str:
        label, address = match.groups()
        kept = address in self.addresses
        return match.group() if kept else label

    def _link_over_code(self, match: re.Match[str]) -> str:
        label, address = match.groups()
        return f"[{label.replace('`', '')}]({address})" if address in self.addresses else label

    def _address(self, match: re.Match[str]) -> str:
        """A source's address stays; one that a document writes, or on a source's machine, stays as code."""
        if match.group() in self.addresses:
            return match.group()
        address, end = _split_end(match.group())
        if address in self.addresses:
            return address + end
        known = address in self.own or (address in self.written and _host(address) in self.hosts)
        return f"`{address}`{end}" if known else self.removed + end

    def _code(self, text: str) -> str:
        known = self.addresses | self.in_code
        text = _ADDRESS.sub(lambda match: match.group() if match.group() in known else self.removed, text)
        left = _MENTION_TAG.sub(self._own_tag, text)
        again = _MENTION_TAG.sub(self._own_tag, left)
        return _without_open_ids(left if again == left else without_tags(again))

    def _own_tag(self, match: re.Match[str]) -> str:
        """A mention tag in code stays only where a source has it; `@all` is only a word there."""
        return match.group() if match.group() in self.written else ""

    def _without_rules(self, text: str) -> str:
        return "\n".join(line for line in text.split("\n") if not self._repeats_rules(line))

    def _repeats_rules(self, line: str) -> bool:
        if "<<<" in line and _FENCE_LINE.search(line):
            return True
        packed = _packed(line)
        return any(_shares_a_run(packed, text, LEAK_LENGTH[name]) for name, text in SYSTEM.items())


def _without_mentions(text: str) -> str:
    text = without_tags(_MENTION_TAG.sub("", text))
    return _without_open_ids(_MENTION_WORD.sub(_plain_word, text))


def _plain_word(match: re.Match[str]) -> str:
    """The word without what makes it a mention; blanks alone before it make none."""
    run = match.group()[: match.start(1) - match.start()]
    if not re.search("[@＠]", run):
        return match.group()
    blanks = run[: len(run) - len(run.lstrip())]
    return blanks + match.group(1).removeprefix("_")


def _without_open_ids(text: str) -> str:
    return _OPEN_ID.sub("ou_…", text)


def _split_end(address: str) -> tuple[str, str]:
    """An address, and what behind it belongs to the sentence around it."""
    bare = address.rstrip(".,;:!?*_")
    return bare, address[len(bare) :]


def _host(address: str) -> str:
    """The host of an http(s) address; empty for anything that cannot be read as one."""
    try:
        parts = urlsplit(address)
        return parts.hostname or "" if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


# The same passages are met for question after question, so what is read of them is remembered.


@lru_cache(maxsize=512)
def _addresses_in(text: str) -> frozenset[str]:
    """The web addresses that a source writes."""
    addresses = (address for address in _ADDRESS.findall(text) if _host(address))
    return frozenset(_split_end(address)[0] for address in (*addresses, *_BARE_HOST.findall(text)))


@lru_cache(maxsize=512)
def _addresses_in_code(text: str) -> frozenset[str]:
    """Those in its code blocks and inline code."""
    found: list[str] = []
    for is_code, part in segments(text):
        found += [part] if is_code else [span for span in split_spans(part) if span.startswith("`")]
    return frozenset(address for code in found for address in _ADDRESS.findall(code))


@lru_cache(maxsize=2048)
def _without_address(text: str) -> str | None:
    """A line of a source made harmless; None for one with an address: which may stay, others say."""
    return None if _ADDRESS.search(text) or _BARE_HOST.search(text) else _without_mentions(text)


def _packed(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()


def _shares_a_run(packed: str, text: str, length: int) -> bool:
    """Whether `length` characters of a packed line in a row stand in a text too.

    In any such run lie half as many that begin at a multiple of their number: those are looked at first.
    """
    half = length // 2
    halves = _shingles(text, half)
    if not any(packed[start : start + half] in halves for start in range(0, len(packed) - half + 1, half)):
        return False
    shingles = _shingles(text, length)
    return any(packed[start : start + length] in shingles for start in range(len(packed) - length + 1))


@cache
def _shingles(text: str, length: int) -> frozenset[str]:
    packed = _packed(text)
    return frozenset(packed[start : start + length] for start in range(len(packed) - length + 1))


def plain_citations(text: str, known: Collection[int]) -> str:
    """`text`, which holds no code, with its citations of sources in `known` written as `[1][2]`.

    Models write `[1, 2]`, `[1-3]`, `【1】`, `[资料 1]`, `[citation:1]`, `[[1]]`, `[1](url)`, `(来源：1)` and
    `<cite>1</cite>` whatever the prompt says. A form is a citation only when every number in it is one of
    the sources': `[0-9]` and `[1, 100]` stay text.
    """

    def rewritten(match: re.Match[str]) -> str:
        numbers = _numbers_in(next(filter(None, match.groups()[1:]), ""))
        return "".join(f"[{number}]" for number in numbers) if set(numbers) <= set(known) else match.group()

    text = _FORM.sub(rewritten, text)
    return _OTHER_FORM.sub(rewritten, text) if any(sign in text for sign in "<〔〖（(") else text


def _numbers_in(listed: str) -> list[int]:
    bare = re.sub(_LINES, "", listed)
    spread = _RANGE.sub(lambda match: _spread(int(match[1]), int(match[2])), bare)
    return list(dict.fromkeys(int(number) for number in re.findall(r"\d+", spread)))


def _spread(first: int, last: int) -> str:
    """The numbers of a range. One that cannot be meant gets a 0 with it, which is no source's number."""
    if first < last <= first + 9:
        return ",".join(str(number) for number in range(first, last + 1))
    return f"0,{first},{last}"
