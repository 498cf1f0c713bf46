"""Headings of the documents as people would ask them: "Create a token" -> "How do I create a token?".

A heading is no question: it is a verb with its object, a thing with its definition under it, the name of a
setting, or one of the words that every page has. Each of these kinds is asked as people ask it in its
language, and what is none of them is left out. Pure; who uses them asks the documents first
(worker/conversation/introduction.py).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.text.chinese import CHARACTERS, has_chinese
from index.text.split import Chunk
from worker.conversation.heading_words import is_of_unknown_case, lowered, with_article, words_of

TRIED = 24
"""Most questions that are made."""
_LEAST_TEXT = 20
"""Characters under a heading that can answer a question."""
_MOST = 60
"""Characters of a heading that people would say."""


def _gerunds(verb: str) -> list[str]:
    """How a verb may be written with -ing."""
    last = verb[-1] if re.search(r"[^aeiou][aeiou][bdglmnprt]$", verb) else ""
    return [f"{verb}ing", f"{verb[:-1]}ing" if verb.endswith("e") else f"{verb}{last}ing"]


_VERBS = frozenset(words_of("verbs"))
_ALSO_NOUNS = frozenset(words_of("verbs_or_nouns"))
_GERUNDS = {form: verb for verb in sorted(_VERBS) for form in _gerunds(verb)}
_VERBS_ZH = sorted(words_of("verbs_zh"), key=len, reverse=True)

_ASIDE = re.compile(
    r"(^|/)(blog|news|events?|changes?|changelog|releases?|release-notes|history|licen[cs]e|contribut\w*"
    r"|code_of_conduct|acknowledg\w*|team|sponsors?|community|migrat\w*|security|roadmap|faq-old)([-_/.]|$)",
    re.IGNORECASE,
)
"""Paths of pages that are not what newcomers ask about."""
_NUMBER = re.compile(
    r"^(?:(?:q\s*+\d*+|step \d++|\d++(?>(?:\.\d++)*)|第.{1,3}步)\s*+[.:：、)]\s*+"
    rf"|\d++(?>(?:\.\d++)+)\s++|\d{{1,2}}\s++(?=[{CHARACTERS}])(?![种个步类项条台次天点年月日分秒位件级层])"
    rf"|\d{{1,2}}\s++(?=[A-Za-z][A-Za-z0-9_.+-]*+\s*+[{CHARACTERS}]))",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\bv?\d+\.\d|\b20\d\d\b|deprecated|experimental|removed|(?<![a-z])new(?![a-z])|已废弃|已弃用|实验性|新(增|特性)",
    re.IGNORECASE,
)
"""What is about one release."""
_UNSAID = re.compile(r"[|<>{}\[\]=&…!！/\\@#*\"“”「」]|(?<!\w)\Z|[:：;；]|\.\.\.")
"""Marks that nobody says."""
_ASKS_EN = re.compile(
    r"^(how|what|why|when|where|which|who|can|could|do|does|is|are|should|will|may)(?![a-z'])", re.IGNORECASE
)
_ASKS_ZH = re.compile(r"(如何|怎么|怎样|为什么|为何|什么|何时|吗|呢|哪些|哪里|哪个|多少|是否|能否|有没有)")
_NO_THING_ZH = re.compile(
    r"^(关于|联系|致谢|感谢|声明|免责|版权|其他|其它|更多|通过|使用|对于|为了|由于|因为|虽然|如果|除了|除非|从|在|当|与|和|及|以|按|由|被|将|把|给"
    r"|让|向|对)|我|你|您|咱|大家|\d|错误|异常|报错|警告|的$|时$|后$|前$|时候"
)
"""Chinese headings that name no thing which somebody could be told about."""
_THIS_TALK = re.compile(
    r"(?<![a-z])(next|else|you know|new|this|that|it|they)(?![a-z])|这|那|它|下一步", re.IGNORECASE
)
"""Words that mean something only where they stand."""
_AFTER_VERB = re.compile(
    r"^(an?|the|your|our|my|all|any|each|every|multiple|several|from|on|in|to|with|without|into)(?![a-z])",
    re.IGNORECASE,
)
"""What stands after a word only where that is a verb: "build the image", not "build options"."""
_IDENTIFIER = re.compile(r"^(?=.*[a-z])(?=.*[._-]\w)[A-Za-z@][\w@/.-]*+(?<=\w)(\(\))?$|^[a-z]++[A-Z]\w*$")
_TROUBLE = re.compile(r"(失败|报错|错误|异常|不了|不上|不到|无法\S{1,40}|卡住|缓慢|太慢)$")
_HOW = re.compile(r"^(手动|自动|快速|在线|离线|全局|批量|单独|本地)")
_WHICH = re.compile(r"^(条件|基本|基础|高级|其他|其它|默认|推荐|常见|相关|更多|简单|完整|通用|进阶|可选)")
"""Chinese words before 安装, 配置 that are no thing which is installed."""
_NO_ACT = re.compile(r"(指南|说明|示例|概述|介绍|方案|定义|列表|总结|对比|简介)$")
_HOW_TO = re.compile(r"^(?P<thing>.{2,20}?)\s*的?(?P<verb>配置|设置|安装|部署|升级|调试|使用|使用方法|用法)$")
_NOUN_AFTER = re.compile(
    r"(选项|参数|文件|目录|环境|方式|方法|流程|步骤|工具|命令|脚本|配置|产物|时间|过程|阶段|顺序|指南|说明|要求|条件|模式|策略"
    r"|日志|记录|接口|版本|状态|结果|问题|钩子|系统|平台|框架|插件|服务|服务器|器|性|者|体验|理念|机制|原理|示例|建议|规则)$"
)
"""What makes of a Chinese verb before it, with no word between, a noun: 构建选项."""
_DEFINED = re.compile(
    r"^(?P<subject>(?P<article>an? |the )?[\w\-. ]{2,40}?) (?P<is>is|are) "
    r"(?:an?|the|one|used|sets?|lists?|groups?|ways?)(?![a-z])",
    re.IGNORECASE,
)
_DEFINED_ZH = re.compile(
    r"^(?P<subject>[^，。；：,.!?！？]{2,20}?)\s*(是一|是指|指的是|是用来|是用于|是为|用于)"
)
_MARKS = re.compile(r"[`*_]{1,3}|\[([^\[\]]*+)\]\([^()]*+\)")
_PLURAL = re.compile(r"[a-z]{2}(?<![sui])s$")
_MASS = re.compile(r"(tion|sion|ment|ity|ance|ence|ness|ing|[A-Z]{3,})$")


@dataclass(frozen=True)
class Example:
    """A question, and the section that is to answer it."""

    text: str
    chunk: Chunk


def examples(chunks: Iterable[Chunk]) -> list[Example]:
    """Up to TRIED questions, those first that people ask most naturally; of different pages in turn."""
    by_page: dict[tuple[str, str], list[tuple[int, str, Example]]] = defaultdict(list)
    for chunk, heading in _own_sections(chunks):
        found = as_question(heading, chunk.text)
        if found:
            rank, text = found
            by_page[chunk.source, chunk.path].append((rank, _spread(chunk), Example(text, chunk)))
    rows = [
        (turn, rank, spread, example)
        for page in by_page.values()
        for turn, (rank, spread, example) in enumerate(sorted(page, key=lambda one: one[:2]))
    ]
    rows.sort(key=lambda row: (row[0] + row[1], row[1], row[2]))
    return list({row[3].text: row[3] for row in rows}.values())[:TRIED]


def _own_sections(chunks: Iterable[Chunk]) -> list[tuple[Chunk, str]]:
    """The first chunk of each section whose heading no other page has, with that heading."""
    first: dict[tuple[str, str, tuple[str, ...]], Chunk] = {}
    pages: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks:
        first.setdefault((chunk.source, chunk.path, chunk.heading_path), chunk)
        pages[_heading(chunk)].add(chunk.path)
    return [
        (chunk, heading)
        for chunk in first.values()
        if (heading := _heading(chunk))
        and len(pages[heading]) == 1
        and len(chunk.text) >= _LEAST_TEXT
        and not chunk.bare
        and not _ASIDE.search(chunk.path)
    ]


def _heading(chunk: Chunk) -> str:
    named = (chunk.heading_path[-1] if chunk.heading_path else chunk.title).strip(" #`*")
    return _NUMBER.sub("", re.sub(r"^[^\w@]+", "", named)).strip()


def as_question(heading: str, text: str = "") -> tuple[int, str] | None:
    """A heading as a question, and how natural it is, 0 the best; None where nobody would ask so.

    `text` is what stands under it.
    """
    asks = bool(re.search(r"[?？]$", heading))
    plain = heading.rstrip(" ?？。.")
    if not 3 <= len(plain) <= _MOST or _DATED.search(plain) or (not asks and _UNSAID.search(plain)):
        return None
    if _IDENTIFIER.match(plain):
        return 2, f"{plain} 有什么用？" if has_chinese(text) else f"What does {plain} do?"
    if has_chinese(plain):
        return _chinese(plain, text, asks=asks)
    return _english(plain, text, asks=asks) if not has_chinese(text) else None


def _english(heading: str, text: str, *, asks: bool) -> tuple[int, str] | None:
    words = heading.split()
    first, rest = words[0].lower(), " ".join(words[1:])
    if first.isdecimal():  # its number on the page, or how many there are
        return None
    if _ASKS_EN.match(heading):
        return _asking(heading, words, text, asks=asks)
    if asks:
        return None
    verb = first if first in _VERBS else _GERUNDS.get(first, "")
    if verb and _is_act(verb, rest):
        thing = with_article(_mine(lowered(rest, text)), verb)
        return (
            (0, f"How do I {verb} {thing}?")
            if thing and not is_of_unknown_case(rest, heading, text)
            else None
        )
    if defined := _definition(heading, text):
        return 1, defined
    if len(words) < 2 or verb or not heading.isascii() or is_of_unknown_case(heading, heading, text):
        return None
    said = lowered(heading, text)
    if _PLURAL.search(words[-1]) and len(words) <= 4:
        return 3, f"How do {said} work?"
    return (3, f"How does {said} work?") if _MASS.search(words[-1]) and len(words) <= 4 else None


def _is_act(verb: str, rest: str) -> bool:
    """Whether a heading says what is done; "load balancing" and "recording rules" are things."""
    if (
        len(rest) < 3
        or "," in rest
        or re.match(r"(started|involved|help|and|or|as|for|by)(?![a-z])", rest.lower())
    ):
        return False
    return verb not in _ALSO_NOUNS or bool(_AFTER_VERB.match(rest))


def _asking(heading: str, words: Sequence[str], text: str, *, asks: bool) -> tuple[int, str] | None:
    """A heading that begins with a question word."""
    if (
        len(words) < 3
        or _THIS_TALK.search(heading)
        or is_of_unknown_case(heading, heading, text, known=words[0])
    ):
        return None
    words = [words[0].capitalize(), *lowered(" ".join(words[1:]), text).split()]
    first, second, rest = words[0], words[1].lower(), " ".join(words[2:])
    if second == "to" and len(words) > 3 and first in ("How", "When", "Where"):
        act = rest[0].lower() + rest[1:] if rest.split()[0].lower() in _VERBS else rest
        return 0, f"{first} {'should' if first == 'When' else 'do'} I {_mine(act)}?"
    if heading.lower().startswith("how ") and (verb := words[-1].lower()) in ("work", "works"):
        return 0, f"How {'do' if verb == 'work' else 'does'} {' '.join(words[1:-1])} work?"
    inverted = second in ("is", "are", "do", "does", "can", "should", "will")
    return (0, f"{first} {' '.join(words[1:])}?") if asks or inverted else None


def _definition(heading: str, text: str) -> str:
    """Asks what a thing is that the text under its heading says."""
    begun = _MARKS.sub(lambda found: found[1] or "", text.strip().split("\n", 1)[0])
    found = _DEFINED.match(begun)
    if not found:
        return ""
    subject = found["subject"].removeprefix(found["article"] or "")
    if subject.lower().rstrip("s") != heading.lower().rstrip("s"):
        return ""
    article = (found["article"] or "").lower()
    return f"What {found['is'].lower()} {article}{lowered(subject, text)}?"


def _mine(words: str) -> str:
    """What a page calls the reader's is the asker's own."""
    return re.sub(r"(?<![A-Za-z])([Yy]our|[Oo]ur)(?![A-Za-z])", "my", words)


def _chinese(heading: str, text: str, *, asks: bool) -> tuple[int, str] | None:
    if _THIS_TALK.search(heading) or len(heading) < 4:
        return None
    if asks or _ASKS_ZH.search(heading):
        return (0, f"{heading}？") if len(heading) >= 6 else None
    verb = next((word for word in _VERBS_ZH if heading.startswith(word)), "")
    if _TROUBLE.search(heading):
        return (0, f"{heading}怎么办？") if verb not in ("处理", "解决", "排查") else (0, f"怎么{heading}？")
    thing = heading.removeprefix(verb).strip()
    if _NO_ACT.search(heading) or _WHICH.match(heading):
        return None
    if (how := _HOW.match(heading)) and heading[how.end() :].startswith(tuple(_VERBS_ZH)):
        return 0, f"怎么{heading}？"
    if verb and len(thing) >= 2 and not (len(thing) <= 4 and _NOUN_AFTER.search(thing)):
        return (0 if len(heading) >= 6 else 1), f"怎么{heading}？"
    if found := _HOW_TO.match(heading):
        verb = {"使用方法": "用", "用法": "用", "使用": "用"}.get(found["verb"], found["verb"])
        return 0, f"{_spaced(found['thing'], '怎么')}{verb}？"
    defined = _DEFINED_ZH.match(_MARKS.sub(lambda found: found[1] or "", text.strip()))
    if defined and defined["subject"].strip() == heading:
        return 1, f"{_spaced(heading, '是什么')}？"
    if verb or not 4 <= len(heading) <= 16 or _NO_THING_ZH.search(heading):
        return None
    before, after = ("" if has_chinese(end) else " " for end in (heading[0], heading[-1]))
    return 3, f"能介绍一下{before}{heading}{after}吗？"


def _spaced(before: str, after: str) -> str:
    """Two pieces with a space between Latin letters and Chinese ones."""
    return f"{before}{'' if re.search(f'[{CHARACTERS}]$', before) else ' '}{after}"


def _spread(chunk: Chunk) -> str:
    """The same order in every run, and not one page after another."""
    return hashlib.sha256(f"{chunk.path}{chunk.position}".encode()).hexdigest()[:8]
