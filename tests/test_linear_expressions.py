"""Every regular expression of the product takes time that grows with its text and not faster.

Documents, questions, pages, model servers and Feishu are foreign: one expression that looks back over the
same text again and again is one message that stops the bot. The expressions are found, not listed: those that
modules keep, and those that stand in calls. What is measured is growth, not seconds: a machine under load is
slower, but not the more so the longer the text is.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.hostile_text import growth, hostile_texts, seconds

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "index", "worker", "simulator")
SIZE = 600
MOST = 9.0
"""Four times the text may take this many times as long: 4 is linear, 16 a square."""
A_SQUARE = re.compile("a+b")
"""The cheapest expression that looks from every place to the end; what costs a third is looked at twice.

Measured here and now, so that a slower machine finds what a faster one finds.
"""
SETTINGS_ALONE = {"bot.config.file._REFERENCE"}
"""What meets the operator's own settings file and nothing foreign."""
OUR_OWN = {
    "bot.messages.indexing": "a table of the module, which is kept and so measured",
    "index.check.judge": "facts that the operator's own questions ask for",
    "index.check.own": "the same",
    "index.sources.formats.charsets.likely": "tables of the module, which are kept and so measured",
    "index.sources.formats.code": "a pattern that stands in the line above, closed by the end of the text",
    "worker.process.scope": "version labels of the settings, escaped",
    "worker.finding.forms.definition": "a name of at most 60 characters from the question, escaped",
    "worker.finding.forms.needed": "a name of at most 31 characters from the question, escaped",
    "worker.finding.asked": "words of the question, which are letters alone",
    "worker.finding.blocks.labels": "a list of the module, which is kept and so measured",
    "worker.finding.kinds": "a table of the module, which is kept and so measured",
    "bot.events.events": "the keys of the message's own mentions, escaped",
    "worker.engines.openai.refusals": "names of fields that are in the module",
    "worker.engines.replies.problems": "expressions in a table of the module, over at most a few lines",
    "simulator.pushes.people": "one name, escaped",
    "index.sources.files": "globs of the settings, over paths, which are short",
    "index.gate.gate": "one term of the question, escaped",
    "worker.engines.turbomind.model_shapes": "names of models, escaped",
}
"""Modules that put an expression together at run time, and of what."""


def modules() -> Iterator[str]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if not name.endswith("__main__"):
                yield name


def kept(value: Any, depth: int = 3) -> Iterator[re.Pattern[str]]:
    """The expressions in a value, in containers and classes too."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, (tuple, list, set, frozenset)):
        inner = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
    elif isinstance(value, type) and value.__module__.startswith(PACKAGES):
        inner = [one for name, one in vars(value).items() if not name.startswith("__")]
    for one in inner if depth else ():
        yield from kept(one, depth - 1)


@cache
def calls(file: Path) -> list[tuple[ast.Call, str | None]]:
    """Calls of the re module with the expression, where it stands there as it is."""
    found = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if (
            isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr != "escape"
        ):
            first = node.args[0]
            literal = (
                first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
            )
            found.append((node, literal))
    return found


def expressions(name: str) -> dict[str, re.Pattern[str]]:
    """Those of a module, by where they stand."""
    module = importlib.import_module(name)
    found: dict[str, re.Pattern[str]] = {}
    for label, value in vars(module).items():
        if f"{name}.{label}" in SETTINGS_ALONE:
            continue
        for number, pattern in enumerate(kept(value)):
            found.setdefault(f"{name}.{label}.{number} {pattern.pattern}", pattern)
    for call, literal in calls(Path(str(module.__file__))):
        if literal is not None and call.func.attr != "compile":  # type: ignore[attr-defined]
            flags = re.DOTALL | re.MULTILINE if "DOTALL" in ast.dump(call) else re.NOFLAG
            found.setdefault(f"{name}:{call.lineno} {literal}", re.compile(literal, flags))
    return found


MEASURED: set[tuple[str, int]] = set()
"""Expressions that another module met: they are measured once."""


@pytest.mark.parametrize("name", list(modules()))
def test_times_grow_with_the_text_and_not_faster(name: str) -> None:
    for place, pattern in expressions(name).items():
        if (pattern.pattern, pattern.flags) in MEASURED:
            continue
        MEASURED.add((pattern.pattern, pattern.flags))
        texts = zip(hostile_texts(pattern, SIZE // 4), hostile_texts(pattern, SIZE), strict=True)
        for number, (small, large) in enumerate(texts):
            took = seconds(pattern, large)
            if took <= worth_a_look() or took <= MOST * seconds(pattern, small):
                continue
            if growth(pattern, small, large) > MOST:
                longer = next(islice(hostile_texts(pattern, 4 * SIZE), number, None))
                again = min(growth(pattern, large, longer) for _ in range(5))  # a square is one each time
                assert again <= MOST, (
                    f"{place}: 4 times the text takes {again:.0f} times as long: {small[:40]!r}"
                )


@cache
def worth_a_look() -> float:
    """Seconds of processor time for SIZE characters, far above what one pass takes and below a square."""
    return min(seconds(A_SQUARE, "a" * SIZE) for _ in range(9)) / 3


def test_a_square_is_told_from_one_pass() -> None:
    """In one of nine tries, of which a machine that changes its pace spoils some."""

    def tries(pattern: re.Pattern[str]) -> list[float]:
        return [growth(pattern, "a" * SIZE, "a" * 4 * SIZE) for _ in range(9)]

    assert max(tries(A_SQUARE)) > MOST > min(tries(re.compile("a+")))


def test_the_expressions_are_found() -> None:
    assert sum(len(expressions(name)) for name in modules()) > 300


def test_expressions_put_together_at_run_time_are_known() -> None:
    unknown = [
        f"{name}:{call.lineno}"
        for name in modules()
        if name not in OUR_OWN
        for call, literal in calls(Path(str(importlib.import_module(name).__file__)))
        if literal is None and not _of_constants(call)
    ]
    assert not unknown


def _of_constants(call: ast.Call) -> bool:
    """Whether the expression is put together of names in capitals alone: they are kept and so looked at."""
    names = [node.id for node in ast.walk(call.args[0]) if isinstance(node, ast.Name)]
    return all(name.isupper() or name == "re" for name in names)
