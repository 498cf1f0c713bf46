"""Questions of which version of something is needed, and the pieces that say so.

Every page has version numbers, and most of them are the documents' own. What answers has the number beside
the name that the question asks of: "PHP >= 8.2", "Python 3.9 以上版本", "| MySQL | 8.0 |". Manuals say it
where they say what must be there before the installation, in words that the question has not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

_NAME = r"(?P<name>[a-z][a-z0-9_.+#-]{0,30})"
_RUNTIMES = (
    r"php|python|java|jdk|jre|node(?:\.?js)?|ruby|perl|go|golang|rust|php-fpm|dotnet|\.net|gcc|cmake|cuda|cudnn|"
    r"mysql|mariadb|postgres(?:ql)?|sqlite|redis|mongodb|elasticsearch|docker|kubernetes|k8s|nginx|apache|linux|kernel"
)
"""What other software runs on: "which PHP do I need" asks for a version of these."""
_ASKS = (
    re.compile(
        rf"\b(?:what|which|lowest|oldest|min(?:imum)?|latest|newest) {_NAME} (?:version|release)s?\b", re.I
    ),
    re.compile(rf"\b(?:version|release)s? of {_NAME}\b", re.I),
    re.compile(rf"\b(?:what|which) (?P<name>{_RUNTIMES}) (?:do|does|should|must|is|are|will|can)\b", re.I),
    re.compile(rf"(?:什么|哪个|哪些|哪种|几) ?{_NAME} ?的?版本", re.I),
    re.compile(rf"(?:什么|哪个|哪些|哪种|多少)版本的? ?{_NAME}", re.I),
    re.compile(
        rf"{_NAME} ?的?(?:(?:最低|最高|至少|要求|需要|要|支持|用|得)的?){{0,3}}"
        r"(?:是|什么|哪个|哪些|多少|几){1,2}版本",
        re.I,
    ),
    re.compile(rf"{_NAME} ?的?(?:最低|最高)?版本(?:是|要求|要|得){{0,2}}(?:什么|多少|几|哪)", re.I),
)
_NO_NAMES = frozenset({
    "the", "this", "that", "your", "our", "its", "a", "an", "which", "what", "version", "release", "new",
    "newer", "latest", "newest", "other", "stable", "current", "first", "major", "minor", "right", "correct",
    "same", "specific", "supported", "required", "exact",
})  # fmt: skip
_SAME = (
    ("java", "jre", "jdk", "openjdk"),
    ("node", "nodejs", "node.js"),
    ("postgres", "postgresql"),
    ("go", "golang"),
    ("k8s", "kubernetes"),
)
"""Names of one thing, of which pages give one version."""
_BESIDE = (
    r"(?:[^\w\n.。;；,，!?@:/-]|:\s|，(?=需要|要求|版本)|versions?|releases?|is|must|be|"
    r"at least|of|的|版本|要求|需要|必须|应|至少|最低|不低于|大于|高于|等于|为|是){0,12}?"
)
_NUMBER = r"(?<![\w.@/-])v?\d{1,4}(?:\.\d{1,4}){0,3}(?![\w%:]|\.\w)"
_LINK = re.compile(r"\]\([^()\s]{0,300}\)")
_DEMANDS = re.compile(
    r"requir|prerequisit|minimum|at least|supported|depend|\bneeds?\b|\bor (?:later|newer|above|higher)\b|"
    r">=|≥|\d\+|环境|要求|需要|必须|前置|依赖|准备|至少|最低|以上|支持|确保",
    re.IGNORECASE,
)
NEAR, LOOKED_AT = 24, 8
"""Characters beside a version in which a demand stands; versions of a piece that are looked at."""
UNDEMANDED = 0.2
"""What a version beside the name counts where nothing says that it is needed."""


def needed_of(question: str) -> str:
    """The name of what a question asks the needed version of, in small letters; empty for any other."""
    for asks in _ASKS:
        if (found := asks.search(question)) and (name := found["name"].lower().rstrip(".")) not in _NO_NAMES:
            return name
    return ""


def tells_version(name: str, text: str, above: str = "") -> float:
    """1 for a text that has a version beside the name, less where nothing near it nor `above` demands it."""
    text = _LINK.sub("]", text)
    found = list(islice(_version_of(name).finditer(text), LOOKED_AT))
    if not found:
        return 0.0
    near = (text[max(0, one.start() - NEAR) : one.end() + NEAR] for one in found)
    return 1.0 if any(map(_DEMANDS.search, (above, *near))) else UNDEMANDED


def needed_query(name: str, language: str) -> str:
    """Words with which the search finds the pages that say what must be there before the installation."""
    if language == "zh":
        return f"{name} 环境要求 安装 准备 前置"
    return f"{name} requirements prerequisites supported versions"


@lru_cache(maxsize=256)
def _version_of(name: str) -> re.Pattern[str]:
    names = next((same for same in _SAME if name in same), (name,))
    own = rf"(?<![\w.@/-])(?:{'|'.join(map(re.escape, names))})(?![\w-]|\.\w)"
    return re.compile(rf"{own}{_BESIDE}{_NUMBER}|{_NUMBER}\W{{0,3}}版本的\W{{0,3}}{own}", re.IGNORECASE)
