"""Expressions mean the same on every Python 3.11, Debian's 3.11.2 among them.

Up to 3.11.4 a group that is repeated possessively, `(?:a|b c)*+`, forgets what it tried and matches
otherwise (https://github.com/python/cpython/issues/106052). A greedy one in an atomic group,
`(?>(?:a|b c)*)`, means the same to all; single characters, `[a-z]*+`, are not concerned.
"""

from __future__ import annotations

import re
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from tests.test_linear_expressions import expressions, modules

SINGLE = {_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY}


def repeated_groups(parsed: Any) -> list[Any]:
    """The parts repeated possessively that are more than one character."""
    found = []
    for kind, held in parsed:
        if kind is _constants.POSSESSIVE_REPEAT:
            part = held[2]
            if len(part) != 1 or part[0][0] not in SINGLE:
                found.append(part)
        for inner in held if isinstance(held, tuple) else (held,):
            for one in inner if isinstance(inner, list) else (inner,):
                if isinstance(one, _parser.SubPattern):
                    found += repeated_groups(one)
    return found


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("[a-z]*+", 0),
        ("a++b?+", 0),
        ("(?:ab)*+", 1),
        ("(x(?:aa|b)?+)", 1),
        ("(?>(?:ab)*)", 0),
        ("a|(b)++|c", 1),
    ],
)
def test_such_groups_are_seen(pattern: str, count: int) -> None:
    assert len(repeated_groups(_parser.parse(pattern))) == count


@pytest.mark.slow
def test_no_expression_repeats_a_group_possessively() -> None:
    found = [
        f"{name}: {pattern.pattern[:80]}"
        for name in modules()
        for pattern in expressions(name).values()
        if repeated_groups(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    ]
    assert not found, "\n".join(sorted(set(found)))
