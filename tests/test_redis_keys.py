"""Every Redis key is spelled in one place, with who writes it, who reads it and how long it lives."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from bot.redis_keys import AUDIT, EVERY, TOKEN_LOCK, TRACE

ROOT = Path(__file__).parent.parent
PRODUCT = ("bot", "worker", "index", "simulator", "demo")
HOME = ROOT / "bot" / "redis_keys.py"


def sources() -> list[Path]:
    """Every file of the product that can name a key, but the one where keys are named."""
    files = [file for package in PRODUCT for file in (ROOT / package).rglob("*") if file != HOME]
    return [file for file in files if file.suffix in (".py", ".lua")]


def test_no_other_module_spells_a_key() -> None:
    assert len(sources()) > 200
    spelled = {
        f"{file.relative_to(ROOT)}: {found}"
        for file in sources()
        for found in re.findall(r"fennel:[a-z{_-]+", file.read_text("utf-8"))
    }
    assert spelled == set()


@pytest.mark.slow
def test_no_other_module_connects() -> None:
    connecting = r"(?<!Connector\.)from_url\(|\bRedis\([^)]|(?<![?\w])ConnectionPool|StrictRedis"
    assert [file for file in sources() if re.search(connecting, file.read_text("utf-8"))] == []


def test_who_writes_and_reads_a_key_is_there() -> None:
    for key in EVERY:
        for place in re.split(r", ", f"{key.writer}, {key.readers}".removesuffix(", ")):
            assert any((ROOT / f"{place}{end}").exists() for end in ("", ".py")), f"{key.pattern}: {place}"
        assert key.holds, key.pattern


def test_keys_are_told_apart() -> None:
    assert len({key.pattern for key in EVERY}) == len(EVERY)
    fixed = [key for key in EVERY if "{}" not in key.pattern]
    for one, other in combinations(fixed, 2):
        assert one.name != other.name


def test_a_key_is_made_only_with_what_it_needs() -> None:
    assert TRACE.of("om_1") == "fennel:trace:om_1"
    assert TRACE.glob == "fennel:trace:*"
    assert TOKEN_LOCK.of("cli_1") == "fennel:token:cli_1:lock"
    with pytest.raises(ValueError, match="subject"):
        _ = TRACE.name
    with pytest.raises(ValueError, match="subject"):
        AUDIT.of("om_1")
