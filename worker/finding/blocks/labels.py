"""Labels of one thing done in several ways, and the blocks that each of them stands over.

"For Debian:", a tab's name, a line in bold: the command below is for Debian and nobody else. A label holds up
to the next one; the last up to where its blocks are of the kinds that those of the one before were, for what
all ways have in common is said below them. A caption may stand below its block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from bot.config.fences import opening
from index.text.terms import terms
from worker.finding.blocks.tidy import one_line
from worker.sentences import MarkdownBlock

LONGEST = 60
"""Characters of a label."""
ALIKE, NEARLY_SAME = 0.5, 0.6
"""Commands below bare words are ways of one thing if they share so much of the words of the shorter one;
without any label they must be nearly the same."""
REST = 0.25
"""The share of a label's characters that name no way and are no filler."""
_WORDS = Path(__file__).parent.parent / "words" / "variants.txt"
_FILLER = re.compile(
    r"\b(?:for|on|in|with|via|using|use|run|running|install\w*|deploy\w*|build\w*|start\w*|set\s?up|execute|the|a|an|"
    r"and|or|from|by|users?|systems?|based|version|versions|distributions?|distros?|family|command|commands|"
    r"following|under|if|you|are|like|only|v?\d+(?:\.[\dx]+)*(?:\+|\s+(?:and|or) (?:later|above|newer))?)\b|"
    r"使用|通过|采用|对于|适用于|在|的|系统|环境|用户|平台|方式|版本?|下|上|中|或者?|和|及|与|以|安装|部署|执行|运行|启动|"
    r"命令|如下|以上|以下|用",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:[*_]{1,3})?(?:(?:listing|figure|fig\.|table|example|code|snippet)\s?\d{1,3}\b|"
    r"(?:图|表|清单|代码|示例|例)\s?\d{1,3}(?![\d.]*\s?[、]))[^\n]{0,120}",
    re.IGNORECASE,
)
_BOLD = re.compile(r"(?:\*\*|__)[^*\n]{2,160}?(?:\*\*|__)\s*+[:：]?")
_TITLE = re.compile(
    r"\b(?:title|label|filename|name|file|caption|tab)\s?=\s?(?:\"([^\"\n]{1,80})\"|'([^'\n]{1,80})'|([^\s\"'{}]{1,80}))|"
    r"\[([^\[\]\n]{1,60})\]"
)
"""What a fence is called: `title="compose.yml"`, ```sh [npm]."""


def _read() -> re.Pattern[str]:
    """The names in words/variants.txt as one expression."""
    lines = _WORDS.read_text("utf-8").splitlines()
    words = {word.replace("_", " ") for line in lines if not line.startswith("#") for word in line.split()}
    longest_first = sorted(words, key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in longest_first if word[0].isascii())
    chinese = "|".join(word for word in longest_first if not word[0].isascii())
    return re.compile(rf"(?<![a-z0-9.+#-])(?:{latin})(?![a-z0-9+#-]|\.\w)|{chinese}", re.IGNORECASE)


_NAMES = _read()
"""Kept where it can be measured."""


@lru_cache(maxsize=4096)
def names_a_way(text: str) -> bool:
    """Whether a label does nothing but name a system, a packager, a language: "On Debian and Ubuntu:"."""
    if len(text) > LONGEST or not _NAMES.search(text):
        return False
    rest = _FILLER.sub(" ", _NAMES.sub(" ", text))
    return len(re.sub(r"[\W_]", "", rest)) <= REST * len(re.sub(r"[\W_]", "", text))


_SAME = {
    "brew": "homebrew",
    "win": "windows",
    "mac": "macos",
    "mac os": "macos",
    "osx": "macos",
    "postgres": "postgresql",
    "k8s": "kubernetes",
}


@lru_cache(maxsize=4096)
def ways_in(text: str) -> frozenset[str]:
    """The systems, packagers, languages that a text names."""
    found = (" ".join(name.lower().split()) for name in _NAMES.findall(text))
    return frozenset(_SAME.get(name, name) for name in found)


_PASSED_OVER = re.compile(
    r"\b(?:without|instead of|rather than|other than|apart from|not (?:using|via|with|through))\s"
    r"(?:(?:using|having|installing|running|a|an|any|the|via|with)\s){0,3}|"
    r"(?:不用|不使用|不想用|不通过|不装|不借助|不依赖|没有|没装|而不是|除了)\s?",
    re.IGNORECASE,
)
_AND = re.compile(r"\s?(?:,|/|、|\bor\b|\band\b|或者?|和)\s?")


@lru_cache(maxsize=4096)
def ways_passed_over(text: str) -> frozenset[str]:
    """The ways that a question does not want: "without Docker or Podman", 不用 docker."""
    found: list[str] = []
    for match in _PASSED_OVER.finditer(text):
        end: int | None = match.end()
        while end is not None and (name := _NAMES.match(text, end)):
            found.append(name.group())
            more = _AND.match(text, name.end())
            end = more.end() if more else None
    return ways_in(", ".join(found))


def is_way_of(label: str, code: str, ways: frozenset[str]) -> bool:
    """Whether a label names one of these ways, as "docker compose" names docker, or code calls it."""
    named = ways_in(label) if names_a_way(label) else frozenset[str]()
    called = ways_in(", ".join(_called(code))) if code else frozenset[str]()
    return any(one == way or one.startswith((f"{way} ", f"{way}-")) for one in named | called for way in ways)


