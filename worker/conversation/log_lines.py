"""A log or traceback boiled down to its error: what is worth searching for.

A pasted traceback is fifty lines of paths of somebody's machine and one line that says what is wrong. The
last exception and the lines that say error are kept; times, paths and addresses go. Pure.
"""

from __future__ import annotations

import re

from index.text.chinese import has_chinese

MOST_CHARACTERS = 300
MOST_LINES = 3
_LEAST_LINES = 4
_EXCEPTION = re.compile(
    r"^\s*(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit|NotFound)\b\s*(?::|$)"
)
_SAYS_ERROR = re.compile(
    r"\b(error|fatal|failed|failure|panic|exception|cannot|undefined|not found|no such|denied|refused|killed"
    r"|oom)\b"
    r"|错误|失败|异常|无法|找不到|拒绝",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"^\s*\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d[:.,\d]*\S*\]?\s*|^\s*\[?\d\d:\d\d:\d\d[.,\d]*\]?\s*"
    r"|(?:/[\w.@+-]+){2,}/|[A-Za-z]:\\(?:[^\\\s]+\\)+|0x[0-9a-fA-F]{4,}|\bpid[ =]\d+|\x1b\[[0-9;]*m"
)
_TRACE = re.compile(
    r"^\s*+(Traceback \(most recent call last\)|File \"|at [\w.$]++\(|goroutine \d|\^++\s*+$)"
)


def is_log(text: str) -> bool:
    """Whether a text is a log or a traceback rather than words."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < _LEAST_LINES:
        return False
    traced = any(_TRACE.match(line) for line in lines)
    telling = sum(bool(_EXCEPTION.match(line) or _NOISE.match(line)) for line in lines)
    return traced or telling >= max(2, len(lines) // 3)


def essence(text: str) -> str:
    """The error of a log in at most three lines; empty where it holds none."""
    lines = [line for line in text.splitlines() if line.strip()]
    raised = [line for line in lines if _EXCEPTION.match(line)]
    said = [line for line in lines if _SAYS_ERROR.search(line) and not _TRACE.match(line)]
    chosen = list(dict.fromkeys(_clean(line) for line in [*raised[-1:], *said[-MOST_LINES:]]))
    return " ".join(line for line in chosen[:MOST_LINES] if line)[:MOST_CHARACTERS].strip()


def boiled_down(text: str) -> str:
    """A message with a log in it: its own words and the error; any other text unchanged."""
    if not is_log(text):
        return text
    words = [line for line in text.splitlines() if _is_prose(line)]
    error = essence(text)
    if not error:
        return text
    return " ".join([*words[:2], error]).strip()


def _is_prose(line: str) -> bool:
    """A line that a person wrote around the log: Chinese, or a question."""
    noisy = _NOISE.match(line) or _TRACE.match(line) or _EXCEPTION.match(line) or _SAYS_ERROR.search(line)
    return not noisy and (has_chinese(line) or line.rstrip().endswith("?"))


def _clean(line: str) -> str:
    return " ".join(_NOISE.sub(" ", line).split())