def title_of_fence(code: str) -> str:
    """What a block of code is called in the line that opens it; empty where it is called nothing."""
    first = code.lstrip().split("\n", 1)[0]
    fence = opening(first)
    found = _TITLE.search(fence.info) if fence else None
    return next((group for group in found.groups() if group), "").strip() if found else ""


def untitled(code: str) -> str:
    """The block with its language alone in the line that opens it."""
    first, newline, rest = code.partition("\n")
    fence = opening(first.strip())
    if fence is None or not _TITLE.search(fence.info):
        return code
    language = re.match(r"[\w+#.-]{1,30}(?![\w=])", fence.info.strip())
    return f"{fence.lead}{fence.marks}{language.group() if language else ''}{newline}{rest}"


def is_caption(block: MarkdownBlock) -> bool:
    """Whether a block is a caption: "Listing 2: on Windows"."""
    return block.kind == "paragraph" and _CAPTION.fullmatch(block.text.strip()) is not None


def captions_below(parts: Sequence[MarkdownBlock]) -> bool:
    """Whether a page's captions stand below what they are of: none stands before the first code or table."""
    shown = next((at for at, part in enumerate(parts) if part.kind in ("code", "table")), len(parts))
    return not any(map(is_caption, parts[:shown]))


def labelled(parts: Sequence[MarkdownBlock]) -> list[str | None]:
    """For each block the label that it stands under, empty where there is none; None for a label itself."""
    found: list[str | None] = [""] * len(parts)
    for group in _groups(parts):
        shape: Sequence[str] = ()
        for number, start in enumerate(group):
            last = number + 1 == len(group)
            end = _end(parts, start, shape) if last else group[number + 1]
            end = next((at for at in range(start + 1, end) if _is_bold_line(parts[at])), end)
            found[start] = None
            for place in range(start + 1, end):
                found[place] = _text(parts[start]).rstrip(":： ")
            shape = [part.kind for part in parts[start + 1 : end]]
    return found


def _end(parts: Sequence[MarkdownBlock], start: int, shape: Sequence[str]) -> int:
    """Where the last label ends: with the blocks that are of the kinds of those below the label before."""
    end = start + 1
    for kind, part in zip(shape, parts[start + 1 :], strict=False):
        if part.kind != kind:
            break
        end += 1
    return max(end, min(start + 2, len(parts)))


def _groups(parts: Sequence[MarkdownBlock]) -> Iterator[list[int]]:
    """Places of labels of one thing: at least two, with code below each and no heading between them."""
    group: list[int] = []
    for place, part in enumerate(parts):
        if part.kind == "heading":
            yield from _of_one_thing(parts, group)
            group = []
        elif _is_label(parts, place):
            group.append(place)
    yield from _of_one_thing(parts, group)


def _of_one_thing(parts: Sequence[MarkdownBlock], group: Sequence[int]) -> Iterator[list[int]]:
    """The labels that name ways, and bare ones whose commands are alike; where there are several."""
    bare = [place for place in group if not names_a_way(_text(parts[place]))]
    kept = [place for place in group if place not in bare]
    for first, second in pairwise(group):
        if (first in bare or second in bare) and _alike(parts[first + 1], parts[second + 1]):
            kept += [first, second]
    if len(kept) > 1:
        yield sorted(set(kept))


def _is_label(parts: Sequence[MarkdownBlock], place: int) -> bool:
    """A short line over code: one that names a way, or bare words right above it."""
    part = parts[place]
    below = next((one.kind for one in parts[place + 1 : place + 2]), "")
    if part.kind != "paragraph" or "\n" in part.text.strip() or not below or below == "heading":
        return False
    text = _text(part)
    if len(text) > LONGEST or re.search(r"[.。!！?？;；,，]\Z", text):
        return False
    return names_a_way(text) or (
        below == "code" and len(text) <= LONGEST // 2 and not re.search("[:：]", text)
    )


def _is_bold_line(part: MarkdownBlock) -> bool:
    return part.kind == "paragraph" and _BOLD.fullmatch(part.text.strip()) is not None


def _text(part: MarkdownBlock) -> str:
    return one_line(part.text)


def _alike(first: MarkdownBlock, second: MarkdownBlock) -> bool:
    return first.kind == second.kind == "code" and are_alike(first.text, second.text)


def are_alike(first: str, second: str, least: float = ALIKE) -> bool:
    """Whether two blocks of code share so many words that they are ways of one thing."""
    one, other = set(terms(first)), set(terms(second))
    return len(one & other) >= least * max(1, min(len(one), len(other)))


def are_other_ways(first: str, second: str) -> bool:
    """Whether two commands are alike but for the program that is called."""
    return not _called(first) & _called(second) and are_alike(first, second, NEARLY_SAME)


def _called(code: str) -> set[str]:
    """The programs that the lines of a block of code call."""
    return set(re.findall(r"^[ \t]*(?:[$>#] )?(?:sudo )?([\w.-]+)", _body(code), re.MULTILINE))


def _body(code: str) -> str:
    first, _, rest = code.partition("\n")
    return rest.rpartition("\n")[0] if opening(first.strip()) else code
